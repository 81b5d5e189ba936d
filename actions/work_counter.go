package actions

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"imdesk/imclient"
)

// counterWork changes counters. Its items are the keys, its values the numbers, "" for a counter that is not there.
//
// A counter goes on counting while it is changed: what the service answers to the change is what came of it, and a look
// afterwards tells only where no answer came.
type counterWork struct {
	group   string
	keys    []string         // all of them; one that is neither in set nor in add is removed
	set     map[string]int64 // to a number
	add     map[string]int64 // by a number: one key, and no others beside it
	restore bool
	blind   bool // undo of an addition: what it is now does not matter

	answered map[string]Value
}

func (w *counterWork) load(ctx context.Context, p *plan) error {
	if err := p.loadGroup(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbCounters); err != nil {
		return err
	}
	now, err := w.list(ctx, p)
	if err != nil {
		return fmt.Errorf("read the counters: %w", err)
	}
	bad := fields{}
	for _, key := range w.keys {
		item := Item{ID: key, Before: now[key], Effect: EffectCounter}
		before, _ := strconv.ParseInt(now[key].Text, 10, 64) // one that is not there counts from 0
		if by, adds := w.add[key]; adds {
			if by > 0 && before > math.MaxInt64-by || by < 0 && before < math.MinInt64-by {
				bad.add("value", "action.invalid.range")
			}
			item.Want = known(strconv.FormatInt(before+by, 10))
		} else if n, sets := w.set[key]; sets {
			item.Want = known(strconv.FormatInt(n, 10))
		} else {
			item.Want, item.Effect = known(""), EffectRemoved
		}
		if item.Before == item.Want && !w.restore {
			item.skip(SkipSame)
		}
		if w.blind {
			item.Before = Value{}
		}
		p.items = append(p.items, item)
	}
	return bad.err()
}

// list reads the counters, "" for those that are not there.
func (w *counterWork) list(ctx context.Context, p *plan) (map[string]Value, error) {
	list, err := p.app.IM.Counters.List(ctx, w.group, w.keys...)
	if err != nil {
		return nil, err
	}
	now := make(map[string]Value, len(w.keys))
	for _, key := range w.keys {
		now[key] = known("")
	}
	for _, c := range list {
		now[c.Key] = known(strconv.FormatInt(c.Value, 10))
	}
	return now, nil
}

func (w *counterWork) send(ctx context.Context, p *plan) sent {
	w.answered = map[string]Value{}
	var s sent
	var gone []string
	var set, add []imclient.Counter
	for _, key := range p.acting() {
		if by, adds := w.add[key]; adds {
			add = append(add, imclient.Counter{Key: key, Value: by})
		} else if n, sets := w.set[key]; sets {
			set = append(set, imclient.Counter{Key: key, Value: n})
		} else {
			gone = append(gone, key)
		}
	}
	for _, part := range []struct {
		list []imclient.Counter
		call func(context.Context, string, []imclient.Counter) ([]imclient.Counter, error)
	}{{set, p.app.IM.Counters.Set}, {add, p.app.IM.Counters.Add}} {
		if len(part.list) == 0 {
			continue
		}
		now, err := part.call(ctx, w.group, part.list)
		for _, c := range part.list {
			s.set(c.Key, reply{err, true})
		}
		for _, c := range now {
			w.answered[c.Key] = known(strconv.FormatInt(c.Value, 10))
			s.set(c.Key, reply{nil, true})
		}
	}
	if len(gone) > 0 {
		err := p.app.IM.Counters.Remove(ctx, w.group, gone...)
		for _, key := range gone {
			s.set(key, reply{err, true})
		}
	}
	return s
}

// read is what the service answered. Of an addition without an answer a look tells only if the number is just as it was
// or just as it should be: else others were counting, too.
func (w *counterWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	now := maps.Clone(w.answered)
	if len(now) == len(p.acting()) {
		return now, nil
	}
	listed, err := w.list(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, key := range p.acting() {
		_, told := now[key]
		_, adds := w.add[key]
		i := p.item(key)
		if !told && (!adds || listed[key] == i.Before || listed[key] == i.Want) {
			now[key] = listed[key]
		}
	}
	return now, nil
}

// matches: what was added is in whatever the service answered.
func (w *counterWork) matches(want, got Value, _ time.Time) bool {
	for key := range w.add {
		if v, told := w.answered[key]; told {
			return v == got
		}
	}
	return want == got
}

func (w *counterWork) targets(*plan) (users, messages []string) { return nil, nil }

// options keep what was added as text: JSON rounds large numbers.
func (w *counterWork) options() map[string]any {
	o := map[string]any{"fields": slices.Sorted(slices.Values(w.keys))}
	if len(w.add) > 0 {
		by := map[string]string{}
		for key, n := range w.add {
			by[key] = strconv.FormatInt(n, 10)
		}
		o["by"] = by
	}
	return o
}

// counterInverse takes back what was done to counters: what was added is taken away from whatever it is by now, and a
// number that was set, or removed, is put back.
func counterInverse(group string, ids []string, before map[string]string, d Detail) work {
	by, _ := d.Options["by"].(map[string]any)
	w := &counterWork{group: group, keys: ids, set: map[string]int64{}, add: map[string]int64{}, restore: true, blind: len(by) > 0}
	for _, key := range ids {
		if text, added := by[key].(string); added {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil && n != math.MinInt64 {
				w.add[key] = -n
			}
		} else if n, err := strconv.ParseInt(before[key], 10, 64); err == nil {
			w.set[key] = n
		}
	}
	return w
}
