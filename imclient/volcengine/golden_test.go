package volcengine

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// wire has every action's request and result in full, as the vendor's pages print them; AppId stands in every request.
// Ids are those that a float would change.
var wire = map[string]struct{ request, result string }{
	"CreateConversation": {
		`{"ConversationCoreInfo":{"ConversationType":2,"Name":"群","AvatarUrl":"https://a/b?c=<d>&e","Description":"d","Notice":"n","Ext":{"k":"v"}},"OwnerUserId":9223372036854775807,"OtherUserId":2,"InboxType":1,"IdempotentId":"once"}`,
		`{"ConversationInfo":` + info + `,"ConversationShortId":1691070514797524328,"ConversationId":"legacy","Exist":true}`,
	},
	"ModifyConversation": {
		`{"ConversationCoreInfo":{"ConversationShortId":1691070514797524328,"Name":"","AvatarUrl":"u","Description":"d","Notice":"n","Ext":{"k":"v"},"OwnerUserId":9223372036854775807}}`, ``,
	},
	"DestroyConversation":    {`{"ConversationShortId":1691070514797524328,"OwnerUserId":9223372036854775807}`, ``},
	"BatchGetConversations":  {`{"ConversationShortId":[1691070514797524328,9223372036854775807],"SkipMemberCount":false}`, `{"ConversationCoreInfos":[` + info + `]}`},
	"GetUserConversations":   {`{"ParticipantUserId":9223372036854775807,"Cursor":0,"Limit":20,"DataType":2,"InboxType":1,"SkipMemberCount":true}`, `{"ConversationInfos":[` + info + `],"HasMore":true,"NextCursor":1709040620191372977}`},
	"GetConversationSetting": {`{"ConversationShortId":1691070514797524328,"ParticipantUserId":9223372036854775807,"NoReadIndex":true}`, `{"ConversationSettingInfo":{"ConversationShortId":1691070514797524328,"ConversationType":1,"ParticipantUserId":9223372036854775807,"ParticipantUserIdStr":"s","IsStickTop":true,"IsSetFavorite":true,"IsMute":true,"StickTopTime":1709040620191,"SetFavoriteTime":1709040620191372,"Ext":{"k":"v"},"ReadIndex":1709040620191372977}}`},
	"ModifyConversationSetting": {
		`{"ConversationSettingInfo":{"ConversationShortId":1691070514797524328,"ParticipantUserId":9223372036854775807,"IsMute":false,"IsStickTop":true,"StickTopTime":0,"IsSetFavorite":true,"SetFavoriteTime":1709040620191,"Ext":{"k":"v"}}}`, ``,
	},

	"BatchAddConversationParticipant":    {`{"ConversationShortId":1691070514797524328,"Operator":1,"ParticipantInfos":[{"ParticipantUserId":9223372036854775807,"Level":3,"NickName":"n","Role":2,"Ext":{"k":"v"},"ReadIndex":1709040620191372977}],"Barrier":true}`, `{"FailedUserIds":[9223372036854775807]}`},
	"BatchDeleteConversationParticipant": {`{"ConversationShortId":1691070514797524328,"Operator":1,"ParticipantUserIds":[9223372036854775807]}`, `{"FailedUserIds":[9223372036854775807]}`},
	"BatchModifyConversationParticipant": {`{"ConversationShortId":1691070514797524328,"Operator":1,"ParticipantInfos":[{"ParticipantUserId":9223372036854775807,"Level":0,"NickName":"","Role":0,"Ext":{"k":""},"BlockTime":0}]}`, `{"FailedUserIds":[9223372036854775807]}`},
	"BatchGetConversationParticipant":    {`{"ConversationShortId":1691070514797524328,"ParticipantUserIds":[9223372036854775807]}`, `{"Participants":[` + participant + `]}`},
	"ScanConversationParticipantList":    {`{"ConversationShortId":1691070514797524328,"Cursor":0,"Limit":50,"Reverse":true,"OnlyUserIds":true,"ScanOnlineParticipant":true,"MarkType":"vip"}`, `{"Participants":[` + participant + `],"HasMore":true,"NextCursor":-1}`},
	"GetConversationUserCount":           {`{"ConversationShortId":1691070514797524328}`, `{"Count":7}`},
	"IsUserInConversation":               {`{"ConversationShortId":1691070514797524328,"ParticipantUserId":9223372036854775807}`, `{"IsUserInConversation":true}`},
	"GetParticipantReadIndex":            {`{"ConversationShortId":1691070514797524328}`, `{"ReadIndexes":[{"ParticipantUserId":9223372036854775807,"ParticipantUserIdStr":"s","ReadIndex":1709040620191372977}]}`},
	"ModifyParticipantReadIndex":         {`{"ConversationShortId":1691070514797524328,"ParticipantUserId":9223372036854775807,"ReadIndex":1709040620191372977}`, ``},

	"BatchAddBlockParticipants":       {`{"ConversationShortId":1691070514797524328,"ParticipantBlockInfos":{"9223372036854775807":3600},"BlockAction":1}`, failedParticipants},
	"BatchDeleteBlockParticipants":    {`{"ConversationShortId":1691070514797524328,"ParticipantUserIds":[9223372036854775807],"BlockAction":1}`, failedParticipants},
	"BatchGetBlockParticipants":       {`{"ConversationShortId":1691070514797524328,"Cursor":9223372036854775807,"Limit":20,"BlockAction":1}`, `{"Participants":[{"ParticipantUserId":9223372036854775807,"ParticipantUserIdStr":"s","CreateTime":1709040620,"BlockTime":1709044220,"NickName":"n","Ext":{"k":"v"},"AvatarUrl":"u","Marks":["m"]}],"HasMore":true,"NextCursor":9223372036854775807}`},
	"BatchAddWhitelistParticipant":    {`{"ConversationShortId":1691070514797524328,"Operator":1,"ParticipantUserIds":[9223372036854775807]}`, `{"FailedUserIds":[9223372036854775807],"FailedUserIdsStr":["s"]}`},
	"BatchRemoveWhitelistParticipant": {`{"ConversationShortId":1691070514797524328,"Operator":1,"ParticipantUserIds":[9223372036854775807]}`, `{"FailedUserIds":[9223372036854775807],"FailedUserIdsStr":["s"]}`},
	"BatchGetWhitelistParticipant":    {`{"ConversationShortId":1691070514797524328,"Cursor":0,"Limit":20}`, `{"Participants":[{"ParticipantUserId":9223372036854775807,"ParticipantUserIdStr":"s","CreateTime":1709040620,"Operator":1,"NickName":"n","Ext":{"k":"v"},"AvatarUrl":"u","Marks":["m"]}],"HasMore":false,"NextCursor":-1}`},
	"BatchAddManager":                 {`{"ConversationShortId":1691070514797524328,"Operator":1,"ManagerUserIds":[9223372036854775807]}`, `{"FailedManagerUserIds":[9223372036854775807],"FailedManagerUserIdsStr":["s"]}`},
	"BatchRemoveManager":              {`{"ConversationShortId":1691070514797524328,"Operator":1,"RemoveManagerUserIds":[9223372036854775807]}`, `{"FailedManagerUserIds":[9223372036854775807],"FailedManagerUserIdsStr":["s"]}`},
	"MarkConversation":                {`{"ConversationShortId":1691070514797524328,"MarkTypes":["hot"],"MarkAction":2,"Operator":1}`, ``},
	"GetConversationMarks":            {`{"ConversationShortId":1691070514797524328}`, `{"MarkTypes":["hot"]}`},
	"BatchUpdateLiveParticipants":     {`{"ConversationShortId":1691070514797524328,"ParticipantInfos":[{"UserId":9223372036854775807,"AvatarUrl":"u","NickName":"","Ext":{"k":"v"},"Marks":["m"]}],"MarkAction":1}`, failedInfo},
	"QueryLiveParticipantStatus":      {`{"ConversationShortId":1691070514797524328,"ParticipantUserIds":[9223372036854775807]}`, `{"Status":[{"ConversationShortId":1691070514797524328,"ParticipantUserId":9223372036854775807,"ParticipantUserIdStr":"s","IsInConversation":true,"CreateTime":1709040620}]}`},

	"SendMessage":               {`{"ConversationShortId":1691070514797524328,"Sender":9223372036854775807,"MsgType":10001,"Content":"{\"text\":\"<好> & \\\"so\\\"\"}","Ext":{"k":"v"},"ClientMsgId":"c","CreateTime":1709040620191,"MentionedUsers":[1],"VisibleUsers":[2],"InvisibleUsers":[3],"RefMsgInfo":{"ReferencedMessageId":1709040620191372977,"Hint":"h"},"Priority":0}`, `{"MessageId":1709040620191372977}`},
	"BatchSendMessage":          {`{"Sender":9223372036854775807,"Receiver":[1,2],"MsgType":10001,"Content":"c","InboxType":1,"Ext":{"k":"v"},"IsNormalUser":true}`, `{"UserMessageId":{"9223372036854775807":1709040620191372977},"FailedReceiver":[2]}`},
	"BatchSendGroupMessage":     {`{"Sender":9223372036854775807,"ConversationType":100,"ConversationShortIds":[1691070514797524328],"MsgType":10001,"Content":"c","MentionedUsers":[1],"VisibleUsers":[2],"InvisibleUsers":[3],"Ext":{"k":"v"},"ClientMsgId":"c","CreateTime":1709040620191,"Priority":2}`, `{"FailedConversationShortIds":[1691070514797524328]}`},
	"GetMessages":               {`{"ConversationShortId":1691070514797524328,"MessageIds":[1709040620191372977]}`, `{"Messages":[` + message + `]}`},
	"GetConversationMessages":   {`{"ConversationShortId":1691070514797524328,"Cursor":9223372036854775807,"Limit":20,"Reverse":1}`, `{"Messages":[` + message + `],"HasMore":true,"NewCursor":1709040620191372976}`},
	"RecallMessage":             {`{"ConversationShortId":1691070514797524328,"MessageId":1709040620191372977,"ParticipantUserId":9223372036854775807,"RecallRole":1}`, ``},
	"DeleteMessage":             {`{"ConversationShortId":1691070514797524328,"ParticipantUserId":9223372036854775807,"MessageId":1709040620191372977}`, ``},
	"DeleteConversationMessage": {`{"ConversationShortId":1691070514797524328,"MessageId":1709040620191372977,"DeleteType":1}`, ``},
	"ModifyMessage":             {`{"ConversationShortId":1691070514797524328,"MessageId":1709040620191372977,"Content":"","Ext":{"k":"v"}}`, ``},
	"GetMessagesReadReceipt":    {`{"ConversationShortId":1691070514797524328,"MessageIds":[1709040620191372977]}`, `{"ReadReceipt":[{"ConversationShortId":1691070514797524328,"MessageId":1709040620191372977,"ReceiverIsRead":true,"ReadUserIds":[9223372036854775807],"ReadUserIdsStr":["s"],"UnReadUserIds":[2],"UnReadUserIdsStr":["t"]}]}`},

	"RegisterUsers":       {`{"Users":[{"UserId":9223372036854775807,"NickName":"n","Portrait":"p","Tags":["tag1:v1"],"Ext":{"k":"v"},"IsRobot":true}]}`, failedInfo},
	"UnRegisterUsers":     {`{"UserIds":[9223372036854775807]}`, failedInfo},
	"BatchGetUser":        {`{"UserIds":[9223372036854775807,1]}`, `{"Users":[{"UserId":9223372036854775807,"NickName":"n","Portrait":"p","Tags":["tag1:v1"],"Ext":{"k":"v"},"CreateTime":1709040620191,"ModifyTime":1709040620192,"IsRobot":true}],"NotFoundUsers":[1]}`},
	"BatchUpdateUser":     {`{"Users":[{"UserId":9223372036854775807,"NickName":"","Portrait":"p","Tags":[],"Ext":{"k":"v"}}]}`, failedInfo},
	"BatchUpdateUserTags": {`{"UserIds":[9223372036854775807],"Tags":["a"],"Op":1}`, failedInfo},
	"QueryOnlineStatus":   {`{"UserIds":[9223372036854775807]}`, `{"QueryOnlineResults":{"9223372036854775807":[{"ConnId":"c","UserId":9223372036854775807,"DeviceId":7312468950123456789,"ClientVersion":3,"Platform":"Android"}]}}`},

	"AddFriend":       {`{"UserId":9223372036854775807,"FriendUserIds":[1],"Ext":{"k":"v"},"InboxType":1}`, failedInfo},
	"DeleteFriend":    {`{"UserId":9223372036854775807,"DeleteUserIds":[1],"InboxType":1}`, failedInfo},
	"UpdateFriend":    {`{"UserId":9223372036854775807,"FriendInfos":[{"FriendUserId":1,"Alias":"","Ext":{"k":"v"}}],"InboxType":1}`, failedInfo},
	"ListFriend":      {`{"UserId":9223372036854775807,"Cursor":20,"Limit":20,"NeedTotal":true,"InboxType":1}`, `{"FriendInfos":[` + friend + `],"TotalCount":1,"HasMore":true,"NewCursor":40,"NextCursor":40}`},
	"IsFriend":        {`{"UserId":9223372036854775807,"FriendUserIds":[1],"InboxType":1}`, `{"Infos":[{"FriendUserId":1,"IsFriend":true}]}`},
	"AddBlackList":    {`{"UserId":9223372036854775807,"BlackListInfos":[{"BlackListUserId":1,"BlackListUserExt":{"k":"v"}}],"InboxType":1}`, failedInfo},
	"RemoveBlackList": {`{"UserId":9223372036854775807,"BlackListUserIds":[1],"InboxType":1}`, ``},
	"UpdateBlackList": {`{"UserId":9223372036854775807,"BlackListInfos":[{"BlackListUserId":1,"BlackListUserExt":{"k":"v"}}],"InboxType":1}`, failedInfo},
	"GetBlackList":    {`{"UserId":9223372036854775807,"Cursor":0,"Limit":20,"NeedTotal":true,"InboxType":1}`, `{"BlackListInfos":[{"BlackListUserId":1,"BlackListUserExt":{"k":"v"},"CreateTime":1709040620,"ModifyTime":1709040621,"FriendUserInfo":` + friend + `}],"TotalCount":1,"HasMore":true,"NewCursor":20,"NextCursor":20}`},
	"IsInBlackList":   {`{"UserId":9223372036854775807,"BlackListUserIds":[1],"InboxType":1}`, `{"IsInBlackListInfos":{"1":true}}`},

	"UserBroadcast": {`{"Sender":9223372036854775807,"MsgType":10001,"Content":"c","MsgTTL":604800,"Tags":["a"],"TagOp":1,"Ext":{"k":"v"},"InboxType":1}`, ``},
	"GetAppToken":   {`{"UserId":9223372036854775807,"ExpireTime":1709040620191}`, `{"UserId":9223372036854775807,"UserIdStr":"s","Token":"t"}`},
}

const (
	info               = `{"ConversationShortId":1691070514797524328,"ConversationId":"legacy","ConversationType":100,"InboxType":1,"Name":"n","AvatarUrl":"u","Description":"d","Notice":"no","OwnerUserId":9223372036854775807,"OwnerUserIdStr":"o","CreatorUserId":2,"CreatorUserIdStr":"c","Status":0,"Ext":{"k":"v"},"CreateTime":1709040620,"ModifyTime":1709040621,"MemberCount":3,"OnlineCount":2,"OtherUserId":4,"OtherUserIdStr":"x"}`
	participant        = `{"ConversationShortId":1691070514797524328,"ParticipantUserId":9223372036854775807,"ParticipantUserIdStr":"s","Level":3,"NickName":"n","Role":2,"Ext":{"s:from":"biz"},"Status":1,"Operator":1,"OperatorStr":"o","CreateTime":1709040620,"BlockTime":1709044220,"AvatarUrl":"u","Marks":["m"]}`
	message            = `{"ConversationShortId":1691070514797524328,"ConversationType":2,"MessageId":1709040620191372977,"Sender":9223372036854775807,"SenderStr":"s","MsgType":10001,"Content":"{\"text\":\"<t>\"}","Ext":{"k":"v"},"Status":0,"IndexInConversation":1709040620191372,"ClientMsgId":"c","RefMsgInfo":{"ReferencedMessageId":1709040620191372976,"ReferencedMessageType":10001,"Status":3,"Hint":"h"},"CreateTime":1709040620191,"Property":{"like":[{"Operator":1,"CreateTime":1709040620,"IdempotentId":"i","Value":"1"}]}}`
	friend             = `{"FriendUserId":1,"Alias":"a","Ext":{"k":"v"},"CreateTime":1709040620,"ModifyTime":1709040621,"ApplyTime":1709040619}`
	failedInfo         = `{"FailedInfos":[{"UserId":9223372036854775807,"UserIdStr":"s","Code":"UserNotFound","Message":"m"}]}`
	failedParticipants = `{"FailedParticipantUserIds":[9223372036854775807],"FailedParticipantUserIdsStr":["s"]}`
)

// recorded is a service that answers as it is told, and keeps the last request.
type recorded struct {
	status   int
	answer   string
	action   string
	body     string
	requests int
}

func newRecorded(t *testing.T) (*recorded, *API) {
	t.Helper()
	rec := &recorded{status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		rec.action, rec.body = r.URL.Query().Get("Action"), string(b)
		rec.requests++
		if r.Method != http.MethodPost || r.URL.Path != "/" || r.URL.Query().Get("Version") != "2020-12-01" ||
			r.Header.Get("Content-Type") != "application/json" || !strings.HasPrefix(r.Header.Get("Authorization"), "HMAC-SHA256 Credential=AK/") {
			t.Errorf("%s %s, headers %v", r.Method, r.URL, r.Header)
		}
		w.WriteHeader(rec.status)
		_, _ = io.WriteString(w, rec.answer)
	}))
	t.Cleanup(server.Close)
	a, err := NewAPI(Config{
		AppID: "900001", AccessKey: "AK", SecretKey: "SK", Endpoint: server.URL,
		Account: &Account{gates: calls.NewGates(2*len(actions), func(string) float64 { return 1e6 })},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return rec, a
}

// invoke calls the method of an action with a request that is written as JSON.
func invoke(t *testing.T, a *API, act *Action, request string) (any, error) {
	t.Helper()
	q := reflect.New(act.Request)
	d := json.NewDecoder(strings.NewReader(request))
	d.DisallowUnknownFields()
	if err := d.Decode(q.Interface()); err != nil {
		t.Fatalf("%s: the request type lacks something: %v", act.Name, err)
	}
	out := reflect.ValueOf(a).MethodByName(act.Name).Call([]reflect.Value{reflect.ValueOf(t.Context()), q})
	err, _ := out[len(out)-1].Interface().(error)
	if len(out) == 1 {
		return nil, err
	}
	return out[0].Interface(), err
}

func TestEveryActionOnTheWire(t *testing.T) {
	rec, a := newRecorded(t)
	if len(actions) != 56 || len(wire) != len(actions) {
		t.Errorf("%d actions, %d of them here; there are 56", len(actions), len(wire))
	}
	for _, act := range Actions() {
		t.Run(act.Name, func(t *testing.T) {
			want, known := wire[act.Name]
			if !known {
				t.Fatal("not in the table")
			}
			result := want.result
			if result == "" {
				result = "{}"
			}
			rec.answer = `{"ResponseMetadata":{"RequestId":"r1","Action":"Wrong","Version":"","Service":"","Region":"cn-beijing","New":1},"Result":` + result + `}`
			got, err := invoke(t, a, act, want.request)
			if err != nil {
				t.Fatal(err)
			}
			if rec.action != act.Name {
				t.Errorf("action %q", rec.action)
			}
			sameJSON(t, "request", rec.body, `{"AppId":900001,`+want.request[1:])
			if want.result != "" {
				b, err := json.Marshal(got)
				if err != nil {
					t.Fatal(err)
				}
				sameJSON(t, "result", string(b), want.result)
			}
			for name, answer := range map[string]string{
				"no result":      `{"ResponseMetadata":{"RequestId":"r1","Error":null}}`,
				"null":           `{"ResponseMetadata":{"RequestId":"r1"},"Result":null}`,
				"nothing in it":  `{"ResponseMetadata":{"RequestId":"r1"},"Result":{}}`,
				"null fields":    `{"ResponseMetadata":{"RequestId":"r1"},"Result":` + nulls(t, result) + `}`,
				"unknown fields": `{"ResponseMetadata":{"RequestId":"r1","Next":[]},"Result":{"NextYear":{"a":[1.5e300]}}}`,
			} {
				rec.answer = answer
				if _, err := invoke(t, a, act, want.request); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			for name, answer := range map[string]string{
				"with CodeN":    `{"ResponseMetadata":{"RequestId":"r2","Error":{"CodeN":200007,"Code":"ConversationNotFound","Message":"m"}},"Result":` + result + `}`,
				"without CodeN": `{"ResponseMetadata":{"RequestId":"r2","Error":{"Code":"ConversationNotFound","Message":"m"}}}`,
			} {
				rec.answer = answer
				_, err := invoke(t, a, act, want.request)
				e, _ := errors.AsType[*imclient.Error](err)
				if e == nil || e.Kind != imclient.ErrNotFound || e.Code != "ConversationNotFound" || e.RequestID != "r2" || e.Status != 200 || !e.Sent || e.Detail != "m" {
					t.Errorf("an Error in a 200, %s: %#v", name, err)
				}
			}
		})
	}
}

// nulls is a JSON object with each of its values null.
func nulls(t *testing.T, object string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(object), &m); err != nil {
		t.Fatal(err)
	}
	for k := range m {
		m[k] = nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sameJSON compares two objects; numbers by their digits.
func sameJSON(t *testing.T, what, got, want string) {
	t.Helper()
	read := func(s string) (v any) {
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v in %s", what, err, s)
		}
		return v
	}
	if !reflect.DeepEqual(read(got), read(want)) {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// TestOnlyWhatIsRequiredIsSent: what a caller does not set stays out of the request, so that it stays as it is.
func TestOnlyWhatIsRequiredIsSent(t *testing.T) {
	rec, a := newRecorded(t)
	rec.answer = `{"ResponseMetadata":{"RequestId":"r"}}`
	for name, want := range map[string]string{
		"ModifyConversation":                 `{"AppId":900001,"ConversationCoreInfo":{"ConversationShortId":5}}`,
		"BatchModifyConversationParticipant": `{"AppId":900001,"ConversationShortId":5,"Operator":0,"ParticipantInfos":[{"ParticipantUserId":6}]}`,
		"BatchUpdateUser":                    `{"AppId":900001,"Users":[{"UserId":6}]}`,
		"ModifyMessage":                      `{"AppId":900001,"ConversationShortId":5,"MessageId":7}`,
		"UpdateFriend":                       `{"AppId":900001,"UserId":6,"FriendInfos":[{"FriendUserId":7}]}`,
		"ModifyConversationSetting":          `{"AppId":900001,"ConversationSettingInfo":{"ConversationShortId":5,"ParticipantUserId":6,"IsMute":false}}`,
		"BatchUpdateLiveParticipants":        `{"AppId":900001,"ConversationShortId":5,"ParticipantInfos":[{"UserId":6}]}`,
	} {
		var given map[string]json.RawMessage
		if err := json.Unmarshal([]byte(want), &given); err != nil {
			t.Fatal(err)
		}
		delete(given, "AppId")
		request, err := json.Marshal(given)
		if err != nil {
			t.Fatal(err)
		}
		for _, act := range actions {
			if act.Name == name {
				if _, err := invoke(t, a, act, string(request)); err != nil {
					t.Fatal(err)
				}
			}
		}
		sameJSON(t, name, rec.body, want)
	}
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		answer string
		kind   error
		code   string
	}{
		{"empty", 200, ``, imclient.ErrProtocol, ""},
		{"not JSON", 200, `<html>`, imclient.ErrProtocol, ""},
		{"no metadata", 200, `{"Result":{"Count":1}}`, imclient.ErrProtocol, ""},
		{"a float for an integer", 200, `{"ResponseMetadata":{"RequestId":"r"},"Result":{"Count":1.5}}`, imclient.ErrProtocol, ""},
		{"an integer above 64 bits", 200, `{"ResponseMetadata":{"RequestId":"r"},"Result":{"Count":9223372036854775808}}`, imclient.ErrProtocol, ""},
		{"an Error with nothing in it", 200, `{"ResponseMetadata":{"RequestId":"r","Error":{}}}`, imclient.ErrUnavailable, ""},
		{"an Error with a number alone", 400, `{"ResponseMetadata":{"RequestId":"r","Error":{"CodeN":100010}}}`, imclient.ErrInvalid, "100010"},
		{"a code that nobody knows", 403, `{"ResponseMetadata":{"RequestId":"r","Error":{"Code":"NextYear"}}}`, imclient.ErrDenied, "NextYear"},
		{"flow control", 200, `{"ResponseMetadata":{"RequestId":"r","Error":{"CodeN":100018,"Code":"FlowLimitExceeded"}}}`, imclient.ErrRateLimited, "FlowLimitExceeded"},
		{"a gateway", 502, `<html>`, imclient.ErrUnavailable, ""},
		{"a redirect", 302, ``, imclient.ErrProtocol, ""},
		{"too many requests", 429, ``, imclient.ErrRateLimited, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec, a := newRecorded(t)
			rec.status, rec.answer = tt.status, tt.answer
			ctx := soon(t)
			_, err := a.GetConversationUserCount(ctx, &GetConversationUserCountRequest{ConversationShortId: "5"})
			e, _ := errors.AsType[*imclient.Error](err)
			if e == nil || e.Kind != tt.kind || e.Code != tt.code || e.Status != tt.status || !e.Sent {
				t.Errorf("got %#v, want kind %v and code %q", err, tt.kind, tt.code)
			}
		})
	}
}
