package volcengine

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

type groupsArea struct{ *client }

func sortFields(list []imclient.Field) {
	slices.SortFunc(list, func(a, b imclient.Field) int { return strings.Compare(a.Key, b.Key) })
}

func groupOf(info ConversationInfo) imclient.Group {
	g := imclient.Group{
		ID: string(info.ConversationShortId), Type: TypeGroup, Name: string(info.Name), Intro: string(info.Description),
		Notice: string(info.Notice), AvatarURL: string(info.AvatarUrl), OwnerID: info.OwnerUserId.or(string(info.OwnerUserIdStr)),
		Created: seconds(info.CreateTime), InfoChanged: seconds(info.ModifyTime), Members: -1, Online: -1, Custom: fields(info.Ext),
	}
	if isLive(info) {
		g.Type = TypeLive
		if info.OnlineCount != nil {
			g.Online = int(*info.OnlineCount)
		}
	}
	if info.MemberCount != nil {
		g.Members = int(*info.MemberCount)
	}
	return g
}

// List is what the vendor does not have: no action lists the conversations of an app.
func (g groupsArea) List(context.Context, imclient.GroupListOptions) (imclient.Page[imclient.Group], error) {
	return imclient.Page[imclient.Group]{}, unsupported("groups.list")
}

// Get reads a group and its newest message: two calls.
func (g groupsArea) Get(ctx context.Context, id string) (imclient.Group, error) {
	ctx = withOp(ctx, "groups.get")
	info, err := g.info(ctx, id)
	if err != nil {
		return imclient.Group{}, err
	}
	group := groupOf(info)
	newest, err := g.older(ctx, id, "", 1)
	if err != nil {
		return imclient.Group{}, err
	}
	if len(newest.Messages) > 0 {
		group.LastSeq, group.LastMessage = string(newest.Messages[0].IndexInConversation), millis(newest.Messages[0].CreateTime)
	}
	return group, nil
}

// GetMany does not tell the newest messages: that would take a call for each group.
func (g groupsArea) GetMany(ctx context.Context, list []string) ([]imclient.Group, []imclient.Refused, error) {
	infos, refused, err := g.infosOf(withOp(ctx, "groups.get_many"), list, infoFresh)
	if err != nil {
		return nil, nil, err
	}
	groups := make([]imclient.Group, len(infos))
	for i, info := range infos {
		groups[i] = groupOf(info)
	}
	return groups, refused, nil
}

func (g groupsArea) Change(ctx context.Context, id string, c imclient.GroupChange) error {
	ctx = withOp(ctx, "groups.change")
	if c.JoinOption != nil || c.InviteOpt != nil || c.MuteAll != nil || c.MaxMembers != nil {
		return refuse(ctx, imclient.ErrUnsupported, "who may join or speak, and how many, is not the API's to change")
	}
	change := ConversationChange{ConversationShortId: ID(id), Name: c.Name, Description: c.Intro, Notice: c.Notice, AvatarUrl: c.AvatarURL}
	if c.Name == nil && c.Intro == nil && c.Notice == nil && c.AvatarURL == nil && len(c.Custom) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	info, err := g.info(imclient.Fresh(ctx), id)
	if err != nil {
		return err
	}
	if len(c.Custom) > 0 {
		change.Ext = merged(info.Ext, c.Custom)
	}
	return g.api.ModifyConversation(ctx, &ModifyConversationRequest{change})
}

// Create makes a group and adds its members in further calls: at the vendor a group begins with its owner alone.
func (g groupsArea) Create(ctx context.Context, n imclient.NewGroup) (string, []imclient.Refused, error) {
	ctx = withOp(ctx, "groups.create")
	kind := ConversationGroup
	switch {
	case n.Type == TypeLive:
		kind = ConversationLive
	case n.Type != TypeGroup:
		return "", nil, refuse(ctx, imclient.ErrInvalid, "no group type %.40q", string(n.Type))
	}
	switch {
	case n.ID != "":
		return "", nil, refuse(ctx, imclient.ErrInvalid, "the service chooses the ids of groups")
	case !g.api.validUser(n.OwnerID):
		return "", nil, refuse(ctx, imclient.ErrInvalid, "a group needs an owner")
	case n.JoinOption != "" || n.InviteOpt != "" || n.MaxMembers != 0 || n.Topics:
		return "", nil, refuse(ctx, imclient.ErrUnsupported, "who may join, and how many, is not the API's to set")
	case kind == ConversationLive && len(n.Members) > 0:
		return "", nil, refuse(ctx, imclient.ErrUnsupported, "users join a live group by themselves")
	}
	r, err := g.api.CreateConversation(ctx, &CreateConversationRequest{
		ConversationCoreInfo: NewConversation{
			ConversationType: kind, Name: n.Name, Description: n.Intro, Notice: n.Notice, AvatarUrl: n.AvatarURL, Ext: merged(nil, n.Custom),
		},
		OwnerUserId: ID(n.OwnerID), IdempotentId: rand.Text(),
	})
	if err != nil {
		return "", nil, err
	}
	id := string(r.ConversationShortId)
	if id == "" {
		id = string(r.ConversationInfo.ConversationShortId)
	}
	members := slices.DeleteFunc(slices.Clone(n.Members), func(u string) bool { return u == n.OwnerID })
	refused, err := membersArea(g).add(ctx, id, n.OwnerID, members)
	if err != nil { // the group is there
		refused = calls.RefuseAll(calls.Unique(members), calls.Same, calls.AsError(ctx, err))
	}
	return id, refused, nil
}

// Dismiss acts as the owner: nobody else may.
func (g groupsArea) Dismiss(ctx context.Context, id string) error {
	ctx = withOp(ctx, "groups.dismiss")
	info, err := g.info(imclient.Fresh(ctx), id)
	if err != nil {
		return err
	}
	return g.api.DestroyConversation(ctx, &DestroyConversationRequest{ConversationShortId: ID(id), OwnerUserId: ownerOf(info)})
}

func (g groupsArea) Transfer(ctx context.Context, id, owner string) error {
	ctx = withOp(ctx, "groups.transfer")
	if !g.api.validUser(owner) {
		return refuse(ctx, imclient.ErrInvalid, "no user %.40q: ids are digits", owner)
	}
	if _, err := g.info(imclient.Fresh(ctx), id); err != nil {
		return err
	}
	return g.api.ModifyConversation(ctx, &ModifyConversationRequest{ConversationChange{ConversationShortId: ID(id), OwnerUserId: ID(owner)}})
}

func (g groupsArea) SendNotice(context.Context, string, string, []string) error {
	return unsupported("groups.notice")
}
