package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// findPages is how many pages of history one step of a search reads.
const findPages = 10

func (q *Search) check(p problems, groups int) {
	if len(q.Senders) == 0 && strings.TrimSpace(q.Text) == "" && q.From.IsZero() && q.Until.IsZero() && q.FromSeq == "" && q.UntilSeq == "" {
		p.add("search", "jobs.invalid.search")
	}
	if groups == 0 {
		p.add("groups", "action.invalid.required")
	}
	if (q.FromSeq != "" || q.UntilSeq != "") && groups != 1 {
		p.add("from_seq", "jobs.invalid.one_group")
	}
	if !q.From.IsZero() && !q.Until.IsZero() && q.Until.Before(q.From) {
		p.add("until", "jobs.invalid.range")
	}
	if q.FromSeq != "" && q.UntilSeq != "" && actions.ComparePositions(q.FromSeq, q.UntilSeq) > 0 {
		p.add("until_seq", "jobs.invalid.range")
	}
	if len(q.Text) > maxText {
		p.add("text", "action.invalid.too_long", "n", len(q.Text), "limit", maxText)
	}
	if len(q.Senders) > maxSenders {
		p.add("senders", "action.invalid.too_many", "n", len(q.Senders), "limit", maxSenders)
	}
	p.ids("senders", q.Senders, 0)
}

// Finds tells that messages are looked for, or lists of people gone through.
func (k *actionKind) Finds(s Spec) bool {
	return k.about == aboutMessages && s.Search != nil || k.about == aboutMembers && s.All != nil
}

func (e *Everybody) check(p problems, k *actionKind, s Spec) {
	if e == nil {
		return
	}
	switch {
	case k.about != aboutMembers || len(s.Users)+len(s.Pairs) > 0:
		p.add("all", "jobs.invalid.all")
	case e.List != ListMembers && e.List != ListMuted && e.List != ListBans, e.Role != "" && e.List != ListMembers:
		p.add("all", "export.wrong.list")
	case len(s.Groups) == 0:
		p.add("groups", "action.invalid.required")
	}
}

// findPeople reads the next pages of the groups' lists of people, from the cursor on. All are read before the first is acted
// upon, so that a list that the job itself makes shorter is gone through as a whole.
func (k *actionKind) findPeople(ctx context.Context, r Run, at place) ([]store.JobItem, string, int, error) {
	var items []store.JobItem
	for pages := 0; pages < findPages && at.Group < len(r.Spec.Groups); pages++ {
		ids, next, err := k.peoplePage(ctx, r, r.Spec.Groups[at.Group], at.From)
		if err != nil {
			return nil, "", 0, err
		}
		if len(items)+len(ids) > store.MaxJobBatch {
			break // they are read again
		}
		for _, id := range ids {
			items = append(items, store.JobItem{Group: r.Spec.Groups[at.Group], Target: id})
		}
		if next == "" || next == at.From { // a service that answers with the same cursor twice would be asked for ever
			at = place{Group: at.Group + 1}
			continue
		}
		at.From = next
	}
	next, err := at.cursor(len(r.Spec.Groups))
	return items, next, len(items), err
}

// peopleAPage is how many people are asked for at once; the client asks for fewer where the service gives fewer.
const peopleAPage = 100

func (k *actionKind) peoplePage(ctx context.Context, r Run, group, cursor string) (ids []string, next string, err error) {
	im := r.App.IM
	g, err := im.Groups.Get(ctx, group)
	if err != nil {
		return nil, "", fmt.Errorf("read group %s: %w", group, err)
	}
	needs := map[string]imclient.Verb{ListMembers: imclient.VerbListMembers, ListMuted: imclient.VerbMutedList, ListBans: imclient.VerbBan}[r.Spec.All.List]
	for _, v := range []imclient.Verb{needs, k.needs} {
		if !im.Caps.Can(v, g.Type) {
			return nil, "", &actions.NotOffered{Key: im.Caps.Why(v, g.Type)}
		}
	}
	var ends imclient.Page[imclient.Mute]
	switch r.Spec.All.List {
	case ListMuted:
		ends, err = im.Mutes.List(ctx, group, cursor, peopleAPage)
	case ListBans:
		ends, err = im.Live.Banned(ctx, group, cursor, peopleAPage)
	default:
		limit := peopleAPage
		if most := im.Caps.Limits.MembersPage; most > 0 {
			limit = min(limit, most)
		}
		page, err := im.Members.List(ctx, imclient.MemberListOptions{Group: group, Type: g.Type, Role: r.Spec.All.Role, Cursor: cursor, Limit: limit})
		if err != nil {
			return nil, "", fmt.Errorf("read members of %s: %w", group, err)
		}
		for _, m := range page.Items {
			ids = append(ids, m.UserID)
		}
		return ids, page.Next, nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read who is on the list of %s: %w", group, err)
	}
	for _, m := range ends.Items {
		ids = append(ids, m.UserID)
	}
	return ids, ends.Next, nil
}

// place is how far a search is, as its cursor.
type place struct {
	Group int    `json:"group"` // index of the group
	From  string `json:"from"`  // position of the next page; "": where the search begins in the group
}

// cursor is the place as a cursor; "" after the last of some groups.
func (p place) cursor(groups int) (string, error) {
	if p.Group >= groups {
		return "", nil
	}
	b, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("write how far the search is: %w", err)
	}
	return string(b), nil
}

// Find goes through the groups' histories, each from the end of the range to its beginning; or through their lists of people.
func (k *actionKind) Find(ctx context.Context, r Run, cursor string) ([]store.JobItem, string, int, error) {
	var at place
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil {
			return nil, "", 0, fmt.Errorf("read how far the search is: %w", err)
		}
	}
	if at.Group >= len(r.Spec.Groups) {
		return nil, "", 0, nil
	}
	if r.Spec.All != nil {
		return k.findPeople(ctx, r, at)
	}
	group, looked := r.Spec.Groups[at.Group], 0
	var items []store.JobItem
	c, err := k.conversation(ctx, r, group)
	if err != nil {
		return nil, "", 0, err
	}
	q := r.Spec.Search
	over := false
	if at.From == "" {
		if at.From, over, err = q.begin(ctx, r, c); err != nil {
			return nil, "", 0, fmt.Errorf("look where the range ends: %w", err)
		}
	}
	for range findPages {
		if over {
			break
		}
		page, err := r.App.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: c, From: at.From, Direction: imclient.Older})
		if err != nil {
			return nil, "", 0, fmt.Errorf("read messages of %s: %w", group, err)
		}
		for _, m := range page.Messages {
			looked++
			if q.before(m) {
				over = true
				break
			}
			if q.matches(m) {
				items = append(items, store.JobItem{Group: group, Target: m.ID, More: m.Seq})
			}
		}
		if page.Older == "" || page.Older == at.From {
			over = true
		}
		at.From = page.Older
	}
	if over {
		at = place{Group: at.Group + 1}
	}
	next, err := at.cursor(len(r.Spec.Groups))
	return items, next, looked, err
}

// conversation checks that messages of a group can be found and recalled.
func (k *actionKind) conversation(ctx context.Context, r Run, group string) (imclient.Conversation, error) {
	of := group
	if parent := r.App.IM.Caps.Community(group); parent != "" {
		of = parent
	}
	g, err := r.App.IM.Groups.Get(ctx, of)
	if err != nil {
		return imclient.Conversation{}, fmt.Errorf("read group %s: %w", of, err)
	}
	for _, v := range []imclient.Verb{imclient.VerbHistory, k.needs} {
		if !r.App.IM.Caps.Can(v, g.Type) {
			return imclient.Conversation{}, &actions.NotOffered{Key: r.App.IM.Caps.Why(v, g.Type)}
		}
	}
	return imclient.Conversation{Group: group, Type: g.Type}, nil
}

// begin is the position at which a search begins in a conversation; over: there is nothing in it.
func (q *Search) begin(ctx context.Context, r Run, c imclient.Conversation) (from string, over bool, err error) {
	if q.UntilSeq != "" {
		return q.UntilSeq, false, nil
	}
	if q.Until.IsZero() || !q.Until.Before(time.Now()) {
		return "", false, nil
	}
	from, err = r.App.IM.Messages.At(ctx, c, q.Until.Add(time.Second))
	return from, err == nil && from == "", err
}

// before tells that a message lies before the range, and so does all that comes after it in the search.
func (q *Search) before(m imclient.Message) bool {
	if q.FromSeq != "" && actions.ComparePositions(m.Seq, q.FromSeq) < 0 {
		return true
	}
	return !q.From.IsZero() && !m.At.IsZero() && m.At.Before(q.From)
}

func (q *Search) matches(m imclient.Message) bool {
	switch {
	case m.State != imclient.MessageSaid || m.Tip || m.ID == "":
		return false
	case q.UntilSeq != "" && actions.ComparePositions(m.Seq, q.UntilSeq) > 0:
		return false
	case !q.Until.IsZero() && m.At.After(q.Until):
		return false
	case len(q.Senders) > 0 && !slices.Contains(q.Senders, m.From):
		return false
	}
	return q.Text == "" || strings.Contains(strings.ToLower(text(m)), strings.ToLower(q.Text))
}
