package handlers

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// workDays are the spans of days that can be chosen; the first is that of an address that names none.
var workDays = []int{30, 14, 7}

// workURL is what an operator did.
func workURL(operator string) string { return "/audit/by/" + url.PathEscape(operator) }

// seesWork reports whether the operator may see the log as such, and with it what each operator did.
func (l *auditList) seesWork() bool {
	op, _ := auth.OperatorFrom(l.c.Request.Context())
	return op.Can(auth.VerbAudit)
}

// operatorWork counts what an operator did, by day and by action, in the apps whose log may be seen: a short query a day.
func (s *Server) operatorWork(c *gin.Context) error {
	ctx := c.Request.Context()
	o, err := s.Store.Operators.Get(ctx, c.Param("operator"))
	if err != nil {
		return err
	}
	var apps []string
	if op, _ := auth.OperatorFrom(ctx); !op.Everywhere(auth.VerbAudit) {
		apps = []string{}
		for _, a := range s.Apps.All() {
			if op.CanIn(a.Name, auth.VerbAudit) {
				apps = append(apps, a.Name)
			}
		}
	}
	span := workDays[0]
	if n, err := strconv.Atoi(c.Query("days")); err == nil && slices.Contains(workDays, n) {
		span = n
	}
	now := s.Now().In(i18n.From(ctx).Zone)
	first := time.Date(now.Year(), now.Month(), now.Day()-span+1, 0, 0, 0, 0, now.Location())
	log := "/audit?" + url.Values{"operator": {o.ID}}.Encode()
	v := templates.WorkView{Person: templates.PersonView{ID: o.ID, Name: o.Name, Size: "lg"}, LogURL: log}
	for _, n := range workDays {
		v.Ranges = append(v.Ranges, templates.Tab{Text: i18n.N(ctx, "work.span", n), URL: workURL(o.ID) + "?days=" + strconv.Itoa(n), Current: n == span})
	}
	sums, total := map[string]int{}, 0
	v.Chart = templates.ChartView{
		ID: "work", Title: i18n.T(ctx, "work.chart"), Sub: i18n.N(ctx, "work.days", span), Stacked: true, Series: []templates.ChartSeries{{Name: i18n.T(ctx, "work.entries")}},
		Table: templates.ChartTable{
			Summary: i18n.T(ctx, "operations.table"), Caption: i18n.T(ctx, "work.chart"), Head: []string{i18n.T(ctx, "operations.day"), i18n.T(ctx, "work.entries")},
		},
	}
	busiest, most := first, 0
	for i := range span {
		day := first.AddDate(0, 0, i)
		tally, err := s.Store.Audit.Tally(ctx, o.ID, apps, day, first.AddDate(0, 0, i+1))
		if err != nil {
			return fmt.Errorf("what an operator did: %w", err)
		}
		n := 0
		for action, times := range tally {
			n += times
			sums[action] += times
		}
		if total += n; n > most {
			busiest, most = day, n
		}
		text := i18n.Date(ctx, day)
		v.Chart.Columns = append(v.Chart.Columns, templates.ChartColumn{Text: text, Tick: text})
		v.Chart.Series[0].Points = append(v.Chart.Series[0].Points, templates.Known(int64(n)))
		v.Chart.Table.Rows = append(v.Chart.Table.Rows, templates.ChartRow{Name: text, Cells: []string{i18n.Int(ctx, n)}})
	}
	slices.Reverse(v.Chart.Table.Rows)
	v.Chart.Figure, v.Chart.Finding = i18n.Int(ctx, total), i18n.T(ctx, "work.none")
	if total > 0 {
		v.Chart.Finding = i18n.N(ctx, "work.finding", most, "day", i18n.Date(ctx, busiest))
	}
	days := url.Values{"operator": {o.ID}, "from": {first.Format(time.DateOnly)}, "to": {now.Format(time.DateOnly)}}
	for _, action := range slices.SortedFunc(maps.Keys(sums), func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b))
	}) {
		days.Set("action", action)
		v.Rows = append(v.Rows, templates.WorkRow{Action: actionText(ctx, store.AuditEntry{Action: action}), Times: i18n.Int(ctx, sums[action]), URL: "/audit?" + days.Encode()})
	}
	return render(c, http.StatusOK, templates.WorkPage(s.chrome(c), v), nil)
}
