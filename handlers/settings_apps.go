package handlers

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"imdesk/apps"
	"imdesk/archive"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const appsURL = "/settings/apps"

func (s *Server) settingsAppRoutes() []route {
	return []route{
		{get, appsURL, auth.VerbSettings, s.settingsApps},
		{get, appsURL + "/new", auth.VerbSettings, s.newApp},
		{post, appsURL + "/new", auth.VerbSettings, s.addApp},
		{get, appsURL + "/:name/change", auth.VerbSettings, s.changeApp},
		{post, appsURL + "/:name/change", auth.VerbSettings, s.saveApp},
		{post, appsURL + "/:name/switch", auth.VerbSettings, s.switchApp},
		{get, appsURL + "/:name/remove", auth.VerbSettings, s.removePage},
		{post, appsURL + "/:name/remove", auth.VerbSettings, s.removeApp},
	}
}

// settingsApps lists the apps that the console looks after, and where they are set. It calls no service, but for the one app that
// is to be looked at: there once or twice.
func (s *Server) settingsApps(c *gin.Context) error {
	ctx := c.Request.Context()
	v := templates.AppsView{Nav: s.settingsNav(c), NewURL: appsURL + "/new", Why: s.whyNoApps(ctx)}
	rows, err := s.Apps.Rows(ctx)
	if err != nil {
		return fmt.Errorf("apps of the console: %w", err)
	}
	for _, a := range s.Apps.All() {
		i := slices.IndexFunc(rows, func(r store.App) bool { return r.Name == a.Name && r.RemovedAt.IsZero() })
		row := templates.AppRow{
			Name: a.Name, Title: a.Title, Detail: a.Detail(), Colour: s.colour(a), URL: appURL(a, "groups"),
			From: i18n.T(ctx, "apps.from.file"), CheckURL: appsURL + "?check=" + url.QueryEscape(a.Name),
		}
		switch {
		case a.Embedded:
			row.From = i18n.T(ctx, "apps.from.embedded")
		case a.Added() && i >= 0:
			s.addedRow(ctx, &row, rows[i])
		}
		if !a.Added() && i >= 0 {
			row.Shadows = i18n.T(ctx, "apps.shadows", "by", rows[i].CreatedBy, "at", i18n.When(ctx, rows[i].CreatedAt))
			row.RemoveURL = appsURL + "/" + url.PathEscape(a.Name) + "/remove"
		}
		if a.Callbacks != nil {
			row.CallbacksURL, row.Stopped = appURL(a, "callbacks"), s.stoppedText(ctx, a)
		}
		row.Kept, row.KeptOwn = keptOf(ctx, a.Archive)
		if c.Query("check") == a.Name {
			row.Health, row.Failed = healthRows(c, a.IM.Check(ctx))
			if row.Failed != nil {
				s.Log.WarnContext(ctx, "look at an app", "reference", referenceOf(ctx), "app", a.Name)
			}
		}
		v.Rows = append(v.Rows, row)
	}
	for _, r := range rows {
		gone, is := s.Apps.Absent(r.Name)
		if !is {
			continue
		}
		row := templates.AppRow{Name: r.Name, Title: orID(r.Title, r.Name), Detail: gone.Detail, Gone: true}
		if gone.Why != apps.Removed {
			s.addedRow(ctx, &row, r)
		}
		row.State = absentChip(ctx, gone)
		//i18n:uses apps.absent.*
		row.Shadows = i18n.T(ctx, "apps.absent."+string(gone.Why)+".text", "by", gone.By, "at", i18n.When(ctx, gone.At))
		v.Rows = append(v.Rows, row)
	}
	return render(c, http.StatusOK, templates.AppsPage(s.chrome(c), v), nil)
}

// maxKeptOwn is how many groups with a time of their own are named.
const maxKeptOwn = 20

// keptOf says what of an app's messages is kept, and how long, and which groups have a time of their own.
func keptOf(ctx context.Context, p archive.Policy) (kept string, own []string) {
	what := "none"
	switch {
	case p.Direct:
		what = "all"
	case p.Groups:
		what = "groups"
	}
	//i18n:uses apps.archive.*
	kept = i18n.T(ctx, "apps.archive."+what)
	if what == "none" {
		return kept, nil
	}
	days := func(d time.Duration) int { return int((d + 24*time.Hour - 1) / (24 * time.Hour)) }
	if p.For == 0 {
		kept = i18n.T(ctx, "apps.kept_ever", "what", kept)
	} else {
		kept = i18n.N(ctx, "apps.kept_for", days(p.For), "what", kept)
	}
	for _, g := range slices.Sorted(maps.Keys(p.ForGroups)) {
		switch {
		case len(own) == maxKeptOwn:
			return kept, append(own, i18n.N(ctx, "apps.kept_more", len(p.ForGroups)-maxKeptOwn))
		case p.ForGroups[g] < 0:
			own = append(own, i18n.T(ctx, "apps.kept_own_none", "group", g))
		default:
			own = append(own, i18n.N(ctx, "apps.kept_own", days(p.ForGroups[g]), "group", g))
		}
	}
	return kept, own
}

// addedRow is what may be done with an app of the console.
func (s *Server) addedRow(ctx context.Context, row *templates.AppRow, r store.App) {
	at := appsURL + "/" + url.PathEscape(r.Name)
	row.From = i18n.T(ctx, "apps.from.console", "by", r.CreatedBy, "at", i18n.When(ctx, r.CreatedAt))
	if r.Version > 1 {
		row.Changed = i18n.T(ctx, "apps.changed_by", "by", r.ChangedBy, "at", i18n.When(ctx, r.ChangedAt))
	}
	row.ChangeURL, row.RemoveURL, row.SwitchURL = at+"/change", at+"/remove", at+"/switch"
	row.Version, row.Off = strconv.FormatInt(r.Version, 10), r.Disabled
}

// absentChip says in a word why an app is not there.
func absentChip(ctx context.Context, a apps.Absent) templates.ChipView {
	chip := templates.ChipView{Text: i18n.T(ctx, "apps.absent."+string(a.Why)), Tone: "warn", Icon: "alert"}
	if a.Why == apps.Removed || a.Why == apps.Disabled {
		chip.Tone, chip.Icon = "", "x"
	}
	return chip
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
