package templates_test

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"imdesk/web/static"
)

var (
	iconUse  = regexp.MustCompile(`\bIcon(?:Small)?\("([a-z]+)"\)|\bIcon:\s*"([a-z]+)"`)
	iconMade = regexp.MustCompile(`<symbol id="([a-z]+)"`)
)

// An icon that does not exist draws nothing and says nothing.
func TestEveryIconExists(t *testing.T) {
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest("GET", static.URL("icons.svg"), nil))
	icons := map[string]bool{"": true}
	for _, m := range iconMade.FindAllStringSubmatch(w.Body.String(), -1) {
		icons[m[1]] = true
	}
	uses := 0
	for _, dir := range []string{".", filepath.Join("..", "..", "handlers")} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".templ") {
				return err
			}
			source, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			for _, m := range iconUse.FindAllStringSubmatch(string(source), -1) {
				uses++
				if icon := m[1] + m[2]; !icons[icon] {
					t.Errorf("%s: no icon %s", name, icon)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if uses < 50 {
		t.Errorf("found only %d icons in the sources", uses)
	}
}

// What hx- attributes would run as a script is stopped by the policy, so none may be written.
func TestTemplatesKeepThePolicy(t *testing.T) {
	bad := regexp.MustCompile(`\bhx-on|js:|javascript:|\bstyle=|hx-trigger="[^"]*\[|templ\.Raw|hx-boost`)
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := bad.Find(source); found != nil {
			t.Errorf("%s has %s", name, found)
		}
	}
}
