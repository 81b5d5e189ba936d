package actions

import (
	"slices"
	"strings"
	"time"

	"imdesk/imclient"
)

// Limits of what is done to live rooms and messages one by one.
const (
	maxRoomMarks = 20
	maxTokenLife = 90 * 24 * time.Hour
)

// AllowInRoom puts users on the list of those who may speak in a live room while everybody else is muted, or takes them off.
type AllowInRoom struct {
	Common
	Group string   `json:"group"`
	Users []string `json:"users"`
	On    bool     `json:"on"`
}

// Verb is VerbAllow.
func (AllowInRoom) Verb() Verb { return VerbAllow }

func (a AllowInRoom) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
}

func (a AllowInRoom) work() work {
	w := &allowWork{group: a.Group, users: distinct(a.Users), want: map[string]string{}}
	for _, u := range w.users {
		w.want[u] = onOff(a.On)
	}
	return w
}

// MarkRoom gives a live room marks of its own, or takes them away.
type MarkRoom struct {
	Common
	Group string   `json:"group"`
	Marks []string `json:"marks"`
	On    bool     `json:"on"`
}

// Verb is VerbMarkRoom.
func (MarkRoom) Verb() Verb { return VerbMarkRoom }

func (a MarkRoom) check(f *fields) {
	f.group(a.Group)
	switch {
	case len(a.Marks) == 0:
		f.add("marks", "action.invalid.nobody")
	case len(a.Marks) > maxRoomMarks:
		f.add("marks", "action.invalid.too_many", "n", len(a.Marks), "limit", maxRoomMarks)
	}
	for _, m := range a.Marks {
		f.textMark(m)
	}
}

// textMark checks a mark that is a text.
func (f *fields) textMark(m string) {
	f.required("marks", m)
	f.size("marks", m, maxTextMark)
}

const maxTextMark = 100 // bytes; no page says how many a mark may have

func (a MarkRoom) work() work {
	w := &roomMarkWork{group: a.Group, marks: distinct(a.Marks), want: map[string]string{}}
	for _, m := range w.marks {
		w.want[m] = onOff(a.On)
	}
	return w
}

// For whom messages are deleted.
const (
	DeleteForAll    = "all"
	DeleteForOthers = "others" // all but their senders
	DeleteForUser   = "user"   // User alone
)

// DeleteMessages deletes messages of a group, which leaves no trace. It cannot be undone.
type DeleteMessages struct {
	Common
	Group    string       `json:"group"`
	Messages []MessageRef `json:"messages"`
	For      string       `json:"for"`
	User     string       `json:"user,omitempty"`
}

// Verb is VerbDeleteMessages.
func (DeleteMessages) Verb() Verb { return VerbDeleteMessages }

func (a DeleteMessages) check(f *fields) {
	f.group(a.Group)
	ids := make([]string, 0, len(a.Messages))
	for _, m := range a.Messages {
		ids = append(ids, m.ID)
	}
	f.list("messages", ids, maxMessageID, true)
	switch {
	case !slices.Contains([]string{DeleteForAll, DeleteForOthers, DeleteForUser}, a.For):
		f.add("for", "action.invalid.choice")
	case a.For == DeleteForUser:
		f.list("user", []string{a.User}, f.limits.UserID, true)
	case a.User != "":
		f.add("user", "action.invalid.delete_user")
	}
}

func (a DeleteMessages) work() work {
	return &eraseWork{group: a.Group, refs: a.Messages, how: a.For, user: a.User}
}

// MarkMemberRead marks all that was said in a group as read for a member. It cannot be undone: positions only move forward.
type MarkMemberRead struct {
	Common
	Group string `json:"group"`
	User  string `json:"user"`
}

// Verb is VerbMarkRead.
func (MarkMemberRead) Verb() Verb { return VerbMarkRead }

func (a MarkMemberRead) check(f *fields) {
	f.group(a.Group)
	f.list("user", []string{a.User}, f.limits.UserID, true)
}

func (a MarkMemberRead) work() work { return &memberReadWork{group: a.Group, user: a.User} }

// SendToUsers says one thing in the direct chats of From with several users. It cannot be undone.
type SendToUsers struct {
	Common
	From  string   `json:"from,omitempty"` // "": the app's administrator, where it has one
	Users []string `json:"users"`
	Text  string   `json:"text"`
}

// Verb is VerbSendUsers.
func (SendToUsers) Verb() Verb { return VerbSendUsers }

func (a SendToUsers) check(f *fields) {
	f.users(a.Users)
	f.says(a.Text)
	f.size("from", a.From, f.limits.UserID)
}

func (a SendToUsers) work() work {
	return &massWork{users: distinct(a.Users), from: a.From, text: a.Text, key: a.Key}
}

// SendToGroups says one thing in several groups in the name of a user. It cannot be undone but by recalling each message.
type SendToGroups struct {
	Common
	From   string   `json:"from"`
	Groups []string `json:"groups"`
	Text   string   `json:"text"`
}

// Verb is VerbSendGroups.
func (SendToGroups) Verb() Verb { return VerbSendGroups }

func (a SendToGroups) check(f *fields) {
	f.list("groups", a.Groups, f.limits.GroupID, true)
	f.says(a.Text)
	f.required("from", a.From)
	f.size("from", a.From, f.limits.UserID)
}

func (a SendToGroups) work() work {
	return &massWork{groups: distinct(a.Groups), from: a.From, text: a.Text, key: a.Key}
}

// NoteBlock changes what the app has noted of one whom a user has blocked. Fields not named stay, "" removes one.
type NoteBlock struct {
	Common
	User   string           `json:"user"`
	Other  string           `json:"other"`
	Fields []imclient.Field `json:"fields"`
}

// Verb is VerbNoteBlock.
func (NoteBlock) Verb() Verb { return VerbNoteBlock }

func (a NoteBlock) check(f *fields) {
	f.list("user", []string{a.User}, f.limits.UserID, true)
	f.list("other", []string{a.Other}, f.limits.UserID, true)
	if len(a.Fields) == 0 {
		f.add("key", "action.invalid.no_change")
	}
	for _, x := range a.Fields {
		f.required("key", x.Key)
		f.size("key", x.Key, maxNoteKey)
		f.size("value", x.Value, maxNoteValue)
		if strings.HasPrefix(x.Key, "s:") { // the service's own
			f.add("key", "action.invalid.id", "id", x.Key)
		}
	}
}

// Sizes of what is noted of a block, in bytes: those of a user's own fields.
const (
	maxNoteKey   = 50
	maxNoteValue = 500
)

func (a NoteBlock) work() work {
	w := &keyedWork{user: a.User, other: a.Other, shelf: blockNotes{}, want: map[string]string{}}
	for _, x := range a.Fields {
		w.want[x.Key] = x.Value
	}
	return w
}

// MarkContact changes how a user has marked a conversation: pinned, a favourite, without being told of messages.
type MarkContact struct {
	Common
	Where
	Marks map[string]bool `json:"marks"` // those not named stay
}

// Verb is VerbMarkContact.
func (MarkContact) Verb() Verb { return VerbMarkContact }

func (a MarkContact) check(f *fields) {
	f.list("user", []string{a.User}, f.limits.UserID, true)
	if (a.Group == "") == (a.Peer == "") {
		f.add("group", "action.invalid.chat")
	}
	if len(a.Marks) == 0 {
		f.add("marks", "action.invalid.no_change")
	}
}

func (a MarkContact) work() work {
	w := &contactMarkWork{where: a.Where, want: map[string]string{}}
	for m, on := range a.Marks {
		w.want[m] = onOff(on)
	}
	return w
}

// MakeToken makes what a client of the app signs in with as a user. The token is given to Deliver and nobody else: it stands
// neither in the result nor in the audit log. It cannot be undone: a token holds until it expires.
type MakeToken struct {
	Common
	User    string        `json:"user"`
	Life    time.Duration `json:"life"`
	Deliver func(string)  `json:"-"` // not called for a repeat
}

// Verb is VerbMakeToken.
func (MakeToken) Verb() Verb { return VerbMakeToken }

func (a MakeToken) check(f *fields) {
	f.list("user", []string{a.User}, f.limits.UserID, true)
	switch {
	case a.Life < time.Minute:
		f.add("life", "action.invalid.length")
	case a.Life > maxTokenLife:
		f.add("life", "action.invalid.token_life")
	}
}

func (a MakeToken) work() work { return &tokenWork{user: a.User, life: a.Life, deliver: a.Deliver} }
