package tencent

import (
	"context"
	"encoding/json"
)

var (
	sendGroupMsg                = command[SendGroupMsgRequest, SendGroupMsgAnswer](groupSvc, "send_group_msg", writes, rateDefault, "34959")
	sendGroupSystemNotification = command[SendGroupSystemNotificationRequest, Done](groupSvc, "send_group_system_notification", writes, rateDefault, "34958")
	importGroupMsg              = command[ImportGroupMsgRequest, ImportGroupMsgAnswer](groupSvc, "import_group_msg", writes, rateDefault, "34968")
	groupMsgGetSimple           = command[GroupMsgGetSimpleRequest, GroupMsgGetSimpleAnswer](groupSvc, "group_msg_get_simple", reads, rateDefault, "34971")
	groupMsgRecall              = command[GroupMsgRecallRequest, GroupMsgRecallAnswer](groupSvc, "group_msg_recall", writes, rateDefault, "34965")
	deleteGroupMsgBySender      = command[DeleteGroupMsgBySenderRequest, Done](groupSvc, "delete_group_msg_by_sender", writes, rateDefault, "34970")
	modifyGroupMsg              = command[ModifyGroupMsgRequest, Done](msgSvc, "modify_group_msg", writes, rateDefault, "47948")
	sendBroadcastMsg            = command[SendBroadcastMsgRequest, SendBroadcastMsgAnswer](groupSvc, "send_broadcast_msg", writes, rateSlow, "49440")
	clearGroupMsg               = command[ClearGroupMsgRequest, Done](groupSvc, "clear_group_msg", writes, rateDefault, "")
	setUnreadMsgNum             = command[SetUnreadMsgNumRequest, Done](groupSvc, "set_unread_msg_num", writes, rateDefault, "34909")
	getGroupMsgReceipt          = command[GetGroupMsgReceiptRequest, GetGroupMsgReceiptAnswer](groupSvc, "get_group_msg_receipt", reads, rateDefault, "49439")
	getGroupMsgReceiptDetail    = command[GetGroupMsgReceiptDetailRequest, GetGroupMsgReceiptDetailAnswer](groupSvc, "get_group_msg_receipt_detail", reads, rateDefault, "49438")
	groupMsgReceipt             = command[GroupMsgReceiptRequest, Done](groupSvc, "group_msg_receipt", writes, rateDefault, "")
)

// Caps of the group message commands.
const (
	maxNotified    = 500 // send_group_system_notification
	maxImportMsgs  = 7   // import_group_msg
	maxHistory     = 20  // group_msg_get_simple
	maxRecall      = 10  // group_msg_recall
	maxReason      = 100 // group_msg_recall, bytes
	maxNoticeBytes = 8000
	maxMsgBytes    = 12000 // of a MsgBody, by the pages of the commands
	maxReceipts    = 50    // group_msg_receipt; get_group_msg_receipt has no figure
	maxReaders     = 200   // get_group_msg_receipt_detail
	maxMentions    = 30    // send_group_msg
	maxOnlyTo      = 50    // send_group_msg
)

// SendGroupMsgRequest is a message to a group. The service drops one with the same content and Random within 5 minutes.
type SendGroupMsgRequest struct {
	GroupId                 string
	FromAccount             string `json:"From_Account,omitempty"` // "" = the administrator
	Random                  uint32
	MsgPriority             string `json:",omitempty"` // High, Normal, Low, Lowest
	MsgBody                 []MsgElement
	OnlineOnlyFlag          int          `json:",omitempty"` // 1 = members online, not stored; not AVChatRoom
	SendMsgControl          []string     `json:",omitempty"` // NoUnread, NoLastMsg
	ForbidCallbackControl   []string     `json:",omitempty"`
	OfflinePushInfo         *OfflinePush `json:",omitempty"`
	CloudCustomData         string       `json:",omitempty"`
	ToAccount               []string     `json:"To_Account,omitempty"` // at most 50: only they receive it
	GroupAtInfo             []GroupAt    `json:",omitempty"`           // at most 30
	SupportMessageExtension int          `json:",omitempty"`
	NeedReadReceipt         int          `json:",omitempty"`
	TopicId                 string       `json:",omitempty"`
}

// GroupAt is one mention: of everybody, or of one account.
type GroupAt struct {
	GroupAtAllFlag int
	GroupAtAccount string `json:"GroupAt_Account,omitempty"`
}

// OfflinePush says how a message is pushed to devices. PushFlag 1: not at all.
type OfflinePush struct {
	PushFlag    int            `json:",omitempty"`
	Title       string         `json:",omitempty"`
	Desc        string         `json:",omitempty"`
	Ext         string         `json:",omitempty"`
	AndroidInfo map[string]any `json:",omitempty"`
	ApnsInfo    map[string]any `json:",omitempty"`
}

// SendGroupMsgAnswer has the message's position. MsgDropReason is MsgFreqCtrl if the group is over 40 messages a second:
// the answer is OK, and the message is gone.
type SendGroupMsgAnswer struct {
	Envelope
	MsgTime       Int
	MsgSeq        Int
	MsgDropReason Str
}

// SendGroupMsg says something in a group; 40 messages a second for each group, which this client keeps for its own
// part. Codes: 10002, 10004, 10007, 10010, 10015, 10016 (refused by the app's webhook), 10017 (sender muted), 10023,
// 10053, 80001, 80002 (too long).
//
// Source: Tencent Cloud Chat REST API, send_group_msg (doc 34959).
func (a *API) SendGroupMsg(ctx context.Context, q *SendGroupMsgRequest) (*SendGroupMsgAnswer, error) {
	return call(ctx, a, sendGroupMsg, q)
}

// SendGroupSystemNotificationRequest is a notice to the members online now, or to at most 500 of them.
type SendGroupSystemNotificationRequest struct {
	GroupId          string
	ToMembersAccount []string `json:"ToMembers_Account,omitempty"` // empty = all; AVChatRoom: all only
	Content          string
	TopicId          string `json:",omitempty"`
}

// SendGroupSystemNotification shows a notice. It is not stored. Codes: 10002 to 10004, 10007, 10010, 10015, 80001, 80002.
//
// Source: Tencent Cloud Chat REST API, send_group_system_notification (doc 34958).
func (a *API) SendGroupSystemNotification(ctx context.Context, q *SendGroupSystemNotificationRequest) (*Done, error) {
	return call(ctx, a, sendGroupSystemNotification, q)
}

// ImportGroupMsgRequest is at most 7 past messages. RecentContactFlag 1 moves the conversation up in members' lists.
type ImportGroupMsgRequest struct {
	GroupId           string
	RecentContactFlag int `json:",omitempty"`
	MsgList           []ImportedMsg
	TopicId           string `json:",omitempty"`
}

// ImportedMsg is one. SendTimes ascend, after the group's newest message and before now.
type ImportedMsg struct {
	FromAccount string `json:"From_Account"`
	SendTime    int64
	Random      uint32       `json:",omitempty"`
	MsgBody     []MsgElement // text, face, location, custom
}

// ImportGroupMsgAnswer says for each message how it went, in order.
type ImportGroupMsgAnswer struct {
	Envelope
	ImportMsgResult []ImportMsgResult
}

// ImportMsgResult is one message's. Result: 0, 10004 (bad time), 80001, 80002 (over 12000 bytes).
type ImportMsgResult struct {
	MsgSeq  Int
	MsgTime Int
	Result  Int
}

// ImportGroupMsg appends past messages. Unread counts become 0. Codes: 10004, 10007, 10010, 10015, 10020.
//
// Source: Tencent Cloud Chat REST API, import_group_msg (doc 34968).
func (a *API) ImportGroupMsg(ctx context.Context, q *ImportGroupMsgRequest) (*ImportGroupMsgAnswer, error) {
	return call(ctx, a, importGroupMsg, q)
}

// GroupMsgGetSimpleRequest asks for the positions from ReqMsgSeq down: at most 20.
type GroupMsgGetSimpleRequest struct {
	GroupId         string
	ReqMsgSeq       int64 `json:",omitempty"` // 0 = from the newest
	ReqMsgNumber    int
	WithRecalledMsg int    `json:",omitempty"` // 1 = recalled ones too
	TopicId         string `json:",omitempty"`
}

// GroupMsgGetSimpleAnswer is that window, newest first. IsFinished is about the window: it does not say whether there is
// anything older.
type GroupMsgGetSimpleAnswer struct {
	Envelope
	GroupId    Str
	IsFinished Int // 1 whole window; 0 cut short; 2 cut short, and all of it expired
	RspMsgList []GroupMsg
	MsgList    []GroupMsg // what the page's table calls it
}

// Messages is RspMsgList under whichever name it came.
func (r *GroupMsgGetSimpleAnswer) Messages() []GroupMsg {
	if len(r.RspMsgList) > 0 {
		return r.RspMsgList
	}
	return r.MsgList
}

// GroupMsg is one position of a group. MsgBody of a tip (IsSystemMsg 1) may be any JSON.
type GroupMsg struct {
	FromAccount     Str `json:"From_Account"`
	IsPlaceMsg      Int // 0 said; 1 hole: expired, not stored or deleted; 2 recalled
	MsgBody         json.RawMessage
	MsgPriority     Int // 1 High, 2 Normal, 3 Low, 4 Lowest
	MsgRandom       Int
	MsgSeq          Int
	MsgTimeStamp    Int
	IsSystemMsg     Int
	CloudCustomData Str
}

// GroupMsgGetSimple reads a group's history. AVChatRoom: 10007. Codes: 10002 to 10004, 10007, 10010, 10015, 10044.
//
// Source: Tencent Cloud Chat REST API, group_msg_get_simple (doc 34971).
func (a *API) GroupMsgGetSimple(ctx context.Context, q *GroupMsgGetSimpleRequest) (*GroupMsgGetSimpleAnswer, error) {
	return call(ctx, a, groupMsgGetSimple, q)
}

// GroupMsgRecallRequest names at most 10 positions. Reason takes 100 bytes.
type GroupMsgRecallRequest struct {
	GroupId    string
	MsgSeqList []MsgSeq
	TopicId    string `json:",omitempty"`
	Reason     string `json:",omitempty"`
}

// MsgSeq is an element of a list of positions.
type MsgSeq struct{ MsgSeq int64 }

// GroupMsgRecallAnswer says for each position how it went.
type GroupMsgRecallAnswer struct {
	Envelope
	RecallRetList []RecallResult
}

// RecallResult is one position's. RetCode: 0, 10030 (no such message), 10031 (too late), 10032 (cannot be recalled).
type RecallResult struct {
	MsgSeq  Int
	RetCode Int
}

// GroupMsgRecall takes messages back, of any age while they are stored. Codes: 10002 to 10004, 10007, 10010, 10015, 10033 (type
// has no recall), 10041 (off for the app).
//
// Source: Tencent Cloud Chat REST API, group_msg_recall (doc 34965).
func (a *API) GroupMsgRecall(ctx context.Context, q *GroupMsgRecallRequest) (*GroupMsgRecallAnswer, error) {
	return call(ctx, a, groupMsgRecall, q)
}

// DeleteGroupMsgBySenderRequest names whose messages.
type DeleteGroupMsgBySenderRequest struct {
	GroupId       string
	SenderAccount string `json:"Sender_Account"`
	TopicId       string `json:",omitempty"`
}

// DeleteGroupMsgBySender takes back a sender's messages among the group's last 1000. Clients see it when they next load
// the history. AVChatRoom: says OK and does nothing. Codes: 10002 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, delete_group_msg_by_sender (doc 34970).
func (a *API) DeleteGroupMsgBySender(ctx context.Context, q *DeleteGroupMsgBySenderRequest) (*Done, error) {
	return call(ctx, a, deleteGroupMsgBySender, q)
}

// ModifyGroupMsgRequest overwrites the body, the custom data, or both.
type ModifyGroupMsgRequest struct {
	GroupId         string
	MsgSeq          int64
	TopicId         string       `json:",omitempty"`
	MsgBody         []MsgElement `json:",omitempty"`
	CloudCustomData *string      `json:",omitempty"`
}

// ModifyGroupMsg edits a message. It cannot be undone. Codes: 20001, 20002, 20004, 20005, 20028 (edited by somebody else
// at the same time), 90001, 90002, 90007, 90009, 90010, 90992, 91000.
//
// Source: Tencent Cloud Chat REST API, modify_group_msg (doc 47948).
func (a *API) ModifyGroupMsg(ctx context.Context, q *ModifyGroupMsgRequest) (*Done, error) {
	return call(ctx, a, modifyGroupMsg, q)
}

// SendBroadcastMsgRequest is a message to all live rooms.
type SendBroadcastMsgRequest struct {
	FromAccount     string `json:"From_Account,omitempty"`
	Random          uint32
	MsgBody         []MsgElement
	CloudCustomData string `json:",omitempty"`
}

// SendBroadcastMsgAnswer has the message's position.
type SendBroadcastMsgAnswer struct {
	Envelope
	MsgSeq Int
}

// SendBroadcastMsg says something in every AVChatRoom of the app; 1 call a second. The plan and a switch in the vendor's
// console must allow it (10007). Codes: 10002 to 10004, 10007, 10023.
//
// Source: Tencent Cloud Chat REST API, send_broadcast_msg (doc 49440).
func (a *API) SendBroadcastMsg(ctx context.Context, q *SendBroadcastMsgRequest) (*SendBroadcastMsgAnswer, error) {
	return call(ctx, a, sendBroadcastMsg, q)
}

// ClearGroupMsgRequest says up to which position; 0 = all.
type ClearGroupMsgRequest struct {
	GroupId string
	MsgSeq  int64 `json:",omitempty"`
}

// ClearGroupMsg deletes a group's messages for everybody. It cannot be undone. Codes: 10002 to 10004, 10007, 10010, 10015,
// 10034, 10035, 10051, 10052.
//
// Source: Tencent Cloud Chat REST API, clear_group_msg.
func (a *API) ClearGroupMsg(ctx context.Context, q *ClearGroupMsgRequest) (*Done, error) {
	return call(ctx, a, clearGroupMsg, q)
}

// SetUnreadMsgNumRequest says how many messages a member has not read; more than there are is as many as there are.
type SetUnreadMsgNumRequest struct {
	GroupId       string
	MemberAccount string `json:"Member_Account"`
	UnreadMsgNum  int
}

// SetUnreadMsgNum sets a member's unread count. ChatRoom, AVChatRoom: says OK and does nothing. Codes: 10002 to 10004, 10007,
// 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, set_unread_msg_num (doc 34909).
func (a *API) SetUnreadMsgNum(ctx context.Context, q *SetUnreadMsgNumRequest) (*Done, error) {
	return call(ctx, a, setUnreadMsgNum, q)
}

// GetGroupMsgReceiptRequest names messages of a group.
type GetGroupMsgReceiptRequest struct {
	GroupId    string
	MsgSeqList []MsgSeq
}

// GetGroupMsgReceiptAnswer says for each message how many have read it.
type GetGroupMsgReceiptAnswer struct {
	Envelope
	GroupMsgReceiptList []GroupMsgReceipt
}

// GroupMsgReceipt is one message's. Code: 0, or 10062 for one without receipts.
type GroupMsgReceipt struct {
	MsgSeq    Int
	Code      Int
	ReadNum   Int
	UnreadNum Int
}

// GetGroupMsgReceipt counts readers. Private, Public and ChatRoom only. Codes: 10002 to 10004, 10007, 10010, 10015, 10060
// (group too large), 10061 (online message), 10062.
//
// Source: Tencent Cloud Chat REST API, get_group_msg_receipt (doc 49439).
func (a *API) GetGroupMsgReceipt(ctx context.Context, q *GetGroupMsgReceiptRequest) (*GetGroupMsgReceiptAnswer, error) {
	return call(ctx, a, getGroupMsgReceipt, q)
}

// Values of GetGroupMsgReceiptDetailRequest.Filter.
const (
	ReceiptReaders    = 0
	ReceiptNonReaders = 1
)

// GetGroupMsgReceiptDetailRequest asks for a page of those who have, or have not, read a message: at most 200. Cursor "" is
// the first page.
type GetGroupMsgReceiptDetailRequest struct {
	GroupId string
	MsgSeq  int64
	Filter  int
	Cursor  string
	Count   int
}

// GetGroupMsgReceiptDetailAnswer is a page. IsFinish 1, which the page's table calls IsFinished, is the end; the cursor of
// the last page is "0".
type GetGroupMsgReceiptDetailAnswer struct {
	Envelope
	MsgSeq     Int
	IsFinish   Int
	IsFinished Int
	Cursor     Str
	ReadList   []ReadAccount
	UnreadList []UnreadAccount
}

// Finished is IsFinish under whichever name it came.
func (r *GetGroupMsgReceiptDetailAnswer) Finished() bool { return r.IsFinish == 1 || r.IsFinished == 1 }

// ReadAccount is one who has read it.
type ReadAccount struct {
	ReadAccount Str `json:"Read_Account"`
}

// UnreadAccount is one who has not.
type UnreadAccount struct {
	UnreadAccount Str `json:"Unread_Account"`
}

// GetGroupMsgReceiptDetail lists who has read a message. Codes as GetGroupMsgReceipt.
//
// Source: Tencent Cloud Chat REST API, get_group_msg_receipt_detail (doc 49438).
func (a *API) GetGroupMsgReceiptDetail(ctx context.Context, q *GetGroupMsgReceiptDetailRequest) (*GetGroupMsgReceiptDetailAnswer, error) {
	return call(ctx, a, getGroupMsgReceiptDetail, q)
}

// GroupMsgReceiptRequest sends read receipts of From_Account for at most 50 messages.
type GroupMsgReceiptRequest struct {
	GroupId     string
	FromAccount string `json:"From_Account"`
	MsgSeqList  []MsgSeq
}

// GroupMsgReceipt sends read receipts on behalf of a member. Codes as GetGroupMsgReceipt.
//
// Source: Tencent Cloud Chat REST API, group_msg_receipt.
func (a *API) GroupMsgReceipt(ctx context.Context, q *GroupMsgReceiptRequest) (*Done, error) {
	return call(ctx, a, groupMsgReceipt, q)
}
