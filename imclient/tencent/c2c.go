package tencent

import (
	"context"
	"encoding/json"

	"imdesk/imclient"
)

var (
	sendMsg            = command[SendMsgRequest, SendMsgAnswer](msgSvc, "sendmsg", writes, rateDefault, "34919")
	batchSendMsg       = command[BatchSendMsgRequest, BatchSendMsgAnswer](msgSvc, "batchsendmsg", writes, rateDefault, "34920")
	importMsg          = command[ImportMsgRequest, Done](msgSvc, "importmsg", writes, rateDefault, "35014")
	adminGetRoamMsg    = command[AdminGetRoamMsgRequest, AdminGetRoamMsgAnswer](msgSvc, "admin_getroammsg", reads, rateDefault, "35478")
	adminMsgWithdraw   = command[AdminMsgWithdrawRequest, Done](msgSvc, "admin_msgwithdraw", writes, rateDefault, "35015")
	adminSetMsgRead    = command[AdminSetMsgReadRequest, Done](msgSvc, "admin_set_msg_read", writes, rateDefault, "38996")
	getC2CUnreadMsgNum = command[GetC2CUnreadMsgNumRequest, GetC2CUnreadMsgNumAnswer](msgSvc, "get_c2c_unread_msg_num", reads, rateDefault, "41046")
	modifyC2CMsg       = command[ModifyC2CMsgRequest, Done](msgSvc, "modify_c2c_msg", writes, rateDefault, "47722")
	deleteC2CMsgRamble = command[DeleteC2CMsgRambleRequest, DeleteC2CMsgRambleAnswer](msgSvc, "delete_c2c_msg_ramble", writes, rateDefault, "")
	c2cMsgReadReceipt  = command[C2CMsgReadReceiptRequest, Done](msgSvc, "c2c_msg_read_receipt", writes, rateDefault, "")
)

// msgSvc is the service of one-to-one messages, and of a few commands of other areas.
const msgSvc = "openim"

// Caps of the commands for one-to-one messages.
const (
	maxReceivers  = 500 // batchsendmsg
	maxUnreadOf   = 10  // get_c2c_unread_msg_num
	maxRambleKeys = 30  // delete_c2c_msg_ramble
	maxRoam       = 100 // admin_getroammsg: its page has no cap; this is ours. An answer ends at about 13 KB anyway
)

// Values of SendMsgRequest.SyncOtherMachine. 0 leaves it out: a copy for the sender's history, none for other devices.
const (
	SyncCopy   = 1 // a copy for the sender's devices and history
	SyncNoCopy = 2 // none
)

// Values of ImportMsgRequest.SyncFromOldSystem.
const (
	ImportRealTime = 5 // counts as unread, and is pushed
	ImportHistory  = 2 // counts as read, and is not pushed
)

// SendMsgRequest is a message to one account. The service drops one with the same MsgSeq and MsgRandom within the second.
type SendMsgRequest struct {
	SyncOtherMachine        int    `json:",omitempty"`
	FromAccount             string `json:"From_Account,omitempty"` // "" = the administrator
	ToAccount               string `json:"To_Account"`
	OnlineOnlyFlag          int    `json:",omitempty"` // 1 = not stored
	MsgLifeTime             *int   `json:",omitempty"` // seconds, 0 to 604800; nil = 604800, 0 = online only
	MsgSeq                  uint32 `json:",omitempty"` // 0 = the service chooses
	MsgRandom               uint32
	MsgTimeStamp            int64    `json:",omitempty"` // older pages
	ForbidCallbackControl   []string `json:",omitempty"` // ForbidBeforeSendMsgCallback, ForbidAfterSendMsgCallback
	SendMsgControl          []string `json:",omitempty"` // NoUnread, NoLastMsg, WithMuteNotifications
	MsgBody                 []MsgElement
	CloudCustomData         string       `json:",omitempty"`
	SupportMessageExtension int          `json:",omitempty"`
	OfflinePushInfo         *OfflinePush `json:",omitempty"`
	IsNeedReadReceipt       int          `json:",omitempty"`
}

// SendMsgAnswer has the message's key, SEQ_RANDOM_TIME. MsgId is told since the end of 2024.
type SendMsgAnswer struct {
	Envelope
	MsgTime Int
	MsgKey  Str
	MsgId   Str
}

// SendMsg says something to one account. Friendship, block list and mutes are not looked at. Codes: 20001 to 20006, 90001
// to 90003, 90005, 90007, 90009, 90010, 90012, 90026, 90031, 90044, 90048, 90992, 91000, 93000 (too long).
//
// Source: Tencent Cloud Chat REST API, sendmsg (doc 34919).
func (a *API) SendMsg(ctx context.Context, q *SendMsgRequest) (*SendMsgAnswer, error) {
	return call(ctx, a, sendMsg, q)
}

// BatchSendMsgRequest is one message to at most 500 accounts.
type BatchSendMsgRequest struct {
	SyncOtherMachine        int          `json:",omitempty"`
	FromAccount             string       `json:"From_Account,omitempty"`
	ToAccount               []string     `json:"To_Account"`
	OnlineOnlyFlag          int          `json:",omitempty"`
	MsgLifeTime             *int         `json:",omitempty"`
	MsgSeq                  uint32       `json:",omitempty"`
	MsgRandom               uint32       // as in SendMsgRequest
	SendMsgControl          []string     `json:",omitempty"`
	MsgBody                 []MsgElement // as in SendMsgRequest
	CloudCustomData         string       `json:",omitempty"`
	SupportMessageExtension int          `json:",omitempty"`
	OfflinePushInfo         *OfflinePush `json:",omitempty"`
	IsNeedReadReceipt       int          `json:",omitempty"`
}

// BatchSendMsgAnswer has the key that all copies share, and the accounts that got none (70107: unknown). With some of
// those ActionStatus is SomeError and the code 0.
type BatchSendMsgAnswer struct {
	Envelope
	MsgKey    Str
	MsgId     Str
	ErrorList []AccountError
}

// BatchSendMsg says the same to many accounts. No webhook is called. If none of them exists it fails with 90012. Codes:
// 70107, 70169, 90001, 90002, 90004, 90007 to 90012, 90026, 90048, 90055, 90992, 91000, 93000.
//
// Source: Tencent Cloud Chat REST API, batchsendmsg (doc 34920).
func (a *API) BatchSendMsg(ctx context.Context, q *BatchSendMsgRequest) (*BatchSendMsgAnswer, error) {
	return call(ctx, a, batchSendMsg, q)
}

// ImportMsgRequest is a past message. The first with the same MsgSeq, MsgRandom and MsgTimeStamp between the two wins.
type ImportMsgRequest struct {
	SyncFromOldSystem int    // ImportRealTime, ImportHistory
	FromAccount       string `json:"From_Account"`
	ToAccount         string `json:"To_Account"`
	MsgSeq            uint32 `json:",omitempty"`
	MsgRandom         uint32
	MsgTimeStamp      int64
	MsgBody           []MsgElement
	CloudCustomData   string `json:",omitempty"`
}

// ImportMsg stores a past message. No webhook is called. Codes: those of SendMsg, 90006, 90030.
//
// Source: Tencent Cloud Chat REST API, importmsg (doc 35014).
func (a *API) ImportMsg(ctx context.Context, q *ImportMsgRequest) (*Done, error) {
	return call(ctx, a, importMsg, q)
}

// AdminGetRoamMsgRequest asks for a page of what two accounts said to each other, as Operator_Account sees it, from
// MaxTime backwards. Both times are seconds and belong to the range. LastMsgKey goes on with the page before.
type AdminGetRoamMsgRequest struct {
	OperatorAccount string `json:"Operator_Account"`
	PeerAccount     string `json:"Peer_Account"`
	MaxCnt          int
	MinTime         int64
	MaxTime         int64
	LastMsgKey      string `json:",omitempty"`
}

// oldAdminGetRoamMsgRequest is the same in the words of older pages.
type oldAdminGetRoamMsgRequest struct {
	FromAccount string `json:"From_Account"`
	ToAccount   string `json:"To_Account"`
	MaxCnt      int
	MinTime     int64
	MaxTime     int64
	LastMsgKey  string `json:",omitempty"`
}

// AdminGetRoamMsgAnswer is a page, oldest first. LastMsgTime and LastMsgKey are those of its oldest message: the next
// page takes them as MaxTime and LastMsgKey. Complete 1 is the end; a short page is not.
type AdminGetRoamMsgAnswer struct {
	Envelope
	Complete    Int
	MsgCnt      Int
	LastMsgTime Int
	LastMsgKey  Str
	MsgList     []RoamMsg
}

// RoamMsg is one message between two accounts. MsgSeq is the sender's and may repeat.
type RoamMsg struct {
	FromAccount     Str `json:"From_Account"`
	ToAccount       Str `json:"To_Account"`
	MsgSeq          Int
	MsgRandom       Int
	MsgTimeStamp    Int
	MsgClientTime   Int
	MsgFlagBits     Int // 8: recalled
	IsPeerRead      *Int
	MsgKey          Str
	MsgBody         json.RawMessage
	CloudCustomData Str
}

// AdminGetRoamMsg reads what two accounts said to each other. A server that asks for From_Account and To_Account is
// given these. Codes: 90001, 90003, 90008, 90009, 91000.
//
// Source: Tencent Cloud Chat REST API, admin_getroammsg (doc 35478).
func (a *API) AdminGetRoamMsg(ctx context.Context, q *AdminGetRoamMsgRequest) (*AdminGetRoamMsgAnswer, error) {
	var answer *AdminGetRoamMsgAnswer
	err := a.vocabulary.roam.try(
		func(e *imclient.Error) bool { return e.Code == "90003" || e.Code == "90008" },
		func() (err error) { answer, err = call(ctx, a, adminGetRoamMsg, q); return err },
		func() (err error) {
			old := endpoint[oldAdminGetRoamMsgRequest, AdminGetRoamMsgAnswer](adminGetRoamMsg)
			answer, err = call(ctx, a, old, &oldAdminGetRoamMsgRequest{
				q.OperatorAccount, q.PeerAccount, q.MaxCnt, q.MinTime, q.MaxTime, q.LastMsgKey,
			})
			return err
		})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// AdminMsgWithdrawRequest names a message by its sender, its receiver and its key.
type AdminMsgWithdrawRequest struct {
	FromAccount string `json:"From_Account"`
	ToAccount   string `json:"To_Account"`
	MsgKey      string
}

// AdminMsgWithdraw takes a message back, of any age. It cannot be undone. Codes: 20022 (no such message), 20023 (already),
// 90001, 90003, 90008, 90009, 90054 (bad key), 91000.
//
// Source: Tencent Cloud Chat REST API, admin_msgwithdraw (doc 35015).
func (a *API) AdminMsgWithdraw(ctx context.Context, q *AdminMsgWithdrawRequest) (*Done, error) {
	return call(ctx, a, adminMsgWithdraw, q)
}

// AdminSetMsgReadRequest says how far Report_Account has read what Peer_Account said. MsgReadTime is seconds; 0 = now.
type AdminSetMsgReadRequest struct {
	ReportAccount string `json:"Report_Account"`
	PeerAccount   string `json:"Peer_Account"`
	MsgReadTime   int64  `json:",omitempty"`
}

// AdminSetMsgRead marks messages as read. Codes: 90001, 90003, 90008.
//
// Source: Tencent Cloud Chat REST API, admin_set_msg_read (doc 38996).
func (a *API) AdminSetMsgRead(ctx context.Context, q *AdminSetMsgReadRequest) (*Done, error) {
	return call(ctx, a, adminSetMsgRead, q)
}

// GetC2CUnreadMsgNumRequest asks what To_Account has not read: in all, or from at most 10 others.
type GetC2CUnreadMsgNumRequest struct {
	ToAccount   string   `json:"To_Account"`
	PeerAccount []string `json:"Peer_Account,omitempty"`
}

// GetC2CUnreadMsgNumAnswer has the total, or a number for each of the others. ErrorList names those that are not known.
type GetC2CUnreadMsgNumAnswer struct {
	Envelope
	AllC2CUnreadMsgNum  Int
	C2CUnreadMsgNumList []C2CUnread
	ErrorList           []PeerError
}

// C2CUnread is how many messages from one account were not read.
type C2CUnread struct {
	PeerAccount     Str `json:"Peer_Account"`
	C2CUnreadMsgNum Int
}

// PeerError is one account that a batch refused.
type PeerError struct {
	PeerAccount Str `json:"Peer_Account"`
	ErrorCode   Int
}

// GetC2CUnreadMsgNum counts unread one-to-one messages. Codes: 70107, 90001, 90003, 90008.
//
// Source: Tencent Cloud Chat REST API, get_c2c_unread_msg_num (doc 41046).
func (a *API) GetC2CUnreadMsgNum(ctx context.Context, q *GetC2CUnreadMsgNumRequest) (*GetC2CUnreadMsgNumAnswer, error) {
	return call(ctx, a, getC2CUnreadMsgNum, q)
}

// ModifyC2CMsgRequest overwrites the body, the custom data, or both.
type ModifyC2CMsgRequest struct {
	FromAccount     string `json:"From_Account"`
	ToAccount       string `json:"To_Account"`
	MsgKey          string
	MsgBody         []MsgElement `json:",omitempty"`
	CloudCustomData *string      `json:",omitempty"`
}

// ModifyC2CMsg edits a message. It cannot be undone. Codes: 20001 to 20005, 20028 (edited by somebody else at the same
// time), 90001 to 90003, 90007, 90009, 90010, 90012, 90992, 91000.
//
// Source: Tencent Cloud Chat REST API, modify_c2c_msg (doc 47722).
func (a *API) ModifyC2CMsg(ctx context.Context, q *ModifyC2CMsgRequest) (*Done, error) {
	return call(ctx, a, modifyC2CMsg, q)
}

// DeleteC2CMsgRambleRequest names at most 30 messages between two accounts.
type DeleteC2CMsgRambleRequest struct {
	OperatorAccount string `json:"Operator_Account"`
	PeerAccount     string `json:"Peer_Account"`
	MsgKeyList      []string
}

// DeleteC2CMsgRambleAnswer names the keys under which there is nothing.
type DeleteC2CMsgRambleAnswer struct {
	Envelope
	InvalidMsgKeyList []Str
}

// DeleteC2CMsgRamble deletes messages from Operator_Account's view; the other one keeps them. Codes: 90001, 90003, 90008,
// 90009, 90054, 91000.
//
// Source: Tencent Cloud Chat REST API, delete_c2c_msg_ramble.
func (a *API) DeleteC2CMsgRamble(ctx context.Context, q *DeleteC2CMsgRambleRequest) (*DeleteC2CMsgRambleAnswer, error) {
	return call(ctx, a, deleteC2CMsgRamble, q)
}

// C2CMsgReadReceiptRequest sends read receipts for messages that Operator_Account got from Peer_Account.
type C2CMsgReadReceiptRequest struct {
	OperatorAccount string `json:"Operator_Account"`
	PeerAccount     string `json:"Peer_Account"`
	C2CMsgInfo      []C2CMsg
}

// C2CMsg is one message, by its sender, its receiver and its key.
type C2CMsg struct {
	FromAccount string `json:"From_Account"`
	ToAccount   string `json:"To_Account"`
	MsgKey      string
}

// C2CMsgReadReceipt sends read receipts on behalf of a user. Codes: 90001, 90003, 90008, 90009, 90054, 91000.
//
// Source: Tencent Cloud Chat REST API, c2c_msg_read_receipt.
func (a *API) C2CMsgReadReceipt(ctx context.Context, q *C2CMsgReadReceiptRequest) (*Done, error) {
	return call(ctx, a, c2cMsgReadReceipt, q)
}
