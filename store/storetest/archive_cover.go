package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"imdesk/store"
)

func archiveVersions(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	g := store.Conversation{App: app, Group: "g"}
	value[int](t)(s.Archive.Add(ctx, []store.Archived{said(app, "g", "ann", "one", 1)}))
	edit := func(what string, when int) {
		m := said(app, "g", "ann", what, 1)
		m.Changed = at(when)
		must(t, s.Archive.Edit(ctx, m))
	}
	edit("three", 30)
	edit("three", 31) // told again
	edit("two", 20)   // comes late
	edit("four", 40)
	m := value[map[string]store.Archived](t)(s.Archive.Get(ctx, g, []string{"1"}))["1"]
	if m.Text != "four" || m.State != store.ArchiveEdited || !m.Changed.Equal(at(40)) {
		t.Errorf("it says %+v", m)
	}
	want := []store.Version{
		{Since: at(1), Text: "one", Body: `["one"]`}, {Since: at(20), Text: "two", Body: `["two"]`}, {Since: at(30), Text: "three", Body: `["three"]`},
	}
	if diff := cmp.Diff(want, value[[]store.Version](t)(s.Archive.Versions(ctx, m.ID))); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if n := value[int](t)(s.Archive.DropPlace(ctx, g, at(2), 10)); n != 1 {
		t.Errorf("%d are dropped", n)
	}
	if got := value[[]store.Version](t)(s.Archive.Versions(ctx, m.ID)); got != nil {
		t.Errorf("versions of a message that is dropped: %+v", got)
	}
}

func archiveHoles(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	g := store.Conversation{App: app, Group: "g"}
	add := func(inside bool, seqs ...int) {
		var list []store.Archived
		for _, n := range seqs {
			m := said(app, "g", "ann", "word", n)
			m.Inside = inside
			list = append(list, m)
		}
		value[int](t)(s.Archive.Add(ctx, list))
	}
	want := func(c store.Covered, holes ...store.Span) {
		t.Helper()
		if diff := cmp.Diff(holes, value[[]store.Span](t)(s.Archive.Holes(ctx, g))); diff != "" {
			t.Errorf("holes (-want +got):\n%s", diff)
		}
		got := value[store.Covered](t)(s.Archive.Covered(ctx, g))
		if diff := cmp.Diff(c, got, cmpopts.IgnoreFields(store.Covered{}, "Next", "Tries", "Why", "Before")); diff != "" {
			t.Errorf("covered (-want +got):\n%s", diff)
		}
	}
	want(store.Covered{})
	add(true, 3) // makes no beginning
	want(store.Covered{})
	add(false, 10, 20, 21)
	add(true, 5, 15, 30) // of these only 15 counts
	want(store.Covered{First: 10, Last: 21, Known: 4, Missing: 8}, store.Span{First: 16, Last: 19}, store.Span{First: 11, Last: 14})
	seqs := func(seq int64, older bool, n int) (list []int64) {
		for _, m := range value[[]store.Archived](t)(s.Archive.Run(ctx, g, seq, older, n)) {
			list = append(list, m.Seq)
		}
		return list
	}
	if diff := cmp.Diff([][]int64{{10, 15, 20}, {5, 10}, {3, 5, 10, 15, 20, 21, 30}, nil}, [][]int64{seqs(6, false, 3), seqs(15, true, 2), seqs(0, false, 100), seqs(3, true, 5)}); diff != "" {
		t.Errorf("by position (-want +got):\n%s", diff)
	}
	must(t, s.Archive.Lose(ctx, g, store.Loss{Span: store.Span{First: 14, Last: 17}, Why: "gone"})) // 15 is known
	must(t, s.Archive.Lose(ctx, g, store.Loss{Span: store.Span{First: 18, Last: 18}, Why: "gone"}))
	must(t, s.Archive.Lose(ctx, g, store.Loss{Span: store.Span{First: 18, Last: 18}, Why: "gone"}))
	want(store.Covered{First: 10, Last: 21, Known: 8, Missing: 4, Lost: 4}, store.Span{First: 19, Last: 19}, store.Span{First: 11, Last: 13})
	lost := value[[]store.Loss](t)(s.Archive.Lost(ctx, g, store.Span{First: 1, Last: 100}))
	if diff := cmp.Diff([]store.Loss{{Span: store.Span{First: 14, Last: 14}, Why: "gone"}, {Span: store.Span{First: 16, Last: 18}, Why: "gone"}}, lost); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
	if lost := value[[]store.Loss](t)(s.Archive.Lost(ctx, g, store.Span{First: 19, Last: 100})); lost != nil {
		t.Errorf("lost elsewhere: %+v", lost)
	}
	wantErr(t, s.Archive.Lose(ctx, g, store.Loss{Span: store.Span{First: 3, Last: 2}}), store.ErrInvalid)
}

func archiveFill(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	claim := func(worker string) []store.FillWork {
		t.Helper()
		list := value[[]store.FillWork](t)(s.Archive.ClaimFill(ctx, app, worker, time.Minute, 10))
		list = slices.DeleteFunc(list, func(w store.FillWork) bool { return w.Place.Group == "old" })
		return list[:len(list):len(list)]
	}
	now := time.Now()
	old := said(app, "old", "ann", "word", 1)
	recent := said(app, "g", "ann", "word", 1)
	recent.At = now
	value[int](t)(s.Archive.Add(ctx, []store.Archived{old, recent}))
	if list := claim("w"); len(list) != 0 {
		t.Errorf("nothing is missing, and yet: %+v", list)
	}
	g := store.Conversation{App: app, Group: "g"}
	if n := value[int](t)(s.Archive.LookBehind(ctx, app, now.Add(-time.Hour))); n != 1 {
		t.Errorf("%d places were lively", n)
	}
	list := claim("w")
	if len(list) != 1 || list[0].Place != g || !list[0].Tail || list[0].Head != store.MaxBefore {
		t.Fatalf("claimed %+v", list)
	}
	if list := claim("v"); len(list) != 0 {
		t.Errorf("claimed twice: %+v", list)
	}
	wantErr(t, s.Archive.SettleFill(ctx, g, "v", store.FillDone{Looked: true}), store.ErrConflict)
	must(t, s.Archive.SettleFill(ctx, g, "w", store.FillDone{Head: 70, Why: "the service is away"}))
	if c := value[store.Covered](t)(s.Archive.Covered(ctx, g)); c.Tries != 1 || c.Why != "the service is away" || c.Next.IsZero() {
		t.Errorf("after a failure: %+v", c)
	}
	if list = claim("v"); len(list) != 1 || !list[0].Tail || list[0].Head != 70 || list[0].Tries != 1 {
		t.Fatalf("after a failure: %+v", list)
	}
	further := said(app, "g", "ann", "word", 5) // now there is a hole
	further.At = now
	value[int](t)(s.Archive.Add(ctx, []store.Archived{further}))
	must(t, s.Archive.SettleFill(ctx, g, "v", store.FillDone{Looked: true, Head: 7}))
	if c := value[store.Covered](t)(s.Archive.Covered(ctx, g)); c.Before != 7 {
		t.Errorf("in front of it: %+v", c)
	}
	if list = claim("v"); len(list) != 1 || list[0].Tail || list[0].Head != 7 || list[0].Tries != 0 {
		t.Fatalf("with a hole: %+v", list)
	}
	must(t, s.Archive.Known(ctx, g, store.Span{First: 2, Last: 4}))
	must(t, s.Archive.SettleFill(ctx, g, "v", store.FillDone{}))
	if list := claim("w"); len(list) != 0 {
		t.Errorf("all is known, and yet: %+v", list)
	}
	// A hole is noted by itself, and has its turn when what comes at the same time had its chance.
	value[int](t)(s.Archive.Add(ctx, []store.Archived{said(app, "g", "ann", "word", 9)}))
	if c := value[store.Covered](t)(s.Archive.Covered(ctx, g)); c.Missing != 3 || !c.Next.After(now) {
		t.Errorf("a hole: %+v", c)
	}
	if list := claim("w"); len(list) != 0 {
		t.Errorf("too early: %+v", list)
	}
}

func archiveEnds(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	value[int](t)(s.Archive.Add(ctx, []store.Archived{said(app, "known", "ann", "word", 9), said(app, "behind", "ann", "word", 3)}))
	ends := []store.GroupEnd{{Group: "known", Last: 9}, {Group: "behind", Last: 4}, {Group: "new", Last: 70}, {Group: "uncounted"}}
	if n := value[int](t)(s.Archive.FoundEnds(ctx, app, ends)); n != 3 {
		t.Errorf("%d are to be looked at", n)
	}
	found := map[string]store.FillWork{}
	for _, w := range value[[]store.FillWork](t)(s.Archive.ClaimFill(ctx, app, "w", time.Minute, 10)) {
		if w.Tail {
			found[w.Place.Group] = w
		}
	}
	if len(found) != 3 || found["new"].Head != store.MaxBefore || found["behind"].Place.Group == "" || found["uncounted"].Place.Group == "" {
		t.Errorf("they are %+v", found)
	}
	_, err := s.Archive.FoundEnds(ctx, app, make([]store.GroupEnd, store.MaxKnown+1))
	wantErr(t, err, store.ErrInvalid)

	value[time.Time](t)(s.Archive.KeptSince(ctx, app, at(5)))
	if since := value[time.Time](t)(s.Archive.KeptSince(ctx, app, at(50))); !since.Equal(at(5)) {
		t.Errorf("kept since %s", since)
	}
	must(t, s.Archive.KeptNoMore(ctx, app))
	if since := value[time.Time](t)(s.Archive.KeptSince(ctx, app, at(60))); !since.Equal(at(60)) {
		t.Errorf("kept again since %s", since)
	}
}

func archiveNeverAgain(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	direct := said(app, "", "bob", "hello", 7)
	direct.Place = store.Conversation{App: app, Users: [2]string{"bob", "ann"}}
	direct.Counted = false
	list := []store.Archived{said(app, "g", "ann", "one", 1), said(app, "g", "bob", "two", 2), direct}
	value[int](t)(s.Archive.Add(ctx, list))
	if n := value[int](t)(s.Archive.Erase(ctx, app, "ann", at(10), 100)); n != 2 {
		t.Errorf("%d are erased", n)
	}
	later := said(app, "g", "ann", "three", 11)
	if n := value[int](t)(s.Archive.Add(ctx, append(list, later))); n != 1 {
		t.Errorf("%d are new", n)
	}
	g := store.Conversation{App: app, Group: "g"}
	found := value[map[string]store.Archived](t)(s.Archive.Get(ctx, g, []string{"1", "2", "11"}))
	if len(found) != 2 || found["2"].Text != "two" || found["11"].Text != "three" {
		t.Errorf("there is %+v", found)
	}
	if n := value[int64](t)(s.Archive.Count(ctx, direct.Place)); n != 0 {
		t.Errorf("%d of the direct chat came back", n)
	}
	if holes := value[[]store.Span](t)(s.Archive.Holes(ctx, g)); len(holes) != 1 || holes[0] != (store.Span{First: 3, Last: 10}) {
		t.Errorf("what is erased is missing: %+v", holes)
	}
	if n := value[int](t)(s.Archive.Add(ctx, []store.Archived{said(app+"2", "g", "ann", "one", 1)})); n != 1 {
		t.Error("another app's user of the same name is erased, too")
	}
}
