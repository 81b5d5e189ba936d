package tencent

import "context"

var (
	contactGetList     = command[ContactGetListRequest, ContactGetListAnswer](contactSvc, "get_list", reads, rateDefault, "43087")
	contactDelete      = command[ContactDeleteRequest, Done](contactSvc, "delete", writes, rateDefault, "43088")
	createContactGroup = command[CreateContactGroupRequest, CreateContactGroupAnswer](contactSvc, "create_contact_group", writes, rateDefault, "53437")
	markContact        = command[MarkContactRequest, MarkContactAnswer](contactSvc, "mark_contact", writes, rateDefault, "53438")
	updateContactGroup = command[UpdateContactGroupRequest, UpdateContactGroupAnswer](contactSvc, "update_contact_group", writes, rateDefault, "53439")
	getContactGroup    = command[GetContactGroupRequest, GetContactGroupAnswer](contactSvc, "get_contact_group", reads, rateDefault, "53440")
	delContactGroup    = command[DelContactGroupRequest, DelContactGroupAnswer](contactSvc, "del_contact_group", writes, rateDefault, "53441")
	searchContactGroup = command[SearchContactGroupRequest, SearchContactGroupAnswer](contactSvc, "search_contact_group", reads, rateDefault, "53442")
)

// contactSvc is the service of a user's conversations.
const contactSvc = "recentcontact"

// Caps of the commands for conversations.
const (
	maxContactMarks  = 100 // mark_contact
	maxContactSearch = 300 // search_contact_group
	maxContactGroup  = 32  // bytes of a group's name
	maxCustomMark    = 256 // bytes
)

// Kinds of conversations.
const (
	ContactC2C   = 1
	ContactGroup = 2
)

// Bits of ContactGetListRequest.AssistFlags.
const (
	AssistPinned      = 1 << 0 // pinned conversations, too
	AssistEmpty       = 1 << 1 // conversations without a message, too
	AssistPinnedPages = 1 << 2 // pinned ones by pages
)

// ContactGetListRequest asks for a page of a user's conversations. The first page has 0 in all four cursors.
type ContactGetListRequest struct {
	FromAccount   string `json:"From_Account"`
	TimeStamp     int64
	StartIndex    int64
	TopTimeStamp  int64
	TopStartIndex int64
	AssistFlags   int
}

// ContactGetListAnswer is a page, as long as the service makes it, with the cursors of the next. CompleteFlag 1 is the end.
type ContactGetListAnswer struct {
	Envelope
	SessionItem   []Session
	CompleteFlag  Int
	TimeStamp     Int
	StartIndex    Int
	TopTimeStamp  Int
	TopStartIndex Int
}

// Session is one conversation of a user. Group ids come as GroupId; older answers write ToGroupId.
type Session struct {
	Type      Int
	ToAccount Str `json:"To_Account"`
	GroupId   Str
	ToGroupId Str
	MsgTime   Int
	TopFlag   Int // 1: pinned
}

// Group is GroupId under whichever name it came.
func (s Session) Group() Str {
	if s.GroupId != "" {
		return s.GroupId
	}
	return s.ToGroupId
}

// ContactGetList lists a user's conversations. Codes: 50001 (not imported), 50002 to 50005.
//
// Source: Tencent Cloud Chat REST API, recentcontact/get_list (doc 43087).
func (a *API) ContactGetList(ctx context.Context, q *ContactGetListRequest) (*ContactGetListAnswer, error) {
	return call(ctx, a, contactGetList, q)
}

// ContactDeleteRequest names a conversation of a user. ClearRamble 1: its messages go, too, for that user.
type ContactDeleteRequest struct {
	FromAccount string `json:"From_Account"`
	Type        int
	ToAccount   string `json:"To_Account,omitempty"`
	ToGroupid   string `json:",omitempty"` // spelled so
	ClearRamble int    `json:",omitempty"`
}

// ContactDelete takes a conversation off a user's list. Codes: 50001 to 50005.
//
// Source: Tencent Cloud Chat REST API, recentcontact/delete (doc 43088).
func (a *API) ContactDelete(ctx context.Context, q *ContactDeleteRequest) (*Done, error) {
	return call(ctx, a, contactDelete, q)
}

// ContactItem names a conversation: To_Account of a one-to-one chat, ToGroupId of a group.
type ContactItem struct {
	Type      int
	ToAccount string `json:"To_Account,omitempty"`
	ToGroupId string `json:",omitempty"`
}

// ContactRef is a ContactItem in an answer.
type ContactRef struct {
	Type      Int
	ToAccount Str `json:"To_Account"`
	ToGroupId Str
}

// ContactResult is how one conversation fared.
type ContactResult struct {
	ContactOptType Int // update_contact_group: 1 added, 2 removed
	OptType        Int // mark_contact
	ContactItem    ContactRef
	ResultCode     Int
	ResultInfo     Str
}

// ContactGroupRef is a group of conversations: its name, and its number.
type ContactGroupRef struct {
	GroupName Str
	GroupId   Int
}

// CreateContactGroupRequest makes one group of conversations.
type CreateContactGroupRequest struct {
	FromAccount      string            `json:"From_Account"`
	GroupContactItem []NewContactGroup // one
}

// NewContactGroup is a group of conversations to make. The name takes 32 bytes.
type NewContactGroup struct {
	GroupName   string
	ContactItem []ContactItem
}

// CreateContactGroupAnswer says how it went.
type CreateContactGroupAnswer struct {
	Envelope
	GroupResultItem []ContactGroupResult
}

// ContactGroupResult is the group made, with a result for each conversation.
type ContactGroupResult struct {
	GroupItem  ContactGroupRef
	ResultItem []ContactResult
}

// CreateContactGroup makes a group of conversations for a user, who has at most 20. Codes: 50001 to 50005, 51006 to 51013.
//
// Source: Tencent Cloud Chat REST API, create_contact_group (doc 53437).
func (a *API) CreateContactGroup(ctx context.Context, q *CreateContactGroupRequest) (*CreateContactGroupAnswer, error) {
	return call(ctx, a, createContactGroup, q)
}

// DelContactGroupRequest names a group of conversations.
type DelContactGroupRequest struct {
	FromAccount string   `json:"From_Account"`
	GroupName   []string // one
}

// DelContactGroupAnswer has the group removed.
type DelContactGroupAnswer struct {
	Envelope
	GroupItem []ContactGroupRef
}

// DelContactGroup removes a group of conversations; these stay. Codes: 50001 to 50005, 51006 to 51013.
//
// Source: Tencent Cloud Chat REST API, del_contact_group (doc 53441).
func (a *API) DelContactGroup(ctx context.Context, q *DelContactGroupRequest) (*DelContactGroupAnswer, error) {
	return call(ctx, a, delContactGroup, q)
}

// Values of ContactGroupUpdate.UpdateGroupType and ContactUpdate.ContactOptType.
const (
	ContactGroupRename  = 1
	ContactGroupMembers = 2
	ContactAdd          = 1
	ContactRemove       = 2
)

// UpdateContactGroupRequest changes a group of conversations. UpdateType is 1.
type UpdateContactGroupRequest struct {
	FromAccount string `json:"From_Account"`
	UpdateType  int
	UpdateGroup ContactGroupUpdate
}

// ContactGroupUpdate is a new name, or what goes in and out.
type ContactGroupUpdate struct {
	UpdateGroupType   int
	OldGroupName      string
	NewGroupName      string          `json:",omitempty"`
	ContactUpdateItem []ContactUpdate `json:",omitempty"`
}

// ContactUpdate puts a conversation in, or takes it out.
type ContactUpdate struct {
	ContactOptType int
	ContactItem    ContactItem
}

// UpdateContactGroupAnswer says how it went.
type UpdateContactGroupAnswer struct {
	Envelope
	UpdateType        Int
	UpdateGroupResult ContactGroupUpdated
}

// ContactGroupUpdated is the group as it is now, with a result for each conversation.
type ContactGroupUpdated struct {
	UpdateGroupType   Int
	GroupName         Str
	GroupId           Int
	OldGroupName      Str
	ContactResultItem []ContactResult
}

// UpdateContactGroup changes a group of conversations. Codes: 50001 to 50005, 51006 to 51013.
//
// Source: Tencent Cloud Chat REST API, update_contact_group (doc 53439).
func (a *API) UpdateContactGroup(ctx context.Context, q *UpdateContactGroupRequest) (*UpdateContactGroupAnswer, error) {
	return call(ctx, a, updateContactGroup, q)
}

// Values of ContactMark.OptType.
const (
	MarkStandard = 1
	MarkCustom   = 2
	MarkBoth     = 3
)

// MarkContactRequest has at most 100 conversations to mark.
type MarkContactRequest struct {
	FromAccount string `json:"From_Account"`
	MarkItem    []ContactMark
}

// ContactMark sets and clears marks, numbers from 1 to 64, and sets the app's own of 256 bytes.
type ContactMark struct {
	OptType     int
	ContactItem ContactItem
	SetMark     []int   `json:",omitempty"`
	ClearMark   []int   `json:",omitempty"`
	CustomMark  *string `json:",omitempty"`
}

// MarkContactAnswer says for each conversation how it went.
type MarkContactAnswer struct {
	Envelope
	ResultItem []ContactResult
}

// MarkContact marks conversations of a user. Codes: 50001 to 50005, 51006 to 51013.
//
// Source: Tencent Cloud Chat REST API, mark_contact (doc 53438).
func (a *API) MarkContact(ctx context.Context, q *MarkContactRequest) (*MarkContactAnswer, error) {
	return call(ctx, a, markContact, q)
}

// SearchContactGroupRequest names at most 300 conversations.
type SearchContactGroupRequest struct {
	FromAccount string `json:"From_Account"`
	ContactItem []ContactItem
}

// SearchContactGroupAnswer has their marks and groups.
type SearchContactGroupAnswer struct {
	Envelope
	ContactResultItem []MarkedContact
	GroupItem         []ContactGroupRef
}

// MarkedContact is a conversation with marks and groups. StandardMark is a text of 0 and 1: its first character is mark 1.
type MarkedContact struct {
	Type           Int
	ToAccount      Str `json:"To_Account"`
	ToGroupId      Str
	StandardMark   Str
	CustomMark     Str
	ContactGroupId []Int
	Timestamp      Int
}

// SearchContactGroup reads marks and groups of given conversations. Codes: 50001 to 50005, 51006 to 51013.
//
// Source: Tencent Cloud Chat REST API, search_contact_group (doc 53442).
func (a *API) SearchContactGroup(ctx context.Context, q *SearchContactGroupRequest) (*SearchContactGroupAnswer, error) {
	return call(ctx, a, searchContactGroup, q)
}

// GetContactGroupRequest asks for a page of all marked and grouped conversations; StartIndex 0 first.
type GetContactGroupRequest struct {
	FromAccount string `json:"From_Account"`
	StartIndex  int64
}

// GetContactGroupAnswer is a page. CompleteFlag 1 is the end.
type GetContactGroupAnswer struct {
	Envelope
	ContactItem    []MarkedContact
	GroupItem      []ContactGroupRef
	CompleteFlag   Int
	NextStartIndex Int
}

// GetContactGroup reads a user's marked and grouped conversations. Codes: 50001 to 50005, 51006 to 51013.
//
// Source: Tencent Cloud Chat REST API, get_contact_group (doc 53440).
func (a *API) GetContactGroup(ctx context.Context, q *GetContactGroupRequest) (*GetContactGroupAnswer, error) {
	return call(ctx, a, getContactGroup, q)
}
