package community

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// TestRelationsAreFoundByIndex runs what there is for relations, conversations and the rest around groups, and looks at
// how SQLite answers it.
func TestRelationsAreFoundByIndex(t *testing.T) {
	s := open(t)
	db := s.Read(context.Background())
	u := users(t, s, "a", "b", "c")
	update(t, s, func(tx *Tx) error {
		g := &Group{ID: "g", Kind: Community, Name: "g", MaxMembers: 10, Topics: true, CreatedAt: s.Now().Unix()}
		errs := []error{tx.CreateGroup(app, g)}
		p := &Topic{ID: "t", Name: "t"}
		errs = append(errs, tx.CreateTopic(g.GID, p), tx.ReadTopic(p.TID, u[0], 1), tx.MarkTopicRead(p.TID), tx.SaveTopic(*p))
		errs = append(errs, tx.AddFriend(app, u[0], Friend{UID: u[1], Lists: []string{"l"}, Custom: Data{"x": "1"}}), tx.SaveFriend(u[0], Friend{UID: u[1], Lists: []string{"m"}}, true, true),
			tx.RemoveList(u[0], "m"), tx.AskFriend(u[1], FriendRequest{Asker: Account{UID: u[2]}}))
		_, err1 := tx.TakeRequest(u[1], Account{UID: u[2]})
		_, err2 := tx.Block(app, u[0], u[1])
		_, err3 := tx.Unblock(u[0], u[1])
		_, err4 := tx.Follow(u[0], u[1])
		_, err5 := tx.Unfollow(u[0], u[1])
		talk := Talk{Kind: Direct, ID: u[1]}
		_, err6 := tx.DropTalk(u[0], talk)
		_, err7 := tx.DropTalk(u[0], Talk{Kind: InGroup, ID: g.GID})
		_, err8 := tx.AddMarkGroup(u[0], "m")
		errs = append(errs, err1, err2, err3, err4, err5, err6, err7, err8, tx.Talked(u[0], u[1], 5), tx.PinTalk(u[0], talk, true), tx.SaveMark(u[0], Mark{Contact: Contact{Direct, "b"}, Groups: []int64{1}}),
			tx.RenameMarkGroup(u[0], 1, "n"), tx.RemoveMarkGroup(u[0], 1))
		errs = append(errs, tx.SetAttrs(g.GID, []Attr{{"k", "v"}}), tx.DeleteAttrs(g.GID, []string{"k"}), tx.ClearAttrs(g.GID), tx.SetCounter(g.GID, Counter{"k", 1}), tx.DeleteCounters(g.GID, []string{"k"}),
			tx.DeleteCounters(g.GID, nil))
		value := "v"
		_, err9 := tx.AddPushTags(app, "a", []string{"t"})
		errs = append(errs, err9, tx.RemovePushTags(app, "a", []string{"t"}), tx.RemovePushTags(app, "a", nil), tx.NamePushAttr(app, 1, "n"), tx.NamePushAttr(app, 2, ""), tx.SetPushAttr(app, "a", 1, &value),
			tx.SetPushAttr(app, "a", 1, nil), tx.AddPush(app, Push{Task: "x"}))
		_, err10 := tx.RemoveWord(app, LocalWords, "x", false)
		errs = append(errs, err10, tx.PutWord(app, Word{Lib: LocalWords, Text: "w"}), tx.BlockMedia(app, "u", true), tx.BlockMedia(app, "u", false), tx.SaveExport(app, "C2C", 1, Export{Data: []byte{1}}), tx.DropExports(app, 1),
			tx.TallyLogin(app, "a", 3), tx.TallyC2C(app, "a", s.Now().Unix(), 1, 1), tx.RemoveTopic(p.TID))
		return errors.Join(errs...)
	})
	_, err1 := db.Friends(u[0], 0, 10)
	_, err2 := db.FriendsAmong(u[0], u)
	_, err3 := db.FriendSet(u[0], u)
	_, err4 := db.FriendsOf(u[0], u)
	_, err5 := db.CountFriends(u[0])
	_, err6 := db.Sequences(u[0])
	_, err7 := db.FriendUIDs(u[0])
	_, err8 := db.FriendLists(u[0])
	_, err9 := db.CountRequests(u[0], u[1])
	_, err10 := db.BlockedBy(u[0], 0, 10)
	_, err11 := db.BlocksAmong(u[0], u)
	_, err12 := db.BlocksOf(u[0], u)
	_, err13 := db.CountBlocked(u[0])
	_, err14 := db.FollowsAmong(u[0], u, true)
	_, err15 := db.FollowsAmong(u[0], u, false)
	_, err16 := db.Talks(u[0])
	_, err17 := db.CountPins(u[0])
	_, err18 := db.Marks(u[0], 0, 10)
	_, err19 := db.MarkOf(u[0], Contact{Direct, "b"})
	_, err20 := db.CountMarks(u[0])
	_, err21 := db.MarkGroups(u[0])
	_, err22 := db.MarkGroup(u[0], "n")
	_, err23 := db.Attrs(1)
	_, err24 := db.Counters(1)
	_, err25 := db.Topics(1, []string{"t"})
	_, err26 := db.TopicGone(1, "t")
	_, err27 := db.CountTopics(1)
	_, _, err28 := db.TopicTotals(1, u[0])
	_, err29 := db.TopicsRead(1, u[0])
	_, err30 := db.PushLike(app, 1, 0)
	_, _, err31 := db.CountPushes(app, 0)
	_, err32 := db.Pushes(app, 10)
	_, err33 := db.PushAttrNames(app)
	_, err34 := db.PushAttrs(app, []string{"a"})
	_, err35 := db.PushTags(app, []string{"a"})
	_, _, _, err36 := db.Words(app, WordPage{Lib: LocalWords, N: 10})
	_, err37 := db.AllWords(app)
	_, err38 := db.CountWords(app, LocalWords)
	_, err39 := db.MediaBlocked(app, "u")
	_, _, err40 := db.Exports(app, "C2C", 1)
	_, err41 := db.ExportData(app, "C2C", 1, 0)
	_, err42 := db.AccountsLike(app, "@RBT#")
	err43 := db.SaidIn(app, 0, 10, func(string, string, Message) error { return nil })
	err44 := db.SaidDirectly(app, 0, 10, func(string, string, DirectMessage) error { return nil })
	for i, err := range []error{
		err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14, err15, err16, err17, err18, err19, err20, err21, err22, err23, err24, err25, err26,
		err27, err28, err29, err30, err31, err32, err33, err34, err35, err36, err37, err38, err39, err40, err41, err42, err43, err44,
	} {
		if err != nil && !errors.Is(err, ErrNoMarkGroup) && !errors.Is(err, ErrNoExport) && !errors.Is(err, ErrNoPush) {
			t.Errorf("query %d: %v", i+1, err)
		}
	}
	for what := Fans; what <= Mutual; what++ {
		_, err1 := db.Follows(u[0], what, 0, 10)
		_, err2 := db.CountFollows(u[0], what)
		if err := errors.Join(err1, err2); err != nil {
			t.Error(err)
		}
	}
	if _, err := db.Stats(app, 30); err != nil {
		t.Error(err)
	}
	update(t, s, func(tx *Tx) error { return tx.DeleteAccount(app, Account{UID: u[0], Name: "a"}) })
	if n := checkPlans(t, s); n < 120 {
		t.Errorf("only %d statements were prepared", n)
	}
}

// TestPushesCountTheirAudience looks at every account, as a push to all does.
func TestPushesCountTheirAudience(t *testing.T) {
	s := open(t)
	users(t, s, "a", "b", "c")
	update(t, s, func(tx *Tx) error {
		_, err := tx.AddPushTags(app, "a", []string{"x", "y"})
		_, err2 := tx.AddPushTags(app, "b", []string{"y"})
		return errors.Join(err, err2)
	})
	matched, reached, err := s.Read(context.Background()).CountAudience(app, Audience{TagsOr: []string{"y"}}, []string{"b", "c", "zz"})
	if matched != 2 || reached != 1 || err != nil {
		t.Errorf("%d, %d, %v", matched, reached, err)
	}
}

// TestOldDaysGo keeps the tables of statistics as small as what can be asked for.
func TestOldDaysGo(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Unix(1_700_000_000, 0)
	s, err := Open(context.Background(), "", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	start := Day(now.Unix())
	tally := func(at time.Time) {
		update(t, s, func(tx *Tx) error {
			return errors.Join(tx.Tally(app, at.Unix(), GroupUp, 1), tx.TallyUser(app, "a", at.Unix(), SaidInGroup))
		})
	}
	kept := func() (days []int64) {
		update(t, s, func(tx *Tx) error {
			return tx.each("SELECT day FROM day_stat UNION ALL SELECT day FROM day_user ORDER BY 1", nil, func(scan func(...any) error) error {
				var d int64
				err := scan(&d)
				days = append(days, d-start)
				return err
			})
		})
		return days
	}
	for _, ago := range []time.Duration{40, 32, 31, 1, 0} {
		tally(now.Add(-ago * day))
	}
	if got := kept(); !slices.Equal(got, []int64{-31, -31, -1, -1, 0, 0}) {
		t.Errorf("kept: %v", got)
	}
	now = now.Add(31 * day)
	tally(now)
	if got := kept(); !slices.Equal(got, []int64{0, 0, 31, 31}) {
		t.Errorf("kept a month later: %v", got)
	}
}
