package browsertest

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imdesk/internal/testtools"
)

// everyPage lists the pages and sheets of the console with something on them, by the status that they answer with.
func everyPage() map[int64][]string {
	room, live := "/apps/demo/groups/"+url.PathEscape("@TGS#2C5SZEAEF"), "/apps/demo/groups/live_wanfeng"
	return map[int64][]string{
		200: {
			"/", "/apps/demo/groups", "/apps/demo/groups?type=AVChatRoom", "/apps/demo/groups?q=nobody",
			room + "/messages", room + "/messages?seq=87800", room + "/members", room + "/members?role=admin", room + "/members?q=nobody",
			room + "/muted", room + "/details", room + "/activity", live + "/messages", live + "/members", live + "/muted", live + "/bans",
			room + "/members/mute?users=chenjg_1972&users=lin_wan", room + "/members/unmute?users=chenjg_1972",
			room + "/members/kick?users=chenjg_1972", room + "/members/role?users=chenjg_1972", room + "/members/card?users=chenjg_1972",
			room + "/notice", room + "/mute-all", room + "/delete-by-sender?users=chenjg_1972", live + "/bans/add",
			"/apps/demo/users", "/apps/demo/users/chenjg_1972", "/apps/demo/users/chenjg_1972/activity",
			"/apps/demo/users/chenjg_1972/global-mute", "/apps/demo/users/chenjg_1972/sign-out",
			"/audit", "/audit?open=1", "/settings/me", "/apps/demo/api",
		},
		404: {"/no/such/page", "/apps/demo/groups/nothing/messages", "/apps/demo/users/nobody_at_all"},
	}
}

// TestAxe looks at every page in both themes and both languages on a desk, and on a phone: nothing that axe objects to, no
// text that is missing, nothing that scrolls sideways.
func TestAxe(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(testtools.NPM(t, "axe-core@4.14.1"), "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	c := demo(t)
	for name, h := range map[string]how{
		"light, English": {language: "en", scheme: "light"},
		"dark, Chinese":  {language: "zh-CN", scheme: "dark"},
		"light, Chinese": {language: "zh-CN", scheme: "light"},
		"dark, English":  {language: "en", scheme: "dark"},
		"phone":          {language: "zh-CN", scheme: "dark", width: 390, height: 844, touch: true},
	} {
		t.Run(name, func(t *testing.T) {
			lookAt(c.visitor(t, h), string(source), "/login", 200)
			p := c.as(t, "owner", h)
			for status, paths := range everyPage() {
				for _, path := range paths {
					lookAt(p, string(source), path, status)
				}
			}
		})
	}
}

func lookAt(p *tab, source, path string, status int64) {
	p.t.Helper()
	p.visitStatus(path, status)
	if text := p.read(); strings.Contains(text, "⟦") {
		p.t.Errorf("%s: a text is missing", path)
	}
	if wide := eval[float64](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		p.t.Errorf("%s scrolls sideways by %.0f px", path, wide)
	}
	eval[bool](p, source+";true")
	for _, v := range eval[[]string](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")))`) {
		p.t.Errorf("%s: %s", path, v)
	}
}
