package volcengine

import "context"

// Message types.
const (
	msgText   = 10001
	msgImage  = 10003
	msgVideo  = 10004
	msgFile   = 10005
	msgAudio  = 10006
	msgCustom = 10012
	// From here on messages are the service's own, to clients.
	msgSystem = 50000
)

// Priorities of messages in live groups.
const (
	PriorityLow    = 0
	PriorityNormal = 1
	PriorityHigh   = 2
)

// Message is one message. Its time is in milliseconds, its position in the size of microseconds.
type Message struct {
	ConversationShortId ID
	ConversationType    Int
	MessageId           ID
	Sender              ID
	SenderStr           Str
	MsgType             Int
	Content             Str
	Ext                 Ext
	Status              Int
	IndexInConversation ID
	ClientMsgId         Str
	RefMsgInfo          *ReferenceInfo
	CreateTime          Int
	Property            map[string][]PropertyItem
}

// PropertyItem is one thing that users have put on a message.
type PropertyItem struct {
	Operator     ID
	CreateTime   Int // seconds
	IdempotentId Str
	Value        Str
}

// Reference quotes a message in a new one.
type Reference struct {
	ReferencedMessageId ID
	Hint                string
}

// ReferenceInfo is a quoted message.
type ReferenceInfo struct {
	ReferencedMessageId   ID
	ReferencedMessageType Int
	Status                Int // 0 seen, 1 expired, 2 not for this user, 3 recalled, 4 deleted
	Hint                  Str
}

// ReadReceipt tells who has read a message.
type ReadReceipt struct {
	ConversationShortId ID
	MessageId           ID
	ReceiverIsRead      bool // direct chats
	ReadUserIds         []ID
	ReadUserIdsStr      []Str
	UnReadUserIds       []ID
	UnReadUserIdsStr    []Str
}

var (
	sendMessage               = action[SendMessageRequest, SendMessageResult]("message", "SendMessage", writes, rateWrite, "337135")
	batchSendMessage          = action[BatchSendMessageRequest, BatchSendMessageResult]("message", "BatchSendMessage", writes, rateBatch, "1263587")
	batchSendGroupMessage     = action[BatchSendGroupMessageRequest, BatchSendGroupMessageResult]("message", "BatchSendGroupMessage", writes, rateMass, "1756984")
	getMessages               = action[GetMessagesRequest, GetMessagesResult]("message", "GetMessages", reads, rateRead, "337136")
	getConversationMessages   = action[GetConversationMessagesRequest, GetConversationMessagesResult]("message", "GetConversationMessages", reads, rateRead, "337138")
	recallMessage             = action[RecallMessageRequest, Done]("message", "RecallMessage", writes, rateWrite, "337141")
	deleteMessage             = action[DeleteMessageRequest, Done]("message", "DeleteMessage", writes, rateWrite, "337139")
	deleteConversationMessage = action[DeleteConversationMessageRequest, Done]("message", "DeleteConversationMessage", writes, rateWrite, "337140")
	modifyMessage             = action[ModifyMessageRequest, Done]("message", "ModifyMessage", writes, rateWrite, "337137")
	getMessagesReadReceipt    = action[GetMessagesReadReceiptRequest, GetMessagesReadReceiptResult]("message", "GetMessagesReadReceipt", reads, rateRead, "1223552")
)

// SendMessageRequest is the request of SendMessage.
type SendMessageRequest struct {
	ConversationShortId ID
	Sender              ID `user:"twin"`
	MsgType             int
	Content             string
	Ext                 Ext        `json:",omitempty"`
	ClientMsgId         string     `json:",omitempty"` // what was sent with it is not sent again
	CreateTime          int64      `json:",omitempty"` // milliseconds
	MentionedUsers      []ID       `json:",omitempty" user:"twin"`
	VisibleUsers        []ID       `json:",omitempty" user:"twin"` // nobody else sees it
	InvisibleUsers      []ID       `json:",omitempty" user:"twin"`
	RefMsgInfo          *Reference `json:",omitempty"`
	Priority            *int       `json:",omitempty"` // of live groups: PriorityLow, PriorityNormal, PriorityHigh
}

// SendMessageResult is the result of SendMessage.
type SendMessageResult struct {
	MessageId ID
}

// SendMessage says something for a user. Mutes are not looked at, and no webhook is called.
func (a *API) SendMessage(ctx context.Context, q *SendMessageRequest) (*SendMessageResult, error) {
	return call(ctx, a, sendMessage, q)
}

// BatchSendMessageRequest is the request of BatchSendMessage.
type BatchSendMessageRequest struct {
	Sender       ID
	Receiver     []ID // at most 500
	MsgType      int
	Content      string
	InboxType    int  `json:",omitempty"`
	Ext          Ext  `json:",omitempty"`
	IsNormalUser bool `json:",omitempty"` // else the sender is a robot
}

// BatchSendMessageResult is the result of BatchSendMessage.
type BatchSendMessageResult struct {
	UserMessageId  map[string]ID
	FailedReceiver []ID
}

// BatchSendMessage says one thing in the direct chats with up to 500 users. Mutes and block lists are not looked at.
func (a *API) BatchSendMessage(ctx context.Context, q *BatchSendMessageRequest) (*BatchSendMessageResult, error) {
	return call(ctx, a, batchSendMessage, q)
}

// BatchSendGroupMessageRequest is the request of BatchSendGroupMessage.
type BatchSendGroupMessageRequest struct {
	Sender               ID
	ConversationType     int
	ConversationShortIds []ID // at most 20
	MsgType              int
	Content              string
	MentionedUsers       []ID   `json:",omitempty"`
	VisibleUsers         []ID   `json:",omitempty"`
	InvisibleUsers       []ID   `json:",omitempty"`
	Ext                  Ext    `json:",omitempty"`
	ClientMsgId          string `json:",omitempty"`
	CreateTime           int64  `json:",omitempty"` // milliseconds
	Priority             *int   `json:",omitempty"` // of live groups
}

// BatchSendGroupMessageResult is the result of BatchSendGroupMessage.
type BatchSendGroupMessageResult struct {
	FailedConversationShortIds []ID
}

// BatchSendGroupMessage says one thing in up to 20 conversations of one type.
func (a *API) BatchSendGroupMessage(ctx context.Context, q *BatchSendGroupMessageRequest) (*BatchSendGroupMessageResult, error) {
	return call(ctx, a, batchSendGroupMessage, q)
}

// GetMessagesRequest is the request of GetMessages.
type GetMessagesRequest struct {
	ConversationShortId ID
	MessageIds          []ID
}

// GetMessagesResult is the result of GetMessages.
type GetMessagesResult struct {
	Messages []Message
}

// GetMessages reads given messages. Those that are gone are left out.
func (a *API) GetMessages(ctx context.Context, q *GetMessagesRequest) (*GetMessagesResult, error) {
	return call(ctx, a, getMessages, q)
}

// GetConversationMessagesRequest is the request of GetConversationMessages.
type GetConversationMessagesRequest struct {
	ConversationShortId ID
	Cursor              ID  // a position
	Limit               int // at most 20
	Reverse             int `json:",omitempty"` // 1: older ones; the only way in a live group
}

// GetConversationMessagesResult is the result of GetConversationMessages.
type GetConversationMessagesResult struct {
	Messages  []Message
	HasMore   bool
	NewCursor ID
}

// GetConversationMessages reads one page of the history from a position on, towards newer messages, or with
// Reverse towards older ones.
func (a *API) GetConversationMessages(ctx context.Context, q *GetConversationMessagesRequest) (*GetConversationMessagesResult, error) {
	return call(ctx, a, getConversationMessages, q)
}

// RecallMessageRequest is the request of RecallMessage.
type RecallMessageRequest struct {
	ConversationShortId ID
	MessageId           ID
	ParticipantUserId   ID
	RecallRole          int `json:",omitempty"` // of that user
}

// RecallMessage takes a message back for everybody.
func (a *API) RecallMessage(ctx context.Context, q *RecallMessageRequest) error {
	_, err := call(ctx, a, recallMessage, q)
	return err
}

// DeleteMessageRequest is the request of DeleteMessage.
type DeleteMessageRequest struct {
	ConversationShortId ID
	ParticipantUserId   ID
	MessageId           ID
}

// DeleteMessage deletes a message for one user.
func (a *API) DeleteMessage(ctx context.Context, q *DeleteMessageRequest) error {
	_, err := call(ctx, a, deleteMessage, q)
	return err
}

// DeleteConversationMessageRequest is the request of DeleteConversationMessage.
type DeleteConversationMessageRequest struct {
	ConversationShortId ID
	MessageId           ID
	DeleteType          int `json:",omitempty"`
}

// DeleteConversationMessage deletes a message for everybody, or with DeleteType 1 for all but its sender.
func (a *API) DeleteConversationMessage(ctx context.Context, q *DeleteConversationMessageRequest) error {
	_, err := call(ctx, a, deleteConversationMessage, q)
	return err
}

// ModifyMessageRequest is the request of ModifyMessage.
type ModifyMessageRequest struct {
	ConversationShortId ID
	MessageId           ID
	Content             *string `json:",omitempty"`
	Ext                 Ext     `json:",omitempty"`
}

// ModifyMessage changes what a message says, or its Ext, into which the keys that are sent are merged.
func (a *API) ModifyMessage(ctx context.Context, q *ModifyMessageRequest) error {
	_, err := call(ctx, a, modifyMessage, q)
	return err
}

// GetMessagesReadReceiptRequest is the request of GetMessagesReadReceipt.
type GetMessagesReadReceiptRequest struct {
	ConversationShortId ID
	MessageIds          []ID
}

// GetMessagesReadReceiptResult is the result of GetMessagesReadReceipt.
type GetMessagesReadReceiptResult struct {
	ReadReceipt []ReadReceipt
}

// GetMessagesReadReceipt tells who has read messages of a group or a direct chat.
func (a *API) GetMessagesReadReceipt(ctx context.Context, q *GetMessagesReadReceiptRequest) (*GetMessagesReadReceiptResult, error) {
	return call(ctx, a, getMessagesReadReceipt, q)
}
