package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/store"
	"imdesk/store/storetest"
)

// BenchmarkBulkMute mutes 60,000 people in 30 groups by one job, at a share of the documented rate of forbid_send_msg (200 calls
// a second, 500 people each), while an operator lifts a mute every second. It reports items a second; what all calls of the command
// are, the operator's included, of the documented rate and of what the client lets through; and how long the operator's calls
// took, their wait included.
func BenchmarkBulkMute(b *testing.B) {
	for _, database := range []struct {
		name string
		dsn  func(b *testing.B) string
	}{
		{"SQLite", func(b *testing.B) string { return filepath.Join(b.TempDir(), "imdesk.db") }},
		{"PostgreSQL", func(b *testing.B) string { return storetest.StartPostgres(b).Schema(b) }},
	} {
		for _, share := range []float64{0.02, 0.1, 1} {
			b.Run(fmt.Sprintf("%s/share %g", database.name, share), func(b *testing.B) {
				benchmarkMute(b, database.dsn(b), share)
			})
		}
	}
}

const (
	benchGroups = 30
	benchSize   = 2000
	benchRate   = 200 // calls of forbid_send_msg a second, as documented
	benchBatch  = 500 // people in one
)

func benchmarkMute(b *testing.B, dsn string, share float64) {
	ctx := b.Context()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	im, err := emulator.New(ctx, emulator.Config{Apps: []emulator.TencentApp{{SDKAppID: testApp, Admins: []string{administrator}, Key: secretKey}}})
	must(err)
	b.Cleanup(func() { must(im.Close()) })
	must(im.Start("127.0.0.1:0"))
	client := func(share float64) *imclient.Client {
		c, err := tencent.New(tencent.Config{SDKAppID: strconv.Itoa(testApp), Administrator: administrator, Key: secretKey, Endpoint: im.URL(), RateShare: share})
		must(err)
		b.Cleanup(c.Close)
		return c
	}
	st, err := store.Open(ctx, dsn)
	must(err)
	b.Cleanup(func() { must(st.Close()) })
	act := &actions.Service{Audit: st.Audit, Log: slog.New(slog.DiscardHandler)}
	b.Cleanup(act.Close)
	actor := actions.Actor{OperatorID: "op1", Name: "Mei Lin", Can: func(actions.Verb) bool { return true }}
	pairs := benchPeople(b, client(1))

	var took time.Duration
	var waits []time.Duration
	items, clicks := 0, 0
	for b.Loop() {
		app := actions.App{ID: "harbor", IM: client(share)}
		s := New(Options{
			Store: st.Jobs, Audit: st.Audit, Actions: act, Log: slog.New(slog.DiscardHandler), Poll: 10 * time.Millisecond,
			App:      func(string) (actions.App, bool) { return app, true },
			Operator: func(context.Context, string, string) (actions.Actor, error) { return actor, nil },
		})
		j, err := s.Start(ctx, actor, app, Spec{Kind: Mute, Pairs: pairs, Span: actions.Span{For: time.Hour}, Reason: "flood"}, "")
		must(err)
		running, stop := context.WithCancel(ctx)
		stopped := make(chan struct{})
		go func() { defer close(stopped); s.Run(running) }()
		for !j.State.Ended() {
			clicked := time.Now()
			_, err := app.IM.Mutes.Lift(ctx, pairs[0].Group, []string{"somebody else"})
			must(err)
			waits = append(waits, time.Since(clicked))
			clicks++
			time.Sleep(time.Second)
			j, err = s.Get(ctx, j.ID)
			must(err)
		}
		stop()
		<-stopped
		if j.Counts.Done != len(pairs) {
			b.Fatalf("%s: %+v", j.State, j.Counts)
		}
		took += j.Ended.Sub(j.Started)
		items += len(pairs)
	}
	slices.Sort(waits)
	calls := (float64(items)/benchBatch + float64(clicks)) / took.Seconds()
	b.ReportMetric(float64(items)/took.Seconds(), "items/s")
	b.ReportMetric(calls/(benchRate*share), "of-documented")
	b.ReportMetric(calls/client(share).Costs(imclient.VerbMute, 1, 1)[0].PerSecond, "of-client's")
	b.ReportMetric(float64(waits[len(waits)*95/100].Microseconds())/1000, "click-p95-ms")
	b.ReportMetric(0, "ns/op")
}

// benchPeople makes the groups, and is who is to be muted in which.
func benchPeople(b *testing.B, im *imclient.Client) []Pair {
	b.Helper()
	var pairs []Pair
	users := make([]string, benchSize)
	list := make([]imclient.ImportMember, benchSize)
	for i := range users {
		users[i] = "u" + strconv.Itoa(i)
		list[i].UserID = users[i]
	}
	if _, err := im.Import.Users(b.Context(), append([]string{"somebody else"}, users...)); err != nil {
		b.Fatal(err)
	}
	for range benchGroups {
		id, err := im.Import.Group(b.Context(), imclient.ImportGroup{Type: "Public", Name: "g", Created: time.Now().Add(-48 * time.Hour)})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := im.Import.Members(b.Context(), id, list); err != nil {
			b.Fatal(err)
		}
		for _, u := range users {
			pairs = append(pairs, Pair{id, u})
		}
	}
	return pairs
}
