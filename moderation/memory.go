package moderation

import (
	"hash/maphash"
	"sync"
	"time"
	"unicode"
)

// Bounds of what is remembered of what was said.
const (
	remembered = 60     // messages of a sender, and senders of a text
	generation = 40_000 // senders or texts before the older half is forgotten
	shards     = 16
)

// Memory is what was said lately by whom, without a text in it. It may be used by many at once.
type Memory struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu          sync.Mutex
	now, before map[uint64][]said // by sender or text; what before holds is forgotten when now is full
}

// said is one message: of a sender, its text; of a text, its sender.
type said struct {
	what uint64
	at   time.Time
}

// NewMemory makes an empty one.
func NewMemory() *Memory {
	m := &Memory{seed: maphash.MakeSeed()}
	for i := range m.shards {
		m.shards[i].now = map[uint64][]said{}
	}
	return m
}

func (m *Memory) hash(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	for _, p := range parts {
		h.WriteString(p)
		h.WriteByte(0)
	}
	return h.Sum64()
}

// get returns what is remembered of a key. The caller holds the shard.
func (s *shard) get(key uint64) []said {
	if list, is := s.now[key]; is {
		return list
	}
	return s.before[key]
}

func (s *shard) put(key uint64, list []said) {
	if len(s.now) >= generation/shards {
		s.now, s.before = map[uint64][]said{}, s.now
	}
	s.now[key] = list
}

// add takes up one, and keeps the newest ones.
func (m *Memory) add(key uint64, one said, distinct bool) {
	s := &m.shards[key%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.get(key)
	out := make([]said, 0, min(len(list)+1, remembered))
	for _, e := range list {
		if one.at.Sub(e.at) <= maxWithin && !(distinct && e.what == one.what) {
			out = append(out, e)
		}
	}
	if len(out) == remembered {
		out = out[1:]
	}
	s.put(key, append(out, one))
}

func (m *Memory) list(key uint64) []said {
	s := &m.shards[key%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(key) // never changed, only replaced
}

const (
	bySender = "sender"
	byText   = "text"
)

// take notes who said what.
func (m *Memory) take(msg *Message, mark uint64) {
	m.add(m.hash(bySender, msg.App, msg.Sender), said{mark, msg.At}, false)
	if mark != 0 {
		m.add(m.textKey(msg.App, mark), said{m.hash(msg.Sender), msg.At}, true)
	}
}

func (m *Memory) textKey(app string, mark uint64) uint64 {
	return m.hash(byText, app) ^ mark*0x9E3779B97F4A7C15
}

// said counts messages of the sender within a time, this one included; same: of its text only.
func (l *look) said(within time.Duration, same bool) (n int) {
	if l.memory == nil {
		return 1
	}
	if !l.ownKnown {
		l.own, l.ownKnown = l.memory.list(l.memory.hash(bySender, l.m.App, l.m.Sender)), true
	}
	for _, e := range l.own {
		if age := l.m.At.Sub(e.at); age <= within && age > -within && (!same || l.mark != 0 && e.what == l.mark) {
			n++
		}
	}
	return n
}

// spread counts the senders of this text within a time, this one included.
func (l *look) spread(within time.Duration) (n int) {
	if l.memory == nil || l.mark == 0 {
		return 1
	}
	for _, e := range l.memory.list(l.memory.textKey(l.m.App, l.mark)) {
		if age := l.m.At.Sub(e.at); age <= within && age > -within {
			n++
		}
	}
	return n
}

// mark is a number by which texts are compared: of their letters, without digits, signs and spaces, so that a counter at the end
// makes no other text of it. 0 for fewer than four letters: many people say "ok".
func (f *Folded) mark() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h, n := uint64(offset), 0
	for _, r := range f.Runes {
		if unicode.IsLetter(r) {
			h = (h ^ uint64(r)) * prime //nolint:gosec // a rune
			n++
		}
	}
	if n < 4 {
		return 0
	}
	return max(h, 1)
}
