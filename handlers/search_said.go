package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// saidAround is how many messages before, and after, one are shown with it.
const saidAround = 20

// saidURL is a message, by the archive's number of it, among those around it as they were kept.
func saidURL(app *App, group, number string) string {
	return groupURL(app, group, "said") + "?id=" + number
}

// saidPage shows a message among those around it out of the archive: of live rooms, and of what the service does not have any
// more. It costs no call for the messages, and as many for names as a search.
func (s *Server) saidPage(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	group := c.Param("group")
	names, err := s.Store.Directory.Names(ctx, app.Name, store.KindGroup, []string{group})
	s.courtesy(ctx, err)
	return s.keptPage(c, app, store.Conversation{App: app.Name, Group: group}, templates.KeptView{
		Group: orID(names[group].Name, group), GroupURL: groupURL(app, group, tabMessages), SearchURL: allSearch, Hidden: []string{"app", app.Name, "in", group},
	}, saidURL(app, group, ""))
}

// keptPage shows messages of a place out of the archive: around the one that the address names, or from one on; base is the address
// up to the number of a message.
func (s *Server) keptPage(c *gin.Context, app *App, place store.Conversation, v templates.KeptView, base string) error {
	ctx := c.Request.Context()
	number := func(name string) (int64, bool) {
		n, err := strconv.ParseInt(c.Query(name), 36, 64)
		return n, err == nil && n > 0
	}
	id, marked := number("id")
	at, moved := number("at")
	if !moved {
		at = id
	}
	if at == 0 { // the newest
		at = 1<<63 - 1
	}
	// One more each way tells whether there is more.
	list, err := s.Store.Archive.Around(ctx, place, at, saidAround+1, saidAround+2)
	if err != nil {
		return fmt.Errorf("messages around one: %w", err)
	}
	v.Zone = zoneName(ctx)
	before := 0
	for _, m := range list {
		if m.ID < at {
			before++
		}
	}
	page := func(n int64) string {
		u := base
		if marked {
			u += url.QueryEscape(c.Query("id"))
		}
		return u + "&at=" + strconv.FormatInt(n, 36)
	}
	if before > saidAround {
		list, before = list[1:], saidAround
		v.Earlier = page(list[0].ID)
	}
	if len(list)-before > saidAround+1 {
		list = list[:len(list)-1]
		v.Later = page(list[len(list)-1].ID)
	}
	op, _ := auth.OperatorFrom(ctx)
	for i, h := range s.hits(ctx, list, search{}) {
		h.Here = marked && list[i].ID == id
		if list[i].State == store.ArchiveRecalled && !op.CanIn(app.Name, auth.VerbRecall) {
			h.Text = nil
		}
		v.Rows = append(v.Rows, h)
	}
	v.Missing = marked && !moved && (len(list) == before || list[before].ID != id)
	if len(list) == 0 {
		v.Empty = &templates.EmptyView{Icon: "history", Title: i18n.T(ctx, "search.said_none"), Text: i18n.T(ctx, "search.none_text")}
	}
	return render(c, http.StatusOK, templates.KeptPage(s.chrome(c), v), nil)
}
