package archive

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// How holes are filled.
const (
	fillEach    = time.Second        // between two looks for work
	fillPlaces  = 4                  // places of an app filled at once
	fillLease   = 35 * time.Second   // longer than a turn takes
	fillTurn    = 20 * time.Second   // of one place
	fillPages   = 200                // read in a turn; then other places have theirs
	fillWait    = 5 * time.Second    // after the first failure, twice as long after each further one
	fillWaitMax = time.Hour          // at most
	behindEach  = 5 * time.Minute    // between two looks behind the last that is known
	behindSince = 2 * behindEach     // in groups in which something was said since
	behindStart = 7 * 24 * time.Hour // and when the console starts: as long as services keep history, as a rule
	behindPages = 50                 // read back from the newest where positions do not show how many are missing
)

// Why positions are lost: text keys.
const (
	LostExpired = "archive.lost.expired" // the service has forgotten them
	LostNothing = "archive.lost.nothing" // the service says that nothing is there: expired, deleted, or never stored
	LostGroup   = "archive.lost.group"   // the group is gone
	LostRoom    = "archive.lost.room"    // the service keeps no history of such groups
)

// fill looks for what is missing until ctx ends.
func (k *Keeper) fill(ctx context.Context) {
	each := time.NewTicker(fillEach)
	defer each.Stop()
	since, looked := behindStart, time.Time{}
	for {
		if now := k.Now(); now.Sub(looked) >= behindEach && k.lookBehind(ctx, now.Add(-since)) {
			since, looked = behindSince, now
		}
		var apps sync.WaitGroup
		for app, p := range k.Policies() {
			if im := k.service(app); im != nil && p.Groups {
				apps.Go(func() { k.fillApp(ctx, app, im) })
			}
		}
		apps.Wait()
		select {
		case <-ctx.Done():
			return
		case <-each.C:
		}
	}
}

// lookBehind has the ends of groups looked at that were lively lately: what was said there last may have been lost with its callback.
func (k *Keeper) lookBehind(ctx context.Context, since time.Time) bool {
	ok := true
	for app, p := range k.Policies() {
		if !p.Groups || k.service(app) == nil {
			continue
		}
		if _, err := k.Store.LookBehind(ctx, app, since); err != nil {
			ok = false
			if ctx.Err() == nil {
				k.Log.Warn("it cannot be noted where messages may be missing", "app", app, "error", err)
			}
		}
	}
	return ok
}

// fillApp fills the places of an app whose turn it is.
func (k *Keeper) fillApp(ctx context.Context, app string, im *imclient.Client) {
	list, err := k.Store.ClaimFill(ctx, app, k.Name, fillLease, fillPlaces)
	if err != nil {
		if ctx.Err() == nil {
			k.Log.Debug("what is missing cannot be looked for", "app", app, "error", err)
		}
		return
	}
	var places sync.WaitGroup
	for _, w := range list {
		places.Go(func() { k.fillPlace(ctx, im, w) })
	}
	places.Wait()
}

// fillPlace looks for what is missing in one place, and notes how that went.
func (k *Keeper) fillPlace(ctx context.Context, im *imclient.Client, w store.FillWork) {
	turn, cancel := context.WithTimeout(imclient.WithPriority(ctx, imclient.PriorityJob), fillTurn)
	defer cancel()
	f := filler{k: k, im: im, place: w.Place, pages: fillPages}
	err := f.run(turn, w.Tail)
	wait, why := time.Duration(0), ""
	if err != nil {
		wait, why = min(fillWait<<min(w.Tries, 20), fillWaitMax), reasonOf(err)
		if ctx.Err() == nil {
			k.Log.Warn("what is missing cannot be had yet", "app", w.Place.App, "group", w.Place.Group, "tries", w.Tries+1, "error", err)
		}
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*writeTime)
	defer cancel()
	if err := k.Store.SettleFill(settle, w.Place, k.Name, w.Tail && f.looked, wait, why); err != nil && !errors.Is(err, store.ErrConflict) {
		k.Log.Warn("it cannot be noted what was filled", "app", w.Place.App, "group", w.Place.Group, "error", err)
	}
}

// reasonOf is why something failed, as far as it is kept: a kind of error, no more.
func reasonOf(err error) string {
	for _, kind := range []error{imclient.ErrRateLimited, imclient.ErrUnavailable, imclient.ErrDenied, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return "failed"
}

// filler fills one place.
type filler struct {
	k      *Keeper
	im     *imclient.Client
	place  store.Conversation
	pages  int // that may still be read
	looked bool
}

func (f *filler) run(ctx context.Context, tail bool) error {
	err := f.work(ctx, tail)
	if err == nil || ctx.Err() != nil || errors.Is(err, imclient.ErrUnavailable) || errors.Is(err, imclient.ErrRateLimited) {
		return err
	}
	// The service refuses. Whether it always will, the group tells.
	why := ""
	g, asked := f.im.Groups.Get(ctx, f.place.Group)
	switch {
	case errors.Is(asked, imclient.ErrNotFound) && errors.Is(err, imclient.ErrNotFound):
		why = LostGroup
	case asked == nil && !f.im.Caps.Can(imclient.VerbHistory, g.Type):
		why = LostRoom
	}
	if why == "" {
		return err
	}
	f.looked = true
	return f.giveUp(ctx, why)
}

func (f *filler) work(ctx context.Context, tail bool) error {
	if tail {
		if err := f.end(ctx); err != nil {
			return err
		}
		f.looked = true
	}
	for f.pages > 0 {
		holes, err := f.k.Store.Holes(ctx, f.place)
		if err != nil || len(holes) == 0 {
			return err
		}
		for _, h := range holes {
			if err := f.hole(ctx, h); err != nil || f.pages <= 0 {
				return err
			}
		}
	}
	return nil
}

// giveUp notes that all that is missing is lost.
func (f *filler) giveUp(ctx context.Context, why string) error {
	for {
		holes, err := f.k.Store.Holes(ctx, f.place)
		if err != nil || len(holes) == 0 {
			return err
		}
		for _, h := range holes {
			if err := f.k.Store.Lose(ctx, f.place, store.Loss{Span: h, Why: why}); err != nil {
				return err
			}
		}
	}
}

func (f *filler) read(ctx context.Context, from string) (imclient.HistoryPage, error) {
	f.pages--
	return f.im.Messages.History(imclient.Fresh(ctx), imclient.HistoryOptions{
		Conversation: imclient.Conversation{Group: f.place.Group}, From: from, Direction: imclient.Older,
	})
}

// keep keeps a page. Its positions count: what lies between them and those that are known is a hole.
func (f *filler) keep(ctx context.Context, list []imclient.Message) error {
	e := f.k.history(f.place, list, FromHistory)
	for i := range e.Said {
		e.Said[i].Inside = false
	}
	return f.k.keepHistory(ctx, e)
}

// end reads what is newest. Where positions have no gaps that is one page, for what is missing in front of it shows. Elsewhere it
// goes back until it comes to messages that are kept.
func (f *filler) end(ctx context.Context) error {
	from := ""
	for range behindPages {
		page, err := f.read(ctx, from)
		if err != nil {
			return err
		}
		var keys []string
		counted := false
		for _, m := range page.Messages {
			if m.State != imclient.MessageHole {
				keys = append(keys, m.ID)
				counted = counted || Message(f.place, m, FromHistory).Counted
			}
		}
		known, err := f.k.Store.Get(ctx, f.place, keys)
		if err != nil {
			return err
		}
		if err := f.keep(ctx, page.Messages); err != nil {
			return err
		}
		if counted || len(known) > 0 || page.Older == "" || len(page.Messages) == 0 {
			return nil
		}
		from = page.Older
	}
	return nil
}

// hole reads what is in a hole, newest first, and notes what of it cannot be had any more.
func (f *filler) hole(ctx context.Context, h store.Span) error {
	from := strconv.FormatInt(h.Last, 10)
	for low := h.Last + 1; f.pages > 0; {
		page, err := f.read(ctx, from)
		if err != nil {
			return err
		}
		seqs := make([]int64, 0, len(page.Messages))
		var said []imclient.Message
		nothing := map[int64]bool{}
		for _, m := range page.Messages {
			n, err := strconv.ParseInt(m.Seq, 10, 64)
			if err != nil || n < h.First || n >= low {
				continue
			}
			seqs = append(seqs, n)
			if m.State == imclient.MessageHole {
				nothing[n] = true
			} else {
				said = append(said, m)
			}
		}
		if err := f.keep(ctx, said); err != nil {
			return err
		}
		// Positions that the page jumps over, and those that it names without a message, hold nothing.
		slices.Sort(seqs)
		for _, n := range slices.Backward(seqs) {
			if n < low-1 {
				if err := f.lose(ctx, n+1, low-1, LostNothing); err != nil {
					return err
				}
			}
			if nothing[n] {
				if err := f.lose(ctx, n, n, LostNothing); err != nil {
					return err
				}
			}
			low = n
			// What is kept no longer than its policy says, and so was not kept just now, is known nevertheless.
			if err := f.k.Store.Known(ctx, f.place, store.Span{First: n, Last: n}); err != nil {
				return err
			}
		}
		next, err := strconv.ParseInt(page.Older, 10, 64)
		switch {
		case low <= h.First:
			return nil
		case page.Older == "" || err != nil || len(seqs) == 0 && next >= low:
			return f.lose(ctx, h.First, low-1, LostExpired)
		case next < h.First: // the page jumps over the rest
			return f.lose(ctx, h.First, low-1, LostNothing)
		}
		from = page.Older
	}
	return nil
}

func (f *filler) lose(ctx context.Context, first, last int64, why string) error {
	return f.k.Store.Lose(ctx, f.place, store.Loss{Span: store.Span{First: first, Last: last}, Why: why})
}
