package volcengine

import (
	"context"
	"strings"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// How long copies of answers are kept. What a group is like is shared only for as long as one page takes to draw; who owns
// it, and which conversation two users have, changes hardly ever.
const (
	infoFresh   = 2 * time.Second
	ownerFresh  = 10 * time.Second
	saidFresh   = time.Second
	peopleFresh = 5 * time.Second
	chatFresh   = 10 * time.Minute
	walkFresh   = 15 * time.Minute // of a list that somebody pages through
	infoCopies  = 5000
	saidCopies  = 200
	peopleLists = 500
	chatCopies  = 20000
	walkCopies  = 100
	mutedCopies = 100
)

// How many targets of one call are taken where no page says: the service may take more.
const maxTargets = 50

// client is the service in imclient's words. Its areas are views of it.
type client struct {
	api    *API
	infos  *calls.Cache[ConversationInfo]
	said   *calls.Cache[GetConversationMessagesResult]
	people *calls.Cache[map[string]User] // by the ids that were asked for
	chats  *calls.Cache[string]          // the conversation of two users
	walks  *calls.Cache[walk]            // lists of members that are paged through
	muted  *calls.Cache[mutedPart]
}

// New makes a client for one app. Nothing is called yet.
func New(cfg Config) (*imclient.Client, error) {
	api, err := NewAPI(cfg)
	if err != nil {
		return nil, err
	}
	return NewClient(api), nil
}

// NewClient makes a client on top of an API, which it closes. Calls made with the API directly share its rates.
func NewClient(api *API) *imclient.Client {
	c := &client{
		api:    api,
		infos:  calls.NewCache[ConversationInfo](api.life, api.now, infoFresh, 0, infoCopies),
		said:   calls.NewCache[GetConversationMessagesResult](api.life, api.now, saidFresh, 0, saidCopies),
		people: calls.NewCache[map[string]User](api.life, api.now, peopleFresh, 0, peopleLists),
		chats:  calls.NewCache[string](api.life, api.now, chatFresh, 0, chatCopies),
		walks:  calls.NewCache[walk](api.life, api.now, walkFresh, 0, walkCopies),
		muted:  calls.NewCache[mutedPart](api.life, api.now, infoFresh, 0, mutedCopies),
	}
	api.written = c.written
	im := &imclient.Client{
		Vendor: imclient.Volcengine, AppID: api.appID, Caps: capabilities(api),
		Groups: groupsArea{c}, Members: membersArea{c}, Messages: messagesArea{c}, Mutes: mutesArea{c}, Users: usersArea{c},
		Live: liveArea{c}, Friends: friendsArea{c}, Blocks: blocksArea{c}, Contacts: contactsArea{c}, Broadcasts: broadcastsArea{c},
		Pool: api.pool(), ShareRates: api.account.ShareRates, SetShare: api.account.SetShare,
		Raw: rawArea{c}, Check: c.check, Costs: api.costs, Stats: api.Stats, Close: api.Close,
		Rooms: roomsArea{c}, Attendance: attendanceArea{c}, Mass: massArea{c}, Tokens: tokensArea{c}, Walk: walkArea{c}, Chats: chatsArea{c},
	}
	im.Complete()
	return im
}

// capabilities are those of one app.
func capabilities(api *API) imclient.Capabilities {
	caps := Capabilities()
	caps.IsUserID = api.validUser
	return caps
}

// written forgets the copies of what a write of ours may have changed.
func (c *client) written(a *Action, conversation string) {
	if conversation == "" {
		c.people.Drop(func(string) bool { return true }) // it was about somebody
		return
	}
	c.infos.DropKey(conversation)
	c.said.Drop(func(key string) bool { return strings.HasPrefix(key, conversation+"/") })
	c.muted.Drop(func(key string) bool { return strings.HasPrefix(key, conversation+"/") })
}

// info reads a group. Direct chats are conversations, too, but no groups.
func (c *client) info(ctx context.Context, id string) (ConversationInfo, error) {
	list, refused, err := c.infosOf(ctx, []string{id}, infoFresh)
	switch {
	case err != nil:
		return ConversationInfo{}, err
	case len(refused) > 0:
		return ConversationInfo{}, refused[0].Err
	}
	return list[0], nil
}

// known is info where it matters only what changes hardly ever: the type and the owner.
func (c *client) known(ctx context.Context, id string) (ConversationInfo, error) {
	list, refused, err := c.infosOf(ctx, []string{id}, ownerFresh)
	switch {
	case err != nil:
		return ConversationInfo{}, err
	case len(refused) > 0:
		return ConversationInfo{}, refused[0].Err
	}
	return list[0], nil
}

// infosOf reads groups in the order asked, from copies that are young enough, and the others in batches.
func (c *client) infosOf(ctx context.Context, asked []string, age time.Duration) ([]ConversationInfo, []imclient.Refused, error) {
	asked = calls.Unique(asked)
	found := make(map[string]ConversationInfo, len(asked))
	var missing []string
	for _, id := range asked {
		if v, old, ok := c.infos.Peek(id); ok && old < age && !imclient.IsFresh(ctx) {
			found[id] = v
		} else if validID(id) {
			missing = append(missing, id)
		}
	}
	epoch := c.infos.Begin()
	parts := make([][]ConversationInfo, len(missing)/maxTargets+1)
	err := calls.ReadBatches(ctx, missing, maxTargets, func(ctx context.Context, batch []string, from int) error {
		r, err := c.api.BatchGetConversations(ctx, &BatchGetConversationsRequest{ConversationShortId: ids(batch), SkipMemberCount: ptr(false)})
		if err != nil {
			return err
		}
		parts[from/maxTargets] = r.ConversationCoreInfos
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, part := range parts {
		for _, info := range part {
			id := string(info.ConversationShortId)
			found[id] = info
			c.infos.Put(id, info, epoch)
		}
	}
	var list []ConversationInfo
	var refused []imclient.Refused
	for _, id := range asked {
		info, ok := found[id]
		if ok && info.ConversationType != ConversationDirect && info.Status != statusGone {
			list = append(list, info)
			continue
		}
		refused = append(refused, imclient.Refused{ID: id, Err: refuse(ctx, imclient.ErrNotFound, "no group %.40q", id)})
	}
	return list, refused, nil
}

// ownerOf is whom a conversation belongs to.
func ownerOf(info ConversationInfo) ID { return ID(info.OwnerUserId.or(string(info.OwnerUserIdStr))) }

func isLive(info ConversationInfo) bool { return info.ConversationType == ConversationLive }

// needLive refuses what live groups alone have, and needGroup what they do not have, with the service's own word for it.
func needLive(ctx context.Context, info ConversationInfo) error {
	if isLive(info) {
		return nil
	}
	return refuse(ctx, imclient.ErrUnsupported, "live groups alone have that")
}

func needGroup(ctx context.Context, info ConversationInfo) error {
	if !isLive(info) {
		return nil
	}
	return refuse(ctx, imclient.ErrUnsupported, "live groups do not have that")
}

// failedItems turns a list of users who were refused without a word into results. why is asked for the reason of each.
func failedItems(ctx context.Context, a *Action, failed []string, kind func(user string) error) []imclient.Refused {
	var list []imclient.Refused
	for _, id := range failed {
		list = append(list, imclient.Refused{ID: id, Err: &imclient.Error{
			Op: calls.Op(ctx, a.Name), Vendor: imclient.Volcengine, Kind: kind(id), Status: 200, Sent: true,
		}})
	}
	return list
}

// failedInfos turns the items of a success that were refused one by one into results.
func failedInfos(ctx context.Context, a *Action, failed []FailedInfo) []imclient.Refused {
	var list []imclient.Refused
	for _, f := range failed {
		list = append(list, imclient.Refused{ID: f.UserId.or(string(f.UserIdStr)), Err: &imclient.Error{
			Op: calls.Op(ctx, a.Name), Vendor: imclient.Volcengine, Kind: kindOf(string(f.Code), 200), Code: string(f.Code), Status: 200,
			Detail: string(f.Message), Sent: true,
		}})
	}
	return list
}

// twins joins a list of ids with that of an app whose users have texts for ids.
func twins(list []ID, texts []Str) []string {
	var out []string
	for _, id := range list {
		if id != "" && id != "0" {
			out = append(out, string(id))
		}
	}
	if len(out) == 0 {
		for _, t := range texts {
			out = append(out, string(t))
		}
	}
	return out
}

// split parts ids from texts that cannot be any, which are refused unsent.
func (c *client) split(ctx context.Context, users []string) (valid []string, refused []imclient.Refused) {
	for _, u := range calls.Unique(users) {
		if c.api.validUser(u) {
			valid = append(valid, u)
			continue
		}
		refused = append(refused, imclient.Refused{ID: u, Err: refuse(ctx, imclient.ErrNotFound, "no user %.40q", u)})
	}
	return valid, refused
}

// inBatches writes to users, at most n a call, as calls.InBatches does. Texts that are no ids are refused unsent.
func (c *client) inBatches(ctx context.Context, users []string, n int, call func([]string) ([]imclient.Refused, error)) ([]imclient.Refused, error) {
	valid, refused := c.split(ctx, users)
	more, err := calls.InBatches(ctx, valid, n, calls.Same, isTarget, call)
	if err != nil {
		return nil, err
	}
	return append(refused, more...), nil
}

// isTarget tells the codes that refuse a whole batch for one of its targets.
func isTarget(e *imclient.Error) bool {
	switch e.Code {
	case "ParticipantNotInConversation", "ParticipantNotFound", "MessageNotFound", "UserNotFound":
		return true
	}
	return false
}

// fields lists the app's own data: without the service's keys, and without those that were emptied since they cannot be
// removed.
func fields(e Ext) []imclient.Field {
	var list []imclient.Field
	for k, v := range e {
		if v != "" && !strings.HasPrefix(k, serviceKey) {
			list = append(list, imclient.Field{Key: k, Value: v})
		}
	}
	sortFields(list)
	return list
}

// merged is all of the app's own data with changes in it, so that it makes no difference whether the service merges it or
// replaces what there is.
func merged(now Ext, change []imclient.Field) Ext {
	out := Ext{}
	for k, v := range now {
		if !strings.HasPrefix(k, serviceKey) {
			out[k] = v
		}
	}
	for _, f := range change {
		out[f.Key] = f.Value
	}
	return out
}
