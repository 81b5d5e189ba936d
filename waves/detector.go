package waves

import (
	"slices"
	"time"

	"imdesk/store"
)

// Bounds of what a console remembers.
const (
	maxClusters = 20_000 // texts, of each of two generations
	early       = 3      // senders until a text goes into the store
	maxWaiting  = 12     // messages of a text that wait for that
	clusterLife = 10 * time.Minute
)

// message is what somebody said, with how it looks.
type message struct {
	store.WaveMessage
	app  string
	look Look
}

// cluster is a text with its variations, as one console saw it.
type cluster struct {
	app     string
	sketch  Sketch
	look    Look
	last    time.Time
	senders []string  // the first ones
	waiting []message // to be put into the store
	wave    int64     // 0: it is not there yet
	n       int       // messages
	leading int       // of them, those that lead elsewhere
}

// ready tells that enough people said it.
func (c *cluster) ready() bool { return len(c.senders) >= early }

// detector groups texts. It is used by one goroutine.
type detector struct{ now, before *generation }

// generation is as many clusters as are remembered before older ones are forgotten.
type generation struct {
	n  int
	by map[string]map[uint32][]*cluster // by app and low hashes
}

func newDetector() *detector { return &detector{newGeneration(), newGeneration()} }

func newGeneration() *generation { return &generation{by: map[string]map[uint32][]*cluster{}} }

// maxBucket is how many clusters are looked at for one hash: pieces that many texts have tell little.
const maxBucket = 16

// take puts a message to the texts that are like it, and returns their cluster; nil: the text says too little.
func (d *detector) take(m message) *cluster {
	if !m.look.Says() || len(m.look.Sketch) == 0 {
		return nil
	}
	c := d.find(&m)
	if c == nil {
		c = &cluster{app: m.app, sketch: m.look.Sketch, look: m.look}
		d.add(c)
	}
	c.last = m.At
	c.n++
	if m.look.Leads {
		c.leading++
	}
	c.look.Leads = 2*c.leading >= c.n
	if !c.ready() && !slices.Contains(c.senders, m.Sender) {
		c.senders = append(c.senders, m.Sender)
	}
	if !c.ready() && len(c.waiting) == maxWaiting {
		c.waiting = c.waiting[1:]
	}
	m.Quotes = Quotes(m.look.Sketch, c.sketch)
	c.waiting = append(c.waiting, m)
	return c
}

// find finds the nearest cluster that is not too old; a cluster of the older generation is brought over.
func (d *detector) find(m *message) *cluster {
	var best *cluster
	share := 0.0
	for gen, g := range []*generation{d.now, d.before} {
		seen := map[*cluster]bool{}
		for _, h := range m.look.Sketch.lowest(asked) {
			for _, c := range g.by[m.app][h] {
				if seen[c] || m.At.Sub(c.last) > clusterLife {
					continue
				}
				seen[c] = true
				if !Near(c.sketch, m.look.Sketch) {
					continue
				}
				both, inA, inB := common(c.sketch, m.look.Sketch)
				if now := float64(both) / float64(inA+inB-both); now > share {
					best, share = c, now
				}
			}
		}
		if best != nil {
			if gen == 1 {
				d.add(best)
			}
			return best
		}
	}
	return nil
}

func (d *detector) add(c *cluster) {
	if d.now.n >= maxClusters {
		d.now, d.before = newGeneration(), d.now
	}
	g := d.now
	if g.by[c.app] == nil {
		g.by[c.app] = map[uint32][]*cluster{}
	}
	for _, h := range c.sketch.lowest(indexed) {
		list := g.by[c.app][h]
		if len(list) >= maxBucket {
			list = list[1:]
		}
		g.by[c.app][h] = append(list, c)
	}
	g.n++
}
