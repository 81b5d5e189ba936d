package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"imdesk/store"
)

// request is one of a browser with a cookie, and the answer to write to.
func request(c *http.Cookie) (*http.Request, *httptest.ResponseRecorder) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if c != nil {
		r.AddCookie(c)
	}
	return r, httptest.NewRecorder()
}

func TestSessionEnds(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)

	c := d.mustSignIn(t, "Mei")
	d.pass(12*time.Hour - time.Second)
	d.wantIn(t, c, "Mei")
	d.pass(12*time.Hour - time.Second) // it was used, and goes on
	d.wantIn(t, c, "Mei")
	d.pass(12 * time.Hour)
	d.wantOut(t, c, "twelve hours unused")
	d.wantOut(t, c, "and once more")

	c = d.mustSignIn(t, "Mei")
	for range 27 {
		d.pass(6 * time.Hour)
		d.wantIn(t, c, "Mei")
	}
	d.pass(6 * time.Hour) // 28 * 6 hours are a week
	d.wantOut(t, c, "a week of use")

	if err := d.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err := d.store.Sessions.ListOf(t.Context(), d.byName(t, "Mei").ID, time.Time{}); err != nil || len(list) != 0 {
		t.Errorf("purged, but there are %v, %v", list, err)
	}
}

func (d *desk) byName(t testing.TB, name string) store.Operator {
	t.Helper()
	o, err := d.store.Operators.ByName(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestSessionIsTouchedOnceAMinute(t *testing.T) {
	d := newDesk(t)
	o := d.add(t, "Mei", Lead)
	c := d.mustSignIn(t, "Mei")
	start := d.clock()
	used := func() time.Duration {
		t.Helper()
		list, err := d.store.Sessions.ListOf(t.Context(), o.ID, d.clock())
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		return list[0].UsedAt.Sub(start)
	}
	for _, step := range []struct{ pass, want time.Duration }{
		{59 * time.Second, 0},
		{time.Second, time.Minute},
		{30 * time.Second, time.Minute},
		{29 * time.Second, time.Minute},
		{time.Second, 2 * time.Minute},
		{500 * time.Millisecond, 2 * time.Minute},
	} {
		d.pass(step.pass)
		d.wantIn(t, c, "Mei")
		if got := used(); got != step.want {
			t.Errorf("%v after sign-in the last use is at %v, want %v", d.clock().Sub(start), got, step.want)
		}
	}
}

func TestSignInGivesANewToken(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	d.add(t, "Tom", Lead)

	// A token that somebody planted in the browser.
	planted := &http.Cookie{Name: CookieName, Value: strings.Repeat("A", 43)}
	c := d.mustSignIn(t, "Mei", planted)
	if c.Value == planted.Value {
		t.Error("the planted token was taken over")
	}
	d.wantOut(t, planted, "planted")

	again := d.mustSignIn(t, "Tom", c)
	if again.Value == c.Value {
		t.Error("the old token was kept")
	}
	d.wantOut(t, c, "after another sign-in of this browser")
	d.wantIn(t, again, "Tom")
}

func TestTokensThatAreNone(t *testing.T) {
	d := newDesk(t)
	o := d.add(t, "Mei", Lead)
	c := d.mustSignIn(t, "Mei")
	in := d.wantIn(t, c, "Mei")
	for _, value := range []string{"", "x", c.Value[:42], c.Value + "A", strings.ToLower(c.Value) + "", in.SessionID, in.SessionID[:43], strings.Repeat("\u00e9", 43), o.ID} {
		if value != c.Value {
			d.wantOut(t, &http.Cookie{Name: CookieName, Value: value}, "token "+value)
		}
	}
	d.wantOut(t, &http.Cookie{Name: "imdesk", Value: c.Value}, "another cookie")
	// The database holds nothing that could be used as a token.
	for _, suffix := range []string{"", "-wal"} {
		file, err := os.ReadFile(d.path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(file), c.Value) {
			t.Error("the token is in the file")
		}
		if suffix == "-wal" && !strings.Contains(string(file), in.SessionID) {
			t.Error("this test looks for the token in the wrong place")
		}
	}
}

func TestSignOut(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	c, other := d.mustSignIn(t, "Mei"), d.mustSignIn(t, "Mei")
	d.wantIn(t, c, "Mei") // in the cache
	r, w := request(c)
	r, err := d.Load(r, "198.51.100.7", "r-9")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SignOut(w, r); err != nil {
		t.Fatal(err)
	}
	set := w.Result().Cookies()
	if len(set) != 1 || set[0].Value != "" || set[0].MaxAge != -1 || !set[0].Secure || set[0].Path != "/" {
		t.Errorf("cookies %v", set)
	}
	d.wantOut(t, c, "after signing out")
	d.wantIn(t, other, "Mei")
	list, err := d.store.Audit.List(t.Context(), store.AuditFilter{}, 0, 1)
	if err != nil || list[0].Action != "operator.sign_out" || list[0].OperatorName != "Mei" || list[0].Request != "r-9" || list[0].Address != "198.51.100.7" {
		t.Errorf("%+v, %v", list, err)
	}
	n, _ := d.store.Audit.Count(t.Context())
	r, w = request(c)
	if err := d.SignOut(w, r); err != nil {
		t.Error("a second time:", err)
	}
	if again, _ := d.store.Audit.Count(t.Context()); again != n {
		t.Error("nobody signing out was recorded")
	}
}

func TestEndSessions(t *testing.T) {
	d := newDesk(t)
	owner, mei := d.add(t, "Owner", Owner), d.add(t, "Mei", Lead)
	one, two, three := d.mustSignIn(t, "Mei"), d.mustSignIn(t, "Mei"), d.mustSignIn(t, "Mei")
	self := d.wantIn(t, one, "Mei")
	second := d.wantIn(t, two, "Mei")
	d.wantIn(t, three, "Mei")
	if err := d.EndSession(t.Context(), owner, owner.ID, second.SessionID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a session of somebody else: %v", err)
	}
	d.wantIn(t, two, "Mei")
	if err := d.EndSession(t.Context(), self, mei.ID, second.SessionID); err != nil {
		t.Fatal(err)
	}
	d.wantOut(t, two, "ended")
	if err := d.EndSessions(t.Context(), self, mei.ID); err != nil {
		t.Fatal(err)
	}
	d.wantOut(t, three, "all others ended")
	d.wantIn(t, one, "Mei")
	if err := d.EndSessions(t.Context(), owner, mei.ID); err != nil {
		t.Fatal(err)
	}
	d.wantOut(t, one, "all ended by the owner")
}

// What another process changed counts a second later.
func TestSessionsEndedBesideTheConsole(t *testing.T) {
	d := newDesk(t)
	mei := d.add(t, "Mei", Lead)
	c := d.mustSignIn(t, "Mei")
	d.wantIn(t, c, "Mei")
	if _, err := d.store.Sessions.DeleteOf(t.Context(), mei.ID, ""); err != nil {
		t.Fatal(err)
	}
	d.pass(time.Second)
	d.wantOut(t, c, "deleted a second ago")

	c = d.mustSignIn(t, "Mei")
	d.wantIn(t, c, "Mei")
	if err := d.store.Operators.SetDisabled(t.Context(), mei.ID, true); err != nil {
		t.Fatal(err)
	}
	d.pass(time.Second)
	d.wantOut(t, c, "disabled a second ago")
}

func TestFlashes(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	c := d.mustSignIn(t, "Mei")
	r, w := request(c)
	s, err := d.Session(r)
	if err != nil || s.IsNew {
		t.Fatalf("%+v, %v", s, err)
	}
	s.AddFlash("Muted 3 members", "toast")
	s.Values["n"] = 7
	if err := s.Save(r, w); err != nil {
		t.Fatal(err)
	}
	if set := w.Result().Cookies(); len(set) != 0 {
		t.Errorf("keeping a value sets cookies %v", set)
	}

	r, w = request(c)
	s, err = d.Session(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Flashes("toast"); len(got) != 1 || got[0] != "Muted 3 members" || s.Values["n"] != 7 {
		t.Errorf("flashes %v, values %v", got, s.Values)
	}
	if same, err := d.Session(r); err != nil || same != s {
		t.Error("a request has two sessions")
	}
	if err := s.Save(r, w); err != nil {
		t.Fatal(err)
	}
	r, _ = request(c)
	if s, err = d.Session(r); err != nil || len(s.Flashes("toast")) != 0 || s.Values["n"] != 7 {
		t.Errorf("a flash came twice: %v, %v", s.Values, err)
	}
	d.wantIn(t, c, "Mei")
}

func TestFlashesOfNobody(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	r, w := request(nil)
	s, err := d.Session(r)
	if err != nil || !s.IsNew {
		t.Fatalf("%+v, %v", s, err)
	}
	s.AddFlash("x")
	if err := s.Save(r, w); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}

	// A session that was ended while its page was on the way is not brought back.
	c := d.mustSignIn(t, "Mei")
	r, w = request(c)
	if s, err = d.Session(r); err != nil {
		t.Fatal(err)
	}
	if err := d.EndSessions(t.Context(), CommandLine(), d.byName(t, "Mei").ID); err != nil {
		t.Fatal(err)
	}
	s.AddFlash("x")
	if err := s.Save(r, w); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	d.wantOut(t, c, "ended")
}

func TestLoadFailsWithTheDatabase(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	c := d.mustSignIn(t, "Mei")
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	r, w := request(c)
	r2, err := d.Load(r, "", "")
	if err == nil || r2 == nil {
		t.Errorf("%v, %v", r2, err)
	}
	if _, ok := OperatorFrom(r2.Context()); ok {
		t.Error("somebody is signed in")
	}
	if _, err := d.SignIn(w, r, "Mei", password); err == nil || len(w.Result().Cookies()) > 0 {
		t.Errorf("signed in without a record: %v", err)
	}
	r, _ = request(nil)
	if _, err := d.Load(r, "", ""); err != nil {
		t.Errorf("a visitor needs no database: %v", err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c cache
	now := time.Now()
	for i := range cacheSize + 10 {
		c.put(time.Duration(i).String(), loaded{at: now, session: store.Session{IdleExpiresAt: now.Add(time.Hour)}})
	}
	if len(c.m) > cacheSize {
		t.Errorf("%d sessions in the cache", len(c.m))
	}
	c.put("s", loaded{at: now, session: store.Session{IdleExpiresAt: now.Add(500 * time.Millisecond)}})
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {499 * time.Millisecond, true}, {500 * time.Millisecond, false}, {-time.Second, false}} {
		if _, ok := c.get("s", now.Add(tt.after)); ok != tt.want {
			t.Errorf("after %v: %v", tt.after, ok)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	d := newDesk(b)
	d.add(b, "Mei", Lead)
	c := d.mustSignIn(b, "Mei")
	b.ReportAllocs()
	for b.Loop() {
		r, _ := request(c)
		if _, err := d.Load(r, "198.51.100.7", "r"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTwoConsoles: what one changes counts for the other at once.
func TestTwoConsoles(t *testing.T) {
	d := newDesk(t)
	owner, mei := d.add(t, "Owner", Owner), d.add(t, "Mei", Lead)
	here, there := &desk{store: d.store}, &desk{store: d.store}
	for _, one := range []*desk{here, there} {
		one.Service = New(Options{Store: d.store, Now: d.clock, Shared: true})
	}
	c := here.mustSignIn(t, "Mei")
	there.wantIn(t, c, "Mei")
	if err := here.SetRole(t.Context(), owner, mei.ID, Support); err != nil {
		t.Fatal(err)
	}
	if o := there.wantIn(t, c, "Mei"); o.Role != Support {
		t.Errorf("the other console knows the role %s", o.Role)
	}
	if err := here.EndSessions(t.Context(), owner, mei.ID); err != nil {
		t.Fatal(err)
	}
	there.wantOut(t, c, "ended by the other console")
}
