package tencent

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"imdesk/imclient"
)

const (
	// MaxCallback is the most bytes that a callback's body may have. The largest ones name the members of a group.
	MaxCallback = 1 << 20
	// CallbackWindow is how far the time of a signed callback may be from ours, either way. The signature covers neither body
	// nor path, so that a short window is all that there is against repetition.
	CallbackWindow = 5 * time.Minute
)

// Callback is one callback as the service sends it.
//
// Source: Tencent Cloud Chat, "Webhook Overview" (doc 34354).
type Callback struct {
	Command  string
	AppID    string
	ClientIP string // of who caused it; "" where the service does not say
	Platform string // RESTAPI, Web, Android, iOS, Windows, macOS or Mac, iPad, Unknown
	Body     any    // a pointer to the type of the command, *UnknownCallback if there is none
}

// UnknownCallback is the body of a command that this version does not know.
type UnknownCallback struct{ Raw json.RawMessage }

// ParseCallback reads a callback. Fields that are not known are left out. It does not tell whether the service sent it:
// VerifyCallback does.
func ParseCallback(query url.Values, body []byte) (Callback, error) {
	cb := Callback{
		Command: query.Get("CallbackCommand"), AppID: query.Get("SdkAppid"), ClientIP: query.Get("ClientIP"), Platform: query.Get("OptPlatform"),
	}
	if len(body) > MaxCallback {
		return cb, fmt.Errorf("callback %.60q: more than %d bytes", cb.Command, MaxCallback)
	}
	var head struct{ CallbackCommand *string }
	if err := json.Unmarshal(body, &head); err != nil {
		return cb, fmt.Errorf("callback %.60q: %w", cb.Command, err)
	}
	switch inBody := head.CallbackCommand; {
	case inBody == nil: // what moderation found has no name in its body
	case cb.Command == "":
		cb.Command = *inBody
	case cb.Command != *inBody:
		return cb, fmt.Errorf("callback %.60q in the address is %.60q in the body", cb.Command, *inBody)
	}
	if cb.Command == "" {
		return cb, errors.New("callback without a command")
	}
	i := slices.IndexFunc(callbackTypes, func(t callbackType) bool { return t.Command == cb.Command })
	if i < 0 {
		cb.Body = &UnknownCallback{Raw: slices.Clone(body)}
		return cb, nil
	}
	typed := callbackTypes[i].make()
	if err := json.Unmarshal(body, typed); err != nil {
		return cb, fmt.Errorf("callback %s: %w", cb.Command, err)
	}
	cb.Body = typed
	return cb, nil
}

// VerifyCallback checks who sent a callback: Sign is the SHA-256 of the token and the RequestTime after it, as lower-case
// hexadecimal digits.
func VerifyCallback(token string, query url.Values, now time.Time) error {
	at := query.Get("RequestTime")
	sum := sha256.Sum256([]byte(token + at))
	if token == "" || subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(query.Get("Sign"))) != 1 {
		return errors.New("the signature is not that of the token")
	}
	s, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return errors.New("RequestTime is no time")
	}
	// Compared in seconds, for a time far away has no distance that a Duration holds.
	if limit := int64(CallbackWindow / time.Second); s < now.Unix()-limit || s > now.Unix()+limit {
		return errors.New("RequestTime is too far from now")
	}
	return nil
}

// CallbackAnswer is what the service takes for an answer, with HTTP status 200. ErrorCode 0 lets a before-callback's action
// through; ActionStatus is OK whatever is decided. Source: "Webhook Overview" (doc 34354).
type CallbackAnswer struct {
	ActionStatus string
	ErrorInfo    string
	ErrorCode    int
	MsgBody      json.RawMessage `json:",omitempty"` // instead of what was to be sent; only with ErrorCode 0
}

// Decisions about messages, beside codes of the app's own. Source: "Before sending a group message" (doc 34374), "Before sending a
// one-to-one message" (doc 34364).
const (
	refuseMessage = 1
	dropMessage   = 2
)

// AllowCallback lets an action through.
func AllowCallback() CallbackAnswer { return CallbackAnswer{ActionStatus: "OK"} }

// Callbacks takes the callbacks of one app. It is an imclient.Callbacks.
type Callbacks struct {
	AppID string // SDKAppID
	Token string // set in the vendor's console; "": signatures are not checked
}

var _ imclient.Callbacks = Callbacks{}

// Kinds lists the callbacks that have a type.
func (c Callbacks) Kinds() []imclient.CallbackKind {
	kinds := make([]imclient.CallbackKind, len(callbackTypes))
	for i, t := range callbackTypes {
		kinds[i] = t.CallbackKind
	}
	return kinds
}

// Signed reports whether there is a token.
func (c Callbacks) Signed() bool { return c.Token != "" }

// Read checks a callback and says what it tells.
func (c Callbacks) Read(query url.Values, body []byte, now time.Time) (imclient.Event, error) {
	e := imclient.Event{Command: query.Get("CallbackCommand"), Kind: imclient.EventUnknown}
	if c.Signed() {
		if err := VerifyCallback(c.Token, query, now); err != nil {
			return e, fmt.Errorf("%w: %w", imclient.ErrCallbackSign, err)
		}
	}
	if query.Get("SdkAppid") != c.AppID {
		return e, fmt.Errorf("%w: %.20q", imclient.ErrCallbackApp, query.Get("SdkAppid"))
	}
	cb, err := ParseCallback(query, body)
	e.Command = cb.Command
	for _, t := range callbackTypes {
		if t.Command == cb.Command {
			e.Kind = t.Kind
		}
	}
	if err != nil {
		return e, fmt.Errorf("%w: %w", imclient.ErrCallbackBody, err)
	}
	e.ID = sameCallback(e.Command, body)
	if told, is := cb.Body.(interface{ tells() told }); is {
		t := told.tells()
		e.Group, e.Users = string(t.group), t.distinct()
		if t.at > 0 {
			e.At = time.UnixMilli(int64(t.at)).UTC()
		}
	}
	if said, is := cb.Body.(interface{ says(*imclient.Event) }); is {
		said.says(&e)
	}
	return e, nil
}

// sameCallback tells callbacks apart. The service names none of them; one that it repeats has the same body, in which the time is.
func sameCallback(command string, body []byte) string {
	sum := sha256.Sum256(append([]byte(command+"\n"), body...))
	return hex.EncodeToString(sum[:16])
}

// Allow is AllowCallback as JSON.
func (c Callbacks) Allow() []byte {
	b, err := json.Marshal(AllowCallback())
	if err != nil {
		panic(err) // three plain fields
	}
	return b
}

// Decides is true: a before-callback's answer counts.
func (c Callbacks) Decides() bool { return true }

// Answer says what becomes of a message. A body that cannot be changed is let through.
func (c Callbacks) Answer(e imclient.Event, d imclient.Decision) []byte {
	a := AllowCallback()
	switch d.Kind {
	case imclient.Refuse:
		if a.ErrorCode = d.Code; e.Direct() {
			a.ErrorCode = d.Direct
		}
		if a.ErrorInfo = d.Text; a.ErrorCode == 0 {
			a.ErrorCode = refuseMessage
		}
	case imclient.Discard:
		a.ErrorCode = dropMessage
	case imclient.Replace:
		a.MsgBody = replaceTexts(e.Original, d.Texts)
	}
	b, err := json.Marshal(a)
	if err != nil {
		return c.Allow() // a body that is no JSON after all
	}
	return b
}

// replaceTexts puts other texts into a body; the rest of it stays as it is. nil if it cannot be read.
func replaceTexts(body []byte, texts []string) json.RawMessage {
	var list []map[string]json.RawMessage
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	n := 0
	for _, e := range list {
		var kind string
		if json.Unmarshal(e["MsgType"], &kind) != nil || kind != "TIMTextElem" {
			continue
		}
		if n == len(texts) {
			return nil
		}
		content := map[string]json.RawMessage{}
		if json.Unmarshal(e["MsgContent"], &content) != nil {
			return nil
		}
		text, err := json.Marshal(texts[n])
		if err != nil {
			return nil
		}
		content["Text"] = text
		if e["MsgContent"], err = json.Marshal(content); err != nil {
			return nil
		}
		n++
	}
	out, err := json.Marshal(list)
	if err != nil || n != len(texts) {
		return nil
	}
	return out
}

// told is what a callback is about.
type told struct {
	at    Int // milliseconds
	group Str
	users []Str
}

// and adds users.
func (t told) and(users ...Str) told {
	t.users = append(slices.Clone(t.users), users...)
	return t
}

// distinct are the users, each once.
func (t told) distinct() []string {
	var out []string
	seen := map[Str]bool{"": true}
	for _, u := range t.users {
		if !seen[u] {
			seen[u] = true
			out = append(out, string(u))
		}
	}
	return out
}

// callbackType is a command that has a type.
type callbackType struct {
	imclient.CallbackKind
	make func() any
}

func happened[T any](command string, kind imclient.EventKind) callbackType {
	return callbackType{imclient.CallbackKind{Command: command, Kind: kind}, func() any { return new(T) }}
}

func asked[T any](command string, kind imclient.EventKind) callbackType {
	t := happened[T](command, kind)
	t.Asked = true
	return t
}

// callbackTypes are the callbacks that are read. Source: "Webhook Commands" (doc 34355) and the pages of each.
var callbackTypes = []callbackType{
	happened[StateChange]("State.StateChange", "user.state"),
	happened[PortraitChanged]("Profile.CallbackPortraitSet", "user.profile"),
	asked[FriendAddAsked]("Sns.CallbackPrevFriendAdd", "friend.ask_add"),
	asked[FriendResponseAsked]("Sns.CallbackPrevFriendResponse", "friend.ask_answer"),
	happened[FriendsAdded]("Sns.CallbackFriendAdd", "friend.added"),
	happened[PairsChanged]("Sns.CallbackFriendDelete", "friend.removed"),
	happened[PairsChanged]("Sns.CallbackBlackListAdd", "block.added"),
	happened[PairsChanged]("Sns.CallbackBlackListDelete", "block.removed"),
	happened[PairsChanged]("Follow.CallbackAfterFollowAdd", "follow.added"),
	happened[PairsChanged]("Follow.CallbackAfterFollowDelete", "follow.removed"),
	asked[DirectMessageAsked]("C2C.CallbackBeforeSendMsg", "direct.ask_send"),
	happened[DirectMessageSent]("C2C.CallbackAfterSendMsg", "direct.sent"),
	happened[DirectMessageEdited]("C2C.CallbackAfterModifyMsg", "direct.edited"),
	happened[DirectMessagesRead]("C2C.CallbackAfterMsgReport", "direct.read"),
	happened[DirectMessageRecalled]("C2C.CallbackAfterMsgWithDraw", "direct.recalled"),
	asked[GroupCreateAsked]("Group.CallbackBeforeCreateGroup", "group.ask_create"),
	happened[GroupCreated]("Group.CallbackAfterCreateGroup", "group.created"),
	asked[JoinAsked]("Group.CallbackBeforeApplyJoinGroup", "member.ask_join"),
	asked[InviteAsked]("Group.CallbackBeforeInviteJoinGroup", "member.ask_add"),
	happened[MembersJoined]("Group.CallbackAfterNewMemberJoin", "member.joined"),
	happened[MembersLeft]("Group.CallbackAfterMemberExit", "member.left"),
	asked[GroupMessageAsked]("Group.CallbackBeforeSendMsg", "message.ask_send"),
	happened[GroupMessageSent]("Group.CallbackAfterSendMsg", "message.sent"),
	happened[GroupMessageFailed]("Group.CallbackSendMsgException", "message.failed"),
	happened[GroupMessagesRecalled]("Group.CallbackAfterRecallMsg", "message.recalled"),
	happened[GroupFull]("Group.CallbackAfterGroupFull", "group.full"),
	happened[GroupDestroyed]("Group.CallbackAfterGroupDestroyed", "group.dismissed"),
	happened[GroupChanged]("Group.CallbackAfterGroupInfoChanged", "group.changed"),
	happened[MemberChanged]("Group.CallbackAfterMemberFieldChanged", "member.changed"),
	happened[GroupAttributesChanged]("Group.CallbackAfterGroupAttrChanged", "group.attributes"),
	happened[GroupMessagesRead]("Group.CallbackAfterReadReceipt", "message.read"),
	happened[GroupOwnerChanged]("Group.CallbackAfterChangeGroupOwner", "group.owner"),
	happened[LiveMembersChanged]("Group.CallbackOnMemberStateChange", "live.presence"),
	asked[TopicCreateAsked]("Group.CallbackBeforeCreateTopic", "topic.ask_create"),
	happened[TopicCreated]("Group.CallbackAfterCreateTopic", "topic.created"),
	happened[TopicsDestroyed]("Group.CallbackAfterTopicDestroyed", "topic.deleted"),
	happened[GroupChanged]("Group.CallbackAfterTopicInfoChanged", "topic.changed"),
	happened[GroupQuotaAlarm]("Group.CallbackOnDailyGroupQuotaAlarm", "alarm.groups"),
	happened[RequestOverLimit]("Alert.RequestOverLimit", "alarm.rate"),
	happened[PushResults]("Push.OfflinePush", "push.offline"),
	happened[PushResults]("Push.AllMemberPush", "push.all"),
	happened[ModerationResult]("ContentCallback.ResultNotify", "moderation.found"),
}

// CallbackTypes names the type of each callback that is read, by command.
func CallbackTypes() map[string]string {
	names := map[string]string{}
	for _, t := range callbackTypes {
		names[t.Command] = fmt.Sprintf("%T", t.make())[len("*tencent."):]
	}
	return names
}
