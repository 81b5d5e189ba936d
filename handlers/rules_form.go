package handlers

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/moderation"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// How conditions are joined.
const (
	joinAll  = "all"
	joinAny  = "any"
	joinNone = "none"
)

// Bounds of the form: more is written as TOML.
const (
	maxBlocks   = 10
	maxRuleRows = 20
)

// ruleForm is a rule as it is edited: by fields, or as TOML.
type ruleForm struct {
	rule   moderation.Rule
	top    string // how the blocks are joined: all or any
	blocks []ruleBlock
	toml   bool // it is written as TOML
	body   string
	note   string
	wrong  map[string]string // by the name of a field
	err    *moderation.Mistake
}

// ruleBlock is conditions that are joined in one way.
type ruleBlock struct {
	join string
	rows []ruleRow
}

// ruleRow is one condition; not: it must not hold.
type ruleRow struct {
	not bool
	moderation.Part
}

// cond is a row as a condition.
func (r ruleRow) cond() moderation.Cond {
	if r.not {
		c := r.Cond
		return moderation.Cond{Not: &c}
	}
	return r.Cond
}

// cond is a block as a condition.
func (b ruleBlock) cond() moderation.Cond {
	if b.join == joinAll {
		var c moderation.Cond
		for _, r := range b.rows {
			if with, fits := c.With(r.Part); !r.not && fits {
				c = with
			} else if r.not && c.Not == nil {
				c.Not = &r.Cond
			} else {
				c.All = append(c.All, r.cond())
			}
		}
		return c
	}
	var list []moderation.Cond
	for _, r := range b.rows {
		list = append(list, r.cond())
	}
	c := moderation.Cond{Any: list}
	if len(list) == 1 {
		c = list[0]
	}
	if b.join == joinNone {
		return moderation.Cond{Not: &c}
	}
	return c
}

// condOf is what a form asks for.
func condOf(top string, blocks []ruleBlock) moderation.Cond {
	var list []moderation.Cond
	for _, b := range blocks {
		if len(b.rows) > 0 {
			list = append(list, b.cond())
		}
	}
	switch {
	case len(list) == 0:
		return moderation.Cond{}
	case len(list) == 1:
		return list[0]
	case top == joinAny:
		return moderation.Cond{Any: list}
	}
	// The blocks become one condition where that says the same.
	c := list[0]
	for _, sub := range list[1:] {
		switch {
		case len(c.Any) == 0 && len(sub.Any) > 0 && plainAny(sub):
			c.Any = sub.Any
		case c.Not == nil && sub.Not != nil && len(sub.Parts())+len(sub.All)+len(sub.Any) == 0:
			c.Not = sub.Not
		default:
			c.All = append(c.All, sub)
		}
	}
	return c
}

func plainAny(c moderation.Cond) bool { return len(c.Parts())+len(c.All) == 0 && c.Not == nil }

// single is a condition that asks for one thing, or for that not to be.
func single(c moderation.Cond) (ruleRow, bool) {
	parts := c.Parts()
	switch {
	case len(parts) == 1 && len(c.All)+len(c.Any) == 0 && c.Not == nil:
		return ruleRow{Part: parts[0]}, true
	case len(parts)+len(c.All)+len(c.Any) == 0 && c.Not != nil:
		r, is := single(*c.Not)
		return ruleRow{not: true, Part: r.Part}, is && !r.not
	}
	return ruleRow{}, false
}

func singles(list []moderation.Cond) (rows []ruleRow, is bool) {
	for _, c := range list {
		r, is := single(c)
		if !is {
			return nil, false
		}
		rows = append(rows, r)
	}
	return rows, len(rows) > 0
}

// blockOf is a condition as one block.
func blockOf(c moderation.Cond) (ruleBlock, bool) {
	if plainAny(c) && len(c.Any) > 0 {
		rows, is := singles(c.Any)
		return ruleBlock{joinAny, rows}, is
	}
	if len(c.Parts())+len(c.All)+len(c.Any) == 0 && c.Not != nil && plainAny(*c.Not) && len(c.Not.Any) > 0 {
		rows, is := singles(c.Not.Any)
		return ruleBlock{joinNone, rows}, is
	}
	b := ruleBlock{join: joinAll}
	for _, p := range c.Parts() {
		b.rows = append(b.rows, ruleRow{Part: p})
	}
	rest, is := singles(c.All)
	if len(c.All) > 0 && !is || len(c.Any) > 0 {
		return b, false
	}
	b.rows = append(b.rows, rest...)
	if c.Not != nil {
		r, is := single(*c.Not)
		if !is || r.not {
			return b, false
		}
		b.rows = append(b.rows, ruleRow{not: true, Part: r.Part})
	}
	return b, len(b.rows) > 0
}

// blocksOf is a condition as the form has it; false if it is more than that.
func blocksOf(c moderation.Cond) (top string, blocks []ruleBlock, is bool) {
	if b, is := blockOf(c); is {
		return joinAll, []ruleBlock{b}, true
	}
	if plainAny(c) && len(c.Any) > 0 {
		for _, sub := range c.Any {
			b, is := blockOf(sub)
			if !is {
				return "", nil, false
			}
			blocks = append(blocks, b)
		}
		return joinAny, blocks, true
	}
	own := ruleBlock{join: joinAll}
	for _, p := range c.Parts() {
		own.rows = append(own.rows, ruleRow{Part: p})
	}
	add := func(sub moderation.Cond) bool {
		if r, is := single(sub); is {
			own.rows = append(own.rows, r)
			return true
		}
		b, is := blockOf(sub)
		blocks = append(blocks, b)
		return is
	}
	for _, sub := range c.All {
		if !add(sub) {
			return "", nil, false
		}
	}
	if len(c.Any) > 0 && !add(moderation.Cond{Any: c.Any}) || c.Not != nil && !add(moderation.Cond{Not: c.Not}) {
		return "", nil, false
	}
	if len(own.rows) > 0 {
		blocks = slices.Insert(blocks, 0, own)
	}
	return joinAll, blocks, len(blocks) > 0 && len(blocks) <= maxBlocks
}

// newRuleForm is a rule for editing: by fields where they can say all of it.
func newRuleForm(r moderation.Rule) ruleForm {
	f := ruleForm{rule: r, wrong: map[string]string{}}
	var is bool
	if f.top, f.blocks, is = blocksOf(r.When); !is && r.When.Parts() == nil && len(r.When.All)+len(r.When.Any) == 0 && r.When.Not == nil {
		f.top, f.blocks, is = joinAll, []ruleBlock{{join: joinAll}}, true
	}
	f.toml = !is
	f.write()
	return f
}

// write fills in the TOML.
func (f *ruleForm) write() {
	b, err := moderation.Format(moderation.File{Rules: []moderation.Rule{f.rule}})
	if err == nil {
		f.body = strings.TrimPrefix(string(b), "[[rule]]\n")
	}
}

// Names of the fields of a row.
func rowField(name string, block, row int) string {
	return name + "_" + strconv.Itoa(block) + "_" + strconv.Itoa(row)
}

// fieldWords are the values of a field, one a line or between commas, each once.
func fieldWords(text string, commas bool) (list []string) {
	known := map[string]bool{}
	for line := range strings.Lines(text) {
		parts := []string{line}
		if commas {
			parts = strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == '，' || r == '、' })
		}
		for _, p := range parts {
			if p = strings.TrimSpace(p); p != "" && !known[p] {
				known[p], list = true, append(list, p)
			}
		}
	}
	return list
}

// readRuleForm reads what was sent. What is wrong is noted beside its field.
func readRuleForm(ctx context.Context, v url.Values, name string) ruleForm {
	f := ruleForm{wrong: map[string]string{}, note: clip(strings.TrimSpace(v.Get("note_version")), 200), body: v.Get("body")}
	if v.Get("mode") == "toml" {
		f.toml = true
		f.readTOML(ctx, name)
		return f
	}
	r := &f.rule
	number := func(field string, most int) int {
		raw := strings.TrimSpace(v.Get(field))
		if raw == "" {
			return 0
		}
		n, err := strconv.Atoi(raw)
		if err != nil || n < 0 || n > most {
			f.wrong[field] = i18n.T(ctx, "rules.wrong.number", "most", i18n.Int(ctx, most))
		}
		return n
	}
	span := func(field string) moderation.Duration {
		raw := strings.TrimSpace(v.Get(field))
		if raw == "" {
			return 0
		}
		d, err := moderation.ParseDuration(raw)
		if err != nil {
			f.wrong[field] = i18n.T(ctx, "rules.wrong.span")
		}
		return moderation.Duration(d)
	}
	text := func(field string) string { return strings.TrimSpace(strings.ReplaceAll(v.Get(field), "\r\n", "\n")) }
	if r.Name = name; name == "" {
		r.Name = text("name")
	}
	r.Title, r.Note, r.State, r.Outcome = text("title"), text("about"), moderation.State(v.Get("state")), moderation.Outcome(v.Get("outcome"))
	r.Canary = number("canary", 99)
	if r.State != moderation.Canary {
		r.Canary = 0
	}
	r.Score, r.Code, r.Direct, r.Text = number("score", 100), number("code", 1_000_000), number("direct_code", 1_000_000), text("text")
	r.Apps, r.Groups, r.Where = v["apps"], fieldWords(v.Get("groups"), true), v.Get("where")
	r.Hours, r.Zone = text("hours"), text("zone")
	r.SpareRoles, r.SpareUsers = v["except_roles"], fieldWords(v.Get("except_users"), true)
	r.MaxActions, r.MaxReversals = number("max_actions", 100_000), number("max_reversals", 100_000)
	then := moderation.Then{
		Recall: v.Has("recall"), Kick: v.Has("kick"), Operators: v.Has("notify_operators"), Mute: fieldWords(v.Get("mute"), true), Author: text("notify_author"), Decay: span("decay"),
	}
	if then.Recall || then.Kick || then.Operators || len(then.Mute) > 0 || then.Author != "" || then.Decay > 0 {
		r.Then = &then
	}
	f.top = joinOf(v.Get("top"), joinAll, joinAny)
	for b := range maxBlocks {
		if !v.Has("join_" + strconv.Itoa(b)) {
			break
		}
		block := ruleBlock{join: joinOf(v.Get("join_"+strconv.Itoa(b)), joinAll, joinAny, joinNone)}
		for n := range maxRuleRows {
			kind := v.Get(rowField("kind", b, n))
			if kind == "" {
				break
			}
			if slices.Contains(moderation.Kinds(), kind) {
				block.rows = append(block.rows, readRow(v, kind, b, n, number, span))
			}
		}
		f.blocks = append(f.blocks, block)
	}
	if len(f.blocks) == 0 {
		f.blocks = []ruleBlock{{join: joinAll}}
	}
	r.When = condOf(f.top, f.blocks)
	f.write()
	return f
}

func joinOf(s string, known ...string) string {
	if slices.Contains(known, s) {
		return s
	}
	return known[0]
}

// readRow reads one condition. One that says nothing yet stays in the form, and is a mistake when the rule is checked.
func readRow(v url.Values, kind string, b, n int, number func(string, int) int, span func(string) moderation.Duration) ruleRow {
	field := func(name string) string { return rowField(name, b, n) }
	r := ruleRow{not: v.Has(field("not")), Part: moderation.Part{Kind: kind}}
	c, value := &r.Cond, v.Get(field("v"))
	switch kind {
	case "words":
		c.Words, c.Lists = fieldWords(value, true), v[field("list")]
	case "pattern":
		c.Patterns = fieldWords(value, false)
	case "link":
		c.Hosts, c.NoHosts = fieldWords(value, true), fieldWords(v.Get(field("w")), true)
		c.Link = len(c.Hosts)+len(c.NoHosts) == 0
	case "contact":
		c.Contact = v[field("v")]
	case "repeats":
		c.Repeats, c.Within = number(field("v"), 60), span(field("w"))
	case "senders":
		c.Senders, c.Within = number(field("v"), 60), span(field("w"))
	case "rate":
		c.Messages, c.Within = number(field("v"), 60), span(field("w"))
	case "joined":
		c.Joined = span(field("v"))
	case "strikes":
		c.Strikes = number(field("v"), 1000)
	case "mentions":
		c.Mentions = number(field("v"), 1000)
	case "capitals":
		c.Capitals = number(field("v"), 100)
	case "emoji":
		c.Emoji = number(field("v"), 1000)
	case "mixed":
		c.Mixed = true
	case "script":
		c.Scripts = fieldWords(value, true)
	case "longer":
		c.Longer = number(field("v"), 100_000)
	case "shorter":
		c.Shorter = number(field("v"), 100_000)
	case "type":
		c.Types = v[field("v")]
	case "file":
		c.Files = fieldWords(value, true)
	case "group_type":
		c.GroupTypes = fieldWords(value, true)
	}
	return r
}

// readTOML reads the rule as it is written. Its name stays what it was, if it has one.
func (f *ruleForm) readTOML(ctx context.Context, name string) {
	file, err := moderation.ParsePart([]byte("[[rule]]\n" + strings.TrimPrefix(strings.TrimSpace(strings.ReplaceAll(f.body, "\r\n", "\n")), "[[rule]]")))
	if mistake, is := errors.AsType[*moderation.Mistake](err); is {
		f.err = mistake
		return
	}
	switch {
	case len(file.Rules) != 1 || len(file.Lists) > 0:
		f.err = &moderation.Mistake{Text: i18n.T(ctx, "rules.wrong.one_rule")}
	case name != "" && file.Rules[0].Name != name:
		f.err = &moderation.Mistake{Rule: file.Rules[0].Name, Text: i18n.T(ctx, "rules.wrong.keeps_name")}
	default:
		f.rule = file.Rules[0]
	}
}

// blank are the rows that say nothing yet.
func (f *ruleForm) blank() (names []string) {
	for b, block := range f.blocks {
		for n, r := range block.rows {
			if len(r.Cond.Parts()) == 0 {
				names = append(names, rowField("v", b, n))
			}
		}
	}
	return names
}

// ok reports whether the form can be used, and notes what is wrong with it.
func (f *ruleForm) ok(ctx context.Context, lists []moderation.List) bool {
	if f.err == nil && !f.toml {
		for _, field := range f.blank() {
			if f.wrong[field] == "" {
				f.wrong[field] = i18n.T(ctx, "rules.wrong.blank")
			}
		}
	}
	if f.err == nil && len(f.wrong) == 0 {
		used := map[string]bool{}
		f.rule.When.Each(func(c *moderation.Cond) {
			for _, l := range c.Lists {
				used[l] = true
			}
		})
		named := slices.DeleteFunc(slices.Clone(lists), func(l moderation.List) bool { return !used[l.Name] })
		err := moderation.File{Lists: named, Rules: []moderation.Rule{f.rule}}.Check()
		f.err, _ = errors.AsType[*moderation.Mistake](err)
	}
	return f.err == nil && len(f.wrong) == 0
}

// change does what a button of the form wants: a condition or block more or less.
func (f *ruleForm) change(ctx context.Context, v url.Values) bool {
	place := func(name string) (b, n int, is bool) {
		first, second, _ := strings.Cut(v.Get(name), ".")
		b, err := strconv.Atoi(first)
		n, _ = strconv.Atoi(second)
		return b, n, v.Has(name) && err == nil && b >= 0 && b < len(f.blocks) && n >= 0
	}
	if b, _, is := place("add"); is {
		kind := v.Get("new_" + strconv.Itoa(b))
		if slices.Contains(moderation.Kinds(), kind) && len(f.blocks[b].rows) < maxRuleRows {
			row := ruleRow{Part: moderation.Part{Kind: kind}}
			row.Cond.Mixed, row.Cond.Link = kind == "mixed", kind == "link"
			f.blocks[b].rows = append(f.blocks[b].rows, row)
		}
		return true
	}
	if b, n, is := place("remove"); is {
		if n < len(f.blocks[b].rows) {
			f.blocks[b].rows = slices.Delete(f.blocks[b].rows, n, n+1)
		}
		return true
	}
	if b, _, is := place("remove_block"); is {
		if f.blocks = slices.Delete(f.blocks, b, b+1); len(f.blocks) == 0 {
			f.blocks = []ruleBlock{{join: joinAll}}
		}
		return true
	}
	switch {
	case v.Has("add_block"):
		if len(f.blocks) < maxBlocks {
			f.blocks = append(f.blocks, ruleBlock{join: joinAll})
		}
	case v.Get("as") == "toml":
		f.toml = true
	case v.Get("as") == "form":
		if f.err == nil {
			note := f.note
			*f = newRuleForm(f.rule)
			f.note = note
			if f.toml {
				f.err = &moderation.Mistake{Rule: f.rule.Name, Text: i18n.T(ctx, "rules.wrong.deep")}
			}
		}
	default:
		return false
	}
	return true
}

// ruleFormView is the form for a page.
func (s *Server) ruleFormView(ctx context.Context, f ruleForm, at ruleAddresses, version int64, apps []*App, lists []moderation.List) templates.RuleFormView {
	r := f.rule
	field := func(name, value string) templates.FieldView {
		//i18n:uses rules.field.*
		x := templates.FieldView{Name: name, ID: "f-" + name, Label: i18n.T(ctx, "rules.field."+name), Value: value, Error: f.wrong[name], Optional: true}
		if key := "rules.field." + name + ".hint"; i18n.Has(ctx, key) {
			x.Hint = i18n.T(ctx, key)
		}
		return x
	}
	number := func(name string, n int) templates.FieldView {
		x := field(name, wholeText(n))
		x.Type, x.Attrs = "number", map[string]any{"min": "0", "inputmode": "numeric"}
		return x
	}
	v := templates.RuleFormView{
		URL: at.save, LabURL: at.lab, Version: strconv.FormatInt(version, 10), New: at.name == "", RuleName: at.name,
		Title: field("title", r.Title), About: field("about", r.Note), TOML: f.toml,
		Body: templates.FieldView{
			Name: "body", ID: "f-body", Label: i18n.T(ctx, "rules.body"), Value: f.body, Rows: 14, Hint: i18n.T(ctx, "rules.body.hint"),
			Attrs: map[string]any{"spellcheck": "false", "dir": "ltr", "class": "textarea mono"},
		},
		State: field("state", string(r.State)), Canary: number("canary", r.Canary), Outcome: field("outcome", string(r.Outcome)),
		Score: number("score", r.Score), Code: number("code", r.Code), Direct: number("direct_code", r.Direct), Text: field("text", r.Text),
		Where: field("where", r.Where), Groups: field("groups", strings.Join(r.Groups, "\n")), Hours: field("hours", r.Hours), Zone: field("zone", r.Zone),
		Users: field("except_users", strings.Join(r.SpareUsers, "\n")), MaxActions: number("max_actions", r.MaxActions), MaxReversals: number("max_reversals", r.MaxReversals),
		Note: field("note_version", f.note), Top: field("top", f.top),
	}
	v.Title.Optional, v.State.Optional, v.Outcome.Optional, v.Top.Optional, v.Where.Optional = false, false, false, false, false
	v.Groups.Rows, v.Users.Rows, v.About.Rows = 2, 2, 2
	v.Canary.Optional = false
	if v.New {
		name := field("name", r.Name)
		name.Required, name.Optional, name.MaxLength = true, false, moderation.MaxName
		v.Name = &name
	}
	if f.err != nil {
		v.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "rules.wrong.title"), Text: f.err.Text, Changed: i18n.T(ctx, "error.unchanged")}
		if f.toml {
			v.Body.Error, v.Notice = f.err.Text, nil
			if f.err.Line > 0 {
				v.Body.Error = i18n.T(ctx, "rules.wrong.line", "line", max(f.err.Line-1, 1), "text", f.err.Text)
			}
		}
	} else if len(f.wrong) > 0 {
		v.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "rules.wrong.fields"), Changed: i18n.T(ctx, "error.unchanged")}
	}
	for _, st := range moderation.States() {
		if st == moderation.Stopped && r.State != moderation.Stopped {
			continue
		}
		//i18n:uses rules.state.*
		v.States = append(v.States, templates.Option{Value: string(st), Text: i18n.T(ctx, "rules.state."+string(st)), Hint: i18n.T(ctx, "rules.state."+string(st)+".hint")})
	}
	for _, o := range moderation.Outcomes() {
		//i18n:uses rules.outcome.*
		v.Outcomes = append(v.Outcomes, templates.Option{Value: string(o), Text: i18n.T(ctx, "rules.outcome."+string(o)), Hint: i18n.T(ctx, "rules.outcome."+string(o)+".hint")})
	}
	for _, w := range []string{"groups", "direct", "everywhere"} {
		//i18n:uses rules.where.*
		v.Wheres = append(v.Wheres, templates.Option{Value: w, Text: i18n.T(ctx, "rules.where."+w)})
	}
	if v.Where.Value == "" {
		v.Where.Value = "groups"
	}
	for _, j := range []string{joinAll, joinAny} {
		v.Tops = append(v.Tops, templates.Option{Value: j, Text: i18n.T(ctx, "rules.top."+j)}) //i18n:uses rules.top.*
	}
	for _, a := range apps {
		v.Apps = append(v.Apps, templates.RuleBox{Option: templates.Option{Value: a.Name, Text: a.Title}, On: slices.Contains(r.Apps, a.Name)})
	}
	for _, name := range r.Apps { // one that is gone, or that the operator does not see, stays
		if !slices.ContainsFunc(apps, func(a *App) bool { return a.Name == name }) {
			v.Apps = append(v.Apps, templates.RuleBox{Option: templates.Option{Value: name, Text: name}, On: true})
		}
	}
	if len(v.Apps) == 1 && !v.Apps[0].On {
		v.Apps = nil
	}
	for _, role := range []string{"owner", "admin"} {
		//i18n:uses ui.role.*
		v.Roles = append(v.Roles, templates.RuleBox{Option: templates.Option{Value: role, Text: i18n.T(ctx, "ui.role."+role)}, On: slices.Contains(r.SpareRoles, role)})
	}
	then := r.Then
	if then == nil {
		then = &moderation.Then{}
	}
	for _, b := range []struct {
		name string
		on   bool
	}{{"notify_operators", then.Operators}, {"recall", then.Recall}, {"kick", then.Kick}} {
		//i18n:uses rules.then.*
		v.Then = append(v.Then, templates.RuleBox{Name: b.name, Option: templates.Option{Value: "1", Text: i18n.T(ctx, "rules.then."+b.name)}, On: b.on})
	}
	v.Mute, v.Decay, v.Author = field("mute", strings.Join(then.Mute, ", ")), field("decay", spanText(then.Decay)), field("notify_author", then.Author)
	for b, block := range f.blocks {
		n := strconv.Itoa(b)
		bv := templates.RuleBlockView{
			N: n, Legend: i18n.T(ctx, "rules.block", "n", b+1), Join: templates.FieldView{Name: "join_" + n, ID: "f-join-" + n, Label: i18n.T(ctx, "rules.join"), Value: block.join},
			New: templates.FieldView{Name: "new_" + n, ID: "f-new-" + n, Label: i18n.T(ctx, "rules.new_condition"), Value: "words"}, Only: len(f.blocks) == 1,
		}
		for _, j := range []string{joinAll, joinAny, joinNone} {
			bv.Joins = append(bv.Joins, templates.Option{Value: j, Text: i18n.T(ctx, "rules.join."+j)}) //i18n:uses rules.join.*
		}
		for _, kind := range moderation.Kinds() {
			bv.Kinds = append(bv.Kinds, templates.Option{Value: kind, Text: kindText(ctx, kind)})
		}
		for i, row := range block.rows {
			bv.Rows = append(bv.Rows, s.ruleRowView(ctx, f, row, b, i, lists))
		}
		v.Blocks = append(v.Blocks, bv)
	}
	return v
}

// kindText is what a condition asks for, in words.
func kindText(ctx context.Context, kind string) string {
	//i18n:uses rules.kind.*
	return i18n.T(ctx, "rules.kind."+kind)
}

func wholeText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func spanText(d moderation.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// messageTypes are the types of elements that a rule can ask for.
var messageTypes = []string{"text", "image", "sound", "video", "file", "face", "location", "merged", "custom"}

// ruleRowView is one condition with the controls that its kind needs.
func (s *Server) ruleRowView(ctx context.Context, f ruleForm, row ruleRow, b, n int, lists []moderation.List) templates.RuleRowView {
	c := row.Cond
	v := templates.RuleRowView{Kind: row.Kind, KindName: rowField("kind", b, n), Text: kindText(ctx, row.Kind), NotName: rowField("not", b, n), Not: row.not, Place: strconv.Itoa(b) + "." + strconv.Itoa(n)}
	control := func(name, label, value string, kind string) {
		id := rowField(name, b, n)
		//i18n:uses rules.row.*
		x := templates.FieldView{Name: id, Label: i18n.T(ctx, "rules.row."+label), Value: value, Error: f.wrong[id]}
		switch kind {
		case "number":
			x.Type, x.Attrs = "number", map[string]any{"min": "1", "inputmode": "numeric"}
		case "span":
			x.Placeholder = "10m"
			if label == "within" {
				x.Placeholder = "1m"
			}
			x.Attrs = map[string]any{"size": "6"}
		case "area":
			x.Rows, x.Attrs = 1, map[string]any{"dir": "auto", "spellcheck": "false"}
		}
		v.Fields = append(v.Fields, x)
	}
	boxes := func(name string, chosen []string, all []string, text func(string) string) {
		for _, value := range chosen {
			if !slices.Contains(all, value) {
				all = append(all[:len(all):len(all)], value)
			}
		}
		for _, value := range all {
			v.Boxes = append(v.Boxes, templates.RuleBox{Name: rowField(name, b, n), Option: templates.Option{Value: value, Text: text(value)}, On: slices.Contains(chosen, value)})
		}
		v.Error = f.wrong[rowField("v", b, n)]
	}
	same := func(value string) string { return value }
	switch row.Kind {
	case "words":
		control("v", "words", strings.Join(c.Words, ", "), "area")
		var names []string
		title := map[string]string{}
		for _, l := range lists {
			names, title[l.Name] = append(names, l.Name), orID(l.Title, l.Name)
		}
		boxes("list", c.Lists, names, func(name string) string { return orID(title[name], name) })
		v.Error = ""
	case "pattern":
		control("v", "patterns", strings.Join(c.Patterns, "\n"), "area")
	case "link":
		control("v", "hosts", strings.Join(c.Hosts, ", "), "area")
		control("w", "not_hosts", strings.Join(c.NoHosts, ", "), "area")
	case "contact":
		boxes("v", c.Contact, append([]string{"any"}, moderation.ContactKinds()...), func(value string) string {
			//i18n:uses rules.contact.*
			return i18n.T(ctx, "rules.contact."+value)
		})
	case "repeats", "senders", "rate":
		control("v", row.Kind, wholeText(max(c.Repeats, c.Senders, c.Messages)), "number")
		control("w", "within", spanText(c.Within), "span")
	case "joined":
		control("v", "joined", spanText(c.Joined), "span")
	case "strikes", "mentions", "capitals", "emoji", "longer", "shorter":
		control("v", row.Kind, wholeText(max(c.Strikes, c.Mentions, c.Capitals, c.Emoji, c.Longer, c.Shorter)), "number")
	case "script":
		control("v", "scripts", strings.Join(c.Scripts, ", "), "")
	case "type":
		boxes("v", c.Types, messageTypes, func(value string) string {
			//i18n:uses rules.type.*
			if key := "rules.type." + value; i18n.Has(ctx, key) {
				return i18n.T(ctx, key)
			}
			return value
		})
	case "file":
		control("v", "files", strings.Join(c.Files, ", "), "")
	case "group_type":
		boxes("v", c.GroupTypes, groupTypes(s.Apps.All()), same)
	}
	return v
}

// groupTypes are the types of groups of some apps, in the vendors' words.
func groupTypes(apps []*App) (list []string) {
	for _, a := range apps {
		if a.IM == nil {
			continue
		}
		for _, t := range a.IM.Caps.Types {
			if !slices.Contains(list, string(t.Type)) {
				list = append(list, string(t.Type))
			}
		}
	}
	return list
}

// labSpans are how far back the laboratory looks.
var labSpans = []time.Duration{7 * 24 * time.Hour, 30 * 24 * time.Hour}
