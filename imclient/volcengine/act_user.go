package volcengine

import "context"

// Values of Op in BatchUpdateUserTags.
const (
	TagsAdd    = 0
	TagsRemove = 1
)

// User is a registered user. Times are milliseconds.
type User struct {
	UserId     ID
	NickName   Str
	Portrait   Str
	Tags       []string
	Ext        Ext
	CreateTime Int
	ModifyTime Int
	IsRobot    bool
}

// NewUser is a user to be registered.
type NewUser struct {
	UserId   ID
	NickName string   `json:",omitempty"`
	Portrait string   `json:",omitempty"`
	Tags     []string `json:",omitempty"`
	Ext      Ext      `json:",omitempty"`
	IsRobot  bool     `json:",omitempty"`
}

// UserChange names what to change of a profile; nil stays as it is.
type UserChange struct {
	UserId   ID
	NickName *string   `json:",omitempty"`
	Portrait *string   `json:",omitempty"`
	Tags     *[]string `json:",omitempty"`
	Ext      Ext       `json:",omitempty"`
}

// Connection is one connection of a user's client.
type Connection struct {
	ConnId        Str
	UserId        ID
	DeviceId      ID
	ClientVersion Int
	Platform      Str // Android, iOS, Web
}

var (
	registerUsers       = action[RegisterUsersRequest, RegisterUsersResult]("user", "RegisterUsers", writes, rateWrite, "1125993")
	unRegisterUsers     = action[UnRegisterUsersRequest, UnRegisterUsersResult]("user", "UnRegisterUsers", writes, rateWrite, "1125994")
	batchGetUser        = action[BatchGetUserRequest, BatchGetUserResult]("user", "BatchGetUser", reads, rateRead, "1125996")
	batchUpdateUser     = action[BatchUpdateUserRequest, BatchUpdateUserResult]("user", "BatchUpdateUser", writes, rateWrite, "1187901")
	batchUpdateUserTags = action[BatchUpdateUserTagsRequest, BatchUpdateUserTagsResult]("user", "BatchUpdateUserTags", writes, rateWrite, "1125995")
	queryOnlineStatus   = action[QueryOnlineStatusRequest, QueryOnlineStatusResult]("user", "QueryOnlineStatus", reads, rateRead, "788533")
	userBroadcast       = action[UserBroadcastRequest, Done]("broadcast", "UserBroadcast", writes, rateBroadcast, "1125997")
	getAppToken         = action[GetAppTokenRequest, GetAppTokenResult]("token", "GetAppToken", writes, rateWrite, "1208779")
)

// RegisterUsersRequest is the request of RegisterUsers.
type RegisterUsersRequest struct {
	Users []NewUser // at most 20
}

// RegisterUsersResult is the result of RegisterUsers.
type RegisterUsersResult struct {
	FailedInfos []FailedInfo
}

// RegisterUsers registers up to 20 users. One who is registered may get the new profile.
func (a *API) RegisterUsers(ctx context.Context, q *RegisterUsersRequest) (*RegisterUsersResult, error) {
	return call(ctx, a, registerUsers, q)
}

// UnRegisterUsersRequest is the request of UnRegisterUsers.
type UnRegisterUsersRequest struct {
	UserIds []ID // at most 10
}

// UnRegisterUsersResult is the result of UnRegisterUsers.
type UnRegisterUsersResult struct {
	FailedInfos []FailedInfo
}

// UnRegisterUsers ends the registration of up to 10 users.
func (a *API) UnRegisterUsers(ctx context.Context, q *UnRegisterUsersRequest) (*UnRegisterUsersResult, error) {
	return call(ctx, a, unRegisterUsers, q)
}

// BatchGetUserRequest is the request of BatchGetUser.
type BatchGetUserRequest struct {
	UserIds []ID // at most 50
}

// BatchGetUserResult is the result of BatchGetUser.
type BatchGetUserResult struct {
	Users         []User
	NotFoundUsers []ID
}

// BatchGetUser reads the profiles of up to 50 users.
func (a *API) BatchGetUser(ctx context.Context, q *BatchGetUserRequest) (*BatchGetUserResult, error) {
	return call(ctx, a, batchGetUser, q)
}

// BatchUpdateUserRequest is the request of BatchUpdateUser.
type BatchUpdateUserRequest struct {
	Users []UserChange // at most 10
}

// BatchUpdateUserResult is the result of BatchUpdateUser.
type BatchUpdateUserResult struct {
	FailedInfos []FailedInfo
}

// BatchUpdateUser changes the profiles of up to 10 users. Ext is replaced: send all of it.
func (a *API) BatchUpdateUser(ctx context.Context, q *BatchUpdateUserRequest) (*BatchUpdateUserResult, error) {
	return call(ctx, a, batchUpdateUser, q)
}

// BatchUpdateUserTagsRequest is the request of BatchUpdateUserTags.
type BatchUpdateUserTagsRequest struct {
	UserIds []ID
	Tags    []string
	Op      int // TagsAdd, TagsRemove
}

// BatchUpdateUserTagsResult is the result of BatchUpdateUserTags.
type BatchUpdateUserTagsResult struct {
	FailedInfos []FailedInfo
}

// BatchUpdateUserTags adds tags to users, or takes them away.
func (a *API) BatchUpdateUserTags(ctx context.Context, q *BatchUpdateUserTagsRequest) (*BatchUpdateUserTagsResult, error) {
	return call(ctx, a, batchUpdateUserTags, q)
}

// QueryOnlineStatusRequest is the request of QueryOnlineStatus.
type QueryOnlineStatusRequest struct {
	UserIds []ID // at most 100
}

// QueryOnlineStatusResult is the result of QueryOnlineStatus.
type QueryOnlineStatusResult struct {
	QueryOnlineResults map[string][]Connection
}

// QueryOnlineStatus reads the connections of up to 100 users. Who has none is left out.
func (a *API) QueryOnlineStatus(ctx context.Context, q *QueryOnlineStatusRequest) (*QueryOnlineStatusResult, error) {
	return call(ctx, a, queryOnlineStatus, q)
}

// UserBroadcastRequest is the request of UserBroadcast.
type UserBroadcastRequest struct {
	Sender    ID
	MsgType   int
	Content   string
	MsgTTL    int64    // seconds, 1 to 604800
	Tags      []string `json:",omitempty"`
	TagOp     int      `json:",omitempty"` // 0 one of the tags, 1 all of them
	Ext       Ext      `json:",omitempty"`
	InboxType int      `json:",omitempty"`
}

// UserBroadcast says something to all registered users, or to those with tags. 20 times a day.
func (a *API) UserBroadcast(ctx context.Context, q *UserBroadcastRequest) error {
	_, err := call(ctx, a, userBroadcast, q)
	return err
}

// GetAppTokenRequest is the request of GetAppToken.
type GetAppTokenRequest struct {
	UserId     ID    `user:"twin"`
	ExpireTime int64 // milliseconds since 1970
}

// GetAppTokenResult is the result of GetAppToken.
type GetAppTokenResult struct {
	UserId    ID
	UserIdStr Str
	Token     Str
}

// GetAppToken makes a token with which a user's client signs in.
func (a *API) GetAppToken(ctx context.Context, q *GetAppTokenRequest) (*GetAppTokenResult, error) {
	return call(ctx, a, getAppToken, q)
}
