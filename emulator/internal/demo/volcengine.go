package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/emulator/internal/community"
)

// Numbers of conversations that a mistake with 64-bit numbers would not survive.
var volcIDs = map[string]int64{
	"@TGS#2C5SZEAEF": 1691070514797524328,
	"@TGS#2LF4YBAEP": 9223372036854775807,
}

// volcForever is the end of what never ends, for the vendor has no word for it: 2100-01-01.
const volcForever = 4102444800

// The vendor's numbers of message types. Source: Volcengine IM, data structures, doc 192711.
const (
	volcText   = 10001
	volcImage  = 10003
	volcVideo  = 10004
	volcFile   = 10005
	volcAudio  = 10006
	volcCustom = 10012
)

// VolcengineUser is the number of a person of the demo: the id itself where that is one.
func VolcengineUser(id string) int64 {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 && strconv.FormatInt(n, 10) == id {
		return n
	}
	return 7_200_000_000_000_000_000 + int64(hashOf(id)%100_000_000_000_000_000) //nolint:gosec // below 10^17
}

func hashOf(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// VolcengineGroup is the number of a group of the demo.
func VolcengineGroup(id string) int64 {
	if n := volcIDs[id]; n != 0 {
		return n
	}
	return 1_690_000_000_000_000_000 + int64(hashOf(id)%10_000_000_000_000_000) //nolint:gosec // below 10^16
}

// VolcengineOnline returns the platforms, Android, iOS or Web, of those people of the demo who are online, by number.
func VolcengineOnline() map[int64][]string {
	online := map[int64][]string{}
	for id, devices := range Online() {
		user := VolcengineUser(id)
		for _, d := range devices {
			p := map[string]string{"iPhone": "iOS", "iPad": "iOS", "Android": "Android"}[d.Platform]
			if p == "" {
				p = "Web"
			}
			if !slices.Contains(online[user], p) {
				online[user] = append(online[user], p)
			}
		}
	}
	return online
}

// SeedVolcengine fills app with the people, groups and talk of the demo as Volcengine IM has them: users, groups and live groups
// of numbers, single chats and friends. What it does not know, such as topics, is left out. ErrNotEmpty, and nothing
// changed, if the app was filled before.
func SeedVolcengine(ctx context.Context, store *community.Store, app int64, media string) error {
	w, err := newWorld()
	if err != nil {
		return fmt.Errorf("seed the demo of Volcengine IM: %w", err)
	}
	err = store.Update(ctx, func(tx *community.Tx) error {
		first, err := tx.FirstSeed(app)
		if err != nil {
			return err
		}
		if !first {
			return ErrNotEmpty
		}
		s := &volcSeeder{seeder: &seeder{Tx: tx, world: w, app: app, now: store.Now(), media: media}, ids: map[int64]bool{}}
		return s.seed(ctx)
	})
	if err != nil {
		return fmt.Errorf("seed the demo of Volcengine IM: %w", err)
	}
	return nil
}

// volcSeeder stores a world as Volcengine IM has it.
type volcSeeder struct {
	*seeder
	ids map[int64]bool // of messages
}

func (s *volcSeeder) seed(ctx context.Context) error {
	for _, p := range s.cast {
		if err := s.user(p); err != nil {
			return fmt.Errorf("user %s: %w", p.id, err)
		}
	}
	for i, r := range s.rooms {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.conversation(i, r); err != nil {
			return fmt.Errorf("group %s: %w", r.id, err)
		}
	}
	if err := s.singles(); err != nil {
		return fmt.Errorf("single chats: %w", err)
	}
	return s.relations()
}

func (s *volcSeeder) user(p *person) error {
	at := s.ago(p.age) * 1000
	u := community.User{ID: VolcengineUser(p.id), Nick: cut(p.nick, 100), Tags: []string{"lang:" + p.lang}, Robot: p.id == "cs_bot", CreatedMS: at, ModifiedMS: at, Ext: community.Data{}}
	if p.face >= 0 {
		u.Portrait = s.media + "/media/face/" + strconv.Itoa(p.face) + ".svg"
	}
	if city, ok := p.profile["Tag_Profile_Custom_City"]; ok {
		u.Tags = append(u.Tags, "vip")
		u.Ext["city"] = strings.Trim(city, `"`)
	}
	return s.PutUser(s.app, u)
}

// conversation makes a group with its members and what was said in it.
func (s *volcSeeder) conversation(number int, r *room) error {
	v := &community.Conversation{
		App: s.app, ID: VolcengineGroup(r.id), Type: community.GroupChat, Name: r.name, Description: r.intro, Notice: r.notice, Ext: r.data,
		CreatedAt: s.ago(r.age), ModifiedAt: s.ago(r.age / 3),
	}
	v.ActiveUS = v.CreatedAt * 1e6
	if !r.is("noface") {
		v.Avatar = s.media + "/media/group/" + strconv.Itoa(number) + ".svg"
	}
	if r.kind == community.LiveRoom {
		v.Type = community.LiveGroupChat
	}
	owner := r.owner
	if owner == "" && len(r.seats) > 0 {
		owner = r.seats[0].id // the vendor knows no group without
	}
	if owner == "" {
		owner = staff[0]
	}
	v.Owner = VolcengineUser(owner)
	v.Creator = v.Owner
	if err := s.CreateConversation(v); err != nil {
		return err
	}
	if r.is("dismissed") {
		return s.Dissolve(v.CID)
	}
	if v.Type == community.LiveGroupChat {
		return s.live(v, r)
	}
	h, err := s.history(r)
	if err != nil {
		return err
	}
	h.settle(0)
	notes, err := s.notes(v, r, h)
	if err != nil {
		return err
	}
	for _, seat := range r.seats {
		if err := s.member(v, seat, owner, notes); err != nil {
			return err
		}
	}
	return s.LoadNotes(v, notes)
}

func (s *volcSeeder) member(v *community.Conversation, seat *seat, owner string, notes []community.Note) error {
	p := community.Participant{
		User: VolcengineUser(seat.id), Nick: seat.card, Ext: seat.data, Operator: v.Owner, JoinedAt: s.ago(seat.joined), BlockUntil: s.volcUntil(seat.mute),
	}
	switch {
	case seat.id == owner:
		p.Role = community.RoleOwner
	case seat.role >= community.Admin:
		p.Role = community.RoleManager
	}
	if err := s.PutParticipant(v.CID, p); err != nil {
		return err
	}
	rng := rngOf("reader " + seat.id + " " + v.Name)
	if len(notes) == 0 || rng.IntN(3) == 0 {
		return nil
	}
	set := community.Setting{Quiet: seat.flag != community.Notify, ReadIndex: notes[max(len(notes)-1-int(rng.ExpFloat64()*30), 0)].Index}
	if rng.IntN(12) == 0 {
		set.StickMS = s.now.Add(-time.Duration(rng.Int64N(int64(30 * day)))).UnixMilli()
	}
	return s.SaveSetting(v.CID, p.User, set)
}

func (s *volcSeeder) volcUntil(d time.Duration) int64 {
	if d == forever {
		return volcForever
	}
	return s.until(d)
}

// live fills a live group: who is there now, who runs it, who may not speak or come in, and what was said lately.
func (s *volcSeeder) live(v *community.Conversation, r *room) error {
	rng := rngOf("live group " + r.id)
	present := map[int64]bool{}
	for i, seat := range r.seats {
		at := s.now.Add(-seat.joined)
		p := community.Participant{
			User: VolcengineUser(seat.id), Nick: seat.card, Ext: seat.data, Operator: VolcengineUser(seat.id), JoinedAt: at.Unix(), EnteredUS: at.UnixMicro() + int64(i),
		}
		switch {
		case p.User == v.Owner:
			p.Role = community.RoleOwner
		case slices.Contains(r.admins, seat.id):
			p.Role = community.RoleManager
		}
		if rng.IntN(9) == 0 {
			p.Marks = append(p.Marks, "vip")
		}
		if rng.IntN(15) == 0 {
			p.Marks = append(p.Marks, "newcomer")
		}
		present[p.User] = true
		if err := s.PutParticipant(v.CID, p); err != nil {
			return err
		}
		if seat.mute > 0 {
			if err := s.Forbid(v.CID, community.ForbidSpeak, p.User, s.volcUntil(seat.mute)); err != nil {
				return err
			}
		}
	}
	if err := s.crew(v, r, present); err != nil {
		return err
	}
	if r.muted > 0 {
		for i, sp := range spammers {
			until := []time.Duration{forever, 6 * day, 23 * time.Hour, 30 * day}[i%4]
			if i%3 > 0 || VolcengineUser(sp.id) == v.Owner {
				continue
			}
			if _, err := s.DropParticipant(v.CID, VolcengineUser(sp.id)); err != nil {
				return err
			}
			if err := s.Forbid(v.CID, community.ForbidEnter, VolcengineUser(sp.id), s.volcUntil(until)); err != nil {
				return err
			}
		}
	}
	for _, mark := range []string{"featured", "lang:" + strings.TrimRight(strings.Fields(r.langs)[0], "0123456789.")} {
		if err := s.SetGroupMark(v.CID, mark, true); err != nil {
			return err
		}
	}
	h := s.teller(r, "talk in live group "+r.id, r.langs, r.shelves)
	if h.born = s.now.Add(-3 * time.Hour); len(r.seats) > 2 {
		if err := h.people(120); err != nil {
			return err
		}
	}
	h.settle(0)
	notes, err := s.notes(v, r, h)
	if err != nil {
		return err
	}
	return s.LoadNotes(v, notes)
}

// crew makes those who run a live group members of record, present or not, and puts some on the white list.
func (s *volcSeeder) crew(v *community.Conversation, r *room, present map[int64]bool) error {
	if !present[v.Owner] {
		if err := s.PutParticipant(v.CID, community.Participant{User: v.Owner, Role: community.RoleOwner, Operator: v.Owner, JoinedAt: v.CreatedAt}); err != nil {
			return err
		}
	}
	for i, id := range r.admins {
		user := VolcengineUser(id)
		if user == v.Owner {
			continue
		}
		if !present[user] {
			if err := s.PutParticipant(v.CID, community.Participant{User: user, Role: community.RoleManager, Operator: v.Owner, JoinedAt: v.CreatedAt + int64(i)}); err != nil {
				return err
			}
		}
		if err := s.PutWhite(v.CID, community.Whitelisted{User: user, AddedAt: v.CreatedAt + int64(i), Operator: v.Owner}); err != nil {
			return err
		}
	}
	return nil
}

// notes is what was said, as Volcengine IM has it. Notices of the service are none of its messages.
func (s *volcSeeder) notes(v *community.Conversation, r *room, h *teller) ([]community.Note, error) {
	if err := h.collect(r); err != nil {
		return nil, err
	}
	rng := rngOf("numbers of " + r.id)
	ids := map[*said]int64{}
	var out []community.Note
	for _, m := range h.msgs {
		if m.tip != "" || m.state == community.Hole {
			continue
		}
		n := community.Note{Sender: VolcengineUser(m.from.id), CreatedMS: m.at.UnixMilli(), Priority: 1, Index: m.at.UnixMilli()*1000 + rng.Int64N(1000)}
		for n.ID = n.Index*1000 + rng.Int64N(1000); s.ids[n.ID]; n.ID++ { //nolint:revive // looks for a free number
		}
		s.ids[n.ID] = true
		if m.state == community.Recalled {
			n.State = community.NoteRecalled
		}
		n.Type, n.Content = volcContent(m.body)
		if m.quotes != nil && ids[m.quotes] != 0 {
			n.RefID, n.RefHint = ids[m.quotes], h.nick(m.quotes.from)+": "+abstract(m.quotes.body)
		}
		ids[m] = n.ID
		out = append(out, n)
	}
	return out, nil
}

// volcContent is the type and content of a message: the first of its elements that is no text, or all of its text. Only that of text is
// documented.
func volcContent(body []elem) (kind int64, content string) {
	var words []string
	for _, e := range body {
		switch c := e.MsgContent.(type) {
		case textContent:
			words = append(words, c.Text)
			continue
		case imageContent:
			if len(c.ImageInfoArray) > 0 {
				i := c.ImageInfoArray[0]
				return volcImage, jsonText(map[string]any{"url": i.URL, "width": i.Width, "height": i.Height, "size": i.Size})
			}
		case videoContent:
			return volcVideo, jsonText(map[string]any{
				"url": c.VideoUrl, "size": c.VideoSize, "duration": c.VideoSecond, "cover": c.ThumbUrl, "width": c.ThumbWidth, "height": c.ThumbHeight,
			})
		case fileContent:
			return volcFile, jsonText(map[string]any{"url": c.Url, "name": c.FileName, "size": c.FileSize})
		case soundContent:
			return volcAudio, jsonText(map[string]any{"url": c.Url, "duration": c.Second, "size": c.Size})
		case customContent:
			return volcCustom, jsonText(map[string]any{"type": "custom", "text": c.Desc, "data": c.Data})
		case placeContent:
			return volcCustom, jsonText(map[string]any{"type": "location", "text": c.Desc, "latitude": c.Latitude, "longitude": c.Longitude})
		case faceContent:
			return volcCustom, jsonText(map[string]any{"type": "sticker", "text": c.Data, "index": c.Index})
		case relayContent:
			return volcCustom, jsonText(map[string]any{"type": "forward", "text": c.CompatibleText, "title": c.Title, "lines": c.AbstractList})
		}
	}
	return volcText, jsonText(map[string]any{"text": strings.Join(words, " ")})
}

// singles makes the single chats of the people whom the demo names: with the help desk, and with each other.
func (s *volcSeeder) singles() error {
	pairs := map[[2]string]string{}
	for i, star := range stars[:40] {
		for _, p := range []struct{ peer, shelf string }{{"cs_bot", "support1"}, {stars[(i+1)%40].id, "smalltalk1"}, {stars[(i+7)%40].id, "smalltalk1"}} {
			if p.peer != star.id {
				pairs[[2]string{min(star.id, p.peer), max(star.id, p.peer)}] = p.shelf
			}
		}
	}
	for _, pair := range slices.SortedFunc(maps.Keys(pairs), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if err := s.single(s.byID[pair[0]], s.byID[pair[1]], pairs[pair]); err != nil {
			return fmt.Errorf("%s and %s: %w", pair[0], pair[1], err)
		}
	}
	return nil
}

func (s *volcSeeder) single(a, b *person, shelf string) error {
	id := "single " + a.id + " " + b.id
	rng := rngOf(id)
	r := &room{id: id, langs: a.lang + "1", shelves: shelf, owner: b.id, age: min(a.age, b.age, time.Duration(1+rng.IntN(60))*day)}
	r.seats = []*seat{{person: a, joined: r.age}, {person: b, joined: r.age}}
	r.regulars = r.seats
	u, w := VolcengineUser(a.id), VolcengineUser(b.id)
	v := &community.Conversation{
		App: s.app, ID: VolcengineGroup(id), Type: community.SingleChat, Owner: u, Creator: u, Other: w, CreatedAt: s.ago(r.age), ModifiedAt: s.ago(r.age),
		ActiveUS: s.ago(r.age) * 1e6, Idem: community.SingleIdem(u, w),
	}
	if err := s.CreateConversation(v); err != nil {
		return err
	}
	h := s.teller(r, "talk in "+id, r.langs, r.shelves)
	if err := h.people(6 + rng.IntN(24)); err != nil {
		return err
	}
	h.settle(0)
	notes, err := s.notes(v, r, h)
	if err != nil {
		return err
	}
	for _, p := range []community.Participant{{User: u, Role: community.RoleOwner}, {User: w}} {
		p.Operator, p.JoinedAt = u, v.CreatedAt
		if err := s.PutParticipant(v.CID, p); err != nil {
			return err
		}
		if len(notes) > 0 {
			if err := s.SetReadIndex(v.CID, p.User, notes[max(len(notes)-1-rng.IntN(4), 0)].Index); err != nil {
				return err
			}
		}
	}
	return s.LoadNotes(v, notes)
}

// relations makes friends, and blacklists that hold who deserves it.
func (s *volcSeeder) relations() error {
	rng := rngOf("relations of users")
	for i, p := range s.cast[:200] {
		for range 2 + rng.IntN(6) {
			if peer := s.cast[rng.IntN(600)]; peer != p {
				if err := s.friends(rng, p, peer); err != nil {
					return err
				}
			}
		}
		if i%4 != 0 {
			continue
		}
		bad := s.byID[pick(rng, spammers).id]
		if bad == p {
			continue
		}
		at := s.ago(time.Duration(rng.Int64N(int64(20 * day))))
		l := community.TieList{App: s.app, Kind: community.BlackTie, User: VolcengineUser(p.id)}
		if err := s.PutTie(l, community.Tie{Peer: VolcengineUser(bad.id), Ext: community.Data{"reason": "spam"}, CreatedAt: at, ModifiedAt: at}); err != nil {
			return err
		}
	}
	return nil
}

func (s *volcSeeder) friends(rng *rand.Rand, a, b *person) error {
	at := s.ago(time.Duration(rng.Int64N(int64(min(a.age, b.age)))))
	for _, side := range [][2]*person{{a, b}, {b, a}} {
		tie := community.Tie{Peer: VolcengineUser(side[1].id), CreatedAt: at, ModifiedAt: at}
		if rng.IntN(6) == 0 {
			tie.Alias = strings.TrimSpace(side[1].nick) + "✓"
		}
		if err := s.PutTie(community.TieList{App: s.app, Kind: community.FriendTie, User: VolcengineUser(side[0].id)}, tie); err != nil {
			return err
		}
	}
	return nil
}
