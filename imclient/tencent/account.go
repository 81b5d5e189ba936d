package tencent

import "context"

var (
	accountImport      = command[AccountImportRequest, Done]("im_open_login_svc", "account_import", writes, rateDefault, "34953")
	multiaccountImport = command[MultiaccountImportRequest, MultiaccountImportAnswer]("im_open_login_svc", "multiaccount_import", writes, rateAccount, "34954")
	accountDelete      = command[AccountDeleteRequest, AccountDeleteAnswer]("im_open_login_svc", "account_delete", writes, rateAccount, "34955")
	accountCheck       = command[AccountCheckRequest, AccountCheckAnswer]("im_open_login_svc", "account_check", reads, rateAccount, "34956")
	kick               = command[KickRequest, Done]("im_open_login_svc", "kick", writes, rateDefault, "34957")
	queryOnlineStatus  = command[QueryOnlineStatusRequest, QueryOnlineStatusAnswer]("openim", "query_online_status", reads, rateDefault, "35477")
	queryState         = command[QueryOnlineStatusRequest, QueryOnlineStatusAnswer]("openim", "querystate", reads, rateDefault, "")
)

// Caps of the account commands.
const (
	maxAccounts = 100 // account_check, account_delete, multiaccount_import
	maxStatus   = 500 // query_online_status
)

// UserID is an element of the account commands' lists.
type UserID struct{ UserID string }

// AccountImportRequest is one account. Nick and FaceUrl take 500 bytes, UserID 32.
type AccountImportRequest struct {
	UserID  string
	Nick    string `json:",omitempty"`
	FaceUrl string `json:",omitempty"`
}

// AccountImport makes an account. If there is one already the service says OK and changes nothing.
//
// Codes: 40006, 40601 (a value over 500 bytes), 70169, 70398 (over 100 accounts on a free app), 70402, 70403, 70500.
//
// Source: Tencent Cloud Chat REST API, account_import (doc 34953).
func (a *API) AccountImport(ctx context.Context, q *AccountImportRequest) (*Done, error) {
	return call(ctx, a, accountImport, q)
}

// MultiaccountImportRequest names at most 100 accounts, in its newer form with nicknames and pictures.
type MultiaccountImportRequest struct {
	Accounts    []string               `json:",omitempty"`
	AccountList []AccountImportRequest `json:",omitempty"`
}

// MultiaccountImportAnswer names those that were not made.
type MultiaccountImportAnswer struct {
	Envelope
	FailAccounts []Str
}

// MultiaccountImport makes accounts; 100 calls a second. Older servers know no AccountList. Codes: 70169, 70202, 70398, 70402, 70403, 70500.
//
// Source: Tencent Cloud Chat REST API, multiaccount_import (doc 34954).
func (a *API) MultiaccountImport(ctx context.Context, q *MultiaccountImportRequest) (*MultiaccountImportAnswer, error) {
	return call(ctx, a, multiaccountImport, q)
}

// AccountDeleteRequest names at most 100 accounts.
type AccountDeleteRequest struct{ DeleteItem []UserID }

// AccountDeleteAnswer says for each account how it went: 70107 if there was none.
type AccountDeleteAnswer struct {
	Envelope
	ResultItem []AccountResult
}

// AccountResult is the result for one account. AccountStatus is told by account_check only: Imported or NotImported.
type AccountResult struct {
	UserID        Str
	ResultCode    Int
	ResultInfo    Str
	AccountStatus Str
}

// AccountDelete removes accounts with their profiles and relations for good; 100 calls a second. Only apps on a free
// plan may (71000). Codes: 30006 to 30008, 40006, 70107, 70169, 70202, 70402, 70403, 70500, 71000.
//
// Source: Tencent Cloud Chat REST API, account_delete (doc 34955).
func (a *API) AccountDelete(ctx context.Context, q *AccountDeleteRequest) (*AccountDeleteAnswer, error) {
	return call(ctx, a, accountDelete, q)
}

// AccountCheckRequest names at most 100 accounts.
type AccountCheckRequest struct{ CheckItem []UserID }

// AccountCheckAnswer says for each account whether it was imported. An unknown one is no error.
type AccountCheckAnswer struct {
	Envelope
	ResultItem []AccountResult
}

// AccountCheck asks which accounts there are; 100 calls a second. Codes: 70169, 70202, 70402, 70403, 70500.
//
// Source: Tencent Cloud Chat REST API, account_check (doc 34956).
func (a *API) AccountCheck(ctx context.Context, q *AccountCheckRequest) (*AccountCheckAnswer, error) {
	return call(ctx, a, accountCheck, q)
}

// KickRequest names one account.
type KickRequest struct{ UserID string }

// Kick ends a user's logins: UserSigs made so far stop working, one made afterwards works. Codes: 70107, 70169, 70402,
// 70403, 70500.
//
// Source: Tencent Cloud Chat REST API, kick (doc 34957).
func (a *API) Kick(ctx context.Context, q *KickRequest) (*Done, error) { return call(ctx, a, kick, q) }

// QueryOnlineStatusRequest names at most 500 accounts. IsNeedDetail 1 asks for the devices.
type QueryOnlineStatusRequest struct {
	ToAccount    []string `json:"To_Account"`
	IsNeedDetail int      `json:",omitempty"`
}

// QueryOnlineStatusAnswer has the states, and in ErrorList the accounts that are not known (70107).
type QueryOnlineStatusAnswer struct {
	Envelope
	QueryResult []OnlineStatus
	ErrorList   []AccountError
}

// OnlineStatus is one user's state. Servers name it Status or State.
type OnlineStatus struct {
	ToAccount Str `json:"To_Account"`
	Status    Str
	State     Str
	Detail    []DeviceStatus
}

// Now is the state under whichever name it came: Online, PushOnline or Offline.
func (s OnlineStatus) Now() Str {
	if s.Status != "" {
		return s.Status
	}
	return s.State
}

// DeviceStatus is the state on one platform: iPhone, Android, Web, PC, iPad, Mac.
type DeviceStatus struct{ Platform, Status Str }

// AccountError is one account that a batch refused.
type AccountError struct {
	ToAccount Str `json:"To_Account"`
	ErrorCode Int
}

// QueryOnlineStatus asks whether users are online. PushOnline is reachable by push only, for 7 days at most. Codes:
// 70107, 70169, 72001 (not enabled in the vendor's console), 90001 (empty list), 90003, 90009, 90011 (over 500), 90992,
// 90994, 90995, 91000.
//
// Source: Tencent Cloud Chat REST API, query_online_status (doc 35477).
func (a *API) QueryOnlineStatus(ctx context.Context, q *QueryOnlineStatusRequest) (*QueryOnlineStatusAnswer, error) {
	return call(ctx, a, queryOnlineStatus, q)
}

// QueryState is the older name of QueryOnlineStatus. Its answer has no ErrorList.
func (a *API) QueryState(ctx context.Context, q *QueryOnlineStatusRequest) (*QueryOnlineStatusAnswer, error) {
	return call(ctx, a, queryState, q)
}
