package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/store"
)

// Directory is the contract of store.Directory.
func Directory(t *testing.T, open Open) {
	t.Run("what is noted", func(t *testing.T) { directoryNote(t, open(t)) })
	t.Run("pages", func(t *testing.T) { directoryPages(t, open(t)) })
	t.Run("names", func(t *testing.T) { directoryNames(t, open(t)) })
	t.Run("names like a scan", func(t *testing.T) { directoryScan(t, open(t)) })
	t.Run("lease of a walk", func(t *testing.T) { directoryLease(t, open(t)) })
	t.Run("walk", func(t *testing.T) { directoryWalk(t, open(t)) })
}

func known(app, id, name string, seconds int) store.KnownGroup {
	return store.KnownGroup{App: app, ID: id, Type: "Group", Name: name, From: store.KnownUser, First: at(seconds), Seen: at(seconds)}
}

func directoryNote(t *testing.T, s *store.Store) {
	ctx := t.Context()
	list := func(want ...store.KnownGroup) {
		t.Helper()
		got, next, err := s.Directory.List(ctx, "a", store.KnownQuery{N: 10})
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" || next != "" {
			t.Errorf("the list (-want +got), next %q:\n%s", next, diff)
		}
		if n := value[int](t)(s.Directory.Count(ctx, "a")); n != len(want) {
			t.Errorf("%d are counted, want %d", n, len(want))
		}
	}
	list()
	must(t, s.Directory.Note(ctx, nil))
	big, long := known("a", "9223372036854775807", "海港 🌊", 1), known("a", "1691070514797524328", "", 2)
	must(t, s.Directory.Note(ctx, []store.KnownGroup{big, long, known("b", "1", "of another app", 3)}))
	list(long, big)
	for until, want := range map[int]int{0: 0, 1: 1, 2: 2, 99: 2} {
		if n := value[int](t)(s.Directory.CountNew(ctx, "a", at(1), at(until))); n != want {
			t.Errorf("%d became known until %d, want %d", n, until, want)
		}
	}

	again := store.KnownGroup{App: "a", ID: big.ID, From: store.KnownPasted, Seen: at(9)} // without name and type
	must(t, s.Directory.Note(ctx, []store.KnownGroup{again}))
	big.Seen = at(9)
	list(long, big)
	renamed := known("a", long.ID, "named", 10)
	renamed.Type = "LiveGroup"
	must(t, s.Directory.Note(ctx, []store.KnownGroup{renamed}))
	long.Name, long.Type, long.Seen = "named", "LiveGroup", at(10)
	list(long, big)

	must(t, s.Directory.Gone(ctx, "a", []string{long.ID, "nobody knows it"}, at(11)))
	must(t, s.Directory.Gone(ctx, "a", []string{long.ID}, at(12))) // it has been since
	must(t, s.Directory.Gone(ctx, "a", nil, at(12)))
	list(big)
	long.Gone = at(11)
	got := value[map[string]store.KnownGroup](t)(s.Directory.Get(ctx, "a", []string{big.ID, long.ID, "1"}))
	if diff := cmp.Diff(map[string]store.KnownGroup{big.ID: big, long.ID: long}, got); diff != "" {
		t.Errorf("given groups (-want +got):\n%s", diff)
	}
	must(t, s.Directory.Note(ctx, []store.KnownGroup{{App: "a", ID: long.ID, From: store.KnownOpened, Seen: at(13)}})) // it is back
	long.Gone, long.Seen = time.Time{}, at(13)
	list(long, big)
	wantErr(t, s.Directory.Note(ctx, make([]store.KnownGroup, store.MaxKnown+1)), store.ErrInvalid)
	if len(value[map[string]store.KnownGroup](t)(s.Directory.Get(ctx, "a", nil))) != 0 {
		t.Error("nothing asked for, something read")
	}
}

func directoryPages(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var list []store.KnownGroup
	for i := range 25 { // five became known at the same time each
		list = append(list, known("a", fmt.Sprint(100+i), "g", i/5))
	}
	must(t, s.Directory.Note(ctx, list))
	cursor, last, n := "", "", 0
	for range 20 {
		page, next, err := s.Directory.List(ctx, "a", store.KnownQuery{N: 4, Cursor: cursor})
		must(t, err)
		for _, g := range page {
			key := fmt.Sprintf("%020d %s", g.First.UnixMilli(), g.ID)
			if last != "" && key >= last {
				t.Errorf("%s comes after %s", key, last)
			}
			last = key
			n++
		}
		if n == 8 {
			must(t, s.Directory.Note(ctx, []store.KnownGroup{known("a", "7", "late", 99)})) // shifts nothing
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if n != 25 || cursor != "" {
		t.Errorf("%d groups on all pages, want 25", n)
	}
	for _, cursor := range []string{"x", "1", "1.", ".1"} {
		_, _, err := s.Directory.List(ctx, "a", store.KnownQuery{N: 4, Cursor: cursor})
		wantErr(t, err, store.ErrInvalid)
	}
}

// directoryWalk goes from users to groups to users, as a walk does.
func directoryWalk(t *testing.T, s *store.Store) {
	ctx := t.Context()
	d := s.Directory
	left := func(since int, want store.WalkLeft) {
		t.Helper()
		if got := value[store.WalkLeft](t)(d.WalkLeft(ctx, "a", at(since))); got != want {
			t.Errorf("left since %d: %+v, want %+v", since, got, want)
		}
	}
	users := func(since, n int, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, value[[]string](t)(d.UsersToWalk(ctx, "a", at(since), n))); diff != "" {
			t.Errorf("users since %d (-want +got):\n%s", since, diff)
		}
	}
	groups := func(since, n int, want ...string) {
		t.Helper()
		var got []string
		for _, g := range value[[]store.KnownGroup](t)(d.GroupsToWalk(ctx, "a", at(since), n)) {
			got = append(got, g.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("groups since %d (-want +got):\n%s", since, diff)
		}
	}
	left(100, store.WalkLeft{})
	const long, longer = "1691070514797524328", "9223372036854775807"
	must(t, d.NoteUsers(ctx, "a", nil, at(1)))
	must(t, d.NoteUsers(ctx, "a", []string{longer, "7", longer}, at(1)))
	must(t, d.NoteUsers(ctx, "b", []string{"8"}, at(1)))
	must(t, d.Note(ctx, []store.KnownGroup{known("a", long, "one", 1), known("a", "2", "two", 1), known("a", "3", "gone", 1), known("b", "4", "another's", 1)}))
	must(t, d.Gone(ctx, "a", []string{"3"}, at(2)))
	left(100, store.WalkLeft{Known: 2, Users: 2, Groups: 2})
	users(100, 10, "7", longer)
	users(100, 1, "7")
	groups(100, 10, long, "2")

	must(t, d.Walked(ctx, "a", nil, nil, at(100)))
	must(t, d.Walked(ctx, "a", []string{"7", "nobody"}, []string{long}, at(100)))
	left(100, store.WalkLeft{Known: 2, Users: 1, Groups: 1})
	users(100, 10, longer)
	groups(100, 10, "2")
	users(101, 10, longer, "7") // the next walk begins with those never walked
	must(t, d.NoteUsers(ctx, "a", []string{"7", "5"}, at(101)))
	users(100, 10, "5", longer) // who is seen again is not walked again
	must(t, d.Note(ctx, []store.KnownGroup{known("a", long, "one", 101)}))
	groups(100, 10, "2")

	if n := value[int](t)(d.TrimUsers(ctx, "a", 2)); n != 1 {
		t.Errorf("%d dropped", n)
	}
	users(200, 10, "5", "7") // those seen last are left
	must(t, d.ForgetUser(ctx, "a", "5"))
	must(t, d.ForgetUser(ctx, "a", "5"))
	left(200, store.WalkLeft{Known: 1, Users: 1, Groups: 2})
	if n := value[int](t)(d.TrimUsers(ctx, "b", 1)); n != 0 {
		t.Errorf("%d of another app dropped", n)
	}
	many := make([]string, store.MaxKnown+1)
	wantErr(t, d.NoteUsers(ctx, "a", many, at(1)), store.ErrInvalid)
	wantErr(t, d.Walked(ctx, "a", many, nil, at(1)), store.ErrInvalid)
	wantErr(t, d.Walked(ctx, "a", nil, many, at(1)), store.ErrInvalid)
}
