package auth

import (
	"errors"
	"testing"

	"imdesk/store"
)

// roles gives an operator roles, as nobody in particular.
func (d *desk) roles(t testing.TB, id string, all Role, apps map[string]Role) {
	t.Helper()
	if err := d.SetRoles(t.Context(), CommandLine(), id, all, apps); err != nil {
		t.Fatal(err)
	}
}

func TestRightsByApp(t *testing.T) {
	d := newDesk(t)
	o := d.add(t, "Mei", Viewer)
	c := d.mustSignIn(t, "Mei")
	night, err := d.AddRole(t.Context(), CommandLine(), OwnRole{Title: "Night", Base: Support, Verbs: []Verb{VerbMute, VerbOperators}})
	if err != nil {
		t.Fatal(err)
	}
	type ask struct {
		app  string
		verb Verb
	}
	for _, tt := range []struct {
		name   string
		all    Role
		apps   map[string]Role
		rank   Role
		may    []ask
		maynot []ask
		sees   map[string]bool
	}{
		{
			"one role everywhere", Moderator, nil, Moderator,
			[]ask{{"demo", VerbMute}, {"new", VerbMute}, {"", VerbMute}, {"", VerbSelf}, {"", VerbPublic}},
			[]ask{{"demo", VerbBan}, {"", VerbBan}, {"", VerbOperators}, {"demo", "member.fly"}},
			map[string]bool{"demo": true, "new": true},
		},
		{
			"in one app only", "",
			map[string]Role{"demo": Lead},
			Lead,
			[]ask{{"demo", VerbBan}, {"", VerbAudit}, {"", VerbSelf}},
			[]ask{{"shop", VerbView}, {"shop", VerbBan}, {"", VerbTokens}, {"demo", VerbTokens}, {"demo", VerbDeleteUsers}},
			map[string]bool{"demo": true, "shop": false},
		},
		{
			"more in one app", Viewer,
			map[string]Role{"demo": Owner},
			Owner,
			[]ask{{"demo", VerbDeleteUsers}, {"shop", VerbView}},
			[]ask{{"shop", VerbUnmute}, {"", VerbOperators}, {"demo", VerbOperators}, {"", VerbSettings}},
			map[string]bool{"demo": true, "shop": true},
		},
		{
			"a role of one's own", "",
			map[string]Role{"demo": night.ID},
			Owner,
			[]ask{{"demo", VerbMute}, {"demo", VerbView}},
			[]ask{{"demo", VerbDirect}, {"", VerbOperators}, {"shop", VerbMute}},
			map[string]bool{"demo": true, "shop": false},
		},
		{"nothing at all", "", nil, Viewer, []ask{{"", VerbSelf}}, []ask{{"", VerbView}, {"demo", VerbView}}, map[string]bool{"demo": false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.roles(t, o.ID, tt.all, tt.apps)
			in := d.wantIn(t, c, "Mei") // at once, in the session that runs
			can := func(a ask) bool {
				if a.app == "" {
					return in.Can(a.verb)
				}
				return in.CanIn(a.app, a.verb)
			}
			for _, a := range tt.may {
				if !can(a) {
					t.Errorf("may not %+v", a)
				}
			}
			for _, a := range tt.maynot {
				if can(a) {
					t.Errorf("may %+v", a)
				}
			}
			for app, want := range tt.sees {
				if in.Sees(app) != want {
					t.Errorf("sees %s: %v", app, !want)
				}
			}
			if in.Role != tt.rank {
				t.Errorf("ranks as %s, want %s", in.Role, tt.rank)
			}
		})
	}
}

// Nobody gives, takes or touches what they do not have.
func TestNobodyGivesWhatTheyDoNotHave(t *testing.T) {
	d := newDesk(t)
	owner, mei, tom, lea := d.add(t, "Owner", Owner), d.add(t, "Mei", Viewer), d.add(t, "Tom", Viewer), d.add(t, "Lea", Lead)
	chief, err := d.AddRole(t.Context(), owner, OwnRole{Title: "Chief", Base: Moderator, Verbs: append(Moderator.Verbs(), VerbOperators)})
	if err != nil {
		t.Fatal(err)
	}
	d.roles(t, mei.ID, chief.ID, map[string]Role{"demo": Lead})
	by, err := d.Operator(t.Context(), mei.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		id   string
		all  Role
		apps map[string]Role
		ok   bool
	}{
		{"the same", tom.ID, chief.ID, map[string]Role{"demo": Lead}, true},
		{"less", tom.ID, Support, nil, true},
		{"more, everywhere", tom.ID, Lead, nil, false},
		{"more, in another app", tom.ID, "", map[string]Role{"shop": Lead}, false},
		{"to herself", mei.ID, Owner, nil, false},
		{"to somebody greater", lea.ID, Viewer, nil, false},
		{"to an owner", owner.ID, Viewer, nil, false},
		{"no role at all", tom.ID, "admin", nil, false},
		{"less to herself", mei.ID, chief.ID, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, _ := d.store.Roles.Of(t.Context(), tt.id)
			err := d.SetRoles(t.Context(), by, tt.id, tt.all, tt.apps)
			_, outranked := errors.AsType[*Outranked](err)
			if tt.ok != (err == nil) || err != nil && !outranked && !errors.Is(err, ErrRole) {
				t.Fatalf("%v", err)
			}
			after, _ := d.store.Roles.Of(t.Context(), tt.id)
			if err != nil && len(before) != len(after) {
				t.Errorf("was changed all the same: %v, %v", before, after)
			}
		})
	}
	for what, err := range map[string]error{
		"a password":  d.SetPassword(t.Context(), by, owner.ID, password+"x"),
		"a ban":       d.SetDisabled(t.Context(), by, owner.ID, true),
		"sessions":    d.EndSessions(t.Context(), by, lea.ID),
		"one session": d.EndSession(t.Context(), by, lea.ID, "x"),
	} {
		if _, outranked := errors.AsType[*Outranked](err); !outranked {
			t.Errorf("%s of somebody greater: %v", what, err)
		}
	}
	// Roles of one's own are no way around it.
	if _, err := d.AddRole(t.Context(), by, OwnRole{Title: "All", Base: Viewer, Verbs: Owner.Verbs()}); err == nil {
		t.Error("made a role with more than she has")
	}
	all, err := d.AddRole(t.Context(), owner, OwnRole{Title: "All", Base: Owner, Verbs: Owner.Verbs()})
	if err != nil {
		t.Fatal(err)
	}
	all.Verbs = Viewer.Verbs()
	if err := d.ChangeRole(t.Context(), by, all); err == nil {
		t.Error("took rights away that she does not have")
	}
	if err := d.RemoveRole(t.Context(), by, all.ID); err == nil {
		t.Error("removed a role that is greater")
	}
}

func TestOwnRoles(t *testing.T) {
	d := newDesk(t)
	owner := d.add(t, "Owner", Owner)
	mei := d.add(t, "Mei", Viewer)
	c := d.mustSignIn(t, "Mei")
	r, err := d.AddRole(t.Context(), owner, OwnRole{Title: "Night", Base: Moderator, Verbs: []Verb{VerbMute}})
	if err != nil || len(r.Verbs) != 4 { // what nobody can do without is added
		t.Fatalf("%+v, %v", r, err)
	}
	d.roles(t, mei.ID, r.ID, nil)
	d.wantIn(t, c, "Mei")
	stale := r
	r.Verbs = []Verb{VerbKick}
	if err := d.ChangeRole(t.Context(), owner, r); err != nil {
		t.Fatal(err)
	}
	if in := d.wantIn(t, c, "Mei"); in.CanIn("demo", VerbMute) || !in.CanIn("demo", VerbKick) {
		t.Error("the running session does not have the change")
	}
	if err := d.ChangeRole(t.Context(), owner, stale); !errors.Is(err, store.ErrConflict) {
		t.Errorf("two at once: %v", err)
	}
	for name, bad := range map[string]OwnRole{
		"no such right": {Title: "x", Base: Viewer, Verbs: []Verb{"member.fly"}}, "public": {Title: "x", Base: Viewer, Verbs: []Verb{VerbPublic}},
		"no such preset": {Title: "x", Base: r.ID}, "the title of a preset": {Title: " OWNER ", Base: Viewer}, "taken": {Title: "night", Base: Viewer}, "no title": {Base: Viewer},
	} {
		if _, err := d.AddRole(t.Context(), owner, bad); err == nil {
			t.Errorf("%s: was made", name)
		}
	}
	if err := d.RemoveRole(t.Context(), owner, r.ID); !errors.Is(err, store.ErrConflict) {
		t.Errorf("somebody has it: %v", err)
	}
	d.roles(t, mei.ID, Viewer, nil)
	if err := d.RemoveRole(t.Context(), owner, r.ID); err != nil {
		t.Error(err)
	}
	list, err := d.store.Audit.List(t.Context(), store.AuditFilter{Action: actChangeRole, State: store.AuditOK}, 0, 9)
	if err != nil || len(list) != 1 || string(list[0].Detail) != `{"added":"member.kick","name":"Night","removed":"member.mute"}` {
		t.Errorf("recorded %+v, %v", list, err)
	}
}
