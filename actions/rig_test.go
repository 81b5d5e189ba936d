package actions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/store"
)

// The pauses between looks are for a service on the network; the tests' answers at once.
func TestMain(m *testing.M) {
	pausesAnswered = []time.Duration{0, 5 * time.Millisecond}
	pausesLost = []time.Duration{0, 20 * time.Millisecond, 50 * time.Millisecond}
	goleak.VerifyTestMain(m)
}

const (
	testApp       = 1400000043
	administrator = "administrator"
	secretKey     = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// rig is everything that an action runs through: emulator, client over HTTP, store, and a clock that can be moved on.
type rig struct {
	*testing.T
	im    *emulator.Server
	app   App
	store *store.Store
	s     *Service
	actor Actor
	ahead *atomic.Int64
	still *atomic.Int64 // if not 0, the clock stands there, in nanoseconds
	next  int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, ahead: &atomic.Int64{}, still: &atomic.Int64{}}
	now := func() time.Time {
		if at := r.still.Load(); at != 0 {
			return time.Unix(0, at)
		}
		return time.Now().Add(time.Duration(r.ahead.Load()))
	}
	var err error
	r.im, err = emulator.New(t.Context(), emulator.Config{
		Apps: []emulator.TencentApp{{SDKAppID: testApp, Admins: []string{administrator}, Key: secretKey}}, Now: now,
	})
	r.ok(err)
	t.Cleanup(func() { r.ok(r.im.Close()) })
	r.ok(r.im.Start("127.0.0.1:0"))

	client, err := tencent.New(tencent.Config{
		SDKAppID: strconv.Itoa(testApp), Administrator: administrator, Key: secretKey, Endpoint: r.im.URL(), Now: now,
		Timeout: 3100 * time.Millisecond, GroupFields: []string{"city"},
	})
	r.ok(err)
	t.Cleanup(client.Close)
	r.app = App{ID: "harbor", IM: client, Administrators: []string{administrator}}

	r.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	r.ok(err)
	t.Cleanup(func() { r.ok(r.store.Close()) })
	r.s = &Service{Audit: r.store.Audit, Now: now, Log: slog.New(slog.DiscardHandler)}
	t.Cleanup(r.s.Close)
	r.actor = Actor{
		OperatorID: "op1", Name: "Mei Lin", Address: "198.51.100.7", RequestRef: "r-1",
		Can: func(Verb) bool { return true },
	}
	return r
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) now() time.Time { return r.s.now() }

// fault makes a command go wrong until the test ends or mend is called.
func (r *rig) fault(f emulator.Fault) (mend func()) {
	r.im.SetFault(f)
	r.Cleanup(r.im.ClearFaults)
	return r.im.ClearFaults
}

const (
	cmdMute    = "group_open_http_svc/forbid_send_msg"
	cmdKick    = "group_open_http_svc/delete_group_member"
	cmdEdit    = "group_open_http_svc/modify_group_base_info"
	cmdInfo    = "group_open_http_svc/get_group_info"
	cmdMembers = "group_open_http_svc/get_specified_group_member_info"
	cmdRecall  = "group_open_http_svc/group_msg_recall"
	cmdNotice  = "group_open_http_svc/send_group_system_notification"
	cmdMember  = "group_open_http_svc/modify_group_member_info"
	cmdAdd     = "group_open_http_svc/add_group_member"
	cmdGlobal  = "openconfigsvr/setnospeaking"
	cmdSignOut = "im_open_login_svc/kick"
)

// users makes accounts.
func (r *rig) users(n int) []string {
	r.Helper()
	ids := make([]string, n)
	for i := range ids {
		r.next++
		ids[i] = fmt.Sprintf("u%d", r.next)
	}
	none(r, r.app.IM.Import.Users, ids)
	return ids
}

func none(r *rig, call func(context.Context, []string) ([]imclient.Refused, error), ids []string) {
	r.Helper()
	refused, err := call(r.Context(), ids)
	r.ok(err)
	if len(refused) > 0 {
		r.Fatalf("refused: %v", refused)
	}
}

// crowd is a group with an owner, an admin and plain members.
type crowd struct {
	id, owner, admin string
	members          []string
}

// group makes a group two days old. A live room's members are present.
func (r *rig) group(typ imclient.GroupType, members int) crowd {
	r.Helper()
	all := r.users(members + 2)
	g := crowd{owner: all[0], admin: all[1], members: all[2:]}
	if r.app.IM.Caps.Info(typ).Live {
		g.id, g.admin = r.liveRoom(g.owner), ""
		r.ok(r.im.Enter(r.Context(), testApp, g.id, g.members...))
		return g
	}
	var err error
	g.id, err = r.app.IM.Import.Group(r.Context(), imclient.ImportGroup{
		Type: typ, Name: "周末音乐夜", OwnerID: g.owner, Created: r.now().Add(-48 * time.Hour),
	})
	r.ok(err)
	canAdmin := r.app.IM.Caps.Can(imclient.VerbSetAdmin, typ)
	list := []imclient.ImportMember{{UserID: g.admin, Admin: canAdmin}}
	for _, u := range g.members {
		list = append(list, imclient.ImportMember{UserID: u})
	}
	_, err = r.app.IM.Import.Members(r.Context(), g.id, list)
	r.ok(err)
	return g
}

// liveRoom makes one by the vendor's own command: live rooms cannot be imported.
func (r *rig) liveRoom(owner string) string {
	r.Helper()
	api, err := tencent.NewAPI(tencent.Config{
		SDKAppID: strconv.Itoa(testApp), Administrator: administrator, Key: secretKey, Endpoint: r.im.URL(), Now: r.s.Now,
	})
	r.ok(err)
	defer api.Close()
	answer, err := api.CreateGroup(r.Context(), &tencent.CreateGroupRequest{Type: string(tencent.TypeAVChatRoom), Name: "Live", OwnerAccount: owner})
	r.ok(err)
	return string(answer.GroupId)
}

// talk says n messages in a group, by its members in turn, and returns them oldest first.
func (r *rig) talk(g crowd, n int) []imclient.Message {
	r.Helper()
	list := make([]imclient.ImportMessage, n)
	for i := range list {
		list[i] = imclient.ImportMessage{
			From: g.members[i%len(g.members)], At: r.now().Add(time.Duration(i-n) * time.Minute), Random: uint32(i + 1),
			Body: []imclient.Element{imclient.Text{Text: fmt.Sprintf("message %d", i)}},
		}
	}
	_, err := r.app.IM.Import.Messages(r.Context(), g.id, list)
	r.ok(err)
	return r.history(g)
}

// history is what the service has of a group, oldest first.
func (r *rig) history(g crowd) []imclient.Message {
	r.Helper()
	var all []imclient.Message
	for from, more := "", true; more; more = from != "" {
		page, err := r.app.IM.Messages.History(imclient.Fresh(r.Context()), imclient.HistoryOptions{
			Conversation: imclient.Conversation{Group: g.id}, From: from,
		})
		r.ok(err)
		all = append(all, page.Messages...)
		from = page.Older
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

func (r *rig) do(a Action) Result {
	r.Helper()
	result, err := r.s.Do(r.Context(), r.actor, r.app, a)
	r.ok(err)
	r.recorded(result)
	return result
}

func (r *rig) undo(id int64) Result {
	r.Helper()
	result, err := r.s.Undo(r.Context(), r.actor, r.app, id)
	r.ok(err)
	r.recorded(result)
	return result
}

// recorded asserts that the audit log says what the result says.
func (r *rig) recorded(result Result) {
	r.Helper()
	e, err := r.store.Audit.Get(r.Context(), result.ID)
	r.ok(err)
	if e.State != result.State || !result.Recorded {
		r.Errorf("the audit log says %s, the result %s (recorded: %v)", e.State, result.State, result.Recorded)
	}
	if e.OperatorID != r.actor.OperatorID || e.OperatorName == "" || e.Address == "" || e.Request == "" || e.App != r.app.ID {
		r.Errorf("the audit entry lacks who acted: %+v", e)
	}
	again, err := r.s.FromEntry(r.app, e)
	r.ok(err)
	if len(again.Items) != len(result.Items) {
		r.Fatalf("the audit log has %d items, the result %d", len(again.Items), len(result.Items))
	}
	for i, item := range result.Items {
		got := again.Items[i]
		if got.ID != item.ID || got.State != item.State || got.Reason != item.Reason || got.Before != item.Before || got.Want != item.Want {
			r.Errorf("the audit log says %+v, the result %+v", got, item)
		}
	}
	if again.UndoText != result.UndoText {
		r.Errorf("undo: the audit log says %q, the result %q", again.UndoText, result.UndoText)
	}
}

// states asserts what became of each item, in order.
func (r *rig) states(result Result, want ...State) {
	r.Helper()
	if len(result.Items) != len(want) {
		r.Fatalf("%d items, want %d: %+v", len(result.Items), len(want), result.Items)
	}
	for i, w := range want {
		if got := result.Items[i]; got.State != w {
			r.Errorf("%s: got %s (%s %s), want %s", got.ID, got.State, got.Reason, got.VendorCode, w)
		}
	}
}

func (r *rig) member(g crowd, user string) imclient.Member {
	r.Helper()
	list, err := r.app.IM.Members.Get(imclient.Fresh(r.Context()), g.id, []string{user})
	r.ok(err)
	if len(list) == 0 {
		return imclient.Member{}
	}
	return list[0]
}

// mutedFor asserts how long a member is muted from now on; 0 is not at all.
func (r *rig) mutedFor(g crowd, user string, want time.Duration) {
	r.Helper()
	until := r.member(g, user).MutedUntil
	switch {
	case want == 0 && !until.IsZero():
		r.Errorf("%s is muted until %s, want not", user, until)
	case want < 0 && !until.Equal(imclient.Forever):
		r.Errorf("%s is muted until %s, want without end", user, until)
	case want > 0 && until.Sub(r.now().Add(want)).Abs() > 3*time.Second:
		r.Errorf("%s is muted until %s, want for %s", user, until, want)
	}
}

func because(reason string) Common { return Common{Reason: reason} }

func wantError[E error](t *testing.T, err error) E {
	t.Helper()
	e, is := errors.AsType[E](err)
	if !is {
		t.Fatalf("got error %v, want %T", err, e)
	}
	return e
}
