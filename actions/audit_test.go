package actions

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// What is recorded before an action always fits into the log: else nothing could be sent.
func TestDetailFits(t *testing.T) {
	plain := strings.Repeat("x", 50)
	escaped := strings.Repeat(`"`, 50)
	for _, c := range []struct {
		name        string
		card        string
		idBytes     int
		cut, before bool
	}{
		{"as large as Tencent's limits allow", plain, 32, false, true},
		{"name cards that need escapes", escaped, 32, true, true},
		{"ids of 300 bytes", plain, 300, true, false},
	} {
		p := &plan{app: App{ID: "harbor"}, group: imclient.Group{Type: "Public"}}
		w := &kickWork{members: map[string]imclient.Member{}}
		for i := range MaxTargets {
			id := fmt.Sprintf("%0*d", c.idBytes, i)
			p.items = append(p.items, Item{ID: id, Before: known(TextIn), Want: known(TextOut)})
			w.members[id] = imclient.Member{UserID: id, NameCard: c.card, Role: imclient.RoleMember}
		}
		raw := detailJSON(p, w, order{verb: VerbKick, common: Common{Note: "note"}}, nil)
		if len(raw) > store.MaxAuditDetail {
			t.Errorf("%s: %d bytes, at most %d fit", c.name, len(raw), store.MaxAuditDetail)
		}
		d, err := ReadDetail(store.AuditEntry{Detail: raw})
		if err != nil {
			t.Fatal(err)
		}
		if d.Cut != c.cut || (len(d.Items) == MaxTargets) != c.before || d.Note != "note" {
			t.Errorf("%s: cut %v, %d items", c.name, d.Cut, len(d.Items))
		}
	}
}

func TestFromEntryOfWhatIsUnderWay(t *testing.T) {
	s := &Service{Now: func() time.Time { return time.Date(2026, 4, 18, 15, 42, 0, 0, time.UTC) }}
	in := TextIn
	raw, err := json.Marshal(Detail{Items: []DetailItem{{ID: "u1", Before: &in}}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.FromEntry(App{IM: &imclient.Client{}}, store.AuditEntry{
		ID: 7, Action: string(Undoing(VerbMute)), UndoOf: 3, State: store.AuditPending, Detail: raw,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verb != VerbMute || r.Sure() || r.Count(StateUnknown) != 1 || r.UndoText != UndoImpossible {
		t.Errorf("got %+v", r)
	}
	if _, err := s.FromEntry(App{IM: &imclient.Client{}}, store.AuditEntry{Detail: json.RawMessage(`{"items":1}`)}); err == nil {
		t.Error("a detail that is none was read")
	}
}
