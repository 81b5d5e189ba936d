package handlers

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/web/i18n"
)

const operationsURL = "/apps/demo/operations"

// telling is a way to the service on which one command is answered with a body of the test's own.
type telling struct {
	command string
	body    func() string
}

func (f telling) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/"+f.command) {
		return http.DefaultTransport.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(f.body())), Request: r}, nil
}

// newTelling is a harness whose service tells these figures.
func newTelling(t *testing.T, command string, body func() string) *harness {
	t.Helper()
	return newHarnessAt(t, setting{folder: t.TempDir(), http: &http.Client{Transport: telling{command, body}}})
}

// figuresOf writes an answer: a line for each day, "days ago, then name=value …"; 1 is yesterday in UTC.
func figuresOf(now time.Time, lines ...string) string {
	var days []string
	for _, line := range lines {
		ago, rest, _ := strings.Cut(line, " ")
		var n int
		fmt.Sscan(ago, &n)
		fields := []string{fmt.Sprintf(`"Date":%q`, now.UTC().AddDate(0, 0, -n).Format("20060102"))}
		for _, f := range strings.Fields(rest) {
			name, value, _ := strings.Cut(f, "=")
			fields = append(fields, fmt.Sprintf("%q:%q", name, value))
		}
		days = append(days, "{"+strings.Join(fields, ",")+"}")
	}
	return `{"ErrorCode":0,"ErrorInfo":"OK","Result":[` + strings.Join(days, ",") + `]}`
}

func TestOperations(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	for range 3 {
		h.say("g1", "ann", text("hello"))
	}
	h.advance(24 * time.Hour)
	h.say("g1", "ann", text("later"))
	h.advance(24 * time.Hour)
	b := h.as(auth.Lead)
	a := b.get(operationsURL).is(http.StatusOK)
	a.has("Operations", "Messages sent", "Friendships made and ended", "Download CSV", "30 days", "Against a week before", "so far")
	for _, m := range imclient.Metrics() {
		if title := metricText(in(t, i18n.English), m); !strings.Contains(a.text(), title) {
			t.Errorf("%s (%s) is not on the page", m, title)
		}
	}
	if n := strings.Count(a.body, "<svg class=\"chart\""); n != 15 {
		t.Errorf("%d charts", n)
	}
	if part := b.part(operationsURL + "?days=7"); strings.Contains(part.body, "<html") || !strings.Contains(part.body, `id="operations"`) || !strings.Contains(part.body, `aria-current="true"`) {
		t.Errorf("part: %.300s", part.body)
	}
	for _, days := range []string{"7", "14", "30", "0", "-1", "x", "99999999999999999999", "<b>"} {
		b.get(operationsURL + "?days=" + url.QueryEscape(days)).is(http.StatusOK).has("Messages sent")
	}

	file := b.get(operationsURL + "/csv?days=7").is(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	check(t, err)
	if kind := file.header.Get("Content-Type"); kind != "text/csv; charset=utf-8" {
		t.Errorf("type %q", kind)
	}
	if len(rows) < 8 || len(rows[0]) != 2+len(imclient.Metrics()) || rows[0][8] != "messages.sent" {
		t.Fatalf("file: %q", rows)
	}
	sent := 0
	for _, row := range rows[1:] {
		var n int
		fmt.Sscan(row[8], &n)
		sent += n
		if complete := row[1] == "true"; complete == (row[0] >= h.now().UTC().Format(time.DateOnly)) {
			t.Errorf("%s is complete: %v", row[0], complete)
		}
	}
	if sent != 4 {
		t.Errorf("%d messages in the file", sent)
	}
	h.as(auth.Moderator).get(operationsURL).is(http.StatusForbidden)
	h.as(auth.Moderator).get(operationsURL + "/csv").is(http.StatusForbidden)
}

// Figures as no service should tell them, and as some do: gaps, zeros, one day, beyond what fits, nonsense.
func TestOperationsOfHostileFigures(t *testing.T) {
	t.Parallel()
	var body string
	h := newTelling(t, "getappinfo", func() string { return body })
	b := h.as(auth.Lead)
	now := h.now()
	const huge = "9223372036854775807"
	weeks := func(value func(ago int) string) (lines []string) {
		for ago := 1; ago <= 14; ago++ {
			if v := value(ago); v != "" {
				lines = append(lines, fmt.Sprintf("%d UpMsgNum=%s GroupUpMsgNum=%s", ago, v, v))
			}
		}
		return lines
	}
	for _, tt := range []struct {
		name string
		body string
		want []string
		not  []string
	}{
		{"nothing", figuresOf(now), []string{"No figures yet"}, []string{"Messages sent"}},
		{"no list", `{"ErrorCode":0}`, []string{"No figures yet"}, nil},
		{"zeros", figuresOf(now, weeks(func(int) string { return "0" })...), []string{"Messages sent 0 in 7 days As in the week before."}, []string{"NaN", "Inf"}},
		{"twice as much", figuresOf(now, weeks(func(ago int) string {
			if ago <= 7 {
				return "200"
			}
			return "100"
		})...), []string{"Messages sent 1,400 in 7 days +700 (+100%) from 700 in the week before"}, nil},
		{"one day", figuresOf(now, "1 UpMsgNum=7 GroupUpMsgNum=7"), []string{"Messages sent 7 in the last day The week before is not known."}, nil},
		{"a gap is no zero", figuresOf(now, weeks(func(ago int) string {
			switch {
			case ago == 3:
				return ""
			case ago > 7:
				return "10"
			}
			return "20"
		})...), []string{"Messages sent 120 in 6 days +60 (+100%) from the week before, on the 6 of 7 days known in both", "not told"}, nil},
		{"beyond what fits", figuresOf(now, weeks(func(int) string { return huge })...), []string{"Messages sent 9,223,372,036,854,775,807 in 7 days"}, []string{"-9,223"}},
		{"below zero", figuresOf(now, weeks(func(int) string { return "-5" })...), []string{"Messages sent -35 in 7 days"}, nil},
		{"out of nothing", figuresOf(now, weeks(func(ago int) string {
			if ago <= 7 {
				return "3"
			}
			return "0"
		})...), []string{"Messages sent 21 in 7 days +21 from 0 in the week before"}, []string{"Inf"}},
		{"no numbers", figuresOf(now, "1 UpMsgNum=many GroupUpMsgNum=1.5", "2 UpMsgNum="), []string{"The last week is not known.", "The service told no numbers"}, []string{"many"}},
		{"years that are none", `{"ErrorCode":0,"Result":[{"Date":"20991231","UpMsgNum":"1"},{"Date":"00010101","UpMsgNum":"2"},{"Date":"x"},{"Date":null},{}]}`, []string{"Operations"}, []string{"2099"}},
		{"today alone", figuresOf(now, "0 UpMsgNum=7"), []string{"No figures yet"}, nil},
		{"a day twice", figuresOf(now, "1 UpMsgNum=7", "1 UpMsgNum=8"), []string{"Messages sent"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body = tt.body
			for _, days := range []string{"7", "30"} {
				b.in(t).get(operationsURL + "?days=" + days).is(http.StatusOK).has(tt.want...).lacks(tt.not...)
			}
			b.in(t).get(operationsURL + "/csv").is(http.StatusOK)
		})
	}
}

// Every metric of the service has its place in one chart, and no two.
func TestEveryMetricHasAChart(t *testing.T) {
	t.Parallel()
	seen := map[imclient.Metric]int{}
	for _, section := range figures {
		for _, f := range section.list {
			for _, m := range slices.Concat(f.series, f.more) {
				seen[m]++
			}
			if !slices.Contains(slices.Concat(f.series, f.more), f.main) {
				t.Errorf("%s has no %s", f.name, f.main)
			}
		}
	}
	for _, m := range imclient.Metrics() {
		if seen[m] != 1 {
			t.Errorf("%s stands in %d charts", m, seen[m])
		}
	}
}

func TestOperationsWithoutTheService(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	h.im.SetFault(emulator.Fault{Command: "openconfigsvr/getappinfo", Status: http.StatusBadGateway})
	b.get(operationsURL).is(http.StatusBadGateway).has("Operations", "Try again")
	b.part(operationsURL).is(http.StatusBadGateway)
	b.get(operationsURL + "/csv").is(http.StatusBadGateway)
}
