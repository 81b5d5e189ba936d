package tencent

import (
	"context"
	"strconv"
	"strings"

	"imdesk/imclient"
)

type friendsArea struct{ *client }

// friendTags are asked of given friends.
var friendTags = []string{TagSnsRemark, TagSnsGroup, TagSnsAddSource, TagSnsAddWording, TagSnsAddTime}

// maxAddFriends is how many friends one call of friend_add makes. Its page has no figure; this is ours.
const maxAddFriends = 100

// List returns one page of a user's friends, as long as the service makes it.
func (f friendsArea) List(ctx context.Context, user, cursor string) (imclient.Page[imclient.Friend], error) {
	ctx = withOp(ctx, "friends.list")
	page := imclient.Page[imclient.Friend]{Total: -1}
	at, err := offset(ctx, cursor)
	if err != nil {
		return page, err
	}
	r, err := f.api.FriendGet(ctx, &FriendGetRequest{FromAccount: user, StartIndex: int64(at)})
	if err != nil {
		return page, err
	}
	page.Total = int(r.FriendNum)
	for _, d := range r.UserDataItem {
		page.Items = append(page.Items, toFriend(string(d.ToAccount), d.ValueItem))
	}
	if next := int(r.NextStartIndex); r.CompleteFlag == 0 && next > at {
		page.Next = strconv.Itoa(next)
	}
	return page, nil
}

// Get returns given friends in the order asked.
func (f friendsArea) Get(ctx context.Context, user string, friends []string) ([]imclient.Friend, error) {
	ctx = withOp(ctx, "friends.get")
	friends = unique(friends)
	found := make([]imclient.Friend, len(friends))
	err := readBatches(ctx, friends, maxFriendRead, func(ctx context.Context, batch []string, from int) error {
		r, err := f.api.FriendGetList(ctx, &FriendGetListRequest{FromAccount: user, ToAccount: batch, TagList: friendTags})
		if err != nil {
			return err
		}
		place := placesOf(batch)
		for _, info := range r.InfoItem {
			if i, asked := place[string(info.ToAccount)]; asked && info.ResultCode == 0 {
				found[from+i] = toFriend(string(info.ToAccount), info.SnsProfileItem)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]imclient.Friend, 0, len(friends))
	for _, one := range found {
		if one.UserID != "" {
			out = append(out, one)
		}
	}
	return out, nil
}

// placesOf is where each of a batch stands in it.
func placesOf(batch []string) map[string]int {
	place := make(map[string]int, len(batch))
	for i, id := range batch {
		place[id] = i
	}
	return place
}

func toFriend(id string, values []TagValue) imclient.Friend {
	friend := imclient.Friend{UserID: id}
	for _, v := range values {
		switch v.Tag {
		case TagSnsRemark:
			friend.Remark = v.Text()
		case TagSnsGroup:
			friend.Lists = v.Texts()
		case TagSnsAddSource:
			friend.Source = strings.TrimPrefix(v.Text(), AddSourcePrefix)
		case TagSnsAddWording:
			friend.Wording = v.Text()
		case TagSnsAddTime:
			seconds, _ := strconv.ParseInt(v.Text(), 10, 64)
			friend.Added = unix(Int(seconds))
		default:
			if name, ok := strings.CutPrefix(v.Tag, TagSnsCustom); ok {
				friend.Custom = append(friend.Custom, imclient.Field{Key: name, Value: v.Text()})
			}
		}
	}
	return friend
}

// Check tells how others stand to a user.
func (f friendsArea) Check(ctx context.Context, user string, others []string) ([]imclient.Relation, []imclient.Refused, error) {
	ctx = withOp(ctx, "friends.check")
	return checkRelations(ctx, others, friendCheck.Command, func(ctx context.Context, batch []string) ([]SnsRelation, error) {
		r, err := f.api.FriendCheck(ctx, &SnsCheckRequest{FromAccount: user, ToAccount: batch, CheckType: CheckBoth})
		if err != nil {
			return nil, err
		}
		return r.InfoItem, nil
	})
}

// checkRelations asks in batches how others stand to a user, and answers in the order asked.
func checkRelations(ctx context.Context, others []string, c *Command, ask func(context.Context, []string) ([]SnsRelation, error)) ([]imclient.Relation, []imclient.Refused, error) {
	others = unique(others)
	found := make([]imclient.Relation, len(others))
	refused := make([]*imclient.Error, len(others))
	err := readBatches(ctx, others, maxRelations, func(ctx context.Context, batch []string, from int) error {
		list, err := ask(ctx, batch)
		if err != nil {
			return err
		}
		place := placesOf(batch)
		for _, r := range list {
			i, asked := place[string(r.ToAccount)]
			switch {
			case !asked:
			case r.ResultCode != 0:
				refused[from+i] = itemError(opOf(ctx, c), c, r.ResultCode, r.ResultInfo)
			default:
				found[from+i] = toRelation(r)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var list []imclient.Relation
	var out []imclient.Refused
	for i, id := range others {
		switch {
		case refused[i] != nil:
			out = append(out, imclient.Refused{ID: id, Err: refused[i]})
		case found[i].UserID != "":
			list = append(list, found[i])
		default:
			out = append(out, imclient.Refused{ID: id, Err: refuse(ctx, imclient.ErrNotFound, "the answer does not have the user")})
		}
	}
	return list, out, nil
}

func toRelation(r SnsRelation) imclient.Relation {
	out := imclient.Relation{UserID: string(r.ToAccount)}
	switch string(r.Relation) {
	case RelationAWithB, BlackAWithB:
		out.Has = true
	case RelationBWithA, BlackBWithA:
		out.Had = true
	case RelationBothWays, BlackBothWays:
		out.Has, out.Had = true, true
	}
	return out
}

// Add makes friends, or asks those who want to be asked.
func (f friendsArea) Add(ctx context.Context, user string, friends []imclient.NewFriend, o imclient.AddFriends) (pending []string, refused []imclient.Refused, err error) {
	ctx = withOp(ctx, "friends.add")
	q := &FriendAddRequest{FromAccount: user, AddType: AddBoth, ForceAddFlags: flag(o.Force)}
	if o.OneWay {
		q.AddType = AddSingle
	}
	id := func(n imclient.NewFriend) string { return n.UserID }
	refused, err = inBatches(ctx, friends, maxAddFriends, id, func(batch []imclient.NewFriend) ([]imclient.Refused, error) {
		q.AddFriendItem = nil
		for _, n := range batch {
			q.AddFriendItem = append(q.AddFriendItem, NewFriend{
				ToAccount: n.UserID, Remark: n.Remark, GroupName: n.List, AddSource: addSource(n.Source), AddWording: n.Wording,
			})
		}
		r, err := f.api.FriendAdd(ctx, q)
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, item := range snsRefused(ctx, friendAdd.Command, r.ResultItem) {
			if item.Err.Code == codePending {
				pending = append(pending, item.ID)
				continue
			}
			refused = append(refused, item)
		}
		return refused, nil
	})
	return pending, refused, err
}

// codePending is friend_add's for one who is asked first.
const codePending = "30539"

// addSource is where a friendship comes from, in the service's form: a prefix and up to 8 letters.
func addSource(source string) string {
	if source == "" {
		source = "Server"
	}
	if strings.HasPrefix(source, AddSourcePrefix) {
		return source
	}
	return AddSourcePrefix + source
}

// snsRefused reads results of which 0 is the success.
func snsRefused(ctx context.Context, c *Command, results []SnsResult) []imclient.Refused {
	var refused []imclient.Refused
	for _, r := range results {
		if r.ResultCode != 0 {
			refused = append(refused, imclient.Refused{ID: string(r.ToAccount), Err: itemError(opOf(ctx, c), c, r.ResultCode, r.ResultInfo)})
		}
	}
	return refused
}

// Change changes what a user has noted of a friend.
func (f friendsArea) Change(ctx context.Context, user, friend string, ch imclient.FriendChange) error {
	ctx = withOp(ctx, "friends.change")
	item := FriendUpdateItem{ToAccount: friend}
	if ch.Remark != nil {
		item.SnsItem = append(item.SnsItem, TagSet{TagSnsRemark, *ch.Remark})
	}
	if ch.Lists != nil {
		item.SnsItem = append(item.SnsItem, TagSet{TagSnsGroup, append([]string{}, *ch.Lists...)})
	}
	for _, field := range ch.Custom {
		item.SnsItem = append(item.SnsItem, TagSet{TagSnsCustom + field.Key, field.Value})
	}
	if len(item.SnsItem) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	r, err := f.api.FriendUpdate(ctx, &FriendUpdateRequest{FromAccount: user, UpdateItem: []FriendUpdateItem{item}})
	if err != nil {
		return err
	}
	if refused := snsRefused(ctx, friendUpdate.Command, r.ResultItem); len(refused) > 0 {
		return refused[0].Err
	}
	return nil
}

func deleteType(both bool) string {
	if both {
		return DeleteBoth
	}
	return DeleteSingle
}

// Remove ends friendships.
func (f friendsArea) Remove(ctx context.Context, user string, friends []string, both bool) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "friends.remove")
	return inBatches(ctx, friends, maxRelations, same, func(batch []string) ([]imclient.Refused, error) {
		r, err := f.api.FriendDelete(ctx, &FriendDeleteRequest{FromAccount: user, ToAccount: batch, DeleteType: deleteType(both)})
		if err != nil {
			return nil, err
		}
		return snsRefused(ctx, friendDelete.Command, r.ResultItem), nil
	})
}

// RemoveAll ends all friendships of a user.
func (f friendsArea) RemoveAll(ctx context.Context, user string, both bool) error {
	_, err := f.api.FriendDeleteAll(withOp(ctx, "friends.remove_all"), &FriendDeleteAllRequest{FromAccount: user, DeleteType: deleteType(both)})
	return err
}

// Lists returns a user's lists of friends.
func (f friendsArea) Lists(ctx context.Context, user string) ([]imclient.FriendList, error) {
	r, err := f.api.SnsGroupGet(withOp(ctx, "friends.lists"), &SnsGroupGetRequest{FromAccount: user, NeedFriend: NeedFriendYes})
	if err != nil {
		return nil, err
	}
	var lists []imclient.FriendList
	for _, g := range r.ResultItem {
		list := imclient.FriendList{Name: string(g.GroupName)}
		for _, id := range g.ToAccount {
			list.Friends = append(list.Friends, string(id))
		}
		lists = append(lists, list)
	}
	return lists, nil
}

// AddList makes a list of friends, or puts friends into it.
func (f friendsArea) AddList(ctx context.Context, user, name string, friends []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "friends.add_list")
	add := func(batch []string) ([]imclient.Refused, error) {
		r, err := f.api.SnsGroupAdd(ctx, &SnsGroupAddRequest{FromAccount: user, GroupName: []string{name}, ToAccount: batch})
		if err != nil {
			return nil, err
		}
		return snsRefused(ctx, snsGroupAdd.Command, r.ResultItem), nil
	}
	if len(friends) == 0 {
		return add(nil)
	}
	return inBatches(ctx, friends, maxRelations, same, add)
}

// RemoveList removes a list of friends.
func (f friendsArea) RemoveList(ctx context.Context, user, name string) error {
	_, err := f.api.SnsGroupDelete(withOp(ctx, "friends.remove_list"), &SnsGroupDeleteRequest{FromAccount: user, GroupName: []string{name}})
	return err
}

type blocksArea struct{ *client }

// List returns one page of a user's block list.
func (b blocksArea) List(ctx context.Context, user, cursor string, limit int) (imclient.Page[imclient.Block], error) {
	ctx = withOp(ctx, "blocks.list")
	page := imclient.Page[imclient.Block]{Total: -1}
	limit, err := pageSize(ctx, limit, maxBlockPage)
	if err != nil {
		return page, err
	}
	at, err := offset(ctx, cursor)
	if err != nil {
		return page, err
	}
	r, err := b.api.BlackListGet(ctx, &BlackListGetRequest{FromAccount: user, StartIndex: int64(at), MaxLimited: limit})
	if err != nil {
		return page, err
	}
	for _, item := range r.BlackListItem {
		page.Items = append(page.Items, imclient.Block{UserID: string(item.ToAccount), Since: unix(item.AddBlackTimeStamp)})
	}
	if next := int(r.StartIndex); next > at {
		page.Next = strconv.Itoa(next)
	}
	return page, nil
}

// Check tells who has blocked whom.
func (b blocksArea) Check(ctx context.Context, user string, others []string) ([]imclient.Relation, []imclient.Refused, error) {
	ctx = withOp(ctx, "blocks.check")
	return checkRelations(ctx, others, blackListCheck.Command, func(ctx context.Context, batch []string) ([]SnsRelation, error) {
		r, err := b.api.BlackListCheck(ctx, &SnsCheckRequest{FromAccount: user, ToAccount: batch, CheckType: BlackCheckBoth})
		if err != nil {
			return nil, err
		}
		return r.BlackListCheckItem, nil
	})
}

// codeBlocked is black_list_add's for one who is blocked already. For a call as a whole it is a wrong parameter.
const codeBlocked = "30001"

// Add puts others on a user's block list. Who is on it already is not refused.
func (b blocksArea) Add(ctx context.Context, user string, others []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "blocks.add")
	return inBatches(ctx, others, maxRelations, same, func(batch []string) ([]imclient.Refused, error) {
		r, err := b.api.BlackListAdd(ctx, &BlackListRequest{FromAccount: user, ToAccount: batch})
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, item := range snsRefused(ctx, blackListAdd.Command, r.ResultItem) {
			if item.Err.Code != codeBlocked {
				refused = append(refused, item)
			}
		}
		return refused, nil
	})
}

// Remove takes others off a user's block list.
func (b blocksArea) Remove(ctx context.Context, user string, others []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "blocks.remove")
	return inBatches(ctx, others, maxRelations, same, func(batch []string) ([]imclient.Refused, error) {
		r, err := b.api.BlackListDelete(ctx, &BlackListRequest{FromAccount: user, ToAccount: batch})
		if err != nil {
			return nil, err
		}
		return snsRefused(ctx, blackListDelete.Command, r.ResultItem), nil
	})
}
