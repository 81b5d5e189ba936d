package tencent

import "context"

var (
	getOnlineMemberNum = command[GroupRequest, GetOnlineMemberNumAnswer](groupSvc, "get_online_member_num", reads, rateDefault, "38521")
	getMembers         = command[GetMembersRequest, GetMembersAnswer](liveSvc, "get_members", reads, rateDefault, "50293")
	modifyUserInfo     = command[ModifyUserInfoRequest, ModifyUserInfoAnswer](liveSvc, "modify_user_info", writes, rateDefault, "")
	modifyAdmin        = command[ModifyAdminRequest, Done](liveSvc, "modify_admin", writes, rateDefault, "")
	getAdminList       = command[GroupRequest, GetAdminListAnswer](liveSvc, "get_admin_list", reads, rateDefault, "60524")
	checkMembers       = command[CheckMembersRequest, CheckMembersAnswer](liveSvc, "check_members", reads, rateDefault, "60523")
	banGroupMember     = command[BanGroupMemberRequest, Done](groupSvc, "ban_group_member", writes, rateDefault, "50296")
	unbanGroupMember   = command[UnbanGroupMemberRequest, Done](groupSvc, "unban_group_member", writes, rateDefault, "50297")
	getGroupBanMember  = command[GetGroupBanMemberRequest, GetGroupBanMemberAnswer](groupSvc, "get_group_ban_member", reads, rateDefault, "50295")
)

// liveSvc is the service of the commands that only AVChatRooms have.
const liveSvc = "group_open_avchatroom_http_svc"

// Caps of the live room commands.
const (
	maxMarked   = 500 // modify_user_info
	maxBanned   = 20  // ban_group_member, unban_group_member
	maxBanPage  = 100 // get_group_ban_member
	maxPresence = 500 // check_members: its page has no cap; this is ours
)

// CommandType of ModifyUserInfoRequest and ModifyAdminRequest.
const (
	CommandSet    = 1
	CommandRemove = 2
)

// GroupRequest names a group.
type GroupRequest struct{ GroupId string }

// GetOnlineMemberNumAnswer has the number.
type GetOnlineMemberNumAnswer struct {
	Envelope
	OnlineMemberNum Int
}

// GetOnlineMemberNum counts who is in a room now; refreshed every 10 s or so. Codes: 10002 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, get_online_member_num (doc 38521).
func (a *API) GetOnlineMemberNum(ctx context.Context, q *GroupRequest) (*GetOnlineMemberNumAnswer, error) {
	return call(ctx, a, getOnlineMemberNum, q)
}

// GetMembersRequest asks for a page of a room's members, from Timestamp on; 0 first.
type GetMembersRequest struct {
	GroupId   string
	Timestamp Cursor
	Mark      int `json:",omitempty"`
}

// GetMembersAnswer is a page of up to 500. NextTimestamp "" is the end.
type GetMembersAnswer struct {
	Envelope
	MemberList    []LiveMember
	NextTimestamp Cursor
}

// LiveMember is one user in a room.
type LiveMember struct {
	MemberAccount Str `json:"Member_Account"`
	JoinTime      Int
	NickName      Str
	Avatar        Str
	Marks         []Int
}

// GetMembers lists the latest 1000 in a room, or the latest 30 without the plan for it, from a snapshot that the
// service refreshes every 10 to 40 s. Codes: 10001 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, get_members (doc 50293).
func (a *API) GetMembers(ctx context.Context, q *GetMembersRequest) (*GetMembersAnswer, error) {
	return call(ctx, a, getMembers, q)
}

// ModifyUserInfoRequest sets or removes marks of at most 500 users in a room.
type ModifyUserInfoRequest struct {
	GroupId     string
	CommandType int
	MemberList  []MarkedMember
}

// MarkedMember is a user with marks: 1000 and up; 500 keeps the user counted as online, 600 hides the user from the list.
type MarkedMember struct {
	MemberAccount string `json:"Member_Account"`
	Marks         []int
}

// ModifyUserInfoAnswer has the marks of those who are online.
type ModifyUserInfoAnswer struct {
	Envelope
	CommandType Int
	MemberList  []LiveMember
}

// ModifyUserInfo marks users in a room, until they go offline: 10 marks a room, 1000 users a mark. It fails only if all
// of them are offline. Codes: 10001 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, group_open_avchatroom_http_svc/modify_user_info.
func (a *API) ModifyUserInfo(ctx context.Context, q *ModifyUserInfoRequest) (*ModifyUserInfoAnswer, error) {
	return call(ctx, a, modifyUserInfo, q)
}

// ModifyAdminRequest sets or removes admins of a room, which has at most 5.
type ModifyAdminRequest struct {
	GroupId      string
	CommandType  int
	AdminAccount []string `json:"Admin_Account"`
}

// ModifyAdmin makes users admins of a room, whether they are in it or not. Codes: 10002 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, group_open_avchatroom_http_svc/modify_admin.
func (a *API) ModifyAdmin(ctx context.Context, q *ModifyAdminRequest) (*Done, error) {
	return call(ctx, a, modifyAdmin, q)
}

// GetAdminListAnswer has a room's admins.
type GetAdminListAnswer struct {
	Envelope
	AdminList []LiveAdmin `json:"Admin_List"`
}

// LiveAdmin is one of them.
type LiveAdmin struct {
	AdminAccount Str `json:"Admin_Account"`
	NickName     Str
	Avatar       Str
}

// GetAdminList lists a room's admins. Codes: 10002 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, get_admin_list (doc 60524).
func (a *API) GetAdminList(ctx context.Context, q *GroupRequest) (*GetAdminListAnswer, error) {
	return call(ctx, a, getAdminList, q)
}

// CheckMembersRequest names users.
type CheckMembersRequest struct {
	GroupId       string
	MemberAccount []string `json:"Member_Account"`
}

// CheckMembersAnswer names those of them who are in the room.
type CheckMembersAnswer struct {
	Envelope
	MemberAccount []Str `json:"Member_Account"`
}

// CheckMembers asks who is in a room, also beyond the 1000 that are listed; as of 40 s ago or so. Codes: 10002 to 10004,
// 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, check_members (doc 60523).
func (a *API) CheckMembers(ctx context.Context, q *CheckMembersRequest) (*CheckMembersAnswer, error) {
	return call(ctx, a, checkMembers, q)
}

// BanGroupMemberRequest names at most 20 users. Duration is seconds. Description takes 1000 bytes.
type BanGroupMemberRequest struct {
	GroupId        string
	MembersAccount []string `json:"Members_Account"`
	Duration       uint32
	Description    string `json:",omitempty"`
}

// BanGroupMember keeps users out of a room. The plan and a switch in the vendor's console must allow it (10007). Codes: 10002 to
// 10004, 10005 (over 20), 10007.
//
// Source: Tencent Cloud Chat REST API, ban_group_member (doc 50296).
func (a *API) BanGroupMember(ctx context.Context, q *BanGroupMemberRequest) (*Done, error) {
	return call(ctx, a, banGroupMember, q)
}

// UnbanGroupMemberRequest names at most 20 users.
type UnbanGroupMemberRequest struct {
	GroupId        string
	MembersAccount []string `json:"Members_Account"`
}

// UnbanGroupMember lets users into a room again. Codes: 10002 to 10005, 10007.
//
// Source: Tencent Cloud Chat REST API, unban_group_member (doc 50297).
func (a *API) UnbanGroupMember(ctx context.Context, q *UnbanGroupMemberRequest) (*Done, error) {
	return call(ctx, a, unbanGroupMember, q)
}

// GetGroupBanMemberRequest asks for a page of at most 100; Offset 0 first.
type GetGroupBanMemberRequest struct {
	GroupId string
	Limit   int `json:",omitempty"`
	Offset  int
}

// GetGroupBanMemberAnswer is a page. NextOffset 0 is the end.
type GetGroupBanMemberAnswer struct {
	Envelope
	BannedAccountList []BannedAccount
	NextOffset        Int
}

// BannedAccount is one banned user, with the end of the ban.
type BannedAccount struct {
	MemberAccount Str `json:"Member_Account"`
	BannedUntil   Int
}

// GetGroupBanMember lists who is banned from a room. Codes: 10002 to 10004, 10007.
//
// Source: Tencent Cloud Chat REST API, get_group_ban_member (doc 50295).
func (a *API) GetGroupBanMember(ctx context.Context, q *GetGroupBanMemberRequest) (*GetGroupBanMemberAnswer, error) {
	return call(ctx, a, getGroupBanMember, q)
}
