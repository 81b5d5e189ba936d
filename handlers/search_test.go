package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

// archived is a harness whose console keeps what is said.
func archived(t *testing.T) *harness { return archivedBy(t, archive.Policy{Groups: true}) }

func archivedBy(t *testing.T, p archive.Policy) *harness {
	t.Helper()
	keeper := &archive.Keeper{Policies: func() map[string]archive.Policy { return map[string]archive.Policy{testApp: p} }}
	h := newHarness(t, func(o *Options) {
		keeper.Store, keeper.Log, keeper.Now = o.Store.Archive, o.Log, o.Now
		o.Archive = keeper
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { keeper.Run(ctx); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	return h
}

// first is what a pattern finds first in the markup.
func (a *answer) first(pattern string) string {
	a.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(a.body)
	if m == nil {
		a.t.Fatalf("%s: no %s", a.what, pattern)
	}
	return html.UnescapeString(m[1])
}

func searchURL(typed string) string { return "/search?q=" + url.QueryEscape(typed) }

// told posts a callback of what was said.
func (h *harness) told(group, from, what string, seq int, more ...string) {
	h.t.Helper()
	body := fmt.Sprintf(`{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":%q,"Type":"Public","From_Account":%q,"MsgSeq":%d,"MsgTime":%d,"Random":%d,
		"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]%s}`, group, from, seq, h.now().Unix()-100+int64(seq), seq, what, strings.Join(more, ""))
	if w := h.callBack(stranger, h.callbackQuery("Group.CallbackAfterSendMsg"), body); w.Code != http.StatusOK || w.Body.String() != allowed {
		h.t.Fatalf("told: %d %s", w.Code, w.Body)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	h := archived(t)
	h.newUsers("olga:Olga", "ann:Ann O’Neil")
	h.newGroup("Public", "g1", "Music & more", "olga", "ann")
	h.told("g1", "ann", "我要退款 <b>now</b>", 1)
	h.told("g1", "olga", "No refund, see www.example.com", 2)
	h.told("g1", "olga", "退款 done", 3)
	h.told("g1", "olga", "退款 done", 3) // repeated
	h.told("gone", "nobody", "退款 in a group that is no more", 1)

	mod, viewer := h.as(auth.Moderator), h.as(auth.Viewer)
	mod.get("/search").is(http.StatusOK).has("What can be typed", "Demo 演示")
	a := mod.get(searchURL("退款")).is(http.StatusOK).has("3 messages", "Ann O’Neil", "Music & more", "gone")
	a.marked(`<mark>退款</mark>`, `&lt;b&gt;now&lt;/b&gt;`, `href="/apps/demo/groups/g1/messages?seq=1&amp;kept=`).lacks("refund")
	if first, second := strings.Index(a.body, "seq=3"), strings.Index(a.body, "?seq=1"); first < 0 || second < first {
		t.Error("the newest is not the first")
	}
	mod.get(searchURL("has:link")).is(http.StatusOK).has("1 message", "www.example.com")
	mod.get(searchURL("退款 -done in:g1")).is(http.StatusOK).has("1 message", "now")
	mod.get(searchURL("from:olga REFUND")).is(http.StatusOK).has("1 message")
	mod.get(searchURL("nothing like it")).is(http.StatusOK).has("Nothing was found")
	mod.get(searchURL("app:other x")).is(http.StatusOK).has("There is no app")
	mod.get(searchURL("has:cheese")).is(http.StatusBadRequest).has("can have link").marked(`value="has:cheese"`)
	mod.get(searchURL(strings.Repeat("长", maxSearch+1))).is(http.StatusBadRequest).has("longer than")
	mod.get(searchURL("退款")+"&cursor=%00nonsense").is(http.StatusOK).has("That page is no more", "3 messages")
	mod.get(searchURL("\xff\x00<script>")).is(http.StatusOK).has("Nothing was found")

	mod.part("/palette?q=refund").is(http.StatusOK).marked(`href="/search?q=refund"`)

	// What was taken back is for those who take back.
	recall := `{"CallbackCommand":"Group.CallbackAfterRecallMsg","GroupId":"g1","Type":"Public","MsgSeqList":[{"MsgSeq":1}]}`
	if w := h.callBack(stranger, h.callbackQuery("Group.CallbackAfterRecallMsg"), recall); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	mod.get(searchURL("我要退款")).is(http.StatusOK).has("1 message", "Recalled", "now")
	viewer.get(searchURL("我要退款")).is(http.StatusOK).has("Nothing was found").lacks("now")
	viewer.get(searchURL("is:recalled")).is(http.StatusOK).has("Nothing was found")

	// What there is a case of is for those who see cases.
	place := store.Conversation{App: testApp, Group: "g1"}
	if _, _, _, err := h.store.Cases.Flag(t.Context(), store.Case{Place: place, Key: "2", Sender: "olga", SaidAt: h.now()}, store.CaseFlag{At: h.now(), Source: store.CaseFromOperator, Score: 50},
		func(store.Case, store.CaseSums) store.Weighing { return store.Weighing{Title: "x"} }); err != nil {
		t.Fatal(err)
	}
	mod.get(searchURL("is:flagged")).is(http.StatusOK).has("1 message", "No refund")
	viewer.get(searchURL("is:flagged")).is(http.StatusOK).has("for those who see the queue").lacks("No refund")

	for i := range 60 {
		h.told("g1", "ann", fmt.Sprint("page word ", i), 100+i)
	}
	b := mod.get(searchURL("page word")).is(http.StatusOK).has("50 messages", "page word 59")
	mod.get(b.link("Next")).is(http.StatusOK).has("10 messages", "page word 0").lacks("page word 59")
}

// A service that tells of what is said in its own words is heard, and found again.
func TestSearchWhatTheServiceTells(t *testing.T) {
	t.Parallel()
	h := archived(t)
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	console := httptest.NewServer(h.handler)
	t.Cleanup(console.Close)
	check(t, h.im.SetCallback(testSDKAppID, emulator.Callback{URL: console.URL + "/callbacks/demo", Token: testToken}))
	t.Cleanup(func() { check(t, h.im.SetCallback(testSDKAppID, emulator.Callback{})) })
	seq := h.say("g1", "ann", text("a very rare word"))
	b := h.as(auth.Moderator)
	eventually(t, b, searchURL("rare"), "1 message")
	h.must("group_open_http_svc/group_msg_recall", map[string]any{"GroupId": "g1", "MsgSeqList": []any{map[string]any{"MsgSeq": json.Number(seq)}}})
	eventually(t, b, searchURL("rare is:recalled"), "1 message", "Recalled")

	// What was told is what the service's own history has.
	page, err := h.app.IM.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: "g1"}})
	check(t, err)
	kept, err := h.store.Archive.Get(t.Context(), store.Conversation{App: testApp, Group: "g1"}, []string{seq})
	check(t, err)
	for _, m := range page.Messages {
		want := archive.Message(store.Conversation{App: testApp, Group: "g1"}, m, archive.FromEvent)
		if got := kept[m.ID]; m.ID == seq && (got.Key != want.Key || got.Seq != want.Seq || got.Sender != want.Sender || !got.At.Equal(want.At) || got.State != want.State) {
			t.Errorf("kept %+v, the service has %+v", got, want)
		}
	}
	if len(kept) != 1 {
		t.Errorf("%d are kept", len(kept))
	}
}

// One search finds people and groups, too, by a part of what they are called or of their id.
func TestSearchNames(t *testing.T) {
	t.Parallel()
	h := archived(t)
	h.newUsers("olga:Olga Petrova", "u_ann:小安 Ann")
	h.newGroup("Public", "g1", "深夜音乐 Night Music", "olga", "u_ann")
	b := h.as(auth.Viewer)
	b.get("/apps/demo/groups").is(http.StatusOK) // what the console sees it knows from then on
	b.get("/apps/demo/users/u_ann").is(http.StatusOK)
	page := func(kind, typed string) *answer { return b.get(searchURL(typed) + "&kind=" + kind).is(http.StatusOK) }
	page("groups", "乐 ＮＩＧＨ").has("深夜音乐 Night Music", "g1", "Public").marked(`data-href="/apps/demo/groups/g1/messages"`)
	page("groups", "petrova").has("Nothing was found")
	page("people", "安").has("小安 Ann").marked(`data-href="/apps/demo/users/u_ann"`)
	page("people", "petro").has("Olga Petrova")
	page("people", "app:nosuch petro").has("Nothing was found")
	page("people", `<script>`).has("Nothing was found")

	b.get("/apps/demo/groups?q=usic").is(http.StatusOK).has("Night Music")
	b.get("/apps/demo/users?q=ann").is(http.StatusOK).has("1 user has it in name or ID", "小安 Ann", "Open the user with the ID “ann”")
	if to := b.get("/apps/demo/users?q=u_ann").location(); to != "/apps/demo/users/u_ann" {
		t.Errorf("a whole ID leads to %q", to)
	}
	if to := b.get("/apps/demo/users?q=nobody").location(); to != "/apps/demo/users/nobody" {
		t.Errorf("what nobody is called leads to %q", to)
	}

	// Ctrl-K has people, groups and messages as one types, without asking the service.
	h.told("g1", "olga", "the refund is on its way", 1)
	calls := h.im.Calls("group_open_http_svc/get_group_info")
	b.part("/palette?quick=1&q=refu").is(http.StatusOK).has("the refund is on its way", "Olga Petrova · 深夜音乐 Night Music").marked(`data-more`)
	b.part("/palette?quick=1&q=oto").is(http.StatusOK).lacks("Olga")
	b.part("/palette?quick=1&q=lga").is(http.StatusOK).has("Olga Petrova")
	b.part("/palette?quick=1&q=nig").is(http.StatusOK).has("Night Music").marked(`data-href="/apps/demo/groups/g1/messages"`)
	if p := b.part("/palette?quick=1&q=g1").is(http.StatusOK).has("Found by ID"); strings.Contains(p.body, "data-more") {
		t.Error("what is known by its ID is asked for again")
	}
	if n := h.im.Calls("group_open_http_svc/get_group_info"); n != calls {
		t.Errorf("%d calls", n-calls)
	}
}

// A hit leads to what was said around it: as the service has it, else as it was kept.
func TestSearchInAGroup(t *testing.T) {
	t.Parallel()
	h := archived(t)
	h.newUsers("olga:Olga", "ann:Ann")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	h.newGroup("AVChatRoom", "live1", "Live", "olga")
	h.say("g1", "ann", text("a rare word of the service’s"))
	for i := range 50 {
		h.told("live1", "ann", fmt.Sprint("rare number ", i+1, " <b>"), i+1)
	}
	h.told("g1", "ann", "a rare word", 77)
	mod := h.as(auth.Moderator)
	mod.get("/apps/demo/groups/g1/messages").marked(`form="in-group"`, `name="in" value="g1"`)
	scope := "&app=demo&in=g1"
	eventually(t, mod, searchURL("rare")+scope, "Only in", "2 messages", "a rare word", "Look for the words") // what the page read is kept, too
	mod.get(searchURL("rare") + scope).is(http.StatusOK).lacks("number")
	mod.get(searchURL("rare from:olga") + scope).is(http.StatusOK).has("Nothing was found")
	mod.get(searchURL("rare")+"&app=nosuch&in=g1").is(http.StatusOK).has("50 messages", "Next") // everywhere

	// The service has no history of live rooms, and nothing at the other one's position.
	mod.get("/apps/demo/groups/live1/messages").is(http.StatusOK).has("From the archive", "rare number 50").marked(`name="in" value="live1"`)
	mod.get("/apps/demo/groups/live1/said").is(http.StatusOK).has("rare number 50").lacks("rare number 29 ")
	hit := mod.get(searchURL(`"rare number 25"`)).is(http.StatusOK)
	to := mod.get(hit.first(`data-href="([^"]+)"`)).is(http.StatusSeeOther).location()
	around := mod.get(to).is(http.StatusOK).has("rare number 25 <b>", "rare number 5 <b>", "rare number 45 <b>").lacks("rare number 4 <b>", "rare number 46 <b>")
	around.marked(`data-here`)
	mod.get(around.link("Earlier")).is(http.StatusOK).has("rare number 1 <b>")
	mod.get(around.link("Later")).is(http.StatusOK).has("rare number 50 <b>")
	gone := mod.get(searchURL("rare") + scope).first(`data-href="([^"]*seq=77[^"]*)"`)
	mod.get(gone).is(http.StatusOK).has("From the archive", "a rare word")
	for _, bad := range []string{"?id=nonsense%00", "?id=-1", "?at=zzzzzzzzzzzzzzzz", "?id=1"} {
		mod.get("/apps/demo/groups/live1/said" + bad).is(http.StatusOK)
	}

	// What was taken back is for those who take back.
	recall := `{"CallbackCommand":"Group.CallbackAfterRecallMsg","GroupId":"live1","Type":"AVChatRoom","MsgSeqList":[{"MsgSeq":25}]}`
	if w := h.callBack(stranger, h.callbackQuery("Group.CallbackAfterRecallMsg"), recall); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	mod.get(to).has("rare number 25 <b>")
	h.as(auth.Viewer).get(to).has("Recalled", "rare number 24 <b>").lacks("rare number 25 <b>")
}

// Searches are kept, and shared by those who may; what others see stands in the audit log.
func TestSavedSearches(t *testing.T) {
	t.Parallel()
	h := archived(t)
	mod, viewer, owner := h.as(auth.Moderator), h.as(auth.Viewer), h.as(auth.Owner)
	page := mod.get(searchURL("退款 -test") + "&app=demo&in=g1").is(http.StatusOK).has("Saved searches")
	page.marked(`value="退款 -test app:demo in:g1"`)
	save := func(b *browser, name, query, shared string) *answer {
		return b.post("/search/saved", url.Values{"name": {name}, "q": {query}, "shared": {shared}})
	}
	if to := save(mod, "Refunds", "退款 -test", "1").is(http.StatusSeeOther).location(); to != searchURL("退款 -test") {
		t.Errorf("it leads to %q", to)
	}
	save(viewer, "My own", "has:link", "").is(http.StatusSeeOther)
	save(viewer, "My own", "x", "").is(http.StatusUnprocessableEntity).has("of that name already").marked(`value="My own"`)
	save(viewer, "Mine", "x", "1").is(http.StatusUnprocessableEntity).has("does not share")
	save(viewer, "Bad", "has:cheese", "").is(http.StatusUnprocessableEntity).has("can have link")
	save(viewer, " ", "x", "").is(http.StatusUnprocessableEntity).has("needs a name")
	save(viewer, strings.Repeat("长", store.MaxSearchName+1), "x", "").is(http.StatusUnprocessableEntity).has("cannot be kept")
	viewer.get("/search").is(http.StatusOK).has("Refunds", "by op_moderator", "My own")
	mod.get("/search").is(http.StatusOK).has("Refunds").lacks("My own")
	viewer.part("/palette?quick=1&q=refun").is(http.StatusOK).has("Refunds")

	edit := mod.get("/search").first(`href="(/search/saved/[0-9]+)"`)
	viewer.get(edit).is(http.StatusNotFound)
	viewer.post(edit, url.Values{"name": {"x"}, "q": {"x"}}).is(http.StatusNotFound)
	viewer.post(edit+"/remove", nil).is(http.StatusNotFound)
	owner.get(edit).is(http.StatusOK).marked(`value="Refunds"`)
	mod.post(edit, url.Values{"name": {"Refunds 退款"}, "q": {"退款"}, "shared": {"1"}}).is(http.StatusSeeOther)
	viewer.get("/search").has("Refunds 退款")
	owner.post(edit+"/remove", nil).is(http.StatusSeeOther)
	viewer.get("/search").lacks("Refunds")
	list, err := h.store.Audit.List(t.Context(), store.AuditFilter{}, 0, 50)
	check(t, err)
	var got []string
	for _, e := range list {
		if strings.HasPrefix(e.Action, "search.") {
			got = append(got, e.OperatorName+" "+e.Action)
		}
	}
	if want := "op_owner search.remove, op_moderator search.change, op_moderator search.share"; strings.Join(got, ", ") != want {
		t.Errorf("recorded: %v", got)
	}
}

// Direct chats are searched for a reason, and what is said in one is read for a reason of its own.
func TestSearchDirectChats(t *testing.T) {
	t.Parallel()
	h := archivedBy(t, archive.Policy{Groups: true, Direct: true})
	h.newUsers("olga:Olga", "ann:Ann", "bob:Bob")
	h.newGroup("Public", "g1", "Music", "olga", "ann")
	h.told("g1", "ann", "a secret in a group", 1)
	whisper := func(from, to, what string, n int) {
		t.Helper()
		body := fmt.Sprintf(`{"CallbackCommand":"C2C.CallbackAfterSendMsg","From_Account":%q,"To_Account":%q,"MsgSeq":%d,"MsgRandom":%d,"MsgTime":%d,
			"MsgKey":"%d_%d_%d","MsgId":"m%d","SendMsgResult":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]}`,
			from, to, n, n, h.now().Unix()-100+int64(n), n, n, h.now().Unix()-100+int64(n), n, what)
		if w := h.callBack(stranger, h.callbackQuery("C2C.CallbackAfterSendMsg"), body); w.Code != http.StatusOK || w.Body.String() != allowed {
			t.Fatalf("told: %d %s", w.Code, w.Body)
		}
	}
	whisper("ann", "olga", "my secret is 退款 <b>", 1)
	whisper("olga", "ann", "tell nobody", 2)
	whisper("bob", "olga", "another secret", 3)
	support, viewer := h.as(auth.Support), h.as(auth.Viewer)
	const path = "/apps/demo/direct/search"

	support.get(searchURL("secret")).is(http.StatusOK).has("1 message", "Direct chats", "a secret in a group").lacks("my secret")
	viewer.get(searchURL("secret")).is(http.StatusOK).lacks("Direct chats", "my secret")
	viewer.get(path + "?q=secret").is(http.StatusForbidden)
	support.get(path+"?q=secret").is(http.StatusOK).has("Why do you search").lacks("my secret", "Ann")
	support.post(path, url.Values{"q": {"secret"}, "reason": {" "}}).is(http.StatusUnprocessableEntity).marked(`value="secret"`)
	support.post(path, url.Values{"q": {"secret"}, "reason": {strings.Repeat("长", maxSearchReason+1)}}).is(http.StatusUnprocessableEntity)
	viewer.post(path, url.Values{"q": {"secret"}, "reason": {"x"}}).is(http.StatusForbidden)
	found := support.post(path, url.Values{"q": {"secret"}, "reason": {"report 7"}}).is(http.StatusSeeOther).location()
	page := support.get(found).is(http.StatusOK).has("2 messages", "report 7", "Ann and Olga", "Bob and Olga", "give a reason for this chat").lacks("my secret", "another", "in a group")
	support.get(path + "?q=in:g1+secret").is(http.StatusOK).has("no groups among direct chats")
	support.get(path + "?q=is:flagged").is(http.StatusOK).has("for those who see the queue")
	support.get(path + "?q=has:cheese").is(http.StatusBadRequest).has("can have link")
	support.get(path + "?q=from:bob").is(http.StatusOK).has("1 message")

	// The hit leads to the reason for that chat, and from there to the message among those around it.
	to := page.first(`data-href="([^"]*user=ann[^"]*)"`)
	asked := support.get(to).is(http.StatusOK).has("Why do you open this chat?").lacks("my secret")
	back := asked.first(`name="to" value="([^"]*)"`)
	if to = support.post("/apps/demo/direct/open", url.Values{"user": {"ann"}, "peer": {"olga"}, "reason": {"report 7"}, "to": {back}, "key": {"k"}}).is(http.StatusSeeOther).location(); to != back {
		t.Errorf("the reason leads to %s", to)
	}
	support.get(to).is(http.StatusOK).has("my secret is 退款 <b>", "tell nobody").marked("data-here")
	support.get(found).is(http.StatusOK).has("2 messages", "is 退款").lacks("another")
	support.get("/apps/demo/direct/said?user=bob&peer=olga&id=1").is(http.StatusOK).has("Why do you open").lacks("another")
	support.get("/apps/demo/direct/said?user=bob").is(http.StatusNotFound)

	list, err := h.store.Audit.List(t.Context(), store.AuditFilter{Action: actSearchDirect}, 0, 5)
	check(t, err)
	if len(list) != 1 || list[0].Reason != "report 7" || list[0].App != testApp || string(list[0].Detail) != `{"query":"secret"}` {
		t.Errorf("recorded: %+v", list)
	}
	h.advance(permitTime)
	support.get(found).is(http.StatusOK).has("Why do you search").lacks("secret is")
}
