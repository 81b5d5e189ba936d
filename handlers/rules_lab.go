package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/moderation"
	"imdesk/rules"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// How long the laboratory looks through the archive: while somebody types, and when it is asked to look at all of it.
const (
	labSoon = 2500 * time.Millisecond
	labLong = 20 * time.Second // below the time of a request
)

// maxSample is the longest text to be tried.
const maxSample = 5000

// readAsk reads what the laboratory is asked beside the rule.
func (st *ruleState) readAsk(v url.Values) {
	st.days = v.Get("lab_days")
	st.try = templates.RuleTryView{Text: clip(v.Get("sample"), maxSample), Joined: clip(v.Get("sample_joined"), 20), Strikes: clip(v.Get("sample_strikes"), 5)}
}

// span is how far back the laboratory looks.
func (st *ruleState) span() time.Duration {
	for _, d := range labSpans {
		if st.days == strconv.Itoa(int(d/(24*time.Hour))) {
			return d
		}
	}
	return labSpans[0]
}

// labAsk are the fields of the laboratory.
func (s *Server) labAsk(ctx context.Context, st ruleState) templates.RuleAskView {
	v := templates.RuleAskView{
		Sample: templates.FieldView{
			Name: "sample", Label: i18n.T(ctx, "rules.try.text"), Value: st.try.Text, Rows: 3, MaxLength: maxSample,
			Attrs: map[string]any{"form": "rule-form", "dir": "auto", "spellcheck": "false"},
		},
		Joined: templates.FieldView{
			Name: "sample_joined", Label: i18n.T(ctx, "rules.try.joined"), Value: st.try.Joined, Placeholder: "2h", Attrs: map[string]any{"form": "rule-form"},
		},
		Strikes: templates.FieldView{
			Name: "sample_strikes", Label: i18n.T(ctx, "rules.try.strikes"), Value: st.try.Strikes, Type: "number", Placeholder: "0", Attrs: map[string]any{"form": "rule-form", "min": "0"},
		},
		Days: templates.FieldView{
			Name: "lab_days", Label: i18n.T(ctx, "rules.lab.days"), Value: strconv.Itoa(int(st.span() / (24 * time.Hour))), Attrs: map[string]any{"form": "rule-form"},
		},
	}
	for _, d := range labSpans {
		v.Spans = append(v.Spans, templates.Option{Value: strconv.Itoa(int(d / (24 * time.Hour))), Text: i18n.Duration(ctx, d)})
	}
	return v
}

// labPart answers while a rule is typed: what it makes of one text, and what it would have caught.
func (s *Server) labPart(c *gin.Context) error {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return err
	}
	name := v.Get("rule")
	st := ruleState{name: name, form: readRuleForm(ctx, v, name)}
	st.readAsk(v)
	if !wantsPart(c.Request) {
		return seeOther(c, addressesOf(name).save)
	}
	var view templates.RuleLabView
	switch {
	case st.form.ok(ctx, s.Rules.File().Lists):
		if view, err = s.lab(c, st, v.Get("lab") == "all"); err != nil {
			return err
		}
	case st.form.err != nil:
		view = templates.RuleLabView{URL: rulesURL + "/lab", Wait: st.form.err.Text}
	default:
		view = templates.RuleLabView{URL: rulesURL + "/lab", Wait: i18n.T(ctx, "rules.lab.unready")}
	}
	part := templates.RuleLab(view)
	return render(c, http.StatusOK, part, part)
}

// lab asks the laboratory.
func (s *Server) lab(c *gin.Context, st ruleState, all bool) (templates.RuleLabView, error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	_, names := s.ruleApps(op)
	lists := s.Rules.File().Lists
	draft := st.form.rule
	v := templates.RuleLabView{URL: rulesURL + "/lab"}
	if st.try.Text != "" {
		try, err := s.tried(ctx, st, lists)
		if err != nil {
			return v, err
		}
		v.Try = &try
	}
	within := labSoon
	if all {
		within = labLong
	}
	if draft.Name == "" {
		draft.Name = "new"
	}
	l, err := s.Rules.Replay(ctx, names, s.Now().Add(-st.span()), draft, lists, within)
	if err != nil {
		return v, err
	}
	s.labView(ctx, &v, l, st)
	return v, nil
}

func (s *Server) labView(ctx context.Context, v *templates.RuleLabView, l rules.Lab, st ruleState) {
	v.Title = i18n.T(ctx, "rules.lab.last", "time", i18n.Duration(ctx, st.span()))
	v.Small = i18n.T(ctx, "rules.lab.read", "n", i18n.Int(ctx, l.Read), "time", seconds(ctx, l.Took))
	if !l.Whole {
		v.Partial = i18n.T(ctx, "rules.lab.partial", "n", i18n.Int(ctx, l.Read), "until", i18n.When(ctx, l.Until))
		if l.Read == 0 {
			v.Partial = i18n.T(ctx, "rules.lab.too_slow")
		}
	}
	v.Summary = i18n.N(ctx, "rules.lab.hits", l.Hits)
	if l.Read == 0 && l.Whole {
		v.Summary = i18n.T(ctx, "rules.lab.nothing")
	}
	fact := func(key, value string) {
		v.Facts = append(v.Facts, templates.CaseTerm{Text: i18n.T(ctx, key), Points: value})
	}
	if l.Known {
		fact("rules.lab.new", i18n.Int(ctx, l.New))
		fact("rules.lab.lost", i18n.Int(ctx, l.Lost))
	}
	for _, o := range l.Overlaps {
		title := o.Rule
		if r, _, is := s.Rules.Rule(o.Rule); is {
			title = orID(r.Title, r.Name)
		}
		v.Overlaps = append(v.Overlaps, templates.CaseNote{Text: i18n.T(ctx, "rules.lab.overlap", "rule", title, "n", i18n.Int(ctx, o.Hits)), URL: ruleURL(o.Rule)})
	}
	for _, p := range l.People {
		n := templates.CaseNote{Text: orID(s.nameOf(p.App, p.ID), p.ID), Who: i18n.N(ctx, "rules.lab.times", p.Hits)}
		if app := s.Apps.Get(p.App); app != nil {
			n.URL = userURL(app, p.ID)
		}
		v.People = append(v.People, n)
	}
	for _, what := range l.Blind {
		//i18n:uses rules.blind.*
		v.Blind = append(v.Blind, i18n.T(ctx, "rules.blind."+what))
	}
	group := func(key string, list []rules.Sample, total int) {
		if len(list) == 0 {
			return
		}
		g := templates.RuleSamples{Title: i18n.T(ctx, key, "n", i18n.Int(ctx, total))}
		for _, m := range list {
			g.Rows = append(g.Rows, s.saidRow(ctx, m.Replayed, m.Reasons))
		}
		v.Samples = append(v.Samples, g)
	}
	if l.Known {
		group("rules.lab.newly", l.Newly, l.New)
		group("rules.lab.lostly", l.Lostly, l.Lost)
	} else {
		group("rules.lab.caught", l.Newly, l.Hits)
	}
	group("rules.lab.doubtful", l.Doubtful, len(l.Doubtful))
}

// seconds is a short time.
func seconds(ctx context.Context, d time.Duration) string {
	return i18n.T(ctx, "rules.lab.seconds", "n", strconv.FormatFloat(d.Seconds(), 'f', 1, 64))
}

// tried is what the rule makes of one text, check by check, and which other rules hold.
func (s *Server) tried(ctx context.Context, st ruleState, lists []moderation.List) (templates.RuleTriedView, error) {
	m := moderation.Message{App: "", Group: "try", Sender: "try", At: s.Now(), Texts: []string{st.try.Text}, Types: []string{"text"}, Mentions: strings.Count(st.try.Text, "@")}
	if span, err := moderation.ParseDuration(strings.TrimSpace(st.try.Joined)); err == nil && st.try.Joined != "" {
		m.Joined = m.At.Add(-span)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(st.try.Strikes)); err == nil {
		m.Strikes = func() int { return n }
	}
	draft := st.form.rule
	draft.Apps, draft.Groups, draft.Where, draft.Hours, draft.Zone, draft.SpareRoles, draft.SpareUsers = nil, nil, "everywhere", "", "", nil, nil
	if draft.Name == "" {
		draft.Name = "new"
	}
	began := time.Now()
	own, others, err := s.Rules.Try(draft, lists, m)
	if err != nil {
		return templates.RuleTriedView{}, err
	}
	v := templates.RuleTriedView{Tone: "off", Icon: "check", Title: i18n.T(ctx, "rules.try.passes"), Small: i18n.T(ctx, "rules.try.took", "n", strconv.FormatFloat(float64(time.Since(began).Microseconds())/1000, 'f', 1, 64))}
	var why []moderation.Reason
	if len(own.Checks) > 0 {
		check := own.Checks[0]
		why = check.Reasons
		v.Tone, v.Icon, v.Title = "warn", "pause", i18n.T(ctx, "rules.outcome."+string(check.Outcome))
		v.Score = strconv.FormatFloat(float64(check.Score)/100, 'f', 2, 64)
		if len(own.Masked) > 0 {
			v.Masked = own.Masked[0]
		}
	}
	parts, err := moderation.Explain(draft.When, lists, &m)
	if err != nil {
		return v, err
	}
	for _, p := range parts {
		line := templates.RuleCheckLine{Holds: p.Holds, Text: kindText(ctx, p.Kind), Detail: p.Reason.Detail}
		v.Checks = append(v.Checks, line)
		if p.Holds && len(own.Checks) == 0 {
			why = append(why, p.Reason)
		}
	}
	v.Text = spanParts(m.Text(), why)
	for _, check := range others.Checks {
		v.Others = append(v.Others, templates.Link{Text: orID(check.Title, check.Rule), URL: ruleURL(check.Rule)})
	}
	return v, nil
}
