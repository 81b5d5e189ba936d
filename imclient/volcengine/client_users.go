package volcengine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

type usersArea struct{ *client }

const (
	maxGetUsers   = 50
	maxRegister   = 20
	maxUnregister = 10
	maxUpdate     = 10
	maxOnline     = 100
	maxGroupsPage = 20
	// joinedCalls bounds how many pages are read for one of a user's groups: direct chats stand among them.
	joinedCalls = 5
)

func userOf(u User) imclient.User {
	return imclient.User{ID: string(u.UserId), Nick: string(u.NickName), AvatarURL: string(u.Portrait), Custom: fields(u.Ext)}
}

// profiles reads those who are registered, by id.
func (c *client) profiles(ctx context.Context, users []string) (map[string]User, error) {
	if len(users) == 0 {
		return nil, nil
	}
	return c.people.Get(ctx, strings.Join(users, " "), func(ctx context.Context) (map[string]User, error) {
		found := make(map[string]User, len(users))
		var mu sync.Mutex
		err := calls.ReadBatches(ctx, users, maxGetUsers, func(ctx context.Context, batch []string, _ int) error {
			r, err := c.api.BatchGetUser(ctx, &BatchGetUserRequest{UserIds: ids(batch)})
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for _, u := range r.Users {
				found[string(u.UserId)] = u
			}
			return nil
		})
		return found, err
	})
}

func (u usersArea) Get(ctx context.Context, id string) (imclient.User, error) {
	ctx = withOp(ctx, "users.get")
	found, err := u.profile(ctx, id)
	if err != nil {
		return imclient.User{}, err
	}
	return userOf(found), nil
}

func (c *client) profile(ctx context.Context, id string) (User, error) {
	valid, refused := c.split(ctx, []string{id})
	if len(refused) > 0 {
		return User{}, refused[0].Err
	}
	found, err := c.profiles(ctx, valid)
	if err != nil {
		return User{}, err
	}
	user, ok := found[id]
	if !ok {
		return User{}, refuse(ctx, imclient.ErrNotFound, "user %s is not registered", id)
	}
	return user, nil
}

func (u usersArea) GetMany(ctx context.Context, list []string) ([]imclient.User, []imclient.Refused, error) {
	ctx = withOp(ctx, "users.get_many")
	valid, refused := u.split(ctx, list)
	found, err := u.profiles(ctx, valid)
	if err != nil {
		return nil, nil, err
	}
	var users []imclient.User
	for _, id := range valid {
		user, ok := found[id]
		if !ok {
			refused = append(refused, imclient.Refused{ID: id, Err: refuse(ctx, imclient.ErrNotFound, "user %s is not registered", id)})
			continue
		}
		users = append(users, userOf(user))
	}
	return users, refused, nil
}

// Presence says offline of those whom the service leaves out. It does not know of push.
func (u usersArea) Presence(ctx context.Context, list []string) ([]imclient.Presence, error) {
	ctx = withOp(ctx, "users.presence")
	valid, _ := u.split(ctx, list)
	online := map[string][]Connection{}
	var mu sync.Mutex
	err := calls.ReadBatches(ctx, valid, maxOnline, func(ctx context.Context, batch []string, _ int) error {
		r, err := u.api.QueryOnlineStatus(ctx, &QueryOnlineStatusRequest{UserIds: ids(batch)})
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for id, connections := range r.QueryOnlineResults {
			online[id] = connections
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]imclient.Presence, 0, len(list))
	for _, id := range list {
		p := imclient.Presence{UserID: id, State: "offline"}
		for _, c := range online[id] {
			p.State = "online"
			p.Devices = append(p.Devices, imclient.Device{Platform: string(c.Platform), State: "online"})
		}
		out = append(out, p)
	}
	return out, nil
}

// Groups reads a user's groups, the oldest first, and then the live groups that the user made: of those joined the service
// tells nothing. A page costs a call, another for each group, and some more where direct chats stand among them.
func (u usersArea) Groups(ctx context.Context, user, cursor string, limit int) (imclient.Page[imclient.JoinedGroup], error) {
	ctx = withOp(ctx, "users.groups")
	page := imclient.Page[imclient.JoinedGroup]{Total: -1}
	if !u.api.validUser(user) {
		return page, refuse(ctx, imclient.ErrNotFound, "no user %.40q: ids are digits", user)
	}
	if limit <= 0 || limit > maxGroupsPage {
		limit = maxGroupsPage
	}
	data, at, err := groupsCursor(ctx, cursor)
	if err != nil {
		return page, err
	}
	var infos []ConversationInfo
	for range joinedCalls {
		r, err := u.api.GetUserConversations(ctx, &GetUserConversationsRequest{ParticipantUserId: ID(user), Cursor: ID(at), Limit: limit, DataType: data})
		if err != nil {
			return page, err
		}
		for _, info := range r.ConversationInfos {
			if info.ConversationType != ConversationDirect && info.Status != statusGone {
				infos = append(infos, info)
			}
		}
		if page.Next = groupsAfter(data, at, r); page.Next == "" || len(infos) > 0 {
			break
		}
		if data, at, err = groupsCursor(ctx, page.Next); err != nil {
			return page, err
		}
	}
	page.Items = make([]imclient.JoinedGroup, len(infos))
	return page, calls.ReadBatches(ctx, infos, 1, func(ctx context.Context, one []ConversationInfo, i int) error {
		joined := imclient.JoinedGroup{Group: groupOf(one[0]), Role: imclient.RoleMember}
		if joined.Group.OwnerID == user {
			joined.Role = imclient.RoleOwner
		}
		if !isLive(one[0]) {
			in, err := u.read(ctx, joined.Group.ID, []string{user})
			if err != nil {
				return err
			}
			if p, is := in[user]; is {
				joined.Role, joined.Joined = roleOf(p.Role), seconds(p.CreateTime)
			}
		}
		page.Items[i] = joined
		return nil
	})
}

// SignOut is what the vendor does not have.
func (u usersArea) SignOut(context.Context, string) error { return unsupported("users.sign_out") }

// Check names those who are not registered. They may talk all the same.
func (u usersArea) Check(ctx context.Context, list []string) (missing []string, refused []imclient.Refused, err error) {
	ctx = imclient.Fresh(withOp(ctx, "users.check"))
	valid, refused := u.split(ctx, list)
	found, err := u.profiles(ctx, valid)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range valid {
		if _, ok := found[id]; !ok {
			missing = append(missing, id)
		}
	}
	return missing, refused, nil
}

// Import registers those who are not: one who is would lose profile and tags.
func (u usersArea) Import(ctx context.Context, users []imclient.NewUser) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "users.import")
	byID := make(map[string]imclient.NewUser, len(users))
	list := make([]string, len(users))
	for i, n := range users {
		list[i], byID[n.ID] = n.ID, n
	}
	missing, refused, err := u.Check(ctx, list)
	if err != nil {
		return nil, err
	}
	more, err := u.inBatches(ctx, missing, maxRegister, func(batch []string) ([]imclient.Refused, error) {
		q := &RegisterUsersRequest{}
		for _, id := range batch {
			q.Users = append(q.Users, NewUser{UserId: ID(id), NickName: byID[id].Nick, Portrait: byID[id].AvatarURL})
		}
		r, err := u.api.RegisterUsers(ctx, q)
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, registerUsers.Action, r.FailedInfos), nil
	})
	if err != nil {
		return nil, err
	}
	return append(refused, more...), nil
}

// Delete ends registrations. Groups, friends and messages of the users stay.
func (u usersArea) Delete(ctx context.Context, list []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "users.delete")
	return u.inBatches(ctx, list, maxUnregister, func(batch []string) ([]imclient.Refused, error) {
		r, err := u.api.UnRegisterUsers(ctx, &UnRegisterUsersRequest{UserIds: ids(batch)})
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, unRegisterUsers.Action, r.FailedInfos), nil
	})
}

func (u usersArea) Edit(ctx context.Context, user string, c imclient.UserChange) error {
	ctx = withOp(ctx, "users.edit")
	if c.Location != nil || c.Signature != nil || c.Gender != nil || c.Birthday != nil || c.Language != nil || c.Level != nil ||
		c.Role != nil || c.AllowType != nil || c.Forbidden != nil {
		return refuse(ctx, imclient.ErrUnsupported, "a profile has a name, a picture and data of the app's own")
	}
	if c.Nick == nil && c.AvatarURL == nil && len(c.Custom) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	change := UserChange{UserId: ID(user), NickName: c.Nick, Portrait: c.AvatarURL}
	if len(c.Custom) > 0 {
		now, err := u.profile(imclient.Fresh(ctx), user)
		if err != nil {
			return err
		}
		change.Ext = merged(now.Ext, slices.DeleteFunc(slices.Clone(c.Custom), func(f imclient.Field) bool { return f.Value == "" }))
		for _, f := range c.Custom {
			if f.Value == "" { // it is replaced here, so that keys can go
				delete(change.Ext, f.Key)
			}
		}
	}
	return one(u.inBatches(ctx, []string{user}, maxUpdate, func([]string) ([]imclient.Refused, error) {
		r, err := u.api.BatchUpdateUser(ctx, &BatchUpdateUserRequest{Users: []UserChange{change}})
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, batchUpdateUser.Action, r.FailedInfos), nil
	}))
}

type broadcastsArea struct{ *client }

const (
	shortestKeep = time.Second
	longestKeep  = 7 * 24 * time.Hour
)

// Send reaches registered users alone. The id that it returns is the call's own, since a broadcast has none.
func (b broadcastsArea) Send(ctx context.Context, d imclient.Broadcast) (string, error) {
	ctx = withOp(ctx, "broadcasts.send")
	typ, text, err := writeBody(ctx, d.Body)
	if err != nil {
		return "", err
	}
	switch {
	case !b.api.validUser(d.From):
		return "", refuse(ctx, imclient.ErrInvalid, "a user must speak, whose id is digits")
	case d.Key != "" || d.Title != "" || d.Text != "" || len(d.AnyAttribute) > 0 || len(d.AllAttribute) > 0:
		return "", refuse(ctx, imclient.ErrUnsupported, "broadcasts have no key, no words for devices and no attributes here")
	case len(d.AnyTag) > 0 && len(d.AllTag) > 0:
		return "", refuse(ctx, imclient.ErrInvalid, "one of the tags, or all of them")
	case d.Keep > longestKeep:
		return "", refuse(ctx, imclient.ErrInvalid, "kept for %v at most", longestKeep)
	}
	q := &UserBroadcastRequest{Sender: ID(d.From), MsgType: typ, Content: text, MsgTTL: wholeSeconds(max(d.Keep, shortestKeep)), Tags: d.AnyTag}
	if len(d.AllTag) > 0 {
		q.Tags, q.TagOp = d.AllTag, 1
	}
	_, id, err := callID(ctx, b.api, userBroadcast, q)
	return id, err
}

func (b broadcastsArea) Tags(ctx context.Context, users []string) ([]imclient.UserTags, error) {
	ctx = withOp(ctx, "broadcasts.tags")
	valid, _ := b.split(ctx, users)
	found, err := b.profiles(imclient.Fresh(ctx), valid)
	if err != nil {
		return nil, err
	}
	out := make([]imclient.UserTags, len(users))
	for i, id := range users {
		out[i] = imclient.UserTags{UserID: id, Tags: found[id].Tags}
	}
	return out, nil
}

func (b broadcastsArea) AddTags(ctx context.Context, users, tags []string) ([]imclient.Refused, error) {
	return b.tag(withOp(ctx, "broadcasts.add_tags"), users, tags, TagsAdd)
}

func (b broadcastsArea) RemoveTags(ctx context.Context, users, tags []string) ([]imclient.Refused, error) {
	return b.tag(withOp(ctx, "broadcasts.remove_tags"), users, tags, TagsRemove)
}

func (b broadcastsArea) tag(ctx context.Context, users, tags []string, op int) ([]imclient.Refused, error) {
	if tags = calls.Unique(tags); len(tags) == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "no tags")
	}
	return b.inBatches(ctx, users, maxTargets, func(batch []string) ([]imclient.Refused, error) {
		r, err := b.api.BatchUpdateUserTags(ctx, &BatchUpdateUserTagsRequest{UserIds: ids(batch), Tags: tags, Op: op})
		if err != nil {
			return nil, err
		}
		return failedInfos(ctx, batchUpdateUserTags.Action, r.FailedInfos), nil
	})
}

// ClearTags removes every tag that one of the users has: those who do not have it lose nothing.
func (b broadcastsArea) ClearTags(ctx context.Context, users []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "broadcasts.clear_tags")
	list, err := b.Tags(ctx, users)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, u := range list {
		all = append(all, u.Tags...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return b.tag(ctx, users, all, TagsRemove)
}

func (b broadcastsArea) AttributeNames(context.Context) ([]string, error) {
	return nil, unsupported("broadcasts.attribute_names")
}

func (b broadcastsArea) SetAttributeNames(context.Context, []string) error {
	return unsupported("broadcasts.set_attribute_names")
}

func (b broadcastsArea) Attributes(context.Context, []string) ([]imclient.UserAttributes, error) {
	return nil, unsupported("broadcasts.attributes")
}

func (b broadcastsArea) SetAttributes(context.Context, []string, map[string]string) ([]imclient.Refused, error) {
	return nil, unsupported("broadcasts.set_attributes")
}

func (b broadcastsArea) RemoveAttributes(context.Context, []string, []string) ([]imclient.Refused, error) {
	return nil, unsupported("broadcasts.remove_attributes")
}
