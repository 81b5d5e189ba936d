package tencent

import "context"

var (
	getGroupAttr       = command[GroupRequest, GetGroupAttrAnswer]("group_open_attr_http_svc", "get_group_attr", reads, rateDefault, "44187")
	modifyGroupAttr    = command[GroupAttrRequest, Done](groupSvc, "modify_group_attr", writes, rateDefault, "44188")
	clearGroupAttr     = command[GroupRequest, Done](groupSvc, "clear_group_attr", writes, rateDefault, "44189")
	setGroupAttr       = command[GroupAttrRequest, Done](groupSvc, "set_group_attr", writes, rateDefault, "44190")
	deleteGroupAttr    = command[DeleteGroupAttrRequest, Done](groupSvc, "delete_group_attr", writes, rateDefault, "")
	getGroupCounter    = command[GroupCounterKeysRequest, GroupCounterAnswer](groupSvc, "get_group_counter", reads, rateDefault, "53427")
	updateGroupCounter = command[UpdateGroupCounterRequest, GroupCounterAnswer](groupSvc, "update_group_counter", writes, rateDefault, "53428")
	deleteGroupCounter = command[GroupCounterKeysRequest, Done](groupSvc, "delete_group_counter", writes, rateDefault, "53429")
)

// Caps of attributes and counters of a group.
const (
	maxAttrs      = 16
	maxAttrKey    = 32    // bytes
	maxAttrValue  = 4000  // bytes
	maxAttrsTotal = 16000 // bytes
	maxCounters   = 20
	maxCounterKey = 128 // bytes
)

// GroupAttr is one attribute. Unlike other pairs its names are in lower case.
type GroupAttr struct {
	Key   Str `json:"key"`
	Value Str `json:"value"`
}

// GetGroupAttrAnswer has all attributes of a group.
type GetGroupAttrAnswer struct {
	Envelope
	GroupAttrAry []GroupAttr
}

// GetGroupAttr reads the attributes of a group. Codes: 10002 to 10004, 10007, 10010, 10015, 10056.
//
// Source: Tencent Cloud Chat REST API, get_group_attr (doc 44187).
func (a *API) GetGroupAttr(ctx context.Context, q *GroupRequest) (*GetGroupAttrAnswer, error) {
	return call(ctx, a, getGroupAttr, q)
}

// GroupAttrRequest has attributes for a group: at most 16, keys of 32 and values of 4000 bytes, 16000 bytes in all.
type GroupAttrRequest struct {
	GroupId   string
	GroupAttr []GroupAttr
}

// ModifyGroupAttr sets the named attributes; others stay. 5 writes a second for each group. Codes: 10002 to 10004, 10007,
// 10010, 10015, 10045 to 10050, 10056.
//
// Source: Tencent Cloud Chat REST API, modify_group_attr (doc 44188).
func (a *API) ModifyGroupAttr(ctx context.Context, q *GroupAttrRequest) (*Done, error) {
	return call(ctx, a, modifyGroupAttr, q)
}

// SetGroupAttr replaces all attributes. Codes as ModifyGroupAttr.
//
// Source: Tencent Cloud Chat REST API, set_group_attr (doc 44190).
func (a *API) SetGroupAttr(ctx context.Context, q *GroupAttrRequest) (*Done, error) {
	return call(ctx, a, setGroupAttr, q)
}

// ClearGroupAttr removes all attributes. Not for Community. Codes as ModifyGroupAttr.
//
// Source: Tencent Cloud Chat REST API, clear_group_attr (doc 44189).
func (a *API) ClearGroupAttr(ctx context.Context, q *GroupRequest) (*Done, error) {
	return call(ctx, a, clearGroupAttr, q)
}

// DeleteGroupAttrRequest names attributes of a group.
type DeleteGroupAttrRequest struct {
	GroupId   string
	GroupAttr []GroupAttrKey
}

// GroupAttrKey is the key of an attribute.
type GroupAttrKey struct {
	Key string `json:"key"`
}

// DeleteGroupAttr removes the named attributes. Codes as ModifyGroupAttr.
//
// Source: Tencent Cloud Chat REST API, delete_group_attr.
func (a *API) DeleteGroupAttr(ctx context.Context, q *DeleteGroupAttrRequest) (*Done, error) {
	return call(ctx, a, deleteGroupAttr, q)
}

// GroupCounterKeysRequest names counters of a group; none = all.
type GroupCounterKeysRequest struct {
	GroupId          string
	GroupCounterKeys []string `json:",omitempty"`
}

// GroupCounter is one counter, of 64 bits.
type GroupCounter struct {
	Key   Str
	Value Int
}

// GroupCounterAnswer has counters as they are now.
type GroupCounterAnswer struct {
	Envelope
	GroupCounter []GroupCounter
}

// GetGroupCounter reads counters. Not for Community. Codes: 10002 to 10004, 10007, 10010, 10015, 10059 (not in the plan).
//
// Source: Tencent Cloud Chat REST API, get_group_counter (doc 53427).
func (a *API) GetGroupCounter(ctx context.Context, q *GroupCounterKeysRequest) (*GroupCounterAnswer, error) {
	return call(ctx, a, getGroupCounter, q)
}

// Values of UpdateGroupCounterRequest.Mode.
const (
	CounterSet      = "Set"
	CounterIncrease = "Increase"
	CounterDecrease = "Decrease"
)

// UpdateGroupCounterRequest changes counters of a group, which has at most 20. One that is not there counts from 0.
type UpdateGroupCounterRequest struct {
	GroupId      string
	GroupCounter []GroupCounter
	Mode         string
}

// UpdateGroupCounter changes counters and tells what they are now. Codes: 10002 to 10004, 10007, 10010, 10015, 10059, 10063
// (over 20).
//
// Source: Tencent Cloud Chat REST API, update_group_counter (doc 53428).
func (a *API) UpdateGroupCounter(ctx context.Context, q *UpdateGroupCounterRequest) (*GroupCounterAnswer, error) {
	return call(ctx, a, updateGroupCounter, q)
}

// DeleteGroupCounter removes the named counters, or all. Codes: 10002 to 10004, 10007, 10010, 10015, 10059.
//
// Source: Tencent Cloud Chat REST API, delete_group_counter (doc 53429).
func (a *API) DeleteGroupCounter(ctx context.Context, q *GroupCounterKeysRequest) (*Done, error) {
	return call(ctx, a, deleteGroupCounter, q)
}
