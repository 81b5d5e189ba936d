package actions

import (
	"strings"

	"imdesk/imclient"
)

// Where is a conversation: a group, or a direct chat as User has it.
type Where struct {
	Group string `json:"group,omitempty"`
	User  string `json:"user,omitempty"`
	Peer  string `json:"peer,omitempty"`
}

func (w Where) direct() bool { return w.Group == "" }

func (w Where) conversation() imclient.Conversation {
	return imclient.Conversation{Group: w.Group, User: w.User, Peer: w.Peer}
}

// verb is one of two verbs, by what the conversation is.
func (w Where) verb(group, direct Verb) Verb {
	if w.direct() {
		return direct
	}
	return group
}

func (w Where) check(f *fields) {
	if !w.direct() {
		f.group(w.Group)
		if w.User != "" || w.Peer != "" {
			f.add("group", "action.invalid.conversation")
		}
		return
	}
	f.pair(w.User, w.Peer)
}

// users are those whom the audit log names.
func (w Where) users() []string {
	if w.direct() {
		return []string{w.User, w.Peer}
	}
	return nil
}

// pair checks the two of a direct chat.
func (f *fields) pair(user, peer string) {
	for name, id := range map[string]string{"user": user, "peer": peer} {
		f.required(name, id)
		f.size(name, id, f.limits.UserID)
	}
	if user == peer && user != "" {
		f.add("peer", "action.invalid.same_user")
	}
}

// ViewDirect is the right to read one direct chat for a while. Nothing is sent: the entry in the audit log is the act, and
// whoever shows the chat looks for it there. Nothing is read before it is recorded.
type ViewDirect struct {
	Common
	User string `json:"user"`
	Peer string `json:"peer"`
}

// Verb is VerbViewDirect.
func (ViewDirect) Verb() Verb { return VerbViewDirect }

func (a ViewDirect) check(f *fields) { f.pair(a.User, a.Peer) }

func (a ViewDirect) work() work { return &viewWork{where: Where{User: a.User, Peer: a.Peer}} }

// maxText is a message's length where the service states no limit, in bytes.
const maxText = 12000

// Send says something in a group or to a user. It cannot be undone but by recalling the message.
type Send struct {
	Common
	Group string `json:"group,omitempty"` // of a direct chat: To
	To    string `json:"to,omitempty"`
	From  string `json:"from,omitempty"` // "" is the app's administrator; in the name of anybody else it needs a reason
	Text  string `json:"text"`
	// How the service treats it, see imclient.Draft.
	Quiet      bool `json:"quiet,omitempty"`
	Fleeting   bool `json:"fleeting,omitempty"`
	Unsynced   bool `json:"unsynced,omitempty"`
	Extensible bool `json:"extensible,omitempty"`
	Receipts   bool `json:"receipts,omitempty"`
	MentionAll bool `json:"mention_all,omitempty"`
	Unasked    bool `json:"unasked,omitempty"`
}

// Verb is VerbSend or VerbSendDirect.
func (a Send) Verb() Verb { return Where{Group: a.Group}.verb(VerbSend, VerbSendDirect) }

func (a Send) check(f *fields) {
	switch {
	case a.Group != "":
		f.group(a.Group)
		if a.To != "" {
			f.add("to", "action.invalid.conversation")
		}
	default:
		f.required("to", a.To)
		f.size("to", a.To, f.limits.UserID)
		if a.To == a.From && a.To != "" {
			f.add("to", "action.invalid.same_user")
		}
	}
	f.size("from", a.From, f.limits.UserID)
	f.text(a.Text)
	if a.From != "" {
		f.required("reason", a.Reason)
	}
}

// text checks what is to be said.
func (f *fields) text(text string) {
	f.required("text", text)
	limit := f.limits.MessageBytes
	if limit == 0 {
		limit = maxText
	}
	f.size("text", text, limit)
}

func (a Send) work() work { return &sendWork{a: a} }

// EditMessage overwrites the text of a message for everybody. What it said is not kept, so it cannot be undone.
type EditMessage struct {
	Common
	Where
	Message MessageRef `json:"message"`
	Text    string     `json:"text"`
	// Seen is what the form showed as the message's text. If it says something else by now, the form comes back. nil: not
	// checked.
	Seen *string `json:"-"`
}

// Verb is VerbEditMessage or VerbEditDirect.
func (a EditMessage) Verb() Verb { return a.Where.verb(VerbEditMessage, VerbEditDirect) }

func (a EditMessage) check(f *fields) {
	a.Where.check(f)
	f.message(a.Message)
	f.text(a.Text)
}

// message checks a message that is named by its position, too.
func (f *fields) message(m MessageRef) {
	f.list("message", []string{m.ID}, 0, true)
	f.size("message", m.ID+m.Seq, maxMessageID)
}

// maxMessageID bounds what is taken for a message's name, in bytes.
const maxMessageID = 400

func (a EditMessage) work() work {
	return &editWork{where: a.Where, ref: a.Message, text: a.Text, seen: a.Seen}
}

// MarkRead marks all that User was told by Peer as read. It cannot be undone.
type MarkRead struct {
	Common
	User string `json:"user"`
	Peer string `json:"peer"`
}

// Verb is VerbMarkReadDirect.
func (MarkRead) Verb() Verb { return VerbMarkReadDirect }

func (a MarkRead) check(f *fields) { f.pair(a.User, a.Peer) }

func (a MarkRead) work() work { return &readWork{where: Where{User: a.User, Peer: a.Peer}} }

// Hide takes messages out of User's view of a direct chat; Peer keeps them. It cannot be undone.
type Hide struct {
	Common
	User     string       `json:"user"`
	Peer     string       `json:"peer"`
	Messages []MessageRef `json:"messages"`
}

// Verb is VerbHideDirect.
func (Hide) Verb() Verb { return VerbHideDirect }

func (a Hide) check(f *fields) {
	f.pair(a.User, a.Peer)
	ids := make([]string, 0, len(a.Messages))
	for _, m := range a.Messages {
		ids = append(ids, m.ID)
	}
	f.list("messages", ids, maxMessageID, true)
}

func (a Hide) work() work {
	return &hideWork{where: Where{User: a.User, Peer: a.Peer}, refs: a.Messages}
}

// SetExtensions changes keys and values that are kept with a message: Set adds or changes, Remove removes, Clear removes all.
// A key that is not as it was seen is left alone and named: somebody else was faster.
type SetExtensions struct {
	Common
	Where
	Message string               `json:"message"`
	Set     []imclient.Extension `json:"set,omitempty"`    // Version: of the value as it was seen, "" for a new key
	Remove  []imclient.Extension `json:"remove,omitempty"` // likewise
	Clear   bool                 `json:"clear,omitempty"`
}

// Verb is VerbExtensions or VerbDirectExtensions.
func (a SetExtensions) Verb() Verb { return a.Where.verb(VerbExtensions, VerbDirectExtensions) }

func (a SetExtensions) check(f *fields) {
	a.Where.check(f)
	f.list("message", []string{a.Message}, maxMessageID, true)
	if a.Clear == (len(a.Set)+len(a.Remove) > 0) {
		f.add("key", "action.invalid.no_change")
	}
	seen := map[string]bool{}
	for _, e := range a.Set {
		f.required("value", e.Value)
		f.size("value", e.Value, f.limits.ExtensionValue)
	}
	for _, e := range append(append([]imclient.Extension{}, a.Set...), a.Remove...) {
		f.required("key", e.Key)
		f.size("key", e.Key, f.limits.ExtensionKey)
		if seen[e.Key] {
			f.add("key", "action.invalid.twice_key", "key", e.Key)
		}
		seen[e.Key] = true
	}
	if n := f.limits.Extensions; n > 0 && len(seen) > n {
		f.add("key", "action.invalid.too_many", "n", len(seen), "limit", n)
	}
}

func (a SetExtensions) work() work {
	return &extensionWork{where: a.Where, message: a.Message, set: a.Set, remove: a.Remove, clear: a.Clear}
}

// SetUnread sets how many messages of a group a member has not read.
type SetUnread struct {
	Common
	Group string `json:"group"`
	User  string `json:"user"`
	N     int    `json:"n"`
}

// Verb is VerbSetUnread.
func (SetUnread) Verb() Verb { return VerbSetUnread }

// maxUnread bounds the number that is asked for; the service cuts it to what there is.
const maxUnread = 1_000_000

func (a SetUnread) check(f *fields) {
	f.group(a.Group)
	f.list("user", []string{a.User}, f.limits.UserID, true)
	if a.N < 0 || a.N > maxUnread {
		f.add("n", "action.invalid.count", "limit", maxUnread)
	}
}

func (a SetUnread) work() work { return &unreadWork{group: a.Group, user: a.User, n: a.N} }

// plainText is the text of a message that is one text and nothing else.
func plainText(body []imclient.Element) (text string, is bool) {
	if len(body) != 1 {
		return "", false
	}
	t, is := body[0].(imclient.Text)
	return t.Text, is
}

// sameText reports whether two texts are one, but for how their lines end: forms send them their own way.
func sameText(a, b string) bool {
	return strings.ReplaceAll(a, "\r\n", "\n") == strings.ReplaceAll(b, "\r\n", "\n")
}
