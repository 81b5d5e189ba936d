package tencent

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"imdesk/emulator/internal/community"
)

var groupMessageCommands = []command{
	{service: groupService, name: "send_group_msg", rate: 200, run: sendGroupMsg},
	{service: groupService, name: "send_group_system_notification", rate: 200, run: sendNotification},
	{service: groupService, name: "send_broadcast_msg", rate: 1, run: sendBroadcast},
	{service: groupService, name: "import_group_msg", rate: 200, run: importGroupMsgs},
	{service: groupService, name: "group_msg_get_simple", rate: 200, run: getHistory},
	{service: groupService, name: "group_msg_recall", rate: 200, run: recallGroupMsgs},
	{service: groupService, name: "delete_group_msg_by_sender", rate: 200, run: recallBySender},
	{service: groupService, name: "clear_group_msg", rate: 200, run: clearHistory},
	{service: groupService, name: "set_unread_msg_num", rate: 200, run: setUnread},
	{service: groupService, name: "get_group_msg_receipt", rate: 200, run: getReceipts},
	{service: groupService, name: "get_group_msg_receipt_detail", rate: 200, run: getReceiptDetail},
	{service: groupService, name: "group_msg_receipt", rate: 200, run: sendReceipts},
	{service: "openim", name: "modify_group_msg", rate: 200, run: modifyGroupMsg},
}

const (
	maxHistory      = 20 // messages of one answer
	maxRecall       = 10
	maxImport       = 7
	maxTargets      = 50
	maxMentions     = 30
	maxNotified     = 500
	recallReach     = 1000 // how far back delete_group_msg_by_sender looks
	maxRecallReason = 100
	maxReceiptSeqs  = 50
	maxReceiptGroup = 200 // members of a group that still has receipts
)

// priorities are the wire's numbers of a message's priority, in history.
var priorities = []string{"", "High", "Normal", "Low", "Lowest"}

const normalPriority = 2

// stream is where messages go: a group, or one of its topics.
type stream struct {
	*community.Group
	id      int64
	nextSeq int64
	muteAll bool
	topicID string
}

// stream reads GroupId and TopicId; groups of the kinds in without get code.
func (c *call) stream(code int, without ...community.Kind) (*stream, error) {
	topicID := c.optStr("TopicId")
	g, err := c.groupOf(code, without...)
	if err != nil {
		return nil, err
	}
	st := &stream{Group: g, id: g.GID, nextSeq: g.NextSeq, muteAll: g.MuteAll, topicID: topicID}
	if topicID == "" {
		return st, nil
	}
	topic, err := c.read().Topic(g.GID, topicID)
	if errors.Is(err, community.ErrNoTopic) {
		return nil, topicTrouble(c.read(), g, topicID)
	}
	st.id, st.nextSeq, st.muteAll = topic.TID, topic.NextSeq, g.MuteAll || topic.MuteAll
	return st, err
}

// tip stores a notice of the service, such as "somebody joined", where the kind of group keeps them. Its shape is not
// published; a client can rely on no more than that it is JSON.
func (c *call) tip(tx *community.Tx, g *community.Group, op, operator string, members []string, change infoChange) error {
	joinOrLeave := op == "JoinGroup" || op == "KickGroupMember"
	if g.Kind == community.LiveRoom || !g.Active || g.Kind == community.ChatRoom && joinOrLeave {
		return nil
	}
	_, err := tx.Append(g.GID, community.Message{
		Sender: community.System, SentMS: c.s.now().UnixMilli(), Priority: normalPriority, Flags: community.Tip,
		Body: community.TipBody(op, operator, members, change),
	})
	return err
}

// groupMsg is a message on its way into a group.
type groupMsg struct {
	community.Message
	uid        int64
	onlineOnly bool
	mentions   json.RawMessage // GroupAtInfo
	quiet      quiet
}

// quiet says which callbacks a message does without.
type quiet struct{ before, after bool }

// forbidden reads ForbidCallbackControl.
func (f *fields) forbidden() (q quiet) {
	for _, v := range f.optStrs("ForbidCallbackControl", 10, f.code) {
		switch v {
		case "ForbidBeforeSendMsgCallback":
			q.before = true
		case "ForbidAfterSendMsgCallback":
			q.after = true
		default:
			f.fail("ForbidCallbackControl", "has an unknown value")
		}
	}
	return q
}

// groupMsgEvent is the body of the callbacks about a message to a group.
type groupMsgEvent struct {
	GroupId         string
	Type            string
	FromAccount     string `json:"From_Account"`
	OperatorAccount string `json:"Operator_Account"`
	Random          int64
	MsgSeq          *int64 `json:",omitempty"`
	MsgTime         int64  `json:",omitempty"`
	OnlineOnlyFlag  int
	MsgBody         json.RawMessage
	CloudCustomData string          `json:",omitempty"`
	GroupAtInfo     json.RawMessage `json:",omitempty"`
	TopicId         string          `json:",omitempty"`
	ErrorCode       int             `json:",omitempty"`
	ErrorInfo       string          `json:",omitempty"`
	EventTime       string
}

func (c *call) groupMsgEvent(st *stream, m *groupMsg) groupMsgEvent {
	return groupMsgEvent{
		GroupId: st.ID, Type: kindNames[st.Kind], FromAccount: m.Sender, OperatorAccount: c.admin, Random: m.Random, OnlineOnlyFlag: bit(m.onlineOnly),
		MsgBody: json.RawMessage(m.Body), CloudCustomData: m.Cloud, TopicId: st.topicID, EventTime: c.eventTime(),
	}
}

// readGroupMsg reads the fields of send_group_msg that describe the message.
func (c *call) readGroupMsg() *groupMsg {
	m := &groupMsg{onlineOnly: c.flag("OnlineOnlyFlag")}
	m.Sender, m.Random, m.Body, m.Cloud = c.optStr("From_Account"), c.num("Random", 0, maxU32), c.msgBody(groupBody), c.optStr("CloudCustomData")
	m.Priority = normalPriority
	if p := c.oneOf("MsgPriority", priorities[1:]...); p != "" {
		m.Priority = slices.Index(priorities, p)
	}
	if c.flag("SupportMessageExtension") {
		m.Flags |= community.Extensible
	}
	if c.flag("NeedReadReceipt") {
		m.Flags |= community.Receipts
	}
	return m
}

// checkOptions checks the options of send_group_msg against the kind of group.
func (c *call) checkOptions(kind func() community.Kind, m *groupMsg) error {
	control := c.optStrs("SendMsgControl", 10, codeGroupField)
	m.quiet = c.as(codeGroupField).forbidden()
	targets := c.optStrs("To_Account", maxTargets, codeGroupField)
	if slices.Contains(control, "NoLastMsg") {
		m.Flags |= community.Unlisted
	}
	all := false
	for _, o := range c.optObjs("GroupAtInfo", maxMentions, 10053) {
		all = o.optNum("GroupAtAllFlag", 0, 0, 1) == 1 || all
		o.optStr("GroupAt_Account")
	}
	if c.has("GroupAtInfo") {
		m.mentions = c.raw["GroupAtInfo"]
	}
	c.optObj("OfflinePushInfo")
	for _, v := range control {
		if !slices.Contains([]string{"NoUnread", "NoLastMsg", "WithMuteNotifications"}, v) {
			c.fail("SendMsgControl", "has an unknown value")
		}
	}
	if m.onlineOnly && len(control) > 0 {
		c.fail("SendMsgControl", "does not go with OnlineOnlyFlag")
	}
	if err := c.failed(); err != nil {
		return err
	}
	live := kind() == community.LiveRoom
	switch {
	case live && m.onlineOnly:
		return refuse(codeGroupField, "OnlineOnlyFlag is not for an AVChatRoom")
	case live && all:
		return refuse(codeGroupField, "an AVChatRoom has no @all")
	case slices.Contains(control, "NoUnread") && (live || kind() == community.ChatRoom):
		return refuse(codeGroupField, "NoUnread is not for groups without an unread count")
	case len(targets) > 0 && (live || kind() == community.Community):
		return refuse(codeGroupField, "To_Account is not for this type of group")
	}
	return nil
}

// mayNotSpeak tells why the sender may not speak now; nil if he may. App administrators always may.
func (c *call) mayNotSpeak(st *stream, a community.Account) error {
	now := c.s.now().Unix()
	if c.isAdmin(a.Name) {
		return nil
	}
	if a.GroupMute > now {
		return refuse(codeMuted, "the sender is muted in all groups")
	}
	db := c.read()
	for _, id := range slices.Compact([]int64{st.GID, st.id}) {
		until, err := db.MutedUntil(id, a.UID)
		if err != nil {
			return err
		}
		if until > now {
			return refuse(codeMuted, "the sender is muted in the group")
		}
	}
	if !st.muteAll || a.Name == st.Owner {
		return nil
	}
	m, err := db.Member(st.GID, a.UID)
	if err == nil && m.Role > community.Plain {
		return nil
	}
	if err != nil && !errors.Is(err, community.ErrNotMember) {
		return err
	}
	if st.Kind == community.LiveRoom {
		admins, err := db.LiveAdmins(st.GID)
		if err != nil || slices.ContainsFunc(admins, func(ad community.Account) bool { return ad.UID == a.UID }) {
			return err
		}
	}
	return refuse(codeMuted, "everybody in the group is muted")
}

type sent struct {
	MsgTime       int64
	MsgSeq        int64
	MsgDropReason string `json:",omitempty"`
}

// sendGroupMsg is send_group_msg, doc 34959.
func sendGroupMsg(c *call) (any, error) {
	m := c.readGroupMsg()
	st, err := c.stream(0)
	if err == nil {
		err = c.checkOptions(func() community.Kind { return st.Kind }, m)
	}
	if err != nil {
		return nil, err
	}
	if m.Sender == "" {
		m.Sender = c.admin
	}
	return c.speak(st, m)
}

// speak sends a message into a group that exists, and tells the app if that fails. The order of its checks is fixed:
// sender, right to speak, size, the app's own say, rate.
func (c *call) speak(st *stream, m *groupMsg) (sent, error) {
	answer, err := c.mayBeSent(st, m)
	if err != nil {
		r, _ := refusalOf(services[groupService], err)
		e := c.groupMsgEvent(st, m)
		e.ErrorCode, e.ErrorInfo = r.code, r.info
		return answer, errors.Join(err, c.tell(nil, groupLane(st.ID), "Group.CallbackSendMsgException", e))
	}
	return answer, nil
}

func (c *call) mayBeSent(st *stream, m *groupMsg) (answer sent, err error) {
	a, err := c.read().Account(c.app, m.Sender)
	if err != nil {
		return answer, err
	}
	m.uid = a.UID
	if err := c.mayNotSpeak(st, a); err != nil {
		return answer, err
	}
	if len(m.Body) > maxMsgBody {
		return answer, refuse(codeTooLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	return c.s.recent.once(c.Context, c.s.now(), dupKey{c.app, st.id, m.Sender, m.Random, m.Body}, func() (sent, bool, error) { return c.deliver(st, m) })
}

// deliver takes a message that may be sent past the app and the rate of the group, and stores it. One that the rate drops
// is not kept: it may be sent again.
func (c *call) deliver(st *stream, m *groupMsg) (answer sent, keep bool, err error) {
	if !m.quiet.before {
		v, err := c.ask("Group.CallbackBeforeSendMsg", c.groupMsgEvent(st, m), groupSendDecision, func(v *verdict) error { return v.rewrite(&m.Body, &m.Cloud) })
		if err != nil || v.drop {
			return sent{MsgTime: c.s.now().Unix()}, true, err
		}
	}
	found, err := c.find(m.Body)
	if err != nil {
		return sent{}, false, err
	}
	if m.Body, err = c.moderate(m.Body); err != nil {
		return sent{}, false, errors.Join(err, c.foundInGroup(nil, found, st, m, 0, true))
	}
	now := c.s.now()
	answer = sent{MsgTime: now.Unix()}
	if !c.s.flood.allow(now, st.id, m.Priority) {
		answer.MsgDropReason = "MsgFreqCtrl"
		e := c.groupMsgEvent(st, m)
		e.ErrorCode, e.ErrorInfo = codeGroupRate, "over the rate of the group"
		return answer, false, c.tell(nil, groupLane(st.ID), "Group.CallbackSendMsgException", e)
	}
	if m.onlineOnly {
		return answer, true, c.sentGroupMsg(nil, st, m, answer)
	}
	m.SentMS = now.UnixMilli()
	err = c.update(func(tx *community.Tx) (err error) {
		if answer.MsgSeq, err = c.store(tx, st, m); err != nil {
			return err
		}
		return errors.Join(c.sentGroupMsg(tx, st, m, answer), c.pushedGroup(tx, st, m, answer.MsgSeq), c.foundInGroup(tx, found, st, m, answer.MsgSeq, false))
	})
	return answer, true, err
}

// store gives the message its seq, and keeps it where the kind of group does.
func (c *call) store(tx *community.Tx, st *stream, m *groupMsg) (seq int64, err error) {
	at := m.SentMS / 1000
	if st.Kind == community.LiveRoom {
		return tx.Pass(st.id, m.Message)
	}
	if seq, err = tx.Append(st.id, m.Message); err != nil {
		return 0, err
	}
	if !st.Active && m.Sender == st.Owner {
		if err := tx.Activate(st.GID); err != nil {
			return 0, err
		}
	}
	if st.topicID != "" {
		return seq, tx.ReadTopic(st.id, m.uid, seq)
	}
	return seq, tx.Spoke(st.Group, m.uid, seq, at)
}

// sentGroupMsg tells the app of a message that was sent.
func (c *call) sentGroupMsg(tx *community.Tx, st *stream, m *groupMsg, answer sent) error {
	if m.quiet.after {
		return nil
	}
	e := c.groupMsgEvent(st, m)
	e.MsgSeq, e.MsgTime, e.GroupAtInfo = &answer.MsgSeq, answer.MsgTime, m.mentions
	return c.tell(tx, groupLane(st.ID), "Group.CallbackAfterSendMsg", e)
}

// sendNotification is send_group_system_notification, doc 34958. It reaches who is online, and is kept nowhere.
func sendNotification(c *call) (any, error) {
	content, to := c.str("Content"), c.optStrs("ToMembers_Account", maxNotified, codeGroupField)
	st, err := c.stream(0)
	switch {
	case err != nil:
		return nil, err
	case st.Kind == community.LiveRoom && len(to) > 0:
		return nil, refuse(codeGroupField, "an AVChatRoom is notified as a whole")
	case len(content) > maxMsgBody:
		return nil, refuse(codeTooLong, "Content is over %d bytes", maxMsgBody)
	}
	return nil, nil
}

// broadcasts counts messages to all live rooms.
var broadcasts atomic.Int64

// sendBroadcast is send_broadcast_msg, doc 49440. Live rooms keep nothing, so there is nothing to store.
func sendBroadcast(c *call) (any, error) {
	from, body := c.optStr("From_Account"), c.msgBody(groupBody)
	c.num("Random", 0, maxU32)
	c.optStr("CloudCustomData")
	if err := c.failed(); err != nil {
		return nil, err
	}
	if from != "" {
		if _, err := c.read().Account(c.app, from); err != nil {
			return nil, err
		}
	}
	if len(body) > maxMsgBody {
		return nil, refuse(codeTooLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	return struct{ MsgSeq int64 }{broadcasts.Add(1)}, nil
}

type importResult struct {
	MsgSeq, MsgTime int64
	Result          int
}

// importGroupMsgs is import_group_msg, doc 34968. Times must not fall; several messages may share a second.
func importGroupMsgs(c *call) (any, error) {
	now := c.s.now().Unix()
	flags := community.Unlisted
	if c.flag("RecentContactFlag") {
		flags = 0
	}
	var msgs []community.Message
	for _, o := range c.objs("MsgList", maxImport, codeGroupField) {
		msgs = append(msgs, community.Message{
			Sender: o.str("From_Account"), SentMS: o.num("SendTime", 1, maxU32) * 1000, Random: o.optNum("Random", 0, 0, maxU32),
			Body: o.msgBody(groupBody), Cloud: o.optStr("CloudCustomData"), Priority: normalPriority, Flags: flags,
		})
	}
	st, err := c.stream(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	results := make([]importResult, len(msgs))
	bad := make([]bool, len(msgs))
	for i := range msgs {
		body, err := c.moderate(msgs[i].Body)
		if bad[i] = isRefused(err, codeBadWord); err != nil && !bad[i] {
			return nil, err
		}
		msgs[i].Body = cmp.Or(body, msgs[i].Body)
	}
	err = c.update(func(tx *community.Tx) error {
		latest, err := tx.LatestAt(st.id)
		if err != nil {
			return err
		}
		latest = max(latest, st.CreatedAt)
		for i, m := range msgs {
			if _, err := tx.Account(c.app, m.Sender); err != nil {
				return err
			}
			at := m.SentMS / 1000
			results[i].MsgTime = at
			switch {
			case at < latest || at > now:
				results[i].Result = codeGroupField
				continue
			case len(m.Body) > maxMsgBody:
				results[i].Result = codeTooLong
				continue
			case bad[i]:
				results[i].Result = codeBadWord
				continue
			}
			latest = at
			if results[i].MsgSeq, err = tx.Append(st.id, m); err != nil {
				return err
			}
			if !st.Active && m.Sender == st.Owner {
				if err := tx.Activate(st.GID); err != nil {
					return err
				}
			}
		}
		if st.topicID != "" {
			return tx.MarkTopicRead(st.id)
		}
		return tx.MarkAllRead(st.Group)
	})
	return struct{ ImportMsgResult []importResult }{results}, err
}

type historyMsg struct {
	FromAccount     string `json:"From_Account"`
	IsPlaceMsg      int
	MsgBody         json.RawMessage
	MsgPriority     int
	MsgRandom       int64
	MsgSeq          int64
	MsgTimeStamp    int64
	IsSystemMsg     int
	CloudCustomData string `json:",omitempty"`
}

// getHistory is group_msg_get_simple, doc 34971: one element for each seq of the window, newest first, holes included.
func getHistory(c *call) (any, error) {
	wanted := c.num("ReqMsgNumber", 1, maxU32)
	top := c.orDefault("ReqMsgSeq", 0, 1, maxU32)
	withRecalled := c.flag("WithRecalledMsg")
	st, err := c.stream(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	if top == 0 || top > st.nextSeq-1 {
		top = st.nextSeq - 1
	}
	bottom := max(top-min(wanted, maxHistory)+1, 1)
	answer := struct {
		GroupId    string
		TopicId    string `json:",omitempty"`
		IsFinished int
		RspMsgList []historyMsg
	}{GroupId: st.ID, TopicId: st.topicID, IsFinished: 1, RspMsgList: []historyMsg{}}
	if top < 1 {
		return answer, nil
	}
	stored, err := c.read().Window(st.id, top, bottom)
	if err != nil {
		return nil, err
	}
	shown := 0
	for seq := top; seq >= bottom; seq-- {
		item := historyMsg{IsPlaceMsg: 1, MsgBody: json.RawMessage("[]"), MsgPriority: normalPriority, MsgSeq: seq}
		if len(stored) > 0 && stored[0].Seq == seq {
			m := stored[0]
			stored = stored[1:]
			if m.State == community.Shown || m.State == community.Recalled && withRecalled {
				item = historyMsg{
					FromAccount: m.Sender, IsPlaceMsg: int(m.State), MsgBody: json.RawMessage(m.Body), MsgPriority: m.Priority, MsgRandom: m.Random, MsgSeq: seq,
					MsgTimeStamp: m.SentMS / 1000, IsSystemMsg: m.Flags & community.Tip, CloudCustomData: m.Cloud,
				}
				shown++
			}
		}
		answer.RspMsgList = append(answer.RspMsgList, item)
	}
	if wanted > maxHistory && bottom > 1 {
		if answer.IsFinished = 0; shown == 0 {
			answer.IsFinished = 2
		}
	}
	return answer, nil
}

// seqs reads a list of {MsgSeq}.
func (c *call) seqs(limit int) []int64 {
	objs := c.objs("MsgSeqList", limit, codeGroupField)
	seqs := make([]int64, len(objs))
	for i, o := range objs {
		seqs[i] = o.num("MsgSeq", 0, maxU32)
	}
	return seqs
}

type seqRef struct{ MsgSeq int64 }

type recallResult struct {
	MsgSeq  int64
	RetCode int
}

// recallGroupMsgs is group_msg_recall, doc 34965. There is no time limit; what is recalled already is no longer there.
func recallGroupMsgs(c *call) (any, error) {
	seqs := c.seqs(maxRecall)
	if len(c.optStr("Reason")) > maxRecallReason {
		c.fail("Reason", "is over 100 bytes")
	}
	st, err := c.stream(10033, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	results := make([]recallResult, len(seqs))
	var recalled []seqRef
	err = c.update(func(tx *community.Tx) error {
		for i, seq := range seqs {
			results[i].MsgSeq = seq
			m, err := tx.Message(st.id, seq)
			switch {
			case errors.Is(err, community.ErrNoMessage), err == nil && m.State != community.Shown:
				results[i].RetCode = 10030
			case err != nil:
				return err
			case m.Flags&community.Tip != 0:
				results[i].RetCode = 10032
			default:
				if err := tx.SetState(st.id, seq, community.Recalled); err != nil {
					return err
				}
				recalled = append(recalled, seqRef{seq})
			}
		}
		if len(recalled) == 0 {
			return nil
		}
		return c.tell(tx, groupLane(st.ID), "Group.CallbackAfterRecallMsg", struct {
			OperatorAccount string `json:"Operator_Account"`
			Type, GroupId   string
			MsgSeqList      []seqRef
			TopicId         string `json:",omitempty"`
			EventTime       string
		}{c.admin, kindNames[st.Kind], st.ID, recalled, st.topicID, c.eventTime()})
	})
	return struct{ RecallRetList []recallResult }{results}, err
}

// recallBySender is delete_group_msg_by_sender, doc 47948. For an AVChatRoom it answers OK and does nothing.
func recallBySender(c *call) (any, error) {
	sender := c.str("Sender_Account")
	st, err := c.stream(0)
	if err != nil {
		return nil, err
	}
	if _, err := c.read().Account(c.app, sender); err != nil {
		return nil, err
	}
	if st.Kind == community.LiveRoom {
		return nil, nil
	}
	return nil, c.update(func(tx *community.Tx) error {
		_, err := tx.RecallBySender(st.id, st.nextSeq-recallReach, sender)
		return err
	})
}

// modifyGroupMsg is modify_group_msg, which belongs to the openim service.
func modifyGroupMsg(c *call) (any, error) {
	seq, cloud := c.as(90004).num("MsgSeq", 1, maxU32), c.strPtr("CloudCustomData")
	var body *string
	if c.has("MsgBody") {
		text := c.msgBody(openimBody)
		body = &text
	}
	if body == nil && cloud == nil {
		c.as(90002).fail("MsgBody", "is missing")
	}
	st, err := c.stream(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	if body != nil && len(*body) > maxMsgBody {
		return nil, refuse(codeTooLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	return reply{info: "succeed"}, c.update(func(tx *community.Tx) error {
		m, err := tx.Message(st.id, seq)
		if errors.Is(err, community.ErrNoMessage) || err == nil && (m.State != community.Shown || m.Flags&community.Tip != 0) {
			return refuse(codeNoMessage, "there is no such message")
		}
		if err != nil {
			return err
		}
		return tx.EditMessage(st.id, seq, body, cloud)
	})
}

// clearHistory is clear_group_msg.
func clearHistory(c *call) (any, error) {
	upTo := c.orDefault("MsgSeq", maxU32, 1, maxU32)
	st, err := c.stream(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error { return tx.ClearHistory(st.id, min(upTo, st.nextSeq-1)) })
}

// setUnread is set_unread_msg_num, doc 34970. Rooms without an unread count answer OK and change nothing.
func setUnread(c *call) (any, error) {
	name, n := c.str("Member_Account"), c.num("UnreadMsgNum", 0, maxU32)
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	if g.Kind == community.ChatRoom || g.Kind == community.LiveRoom {
		return nil, nil
	}
	return nil, c.update(func(tx *community.Tx) error {
		m, err := c.member(tx.Conn, g, name)
		if err != nil {
			return err
		}
		return tx.SetUnread(g, m.UID, n)
	})
}

// receiptGroup returns the group of a command about read receipts.
func (c *call) receiptGroup() (*community.Group, error) {
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom, community.Community)
	if err == nil && g.MemberNum > maxReceiptGroup {
		return nil, refuse(10060, "groups of over %d members have no receipts", maxReceiptGroup)
	}
	return g, err
}

// receiptMsg returns a message that wants receipts; refused with 10062 if there is none.
func receiptMsg(db community.Conn, g *community.Group, seq int64) (community.Message, error) {
	m, err := db.Message(g.GID, seq)
	if errors.Is(err, community.ErrNoMessage) || err == nil && (m.Flags&community.Receipts == 0 || m.State != community.Shown) {
		return m, refuse(10062, "the message has no receipts")
	}
	return m, err
}

type receiptCount struct {
	MsgSeq             int64
	Code               int
	ReadNum, UnreadNum int64
}

// getReceipts is get_group_msg_receipt, doc 49438.
func getReceipts(c *call) (any, error) {
	seqs := c.seqs(maxReceiptSeqs)
	g, err := c.receiptGroup()
	if err != nil {
		return nil, err
	}
	db := c.read()
	counts := make([]receiptCount, len(seqs))
	for i, seq := range seqs {
		counts[i].MsgSeq = seq
		m, err := receiptMsg(db, g, seq)
		if err == nil {
			counts[i].ReadNum, counts[i].UnreadNum, err = c.countReceipts(db, g, m)
		}
		if r := (*refusal)(nil); errors.As(err, &r) {
			counts[i].Code = r.code
		} else if err != nil {
			return nil, err
		}
	}
	return struct{ GroupMsgReceiptList []receiptCount }{counts}, nil
}

// countReceipts returns how many members but the sender have read a message, and how many have not.
func (c *call) countReceipts(db community.Conn, g *community.Group, m community.Message) (read, unread int64, err error) {
	if read, err = db.CountReceipts(g.GID, m.Seq); err != nil {
		return 0, 0, err
	}
	in, err := db.MembersNamed(c.app, g.GID, []string{m.Sender})
	return read, max(g.MemberNum-int64(len(in))-read, 0), err
}

type reader struct {
	ReadAccount string `json:"Read_Account"`
}

type nonReader struct {
	UnreadAccount string `json:"Unread_Account"`
}

// getReceiptDetail is get_group_msg_receipt_detail, doc 49439. Table and sample of the page differ in IsFinish: both are sent.
func getReceiptDetail(c *call) (any, error) {
	seq, unread := c.num("MsgSeq", 0, maxU32), c.num("Filter", 0, 1) == 1
	count := int(c.num("Count", 1, 200))
	after := int64(0)
	if _, ok := c.need("Cursor"); ok && c.optStr("Cursor") != "" {
		n, err := strconv.ParseInt(c.optStr("Cursor"), 10, 64)
		if after = n; err != nil {
			c.fail("Cursor", "is no cursor")
		}
	}
	g, err := c.receiptGroup()
	if err != nil {
		return nil, err
	}
	db := c.read()
	m, err := receiptMsg(db, g, seq)
	if err != nil {
		return nil, err
	}
	page, err := db.ReceiptMembers(g.GID, seq, m.Sender, !unread, after, count+1)
	if err != nil {
		return nil, err
	}
	answer := struct {
		MsgSeq               int64
		IsFinish, IsFinished int
		Cursor               string
		ReadList             []reader    `json:",omitempty"`
		UnreadList           []nonReader `json:",omitempty"`
	}{seq, 1, 1, "0", nil, nil}
	if len(page) > count {
		page = page[:count]
		answer.IsFinish, answer.IsFinished, answer.Cursor = 0, 0, strconv.FormatInt(page[count-1].UID, 10)
	}
	for _, p := range page {
		if unread {
			answer.UnreadList = append(answer.UnreadList, nonReader{p.Account})
		} else {
			answer.ReadList = append(answer.ReadList, reader{p.Account})
		}
	}
	return answer, nil
}

// sendReceipts is group_msg_receipt: receipts on behalf of a member.
func sendReceipts(c *call) (any, error) {
	seqs, from := c.seqs(maxReceiptSeqs), c.str("From_Account")
	g, err := c.receiptGroup()
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		reader, err := c.member(tx.Conn, g, from)
		if err != nil {
			return err
		}
		var read []readEvent
		for _, seq := range seqs {
			m, err := receiptMsg(tx.Conn, g, seq)
			if err != nil {
				return err
			}
			if m.Sender == from {
				continue
			}
			if fresh, err := tx.AddReceipt(g.GID, seq, reader.UID); err != nil {
				return err
			} else if !fresh {
				continue
			}
			e := readEvent{MsgSeq: seq, ReadReceiptMembers: []memberRef{{from}}}
			if e.ReadNum, e.UnreadNum, err = c.countReceipts(tx.Conn, g, m); err != nil {
				return err
			}
			read = append(read, e)
		}
		if len(read) == 0 {
			return nil
		}
		return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterReadReceipt", struct {
			GroupId, Type       string
			GroupMsgReceiptList []readEvent
			EventTime           string
		}{g.ID, kindNames[g.Kind], read, c.eventTime()})
	})
}

type readEvent struct {
	MsgSeq, ReadNum, UnreadNum int64
	ReadReceiptMembers         []memberRef
}

// dupWindow is how long a message with the same sender, Random and body counts as the same message.
const dupWindow = 300 * time.Second

// Bounds of what is remembered of recent messages.
const (
	maxRecent    = 100_000
	maxFlood     = 100_000
	groupRate    = 40 // ordinary messages a second and group
	highPriority = 1
)
