package emulator

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"imdesk/emulator/internal/community"
)

// volcList is a list that is walked: how a page of it is read, and what changes about it meanwhile.
type volcList struct {
	name   string
	want   int // items that are there all the time, but for those gone
	action string
	fields string // of a page; %d is the cursor
	first  int64
	items  [2]string // the list in the answer, and what names its items
	next   string    // the answer's field for the next cursor
	mine   func(id string) bool
	move   func(n int) (gone string) // the nth change; gone is who is no longer there
}

// volcHall is a large community behind the protocol.
type volcHall struct {
	*volcRig
	group, live    *community.Conversation
	size, messages int
}

func (h *volcHall) change(do func(tx *community.Tx) error) {
	h.Helper()
	if err := h.store.Update(context.Background(), do); err != nil {
		h.Fatal(err)
	}
}

// newVolcHall puts everything straight into the store, as it would be had it been there for a while: size members of a group and of a
// live group, muted users, friends and conversations of one user, and the messages.
func newVolcHall(r *volcRig, size, messages int) *volcHall {
	now := r.clock.Now()
	h := &volcHall{
		volcRig: r, size: size, messages: messages,
		group: &community.Conversation{App: volcApp, Type: community.GroupChat, Owner: olga, Creator: olga}, live: &community.Conversation{App: volcApp, Type: community.LiveGroupChat, Owner: olga, Creator: olga},
	}
	h.change(func(tx *community.Tx) error {
		if err := tx.CreateConversation(h.group); err != nil {
			return err
		}
		return tx.CreateConversation(h.live)
	})
	for from := 0; from < size; from += part {
		h.change(func(tx *community.Tx) error {
			for i := int64(from); i < int64(min(from+part, size)); i++ {
				joined := now.Unix() - (int64(size)-i)/3 - 10
				own := &community.Conversation{App: volcApp, Type: 2, Owner: anna, Creator: anna}
				if err := tx.CreateConversation(own); err != nil {
					return err
				}
				for _, p := range []struct {
					cid int64
					community.Participant
				}{
					{h.group.CID, community.Participant{User: 1000 + i, JoinedAt: joined}},
					{h.live.CID, community.Participant{User: 1000 + i, JoinedAt: joined, EnteredUS: joined*1_000_000 + i%3}},
					{own.CID, community.Participant{User: anna, JoinedAt: joined}},
				} {
					if err := tx.PutParticipant(p.cid, p.Participant); err != nil {
						return err
					}
				}
				if err := tx.Forbid(h.live.CID, community.ForbidSpeak, 1000+i, now.Unix()+1<<30); err != nil {
					return err
				}
				for _, kind := range []community.TieKind{community.FriendTie, community.BlackTie} {
					if err := tx.PutTie(community.TieList{App: volcApp, Kind: kind, User: anna}, community.Tie{Peer: 1000 + i}); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	for from := 0; from < messages; from += part {
		h.change(func(tx *community.Tx) error {
			notes := make([]community.Note, min(part, messages-from))
			for i := range notes {
				n := int64(from + i)
				index := now.UnixMicro() - (int64(messages)-n)*50_000
				notes[i] = community.Note{ID: index * 1000, Index: index, Sender: 1000 + n%500, Type: 10001, Content: `{"text":"a line of ordinary length, as people write them"}`}
			}
			return tx.LoadNotes(h.group, notes)
		})
	}
	return h
}

// lists are those that may be long. Conversations by their latest message are not among them: they change places while they are read.
func (h *volcHall) lists() []volcList {
	group, live := fmt.Sprint(h.group.ID), fmt.Sprint(h.live.ID)
	known := func(id string) bool { return len(id) < 12 }
	leaves := func(from int) string { return fmt.Sprint(1000 + from) }
	in := func(c *community.Conversation, user int64) error {
		return h.store.Update(context.Background(), func(tx *community.Tx) error {
			return tx.PutParticipant(c.CID, community.Participant{User: user, JoinedAt: h.clock.Now().Unix() + 5, EnteredUS: h.clock.Now().UnixMicro() + 5_000_000})
		})
	}
	out := func(c *community.Conversation, user int64) error {
		return h.store.Update(context.Background(), func(tx *community.Tx) error { _, err := tx.DropParticipant(c.CID, user); return err })
	}
	both := func(errs ...error) {
		for _, err := range errs {
			if err != nil {
				h.Fatal(err)
			}
		}
	}
	moves := func(c *community.Conversation) func(n int) string {
		return func(n int) string {
			both(in(c, int64(1e15)+int64(n)), out(c, 1000+int64(n)*7))
			return leaves(n * 7)
		}
	}
	ties := func(kind community.TieKind) func(n int) string {
		return func(n int) string {
			l := community.TieList{App: volcApp, Kind: kind, User: anna}
			h.change(func(tx *community.Tx) error {
				if err := tx.PutTie(l, community.Tie{Peer: int64(1e15) + int64(n)}); err != nil {
					return err
				}
				return tx.DropTie(l, 1000+int64(n)*7)
			})
			return leaves(n * 7)
		}
	}
	said := func(int) string {
		h.change(func(tx *community.Tx) error {
			return tx.Say(h.group, &community.Note{Sender: 1000, Type: 10001, Content: "x"})
		})
		return ""
	}
	all := func(string) bool { return true } // what comes meanwhile comes before the first page
	participants := [2]string{"Participants", "ParticipantUserId"}
	return []volcList{
		{"messages, towards newer ones", h.messages, "GetConversationMessages", `"ConversationShortId":` + group + `,"Cursor":%d,"Limit":20`, 0, [2]string{"Messages", "MessageId"}, "NewCursor", all, func(int) string { return "" }},
		{"messages, towards older ones", h.messages, "GetConversationMessages", `"ConversationShortId":` + group + `,"Cursor":%d,"Limit":20,"Reverse":1`, community.Newest, [2]string{"Messages", "MessageId"}, "NewCursor", all, said},
		{"members", h.size, "ScanConversationParticipantList", `"ConversationShortId":` + group + `,"Cursor":%d,"Limit":20`, 0, participants, "NextCursor", known, moves(h.group)},
		{"ids of present members", h.size, "ScanConversationParticipantList", `"ConversationShortId":` + live + `,"Cursor":%d,"Limit":20,"ScanOnlineParticipant":true`, 0, participants, "NextCursor", known, moves(h.live)},
		{"muted users", h.size, "BatchGetBlockParticipants", `"ConversationShortId":` + live + `,"Cursor":%d,"Limit":20`, 0, participants, "NextCursor", known, func(n int) string {
			h.change(func(tx *community.Tx) error { return tx.Allow(h.live.CID, community.ForbidSpeak, 1000+int64(n)*7) })
			return leaves(n * 7)
		}},
		{"conversations of a user", h.size, "GetUserConversations", f(`"ParticipantUserId":%d,"Cursor":%%d,"Limit":20,"DataType":1`, anna), 0, [2]string{"ConversationInfos", "ConversationShortId"}, "NextCursor", all, func(int) string { return "" }},
		{"friends", h.size, "ListFriend", f(`"UserId":%d,"Cursor":%%d`, anna), 0, [2]string{"FriendInfos", "FriendUserId"}, "NextCursor", known, ties(community.FriendTie)},
		{"blacklist", h.size, "GetBlackList", f(`"UserId":%d,"Cursor":%%d,"Limit":20`, anna), 0, [2]string{"BlackListInfos", "BlackListUserId"}, "NextCursor", known, ties(community.BlackTie)},
	}
}

// walk reads a list to its end while it changes, and checks that all that was there from the start to the end came, and nothing twice. It
// returns the cursor of each page.
func (h *volcHall) walk(l volcList) (cursors []int64) {
	h.Helper()
	seen, gone := map[string]bool{}, map[string]bool{}
	for cursor, moves := l.first, 0; ; {
		a := h.ok(l.action, f(l.fields, cursor))
		cursors = append(cursors, cursor)
		for _, id := range column(at(any(a.Result), l.items[0]), l.items[1]) {
			if seen[id] {
				h.Fatalf("%s: %s comes twice, on page %d for the second time", l.name, id, len(cursors))
			}
			seen[id] = true
		}
		if cursor = h.i64(a, l.next); fmt.Sprint(at(any(a.Result), "HasMore")) != "true" {
			break
		}
		if len(cursors)%movingEvery == 0 {
			if id := l.move(moves); id != "" {
				gone[id] = true
			}
			moves++
		}
	}
	found := 0
	for id := range seen {
		if l.mine(id) && !gone[id] {
			found++
		}
	}
	if found != l.want-len(gone) {
		h.Errorf("%s: %d of %d came", l.name, found, l.want-len(gone))
	}
	return cursors
}

// compare times the first and the last pages of a walk, n of each, in turns: a machine that gets busy meanwhile does so for both. The
// median of each is returned.
func (h *volcHall) compare(l volcList, cursors []int64, n int) (first, last time.Duration) {
	h.Helper()
	read := func(cursor int64) time.Duration {
		start := time.Now()
		h.ok(l.action, f(l.fields, cursor))
		return time.Since(start)
	}
	var firsts, lasts []time.Duration
	for i := range n {
		firsts, lasts = append(firsts, read(cursors[i])), append(lasts, read(cursors[len(cursors)-2-i])) // the last one of all is short
	}
	slices.Sort(firsts)
	slices.Sort(lasts)
	return firsts[n/2], lasts[n/2]
}

// TestVolcPaging walks lists while they change.
func TestVolcPaging(t *testing.T) {
	t.Parallel()
	h := newVolcHall(newVolcRig(t), 640, 700)
	for _, l := range h.lists() {
		h.walk(l)
	}
}

// BenchmarkVolcPaging compares the first pages of long lists with their last, by the medians of a hundred each, once the list was walked
// to its end. Try
//
//	go test -run - -bench VolcPaging -benchtime 1x -paged-members 100000 -paged-messages 1000000 ./emulator
func BenchmarkVolcPaging(b *testing.B) {
	h := newVolcHall(newVolcRig(b), *pagedMembers, *pagedMessages)
	for _, l := range h.lists() {
		var cursors []int64
		b.Run(l.name, func(b *testing.B) {
			h.TB = b
			if cursors == nil { // one walk is enough, however often it is asked for
				cursors = h.walk(l)
			}
			first, last := h.compare(l, cursors, min(100, len(cursors)/3))
			b.ReportMetric(float64(last)/float64(first), "last/first")
			b.ReportMetric(float64(first.Microseconds())/1000, "ms/first-page")
			b.ReportMetric(float64(len(cursors)), "pages")
			b.ReportMetric(0, "ns/op")
		})
	}
}
