package demo

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// listen collects what is said in d at a rate.
func listen(t *testing.T, rate float64, d time.Duration, refuse func(Saying) error) (heard []Saying) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	err := Talk(ctx, testMedia, rate, func(_ context.Context, s Saying) (int64, error) {
		if refuse != nil {
			if err := refuse(s); err != nil {
				return 0, err
			}
		}
		heard = append(heard, s)
		return int64(len(heard)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return heard
}

func TestTalkKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for rate, want := range map[float64]int{0.2: 720, 4: 14_400} {
			if got := len(listen(t, rate, time.Hour, nil)); got < want*8/10 || got > want*12/10 {
				t.Errorf("%d messages in an hour at %g a second", got, rate)
			}
		}
	})
}

func TestTalkMakesSense(t *testing.T) {
	w, err := newWorld()
	if err != nil {
		t.Fatal(err)
	}
	rooms := map[string]*room{}
	for _, r := range w.rooms {
		rooms[r.id] = r
	}
	synctest.Test(t, func(t *testing.T) {
		heard := listen(t, 5, time.Hour, nil)
		places, kinds, quoted, adverts, live := map[string]int{}, map[string]int{}, 0, 0, 0
		latest := map[string]string{} // text by group
		repeated := 0
		for _, s := range heard {
			r := rooms[s.GroupID]
			if r == nil || w.byID[s.From] == nil || !r.has(w.byID[s.From]) {
				t.Fatalf("%s says something in %s", s.From, s.GroupID)
			}
			var list []content
			if err := json.Unmarshal(s.Body, &list); err != nil || len(list) == 0 || len(s.Body) > maxBody {
				t.Fatalf("%s: %v", s.Body, err)
			}
			places[s.GroupID]++
			for _, e := range list {
				kinds[e.MsgType]++
				if e.MsgContent.Text != "" && e.MsgContent.Text == latest[s.GroupID] {
					repeated++
				}
				latest[s.GroupID] = e.MsgContent.Text
			}
			if s.CloudCustomData != "" {
				quoted++
			}
			if w.byID[s.From].campaign != "" {
				adverts++
			}
			if strings.HasPrefix(s.GroupID, "live_") {
				live++
			}
			if s.Priority == "" {
				t.Errorf("a message without priority: %+v", s)
			}
		}
		if len(places) < 20 || live < 100 {
			t.Errorf("people talk in %d places, %d times in live rooms", len(places), live)
		}
		for _, kind := range strings.Fields("TIMTextElem TIMFaceElem TIMImageElem TIMCustomElem") {
			if kinds[kind] == 0 {
				t.Errorf("no %s in an hour: %v", kind, kinds)
			}
		}
		if quoted == 0 || adverts == 0 || adverts > len(heard)/20 {
			t.Errorf("%d quotes and %d adverts among %d", quoted, adverts, len(heard))
		}
		if repeated > len(heard)/50 {
			t.Errorf("%d of %d repeat the message before", repeated, len(heard))
		}
	})
}

func TestTalkLetsTheMutedBeSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tried := map[string]int{}
		heard := listen(t, 5, 10*time.Minute, func(s Saying) error {
			tried[s.GroupID]++
			if s.GroupID == "live_wanfeng" {
				return errors.New("everybody is muted")
			}
			return nil
		})
		if tried["live_wanfeng"] == 0 || len(heard) < 1000 {
			t.Errorf("%d said, %d refused", len(heard), tried["live_wanfeng"])
		}
	})
}

func TestTalkStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- Talk(ctx, testMedia, 0.001, func(context.Context, Saying) (int64, error) { return 1, nil })
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		cancel()
		before := time.Now()
		if err := <-done; err != nil || time.Since(before) > 0 {
			t.Errorf("stopped after %v: %v", time.Since(before), err)
		}
	})
}

func TestTalkWithoutRateIsSilence(t *testing.T) {
	err := Talk(t.Context(), testMedia, 0, func(context.Context, Saying) (int64, error) {
		t.Error("somebody spoke")
		return 0, nil
	})
	if err != nil {
		t.Error(err)
	}
}
