package volcengine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/imclient"
)

const hookSecret = "hook secret"

var hookNow = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// hook makes a webhook's body, signed by the rule of its page. Fields replace those of it, before it is signed.
func hook(t *testing.T, kind, data string, fields ...string) []byte {
	t.Helper()
	m := map[string]string{
		"EventType": kind, "EventData": data, "EventTime": hookNow.Format("2006-01-02T15:04:05.000000000Z"), "EventId": "e1", "AppId": "900001",
		"Version": Version, "Nonce": "0042",
	}
	for i := 0; i+1 < len(fields); i += 2 {
		m[fields[i]] = fields[i+1]
	}
	values := []string{hookSecret}
	for _, v := range m {
		values = append(values, v)
	}
	slices.Sort(values)
	sum := sha256.Sum256([]byte(strings.Join(values, "")))
	m["Signature"] = hex.EncodeToString(sum[:])
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWebhookSignature has the vector of the rule, and refuses what differs from it.
func TestWebhookSignature(t *testing.T) {
	const body = `{"EventType":"EventTypeVal","EventData":"EventDataVal","EventTime":"EventTimeVal","EventId":"EventIdVal","AppId":"AppIDVal",` +
		`"Version":"VersionVal","Nonce":"NonceVal","Signature":"7938fac5735d71d8bf383f7587858a7c6d4e7fd214b28fd203335d250b8c6257"}`
	verify := func(body, secret string) error {
		w, err := openWebhook([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return w.Verify(secret, hookNow)
	}
	if err := verify(body, "SecretKeyVal"); err != nil {
		t.Error(err)
	}
	for _, field := range []string{"EventTypeVal", "EventDataVal", "EventTimeVal", "EventIdVal", "AppIDVal", "VersionVal", "NonceVal", "7938fac"} {
		if verify(strings.Replace(body, field, field+"x", 1), "SecretKeyVal") == nil {
			t.Errorf("%s changed, and nothing said", field)
		}
	}
	for _, secret := range []string{"", "SecretKeyVa", "SecretKeyVal "} {
		if verify(body, secret) == nil {
			t.Errorf("secret %q is taken", secret)
		}
	}
}

const (
	longGroup = "1691070514797524328"
	longUser  = "9223372036854775807"
)

// TestWebhooksRead reads what is documented, and what is not in each of the ways in which it may come.
func TestWebhooksRead(t *testing.T) {
	event := func(command, kind string, change func(*imclient.Event)) imclient.Event {
		e := imclient.Event{Command: command, Kind: imclient.EventKind(kind), ID: "e1", At: hookNow}
		if change != nil {
			change(&e)
		}
		return e
	}
	group := func(typ imclient.GroupType, users ...string) func(*imclient.Event) {
		return func(e *imclient.Event) { e.Group, e.Type, e.Users = longGroup, typ, users }
	}
	for name, tt := range map[string]struct {
		kind, data string
		fields     []string
		want       imclient.Event
	}{
		"a group's message": {
			"AfterSendMessage", `{"ConversationShortId":` + longGroup + `,"ConversationType":2,"Sender":` + longUser + `,"Content":"{}","Header":{"Platform":"iOS","IP":7}}`, nil,
			event("AfterSendMessage", "chat.sent", group(TypeGroup, longUser)),
		},
		"before it is sent, in a live group": {
			"BeforeSendMessage", `{"ConversationShortId":"` + longGroup + `","ConversationType":100,"Sender":7,"Header":null,"MentionedUsers":null}`, nil,
			event("BeforeSendMessage", "chat.ask_send", group(TypeLive, "7")),
		},
		"a direct chat is no group": {
			"AfterSendMessage", `{"ConversationShortId":` + longGroup + `,"ConversationType":1,"Sender":7}`, nil,
			event("AfterSendMessage", "chat.sent", func(e *imclient.Event) { e.Users, e.Chat, e.Peers = []string{"7"}, longGroup, [2]string{"7"} }),
		},
		"the type is not said": {
			"AfterSendMessage", `{"ConversationShortId":` + longGroup + `,"Sender":0,"SenderStr":"anna"}`, nil,
			event("AfterSendMessage", "chat.sent", group("", "anna")),
		},
		"the message in an object of its own": {
			"AfterSendMessage", `{"Header":{},"MessageBody":{"ConversationShortId":` + longGroup + `,"ConversationType":2,"Sender":7}}`, nil,
			event("AfterSendMessage", "chat.sent", group(TypeGroup, "7")),
		},
		"the example's name": {
			"SendMessage", `{"ConversationShortId":` + longGroup + `,"ConversationType":2,"Sender":7}`, nil,
			event("AfterSendMessage", "chat.sent", group(TypeGroup, "7")),
		},
		"members changed": {
			"MembersChanged", `{"ConversationShortId":` + longGroup + `,"ConversationType":2,"Operator":8,"UpdateParticipants":[{"ParticipantUserId":` + longUser + `,"NickName":7},{"UserIdStr":"anna"}]}`, nil,
			event("MembersChanged", "unknown", group(TypeGroup, longUser, "anna", "8")),
		},
		"members by their ids": {
			"MembersJoined", `{"ConversationShortId":` + longGroup + `,"ParticipantUserIds":[7,` + longUser + `,7],"OperatorStr":"boss"}`, nil,
			event("MembersJoined", "unknown", group("", "7", longUser, "boss")),
		},
		"a conversation": {
			"ConversationCreated", `{"ConversationInfo":{"ConversationShortId":` + longGroup + `,"ConversationType":100,"Name":"海港 🌊","OwnerUserId":7}}`, nil,
			event("ConversationCreated", "unknown", func(e *imclient.Event) { group(TypeLive, "7")(e); e.Name = "海港 🌊" }),
		},
		"odd fields":                   {"Moon.Rises", `{"ConversationShortId":{"x":1},"ParticipantUserIds":"all","Name":[],"Operator":-1.5}`, nil, event("Moon.Rises", "unknown", nil)},
		"an unknown event with a list": {"Moon.Rises", `[1,2]`, nil, event("Moon.Rises", "unknown", nil)},
		"no data":                      {"Moon.Rises", ``, nil, event("Moon.Rises", "unknown", nil)},
		"a time in milliseconds":       {"Moon.Rises", `{}`, []string{"EventTime", "1782907200000"}, event("Moon.Rises", "unknown", nil)},
		"a time that is none": {
			"AfterSendMessage", `{"ConversationShortId":` + longGroup + `,"ConversationType":2,"Sender":7,"CreateTime":1782907200000}`,
			[]string{"EventTime", "noon"},
			event("AfterSendMessage", "chat.sent", group(TypeGroup, "7")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Callbacks{AppID: "900001", Secret: hookSecret}.Read(nil, hook(t, tt.kind, tt.data, tt.fields...), hookNow.Add(time.Minute))
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestWebhooksRefused: what nobody vouches for is not believed, and what makes no sense is not read.
func TestWebhooksRefused(t *testing.T) {
	good := func(fields ...string) []byte {
		return hook(t, "AfterSendMessage", `{"ConversationShortId":1}`, fields...)
	}
	signed := Callbacks{AppID: "900001", Secret: hookSecret}
	for name, tt := range map[string]struct {
		c    Callbacks
		body []byte
		want error
	}{
		"good":                       {signed, good(), nil},
		"another secret":             {Callbacks{AppID: "900001", Secret: "other"}, good(), imclient.ErrCallbackSign},
		"a changed body":             {signed, []byte(strings.Replace(string(good()), "ShortId", "Shortid", 1)), imclient.ErrCallbackSign},
		"of yesterday":               {signed, good("EventTime", hookNow.Add(-24*time.Hour).Format(time.RFC3339Nano)), imclient.ErrCallbackSign},
		"of tomorrow":                {signed, good("EventTime", hookNow.Add(24*time.Hour).Format(time.RFC3339Nano)), imclient.ErrCallbackSign},
		"of 1970":                    {signed, good("EventTime", "1970-07-01T00:00:00.000000000Z"), imclient.ErrCallbackSign},
		"another app":                {signed, good("AppId", "900002"), imclient.ErrCallbackApp},
		"no JSON":                    {signed, []byte("{"), imclient.ErrCallbackSign},
		"nothing":                    {signed, nil, imclient.ErrCallbackSign},
		"a list":                     {signed, []byte("[]"), imclient.ErrCallbackSign},
		"too large":                  {signed, make([]byte, MaxWebhook+1), imclient.ErrCallbackSign},
		"no event":                   {signed, hook(t, "", "{}"), imclient.ErrCallbackBody},
		"data that is no JSON":       {signed, hook(t, "AfterSendMessage", "<xml>"), imclient.ErrCallbackBody},
		"no JSON of an unknown one":  {signed, hook(t, "Moon.Rises", "<xml>"), imclient.ErrCallbackBody},
		"an id with a point":         {signed, hook(t, "AfterSendMessage", `{"ConversationShortId":1.5}`), imclient.ErrCallbackBody},
		"no JSON, without a secret":  {Callbacks{AppID: "900001"}, []byte("{"), imclient.ErrCallbackBody},
		"without a secret":           {Callbacks{AppID: "900001"}, good(), nil},
		"another app's, without one": {Callbacks{AppID: "900002"}, good(), imclient.ErrCallbackApp},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tt.c.Read(nil, tt.body, hookNow); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// TestWebhookTypes has a type of each event that says what it is about, and takes all its documented fields.
func TestWebhookTypes(t *testing.T) {
	for _, typ := range webhookTypes {
		w, err := ParseWebhook(hook(t, typ.Command, `{"ConversationShortId":1,"Header":{"a":"b"},"ClientMessageId":"c","MentionedUsers":[`+longUser+`],"MentionedUsersStr":["d"],`+
			`"MessagePriority":2,"MessageId":`+longGroup+`,"IndexInConversation":1709040620191372977,"Property":{"p":[{"Operator":1,"Value":"v"}]},"RefMsgInfo":{"ReferencedMessageId":5}}`))
		if err != nil {
			t.Fatal(err)
		}
		m := reflect.ValueOf(w.Body).Elem().Field(0).Interface().(EventMessage)
		if m.Header["a"] != "b" || m.ClientMessageId != "c" || m.MentionedUsers[0] != longUser || m.MentionedUsersStr[0] != "d" || m.MessagePriority != PriorityHigh ||
			m.MessageId != longGroup || m.Property["p"][0].Value != "v" || m.RefMsgInfo.ReferencedMessageId != "5" {
			t.Errorf("%s: %+v", typ.Command, m)
		}
		if WebhookTypes()[typ.Command] != reflect.TypeOf(w.Body).Elem().Name() {
			t.Errorf("%s: %v", typ.Command, WebhookTypes())
		}
	}
}

// FuzzWebhook reads whatever may come: it never fails, believes nobody without the signature, and never names a group that is none.
func FuzzWebhook(f *testing.F) {
	for _, s := range []string{
		`{"EventType":"AfterSendMessage","EventData":"{\"ConversationShortId\":1691070514797524328,\"Sender\":1}","EventTime":"2026-07-01T12:00:00Z","EventId":"e","AppId":"900001"}`,
		`{"EventType":"X","EventData":{"ConversationInfo":{"ConversationShortId":5}},"AppId":900001,"Nonce":7}`,
		`{"EventType":"SendMessage","EventData":"{\"Message\":{\"ConversationShortId\":\"7\"}}","AppId":"900001"}`, `[]`, `{`, `null`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := (Callbacks{AppID: "900001", Secret: hookSecret}).Read(nil, body, hookNow); err == nil {
			t.Error("believed")
		}
		e, err := Callbacks{AppID: "900001"}.Read(nil, body, hookNow)
		if err == nil && e.Group != "" && !validID(e.Group) {
			t.Errorf("group %q", e.Group)
		}
		if slices.Contains(e.Users, "") || slices.Contains(e.Users, "0") {
			t.Errorf("users %q", e.Users)
		}
	})
}
