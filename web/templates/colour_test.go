package templates

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// luminance is that of WCAG 2.2, of a colour as #rrggbb.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var c [3]int
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &c[0], &c[1], &c[2]); err != nil {
		t.Fatalf("%s: %v", hex, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(c[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Each app's colour can be told apart from the page around it (3:1), and what stands on it can be read (4.5:1), in both themes; the
// stylesheet has the same figures.
func TestColoursHaveContrast(t *testing.T) {
	css, err := os.ReadFile("../static/css/69-app-colour.css")
	if err != nil {
		t.Fatal(err)
	}
	const (
		onSolid     = "#fcfcfc" // --text-on-solid
		lightCanvas = "#f5f7f8" // --canvas
		darkCanvas  = "#0b0d10"
		darkSurface = "#121519" // --surface
	)
	for _, c := range Colours() {
		for what, got := range map[string]float64{
			"text in light": contrast(t, onSolid, c.Light) / 4.5, "text in dark": contrast(t, onSolid, c.Dark) / 4.5,
			"bar in light": contrast(t, lightCanvas, c.Light) / 3, "bar in dark": contrast(t, darkCanvas, c.Dark) / 3, "bar of a page in dark": contrast(t, darkSurface, c.Dark) / 3,
		} {
			if got < 1 {
				t.Errorf("%s: %s has %.2f of the contrast that it needs", c.Name, what, got)
			}
		}
		if want := fmt.Sprintf("[data-colour=%q] {\n    --app: light-dark(%s, %s);", c.Name, c.Light, c.Dark); !strings.Contains(string(css), want) {
			t.Errorf("the stylesheet lacks %s", want)
		}
		if d := (Display{Colour: c.Name, Theme: "dark"}); favicon(d) != "favicon-"+c.Name+".svg" || themeColours(d)[0][1] != c.Dark {
			t.Errorf("%s: %s %v", c.Name, favicon(d), themeColours(d))
		}
	}
	if got := themeColours(Display{Colour: "blue"}); len(got) != 2 {
		t.Errorf("two schemes have %v", got)
	}
	if themeColours(Display{}) != nil || favicon(Display{Colour: "pink"}) != "favicon.svg" {
		t.Error("a colour that is none")
	}
}
