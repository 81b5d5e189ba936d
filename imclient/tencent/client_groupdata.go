package tencent

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"imdesk/imclient"
)

// Create makes a group, and puts its members into it.
func (g groupsArea) Create(ctx context.Context, n imclient.NewGroup) (string, []imclient.Refused, error) {
	ctx = withOp(ctx, "groups.create")
	if reason := why(imclient.VerbAddMember, n.Type); reason != "" && len(n.Members) > 0 {
		return "", nil, refuse(ctx, imclient.ErrUnsupported, "%s", reason)
	}
	r, err := g.api.CreateGroup(ctx, &CreateGroupRequest{
		OwnerAccount: n.OwnerID, Type: string(n.Type), GroupId: n.ID, Name: n.Name, Introduction: n.Intro, Notification: n.Notice,
		FaceUrl: n.AvatarURL, MaxMemberCount: n.MaxMembers, ApplyJoinOption: n.JoinOption, InviteJoinOption: n.InviteOpt,
		SupportTopic: flag(n.Topics), AppDefinedData: keyValues(n.Custom),
	})
	if err != nil {
		return "", nil, err
	}
	id := string(r.GroupId)
	if len(n.Members) == 0 {
		return id, nil, nil
	}
	// The command takes members itself, and fails as a whole for one whom it does not know.
	refused, err := membersArea(g).add(ctx, id, n.Members, true)
	if err != nil {
		refused = refuseAll(unique(n.Members), same, asError(ctx, err))
	}
	return id, refused, nil
}

// keyValues are app-defined fields as the wire has them.
func keyValues(fields []imclient.Field) []KeyValue {
	var list []KeyValue
	for _, f := range fields {
		list = append(list, KeyValue{Str(f.Key), Str(f.Value)})
	}
	return list
}

// Dismiss ends a group.
func (g groupsArea) Dismiss(ctx context.Context, id string) error {
	_, err := g.api.DestroyGroup(withOp(ctx, "groups.dismiss"), &DestroyGroupRequest{GroupId: id})
	return err
}

// Transfer gives a group to another owner.
func (g groupsArea) Transfer(ctx context.Context, id, owner string) error {
	ctx = withOp(ctx, "groups.transfer")
	if err := g.allow(ctx, imclient.VerbTransfer, id, ""); err != nil {
		return err
	}
	_, err := g.api.ChangeGroupOwner(ctx, &ChangeGroupOwnerRequest{GroupId: id, NewOwnerAccount: owner})
	return err
}

// SetCustom changes app-defined fields of a member.
func (m membersArea) SetCustom(ctx context.Context, group, user string, list []imclient.Field) error {
	ctx = withOp(ctx, "members.set_custom")
	if len(list) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	if err := m.allow(ctx, imclient.VerbMemberFields, group, ""); err != nil {
		return err
	}
	_, err := m.api.ModifyGroupMemberInfo(ctx, &ModifyGroupMemberInfoRequest{GroupId: group, MemberAccount: user, AppMemberDefinedData: keyValues(list)})
	return err
}

// SetUnread sets how many messages of the group a member has not read.
func (m membersArea) SetUnread(ctx context.Context, group, user string, n int) error {
	return m.setUnread(withOp(ctx, "members.set_unread"), group, user, n)
}

func (m membersArea) setUnread(ctx context.Context, group, user string, n int) error {
	if n < 0 {
		return refuse(ctx, imclient.ErrInvalid, "%d unread messages", n)
	}
	if err := m.allow(ctx, imclient.VerbUnread, group, ""); err != nil {
		return err
	}
	_, err := m.api.SetUnreadMsgNum(ctx, &SetUnreadMsgNumRequest{GroupId: group, MemberAccount: user, UnreadMsgNum: n})
	return err
}

// Mark gives marks to users in a live room, or takes them away.
func (l liveArea) Mark(ctx context.Context, group string, users, marks []string, on bool) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "live.mark")
	if err := l.allow(ctx, imclient.VerbLiveMarks, group, ""); err != nil {
		return nil, err
	}
	var numbers []int
	for _, mark := range marks {
		n, err := strconv.Atoi(mark)
		if err != nil || n < 1 {
			return nil, refuse(ctx, imclient.ErrInvalid, "%.40q is not a mark", mark)
		}
		numbers = append(numbers, n)
	}
	if len(numbers) == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "no marks")
	}
	q := &ModifyUserInfoRequest{GroupId: group, CommandType: CommandRemove}
	if on {
		q.CommandType = CommandSet
	}
	return inBatches(ctx, users, maxMarked, same, func(batch []string) ([]imclient.Refused, error) {
		q.MemberList = nil
		for _, u := range batch {
			q.MemberList = append(q.MemberList, MarkedMember{u, numbers})
		}
		r, err := l.api.ModifyUserInfo(ctx, q)
		if err != nil {
			return nil, err
		}
		present := map[string]bool{}
		for _, m := range r.MemberList {
			present[string(m.MemberAccount)] = true
		}
		var refused []imclient.Refused
		for _, u := range batch {
			if !present[u] {
				refused = append(refused, imclient.Refused{ID: u, Err: ownError(ctx, modifyUserInfo.Command, codeAway)})
			}
		}
		return refused, nil
	})
}

// Broadcast says something in every live room.
func (l liveArea) Broadcast(ctx context.Context, d imclient.Draft) (imclient.Sent, error) {
	ctx = withOp(ctx, "live.broadcast")
	body, err := encodeBody(ctx, d.Body)
	if err != nil {
		return imclient.Sent{}, err
	}
	if len(body) == 0 {
		return imclient.Sent{}, refuse(ctx, imclient.ErrInvalid, "a message without a body")
	}
	q := &SendBroadcastMsgRequest{FromAccount: d.From, MsgBody: body, CloudCustomData: d.Custom}
	_, q.Random = repeatKey(d.Key)
	r, err := l.api.SendBroadcastMsg(ctx, q)
	if err != nil {
		return imclient.Sent{}, err
	}
	sent := imclient.Sent{At: l.api.now().UTC()}
	if r.MsgSeq > 0 {
		sent.ID, sent.Seq = itoa(r.MsgSeq), itoa(r.MsgSeq)
	}
	return sent, nil
}

type attributesArea struct{ *client }

// List returns all attributes of a group, by key.
func (a attributesArea) List(ctx context.Context, group string) ([]imclient.Field, error) {
	r, err := a.api.GetGroupAttr(withOp(ctx, "attributes.list"), &GroupRequest{GroupId: group})
	if err != nil {
		return nil, err
	}
	list := make([]imclient.Field, len(r.GroupAttrAry))
	for i, attr := range r.GroupAttrAry {
		list[i] = imclient.Field{Key: string(attr.Key), Value: string(attr.Value)}
	}
	slices.SortFunc(list, func(a, b imclient.Field) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

func groupAttrs(group string, list []imclient.Field) *GroupAttrRequest {
	q := &GroupAttrRequest{GroupId: group, GroupAttr: make([]GroupAttr, len(list))}
	for i, f := range list {
		q.GroupAttr[i] = GroupAttr{Str(f.Key), Str(f.Value)}
	}
	return q
}

// Set sets the named attributes.
func (a attributesArea) Set(ctx context.Context, group string, list []imclient.Field) error {
	_, err := a.api.ModifyGroupAttr(withOp(ctx, "attributes.set"), groupAttrs(group, list))
	return err
}

// Replace makes these all attributes that there are.
func (a attributesArea) Replace(ctx context.Context, group string, list []imclient.Field) error {
	_, err := a.api.SetGroupAttr(withOp(ctx, "attributes.replace"), groupAttrs(group, list))
	return err
}

// Remove removes the named attributes.
func (a attributesArea) Remove(ctx context.Context, group string, keys []string) error {
	q := &DeleteGroupAttrRequest{GroupId: group}
	for _, key := range unique(keys) {
		q.GroupAttr = append(q.GroupAttr, GroupAttrKey{key})
	}
	ctx = withOp(ctx, "attributes.remove")
	if len(q.GroupAttr) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "no keys")
	}
	_, err := a.api.DeleteGroupAttr(ctx, q)
	return err
}

// Clear removes all attributes.
func (a attributesArea) Clear(ctx context.Context, group string) error {
	ctx = withOp(ctx, "attributes.clear")
	if err := a.allow(ctx, imclient.VerbClearAttrs, group, ""); err != nil {
		return err
	}
	_, err := a.api.ClearGroupAttr(ctx, &GroupRequest{GroupId: group})
	return err
}

type countersArea struct{ *client }

// List returns counters of a group, by key.
func (c countersArea) List(ctx context.Context, group string, keys ...string) ([]imclient.Counter, error) {
	ctx = withOp(ctx, "counters.list")
	if err := c.allow(ctx, imclient.VerbCounters, group, ""); err != nil {
		return nil, err
	}
	r, err := c.api.GetGroupCounter(ctx, &GroupCounterKeysRequest{GroupId: group, GroupCounterKeys: unique(keys)})
	if err != nil {
		return nil, err
	}
	return toCounters(r.GroupCounter), nil
}

func toCounters(list []GroupCounter) []imclient.Counter {
	out := make([]imclient.Counter, len(list))
	for i, c := range list {
		out[i] = imclient.Counter{Key: string(c.Key), Value: int64(c.Value)}
	}
	slices.SortFunc(out, func(a, b imclient.Counter) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// Set sets counters.
func (c countersArea) Set(ctx context.Context, group string, list []imclient.Counter) ([]imclient.Counter, error) {
	return c.update(withOp(ctx, "counters.set"), group, CounterSet, list)
}

// Add adds to counters. The service knows adding and taking away, each with numbers that are not negative: a list with both
// takes two calls.
func (c countersArea) Add(ctx context.Context, group string, list []imclient.Counter) ([]imclient.Counter, error) {
	ctx = withOp(ctx, "counters.add")
	var more, less []imclient.Counter
	for _, counter := range list {
		switch {
		case counter.Value == math.MinInt64:
			return nil, refuse(ctx, imclient.ErrInvalid, "%d cannot be taken away at once", counter.Value)
		case counter.Value < 0:
			less = append(less, imclient.Counter{Key: counter.Key, Value: -counter.Value})
		default:
			more = append(more, counter)
		}
	}
	now, err := c.update(ctx, group, CounterIncrease, more)
	if err != nil || len(less) == 0 {
		return now, err
	}
	rest, err := c.update(ctx, group, CounterDecrease, less)
	if err != nil {
		return now, err
	}
	now = append(now, rest...)
	slices.SortFunc(now, func(a, b imclient.Counter) int { return strings.Compare(a.Key, b.Key) })
	return now, nil
}

func (c countersArea) update(ctx context.Context, group, mode string, list []imclient.Counter) ([]imclient.Counter, error) {
	if err := c.allow(ctx, imclient.VerbCounters, group, ""); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, nil
	}
	q := &UpdateGroupCounterRequest{GroupId: group, Mode: mode}
	for _, counter := range list {
		q.GroupCounter = append(q.GroupCounter, GroupCounter{Str(counter.Key), Int(counter.Value)})
	}
	r, err := c.api.UpdateGroupCounter(ctx, q)
	if err != nil {
		return nil, err
	}
	return toCounters(r.GroupCounter), nil
}

// Remove removes counters.
func (c countersArea) Remove(ctx context.Context, group string, keys ...string) error {
	ctx = withOp(ctx, "counters.remove")
	if err := c.allow(ctx, imclient.VerbCounters, group, ""); err != nil {
		return err
	}
	_, err := c.api.DeleteGroupCounter(ctx, &GroupCounterKeysRequest{GroupId: group, GroupCounterKeys: unique(keys)})
	return err
}

type topicsArea struct{ *client }

// List returns all topics of a community, the oldest first, as the administrator sees them.
func (t topicsArea) List(ctx context.Context, group string) ([]imclient.Topic, error) {
	ctx = withOp(ctx, "topics.list")
	if err := t.allow(ctx, imclient.VerbTopics, group, ""); err != nil {
		return nil, err
	}
	r, err := t.api.GetTopic(ctx, &GetTopicRequest{GroupId: group, FromAccount: t.api.cfg.Administrator})
	if err != nil {
		return nil, err
	}
	var list []imclient.Topic
	for _, item := range r.TopicAndSelfInfo {
		if item.ErrorCode == 0 && item.TopicInfo.TopicId != "" {
			list = append(list, toTopic(item.TopicInfo))
		}
	}
	slices.SortFunc(list, func(a, b imclient.Topic) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return list, nil
}

func toTopic(i TopicInfo) imclient.Topic {
	topic := imclient.Topic{
		ID: string(i.TopicId), Group: string(i.GroupID), Name: string(i.TopicName), Intro: string(i.Introduction), Notice: string(i.Notification),
		AvatarURL: string(i.FaceUrl), Custom: string(i.CustomString), Created: unix(i.CreateTime), LastMessage: unix(i.LastMsgTime), MuteAll: onOff(i.Muted()),
	}
	if topic.Group == "" {
		topic.Group, _ = splitTopic(topic.ID)
	}
	if i.NextMsgSeq > 1 {
		topic.LastSeq = itoa(i.NextMsgSeq - 1)
	}
	return topic
}

// community is the group that a topic is part of.
func community(ctx context.Context, id string) (string, error) {
	group, topic := splitTopic(id)
	if topic == "" {
		return "", refuse(ctx, imclient.ErrInvalid, "%.100q is not the id of a topic", id)
	}
	return group, nil
}

// Get returns one topic.
func (t topicsArea) Get(ctx context.Context, id string) (imclient.Topic, error) {
	ctx = withOp(ctx, "topics.get")
	group, err := community(ctx, id)
	if err != nil {
		return imclient.Topic{}, err
	}
	r, err := t.api.GetTopic(ctx, &GetTopicRequest{GroupId: group, FromAccount: t.api.cfg.Administrator, TopicIdList: []string{id}})
	if err != nil {
		return imclient.Topic{}, err
	}
	for _, item := range r.TopicAndSelfInfo {
		switch {
		case item.ErrorCode != 0:
			return imclient.Topic{}, itemError(opOf(ctx, getTopic.Command), getTopic.Command, item.ErrorCode, item.ErrorInfo)
		case string(item.TopicInfo.TopicId) == id:
			return toTopic(item.TopicInfo), nil
		}
	}
	return imclient.Topic{}, refuse(ctx, imclient.ErrNotFound, "the answer does not have the topic")
}

// Create makes a topic.
func (t topicsArea) Create(ctx context.Context, n imclient.NewTopic) (string, error) {
	ctx = withOp(ctx, "topics.create")
	if err := t.allow(ctx, imclient.VerbTopics, n.Group, ""); err != nil {
		return "", err
	}
	r, err := t.api.CreateTopic(ctx, &CreateTopicRequest{
		GroupId: n.Group, TopicId: n.ID, TopicName: n.Name, Introduction: n.Intro, Notification: n.Notice, FaceUrl: n.AvatarURL, CustomString: n.Custom,
	})
	if err != nil {
		return "", err
	}
	return string(r.TopicId), nil
}

// Change changes the named fields of a topic.
func (t topicsArea) Change(ctx context.Context, id string, ch imclient.TopicChange) error {
	ctx = withOp(ctx, "topics.change")
	group, err := community(ctx, id)
	if err != nil {
		return err
	}
	q := &ModifyTopicRequest{
		GroupId: group, TopicId: id, TopicName: ch.Name, Introduction: ch.Intro, Notification: ch.Notice, FaceUrl: ch.AvatarURL, CustomString: ch.Custom,
	}
	if ch.MuteAll != nil {
		q.MuteAllMember = wireSwitch(*ch.MuteAll)
	}
	_, err = t.api.ModifyTopic(ctx, q)
	return err
}

// wireSwitch is the On and Off of the wire.
func wireSwitch(on bool) string {
	if on {
		return "On"
	}
	return "Off"
}

// Delete removes topics.
func (t topicsArea) Delete(ctx context.Context, group string, ids []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "topics.delete")
	return inBatches(ctx, ids, maxTopicDelete, same, func(batch []string) ([]imclient.Refused, error) {
		r, err := t.api.DestroyTopic(ctx, &DestroyTopicRequest{GroupId: group, TopicIdList: batch})
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, item := range r.DestroyResultItem {
			if item.ErrorCode != 0 {
				refused = append(refused, imclient.Refused{
					ID: string(item.TopicId), Err: itemError(opOf(ctx, destroyTopic.Command), destroyTopic.Command, item.ErrorCode, item.ErrorInfo),
				})
			}
		}
		return refused, nil
	})
}
