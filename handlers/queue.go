package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/cases"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const (
	queueURL    = "/queue"
	queueEvents = queueURL + "/events"
)

func (s *Server) queueRoutes() []route {
	if s.Cases == nil {
		return nil
	}
	const one, verdict = queueURL + "/cases/:case", queueURL + "/verdicts/:verdict"
	return []route{
		{get, queueURL, auth.VerbNote, s.queue},
		{get, queueURL + "/list", auth.VerbNote, s.queueList},
		{get, queueURL + "/last", auth.VerbNote, s.lastVerdict},
		{get, queueEvents, auth.VerbNote, s.queueNews},
		{get, queueURL + "/handover", auth.VerbNote, s.handover},
		{get, one, auth.VerbNote, s.oneCase},
		{get, one + "/author", auth.VerbNote, s.caseAuthor},
		{get, one + "/presence", auth.VerbNote, s.casePresence},
		{post, one + "/look", auth.VerbNote, s.lookAtCase},
		{post, one + "/leave", auth.VerbNote, s.leaveCase},
		{get, one + "/note", auth.VerbNote, s.noteSheet},
		{post, one + "/note", auth.VerbNote, s.noteCase},
		{post, one + "/take", auth.VerbCases, s.takeCase},
		{post, one + "/decide", auth.VerbCases, s.decideCase},
		{get, one + "/assign", auth.VerbCases, s.assignSheet},
		{post, one + "/assign", auth.VerbCases, s.assignCase},
		{get, one + "/escalate", auth.VerbCases, s.escalateSheet},
		{post, one + "/escalate", auth.VerbCases, s.escalateCase},
		{get, one + "/snooze", auth.VerbCases, s.snoozeSheet},
		{post, one + "/snooze", auth.VerbCases, s.snoozeCase},
		{get, one + "/appeal", auth.VerbNote, s.appealSheet},
		{post, one + "/appeal", auth.VerbNote, s.appealCase},
		{get, verdict, auth.VerbNote, s.verdictPart},
		{post, verdict + "/undo", auth.VerbCases, s.undoVerdict},
		{post, verdict + "/retry", auth.VerbCases, s.retryVerdict},
		{get, verdict + "/reverse", auth.VerbCases, s.reverseSheet},
		{post, verdict + "/reverse", auth.VerbCases, s.reverseVerdict},
	}
}

// Sizes of the queue's pages.
const (
	queuePage  = 30  // cases of the list
	caseAround = 20  // messages before and after; [ and ] add as many
	maxAround  = 100 // of them at most
	strikeRow  = 3   // strikes shown as points
)

func caseURL(id int64, parts ...string) string {
	link := queueURL + "/cases/" + strconv.FormatInt(id, 10)
	for _, p := range parts {
		link += "/" + p
	}
	return link
}

func verdictURL(id int64, part string) string {
	return queueURL + "/verdicts/" + strconv.FormatInt(id, 10) + part
}

// queueFilter is what of the queue is looked at, as its address says.
type queueFilter struct {
	which  string // open, mine, escalated, snoozed, decided
	app    string
	source string
	title  string
	case_  int64
	around int
	after  int64
}

var queueTabs = []string{"open", "mine", "escalated", "snoozed", "decided"}

func readQueueFilter(q url.Values) queueFilter {
	f := queueFilter{which: q.Get("which"), app: q.Get("app"), source: q.Get("source"), title: q.Get("title")}
	if !slices.Contains(queueTabs, f.which) {
		f.which = queueTabs[0]
	}
	f.case_, _ = strconv.ParseInt(q.Get("case"), 10, 64)
	f.after, _ = strconv.ParseInt(q.Get("after"), 10, 64)
	f.around, _ = strconv.Atoi(q.Get("around"))
	f.around = min(max(f.around, caseAround), maxAround)
	return f
}

// query is the filter as an address has it, without the case.
func (f queueFilter) query() url.Values {
	q := url.Values{}
	for name, v := range map[string]string{"app": f.app, "source": f.source, "title": f.title} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if f.which != queueTabs[0] {
		q.Set("which", f.which)
	}
	return q
}

// address is the queue with a case of it; 0: the first one.
func (f queueFilter) address(id int64, pairs ...string) string {
	q := f.query()
	if id != 0 {
		q.Set("case", strconv.FormatInt(id, 10))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if len(q) == 0 {
		return queueURL
	}
	return queueURL + "?" + q.Encode()
}

// store is the filter for the cases that the operator may see.
func (f queueFilter) store(op auth.Operator, apps []*App, now time.Time) store.CaseFilter {
	sf := store.CaseFilter{Apps: []string{}, Source: f.source, Title: f.title, Now: now}
	for _, a := range apps {
		if (f.app == "" || f.app == a.Name) && op.CanIn(a.Name, auth.VerbNote) {
			sf.Apps = append(sf.Apps, a.Name)
		}
	}
	switch f.which {
	case "mine":
		sf.Open, sf.Mine = true, op.ID
	case "escalated":
		sf.States = []store.CaseState{store.CaseEscalated}
	case "snoozed":
		sf.States = []store.CaseState{store.CaseSnoozed}
	case "decided":
		sf.States = []store.CaseState{store.CaseDecided}
	default:
		sf.States = []store.CaseState{store.CaseNew, store.CaseClaimed, store.CaseEscalated}
	}
	return sf
}

// queue is the queue with one of its cases. It calls no service: names that are not known yet come with what is asked for
// anew, and what the service says of the author is a part of its own.
func (s *Server) queue(c *gin.Context) error {
	v, err := s.queueView(c, readQueueFilter(c.Request.URL.Query()))
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.QueuePage(s.chrome(c), v), templates.QueuePart(v))
}

// oneCase is the permalink of a case: the queue in which it stands.
func (s *Server) oneCase(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	f := queueFilter{which: "open", case_: k.ID}
	switch {
	case k.State == store.CaseDecided:
		f.which = "decided"
	case k.State == store.CaseSnoozed && k.SnoozedUntil.After(s.Now()):
		f.which = "snoozed"
	}
	return seeOther(c, f.address(k.ID))
}

func (s *Server) queueView(c *gin.Context, f queueFilter) (templates.QueueView, error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	v := templates.QueueView{
		URL: f.address(f.case_), Handover: templates.Link{Text: i18n.T(ctx, "queue.handover"), URL: queueURL + "/handover"},
		Macros: templates.Link{Text: i18n.T(ctx, "macros.title")},
	}
	if op.Can(auth.VerbFigures) {
		v.Numbers = templates.Link{Text: i18n.T(ctx, "numbers.title"), URL: numbersURL}
	}
	if op.Can(auth.VerbRules) {
		v.Macros.URL = macrosURL
	}
	setup, err := s.Cases.Setup(ctx)
	if err != nil {
		return v, err
	}
	list, err := s.Cases.Store.List(ctx, f.store(op, s.appsOf(op), s.Now()), f.after, queuePage+1)
	if err != nil {
		return v, err
	}
	var k store.Case
	if f.case_ != 0 {
		k, err = s.Cases.Store.Get(ctx, f.case_)
		if err != nil && !errors.Is(err, store.ErrNotFound) || err == nil && !op.CanIn(k.Place.App, auth.VerbNote) {
			return v, orNotFound(err)
		}
	}
	if k.ID == 0 && len(list) > 0 {
		if k, err = s.Cases.Store.Get(ctx, s.firstFree(list, op).ID); err != nil {
			return v, err
		}
	}
	var places []store.Archived
	for _, other := range list {
		places = append(places, store.Archived{Place: other.Place})
	}
	s.nameLines(ctx, places)
	if v.List, err = s.caseList(c, f, setup, list, k.ID); err != nil {
		return v, err
	}
	s.queueFilters(ctx, f, &v)
	for _, view := range setup.Views {
		v.Views = append(v.Views, templates.Link{Text: view.Name, URL: queueURL + "?" + view.Query})
	}
	if v.Last, err = s.lastView(c); err != nil {
		return v, err
	}
	if k.ID != 0 {
		card, err := s.caseView(c, f, setup, k, list)
		if err != nil {
			return v, err
		}
		v.Case = &card
	}
	return v, nil
}

func orNotFound(err error) error {
	if err == nil {
		return store.ErrNotFound
	}
	return err
}

// firstFree is the first case that no colleague has, else the first.
func (s *Server) firstFree(list []store.Case, op auth.Operator) store.Case {
	for _, k := range list {
		if id, _ := cases.Holder(k, op.ID, s.Now()); id == "" {
			return k
		}
	}
	return list[0]
}

// queueFilters are the menus below the list.
func (s *Server) queueFilters(ctx context.Context, f queueFilter, v *templates.QueueView) {
	menu := func(name, icon, set string, choices []choice) {
		m := templates.FilterMenuView{ID: "filter-" + name, Icon: icon, Target: "#queue"}
		//i18n:uses queue.filter.*
		m.Text = i18n.T(ctx, "queue.filter."+name)
		for _, ch := range append([]choice{{"", i18n.T(ctx, "audit.any")}}, choices...) {
			g := f
			switch name {
			case "source":
				g.source = ch.value
			case "app":
				g.app = ch.value
			}
			m.Choices = append(m.Choices, templates.Tab{Text: ch.text, URL: g.address(0), Current: set == ch.value})
			if set != "" && set == ch.value {
				m.Value = ch.text
			}
		}
		v.Filters = append(v.Filters, m)
	}
	var sources, apps []choice
	for _, name := range []string{store.CaseFromRule, store.CaseFromReport, store.CaseFromOperator, store.CaseFromWave, store.CaseFromAppeal} {
		//i18n:uses queue.source.*
		sources = append(sources, choice{name, i18n.T(ctx, "queue.source."+name)})
	}
	menu("source", "flag", f.source, sources)
	if all := s.Apps.All(); len(all) > 1 {
		for _, a := range all {
			apps = append(apps, choice{a.Name, a.Title})
		}
		menu("app", "overview", f.app, apps)
	}
	if f.app+f.source+f.title != "" {
		v.Clear = queueFilter{which: f.which}.address(0)
	}
}

// queueList is the list alone, for when there are news.
func (s *Server) queueList(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	f := readQueueFilter(c.Request.URL.Query())
	setup, err := s.Cases.Setup(ctx)
	if err != nil {
		return err
	}
	list, err := s.Cases.Store.List(ctx, f.store(op, s.appsOf(op), s.Now()), f.after, queuePage+1)
	if err != nil {
		return err
	}
	v, err := s.caseList(c, f, setup, list, f.case_)
	if err != nil {
		return err
	}
	if !wantsPart(c.Request) {
		return seeOther(c, f.address(f.case_))
	}
	return render(c, http.StatusOK, templates.CaseList(v), nil)
}

func (s *Server) caseList(c *gin.Context, f queueFilter, setup cases.Setup, list []store.Case, current int64) (templates.CaseListView, error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	now, apps := s.Now(), s.appsOf(op)
	v := templates.CaseListView{URL: queueURL + "/list?" + strings.TrimPrefix(f.address(current), queueURL+"?")}
	for _, which := range queueTabs {
		g := queueFilter{which: which, app: f.app, source: f.source, title: f.title}
		//i18n:uses queue.tab.*
		t := templates.Tab{Text: i18n.T(ctx, "queue.tab."+which), URL: g.address(0), Current: which == f.which}
		if which != "decided" {
			n, err := s.Cases.Store.Count(ctx, g.store(op, apps, now))
			if err != nil {
				return v, err
			}
			t.Count = count(ctx, n)
			if n == 0 && which != f.which && (which == "snoozed" || which == "escalated") {
				continue
			}
		}
		v.Tabs = append(v.Tabs, t)
	}
	open := queueFilter{which: "open", app: f.app}
	oldest, err := s.Cases.Store.Oldest(ctx, open.store(op, apps, now))
	if err != nil {
		return v, err
	}
	goal := time.Duration(setup.Goal) * time.Minute
	if !oldest.IsZero() {
		waited := max(now.Sub(oldest).Round(time.Minute), time.Minute)
		v.Age, v.Late = i18n.T(ctx, "queue.age", "age", i18n.Duration(ctx, waited), "goal", i18n.Duration(ctx, goal)), waited > goal
	}
	if len(list) > queuePage {
		list = list[:queuePage]
		v.More = f.address(0, "after", strconv.FormatInt(list[queuePage-1].ID, 10))
	}
	ids := make([]int64, len(list))
	for i, k := range list {
		ids[i] = k.ID
	}
	looking, err := s.Cases.Lookers(ctx, ids...)
	if err != nil {
		return v, err
	}
	for _, k := range list {
		v.Rows = append(v.Rows, s.caseRow(ctx, f, k, looking[k.ID], op, goal, current))
	}
	if len(list) == 0 {
		//i18n:uses queue.empty.*
		v.Empty = &templates.EmptyView{Icon: "check", Title: i18n.T(ctx, "queue.empty."+f.which)}
		if f.which == "open" {
			n, err := s.Cases.Store.Count(ctx, store.CaseFilter{States: []store.CaseState{store.CaseDecided}, Decider: op.ID, Since: now.Add(-12 * time.Hour)})
			if err != nil {
				return v, err
			}
			v.Empty.Text = i18n.N(ctx, "queue.empty.text", n)
		}
	}
	return v, nil
}

func (s *Server) caseRow(ctx context.Context, f queueFilter, k store.Case, looking []store.Looker, op auth.Operator, goal time.Duration, current int64) templates.CaseRow {
	now := s.Now()
	_, points := cases.Terms(k, now)
	r := templates.CaseRow{
		ID: k.ID, URL: f.address(k.ID), Title: caseTitle(ctx, k), Tone: caseTone(k), Excerpt: clip(k.Text, 160), Where: s.caseWhere(k), Opened: k.Opened,
		Late: k.State != store.CaseDecided && now.Sub(k.Opened) > goal, Points: i18n.Int(ctx, points), Current: k.ID == current,
	}
	if r.Excerpt == "" {
		r.Excerpt = s.nameOf(k.Place.App, k.Sender)
	}
	switch {
	case k.State == store.CaseDecided:
		r.State = k.DecidedName
	case k.State == store.CaseSnoozed && k.SnoozedUntil.After(now):
		r.State = i18n.When(ctx, k.SnoozedUntil)
	case k.State == store.CaseEscalated:
		r.State = i18n.T(ctx, "queue.state.escalated")
	}
	seen := map[string]bool{}
	person := func(id, name string) {
		if id != "" && !seen[id] && len(r.People) < 3 {
			seen[id] = true
			r.People = append(r.People, templates.AvatarView{ID: id, Name: name, Size: "xs"})
			r.Who = strings.TrimPrefix(r.Who+", "+name, ", ")
		}
	}
	if k.State != store.CaseDecided {
		id, name := cases.Holder(k, "", now)
		person(id, name)
		for _, l := range looking {
			if l.OperatorID != op.ID {
				person(l.OperatorID, l.Name)
			}
		}
	}
	return r
}

// caseTitle is what a case is for, in words where it is one of ours.
func caseTitle(ctx context.Context, k store.Case) string {
	switch {
	case slices.Contains(k.Sources, store.CaseFromAppeal):
		return i18n.T(ctx, "queue.appeal_of", "id", k.Parent)
	case k.Title == "" && k.Reporters > 0:
		return i18n.N(ctx, "queue.reported", k.Reporters)
	case k.Title == "":
		return i18n.T(ctx, "queue.by_hand")
	}
	//i18n:uses queue.reason.*
	if key := "queue.reason." + k.Title; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return k.Title
}

func caseTone(k store.Case) string {
	switch {
	case k.State == store.CaseDecided:
		return "off"
	case k.Points >= 70:
		return "bad"
	}
	return "warn"
}

// caseWhere names the place of a case, as far as it is known without asking.
func (s *Server) caseWhere(k store.Case) string {
	if k.Place.Group != "" {
		return cmp.Or(s.groupNameOf(k.Place.App, k.Place.Group), k.Place.Group)
	}
	if k.Key == "" {
		return k.Sender
	}
	return k.Place.Users[0] + " · " + k.Place.Users[1]
}

// caseOf is the case that the address names, if the operator may see it.
func (s *Server) caseOf(c *gin.Context) (store.Case, error) {
	id, err := strconv.ParseInt(c.Param("case"), 10, 64)
	if err != nil {
		return store.Case{}, store.ErrNotFound
	}
	k, err := s.Cases.Store.Get(c.Request.Context(), id)
	if err != nil {
		return k, err
	}
	op, _ := auth.OperatorFrom(c.Request.Context())
	if !op.CanIn(k.Place.App, auth.VerbNote) {
		return k, errForbidden
	}
	return k, nil
}

// caseToDecide is caseOf for those who decide.
func (s *Server) caseToDecide(c *gin.Context) (store.Case, error) {
	k, err := s.caseOf(c)
	if op, _ := auth.OperatorFrom(c.Request.Context()); err == nil && !op.CanIn(k.Place.App, auth.VerbCases) {
		err = errForbidden
	}
	return k, err
}

// handover is what an operator leaves behind: the cases they have, and what they did in the last twelve hours.
func (s *Server) handover(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	now := s.Now()
	f := queueFilter{which: "mine"}
	open, err := s.Cases.Store.List(ctx, f.store(op, s.appsOf(op), now), 0, store.MaxCasePage)
	if err != nil {
		return err
	}
	did, err := s.Cases.Store.Did(ctx, op.ID, now.Add(-12*time.Hour), store.MaxCasePage)
	if err != nil {
		return err
	}
	v := templates.HandoverView{Back: templates.Link{Text: i18n.T(ctx, "queue.title"), URL: queueURL}}
	decided := 0
	for _, k := range open {
		v.Open = append(v.Open, s.caseRow(ctx, f, k, nil, op, 24*time.Hour, 0))
	}
	for _, e := range did {
		switch e.Kind {
		case cases.DidClaim, cases.DidRelease:
			continue
		case cases.DidDecide:
			decided++
		}
		v.Done = append(v.Done, templates.CaseNote{
			Text: fmt.Sprintf("#%d · %s", e.Case, s.didText(ctx, e)), URL: caseURL(e.Case), At: e.At,
		})
	}
	v.Sums = []templates.JobFigure{
		{Value: i18n.Int(ctx, len(open)), Text: i18n.T(ctx, "queue.handover.open")},
		{Value: i18n.Int(ctx, decided), Text: i18n.T(ctx, "queue.handover.decided")},
	}
	return render(c, http.StatusOK, templates.HandoverPage(s.chrome(c), v), nil)
}

// queueNews tells a browser whenever something of the queue changed; what it is now, the browser asks for.
func (s *Server) queueNews(c *gin.Context) error {
	if s.Events == nil {
		return errNoPage
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(c.Writer)
	ctx := c.Request.Context()
	news := s.Events.Subscribe(ctx, store.TopicCases)
	if _, err := fmt.Fprint(c.Writer, "retry: 1000\n\n"); err != nil {
		return errGone{err}
	}
	_ = control.Flush()
	beat := time.NewTicker(newsBeat)
	defer beat.Stop()
	for {
		line := ": alive\n\n"
		select {
		case e, on := <-news:
			if !on {
				return nil
			}
			line = "event: cases\ndata: " + e.ID + "\n\n"
		case <-beat.C:
		}
		_ = control.SetWriteDeadline(time.Now().Add(streamWrite))
		if _, err := fmt.Fprint(c.Writer, line); err != nil {
			return errGone{err}
		}
		if err := control.Flush(); err != nil {
			return errGone{err}
		}
	}
}

// newsBeat is a sign of life where there are no news.
const newsBeat = 10 * time.Second
