package rules

import (
	"context"
	"errors"
	"hash/fnv"
	"runtime/debug"
	"strconv"
	"time"

	"imdesk/imclient"
	"imdesk/moderation"
)

// Bounds of what is kept in memory of messages on their way, and of people.
const (
	maxPending  = 20_000
	pendingFor  = time.Minute // between a before-callback and that of the same message once it is sent
	maxJoined   = 50_000      // of each of two generations
	maxRoles    = 20_000
	rolesFor    = 5 * time.Minute
	lookTime    = 400 * time.Millisecond // for a sender's role; the services wait 2 s for the answer
	strikesSpan = moderation.DefaultDecay
)

// pending is a verdict whose message is on its way.
type pending struct {
	verdict moderation.Verdict
	at      time.Time
}

// role is what somebody is in a group, for a while.
type role struct {
	roles []string
	until time.Time
}

// generations remembers when people joined; the older half is forgotten when the newer one is full.
type generations struct{ now, before map[string]time.Time }

func (g *generations) put(key string, at time.Time) {
	if g.now == nil || len(g.now) >= maxJoined {
		g.now, g.before = map[string]time.Time{}, g.now
	}
	g.now[key] = at
}

func (g *generations) get(key string) time.Time {
	if at, is := g.now[key]; is {
		return at
	}
	return g.before[key]
}

// kinds of elements, as the archive names them.
func kindOf(e imclient.Element) string {
	switch e.(type) {
	case imclient.Text:
		return "text"
	case imclient.Face:
		return "face"
	case imclient.Location:
		return "location"
	case imclient.Image:
		return "image"
	case imclient.Sound:
		return "sound"
	case imclient.File:
		return "file"
	case imclient.Video:
		return "video"
	case imclient.Merged:
		return "merged"
	}
	return "custom"
}

// message is what rules see of what somebody says; texts is how many of its texts are elements that stars can replace.
func (s *Service) message(ctx context.Context, app string, e imclient.Event, said imclient.Message) (m moderation.Message, texts int) {
	m = moderation.Message{App: app, Group: e.Group, GroupType: string(e.Type), Sender: said.From, At: said.At, Mentions: e.Mentions}
	if e.Group == "" {
		m.Peer = e.Peers[1]
		if m.Peer == "" {
			m.Peer = e.Chat
		}
	}
	if m.At.IsZero() {
		m.At = s.now()
	}
	var more []string
	ats := 0
	for _, part := range said.Body {
		m.Types = append(m.Types, kindOf(part))
		switch part := part.(type) {
		case imclient.Text:
			m.Texts = append(m.Texts, part.Text)
			ats += mentionsIn(part.Text)
		case imclient.File:
			m.Files = append(m.Files, part.Name)
		case imclient.Custom:
			more = append(more, part.Desc)
		case imclient.Location:
			more = append(more, part.Desc)
		case imclient.Merged:
			more = append(more, part.Title)
			more = append(more, part.Abstract...)
		}
	}
	texts = len(m.Texts)
	for _, t := range more {
		if t != "" {
			m.Texts = append(m.Texts, t)
		}
	}
	m.Mentions = max(m.Mentions, ats)
	s.mu.Lock()
	m.Joined = s.joined.get(app + "\n" + e.Group + "\n" + m.Sender)
	s.mu.Unlock()
	m.Roles = func() []string { return s.rolesOf(ctx, app, e.Group, m.Sender) }
	m.Strikes = func() int { return s.strikesOf(ctx, app, m.Sender, m.At) }
	return m, texts
}

// mentionsIn counts signs before names. Services tell of mentions only once a message is sent.
func mentionsIn(text string) (n int) {
	before, at := ' ', false
	for _, r := range text {
		if at && r != ' ' && r != '@' {
			n++
		}
		at = r == '@' && (before == ' ' || before == '\n' || before > 0x2E80)
		before = r
	}
	return n
}

// rolesOf asks the service what somebody is in a group, at most for lookTime. Who is not found is spared by no rule.
func (s *Service) rolesOf(ctx context.Context, app, group, user string) []string {
	if group == "" {
		return nil
	}
	key := app + "\n" + group + "\n" + user
	s.mu.Lock()
	known, is := s.roles[key]
	s.mu.Unlock()
	if is && s.now().Before(known.until) {
		return known.roles
	}
	a, is := s.App(app)
	if !is {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	list, err := a.IM.Members.Get(ctx, group, []string{user})
	if err != nil {
		s.log().Debug("a sender's role is not known", "app", app, "error", err)
		return nil
	}
	known = role{until: s.now().Add(rolesFor)}
	for _, m := range list {
		switch m.Role {
		case imclient.RoleOwner:
			known.roles = []string{"owner"}
		case imclient.RoleAdmin:
			known.roles = []string{"admin"}
		default:
			known.roles = []string{"member"}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.roles) >= maxRoles {
		clear(s.roles)
	}
	s.roles[key] = known
	return known.roles
}

// strikesOf counts what somebody did against rules lately, and what operators counted.
func (s *Service) strikesOf(ctx context.Context, app, user string, at time.Time) int {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	n, err := s.Store.Rules.Strikes(ctx, app, user, "", at.Add(-strikesSpan))
	if err != nil {
		s.log().Warn("strikes are not known", "app", app, "error", err)
	}
	list, err := s.Store.Cases.Strikes(ctx, app, user, 50)
	if err != nil {
		s.log().Warn("strikes of cases are not known", "app", app, "error", err)
	}
	for _, x := range list {
		if x.Weight(at) > 0 {
			n++
		}
	}
	return n
}

// about is what a verdict is about: who says what where.
func about(m *moderation.Message, texts []string) string {
	h := fnv.New64a()
	for _, t := range texts {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	for _, t := range m.Types {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	return m.App + "\n" + m.Group + "\n" + m.Sender + "\n" + strconv.FormatUint(h.Sum64(), 36)
}

// ErrBroken means that a message could not be judged.
var ErrBroken = errors.New("rules: the message could not be judged")

// Ask says what becomes of what somebody wants to say. It takes no longer than a look at a sender's role. When something breaks, that
// is ErrBroken, and nothing is decided.
func (s *Service) Ask(ctx context.Context, app string, e imclient.Event) (d imclient.Decision, err error) {
	s.init()
	defer func() {
		if broken := recover(); broken != nil {
			s.log().Error("a message could not be judged", "app", app, "panic", broken, "stack", string(debug.Stack()))
			d, err = imclient.Decision{}, ErrBroken
		}
	}()
	m, texts := s.message(ctx, app, e, *e.Asks)
	key := about(&m, m.Texts)
	v := s.engine.Judge(&m)
	d = decision(&v, texts, len(m.Types))
	switch d.Kind {
	case imclient.Refuse, imclient.Discard:
		s.offer(work{app: app, event: e, message: m, verdict: v})
	case imclient.Replace:
		after := m.Texts
		after = append(append([]string(nil), v.Masked[:texts]...), after[texts:]...)
		s.remember(about(&m, after), v)
	default:
		s.remember(key, v)
	}
	return d, nil
}

// decision is a verdict for the service.
func decision(v *moderation.Verdict, texts, parts int) imclient.Decision {
	if v.By == nil {
		return imclient.Decision{}
	}
	refuse := imclient.Decision{Kind: imclient.Refuse, Code: v.By.Code, Direct: v.By.Direct, Text: v.By.Text}
	switch v.Outcome {
	case moderation.Reject:
		return refuse
	case moderation.Hold:
		if texts < parts { // a picture cannot be sent again in its author's name
			return refuse
		}
		return imclient.Decision{Kind: imclient.Discard}
	case moderation.Drop:
		return imclient.Decision{Kind: imclient.Discard}
	case moderation.Stars:
		if texts == 0 {
			return refuse
		}
		return imclient.Decision{Kind: imclient.Replace, Texts: v.Masked[:texts]}
	}
	return imclient.Decision{}
}

// remember keeps a verdict until its message is told of.
func (s *Service) remember(key string, v moderation.Verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) >= maxPending {
		s.forget(s.order[0])
		s.order = s.order[1:]
	}
	s.waiting[key] = append(s.waiting[key], pending{v, s.now()})
	s.order = append(s.order, key)
}

// forget drops the oldest verdict of a key. The caller holds mu.
func (s *Service) forget(key string) (pending, bool) {
	list := s.waiting[key]
	if len(list) == 0 {
		return pending{}, false
	}
	if len(list) == 1 {
		delete(s.waiting, key)
	} else {
		s.waiting[key] = list[1:]
	}
	return list[0], true
}

// remembered is the verdict of a message that was asked about.
func (s *Service) remembered(key string) (moderation.Verdict, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		p, is := s.forget(key)
		if !is {
			return moderation.Verdict{}, false
		}
		if s.now().Sub(p.at) <= pendingFor {
			return p.verdict, true
		}
	}
}

// Said is told of an event once what it says is on disk.
func (s *Service) Said(ctx context.Context, app string, e imclient.Event) {
	s.init()
	if e.Kind == "member.joined" && e.Group != "" {
		s.mu.Lock()
		for _, u := range e.Users {
			s.joined.put(app+"\n"+e.Group+"\n"+u, s.now())
		}
		s.mu.Unlock()
	}
	if e.Said == nil || e.Edited || e.Said.State != imclient.MessageSaid {
		return
	}
	defer func() {
		if broken := recover(); broken != nil {
			s.log().Error("a message could not be judged", "app", app, "panic", broken, "stack", string(debug.Stack()))
		}
	}()
	m, _ := s.message(context.WithoutCancel(ctx), app, e, *e.Said)
	key := about(&m, m.Texts)
	v, known := s.remembered(key)
	if !known { // nobody asked, or another replica was
		v = s.engine.Judge(&m)
	}
	if len(v.Checks) > 0 {
		s.offer(work{app: app, event: e, message: m, verdict: v, sent: true})
	}
}

// offer has a verdict carried out behind the answer.
func (s *Service) offer(w work) {
	if len(w.verdict.Checks) == 0 {
		return
	}
	select {
	case s.work <- w:
	default:
		s.log().Error("a verdict is not carried out: too many wait", "app", w.app, "waiting", maxWork)
	}
}
