package templates

import (
	"strings"
	"testing"
)

func TestInitials(t *testing.T) {
	for _, tt := range []struct{ name, id, want string }{
		{"Raka Pratama", "", "RP"},
		{"tix_tony", "", "TT"},
		{"raka", "", "R"},
		{"林晚", "", "林"},
		{"Mei Lin 林梅", "", "ML"},
		{"Mei 林梅", "", "M"},
		{"يوسف الحسيني", "", "ي"},
		{"김서연", "", "김"},
		{"O’Brien", "", "O"},
		{"🎁🎁 福利", "", "福"},
		{"7 dwarfs", "", "7"},
		{"🎁", "u_77", "U"},
		{"", "@TGS#1", "T"},
		{"", "", "?"},
		{"a\u0301b c", "", "AC"},
	} {
		if got := initials(tt.name, tt.id); got != tt.want {
			t.Errorf("%q, %q: got %q, want %q", tt.name, tt.id, got, tt.want)
		}
	}
}

func TestHueBelongsToTheID(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200 {
		id := strings.Repeat("x", i)
		h := hue(id)
		if h != hue(id) || len(h) != 1 || h < "1" || h > "8" {
			t.Fatalf("hue of %d x: %q", i, h)
		}
		seen[h] = true
	}
	if len(seen) != hues {
		t.Errorf("only %d of %d colours are used", len(seen), hues)
	}
}

func TestKeycaps(t *testing.T) {
	for key, want := range map[string]string{
		"m": "m", "Shift+K": "⇧K", "Control+Enter": "Ctrl ↵", "Control+K": "Ctrl K", "g o": "g o", "Escape": "Esc",
		"Shift+ArrowDown": "⇧↓", "/": "/", "?": "?",
	} {
		if got := strings.Join(keycaps(key), " "); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}

func TestSentencesAreJoined(t *testing.T) {
	for want, sentences := range map[string][]string{
		"A. B.": {"A.", "", "B."}, "甲。乙。": {"甲。", "乙。"}, "": {"", ""}, "A.": {"", "A."},
	} {
		if got := join(sentences...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
