package tencent

import (
	"context"
	"slices"
	"strconv"
	"time"

	"imdesk/imclient"
)

type broadcastsArea struct{ *client }

// Send sends a message to many users.
func (b broadcastsArea) Send(ctx context.Context, m imclient.Broadcast) (string, error) {
	ctx = withOp(ctx, "broadcasts.send")
	body, err := encodeBody(ctx, m.Body)
	switch {
	case err != nil:
		return "", err
	case len(body) == 0:
		return "", refuse(ctx, imclient.ErrInvalid, "a message without a body")
	case m.Keep < 0 || m.Keep > maxMsgLife*time.Second:
		return "", refuse(ctx, imclient.ErrInvalid, "a message is kept for 7 days at most, not for %v", m.Keep)
	}
	q := &ImPushRequest{FromAccount: m.From, MsgLifeTime: int(seconds(m.Keep)), MsgBody: body}
	_, q.MsgRandom = repeatKey(m.Key)
	if m.Title != "" || m.Text != "" {
		q.OfflinePushInfo = &OfflinePush{Title: m.Title, Desc: m.Text}
	}
	if len(m.AnyTag)+len(m.AllTag)+len(m.AnyAttribute)+len(m.AllAttribute) > 0 {
		q.Condition = &PushCondition{TagsOr: m.AnyTag, TagsAnd: m.AllTag, AttrsOr: m.AnyAttribute, AttrsAnd: m.AllAttribute}
	}
	r, err := b.api.ImPush(ctx, q)
	if err != nil {
		return "", err
	}
	return string(r.TaskId), nil
}

// Tags returns the tags of users, in the order asked.
func (b broadcastsArea) Tags(ctx context.Context, users []string) ([]imclient.UserTags, error) {
	ctx = withOp(ctx, "broadcasts.tags")
	users = unique(users)
	out := make([]imclient.UserTags, len(users))
	for i, u := range users {
		out[i].UserID = u
	}
	err := readBatches(ctx, users, maxPushUsers, func(ctx context.Context, batch []string, from int) error {
		r, err := b.api.ImGetTag(ctx, &AccountsRequest{batch})
		if err != nil {
			return err
		}
		place := placesOf(batch)
		for _, u := range r.UserTags {
			if i, asked := place[string(u.ToAccount)]; asked {
				for _, tag := range u.Tags {
					out[from+i].Tags = append(out[from+i].Tags, string(tag))
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

// AddTags gives tags to users.
func (b broadcastsArea) AddTags(ctx context.Context, users, tags []string) ([]imclient.Refused, error) {
	return b.tag(withOp(ctx, "broadcasts.add_tags"), users, tags, b.api.ImAddTag)
}

// RemoveTags takes tags from users.
func (b broadcastsArea) RemoveTags(ctx context.Context, users, tags []string) ([]imclient.Refused, error) {
	return b.tag(withOp(ctx, "broadcasts.remove_tags"), users, tags, b.api.ImRemoveTag)
}

// tag changes tags, at most 10 of at most 100 users a call.
func (b broadcastsArea) tag(ctx context.Context, users, tags []string, send func(context.Context, *UserTagsRequest) (*Done, error)) ([]imclient.Refused, error) {
	if tags = unique(tags); len(tags) == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "no tags")
	}
	return inBatches(ctx, users, maxPushUsers, same, func(batch []string) ([]imclient.Refused, error) {
		for part := range slices.Chunk(tags, maxPushTags) {
			q := &UserTagsRequest{}
			for _, u := range batch {
				q.UserTags = append(q.UserTags, UserTags{u, part})
			}
			if _, err := send(ctx, q); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// ClearTags takes all tags from users.
func (b broadcastsArea) ClearTags(ctx context.Context, users []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "broadcasts.clear_tags")
	return inBatches(ctx, users, maxPushUsers, same, func(batch []string) ([]imclient.Refused, error) {
		_, err := b.api.ImRemoveAllTags(ctx, &AccountsRequest{batch})
		return nil, err
	})
}

// AttributeNames returns the names of the app's attributes by their numbers.
func (b broadcastsArea) AttributeNames(ctx context.Context) ([]string, error) {
	r, err := b.api.ImGetAttrName(withOp(ctx, "broadcasts.attribute_names"), &Empty{})
	if err != nil {
		return nil, err
	}
	var names []string
	for number, name := range r.AttrNames {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n >= maxAttrNames {
			continue
		}
		if missing := n + 1 - len(names); missing > 0 {
			names = append(names, make([]string, missing)...)
		}
		names[n] = string(name)
	}
	return names, nil
}

// SetAttributeNames names attributes by their numbers.
func (b broadcastsArea) SetAttributeNames(ctx context.Context, names []string) error {
	ctx = withOp(ctx, "broadcasts.set_attribute_names")
	q := &AttrNames{AttrNames: map[string]string{}}
	for n, name := range names {
		if name != "" {
			q.AttrNames[strconv.Itoa(n)] = name
		}
	}
	if len(q.AttrNames) == 0 || len(names) > maxAttrNames {
		return refuse(ctx, imclient.ErrInvalid, "%d names, of which %d are set", len(names), len(q.AttrNames))
	}
	_, err := b.api.ImSetAttrName(ctx, q)
	return err
}

// Attributes returns the attributes of users, in the order asked.
func (b broadcastsArea) Attributes(ctx context.Context, users []string) ([]imclient.UserAttributes, error) {
	ctx = withOp(ctx, "broadcasts.attributes")
	users = unique(users)
	out := make([]imclient.UserAttributes, len(users))
	for i, u := range users {
		out[i] = imclient.UserAttributes{UserID: u, Attributes: map[string]string{}}
	}
	err := readBatches(ctx, users, maxPushUsers, func(ctx context.Context, batch []string, from int) error {
		r, err := b.api.ImGetAttr(ctx, &AccountsRequest{batch})
		if err != nil {
			return err
		}
		place := placesOf(batch)
		for _, u := range r.UserAttrs {
			if i, asked := place[string(u.ToAccount)]; asked {
				for name, value := range u.Attrs {
					out[from+i].Attributes[name] = string(value)
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

// SetAttributes sets attributes of users.
func (b broadcastsArea) SetAttributes(ctx context.Context, users []string, set map[string]string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "broadcasts.set_attributes")
	if len(set) == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "no attributes")
	}
	return inBatches(ctx, users, maxPushUsers, same, func(batch []string) ([]imclient.Refused, error) {
		q := &SetUserAttrsRequest{}
		for _, u := range batch {
			q.UserAttrs = append(q.UserAttrs, SetUserAttrs{u, set})
		}
		_, err := b.api.ImSetAttr(ctx, q)
		return nil, err
	})
}

// RemoveAttributes removes attributes of users.
func (b broadcastsArea) RemoveAttributes(ctx context.Context, users, names []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "broadcasts.remove_attributes")
	if names = unique(names); len(names) == 0 {
		return nil, refuse(ctx, imclient.ErrInvalid, "no attributes")
	}
	return inBatches(ctx, users, maxPushUsers, same, func(batch []string) ([]imclient.Refused, error) {
		q := &RemoveUserAttrsRequest{}
		for _, u := range batch {
			q.UserAttrs = append(q.UserAttrs, RemoveUserAttrs{u, names})
		}
		_, err := b.api.ImRemoveAttr(ctx, q)
		return nil, err
	})
}
