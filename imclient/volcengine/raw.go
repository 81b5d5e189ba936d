package volcengine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// rawArea is the OpenAPI as it is, action by action.
type rawArea struct{ *client }

// docPages is where the numbers of Action.Page lead.
const docPages = "https://www.volcengine.com/docs/6348/"

// Actions that end something for good, or reach everybody.
var graveActions = map[string]bool{
	"DestroyConversation": true, "UnRegisterUsers": true, "UserBroadcast": true, "DeleteConversationMessage": true,
}

// Actions that tell what people say in conversations, direct chats among them.
var directActions = map[string]bool{"GetConversationMessages": true, "GetMessages": true}

// wordFields hold what people write.
var wordFields = map[string]bool{"Content": true, "Ext": true, "Hint": true}

// userFields hold ids of users.
var userFields = map[string]bool{
	"OwnerUserId": true, "OtherUserId": true, "ParticipantUserId": true, "ParticipantUserIds": true, "Operator": true, "Sender": true,
	"Receiver": true, "UserId": true, "UserIds": true, "ManagerUserIds": true, "RemoveManagerUserIds": true, "FriendUserId": true,
	"FriendUserIds": true, "DeleteUserIds": true, "BlackListUserId": true, "BlackListUserIds": true, "MentionedUsers": true,
	"VisibleUsers": true, "InvisibleUsers": true, "ParticipantBlockInfos": true,
}

func (a rawArea) Commands() []imclient.Command {
	list := slices.Clone(rawCommands())
	for i := range list {
		list[i].Fields = append([]imclient.CommandField{{Name: "AppId", Kind: imclient.KindNumber, Default: a.api.appID}}, list[i].Fields...)
	}
	return list
}

var rawCommands = sync.OnceValue(func() []imclient.Command {
	list := make([]imclient.Command, 0, len(actions))
	for _, a := range Actions() {
		c := imclient.Command{
			Service: a.Area, Name: a.Name, Write: a.Write, Grave: graveActions[a.Name], Direct: directActions[a.Name], Rate: a.Rate,
			Fields: requestFields(a.Request),
		}
		if a.Page != "" {
			c.DocURL = docPages + a.Page
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b imclient.Command) int { return strings.Compare(a.Path(), b.Path()) })
	return list
})

// requestFields reads the fields of a request, or of an object in one: what the typed methods always send is required.
func requestFields(t reflect.Type) []imclient.CommandField {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var list []imclient.CommandField
	for i := range t.NumField() {
		f := t.Field(i)
		_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		field := imclient.CommandField{Name: f.Name, Kind: kindOfField(f.Type), Holds: holds(f.Name), Required: !strings.Contains(options, "omitempty")}
		switch field.Kind {
		case imclient.KindList:
			field.Of = kindOfField(f.Type.Elem())
			field.Fields = requestFields(f.Type.Elem())
		case imclient.KindObject:
			field.Fields = requestFields(f.Type)
		}
		list = append(list, field)
	}
	return list
}

// kindOfField is what a Go type is on the wire.
func kindOfField(t reflect.Type) imclient.FieldKind {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[ID]() {
		return imclient.KindNumber
	}
	switch t.Kind() {
	case reflect.String:
		return imclient.KindText
	case reflect.Bool:
		return imclient.KindSwitch
	case reflect.Struct, reflect.Map:
		return imclient.KindObject
	case reflect.Slice:
		return imclient.KindList
	}
	return imclient.KindNumber
}

func holds(name string) imclient.Holding {
	switch {
	case wordFields[name]:
		return imclient.HoldsWords
	case userFields[name]:
		return imclient.HoldsUsers
	case name == "ConversationShortId", name == "ConversationShortIds":
		return imclient.HoldsGroup
	}
	return imclient.HoldsOther
}

// Call sends an action as it was written, and with the app's AppId if it has none. A read is tried again where any read is.
func (a rawArea) Call(ctx context.Context, name, body string) (imclient.RawAnswer, error) {
	ctx = withOp(ctx, "raw.call")
	i := slices.IndexFunc(actions, func(x *Action) bool { return x.Area+"/"+x.Name == name })
	if i < 0 {
		return imclient.RawAnswer{}, refuse(ctx, imclient.ErrNotFound, "no command %.80q", name)
	}
	act := actions[i]
	body, conversation, err := a.complete(body)
	answer := imclient.RawAnswer{Curl: a.curl(act, body)}
	if err != nil {
		return answer, refuse(ctx, imclient.ErrInvalid, "body: %w", err)
	}
	var (
		rep  report
		came struct {
			report
			verdict
			body []byte
		}
	)
	err = a.api.do(ctx, request{action: act, body: []byte(body), conversation: conversation, report: &rep}, func(data []byte) verdict {
		came.report, came.body, came.verdict = rep, data, judge(data, nil)
		return came.verdict
	})
	if failure := calls.AsError(ctx, err); err != nil {
		answer.Status, answer.Code, answer.Detail, answer.RequestID = failure.Status, failure.Code, failure.Detail, failure.RequestID
	} else {
		answer.Status, answer.RequestID = http.StatusOK, came.requestID
		answer.Refused = refusedItems(ctx, act, came.body)
	}
	if answer.Status != 0 {
		answer.Took = rep.latency
		if came.report == rep { // else it is an earlier attempt's, and the last one's was cut
			answer.Body = came.body
		}
	}
	return answer, err
}

// complete checks that a body is an object, adds the AppId, and reads the conversation that it is about, if it is one.
func (a rawArea) complete(body string) (whole, conversation string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		return body, "", err
	}
	if fields == nil {
		return body, "", errNoObject
	}
	if fields["AppId"] == nil {
		comma := ","
		if len(fields) == 0 {
			comma = ""
		}
		body = `{"AppId":` + a.api.appID + comma + strings.TrimPrefix(strings.TrimSpace(body), "{")
	}
	for _, holder := range []string{"ConversationCoreInfo", "ConversationSettingInfo"} {
		var inner map[string]json.RawMessage
		if json.Unmarshal(fields[holder], &inner) == nil && inner["ConversationShortId"] != nil {
			fields = inner
		}
	}
	var id ID
	if raw := fields["ConversationShortId"]; raw == nil || id.UnmarshalJSON(raw) != nil {
		return body, "", nil // none, several, or one that is the service's to refuse
	}
	return body, string(id), nil
}

// failedLists are the names under which answers list what was refused without a word.
var failedLists = []string{
	"FailedUserIds", "FailedUserIdsStr", "FailedParticipantUserIds", "FailedParticipantUserIdsStr", "FailedManagerUserIds",
	"FailedManagerUserIdsStr", "FailedReceiver", "FailedConversationShortIds",
}

// refusedItems are the items of an accepted call that were refused one by one.
func refusedItems(ctx context.Context, act *Action, body []byte) []imclient.Refused {
	var answer struct {
		Result map[string]json.RawMessage
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	var list []imclient.Refused
	for _, name := range slices.Sorted(maps.Keys(answer.Result)) {
		if name == "FailedInfos" {
			var infos []FailedInfo
			if json.Unmarshal(answer.Result[name], &infos) == nil {
				list = append(list, failedInfos(ctx, act, infos)...)
			}
		}
		if slices.Contains(failedLists, name) {
			var failed []Str
			if json.Unmarshal(answer.Result[name], &failed) == nil {
				list = append(list, failedItems(ctx, act, texts(failed), denied)...)
			}
		}
	}
	return list
}

func texts(list []Str) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// curl is a call for a shell in which X_DATE and AUTHORIZATION are set to what a signer makes.
func (a rawArea) curl(act *Action, body string) string {
	sum := sha256.Sum256([]byte(body))
	var b bytes.Buffer
	b.WriteString("curl -sS -H 'Content-Type: application/json' -H \"X-Date: $X_DATE\" -H 'X-Content-Sha256: ")
	b.WriteString(hex.EncodeToString(sum[:]))
	b.WriteString("' -H \"Authorization: $AUTHORIZATION\" -d " + shellQuote(body) + " " + strconv.Quote(a.api.address(act)))
	return b.String()
}

// shellQuote writes a text as one word of a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
