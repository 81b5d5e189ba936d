package templates_test

import (
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	. "imdesk/web/templates"

	"imdesk/web/golden"
	"imdesk/web/i18n"
)

// points are numbers as a service may tell them; "" is one that it does not.
func points(list ...string) []ChartPoint {
	var all []ChartPoint
	for _, s := range list {
		n, err := strconv.ParseInt(s, 10, 64)
		all = append(all, ChartPoint{N: n, Known: err == nil})
	}
	return all
}

func chartOf(stacked bool, series ...ChartSeries) ChartView {
	v := ChartView{
		ID: "c", Title: evil, Figure: "1,284", Sub: "in 7 days", Delta: "+3 (+4%)", Against: "from 80 in the week before", Finding: "Highest " + evil, Stacked: stacked, Series: series,
		Table: ChartTable{Summary: "Table", Caption: "All of it", Head: []string{"Day", evil}},
	}
	for i := range series[0].Points {
		day := strconv.Itoa(i+1) + " Nov"
		v.Columns = append(v.Columns, ChartColumn{Text: day + " " + evil, Tick: day})
		cell := ""
		if p := series[0].Points[i]; p.Known {
			cell = strconv.FormatInt(p.N, 10)
		}
		v.Table.Rows = append(v.Table.Rows, ChartRow{Name: day, Note: "so far", Cells: []string{cell}})
	}
	return v
}

var charts = map[string]ChartView{
	"chart_gaps":    chartOf(false, ChartSeries{Name: evil, Points: points("3", "", "5", "7", "", "9")}, ChartSeries{Name: "Week before", Before: true, Points: points("", "1", "2", "", "4", "4")}),
	"chart_zeros":   chartOf(false, ChartSeries{Name: "A", Points: points("0", "0", "0")}, ChartSeries{Name: "B", Points: points("0", "0", "0")}, ChartSeries{Name: "C", Points: points("0", "", "0")}),
	"chart_one_day": chartOf(true, ChartSeries{Points: points("12")}),
	"chart_huge":    chartOf(true, ChartSeries{Name: "Groups", Points: points("9223372036854775807", "1", "-5")}, ChartSeries{Name: "Direct", Points: points("9223372036854775807", "", "9223372036854775807")}),
	"chart_unknown": chartOf(false, ChartSeries{Points: points("", "", "")}),
	"chart_few":     chartOf(false, ChartSeries{Name: "Short", Points: points("1", "2", "3")}, ChartSeries{Name: "Shorter still", Points: points("4")}),
}

func TestChart(t *testing.T) {
	for name, v := range charts {
		t.Run(name, func(t *testing.T) {
			golden.HTML(t, name, Chart(v))
			golden.Render(t, i18n.Chinese, Chart(v))
		})
	}
}

// What is drawn lies inside the picture, and is a number.
func TestChartStaysInside(t *testing.T) {
	month := ChartView{ID: "m", Title: "Month", Series: []ChartSeries{{Name: "Groups"}, {Name: "Direct"}, {Name: strings.Repeat("很长的名字", 20)}}}
	for i := range 30 {
		month.Columns = append(month.Columns, ChartColumn{Text: "x", Tick: "11 月 " + strconv.Itoa(i) + " 日"})
		for n := range month.Series {
			month.Series[n].Points = append(month.Series[n].Points, Known(int64(math.Pow(10, float64(i%19)))))
		}
	}
	all := map[string]ChartView{"month": month}
	for name, v := range charts {
		all[name] = v
	}
	for name, v := range all {
		for _, v.Stacked = range []bool{false, true} {
			for _, lang := range i18n.Languages() {
				markup := golden.Render(t, lang, Chart(v))
				from, to := strings.Index(markup, "<svg"), strings.Index(markup, "</svg>")
				if from < 0 {
					if name != "chart_unknown" {
						t.Errorf("%s: no chart", name)
					}
					continue
				}
				inside(t, name, strings.ReplaceAll(markup[from:to+len("</svg>")], "\a", ""))
			}
		}
	}
}

func inside(t *testing.T, name, svg string) {
	t.Helper()
	limits := map[string]float64{"x": 400, "x1": 400, "x2": 400, "cx": 400, "y": 178, "y1": 176, "y2": 176, "cy": 176, "width": 400, "height": 176}
	d := xml.NewDecoder(strings.NewReader(svg))
	marks := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e, is := token.(xml.StartElement)
		if !is {
			continue
		}
		for _, a := range e.Attr {
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("%s: %s has %s", name, e.Name.Local, a.Name.Local)
			}
			limit, measured := limits[a.Name.Local]
			if a.Name.Local == "d" {
				for _, s := range strings.FieldsFunc(a.Value, func(r rune) bool { return r == 'M' || r == 'L' || r == ' ' }) {
					if n, err := strconv.ParseFloat(s, 64); err != nil || n < 0 || n > 400 {
						t.Errorf("%s: a line goes to %q", name, s)
					}
				}
			}
			if !measured {
				continue
			}
			marks++
			if n, err := strconv.ParseFloat(a.Value, 64); err != nil || n < 0 || n > limit || math.IsNaN(n) {
				t.Errorf("%s: %s %s is %q", name, e.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
	if marks < 10 {
		t.Errorf("%s: hardly anything is drawn: %s", name, svg)
	}
}

// The scale of a chart has few round steps and reaches above what is drawn.
func TestChartScale(t *testing.T) {
	for top, want := range map[int64]string{
		0: "0 1", 1: "0 1", 3: "0 1 2 3", 9: "0 5 10", 12: "0 5 10 15", 40: "0 10 20 30 40", 87: "0 25 50 75 100", 1284: "0 500 1,000 1,500", 12_000: "0 5,000 10K 15K", 9_000_000: "0 2.5M 5M 7.5M 10M",
	} {
		markup := golden.Render(t, i18n.English, Chart(chartOf(true, ChartSeries{Points: []ChartPoint{Known(top)}})))
		var got []string
		for _, part := range strings.Split(markup, `class="scale"`)[1:] {
			_, text, _ := strings.Cut(part, ">")
			text, _, _ = strings.Cut(text, "<")
			got = append(got, text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("up to %d: %s, want %s", top, s, want)
		}
	}
}
