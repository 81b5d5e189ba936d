package demo

import (
	"imdesk/emulator/internal/community"
)

// kept is what the app keeps with a group: attributes, in the order of their keys, and counters.
type kept struct {
	attrs    []community.Attr
	counters []community.Counter
}

// keeps are the groups of the demo with which the app keeps something, by id. A community has no counters.
var keeps = map[string]kept{
	"@TGS#2C5SZEAEF": {
		attrs: []community.Attr{
			{Key: "lights", Value: "warm"},
			{Key: "now_playing", Value: "潮汐表 — 慢船 (live)"},
			{Key: "setlist", Value: `["潮汐表","慢船","Low Tide","灯塔","返场保密"]`},
			{Key: "ticket_url", Value: "https://harborlive.example/t/418"},
		},
		counters: []community.Counter{{Key: "encore_votes", Value: 318}, {Key: "likes", Value: 48_213}, {Key: "tickets_left", Value: 76}},
	},
	"@TGS#3QK7ZWAE5": {
		attrs:    []community.Attr{{Key: "meeting_point", Value: "世纪大道站 3 号口"}},
		counters: []community.Counter{{Key: "sold", Value: 1_204}},
	},
	"live_wanfeng": {
		attrs: []community.Attr{
			{Key: "pinned_item", Value: "SKU-20418"}, {Key: "pk_state", Value: ""}, {Key: "stream_title", Value: "晚风电台 · 点歌夜"},
		},
		counters: []community.Counter{{Key: "gifts", Value: 9_422}, {Key: "likes", Value: 1_204_336}, {Key: "score", Value: -12}},
	},
	"@TGS#1SHOPLIVE":    {counters: []community.Counter{{Key: "likes", Value: 88_120}, {Key: "orders", Value: 641}}},
	"@TGS#_harbor_city": {attrs: []community.Attr{{Key: "banner", Value: "https://harborlive.example/b/city.png"}, {Key: "season", Value: "2026 夏"}}},
	"campus_final":      {counters: []community.Counter{{Key: "votes_a", Value: 2_310}, {Key: "votes_b", Value: 2_298}}},
}

// keep stores what the app keeps with a group.
func (s *seeder) keep(g *community.Group) error {
	k := keeps[g.ID]
	if err := s.SetAttrs(g.GID, k.attrs); err != nil {
		return err
	}
	for _, c := range k.counters {
		if err := s.SetCounter(g.GID, c); err != nil {
			return err
		}
	}
	return nil
}
