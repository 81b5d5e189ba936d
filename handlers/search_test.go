package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/store"
)

// archived is a harness whose console keeps what is said.
func archived(t *testing.T) *harness {
	t.Helper()
	keeper := &archive.Keeper{Policies: func() map[string]archive.Policy { return map[string]archive.Policy{testApp: {Groups: true}} }}
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
	a.marked(`<mark>退款</mark>`, `&lt;b&gt;now&lt;/b&gt;`, `href="/apps/demo/groups/g1/messages?seq=1"`).lacks("refund")
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
