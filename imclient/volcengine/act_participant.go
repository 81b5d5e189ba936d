package volcengine

import "context"

// Roles of participants.
const (
	roleMember  = 0
	roleOwner   = 1
	roleManager = 2
)

// Participant is a member of a conversation. Times are seconds.
type Participant struct {
	ConversationShortId  ID
	ParticipantUserId    ID
	ParticipantUserIdStr Str
	Level                Int
	NickName             Str // in this conversation
	Role                 Int
	Ext                  Ext
	Status               Int
	Operator             ID
	OperatorStr          Str
	CreateTime           Int // joined
	BlockTime            Int // muted until; 0 = not muted
	AvatarUrl            Str
	Marks                []Str // of members of a live group
}

// NewParticipant is a member to be added.
type NewParticipant struct {
	ParticipantUserId ID
	Level             int    `json:",omitempty"`
	NickName          string `json:",omitempty"`
	Role              int    `json:",omitempty"`
	Ext               Ext    `json:",omitempty"`
	ReadIndex         ID     `json:",omitempty"`
}

// ParticipantChange names what to change of a member; nil stays as it is.
type ParticipantChange struct {
	ParticipantUserId ID
	Level             *Int    `json:",omitempty"`
	NickName          *string `json:",omitempty"`
	Role              *Int    `json:",omitempty"`
	Ext               Ext     `json:",omitempty"`
	BlockTime         *int64  `json:",omitempty"` // muted until, in seconds since 1970; 0 ends the mute
}

// ReadIndex is how far a member has read.
type ReadIndex struct {
	ParticipantUserId    ID
	ParticipantUserIdStr Str
	ReadIndex            ID
}

var (
	batchAddConversationParticipant    = action[BatchAddConversationParticipantRequest, BatchAddConversationParticipantResult]("participant", "BatchAddConversationParticipant", writes, rateWrite, "336991")
	batchDeleteConversationParticipant = action[BatchDeleteConversationParticipantRequest, BatchDeleteConversationParticipantResult]("participant", "BatchDeleteConversationParticipant", writes, rateWrite, "336994")
	batchModifyConversationParticipant = action[BatchModifyConversationParticipantRequest, BatchModifyConversationParticipantResult]("participant", "BatchModifyConversationParticipant", writes, rateWrite, "336995")
	batchGetConversationParticipant    = action[BatchGetConversationParticipantRequest, BatchGetConversationParticipantResult]("participant", "BatchGetConversationParticipant", reads, rateRead, "336992")
	scanConversationParticipantList    = action[ScanConversationParticipantListRequest, ScanConversationParticipantListResult]("participant", "ScanConversationParticipantList", reads, rateRead, "336993")
	getConversationUserCount           = action[GetConversationUserCountRequest, GetConversationUserCountResult]("participant", "GetConversationUserCount", reads, rateRead, "336997")
	isUserInConversation               = action[IsUserInConversationRequest, IsUserInConversationResult]("participant", "IsUserInConversation", reads, rateRead, "336996")
	getParticipantReadIndex            = action[GetParticipantReadIndexRequest, GetParticipantReadIndexResult]("participant", "GetParticipantReadIndex", reads, rateRead, "")
	modifyParticipantReadIndex         = action[ModifyParticipantReadIndexRequest, Done]("participant", "ModifyParticipantReadIndex", writes, rateWrite, "")
)

// BatchAddConversationParticipantRequest is the request of BatchAddConversationParticipant.
type BatchAddConversationParticipantRequest struct {
	ConversationShortId ID
	Operator            ID
	ParticipantInfos    []NewParticipant
	Barrier             bool `json:",omitempty"` // they do not see earlier messages
}

// BatchAddConversationParticipantResult is the result of BatchAddConversationParticipant.
type BatchAddConversationParticipantResult struct {
	FailedUserIds []ID
}

// BatchAddConversationParticipant adds members to a group. Who is in it already gets the new data. Operator is not verified.
func (a *API) BatchAddConversationParticipant(ctx context.Context, q *BatchAddConversationParticipantRequest) (*BatchAddConversationParticipantResult, error) {
	return call(ctx, a, batchAddConversationParticipant, q)
}

// BatchDeleteConversationParticipantRequest is the request of BatchDeleteConversationParticipant.
type BatchDeleteConversationParticipantRequest struct {
	ConversationShortId ID
	Operator            ID
	ParticipantUserIds  []ID
}

// BatchDeleteConversationParticipantResult is the result of BatchDeleteConversationParticipant.
type BatchDeleteConversationParticipantResult struct {
	FailedUserIds []ID
}

// BatchDeleteConversationParticipant removes members of a group.
func (a *API) BatchDeleteConversationParticipant(ctx context.Context, q *BatchDeleteConversationParticipantRequest) (*BatchDeleteConversationParticipantResult, error) {
	return call(ctx, a, batchDeleteConversationParticipant, q)
}

// BatchModifyConversationParticipantRequest is the request of BatchModifyConversationParticipant.
type BatchModifyConversationParticipantRequest struct {
	ConversationShortId ID
	Operator            ID
	ParticipantInfos    []ParticipantChange
}

// BatchModifyConversationParticipantResult is the result of BatchModifyConversationParticipant.
type BatchModifyConversationParticipantResult struct {
	FailedUserIds []ID
}

// BatchModifyConversationParticipant changes members of a group, their mutes included. Role and Level should go along: left out,
// they may be reset.
func (a *API) BatchModifyConversationParticipant(ctx context.Context, q *BatchModifyConversationParticipantRequest) (*BatchModifyConversationParticipantResult, error) {
	return call(ctx, a, batchModifyConversationParticipant, q)
}

// BatchGetConversationParticipantRequest is the request of BatchGetConversationParticipant.
type BatchGetConversationParticipantRequest struct {
	ConversationShortId ID
	ParticipantUserIds  []ID
}

// BatchGetConversationParticipantResult is the result of BatchGetConversationParticipant.
type BatchGetConversationParticipantResult struct {
	Participants []Participant
}

// BatchGetConversationParticipant reads given members. Who is none is left out, or has left.
func (a *API) BatchGetConversationParticipant(ctx context.Context, q *BatchGetConversationParticipantRequest) (*BatchGetConversationParticipantResult, error) {
	return call(ctx, a, batchGetConversationParticipant, q)
}

// ScanConversationParticipantListRequest is the request of ScanConversationParticipantList.
type ScanConversationParticipantListRequest struct {
	ConversationShortId   ID
	Cursor                ID
	Limit                 int    // at most 20, or 50 with OnlyUserIds
	Reverse               bool   `json:",omitempty"` // who joined last comes first
	OnlyUserIds           bool   `json:",omitempty"`
	ScanOnlineParticipant bool   `json:",omitempty"` // of a live group
	MarkType              string `json:",omitempty"` // those online with this mark
}

// ScanConversationParticipantListResult is the result of ScanConversationParticipantList.
type ScanConversationParticipantListResult struct {
	Participants []Participant
	HasMore      bool
	NextCursor   ID
}

// ScanConversationParticipantList reads one page of the members; of a live group the owner and the managers, or those
// online.
func (a *API) ScanConversationParticipantList(ctx context.Context, q *ScanConversationParticipantListRequest) (*ScanConversationParticipantListResult, error) {
	return call(ctx, a, scanConversationParticipantList, q)
}

// GetConversationUserCountRequest is the request of GetConversationUserCount.
type GetConversationUserCountRequest struct {
	ConversationShortId ID
}

// GetConversationUserCountResult is the result of GetConversationUserCount.
type GetConversationUserCountResult struct {
	Count Int
}

// GetConversationUserCount counts the members.
func (a *API) GetConversationUserCount(ctx context.Context, q *GetConversationUserCountRequest) (*GetConversationUserCountResult, error) {
	return call(ctx, a, getConversationUserCount, q)
}

// IsUserInConversationRequest is the request of IsUserInConversation.
type IsUserInConversationRequest struct {
	ConversationShortId ID
	ParticipantUserId   ID
}

// IsUserInConversationResult is the result of IsUserInConversation.
type IsUserInConversationResult struct {
	IsUserInConversation bool
}

// IsUserInConversation tells whether a user is a member.
func (a *API) IsUserInConversation(ctx context.Context, q *IsUserInConversationRequest) (*IsUserInConversationResult, error) {
	return call(ctx, a, isUserInConversation, q)
}

// GetParticipantReadIndexRequest is the request of GetParticipantReadIndex.
type GetParticipantReadIndexRequest struct {
	ConversationShortId ID
}

// GetParticipantReadIndexResult is the result of GetParticipantReadIndex.
type GetParticipantReadIndexResult struct {
	ReadIndexes []ReadIndex
}

// GetParticipantReadIndex reads how far the members have read. Who has read nothing is left out.
func (a *API) GetParticipantReadIndex(ctx context.Context, q *GetParticipantReadIndexRequest) (*GetParticipantReadIndexResult, error) {
	return call(ctx, a, getParticipantReadIndex, q)
}

// ModifyParticipantReadIndexRequest is the request of ModifyParticipantReadIndex.
type ModifyParticipantReadIndexRequest struct {
	ConversationShortId ID
	ParticipantUserId   ID `user:"twin"`
	ReadIndex           ID
}

// ModifyParticipantReadIndex moves a member's read position forward; it cannot go back.
func (a *API) ModifyParticipantReadIndex(ctx context.Context, q *ModifyParticipantReadIndexRequest) error {
	_, err := call(ctx, a, modifyParticipantReadIndex, q)
	return err
}
