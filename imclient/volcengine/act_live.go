package volcengine

import "context"

// Values of BlockAction.
const (
	BlockMute = 0
	BlockBan  = 1
)

// Values of MarkAction.
const (
	MarkAdd    = 1
	MarkRemove = 2
)

// Blocked is one who is muted in a live group, or banned from it. Times are seconds.
type Blocked struct {
	ParticipantUserId    ID
	ParticipantUserIdStr Str
	CreateTime           Int
	BlockTime            Int // until
	NickName             Str
	Ext                  Ext
	AvatarUrl            Str
	Marks                []Str
}

// Whitelisted is one who may speak while a live group is muted.
type Whitelisted struct {
	ParticipantUserId    ID
	ParticipantUserIdStr Str
	CreateTime           Int // seconds
	Operator             ID
	NickName             Str
	Ext                  Ext
	AvatarUrl            Str
	Marks                []Str
}

// LiveChange names what to change of a member of a live group; nil stays as it is.
type LiveChange struct {
	UserId    ID       `user:"twin"`
	AvatarUrl *string  `json:",omitempty"`
	NickName  *string  `json:",omitempty"`
	Ext       Ext      `json:",omitempty"`
	Marks     []string `json:",omitempty"`
}

// ParticipantStatus tells whether a user is in a live group.
type ParticipantStatus struct {
	ConversationShortId  ID
	ParticipantUserId    ID
	ParticipantUserIdStr Str
	IsInConversation     bool
	CreateTime           Int // joined, in seconds
}

// FailedInfo is one item that was refused while others were done.
type FailedInfo struct {
	UserId    ID
	UserIdStr Str
	Code      Str
	Message   Str
}

var (
	batchAddBlockParticipants       = action[BatchAddBlockParticipantsRequest, BatchAddBlockParticipantsResult]("live", "BatchAddBlockParticipants", writes, rateWrite, "788462")
	batchDeleteBlockParticipants    = action[BatchDeleteBlockParticipantsRequest, BatchDeleteBlockParticipantsResult]("live", "BatchDeleteBlockParticipants", writes, rateWrite, "788463")
	batchGetBlockParticipants       = action[BatchGetBlockParticipantsRequest, BatchGetBlockParticipantsResult]("live", "BatchGetBlockParticipants", reads, rateRead, "788464")
	batchAddWhitelistParticipant    = action[BatchAddWhitelistParticipantRequest, BatchAddWhitelistParticipantResult]("live", "BatchAddWhitelistParticipant", writes, rateWrite, "1051345")
	batchRemoveWhitelistParticipant = action[BatchRemoveWhitelistParticipantRequest, BatchRemoveWhitelistParticipantResult]("live", "BatchRemoveWhitelistParticipant", writes, rateWrite, "1051346")
	batchGetWhitelistParticipant    = action[BatchGetWhitelistParticipantRequest, BatchGetWhitelistParticipantResult]("live", "BatchGetWhitelistParticipant", reads, rateRead, "1051347")
	batchAddManager                 = action[BatchAddManagerRequest, BatchAddManagerResult]("live", "BatchAddManager", writes, rateWrite, "1051343")
	batchRemoveManager              = action[BatchRemoveManagerRequest, BatchRemoveManagerResult]("live", "BatchRemoveManager", writes, rateWrite, "1051344")
	markConversation                = action[MarkConversationRequest, Done]("live", "MarkConversation", writes, rateWrite, "1187904")
	getConversationMarks            = action[GetConversationMarksRequest, GetConversationMarksResult]("live", "GetConversationMarks", reads, rateRead, "1187905")
	batchUpdateLiveParticipants     = action[BatchUpdateLiveParticipantsRequest, BatchUpdateLiveParticipantsResult]("live", "BatchUpdateLiveParticipants", writes, rateWrite, "1162951")
	queryLiveParticipantStatus      = action[QueryLiveParticipantStatusRequest, QueryLiveParticipantStatusResult]("live", "QueryLiveParticipantStatus", reads, rateRead, "1051348")
)

// BatchAddBlockParticipantsRequest is the request of BatchAddBlockParticipants.
type BatchAddBlockParticipantsRequest struct {
	ConversationShortId   ID
	ParticipantBlockInfos map[ID]int64 `user:"twin"`       // seconds, by user
	BlockAction           int          `json:",omitempty"` // BlockMute, BlockBan
}

// BatchAddBlockParticipantsResult is the result of BatchAddBlockParticipants.
type BatchAddBlockParticipantsResult struct {
	FailedParticipantUserIds    []ID
	FailedParticipantUserIdsStr []Str
}

// BatchAddBlockParticipants mutes users in a live group, or bans them from it, each for a number of seconds.
func (a *API) BatchAddBlockParticipants(ctx context.Context, q *BatchAddBlockParticipantsRequest) (*BatchAddBlockParticipantsResult, error) {
	return call(ctx, a, batchAddBlockParticipants, q)
}

// BatchDeleteBlockParticipantsRequest is the request of BatchDeleteBlockParticipants.
type BatchDeleteBlockParticipantsRequest struct {
	ConversationShortId ID
	ParticipantUserIds  []ID `user:"twin"`
	BlockAction         int  `json:",omitempty"` // BlockMute, BlockBan
}

// BatchDeleteBlockParticipantsResult is the result of BatchDeleteBlockParticipants.
type BatchDeleteBlockParticipantsResult struct {
	FailedParticipantUserIds    []ID
	FailedParticipantUserIdsStr []Str
}

// BatchDeleteBlockParticipants ends mutes or bans.
func (a *API) BatchDeleteBlockParticipants(ctx context.Context, q *BatchDeleteBlockParticipantsRequest) (*BatchDeleteBlockParticipantsResult, error) {
	return call(ctx, a, batchDeleteBlockParticipants, q)
}

// BatchGetBlockParticipantsRequest is the request of BatchGetBlockParticipants.
type BatchGetBlockParticipantsRequest struct {
	ConversationShortId ID
	Cursor              ID
	Limit               int // at most 20
	BlockAction         int `json:",omitempty"` // BlockMute, BlockBan
}

// BatchGetBlockParticipantsResult is the result of BatchGetBlockParticipants.
type BatchGetBlockParticipantsResult struct {
	Participants []Blocked
	HasMore      bool
	NextCursor   ID
}

// BatchGetBlockParticipants reads one page of those muted in a live group, or banned from it.
func (a *API) BatchGetBlockParticipants(ctx context.Context, q *BatchGetBlockParticipantsRequest) (*BatchGetBlockParticipantsResult, error) {
	return call(ctx, a, batchGetBlockParticipants, q)
}

// BatchAddWhitelistParticipantRequest is the request of BatchAddWhitelistParticipant.
type BatchAddWhitelistParticipantRequest struct {
	ConversationShortId ID
	Operator            ID   `user:"twin"`
	ParticipantUserIds  []ID `user:"twin"`
}

// BatchAddWhitelistParticipantResult is the result of BatchAddWhitelistParticipant.
type BatchAddWhitelistParticipantResult struct {
	FailedUserIds    []ID
	FailedUserIdsStr []Str
}

// BatchAddWhitelistParticipant lets users speak while all others are muted.
func (a *API) BatchAddWhitelistParticipant(ctx context.Context, q *BatchAddWhitelistParticipantRequest) (*BatchAddWhitelistParticipantResult, error) {
	return call(ctx, a, batchAddWhitelistParticipant, q)
}

// BatchRemoveWhitelistParticipantRequest is the request of BatchRemoveWhitelistParticipant.
type BatchRemoveWhitelistParticipantRequest struct {
	ConversationShortId ID
	Operator            ID   `user:"twin"`
	ParticipantUserIds  []ID `user:"twin"`
}

// BatchRemoveWhitelistParticipantResult is the result of BatchRemoveWhitelistParticipant.
type BatchRemoveWhitelistParticipantResult struct {
	FailedUserIds    []ID
	FailedUserIdsStr []Str
}

// BatchRemoveWhitelistParticipant takes users off the white list.
func (a *API) BatchRemoveWhitelistParticipant(ctx context.Context, q *BatchRemoveWhitelistParticipantRequest) (*BatchRemoveWhitelistParticipantResult, error) {
	return call(ctx, a, batchRemoveWhitelistParticipant, q)
}

// BatchGetWhitelistParticipantRequest is the request of BatchGetWhitelistParticipant.
type BatchGetWhitelistParticipantRequest struct {
	ConversationShortId ID
	Cursor              ID
	Limit               int // at most 20
}

// BatchGetWhitelistParticipantResult is the result of BatchGetWhitelistParticipant.
type BatchGetWhitelistParticipantResult struct {
	Participants []Whitelisted
	HasMore      bool
	NextCursor   ID
}

// BatchGetWhitelistParticipant reads one page of the white list.
func (a *API) BatchGetWhitelistParticipant(ctx context.Context, q *BatchGetWhitelistParticipantRequest) (*BatchGetWhitelistParticipantResult, error) {
	return call(ctx, a, batchGetWhitelistParticipant, q)
}

// BatchAddManagerRequest is the request of BatchAddManager.
type BatchAddManagerRequest struct {
	ConversationShortId ID
	Operator            ID   `user:"twin"`
	ManagerUserIds      []ID `user:"twin"`
}

// BatchAddManagerResult is the result of BatchAddManager.
type BatchAddManagerResult struct {
	FailedManagerUserIds    []ID
	FailedManagerUserIdsStr []Str
}

// BatchAddManager makes users managers of a live group.
func (a *API) BatchAddManager(ctx context.Context, q *BatchAddManagerRequest) (*BatchAddManagerResult, error) {
	return call(ctx, a, batchAddManager, q)
}

// BatchRemoveManagerRequest is the request of BatchRemoveManager.
type BatchRemoveManagerRequest struct {
	ConversationShortId  ID
	Operator             ID   `user:"twin"`
	RemoveManagerUserIds []ID `user:"twin"`
}

// BatchRemoveManagerResult is the result of BatchRemoveManager.
type BatchRemoveManagerResult struct {
	FailedManagerUserIds    []ID
	FailedManagerUserIdsStr []Str
}

// BatchRemoveManager makes managers plain members.
func (a *API) BatchRemoveManager(ctx context.Context, q *BatchRemoveManagerRequest) (*BatchRemoveManagerResult, error) {
	return call(ctx, a, batchRemoveManager, q)
}

// MarkConversationRequest is the request of MarkConversation.
type MarkConversationRequest struct {
	ConversationShortId ID
	MarkTypes           []string
	MarkAction          int `json:",omitempty"` // MarkAdd, MarkRemove
	Operator            ID  `json:",omitempty" user:"twin"`
}

// MarkConversation gives marks to a live group, or takes them away.
func (a *API) MarkConversation(ctx context.Context, q *MarkConversationRequest) error {
	_, err := call(ctx, a, markConversation, q)
	return err
}

// GetConversationMarksRequest is the request of GetConversationMarks.
type GetConversationMarksRequest struct {
	ConversationShortId ID
}

// GetConversationMarksResult is the result of GetConversationMarks.
type GetConversationMarksResult struct {
	MarkTypes []string
}

// GetConversationMarks reads the marks of a live group.
func (a *API) GetConversationMarks(ctx context.Context, q *GetConversationMarksRequest) (*GetConversationMarksResult, error) {
	return call(ctx, a, getConversationMarks, q)
}

// BatchUpdateLiveParticipantsRequest is the request of BatchUpdateLiveParticipants.
type BatchUpdateLiveParticipantsRequest struct {
	ConversationShortId ID
	ParticipantInfos    []LiveChange
	MarkAction          int `json:",omitempty"` // MarkAdd, MarkRemove
}

// BatchUpdateLiveParticipantsResult is the result of BatchUpdateLiveParticipants.
type BatchUpdateLiveParticipantsResult struct {
	FailedInfos []FailedInfo
}

// BatchUpdateLiveParticipants changes members of a live group, at most 10. Of AvatarUrl, NickName and Ext each needs one.
func (a *API) BatchUpdateLiveParticipants(ctx context.Context, q *BatchUpdateLiveParticipantsRequest) (*BatchUpdateLiveParticipantsResult, error) {
	return call(ctx, a, batchUpdateLiveParticipants, q)
}

// QueryLiveParticipantStatusRequest is the request of QueryLiveParticipantStatus.
type QueryLiveParticipantStatusRequest struct {
	ConversationShortId ID
	ParticipantUserIds  []ID `user:"twin"`
}

// QueryLiveParticipantStatusResult is the result of QueryLiveParticipantStatus.
type QueryLiveParticipantStatusResult struct {
	Status []ParticipantStatus
}

// QueryLiveParticipantStatus tells who of at most 200 users is in a live group now.
func (a *API) QueryLiveParticipantStatus(ctx context.Context, q *QueryLiveParticipantStatusRequest) (*QueryLiveParticipantStatusResult, error) {
	return call(ctx, a, queryLiveParticipantStatus, q)
}
