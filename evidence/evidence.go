// Package evidence freezes what belongs to a case while it is still there: the message as it was kept, the sender's profile, the
// group's state, the callback as it came, the rule as it was written, and the files that the message points at, each with the time
// when it was taken and its SHA-256. What was said around the message is kept by package cases.
//
// All of it happens behind the pages. Each flag makes its case due in the database, in the transaction of the flag, so that
// nothing is forgotten when a console dies; what is frozen once is never written over. A case is taken out as a signed archive.
package evidence

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/archive"
	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/store"
)

// Bounds of what is frozen.
const (
	MaxFiles   = 6        // of a message
	MaxFetched = 64 << 20 // bytes of a file that are read, to know its hash; what is larger than store.MaxEvidenceFile is not kept
	maxTries   = 6        // until what a service does not tell is missing
	lease      = 2 * time.Minute
	atOnce     = 2 // cases in one console
	poll       = 5 * time.Second
	caseTime   = 90 * time.Second // less than the lease
	endTime    = 5 * time.Second  // for saying how far it came
	pruneEach  = time.Hour
	orphanFor  = time.Hour // a file may be there before what it belongs to
	pruneSome  = 100
)

// Why something is less than kept. Each is the last part of a text key.
const (
	WhyLarge   = "large"   // larger than what is kept
	WhyRefused = "refused" // from a network or a host that is not asked
	WhyGone    = "gone"    // the service, or the host, has it no more
	WhyFailed  = "failed"  // it did not answer, again and again
	WhyKind    = "kind"    // not what it was said to be
	WhyNoPlace = "unknown" // nothing says where it stands
)

// Errors of Fetch. Any other one is tried again.
var (
	ErrRefused = errors.New("not fetched from there")
	ErrGone    = errors.New("not given out")
	ErrKind    = errors.New("not what it was said to be")
	ErrLarge   = errors.New("too large")
)

// Kinds of files.
const (
	Picture = "picture"
	Sound   = "sound"
	Film    = "film"
	File    = "file"
)

// Fetched is a file on its way.
type Fetched struct {
	Body io.ReadCloser
	Type string
	Size int64 // -1: not said
}

// Service freezes evidence. Its fields are set before its first use.
type Service struct {
	Store   store.Evidence
	Cases   store.Cases
	Archive store.Archive
	Audit   store.AuditLog
	Key     ed25519.PrivateKey // signs archives
	App     func(name string) (actions.App, bool)
	// Fetch asks for a file that a message points at. Whoever sends a message chooses the address, so it refuses private networks.
	Fetch func(ctx context.Context, kind, address string) (*Fetched, error)
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: slog.Default
	// Callbacks are those that came lately, as they came; nil: none are frozen.
	Callbacks *Callbacks

	wake chan struct{}
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

// Init makes the service ready, before Run and before anything is flagged.
func (s *Service) Init() { s.wake = make(chan struct{}, 1) }

// Flagged freezes the callback that told of a flagged message, if this console had it, and has the rest frozen soon.
func (s *Service) Flagged(ctx context.Context, id int64, f cases.Flag) {
	if s.Callbacks != nil {
		if came, has := s.Callbacks.find(f); has {
			item := store.EvidenceItem{Kind: store.EvidenceCallback, Name: came.command, Taken: came.at, State: store.EvidenceKept, Body: string(came.body)}
			if err := s.Store.Freeze(ctx, id, item); err != nil {
				s.log().WarnContext(ctx, "freeze a callback", "case", id, "error", err)
			}
		}
	}
	if s.wake != nil {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// Run freezes what is due until ctx ends. What is under way then is given back, and goes on with the next console that looks.
func (s *Service) Run(ctx context.Context, owner string) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { s.prune(ctx) })
	places := make(chan struct{}, atOnce)
	for ctx.Err() == nil {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		c, l, next, err := s.Store.Due(ctx, owner, lease)
		if err == nil {
			wg.Go(func() {
				defer func() { <-places }()
				s.freeze(ctx, c, l)
			})
			continue
		}
		<-places
		if !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil {
			s.log().WarnContext(ctx, "find evidence to freeze", "error", err)
		}
		pause := poll
		if next > 0 {
			pause = min(next, poll)
		}
		t := time.NewTimer(max(pause, 10*time.Millisecond))
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// prune deletes files whose cases are gone.
func (s *Service) prune(ctx context.Context) {
	for {
		n, err := s.Store.Prune(ctx, s.now().Add(-orphanFor), pruneSome)
		if err != nil && ctx.Err() == nil {
			s.log().WarnContext(ctx, "delete files of evidence", "error", err)
		}
		pause := pruneEach
		if n == pruneSome {
			pause = time.Second
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// freeze does what is left of a case.
func (s *Service) freeze(ctx context.Context, c store.Case, l store.EvidenceLease) {
	ctx, cancel := context.WithTimeout(imclient.WithPriority(ctx, imclient.PriorityJob), caseTime)
	defer cancel()
	err := s.take(ctx, c, l.Tries+1 >= maxTries)
	stopped := errors.Is(ctx.Err(), context.Canceled)
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), endTime) // also of a console that stops: nobody is to wait for its lease
	defer end()
	switch {
	case err == nil:
		err = s.Store.Done(ctx, l)
	case stopped:
		err = s.Store.GiveBack(ctx, l)
	default:
		after := time.Second << (2 * min(l.Tries, 5)) // up to 17 minutes
		s.log().InfoContext(ctx, "freeze evidence later", "case", c.ID, "after", after, "error", err)
		err = s.Store.Later(ctx, l, after)
	}
	if err != nil && !errors.Is(err, store.ErrLeaseLost) {
		s.log().WarnContext(ctx, "freeze evidence", "case", c.ID, "error", err)
	}
}

// taking is one look at a case.
type taking struct {
	*Service
	c    store.Case
	app  actions.App
	here bool // the app is
	last bool // what cannot be had now is missing
	have map[[2]string]bool
	said Message // the message, if it is frozen
	err  error   // of the service, that may pass
}

// take freezes what is not frozen yet. An error means that some of it is to be tried again.
func (s *Service) take(ctx context.Context, c store.Case, last bool) error {
	items, err := s.Store.Items(ctx, c.ID)
	if err != nil {
		return err
	}
	t := &taking{Service: s, c: c, last: last, have: map[[2]string]bool{}}
	for _, i := range items {
		t.have[[2]string{i.Kind, i.Name}] = true
		if i.Kind == store.EvidenceMessage {
			_ = json.Unmarshal([]byte(i.Body), &t.said) // of one that was missing there is nothing
		}
	}
	t.app, t.here = s.App(c.Place.App)
	for _, step := range []func(context.Context) error{t.rules, t.message, t.people} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return t.err
}

// keep freezes one thing. A service that does not answer is asked again later.
func (t *taking) keep(ctx context.Context, kind, name string, take func() (any, error)) error {
	if t.have[[2]string{kind, name}] {
		return nil
	}
	item := store.EvidenceItem{Kind: kind, Name: name, State: store.EvidenceKept}
	v, err := take()
	item.Taken = t.now()
	switch {
	case err == nil:
		b, jsonErr := json.MarshalIndent(v, "", "  ")
		if jsonErr != nil {
			return fmt.Errorf("freeze %s: %w", kind, jsonErr)
		}
		if item.Body = string(b); len(b) > store.MaxEvidenceDoc {
			item.State, item.Why, item.Body, item.Size, item.Hash = store.EvidenceHashed, WhyLarge, "", int64(len(b)), store.HashOf(b)
		}
	case errors.Is(err, imclient.ErrNotFound), errors.Is(err, store.ErrNotFound):
		item.State, item.Why = store.EvidenceMissing, WhyGone
	case errors.Is(err, imclient.ErrUnsupported), t.last:
		item.State, item.Why = store.EvidenceMissing, WhyFailed
	default:
		t.err = errors.Join(t.err, err)
		return nil
	}
	return t.Store.Freeze(ctx, t.c.ID, item)
}

// Rule is a rule as it was written.
type Rule struct {
	Name    string    `json:"name"`
	Version int64     `json:"version"`
	Written time.Time `json:"written"`
	By      string    `json:"by"`
	Text    string    `json:"text"`
}

// rules freezes the rules that flagged, in their versions.
func (t *taking) rules(ctx context.Context) error {
	flags, err := t.Cases.Flags(ctx, t.c.ID, store.MaxCasePage)
	if err != nil {
		return err
	}
	for _, f := range flags {
		if f.Source != store.CaseFromRule && f.Source != store.CaseFromWave || f.Rule == "" || f.Version == 0 {
			continue
		}
		err := t.keep(ctx, store.EvidenceRule, fmt.Sprintf("%s %d", f.Rule, f.Version), func() (any, error) {
			d, err := t.Store.Rule(ctx, f.Rule, f.Version)
			return Rule{d.Name, d.Version, d.At, d.By, d.Body}, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Message is a message as it was kept.
type Message struct {
	Key     string          `json:"key"`
	Seq     int64           `json:"seq,omitempty"`
	Sender  string          `json:"sender"`
	At      time.Time       `json:"at"`
	State   string          `json:"state,omitempty"` // edited or recalled
	Source  string          `json:"source"`          // how it came here
	Came    time.Time       `json:"came,omitzero"`
	Changed time.Time       `json:"changed,omitzero"`
	Text    string          `json:"text"`
	Body    json.RawMessage `json:"body,omitempty"` // its elements
	Before  []Version       `json:"before,omitempty"`
}

// Version is what a message said before it was edited.
type Version struct {
	Since time.Time       `json:"since"`
	Text  string          `json:"text"`
	Body  json.RawMessage `json:"body,omitempty"`
}

// message freezes the message, and then what it points at.
func (t *taking) message(ctx context.Context) error {
	if t.c.Key == "" {
		return nil
	}
	m := t.said // what was frozen says what it points at, also when it was taken back since
	if !t.have[[2]string{store.EvidenceMessage, ""}] {
		var err error
		m, err = t.find(ctx)
		kept := t.keep(ctx, store.EvidenceMessage, "", func() (any, error) { return m, err })
		if kept != nil || err != nil {
			return kept
		}
	}
	for _, f := range pointers(archive.Elements(string(m.Body))) {
		if err := t.file(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// find reads the message from the archive, else from the service: one call.
func (t *taking) find(ctx context.Context) (Message, error) {
	kept, err := t.Archive.Get(ctx, t.c.Place, []string{t.c.Key})
	if err != nil {
		return Message{}, err
	}
	a, has := kept[t.c.Key]
	if !has || a.At.IsZero() {
		if a, err = t.ask(ctx); err != nil {
			return Message{}, err
		}
	}
	said := cases.FromArchive(a)
	m := Message{Key: a.Key, Seq: a.Seq, Sender: a.Sender, At: a.At, State: said.State, Source: a.Source, Came: a.Added, Changed: a.Changed, Text: a.Text, Body: raw(a.Body)}
	if a.ID != 0 {
		before, err := t.Archive.Versions(ctx, a.ID)
		if err != nil {
			return Message{}, err
		}
		for _, v := range before {
			m.Before = append(m.Before, Version{v.Since, v.Text, raw(v.Body)})
		}
	}
	return m, nil
}

// raw is a document of the store as it is, or nothing.
func raw(s string) json.RawMessage {
	if !json.Valid([]byte(s)) {
		return nil
	}
	return json.RawMessage(s)
}

// ask has a group's message from the service.
func (t *taking) ask(ctx context.Context) (store.Archived, error) {
	from := cases.Position(t.c)
	if !t.here || t.c.Place.Group == "" || from == "" {
		return store.Archived{}, store.ErrNotFound
	}
	page, err := t.app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: imclient.Conversation{Group: t.c.Place.Group}, From: from, Limit: 1})
	if err != nil {
		return store.Archived{}, err
	}
	i := slices.IndexFunc(page.Messages, func(m imclient.Message) bool { return m.ID == t.c.Key && m.State != imclient.MessageHole })
	if i < 0 {
		return store.Archived{}, store.ErrNotFound
	}
	return archive.Message(t.c.Place, page.Messages[i], "service"), nil
}

// people freezes who the sender was, and the group: three calls.
func (t *taking) people(ctx context.Context) error {
	if !t.here {
		return nil
	}
	group, sender := t.c.Place.Group, t.c.Sender
	if sender != "" {
		err := t.keep(ctx, store.EvidenceSender, sender, func() (any, error) { return t.app.IM.Users.Get(ctx, sender) })
		if err != nil {
			return err
		}
	}
	if group == "" {
		return nil
	}
	if err := t.keep(ctx, store.EvidenceGroup, group, func() (any, error) { return t.app.IM.Groups.Get(ctx, group) }); err != nil || sender == "" {
		return err
	}
	return t.keep(ctx, store.EvidenceMember, sender, func() (any, error) {
		list, err := t.app.IM.Members.Get(ctx, group, []string{sender})
		if err == nil && len(list) == 0 {
			err = imclient.ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		return list[0], nil
	})
}

// pointer is a file that a message points at.
type pointer struct{ kind, address string }

// pointers are the files of a message, the largest picture of those that show the same.
func pointers(body []imclient.Element) (list []pointer) {
	add := func(kind, address string) {
		p := pointer{kind, address}
		if address != "" && len(list) < MaxFiles && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for _, e := range body {
		switch e := e.(type) {
		case imclient.Image:
			best := imclient.ImageSize{}
			for _, size := range e.Sizes {
				if size.URL != "" && (best.URL == "" || size.Width*size.Height > best.Width*best.Height || size.Kind == "original") {
					best = size
				}
			}
			add(Picture, best.URL)
		case imclient.Sound:
			add(Sound, e.URL)
		case imclient.Video:
			add(Picture, e.ThumbURL)
			add(Film, e.URL)
		case imclient.File:
			add(File, e.URL)
		}
	}
	return list
}

// file freezes a file that a message points at, or as much of it as can be had: its hash, or its address.
func (t *taking) file(ctx context.Context, p pointer) error {
	if t.have[[2]string{store.EvidenceMedia, p.address}] || len(p.address) > 4<<10 {
		return nil
	}
	item := store.EvidenceItem{Kind: store.EvidenceMedia, Name: p.address, State: store.EvidenceNamed, Type: p.kind}
	err := t.fetch(ctx, p, &item)
	item.Taken = t.now()
	switch {
	case err == nil:
	case errors.Is(err, ErrRefused):
		item.Why = WhyRefused
	case errors.Is(err, ErrGone):
		item.Why = WhyGone
	case errors.Is(err, ErrKind):
		item.Why = WhyKind
	case errors.Is(err, ErrLarge):
		item.Why = WhyLarge
	case t.last:
		item.Why = WhyFailed
	default:
		t.err = errors.Join(t.err, err)
		return nil
	}
	return t.Store.Freeze(ctx, t.c.ID, item)
}

// fetch reads a file: its hash whatever its size, and what it holds if that is kept.
func (t *taking) fetch(ctx context.Context, p pointer, item *store.EvidenceItem) error {
	if t.Fetch == nil {
		return ErrRefused
	}
	got, err := t.Fetch(ctx, p.kind, p.address)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if got.Type != "" {
		item.Type = got.Type
	}
	if got.Size > MaxFetched {
		item.Size = got.Size
		return ErrLarge
	}
	sum := sha256.New()
	in := io.TeeReader(io.LimitReader(got.Body, MaxFetched+1), sum)
	kept, err := io.ReadAll(io.LimitReader(in, store.MaxEvidenceFile+1))
	if err != nil {
		return err
	}
	item.Size = int64(len(kept))
	if len(kept) <= store.MaxEvidenceFile {
		if len(kept) == 0 {
			return ErrGone
		}
		item.State, item.File = store.EvidenceKept, kept
		return nil
	}
	rest, err := io.Copy(io.Discard, in)
	if err != nil {
		return err
	}
	if item.Size += rest; item.Size > MaxFetched {
		return ErrLarge
	}
	item.State, item.Why, item.Hash = store.EvidenceHashed, WhyLarge, hex.EncodeToString(sum.Sum(nil))
	return nil
}
