package auth

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/store"
)

// desk is a service with a clock that stands still until it is moved.
type desk struct {
	*Service
	store *store.Store
	path  string // of the database

	mu     sync.Mutex
	time   time.Time
	waited time.Duration // asked of Options.Wait
}

const password = "seven ducks cross"

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{path: filepath.Join(t.TempDir(), "imdesk.db"), time: time.Date(2026, 4, 18, 9, 0, 0, 0, time.UTC)}
	var err error
	if d.store, err = store.Open(t.Context(), d.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.store.Close() })
	d.Service = New(Options{
		Store: d.store, Now: d.clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Wait: func(_ context.Context, w time.Duration) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.waited += w
			return nil
		},
	})
	return d
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.time
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.time = d.time.Add(by)
}

func (d *desk) takeWaited() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.waited
	d.waited = 0
	return w
}

func (d *desk) add(t testing.TB, name string, role Role) Operator {
	t.Helper()
	o, err := d.Add(t.Context(), CommandLine(), name, role, password)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// signIn tries, from an address, with the cookies a browser has.
func (d *desk) signIn(t testing.TB, name, password, address string, cookies ...*http.Cookie) (Operator, []*http.Cookie, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, LoginPath, nil)
	r.RemoteAddr = address + ":1234"
	r.Header.Set("User-Agent", "Browser/1")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	o, err := d.SignIn(w, r, name, password)
	return o, w.Result().Cookies(), err
}

func (d *desk) mustSignIn(t testing.TB, name string, cookies ...*http.Cookie) *http.Cookie {
	t.Helper()
	_, set, err := d.signIn(t, name, password, "198.51.100.7", cookies...)
	if err != nil || len(set) != 1 {
		t.Fatalf("sign in as %s: %v, cookies %v", name, err, set)
	}
	return set[0]
}

// who is the operator of a request with a cookie.
func (d *desk) who(t testing.TB, c *http.Cookie) (Operator, bool) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if c != nil {
		r.AddCookie(c)
	}
	r, err := d.Load(r, "198.51.100.7", "r-1")
	if err != nil {
		t.Fatal(err)
	}
	return OperatorFrom(r.Context())
}

func (d *desk) wantOut(t testing.TB, c *http.Cookie, why string) {
	t.Helper()
	if o, ok := d.who(t, c); ok {
		t.Errorf("%s: still signed in as %s", why, o.Name)
	}
}

func (d *desk) wantIn(t testing.TB, c *http.Cookie, name string) Operator {
	t.Helper()
	o, ok := d.who(t, c)
	if !ok || o.Name != name {
		t.Errorf("signed in as %q (%v), want %q", o.Name, ok, name)
	}
	return o
}

// audit is the newest entries as "action state operator", newest first.
func (d *desk) audit(t testing.TB, n int) []string {
	t.Helper()
	list, err := d.store.Audit.List(t.Context(), store.AuditFilter{}, 0, n)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range list {
		lines = append(lines, strings.TrimSpace(e.Action+" "+string(e.State)+" "+e.OperatorName))
	}
	return lines
}

func TestSignIn(t *testing.T) {
	d := newDesk(t)
	added := d.add(t, "Mei Lin", Lead)
	o, set, err := d.signIn(t, " mei LIN ", password, "198.51.100.7")
	if err != nil {
		t.Fatal(err)
	}
	if o.ID != added.ID || o.Name != "Mei Lin" || o.Role != Lead || o.SessionID == "" {
		t.Errorf("signed in as %+v", o)
	}
	c := set[0]
	if c.Name != "__Host-imdesk" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" ||
		c.MaxAge != 7*24*3600 || len(c.Value) != 43 {
		t.Errorf("cookie %+v", c)
	}
	in := d.wantIn(t, c, "Mei Lin")
	if in.ID != o.ID || in.SessionID != o.SessionID || in.Role != o.Role || !in.Can(VerbAudit) || in.Can(VerbSettings) {
		t.Errorf("loaded %+v, want %+v", in, o)
	}
	list, err := d.store.Sessions.ListOf(t.Context(), o.ID, d.clock())
	if err != nil || len(list) != 1 || list[0].Address != "198.51.100.7" || list[0].UserAgent != "Browser/1" || list[0].ID != o.SessionID {
		t.Errorf("sessions %+v, %v", list, err)
	}
	if strings.Contains(list[0].ID, c.Value) || list[0].ID == c.Value {
		t.Error("the token is in the database")
	}
	if got := d.audit(t, 1)[0]; got != "operator.sign_in ok Mei Lin" {
		t.Errorf("audit: %s", got)
	}
}

func TestSignInRefusesAllTheSame(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	off := d.add(t, "Off", Lead)
	if err := d.SetDisabled(t.Context(), CommandLine(), off.ID, true); err != nil {
		t.Fatal(err)
	}
	none, err := d.store.Operators.Add(t.Context(), store.Operator{Name: "NoPassword", Role: "lead"})
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := d.store.Operators.Add(t.Context(), store.Operator{Name: "Stranger", Role: "king", PasswordHash: mustHash(t, d)})
	if err != nil {
		t.Fatal(err)
	}
	// A role that no version of this program knows lets one in, and no further.
	if o, _, err := d.signIn(t, stranger.Name, password, "198.51.100.7"); err != nil || o.Can(VerbView) || o.Sees("demo") {
		t.Errorf("unknown role: %+v, %v", o, err)
	}
	var answers []string
	for _, tt := range []struct{ name, user, password string }{
		{"wrong password", "Mei", "nine ducks cross"},
		{"password in another case", "Mei", strings.ToUpper(password)},
		{"no password", "Mei", ""},
		{"huge password", "Mei", strings.Repeat("x", 1<<20)},
		{"unknown name", "nobody", password},
		{"no name", "", password},
		{"disabled", "Off", password},
		{"operator without password", none.Name, ""},
	} {
		d.clear(t, tt.user)
		o, set, err := d.signIn(t, tt.user, tt.password, "198.51.100.7")
		refused, ok := errors.AsType[*Refused](err)
		if !ok || o != (Operator{}) || len(set) != 0 {
			t.Errorf("%s: %+v, %v, cookies %v", tt.name, o, err, set)
			continue
		}
		answers = append(answers, refused.Error())
		if got := d.audit(t, 1)[0]; !strings.HasPrefix(got, "operator.sign_in failed") {
			t.Errorf("%s: audit: %s", tt.name, got)
		}
	}
	for _, a := range answers {
		if a != answers[0] {
			t.Errorf("%q and %q tell names apart", answers[0], a)
		}
	}
}

func mustHash(t testing.TB, d *desk) string {
	t.Helper()
	hash, err := d.hasher.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// clear forgets the tries of a name, and of the address that tests come from.
func (d *desk) clear(t testing.TB, name string) {
	t.Helper()
	if err := d.store.Attempts.Clear(t.Context(), nameKey(name), addressKeyOf("198.51.100.7")); err != nil {
		t.Fatal(err)
	}
}

func TestSignInTakesAsLongForNobody(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	took := map[string]time.Duration{}
	for range 5 { // the least of five, for the machine has other work
		for _, name := range []string{"Mei", "nobody"} {
			d.clear(t, name)
			start := time.Now()
			if _, _, err := d.signIn(t, name, "wrong wrong wrong", "198.51.100.7"); err == nil {
				t.Fatal("signed in")
			}
			if e := time.Since(start); took[name] == 0 || e < took[name] {
				took[name] = e
			}
		}
	}
	if ratio := float64(took["nobody"]) / float64(took["Mei"]); ratio < 0.5 || ratio > 2 {
		t.Errorf("a name that exists takes %v, one that does not %v", took["Mei"], took["nobody"])
	}
}

func TestSignInRenewsOldHashes(t *testing.T) {
	d := newDesk(t)
	o := d.add(t, "Mei", Lead)
	cheap := phc{memory: 1 << 10, time: 1, threads: 1, salt: []byte("saltsaltsalt")}
	cheap.sum = cheap.of(password, 32)
	if err := d.store.Operators.SetPassword(t.Context(), o.ID, cheap.String()); err != nil {
		t.Fatal(err)
	}
	d.mustSignIn(t, "Mei")
	got, err := d.store.Operators.Get(t.Context(), o.ID)
	if err != nil || !strings.Contains(got.PasswordHash, "m=19456") {
		t.Errorf("hash %s, %v", got.PasswordHash, err)
	}
	d.mustSignIn(t, "Mei")
}

func TestLockout(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	d.add(t, "Tom", Lead)
	try := func(name, password, address string) *Refused {
		t.Helper()
		_, _, err := d.signIn(t, name, password, address)
		refused, _ := errors.AsType[*Refused](err)
		if err != nil && refused == nil {
			t.Fatal(err)
		}
		return refused
	}
	wrong := func(want Refused, wantWait time.Duration) {
		t.Helper()
		got := try("Mei", "wrong", "198.51.100.7")
		if want.Pause = 10 * time.Minute; got == nil || *got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if w := d.takeWaited(); w != wantWait {
			t.Errorf("the answer waited %v, want %v", w, wantWait)
		}
	}
	wrong(Refused{TriesLeft: 5}, 0)
	wrong(Refused{TriesLeft: 4}, 0)
	wrong(Refused{TriesLeft: 3}, time.Second)
	wrong(Refused{TriesLeft: 2}, 2*time.Second)
	wrong(Refused{TriesLeft: 1}, 4*time.Second)
	wrong(Refused{Wait: 10 * time.Minute}, 8*time.Second)

	d.pass(9*time.Minute + 59*time.Second)
	if r := try("Mei", password, "203.0.113.9"); r == nil || r.Wait != time.Second {
		t.Errorf("the right password from elsewhere during the pause: %+v", r)
	}
	if r := try("Tom", password, "198.51.100.7"); r != nil {
		t.Errorf("another name from the same address: %v", r)
	}
	d.pass(time.Second)
	if r := try("Mei", password, "198.51.100.7"); r != nil {
		t.Errorf("after the pause: %v", r)
	}
	wrong(Refused{TriesLeft: 5}, 0) // the right password forgave the tries before
}

func TestLockoutOfUnknownNameIsTheSame(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	var answers [2][]Refused
	for i, name := range []string{"Mei", "nobody"} {
		for n := range 7 {
			_, _, err := d.signIn(t, name, "wrong", "198.51.100."+string(rune('1'+n)))
			r, ok := errors.AsType[*Refused](err)
			if !ok {
				t.Fatal(err)
			}
			answers[i] = append(answers[i], *r)
		}
	}
	for i := range answers[0] {
		if answers[0][i] != answers[1][i] {
			t.Errorf("try %d: %+v for a name that exists, %+v for one that does not", i+1, answers[0][i], answers[1][i])
		}
	}
}

func TestLockoutOfAddress(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	// Thirty names from one network of IPv6, each address once.
	var last error
	for i := range 30 {
		if i == 15 { // a sign-in of one's own does not give the address its tries back
			d.mustSignInFrom(t, "Mei", "2001:db8::1")
		}
		_, _, last = d.signIn(t, "name"+string(rune('a'+i)), "wrong", "2001:db8::"+string(rune('a'+i%6)))
	}
	if r, ok := errors.AsType[*Refused](last); !ok || r.Wait != 10*time.Minute {
		t.Errorf("the thirtieth try: %v", last)
	}
	if _, _, err := d.signIn(t, "Mei", password, "2001:db8::ffff"); err == nil {
		t.Error("the right password from the locked network was taken")
	}
	d.mustSignInFrom(t, "Mei", "2001:db8:0:1::1")
	d.pass(10 * time.Minute)
	d.mustSignInFrom(t, "Mei", "2001:db8::ffff")
}

func (d *desk) mustSignInFrom(t testing.TB, name, address string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, LoginPath, nil)
	r = r.WithContext(withAddress(r.Context(), address))
	if _, err := d.SignIn(httptest.NewRecorder(), r, name, password); err != nil {
		t.Errorf("sign in from %s: %v", address, err)
	}
}

func TestLockoutAtOnce(t *testing.T) {
	d := newDesk(t)
	d.add(t, "Mei", Lead)
	var wg sync.WaitGroup
	var mu sync.Mutex
	checked := 0
	for range 40 {
		wg.Go(func() {
			_, _, err := d.signIn(t, "Mei", "wrong", "198.51.100.7")
			if r, ok := errors.AsType[*Refused](err); ok && (r.Wait == 0 || r.Wait == 10*time.Minute) {
				mu.Lock()
				checked++
				mu.Unlock()
			} else if !ok {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n, err := d.store.Audit.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if passwords := n - 1; passwords != 6 { // one entry is about adding her
		t.Errorf("%d passwords of forty at once were looked at, want 6 (answers: %d)", passwords, checked)
	}
}

func TestSlowness(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: 0, 1: 0, 2: 0, 3: time.Second, 4: 2 * time.Second, 5: 4 * time.Second, 6: 8 * time.Second, 7: 8 * time.Second, 1000: 8 * time.Second} {
		if got := slowness(tries); got != want {
			t.Errorf("%d tries: %v, want %v", tries, got, want)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	if err := wait(ctx, time.Hour); !errors.Is(err, gone) {
		t.Errorf("waits for a browser that is gone: %v", err)
	}
	if err := wait(ctx, 0); err != nil {
		t.Error(err)
	}
}

func TestKeysOfTries(t *testing.T) {
	for _, same := range [][2]string{{"Mei", " mEI "}, {"ﬁx", "fix"}} {
		if nameKey(same[0]) != nameKey(same[1]) {
			t.Errorf("names %q and %q are counted apart", same[0], same[1])
		}
	}
	if k := nameKey("hunter2-hunter2"); strings.Contains(k, "hunter2") {
		t.Errorf("what was typed is kept: %s", k)
	}
	for address, want := range map[string]string{
		"198.51.100.7": "address:198.51.100.7", "::ffff:198.51.100.7": "address:198.51.100.7", "2001:db8::7": "address:2001:db8::",
		"2001:db8:0:0:ffff::7": "address:2001:db8::", "fe80::1%eth0": "address:fe80::", "": "address:unknown", "x": "address:unknown",
	} {
		if got := addressKeyOf(address); got != want {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
}

func TestFirstOperator(t *testing.T) {
	d := newDesk(t)
	o, pw, made, err := d.First(t.Context(), "admin")
	if err != nil || !made || o.Role != Owner || o.Name != "admin" {
		t.Fatalf("%+v, %v, %v", o, made, err)
	}
	if _, _, err := d.signIn(t, "admin", pw, "127.0.0.1"); err != nil {
		t.Error(err)
	}
	got, err := d.store.Operators.Get(t.Context(), o.ID)
	if err != nil || strings.Contains(got.PasswordHash, pw) || !got.Prefs.SingleKeys {
		t.Errorf("%+v, %v", got, err)
	}
	if _, pw, made, err := d.First(t.Context(), "admin"); err != nil || made || pw != "" {
		t.Errorf("a second time: %v, %v", made, err)
	}
	if got := d.audit(t, 5); got[len(got)-1] != "operator.add ok command line" {
		t.Errorf("audit: %q", got)
	}
}

func TestAdd(t *testing.T) {
	d := newDesk(t)
	owner := d.add(t, "Mei", Owner)
	if _, err := d.Add(t.Context(), owner, "tom", "king", password); !errors.Is(err, ErrRole) {
		t.Error(err)
	}
	if _, err := d.Add(t.Context(), owner, "tom", Viewer, "short"); err == nil {
		t.Error("a weak password was taken")
	}
	if _, err := d.Add(t.Context(), owner, "MEI", Viewer, password); !errors.Is(err, store.ErrConflict) {
		t.Error(err)
	}
	list, err := d.store.Audit.List(t.Context(), store.AuditFilter{}, 0, 1)
	if err != nil || list[0].State != store.AuditFailed || list[0].Outcome.ErrorKind != "conflict" || list[0].OperatorID != owner.ID {
		t.Errorf("%+v, %v", list, err)
	}
	if d := string(list[0].Detail); d != `{"name":"MEI","role":"viewer"}` {
		t.Errorf("detail %s", d)
	}
}

func TestChangesOfAnOperator(t *testing.T) {
	d := newDesk(t)
	owner, mei := d.add(t, "Owner", Owner), d.add(t, "Mei", Lead)
	ctx := t.Context()

	one, two := d.mustSignIn(t, "Mei"), d.mustSignIn(t, "Mei")
	if err := d.SetRole(ctx, owner, mei.ID, Viewer); err != nil {
		t.Fatal(err)
	}
	if o := d.wantIn(t, one, "Mei"); o.Role != Viewer {
		t.Errorf("role %s, at once", o.Role)
	}
	if err := d.SetRole(ctx, owner, mei.ID, "king"); !errors.Is(err, ErrRole) {
		t.Error(err)
	}
	if err := d.SetRole(ctx, owner, owner.ID, Viewer); !errors.Is(err, store.ErrLastOwner) {
		t.Error(err)
	}
	if err := d.SetPrefs(ctx, mei.ID, store.Prefs{Language: "zh"}); err != nil {
		t.Fatal(err)
	}
	if o := d.wantIn(t, one, "Mei"); o.Prefs.Language != "zh" {
		t.Errorf("preferences %+v, at once", o.Prefs)
	}

	self := d.wantIn(t, one, "Mei")
	if err := d.SetPassword(ctx, self, mei.ID, "password1234"); err == nil {
		t.Error("a weak password was taken")
	}
	if err := d.SetPassword(ctx, self, mei.ID, "nine geese return"); err != nil {
		t.Fatal(err)
	}
	d.wantIn(t, one, "Mei") // where it was changed
	d.wantOut(t, two, "after a new password")
	if _, _, err := d.signIn(t, "Mei", password, "198.51.100.7"); err == nil {
		t.Error("the old password still works")
	}
	if _, _, err := d.signIn(t, "Mei", "nine geese return", "198.51.100.7"); err != nil {
		t.Error(err)
	}

	if err := d.SetDisabled(ctx, owner, mei.ID, true); err != nil {
		t.Fatal(err)
	}
	d.wantOut(t, one, "after being disabled")
	if err := d.SetDisabled(ctx, owner, mei.ID, false); err != nil {
		t.Fatal(err)
	}
	d.wantOut(t, one, "after being let in again")

	for what, err := range map[string]error{
		"role":     d.SetRole(ctx, owner, "nobody", Viewer),
		"password": d.SetPassword(ctx, owner, "nobody", password),
		"disabled": d.SetDisabled(ctx, owner, "nobody", true),
		"sessions": d.EndSessions(ctx, owner, "nobody"),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of nobody: %v", what, err)
		}
	}
	want := []string{
		"operator.enable ok Owner", "operator.disable ok Owner", "operator.sign_in ok Mei", "operator.sign_in failed Mei",
		"operator.set_password ok Mei", "operator.set_role failed Owner", "operator.set_role ok Owner",
	}
	if got := d.audit(t, len(want)); strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("audit:\n got %q\nwant %q", got, want)
	}
}

func TestSetPasswordUnlocks(t *testing.T) {
	d := newDesk(t)
	owner, mei := d.add(t, "Owner", Owner), d.add(t, "Mei", Lead)
	for range 6 {
		d.signIn(t, "Mei", "wrong", "198.51.100.7")
	}
	if _, _, err := d.signIn(t, "Mei", password, "203.0.113.9"); err == nil {
		t.Fatal("not locked")
	}
	if err := d.SetPassword(t.Context(), owner, mei.ID, "nine geese return"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.signIn(t, "Mei", "nine geese return", "203.0.113.9"); err != nil {
		t.Error(err)
	}
}

func TestCheckOwnPassword(t *testing.T) {
	d := newDesk(t)
	mei := d.add(t, "Mei", Lead)
	if err := d.CheckOwnPassword(t.Context(), mei, password); err != nil {
		t.Error(err)
	}
	for i := range 7 {
		r, ok := errors.AsType[*Refused](d.CheckOwnPassword(t.Context(), mei, "wrong"))
		if !ok || (i >= 5) != (r.Wait > 0) {
			t.Errorf("try %d: %+v", i+1, r)
		}
	}
	if err := d.CheckOwnPassword(t.Context(), mei, password); err == nil {
		t.Error("guessing goes on behind a session")
	}
}
