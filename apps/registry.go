package apps

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"imdesk/imclient"
	"imdesk/secrets"
	"imdesk/store"
)

// retireAfter is how long a client that was replaced can be used: longer than a request, or a batch of a job, takes.
const retireAfter = time.Minute

// reloadEach is how often the database is looked at without an event: one is lost if a console dies right after its change.
const reloadEach = time.Minute

// Options are what a Registry works with. Without Store or Keys it has the apps of the configuration alone.
type Options struct {
	Store *store.Store
	Keys  *secrets.Keyring // nil: keys could not be kept, so no app can be added
	Log   *slog.Logger     // nil: slog.Default
	Now   func() time.Time // nil: time.Now
}

// Registry knows all apps. It is safe for use by several goroutines.
type Registry struct {
	store *store.Store
	keys  *secrets.Keyring
	log   *slog.Logger
	clock func() time.Time

	current atomic.Pointer[set]

	mu      sync.Mutex // of whoever changes what is below, and current
	fixed   []*App     // in the order shown, before the others
	rows    []store.App
	lines   map[string]*lines
	users   map[string]string // name of an app to the lines it uses
	watches []Watch
	retired map[*App]*time.Timer
	retire  time.Duration
	closed  bool
}

// set is all apps at one time. It does not change.
type set struct {
	list   []*App
	byName map[string]*App
	absent map[string]Absent
}

// Watch is told of apps that come and go. Its functions are called one at a time, and must not call the Registry.
type Watch struct {
	Add    func(*App)   // before anybody else sees the app; nil: nothing
	Change func([]*App) // with all apps, once they can be seen
	Close  func(*App)   // before the client is closed
}

// New makes a registry without apps.
func New(o Options) *Registry {
	r := &Registry{
		store: o.Store, keys: o.Keys, log: o.Log, clock: o.Now, lines: map[string]*lines{}, users: map[string]string{},
		retired: map[*App]*time.Timer{}, retire: retireAfter,
	}
	if r.log == nil {
		r.log = slog.Default()
	}
	if r.clock == nil {
		r.clock = time.Now
	}
	r.current.Store(&set{})
	return r
}

// All are the apps, in the order shown. The list is not to be changed.
func (r *Registry) All() []*App { return r.current.Load().list }

// Get finds an app by its name; nil if there is none now.
func (r *Registry) Get(name string) *App { return r.current.Load().byName[name] }

// Absent tells what became of an app that is not there; false if there never was one, as far as is known.
func (r *Registry) Absent(name string) (Absent, bool) {
	a, is := r.current.Load().absent[name]
	return a, is
}

// Absents are all apps that were added in the console and are not there, in no order.
func (r *Registry) Absents() []Absent { return slices.Collect(maps.Values(r.current.Load().absent)) }

// Keeps reports whether apps can be added in the console: their keys need a database, and a key to seal them with.
func (r *Registry) Keeps() bool { return r.store != nil && r.keys != nil }

// Fix adds apps that stay for as long as the console runs. Their clients are closed with the Registry.
func (r *Registry) Fix(list ...*App) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range list {
		if slices.ContainsFunc(r.fixed, func(b *App) bool { return a.Name == b.Name }) {
			return fmt.Errorf("two apps are named %s", a.Name)
		}
		r.fixed = append(r.fixed, a)
	}
	for _, a := range list {
		r.added(a)
	}
	r.publish(r.ownNow(), r.current.Load().absent)
	return nil
}

// Configure makes an app of the configuration, and fixes it.
func (r *Registry) Configure(name string, s Settings, k Keys) error {
	r.mu.Lock()
	a, err := r.build(name, s, k)
	if err == nil {
		r.users[name] = linesOf(s)
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	return r.Fix(a)
}

// ownNow are the apps that were added in the console and are there now. The caller holds mu.
func (r *Registry) ownNow() []*App {
	var list []*App
	for _, a := range r.current.Load().list {
		if a.Added() {
			list = append(list, a)
		}
	}
	return list
}

// Watch has changes told, and tells of the apps that there are.
func (r *Registry) Watch(w Watch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watches = append(r.watches, w)
	list := r.All()
	if w.Add != nil {
		for _, a := range list {
			w.Add(a)
		}
	}
	if w.Change != nil {
		w.Change(list)
	}
}

// added tells of an app before it can be seen. The caller holds mu.
func (r *Registry) added(a *App) {
	for _, w := range r.watches {
		if w.Add != nil {
			w.Add(a)
		}
	}
}

// publish puts a new set in the place of the present one. The caller holds mu.
func (r *Registry) publish(added []*App, absent map[string]Absent) {
	next := &set{list: slices.Concat(r.fixed, added), byName: map[string]*App{}, absent: absent}
	for _, a := range next.list {
		next.byName[a.Name] = a
	}
	before := r.current.Swap(next)
	for _, a := range before.list {
		if !slices.Contains(next.list, a) {
			r.retireLater(a)
		}
	}
	for _, w := range r.watches {
		if w.Change != nil {
			w.Change(next.list)
		}
	}
}

// retireLater closes a client once nobody can have it any more. The caller holds mu.
func (r *Registry) retireLater(a *App) {
	r.retired[a] = time.AfterFunc(r.retire, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if _, waits := r.retired[a]; waits {
			delete(r.retired, a)
			r.close(a)
		}
	})
}

func (r *Registry) close(a *App) {
	for _, w := range r.watches {
		if w.Close != nil {
			w.Close(a)
		}
	}
	a.IM.Close()
}

// Close closes all clients.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.closed = true
	for a, timer := range r.retired {
		timer.Stop()
		r.close(a)
	}
	clear(r.retired)
	for _, a := range r.All() {
		r.close(a)
	}
}

// Load brings the apps up to date with the database. An app of which something is wrong is absent, and the others are there.
func (r *Registry) Load(ctx context.Context) error {
	if r.store == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.load(ctx)
}

func (r *Registry) load(ctx context.Context) error {
	rows, err := r.store.Apps.List(ctx)
	if err != nil {
		return err
	}
	if r.closed || slices.EqualFunc(rows, r.rows, func(a, b store.App) bool { return a.Name == b.Name && a.Version == b.Version }) && !r.locked() {
		return nil
	}
	var list []*App
	absent := map[string]Absent{}
	for _, row := range rows {
		a, why := r.of(ctx, row)
		switch {
		case why == Shadowed: // the other one is there
		case why != "":
			s, _ := SettingsOf(row) // what cannot be read has no policy
			absent[row.Name] = Absent{
				Archive: policy(s), Name: row.Name, Title: row.Title, Detail: Detail(imclient.Vendor(row.Vendor), row.AppID), Why: why, At: row.ChangedAt, By: row.ChangedBy,
			}
		default:
			list = append(list, a)
		}
	}
	r.rows = rows
	r.publish(list, absent)
	return nil
}

// locked tells whether an app waits for a key that another process may have brought meanwhile. The caller holds mu.
func (r *Registry) locked() bool {
	for _, a := range r.current.Load().absent {
		if a.Why == Locked {
			return true
		}
	}
	return false
}

// of is the app of a row: the one that is there, if nothing changed, or a new one. The caller holds mu.
func (r *Registry) of(ctx context.Context, row store.App) (*App, Why) {
	switch had := r.Get(row.Name); {
	case slices.ContainsFunc(r.fixed, func(a *App) bool { return a.Name == row.Name }):
		return nil, Shadowed
	case !row.RemovedAt.IsZero():
		delete(r.users, row.Name)
		return nil, Removed
	case row.Disabled:
		delete(r.users, row.Name)
		return nil, Disabled
	case had != nil && had.version == row.Version:
		return had, ""
	}
	s, keys, err := r.open(ctx, row)
	if err != nil {
		r.log.ErrorContext(ctx, "the keys of an app cannot be read", "app", row.Name, "error", err)
		return nil, Locked
	}
	a, err := r.build(row.Name, s, keys)
	if err != nil {
		r.log.ErrorContext(ctx, "an app cannot be looked after", "app", row.Name, "error", err)
		return nil, Broken
	}
	a.version = row.Version
	r.users[row.Name] = linesOf(s)
	r.added(a)
	return a, ""
}

// SettingsOf reads what a row says.
func SettingsOf(row store.App) (Settings, error) {
	s := Settings{}
	err := readSettings(row.Settings, &s)
	s.Vendor, s.AppID, s.Title = imclient.Vendor(row.Vendor), row.AppID, row.Title
	return s, err
}

// Secrets of an app.
const (
	secretKey   = "key"
	secretToken = "callback_token"
)

// open reads a row and its keys.
func (r *Registry) open(ctx context.Context, row store.App) (Settings, Keys, error) {
	s, err := SettingsOf(row)
	if err != nil {
		return s, Keys{}, err
	}
	var k Keys
	if k.Key, err = r.secret(ctx, row.Name, secretKey); err != nil {
		return s, k, err
	}
	k.CallbackToken, err = r.secret(ctx, row.Name, secretToken)
	return s, k, err
}

// secret opens one secret of an app; "" if there is none.
func (r *Registry) secret(ctx context.Context, app, what string) (string, error) {
	if r.keys == nil {
		return "", secrets.ErrKey
	}
	name := store.AppSecret(app, what)
	sealed, err := r.store.Secrets.Get(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	plain, err := r.keys.Open(name, sealed)
	return string(plain), err
}

// Run takes up what other consoles change, until ctx ends.
func (r *Registry) Run(ctx context.Context, changes <-chan store.Event) {
	tick := time.NewTicker(reloadEach)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-changes:
			if !open {
				return
			}
		case <-tick.C:
		}
		if err := r.Load(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "apps that other consoles changed", "error", err)
		}
	}
}

// Rows are the apps that were added in the console, with those that were removed, as they are in the database now.
func (r *Registry) Rows(ctx context.Context) ([]store.App, error) {
	if r.store == nil {
		return nil, nil
	}
	return r.store.Apps.List(ctx)
}

// Fixed reports whether an app of the configuration has a name.
func (r *Registry) Fixed(name string) bool {
	a := r.Get(name)
	return a != nil && !a.Added()
}

// ErrNoKeys means that keys cannot be kept, since there is nothing to seal them with.
var ErrNoKeys = errors.New("apps: there is no key to seal keys of apps with")

// Try calls an app's service as it would be with settings and keys, and says what is right and what is not. An empty key is the
// one that the app has. The error is one of the settings: no client can be made of them.
func (r *Registry) Try(ctx context.Context, name string, s Settings, k Keys) (imclient.Health, error) {
	k, err := r.filled(ctx, name, k)
	if err != nil {
		return imclient.Health{}, err
	}
	r.mu.Lock()
	kept := maps.Clone(r.lines)
	a, err := r.build(name, s, k)
	r.lines = kept // of what is only tried nothing stays
	r.mu.Unlock()
	if err != nil {
		return imclient.Health{}, err
	}
	defer a.IM.Close()
	return a.IM.Check(ctx), nil
}

// filled are keys with those in the place of empty ones that an app of the console has.
func (r *Registry) filled(ctx context.Context, name string, k Keys) (Keys, error) {
	if !r.Keeps() {
		return k, ErrNoKeys
	}
	var err error
	if k.Key == "" {
		k.Key, err = r.secret(ctx, name, secretKey)
	}
	return k, err
}

// sealed seals keys for the store; an empty one is left alone.
func (r *Registry) sealed(name string, k Keys) (map[string][]byte, error) {
	if !r.Keeps() {
		return nil, ErrNoKeys
	}
	list := map[string][]byte{}
	for what, plain := range map[string]string{secretKey: k.Key, secretToken: k.CallbackToken} {
		if plain == "" {
			continue
		}
		id := store.AppSecret(name, what)
		value, err := r.keys.Seal(id, []byte(plain))
		if err != nil {
			return nil, err
		}
		list[id] = value
	}
	return list, nil
}

// Add stores an app and takes it up. Errors: ErrNoKeys, store.ErrConflict, store.ErrInvalid.
func (r *Registry) Add(ctx context.Context, name string, s Settings, k Keys, by string) error {
	sealed, err := r.sealed(name, k)
	if err != nil {
		return err
	}
	row, err := s.row(name)
	if err != nil {
		return err
	}
	row.CreatedAt, row.CreatedBy = r.clock(), by
	if _, err := r.store.Apps.Add(ctx, row, sealed); err != nil {
		return err
	}
	return r.changed(ctx, name)
}

// Change stores what an app is to be from now on, in the place of a version of it. An empty key stays as it is; dropToken takes the
// callback token away. Errors: ErrNoKeys, store.ErrConflict.
func (r *Registry) Change(ctx context.Context, name string, version int64, s Settings, k Keys, dropToken, disabled bool, by string) error {
	sealed, err := r.sealed(name, k)
	if err != nil {
		return err
	}
	if dropToken {
		sealed[store.AppSecret(name, secretToken)] = nil
	}
	row, err := s.row(name)
	if err != nil {
		return err
	}
	row.Version, row.Disabled, row.ChangedAt, row.ChangedBy = version, disabled, r.clock(), by
	if _, err := r.store.Apps.Change(ctx, row, sealed); err != nil {
		return err
	}
	return r.changed(ctx, name)
}

// Remove takes an app away, and forgets its keys. Error: store.ErrConflict.
func (r *Registry) Remove(ctx context.Context, name string, version int64, by string) error {
	if r.store == nil {
		return store.ErrConflict
	}
	if err := r.store.Apps.Remove(ctx, name, version, by, r.clock()); err != nil {
		return err
	}
	return r.changed(ctx, name)
}

// changed takes up a change that is stored, and tells the other consoles. They look each minute anyway.
func (r *Registry) changed(ctx context.Context, name string) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := r.store.Events.Publish(ctx, store.TopicApps, name); err != nil {
		r.log.WarnContext(ctx, "tell that an app changed", "app", name, "error", err)
	}
	return r.Load(ctx)
}

// HasToken tells whether an app of the console has a callback token.
func (r *Registry) HasToken(ctx context.Context, name string) (bool, error) {
	token, err := r.secret(ctx, name, secretToken)
	return token != "", err
}

// heldFor is how long typed keys are kept for the next try.
const heldFor = 30 * time.Minute

func heldName(id string) string { return "app-keys/" + id }

// Hold keeps keys that were typed into a form which has to be sent again, sealed, so that no page has to show them. by is who may
// have them back.
func (r *Registry) Hold(ctx context.Context, by string, k Keys) (id string, err error) {
	if !r.Keeps() {
		return "", ErrNoKeys
	}
	id = rand.Text()
	plain, err := json.Marshal([]string{by, k.Key, k.CallbackToken})
	if err != nil {
		return "", err
	}
	sealed, err := r.keys.Seal(heldName(id), plain)
	if err != nil {
		return "", err
	}
	_, err = r.store.Once.Add(ctx, heldName(id), sealed, r.clock().Add(heldFor))
	return id, err
}

// Held are keys that were kept; none if they are there no more.
func (r *Registry) Held(ctx context.Context, by, id string) (Keys, error) {
	if !r.Keeps() || id == "" {
		return Keys{}, nil
	}
	sealed, err := r.store.Once.Get(ctx, heldName(id), r.clock())
	if errors.Is(err, store.ErrNotFound) {
		return Keys{}, nil
	}
	if err != nil {
		return Keys{}, err
	}
	plain, err := r.keys.Open(heldName(id), sealed)
	var list []string
	if err != nil || json.Unmarshal(plain, &list) != nil || len(list) != 3 || list[0] != by {
		return Keys{}, nil // sealed with a key that is gone, or for somebody else
	}
	return Keys{Key: list[1], CallbackToken: list[2]}, nil
}
