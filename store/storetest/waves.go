package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"imdesk/store"
)

// Waves is the contract of store.Waves.
func Waves(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	fresh := store.Wave{App: "a", Sender: "u0", Text: "said\x00", Sketches: "00ff", First: day, Last: day, Leads: true, Units: 12, JoinedUntil: at(600)}
	none := func([]store.Wave) int64 { return 0 }
	w := value[store.Wave](t)(s.Waves.Join(ctx, fresh, day, none))
	if w.ID == 0 || w.State != store.WaveSeen || w.Text != "said\uFFFD" || !w.Leads || w.Units != 12 || w.Sketches != "00ff" {
		t.Fatalf("%+v", w)
	}
	first := func(list []store.Wave) int64 {
		if len(list) == 0 {
			return 0
		}
		return list[0].ID
	}
	if again := value[store.Wave](t)(s.Waves.Join(ctx, fresh, at(599), first)); again.ID != w.ID {
		t.Errorf("joined %d, want %d", again.ID, w.ID)
	}
	if other := value[store.Wave](t)(s.Waves.Join(ctx, fresh, at(601), first)); other.ID == w.ID {
		t.Error("a wave that is over was joined")
	}
	_, err := s.Waves.Join(ctx, store.Wave{}, day, none)
	wantErr(t, err, store.ErrInvalid)

	var list []store.WaveMessage
	for i := range 12 {
		list = append(list, store.WaveMessage{
			Group: fmt.Sprint("g", i%3), Key: fmt.Sprint(i), Seq: fmt.Sprint(i), Kind: "Public", Live: i%3 == 2, Sender: fmt.Sprint("u", i%5), At: at(i), Text: fmt.Sprint("text ", i%2), Quotes: i%5 == 4,
		})
	}
	w = value[store.Wave](t)(s.Waves.Add(ctx, w.ID, list, at(900)))
	w = value[store.Wave](t)(s.Waves.Add(ctx, w.ID, list[3:5], at(800))) // these it has
	if w.Messages != 12 || w.Senders != 5 || w.Groups != 3 || w.Live != 4 || !w.Last.Equal(at(11)) || !w.JoinedUntil.Equal(at(900)) {
		t.Errorf("%+v", w)
	}
	_, err = s.Waves.Add(ctx, 999, list, day)
	wantErr(t, err, store.ErrNotFound)
	if n := value[int](t)(s.Waves.Lately(ctx, w.ID, at(10))); n != 2 {
		t.Errorf("%d lately", n)
	}
	if texts := value[[]store.WaveText](t)(s.Waves.Texts(ctx, w.ID, 10)); len(texts) != 2 || texts[0] != (store.WaveText{Text: "text 0", Messages: 6}) {
		t.Errorf("texts %v", texts)
	}
	if groups := value[[]store.WaveGroup](t)(s.Waves.Groups(ctx, w.ID, 10)); len(groups) != 3 || groups[2].ID != "g2" || !groups[2].Live || groups[2].Messages != 4 {
		t.Errorf("groups %v", groups)
	}

	t.Run("states", func(t *testing.T) {
		w.State, w.Case, w.Score = store.WaveOpen, 7, 55
		must(t, s.Waves.Set(ctx, w, store.WaveSeen))
		wantErr(t, s.Waves.Set(ctx, w, store.WaveSeen), store.ErrConflict)
		if k := value[store.Wave](t)(s.Waves.ByCase(ctx, 7)); k.ID != w.ID || k.Score != 55 {
			t.Errorf("%+v", k)
		}
		_, err := s.Waves.ByCase(ctx, 0)
		wantErr(t, err, store.ErrNotFound)
	})
	t.Run("senders", func(t *testing.T) {
		group, users, err := s.Waves.Unknown(ctx, w.ID, 2)
		must(t, err)
		if group != "g0" || len(users) != 2 {
			t.Errorf("unknown %s %v", group, users)
		}
		must(t, s.Waves.Tell(ctx, w.ID, []store.WaveSender{{ID: "u3", Joined: at(-100), Role: "member"}, {ID: "u2", Joined: at(-50), Role: "admin"}, {ID: "u4"}}))
		must(t, s.Waves.Tell(ctx, w.ID, []store.WaveSender{{ID: "u3", Joined: at(-200)}, {ID: "u2", Joined: at(-10), Role: "member"}}))
		must(t, s.Waves.Spare(ctx, w.ID, []string{"u1", "u3"}))
		must(t, s.Waves.Spare(ctx, w.ID, []string{"u3"}))
		var got string
		for _, u := range value[[]store.WaveSender](t)(s.Waves.Senders(ctx, w.ID, 10, 0)) {
			got += fmt.Sprintf("%s %d/%d %s known=%v quotes=%v spared=%v left=%d; ", u.ID, u.Messages, u.Groups, u.Role, u.Known, u.Quotes, u.Spared, u.Left)
			if u.ID == "u3" && !u.Joined.Equal(at(-200)) {
				t.Errorf("joined %v", u.Joined)
			}
		}
		const want = "u2 2/2 admin known=true quotes=false spared=false left=2; u3 2/2  known=true quotes=false spared=true left=2; " +
			"u0 3/3  known=false quotes=false spared=false left=3; u1 3/3  known=true quotes=false spared=false left=3; u4 2/2  known=true quotes=true spared=false left=2; "
		if got != want {
			t.Errorf("senders\n%s\nwant\n%s", got, want)
		}
	})
	t.Run("runs", func(t *testing.T) {
		run := store.WaveRun{Wave: w.ID, App: "a", OperatorID: "op", OperatorName: "Mei", Key: "k", Body: json.RawMessage(`{"recall":true}`), Made: day, Due: at(5)}
		kept, made, err := s.Waves.AddRun(ctx, run)
		must(t, err)
		again, madeAgain, err := s.Waves.AddRun(ctx, run)
		must(t, err)
		if !made || madeAgain || again.ID != kept.ID || kept.Version != 1 || string(kept.Body) != `{"recall":true}` {
			t.Errorf("%v %+v, %v %+v", made, kept, madeAgain, again)
		}
		if n, senders, err := s.Waves.Left(ctx, w.ID); err != nil || n != 10 || senders != 4 {
			t.Errorf("left %d of %d, %v", n, senders, err)
		}
		if taken := value[[]store.WaveMessage](t)(s.Waves.Take(ctx, w.ID, kept.ID)); len(taken) != 10 {
			t.Errorf("%d taken", len(taken))
		}
		if of := value[[]store.WaveMessage](t)(s.Waves.Of(ctx, w.ID, kept.ID, 100)); len(of) != 10 || of[0].Group != "g0" || of[0].Key != "0" {
			t.Errorf("of the run: %v", of)
		}
		if of := value[[]store.WaveMessage](t)(s.Waves.Of(ctx, w.ID, 0, 100)); len(of) != 0 {
			t.Errorf("left: %v", of)
		}
		if due := value[[]store.WaveRun](t)(s.Waves.DueRuns(ctx, at(4), 10)); len(due) != 0 {
			t.Errorf("due before its time: %v", due)
		}
		kept.Due = time.Time{}
		next := value[store.WaveRun](t)(s.Waves.PutRun(ctx, kept))
		_, err = s.Waves.PutRun(ctx, kept)
		wantErr(t, err, store.ErrConflict)
		if due := value[[]store.WaveRun](t)(s.Waves.DueRuns(ctx, at(9999), 10)); len(due) != 0 || next.Version != 2 {
			t.Errorf("due once it is over: %v, version %d", due, next.Version)
		}
		if byKey := value[store.WaveRun](t)(s.Waves.RunByKey(ctx, "op", "k")); byKey.ID != kept.ID {
			t.Errorf("%+v", byKey)
		}
		_, err = s.Waves.RunByKey(ctx, "other", "k")
		wantErr(t, err, store.ErrNotFound)
		if all := value[[]store.WaveRun](t)(s.Waves.Runs(ctx, w.ID)); len(all) != 1 || all[0].ID != kept.ID {
			t.Errorf("%+v", all)
		}
	})
	t.Run("erasing and dropping", func(t *testing.T) {
		must(t, s.Waves.Tell(ctx, w.ID, []store.WaveSender{{ID: "u0"}}))
		if h := value[store.Holdings](t)(s.Privacy.Find(ctx, "a", "u0", at(3600))); h.Lists != 6 { // 3 messages, what is known, the texts of two waves
			t.Errorf("%+v", h)
		}
		_, err := s.Privacy.Erase(ctx, store.AuditEntry{At: at(3600), Reason: "asked for"}, "a", "u0")
		must(t, err)
		if k := value[store.Wave](t)(s.Waves.Get(ctx, w.ID)); k.Text != "" || k.Sender == "u0" {
			t.Errorf("%+v", k)
		}
		if h := value[store.Holdings](t)(s.Privacy.Find(ctx, "a", "u0", at(3600))); h.Lists != 0 {
			t.Errorf("%+v", h)
		}
		if n := value[int](t)(s.Waves.Drop(ctx, at(100), day, 10)); n != 1 {
			t.Errorf("%d dropped, want the one that was no case", n)
		}
		if n := value[int](t)(s.Waves.Drop(ctx, at(100), at(100), 10)); n != 1 {
			t.Errorf("%d dropped", n)
		}
		_, err = s.Waves.Get(ctx, w.ID)
		wantErr(t, err, store.ErrNotFound)
	})
}
