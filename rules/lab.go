package rules

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"imdesk/moderation"
	"imdesk/store"
)

// Bounds of what the laboratory shows.
const (
	labSamples = 20
	labPeople  = 10
	labPage    = 5000 // messages read at a time
)

// Sample is a message of the archive that a rule catches.
type Sample struct {
	store.Replayed
	Reasons []moderation.Reason
	share   float64 // of the text that was found
}

// Person is who a rule catches how often.
type Person struct {
	App, ID string
	Hits    int
}

// Overlap is how many of the messages another rule catches, too.
type Overlap struct {
	Rule string
	Hits int
}

// Lab is what a rule would have caught.
type Lab struct {
	Read      int       // messages looked at
	Whole     bool      // it was all there is; if not, time was up
	Until     time.Time // when the last of them was said
	Took      time.Duration
	Hits      int
	Known     bool // the rule is there already, so that New and Lost count
	New, Lost int  // against the rule as it is now
	Newly     []Sample
	Lostly    []Sample
	Doubtful  []Sample // those of which the smallest part was found
	People    []Person
	Overlaps  []Overlap
	Blind     []string // what the rule asks for and the archive does not know, by the names of checks
}

// Replay judges what was said since a time in some apps by a rule as it is drafted, and by the one of its name as it is now, until the
// messages or the time are over. lists are those that the draft names. Nothing is remembered and nothing done. The error is a
// *moderation.Mistake, or the store's.
func (s *Service) Replay(ctx context.Context, apps []string, since time.Time, draft moderation.Rule, lists []moderation.List, within time.Duration) (Lab, error) {
	began := time.Now()
	lab := Lab{Whole: true, Blind: blind(draft)}
	next, err := ask(lists, draft)
	if err != nil {
		return lab, err
	}
	var before *moderation.Set
	var others []moderation.Rule
	now := s.File()
	for _, r := range now.Rules {
		if r.Name != draft.Name {
			others = append(others, r)
		} else if before, err = ask(now.Lists, r); err != nil {
			return lab, err
		}
	}
	lab.Known = before != nil
	rest, err := ask(now.Lists, others...)
	if err != nil {
		return lab, err
	}
	people, overlaps := map[Person]int{}, map[string]int{}
	mem, memBefore := moderation.NewMemory(), moderation.NewMemory()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for p := range s.pages(ctx, apps, since) {
		if p.err != nil {
			if ctx.Err() == nil {
				return lab, p.err
			}
			lab.Whole = false
			break
		}
		for _, r := range p.list {
			m := replayed(r)
			lab.Read, lab.Until = lab.Read+1, r.At
			v := next.Judge(&m, mem, true)
			was := false
			if before != nil {
				old := before.Judge(&m, memBefore, true)
				if was = len(old.Checks) > 0; was && len(v.Checks) == 0 {
					if lab.Lost++; len(lab.Lostly) < labSamples {
						lab.Lostly = append(lab.Lostly, sample(r, old.Checks[0].Reasons))
					}
				}
			}
			if len(v.Checks) == 0 {
				continue
			}
			lab.Hits++
			one := sample(r, v.Checks[0].Reasons)
			if !was {
				if lab.New++; len(lab.Newly) < labSamples {
					lab.Newly = append(lab.Newly, one)
				}
			}
			lab.doubt(one)
			people[Person{App: r.Place.App, ID: r.Sender}]++
			for _, c := range rest.Judge(&m, nil, true).Checks {
				overlaps[c.Rule]++
			}
		}
	}
	for p, n := range people {
		p.Hits = n
		lab.People = append(lab.People, p)
	}
	slices.SortFunc(lab.People, func(a, b Person) int { return cmp.Or(b.Hits-a.Hits, cmp.Compare(a.ID, b.ID)) })
	lab.People = lab.People[:min(len(lab.People), labPeople)]
	for _, name := range slices.Sorted(maps.Keys(overlaps)) {
		lab.Overlaps = append(lab.Overlaps, Overlap{name, overlaps[name]})
	}
	lab.Took = time.Since(began)
	return lab, nil
}

// ask makes a set in which all rules are asked and none decides.
func ask(lists []moderation.List, rules ...moderation.Rule) (*moderation.Set, error) {
	used := map[string]bool{}
	asked := slices.Clone(rules)
	for i := range asked {
		r := &asked[i]
		r.State, r.SpareRoles, r.Outcome = moderation.Draft, nil, moderation.Flag
		r.When.Each(func(c *moderation.Cond) {
			for _, name := range c.Lists {
				used[name] = true
			}
		})
	}
	named := slices.DeleteFunc(slices.Clone(lists), func(l moderation.List) bool { return !used[l.Name] })
	return moderation.Compile(moderation.File{Lists: named, Rules: asked})
}

// blind is what a rule asks for and the archive does not know: with it, the rule catches nothing there.
func blind(r moderation.Rule) (list []string) {
	add := func(what string, is bool) {
		if is && !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	r.When.Each(func(c *moderation.Cond) {
		add("joined", c.Joined > 0)
		add("strikes", c.Strikes > 0)
		add("file", len(c.Files) > 0)
		add("group_type", len(c.GroupTypes) > 0)
	})
	add("roles", len(r.SpareRoles) > 0)
	return list
}

// page is messages that were read while those before were judged.
type page struct {
	list []store.Replayed
	err  error
}

// pages reads the archive ahead.
func (s *Service) pages(ctx context.Context, apps []string, since time.Time) func(func(page) bool) {
	return func(yield func(page) bool) {
		ahead := make(chan page, 2)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			defer close(ahead)
			only := ""
			if len(apps) == 1 {
				only = apps[0]
			}
			for after := int64(0); ; {
				list, err := s.Store.Rules.Replay(ctx, only, since, after, labPage)
				if err == nil && len(list) == 0 {
					return
				}
				if len(list) > 0 {
					after = list[len(list)-1].ID
					list = slices.DeleteFunc(list, func(r store.Replayed) bool { return !slices.Contains(apps, r.Place.App) })
				}
				select {
				case ahead <- page{list, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		}()
		for p := range ahead {
			if ctx.Err() != nil {
				break
			}
			if !yield(p) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(page{err: err})
		}
	}
}

// replayed is a message of the archive as rules see it.
func replayed(r store.Replayed) moderation.Message {
	m := moderation.Message{App: r.Place.App, Group: r.Place.Group, Sender: r.Sender, At: r.At, Mentions: mentionsIn(r.Text)}
	if r.Text != "" {
		m.Texts = []string{r.Text}
	}
	if r.Types != "" {
		m.Types = strings.Split(r.Types, ",")
	}
	if r.Place.Group == "" {
		m.Peer = r.Place.Users[0]
		if m.Peer == r.Sender {
			m.Peer = r.Place.Users[1]
		}
	}
	return m
}

func sample(r store.Replayed, why []moderation.Reason) Sample {
	s := Sample{Replayed: r, Reasons: why, share: 1}
	found := 0
	for _, span := range moderation.Merge(why) {
		found += span.To - span.From
	}
	if len(r.Text) > 0 && found > 0 {
		s.share = float64(found) / float64(len(r.Text))
	}
	return s
}

// doubt keeps those of which the smallest part was found.
func (l *Lab) doubt(s Sample) {
	if s.share >= 1 || len(l.Doubtful) == labSamples && s.share >= l.Doubtful[labSamples-1].share {
		return
	}
	i, _ := slices.BinarySearchFunc(l.Doubtful, s, func(a, b Sample) int { return cmp.Compare(a.share, b.share) })
	l.Doubtful = slices.Insert(l.Doubtful, i, s)
	l.Doubtful = l.Doubtful[:min(len(l.Doubtful), labSamples)]
}

// Try judges a text by a rule and, for comparison, by all others that are there. Nothing is remembered and nothing done. The error is
// a *moderation.Mistake.
func (s *Service) Try(draft moderation.Rule, lists []moderation.List, m moderation.Message) (own, others moderation.Verdict, err error) {
	draft.State = moderation.Live
	set, err := moderation.Compile(moderation.File{Lists: lists, Rules: []moderation.Rule{draft}})
	if err != nil {
		return own, others, err
	}
	own = set.Judge(&m, nil, true)
	var rest []moderation.Rule
	now := s.File()
	for _, r := range now.Rules {
		if r.Name != draft.Name {
			rest = append(rest, r)
		}
	}
	if set, err = ask(now.Lists, rest...); err != nil {
		return own, others, err
	}
	return own, set.Judge(&m, nil, true), nil
}
