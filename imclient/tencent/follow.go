package tencent

import "context"

var (
	followAdd     = command[FollowAddRequest, SnsResults](followSvc, "follow_add", writes, rateDefault, "70345")
	followDelete  = command[FollowRequest, SnsResults](followSvc, "follow_delete", writes, rateDefault, "")
	followGet     = command[FollowGetRequest, FollowGetAnswer](followSvc, "follow_get", reads, rateDefault, "70347")
	followCheck   = command[FollowRequest, FollowCheckAnswer](followSvc, "follow_check", reads, rateDefault, "70349")
	followGetInfo = command[FollowRequest, FollowGetInfoAnswer](followSvc, "follow_get_info", reads, rateDefault, "")
)

// followSvc is the service of followers.
const followSvc = "follow"

// FollowAddRequest names at most 20 users whom From_Account is to follow.
type FollowAddRequest struct {
	FromAccount string `json:"From_Account"`
	FollowItem  []ToAccount
}

// ToAccount is an element of a list of users.
type ToAccount struct {
	ToAccount string `json:"To_Account"`
}

// FollowAdd makes a user follow others. The plan and a switch in the vendor's console must allow it. Codes: 30001 to 30004,
// 30006 to 30008.
//
// Source: Tencent Cloud Chat REST API, follow_add (doc 70345).
func (a *API) FollowAdd(ctx context.Context, q *FollowAddRequest) (*SnsResults, error) {
	return call(ctx, a, followAdd, q)
}

// FollowRequest names users beside From_Account: 20 to follow no more or to count, 100 to check.
type FollowRequest struct {
	FromAccount string   `json:"From_Account"`
	ToAccount   []string `json:"To_Account"`
}

// FollowDelete makes a user follow others no more. Codes as FollowAdd.
//
// Source: Tencent Cloud Chat REST API, follow_delete.
func (a *API) FollowDelete(ctx context.Context, q *FollowRequest) (*SnsResults, error) {
	return call(ctx, a, followDelete, q)
}

// Values of FollowGetRequest.FollowType.
const (
	FollowFans      = 1
	FollowFollowing = 2
	FollowMutual    = 3
)

// FollowGetRequest asks for a page of those who follow a user, or whom the user follows: 100, at most 1000. StartCursor ""
// is the first page.
type FollowGetRequest struct {
	FromAccount string `json:"From_Account"`
	FollowType  int
	StartCursor string
	WantNum     int `json:",omitempty"`
}

// FollowGetAnswer is a page. NextCursor "" is the end.
type FollowGetAnswer struct {
	Envelope
	FollowItem []Follow
	NextCursor Str
}

// Follow is one of them.
type Follow struct {
	ToAccount   Str `json:"To_Account"`
	FollowTime  Int
	ProfileItem []TagValue
}

// FollowGet lists followers and followed. Codes: 30001 to 30004, 30006, 30007.
//
// Source: Tencent Cloud Chat REST API, follow_get (doc 70347).
func (a *API) FollowGet(ctx context.Context, q *FollowGetRequest) (*FollowGetAnswer, error) {
	return call(ctx, a, followGet, q)
}

// FollowCheckAnswer has one for each of the others.
type FollowCheckAnswer struct {
	Envelope
	ResultItem []FollowState
}

// FollowState is how two follow each other. FollowType: 0 not at all, 1 To_Account follows, 2 From_Account follows, 3 both.
type FollowState struct {
	ToAccount  Str `json:"To_Account"`
	FollowType Int
	ResultCode Int
	ResultInfo Str
}

// FollowCheck asks who follows whom. Codes: 30001 to 30004, 30006, 30007.
//
// Source: Tencent Cloud Chat REST API, follow_check (doc 70349).
func (a *API) FollowCheck(ctx context.Context, q *FollowRequest) (*FollowCheckAnswer, error) {
	return call(ctx, a, followCheck, q)
}

// FollowGetInfoAnswer has one for each of the users.
type FollowGetInfoAnswer struct {
	Envelope
	FollowInfo []FollowCounts
}

// FollowCounts is how many follow a user, and how many the user follows.
type FollowCounts struct {
	ToAccount            Str `json:"To_Account"`
	FollowerCount        Int
	FollowingCount       Int
	MutualFollowingCount Int
	ResultCode           Int
	ResultInfo           Str
}

// FollowGetInfo counts followers and followed. Codes: 30001 to 30004, 30006, 30007.
//
// Source: Tencent Cloud Chat REST API, follow_get_info.
func (a *API) FollowGetInfo(ctx context.Context, q *FollowRequest) (*FollowGetInfoAnswer, error) {
	return call(ctx, a, followGetInfo, q)
}
