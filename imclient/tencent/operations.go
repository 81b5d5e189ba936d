package tencent

import (
	"context"
	"strconv"
)

var (
	getAppInfo = command[GetAppInfoRequest, GetAppInfoAnswer]("openconfigsvr", "getappinfo", reads, rateDefault, "34886")
	getHistory = command[GetHistoryRequest, GetHistoryAnswer]("open_msg_svc", "get_history", reads, rateHistory, "34885")
	getIPList  = command[GetIPListRequest, GetIPListAnswer]("ConfigSvc", "GetIPList", reads, rateDefault, "36742")
)

// GetAppInfoRequest names fields; none = all.
type GetAppInfoRequest struct {
	RequestField []string `json:",omitempty"`
}

// GetAppInfoAnswer has an object for each of the last 30 days, its values as texts, its day in Date as YYYYMMDD.
type GetAppInfoAnswer struct {
	Envelope
	Result []map[string]Str
}

// GetAppInfo reads what happened in the app day by day. Codes: 130001, 130009 to 130012.
//
// Source: Tencent Cloud Chat REST API, getappinfo (doc 34886).
func (a *API) GetAppInfo(ctx context.Context, q *GetAppInfoRequest) (*GetAppInfoAnswer, error) {
	return call(ctx, a, getAppInfo, q)
}

// Values of GetHistoryRequest.ChatType.
const (
	HistoryC2C   = "C2C"
	HistoryGroup = "Group"
)

// GetHistoryRequest asks for the messages of one hour: MsgTime is YYYYMMDDHH in China Standard Time.
type GetHistoryRequest struct {
	ChatType string
	MsgTime  string
}

// GetHistoryAnswer has the files of that hour.
type GetHistoryAnswer struct {
	Envelope
	File []HistoryFile
}

// HistoryFile is a gzip file to fetch before ExpireTime, YYYY-MM-DD hh:mm:ss. Sizes are bytes; the MD5 are hexadecimal.
type HistoryFile struct {
	URL        Str
	ExpireTime Str
	FileSize   Int // unpacked
	FileMD5    Str
	GzipSize   Int // as it is fetched
	GzipMD5    Str
}

// GetHistory tells where an hour's messages can be fetched; 10 calls a second. They are there some time after the hour, and
// for 7 days. Codes: 1001 to 1003, 1004 (not ready yet, or no messages), 1005 (expired).
//
// Source: Tencent Cloud Chat REST API, get_history (doc 34885).
func (a *API) GetHistory(ctx context.Context, q *GetHistoryRequest) (*GetHistoryAnswer, error) {
	return call(ctx, a, getHistory, q)
}

// GetIPListRequest chooses addresses: 0 all, 1 and 2 for SDKs in China and abroad, 3 and 4 for web clients, 5 and 6 those
// from which webhooks are called. It goes into the address of the call.
type GetIPListRequest struct {
	NetType int `json:"-"`
}

// GetIPListAnswer has addresses and ranges of them.
type GetIPListAnswer struct {
	Envelope
	IPList []Str
}

// GetIPList tells the service's addresses, for the rules of a firewall. Codes: those of the gateway.
//
// Source: Tencent Cloud Chat REST API, GetIPList (doc 36742).
func (a *API) GetIPList(ctx context.Context, q *GetIPListRequest) (*GetIPListAnswer, error) {
	return callWith(ctx, a, getIPList, q, "&nettype="+strconv.Itoa(q.NetType))
}
