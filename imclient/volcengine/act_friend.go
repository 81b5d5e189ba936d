package volcengine

import "context"

// Friend is one on a user's list of friends. The unit of its times is not documented.
type Friend struct {
	FriendUserId ID
	Alias        Str
	Ext          Ext
	CreateTime   Int
	ModifyTime   Int
	ApplyTime    Int
}

// FriendChange names what to change of a friend; nil stays as it is. One of the two must be there.
type FriendChange struct {
	FriendUserId ID
	Alias        *string `json:",omitempty"`
	Ext          Ext     `json:",omitempty"`
}

// IsFriendInfo tells whether a user is a friend.
type IsFriendInfo struct {
	FriendUserId ID
	IsFriend     bool
}

// BlackListed is one on a user's block list. The unit of its times is not documented.
type BlackListed struct {
	BlackListUserId  ID
	BlackListUserExt Ext
	CreateTime       Int
	ModifyTime       Int
	FriendUserInfo   *Friend // nil if the two are no friends
}

// NewBlackListed is one to be put on a block list.
type NewBlackListed struct {
	BlackListUserId  ID
	BlackListUserExt Ext `json:",omitempty"`
}

var (
	addFriend       = action[AddFriendRequest, AddFriendResult]("friend", "AddFriend", writes, rateWrite, "1125662")
	deleteFriend    = action[DeleteFriendRequest, DeleteFriendResult]("friend", "DeleteFriend", writes, rateWrite, "1125751")
	updateFriend    = action[UpdateFriendRequest, UpdateFriendResult]("friend", "UpdateFriend", writes, rateWrite, "1125752")
	listFriend      = action[ListFriendRequest, ListFriendResult]("friend", "ListFriend", reads, rateRead, "1125753")
	isFriend        = action[IsFriendRequest, IsFriendResult]("friend", "IsFriend", reads, rateRead, "1125754")
	addBlackList    = action[AddBlackListRequest, AddBlackListResult]("blacklist", "AddBlackList", writes, rateWrite, "1152119")
	removeBlackList = action[RemoveBlackListRequest, Done]("blacklist", "RemoveBlackList", writes, rateWrite, "1152120")
	updateBlackList = action[UpdateBlackListRequest, UpdateBlackListResult]("blacklist", "UpdateBlackList", writes, rateWrite, "1152121")
	getBlackList    = action[GetBlackListRequest, GetBlackListResult]("blacklist", "GetBlackList", reads, rateRead, "1152122")
	isInBlackList   = action[IsInBlackListRequest, IsInBlackListResult]("blacklist", "IsInBlackList", reads, rateRead, "1152123")
)

// AddFriendRequest is the request of AddFriend.
type AddFriendRequest struct {
	UserId        ID
	FriendUserIds []ID // at most 10
	Ext           Ext  `json:",omitempty"`
	InboxType     int  `json:",omitempty"`
}

// AddFriendResult is the result of AddFriend.
type AddFriendResult struct {
	FailedInfos []FailedInfo
}

// AddFriend makes up to 10 users friends of a user, and that user theirs.
func (a *API) AddFriend(ctx context.Context, q *AddFriendRequest) (*AddFriendResult, error) {
	return call(ctx, a, addFriend, q)
}

// DeleteFriendRequest is the request of DeleteFriend.
type DeleteFriendRequest struct {
	UserId        ID
	DeleteUserIds []ID // at most 10
	InboxType     int  `json:",omitempty"`
}

// DeleteFriendResult is the result of DeleteFriend.
type DeleteFriendResult struct {
	FailedInfos []FailedInfo
}

// DeleteFriend ends up to 10 friendships, on both sides.
func (a *API) DeleteFriend(ctx context.Context, q *DeleteFriendRequest) (*DeleteFriendResult, error) {
	return call(ctx, a, deleteFriend, q)
}

// UpdateFriendRequest is the request of UpdateFriend.
type UpdateFriendRequest struct {
	UserId      ID
	FriendInfos []FriendChange // at most 10
	InboxType   int            `json:",omitempty"`
}

// UpdateFriendResult is the result of UpdateFriend.
type UpdateFriendResult struct {
	FailedInfos []FailedInfo
}

// UpdateFriend changes what a user has noted of up to 10 friends.
func (a *API) UpdateFriend(ctx context.Context, q *UpdateFriendRequest) (*UpdateFriendResult, error) {
	return call(ctx, a, updateFriend, q)
}

// ListFriendRequest is the request of ListFriend.
type ListFriendRequest struct {
	UserId    ID
	Cursor    ID   `json:",omitempty"`
	Limit     int  `json:",omitempty"` // at most 20
	NeedTotal bool `json:",omitempty"`
	InboxType int  `json:",omitempty"`
}

// ListFriendResult is the result of ListFriend.
type ListFriendResult struct {
	FriendInfos []Friend
	TotalCount  Int
	HasMore     bool
	NewCursor   ID
	NextCursor  ID
}

// ListFriend reads one page of a user's friends, the one added first first.
func (a *API) ListFriend(ctx context.Context, q *ListFriendRequest) (*ListFriendResult, error) {
	return call(ctx, a, listFriend, q)
}

// IsFriendRequest is the request of IsFriend.
type IsFriendRequest struct {
	UserId        ID
	FriendUserIds []ID // at most 10
	InboxType     int  `json:",omitempty"`
}

// IsFriendResult is the result of IsFriend.
type IsFriendResult struct {
	Infos []IsFriendInfo
}

// IsFriend tells who of up to 10 users is a friend.
func (a *API) IsFriend(ctx context.Context, q *IsFriendRequest) (*IsFriendResult, error) {
	return call(ctx, a, isFriend, q)
}

// AddBlackListRequest is the request of AddBlackList.
type AddBlackListRequest struct {
	UserId         ID
	BlackListInfos []NewBlackListed // at most 10
	InboxType      int              `json:",omitempty"`
}

// AddBlackListResult is the result of AddBlackList.
type AddBlackListResult struct {
	FailedInfos []FailedInfo
}

// AddBlackList puts up to 10 users on a user's block list.
func (a *API) AddBlackList(ctx context.Context, q *AddBlackListRequest) (*AddBlackListResult, error) {
	return call(ctx, a, addBlackList, q)
}

// RemoveBlackListRequest is the request of RemoveBlackList.
type RemoveBlackListRequest struct {
	UserId           ID
	BlackListUserIds []ID // at most 10
	InboxType        int  `json:",omitempty"`
}

// RemoveBlackList takes up to 10 users off a user's block list.
func (a *API) RemoveBlackList(ctx context.Context, q *RemoveBlackListRequest) error {
	_, err := call(ctx, a, removeBlackList, q)
	return err
}

// UpdateBlackListRequest is the request of UpdateBlackList.
type UpdateBlackListRequest struct {
	UserId         ID
	BlackListInfos []NewBlackListed // at most 10
	InboxType      int              `json:",omitempty"`
}

// UpdateBlackListResult is the result of UpdateBlackList.
type UpdateBlackListResult struct {
	FailedInfos []FailedInfo
}

// UpdateBlackList merges data into up to 10 entries of a user's block list.
func (a *API) UpdateBlackList(ctx context.Context, q *UpdateBlackListRequest) (*UpdateBlackListResult, error) {
	return call(ctx, a, updateBlackList, q)
}

// GetBlackListRequest is the request of GetBlackList.
type GetBlackListRequest struct {
	UserId    ID
	Cursor    ID
	Limit     int  // at most 20
	NeedTotal bool `json:",omitempty"`
	InboxType int  `json:",omitempty"`
}

// GetBlackListResult is the result of GetBlackList.
type GetBlackListResult struct {
	BlackListInfos []BlackListed
	TotalCount     Int
	HasMore        bool
	NewCursor      ID
	NextCursor     ID
}

// GetBlackList reads one page of a user's block list, the one added last first.
func (a *API) GetBlackList(ctx context.Context, q *GetBlackListRequest) (*GetBlackListResult, error) {
	return call(ctx, a, getBlackList, q)
}

// IsInBlackListRequest is the request of IsInBlackList.
type IsInBlackListRequest struct {
	UserId           ID
	BlackListUserIds []ID // at most 10
	InboxType        int  `json:",omitempty"`
}

// IsInBlackListResult is the result of IsInBlackList.
type IsInBlackListResult struct {
	IsInBlackListInfos map[string]bool
}

// IsInBlackList tells who of up to 10 users is on a user's block list.
func (a *API) IsInBlackList(ctx context.Context, q *IsInBlackListRequest) (*IsInBlackListResult, error) {
	return call(ctx, a, isInBlackList, q)
}
