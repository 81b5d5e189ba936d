package actions

import (
	"math"
	"slices"
	"time"

	"imdesk/imclient"
)

// Limits of what an app keeps with a group, where the service states none.
const (
	maxFields     = 50   // of one request
	maxFieldKey   = 128  // bytes
	maxFieldValue = 8000 // bytes
	maxMost       = 1_000_000
)

// CreateGroup makes a group. With ID "" the service chooses one, and it stands in Result.Group.
type CreateGroup struct {
	Common
	Type   imclient.GroupType `json:"type"`
	ID     string             `json:"id,omitempty"`
	Name   string             `json:"name"`
	Owner  string             `json:"owner,omitempty"` // "": nobody
	Intro  string             `json:"intro,omitempty"`
	Notice string             `json:"notice,omitempty"`
	Avatar string             `json:"avatar,omitempty"`
	Join   string             `json:"join,omitempty"` // as in EditGroup; "": as the service likes
	Most   int                `json:"most,omitempty"` // members; 0: as the service likes
	Topics bool               `json:"topics,omitempty"`
	Custom []imclient.Field   `json:"custom,omitempty"`
}

// Verb is VerbCreateGroup.
func (CreateGroup) Verb() Verb { return VerbCreateGroup }

func (a CreateGroup) check(f *fields) {
	f.newGroup(a.Type, a.ID, a.Name, a.Owner)
	f.size("intro", a.Intro, f.limits.Introduction)
	f.size("notice", a.Notice, f.limits.Notice)
	f.size("avatar", a.Avatar, f.limits.Avatar)
	if a.Join != "" && !slices.Contains(joins, a.Join) {
		f.add("join", "action.invalid.join")
	}
	if a.Most < 0 || a.Most > maxMost {
		f.add("most", "action.invalid.most", "limit", maxMost)
	}
	f.pairs("custom", a.Custom, maxFieldKey, maxFieldValue)
	for _, c := range a.Custom {
		if c.Value == "" {
			f.add("custom", "action.invalid.empty_value", "key", c.Key)
		}
	}
}

func (a CreateGroup) work() work { return createMaking(a) }

// joins are how users can come into a group by themselves.
var joins = []string{"FreeAccess", "NeedPermission", "DisableApply"}

// newGroup checks what CreateGroup and ImportGroup have in common.
func (f *fields) newGroup(t imclient.GroupType, id, name, owner string) {
	f.required("type", string(t))
	f.size("type", string(t), maxKey)
	f.size("id", id, f.limits.GroupID)
	f.required(FieldName, name)
	f.size(FieldName, name, f.limits.GroupName)
	f.size("owner", owner, f.limits.UserID)
}

// pairs checks keys and values: keys that are there, once each, and that can be typed.
func (f *fields) pairs(name string, list []imclient.Field, key, value int) {
	if len(list) > maxFields {
		f.add(name, "action.invalid.too_many", "n", len(list), "limit", maxFields)
	}
	seen := map[string]bool{}
	for _, p := range list {
		f.required(name, p.Key)
		f.size(name, p.Key, key)
		f.size(name, p.Value, value)
		if seen[p.Key] {
			f.add(name, "action.invalid.key_twice", "key", p.Key)
		}
		seen[p.Key] = true
	}
}

// ImportGroup makes a group with a past: nobody is told, and messages of before can be put into it.
type ImportGroup struct {
	Common
	Type    imclient.GroupType `json:"type"`
	ID      string             `json:"id,omitempty"`
	Name    string             `json:"name"`
	Owner   string             `json:"owner,omitempty"`
	Created time.Time          `json:"created,omitzero"` // zero: now
}

// Verb is VerbImportGroup.
func (ImportGroup) Verb() Verb { return VerbImportGroup }

func (a ImportGroup) check(f *fields) {
	f.newGroup(a.Type, a.ID, a.Name, a.Owner)
	if a.Created.After(f.now) {
		f.add("created", "action.invalid.future")
	}
}

func (a ImportGroup) work() work { return importMaking(a) }

// DismissGroup ends a group for everybody. It cannot be undone.
type DismissGroup struct {
	Common
	Group string `json:"group"`
}

// Verb is VerbDismiss.
func (DismissGroup) Verb() Verb { return VerbDismiss }

func (a DismissGroup) check(f *fields) { f.group(a.Group) }

func (a DismissGroup) work() work { return &dismissWork{group: a.Group} }

// TransferGroup gives a group to another owner, who must be a member. The one before stays as a plain member.
type TransferGroup struct {
	Common
	Group string `json:"group"`
	Owner string `json:"owner"`
}

// Verb is VerbTransfer.
func (TransferGroup) Verb() Verb { return VerbTransfer }

func (a TransferGroup) check(f *fields) {
	f.group(a.Group)
	f.required("owner", a.Owner)
	f.size("owner", a.Owner, f.limits.UserID)
}

func (a TransferGroup) work() work {
	return &transferWork{group: a.Group, item: a.Owner, owner: a.Owner}
}

// AddMembers puts users into a group. Some services ask them first.
type AddMembers struct {
	Common
	Group  string   `json:"group"`
	Users  []string `json:"users"`
	Silent bool     `json:"silent,omitempty"` // nobody is told
}

// Verb is VerbAddMembers.
func (AddMembers) Verb() Verb { return VerbAddMembers }

func (a AddMembers) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
}

func (a AddMembers) work() work {
	return &addWork{group: a.Group, users: distinct(a.Users), silent: a.Silent, fresh: true}
}

// MemberFields changes app-defined fields of a member. Those not named stay, "" removes one.
type MemberFields struct {
	Common
	Group  string           `json:"group"`
	User   string           `json:"user"`
	Fields []imclient.Field `json:"fields"`
	// Seen is what the form showed, by key: "" for what was not there. nil: not checked.
	Seen map[string]string `json:"-"`
}

// Verb is VerbMemberFields.
func (MemberFields) Verb() Verb { return VerbMemberFields }

func (a MemberFields) check(f *fields) {
	f.group(a.Group)
	f.list("user", []string{a.User}, f.limits.UserID, true)
	f.changes(a.Fields)
}

func (f *fields) changes(list []imclient.Field) {
	f.pairs("fields", list, maxFieldKey, maxFieldValue)
	if len(list) == 0 {
		f.add("fields", "action.invalid.no_change")
	}
}

func (a MemberFields) work() work {
	return &keyedWork{group: a.Group, user: a.User, shelf: memberFields{}, want: byKey(a.Fields), seen: a.Seen}
}

func byKey(list []imclient.Field) map[string]string {
	m := make(map[string]string, len(list))
	for _, f := range list {
		m[f.Key] = f.Value
	}
	return m
}

// GroupFields changes app-defined fields of a group. Those not named stay, "" removes one.
type GroupFields struct {
	Common
	Group  string            `json:"group"`
	Fields []imclient.Field  `json:"fields"`
	Seen   map[string]string `json:"-"` // as in MemberFields
}

// Verb is VerbGroupFields.
func (GroupFields) Verb() Verb { return VerbGroupFields }

func (a GroupFields) check(f *fields) {
	f.group(a.Group)
	f.changes(a.Fields)
}

func (a GroupFields) work() work {
	return &keyedWork{group: a.Group, shelf: groupFields{}, want: byKey(a.Fields), seen: a.Seen}
}

// SetAttributes changes attributes of a group: sets some, removes some, or removes All of them.
type SetAttributes struct {
	Common
	Group  string           `json:"group"`
	Set    []imclient.Field `json:"set,omitempty"`
	Remove []string         `json:"remove,omitempty"`
	All    bool             `json:"all,omitempty"`
	// Seen is what the form showed, by key, in writing (AttributeText): "" for what was not there. nil: not checked.
	Seen map[string]string `json:"-"`
}

// Verb is VerbAttributes.
func (SetAttributes) Verb() Verb { return VerbAttributes }

func (a SetAttributes) check(f *fields) {
	f.group(a.Group)
	f.pairs("key", a.Set, f.limits.AttributeKey, 0)
	for _, s := range a.Set {
		f.size("value", s.Value, f.limits.AttributeValue)
	}
	removed := make([]imclient.Field, len(a.Remove))
	for i, key := range a.Remove {
		removed[i].Key = key
	}
	f.pairs("key", append(removed, a.Set...), f.limits.AttributeKey, 0)
	if len(a.Set)+len(a.Remove) == 0 && !a.All {
		f.add("key", "action.invalid.no_change")
	}
}

func (a SetAttributes) work() work {
	w := &keyedWork{group: a.Group, shelf: attributes{}, want: map[string]string{}, seen: a.Seen, all: a.All}
	for _, f := range a.Set {
		w.want[f.Key] = AttributeText(f.Value)
	}
	for _, key := range a.Remove {
		w.want[key] = ""
	}
	return w
}

// SetCounters changes counters of a group: sets some and removes some, or adds to one.
type SetCounters struct {
	Common
	Group  string             `json:"group"`
	Set    []imclient.Counter `json:"set,omitempty"`
	Add    *imclient.Counter  `json:"add,omitempty"` // below zero takes away
	Remove []string           `json:"remove,omitempty"`
}

// Verb is VerbCounters.
func (SetCounters) Verb() Verb { return VerbCounters }

func (a SetCounters) check(f *fields) {
	f.group(a.Group)
	var keys []imclient.Field
	for _, c := range a.Set {
		keys = append(keys, imclient.Field{Key: c.Key})
	}
	for _, key := range a.Remove {
		keys = append(keys, imclient.Field{Key: key})
	}
	if a.Add != nil {
		if len(keys) > 0 {
			f.add("key", "action.invalid.one_key")
		}
		if a.Add.Value == 0 || a.Add.Value == math.MinInt64 {
			f.add("value", "action.invalid.amount")
		}
		keys = append(keys, imclient.Field{Key: a.Add.Key})
	}
	f.pairs("key", keys, f.limits.CounterKey, 0)
	if len(keys) == 0 {
		f.add("key", "action.invalid.no_change")
	}
}

func (a SetCounters) work() work {
	w := &counterWork{group: a.Group, set: map[string]int64{}, add: map[string]int64{}}
	for _, c := range a.Set {
		w.set[c.Key] = c.Value
		w.keys = append(w.keys, c.Key)
	}
	if a.Add != nil {
		w.add[a.Add.Key] = a.Add.Value
		w.keys = append(w.keys, a.Add.Key)
	}
	w.keys = append(w.keys, a.Remove...)
	return w
}

// ClearMessages deletes all that was said in a group so far, for everybody. It cannot be undone.
type ClearMessages struct {
	Common
	Group string `json:"group"`
}

// Verb is VerbClearMessages.
func (ClearMessages) Verb() Verb { return VerbClearMessages }

func (a ClearMessages) check(f *fields) { f.group(a.Group) }

func (a ClearMessages) work() work { return &clearWork{group: a.Group} }

// CreateTopic makes a topic of a community. With ID "" the service chooses one.
type CreateTopic struct {
	Common
	Group  string `json:"group"`
	ID     string `json:"id,omitempty"`
	Name   string `json:"name"`
	Intro  string `json:"intro,omitempty"`
	Notice string `json:"notice,omitempty"`
	Avatar string `json:"avatar,omitempty"`
	Custom string `json:"custom,omitempty"`
}

// Verb is VerbCreateTopic.
func (CreateTopic) Verb() Verb { return VerbCreateTopic }

func (a CreateTopic) check(f *fields) {
	f.group(a.Group)
	f.size("id", a.ID, f.limits.TopicID)
	f.required(FieldName, a.Name)
	f.topic(map[string]string{
		FieldName: a.Name, FieldIntro: a.Intro, FieldNotice: a.Notice, FieldAvatar: a.Avatar, FieldCustom: a.Custom,
	})
}

// topic checks the texts of a topic.
func (f *fields) topic(texts map[string]string) {
	for field, limit := range map[string]int{
		FieldName: f.limits.GroupName, FieldIntro: f.limits.Introduction, FieldNotice: f.limits.Notice, FieldAvatar: f.limits.Avatar,
		FieldCustom: f.limits.TopicCustom,
	} {
		f.size(field, texts[field], limit)
	}
}

func (a CreateTopic) work() work { return topicMaking(a) }

// FieldCustom is a field of EditTopic beside those of EditGroup: the app's own text.
const FieldCustom = "custom"

// EditTopic changes what a topic says of itself, and who may speak in it. Fields that are nil stay.
type EditTopic struct {
	Common
	Group   string            `json:"group"` // the community
	Topic   string            `json:"topic"`
	Name    *string           `json:"name,omitempty"`
	Intro   *string           `json:"intro,omitempty"`
	Notice  *string           `json:"notice,omitempty"`
	Avatar  *string           `json:"avatar,omitempty"`
	Custom  *string           `json:"custom,omitempty"`
	MuteAll *bool             `json:"mute_all,omitempty"`
	Seen    map[string]string `json:"-"` // what the form showed, by field; nil: not checked
}

// Verb is VerbEditTopic.
func (EditTopic) Verb() Verb { return VerbEditTopic }

func (a EditTopic) want() map[string]string {
	want := map[string]string{}
	for field, v := range map[string]*string{
		FieldName: a.Name, FieldIntro: a.Intro, FieldNotice: a.Notice, FieldAvatar: a.Avatar, FieldCustom: a.Custom,
	} {
		if v != nil {
			want[field] = *v
		}
	}
	if a.MuteAll != nil {
		want[FieldMuteAll] = onOff(*a.MuteAll)
	}
	return want
}

func (a EditTopic) check(f *fields) {
	f.group(a.Group)
	f.required("topic", a.Topic)
	f.size("topic", a.Topic, f.limits.TopicID)
	want := a.want()
	f.topic(want)
	if a.Name != nil {
		f.required(FieldName, *a.Name)
	}
	if len(want) == 0 {
		f.add(FieldName, "action.invalid.no_change")
	}
}

func (a EditTopic) work() work {
	return &keyedWork{group: a.Group, topic: a.Topic, shelf: topicFields{}, want: a.want(), seen: a.Seen}
}

// DeleteTopic deletes a topic of a community with all that was said in it. It cannot be undone.
type DeleteTopic struct {
	Common
	Group string `json:"group"` // the community
	Topic string `json:"topic"`
}

// Verb is VerbDeleteTopic.
func (DeleteTopic) Verb() Verb { return VerbDeleteTopic }

func (a DeleteTopic) check(f *fields) {
	f.group(a.Group)
	f.required("topic", a.Topic)
	f.size("topic", a.Topic, f.limits.TopicID)
}

func (a DeleteTopic) work() work { return &deleteTopicWork{group: a.Group, topic: a.Topic} }
