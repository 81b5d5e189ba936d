package tencent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"imdesk/imclient"
)

// rawArea is the REST API as it is, command by command.
type rawArea struct{ *client }

// Commands lists the commands with the fields of their requests, read from the types that the methods of API take: what
// these always send is required.
func (a rawArea) Commands() []imclient.Command {
	list := make([]imclient.Command, 0, len(commands))
	for _, c := range rawCommands() {
		list = append(list, a.withDefaults(c))
	}
	return list
}

// withDefaults fills in what the app's own calls would send.
func (a rawArea) withDefaults(c imclient.Command) imclient.Command {
	fields := make([]imclient.CommandField, len(c.Fields))
	copy(fields, c.Fields)
	for i := range fields {
		if fields[i].Name == "SdkAppId" {
			fields[i].Default = a.api.cfg.SDKAppID
		}
	}
	c.Fields = fields
	return c
}

// docPages is where the numbers of Command.Doc lead.
const docPages = "https://www.tencentcloud.com/document/product/1047/"

// Commands that end something for good, or reach everybody.
var graveCommands = map[string]bool{
	"im_open_login_svc/account_delete":          true,
	"group_open_http_svc/destroy_group":         true,
	"group_open_http_svc/clear_group_msg":       true,
	"group_open_http_svc/send_broadcast_msg":    true,
	"million_group_open_http_svc/destroy_topic": true,
	"openim_robot_http_svc/delete_robot":        true,
	"sns/friend_delete_all":                     true,
	"all_member_push/im_push":                   true,
}

// Commands that tell what people say in direct chats.
var directCommands = map[string]bool{
	"openim/admin_getroammsg":  true,
	"open_msg_svc/get_history": true,
}

// wordFields hold what people write. Keywords of the moderation libraries are named Content, too, but are the app's own.
var wordFields = map[string]bool{
	"MsgBody": true, "CloudCustomData": true, "OfflinePushInfo": true, "Content": true, "Contents": true, "AddWording": true,
}

const keywordSvc = "im_msg_audit_mgr"

var rawCommands = sync.OnceValue(func() []imclient.Command {
	var list []imclient.Command
	for _, c := range Commands() {
		path := c.Service + "/" + c.Name
		raw := imclient.Command{
			Service: c.Service, Name: c.Name, Write: c.Write, Grave: graveCommands[path], Direct: directCommands[path], Rate: c.Rate,
			Fields: requestFields(c.Request, 0),
		}
		if c.Doc != "" {
			raw.DocURL = docPages + c.Doc
		}
		if c == getIPList.Command {
			raw.Fields = append(raw.Fields, imclient.CommandField{Name: netType, Kind: imclient.KindNumber})
		}
		if c.Service == keywordSvc {
			forgetWords(raw.Fields)
		}
		list = append(list, raw)
	}
	return list
})

// netType is the one parameter that a command takes in its address. Raw takes it in the body, as it does all others.
const netType = "nettype"

func forgetWords(fields []imclient.CommandField) {
	for i := range fields {
		fields[i].Holds = holds(fields[i].Name, false)
		forgetWords(fields[i].Fields)
	}
}

// requestFieldDepth bounds how deep types are followed.
const requestFieldDepth = 6

// requestFields reads the fields of a request, or of an object in one.
func requestFields(t reflect.Type, depth int) []imclient.CommandField {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || depth > requestFieldDepth {
		return nil
	}
	var list []imclient.CommandField
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			list = append(list, requestFields(f.Type, depth)...)
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		field := imclient.CommandField{
			Name: name, Kind: kindOfField(f.Type), Holds: holds(name, true), Random: name == "MsgRandom" || name == "Random",
			// A cursor that is left out is the first page.
			Required: !strings.Contains(options, "omitempty") && f.Type.Kind() != reflect.Pointer && f.Type != reflect.TypeFor[Cursor](),
		}
		switch field.Kind {
		case imclient.KindList:
			field.Of = kindOfField(f.Type.Elem())
			field.Fields = requestFields(f.Type.Elem(), depth+1)
		case imclient.KindObject:
			field.Fields = requestFields(f.Type, depth+1)
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
	switch {
	case t == reflect.TypeFor[Cursor]():
		return imclient.KindNumber
	case t == reflect.TypeFor[json.RawMessage]():
		return imclient.KindAny
	}
	switch t.Kind() {
	case reflect.String:
		return imclient.KindText
	case reflect.Bool:
		return imclient.KindSwitch
	case reflect.Struct, reflect.Map:
		return imclient.KindObject
	case reflect.Slice, reflect.Array:
		return imclient.KindList
	case reflect.Interface:
		return imclient.KindAny
	}
	return imclient.KindNumber
}

// holds tells by its name what a field is about: the vendor's names say so.
func holds(name string, words bool) imclient.Holding {
	switch {
	case words && wordFields[name]:
		return imclient.HoldsWords
	case strings.HasSuffix(name, "_Account"), name == "UserID", name == "Accounts":
		return imclient.HoldsUsers
	case name == "GroupId", name == "GroupIdList", name == "ToGroupid", name == "ToGroupId":
		return imclient.HoldsGroup
	}
	return imclient.HoldsOther
}

// Call sends a command as it was written. A read is tried again where any read is.
func (a rawArea) Call(ctx context.Context, name, body string) (imclient.RawAnswer, error) {
	ctx = withOp(ctx, "raw.call")
	cmd := commandNamed(name)
	if cmd == nil {
		return imclient.RawAnswer{}, refuse(ctx, imclient.ErrNotFound, "no command %.80q", name)
	}
	query, body, err := addressOf(cmd, body)
	answer := imclient.RawAnswer{Curl: a.curl(cmd, query, body)}
	if err != nil {
		return answer, refuse(ctx, imclient.ErrInvalid, "body: %w", err)
	}
	var about struct{ GroupId Str }
	_ = json.Unmarshal([]byte(body), &about) // a GroupId of another type is the service's to refuse

	var (
		rep  report
		came struct {
			report
			verdict
			body []byte
		}
	)
	err = a.api.do(ctx, request{command: cmd, query: query, body: []byte(body), group: string(about.GroupId), report: &rep},
		func(data []byte) verdict {
			came.report, came.body, came.verdict = rep, data, judgeRaw(cmd, data)
			return came.verdict
		})
	failure, _ := errors.AsType[*imclient.Error](err)
	if failure != nil {
		answer.Status, answer.Code, answer.Detail, answer.RequestID = failure.Status, failure.Code, failure.Detail, failure.RequestID
	} else {
		answer.Status, answer.Code, answer.Detail, answer.RequestID = http.StatusOK, "0", came.detail, came.requestID
		answer.Refused = refusedItems(ctx, cmd, came.body)
	}
	if answer.Status != 0 {
		answer.Took = rep.latency
		if came.report == rep { // else it is an earlier attempt's, and the last one's was cut
			answer.Body = came.body
		}
	}
	return answer, err
}

func commandNamed(path string) *Command {
	for _, c := range commands {
		if c.Service+"/"+c.Name == path {
			return c
		}
	}
	return nil
}

// addressOf takes out of the body what this command wants in the address, and checks that the body is an object.
func addressOf(cmd *Command, body string) (query, rest string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		return "", body, err
	}
	if fields == nil {
		return "", body, errors.New("not an object")
	}
	given, is := fields[netType]
	if cmd != getIPList.Command || !is {
		return "", body, nil
	}
	var n Str
	if err := n.UnmarshalJSON(given); err != nil {
		return "", body, err
	}
	delete(fields, netType)
	b, err := json.Marshal(fields)
	return "&" + netType + "=" + url.QueryEscape(string(n)), string(b), err
}

// judgeRaw reads no more of an answer than what says how it went, so that one which the typed methods could not take is
// shown all the same.
func judgeRaw(cmd *Command, data []byte) verdict {
	if p, is := reflect.New(cmd.Answer).Interface().(perItem); is {
		return judge(data, p)
	}
	return judge(data, new(Done))
}

// itemNames are how the items of answers are told apart.
var itemNames = []string{
	"To_Account", "UserID", "Member_Account", "Peer_Account", "GroupId", "TopicId", "MsgSeq", "Key", "ContentId", "ResourceID", "Keyword",
}

// maxItemID bounds what is taken for an item's name, in bytes.
const maxItemID = 128

// refusedItems are the items of an accepted call that carry a code of their own. Adding members numbers its results the
// other way round: 0 is a failure, without a code.
func refusedItems(ctx context.Context, cmd *Command, body []byte) []imclient.Refused {
	var answer map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&answer) != nil {
		return nil
	}
	var list []imclient.Refused
	add := func(id, code string) {
		e := &imclient.Error{Op: opOf(ctx, cmd), Vendor: imclient.Tencent, Kind: imclient.ErrDenied, Code: code, Status: http.StatusOK, Sent: true}
		if n, err := strconv.Atoi(code); err == nil {
			e.Kind = kindOf(cmd, n)
		}
		if id == "" {
			id = "#" + strconv.Itoa(len(list)+1)
		}
		list = append(list, imclient.Refused{ID: strings.ToValidUTF8(id[:min(len(id), maxItemID)], ""), Err: e})
	}
	adding := cmd == addGroupMember.Command || cmd == importGroupMember.Command
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				look(e)
			}
		case map[string]any:
			code := itemCode(v)
			if code != "" || adding && v["Result"] == json.Number("0") {
				add(itemID(v), code)
				return
			}
			for _, name := range slices.Sorted(maps.Keys(v)) {
				look(v[name])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(answer)) {
		list, _ := answer[name].([]any)
		switch name {
		case "Fail_Account": // they stand among the results, too
		case "FailAccounts", "InvalidMsgKeyList":
			for _, e := range list {
				id, _ := e.(string)
				add(id, "")
			}
		default:
			look(answer[name])
		}
	}
	return list
}

// itemCode is the code of its own that an item has; "" if it has none, or 0.
func itemCode(item map[string]any) string {
	for _, name := range []string{"ErrorCode", "ResultCode", "RetCode", "Code"} {
		if n, is := item[name].(json.Number); is && n != "0" {
			return n.String()
		}
	}
	return ""
}

// itemID is what an item is called, in itself or in the object inside it.
func itemID(item map[string]any) string {
	for _, name := range itemNames {
		switch id := item[name].(type) {
		case string:
			return id
		case json.Number:
			return id.String()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(item)) {
		if inner, is := item[name].(map[string]any); is {
			if id := itemID(inner); id != "" {
				return id
			}
		}
	}
	return ""
}

// curl is a call for a shell in which USERSIG is set; RANDOM a shell makes itself.
func (a rawArea) curl(cmd *Command, query, body string) string {
	cfg := a.api.cfg
	admin := strings.ReplaceAll(url.QueryEscape(cfg.Administrator), "+", "%20")
	address := fmt.Sprintf("%s%s?sdkappid=%s&identifier=%s&usersig=$USERSIG&random=$RANDOM&contenttype=json%s",
		a.api.hosts.list[0], cmd.Path(), cfg.SDKAppID, admin, query)
	return "curl -sS -H 'Content-Type: application/json' -d " + shellQuote(body) + " " + strconv.Quote(address)
}

// shellQuote writes a text as one word of a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
