package handlers

import (
	"context"
	"net/http"
	"testing"

	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/volcengine"
)

// Users of an app of Volcengine IM: what the service has is shown and done, and what it has not is said to be so.
func TestUsersOfVolcengine(t *testing.T) {
	t.Parallel()
	const ann, bob = "1691070514797520001", "1691070514797520002"
	em, err := emulator.New(t.Context(), emulator.Config{
		Volc: []emulator.VolcengineApp{{AppID: 900001, AccessKey: "AKTEST", SecretKey: "secret"}}, Seed: "none",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, em.Close()) })
	check(t, em.Start("127.0.0.1:0"))
	im, err := volcengine.New(volcengine.Config{AppID: "900001", AccessKey: "AKTEST", SecretKey: "secret", Endpoint: em.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(im.Close)
	refused, err := im.Users.Import(context.Background(), []imclient.NewUser{{ID: ann, Nick: "Ann"}, {ID: bob, Nick: "Bob"}})
	if err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	h := newHarness(t, func(o *Options) { fixApp(o, &App{Name: "volc", Title: "Volc", IM: im}) })
	b := h.as(auth.Owner)
	page := "/apps/volc/users/" + ann
	b.get(page).is(http.StatusOK).has("Ann").lacks("Birthday", "Adds friends")
	b.get(page + "/contacts").is(http.StatusOK)
	b.get(page + "/friends").is(http.StatusOK).has("No friends").lacks("Lists of friends")
	b.get(page+"/blocks?check="+bob).is(http.StatusOK).has("Nobody is blocked", "Not blocked", "Bob")
	b.get(page+"/edit").is(http.StatusOK).has("Nickname", "Picture").lacks("Birthday", "Gender")
	b.get(page + "/delete").is(http.StatusOK).has("What this destroys")
	b.get("/apps/volc/users?check=" + ann + "+1691070514797529999").is(http.StatusOK).has("1 there, 1 without an account")

	b.post(page+"/friends/add", with(nil, "ids", bob, "how", "force")).is(http.StatusSeeOther)
	b.get(page+"/friends").has("Bob", "Both")
	b.post(page+"/blocks/add", with(nil, "ids", bob)).is(http.StatusSeeOther)
	b.get(page + "/blocks").has("Bob")
	b.post(page+"/blocks/remove", with(nil, "ids", bob)).is(http.StatusSeeOther)
	b.post(page+"/friends/remove", with(nil, "ids", bob, "words", "asked for it")).is(http.StatusSeeOther)
	form := formOf(t, b.part(page+"/edit"))
	form.Set("nick", "Anna")
	b.post(page+"/edit", form).is(http.StatusSeeOther)
	b.get(page).has("Anna", "Changed the profile")
	for path, says := range map[string]string{"/friend-lists/add?list=x": "has no lists of friends", "/contacts/remove?peer=" + bob: "cannot take a conversation off"} {
		a := b.get(page + path)
		if a.status >= http.StatusInternalServerError {
			t.Errorf("%s: %d", path, a.status)
		}
		a.has(says)
	}
}
