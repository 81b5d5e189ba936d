package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	write("[[rule]]\nname = \"a\"\nstate = \"live\"\noutcome = \"reject\"\nwhen = { patterns = [\"a(\"] }\n")
	if code, _, errs := runCommand(t, "", "rules", "test", file, "x"); code != 2 || !strings.Contains(errs, "line 5, column 23") {
		t.Errorf("code %d, %q", code, errs)
	}
}
