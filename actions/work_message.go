package actions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"imdesk/imclient"
)

// historyCalls bounds how many pages of history one look costs.
const historyCalls = 30

// recallWork takes messages back.
type recallWork struct {
	group, reason string
	conversation  imclient.Conversation
	refs          []MessageRef
	spare         func(ctx context.Context, senders []string) (map[string]bool, error)
}

func (w *recallWork) load(ctx context.Context, p *plan) error {
	if w.group != "" {
		if err := p.loadConversation(ctx, w.group); err != nil {
			return err
		}
		w.conversation.Type = p.group.Type
	}
	needs := imclient.VerbRecall
	if w.conversation.Direct() {
		needs = imclient.VerbDirectRecall
	}
	if err := p.offered(needs); err != nil {
		return err
	}
	found, err := look(ctx, p, w.conversation, w.refs)
	if err != nil {
		return err
	}
	spared, err := w.spared(ctx, found)
	if err != nil {
		return err
	}
	for _, r := range w.refs {
		item := Item{ID: r.ID, Want: known(TextRecalled), Effect: EffectRecalled}
		if m, is := found[r.ID]; is {
			item.Before, item.By = messageValue(m), m.From
			p.concerned = append(p.concerned, m.From)
		}
		switch {
		case item.Before.Text == TextRecalled:
			item.skip(SkipRecalled)
		case item.Before.Text == TextGone:
			item.skip(SkipGone)
		case spared[item.By]:
			item.skip(SkipProtected)
		}
		p.items = append(p.items, item)
	}
	p.concerned = distinct(slices.DeleteFunc(p.concerned, func(u string) bool { return u == "" }))
	return nil
}

// spared are the senders whose messages are left alone.
func (w *recallWork) spared(ctx context.Context, found map[string]imclient.Message) (map[string]bool, error) {
	var senders []string
	for _, m := range found {
		if m.From != "" {
			senders = append(senders, m.From)
		}
	}
	if w.spare == nil || len(senders) == 0 {
		return nil, nil
	}
	spared, err := w.spare(ctx, distinct(senders))
	if err != nil {
		return nil, fmt.Errorf("look who is spared: %w", err)
	}
	return spared, nil
}

func messageValue(m imclient.Message) Value {
	switch m.State {
	case imclient.MessageRecalled:
		return known(TextRecalled)
	case imclient.MessageHole:
		return known(TextGone)
	}
	return known(TextSaid)
}

// look finds messages in the history by their positions: by their ids, without those that it could not find within
// historyCalls pages. A conversation whose history cannot be read has none.
func look(ctx context.Context, p *plan, c imclient.Conversation, refs []MessageRef) (map[string]imclient.Message, error) {
	needs := imclient.VerbHistory
	if c.Direct() {
		needs = imclient.VerbDirectHistory
	}
	if !p.app.IM.Caps.Can(needs, c.Type) {
		return nil, nil
	}
	wanted := slices.DeleteFunc(slices.Clone(refs), func(r MessageRef) bool { return r.Seq == "" })
	// Newest first, so that one page shows all the messages that stand near each other.
	slices.SortFunc(wanted, func(a, b MessageRef) int { return comparePositions(b.Seq, a.Seq) })
	found := make(map[string]imclient.Message, len(wanted))
	calls := 0
	for n, r := range wanted {
		if _, is := found[r.ID]; is {
			continue
		}
		if calls++; calls > historyCalls {
			break
		}
		limit := p.app.IM.Caps.Limits.HistoryPage
		if n == len(wanted)-1 {
			limit = 1
		}
		page, err := p.app.IM.Messages.History(ctx, imclient.HistoryOptions{
			Conversation: c, From: r.Seq, Direction: imclient.Older, Limit: limit,
		})
		if errors.Is(err, imclient.ErrUnsupported) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the messages: %w", err)
		}
		for _, m := range page.Messages {
			found[m.ID] = m
		}
		if _, is := found[r.ID]; !is && !p.app.IM.Caps.Traits.KeepsPlaces { // where it stood there is nothing
			found[r.ID] = imclient.Message{ID: r.ID, Seq: r.Seq, State: imclient.MessageHole}
		}
	}
	return found, nil
}

// comparePositions orders positions. They grow with time; where they are numbers, "10" comes after "9".
func comparePositions(a, b string) int {
	na, errA := strconv.ParseUint(a, 10, 64)
	nb, errB := strconv.ParseUint(b, 10, 64)
	if errA == nil && errB == nil {
		return cmp.Compare(na, nb)
	}
	return cmp.Compare(a, b)
}

func (w *recallWork) send(ctx context.Context, p *plan) sent {
	limits := p.app.IM.Caps.Limits
	ids := p.acting()
	refused, err := p.app.IM.Messages.Recall(ctx, w.conversation, ids, cutText(w.reason, limits.RecallReason))
	s := sent{rest: reply{err, oneCall(ids, limits.RecallBatch)}}
	s.refused(refused)
	return s
}

func (w *recallWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	found, err := look(ctx, p, w.conversation, w.refs)
	if err != nil {
		return nil, err
	}
	now := make(map[string]Value, len(found))
	for id, m := range found {
		now[id] = messageValue(m)
	}
	return now, nil
}

// matches: some services show a recalled message as a hole.
func (w *recallWork) matches(_, got Value, _ time.Time) bool {
	return got.Text == TextRecalled || got.Text == TextGone
}

func (w *recallWork) targets(p *plan) (users, messages []string) {
	for _, r := range w.refs {
		messages = append(messages, r.ID)
	}
	if w.group == "" {
		return distinct(append([]string{w.conversation.User, w.conversation.Peer}, p.concerned...)), messages
	}
	return p.concerned, messages
}

func (w *recallWork) options() map[string]any { return nil }

// deletePages is how many pages of history are looked through for what the senders said: enough to see whether the
// service did anything. It reaches further back than that by itself.
const deletePages = 10

// deleteWork takes back what senders said lately.
type deleteWork struct {
	group string
	users []string

	conversation imclient.Conversation
	bySender     map[string][]MessageRef // what was found of each
}

func (w *deleteWork) load(ctx context.Context, p *plan) error {
	if err := p.loadConversation(ctx, w.group); err != nil {
		return err
	}
	if err := p.offered(imclient.VerbDeleteBySend); err != nil {
		return err
	}
	w.conversation = imclient.Conversation{Group: w.group, Type: p.group.Type}
	if err := w.scan(ctx, p); err != nil {
		return err
	}
	for _, u := range w.users {
		item := Item{ID: u, Want: known("0"), Effect: EffectDeleted}
		if w.bySender != nil {
			item.Before = known(strconv.Itoa(len(w.bySender[u])))
		}
		if p.isAdministrator(u) {
			item.skip(SkipAdministrator)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *deleteWork) scan(ctx context.Context, p *plan) error {
	if !p.app.IM.Caps.Can(imclient.VerbHistory, p.group.Type) {
		return nil
	}
	w.bySender = map[string][]MessageRef{}
	from := ""
	for range deletePages {
		page, err := p.app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: w.conversation, From: from})
		if err != nil {
			return fmt.Errorf("read the messages: %w", err)
		}
		for _, m := range page.Messages {
			if m.State == imclient.MessageSaid && !m.Tip && slices.Contains(w.users, m.From) {
				w.bySender[m.From] = append(w.bySender[m.From], MessageRef{ID: m.ID, Seq: m.Seq})
			}
		}
		if from = page.Older; from == "" {
			break
		}
	}
	return nil
}

func (w *deleteWork) send(ctx context.Context, p *plan) sent {
	return p.forEach(ctx, func(ctx context.Context, i Item) error {
		return p.app.IM.Messages.DeleteBySender(ctx, w.group, i.ID)
	})
}

// read counts how many of the messages that were found before are still there; of a sender of whom none was found,
// nothing can be told. What was said since does not count.
func (w *deleteWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	var all []MessageRef
	for _, u := range w.users {
		all = append(all, w.bySender[u]...)
	}
	found, err := look(ctx, p, w.conversation, all)
	if err != nil {
		return nil, err
	}
	now := map[string]Value{}
	for u, refs := range w.bySender {
		left, seen := 0, 0
		for _, r := range refs {
			m, is := found[r.ID]
			if is {
				seen++
			}
			if is && m.State == imclient.MessageSaid {
				left++
			}
		}
		if seen > 0 {
			now[u] = known(strconv.Itoa(left))
		}
	}
	return now, nil
}

func (w *deleteWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *deleteWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *deleteWork) options() map[string]any { return nil }
