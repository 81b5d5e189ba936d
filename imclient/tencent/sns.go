package tencent

import (
	"context"
	"encoding/json"
)

var (
	friendAdd       = command[FriendAddRequest, SnsResults](snsSvc, "friend_add", writes, rateDefault, "34902")
	friendImport    = command[FriendImportRequest, SnsResults](snsSvc, "friend_import", writes, rateDefault, "34903")
	friendUpdate    = command[FriendUpdateRequest, SnsResults](snsSvc, "friend_update", writes, rateDefault, "34904")
	friendDelete    = command[FriendDeleteRequest, SnsResults](snsSvc, "friend_delete", writes, rateDefault, "34905")
	friendDeleteAll = command[FriendDeleteAllRequest, Done](snsSvc, "friend_delete_all", writes, rateDefault, "34906")
	friendCheck     = command[SnsCheckRequest, FriendCheckAnswer](snsSvc, "friend_check", reads, rateDefault, "34907")
	friendGet       = command[FriendGetRequest, FriendGetAnswer](snsSvc, "friend_get", reads, rateDefault, "34908")
	friendGetList   = command[FriendGetListRequest, FriendGetListAnswer](snsSvc, "friend_get_list", reads, rateDefault, "34910")
	blackListAdd    = command[BlackListRequest, SnsResults](snsSvc, "black_list_add", writes, rateDefault, "34911")
	blackListDelete = command[BlackListRequest, SnsResults](snsSvc, "black_list_delete", writes, rateDefault, "34912")
	blackListCheck  = command[SnsCheckRequest, BlackListCheckAnswer](snsSvc, "black_list_check", reads, rateDefault, "34913")
	blackListGet    = command[BlackListGetRequest, BlackListGetAnswer](snsSvc, "black_list_get", reads, rateDefault, "34914")
	snsGroupAdd     = command[SnsGroupAddRequest, SnsGroupChangeAnswer](snsSvc, "group_add", writes, rateDefault, "34950")
	snsGroupDelete  = command[SnsGroupDeleteRequest, SnsGroupChangeAnswer](snsSvc, "group_delete", writes, rateDefault, "34926")
	snsGroupGet     = command[SnsGroupGetRequest, SnsGroupGetAnswer](snsSvc, "group_get", reads, rateDefault, "40123")
)

// snsSvc is the service of friends, lists of friends and block lists.
const snsSvc = "sns"

// Caps of the commands for friends and block lists. Lists of users take 1000, but friend_add has no cap of its own page.
const (
	maxRelations   = 1000
	maxBlockPage   = 100 // black_list_get: its page has no cap; this is ours
	maxFriendRead  = 100 // friend_get_list: what the page advises
	maxFriendWords = 256 // bytes
	maxRemark      = 96  // bytes
	maxFriendList  = 30  // bytes of a list's name
	maxFriendLists = 32
)

// The tags of a friend. TagSnsGroup is a list of texts, TagSnsAddTime a number, the others are texts.
//
// Source: Tencent Cloud Chat, "Relationship Chain Management" (doc 33521).
const (
	TagSnsGroup      = "Tag_SNS_IM_Group"
	TagSnsRemark     = "Tag_SNS_IM_Remark"
	TagSnsAddSource  = "Tag_SNS_IM_AddSource"
	TagSnsAddWording = "Tag_SNS_IM_AddWording"
	TagSnsAddTime    = "Tag_SNS_IM_AddTime"
	TagSnsCustom     = "Tag_SNS_Custom_" // prefix of the app's own

	AddSourcePrefix = "AddSource_Type_" // of an AddSource; up to 8 letters follow
)

// One direction or both.
const (
	AddSingle        = "Add_Type_Single"
	AddBoth          = "Add_Type_Both"
	DeleteSingle     = "Delete_Type_Single"
	DeleteBoth       = "Delete_Type_Both"
	CheckSingle      = "CheckResult_Type_Single"
	CheckBoth        = "CheckResult_Type_Both"
	BlackCheckSingle = "BlackCheckResult_Type_Single"
	BlackCheckBoth   = "BlackCheckResult_Type_Both"
	NeedFriendYes    = "Need_Friend_Type_Yes"
)

// What FriendCheck and BlackListCheck answer. A is From_Account, B is To_Account.
const (
	RelationNone     = "CheckResult_Type_NoRelation"
	RelationAWithB   = "CheckResult_Type_AWithB"
	RelationBWithA   = "CheckResult_Type_BWithA"
	RelationBothWays = "CheckResult_Type_BothWay"
	BlackNone        = "BlackCheckResult_Type_NO"
	BlackAWithB      = "BlackCheckResult_Type_AWithB"
	BlackBWithA      = "BlackCheckResult_Type_BWithA"
	BlackBothWays    = "BlackCheckResult_Type_BothWay"
)

// SnsResults says for each account how it went.
type SnsResults struct {
	Envelope
	ResultItem  []SnsResult
	FailAccount []Str `json:"Fail_Account"`
}

// SnsResult is one account's.
type SnsResult struct {
	ToAccount  Str `json:"To_Account"`
	ResultCode Int
	ResultInfo Str
}

// FriendAddRequest makes friends of From_Account. ForceAddFlags 1: without asking them.
type FriendAddRequest struct {
	FromAccount   string `json:"From_Account"`
	AddFriendItem []NewFriend
	AddType       string `json:",omitempty"` // AddSingle, AddBoth; "" = both
	ForceAddFlags int    `json:",omitempty"`
}

// NewFriend is one friend to be. GroupName is the list to put it into: one, and a text.
type NewFriend struct {
	ToAccount  string `json:"To_Account"`
	Remark     string `json:",omitempty"` // 96 bytes
	GroupName  string `json:",omitempty"`
	AddSource  string `json:",omitempty"` // AddSourcePrefix and letters
	AddWording string `json:",omitempty"` // 256 bytes
}

// FriendAdd makes friends, or asks those who want to be asked: 30539 is a request that waits. Codes: 30001 to 30004, 30006
// to 30008; of one account 30009 (may not ask), 30010 (own list full), 30011, 30012, 30014 (the other's full), 30515 (in own
// block list), 30516 (takes no requests), 30525 (in the other's block list), 30539, 30540.
//
// Source: Tencent Cloud Chat REST API, friend_add (doc 34902).
func (a *API) FriendAdd(ctx context.Context, q *FriendAddRequest) (*SnsResults, error) {
	return call(ctx, a, friendAdd, q)
}

// FriendImportRequest has at most 1000 friends, in one direction.
type FriendImportRequest struct {
	FromAccount   string `json:"From_Account"`
	AddFriendItem []ImportedFriend
}

// ImportedFriend is one. GroupName is a list of lists here.
type ImportedFriend struct {
	ToAccount  string   `json:"To_Account"`
	Remark     string   `json:",omitempty"`
	RemarkTime int64    `json:",omitempty"`
	GroupName  []string `json:",omitempty"`
	AddSource  string
	AddWording string   `json:",omitempty"`
	AddTime    int64    `json:",omitempty"`
	CustomItem []TagSet `json:",omitempty"`
}

// FriendImport puts friends into From_Account's list. No webhook is called. Codes as FriendAdd.
//
// Source: Tencent Cloud Chat REST API, friend_import (doc 34903).
func (a *API) FriendImport(ctx context.Context, q *FriendImportRequest) (*SnsResults, error) {
	return call(ctx, a, friendImport, q)
}

// FriendUpdateRequest changes remarks, lists and the app's own fields of friends.
type FriendUpdateRequest struct {
	FromAccount string `json:"From_Account"`
	UpdateItem  []FriendUpdateItem
}

// FriendUpdateItem is one friend.
type FriendUpdateItem struct {
	ToAccount string `json:"To_Account"`
	SnsItem   []TagSet
}

// FriendUpdate changes friends. Codes: 30001 to 30004, 30006 to 30008, 30011.
//
// Source: Tencent Cloud Chat REST API, friend_update (doc 34904).
func (a *API) FriendUpdate(ctx context.Context, q *FriendUpdateRequest) (*SnsResults, error) {
	return call(ctx, a, friendUpdate, q)
}

// FriendDeleteRequest names at most 1000 friends.
type FriendDeleteRequest struct {
	FromAccount string   `json:"From_Account"`
	ToAccount   []string `json:"To_Account"`
	DeleteType  string   `json:",omitempty"` // DeleteSingle, DeleteBoth; "" = single
}

// FriendDelete ends friendships. Codes: 30001 to 30004, 30006 to 30008; of one account 31704 (not a friend), 31707.
//
// Source: Tencent Cloud Chat REST API, friend_delete (doc 34905).
func (a *API) FriendDelete(ctx context.Context, q *FriendDeleteRequest) (*SnsResults, error) {
	return call(ctx, a, friendDelete, q)
}

// FriendDeleteAllRequest names whose.
type FriendDeleteAllRequest struct {
	FromAccount string `json:"From_Account"`
	DeleteType  string `json:",omitempty"` // DeleteSingle, DeleteBoth; "" = single
}

// FriendDeleteAll ends all friendships of a user. Codes: 30001 to 30004, 30006 to 30008.
//
// Source: Tencent Cloud Chat REST API, friend_delete_all (doc 34906).
func (a *API) FriendDeleteAll(ctx context.Context, q *FriendDeleteAllRequest) (*Done, error) {
	return call(ctx, a, friendDeleteAll, q)
}

// SnsCheckRequest asks how From_Account and at most 1000 others stand to each other.
type SnsCheckRequest struct {
	FromAccount string   `json:"From_Account"`
	ToAccount   []string `json:"To_Account"`
	CheckType   string
}

// SnsRelation is how two stand to each other.
type SnsRelation struct {
	ToAccount  Str `json:"To_Account"`
	Relation   Str
	ResultCode Int
	ResultInfo Str
}

// FriendCheckAnswer has one for each of the others.
type FriendCheckAnswer struct {
	Envelope
	InfoItem    []SnsRelation
	FailAccount []Str `json:"Fail_Account"`
}

// FriendCheck asks who is a friend of whom. CheckSingle says nothing about the other's list. Codes: 30001 to 30004, 30006,
// 30007.
//
// Source: Tencent Cloud Chat REST API, friend_check (doc 34907).
func (a *API) FriendCheck(ctx context.Context, q *SnsCheckRequest) (*FriendCheckAnswer, error) {
	return call(ctx, a, friendCheck, q)
}

// FriendGetRequest asks for a page of a user's friends; StartIndex 0 first. The service leaves out what has not changed
// since the two sequences.
type FriendGetRequest struct {
	FromAccount      string `json:"From_Account"`
	StartIndex       int64
	StandardSequence int64 `json:",omitempty"`
	CustomSequence   int64 `json:",omitempty"`
}

// FriendGetAnswer is a page, as long as the service makes it. Any CompleteFlag but 0 is the end.
type FriendGetAnswer struct {
	Envelope
	UserDataItem     []FriendData
	StandardSequence Int
	CustomSequence   Int
	FriendNum        Int
	CompleteFlag     Int
	NextStartIndex   Int
}

// FriendData is one friend. Its values are texts, numbers or lists of texts, as the tag has it.
type FriendData struct {
	ToAccount Str `json:"To_Account"`
	ValueItem []TagValue
}

// FriendGet lists a user's friends. Codes: 30001 to 30004, 30006, 30007.
//
// Source: Tencent Cloud Chat REST API, friend_get (doc 34908).
func (a *API) FriendGet(ctx context.Context, q *FriendGetRequest) (*FriendGetAnswer, error) {
	return call(ctx, a, friendGet, q)
}

// FriendGetListRequest asks for tags of given friends: at most 100 are advised.
type FriendGetListRequest struct {
	FromAccount string   `json:"From_Account"`
	ToAccount   []string `json:"To_Account"`
	TagList     []string
}

// FriendGetListAnswer has a result for each: 30001 for one who is not a friend.
type FriendGetListAnswer struct {
	Envelope
	InfoItem    []FriendInfo
	FailAccount []Str `json:"Fail_Account"`
}

// FriendInfo is one friend. Tags of the profile may be asked for as well.
type FriendInfo struct {
	ToAccount      Str `json:"To_Account"`
	SnsProfileItem []TagValue
	ResultCode     Int
	ResultInfo     Str
}

// FriendGetList reads given friends. Codes: 30001 to 30004, 30006, 30007.
//
// Source: Tencent Cloud Chat REST API, friend_get_list (doc 34910).
func (a *API) FriendGetList(ctx context.Context, q *FriendGetListRequest) (*FriendGetListAnswer, error) {
	return call(ctx, a, friendGetList, q)
}

// BlackListRequest names at most 1000 users.
type BlackListRequest struct {
	FromAccount string   `json:"From_Account"`
	ToAccount   []string `json:"To_Account"`
}

// BlackListAdd blocks users; friendships with them end. Codes: 30001 to 30004, 30006 to 30008; of one account 30001 (is
// blocked already), 30013 (list full).
//
// Source: Tencent Cloud Chat REST API, black_list_add (doc 34911).
func (a *API) BlackListAdd(ctx context.Context, q *BlackListRequest) (*SnsResults, error) {
	return call(ctx, a, blackListAdd, q)
}

// BlackListDelete lifts blocks. Codes: 30001 to 30004, 30006 to 30008.
//
// Source: Tencent Cloud Chat REST API, black_list_delete (doc 34912).
func (a *API) BlackListDelete(ctx context.Context, q *BlackListRequest) (*SnsResults, error) {
	return call(ctx, a, blackListDelete, q)
}

// BlackListGetRequest asks for a page of a block list; StartIndex 0 first. Servers send LastSequence 0.
type BlackListGetRequest struct {
	FromAccount  string `json:"From_Account"`
	StartIndex   int64
	MaxLimited   int
	LastSequence int64
}

// BlackListGetAnswer is a page. StartIndex is that of the next one; 0 is the end.
type BlackListGetAnswer struct {
	Envelope
	BlackListItem    []BlackListItem
	StartIndex       Int
	CurruentSequence Int // spelled so
}

// BlackListItem is one blocked user.
type BlackListItem struct {
	ToAccount         Str `json:"To_Account"`
	AddBlackTimeStamp Int
}

// BlackListGet lists whom a user has blocked. Codes: 30001 to 30004, 30006, 30007.
//
// Source: Tencent Cloud Chat REST API, black_list_get (doc 34914).
func (a *API) BlackListGet(ctx context.Context, q *BlackListGetRequest) (*BlackListGetAnswer, error) {
	return call(ctx, a, blackListGet, q)
}

// BlackListCheckAnswer has one relation for each of the others.
type BlackListCheckAnswer struct {
	Envelope
	BlackListCheckItem []SnsRelation
	FailAccount        []Str `json:"Fail_Account"`
}

// BlackListCheck asks who has blocked whom. Codes: 30001 to 30004, 30006, 30007.
//
// Source: Tencent Cloud Chat REST API, black_list_check (doc 34913).
func (a *API) BlackListCheck(ctx context.Context, q *SnsCheckRequest) (*BlackListCheckAnswer, error) {
	return call(ctx, a, blackListCheck, q)
}

// SnsGroupAddRequest makes lists of friends, and puts friends into them.
type SnsGroupAddRequest struct {
	FromAccount string `json:"From_Account"`
	GroupName   []string
	ToAccount   []string `json:"To_Account,omitempty"`
}

// SnsGroupChangeAnswer says for each friend how it went, if any were given.
type SnsGroupChangeAnswer struct {
	Envelope
	ResultItem      []SnsResult
	FailAccount     []Str `json:"Fail_Account"`
	CurrentSequence Int
}

// SnsGroupAdd makes lists of friends: at most 32, names of 30 bytes. Codes: 30001 to 30004, 30006 to 30008, 30011; of one
// friend 32216 (is none).
//
// Source: Tencent Cloud Chat REST API, sns/group_add (doc 34950).
func (a *API) SnsGroupAdd(ctx context.Context, q *SnsGroupAddRequest) (*SnsGroupChangeAnswer, error) {
	return call(ctx, a, snsGroupAdd, q)
}

// SnsGroupDeleteRequest names lists of friends.
type SnsGroupDeleteRequest struct {
	FromAccount string `json:"From_Account"`
	GroupName   []string
}

// SnsGroupDelete removes lists of friends; the friends stay. Codes: 30001 to 30004, 30006 to 30008.
//
// Source: Tencent Cloud Chat REST API, sns/group_delete (doc 34926).
func (a *API) SnsGroupDelete(ctx context.Context, q *SnsGroupDeleteRequest) (*SnsGroupChangeAnswer, error) {
	return call(ctx, a, snsGroupDelete, q)
}

// SnsGroupGetRequest asks for lists of friends: the named ones, or all. NeedFriendYes: with the friends in them.
type SnsGroupGetRequest struct {
	FromAccount string   `json:"From_Account"`
	NeedFriend  string   `json:",omitempty"`
	GroupName   []string `json:",omitempty"`
}

// SnsGroupGetAnswer has the lists.
type SnsGroupGetAnswer struct {
	Envelope
	ResultItem      []SnsGroup
	CurrentSequence Int
}

// SnsGroup is one list of friends.
type SnsGroup struct {
	GroupName    Str
	FriendNumber Int
	ToAccount    []Str `json:"To_Account"`
}

// SnsGroupGet reads lists of friends. Codes: 30001 to 30004, 30006, 30007.
//
// Source: Tencent Cloud Chat REST API, sns/group_get (doc 40123).
func (a *API) SnsGroupGet(ctx context.Context, q *SnsGroupGetRequest) (*SnsGroupGetAnswer, error) {
	return call(ctx, a, snsGroupGet, q)
}

// Texts is the value as a list of texts: of a list its elements, of anything else itself.
func (t TagValue) Texts() []string {
	var list []Str
	if json.Unmarshal(t.Value, &list) != nil {
		if text := t.Text(); text != "" {
			return []string{text}
		}
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
