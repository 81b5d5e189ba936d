package i18n

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
)

// Int writes a number with its thousands grouped, "1,284", in both languages.
func Int[I Integer](_ context.Context, n I) string { return group(int64(n)) }

func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Bytes writes a size in units of 1,024: "214 B", "58 KB", "2.4 MB".
func Bytes(ctx context.Context, n int64) string {
	units := []string{"KB", "MB", "GB", "TB"}
	if n < 1024 {
		return group(n) + " B"
	}
	f, u := float64(n)/1024, 0
	for f >= 999.5 && u < len(units)-1 {
		f /= 1024
		u++
	}
	decimals := 0
	if f < 9.95 {
		decimals = 1
	}
	s := strconv.FormatFloat(f, 'f', decimals, 64)
	if decimals == 1 && s[len(s)-1] == '0' {
		s = s[:len(s)-2]
	}
	return s + " " + units[u]
}

const day = 24 * time.Hour

// Duration writes a length of time in its largest unit and, if there is a rest, the next one:
// "10 minutes", "1 hour 30 minutes", "7 days"; 中文「1 小时 30 分钟」. Parts of a second are dropped.
func Duration(ctx context.Context, d time.Duration) string {
	units := []struct {
		key string
		d   time.Duration
	}{
		{"time.days", day},
		{"time.hours", time.Hour},
		{"time.minutes", time.Minute},
		{"time.seconds", time.Second},
	}
	for i, u := range units {
		if d < u.d && i < len(units)-1 {
			continue
		}
		first := N(ctx, u.key, int64(d/u.d))
		if i == len(units)-1 {
			return first
		}
		if rest := (d % u.d) / units[i+1].d; rest > 0 {
			return T(ctx, "time.two", "first", first, "second", N(ctx, units[i+1].key, int64(rest)))
		}
		return first
	}
	return ""
}

// Left writes how long something goes on: "6 d 4 h left", "2 h 14 min left", "42 min left", and in the
// last ten minutes "9:41 left". What is over has "ended". app.js writes the same while it ticks.
func Left(ctx context.Context, d time.Duration) string {
	d = d.Truncate(time.Second)
	days, hours, minutes := int64(d/day), int64(d%day/time.Hour), int64(d%time.Hour/time.Minute)
	switch {
	case d <= 0:
		return T(ctx, "script.left.over")
	case days > 0 && hours > 0:
		return T(ctx, "script.left.days_hours", "d", days, "h", hours)
	case days > 0:
		return T(ctx, "script.left.days", "d", days)
	case hours > 0 && minutes > 0:
		return T(ctx, "script.left.hours_minutes", "h", hours, "m", minutes)
	case hours > 0:
		return T(ctx, "script.left.hours", "h", hours)
	case minutes >= 10:
		return T(ctx, "script.left.minutes", "m", minutes)
	}
	return T(ctx, "script.left.clock", "m", minutes, "s", twoDigits(int64(d%time.Minute/time.Second)))
}

func twoDigits(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// Ago writes a moment in the past: relative under a day ("just now", "3 min ago", "2 h ago"), then the
// date. A moment less than a minute ahead, from a clock that differs, counts as now; other moments
// in the future are written by When. app.js keeps the relative forms up to date.
func Ago(ctx context.Context, t time.Time) string {
	d := From(ctx).Now().Sub(t)
	switch {
	case d < -time.Minute:
		return When(ctx, t)
	case d < time.Minute:
		return T(ctx, "script.ago.now")
	case d < time.Hour:
		return T(ctx, "script.ago.minutes", "n", int64(d/time.Minute))
	case d < day:
		return T(ctx, "script.ago.hours", "n", int64(d/time.Hour))
	}
	return Date(ctx, t)
}

// When writes a moment by day and time: "today 16:24", "tomorrow 15:42", "yesterday 09:00",
// "19 Apr 15:42", with the year if it is another one; 中文「明天 15:42」.
func When(ctx context.Context, t time.Time) string {
	l := From(ctx)
	t = t.In(l.Zone)
	clock := t.Format("15:04")
	switch calendarDays(l.Now().In(l.Zone), t) {
	case 0:
		return T(ctx, "time.today", "time", clock)
	case 1:
		return T(ctx, "time.tomorrow", "time", clock)
	case -1:
		return T(ctx, "time.yesterday", "time", clock)
	}
	return T(ctx, "time.date_time", "date", Date(ctx, t), "time", clock)
}

// calendarDays counts midnights from one moment to another, both in the same zone.
func calendarDays(from, to time.Time) int {
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(to).Sub(midnight(from)) / day)
}

// Date writes a day, "2 Nov 2024", without the year if it is this year's.
func Date(ctx context.Context, t time.Time) string {
	l := From(ctx)
	t = t.In(l.Zone)
	if t.Year() == l.Now().In(l.Zone).Year() {
		return T(ctx, "time.date", dateArgs(ctx, t)...)
	}
	return T(ctx, "time.date_year", dateArgs(ctx, t)...)
}

// Day writes a day in full, as a heading: "Saturday, 18 April 2026", 「2026 年 4 月 18 日 星期六」.
func Day(ctx context.Context, t time.Time) string {
	return T(ctx, "time.day", dateArgs(ctx, t.In(From(ctx).Zone))...)
}

//i18n:uses time.month.*
//i18n:uses time.month_short.*
//i18n:uses time.weekday.*
func dateArgs(ctx context.Context, t time.Time) []any {
	month := strconv.Itoa(int(t.Month()))
	return []any{
		"year", strconv.Itoa(t.Year()),
		"month", T(ctx, "time.month."+month),
		"mon", T(ctx, "time.month_short."+month),
		"day", strconv.Itoa(t.Day()),
		"weekday", T(ctx, "time.weekday."+strconv.Itoa(int(t.Weekday()))),
	}
}

// Clock writes the time of day to the second, "15:42:07".
func Clock(ctx context.Context, t time.Time) string {
	return t.In(From(ctx).Zone).Format("15:04:05")
}

// Full writes the whole moment with its offset, "2026-04-18 15:41:22 UTC+8", for titles and details.
func Full(ctx context.Context, t time.Time) string {
	t = t.In(From(ctx).Zone)
	return t.Format("2006-01-02 15:04:05 ") + offset(t)
}

func offset(t time.Time) string {
	_, seconds := t.Zone()
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	if seconds == 0 {
		return "UTC"
	}
	s := "UTC" + sign + strconv.Itoa(seconds/3600)
	if m := seconds % 3600 / 60; m > 0 {
		s += ":" + twoDigits(int64(m))
	}
	return s
}

// ISO writes the moment for the datetime attribute of time elements.
func ISO(ctx context.Context, t time.Time) string {
	return t.In(From(ctx).Zone).Format(time.RFC3339)
}

// shortUnits are what large numbers are counted in, the largest first.
var shortUnits = map[Lang][]struct {
	size float64
	name string
}{
	English: {{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}},
	Chinese: {{1e12, " 万亿"}, {1e8, " 亿"}, {1e4, " 万"}},
}

// Short writes a number in few characters, for the axes of charts: "1,250", "12.5K", "3M"; 中文「1.25 万」「3 亿」.
func Short(ctx context.Context, n float64) string {
	if size := math.Abs(n); size >= 10_000 {
		for _, u := range shortUnits[From(ctx).Lang] {
			if size >= u.size {
				n = math.Round(n/u.size*100) / 100
				if math.Abs(n) >= 1000 {
					return group(int64(n)) + u.name
				}
				return strconv.FormatFloat(n, 'f', -1, 64) + u.name
			}
		}
	}
	return group(int64(math.Round(n)))
}

// Signed writes a difference with its sign: "+1,284", "−3", "0".
func Signed[I Integer](_ context.Context, n I) string {
	switch v := int64(n); {
	case v > 0:
		return "+" + group(v)
	case v < 0:
		return "−" + strings.TrimPrefix(group(v), "-")
	}
	return "0"
}

// SignedPercent writes a part of 1 as a difference in percent: "+12.3%", "−4%". Beyond a thousandfold it is "> +99,900%".
func SignedPercent(_ context.Context, f float64) string {
	sign := ""
	switch {
	case f > 0:
		sign = "+"
	case f < 0:
		sign = "−"
	}
	p := math.Round(math.Abs(f)*1000) / 10
	switch {
	case p == 0:
		return "0%"
	case p > 99_900:
		return "> " + sign + "99,900%"
	case p >= 100:
		return sign + group(int64(math.Round(p))) + "%"
	}
	return sign + strconv.FormatFloat(p, 'f', -1, 64) + "%"
}
