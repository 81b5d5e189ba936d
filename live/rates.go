package live

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"imdesk/store"
)

// How often messages are counted, and for how long.
const (
	RateStep  = 5 * time.Second
	RateSteps = 24 // two minutes
	rateMost  = 5000
)

// rates counts messages of groups by the time at which they arrived. A Hub's mutex guards it.
type rates struct {
	at    int64 // the step that steps[0] stands for
	steps [RateSteps]map[store.Conversation]int
}

// turn makes room for the present step.
func (r *rates) turn(now time.Time) {
	step := now.UnixMilli() / RateStep.Milliseconds()
	for n := min(step-r.at, RateSteps); n > 0; n-- {
		copy(r.steps[1:], r.steps[:RateSteps-1])
		r.steps[0] = nil
	}
	r.at = max(r.at, step)
}

func (r *rates) count(p store.Conversation, now time.Time) {
	r.turn(now)
	if r.steps[0] == nil {
		r.steps[0] = map[store.Conversation]int{}
	}
	if _, known := r.steps[0][p]; !known && len(r.steps[0]) >= rateMost {
		p.Group = "" // of the app as a whole
	}
	r.steps[0][p]++
}

// Rate is how much is said.
type Rate struct {
	Steps  [RateSteps]int // messages in each step of two minutes, oldest first; the last one is not over
	Groups []GroupRate    // where most is said, at most as many as were asked for
	Second float64        // messages a second, over the last full steps
}

// GroupRate is how many messages a group had in the last minute.
type GroupRate struct {
	Place  store.Conversation
	Minute int
}

// snapshot is what was counted, by app. It is made once a second for all who watch.
type snapshot struct {
	at   time.Time
	apps map[string]*appRate
}

type appRate struct {
	steps  [RateSteps]int
	groups []GroupRate // the busiest first
}

const (
	snapshotFor    = time.Second
	snapshotGroups = 50 // of an app
)

// snapshot sums up. The caller holds the hub's mutex.
func (r *rates) snapshot(now time.Time) *snapshot {
	r.turn(now)
	v := &snapshot{at: now, apps: map[string]*appRate{}}
	groups := map[store.Conversation]int{}
	const minute = int(time.Minute / RateStep)
	for i, step := range r.steps {
		for p, n := range step {
			a := v.apps[p.App]
			if a == nil {
				a = &appRate{}
				v.apps[p.App] = a
			}
			a.steps[RateSteps-1-i] += n
			if i < minute && p.Group != "" {
				groups[p] += n
			}
		}
	}
	for p, n := range groups {
		v.apps[p.App].groups = append(v.apps[p.App].groups, GroupRate{p, n})
	}
	for _, a := range v.apps {
		slices.SortFunc(a.groups, busier)
		a.groups = slices.Clone(a.groups[:min(len(a.groups), snapshotGroups)])
	}
	return v
}

func busier(a, b GroupRate) int {
	return cmp.Or(b.Minute-a.Minute, strings.Compare(a.Place.App, b.Place.App), strings.Compare(a.Place.Group, b.Place.Group))
}

// Rate counts what those apps say.
func (h *Hub) Rate(apps map[string]Sight, most int) Rate {
	now := h.now()
	h.mu.Lock()
	if h.summed == nil || now.Sub(h.summed.at).Abs() >= snapshotFor {
		h.summed = h.rates.snapshot(now)
	}
	sum := h.summed // never changed once it is made
	h.mu.Unlock()
	var v Rate
	for name, a := range sum.apps {
		if _, may := apps[name]; !may {
			continue
		}
		for i, n := range a.steps {
			v.Steps[i] += n
		}
		v.Groups = append(v.Groups, a.groups...)
	}
	const last = 3
	for _, n := range v.Steps[RateSteps-1-last : RateSteps-1] {
		v.Second += float64(n) / last / RateStep.Seconds()
	}
	slices.SortFunc(v.Groups, busier)
	v.Groups = v.Groups[:min(most, len(v.Groups))]
	return v
}
