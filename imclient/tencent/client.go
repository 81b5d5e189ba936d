package tencent

import (
	"strings"
	"time"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// How long copies of answers are kept. Ids of groups cost one of the app's single call a second, so many operators who
// browse share them; a person may see a page that is up to a minute old while a new one is fetched. What a group is
// like is shared only for as long as one page takes to draw.
const (
	idsFresh    = 15 * time.Second
	idsStale    = 60 * time.Second
	groupFresh  = 2 * time.Second
	saidFresh   = time.Second      // of a page of history, so that a crowd in front of one group costs one call
	peopleFresh = 5 * time.Second  // of names and profiles, which pages ask for again and again
	liveFresh   = 10 * time.Second // the service's own snapshot of a live room is not younger
	typeFresh   = 10 * time.Minute // an id that its app chose may be used again
	idChunks    = 200
	typeCopies  = 20000
	groupCopies = 5000
	mutedCopies = 100
	liveCopies  = 50
	saidCopies  = 200
	peopleLists = 500 // of up to a page of people each
)

// client is the service in imclient's words. Its areas are views of it.
type client struct {
	api    *API
	ids    *calls.Cache[idChunk]
	groups *calls.Cache[imclient.Group]
	types  *calls.Cache[imclient.GroupType] // a group's never changes
	muted  *calls.Cache[[]imclient.Mute]
	live   *calls.Cache[livePage]
	said   *calls.Cache[window]
	people *calls.Cache[profiles]                   // by the ids that were asked for
	inside *calls.Cache[map[string]imclient.Member] // by group and the ids that were asked for
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
		ids:    calls.NewCache[idChunk](api.life, api.now, idsFresh, idsStale, idChunks),
		groups: calls.NewCache[imclient.Group](api.life, api.now, groupFresh, 0, groupCopies),
		types:  calls.NewCache[imclient.GroupType](api.life, api.now, typeFresh, 0, typeCopies),
		muted:  calls.NewCache[[]imclient.Mute](api.life, api.now, groupFresh, 0, mutedCopies),
		live:   calls.NewCache[livePage](api.life, api.now, liveFresh, 0, liveCopies),
		said:   calls.NewCache[window](api.life, api.now, saidFresh, 0, saidCopies),
		people: calls.NewCache[profiles](api.life, api.now, peopleFresh, 0, peopleLists),
		inside: calls.NewCache[map[string]imclient.Member](api.life, api.now, groupFresh, 0, peopleLists),
	}
	api.written = c.written
	im := &imclient.Client{
		Vendor: imclient.Tencent, AppID: api.cfg.SDKAppID, Caps: capabilities(api.cfg),
		Groups: groupsArea{c}, Members: membersArea{c}, Messages: messagesArea{c}, Mutes: mutesArea{c},
		Users: usersArea{c}, Live: liveArea{c}, Import: importArea{c}, Raw: rawArea{c},
		Friends: friendsArea{c}, Blocks: blocksArea{c}, Contacts: contactsArea{c}, Extensions: extensionsArea{c},
		Attributes: attributesArea{c}, Counters: countersArea{c}, Topics: topicsArea{c}, Operations: operationsArea{c},
		HistoryFiles: historyFilesArea{c}, Keywords: keywordsArea{c}, Broadcasts: broadcastsArea{c},
		Pool: "tencent " + api.cfg.SDKAppID, ShareRates: api.ShareRates, SetShare: api.SetShare,
		Check: c.check, Costs: api.costs, Stats: api.Stats, Close: api.Close,
		Attendance: attendanceArea{c}, Mass: massArea{c}, Tokens: tokensArea{c},
	}
	im.Complete()
	return im
}

// written forgets the copies of what a write of ours may have changed.
func (c *client) written(cmd *Command, group string) {
	switch cmd {
	case createGroup.Command, importGroup.Command, destroyGroup.Command:
		c.ids.Drop(func(string) bool { return true })
	}
	if group == "" {
		c.people.Drop(func(string) bool { return true }) // it was about somebody
	}
	if group != "" {
		group, _ = splitTopic(group)
		c.inside.Drop(func(key string) bool { return strings.HasPrefix(key, group+"\x00") })
		c.groups.DropKey(group)
		c.muted.Drop(func(key string) bool { parent, _ := splitTopic(key); return parent == group })
		c.live.Drop(func(key string) bool { return strings.HasSuffix(key, "/"+group) })
		c.said.Drop(func(key string) bool {
			_, id, _ := strings.Cut(key, "/")
			parent, _ := splitTopic(id)
			return parent == group
		})
	}
}
