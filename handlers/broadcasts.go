package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// broadcastRoutes are messages to many at once, and what users are chosen by.
func (s *Server) broadcastRoutes() []route {
	return append([]route{{get, "/apps/:app/broadcasts", auth.VerbBroadcast, s.broadcasts}}, slices.Concat(
		s.sheetRoutes("/apps/:app/broadcast", broadcastSheet),
		s.sheetRoutes("/apps/:app/live-broadcast", liveBroadcastSheet),
		s.sheetRoutes("/apps/:app/broadcasts/tags", tagSheet),
	)...)
}

// Sizes of the page.
const (
	recentBroadcasts = 8
	taggedUsers      = 50 // whose tags are shown at once
)

// broadcasts is where messages to many begin. It costs one call for the names of attributes and, if users are named, one each for
// their tags, their attributes and their names, all at the same time.
func (s *Server) broadcasts(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	v := templates.BroadcastsView{Intro: i18n.T(ctx, "broadcast.intro"), TagText: i18n.T(ctx, "broadcast.tags_text"), TagURL: appURL(app, "broadcasts"), Path: c.Request.URL.RequestURI()}
	caps := app.IM.Caps
	if !caps.Can(imclient.VerbBroadcast, "") && !caps.Can(imclient.VerbLiveBroadcast, "") {
		v.NotOffered = &templates.EmptyView{Icon: "send", Title: i18n.T(ctx, "broadcast.not_offered"), Text: i18n.T(ctx, caps.Why(imclient.VerbBroadcast, ""))}
		return render(c, http.StatusOK, templates.BroadcastsPage(s.chrome(c), v), templates.Broadcasts(v))
	}
	if !caps.Can(imclient.VerbBroadcastAttr, "") {
		v.Intro, v.TagText = i18n.T(ctx, "broadcast.intro_tags"), i18n.T(ctx, "broadcast.tags_text_plain")
	}
	button := func(path, text, icon, variant string, right auth.Verb, needs imclient.Verb, q url.Values) templates.ButtonView {
		q.Set("back", c.Request.URL.RequestURI())
		link := appURL(app, strings.Split(path, "/")...) + "?" + q.Encode()
		return templates.ButtonView{Text: text, Icon: icon, Variant: variant, URL: link, Attrs: templates.SheetAttrs(link), Why: notOffered(c, app, right, needs, "")}
	}
	v.Acts = []templates.ButtonView{
		button("broadcast", i18n.T(ctx, "broadcast.to_users"), "send", "primary", auth.VerbBroadcast, imclient.VerbBroadcast, url.Values{}),
		button("live-broadcast", i18n.T(ctx, "broadcast.to_rooms"), "live", "", auth.VerbLiveBroadcast, imclient.VerbLiveBroadcast, url.Values{}),
		button("send-users", i18n.T(ctx, "rooms.send.users"), "user", "", auth.VerbSendUsers, imclient.VerbSendUsers, url.Values{}),
		button("send-groups", i18n.T(ctx, "rooms.send.groups"), "groups", "", auth.VerbSendGroups, imclient.VerbSendGroups, url.Values{}),
	}
	if v.Recent, err = s.recentBroadcasts(c, app); err != nil {
		return err
	}
	ids := idList(clip(c.Query("users"), 2000))
	ids = ids[:min(len(ids), taggedUsers)]
	v.TagQuery = strings.Join(ids, ", ")
	for _, on := range []bool{true, false} {
		text, value := i18n.T(ctx, "broadcast.give"), "1"
		if !on {
			text, value = i18n.T(ctx, "broadcast.take"), "0"
		}
		b := button("broadcasts/tags", text, map[bool]string{true: "plus", false: "minus"}[on], "", auth.VerbUserTags, imclient.VerbBroadcast,
			url.Values{"on": {value}, "paste": {strings.Join(ids, "\n")}})
		b.Small = true
		v.TagActs = append(v.TagActs, b)
	}
	if caps.Can(imclient.VerbBroadcast, "") {
		s.tagged(c, app, ids, &v)
	}
	return render(c, http.StatusOK, templates.BroadcastsPage(s.chrome(c), v), templates.Broadcasts(v))
}

// recentBroadcasts are those that were sent from here, from the audit log.
func (s *Server) recentBroadcasts(c *gin.Context, app *App) ([]templates.AuditRow, error) {
	ctx := c.Request.Context()
	var all []store.AuditEntry
	for _, verb := range []actions.Verb{actions.VerbBroadcast, actions.VerbLiveBroadcast, actions.VerbSendUsers, actions.VerbSendGroups} {
		list, err := s.Store.Audit.List(ctx, store.AuditFilter{App: app.Name, Action: string(verb)}, 0, recentBroadcasts)
		if err != nil {
			return nil, fmt.Errorf("recent broadcasts: %w", err)
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b store.AuditEntry) int { return int(b.ID - a.ID) })
	list := auditList{s: s, c: c, url: "/audit", app: app}
	rows := list.rows(ctx, all[:min(len(all), recentBroadcasts)]).Rows
	for i := range rows {
		rows[i].OpenURL = entryURL(app, rows[i].ID)
	}
	return rows, nil
}

// tagged reads what users are chosen by.
func (s *Server) tagged(c *gin.Context, app *App, ids []string, v *templates.BroadcastsView) {
	ctx := c.Request.Context()
	var wg sync.WaitGroup
	var tags []imclient.UserTags
	var attributes []imclient.UserAttributes
	var users []imclient.User
	var namesErr, tagsErr, attributesErr error
	attributed := app.IM.Caps.Can(imclient.VerbBroadcastAttr, "")
	if attributed {
		wg.Go(func() { v.Names, namesErr = app.IM.Broadcasts.AttributeNames(ctx) })
	} else {
		v.NoNames = i18n.T(ctx, app.IM.Caps.Why(imclient.VerbBroadcastAttr, ""))
	}
	if len(ids) > 0 {
		wg.Go(func() { tags, tagsErr = app.IM.Broadcasts.Tags(ctx, ids) })
		if attributed {
			wg.Go(func() { attributes, attributesErr = app.IM.Broadcasts.Attributes(ctx, ids) })
		}
		wg.Go(func() { users, _, _ = app.IM.Users.GetMany(ctx, ids) }) // without names ids are shown
	}
	wg.Wait()
	v.Names = slices.DeleteFunc(v.Names, func(name string) bool { return name == "" })
	if namesErr != nil {
		p := explain(ctx, namesErr, false)
		s.logFailure(c, namesErr, http.StatusOK)
		v.NamesFail = &p.notice
	}
	if tagsErr == nil {
		tagsErr = attributesErr
	}
	if tagsErr != nil {
		p := explain(ctx, tagsErr, false)
		s.logFailure(c, tagsErr, http.StatusOK)
		v.TagFail = &p.notice
		return
	}
	n := names{}
	for _, u := range users {
		n[u.ID] = u.Nick
	}
	of := map[string]map[string]string{}
	for _, a := range attributes {
		of[a.UserID] = a.Attributes
	}
	for _, t := range tags {
		row := templates.TagRow{Person: templates.PersonView{ID: t.UserID, Name: n[t.UserID], URL: userURL(app, t.UserID), Size: "sm"}, Tags: t.Tags}
		for _, name := range v.Names {
			if value := of[t.UserID][name]; value != "" {
				row.Attributes = append(row.Attributes, templates.FactView{Name: name, Value: value})
			}
		}
		v.Tags = append(v.Tags, row)
	}
}

func toBroadcasts(a *appAsking) templates.Link {
	return templates.Link{Text: i18n.T(a.ctx(), "broadcast.title"), URL: appURL(a.app, "broadcasts")}
}

// What is said to many, and what they are chosen by.
var (
	liveBroadcastSheet = appSheet{
		name: "live-broadcast", right: auth.VerbLiveBroadcast, needs: imclient.VerbLiveBroadcast, back: toBroadcasts, wrong: (*appAsking).unconfirmed,
		action: func(a *appAsking) actions.Action {
			return actions.LiveBroadcast{Common: a.common(), Text: a.area("text"), From: a.text("from")}
		},
		view: func(a *appAsking, v *templates.AppSheetView) {
			ctx := a.ctx()
			v.Sheet.Title, v.Sheet.Submit, v.Sheet.Variant = i18n.T(ctx, "broadcast.rooms_title"), i18n.T(ctx, "broadcast.rooms_submit"), "harm-solid"
			v.Sheet.Text, v.Sheet.Foot = i18n.T(ctx, "broadcast.rooms_text", "app", a.app.Title), i18n.T(ctx, actions.UndoImpossible)
			v.Fields = []templates.AppField{a.says(), a.from(), a.reason(), a.confirm()}
			v.Effects = []templates.EffectLine{{Tone: "warn", Text: i18n.T(ctx, actions.EffectLiveBroadcast)}, {Tone: "off", Text: i18n.T(ctx, "broadcast.not_kept")}}
		},
	}
	broadcastSheet = appSheet{
		name: "broadcast", right: auth.VerbBroadcast, needs: imclient.VerbBroadcast, back: toBroadcasts, wrong: (*appAsking).wrongBroadcast,
		action: func(a *appAsking) actions.Action { return a.broadcast() },
		view:   (*appAsking).broadcastView,
	}
	tagSheet = appSheet{
		name: "tags", right: auth.VerbUserTags, needs: imclient.VerbBroadcast, back: toBroadcasts,
		action: func(a *appAsking) actions.Action {
			return actions.TagUsers{Common: a.common(), Users: a.whom(), Tags: distinctLines(a.words("tags")), On: a.v.Get("on") != "0"}
		},
		view: (*appAsking).tagView,
	}
)

// says is the field for the text.
func (a *appAsking) says() templates.AppField {
	return templates.AppField{FieldView: templates.FieldView{
		Name: "text", Label: i18n.T(a.ctx(), "broadcast.text"), Rows: 4, Required: true, Value: lines(a.v.Get("text")), Error: a.fault("text"), Attrs: map[string]any{"dir": "auto"},
	}}
}

// from is the field for in whose name it is said.
func (a *appAsking) from() templates.AppField {
	return templates.AppField{FieldView: templates.FieldView{
		Name: "from", Label: i18n.T(a.ctx(), "broadcast.from"), Hint: i18n.T(a.ctx(), "broadcast.from_hint"), Optional: true, Value: a.text("from"), Error: a.fault("from"),
		Attrs: map[string]any{"dir": "ltr", "spellcheck": "false"},
	}}
}

// keeps are how long a broadcast waits for those who are away.
var keeps = []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

// The ways to choose users.
const (
	toAll        = "all"
	toTags       = "tags"
	toAttributes = "attributes"
)

// chosenBy is the way that was chosen.
func (a *appAsking) chosenBy() string {
	if to := a.text("to"); to == toTags || to == toAttributes {
		return to
	}
	return toAll
}

func (a *appAsking) broadcast() actions.Broadcast {
	b := actions.Broadcast{Common: a.common(), Text: a.area("text"), From: a.text("from"), Title: a.text("title"), Push: a.text("push")}
	if seconds, err := strconv.Atoi(a.text("keep")); err == nil {
		b.Keep = time.Duration(seconds) * time.Second
	}
	all := a.v.Get("all") != ""
	switch a.chosenBy() {
	case toTags:
		if tags := a.words("tags"); all {
			b.AllTag = tags
		} else {
			b.AnyTag = tags
		}
	case toAttributes:
		set := map[string]string{}
		for _, line := range a.words("attributes") {
			name, value, _ := strings.Cut(line, "=")
			set[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
		if all {
			b.AllAttribute = set
		} else {
			b.AnyAttribute = set
		}
	}
	return b
}

// wrongBroadcast keeps what was meant for some from going to all, and asks for the app's name.
func (a *appAsking) wrongBroadcast() map[string]string {
	w := a.unconfirmed()
	if w == nil {
		w = map[string]string{}
	}
	ctx := a.ctx()
	switch to := a.chosenBy(); {
	case to == toTags && len(a.words("tags")) == 0:
		w["tags"] = i18n.T(ctx, "broadcast.no_tags")
	case to == toAttributes && len(a.words("attributes")) == 0:
		w["attributes"] = i18n.T(ctx, "broadcast.no_pairs")
	case to == toAll && len(a.words("tags"))+len(a.words("attributes")) > 0:
		w["to"] = i18n.T(ctx, "broadcast.unused")
	}
	return w
}

func (a *appAsking) broadcastView(v *templates.AppSheetView) {
	ctx := a.ctx()
	limits := a.app.IM.Caps.Limits
	v.Sheet.Title, v.Sheet.Submit, v.Sheet.Variant = i18n.T(ctx, "broadcast.users_title"), i18n.T(ctx, "broadcast.users_submit"), "harm-solid"
	v.Sheet.Text, v.Sheet.Foot = i18n.T(ctx, "broadcast.users_text", "app", a.app.Title), i18n.T(ctx, actions.UndoImpossible)
	field := func(name, hint string, rows int, faults ...string) templates.AppField {
		faults = append(faults, name)
		f := templates.AppField{FieldView: templates.FieldView{
			//i18n:uses broadcast.field.*
			Name: name, Label: i18n.T(ctx, "broadcast.field."+name), Hint: hint, Rows: rows, Optional: true, Value: lines(a.v.Get(name)), Error: a.fault(faults...),
			Attrs: map[string]any{"dir": "auto"},
		}}
		return f
	}
	to := templates.AppField{Kind: "choices", FieldView: templates.FieldView{Name: "to", Label: i18n.T(ctx, "broadcast.to"), Value: a.chosenBy(), Error: a.fault("to")}}
	attributed, push := a.app.IM.Caps.Can(imclient.VerbBroadcastAttr, ""), a.app.IM.Caps.Traits.BroadcastPush
	for _, value := range []string{toAll, toTags, toAttributes} {
		if value == toAttributes && !attributed {
			continue
		}
		//i18n:uses broadcast.to.*
		to.Options = append(to.Options, templates.Option{Value: value, Text: i18n.T(ctx, "broadcast.to."+value)})
	}
	keep := templates.AppField{Kind: "select", FieldView: templates.FieldView{Name: "keep", Label: i18n.T(ctx, "broadcast.keep"), Value: a.text("keep"), Error: a.fault("keep")}}
	for _, d := range keeps {
		if d == 0 && !push { // kept for a second at least
			continue
		}
		text := i18n.T(ctx, "broadcast.keep_not")
		if d > 0 {
			text = i18n.Duration(ctx, d)
		}
		keep.Options = append(keep.Options, templates.Option{Value: strconv.Itoa(int(d / time.Second)), Text: text})
	}
	v.Fields = []templates.AppField{a.says(), to, field("tags", tagsHint(ctx, limits), 2, "any_tag", "all_tag")}
	if attributed {
		v.Fields = append(v.Fields, field("attributes", i18n.T(ctx, "broadcast.attributes_hint"), 2))
	}
	all := templates.AppField{Kind: "check", On: a.v.Get("all") != "", FieldView: templates.FieldView{Name: "all", Label: i18n.T(ctx, "broadcast.all"), Hint: i18n.T(ctx, "broadcast.all_hint")}}
	if !attributed {
		all.Hint = ""
	}
	v.Fields = append(v.Fields, all, keep)
	if push {
		v.Fields = append(v.Fields, field("title", "", 0), field("push", i18n.T(ctx, "broadcast.push_hint"), 0))
	}
	from := a.from()
	if !a.app.IM.Caps.Traits.Administrator {
		from.Optional, from.Required, from.Hint = false, true, i18n.T(ctx, "rooms.send.from_hint")
	}
	v.Fields = append(v.Fields, from, a.reason(), a.confirm())
	v.Check = i18n.T(ctx, "broadcast.check")
	v.Effects = a.reach(ctx)
	v.More = i18n.T(ctx, "broadcast.limits")
	if a.app.IM.Vendor == imclient.Volcengine {
		v.More = i18n.T(ctx, "broadcast.limits_volcengine")
	}
}

// tagsHint says how many tags there may be, where the service says it.
func tagsHint(ctx context.Context, limits imclient.Limits) string {
	if limits.BroadcastTags == 0 {
		return i18n.T(ctx, "broadcast.tags_hint_plain")
	}
	return i18n.T(ctx, "broadcast.tags_hint", "n", limits.BroadcastTags, "bytes", limits.BroadcastTag)
}

// reach says whom a broadcast reaches, as far as anybody can tell before it is sent: the service counts nobody.
func (a *appAsking) reach(ctx context.Context) []templates.EffectLine {
	b := a.broadcast()
	list := []templates.EffectLine{{Tone: "warn", Text: i18n.T(ctx, actions.EffectBroadcast)}}
	and := i18n.T(ctx, "audit.and")
	pairs := func(set map[string]string) string {
		var out []string
		for name, value := range set {
			out = append(out, name+"="+value)
		}
		slices.Sort(out)
		return strings.Join(out, and)
	}
	switch {
	case len(b.AnyTag) > 0:
		list[0].Text = i18n.T(ctx, "broadcast.reach_any_tag", "list", strings.Join(b.AnyTag, and))
	case len(b.AllTag) > 0:
		list[0].Text = i18n.T(ctx, "broadcast.reach_all_tag", "list", strings.Join(b.AllTag, and))
	case len(b.AnyAttribute) > 0:
		list[0].Text = i18n.T(ctx, "broadcast.reach_any_attribute", "list", pairs(b.AnyAttribute))
	case len(b.AllAttribute) > 0:
		list[0].Text = i18n.T(ctx, "broadcast.reach_all_attribute", "list", pairs(b.AllAttribute))
	}
	away := templates.EffectLine{Tone: "off", Text: i18n.T(ctx, "broadcast.away_not")}
	if b.Keep > 0 {
		away = templates.EffectLine{Tone: "ok", Text: i18n.T(ctx, "broadcast.away", "length", i18n.Duration(ctx, b.Keep))}
	}
	return append(list, away, templates.EffectLine{Tone: "off", Text: i18n.T(ctx, "broadcast.no_history")})
}

// distinctLines leaves out lines that repeat.
func distinctLines(list []string) []string {
	ids, _ := distinctIDs(list)
	return ids
}

func (a *appAsking) tagView(v *templates.AppSheetView) {
	ctx := a.ctx()
	limits := a.app.IM.Caps.Limits
	on := a.v.Get("on") != "0"
	v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "broadcast.give"), i18n.T(ctx, "broadcast.give")
	if !on {
		v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "broadcast.take"), i18n.T(ctx, "broadcast.take")
	}
	v.Sheet.Text = i18n.T(ctx, "broadcast.tags_text")
	v.Sheet.Hidden = append(v.Sheet.Hidden, "on", map[bool]string{true: "1", false: "0"}[on])
	v.Check = i18n.T(ctx, "keywords.check")
	v.Fields = []templates.AppField{
		{FieldView: templates.FieldView{
			Name: "paste", Label: i18n.T(ctx, "members.ids"), Hint: i18n.T(ctx, "members.ids_hint", "limit", actions.MaxTargets), Rows: 4, Required: true,
			Value: lines(a.v.Get("paste")), Error: a.fault("users"), Attrs: map[string]any{"spellcheck": "false"},
		}},
		{FieldView: templates.FieldView{
			Name: "tags", Label: i18n.T(ctx, "broadcast.field.tags"), Hint: tagsHint(ctx, limits), Rows: 2, Required: true,
			Value: lines(a.v.Get("tags")), Error: a.fault("tags"), Attrs: map[string]any{"dir": "auto"},
		}},
		a.reason(),
	}
}
