package rules

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/moderation"
	"imdesk/store"
)

// manyRules are 50 compound rules with 100,000 terms and 200 patterns, none of which what people say is likely to meet.
func manyRules() moderation.File {
	l := moderation.List{Name: "terms"}
	for i := range moderation.MaxTerms {
		l.Terms = append(l.Terms, fmt.Sprintf("term%c%c%d", 'a'+i%26, 'a'+i/26%26, i))
	}
	f := moderation.File{Lists: []moderation.List{l}}
	for i := range 50 {
		r := moderation.Rule{Name: fmt.Sprintf("rule-%d", i), State: moderation.Live, Outcome: moderation.Reject, When: moderation.Cond{
			Any: []moderation.Cond{
				{Lists: []string{"terms"}, Link: true},
				{Contact: []string{"any"}, Not: &moderation.Cond{Longer: 500}},
				{Repeats: 50, Within: moderation.Duration(time.Minute)},
			},
		}}
		var patterns []string
		for j := range 4 {
			patterns = append(patterns, fmt.Sprintf(`offer%d-%d\s+(now|today) [0-9]{3}`, i, j))
		}
		r.When.Any = append(r.When.Any, moderation.Cond{Patterns: patterns, Shorter: 400})
		f.Rules = append(f.Rules, r)
	}
	return f
}

func benchService(b *testing.B, f moderation.File) *Service {
	b.Helper()
	st, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "imdesk.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	s := &Service{Store: st, App: func(string) (actions.App, bool) { return actions.App{}, false }}
	set, err := moderation.Compile(f)
	if err != nil {
		b.Fatal(err)
	}
	s.init()
	s.engine.Use(set)
	return s
}

// asked is something that somebody wants to say.
func asked(n int) imclient.Event {
	texts := []string{"大家好，今天的直播几点开始？", "does anybody know when the show begins", "哈哈哈哈 太好笑了", "I will be there at eight, see you at the gate", "谢谢老师，学到了很多"}
	return imclient.Event{Group: "g", Asks: &imclient.Message{From: fmt.Sprintf("user-%d", n%5000), At: time.Unix(1_700_000_000+int64(n)/1000, 0), Body: []imclient.Element{
		imclient.Text{Text: fmt.Sprintf("%s %d", texts[n%len(texts)], n)},
	}}}
}

// BenchmarkAsk answers before messages are sent, by many rules; and while rules are made anew without a pause, which answers
// must not wait for.
func BenchmarkAsk(b *testing.B) {
	f := manyRules()
	for _, rebuild := range []bool{false, true} {
		b.Run(fmt.Sprintf("rebuild=%v", rebuild), func(b *testing.B) {
			s := benchService(b, f)
			var stop atomic.Bool
			done, builds := make(chan struct{}), 0
			go func() {
				defer close(done)
				for rebuild && !stop.Load() {
					set, err := moderation.Compile(f)
					if err != nil {
						b.Error(err)
						return
					}
					s.engine.Use(set)
					builds++
				}
			}()
			took := make([]time.Duration, 0, 1<<20)
			n := 0
			for b.Loop() {
				at := time.Now()
				if d, err := s.Ask(context.Background(), "demo", asked(n)); err != nil || d.Kind != imclient.Let {
					b.Fatalf("it was stopped: %v, %v", d.Kind, err)
				}
				took = append(took, time.Since(at))
				n++
			}
			stop.Store(true)
			<-done
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
			if rebuild {
				b.ReportMetric(float64(builds), "rebuilds")
			}
		})
	}
}

// BenchmarkReplay looks through an archive with a draft.
func BenchmarkReplay(b *testing.B) {
	const messages = 50_000
	s := benchService(b, moderation.File{})
	at := time.Now().Add(-24 * time.Hour)
	for from := 0; from < messages; from += 500 {
		var list []store.Archived
		for i := from; i < from+500; i++ {
			list = append(list, store.Archived{
				Place: store.Conversation{App: "demo", Group: "g"}, Key: fmt.Sprint(i + 1), Seq: int64(i + 1), Counted: true, Sender: fmt.Sprintf("user-%d", i%900), At: at.Add(time.Duration(i) * time.Millisecond),
				Types: []string{"text"}, Text: strings.Repeat("今天的直播几点开始 ", 1+i%3) + fmt.Sprint(i), Body: `[]`, Source: "test", Added: at,
			})
		}
		if _, err := s.Store.Archive.Add(b.Context(), list); err != nil {
			b.Fatal(err)
		}
	}
	draft := moderation.Rule{Name: "draft", State: moderation.Draft, Outcome: moderation.Flag, When: moderation.Cond{Any: []moderation.Cond{{Words: []string{"加微", "tickets*"}}, {Contact: []string{"any"}}}}}
	for b.Loop() {
		lab, err := s.Replay(b.Context(), []string{"demo"}, at.Add(-time.Hour), draft, nil, time.Minute)
		if err != nil || lab.Read != messages || !lab.Whole {
			b.Fatalf("%d read, %v", lab.Read, err)
		}
	}
	b.ReportMetric(float64(messages)*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
