package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/sanctions"
	"imdesk/store"
)

// compare has a group compared with the service, a while later.
func (h *harness) compare(group string) {
	h.t.Helper()
	ctx := context.Background()
	check(h.t, h.server.Sanctions.CatchUp(ctx))
	h.advance(time.Minute)
	check(h.t, h.store.Sanctions.Hurry(ctx, h.app.Name, store.KindGroup, group, h.now()))
	_, err := h.server.Sanctions.Step(ctx, h.app.Target(), true)
	check(h.t, err)
}

func (h *harness) publish(p sanctions.Policy) {
	h.t.Helper()
	body, err := json.Marshal(p)
	check(h.t, err)
	_, err = h.store.Policies.Set(context.Background(), store.Policy{Key: sanctions.PolicyKey(h.app.Name), Body: body, ChangedAt: h.now()})
	check(h.t, err)
}

// "Why am I muted?": where, until when, why in public words, and how to appeal; sent by whoever may answer.
func TestWhyMuted(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	mute := func(reason string) {
		h.do(actions.Mute{Common: actions.Common{Reason: reason, Note: "his brother, too"}, Group: "g1", Users: []string{"ann"}, Span: actions.Span{For: time.Hour}})
	}
	b := h.as(auth.Support)
	b.get(uPage).has("Nothing keeps you from writing").marked(`data-copy="Nothing keeps`)

	mute("Advertising: the usual idiot")
	page := b.get(uPage).has("You cannot write in the group “Music” until", "Reason: Advertising.", "Set by Mei Lin")
	if copied := attrOf(page.body, `data-copy="You cannot`); !strings.Contains(copied, "in the group “Music”") || strings.Contains(copied, "idiot") {
		t.Errorf("what is copied: %q", copied)
	}
	mute("a grudge")
	h.publish(sanctions.Policy{Appeal: map[string]string{"en": "Write to care@example.com.", "zh": "申诉请写信。"}})
	b.get(uPage).has("Reason: It went against the rules of the app.", "Write to care@example.com.", "申诉请写信。")
	h.must("profile/portrait_set", map[string]any{"From_Account": "ann", "ProfileItem": []any{map[string]any{"Tag": "Tag_Profile_IM_Language", "Value": 0}}})

	h.as(auth.Viewer).get(uPage).marked(`data-why="Your role does not allow this."`)
	h.as(auth.Viewer).post(uPage+"/answer", url.Values{"lang": {"en"}}).is(http.StatusForbidden)
	sent := b.post(uPage+"/answer", url.Values{"lang": {"zh"}, "key": {"k1"}, "text": {"anything else"}, "return": {uPage}}).is(http.StatusSeeOther)
	if to := sent.header.Get("Location"); to != uPage {
		t.Errorf("goes to %s", to)
	}
	b.get(uPage).has("Told Ann 安 why writing does not work")
	said := h.must("openim/admin_getroammsg", map[string]any{"Operator_Account": testAdmin, "Peer_Account": "ann", "MaxCnt": 10, "MinTime": 0, "MaxTime": h.now().Unix() + 60})
	raw, err := json.Marshal(said)
	check(t, err)
	if text := string(raw); !strings.Contains(text, "你在群「Music」中已被禁言") || !strings.Contains(text, "申诉请写信") || strings.Contains(text, "grudge") || strings.Contains(text, "anything else") {
		t.Errorf("what ann got: %s", text)
	}

	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"ann"}, "MuteTime": 0})
	h.must("group_open_http_svc/modify_group_base_info", map[string]any{"GroupId": "g1", "MuteAllMember": "On"})
	h.advance(time.Minute)
	b.get(uPage).has("Everybody is muted", "In the group “Music” only the owner and admins can write").lacks("until")
}

// A mute that was not set here is told without a reason.
func TestWhyMutedElsewhere(t *testing.T) {
	t.Parallel()
	h := newUser(t)
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"ann"}, "MuteTime": 3600})
	h.as(auth.Support).get(uPage).has("You cannot write in the group “Music” until", "Not set in this console").lacks("Reason:")
}

// The register: lists, filters and pages in the address, drift with the two ways out of it.
func TestSanctionsPage(t *testing.T) {
	t.Parallel()
	const list = "/apps/demo/sanctions"
	h := newUser(t)
	b := h.as(auth.Moderator)
	b.get(list).has("Nobody is sanctioned")
	h.compare("g1") // from here on, what nobody set here is drift
	h.do(actions.Mute{Common: actions.Common{Reason: "spam", Case: 12}, Group: "g1", Users: []string{"ann"}, Span: actions.Span{For: time.Hour}})
	b.get(list).has("ann", "Muted", "Music", "In force", "Mei Lin", "spam", "Case", "Log")
	for query, there := range map[string]bool{
		"?user=ann": true, "?user=bob": false, "?group=g1": true, "?group=x": false, "?by=Mei+Lin": true, "?by=mei": true, "?by=tom": false, "?kind=mute": true,
		"?kind=ban": false, "?state=over": false, "?state=all": true, "?before=2000-01-01": false, "?before=2100-01-01": true, "?before=x": true, "?at=x": true, "?at=1": false,
	} {
		page := b.get(list + query).is(http.StatusOK)
		if there {
			page.has("spam")
		} else {
			page.lacks("spam")
		}
	}
	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"ann"}, "MuteTime": 0})
	h.compare("g1")
	b.get(list).has("One sanction is not as the service has it")
	page := b.get(list+"?state=drifted").has("The service says: not in force", "Do it again", "Take over")
	h.as(auth.Viewer).get(list + "?state=drifted").has("Do it again").marked(`data-why="Your role does not allow this."`)
	path := list + "/" + attrOf(page.body, `action="`+list+"/")
	path, _, _ = strings.Cut(path, "\"")
	path = path[:strings.LastIndex(path, "/")]
	b.post(path+"/again", url.Values{"drift": {"end"}, "key": {"a"}}).is(http.StatusSeeOther)
	b.get(list + "?state=drifted").has("It changed meanwhile. Nothing was done.")
	b.post(path+"/again", url.Values{"drift": {"lifted"}, "key": {"b"}}).is(http.StatusSeeOther)
	b.get(list).has("In force", "spam").lacks("Differs from the service 1")
	if h.mutedUntil("g1", "ann").IsZero() {
		t.Error("ann is not muted again")
	}
	h.compare("g1")
	b.get(list).lacks("is not as the service has it")

	h.must("group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": "g1", "Members_Account": []string{"ann"}, "MuteTime": 0})
	h.compare("g1")
	page = b.get(list + "?state=drifted")
	path = list + "/" + attrOf(page.body, `action="`+list+"/")
	path = path[:strings.LastIndex(path, "/")]
	b.post(path+"/adopt", url.Values{"drift": {"lifted"}, "key": {"c"}}).is(http.StatusSeeOther)
	b.get(list).has("The service’s word is taken over").lacks("spam")
	b.get(list+"?state=lifted").has("spam", "Lifted at the service")
	b.post(list+"/99999/adopt", url.Values{}).is(http.StatusNotFound)
	b.post(list+"/x/again", url.Values{}).is(http.StatusNotFound)
}

// What is said in public is kept per app; who had the form open meanwhile is told.
func TestSanctionWords(t *testing.T) {
	t.Parallel()
	const words = "/apps/demo/sanctions/words"
	h := newUser(t)
	b := h.as(auth.Lead)
	b.get(words).has("How to appeal", "Reasons in public words")
	form := url.Values{"version": {"0"}, "appeal_en": {" Write to us. "}, "for": {"a grudge", ""}, "text_en": {"You were rude", "x"}, "text_zh": {"言语不当", ""}, "repair": {"1"}}
	b.post(words, form).is(http.StatusSeeOther)
	b.get(words).has("Write to us.", "You were rude", "言语不当").lacks("x</textarea>")
	b.post(words, form).is(http.StatusConflict).has("You were rude")
	b.post(words, with(form, "appeal_en", strings.Repeat("a", 600), "version", "1")).is(http.StatusUnprocessableEntity).has("Nothing was saved")
	h.do(actions.Mute{Common: actions.Common{Reason: "a grudge"}, Group: "g1", Users: []string{"ann"}, Span: actions.Span{Forever: true}})
	h.as(auth.Support).get(uPage).has("Reason: You were rude.", "Write to us.")
	p, _, err := sanctions.ReadPolicy(context.Background(), h.store.Policies, h.app.Name)
	if err != nil || !p.Repair || len(p.Words) != 1 {
		t.Errorf("the policy: %+v %v", p, err)
	}
	if m, err := h.app.IM.Mutes.Global(imclient.Fresh(context.Background()), "ann"); err != nil || !m.DirectUntil.IsZero() {
		t.Errorf("nothing else was done: %+v %v", m, err)
	}
}
