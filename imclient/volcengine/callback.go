package volcengine

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
)

const (
	// MaxWebhook is the most bytes that a webhook's body may have.
	MaxWebhook = 1 << 20
	// WebhookWindow is how far the time of a signed webhook may be from ours, either way. The vendor's scheme knows no such
	// limit, but the time is signed: an event of yesterday is a repetition by somebody else.
	WebhookWindow = 15 * time.Minute
)

// Webhook is one event as the service sends it.
//
// Source: Volcengine RTC, "Webhook format" (doc 293099).
type Webhook struct {
	Type    string    // EventType
	ID      string    // EventId: the same in each repetition
	At      time.Time // EventTime; zero if it is none
	AppID   string
	Version string
	Nonce   string
	Data    string // EventData as it was signed
	Body    any    // a pointer to the type of the event, *UnknownEvent if there is none

	at, signature string
}

// EventMessage is the EventData of messages: the message, and what the service says beside it.
//
// Its pages settle only that there are these fields. A message in an object of its own is taken as well.
type EventMessage struct {
	Message
	Header            Ext // of the sender's device, such as its address; the names are not documented
	ClientMessageId   Str
	MentionedUsers    []ID
	MentionedUsersStr []Str
	MessagePriority   Int
}

// MessageAsked is the EventData of BeforeSendMessage.
type MessageAsked struct{ EventMessage }

// MessageSent is the EventData of AfterSendMessage.
type MessageSent struct{ EventMessage }

// UnknownEvent is the EventData of an event that this version does not know: its pages name two events and tell of more. Fields
// that are called as in the rest of the API are understood.
type UnknownEvent struct{ Raw json.RawMessage }

// ParseWebhook reads a webhook. Fields that are not known are left out. It does not tell whether the service sent it: Verify does.
// With an error what could be read is returned as well.
func ParseWebhook(body []byte) (*Webhook, error) {
	w, err := openWebhook(body)
	if err != nil {
		return w, err
	}
	return w, w.read()
}

// openWebhook reads what stands around the event.
func openWebhook(body []byte) (*Webhook, error) {
	if len(body) > MaxWebhook {
		return &Webhook{}, fmt.Errorf("webhook of more than %d bytes", MaxWebhook)
	}
	var head struct{ EventType, EventData, EventTime, EventId, AppId, Version, Nonce, Signature Str }
	if err := json.Unmarshal(body, &head); err != nil {
		return &Webhook{}, fmt.Errorf("webhook: %w", err)
	}
	return &Webhook{
		Type: string(head.EventType), ID: string(head.EventId), At: eventTime(string(head.EventTime)), AppID: string(head.AppId), Version: string(head.Version),
		Nonce: string(head.Nonce), Data: string(head.EventData), at: string(head.EventTime), signature: string(head.Signature),
	}, nil
}

// read decodes the event itself, a JSON document in a text.
func (w *Webhook) read() error {
	if w.Type == "" {
		return errors.New("webhook without an EventType")
	}
	data := []byte(w.Data)
	i := slices.IndexFunc(webhookTypes, func(t webhookType) bool { return t.Command == eventName(w.Type) })
	if i < 0 {
		if len(data) > 0 && !json.Valid(data) {
			return fmt.Errorf("webhook %.60q: EventData is no JSON", w.Type)
		}
		w.Body = &UnknownEvent{Raw: data}
		return nil
	}
	typed := webhookTypes[i].make()
	if err := json.Unmarshal(unwrap(data), typed); err != nil {
		return fmt.Errorf("webhook %s: %w", w.Type, err)
	}
	w.Body = typed
	return nil
}

// eventName is an event's name. SendMessage is what the page on the format has for an example, of a message that was sent.
func eventName(s string) string {
	if s == "SendMessage" {
		return "AfterSendMessage"
	}
	return s
}

// unwrap puts the fields of a message that stands in an object of its own beside those around it.
func unwrap(data []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil || fields["ConversationShortId"] != nil {
		return data
	}
	for _, name := range []string{"MessageBody", "Message"} {
		var inner map[string]json.RawMessage
		if json.Unmarshal(fields[name], &inner) != nil || inner == nil {
			continue
		}
		for k, v := range inner {
			if _, is := fields[k]; !is {
				fields[k] = v
			}
		}
		if b, err := json.Marshal(fields); err == nil {
			return b
		}
	}
	return data
}

// eventTime reads a time as its page has it, or a number of seconds or of parts of a second.
func eventTime(s string) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC()
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n >= 1e17 {
			return time.Unix(0, n).UTC()
		}
		return stamp(Int(n))
	}
	return time.Time{}
}

// Verify checks who sent a webhook: Signature is the SHA-256 of its values and the secret, sorted as texts and put together, as
// hexadecimal digits.
//
// Source: Volcengine RTC, "Webhook signature" (doc 293101).
func (w *Webhook) Verify(secret string, now time.Time) error {
	values := []string{w.Type, w.Data, w.at, w.ID, w.AppID, w.Version, w.Nonce, secret}
	slices.Sort(values)
	sum := sha256.Sum256([]byte(strings.Join(values, "")))
	if secret == "" || subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(strings.ToLower(w.signature))) != 1 {
		return errors.New("the signature is not that of the secret")
	}
	// An event without a time that can be read is the service's nevertheless.
	if !w.At.IsZero() && (w.At.Before(now.Add(-WebhookWindow)) || w.At.After(now.Add(WebhookWindow))) {
		return errors.New("EventTime is too far from now")
	}
	return nil
}

// Callbacks takes the webhooks of one app. It is an imclient.Callbacks.
type Callbacks struct {
	AppID  string // AppId
	Secret string // set in the vendor's console; "": signatures are not checked
}

var _ imclient.Callbacks = Callbacks{}

// Kinds lists the events that have a type.
func (c Callbacks) Kinds() []imclient.CallbackKind {
	kinds := make([]imclient.CallbackKind, len(webhookTypes))
	for i, t := range webhookTypes {
		kinds[i] = t.CallbackKind
	}
	return kinds
}

// Signed reports whether there is a secret.
func (c Callbacks) Signed() bool { return c.Secret != "" }

// Read checks a webhook and says what it tells. Everything is in its body, so that one which makes no sense is nobody's.
func (c Callbacks) Read(_ url.Values, body []byte, now time.Time) (imclient.Event, error) {
	w, err := openWebhook(body)
	e := imclient.Event{Command: eventName(w.Type), Kind: imclient.EventUnknown, ID: w.ID, At: w.At}
	switch {
	case err != nil && c.Signed():
		return e, fmt.Errorf("%w: %w", imclient.ErrCallbackSign, err)
	case err != nil:
		return e, fmt.Errorf("%w: %w", imclient.ErrCallbackBody, err)
	}
	if c.Signed() {
		if err := w.Verify(c.Secret, now); err != nil {
			return e, fmt.Errorf("%w: %w", imclient.ErrCallbackSign, err)
		}
	}
	if w.AppID != c.AppID {
		return e, fmt.Errorf("%w: %.20q", imclient.ErrCallbackApp, w.AppID)
	}
	if err := w.read(); err != nil {
		return e, fmt.Errorf("%w: %w", imclient.ErrCallbackBody, err)
	}
	for _, t := range webhookTypes {
		if t.Command == e.Command {
			e.Kind = t.Kind
		}
	}
	if told, is := w.Body.(interface{ tells(*imclient.Event) }); is {
		told.tells(&e)
	}
	return e, nil
}

// Allow is an empty object: the status is what counts, and no answer is documented that holds anything back.
func (c Callbacks) Allow() []byte { return []byte("{}") }

// Decides is false: no answer is documented that holds a message back.
func (c Callbacks) Decides() bool { return false }

// Answer is Allow.
func (c Callbacks) Answer(imclient.Event, imclient.Decision) []byte { return c.Allow() }

// tells fills in what is known of a message. Direct chats are conversations, too, but no groups.
func (m *EventMessage) tells(e *imclient.Event) {
	if m.ConversationType != ConversationDirect {
		if id := string(m.ConversationShortId); validID(id) {
			e.Group, e.Type = id, groupType(m.ConversationType)
		}
	} else if id := string(m.ConversationShortId); validID(id) {
		e.Chat, e.Peers[0] = id, m.Sender.or(string(m.SenderStr))
	}
	e.Users = distinct(m.Sender.or(string(m.SenderStr)))
	e.Mentions = max(len(m.MentionedUsers), len(m.MentionedUsersStr))
	if e.At.IsZero() {
		e.At = millis(m.CreateTime)
	}
}

// tells fills in what was said, beside who said it where. The position of a message here is a time: it shows no gaps.
func (m *MessageSent) tells(e *imclient.Event) {
	m.EventMessage.tells(e)
	if e.Group == "" && e.Chat == "" || m.MessageId == "" {
		return
	}
	said := messageOf(m.Message)
	if said.At.IsZero() {
		said.At = e.At
	}
	if said.State != imclient.MessageHole {
		e.Said = &said
	}
}

// groupType is the type of a conversation, "" if an event does not say.
func groupType(n Int) imclient.GroupType {
	switch n {
	case ConversationGroup:
		return TypeGroup
	case ConversationLive:
		return TypeLive
	}
	return ""
}

// tells fills in what can be made out: a conversation, and users by the names that the API has for them.
func (u *UnknownEvent) tells(e *imclient.Event) {
	fields := objectOf(u.Raw)
	if info := objectOf(fields["ConversationInfo"]); info != nil && fields["ConversationShortId"] == nil {
		fields = info
	} else if info := objectOf(fields["ConversationCoreInfo"]); info != nil && fields["ConversationShortId"] == nil {
		fields = info
	}
	var kind Int
	lenient(fields["ConversationType"], &kind)
	if kind != ConversationDirect {
		var id ID
		var name Str
		lenient(fields["ConversationShortId"], &id)
		lenient(fields["Name"], &name)
		if validID(string(id)) {
			e.Group, e.Type, e.Name = string(id), groupType(kind), string(name)
		}
	}
	e.Users = distinct(append(u.people(fields), single(fields, "Operator")...)...)
}

// people are the users that an event names, in lists, in objects, or alone.
func (u *UnknownEvent) people(fields map[string]json.RawMessage) []string {
	var users []string
	for _, name := range []string{"ParticipantUserIds", "UserIds"} {
		var list []ID
		var texts []Str
		lenient(fields[name], &list)
		lenient(fields[name+"Str"], &texts)
		users = append(users, twins(list, texts)...)
	}
	for _, name := range []string{"UpdateParticipants", "Participants", "ParticipantInfos"} {
		var list []map[string]json.RawMessage
		lenient(fields[name], &list)
		for _, p := range list {
			users = append(users, single(p, "ParticipantUserId", "UserId")...)
		}
	}
	return append(users, single(fields, "ParticipantUserId", "UserId", "Sender", "OwnerUserId")...)
}

// single reads single ids.
func single(fields map[string]json.RawMessage, names ...string) []string {
	var users []string
	for _, name := range names {
		var id ID
		var text Str
		lenient(fields[name], &id)
		lenient(fields[name+"Str"], &text)
		users = append(users, id.or(string(text)))
	}
	return users
}

// lenient leaves a value that is not of the type as it is.
func lenient(b json.RawMessage, to any) {
	if len(b) > 0 {
		_ = json.Unmarshal(b, to) //nolint:errcheck // a field that nobody documents may be anything
	}
}

// objectOf is an object, or nil. A text that holds one is taken, too.
func objectOf(b json.RawMessage) map[string]json.RawMessage {
	var text string
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte(`"`)) && json.Unmarshal(b, &text) == nil {
		b = json.RawMessage(text)
	}
	var fields map[string]json.RawMessage
	lenient(b, &fields)
	return fields
}

// distinct are the users, each once.
func distinct(users ...string) []string {
	var out []string
	seen := map[string]bool{"": true, "0": true}
	for _, u := range users {
		if !seen[u] {
			seen[u] = true
			out = append(out, u)
		}
	}
	return out
}

// webhookType is an event that has a type.
type webhookType struct {
	imclient.CallbackKind
	make func() any
}

// webhookTypes are the events that are read. Source: "Webhook format" (doc 293099), and the server's change log (doc 1121959).
var webhookTypes = []webhookType{
	{imclient.CallbackKind{Command: "BeforeSendMessage", Kind: "chat.ask_send", Asked: true}, func() any { return new(MessageAsked) }},
	{imclient.CallbackKind{Command: "AfterSendMessage", Kind: "chat.sent"}, func() any { return new(MessageSent) }},
}

// WebhookTypes names the type of each event that is read, by its name.
func WebhookTypes() map[string]string {
	names := map[string]string{}
	for _, t := range webhookTypes {
		names[t.Command] = fmt.Sprintf("%T", t.make())[len("*volcengine."):]
	}
	return names
}
