package volcengine

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

type contactsArea struct{ *client }

const (
	maxContactsPage = 20
	// unreadPages bounds how many pages of conversations Unread counts in.
	unreadPages = 10
)

// setting reads how a user has set up a conversation; the zero value for one who never has.
func (c *client) setting(ctx context.Context, conversation, user string) (ConversationSetting, error) {
	r, err := c.api.GetConversationSetting(ctx, &GetConversationSettingRequest{ConversationShortId: ID(conversation), ParticipantUserId: ID(user)})
	if err != nil {
		if calls.AsError(ctx, err).Code == "SettingNotFound" {
			return ConversationSetting{}, nil
		}
		return ConversationSetting{}, err
	}
	return r.ConversationSettingInfo, nil
}

func (c *client) of(info ConversationInfo, user string) imclient.Conversation {
	if info.ConversationType == ConversationDirect {
		return imclient.Conversation{User: user, Peer: c.other(info, user)}
	}
	return imclient.Conversation{User: user, Group: string(info.ConversationShortId), Type: groupOf(info).Type}
}

// List reads a page of at most 20 conversations, and of each its settings and its newest message: two calls for each, and
// with Unread a third. The service sorts by what happened last; the pinned ones come first within a page.
func (a contactsArea) List(ctx context.Context, o imclient.ContactListOptions) (imclient.Page[imclient.Contact], error) {
	ctx = withOp(ctx, "contacts.list")
	page := imclient.Page[imclient.Contact]{Total: -1}
	if err := nobody(ctx, o.User); err != nil {
		return page, err
	}
	at := cmp.Or(o.Cursor, "0")
	if n, err := strconv.ParseInt(at, 10, 64); err != nil || n < 0 {
		return page, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	r, err := a.api.GetUserConversations(ctx, &GetUserConversationsRequest{
		ParticipantUserId: ID(o.User), Cursor: ID(at), Limit: maxContactsPage, DataType: DataRecent, SkipMemberCount: true,
	})
	if err != nil {
		return page, err
	}
	list := slices.DeleteFunc(r.ConversationInfos, func(i ConversationInfo) bool { return i.Status == statusGone })
	page.Items = make([]imclient.Contact, len(list))
	err = calls.ReadBatches(ctx, list, 1, func(ctx context.Context, info []ConversationInfo, i int) error {
		var err error // of this one: they are read at once
		page.Items[i], err = a.contact(ctx, info[0], o)
		return err
	})
	if err != nil {
		return imclient.Page[imclient.Contact]{}, err
	}
	slices.SortStableFunc(page.Items, func(a, b imclient.Contact) int {
		switch {
		case a.Pinned == b.Pinned:
			return 0
		case a.Pinned:
			return -1
		}
		return 1
	})
	page.Next = nextCursor(at, r.HasMore, r.NextCursor)
	return page, nil
}

func (a contactsArea) contact(ctx context.Context, info ConversationInfo, o imclient.ContactListOptions) (imclient.Contact, error) {
	contact := imclient.Contact{Conversation: a.of(info, o.User), Unread: -1}
	id := string(info.ConversationShortId)
	setting, err := a.setting(ctx, id, o.User)
	if err != nil {
		return contact, err
	}
	contact.Pinned = setting.StickTopTime > 0
	last, err := a.older(ctx, id, "", 1)
	if err != nil || len(last.Messages) == 0 {
		if o.Unread {
			contact.Unread = 0
		}
		return contact, err
	}
	contact.Last = millis(last.Messages[0].CreateTime)
	if !o.Unread {
		return contact, nil
	}
	contact.Unread, err = a.unread(ctx, id, o.User, setting.ReadIndex)
	return contact, err
}

// unread counts what others said after a position, -1 if that is more than a page: nobody counts it.
func (a contactsArea) unread(ctx context.Context, conversation, user string, after ID) (int, error) {
	read, _ := strconv.ParseInt(string(after), 10, 64) // "" is 0: nothing was read
	page, err := a.page(ctx, conversation, itoa(read+1), maxHistory, 0)
	if err != nil || page.HasMore {
		return -1, err
	}
	n := 0
	for _, m := range page.Messages {
		if m.Sender.or(string(m.SenderStr)) != user && index(m) > read && m.MsgType < msgSystem {
			n++
		}
	}
	return n, nil
}

// UnreadFrom reads the position up to which the user has read, and counts from there.
func (a contactsArea) UnreadFrom(ctx context.Context, c imclient.Conversation) (int, error) {
	ctx = withOp(ctx, "contacts.unread_from")
	id, err := a.chat(ctx, c.User, c.Peer)
	if err != nil || id == "" {
		return 0, err
	}
	setting, err := a.setting(ctx, id, c.User)
	if err != nil {
		return 0, err
	}
	n, err := a.unread(ctx, id, c.User, setting.ReadIndex)
	if err == nil && n < 0 {
		return 0, refuse(ctx, imclient.ErrUnsupported, "more are unread than can be counted")
	}
	return n, err
}

// Unread adds up what the conversations tell; the service keeps no such number.
func (a contactsArea) Unread(ctx context.Context, user string) (int, error) {
	ctx = withOp(ctx, "contacts.unread")
	total, cursor := 0, ""
	for range unreadPages {
		page, err := a.List(imclient.Fresh(ctx), imclient.ContactListOptions{User: user, Cursor: cursor, Unread: true})
		if err != nil {
			return 0, err
		}
		for _, c := range page.Items {
			if !c.Conversation.Direct() {
				continue
			}
			if c.Unread < 0 {
				return 0, refuse(ctx, imclient.ErrUnsupported, "more are unread than can be counted")
			}
			total += c.Unread
		}
		if cursor = page.Next; cursor == "" {
			return total, nil
		}
	}
	return 0, refuse(ctx, imclient.ErrUnsupported, "the user has more conversations than can be counted in")
}

func (a contactsArea) Remove(context.Context, imclient.Conversation, bool) error {
	return unsupported("contacts.remove")
}

// marks are those that the service knows.
var marks = []string{imclient.MarkFavourite, imclient.MarkPinned, imclient.MarkQuiet}

func (a contactsArea) Marks(ctx context.Context, user string, list []imclient.Conversation) ([]imclient.ContactMarks, error) {
	ctx = withOp(ctx, "contacts.marks")
	out := make([]imclient.ContactMarks, len(list))
	err := calls.ReadBatches(ctx, list, 1, func(ctx context.Context, batch []imclient.Conversation, i int) error {
		c := batch[0]
		c.User = user
		out[i].Conversation = c
		id, err := a.conversation(ctx, c)
		if err != nil || id == "" {
			return err
		}
		s, err := a.setting(ctx, id, user)
		if err != nil {
			return err
		}
		if s.SetFavoriteTime > 0 {
			out[i].Marks = append(out[i].Marks, imclient.MarkFavourite)
		}
		if s.StickTopTime > 0 {
			out[i].Marks = append(out[i].Marks, imclient.MarkPinned)
		}
		if s.IsMute {
			out[i].Marks = append(out[i].Marks, imclient.MarkQuiet)
		}
		out[i].Custom = customOf(s.Ext)
		return nil
	})
	return out, err
}

// Mark reads the settings first: whether the user is told of messages goes along with every change.
func (a contactsArea) Mark(ctx context.Context, user string, list []imclient.ContactChange) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "contacts.mark")
	for _, c := range list {
		for _, mark := range append(slices.Clone(c.Set), c.Clear...) {
			if !slices.Contains(marks, mark) {
				return nil, refuse(ctx, imclient.ErrInvalid, "no mark %.40q", mark)
			}
		}
	}
	var refused []imclient.Refused
	for i, c := range list {
		err := a.mark(ctx, user, c)
		if err == nil {
			continue
		}
		if i == 0 && len(list) == 1 {
			return nil, err
		}
		refused = append(refused, imclient.Refused{ID: c.Conversation.Other(), Err: calls.AsError(ctx, err)})
	}
	return refused, nil
}

func (a contactsArea) mark(ctx context.Context, user string, c imclient.ContactChange) error {
	conv := c.Conversation
	conv.User = user
	id, err := a.conversation(ctx, conv)
	if err != nil {
		return err
	}
	if id == "" {
		return refuse(ctx, imclient.ErrNotFound, "the two have never spoken")
	}
	now, err := a.setting(ctx, id, user)
	if err != nil {
		return err
	}
	change := SettingChange{ConversationShortId: ID(id), ParticipantUserId: ID(user), IsMute: now.IsMute}
	since := a.api.now().UnixMilli()
	for _, mark := range c.Set {
		change.set(mark, since)
	}
	for _, mark := range c.Clear {
		change.set(mark, 0)
	}
	if c.Custom != nil {
		change.Ext = extOf(*c.Custom, now.Ext)
	}
	return a.api.ModifyConversationSetting(ctx, &ModifyConversationSettingRequest{change})
}

// set gives a mark since a time in milliseconds; 0 takes it away.
func (c *SettingChange) set(mark string, since int64) {
	switch mark {
	case imclient.MarkFavourite:
		c.IsSetFavorite, c.SetFavoriteTime = true, &since
	case imclient.MarkPinned:
		c.IsStickTop, c.StickTopTime = true, &since
	case imclient.MarkQuiet:
		c.IsMute = since != 0
	}
}

func (a contactsArea) Folders(context.Context, string) ([]imclient.ContactFolder, error) {
	return nil, unsupported("contacts.folders")
}

func (a contactsArea) AddFolder(context.Context, string, string, []imclient.Conversation) ([]imclient.Refused, error) {
	return nil, unsupported("contacts.add_folder")
}

func (a contactsArea) RenameFolder(context.Context, string, string, string) error {
	return unsupported("contacts.rename_folder")
}

func (a contactsArea) ChangeFolder(context.Context, string, string, []imclient.Conversation, []imclient.Conversation) ([]imclient.Refused, error) {
	return nil, unsupported("contacts.change_folder")
}

func (a contactsArea) RemoveFolder(context.Context, string, string) error {
	return unsupported("contacts.remove_folder")
}
