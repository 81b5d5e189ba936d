package handlers

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/live"
	"imdesk/store"
	"imdesk/terms"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// livePath is the page of what is said as it is said.
const livePath = "/live"

func (s *Server) liveViewRoutes() []route {
	return []route{
		{get, livePath, auth.VerbView, s.livePage},
		{get, livePath + "/line", auth.VerbView, s.liveLine},
		{get, liveStreamPath, auth.VerbView, s.liveStream},
		{get, groupStreamPath, auth.VerbView, s.groupStream},
	}
}

// Bounds of the live view.
const (
	maxPanes  = 4
	maxHides  = 50 // people whose messages are left out
	paneLines = 60 // lines of a pane as the page comes; app.js keeps 300
	lineRunes = 300
	lateAfter = time.Minute // what comes later than this after it was said says so
	rateMost  = 8           // groups in the list of rates
)

// livePane is one list of lines: a search that is not for the past.
type livePane struct {
	typed  string
	bad    string
	search search
	filter live.Filter
}

// liveQuery is what an address of the live view asks for.
type liveQuery struct {
	panes  []livePane
	hides  []live.Person
	sights map[string]live.Sight // of the apps that the operator may see
}

// sights are the apps whose messages an operator may see.
func (s *Server) sights(op auth.Operator) map[string]live.Sight {
	all := map[string]live.Sight{}
	for _, a := range s.appsOf(op) {
		if op.CanIn(a.Name, auth.VerbView) {
			all[a.Name] = live.Sight{Recalled: op.CanIn(a.Name, auth.VerbRecall), Cases: op.CanIn(a.Name, auth.VerbCases)}
		}
	}
	return all
}

// readLive reads the panes and whom they leave out.
func (s *Server) readLive(ctx context.Context, u *url.URL) liveQuery {
	op, _ := auth.OperatorFrom(ctx)
	q := liveQuery{sights: s.sights(op)}
	v := u.Query()
	for _, raw := range v["hide"][:min(len(v["hide"]), maxHides)] {
		if app, id, ok := strings.Cut(raw, "/"); ok && s.Apps.Get(app) != nil && id != "" {
			q.hides = append(q.hides, live.Person{App: app, ID: clip(id, maxFind)})
		}
	}
	typed := v["pane"]
	if len(typed) == 0 {
		typed = []string{""}
	}
	for _, t := range typed[:min(len(typed), maxPanes)] {
		q.panes = append(q.panes, s.livePane(ctx, q, strings.TrimSpace(strings.ToValidUTF8(t, ""))))
	}
	return q
}

func (s *Server) livePane(ctx context.Context, q liveQuery, typed string) livePane {
	p := livePane{typed: typed}
	if utf8.RuneCountInString(typed) > maxSearch {
		p.typed, p.bad = "", i18n.T(ctx, "search.bad.long", "n", maxSearch)
		return p
	}
	var err error
	if p.search, err = parseSearch(typed, i18n.From(ctx).Zone); err != nil {
		if bad, is := err.(badSearch); is {
			//i18n:uses search.bad.*
			p.bad = i18n.T(ctx, bad.key, "part", bad.part)
		}
		return p
	}
	if p.bad = s.aim(ctx, &p.search); p.bad != "" {
		return p
	}
	sq := p.search.query
	p.filter = live.Filter{
		Apps: map[string]live.Sight{}, All: sq.All, None: sq.None, Places: sq.Places, Senders: sq.Senders, Types: sq.Types, Has: sq.Has, State: sq.State,
		Since: sq.Since, Until: sq.Until, Unsender: q.hides,
	}
	for _, app := range sq.Apps {
		p.filter.Apps[app] = q.sights[app]
	}
	return p
}

// address is where panes are, with whom they leave out.
func (q liveQuery) address(path string, panes []string, hides []live.Person) string {
	v := url.Values{}
	if len(panes) > 1 || len(panes) == 1 && panes[0] != "" {
		v["pane"] = panes
	}
	for _, h := range hides {
		v.Add("hide", h.App+"/"+h.ID)
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func (q liveQuery) typed() []string {
	list := make([]string, len(q.panes))
	for i, p := range q.panes {
		list[i] = p.typed
	}
	return list
}

// with is the address with another search in a pane.
func (q liveQuery) with(pane int, typed string) string {
	list := q.typed()
	list[pane] = strings.TrimSpace(typed)
	return q.address(livePath, list, q.hides)
}

// livePage shows what was said last, and what is said from then on. It costs one search of the archive for each pane.
func (s *Server) livePage(c *gin.Context) error {
	ctx := c.Request.Context()
	q := s.readLive(ctx, c.Request.URL)
	v := templates.WatchView{Refresh: c.Request.URL.RequestURI()}
	if s.Live == nil || len(q.sights) == 0 {
		v.None = &templates.EmptyView{Icon: "live", Title: i18n.T(ctx, "watch.off"), Text: i18n.T(ctx, "watch.off_text")}
		return render(c, http.StatusOK, templates.WatchPage(s.chrome(c), v), nil)
	}
	// First how far has been told, then what there is: what comes in between comes twice, and its line knows itself again.
	at := s.Live.Now()
	v.Stream = q.address(liveStreamPath, q.typed(), q.hides)
	v.Stream += map[bool]string{true: "&", false: "?"}[strings.Contains(v.Stream, "?")] + "after=" + strconv.FormatInt(at.N, 10)
	var unkept []string
	for _, a := range s.Apps.All() {
		if _, sees := q.sights[a.Name]; sees && !s.Archive.Policy(a.Name).Groups {
			unkept = append(unkept, a.Title)
		}
	}
	v.Unkept = strings.Join(unkept, i18n.T(ctx, "messages.comma"))
	if len(q.panes) < maxPanes {
		v.AddURL = q.address(livePath, append(q.typed(), ""), q.hides)
	}
	for i := range q.panes {
		v.Panes = append(v.Panes, s.paneView(c, q, i))
	}
	for i, h := range q.hides {
		names, _ := s.lineNames.of(s.Now(), lineName{h.App, h.ID, false})
		v.Hidden = append(v.Hidden, templates.WatchHidden{
			Name: orID(names[0], h.ID), URL: q.address(livePath, q.typed(), slices.Delete(slices.Clone(q.hides), i, i+1)),
		})
	}
	v.Rate = s.rateView(ctx, q, 0)
	return render(c, http.StatusOK, templates.WatchPage(s.chrome(c), v), nil)
}

func (s *Server) paneView(c *gin.Context, q liveQuery, i int) templates.WatchPane {
	ctx := c.Request.Context()
	p := q.panes[i]
	v := templates.WatchPane{
		Index: i, Query: p.typed, Bad: p.bad, Label: i18n.T(ctx, "watch.pane", "n", i+1), Search: searchPath(p.typed), Types: s.paneTypes(ctx, q, i), Flagged: paneFlagged(ctx, q, i),
	}
	if len(q.panes) > 1 {
		v.CloseURL = q.address(livePath, slices.Delete(q.typed(), i, i+1), q.hides)
	}
	for j, t := range q.typed() {
		switch {
		case j < i:
			v.Before = append(v.Before, "pane", t)
		case j > i:
			v.After = append(v.After, "pane", t)
		}
	}
	for _, h := range q.hides {
		v.After = append(v.After, "hide", h.App+"/"+h.ID)
	}
	if p.bad != "" {
		return v
	}
	query := p.search.query
	query.N = paneLines
	list, _, err := s.Store.Archive.Search(ctx, query)
	if err != nil {
		s.logFailure(c, err, http.StatusOK)
		e := explain(ctx, err, false)
		v.Failed = &e.notice
		return v
	}
	slices.Reverse(list)
	s.nameLines(ctx, list)
	d := s.drawing(ctx, q, i)
	for _, m := range list {
		l := &live.Line{At: m.Added, Message: m}
		if p.filter.Match(l) && s.Apps.Get(m.Place.App) != nil {
			view, _ := d.view(l, true)
			v.Lines = append(v.Lines, view)
		}
	}
	return v
}

// searchPath is a search for what is typed, in the archive.
func searchPath(typed string) string { return "/search?q=" + url.QueryEscape(typed) }

// paneTypes is the menu of types: each choice replaces the type in what is typed.
func (s *Server) paneTypes(ctx context.Context, q liveQuery, i int) templates.FilterMenuView {
	p := q.panes[i]
	rest, chosen := withoutType(p.typed)
	v := templates.FilterMenuView{ID: "types-" + strconv.Itoa(i), Icon: "file", Text: i18n.T(ctx, "watch.type")}
	v.Choices = []templates.Tab{{Text: i18n.T(ctx, "watch.any_type"), URL: q.with(i, rest), Current: chosen == ""}}
	for _, t := range archive.Types() {
		if t == "text" {
			continue // most are
		}
		//i18n:uses search.type.*
		tab := templates.Tab{Text: i18n.T(ctx, "search.type."+t), URL: q.with(i, rest+" type:"+t), Current: chosen == t}
		if tab.Current {
			v.Value = tab.Text
		}
		v.Choices = append(v.Choices, tab)
	}
	return v
}

// paneFlagged switches a pane between all messages and those with a case; nil for those who see no cases.
func paneFlagged(ctx context.Context, q liveQuery, i int) *templates.Tab {
	sees := false
	for _, sight := range q.sights {
		sees = sees || sight.Cases
	}
	if !sees {
		return nil
	}
	const flagged = "is:" + searchFlagged
	words := strings.Fields(q.panes[i].typed)
	rest := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.EqualFold(w, flagged) })
	t := &templates.Tab{Text: i18n.T(ctx, "watch.flagged"), Current: len(rest) < len(words)}
	if !t.Current {
		rest = append(rest, flagged)
	}
	t.URL = q.with(i, strings.Join(rest, " "))
	return t
}

// withoutType takes the type out of what was typed.
func withoutType(typed string) (rest, kind string) {
	var kept []string
	for _, w := range strings.Fields(typed) {
		if t, is := strings.CutPrefix(strings.ToLower(w), "type:"); is {
			kind = t
			continue
		}
		kept = append(kept, w)
	}
	return strings.Join(kept, " "), kind
}

// rateView is how much is said in the apps one sees.
func (s *Server) rateView(ctx context.Context, q liveQuery, behind time.Duration) templates.WatchRate {
	r := s.Live.Rate(q.sights, rateMost)
	v := templates.WatchRate{Bars: r.Steps[:], Second: i18n.T(ctx, "watch.second", "n", strconv.FormatFloat(r.Second, 'f', 1, 64))}
	if behind > 0 {
		v.Behind = i18n.T(ctx, "watch.behind", "n", strconv.FormatFloat(behind.Seconds(), 'f', 1, 64))
	}
	var places []store.Archived
	for _, g := range r.Groups {
		places = append(places, store.Archived{Place: g.Place})
	}
	s.nameLines(ctx, places)
	for _, g := range r.Groups {
		names, _ := s.lineNames.of(s.Now(), lineName{g.Place.App, g.Place.Group, true})
		typed := "in:" + quoted(g.Place.Group)
		if len(q.sights) > 1 {
			typed = "app:" + quoted(g.Place.App) + " " + typed
		}
		v.Groups = append(v.Groups, templates.WatchGroup{
			Group:  templates.Link{Text: orID(names[0], g.Place.Group), URL: q.with(0, typed), Name: true},
			Minute: g.Minute, Most: r.Groups[0].Minute,
		})
	}
	return v
}

// quoted is a value as it is typed into a search.
func quoted(s string) string {
	if strings.ContainsAny(s, " \t\u3000") {
		return `"` + s + `"`
	}
	return s
}

// drawing is how lines look to somebody.
type drawing struct {
	s      *Server
	ctx    context.Context // of who reads: language, time zone
	many   bool            // apps
	marks  []terms.Part
	filter *live.Filter
	key    string // of those to whom lines look the same, but for what is marked
}

func (s *Server) drawing(ctx context.Context, q liveQuery, pane int) drawing {
	p := &q.panes[pane]
	l := i18n.From(ctx)
	return drawing{
		s: s, ctx: ctx, many: len(q.sights) > 1, marks: p.search.marks, filter: &p.filter,
		key: fmt.Sprintf("%s %s %t ", l.Lang, l.Zone, len(q.sights) > 1),
	}
}

// html is a line as it is sent. update: it only takes the place of one that is shown.
func (d drawing) html(l *live.Line, update bool) string {
	draw := func() (string, bool) {
		if d.s.Apps.Get(l.Message.Place.App) == nil {
			return "", false // it was removed just now
		}
		view, named := d.view(l, false)
		view.Update = update
		var b strings.Builder
		if err := templates.WatchRow(view).Render(d.ctx, &b); err != nil {
			d.s.Log.WarnContext(d.ctx, "draw a line", "error", err)
			return "", false
		}
		return b.String(), named
	}
	if len(d.marks) > 0 {
		html, _ := draw()
		return html
	}
	sight := d.filter.Apps[l.Message.Place.App]
	return l.Draw(fmt.Sprintf("%s%t %t %t", d.key, sight.Recalled, sight.Cases, update), draw)
}

// lineID names a message's line, whatever becomes of it.
func lineID(l *live.Line) string {
	if !l.Passing {
		return strconv.FormatInt(l.Message.ID, 36)
	}
	h := fnv.New64a()
	m := &l.Message
	fmt.Fprintf(h, "%s\n%s\n%s", m.Place.App, m.Place.Group, m.Key)
	return "p" + strconv.FormatUint(h.Sum64(), 36)
}

// view is a line, and whether its names are known.
func (d drawing) view(l *live.Line, page bool) (templates.WatchLine, bool) {
	m := &l.Message
	app := d.s.Apps.Get(m.Place.App)
	names, known := d.s.lineNames.of(d.s.Now(), lineName{m.Place.App, m.Place.Group, true}, lineName{m.Place.App, m.Sender, false})
	at := groupURL(app, m.Place.Group, tabMessages)
	v := templates.WatchLine{
		ID: lineID(l), Key: m.Key, At: m.At, Group: templates.Link{Text: orID(names[0], m.Place.Group), URL: at, Name: true}, URL: at,
		Sender: templates.PersonView{ID: m.Sender, Name: names[1], URL: userURL(app, m.Sender)},
		Rail:   livePath + "/line?" + url.Values{"app": {m.Place.App}, "group": {m.Place.Group}, "key": {m.Key}}.Encode(),
	}
	if d.many {
		v.App, v.Colour = app.Title, d.s.colour(app)
	}
	if m.Seq > 0 {
		v.URL = at + fmt.Sprintf("?seq=%d", m.Seq)
	}
	if late := m.Added.Sub(m.At); !page && !m.At.IsZero() && l.Kind == store.ArrivalSaid && late > lateAfter {
		v.Late = i18n.T(d.ctx, "watch.late", "n", int(late.Minutes()))
	}
	v.State = archivedChip(d.ctx, m.State)
	if m.Has&store.HasCase != 0 && d.filter.Apps[m.Place.App].Cases {
		v.Flag = &templates.ChipView{Text: i18n.T(d.ctx, "watch.flagged"), Tone: "bad", Icon: "flag"}
	}
	v.Kinds = kindTexts(d.ctx, m.Types)
	if m.State == store.ArchiveRecalled && !d.filter.Apps[m.Place.App].Recalled {
		v.Withheld, v.Kinds = true, nil
		return v, known
	}
	text := m.Text
	if len(text) > 4*lineRunes*utf8.UTFMax {
		text = clip(text, 4*lineRunes*utf8.UTFMax)
	}
	for _, p := range snippet(highlight(text, d.marks)) {
		v.Text = append(v.Text, templates.Marked{Text: p.text, On: p.on})
	}
	return v, known
}

// archivedChip says what became of a message; nil: nothing did.
func archivedChip(ctx context.Context, state store.ArchiveState) *templates.ChipView {
	switch state {
	case store.ArchiveRecalled:
		return &templates.ChipView{Text: i18n.T(ctx, "search.recalled"), Tone: "warn", Icon: "recall"}
	case store.ArchiveEdited:
		return &templates.ChipView{Text: i18n.T(ctx, "search.edited"), Icon: "edit"}
	case store.ArchiveSaid:
	}
	return nil
}

// kindTexts says what a message is beside text.
func kindTexts(ctx context.Context, types []string) (list []string) {
	for _, kind := range types {
		if kind != "text" {
			//i18n:uses search.type.*
			list = append(list, i18n.T(ctx, "search.type."+kind))
		}
	}
	return list
}

// liveLine is the line one is at, and what can be done about it. It costs one look into the archive, one call for the group and
// one for the sender's name.
func (s *Server) liveLine(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	app, group, key := s.Apps.Get(c.Query("app")), c.Query("group"), c.Query("key")
	if app == nil || !op.CanIn(app.Name, auth.VerbView) || group == "" || key == "" || s.Live == nil {
		return errNoPage
	}
	place := store.Conversation{App: app.Name, Group: group}
	found, err := s.Store.Archive.Get(ctx, place, []string{key})
	if err != nil {
		return fmt.Errorf("read a message: %w", err)
	}
	m, ok := found[key]
	if !ok {
		if m, ok = s.Live.Passing(place, key); !ok {
			return errNoPage
		}
	}
	if !wantsPart(c.Request) {
		return seeOther(c, groupURL(app, group, tabMessages)) // without scripts there is no such part
	}
	part := templates.WatchPeekPart(s.peekView(c, app, m))
	return render(c, http.StatusOK, part, part)
}

func (s *Server) peekView(c *gin.Context, app *App, m store.Archived) templates.WatchPeek {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	g, err := readGroup(ctx, app, m.Place.Group)
	if err != nil {
		s.courtesy(ctx, err) // the buttons say so when they are pressed
		g = imclient.Group{ID: m.Place.Group}
	}
	s.nameLines(ctx, []store.Archived{m})
	names, _ := s.lineNames.of(s.Now(), lineName{app.Name, g.ID, true}, lineName{app.Name, m.Sender, false})
	at := groupURL(app, g.ID, tabMessages)
	if m.Seq > 0 {
		at += fmt.Sprintf("?seq=%d", m.Seq)
	}
	v := templates.WatchPeek{
		ID: m.Key, Sender: templates.PersonView{ID: m.Sender, Name: names[1], URL: userURL(app, m.Sender)}, At: m.At,
		Group: templates.Link{Text: orID(names[0], g.ID), URL: at}, Text: clip(m.Text, 4000), Kinds: kindTexts(ctx, m.Types),
	}
	if chip := archivedChip(ctx, m.State); chip != nil {
		v.Chips = append(v.Chips, *chip)
	}
	if m.State == store.ArchiveRecalled && !op.CanIn(app.Name, auth.VerbRecall) {
		v.Text, v.Kinds, v.Note = "", nil, i18n.T(ctx, "watch.withheld")
	}
	back := s.liveBack(c)
	ref := messageRef{seq: strconv.FormatInt(m.Seq, 10), id: m.Key, from: m.Sender}
	act := func(to string, b templates.ButtonView) {
		b.Small, b.Type = true, "submit"
		v.Forms = append(v.Forms, templates.PeekForm{Target: to, Button: b, Hidden: []string{"m", ref.String(), "back", back, "key", formKey(url.Values{})}})
	}
	if m.State != store.ArchiveRecalled {
		act(groupURL(app, g.ID, "recall"), templates.ButtonView{
			Text: i18n.T(ctx, "messages.recall"), Icon: "recall", Key: "r", Why: notOffered(c, app, auth.VerbRecall, imclient.VerbRecall, g.Type),
		})
	}
	if s.Cases != nil {
		act(groupURL(app, g.ID, tabMessages, "flag"), templates.ButtonView{Text: i18n.T(ctx, "queue.flag"), Icon: "queue", Key: "q", Why: mayNot(c, app, auth.VerbReport)})
	}
	users := url.Values{"users": {m.Sender}, "back": {back}}.Encode()
	sheet := func(right auth.Verb, needs imclient.Verb, b templates.ButtonView) templates.ButtonView {
		b.Why = notOffered(c, app, right, needs, g.Type)
		b.Attrs = templates.SheetAttrs(b.URL)
		return b
	}
	people := groupURL(app, homeOf(app, g.ID), tabMembers)
	v.Buttons = []templates.ButtonView{
		sheet(auth.VerbMute, imclient.VerbMute, templates.ButtonView{Text: i18n.T(ctx, "messages.mute"), Icon: "mute", Key: "m", URL: people + "/mute?" + users}),
		sheet(auth.VerbKick, imclient.VerbKick, templates.ButtonView{
			Text: i18n.T(ctx, "watch.kick"), Icon: "kick", Key: "Shift+K", Variant: "harm", URL: people + "/kick?" + users,
		}),
		{Text: i18n.T(ctx, "watch.show"), Icon: "external", Key: "Enter", URL: at},
		{Text: i18n.T(ctx, "watch.hide"), Icon: "minus", Key: "h", URL: s.hideURL(c, back, live.Person{App: app.Name, ID: m.Sender})},
	}
	return v
}

// liveBack is the live view that a part of it was asked for from.
func (s *Server) liveBack(c *gin.Context) string {
	if u, err := url.Parse(c.GetHeader("HX-Current-URL")); err == nil && u.Path == livePath {
		return auth.SafeNext(u.RequestURI())
	}
	return livePath
}

// hideURL is a live view that leaves somebody out, too.
func (s *Server) hideURL(c *gin.Context, view string, who live.Person) string {
	u, err := url.Parse(view)
	if err != nil {
		return livePath
	}
	q := s.readLive(c.Request.Context(), u)
	if !slices.Contains(q.hides, who) {
		q.hides = append(q.hides, who)
	}
	return q.address(livePath, q.typed(), q.hides)
}
