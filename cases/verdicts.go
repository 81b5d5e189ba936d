package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/terms"
)

// What a step does.
const (
	DoRecall = "recall"
	DoMute   = "mute"
	DoKick   = "kick"
	DoWarn   = "warn"
)

// How a step ended.
const (
	StepWaiting = ""
	StepApplied = "applied"
	StepRefused = "refused"
	StepSkipped = "skipped" // left alone
	StepUnknown = "unknown"
	StepHeld    = "held" // a second person is asked
	StepBack    = "reversed"
)

// How a verdict went.
const (
	ResultNone    = "none"    // there was nothing to do
	ResultApplied = "applied" // all of it is in force
	ResultPartly  = "partly"
	ResultRefused = "refused" // nothing is in force
	ResultUnknown = "unknown"
)

// Choice is what an operator chose for a case.
type Choice struct {
	Macro  string
	Length time.Duration // of a mute; 0: the macro's own
	Copies bool          // also what the author said elsewhere in the same words
	Note   string
}

// Body is what is kept with a verdict.
type Body struct {
	Macro  Macro  `json:"macro"`
	Reason string `json:"reason"`
	Steps  []Step `json:"steps"`
}

// Step is one action of a verdict.
type Step struct {
	Do       string               `json:"do"`
	Group    string               `json:"group,omitempty"`
	User     string               `json:"user,omitempty"`
	Peer     string               `json:"peer,omitempty"` // of a direct chat
	Messages []actions.MessageRef `json:"messages,omitempty"`
	For      time.Duration        `json:"for,omitempty"`
	Text     string               `json:"text,omitempty"`

	State  string `json:"state,omitempty"`
	Reason string `json:"reason,omitempty"` // text key
	Code   string `json:"code,omitempty"`   // the vendor's own
	After  string `json:"after,omitempty"`  // what the service said then
	Audit  int64  `json:"audit,omitempty"`
	Tries  int    `json:"tries,omitempty"`
	Back   int64  `json:"back,omitempty"` // audit entry that took it back
}

// ReadBody is what is kept with a verdict.
func ReadBody(v store.Verdict) Body {
	var b Body
	_ = json.Unmarshal(v.Body, &b) // as with evidence
	return b
}

func (b Body) encode() json.RawMessage {
	raw, err := json.Marshal(b)
	if err != nil {
		return nil // strings and numbers can be written
	}
	return raw
}

// MaxCopies is how many copies of a text are looked for.
const MaxCopies = 20

// Copies are what the author said elsewhere in the same words and is still there, and how many others said it.
func (s *Service) Copies(ctx context.Context, c store.Case) (own []store.Archived, others int, err error) {
	phrase, has := terms.PhraseOf(c.Text)
	if s.Archive == nil || c.Key == "" || !has {
		return nil, 0, nil
	}
	list, _, err := s.Archive.Search(ctx, store.SearchQuery{
		Apps: []string{c.Place.App}, All: []terms.Phrase{phrase}, N: 3 * MaxCopies, NotRecalled: true, GroupsOnly: true, Since: c.SaidAt.Add(-7 * 24 * time.Hour),
	})
	if err != nil {
		return nil, 0, fmt.Errorf("look for copies: %w", err)
	}
	text := same(c.Text)
	for _, m := range list {
		switch {
		case same(m.Text) != text || m.Key == c.Key && m.Place.Group == c.Place.Group:
		case m.Sender != c.Sender:
			others++
		case len(own) < MaxCopies:
			own = append(own, m)
		}
	}
	return own, others, nil
}

// same is a text without what tells copies apart to nobody.
func same(text string) string { return strings.Join(strings.Fields(strings.ToLower(text)), " ") }

// Decide closes a case with a macro. What the macro does is done after the hold. store.Verdict says when.
//
// Errors: ErrTaken, ErrDecided, *actions.Forbidden; store.ErrNotFound for a case or a macro that there is not.
func (s *Service) Decide(ctx context.Context, by actions.Actor, id int64, choice Choice) (store.Case, store.Verdict, error) {
	setup, err := s.Setup(ctx)
	if err != nil {
		return store.Case{}, store.Verdict{}, err
	}
	m, known := setup.Macro(choice.Macro)
	if !known {
		return store.Case{}, store.Verdict{}, fmt.Errorf("macro %q: %w", choice.Macro, store.ErrNotFound)
	}
	for try := 0; ; try++ {
		c, err := s.Store.Get(ctx, id)
		if err != nil {
			return c, store.Verdict{}, fmt.Errorf("decide: %w", err)
		}
		if c.State == store.CaseDecided {
			return s.decided(ctx, by, c, m)
		}
		if _, other := Holder(c, by.OperatorID, s.now()); other != "" {
			return c, store.Verdict{}, ErrTaken
		}
		d, err := s.decision(ctx, by, c, setup, m, choice)
		if err != nil {
			return c, store.Verdict{}, err
		}
		kept, v, err := s.Store.Decide(ctx, id, c.Version, d)
		if errors.Is(err, store.ErrConflict) && try < 5 {
			continue // somebody was faster: with a verdict, or with something that does not matter
		}
		if err != nil {
			return c, v, err
		}
		s.changed(ctx, id)
		s.ring()
		return kept, v, nil
	}
}

// decided answers the second press of a key with what the first one came to; anybody else's verdict stands.
func (s *Service) decided(ctx context.Context, by actions.Actor, c store.Case, m Macro) (store.Case, store.Verdict, error) {
	if v, err := s.Store.Verdict(ctx, c.Verdict); err == nil && v.OperatorID == by.OperatorID && v.Macro == m.ID && v.State == store.VerdictHeld {
		return c, v, nil
	}
	return c, store.Verdict{}, ErrDecided
}

// decision is what is written for a macro.
func (s *Service) decision(ctx context.Context, by actions.Actor, c store.Case, setup Setup, m Macro, choice Choice) (store.Decision, error) {
	hold := s.Hold
	if hold == 0 {
		hold = DefaultHold
	}
	body := Body{Macro: m, Reason: c.Title}
	if m.Mute > 0 && choice.Length > 0 {
		body.Macro.Mute = min(choice.Length, maxMute)
	}
	body.Steps = s.steps(c, setup, body.Macro)
	if m.Recall && choice.Copies {
		own, _, err := s.Copies(ctx, c)
		if err != nil {
			return store.Decision{}, err
		}
		for _, copied := range own {
			said := FromArchive(copied)
			body.Steps = append(body.Steps, Step{Do: DoRecall, Group: copied.Place.Group, Messages: []actions.MessageRef{{ID: said.Key, Seq: said.Seq}}})
		}
	}
	for _, step := range body.Steps {
		if v := step.verb(); by.Can == nil || !by.Can(v) {
			return store.Decision{}, &actions.Forbidden{Verb: v}
		}
	}
	note := choice.Note
	if note == "" {
		note = m.Note
	}
	now := s.now()
	d := store.Decision{
		Verdict: store.Verdict{Macro: m.ID, OperatorID: by.OperatorID, OperatorName: by.Name, Address: by.Address, Body: body.encode()},
		Hold:    hold, Upheld: m.Acts(),
		Event: store.CaseEvent{At: now, Kind: DidDecide, By: by.OperatorID, ByName: by.Name, Note: note, Detail: body.encode()},
	}
	if m.Strike > 0 && c.Sender != "" {
		d.Strike = &store.Strike{User: c.Sender, At: now, Points: m.Strike, Why: c.Title}
	}
	return d, nil
}

// steps are what a macro does about a case.
func (s *Service) steps(c store.Case, setup Setup, m Macro) (list []Step) {
	group := c.Place.Group
	if m.Recall && c.Key != "" {
		step := Step{Do: DoRecall, Group: group, Messages: []actions.MessageRef{{ID: c.Key, Seq: Position(c)}}}
		if group == "" {
			step.User, step.Peer = c.Sender, c.Place.Users[0]
			if step.Peer == c.Sender {
				step.Peer = c.Place.Users[1]
			}
		}
		list = append(list, step)
	}
	if c.Sender == "" {
		return list
	}
	if m.Mute > 0 && group != "" {
		list = append(list, Step{Do: DoMute, Group: group, User: c.Sender, For: m.Mute})
	}
	if m.Kick && group != "" {
		list = append(list, Step{Do: DoKick, Group: group, User: c.Sender})
	}
	if m.Reply != "" {
		if text := s.told(setup, m.Reply, Language(c.Text)); text != "" {
			list = append(list, Step{Do: DoWarn, User: c.Sender, Text: text})
		}
	}
	return list
}

// Position is the position of a case's message, by which it is found.
func Position(c store.Case) string {
	for _, m := range ReadEvidence(c).Messages {
		if m.Key == c.Key && m.Seq != "" {
			return m.Seq
		}
	}
	if _, err := strconv.ParseInt(c.Key, 10, 64); err == nil {
		return c.Key
	}
	return ""
}

func (t Step) verb() actions.Verb {
	switch t.Do {
	case DoMute:
		return actions.VerbMute
	case DoKick:
		return actions.VerbKick
	case DoWarn:
		return actions.VerbWarn
	}
	return actions.VerbRecall
}

// action is the step as it is carried out under a key.
func (t Step) action(common actions.Common) actions.Action {
	switch t.Do {
	case DoMute:
		return actions.Mute{Common: common, Group: t.Group, Users: []string{t.User}, Span: actions.Span{For: t.For}}
	case DoKick:
		return actions.Kick{Common: common, Group: t.Group, Users: []string{t.User}}
	case DoWarn:
		return actions.Warn{Common: common, User: t.User, Text: t.Text}
	}
	return actions.Recall{Common: common, Group: t.Group, User: t.User, Peer: t.Peer, Messages: t.Messages}
}

// Undo takes an operator's verdict back while it is held; nothing was sent then. ErrTooLate: it is being carried out.
func (s *Service) Undo(ctx context.Context, by actions.Actor, verdict int64) (store.Case, error) {
	now := s.now()
	c, err := s.Store.Undo(ctx, verdict, store.CaseEvent{At: now, Kind: DidUndo, By: by.OperatorID, ByName: by.Name}, now.Add(claimFor))
	if errors.Is(err, store.ErrConflict) {
		return c, ErrTooLate
	}
	if err == nil {
		s.changed(ctx, c.ID)
	}
	return c, err
}

// Reverse takes back all of a verdict that can be taken back, however long ago it was.
func (s *Service) Reverse(ctx context.Context, by actions.Actor, verdict int64) error {
	return s.again(ctx, by, verdict, DidReverse, store.VerdictReversing, func(*Body) bool { return true })
}

// Retry tries again what of a verdict was refused. store.ErrConflict: there is nothing.
func (s *Service) Retry(ctx context.Context, by actions.Actor, verdict int64) error {
	return s.again(ctx, by, verdict, DidRetry, store.VerdictRunning, func(b *Body) bool {
		any := false
		for i := range b.Steps {
			if t := &b.Steps[i]; t.State == StepRefused {
				t.State, t.Reason, t.Code = StepWaiting, "", ""
				t.Tries++
				any = true
			}
		}
		return any
	})
}

func (s *Service) again(ctx context.Context, by actions.Actor, verdict int64, kind string, to store.VerdictState, prepare func(*Body) bool) error {
	v, err := s.Store.Verdict(ctx, verdict)
	if err != nil {
		return err
	}
	b := ReadBody(v)
	if !prepare(&b) {
		return store.ErrConflict
	}
	for _, t := range b.Steps {
		if verb := t.verb(); !by.Can(verb) {
			return &actions.Forbidden{Verb: verb}
		}
	}
	err = s.Store.Again(ctx, verdict, store.VerdictDone, to, b.encode(), store.Verdict{OperatorID: by.OperatorID, OperatorName: by.Name, Address: by.Address})
	if err != nil {
		return err
	}
	if err := s.Store.Tell(ctx, store.CaseEvent{Case: v.Case, At: s.now(), Kind: kind, By: by.OperatorID, ByName: by.Name}); err != nil {
		return err
	}
	s.changed(ctx, v.Case)
	s.ring()
	return nil
}

// How verdicts are carried out.
const (
	lease       = 15 * time.Second
	beat        = lease / 3
	poll        = time.Second // for verdicts of other consoles
	atOnce      = 4           // verdicts under way in one console
	tidyEach    = 10 * time.Second
	maxEvidence = 20 // cases completed at a time
)

// ring has Run look for what is due.
func (s *Service) ring() {
	if s.wake != nil {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// Init makes the service ready. It is called before Run and before anything is decided.
func (s *Service) Init() { s.wake, s.early = make(chan struct{}, 1), make(chan struct{}, 1) }

// hurry has evidence looked for at once.
func (s *Service) hurry() {
	if s.early != nil {
		select {
		case s.early <- struct{}{}:
		default:
		}
	}
}

// Run carries verdicts out when they are due, and completes evidence, until ctx ends. What is under way then is finished.
func (s *Service) Run(ctx context.Context, owner string) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { s.tidy(ctx) })
	places := make(chan struct{}, atOnce)
	for ctx.Err() == nil {
		v, l, next, err := s.Store.Due(ctx, owner, lease)
		if err == nil {
			places <- struct{}{}
			wg.Go(func() {
				defer func() { <-places }()
				s.carryOut(context.WithoutCancel(ctx), v, l)
			})
			continue
		}
		if !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil {
			s.log().WarnContext(ctx, "find a verdict that is due", "error", err)
		}
		pause := poll
		if next > 0 {
			pause = min(next, poll)
		}
		t := time.NewTimer(max(pause, 5*time.Millisecond))
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

func (s *Service) tidy(ctx context.Context) {
	for {
		list, err := s.Store.Unwhole(ctx, s.now(), maxEvidence)
		if err != nil && ctx.Err() == nil {
			s.log().WarnContext(ctx, "complete evidence", "error", err)
		}
		for _, c := range list {
			if err := s.complete(ctx, c); err != nil && ctx.Err() == nil {
				s.log().WarnContext(ctx, "complete evidence", "case", c.ID, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-s.early:
		case <-time.After(tidyEach):
		}
	}
}

// carryOut does what is left of a verdict, or takes it back, and tells of it.
func (s *Service) carryOut(ctx context.Context, v store.Verdict, l store.VerdictLease) {
	body := ReadBody(v)
	var mu sync.Mutex
	save := func() error {
		mu.Lock()
		defer mu.Unlock()
		return s.Store.Save(ctx, l, body.encode())
	}
	alive, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		t := time.NewTicker(beat)
		defer t.Stop()
		for {
			select {
			case <-alive.Done():
				return
			case <-t.C:
				if err := save(); err != nil {
					return
				}
			}
		}
	})
	reverse := v.State == store.VerdictReversing
	for i := range body.Steps {
		step := body.Steps[i]
		if reverse {
			s.takeBack(ctx, v, &step)
		} else {
			s.do(ctx, v, i, &step)
		}
		mu.Lock()
		body.Steps[i] = step
		mu.Unlock()
		if err := save(); err != nil {
			s.log().WarnContext(ctx, "save how far a verdict is", "verdict", v.ID, "error", err)
			return // another console has it, or will
		}
	}
	to := store.VerdictDone
	if reverse {
		to = store.VerdictReversed
	}
	if err := s.Store.End(ctx, l, to, result(body.Steps), body.encode()); err != nil {
		s.log().WarnContext(ctx, "end a verdict", "verdict", v.ID, "error", err)
		return
	}
	s.changed(ctx, v.Case)
}

// result sums steps up.
func result(steps []Step) string {
	n := map[string]int{}
	for _, t := range steps {
		n[t.State]++
	}
	good := n[StepApplied] + n[StepSkipped] + n[StepBack]
	switch {
	case len(steps) == 0:
		return ResultNone
	case good == len(steps):
		return ResultApplied
	case n[StepUnknown]+n[StepHeld] > 0 && good+n[StepUnknown]+n[StepHeld] == len(steps):
		return ResultUnknown
	case good > 0:
		return ResultPartly
	}
	return ResultRefused
}

// maxTries is how often a step is sent that was found not to be in force after its console had died.
const maxTries = 3

// do carries a step out, unless it has its end already.
func (s *Service) do(ctx context.Context, v store.Verdict, i int, t *Step) {
	if t.State != StepWaiting {
		return
	}
	app, known := s.App(v.App)
	if !known {
		t.State, t.Reason = StepRefused, "queue.step.no_app"
		return
	}
	by, err := s.Actor(ctx, v.OperatorID, v.App)
	if err != nil {
		t.State, t.Reason = StepRefused, "queue.step.no_operator"
		return
	}
	by.Address = v.Address
	body := ReadBody(v)
	for try := t.Tries; try < t.Tries+maxTries; try++ {
		key := fmt.Sprintf("verdict.%d.%d.%d", v.ID, i, try)
		a := t.action(actions.Common{Reason: body.Reason, Note: fmt.Sprintf("#%d", v.Case), Case: v.Case, Key: key})
		// A console that died may have sent it: then the audit log has the key, and the service is asked how things are.
		r, found, err := s.Actions.SettleKey(ctx, by, app, a, key)
		if err == nil && !found {
			r, err = s.Actions.Do(ctx, by, app, a)
		}
		if err != nil {
			t.refuse(err)
			return
		}
		t.note(r)
		if found && t.State == StepRefused && t.Do != DoWarn {
			continue // it never arrived
		}
		return
	}
}

// note takes what came of an action.
func (t *Step) note(r actions.Result) {
	t.Audit, t.State, t.Reason = r.ID, StepApplied, ""
	for _, i := range r.Items {
		t.After = i.After.Text
		switch i.State {
		case actions.StateApplied:
		case actions.StateSkipped:
			t.State, t.Reason = StepSkipped, i.Reason
		case actions.StateUnknown:
			t.State, t.Reason = StepUnknown, i.Reason
		default:
			t.State, t.Reason, t.Code = StepRefused, i.Reason, i.VendorCode
		}
	}
}

// refuse takes why nothing was sent.
func (t *Step) refuse(err error) {
	t.State, t.Reason = StepRefused, "queue.step.failed"
	var offered *actions.NotOffered
	var held *actions.Held
	var forbidden *actions.Forbidden
	switch {
	case errors.As(err, &offered):
		t.Reason = "queue.step.not_offered"
	case errors.As(err, &held):
		t.State, t.Reason = StepHeld, "queue.step.held"
	case errors.As(err, &forbidden):
		t.Reason = "queue.step.forbidden"
	case errors.Is(err, imclient.ErrUnavailable), errors.Is(err, imclient.ErrRateLimited):
		t.Reason = "queue.step.unavailable"
	case errors.Is(err, imclient.ErrNotFound):
		t.Reason = "queue.step.gone"
	}
}

// takeBack takes back what a step did, once.
func (s *Service) takeBack(ctx context.Context, v store.Verdict, t *Step) {
	if t.State != StepApplied || t.Audit == 0 {
		return
	}
	app, known := s.App(v.App)
	by, err := s.Actor(ctx, v.OperatorID, v.App)
	if !known || err != nil {
		t.Reason = "queue.step.no_operator"
		return
	}
	e, err := s.Audit.Get(ctx, t.Audit)
	if err != nil {
		t.Reason = "queue.step.failed"
		return
	}
	var r actions.Result
	if e.UndoneBy != 0 { // by a console that died, or by somebody else
		undo, getErr := s.Audit.Get(ctx, e.UndoneBy)
		if err = getErr; err == nil {
			r, err = s.Actions.SettleUndo(ctx, app, undo)
		}
	} else {
		r, err = s.Actions.Reverse(ctx, by, app, t.Audit)
	}
	if why, is := errors.AsType[*actions.CannotUndo](err); is {
		t.Reason = why.Reason
		return
	}
	if err != nil {
		t.Reason = "queue.step.failed"
		return
	}
	t.Back = r.ID
	if !slices.ContainsFunc(r.Items, func(i actions.Item) bool {
		return i.State != actions.StateApplied && i.State != actions.StateSkipped
	}) {
		t.State, t.Reason = StepBack, ""
	}
}
