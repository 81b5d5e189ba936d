package tencent

import "context"

var (
	setKeyValues      = command[SetKeyValuesRequest, SetKeyValuesAnswer](extSvc, "set_key_values", writes, rateDefault, "51195")
	getKeyValues      = command[GetKeyValuesRequest, GetKeyValuesAnswer](extSvc, "get_key_values", reads, rateDefault, "51194")
	groupSetKeyValues = command[GroupSetKeyValuesRequest, SetKeyValuesAnswer](extSvc, "group_set_key_values", writes, rateDefault, "52170")
	groupGetKeyValues = command[GroupGetKeyValuesRequest, GetKeyValuesAnswer](extSvc, "group_get_key_values", reads, rateDefault, "52169")
)

// extSvc is the service of message extensions: keys and values on a message that was sent with SupportMessageExtension.
const extSvc = "openim_msg_ext_http_svc"

// Caps of message extensions.
const (
	maxExtensions  = 20   // pairs a call
	maxExtKey      = 100  // bytes
	maxExtValue    = 1000 // bytes
	maxExtOnOneMsg = 300
)

// Values of OperateType.
const (
	ExtensionSet    = 1
	ExtensionDelete = 2 // the named keys
	ExtensionClear  = 3 // all
)

// ExtensionPair is a key and its value on a message. Seq is the pair's version: 0 for one that is not there yet. An
// administrator's is not looked at.
type ExtensionPair struct {
	Key, Value string
	Seq        int64
}

// SetKeyValuesRequest changes at most 20 pairs of a one-to-one message, or clears all.
type SetKeyValuesRequest struct {
	FromAccount   string `json:"From_Account,omitempty"`
	ToAccount     string `json:"To_Account"`
	MsgKey        string
	OperateType   int
	ExtensionList []ExtensionPair `json:",omitempty"`
}

// GroupSetKeyValuesRequest is the same for a group message.
type GroupSetKeyValuesRequest struct {
	GroupId       string
	MsgSeq        int64
	OperateType   int
	ExtensionList []ExtensionPair `json:",omitempty"`
}

// SetKeyValuesAnswer says for each pair how it went.
type SetKeyValuesAnswer struct {
	Envelope
	ExtensionList []ExtensionResult
}

// ExtensionResult is one pair's: 23001 if somebody else changed it, and then what it is now.
type ExtensionResult struct {
	ErrorCode Int
	Extension ExtensionValue
}

// ExtensionValue is a pair as the service has it.
type ExtensionValue struct {
	Key   Str
	Value Str
	Seq   Int
}

// SetKeyValues changes the extension of a one-to-one message: at most 300 pairs, keys of 100 and values of 1000 bytes, 200
// changes a minute. Codes: 10002, 10004, 10008 (not in the plan), 23001 (each pair: changed by somebody else), 23002 (the
// message takes none), 23003 (too often), 23004 (no such message).
//
// Source: Tencent Cloud Chat REST API, set_key_values (doc 51195).
func (a *API) SetKeyValues(ctx context.Context, q *SetKeyValuesRequest) (*SetKeyValuesAnswer, error) {
	return call(ctx, a, setKeyValues, q)
}

// GroupSetKeyValues does the same to a group message. Private, Public and ChatRoom only.
//
// Source: Tencent Cloud Chat REST API, group_set_key_values (doc 52170).
func (a *API) GroupSetKeyValues(ctx context.Context, q *GroupSetKeyValuesRequest) (*SetKeyValuesAnswer, error) {
	return call(ctx, a, groupSetKeyValues, q)
}

// GetKeyValuesRequest asks for the pairs of a one-to-one message with a version of StartSeq or later.
type GetKeyValuesRequest struct {
	FromAccount string `json:"From_Account,omitempty"`
	ToAccount   string `json:"To_Account"`
	MsgKey      string
	StartSeq    int64 `json:",omitempty"`
}

// GroupGetKeyValuesRequest is the same for a group message.
type GroupGetKeyValuesRequest struct {
	GroupId  string
	MsgSeq   int64
	StartSeq int64 `json:",omitempty"`
}

// GetKeyValuesAnswer is at most 200 pairs by version. CompleteFlag 1 is the end. Pairs up to ClearSeq were cleared.
type GetKeyValuesAnswer struct {
	Envelope
	CompleteFlag  Int
	LatestSeq     Int
	ClearSeq      Int
	ExtensionList []ExtensionValue
}

// GetKeyValues reads the extension of a one-to-one message. Codes: 10002, 10004, 10008, 23002, 23004.
//
// Source: Tencent Cloud Chat REST API, get_key_values (doc 51194).
func (a *API) GetKeyValues(ctx context.Context, q *GetKeyValuesRequest) (*GetKeyValuesAnswer, error) {
	return call(ctx, a, getKeyValues, q)
}

// GroupGetKeyValues reads the extension of a group message. Codes: 10002, 10004, 10008, 23002, 23004.
//
// Source: Tencent Cloud Chat REST API, group_get_key_values (doc 52169).
func (a *API) GroupGetKeyValues(ctx context.Context, q *GroupGetKeyValuesRequest) (*GetKeyValuesAnswer, error) {
	return call(ctx, a, groupGetKeyValues, q)
}
