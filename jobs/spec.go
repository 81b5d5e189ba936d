package jobs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// Limits of a job.
const (
	MaxTargets = store.MaxJobItems // people in groups, messages or groups
	maxGroups  = 10_000
	maxText    = 200 // bytes of what messages are searched for
	maxSenders = 500
)

// Spec is what a job is to do: one thing to many targets. Fields that a kind does not know are left alone.
//
// Targets are the pairs, and every user in every group. Of a recall they are the messages of the one group, or what the
// search finds in all groups. Of what is done to people in groups they are everybody on a list of each group, if All says so.
type Spec struct {
	Kind     string               `json:"kind"`
	Groups   []string             `json:"groups,omitempty"`
	Users    []string             `json:"users,omitempty"`
	Pairs    []Pair               `json:"pairs,omitempty"`
	Messages []actions.MessageRef `json:"messages,omitempty"`
	Said     []Said               `json:"said,omitempty"` // messages of several groups, to recall
	Search   *Search              `json:"search,omitempty"`
	All      *Everybody           `json:"all,omitempty"` // in the groups
	Accounts []imclient.NewUser   `json:"accounts,omitempty"`

	Span       actions.Span    `json:"span,omitzero"`         // mute, ban, global mute
	AlsoAdmins bool            `json:"also_admins,omitempty"` // mute, kick
	Silent     bool            `json:"silent,omitempty"`      // kick, add
	Role       imclient.Role   `json:"role,omitempty"`        // role change
	Text       string          `json:"text,omitempty"`        // notice
	Direct     bool            `json:"direct,omitempty"`      // global mute: in direct chats
	InGroups   bool            `json:"in_groups,omitempty"`   // global mute: in groups
	Join       string          `json:"join,omitempty"`        // group edit: how people come in
	Now        bool            `json:"now,omitempty"`         // it is not held: it goes on with something that was
	Params     json.RawMessage `json:"params,omitempty"`      // of kinds that are no actions

	Reason string `json:"reason,omitempty"` // why; where the service tells the people concerned, it tells them this
	Note   string `json:"note,omitempty"`   // for colleagues only
}

// Pair is a user in a group.
type Pair struct {
	Group string `json:"group"`
	User  string `json:"user"`
}

// Said is a message of a group, with its position.
type Said struct {
	Group string `json:"group"`
	ID    string `json:"id"`
	Seq   string `json:"seq,omitempty"`
}

// Search finds messages to recall. What is zero does not narrow it; something has to.
type Search struct {
	Senders []string  `json:"senders,omitempty"`
	Text    string    `json:"text,omitempty"` // in the text of the message, whatever the case
	From    time.Time `json:"from,omitzero"`  // said then or later
	Until   time.Time `json:"until,omitzero"` // said then or before
	// FromSeq and UntilSeq are positions in the history, both included. They need one group.
	FromSeq  string `json:"from_seq,omitempty"`
	UntilSeq string `json:"until_seq,omitempty"`
}

// The lists of a group that a job goes through.
const (
	ListMembers = "members"
	ListMuted   = "muted"
	ListBans    = "bans" // of a live room
)

// Everybody are all who are on a list of a group when the job begins.
type Everybody struct {
	List string        `json:"list"`           // ListMembers, ListMuted or ListBans
	Role imclient.Role `json:"role,omitempty"` // of ListMembers: those with this role alone
}

// withoutTargets is what is stored with the job; its targets are rows of their own.
func (s Spec) withoutTargets() Spec {
	if s.Search == nil && s.All == nil { // a search goes through its groups
		s.Groups = nil
	}
	s.Users, s.Pairs, s.Messages, s.Said, s.Accounts = nil, nil, nil, nil, nil
	return s
}

func (s Spec) common(key string) actions.Common {
	return actions.Common{Reason: s.Reason, Note: s.Note, Key: key}
}

// inGroups are a spec's users in its groups, each once.
func (s Spec) inGroups() []store.JobItem {
	items := make([]store.JobItem, 0, min(len(s.Groups)*len(s.Users)+len(s.Pairs), MaxTargets+1))
	seen := map[Pair]bool{}
	add := func(p Pair) {
		if !seen[p] && len(items) <= MaxTargets {
			seen[p] = true
			items = append(items, store.JobItem{Group: p.Group, Target: p.User})
		}
	}
	for _, g := range s.Groups {
		for _, u := range s.Users {
			add(Pair{g, u})
		}
	}
	for _, p := range s.Pairs {
		add(p)
	}
	// A batch is of one group.
	slices.SortStableFunc(items, func(a, b store.JobItem) int { return strings.Compare(a.Group, b.Group) })
	return items
}

// messages are a spec's messages, each once; a batch is of one group.
func (s Spec) messages() []store.JobItem {
	list := slices.Clone(s.Said)
	if len(s.Groups) > 0 {
		for _, m := range s.Messages {
			list = append(list, Said{s.Groups[0], m.ID, m.Seq})
		}
	}
	items := make([]store.JobItem, 0, len(list))
	seen := map[[2]string]bool{}
	for _, m := range list {
		if key := [2]string{m.Group, m.ID}; !seen[key] {
			seen[key] = true
			items = append(items, store.JobItem{Group: m.Group, Target: m.ID, More: m.Seq})
		}
	}
	slices.SortStableFunc(items, func(a, b store.JobItem) int { return strings.Compare(a.Group, b.Group) })
	return items
}

// everywhere are a spec's users, each once, whatever groups are named.
func (s Spec) everywhere() []store.JobItem { return targets(s.Users) }

// targets are items that are in no group, each once.
func targets(ids []string) []store.JobItem {
	items := make([]store.JobItem, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			items = append(items, store.JobItem{Target: id})
		}
	}
	return items
}

// problems collects what is wrong with a spec.
type problems map[string]actions.Text

func (p problems) add(field, key string, args ...any) {
	if _, there := p[field]; !there {
		p[field] = actions.Text{Key: key, Args: args}
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return &actions.Invalid{Fields: p}
}

// ids checks that ids can be ids.
func (p problems) ids(field string, list []string, limit int) {
	for _, id := range list {
		if strings.TrimSpace(id) == "" || limit > 0 && len(id) > limit || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' }) {
			p.add(field, "action.invalid.id", "id", fmt.Sprintf("%.80s", id))
			return
		}
	}
}
