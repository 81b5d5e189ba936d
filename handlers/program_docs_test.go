package handlers

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/web/i18n"
)

// The document for those who write programs lists the routes that there are, and only codes of errors that there are.
// -update writes the list anew.
func TestProgramRoutesAreDocumented(t *testing.T) {
	t.Parallel()
	const file, head = "../docs/api.md", "The right is what the token needs; the role is the least preset that has it.\n\n"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(raw), head)
	if !found {
		t.Fatalf("%s does not say %q", file, head)
	}
	ctx := i18n.With(context.Background(), i18n.Locale{Lang: i18n.English})
	var list strings.Builder
	list.WriteString("| route | what it does | right | role |\n|---|---|---|---|\n")
	for _, r := range programTable {
		least, _ := auth.Least(r.verb)
		fmt.Fprintf(&list, "| `%s %s` | %s | `%s` | %s |\n", r.method, r.path, i18n.T(ctx, "program.op."+r.op), r.verb, least)
	}
	if want := before + head + list.String(); want != string(raw) {
		if flag.Lookup("update").Value.String() != "true" {
			t.Fatalf("%s is not what the table of the API says; run this test with -update", file)
		}
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	codes := sourcesOfCodes(t)
	for _, m := range regexp.MustCompile("(?m)^\\| \\d+ \\| (`.*?) \\|").FindAllStringSubmatch(before, -1) {
		for _, code := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(m[1], -1) {
			if !strings.Contains(codes, `"`+code[1]+`"`) {
				t.Errorf("no answer has the code %s", code[1])
			}
		}
	}
}

// sourcesOfCodes are the files that name the codes of errors.
func sourcesOfCodes(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, file := range []string{"program.go", "explain.go", "approvals.go"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(raw)
	}
	return all.String()
}
