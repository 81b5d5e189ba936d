package demo

import (
	"slices"
	"testing"
	"time"

	"imdesk/emulator/internal/community"
)

func uidsOf(t *testing.T, db community.Conn, ids ...string) map[string]int64 {
	t.Helper()
	accounts, err := db.Accounts(testApp, ids)
	if err != nil {
		t.Fatal(err)
	}
	uids := map[string]int64{}
	for _, id := range ids {
		a, there := accounts[id]
		if !there {
			t.Fatalf("there is no %s", id)
		}
		uids[id] = a.UID
	}
	return uids
}

// TestRelations holds what the seed stored against what it was told to. Limits: friends, doc 33521; remark 96 bytes, name of a
// list 30, wording 256.
func TestRelations(t *testing.T) {
	db := demoStore(t)
	said, twoWays, pinned := 0, 0, 0
	for _, x := range slices.Concat(ties, strangers) {
		uid := uidsOf(t, db, x.who, x.other)
		who, other := uid[x.who], uid[x.other]
		if len(x.remark) > 96 || len(x.back) > 96 || len(x.list) > 30 {
			t.Errorf("%s and %s: a remark or a list is too long", x.who, x.other)
		}
		friends, err := db.FriendsAmong(who, []int64{other})
		if err != nil {
			t.Fatal(err)
		}
		back, err := db.FriendsAmong(other, []int64{who})
		if err != nil {
			t.Fatal(err)
		}
		f, is := friends[other]
		if stranger := slices.Contains(strangers, x); is == stranger || len(back) > 0 != (is && !x.alone) {
			t.Errorf("%s and %s: friends %v, back %v", x.who, x.other, is, len(back) > 0)
		}
		if is && (f.Remark != x.remark || f.SinceAt > testNow.Unix() || x.list != "" && !slices.Equal(f.Lists, []string{x.list})) {
			t.Errorf("%s has noted of %s: %+v", x.who, x.other, f)
		}
		if len(back) > 0 {
			twoWays++
		}
		list, err := db.Directs(who, other, community.DirectPage{To: testNow.Unix() + 1, N: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 != (x.scenes > 0) {
			t.Errorf("%s and %s: %d messages of %d scenes", x.who, x.other, len(list), x.scenes)
		}
		for _, d := range list {
			if d.At > testNow.Unix() || d.At < testNow.Add(-7*day).Unix() || len(d.Body) == 0 {
				t.Errorf("%s and %s: a message of %s", x.who, x.other, time.Unix(d.At, 0))
			}
		}
		if n, err := db.CountUnread(who, other, testNow.Unix()); err != nil || n != int64(x.unread) {
			t.Errorf("%s has %d unread of %s, want %d: %v", x.who, n, x.other, x.unread, err)
		}
		said += len(list)
		if x.pinned {
			pinned++
		}
	}
	if said < 200 || said > 800 || twoWays < 20 || pinned < 3 {
		t.Errorf("%d messages, %d friendships on both sides, %d pinned", said, twoWays, pinned)
	}
	for _, b := range blocked {
		uid := uidsOf(t, db, b[0], b[1])
		if m, err := db.BlocksAmong(uid[b[0]], []int64{uid[b[1]]}); err != nil || !m[uid[b[1]]] {
			t.Errorf("%s has not blocked %s: %v", b[0], b[1], err)
		}
	}
	for _, w := range wishes {
		uid := uidsOf(t, db, w.who, w.whom)
		if n, err := db.CountRequests(uid[w.whom], 0); err != nil || n == 0 || len(w.wording) > 256 {
			t.Errorf("nobody waits for %s: %v", w.whom, err)
		}
	}
	uid := uidsOf(t, db, "lin_wan")
	talks, err := db.Talks(uid["lin_wan"])
	if err != nil || len(talks) < 8 {
		t.Errorf("lin_wan has %d conversations: %v", len(talks), err)
	}
	if !slices.ContainsFunc(talks, func(k community.Talk) bool { return k.Pinned }) {
		t.Error("lin_wan has pinned nothing")
	}
	if groups, err := db.MarkGroups(uid["lin_wan"]); err != nil || len(groups) != 1 {
		t.Errorf("lin_wan has the folders %v: %v", groups, err)
	}
}
