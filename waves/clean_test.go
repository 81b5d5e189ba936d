package waves

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/cases"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/jobs"
	"imdesk/store"
)

// TestClean has two consoles on one database hear the halves of a raid: there is one case, it is cleaned up, and taken back. What the
// service says in the end is what counts.
func TestClean(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const appID, admin, key = 1400000044, "administrator", "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	im, err := emulator.New(ctx, emulator.Config{Apps: []emulator.TencentApp{{SDKAppID: appID, Admins: []string{admin}, Key: key}}})
	ok(err)
	t.Cleanup(func() { ok(im.Close()) })
	ok(im.Start("127.0.0.1:0"))
	client, err := tencent.New(tencent.Config{SDKAppID: strconv.Itoa(appID), Administrator: admin, Key: key, Endpoint: im.URL()})
	ok(err)
	t.Cleanup(client.Close)
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "imdesk.db"))
	ok(err)
	t.Cleanup(func() { ok(st.Close()) })
	quiet := slog.New(slog.DiscardHandler)
	act := &actions.Service{Audit: st.Audit, Log: quiet}
	t.Cleanup(act.Close)
	app := actions.App{ID: "harbor", IM: client, Administrators: []string{admin}}
	find := func(name string) (actions.App, bool) { return app, name == app.ID }
	lead := actions.Actor{OperatorID: "op1", Name: "Mei Lin", Can: func(actions.Verb) bool { return true }}
	work := jobs.New(jobs.Options{
		Store: st.Jobs, Audit: st.Audit, Actions: act, Log: quiet, App: find, Poll: 20 * time.Millisecond,
		Operator: func(_ context.Context, id, _ string) (actions.Actor, error) {
			if by, is := Actor(id); is {
				return by, nil
			}
			return lead, nil
		},
	})
	queue := &cases.Service{Store: st.Cases, Archive: st.Archive, Audit: st.Audit, Policy: st.Policies, Actions: act, Log: quiet, App: find}
	queue.Init()
	console := func() *Service {
		return &Service{Store: st.Waves, Cases: st.Cases, Policies: st.Policies, Actions: act, Jobs: work, App: find, Flag: queue.Flag, Decide: queue.DecideWave, Log: quiet}
	}
	consoles := []*Service{console(), console()}
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{}, 3)
	for _, s := range consoles {
		go func() { s.Run(running); ended <- struct{}{} }()
	}
	go func() { work.Run(running); ended <- struct{}{} }()
	t.Cleanup(func() {
		stop()
		for range 3 {
			<-ended
		}
	})

	// Forty accounts in eight groups. One has been there for years.
	const people, groups = 40, 8
	users := make([]string, people)
	for i := range users {
		users[i] = fmt.Sprint("raider", i)
	}
	_, err = client.Import.Users(ctx, append([]string{"olga"}, users...))
	ok(err)
	ids := make([]string, groups)
	for g := range ids {
		ids[g], err = client.Import.Group(ctx, imclient.ImportGroup{Type: "Public", Name: "g", OwnerID: "olga", Created: time.Now().Add(-800 * 24 * time.Hour)})
		ok(err)
		var list []imclient.ImportMember
		for i := g; i < people; i += groups {
			joined := time.Now().Add(-time.Hour)
			if i == 0 {
				joined = time.Now().Add(-700 * 24 * time.Hour)
			}
			list = append(list, imclient.ImportMember{UserID: users[i], Joined: joined})
		}
		_, err = client.Import.Members(ctx, ids[g], list)
		ok(err)
	}
	say := func(i, n int, s *Service) {
		t.Helper()
		g := ids[i%groups]
		body := []imclient.Element{imclient.Text{Text: vary("Earn 500 dollars a day from home, message me on telegram @fastcash99", n)}}
		at := time.Now()
		_, err := client.Import.Messages(ctx, g, []imclient.ImportMessage{{From: users[i], At: at, Random: uint32(n + 1), Body: body}})
		ok(err)
		page, err := client.Messages.History(imclient.Fresh(ctx), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: g}, Limit: 1})
		ok(err)
		said := page.Messages[0]
		said.Body = body
		s.Said(ctx, app.ID, imclient.Event{Group: g, Type: "Public", Said: &said})
	}
	until := func(what string, is func() bool) {
		t.Helper()
		for begun := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
			if time.Since(begun) > 30*time.Second {
				t.Fatal("never: ", what)
			}
		}
	}
	for i := range people {
		say(i, i, consoles[i%2])
	}
	var w store.Wave
	until("one wave of all", func() bool {
		list, err := st.Cases.List(ctx, store.CaseFilter{Open: true}, 0, 10)
		ok(err)
		if len(list) != 1 {
			return false
		}
		w, err = st.Waves.ByCase(ctx, list[0].ID)
		return err == nil && w.Senders == people && w.Messages == people && w.Groups == groups
	})
	until("who is there for years", func() bool {
		list, err := st.Waves.Senders(ctx, w.ID, 100, 0)
		ok(err)
		return list[0].ID == users[0] && Spares(list[0], time.Now()) && !Spares(list[1], time.Now())
	})
	spare := []string{users[0]}
	p, err := consoles[0].Preview(ctx, app, w.ID, spare)
	ok(err)
	if p.Messages != people-1 || p.Senders != people-1 || p.Groups != groups || p.Spared != 1 || len(p.Not) != 0 {
		t.Errorf("%+v", p)
	}
	choice := Choice{Recall: true, Mute: time.Hour, Tight: TightJoin, TightFor: MinTight, Follow: time.Minute, Reason: "Flooding"}
	r, err := consoles[0].Clean(ctx, lead, app, w.ID, choice, spare, "form1")
	ok(err)
	again, err := consoles[1].Clean(ctx, lead, app, w.ID, choice, spare, "form1")
	ok(err)
	if again.ID != r.ID {
		t.Errorf("the same form began run %d after %d", again.ID, r.ID)
	}
	for i := range 3 { // who comes late
		say(i+1, people+i, consoles[1])
	}
	said := func() (n int) {
		for _, g := range ids {
			page, err := client.Messages.History(imclient.Fresh(ctx), imclient.HistoryOptions{Conversation: imclient.Conversation{Group: g}, Limit: 20})
			ok(err)
			for _, m := range page.Messages {
				if m.State == imclient.MessageSaid && !m.Tip {
					n++
				}
			}
		}
		return n
	}
	muted := func() (n int) {
		for g, id := range ids {
			var in []string
			for i := g; i < people; i += groups {
				in = append(in, users[i])
			}
			list, err := client.Members.Get(imclient.Fresh(ctx), id, in)
			ok(err)
			for _, m := range list {
				if m.MutedUntil.After(time.Now()) {
					n++
				}
			}
		}
		return n
	}
	closed := func() (n int) {
		for _, id := range ids {
			g, err := client.Groups.Get(imclient.Fresh(ctx), id)
			ok(err)
			if g.JoinOption == JoinClosed {
				n++
			}
		}
		return n
	}
	until("what is spared alone is said", func() bool { return said() == 1 })
	until("all but one are muted", func() bool { return muted() == people-1 })
	until("all groups are closed", func() bool { return closed() == groups })
	if k, err := st.Cases.Get(ctx, w.Case); err != nil || k.State != store.CaseDecided || !k.Upheld {
		t.Errorf("the case is %s, %v", k.State, err)
	}
	_, err = consoles[1].Reverse(ctx, lead, r.ID)
	ok(err)
	until("nobody is muted", func() bool { return muted() == 0 })
	until("no group is closed", func() bool { return closed() == 0 })
	if said() != 1 {
		t.Error("a recall was taken back")
	}
	until("the run is over", func() bool {
		k, err := st.Waves.Run(ctx, r.ID)
		ok(err)
		return k.Due.IsZero()
	})
}
