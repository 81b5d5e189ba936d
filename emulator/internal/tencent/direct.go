package tencent

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"imdesk/emulator/internal/community"
)

const openimService = "openim"

var directCommands = []command{
	{service: openimService, name: "sendmsg", rate: 200, run: sendDirect},
	{service: openimService, name: "batchsendmsg", rate: 200, run: sendDirects},
	{service: openimService, name: "importmsg", rate: 200, run: importDirect},
	{service: openimService, name: "admin_getroammsg", rate: 200, run: getDirects},
	{service: openimService, name: "admin_msgwithdraw", rate: 200, run: recallDirect},
	{service: openimService, name: "admin_set_msg_read", rate: 200, run: readDirects},
	{service: openimService, name: "get_c2c_unread_msg_num", rate: 200, run: countUnread},
	{service: openimService, name: "modify_c2c_msg", rate: 200, run: modifyDirect},
	{service: openimService, name: "delete_c2c_msg_ramble", rate: 200, run: hideDirects},
	{service: openimService, name: "c2c_msg_read_receipt", rate: 200, run: receiveDirects},
}

// Codes of messages between two users. Source: "Error codes", doc 34348.
const (
	codeNoMessage    = 20001
	codeNoSender     = 20003
	codeBlocked      = 20007
	codeDirectMuted  = 20012
	codeNothingThere = 20022
	codeRecalled     = 20023
	codeToField      = 90003
	codeSeqField     = 90004
	codeRandomField  = 90005
	codeTimeField    = 90006
	codeFromField    = 90008
	codeNoReceiver   = 90012
	codeOldSystem    = 90030
	codeSyncField    = 90031
	codePushField    = 90043
	codeLifeField    = 90044
	codeMsgKey       = 90054
	codeDirectLong   = 93000
)

const (
	maxLife      = 7 * 24 * 3600 // seconds that an undelivered message is kept
	maxReceivers = 500
	maxPeers     = 10
	maxHide      = 30
	maxReceipts  = 30
	maxMsgKey    = 50       // characters
	maxRoamPage  = 100      // more never fit
	maxRoamBytes = 13 << 10 // of an answer
	roamRest     = 256      // of them for all but the messages
)

// msgKey is the name of a message as the wire has it.
func msgKey(k community.DirectKey) string { return fmt.Sprintf("%d_%d_%d", k.Seq, k.Random, k.At) }

// parseMsgKey undoes msgKey.
func parseMsgKey(text string) (k community.DirectKey, ok bool) {
	parts := strings.Split(text, "_")
	if len(parts) != 3 || len(text) > maxMsgKey {
		return k, false
	}
	for i, to := range []*int64{&k.Seq, &k.Random, &k.At} {
		n, err := strconv.ParseUint(parts[i], 10, 32)
		if err != nil {
			return k, false
		}
		*to = int64(n)
	}
	return k, true
}

// msgKey reads a required MsgKey; a malformed one gets code.
func (f *fields) msgKey(name string, code int) community.DirectKey {
	k, ok := parseMsgKey(f.str(name))
	if !ok && f.failed() == nil {
		f.failWith(code, name, "is no key of a message")
	}
	return k
}

// msgID is another name of a message, which means nothing to anybody.
func msgID(app int64, from, to, key string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n%s", app, from, to, key))
	return hex.EncodeToString(sum[:16])
}

// pair returns the accounts of a conversation. The first, if unknown, is a bad sender, the second a bad receiver.
func (c *call) pair(from, to string) (a, b community.Account, err error) {
	found, err := c.read().Accounts(c.app, []string{from, to})
	if err != nil {
		return a, b, err
	}
	a, there := found[from]
	if !there {
		return a, b, refuse(codeNoSender, "the account %s has not been imported", from)
	}
	if b, there = found[to]; !there {
		return a, b, refuse(codeNoReceiver, "invalid To_Account")
	}
	return a, b, nil
}

// directMsg is a message on its way from one user to another.
type directMsg struct {
	community.DirectMessage
	from, to   string
	ownSeq     bool // the caller chose Seq: only then can a message be the same as another
	onlyPeer   bool // the sender does not keep it
	onlineOnly bool
	noUnread   bool
	unlisted   bool // does not move the conversation up
	noPush     bool
	life       int64 // seconds
	quiet      quiet
}

// readDirectMsg reads what sendmsg and batchsendmsg have in common.
func (c *call) readDirectMsg() *directMsg {
	m := &directMsg{from: cmp.Or(c.as(codeFromField).optStr("From_Account"), c.admin), quiet: c.forbidden()}
	m.ownSeq = c.has("MsgSeq")
	m.Seq, m.Random = c.as(codeSeqField).optNum("MsgSeq", int64(rand.Uint32()), 0, maxU32), c.as(codeRandomField).num("MsgRandom", 0, maxU32)
	m.Body, m.Cloud = c.msgBody(openimBody), c.optStr("CloudCustomData")
	m.onlyPeer = c.as(codeSyncField).orDefault("SyncOtherMachine", 1, 1, 2) == 2
	m.life = min(c.as(codeLifeField).optNum("MsgLifeTime", maxLife, 0, maxU32), maxLife)
	m.onlineOnly = c.flag("OnlineOnlyFlag") || m.life == 0
	c.as(codeTimeField).optNum("MsgTimeStamp", 0, 0, maxU32) // of old documents: the service's own time counts
	for _, v := range c.optStrs("SendMsgControl", 10, c.code) {
		switch v {
		case "NoUnread":
			m.noUnread = true
		case "NoLastMsg":
			m.unlisted = true
		case "WithMuteNotifications":
		default:
			c.fail("SendMsgControl", "has an unknown value")
		}
	}
	if c.flag("SupportMessageExtension") {
		m.Flags |= community.Extensible
	}
	if c.flag("IsNeedReadReceipt") {
		m.Flags |= community.Receipts
	}
	if push := c.as(codePushField).optObj("OfflinePushInfo"); push != nil {
		m.noPush = push.optNum("PushFlag", 0, 0, 1) == 1
	}
	return m
}

// stamp gives the message its time, and with it its key.
func (m *directMsg) stamp(now int64) {
	m.At = now
	if m.UnreadUntil = 0; !m.noUnread && m.life > 0 {
		m.UnreadUntil = now + m.life
	}
}

// directEvent is the body of the callbacks about a message between two users.
type directEvent struct {
	FromAccount     string `json:"From_Account"`
	ToAccount       string `json:"To_Account"`
	MsgSeq          int64
	MsgRandom       int64
	MsgTime         int64
	MsgKey          string
	MsgId           string
	OnlineOnlyFlag  int
	SendMsgResult   *int   `json:",omitempty"`
	ErrorInfo       string `json:",omitempty"`
	UnreadMsgNum    *int64 `json:",omitempty"`
	MsgBody         json.RawMessage
	CloudCustomData string `json:",omitempty"`
	EventTime       int64
}

func (c *call) directEvent(m *directMsg) directEvent {
	key := msgKey(m.Key())
	return directEvent{
		FromAccount: m.from, ToAccount: m.to, MsgSeq: m.Seq, MsgRandom: m.Random, MsgTime: m.At, MsgKey: key, MsgId: msgID(c.app, m.from, m.to, key),
		OnlineOnlyFlag: bit(m.onlineOnly), MsgBody: json.RawMessage(m.Body), CloudCustomData: m.Cloud, EventTime: c.eventMS(),
	}
}

type sentDirect struct {
	MsgTime int64
	MsgKey  string
	MsgId   string
}

// sendDirect is sendmsg, doc 34919. Who is muted or blocked may send all the same.
func sendDirect(c *call) (any, error) {
	to := c.as(codeToField).str("To_Account")
	m := c.readDirectMsg()
	if err := c.failed(); err != nil {
		return nil, err
	}
	from, peer, err := c.pair(m.from, to)
	if err != nil {
		return nil, err
	}
	return c.sendDirect(m, from, peer)
}

// directKey is what makes two messages between users the same one, together with their second.
type directKey struct {
	app, from, to int64
	community.DirectKey
}

// sendDirect sends a message between two users who may write to each other: size, the app's own say, then it is stored.
func (c *call) sendDirect(m *directMsg, from, to community.Account) (sentDirect, error) {
	m.Sender, m.Receiver, m.from, m.to = from.UID, to.UID, from.Name, to.Name
	if len(m.Body) > maxMsgBody {
		return sentDirect{}, refuse(codeDirectLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	now := c.s.now()
	m.stamp(now.Unix())
	send := func() (sentDirect, bool, error) {
		key := msgKey(m.Key())
		answer := sentDirect{MsgTime: m.At, MsgKey: key, MsgId: msgID(c.app, m.from, m.to, key)}
		return answer, true, c.deliverDirect(m)
	}
	if !m.ownSeq {
		answer, _, err := send()
		return answer, err
	}
	return c.s.recentDirect.once(c.Context, now, directKey{c.app, from.UID, to.UID, m.Key()}, send)
}

func (c *call) deliverDirect(m *directMsg) error {
	if !m.quiet.before {
		v, err := c.ask("C2C.CallbackBeforeSendMsg", c.directEvent(m), directDecision, func(v *verdict) error { return v.rewrite(&m.Body, &m.Cloud) })
		if err != nil || v.drop {
			return err
		}
	}
	found, err := c.find(m.Body)
	if err != nil {
		return err
	}
	body, err := c.moderate(m.Body)
	if err != nil {
		return errors.Join(err, c.blockedDirect(m, err), c.foundInDirect(nil, found, m, true))
	}
	m.Body = body
	return c.update(func(tx *community.Tx) error {
		if err := errors.Join(c.storeDirect(tx, m), c.tally(tx, m, m.to), c.pushedDirect(tx, m), c.foundInDirect(tx, found, m, false)); err != nil || m.quiet.after {
			return err
		}
		e := c.directEvent(m)
		unread, err := tx.CountUnread(m.Receiver, 0, c.s.now().Unix())
		e.SendMsgResult, e.ErrorInfo, e.UnreadMsgNum = new(int), "send msg succeed", &unread
		return errors.Join(err, c.tell(tx, pairLane(m.from, m.to), "C2C.CallbackAfterSendMsg", e))
	})
}

// blockedDirect tells the app of a message that its words kept back.
func (c *call) blockedDirect(m *directMsg, err error) error {
	r, ok := errors.AsType[*refusal](err)
	if !ok || m.quiet.after {
		return nil
	}
	e, none := c.directEvent(m), int64(-1)
	e.SendMsgResult, e.ErrorInfo, e.UnreadMsgNum = &r.code, r.info, &none
	return c.tell(nil, pairLane(m.from, m.to), "C2C.CallbackAfterSendMsg", e)
}

// storeDirect keeps a message, unless it is for who is online only, and lists the conversation for those who see it.
func (c *call) storeDirect(tx *community.Tx, m *directMsg) error {
	if m.onlineOnly {
		return nil
	}
	if m.onlyPeer {
		m.HideFrom(m.Sender)
	}
	if err := tx.AddDirect(c.app, &m.DirectMessage); err != nil || m.unlisted {
		return err
	}
	return listTalk(tx, &m.DirectMessage)
}

// listTalk moves the conversation of a message up in the lists of those who see it.
func listTalk(tx *community.Tx, d *community.DirectMessage) error {
	if err := tx.Talked(d.Receiver, d.Sender, d.At); err != nil || d.HiddenFrom(d.Sender) {
		return err
	}
	return tx.Talked(d.Sender, d.Receiver, d.At)
}

// tally counts a message that was sent to some receivers, for the statistics of the app.
func (c *call) tally(tx *community.Tx, m *directMsg, receivers ...string) error {
	pushed := int64(0)
	for _, name := range receivers {
		if best(c.s.online.get(c.app, name)) != "Online" && !m.onlineOnly && !m.noPush {
			pushed++
		}
	}
	return tx.TallyC2C(c.app, m.from, m.At, int64(len(receivers)), pushed)
}

// sendDirects is batchsendmsg, doc 34920. No callback tells of it. All copies share one key.
func sendDirects(c *call) (any, error) {
	names := c.as(codeToField).strs("To_Account", maxReceivers, codeReceivers)
	m := c.readDirectMsg()
	if err := c.failed(); err != nil {
		return nil, err
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	found, err := c.read().Accounts(c.app, append([]string{m.from}, names...))
	if err != nil {
		return nil, err
	}
	from, there := found[m.from]
	if !there {
		return nil, community.ErrNoAccount
	}
	if len(m.Body) > maxMsgBody {
		return nil, refuse(codeDirectLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	m.stamp(c.s.now().Unix())
	var unknown []accountError
	var sentTo []string
	err = c.update(func(tx *community.Tx) error {
		for _, name := range names {
			to, there := found[name]
			if !there {
				unknown = append(unknown, accountError{name, codeNoSuchUser})
				continue
			}
			copied := *m
			copied.Sender, copied.Receiver = from.UID, to.UID
			if _, err := tx.Direct(from.UID, to.UID, m.Key()); err == nil {
				continue // the same message was sent before
			} else if !errors.Is(err, community.ErrNoMessage) {
				return err
			}
			if err := c.storeDirect(tx, &copied); err != nil {
				return err
			}
			sentTo = append(sentTo, name)
		}
		if len(sentTo) == 0 {
			return nil
		}
		return c.tally(tx, m, sentTo...)
	})
	if err != nil {
		return nil, err
	}
	if len(unknown) == len(names) {
		return nil, refuse(codeNoReceiver, "invalid To_Account")
	}
	key := msgKey(m.Key())
	r := reply{body: struct {
		MsgKey, MsgId string
		ErrorList     []accountError `json:",omitempty"`
	}{key, msgID(c.app, m.from, "", key), unknown}}
	if len(unknown) > 0 {
		r.status = "SomeError"
	}
	return r, nil
}

// importDirect is importmsg, doc 35014. A message that is there already, in either direction, stays as it is.
func importDirect(c *call) (any, error) {
	from, to := c.as(codeFromField).str("From_Account"), c.as(codeToField).str("To_Account")
	kind := c.as(codeOldSystem).num("SyncFromOldSystem", 1, 5)
	d := community.DirectMessage{
		Seq: c.as(codeSeqField).optNum("MsgSeq", int64(rand.Uint32()), 0, maxU32), Random: c.as(codeRandomField).num("MsgRandom", 0, maxU32),
		At: c.as(codeTimeField).num("MsgTimeStamp", 1, maxU32), Body: c.msgBody(openimBody), Cloud: c.optStr("CloudCustomData"),
	}
	if kind == 3 || kind == 4 {
		c.failWith(codeOldSystem, "SyncFromOldSystem", "has an unknown value")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	a, b, err := c.pair(from, to)
	if err != nil {
		return nil, err
	}
	if len(d.Body) > maxMsgBody {
		return nil, refuse(codeDirectLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	d.Sender, d.Receiver = a.UID, b.UID
	if kind != 2 {
		d.UnreadUntil = c.s.now().Unix() + maxLife
	}
	return nil, c.update(func(tx *community.Tx) error {
		if there, err := tx.DirectExists(a.UID, b.UID, d.Key()); err != nil || there {
			return err
		}
		return errors.Join(tx.AddDirect(c.app, &d), listTalk(tx, &d))
	})
}

type roamMsg struct {
	FromAccount     string `json:"From_Account"`
	ToAccount       string `json:"To_Account"`
	MsgSeq          int64
	MsgRandom       int64
	MsgTimeStamp    int64
	MsgFlagBits     int
	IsPeerRead      int
	MsgKey          string
	MsgBody         json.RawMessage
	CloudCustomData string `json:",omitempty"`
}

// recalledBit is MsgFlagBits of a message that was recalled.
const recalledBit = 8

type roamAnswer struct {
	Complete    int
	MsgCnt      int
	LastMsgTime int64
	LastMsgKey  string
	MsgList     []json.RawMessage
}

// getDirects is admin_getroammsg, doc 35478: pages go backwards in time, and each is in order of time. Last... is the
// oldest message of the page, from where the next one goes on.
func getDirects(c *call) (any, error) {
	c.alias("Operator_Account", "From_Account")
	c.alias("Peer_Account", "To_Account")
	operator, peer := c.as(codeFromField).str("Operator_Account"), c.as(codeToField).str("Peer_Account")
	count := min(c.num("MaxCnt", 1, maxU32), maxRoamPage)
	p := community.DirectPage{From: c.num("MinTime", 0, maxU32), To: c.num("MaxTime", 0, maxU32)}
	if c.optStr("LastMsgKey") != "" {
		p.Before = c.msgKey("LastMsgKey", c.code)
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	a, b, err := c.pair(operator, peer)
	if err != nil {
		return nil, err
	}
	p.N = int(count) + 2 // one more tells whether there is a next page, and may have the key of the last
	found, err := c.read().Directs(a.UID, b.UID, p)
	if err != nil {
		return nil, err
	}
	names := map[int64]string{a.UID: a.Name, b.UID: b.Name}
	answer := roamAnswer{Complete: 1, MsgList: []json.RawMessage{}}
	size := roamRest
	var last community.DirectKey
	for i, d := range found {
		item, err := marshal(roam(d, names))
		if err != nil {
			return nil, err
		}
		// Two messages of one key, which can only be of opposite directions, share a page: the next one could not tell them apart.
		if size += len(item) + len(","); i > 0 && (i >= int(count) || size > maxRoamBytes) && d.Key() != last {
			answer.Complete = 0
			break
		}
		last = d.Key()
		answer.MsgList = append(answer.MsgList, item)
	}
	if answer.MsgCnt = len(answer.MsgList); answer.MsgCnt > 0 {
		slices.Reverse(answer.MsgList)
		answer.LastMsgTime, answer.LastMsgKey = last.At, msgKey(last)
	}
	return answer, nil
}

func roam(d community.DirectMessage, names map[int64]string) roamMsg {
	m := roamMsg{
		FromAccount: names[d.Sender], ToAccount: names[d.Receiver], MsgSeq: d.Seq, MsgRandom: d.Random, MsgTimeStamp: d.At,
		IsPeerRead: bit(d.Flags&community.Received != 0), MsgKey: msgKey(d.Key()), MsgBody: json.RawMessage(d.Body), CloudCustomData: d.Cloud,
	}
	if d.State == community.Recalled {
		m.MsgFlagBits = recalledBit
	}
	return m
}

// directOf reads From_Account, To_Account and MsgKey, and returns the two accounts.
func (c *call) directOf(badKey int) (from, to community.Account, key community.DirectKey, err error) {
	a, b := c.as(codeFromField).str("From_Account"), c.as(codeToField).str("To_Account")
	key = c.msgKey("MsgKey", badKey)
	if err := c.failed(); err != nil {
		return from, to, key, err
	}
	from, to, err = c.pair(a, b)
	return from, to, key, err
}

// recallDirect is admin_msgwithdraw, doc 38996. There is no time limit.
func recallDirect(c *call) (any, error) {
	from, to, key, err := c.directOf(codeMsgKey)
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		d, err := tx.Direct(from.UID, to.UID, key)
		switch {
		case errors.Is(err, community.ErrNoMessage):
			return refuse(codeNothingThere, "there is no such message")
		case err != nil:
			return err
		case d.State == community.Recalled:
			return refuse(codeRecalled, "the message was recalled before")
		}
		if err := tx.RecallDirect(d.ID); err != nil {
			return err
		}
		unread, err := tx.CountUnread(to.UID, 0, c.s.now().Unix())
		return errors.Join(err, c.tell(tx, pairLane(from.Name, to.Name), "C2C.CallbackAfterMsgWithDraw", struct {
			FromAccount  string `json:"From_Account"`
			ToAccount    string `json:"To_Account"`
			MsgKey       string
			UnreadMsgNum int64
		}{from.Name, to.Name, msgKey(key), unread}))
	})
}

// readDirects is admin_set_msg_read. A message of the very second given counts as read.
func readDirects(c *call) (any, error) {
	reporter, peer := c.as(codeFromField).str("Report_Account"), c.as(codeToField).str("Peer_Account")
	until := c.optNum("MsgReadTime", c.s.now().Unix(), 0, maxU32)
	if err := c.failed(); err != nil {
		return nil, err
	}
	a, b, err := c.pair(reporter, peer)
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		if err := tx.ReadDirects(a.UID, b.UID, until); err != nil {
			return err
		}
		unread, err := tx.CountUnread(a.UID, 0, c.s.now().Unix())
		return errors.Join(err, c.tell(tx, pairLane(a.Name, b.Name), "C2C.CallbackAfterMsgReport", struct {
			ReportAccount string `json:"Report_Account"`
			PeerAccount   string `json:"Peer_Account"`
			LastReadTime  int64
			UnreadMsgNum  int64
		}{a.Name, b.Name, until, unread}))
	})
}

type unreadOf struct {
	PeerAccount     string `json:"Peer_Account"`
	C2CUnreadMsgNum int64
}

type peerError struct {
	PeerAccount string `json:"Peer_Account"`
	ErrorCode   int
}

// countUnread is get_c2c_unread_msg_num.
func countUnread(c *call) (any, error) {
	name, peers := c.as(codeToField).str("To_Account"), c.optStrs("Peer_Account", maxPeers, c.code)
	if err := c.failed(); err != nil {
		return nil, err
	}
	db, now := c.read(), c.s.now().Unix()
	found, err := db.Accounts(c.app, append([]string{name}, peers...))
	if err != nil {
		return nil, err
	}
	a, there := found[name]
	if !there {
		return nil, refuse(codeNoReceiver, "invalid To_Account")
	}
	if len(peers) == 0 {
		n, err := db.CountUnread(a.UID, 0, now)
		return struct{ AllC2CUnreadMsgNum int64 }{n}, err
	}
	counts, unknown := []unreadOf{}, []peerError(nil)
	for _, peer := range peers {
		b, there := found[peer]
		if !there {
			unknown = append(unknown, peerError{peer, codeNoSuchUser})
			continue
		}
		n, err := db.CountUnread(a.UID, b.UID, now)
		if err != nil {
			return nil, err
		}
		counts = append(counts, unreadOf{peer, n})
	}
	return struct {
		C2CUnreadMsgNumList []unreadOf
		ErrorList           []peerError `json:",omitempty"`
	}{counts, unknown}, nil
}

// modifyDirect is modify_c2c_msg.
func modifyDirect(c *call) (any, error) {
	cloud := c.strPtr("CloudCustomData")
	var body *string
	if c.has("MsgBody") {
		text := c.msgBody(openimBody)
		body = &text
	}
	if body == nil && cloud == nil {
		c.as(openimBody.missing).fail("MsgBody", "is missing")
	}
	from, to, key, err := c.directOf(c.code)
	if err != nil {
		return nil, err
	}
	if body != nil && len(*body) > maxMsgBody {
		return nil, refuse(codeDirectLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	return reply{info: "succeed"}, c.update(func(tx *community.Tx) error {
		d, err := tx.Direct(from.UID, to.UID, key)
		if errors.Is(err, community.ErrNoMessage) || err == nil && d.State != community.Shown {
			return refuse(codeNoMessage, "there is no such message")
		}
		if err != nil {
			return err
		}
		if body != nil {
			d.Body = *body
		}
		if cloud != nil {
			d.Cloud = *cloud
		}
		return errors.Join(tx.EditDirect(d.ID, body, cloud), c.tell(tx, pairLane(from.Name, to.Name), "C2C.CallbackAfterModifyMsg", struct {
			OperatorAccount string `json:"Operator_Account"`
			FromAccount     string `json:"From_Account"`
			ToAccount       string `json:"To_Account"`
			MsgSeq          int64
			MsgRandom       int64
			MsgTime         int64
			MsgKey          string
			MsgBody         json.RawMessage
			CloudCustomData string
			EventTime       int64
		}{c.admin, from.Name, to.Name, d.Seq, d.Random, d.At, msgKey(key), json.RawMessage(d.Body), d.Cloud, c.eventMS()}))
	})
}

// hideDirects is delete_c2c_msg_ramble: the operator alone loses the messages.
func hideDirects(c *call) (any, error) {
	operator, peer := c.as(codeFromField).str("Operator_Account"), c.as(codeToField).str("Peer_Account")
	keys := c.strs("MsgKeyList", maxHide, c.code)
	if err := c.failed(); err != nil {
		return nil, err
	}
	a, b, err := c.pair(operator, peer)
	if err != nil {
		return nil, err
	}
	var invalid []string
	err = c.update(func(tx *community.Tx) error {
		for _, text := range keys {
			d, err := seenDirect(tx.Conn, a.UID, b.UID, text)
			if errors.Is(err, community.ErrNoMessage) {
				invalid = append(invalid, text)
				continue
			}
			if err != nil {
				return err
			}
			if err := tx.HideDirect(a.UID, b.UID, d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return struct {
		InvalidMsgKeyList []string `json:",omitempty"`
	}{invalid}, err
}

// seenDirect returns the message of a key, in either direction, if uid sees it.
func seenDirect(db community.Conn, uid, peer int64, text string) (community.DirectMessage, error) {
	key, ok := parseMsgKey(text)
	if !ok {
		return community.DirectMessage{}, community.ErrNoMessage
	}
	for _, way := range [][2]int64{{uid, peer}, {peer, uid}} {
		d, err := db.Direct(way[0], way[1], key)
		if err == nil && !d.HiddenFrom(uid) || err != nil && !errors.Is(err, community.ErrNoMessage) {
			return d, err
		}
	}
	return community.DirectMessage{}, community.ErrNoMessage
}

// receiveDirects is c2c_msg_read_receipt: receipts on behalf of the receiver. Messages that want none are passed over.
func receiveDirects(c *call) (any, error) {
	operator, peer := c.as(codeFromField).str("Operator_Account"), c.as(codeToField).str("Peer_Account")
	var keys []community.DirectKey
	for _, o := range c.objs("C2CMsgInfo", maxReceipts, c.code) {
		if from, to := o.str("From_Account"), o.str("To_Account"); c.failed() == nil && (from != peer || to != operator) {
			o.fail("C2CMsgInfo", "holds a message that the peer did not send to the operator")
		}
		keys = append(keys, o.msgKey("MsgKey", codeMsgKey))
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	a, b, err := c.pair(operator, peer)
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		for _, key := range keys {
			d, err := tx.Direct(b.UID, a.UID, key)
			if errors.Is(err, community.ErrNoMessage) {
				return refuse(codeNothingThere, "there is no message %s", msgKey(key))
			}
			if err == nil && d.Flags&community.Receipts != 0 {
				err = tx.ReceiveDirect(d.ID)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
