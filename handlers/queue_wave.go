package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/sheet"
	"imdesk/store"
	"imdesk/waves"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) waveRoutes() []route {
	if s.Cases == nil || s.Waves == nil {
		return nil
	}
	const wave, run = queueURL + "/waves/:wave", queueURL + "/runs/:run"
	return []route{
		{get, wave, auth.VerbNote, s.waveCounts},
		{get, wave + "/clean", auth.VerbCleanWave, s.cleanSheet},
		{post, wave + "/clean", auth.VerbCleanWave, s.cleanWave},
		{get, run, auth.VerbNote, s.waveReport},
		{get, run + "/items.csv", auth.VerbCleanWave, s.waveCSV},
		{post, run + "/reverse", auth.VerbCleanWave, s.reverseWave},
	}
}

// Sizes of a wave's card and report.
const (
	waveTexts   = 8
	waveGroups  = 10
	waveSenders = 100
	waveFails   = 100
	waveItems   = 200
	waveGrows   = 30 * time.Second // after its last message a wave is said to grow
	maxSpared   = 500
	followFor   = 10 * time.Minute
)

func waveURL(id int64, part string) string {
	return queueURL + "/waves/" + strconv.FormatInt(id, 10) + part
}

func runURL(id int64, part string) string {
	return queueURL + "/runs/" + strconv.FormatInt(id, 10) + part
}

// waveOf is the wave that the address names, if the operator may do v in its app.
func (s *Server) waveOf(c *gin.Context, v auth.Verb) (store.Wave, *App, error) {
	id, err := strconv.ParseInt(c.Param("wave"), 10, 64)
	if err != nil {
		return store.Wave{}, nil, store.ErrNotFound
	}
	w, err := s.Waves.Store.Get(c.Request.Context(), id)
	if err != nil {
		return w, nil, err
	}
	app, err := s.waveApp(c, w.App, v)
	return w, app, err
}

func (s *Server) waveApp(c *gin.Context, name string, v auth.Verb) (*App, error) {
	if op, _ := auth.OperatorFrom(c.Request.Context()); !op.CanIn(name, v) {
		return nil, errForbidden
	}
	app := s.Apps.Get(name)
	if app == nil {
		return nil, errNoApp
	}
	return app, nil
}

// withWave puts a wave on the card of its case, and what can be done about it where verdicts stand otherwise. It calls no service.
func (s *Server) withWave(c *gin.Context, op auth.Operator, app *App, k store.Case, v *templates.CaseView) error {
	if s.Waves == nil || k.Key != "" || !slices.Contains(k.Sources, store.CaseFromWave) {
		return nil
	}
	ctx := c.Request.Context()
	w, err := s.Waves.Store.ByCase(ctx, k.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	one, err := s.waveCountsView(ctx, app, w)
	if err != nil {
		return err
	}
	list, err := s.Waves.Store.Senders(ctx, w.ID, waveSenders, 0)
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i, u := range list {
		ids[i] = u.ID
	}
	s.meet(ctx, app, "", ids)
	for _, u := range list {
		one.Senders = append(one.Senders, s.waveSender(ctx, app, u))
	}
	if w.Senders > len(list) {
		one.Shown = i18n.T(ctx, "waves.senders.shown", "n", len(list), "of", w.Senders)
	}
	runs, err := s.Waves.Store.Runs(ctx, w.ID)
	if err != nil {
		return err
	}
	for _, r := range runs {
		one.Reports = append(one.Reports, templates.Link{Text: i18n.T(ctx, "waves.report.of", "who", r.OperatorName, "when", i18n.When(ctx, r.Made)), URL: runURL(r.ID, "")})
	}
	clean := templates.ButtonView{Text: i18n.T(ctx, "waves.clean"), Type: "submit", Form: "wave-senders", Key: "Shift+R", Icon: "recall", Variant: "harm"}
	v.Decide.Macros, v.Decide.Lengths, v.Decide.Copies = nil, nil, ""
	switch {
	case v.Decide.Why != "":
		clean.Why = v.Decide.Why
	case !op.CanIn(app.Name, auth.VerbCleanWave):
		clean.Why = i18n.T(ctx, "waves.not_yours")
	}
	one.Clean = waveURL(w.ID, "/clean")
	v.Decide.Macros = []templates.ButtonView{clean}
	v.Archive, v.Copies, v.Wave = "", nil, &one
	return nil
}

func (s *Server) waveCountsView(ctx context.Context, app *App, w store.Wave) (templates.WaveView, error) {
	v := templates.WaveView{
		NewsURL: waveURL(w.ID, ""), Growing: s.Now().Sub(w.Last) < waveGrows,
		Figures: []templates.JobFigure{
			{Value: i18n.Int(ctx, w.Messages), Text: i18n.T(ctx, "waves.messages")}, {Value: i18n.Int(ctx, w.Senders), Text: i18n.T(ctx, "waves.people")},
			{Value: i18n.Int(ctx, w.Groups), Text: i18n.T(ctx, "waves.groups")},
			{Value: i18n.Duration(ctx, max(w.Last.Sub(w.First), time.Second).Round(time.Second)), Text: i18n.T(ctx, "waves.lasts")},
		},
	}
	texts, err := s.Waves.Store.Texts(ctx, w.ID, waveTexts)
	if err != nil {
		return v, err
	}
	for _, t := range texts {
		v.Texts = append(v.Texts, templates.WaveLine{Text: clip(t.Text, 300), N: i18n.Int(ctx, t.Messages)})
	}
	groups, err := s.Waves.Store.Groups(ctx, w.ID, waveGroups)
	if err != nil {
		return v, err
	}
	for _, g := range groups {
		v.Groups = append(v.Groups, templates.WaveLine{
			Text: orID(s.groupNameOf(app.Name, g.ID), g.ID), URL: groupURL(app, g.ID, tabMessages), N: i18n.Int(ctx, g.Messages), Live: g.Live,
		})
	}
	if n := w.Groups - len(groups); n > 0 {
		v.More = i18n.N(ctx, "waves.groups.more", n)
	}
	return v, nil
}

func (s *Server) waveSender(ctx context.Context, app *App, u store.WaveSender) templates.WaveSender {
	now := s.Now()
	v := templates.WaveSender{ID: u.ID, Name: s.nameOf(app.Name, u.ID), URL: userURL(app, u.ID), N: i18n.Int(ctx, u.Messages), Spare: waves.Spares(u, now)}
	chip := func(tone, text string) { v.Chips = append(v.Chips, templates.ChipView{Text: text, Tone: tone}) }
	if role := imclient.Role(u.Role); role == imclient.RoleOwner || role == imclient.RoleAdmin {
		chip("accent", roleText(ctx, role))
	}
	switch age := now.Sub(u.Joined); {
	case u.Joined.IsZero():
	case age < waves.NewMember:
		chip("warn", i18n.T(ctx, "waves.new"))
	case age >= waves.LongMember:
		chip("ok", i18n.N(ctx, "waves.years", int(age/waves.LongMember)))
	default:
		chip("", i18n.T(ctx, "waves.since", "when", i18n.Duration(ctx, age.Round(24*time.Hour))))
	}
	if u.Quotes {
		chip("ok", i18n.T(ctx, "waves.quotes"))
	}
	return v
}

// waveCounts is what moves of a wave.
func (s *Server) waveCounts(c *gin.Context) error {
	w, app, err := s.waveOf(c, auth.VerbNote)
	if err != nil {
		return err
	}
	if !wantsPart(c.Request) {
		return seeOther(c, caseURL(w.Case))
	}
	v, err := s.waveCountsView(c.Request.Context(), app, w)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.WaveCounts(v), nil)
}

// waveForm is what is asked about a wave.
type waveForm struct {
	choice waves.Choice
	spare  []string
	key    string
}

func readWaveForm(v url.Values, set waves.Settings) waveForm {
	f := waveForm{spare: v["spare"], key: clip(v.Get("key"), 64)}
	if len(f.spare) > maxSpared {
		f.spare = f.spare[:maxSpared]
	}
	seconds := func(name string) time.Duration {
		n, err := strconv.ParseInt(v.Get(name), 10, 32)
		if err != nil || n < 0 {
			return 0
		}
		return time.Duration(n) * time.Second
	}
	f.choice = waves.Choice{
		Recall: v.Get("recall") != "", Mute: seconds("mute"), Tight: v.Get("tight"), Reason: strings.TrimSpace(v.Get("reason")),
	}
	if f.choice.Tight != waves.TightNot {
		f.choice.TightFor = set.Tight
	}
	if v.Get("follow") != "" {
		f.choice.Follow = followFor
	}
	return f
}

// cleanSheet says what cleaning a wave up would do: the first key opens it, the second does it. It calls no service.
func (s *Server) cleanSheet(c *gin.Context) error {
	w, app, err := s.waveOf(c, auth.VerbCleanWave)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	set, _, err := s.Waves.Settings(ctx, app.Name)
	if err != nil {
		return err
	}
	q := c.Request.URL.Query()
	f := readWaveForm(q, set)
	if q.Get("seen") == "" { // nobody chose whom to leave out
		list, err := s.Waves.Store.Senders(ctx, w.ID, maxSpared, 0)
		if err != nil {
			return err
		}
		f.spare = nil
		for _, u := range list {
			if waves.Spares(u, s.Now()) {
				f.spare = append(f.spare, u.ID)
			}
		}
	}
	f.choice = waves.Choice{Recall: true, Mute: set.Mute, Tight: waves.TightJoin, Follow: followFor, Reason: i18n.T(ctx, "waves.reason")}
	f.key = rand.Text()
	return s.askWave(c, http.StatusOK, w, app, f, set, nil)
}

func (s *Server) askWave(c *gin.Context, status int, w store.Wave, app *App, f waveForm, set waves.Settings, wrong map[string]actions.Text) error {
	ctx := c.Request.Context()
	p, err := s.Waves.Preview(ctx, app.Target(), w.ID, f.spare)
	if err != nil {
		return err
	}
	v := templates.WaveSheet{
		Action: waveURL(w.ID, "/clean"), Back: caseURL(w.Case), Hidden: []string{"key", f.key}, Title: i18n.T(ctx, "waves.sheet.title", "id", w.Case),
		Submit:   i18n.N(ctx, "waves.sheet.submit", p.Senders),
		RecallOn: f.choice.Recall, Recall: templates.Option{Text: i18n.N(ctx, "waves.sheet.recall", p.Messages)},
		FollowOn: f.choice.Follow > 0, Follow: templates.Option{Text: i18n.T(ctx, "waves.sheet.follow", "time", i18n.Duration(ctx, followFor))},
		Mute:   templates.FieldView{Name: "mute", Label: i18n.N(ctx, "waves.sheet.mute", p.Senders), Value: strconv.Itoa(int(f.choice.Mute / time.Second))},
		Tight:  templates.FieldView{Name: "tight", Label: i18n.N(ctx, "waves.sheet.tight", p.Groups, "time", i18n.Duration(ctx, set.Tight)), Value: f.choice.Tight},
		Reason: templates.FieldView{Name: "reason", Label: i18n.T(ctx, "waves.sheet.reason"), Value: f.choice.Reason, MaxLength: 200},
	}
	for _, u := range f.spare {
		v.Hidden = append(v.Hidden, "spare", u)
	}
	line := func(tone, text string) {
		v.Lines = append(v.Lines, templates.EffectLine{Tone: tone, Text: text})
	}
	line("bad", i18n.T(ctx, "waves.sheet.sum", "messages", i18n.Int(ctx, p.Messages), "people", i18n.Int(ctx, p.Senders), "groups", i18n.Int(ctx, p.Groups)))
	line("warn", i18n.T(ctx, "waves.sheet.no_undo"))
	if p.Spared > 0 {
		line("ok", i18n.N(ctx, "waves.sheet.spared", p.Spared))
	}
	if p.Protected > 0 {
		line("ok", i18n.N(ctx, "waves.sheet.protected", p.Protected))
	}
	for _, part := range []string{waves.PartRecall, waves.PartMute, waves.TightJoin, waves.TightMute} {
		//i18n:uses waves.sheet.not.*
		if n := p.Not[part]; n > 0 {
			line("off", i18n.N(ctx, "waves.sheet.not."+part, n))
		}
	}
	v.Mutes = append(v.Mutes, templates.Option{Value: "0", Text: i18n.T(ctx, "waves.sheet.mute.not")})
	for _, d := range []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour} {
		v.Mutes = append(v.Mutes, templates.Option{Value: strconv.Itoa(int(d / time.Second)), Text: i18n.Duration(ctx, d)})
	}
	if at := v.Mute.Value; !slices.ContainsFunc(v.Mutes, func(o templates.Option) bool { return o.Value == at }) {
		v.Mutes = append(v.Mutes, templates.Option{Value: at, Text: i18n.Duration(ctx, f.choice.Mute)})
	}
	for _, how := range []string{waves.TightNot, waves.TightJoin, waves.TightMute} {
		//i18n:uses waves.sheet.tight.*
		v.Tights = append(v.Tights, templates.Option{Value: how, Text: i18n.T(ctx, "waves.sheet.tight."+orID(how, "not"))})
	}
	for field, text := range wrong {
		said := i18n.T(ctx, text.Key, text.Args...)
		switch field {
		case "mute":
			v.Mute.Error = said
		case "tight":
			v.Tight.Error = said
		case "reason":
			v.Reason.Error = said
		default:
			v.Notice = &templates.Notice{Tone: "bad", Title: said}
		}
	}
	return render(c, status, templates.WaveSheetPage(s.chrome(c), v), templates.WaveSheetPart(v))
}

func (s *Server) cleanWave(c *gin.Context) error {
	w, app, err := s.waveOf(c, auth.VerbCleanWave)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	set, _, err := s.Waves.Settings(ctx, app.Name)
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return badInput{key: "waves.invalid.nothing"}
	}
	f := readWaveForm(c.Request.PostForm, set)
	if f.key == "" {
		f.key = rand.Text()
	}
	r, err := s.Waves.Clean(ctx, s.actorIn(c, app.Name), app.Target(), w.ID, f.choice, f.spare, f.key)
	var invalid *actions.Invalid
	switch {
	case errors.As(err, &invalid):
		return s.askWave(c, http.StatusUnprocessableEntity, w, app, f, set, invalid.Fields)
	case errors.Is(err, waves.ErrNothing):
		return s.askWave(c, http.StatusUnprocessableEntity, w, app, f, set, map[string]actions.Text{"recall": {Key: "waves.invalid.left"}})
	case err != nil:
		return err
	}
	return seeOther(c, runURL(r.ID, ""))
}

// runOf is the run that the address names, if the operator may do v in its app.
func (s *Server) runOf(c *gin.Context, v auth.Verb) (store.WaveRun, waves.Body, *App, error) {
	id, err := strconv.ParseInt(c.Param("run"), 10, 64)
	if err != nil {
		return store.WaveRun{}, waves.Body{}, nil, store.ErrNotFound
	}
	r, err := s.Waves.Store.Run(c.Request.Context(), id)
	if err != nil {
		return r, waves.Body{}, nil, err
	}
	app, err := s.waveApp(c, r.App, v)
	if err != nil {
		return r, waves.Body{}, nil, err
	}
	b, err := waves.ReadBody(r)
	return r, b, app, err
}

// waveReport is what was done about a wave, to whom, where, with the result of each item.
func (s *Server) waveReport(c *gin.Context) error {
	r, b, app, err := s.runOf(c, auth.VerbNote)
	if err != nil {
		return err
	}
	v, err := s.reportView(c, r, b, app)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.WaveReportPage(s.chrome(c), v), templates.WaveReportPart(v))
}

func (s *Server) reportView(c *gin.Context, r store.WaveRun, b waves.Body, app *App) (templates.WaveReport, error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	w, err := s.Waves.Store.Get(ctx, r.Wave)
	if err != nil {
		return templates.WaveReport{}, err
	}
	v := templates.WaveReport{
		Title: i18n.T(ctx, "waves.report.title", "id", w.Case), Said: r.OperatorName, Made: r.Made, Shown: i18n.T(ctx, "waves.report.items"),
		Crumbs: []templates.Link{
			{Text: i18n.T(ctx, "queue.title"), URL: queueURL}, {Text: i18n.T(ctx, "queue.case", "id", w.Case), URL: caseURL(w.Case)}, {Text: i18n.T(ctx, "waves.report")},
		},
		Figures: []templates.JobFigure{
			{Value: i18n.Int(ctx, b.Messages), Text: i18n.T(ctx, "waves.messages")}, {Value: i18n.Int(ctx, b.Senders), Text: i18n.T(ctx, "waves.people")},
			{Value: i18n.Int(ctx, b.Groups), Text: i18n.T(ctx, "waves.groups")}, {Value: i18n.Int(ctx, b.Spared), Text: i18n.T(ctx, "waves.spared")},
		},
	}
	moving := !b.Begun
	for _, p := range b.Parts {
		part, open, err := s.reportPart(ctx, p)
		if err != nil {
			return v, err
		}
		back := !b.Reversed.IsZero() || p.Kind == waves.PartTight && !b.Loosened.IsZero()
		moving = moving || open || back && p.Job != 0 && p.Back == 0 && p.Why == ""
		v.Parts = append(v.Parts, part)
		if err := s.reportItems(ctx, app, p, &v); err != nil {
			return v, err
		}
	}
	now := s.Now()
	say := func(tone, title string) { v.Notices = append(v.Notices, templates.Notice{Tone: tone, Title: title}) }
	switch {
	case !b.Reversed.IsZero():
		say("info", i18n.T(ctx, "waves.report.reversed", "who", b.ReversedWho, "when", i18n.When(ctx, b.Reversed)))
	case b.FollowUntil.After(now):
		say("info", i18n.T(ctx, "waves.report.follows", "until", i18n.When(ctx, b.FollowUntil)))
		moving = true
	}
	if b.Reversed.IsZero() && !b.TightUntil.IsZero() {
		if b.Loosened.IsZero() {
			say("info", i18n.T(ctx, "waves.report.tight", "until", i18n.When(ctx, b.TightUntil)))
		} else {
			say("info", i18n.T(ctx, "waves.report.loosened", "when", i18n.When(ctx, b.Loosened)))
		}
	}
	if b.Recall {
		say("info", i18n.T(ctx, "waves.report.no_undo"))
	}
	if moving {
		v.Poll, v.Refresh = runURL(r.ID, ""), runURL(r.ID, "")
	}
	if op.CanIn(app.Name, auth.VerbCleanWave) {
		v.CSV = runURL(r.ID, "/items.csv")
	}
	if b.Reversed.IsZero() && (b.Mute > 0 || b.Tight != waves.TightNot) {
		v.Reverse = &templates.JobButton{Post: runURL(r.ID, "/reverse"), View: templates.ButtonView{Text: i18n.T(ctx, "waves.reverse"), Icon: "history", Key: "z"}}
		if err := b.May(s.actorIn(c, app.Name)); err != nil {
			v.Reverse.View.Why = i18n.T(ctx, "error.forbidden.title")
		}
	}
	return v, nil
}

// reportPart is one job of a run; open: it has not ended, or what takes it back has not.
func (s *Server) reportPart(ctx context.Context, p waves.Part) (v templates.WavePart, open bool, err error) {
	//i18n:uses waves.part.*
	v.Text = i18n.T(ctx, "waves.part."+p.Kind)
	if p.Late > 0 {
		v.Text = join2(v.Text, i18n.T(ctx, "waves.part.later"))
	}
	v.Chip = templates.ChipView{Text: i18n.T(ctx, "waves.part.not"), Tone: "bad"}
	if p.Why != "" {
		//i18n:uses waves.why.*
		v.Why = i18n.T(ctx, p.Why)
	}
	if p.Job == 0 {
		return v, false, nil
	}
	j, err := s.Jobs.Get(ctx, p.Job)
	if errors.Is(err, store.ErrNotFound) { // kept no longer
		return v, false, nil
	}
	if err != nil {
		return v, false, err
	}
	v.URL, v.Chip, open = jobURL(j.ID), s.jobChip(ctx, j), !j.State.Ended()
	v.Counts = i18n.T(ctx, "waves.part.counts", "done", i18n.Int(ctx, j.Counts.Done), "of", i18n.Int(ctx, j.Counts.Total), "refused", i18n.Int(ctx, j.Counts.Refused+j.Counts.Unknown), "skipped", i18n.Int(ctx, j.Counts.Skipped))
	if p.Back != 0 {
		back, err := s.Jobs.Get(ctx, p.Back)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return v, open, err
		}
		v.Back = templates.Link{Text: i18n.T(ctx, "waves.part.back", "done", i18n.Int(ctx, back.Counts.Done), "of", i18n.Int(ctx, back.Counts.Total)), URL: jobURL(p.Back)}
		open = open || err == nil && !back.State.Ended()
	}
	return v, open, nil
}

// itemTones are the colours of results.
var itemTones = map[store.ItemState]string{
	store.ItemDone: "ok", store.ItemRefused: "bad", store.ItemUnknown: "warn", store.ItemSkipped: "off", store.ItemWaiting: "off",
}

func (s *Server) reportItems(ctx context.Context, app *App, p waves.Part, v *templates.WaveReport) error {
	if p.Job == 0 {
		return nil
	}
	view := func(i store.JobItem) templates.WaveItem { return s.waveItem(ctx, app, p, i) }
	for _, state := range []store.ItemState{store.ItemRefused, store.ItemUnknown} {
		list, err := s.Jobs.Items(ctx, p.Job, state, 0, waveFails)
		if err != nil {
			return err
		}
		for _, i := range list[:min(len(list), waveFails-min(len(v.Fails), waveFails))] {
			v.Fails = append(v.Fails, view(i))
		}
	}
	if room := waveItems - len(v.Items); room > 0 {
		list, err := s.Jobs.Items(ctx, p.Job, "", 0, room)
		if err != nil {
			return err
		}
		for _, i := range list {
			v.Items = append(v.Items, view(i))
		}
	}
	return nil
}

func (s *Server) waveItem(ctx context.Context, app *App, p waves.Part, i store.JobItem) templates.WaveItem {
	//i18n:uses waves.part.*
	//i18n:uses job.item.*
	v := templates.WaveItem{
		What: i18n.T(ctx, "waves.part."+p.Kind), Group: orID(s.groupNameOf(app.Name, i.Group), i.Group), Target: i.Target,
		State: i18n.T(ctx, "job.item."+string(i.State)), Tone: itemTones[i.State],
	}
	switch p.Kind {
	case waves.PartMute:
		if name := s.nameOf(app.Name, i.Target); name != "" && name != i.Target {
			v.Target = name + " · " + i.Target
		}
	case waves.PartTight:
		v.Target = ""
	}
	if i.Reason != "" {
		v.Why = strings.TrimSpace(i18n.T(ctx, i.Reason, "who", i.Target) + " " + i.Code)
	}
	return v
}

// waveCSV is every item of a run as a file.
func (s *Server) waveCSV(c *gin.Context) error {
	r, b, app, err := s.runOf(c, auth.VerbCleanWave)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="wave-%d-%s.csv"`, r.ID, s.Now().UTC().Format(time.DateOnly)))
	out := sheet.NewCSV(c.Writer)
	if err := out.Write([]string{"part", "job", "app", "group", "target", "state", "reason", "code", "before", "after", "audit"}); err != nil {
		return errGone{err}
	}
	for _, p := range b.Parts {
		for after := int64(0); p.Job != 0; {
			list, err := s.Jobs.Items(ctx, p.Job, "", after, store.MaxJobPage)
			if err != nil {
				return err
			}
			for _, i := range list {
				after = i.Position
				line := []string{p.Kind, strconv.FormatInt(p.Job, 10), app.Name, i.Group, i.Target, string(i.State), i.Reason, i.Code, i.Before, i.After, strconv.FormatInt(i.Audit, 10)}
				if err := out.Write(line); err != nil {
					return errGone{err}
				}
			}
			if len(list) < store.MaxJobPage {
				break
			}
		}
	}
	if err := out.Close(); err != nil {
		return errGone{err}
	}
	return nil
}

// reverseWave takes back what can be taken back of a run.
func (s *Server) reverseWave(c *gin.Context) error {
	r, _, app, err := s.runOf(c, auth.VerbCleanWave)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	_, err = s.Waves.Reverse(ctx, s.actorIn(c, app.Name), r.ID)
	if errors.Is(err, store.ErrConflict) {
		return s.answer(c, http.StatusOK, templates.Toast{Tone: "bad", Text: i18n.T(ctx, "waves.said.reversing")}, runURL(r.ID, ""))
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "waves.said.reversing")}, runURL(r.ID, ""))
}
