package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// What the demo has of the second app, whose ids a float would change.
const (
	studyGroup = "1691070514797524328"
	studyOther = "9223372036854775807"
	studyUser  = "7288630149523460673"
	study      = "/apps/study/groups/" + studyGroup
	studyLive  = "/apps/study/groups/1691299258827739852"
)

// Ids of 64 bits go through scripts, forms and addresses unchanged; and one key leads from one app to the other.
func TestLongIDsInTheBrowser(t *testing.T) {
	c := demo(t)
	p := c.as(t, "lead", how{})
	for _, group := range []string{studyGroup, studyOther} {
		p.visit("/apps/study/groups/" + group + "/members")
		rows := p.rows()
		if len(rows) < 3 {
			t.Fatalf("%s has the members %q", group, rows)
		}
		// By keys: ticked, asked about in the sheet, muted, found in the list of the muted, and let speak again.
		who := rows[len(rows)-1]
		p.goTo(who).press("m").sheet()
		if got := eval[string](p, `document.querySelector('#sheet [name="users"]').value`); got != who {
			t.Errorf("the sheet is about %q, want %q", got, who)
		}
		p.press(kb.Enter, ctrl).noSheet().toast("Muted")
		p.visit("/apps/study/groups/" + group + "/muted").wait(`document.querySelector('` + row(who) + `')`)
		p.goTo(who).press("u").toast("may speak again")
	}
	p.visit("/apps/study/users/" + studyOther).see(studyOther)
	if bad := eval[[]string](p, `[...document.querySelectorAll("a[href], [data-href], [data-copy], input, [data-row]")].map(e => [e.href, e.dataset.href, e.dataset.copy, e.value, e.dataset.row].join(" ")).filter(s => /16910705147975242[0-9]{2}(?!28)|92233720368547758(?!07)/.test(s))`); len(bad) > 0 {
		t.Errorf("ids are changed in %q", bad)
	}
	p.press("b").wait(`location.pathname === "/apps/demo/users"`)
	p.press("b").wait(`location.pathname === "/apps/study/users"`)
	if colour := eval[string](p, `document.documentElement.dataset.colour + " " + document.querySelector('meta[name="theme-color"]').content`); !strings.HasPrefix(colour, "amber #") {
		t.Errorf("the second app has the colour %q", colour)
	}
	p.press("?").wait(`document.querySelector("#keys").open`).see("Switch to Harbor Live")
}
