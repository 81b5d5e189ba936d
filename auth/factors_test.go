package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"imdesk/store"

	"github.com/pquerna/otp/totp"
)

// app is the one on somebody's phone.
type app struct{ secret string }

func (a app) code(t testing.TB, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(a.secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// enrol sets up an app, and returns it with the recovery codes.
func (d *desk) enrol(t testing.TB, o Operator) (app, []string) {
	t.Helper()
	if err := d.BeginTOTP(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	p, err := d.PendingTOTP(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	a := app{p.Secret}
	codes, err := d.FinishTOTP(t.Context(), o, a.code(t, d.clock()))
	if err != nil {
		t.Fatal(err)
	}
	d.pass(time.Minute) // the code was used
	return a, codes
}

// half signs in with the password, and returns the cookie of the second step.
func (d *desk) half(t testing.TB, name string) *http.Cookie {
	t.Helper()
	_, cookies, err := d.signIn(t, name, password, "198.51.100.7")
	if !errors.Is(err, ErrSecondStep) || len(cookies) != 1 || cookies[0].Name != stepCookie {
		t.Fatalf("sign in with the password: %v, cookies %v", err, cookies)
	}
	return cookies[0]
}

func (d *desk) second(a Answer, cookies ...*http.Cookie) (Operator, []*http.Cookie, error) {
	r := httptest.NewRequest(http.MethodPost, SecondPath, nil)
	r.RemoteAddr = "198.51.100.7:1234"
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	o, err := d.FinishSecond(w, r, a)
	return o, w.Result().Cookies(), err
}

func (d *desk) clearTries(t testing.TB, name string) {
	t.Helper()
	if err := d.store.Attempts.Clear(t.Context(), nameKey(name)); err != nil {
		t.Fatal(err)
	}
}

func named(list []*http.Cookie, name string) *http.Cookie {
	for _, c := range list {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// The password alone lets nobody in who has an app; each of its codes counts once, on whichever replica.
func TestSecondStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mei := d.add(t, "mei", Lead)
	phone, _ := d.enrol(t, mei)
	step := d.half(t, "mei")
	if _, in := d.who(t, &http.Cookie{Name: CookieName, Value: step.Value}); in {
		t.Fatal("the first step alone is a session")
	}
	code := phone.code(t, d.clock())
	o, cookies, err := d.second(Answer{Code: code[:3] + " " + code[3:]}, step)
	if err != nil || o.ID != mei.ID || o.Method != "password+totp" {
		t.Fatalf("signed in %+v: %v", o, err)
	}
	session := named(cookies, CookieName)
	if who, in := d.who(t, session); !in || who.ID != mei.ID {
		t.Fatal("there is no session")
	}
	if gone := named(cookies, stepCookie); gone == nil || gone.MaxAge >= 0 {
		t.Error("the cookie of the first step stays")
	}

	wrong := func(name string, a Answer, cookies ...*http.Cookie) {
		t.Helper()
		d.clearTries(t, "mei")
		if o, set, err := d.second(a, cookies...); err == nil || named(set, CookieName) != nil {
			t.Errorf("%s signs in %+v", name, o)
		}
	}
	wrong("the same code once more", Answer{Code: code}, d.half(t, "mei"))
	other := New(Options{Store: d.store, Now: d.clock, Secrets: d.ring}) // another replica
	if ok, err := other.checkTOTP(t.Context(), mei.ID, code); ok || err != nil {
		t.Errorf("another replica takes the code once more: %v, %v", ok, err)
	}
	wrong("the code of the step before a used one", Answer{Code: phone.code(t, d.clock().Add(-totpPeriod))}, d.half(t, "mei"))
	wrong("a code of an hour ago", Answer{Code: phone.code(t, d.clock().Add(-time.Hour))}, d.half(t, "mei"))
	wrong("nothing", Answer{}, d.half(t, "mei"))
	wrong("the password", Answer{Password: password}, d.half(t, "mei"))
	d.pass(time.Minute)
	fresh := Answer{Code: phone.code(t, d.clock())}
	wrong("no first step", fresh)
	wrong("a first step that was used", fresh, step)
	forged := *d.half(t, "mei")
	forged.Value = forged.Value[:len(forged.Value)-2] + "AA"
	wrong("a forged first step", fresh, &forged)
	late := d.half(t, "mei")
	d.pass(stepFor)
	wrong("a first step of long ago", Answer{Code: phone.code(t, d.clock())}, late)
	before := d.half(t, "mei")
	if err := d.SetPassword(t.Context(), CommandLine(), mei.ID, "another long one 5"); err != nil {
		t.Fatal(err)
	}
	wrong("a first step with the password of before", Answer{Code: phone.code(t, d.clock())}, before)
}

// Wrong codes lock the name as wrong passwords do, and the right password does not take that back.
func TestSecondStepLocks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	phone, _ := d.enrol(t, d.add(t, "mei", Lead))
	var refused *Refused
	for try := 1; ; try++ {
		_, _, err := d.second(Answer{Code: "000000"}, d.half(t, "mei"))
		if !errors.As(err, &refused) {
			t.Fatalf("try %d: %v", try, err)
		}
		if refused.Wait > 0 {
			if try != DefaultLockout().NameTries {
				t.Errorf("locked after %d tries", try)
			}
			break
		}
	}
	if _, _, err := d.signIn(t, "mei", password, "198.51.100.7"); !errors.As(err, &refused) || refused.Wait == 0 {
		t.Errorf("the password is taken during the pause: %v", err)
	}
	d.pass(DefaultLockout().Pause + time.Minute)
	if _, _, err := d.second(Answer{Code: phone.code(t, d.clock())}, d.half(t, "mei")); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mei, tom := d.add(t, "mei", Lead), d.add(t, "tom", Lead)
	_, codes := d.enrol(t, mei)
	_, theirs := d.enrol(t, tom)
	if len(codes) != RecoveryCodes || len(codes[0]) != 19 || codes[0] == codes[1] {
		t.Fatalf("codes %q", codes)
	}
	use := func(code string) error {
		_, _, err := d.second(Answer{Code: code}, d.half(t, "mei"))
		d.clearTries(t, "mei")
		return err
	}
	if err := use(strings.ToUpper(codes[0])); err != nil {
		t.Errorf("a code as somebody types it: %v", err)
	}
	var refused *Refused
	for name, code := range map[string]string{"used before": codes[0], "somebody else’s": theirs[0], "half of one": codes[1][:9], "nobody’s": "aaaa-bbbb-cccc-dddd"} {
		if err := use(code); !errors.As(err, &refused) {
			t.Errorf("a code that is %s: %v", name, err)
		}
	}
	fresh, err := d.NewCodes(t.Context(), mei)
	if err != nil {
		t.Fatal(err)
	}
	if err := use(codes[1]); !errors.As(err, &refused) {
		t.Errorf("a code that was replaced: %v", err)
	}
	if err := use(fresh[9]); err != nil {
		t.Errorf("a new code: %v", err)
	}
	if f, _ := d.Factors(t.Context(), mei.ID); f.Codes != RecoveryCodes-1 {
		t.Errorf("%d codes are left", f.Codes)
	}
	// Recovery codes do not confirm: they are for who has lost the rest.
	if with, err := d.shows(t.Context(), mei, Answer{Code: fresh[0]}, false); with != "" || err != nil {
		t.Errorf("a recovery code confirms: %q, %v", with, err)
	}
}

// Nothing in the database lets anybody make a code.
func TestSeedIsSealed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mei := d.add(t, "mei", Lead)
	if err := d.BeginTOTP(t.Context(), mei); err != nil {
		t.Fatal(err)
	}
	d.pass(pendingFor + time.Second)
	if _, err := d.PendingTOTP(t.Context(), mei); !errors.Is(err, ErrNoPending) {
		t.Errorf("an app can be set up an hour later: %v", err)
	}
	phone, codes := d.enrol(t, mei)
	list, err := d.store.Secrets.List(t.Context(), "", 10)
	if err != nil || len(list) != 1 || list[0].Name != store.TOTPSecret(mei.ID) {
		t.Fatalf("secrets %v, %v", list, err)
	}
	if strings.Contains(string(list[0].Sealed), phone.secret) {
		t.Error("the seed can be read")
	}
	for _, code := range codes {
		if codeHash(mei.ID, code) == code || len(codeHash(mei.ID, code)) != 64 {
			t.Error("a recovery code is kept as it is")
		}
	}
}

// Who has no factor that is required can set one up and nothing else; and the last one stays.
func TestFactorPolicy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner, mei := d.add(t, "owner", Owner), d.add(t, "mei", Moderator)
	d.add(t, "vic", Viewer)
	if err := d.SetFactorPolicy(t.Context(), owner, "boss"); !errors.Is(err, ErrRole) {
		t.Errorf("a role that there is not: %v", err)
	}
	if err := d.SetFactorPolicy(t.Context(), owner, Moderator); err != nil {
		t.Fatal(err)
	}
	session := d.mustSignIn(t, "mei")
	if who, _ := d.who(t, session); !who.MustEnrol {
		t.Error("nothing is asked of a moderator")
	}
	if who, _ := d.who(t, d.mustSignIn(t, "vic")); who.MustEnrol {
		t.Error("a viewer has to set up a factor")
	}
	phone, _ := d.enrol(t, mei)
	if who, _ := d.who(t, session); who.MustEnrol {
		t.Error("it is asked for after it was set up")
	}
	if err := d.RemoveTOTP(t.Context(), mei); !errors.Is(err, ErrNeeded) {
		t.Errorf("the last one is removed: %v", err)
	}
	if err := d.ResetFactors(t.Context(), owner, mei.ID); err != nil {
		t.Fatal(err)
	}
	if _, in := d.who(t, session); in {
		t.Error("the session goes on after a reset")
	}
	if who, _ := d.who(t, d.mustSignIn(t, "mei")); !who.MustEnrol {
		t.Error("after a reset nothing is asked for")
	}
	if ok, err := d.checkTOTP(t.Context(), mei.ID, phone.code(t, d.clock())); ok || err != nil {
		t.Errorf("the old app still counts: %v, %v", ok, err)
	}
	if err := d.ResetFactors(t.Context(), mei, owner.ID); err == nil {
		t.Error("a moderator resets an owner")
	}
	if err := d.SetFactorPolicy(t.Context(), owner, ""); err != nil {
		t.Fatal(err)
	}
	d.enrol(t, mei)
	if err := d.RemoveTOTP(t.Context(), mei); err != nil {
		t.Errorf("where none is required: %v", err)
	}
	if f, _ := d.Factors(t.Context(), mei.ID); f != (store.Factors{}) {
		t.Errorf("left: %+v", f)
	}
}

// The link of the first start is good once, for a day, and until anybody has signed in; nothing but a hash of it is kept.
func TestSetUpLink(t *testing.T) {
	t.Parallel()
	set := func(d *desk, token, name, password string) (Operator, []*http.Cookie, error) {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, SetUpPath+"/x", nil)
		o, err := d.SetUp(w, r, token, name, password)
		return o, w.Result().Cookies(), err
	}
	start := func(t *testing.T) (*desk, Operator, string, string) {
		d := newDesk(t)
		o, random, made, err := d.First(t.Context(), "owner")
		if err != nil || !made {
			t.Fatal(made, err)
		}
		token, err := d.SetUpLink(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return d, o, random, token
	}
	d, o, random, token := start(t)
	kept, err := d.store.Console.Get(t.Context(), settingSetUp)
	if err != nil || kept == "" || strings.Contains(kept, token) {
		t.Fatalf("kept %q, %v", kept, err)
	}
	var weak *WeakPassword
	if _, _, err := set(d, token, "mei", "short"); !errors.As(err, &weak) {
		t.Errorf("a weak password: %v", err)
	}
	if _, _, err := set(d, token+"x", "mei", "nine quiet harbours"); !errors.Is(err, ErrNoSetUp) {
		t.Errorf("another token: %v", err)
	}
	in, cookies, err := set(d, token, "Mei", "nine quiet harbours")
	if err != nil || in.ID != o.ID || in.Name != "Mei" {
		t.Fatalf("set up %+v: %v", in, err)
	}
	if who, ok := d.who(t, named(cookies, CookieName)); !ok || who.Name != "Mei" || who.Role != Owner {
		t.Errorf("signed in as %+v", who)
	}
	if _, _, err := set(d, token, "Tom", "nine quiet harbours"); !errors.Is(err, ErrNoSetUp) {
		t.Errorf("used twice: %v", err)
	}
	if _, _, err := d.signIn(t, "owner", random, "198.51.100.7"); err == nil {
		t.Error("the printed password still works")
	}

	d, _, random, token = start(t)
	if _, _, err := d.signIn(t, "owner", random, "198.51.100.7"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetUpOwner(t.Context(), token); !errors.Is(err, ErrNoSetUp) {
		t.Errorf("after a sign-in: %v", err)
	}
	d, _, _, token = start(t)
	d.pass(setUpFor)
	if _, err := d.SetUpOwner(t.Context(), token); !errors.Is(err, ErrNoSetUp) {
		t.Errorf("a day later: %v", err)
	}
}

// A confirmation is not older than ten minutes, and brings a new token; the old one is dead at once.
func TestConfirm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mei := d.add(t, "mei", Owner)
	session := d.mustSignIn(t, "mei")
	who, _ := d.who(t, session)
	if !d.Confirmed(who) {
		t.Error("signing in does not count")
	}
	d.pass(DefaultConfirm)
	if who, _ = d.who(t, session); d.Confirmed(who) {
		t.Error("ten minutes later it still counts")
	}
	confirm := func(a Answer, cookie *http.Cookie) (*http.Cookie, error) {
		r := httptest.NewRequest(http.MethodPost, "/x", nil)
		r.AddCookie(cookie)
		r, err := d.Load(r, "198.51.100.7", "r-1")
		if err != nil {
			t.Fatal(err)
		}
		o, in := OperatorFrom(r.Context())
		if !in {
			return nil, ErrNobody
		}
		w := httptest.NewRecorder()
		_, err = d.ConfirmNow(w, r, o, a)
		return named(w.Result().Cookies(), CookieName), err
	}
	var refused *Refused
	if _, err := confirm(Answer{Password: "not the password"}, session); !errors.As(err, &refused) {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := confirm(Answer{}, session); !errors.As(err, &refused) {
		t.Errorf("nothing: %v", err)
	}
	fresh, err := confirm(Answer{Password: password}, session)
	if err != nil || fresh == nil || fresh.Value == session.Value {
		t.Fatalf("confirm: %v, %v", fresh, err)
	}
	if _, in := d.who(t, session); in {
		t.Error("the token of before still works")
	}
	if who, in := d.who(t, fresh); !in || !d.Confirmed(who) {
		t.Errorf("confirmed: %+v", who)
	}
	phone, _ := d.enrol(t, mei)
	d.pass(time.Hour)
	code := phone.code(t, d.clock())
	if fresh, err = confirm(Answer{Code: code}, fresh); err != nil {
		t.Fatalf("with a code: %v", err)
	}
	if _, err := confirm(Answer{Code: code}, fresh); !errors.As(err, &refused) {
		t.Errorf("with the same code: %v", err)
	}

	// What waits is the operator's alone, and cannot be read in the database.
	tom := d.add(t, "tom", Owner)
	id, err := d.KeepWaiting(t.Context(), Waiting{Operator: mei.ID, Action: "/x", Fields: []FormField{{"text", "what was typed"}}})
	if err != nil {
		t.Fatal(err)
	}
	if w, err := d.Waiting(t.Context(), mei, id); err != nil || w.Action != "/x" || len(w.Fields) != 1 {
		t.Errorf("waiting: %+v, %v", w, err)
	}
	if _, err := d.Waiting(t.Context(), tom, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("somebody else reads it: %v", err)
	}
	raw, err := d.store.Once.Get(t.Context(), waitingName(id), d.clock())
	if err != nil || strings.Contains(string(raw), "typed") {
		t.Errorf("kept as %q, %v", raw, err)
	}
}

// Passkeys belong to a name.
func TestPasskeyOrigin(t *testing.T) {
	for origin, want := range map[string]string{
		"https://imdesk.example.com": "https://imdesk.example.com", "https://imdesk.example.com:8443": "https://imdesk.example.com:8443",
		"http://127.0.0.1:8080": "http://localhost:8080", "http://[::1]:8080": "http://localhost:8080", "http://localhost:9000": "http://localhost:9000",
		"https://192.0.2.7": "", "": "", "nonsense": "",
	} {
		if got := New(Options{Origin: origin}).PasskeyOrigin(); got != want {
			t.Errorf("at %q: %q, want %q", origin, got, want)
		}
	}
	d := newDesk(t)
	for _, a := range []Answer{{}, {Passkey: "{}"}, {Passkey: "x", Challenge: "y"}, {Passkey: strings.Repeat("x", 1<<20)}} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if _, err := d.SignInWithPasskey(httptest.NewRecorder(), r, a); !errors.Is(err, ErrNoPasskeys) {
			t.Errorf("%.20q: %v", fmt.Sprint(a), err)
		}
	}
}
