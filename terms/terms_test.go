package terms

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"Refund, please!":        "refund please",
		"退款申请":                   "退 退款 款申 申请 请 § §退 §款 §申 §请",
		"退 款":                    "退 款 § §退 §款",
		"我要refund退款2次":           "我 我要 要 refund 退 退款 款 2 次 § §我 §要 §退 §款 §次",
		"ＦＵＬＬ ｗｉｄｔｈ":             "full width",
		"Café CAFÉ cafe\u0301":   "cafe cafe cafe",
		"カラー":                    "カ カラ ラー ー § §カ §ラ §ー",
		"ﾊﾝｶｸ":                   "ハ ハン ンカ カク ク § §ハ §ン §カ §ク",
		"a\u200bb":               "ab",
		"user_name@example.com":  "user name example com",
		"한국어 검색":                 "한국어 검색",
		"مرحبا بك":               "مرحبا بك",
		"🙂👨‍👩‍👧":                 "",
		"1691070514797524328":    "1691070514797524328",
		strings.Repeat("x", 100): strings.Repeat("x", 64),
	} {
		if got := strings.Join(Of(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if n := len(Of(strings.Repeat("a ", 2*Max))); n != Max {
		t.Errorf("%d words of a very long text", n)
	}
}

func TestPhraseOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"退款": "退款", "退": "§退", "退款 refund": "退款 款 refund", "refund 退": "refund 退", "refund退款": "refund 退 退款", "退 款": "退 款", "a 退款 b": "a 退 退款 款 b",
		"a 退 b": "a 退 b", "Hello World": "hello world", "款 a": "款 a", "…": "-",
	} {
		p, ok := PhraseOf(text)
		got := strings.Join(p.Words, " ")
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, what string
		at         int
	}{
		{"a concat cat", "cat", 9}, {"退款申请", "款申", 1}, {"refund退款", "refund", 0}, {"refunds", "refund", -1}, {"Éclair", "eclair", 0}, {"x", "yy", -1},
	} {
		if got := Parts(tt.what)[0].Find([]rune(Fold(tt.text)), 0); got != tt.at {
			t.Errorf("%q in %q: %d, want %d", tt.what, tt.text, got, tt.at)
		}
	}
}

// Whatever is written, the words hold letters and digits only: databases read what is around them.
func FuzzOf(f *testing.F) {
	for _, s := range []string{"a", "退款'\"", "\\ : * & | ! ( )", "\x00\xff", "é§"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, _ := PhraseOf(s)
		for _, w := range slices.Concat(Of(s), p.Words) {
			if c, alone := strings.CutPrefix(w, gap); alone && utf8.RuneCountInString(c) < 2 {
				w = "x" + c
			}
			if w == "" || strings.ContainsAny(w, " \t\n\x00'\"\\:*&|!()<>§-") || strings.ToValidUTF8(w, "") != w {
				t.Errorf("%q: %q", s, w)
			}
		}
	})
}
