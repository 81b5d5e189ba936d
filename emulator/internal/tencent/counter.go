package tencent

import (
	"math"
	"slices"

	"imdesk/emulator/internal/community"
)

var counterCommands = []command{
	{service: groupService, name: "get_group_counter", rate: 200, run: getCounters},
	{service: groupService, name: "update_group_counter", rate: 200, run: updateCounters},
	{service: groupService, name: "delete_group_counter", rate: 200, run: deleteCounters},
}

// Limits of counters. Source: "Updating group counters", doc 53427.
const (
	maxCounters     = 20
	maxCounterKey   = 128 // bytes
	codeCounterFull = 10063
)

type counter struct {
	Key   string
	Value int64
}

type counterAnswer struct{ GroupCounter []counter }

// counterKeys reads GroupCounterKeys; nil is all.
func (c *call) counterKeys() []string {
	keys := c.optStrs("GroupCounterKeys", maxCounters, codeCounterFull)
	if len(keys) == 0 {
		return nil
	}
	return keys
}

// getCounters is get_group_counter, doc 53428. Counters that are not there are left out.
func getCounters(c *call) (any, error) {
	keys := c.counterKeys()
	g, err := c.groupOf(codeNotAllowed, community.Community)
	if err != nil {
		return nil, err
	}
	counters, err := c.read().Counters(g.GID)
	answer := counterAnswer{[]counter{}}
	for _, k := range counters {
		if keys == nil || slices.Contains(keys, k.Key) {
			answer.GroupCounter = append(answer.GroupCounter, counter(k))
		}
	}
	return answer, err
}

// updateCounters is update_group_counter, doc 53427. One that is not there counts from 0.
func updateCounters(c *call) (any, error) {
	mode := c.oneOf("Mode", "Set", "Increase", "Decrease")
	var changes []counter
	for _, o := range c.objs("GroupCounter", maxCounters, codeCounterFull) {
		k := counter{o.str("Key"), o.num("Value", math.MinInt64, math.MaxInt64)}
		if len(k.Key) > maxCounterKey {
			o.fail("Key", "is over 128 bytes")
		}
		changes = append(changes, k)
	}
	g, err := c.groupOf(codeNotAllowed, community.Community)
	if err != nil {
		return nil, err
	}
	answer := counterAnswer{changes}
	err = c.update(func(tx *community.Tx) error {
		have, err := tx.Counters(g.GID)
		if err != nil {
			return err
		}
		values := map[string]int64{}
		for _, k := range have {
			values[k.Key] = k.Value
		}
		for i := range changes {
			k := &changes[i]
			if err := count(values, k, mode); err != nil {
				return err
			}
			if err := tx.SetCounter(g.GID, community.Counter(*k)); err != nil {
				return err
			}
		}
		if len(values) > maxCounters {
			return refuse(codeCounterFull, "more than %d counters", maxCounters)
		}
		return nil
	})
	return answer, err
}

// count makes of k what the counter then shows.
func count(values map[string]int64, k *counter, mode string) error {
	was, by := values[k.Key], k.Value
	switch mode {
	case "Increase":
		k.Value = was + by
	case "Decrease":
		k.Value = was - by
	}
	if mode == "Increase" && (by > 0) != (k.Value > was) && by != 0 || mode == "Decrease" && (by > 0) != (k.Value < was) && by != 0 {
		return refuse(codeGroupField, "the counter leaves 64 bits")
	}
	values[k.Key] = k.Value
	return nil
}

// deleteCounters is delete_group_counter, doc 53429.
func deleteCounters(c *call) (any, error) {
	keys := c.counterKeys()
	g, err := c.groupOf(codeNotAllowed, community.Community)
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error { return tx.DeleteCounters(g.GID, keys) })
}
