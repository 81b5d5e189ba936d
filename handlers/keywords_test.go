package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"imdesk/auth"
	"imdesk/emulator"
)

const keywordsURL = "/apps/demo/keywords"

// cloudURL is the page of the first library of the cloud.
func (h *harness) cloudURL() string {
	h.t.Helper()
	page, err := h.app.IM.Keywords.Libraries(h.t.Context(), "", 0)
	if err != nil || len(page.Items) == 0 {
		h.t.Fatalf("libraries: %v %v", page, err)
	}
	return libraryURL(h.app, page.Items[0].ID)
}

func TestKeywordPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	b.get(keywordsURL).is(http.StatusOK).has("Replaced in the app", "Blocked in the app", "The message is refused.", "put up for review")

	words := []string{"casino", "<b>bold</b>", "赌博", "مقامرة", strings.Repeat("长", 66)}
	a := b.post(keywordsURL+"/replace/add", url.Values{"words": {strings.Join(words, "\r\n") + "\n\n casino \n"}, "replacement": {"*<i>*"}}).is(http.StatusSeeOther)
	list := b.get(a.location()).is(http.StatusOK).has("Added 5 words", "Undo", "*<i>*")
	list.has(words...)
	if strings.Contains(list.body, "<b>bold") {
		t.Error("a word is markup")
	}
	b.get(keywordsURL + "/replace?q=cas").is(http.StatusOK).has("casino").lacks("赌博")
	b.get(keywordsURL+"/replace?q=nosuch").has("No word contains “nosuch”", "Show all")
	b.get(keywordsURL+"/block").has("No words", "Add words")
	b.part(keywordsURL + "/replace").is(http.StatusOK).marked(`id="word-list"`)

	sheet := b.get(keywordsURL+"/replace/remove?word=casino&word=nosuch").is(http.StatusOK).has("is removed. It was a word that becomes “*<i>*”", "is skipped: not in the library", "Remove 1 word")
	sheet.marked(`name="word" value="casino"`)
	gone := b.post(keywordsURL+"/replace/remove", url.Values{"word": {"casino"}}).is(http.StatusSeeOther)
	page := b.get(gone.location()).has("Removed “casino”")
	undo := page.body[strings.Index(page.body, "/actions/"):]
	undo = "/apps/demo" + undo[:strings.IndexAny(undo, `"`)]
	b.post(undo, url.Values{}).is(http.StatusSeeOther)
	b.get(keywordsURL+"/replace?q=casino").has("casino", "*<i>*")
	b.get(keywordsURL+"/block/add").has("These are regular expressions").lacks("Becomes", "About")

	cloud := h.cloudURL()
	b.get(cloud+"/add").has("About", "Advertising").lacks("regular expressions")
	for i := range 60 {
		h.must("im_msg_audit_mgr/add_cloud_audit_keywords", map[string]any{"SdkAppId": testSDKAppID, "LibID": strings.TrimPrefix(mustUnescape(t, cloud), keywordsURL+"/cloud:"), "UserKeywords": []any{map[string]any{"Content": fmt.Sprintf("word %03d", i)}}})
	}
	first := b.get(cloud).is(http.StatusOK).has("word 000", "1 to 50 of 60").lacks("word 059")
	next := first.link("Next")
	b.get(next).has("word 059", "51 to 60 of 60", "First")
	b.get(cloud + "?cursor=nonsense").is(http.StatusOK).has("word 000")
	h.as(auth.Moderator).get(keywordsURL).is(http.StatusForbidden)
}

func mustUnescape(t *testing.T, s string) string {
	t.Helper()
	u, err := url.PathUnescape(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestKeywordFormsThatAreWrong(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	long := strings.Repeat("x", 201)
	for name, tt := range map[string]struct {
		path string
		form url.Values
		say  string
		kept string
	}{
		"nothing":           {"/block/add", url.Values{"reason": {"<kept>"}}, "Choose at least one.", "<kept>"},
		"too long":          {"/block/add", url.Values{"words": {"fine\n" + long}}, "at most 200 bytes", "fine"},
		"too many":          {"/block/add", url.Values{"words": {strings.Repeat("w\n", 1) + manyWords(101)}}, "at once are too many", "word 7"},
		"control character": {"/block/add", url.Values{"words": {"a\x01b"}}, "cannot be shown", "b"},
		"nothing to remove": {"/block/remove", url.Values{}, "Choose at least one.", ""},
		"a reason too long": {"/block/add", url.Values{"words": {"fine"}, "reason": {strings.Repeat("x", 1001)}}, "too long", "fine"},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.in(t).post(keywordsURL+tt.path, tt.form).is(http.StatusUnprocessableEntity).has(tt.say, tt.kept)
			b.in(t).postPart(keywordsURL+tt.path, keywordsURL, tt.form).is(http.StatusUnprocessableEntity).has(tt.say)
			if strings.Contains(a.body, "<kept>") {
				t.Error("what was typed is markup")
			}
		})
	}
	b.post(keywordsURL+"/block/add", url.Values{"words": {"heck\ndarn"}, "preview": {"1"}}).is(http.StatusOK).has("heck ” is added as a word", "Add 2 words")
	b.postPart(keywordsURL+"/block/add", keywordsURL, url.Values{"words": {"heck"}, "preview": {"1"}}).is(http.StatusUnprocessableEntity).has("heck ” is added as a word")
	if h.hasWord("heck") {
		t.Error("a look added the word")
	}
	for _, path := range []string{"/cloud:none", "/none", "/%20", "/" + strings.Repeat("x", 300), "/cloud:none/add"} {
		a := b.get(keywordsURL + path)
		if a.status != http.StatusNotFound && !strings.HasSuffix(path, "/add") {
			t.Errorf("%s: %d", path, a.status)
		}
		if a.status == http.StatusInternalServerError {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	b.post(keywordsURL+"/none/add", url.Values{"words": {"x"}}).is(http.StatusNotFound)
}

func manyWords(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("word %d", i))
	}
	return strings.Join(list, "\n")
}

// Of words that the service refuses, each is named in the log, and the others are in.
func TestKeywordsPartlyRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(auth.Lead)
	a := b.post(keywordsURL+"/block/add", url.Values{"words": {"fine.*\n("}, "pattern": {"1"}}).is(http.StatusSeeOther)
	b.get(a.location()).has("1 of 2 done", "(", "fine.*", "Pattern")
	h.im.SetFault(emulator.Fault{Command: "im_msg_audit_mgr/get_local_audit_keywords", Status: http.StatusBadGateway})
	b.get(keywordsURL+"/block").is(http.StatusBadGateway).has("Blocked in the app", "Try again")
	b.part(keywordsURL + "/block").is(http.StatusBadGateway)
	h.im.ClearFaults()
	h.im.SetFault(emulator.Fault{Command: "im_msg_audit_mgr/get_cloud_audit_keywords_ids", Status: http.StatusBadGateway})
	b.get(keywordsURL).is(http.StatusBadGateway).has("Keywords", "Try again")
}
