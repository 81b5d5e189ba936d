package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// keyArgument says, for each function that takes a key, which argument it is. Functions of package
// templates are called without a qualifier in it.
var keyArgument = map[string]int{
	"i18n.T": 1, "i18n.N": 1, "i18n.Parts": 1, "i18n.PartsN": 1, "i18n.Raw": 1, "i18n.Has": 1,
	"T": 1, "N": 1, "Sentence": 0, "SentenceN": 0, "templates.Sentence": 0, "templates.SentenceN": 0,
}

// plural are those of them that read key.one and key.other.
var plural = map[string]bool{"i18n.N": true, "i18n.PartsN": true, "N": true, "SentenceN": true, "templates.SentenceN": true}

// sources is what the program's sources say about keys.
type sources struct {
	used     map[string]string // key: where
	literals map[string]bool   // every string literal, for keys kept in tables and fields
	prefixes []string          // of keys built at run time, declared by //i18n:uses PREFIX*
}

var (
	usesComment = regexp.MustCompile(`^//i18n:uses ([A-Za-z0-9_.-]+)\*$`)
	scriptText  = regexp.MustCompile(`\btext\("([a-z0-9_.]+)"`)
)

func readSources(t *testing.T) sources {
	t.Helper()
	s := sources{used: map[string]string{}, literals: map[string]bool{}}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		switch {
		case d.IsDir() && (base == "testdata" || base == "node_modules" || base == "conformance" || base != ".." && strings.HasPrefix(base, ".")):
			return filepath.SkipDir
		case strings.HasSuffix(base, "_test.go"):
			return nil
		case strings.HasSuffix(base, ".go"):
			s.readGo(t, name)
		case strings.HasSuffix(base, ".js") && filepath.Base(filepath.Dir(name)) == "js":
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			for _, m := range scriptText.FindAllSubmatch(b, -1) {
				s.used["script."+string(m[1])] = name
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sources) readGo(t *testing.T, name string) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Logf("%s is being written: %v", name, err)
		return
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if m := usesComment.FindStringSubmatch(c.Text); m != nil {
				s.prefixes = append(s.prefixes, m[1])
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, ok := literal(n); ok {
				s.literals[text] = true
			}
		case *ast.CallExpr:
			s.readCall(set, n)
		}
		return true
	})
}

func (s *sources) readCall(set *token.FileSet, call *ast.CallExpr) {
	fn := calledName(call.Fun)
	at, ok := keyArgument[fn]
	if !ok || at >= len(call.Args) {
		return
	}
	key, ok := literal(call.Args[at])
	if !ok {
		return
	}
	where := set.Position(call.Pos()).String()
	if plural[fn] {
		s.used[key+".other"] = where
		return
	}
	s.used[key] = where
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// calledName is "f" or "pkg.f", without type arguments.
func calledName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return x.Name + "." + e.Sel.Name
		}
	case *ast.IndexExpr:
		return calledName(e.X)
	}
	return ""
}

func (s *sources) uses(key string) bool {
	base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
	if s.used[key] != "" || s.used[base+".other"] != "" || s.literals[key] || s.literals[base] {
		return true
	}
	return slices.ContainsFunc(s.prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
}

func TestEveryKeyInTheSourcesExists(t *testing.T) {
	s := readSources(t)
	for _, key := range slices.Sorted(maps.Keys(s.used)) {
		for _, lang := range Languages() {
			if _, ok := catalogues()[lang][key]; !ok {
				t.Errorf("%s: %s has no text %s", s.used[key], lang, key)
			}
		}
	}
	for _, p := range s.prefixes {
		exists := false
		for key := range catalogues()[English] {
			exists = exists || strings.HasPrefix(key, p)
		}
		if !exists {
			t.Errorf("no text begins with %s, which a comment declares", p)
		}
	}
}

func TestEveryTextIsUsed(t *testing.T) {
	s := readSources(t)
	for _, key := range slices.Sorted(maps.Keys(catalogues()[English])) {
		if !s.uses(key) {
			t.Errorf("nobody uses %s", key)
		}
	}
}

func TestLanguagesSayTheSame(t *testing.T) {
	en, zh := catalogues()[English], catalogues()[Chinese]
	for key, parts := range en {
		if isSingular(en, key) {
			continue
		}
		other, ok := zh[key]
		if !ok {
			t.Errorf("zh has no %s", key)
			continue
		}
		if a, b := placeholders(parts), placeholders(other); !slices.Equal(a, b) {
			t.Errorf("%s has the placeholders %v in en and %v in zh", key, a, b)
		}
	}
	for key := range zh {
		if _, ok := en[key]; !ok {
			t.Errorf("en has no %s", key)
		}
		if isSingular(zh, key) {
			t.Errorf("zh has no singular, but %s", key)
		}
	}
}

// isSingular reports whether a text is the .one beside an .other.
func isSingular(c catalogue, key string) bool {
	base, one := strings.CutSuffix(key, ".one")
	_, plural := c[base+".other"]
	return one && plural
}

func placeholders(parts []Part) []string {
	var names []string
	for _, p := range parts {
		if p.Placeholder != "" {
			names = append(names, p.Placeholder)
		}
	}
	slices.Sort(names)
	return names
}

// asking takes the character that stands for "please" out of the words in which it does not: apply, invite, request.
var asking = strings.NewReplacer("申请", "申", "邀请", "邀", "请求", "求")

// The rules of wording that a program can check.
func TestWording(t *testing.T) {
	banned := map[Lang]*regexp.Regexp{
		English: regexp.MustCompile(`(?i)!|\bplease\b|\boops\b|successfully|are you sure|["']|\.\.\.`),
		Chinese: regexp.MustCompile(`请|您|成功|哦|踢出|拉黑|！|[,;?!]|\p{Han}[A-Za-z0-9{]|[A-Za-z0-9}]\p{Han}|\.\.\.`),
	}
	for lang, c := range catalogues() {
		for key, parts := range c {
			if bad := banned[lang].FindString(asking.Replace(join(parts))); bad != "" && !mayBeGlued(lang, key, bad) {
				t.Errorf("%s %s says %q: %s", lang, key, bad, join(parts))
			}
		}
	}
}

// mayBeGlued allows a placeholder beside a character: it may stand for Chinese words or for a name.
func mayBeGlued(lang Lang, _, found string) bool {
	return lang == Chinese && (strings.HasSuffix(found, "{") || strings.HasPrefix(found, "}"))
}
