package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"imdesk/actions"
	"imdesk/cases"
	"imdesk/moderation"
	"imdesk/store"
)

// Times and bounds.
const (
	maxWork     = 10_000 // verdicts that wait to be carried out
	strikesKept = 400 * 24 * time.Hour
	dropEach    = time.Hour
	dropBatch   = 5000
	loadTime    = 30 * time.Second
)

// HitsKept is how long what rules caught is kept.
const HitsKept = 30 * 24 * time.Hour

// Service judges messages. Its fields are set before Load and Run are called.
type Service struct {
	Store   *store.Store
	Actions *actions.Service
	// App finds an app by its name.
	App func(name string) (actions.App, bool)
	// Flag puts something into the queue; nil: there is no queue.
	Flag func(ctx context.Context, f cases.Flag) (int64, error)
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil: slog.Default

	engine moderation.Engine
	loaded atomic.Pointer[loaded]
	once   sync.Once
	work   chan work

	mu      sync.Mutex
	waiting map[string][]pending // verdicts by what they were about
	order   []string             // keys of waiting, oldest first
	joined  generations
	roles   map[string]role
}

// loaded is what stands in the store.
type loaded struct {
	file moderation.File
	docs []store.RuleDoc
}

func (s *Service) init() {
	s.once.Do(func() {
		s.work = make(chan work, maxWork)
		s.waiting, s.roles = map[string][]pending{}, map[string]role{}
		s.engine.OnStop = s.stopped
	})
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

// Load reads the rules and puts them in force. With an error those in force stay.
func (s *Service) Load(ctx context.Context) error {
	s.init()
	docs, err := s.Store.Rules.Current(ctx)
	if err != nil {
		return err
	}
	now := &loaded{docs: docs}
	set, err := now.compile()
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	s.engine.Use(set)
	s.loaded.Store(now)
	return nil
}

// compile reads the documents.
func (l *loaded) compile() (*moderation.Set, error) {
	for _, d := range l.docs {
		f, err := moderation.ParsePart([]byte(d.Body))
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", d.Kind, d.Name, err)
		}
		for _, r := range f.Rules {
			r.Version = int(d.Version)
			l.file.Rules = append(l.file.Rules, r)
		}
		l.file.Lists = append(l.file.Lists, f.Lists...)
	}
	return moderation.Compile(l.file)
}

// File is the rules and lists in force, in their order.
func (s *Service) File() moderation.File {
	if l := s.loaded.Load(); l != nil {
		return moderation.File{Lists: slices.Clone(l.file.Lists), Rules: slices.Clone(l.file.Rules)}
	}
	return moderation.File{}
}

// Docs are the documents that File is made of.
func (s *Service) Docs() []store.RuleDoc {
	if l := s.loaded.Load(); l != nil {
		return slices.Clone(l.docs)
	}
	return nil
}

// changed loads the rules anew, here and in the other replicas.
func (s *Service) changed(ctx context.Context, name string) error {
	if _, err := s.Store.Events.Publish(ctx, store.TopicRules, name); err != nil {
		return fmt.Errorf("tell of changed rules: %w", err)
	}
	return s.Load(ctx)
}

// Run carries out what verdicts want done, and loads rules when they change, until ctx ends.
func (s *Service) Run(ctx context.Context, changes <-chan store.Event) {
	s.init()
	var behind sync.WaitGroup
	defer behind.Wait()
	behind.Go(func() { s.carryOut(ctx) })
	drop := time.NewTicker(dropEach)
	defer drop.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-changes:
			if !ok {
				changes = nil
				continue
			}
			loading, cancel := context.WithTimeout(ctx, loadTime)
			if err := s.Load(loading); err != nil && ctx.Err() == nil {
				s.log().Error("rules cannot be loaded; those before stay in force", "error", err)
			}
			cancel()
		case <-drop.C:
			now := s.now()
			if _, err := s.Store.Rules.Drop(ctx, now.Add(-HitsKept), now.Add(-strikesKept), dropBatch); err != nil && ctx.Err() == nil {
				s.log().Warn("what rules caught cannot be dropped", "error", err)
			}
		}
	}
}

// Rule is a rule in force with its document.
func (s *Service) Rule(name string) (moderation.Rule, store.RuleDoc, bool) {
	l := s.loaded.Load()
	if l == nil {
		return moderation.Rule{}, store.RuleDoc{}, false
	}
	i := slices.IndexFunc(l.file.Rules, func(r moderation.Rule) bool { return r.Name == name })
	j := slices.IndexFunc(l.docs, func(d store.RuleDoc) bool { return d.Kind == store.DocRule && d.Name == name })
	if i < 0 || j < 0 {
		return moderation.Rule{}, store.RuleDoc{}, false
	}
	return l.file.Rules[i], l.docs[j], true
}

// Import stores rules and lists of a file, and puts them in force: those of a name that is there are changed, the others come last. It
// returns how many documents are new or changed. The error is a *moderation.Mistake, or the store's.
func (s *Service) Import(ctx context.Context, f moderation.File, by, note string) (int, error) {
	changed, err := s.Changes(f)
	if err != nil || len(changed) == 0 {
		return 0, err
	}
	slices.SortStableFunc(changed, func(a, b store.RuleDoc) int { // lists first: a replica that loads in between finds them
		if a.Kind == b.Kind {
			return 0
		}
		if a.Kind == store.DocList {
			return -1
		}
		return 1
	})
	for i, d := range changed {
		d.By, d.Note, d.At = by, note, s.now()
		if _, err := s.Store.Rules.Put(ctx, d); err != nil {
			return i, fmt.Errorf("import %s %s: %w", d.Kind, d.Name, err)
		}
	}
	return len(changed), s.changed(ctx, "")
}

// Changes are the documents of a file that are new or other than those in force, each as the version after the one that it names.
// The error is a *moderation.Mistake.
func (s *Service) Changes(f moderation.File) ([]store.RuleDoc, error) {
	docs, err := split(f)
	if err != nil {
		return nil, err
	}
	known, last := map[string]store.RuleDoc{}, 0
	for _, d := range s.Docs() {
		known[d.Kind+" "+d.Name] = d
		last = max(last, d.Position)
	}
	with := loaded{docs: s.Docs()}
	var changed []store.RuleDoc
	for _, d := range docs {
		old, is := known[d.Kind+" "+d.Name]
		if is && old.Body == d.Body {
			continue
		}
		if d.Version, d.Position = old.Version, old.Position; !is {
			last++
			d.Position = last
		}
		changed = append(changed, d)
		with.docs = append(slices.DeleteFunc(with.docs, func(o store.RuleDoc) bool { return o.Kind == d.Kind && o.Name == d.Name }), d)
	}
	if len(changed) > 0 {
		_, err = with.compile()
	}
	return changed, err
}

// split makes documents of a file, in its order.
func split(f moderation.File) ([]store.RuleDoc, error) {
	var docs []store.RuleDoc
	add := func(kind, name string, part moderation.File) error {
		b, err := moderation.Format(part)
		if err != nil {
			return err
		}
		docs = append(docs, store.RuleDoc{Kind: kind, Name: name, Body: string(b)})
		return nil
	}
	for _, l := range f.Lists {
		if err := add(store.DocList, l.Name, moderation.File{Lists: []moderation.List{l}}); err != nil {
			return nil, err
		}
	}
	for _, r := range f.Rules {
		if err := add(store.DocRule, r.Name, moderation.File{Rules: []moderation.Rule{r}}); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// stopped stores that a rule stopped by itself.
func (s *Service) stopped(why moderation.Stop) {
	ctx, cancel := context.WithTimeout(context.Background(), loadTime)
	defer cancel()
	r, d, is := s.Rule(why.Rule)
	if !is || int(d.Version) != why.Version {
		return
	}
	s.log().Warn("a rule stopped by itself", "rule", why.Rule, "why", why.Why, "count", why.Count, "limit", why.Limit)
	r.State = moderation.Stopped
	b, err := moderation.Format(moderation.File{Rules: []moderation.Rule{r}})
	if err == nil {
		d.Body, d.By, d.Note = string(b), "imdesk", fmt.Sprintf("stopped.%s %d %d", why.Why, why.Count, why.Limit)
		d.At = s.now()
		_, err = s.Store.Rules.Put(ctx, d)
	}
	if err == nil {
		err = s.changed(ctx, d.Name)
	}
	if err == nil {
		err = s.record(ctx, store.AuditEntry{Action: ActStop, Reason: d.Note, OperatorName: SystemName}, why.Rule)
	}
	if err != nil && !errors.Is(err, store.ErrConflict) {
		s.log().Error("that a rule stopped is not stored; it is not asked here nevertheless", "rule", why.Rule, "error", err)
	}
}

// Names in the audit log.
const (
	SystemName = "imdesk"
	ActStop    = "rules.stop"
	ActImport  = "rules.import"
	ActPut     = "rules.put"
	ActDelete  = "rules.delete"
	ActMove    = "rules.move"
	ActRefuse  = "rules.refuse"
)

// record puts something of the console's own into the audit log, before and after at once.
func (s *Service) record(ctx context.Context, e store.AuditEntry, rule string) error {
	e.At = s.now()
	e.Detail, _ = json.Marshal(map[string]string{"rule": rule}) //nolint:errchkjson // a text
	id, err := s.Store.Audit.Begin(ctx, e)
	if err != nil {
		return err
	}
	return s.Store.Audit.Finish(ctx, id, store.AuditOutcome{At: s.now(), State: store.AuditOK})
}
