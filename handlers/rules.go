package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/moderation"
	"imdesk/rules"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const rulesURL = "/settings/rules"

func (s *Server) ruleRoutes() []route {
	if s.Rules == nil {
		return nil
	}
	const one, list = rulesURL + "/rule/:rule", rulesURL + "/list/:list"
	return []route{
		{get, rulesURL, auth.VerbRules, s.rulesPage},
		{get, rulesURL + "/export", auth.VerbRules, s.exportRules},
		{get, rulesURL + "/import", auth.VerbRules, s.importRulesPage},
		{post, rulesURL + "/import", auth.VerbRules, s.importRules},
		{get, rulesURL + "/new", auth.VerbRules, s.newRule},
		{post, rulesURL + "/new", auth.VerbRules, s.createRule},
		{post, rulesURL + "/lab", auth.VerbRules, s.labPart},
		{get, one, auth.VerbRules, s.rulePage},
		{post, one, auth.VerbRules, s.saveRule},
		{post, one + "/state", auth.VerbRules, s.switchRule},
		{post, one + "/move", auth.VerbRules, s.moveRule},
		{get, one + "/delete", auth.VerbRules, s.deleteRulePage},
		{post, one + "/delete", auth.VerbRules, s.deleteRule},
		{get, rulesURL + "/new-list", auth.VerbRules, s.newWordList},
		{post, rulesURL + "/new-list", auth.VerbRules, s.createWordList},
		{get, list, auth.VerbRules, s.wordList},
		{post, list, auth.VerbRules, s.saveWordList},
		{get, list + "/export", auth.VerbRules, s.exportWordList},
		{post, list + "/import", auth.VerbRules, s.importWordList},
		{get, list + "/delete", auth.VerbRules, s.deleteWordListPage},
		{post, list + "/delete", auth.VerbRules, s.deleteWordList},
	}
}

// Lengths of the lists on the pages.
const (
	ruleDays      = 7 // of which hits are counted
	ruleVersions  = 20
	ruleHitsShown = 20
)

func ruleURL(name string, parts ...string) string {
	return strings.Join(append([]string{rulesURL, "rule", url.PathEscape(name)}, parts...), "/")
}

func wordListURL(name string, parts ...string) string {
	return strings.Join(append([]string{rulesURL, "list", url.PathEscape(name)}, parts...), "/")
}

// ruleAddresses are where the form of a rule goes; name "" is a new one.
type ruleAddresses struct{ name, save, lab string }

func addressesOf(name string) ruleAddresses {
	if name == "" {
		return ruleAddresses{"", rulesURL + "/new", rulesURL + "/lab"}
	}
	return ruleAddresses{name, ruleURL(name), rulesURL + "/lab"}
}

// mayRule reports whether the operator may change a rule: one for some apps needs the right in these, any other everywhere.
func mayRule(op auth.Operator, r moderation.Rule) bool {
	if op.Everywhere(auth.VerbRules) {
		return true
	}
	return len(r.Apps) > 0 && !slices.ContainsFunc(r.Apps, func(app string) bool { return !op.CanIn(app, auth.VerbRules) })
}

// ruleApps are the apps of which the operator sees what rules caught.
func (s *Server) ruleApps(op auth.Operator) (apps []*App, names []string) {
	names = []string{}
	for _, a := range s.appsOf(op) {
		if op.CanIn(a.Name, auth.VerbView) {
			apps, names = append(apps, a), append(names, a.Name)
		}
	}
	return apps, names
}

func ruleStateChip(ctx context.Context, r moderation.Rule) templates.ChipView {
	//i18n:uses rules.state.*
	c := templates.ChipView{Text: i18n.T(ctx, "rules.state."+string(r.State))}
	switch r.State {
	case moderation.Live:
		c.Tone, c.Icon = "ok", "check"
	case moderation.Canary:
		c.Tone, c.Icon, c.Text = "accent", "chart", i18n.T(ctx, "rules.state.canary.of", "n", r.Canary)
	case moderation.Shadow:
		c.Icon = "eye"
	case moderation.Stopped:
		c.Tone, c.Icon = "bad", "pause"
	}
	return c
}

// outcomeText is what becomes of a message, with what is done afterwards.
func outcomeText(ctx context.Context, r moderation.Rule) string {
	//i18n:uses rules.outcome.*
	parts := []string{i18n.T(ctx, "rules.outcome."+string(r.Outcome))}
	if t := r.Then; t != nil {
		if t.Recall {
			parts = append(parts, i18n.T(ctx, "rules.then.recall"))
		}
		if len(t.Mute) > 0 {
			parts = append(parts, i18n.T(ctx, "rules.then.mute"))
		}
		if t.Kick {
			parts = append(parts, i18n.T(ctx, "rules.then.kick"))
		}
	}
	return strings.Join(parts, " · ")
}

// stoppedText says why a rule stopped by itself; "" if it did not.
func stoppedText(ctx context.Context, r moderation.Rule, d store.RuleDoc) string {
	var why string
	var count, limit int
	if r.State != moderation.Stopped {
		return ""
	}
	if n, err := fmt.Sscanf(d.Note, "stopped.%s %d %d", &why, &count, &limit); err != nil || n != 3 || why != moderation.StopActions && why != moderation.StopReversals {
		return i18n.T(ctx, "rules.stopped.hand", "by", d.By)
	}
	//i18n:uses rules.stopped.*
	return i18n.T(ctx, "rules.stopped."+why, "n", count, "limit", limit)
}

// noteText is what was noted with a version.
func noteText(ctx context.Context, d store.RuleDoc) string {
	switch {
	case d.Gone:
		return i18n.T(ctx, "rules.version.gone")
	case strings.HasPrefix(d.Note, "stopped."):
		return stoppedText(ctx, moderation.Rule{State: moderation.Stopped}, d)
	case d.Note == "starter":
		return i18n.T(ctx, "rules.version.starter")
	}
	return d.Note
}

// rulesPage lists rules and lists. It calls no service.
func (s *Server) rulesPage(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	_, names := s.ruleApps(op)
	counts, err := s.Store.Rules.Counts(ctx, names, s.Now().Add(-ruleDays*24*time.Hour))
	if err != nil {
		return err
	}
	caught := map[string]store.RuleCount{}
	for _, n := range counts {
		caught[n.Rule] = n
	}
	v := templates.RulesView{
		Nav: s.settingsNav(c), New: templates.ButtonView{Text: i18n.T(ctx, "rules.new"), Icon: "plus", Variant: "primary", Key: "c", URL: rulesURL + "/new"},
		NewList: templates.ButtonView{Text: i18n.T(ctx, "rules.new_list"), Icon: "plus", URL: rulesURL + "/new-list"},
		Import:  templates.ButtonView{Text: i18n.T(ctx, "rules.import"), Icon: "up", URL: rulesURL + "/import"},
		Export:  templates.ButtonView{Text: i18n.T(ctx, "rules.export"), Icon: "download", URL: rulesURL + "/export", Attrs: map[string]any{"download": ""}},
	}
	f := s.Rules.File()
	for i, r := range f.Rules {
		_, d, is := s.Rules.Rule(r.Name)
		if !is {
			continue
		}
		n := caught[r.Name]
		row := templates.RuleRow{
			N: i + 1, Title: orID(r.Title, r.Name), URL: ruleURL(r.Name), State: ruleStateChip(ctx, r), Outcome: outcomeText(ctx, r), Stopped: stoppedText(ctx, r, d),
			Acted: n.Acted, Quiet: n.Quiet, Reversed: n.Reversed, Changed: i18n.T(ctx, "rules.changed_by", "by", d.By, "at", i18n.When(ctx, d.At)),
			MoveURL: ruleURL(r.Name, "move"), First: i == 0, Last: i == len(f.Rules)-1,
		}
		v.Rows = append(v.Rows, row)
	}
	if len(v.Rows) == 0 {
		v.Empty = &templates.EmptyView{Icon: "filter", Title: i18n.T(ctx, "rules.none"), Text: i18n.T(ctx, "rules.none.text")}
	}
	for _, l := range f.Lists {
		_, d, is := s.Rules.List(l.Name)
		if is {
			v.Lists = append(v.Lists, templates.WordListRow{
				Title: orID(l.Title, l.Name), URL: wordListURL(l.Name), Terms: int64(len(l.Terms)), Changed: i18n.T(ctx, "rules.changed_by", "by", d.By, "at", i18n.When(ctx, d.At)),
			})
		}
	}
	return render(c, http.StatusOK, templates.RulesPage(s.chrome(c), v), nil)
}

// ruleState is what a rule's page is about.
type ruleState struct {
	name    string // "" for a new one
	version int64  // that the form follows
	form    ruleForm
	notice  *templates.Notice
	lab     *templates.RuleLabView
	try     templates.RuleTryView
	days    string
}

// newRule shows the form for a new rule: an empty one, or a copy.
func (s *Server) newRule(c *gin.Context) error {
	ctx := c.Request.Context()
	r := moderation.Rule{State: moderation.Draft, Outcome: moderation.Flag}
	if from := c.Query("copy"); from != "" {
		old, _, is := s.Rules.Rule(from)
		if !is {
			return fmt.Errorf("rule %q: %w", clip(from, 60), store.ErrNotFound)
		}
		r = old
		r.Name, r.State, r.Canary = freeName(s.Rules.File(), from), moderation.Draft, 0
		r.Title = i18n.T(ctx, "rules.copy_of", "name", orID(old.Title, old.Name))
	}
	return s.showRule(c, http.StatusOK, ruleState{form: newRuleForm(r)})
}

// freeName is a name for a copy.
func freeName(f moderation.File, from string) string {
	for n := 2; ; n++ {
		tail := "-" + strconv.Itoa(n)
		name := from[:min(len(from), moderation.MaxName-len(tail))] + tail
		if !slices.ContainsFunc(f.Rules, func(r moderation.Rule) bool { return r.Name == name }) {
			return name
		}
	}
}

// rulePage shows a rule, or, with ?version, an earlier one in the form: saved, it is in force again.
func (s *Server) rulePage(c *gin.Context) error {
	ctx := c.Request.Context()
	r, d, err := s.ruleOf(c)
	if err != nil {
		return err
	}
	st := ruleState{name: r.Name, version: d.Version, form: newRuleForm(r)}
	if raw := c.Query("version"); raw != "" && raw != strconv.FormatInt(d.Version, 10) {
		old, body, err := s.earlier(ctx, store.DocRule, r.Name, raw)
		if err != nil {
			return err
		}
		f, err := moderation.ParsePart([]byte(body.Body))
		if err != nil || len(f.Rules) != 1 {
			return fmt.Errorf("version %d of rule %s: %w", old, r.Name, errors.Join(err, store.ErrNotFound))
		}
		st.form = newRuleForm(f.Rules[0])
		st.form.note = i18n.T(ctx, "rules.version.back", "n", old)
		st.notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "rules.version.shown", "n", old), Next: i18n.T(ctx, "rules.version.shown.next")}
	}
	return s.showRule(c, http.StatusOK, st)
}

// earlier is a version of a document.
func (s *Server) earlier(ctx context.Context, kind, name, raw string) (int64, store.RuleDoc, error) {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return 0, store.RuleDoc{}, store.ErrNotFound
	}
	list, err := s.Store.Rules.Versions(ctx, kind, name, store.MaxHitPage)
	if err != nil {
		return 0, store.RuleDoc{}, err
	}
	i := slices.IndexFunc(list, func(d store.RuleDoc) bool { return d.Version == n })
	if i < 0 {
		return 0, store.RuleDoc{}, store.ErrNotFound
	}
	return n, list[i], nil
}

// ruleOf is the rule that the address names.
func (s *Server) ruleOf(c *gin.Context) (moderation.Rule, store.RuleDoc, error) {
	r, d, is := s.Rules.Rule(c.Param("rule"))
	if !is {
		return r, d, fmt.Errorf("rule %q: %w", clip(c.Param("rule"), 60), store.ErrNotFound)
	}
	return r, d, nil
}

// showRule answers with a rule's page, or with its form alone. It calls no service.
func (s *Server) showRule(c *gin.Context, status int, st ruleState) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	apps, names := s.ruleApps(op)
	f := s.Rules.File()
	form := s.ruleFormView(ctx, st.form, addressesOf(st.name), st.version, apps, f.Lists)
	if st.notice != nil {
		form.Notice = st.notice
	}
	part := templates.RuleForm(form)
	if wantsPart(c.Request) {
		return render(c, status, part, part)
	}
	v := templates.RuleView{Nav: s.settingsNav(c), Title: i18n.T(ctx, "rules.new"), Form: form, New: st.name == ""}
	v.Ask = s.labAsk(ctx, st)
	v.Lab = templates.RuleLabView{URL: form.LabURL, Wait: i18n.T(ctx, "rules.lab.wait")}
	if st.lab != nil {
		v.Lab = *st.lab
	}
	r, d, is := s.Rules.Rule(st.name)
	if !is {
		return render(c, status, templates.RulePage(s.chrome(c), v), nil)
	}
	v.Title = orID(r.Title, r.Name)
	chip := ruleStateChip(ctx, r)
	v.State, v.Name = &chip, r.Name
	v.Changed = i18n.T(ctx, "rules.version.by", "n", d.Version, "by", d.By, "at", i18n.When(ctx, d.At))
	if text := stoppedText(ctx, r, d); text != "" {
		v.Stopped = &templates.Notice{Tone: "bad", Icon: "pause", Title: i18n.T(ctx, "rules.stopped.title"), Text: text, Next: i18n.T(ctx, "rules.stopped.next")}
	}
	v.StateURL, v.Version = ruleURL(r.Name, "state"), strconv.FormatInt(d.Version, 10)
	for _, to := range nextStates(r.State) {
		//i18n:uses rules.switch.*
		b := templates.ButtonView{Text: i18n.T(ctx, "rules.switch."+string(to)), Type: "submit", Name: "state", Value: string(to), Small: true}
		if !mayRule(op, r) {
			b.Why = i18n.T(ctx, "error.forbidden.title")
		}
		v.Switch = append(v.Switch, b)
	}
	v.Copy = templates.ButtonView{Text: i18n.T(ctx, "rules.copy"), Icon: "copy", Small: true, URL: rulesURL + "/new?copy=" + url.QueryEscape(r.Name)}
	v.Delete = templates.ButtonView{Text: i18n.T(ctx, "rules.delete"), Icon: "trash", Variant: "harm", Small: true, URL: ruleURL(r.Name, "delete")}
	versions, err := s.Store.Rules.Versions(ctx, store.DocRule, r.Name, ruleVersions)
	if err != nil {
		return err
	}
	v.Versions = versionRows(ctx, versions, d.Version, ruleURL(r.Name))
	hits, err := s.Store.Rules.Hits(ctx, store.HitQuery{Rule: r.Name, Apps: names, N: ruleHitsShown})
	if err != nil {
		return err
	}
	for _, h := range hits {
		v.Hits = append(v.Hits, s.hitRow(ctx, h))
	}
	return render(c, status, templates.RulePage(s.chrome(c), v), nil)
}

func versionRows(ctx context.Context, list []store.RuleDoc, now int64, at string) (rows []templates.RuleVersionRow) {
	for _, d := range list {
		r := templates.RuleVersionRow{Text: i18n.T(ctx, "rules.version", "n", d.Version), At: d.At, By: d.By, Note: noteText(ctx, d), Current: d.Version == now}
		if !r.Current && !d.Gone {
			r.URL = at + "?version=" + strconv.FormatInt(d.Version, 10)
		}
		rows = append(rows, r)
	}
	return rows
}

// nextStates are those that a rule is likely to go to.
func nextStates(now moderation.State) []moderation.State {
	switch now {
	case moderation.Draft:
		return []moderation.State{moderation.Shadow}
	case moderation.Shadow, moderation.Stopped:
		if now == moderation.Stopped {
			return []moderation.State{moderation.Shadow, moderation.Live}
		}
		return []moderation.State{moderation.Live, moderation.Draft}
	case moderation.Canary:
		return []moderation.State{moderation.Live, moderation.Shadow}
	}
	return []moderation.State{moderation.Shadow}
}

// spanParts cuts a text where it was found.
func spanParts(text string, why []moderation.Reason) (parts []templates.MarkPart) {
	at := 0
	whole := func(i int) bool { return i == len(text) || i >= 0 && i < len(text) && text[i]&0xC0 != 0x80 }
	for _, s := range moderation.Merge(why) {
		if s.From < at || s.To > len(text) || !whole(s.From) || !whole(s.To) { // it was cut
			continue
		}
		if s.From > at {
			parts = append(parts, templates.MarkPart{Text: text[at:s.From]})
		}
		parts = append(parts, templates.MarkPart{Text: text[s.From:s.To], Mark: true})
		at = s.To
	}
	if at < len(text) {
		parts = append(parts, templates.MarkPart{Text: text[at:]})
	}
	return parts
}

// hitRow is a message that a rule caught. What was said in a direct chat is read there, with a reason, and not here.
func (s *Server) hitRow(ctx context.Context, h store.RuleHit) templates.RuleHitRow {
	var why []moderation.Reason
	var done rules.Done
	_ = json.Unmarshal(h.Reasons, &why) // as it was written; nothing is marked then
	_ = json.Unmarshal(h.Done, &done)
	r := s.saidRow(ctx, store.Replayed{Place: store.Conversation{App: h.App, Group: h.Group}, Sender: h.Sender, At: h.At, Text: h.Text, Key: h.Key}, why)
	//i18n:uses rules.outcome.*
	r.Outcome = i18n.T(ctx, "rules.outcome."+h.Outcome)
	if h.Quiet {
		r.Outcome = i18n.T(ctx, "rules.would", "what", r.Outcome)
	}
	for _, what := range []string{"recall", "mute", "kick", "author", "hold", "case"} {
		state, is := done[what]
		if !is {
			continue
		}
		//i18n:uses rules.done.*
		//i18n:uses rules.failed.*
		text := i18n.T(ctx, "rules.done."+what)
		if state != rules.DoneOK {
			reason := i18n.T(ctx, "rules.failed.failed")
			if i18n.Has(ctx, "rules.failed."+state) {
				reason = i18n.T(ctx, "rules.failed."+state)
			}
			text = i18n.T(ctx, "rules.not_done", "what", text, "why", reason)
		}
		r.Done = append(r.Done, text)
	}
	return r
}

func (s *Server) saidRow(ctx context.Context, m store.Replayed, why []moderation.Reason) templates.RuleHitRow {
	r := templates.RuleHitRow{At: m.At, Sender: templates.Link{Text: orID(s.nameOf(m.Place.App, m.Sender), m.Sender), Name: true}}
	app := s.Apps.Get(m.Place.App)
	if app != nil {
		r.Sender.URL = userURL(app, m.Sender)
	}
	if m.Place.Group == "" {
		r.Hidden = i18n.T(ctx, "rules.hidden")
		return r
	}
	if app != nil {
		r.Place = &templates.Link{Text: orID(s.groupNameOf(app.Name, m.Place.Group), m.Place.Group), URL: groupURL(app, m.Place.Group, tabMessages)}
	}
	if r.Text = spanParts(m.Text, why); len(r.Text) == 0 {
		r.Hidden = i18n.T(ctx, "queue.no_text")
	}
	return r
}

// createRule takes a new rule, or does what a button of its form wants.
func (s *Server) createRule(c *gin.Context) error { return s.putRule(c, "", moderation.Rule{}, 0) }

func (s *Server) saveRule(c *gin.Context) error {
	r, d, err := s.ruleOf(c)
	if err != nil {
		return err
	}
	return s.putRule(c, r.Name, r, d.Version)
}

// putRule takes the form of a rule; name "" is a new one.
func (s *Server) putRule(c *gin.Context, name string, old moderation.Rule, current int64) error {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return err
	}
	op, _ := auth.OperatorFrom(ctx)
	st := ruleState{name: name, form: readRuleForm(ctx, v, name)}
	st.readAsk(v)
	if st.version, err = strconv.ParseInt(v.Get("version"), 10, 64); err != nil && name != "" {
		st.version = -1
	}
	lists := s.Rules.File().Lists
	if st.form.change(ctx, v) {
		return s.showRule(c, http.StatusOK, st)
	}
	if !st.form.ok(ctx, lists) {
		return s.showRule(c, http.StatusUnprocessableEntity, st)
	}
	if v.Has("lab") {
		lab, err := s.lab(c, st, v.Get("lab") == "all")
		if err != nil {
			return err
		}
		st.lab = &lab
		return s.showRule(c, http.StatusOK, st)
	}
	if !mayRule(op, st.form.rule) || name != "" && !mayRule(op, old) {
		return errForbidden
	}
	r := st.form.rule
	err = s.recorded(c, ruleEntry(rules.ActPut, r.Name, st.form.note, map[string]any{"state": r.State, "outcome": r.Outcome}), func() error {
		_, err := s.Rules.PutRule(ctx, r, max(st.version, 0), op.Name, st.form.note)
		return err
	})
	mistake, wrong := errors.AsType[*moderation.Mistake](err)
	switch {
	case errors.Is(err, rules.ErrChanged) && name == "":
		st.form.wrong["name"] = i18n.T(ctx, "rules.wrong.taken")
		return s.showRule(c, http.StatusConflict, st)
	case errors.Is(err, rules.ErrChanged):
		_, d, _ := s.Rules.Rule(name)
		st.version = max(d.Version, current)
		st.notice = &templates.Notice{
			Tone: "warn", Answer: true, Title: i18n.T(ctx, "rules.changed_meanwhile", "by", d.By), Changed: i18n.T(ctx, "error.unchanged"), Next: i18n.T(ctx, "rules.changed_next"),
		}
		return s.showRule(c, http.StatusConflict, st)
	case wrong:
		st.form.err = mistake
		return s.showRule(c, http.StatusUnprocessableEntity, st)
	case err != nil:
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "rules.saved", "name", orID(r.Title, r.Name))}, ruleURL(r.Name))
}

// ruleEntry is a change of a rule or list for the audit log.
func ruleEntry(action, name, note string, more map[string]any) store.AuditEntry {
	detail := map[string]any{"rule": name}
	for k, v := range more {
		detail[k] = v
	}
	raw, _ := json.Marshal(detail) //nolint:errchkjson // texts and numbers
	return store.AuditEntry{Action: action, Reason: note, Detail: raw}
}

// switchRule changes the state of a rule.
func (s *Server) switchRule(c *gin.Context) error {
	ctx := c.Request.Context()
	r, d, err := s.ruleOf(c)
	if err != nil {
		return err
	}
	op, _ := auth.OperatorFrom(ctx)
	to := moderation.State(c.PostForm("state"))
	if !slices.Contains(nextStates(r.State), to) && c.PostForm("version") == strconv.FormatInt(d.Version, 10) {
		return badInput{key: "rules.wrong.state"}
	}
	if !mayRule(op, r) {
		return errForbidden
	}
	seen, err := strconv.ParseInt(c.PostForm("version"), 10, 64)
	if err != nil {
		seen = -1
	}
	r.State, r.Canary = to, 0
	err = s.recorded(c, ruleEntry(rules.ActPut, r.Name, "", map[string]any{"state": to}), func() error {
		_, err := s.Rules.PutRule(ctx, r, max(seen, 0), op.Name, "")
		return err
	})
	if errors.Is(err, rules.ErrChanged) {
		return s.done(c, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "rules.changed_meanwhile", "by", d.By)}, ruleURL(r.Name))
	}
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "rules.switched", "name", orID(r.Title, r.Name), "state", i18n.T(ctx, "rules.state."+string(to)))}, ruleURL(r.Name))
}

// moveRule has a rule asked earlier or later.
func (s *Server) moveRule(c *gin.Context) error {
	ctx := c.Request.Context()
	r, _, err := s.ruleOf(c)
	if err != nil {
		return err
	}
	if op, _ := auth.OperatorFrom(ctx); !op.Everywhere(auth.VerbRules) {
		return errForbidden
	}
	up := c.PostForm("to") == "up"
	err = s.recorded(c, ruleEntry(rules.ActMove, r.Name, "", map[string]any{"up": up}), func() error { return s.Rules.Move(ctx, r.Name, up) })
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "rules.moved", "name", orID(r.Title, r.Name))}, rulesURL)
}

func (s *Server) deleteRulePage(c *gin.Context) error {
	r, d, err := s.ruleOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	return render(c, http.StatusOK, templates.RuleDeletePage(s.chrome(c), templates.RuleDeleteView{
		Nav: s.settingsNav(c), Title: i18n.T(ctx, "rules.delete.title", "name", orID(r.Title, r.Name)), Text: i18n.T(ctx, "rules.delete.text"), URL: ruleURL(r.Name, "delete"),
		Version: strconv.FormatInt(d.Version, 10), Back: ruleURL(r.Name), Submit: i18n.T(ctx, "rules.delete"),
	}), nil)
}

func (s *Server) deleteRule(c *gin.Context) error {
	r, _, err := s.ruleOf(c)
	if err != nil {
		return err
	}
	op, _ := auth.OperatorFrom(c.Request.Context())
	if !mayRule(op, r) {
		return errForbidden
	}
	return s.deleteDoc(c, store.DocRule, r.Name, orID(r.Title, r.Name), ruleURL(r.Name))
}

// deleteDoc puts a rule or list out of force.
func (s *Server) deleteDoc(c *gin.Context, kind, name, title, at string) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	seen, err := strconv.ParseInt(c.PostForm("version"), 10, 64)
	if err != nil {
		seen = -1
	}
	err = s.recorded(c, ruleEntry(rules.ActDelete, name, "", map[string]any{"kind": kind}), func() error { return s.Rules.Delete(ctx, kind, name, max(seen, 0), op.Name) })
	switch {
	case errors.Is(err, rules.ErrChanged):
		return s.done(c, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "rules.changed_first", "name", title)}, at)
	case errors.Is(err, rules.ErrUsed):
		return s.done(c, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "rules.list.used", "name", title)}, at)
	case err != nil:
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "rules.deleted", "name", title)}, rulesURL)
}

// exportRules hands out all rules and lists as TOML.
func (s *Server) exportRules(c *gin.Context) error {
	b, err := moderation.Format(s.Rules.File())
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="imdesk-rules.toml"`)
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/toml; charset=utf-8", append([]byte("# Rules and lists of an imdesk console, as imdesk rules import takes them.\n"), b...))
	return nil
}
