package handlers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/sanctions"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// sanctionRoutes are the register of an app, what is done about its drift, and what is said of sanctions in public.
func (s *Server) sanctionRoutes() []route {
	const list = "/apps/:app/sanctions"
	return []route{
		{get, list, auth.VerbView, s.sanctionsPage},
		{post, list + "/:sanction/again", auth.VerbAdopt, s.repairSanction},
		{post, list + "/:sanction/adopt", auth.VerbAdopt, s.adoptSanction},
		{get, list + "/words", auth.VerbSanctionWords, s.sanctionWords},
		{post, list + "/words", auth.VerbSanctionWords, s.setSanctionWords},
	}
}

// Sizes of the pages.
const (
	sanctionsSize    = 50
	userSanctionRows = 8
)

// sanctionsURL is the register with some filters.
func sanctionsURL(app *App, pairs ...string) string {
	return withQuery(&url.URL{Path: appURL(app, "sanctions")}, append(pairs, "state", "all")...)
}

// The lists of the register, by the word in the address.
var sanctionLists = []struct {
	word   string
	states []string
}{
	{"", []string{store.SanctionInForce, store.SanctionDrifted}},
	{"drifted", []string{store.SanctionDrifted}},
	{"lifted", []string{store.SanctionLifted}},
	{"over", []string{store.SanctionOver}},
	{"replaced", []string{store.SanctionReplaced}},
	{"all", nil},
}

// sanctionsPage shows a page of the register. It asks the database only.
func (s *Server) sanctionsPage(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if err := s.Sanctions.CatchUp(ctx); err != nil {
		return err
	}
	u := c.Request.URL
	q := u.Query()
	f := store.SanctionFilter{App: app.Name, User: strings.TrimSpace(q.Get("user")), Group: strings.TrimSpace(q.Get("group")), By: strings.TrimSpace(q.Get("by"))}
	v := templates.SanctionsView{URL: appURL(app, "sanctions"), Query: f.User, Group: f.Group, By: f.By, ClearURL: appURL(app, "sanctions")}
	for _, l := range sanctionLists {
		//i18n:uses sanctions.list.*
		word := orID(l.word, "open")
		tab := templates.Tab{Text: i18n.T(ctx, "sanctions.list."+word), URL: withQuery(u, "state", l.word, "at", ""), Current: q.Get("state") == l.word}
		if tab.Current {
			f.States = l.states
		}
		v.Tabs = append(v.Tabs, tab)
	}
	if state := q.Get("state"); state != "" {
		v.Hidden = append(v.Hidden, "state", state)
	}
	kind := templates.FilterMenuView{ID: "sanction-kind", Icon: "filter", Text: i18n.T(ctx, "sanctions.col.what"), Target: "#sanctions"}
	kind.Choices = append(kind.Choices, templates.Tab{Text: i18n.T(ctx, "sanctions.any"), URL: withQuery(u, "kind", "", "at", ""), Current: q.Get("kind") == ""})
	for _, k := range store.SanctionKinds() {
		//i18n:uses sanctions.kind.*
		t := templates.Tab{Text: i18n.T(ctx, "sanctions.kind."+k), URL: withQuery(u, "kind", k, "at", ""), Current: q.Get("kind") == k}
		if t.Current {
			f.Kind, kind.Value = k, t.Text
			v.Hidden = append(v.Hidden, "kind", k)
		}
		kind.Choices = append(kind.Choices, t)
	}
	v.Menus = append(v.Menus, kind)
	if day := q.Get("before"); day != "" {
		at, err := time.ParseInLocation(time.DateOnly, day, i18n.From(ctx).Zone)
		if err != nil {
			v.Wrong = i18n.T(ctx, "sanctions.wrong_day")
		} else {
			v.Before, f.EndsBefore = day, at
		}
	}
	v.Filtered = f.User+f.Group+f.By+f.Kind+v.Before != ""
	before, err := strconv.ParseInt(orID(q.Get("at"), "0"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	list, err := s.Store.Sanctions.List(ctx, f, before, sanctionsSize+1)
	if err != nil {
		return err
	}
	v.Pager = templates.PagerView{Label: i18n.T(ctx, "sanctions.pages"), Target: "#sanctions"}
	if before != 0 {
		v.Pager.First = withQuery(u, "at", "")
	}
	if len(list) > sanctionsSize {
		list = list[:sanctionsSize]
		v.Pager.Next = withQuery(u, "at", strconv.FormatInt(list[len(list)-1].ID, 10))
	}
	users := make([]string, len(list))
	for i, x := range list {
		users[i] = x.User
	}
	s.meet(ctx, app, "", users)
	v.Rows = s.sanctionRows(c, app, list)
	v.Empty = templates.EmptyView{Icon: "shield", Title: i18n.T(ctx, "sanctions.none"), Text: i18n.T(ctx, "sanctions.none_text")}
	if v.Filtered || q.Get("state") != "" {
		v.Empty = templates.EmptyView{Icon: "filter", Title: i18n.T(ctx, "sanctions.none_found"), Text: i18n.T(ctx, "sanctions.none_found_text")}
	}
	if err := s.sanctionsFrame(c, app, &v); err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.SanctionsPage(s.chrome(c), v), templates.SanctionList(v))
}

// sanctionsFrame says how far the comparing is, and how many differ.
func (s *Server) sanctionsFrame(c *gin.Context, app *App, v *templates.SanctionsView) error {
	ctx := c.Request.Context()
	looks, err := s.Store.Sanctions.Looks(ctx, app.Name, s.Now())
	if err != nil {
		return err
	}
	v.Note = i18n.T(ctx, "sanctions.compared", "seen", i18n.Int(ctx, looks.Seen), "all", i18n.Int(ctx, looks.Groups+looks.Users))
	if looks.Failed > 0 {
		v.Note += " " + i18n.N(ctx, "sanctions.compared_failed", looks.Failed)
	}
	n, err := s.Store.Sanctions.Count(ctx, store.SanctionFilter{App: app.Name, States: []string{store.SanctionDrifted}})
	if err != nil {
		return err
	}
	if n > 0 && c.Query("state") != "drifted" {
		v.Drifted = &templates.Notice{
			Tone: "warn", Title: i18n.N(ctx, "sanctions.differ", n), Next: i18n.T(ctx, "sanctions.differ_next"),
			Actions: []templates.ButtonView{{Text: i18n.T(ctx, "sanctions.differ_show"), URL: appURL(app, "sanctions") + "?state=drifted"}},
		}
	}
	if op, _ := auth.OperatorFrom(ctx); op.CanIn(app.Name, auth.VerbSanctionWords) {
		v.Words = &templates.ButtonView{Text: i18n.T(ctx, "sanctions.words.button"), Icon: "edit", URL: appURL(app, "sanctions", "words"), Small: true}
	}
	return nil
}

// userSanctionRows are the newest rows of a user's page.
func (s *Server) userSanctionRows(c *gin.Context, app *App, list []store.Sanction) []templates.SanctionRow {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b store.Sanction) int { // what is open first
		switch {
		case a.Open() == b.Open():
			return 0
		case a.Open():
			return -1
		}
		return 1
	})
	return s.sanctionRows(c, app, list[:min(len(list), userSanctionRows)])
}

// sanctionRows are rows as they are printed, with names out of the directory.
func (s *Server) sanctionRows(c *gin.Context, app *App, list []store.Sanction) []templates.SanctionRow {
	ctx := c.Request.Context()
	users, groups := map[string]string{}, map[string]string{}
	var userIDs, groupIDs []string
	for _, x := range list {
		userIDs, groupIDs = append(userIDs, x.User), append(groupIDs, x.Group)
	}
	s.directoryNames(ctx, app.Name, store.KindUser, userIDs, users)
	s.directoryNames(ctx, app.Name, store.KindGroup, groupIDs, groups)
	rows := make([]templates.SanctionRow, 0, len(list))
	keyed := false
	for _, x := range list {
		r := templates.SanctionRow{
			ID: strconv.FormatInt(x.ID, 10), Who: templates.PersonView{ID: x.User, Name: orID(users[x.User], s.nameOf(app.Name, x.User)), URL: userURL(app, x.User)},
			Kind: i18n.T(ctx, "sanctions.kind."+x.Kind), Icon: map[string]string{store.SanctionBan: "ban", store.SanctionKick: "kick"}[x.Kind],
			State: sanctionState(ctx, x), How: sanctionHow(ctx, x), By: s.sanctionBy(ctx, x), Reason: x.Reason, Since: x.Since, Found: x.Source == store.SanctionByService,
			Until: x.Until, Forever: !x.Until.Before(imclient.Forever), Ended: x.EndedAt, CaseURL: caseLink(c, x),
		}
		r.Icon = orID(r.Icon, "mute")
		if x.Open() {
			r.Ended = time.Time{}
		}
		if x.Group != "" {
			r.Where = templates.Link{Text: orID(groups[x.Group], x.Group), URL: groupURL(app, x.Group, tabMembers)}
		}
		if x.Audit != 0 {
			r.EntryURL = entryURL(app, x.Audit)
		}
		if id, err := strconv.ParseInt(x.Job, 10, 64); err == nil {
			r.JobURL = jobURL(id)
		}
		if x.State == store.SanctionDrifted {
			s.driftButtons(c, app, x, &r, !keyed)
			keyed = true
		}
		rows = append(rows, r)
	}
	return rows
}

// driftButtons offers to make the service say what the register says, and the other way round. Those of the first row have keys.
func (s *Server) driftButtons(c *gin.Context, app *App, x store.Sanction, r *templates.SanctionRow, keys bool) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	at := appURL(app, "sanctions", strconv.FormatInt(x.ID, 10))
	r.RepairTo, r.AdoptTo, r.Form = at+"/again", at+"/adopt", []string{"key", rand.Text(), "drift", x.Drift}
	r.Adopt = &templates.ButtonView{Text: i18n.T(ctx, "sanctions.adopt"), Icon: "check", Small: true}
	if !op.CanIn(app.Name, auth.VerbAdopt) {
		r.Adopt.Why = i18n.T(ctx, "error.forbidden.title")
	}
	text := "sanctions.again"
	if x.Drift == store.DriftUnknown {
		text = "sanctions.lift"
	}
	//i18n:uses sanctions.again
	//i18n:uses sanctions.lift
	r.Repair = &templates.ButtonView{Text: i18n.T(ctx, text), Icon: "refresh", Small: true}
	a, is := sanctions.Again(x, "-", actions.Common{}, s.Now())
	switch {
	case !is:
		r.Repair.Why = i18n.T(ctx, "sanctions.too_late")
	case !op.CanIn(app.Name, auth.VerbAdopt) || !op.CanIn(app.Name, auth.Verb(a.Verb())):
		r.Repair.Why = i18n.T(ctx, "error.forbidden.title")
	}
	if keys {
		r.Repair.Key, r.Adopt.Key = "r", "a"
	}
}

// sanctionState is the state as a chip.
func sanctionState(ctx context.Context, x store.Sanction) templates.ChipView {
	//i18n:uses sanctions.state.*
	chip := templates.ChipView{Text: i18n.T(ctx, "sanctions.state."+x.State)}
	switch {
	case x.State == store.SanctionDrifted:
		chip.Tone, chip.Icon = "warn", "alert"
	case x.Kind == store.SanctionKick && x.Open():
		chip.Text, chip.Icon = i18n.T(ctx, "sanctions.state.removed"), "kick"
	case x.State == store.SanctionInForce:
		chip.Tone, chip.Icon = "bad", "lock"
	}
	return chip
}

// sanctionHow says how a sanction ended, by whom, or how the service differs.
func sanctionHow(ctx context.Context, x store.Sanction) string {
	switch {
	case x.State == store.SanctionDrifted:
		//i18n:uses sanctions.drift.*
		end := i18n.T(ctx, "sanctions.forever")
		if x.Service.Before(imclient.Forever) {
			end = i18n.When(ctx, x.Service)
		}
		return i18n.T(ctx, "sanctions.drift."+x.Drift, "end", end)
	case x.Doubt:
		return i18n.T(ctx, "sanctions.doubt")
	case x.How != "" && x.EndedBy != "" && x.How != store.EndedUndone:
		return i18n.T(ctx, "sanctions.ended."+x.How) + " · " + x.EndedBy
	case x.How == store.EndedUndone && x.EndedBy != "":
		return i18n.T(ctx, "sanctions.undone_by", "who", x.EndedBy)
	case x.How != "":
		//i18n:uses sanctions.ended.*
		return i18n.T(ctx, "sanctions.ended."+x.How)
	case x.EndedBy != "" && !x.Open():
		return i18n.T(ctx, "sanctions.ended_by", "who", x.EndedBy)
	}
	return ""
}

// drifted reads the sanction that a form is about. ErrConflict: it is not as the form showed it.
func (s *Server) drifted(c *gin.Context) (*App, store.Sanction, url.Values, error) {
	app, err := s.app(c)
	if err != nil {
		return nil, store.Sanction{}, nil, err
	}
	v, err := form(c)
	if err != nil {
		return nil, store.Sanction{}, nil, err
	}
	id, err := strconv.ParseInt(c.Param("sanction"), 10, 64)
	if err != nil {
		return nil, store.Sanction{}, nil, store.ErrNotFound
	}
	x, err := s.Store.Sanctions.Get(c.Request.Context(), app.Name, id)
	return app, x, v, err
}

// repairSanction makes the service say what the register says.
func (s *Server) repairSanction(c *gin.Context) error {
	app, x, v, err := s.drifted(c)
	if err != nil {
		return err
	}
	a, is := sanctions.Again(x, i18n.T(c.Request.Context(), "sanctions.again"), actions.Common{Key: formKey(v)}, s.Now())
	return s.settleDrift(c, app, x, v, a, is)
}

// adoptSanction has the register say what the service says.
func (s *Server) adoptSanction(c *gin.Context) error {
	app, x, v, err := s.drifted(c)
	if err != nil {
		return err
	}
	return s.settleDrift(c, app, x, v, sanctions.Taken(x, actions.Common{Key: formKey(v)}), true)
}

func (s *Server) settleDrift(c *gin.Context, app *App, x store.Sanction, v url.Values, a actions.Action, is bool) error {
	ctx := c.Request.Context()
	back := backFrom(c, appURL(app, "sanctions")+"?state=drifted")
	if !is || x.State != store.SanctionDrifted || x.Drift != v.Get("drift") {
		return s.answer(c, http.StatusConflict, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "sanctions.changed")}, back)
	}
	r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), a)
	if err != nil {
		return err
	}
	if err := s.Sanctions.CatchUp(ctx); err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, s.resultToast(ctx, app, r, s.namesOf(ctx, app, r)), back)
}

// sanctionWords is the form of what is said in public.
func (s *Server) sanctionWords(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	p, version, err := sanctions.ReadPolicy(c.Request.Context(), s.Store.Policies, app.Name)
	if err != nil {
		return err
	}
	return s.wordsPage(c, http.StatusOK, app, p, version, nil)
}

// wordsRows is how many empty rows the form has below those that there are.
const wordsRows = 3

func (s *Server) wordsPage(c *gin.Context, status int, app *App, p sanctions.Policy, version int64, notice *templates.Notice) error {
	ctx := c.Request.Context()
	kept, err := s.Store.Policies.Get(ctx, sanctions.PolicyKey(app.Name))
	if err != nil {
		return err
	}
	v := templates.SanctionWordsView{
		Back: templates.Link{Text: i18n.T(ctx, "sanctions.title"), URL: appURL(app, "sanctions")}, Action: appURL(app, "sanctions", "words"),
		Hidden: []string{"version", strconv.FormatInt(version, 10)}, Notice: notice, On: p.Repair,
		Repair: templates.Option{Value: "1", Text: i18n.T(ctx, "sanctions.words.repair"), Hint: i18n.T(ctx, "sanctions.words.repair_hint")},
	}
	if kept.Version > 0 {
		v.Changed = i18n.T(ctx, "macros.changed", "who", kept.ChangedBy, "when", i18n.When(ctx, kept.ChangedAt))
	}
	for _, l := range i18n.Languages() {
		v.Appeal = append(v.Appeal, templates.FieldView{
			Name: "appeal_" + string(l), ID: "appeal_" + string(l), Label: i18n.T(ctx, "sanctions.words.appeal_in", "language", l.Name()), Value: p.Appeal[string(l)], Rows: 3,
			Optional: true, MaxLength: sanctions.MaxWordText,
		})
	}
	rows := slices.Clone(p.Words)
	for range min(wordsRows, sanctions.MaxWords-len(rows)) {
		rows = append(rows, sanctions.Words{})
	}
	for i, w := range rows {
		n := strconv.Itoa(i)
		r := templates.SanctionWordsRow{For: templates.FieldView{Name: "for", ID: "for_" + n, Label: i18n.T(ctx, "sanctions.words.for"), Value: w.For, Optional: true, MaxLength: 200}}
		for _, l := range i18n.Languages() {
			r.Texts = append(r.Texts, templates.FieldView{
				Name: "text_" + string(l), ID: "text_" + string(l) + "_" + n, Label: i18n.T(ctx, "sanctions.words.text_in", "language", l.Name()), Value: w.Text[string(l)], Rows: 2,
				Optional: true, MaxLength: sanctions.MaxWordText,
			})
		}
		v.Rows = append(v.Rows, r)
	}
	return render(c, status, templates.SanctionWordsPage(s.chrome(c), v), templates.SanctionWords(v))
}

// actSanctionWords is the change in the audit log.
const actSanctionWords = "sanction.words"

// setSanctionWords takes the form. Rows without a reason go.
func (s *Server) setSanctionWords(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	p := sanctions.Policy{Repair: v.Get("repair") != "", Appeal: map[string]string{}}
	long := false
	text := func(t string) string {
		t = strings.TrimSpace(strings.ReplaceAll(t, "\r\n", "\n"))
		long = long || len(t) > 4*sanctions.MaxWordText || utf8.RuneCountInString(t) > sanctions.MaxWordText
		return t
	}
	for _, l := range i18n.Languages() {
		if t := text(v.Get("appeal_" + string(l))); t != "" {
			p.Appeal[string(l)] = t
		}
	}
	for i, reason := range v["for"] {
		w := sanctions.Words{For: text(reason), Text: map[string]string{}}
		for _, l := range i18n.Languages() {
			if all := v["text_"+string(l)]; i < len(all) && text(all[i]) != "" {
				w.Text[string(l)] = text(all[i])
			}
		}
		if w.For != "" && len(w.Text) > 0 {
			p.Words = append(p.Words, w)
		}
	}
	version, _ := strconv.ParseInt(v.Get("version"), 10, 64)
	if long || len(p.Words) > sanctions.MaxWords {
		n := &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "sanctions.words.too_long", "n", sanctions.MaxWordText, "rows", sanctions.MaxWords)}
		return s.wordsPage(c, http.StatusUnprocessableEntity, app, p, version, n)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	op, _ := auth.OperatorFrom(ctx)
	err = s.recorded(c, store.AuditEntry{Action: actSanctionWords, App: app.Name, Detail: body}, func() error {
		_, err := s.Store.Policies.Set(ctx, store.Policy{Key: sanctions.PolicyKey(app.Name), Version: version, Body: body, ChangedAt: s.Now(), ChangedBy: op.Name})
		return err
	})
	if errors.Is(err, store.ErrConflict) {
		_, version, again := sanctions.ReadPolicy(ctx, s.Store.Policies, app.Name)
		n := &templates.Notice{Tone: "warn", Answer: true, Title: i18n.T(ctx, "macros.stale")}
		return errors.Join(again, s.wordsPage(c, http.StatusConflict, app, p, version, n))
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "sanctions.words.saved")}, appURL(app, "sanctions", "words"))
}
