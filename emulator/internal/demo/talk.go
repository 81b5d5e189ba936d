package demo

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"
)

// Saying is something a person of the demo says in a group.
type Saying struct {
	GroupID         string
	From            string          // account
	Body            json.RawMessage // MsgBody
	CloudCustomData string          // of a reply that quotes, else ""
	Random          uint32
	Priority        string // High, Normal or Low

	Type    int64 // MsgType and Content of Volcengine IM: the same in its words
	Content string
}

// Say has something said, as the app on the person's device would, and returns the message's seq. An error is that of a
// muted speaker or a group that is gone: the person then stays silent for the rest of the conversation.
type Say func(ctx context.Context, s Saying) (seq int64, err error)

// Talk has people of the demo go on talking, about rate messages a second in all, until ctx ends. media is as for Seed.
// It needs no database: who talks where is the same as when the demo was made. say is called by one goroutine, Talk's own.
func Talk(ctx context.Context, media string, rate float64, say Say) error {
	w, err := newWorld()
	if err != nil {
		return err
	}
	if rate <= 0 {
		return nil
	}
	t := newTalker(w, media, rate, uint64(time.Now().UnixNano())) //nolint:gosec // a clock is above 0
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if s, m := t.next(); m != nil {
			m.seq, err = say(ctx, s)
			t.heard(m, err)
		}
		// Gaps vary as they do between people, but none is much longer than usual.
		gap := min(t.rng.ExpFloat64(), 4) * float64(time.Second) / rate
		timer.Reset(time.Duration(gap))
	}
}

// talker holds the conversations that are under way.
type talker struct {
	*world
	rng    *rand.Rand
	rooms  []*hall
	total  float64 // of the rooms' weights
	many   int     // conversations at once
	under  []*conversation
	latest *conversation
}

// hall is a room in which people talk.
type hall struct {
	*room
	*stage
}

type conversation struct {
	*hall
	*play
	silent map[*seat]bool
}

func newTalker(w *world, media string, rate float64, seed uint64) *talker {
	rng := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // chatter is no secret
	t := &talker{world: w, rng: rng, many: min(max(int(rate*3), 3), 40)}
	for _, r := range w.rooms {
		if r.talk == 0 || len(r.regulars) == 0 {
			continue
		}
		t.total += r.talk
		t.rooms = append(t.rooms, &hall{r, newStage(w.script, rng, media, r, r.langs, r.shelves)})
	}
	return t
}

// next is what is said next. The message is nil if nobody has anything to say now.
func (t *talker) next() (Saying, *said) {
	for range 20 {
		if len(t.under) < t.many {
			if c := t.begin(); c != nil {
				t.under = append(t.under, c)
			}
		}
		i := t.rng.IntN(len(t.under))
		c := t.under[i]
		m, err := c.line()
		if err != nil || m == nil {
			t.under = append(t.under[:i], t.under[i+1:]...)
			continue
		}
		if len(m.body) == 0 || c.silent[m.from] {
			continue
		}
		if s, ok := c.saying(m); ok {
			t.latest = c
			return s, m
		}
	}
	return Saying{}, nil
}

// begin opens a conversation somewhere: mostly a scene of the place, now and then an advert or a remark.
func (t *talker) begin() *conversation {
	at := t.rng.Float64() * t.total
	var h *hall
	for _, r := range t.rooms {
		if h = r; at < r.talk {
			break
		}
		at -= r.talk
	}
	c := &conversation{hall: h, silent: map[*seat]bool{}}
	switch n := t.rng.IntN(40); {
	case n == 0:
		if spammer := h.spammer(t.rng); spammer != nil {
			c.play = h.play(h.from("ads@"+spammer.campaign, t.script.shelves["ads"][spammer.campaign]), len(h.regulars))
			c.parts['A'] = spammer
			return c
		}
	case n < 8:
		lang := pick(t.rng, weights(h.langs)).name
		if remark := h.from("remarks@"+lang, t.script.shelves["remarks"][lang]); remark != nil {
			c.play = h.play(remark, len(h.regulars))
			return c
		}
	}
	sc := h.next()
	if sc == nil {
		return nil
	}
	c.play = h.play(sc, len(h.regulars))
	return c
}

// spammer is one of those in the room, nil if there is none.
func (h *hall) spammer(rng *rand.Rand) *seat {
	var found *seat
	n := 0
	for _, s := range h.room.seats {
		if s.campaign == "" {
			continue
		}
		if n++; rng.IntN(n) == 0 {
			found = s
		}
	}
	return found
}

func (c *conversation) saying(m *said) (Saying, bool) {
	body, err := encode(m.body)
	if err != nil || len(body) > maxBody {
		return Saying{}, false
	}
	m.at = time.Now()
	s := Saying{
		GroupID: c.id, From: m.from.id, Body: json.RawMessage(body), Random: m.random,
		Priority: map[int]string{highPriority: "High", normalPriority: "Normal", lowPriority: "Low"}[m.prio],
	}
	s.Type, s.Content = volcContent(m.body)
	if q := m.quotes; q != nil && q.seq > 0 {
		s.CloudCustomData = q.quotedBy(c.nick(q.from))
	}
	return s, true
}

// heard tells what became of m.
func (t *talker) heard(m *said, err error) {
	if err != nil {
		m.seq = 0
		t.latest.silent[m.from] = true
	}
}
