package volcengine

import (
	"errors"
	"time"

	"imdesk/emulator/internal/community"
)

// The priorities of messages in live groups. Open: what an absent one counts as.
const (
	normalPriority = 1
	highPriority   = 2
)

// maxVisible bounds the lists of users who are mentioned, or see a message. Open: the vendor's own.
const maxVisible = 500

// note reads what the actions that send have in common.
func (c *call) note() community.Note {
	n := community.Note{
		Sender: c.user("Sender", need), Type: c.i32("MsgType", need), Ext: c.pairs("Ext"), ClientID: c.str("ClientMsgId", may),
		CreatedMS: c.cursor("CreateTime", may), Mentioned: c.users("MentionedUsers", may, maxVisible), Visible: c.users("VisibleUsers", may, maxVisible),
		Invisible: c.users("InvisibleUsers", may, maxVisible), Priority: normalPriority,
	}
	if content := c.strp("Content"); content != nil {
		n.Content = *content
	} else {
		c.fail("Content", "is missing")
	}
	if n.Type <= 0 {
		c.fail("MsgType", "is not above 0")
	}
	if c.has("Priority") {
		n.Priority = c.oneOf("Priority", 0, normalPriority, highPriority)
	}
	return n
}

// Neither the sender's mute nor a block is looked at, and no webhook is told. Source: SendMessage, doc 337135.
func sendMessage(c *call) (any, error) {
	csi, n := c.csi(), c.note()
	if c.has("RefMsgInfo") {
		ref := c.obj("RefMsgInfo", need)
		n.RefID, n.RefHint = ref.i64("ReferencedMessageId", need), ref.str("Hint", need)
	}
	err := c.change(csi, anyKind, func(tx *community.Tx, v *community.Conversation) error {
		if n.RefID != 0 {
			if _, err := tx.Note(v.CID, n.RefID); err != nil {
				return err
			}
		}
		_, err := c.s.say(tx, v, &n)
		return err
	})
	return struct{ MessageId int64 }{n.ID}, err
}

// say stores what a member says, or finds what he said by the same ClientMsgId. Beyond the rate of a live group the message is
// dropped: it gets an id and is nowhere (open). It reports whether there is a message that was not there before.
func (s *Service) say(tx *community.Tx, v *community.Conversation, n *community.Note) (fresh bool, err error) {
	if _, err := tx.Participant(v.CID, n.Sender); err != nil {
		return false, err
	}
	said, err := tx.NoteCalled(v.CID, n.Sender, n.ClientID)
	if err != nil || said != 0 {
		n.ID = said
		return false, err
	}
	if v.Type == community.LiveGroupChat && !s.flood.allow(s.now(), v.CID, n.Priority) {
		return false, tx.Passing(v, n)
	}
	return true, tx.Say(v, n)
}

// What BatchSendMessage takes. Source: BatchSendMessage, doc 1263587.
const (
	maxReceivers    = 500
	receiversMinute = 12_000
)

// Source: BatchSendMessage, doc 1263587. The blacklists of the receivers are not looked at. Open: AfterSendMessage is told.
func batchSendMessage(c *call) (any, error) {
	n, receivers, inbox := c.note(), c.users("Receiver", need, maxReceivers), c.i32("InboxType", may)
	c.flag("IsNormalUser", false)
	if err := c.failed(); err != nil {
		return nil, err
	}
	if !c.s.allowance.take(c.s.now(), c.account, len(receivers), receiversMinute) {
		return nil, errFlowLimit
	}
	n.ClientID = ""
	sent, failed := map[string]int64{}, []int64{}
	err := c.update(func(tx *community.Tx) error {
		for _, to := range receivers {
			if to == n.Sender {
				failed = append(failed, to)
				continue
			}
			v, err := c.singleChat(tx, inbox, n.Sender, to)
			if errors.Is(err, errTooManyOfUser) {
				failed = append(failed, to)
				continue
			}
			if err != nil {
				return err
			}
			one := n
			if _, err := c.s.say(tx, v, &one); err != nil {
				return err
			}
			sent[text(to)] = one.ID
			c.s.tellSent(tx, v, one)
		}
		return nil
	})
	return struct {
		UserMessageId  map[string]int64
		FailedReceiver []int64
	}{sent, failed}, err
}

// singleChat finds the chat of two users, or makes it.
func (c *call) singleChat(tx *community.Tx, inbox, from, to int64) (*community.Conversation, error) {
	idem := community.SingleIdem(from, to)
	v, err := tx.ConversationLike(c.app.ID, inbox, idem)
	if err != nil || v != nil {
		return v, err
	}
	v = &community.Conversation{App: c.app.ID, Type: community.SingleChat, Inbox: inbox, Owner: from, Other: to, Idem: idem}
	return v, c.create(tx, v)
}

// Source: BatchSendGroupMessage, doc 1756984. Open: the result, and that a conversation that is not there, or where the sender is
// no member, is a failed item.
func batchSendGroupMessage(c *call) (any, error) {
	n, ids := c.note(), c.ids("ConversationShortIds", 20)
	kind := c.i32("ConversationType", need)
	if kind != community.SingleChat && kind != community.GroupChat && kind != community.LiveGroupChat {
		c.fail("ConversationType", "is none of 1, 2 and 100")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	failed := []int64{}
	err := c.update(func(tx *community.Tx) error {
		found, err := tx.ConversationsNamed(c.app.ID, ids)
		if err != nil {
			return err
		}
		for _, v := range found {
			if v.Type != kind {
				return errInvalidParam.say("conversation %d is not of ConversationType %d", v.ID, kind)
			}
		}
		for _, id := range ids {
			v := found[id]
			if v == nil {
				failed = append(failed, id)
				continue
			}
			one := n
			fresh, err := c.s.say(tx, v, &one)
			if errors.Is(err, community.ErrNotMember) {
				failed = append(failed, id)
				continue
			}
			if err != nil {
				return err
			}
			if fresh {
				c.s.tellSent(tx, v, one)
			}
		}
		return nil
	})
	return struct{ FailedConversationShortIds []int64 }{failed}, err
}

// take uses n of what the account may do in this minute, or nothing if not so many are left.
func (a *allowances) take(now time.Time, account string, n, most int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil {
		a.of = map[string]*allowance{}
	}
	w := a.of[account]
	if w == nil {
		w = &allowance{}
		a.of[account] = w
	}
	if m := now.Unix() / 60; m != w.minute {
		*w = allowance{minute: m}
	}
	if w.used+n > most {
		return false
	}
	w.used += n
	return true
}
