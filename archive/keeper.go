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
	Groups    bool
	Direct    bool                     // direct chats, too
	For       time.Duration            // 0: for ever
	ForGroups map[string]time.Duration // groups with a time of their own; below 0: nothing of the group is kept
	Files     bool                     // the files that the service makes of an hour's messages are read
}

// keeps tells whether a place is kept.
func (p Policy) keeps(place store.Conversation) bool {
	if place.Group == "" {
		return p.Direct
	}
	return p.Groups && p.ForGroups[place.Group] >= 0
}

// Kept is how long what is said in a group is kept; 0: for ever.
func (p Policy) Kept(group string) time.Duration {
	if d, own := p.ForGroups[group]; own {
		return d
	}
	return p.For
}

// tooOld tells whether a message would be dropped at once.
func (p Policy) tooOld(m store.Archived, now time.Time) bool {
	d := p.Kept(m.Place.Group)
	return d > 0 && !m.At.IsZero() && now.Sub(m.At) > d
}

// Keeper keeps what events tell. Its fields are set before Run is called.
type Keeper struct {
	Store    store.Archive
	Policies func() map[string]Policy          // by app, as they are now; an app without one keeps nothing
	Spool    string                            // file for what the database does not take; "": there is none
	Services func(app string) *imclient.Client // asks for what is missing; nil, or a nil client: nothing is asked for
	Name     string                            // of this console among those on the database
	Marks    store.Once                        // which files were read; nil: none are
	Log      *slog.Logger
	Now      func() time.Time

	once   sync.Once
	queue  chan *taken
	read   chan Entry // what was read from services, which may be dropped: it can be read again
	mu     sync.Mutex
	counts map[string]*Counts
	spool  spool
	chats  spool // of direct chats of which it is not known yet who is in them
	peers  map[string][2]string

	chatting sync.Mutex // one look at a time who is in direct chats
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
	Edits   []store.Archived
	Recalls []string
	Place   store.Conversation
	At      time.Time
	Chat    string // the service's name of a direct chat of which one of the two is not known yet
}

// placed is the entry with its place settled everywhere.
func (e Entry) placed(p store.Conversation) Entry {
	e.Place, e.Chat = p, ""
	for _, list := range [][]store.Archived{e.Said, e.Edits} {
		for i := range list {
			list[i].Place = p
		}
	}
	return e
}

// taken is an entry whose keeping somebody waits for.
type taken struct {
	Entry
	done chan error
}

func (k *Keeper) init() {
	k.once.Do(func() {
		k.queue = make(chan *taken, maxWaiting)
		k.read = make(chan Entry, maxRead)
		k.counts, k.peers = map[string]*Counts{}, map[string][2]string{}
		if k.spool.file = k.Spool; k.Spool != "" {
			k.chats.file = k.Spool + ".chats"
		}
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
func (k *Keeper) Keeps(app string) bool {
	return k != nil && (k.Policies()[app].Groups || k.Policies()[app].Direct)
}

// KeepsPlace tells whether what is said in a group or a direct chat is kept.
func (k *Keeper) KeepsPlace(p store.Conversation) bool {
	return k != nil && k.Policies()[p.App].keeps(p)
}

// Policy is what is kept of an app.
func (k *Keeper) Policy(app string) Policy {
	if k == nil {
		return Policy{}
	}
	return k.Policies()[app]
}

// entry is what of an event is kept, if anything is.
func (k *Keeper) entry(app string, e imclient.Event) (Entry, bool) {
	n := Entry{App: app, Recalls: e.Recalls, Place: store.Conversation{App: app, Group: e.Group}, At: e.At}
	if e.Group == "" {
		n.Place.Users = e.Peers
		if e.Peers[1] == "" {
			n.Chat = e.Chat
		}
	}
	if e.Said == nil && len(e.Recalls) == 0 || e.Group == "" && !e.Direct() || !k.KeepsPlace(n.Place) {
		return Entry{}, false
	}
	now := k.Now()
	if n.At.IsZero() {
		n.At = now
	}
	if e.Said == nil {
		return n, true
	}
	m := Message(n.Place, *e.Said, FromEvent)
	m.Added = now
	if e.Edited {
		m.Changed = n.At
		n.Edits = []store.Archived{m}
	} else {
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
	return k.take(ctx, n)
}

// take brings an entry to disk.
func (k *Keeper) take(ctx context.Context, n Entry) error {
	if n.Chat != "" {
		peers, known := k.peersOf(n.App, n.Chat)
		if !known { // asking the service may take longer than it waits for the answer
			return k.chats.add([]Entry{n})
		}
		n = n.placed(store.Conversation{App: n.App, Users: peers})
	}
	t := &taken{Entry: n, done: make(chan error, 1)}
	select {
	case k.queue <- t:
	default:
		k.lost(n.App)
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
	var behind sync.WaitGroup
	defer behind.Wait()
	if k.Services != nil {
		behind.Go(func() { k.fill(ctx) })
		behind.Go(func() { k.around(ctx) })
		behind.Go(func() {
			each := time.NewTicker(filesEach)
			defer each.Stop()
			for {
				k.files(ctx)
				select {
				case <-ctx.Done():
					return
				case <-each.C:
				}
			}
		})
	}
	for {
		select {
		case t := <-k.queue:
			k.write(ctx, k.more(t))
		case e := <-k.read:
			k.keepRead(ctx, e)
		case <-again.C:
			k.empty(ctx)
			behind.Go(func() { k.emptyChats(ctx) })
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
		for _, m := range e.Edits {
			if err := k.edit(ctx, m); err != nil {
				return err
			}
		}
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

// edit keeps what a message says since it was edited, also if nobody told what it said before.
func (k *Keeper) edit(ctx context.Context, m store.Archived) error {
	err := k.Store.Edit(ctx, m)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	m.State = store.ArchiveEdited
	_, err = k.Store.Add(ctx, []store.Archived{m})
	return err
}

// drop removes what is too old.
func (k *Keeper) drop(ctx context.Context) {
	for app, p := range k.Policies() {
		var own []string
		for g, d := range p.ForGroups {
			own = append(own, g)
			if d == 0 {
				continue
			}
			k.dropAll(ctx, app, max(d, 0), func(before time.Time) (int, error) {
				return k.Store.DropPlace(ctx, store.Conversation{App: app, Group: g}, before, dropBatch)
			})
		}
		if p.For > 0 {
			k.dropAll(ctx, app, p.For, func(before time.Time) (int, error) { return k.Store.Drop(ctx, app, before, dropBatch, own...) })
		}
	}
}

// dropAll drops what is older, many at once, until nothing is.
func (k *Keeper) dropAll(ctx context.Context, app string, older time.Duration, some func(before time.Time) (int, error)) {
	before := k.Now().Add(-older)
	for ctx.Err() == nil {
		n, err := some(before)
		if err != nil && ctx.Err() == nil {
			k.Log.Warn("messages that are too old cannot be dropped", "app", app, "error", err)
		}
		if err != nil || n < dropBatch {
			return
		}
	}
}
