package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/moderation"
	"imdesk/store"
)

// ruleFields are what a browser sends of the form on a rule's page.
func (a *answer) ruleFields(change ...string) url.Values {
	a.t.Helper()
	_, v := a.filled("rule-form")
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// TestRulePages makes, changes, copies, stops and deletes rules by their pages.
func TestRulePages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	rule := func(name string) moderation.Rule {
		t.Helper()
		r, _, is := h.server.Rules.Rule(name)
		if !is {
			t.Fatalf("there is no rule %s", name)
		}
		return r
	}
	h.as(auth.Moderator).get("/settings/rules").is(http.StatusForbidden)
	b.get("/settings/rules").is(200).has("No rules yet")

	page := b.get("/settings/rules/new").is(200)
	v := page.ruleFields("name", "contacts", "title", "Contacts 引流", "outcome", "reject", "text", "not here", "state", "live")
	b.post("/settings/rules/new", v).is(422).has("This rule cannot be used", "a rule needs a condition", "Nothing was changed")
	v.Set("add", "0")
	v.Set("new_0", "words")
	page = b.post("/settings/rules/new", v).is(200).has("Text has words")
	v = page.ruleFields()
	if v.Get("title") != "Contacts 引流" || v.Get("outcome") != "reject" || v.Get("state") != "live" {
		t.Errorf("what was typed is lost: %v", v)
	}
	b.post("/settings/rules/new", v).is(422).has("This condition says nothing yet")
	v.Set("v_0_0", "加微, add me*")
	v.Set("add", "0")
	v.Set("new_0", "contact")
	v = b.post("/settings/rules/new", v).is(200).has("Has a contact handle").ruleFields()
	v["v_0_1"], v["not_0_1"] = []string{"email"}, []string{"1"}
	b.post("/settings/rules/new", v).is(303)
	r := rule("contacts")
	if got := fmt.Sprintln(r.When.Words, r.When.Not.Contact, r.Outcome, r.State, r.Text); got != "[加微 add me*] [email] reject live not here\n" {
		t.Errorf("made %s", got)
	}
	b.post("/settings/rules/new", v).is(409).has("There is one of this name already")

	page = b.get("/settings/rules/rule/contacts").is(200).has("Contacts 引流", "version 1", "Live", "Nothing in the last 30 days.")
	v = page.ruleFields("title", "Contacts", "note_version", "shorter")
	b.post("/settings/rules/rule/contacts", v).is(303)
	stale := b.post("/settings/rules/rule/contacts", page.ruleFields("title", "Mine")).is(409).has("changed this rule meanwhile", "Nothing was changed")
	b.post("/settings/rules/rule/contacts", stale.ruleFields()).is(303)
	if rule("contacts").Title != "Mine" {
		t.Error("the form did not survive the conflict")
	}
	b.get("/settings/rules/rule/contacts").has("Version 3", "shorter", "in force")
	old := b.get("/settings/rules/rule/contacts?version=1").is(200).has("This is version 1. It is not in force.")
	b.post("/settings/rules/rule/contacts", old.ruleFields()).is(303)
	if r, d, _ := h.server.Rules.Rule("contacts"); r.Title != "Contacts 引流" || d.Version != 4 || d.Note != "back to version 1" {
		t.Errorf("back: %q %d %q", r.Title, d.Version, d.Note)
	}
	b.get("/settings/rules/rule/contacts?version=99").is(404)

	v = b.get("/settings/rules/rule/contacts").ruleFields("as", "toml")
	asTOML := b.post("/settings/rules/rule/contacts", v).is(200).has("The rule as TOML").ruleFields()
	body := asTOML.Get("body")
	asTOML.Set("body", strings.Replace(body, "'reject'", "'rejct'", 1))
	b.post("/settings/rules/rule/contacts", asTOML).is(422).has("rejct")
	asTOML.Set("body", strings.Replace(body, "contacts", "other", 1))
	b.post("/settings/rules/rule/contacts", asTOML).is(422).has("A rule keeps its name")
	asTOML.Set("body", strings.Replace(body, "'reject'", "'drop'", 1))
	b.post("/settings/rules/rule/contacts", asTOML).is(303)
	if rule("contacts").Outcome != moderation.Drop {
		t.Error("the TOML is not in force")
	}

	b.get("/settings/rules/new?copy=contacts").is(200).marked(`value="contacts-2"`, "Copy of Contacts")
	b.get("/settings/rules/new?copy=none").is(404)
	copied := b.get("/settings/rules/new?copy=contacts").ruleFields()
	b.post("/settings/rules/new", copied).is(303)
	if rule("contacts-2").State != moderation.Draft {
		t.Error("a copy is in force")
	}
	_, d, _ := h.server.Rules.Rule("contacts-2")
	state := url.Values{"version": {fmt.Sprint(d.Version)}, "state": {"live"}}
	b.post("/settings/rules/rule/contacts-2/state", state).is(400)
	state.Set("state", "shadow")
	b.post("/settings/rules/rule/contacts-2/state", state).is(303)
	b.post("/settings/rules/rule/contacts-2/state", state).is(303)
	if _, d, _ := h.server.Rules.Rule("contacts-2"); rule("contacts-2").State != moderation.Shadow || d.Version != 2 {
		t.Errorf("state %s, version %d", rule("contacts-2").State, d.Version)
	}
	b.post("/settings/rules/rule/contacts-2/move", url.Values{"to": {"up"}}).is(303)
	if f := h.server.Rules.File(); f.Rules[0].Name != "contacts-2" {
		t.Error("it is not asked first")
	}

	check(t, h.store.Rules.AddHits(t.Context(), []store.RuleHit{
		{At: h.now(), App: testApp, Group: "g1", Sender: "ann", Rule: "contacts", Version: 4, Outcome: "drop", Text: "加微 <b>", Reasons: []byte(`[{"Check":"words","Spans":[{"From":0,"To":6}]}]`), Done: []byte(`{"recall":"rate"}`)},
		{At: h.now(), App: testApp, Sender: "ann", Rule: "contacts", Quiet: true, Outcome: "drop", Text: "secret words"},
		{At: h.now(), App: "elsewhere", Sender: "ann", Rule: "contacts", Outcome: "drop", Text: "not seen"},
	}))
	check(t, h.store.Rules.Reversed(t.Context(), testApp, "contacts", h.now()))
	b.get("/settings/rules/rule/contacts").marked("<mark>加微</mark> &lt;b&gt;").has("Recalled: not done, the service’s rate was reached", "In a direct chat").lacks("secret words", "not seen")
	b.get("/settings/rules").is(200).has("Contacts 引流 Drop Live 1 1 1")

	b.get("/settings/rules/rule/contacts/delete").is(200).has("Delete the rule Contacts 引流?")
	b.post("/settings/rules/rule/contacts/delete", url.Values{"version": {"1"}}).is(303)
	if rule("contacts").Name == "" {
		t.Error("it is gone, though somebody changed it")
	}
	_, d, _ = h.server.Rules.Rule("contacts")
	b.post("/settings/rules/rule/contacts/delete", url.Values{"version": {fmt.Sprint(d.Version)}}).is(303)
	b.get("/settings/rules/rule/contacts").is(404)
	entries, err := h.store.Audit.List(t.Context(), store.AuditFilter{}, 0, 50)
	check(t, err)
	counts := map[string]int{}
	for _, e := range entries {
		counts[e.Action+" "+string(e.State)]++
	}
	if counts["rules.put ok"] < 6 || counts["rules.delete ok"] != 1 || counts["rules.move ok"] != 1 {
		t.Errorf("in the audit log: %v", counts)
	}
}

// TestStoppedRuleSaysWhy: the page of a rule that stopped by itself, and how it goes on.
func TestStoppedRuleSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.putRules("[[rule]]\nname = \"eager\"\nstate = \"stopped\"\noutcome = \"reject\"\nwhen = { words = [\"x1\"] }\n")
	_, d, _ := h.server.Rules.Rule("eager")
	d.Note = "stopped.actions 61 60"
	_, err := h.store.Rules.Put(t.Context(), d)
	check(t, err)
	check(t, h.server.Rules.Load(t.Context()))
	b := h.as(auth.Lead)
	b.get("/settings/rules").has("It acted 61 times in a minute; 60 are allowed.")
	b.get("/settings/rules/rule/eager").has("This rule stopped by itself", "Put in force")
	b.post("/settings/rules/rule/eager/state", url.Values{"version": {"2"}, "state": {"live"}}).is(303)
	if r, _, _ := h.server.Rules.Rule("eager"); r.State != moderation.Live {
		t.Errorf("it is %s", r.State)
	}
}

// TestRuleForms has conditions go through the form and come back saying the same.
func TestRuleForms(t *testing.T) {
	t.Parallel()
	f := moderation.Starter()
	extra, err := moderation.ParsePart([]byte(`
[[rule]]
name = "deep"
state = "draft"
outcome = "flag"
when = { words = ["a1"], not = { any = [ { link = true }, { emoji = 3 } ] }, any = [ { longer = 4 }, { not = { types = ["image"] } } ], all = [ { words = ["b1"] }, { messages = 3 }, { repeats = 2, within = "2m" } ] }
[[rule]]
name = "blocks"
state = "draft"
outcome = "flag"
when = { any = [ { words = ["a1"], link = true }, { any = [ { longer = 4 }, { shorter = 2 } ] } ] }
`))
	check(t, err)
	for _, r := range append(f.Rules, extra.Rules...) {
		top, blocks, is := blocksOf(r.When)
		if !is {
			if r.Name != "blocks" {
				t.Errorf("%s is more than the form can show", r.Name)
			}
			continue
		}
		again := condOf(top, blocks)
		if _, _, is := blocksOf(again); !is {
			t.Errorf("%s is more than the form can show once it went through it", r.Name)
		}
		r2 := r
		r2.When = again
		for _, text := range []string{"a1 b1 long", "a1", "http://a.com a1 b1", "加微信 hx88291", "WHAT IS THIS ALL", "刷单 稳赚不赔 http://a.com 高额返利", "hello"} {
			m := moderation.Message{Group: "g", Sender: "s", At: time.Now(), Texts: []string{text}, Types: []string{"text"}}
			var held [2]bool
			for i, one := range []moderation.Rule{r, r2} {
				one.State = moderation.Live
				set, err := moderation.Compile(moderation.File{Lists: f.Lists, Rules: []moderation.Rule{one}})
				check(t, err)
				v := set.Judge(&m, moderation.NewMemory(), true)
				held[i] = len(v.Checks) > 0
			}
			if held[0] != held[1] {
				t.Errorf("%s of %q: %v, through the form %v", r.Name, text, held[0], held[1])
			}
		}
	}
	if _, _, is := blocksOf(moderation.Cond{All: []moderation.Cond{{Any: []moderation.Cond{{All: []moderation.Cond{{Link: true}}}}}}}); is {
		t.Error("the form claims to show conditions that are deeper than it has places for")
	}
}

// TestWordLists makes a list, changes it by form and by file, and looks at what changes first.
func TestWordLists(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	terms := func() string {
		l, _, _ := h.server.Rules.List("slang")
		return fmt.Sprint(l.Terms, l.Allow)
	}
	b.get("/settings/rules/new-list").is(200)
	b.post("/settings/rules/new-list", url.Values{"name": {"Slang!"}, "terms": {"darn"}}).is(422).has("small letters")
	b.post("/settings/rules/new-list", url.Values{"name": {"slang"}, "title": {"Slang"}, "terms": {"darn\r\nheck\r\n\r\ndarn"}, "allow": {"heckle"}}).is(303)
	if terms() != "[darn heck] [heckle]" {
		t.Errorf("made %s", terms())
	}
	page := b.get("/settings/rules/list/slang").is(200).has("2 terms", "version 1")
	b.post("/settings/rules/list/slang", url.Values{"version": {"1"}, "title": {"Slang"}, "terms": {"darn\nheck\ndang"}}).is(303)
	b.post("/settings/rules/list/slang", url.Values{"version": {"1"}, "title": {"Slang"}, "terms": {"mine"}}).is(409).has("changed this list meanwhile").marked("mine</textarea>")
	if csv := b.get("/settings/rules/list/slang/export").is(200); !strings.Contains(csv.body, "darn,find") || csv.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("exported %s", csv.body)
	}
	page = b.upload("/settings/rules/list/slang/import", map[string]string{"how": "replace"}, "new.csv", "term,kind\ndarn,find\nblast,find\nblaster,allow\n").is(200)
	page.has("1 term comes · 2 go · 1 stays", "+ blast", "1 change of words")
	if terms() != "[darn heck dang] []" {
		t.Error("a look changed it")
	}
	yes := url.Values{"do": {"1"}, "version": {"2"}, "all_terms": {"darn\nblast"}, "all_allow": {"blaster"}}
	b.post("/settings/rules/list/slang/import", yes).is(303)
	b.post("/settings/rules/list/slang/import", yes).is(409)
	if terms() != "[darn blast] [blaster]" {
		t.Errorf("imported %s", terms())
	}
	b.upload("/settings/rules/list/slang/import", map[string]string{"how": "add"}, "x.csv", "heck\n").is(200).has("1 term comes · 0 go · 2 stay")
	b.upload("/settings/rules/list/slang/import", nil, "x.csv", "\n").is(422).has("The file was not taken")
	b.get("/settings/rules/list/slang?version=1").is(200).has("This is version 1.", "1 term comes · 1 goes · 1 stays")

	var many strings.Builder
	for i := range 100_001 {
		fmt.Fprintf(&many, "term%d\n", i)
	}
	b.upload("/settings/rules/list/slang/import", nil, "many.csv", many.String()).is(200).has("100,001 terms come")
	_, all, _ := strings.Cut(many.String(), "\n")
	yes = url.Values{"do": {"1"}, "version": {"3"}, "all_terms": {many.String()}}
	b.post("/settings/rules/list/slang/import", yes).is(422).has("more than 100000 terms")
	yes.Set("all_terms", all)
	b.post("/settings/rules/list/slang/import", yes).is(303)
	page = b.get("/settings/rules/list/slang").is(200).has("With 100,000 terms this list is too long for one field.").lacks("term777")
	b.post("/settings/rules/list/slang", url.Values{"version": {"4"}, "add": {"one more"}, "remove": {"term1\nterm2"}}).is(303)
	if l, _, _ := h.server.Rules.List("slang"); len(l.Terms) != 99_999 || l.Terms[len(l.Terms)-1] != "one more" {
		t.Errorf("%d terms", len(l.Terms))
	}

	_, err := h.server.Rules.PutRule(t.Context(), moderation.Rule{Name: "swearing", State: moderation.Draft, Outcome: moderation.Flag, When: moderation.Cond{Lists: []string{"slang"}}}, 0, "test", "")
	check(t, err)
	b.get("/settings/rules/list/slang").has("Used by")
	b.post("/settings/rules/list/slang/delete", url.Values{"version": {"5"}}).is(303)
	if terms() == "[] []" {
		t.Error("a list that a rule names is deleted")
	}
	b.get("/settings/rules").has("Rules use slang")
}

// TestRuleImport takes up rules of a file, after a look at what changes.
func TestRuleImport(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	text := "[[rule]]\nname = \"a\"\nstate = \"draft\"\noutcome = \"hold\"\nwhen = { words = [\"x1\"] }\n"
	b.get("/settings/rules/import").is(200)
	b.post("/settings/rules/import", url.Values{"body": {strings.Replace(text, "hold", "hld", 1)}}).is(422).has("line 4, column 12")
	b.upload("/settings/rules/import", nil, "r.toml", text).is(200).has("Rule a is new")
	if len(h.server.Rules.File().Rules) != 0 {
		t.Error("a look took it up")
	}
	b.post("/settings/rules/import", url.Values{"body": {text}, "do": {"1"}}).is(303)
	b.post("/settings/rules/import", url.Values{"body": {text}}).is(200).has("Nothing: all of it is so already.")
	if got := b.get("/settings/rules/export").is(200).body; !strings.Contains(got, "name = 'a'") {
		t.Errorf("exported %s", got)
	}
}

// TestLaboratory looks through an archive with a rule that is being typed.
func TestLaboratory(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	h.putRules(`
[[rule]]
name = "money"
state = "live"
outcome = "flag"
when = { words = ["money", "cash"] }
[[rule]]
name = "shouting"
state = "live"
outcome = "flag"
when = { capitals = 90 }
`)
	at := h.now().Add(-3 * 24 * time.Hour)
	for i, text := range []string{"some money", "cash here", "GIVE ME YOUR GOLD NOW", "gold", "nothing", "<i>gold</i> it is, and much more is said beside it"} {
		place := store.Conversation{App: testApp, Group: "g1"}
		if i == 3 {
			place = store.Conversation{App: testApp, Users: [2]string{"ann", "bob"}}
		}
		m := store.Archived{Place: place, Key: fmt.Sprint(i + 1), Seq: int64(i + 1), Counted: true, Sender: "ann", At: at.Add(time.Duration(i) * time.Minute), Types: []string{"text"}, Text: text, Body: `[]`, Source: "test", Added: at}
		_, err := h.store.Archive.Add(context.Background(), []store.Archived{m})
		check(t, err)
	}
	v := b.get("/settings/rules/rule/money").ruleFields("v_0_0", "money, gold", "where", "everywhere", "sample", "all the G.O.L.D", "lab_days", "7")
	v.Del("lab")
	part := b.postPart("/settings/rules/lab", "/settings/rules/rule/money", v).is(200)
	part.has("Last 7 d", "6 messages", "It would have caught 4 messages.", "New against the present version 3", "No longer caught 1", "shouting: 1", "Hit most ann 4 times", "In a direct chat", "Flag")
	part.marked("<mark>G.O.L.D</mark>", "&lt;i&gt;<mark>gold</mark>&lt;/i&gt;")
	if strings.Contains(part.body, "<html") {
		t.Error("a whole page came for the part")
	}
	v.Set("lab", "all")
	b.post("/settings/rules/rule/money", v).is(200).has("It would have caught 4 messages.", "Read what is new: 3")
	if r, _, _ := h.server.Rules.Rule("money"); len(r.When.Words) != 2 || r.When.Words[1] != "cash" {
		t.Error("the laboratory changed the rule")
	}
	v.Set("v_0_0", "")
	b.postPart("/settings/rules/lab", "/settings/rules/rule/money", v).is(200).has("Something in the form is missing or wrong.")
	short, err := h.server.Rules.Replay(t.Context(), []string{testApp}, at.Add(-time.Hour), h.server.Rules.File().Rules[0], nil, time.Nanosecond)
	if err != nil || short.Whole {
		t.Errorf("out of time: whole %v, %v", short.Whole, err)
	}
	none, err := h.server.Rules.Replay(t.Context(), []string{}, at.Add(-time.Hour), h.server.Rules.File().Rules[0], nil, time.Minute)
	if err != nil || none.Read != 0 {
		t.Errorf("of no app, %d were read: %v", none.Read, err)
	}
}
