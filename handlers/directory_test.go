package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/callbacks"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/volcengine"
	"imdesk/jobs"
)

// volc is a console with an app of Volcengine IM beside the other, and what may be asked of that app behind its back.
type volc struct {
	*harness
	app *App
	api *volcengine.API
	em  *emulator.Server
}

const (
	volcID     = 900001
	volcSecret = "a secret of webhooks"
)

func newVolc(t *testing.T) *volc {
	t.Helper()
	em, err := emulator.New(t.Context(), emulator.Config{Volc: []emulator.VolcengineApp{{AppID: 900001, AccessKey: "AK", SecretKey: "SK"}}})
	check(t, err)
	t.Cleanup(func() { check(t, em.Close()) })
	check(t, em.Start("127.0.0.1:0"))
	v := &volc{em: em}
	cfg := volcengine.Config{AppID: "900001", AccessKey: "AK", SecretKey: "SK", Endpoint: em.URL(), Now: func() time.Time {
		if v.harness == nil {
			return time.Now()
		}
		return v.now()
	}}
	cfg.Account, err = volcengine.NewAccount(1)
	check(t, err)
	api, err := volcengine.NewAPI(cfg)
	check(t, err)
	t.Cleanup(api.Close)
	im, err := volcengine.New(cfg)
	check(t, err)
	t.Cleanup(im.Close)
	v.app, v.api = &App{Name: "volc", Title: "Tongxue Study", IM: im, Callbacks: volcengine.Callbacks{AppID: "900001", Secret: volcSecret}}, api
	v.harness = newHarness(t, func(o *Options) {
		fixApp(o, v.app)
		o.Feed, o.Jobs = callbacks.NewFeed(o.Store.Directory, o.Log, o.Now), v.jobs(o)
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { v.server.Feed.Run(ctx) })
	running.Go(func() { v.server.Jobs.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return v
}

// jobs makes the service of long work, in which everybody who starts something may do it.
func (v *volc) jobs(o *Options) *jobs.Service {
	s := jobs.New(jobs.Options{
		Store: o.Store.Jobs, Audit: o.Store.Audit, Actions: o.Actions, Log: o.Log, Poll: 20 * time.Millisecond,
		App: func(name string) (actions.App, bool) { return v.app.Target(), name == v.app.Name },
		Operator: func(_ context.Context, id, _ string) (actions.Actor, error) {
			return actions.Actor{OperatorID: id, Can: func(actions.Verb) bool { return true }}, nil
		},
	})
	s.Add(jobs.NewFindGroups(o.Store.Directory, o.Now))
	return s
}

// group makes one behind the console's back.
func (v *volc) group(t *testing.T, name string, owner volcengine.ID) string {
	t.Helper()
	r, err := v.api.CreateConversation(t.Context(), &volcengine.CreateConversationRequest{
		ConversationCoreInfo: volcengine.NewConversation{ConversationType: volcengine.ConversationGroup, Name: name}, OwnerUserId: owner,
	})
	check(t, err)
	return string(r.ConversationShortId)
}

// TestDirectory: the groups of an app whose vendor has no list are those that the console has met, and how it did.
func TestDirectory(t *testing.T) {
	t.Parallel()
	v := newVolc(t)
	b := v.as(auth.Support)
	const list, form = "/apps/volc/groups", "/apps/volc/known-groups"
	b.get(list).is(http.StatusOK).has("No groups are known yet", "Add groups by ID")

	pasted, opened := v.group(t, "Chemistry 化学 <b>", "9223372036854775807"), v.group(t, "Opened one", "9007199254740993")
	of := v.group(t, "Of a user", "9007199254740995")
	b.post(form, url.Values{"ids": {" "}}).is(http.StatusUnprocessableEntity).has("Enter at least one group ID.")
	b.post(form, url.Values{"ids": {pasted + ", 8999999999999999999 nonsense"}}).is(http.StatusUnprocessableEntity).
		has("1 group was added", "8999999999999999999", "nonsense", "no groups with these 2 IDs")
	if got := b.post(form, url.Values{"ids": {pasted}}).location(); got != list {
		t.Errorf("it leads to %q", got)
	}
	b.get(list).has("Chemistry 化学 <b>", pasted, "Known by its ID, added here", "1 group", "9223372036854775807")

	if got := b.get(list + "?q=" + opened).location(); got != "/apps/volc/groups/"+opened+"/messages" {
		t.Errorf("an id leads to %q", got)
	}
	_, err := v.app.IM.Users.Groups(t.Context(), "9007199254740995", "", 10)
	check(t, err)
	id, _, err := v.app.IM.Groups.Create(t.Context(), imclient.NewGroup{Type: volcengine.TypeGroup, Name: "Made here", OwnerID: "9007199254740995"})
	check(t, err)
	b.get(list).has("Opened one", "Known since its ID was opened", "Of a user", "Known from a user’s conversations", "Made here", "Created here", "4 groups")
	b.get(list+"?q=chem").has("Chemistry").lacks("Of a user", "Made here")
	b.get(list+"?type=LiveGroup").lacks("Made here", "Chemistry")

	check(t, v.app.IM.Groups.Dismiss(t.Context(), id))
	check(t, v.api.DestroyConversation(t.Context(), &volcengine.DestroyConversationRequest{ConversationShortId: volcengine.ID(of), OwnerUserId: "9007199254740995"}))
	v.advance(testCache)
	b.get(list).lacks("Made here", "Of a user").has("Opened one", "Chemistry")
	b.get(list).has("2 groups")

	v.as(auth.Viewer).get(form).is(http.StatusForbidden)
	if got := b.get("/apps/demo/known-groups").location(); got != "/apps/demo/groups" {
		t.Errorf("an app whose vendor has a list: %q", got)
	}
}

// TestDirectoryFromFile reads the first column of a CSV with heads.
func TestDirectoryFromFile(t *testing.T) {
	t.Parallel()
	v := newVolc(t)
	one, two := v.group(t, "One", "1"), v.group(t, "Two, with a comma", "2")
	b := v.as(auth.Support)
	file := "\uFEFFgroup id,name\r\n" + one + ",\"One\"\r\n" + two + ",\"Two, with a comma\"\r\n"
	b.upload("/apps/volc/known-groups", map[string]string{"ids": ""}, "groups.csv", file).is(http.StatusSeeOther)
	b.get("/apps/volc/groups").has("One", "Two, with a comma", "2 groups")
}

// TestLongIDsSurvivePages: the longest ids there are come out of pages as they went in.
func TestLongIDsSurvivePages(t *testing.T) {
	t.Parallel()
	v := newVolc(t)
	const user = "9223372036854775807"
	id := v.group(t, "Long ids", user)
	b := v.as(auth.Owner)
	for _, path := range []string{
		"/apps/volc/groups/" + id + "/messages", "/apps/volc/groups/" + id + "/members", "/apps/volc/groups/" + id + "/details",
		"/apps/volc/users/" + user, "/apps/volc/groups?q=Long",
	} {
		page := b.get(path)
		if page.status == http.StatusSeeOther {
			continue
		}
		if path != "/apps/volc/users/"+user {
			page.is(http.StatusOK)
		}
		if text := page.text(); strings.Contains(text, "9223372036854776") || strings.Contains(text, "e+18") {
			t.Errorf("%s: an id was rounded", path)
		}
	}
	b.get("/apps/volc/groups/" + id + "/members").has(user)
}
