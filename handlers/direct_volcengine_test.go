package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/volcengine"
)

// TestDirectAtVolcengine: the same page on the other vendor, whose ids exceed what a float holds. What it cannot do is not
// offered, and says why.
func TestDirectAtVolcengine(t *testing.T) {
	t.Parallel()
	const (
		secret   = "c2VjcmV0LWZvci1kaXJlY3Q="
		ann, bob = "1691070514797520001", "1691070514797520002"
	)
	h := newHarness(t)
	im, err := emulator.New(t.Context(), emulator.Config{
		Volc: []emulator.VolcengineApp{{AppID: 900001, AccessKey: "AKLTdirect", SecretKey: secret}}, Seed: "none", Now: h.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, im.Close()) })
	check(t, im.Start("127.0.0.1:0"))
	config := volcengine.Config{AppID: "900001", AccessKey: "AKLTdirect", SecretKey: secret, Endpoint: im.URL(), Now: h.now}
	api, err := volcengine.NewAPI(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	r, err := api.RegisterUsers(t.Context(), &volcengine.RegisterUsersRequest{Users: []volcengine.NewUser{{UserId: ann, NickName: "Ann"}, {UserId: bob, NickName: "Bob"}}})
	if err != nil || len(r.FailedInfos) > 0 {
		t.Fatalf("register: %v, %+v", err, r)
	}
	client, err := volcengine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	h.app.IM = client
	say := func(from, to, what string) messageRef {
		t.Helper()
		sent, err := client.Messages.Send(context.Background(), imclient.Conversation{User: from, Peer: to}, imclient.Draft{Body: []imclient.Element{imclient.Text{Text: what}}})
		if err != nil {
			t.Fatal(err)
		}
		h.advance(time.Second)
		return messageRef{sent.Seq, sent.ID, from}
	}
	first, second := say(ann, bob, "word 1"), say(bob, ann, "word 2")

	const page = directPage + "?user=" + ann + "&peer=" + bob
	b := h.as(auth.Lead)
	calls := im.Calls("")
	b.get(page).is(200).has("Why do you open this chat?")
	if n := im.Calls("") - calls; n != 0 {
		t.Fatalf("%d calls", n)
	}
	b.opened(ann, bob)
	a := b.get(page).is(200).has("Ann", "Bob", "word 1", "word 2", "Up to date").lacks("As Ann sees it")
	if !strings.Contains(a.body, `data-why="Volcengine IM has no message extensions`) {
		t.Error("nothing says what this vendor cannot do")
	}
	b.get(directPage+"?user="+bob+"&peer="+ann).is(200).has("word 1", "word 2")
	pair := func(pairs ...string) url.Values {
		return with(nil, append([]string{"user", ann, "peer", bob, "back", page}, pairs...)...)
	}
	b.post(directPage+"/recall", pair("m", first.String())).is(http.StatusSeeOther)
	b.get(page).is(200).has("Recalled 1 message")
	b.get(directPage+"/edit?user="+ann+"&peer="+bob+"&m="+url.QueryEscape(second.String())).is(200).has("It says now", "word 2")
	b.post(directPage+"/edit", pair("m", second.String(), "text", "word 3", "seen", "word 2", "reason", "x")).is(http.StatusSeeOther)
	b.get(page).is(200).has("word 3", "Changed the message")
	b.get(directPage + "/extensions?user=" + ann + "&peer=" + bob + "&m=" + url.QueryEscape(second.String())).is(http.StatusConflict)
	b.get(directPage + "/read?user=" + ann + "&peer=" + bob).is(200)
	b.post(directPage+"/read", pair("for", ann)).is(http.StatusSeeOther)
	b.post(directPage+"/send", pair("from", "user", "text", "word 4", "reason", "x", "confirmed", ann)).is(http.StatusSeeOther)
	b.get(page).is(200).has("word 4")
	b.post(directPage+"/hide", pair("for", ann, "m", second.String(), "reason", "x")).is(http.StatusSeeOther)
	b.get(page).is(200).has("Took 1 message from one side") // the service tells no view of one side, and it is not said to be verified
	b.get(directPage + "?user=nobody&peer=" + bob).is(200)
}
