package templates

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"imdesk/web/i18n"
)

// ChartView is a figure that changes over time: a chart of few colours, and below it a table with every number.
type ChartView struct {
	ID      string // unique on the page
	Title   string
	Figure  string // the number that matters; "" for none
	Sub     string // what Figure is
	Delta   string // how it compares, "+1,284 (+12.3%)"; "" if there is nothing to compare with
	Against string // with what Delta compares, or why there is none
	Finding string // what the chart shows in a sentence, for those who do not see it
	Stacked bool   // bars that stand upon each other instead of lines
	Columns []ChartColumn
	Series  []ChartSeries // at most three; the first is drawn strongest
	Empty   string        // said instead of a chart in which nothing is known
	Table   ChartTable
	Open    bool // the table is shown from the beginning
}

// ChartColumn is one step of time.
type ChartColumn struct {
	Text string // whole, where it is pointed at
	Tick string // short, at the axis
}

// ChartSeries is one quantity, with a point for each column.
type ChartSeries struct {
	Name   string
	Points []ChartPoint
	Before bool // an earlier time, drawn as a whisper behind the others
}

// ChartPoint is one number. One that is not known is a gap, never a zero.
type ChartPoint struct {
	N     int64
	Known bool
}

// Known is the point of a number.
func Known(n int64) ChartPoint { return ChartPoint{n, true} }

// ChartTable is what the chart shows, in numbers.
type ChartTable struct {
	Summary string // opens it: "Table"
	Caption string
	Head    []string // the first is that of the rows
	Rows    []ChartRow
}

// ChartRow is one step of time; "" is a number that is not known.
type ChartRow struct {
	Name  string
	Note  string // beside the name, such as "so far"; "" for none
	Cells []string
}

// The chart's own units: of the view box, which is about as wide as a chart on a phone is in pixels.
const (
	chartWidth  = 400
	chartHeight = 176
	chartTop    = 12
	chartFoot   = 22 // below the axis, for the days
	latinWidth  = 6.2
	hanWidth    = 11.2
	labelGap    = 13 // between the names of two series
)

// chartDrawing is a chart as it is drawn. Texts that begin at a place are written from there on, others around it.
type chartDrawing struct {
	Left, Right, Top, Bottom float64
	Rules                    []chartMark // of the scale
	Ticks                    []chartMark // of the days
	Bars                     []chartBar
	Lines                    []chartLine
	Dots                     []chartDot
	Names                    []chartMark
	Hits                     []chartHit
}

type chartMark struct {
	X, Y float64
	Text string
}

type chartBar struct {
	X, Y, W, H float64
	Class      string
}

type chartLine struct {
	Path, Class string
}

type chartDot struct {
	X, Y  float64
	Class string
}

// chartHit is the area of a column, which tells its numbers where it is pointed at.
type chartHit struct {
	X, W float64
	Text string
}

// known reports whether any number of the chart is.
func (v ChartView) known() bool {
	for _, s := range v.Series {
		for _, p := range s.Points {
			if p.Known && !s.Before {
				return true
			}
		}
	}
	return false
}

// draw lays the chart out. What is below zero, which no service should tell, is drawn as zero; the table has it as it is.
func (v ChartView) draw(ctx context.Context) chartDrawing {
	scale := niceScale(v.top())
	d := chartDrawing{Top: chartTop, Bottom: chartHeight - chartFoot, Right: chartWidth - 6}
	for _, n := range scale {
		d.Left = max(d.Left, textWidth(i18n.Short(ctx, n))+8)
	}
	if v.named() {
		widest := 0.0
		for _, s := range v.Series {
			widest = max(widest, textWidth(s.Name))
		}
		d.Right = chartWidth - min(widest+8, chartWidth/3)
	} else {
		d.Right -= 14 // half of the last day's name
	}
	top := scale[len(scale)-1]
	y := func(n float64) float64 { return round1(d.Bottom - min(max(n, 0), top)/top*(d.Bottom-d.Top)) }
	for _, n := range scale {
		d.Rules = append(d.Rules, chartMark{round1(d.Left - 6), y(n), i18n.Short(ctx, n)})
	}
	if len(v.Columns) == 0 {
		return d
	}
	step := (d.Right - d.Left) / float64(len(v.Columns))
	x := func(i int) float64 { return round1(d.Left + step*(float64(i)+0.5)) }
	v.ticks(&d, step, x)
	if v.Stacked {
		v.bars(&d, step, x, y)
	} else {
		v.lines(&d, x, y)
	}
	for i, c := range v.Columns {
		d.Hits = append(d.Hits, chartHit{round1(d.Left + step*float64(i)), round1(step), c.Text + "\n" + v.at(ctx, i)})
	}
	spread(d.Names, d.Bottom)
	return d
}

// top is the largest number that is drawn.
func (v ChartView) top() float64 {
	top := 0.0
	for i := range v.Columns {
		sum := 0.0
		for _, s := range v.Series {
			if i >= len(s.Points) || !s.Points[i].Known {
				continue
			}
			n := max(float64(s.Points[i].N), 0)
			sum += n
			if !v.Stacked {
				top = max(top, n)
			}
		}
		if v.Stacked {
			top = max(top, sum)
		}
	}
	return top
}

// named reports whether the series have to be told apart.
func (v ChartView) named() bool { return len(v.Series) > 1 }

// at are the numbers of a column in words.
func (v ChartView) at(ctx context.Context, i int) string {
	var list []string
	for _, s := range v.Series {
		text := i18n.T(ctx, "ui.chart.unknown")
		if i < len(s.Points) && s.Points[i].Known {
			text = i18n.Int(ctx, s.Points[i].N)
		}
		if v.named() {
			text = i18n.T(ctx, "ui.chart.value", "name", s.Name, "value", text)
		}
		list = append(list, text)
	}
	return strings.Join(list, "\n")
}

// ticks names as many of the columns as there is room for, counted from the last.
func (v ChartView) ticks(d *chartDrawing, step float64, x func(int) float64) {
	widest := 0.0
	for _, c := range v.Columns {
		widest = max(widest, textWidth(c.Tick)+10)
	}
	every := 1
	for _, every = range []int{1, 2, 3, 5, 7, 10, 14, 15, 20, 30, 60, 120} {
		if step*float64(every) >= widest {
			break
		}
	}
	last := len(v.Columns) - 1
	for i := last; i >= 0; i -= every {
		if v.Columns[i].Tick != "" && x(i)-widest/2 > 0 {
			d.Ticks = append(d.Ticks, chartMark{x(i), chartHeight - 6, v.Columns[i].Tick})
		}
	}
}

// classes are how the series are drawn, in order.
func (v ChartView) class(kind string, n int) string {
	if v.Series[n].Before {
		return kind + "-dim"
	}
	return kind + []string{"", "-2", "-3"}[min(n, 2)]
}

// bars stacks the series; where one is not known, those above it stand on the ground that is.
func (v ChartView) bars(d *chartDrawing, step float64, x func(int) float64, y func(float64) float64) {
	width := round1(max(min(step*0.72, 28), 0.6))
	named := make([]bool, len(v.Series))
	for i := len(v.Columns) - 1; i >= 0; i-- {
		ground := 0.0
		for n, s := range v.Series {
			if i >= len(s.Points) || !s.Points[i].Known {
				continue
			}
			from, to := y(ground), y(ground+max(float64(s.Points[i].N), 0))
			ground += max(float64(s.Points[i].N), 0)
			if h := round1(from - to); h > 0 {
				d.Bars = append(d.Bars, chartBar{round1(x(i) - width/2), to, width, h, v.class("bar", n)})
			}
			if v.named() && !named[n] {
				named[n] = true
				d.Names = append(d.Names, chartMark{round1(d.Right + 6), round1((from+to)/2 + 4), s.Name})
			}
		}
	}
}

// lines draws a line for each series, with gaps where nothing is known; a number alone is a dot.
func (v ChartView) lines(d *chartDrawing, x func(int) float64, y func(float64) float64) {
	names := make([]chartMark, len(v.Series))
	for n := len(v.Series) - 1; n >= 0; n-- { // the first one on top
		s := v.Series[n]
		var path strings.Builder
		run := 0
		last := chartDot{X: -1}
		for i := range v.Columns {
			if i >= len(s.Points) || !s.Points[i].Known {
				run = v.endRun(d, n, run, last)
				continue
			}
			last = chartDot{x(i), y(float64(s.Points[i].N)), v.class("point", n)}
			command := "L"
			if run == 0 {
				command = "M"
			}
			path.WriteString(command + number1(last.X) + " " + number1(last.Y))
			run++
		}
		if path.Len() > 0 {
			d.Lines = append(d.Lines, chartLine{path.String(), v.class("line", n)})
		}
		if last.X < 0 {
			continue
		}
		if !s.Before {
			d.Dots = append(d.Dots, last)
		}
		names[n] = chartMark{round1(d.Right + 6), round1(last.Y + 4), s.Name}
	}
	for _, name := range names {
		if v.named() && name.Text != "" {
			d.Names = append(d.Names, name)
		}
	}
}

// endRun ends a stretch of known numbers: one that stands alone has no line, so it is marked.
func (v ChartView) endRun(d *chartDrawing, series, run int, last chartDot) int {
	if run == 1 && !v.Series[series].Before {
		d.Dots = append(d.Dots, last)
	}
	return 0
}

// spread moves names apart that would lie upon each other: down from the highest, then up from the bottom.
func spread(names []chartMark, bottom float64) {
	slices.SortStableFunc(names, func(a, b chartMark) int { return cmp.Compare(a.Y, b.Y) })
	for i := 1; i < len(names); i++ {
		names[i].Y = max(names[i].Y, names[i-1].Y+labelGap)
	}
	limit := bottom + 2
	for i := len(names) - 1; i >= 0; i-- {
		names[i].Y = min(names[i].Y, limit)
		limit = names[i].Y - labelGap
	}
}

// niceScale are three to six round numbers from 0 to at least top. Counts are whole, so no step is below 1.
func niceScale(top float64) []float64 {
	if top < 1 {
		return []float64{0, 1}
	}
	unit := math.Pow(10, math.Floor(math.Log10(top/4)))
	step := unit * 10
	for _, f := range []float64{1, 2, 2.5, 5} {
		if unit*f*4.0001 >= top && (f != 2.5 || unit >= 10) {
			step = unit * f
			break
		}
	}
	step = max(math.Ceil(step), 1)
	list := []float64{0}
	for n := step; ; n += step {
		list = append(list, n)
		if n >= top {
			return list
		}
	}
}

// textWidth is about how wide a text of the chart is.
func textWidth(s string) float64 {
	w := 0.0
	for _, r := range s {
		if utf8.RuneLen(r) > 2 {
			w += hanWidth
		} else {
			w += latinWidth
		}
	}
	return w
}

func round1(f float64) float64 { return math.Round(f*10) / 10 }

// number1 writes a length of a drawing.
func number1(f float64) string { return strconv.FormatFloat(round1(f), 'f', -1, 64) }

func numClass(column int) string {
	if column == 0 {
		return ""
	}
	return "num"
}
