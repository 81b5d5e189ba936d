// Package directory looks through apps slowly and without end, so that groups and people can be found by what they are called.
// What callbacks tell and what operators open comes into the same store.Directory; a Walker finds the rest, and what changed.
package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// How a walk goes.
const (
	round     = 24 * time.Hour         // between the beginnings of two walks through an app
	lease     = 3 * time.Minute        // of one console; a step takes less
	least     = 200 * time.Millisecond // between two steps
	idle      = 30 * time.Second       // where there is nothing to do, or another console does it
	afterFail = time.Minute            // where the service did not answer
	namedOnce = 100                    // users asked for in a step
	groupOnce = 50                     // groups asked for, and listed, in a step
	fullRooms = 10_000                 // members of one group that are read
)

// App is an app to look through.
type App struct {
	Name string
	IM   *imclient.Client
}

// Walker looks through apps, one step after the other: a call or two, at the priority of jobs, and then a pause.
type Walker struct {
	Store store.Directory
	Apps  func() []App // as they are now
	Share float64      // how much of the time a call may be under way: above 0, at most 1
	Name  string       // of this console: one console at a time walks through an app
	Log   *slog.Logger
	Now   func() time.Time
	Wait  time.Duration // before the first step: who just opened the console comes first
	// Found takes what the service says of groups; nil: nobody does.
	Found func(ctx context.Context, app string, groups []imclient.Group) error
}

// The parts of a walk, in their order.
const (
	partGroups  = ""        // the list of groups, where the vendor has one
	partMembers = "members" // of the groups that are known
	partNames   = "names"   // of the users, and of groups that were not on the list
	partTalks   = "talks"   // groups on users' lists of conversations, where the vendor has no list of groups
	partRest    = "rest"    // until the next walk; names of those who turn up
)

// State is how far a walk through an app is.
type State struct {
	Began  int64  `json:"began"` // milliseconds since 1970
	Part   string `json:"part,omitempty"`
	Cursor string `json:"cursor,omitempty"` // of the list of groups, or of members
	Group  string `json:"group,omitempty"`  // whose members are read
	Type   string `json:"type,omitempty"`
	Read   int    `json:"read,omitempty"` // of its members
	User   string `json:"user,omitempty"` // whose conversations are read
}

// Run walks until ctx ends.
func (w *Walker) Run(ctx context.Context) {
	if !pause(ctx, w.Wait) {
		return
	}
	defer w.giveBack()
	for {
		wait := idle
		for _, app := range w.Apps() {
			start := time.Now()
			busy, err := w.Step(ctx, app)
			took := time.Since(start)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				w.Log.InfoContext(ctx, "the walk through an app pauses", "app", app.Name, "error", err)
				if !pause(ctx, afterFail) {
					return
				}
			case busy:
				wait = least
				if !pause(ctx, Rest(took, w.Share)) {
					return
				}
			}
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// Rest is the pause after a step, for calls to be under way for a share of the time.
func Rest(took time.Duration, share float64) time.Duration {
	if share <= 0 || share >= 1 {
		return 0
	}
	return time.Duration(float64(took) * (1/share - 1))
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// giveBack lets another console go on at once.
func (w *Walker) giveBack() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, app := range w.Apps() {
		state, err := w.Store.ClaimWalk(ctx, app.Name, w.Name, 0)
		if err == nil {
			err = w.Store.SaveWalk(ctx, app.Name, w.Name, state, -time.Second)
		}
		if err != nil && !errors.Is(err, store.ErrLeaseLost) {
			w.Log.WarnContext(ctx, "the walk through an app is not given back", "app", app.Name, "error", err)
		}
	}
}

// Step goes on a little through an app. busy: there is more to do now, and no other console does it.
func (w *Walker) Step(ctx context.Context, app App) (busy bool, err error) {
	held, err := w.Store.ClaimWalk(ctx, app.Name, w.Name, lease)
	if errors.Is(err, store.ErrLeaseLost) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var st State
	if held != "" {
		if err := json.Unmarshal([]byte(held), &st); err != nil {
			return false, fmt.Errorf("read how far the walk is: %w", err)
		}
	}
	if now := w.Now(); st.Began == 0 || st.Part == partRest && now.Sub(time.UnixMilli(st.Began)) >= round {
		st = State{Began: now.UnixMilli()}
	}
	s := step{w, app, &st}
	busy, err = s.take(imclient.WithPriority(ctx, imclient.PriorityJob))
	if err != nil {
		return false, err
	}
	b, err := json.Marshal(st)
	if err != nil {
		return false, fmt.Errorf("write down how far the walk is: %w", err)
	}
	if string(b) == held {
		return busy, nil
	}
	return busy, w.Store.SaveWalk(ctx, app.Name, w.Name, string(b), lease)
}

// step is one step through one app.
type step struct {
	*Walker
	app App
	st  *State
}

func (s step) since() time.Time { return time.UnixMilli(s.st.Began) }

// next turns to another part.
func (s step) next(part string) { *s.st = State{Began: s.st.Began, Part: part} }

func (s step) take(ctx context.Context) (busy bool, err error) {
	switch s.st.Part {
	case partGroups:
		return true, s.groups(ctx)
	case partMembers:
		return true, s.members(ctx)
	case partNames:
		named, err := s.names(ctx, s.since())
		if err == nil && !named {
			s.next(partTalks)
		}
		return true, err
	case partTalks:
		return true, s.talks(ctx)
	}
	s.st.Part = partRest
	return s.names(ctx, time.UnixMilli(1)) // those who turned up since
}

// soft tells of errors that are about one group or user.
func soft(err error) bool {
	for _, kind := range []error{imclient.ErrNotFound, imclient.ErrInvalid, imclient.ErrDenied, imclient.ErrUnsupported} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// groups reads a page of the vendor's list. One that cannot go on where it was begins anew.
func (s step) groups(ctx context.Context) error {
	if !s.app.IM.Caps.Can(imclient.VerbListGroups, "") {
		s.next(partMembers)
		return nil
	}
	page, err := s.app.IM.Groups.List(ctx, imclient.GroupListOptions{Cursor: s.st.Cursor, Limit: groupOnce})
	if s.st.Cursor != "" && errors.Is(err, imclient.ErrInvalid) {
		s.st.Cursor = ""
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.note(ctx, page.Items, store.KnownListed); err != nil {
		return err
	}
	if page.Next == "" || page.Next == s.st.Cursor {
		s.next(partMembers)
		return nil
	}
	s.st.Cursor = page.Next
	return nil
}

func (s step) note(ctx context.Context, groups []imclient.Group, from string) error {
	list := make([]store.KnownGroup, len(groups))
	for i, g := range groups {
		list[i] = store.KnownGroup{App: s.app.Name, ID: g.ID, Type: string(g.Type), Name: g.Name, Members: max(g.Members, 0), From: from, Seen: s.Now()}
	}
	if err := s.Store.Note(ctx, list); err != nil || s.Found == nil {
		return err
	}
	return s.Found(ctx, s.app.Name, groups)
}

// members reads a page of who is in a group: users who can be found, and whose conversations may lead to groups.
func (s step) members(ctx context.Context) error {
	if s.st.Group == "" {
		groups, err := s.Store.GroupsToWalk(ctx, s.app.Name, s.since(), 1)
		if err != nil {
			return err
		}
		if len(groups) == 0 {
			s.next(partNames)
			return nil
		}
		s.st.Group, s.st.Type = groups[0].ID, groups[0].Type
	}
	page, err := s.app.IM.Members.List(ctx, imclient.MemberListOptions{
		Group: s.st.Group, Type: imclient.GroupType(s.st.Type), Cursor: s.st.Cursor, Limit: s.app.IM.Caps.Limits.MembersPage,
	})
	if err != nil && !soft(err) {
		return err
	}
	users := make([]string, len(page.Items))
	for i, m := range page.Items {
		users[i] = m.UserID
	}
	for len(users) > 0 {
		some := users[:min(len(users), store.MaxKnown)]
		users = users[len(some):]
		if err := s.Store.NoteUsers(ctx, s.app.Name, some, s.Now()); err != nil {
			return err
		}
	}
	if s.st.Read += len(page.Items); err == nil && page.Next != "" && page.Next != s.st.Cursor && s.st.Read < fullRooms {
		s.st.Cursor = page.Next
		return nil
	}
	group := s.st.Group
	s.next(partMembers)
	return s.Store.Walked(ctx, s.app.Name, nil, []string{group}, s.Now())
}

// names asks what some users and groups are called whom the service was not asked for since a time; false: there are none.
func (s step) names(ctx context.Context, since time.Time) (bool, error) {
	users, err := s.Store.ToName(ctx, s.app.Name, store.KindUser, since, namedOnce)
	if err != nil {
		return false, err
	}
	if len(users) > 0 {
		return true, s.nameUsers(ctx, users)
	}
	groups, err := s.Store.ToName(ctx, s.app.Name, store.KindGroup, since, groupOnce)
	if err != nil || len(groups) == 0 {
		return false, err
	}
	return true, s.nameGroups(ctx, groups)
}

func (s step) nameUsers(ctx context.Context, ids []string) error {
	users, _, err := s.app.IM.Users.GetMany(ctx, ids)
	if err != nil && !soft(err) {
		return err
	}
	called := map[string]string{}
	for _, u := range users {
		called[u.ID] = u.Nick
	}
	list := make([]store.Name, len(ids))
	for i, id := range ids { // who has no profile is asked for again in the next walk
		list[i] = store.Name{App: s.app.Name, Kind: store.KindUser, ID: id, Name: called[id], Members: -1, Named: s.Now()}
	}
	return s.Store.NoteNames(ctx, list)
}

func (s step) nameGroups(ctx context.Context, ids []string) error {
	groups, refused, err := s.app.IM.Groups.GetMany(ctx, ids)
	if err != nil && !soft(err) {
		return err
	}
	var gone []string
	for _, r := range refused {
		if errors.Is(r.Err, imclient.ErrNotFound) {
			gone = append(gone, r.ID)
		}
	}
	if err := errors.Join(s.note(ctx, groups, store.KnownListed), s.Store.Gone(ctx, s.app.Name, gone, s.Now())); err != nil {
		return err
	}
	list := make([]store.Name, 0, len(ids))
	called := map[string]string{}
	for _, g := range groups {
		called[g.ID] = g.Name
	}
	there, err := s.Store.Names(ctx, s.app.Name, store.KindGroup, ids)
	if err != nil {
		return err
	}
	for id, n := range there { // also those without a name, and those that the service does not tell of
		n.Named = s.Now()
		if name, is := called[id]; is {
			n.Name = name
		}
		list = append(list, n)
	}
	return s.Store.NoteNames(ctx, list)
}

// talks reads a page of the groups on a user's list of conversations, where that is how groups are found.
func (s step) talks(ctx context.Context) error {
	if s.app.IM.Caps.Can(imclient.VerbListGroups, "") {
		s.next(partRest)
		return nil
	}
	if s.st.User == "" {
		users, err := s.Store.UsersToWalk(ctx, s.app.Name, s.since(), 1)
		if err != nil {
			return err
		}
		if len(users) == 0 {
			s.next(partRest)
			return nil
		}
		s.st.User = users[0]
	}
	page, err := s.app.IM.Walk.GroupsOf(ctx, s.st.User, s.st.Cursor)
	if err != nil && !soft(err) {
		return err
	}
	if err := s.note(ctx, page.Items, store.KnownUser); err != nil {
		return err
	}
	if err == nil && page.Next != "" && page.Next != s.st.Cursor {
		s.st.Cursor = page.Next
		return nil
	}
	user := s.st.User
	s.next(partTalks)
	return s.Store.Walked(ctx, s.app.Name, []string{user}, nil, s.Now())
}
