package tencent

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"imdesk/imclient"
)

type contactsArea struct{ *client }

// contactCursor is the four cursors of get_list as one: "TIME.INDEX.TOPTIME.TOPINDEX".
func contactCursor(r *ContactGetListAnswer) string {
	return fmt.Sprintf("%d.%d.%d.%d", r.TimeStamp, r.StartIndex, r.TopTimeStamp, r.TopStartIndex)
}

func contactQuestion(ctx context.Context, user, cursor string) (*ContactGetListRequest, error) {
	q := &ContactGetListRequest{FromAccount: user, AssistFlags: AssistPinned | AssistEmpty | AssistPinnedPages}
	if cursor == "" {
		return q, nil
	}
	parts := strings.Split(cursor, ".")
	into := []*int64{&q.TimeStamp, &q.StartIndex, &q.TopTimeStamp, &q.TopStartIndex}
	for i, part := range parts {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil || n < 0 || len(parts) != len(into) {
			return nil, refuse(ctx, imclient.ErrInvalid, "cursor %.60q is not one of a user's conversations", cursor)
		}
		*into[i] = n
	}
	return q, nil
}

// List returns one page of a user's conversations.
func (c contactsArea) List(ctx context.Context, o imclient.ContactListOptions) (imclient.Page[imclient.Contact], error) {
	ctx = withOp(ctx, "contacts.list")
	page := imclient.Page[imclient.Contact]{Total: -1}
	q, err := contactQuestion(ctx, o.User, o.Cursor)
	if err != nil {
		return page, err
	}
	r, err := c.api.ContactGetList(ctx, q)
	if err != nil {
		return page, err
	}
	for _, s := range r.SessionItem {
		contact := imclient.Contact{Conversation: imclient.Conversation{User: o.User}, Last: unix(s.MsgTime), Pinned: s.TopFlag == 1, Unread: -1}
		if s.Type == ContactGroup {
			contact.Conversation.Group = string(s.Group())
		} else {
			contact.Conversation.Peer = string(s.ToAccount)
		}
		if contact.Conversation.Other() != "" {
			page.Items = append(page.Items, contact)
		}
	}
	if next := contactCursor(r); r.CompleteFlag == 0 && next != o.Cursor {
		page.Next = next
	}
	if o.Unread {
		err = c.count(ctx, o.User, page.Items)
	}
	return page, err
}

// count fills in what is unread: of direct chats in batches of 10, of groups with one look at all groups of the user.
func (c contactsArea) count(ctx context.Context, user string, list []imclient.Contact) error {
	var direct []int
	groups := map[string]int{}
	for i, contact := range list {
		if contact.Conversation.Direct() {
			direct = append(direct, i)
		} else {
			groups[contact.Conversation.Group] = i
		}
	}
	err := readBatches(ctx, direct, maxUnreadOf, func(ctx context.Context, batch []int, _ int) error {
		q := &GetC2CUnreadMsgNumRequest{ToAccount: user}
		place := make(map[string]int, len(batch))
		for _, i := range batch {
			peer := list[i].Conversation.Peer
			q.PeerAccount = append(q.PeerAccount, peer)
			place[peer] = i
		}
		r, err := c.api.GetC2CUnreadMsgNum(ctx, q)
		if err != nil {
			return err
		}
		for _, u := range r.C2CUnreadMsgNumList {
			if i, asked := place[string(u.PeerAccount)]; asked {
				list[i].Unread = int(u.C2CUnreadMsgNum)
			}
		}
		return nil
	})
	if err != nil || len(groups) == 0 {
		return err
	}
	return c.countGroups(ctx, user, list, groups)
}

// countGroups takes what is unread in a group from how far the user has read in it.
func (c contactsArea) countGroups(ctx context.Context, user string, list []imclient.Contact, place map[string]int) error {
	r, err := c.api.GetJoinedGroupList(ctx, &GetJoinedGroupListRequest{
		MemberAccount: user, WithNoActiveGroups: 1, Limit: maxJoinedList,
		ResponseFilter: &GroupFilter{GroupBaseInfoFilter: []string{"Type", "NextMsgSeq"}, SelfInfoFilter: []string{"MsgSeq"}},
	})
	if err != nil {
		return err
	}
	for _, g := range r.GroupIdList {
		i, listed := place[string(g.GroupId)]
		if !listed {
			continue
		}
		list[i].Conversation.Type = imclient.GroupType(g.Type)
		if why(imclient.VerbUnread, list[i].Conversation.Type) == "" && g.NextMsgSeq != nil {
			list[i].Unread = int(max(0, *g.NextMsgSeq-1-g.SelfInfo.MsgSeq))
		}
	}
	return nil
}

// Unread counts what a user has not read in all direct chats.
func (c contactsArea) Unread(ctx context.Context, user string) (int, error) {
	r, err := c.api.GetC2CUnreadMsgNum(withOp(ctx, "contacts.unread"), &GetC2CUnreadMsgNumRequest{ToAccount: user})
	if err != nil {
		return 0, err
	}
	return int(r.AllC2CUnreadMsgNum), nil
}

// UnreadFrom counts what a user has not read of another.
func (c contactsArea) UnreadFrom(ctx context.Context, chat imclient.Conversation) (int, error) {
	ctx = withOp(ctx, "contacts.unread_from")
	if err := checkDirect(ctx, chat); err != nil {
		return 0, err
	}
	r, err := c.api.GetC2CUnreadMsgNum(ctx, &GetC2CUnreadMsgNumRequest{ToAccount: chat.User, PeerAccount: []string{chat.Peer}})
	if err != nil {
		return 0, err
	}
	for _, u := range r.C2CUnreadMsgNumList {
		if string(u.PeerAccount) == chat.Peer {
			return int(u.C2CUnreadMsgNum), nil
		}
	}
	return 0, ownError(ctx, getC2CUnreadMsgNum.Command, codeMissing)
}

// Remove takes a conversation off a user's list.
func (c contactsArea) Remove(ctx context.Context, chat imclient.Conversation, clear bool) error {
	q := &ContactDeleteRequest{FromAccount: chat.User, Type: ContactC2C, ToAccount: chat.Peer, ClearRamble: flag(clear)}
	if !chat.Direct() {
		q.Type, q.ToAccount, q.ToGroupid = ContactGroup, "", chat.Group
	}
	_, err := c.api.ContactDelete(withOp(ctx, "contacts.remove"), q)
	return err
}

func contactItem(chat imclient.Conversation) ContactItem {
	if chat.Direct() {
		return ContactItem{Type: ContactC2C, ToAccount: chat.Peer}
	}
	return ContactItem{Type: ContactGroup, ToGroupId: chat.Group}
}

func contactItems(list []imclient.Conversation) []ContactItem {
	items := make([]ContactItem, len(list))
	for i, chat := range list {
		items[i] = contactItem(chat)
	}
	return items
}

func conversationOf(user string, typ Int, account, group Str) imclient.Conversation {
	if typ == ContactGroup {
		return imclient.Conversation{User: user, Group: string(group)}
	}
	return imclient.Conversation{User: user, Peer: string(account)}
}

// markNames are the marks that the vendor has named. The first is mark 1; from 33 on they are the app's own.
var markNames = []string{imclient.MarkFavourite, imclient.MarkUnread, imclient.MarkFolded, imclient.MarkHidden}

// maxMark is the last mark of a conversation.
const maxMark = 64

func markName(n int) string {
	if n <= len(markNames) {
		return markNames[n-1]
	}
	return strconv.Itoa(n)
}

func markNumbers(ctx context.Context, names []string) ([]int, error) {
	var list []int
	for _, name := range names {
		n := slices.Index(markNames, name) + 1
		if n == 0 {
			var err error
			if n, err = strconv.Atoi(name); err != nil || n < 1 || n > maxMark {
				return nil, refuse(ctx, imclient.ErrInvalid, "%.40q is not a mark", name)
			}
		}
		list = append(list, n)
	}
	return list, nil
}

func toMarks(user string, m MarkedContact, folders map[Int]string) imclient.ContactMarks {
	out := imclient.ContactMarks{Conversation: conversationOf(user, m.Type, m.ToAccount, m.ToGroupId), Custom: string(m.CustomMark)}
	for i, set := range string(m.StandardMark) {
		if set == '1' && i < maxMark {
			out.Marks = append(out.Marks, markName(i+1))
		}
	}
	for _, id := range m.ContactGroupId {
		if name, ok := folders[id]; ok {
			out.Folders = append(out.Folders, name)
		}
	}
	return out
}

func folderNames(list []ContactGroupRef) map[Int]string {
	names := make(map[Int]string, len(list))
	for _, g := range list {
		names[g.GroupId] = string(g.GroupName)
	}
	return names
}

// Marks reads marks and folders of given conversations.
func (c contactsArea) Marks(ctx context.Context, user string, list []imclient.Conversation) ([]imclient.ContactMarks, error) {
	ctx = withOp(ctx, "contacts.marks")
	out := make([]imclient.ContactMarks, len(list))
	for i, chat := range list {
		chat.User = user
		out[i].Conversation = chat
	}
	err := readBatches(ctx, list, maxContactSearch, func(ctx context.Context, batch []imclient.Conversation, from int) error {
		r, err := c.api.SearchContactGroup(ctx, &SearchContactGroupRequest{FromAccount: user, ContactItem: contactItems(batch)})
		if err != nil {
			return err
		}
		folders := folderNames(r.GroupItem)
		for _, m := range r.ContactResultItem {
			marks := toMarks(user, m, folders)
			for i, chat := range batch {
				if chat.Group == marks.Conversation.Group && chat.Peer == marks.Conversation.Peer {
					marks.Conversation = out[from+i].Conversation
					out[from+i] = marks
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Mark changes marks of conversations.
func (c contactsArea) Mark(ctx context.Context, user string, list []imclient.ContactChange) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "contacts.mark")
	marks := make([]*ContactMark, 0, len(list))
	for _, change := range list {
		set, err := markNumbers(ctx, change.Set)
		if err != nil {
			return nil, err
		}
		clear, err := markNumbers(ctx, change.Clear)
		if err != nil {
			return nil, err
		}
		mark := &ContactMark{ContactItem: contactItem(change.Conversation), SetMark: set, ClearMark: clear, CustomMark: change.Custom}
		if len(set)+len(clear) > 0 {
			mark.OptType |= MarkStandard
		}
		if change.Custom != nil {
			mark.OptType |= MarkCustom
		}
		if mark.OptType == 0 {
			return nil, refuse(ctx, imclient.ErrInvalid, "nothing to change")
		}
		marks = append(marks, mark)
	}
	id := func(m *ContactMark) string { return m.ContactItem.ToAccount + m.ContactItem.ToGroupId }
	return inBatches(ctx, marks, maxContactMarks, id, func(batch []*ContactMark) ([]imclient.Refused, error) {
		q := &MarkContactRequest{FromAccount: user}
		for _, m := range batch {
			q.MarkItem = append(q.MarkItem, *m)
		}
		r, err := c.api.MarkContact(ctx, q)
		if err != nil {
			return nil, err
		}
		return contactsRefused(ctx, markContact.Command, r.ResultItem), nil
	})
}

func contactsRefused(ctx context.Context, c *Command, results []ContactResult) []imclient.Refused {
	var refused []imclient.Refused
	for _, r := range results {
		if r.ResultCode != 0 {
			refused = append(refused, imclient.Refused{
				ID: string(r.ContactItem.ToAccount + r.ContactItem.ToGroupId), Err: itemError(opOf(ctx, c), c, r.ResultCode, r.ResultInfo),
			})
		}
	}
	return refused
}

// maxFolderPages bounds how many pages of marked and grouped conversations are read; a user has at most 1000 of these.
const maxFolderPages = 100

// Folders returns a user's folders with the conversations in them.
func (c contactsArea) Folders(ctx context.Context, user string) ([]imclient.ContactFolder, error) {
	ctx = withOp(ctx, "contacts.folders")
	var folders []imclient.ContactFolder
	place := map[Int]int{}
	pages := 0
	for r, err := range c.api.ContactGroupPages(ctx, GetContactGroupRequest{FromAccount: user}) {
		if err != nil {
			return nil, err
		}
		for _, g := range r.GroupItem {
			if _, known := place[g.GroupId]; !known {
				place[g.GroupId] = len(folders)
				folders = append(folders, imclient.ContactFolder{Name: string(g.GroupName)})
			}
		}
		for _, m := range r.ContactItem {
			chat := conversationOf(user, m.Type, m.ToAccount, m.ToGroupId)
			for _, id := range m.ContactGroupId {
				if i, known := place[id]; known && !slices.Contains(folders[i].Conversations, chat) {
					folders[i].Conversations = append(folders[i].Conversations, chat)
				}
			}
		}
		if pages++; pages >= maxFolderPages {
			break
		}
	}
	return folders, nil
}

// AddFolder makes a folder.
func (c contactsArea) AddFolder(ctx context.Context, user, name string, list []imclient.Conversation) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "contacts.add_folder")
	r, err := c.api.CreateContactGroup(ctx, &CreateContactGroupRequest{
		FromAccount: user, GroupContactItem: []NewContactGroup{{GroupName: name, ContactItem: contactItems(list)}},
	})
	if err != nil {
		return nil, err
	}
	var refused []imclient.Refused
	for _, g := range r.GroupResultItem {
		refused = append(refused, contactsRefused(ctx, createContactGroup.Command, g.ResultItem)...)
	}
	return refused, nil
}

// RenameFolder gives a folder another name.
func (c contactsArea) RenameFolder(ctx context.Context, user, name, newName string) error {
	_, err := c.api.UpdateContactGroup(withOp(ctx, "contacts.rename_folder"), &UpdateContactGroupRequest{
		FromAccount: user, UpdateType: 1, UpdateGroup: ContactGroupUpdate{UpdateGroupType: ContactGroupRename, OldGroupName: name, NewGroupName: newName},
	})
	return err
}

// ChangeFolder puts conversations into a folder and takes others out.
func (c contactsArea) ChangeFolder(ctx context.Context, user, name string, in, out []imclient.Conversation) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "contacts.change_folder")
	var updates []ContactUpdate
	for _, chat := range in {
		updates = append(updates, ContactUpdate{ContactAdd, contactItem(chat)})
	}
	for _, chat := range out {
		updates = append(updates, ContactUpdate{ContactRemove, contactItem(chat)})
	}
	if len(updates) == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	r, err := c.api.UpdateContactGroup(ctx, &UpdateContactGroupRequest{
		FromAccount: user, UpdateType: 1, UpdateGroup: ContactGroupUpdate{UpdateGroupType: ContactGroupMembers, OldGroupName: name, ContactUpdateItem: updates},
	})
	if err != nil {
		return nil, err
	}
	return contactsRefused(ctx, updateContactGroup.Command, r.UpdateGroupResult.ContactResultItem), nil
}

// RemoveFolder removes a folder.
func (c contactsArea) RemoveFolder(ctx context.Context, user, name string) error {
	_, err := c.api.DelContactGroup(withOp(ctx, "contacts.remove_folder"), &DelContactGroupRequest{FromAccount: user, GroupName: []string{name}})
	return err
}

type extensionsArea struct{ *client }

// extended is a message that has extensions: of a group, or of a direct chat.
type extended struct {
	group string
	seq   int64
	C2CMsg
}

func (e extensionsArea) message(ctx context.Context, c imclient.Conversation, id string) (extended, error) {
	if c.Direct() {
		if err := checkDirect(ctx, c); err != nil {
			return extended{}, err
		}
		msg, err := e.directMessage(ctx, c, id)
		return extended{C2CMsg: msg}, err
	}
	if err := e.allow(ctx, imclient.VerbExtensions, c.Group, c.Type); err != nil {
		return extended{}, err
	}
	seq, err := messageSeq(ctx, id)
	return extended{group: c.Group, seq: seq}, err
}

// maxExtensionPages bounds how many pages of one message's extensions are read; a message has at most 300 pairs.
const maxExtensionPages = 20

// List returns all extensions of a message, by key.
func (e extensionsArea) List(ctx context.Context, c imclient.Conversation, id string) ([]imclient.Extension, error) {
	ctx = withOp(ctx, "extensions.list")
	msg, err := e.message(ctx, c, id)
	if err != nil {
		return nil, err
	}
	pages := e.api.KeyValuePages(ctx, GetKeyValuesRequest{FromAccount: msg.FromAccount, ToAccount: msg.ToAccount, MsgKey: msg.MsgKey})
	if msg.group != "" {
		pages = e.api.GroupKeyValuePages(ctx, GroupGetKeyValuesRequest{GroupId: msg.group, MsgSeq: msg.seq})
	}
	found := map[string]imclient.Extension{}
	n := 0
	for r, err := range pages {
		if err != nil {
			return nil, err
		}
		for _, pair := range r.ExtensionList {
			found[string(pair.Key)] = toExtension(pair)
		}
		if n++; n >= maxExtensionPages {
			break
		}
	}
	list := make([]imclient.Extension, 0, len(found))
	for _, ext := range found {
		list = append(list, ext)
	}
	slices.SortFunc(list, func(a, b imclient.Extension) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

func toExtension(v ExtensionValue) imclient.Extension {
	ext := imclient.Extension{Key: string(v.Key), Value: string(v.Value)}
	if v.Seq > 0 {
		ext.Version = itoa(v.Seq)
	}
	return ext
}

// Set adds keys or changes their values.
func (e extensionsArea) Set(ctx context.Context, c imclient.Conversation, id string, list []imclient.Extension) ([]imclient.ExtensionRefused, error) {
	return e.change(withOp(ctx, "extensions.set"), c, id, ExtensionSet, list)
}

// Remove removes keys.
func (e extensionsArea) Remove(ctx context.Context, c imclient.Conversation, id string, list []imclient.Extension) ([]imclient.ExtensionRefused, error) {
	return e.change(withOp(ctx, "extensions.remove"), c, id, ExtensionDelete, list)
}

// Clear removes all.
func (e extensionsArea) Clear(ctx context.Context, c imclient.Conversation, id string) error {
	ctx = withOp(ctx, "extensions.clear")
	msg, err := e.message(ctx, c, id)
	if err == nil {
		_, err = e.send(ctx, msg, ExtensionClear, nil)
	}
	return err
}

func (e extensionsArea) change(ctx context.Context, c imclient.Conversation, id string, operate int, list []imclient.Extension) ([]imclient.ExtensionRefused, error) {
	msg, err := e.message(ctx, c, id)
	if err != nil {
		return nil, err
	}
	pairs := make([]ExtensionPair, len(list))
	for i, ext := range list {
		pairs[i] = ExtensionPair{Key: ext.Key, Value: ext.Value}
		if operate == ExtensionDelete {
			pairs[i].Value = ""
		}
		if ext.Version != "" {
			if pairs[i].Seq, err = strconv.ParseInt(ext.Version, 10, 64); err != nil || pairs[i].Seq < 0 {
				return nil, refuse(ctx, imclient.ErrInvalid, "%.40q is not a version", ext.Version)
			}
		}
	}
	now := map[string]imclient.Extension{}
	key := func(p ExtensionPair) string { return p.Key }
	refused, err := inBatches(ctx, pairs, maxExtensions, key, func(batch []ExtensionPair) ([]imclient.Refused, error) {
		r, err := e.send(ctx, msg, operate, batch)
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, result := range r.ExtensionList {
			if result.ErrorCode == 0 {
				continue
			}
			ext := toExtension(result.Extension)
			now[ext.Key] = ext
			refused = append(refused, imclient.Refused{ID: ext.Key, Err: itemError(opOf(ctx, groupSetKeyValues.Command), groupSetKeyValues.Command, result.ErrorCode, "")})
		}
		return refused, nil
	})
	if err != nil {
		return nil, err
	}
	var out []imclient.ExtensionRefused
	for _, r := range refused {
		out = append(out, imclient.ExtensionRefused{Key: r.ID, Now: now[r.ID], Err: r.Err})
	}
	return out, nil
}

func (e extensionsArea) send(ctx context.Context, msg extended, operate int, pairs []ExtensionPair) (*SetKeyValuesAnswer, error) {
	if msg.group != "" {
		return e.api.GroupSetKeyValues(ctx, &GroupSetKeyValuesRequest{GroupId: msg.group, MsgSeq: msg.seq, OperateType: operate, ExtensionList: pairs})
	}
	return e.api.SetKeyValues(ctx, &SetKeyValuesRequest{
		FromAccount: msg.FromAccount, ToAccount: msg.ToAccount, MsgKey: msg.MsgKey, OperateType: operate, ExtensionList: pairs,
	})
}
