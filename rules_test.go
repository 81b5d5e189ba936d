package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/store"
)

// TestRulesTest tries rules of a file, and those that come with the console, on texts.
func TestRulesTest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("[[rule]]\nname = \"swearing\"\nstate = \"draft\"\noutcome = \"reject\"\nwhen = { words = [\"darn\"] }\n")
	tests := []struct {
		name, stdin string
		args        []string
		code        int
		want        string
	}{
		{"a text", "", []string{file, "well, d.a.r.n it"}, 0, "well, [d.a.r.n] it\n  swearing (draft): reject, score 50; words: d.a.r.n\n"},
		{"lines of standard input", "fine\r\nDARN\n", []string{file}, 0, "fine\n  no rule holds\n[DARN]\n  swearing"},
		{"the rules to begin with", "", []string{"starter", "加V信 hx88291"}, 0, "[加V信] [hx88291]\n  off-platform (shadow): reject"},
		{"no file", "", []string{file + "x", "a"}, 2, "cannot read"},
		{"no arguments", "", nil, 2, "rules test takes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, out, errs := runCommand(t, test.stdin, append([]string{"rules", "test"}, test.args...)...)
			if code != test.code || !strings.Contains(out+errs, test.want) {
				t.Errorf("code %d, %q, %q; want %d, %q", code, out, errs, test.code, test.want)
			}
		})
	}
	t.Run("export and import", func(t *testing.T) {
		data := t.TempDir()
		code, out, errs := runCommand(t, "", "rules", "import", file, "--data", data)
		if code != 0 || !strings.Contains(out, "1 rules and lists are new or changed") {
			t.Fatalf("import: %d %q %q", code, out, errs)
		}
		if code, out, errs = runCommand(t, "", "rules", "import", file, "--data", data); code != 0 || !strings.Contains(out, "0 rules") {
			t.Errorf("again: %d %q %q", code, out, errs)
		}
		_, exported, _ := runCommand(t, "", "rules", "export", "--data", data)
		if !strings.Contains(exported, "name = 'swearing'") {
			t.Errorf("exported %q", exported)
		}
		held := filepath.Join(data, "held.toml")
		if err := os.WriteFile(held, []byte("[[rule]]\nname = \"h\"\nstate = \"live\"\noutcome = \"hold\"\nwhen = { words = [\"x\"] }\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs = runCommand(t, "", "rules", "import", held, "--data", data); code != 0 || !strings.Contains(out, "1 rules and lists") {
			t.Errorf("a rule that holds: %d %q %q", code, out, errs)
		}
		hit := store.RuleHit{At: time.Now(), App: "demo", Group: "g1", Sender: "ann", Rule: "swearing", Quiet: true, Outcome: "reject", Text: "darn"}
		st, err := store.Open(t.Context(), filepath.Join(data, "imdesk.db"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(st.Rules.AddHits(t.Context(), []store.RuleHit{hit}), st.Close()); err != nil {
			t.Fatal(err)
		}
		if code, out, _ = runCommand(t, "", "rules", "caught", "--data", data); code != 0 || !strings.HasPrefix(out, "swearing: 0 in force, 1 in the shadow, the last ") {
			t.Errorf("caught: %d %q", code, out)
		}
		if _, out, _ = runCommand(t, "", "rules", "caught", "swearing", "--data", data); !strings.Contains(out, ` demo g1 ann: reject (shadow), "darn"; done: {}`) {
			t.Errorf("caught by a rule: %q", out)
		}
	})
	write("[[rule]]\nname = \"a\"\nstate = \"live\"\noutcome = \"reject\"\nwhen = { patterns = [\"a(\"] }\n")
	if code, _, errs := runCommand(t, "", "rules", "test", file, "x"); code != 2 || !strings.Contains(errs, "line 5, column 23") {
		t.Errorf("code %d, %q", code, errs)
	}
}
