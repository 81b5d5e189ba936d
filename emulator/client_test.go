package emulator

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestKick ends a login: UserSigs made before are void, newer ones are good, and administrators keep theirs.
func TestKick(t *testing.T) {
	r := newRig(t)
	r.people("a", "b")
	ctx := context.Background()
	sig := func(user string) string { return sign(testApp, user, testKey, r.clock.Now().Unix(), 86400) }
	old, oldB, oldAdmin := sig("a"), sig("b"), r.query()
	if err := r.LogIn(ctx, testApp, "a", old, "Web"); err != nil {
		t.Fatal(err)
	}
	r.clock.Add(time.Second)
	r.ok(account+"kick", `{"Identifier":"a"}`)
	r.ok(account+"kick", `{"UserID":"administrator"}`)
	r.expect(r.ok("openim/query_online_status", `{"To_Account":["a"]}`), "Offline", "QueryResult", 0, "Status")
	const denied = "70001"
	for name, c := range map[string]struct{ user, sig, want string }{
		"the old one":          {"a", old, denied},
		"the old one again":    {"a", old, denied},
		"one of the same time": {"a", sig("a"), ""},
		"somebody else's":      {"b", oldB, ""},
		"of another user":      {"a", oldB, "70013"},
		"nonsense":             {"a", "x", "70003"},
		"a stranger's":         {"zz", sig("zz"), "no such account"},
	} {
		if err := r.LogIn(ctx, testApp, c.user, c.sig, "Web"); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.LogIn(ctx, 7, "a", old, "Web"); err == nil || !strings.Contains(err.Error(), "70020") {
		t.Errorf("another app: %v", err)
	}
	q := r.query()
	q.Set("identifier", "a")
	q.Set("usersig", old)
	if a := r.with(q, account+"account_check", `{}`); a.code() != 70001 {
		t.Errorf("a call with the old one: %v", a)
	}
	q.Set("usersig", sig("a"))
	if a := r.with(q, account+"account_check", `{}`); a.code() != 60010 {
		t.Errorf("a call with a new one, by who is no administrator: %v", a)
	}
	if a := r.with(oldAdmin, account+"account_check", `{"CheckItem":[{"UserID":"a"}]}`); a.code() != 0 {
		t.Errorf("an administrator's old one: %v", a)
	}
	r.refuses([]refusal{{"nobody", account + "kick", `{"UserID":"zz"}`, 70107}, {"without name", account + "kick", `{}`, 70402}})
}

// TestDevices has a user on several at once.
func TestDevices(t *testing.T) {
	r := newRig(t)
	r.people("a")
	devices := func() string {
		t.Helper()
		a := r.ok("openim/query_online_status", `{"To_Account":["a"],"IsNeedDetail":1}`)
		return strings.Join(column(at(a, "QueryResult", 0, "Detail"), "Platform"), " ")
	}
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"one", func() { r.SignIn(testApp, "a", "iPhone") }, "iPhone"},
		{"a second one", func() { r.SignIn(testApp, "a", "Web") }, "Web iPhone"},
		{"the first kind again", func() { r.SignIn(testApp, "a", "iPhone") }, "iPhone Web"},
		{"one gone", func() { r.SignOut(testApp, "a", "iPhone") }, "Web"},
		{"one that is not there", func() { r.SignOut(testApp, "a", "PC") }, "Web"},
		{"all gone", func() { r.SignIn(testApp, "a", "") }, ""},
	} {
		if step.do(); devices() != step.want {
			t.Errorf("%s: %q", step.name, devices())
		}
	}
}
