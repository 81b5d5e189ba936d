package i18n

import (
	"context"
	"math"
	"testing"
	"testing/fstest"
	"time"
)

var now = time.Date(2026, time.April, 18, 15, 42, 8, 0, time.FixedZone("", 8*3600))

func in(lang Lang) context.Context {
	return With(context.Background(), Locale{Lang: lang, Zone: now.Location(), Now: func() time.Time { return now }})
}

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		name                    string
		setting, cookie, header string
		want                    Lang
	}{
		{"nothing known", "", "", "", English},
		{"the operator's setting wins", "zh", "en", "en", Chinese},
		{"the cookie comes before the browser", "", "zh", "en-GB,en;q=0.9", Chinese},
		{"the browser's Chinese", "", "", "zh-CN,zh;q=0.9,en;q=0.8", Chinese},
		{"Traditional Chinese is read as Chinese", "", "", "zh-TW", Chinese},
		{"the browser's second choice", "", "", "fr,zh;q=0.5", Chinese},
		{"a language we do not have", "", "", "fr", English},
		{"a broken header", "", "", ";;;q=x", English},
		{"an unknown setting counts as none", "xx", "zh", "", Chinese},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Choose(tt.setting, tt.cookie, tt.header); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		ok         bool
	}{
		{"dotted keys", "a.b = \"x\"\na.c.d = \"y\"", true},
		{"a key of another area", "b.c = \"x\"", false},
		{"a number", "a.b = 3", false},
		{"a key that begins with another", "a.b = \"x\"\na.b.c = \"y\"", true},
		{"a key twice", "a.b = \"x\"\na.b = \"y\"", false},
		{"a table", "[a]\nb = \"x\"", false},
		{"broken TOML", "a.b = ", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(fstest.MapFS{"en/a.toml": {Data: []byte(tt.text)}}, "en")
			if (err == nil) != tt.ok {
				t.Errorf("got %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestTextsFillPlaceholders(t *testing.T) {
	parts := split("{a} of {b}, {not one}, {c")
	got := fill(parts, []any{"a", 1284, "b", "<x>"})
	if want := "1,284 of <x>, {not one}, {c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := join(parts); got != "{a} of {b}, {not one}, {c" {
		t.Errorf("joined again: %q", got)
	}
	if got := fill(parts, nil); got != "⟦a⟧ of ⟦b⟧, {not one}, {c" {
		t.Errorf("without values: %q", got)
	}
}

func TestMissingKeyShowsItself(t *testing.T) {
	if got := T(in(English), "nothing.here"); got != "⟦nothing.here⟧" {
		t.Errorf("got %q", got)
	}
}

func TestPlurals(t *testing.T) {
	for _, tt := range []struct {
		lang Lang
		n    int
		want string
	}{
		{English, 0, "0 days"},
		{English, 1, "1 day"},
		{English, 2, "2 days"},
		{English, 1284, "1,284 days"},
		{Chinese, 1, "1 天"},
		{Chinese, 3, "3 天"},
	} {
		if got := N(in(tt.lang), "time.days", tt.n); got != tt.want {
			t.Errorf("%s %d: got %q, want %q", tt.lang, tt.n, got, tt.want)
		}
	}
}

func TestNumbersAndSizes(t *testing.T) {
	ctx := in(English)
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999", -1234567: "-1,234,567",
	} {
		if got := Int(ctx, n); got != want {
			t.Errorf("Int(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{
		0: "0 B", 214: "214 B", 1023: "1,023 B", 1024: "1 KB", 1536: "1.5 KB", 59392: "58 KB",
		2516582: "2.4 MB", 1048064: "1 MB", 1 << 30: "1 GB", 3 << 40: "3 TB", 5000 << 40: "5000 TB",
	} {
		if got := Bytes(ctx, n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	for _, tt := range []struct {
		d              time.Duration
		en, zh         string
		leftEn, leftZh string
	}{
		{0, "0 seconds", "0 秒", "ended", "已结束"},
		{-time.Hour, "0 seconds", "0 秒", "ended", "已结束"},
		{999 * time.Millisecond, "0 seconds", "0 秒", "ended", "已结束"},
		{time.Second, "1 second", "1 秒", "0:01 left", "剩 0:01"},
		{9*time.Minute + 5*time.Second, "9 minutes 5 seconds", "9 分钟 5 秒", "9:05 left", "剩 9:05"},
		{10 * time.Minute, "10 minutes", "10 分钟", "10 min left", "剩 10 分钟"},
		{time.Hour, "1 hour", "1 小时", "1 h left", "剩 1 小时"},
		{90 * time.Minute, "1 hour 30 minutes", "1 小时 30 分钟", "1 h 30 min left", "剩 1 小时 30 分钟"},
		{24 * time.Hour, "1 day", "1 天", "1 d left", "剩 1 天"},
		{7 * 24 * time.Hour, "7 days", "7 天", "7 d left", "剩 7 天"},
		{148 * time.Hour, "6 days 4 hours", "6 天 4 小时", "6 d 4 h left", "剩 6 天 4 小时"},
	} {
		for _, c := range []struct{ what, got, want string }{
			{"Duration en", Duration(in(English), max(tt.d, 0)), tt.en},
			{"Duration zh", Duration(in(Chinese), max(tt.d, 0)), tt.zh},
			{"Left en", Left(in(English), tt.d), tt.leftEn},
			{"Left zh", Left(in(Chinese), tt.d), tt.leftZh},
		} {
			if c.got != c.want {
				t.Errorf("%s of %s: got %q, want %q", c.what, tt.d, c.got, c.want)
			}
		}
	}
}

func TestTimes(t *testing.T) {
	type texts struct{ ago, when string }
	for _, tt := range []struct {
		name   string
		t      time.Time
		en, zh texts
	}{
		{"this moment", now, texts{"just now", "today 15:42"}, texts{"刚刚", "今天 15:42"}},
		{"a clock that is ahead", now.Add(30 * time.Second), texts{"just now", "today 15:42"}, texts{"刚刚", "今天 15:42"}},
		{"minutes", now.Add(-3 * time.Minute), texts{"3 min ago", "today 15:39"}, texts{"3 分钟前", "今天 15:39"}},
		{"hours, over midnight", now.Add(-20 * time.Hour), texts{"20 h ago", "yesterday 19:42"}, texts{"20 小时前", "昨天 19:42"}},
		{"a day is a date", now.Add(-24 * time.Hour), texts{"17 Apr", "yesterday 15:42"}, texts{"4 月 17 日", "昨天 15:42"}},
		{"another year", now.AddDate(-2, 7, -16), texts{"2 Nov 2024", "2 Nov 2024 15:42"}, texts{"2024 年 11 月 2 日", "2024 年 11 月 2 日 15:42"}},
		{"tomorrow", now.Add(24 * time.Hour), texts{"tomorrow 15:42", "tomorrow 15:42"}, texts{"明天 15:42", "明天 15:42"}},
		{"another zone", now.Add(9 * time.Hour).UTC(), texts{"tomorrow 00:42", "tomorrow 00:42"}, texts{"明天 00:42", "明天 00:42"}},
		{"later this year", now.AddDate(0, 1, 0), texts{"18 May 15:42", "18 May 15:42"}, texts{"5 月 18 日 15:42", "5 月 18 日 15:42"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (texts{Ago(in(English), tt.t), When(in(English), tt.t)}); got != tt.en {
				t.Errorf("en: got %q, want %q", got, tt.en)
			}
			if got := (texts{Ago(in(Chinese), tt.t), When(in(Chinese), tt.t)}); got != tt.zh {
				t.Errorf("zh: got %q, want %q", got, tt.zh)
			}
		})
	}
}

func TestWholeMoments(t *testing.T) {
	zone := func(hours, minutes int) *time.Location { return time.FixedZone("", hours*3600+minutes*60) }
	for _, tt := range []struct{ got, want string }{
		{Full(in(English), now), "2026-04-18 15:42:08 UTC+8"},
		{ISO(in(English), now.UTC()), "2026-04-18T15:42:08+08:00"},
		{Clock(in(English), now.UTC()), "15:42:08"},
		{Day(in(English), now), "Saturday, 18 April 2026"},
		{Day(in(Chinese), now), "2026 年 4 月 18 日 星期六"},
		{offset(now.In(zone(0, 0))), "UTC"},
		{offset(now.In(zone(-3, -30))), "UTC-3:30"},
		{offset(now.In(zone(5, 45))), "UTC+5:45"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestShort(t *testing.T) {
	for n, want := range map[float64][2]string{
		0: {"0", "0"}, 9_999: {"9,999", "9,999"}, 12_500: {"12.5K", "1.25 万"}, 250_000: {"250K", "25 万"}, 1_000_000: {"1M", "100 万"},
		250_000_000: {"250M", "2.5 亿"}, 3e9: {"3B", "30 亿"}, 1.5e12: {"1.5T", "1.5 万亿"}, 9.5e18: {"9,500,000T", "9,500,000 万亿"}, -20_000: {"-20K", "-2 万"},
	} {
		if got := [2]string{Short(in(English), n), Short(in(Chinese), n)}; got != want {
			t.Errorf("%v: got %q, want %q", n, got, want)
		}
	}
}

func TestSigned(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 1284: "+1,284", -3: "−3", math.MinInt64: "−9,223,372,036,854,775,808"} {
		if got := Signed(in(English), n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	for f, want := range map[float64]string{0: "0%", 0.123: "+12.3%", -0.04: "−4%", 2.5: "+250%", 12.84: "+1,284%", 5000: "> +99,900%", -0.0004: "0%"} {
		if got := SignedPercent(in(English), f); got != want {
			t.Errorf("%v: got %q, want %q", f, got, want)
		}
	}
}
