package moderation

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rule is a whole file around a condition.
func ruleWith(when string) string {
	return "[[rule]]\nname = \"r\"\nstate = \"live\"\noutcome = \"flag\"\nwhen = " + when + "\n"
}

// TestMistakes holds that what is wrong in a file is refused, and where it is said to be.
func TestMistakes(t *testing.T) {
	good := ruleWith(`{ words = ["x"] }`)
	tests := []struct {
		name, text   string
		line, column int
		want         string
	}{
		{"no TOML", "[[rule]\n", 1, 0, ""},
		{"unknown key", good + "colour = \"red\"\n", 6, 1, "unknown key colour"},
		{"unknown condition", ruleWith(`{ wrods = ["x"] }`), 5, 10, "unknown key wrods"},
		{"a number for a text", "[[rule]]\nname = 7\n", 2, 8, ""},
		{"name", strings.Replace(good, `"r"`, `"R 1"`, 1), 2, 9, `rule "R 1"`},
		{"two of a name", good + good, 2, 8, "two rules"},
		{"state", strings.Replace(good, "live", "alive", 1), 3, 10, `state "alive" is none of draft`},
		{"outcome", strings.Replace(good, "flag", "hang", 1), 4, 12, `outcome "hang"`},
		{"no condition", strings.Replace(good, `when = { words = ["x"] }`, "", 1), 2, 8, "needs a condition"},
		{"empty condition", ruleWith(`{ any = [ {}, { link = true } ] }`), 2, 8, "asks for nothing"},
		{"pattern", good + strings.Replace(ruleWith(`{ patterns = ["ab", "a(b"] }`), `"r"`, `"s"`, 1), 10, 29, `pattern "a(b"`},
		{"pattern of anything", ruleWith(`{ patterns = ["a*"] }`), 5, 23, "finds every message"},
		{"unknown list", ruleWith(`{ lists = ["none"] }`), 5, 20, `no list "none"`},
		{"length", ruleWith(`{ repeats = 2, within = "soon" }`), 5, 32, "no length of time"},
		{"too far back", ruleWith(`{ repeats = 2, within = "2h" }`), 2, 8, "within = 2h"},
		{"code", good + "code = 20000\n", 2, 8, "code = 20000"},
		{"hours", good + "hours = \"25:00\"\n", 6, 10, `hours "25:00"`},
		{"zone", good + "zone = \"Mars\"\n", 6, 9, `zone "Mars"`},
		{"canary without a part", strings.Replace(good, `"live"`, `"canary"`, 1), 2, 8, "canary = 0"},
		{"mute step", good + "then = { mute = [\"1y\"] }\n", 6, 19, `mute step "1y"`},
		{"warning without words", good + "then = { mute = [\"warn\"] }\n", 2, 8, "notify_author"},
		{"script", ruleWith(`{ scripts = ["Klingon"] }`), 5, 22, `script "Klingon"`},
		{"contact", ruleWith(`{ contact = ["fax"] }`), 5, 22, `contact "fax"`},
		{"term of nothing", "[[list]]\nname = \"l\"\nterms = [\"ok\", \"**\"]\n", 3, 17, "nothing to look for"},
		{"too deep", ruleWith(strings.Repeat("{ not = ", 8) + "{ link = true }" + strings.Repeat(" }", 8)), 2, 8, "more than 6 deep"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse([]byte(test.text))
			var m *Mistake
			if !errors.As(err, &m) {
				t.Fatalf("error %v, want a mistake", err)
			}
			if !strings.Contains(m.Error(), test.want) || m.Line != test.line || test.column > 0 && m.Column != test.column {
				t.Errorf("got %q at %d:%d, want %q at %d:%d", m.Error(), m.Line, m.Column, test.want, test.line, test.column)
			}
		})
	}
}

// TestRoundTrip holds that what is written out reads back the same.
func TestRoundTrip(t *testing.T) {
	for name, f := range map[string]File{"starter": Starter(), "empty": {}} {
		b, err := Format(f)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(b)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, b)
		}
		if d := cmp.Diff(f, again); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(starter)
	f.Add([]byte(ruleWith(`{ any = [ { words = ["x"] } ], not = { emoji = 3 } }`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Parse(b)
		if err != nil {
			var m *Mistake
			if !errors.As(err, &m) || m.Text == "" {
				t.Fatalf("error %v", err)
			}
			return
		}
		if _, err := Compile(file); err != nil {
			t.Fatalf("parsed, and not compiled: %v", err)
		}
	})
}
