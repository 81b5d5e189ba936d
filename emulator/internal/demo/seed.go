package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/emulator/internal/community"
)

// ErrNotEmpty is the error of Seed for an app that has groups.
var ErrNotEmpty = errors.New("the app has groups already")

// maxMediaURL leaves room for the rest of a group's picture in FaceUrl, which has 100 bytes.
const maxMediaURL = 75

// Seed fills app with the demo: about 3,000 accounts, 60 groups and 28,000 messages that end now, which is the store's
// clock. media is the prefix of what Media serves, such as "http://127.0.0.1:8090", at most 75 bytes. For the same time
// it always makes the same. ErrNotEmpty, and nothing changed, if the app has groups; accounts may be there.
func Seed(ctx context.Context, store *community.Store, app int64, media string) error {
	if len(media) > maxMediaURL {
		return fmt.Errorf("seed the demo: the address of media is over %d bytes", maxMediaURL)
	}
	w, err := newWorld()
	if err != nil {
		return fmt.Errorf("seed the demo: %w", err)
	}
	err = store.Update(ctx, func(tx *community.Tx) error {
		n, err := tx.CountGroups(app, 0)
		if err != nil {
			return err
		}
		if n > 0 {
			return ErrNotEmpty
		}
		s := &seeder{Tx: tx, world: w, app: app, now: store.Now(), media: media}
		if err := s.accounts(); err != nil {
			return fmt.Errorf("accounts: %w", err)
		}
		for i, r := range w.rooms {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.room(i, r); err != nil {
				return fmt.Errorf("group %s: %w", r.id, err)
			}
		}
		if err := s.relations(); err != nil {
			return fmt.Errorf("relations: %w", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("seed the demo: %w", err)
	}
	return nil
}

// seeder stores a world.
type seeder struct {
	*community.Tx
	*world
	app   int64
	now   time.Time
	media string
	uids  map[string]int64
}

func (s *seeder) ago(d time.Duration) int64 { return s.now.Add(-d).Unix() }

// until is the end of something that lasts d from now, or of something that ended -d ago.
func (s *seeder) until(d time.Duration) int64 {
	switch d {
	case 0:
		return 0
	case forever:
		return community.Forever
	}
	return s.now.Add(d).Unix()
}

func (s *seeder) accounts() error {
	ids := make([]string, len(s.cast))
	for i, p := range s.cast {
		ids[i] = p.id
	}
	there, err := s.Accounts(s.app, ids)
	if err != nil {
		return err
	}
	s.uids = make(map[string]int64, len(s.cast))
	for _, p := range s.cast {
		if a, ok := there[p.id]; ok {
			s.uids[p.id] = a.UID
			continue
		}
		if err := s.account(p); err != nil {
			return fmt.Errorf("%s: %w", p.id, err)
		}
	}
	return nil
}

func (s *seeder) account(p *person) error {
	a := community.Account{Name: p.id, Nick: p.nick, CreatedAt: s.ago(p.age)}
	if p.face >= 0 {
		a.Face = s.media + "/media/face/" + strconv.Itoa(p.face) + ".svg"
	}
	uid, err := s.NewAccount(s.app, a)
	if err != nil {
		return err
	}
	s.uids[p.id] = uid
	for _, tag := range slices.Sorted(maps.Keys(p.profile)) {
		if err := s.SetProfile(uid, tag, p.profile[tag]); err != nil {
			return err
		}
	}
	if p.c2cMute == 0 && p.groupMute == 0 {
		return nil
	}
	c2c, group := s.until(p.c2cMute), s.until(p.groupMute)
	return s.MuteEverywhere(uid, &c2c, &group)
}

// room makes a group with all that belongs to it.
func (s *seeder) room(number int, r *room) error {
	rng := rngOf("group " + r.id)
	g := &community.Group{
		ID: r.id, Kind: r.kind, Name: r.name, Introduction: r.intro, Notification: r.notice, Owner: r.owner,
		CreatedAt: s.ago(r.age), InfoAt: s.ago(time.Duration(float64(r.age) * rng.Float64() * 0.5)), MsgAt: s.ago(r.age),
		ApplyJoin: r.join, MaxMembers: r.limit, MuteAll: r.is("muteall"), Topics: len(r.topics) > 0, Active: !r.is("inactive"), Data: r.data,
	}
	if !r.is("noface") {
		g.Face = s.media + "/media/group/" + strconv.Itoa(number) + ".svg"
	}
	if r.is("history") {
		g.HistoryBeforeJoin = "On"
	}
	switch {
	case r.kind == community.LiveRoom:
	case r.kind == community.Community:
		g.MaxMembers = 100_000
	case g.MaxMembers == 0:
		g.MaxMembers = 2000
	}
	if g.ApplyJoin == "" && r.kind != community.Community {
		g.ApplyJoin = "NeedPermission"
	}
	if err := s.CreateGroup(s.app, g); err != nil {
		return err
	}
	if r.is("dismissed") {
		return s.Dismiss(g.GID)
	}
	if err := s.keep(g); err != nil {
		return err
	}
	if r.kind == community.LiveRoom {
		return s.liveRoom(rng, g, r)
	}
	h, err := s.history(r)
	if err != nil {
		return err
	}
	next := h.settle(r.seq)
	if err := s.members(g, r, h, next); err != nil { // before the messages, whose receivers are counted
		return err
	}
	if err := s.store(g.GID, r, h, next); err != nil {
		return err
	}
	if r.is("receipts") {
		if err := s.receipts(rng, g, r, h); err != nil {
			return err
		}
	}
	for _, t := range r.topics {
		if err := s.topic(g, r, t); err != nil {
			return fmt.Errorf("topic %s: %w", t.part, err)
		}
	}
	return nil
}

// history makes what was said in the room.
func (s *seeder) history(r *room) (*teller, error) {
	h := s.teller(r, "talk in "+r.id, r.langs, r.shelves)
	if r.age == 0 || r.is("inactive") {
		return h, nil
	}
	if err := s.asides(h, r); err != nil {
		return nil, err
	}
	if err := h.people(r.messages); err != nil {
		return nil, err
	}
	s.notices(h, r)
	return h, nil
}

func (s *seeder) teller(r *room, purpose, langs, shelves string) *teller {
	rng := rngOf(purpose)
	h := &teller{stage: newStage(s.script, rng, s.media, r, langs, shelves), now: s.now, born: s.now.Add(-r.age).Add(time.Minute), rhythm: &evening}
	if r.is("office") {
		h.rhythm = &office
	}
	return h
}

// store stores what was said under a stream.
func (s *seeder) store(stream int64, r *room, h *teller, next int64) error {
	if err := h.collect(r); err != nil {
		return err
	}
	msgs := make([]community.Message, len(h.msgs))
	latest := s.ago(r.age)
	for i, m := range h.msgs {
		var err error
		if msgs[i], err = h.message(r, m); err != nil {
			return err
		}
		latest = m.at.Unix()
	}
	return s.LoadMessages(stream, msgs, next, latest)
}

// members stores who is in the group, and what each has read and said.
func (s *seeder) members(g *community.Group, r *room, h *teller, next int64) error {
	type trace struct{ at, seq int64 }
	spoke := map[*seat]trace{}
	for _, m := range h.msgs {
		if m.from != nil {
			spoke[m.from] = trace{m.at.Unix(), m.seq}
		}
	}
	rng := rngOf("readers of " + r.id)
	members := make([]community.Member, len(r.seats))
	for i, seat := range r.seats {
		read := max(next-1-int64(rng.ExpFloat64()*40), spoke[seat].seq, 0)
		if rng.IntN(4) == 0 {
			read = max(next-1-int64(rng.ExpFloat64()*600), spoke[seat].seq, 0)
		}
		members[i] = community.Member{
			UID: s.uids[seat.id], Account: seat.id, Role: seat.role, JoinedAt: s.ago(seat.joined), Flag: seat.flag, SentAt: spoke[seat].at,
			Card: seat.card, ReadSeq: read, Data: seat.data,
		}
	}
	if err := s.LoadMembers(g, members); err != nil {
		return err
	}
	return s.mutes(g, r)
}

func (s *seeder) mutes(g *community.Group, r *room) error {
	for _, seat := range r.seats {
		if seat.mute == 0 {
			continue
		}
		if err := s.SetMute(g.GID, s.uids[seat.id], s.until(seat.mute)); err != nil {
			return err
		}
	}
	return nil
}

// liveRoom fills a live room: who is there now, who runs it and who may not come in. Nothing said in it is kept.
func (s *seeder) liveRoom(rng *rand.Rand, g *community.Group, r *room) error {
	members := make([]community.Member, len(r.seats))
	for i, seat := range r.seats {
		members[i] = community.Member{UID: s.uids[seat.id], Account: seat.id, JoinedAt: s.ago(seat.joined), Flag: community.Quiet}
	}
	if err := s.LoadMembers(g, members); err != nil {
		return err
	}
	for _, id := range r.admins {
		if err := s.SetLiveAdmin(g.GID, s.uids[id], true); err != nil {
			return err
		}
	}
	if err := s.mutes(g, r); err != nil {
		return err
	}
	if r.muted > 0 {
		for i, sp := range spammers {
			if i%3 != 0 {
				continue
			}
			length := []time.Duration{forever, 6 * day, 23 * time.Hour, -2 * time.Hour, 30 * day}[i/3%5]
			if err := s.SetBan(g, s.uids[sp.id], s.until(length), "advertising 广告"); err != nil {
				return err
			}
		}
	}
	return s.LoadMessages(g.GID, nil, r.seq+1, s.ago(time.Duration(2+rng.IntN(40))*time.Second))
}

// receipts has some of the members read the latest messages that ask for a receipt.
func (s *seeder) receipts(rng *rand.Rand, g *community.Group, r *room, h *teller) error {
	asked := 0
	for _, m := range slices.Backward(h.msgs) {
		if m.flags&community.Receipts == 0 {
			continue
		}
		for _, seat := range r.seats {
			if seat == m.from || rng.IntN(3) == 0 {
				continue
			}
			if _, err := s.AddReceipt(g.GID, m.seq, s.uids[seat.id]); err != nil {
				return err
			}
		}
		if asked++; asked == 12 {
			break
		}
	}
	return nil
}

func (s *seeder) topic(g *community.Group, r *room, t topic) error {
	p := &community.Topic{ID: r.id + "@TOPIC#_" + t.part, Name: t.name, Introduction: t.intro, CreatedAt: s.ago(r.age), MuteAll: t.muteAll, Data: `{"icon":"` + t.part + `"}`}
	if err := s.CreateTopic(g.GID, p); err != nil {
		return err
	}
	h := s.teller(r, "talk in "+p.ID, t.langs, t.shelves)
	if err := h.people(t.messages); err != nil {
		return err
	}
	return s.store(p.TID, r, h, h.settle(0))
}

// notices adds what the service says of joins, roles and names. Meeting groups keep no notices of joins.
func (s *seeder) notices(h *teller, r *room) {
	host := func() string { return h.hosts[h.rng.IntN(len(h.hosts))].id }
	if len(h.hosts) == 0 {
		return
	}
	if r.kind != community.ChatRoom {
		for i := 0; i < len(r.seats); {
			first := r.seats[i]
			n := 1
			for n < 4 && i+n < len(r.seats) && first.joined-r.seats[i+n].joined < 90*time.Second {
				n++
			}
			if first.joined < 30*day && (h.rng.IntN(5) == 0 || len(r.seats) < 100 && h.rng.IntN(2) == 0 || first.campaign != "" || first.raider) {
				var who []string
				for _, seat := range r.seats[i : i+n] {
					who = append(who, seat.id)
				}
				h.notice(s.now.Add(-first.joined), "JoinGroup", host(), who, nil)
			}
			i += n
		}
		for range min(len(r.seats)/150, 6) {
			if gone := pick(h.rng, s.cast[len(stars):]); !r.has(gone) {
				h.notice(h.when(), "KickGroupMember", host(), []string{gone.id}, nil)
			}
		}
	}
	for _, seat := range r.seats {
		if seat.role == community.Admin {
			h.notice(s.now.Add(-seat.joined).Add(time.Hour), "SetAdmin", r.owner, []string{seat.id}, nil)
		}
	}
	if len(h.msgs) > 150 {
		was := strings.TrimSpace(cutBytes(r.name, len(r.name)*2/3)) + " 2"
		at := h.when()
		h.notice(at, "ModifyGroupInfo", host(), nil, map[string]string{"Name": was})
		h.notice(at.Add(time.Duration(1+h.rng.IntN(40))*time.Minute), "ModifyGroupInfo", host(), nil, map[string]string{"Name": r.name})
		if r.notice != "" {
			h.notice(h.when(), "ModifyGroupInfo", host(), nil, map[string]string{"Notification": r.notice})
		}
	}
}

func (r *room) has(p *person) bool {
	return slices.ContainsFunc(r.seats, func(s *seat) bool { return s.person == p })
}
