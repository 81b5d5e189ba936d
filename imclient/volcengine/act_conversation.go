package volcengine

import "context"

// Conversation types.
const (
	ConversationDirect = 1
	ConversationGroup  = 2
	ConversationLive   = 100
)

// Where GetUserConversations looks.
const (
	DataRecent = 0 // in the cache: the most recently active first
	DataStored = 1 // in the database: the oldest first
	DataLive   = 2 // the live groups that the user made: the newest first
)

// statusGone is a dissolved conversation, or a participant who has left.
const statusGone = 1

// ConversationInfo is what the service knows of a conversation. Times are seconds.
type ConversationInfo struct {
	ConversationShortId ID
	ConversationId      Str // of old clients
	ConversationType    Int
	InboxType           Int
	Name                Str
	AvatarUrl           Str
	Description         Str
	Notice              Str
	OwnerUserId         ID
	OwnerUserIdStr      Str
	CreatorUserId       ID
	CreatorUserIdStr    Str
	Status              Int
	Ext                 Ext
	CreateTime          Int
	ModifyTime          Int
	MemberCount         *Int // nil if it was skipped
	OnlineCount         *Int // of a live group
	OtherUserId         ID   // of a direct chat
	OtherUserIdStr      Str
}

// NewConversation is a conversation to be made.
type NewConversation struct {
	ConversationType int
	Name             string `json:",omitempty"`
	AvatarUrl        string `json:",omitempty"`
	Description      string `json:",omitempty"`
	Notice           string `json:",omitempty"`
	Ext              Ext    `json:",omitempty"`
}

// ConversationChange names what to change; nil stays as it is.
type ConversationChange struct {
	ConversationShortId ID
	Name                *string `json:",omitempty"`
	AvatarUrl           *string `json:",omitempty"`
	Description         *string `json:",omitempty"`
	Notice              *string `json:",omitempty"`
	Ext                 Ext     `json:",omitempty"`
	OwnerUserId         ID      `json:",omitempty" user:"twin"` // the new owner
}

// ConversationSetting is how one user has set up a conversation. IsMute is about notices to that user, and stops nobody
// from speaking.
type ConversationSetting struct {
	ConversationShortId  ID
	ConversationType     Int
	ParticipantUserId    ID
	ParticipantUserIdStr Str
	IsStickTop           bool
	IsSetFavorite        bool
	IsMute               bool
	StickTopTime         Int // milliseconds by its page, microseconds in its example
	SetFavoriteTime      Int
	Ext                  Ext
	ReadIndex            ID
}

// SettingChange is a change of settings. IsStickTop and IsSetFavorite say whether their times are to be changed: a time of
// 0 ends the state.
type SettingChange struct {
	ConversationShortId ID
	ParticipantUserId   ID
	IsMute              bool
	IsStickTop          bool   `json:",omitempty"`
	StickTopTime        *int64 `json:",omitempty"` // milliseconds
	IsSetFavorite       bool   `json:",omitempty"`
	SetFavoriteTime     *int64 `json:",omitempty"` // milliseconds
	Ext                 Ext    `json:",omitempty"`
}

var (
	createConversation        = action[CreateConversationRequest, CreateConversationResult]("conversation", "CreateConversation", writes, rateWrite, "337013")
	modifyConversation        = action[ModifyConversationRequest, Done]("conversation", "ModifyConversation", writes, rateWrite, "337115")
	destroyConversation       = action[DestroyConversationRequest, Done]("conversation", "DestroyConversation", writes, rateWrite, "337036")
	batchGetConversations     = action[BatchGetConversationsRequest, BatchGetConversationsResult]("conversation", "BatchGetConversations", reads, rateRead, "337118")
	getUserConversations      = action[GetUserConversationsRequest, GetUserConversationsResult]("conversation", "GetUserConversations", reads, rateRead, "337049")
	getConversationSetting    = action[GetConversationSettingRequest, GetConversationSettingResult]("conversation", "GetConversationSetting", reads, rateRead, "337014")
	modifyConversationSetting = action[ModifyConversationSettingRequest, Done]("conversation", "ModifyConversationSetting", writes, rateWrite, "337015")
)

// CreateConversationRequest is the request of CreateConversation.
type CreateConversationRequest struct {
	ConversationCoreInfo NewConversation
	OwnerUserId          ID     `user:"twin"`
	OtherUserId          ID     `json:",omitempty" user:"twin"` // of a direct chat
	InboxType            int    `json:",omitempty"`
	IdempotentId         string `json:",omitempty"`
}

// CreateConversationResult is the result of CreateConversation.
type CreateConversationResult struct {
	ConversationInfo    ConversationInfo
	ConversationShortId ID
	ConversationId      Str
	Exist               bool
}

// CreateConversation makes a direct chat, a group or a live group. A direct chat of two users, and a conversation with an
// IdempotentId that is known, is answered with Exist.
func (a *API) CreateConversation(ctx context.Context, q *CreateConversationRequest) (*CreateConversationResult, error) {
	return call(ctx, a, createConversation, q)
}

// ModifyConversationRequest is the request of ModifyConversation.
type ModifyConversationRequest struct {
	ConversationCoreInfo ConversationChange
}

// ModifyConversation changes what is named. Ext may be merged or replaced: send all of it.
func (a *API) ModifyConversation(ctx context.Context, q *ModifyConversationRequest) error {
	_, err := call(ctx, a, modifyConversation, q)
	return err
}

// DestroyConversationRequest is the request of DestroyConversation.
type DestroyConversationRequest struct {
	ConversationShortId ID
	OwnerUserId         ID `user:"twin"`
}

// DestroyConversation ends a group. OwnerUserId is compared with the group's.
func (a *API) DestroyConversation(ctx context.Context, q *DestroyConversationRequest) error {
	_, err := call(ctx, a, destroyConversation, q)
	return err
}

// BatchGetConversationsRequest is the request of BatchGetConversations.
type BatchGetConversationsRequest struct {
	ConversationShortId []ID  // all of them, although the name is singular
	SkipMemberCount     *bool `json:",omitempty"` // nil is true
}

// BatchGetConversationsResult is the result of BatchGetConversations.
type BatchGetConversationsResult struct {
	ConversationCoreInfos []ConversationInfo
}

// BatchGetConversations reads several. Those that are gone are left out.
func (a *API) BatchGetConversations(ctx context.Context, q *BatchGetConversationsRequest) (*BatchGetConversationsResult, error) {
	return call(ctx, a, batchGetConversations, q)
}

// GetUserConversationsRequest is the request of GetUserConversations.
type GetUserConversationsRequest struct {
	ParticipantUserId ID `user:"twin"`
	Cursor            ID
	Limit             int  // at most 20
	DataType          int  `json:",omitempty"` // DataRecent, DataStored, DataLive
	InboxType         int  `json:",omitempty"`
	SkipMemberCount   bool `json:",omitempty"`
}

// GetUserConversationsResult is the result of GetUserConversations.
type GetUserConversationsResult struct {
	ConversationInfos []ConversationInfo
	HasMore           bool
	NextCursor        ID
}

// GetUserConversations reads one page of a user's conversations.
func (a *API) GetUserConversations(ctx context.Context, q *GetUserConversationsRequest) (*GetUserConversationsResult, error) {
	return call(ctx, a, getUserConversations, q)
}

// GetConversationSettingRequest is the request of GetConversationSetting.
type GetConversationSettingRequest struct {
	ConversationShortId ID
	ParticipantUserId   ID   `user:"twin"`
	NoReadIndex         bool `json:",omitempty"` // leave the read index out
}

// GetConversationSettingResult is the result of GetConversationSetting.
type GetConversationSettingResult struct {
	ConversationSettingInfo ConversationSetting
}

// GetConversationSetting reads a user's own settings of a conversation.
func (a *API) GetConversationSetting(ctx context.Context, q *GetConversationSettingRequest) (*GetConversationSettingResult, error) {
	return call(ctx, a, getConversationSetting, q)
}

// ModifyConversationSettingRequest is the request of ModifyConversationSetting.
type ModifyConversationSettingRequest struct {
	ConversationSettingInfo SettingChange
}

// ModifyConversationSetting changes a user's own settings. IsMute should go along with every change: left out, it may be reset.
func (a *API) ModifyConversationSetting(ctx context.Context, q *ModifyConversationSettingRequest) error {
	_, err := call(ctx, a, modifyConversationSetting, q)
	return err
}
