package volcengine_test

import (
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/imtest"
	"imdesk/imclient/volcengine"
)

// TestContract runs the contract of an IM service over HTTP against the emulator, which shares no code with the client.
func TestContract(t *testing.T) {
	t.Parallel()
	imtest.Run(t, newService(t, false).harness(t))
}

// TestContractWithStatusOK is the same where refusals come with HTTP 200: which the vendor sends is not documented.
func TestContractWithStatusOK(t *testing.T) {
	t.Parallel()
	h := newService(t, true).harness(t)
	_, err := h.Client.Groups.Get(t.Context(), h.MissingGroup)
	wantKind(t, err, imclient.ErrNotFound)
	_, err = h.Client.Messages.History(t.Context(), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: h.MissingGroup, Type: volcengine.TypeGroup}})
	wantKind(t, err, imclient.ErrNotFound)
	_, err = h.Stranger(t).Groups.Get(t.Context(), h.MissingGroup)
	wantKind(t, err, imclient.ErrCredentials)
}

const (
	appID     = 900001
	accessKey = "AKLTcontract"
	secretKey = "c2VjcmV0LWZvci1jb250cmFjdA=="
	noGroup   = "8999999999999999999"
	noUser    = "8999999999999999998"
	noMessage = "8999999999999999997"
)

// service is an emulator, a clock that can be moved on, and the API with which the suite's world is made. It waits in the
// same lines as the client, since both are one account to the service.
type service struct {
	emulator *emulator.Server
	ahead    atomic.Int64 // nanoseconds
	made     atomic.Int64 // users: for ids
	account  *volcengine.Account
	api      *volcengine.API
}

func newService(t *testing.T, statusOK bool) *service {
	t.Helper()
	s := &service{}
	s.made.Store(1691070514797520000) // above 2^53, so that a float anywhere shows
	e, err := emulator.New(t.Context(), emulator.Config{
		Volc: []emulator.VolcengineApp{{AppID: appID, AccessKey: accessKey, SecretKey: secretKey, StatusOK: statusOK}},
		Seed: "none", Now: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := e.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.emulator = e
	if s.account, err = volcengine.NewAccount(1); err != nil {
		t.Fatal(err)
	}
	if s.api, err = volcengine.NewAPI(s.config(secretKey)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.api.Close)
	return s
}

func (s *service) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

func (s *service) config(secret string) volcengine.Config {
	return volcengine.Config{
		AppID: strconv.Itoa(appID), AccessKey: accessKey, SecretKey: secret, Endpoint: s.emulator.URL(), Now: s.now, Account: s.account,
	}
}

func (s *service) client(t testing.TB, secret string) *imclient.Client {
	t.Helper()
	c, err := volcengine.New(s.config(secret))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (s *service) harness(t *testing.T) imtest.Harness {
	return imtest.Harness{
		Client: s.client(t, secretKey), Now: s.now,
		Advance:  func(_ testing.TB, d time.Duration) { s.ahead.Add(int64(d)) },
		NewID:    s.newID,
		NewUser:  s.newUser,
		NewUsers: s.newUsers,
		NewGroup: s.newGroup,
		Join:     func(t testing.TB, group string, users ...string) { s.move(t, group, users, true) },
		Leave:    func(t testing.TB, group string, users ...string) { s.move(t, group, users, false) },
		Say:      s.say,
		Tell:     s.tell,
		Read:     s.read,
		SignIn:   func(t testing.TB, user string) { s.emulator.VolcSignIn(appID, number(t, user), "Android") },
		Break:    s.breakDown,
		Calls:    func(op string) int { return int(s.emulator.Calls(actionOf(op))) },
		Stranger: func(t testing.TB) *imclient.Client { return s.client(t, "not the secret") },

		MissingGroup: noGroup, MissingUser: noUser, MissingMessage: noMessage, MissingDirect: noMessage,
	}
}

func (s *service) newID() string { return strconv.FormatInt(s.made.Add(1), 10) }

func (s *service) newUser(t testing.TB, nick string) string {
	t.Helper()
	id := s.newID()
	s.register(t, []volcengine.NewUser{{UserId: volcengine.ID(id), NickName: nick}})
	return id
}

func (s *service) newUsers(t testing.TB, n int) []string {
	t.Helper()
	ids := make([]string, n)
	users := make([]volcengine.NewUser, n)
	for i := range ids {
		ids[i] = s.newID()
		users[i].UserId = volcengine.ID(ids[i])
	}
	for part := range slices.Chunk(users, 20) {
		s.register(t, part)
	}
	return ids
}

func (s *service) register(t testing.TB, users []volcengine.NewUser) {
	t.Helper()
	r, err := s.api.RegisterUsers(t.Context(), &volcengine.RegisterUsersRequest{Users: users})
	if err != nil || len(r.FailedInfos) > 0 {
		t.Fatalf("register: %v, %+v", err, r)
	}
}

func (s *service) newGroup(t testing.TB, g imtest.Group) string {
	t.Helper()
	q := &volcengine.CreateConversationRequest{
		ConversationCoreInfo: volcengine.NewConversation{ConversationType: volcengine.ConversationGroup, Name: g.Name},
		OwnerUserId:          volcengine.ID(g.Owner),
	}
	if g.Type == volcengine.TypeLive {
		q.ConversationCoreInfo.ConversationType = volcengine.ConversationLive
	}
	r, err := s.api.CreateConversation(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	id := string(r.ConversationShortId)
	if g.Type == volcengine.TypeLive {
		s.move(t, id, g.Members, true)
		return id
	}
	var members []volcengine.NewParticipant
	for _, u := range g.Admins {
		members = append(members, volcengine.NewParticipant{ParticipantUserId: volcengine.ID(u), Role: 2})
	}
	for _, u := range g.Members {
		members = append(members, volcengine.NewParticipant{ParticipantUserId: volcengine.ID(u)})
	}
	s.add(t, id, members)
	return id
}

func (s *service) add(t testing.TB, group string, members []volcengine.NewParticipant) {
	t.Helper()
	for part := range slices.Chunk(members, 50) {
		r, err := s.api.BatchAddConversationParticipant(t.Context(), &volcengine.BatchAddConversationParticipantRequest{
			ConversationShortId: volcengine.ID(group), Operator: "1", ParticipantInfos: part,
		})
		if err != nil || len(r.FailedUserIds) > 0 {
			t.Fatalf("add: %v, %+v", err, r)
		}
	}
}

func (s *service) live(t testing.TB, group string) bool {
	t.Helper()
	r, err := s.api.BatchGetConversations(t.Context(), &volcengine.BatchGetConversationsRequest{ConversationShortId: []volcengine.ID{volcengine.ID(group)}})
	if err != nil || len(r.ConversationCoreInfos) != 1 {
		t.Fatalf("conversation %s: %v, %+v", group, err, r)
	}
	return r.ConversationCoreInfos[0].ConversationType == volcengine.ConversationLive
}

func (s *service) move(t testing.TB, group string, users []string, in bool) {
	t.Helper()
	if s.live(t, group) {
		numbers := make([]int64, len(users))
		for i, u := range users {
			numbers[i] = number(t, u)
		}
		do := s.emulator.VolcLeave
		if in {
			do = s.emulator.VolcEnter
		}
		if err := do(t.Context(), appID, number(t, group), numbers...); err != nil {
			t.Fatal(err)
		}
		return
	}
	if in {
		var members []volcengine.NewParticipant
		for _, u := range users {
			members = append(members, volcengine.NewParticipant{ParticipantUserId: volcengine.ID(u)})
		}
		s.add(t, group, members)
		return
	}
	for part := range slices.Chunk(users, 50) {
		q := &volcengine.BatchDeleteConversationParticipantRequest{ConversationShortId: volcengine.ID(group), Operator: "1"}
		for _, u := range part {
			q.ParticipantUserIds = append(q.ParticipantUserIds, volcengine.ID(u))
		}
		r, err := s.api.BatchDeleteConversationParticipant(t.Context(), q)
		if err != nil || len(r.FailedUserIds) > 0 {
			t.Fatalf("remove: %v, %+v", err, r)
		}
	}
}

func number(t testing.TB, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// say moves the clock on in live groups, which take 30 messages a second and drop the others.
func (s *service) say(t testing.TB, group string, said ...imtest.Said) {
	t.Helper()
	live := s.live(t, group)
	for _, m := range said {
		if live {
			s.ahead.Add(int64(time.Second / 20))
		}
		s.send(t, group, m)
	}
}

func (s *service) send(t testing.TB, conversation string, m imtest.Said) {
	t.Helper()
	q := &volcengine.SendMessageRequest{
		ConversationShortId: volcengine.ID(conversation), Sender: volcengine.ID(m.From), MsgType: 10001,
		Content: `{"text":` + strconv.Quote(m.Text) + `}`,
	}
	if !m.At.IsZero() {
		q.CreateTime = m.At.UnixMilli()
	}
	if _, err := s.api.SendMessage(t.Context(), q); err != nil {
		t.Fatal(err)
	}
}

func (s *service) tell(t testing.TB, to string, said ...imtest.Said) {
	t.Helper()
	for _, m := range said {
		r, err := s.api.CreateConversation(t.Context(), &volcengine.CreateConversationRequest{
			ConversationCoreInfo: volcengine.NewConversation{ConversationType: volcengine.ConversationDirect},
			OwnerUserId:          volcengine.ID(to), OtherUserId: volcengine.ID(m.From),
		})
		if err != nil {
			t.Fatal(err)
		}
		s.send(t, string(r.ConversationShortId), m)
	}
}

func (s *service) read(t testing.TB, group, user, message string) {
	t.Helper()
	r, err := s.api.GetMessages(t.Context(), &volcengine.GetMessagesRequest{ConversationShortId: volcengine.ID(group), MessageIds: []volcengine.ID{volcengine.ID(message)}})
	if err != nil || len(r.Messages) != 1 {
		t.Fatalf("message %s: %v, %+v", message, err, r)
	}
	err = s.api.ModifyParticipantReadIndex(t.Context(), &volcengine.ModifyParticipantReadIndexRequest{
		ConversationShortId: volcengine.ID(group), ParticipantUserId: volcengine.ID(user), ReadIndex: r.Messages[0].IndexInConversation,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func actionOf(op string) string {
	return map[string]string{imtest.OpRead: "BatchGetConversations", imtest.OpWrite: "BatchModifyConversationParticipant"}[op]
}

func (s *service) breakDown(_ testing.TB, f imtest.Fault) func() {
	fault := emulator.Fault{Command: actionOf(f.Op), Times: f.Times}
	switch f.Kind {
	case imtest.BadGateway:
		fault.Status = http.StatusBadGateway
	case imtest.Dropped:
		fault.Drop = true
	case imtest.Lost:
		fault.DropAfter = true
	case imtest.CutShort:
		fault.CutBody = true
	case imtest.NotJSON:
		fault.BadJSON = true
	case imtest.Limited:
		fault.ErrorCode = 100018
	case imtest.Slow:
		fault.Delay = time.Minute
	}
	s.emulator.SetFault(fault)
	return s.emulator.ClearFaults
}

// TestChatPeers: a webhook names a direct chat, and the service says between whom it is.
func TestChatPeers(t *testing.T) {
	t.Parallel()
	s := newService(t, false)
	h := s.harness(t)
	ann, bob := s.newUser(t, "Ann"), s.newUser(t, "Bob")
	r, err := s.api.CreateConversation(t.Context(), &volcengine.CreateConversationRequest{
		ConversationCoreInfo: volcengine.NewConversation{ConversationType: volcengine.ConversationDirect}, OwnerUserId: volcengine.ID(ann), OtherUserId: volcengine.ID(bob),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Client.Chats.Peers(t.Context(), string(r.ConversationShortId))
	if err != nil || got != [2]string{ann, bob} && got != [2]string{bob, ann} {
		t.Errorf("%v are in the chat, want %s and %s: %v", got, ann, bob, err)
	}
	_, err = h.Client.Chats.Peers(t.Context(), noGroup)
	wantKind(t, err, imclient.ErrNotFound)
}
