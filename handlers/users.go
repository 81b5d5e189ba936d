package handlers

import (
	"fmt"
	"net/http"
	"strings"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) userRoutes() []route {
	return append([]route{
		{get, "/apps/:app/users", auth.VerbView, s.findUser},
		{get, "/apps/:app/users/:user", auth.VerbView, s.userPage},
		{get, "/apps/:app/users/:user/activity", auth.VerbView, s.userActivity},
	}, s.userSheetRoutes()...)
}

// findUser leads to the user whose id was typed. The services have no search by name, so what else is shown are the users
// that this operator opened lately.
func (s *Server) findUser(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if id := strings.TrimSpace(c.Query("q")); id != "" {
		return seeOther(c, userURL(app, id))
	}
	op, _ := auth.OperatorFrom(ctx)
	places, err := s.Store.Settings.Recent(ctx, op.ID, app.Name, store.KindUser, store.MaxRecent)
	if err != nil {
		return fmt.Errorf("recently opened users: %w", err)
	}
	v := templates.UsersView{URL: appURL(app, "users")}
	for _, p := range places {
		v.Recent = append(v.Recent, templates.PersonView{ID: p.ID, Name: p.Title, URL: userURL(app, p.ID)})
	}
	return render(c, http.StatusOK, templates.UsersPage(s.chrome(c), v), nil)
}
