package templates

import (
	"context"

	"imdesk/web/i18n"
)

// Colour is one that an app can have, so that nobody takes one app for another. White text on it and the page around it have
// the contrast that WCAG 2.2 AA asks for, in both themes.
type Colour struct {
	Name        string
	Light, Dark string // as CSS has it
}

// Colours are all of them, in the order in which apps get them that choose none.
func Colours() []Colour {
	return []Colour{
		{"blue", "#195d8b", "#2e77ad"},
		{"amber", "#7d4b05", "#9c631d"},
		{"teal", "#006964", "#007f7a"},
		{"violet", "#614a87", "#7c61a8"},
		{"green", "#266739", "#39804c"},
		{"rose", "#863d4b", "#a75463"},
	}
}

// colourOf is a colour by its name; false if there is none.
func colourOf(name string) (Colour, bool) {
	for _, c := range Colours() {
		if c.Name == name {
			return c, true
		}
	}
	return Colour{}, false
}

// favicon is the file of a colour's icon.
func favicon(d Display) string {
	if c, is := colourOf(d.Colour); is {
		return "favicon-" + c.Name + ".svg"
	}
	return "favicon.svg"
}

// themeColours are what the browser paints its own bars with: by scheme, or one if the operator has chosen a scheme.
func themeColours(d Display) [][2]string {
	c, is := colourOf(d.Colour)
	switch {
	case !is:
		return nil
	case d.Theme == "light":
		return [][2]string{{"", c.Light}}
	case d.Theme == "dark":
		return [][2]string{{"", c.Dark}}
	}
	return [][2]string{{"(prefers-color-scheme: light)", c.Light}, {"(prefers-color-scheme: dark)", c.Dark}}
}

// switchText names the link that leads to the next app by one key.
func switchText(ctx context.Context, a AppLink) string {
	return i18n.T(ctx, "ui.switch_to", "app", a.Name)
}
