package templates

import (
	"strings"
	"testing"

	"imdesk/web/golden"
	"imdesk/web/i18n"
)

// Where line breaks count, nothing stands between the pieces of a text that is not in it.
func TestHitIsOneRun(t *testing.T) {
	t.Parallel()
	v := SearchPageView{URL: "/search", Asked: true, Hits: []SearchHit{{
		At: golden.Now, App: "Demo", Group: Link{Text: "g", URL: "/g"}, Sender: PersonView{ID: "ann", URL: "/u"}, URL: "/m", Kinds: []string{"File"},
		Text: []Marked{{"我要 ", false}, {"退款", true}, {"，<b>\n", false}, {"now", true}, {"!", false}},
	}}}
	html := golden.Render(t, i18n.English, SearchResults(v))
	if want := `<p dir="auto" class="hit-text">我要 <mark>退款</mark>，&lt;b&gt;` + "\n" + `<mark>now</mark>!</p>`; !strings.Contains(html, want) {
		t.Errorf("want %s in\n%s", want, html)
	}
	if want := `>today 15:42</time>`; !strings.Contains(html, want) {
		t.Errorf("want %s in\n%s", want, html)
	}
}
