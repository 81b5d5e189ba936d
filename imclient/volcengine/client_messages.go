package volcengine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

type messagesArea struct{ *client }

const maxHistory = 20

// newest is a position behind every message.
const newest = "9223372036854775807"

// position is where a page of history begins. The documents leave open whether the message there belongs to the page that
// goes on with a cursor: the last one that was seen goes along, and is dropped if it comes again.
type position struct {
	at   int64
	seen string // id of a message
}

func parsePosition(ctx context.Context, s string) (position, error) {
	at, seen, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || n < 0 || len(seen) > 20 {
		return position{}, refuse(ctx, imclient.ErrInvalid, "not a position")
	}
	return position{n, seen}, nil
}

func (p position) String() string {
	if p.seen == "" {
		return itoa(p.at)
	}
	return itoa(p.at) + "." + p.seen
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func index(m Message) int64 {
	n, _ := strconv.ParseInt(string(m.IndexInConversation), 10, 64) // 0 for a service that gives no position
	return n
}

// older reads up to limit messages from a position towards the past, that position included; from the newest with "".
func (c *client) older(ctx context.Context, conversation, from string, limit int) (GetConversationMessagesResult, error) {
	return c.page(ctx, conversation, cmp.Or(from, newest), limit, 1)
}

func (c *client) page(ctx context.Context, conversation, from string, limit, reverse int) (GetConversationMessagesResult, error) {
	if !validID(conversation) {
		return GetConversationMessagesResult{}, refuse(ctx, imclient.ErrNotFound, "no conversation %.40q", conversation)
	}
	key := fmt.Sprintf("%s/%s/%d/%d", conversation, from, limit, reverse)
	return c.said.Get(ctx, key, func(ctx context.Context) (GetConversationMessagesResult, error) {
		r, err := c.api.GetConversationMessages(ctx, &GetConversationMessagesRequest{
			ConversationShortId: ID(conversation), Cursor: ID(from), Limit: limit, Reverse: reverse,
		})
		if err != nil {
			return GetConversationMessagesResult{}, err
		}
		slices.SortStableFunc(r.Messages, func(a, b Message) int { return cmp.Compare(index(b), index(a)) }) // newest first
		return *r, nil
	})
}

// History costs one call; in a live group, whose history the service pages towards the past only, some more for a page
// towards now.
func (m messagesArea) History(ctx context.Context, o imclient.HistoryOptions) (imclient.HistoryPage, error) {
	ctx = withOp(ctx, "messages.history")
	limit := o.Limit
	if limit <= 0 || limit > maxHistory {
		limit = maxHistory
	}
	from := position{at: math.MaxInt64}
	if o.Direction == imclient.Newer {
		from.at = 0
	}
	if o.From != "" {
		var err error
		if from, err = parsePosition(ctx, o.From); err != nil {
			return imclient.HistoryPage{}, err
		}
	}
	conversation, err := m.conversation(ctx, o.Conversation)
	if err != nil || conversation == "" {
		return imclient.HistoryPage{}, err // a chat in which nothing was ever said is empty
	}
	if o.Direction == imclient.Older {
		return m.pageOlder(ctx, conversation, o.From, from, limit)
	}
	typ := o.Conversation.Type
	if typ == "" && !o.Conversation.Direct() {
		info, err := m.known(ctx, conversation)
		if err != nil {
			return imclient.HistoryPage{}, err
		}
		typ = groupOf(info).Type
	}
	if typ == TypeLive {
		return m.pageNewerLive(ctx, conversation, from, limit)
	}
	return m.pageNewer(ctx, conversation, from, limit)
}

func (m messagesArea) pageOlder(ctx context.Context, conversation, given string, from position, limit int) (imclient.HistoryPage, error) {
	r, err := m.older(ctx, conversation, itoa(from.at), limit)
	if err != nil {
		return imclient.HistoryPage{}, err
	}
	list := without(r.Messages, from.seen)
	page := imclient.HistoryPage{Messages: messagesOf(list)}
	if n := len(list); n > 0 && r.HasMore {
		next := position{at: index(list[n-1]) - 1}
		if at, err := strconv.ParseInt(string(r.NewCursor), 10, 64); err == nil && at > 0 {
			if next.at = at; at >= index(list[n-1]) {
				next.seen = string(list[n-1].MessageId)
			}
		}
		page.Older = next.String()
	}
	if given != "" && len(list) > 0 {
		page.Newer = itoa(index(list[0]) + 1)
	}
	return page, nil
}

func (m messagesArea) pageNewer(ctx context.Context, conversation string, from position, limit int) (imclient.HistoryPage, error) {
	r, err := m.page(ctx, conversation, itoa(from.at), limit, 0)
	if err != nil {
		return imclient.HistoryPage{}, err
	}
	list := without(r.Messages, from.seen)
	page := imclient.HistoryPage{Messages: messagesOf(list), Older: before(list, from)}
	if len(list) > 0 && r.HasMore {
		next := position{at: index(list[0]) + 1}
		if at, err := strconv.ParseInt(string(r.NewCursor), 10, 64); err == nil && at > 0 {
			if next.at = at; at <= index(list[0]) {
				next.seen = string(list[0].MessageId)
			}
		}
		page.Newer = next.String()
	}
	return page, nil
}

// before is the position from which older messages are to be read than those of a page towards now.
func before(list []Message, from position) string {
	at := from.at - 1
	if n := len(list); n > 0 {
		at = index(list[n-1]) - 1
	}
	if at <= 0 {
		return ""
	}
	return itoa(at)
}

func (m messagesArea) pageNewerLive(ctx context.Context, conversation string, from position, limit int) (imclient.HistoryPage, error) {
	list, more, err := m.first(ctx, conversation, from.at, func(x Message) bool { return index(x) >= from.at && string(x.MessageId) != from.seen })
	if err != nil {
		return imclient.HistoryPage{}, err
	}
	if len(list) > limit {
		list, more = list[len(list)-limit:], true
	}
	page := imclient.HistoryPage{Messages: messagesOf(list), Older: before(list, from)}
	if len(list) > 0 && more {
		page.Newer = itoa(index(list[0]) + 1)
	}
	return page, nil
}

// searchCalls bounds how many calls a search in a history may take. Each halves what is left, at least; that is about 50
// bits of microseconds.
const searchCalls = 60

// first finds the oldest messages that are late enough, as late tells, newest first: late must be true of all messages
// from some position on. They follow each other without a gap; more tells whether newer ones follow. guess is a position
// near which to look.
func (c *client) first(ctx context.Context, conversation string, guess int64, late func(Message) bool) (list []Message, more bool, err error) {
	low, high := int64(0), int64(math.MaxInt64) // up to low none is late; from high on all are
	at, step := high, int64(time.Second/time.Microsecond)
	for range searchCalls {
		r, err := c.older(ctx, conversation, itoa(at), maxHistory)
		if err != nil {
			return nil, false, err
		}
		n := slices.IndexFunc(r.Messages, func(m Message) bool { return !late(m) })
		switch {
		case n > 0: // the boundary is in this page
			return r.Messages[:n], more, nil
		case n == 0 && at == math.MaxInt64, len(r.Messages) == 0 && at == math.MaxInt64:
			return nil, false, nil // none is late
		case n < 0 && len(r.Messages) > 0 && !r.HasMore: // all are late
			return r.Messages, more, nil
		case n < 0 && len(r.Messages) > 0:
			list, high = r.Messages, index(r.Messages[len(r.Messages)-1])
		default:
			low = at
		}
		if low+1 >= high {
			return list, more, nil
		}
		more = true
		if at == math.MaxInt64 && guess > low && guess < high {
			at = guess
			continue
		}
		at = low + max(1, (high-low)/2)
		if low > 0 && low+step < at { // what is looked for is seldom far behind the guess
			at, step = low+step, step*4
		}
		at = min(at, high-1)
	}
	return list, more, nil
}

func without(list []Message, id string) []Message {
	if id == "" {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(m Message) bool { return string(m.MessageId) == id })
}

func messagesOf(list []Message) []imclient.Message {
	out := make([]imclient.Message, 0, len(list))
	for _, m := range list {
		out = append(out, messageOf(m))
	}
	return out
}

// At looks first where positions are microseconds, as the service makes them, then searches.
func (m messagesArea) At(ctx context.Context, c imclient.Conversation, t time.Time) (string, error) {
	ctx = withOp(ctx, "messages.at")
	conversation, err := m.conversation(ctx, c)
	if err != nil || conversation == "" {
		return "", err
	}
	list, _, err := m.first(ctx, conversation, t.UnixMicro(), func(x Message) bool { return !millis(x.CreateTime).Before(t.Truncate(time.Millisecond)) })
	if err != nil {
		return "", err
	}
	if len(list) > 0 {
		return string(list[len(list)-1].IndexInConversation), nil
	}
	r, err := m.older(ctx, conversation, "", maxHistory)
	if err != nil || len(r.Messages) == 0 {
		return "", err
	}
	return string(r.Messages[0].IndexInConversation), nil
}

// conversation is the one that is meant; "" for a direct chat in which nothing was ever said.
func (c *client) conversation(ctx context.Context, conv imclient.Conversation) (string, error) {
	if !conv.Direct() {
		if !validID(conv.Group) {
			return "", refuse(ctx, imclient.ErrNotFound, "no group %.40q", conv.Group)
		}
		return conv.Group, nil
	}
	return c.chat(ctx, conv.User, conv.Peer)
}

// chatPages bounds how many pages of a user's conversations are looked through for a chat: 600 conversations.
const chatPages = 30

// chat finds the conversation of two users among those of the first, "" if there is none. No action finds it by the two,
// and the one that makes it must not be called by a look.
func (c *client) chat(ctx context.Context, user, peer string) (string, error) {
	if !c.api.validUser(user) || !c.api.validUser(peer) {
		return "", refuse(ctx, imclient.ErrInvalid, "a direct chat has two users, whose ids are digits")
	}
	key := chatKey(user, peer)
	if id, age, ok := c.chats.Peek(key); ok && age < chatFresh {
		return id, nil
	}
	epoch := c.chats.Begin()
	cursor, found := "0", ""
	for range chatPages {
		r, err := c.api.GetUserConversations(ctx, &GetUserConversationsRequest{
			ParticipantUserId: ID(user), Cursor: ID(cursor), Limit: maxGroupsPage, SkipMemberCount: true,
		})
		if err != nil {
			return "", err
		}
		for _, info := range r.ConversationInfos {
			if info.ConversationType != ConversationDirect {
				continue
			}
			id := string(info.ConversationShortId)
			other := c.other(info, user)
			c.chats.Put(chatKey(user, other), id, epoch)
			if other == peer && found == "" {
				found = id
			}
		}
		if cursor = nextCursor(cursor, r.HasMore, r.NextCursor); found != "" || cursor == "" {
			return found, nil
		}
	}
	return "", refuse(ctx, imclient.ErrUnavailable, "the chat is not among the user's %d most recent conversations", chatPages*maxGroupsPage)
}

func chatKey(a, b string) string { return min(a, b) + "/" + max(a, b) }

// other is with whom a user talks in a direct chat.
func (c *client) other(info ConversationInfo, user string) string {
	other := info.OtherUserId.or(string(info.OtherUserIdStr))
	if owner := info.OwnerUserId.or(string(info.OwnerUserIdStr)); other == user && owner != "" {
		return owner
	}
	return other
}

// chatsArea tells who is in a direct chat.
type chatsArea struct{ *client }

// Peers costs one call.
func (c chatsArea) Peers(ctx context.Context, chat string) ([2]string, error) {
	ctx = withOp(ctx, "chats.peers")
	if !validID(chat) {
		return [2]string{}, refuse(ctx, imclient.ErrNotFound, "no conversation %.40q", chat)
	}
	r, err := c.api.BatchGetConversations(ctx, &BatchGetConversationsRequest{ConversationShortId: []ID{ID(chat)}})
	if err != nil {
		return [2]string{}, err
	}
	for _, info := range r.ConversationCoreInfos {
		owner, other := info.OwnerUserId.or(string(info.OwnerUserIdStr)), info.OtherUserId.or(string(info.OtherUserIdStr))
		if string(info.ConversationShortId) == chat && info.ConversationType == ConversationDirect && owner != "" && other != "" {
			return [2]string{owner, other}, nil
		}
	}
	return [2]string{}, refuse(ctx, imclient.ErrNotFound, "no direct chat %.40q", chat)
}

// makeChat finds the conversation of two users, or begins one.
func (c *client) makeChat(ctx context.Context, user, peer string) (string, error) {
	if !c.api.validUser(user) || !c.api.validUser(peer) {
		return "", refuse(ctx, imclient.ErrInvalid, "a direct chat has two users, whose ids are digits")
	}
	key := chatKey(user, peer)
	if id, age, ok := c.chats.Peek(key); ok && age < chatFresh {
		return id, nil
	}
	epoch := c.chats.Begin()
	r, err := c.api.CreateConversation(ctx, &CreateConversationRequest{
		ConversationCoreInfo: NewConversation{ConversationType: ConversationDirect}, OwnerUserId: ID(user), OtherUserId: ID(peer),
	})
	if err != nil {
		return "", err
	}
	id := cmp.Or(string(r.ConversationShortId), string(r.ConversationInfo.ConversationShortId))
	c.chats.Put(key, id, epoch)
	return id, nil
}

// Recall acts as the owner in groups, and as the sender in direct chats.
func (m messagesArea) Recall(ctx context.Context, c imclient.Conversation, list []string, _ string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "messages.recall")
	conversation, err := m.conversation(ctx, c)
	if err != nil {
		return nil, err
	}
	owner := ID("")
	if !c.Direct() {
		info, err := m.known(ctx, conversation)
		if err != nil {
			return nil, err
		}
		owner = ownerOf(info)
	}
	return m.each(ctx, conversation, list, owner == "", func(msg Message) error {
		q := &RecallMessageRequest{ConversationShortId: ID(conversation), MessageId: msg.MessageId, ParticipantUserId: owner, RecallRole: roleOwner}
		if owner == "" {
			q.ParticipantUserId, q.RecallRole = msg.Sender, roleMember
		}
		return m.api.RecallMessage(ctx, q)
	})
}

// each calls for messages one by one. With look they are read before, in batches, and those that are not there are refused
// unsent.
func (m messagesArea) each(ctx context.Context, conversation string, list []string, look bool, call func(Message) error) ([]imclient.Refused, error) {
	var refused []imclient.Refused
	var valid []string
	for _, id := range calls.Unique(list) {
		if !validID(id) {
			refused = append(refused, imclient.Refused{ID: id, Err: refuse(ctx, imclient.ErrInvalid, "not the id of a message")})
			continue
		}
		valid = append(valid, id)
	}
	found := map[string]Message{}
	if look {
		var err error
		if found, err = m.given(ctx, conversation, valid); err != nil {
			return nil, err
		}
	}
	more, err := calls.InBatches(ctx, valid, 1, calls.Same, isTarget, func(batch []string) ([]imclient.Refused, error) {
		msg, ok := found[batch[0]]
		switch {
		case !look:
			msg = Message{MessageId: ID(batch[0])}
		case !ok:
			return []imclient.Refused{{ID: batch[0], Err: refuse(ctx, imclient.ErrNotFound, "no such message")}}, nil
		}
		return nil, call(msg)
	})
	if err != nil {
		return nil, err
	}
	return append(refused, more...), nil
}

// given reads messages by their ids.
func (m messagesArea) given(ctx context.Context, conversation string, list []string) (map[string]Message, error) {
	found := make(map[string]Message, len(list))
	if conversation == "" {
		return found, nil
	}
	for batch := range slices.Chunk(list, maxTargets) {
		r, err := m.api.GetMessages(ctx, &GetMessagesRequest{ConversationShortId: ID(conversation), MessageIds: ids(batch)})
		if err != nil {
			return nil, err
		}
		for _, msg := range r.Messages {
			found[string(msg.MessageId)] = msg
		}
	}
	return found, nil
}

// DeleteBySender is what the vendor does not have.
func (m messagesArea) DeleteBySender(context.Context, string, string) error {
	return unsupported("messages.delete_by_sender")
}

// Edit reads the message first: what it is cannot be changed, and the service merges the app's data, so that keys that are
// to go must be named.
func (m messagesArea) Edit(ctx context.Context, c imclient.Conversation, id string, e imclient.Edit) error {
	ctx = withOp(ctx, "messages.edit")
	if len(e.Body) == 0 && e.Custom == nil {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	if !validID(id) {
		return refuse(ctx, imclient.ErrInvalid, "not the id of a message")
	}
	conversation, err := m.conversation(ctx, c)
	if err != nil {
		return err
	}
	found, err := m.given(ctx, conversation, []string{id})
	if err != nil {
		return err
	}
	now, ok := found[id]
	if !ok {
		return refuse(ctx, imclient.ErrNotFound, "no such message")
	}
	q := &ModifyMessageRequest{ConversationShortId: ID(conversation), MessageId: ID(id)}
	if len(e.Body) > 0 {
		typ, text, err := writeBody(ctx, e.Body)
		if err != nil {
			return err
		}
		if Int(typ) != now.MsgType {
			return refuse(ctx, imclient.ErrInvalid, "a message of type %d does not become one of type %d", now.MsgType, typ)
		}
		q.Content = &text
	}
	if e.Custom != nil {
		q.Ext = extOf(*e.Custom, now.Ext)
	}
	if q.Content == nil && len(q.Ext) == 0 {
		return nil // there was no data and is to be none
	}
	return m.api.ModifyMessage(ctx, q)
}

// Clear is what the vendor does not have.
func (m messagesArea) Clear(context.Context, string, string) error {
	return unsupported("messages.clear")
}

// Delete costs a call for each message. In live groups none can be deleted for some alone.
func (m messagesArea) Delete(ctx context.Context, c imclient.Conversation, list []string, how imclient.Deletion) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "messages.delete")
	if how == imclient.DeleteForOne && !m.api.validUser(c.User) {
		return nil, refuse(ctx, imclient.ErrInvalid, "for whom?")
	}
	if !c.Direct() && how != imclient.DeleteForAll {
		info, err := m.known(ctx, c.Group)
		if err == nil {
			err = needGroup(ctx, info)
		}
		if err != nil {
			return nil, err
		}
	}
	if how == imclient.DeleteForOne {
		return m.Hide(ctx, c, list)
	}
	conversation, err := m.conversation(ctx, c)
	if err != nil {
		return nil, err
	}
	return m.each(ctx, conversation, list, true, func(msg Message) error {
		q := &DeleteConversationMessageRequest{ConversationShortId: ID(conversation), MessageId: msg.MessageId}
		if how == imclient.DeleteForOthers {
			q.DeleteType = deleteForOthers
		}
		return m.api.DeleteConversationMessage(ctx, q)
	})
}

// deleteForOthers is the DeleteType with which the sender goes on seeing a message.
const deleteForOthers = 1

// Hide costs a call for each message.
func (m messagesArea) Hide(ctx context.Context, c imclient.Conversation, list []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "messages.hide")
	conversation, err := m.conversation(ctx, c)
	if err != nil {
		return nil, err
	}
	return m.each(ctx, conversation, list, true, func(msg Message) error {
		return m.api.DeleteMessage(ctx, &DeleteMessageRequest{ConversationShortId: ID(conversation), ParticipantUserId: ID(c.User), MessageId: msg.MessageId})
	})
}
