package main

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"imdesk/config"
	"imdesk/store"
)

func TestRetention(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	put := func(action string, age time.Duration, ended bool) {
		t.Helper()
		id, err := st.Audit.Begin(ctx, store.AuditEntry{At: now.Add(-age), OperatorName: "mei", App: "a", Action: action, Users: []string{"ann"}})
		if err == nil && ended {
			err = st.Audit.Finish(ctx, id, store.AuditOutcome{At: now.Add(-age), State: store.AuditOK})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 250 { // more than one call drops
		put("operator.sign_in", 50*day, true)
	}
	put("operator.sign_in", 10*day, true)
	put("direct.view", 200*day, true)
	put("direct.view", 50*day, true)
	put("member.mute", 3000*day, true)
	put("member.kick", 3000*day, false) // has no outcome yet
	left := func() map[string]int {
		t.Helper()
		n := map[string]int{}
		for before := int64(0); ; {
			entries, err := st.Audit.List(ctx, store.AuditFilter{}, before, 200)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				n[e.Action]++
				before = e.ID
			}
			if len(entries) < 200 {
				return n
			}
		}
	}
	log := slog.New(slog.DiscardHandler)
	dropOld(ctx, config.Retention{}, st, now, log)
	if n := left(); n["operator.sign_in"] != 251 || n["audit.drop"] != 0 {
		t.Errorf("with nothing configured: %v", n)
	}
	dropOld(ctx, config.Retention{SignIns: config.Duration(30 * day), Reads: config.Duration(90 * day)}, st, now, log)
	if n := left(); n["operator.sign_in"] != 1 || n["direct.view"] != 1 || n["member.mute"] != 1 || n["audit.drop"] != 3 {
		t.Errorf("left are %v", n)
	}
	dropOld(ctx, config.Retention{Others: config.Duration(365 * day)}, st, now, log)
	if n := left(); n["member.mute"] != 0 || n["member.kick"] != 1 || n["operator.sign_in"] != 1 || n["audit.drop"] != 4 {
		t.Errorf("left are %v", n)
	}
	for age, state := range map[int]store.CaseState{1: store.CaseDecided, 90: store.CaseDecided, 91: store.CaseNew} {
		at := now.Add(-time.Duration(age) * day)
		c, _, _, err := st.Cases.Flag(ctx, store.Case{Place: store.Conversation{App: "a", Group: "g"}, Key: at.String(), Sender: "ann"},
			store.CaseFlag{At: at, Source: store.CaseFromOperator, By: "mei"}, func(store.Case, store.CaseSums) store.Weighing { return store.Weighing{} })
		if err == nil && state == store.CaseDecided {
			_, _, err = st.Cases.Decide(ctx, c.ID, c.Version, store.Decision{Verdict: store.Verdict{Macro: "m", OperatorID: "mei", Body: []byte(`{}`)}, Event: store.CaseEvent{At: at, Kind: "decide"}})
		}
		var lease store.VerdictLease
		if err == nil && state == store.CaseDecided {
			_, lease, _, err = st.Cases.Due(ctx, "here", time.Minute)
		}
		if err == nil && state == store.CaseDecided {
			err = st.Cases.End(ctx, lease, store.VerdictDone, "", []byte(`{}`))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	dropOld(ctx, config.Retention{Cases: config.Duration(30 * day)}, st, now, log)
	if list, err := st.Cases.List(ctx, store.CaseFilter{}, 0, 9); err != nil || len(list) != 2 {
		t.Errorf("%d cases are left of three: %v", len(list), err)
	}
	bad, err := st.Audit.Verify(ctx, nil)
	if err != nil || len(bad.Faults) > 0 {
		t.Errorf("the chain: %+v %v", bad, err)
	}
}
