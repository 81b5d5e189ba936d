package moderation

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// checkFolded holds that every rune knows whole characters of the original, in order.
func checkFolded(t *testing.T, f *Folded) {
	t.Helper()
	for i := range f.Runes {
		from, to := int(f.From[i]), int(f.To[i])
		if from < 0 || from >= to || to > len(f.Text) || !boundary(f.Text, from) || !boundary(f.Text, to) {
			t.Fatalf("%q: rune %d stands for bytes %d to %d", f.Text, i, from, to)
		}
		if i > 0 && f.From[i] < f.From[i-1] {
			t.Fatalf("%q: rune %d begins at %d, before the one before it at %d", f.Text, i, from, f.From[i-1])
		}
	}
}

// boundary reports whether a byte begins a rune, or is the end. Bytes that are no UTF-8 are runes of their own.
func boundary(s string, at int) bool {
	for i := range s {
		if i == at {
			return true
		}
	}
	return at == len(s)
}

func TestFold(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"case and width", "ＡbC　ｄ", "abc d"},
		{"accents", "Ñandú Crème", "nandu creme"},
		{"ligatures", "ﬁne ㎏", "fine kg"},
		{"sharp s", "Straße", "strasse"},
		{"traditional", "國際貿易", "国际贸易"},
		{"circled", "①⑳ Ⓐ", "120 a"},
		{"invisible", "a\u200b\u2060\ufeff\u00adb", "ab"},
		{"variation selectors", "❤\ufe0f", "❤"},
		{"tags", "a\U000E0061b", "ab"},
		{"line ends", "a\r\nb", "a  b"},
		{"no UTF-8", "a\xffb", "a\uFFFDb"},
		{"digits stay", "0123456789", "0123456789"},
		{"plane 2", "𠮷", "𠮷"},
		{"beyond the tables", "\U00030000", "\U00030000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := Fold(test.in)
			if f.String() != test.want {
				t.Errorf("folded to %q, want %q", f.String(), test.want)
			}
			checkFolded(t, f)
		})
	}
}

// FuzzFold holds the property for any bytes, in every disguise that is looked through, and that folding again changes nothing.
func FuzzFold(f *testing.F) {
	for _, s := range []string{
		"f u c k", "加*微*信", "sh1t!!", "aaaa", "バカ", "ﾊﾞｶ", "a\u0301\u0301b", "\u3099", "각", "\u1161", "İ", "ß", "\xff\xfe", "👩‍👩‍👧", "\u202e.a. b .c", "a - b", "㍿㌀", "𝔰𝔥𝔦𝔱",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		for _, d := range folded.disguises() {
			checkFolded(t, d)
		}
		if utf8.ValidString(s) {
			if again := Fold(folded.String()).String(); again != folded.String() && !strings.ContainsFunc(folded.String(), joins) {
				t.Errorf("%q folds to %q, and that to %q", s, folded.String(), again)
			}
		}
	})
}

// FuzzJudge holds that whatever is said, places are whole characters, and stars leave the rest as it is.
func FuzzJudge(f *testing.F) {
	file := Starter()
	for i := range file.Rules {
		file.Rules[i].State, file.Rules[i].Outcome = Live, Flag
	}
	s, err := Compile(file)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"加v信 hx88291 http://a.com/x", "f.u.c.k 13800138000", "qq:123456 @@@ t.me/abc", "SHOUTING SHOUTING SHOUTING!", "mіxed wоrds", "\xff傻逼\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := say(text)
		v := s.Judge(m, nil, false)
		for _, c := range v.Checks {
			for _, r := range c.Reasons {
				for _, span := range r.Spans {
					if span.From >= span.To || !boundary(m.Text(), span.From) || !boundary(m.Text(), span.To) {
						t.Fatalf("%q: %s of %s at %v", text, r.Check, c.Rule, span)
					}
				}
			}
			if masked := mask(m.Texts, c.Reasons)[0]; utf8.ValidString(text) && utf8.RuneCountInString(masked) != utf8.RuneCountInString(text) {
				t.Fatalf("%q with stars is %q", text, masked)
			}
		}
	})
}
