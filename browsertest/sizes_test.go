package browsertest

import "testing"

func TestPhone(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Phone", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	p := c.as(t, "moderator", phone)
	p.visit(groups).see("Weekend")
	if p.has("#sidebar") {
		t.Error("the sidebar covers the page")
	}
	p.fits()
	p.tap(`[popovertarget="sidebar"]`).wait(`document.querySelector("#sidebar").matches(":popover-open")`)
	p.tap(`#sidebar a[href="/"]`).wait(`location.pathname === "/"`)
	if p.has("#sidebar") {
		t.Error("the drawer stays open")
	}

	// The first tick starts selecting, then a tap anywhere on a row does; the bar docks at the bottom edge.
	p.visit(groupPath(g, "members")).see("Ann").tap(row("bt_ann") + " .check-hit").see("1 selected")
	p.tap(row("bt_bob") + " .sub").see("2 selected")
	if docked := eval[bool](p, `(() => { const r = document.querySelector("[data-bar]").getBoundingClientRect(); return Math.abs(r.bottom - innerHeight) < 2 && r.width > innerWidth - 40 })()`); !docked {
		t.Error("the action bar is not at the bottom edge")
	}
	p.fits()
	p.tap(`[data-bar] [aria-keyshortcuts="m"]`).sheet().see("Mute 2 members")
	p.fits()
	p.tap(`#sheet footer [type="submit"]`).noSheet().toast("Muted 2 members")
	c.wantMuted(t, g, "bt_bob", day)
	for _, small := range eval[[]string](p, `[...document.querySelectorAll("main a.btn, main button, main .check-hit")].filter(e => e.checkVisibility({visibilityProperty: true})).filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.width < 24 || r.height < 24) }).map(e => e.outerHTML.slice(0, 120))`) {
		t.Errorf("too small for a finger: %s", small)
	}
}

func TestWideScreen(t *testing.T) {
	p := demo(t).as(t, "lead", how{width: 2560, height: 1440})
	for _, path := range []string{"/", groups, groupPath("@TGS#2C5SZEAEF", "messages"), groupPath("@TGS#2C5SZEAEF", "members"), "/apps/demo/users/lin_wan", "/audit", "/settings/me"} {
		p.visit(path).fits()
		if line := eval[float64](p, `Math.max(0, ...[...document.querySelectorAll("main p.text")].map(e => e.getBoundingClientRect().width))`); line > 1100 {
			t.Errorf("%s: lines of %.0f px", path, line)
		}
	}
}
