package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/apps"
	"imdesk/auth"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/store"
)

// Another app of each vendor, at an emulator of its own.
const (
	addedID     = 1400000077
	addedAdmin  = "boss"
	addedKey    = "aaaa850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	addedToken  = "the token of added callbacks"
	addedVolcID = 900077
	addedVolcAK = "AKADDED"
	addedVolcSK = "the secret of the added access key"
)

// rival is an emulator with apps that the console does not know.
func rival(t testing.TB) *emulator.Server {
	t.Helper()
	em, err := emulator.New(context.Background(), emulator.Config{
		Seed: "none",
		Apps: []emulator.TencentApp{{SDKAppID: addedID, Admins: []string{addedAdmin}, Key: addedKey}},
		Volc: []emulator.VolcengineApp{{AppID: addedVolcID, AccessKey: addedVolcAK, SecretKey: addedVolcSK}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, em.Close()) })
	check(t, em.Start("127.0.0.1:0"))
	return em
}

// tencentForm is what is typed for the app of the rival, volcForm the same of the other vendor.
func tencentForm(em *emulator.Server, pairs ...string) url.Values {
	return with(nil, append([]string{
		"vendor", "tencent", "name", "harbor", "app_id", strconv.Itoa(addedID), "title", "Harbor 海港", "administrator", addedAdmin, fieldKey, addedKey,
		fieldToken, addedToken, "region", "china", "endpoint", em.URL(), "archive", "groups", "archive_days", "30", "rate_share", "50",
		"administrators", "bot\nhelper", "colour", "rose",
	}, pairs...)...)
}

func volcForm(em *emulator.Server, pairs ...string) url.Values {
	return with(nil, append([]string{
		"vendor", "volcengine", "name", "study", "app_id", strconv.Itoa(addedVolcID), "access_key", addedVolcAK, fieldKey, addedVolcSK,
		"region", "cn-north-1", "endpoint", em.URL(), "archive", "none", "archive_days", "90", "rate_share", "100",
	}, pairs...)...)
}

// addedApp adds an app of the harness's service in the console.
func addedApp(h *harness, name string) {
	h.t.Helper()
	s := apps.Settings{Vendor: imclient.Tencent, AppID: strconv.Itoa(testSDKAppID), Administrator: testAdmin, Endpoint: h.im.URL(), RateShare: 1}
	check(h.t, h.server.Apps.Add(context.Background(), name, s, apps.Keys{Key: testKey}, "Mei"))
}

// lacksSecrets fails the test if a text holds a key.
func lacksSecrets(t testing.TB, where, text string) {
	t.Helper()
	for _, secret := range []string{addedKey, addedToken, addedVolcSK, "cccc"} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in %s", where)
		}
	}
}

func TestAppsOfTheConsole(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	em := rival(t)
	owner := h.as(auth.Owner)
	added := func(name string) *App { return h.server.Apps.Get(name) }

	owner.get("/settings/apps/new").is(http.StatusOK).has("Tencent Cloud Chat", "Volcengine IM")
	owner.get("/settings/apps/new?vendor=tencent").is(http.StatusOK).has("SDKAppID", "Administrator", "Backup server").lacks("Access key")
	owner.get("/settings/apps/new?vendor=volcengine").is(http.StatusOK).has("AppId", "Access key", "Users have texts for IDs").lacks("Backup server")

	t.Run("what makes no sense is refused", func(t *testing.T) {
		for field, pair := range map[string][2]string{
			"name": {"Harbor", "1 to 32 small letters"}, "app_id": {"x", "A whole number"}, "administrator": {"", "This is needed"}, "rate_share": {"0", "0.1 to 100"},
			"endpoint": {"ftp://x/y", "Scheme and host"}, "media_hosts": {"a b", "is no host"}, "user_fields": {"Tag_x", "is no name of a field"},
			"archive_days": {"0", "1 to 3,650 days"}, "region": {"moon", "Choose one of the list"}, "colour": {"beige", "Choose one"}, fieldKey: {"", "This is needed"},
			"backup_endpoint": {"https://backup.example.com", "needs a server"},
		} {
			f := tencentForm(em, field, pair[0])
			if field == "backup_endpoint" {
				f.Set("endpoint", "")
			}
			a := owner.in(t).post("/settings/apps/new", f).is(http.StatusUnprocessableEntity).has("Nothing was saved", pair[1])
			lacksSecrets(t, "the refused form", a.body)
		}
		owner.in(t).post("/settings/apps/new", tencentForm(em, "name", testApp)).is(http.StatusUnprocessableEntity).has("The configuration has an app of this name")
		owner.in(t).post("/settings/apps/new", url.Values{"vendor": {"x"}}).is(http.StatusBadRequest)
		if added("harbor") != nil {
			t.Fatal("an app was added")
		}
	})
	t.Run("a wrong key is never saved", func(t *testing.T) {
		wrong := tencentForm(em, fieldKey, strings.Repeat("c", 64), "force", "1")
		a := owner.in(t).post("/settings/apps/new", wrong).is(http.StatusUnprocessableEntity).has("Key is right No", "Nothing was saved").lacks("Save it nevertheless")
		lacksSecrets(t, "the page about a wrong key", a.body)
		owner.in(t).post("/settings/apps/new", tencentForm(em, "administrator", "ann", "force", "1")).is(http.StatusUnprocessableEntity).has("Key may call the service No")
		owner.in(t).post("/settings/apps/new", volcForm(em, fieldKey, "cccc", "force", "1")).is(http.StatusUnprocessableEntity).has("Key is right No")
	})
	t.Run("check only, then save without typing the key again", func(t *testing.T) {
		a := owner.in(t).post("/settings/apps/new", tencentForm(em, "check", "1")).is(http.StatusOK).has("All is well", "Key is right Yes", "kept for half an hour")
		lacksSecrets(t, "the page of a check", a.body)
		held, _, _ := strings.Cut(strings.SplitN(a.body, `name="held" value="`, 2)[1], `"`)
		if added("harbor") != nil {
			t.Fatal("a check added the app")
		}
		b := owner.in(t).post("/settings/apps/new", tencentForm(em, fieldKey, "", fieldToken, "", "held", held)).is(http.StatusSeeOther)
		if b.location() != "/apps/harbor/callbacks" {
			t.Errorf("led to %s", b.location())
		}
		owner.in(t).get(b.location()).is(http.StatusOK).has("Harbor 海港 is added", "/callbacks/harbor", "Signatures are checked")
	})
	t.Run("the pages of both", func(t *testing.T) {
		owner.in(t).post("/settings/apps/new", volcForm(em)).is(http.StatusSeeOther)
		owner.in(t).get("/apps/harbor/groups").is(http.StatusOK)
		owner.in(t).get("/apps/study/groups").is(http.StatusOK)
		owner.in(t).get("/apps/study/users").is(http.StatusOK)
		app := added("harbor")
		if fmt.Sprint(app.Administrators) != "[boss bot helper]" || app.Colour != "rose" || !app.Archive.Groups || app.Archive.For != 30*24*time.Hour || added("study").Archive.Groups {
			t.Errorf("taken up as %+v", app)
		}
		owner.in(t).get("/settings/apps").is(http.StatusOK).has("Harbor 海港", "Tencent 1400000077", "This console, by op_owner", "Volcengine 900077", "The embedded IM service")
		owner.in(t).get("/settings/apps?check=harbor").is(http.StatusOK).has("Key is right Yes")
		owner.in(t).post("/settings/apps/new", tencentForm(em, "name", "again")).is(http.StatusUnprocessableEntity).has("looked after already: Harbor 海港")
		h.as(auth.Lead).in(t).get("/settings/apps/harbor/change").is(http.StatusForbidden)
		h.as(auth.Lead).in(t).post("/settings/apps/harbor/remove", url.Values{"confirm": {"harbor"}}).is(http.StatusForbidden)
	})
	t.Run("change", func(t *testing.T) {
		a := owner.in(t).get("/settings/apps/harbor/change").is(http.StatusOK).has("It is not shown. Empty: it stays as it is.")
		lacksSecrets(t, "the form of a change", a.body)
		before := added("harbor")
		f := tencentForm(em, fieldKey, "", fieldToken, "", "title", "Harbor 2", "version", "1")
		owner.in(t).post("/settings/apps/harbor/change", with(f, "endpoint", "http://127.0.0.1:1")).is(http.StatusUnprocessableEntity).has("enter its key, too")
		owner.in(t).post("/settings/apps/harbor/change", f).is(http.StatusSeeOther)
		if now := added("harbor"); now == before || now.Title != "Harbor 2" || !now.Callbacks.Signed() {
			t.Errorf("changed to %+v", now)
		}
		if _, err := before.IM.Groups.List(t.Context(), imclient.GroupListOptions{}); err != nil {
			t.Errorf("a request that began before cannot go on: %v", err)
		}
		owner.in(t).post("/settings/apps/harbor/change", f).is(http.StatusUnprocessableEntity).has("Somebody changed the app meanwhile")
	})
	t.Run("a service that is down", func(t *testing.T) {
		f := tencentForm(em, "version", "2", "endpoint", "http://127.0.0.1:1")
		owner.in(t).post("/settings/apps/harbor/change", f).is(http.StatusUnprocessableEntity).has("Service answers No", "Save it nevertheless")
		owner.in(t).post("/settings/apps/harbor/change", with(f, "force", "1")).is(http.StatusSeeOther)
		owner.in(t).get("/settings/apps?check=harbor").is(http.StatusOK).has("Service answers No")
		owner.in(t).post("/settings/apps/harbor/change", tencentForm(em, "version", "3")).is(http.StatusSeeOther)
		owner.in(t).get("/apps/harbor/groups").is(http.StatusOK)
	})
	t.Run("off and on", func(t *testing.T) {
		owner.in(t).post("/settings/apps/study/switch", url.Values{"version": {"1"}}).is(http.StatusSeeOther)
		owner.in(t).get("/apps/study/groups").is(http.StatusNotFound).has("study (switched off)", "op_owner switched it off")
		owner.in(t).post("/settings/apps/study/switch", url.Values{"version": {"2"}, "on": {"1"}}).is(http.StatusSeeOther)
		owner.in(t).get("/apps/study/groups").is(http.StatusOK)
	})
	t.Run("remove", func(t *testing.T) {
		owner.in(t).get("/settings/apps/harbor/remove").is(http.StatusOK).has("Type harbor to go on", "no other")
		owner.in(t).post("/settings/apps/harbor/remove", url.Values{"confirm": {"Harbor"}, "version": {"4"}}).is(http.StatusUnprocessableEntity).has("That is not the name")
		owner.in(t).post("/settings/apps/harbor/remove", url.Values{"confirm": {"harbor"}, "version": {"4"}}).is(http.StatusSeeOther)
		a := owner.in(t).get("/apps/harbor/groups").is(http.StatusNotFound).has("Harbor 海港 (removed)", "op_owner removed it")
		lacksSecrets(t, "the page of a removed app", a.body)
		(&browser{h: h, t: t}).do(post, "/callbacks/harbor", url.Values{}, nil).is(http.StatusNotFound).lacks("op_owner")
		if _, err := h.store.Secrets.Get(t.Context(), store.AppSecret("harbor", "key")); err == nil {
			t.Error("the key is still there")
		}
		owner.in(t).get("/settings/apps").is(http.StatusOK).has("Harbor 海港 removed")
		owner.in(t).post("/settings/apps/new", tencentForm(em, "app_id", "1400000078", "force", "1")).is(http.StatusUnprocessableEntity)
		owner.in(t).post("/settings/apps/new", tencentForm(em)).is(http.StatusSeeOther)
		owner.in(t).get("/apps/harbor/groups").is(http.StatusOK)
	})
	t.Run("recorded without secrets", func(t *testing.T) {
		a := owner.in(t).get("/audit").is(http.StatusOK).has("Added an app", "Changed an app", "Switched an app off", "Removed an app")
		lacksSecrets(t, "the audit log", a.body)
		list, err := h.store.Audit.List(t.Context(), store.AuditFilter{App: "harbor", Action: actAppChange}, 0, 10)
		if err != nil || len(list) == 0 {
			t.Fatalf("%d entries, %v", len(list), err)
		}
		for _, e := range list {
			lacksSecrets(t, "an entry", string(e.Detail))
		}
		if !strings.Contains(string(list[0].Detail), "key") || strings.Contains(string(list[len(list)-1].Detail), "key") {
			t.Errorf("whether the key was changed: %s, %s", list[0].Detail, list[len(list)-1].Detail)
		}
		rows, err := h.store.Apps.List(t.Context())
		check(t, err)
		lacksSecrets(t, "the table of apps", fmt.Sprintf("%+v %s", rows, rows[0].Settings))
	})
}

// TestAppChangesUnderLoad: whoever reads while an app is changed, switched and removed gets a page, or is told that it is gone.
func TestAppChangesUnderLoad(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	em := rival(t)
	owner := h.as(auth.Owner)
	owner.post("/settings/apps/new", tencentForm(em)).is(http.StatusSeeOther)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for _, at := range []string{"/apps/harbor/callbacks", "/settings/apps", "/apps/harbor/groups", "/metrics"} {
					if a := owner.get(at); a.status != http.StatusOK && a.status != http.StatusNotFound {
						t.Errorf("%s: status %d", at, a.status)
						return
					}
				}
			}
		})
	}
	version := 1
	for range 4 {
		for _, f := range []url.Values{{}, {"on": {"1"}}} {
			f.Set("version", strconv.Itoa(version))
			owner.post("/settings/apps/harbor/switch", f).is(http.StatusSeeOther)
			version++
		}
	}
	owner.post("/settings/apps/harbor/change", tencentForm(em, "version", strconv.Itoa(version))).is(http.StatusSeeOther)
	owner.post("/settings/apps/harbor/remove", url.Values{"confirm": {"harbor"}, "version": {strconv.Itoa(version + 1)}}).is(http.StatusSeeOther)
	close(stop)
	readers.Wait()
}

// TestJobOfRemovedApp: it pauses, and says why.
func TestJobOfRemovedApp(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	em := rival(t)
	owner := h.as(auth.Owner)
	owner.post("/settings/apps/new", tencentForm(em)).is(http.StatusSeeOther)
	j, err := h.store.Jobs.Add(t.Context(), store.Job{Kind: jobs.Mute, App: "harbor", OperatorID: "1", OperatorName: "op_owner", Spec: []byte(`{"spec":{}}`), Complete: true},
		[]store.JobItem{{Group: "g", Target: "ann"}})
	if err != nil {
		t.Fatal(err)
	}
	owner.get("/settings/apps/harbor/remove").is(http.StatusOK).has("1 job that has not ended pauses")
	owner.post("/settings/apps/harbor/remove", url.Values{"confirm": {"harbor"}, "version": {"1"}}).is(http.StatusSeeOther)
	h.work()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		now, err := h.store.Jobs.Get(t.Context(), j.ID)
		if err != nil || time.Now().After(end) {
			t.Fatalf("the job is %+v, %v", now, err)
		}
		if now.State == store.JobPaused {
			break
		}
	}
	owner.get(jobURL(j.ID)).is(http.StatusOK).has("the app was removed or switched off", "Harbor 海港 (removed)")
}

// TestAppsNeedAConfirmation: whoever has not shown lately who it is types no key.
func TestAppsNeedAConfirmation(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *Options) {
		o.Auth = auth.New(auth.Options{Store: o.Store, Now: o.Now, Log: o.Log, Confirm: time.Minute})
	})
	h.auth = h.server.Auth
	em := rival(t)
	owner := h.as(auth.Owner)
	owner.get("/settings/apps/new?vendor=tencent").is(http.StatusOK).has("SDKAppID")
	h.advance(2 * time.Minute)
	owner.get("/settings/apps/new?vendor=tencent").is(http.StatusOK).has("A key is going to be typed").lacks("SDKAppID")
	a := owner.post("/settings/apps/new", tencentForm(em)).is(http.StatusSeeOther)
	page := owner.get(a.location()).is(http.StatusOK)
	lacksSecrets(t, "the page that asks for a confirmation", page.body)
}
