package templates

import (
	"context"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// Sentence is a text of the catalogue whose placeholders may be filled with components, such as
// Name or Countdown, so that no sentence is glued together from parts:
//
//	@Sentence("groups.created", "owner", NameLink(v.Owner, v.OwnerURL), "date", Date(v.Created))
//
// args are pairs of placeholder and value; a value is a templ.Component, or what i18n.T takes.
func Sentence(key string, args ...any) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return renderParts(ctx, w, i18n.Parts(ctx, key), args)
	})
}

// SentenceN is Sentence for a text that depends on a number; it fills {n}.
func SentenceN[I i18n.Integer](key string, n I, args ...any) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		parts := i18n.PartsN(ctx, key, int64(n))
		return renderParts(ctx, w, parts, append([]any{"n", i18n.Int(ctx, n)}, args...))
	})
}

func renderParts(ctx context.Context, w io.Writer, parts []i18n.Part, args []any) error {
	for _, p := range parts {
		if c := component(p.Placeholder, args); c != nil {
			if err := c.Render(ctx, w); err != nil {
				return err
			}
			continue
		}
		text := p.Words
		if p.Placeholder != "" {
			text = i18n.Fill(p.Placeholder, args)
		}
		if _, err := io.WriteString(w, templ.EscapeString(text)); err != nil {
			return err
		}
	}
	return nil
}

// component is the component given for a placeholder, or nil.
func component(name string, args []any) templ.Component {
	for i := 0; name != "" && i+1 < len(args); i += 2 {
		if args[i] == name {
			c, _ := args[i+1].(templ.Component)
			return c
		}
	}
	return nil
}

// hues is how many colours of avatars the style sheet has.
const hues = 8

// hue is the colour of an id: always the same one.
func hue(id string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, id) // a hash does not fail
	sum := h.Sum32()
	sum ^= sum >> 16 // the low bits alone depend on little of the id
	return strconv.Itoa(int(sum%hues) + 1)
}

// initials are what an avatar shows: for a name in a script with letters the first of the first two
// words, for Chinese, Japanese and Korean names one character, for a name without any the id's first.
func initials(name, id string) string {
	var picked []rune
	inWord := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsNumber(r):
			inWord = r == '\'' || r == '’' || unicode.IsMark(r)
			continue
		case inWord:
			continue
		}
		inWord = true
		picked = append(picked, unicode.ToUpper(r))
		if !unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek) || len(picked) == 2 {
			break
		}
	}
	if len(picked) == 2 && !unicode.In(picked[1], unicode.Latin, unicode.Cyrillic, unicode.Greek) {
		picked = picked[:1]
	}
	if len(picked) > 0 {
		return string(picked[:min(len(picked), 2)])
	}
	for _, r := range id {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

func timeLeft(ctx context.Context, until time.Time) time.Duration {
	return until.Sub(i18n.From(ctx).Now())
}

// keycaps splits a shortcut as written in aria-keyshortcuts into what is printed on keycaps.
func keycaps(key string) []string {
	names := strings.NewReplacer(
		"Control+", "Ctrl ", "Shift+", "⇧", "Enter", "↵", "Escape", "Esc",
		"ArrowUp", "↑", "ArrowDown", "↓", "ArrowLeft", "←", "ArrowRight", "→",
	)
	return strings.Fields(names.Replace(key))
}

// attr is one attribute, or none if the value is empty.
func attr(name, value string) templ.Attributes {
	if value == "" {
		return nil
	}
	return templ.Attributes{name: value}
}

func toneAttrs(tone string) templ.Attributes   { return attr("data-tone", tone) }
func titleAttrs(title string) templ.Attributes { return attr("title", title) }

// RowAttrs makes an element a row of a list: the keys j, k, x and o work on it. id is what y copies,
// url what o opens; it may be "".
func RowAttrs(id, url string) templ.Attributes {
	a := templ.Attributes{"data-row": id, "tabindex": "-1"}
	if url != "" {
		a["data-href"] = url
	}
	return a
}

// PartAttrs make a link load into the part of the page it stands for, and move the address bar. target
// is a CSS selector, such as "#members"; "" leaves the link a plain one.
func PartAttrs(url, target string) templ.Attributes {
	if target == "" || url == "" {
		return nil
	}
	return templ.Attributes{"hx-get": url, "hx-target": target, "hx-swap": "outerHTML", "hx-push-url": "true"}
}

// SheetAttrs make a link or button open its page in the sheet beside the list instead.
func SheetAttrs(url string) templ.Attributes {
	return templ.Attributes{"hx-get": url, "hx-target": "#sheet", "hx-swap": "innerHTML", "hx-push-url": "false"}
}

func large(a AvatarView) AvatarView {
	a.Size = "lg"
	return a
}

func onAttrs(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"data-on": true}
}

func edgeAttrs(edge bool) templ.Attributes {
	if !edge {
		return nil
	}
	return templ.Attributes{"data-edge": "page"}
}

func sortIcon(sorted string) string {
	if sorted == "ascending" {
		return "up"
	}
	return "down"
}

// barButton is a button of the action bar of form: it asks for the page of its FormAction with what is
// ticked, as a sheet if there is JavaScript.
func barButton(form string, b ButtonView) ButtonView {
	b.Small = true
	if b.FormAction == "" {
		return b
	}
	b.Type = "submit"
	if b.FormMethod == "" {
		b.FormMethod = "get"
	}
	attrs := templ.Attributes{"data-act": true}
	if b.FormMethod == "get" {
		attrs = SheetAttrs(b.FormAction)
		attrs["data-act"] = true
		attrs["hx-include"] = `closest form, [form="` + form + `"]:checked`
	}
	for k, v := range b.Attrs {
		attrs[k] = v
	}
	b.Attrs = attrs
	return b
}

func barButtons(form string, list []ButtonView) []ButtonView {
	var out []ButtonView
	for _, b := range list {
		out = append(out, barButton(form, b))
	}
	return out
}

func beforeAttrs(before bool) templ.Attributes {
	if !before {
		return nil
	}
	return templ.Attributes{"data-before": true}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func percent(part, whole int64) string {
	return strconv.FormatInt(100*part/max(whole, 1), 10) + "%"
}

func (s SelectionView) count() string { return orElse(s.Count, "ui.selected") }
