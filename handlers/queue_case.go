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

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// Lists on the card.
const (
	flagsShown   = 20
	historyShown = 30
	earlierShown = 5
	recentShown  = 5
	groupsShown  = 8
)

// caseView is the card: everything that is known here. The service is asked for names only, and only for a moment.
func (s *Server) caseView(c *gin.Context, f queueFilter, setup cases.Setup, k store.Case, list []store.Case) (templates.CaseView, error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	now := s.Now()
	app := s.Apps.Get(k.Place.App)
	if app == nil {
		return templates.CaseView{}, errNoApp
	}
	terms, points := cases.Terms(k, now)
	v := templates.CaseView{
		ID: k.ID, URL: f.address(k.ID), Title: caseTitle(ctx, k), Opened: k.Opened, Points: i18n.N(ctx, "queue.points", points),
		LookURL: caseURL(k.ID, "look"), LeaveURL: caseURL(k.ID, "leave"),
	}
	if k.Score > 0 {
		v.Score, v.ScoreBad = i18n.T(ctx, "queue.score", "n", fmt.Sprintf("%.2f", float64(k.Score)/100)), k.Score >= 70
	}
	for _, t := range terms {
		//i18n:uses queue.term.*
		v.Terms = append(v.Terms, templates.CaseTerm{Text: i18n.T(ctx, "queue.term."+t.Name, "n", t.N), Points: i18n.Signed(ctx, t.Points)})
	}
	if len(s.Apps.All()) > 1 {
		v.App = app.Title
	}
	flags, err := s.Cases.Store.Flags(ctx, k.ID, flagsShown)
	if err != nil {
		return v, err
	}
	lines, known, err := s.caseLines(ctx, k, f.around)
	if err != nil {
		return v, err
	}
	history, err := s.Cases.Store.History(ctx, k.ID, historyShown)
	if err != nil {
		return v, err
	}
	s.meet(ctx, app, k.Place.Group, speakers(lines, k, flags))
	if k.Place.Group != "" {
		v.Group = templates.Link{Text: s.caseWhere(k), URL: groupURL(app, k.Place.Group, tabMessages), Name: true}
	}
	var reasons []cases.Reason
	for _, flag := range flags {
		reasons = append(reasons, cases.Reasons(flag)...)
	}
	if v.Held, err = s.heldMessages(ctx, op, k); err != nil {
		return v, err
	}
	v.Why, v.Matched = s.whyText(ctx, app, flags), matched(ctx, reasons)
	s.context(ctx, app, f, k, lines, known, reasons, &v)
	if err := s.copies(ctx, app, k, &v); err != nil {
		return v, err
	}
	if v.Record, err = s.record(ctx, app, k, flags); err != nil {
		return v, err
	}
	for _, e := range slices.Backward(history) {
		n := templates.CaseNote{Text: s.didText(ctx, e), Who: e.ByName, At: e.At}
		if e.Kind == cases.DidNote {
			n.Text, n.Tone = e.Note, "accent"
			v.Notes = append(v.Notes, n)
		} else {
			v.History = append(v.History, n)
		}
	}
	if v.Evidence, err = s.evidenceLine(ctx, op, k); err != nil {
		return v, err
	}
	if v.Presence, err = s.presence(c, f, k); err != nil {
		return v, err
	}
	if v.Result, err = s.resultOf(c, k); err != nil {
		return v, err
	}
	s.caseButtons(ctx, op, k, &v)
	v.Decide = s.decideView(ctx, op, f, setup, k, v)
	if err := s.withWave(c, op, app, k, &v); err != nil {
		return v, err
	}
	for i, other := range list {
		if other.ID != k.ID {
			continue
		}
		if i+1 < len(list) {
			v.Next = f.address(list[i+1].ID)
		}
		if i > 0 {
			v.Prev = f.address(list[i-1].ID)
		}
	}
	return v, nil
}

func speakers(lines []cases.Said, k store.Case, flags []store.CaseFlag) []string {
	ids := []string{k.Sender}
	for _, l := range lines {
		ids = append(ids, l.Sender)
		if l.Notice != "" {
			tip := readTip(archive.Elements(l.Notice))
			ids = append(ids, tip.members[:min(len(tip.members), maxTipNames)]...)
			if tip.operator != "" {
				ids = append(ids, tip.operator)
			}
		}
	}
	for _, flag := range flags {
		if flag.Source == store.CaseFromReport {
			ids = append(ids, flag.By)
		}
	}
	return ids
}

// caseLines is what was said around a case's message: what the archive has now, else what was kept with the case.
func (s *Server) caseLines(ctx context.Context, k store.Case, around int) (lines []cases.Said, whole bool, err error) {
	lines, err = s.Cases.Around(ctx, k, around)
	return lines, len(lines) > 1, err
}

// context fills in what was said before and after.
func (s *Server) context(ctx context.Context, app *App, f queueFilter, k store.Case, lines []cases.Said, known bool, reasons []cases.Reason, v *templates.CaseView) {
	at := slices.IndexFunc(lines, func(l cases.Said) bool { return l.Marked })
	for i, l := range lines {
		line := templates.CaseLine{
			ID: "line-" + strconv.Itoa(i), SenderID: l.Sender, Sender: s.nameOf(app.Name, l.Sender), URL: userURL(app, l.Sender), At: l.At, Here: l.Marked,
			Same: l.Sender == k.Sender,
		}
		if slices.Equal(l.Types, []string{"tip"}) && !l.Marked {
			line.Tip = tipSentence(ctx, func(id string) string { return s.nameOf(app.Name, id) }, readTip(archive.Elements(l.Notice)))
			v.Lines = append(v.Lines, line)
			continue
		}
		text := l.Text
		if l.Marked {
			line.ID = "here"
			if k.Text != "" {
				text = k.Text
			}
			line.Parts = marks(text, reasons)
		} else if text != "" {
			line.Parts = []templates.MarkPart{{Text: text}}
		}
		if len(line.Parts) == 0 {
			line.Kind = i18n.T(ctx, "queue.no_text")
			if len(l.Types) > 0 {
				//i18n:uses search.type.*
				if key := "search.type." + l.Types[0]; i18n.Has(ctx, key) {
					line.Kind = i18n.T(ctx, key)
				}
			}
		}
		if l.State != "" {
			//i18n:uses queue.line.*
			line.State = i18n.T(ctx, "queue.line."+l.State)
		}
		v.Lines = append(v.Lines, line)
	}
	switch {
	case k.Key == "":
		v.Archive = i18n.T(ctx, "queue.about_person")
	case !known:
		v.Archive = i18n.T(ctx, "queue.not_kept")
	}
	more := strconv.Itoa(min(f.around+caseAround, maxAround))
	if f.around < maxAround && at >= f.around {
		v.Earlier = templates.MoreView{URL: f.address(k.ID, "around", more), Text: i18n.T(ctx, "queue.before")}
	}
	if f.around < maxAround && at >= 0 && len(lines)-at-1 >= f.around {
		v.Later = templates.MoreView{URL: f.address(k.ID, "around", more), Text: i18n.T(ctx, "queue.after")}
	}
}

// marks cuts a text where reasons point at it.
func marks(text string, reasons []cases.Reason) (parts []templates.MarkPart) {
	reasons = slices.Clone(reasons)
	slices.SortFunc(reasons, func(a, b cases.Reason) int { return cmp.Or(a.From-b.From, b.To-a.To) })
	at := 0
	whole := func(i int) bool { return i == len(text) || i >= 0 && i < len(text) && text[i]&0xC0 != 0x80 }
	for _, r := range reasons {
		from := max(r.From, at)
		if r.To <= from || r.To > len(text) || !whole(from) || !whole(r.To) {
			continue // it points at something else, such as an older version of the text
		}
		if from > at {
			parts = append(parts, templates.MarkPart{Text: text[at:from]})
		}
		parts = append(parts, templates.MarkPart{Text: text[from:r.To], Mark: true})
		at = r.To
	}
	if at < len(text) {
		parts = append(parts, templates.MarkPart{Text: text[at:]})
	}
	return parts
}

// matched names the checks that spoke against a message.
func matched(ctx context.Context, reasons []cases.Reason) (list []string) {
	for _, r := range reasons {
		text := r.Check
		//i18n:uses queue.check.*
		if key := "queue.check." + r.Check; i18n.Has(ctx, key) {
			text = i18n.T(ctx, key)
		}
		if r.Detail != "" && r.To <= r.From {
			text += " " + r.Detail
		}
		if !slices.Contains(list, text) && len(list) < 6 {
			list = append(list, text)
		}
	}
	return list
}

// whyText says who or what flagged a case, a line each.
func (s *Server) whyText(ctx context.Context, app *App, flags []store.CaseFlag) (list []string) {
	for _, flag := range flags {
		var line string
		//i18n:uses queue.reason.*
		reason := flag.Rule
		if key := "queue.reason." + flag.Rule; i18n.Has(ctx, key) {
			reason = i18n.T(ctx, key)
		}
		switch flag.Source {
		case store.CaseFromRule, store.CaseFromWave:
			line = i18n.T(ctx, "queue.why.rule", "rule", reason, "version", flag.Version)
		case store.CaseFromReport:
			line = i18n.T(ctx, "queue.why.report", "who", orID(s.nameOf(app.Name, flag.By), flag.By), "reason", reason)
		case store.CaseFromAppeal:
			line = i18n.T(ctx, "queue.why.appeal")
		default:
			line = i18n.T(ctx, "queue.why.operator", "who", flag.By)
		}
		if flag.Note != "" {
			line += " · “" + flag.Note + "”"
		}
		list = append(list, line)
	}
	return list
}

// copies says where else the same was said, as far as the archive knows.
func (s *Server) copies(ctx context.Context, app *App, k store.Case, v *templates.CaseView) error {
	own, others, err := s.Cases.Copies(ctx, k)
	if err != nil {
		s.Log.WarnContext(ctx, "copies of a message", "reference", referenceOf(ctx), "error", err)
		return nil // the card stands without
	}
	if len(own)+others == 0 {
		return nil
	}
	q := url.Values{"q": {`"` + clip(strings.ReplaceAll(k.Text, `"`, " "), 100) + `"`}, "app": {app.Name}}
	v.Copies = &templates.CopiesView{Own: len(own), Text: i18n.N(ctx, "queue.copies", len(own)), URL: "/search?" + q.Encode()}
	if others > 0 {
		v.Copies.Others = i18n.N(ctx, "queue.copies.others", others)
	}
	return nil
}

// record is what is known here of an author.
func (s *Server) record(ctx context.Context, app *App, k store.Case, flags []store.CaseFlag) (templates.RecordView, error) {
	now := s.Now()
	e := cases.ReadEvidence(k)
	name := s.nameOf(app.Name, k.Sender)
	if name == "" && e.Sender != nil {
		name = e.Sender.Name
	}
	v := templates.RecordView{Person: templates.PersonView{ID: orID(k.Sender, "?"), Name: name, Size: "lg"}, Limit: strikeRow}
	if k.Sender == "" {
		return v, nil
	}
	v.Person.URL = userURL(app, k.Sender)
	v.PartURL = caseURL(k.ID, "author")
	strikes, err := s.Cases.Store.Strikes(ctx, app.Name, k.Sender, store.MaxCasePage)
	if err != nil {
		return v, err
	}
	weight := 0
	for _, x := range strikes {
		weight += x.Weight(now)
	}
	v.Strikes = min((weight+50)/100, strikeRow)
	v.Strike = i18n.T(ctx, "queue.strikes.of", "n", fmt.Sprintf("%.1f", float64(weight)/100), "of", strikeRow)
	all := store.CaseFilter{Apps: []string{app.Name}, Sender: k.Sender, NotSelf: k.ID}
	n, err := s.Cases.Store.Count(ctx, all)
	if err != nil {
		return v, err
	}
	v.Facts = append(v.Facts, templates.CaseTerm{Text: i18n.T(ctx, "queue.fact.cases"), Points: i18n.Int(ctx, n)})
	if e.Sender != nil && !e.Sender.Joined.IsZero() {
		v.Facts = append(v.Facts, templates.CaseTerm{Text: i18n.T(ctx, "queue.fact.joined"), Points: i18n.When(ctx, e.Sender.Joined)})
	}
	all.States = []store.CaseState{store.CaseDecided}
	earlier, err := s.Cases.Store.List(ctx, all, 0, earlierShown)
	if err != nil {
		return v, err
	}
	for _, other := range earlier {
		tone := "off"
		if other.Upheld {
			tone = "warn"
		}
		text := caseTitle(ctx, other)
		if verdict, err := s.Cases.Store.Verdict(ctx, other.Verdict); err == nil {
			text = join2(s.macroName(ctx, cases.ReadBody(verdict).Macro), text)
		}
		v.Earlier = append(v.Earlier, templates.CaseNote{Tone: tone, Text: text, URL: caseURL(other.ID), Who: other.DecidedName, At: other.DecidedAt})
	}
	recent, _, err := s.Store.Archive.Search(ctx, store.SearchQuery{Apps: []string{app.Name}, Senders: []string{k.Sender}, N: recentShown + 1, GroupsOnly: true})
	if err != nil {
		s.Log.WarnContext(ctx, "what an author said lately", "reference", referenceOf(ctx), "error", err)
	}
	for _, m := range recent {
		if m.Key == k.Key || len(v.Recent) == recentShown || m.Text == "" {
			continue
		}
		tone := "off"
		if m.State == store.ArchiveRecalled {
			tone = "bad"
		}
		v.Recent = append(v.Recent, templates.CaseNote{Tone: tone, Text: clip(m.Text, 120), Who: orID(s.groupNameOf(app.Name, m.Place.Group), m.Place.Group), At: m.At})
	}
	return v, s.reporters(ctx, app, flags, &v)
}

// reporters says how good the reports of those who reported were.
func (s *Server) reporters(ctx context.Context, app *App, flags []store.CaseFlag, v *templates.RecordView) error {
	var ids []string
	for _, flag := range flags {
		if flag.Source == store.CaseFromReport {
			ids = append(ids, flag.By)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	records, err := s.Cases.Store.Reporters(ctx, app.Name, ids)
	if err != nil {
		return err
	}
	for _, flag := range flags {
		if flag.Source == store.CaseFromReport {
			r := records[flag.By]
			v.Reporter = append(v.Reporter, templates.CaseNote{
				Text: i18n.T(ctx, "queue.reporter", "who", orID(s.nameOf(app.Name, flag.By), flag.By), "upheld", r.Upheld, "of", r.Upheld+r.Rejected),
				URL:  userURL(app, flag.By), At: flag.At,
			})
		}
	}
	return nil
}

// caseButtons are what can be done with a case beside deciding it.
func (s *Server) caseButtons(ctx context.Context, op auth.Operator, k store.Case, v *templates.CaseView) {
	sheet := func(part, icon, key string, may bool) {
		link := caseURL(k.ID, part)
		//i18n:uses queue.act.*
		b := templates.ButtonView{Text: i18n.T(ctx, "queue.act."+part), Icon: icon, Key: key, URL: link, Attrs: templates.SheetAttrs(link)}
		if !may {
			b.Why = i18n.T(ctx, "error.forbidden.title")
		}
		v.Buttons = append(v.Buttons, b)
	}
	may := op.CanIn(k.Place.App, auth.VerbCases)
	if k.State != store.CaseDecided {
		sheet("assign", "assign", "a", may)
		sheet("escalate", "up", "Shift+E", may)
		sheet("snooze", "clock", "s", may)
	} else if k.Upheld {
		sheet("appeal", "flag", "", true)
	}
	sheet("note", "edit", "n", true)
}

// decideView is the bar of verdicts.
func (s *Server) decideView(ctx context.Context, op auth.Operator, f queueFilter, setup cases.Setup, k store.Case, card templates.CaseView) templates.DecideView {
	v := templates.DecideView{Action: caseURL(k.ID, "decide"), Hidden: []string{"return", f.query().Encode()}}
	id, holder := cases.Holder(k, op.ID, s.Now())
	switch {
	case k.State == store.CaseDecided:
		v.Why = i18n.T(ctx, "queue.said.decided", "who", k.DecidedName)
	case !op.CanIn(k.Place.App, auth.VerbCases):
		v.Why = i18n.T(ctx, "error.forbidden.title")
	case id != "":
		v.Why = i18n.T(ctx, "queue.held_by", "who", holder)
	default:
		own, err := s.ownVerdict(ctx, op, k)
		if err != nil { // the verdict asks again
			s.Log.WarnContext(ctx, "who decided what is appealed against", "reference", referenceOf(ctx), "error", err)
		}
		if own {
			v.Why = i18n.T(ctx, "queue.appeal.own")
		}
	}
	if card.Copies != nil && card.Copies.Own > 0 && v.Why == "" {
		v.Copies = i18n.N(ctx, "queue.copies.also", card.Copies.Own)
	}
	for _, l := range cases.Lengths() {
		v.Lengths = append(v.Lengths, templates.Option{Value: strconv.FormatInt(int64(l/time.Second), 10), Text: i18n.Duration(ctx, l)})
	}
	if k.Place.Group == "" || v.Why != "" {
		v.Lengths = nil // a mute is in a group
	}
	for i, m := range setup.Macros {
		b := templates.ButtonView{Text: s.macroName(ctx, m), Type: "submit", Name: "macro", Value: m.ID, Key: macroKey(m.Key), Icon: macroIcon(m), Why: v.Why}
		switch {
		case m.Harm:
			b.Variant = "harm"
		case i == len(setup.Macros)-1 && v.Why == "":
			b.Variant = "primary"
		}
		if m.Acts() {
			v.Macros = append(v.Macros, b)
		} else {
			v.None = append(v.None, b)
		}
	}
	return v
}

// macroKey is a macro's key as aria-keyshortcuts has it.
func macroKey(key string) string {
	if key != strings.ToLower(key) {
		return "Shift+" + key
	}
	return key
}

func macroIcon(m cases.Macro) string {
	switch {
	case !m.Acts():
		return "check"
	case m.Kick:
		return "kick"
	case m.Mute > 0:
		return "mute"
	case m.Recall:
		return "recall"
	}
	return "notice"
}

// macroName is what a macro is called: its own name, or one of ours.
func (s *Server) macroName(ctx context.Context, m cases.Macro) string {
	if m.Name != "" {
		return m.Name
	}
	//i18n:uses queue.macro.*
	if key := "queue.macro." + m.ID; i18n.Has(ctx, key) {
		return i18n.T(ctx, key, "length", i18n.Duration(ctx, max(m.Mute, time.Second)))
	}
	return m.ID
}

// presence says who else has a case, and what became of it meanwhile.
func (s *Server) presence(c *gin.Context, f queueFilter, k store.Case) (templates.PresenceView, error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	now := s.Now()
	v := templates.PresenceView{URL: caseURL(k.ID, "presence") + "?" + f.query().Encode()}
	looking, err := s.Cases.Lookers(ctx, k.ID)
	if err != nil {
		return v, err
	}
	id, holder := cases.Holder(k, op.ID, now)
	switch {
	case k.State == store.CaseDecided:
		return v, nil
	case k.State == store.CaseSnoozed && k.SnoozedUntil.After(now):
		v.Said = &templates.Notice{Tone: "info", Icon: "clock", Title: i18n.T(ctx, "queue.said.snoozed", "until", i18n.When(ctx, k.SnoozedUntil), "who", k.AssignedName)}
		return v, nil
	case id != "":
		v.Holder, v.Skip = holder, f.address(0)
		if k.State == store.CaseClaimed {
			v.Since = k.ClaimedAt
		}
		v.Take = &templates.JobButton{View: templates.ButtonView{Text: i18n.T(ctx, "queue.take"), Key: "t"}, Post: caseURL(k.ID, "take"), Form: []string{"return", f.query().Encode()}}
		if !op.CanIn(k.Place.App, auth.VerbCases) {
			v.Take.View.Why = i18n.T(ctx, "error.forbidden.title")
		}
		return v, nil
	case k.State == store.CaseEscalated:
		v.Said = &templates.Notice{Tone: "warn", Icon: "up", Title: i18n.T(ctx, "queue.state.escalated"), Text: k.Why}
		return v, nil
	case k.AssignedTo == op.ID && k.Why != "":
		v.Said = &templates.Notice{Tone: "info", Icon: "assign", Title: i18n.T(ctx, "queue.said.assigned"), Text: k.Why}
	}
	for _, l := range looking[k.ID] {
		if l.OperatorID != op.ID {
			v.Others = append(v.Others, l.Name)
		}
	}
	return v, nil
}

// didText says what somebody did with a case.
func (s *Server) didText(ctx context.Context, e store.CaseEvent) string {
	//i18n:uses queue.did.*
	note := e.Note
	switch e.Kind {
	case cases.DidDecide:
		body := cases.ReadBody(store.Verdict{Body: e.Detail})
		return join2(s.macroName(ctx, body.Macro), note)
	case cases.DidSnooze:
		if at, err := time.Parse(time.RFC3339, note); err == nil {
			note = i18n.When(ctx, at)
		}
	}
	return join2(i18n.T(ctx, "queue.did."+e.Kind), note)
}

// resultOf is the verdict of a case that is decided.
func (s *Server) resultOf(c *gin.Context, k store.Case) (*templates.VerdictView, error) {
	if k.Verdict == 0 || k.State != store.CaseDecided {
		return nil, nil
	}
	verdict, err := s.Cases.Store.Verdict(c.Request.Context(), k.Verdict)
	if err != nil {
		return nil, err
	}
	v := s.verdictView(c, verdict)
	return &v, nil
}

// tones of a step's end.
var stepTones = map[string]string{
	cases.StepApplied: "ok", cases.StepBack: "ok", cases.StepRefused: "bad", cases.StepUnknown: "warn", cases.StepHeld: "warn", cases.StepSkipped: "off", cases.StepWaiting: "off",
}

// verdictView is a verdict with what became of it.
func (s *Server) verdictView(c *gin.Context, verdict store.Verdict) templates.VerdictView {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	body := cases.ReadBody(verdict)
	v := templates.VerdictView{ID: verdict.ID, Title: s.macroName(ctx, body.Macro), Who: verdict.OperatorName, At: verdict.Made, State: verdictChip(ctx, verdict)}
	app := s.Apps.Get(verdict.App)
	for _, t := range body.Steps {
		//i18n:uses queue.do.*
		step := templates.VerdictStep{Tone: stepTones[t.State], Text: i18n.T(ctx, "queue.do."+t.Do)}
		if t.Do == cases.DoMute {
			step.Text = i18n.T(ctx, "queue.do.mute_for", "length", i18n.Duration(ctx, t.For))
		}
		if len(t.Messages) > 0 && t.Group != "" && app != nil && t.Group != bodyGroup(body) {
			step.Text = join2(step.Text, orID(s.groupNameOf(verdict.App, t.Group), t.Group))
		}
		if t.State != cases.StepWaiting {
			//i18n:uses queue.step.*
			step.Why = i18n.T(ctx, "queue.step.state."+t.State)
		}
		if t.Reason != "" {
			//i18n:uses action.result.*
			step.Why = join2(step.Why, strings.TrimSpace(i18n.T(ctx, t.Reason, "who", orID(s.nameOf(verdict.App, t.User), t.User))+" "+t.Code))
		}
		if t.Audit != 0 && app != nil && op.CanIn(verdict.App, auth.VerbAudit) {
			step.URL = entryURL(app, t.Audit)
		}
		v.Steps = append(v.Steps, step)
	}
	may := op.CanIn(verdict.App, auth.VerbCases)
	button := func(part, icon, key string) templates.JobButton {
		//i18n:uses queue.verdict.*
		b := templates.JobButton{View: templates.ButtonView{Text: i18n.T(ctx, "queue.verdict."+part), Icon: icon, Key: key}, Post: verdictURL(verdict.ID, "/"+part)}
		if !may {
			b.View.Why = i18n.T(ctx, "error.forbidden.title")
		}
		return b
	}
	switch verdict.State {
	case store.VerdictHeld:
		v.Poll = verdictURL(verdict.ID, "")
		if verdict.Left > 0 {
			v.Held = s.Now().Add(verdict.Left)
			v.Buttons = append(v.Buttons, button("undo", "history", "z"))
		}
	case store.VerdictRunning, store.VerdictReversing:
		v.Poll = verdictURL(verdict.ID, "")
	case store.VerdictDone:
		if slices.ContainsFunc(body.Steps, func(t cases.Step) bool { return t.State == cases.StepRefused }) {
			v.Buttons = append(v.Buttons, button("retry", "refresh", ""))
		}
		reverse := button("reverse", "history", "")
		reverse.View.URL, reverse.Post = reverse.Post, ""
		reverse.View.Attrs = templates.SheetAttrs(reverse.View.URL)
		v.Buttons = append(v.Buttons, reverse)
	}
	return v
}

// bodyGroup is the group that a verdict is about: that of its first step.
func bodyGroup(b cases.Body) string {
	if len(b.Steps) == 0 {
		return ""
	}
	return b.Steps[0].Group
}

// verdictChip says how a verdict is.
func verdictChip(ctx context.Context, v store.Verdict) templates.ChipView {
	name, tone, icon := string(v.State), "", "clock"
	switch v.State {
	case store.VerdictRunning, store.VerdictReversing, store.VerdictHeld:
		tone = "accent"
	case store.VerdictUndone, store.VerdictReversed:
		icon = "history"
	case store.VerdictDone:
		name = v.Result
		switch v.Result {
		case cases.ResultApplied, cases.ResultNone:
			tone, icon = "ok", "check"
		case cases.ResultPartly, cases.ResultUnknown:
			tone, icon = "warn", "alert"
		default:
			tone, icon = "bad", "alert"
		}
	}
	//i18n:uses queue.result.*
	return templates.ChipView{Text: i18n.T(ctx, "queue.result."+name), Tone: tone, Icon: icon}
}

// lastFor is how long the operator's last verdict stands beside the list.
const lastFor = 2 * time.Minute

// lastView is the operator's last verdict, wherever it was made: the way back outlives the tab.
func (s *Server) lastView(c *gin.Context) (templates.LastVerdictView, error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	verdict, err := s.Cases.Store.LastVerdict(ctx, op.ID)
	if errors.Is(err, store.ErrNotFound) {
		return templates.LastVerdictView{}, nil
	}
	if err != nil {
		return templates.LastVerdictView{}, err
	}
	quiet := verdict.State == store.VerdictUndone || verdict.State == store.VerdictDone && (verdict.Result == cases.ResultApplied || verdict.Result == cases.ResultNone)
	if quiet && s.Now().Sub(verdict.Made) > lastFor {
		return templates.LastVerdictView{}, nil
	}
	one := s.verdictView(c, verdict)
	v := templates.LastVerdictView{Verdict: &one, URL: caseURL(verdict.Case)}
	if one.Poll != "" {
		v.Poll = queueURL + "/last"
	}
	one.Title = join2("#"+strconv.FormatInt(verdict.Case, 10), one.Title)
	return v, nil
}

func (s *Server) lastVerdict(c *gin.Context) error {
	v, err := s.lastView(c)
	if err != nil {
		return err
	}
	if !wantsPart(c.Request) {
		return seeOther(c, queueURL)
	}
	return render(c, http.StatusOK, templates.LastVerdict(v), nil)
}

func (s *Server) verdictPart(c *gin.Context) error {
	verdict, err := s.verdictOf(c, auth.VerbNote)
	if err != nil {
		return err
	}
	if !wantsPart(c.Request) {
		return seeOther(c, caseURL(verdict.Case))
	}
	return render(c, http.StatusOK, templates.VerdictBox(s.verdictView(c, verdict)), nil)
}

func (s *Server) casePresence(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	if !wantsPart(c.Request) {
		return seeOther(c, caseURL(k.ID))
	}
	v, err := s.presence(c, readQueueFilter(c.Request.URL.Query()), k)
	if err != nil {
		return err
	}
	if k.State == store.CaseDecided {
		v.Said = &templates.Notice{Tone: "info", Icon: "check", Title: i18n.T(c.Request.Context(), "queue.said.decided", "who", k.DecidedName)}
	}
	return render(c, http.StatusOK, templates.CasePresence(v), nil)
}

// caseAuthor is what the service says of a case's author: profile, groups, and membership in the group, three calls.
func (s *Server) caseAuthor(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	app := s.Apps.Get(k.Place.App)
	if app == nil || k.Sender == "" {
		return store.ErrNotFound
	}
	v := templates.AuthorView{URL: caseURL(k.ID, "author"), Name: orID(s.nameOf(app.Name, k.Sender), k.Sender)}
	fail := func(err error) {
		if err != nil && v.Failed == nil {
			n := explain(ctx, err, false).notice
			v.Failed = &n
		}
	}
	var joined imclient.Page[imclient.JoinedGroup]
	if app.IM.Caps.Can(imclient.VerbUserGroups, "") {
		joined, err = app.IM.Users.Groups(ctx, k.Sender, "", groupsShown+1)
		fail(err)
	}
	for i, g := range joined.Items {
		if i == groupsShown {
			v.More = i18n.T(ctx, "queue.groups.more")
			break
		}
		row := templates.AuthorGroup{Link: templates.Link{Text: orID(g.Group.Name, g.Group.ID), URL: groupURL(app, g.Group.ID, tabMessages)}}
		if g.Role == imclient.RoleOwner || g.Role == imclient.RoleAdmin {
			row.Role = roleText(ctx, g.Role)
		}
		v.Groups = append(v.Groups, row)
	}
	if k.Place.Group != "" {
		members, err := app.IM.Members.Get(ctx, k.Place.Group, []string{k.Sender})
		switch {
		case err == nil && len(members) == 1:
			m := members[0]
			v.Mute = muteUntil(m.MutedUntil, s.Now())
			if !m.Joined.IsZero() {
				v.Facts = append(v.Facts, templates.CaseTerm{Text: i18n.T(ctx, "queue.fact.joined"), Points: i18n.When(ctx, m.Joined)})
			}
			if m.Role != "" {
				v.Facts = append(v.Facts, templates.CaseTerm{Text: i18n.T(ctx, "queue.fact.role"), Points: roleText(ctx, m.Role)})
			}
		case err == nil:
			v.Facts = append(v.Facts, templates.CaseTerm{Text: i18n.T(ctx, "queue.fact.role"), Points: i18n.T(ctx, "action.value.out")})
		case !errors.Is(err, imclient.ErrUnsupported):
			fail(err)
		}
	}
	return render(c, http.StatusOK, templates.AuthorPage(s.chrome(c), v, templates.Link{Text: i18n.T(ctx, "queue.title"), URL: caseURL(k.ID)}), templates.AuthorPart(v))
}

// muteUntil is whether somebody may speak.
func muteUntil(until, now time.Time) templates.MuteView {
	switch {
	case !until.After(now):
		return templates.MuteView{}
	case !until.Before(imclient.Forever):
		return templates.MuteView{Muted: true}
	}
	return templates.MuteView{Muted: true, Until: until}
}

// verdictOf is the verdict that the address names, if the operator may do v in its app.
func (s *Server) verdictOf(c *gin.Context, v auth.Verb) (store.Verdict, error) {
	id, err := strconv.ParseInt(c.Param("verdict"), 10, 64)
	if err != nil {
		return store.Verdict{}, store.ErrNotFound
	}
	verdict, err := s.Cases.Store.Verdict(c.Request.Context(), id)
	if err != nil {
		return verdict, err
	}
	if op, _ := auth.OperatorFrom(c.Request.Context()); !op.CanIn(verdict.App, v) {
		return verdict, errForbidden
	}
	return verdict, nil
}
