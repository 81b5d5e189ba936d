// Package importer brings conversations from files into an app, through the service's own import commands. It can be run
// again: what is there already stays, and messages go on where they stopped.
package importer

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"imdesk/imclient"
)

// batch is how many messages go into one call of Import.Messages; the client splits it further to the vendor's cap, and
// what a batch loses to a failure is sent again by the next run.
const batch = 70

// Progress is told after each step how many messages of all are in.
type Progress func(done, all int)

// Outcome sums up one conversation.
type Outcome struct {
	Group    string
	People   int
	Messages int // imported by this run
	Before   int // there already
	Refused  []imclient.Refused
}

// Shift moves the whole talk by full days, so that its last line lies before now and at most a day back. Services keep
// history for days, not for years: with its own dates an old log would be expired on arrival.
func (t *Talk) Shift(now time.Time) {
	last := t.Said[len(t.Said)-1].At
	const day = 24 * time.Hour
	by := now.Sub(last).Truncate(day)
	if last.Add(by).After(now) {
		by -= day
	}
	for i := range t.Said {
		t.Said[i].At = t.Said[i].At.Add(by)
	}
	for i := range t.Joined {
		t.Joined[i] = t.Joined[i].Add(by)
	}
}

// Run imports one conversation as a group of the given type.
//
// A run that was broken off, at any point, is completed by the next one: accounts and members that exist are no error,
// and the newest message in the group tells how far the messages are.
func Run(ctx context.Context, im *imclient.Client, kind imclient.GroupType, t *Talk, progress Progress) (Outcome, error) {
	out := Outcome{Group: t.ID, People: len(t.People)}
	refused, err := im.Import.Users(ctx, t.People)
	if err != nil {
		return out, fmt.Errorf("import %d accounts: %w", len(t.People), err)
	}
	out.Refused = append(out.Refused, refused...)
	bad := map[string]bool{}
	for _, r := range refused {
		bad[r.ID] = true
	}
	owner := t.Said[0].From
	_, err = im.Import.Group(ctx, imclient.ImportGroup{
		ID: t.ID, Type: kind, Name: t.Name, OwnerID: owner, Created: t.begins().Add(-time.Hour),
	})
	if err != nil && !errors.Is(err, imclient.ErrConflict) {
		return out, fmt.Errorf("import group %s: %w", t.ID, err)
	}
	members := make([]imclient.ImportMember, 0, len(t.People))
	for i, id := range t.People {
		if id != owner && !bad[id] {
			members = append(members, imclient.ImportMember{UserID: id, Joined: t.Joined[i]})
		}
	}
	refused, err = im.Import.Members(ctx, t.ID, members)
	if err != nil {
		return out, fmt.Errorf("import %d members of %s: %w", len(members), t.ID, err)
	}
	out.Refused = append(out.Refused, refused...)
	if out.Before, err = resume(ctx, im, kind, t); err != nil {
		return out, err
	}
	return messages(ctx, im, t, out, progress)
}

// begins is when the first thing happened: nobody joins a group before it was made.
func (t *Talk) begins() time.Time {
	first := t.Said[0].At
	for _, at := range t.Joined {
		if at.Before(first) {
			first = at
		}
	}
	return first
}

func messages(ctx context.Context, im *imclient.Client, t *Talk, out Outcome, progress Progress) (Outcome, error) {
	rest := t.Said[out.Before:]
	for len(rest) > 0 {
		n := min(batch, len(rest))
		part := make([]imclient.ImportMessage, n)
		for i, l := range rest[:n] {
			part[i] = imclient.ImportMessage{
				From: l.From, At: l.At, Random: lineRandom(l), Body: []imclient.Element{imclient.Text{Text: l.Text}},
			}
		}
		refused, err := im.Import.Messages(ctx, t.ID, part)
		if err != nil {
			return out, fmt.Errorf("import messages of %s, %d of %d done: %w", t.ID, out.Before+out.Messages, len(t.Said), err)
		}
		out.Refused = append(out.Refused, refused...)
		out.Messages += n - len(refused)
		rest = rest[n:]
		progress(len(t.Said)-len(rest), len(t.Said))
	}
	return out, nil
}

// resume finds how many lines of t the group has: the place after the line that its newest message repeats.
func resume(ctx context.Context, im *imclient.Client, kind imclient.GroupType, t *Talk) (int, error) {
	page, err := im.Messages.History(imclient.Fresh(ctx), imclient.HistoryOptions{
		Conversation: imclient.Conversation{Group: t.ID, Type: kind},
	})
	if err != nil {
		return 0, fmt.Errorf("look for earlier messages of %s: %w", t.ID, err)
	}
	for _, m := range page.Messages {
		if m.Tip || m.State == imclient.MessageHole || len(m.Body) == 0 {
			continue
		}
		text, ok := m.Body[0].(imclient.Text)
		if !ok {
			continue
		}
		// The days may have been shifted differently by an earlier run, so the time of day decides, with the words.
		for i := len(t.Said) - 1; i >= 0; i-- {
			l := t.Said[i]
			if l.From == m.From && l.Text == text.Text && sameTimeOfDay(l.At, m.At) {
				shift(t, i, m.At.Sub(l.At))
				return i + 1, nil
			}
		}
		return 0, fmt.Errorf("group %s has messages of another origin; import into a group of its own", t.ID)
	}
	return 0, nil
}

// shift keeps the days of an earlier run for what is still to come.
func shift(t *Talk, from int, by time.Duration) {
	for i := from; i < len(t.Said); i++ {
		t.Said[i].At = t.Said[i].At.Add(by)
	}
}

func sameTimeOfDay(a, b time.Time) bool { return a.Sub(b)%(24*time.Hour) == 0 }

// lineRandom tells lines apart for the service's protection against repeats, the same in each run.
func lineRandom(l Line) uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s\x00%d\x00%s", l.From, l.At.Unix()%86400, l.Text)
	return h.Sum32()
}
