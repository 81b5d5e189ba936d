package actions

import (
	"context"
	"slices"
	"time"

	"imdesk/imclient"
)

// Limits of one action. Longer work is a job, which is made of actions.
const (
	MaxTargets = 500
	maxReason  = 1000 // bytes; the audit log takes more
	maxNote    = 4000 // bytes
	maxNotice  = 8000 // bytes of a notice where the service states no limit
	maxKey     = 100  // bytes
	maxSpan    = 10 * 365 * 24 * time.Hour
)

// Action is something to be done: one of the request types below.
type Action interface {
	Verb() Verb
	common() Common
	check(f *fields)
	work() work
}

// Common is what every action has.
type Common struct {
	Reason string `json:"reason,omitempty"` // why; where the service tells the people concerned, it tells them this
	Note   string `json:"note,omitempty"`   // for colleagues only
	// Key is made by the client, one for each form: an operator's second action with the same key is not carried out
	// but answered with the first one's result. "" is no key.
	Key string `json:"-"`
	// Was is how items were before an earlier try of which nobody can tell what it did: an undo restores that, and not what
	// the try may have left.
	Was map[string]string `json:"-"`
	// Case is the case that led to it, for the record; 0: none.
	Case int64 `json:"-"`
}

func (c Common) common() Common { return c }

func (c Common) check(f *fields, v Verb) {
	if ReasonRequired(v) {
		f.required("reason", c.Reason)
	}
	f.size("reason", c.Reason, maxReason)
	f.size("note", c.Note, maxNote)
	f.size("key", c.Key, maxKey)
}

// Span is how long something holds: For, Until or Forever, exactly one of them.
type Span struct {
	For     time.Duration `json:"for,omitempty"`
	Until   time.Time     `json:"until,omitzero"`
	Forever bool          `json:"forever,omitempty"`
}

func (s Span) check(f *fields) {
	given := 0
	for _, is := range []bool{s.For != 0, !s.Until.IsZero(), s.Forever} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		f.add("length", "action.invalid.length")
	case s.For < 0 || s.For > 0 && s.For < time.Second:
		f.add("length", "action.invalid.too_short")
	case s.For > maxSpan:
		f.add("length", "action.invalid.too_far")
	case !s.Until.IsZero() && !s.Until.After(f.now.Add(time.Second)):
		f.add("until", "action.invalid.past")
	case s.Until.After(f.now.Add(maxSpan)):
		f.add("until", "action.invalid.too_far")
	}
}

// end is when the span ends, as text, if it begins now.
func (s Span) end(now time.Time) string {
	switch {
	case s.Forever:
		return TextForever
	case s.For > 0:
		return endText(now.Add(s.For))
	}
	return endText(s.Until)
}

// Mute forbids members to speak in a group. The owner cannot be muted, admins only with AlsoAdmins.
type Mute struct {
	Common
	Group      string   `json:"group"`
	Users      []string `json:"users"`
	Span       Span     `json:"span"`
	AlsoAdmins bool     `json:"also_admins,omitempty"`
}

// Verb is VerbMute.
func (Mute) Verb() Verb { return VerbMute }

func (a Mute) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
	a.Span.check(f)
}

func (a Mute) work() work {
	return &muteWork{group: a.Group, users: distinct(a.Users), span: a.Span, alsoAdmins: a.AlsoAdmins}
}

// Unmute lets members speak again.
type Unmute struct {
	Common
	Group string   `json:"group"`
	Users []string `json:"users"`
}

// Verb is VerbUnmute.
func (Unmute) Verb() Verb { return VerbUnmute }

func (a Unmute) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
}

func (a Unmute) work() work { return &muteWork{group: a.Group, users: distinct(a.Users), lift: true} }

// MuteAll lets only the owner and the admins speak, or everybody again.
type MuteAll struct {
	Common
	Group string `json:"group"`
	On    bool   `json:"on"`
}

// Verb is VerbMuteAll.
func (MuteAll) Verb() Verb { return VerbMuteAll }

func (a MuteAll) check(f *fields) { f.group(a.Group) }

func (a MuteAll) work() work {
	return &groupWork{group: a.Group, want: map[string]string{FieldMuteAll: onOff(a.On)}}
}

// Kick removes members from a group. The owner cannot be kicked, admins only with AlsoAdmins.
type Kick struct {
	Common
	Group      string   `json:"group"`
	Users      []string `json:"users"`
	Silent     bool     `json:"silent,omitempty"` // nobody is told; else the service tells the reason
	AlsoAdmins bool     `json:"also_admins,omitempty"`
}

// Verb is VerbKick.
func (Kick) Verb() Verb { return VerbKick }

func (a Kick) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
}

func (a Kick) work() work {
	return &kickWork{group: a.Group, users: distinct(a.Users), silent: a.Silent, reason: a.Reason, alsoAdmins: a.AlsoAdmins}
}

// MessageRef points at a message: ID is what takes it back, Seq the position by which it is found in the history.
// Without Seq nobody can look whether it is gone.
type MessageRef struct {
	ID  string `json:"id"`
	Seq string `json:"seq,omitempty"`
}

// Recall takes messages back for everybody. It cannot be undone.
type Recall struct {
	Common
	Group    string       `json:"group,omitempty"` // of a direct chat: User and Peer
	User     string       `json:"user,omitempty"`
	Peer     string       `json:"peer,omitempty"`
	Messages []MessageRef `json:"messages"`
	// Spare tells of senders whose messages are to be left alone, as far as the history says who sent them; nil: none.
	Spare func(ctx context.Context, senders []string) (map[string]bool, error) `json:"-"`
}

// Verb is VerbRecall.
func (Recall) Verb() Verb { return VerbRecall }

func (a Recall) check(f *fields) {
	if a.User != "" || a.Peer != "" {
		f.required("user", a.User)
		f.required("peer", a.Peer)
		f.size("user", a.User, f.limits.UserID)
		f.size("peer", a.Peer, f.limits.UserID)
		if a.Group != "" {
			f.add("group", "action.invalid.conversation")
		}
	} else {
		f.conversation(a.Group)
	}
	ids := make([]string, 0, len(a.Messages))
	for _, m := range a.Messages {
		ids = append(ids, m.ID)
	}
	f.list("messages", ids, 0, true)
}

func (a Recall) work() work {
	refs := make([]MessageRef, 0, len(a.Messages))
	for _, m := range a.Messages {
		if !slices.ContainsFunc(refs, func(r MessageRef) bool { return r.ID == m.ID }) {
			refs = append(refs, m)
		}
	}
	return &recallWork{
		group: a.Group, conversation: imclient.Conversation{Group: a.Group, User: a.User, Peer: a.Peer},
		refs: refs, reason: a.Reason, spare: a.Spare,
	}
}

// DeleteBySender takes back what senders said in a group lately, as far back as the service reaches. It cannot be undone.
type DeleteBySender struct {
	Common
	Group string   `json:"group"`
	Users []string `json:"users"`
}

// Verb is VerbDeleteBySender.
func (DeleteBySender) Verb() Verb { return VerbDeleteBySender }

func (a DeleteBySender) check(f *fields) {
	f.conversation(a.Group)
	f.users(a.Users)
}

func (a DeleteBySender) work() work {
	return &deleteWork{group: a.Group, users: distinct(a.Users)}
}

// SetRole makes members admins, or admins members.
type SetRole struct {
	Common
	Group string        `json:"group"`
	Users []string      `json:"users"`
	Role  imclient.Role `json:"role"` // RoleAdmin or RoleMember
}

// Verb is VerbSetRole.
func (SetRole) Verb() Verb { return VerbSetRole }

func (a SetRole) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
	if a.Role != imclient.RoleAdmin && a.Role != imclient.RoleMember {
		f.add("role", "action.invalid.role")
	}
}

func (a SetRole) work() work {
	want := make(map[string]string, len(a.Users))
	for _, u := range a.Users {
		want[u] = string(a.Role)
	}
	return &roleWork{group: a.Group, users: distinct(a.Users), want: want}
}

// SetNameCard changes a member's name in a group; "" removes it.
type SetNameCard struct {
	Common
	Group string `json:"group"`
	User  string `json:"user"`
	Card  string `json:"card"`
}

// Verb is VerbNameCard.
func (SetNameCard) Verb() Verb { return VerbNameCard }

func (a SetNameCard) check(f *fields) {
	f.group(a.Group)
	f.list("user", []string{a.User}, f.limits.UserID, true)
	f.size("card", a.Card, f.limits.NameCard)
}

func (a SetNameCard) work() work {
	return &cardWork{group: a.Group, user: a.User, card: a.Card}
}

// The fields of a group that can be changed: names of form fields, and the ids of the items of EditGroup.
const (
	FieldName       = "name"
	FieldIntro      = "intro"
	FieldNotice     = "notice"
	FieldAvatar     = "avatar"
	FieldJoinOption = "join"
	FieldMuteAll    = "mute_all"
)

// EditGroup changes what a group says of itself. Fields that are nil stay, and so do those that are as wanted already.
type EditGroup struct {
	Common
	Group  string  `json:"group"`
	Name   *string `json:"name,omitempty"`
	Intro  *string `json:"intro,omitempty"`
	Notice *string `json:"notice,omitempty"`
	Avatar *string `json:"avatar,omitempty"`
	Join   *string `json:"join,omitempty"` // FreeAccess, NeedPermission, DisableApply
	// Seen is what the form showed before it was changed, by field. A field that is neither so nor as wanted any more
	// was changed by somebody else meanwhile, and the form comes back. nil: not checked.
	Seen map[string]string `json:"-"`
}

// Verb is VerbEditGroup.
func (EditGroup) Verb() Verb { return VerbEditGroup }

func (a EditGroup) want() map[string]string {
	want := map[string]string{}
	for field, v := range map[string]*string{
		FieldName: a.Name, FieldIntro: a.Intro, FieldNotice: a.Notice, FieldAvatar: a.Avatar, FieldJoinOption: a.Join,
	} {
		if v != nil {
			want[field] = *v
		}
	}
	return want
}

func (a EditGroup) check(f *fields) {
	f.group(a.Group)
	want := a.want()
	for field, limit := range map[string]int{
		FieldName: f.limits.GroupName, FieldIntro: f.limits.Introduction, FieldNotice: f.limits.Notice, FieldAvatar: f.limits.Avatar,
	} {
		f.size(field, want[field], limit)
	}
	if a.Name != nil {
		f.required(FieldName, *a.Name)
	}
	if a.Join != nil && !slices.Contains([]string{"FreeAccess", "NeedPermission", "DisableApply"}, *a.Join) {
		f.add(FieldJoinOption, "action.invalid.join")
	}
	if len(want) == 0 {
		f.add(FieldName, "action.invalid.no_change")
	}
}

func (a EditGroup) work() work {
	return &groupWork{group: a.Group, want: a.want(), seen: a.Seen}
}

// Notice shows a text to the members who are online. It cannot be undone, and nobody can look whether it came.
type Notice struct {
	Common
	Group string   `json:"group"`
	Text  string   `json:"text"`
	To    []string `json:"to,omitempty"` // empty: everybody
}

// Verb is VerbNotice.
func (Notice) Verb() Verb { return VerbNotice }

func (a Notice) check(f *fields) {
	f.conversation(a.Group)
	f.required("text", a.Text)
	limit := f.limits.NoticeText
	if limit == 0 {
		limit = maxNotice
	}
	f.size("text", a.Text, limit)
	f.list("to", a.To, f.limits.UserID, false)
}

func (a Notice) work() work { return &noticeWork{group: a.Group, text: a.Text, to: distinct(a.To)} }

// GlobalMute forbids users to speak in direct chats, in groups, or both, anywhere in the app. A nil part stays as it is.
type GlobalMute struct {
	Common
	Users  []string `json:"users"`
	Direct *Span    `json:"direct,omitempty"`
	Groups *Span    `json:"groups,omitempty"`
}

// Verb is VerbGlobalMute.
func (GlobalMute) Verb() Verb { return VerbGlobalMute }

func (a GlobalMute) check(f *fields) {
	f.users(a.Users)
	if a.Direct == nil && a.Groups == nil {
		f.add("where", "action.invalid.where")
	}
	for _, s := range []*Span{a.Direct, a.Groups} {
		if s != nil {
			s.check(f)
		}
	}
}

func (a GlobalMute) work() work {
	return &globalWork{users: distinct(a.Users), direct: a.Direct, groups: a.Groups}
}

// GlobalUnmute lifts the global mute of direct chats, of groups, or both.
type GlobalUnmute struct {
	Common
	Users  []string `json:"users"`
	Direct bool     `json:"direct,omitempty"`
	Groups bool     `json:"groups,omitempty"`
}

// Verb is VerbGlobalUnmute.
func (GlobalUnmute) Verb() Verb { return VerbGlobalUnmute }

func (a GlobalUnmute) check(f *fields) {
	f.users(a.Users)
	if !a.Direct && !a.Groups {
		f.add("where", "action.invalid.where")
	}
}

func (a GlobalUnmute) work() work {
	w := &globalWork{users: distinct(a.Users), lift: true}
	if a.Direct {
		w.direct = &Span{}
	}
	if a.Groups {
		w.groups = &Span{}
	}
	return w
}

// SignOut ends users' logins on all devices. It is not a ban, and cannot be undone: they sign in again.
type SignOut struct {
	Common
	Users []string `json:"users"`
}

// Verb is VerbSignOut.
func (SignOut) Verb() Verb { return VerbSignOut }

func (a SignOut) check(f *fields) { f.users(a.Users) }

func (a SignOut) work() work { return &signOutWork{users: distinct(a.Users)} }

// Ban keeps users out of a live room.
type Ban struct {
	Common
	Group string   `json:"group"`
	Users []string `json:"users"`
	Span  Span     `json:"span"`
}

// Verb is VerbBan.
func (Ban) Verb() Verb { return VerbBan }

func (a Ban) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
	a.Span.check(f)
}

func (a Ban) work() work {
	return &banWork{group: a.Group, users: distinct(a.Users), span: a.Span, reason: a.Reason}
}

// Unban lets users into a live room again.
type Unban struct {
	Common
	Group string   `json:"group"`
	Users []string `json:"users"`
}

// Verb is VerbUnban.
func (Unban) Verb() Verb { return VerbUnban }

func (a Unban) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
}

func (a Unban) work() work { return &banWork{group: a.Group, users: distinct(a.Users), lift: true} }

func onOff(on bool) string {
	if on {
		return TextOn
	}
	return TextOff
}
