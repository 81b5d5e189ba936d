package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"imdesk/store"
	"imdesk/terms"
)

func called(app, id, name string, seconds int) store.Name {
	return store.Name{App: app, Kind: store.KindUser, ID: id, Name: name, Members: -1, Seen: at(seconds), Named: at(seconds)}
}

func directoryNames(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := s.Directory
	live := known("a", "1691070514797524328", "Harbor_FM 100%", 1)
	live.Type, live.Members = "LiveGroup", 12
	must(t, d.Note(ctx, []store.KnownGroup{live, known("a", "5551", "海港之家", 2), known("a", "5552", "HARBOR fans!", 3), known("b", "5553", "harbour", 4)}))
	must(t, d.NoteUsers(ctx, "a", []string{"u_1", "u_2"}, at(5)))
	must(t, d.NoteNames(ctx, []store.Name{called("a", "u_2", "Ann Harbor", 6), called("a", "ann", "Joanna", 7), called("a", "u_3", "ann", 8), called("a", "u_4", "Annabel", 9)}))
	find := func(kind, what string, want ...string) {
		t.Helper()
		var got []string
		for _, n := range value[[]store.Name](t)(d.Find(ctx, store.NameQuery{Apps: []string{"a"}, Kind: kind, Text: what, N: 10})) {
			got = append(got, n.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", kind, what, diff)
		}
	}
	find(store.KindGroup, "harbor", "5552", live.ID)
	find(store.KindGroup, "ＨＡＲＢＯＲ　ｆａｎ", "5552")
	find(store.KindGroup, "arbo", "5552", live.ID)
	find(store.KindGroup, "海港", "5551")
	find(store.KindGroup, "港", "5551")
	find(store.KindGroup, "555", "5552", "5551")
	find(store.KindGroup, "797524", live.ID)
	find(store.KindGroup, "%")
	find(store.KindGroup, "nothing")
	find(store.KindUser, "ann", "ann", "u_3", "u_4", "u_2") // its id, its name, what begins so
	find(store.KindUser, "harbor", "u_2")
	find(store.KindUser, "u_", "u_4", "u_3", "u_2", "u_1")
	if list := value[[]store.Name](t)(d.Find(ctx, store.NameQuery{Apps: []string{"a", "b"}, Kind: store.KindGroup, Text: "harb", N: 2})); len(list) != 2 {
		t.Errorf("of two apps: %+v", list)
	}
	if list := value[[]store.Name](t)(d.Find(ctx, store.NameQuery{Kind: store.KindGroup, Text: "harb"})); len(list) != 0 {
		t.Errorf("of no app: %+v", list)
	}

	want := map[string]store.Name{
		live.ID: {App: "a", Kind: store.KindGroup, ID: live.ID, Name: live.Name, Type: "LiveGroup", Members: 12, Seen: at(1), Named: at(1)},
	}
	if diff := cmp.Diff(want, value[map[string]store.Name](t)(d.Names(ctx, "a", store.KindGroup, []string{live.ID, "u_1"}))); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}

	// What is told of without a name keeps it, another one takes its place, and one that was taken away is gone.
	must(t, d.NoteUsers(ctx, "a", []string{"u_4"}, at(20)))
	find(store.KindUser, "annabel", "u_4")
	must(t, d.NoteNames(ctx, []store.Name{called("a", "u_4", "贝拉", 21), called("a", "u_2", "", 21)}))
	find(store.KindUser, "annabel")
	find(store.KindUser, "贝", "u_4")
	find(store.KindUser, "harbor")

	if got := value[[]string](t)(d.ToName(ctx, "a", store.KindUser, at(8), 2)); !slices.Equal(got, []string{"u_1", "ann"}) {
		t.Errorf("to be named: %v", got)
	}
	must(t, d.Stale(ctx, "a", store.KindUser, []string{"u_4"}))
	if got := value[[]string](t)(d.ToName(ctx, "a", store.KindUser, at(1), 9)); !slices.Equal(got, []string{"u_1", "u_4"}) {
		t.Errorf("to be named again: %v", got)
	}

	// What is gone is not found.
	must(t, d.Gone(ctx, "a", []string{"5551"}, at(30)))
	find(store.KindGroup, "海港")
	must(t, d.ForgetUser(ctx, "a", "u_3"))
	must(t, d.Forget(ctx, "a", store.KindUser, []string{"ann"}))
	find(store.KindUser, "ann")
	if n := value[int](t)(d.TrimUsers(ctx, "a", 1)); n != 2 { // u_1, u_2 and u_4 are known to be there; u_4 was seen last
		t.Errorf("%d were dropped", n)
	}
	find(store.KindUser, "u_", "u_4")
	wantErr(t, d.NoteNames(ctx, make([]store.Name, store.MaxKnown+1)), store.ErrInvalid)
}

// directoryScan holds finding against looking at every name.
func directoryScan(t *testing.T, s *store.Store) {
	ctx := t.Context()
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"李", "小", "龙", "王", "a", "an", "Ann", "É", "김", "민", "7", "42", " ", "_", "🎧", "ﬁ", "カ", "ش", "§", "'", "'"}
	line := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		return b.String()
	}
	names := make([]store.Name, 300)
	for i := range names {
		names[i] = called("a", fmt.Sprint("u", i), line(1+random.IntN(9)), i)
	}
	must(t, s.Directory.NoteNames(ctx, names))
	found := 0
	for range 200 {
		what := line(1 + random.IntN(3))
		want := map[string]bool{}
		for _, n := range names {
			if terms.InName(what, n.Name, n.ID) {
				want[n.ID] = true
			}
		}
		got := map[string]bool{}
		for _, n := range value[[]store.Name](t)(s.Directory.Find(ctx, store.NameQuery{Apps: []string{"a"}, Kind: store.KindUser, Text: what, N: store.MaxNames})) {
			got[n.ID] = true
		}
		if len(want) > store.MaxNames { // as many of them as are asked for
			if len(got) != store.MaxNames {
				t.Errorf("%q: %d of %d are found", what, len(got), len(want))
			}
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", what, diff)
		}
		found += len(got)
	}
	if found == 0 {
		t.Error("nothing was found at all")
	}
}

func directoryLease(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := s.Directory
	if state := value[string](t)(d.ClaimWalk(ctx, "a", "one", time.Hour)); state != "" {
		t.Errorf("at first it is %q", state)
	}
	must(t, d.SaveWalk(ctx, "a", "one", "far", time.Hour))
	_, err := d.ClaimWalk(ctx, "a", "two", time.Hour)
	wantErr(t, err, store.ErrLeaseLost)
	wantErr(t, d.SaveWalk(ctx, "a", "two", "x", time.Hour), store.ErrLeaseLost)
	value[string](t)(d.ClaimWalk(ctx, "b", "two", time.Hour))
	if state := value[string](t)(d.ClaimWalk(ctx, "a", "one", time.Hour)); state != "far" {
		t.Errorf("it holds %q", state)
	}
	must(t, d.SaveWalk(ctx, "a", "one", "farther", -time.Second)) // it gives it back
	if state := value[string](t)(d.ClaimWalk(ctx, "a", "two", time.Hour)); state != "farther" {
		t.Errorf("another one goes on with %q", state)
	}
	wantErr(t, d.SaveWalk(ctx, "a", "one", "x", time.Hour), store.ErrLeaseLost)
}

// Searches is the contract of store.Searches.
func Searches(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	mei, bo := operator(t, s, "mei"), operator(t, s, "bo")
	add := func(o store.Operator, name, query string, shared bool) store.SavedSearch {
		t.Helper()
		return value[store.SavedSearch](t)(s.Searches.Add(ctx, store.SavedSearch{OperatorID: o.ID, Name: name, Query: query, Shared: shared, Changed: at(1)}))
	}
	links, own, of := add(mei, "links", "has:link", true), add(mei, "a 退款", "退款", false), add(bo, "links", "has:link from:x", true)
	add(bo, "secret", "x", false)
	names := func(o store.Operator, want ...string) {
		t.Helper()
		var got []string
		for _, v := range value[[]store.SavedSearch](t)(s.Searches.List(ctx, o.ID)) {
			got = append(got, v.Operator+": "+v.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	names(mei, "mei: a 退款", "mei: links", "bo: links")
	names(bo, "bo: links", "bo: secret", "mei: links")
	_, err := s.Searches.Get(ctx, bo.ID, own.ID)
	wantErr(t, err, store.ErrNotFound)
	links.Operator = "mei"
	if diff := cmp.Diff(links, value[store.SavedSearch](t)(s.Searches.Get(ctx, bo.ID, links.ID))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = s.Searches.Add(ctx, store.SavedSearch{OperatorID: mei.ID, Name: "links", Query: "x"})
	wantErr(t, err, store.ErrConflict)
	for _, bad := range []store.SavedSearch{{Name: " ", Query: "x"}, {Name: "x"}, {Name: strings.Repeat("长", store.MaxSearchName+1), Query: "x"}, {Name: "x", Query: strings.Repeat("长", store.MaxSearchQuery+1)}} {
		bad.OperatorID = mei.ID
		_, err := s.Searches.Add(ctx, bad)
		wantErr(t, err, store.ErrInvalid)
	}
	own.Name = "links"
	wantErr(t, s.Searches.Change(ctx, own), store.ErrConflict)
	own.Name, own.Shared, own.Query = "b", true, "退款 -test"
	must(t, s.Searches.Change(ctx, own))
	names(bo, "bo: links", "bo: secret", "mei: b", "mei: links")
	must(t, s.Searches.Remove(ctx, of.ID))
	wantErr(t, s.Searches.Remove(ctx, of.ID), store.ErrNotFound)
	wantErr(t, s.Searches.Change(ctx, of), store.ErrNotFound)
	names(mei, "mei: b", "mei: links")
	for i := range store.MaxSearches - 2 {
		add(mei, fmt.Sprint(i), "x", false)
	}
	_, err = s.Searches.Add(ctx, store.SavedSearch{OperatorID: mei.ID, Name: "one more", Query: "x"})
	wantErr(t, err, store.ErrInvalid)
}
