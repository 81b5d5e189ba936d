package callbacks

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

const long = "1691070514797524328"

// running starts a feed on a store of its own; stop returns when all that was offered is kept.
func running(t *testing.T) (f *Feed, st *store.Store, stop func()) {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	f = NewFeed(st.Directory, slog.New(slog.DiscardHandler), nil)
	f.wait = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { f.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return f, st, stop
}

func event(group, name string, users ...string) imclient.Event {
	return imclient.Event{Command: "AfterSendMessage", Group: group, Type: "Group", Name: name, Users: users}
}

// TestFeedKeeps has groups and users that events name in the directory, each app's for itself, and written once a minute at most.
func TestFeedKeeps(t *testing.T) {
	f, st, stop := running(t)
	for range 300 {
		f.Offer("a", event(long, "", "9223372036854775807", "7"))
	}
	f.Offer("a", event("", "", "8"))
	f.Offer("a", event("", ""))
	f.Offer("b", event("5", "named", "7"))
	f.Offer("a", event(string(make([]byte, maxText+1)), "", string(make([]byte, maxText+1))))
	stop()
	known, _, err := st.Directory.List(t.Context(), "a", store.KnownQuery{N: 10})
	if err != nil || len(known) != 1 || known[0].ID != long || known[0].From != store.KnownEvent || known[0].Type != "Group" {
		t.Errorf("%+v %v", known, err)
	}
	users, err := st.Directory.UsersToWalk(t.Context(), "a", time.Now().Add(time.Hour), 10)
	if err != nil || fmt.Sprint(users) != "[7 8 9223372036854775807]" {
		t.Errorf("users %v, %v", users, err)
	}
	if c := f.Counts("a"); c.Groups != 1 || c.Users != 3 || c.Waiting != 0 || c.Dropped != 0 || c.Failed != 0 || c.Last.IsZero() {
		t.Errorf("%+v", c)
	}
	if c := f.Counts("b"); c.Groups != 1 || c.Users != 1 {
		t.Errorf("%+v", c)
	}
	if c := f.Counts("c"); c != (FeedCounts{}) {
		t.Errorf("%+v", c)
	}
}

// TestFeedIsBounded drops what is too much, at once, and says so.
func TestFeedIsBounded(t *testing.T) {
	f := NewFeed(nil, slog.New(slog.DiscardHandler), nil) // nobody runs it
	for i := range maxWaiting + 50 {
		f.Offer("a", event(fmt.Sprint(i+1), ""))
	}
	if c := f.Counts("a"); c.Waiting != maxWaiting || c.Dropped != 50 {
		t.Errorf("%+v", c)
	}
}

// TestFeedGoesOn counts what the database did not take, and takes the next.
func TestFeedGoesOn(t *testing.T) {
	f, st, stop := running(t)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range int64(3) {
		f.Offer("a", event(fmt.Sprint(i+1), ""))
		for deadline := time.Now().Add(10 * time.Second); f.Counts("a").Failed != i+1; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%+v", f.Counts("a"))
			}
		}
	}
	stop()
	if c := f.Counts("a"); c.Waiting != 0 || c.Groups != 0 || !c.Last.IsZero() {
		t.Errorf("%+v", c)
	}
}

// What is dismissed is not found any more, and who changed their profile is asked for again.
func TestFeedForgets(t *testing.T) {
	t.Parallel()
	f, st, stop := running(t)
	f.Offer("a", imclient.Event{Kind: "group.created", Group: "g1", Name: "Vinyl 黑胶", Users: []string{"ann"}})
	f.Offer("a", imclient.Event{Kind: "group.created", Group: "g2", Name: "Vinyl two"})
	stop()
	ctx := context.WithoutCancel(t.Context())
	named := time.Now()
	if err := st.Directory.NoteNames(ctx, []store.Name{{App: "a", Kind: store.KindUser, ID: "ann", Name: "Ann", Members: -1, Named: named}}); err != nil {
		t.Fatal(err)
	}
	f.keep(ctx, []note{{app: "a", group: "g1", gone: true, at: named}, {app: "a", users: []string{"ann"}, renamed: true, at: named}})
	list, err := st.Directory.Find(ctx, store.NameQuery{Apps: []string{"a"}, Kind: store.KindGroup, Text: "vin", N: 9})
	if err != nil || len(list) != 1 || list[0].ID != "g2" {
		t.Errorf("found %+v, %v", list, err)
	}
	if ids, err := st.Directory.ToName(ctx, "a", store.KindUser, time.UnixMilli(1), 9); err != nil || len(ids) != 1 {
		t.Errorf("%v are asked for again, %v", ids, err)
	}
}
