package handlers

import (
	"net/http"
	"net/url"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const appsURL = "/settings/apps"

func (s *Server) settingsAppRoutes() []route {
	return []route{{get, appsURL, auth.VerbSettings, s.settingsApps}}
}

// settingsApps lists the apps that the console looks after, and where they are set. It calls no service, but for the one app that
// is to be looked at: there once or twice.
func (s *Server) settingsApps(c *gin.Context) error {
	ctx := c.Request.Context()
	v := templates.AppsView{Nav: s.settingsNav(c)}
	for _, a := range s.Apps.All() {
		row := templates.AppRow{
			Name: a.Name, Title: a.Title, Detail: a.Detail(), Colour: s.colour(a), URL: appURL(a, "groups"),
			From: i18n.T(ctx, "apps.from.file"), CheckURL: appsURL + "?check=" + url.QueryEscape(a.Name),
		}
		if a.Embedded {
			row.From = i18n.T(ctx, "apps.from.embedded")
		}
		if a.Callbacks != nil {
			row.CallbacksURL = appURL(a, "callbacks")
		}
		if c.Query("check") == a.Name {
			row.Health, row.Failed = healthRows(c, a.IM.Check(ctx))
			if row.Failed != nil {
				s.Log.WarnContext(ctx, "look at an app", "reference", referenceOf(ctx), "app", a.Name)
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return render(c, http.StatusOK, templates.AppsPage(s.chrome(c), v), nil)
}

// healthRows say what is right with an app, and what is not: what `imdesk check` says.
func healthRows(c *gin.Context, h imclient.Health) ([]templates.HealthState, *templates.Notice) {
	ctx := c.Request.Context()
	var rows []templates.HealthState
	for _, part := range []struct {
		key   string
		state imclient.HealthState
	}{{"reachable", h.Reachable}, {"key", h.Key}, {"administrator", h.Administrator}, {"clock", h.Clock}} {
		//i18n:uses apps.health.*
		row := templates.HealthState{Name: i18n.T(ctx, "apps.health."+part.key), State: templates.ChipView{Text: i18n.T(ctx, "apps.health.unknown")}}
		switch part.state {
		case imclient.HealthGood:
			row.State = templates.ChipView{Text: i18n.T(ctx, "apps.health.good"), Icon: "check", Tone: "ok"}
		case imclient.HealthBad:
			row.State = templates.ChipView{Text: i18n.T(ctx, "apps.health.bad"), Icon: "x", Tone: "bad"}
		}
		rows = append(rows, row)
	}
	return rows, failedPart(ctx, h.Err)
}
