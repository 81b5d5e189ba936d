package golden

import (
	"strings"
	"testing"
)

func TestFormatPutsEachTagOnALine(t *testing.T) {
	got := Format("<ul class=\"a\"><li>one  two</li><li><input name=\"x\"/>\n</li></ul>")
	want := strings.Join([]string{
		`<ul class="a">`, `  <li>`, `    one two`, `  </li>`, `  <li>`, `    <input name="x"/>`, `  </li>`, `</ul>`, ``,
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFormatLeavesOutHashes(t *testing.T) {
	if got := Format(`<use href="/static/icons-088fc65692.svg#mute">`); got != "<use href=\"/static/icons.svg#mute\">\n" {
		t.Errorf("got %s", got)
	}
}

func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name, markup, want string
	}{
		{"fine", `<p id="a"><script src="/x.js"></script></p>`, ""},
		{"inline style", `<p style="color:red">`, "inline style in <p>"},
		{"inline handler", `<p onclick="x()">`, "inline onclick in <p>"},
		{"inline script", `<script>x()</script>`, "inline <script>"},
		{"id twice", `<p id="a"></p><p id="a"></p>`, "id a stands twice"},
		{"missing text", `<p>⟦groups.none⟧</p>`, "text missing: ⟦groups.none⟧</p>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(Problems(tt.markup), "; "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
