package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"imdesk/store"
)

// Privacy is the contract of store.Privacy.
func Privacy(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	const user, other = `li<"wei"&7`, "anna"
	put := func(e store.AuditEntry, items ...store.AuditItem) int64 {
		t.Helper()
		e.At, e.OperatorID, e.OperatorName, e.App = day, "op1", "Mei", "demo"
		id := value[int64](t)(s.Audit.Begin(ctx, e))
		if items != nil {
			must(t, s.Audit.Finish(ctx, id, store.AuditOutcome{At: at(1), State: store.AuditOK, Items: items}))
		}
		return id
	}
	detail := func(v any) json.RawMessage { return value[[]byte](t)(json.Marshal(v)) }
	type m = map[string]any
	alone := put(store.AuditEntry{
		Action: "user.edit", Users: []string{user}, Messages: []string{"m1"}, Reason: "because of " + user,
		Detail: detail(m{"note": "a note", "want": "nick", "form": "f", "type": "Public", "options": m{"seconds": 7, "text": "words"}, "items": []m{{"id": "nick", "before": "Li"}}}),
	}, store.AuditItem{ID: "nick", Code: store.ItemOK, After: "Li Wei"})
	both := put(store.AuditEntry{
		Action: "member.mute", Group: "g", Users: []string{user, other}, Reason: "ads",
		Detail: detail(m{"want": "forever", "items": []m{{"id": user, "before": "x"}, {"id": other, "before": "y"}}}),
	}, store.AuditItem{ID: user, Code: store.ItemOK, After: "forever"}, store.AuditItem{ID: other, Code: "denied", After: ""})
	mention := put(store.AuditEntry{
		Action: "member.mute", Users: []string{other}, Reason: "a friend of " + user + ", not of " + user + "8",
		Detail: detail(m{"options": m{"peer": user}}),
	}, store.AuditItem{ID: other, Code: store.ItemOK})
	apart := put(store.AuditEntry{Action: "member.mute", Users: []string{other}, Reason: "ads"}, store.AuditItem{ID: other, Code: store.ItemOK})
	open1 := put(store.AuditEntry{Action: "member.kick", Users: []string{user}, Reason: "under way"})

	op := operator(t, s, "mei").ID
	must(t, s.Settings.Opened(ctx, op, store.Place{App: "demo", Kind: store.KindUser, ID: user, Title: "Li", At: day}))
	must(t, s.Settings.Opened(ctx, op, store.Place{App: "demo", Kind: store.KindUser, ID: other, Title: "Anna", At: day}))
	must(t, s.Settings.Pin(ctx, op, store.Place{App: "demo", Kind: store.KindUser, ID: user, Title: "Li", At: day}))
	r := request("k1")
	r.Users, r.Body = []string{user}, detail(m{"users": []string{user}})
	asked, _, err := s.Approvals.Ask(ctx, r)
	must(t, err)
	if h := value[store.Holdings](t)(s.Privacy.Find(ctx, "demo", user, at(60))); h.UnderWay != 2 {
		t.Errorf("with a request that waits: %+v", h)
	}
	must(t, s.Approvals.Decide(ctx, asked.ID, store.ApprovalDecision{To: store.ApprovalRefused, At: at(2), OperatorID: "op2"}))

	said := func(app, from string) store.Archived {
		return store.Archived{Place: store.Conversation{App: app, Group: "g"}, Key: from, Sender: from, At: day, Text: "hello there", Body: "[]"}
	}
	value[int](t)(s.Archive.Add(ctx, []store.Archived{said("demo", user), said("demo", other), said("study", user)}))
	want := store.Holdings{Targets: 3, Mentions: 1, First: day, Last: day, Places: 2, Requests: 1, UnderWay: 1, Messages: 1}
	if h := value[store.Holdings](t)(s.Privacy.Find(ctx, "demo", user, at(60))); h != want {
		t.Errorf("found %+v, want %+v", h, want)
	}
	if h := value[store.Holdings](t)(s.Privacy.Find(ctx, "study", user, at(60))); h != (store.Holdings{Messages: 1}) {
		t.Errorf("in another app: %+v", h)
	}
	by := store.AuditEntry{At: at(60), OperatorID: "op9", OperatorName: "Owner", Reason: "asked for by letter"}
	naming := by
	naming.Reason = "for " + user
	_, err = s.Privacy.Erase(ctx, naming, "demo", user)
	wantErr(t, err, store.ErrInvalid)
	e := value[store.Erasure](t)(s.Privacy.Erase(ctx, by, "demo", user))
	if e.Entries != 3 || e.Messages != 1 || e.Records != 6 || e.Places != 2 || e.Requests != 1 || e.Left != 1 || len(e.Told) != 2 {
		t.Errorf("erased %+v", e)
	}
	if h := value[store.Holdings](t)(s.Privacy.Find(ctx, "demo", user, at(60))); h != (store.Holdings{Targets: 1, First: day, Last: day, UnderWay: 1}) {
		t.Errorf("left %+v", h)
	}
	get := func(id int64) store.AuditEntry { t.Helper(); return value[store.AuditEntry](t)(s.Audit.Get(ctx, id)) }
	written := func(e store.AuditEntry) string {
		items := []store.AuditItem(nil)
		if e.Outcome != nil {
			items = e.Outcome.Items
		}
		return fmt.Sprint(e.Users, e.Messages, e.Reason, " ", string(e.Detail), items)
	}
	const x = store.Erased
	for id, want := range map[int64]string{
		alone:   `[[erased]] [][erased] {"items":[{"id":"[erased]"}],"note":"[erased]","options":{"seconds":7,"text":"[erased]"},"type":"Public","want":"[erased]"}[{[erased] ok   }]`,
		both:    `[[erased] anna] [][erased] {"items":[{"id":"[erased]"},{"before":"y","id":"anna"}],"want":"forever"}[{[erased] ok   } {anna denied   }]`,
		mention: `[anna] []a friend of [erased], not of ` + user + `8 {"options":{"peer":"[erased]"}}[{anna ok   }]`,
		apart:   `[anna] []ads [{anna ok   }]`,
		open1:   `[` + user + `] []under way []`,
	} {
		if got := written(get(id)); got != want {
			t.Errorf("entry %d is left as\n%s, want\n%s", id, got, want)
		}
	}
	if a := value[store.Approval](t)(s.Approvals.Get(ctx, asked.ID)); a.Users != nil || string(a.Body) != "{}" || string(a.Plan) != "{}" || a.Reason != x {
		t.Errorf("the request is left as %+v", a)
	}
	for i, id := range e.Told {
		told := get(id)
		if told.Action != store.ActionErase || told.OperatorID != "op9" || told.App != "demo" || told.State != store.AuditOK || len(told.Users) > 0 ||
			!strings.Contains(string(told.Detail), store.UserHash("demo", user)) || strings.Contains(string(told.Detail), "wei") {
			t.Errorf("entry %d of the erasure: %+v %s", i, told, told.Detail)
		}
	}
	if v := value[store.AuditCheck](t)(s.Audit.Verify(ctx, nil)); len(v.Faults) > 0 || v.Erased != 6 {
		t.Errorf("after the erasure: %+v", v)
	}
	if list := value[[]store.AuditEntry](t)(s.Audit.List(ctx, store.AuditFilter{App: "demo", User: other}, 0, 9)); len(list) != 3 {
		t.Errorf("the other is found in %d entries", len(list))
	}
	// What was under way can be erased once it is over, or after its time.
	if e := value[store.Erasure](t)(s.Privacy.Erase(ctx, store.AuditEntry{At: at(7200)}, "demo", user)); e.Entries != 1 || e.Left != 0 {
		t.Errorf("later: %+v", e)
	}
	must(t, s.Audit.Finish(ctx, open1, store.AuditOutcome{At: at(7201), State: store.AuditUnknown}))

	// Dropping: what is finished and older, by action, oldest first.
	drop := func(d store.Drop) int { t.Helper(); return value[int](t)(s.Privacy.Drop(ctx, by, d)) }
	if n := drop(store.Drop{Before: day, Most: 9}); n != 0 {
		t.Errorf("%d from before the first", n)
	}
	if n := drop(store.Drop{Actions: []string{"member.mute"}, Before: at(1), Most: 2}); n != 2 {
		t.Errorf("%d of three mutes", n)
	}
	if n := drop(store.Drop{NotActions: []string{"member.mute"}, Before: at(9999), Most: 9}); n != 2 { // not the erasures
		t.Errorf("%d of other actions", n)
	}
	for _, id := range []int64{alone, both, mention, open1} {
		_, err := s.Audit.Get(ctx, id)
		wantErr(t, err, store.ErrNotFound)
	}
	must(t, func() error { _, err := s.Audit.Get(ctx, apart); return err }())
	if v := value[store.AuditCheck](t)(s.Audit.Verify(ctx, nil)); len(v.Faults) > 0 || v.Dropped != 8 {
		t.Errorf("after dropping: %+v", v)
	}
	pending := put(store.AuditEntry{Action: "member.mute", Users: []string{other}})
	if n := drop(store.Drop{Before: at(9999), Most: 9}); n != 1 {
		t.Errorf("%d of the rest", n)
	}
	must(t, func() error { _, err := s.Audit.Get(ctx, pending); return err }())

	if n := value[int](t)(s.Privacy.DropPlaces(ctx, day, 9)); n != 0 {
		t.Errorf("%d places dropped early", n)
	}
	if n := value[int](t)(s.Privacy.DropPlaces(ctx, at(1), 9)); n != 1 {
		t.Errorf("%d places dropped", n)
	}
}

// PrivacyInBatches: more than fits into one transaction is erased and dropped in several.
func PrivacyInBatches(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	const n = 320
	for i := range n {
		id := value[int64](t)(s.Audit.Begin(ctx, store.AuditEntry{At: day.Add(time.Duration(i)), App: "demo", Action: "a", Users: []string{"somebody"}}))
		must(t, s.Audit.Finish(ctx, id, store.AuditOutcome{At: day, State: store.AuditOK}))
	}
	e := value[store.Erasure](t)(s.Privacy.Erase(ctx, store.AuditEntry{At: at(1)}, "demo", "somebody"))
	if e.Entries != n || len(e.Told) != 3 {
		t.Errorf("erased %+v", e)
	}
	if d := value[int](t)(s.Privacy.Drop(ctx, store.AuditEntry{At: at(1)}, store.Drop{Before: at(1), Most: 9999})); d != store.MaxDrop {
		t.Errorf("%d dropped", d)
	}
	if v := value[store.AuditCheck](t)(s.Audit.Verify(ctx, nil)); len(v.Faults) > 0 || v.Dropped != 2*store.MaxDrop {
		t.Errorf("%+v", v)
	}
}
