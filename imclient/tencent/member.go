package tencent

import "context"

var (
	getGroupMemberInfo          = command[GetGroupMemberInfoRequest, GetGroupMemberInfoAnswer](groupSvc, "get_group_member_info", reads, rateDefault, "34948")
	getSpecifiedGroupMemberInfo = command[GetSpecifiedGroupMemberInfoRequest, GetSpecifiedGroupMemberInfoAnswer](groupSvc, "get_specified_group_member_info", reads, rateDefault, "")
	addGroupMember              = command[AddGroupMemberRequest, MemberResults](groupSvc, "add_group_member", writes, rateDefault, "34921")
	deleteGroupMember           = command[DeleteGroupMemberRequest, Done](groupSvc, "delete_group_member", writes, rateDefault, "34949")
	modifyGroupMemberInfo       = command[ModifyGroupMemberInfoRequest, Done](groupSvc, "modify_group_member_info", writes, rateDefault, "34900")
	getRoleInGroup              = command[GetRoleInGroupRequest, GetRoleInGroupAnswer](groupSvc, "get_role_in_group", reads, rateDefault, "34963")
	importGroupMember           = command[ImportGroupMemberRequest, MemberResults](groupSvc, "import_group_member", writes, rateDefault, "34969")
)

// Caps of the member commands. Where pages disagree this is the command's own, newer page.
const (
	maxMemberPage    = 100 // get_group_member_info: what the page advises, and the cap of communities
	maxSpecified     = 50  // get_specified_group_member_info
	maxAddMembers    = 300 // add_group_member, import_group_member
	maxDeleteMembers = 100 // delete_group_member
	maxRoles         = 500 // get_role_in_group
	maxNameCard      = 50  // bytes
)

// Roles on the wire.
const (
	wireOwner     = "Owner"
	wireAdmin     = "Admin"
	wireMember    = "Member"
	wireNotMember = "NotMember"
)

// GetGroupMemberInfoRequest asks for a page of a group's members. Community: by Next, "" first, at most 100. The other
// types: by Offset. AVChatRoom has none; see GetMembers.
type GetGroupMemberInfoRequest struct {
	GroupId                         string
	Limit                           int      `json:",omitempty"` // 0 = all
	Offset                          int      `json:",omitempty"`
	Next                            *string  `json:",omitempty"` // required for Community
	MemberInfoFilter                []string `json:",omitempty"`
	MemberRoleFilter                []string `json:",omitempty"` // Owner, Admin, Member
	AppDefinedDataFilterGroupMember []string `json:"AppDefinedDataFilter_GroupMember,omitempty"`
}

// GetGroupMemberInfoAnswer is a page. MemberNum counts the whole group, not what a filter lets through. Next is told
// for Community only; "" is the end.
type GetGroupMemberInfoAnswer struct {
	Envelope
	MemberNum  Int
	MemberList []MemberInfo
	Next       Str
}

// MemberInfo is one member of a group.
type MemberInfo struct {
	MemberAccount        Str `json:"Member_Account"`
	Role                 Str // some servers send a space behind it
	JoinTime             Int
	MsgSeq               Int // the last position that the member has read
	MsgFlag              Str
	LastSendMsgTime      Int // 0 = never
	NameCard             Str
	MuteUntil            Int // 0 = not muted
	ShutUpUntil          Int // its name until 2022
	AppMemberDefinedData []KeyValue
	OnlineStatus         Str
}

// Until is MuteUntil under whichever name it came.
func (m MemberInfo) Until() Int { return max(m.MuteUntil, m.ShutUpUntil) }

// GetGroupMemberInfo reads members. Codes: 10002 to 10004, 10007 (AVChatRoom), 10010, 10015, 10018, 10054 (too many, use pages).
//
// Source: Tencent Cloud Chat REST API, get_group_member_info (doc 34948).
func (a *API) GetGroupMemberInfo(ctx context.Context, q *GetGroupMemberInfoRequest) (*GetGroupMemberInfoAnswer, error) {
	return call(ctx, a, getGroupMemberInfo, q)
}

// GetSpecifiedGroupMemberInfoRequest names at most 50 users.
type GetSpecifiedGroupMemberInfoRequest struct {
	GroupId                         string
	MemberListAccount               []string `json:"Member_List_Account"`
	MemberInfoFilter                []string `json:",omitempty"`
	MemberRoleFilter                []string `json:",omitempty"`
	AppDefinedDataFilterGroupMember []string `json:"AppDefinedDataFilter_GroupMember,omitempty"`
}

// GetSpecifiedGroupMemberInfoAnswer has those of them who are members.
type GetSpecifiedGroupMemberInfoAnswer struct {
	Envelope
	GroupId    Str
	MemberList []MemberInfo
}

// GetSpecifiedGroupMemberInfo reads given members. Older servers do not have it (10003, 60009). Codes: 10002 to 10004, 10007,
// 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, get_specified_group_member_info.
func (a *API) GetSpecifiedGroupMemberInfo(ctx context.Context, q *GetSpecifiedGroupMemberInfoRequest) (*GetSpecifiedGroupMemberInfoAnswer, error) {
	return call(ctx, a, getSpecifiedGroupMemberInfo, q)
}

// AddGroupMemberRequest names at most 300 users. Silence 1: nobody is told.
type AddGroupMemberRequest struct {
	GroupId    string
	Silence    int `json:",omitempty"`
	MemberList []MemberAccount
}

// MemberAccount is an element of a list of users.
type MemberAccount struct {
	MemberAccount string `json:"Member_Account"`
}

// MemberResults says for each user how it went.
type MemberResults struct {
	Envelope
	MemberList []MemberResult
}

// MemberResult is one user's. Result 0 failed, 1 added, 2 was a member, 3 waits for approval.
type MemberResult struct {
	MemberAccount Str `json:"Member_Account"`
	Result        Int
}

// The values of MemberResult.Result. 0 is the failure.
const (
	resultFailed  = 0
	resultAdded   = 1
	resultAlready = 2
	resultPending = 3
)

// AddGroupMember puts users into a group. AVChatRoom: 10007. Codes: 10002 to 10004, 10005 (over the cap), 10007, 10010, 10014
// (group full), 10015, 10016 (refused by the app's webhook), 10019 (no such user), 10026, 10037.
//
// Source: Tencent Cloud Chat REST API, add_group_member (doc 34921).
func (a *API) AddGroupMember(ctx context.Context, q *AddGroupMemberRequest) (*MemberResults, error) {
	return call(ctx, a, addGroupMember, q)
}

// DeleteGroupMemberRequest names at most 100 users. Silence 1: the others are not told.
type DeleteGroupMemberRequest struct {
	GroupId            string
	Silence            int      `json:",omitempty"`
	Reason             string   `json:",omitempty"`
	MemberToDelAccount []string `json:"MemberToDel_Account"`
}

// DeleteGroupMember removes users. It says OK for users who were not in the group as well. AVChatRoom: 10004. Codes: 10002 to
// 10005, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, delete_group_member (doc 34949).
func (a *API) DeleteGroupMember(ctx context.Context, q *DeleteGroupMemberRequest) (*Done, error) {
	return call(ctx, a, deleteGroupMember, q)
}

// ModifyGroupMemberInfoRequest names what to change of one member; what is nil or empty stays.
type ModifyGroupMemberInfoRequest struct {
	GroupId              string
	MemberAccount        string     `json:"Member_Account"`
	Role                 string     `json:",omitempty"` // Admin, Member; the owner's cannot be changed
	MsgFlag              string     `json:",omitempty"`
	NameCard             *string    `json:",omitempty"` // 50 bytes
	AppMemberDefinedData []KeyValue `json:",omitempty"`
	MuteTime             *uint32    `json:",omitempty"` // seconds from now; 0 lifts it. Not for Private
}

// ModifyGroupMemberInfo changes a member. Not for AVChatRoom. Codes: 10002 to 10004, 10007, 10010, 10015, 10019, 80001.
//
// Source: Tencent Cloud Chat REST API, modify_group_member_info (doc 34900).
func (a *API) ModifyGroupMemberInfo(ctx context.Context, q *ModifyGroupMemberInfoRequest) (*Done, error) {
	return call(ctx, a, modifyGroupMemberInfo, q)
}

// GetRoleInGroupRequest names at most 500 users.
type GetRoleInGroupRequest struct {
	GroupId     string
	UserAccount []string `json:"User_Account"`
}

// GetRoleInGroupAnswer has each user's role: Owner, Admin, Member or NotMember.
type GetRoleInGroupAnswer struct {
	Envelope
	UserIdList []MemberRole
}

// MemberRole is one user's role.
type MemberRole struct {
	MemberAccount Str `json:"Member_Account"`
	Role          Str
}

// GetRoleInGroup reads roles. AVChatRoom: 10007. Codes: 10002 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, get_role_in_group (doc 34963).
func (a *API) GetRoleInGroup(ctx context.Context, q *GetRoleInGroupRequest) (*GetRoleInGroupAnswer, error) {
	return call(ctx, a, getRoleInGroup, q)
}

// ImportGroupMemberRequest names at most 300 members.
type ImportGroupMemberRequest struct {
	GroupId    string
	MemberList []ImportedMember
}

// ImportedMember is one. Role is Admin or nothing. JoinTime lies between the group's creation and now; 0 = now.
type ImportedMember struct {
	MemberAccount string `json:"Member_Account"`
	Role          string `json:",omitempty"`
	JoinTime      int64  `json:",omitempty"`
	UnreadMsgNum  int    `json:",omitempty"`
}

// ImportGroupMember puts members into a group without anybody being told. Codes: 10002 to 10007, 10010, 10015, 10019.
//
// Source: Tencent Cloud Chat REST API, import_group_member (doc 34969).
func (a *API) ImportGroupMember(ctx context.Context, q *ImportGroupMemberRequest) (*MemberResults, error) {
	return call(ctx, a, importGroupMember, q)
}
