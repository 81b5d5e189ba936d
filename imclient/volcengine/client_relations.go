package volcengine

import (
	"cmp"
	"context"
	"strconv"
	"sync"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

type friendsArea struct{ *client }

const (
	maxFriends     = 10 // of one call
	maxFriendsPage = 20
	// friendPages bounds how many pages are looked through for given friends: 1,000.
	friendPages = 50
	// removePages bounds how many pages of friends one call of RemoveAll ends.
	removePages = 500
)

// nobody refuses a user whose id cannot be one.
func nobody(ctx context.Context, user string) error {
	if validID(user) {
		return nil
	}
	return refuse(ctx, imclient.ErrNotFound, "no user %.40q: ids are digits", user)
}

func friendOf(f Friend) imclient.Friend {
	return imclient.Friend{UserID: string(f.FriendUserId), Remark: string(f.Alias), Added: stamp(f.CreateTime), Custom: fields(f.Ext)}
}

func (f friendsArea) page(ctx context.Context, user, cursor string) ([]Friend, string, error) {
	if err := nobody(ctx, user); err != nil {
		return nil, "", err
	}
	if cursor == "0" {
		cursor = ""
	}
	if n, err := strconv.ParseInt(cmp.Or(cursor, "0"), 10, 64); err != nil || n < 0 {
		return nil, "", refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	r, err := f.api.ListFriend(ctx, &ListFriendRequest{UserId: ID(user), Cursor: ID(cursor), Limit: maxFriendsPage})
	if err != nil {
		return nil, "", err
	}
	return r.FriendInfos, nextCursor(cursor, r.HasMore, r.NewCursor, r.NextCursor), nil
}

func (f friendsArea) List(ctx context.Context, user, cursor string) (imclient.Page[imclient.Friend], error) {
	list, next, err := f.page(withOp(ctx, "friends.list"), user, cursor)
	page := imclient.Page[imclient.Friend]{Next: next, Total: -1}
	for _, friend := range list {
		page.Items = append(page.Items, friendOf(friend))
	}
	return page, err
}

// Get looks through the list for those who are friends: no action reads given ones.
func (f friendsArea) Get(ctx context.Context, user string, friends []string) ([]imclient.Friend, error) {
	ctx = withOp(ctx, "friends.get")
	relations, _, err := f.check(ctx, user, friends)
	if err != nil {
		return nil, err
	}
	found := map[string]imclient.Friend{}
	wanted := 0
	for _, r := range relations {
		if r.Has {
			wanted++
			found[r.UserID] = imclient.Friend{}
		}
	}
	cursor := ""
	for range friendPages {
		if wanted == 0 {
			break
		}
		var list []Friend
		if list, cursor, err = f.page(ctx, user, cursor); err != nil {
			return nil, err
		}
		for _, friend := range list {
			if had, is := found[string(friend.FriendUserId)]; is && had.UserID == "" {
				found[string(friend.FriendUserId)] = friendOf(friend)
				wanted--
			}
		}
		if cursor == "" {
			break
		}
	}
	var out []imclient.Friend
	for _, r := range relations {
		if friend := found[r.UserID]; friend.UserID != "" {
			out = append(out, friend)
		} else if r.Has && cursor != "" { // a friend of whom no more is known
			out = append(out, imclient.Friend{UserID: r.UserID})
		}
	}
	return out, nil
}

// Check asks about the user's own list: friendships are on both lists here.
func (f friendsArea) Check(ctx context.Context, user string, others []string) ([]imclient.Relation, []imclient.Refused, error) {
	return f.check(withOp(ctx, "friends.check"), user, others)
}

func (f friendsArea) check(ctx context.Context, user string, others []string) ([]imclient.Relation, []imclient.Refused, error) {
	if err := nobody(ctx, user); err != nil {
		return nil, nil, err
	}
	valid, refused := f.split(ctx, others)
	friend := map[string]bool{}
	var mu sync.Mutex
	err := calls.ReadBatches(ctx, valid, maxFriends, func(ctx context.Context, batch []string, _ int) error {
		r, err := f.api.IsFriend(ctx, &IsFriendRequest{UserId: ID(user), FriendUserIds: ids(batch)})
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, i := range r.Infos {
			friend[string(i.FriendUserId)] = i.IsFriend
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var out []imclient.Relation
	for _, id := range valid {
		out = append(out, imclient.Relation{UserID: id, Has: friend[id], Had: friend[id]})
	}
	return out, refused, nil
}

// Add makes friends at once, on both lists: nobody is asked. Remarks take further calls.
func (f friendsArea) Add(ctx context.Context, user string, friends []imclient.NewFriend, o imclient.AddFriends) ([]string, []imclient.Refused, error) {
	ctx = withOp(ctx, "friends.add")
	if err := nobody(ctx, user); err != nil {
		return nil, nil, err
	}
	remarks := map[string]string{}
	list := make([]string, len(friends))
	for i, n := range friends {
		if n.List != "" || n.Wording != "" {
			return nil, nil, refuse(ctx, imclient.ErrUnsupported, "there are no lists of friends, and nobody is asked")
		}
		if list[i] = n.UserID; n.Remark != "" {
			remarks[n.UserID] = n.Remark
		}
	}
	if o.OneWay {
		return nil, nil, refuse(ctx, imclient.ErrUnsupported, "friendships are on both lists")
	}
	refused, err := f.inBatches(ctx, list, maxFriends, func(batch []string) ([]imclient.Refused, error) {
		r, err := f.api.AddFriend(ctx, &AddFriendRequest{UserId: ID(user), FriendUserIds: ids(batch)})
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, addFriend.Action, r.FailedInfos), nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range refused {
		delete(remarks, r.ID)
	}
	for id, remark := range remarks {
		if err := f.change(ctx, user, FriendChange{FriendUserId: ID(id), Alias: &remark}); err != nil {
			refused = append(refused, imclient.Refused{ID: id, Err: calls.AsError(ctx, err)})
		}
	}
	return nil, refused, nil
}

func (f friendsArea) Change(ctx context.Context, user, friend string, c imclient.FriendChange) error {
	ctx = withOp(ctx, "friends.change")
	if c.Lists != nil {
		return refuse(ctx, imclient.ErrUnsupported, "there are no lists of friends")
	}
	if c.Remark == nil && len(c.Custom) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	change := FriendChange{FriendUserId: ID(friend), Alias: c.Remark}
	if len(c.Custom) > 0 {
		now, err := f.Get(ctx, user, []string{friend})
		if err != nil {
			return err
		}
		if len(now) == 0 {
			return refuse(ctx, imclient.ErrNotFound, "not a friend")
		}
		ext := Ext{}
		for _, field := range now[0].Custom {
			ext[field.Key] = field.Value
		}
		change.Ext = merged(ext, c.Custom)
	}
	return f.change(ctx, user, change)
}

func (f friendsArea) change(ctx context.Context, user string, c FriendChange) error {
	if err := nobody(ctx, user); err != nil {
		return err
	}
	return one(f.inBatches(ctx, []string{string(c.FriendUserId)}, maxFriends, func([]string) ([]imclient.Refused, error) {
		r, err := f.api.UpdateFriend(ctx, &UpdateFriendRequest{UserId: ID(user), FriendInfos: []FriendChange{c}})
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, updateFriend.Action, r.FailedInfos), nil
	}))
}

func (f friendsArea) Remove(ctx context.Context, user string, friends []string, both bool) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "friends.remove")
	if !both {
		return nil, refuse(ctx, imclient.ErrUnsupported, "friendships are on both lists")
	}
	return f.remove(ctx, user, friends)
}

func (f friendsArea) remove(ctx context.Context, user string, friends []string) ([]imclient.Refused, error) {
	if err := nobody(ctx, user); err != nil {
		return nil, err
	}
	return f.inBatches(ctx, friends, maxFriends, func(batch []string) ([]imclient.Refused, error) {
		r, err := f.api.DeleteFriend(ctx, &DeleteFriendRequest{UserId: ID(user), DeleteUserIds: ids(batch)})
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, deleteFriend.Action, r.FailedInfos), nil
	})
}

// RemoveAll ends friendships page by page, always the first.
func (f friendsArea) RemoveAll(ctx context.Context, user string, both bool) error {
	ctx = withOp(ctx, "friends.remove_all")
	if !both {
		return refuse(ctx, imclient.ErrUnsupported, "friendships are on both lists")
	}
	for range removePages {
		list, _, err := f.page(ctx, user, "")
		if err != nil || len(list) == 0 {
			return err
		}
		friends := make([]string, len(list))
		for i, friend := range list {
			friends[i] = string(friend.FriendUserId)
		}
		if err := one(f.remove(ctx, user, friends)); err != nil {
			return err
		}
	}
	return refuse(ctx, imclient.ErrUnavailable, "friends are left after %d", removePages*maxFriendsPage)
}

func (f friendsArea) Lists(context.Context, string) ([]imclient.FriendList, error) {
	return nil, unsupported("friends.lists")
}

func (f friendsArea) AddList(context.Context, string, string, []string) ([]imclient.Refused, error) {
	return nil, unsupported("friends.add_list")
}

func (f friendsArea) RemoveList(context.Context, string, string) error {
	return unsupported("friends.remove_list")
}

type blocksArea struct{ *client }

const (
	maxBlocks     = 10 // of one call
	maxBlocksPage = 20
)

func (b blocksArea) List(ctx context.Context, user, cursor string, limit int) (imclient.Page[imclient.Block], error) {
	ctx = withOp(ctx, "blocks.list")
	page := imclient.Page[imclient.Block]{Total: -1}
	if err := nobody(ctx, user); err != nil {
		return page, err
	}
	if limit <= 0 || limit > maxBlocksPage {
		limit = maxBlocksPage
	}
	at := cmp.Or(cursor, "0")
	if n, err := strconv.ParseInt(at, 10, 64); err != nil || n < 0 {
		return page, refuse(ctx, imclient.ErrInvalid, "not a cursor")
	}
	r, err := b.api.GetBlackList(ctx, &GetBlackListRequest{UserId: ID(user), Cursor: ID(at), Limit: limit})
	if err != nil {
		return page, err
	}
	for _, x := range r.BlackListInfos {
		page.Items = append(page.Items, imclient.Block{
			UserID: string(x.BlackListUserId), Since: stamp(x.CreateTime), Custom: fields(x.BlackListUserExt),
		})
	}
	page.Next = nextCursor(at, r.HasMore, r.NewCursor, r.NextCursor)
	return page, nil
}

// has tells whom of the others a user has blocked.
func (b blocksArea) has(ctx context.Context, user string, others []string) (map[string]bool, error) {
	blocked := map[string]bool{}
	var mu sync.Mutex
	err := calls.ReadBatches(ctx, others, maxBlocks, func(ctx context.Context, batch []string, _ int) error {
		r, err := b.api.IsInBlackList(ctx, &IsInBlackListRequest{UserId: ID(user), BlackListUserIds: ids(batch)})
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for id, is := range r.IsInBlackListInfos {
			blocked[id] = is
		}
		return nil
	})
	return blocked, err
}

// Check costs a call for each of the others, too: whom they have blocked stands on their lists.
func (b blocksArea) Check(ctx context.Context, user string, others []string) ([]imclient.Relation, []imclient.Refused, error) {
	ctx = withOp(ctx, "blocks.check")
	if err := nobody(ctx, user); err != nil {
		return nil, nil, err
	}
	valid, refused := b.split(ctx, others)
	has, err := b.has(ctx, user, valid)
	if err != nil {
		return nil, nil, err
	}
	out := make([]imclient.Relation, len(valid))
	err = calls.ReadBatches(ctx, valid, 1, func(ctx context.Context, other []string, i int) error {
		had, err := b.has(ctx, other[0], []string{user})
		out[i] = imclient.Relation{UserID: other[0], Has: has[other[0]], Had: had[user]}
		return err
	})
	return out, refused, err
}

func (b blocksArea) Add(ctx context.Context, user string, others []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "blocks.add")
	if err := nobody(ctx, user); err != nil {
		return nil, err
	}
	return b.inBatches(ctx, others, maxBlocks, func(batch []string) ([]imclient.Refused, error) {
		q := &AddBlackListRequest{UserId: ID(user)}
		for _, id := range batch {
			q.BlackListInfos = append(q.BlackListInfos, NewBlackListed{BlackListUserId: ID(id)})
		}
		r, err := b.api.AddBlackList(ctx, q)
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, addBlackList.Action, r.FailedInfos), nil
	})
}

func (b blocksArea) Remove(ctx context.Context, user string, others []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "blocks.remove")
	if err := nobody(ctx, user); err != nil {
		return nil, err
	}
	return b.inBatches(ctx, others, maxBlocks, func(batch []string) ([]imclient.Refused, error) {
		return nil, b.api.RemoveBlackList(ctx, &RemoveBlackListRequest{UserId: ID(user), BlackListUserIds: ids(batch)})
	})
}

// Note merges data of the app's own into what is kept with a block. A key cannot be removed, so one that is to go is
// emptied, which reads as none.
func (b blocksArea) Note(ctx context.Context, user, other string, list []imclient.Field) error {
	ctx = withOp(ctx, "blocks.note")
	if err := nobody(ctx, user); err != nil {
		return err
	}
	if len(list) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	return one(b.inBatches(ctx, []string{other}, maxBlocks, func([]string) ([]imclient.Refused, error) {
		r, err := b.api.UpdateBlackList(ctx, &UpdateBlackListRequest{
			UserId: ID(user), BlackListInfos: []NewBlackListed{{BlackListUserId: ID(other), BlackListUserExt: merged(nil, list)}},
		})
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, updateBlackList.Action, r.FailedInfos), nil
	}))
}
