package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"imdesk/auth"
	"imdesk/cases"
	"imdesk/sheet"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const numbersURL = queueURL + "/numbers"

func (s *Server) numberRoutes() []route {
	if s.Cases == nil {
		return nil
	}
	return []route{
		{get, numbersURL, auth.VerbFigures, s.numbers},
		{get, numbersURL + "/csv", auth.VerbFigures, s.numbersCSV},
	}
}

// numberRanges are the days that can be chosen; the first is that of an address that names none.
var numberRanges = []int{30, 7, 90, 365}

// caseNumbers are what happened with cases in a range of days of the operator's zone.
type caseNumbers struct {
	s      *Server
	apps   []string
	days   []time.Time // their midnights, oldest first
	to     time.Time
	offset time.Duration
	sums   []store.CaseCount
}

// readNumbers reads the range of an address and its sums. All counts are read of the hours that they are kept by: of a year and an
// app these are some ten thousand rows, whatever the number of cases.
func (s *Server) readNumbers(c *gin.Context) (n caseNumbers, app string, days int, err error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	days, err = strconv.Atoi(c.Query("days"))
	if err != nil || !slices.Contains(numberRanges, days) {
		days = numberRanges[0]
	}
	app = c.Query("app")
	n = caseNumbers{s: s, apps: []string{}}
	for _, a := range s.Apps.All() {
		if (app == "" || app == a.Name) && op.CanIn(a.Name, auth.VerbFigures) {
			n.apps = append(n.apps, a.Name)
		}
	}
	now := s.Now().In(i18n.From(ctx).Zone)
	_, east := now.Zone()
	n.offset, n.to = time.Duration(east)*time.Second, now.Add(time.Hour)
	fixed := time.FixedZone("", east) // a day of the range is as long as any other, whatever the clocks did
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, fixed)
	for i := days - 1; i >= 0; i-- {
		n.days = append(n.days, today.AddDate(0, 0, -i))
	}
	n.sums, err = s.Store.Numbers.Sums(ctx, n.apps, n.days[0], n.to)
	return n, app, days, err
}

// numbers is the queue in numbers.
func (s *Server) numbers(c *gin.Context) error {
	n, app, days, err := s.readNumbers(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	v := templates.NumbersView{Queue: templates.Link{Text: i18n.T(ctx, "queue.title"), URL: queueURL}}
	q := url.Values{"days": {strconv.Itoa(days)}}
	if app != "" {
		q.Set("app", app)
	}
	v.CSV = numbersURL + "/csv?" + q.Encode()
	for _, d := range slices.Sorted(slices.Values(numberRanges)) {
		v.Ranges = append(v.Ranges, templates.Tab{Text: i18n.N(ctx, "time.days", d), URL: withQuery(c.Request.URL, "days", strconv.Itoa(d)), Current: d == days})
	}
	if all := s.Apps.All(); len(all) > 1 {
		v.Apps = append(v.Apps, templates.Tab{Text: i18n.T(ctx, "numbers.all_apps"), URL: withQuery(c.Request.URL, "app", ""), Current: app == ""})
		for _, a := range all {
			v.Apps = append(v.Apps, templates.Tab{Text: a.Title, URL: withQuery(c.Request.URL, "app", a.Name), Current: app == a.Name})
		}
	}
	//i18n:uses queue.source.*
	//i18n:uses queue.do.*
	sources := []string{store.CaseFromRule, store.CaseFromReport, store.CaseFromOperator, store.CaseFromWave, store.CaseFromAppeal}
	opened, err := n.byDay(ctx, "opened", store.CountOpened, sources, func(name string) string { return i18n.T(ctx, "queue.source."+name) })
	if err != nil {
		return err
	}
	kinds := []string{cases.DoRecall, cases.DoMute, cases.DoKick, cases.DoWarn}
	sanctions, err := n.byDay(ctx, "sanctions", store.CountSanction, kinds, func(name string) string { return i18n.T(ctx, "queue.do."+name) })
	if err != nil {
		return err
	}
	ages, err := s.Store.Numbers.Ages(ctx, n.apps, s.Now())
	if err != nil {
		return err
	}
	took := make([]int64, len(ages))
	for i := range took {
		name := store.CaseTimeMore
		if i < len(took)-1 {
			name = strconv.Itoa(int(store.CaseTimes()[i] / time.Second))
		}
		took[i] = n.sum(store.CountTime, name)
	}
	v.Charts = []templates.ChartView{opened, n.byTime(ctx, "age", ages), n.byTime(ctx, "time", took), sanctions}
	names, err := s.operatorNames(ctx)
	if err != nil {
		return err
	}
	v.Tables = []templates.NumbersTable{
		n.reversals(ctx, "rules", store.CountRule, store.CountReversedRule, func(name string) string { return name }),
		n.reversals(ctx, "operators", store.CountBy, store.CountReversedBy, func(id string) string { return orID(names[id], id) }),
	}
	return render(c, http.StatusOK, templates.NumbersPage(s.chrome(c), v), templates.NumbersPart(v))
}

// sum is the count of a name.
func (n caseNumbers) sum(what, name string) int64 {
	for _, x := range n.sums {
		if x.What == what && x.Name == name {
			return x.N
		}
	}
	return 0
}

// seriesDrawn is how many kinds a chart tells apart; the table has all.
const seriesDrawn = 2

// byDay is a chart of what happened each day, by kind.
func (n caseNumbers) byDay(ctx context.Context, id, what string, kinds []string, text func(string) string) (templates.ChartView, error) {
	//i18n:uses numbers.chart.*
	//i18n:uses numbers.sub.*
	v := templates.ChartView{ID: "numbers-" + id, Title: i18n.T(ctx, "numbers.chart."+id), Stacked: true, Sub: i18n.T(ctx, "numbers.sub."+id)}
	v.Table = templates.ChartTable{Summary: i18n.T(ctx, "operations.table"), Caption: v.Title, Head: []string{i18n.T(ctx, "numbers.day")}}
	list, err := n.s.Store.Numbers.Days(ctx, n.apps, what, n.days[0], n.to, n.offset)
	if err != nil {
		return v, err
	}
	counts := map[[2]string]int64{}
	dayOf := func(t time.Time) string { return t.In(n.days[0].Location()).Format(time.DateOnly) }
	var total int64
	for _, x := range list {
		counts[[2]string{dayOf(x.Day), x.Name}] += x.N
		total += x.N
	}
	for i, kind := range kinds {
		v.Table.Head = append(v.Table.Head, text(kind))
		if i < seriesDrawn {
			v.Series = append(v.Series, templates.ChartSeries{Name: text(kind)})
		}
	}
	v.Series = append(v.Series, templates.ChartSeries{Name: i18n.T(ctx, "numbers.others")})
	for _, day := range n.days {
		row := templates.ChartRow{Name: day.Format(time.DateOnly)}
		v.Columns = append(v.Columns, templates.ChartColumn{Text: dayText(ctx, day), Tick: day.Format("01-02")})
		var others int64
		for i, kind := range kinds {
			k := counts[[2]string{row.Name, kind}]
			row.Cells = append(row.Cells, i18n.Int(ctx, k))
			if i < seriesDrawn {
				v.Series[i].Points = append(v.Series[i].Points, templates.Known(k))
			} else {
				others += k
			}
		}
		v.Series[seriesDrawn].Points = append(v.Series[seriesDrawn].Points, templates.Known(others))
		v.Table.Rows = append(v.Table.Rows, row)
	}
	slices.Reverse(v.Table.Rows)
	v.Figure = i18n.Int(ctx, total)
	v.Finding = i18n.T(ctx, "numbers.finding.days", "n", v.Figure, "what", v.Title, "days", len(n.days))
	return v, nil
}

// byTime is a chart of how many there are of each length of time.
func (n caseNumbers) byTime(ctx context.Context, id string, counts []int64) templates.ChartView {
	v := templates.ChartView{ID: "numbers-" + id, Title: i18n.T(ctx, "numbers.chart."+id), Stacked: true, Sub: i18n.T(ctx, "numbers.sub."+id)}
	v.Series = []templates.ChartSeries{{Name: v.Title}}
	v.Table = templates.ChartTable{Summary: i18n.T(ctx, "operations.table"), Caption: v.Title, Head: []string{i18n.T(ctx, "numbers.length"), i18n.T(ctx, "numbers.cases")}}
	var total int64
	for i, count := range counts {
		text, tick := i18n.T(ctx, "numbers.more"), "＞"
		if i < len(store.CaseTimes()) {
			d := store.CaseTimes()[i]
			text = i18n.T(ctx, "numbers.within", "length", i18n.Duration(ctx, d))
			tick = i18n.Duration(ctx, d)
		}
		v.Columns = append(v.Columns, templates.ChartColumn{Text: text, Tick: tick})
		v.Series[0].Points = append(v.Series[0].Points, templates.Known(count))
		v.Table.Rows = append(v.Table.Rows, templates.ChartRow{Name: text, Cells: []string{i18n.Int(ctx, count)}})
		total += count
	}
	v.Figure = i18n.Int(ctx, total)
	v.Finding = i18n.T(ctx, "numbers.finding.times", "n", v.Figure, "what", v.Title)
	return v
}

// reversalsShown is how many rules or operators are listed.
const reversalsShown = 50

// reversals are verdicts and how many of them were reversed, most first.
func (n caseNumbers) reversals(ctx context.Context, id, what, reversed string, text func(string) string) templates.NumbersTable {
	//i18n:uses numbers.table.*
	//i18n:uses numbers.who.*
	t := templates.NumbersTable{ID: "numbers-" + id, Title: i18n.T(ctx, "numbers.table."+id), Who: i18n.T(ctx, "numbers.who."+id)}
	add := func(name string, all int64) {
		if len(t.Rows) == reversalsShown {
			return
		}
		back := n.sum(reversed, name)
		r := templates.NumbersRow{Name: text(name), All: i18n.Int(ctx, all), Back: i18n.Int(ctx, back), Share: "–", Part: int(min(100*back/max(all, 1), 100))}
		if all > 0 {
			r.Share = strconv.FormatInt(100*back/all, 10) + "%"
		}
		t.Rows = append(t.Rows, r)
	}
	for _, x := range n.sums {
		switch {
		case x.What == what:
			add(x.Name, x.N)
		case x.What == reversed && n.sum(what, x.Name) == 0: // decided before the range
			add(x.Name, 0)
		}
	}
	return t
}

// operatorNames are what operators are called, by id.
func (s *Server) operatorNames(ctx context.Context) (map[string]string, error) {
	list, err := s.Store.Operators.List(ctx)
	m := map[string]string{}
	for _, o := range list {
		m[o.ID] = o.Name
	}
	return m, err
}

// numbersCSV is all of it as a table: what, which, and how often, by day.
func (s *Server) numbersCSV(c *gin.Context) error {
	n, _, _, err := s.readNumbers(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	names, err := s.operatorNames(ctx)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, what := range []string{store.CountOpened, store.CountTime, store.CountBy, store.CountRule, store.CountReversedBy, store.CountReversedRule, store.CountSanction} {
		list, err := s.Store.Numbers.Days(ctx, n.apps, what, n.days[0], n.to, n.offset)
		if err != nil {
			return err
		}
		for _, x := range list {
			rows = append(rows, []string{x.Day.In(n.days[0].Location()).Format(time.DateOnly), x.What, orID(names[x.Name], x.Name), strconv.FormatInt(x.N, 10)})
		}
	}
	body, err := tableFile(sheet.FormatCSV, i18n.T(ctx, "numbers.title"), []string{"day", "what", "name", "count"}, rows)
	if err != nil {
		return err
	}
	sendFile(c, sheet.FormatCSV, "numbers-"+s.Now().UTC().Format("20060102")+".csv", body)
	return nil
}
