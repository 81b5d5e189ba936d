package browsertest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"imdesk/internal/testtools"

	"github.com/chromedp/chromedp/kb"
)

// page is one page or sheet of the console.
type surface struct {
	name   string
	path   string
	status int64 // 0: 200
	open   func(p *tab)
	phone  bool // looked at on a phone, too
	role   string
}

// surfaces are all pages and sheets, and what opens on them. What is not here is not tried for accessibility.
func surfaces(t testing.TB, c *console) []surface {
	t.Helper()
	const room, live, topic = "@TGS#2C5SZEAEF", "live_wanfeng", "@TGS#_harbor_city"
	g := c.group(t, "Surfaces", "bt_olga:Olga", "*bt_adam:Adam", "bt_ann:Ann", "bt_bob:Bob")
	seq := c.say(t, g, "bt_ann", "to be recalled")
	plain := c.say(t, g, "bt_bob", "to stay")
	vote := c.say(t, g, "bt_ann", "a vote", map[string]any{"SupportMessageExtension": 1, "NeedReadReceipt": 1})
	c.must(t, "openim_msg_ext_http_svc/group_set_key_values", map[string]any{
		"GroupId": g, "MsgSeq": json.Number(vote), "OperateType": 1, "ExtensionList": []any{map[string]any{"Key": "yes", "Value": "1"}},
	})
	chat := c.directChat(t, "bt_dana", "bt_piet")
	c.must(t, "group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": g, "Members_Account": []string{"bt_bob"}, "MuteTime": 360000})
	c.must(t, "openconfigsvr/setnospeaking", map[string]any{"Set_Account": "bt_adam", "C2CmsgNospeakingTime": 3600, "GroupmsgNospeakingTime": 3600})
	m := c.as(t, "lead", how{noScript: true})
	m.visit(groupPath(g, "messages")).click(row(seq) + " [data-tick]").act("r").see("Recalled 1 message")
	entry := fmt.Sprint(c.audit(t, g)[0].ID)
	m.visit(chat).fill("#open-reason", "report 1").click(`#ask-open [type="submit"]`).see("Open to you,")
	users := "?users=bt_ann&users=bt_bob&users=bt_olga"
	message := "?m=" + url.QueryEscape(seq+"::bt_ann")
	sheet := func(selector string) func(p *tab) {
		return func(p *tab) { p.click(selector).sheet() }
	}
	return []surface{
		{name: "overview", path: "/", phone: true},
		{name: "groups", path: groups, phone: true},
		{name: "groups of a type", path: groups + "?type=AVChatRoom"},
		{name: "groups, selected", path: groups, open: func(p *tab) { p.press("jxjx") }, phone: true},
		{name: "groups, nothing found", path: groups + "?q=nothing+is+called+so"},
		{name: "messages", path: groupPath(room, "messages"), phone: true},
		{name: "messages, selected, sender", path: groupPath(g, "messages"), open: func(p *tab) {
			p.press("jx").wait(`document.querySelector("#rail").innerText.includes("Ann")`)
		}},
		{name: "messages around one", path: groupPath(room, "messages") + "?seq=87500"},
		{name: "messages with pictures", path: groupPath("@TGS#2PH0T0WLK", "messages") + "?type=image", phone: true},
		{name: "messages, recalled", path: groupPath(g, "messages"), phone: true},
		{name: "messages, forwarded", path: groupPath("@TGS#0MODDESK1", "messages") + "?type=merged"},
		{name: "messages, custom", path: groupPath(room, "messages") + "?type=custom"},
		{name: "messages of a live room", path: groupPath(live, "messages"), phone: true},
		{name: "messages, none match", path: groupPath(g, "messages") + "?q=nothing+was+said+so"},
		{name: "go to a message", path: groupPath(g, "messages"), open: func(p *tab) { p.click(`[aria-haspopup][popovertarget*="goto"], [popovertarget="goto"]`) }},
		{name: "members", path: groupPath(room, "members"), phone: true},
		{name: "members, selected", path: groupPath(g, "members"), open: func(p *tab) { p.press("jxjx") }, phone: true},
		{name: "members, menu of a row", path: groupPath(g, "members"), open: func(p *tab) {
			p.click(row("bt_ann") + " [aria-haspopup]").wait(`document.querySelector("#row-menu").matches(":popover-open")`)
		}},
		{name: "members of a live room", path: groupPath(live, "members")},
		{name: "members, not found", path: groupPath(g, "members") + "?q=nobody_has_this"},
		{name: "muted", path: groupPath(g, "muted"), phone: true},
		{name: "muted, nobody", path: groupPath("vinyl", "muted")},
		{name: "banned", path: groupPath(live, "bans")},
		{name: "details", path: groupPath(room, "details"), phone: true},
		{name: "details of a community", path: groupPath(topic, "details")},
		{name: "activity", path: groupPath(g, "activity"), phone: true},
		{name: "menu of the group", path: groupPath(g, "details"), open: func(p *tab) {
			p.click(`[popovertarget="group-more"]`).wait(`document.querySelector("#group-more").matches(":popover-open")`)
		}},

		{name: "mute", path: groupPath(g, "members/mute") + users, phone: true},
		{name: "mute by ID", path: groupPath(g, "members/mute")},
		{name: "mute, sheet", path: groupPath(g, "members"), open: func(p *tab) { p.goTo("bt_ann").press("m").sheet() }, phone: true},
		{name: "unmute", path: groupPath(g, "members/unmute") + users},
		{name: "kick", path: groupPath(g, "members/kick") + users},
		{name: "kick, sheet", path: groupPath(g, "members"), open: func(p *tab) { p.goTo("bt_ann").press("k", shift).sheet() }},
		{name: "role", path: groupPath(g, "members/role") + users + "&role=admin"},
		{name: "name card", path: groupPath(g, "members/card") + "?users=bt_ann"},
		{name: "ban", path: groupPath(live, "bans/add") + "?users=meilin&users=raka.p"},
		{name: "lift a ban", path: groupPath(live, "bans/lift") + "?users=meilin"},
		{name: "recall", path: groupPath(g, "recall") + message},
		{name: "delete by sender", path: groupPath(g, "delete-by-sender")},
		{name: "notice", path: groupPath(g, "notice"), phone: true},
		{name: "notice, sheet", path: groupPath(g, "details"), open: sheet(`[href$="/notice"]`)},
		{name: "mute all", path: groupPath(g, "mute-all") + "?on=1"},

		{name: "jobs", path: "/jobs", phone: true},
		{name: "new job", path: "/apps/demo/jobs/new?groups=" + url.QueryEscape(g), phone: true},
		{name: "new job, recall", path: "/apps/demo/jobs/new?kind=message.recall&groups=" + url.QueryEscape(g)},
		{name: "new job, plan", path: "/apps/demo/jobs/new?groups=" + url.QueryEscape(g), open: func(p *tab) {
			p.fill(`[name="users"]`, "bt_ann nobody").click(`main [type="submit"]:not([name="choose"])`).wait(`document.querySelector("#job-plan")`)
		}, phone: true},
		{name: "protected people", path: "/settings/protected", phone: true},

		{name: "send", path: groupPath(g, "send")},
		{name: "edit", path: groupPath(g, "messages/edit") + "?m=" + url.QueryEscape(plain+"::bt_bob")},
		{name: "extensions", path: groupPath(g, "messages/extensions") + "?m=" + url.QueryEscape(vote+"::bt_ann"), phone: true},
		{name: "readers", path: groupPath(g, "messages/readers") + "?m=" + url.QueryEscape(vote+"::bt_ann")},
		{name: "unread count", path: groupPath(g, "members/unread") + "?users=bt_ann"},

		{name: "direct chats", path: "/apps/demo/direct"},
		{name: "direct chat, reason", path: chat, role: "support", phone: true},
		{name: "direct chat", path: chat, open: func(p *tab) { p.press("jx") }, phone: true},
		{name: "direct chat, span", path: chat, open: func(p *tab) { p.click(`[popovertarget="range"]`) }},
		{name: "direct chat, send", path: strings.Replace(chat, "direct?", "direct/send?", 1)},
		{name: "direct chat, mark as read", path: strings.Replace(chat, "direct?", "direct/read?", 1)},
		{name: "data of a group", path: groupPath(room, "data"), phone: true},
		{name: "data of a live room", path: groupPath(live, "data")},
		{name: "data, sheet", path: groupPath(room, "data"), open: sheet(`[href*="/data/attribute?k=now_playing"]`), phone: true},
		{name: "topics", path: groupPath(topic, "topics"), phone: true},
		{name: "topics, none", path: groupPath(room, "topics")},
		{name: "messages of a topic", path: groupPath(topic+"@TOPIC#_tickets", "messages"), phone: true},
		{name: "new group", path: "/apps/demo/new-group", phone: true},
		{name: "new group, sheet", path: groups, open: sheet(`[href$="/new-group"]`)},
		{name: "import a group", path: "/apps/demo/import-group"},
		{name: "dismiss", path: groupPath(room, "dismiss"), phone: true},
		{name: "transfer", path: groupPath(room, "transfer") + "?owner=cs_bot"},
		{name: "clear messages", path: groupPath(g, "clear-messages")},
		{name: "add members", path: groupPath(g, "members/add") + "?paste=bt_ann+raka.p"},
		{name: "fields of a member", path: groupPath("@TGS#2CATSONLY", "members/fields") + "?users=xiaoyu_2024"},
		{name: "fields of a group", path: groupPath(room, "data/fields")},
		{name: "attribute", path: groupPath(room, "data/attribute") + "?k=now_playing"},
		{name: "remove an attribute", path: groupPath(room, "data/remove-attributes") + "?key_of=now_playing"},
		{name: "remove all attributes", path: groupPath(room, "data/clear-attributes")},
		{name: "counter", path: groupPath(room, "data/counter") + "?k=likes&fixed=1"},
		{name: "remove a counter", path: groupPath(room, "data/remove-counters") + "?key_of=likes"},
		{name: "new topic", path: groupPath(topic, "topics/new")},
		{name: "edit a topic", path: groupPath(topic, "topics/edit") + "?topic=" + url.QueryEscape(topic+"@TOPIC#_tickets")},
		{name: "mute all in a topic", path: groupPath(topic, "topics/mute-all") + "?topic=" + url.QueryEscape(topic+"@TOPIC#_tickets")},
		{name: "delete a topic", path: groupPath(topic, "topics/delete") + "?topic=" + url.QueryEscape(topic+"@TOPIC#_tickets")},

		{name: "users", path: "/apps/demo/users", phone: true},
		{name: "users, checked", path: "/apps/demo/users?check=lin_wan+nobody", phone: true},
		{name: "import of users", path: "/apps/demo/user-import?ids=new_1", open: func(p *tab) {
			p.click(`[name="preview"]`).wait(`document.querySelector(".effect")`)
		}, phone: true},
		{name: "user", path: "/apps/demo/users/lin_wan", open: parts, phone: true},
		{name: "user, conversations", path: "/apps/demo/users/lin_wan/contacts", phone: true},
		{name: "user, friends", path: "/apps/demo/users/lin_wan/friends", phone: true},
		{name: "user, block list", path: "/apps/demo/users/lin_wan/blocks?check=u_7731902+nobody", phone: true},
		{name: "profile", path: "/apps/demo/users/lin_wan/edit", phone: true},
		{name: "profile, sheet", path: "/apps/demo/users/lin_wan", open: sheet(`#user-rail [href$="/edit"]`)},
		{name: "delete a user", path: "/apps/demo/users/chenjg_1972/delete", role: "owner", phone: true},
		{name: "add friends", path: "/apps/demo/users/lin_wan/friends/add?ids=hana.photo&paste=1", phone: true},
		{name: "add friends, sheet", path: "/apps/demo/users/lin_wan/friends", open: sheet(`[href$="/friends/add"]`), phone: true},
		{name: "change a friend", path: "/apps/demo/users/lin_wan/friends/edit?friend=ahao_sg"},
		{name: "end friendships", path: "/apps/demo/users/lin_wan/friends/remove?ids=ahao_sg&ids=fuli_92"},
		{name: "lists of friends", path: "/apps/demo/users/lin_wan/friend-lists/add?list=Band"},
		{name: "remove a list", path: "/apps/demo/users/chenjg_1972/friend-lists/remove?list=%E9%82%BB%E5%B1%85"},
		{name: "block", path: "/apps/demo/users/lin_wan/blocks/add?ids=ahao_sg"},
		{name: "unblock", path: "/apps/demo/users/lin_wan/blocks/remove?ids=Iin_wan"},
		{name: "remove a conversation", path: "/apps/demo/users/lin_wan/contacts/remove?peer=ahao_sg"},
		{name: "user, muted", path: "/apps/demo/users/bt_bob", phone: true},
		{name: "user, muted everywhere", path: "/apps/demo/users/bt_adam"},
		{name: "user, activity", path: "/apps/demo/users/bt_ann/activity"},
		{name: "global mute", path: "/apps/demo/users/bt_ann/global-mute"},
		{name: "global unmute", path: "/apps/demo/users/bt_adam/global-unmute"},
		{name: "sign out devices", path: "/apps/demo/users/lin_wan/sign-out"},

		{name: "operations", path: "/apps/demo/operations", phone: true},
		{name: "operations, tables", path: "/apps/demo/operations?days=7", open: func(p *tab) {
			eval[bool](p, `document.querySelectorAll(".chart-table").forEach(d => d.open = true), true`)
		}, phone: true},
		{name: "message files", path: "/apps/demo/operations/files", phone: true},
		{name: "sanctions", path: "/apps/demo/sanctions?state=all", phone: true},
		{name: "wording of sanctions", path: "/apps/demo/sanctions/words"},
		{name: "keywords", path: "/apps/demo/keywords", phone: true},
		{name: "words", path: "/apps/demo/keywords/replace", phone: true},
		{name: "add words", path: "/apps/demo/keywords/replace/add", phone: true},
		{name: "remove words", path: "/apps/demo/keywords/block/remove?word=x"},
		{name: "live room", path: groupPath(live, "live") + "?mark=1000", phone: true},
		{name: "marks in a live room", path: groupPath(live, "live/mark"), phone: true},
		{name: "broadcasts", path: "/apps/demo/broadcasts?users=lin_wan", phone: true},
		{name: "broadcast to users", path: "/apps/demo/broadcast", phone: true},
		{name: "broadcast to live rooms", path: "/apps/demo/live-broadcast", phone: true},
		{name: "tags of users", path: "/apps/demo/broadcasts/tags"},
		{name: "callbacks", path: "/apps/demo/callbacks", phone: true},
		{name: "live", path: "/live", phone: true},
		{name: "live, two panes", path: "/live?pane=has%3Alink&pane=type%3Aimage&hide=demo%2Fnobody", phone: true},
		{name: "search, empty", path: "/search", phone: true},
		{name: "search, found", path: "/search?q=has%3Alink", phone: true},
		{name: "search, direct chats", path: "/apps/demo/direct/search?q=hello", role: "support", phone: true},
		{name: "search, cannot be understood", path: "/search?q=has%3Acheese", status: http.StatusBadRequest},
		{name: "queue", path: "/queue?source=report", open: func(p *tab) { p.wait(`document.querySelector(".case-title")`) }, phone: true},
		{name: "hand-over", path: "/queue/handover"},
		{name: "numbers of the queue", path: "/queue/numbers", phone: true},
		{name: "macros", path: "/settings/macros", phone: true},
		{name: "key of evidence", path: "/settings/evidence"},
		{name: "rules", path: "/settings/rules", phone: true},
		{name: "rule", path: "/settings/rules/rule/off-platform", phone: true},
		{name: "new rule", path: "/settings/rules/new"},
		{name: "list of words", path: "/settings/rules/list/fraud", phone: true},
		{name: "import of rules", path: "/settings/rules/import"},
		{name: "audit log", path: "/audit", phone: true},
		{name: "audit log, nothing", path: "/audit?from=2001-01-01&to=2001-01-02"},
		{name: "entry", path: "/apps/demo/actions/" + entry, phone: true},
		{name: "settings", path: "/settings/me", phone: true},
		{name: "security", path: "/settings/security", phone: true, role: "owner"},
		{name: "operators", path: "/settings/operators", role: "owner", phone: true},
		{name: "operator", path: "/settings/operators", role: "owner", open: func(p *tab) {
			p.click(`main a[href*="/operators/with/"]`).wait(`location.pathname.includes("/with/")`)
		}, phone: true},
		{name: "invite", path: "/settings/operators/invite", role: "owner", phone: true},
		{name: "an invitation that is none", path: "/invite/none", status: http.StatusGone, role: "nobody", phone: true},
		{name: "roles", path: "/settings/roles", role: "owner", phone: true},
		{name: "new role", path: "/settings/roles/new?base=moderator", role: "owner", phone: true},
		{name: "new role, what changes", path: "/settings/roles/new?base=moderator", role: "owner", open: func(p *tab) {
			p.fill(`[name="title"]`, "Night").click(`[value="group.dismiss"]`).click(`.settings-page [type="submit"]`).wait(`document.querySelector(".effect")`)
		}},
		{name: "tokens", path: "/settings/tokens", phone: true},
		{name: "new token", path: "/settings/tokens/new", phone: true},
		{name: "addresses", path: "/settings/access", role: "owner", phone: true},
		{name: "replicas", path: "/settings/replicas", role: "owner", phone: true},
		{name: "rules of approvals", path: "/settings/approvals", role: "owner", phone: true},
		{name: "approvals", path: "/approvals", phone: true},
		{name: "approvals, own", path: "/approvals?tab=own"},
		{name: "security, an app", path: "/settings/security", open: func(p *tab) {
			p.click(`[action$="/totp/begin"] [type="submit"]`).wait(`document.querySelector("[src*=qr]")`)
		}, phone: true},
		{name: "a set-up link that was used", path: "/set-up/none", status: http.StatusGone, role: "nobody", phone: true},
		{name: "API explorer", path: "/apps/demo/api", role: "owner"},

		{name: "study: groups", path: "/apps/study/groups", phone: true},
		{name: "study: messages", path: study + "/messages", phone: true},
		{name: "study: members", path: study + "/members", phone: true},
		{name: "study: muted", path: study + "/muted"},
		{name: "study: details", path: study + "/details", phone: true},
		{name: "study: who is in it", path: study + "/members/inside?ids=" + studyUser + "+12", phone: true},
		{name: "study: read positions", path: study + "/members/reading", phone: true},
		{name: "study: mark as read", path: study + "/members/mark-read?users=" + studyUser},
		{name: "study: delete messages", path: study + "/messages/delete?m=1%3A%3A1", phone: true},
		{name: "study: user", path: "/apps/study/users/" + studyUser, open: parts, phone: true},
		{name: "study: unregistered user", path: "/apps/study/users/8999999999999999998", open: parts},
		{name: "study: conversations", path: "/apps/study/users/" + studyUser + "/contacts", phone: true},
		{name: "study: settings of a conversation", path: "/apps/study/users/" + studyUser + "/contacts/marks?group=" + studyGroup, phone: true},
		{name: "study: note on a block", path: "/apps/study/users/" + studyUser + "/blocks/note?other=12"},
		{name: "study: token", path: "/apps/study/users/" + studyUser + "/token", role: "owner", phone: true},
		{name: "study: direct chats", path: "/apps/study/direct"},
		{name: "study: broadcasts", path: "/apps/study/broadcasts", phone: true},
		{name: "study: broadcast", path: "/apps/study/broadcast", phone: true},
		{name: "study: send to users", path: "/apps/study/send-users", phone: true},
		{name: "study: send to groups", path: "/apps/study/send-groups"},
		{name: "study: live room", path: studyLive + "/live", phone: true},
		{name: "study: banned", path: studyLive + "/bans"},
		{name: "study: let users speak", path: studyLive + "/live/allow", phone: true},
		{name: "study: marks of a room", path: studyLive + "/live/room-marks"},
		{name: "data held about a user", path: "/settings/data?app=study&user=" + studyUser, role: "owner", phone: true},
		{name: "apps of the console", path: "/settings/apps?check=study", role: "owner", phone: true},
		{name: "add an app: vendor", path: "/settings/apps/new", role: "owner"},
		{name: "add an app", path: "/settings/apps/new?vendor=tencent", role: "owner", open: func(p *tab) {
			p.click(`details.fold summary`).wait(`document.querySelector("details.fold").open`)
		}, phone: true},
		{name: "study: callbacks", path: "/apps/study/callbacks", phone: true},
		{name: "study: known groups", path: "/apps/study/known-groups", phone: true},

		{name: "palette", path: groupPath(g, "members"), open: func(p *tab) {
			p.press("k", ctrl).wait(`document.querySelector("#palette [role=option]")`)
		}, phone: true},
		{name: "keys", path: groupPath(g, "members"), open: func(p *tab) { p.press("?").wait(`document.querySelector("#keys").open`) }},
		{name: "operator menu", path: groups, open: func(p *tab) {
			p.click(`[popovertarget="me"]`).wait(`document.querySelector("#me").matches(":popover-open")`)
		}},
		{name: "apps", path: groups, open: func(p *tab) {
			p.click(`[popovertarget="apps"]`).wait(`document.querySelector("#apps").matches(":popover-open")`)
		}},
		{name: "toast", path: groups, open: func(p *tab) {
			p.goTo("vinyl").press("xp").wait(`document.querySelector(".toast")`)
		}},
		{name: "no such group", path: groupPath("nosuch", "messages"), status: http.StatusNotFound, phone: true},
		{name: "no such page", path: "/nosuch", status: http.StatusNotFound},
		{name: "no such user", path: "/apps/demo/users/nosuch", status: http.StatusNotFound},
		{name: "not allowed", path: "/audit", status: http.StatusForbidden, role: "viewer"},
		{name: "sign in", path: "/login", role: "nobody", phone: true},
		{name: "sign in, wrong", path: "/login", role: "nobody", open: func(p *tab) {
			p.allow("status of 401")
			p.fill("#name", "somebody").fill("#password", "wrong").press(kb.Enter).wait(`document.querySelector("#password-error")`)
		}},
	}
}

// parts brings the parts of a user's page into view one by one, so that they are loaded.
func parts(p *tab) {
	for _, id := range []string{"user-contacts", "user-friends", "user-blocks"} {
		p.run(`document.getElementById("` + id + `").scrollIntoView()`)
		p.wait(`!document.getElementById("` + id + `").hasAttribute("hx-trigger")`)
	}
}

// finding is a violation of a rule.
type finding struct {
	ID, Help string
	Nodes    []string
}

// axe examines the page as it stands by all rules of axe-core: levels A and AA, and best practice.
func (p *tab) axe(what string) {
	p.t.Helper()
	p.examine(what, `axe.run(document, {resultTypes: ["violations"], iframes: false, rules: {"color-contrast": {enabled: false}}})`)
	p.contrast(what)
}

// contrast holds each text against what is behind it. That is the dearest rule by far, and pages are made of the same components: a look
// that passed once in this tab, with the same colours, size and ground, is not examined again. (The rule asks what is painted at each
// text's place, so looks in layers of their own carry their class.)
func (p *tab) contrast(what string) {
	p.t.Helper()
	if eval[int](p, `(() => {`+looks+`; return newLooks(`+p.known()+`)})()`) == 0 {
		return
	}
	p.examine(what, `contrastOfLooks()`)
	if p.passed == nil {
		p.passed = map[string]bool{}
	}
	for _, look := range eval[[]string](p, `lookedAt`) {
		p.passed[look] = true
	}
}

// known is the list of looks that passed.
func (p *tab) known() string {
	p.t.Helper()
	b, err := json.Marshal(slices.Sorted(maps.Keys(p.passed)))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// looks finds and marks texts that look as none before.
const looks = `
window.newLooks = known => {
	const seen = new Set(known), grounds = new Map();
	const ground = e => { // what is painted behind, up to what hides the rest
		if (!e) return "";
		if (!grounds.has(e)) {
			const s = getComputedStyle(e), plain = s.position === "static" && s.backgroundImage === "none";
			let g = [s.backgroundColor, s.opacity, s.filter, s.mixBlendMode, plain ? "" : s.backgroundImage + "." + e.className].join();
			const hides = /^rgb\(|^oklch\([^/]*\)$/.test(s.backgroundColor) && plain;
			grounds.set(e, hides ? g + faded(e.parentElement) : g + "<" + ground(e.parentElement));
		}
		return grounds.get(e);
	};
	const faded = e => { // opacity counts behind what is opaque, too
		let f = "";
		for (; e; e = e.parentElement) { const o = getComputedStyle(e).opacity; if (o !== "1") f += "/" + o; }
		return f;
	};
	window.freshLooks = new Map();
	for (const e of document.querySelectorAll("[data-fresh-look]")) e.removeAttribute("data-fresh-look");
	for (const e of document.body.querySelectorAll("*")) {
		const says = e.matches("input, select, textarea") || [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
		if (!says || !e.checkVisibility({visibilityProperty: true})) continue;
		const box = e.getBoundingClientRect();
		if (box.width < 2 || box.height < 2) continue;
		const s = getComputedStyle(e), off = e.closest(":disabled, [aria-disabled=true], [inert]") !== null;
		const look = [e.localName, s.color, s.fontSize, s.fontWeight, s.textShadow, off, ground(e)].join("|");
		if (seen.has(look)) continue;
		seen.add(look);
		e.setAttribute("data-fresh-look", "");
		window.freshLooks.set(e, look);
	}
	return window.freshLooks.size;
};
window.contrastOfLooks = async () => {
	axe.configure({rules: [{id: "color-contrast", selector: "[data-fresh-look]"}]});
	const r = await axe.run(document, {runOnly: ["color-contrast"], resultTypes: ["violations", "passes"], iframes: false, elementRef: true});
	window.lookedAt = r.passes.flatMap(p => p.nodes).map(n => window.freshLooks.get(n.element)).filter(Boolean);
	for (const e of window.freshLooks.keys()) e.removeAttribute("data-fresh-look");
	return r;
};
`

func (p *tab) examine(what, run string) {
	p.t.Helper()
	for _, f := range p.findings(run) {
		p.t.Errorf("%s: %s: %s\n\t%s", what, f.ID, f.Help, strings.Join(f.Nodes, "\n\t"))
	}
}

func (p *tab) findings(run string) []finding {
	p.t.Helper()
	p.wait(`!document.querySelector(".htmx-request")`) // what is on its way is drawn paler
	if !eval[bool](p, `"axe" in window`) {
		eval[bool](p, axeSource(p.t)+`; true`)
	}
	return eval[[]finding](p, run+`.then(r => r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 4).map(n => n.html.slice(0, 200) + " " + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ""))})))`)
}

var axeOnce struct {
	sync.Once
	source string
}

func axeSource(t testing.TB) string {
	t.Helper()
	axeOnce.Do(func() {
		b, err := os.ReadFile(filepath.Join(testtools.NPM(t, "axe-core@4.14.1"), "axe.min.js"))
		if err != nil {
			t.Fatal(err)
		}
		axeOnce.source = string(b)
	})
	return axeOnce.source
}

// What is new on a page that was looked at is examined, and found when it is pale.
func TestPaleTextIsFound(t *testing.T) {
	p := demo(t).as(t, "viewer", how{})
	p.visit(groups).contrast("as it is")
	p.run(`document.querySelector("main h1").style.color = "#ccc"`)
	eval[int](p, `newLooks(`+p.known()+`)`)
	found := p.findings(`contrastOfLooks()`)
	if len(found) != 1 || len(found[0].Nodes) != 1 || !strings.HasPrefix(found[0].Nodes[0], "<h1") {
		t.Errorf("found %+v, want the heading", found)
	}
}

// TestAccessibility looks at every page and sheet on a desk, in English by all rules and in both themes; in Chinese in dark, the main ones
// by all rules, the others for texts that are missing and colours. The main ones are opened on a phone, too, where nothing may have to be scrolled sideways.
func TestAccessibility(t *testing.T) {
	c := demo(t)
	list := surfaces(t, c)
	for name, h := range map[string]how{
		"desk en": {language: "en"}, "desk zh-CN": {language: "zh-CN"},
		"phone en": {language: "en", width: phone.width, height: phone.height, touch: phone.touch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			small := h.width > 0
			tabs := map[string]*tab{"nobody": c.visitor(t, h)}
			for _, s := range list {
				if small && !s.phone {
					continue
				}
				role := cmp.Or(s.role, "lead")
				p := tabs[role]
				if p == nil {
					p = c.as(t, role, h)
					tabs[role] = p
				}
				t.Run(s.name, func(t *testing.T) {
					p.t = t
					p.look(s, small)
				})
				p.t = t
			}
		})
	}
}

// look opens a surface and examines it.
func (p *tab) look(s surface, small bool) {
	p.t.Helper()
	if s.status == 0 {
		s.status = http.StatusOK
	}
	first := "light"
	if p.how.language != "en" {
		first = "dark"
	}
	p.scheme(first)
	p.visitStatus(s.path, s.status)
	if s.open != nil {
		s.open(p)
	}
	p.wait(`document.readyState === "complete" && document.documentElement`)
	if missing := eval[string](p, `document.documentElement.outerHTML.match(/.{0,60}\u27e6.{0,60}/)?.[0] ?? ""`); missing != "" {
		p.t.Errorf("%s: a text is missing: %s", s.name, missing)
	}
	if small { // the same elements as on a desk, which is where they are looked at
		p.fits()
		return
	}
	if p.how.language == "en" || s.phone {
		p.axe(s.name + " in " + first)
	} else {
		p.contrast(s.name + " in " + first) // the elements are those of English
	}
	if p.how.language == "en" {
		p.scheme("dark")
		p.contrast(s.name + " in dark")
	}
}
