package community

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// talk makes a conversation with members 1 to n, the first of them its owner.
func talk(t testing.TB, s *Store, kind int64, n int) *Conversation {
	t.Helper()
	v := &Conversation{App: app, Type: kind, Owner: 1, Creator: 1, CreatedAt: 1_600_000_000}
	update(t, s, func(tx *Tx) error {
		if err := tx.CreateConversation(v); err != nil {
			return err
		}
		for i := range int64(n) {
			if err := tx.PutParticipant(v.CID, Participant{User: i + 1, JoinedAt: 1_600_000_000 + i/3, EnteredUS: (i + 1) * 10}); err != nil {
				return err
			}
		}
		return nil
	})
	return v
}

// TestConversationQueriesUseIndexes asks the database how it would look for what lists and single reads ask for: never by looking
// through a table.
func TestConversationQueriesUseIndexes(t *testing.T) {
	s := open(t)
	v := talk(t, s, LiveGroupChat, 5)
	update(t, s, func(tx *Tx) error {
		for _, err := range []error{
			tx.Say(v, &Note{Sender: 1, Type: 1, Content: "x"}), tx.Forbid(v.CID, ForbidSpeak, 3, 1<<40), tx.Allow(v.CID, ForbidSpeak, 4), tx.PutWhite(v.CID, Whitelisted{User: 3}), tx.DropWhite(v.CID, 9),
			tx.SetGroupMark(v.CID, "m", true), tx.SetGroupMark(v.CID, "n", false), tx.PutUser(app, User{ID: 1}), tx.SetReadIndex(v.CID, 1, 5), tx.SaveSetting(v.CID, 2, Setting{}), tx.SaveConversation(v),
			tx.PutTie(TieList{app, 0, FriendTie, 1}, Tie{Peer: 2}), tx.DropTie(TieList{app, 0, FriendTie, 1}, 3), tx.EditNote(5, "x", nil), tx.SetNoteState(5, NoteRecalled), tx.HideNote(5, 5),
			tx.AddBroadcast(app, Broadcast{}),
		} {
			if err != nil {
				return err
			}
		}
		_, err := tx.DropParticipant(v.CID, 5)
		return err
	})
	c := s.Read(context.Background())
	l := TieList{app, 0, FriendTie, 1}
	for name, fn := range map[string]func() error{
		"conversation":  func() error { _, err := c.Conversation(app, v.ID); return err },
		"idem":          func() error { _, err := c.ConversationLike(app, 0, "x"); return err },
		"conversations": func() error { _, err := c.ConversationsNamed(app, []int64{v.ID}); return err },
		"active":        func() error { _, err := c.ActiveConversations(app, 0, 1, 0, 20); return err },
		"joined":        func() error { _, err := c.JoinedConversations(app, 0, 1, 0, 0, 20); return err },
		"created":       func() error { _, err := c.CreatedLiveGroups(app, 0, 1, Newest, 0, 20); return err },
		"live groups":   func() error { _, err := c.CountLiveGroups(app); return err },
		"of a user":     func() error { _, err := c.CountUserConversations(app, 1); return err },
		"setting":       func() error { _, err := c.Setting(v.CID, 1); return err },
		"readers":       func() error { _, err := c.Readers(v.CID); return err },
		"marks":         func() error { _, err := c.GroupMarks(v.CID); return err },
		"participant":   func() error { _, err := c.Participant(v.CID, 1); return err },
		"among":         func() error { _, err := c.ParticipantsAmong(v.CID, []int64{1}); return err },
		"members":       func() error { _, err := c.Participants(v.CID, ParticipantPage{N: 20}); return err },
		"backward":      func() error { _, err := c.Participants(v.CID, ParticipantPage{Reverse: true, N: 20}); return err },
		"staff":         func() error { _, err := c.Participants(v.CID, ParticipantPage{Staff: true, N: 20}); return err },
		"present":       func() error { _, err := c.Present(v.CID, "m", ParticipantPage{N: 20}); return err },
		"managers":      func() error { _, err := c.CountManagers(v.CID); return err },
		"forbidden":     func() error { _, err := c.ForbiddenIn(v.CID, 0, 0, 5, 20); return err },
		"some":          func() error { _, err := c.ForbiddenAmong(v.CID, 0, []int64{1}, 5); return err },
		"until":         func() error { _, err := c.ForbiddenUntil(v.CID, 0, 1); return err },
		"white":         func() error { _, err := c.Whitelist(v.CID, 0, 20); return err },
		"whites":        func() error { _, err := c.CountWhite(v.CID); return err },
		"note":          func() error { _, err := c.Note(v.CID, 5); return ignore(err, ErrNoMessage) },
		"notes":         func() error { _, err := c.NotesNamed(v.CID, []int64{5}); return err },
		"history":       func() error { _, err := c.NotesFrom(v.CID, 0, false, 20); return err },
		"history back":  func() error { _, err := c.NotesFrom(v.CID, Newest, true, 20); return err },
		"called":        func() error { _, err := c.NoteCalled(v.CID, 1, "x"); return err },
		"users":         func() error { _, err := c.Users(app, []int64{1}); return err },
		"robots":        func() error { _, err := c.CountRobots(app); return err },
		"tie":           func() error { _, err := c.TieTo(l, 2); return err },
		"ties":          func() error { _, err := c.TiesAmong(l, []int64{2}); return err },
		"friends":       func() error { _, err := c.Ties(l, false, 0, 0, 20); return err },
		"friends back":  func() error { _, err := c.Ties(l, true, 0, 0, 20); return err },
		"friend count":  func() error { _, err := c.CountTies(l); return err },
		"broadcasts":    func() error { _, err := c.CountBroadcasts("a", 5); return err },
	} {
		if err := fn(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := checkPlans(t, s); n < 60 {
		t.Errorf("only %d statements were prepared", n)
	}
	s.read.stmts.Range(func(q, _ any) bool {
		query := q.(string)
		for _, step := range plan(t, s, query) {
			// A user's conversations by their latest message are the one list that is sorted: it is as short as what he is in.
			if strings.Contains(step, "TEMP B-TREE FOR ORDER BY") && !strings.Contains(query, "active_us DESC") {
				t.Errorf("%s\n\tin %s", step, query)
			}
		}
		return true
	})
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}

// TestCountsFollowMembers has the numbers of a conversation follow what happens to its members.
func TestCountsFollowMembers(t *testing.T) {
	s := open(t)
	v := talk(t, s, LiveGroupChat, 5)
	check := func(members, online int64) {
		t.Helper()
		got, err := s.Read(context.Background()).Conversation(app, v.ID)
		if err != nil || got.MemberNum != members || got.OnlineNum != online {
			t.Errorf("%d members, %d online, %v; want %d and %d", got.MemberNum, got.OnlineNum, err, members, online)
		}
	}
	check(5, 5)
	update(t, s, func(tx *Tx) error { return tx.PutParticipant(v.CID, Participant{User: 2}) })
	check(5, 4)
	update(t, s, func(tx *Tx) error { _, err := tx.DropParticipant(v.CID, 3); return err })
	check(4, 3)
	update(t, s, func(tx *Tx) error { _, err := tx.DropParticipant(v.CID, 3); return err })
	check(4, 3)
	update(t, s, func(tx *Tx) error { return tx.Dissolve(v.CID) })
	if _, err := s.Read(context.Background()).Conversation(app, v.ID); !errors.Is(err, ErrNoConversation) {
		t.Errorf("a dissolved conversation: %v", err)
	}
}

// TestDissolvedMessagesGo has the messages of a dissolved conversation, more than one step's worth, and no others removed.
func TestDissolvedMessagesGo(t *testing.T) {
	s := open(t)
	gone, stays := talk(t, s, GroupChat, 1), talk(t, s, GroupChat, 1)
	notes := func(first int64, n int) []Note {
		list := make([]Note, n)
		for i := range list {
			list[i] = Note{ID: first + int64(i), Index: int64(i) + 1, Sender: 1, Type: 1, Content: "x"}
		}
		return list
	}
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.LoadNotes(gone, notes(1, purgeStep+10)), tx.LoadNotes(stays, notes(10_000, 5)), tx.HideNote(3, 1))
	})
	update(t, s, func(tx *Tx) error { return tx.Dissolve(gone.CID) })
	left := func() (messages, hidden, purge int) {
		err := s.read.db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM conversation_message), (SELECT count(*) FROM conversation_message_hidden), (SELECT count(*) FROM purge)").
			Scan(&messages, &hidden, &purge)
		if err != nil {
			t.Fatal(err)
		}
		return messages, hidden, purge
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		messages, hidden, purge := left()
		if messages == 5 && hidden == 0 && purge == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages, %d hidden, %d to purge", messages, hidden, purge)
		}
	}
}

// TestNumbersRise has numbers given after a restart be above those before, even if the clock stood still.
func TestNumbersRise(t *testing.T) {
	path := t.TempDir() + "/c.db"
	clock := func() time.Time { return time.Unix(1_700_000_000, 0) }
	var latest int64
	for range 3 {
		s, err := Open(t.Context(), path, clock)
		if err != nil {
			t.Fatal(err)
		}
		v := talk(t, s, GroupChat, 1)
		if v.ID <= latest {
			t.Errorf("%d after %d", v.ID, latest)
		}
		latest = v.ID
		for range 3 {
			n := Note{Sender: 1, Type: 1, Content: "x"}
			update(t, s, func(tx *Tx) error { return tx.Say(v, &n) })
			if n.ID <= latest {
				t.Errorf("%d after %d", n.ID, latest)
			}
			latest = n.ID
		}
		if v.LastIndex != clock().UnixMicro()+2 {
			t.Errorf("three messages of one moment end at index %d", v.LastIndex)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkConversations shows that a page costs the same wherever it is, and whatever else there is. Try
//
//	go test -run - -bench Conversations -groups 1000000 -messages 10000000 ./emulator/internal/community
func BenchmarkConversations(b *testing.B) {
	s := open(b)
	v := talk(b, s, LiveGroupChat, 100_000)
	for done := 0; done < *scaleGroups; done += 10_000 {
		update(b, s, func(tx *Tx) error {
			for range min(10_000, *scaleGroups-done) {
				g := &Conversation{App: app, Type: GroupChat, Name: "group", Owner: 1, Creator: 1}
				if err := tx.CreateConversation(g); err != nil {
					return err
				}
				if err := tx.PutParticipant(g.CID, Participant{User: 2}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for done := 0; done < *scaleMessages; done += 20_000 {
		update(b, s, func(tx *Tx) error {
			notes := make([]Note, min(20_000, *scaleMessages-done))
			for i := range notes {
				n := int64(done + i + 1)
				notes[i] = Note{ID: n, Index: n, Sender: n % 500, Type: 10001, Content: `{"text":"a line of ordinary length, as people write them"}`}
			}
			return tx.LoadNotes(v, notes)
		})
	}
	update(b, s, func(tx *Tx) error {
		for i := range int64(100_000) {
			if err := tx.Forbid(v.CID, ForbidSpeak, i, 1<<40); err != nil {
				return err
			}
			if err := tx.PutTie(TieList{app, 0, FriendTie, 1}, Tie{Peer: i}); err != nil {
				return err
			}
		}
		return nil
	})
	db := s.Read(context.Background())
	run := func(name string, want int, fn func() (int, error)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := fn(); err != nil || n != want {
					b.Fatalf("%d items, %v", n, err)
				}
			}
		})
	}
	messages := int64(*scaleMessages)
	for place, share := range map[string]int64{"first": 0, "middle": 50, "last": 99} {
		at := 1000 * share
		run("20 messages/"+place, 20, func() (int, error) {
			page, err := db.NotesFrom(v.CID, max(messages*share/100, 20), true, 20)
			return len(page), err
		})
		run("20 members/"+place, 20, func() (int, error) {
			page, err := db.Participants(v.CID, ParticipantPage{After: Place{1_600_000_000 + at/3, at}, N: 20})
			return len(page), err
		})
		run("20 present/"+place, 20, func() (int, error) {
			page, err := db.Present(v.CID, "", ParticipantPage{After: Place{(100_000 - at) * 10, 100_000 - at}, N: 20})
			return len(page), err
		})
		run("20 muted/"+place, 20, func() (int, error) {
			page, err := db.ForbiddenIn(v.CID, ForbidSpeak, at, 5, 20)
			return len(page), err
		})
		run("20 friends/"+place, 20, func() (int, error) {
			page, err := db.Ties(TieList{app, 0, FriendTie, 1}, false, at, 0, 20)
			return len(page), err
		})
		run("20 conversations/"+place, 20, func() (int, error) {
			page, err := db.JoinedConversations(app, 0, 2, int64(*scaleGroups)*share/100, 0, 20)
			return len(page), err
		})
	}
	run("one message more", 1, func() (int, error) {
		return 1, s.Update(context.Background(), func(tx *Tx) error { return tx.Say(v, &Note{Sender: 1, Type: 1, Content: "x"}) })
	})
}
