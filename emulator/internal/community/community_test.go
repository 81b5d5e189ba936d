package community

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const app = 1

func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(context.Background(), "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(t testing.TB, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// TestNoQueryScansATable runs everything the service asks, looks at how SQLite answers each statement it has prepared,
// and accepts neither a scan of a table or index nor, where the rows are many, a sort.
func TestNoQueryScansATable(t *testing.T) {
	s := open(t)
	ctx := context.Background()
	g := &Group{ID: "g", Kind: Community, Name: "g", MaxMembers: 10}
	yes, name := true, "x"
	update(t, s, func(tx *Tx) error {
		_, err := tx.ImportAccount(app, Account{Name: "a"})
		a, err2 := tx.Account(app, "a")
		errs := []error{err, err2, tx.CreateGroup(app, g), tx.SetNickFace(a.UID, &name, nil), tx.SetProfile(a.UID, "t", "1"), tx.SetProfile(a.UID, "t", "")}
		_, err = tx.AddMember(g, Member{UID: a.UID, Account: "a", JoinedAt: 5})
		m, err2 := tx.Member(g.GID, a.UID)
		errs = append(errs, err, err2, tx.SaveMember(g.GID, m), tx.SetOwner(g, m), tx.SetUnread(g, a.UID, 1), tx.MarkAllRead(g), tx.SaveGroup(g), tx.Activate(g.GID))
		for _, until := range []int64{5, 0} {
			errs = append(errs, tx.SetMute(g.GID, a.UID, until), tx.SetBan(g, a.UID, until, ""), tx.SetLiveAdmin(g.GID, a.UID, until > 0), tx.MuteEverywhere(a.UID, &until, nil))
		}
		seq, err := tx.Append(g.GID, Message{Sender: "a", Body: "[]"})
		_, err2 = tx.RecallBySender(g.GID, 1, "a")
		errs = append(errs, err, err2, tx.Spoke(g, a.UID, seq, 1), tx.SetState(g.GID, seq, Hole), tx.EditMessage(g.GID, seq, &name, nil), tx.ClearHistory(g.GID, 1))
		_, err = tx.AddReceipt(g.GID, seq, a.UID)
		topic := &Topic{ID: "g@TOPIC#_1", Name: "t"}
		errs = append(errs, err, tx.CreateTopic(g.GID, topic), tx.LoadMessages(topic.TID, []Message{{Seq: 1, Body: "[]"}}, 2, 1), tx.LoadMembers(g, nil))
		seq, err = tx.Append(topic.TID, Message{Sender: "a", Body: "[]"})
		if seq != 2 {
			t.Errorf("a topic's second message has seq %d", seq)
		}
		_, err2 = tx.RemoveMember(g, a.UID)
		return errors.Join(append(errs, err, err2)...)
	})
	db := s.Read(ctx)
	_, err1 := db.Accounts(app, []string{"a"})
	_, err2 := db.Profiles([]int64{1})
	_, _, err3 := db.Groups(app, []string{"g", "h"})
	_, err4 := db.MembersNamed(app, g.GID, []string{"a"})
	_, err5 := db.Muted(g.GID, 1)
	_, err6 := db.Banned(g.GID, 1, 0, 10)
	_, err7 := db.LiveAdmins(g.GID)
	_, err8 := db.LiveMembers(g.GID, 10)
	_, err9 := db.Window(g.GID, 20, 1)
	_, err10 := db.ReceiptMembers(g.GID, 1, "a", true, 0, 10)
	_, err11 := db.CountReceipts(g.GID, 1)
	_, err12 := db.LatestAt(g.GID)
	_, err13 := db.CountGroups(app, Public)
	_, err14 := db.AccountName(1)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []Kind{0, Public} {
		if _, _, err := db.GroupIDs(app, kind, 5, 10); err != nil {
			t.Fatal(err)
		}
	}
	for _, roles := range []int{0, 1 << Plain, 1<<Admin | 1<<Owner} {
		if _, err := db.Members(g.GID, MemberPage{Roles: roles, N: 10}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := db.Joined(1, JoinedPage{N: -1, OnlyTopics: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Group(app, "nope"); !errors.Is(err, ErrNoGroup) {
		t.Errorf("a group that never was: %v", err)
	}
	if _, err := db.Topic(g.GID, "g@TOPIC#_1"); err != nil {
		t.Error(err)
	}
	update(t, s, func(tx *Tx) error { return tx.Dismiss(g.GID) })
	if _, err := db.Group(app, "g"); !errors.Is(err, ErrDismissed) {
		t.Errorf("a dismissed group: %v", err)
	}

	if n := checkPlans(t, s); n < 40 {
		t.Errorf("only %d statements were prepared", n)
	}
}

// checkPlans looks at how SQLite answers the statements that s has prepared, and returns their number.
func checkPlans(t *testing.T, s *Store) int {
	t.Helper()
	queries := []string{}
	s.read.stmts.Range(func(q, _ any) bool { queries = append(queries, q.(string)); return true })
	update(t, s, func(*Tx) error { // the janitor prepares some, too
		for q := range s.write.stmts {
			queries = append(queries, q)
		}
		return nil
	})
	for _, q := range queries {
		for _, step := range plan(t, s, q) {
			scan := strings.HasPrefix(step, "SCAN ") && !strings.HasPrefix(step, "SCAN json_each") && !strings.HasPrefix(step, "SCAN CONSTANT") && step != "SCAN k" && !strings.HasPrefix(step, "SCAN purge") && step != "SCAN uid_top" && !strings.HasPrefix(step, "SCAN (subquery")
			sort := strings.Contains(step, "TEMP B-TREE") && (strings.Contains(q, "FROM message") || strings.Contains(q, "FROM grp") || strings.Contains(q, "FROM direct"))
			if scan || sort {
				t.Errorf("%s\n\tin %s", step, q)
			}
		}
	}
	return len(queries)
}

func plan(t *testing.T, s *Store, query string) (steps []string) {
	t.Helper()
	args := make([]any, 40)
	for i := range args {
		args[i] = "[]"
	}
	n := strings.Count(query, "?")
	for i := len(args); i > 0; i-- {
		if strings.Contains(query, fmt.Sprintf("?%d", i)) {
			n = i
			break
		}
	}
	rows, err := s.read.db.Query("EXPLAIN QUERY PLAN "+query, args[:n]...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestDismissedGroupIsPurged(t *testing.T) {
	s := open(t)
	g, other := &Group{ID: "g", Kind: Public, Name: "g"}, &Group{ID: "h", Kind: Public, Name: "h"}
	update(t, s, func(tx *Tx) error {
		if err := errors.Join(tx.CreateGroup(app, g), tx.CreateGroup(app, other)); err != nil {
			return err
		}
		for range purgeStep + 10 {
			if _, err := tx.Append(g.GID, Message{Sender: "a", Body: "[]"}); err != nil {
				return err
			}
		}
		_, err := tx.Append(other.GID, Message{Sender: "a", Body: "[]"})
		return err
	})
	update(t, s, func(tx *Tx) error { return tx.Dismiss(g.GID) })
	left := -1
	for range 1000 {
		if err := s.Read(context.Background()).get("SELECT count(*) FROM message", nil, &left); err != nil {
			t.Fatal(err)
		}
		if left == 1 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d messages are left, want the one of the other group", left)
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	s := open(t)
	boom := errors.New("boom")
	add := func(tx *Tx) error { _, err := tx.ImportAccount(app, Account{Name: "a"}); return err }
	count := func() int64 {
		n, err := s.Read(context.Background()).CountAccounts(app)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := s.Update(context.Background(), func(tx *Tx) error { return errors.Join(add(tx), boom) }); !errors.Is(err, boom) || count() != 0 {
		t.Errorf("an error: %v, %d accounts", err, count())
	}
	func() {
		defer func() { recover() }()
		s.Update(context.Background(), func(tx *Tx) error { add(tx); panic(boom) })
	}()
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Update(ctx, func(tx *Tx) error {
		cancel()
		return add(tx)
	})
	if err == nil || count() != 0 {
		t.Errorf("a caller who left: %v, %d accounts", err, count())
	}
	update(t, s, add)
	if count() != 1 {
		t.Errorf("%d accounts", count())
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := t.TempDir() + "/x.db"
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 999"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if s, err := Open(context.Background(), path, time.Now); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("opened: %v", err)
		s.Close()
	}
}
