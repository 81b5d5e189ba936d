package tencent

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"imdesk/imclient"
)

type usersArea struct{ *client }

// Get returns one user's profile.
func (u usersArea) Get(ctx context.Context, id string) (imclient.User, error) {
	users, refused, err := u.profiles(withOp(ctx, "users.get"), []string{id})
	switch {
	case err != nil:
		return imclient.User{}, err
	case len(refused) > 0:
		return imclient.User{}, refused[0].Err
	}
	return users[0], nil
}

// GetMany returns the profiles of those that exist, in the order asked.
func (u usersArea) GetMany(ctx context.Context, ids []string) ([]imclient.User, []imclient.Refused, error) {
	return u.profiles(withOp(ctx, "users.get_many"), ids)
}

// tags are the parts of a profile that are asked for.
func (c *client) tags() []string {
	tags := []string{
		TagNick, TagGender, TagBirthday, TagLocation, TagSignature, TagAllowType, TagLanguage, TagImage, TagForbid, TagLevel, TagRole,
	}
	for _, f := range c.api.cfg.UserFields {
		tags = append(tags, TagCustom+f)
	}
	return tags
}

// profiles is the answer for some users: those that exist, and the others with the reason.
type profiles struct {
	users   []imclient.User
	refused []imclient.Refused
}

func (c *client) profiles(ctx context.Context, ids []string) ([]imclient.User, []imclient.Refused, error) {
	ids = unique(ids)
	p, err := c.people.Get(ctx, strings.Join(ids, "\x00"), func(ctx context.Context) (p profiles, err error) {
		p.users, p.refused, err = c.readProfiles(ctx, ids)
		return p, err
	})
	return slices.Clone(p.users), slices.Clone(p.refused), err
}

func (c *client) readProfiles(ctx context.Context, ids []string) ([]imclient.User, []imclient.Refused, error) {
	users := make([]imclient.User, len(ids))
	refused := make([]*imclient.Error, len(ids))
	err := readBatches(ctx, ids, maxProfiles, func(ctx context.Context, batch []string, from int) error {
		return c.profileBatch(ctx, batch, users[from:], refused[from:])
	})
	if err != nil {
		return nil, nil, err
	}
	var found []imclient.User
	var out []imclient.Refused
	for i, id := range ids {
		switch {
		case users[i].ID != "":
			found = append(found, users[i])
		case refused[i] != nil:
			out = append(out, imclient.Refused{ID: id, Err: refused[i]})
		default:
			out = append(out, imclient.Refused{ID: id, Err: refuse(ctx, imclient.ErrNotFound, "the answer does not have the user")})
		}
	}
	return found, out, nil
}

// profileBatch reads at most 100 profiles into users and refused. The service may refuse all of them for one that does not
// exist: then each half is asked for by itself.
func (c *client) profileBatch(ctx context.Context, batch []string, users []imclient.User, refused []*imclient.Error) error {
	r, err := c.api.PortraitGet(ctx, &PortraitGetRequest{ToAccount: batch, TagList: c.tags()})
	if err != nil {
		e := asError(ctx, err)
		switch half := len(batch) / 2; {
		case !isTarget(e):
			return err
		case half == 0:
			refused[0] = e
			return nil
		default:
			if err := c.profileBatch(ctx, batch[:half], users, refused); err != nil {
				return err
			}
			return c.profileBatch(ctx, batch[half:], users[half:], refused[half:])
		}
	}
	place := make(map[string]int, len(batch))
	for i, id := range batch {
		place[id] = i
	}
	for _, p := range r.UserProfileItem {
		i, asked := place[string(p.ToAccount)]
		switch {
		case !asked:
		case p.ResultCode != 0:
			refused[i] = itemError(opOf(ctx, portraitGet.Command), portraitGet.Command, p.ResultCode, p.ResultInfo)
		default:
			users[i] = toUser(p)
		}
	}
	return nil
}

var genders = map[string]string{GenderFemale: "female", GenderMale: "male"}

func toUser(p UserProfile) imclient.User {
	u := imclient.User{ID: string(p.ToAccount)}
	for _, item := range p.ProfileItem {
		text := item.Text()
		switch item.Tag {
		case TagNick:
			u.Nick = text
		case TagImage:
			u.AvatarURL = text
		case TagGender:
			u.Gender = genders[text]
		case TagBirthday:
			u.Birthday = nonZero(text)
		case TagLocation:
			u.Location = text
		case TagSignature:
			u.Signature = text
		case TagLanguage:
			u.Language = nonZero(text)
		case TagLevel:
			u.Level = nonZero(text)
		case TagRole:
			u.Role = nonZero(text)
		case TagAllowType:
			u.AllowType = text
		case TagForbid:
			u.Forbidden = text == ForbidSendOut
		default:
			if name, ok := strings.CutPrefix(item.Tag, TagCustom); ok {
				u.Custom = append(u.Custom, imclient.Field{Key: name, Value: text})
			}
		}
	}
	return u
}

// nonZero is "" for the 0 of a number that nobody set.
func nonZero(s string) string {
	if s == "0" {
		return ""
	}
	return s
}

var presences = map[string]string{"online": "online", "pushonline": "push", "offline": "offline"}

func presence(s Str) string { return presences[strings.ToLower(strings.TrimSpace(string(s)))] }

// Presence returns the online state of users, in the order asked. Users whom the service does not know have no state.
func (u usersArea) Presence(ctx context.Context, ids []string) ([]imclient.Presence, error) {
	ctx = withOp(ctx, "users.presence")
	out := make([]imclient.Presence, len(ids))
	for i, id := range ids {
		out[i].UserID = id
	}
	err := readBatches(ctx, ids, maxStatus, func(ctx context.Context, batch []string, from int) error {
		r, err := u.api.QueryOnlineStatus(ctx, &QueryOnlineStatusRequest{ToAccount: unique(batch), IsNeedDetail: 1})
		if err != nil {
			return err
		}
		states := make(map[string]imclient.Presence, len(r.QueryResult))
		for _, s := range r.QueryResult {
			p := imclient.Presence{UserID: string(s.ToAccount), State: presence(s.Now())}
			for _, d := range s.Detail {
				p.Devices = append(p.Devices, imclient.Device{Platform: string(d.Platform), State: presence(d.Status)})
			}
			states[p.UserID] = p
		}
		for i, id := range batch {
			if p, ok := states[id]; ok {
				out[from+i] = p
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// selfFields are asked of a user's part in each group.
var selfFields = []string{"Role", "JoinTime", "MsgFlag", "MsgSeq"}

// joinedCursor is a place in a user's groups: those without topics come first, then the communities with topics, for
// which the service wants a question of their own.
type joinedCursor struct {
	topics bool
	offset int
}

func (j joinedCursor) String() string { return fmt.Sprintf("%d.%d", flag(j.topics), j.offset) }

func parseJoinedCursor(ctx context.Context, s string) (joinedCursor, error) {
	if s == "" {
		return joinedCursor{}, nil
	}
	kind, rest, ok := strings.Cut(s, ".")
	at, err := strconv.Atoi(rest)
	if !ok || err != nil || at < 0 || kind != "0" && kind != "1" {
		return joinedCursor{}, refuse(ctx, imclient.ErrInvalid, "cursor %.40q is not one of a user's groups", s)
	}
	return joinedCursor{kind == "1", at}, nil
}

// Groups returns one page of the groups that a user is in, with names. The total is told on the first page.
func (u usersArea) Groups(ctx context.Context, user, cursor string, limit int) (imclient.Page[imclient.JoinedGroup], error) {
	ctx = withOp(ctx, "users.groups")
	page := imclient.Page[imclient.JoinedGroup]{Total: -1}
	limit, err := pageSize(ctx, limit, maxJoinedList)
	if err != nil {
		return page, err
	}
	at, err := parseJoinedCursor(ctx, cursor)
	if err != nil {
		return page, err
	}
	var plain, topics joinedPart
	if !at.topics {
		if plain, err = u.joined(ctx, user, at, limit); err != nil {
			return page, err
		}
		page.Items, page.Next = plain.groups, plain.next
		at = joinedCursor{topics: true}
	}
	switch {
	case page.Next == "":
		topics, err = u.joined(ctx, user, at, limit)
		page.Items, page.Next = append(page.Items, topics.groups...), topics.next
	case cursor == "":
		topics, err = u.joined(ctx, user, at, 1) // for the total alone
	}
	if err == nil && cursor == "" && !plain.mixed && !topics.mixed {
		page.Total = plain.total + topics.total
	}
	return page, err
}

// joinedPart is one answer about a user's groups.
type joinedPart struct {
	groups []imclient.JoinedGroup
	next   string
	total  int
	mixed  bool // the service put communities with topics and others into one list, so that its totals overlap
}

func (u usersArea) joined(ctx context.Context, user string, at joinedCursor, limit int) (joinedPart, error) {
	q := &GetJoinedGroupListRequest{
		MemberAccount: user, WithHugeGroups: 1, WithNoActiveGroups: 1, Limit: limit, Offset: at.offset,
		ResponseFilter: &GroupFilter{GroupBaseInfoFilter: groupFields, SelfInfoFilter: selfFields},
	}
	if at.topics {
		q.GroupType, q.SupportTopic = TypeCommunity, 1
	}
	r, err := u.api.GetJoinedGroupList(ctx, q)
	if err != nil {
		if e := asError(ctx, err); at.topics && e.Sent && (e.Kind == imclient.ErrDenied || e.Kind == imclient.ErrUnsupported || e.Kind == imclient.ErrInvalid) {
			return joinedPart{}, nil // the app has no communities with topics
		}
		return joinedPart{}, err
	}
	part := joinedPart{total: int(r.TotalCount)}
	for _, j := range r.GroupIdList {
		if j.SupportTopic != nil && (*j.SupportTopic == 1) != at.topics {
			part.mixed = true
			continue
		}
		part.groups = append(part.groups, imclient.JoinedGroup{
			Group: toGroup(j.GroupInfo), Role: toRole(j.SelfInfo.Role), Joined: unix(j.SelfInfo.JoinTime),
		})
	}
	if end := at.offset + len(r.GroupIdList); len(r.GroupIdList) > 0 && end < part.total {
		part.next = joinedCursor{at.topics, end}.String()
	}
	return part, nil
}

// SignOut ends the user's logins.
func (u usersArea) SignOut(ctx context.Context, user string) error {
	_, err := u.api.Kick(withOp(ctx, "users.sign_out"), &KickRequest{UserID: user})
	return err
}
