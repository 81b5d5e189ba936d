package community

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// users imports accounts and returns their uids.
func users(t *testing.T, s *Store, names ...string) (uids []int64) {
	t.Helper()
	update(t, s, func(tx *Tx) error {
		for _, name := range names {
			_, err := tx.ImportAccount(app, Account{Name: name})
			a, err2 := tx.Account(app, name)
			if err := errors.Join(err, err2); err != nil {
				return err
			}
			uids = append(uids, a.UID)
		}
		return nil
	})
	return uids
}

func TestDirectMessagesArePagedByIndex(t *testing.T) {
	s := open(t)
	db := s.Read(context.Background())
	u := users(t, s, "a", "b")
	on := NotedDirect(1)
	text := "x"
	update(t, s, func(tx *Tx) error {
		d := DirectMessage{Sender: u[0], Receiver: u[1], At: 10, Seq: 1, Random: 2, UnreadUntil: 100, Body: "[]"}
		errs := []error{tx.AddDirect(app, &d), tx.EditDirect(d.ID, &text, nil), tx.ReceiveDirect(d.ID), tx.ReadDirects(u[1], u[0], 20), tx.RecallDirect(d.ID)}
		_, err := tx.Direct(u[0], u[1], d.Key())
		_, err2 := tx.NextExtensionSeq(on)
		return errors.Join(append(errs, err, err2, tx.SetExtension(on, Extension{Key: "k"}), tx.DeleteExtension(on, "k"), tx.ClearExtensions(on),
			tx.HideDirect(u[0], u[1], d.ID), tx.ClearDirects(u[1], u[0]), tx.Kick(u[0], 1))...)
	})
	for _, way := range [][2]int64{{u[0], u[1]}, {u[1], u[0]}} {
		_, err := db.Directs(way[0], way[1], DirectPage{To: 100, N: 10})
		_, err2 := db.CountUnread(way[0], way[1], 1)
		_, err3 := db.DirectExists(way[0], way[1], DirectKey{})
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
	}
	_, err := db.CountUnread(u[0], 0, 1)
	_, err2 := db.Extensions(on, 0, 10)
	_, err3 := db.Extension(on, "k")
	_, err4 := db.CountExtensions(on)
	_, _, err5 := db.ExtensionSeqs(on)
	_, err6 := db.KickedAt(app, "a")
	_, err7 := db.CountOwned(app, "a", Public)
	if err := errors.Join(err, err2, err3, err4, err5, err6, err7); err != nil {
		t.Fatal(err)
	}
	if n := checkPlans(t, s); n < 25 {
		t.Errorf("only %d statements were prepared", n)
	}
}

// TestEachSideHasItsOwnView has both users of a pair, whichever of them has the smaller uid, lose messages the other keeps.
func TestEachSideHasItsOwnView(t *testing.T) {
	s := open(t)
	db := s.Read(context.Background())
	u := users(t, s, "a", "b")
	for _, me := range []int{0, 1} {
		my, other := u[me], u[1-me]
		view := func(uid, peer int64) (texts []string) {
			page, err := db.Directs(uid, peer, DirectPage{To: 1000, N: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page {
				texts = append(texts, d.Body)
			}
			slices.Reverse(texts)
			return texts
		}
		expect := func(what string, mine, theirs []string) {
			t.Helper()
			if got := view(my, other); !slices.Equal(got, mine) {
				t.Errorf("%d, %s: I see %v, want %v", me, what, got, mine)
			}
			if got := view(other, my); !slices.Equal(got, theirs) {
				t.Errorf("%d, %s: the other sees %v, want %v", me, what, got, theirs)
			}
		}
		ids := make([]int64, 4)
		update(t, s, func(tx *Tx) error {
			for i := range ids {
				d := DirectMessage{Sender: my, Receiver: other, At: int64(i), Random: int64(i), Body: fmt.Sprint(i), UnreadUntil: 500}
				if i%2 == 1 {
					d.Sender, d.Receiver = other, my
				}
				if i == 2 {
					d.HideFrom(my)
				}
				if err := tx.AddDirect(app, &d); err != nil {
					return err
				}
				ids[i] = d.ID
			}
			return nil
		})
		expect("one is only for the receiver", []string{"0", "1", "3"}, []string{"0", "1", "2", "3"})
		update(t, s, func(tx *Tx) error { return tx.HideDirect(my, other, ids[1]) })
		expect("I deleted one of theirs", []string{"0", "3"}, []string{"0", "1", "2", "3"})
		if n, err := db.CountUnread(my, other, 0); n != 1 || err != nil {
			t.Errorf("%d unread, %v", n, err)
		}
		update(t, s, func(tx *Tx) error { return tx.HideDirect(other, my, ids[1]) })
		expect("nobody keeps it", []string{"0", "3"}, []string{"0", "2", "3"})
		update(t, s, func(tx *Tx) error { return tx.ClearDirects(other, my) })
		expect("they cleared all", []string{"0", "3"}, nil)
		update(t, s, func(tx *Tx) error { return tx.ClearDirects(my, other) })
		expect("I cleared all", nil, nil)
		left := -1
		if err := db.get("SELECT count(*) FROM direct", nil, &left); err != nil || left != 0 {
			t.Errorf("%d rows are left that nobody sees, %v", left, err)
		}
	}
}

func TestUIDsAreNotGivenAgain(t *testing.T) {
	s := open(t)
	first := users(t, s, "a", "b")
	update(t, s, func(tx *Tx) error {
		a, err := tx.Account(app, "b")
		return errors.Join(err, tx.DeleteAccount(app, a))
	})
	if next := users(t, s, "b", "c"); next[0] <= first[1] || next[1] <= next[0] {
		t.Errorf("uids are %v, after %v", next, first)
	}
}
