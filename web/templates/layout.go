package templates

import (
	"context"
	"encoding/json"
	"sync"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// htmxConfig names the extensions that may run and how long a request may take, in milliseconds.
const htmxConfig = `{"extensions":"sse, preload","defaultTimeout":20000,"defaultSettleDelay":0}`

// scriptTexts are the words app.js needs, as JSON.
func scriptTexts(ctx context.Context) string { return textsByLanguage()[i18n.From(ctx).Lang] }

var textsByLanguage = sync.OnceValue(func() map[i18n.Lang]string {
	all := map[i18n.Lang]string{}
	for _, lang := range i18n.Languages() {
		b, err := json.Marshal(i18n.Texts(lang, "script."))
		if err != nil {
			panic("templates: " + err.Error()) // a map of strings always encodes
		}
		all[lang] = string(b)
	}
	return all
})

// keyText is one line of the list of keys.
type keyText struct {
	keys []string
	text string // key of the catalogue
}

// globalKeys work on every page; those of the sidebar are added by app.js.
var globalKeys = []keyText{
	{[]string{"Control+K"}, "ui.key.palette"},
	{[]string{"/"}, "ui.key.filter"},
	{[]string{"?"}, "ui.key.help"},
	{[]string{"z"}, "ui.key.undo"},
	{[]string{"Escape"}, "ui.key.escape"},
	{[]string{"Control+Enter"}, "ui.key.submit"},
}

// listKeys work wherever there is a list of rows.
var listKeys = []keyText{
	{[]string{"j", "k"}, "ui.key.move"},
	{[]string{"x"}, "ui.key.select"},
	{[]string{"Shift+ArrowDown", "Shift+ArrowUp"}, "ui.key.extend"},
	{[]string{"Control+A"}, "ui.key.all"},
	{[]string{"o", "Enter"}, "ui.key.open"},
	{[]string{"i"}, "ui.key.rail"},
	{[]string{"y"}, "ui.key.copy"},
	{[]string{"f"}, "ui.key.flag"},
}

// SwitchKey leads to the next app, to the same kind of page.
const SwitchKey = "b"

func mediaAttrs(media string) templ.Attributes {
	if media == "" {
		return nil
	}
	return templ.Attributes{"media": media}
}

func displayAttrs(d Display) templ.Attributes {
	a := templ.Attributes{}
	if _, is := colourOf(d.Colour); is {
		a["data-colour"] = d.Colour
	}
	if d.Theme == "light" || d.Theme == "dark" {
		a["data-theme"] = d.Theme
	}
	if d.Compact {
		a["data-density"] = "compact"
	}
	if d.SingleKeys {
		a["data-single-keys"] = true
	}
	return a
}

func density(d Display) string {
	if d.Compact {
		return "compact"
	}
	return "normal"
}

func singleKeys(d Display) string {
	if d.SingleKeys {
		return "on"
	}
	return "off"
}

func themeOptions(ctx context.Context) []Option {
	return []Option{
		{Value: "system", Text: i18n.T(ctx, "ui.theme_system")},
		{Value: "light", Text: i18n.T(ctx, "ui.theme_light")},
		{Value: "dark", Text: i18n.T(ctx, "ui.theme_dark")},
	}
}

func densityOptions(ctx context.Context) []Option {
	return []Option{
		{Value: "normal", Text: i18n.T(ctx, "ui.density_normal")},
		{Value: "compact", Text: i18n.T(ctx, "ui.density_compact")},
	}
}

func keysOptions(ctx context.Context) []Option {
	return []Option{
		{Value: "on", Text: i18n.T(ctx, "ui.on")},
		{Value: "off", Text: i18n.T(ctx, "ui.off")},
	}
}

func languageOptions() []Option {
	var options []Option
	for _, l := range i18n.Languages() {
		options = append(options, Option{Value: string(l), Text: l.Name()})
	}
	return options
}

// langAttrs mark a language's name as being in that language.
func langAttrs(name, value string) templ.Attributes {
	if name != "lang" {
		return nil
	}
	return templ.Attributes{"lang": i18n.Lang(value).Tag()}
}

func pressed(on bool) templ.Attributes {
	if on {
		return templ.Attributes{"aria-pressed": "true"}
	}
	return templ.Attributes{"aria-pressed": "false"}
}

func currentPage(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}

// goAttrs name the letter that, after g, leads to a place.
func goAttrs(key string) templ.Attributes { return attr("data-go", key) }

func fixedAttrs(fixed bool) templ.Attributes {
	if !fixed {
		return nil
	}
	return templ.Attributes{"data-fixed": true}
}

func sheetHook(sheet bool) templ.Attributes {
	if !sheet {
		return nil
	}
	return templ.Attributes{"data-sheet": true}
}

func small24(a AvatarView) AvatarView {
	a.Size = "sm"
	return a
}
