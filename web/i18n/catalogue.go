package i18n

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

//go:embed en/*.toml zh/*.toml
var files embed.FS

// MissingMark begins what is shown for a key without a text. Tests look for it in rendered pages.
const MissingMark = "⟦"

// Part is a piece of a text: either words or the name of a placeholder.
type Part struct {
	Words       string
	Placeholder string // "" for words
}

// catalogue is one language's texts, by full key.
type catalogue map[string][]Part

var catalogues = sync.OnceValue(func() map[Lang]catalogue {
	all := map[Lang]catalogue{}
	for _, l := range Languages() {
		c, err := load(files, string(l))
		if err != nil {
			panic("i18n: " + err.Error()) // embedded at build time and read by every test
		}
		all[l] = c
	}
	return all
})

// bareKey is a key at the beginning of a line. TOML would make tables of its dots, and then a key could
// not begin with another one; quoted, the file is as flat as it looks.
var bareKey = regexp.MustCompile(`(?m)^([A-Za-z0-9_.-]+)([ \t]*=)`)

// load reads all files of a folder. Each key of AREA.toml must begin with "AREA.", so that a key
// cannot stand in two files and is found at once.
func load(fsys fs.FS, dir string) (catalogue, error) {
	names, err := fs.Glob(fsys, dir+"/*.toml")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	c := catalogue{}
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		var texts map[string]string
		if err := toml.Unmarshal(bareKey.ReplaceAll(b, []byte(`"$1"$2`)), &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		area := strings.TrimSuffix(path.Base(name), ".toml") + "."
		for key, text := range texts {
			if !strings.HasPrefix(key, area) {
				return nil, fmt.Errorf("%s: key %s does not begin with %s", name, key, area)
			}
			c[key] = split(text)
		}
	}
	return c, nil
}

// split cuts a text at its placeholders. A brace that is not part of one stays as it is.
func split(text string) []Part {
	var parts []Part
	for text != "" {
		start := strings.IndexByte(text, '{')
		end := -1
		if start >= 0 {
			end = strings.IndexByte(text[start:], '}')
		}
		if end < 0 || !isName(text[start+1:start+end]) {
			cut := len(text)
			if end >= 0 {
				cut = start + 1
			}
			parts = append(parts, Part{Words: text[:cut]})
			text = text[cut:]
			continue
		}
		if start > 0 {
			parts = append(parts, Part{Words: text[:start]})
		}
		parts = append(parts, Part{Placeholder: text[start+1 : start+end]})
		text = text[start+end+1:]
	}
	return parts
}

func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return s != ""
}

// T is the text of key with its placeholders filled from args, which are pairs of name and value.
// Integers are grouped; other values are written as they print. Numbers that are identifiers must be
// passed as strings.
func T(ctx context.Context, key string, args ...any) string {
	l := From(ctx)
	return fill(lookup(l.Lang, key), args)
}

// Integer is any whole number that can be counted by N.
type Integer interface {
	~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64
}

// N is like T for a text that depends on a number: key.one for 1 in English, else key.other.
// It fills {n} with the number, grouped.
func N[I Integer](ctx context.Context, key string, n I, args ...any) string {
	l := From(ctx)
	return fill(lookup(l.Lang, form(l.Lang, key, int64(n))), append([]any{"n", int64(n)}, args...))
}

func form(lang Lang, key string, n int64) string {
	if lang == English && n == 1 {
		return key + ".one"
	}
	return key + ".other"
}

// Parts is the text of key cut at its placeholders, for callers that put more than words into them.
func Parts(ctx context.Context, key string) []Part { return lookup(From(ctx).Lang, key) }

// PartsN is Parts for a text that depends on a number.
func PartsN(ctx context.Context, key string, n int64) []Part {
	l := From(ctx)
	return lookup(l.Lang, form(l.Lang, key, n))
}

// Has reports whether a text exists in the language of ctx.
func Has(ctx context.Context, key string) bool {
	_, ok := catalogues()[From(ctx).Lang][key]
	return ok
}

// Raw is a text with its placeholders as they stand, for app.js to fill.
func Raw(ctx context.Context, key string) string { return join(lookup(From(ctx).Lang, key)) }

// Texts are the texts of a language whose keys begin with prefix, by the rest of the key.
func Texts(lang Lang, prefix string) map[string]string {
	texts := map[string]string{}
	for key, parts := range catalogues()[lang] {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			texts[name] = join(parts)
		}
	}
	return texts
}

// join is the text as it stands in the catalogue.
func join(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Placeholder != "" {
			b.WriteString("{" + p.Placeholder + "}")
		} else {
			b.WriteString(p.Words)
		}
	}
	return b.String()
}

func lookup(lang Lang, key string) []Part {
	if parts, ok := catalogues()[lang][key]; ok {
		return parts
	}
	return []Part{{Words: MissingMark + key + "⟧"}}
}

func fill(parts []Part, args []any) string {
	if len(parts) == 1 && parts[0].Placeholder == "" {
		return parts[0].Words
	}
	var b strings.Builder
	for _, p := range parts {
		if p.Placeholder == "" {
			b.WriteString(p.Words)
			continue
		}
		b.WriteString(value(p.Placeholder, args))
	}
	return b.String()
}

// value finds a placeholder's value; one that was not given shows its name, as a missing key does.
func value(name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		switch v := args[i+1].(type) {
		case string:
			return v
		case int:
			return group(int64(v))
		case int32:
			return group(int64(v))
		case int64:
			return group(v)
		default:
			return fmt.Sprint(v)
		}
	}
	return MissingMark + name + "⟧"
}

// Fill writes the value of one placeholder as T does, for callers that walk Parts.
func Fill(name string, args []any) string { return value(name, args) }
