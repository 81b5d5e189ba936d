package tencent

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
)

// directPlace is a position in a direct chat: a message by its time, its sender's number and its random number, which make
// up its key; or, with before set, what is earlier than that message. The zero value is no position.
//
// As text it is "TIME.SEQ.RANDOM", with "<" in front of what is earlier.
type directPlace struct {
	time, seq, random int64
	before            bool
}

func (p directPlace) String() string {
	text := fmt.Sprintf("%d.%d.%d", p.time, p.seq, p.random)
	if p.before {
		return "<" + text
	}
	return text
}

// key is the service's name for the message at the place.
func (p directPlace) key() string { return fmt.Sprintf("%d_%d_%d", p.seq, p.random, p.time) }

// compare orders places by time, then by the sender's number: what the service goes by.
func (p directPlace) compare(q directPlace) int {
	return cmp.Or(cmp.Compare(p.time, q.time), cmp.Compare(p.seq, q.seq))
}

// numbers reads three numbers that are not negative.
func numbers(s, separator string) (list [3]int64, ok bool) {
	parts := strings.Split(s, separator)
	if len(parts) != len(list) {
		return list, false
	}
	for i, part := range parts {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil || n < 0 {
			return list, false
		}
		list[i] = n
	}
	return list, true
}

func directPlaceOf(ctx context.Context, s string) (directPlace, error) {
	if s == "" {
		return directPlace{}, nil
	}
	rest, before := strings.CutPrefix(s, "<")
	n, ok := numbers(rest, ".")
	if !ok || n[0] == 0 {
		return directPlace{}, refuse(ctx, imclient.ErrInvalid, "%.60q is not a position in a direct chat", s)
	}
	return directPlace{n[0], n[1], n[2], before}, nil
}

// placeOfKey reads a message's key, SEQ_RANDOM_TIME.
func placeOfKey(key string) (directPlace, bool) {
	n, ok := numbers(key, "_")
	return directPlace{time: n[2], seq: n[0], random: n[1]}, ok
}

func placeOfRoam(m RoamMsg) directPlace {
	if p, ok := placeOfKey(string(m.MsgKey)); ok {
		return p
	}
	return directPlace{time: int64(m.MsgTimeStamp), seq: int64(m.MsgSeq), random: int64(m.MsgRandom)}
}

// directID names a message of a direct chat: its key and its sender, since the service wants to be told both.
func directID(key, from string) string { return key + "." + from }

// directMessage finds sender, receiver and key of a message of a direct chat. An id without a sender is c.User's.
func (c *client) directMessage(ctx context.Context, chat imclient.Conversation, id string) (C2CMsg, error) {
	key, from, named := strings.Cut(id, ".")
	if _, ok := placeOfKey(key); !ok {
		return C2CMsg{}, refuse(ctx, imclient.ErrInvalid, "%.60q is not a message of a direct chat", id)
	}
	user := c.userOrAdmin(chat.User)
	if !named {
		from = user
	}
	switch from {
	case user:
		return C2CMsg{FromAccount: from, ToAccount: chat.Peer, MsgKey: key}, nil
	case chat.Peer:
		return C2CMsg{FromAccount: from, ToAccount: user, MsgKey: key}, nil
	}
	return C2CMsg{}, refuse(ctx, imclient.ErrInvalid, "the message is of somebody else")
}

func (c *client) userOrAdmin(user string) string {
	if user == "" {
		return c.api.cfg.Administrator
	}
	return user
}

// checkDirect refuses a direct chat that names nobody.
func checkDirect(ctx context.Context, chat imclient.Conversation) error {
	if chat.Peer == "" || chat.User == "" {
		return refuse(ctx, imclient.ErrInvalid, "a direct chat needs two users")
	}
	return nil
}

func (c *client) toDirect(m RoamMsg) imclient.Message {
	from := strings.TrimSpace(string(m.FromAccount))
	p := placeOfRoam(m)
	msg := imclient.Message{
		ID: directID(p.key(), from), Seq: p.String(), From: from, At: unix(m.MsgTimeStamp), Body: decodeBody(m.MsgBody), Custom: string(m.CloudCustomData),
	}
	if m.MsgFlagBits&roamRecalled != 0 {
		msg.State = imclient.MessageRecalled
	}
	switch {
	case m.IsPeerRead == nil:
	case *m.IsPeerRead == 1:
		msg.ReadByPeer = imclient.On
	default:
		msg.ReadByPeer = imclient.Off
	}
	return msg
}

// roamRecalled is the bit of RoamMsg.MsgFlagBits that says so.
const roamRecalled = 8

// The span of a history, in seconds since 1970. The beginning is not 0, which a server may take for a field left out; the
// end lies a little in the future, since our clock may be behind the service's.
const roamBegin = 1

func (c *client) roamEnd() int64 { return c.api.now().Add(maxSkew).Unix() }

// maxRoamCalls bounds the calls for one page of a direct chat.
const maxRoamCalls = 60

// directHistory returns one page of a direct chat.
func (m messagesArea) directHistory(ctx context.Context, o imclient.HistoryOptions) (imclient.HistoryPage, error) {
	var page imclient.HistoryPage
	if err := checkDirect(ctx, o.Conversation); err != nil {
		return page, err
	}
	limit := o.Limit
	if limit == 0 {
		limit = maxHistory
	}
	if _, err := pageSize(ctx, limit, maxRoam); err != nil {
		return page, err
	}
	from, err := directPlaceOf(ctx, o.From)
	if err != nil {
		return page, err
	}
	if o.Direction == imclient.Newer {
		return m.directNewer(ctx, o.Conversation, from, limit)
	}
	return m.directOlder(ctx, o.Conversation, from, limit)
}

// directOlder reads backwards, which is how the service tells a direct chat: page by page, each of them as long as fits into
// 13 KB, until there are enough.
func (m messagesArea) directOlder(ctx context.Context, chat imclient.Conversation, from directPlace, limit int) (imclient.HistoryPage, error) {
	var page imclient.HistoryPage
	q := AdminGetRoamMsgRequest{OperatorAccount: chat.User, PeerAccount: chat.Peer, MaxCnt: limit + 1, MinTime: roamBegin, MaxTime: m.roamEnd()}
	if from.time > 0 {
		q.MaxTime = from.time
	}
	if from.before {
		q.LastMsgKey = from.key()
	}
	calls, reached := 0, from.time == 0
	for r, err := range m.api.RoamMsgPages(ctx, q) {
		if err != nil {
			return imclient.HistoryPage{}, err
		}
		for _, msg := range slices.Backward(r.MsgList) {
			if reached = reached || !placeOfRoam(msg).later(from); reached {
				page.Messages = append(page.Messages, m.toDirect(msg))
			}
		}
		if len(page.Messages) > limit {
			page.Messages = page.Messages[:limit]
			page.Older = "<" + page.Messages[limit-1].Seq
			return page, nil
		}
		if calls++; calls >= maxRoamCalls && r.Complete == 0 {
			next, ok := placeOfKey(string(r.LastMsgKey))
			if ok {
				next.before = true
				page.Older = next.String()
			}
			return page, nil
		}
	}
	return page, nil
}

// later reports whether a message stands behind a place from which one reads backwards. Of several with the same number in
// the same second those that come before the one meant are behind it.
func (p directPlace) later(from directPlace) bool {
	c := p.compare(from)
	return c > 0 || c == 0 && (from.before || p.random != from.random)
}

// directNewer reads forwards.
func (m messagesArea) directNewer(ctx context.Context, chat imclient.Conversation, from directPlace, limit int) (imclient.HistoryPage, error) {
	list, next, err := m.directAfter(ctx, chat, from, limit+1)
	if err != nil {
		return imclient.HistoryPage{}, err
	}
	var page imclient.HistoryPage
	if next > 0 { // there may be more than could be looked through
		page.Newer = directPlace{time: next}.String()
	}
	if len(list) > limit {
		page.Newer = placeOfRoam(list[limit]).String()
		list = list[:limit]
	}
	for _, msg := range slices.Backward(list) {
		page.Messages = append(page.Messages, m.toDirect(msg))
	}
	if from.time > 0 {
		oldest := from
		if len(list) > 0 {
			oldest = placeOfRoam(list[0])
		}
		oldest.before = true
		page.Older = oldest.String()
	}
	return page, nil
}

// The windows of directAfter: the width of the first in seconds, and by how much they grow and shrink.
const (
	directWidth = 60
	directStep  = 8
)

// directAfter returns at least the n oldest messages from a place on, oldest first, fewer if there are no more. The service
// reads backwards from a time only, so that time is cut into windows: a wider one behind each that was nearly empty, a
// narrower one instead of each that held too much. next is where to go on if the bound on calls ended it, else 0.
func (m messagesArea) directAfter(ctx context.Context, chat imclient.Conversation, from directPlace, n int) (list []RoamMsg, next int64, err error) {
	begin, end := max(roamBegin, from.time), m.roamEnd()
	calls, reached := 0, false
	for width := int64(directWidth); begin <= end; {
		if calls >= maxRoamCalls {
			return list, begin, nil
		}
		stop := min(begin+width-1, end)
		most := 2*n + maxHistory
		if width == 1 {
			most = 0 // a second cannot be cut
		}
		part, whole, used, err := m.directBetween(ctx, chat, begin, stop, most)
		calls += used
		switch {
		case err != nil:
			return nil, 0, err
		case !whole && width > 1:
			width = max(1, width/directStep)
			continue
		}
		for _, msg := range part {
			if reached = reached || !placeOfRoam(msg).earlier(from); reached {
				list = append(list, msg)
			}
		}
		if len(list) >= n {
			return list, 0, nil
		}
		begin = stop + 1
		width = min(width*directStep, end)
	}
	return list, 0, nil
}

// earlier reports whether a message stands in front of a place from which one reads forwards. Of several with the same number
// in the same second those that come before the one meant do. A place that is a time alone has nothing of its second in front.
func (p directPlace) earlier(from directPlace) bool {
	c := p.compare(from)
	return c < 0 || c == 0 && from.random != 0 && p.random != from.random
}

// directBetween returns the messages of a span of time, oldest first. It gives up when there are more than most (0 = never),
// and has the newest of them then.
func (m messagesArea) directBetween(ctx context.Context, chat imclient.Conversation, begin, end int64, most int) (list []RoamMsg, whole bool, calls int, err error) {
	q := AdminGetRoamMsgRequest{OperatorAccount: chat.User, PeerAccount: chat.Peer, MaxCnt: maxRoam, MinTime: begin, MaxTime: end}
	var parts [][]RoamMsg
	total := 0
	whole = true
	for r, err := range m.api.RoamMsgPages(ctx, q) {
		if err != nil {
			return nil, false, calls, err
		}
		calls++
		parts = append(parts, r.MsgList)
		total += len(r.MsgList)
		if r.Complete == 0 && (most > 0 && total > most || calls >= maxRoamCalls) {
			whole = false
			break
		}
	}
	for _, part := range slices.Backward(parts) {
		list = append(list, part...)
	}
	return list, whole, calls, nil
}

// directAt finds the position of the first message at or after t, or of the newest.
func (m messagesArea) directAt(ctx context.Context, chat imclient.Conversation, t time.Time) (string, error) {
	if err := checkDirect(ctx, chat); err != nil {
		return "", err
	}
	second := t.Unix()
	if t.Nanosecond() > 0 {
		second++
	}
	for begin := max(roamBegin, second); begin > 0; {
		list, next, err := m.directAfter(ctx, chat, directPlace{time: begin}, 1)
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			return placeOfRoam(list[0]).String(), nil
		}
		begin = next
	}
	page, err := m.directOlder(ctx, chat, directPlace{}, 1)
	if err != nil || len(page.Messages) == 0 {
		return "", err
	}
	return page.Messages[0].Seq, nil
}

// directRecall takes messages back one by one: the service knows no list of them.
func (m messagesArea) directRecall(ctx context.Context, chat imclient.Conversation, ids []string) ([]imclient.Refused, error) {
	if err := checkDirect(ctx, chat); err != nil {
		return nil, err
	}
	return oneByOne(ctx, ids, func(id string) error {
		msg, err := m.directMessage(ctx, chat, id)
		if err == nil {
			_, err = m.api.AdminMsgWithdraw(ctx, (*AdminMsgWithdrawRequest)(&msg))
		}
		return err
	})
}

// directSend says something in a direct chat.
func (m messagesArea) directSend(ctx context.Context, chat imclient.Conversation, d imclient.Draft) (imclient.Sent, error) {
	from, to := d.From, chat.Peer
	switch from {
	case "", chat.User:
		from = chat.User
	case chat.Peer:
		to = chat.User
	default:
		return imclient.Sent{}, refuse(ctx, imclient.ErrInvalid, "the sender is not in the direct chat")
	}
	if to == "" {
		return imclient.Sent{}, refuse(ctx, imclient.ErrInvalid, "a direct chat needs two users")
	}
	if len(d.Only) > 0 || len(d.Mention) > 0 || d.MentionAll || d.Priority != "" {
		return imclient.Sent{}, refuse(ctx, imclient.ErrInvalid, "receivers, mentions and priorities are for groups")
	}
	body, err := encodeBody(ctx, d.Body)
	if err != nil {
		return imclient.Sent{}, err
	}
	q := &SendMsgRequest{
		FromAccount: from, ToAccount: to, MsgBody: body, CloudCustomData: d.Custom,
		SupportMessageExtension: flag(d.Extensible), IsNeedReadReceipt: flag(d.Receipts),
	}
	q.MsgSeq, q.MsgRandom = repeatKey(d.Key)
	if d.Unsynced {
		q.SyncOtherMachine = notToSender
	}
	if d.Fleeting {
		q.OnlineOnlyFlag, q.MsgLifeTime = 1, ptr(0)
	}
	if d.Unasked {
		q.ForbidCallbackControl = []string{notAskedBefore}
	}
	if d.Quiet {
		q.SendMsgControl, q.OfflinePushInfo = []string{noUnread}, &OfflinePush{PushFlag: 1}
	}
	r, err := m.api.SendMsg(ctx, q)
	if err != nil {
		return imclient.Sent{}, err
	}
	sent := imclient.Sent{At: unix(r.MsgTime)}
	if p, ok := placeOfKey(string(r.MsgKey)); ok {
		sent.ID, sent.Seq = directID(string(r.MsgKey), m.userOrAdmin(from)), p.String()
	}
	return sent, nil
}

// notToSender is what SyncOtherMachine takes for a message that the sender's devices do not get.
const notToSender = 2

// noUnread is what SendMsgControl takes for a message that is not counted.
const noUnread = "NoUnread"

// notAskedBefore is what ForbidCallbackControl takes for a message that the app's own server is not asked about.
const notAskedBefore = "ForbidBeforeSendMsgCallback"

// repeatKey makes of a key the numbers by which the service tells repeats apart; without one they are new each time.
func repeatKey(key string) (seq, random uint32) {
	if key == "" {
		return 0, rand.Uint32()
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never fails
	sum := h.Sum64()
	return uint32(sum >> 32), uint32(sum)
}

// directEdit overwrites a message of a direct chat.
func (m messagesArea) directEdit(ctx context.Context, chat imclient.Conversation, id string, body []MsgElement, custom *string) error {
	msg, err := m.directMessage(ctx, chat, id)
	if err != nil {
		return err
	}
	_, err = m.api.ModifyC2CMsg(ctx, &ModifyC2CMsgRequest{
		FromAccount: msg.FromAccount, ToAccount: msg.ToAccount, MsgKey: msg.MsgKey, MsgBody: body, CloudCustomData: custom,
	})
	return err
}

// Hide takes messages out of one user's view of a direct chat.
func (m messagesArea) Hide(ctx context.Context, chat imclient.Conversation, ids []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "messages.hide")
	if !chat.Direct() {
		return nil, imclient.Unsupported("messages.hide", imclient.Tencent)
	}
	if err := checkDirect(ctx, chat); err != nil {
		return nil, err
	}
	messages, refused := m.directMessages(ctx, chat, ids)
	if len(messages) == 0 && len(refused) > 0 {
		return nil, refused[0].Err
	}
	id := func(d namedMessage) string { return d.id }
	more, err := inBatches(ctx, messages, maxRambleKeys, id, func(batch []namedMessage) ([]imclient.Refused, error) {
		q := &DeleteC2CMsgRambleRequest{OperatorAccount: chat.User, PeerAccount: chat.Peer}
		for _, d := range batch {
			q.MsgKeyList = append(q.MsgKeyList, d.MsgKey)
		}
		r, err := m.api.DeleteC2CMsgRamble(ctx, q)
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, d := range batch {
			if slices.Contains(r.InvalidMsgKeyList, Str(d.MsgKey)) {
				refused = append(refused, imclient.Refused{ID: d.id, Err: ownError(ctx, deleteC2CMsgRamble.Command, codeMissing)})
			}
		}
		return refused, nil
	})
	if err != nil {
		return nil, err
	}
	return append(refused, more...), nil
}

// namedMessage is a message of a direct chat under the id that the caller knows it by.
type namedMessage struct {
	id string
	C2CMsg
}

// directMessages reads ids of messages; those that are none are refused.
func (m messagesArea) directMessages(ctx context.Context, chat imclient.Conversation, ids []string) (messages []namedMessage, refused []imclient.Refused) {
	for _, id := range unique(ids) {
		msg, err := m.directMessage(ctx, chat, id)
		if err != nil {
			refused = append(refused, imclient.Refused{ID: id, Err: asError(ctx, err)})
			continue
		}
		messages = append(messages, namedMessage{id, msg})
	}
	return messages, refused
}
