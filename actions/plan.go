package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"imdesk/imclient"
)

// Item is one target of an action: a user, a message, a group, or a field of a group.
type Item struct {
	ID     string
	By     string // of a message: who sent it, where that is known
	Skip   string // text key: why it is left alone; "" if it is acted upon
	Effect string // text key of what will happen, with the placeholders {from} and {to} for Before and Want; "" if skipped
	Before Value  // what the service said before
	Want   Value  // what the action is to make of it

	// The rest is known once it was done.

	State      State
	Reason     string // text key: why it is not applied, or not known
	VendorCode string // the service's own code, if it refused
	After      Value  // what the service says now
	Verified   bool   // After shows that it is as wanted
}

// State says what became of an item.
type State string

// The states. StateApplied without Item.Verified means: the service said so, and nobody could look.
const (
	StateApplied    State = "applied"
	StateNotApplied State = "not_applied" // sent, and not in force; or not sent
	StateRefused    State = "refused"     // by the service
	StateSkipped    State = "skipped"     // left alone
	StateUnknown    State = "unknown"     // no answer came, and nobody could look
)

// Why an item is skipped: text keys.
const (
	SkipNotMember     = "action.skip.not_member"
	SkipOwner         = "action.skip.owner"
	SkipAdmin         = "action.skip.admin"
	SkipAdministrator = "action.skip.administrator" // an account that the app's own server acts as
	SkipNotMuted      = "action.skip.not_muted"
	SkipNotBanned     = "action.skip.not_banned"
	SkipMember        = "action.skip.member" // is in the group already
	SkipSame          = "action.skip.same"   // is as wanted already
	SkipRecalled      = "action.skip.recalled"
	SkipGone          = "action.skip.gone"      // the message is gone
	SkipProtected     = "action.skip.protected" // its sender is on the list of protected people
	SkipNoUser        = "action.skip.no_user"
	SkipBack          = "action.skip.back"    // undo: it is as it was before already
	SkipChanged       = "action.skip.changed" // undo: somebody changed it since
	SkipOver          = "action.skip.over"    // undo: what would be restored has ended meanwhile
	SkipAccount       = "action.skip.account" // has an account already
	SkipSelf          = "action.skip.self"    // the user himself
	SkipNotFriend     = "action.skip.not_friend"
	SkipNoList        = "action.skip.no_list" // there is no such list
	SkipNotBlocked    = "action.skip.not_blocked"
	SkipUnset         = "action.skip.unset"      // undo: the service does not unset it
	SkipNoContact     = "action.skip.no_contact" // is not on the list of conversations
	SkipNotText       = "action.skip.not_text"   // the message is more than one text
	SkipConflict      = "action.skip.conflict"   // somebody else changed it since it was shown
	SkipNotThere      = "action.skip.not_there"
	SkipRead          = "action.skip.read" // nothing is unread
	SkipNothingSaid   = "action.skip.nothing_said"
	SkipNoWord        = "action.skip.no_word"    // is not in the library
	SkipOtherList     = "action.skip.other_list" // stands in the filter's other list, out of which it would be taken
)

// App is an app that is acted upon.
type App struct {
	ID string // imdesk's name for it, as in the audit log
	IM *imclient.Client
	// Administrators are the accounts that imdesk and the app's own server act as. They are never muted, kicked,
	// banned or signed out.
	Administrators []string
}

// plan is an action on its way: its targets, and what is known of them.
type plan struct {
	app     App
	verb    Verb
	now     func() time.Time
	group   imclient.Group // zero for what is not about a group
	groupID string
	items   []Item
	// concerned are the people, where the items are not people: the senders of messages.
	concerned []string
}

// work is how one kind of action is done. Its methods are called in the order they stand.
type work interface {
	// load reads how things are and fills the plan's items with Before, Want, Skip and Effect.
	load(ctx context.Context, p *plan) error
	// send asks the service for what is wanted, for the items that are not skipped.
	send(ctx context.Context, p *plan) sent
	// read tells how things are now, by item. An item that the service does not tell about is missing.
	read(ctx context.Context, p *plan) (map[string]Value, error)
	// matches reports whether got is what was wanted.
	matches(want, got Value, now time.Time) bool
	// targets are the users and the messages for the audit log.
	targets(p *plan) (users, messages []string)
	// options are what the audit log keeps besides the items.
	options() map[string]any
}

// settler is work that knows more of an answer than package actions can tell from it.
type settler interface {
	work
	// settled may change what was decided of an item.
	settled(i *Item, a answer)
	// requestID is the service's name for the call; "" if it gave none.
	requestID() string
}

// sent is what the service answered.
type sent struct {
	each map[string]reply // for one item
	rest reply            // for all others
}

// reply is an answer: nil if it was accepted. sure: it is about the item alone, or about one call for all of them. If
// the client made several calls, those before the one that failed may have been carried out.
type reply struct {
	err  error
	sure bool
}

func (s sent) of(id string) reply {
	if r, named := s.each[id]; named {
		return r
	}
	return s.rest
}

func (s *sent) set(id string, r reply) {
	if s.each == nil {
		s.each = map[string]reply{}
	}
	s.each[id] = r
}

// refused takes in what a batch refused one by one.
func (s *sent) refused(list []imclient.Refused) {
	for _, r := range list {
		if r.Err == nil { // a client that names no reason
			r.Err = &imclient.Error{Op: "refused", Kind: imclient.ErrDenied, Sent: true}
		}
		s.set(r.ID, reply{r.Err, true})
	}
}

// errNotSent is the answer for an item whose turn never came.
var errNotSent = errors.New("not sent: out of time")

// acting are the ids of the items that are not skipped.
func (p *plan) acting() []string {
	var ids []string
	for _, i := range p.items {
		if i.Skip == "" {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

func (p *plan) item(id string) *Item {
	i := slices.IndexFunc(p.items, func(i Item) bool { return i.ID == id })
	if i < 0 {
		return nil
	}
	return &p.items[i]
}

// skip leaves an item alone.
func (i *Item) skip(key string) { i.Skip, i.Effect = key, "" }

// callsAtOnce bounds what one action asks of the service at the same time.
const callsAtOnce = 4

// forEach makes one call for each item that is acted upon.
func (p *plan) forEach(ctx context.Context, call func(ctx context.Context, i Item) error) sent {
	acting := p.acting()
	errs := make([]error, len(acting))
	var g errgroup.Group
	g.SetLimit(callsAtOnce)
	for n, id := range acting {
		i := *p.item(id)
		g.Go(func() error {
			if ctx.Err() != nil {
				errs[n] = errNotSent
				return nil
			}
			errs[n] = call(ctx, i)
			return nil
		})
	}
	_ = g.Wait() // the calls' errors are in errs
	var s sent
	for n, id := range acting {
		s.set(id, reply{errs[n], true})
	}
	return s
}

// loadGroup reads the group, whose type decides what can be done in it.
func (p *plan) loadGroup(ctx context.Context, id string) error {
	g, err := p.app.IM.Groups.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("read the group: %w", err)
	}
	p.group, p.groupID = g, id
	return nil
}

// loadConversation reads the group, or the community that a topic is part of: a topic's id stands for it where messages are.
func (p *plan) loadConversation(ctx context.Context, id string) error {
	parent := p.app.IM.Caps.Community(id)
	if parent == "" {
		return p.loadGroup(ctx, id)
	}
	if err := p.loadGroup(ctx, parent); err != nil {
		return err
	}
	if _, err := p.topic(ctx, id); err != nil {
		return err
	}
	p.groupID = id
	return nil
}

// offered checks a capability.
func (p *plan) offered(v imclient.Verb) error {
	caps := p.app.IM.Caps
	if caps.Can(v, p.group.Type) {
		return nil
	}
	key := "action.not_offered"
	if caps.Why != nil {
		key = caps.Why(v, p.group.Type)
	}
	return &NotOffered{Key: key}
}

// readsMembers reports whether the service tells about given members of the group.
func (p *plan) readsMembers() bool {
	caps := p.app.IM.Caps
	return !caps.Info(p.group.Type).Live && caps.Can(imclient.VerbListMembers, p.group.Type)
}

// membersNow reads given members, with all that is known of them.
func (p *plan) membersNow(ctx context.Context, users []string) (map[string]imclient.Member, error) {
	list, err := p.app.IM.Members.Get(ctx, p.group.ID, users)
	if err != nil {
		return nil, fmt.Errorf("read the members: %w", err)
	}
	m := make(map[string]imclient.Member, len(list))
	for _, member := range list {
		m[member.UserID] = member
	}
	return m, nil
}

// rolesNow reads the roles and mutes of given members.
func (p *plan) rolesNow(ctx context.Context, users []string) (map[string]imclient.Member, error) {
	return p.membersNow(imclient.Brief(ctx), users)
}

// listPages bounds how far a list is read to find somebody in it.
const listPages = 20

// ends reads a list of mutes or bans into the ends of given users, "" for those who are not in it. Of a list that is
// too long to be read whole, those who were not found stay unknown.
func ends(ctx context.Context, users []string, list func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error)) (map[string]Value, error) {
	found := make(map[string]Value, len(users))
	pages := 0
	for page, err := range imclient.Pages(ctx, "", list) {
		if err != nil {
			return nil, err
		}
		for _, m := range page.Items {
			found[m.UserID] = endValue(m.Until)
		}
		if pages++; pages == listPages && page.Next != "" {
			return found, nil
		}
	}
	for _, u := range users {
		if _, there := found[u]; !there {
			found[u] = endValue(time.Time{})
		}
	}
	return found, nil
}

// isAdministrator reports whether a user is one of the accounts that the app's own server acts as.
func (p *plan) isAdministrator(user string) bool { return slices.Contains(p.app.Administrators, user) }

// protected is why somebody is left alone, whatever is wanted; "" if nobody protects them.
func (p *plan) protected(user string, role imclient.Role, alsoAdmins bool) string {
	switch {
	case p.isAdministrator(user):
		return SkipAdministrator
	case role == imclient.RoleOwner || p.group.OwnerID != "" && user == p.group.OwnerID:
		return SkipOwner
	case role == imclient.RoleAdmin && !alsoAdmins:
		return SkipAdmin
	}
	return ""
}

// cutText cuts a text to at most n bytes at a whole character; 0 is no limit.
func cutText(s string, n int) string {
	if n <= 0 || len(s) <= n {
		return s
	}
	cut := 0
	for i := range s {
		if i > n {
			break
		}
		cut = i
	}
	return s[:cut]
}
