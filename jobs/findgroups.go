package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// FindGroups is the kind that looks for groups of an app whose vendor cannot list them. It needs the right of the same name.
const FindGroups = "groups.find"

// Limits of a walk.
const (
	MaxWalkUsers  = 100_000        // whose conversations one walk looks through
	MaxWalkStarts = store.MaxKnown // users that somebody names to begin with
	walkUsers     = 10             // at once
	walkPages     = 500            // of one user's conversations: 10,000
	memberPages   = 20             // of members, between two looks at whether the job is to go on
	mostMembers   = 10_000         // of one group
	keptUsers     = 10_000_000     // of an app
	checkAtOnce   = 50             // groups
)

// Walk is what a job of the kind FindGroups is told, in Spec.Params.
type Walk struct {
	Start   []string `json:"start,omitempty"`   // users to begin with, before those that are known
	Most    int      `json:"most"`              // users whose conversations are looked through
	Members bool     `json:"members,omitempty"` // also of those who are found to be members of groups
}

// WalkState is how far a walk is: the job's cursor while it looks.
type WalkState struct {
	Since    int64  `json:"since"`              // when it began, in milliseconds since 1970
	Start    int    `json:"start,omitempty"`    // users looked through of those named
	Users    int    `json:"users,omitempty"`    // users looked through, in all
	Group    string `json:"group,omitempty"`    // whose members are being read
	Type     string `json:"type,omitempty"`     // its type
	At       string `json:"at,omitempty"`       // cursor of its members
	Members  int    `json:"members,omitempty"`  // read of them
	Checking bool   `json:"checking,omitempty"` // the walk is over, and the groups that are known are listed
	List     string `json:"list,omitempty"`     // cursor of the list
	Listed   int    `json:"listed,omitempty"`
}

// WalkOf reads how far a walk is; false: it has not begun, or is over.
func WalkOf(j store.Job) (WalkState, bool) {
	var st WalkState
	return st, j.Cursor != "" && json.Unmarshal([]byte(j.Cursor), &st) == nil
}

// What became of a group: text keys.
const (
	ReasonNewGroup  = "jobs.reason.new_group"  // it was not known before the walk
	ReasonGoneGroup = "jobs.reason.gone_group" // the service does not know it any more
)

// findGroups goes from users to the groups that they are in, and from groups to their members. What it finds is in the directory
// at once, so that it goes on after a crash with those who were not looked through since it began. Its targets are the
// groups known in the end: each is asked for, and those that are gone are refused.
type findGroups struct {
	known store.Directory
	now   func() time.Time
}

// NewFindGroups makes the kind. now is nil for time.Now.
func NewFindGroups(known store.Directory, now func() time.Time) Kind {
	if now == nil {
		now = time.Now
	}
	return &findGroups{known, now}
}

func (k *findGroups) Name() string       { return FindGroups }
func (k *findGroups) Verb() actions.Verb { return FindGroups }

func (k *findGroups) Check(app actions.App, s Spec) error {
	p := problems{}
	w, err := walkParams(s)
	switch {
	case app.IM.Caps.Can(imclient.VerbListGroups, ""):
		p.add("kind", "jobs.invalid.listed")
	case err != nil:
		p.add("kind", "jobs.invalid.kind")
	case w.Most < 1 || w.Most > MaxWalkUsers:
		p.add("most", "jobs.invalid.most", "limit", MaxWalkUsers)
	case len(w.Start) > MaxWalkStarts:
		p.add("start", "action.invalid.too_many", "n", len(w.Start), "limit", MaxWalkStarts)
	}
	p.ids("start", w.Start, maxText)
	return p.err()
}

func walkParams(s Spec) (w Walk, err error) {
	if err = json.Unmarshal(s.Params, &w); err != nil {
		err = fmt.Errorf("read the parameters of a walk: %w", err)
	}
	return w, err
}

func (k *findGroups) Items(Spec) []store.JobItem { return nil }
func (k *findGroups) Batch(actions.App) int      { return checkAtOnce }
func (k *findGroups) Finds(Spec) bool            { return true }

// Find walks a few steps. A plan does not: it would be the walk.
func (k *findGroups) Find(ctx context.Context, r Run, cursor string) (items []store.JobItem, next string, looked int, err error) {
	if r.Key == "" {
		return nil, "", 0, nil
	}
	w, err := walkParams(r.Spec)
	if err != nil {
		return nil, "", 0, &Stop{Why: WhySpec}
	}
	st := WalkState{Since: k.now().UnixMilli()}
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &st); err != nil {
			return nil, "", 0, &Stop{Why: WhySpec}
		}
	}
	step := &walkStep{k, r, w, &st}
	ended := false
	switch {
	case st.Checking:
		items, ended, err = step.list(ctx)
	case st.Group != "":
		err = step.members(ctx)
	default:
		looked, err = step.users(ctx)
	}
	if err != nil || ended {
		return items, "", looked, err
	}
	b, err := json.Marshal(st)
	if err != nil {
		return nil, "", 0, fmt.Errorf("write down a walk: %w", err)
	}
	return items, string(b), looked, nil
}

// walkStep is one step of a walk.
type walkStep struct {
	*findGroups
	r  Run
	w  Walk
	st *WalkState
}

func (s *walkStep) since() time.Time { return time.UnixMilli(s.st.Since) }

// marked is the time that what is walked now is marked with: never before the walk began, whatever another machine's clock says.
func (s *walkStep) marked() time.Time {
	if now := s.now(); now.After(s.since()) {
		return now
	}
	return s.since()
}

// users looks through the conversations of some users; if there are none left, it turns to the members of a group, and if there
// is no group left either, to the list.
func (s *walkStep) users(ctx context.Context) (int, error) {
	app := s.r.App.ID
	if s.st.Start == 0 && len(s.w.Start) > 0 {
		if err := s.known.NoteUsers(ctx, app, s.w.Start, s.marked()); err != nil {
			return 0, err
		}
	}
	n := min(walkUsers, s.w.Most-s.st.Users)
	users := s.w.Start[s.st.Start:min(s.st.Start+max(n, 0), len(s.w.Start))]
	s.st.Start += len(users)
	if len(users) == 0 && n > 0 {
		var err error
		if users, err = s.known.UsersToWalk(ctx, app, s.since(), n); err != nil {
			return 0, err
		}
	}
	if len(users) > 0 {
		s.st.Users += len(users)
		return len(users), s.walk(ctx, users)
	}
	if s.w.Members && n > 0 {
		groups, err := s.known.GroupsToWalk(ctx, app, s.since(), 1)
		if err != nil {
			return 0, err
		}
		if len(groups) > 0 {
			s.st.Group, s.st.Type, s.st.At, s.st.Members = groups[0].ID, groups[0].Type, "", 0
			return 0, nil
		}
	}
	s.st.Checking = true
	_, err := s.known.TrimUsers(ctx, app, keptUsers)
	return 0, err
}

// walk reads the groups of users, at the same time, and keeps them.
func (s *walkStep) walk(ctx context.Context, users []string) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	found := map[string]store.KnownGroup{}
	for _, u := range users {
		wg.Go(func() {
			groups, err := s.groupsOf(ctx, u)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			for _, g := range groups {
				found[g.ID] = store.KnownGroup{App: s.r.App.ID, ID: g.ID, Type: string(g.Type), Name: g.Name, From: store.KnownUser, Seen: s.marked()}
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	for part := range slices.Chunk(slices.Collect(maps.Values(found)), store.MaxKnown) {
		if err := s.known.Note(ctx, part); err != nil {
			return err
		}
	}
	return s.known.Walked(ctx, s.r.App.ID, users, nil, s.marked())
}

// groupsOf reads a user's groups. Who has none that the service tells of is no failure.
func (s *walkStep) groupsOf(ctx context.Context, user string) (all []imclient.Group, err error) {
	pages := 0
	for page, err := range imclient.Pages(ctx, "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Group], error) {
		return s.r.App.IM.Walk.GroupsOf(ctx, user, cursor)
	}) {
		if err != nil {
			return all, soft(err)
		}
		all = append(all, page.Items...)
		if pages++; pages == walkPages {
			break
		}
	}
	return all, nil
}

// soft leaves those errors that are about more than one user or group.
func soft(err error) error {
	for _, kind := range []error{imclient.ErrNotFound, imclient.ErrInvalid, imclient.ErrDenied, imclient.ErrUnsupported} {
		if errors.Is(err, kind) {
			return nil
		}
	}
	return err
}

// members reads on who is in a group: they are users whose conversations can be looked through.
func (s *walkStep) members(ctx context.Context) error {
	app := s.r.App.ID
	for range memberPages {
		page, err := s.r.App.IM.Walk.MembersOf(ctx, s.st.Group, imclient.GroupType(s.st.Type), s.st.At)
		if err := soft(err); err != nil {
			return err
		}
		if err := s.known.NoteUsers(ctx, app, page.Items, s.marked()); err != nil {
			return err
		}
		s.st.Members += len(page.Items)
		if err != nil || page.Next == "" || page.Next == s.st.At || s.st.Members >= mostMembers {
			if err := s.known.Walked(ctx, app, nil, []string{s.st.Group}, s.marked()); err != nil {
				return err
			}
			s.st.Group, s.st.Type, s.st.At, s.st.Members = "", "", "", 0
			return nil
		}
		s.st.At = page.Next
	}
	return nil
}

// list returns some of the groups that are known, to be asked for one after the other, and whether they are the last.
func (s *walkStep) list(ctx context.Context) ([]store.JobItem, bool, error) {
	groups, next, err := s.known.List(ctx, s.r.App.ID, store.KnownQuery{Cursor: s.st.List, N: min(store.MaxKnownPage, MaxTargets-s.st.Listed)})
	if err != nil {
		return nil, false, err
	}
	items := make([]store.JobItem, len(groups))
	for i, g := range groups {
		items[i] = store.JobItem{Target: g.ID}
	}
	s.st.List, s.st.Listed = next, s.st.Listed+len(items)
	return items, next == "" || s.st.Listed >= MaxTargets, nil
}

// Do asks for groups, and keeps what they are. A group that is not there any more is refused.
func (k *findGroups) Do(ctx context.Context, r Run, items []store.JobItem, _ bool) ([]store.JobOutcome, error) {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.Target
	}
	groups, refused, err := r.App.IM.Groups.GetMany(imclient.Fresh(ctx), ids)
	if err != nil {
		return nil, notFound(err)
	}
	before, err := k.known.Get(ctx, r.App.ID, ids)
	if err != nil {
		return nil, err
	}
	now := k.now()
	there := map[string]bool{}
	var list []store.KnownGroup
	for _, g := range groups {
		there[g.ID] = true
		list = append(list, store.KnownGroup{App: r.App.ID, ID: g.ID, Type: string(g.Type), Name: g.Name, From: store.KnownUser, Seen: now})
	}
	var gone []string
	why := map[string]error{}
	for _, f := range refused {
		if why[f.ID] = f.Err; errors.Is(f.Err, imclient.ErrNotFound) {
			gone = append(gone, f.ID)
		}
	}
	if err := errors.Join(k.known.Note(ctx, list), k.known.Gone(ctx, r.App.ID, gone, now)); err != nil {
		return nil, err
	}
	outcomes := make([]store.JobOutcome, len(items))
	for i, item := range items {
		o := store.JobOutcome{Position: item.Position, State: store.ItemDone}
		switch {
		case there[item.Target] && !before[item.Target].First.Before(r.Job.Created.Truncate(time.Millisecond)):
			o.Reason = ReasonNewGroup
		case there[item.Target]:
		case slices.Contains(gone, item.Target):
			o.State, o.Reason = store.ItemRefused, ReasonGoneGroup
		default:
			o.State, o.Reason = store.ItemRefused, actions.RefusalText(why[item.Target])
		}
		outcomes[i] = o
	}
	return outcomes, nil
}
