package handlers

import (
	"context"
	"sync"
	"time"

	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// Bounds of what is remembered of live rooms that operators look at.
const (
	liveRooms   = 64
	liveSamples = 720
	livePause   = 10 * time.Second // the service counts anew about that often
	liveMinutes = 120              // that a chart shows
)

// liveSeries remembers how many were online in live rooms while somebody had their pages open. It is in memory only: it begins
// anew with the console, and where nobody looked it has gaps.
type liveSeries struct {
	mu    sync.Mutex
	rooms map[string]*liveRoom
}

type liveRoom struct {
	samples []liveSample // the oldest first
}

type liveSample struct {
	at time.Time
	n  int
}

// add notes a count, and returns a copy of what is known of the room. A count soon after another replaces it.
func (l *liveSeries) add(room string, at time.Time, n int) []liveSample {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rooms == nil {
		l.rooms = map[string]*liveRoom{}
	}
	r := l.rooms[room]
	if r == nil {
		l.forgetOldest()
		r = &liveRoom{}
		l.rooms[room] = r
	}
	if last := len(r.samples) - 1; last >= 0 && at.Sub(r.samples[last].at) < livePause {
		r.samples[last].n = n
	} else {
		r.samples = append(r.samples, liveSample{at, n})
	}
	if n := len(r.samples) - liveSamples; n > 0 {
		r.samples = append(r.samples[:0], r.samples[n:]...)
	}
	return append([]liveSample(nil), r.samples...)
}

// forgetOldest makes room for another room, if there is none.
func (l *liveSeries) forgetOldest() {
	if len(l.rooms) < liveRooms {
		return
	}
	oldest := ""
	for name, r := range l.rooms {
		if oldest == "" || r.last().Before(l.rooms[oldest].last()) {
			oldest = name
		}
	}
	delete(l.rooms, oldest)
}

func (r *liveRoom) last() time.Time {
	if len(r.samples) == 0 {
		return time.Time{}
	}
	return r.samples[len(r.samples)-1].at
}

// liveChart draws a room's counts, one column a minute, the last of each. Minutes in which nobody looked are gaps.
func liveChart(ctx context.Context, list []liveSample, now time.Time) templates.ChartView {
	v := templates.ChartView{
		ID: "live-online", Title: i18n.T(ctx, "live.online"), Series: []templates.ChartSeries{{Name: i18n.T(ctx, "live.online")}},
		Table: templates.ChartTable{
			Summary: i18n.T(ctx, "operations.table"), Caption: i18n.T(ctx, "live.caption"), Head: []string{i18n.T(ctx, "live.minute"), i18n.T(ctx, "live.online")},
		},
	}
	if len(list) == 0 {
		return v
	}
	newest, since := list[len(list)-1], list[0].at
	v.Figure, v.Sub = i18n.Int(ctx, newest.n), i18n.T(ctx, "live.now")
	v.Against = i18n.T(ctx, "live.since", "time", i18n.When(ctx, since))
	zone := i18n.From(ctx).Zone
	end := now.Truncate(time.Minute)
	start := since.Truncate(time.Minute)
	if oldest := end.Add(-(liveMinutes - 1) * time.Minute); start.Before(oldest) {
		start = oldest
	}
	last := map[time.Time]int64{}
	high, low := list[0], list[0]
	for _, s := range list {
		last[s.at.Truncate(time.Minute)] = int64(s.n)
		if s.n > high.n {
			high = s
		}
		if s.n < low.n {
			low = s
		}
	}
	for at := start; !at.After(end); at = at.Add(time.Minute) {
		text := at.In(zone).Format("15:04")
		n, known := last[at]
		v.Columns = append(v.Columns, templates.ChartColumn{Text: text, Tick: text})
		v.Series[0].Points = append(v.Series[0].Points, templates.ChartPoint{N: n, Known: known})
		if known {
			v.Table.Rows = append([]templates.ChartRow{{Name: text, Cells: []string{i18n.Int(ctx, n)}}}, v.Table.Rows...)
		}
	}
	v.Finding = i18n.T(ctx, "live.finding", "now", i18n.Int(ctx, newest.n), "high", i18n.Int(ctx, high.n), "low", i18n.Int(ctx, low.n), "time", i18n.When(ctx, since))
	return v
}
