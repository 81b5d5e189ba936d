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
	modifyGroupMsg              = command[ModifyGroupMsgRequest, Done]("openim", "modify_group_msg", writes, rateDefault, "47948")
)

// Caps of the group message commands.
const (
	maxNotified    = 500 // send_group_system_notification
	maxImportMsgs  = 7   // import_group_msg
	maxHistory     = 20  // group_msg_get_simple
	maxRecall      = 10  // group_msg_recall
	maxReason      = 100 // group_msg_recall, bytes
	maxNoticeBytes = 8000
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
