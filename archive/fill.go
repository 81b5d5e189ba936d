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
	sinceSlack  = time.Minute        // before groups were kept: the service has a clock of its own
	aroundEach  = time.Hour          // between two looks through the list of groups
	aroundPages = 2000               // of it, 100,000 groups; the walk through the directory finds the others
	aroundRest  = 200 * time.Millisecond
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
	kept := map[string]time.Time{} // since when groups of an app are; zero: they are not
	for {
		k.noteKept(ctx, kept)
		if now := k.Now(); now.Sub(looked) >= behindEach && k.lookBehind(ctx, now.Add(-since)) {
			since, looked = behindSince, now
		}
		var apps sync.WaitGroup
		for app, p := range k.Policies() {
			if im := k.service(app); im != nil && p.Groups && !kept[app].IsZero() {
				apps.Go(func() { k.fillApp(ctx, app, im, kept[app]) })
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

// noteKept notes since when groups of apps are kept, and which are not any more.
func (k *Keeper) noteKept(ctx context.Context, kept map[string]time.Time) {
	for app, p := range k.Policies() {
		since, noted := kept[app]
		if noted && p.Groups == !since.IsZero() {
			continue
		}
		var err error
		if since = (time.Time{}); p.Groups {
			since, err = k.Store.KeptSince(ctx, app, k.Now())
		} else {
			err = k.Store.KeptNoMore(ctx, app)
		}
		if err == nil {
			kept[app] = since
		} else if ctx.Err() == nil {
			k.Log.Debug("since when groups are kept is not noted", "app", app, "error", err)
		}
	}
}

// Found has groups looked at that something found otherwise than by what was said in them, if something was said in them since
// groups are kept of which the archive does not know.
func (k *Keeper) Found(ctx context.Context, app string, groups []imclient.Group) error {
	k.init()
	im := k.service(app)
	if im == nil || !k.Policies()[app].Groups {
		return nil
	}
	since, err := k.Store.KeptSince(ctx, app, k.Now())
	if err != nil {
		return err
	}
	var ends []store.GroupEnd
	for _, g := range groups {
		if !g.LastMessage.Before(k.floor(app, g.ID, since)) && k.KeepsPlace(store.Conversation{App: app, Group: g.ID}) && im.Caps.Can(imclient.VerbHistory, g.Type) {
			last, err := strconv.ParseInt(g.LastSeq, 10, 64)
			if err != nil {
				last = 0
			}
			ends = append(ends, store.GroupEnd{Group: g.ID, Last: last})
		}
	}
	for some := range slices.Chunk(ends, store.MaxKnown) {
		if _, err := k.Store.FoundEnds(ctx, app, some); err != nil {
			return err
		}
	}
	return nil
}

// around looks through the lists of groups until ctx ends: at the start, since callbacks came to nobody before, and then each hour. So
// groups are found in which something was said, and of which no callback came. Vendors without such a list have the directory's walk.
func (k *Keeper) around(ctx context.Context) {
	each := time.NewTicker(aroundEach)
	defer each.Stop()
	for {
		for app, p := range k.Policies() {
			if im := k.service(app); im != nil && p.Groups && im.Caps.Can(imclient.VerbListGroups, "") {
				if err := k.aroundApp(imclient.WithPriority(ctx, imclient.PriorityJob), app, im); err != nil && ctx.Err() == nil {
					k.Log.Info("the list of groups was not looked through for messages that are missing", "app", app, "error", err)
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-each.C:
		}
	}
}

func (k *Keeper) aroundApp(ctx context.Context, app string, im *imclient.Client) error {
	o := imclient.GroupListOptions{}
	for range aroundPages {
		page, err := im.Groups.List(ctx, o)
		if err == nil {
			err = k.Found(ctx, app, page.Items)
		}
		if err != nil || page.Next == "" || page.Next == o.Cursor {
			return err
		}
		o.Cursor = page.Next
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(aroundRest):
		}
	}
	return nil
}

// floor is before which time nothing of a group is looked for, of an app whose groups are kept since a time.
func (k *Keeper) floor(app, group string, since time.Time) time.Time {
	floor := since.Add(-sinceSlack)
	if d := k.Policies()[app].Kept(group); d > 0 {
		if old := k.Now().Add(-d); old.After(floor) {
			return old
		}
	}
	return floor
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
func (k *Keeper) fillApp(ctx context.Context, app string, im *imclient.Client, since time.Time) {
	for begun := time.Now(); ctx.Err() == nil && time.Since(begun) < fillTurn; { // other apps wait for this one
		list, err := k.Store.ClaimFill(ctx, app, k.Name, fillLease, fillPlaces)
		if err != nil {
			if ctx.Err() == nil {
				k.Log.Debug("what is missing cannot be looked for", "app", app, "error", err)
			}
			return
		}
		var places sync.WaitGroup
		for _, w := range list {
			places.Go(func() { k.fillPlace(ctx, im, w, since) })
		}
		places.Wait()
		if len(list) < fillPlaces {
			return
		}
	}
}

// fillPlace looks for what is missing in one place, and notes how that went.
func (k *Keeper) fillPlace(ctx context.Context, im *imclient.Client, w store.FillWork, since time.Time) {
	turn, cancel := context.WithTimeout(imclient.WithPriority(ctx, imclient.PriorityJob), fillTurn)
	defer cancel()
	f := filler{k: k, im: im, place: w.Place, floor: k.floor(w.Place.App, w.Place.Group, since), pages: fillPages, before: w.Head}
	err := f.run(turn, w.Tail)
	done := store.FillDone{Looked: w.Tail && f.looked, Head: f.before}
	if err != nil {
		done.Wait, done.Why = min(fillWait<<min(w.Tries, 20), fillWaitMax), reasonOf(err)
		if ctx.Err() == nil {
			k.Log.Warn("what is missing cannot be had yet", "app", w.Place.App, "group", w.Place.Group, "tries", w.Tries+1, "error", err)
		}
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*writeTime)
	defer cancel()
	if err := k.Store.SettleFill(settle, w.Place, k.Name, done); err != nil && !errors.Is(err, store.ErrConflict) {
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
	floor  time.Time // what was said before it is not looked for
	pages  int       // that may still be read
	before int64     // positions in front of the first that is known which may still be looked through
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
	f.looked, f.before = true, 0
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
		if err != nil {
			return err
		}
		if len(holes) == 0 {
			return f.head(ctx)
		}
		for _, h := range holes {
			if err := f.hole(ctx, h); err != nil || f.pages <= 0 {
				return err
			}
		}
	}
	return nil
}

// head looks for what was said before the first position that is known: the callbacks that told of it may have been lost. It goes
// back to what was said before groups were kept, and no further than the place's bound.
func (f *filler) head(ctx context.Context) error {
	if f.before == 0 {
		return nil
	}
	c, err := f.k.Store.Covered(ctx, f.place)
	if err == nil && c.First == 0 { // so far known from what was read of it
		if err = f.back(ctx); err == nil {
			c, err = f.k.Store.Covered(ctx, f.place)
		}
	}
	if err != nil {
		return err
	}
	if c.First <= 1 { // nothing is in front of it, or positions do not count
		f.before = 0
		return nil
	}
	bound := max(1, c.First-f.before)
	low, more, err := f.down(ctx, c.First, bound)
	if f.before = 0; more {
		f.before = low - bound
	}
	if err != nil || more || low == 1 || bound > 1 {
		return err
	}
	// If the service has forgotten the beginning of a group that is younger than what is kept, that is missing.
	g, err := f.im.Groups.Get(ctx, f.place.Group)
	if err != nil || g.Created.Before(f.floor) {
		return err
	}
	return f.lose(ctx, 1, low-1, LostExpired)
}

// down keeps what is in front of a known position, and returns the first that is known by then. more: that is not all.
func (f *filler) down(ctx context.Context, low, bound int64) (int64, bool, error) {
	found := true
	for from := low - 1; f.pages > 0 && from >= bound; {
		page, err := f.read(ctx, strconv.FormatInt(from, 10))
		if err != nil {
			return low, true, err
		}
		var said []imclient.Message
		first, past := low, false
		for _, m := range page.Messages {
			n, err := strconv.ParseInt(m.Seq, 10, 64)
			switch {
			case err != nil || n >= low || m.State == imclient.MessageHole:
			case n < bound || m.At.Before(f.floor):
				past = true
			default:
				said, first = append(said, m), min(first, n)
			}
		}
		// Positions without a message tell no time: they count where one stands in front of them that does.
		if err := f.settle(ctx, said, store.Span{First: first, Last: low - 1}); err != nil {
			return low, true, err
		}
		found, low = first < low, first
		next, err := strconv.ParseInt(page.Older, 10, 64)
		if past || err != nil || next >= from {
			return low, false, nil
		}
		from = next
	}
	return low, f.pages <= 0 && found && low > bound, nil
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

// keep keeps a page. Its positions count: what lies between them and those that are known is a hole. What was said before groups were
// kept is out of the past.
func (f *filler) keep(ctx context.Context, list []imclient.Message) error {
	e := f.k.history(f.place, list, FromHistory)
	for i, m := range e.Said {
		e.Said[i].Inside = !m.At.IsZero() && m.At.Before(f.floor)
	}
	return f.k.keepHistory(ctx, e)
}

// end reads what is newest. Where positions have no gaps that is one page, for what is missing in front of it shows. Elsewhere it
// goes back until it comes to messages that are kept.
func (f *filler) end(ctx context.Context) error { return f.newest(ctx, false) }

// back is end, but where positions do not count it goes on to what was said before groups were kept.
func (f *filler) back(ctx context.Context) error { return f.newest(ctx, true) }

func (f *filler) newest(ctx context.Context, past bool) error {
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
		old := slices.ContainsFunc(page.Messages, func(m imclient.Message) bool { return !m.At.IsZero() && m.At.Before(f.floor) })
		if counted || len(known) > 0 && !past || past && old || page.Older == "" || len(page.Messages) == 0 {
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
		var said []imclient.Message
		first := low
		for _, m := range page.Messages {
			n, err := strconv.ParseInt(m.Seq, 10, 64)
			if err != nil || n < h.First || n >= low {
				continue
			}
			first = min(first, n)
			if m.State != imclient.MessageHole {
				said = append(said, m)
			}
		}
		if err := f.settle(ctx, said, store.Span{First: first, Last: low - 1}); err != nil {
			return err
		}
		none := first == low
		low = first
		next, err := strconv.ParseInt(page.Older, 10, 64)
		switch {
		case low <= h.First:
			return nil
		case page.Older == "" || err != nil || none && next >= low:
			return f.lose(ctx, h.First, low-1, LostExpired)
		case next < h.First: // the page jumps over the rest
			return f.lose(ctx, h.First, low-1, LostNothing)
		}
		from = page.Older
	}
	return nil
}

// settle keeps what was said within a span, and notes that the rest of it holds nothing: positions that a page jumps over, and those
// that it names without a message.
func (f *filler) settle(ctx context.Context, said []imclient.Message, s store.Span) error {
	if s.Last < s.First {
		return nil
	}
	if err := f.keep(ctx, said); err != nil {
		return err
	}
	seqs := make([]int64, len(said))
	for i, m := range said {
		seqs[i], _ = strconv.ParseInt(m.Seq, 10, 64) // who asks has read it
	}
	slices.Sort(seqs)
	// What is kept no longer than its policy says, and so was not kept just now, is known nevertheless.
	for from := 0; from < len(seqs); {
		to := from
		for to+1 < len(seqs) && seqs[to+1] <= seqs[to]+1 {
			to++
		}
		if err := f.k.Store.Known(ctx, f.place, store.Span{First: seqs[from], Last: seqs[to]}); err != nil {
			return err
		}
		from = to + 1
	}
	if int64(len(slices.Compact(seqs))) == s.Last-s.First+1 {
		return nil
	}
	return f.lose(ctx, s.First, s.Last, LostNothing)
}

func (f *filler) lose(ctx context.Context, first, last int64, why string) error {
	return f.k.Store.Lose(ctx, f.place, store.Loss{Span: store.Span{First: first, Last: last}, Why: why})
}
