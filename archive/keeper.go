package archive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// Bounds of a Keeper.
const (
	maxBatch   = 500                    // events written in one transaction
	maxWaiting = 4000                   // events that wait for it
	gather     = 2 * time.Millisecond   // how long events gather before they are written
	writeTime  = 900 * time.Millisecond // for the database; the services wait 2 s for an answer
	againEach  = 5 * time.Second        // between two looks whether the spool can be emptied
	dropEach   = time.Hour              // between two looks for what is too old
	dropBatch  = 1000
)

// ErrFull means that an event was not kept: too many wait, and neither database nor disk takes them.
var ErrFull = errors.New("archive: the event was not kept")

// Policy is what of an app is kept.
type Policy struct {
	Groups bool
	For    time.Duration // 0: for ever
}

// Keeper keeps what events tell. Its fields are set before Run is called.
type Keeper struct {
	Store    store.Archive
	Policies func() map[string]Policy // by app, as they are now; an app without one keeps nothing
	Spool    string                   // file for what the database does not take; "": there is none
	Log      *slog.Logger
	Now      func() time.Time

	once   sync.Once
	queue  chan *taken
	mu     sync.Mutex
	counts map[string]*Counts
	spool  spool
}

// Counts says what became of the events of an app, since the start.
type Counts struct {
	Kept    int64     // messages that are new in the archive
	Spooled int64     // events on disk that the database has not taken yet
	Lost    int64     // events that neither took
	Last    time.Time // when something was kept
}

// Entry is what of an event is kept.
type Entry struct {
	App     string
	Said    []store.Archived
	Recalls []string
	Place   store.Conversation
	At      time.Time
}

// taken is an entry whose keeping somebody waits for.
type taken struct {
	Entry
	done chan error
}

func (k *Keeper) init() {
	k.once.Do(func() {
		k.queue = make(chan *taken, maxWaiting)
		k.counts = map[string]*Counts{}
		k.spool.file = k.Spool
		if k.Now == nil {
			k.Now = time.Now
		}
	})
}

// of returns an app's counts. The caller holds mu.
func (k *Keeper) of(app string) *Counts {
	if k.counts[app] == nil {
		k.counts[app] = &Counts{}
	}
	return k.counts[app]
}

// Counts says how things stand for an app.
func (k *Keeper) Counts(app string) Counts {
	k.init()
	k.mu.Lock()
	defer k.mu.Unlock()
	return *k.of(app)
}

// Keeps tells whether anything of an app is kept.
func (k *Keeper) Keeps(app string) bool { return k != nil && k.Policies()[app].Groups }

// entry is what of an event is kept, if anything is.
func (k *Keeper) entry(app string, e imclient.Event) (Entry, bool) {
	if !k.Keeps(app) || e.Group == "" || e.Said == nil && len(e.Recalls) == 0 {
		return Entry{}, false
	}
	now := k.Now()
	n := Entry{App: app, Recalls: e.Recalls, Place: store.Conversation{App: app, Group: e.Group}, At: e.At}
	if n.At.IsZero() {
		n.At = now
	}
	if e.Said != nil {
		m := Message(app, e.Group, *e.Said, FromEvent)
		m.Added = now
		n.Said = []store.Archived{m}
	}
	return n, true
}

// Take keeps what an event tells, and returns when it is on disk. ErrFull if it is not, the context's error if that ends first.
func (k *Keeper) Take(ctx context.Context, app string, e imclient.Event) error {
	k.init()
	n, has := k.entry(app, e)
	if !has {
		return nil
	}
	t := &taken{Entry: n, done: make(chan error, 1)}
	select {
	case k.queue <- t:
	default:
		k.lost(app)
		return ErrFull
	}
	select {
	case err := <-t.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (k *Keeper) lost(app string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.of(app).Lost++
}

// Run writes what is taken until ctx ends, and then what waits. It also empties the spool, and drops what is too old.
func (k *Keeper) Run(ctx context.Context) {
	k.init()
	again, old := time.NewTicker(againEach), time.NewTicker(dropEach)
	defer again.Stop()
	defer old.Stop()
	k.empty(ctx)
	k.drop(ctx)
	for {
		select {
		case t := <-k.queue:
			k.write(ctx, k.more(t))
		case <-again.C:
			k.empty(ctx)
		case <-old.C:
			k.drop(ctx)
		case <-ctx.Done():
			for {
				select {
				case t := <-k.queue:
					k.write(ctx, k.more(t))
					continue
				default:
				}
				return
			}
		}
	}
}

// more gathers what comes within a moment.
func (k *Keeper) more(first *taken) []*taken {
	batch := []*taken{first}
	for full := time.After(gather); len(batch) < maxBatch; {
		select {
		case t := <-k.queue:
			batch = append(batch, t)
			continue
		case <-full:
		}
		break
	}
	return batch
}

// write brings a batch to disk.
func (k *Keeper) write(ctx context.Context, batch []*taken) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	entries := make([]Entry, len(batch))
	for i, t := range batch {
		entries[i] = t.Entry
	}
	err := k.keep(ctx, entries)
	if err != nil {
		k.Log.Warn("the database does not take what was said; it goes to the spool", "events", len(batch), "error", err)
		if err = k.spool.add(entries); err != nil {
			k.Log.Error("what was said is lost", "events", len(batch), "error", err)
			err = fmt.Errorf("%w: %w", ErrFull, err)
		}
		k.mu.Lock()
		for _, e := range entries {
			if err == nil {
				k.of(e.App).Spooled++
			} else {
				k.of(e.App).Lost++
			}
		}
		k.mu.Unlock()
	}
	for _, t := range batch {
		t.done <- err
	}
}

// keep writes entries to the database: first what was said, then what became of it.
func (k *Keeper) keep(ctx context.Context, entries []Entry) error {
	byApp := map[string][]store.Archived{}
	for _, e := range entries {
		byApp[e.App] = append(byApp[e.App], e.Said...)
	}
	for app, list := range byApp {
		n, err := k.Store.Add(ctx, list)
		if err != nil {
			return err
		}
		k.mu.Lock()
		c := k.of(app)
		if c.Kept += int64(n); n > 0 {
			c.Last = k.Now()
		}
		k.mu.Unlock()
	}
	for _, e := range entries {
		if len(e.Recalls) == 0 {
			continue
		}
		if err := k.Store.Recall(ctx, e.Place, e.Recalls, e.At); err != nil {
			return err
		}
	}
	return nil
}

// empty brings what is in the spool to the database.
func (k *Keeper) empty(ctx context.Context) {
	n, err := k.spool.empty(func(entries []Entry) error {
		ctx, cancel := context.WithTimeout(ctx, 10*writeTime)
		defer cancel()
		if err := k.keep(ctx, entries); err != nil {
			return err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		for _, e := range entries {
			if c := k.of(e.App); c.Spooled > 0 {
				c.Spooled--
			}
		}
		return nil
	})
	if n > 0 {
		k.Log.Info("what was spooled is in the database", "events", n)
	}
	if err != nil && ctx.Err() == nil {
		k.Log.Warn("the spool cannot be emptied yet", "error", err)
	}
}

// drop removes what is too old.
func (k *Keeper) drop(ctx context.Context) {
	for app, p := range k.Policies() {
		if p.For <= 0 {
			continue
		}
		for ctx.Err() == nil {
			n, err := k.Store.Drop(ctx, app, k.Now().Add(-p.For), dropBatch)
			if err != nil {
				if ctx.Err() == nil {
					k.Log.Warn("messages that are too old cannot be dropped", "app", app, "error", err)
				}
				break
			}
			if n < dropBatch {
				break
			}
		}
	}
}
