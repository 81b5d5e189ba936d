package waves

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/store"
)

// How groups are made harder to get into.
const (
	TightNot  = ""
	TightJoin = "join"     // nobody comes in by themselves: members invite
	TightMute = "mute_all" // nobody but owner and admins speaks
)

// JoinClosed is the option of a group that nobody joins by themselves: no group becomes more open by it.
const JoinClosed = "DisableApply"

// Choice is what is to be done about a wave.
type Choice struct {
	Recall   bool          `json:"recall,omitempty"`
	Mute     time.Duration `json:"mute,omitempty"` // 0: nobody is muted
	Tight    string        `json:"tight,omitempty"`
	TightFor time.Duration `json:"tight_for,omitempty"`
	Follow   time.Duration `json:"follow,omitempty"` // what comes in so long is treated likewise; 0: it is not
	Reason   string        `json:"reason,omitempty"`
	Note     string        `json:"note,omitempty"`
}

// MaxFollow is how long late messages are treated likewise.
const MaxFollow = time.Hour

// Parts of a run.
const (
	PartRecall = "recall"
	PartMute   = "mute"
	PartTight  = "tight"
)

// Part is one job of a run.
type Part struct {
	Kind string `json:"kind"`
	Job  int64  `json:"job,omitempty"`
	Late int    `json:"late,omitempty"` // 1, 2, …: of what came later
	Back int64  `json:"back,omitempty"` // the job that takes it back
	Why  string `json:"why,omitempty"`  // text key: why it was not begun, or is not taken back
}

// maxParts bounds what is kept of a run. A wave that goes on for longer is followed no more.
const maxParts = 150

// Body is what is kept of a run.
type Body struct {
	Choice
	Parts       []Part            `json:"parts,omitempty"`
	Begun       bool              `json:"begun,omitempty"` // all of its first jobs are there
	Messages    int               `json:"messages"`        // at the beginning
	Senders     int               `json:"senders"`
	Groups      int               `json:"groups"`
	Spared      int               `json:"spared,omitempty"`
	TightUntil  time.Time         `json:"tight_until,omitzero"`
	Loosened    time.Time         `json:"loosened,omitzero"` // when the groups were put back, or began to be
	FollowUntil time.Time         `json:"follow_until,omitzero"`
	Reversed    time.Time         `json:"reversed,omitzero"` // when somebody wanted it taken back
	ReversedBy  string            `json:"reversed_by,omitempty"`
	ReversedWho string            `json:"reversed_who,omitempty"` // name
	Clearance   actions.Clearance `json:"clearance,omitzero"`
}

// ReadBody is what is kept of a run.
func ReadBody(r store.WaveRun) (Body, error) {
	var b Body
	if err := json.Unmarshal(r.Body, &b); err != nil {
		return b, fmt.Errorf("read run %d of a wave: %w", r.ID, err)
	}
	return b, nil
}

func (b Body) encode() json.RawMessage {
	raw, err := json.Marshal(b)
	if err != nil {
		panic(err) // texts, numbers and times
	}
	return raw
}

// verbs are the rights that a choice needs.
func (c Choice) verbs() []actions.Verb {
	list := []actions.Verb{actions.VerbCleanWave, actions.VerbBulk}
	if c.Recall {
		list = append(list, actions.VerbRecall)
	}
	if c.Mute > 0 {
		list = append(list, actions.VerbMute)
	}
	switch c.Tight {
	case TightJoin:
		list = append(list, actions.VerbEditGroup)
	case TightMute:
		list = append(list, actions.VerbMuteAll)
	}
	return list
}

// May tells which right somebody lacks for a choice: an *actions.Forbidden.
func (c Choice) May(by actions.Actor) error {
	for _, v := range c.verbs() {
		if by.Can == nil || !by.Can(v) {
			return &actions.Forbidden{Verb: v}
		}
	}
	return nil
}

// check tells what is wrong with a choice.
func (c Choice) check() error {
	bad := map[string]actions.Text{}
	if !c.Recall && c.Mute == 0 && c.Tight == TightNot {
		bad["recall"] = actions.Text{Key: "waves.invalid.nothing"}
	}
	if c.Mute != 0 && (c.Mute < MinMute || c.Mute > MaxMute) {
		bad["mute"] = actions.Text{Key: "waves.invalid.mute"}
	}
	if c.Follow < 0 || c.Follow > MaxFollow {
		bad["follow"] = actions.Text{Key: "waves.invalid.follow"}
	}
	if !slices.Contains([]string{TightNot, TightJoin, TightMute}, c.Tight) || c.Tight != TightNot && (c.TightFor < MinTight || c.TightFor > MaxTight) {
		bad["tight"] = actions.Text{Key: "waves.invalid.tight"}
	}
	if c.Mute > 0 && strings.TrimSpace(c.Reason) == "" {
		bad["reason"] = actions.Text{Key: "action.invalid.reason"}
	}
	if len(bad) > 0 {
		return &actions.Invalid{Fields: bad}
	}
	return nil
}

// specs are the jobs that a choice makes of messages.
func (c Choice) specs(list []store.WaveMessage, late bool) map[string]jobs.Spec {
	slices.SortFunc(list, func(a, b store.WaveMessage) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Key, b.Key))
	})
	recall := jobs.Spec{Kind: jobs.Recall, Reason: c.Reason, Note: c.Note, Now: late}
	mute := jobs.Spec{Kind: jobs.Mute, Span: actions.Span{For: c.Mute}, Reason: c.Reason, Note: c.Note, Now: true}
	tight := jobs.Spec{Kind: jobs.EditGroup, Join: JoinClosed, Reason: c.Reason, Note: c.Note, Now: true}
	if c.Tight == TightMute {
		tight.Kind, tight.Join = jobs.MuteAll, ""
	}
	seen := map[jobs.Pair]bool{}
	for _, m := range list {
		recall.Said = append(recall.Said, jobs.Said{Group: m.Group, ID: m.Key, Seq: m.Seq})
		if p := (jobs.Pair{Group: m.Group, User: m.Sender}); !seen[p] {
			seen[p] = true
			mute.Pairs = append(mute.Pairs, p)
		}
		if n := len(tight.Groups); n == 0 || tight.Groups[n-1] != m.Group {
			tight.Groups = append(tight.Groups, m.Group)
		}
	}
	out := map[string]jobs.Spec{}
	if len(list) == 0 {
		return out
	}
	if c.Recall {
		out[PartRecall] = recall
	}
	if c.Mute > 0 {
		out[PartMute] = mute
	}
	if c.Tight != TightNot && !late {
		out[PartTight] = tight
	}
	return out
}

// partsInOrder: what can be taken back begins at once, what cannot comes last.
var partsInOrder = []string{PartTight, PartMute, PartRecall}

// Plan is what cleaning a wave up would do, as far as it is known without asking the service.
type Plan struct {
	Messages, Senders, Groups, Spared int
	Protected                         int            // of the senders: no job harms them
	Not                               map[string]int // groups in which a part cannot be done, by part and TightJoin or TightMute
}

// Preview tells what cleaning a wave up would do now.
func (s *Service) Preview(ctx context.Context, app actions.App, wave int64, spare []string) (Plan, error) {
	list, err := s.Store.Of(ctx, wave, 0, store.MaxWaveMessages)
	if err != nil {
		return Plan{}, err
	}
	list, p := without(list, spare)
	p.Not = map[string]int{}
	seen, people := map[string]bool{}, map[string]bool{}
	for _, m := range list {
		people[m.Sender] = true
		if seen[m.Group] {
			continue
		}
		seen[m.Group] = true
		for part, verb := range map[string]imclient.Verb{
			PartRecall: imclient.VerbRecall, PartMute: imclient.VerbMute, TightJoin: imclient.VerbJoinOption, TightMute: imclient.VerbMuteAll,
		} {
			if !app.IM.Caps.Can(verb, imclient.GroupType(m.Kind)) {
				p.Not[part]++
			}
		}
	}
	for chunk := range slices.Chunk(slices.Collect(maps.Keys(people)), 500) {
		safe, err := s.Jobs.Store.Protects(ctx, app.ID, chunk)
		if err != nil {
			return Plan{}, err
		}
		p.Protected += len(safe)
	}
	return p, nil
}

// Spares tells whether somebody is left out unless an operator says otherwise: who runs a group, and who has been there for long, for they
// rather quote than take part.
func Spares(u store.WaveSender, now time.Time) bool {
	return u.Spared || u.Role == "owner" || u.Role == "admin" || !u.Joined.IsZero() && now.Sub(u.Joined) >= LongMember
}

// Ages of memberships that are told.
const (
	LongMember = 365 * 24 * time.Hour
	NewMember  = 3 * 24 * time.Hour
)

// without parts the messages of those who are spared, and counts the others.
func without(list []store.WaveMessage, spare []string) ([]store.WaveMessage, Plan) {
	var p Plan
	left, spared := map[string]bool{}, map[string]bool{}
	for _, u := range spare {
		left[u] = true
	}
	senders, groups := map[string]bool{}, map[string]bool{}
	out := make([]store.WaveMessage, 0, len(list))
	for _, m := range list {
		if left[m.Sender] {
			spared[m.Sender] = true
			continue
		}
		out = append(out, m)
		senders[m.Sender], groups[m.Group] = true, true
	}
	p.Messages, p.Senders, p.Groups, p.Spared = len(out), len(senders), len(groups), len(spared)
	return out, p
}

// AttemptWave is the kind of attempt that a wave is for the guard.
const AttemptWave = "wave"

// attempt is what a guard keeps of a wave that is to be cleaned up.
type attempt struct {
	Wave   int64    `json:"wave"`
	Choice Choice   `json:"choice"`
	Spare  []string `json:"spare,omitempty"`
}

// ErrNothing means that nothing of the wave is left to clean up.
var ErrNothing = errors.New("nothing of the wave is left")

// Clean cleans a wave up: all that was said and is not spared. The guard is asked about it as a whole. key is made by the client, one
// for each form.
//
// Errors: *actions.Forbidden, *actions.Invalid, *actions.Held, *actions.Overdrawn, *actions.CoolingDown, ErrNothing, cases.ErrTaken:
// nothing is begun then.
func (s *Service) Clean(ctx context.Context, by actions.Actor, app actions.App, wave int64, c Choice, spare []string, key string) (store.WaveRun, error) {
	if err := c.May(by); err != nil {
		return store.WaveRun{}, err
	}
	if err := c.check(); err != nil {
		return store.WaveRun{}, err
	}
	w, err := s.Store.Get(ctx, wave)
	if err == nil && w.App != app.ID {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.WaveRun{}, err
	}
	if r, found, err := s.find(ctx, by, wave, key); found || err != nil {
		return r, err
	}
	list, err := s.Store.Of(ctx, wave, 0, store.MaxWaveMessages)
	if err != nil {
		return store.WaveRun{}, err
	}
	list, p := without(list, spare)
	if len(list) == 0 {
		return store.WaveRun{}, ErrNothing
	}
	if err := s.clear(ctx, by, app, w, c, spare, p, key); err != nil {
		return store.WaveRun{}, err
	}
	note := fmt.Sprintf("%d/%d/%d", p.Messages, p.Senders, p.Groups)
	if err := s.Decide(ctx, by, w.Case, note); err != nil {
		return store.WaveRun{}, err
	}
	if err := s.Store.Spare(ctx, wave, spare); err != nil {
		return store.WaveRun{}, err
	}
	now := s.now()
	b := Body{Choice: c, Messages: p.Messages, Senders: p.Senders, Groups: p.Groups, Spared: p.Spared}
	if by.Clearance != nil {
		b.Clearance = *by.Clearance
	}
	if c.Tight != TightNot {
		b.TightUntil = now.Add(c.TightFor)
	}
	if c.Follow > 0 {
		b.FollowUntil = now.Add(c.Follow)
	}
	r, made, err := s.Store.AddRun(ctx, store.WaveRun{
		Wave: wave, App: app.ID, OperatorID: by.OperatorID, OperatorName: by.Name, Address: by.Address, Key: key, Body: b.encode(), Made: now, Due: now.Add(beginTime),
	})
	if err != nil || !made {
		return r, err
	}
	was := w.State
	w.State, w.JoinedUntil = store.WaveCleaned, now
	if c.Follow > 0 {
		w.JoinedUntil = b.FollowUntil
	}
	if err := s.Store.Set(ctx, w, was, store.WaveOpen, store.WaveCleaned, store.WaveQuiet); err != nil {
		return r, err
	}
	return s.begin(ctx, by, app, r, b)
}

// beginTime is how long a console has to begin a run, until another one does.
const beginTime = 20 * time.Second

// find finds the run that a form began before.
func (s *Service) find(ctx context.Context, by actions.Actor, wave int64, key string) (store.WaveRun, bool, error) {
	r, err := s.Store.RunByKey(ctx, by.OperatorID, key)
	if errors.Is(err, store.ErrNotFound) {
		return r, false, nil
	}
	if err == nil && r.Wave != wave {
		err = jobs.ErrKeyReused
	}
	return r, err == nil, err
}

// clear asks the guard about a wave as a whole.
func (s *Service) clear(ctx context.Context, by actions.Actor, app actions.App, w store.Wave, c Choice, spare []string, p Plan, key string) error {
	if s.Actions.Guard == nil || by.Clearance != nil {
		return nil
	}
	body, err := json.Marshal(attempt{w.ID, c, spare})
	if err != nil {
		return fmt.Errorf("write down what is to be done about a wave: %w", err)
	}
	plan, err := json.Marshal(p.job())
	if err != nil {
		return fmt.Errorf("write down a plan: %w", err)
	}
	sum := sha256.Sum256(append([]byte(app.ID+"\n"), body...))
	return s.Actions.Clear(ctx, actions.Attempt{
		Actor: by, App: app.ID, Kind: AttemptWave, Verb: actions.VerbCleanWave, Size: p.Messages, Reason: c.Reason, Key: key, Form: hex.EncodeToString(sum[:16]),
		Body: body, Plan: plan,
	})
}

// begin takes the messages and starts the jobs; a second time it goes on where the first one stopped.
func (s *Service) begin(ctx context.Context, by actions.Actor, app actions.App, r store.WaveRun, b Body) (store.WaveRun, error) {
	if _, err := s.Store.Take(ctx, r.Wave, r.ID); err != nil {
		return r, err
	}
	list, err := s.Store.Of(ctx, r.Wave, r.ID, store.MaxWaveMessages)
	if err != nil {
		return r, err
	}
	if err := s.start(ctx, by, app, r, &b, list, 0); err != nil {
		return r, err
	}
	b.Begun = true
	r.Body, r.Due = b.encode(), s.now()
	r, err = s.Store.PutRun(ctx, r)
	return r, err
}

// start starts the jobs of some messages. What cannot be begun says why.
func (s *Service) start(ctx context.Context, by actions.Actor, app actions.App, r store.WaveRun, b *Body, list []store.WaveMessage, late int) error {
	cleared := b.Clearance
	by.Clearance = &cleared
	specs := b.specs(list, late > 0)
	for _, kind := range partsInOrder {
		spec, is := specs[kind]
		if !is {
			continue
		}
		part := Part{Kind: kind, Late: late}
		j, err := s.Jobs.Start(ctx, by, app, spec, partKey(r.ID, kind, late))
		var invalid *actions.Invalid
		var forbidden *actions.Forbidden
		switch {
		case err == nil:
			part.Job = j.ID
		case errors.As(err, &forbidden):
			part.Why = "waves.why.rights"
		case errors.As(err, &invalid):
			part.Why = "waves.why.invalid"
			for _, t := range invalid.Fields {
				part.Why = t.Key
			}
		default:
			return fmt.Errorf("start the %s of a wave: %w", kind, err)
		}
		if !slices.ContainsFunc(b.Parts, func(p Part) bool { return p.Kind == kind && p.Late == late }) {
			b.Parts = append(b.Parts, part)
		}
	}
	return nil
}

func partKey(run int64, kind string, late int) string {
	return "wave." + strconv.FormatInt(run, 10) + "." + kind + "." + strconv.Itoa(late)
}

// Reverse takes back what can be taken back of a run: mutes are lifted, groups are as before. Recalls stay. What is under way is stopped.
//
// Errors: *actions.Forbidden; store.ErrConflict: it is being taken back.
func (s *Service) Reverse(ctx context.Context, by actions.Actor, id int64) (store.WaveRun, error) {
	for try := 0; ; try++ {
		r, err := s.Store.Run(ctx, id)
		if err != nil {
			return r, err
		}
		b, err := ReadBody(r)
		if err != nil {
			return r, err
		}
		if err := b.May(by); err != nil {
			return r, err
		}
		if !b.Reversed.IsZero() {
			return r, store.ErrConflict
		}
		b.Reversed, b.ReversedBy, b.ReversedWho = s.now(), by.OperatorID, by.Name
		if b.FollowUntil.After(b.Reversed) {
			b.FollowUntil = b.Reversed
		}
		r.Body, r.Due = b.encode(), s.now()
		kept, err := s.Store.PutRun(ctx, r)
		if errors.Is(err, store.ErrConflict) && try < 5 {
			continue // a console looked at it
		}
		return kept, err
	}
}

// ActorPrefix is what the ids of runs as actors begin with: they put groups back by themselves.
const ActorPrefix = "wave:"

// Actor is a run as somebody who acts: it may put groups back, whoever is an operator by then. false: the id is no run's.
func Actor(id string) (actions.Actor, bool) {
	if !strings.HasPrefix(id, ActorPrefix) {
		return actions.Actor{}, false
	}
	return actions.Actor{OperatorID: id, Name: "imdesk", Clearance: &actions.Clearance{}, Can: func(v actions.Verb) bool {
		return v == actions.VerbEditGroup || v == actions.VerbMuteAll || v == actions.VerbBulk
	}}, true
}

const (
	runEach  = 500 * time.Millisecond
	runLease = 15 * time.Second
	runsDue  = 20
	runAgain = time.Second // while jobs are under way, or late messages are looked for
	runRetry = 5 * time.Second
)

// runs does what is due of runs.
func (s *Service) runs(ctx context.Context) {
	every := time.NewTicker(runEach)
	defer every.Stop()
	for {
		list, err := s.Store.DueRuns(ctx, s.now(), runsDue)
		if err != nil && ctx.Err() == nil {
			s.log().WarnContext(ctx, "find what is left to do about waves", "error", err)
		}
		for _, r := range list {
			r.Due = s.now().Add(runLease)
			r, err := s.Store.PutRun(ctx, r)
			if err != nil { // another console has it
				continue
			}
			if err := s.step(ctx, r); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrConflict) {
				s.log().WarnContext(ctx, "what is left to do about a wave", "run", r.ID, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// step does what is due of a run and says when it is looked at next.
func (s *Service) step(ctx context.Context, r store.WaveRun) error {
	b, err := ReadBody(r)
	if err != nil {
		return err
	}
	app, is := s.App(r.App)
	if !is { // it may come back
		r.Due = s.now().Add(time.Minute)
		_, err := s.Store.PutRun(ctx, r)
		return err
	}
	now := s.now()
	if !b.Begun {
		by, err := s.operator(ctx, r.OperatorID, r)
		if err != nil {
			return err
		}
		_, err = s.begin(ctx, by, app, r, b)
		return err
	}
	next := time.Time{}
	at := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if b.Reversed.IsZero() && b.FollowUntil.After(now) {
		at(now.Add(runAgain))
		if err := s.late(ctx, app, r, &b); err != nil {
			s.log().WarnContext(ctx, "late messages of a wave", "run", r.ID, "error", err)
		}
	}
	if !b.TightUntil.IsZero() && b.Loosened.IsZero() && b.Reversed.IsZero() {
		if b.TightUntil.After(now) {
			at(b.TightUntil)
		} else {
			b.Loosened = now
		}
	}
	left, err := s.takeBack(ctx, app, r, &b)
	if err != nil {
		s.log().WarnContext(ctx, "take back what was done about a wave", "run", r.ID, "error", err)
		at(now.Add(runRetry))
	} else if left {
		at(now.Add(runAgain))
	}
	r.Body, r.Due = b.encode(), next
	_, err = s.Store.PutRun(ctx, r)
	return err
}

// operator is who acts now; ErrNoOperator if they may not any more.
func (s *Service) operator(ctx context.Context, id string, r store.WaveRun) (actions.Actor, error) {
	by, err := s.Jobs.Operator(ctx, id, r.App)
	by.Address = r.Address
	return by, err
}

// late treats likewise what came since, unless the batch before is still under way.
func (s *Service) late(ctx context.Context, app actions.App, r store.WaveRun, b *Body) error {
	last := 0
	for _, p := range b.Parts {
		if last = max(last, p.Late); p.Late == 0 || p.Job == 0 {
			continue
		}
		j, err := s.Jobs.Get(ctx, p.Job)
		if err != nil {
			return err
		}
		if !j.State.Ended() {
			return nil
		}
	}
	n, _, err := s.Store.Left(ctx, r.Wave)
	if err != nil || n == 0 || len(b.Parts) >= maxParts {
		return err
	}
	by, err := s.operator(ctx, r.OperatorID, r)
	if errors.Is(err, jobs.ErrNoOperator) || err == nil && b.May(by) != nil {
		b.FollowUntil = s.now()
		return nil
	}
	if err != nil {
		return err
	}
	list, err := s.Store.Take(ctx, r.Wave, r.ID)
	if err != nil {
		return err
	}
	return s.start(ctx, by, app, r, b, list, last+1)
}

// takeBack starts what takes jobs back: of a run that is reversed all that can be, of one whose time is over the groups. left: not all of
// it could be begun yet.
func (s *Service) takeBack(ctx context.Context, app actions.App, r store.WaveRun, b *Body) (left bool, err error) {
	for i := range b.Parts {
		p := &b.Parts[i]
		reverse := !b.Reversed.IsZero()
		if p.Job == 0 || p.Back != 0 || p.Why != "" || !reverse && (p.Kind != PartTight || b.Loosened.IsZero()) {
			continue
		}
		id := b.ReversedBy
		if !reverse {
			id = ActorPrefix + strconv.FormatInt(r.ID, 10)
		}
		by, opErr := s.operator(ctx, id, r)
		if opErr != nil {
			if errors.Is(opErr, jobs.ErrNoOperator) {
				p.Why = "waves.why.operator"
				continue
			}
			return true, opErr
		}
		j, getErr := s.Jobs.Get(ctx, p.Job)
		if getErr != nil {
			return true, getErr
		}
		if !j.State.Ended() {
			if j.Want != store.WantCancel {
				if _, err := s.Jobs.Cancel(ctx, by, p.Job); err != nil && !errors.Is(err, store.ErrConflict) {
					return true, err
				}
			}
			left = true
			continue
		}
		if p.Kind == PartRecall {
			p.Why = "waves.why.recall"
			continue
		}
		back, backErr := s.Jobs.Reverse(ctx, by, app, p.Job, partKey(r.ID, p.Kind+".back", p.Late))
		switch {
		case backErr == nil:
			p.Back = back.ID
		case errors.Is(backErr, jobs.ErrNothingToDo):
			p.Why = "waves.why.nothing"
		default:
			return true, backErr
		}
	}
	if !b.Reversed.IsZero() && b.Loosened.IsZero() && !b.TightUntil.IsZero() && !left {
		b.Loosened = s.now()
	}
	return left, nil
}
