package tencent

import "context"

var (
	imPush          = command[ImPushRequest, ImPushAnswer](pushSvc, "im_push", writes, rateSlow, "37166")
	imSetAttrName   = command[AttrNames, Done](pushSvc, "im_set_attr_name", writes, ratePush, "37167")
	imGetAttrName   = command[Empty, AttrNamesAnswer](pushSvc, "im_get_attr_name", reads, ratePush, "37168")
	imGetAttr       = command[AccountsRequest, UserAttrsAnswer](pushSvc, "im_get_attr", reads, ratePush, "37169")
	imSetAttr       = command[SetUserAttrsRequest, Done](pushSvc, "im_set_attr", writes, ratePush, "37170")
	imRemoveAttr    = command[RemoveUserAttrsRequest, Done](pushSvc, "im_remove_attr", writes, ratePush, "37171")
	imGetTag        = command[AccountsRequest, UserTagsAnswer](pushSvc, "im_get_tag", reads, ratePush, "37172")
	imAddTag        = command[UserTagsRequest, Done](pushSvc, "im_add_tag", writes, ratePush, "37173")
	imRemoveTag     = command[UserTagsRequest, Done](pushSvc, "im_remove_tag", writes, ratePush, "37174")
	imRemoveAllTags = command[AccountsRequest, Done](pushSvc, "im_remove_all_tags", writes, ratePush, "37175")
)

// pushSvc is the service of messages to all users, or to those with tags or attributes.
const pushSvc = "all_member_push"

// Caps of the push commands. The app's plan allows so many pushes a day; 100 is the default.
const (
	maxPushUsers  = 100 // users a call
	maxPushTags   = 10  // of one user a call, and of one condition
	maxPushTag    = 50  // bytes
	maxAttrNames  = 10
	maxAttrName   = 50     // bytes
	maxMsgLife    = 604800 // seconds
	maxPushPerDay = 100
)

// ImPushRequest is a message to all users, or to those that meet the condition. It is not repeated within 7 days.
type ImPushRequest struct {
	FromAccount     string         `json:"From_Account,omitempty"`
	MsgRandom       uint32         // tells repeats apart
	MsgLifeTime     int            `json:",omitempty"` // seconds, 0 to 604800; 0 = online only
	Condition       *PushCondition `json:",omitempty"` // nil = everybody
	MsgBody         []MsgElement
	OfflinePushInfo *OfflinePush `json:",omitempty"`
}

// PushCondition is about tags or about attributes, never both: at most 10 tags.
type PushCondition struct {
	TagsOr   []string          `json:",omitempty"`
	TagsAnd  []string          `json:",omitempty"`
	AttrsOr  map[string]string `json:",omitempty"`
	AttrsAnd map[string]string `json:",omitempty"`
}

// ImPushAnswer has the task's id.
type ImPushAnswer struct {
	Envelope
	TaskId Str
}

// ImPush says something to many users: at most one call a second, 100 a day by default. It cannot be taken back, and is in
// no history. Codes: 90001, 90002, 90005, 90007, 90009, 90010, 90020, 90022, 90024 (too soon), 90026, 90032 to 90034, 90039
// (tags and attributes), 90040, 90045 (not enabled), 90047 (used up for today), 91000.
//
// Source: Tencent Cloud Chat REST API, im_push (doc 37166).
func (a *API) ImPush(ctx context.Context, q *ImPushRequest) (*ImPushAnswer, error) {
	return call(ctx, a, imPush, q)
}

// AttrNames names the app's attributes of users, by their numbers from "0" to "9". A name takes 50 bytes.
type AttrNames struct{ AttrNames map[string]string }

// ImSetAttrName names attributes. Codes: 90001, 90009, 91000.
//
// Source: Tencent Cloud Chat REST API, im_set_attr_name (doc 37167).
func (a *API) ImSetAttrName(ctx context.Context, q *AttrNames) (*Done, error) {
	return call(ctx, a, imSetAttrName, q)
}

// AttrNamesAnswer has the names that are set.
type AttrNamesAnswer struct {
	Envelope
	AttrNames map[string]Str
}

// ImGetAttrName reads the names of attributes. Codes: 90001, 90009, 90018, 91000.
//
// Source: Tencent Cloud Chat REST API, im_get_attr_name (doc 37168).
func (a *API) ImGetAttrName(ctx context.Context, q *Empty) (*AttrNamesAnswer, error) {
	return call(ctx, a, imGetAttrName, q)
}

// AccountsRequest names at most 100 users.
type AccountsRequest struct {
	ToAccount []string `json:"To_Account"`
}

// UserAttrsAnswer has the attributes of each user.
type UserAttrsAnswer struct {
	Envelope
	UserAttrs []UserAttrs
}

// UserAttrs is one user's.
type UserAttrs struct {
	ToAccount Str `json:"To_Account"`
	Attrs     map[string]Str
}

// ImGetAttr reads attributes of users. Codes: 90001, 90009, 90018 (over 100), 91000.
//
// Source: Tencent Cloud Chat REST API, im_get_attr (doc 37169).
func (a *API) ImGetAttr(ctx context.Context, q *AccountsRequest) (*UserAttrsAnswer, error) {
	return call(ctx, a, imGetAttr, q)
}

// SetUserAttrsRequest sets attributes of at most 100 users.
type SetUserAttrsRequest struct{ UserAttrs []SetUserAttrs }

// SetUserAttrs is one user's.
type SetUserAttrs struct {
	ToAccount string `json:"To_Account"`
	Attrs     map[string]string
}

// ImSetAttr sets attributes. Codes: 90001, 90009, 90018, 90033 (no such attribute), 91000.
//
// Source: Tencent Cloud Chat REST API, im_set_attr (doc 37170).
func (a *API) ImSetAttr(ctx context.Context, q *SetUserAttrsRequest) (*Done, error) {
	return call(ctx, a, imSetAttr, q)
}

// RemoveUserAttrsRequest removes attributes of at most 100 users.
type RemoveUserAttrsRequest struct{ UserAttrs []RemoveUserAttrs }

// RemoveUserAttrs names one user's.
type RemoveUserAttrs struct {
	ToAccount string `json:"To_Account"`
	Attrs     []string
}

// ImRemoveAttr removes attributes. Codes: 90001, 90009, 90018, 90033, 91000.
//
// Source: Tencent Cloud Chat REST API, im_remove_attr (doc 37171).
func (a *API) ImRemoveAttr(ctx context.Context, q *RemoveUserAttrsRequest) (*Done, error) {
	return call(ctx, a, imRemoveAttr, q)
}

// UserTagsAnswer has the tags of each user.
type UserTagsAnswer struct {
	Envelope
	UserTags []UserTagList
}

// UserTagList is one user's.
type UserTagList struct {
	ToAccount Str `json:"To_Account"`
	Tags      []Str
}

// ImGetTag reads tags of users. Codes: 90001, 90009, 90018, 91000.
//
// Source: Tencent Cloud Chat REST API, im_get_tag (doc 37172).
func (a *API) ImGetTag(ctx context.Context, q *AccountsRequest) (*UserTagsAnswer, error) {
	return call(ctx, a, imGetTag, q)
}

// UserTagsRequest gives tags to at most 100 users, or takes them: 10 of one user a call, of 50 bytes each.
type UserTagsRequest struct{ UserTags []UserTags }

// UserTags is one user's.
type UserTags struct {
	ToAccount string `json:"To_Account"`
	Tags      []string
}

// ImAddTag gives tags to users, who have at most 100 each. Codes: 90001, 90009, 90018, 90020, 90022, 90032, 90034, 90040, 91000.
//
// Source: Tencent Cloud Chat REST API, im_add_tag (doc 37173).
func (a *API) ImAddTag(ctx context.Context, q *UserTagsRequest) (*Done, error) {
	return call(ctx, a, imAddTag, q)
}

// ImRemoveTag takes tags from users. Codes as ImAddTag.
//
// Source: Tencent Cloud Chat REST API, im_remove_tag (doc 37174).
func (a *API) ImRemoveTag(ctx context.Context, q *UserTagsRequest) (*Done, error) {
	return call(ctx, a, imRemoveTag, q)
}

// ImRemoveAllTags takes all tags from users. Codes: 90001, 90009, 90018, 91000.
//
// Source: Tencent Cloud Chat REST API, im_remove_all_tags (doc 37175).
func (a *API) ImRemoveAllTags(ctx context.Context, q *AccountsRequest) (*Done, error) {
	return call(ctx, a, imRemoveAllTags, q)
}
