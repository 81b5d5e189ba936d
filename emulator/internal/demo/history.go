package demo

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"imdesk/emulator/internal/community"
)

// said is one message of history before it is stored.
type said struct {
	at      time.Time
	from    *seat
	body    []elem
	quotes  *said
	forward string // title of a merged forward; the messages before it are what it holds
	tip     string // body of a notice of the service
	state   community.State
	flags   int
	seq     int64
	random  uint32
	prio    int
}

// priorities as history has them.
const (
	highPriority = 1 + iota
	normalPriority
	lowPriority
)

// maxBody is the most bytes of a stored MsgBody. Source: "Limits", message size.
const maxBody = 12_000

// stage is where scenes are played: it knows who is there, and has things said.
type stage struct {
	script *script
	rng    *rand.Rand
	maker  *maker
	seats  []*seat          // who talk, those who joined first first
	hosts  []*seat          // who speak for the group
	decks  map[string][]int // scenes still to be played, by shelf and language
	plan   []deck           // what is played here
}

// deck is the scenes of one shelf and language.
type deck struct {
	key    string
	scenes []*scene
	weight float64
}

func newStage(s *script, rng *rand.Rand, media string, r *room, langs, shelves string) *stage {
	st := &stage{script: s, rng: rng, maker: &maker{rng, media}, seats: r.regulars, decks: map[string][]int{}}
	desk := strings.Contains(shelves, "support")
	for _, seat := range r.seats {
		if seat.id == r.owner || slices.Contains(r.admins, seat.id) || desk && slices.Contains(staff, seat.id) {
			st.hosts = append(st.hosts, seat)
		}
	}
	for _, shelf := range weights(shelves) {
		for _, lang := range weights(langs) {
			if scenes := s.shelves[shelf.name][lang.name]; len(scenes) > 0 {
				// What is played from a few scenes would soon repeat itself.
				weight := shelf.weight * lang.weight * min(float64(len(scenes))/8, 1)
				st.plan = append(st.plan, deck{shelf.name + "@" + lang.name, scenes, weight})
			}
		}
	}
	return st
}

// nick is what others call somebody.
func (st *stage) nick(s *seat) string { return strings.TrimSpace(cmp.Or(s.card, s.person.nick, s.id)) }

// next draws a scene. Every scene of a shelf is played before one of them is played again.
func (st *stage) next() *scene {
	total := 0.0
	for _, d := range st.plan {
		total += d.weight
	}
	at := st.rng.Float64() * total
	for _, d := range st.plan {
		if at -= d.weight; at < 0 {
			return st.from(d.key, d.scenes)
		}
	}
	return nil
}

func (st *stage) from(key string, scenes []*scene) *scene {
	if len(scenes) == 0 {
		return nil
	}
	left := st.decks[key]
	if len(left) == 0 {
		left = st.rng.Perm(len(scenes))
	}
	st.decks[key] = left[1:]
	return scenes[left[0]]
}

// play has a scene said, one line at a time.
type play struct {
	st      *stage
	scene   *scene
	at, end int // lines from at up to end are still to be said
	present int // how many of the seats are taken yet
	variant int // which choice is said of lines with several
	parts   map[byte]*seat
	values  *values
	latest  map[byte]*said
}

func (st *stage) play(sc *scene, present int) *play {
	p := &play{st: st, scene: sc, end: len(sc.lines), variant: st.rng.IntN(12), parts: map[byte]*seat{}, latest: map[byte]*said{}, present: present}
	if p.end > 4 && st.rng.IntN(3) == 0 { // talk often dies down earlier
		p.end -= 1 + st.rng.IntN(2)
	}
	p.values = &values{script: st.script, lang: sc.lang, rng: st.rng, words: map[string]string{}, nick: func(who byte) string { return st.nick(p.seat(who)) }}
	return p
}

// seat casts a speaker: hosts for H, else somebody who speaks the language if there is one.
func (p *play) seat(who byte) *seat {
	if s := p.parts[who]; s != nil {
		return s
	}
	var s *seat
	if who == 'H' && len(p.st.hosts) > 0 {
		s = p.st.hosts[int(float64(len(p.st.hosts))*p.st.rng.Float64()*p.st.rng.Float64())]
	} else {
		s = p.anybody()
	}
	p.parts[who] = s
	return s
}

// anybody is somebody who has no part yet, if possible one who speaks the language and is no host.
func (p *play) anybody() *seat {
	var speakers, free, all []*seat
	for _, s := range p.st.seats[:p.present] {
		if all = append(all, s); p.plays(s) || slices.Contains(p.st.hosts, s) {
			continue
		}
		free = append(free, s)
		if s.lang == p.scene.lang || p.scene.lang == "mix" || p.scene.lang == "odd" {
			speakers = append(speakers, s)
		}
	}
	for _, seats := range [][]*seat{speakers, free, all} {
		if len(seats) > 0 { // those who came first say more
			u := p.st.rng.Float64()
			return seats[int(float64(len(seats))*u*u)]
		}
	}
	return nil
}

func (p *play) plays(s *seat) bool {
	for _, other := range p.parts {
		if other == s {
			return true
		}
	}
	return false
}

// line says the next line, or returns nil at the end.
func (p *play) line() (*said, error) {
	for p.at < p.end && p.scene.lines[p.at].optional && p.st.rng.IntN(2) == 0 {
		p.at++
	}
	if p.at >= p.end {
		return nil, nil
	}
	ln := p.scene.lines[p.at]
	p.at++
	parts := ln.choices[p.variant%len(ln.choices)]
	m := &said{from: p.seat(ln.who), random: p.st.rng.Uint32(), prio: normalPriority}
	if ln.quotes != 0 {
		m.quotes = p.latest[ln.quotes]
	}
	plain := len(parts) == 1 && parts[0].element == ""
	for _, part := range parts {
		words := p.values.fill(part.text)
		switch {
		case part.element == "forward":
			m.forward = words
		case part.element != "":
			e, err := p.st.maker.element(part.element, words)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.scene.shelf, err)
			}
			m.body = append(m.body, e)
		case plain:
			m.body = append(m.body, text(p.st.roughen(words)))
		default:
			m.body = append(m.body, text(words))
		}
	}
	switch n := p.st.rng.IntN(100); {
	case ln.who == 'H' && n < 20:
		m.prio = highPriority
	case n > 97:
		m.prio = lowPriority
	}
	p.latest[ln.who] = m
	return m, nil
}

// roughen makes a short line a little different, as people do.
func (st *stage) roughen(s string) string {
	if len(s) > 120 || strings.Contains(s, "\n") {
		return s
	}
	switch st.rng.IntN(16) {
	case 0:
		return strings.TrimRight(s, "。.")
	case 1:
		if han(s) {
			return s + pick(st.rng, words("～ 哈 呀 ！ …… 😂 哈哈 🙏 ~"))
		}
		return s + " " + pick(st.rng, words("😄 😅 🙂 ... 🙏 👍 :)"))
	case 2:
		if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
			return strings.ToLower(s[:1]) + s[1:]
		}
	}
	return s
}

func han(s string) bool { return strings.ContainsAny(s, "的了是我你不在有好，。？") }

// rhythms are how likely people talk in each hour of the day, in the community's own time.
var (
	community8 = time.FixedZone("UTC+8", 8*3600)
	evening    = [24]int{6, 3, 2, 1, 1, 2, 4, 8, 10, 11, 12, 14, 18, 14, 11, 11, 12, 14, 20, 28, 40, 42, 30, 15}
	office     = [24]int{2, 1, 1, 0, 0, 1, 3, 8, 18, 32, 36, 34, 20, 22, 34, 34, 32, 28, 18, 14, 12, 10, 7, 4}
)

// hourOf draws an hour of a day.
func hourOf(rng *rand.Rand, rhythm *[24]int) int {
	total := 0
	for _, n := range rhythm {
		total += n
	}
	at := rng.IntN(total)
	for h, n := range rhythm {
		if at -= n; at < 0 {
			return h
		}
	}
	return 0
}

// teller makes the history of one stream of messages.
type teller struct {
	*stage
	now    time.Time
	born   time.Time // nothing before
	rhythm *[24]int
	msgs   []*said
}

// when draws a time in the past at which people talk, more often a recent one.
func (t *teller) when() time.Time {
	age := t.now.Sub(t.born).Hours() / 24
	var days float64
	switch u := t.rng.Float64(); {
	case u < 0.28:
		days = 4 * t.rng.Float64()
	case u < 0.52:
		days = 4 + 14*t.rng.Float64()
	case u < 0.78:
		days = 18 + 50*t.rng.Float64()
	default:
		days = 68 + 130*t.rng.Float64()
	}
	if days > age {
		days = age * t.rng.Float64()
	}
	local := t.now.In(community8).AddDate(0, 0, -int(days))
	at := time.Date(local.Year(), local.Month(), local.Day(), hourOf(t.rng, t.rhythm), t.rng.IntN(60), t.rng.IntN(60), 0, community8)
	if at.After(t.now.Add(-5 * time.Minute)) {
		at = at.Add(-24 * time.Hour)
	}
	if at.Before(t.born) {
		at = t.born.Add(time.Duration(t.rng.Int64N(int64(t.now.Sub(t.born)*4/5) + 1)))
	}
	return at
}

// present is how many of the regulars had joined at a time, and at least two where there are as many.
func (t *teller) present(at time.Time) int {
	ago := t.now.Sub(at)
	n, _ := slices.BinarySearchFunc(t.seats, ago, func(s *seat, ago time.Duration) int {
		if s.joined >= ago {
			return -1
		}
		return 1
	})
	return min(max(n, 2), len(t.seats))
}

// tell plays a scene that begins at a time. A scene that would last beyond now is moved back.
func (t *teller) tell(sc *scene, at time.Time) error {
	if sc == nil || len(t.seats) == 0 {
		return nil
	}
	p := t.play(sc, t.present(at))
	first := len(t.msgs)
	for {
		m, err := p.line()
		if err != nil {
			return err
		}
		if m == nil {
			break
		}
		m.at = at
		t.msgs = append(t.msgs, m)
		at = at.Add(t.pause(sc, m))
		if t.rng.IntN(9) > 0 || sc.shelf == "notices" || sc.shelf == "ads" {
			continue
		}
		b, err := t.bystander(sc.lang, p.present)
		if err != nil {
			return err
		}
		if b != nil {
			b.at = at
			t.msgs = append(t.msgs, b)
			at = at.Add(t.pause(sc, b))
		}
	}
	if late := t.msgs[len(t.msgs)-1].at.Sub(t.now.Add(-time.Duration(3+t.rng.IntN(50)) * time.Second)); late > 0 {
		for _, m := range t.msgs[first:] {
			m.at = m.at.Add(-late)
		}
	}
	return nil
}

// bystander is a remark of somebody else, nil if there is none in that language.
func (t *teller) bystander(lang string, present int) (*said, error) {
	remark := t.from("remarks@"+lang, t.script.shelves["remarks"][lang])
	if remark == nil {
		return nil, nil
	}
	return t.play(remark, present).line()
}

// pause is how long it takes until somebody answers m.
func (t *teller) pause(sc *scene, m *said) time.Duration {
	mean := 28.0
	switch sc.shelf {
	case "live":
		mean = 5
	case "support", "dev", "staff":
		mean = 70
	}
	if t.rng.IntN(12) == 0 && sc.shelf != "live" {
		mean *= 9
	}
	seconds := 1.5 + t.rng.ExpFloat64()*mean
	return time.Duration(seconds*1000) * time.Millisecond
}

// people makes n messages or a little more of ordinary talk, the last of it just now if the place is lively.
func (t *teller) people(n int) error {
	if len(t.plan) == 0 || len(t.seats) == 0 {
		return nil
	}
	// Scenes come in the order of time, so that none comes again before the others of its shelf had their turn.
	var scenes []*scene
	var times []time.Time
	for lines := len(t.msgs); lines < n; {
		sc := t.next()
		scenes, times = append(scenes, sc), append(times, t.when())
		lines += len(sc.lines)*11/10 + 1 // others add remarks
	}
	slices.SortFunc(times, time.Time.Compare)
	for i, sc := range scenes {
		if err := t.tell(sc, times[i]); err != nil {
			return err
		}
	}
	for _, ago := range t.fresh(n) {
		if ago >= t.now.Sub(t.born) {
			continue
		}
		if err := t.tell(t.next(), t.now.Add(-ago)); err != nil {
			return err
		}
	}
	return nil
}

// fresh is how long ago the latest scenes of a place of n messages began.
func (t *teller) fresh(n int) []time.Duration {
	minutes := func(ms ...int) (list []time.Duration) {
		for _, m := range ms {
			list = append(list, time.Duration(m)*time.Minute)
		}
		return list
	}
	switch {
	case n >= 1000:
		return minutes(180, 100, 70, 44, 26, 11, 4, 1, 0)
	case n >= 300:
		return minutes(180, 80, 3+t.rng.IntN(40))
	case n >= 150:
		return minutes(20 + t.rng.IntN(300))
	}
	return nil
}

// notice adds a notice of the service, at the time or, if that is still to come, just now.
func (t *teller) notice(at time.Time, op, operator string, members []string, info map[string]string) {
	if latest := t.now.Add(-5 * time.Second); at.After(latest) {
		at = latest
	}
	t.msgs = append(t.msgs, &said{at: at, tip: community.TipBody(op, operator, members, info), prio: normalPriority, flags: community.Tip})
}

// settle orders the messages and gives them their seqs, from the one after seq on. Some seqs stay empty: messages that
// were removed. It returns the next free seq.
func (t *teller) settle(seq int64) int64 {
	for _, m := range t.msgs {
		m.at = m.at.Truncate(time.Millisecond) // what is stored
	}
	slices.SortStableFunc(t.msgs, func(a, b *said) int { return a.at.Compare(b.at) })
	gap := t.rng.IntN(len(t.msgs) + 1)
	for i, m := range t.msgs {
		if i > 0 && !m.at.After(t.msgs[i-1].at) {
			m.at = t.msgs[i-1].at.Add(time.Millisecond)
		}
		seq++
		if len(t.msgs) > 200 {
			switch n := t.rng.IntN(300); {
			case i == gap:
				seq += 7
			case n == 0:
				seq++
			case n < 4 && m.tip == "" && m.state == community.Shown && m.from.campaign == "":
				m.state = community.Recalled
			case n == 5 && i < len(t.msgs)/2:
				m.state = community.Hole
			}
		}
		m.seq = seq
	}
	return seq + 1
}

// message is m as it is stored.
func (t *teller) message(r *room, m *said) (community.Message, error) {
	out := community.Message{
		Seq: m.seq, SentMS: m.at.UnixMilli(), Random: int64(m.random), Priority: m.prio, State: m.state, Flags: m.flags,
	}
	if m.tip != "" {
		out.Sender, out.Body = community.System, m.tip
		return out, nil
	}
	out.Sender = m.from.id
	body, err := encode(m.body)
	if err != nil {
		return out, err
	}
	if len(body) > maxBody {
		return out, fmt.Errorf("a message of %d bytes in %s", len(body), r.id)
	}
	out.Body = body
	if q := m.quotes; q != nil && q.body != nil {
		out.Cloud = q.quotedBy(t.nick(q.from))
	}
	return out, nil
}

// quotedBy is the CloudCustomData of a message that quotes m; nick is the name of who said m.
func (m *said) quotedBy(nick string) string {
	return quote(fmt.Sprintf("%s-%d-%d", m.from.id, m.at.Unix(), m.random), nick, abstract(m.body), m.seq, m.at.Unix())
}

const maxForwarded = 1_500 // bytes of one message, so that a handful fit into another

// collect fills the merged forwards: each holds some of the messages before it, and now and then the forward before it.
func (t *teller) collect(r *room) error {
	var before *said
	for i, m := range t.msgs {
		if m.forward == "" {
			continue
		}
		var held []*said
		for _, f := range slices.Backward(t.msgs[:i]) {
			if len(held) == 5 {
				break
			}
			if f.tip != "" || f.forward != "" {
				continue
			}
			b, err := encode(f.body)
			if err != nil {
				return err
			}
			if len(b) <= maxForwarded {
				held = append(held, f)
			}
		}
		slices.Reverse(held)
		if len(held) == 0 {
			m.body = []elem{text("[聊天记录]")} // the very first message
			continue
		}
		if before != nil && t.rng.IntN(2) == 0 {
			held[0] = before
		}
		m.body = []elem{t.relay(r, m.forward, held)}
		if held[0] != before {
			before = m // it holds no other, so one that holds it is of bounded size
		}
	}
	return nil
}

func (t *teller) relay(r *room, title string, held []*said) elem {
	c := relayContent{Title: title, MsgNum: len(held), CompatibleText: "[聊天记录] " + title, AbstractList: []string{}, MsgList: []relayed{}}
	for _, f := range held {
		c.AbstractList = append(c.AbstractList, cut(t.nick(f.from)+": "+abstract(f.body), 80))
		c.MsgList = append(c.MsgList, relayed{FromAccount: f.from.id, GroupId: r.id, MsgSeq: f.seq, MsgRandom: f.random, MsgTimeStamp: f.at.Unix(), MsgBody: f.body})
	}
	c.AbstractList = c.AbstractList[:min(len(c.AbstractList), 4)]
	return elem{"TIMRelayElem", c}
}

// encode is the MsgBody as the wire has it.
func encode(body []elem) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return "", fmt.Errorf("encode a message: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}
