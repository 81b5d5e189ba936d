package volcengine_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/volcengine"
)

const (
	longGroup = "1691070514797524328"
	longUser  = "9223372036854775807"
)

// TestUsersWithTexts writes users whose ids are texts into the fields that take texts, and says where there are none.
func TestUsersWithTexts(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = string(b)
		io.WriteString(w, `{"ResponseMetadata":{"RequestId":"r"},"Result":{}}`)
	}))
	t.Cleanup(server.Close)
	api := func(texts bool) *volcengine.API {
		a, err := volcengine.NewAPI(volcengine.Config{AppID: "900001", AccessKey: "AK", SecretKey: "SK", Endpoint: server.URL, TextIDs: texts})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(a.Close)
		return a
	}
	numbers, texts := api(false), api(true)
	send := &volcengine.SendMessageRequest{ConversationShortId: longGroup, Sender: longUser, MsgType: 10001, Content: "<&>", MentionedUsers: []volcengine.ID{"7"}}
	anna := &volcengine.SendMessageRequest{ConversationShortId: longGroup, Sender: "anna", MsgType: 10001, Content: "c", VisibleUsers: []volcengine.ID{"anna", longUser}}
	mute := &volcengine.BatchAddBlockParticipantsRequest{ConversationShortId: longGroup, ParticipantBlockInfos: map[volcengine.ID]int64{longUser: 60}}
	lift := &volcengine.BatchDeleteBlockParticipantsRequest{ConversationShortId: longGroup, ParticipantUserIds: []volcengine.ID{"anna"}}
	live := &volcengine.BatchUpdateLiveParticipantsRequest{ConversationShortId: longGroup, ParticipantInfos: []volcengine.LiveChange{{UserId: "anna", Marks: []string{"m"}}, {UserId: longUser}}}
	owner := &volcengine.ModifyConversationRequest{ConversationCoreInfo: volcengine.ConversationChange{ConversationShortId: longGroup, OwnerUserId: "anna"}}
	for name, tt := range map[string]struct {
		api  *volcengine.API
		call func(*volcengine.API) error
		want string
	}{
		"numbers": {
			numbers, func(a *volcengine.API) error { _, err := a.SendMessage(t.Context(), send); return err },
			`{"AppId":900001,"ConversationShortId":1691070514797524328,"Sender":9223372036854775807,"MsgType":10001,"Content":"<&>","MentionedUsers":[7]}`,
		},
		"numbers of an app with texts": {
			texts, func(a *volcengine.API) error { _, err := a.SendMessage(t.Context(), send); return err },
			`{"AppId":900001,"ConversationShortId":1691070514797524328,"SenderStr":"9223372036854775807","Sender":0,"MsgType":10001,"Content":"<&>","MentionedUsersStr":["7"]}`,
		},
		"texts": {
			texts, func(a *volcengine.API) error { _, err := a.SendMessage(t.Context(), anna); return err },
			`{"AppId":900001,"ConversationShortId":1691070514797524328,"SenderStr":"anna","Sender":0,"MsgType":10001,"Content":"c","VisibleUsersStr":["anna","9223372036854775807"]}`,
		},
		"texts of an app with numbers": {
			numbers, func(a *volcengine.API) error { _, err := a.SendMessage(t.Context(), anna); return err },
			`{"AppId":900001,"ConversationShortId":1691070514797524328,"SenderStr":"anna","Sender":0,"MsgType":10001,"Content":"c","VisibleUsersStr":["anna","9223372036854775807"]}`,
		},
		"keys": {
			texts, func(a *volcengine.API) error { _, err := a.BatchAddBlockParticipants(t.Context(), mute); return err },
			`{"AppId":900001,"ConversationShortId":1691070514797524328,"ParticipantBlockInfosStr":{"9223372036854775807":60},"ParticipantBlockInfos":null}`,
		},
		"a list": {
			texts, func(a *volcengine.API) error { _, err := a.BatchDeleteBlockParticipants(t.Context(), lift); return err },
			`{"AppId":900001,"ConversationShortId":1691070514797524328,"ParticipantUserIdsStr":["anna"],"ParticipantUserIds":null}`,
		},
		"in a list": {
			numbers, func(a *volcengine.API) error { _, err := a.BatchUpdateLiveParticipants(t.Context(), live); return err },
			`{"AppId":900001,"ConversationShortId":1691070514797524328,"ParticipantInfos":[{"UserIdStr":"anna","UserId":0,"Marks":["m"]},{"UserId":9223372036854775807}]}`,
		},
		"in an object": {
			texts, func(a *volcengine.API) error { return a.ModifyConversation(t.Context(), owner) },
			`{"AppId":900001,"ConversationCoreInfo":{"ConversationShortId":1691070514797524328,"OwnerUserIdStr":"anna"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got = ""
			if err := tt.call(tt.api); err != nil || got != tt.want || !json.Valid([]byte(got)) {
				t.Errorf("%v\n got %s\nwant %s", err, got, tt.want)
			}
		})
	}
	got = ""
	_, err := texts.BatchGetUser(t.Context(), &volcengine.BatchGetUserRequest{UserIds: []volcengine.ID{"anna"}})
	wantKind(t, err, imclient.ErrUnsupported)
	_, err = numbers.BatchGetUser(t.Context(), &volcengine.BatchGetUserRequest{UserIds: []volcengine.ID{"anna"}})
	wantKind(t, err, imclient.ErrInvalid)
	if got != "" {
		t.Errorf("sent: %s", got)
	}
}

// TestAppWithTexts does over the fields for texts what is otherwise done over those for numbers, with the longest ids there are.
func TestAppWithTexts(t *testing.T) {
	t.Parallel()
	s := newService(t, false)
	cfg := s.config(secretKey)
	cfg.TextIDs = true
	c, err := volcengine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	id, refused, err := c.Groups.Create(ctx, imclient.NewGroup{Type: volcengine.TypeLive, Name: "Live", OwnerID: longUser})
	if ok(err); len(refused) > 0 {
		t.Fatal(refused)
	}
	ok(s.emulator.VolcEnter(ctx, appID, number(t, id), 7, number(t, longUser)))
	if refused, err := c.Mutes.Set(ctx, id, []string{"7"}, time.Hour); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	muted, err := c.Mutes.List(ctx, id, "", 10)
	if ok(err); len(muted.Items) != 1 || muted.Items[0].UserID != "7" {
		t.Errorf("muted: %+v", muted)
	}
	if refused, err := c.Mutes.Lift(ctx, id, []string{"7"}); err != nil || len(refused) > 0 {
		t.Error(refused, err)
	}
	ok(c.Members.SetRole(ctx, id, "7", imclient.RoleAdmin))
	if refused, err := c.Live.Mark(ctx, id, []string{longUser}, []string{"vip"}, true); err != nil || len(refused) > 0 {
		t.Error(refused, err)
	}
	sent, err := c.Messages.Send(ctx, imclient.Conversation{Group: id, Type: volcengine.TypeLive}, imclient.Draft{From: longUser, Body: []imclient.Element{imclient.Text{Text: "hello"}}})
	if ok(err); sent.ID == "" {
		t.Error("no id")
	}
	page, err := c.Users.Groups(ctx, longUser, "", 20)
	if ok(err); len(page.Items) != 1 || page.Items[0].Group.ID != id || page.Items[0].Group.OwnerID != longUser {
		t.Errorf("groups: %+v", page)
	}
	_, err = c.Members.Get(ctx, id, []string{"anna"})
	wantKind(t, err, imclient.ErrUnsupported)
	ok(c.Groups.Dismiss(ctx, id))
}

// TestMembersByMark: a live group's members may be asked for by mark; those of a group have none.
func TestMembersByMark(t *testing.T) {
	t.Parallel()
	s := newService(t, false)
	c := s.client(t, secretKey)
	ctx := t.Context()
	id, _, err := c.Groups.Create(ctx, imclient.NewGroup{Type: volcengine.TypeLive, Name: "Live", OwnerID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.emulator.VolcEnter(ctx, appID, number(t, id), 7, 8, 9); err != nil {
		t.Fatal(err)
	}
	if refused, err := c.Live.Mark(ctx, id, []string{"8"}, []string{"vip"}, true); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	for mark, want := range map[string]string{"": "7 8 9", "vip": "8", "nobody": ""} {
		page, err := c.Members.List(ctx, imclient.MemberListOptions{Group: id, Mark: mark})
		var users []string
		for _, m := range page.Items {
			users = append(users, m.UserID)
		}
		slices.Sort(users)
		if got := strings.Join(users, " "); err != nil || got != want {
			t.Errorf("mark %q: %q, %v", mark, got, err)
		}
	}
	group, _, err := c.Groups.Create(ctx, imclient.NewGroup{Type: volcengine.TypeGroup, Name: "Group", OwnerID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Members.List(ctx, imclient.MemberListOptions{Group: group, Mark: "vip"})
	wantKind(t, err, imclient.ErrUnsupported)
}
