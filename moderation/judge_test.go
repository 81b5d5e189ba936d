package moderation

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// compile reads and compiles rules.
func compile(t testing.TB, text string) *Set {
	t.Helper()
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compile(f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func say(text string) *Message {
	return &Message{App: "demo", Group: "g", GroupType: "Public", Sender: "ann", At: noon, Texts: []string{text}, Types: []string{"text"}}
}

// marked shows the places of a verdict's first check in brackets.
func marked(m *Message, v Verdict) string {
	if len(v.Checks) == 0 {
		return ""
	}
	text := m.Text()
	var b strings.Builder
	at := 0
	for _, s := range Merge(v.Checks[0].Reasons) {
		b.WriteString(text[at:s.From] + "[" + text[s.From:s.To] + "]")
		at = s.To
	}
	return b.String() + text[at:]
}

const evasionRules = `
[[list]]
name = "bad"
terms = ["fuck*", "shit", "ass", "viagra", "加微信", "傻逼", "法轮", "ばか", "개새끼", "сука", "kill yourself"]
allow = ["shit happens"]

[[rule]]
name = "bad"
state = "live"
outcome = "flag"
when = { lists = ["bad"] }
`

// TestEvasion is the table of docs/moderation.md: what is caught, where, and what is not.
func TestEvasion(t *testing.T) {
	s := compile(t, evasionRules)
	tests := []struct{ name, text, want string }{
		{"plain", "what the fuck", "what the [fuck]"},
		{"upper case", "FUCK this", "[FUCK] this"},
		{"longer word with a star", "fucking hell", "[fucking] hell"},
		{"several words", "go kill yourself now", "go [kill yourself] now"},
		{"full width", "ｓｈｉｔ", "[ｓｈｉｔ]"},
		{"mathematical letters", "𝓼𝓱𝓲𝓽 𝔰𝔥𝔦𝔱", "[𝓼𝓱𝓲𝓽] [𝔰𝔥𝔦𝔱]"},
		{"letters in circles", "ⓢⓗⓘⓣ", "[ⓢⓗⓘⓣ]"},
		{"accents", "shít", "[shít]"},
		{"piled accents", "s\u0336h\u0336i\u0336t\u0336", "[s\u0336h\u0336i\u0336t\u0336]"},
		{"Cyrillic look-alikes", "vi\u0430gr\u0430", "[vi\u0430gr\u0430]"},
		{"Greek look-alikes", "viαgra", "[viαgra]"},
		{"zero-width", "sh\u200bi\u200dt", "[sh\u200bi\u200dt]"},
		{"soft hyphen", "sh\u00adit", "[sh\u00adit]"},
		{"right-to-left marks", "\u202eshit\u202c", "\u202e[shit]\u202c"},
		{"digits for letters", "sh1t fuck3r", "[sh1t] [fuck3r]"},
		{"spaced out", "f u c k you", "[f u c k] you"},
		{"dotted", "s.h.i.t", "[s.h.i.t]"},
		{"dashed", "v-i-a-g-r-a", "[v-i-a-g-r-a]"},
		{"letters repeated", "shiiiiit", "[shiiiiit]"},
		{"letters repeated where two are right", "asssss", "[asssss]"},
		{"Chinese", "大家加微信吧", "大家[加微信]吧"},
		{"traditional", "傻逼 法輪", "[傻逼] [法輪]"},
		{"Chinese spaced out", "加 微 信", "[加 微 信]"},
		{"Chinese with one sign", "加微*信", "[加微*信]"},
		{"Chinese with emoji between", "加🌟微🌟信", "[加🌟微🌟信]"},
		{"Chinese zero-width", "加\u200b微\u2060信", "[加\u200b微\u2060信]"},
		{"compatibility characters", "加微信 \U0002F81A", "[加微信] \U0002F81A"},
		{"half-width kana with voicing", "ﾊﾞｶ", ""},
		{"kana", "おばか", "お[ばか]"},
		{"Hangul in parts", "\u1100\u1162\u1109\u1162\u1101\u1175", "[\u1100\u1162\u1109\u1162\u1101\u1175]"},
		{"Russian", "ты Сука", "ты [Сука]"},
		{"allowed around it", "well, shit happens", ""},

		{"not caught: pinyin", "jia wei xin", ""},
		{"not caught: a letter left out", "sht", ""},
		{"not caught: a letter starred", "f*ck", ""},
		{"not caught: another word for it", "加威", ""},
		{"not caught: characters taken apart", "力口微信", ""},
		{"not caught: backwards", "kcuf", ""},
		{"not caught: mostly digits", "5h17", ""},
		{"not caught: only one space", "加微 信", ""},
		{"not caught: word cut in two", "via gra", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := say(test.text)
			if got := marked(m, s.Judge(m, nil, false)); got != test.want {
				t.Errorf("%q: marked %q, want %q", test.text, got, test.want)
			}
		})
	}
}

// TestFalseFriends holds what looks like a hit to rules that are hasty, and costs nothing here.
func TestFalseFriends(t *testing.T) {
	lists := compile(t, evasionRules)
	starters := Starter()
	for i := range starters.Rules {
		starters.Rules[i].State = Live
	}
	start, err := Compile(starters)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"I live in Scunthorpe", "Penistone and Clitheroe", "192.168.1.50", "http server on 10.0.0.1:8080", "class assignment", "pass the glass", "Mass effect",
		"a Samsung A55 phone", "assassin's creed", "Nigeria and Niger", "diabetes", "公安局长", "公安局长来了", "颜色，情况不错", "shiitake mushrooms", "the cockpit", "Sussex and Essex",
		"as s.o.o.n as possible", "basement", "version 1.2.3 of go1.26.8", "e.g. this", "main.go and setup.py", "12:30-14:00", "order 20261121123456",
		"加油，微笑，信心", "我加班，微有点累，信不信由你", "他的微信不回", "明天下午3点在公园见", "call me at noon", "class-hit music", "一二三四五六七", "price is $5.99!", "C++17 and 100% sure!!!",
		"MacBook 2026 pro", "2026-11-21 12:00", "user@host", "a: b; c", "Dickens wrote it", "Hancock", "sextant", "peacock", "Matsushita", "analysis", "hello!!!", "sooooo cool", "coooool",
	} {
		for name, s := range map[string]*Set{"list": lists, "starter": start} {
			if v := s.Judge(say(text), nil, false); len(v.Checks) > 0 {
				t.Errorf("%s: %q is hit by %s: %s", name, text, v.Checks[0].Rule, marked(say(text), v))
			}
		}
	}
}
