package tencent

import "context"

var (
	getAppidGroupList   = command[GetAppidGroupListRequest, GetAppidGroupListAnswer](groupSvc, "get_appid_group_list", reads, rateSlow, "34960")
	createGroup         = command[CreateGroupRequest, CreateGroupAnswer](groupSvc, "create_group", writes, rateDefault, "34895")
	getGroupInfo        = command[GetGroupInfoRequest, GetGroupInfoAnswer](groupSvc, "get_group_info", reads, rateDefault, "34961")
	modifyGroupBaseInfo = command[ModifyGroupBaseInfoRequest, Done](groupSvc, "modify_group_base_info", writes, rateDefault, "34962")
	getJoinedGroupList  = command[GetJoinedGroupListRequest, GetJoinedGroupListAnswer](groupSvc, "get_joined_group_list", reads, rateDefault, "34925")
	destroyGroup        = command[DestroyGroupRequest, Done](groupSvc, "destroy_group", writes, rateDefault, "34896")
	changeGroupOwner    = command[ChangeGroupOwnerRequest, Done](groupSvc, "change_group_owner", writes, rateDefault, "34966")
	importGroup         = command[ImportGroupRequest, CreateGroupAnswer](groupSvc, "import_group", writes, rateDefault, "34967")
)

// groupSvc is the service of most group commands.
const groupSvc = "group_open_http_svc"

// The group types, as the wire names them.
//
// Source: Tencent Cloud Chat, "Group System" (doc 33529).
const (
	TypePrivate    = "Private" // Work
	TypePublic     = "Public"
	TypeChatRoom   = "ChatRoom" // Meeting
	TypeAVChatRoom = "AVChatRoom"
	TypeCommunity  = "Community"
)

// Caps of the group commands.
const (
	maxGroupList   = 10000 // get_appid_group_list
	maxGroupInfo   = 50    // get_group_info
	maxJoinedList  = 5000  // get_joined_group_list
	maxGroupName   = 30    // bytes, as the next ones
	maxGroupIntro  = 240
	maxGroupNotice = 300
	maxGroupFace   = 100
	maxGroupID     = 48
	maxUserID      = 32
)

// GetAppidGroupListRequest asks for a page of group ids: at most 10000, from Next on, of one type or of all.
type GetAppidGroupListRequest struct {
	Limit     int `json:",omitempty"` // 0 = 10000
	Next      Cursor
	GroupType string `json:",omitempty"`
}

// GetAppidGroupListAnswer is a page. Next "" is the end. TotalCount counts all groups of the type asked for.
type GetAppidGroupListAnswer struct {
	Envelope
	TotalCount  Int
	GroupIdList []GroupID
	Next        Cursor
}

// GroupID is an element of a list of groups.
type GroupID struct{ GroupId Str }

// GetAppidGroupList lists the ids of the app's groups, in no order; 1 call a second. Codes: 10002, 10004, 10006 (called
// too often), 10007, 10018.
//
// Source: Tencent Cloud Chat REST API, get_appid_group_list (doc 34960).
func (a *API) GetAppidGroupList(ctx context.Context, q *GetAppidGroupListRequest) (*GetAppidGroupListAnswer, error) {
	return call(ctx, a, getAppidGroupList, q)
}

// KeyValue is a custom field of a group or a member. The value may be binary. Setting "" deletes the key.
type KeyValue struct{ Key, Value Str }

// CreateGroupRequest is a group to make. GroupId may be left to the service. Without Owner_Account it has no owner.
type CreateGroupRequest struct {
	OwnerAccount      string `json:"Owner_Account,omitempty"`
	Type              string
	GroupId           string      `json:",omitempty"`
	Name              string      // 30 bytes
	Introduction      string      `json:",omitempty"` // 240 bytes
	Notification      string      `json:",omitempty"` // 300 bytes
	FaceUrl           string      `json:",omitempty"` // 100 bytes
	MaxMemberCount    int         `json:",omitempty"` // 0 = what the plan allows
	ApplyJoinOption   string      `json:",omitempty"` // FreeAccess, NeedPermission, DisableApply; not for Community
	InviteJoinOption  string      `json:",omitempty"` // FreeAccess, NeedPermission, DisableInvite
	SupportTopic      int         `json:",omitempty"` // Community: 1 = with topics
	EnablePermission  int         `json:",omitempty"`
	DefaultPermission int         `json:",omitempty"`
	AppDefinedData    []KeyValue  `json:",omitempty"`
	MemberList        []NewMember `json:",omitempty"` // at most 100; none for AVChatRoom
}

// NewMember is a member that a group begins with. Role is Admin or nothing.
type NewMember struct {
	MemberAccount        string     `json:"Member_Account"`
	Role                 string     `json:",omitempty"`
	AppMemberDefinedData []KeyValue `json:",omitempty"`
}

// CreateGroupAnswer has the new group's id. Type and HugeGroupFlag come with a community that has topics.
type CreateGroupAnswer struct {
	Envelope
	GroupId       Str
	Type          Str
	HugeGroupFlag Int
}

// CreateGroup makes a group. Codes: 10002 to 10004, 10005 (over 100 members), 10006 (over the day's growth), 10007, 10008,
// 10016 (refused by the app's webhook), 10021 (id taken), 10025 (id taken by a group of the same owner), 10036 to 10038,
// 10058, 80001.
//
// Source: Tencent Cloud Chat REST API, create_group (doc 34895).
func (a *API) CreateGroup(ctx context.Context, q *CreateGroupRequest) (*CreateGroupAnswer, error) {
	return call(ctx, a, createGroup, q)
}

// GetGroupInfoRequest names at most 50 groups. Without a filter everything comes, the member list too.
type GetGroupInfoRequest struct {
	GroupIdList    []string
	ResponseFilter *GroupFilter `json:",omitempty"`
}

// GroupFilter names the fields that an answer shall have. Nothing else comes back but the id and the element's code:
// no member list without MemberInfoFilter, no custom field that is not named.
type GroupFilter struct {
	GroupBaseInfoFilter             []string `json:",omitempty"`
	MemberInfoFilter                []string `json:",omitempty"`
	AppDefinedDataFilterGroup       []string `json:"AppDefinedDataFilter_Group,omitempty"`
	AppDefinedDataFilterGroupMember []string `json:"AppDefinedDataFilter_GroupMember,omitempty"`
	SelfInfoFilter                  []string `json:",omitempty"` // get_joined_group_list only
}

// GetGroupInfoAnswer has an element for each group asked for. Its own code says nothing; each element has one.
type GetGroupInfoAnswer struct {
	Envelope
	GroupInfo []GroupInfo
}

func (r *GetGroupInfoAnswer) hasItems() bool { return len(r.GroupInfo) > 0 }

// GroupInfo is what the service knows of a group. ErrorCode is 10010 or 10015 for one that is not there. Fields that
// were not asked for are nil or empty.
type GroupInfo struct {
	GroupId          Str
	ErrorCode        Int
	ErrorInfo        Str
	Type             Str
	Name             Str
	Appid            Int
	Introduction     Str
	Notification     Str
	FaceUrl          Str
	OwnerAccount     Str `json:"Owner_Account"`
	CreateTime       Int
	LastInfoTime     Int
	LastMsgTime      Int
	InfoSeq          Int
	NextMsgSeq       *Int // the position that the next message gets
	MemberNum        *Int
	MaxMemberNum     Int
	ApplyJoinOption  Str
	InviteJoinOption Str
	MuteAllMember    Str // On, Off
	ShutUpAllMember  Str // its name until 2022
	SupportTopic     *Int
	AppDefinedData   []KeyValue
	MemberList       []MemberInfo
}

// Muted is MuteAllMember under whichever name it came.
func (g GroupInfo) Muted() Str {
	if g.MuteAllMember != "" {
		return g.MuteAllMember
	}
	return g.ShutUpAllMember
}

// GetGroupInfo reads up to 50 groups. Codes: 10002 to 10004, 10007, 10010, 10015, 10018 (answer over 1 MB).
//
// Source: Tencent Cloud Chat REST API, get_group_info (doc 34961).
func (a *API) GetGroupInfo(ctx context.Context, q *GetGroupInfoRequest) (*GetGroupInfoAnswer, error) {
	return call(ctx, a, getGroupInfo, q)
}

// ModifyGroupBaseInfoRequest names what to change; what is nil stays.
type ModifyGroupBaseInfoRequest struct {
	GroupId              string
	Name                 *string    `json:",omitempty"`
	Introduction         *string    `json:",omitempty"`
	Notification         *string    `json:",omitempty"`
	FaceUrl              *string    `json:",omitempty"`
	MaxMemberNum         int        `json:",omitempty"` // no effect on AVChatRoom
	ApplyJoinOption      *string    `json:",omitempty"`
	InviteJoinOption     *string    `json:",omitempty"`
	MuteAllMember        string     `json:",omitempty"` // On, Off
	AppDefinedData       []KeyValue `json:",omitempty"` // keys that are not named stay
	FromAccount          string     `json:"From_Account,omitempty"`
	EnablePermission     *int       `json:",omitempty"`
	DefaultPermission    *int       `json:",omitempty"`
	HistoryMsgBeforeJoin string     `json:",omitempty"` // On, Off
}

// ModifyGroupBaseInfo changes a group. Codes: 10002 to 10004, 10007, 10010, 10015, 10026, 80001.
//
// Source: Tencent Cloud Chat REST API, modify_group_base_info (doc 34962).
func (a *API) ModifyGroupBaseInfo(ctx context.Context, q *ModifyGroupBaseInfoRequest) (*Done, error) {
	return call(ctx, a, modifyGroupBaseInfo, q)
}

// GetJoinedGroupListRequest asks for a page of a user's groups: at most 5000, from Offset on.
type GetJoinedGroupListRequest struct {
	MemberAccount      string       `json:"Member_Account"`
	WithHugeGroups     int          `json:",omitempty"` // 1 = with AVChatRooms, of which some may be missing
	WithNoActiveGroups int          `json:",omitempty"` // 1 = with Private groups in which nobody has spoken yet
	Limit              int          `json:",omitempty"` // 0 = all
	Offset             int          `json:",omitempty"`
	GroupType          string       `json:",omitempty"`
	SupportTopic       int          `json:",omitempty"` // 1, with GroupType Community = those with topics
	ResponseFilter     *GroupFilter `json:",omitempty"`
}

// GetJoinedGroupListAnswer is a page. TotalCount counts all groups that match.
type GetJoinedGroupListAnswer struct {
	Envelope
	TotalCount  Int
	GroupIdList []JoinedGroup
}

// JoinedGroup is one of a user's groups, with the fields that were asked for.
type JoinedGroup struct {
	GroupInfo
	SelfInfo             SelfInfo
	GrossTopicNextMsgSeq Int
}

// SelfInfo is the user's part in a group.
type SelfInfo struct {
	Role              Str
	JoinTime          Int
	MsgFlag           Str
	MsgSeq            Int
	GrossTopicReadSeq Int
	ShutUpTime        Int // topics; MuteTime is its newer name elsewhere
}

// GetJoinedGroupList lists the groups that a user is in. Codes: 10002 to 10004, 10018.
//
// Source: Tencent Cloud Chat REST API, get_joined_group_list (doc 34925).
func (a *API) GetJoinedGroupList(ctx context.Context, q *GetJoinedGroupListRequest) (*GetJoinedGroupListAnswer, error) {
	return call(ctx, a, getJoinedGroupList, q)
}

// DestroyGroupRequest names the group.
type DestroyGroupRequest struct{ GroupId string }

// DestroyGroup ends a group for everybody. It cannot be undone. Codes: 10002 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, destroy_group (doc 34896).
func (a *API) DestroyGroup(ctx context.Context, q *DestroyGroupRequest) (*Done, error) {
	return call(ctx, a, destroyGroup, q)
}

// ChangeGroupOwnerRequest names the group and the new owner, who must be a member.
type ChangeGroupOwnerRequest struct {
	GroupId         string
	NewOwnerAccount string `json:"NewOwner_Account"`
}

// ChangeGroupOwner gives a group to another owner. AVChatRoom: 10007. Codes: 10002, 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, change_group_owner (doc 34966).
func (a *API) ChangeGroupOwner(ctx context.Context, q *ChangeGroupOwnerRequest) (*Done, error) {
	return call(ctx, a, changeGroupOwner, q)
}

// ImportGroupRequest is a group to make with its past. The caps are those of CreateGroupRequest.
type ImportGroupRequest struct {
	OwnerAccount    string `json:"Owner_Account,omitempty"`
	Type            string // not AVChatRoom
	GroupId         string `json:",omitempty"`
	Name            string
	Introduction    string     `json:",omitempty"`
	Notification    string     `json:",omitempty"`
	FaceUrl         string     `json:",omitempty"`
	MaxMemberCount  int        `json:",omitempty"` // at most 6000; Community 100000
	ApplyJoinOption string     `json:",omitempty"`
	AppDefinedData  []KeyValue `json:",omitempty"`
	CreateTime      int64      `json:",omitempty"` // 0 = now
	SupportTopic    int        `json:",omitempty"`
}

// ImportGroup makes a group that nobody is told of. Codes: 10002 to 10004, 10007, 10021, 10025.
//
// Source: Tencent Cloud Chat REST API, import_group (doc 34967).
func (a *API) ImportGroup(ctx context.Context, q *ImportGroupRequest) (*CreateGroupAnswer, error) {
	return call(ctx, a, importGroup, q)
}
