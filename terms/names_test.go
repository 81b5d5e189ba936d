package terms

import (
	"slices"
	"strings"
	"testing"
)

func TestOfNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":         "",
		"Joan":     "joa oan § §j §jo §oa §an",
		"李小龙":      "李小 小龙 § §李 §小 §龙",
		"Al 9":     "§a §al §9",
		"김민수":      "김민 민수 § §김 §민 §수",
		"ｃａｆé退款x1": "caf afe § 退款 § §c §ca §af §fe §退 §款 §x §x1",
		"🎧 …":      "",
	} {
		if got := strings.Join(OfNames(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if n := len(OfNames(strings.Repeat("长名", MaxName))); n > 2*MaxName {
		t.Errorf("%d words of a very long name", n)
	}
}

func TestInName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		part string
		want bool
		name string
	}{
		{"OAN", true, "Joanna"}, {"oa", true, "Joanna"}, {"o", false, "Joanna"}, {"j", true, "Joanna"}, {"小", true, "李小龙"}, {"小龙", true, "李小龙"},
		{"李龙", false, "李小龙"}, {"lee ann", true, "Ann Lee"}, {"annlee", false, "Ann Lee"}, {"４２", true, "user_142"}, {"—", false, "a—b"},
		{"민수", true, "김민수"}, {"cafe", true, "Café 38"}, {"ффе", true, "Каффе"},
	} {
		if got := InName(tt.part, tt.name); got != tt.want {
			t.Errorf("%q in %q: %v", tt.part, tt.name, got)
		}
		if got := inIndex(tt.part, tt.name); got != tt.want {
			t.Errorf("%q by the index of %q: %v", tt.part, tt.name, got)
		}
	}
}

// inIndex is what a full-text index answers.
func inIndex(part string, names ...string) bool {
	in := " " + strings.Join(OfNames(names...), " ") + " "
	phrases := PartsOfName(part)
	return len(phrases) > 0 && !slices.ContainsFunc(phrases, func(p []string) bool { return !strings.Contains(in, " "+strings.Join(p, " ")+" ") })
}

// What the index finds is what a look at the names finds, and its words need no escaping.
func FuzzNames(f *testing.F) {
	f.Add("oan", "Joanna", "u_1")
	f.Add("李", "小李", "9")
	f.Add("§\x00'", "\"a\\", "é")
	f.Fuzz(func(t *testing.T, part, name, id string) {
		if got, want := inIndex(part, name, id), InName(part, name, id); got != want {
			t.Errorf("%q in %q, %q: the index says %v", part, name, id, got)
		}
		for _, w := range OfNames(name, id) {
			if strings.ContainsAny(w, " \t\n\x00'\"\\:*&|!()<>-") || strings.ToValidUTF8(w, "") != w {
				t.Errorf("%q: %q", name, w)
			}
		}
	})
}
