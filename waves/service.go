package waves

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"imdesk/actions"
	"imdesk/cases"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/store"
)

// Times and bounds.
const (
	maxQueue    = 20_000
	flushEach   = 250 * time.Millisecond
	flushAt     = 2000 // messages that wait
	tellEach    = time.Second
	joinedFor   = 15 * time.Minute // after its last message a wave takes more for so long
	quietFor    = 24 * time.Hour   // and one that was judged harmless
	askedUsers  = 100              // senders of a group in one call
	askedCalls  = 10               // calls in each round
	askEach     = time.Second
	roundTime   = 20 * time.Second
	seenKept    = time.Hour
	wavesKept   = 90 * 24 * time.Hour
	dropEach    = 10 * time.Minute
	dropBatch   = 200
	maxSketches = 8 // of one wave
)

// Service finds waves and cleans them up. Its fields are set before its first use.
type Service struct {
	Store    store.Waves
	Cases    store.Cases
	Policies store.Policies
	Actions  *actions.Service
	Jobs     *jobs.Service
	// App finds an app by its name.
	App func(name string) (actions.App, bool)
	// Flag puts something into the queue; Changed tells of a case that changed.
	Flag    func(ctx context.Context, f cases.Flag) (int64, error)
	Changed func(ctx context.Context, id int64)
	// Decide closes the case of a wave that is cleaned up, as the operator's verdict.
	Decide func(ctx context.Context, by actions.Actor, id int64, note string) error
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: slog.Default

	once    sync.Once
	queue   chan message
	dropped atomic.Int64

	settings sync.Map // of an app: kept
	told     map[int64]time.Time
	owed     map[int64]store.Wave // waves that grew, of which nobody was told yet
}

// kept are settings that were read lately, with the shapes of what they ignore.
type kept struct {
	Settings
	shapes []string
	until  time.Time
}

func (s *Service) init() {
	s.once.Do(func() {
		s.queue = make(chan message, maxQueue)
		s.told, s.owed = map[int64]time.Time{}, map[int64]store.Wave{}
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

func (s *Service) set(ctx context.Context, app string) kept {
	if v, is := s.settings.Load(app); is && s.now().Before(v.(kept).until) {
		return v.(kept)
	}
	set, _, err := s.Settings(ctx, app)
	if err != nil {
		s.log().WarnContext(ctx, "settings of waves cannot be read", "app", app, "error", err)
	}
	k := kept{set, Shapes(set.Ignore), s.now().Add(keptSettings)}
	s.settings.Store(app, k)
	return k
}

// Said is told of an event of an app. It does not wait.
func (s *Service) Said(ctx context.Context, app string, e imclient.Event) {
	s.init()
	if e.Said == nil || e.Edited || e.Group == "" || e.Said.State != imclient.MessageSaid || e.Said.ID == "" || e.Said.From == "" {
		return
	}
	set := s.set(ctx, app)
	if set.Off {
		return
	}
	var text strings.Builder
	for _, part := range e.Said.Body {
		if t, is := part.(imclient.Text); is && text.Len() < 4*store.MaxWaveText {
			text.WriteString(t.Text)
			text.WriteByte(' ')
		}
	}
	if text.Len() == 0 {
		return
	}
	defer func() {
		if broken := recover(); broken != nil {
			s.log().Error("a message could not be compared", "app", app, "panic", broken, "stack", string(debug.Stack()))
		}
	}()
	m := message{app: app, look: LookAt(text.String(), set.shapes)}
	m.WaveMessage = store.WaveMessage{
		Group: e.Group, Key: e.Said.ID, Seq: e.Said.Seq, Kind: string(e.Type), Sender: e.Said.From, At: e.Said.At, Text: strings.TrimSpace(text.String()),
	}
	if a, is := s.App(app); is {
		if m.Live = a.IM.Caps.Info(e.Type).Live; e.Type == "" {
			m.Live = false
		}
		if slices.Contains(a.Administrators, m.Sender) {
			return
		}
	}
	if m.At.IsZero() {
		m.At = s.now()
	}
	if !m.look.Says() {
		return
	}
	select {
	case s.queue <- m:
	default:
		if s.dropped.Add(1)%1000 == 1 {
			s.log().Error("messages are not compared: too many wait", "app", app, "dropped", s.dropped.Load())
		}
	}
}

// Run finds waves and does what is left to do of those that are cleaned up, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	s.init()
	var behind sync.WaitGroup
	defer behind.Wait()
	behind.Go(func() { s.runs(ctx) })
	asked := make(chan int64, 100)
	behind.Go(func() { s.ask(ctx, asked) })
	d := newDetector()
	due := map[*cluster]bool{}
	waiting := 0
	flush, drop := time.NewTicker(flushEach), time.NewTicker(dropEach)
	defer flush.Stop()
	defer drop.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-s.queue:
			c := d.take(m)
			if c == nil || !c.ready() {
				continue
			}
			due[c] = true
			if waiting++; waiting < flushAt {
				continue
			}
		case <-flush.C:
		case <-drop.C:
			now := s.now()
			if _, err := s.Store.Drop(ctx, now.Add(-seenKept), now.Add(-wavesKept), dropBatch); err != nil && ctx.Err() == nil {
				s.log().WarnContext(ctx, "drop waves", "error", err)
			}
			continue
		}
		waiting = 0
		for c := range due {
			delete(due, c)
			if err := s.flush(ctx, c, asked); err != nil && ctx.Err() == nil {
				s.log().WarnContext(ctx, "keep a wave", "app", c.app, "error", err)
				if len(c.waiting) < flushAt {
					due[c] = true
					continue
				}
				c.waiting = nil // the database is away for long: the rest is counted later
			}
		}
		for id, w := range s.owed {
			if now := s.now(); now.Sub(s.told[id]) >= tellEach {
				delete(s.owed, id)
				s.tell(ctx, w, now)
			}
		}
	}
}

// flush puts what waits of a cluster into the store, and makes a case of the wave once it weighs enough.
func (s *Service) flush(ctx context.Context, c *cluster, asked chan<- int64) error {
	if len(c.waiting) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	now := s.now()
	if c.wave != 0 { // it may be over
		if w, err := s.Store.Get(ctx, c.wave); err != nil || !w.JoinedUntil.After(now) {
			c.wave = 0
		}
	}
	if c.wave == 0 {
		w, err := s.join(ctx, c, now)
		if err != nil {
			return err
		}
		c.wave = w.ID
	}
	list := make([]store.WaveMessage, len(c.waiting))
	for i, m := range c.waiting {
		list[i] = m.WaveMessage
	}
	w, err := s.Store.Add(ctx, c.wave, list, now.Add(joinedFor))
	if errors.Is(err, store.ErrNotFound) {
		c.wave = 0
	}
	if err != nil {
		return err
	}
	c.waiting = nil
	return s.weigh(ctx, w, now, asked)
}

// join finds the wave of a cluster among those of all consoles, or begins one.
func (s *Service) join(ctx context.Context, c *cluster, now time.Time) (store.Wave, error) {
	first := c.waiting[0]
	fresh := store.Wave{
		App: c.app, Sender: first.Sender, Text: first.Text, Sketches: encode(c.sketch), First: first.At, Last: c.last, Leads: c.look.Leads, Greets: c.look.Greets,
		Units: c.look.Units, JoinedUntil: now.Add(joinedFor),
	}
	w, err := s.Store.Join(ctx, fresh, now, func(list []store.Wave) int64 {
		for _, w := range list {
			if slices.ContainsFunc(decode(w.Sketches), func(k Sketch) bool { return Near(k, c.sketch) }) {
				return w.ID
			}
		}
		return 0
	})
	if err != nil {
		return w, err
	}
	known := decode(w.Sketches)
	if len(known) < maxSketches && !slices.ContainsFunc(known, func(k Sketch) bool { return slices.Equal(k, c.sketch) }) {
		w.Sketches += "," + encode(c.sketch)
		if err := s.Store.Set(ctx, w, w.State); err != nil && !errors.Is(err, store.ErrConflict) {
			return w, err
		}
	}
	return w, nil
}

func encode(k Sketch) string { return hex.EncodeToString(k.encode()) }

func decode(text string) (list []Sketch) {
	for part := range strings.SplitSeq(text, ",") {
		if b, err := hex.DecodeString(part); err == nil && len(b) > 0 {
			list = append(list, decodeSketch(b))
		}
	}
	return list
}

// weigh makes a case of a wave that is large enough, and tells of one that grew.
func (s *Service) weigh(ctx context.Context, w store.Wave, now time.Time, asked chan<- int64) error {
	set := s.set(ctx, w.App)
	if w.Case != 0 {
		if w.State != store.WaveCleaned {
			if err := s.follow(ctx, &w, now); err != nil {
				return err
			}
		}
		if w.State != store.WaveQuiet {
			s.owed[w.ID] = w
		}
		s.wants(asked, w.ID)
		return nil
	}
	lately, err := s.Store.Lately(ctx, w.ID, w.Last.Add(-set.Within))
	if err != nil {
		return err
	}
	score, why := Weigh(w, lately, set.Settings)
	if score < set.Score {
		return nil
	}
	id, err := s.Flag(ctx, cases.Flag{
		App: w.App, At: w.First, Text: w.Text, Source: cases.FromWave, Rule: ReasonWave, Score: score, Reasons: why, By: fmt.Sprint(ReasonWave, ":", w.ID),
	})
	if err != nil {
		return fmt.Errorf("flag a wave: %w", err)
	}
	w.State, w.Case, w.Score = store.WaveOpen, id, score
	if err := s.Store.Set(ctx, w, store.WaveSeen); err != nil && !errors.Is(err, store.ErrConflict) { // else another console has the same case
		return err
	}
	s.tell(ctx, w, now)
	s.wants(asked, w.ID)
	return nil
}

// ReasonWave is what a case of a wave is for, as the last part of a text key.
const ReasonWave = "wave"

func (s *Service) tell(ctx context.Context, w store.Wave, now time.Time) {
	if len(s.told) > 1000 {
		clear(s.told)
	}
	s.told[w.ID] = now
	if s.Changed != nil {
		s.Changed(ctx, w.Case)
	}
}

// follow holds a wave's state against its case: one that was judged harmless is quiet, and one whose verdict was taken back is not.
func (s *Service) follow(ctx context.Context, w *store.Wave, now time.Time) error {
	k, err := s.Cases.Get(ctx, w.Case)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	was := w.State
	switch decided := k.State == store.CaseDecided; {
	case decided && w.State == store.WaveOpen:
		w.State, w.JoinedUntil = store.WaveQuiet, now.Add(quietFor)
	case !decided && w.State == store.WaveQuiet:
		w.State, w.JoinedUntil = store.WaveOpen, now.Add(joinedFor)
	default:
		return nil
	}
	if err := s.Store.Set(ctx, *w, was); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return nil
}

func (s *Service) wants(asked chan<- int64, id int64) {
	select {
	case asked <- id:
	default:
	}
}

// ask asks the service who the senders of waves are: since when they are in the groups, and as what.
func (s *Service) ask(ctx context.Context, wanted <-chan int64) {
	open := map[int64]bool{}
	every := time.NewTicker(askEach)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-wanted:
			open[id] = true
			continue
		case <-every.C:
		}
		for id := range open {
			round, cancel := context.WithTimeout(imclient.WithPriority(ctx, imclient.PriorityJob), roundTime)
			more, err := s.askOf(round, id)
			cancel()
			if err != nil && ctx.Err() == nil {
				s.log().WarnContext(ctx, "ask who sends a wave", "wave", id, "error", err)
			}
			if !more {
				delete(open, id)
			}
		}
	}
}

func (s *Service) askOf(ctx context.Context, id int64) (more bool, err error) {
	w, err := s.Store.Get(ctx, id)
	if err != nil {
		return false, err
	}
	app, is := s.App(w.App)
	if !is {
		return false, nil
	}
	for call := range askedCalls {
		group, users, err := s.Store.Unknown(ctx, id, askedUsers)
		if err != nil || group == "" {
			if call > 0 && s.Changed != nil && w.Case != 0 {
				s.Changed(ctx, w.Case)
			}
			return false, err
		}
		told := make(map[string]store.WaveSender, len(users))
		for _, u := range users {
			told[u] = store.WaveSender{ID: u}
		}
		list, err := app.IM.Members.Get(ctx, group, users)
		if err != nil && (errors.Is(err, imclient.ErrRateLimited) || errors.Is(err, imclient.ErrUnavailable)) {
			return true, err
		}
		for _, m := range list { // of a group that is gone nobody is told: they are not asked about again
			told[m.UserID] = store.WaveSender{ID: m.UserID, Joined: m.Joined, Role: string(m.Role)}
		}
		out := make([]store.WaveSender, 0, len(told))
		for _, u := range told {
			out = append(out, u)
		}
		if err := s.Store.Tell(ctx, id, out); err != nil {
			return true, err
		}
	}
	return true, nil
}
