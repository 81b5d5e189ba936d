package community

import (
	"context"
	"flag"
	"fmt"
	"testing"
)

var (
	scaleGroups   = flag.Int("groups", 20_000, "groups of the benchmarks")
	scaleMessages = flag.Int("messages", 50_000, "messages of the largest group of the benchmarks")
)

// BenchmarkScale shows that a page costs the same wherever it is, and whatever else there is. Try
//
//	go test -run - -bench Scale -groups 1000000 -messages 10000000 ./emulator/internal/community
func BenchmarkScale(b *testing.B) {
	s := open(b)
	ctx := context.Background()
	big := &Group{ID: "big", Kind: Community, Name: "big", MaxMembers: 100_000}
	update(b, s, func(tx *Tx) error { return tx.CreateGroup(app, big) })
	for done := 0; done < *scaleGroups; done += 10_000 {
		update(b, s, func(tx *Tx) error {
			for i := done; i < min(done+10_000, *scaleGroups); i++ {
				if err := tx.CreateGroup(app, &Group{ID: fmt.Sprint("g", i), Kind: Public, Name: "group", MaxMembers: 2000, ApplyJoin: "NeedPermission"}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for done := 0; done < *scaleMessages; done += 20_000 {
		update(b, s, func(tx *Tx) error {
			msgs := make([]Message, min(20_000, *scaleMessages-done))
			for i := range msgs {
				msgs[i] = Message{Seq: int64(done + i + 1), Sender: fmt.Sprint("user", i%500), SentMS: int64(done+i) * 1000, Body: `[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a line of ordinary length, as people write them"}}]`}
			}
			return tx.LoadMessages(big.GID, msgs, int64(done+len(msgs)+1), int64(done+len(msgs)))
		})
	}
	for done := 0; done < 100_000; done += 20_000 {
		update(b, s, func(tx *Tx) error {
			members := make([]Member, 20_000)
			for i := range members {
				members[i] = Member{UID: int64(done + i + 1), Account: fmt.Sprintf("user%d", done+i), JoinedAt: int64(1_600_000_000 + (done+i)/3)}
			}
			return tx.LoadMembers(big, members)
		})
	}
	db := s.Read(ctx)
	run := func(name string, fn func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := fn(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	groups, messages := int64(*scaleGroups), int64(*scaleMessages)
	for place, share := range map[string]int64{"first": 0, "middle": 50, "last": 100} {
		run("100 groups/"+place, func() error { _, _, err := db.GroupIDs(app, 0, max(groups*share/100-100, 0), 100); return err })
		run("20 messages/"+place, func() error {
			top := max(messages*share/100, 20)
			window, err := db.Window(big.GID, top, top-19)
			if err == nil && len(window) != 20 {
				return fmt.Errorf("%d messages", len(window))
			}
			return err
		})
		run("100 members/"+place, func() error {
			page, err := db.Members(big.GID, MemberPage{AfterJoined: 1_600_000_000 + 33_000*share/100, N: 100})
			if err == nil && len(page) != 100 {
				return fmt.Errorf("%d members", len(page))
			}
			return err
		})
	}
	ids := make([]string, 50)
	for i := range ids {
		ids[i] = fmt.Sprint("g", int64(i)*groups/50)
	}
	run("50 groups by id", func() error { _, _, err := db.Groups(app, ids); return err })
	run("total", func() error { _, err := db.CountGroups(app, 0); return err })
	run("one message more", func() error {
		return s.Update(ctx, func(tx *Tx) error {
			_, err := tx.Append(big.GID, Message{Sender: "a", Body: "[]"})
			return err
		})
	})
}
