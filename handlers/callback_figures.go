package handlers

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"imdesk/callbacks"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// callbackFigures are an app's callbacks in numbers, of all consoles on the database together.
type callbackFigures struct {
	now     time.Time
	minutes []store.CallbackCount // taken, of the last day
	hour    []store.CallbackCount // sums of the last hour
	day     []store.CallbackCount // sums of the last day
	seen    []store.CallbackSeen
	stopped []callbacks.Stopped
}

// callbackFigures reads the numbers, with what this console has not written yet.
func (s *Server) callbackFigures(ctx context.Context, app *App) (f callbackFigures, err error) {
	if err := s.Meter.Flush(ctx); err != nil {
		return f, fmt.Errorf("count callbacks: %w", err)
	}
	f.now = s.Now()
	if f.minutes, err = s.Store.Callbacks.Minutes(ctx, app.Name, store.CallbackTaken, f.now.Add(-24*time.Hour).Truncate(time.Hour)); err != nil {
		return f, err
	}
	if f.hour, err = s.Store.Callbacks.Sums(ctx, app.Name, f.now.Add(-time.Hour).Truncate(time.Minute)); err != nil {
		return f, err
	}
	if f.day, err = s.Store.Callbacks.Sums(ctx, app.Name, f.now.Add(-24*time.Hour).Truncate(time.Minute)); err != nil {
		return f, err
	}
	if f.seen, err = s.Store.Callbacks.Seen(ctx, app.Name); err != nil {
		return f, err
	}
	f.stopped, err = s.Meter.Look(ctx, app.Name)
	return f, err
}

// row is one kind of callback.
func (f callbackFigures) row(k imclient.CallbackKind, text string) templates.CallbackRow {
	r := templates.CallbackRow{Command: k.Command, Text: text, Asked: k.Asked}
	for _, n := range f.day {
		switch {
		case n.Name != k.Command:
		case n.What == store.CallbackTaken:
			r.Count = n.N
		case n.What == store.CallbackUnread:
			r.Unread = n.N
		}
	}
	for _, s := range f.seen {
		if s.Command == k.Command {
			r.Last = s.Last
		}
	}
	return r
}

func (f callbackFigures) show(ctx context.Context, v *templates.CallbacksView) {
	for _, n := range f.day {
		if n.What == store.CallbackRefused {
			//i18n:uses callbacks.refused.*
			v.Refused = append(v.Refused, templates.CallbackRefusal{Text: i18n.T(ctx, "callbacks.refused."+n.Name), Count: n.N, Last: n.Last})
		}
	}
	for _, s := range f.stopped {
		v.Stopped = append(v.Stopped, stoppedNotice(ctx, s))
	}
	v.Charts = []templates.ChartView{
		f.chart(ctx, "hour", f.now.Add(-time.Hour), time.Minute, 60),
		f.chart(ctx, "day", f.now.Add(-24*time.Hour), time.Hour, 24),
	}
	for _, q := range []struct {
		name string
		part float64
	}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}} {
		took := templates.CallbackTook{Name: q.name}
		for _, sums := range [][]store.CallbackCount{f.hour, f.day} {
			text := ""
			if ms := callbacks.Quantile(sums, q.part); ms > 0 {
				text = i18n.T(ctx, "callbacks.took.ms", "n", i18n.Int(ctx, int(ms)))
			}
			took.Within = append(took.Within, text)
		}
		v.Took = append(v.Took, took)
	}
}

// chart is how many came in each step of time, the present one included.
func (f callbackFigures) chart(ctx context.Context, name string, from time.Time, step time.Duration, n int) templates.ChartView {
	//i18n:uses callbacks.chart.*
	title := i18n.T(ctx, "callbacks.chart."+name)
	v := templates.ChartView{ID: "callbacks-" + name, Title: title, Stacked: true, Sub: i18n.T(ctx, "callbacks.chart.sub"), Series: []templates.ChartSeries{{Name: title}}}
	v.Table = templates.ChartTable{Summary: i18n.T(ctx, "operations.table"), Caption: title, Head: []string{i18n.T(ctx, "callbacks.came"), i18n.T(ctx, "callbacks.count")}}
	first := from.Add(step).Truncate(step)
	counts := make([]int64, n)
	var total, most int64
	for _, m := range f.minutes {
		if i := int(m.Minute.Sub(first) / step); !m.Minute.Before(first) && i < n {
			counts[i] += m.N
			total += m.N
		}
	}
	for i, count := range counts {
		at := first.Add(time.Duration(i) * step).In(i18n.From(ctx).Zone).Format("15:04")
		v.Columns = append(v.Columns, templates.ChartColumn{Text: at, Tick: at})
		v.Series[0].Points = append(v.Series[0].Points, templates.Known(count))
		v.Table.Rows = append(v.Table.Rows, templates.ChartRow{Name: at, Cells: []string{i18n.Int(ctx, int(count))}})
		most = max(most, count)
	}
	v.Figure = i18n.Int(ctx, int(total))
	if name == "hour" {
		v.Delta = i18n.T(ctx, "callbacks.chart.minute", "n", i18n.Int(ctx, int(counts[n-1])))
	}
	v.Finding = i18n.T(ctx, "callbacks.chart.finding", "total", i18n.Int(ctx, int(total)), "most", i18n.Int(ctx, int(most)))
	return v
}

// stoppedNotice warns of a callback that should come and does not.
func stoppedNotice(ctx context.Context, s callbacks.Stopped) templates.Notice {
	n := templates.Notice{
		Tone: "warn", Title: i18n.T(ctx, "callbacks.stopped.all"), Next: i18n.T(ctx, "callbacks.stopped.next"),
		Text: i18n.T(ctx, "callbacks.stopped.text", "since", i18n.When(ctx, s.Since), "usual", i18n.Duration(ctx, max(s.Usual.Round(time.Second), time.Second))),
	}
	if s.Command != "" {
		n.Title = i18n.T(ctx, "callbacks.stopped.one", "command", s.Command)
	}
	return n
}

// callbackHealth is how an app's callbacks do, in a line; none if it has none, or none ever came.
func (s *Server) callbackHealth(ctx context.Context, app *App) (templates.HealthRow, bool) {
	row := templates.HealthRow{Name: i18n.T(ctx, "callbacks.title"), Sub: i18n.T(ctx, "callbacks.health_sub"), Tone: "warn"}
	list := s.Meter.Stopped(app.Name)
	if app.Callbacks == nil || len(list) == 0 {
		return row, false
	}
	row.Value, row.ValueSub = i18n.T(ctx, "callbacks.stopped.all"), i18n.Ago(ctx, list[0].Since)
	if list[0].Command != "" {
		row.Value = i18n.N(ctx, "callbacks.stopped.kinds", len(list))
	}
	return row, true
}

// stoppedText says in a few words that an app's callbacks do not come any more; "" if they do.
func (s *Server) stoppedText(ctx context.Context, app *App) string {
	row, is := s.callbackHealth(ctx, app)
	if !is {
		return ""
	}
	return row.Value
}

// failureID is a failed callback's number in an address.
func failureID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, store.ErrNotFound
	}
	return id, nil
}
