// Package imtest is the contract of an IM service, as tests: what every client below imclient must do, whatever the
// vendor. A vendor's tests call Run with a Harness over a service that they can seed and break, such as an emulator
// reached over HTTP.
//
// A capability that the vendor, the plan or a group type lacks is not skipped: the suite asserts that the call is
// refused, and that Capabilities said so beforehand.
package imtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
)

// Harness is a client of an app that the suite may fill, and the means to make things happen behind its back. Each
// function fails the test that it is given when it cannot do what it is asked.
type Harness struct {
	Client *imclient.Client
	// Now is the service's clock.
	Now func() time.Time
	// Advance moves the service's clock on. The suite never asks for more than a few hours in all.
	Advance func(t testing.TB, d time.Duration)

	// NewID returns a well-formed id of a user that nothing has.
	NewID func() string
	// NewUser makes an account with a nickname and returns its id.
	NewUser func(t testing.TB, nick string) string
	// NewUsers makes many accounts without nicknames.
	NewUsers func(t testing.TB, n int) []string
	// NewGroup makes a group and returns its id. In a live room its members are present.
	NewGroup func(t testing.TB, g Group) string
	// Join and Leave are what users do by themselves.
	Join  func(t testing.TB, group string, users ...string)
	Leave func(t testing.TB, group string, users ...string)
	// Say appends messages to a group's history in the order given, by the vendor's own means.
	Say func(t testing.TB, group string, said ...Said)
	// Tell appends direct messages to what a user and the senders have said to each other, by the vendor's own means. What
	// is said now is unread.
	Tell func(t testing.TB, to string, said ...Said)
	// Read is what a user's client does when its user reads a message of a group.
	Read func(t testing.TB, group, user, message string)
	// SignIn brings a user online.
	SignIn func(t testing.TB, user string)

	// Break makes the next calls of an operation fail, until the function that it returns is called.
	Break func(t testing.TB, f Fault) (mend func())
	// Calls tells how many requests for an operation have reached the service so far.
	Calls func(op string) int
	// Stranger is a client of the same app with a wrong secret key.
	Stranger func(t testing.TB) *imclient.Client

	// MissingGroup and MissingUser are well-formed ids that nothing has.
	MissingGroup, MissingUser string
	// MissingMessage is a well-formed message id that no message of a new group has; MissingDirect none of a direct chat.
	MissingMessage, MissingDirect string
}

// Group is a group to be made.
type Group struct {
	Type            imclient.GroupType
	Name            string
	Owner           string
	Admins, Members []string
	Created         time.Time // zero: now
}

// Said is a message to be said.
type Said struct {
	From, Text string
	At         time.Time // zero: now. Times ascend
}

// The operations that the suite breaks: one read and one write.
const (
	OpRead  = "groups.get"
	OpWrite = "mutes.set"
)

// Fault is a failure of the service.
type Fault struct {
	Op    string // OpRead or OpWrite
	Kind  FaultKind
	Times int // calls that fail; 0: all
}

// FaultKind is a way in which a service fails.
type FaultKind int

// The ways. With Lost the service does what it was asked and the answer is lost; with Slow it answers after a minute.
const (
	BadGateway FaultKind = iota
	Dropped
	Lost
	CutShort
	NotJSON
	Limited
	Slow
)

// Run runs the contract.
func Run(t *testing.T, h Harness) {
	t.Helper()
	s := &suite{h: h, c: h.Client}
	t.Run("health", s.health) // before anything moves the service's clock
	t.Run("groups", s.groups)
	t.Run("members", s.members)
	t.Run("mutes", s.mutes)
	t.Run("messages", s.messages)
	t.Run("users", s.users)
	t.Run("live", s.live)
	t.Run("import", s.imports)
	t.Run("accounts", s.accounts)
	t.Run("rooms", s.rooms)
	t.Run("attendance", s.attendance)
	t.Run("mass", s.mass)
	t.Run("tokens", s.tokens)
	t.Run("deletion", s.deletion)
	t.Run("notes of blocks", s.blockNotes)
	t.Run("direct chats", s.direct)
	t.Run("friends", s.friends)
	t.Run("blocks", s.blocks)
	t.Run("contacts", s.contacts)
	t.Run("extensions", s.extensions)
	t.Run("group life", s.groupLife)
	t.Run("attributes", s.attributes)
	t.Run("counters", s.counters)
	t.Run("topics", s.topics)
	t.Run("keywords", s.keywords)
	t.Run("broadcasts", s.broadcasts)
	t.Run("operations", s.operations)
	t.Run("raw", s.raw)
	t.Run("capabilities", s.capabilities)
	t.Run("failures", s.failures)
	t.Run("history files", s.historyFiles) // nearly last, since hours pass in it
	t.Run("rates", s.rates)                // last, since it takes rates away
}

type suite struct {
	h Harness
	c *imclient.Client
}

// strangers are the users who are refused where accounts are needed.
func (s *suite) strangers(users ...string) []string {
	if s.c.Caps.Traits.NeedsAccounts {
		return users
	}
	return nil
}

// missingUser asserts how a call about a user went whom the service has never heard of.
func (s *suite) missingUser(t testing.TB, err error) {
	t.Helper()
	if s.c.Caps.Traits.NeedsAccounts {
		is(t, err, imclient.ErrNotFound)
		return
	}
	ok(t, err)
}

// room is a group with its people: an owner, an admin where the type has them, and plain members.
type room struct {
	id, owner, admin string
	members          []string
	info             imclient.TypeInfo
}

func (r room) all() []string {
	all := append([]string{r.owner}, r.members...)
	if r.admin != "" {
		all = append(all, r.admin)
	}
	return all
}

// types runs f for each group type that can do what is asked, in a room of n plain members; refused for the others.
func (s *suite) types(t *testing.T, v imclient.Verb, n int, f, refused func(t *testing.T, r room)) {
	t.Helper()
	for _, info := range s.c.Caps.Types {
		t.Run(string(info.Type), func(t *testing.T) {
			r := s.room(t, info, n)
			if s.c.Caps.Can(v, info.Type) {
				f(t, r)
			} else {
				refused(t, r)
			}
		})
	}
}

// room makes one of a type, with n plain members.
func (s *suite) room(t *testing.T, info imclient.TypeInfo, n int) room {
	t.Helper()
	r := room{owner: s.h.NewUser(t, "Owner"), members: s.h.NewUsers(t, n), info: info}
	g := Group{Type: info.Type, Name: "A group", Owner: r.owner, Members: r.members}
	if !info.Live && s.c.Caps.Can(imclient.VerbSetAdmin, info.Type) {
		r.admin = s.h.NewUser(t, "Admin")
		g.Admins = []string{r.admin}
	}
	r.id = s.h.NewGroup(t, g)
	return r
}

// typeWith returns a type that can do all that is asked. The suite needs one of each kind it asks for.
func (s *suite) typeWith(t *testing.T, verbs ...imclient.Verb) imclient.TypeInfo {
	t.Helper()
	for _, info := range s.c.Caps.Types {
		can := func(v imclient.Verb) bool { return s.c.Caps.Can(v, info.Type) }
		if !slices.ContainsFunc(verbs, func(v imclient.Verb) bool { return !can(v) }) {
			return info
		}
	}
	t.Fatalf("no group type can do all of %v", verbs)
	return imclient.TypeInfo{}
}

// ctx is bounded, so that a client that hangs fails its test and not the whole run.
func ctx(t testing.TB) context.Context {
	c, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return c
}

// fresh is ctx that sees the service itself.
func fresh(t testing.TB) context.Context { return imclient.Fresh(ctx(t)) }

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("got error %v%s", err, detail(err))
	}
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

// none asserts that a write did all of it.
func none(refused []imclient.Refused, err error) func(t testing.TB) {
	return func(t testing.TB) {
		t.Helper()
		ok(t, err)
		for _, r := range refused {
			t.Errorf("refused %s: %v%s", r.ID, r.Err, detail(r.Err))
		}
	}
}

// is asserts an error of one of the kinds, and that it says where it comes from.
func is(t testing.TB, err error, kinds ...error) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want %v", kinds)
	}
	if !slices.ContainsFunc(kinds, func(k error) bool { return errors.Is(err, k) }) {
		t.Errorf("got error %v%s, want %v", err, detail(err), kinds)
	}
	e, found := errors.AsType[*imclient.Error](err)
	if !found {
		t.Fatalf("got %T, want an *imclient.Error in it", err)
	}
	complete(t, e)
}

// complete asserts that an error names its call and its vendor, and has the service's code if the service answered.
func complete(t testing.TB, e *imclient.Error) {
	t.Helper()
	if e.Op == "" || e.Kind == nil || e.Vendor == "" {
		t.Errorf("the error %#v lacks operation, kind or vendor", e)
	}
	answered := e.Kind == imclient.ErrNotFound || e.Kind == imclient.ErrDenied || e.Kind == imclient.ErrCredentials
	if answered && e.Code == "" && e.Status == 0 && e.Sent {
		t.Errorf("the error %#v was sent and has neither code nor status", e)
	}
	if strings.Contains(e.Error(), "usersig=") {
		t.Errorf("the error quotes a credential: %v", e)
	}
}

// cannot asserts the refusal of what Capabilities says cannot be done: by the client or by the service.
func cannot(t testing.TB, err error, refused ...imclient.Refused) {
	t.Helper()
	if err == nil && len(refused) > 0 {
		err = refused[0].Err
	}
	is(t, err, imclient.ErrUnsupported, imclient.ErrDenied, imclient.ErrInvalid)
}

// names asserts that exactly these targets were refused, and each for one of the kinds.
func names(t testing.TB, refused []imclient.Refused, want []string, kinds ...error) {
	t.Helper()
	got := make([]string, 0, len(refused))
	for _, r := range refused {
		got = append(got, r.ID)
		if r.Err == nil {
			t.Errorf("%s was refused without an error", r.ID)
			continue
		}
		is(t, r.Err, kinds...)
	}
	sameSet(t, "refused", got, want)
}

func detail(err error) string {
	if e, found := errors.AsType[*imclient.Error](err); found && e.Detail != "" {
		return fmt.Sprintf(" (%s)", e.Detail)
	}
	return ""
}

func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func sameOrder(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %s, want %s", what, short(got), short(want))
	}
}

func sameSet(t testing.TB, what string, got, want []string) {
	t.Helper()
	g, w := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	sameOrder(t, what, g, w)
}

// once asserts that no id comes twice.
func once(t testing.TB, what string, ids []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			t.Errorf("%s: %s comes twice", what, id)
		}
		seen[id] = true
	}
}

func short(ids []string) string {
	if len(ids) <= 12 {
		return fmt.Sprintf("%q", ids)
	}
	return fmt.Sprintf("%q and %d more", ids[:12], len(ids)-12)
}

// near asserts a time within what a call and a service's whole seconds may shift it.
func near(t testing.TB, what string, got, want time.Time) {
	t.Helper()
	if got.Before(want.Add(-3*time.Second)) || got.After(want.Add(3*time.Second)) {
		t.Errorf("%s: got %s, want about %s", what, got.UTC().Format(time.RFC3339), want.UTC().Format(time.RFC3339))
	}
}

// walk reads a list to its end, page by page, and calls between after each page.
func walk[T any](t testing.TB, list func(ctx context.Context, cursor string) (imclient.Page[T], error), between func()) []T {
	t.Helper()
	var all []T
	walkPages(t, list, func(items []T) {
		all = append(all, items...)
		if between != nil {
			between()
		}
	})
	return all
}

// walkPages reads a list to its end and calls do with each page.
func walkPages[T any](t testing.TB, list func(ctx context.Context, cursor string) (imclient.Page[T], error), do func(items []T)) {
	t.Helper()
	cursors := map[string]bool{}
	for page, err := range imclient.Pages(ctx(t), "", list) {
		ok(t, err)
		if page.Next != "" && cursors[page.Next] {
			t.Fatalf("the cursor %q came twice: the list has no end", page.Next)
		}
		if cursors[page.Next] = true; len(cursors) > 2000 {
			t.Fatal("the list has no end")
		}
		do(page.Items)
	}
}

func ids[T any](items []T, id func(T) string) []string {
	list := make([]string, 0, len(items))
	for _, i := range items {
		list = append(list, id(i))
	}
	return list
}
