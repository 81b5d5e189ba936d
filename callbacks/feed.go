package callbacks

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// Bounds of a Feed, for all apps together.
const (
	maxWaiting  = 10_000           // events that wait to be kept
	maxBatch    = 500              // events that are kept at once
	gather      = time.Second      // how long events gather before they are kept
	keptAgain   = time.Minute      // a group or a user seen within it is not written again
	maxKept     = 50_000           // groups and users remembered for that
	maxUsers    = 10_000_000       // users of an app; those seen least lately are dropped
	trimEach    = 10_000           // users written between two looks at how many there are
	writeTime   = 10 * time.Second // of one batch
	maxText     = 200              // bytes of an id that is kept
	failedAgain = time.Minute      // between two lines in the log
)

// Events that tell more of what they name than that it is there.
const (
	groupGone  imclient.EventKind = "group.dismissed"
	profileSet imclient.EventKind = "user.profile"
)

// Feed keeps the groups and users that events name. Offer never waits; Run keeps what was offered.
type Feed struct {
	known store.Directory
	log   *slog.Logger
	now   func() time.Time
	queue chan note
	wait  time.Duration

	mu     sync.Mutex
	counts map[string]*FeedCounts // by app

	// Of Run alone.
	kept    map[string]time.Time // by app and id
	written map[string]int       // users by app, since they were counted
	logged  time.Time
}

// FeedCounts says what became of what an app's events named, since the start.
type FeedCounts struct {
	Waiting int       // events that are not kept yet
	Groups  int64     // written, again for each time
	Users   int64     // the same of users
	Dropped int64     // events that came while too many waited
	Failed  int64     // events that the database did not take
	Last    time.Time // when something was written; zero: never
}

// note is what is kept of an event.
type note struct {
	app, group, typ, name string
	users                 []string
	at                    time.Time
	gone                  bool // the group is
	renamed               bool // the users may be called something else now
}

// NewFeed makes a feed of a directory. Nothing is kept until Run is called.
func NewFeed(known store.Directory, log *slog.Logger, now func() time.Time) *Feed {
	if now == nil {
		now = time.Now
	}
	return &Feed{
		known: known, log: log, now: now, queue: make(chan note, maxWaiting), wait: gather,
		counts: map[string]*FeedCounts{}, kept: map[string]time.Time{}, written: map[string]int{},
	}
}

// of returns an app's counts. The caller holds mu.
func (f *Feed) of(app string) *FeedCounts {
	c := f.counts[app]
	if c == nil {
		c = &FeedCounts{}
		f.counts[app] = c
	}
	return c
}

// Counts says how things stand for an app.
func (f *Feed) Counts(app string) FeedCounts {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.counts[app]; c != nil {
		return *c
	}
	return FeedCounts{}
}

// Offer takes what an event of an app names. It never waits: with too many waiting the event is dropped, and counted.
func (f *Feed) Offer(app string, e imclient.Event) {
	n := note{app: app, typ: string(e.Type), name: e.Name, at: f.now(), gone: e.Kind == groupGone, renamed: e.Kind == profileSet}
	if len(e.Group) <= maxText {
		n.group = e.Group
	}
	for _, u := range e.Users[:min(len(e.Users), store.MaxKnown)] {
		if len(u) <= maxText {
			n.users = append(n.users, u)
		}
	}
	if n.group == "" && len(n.users) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.of(app)
	select {
	case f.queue <- n:
		c.Waiting++
	default:
		c.Dropped++
	}
}

// Run keeps what is offered until ctx ends, and then what waits.
func (f *Feed) Run(ctx context.Context) {
	for {
		var batch []note
		select {
		case n := <-f.queue:
			batch = append(batch, n)
		case <-ctx.Done():
			f.rest(ctx)
			return
		}
		for full := time.After(f.wait); len(batch) < maxBatch; {
			select {
			case n := <-f.queue:
				batch = append(batch, n)
				continue
			case <-full:
			case <-ctx.Done():
			}
			break
		}
		f.keep(ctx, batch)
	}
}

// rest keeps what waits when the console stops.
func (f *Feed) rest(ctx context.Context) {
	for {
		var batch []note
		for len(batch) < maxBatch {
			select {
			case n := <-f.queue:
				batch = append(batch, n)
				continue
			default:
			}
			break
		}
		if len(batch) == 0 {
			return
		}
		f.keep(ctx, batch)
	}
}

// keep writes a batch, app by app. That it fails is no reason to stop: a later event of the group brings it again.
func (f *Feed) keep(ctx context.Context, batch []note) {
	byApp := map[string][]note{}
	for _, n := range batch {
		byApp[n.app] = append(byApp[n.app], n)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	for app, list := range byApp {
		groups, users := f.fresh(app, list)
		err := errors.Join(f.write(ctx, app, groups, users), f.changed(ctx, app, list))
		f.mu.Lock()
		c := f.of(app)
		c.Waiting -= len(list)
		switch {
		case err != nil:
			c.Failed += int64(len(list))
		case len(groups)+len(users) > 0:
			c.Groups, c.Users, c.Last = c.Groups+int64(len(groups)), c.Users+int64(len(users)), f.now()
		}
		f.mu.Unlock()
		if err != nil && f.now().Sub(f.logged) >= failedAgain {
			f.logged = f.now()
			f.log.WarnContext(ctx, "groups and users that callbacks name were not kept", "app", app, "events", len(list), "error", err)
		}
	}
}

// fresh joins what a batch names into each group and each user once, without those that were written just now.
func (f *Feed) fresh(app string, list []note) (groups []store.KnownGroup, users []string) {
	if len(f.kept) > maxKept {
		clear(f.kept)
	}
	again := func(kind, id string, at time.Time) bool {
		key := kind + app + "\x00" + id
		if last, is := f.kept[key]; is && at.Sub(last) < keptAgain {
			return false
		}
		f.kept[key] = at
		return true
	}
	found := map[string]store.KnownGroup{}
	for _, n := range list {
		if n.group != "" {
			g := found[n.group]
			g.App, g.ID, g.From, g.Seen = app, n.group, store.KnownEvent, n.at
			if n.typ != "" {
				g.Type = n.typ
			}
			if n.name != "" {
				g.Name = n.name
			}
			found[n.group] = g
		}
		for _, u := range n.users {
			if again("u", u, n.at) {
				users = append(users, u)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if g := found[id]; again("g", id+"\x00"+g.Name, g.Seen) {
			groups = append(groups, g)
		}
	}
	return groups, users
}

// changed writes what became of groups and users that were known before.
func (f *Feed) changed(ctx context.Context, app string, list []note) error {
	var gone, renamed []string
	for _, n := range list {
		if n.gone {
			gone = append(gone, n.group)
			delete(f.kept, "g"+app+"\x00"+n.group+"\x00")
		}
		if n.renamed {
			renamed = append(renamed, n.users...)
		}
	}
	err := f.known.Gone(ctx, app, gone, f.now())
	for part := range slices.Chunk(renamed, store.MaxKnown) {
		err = errors.Join(err, f.known.Stale(ctx, app, store.KindUser, part))
	}
	return err
}

func (f *Feed) write(ctx context.Context, app string, groups []store.KnownGroup, users []string) error {
	for part := range slices.Chunk(groups, store.MaxKnown) {
		if err := f.known.Note(ctx, part); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(users, store.MaxKnown) {
		if err := f.known.NoteUsers(ctx, app, part, f.now()); err != nil {
			return err
		}
	}
	if f.written[app] += len(users); f.written[app] >= trimEach {
		f.written[app] = 0
		if _, err := f.known.TrimUsers(ctx, app, maxUsers); err != nil {
			return err
		}
	}
	return nil
}
