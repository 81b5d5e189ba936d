// Package golden compares rendered components with files, one tag a line, so that a change of markup is
// read in a diff. Run the tests with -update to rewrite the files.
package golden

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Now is the present moment in golden files: 15:42:08 on Saturday, 18 April 2026, in UTC+8.
var Now = time.Date(2026, time.April, 18, 15, 42, 8, 0, time.FixedZone("UTC+8", 8*60*60))

// Context is a context in which it is Now and lang is spoken.
func Context(lang i18n.Lang) context.Context {
	return i18n.With(context.Background(), i18n.Locale{
		Lang: lang, Zone: Now.Location(), Now: func() time.Time { return Now },
	})
}

// HTML renders c in English and compares it with testdata/NAME.html.
func HTML(t testing.TB, name string, c templ.Component) {
	t.Helper()
	compare(t, name, Render(t, i18n.English, c))
}

// Both is HTML in English, and in Chinese with testdata/NAME_zh.html.
func Both(t testing.TB, name string, c templ.Component) {
	t.Helper()
	HTML(t, name, c)
	compare(t, name+"_zh", Render(t, i18n.Chinese, c))
}

// Render gives the markup of c in lang. It fails the test for markup that no page may have: a text that
// does not exist, an inline style or script, an id that stands twice.
func Render(t testing.TB, lang i18n.Lang, c templ.Component) string {
	t.Helper()
	var buf bytes.Buffer
	if err := c.Render(Context(lang), &buf); err != nil {
		t.Fatalf("render: %v", err)
	}
	for _, problem := range Problems(buf.String()) {
		t.Error(problem)
	}
	return buf.String()
}

func compare(t testing.TB, name, markup string) {
	t.Helper()
	got := Format(markup)
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs (-file +now):\n%s", file, diff)
	}
}

// voidElements have no end tag.
var voidElements = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true,
	"input": true, "link": true, "meta": true, "source": true, "track": true, "wbr": true,
}

// hashes are what the addresses of static files carry: they change with the files' content.
var hashes = regexp.MustCompile(`(/static/[a-z.-]+)-[0-9a-f]{10}\.(css|js|svg)`)

// Format puts each tag and each text on a line of its own, indented by how deep it stands, and takes the
// hashes from the addresses of static files.
func Format(markup string) string {
	markup = hashes.ReplaceAllString(markup, "$1.$2")
	var out strings.Builder
	depth := 0
	line := func(s string) {
		out.WriteString(strings.Repeat("  ", max(depth, 0)) + s + "\n")
	}
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out.String()
		case html.TextToken:
			if text := strings.Join(strings.Fields(string(z.Raw())), " "); text != "" {
				line(text)
			}
		case html.StartTagToken:
			raw := string(z.Raw())
			name, _ := z.TagName()
			line(strings.Join(strings.Fields(raw), " "))
			if !voidElements[string(name)] {
				depth++
			}
		case html.EndTagToken:
			depth--
			line(string(z.Raw()))
		default:
			line(string(z.Raw()))
		}
	}
}

// Problems are what is wrong with the markup of any page.
func Problems(markup string) []string {
	var problems []string
	if i := strings.Index(markup, i18n.MissingMark); i >= 0 {
		problems = append(problems, "text missing: "+markup[i:min(i+60, len(markup))])
	}
	ids := map[string]bool{}
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return problems
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := z.Token()
		source := false
		for _, a := range token.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				problems = append(problems, "inline "+a.Key+" in <"+token.Data+">")
			case a.Key == "id" && ids[a.Val]:
				problems = append(problems, "id "+a.Val+" stands twice")
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "src":
				source = true
			}
		}
		if token.Data == "style" || token.Data == "script" && !source {
			problems = append(problems, "inline <"+token.Data+">")
		}
	}
}
