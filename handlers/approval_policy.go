package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// Values of the field for a rule's action that are no verb.
const (
	anyVerb = "*" // whatever changes something
	noRule  = ""
)

// policyForm is the policy as it was typed, and what of it is no number.
type policyForm struct {
	policy approvals.Policy
	rows   []int // of each rule: its row in the form
	wrong  []approvals.Wrong
}

// readPolicy reads the form. Rows without an action are left out.
func readPolicy(v url.Values) policyForm {
	var f policyForm
	number := func(row, rule int, field string) int {
		raw := strings.TrimSpace(v.Get(ruleName(field, row)))
		if raw == "" {
			return 0
		}
		n, err := strconv.Atoi(raw)
		if err != nil || n < 0 {
			f.wrong = append(f.wrong, approvals.Wrong{Rule: rule, Field: field, Text: actions.Text{Key: "approvals.wrong.number"}})
		}
		return n
	}
	f.policy.Mode = approvals.Mode(v.Get("mode"))
	hours, err := strconv.Atoi(strings.TrimSpace(v.Get("expires")))
	if err != nil {
		hours = 0
	}
	f.policy.Expires = time.Duration(hours) * time.Hour
	for row := range policyRows(v) {
		verb := v.Get(ruleName("verb", row))
		if verb == noRule {
			continue
		}
		n := len(f.policy.Rules)
		r := approvals.Rule{
			Verb: actions.Verb(verb), App: v.Get(ruleName("app", row)), Size: number(row, n, "size"), Two: v.Get(ruleName("two", row)) != "",
			Quota: number(row, n, "quota"), Pause: time.Duration(number(row, n, "pause")) * time.Minute,
		}
		if verb == anyVerb {
			r.Verb = ""
		}
		if role := v.Get(ruleName("role", row)); role != "" {
			r.Roles = strings.Split(role, " ")
		}
		if r.Quota > 0 {
			r.Per, _ = time.ParseDuration(v.Get(ruleName("per", row)))
		}
		f.policy.Rules, f.rows = append(f.policy.Rules, r), append(f.rows, row)
	}
	f.wrong = append(f.wrong, f.policy.Check()...)
	return f
}

// policyRows is how many rows a form has.
func policyRows(v url.Values) int {
	n := 0
	for n < approvals.MaxRules+10 && v.Has(ruleName("verb", n)) {
		n++
	}
	return n
}

// fault is what is wrong with a field of a rule.
func (f policyForm) fault(ctx context.Context, rule int, fields ...string) string {
	for _, w := range f.wrong {
		for _, field := range fields {
			if w.Rule == rule && w.Field == field {
				//i18n:uses approvals.wrong.*
				return i18n.T(ctx, w.Text.Key, w.Text.Args...)
			}
		}
	}
	return ""
}

func (s *Server) policyPage(c *gin.Context) error {
	p, kept, err := s.Approvals.Policy(c.Request.Context())
	if err != nil {
		return err
	}
	v, err := s.policyView(c, policyForm{policy: p}, kept)
	if err != nil {
		return err
	}
	v.Version = strconv.FormatInt(kept.Version, 10)
	return render(c, http.StatusOK, templates.GuardPolicyPage(s.chrome(c), v), nil)
}

// setPolicy shows what would change, or changes the policy.
func (s *Server) setPolicy(c *gin.Context) error {
	ctx := c.Request.Context()
	typed, err := form(c)
	if err != nil {
		return err
	}
	f := readPolicy(typed)
	now, kept, err := s.Approvals.Policy(ctx)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(typed.Get("version"), 10, 64)
	if err != nil {
		version = -1
	}
	more, look := typed.Has("more"), typed.Has("preview")
	var notice *templates.Notice
	status := http.StatusOK
	if len(f.wrong) > 0 && !more {
		status, notice = http.StatusUnprocessableEntity, &templates.Notice{Tone: "bad", Title: i18n.T(ctx, "approvals.policy.bad"), Changed: i18n.T(ctx, "error.unchanged")}
	}
	if status == http.StatusOK && !more && !look {
		err := s.Approvals.SetPolicy(ctx, s.actor(c), f.policy, version)
		if err == nil {
			return s.done(c, templates.Toast{Text: i18n.T(ctx, "approvals.policy.done")}, policyURL)
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		status = http.StatusConflict
		notice = &templates.Notice{Tone: "warn", Title: i18n.T(ctx, "approvals.policy.conflict", "by", kept.ChangedBy), Changed: i18n.T(ctx, "error.unchanged")}
		version = kept.Version
	}
	v, err := s.policyView(c, f, kept)
	if err != nil {
		return err
	}
	v.Notice, v.Version = notice, strconv.FormatInt(version, 10)
	if look && status == http.StatusOK || status == http.StatusConflict {
		v.Checked, v.Preview = true, s.policyChanges(ctx, now, f.policy)
	}
	return render(c, status, templates.GuardPolicyPage(s.chrome(c), v), nil)
}

// Spans of quotas.
var quotaSpans = []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

func (s *Server) policyView(c *gin.Context, f policyForm, kept store.Policy) (templates.GuardPolicyView, error) {
	ctx := c.Request.Context()
	p := f.policy
	v := templates.GuardPolicyView{
		Nav: s.settingsNav(c), URL: policyURL,
		Mode: templates.FieldView{Name: "mode", Label: i18n.T(ctx, "approvals.policy.mode"), Value: string(p.Mode), Error: f.fault(ctx, -1, "mode")},
		Expires: templates.FieldView{
			Name: "expires", Label: i18n.T(ctx, "approvals.policy.expires"), Type: "number", Value: strconv.Itoa(int(p.Expires / time.Hour)),
			Error: f.fault(ctx, -1, "expires"), Attrs: map[string]any{"min": "1", "max": "720"},
		},
	}
	for _, m := range []approvals.Mode{approvals.Auto, approvals.On, approvals.Off} {
		//i18n:uses approvals.mode.*
		v.Modes = append(v.Modes, templates.Option{Value: string(m), Text: i18n.T(ctx, "approvals.mode."+string(m)), Hint: i18n.T(ctx, "approvals.mode."+string(m)+".hint")})
	}
	if kept.Version > 0 {
		v.Changed = i18n.T(ctx, "approvals.policy.changed", "by", kept.ChangedBy, "at", i18n.When(ctx, kept.ChangedAt))
	}
	state, err := s.policyState(ctx, p)
	if err != nil {
		return v, err
	}
	v.State = state
	for n := range len(p.Rules) + 1 {
		r := approvals.Rule{Size: 1}
		verb := noRule
		if n < len(p.Rules) {
			r = p.Rules[n]
			if verb = string(r.Verb); verb == "" {
				verb = anyVerb
			}
		}
		v.Rules = append(v.Rules, s.policyRule(ctx, f, n, verb, r))
	}
	return v, nil
}

// policyState says whether the policy holds now.
func (s *Server) policyState(ctx context.Context, p approvals.Policy) (string, error) {
	var on []string
	for _, a := range s.Apps.All() {
		holds, err := s.Approvals.Holds(ctx, p, a.Name)
		if err != nil {
			return "", err
		}
		if holds {
			on = append(on, a.Title)
		}
	}
	switch {
	case p.Mode == approvals.Off:
		return i18n.T(ctx, "approvals.policy.off"), nil
	case len(on) == 0:
		return i18n.T(ctx, "approvals.policy.alone"), nil
	}
	return i18n.T(ctx, "approvals.policy.on", "apps", strings.Join(on, i18n.T(ctx, "audit.and"))), nil
}

func (s *Server) policyRule(ctx context.Context, f policyForm, n int, verb string, r approvals.Rule) templates.GuardRule {
	field := func(name, value string, also ...string) templates.FieldView {
		//i18n:uses approvals.rule.*
		v := templates.FieldView{Name: ruleName(name, n), Label: i18n.T(ctx, "approvals.rule."+name), Value: value}
		if len(f.rows) > n {
			v.Error = f.fault(ctx, n, append(also, name)...)
		}
		return v
	}
	whole := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	row := templates.GuardRule{
		N: strconv.Itoa(n + 1), Verb: field("verb", verb), Size: field("size", whole(r.Size)), App: field("app", r.App), Two: r.Two,
		Role: field("role", strings.Join(r.Roles, " ")), Quota: field("quota", whole(r.Quota)), Per: field("per", r.Per.String()),
		Pause: field("pause", whole(int(r.Pause/time.Minute))),
	}
	if len(f.rows) > n {
		row.TwoBad = f.fault(ctx, n, "two")
	}
	for _, x := range []*templates.FieldView{&row.Size, &row.Quota, &row.Pause} {
		x.Type, x.Attrs = "number", map[string]any{"min": "0", "max": "1000000", "inputmode": "numeric"}
	}
	row.Verbs = []templates.Option{{Value: noRule, Text: i18n.T(ctx, "approvals.rule.none")}, {Value: anyVerb, Text: i18n.T(ctx, "approvals.rule.any")}}
	for _, known := range actions.Guarded() {
		row.Verbs = append(row.Verbs, templates.Option{Value: string(known), Text: verbName(ctx, string(known))})
	}
	row.Apps = []templates.Option{{Text: i18n.T(ctx, "approvals.rule.all_apps")}}
	for _, a := range s.Apps.All() {
		row.Apps = append(row.Apps, templates.Option{Value: a.Name, Text: a.Title})
	}
	if r.App != "" && s.Apps.Get(r.App) == nil {
		row.Apps = append(row.Apps, templates.Option{Value: r.App, Text: r.App})
	}
	row.Roles = []templates.Option{{Text: i18n.T(ctx, "approvals.rule.all_roles")}}
	var upTo []string
	for _, role := range auth.Roles() {
		upTo = append(upTo, string(role))
		text := i18n.T(ctx, "role."+string(role))
		row.Roles = append(row.Roles, templates.Option{Value: string(role), Text: text})
		if len(upTo) > 1 && role != auth.Owner {
			row.Roles = append(row.Roles, templates.Option{Value: strings.Join(upTo, " "), Text: i18n.T(ctx, "approvals.rule.up_to", "role", text)})
		}
	}
	for _, span := range quotaSpans {
		row.Pers = append(row.Pers, templates.Option{Value: span.String(), Text: i18n.T(ctx, "approvals.rule.in", "time", i18n.Duration(ctx, span))})
	}
	return row
}

// policyChanges says for whom what would be different: every action, role and app, from the least number on where it begins.
func (s *Server) policyChanges(ctx context.Context, was, is approvals.Policy) []templates.GuardChange {
	var list []templates.GuardChange
	sizes := func(v actions.Verb) []int {
		set := map[int]bool{1: true}
		for _, r := range slices.Concat(was.Rules, is.Rules) {
			if r.Verb == v || r.Verb == "" {
				set[r.Size] = true
			}
		}
		return slices.Sorted(maps.Keys(set))
	}
	for _, app := range s.Apps.All() {
		held, holds := s.holds(ctx, was, app.Name), s.holds(ctx, is, app.Name)
		for _, role := range auth.Roles() {
			for _, verb := range actions.Guarded() {
				if !role.Can(auth.Verb(verb)) {
					continue
				}
				for _, size := range sizes(verb) {
					before, after := demandText(ctx, held, was.Asks(verb, app.Name, string(role), size)), demandText(ctx, holds, is.Asks(verb, app.Name, string(role), size))
					if before == after {
						continue
					}
					list = append(list, templates.GuardChange{
						Who:  fmt.Sprintf("%s · %s", i18n.T(ctx, "role."+string(role)), app.Title),
						What: i18n.T(ctx, "approvals.from", "what", verbName(ctx, string(verb)), "n", size), Was: before, Now: after,
					})
					if len(list) == maxPolicyChanges {
						return list
					}
				}
			}
		}
	}
	return list
}

// maxPolicyChanges bounds the list of what would change.
const maxPolicyChanges = 200

// holds tells whether a policy holds in an app; what cannot be told holds.
func (s *Server) holds(ctx context.Context, p approvals.Policy, app string) bool {
	holds, err := s.Approvals.Holds(ctx, p, app)
	if err != nil {
		s.Log.WarnContext(ctx, "whether the policy holds", "reference", referenceOf(ctx), "error", err)
	}
	return holds || err != nil
}

// demandText says in words what a policy asks for.
func demandText(ctx context.Context, holds bool, d approvals.Demand) string {
	var parts []string
	if d.Two != nil {
		parts = append(parts, i18n.T(ctx, "approvals.policy.two"))
	}
	for i, l := range d.Limits {
		if l.Pause > 0 {
			parts = append(parts, i18n.T(ctx, "approvals.asks.pause", "time", i18n.Duration(ctx, l.Pause)))
		} else {
			parts = append(parts, i18n.T(ctx, "approvals.asks.quota", "n", i18n.Int(ctx, d.Rules[i].Quota), "time", i18n.Duration(ctx, l.Per)))
		}
	}
	if len(parts) == 0 || !holds {
		return i18n.T(ctx, "approvals.asks.nothing")
	}
	return strings.Join(parts, i18n.T(ctx, "audit.and"))
}
