package handlers

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// operationsRoutes are the figures of an app, day by day.
func (s *Server) operationsRoutes() []route {
	const operations = "/apps/:app/operations"
	return []route{
		{get, operations, auth.VerbFigures, s.operations},
		{get, operations + "/csv", auth.VerbFigures, s.operationsCSV},
	}
}

// The ranges of days that can be chosen; the first is that of an address that names none.
var operationRanges = []int{30, 14, 7}

// week is what the figures are summed up over, and compared with.
const week = 7

// figureKind says how a week of a figure is summed up.
type figureKind int

// What happens is added up; what is counted afresh each day is averaged; of what there is the last day counts.
const (
	figureSum figureKind = iota
	figureAverage
	figureLast
)

// figure is one chart. Its numbers are named in operations.metric, by their metric.
type figure struct {
	name    string // of its texts, and of its element
	kind    figureKind
	main    imclient.Metric // the number that matters
	series  []imclient.Metric
	more    []imclient.Metric // in the table only
	stacked bool
}

// figures are all charts, by section. Every metric stands in one of them.
var figures = []struct {
	name string
	list []figure
}{
	{"people", []figure{
		{name: "active", kind: figureAverage, main: imclient.MetricActiveUsers, series: []imclient.Metric{imclient.MetricActiveUsers, imclient.MetricLoginUsers}},
		{name: "online", kind: figureAverage, main: imclient.MetricPeakOnline, series: []imclient.Metric{imclient.MetricPeakOnline}},
		{name: "logins", main: imclient.MetricLogins, series: []imclient.Metric{imclient.MetricLogins}, stacked: true},
		{name: "new_users", main: imclient.MetricNewUsers, series: []imclient.Metric{imclient.MetricNewUsers}, stacked: true},
		{name: "all_users", kind: figureLast, main: imclient.MetricAllUsers, series: []imclient.Metric{imclient.MetricAllUsers}},
	}},
	{"messages", []figure{
		{name: "sent", main: imclient.MetricSent, series: []imclient.Metric{imclient.MetricGroupSent, imclient.MetricDirectSent}, more: []imclient.Metric{imclient.MetricSent}, stacked: true},
		{name: "delivered", main: imclient.MetricDelivered, series: []imclient.Metric{imclient.MetricGroupDelivered, imclient.MetricDirectDelivered}, more: []imclient.Metric{imclient.MetricDelivered}, stacked: true},
		{name: "senders", kind: figureAverage, main: imclient.MetricSenders, series: []imclient.Metric{imclient.MetricGroupSenders, imclient.MetricDirectSenders}, more: []imclient.Metric{imclient.MetricSenders}},
		{name: "pushed", main: imclient.MetricPushed, series: []imclient.Metric{imclient.MetricGroupPushed, imclient.MetricDirectPushed}, more: []imclient.Metric{imclient.MetricPushed}, stacked: true},
	}},
	{"groups", []figure{
		{name: "talking", kind: figureAverage, main: imclient.MetricTalkingGroups, series: []imclient.Metric{imclient.MetricTalkingGroups}},
		{name: "joins", main: imclient.MetricJoins, series: []imclient.Metric{imclient.MetricJoins, imclient.MetricLeaves}},
		{name: "new_groups", main: imclient.MetricNewGroups, series: []imclient.Metric{imclient.MetricNewGroups, imclient.MetricDismissedGroups}},
		{name: "all_groups", kind: figureLast, main: imclient.MetricAllGroups, series: []imclient.Metric{imclient.MetricAllGroups}},
	}},
	{"rest", []figure{
		{name: "friends", main: imclient.MetricNewFriends, series: []imclient.Metric{imclient.MetricNewFriends, imclient.MetricLostFriends}},
		{name: "callbacks", main: imclient.MetricCallbacks, series: []imclient.Metric{imclient.MetricCallbacks, imclient.MetricCallbackAnswers}},
	}},
}

// period is the days that are shown.
type period struct {
	ctx    context.Context
	days   []time.Time // whole days, the oldest first, without a break
	values map[time.Time]map[imclient.Metric]int64
	begun  []time.Time // days that the service tells of and that are not over, the newest last
}

// begunDays is how many days that are not over are listed: where the service's zone is far from UTC there are two.
const begunDays = 2

// newPeriod takes the last n whole days of what the service told. Days are the service's own, whose zone is not known here: one
// counts as whole once it is over in UTC. A day that the service left out is in the period, without numbers.
func newPeriod(ctx context.Context, told []imclient.Day, n int, now time.Time) period {
	p := period{ctx: ctx, values: map[time.Time]map[imclient.Metric]int64{}}
	var last time.Time
	for _, d := range told {
		date := time.Date(d.Date.Year(), d.Date.Month(), d.Date.Day(), 0, 0, 0, 0, time.UTC)
		over := date.AddDate(0, 0, 1)
		if over.After(now.AddDate(0, 0, begunDays)) {
			continue // no day of ours
		}
		p.values[date] = d.Values
		switch {
		case over.After(now):
			p.begun = append(p.begun, date)
		case date.After(last):
			last = date
		}
	}
	slices.SortFunc(p.begun, time.Time.Compare)
	p.begun = slices.Compact(p.begun)
	p.begun = p.begun[max(0, len(p.begun)-begunDays):]
	if last.IsZero() {
		return p
	}
	for i := n - 1; i >= 0; i-- {
		p.days = append(p.days, last.AddDate(0, 0, -i))
	}
	return p
}

// point is a number of a day.
func (p period) point(day time.Time, m imclient.Metric) templates.ChartPoint {
	n, known := p.values[day][m]
	return templates.ChartPoint{N: n, Known: known}
}

// dayText writes a calendar day, which is of no zone.
func dayText(ctx context.Context, day time.Time) string {
	return i18n.Date(ctx, time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, i18n.From(ctx).Zone))
}

// weekSum is a figure over a week, and over the week before it, from the days that are known in both.
type weekSum struct {
	now, before float64
	all         float64 // over all the days known, whether or not they can be compared
	known, both int     // days
	kind        figureKind
}

// sums sums a figure up over the last week.
func (p period) sums(m imclient.Metric, kind figureKind) weekSum {
	w := weekSum{kind: kind}
	n := min(week, len(p.days))
	for i := range n {
		day := p.days[len(p.days)-n+i]
		now, before := p.point(day, m), p.point(day.AddDate(0, 0, -week), m)
		if kind == figureLast && i < n-1 {
			continue
		}
		if now.Known {
			w.all += float64(now.N)
			w.known++
		}
		if now.Known && before.Known {
			w.now += float64(now.N)
			w.before += float64(before.N)
			w.both++
		}
	}
	if kind == figureAverage && w.known > 0 {
		w.all /= float64(w.known)
	}
	if kind == figureAverage && w.both > 0 {
		w.now /= float64(w.both)
		w.before /= float64(w.both)
	}
	return w
}

// whole rounds to a number that fits.
func whole(f float64) int64 {
	switch f = math.Round(f); {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// change writes a difference in numbers and percent; "" without anything to compare with.
func change(ctx context.Context, now, before float64) string {
	diff := i18n.Signed(ctx, whole(now-before))
	if before == 0 {
		return diff
	}
	return i18n.T(ctx, "operations.change", "diff", diff, "percent", i18n.SignedPercent(ctx, (now-before)/math.Abs(before)))
}

// operations shows the figures of the last days. It costs one call.
func (s *Server) operations(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	v := templates.OperationsView{
		URL: appURL(app, "operations"), Callbacks: templates.ButtonView{Text: i18n.T(ctx, "callbacks.title"), Icon: "link", URL: appURL(app, "callbacks")},
	}
	if app.IM.Caps.Can(imclient.VerbHistoryFiles, "") {
		v.Files = &templates.ButtonView{Text: i18n.T(ctx, "files.title"), Icon: "file", URL: appURL(app, "operations", "files")}
	}
	status := http.StatusOK
	if key := app.IM.Caps.Why(imclient.VerbOperations, ""); key != "" {
		v.Empty = &templates.EmptyView{Icon: "overview", Title: i18n.T(ctx, "operations.not_offered"), Text: i18n.T(ctx, key)}
		return render(c, status, templates.OperationsPage(s.chrome(c), v), templates.Operations(v))
	}
	days := rangeOf(c)
	told, err := app.IM.Operations.Days(ctx)
	switch {
	case err != nil && wantsPart(c.Request):
		return fmt.Errorf("figures of app %s: %w", app.Name, err)
	case err != nil:
		p := explain(ctx, err, false)
		s.logFailure(c, err, p.status)
		status, v.Failed, v.RetryURL = p.status, &p.notice, c.Request.URL.RequestURI()
	default:
		s.operationsView(c, app, &v, newPeriod(ctx, told, days, s.Now().UTC()), days)
	}
	return render(c, status, templates.OperationsPage(s.chrome(c), v), templates.Operations(v))
}

// rangeOf is how many days are asked for.
func rangeOf(c *gin.Context) int {
	if n, err := strconv.Atoi(c.Query("days")); err == nil && slices.Contains(operationRanges, n) {
		return n
	}
	return operationRanges[0]
}

func (s *Server) operationsView(c *gin.Context, app *App, v *templates.OperationsView, p period, days int) {
	ctx := c.Request.Context()
	if len(p.days) == 0 {
		v.Empty = &templates.EmptyView{Icon: "overview", Title: i18n.T(ctx, "operations.none"), Text: i18n.T(ctx, "operations.none_text")}
		return
	}
	for _, n := range slices.Backward(operationRanges) {
		v.Ranges = append(v.Ranges, templates.Tab{
			Text: i18n.N(ctx, "time.days", n), URL: withQuery(c.Request.URL, "days", strconv.Itoa(n)), Current: n == days,
		})
	}
	v.CSV = appURL(app, "operations", "csv") + "?days=" + strconv.Itoa(days)
	v.Period = i18n.T(ctx, "operations.period", "from", dayText(ctx, p.days[0]), "to", dayText(ctx, p.days[len(p.days)-1]))
	if len(p.begun) > 0 {
		v.Remark = i18n.T(ctx, "operations.begun")
	}
	for _, section := range figures {
		//i18n:uses operations.section.*
		view := templates.OperationsSection{ID: "figures-" + section.name, Title: i18n.T(ctx, "operations.section."+section.name)}
		for _, f := range section.list {
			view.Charts = append(view.Charts, p.chart(f))
		}
		v.Sections = append(v.Sections, view)
	}
}

// metricText is what a number is called.
func metricText(ctx context.Context, m imclient.Metric) string {
	//i18n:uses operations.metric.*
	return i18n.T(ctx, "operations.metric."+string(m))
}

// chart draws one figure.
func (p period) chart(f figure) templates.ChartView {
	ctx := p.ctx
	//i18n:uses operations.figure.*
	v := templates.ChartView{ID: "figure-" + strings.ReplaceAll(f.name, "_", "-"), Title: i18n.T(ctx, "operations.figure."+f.name), Stacked: f.stacked}
	for _, day := range p.days {
		text := dayText(ctx, day)
		v.Columns = append(v.Columns, templates.ChartColumn{Text: text, Tick: text})
	}
	for _, m := range f.series {
		line := templates.ChartSeries{Name: metricText(ctx, m)}
		if len(f.series) > 1 {
			//i18n:uses operations.label.*
			line.Name = i18n.T(ctx, "operations.label."+string(m))
		}
		for _, day := range p.days {
			line.Points = append(line.Points, p.point(day, m))
		}
		v.Series = append(v.Series, line)
	}
	if len(p.days) == week && len(f.series) == 1 && !f.stacked {
		v.Series[0].Name = i18n.T(ctx, "operations.label.week")
		before := templates.ChartSeries{Name: i18n.T(ctx, "operations.label.before"), Before: true}
		for _, day := range p.days {
			before.Points = append(before.Points, p.point(day.AddDate(0, 0, -week), f.main))
		}
		v.Series = append(v.Series, before)
	}
	p.headline(&v, f)
	v.Finding = p.finding(f, v)
	v.Table = p.table(f, v.Title)
	return v
}

// headline is the number that matters, and how it compares with the week before.
func (p period) headline(v *templates.ChartView, f figure) {
	ctx := p.ctx
	w := p.sums(f.main, f.kind)
	if w.known == 0 {
		v.Against = i18n.T(ctx, "operations.unknown_week")
		return
	}
	v.Figure = i18n.Int(ctx, whole(w.all))
	switch f.kind {
	case figureSum:
		v.Sub = i18n.N(ctx, "operations.sum", w.known)
	case figureAverage:
		v.Sub = i18n.N(ctx, "operations.average", w.known)
	case figureLast:
		v.Sub = i18n.T(ctx, "operations.last", "day", dayText(ctx, p.days[len(p.days)-1]))
	}
	full := week
	if f.kind == figureLast {
		full = 1
	}
	switch {
	case w.both == 0:
		v.Against = i18n.T(ctx, "operations.no_before")
	case w.both == full && whole(w.now) == whole(w.before):
		v.Against = i18n.T(ctx, "operations.same")
	case w.both < full:
		v.Delta, v.Against = change(ctx, w.now, w.before), i18n.T(ctx, "operations.against_some", "n", w.both, "of", full)
	default:
		v.Delta, v.Against = change(ctx, w.now, w.before), i18n.T(ctx, "operations.against", "before", i18n.Int(ctx, whole(w.before)))
	}
}

// finding says in words what the chart shows.
func (p period) finding(f figure, v templates.ChartView) string {
	ctx := p.ctx
	var high, low time.Time
	missing := 0
	for _, day := range p.days {
		n := p.point(day, f.main)
		switch {
		case !n.Known:
			missing++
			continue
		case high.IsZero():
			high, low = day, day
		}
		if n.N > p.point(high, f.main).N {
			high = day
		}
		if n.N < p.point(low, f.main).N {
			low = day
		}
	}
	if high.IsZero() {
		return i18n.T(ctx, "ui.chart.empty")
	}
	say := i18n.T(ctx, "operations.finding", "what", metricText(ctx, f.main), "high", i18n.Int(ctx, p.point(high, f.main).N), "high_day", dayText(ctx, high),
		"low", i18n.Int(ctx, p.point(low, f.main).N), "low_day", dayText(ctx, low))
	if v.Delta != "" {
		say += " " + i18n.T(ctx, "operations.finding_change", "change", v.Delta)
	}
	if missing > 0 {
		say += " " + i18n.N(ctx, "operations.finding_missing", missing)
	}
	return say
}

// table has all numbers of a figure, the newest day first, with the main one's change from the same day a week before.
func (p period) table(f figure, title string) templates.ChartTable {
	ctx := p.ctx
	columns := append(slices.Clone(f.series), f.more...)
	t := templates.ChartTable{
		Summary: i18n.T(ctx, "operations.table"), Caption: i18n.N(ctx, "operations.caption", len(p.days), "title", title), Head: []string{i18n.T(ctx, "operations.day")},
	}
	for _, m := range columns {
		t.Head = append(t.Head, metricText(ctx, m))
	}
	t.Head = append(t.Head, i18n.T(ctx, "operations.week_change"))
	row := func(day time.Time, note string) {
		r := templates.ChartRow{Name: dayText(ctx, day), Note: note}
		for _, m := range columns {
			cell := ""
			if n := p.point(day, m); n.Known {
				cell = i18n.Int(ctx, n.N)
			}
			r.Cells = append(r.Cells, cell)
		}
		now, before := p.point(day, f.main), p.point(day.AddDate(0, 0, -week), f.main)
		diff := ""
		if now.Known && before.Known && note == "" {
			diff = change(ctx, float64(now.N), float64(before.N))
		}
		t.Rows = append(t.Rows, templates.ChartRow{Name: r.Name, Note: r.Note, Cells: append(r.Cells, diff)})
	}
	for _, day := range slices.Backward(p.begun) {
		row(day, i18n.T(ctx, "operations.so_far"))
	}
	for _, day := range slices.Backward(p.days) {
		row(day, "")
	}
	return t
}

// operationsCSV is what the page shows as a file: a line a day, the oldest first, with every number by its name here. A number
// that the service did not tell is empty. It costs one call.
func (s *Server) operationsCSV(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if key := app.IM.Caps.Why(imclient.VerbOperations, ""); key != "" {
		return &actions.NotOffered{Key: key}
	}
	told, err := app.IM.Operations.Days(ctx)
	if err != nil {
		return fmt.Errorf("figures of app %s: %w", app.Name, err)
	}
	p := newPeriod(ctx, told, rangeOf(c), s.Now().UTC())
	var b strings.Builder
	w := csv.NewWriter(&b)
	head := []string{"date", "complete"}
	for _, m := range imclient.Metrics() {
		head = append(head, string(m))
	}
	lines := [][]string{head}
	for _, day := range slices.Concat(p.days, p.begun) {
		line := []string{day.Format(time.DateOnly), strconv.FormatBool(!slices.Contains(p.begun, day))}
		for _, m := range imclient.Metrics() {
			cell := ""
			if n := p.point(day, m); n.Known {
				cell = strconv.FormatInt(n.N, 10)
			}
			line = append(line, cell)
		}
		lines = append(lines, line)
	}
	if err := w.WriteAll(lines); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	c.Header("Content-Disposition", `attachment; filename="operations-`+app.Name+`-`+s.Now().UTC().Format(time.DateOnly)+`.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", []byte(b.String()))
	return nil
}
