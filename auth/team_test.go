package auth

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"imdesk/store"
)

func gone(err error) string {
	if g, ok := errors.AsType[*InviteGone](err); ok {
		return g.Why
	}
	return ""
}

func TestInvites(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	owner := d.add(t, "Owner", Owner)
	boss := d.add(t, "Boss", Lead)
	invite := func(by Operator) string {
		t.Helper()
		_, token, err := d.Invite(ctx, by, "for Tom", Viewer, map[string]Role{"demo": Lead}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	token := invite(owner)
	if _, err := d.AcceptInvite(ctx, token, "Tom", "short"); err == nil {
		t.Error("a weak password was taken")
	}
	if _, err := d.AcceptInvite(ctx, token, "boss", password); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a taken name: %v", err)
	}
	tom, err := d.AcceptInvite(ctx, token, "Tom", password)
	if err != nil || !tom.CanIn("demo", VerbBan) || tom.CanIn("shop", VerbBan) || !tom.CanIn("shop", VerbView) {
		t.Fatalf("%+v, %v", tom, err)
	}
	d.wantIn(t, d.mustSignIn(t, "Tom"), "Tom")
	if got := d.audit(t, 3)[1]; got == "" {
		t.Error("nothing was recorded")
	}
	for name, want := range map[string]string{token: "used", token[1:] + "A": "unknown", "": "unknown", token[1:]: "unknown"} {
		if _, err := d.AcceptInvite(ctx, name, "Tim", password); gone(err) != want {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
	late := invite(owner)
	d.pass(InviteTime)
	if _, err := d.AcceptInvite(ctx, late, "Tim", password); gone(err) != "expired" {
		t.Error(err)
	}
	revoked := invite(owner)
	list, err := d.store.Invites.List(ctx, 9)
	if err != nil || d.RevokeInvite(ctx, owner, list[0].ID) != nil {
		t.Fatal(list, err)
	}
	if _, err := d.AcceptInvite(ctx, revoked, "Tim", password); gone(err) != "revoked" {
		t.Error(err)
	}
	// Who could not give it today gave nothing.
	d.roles(t, boss.ID, Lead, nil)
	lost := invite(boss)
	d.roles(t, boss.ID, Viewer, nil)
	if _, err := d.AcceptInvite(ctx, lost, "Tim", password); gone(err) != "revoked" {
		t.Error(err)
	}
	if _, _, err := d.Invite(ctx, boss, "", Owner, nil, 0); err == nil {
		t.Error("invited an owner, being none")
	}
}

func TestResetLink(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	owner, mei := d.add(t, "Owner", Owner), d.add(t, "Mei", Lead)
	c := d.mustSignIn(t, "Mei")
	_, old, err := d.ResetLink(ctx, owner, mei.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := d.ResetLink(ctx, owner, mei.ID)
	if err != nil {
		t.Fatal(err)
	}
	d.wantIn(t, c, "Mei") // nothing has changed yet
	if _, err := d.UseResetLink(ctx, old, password+" 2"); gone(err) != "revoked" {
		t.Errorf("an older link: %v", err)
	}
	if _, err := d.AcceptInvite(ctx, token, "Tim", password); gone(err) != "unknown" {
		t.Errorf("as an invite: %v", err)
	}
	if _, err := d.UseResetLink(ctx, token, password+" 2"); err != nil {
		t.Fatal(err)
	}
	d.wantOut(t, c, "the password was changed")
	if _, err := d.UseResetLink(ctx, token, password+" 3"); gone(err) != "used" {
		t.Error(err)
	}
	if _, _, err := d.ResetLink(ctx, mei, owner.ID); err == nil {
		t.Error("a lead took over an owner")
	}
}

func TestTokens(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.add(t, "Owner", Owner)
	mei := d.add(t, "Mei", Lead)
	d.roles(t, mei.ID, Lead, map[string]Role{"shop": Owner})
	made, secret, err := d.MakeToken(ctx, mei, NewToken{
		Title: "Nightly", Verbs: []Verb{VerbMute, VerbView}, Apps: []string{"demo"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Lasts: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, _, err := d.LoadToken(ctx, secret, "10.1.2.3")
	if err != nil || !o.CanIn("demo", VerbMute) || o.CanIn("demo", VerbKick) || o.CanIn("shop", VerbMute) || o.Sees("shop") || o.Can(VerbSelf) || o.Can(VerbTokens) {
		t.Fatalf("%+v, %v", o, err)
	}
	for address, want := range map[string]error{"10.1.2.3": nil, "::ffff:10.1.2.3": nil, "11.0.0.1": ErrTokenAddress, "": ErrTokenAddress} {
		if _, _, err := d.LoadToken(ctx, secret, address); !errors.Is(err, want) {
			t.Errorf("from %q: %v", address, err)
		}
	}
	for _, wrong := range []string{"", TokenPrefix, secret + "x", secret[1:], made.Hash} {
		if _, _, err := d.LoadToken(ctx, wrong, "10.1.2.3"); !errors.Is(err, ErrToken) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	// What the holder loses the token loses, at once.
	d.roles(t, mei.ID, Lead, nil)
	d.pass(time.Second)
	_, all, err := d.MakeToken(ctx, mei, NewToken{Title: "All", Verbs: []Verb{VerbMute, VerbView}})
	if err != nil {
		t.Fatal(err)
	}
	night, err := d.AddRole(ctx, CommandLine(), OwnRole{Title: "Bots", Base: Viewer, Verbs: []Verb{VerbTokens, VerbView}})
	if err != nil {
		t.Fatal(err)
	}
	d.roles(t, mei.ID, night.ID, map[string]Role{"demo": Moderator})
	if o, _, err := d.LoadToken(ctx, all, ""); err != nil || !o.CanIn("demo", VerbMute) || o.CanIn("shop", VerbMute) || !o.CanIn("shop", VerbView) {
		t.Errorf("%+v, %v", o, err)
	}
	d.roles(t, mei.ID, Viewer, nil)
	if _, _, err := d.LoadToken(ctx, all, ""); !errors.Is(err, ErrToken) {
		t.Errorf("without the right to tokens: %v", err)
	}
	d.roles(t, mei.ID, Lead, nil)
	d.pass(time.Hour)
	if _, _, err := d.LoadToken(ctx, secret, "10.1.2.3"); !errors.Is(err, ErrToken) {
		t.Errorf("expired: %v", err)
	}
	list, err := d.Tokens(ctx, mei, mei.ID)
	if err != nil || len(list) != 2 || d.RevokeToken(ctx, mei, mei.ID, list[0].ID) != nil {
		t.Fatal(list, err)
	}
	if _, _, err := d.LoadToken(ctx, all, ""); !errors.Is(err, ErrToken) {
		t.Errorf("revoked: %v", err)
	}
	for name, n := range map[string]NewToken{
		"more than one has": {Title: "x", Verbs: []Verb{VerbDeleteUsers}}, "of the console": {Title: "x", Verbs: []Verb{VerbTokens}}, "nothing": {Title: "x"},
		"no such verb": {Title: "x", Verbs: []Verb{"member.fly"}}, "no app": {Title: "x", Verbs: []Verb{VerbMute}, Apps: []string{}}, "no title": {Verbs: []Verb{VerbMute}},
	} {
		if _, _, err := d.MakeToken(ctx, mei, n); err == nil {
			t.Errorf("%s: was made", name)
		}
	}
}

func TestNetworks(t *testing.T) {
	for in, want := range map[string]string{
		" 198.51.100.7 ": "198.51.100.7/32", "198.51.100.7/24": "198.51.100.0/24", "2001:db8::1": "2001:db8::1/128", "2001:db8::1/32": "2001:db8::/32",
		"::ffff:198.51.100.7": "198.51.100.7/32", "0.0.0.0/0": "0.0.0.0/0", "": "", "example.com": "", "198.51.100.0/33": "", "1.2.3": "", "::ffff:10.0.0.0/104": "", "fe80::1%eth0": "",
	} {
		p, err := ParseNetwork(in)
		if (err == nil) != (want != "") || err == nil && p.String() != want {
			t.Errorf("%q is %v, %v", in, p, err)
		}
	}
	d := newDesk(t)
	owner := d.add(t, "Owner", Owner)
	admits := func(kind, address string, want bool) {
		t.Helper()
		if ok, err := d.Admits(t.Context(), kind, address); err != nil || ok != want {
			t.Errorf("%s from %q: %v, %v", kind, address, ok, err)
		}
	}
	admits(store.AccessConsole, "203.0.113.9", true)
	office := []store.Network{{Network: "198.51.100.7/24"}}
	there, here := withAddress(t.Context(), "203.0.113.9"), withAddress(t.Context(), "::ffff:198.51.100.20")
	if err := d.SetNetworks(there, owner, store.AccessConsole, office); !errors.Is(err, ErrLockedOut) {
		t.Errorf("shut the door on oneself: %v", err)
	}
	if err := d.SetNetworks(here, owner, store.AccessConsole, office); err != nil {
		t.Fatal(err)
	}
	admits(store.AccessConsole, "198.51.100.20", true)
	admits(store.AccessConsole, "203.0.113.9", false)
	admits(store.AccessConsole, "", false)
	admits(store.AccessTokens, "203.0.113.9", true)
	if err := d.SetNetworks(there, owner, store.AccessTokens, []store.Network{{Network: "10.0.0.0/8"}}); err != nil {
		t.Error(err) // the console is still reached
	}
	admits(store.AccessTokens, "203.0.113.9", false)
	if err := d.SetNetworks(t.Context(), CommandLine(), store.AccessConsole, nil); err != nil {
		t.Fatal(err)
	}
	admits(store.AccessConsole, "203.0.113.9", true)
}
