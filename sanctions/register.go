package sanctions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/rules"
	"imdesk/store"
)

// Times and bounds.
const (
	poll       = 2 * time.Second // for what other consoles did
	tidyEach   = time.Minute
	tidyBatch  = 5000
	keptFor    = 400 * 24 * time.Hour // after the end of a sanction
	maxWaiting = 5000                 // changes that callbacks told and that are not written yet
)

// Service keeps the register. Its fields are set before Init.
type Service struct {
	Store   *store.Store
	Actions *actions.Service
	// App finds an app by its name; All are those there are.
	App func(name string) (actions.App, bool)
	All func() []actions.App
	// Share is how much of the time a call of the comparing may be under way; 0: nothing is compared.
	Share float64
	Name  string           // of this console, for leases
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: slog.Default
	// Changed is told that an app's register changed; nil: nobody.
	Changed func(app string)

	once sync.Once
	wake chan struct{}
	told chan store.SanctionChange
	mu   sync.Mutex // one goroutine takes up the log
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Service) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

func (s *Service) init() {
	s.once.Do(func() {
		s.wake = make(chan struct{}, 1)
		s.told = make(chan store.SanctionChange, maxWaiting)
	})
}

// taken are the actions that the register is made of.
var taken = func() (list []string) {
	for _, v := range []actions.Verb{
		actions.VerbMute, actions.VerbUnmute, actions.VerbBan, actions.VerbUnban, actions.VerbKick, actions.VerbAddMembers,
		actions.VerbGlobalMute, actions.VerbGlobalUnmute,
	} {
		list = append(list, string(v), string(actions.Undoing(v)))
	}
	return append(list, string(actions.VerbAdopt))
}()

// Done is told of an action's outcome (actions.Service.After). It does not wait.
func (s *Service) Done(r actions.Result) {
	s.init()
	if !slices.Contains(taken, string(r.Verb)) {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// CatchUp takes up all that the audit log has and the register lacks.
func (s *Service) CatchUp(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		b, err := s.Store.Sanctions.Next(ctx, taken)
		if err != nil {
			return err
		}
		if b.From == b.To {
			return nil
		}
		var list []store.SanctionChange
		apps := map[string]bool{}
		for _, e := range b.Entries {
			changes, err := Changes(e)
			if err != nil {
				s.log().ErrorContext(ctx, "an entry of the audit log cannot be read for the register", "audit", e.ID, "error", err)
				continue
			}
			list = append(list, changes...)
			apps[e.App] = true
		}
		err = s.Store.Sanctions.Apply(ctx, b, list)
		if errors.Is(err, store.ErrConflict) {
			continue // another console was faster
		}
		if err != nil {
			return err
		}
		for app := range apps {
			s.changed(app)
		}
	}
}

func (s *Service) changed(app string) {
	if s.Changed != nil {
		s.Changed(app)
	}
}

// Run keeps the register up to date until ctx ends.
func (s *Service) Run(ctx context.Context) {
	s.init()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { s.listen(ctx) })
	wg.Go(func() { s.tidy(ctx) })
	if s.Share > 0 {
		wg.Go(func() { s.compareAll(ctx) })
	}
	for ctx.Err() == nil {
		if err := s.CatchUp(ctx); err != nil && ctx.Err() == nil {
			s.log().WarnContext(ctx, "the register of sanctions is behind", "error", err)
		}
		t := time.NewTimer(poll)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// tidy ends what ran out and drops what is old.
func (s *Service) tidy(ctx context.Context) {
	for {
		now := s.now()
		if _, err := s.Store.Sanctions.Expire(ctx, now, tidyBatch); err != nil && ctx.Err() == nil {
			s.log().WarnContext(ctx, "end sanctions whose time is over", "error", err)
		}
		if _, err := s.Store.Sanctions.Drop(ctx, now.Add(-keptFor), tidyBatch); err != nil && ctx.Err() == nil {
			s.log().WarnContext(ctx, "drop old sanctions", "error", err)
		}
		if !pause(ctx, tidyEach) {
			return
		}
	}
}

// Changes are what an entry of the audit log did to sanctions.
func Changes(e store.AuditEntry) ([]store.SanctionChange, error) {
	d, err := actions.ReadDetail(e)
	if err != nil || e.Outcome == nil {
		return nil, err
	}
	verb := actions.Verb(e.Action)
	if e.UndoOf != 0 {
		verb = actions.Verb(strings.TrimPrefix(e.Action, string(actions.Undoing(""))))
	}
	base := store.SanctionChange{
		Sanction: store.Sanction{
			App: e.App, Group: e.Group, Since: e.At, Source: store.SanctionByOperator, ByID: e.OperatorID, ByName: e.OperatorName, Reason: e.Reason,
			Case: d.Case, Audit: e.ID,
		},
		At: e.Outcome.At, Undo: e.UndoOf,
	}
	if name, is := strings.CutPrefix(e.OperatorID, rules.OperatorPrefix); is {
		base.Source, base.ByName = store.SanctionByRule, name
	}
	if d.Cleared != nil {
		base.Job = d.Cleared.Job
	}
	if e.UndoOf != 0 {
		base.How = store.EndedUndone
	}
	wants, before := map[string]*string{}, map[string]*string{}
	for _, i := range d.Items {
		wants[i.ID], before[i.ID] = i.Want, i.Before
	}
	items := e.Outcome.Items
	if len(items) == 0 && e.State == store.AuditUnknown { // a console died; what was planned may have come to pass
		for _, i := range d.Items {
			items = append(items, store.AuditItem{ID: i.ID, Code: string(actions.StateUnknown)})
		}
	}
	var list []store.SanctionChange
	for _, i := range items {
		applied := i.Code == store.ItemOK
		if !applied && i.Code != string(actions.StateUnknown) {
			continue
		}
		x := base
		x.User, x.Doubt = i.ID, !applied
		want := d.Want
		if wants[i.ID] != nil {
			want = wants[i.ID]
		}
		now := actions.Value{Text: i.After, Known: applied && (i.After != "" || i.TextKey == "")}
		list = append(list, changesOf(verb, d, x, want, now)...)
	}
	return list, nil
}

// changesOf are what became of one item: want is what it was to be, now what the service said then.
func changesOf(verb actions.Verb, d actions.Detail, x store.SanctionChange, want *string, now actions.Value) []store.SanctionChange {
	wanted := actions.Value{}
	if want != nil {
		wanted = actions.Value{Text: *want, Known: true}
	}
	if !now.Known {
		now = wanted
	}
	if !now.Known {
		return nil
	}
	ends := func(kind string, until time.Time) store.SanctionChange {
		x := x
		x.Kind, x.Until, x.Lift = kind, until, until.IsZero()
		return x
	}
	switch verb {
	case actions.VerbMute, actions.VerbUnmute:
		return []store.SanctionChange{ends(store.SanctionMute, now.End())}
	case actions.VerbBan, actions.VerbUnban:
		return []store.SanctionChange{ends(store.SanctionBan, now.End())}
	case actions.VerbGlobalMute, actions.VerbGlobalUnmute:
		x.Group = ""
		direct, groups := now.Ends()
		inDirect, inGroups := wanted.Touches()
		var list []store.SanctionChange
		if inDirect {
			list = append(list, ends(store.SanctionDirect, direct))
		}
		if inGroups {
			list = append(list, ends(store.SanctionGroups, groups))
		}
		return list
	case actions.VerbKick, actions.VerbAddMembers:
		x.Kind = store.SanctionKick
		x.Lift = now.Text == actions.TextIn
		if verb == actions.VerbAddMembers && !x.Lift {
			return nil // who was added is taken out again: no sanction
		}
		if x.Lift && x.How == "" {
			x.How = store.EndedJoined
		}
		return []store.SanctionChange{x}
	case actions.VerbAdopt:
		kind, _ := d.Options["kind"].(string)
		x.Adopt, x.How = true, store.EndedService
		c := ends(kind, now.End())
		c.Source = store.SanctionByService
		return []store.SanctionChange{c}
	}
	return nil
}

// Told is told of a callback; a nil Service hears nothing. It does not wait: with too many waiting it is dropped, and the comparing finds what can be found.
func (s *Service) Told(app string, e imclient.Event) {
	if s == nil {
		return
	}
	s.init()
	if e.Group == "" || e.Kind != "member.left" && e.Kind != "member.joined" || e.Kind == "member.left" && !e.Removed {
		return
	}
	at := e.At
	if at.IsZero() {
		at = s.now()
	}
	for _, u := range e.Users {
		if u == e.By && len(e.Users) > 1 {
			continue // who did it
		}
		x := store.SanctionChange{Sanction: store.Sanction{App: app, User: u, Kind: store.SanctionKick, Group: e.Group}, At: at}
		if e.Kind == "member.joined" {
			x.Lift, x.How = true, store.EndedJoined
		} else {
			x.Since, x.Source, x.ByID, x.Twin = at, store.SanctionByUser, e.By, true
			if a, is := s.App(app); is && (e.By == "" || slices.Contains(a.Administrators, e.By)) {
				x.Source, x.ByID = store.SanctionByService, ""
			}
		}
		select {
		case s.told <- x:
		default:
		}
	}
}

// listen writes what callbacks told, many at once.
func (s *Service) listen(ctx context.Context) {
	for {
		var list []store.SanctionChange
		select {
		case x := <-s.told:
			list = append(list, x)
		case <-ctx.Done():
			return
		}
		if !pause(ctx, 200*time.Millisecond) {
			return
		}
		for len(list) < store.MaxSanctionPage && len(s.told) > 0 {
			list = append(list, <-s.told)
		}
		if err := s.tell(ctx, list); err != nil && ctx.Err() == nil {
			s.log().WarnContext(ctx, "what callbacks told of removals is not kept", "error", err)
		}
	}
}

func (s *Service) tell(ctx context.Context, list []store.SanctionChange) error {
	if err := s.CatchUp(ctx); err != nil { // what this console did itself comes first
		return err
	}
	if err := s.Store.Sanctions.Tell(ctx, list); err != nil {
		return fmt.Errorf("callbacks: %w", err)
	}
	for _, x := range list {
		s.changed(x.App)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
