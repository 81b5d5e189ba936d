package actions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"imdesk/imclient"
)

// muteWork mutes members, lifts mutes, or puts back the ends that an undo found (restore).
type muteWork struct {
	group      string
	users      []string
	span       Span
	lift       bool
	restore    map[string]string // end by user; nil unless this is an undo
	alsoAdmins bool
}

func (w *muteWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbMute); err != nil {
		return err
	}
	members := map[string]imclient.Member{}
	if p.readsMembers() {
		var err error
		if members, err = p.rolesNow(ctx, w.users); err != nil {
			return err
		}
	}
	now, err := w.ends(ctx, p, members)
	if err != nil {
		return err
	}
	want := w.span.end(p.now())
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: known(want)}
		_, isMember := members[u]
		switch {
		case w.restore != nil:
			item.Want = known(w.restore[u])
			item.Effect = EffectRestored
		case w.lift:
			item.Want = known("")
			item.Effect = EffectUnmuted
			if item.Before.Known && item.Before.Text == "" {
				item.skip(SkipNotMuted)
			}
		default:
			item.Effect = endEffect(item.Before, want, p.now(), EffectMuted)
			if skip := p.protected(u, members[u].Role, w.alsoAdmins); skip != "" {
				item.skip(skip)
			} else if p.readsMembers() && !isMember {
				item.skip(SkipNotMember)
			}
		}
		p.items = append(p.items, item)
	}
	return nil
}

// ends tells until when users are muted now. The members say it; of those who left, and in live rooms, the muted list:
// a mute outlives leaving.
func (w *muteWork) ends(ctx context.Context, p *plan, members map[string]imclient.Member) (map[string]Value, error) {
	now := make(map[string]Value, len(w.users))
	var others []string
	for _, u := range w.users {
		if m, is := members[u]; is {
			now[u] = endValue(m.MutedUntil)
		} else {
			others = append(others, u)
		}
	}
	mutes := !w.lift && w.restore == nil
	if len(others) == 0 || mutes && p.readsMembers() || !p.app.IM.Caps.Can(imclient.VerbMutedList, p.group.Type) {
		return now, nil
	}
	listed, err := ends(ctx, others, func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
		return p.app.IM.Mutes.List(ctx, w.group, cursor, 0)
	})
	if err != nil {
		return nil, fmt.Errorf("read the muted list: %w", err)
	}
	for _, u := range others {
		if v, is := listed[u]; is {
			now[u] = v
		}
	}
	return now, nil
}

// send makes one call for each end: a mute has one for all, an undo may have several.
func (w *muteWork) send(ctx context.Context, p *plan) sent {
	return sendEnds(ctx, p, w.span.For, p.app.IM.Caps.Limits.MuteBatch,
		func(ctx context.Context, users []string, d time.Duration) ([]imclient.Refused, error) {
			if d == 0 {
				return p.app.IM.Mutes.Lift(ctx, w.group, users)
			}
			return p.app.IM.Mutes.Set(ctx, w.group, users, d)
		})
}

// manyMutes is how many are looked after in the list of all who are muted, rather than one by one.
const manyMutes = 50

func (w *muteWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, is := p.app.IM.Mutes.(imclient.MuteReader)
	if is && len(w.users) > manyMutes && p.app.IM.Caps.Can(imclient.VerbMutedList, p.group.Type) {
		muted, err := list.Muted(ctx, w.group, w.users)
		if err != nil {
			return nil, fmt.Errorf("read the muted list: %w", err)
		}
		now := make(map[string]Value, len(w.users))
		for _, u := range w.users {
			now[u] = endValue(muted[u])
		}
		return now, nil
	}
	members := map[string]imclient.Member{}
	if p.readsMembers() {
		var err error
		if members, err = p.rolesNow(ctx, w.users); err != nil {
			return nil, err
		}
	}
	return w.ends(ctx, p, members)
}

func (w *muteWork) matches(want, got Value, now time.Time) bool {
	return endMatches(want.Text, got.Text, now)
}

func (w *muteWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *muteWork) options() map[string]any { return spanOptions(w.span, w.lift) }

func spanOptions(s Span, lift bool) map[string]any {
	switch {
	case lift:
		return nil
	case s.For > 0:
		return map[string]any{"seconds": int64(s.For / time.Second)}
	}
	return nil
}

// endEffect says how a new end compares with the one there is.
func endEffect(before Value, want string, now time.Time, fresh string) string {
	if !before.Known || before.Text == "" {
		return fresh
	}
	from, to := before.End(), parseEnd(want)
	switch {
	case sameEnd(before.Text, want):
		return EffectSame
	case !from.After(now):
		return fresh
	case to.After(from):
		return EffectLonger
	}
	return EffectShorter
}

// sendEnds calls set once for each end that is wanted, with 0 for lifting and -1 for no end. length, if any, is sent
// as it was asked for: the time until the end is shorter by what reading took.
func sendEnds(ctx context.Context, p *plan, length time.Duration, batch int,
	set func(ctx context.Context, users []string, d time.Duration) ([]imclient.Refused, error),
) sent {
	byEnd := map[string][]string{}
	var order []string
	for _, id := range p.acting() {
		end := p.item(id).Want.Text
		if byEnd[end] == nil {
			order = append(order, end)
		}
		byEnd[end] = append(byEnd[end], id)
	}
	type answer struct {
		refused []imclient.Refused
		err     error
	}
	answers := make([]answer, len(order))
	var g errgroup.Group
	g.SetLimit(callsAtOnce)
	for n, end := range order {
		g.Go(func() error {
			d := length
			switch to := parseEnd(end); {
			case end == "":
				d = 0
			case end == TextForever:
				d = -1
			case d == 0:
				d = max(to.Sub(p.now()), time.Second)
			}
			if ctx.Err() != nil {
				answers[n].err = errNotSent
				return nil
			}
			answers[n].refused, answers[n].err = set(ctx, byEnd[end], d)
			return nil
		})
	}
	_ = g.Wait() // the calls' errors are in answers
	var s sent
	for n, end := range order {
		for _, id := range byEnd[end] {
			s.set(id, reply{answers[n].err, oneCall(byEnd[end], batch)})
		}
		s.refused(answers[n].refused)
	}
	return s
}

// oneCall reports whether the client sends so many targets in one call; a batch of 0 is no cap.
func oneCall(targets []string, batch int) bool { return batch == 0 || len(targets) <= batch }

// banWork keeps users out of a live room, lets them in, or puts back the ends that an undo found.
type banWork struct {
	group, reason string
	users         []string
	span          Span
	lift          bool
	restore       map[string]string
}

func (w *banWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbBan); err != nil {
		return err
	}
	now, err := w.read(ctx, p)
	if err != nil {
		return err
	}
	want := w.span.end(p.now())
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: known(want)}
		switch {
		case w.restore != nil:
			item.Want = known(w.restore[u])
			item.Effect = EffectRestored
		case w.lift:
			item.Want = known("")
			item.Effect = EffectUnbanned
			if item.Before.Known && item.Before.Text == "" {
				item.skip(SkipNotBanned)
			}
		default:
			item.Effect = endEffect(item.Before, want, p.now(), EffectBanned)
			if skip := p.protected(u, imclient.RoleNone, false); skip != "" {
				item.skip(skip)
			}
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *banWork) send(ctx context.Context, p *plan) sent {
	// The client splits at the service's cap, which Limits does not tell: no call counts as the only one.
	return sendEnds(ctx, p, w.span.For, 1,
		func(ctx context.Context, users []string, d time.Duration) ([]imclient.Refused, error) {
			if d == 0 {
				return p.app.IM.Live.Unban(ctx, w.group, users)
			}
			return p.app.IM.Live.Ban(ctx, w.group, users, d, w.reason)
		})
}

func (w *banWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	list, err := ends(ctx, w.users, func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
		return p.app.IM.Live.Banned(ctx, w.group, cursor, 0)
	})
	if err != nil {
		return nil, fmt.Errorf("read who is banned: %w", err)
	}
	return list, nil
}

func (w *banWork) matches(want, got Value, now time.Time) bool {
	return endMatches(want.Text, got.Text, now)
}

func (w *banWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *banWork) options() map[string]any { return spanOptions(w.span, w.lift) }

// globalWork sets, lifts or puts back global mutes.
type globalWork struct {
	users          []string
	direct, groups *Span // nil: that part stays
	lift           bool
	restore        map[string]string
}

func (w *globalWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbGlobalMute); err != nil {
		return err
	}
	now, missing, err := w.readAll(ctx, p)
	if err != nil {
		return err
	}
	part := func(s *Span) string {
		switch {
		case s == nil:
			return unchanged
		case w.lift:
			return ""
		}
		return s.end(p.now())
	}
	want := endsValue(part(w.direct), part(w.groups))
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: want, Effect: EffectGlobalMuted}
		switch {
		case missing[u]:
			item.skip(SkipNoUser)
		case w.restore != nil:
			item.Want, item.Effect = known(w.restore[u]), EffectRestored
		case w.lift:
			item.Effect = EffectGlobalUnmuted
			if w.matches(want, item.Before, p.now()) {
				item.skip(SkipNotMuted)
			}
		case p.isAdministrator(u):
			item.skip(SkipAdministrator)
		}
		p.items = append(p.items, item)
	}
	return nil
}

// readAll reads the global mutes of all users, and names those whom the service does not know.
func (w *globalWork) readAll(ctx context.Context, p *plan) (now map[string]Value, missing map[string]bool, err error) {
	list := make([]Value, len(w.users))
	gone := make([]bool, len(w.users))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(callsAtOnce)
	for n, u := range w.users {
		g.Go(func() error {
			m, err := p.app.IM.Mutes.Global(ctx, u)
			switch {
			case isKind(err, imclient.ErrNotFound):
				gone[n] = true
			case err != nil:
				return fmt.Errorf("read the global mute: %w", err)
			default:
				list[n] = endsValue(endText(m.DirectUntil), endText(m.GroupUntil))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	now, missing = map[string]Value{}, map[string]bool{}
	for n, u := range w.users {
		now[u], missing[u] = list[n], gone[n]
	}
	return now, missing, nil
}

func (w *globalWork) send(ctx context.Context, p *plan) sent {
	return p.forEach(ctx, func(ctx context.Context, i Item) error {
		direct, group, _ := i.Want.parts()
		return p.app.IM.Mutes.SetGlobal(ctx, i.ID, w.length(p, direct, w.direct), w.length(p, group, w.groups))
	})
}

// length is what SetGlobal takes: nil leaves a part, 0 lifts it, -1 is without end.
func (w *globalWork) length(p *plan, end string, s *Span) *time.Duration {
	var d time.Duration
	switch {
	case end == unchanged:
		return nil
	case end == "":
	case end == TextForever:
		d = -1
	case s != nil && s.For > 0:
		d = s.For
	default:
		d = max(parseEnd(end).Sub(p.now()), time.Second)
	}
	return &d
}

func (w *globalWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	now, _, err := w.readAll(ctx, p)
	return now, err
}

func (w *globalWork) matches(want, got Value, now time.Time) bool {
	wd, wg, _ := want.parts()
	gd, gg, _ := got.parts()
	return (wd == unchanged || endMatches(wd, gd, now)) && (wg == unchanged || endMatches(wg, gg, now))
}

func (w *globalWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *globalWork) options() map[string]any {
	var parts []string
	if w.direct != nil {
		parts = append(parts, "direct")
	}
	if w.groups != nil {
		parts = append(parts, "groups")
	}
	return map[string]any{"where": slices.Clip(parts)}
}
