package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/auth"
	"imdesk/live"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// Where pages are told what happens while they are open.
const (
	liveStreamPath  = livePath + "/stream"
	groupStreamPath = "/apps/:app/groups/:group/stream"
)

// isStream reports whether a route is a stream: it lasts for as long as its page.
func isStream(route string) bool {
	return route == liveStreamPath || route == groupStreamPath || route == queueEvents
}

// Bounds of streams.
const (
	maxStreams   = 3000                   // of a console; 2,000 open views take about 100 MB
	maxStreamsOf = 16                     // of an operator; browsers hide all but a few
	streamPace   = 200 * time.Millisecond // between two looks: what comes meanwhile goes together
	streamTick   = time.Second
	streamCheck  = 3 * time.Second  // between two looks whether the operator may still read on
	streamBeat   = 15 * time.Second // a sign of life where nothing is said
	streamWrite  = 10 * time.Second // a browser that takes nothing for so long is let go; it comes back by itself
	streamRetry  = time.Second      // what browsers wait before they come back
	streamRates  = 2 * time.Second
	drawnEach    = 20  // lines a second of a pane
	drawnBurst   = 60  // lines at once, after a quiet while
	drawnCatchUp = 300 // lines of a pane for one who comes back: what app.js keeps
	updatesEach  = 200 // changes of lines in one look
)

// streams counts those that are open.
type streams struct {
	mu  sync.Mutex
	all int
	of  map[string]int
}

// enter takes a place for an operator's stream; false if there is none.
func (s *streams) enter(operator string) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxStreams || s.of[operator] >= maxStreamsOf {
		return nil, false
	}
	if s.of == nil {
		s.of = map[string]int{}
	}
	s.all++
	s.of[operator]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.of[operator]--; s.of[operator] == 0 {
			delete(s.of, operator)
		}
	}, true
}

// open is how many there are.
func (s *streams) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// stream sends events to one browser. Nothing waits in it: it is written to when there is something, or closed.
type stream struct {
	s    *Server
	c    *gin.Context
	rc   *http.ResponseController
	last time.Time // when something was sent
	op   auth.Operator
	next time.Time // when to look whether the operator may read on
}

// errStreamOver means that a stream is to end, and the browser was told why.
var errStreamOver = errors.New("the stream is over")

// openStream begins a stream, or answers why there is none.
func (s *Server) openStream(c *gin.Context) (st *stream, leave func(), err error) {
	op, _ := auth.OperatorFrom(c.Request.Context())
	if s.Live == nil {
		return nil, nil, errNoPage
	}
	leave, ok := s.streams.enter(op.ID)
	if !ok {
		c.Header("Retry-After", "10")
		c.String(http.StatusTooManyRequests, "too many open views\n")
		return nil, nil, nil
	}
	st = &stream{s: s, c: c, rc: http.NewResponseController(c.Writer), op: op, next: time.Now().Add(s.streamCheck)}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // proxies pass on each event at once
	c.Status(http.StatusOK)
	if c.Request.Method == http.MethodHead {
		leave()
		c.Writer.WriteHeaderNow()
		return nil, nil, nil
	}
	// The server's time for reading a request would end the stream as well.
	if err := st.rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		leave()
		return nil, nil, err
	}
	return st, leave, nil
}

// send writes one event. data may have several lines.
func (st *stream) send(id, name string, data []byte) error {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer func() {
		if b.Cap() <= maxPooled {
			buffers.Put(b)
		}
	}()
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("event: " + name + "\nretry: " + strconv.FormatInt(streamRetry.Milliseconds(), 10) + "\n")
	for line := range bytes.Lines(data) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	if len(data) == 0 {
		b.WriteString("data:\n")
	}
	b.WriteByte('\n')
	st.last = time.Now()
	if err := st.rc.SetWriteDeadline(st.last.Add(streamWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := st.c.Writer.Write(b.Bytes()); err != nil {
		return err
	}
	return st.rc.Flush()
}

// check ends the stream once its operator may not read on, or may see something else than before.
func (st *stream) check(id string) error {
	now := time.Now()
	if now.Before(st.next) {
		return nil
	}
	st.next = now.Add(st.s.streamCheck)
	ctx := st.c.Request.Context()
	op, err := st.s.Auth.Sessions.Look(st.c.Request)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		st.s.Log.WarnContext(ctx, "whose stream it is cannot be told now", "reference", referenceOf(ctx), "error", err)
		return nil
	case op.MustEnrol == st.op.MustEnrol && op.ID == st.op.ID && maps.Equal(st.s.sights(op), st.s.sights(st.op)):
		return nil
	}
	_ = st.send(id, "bye", nil) // the page loads anew, and finds out
	return errStreamOver
}

// wait waits for more, at most until the next tick, and not less than the pace.
func (st *stream) wait(more <-chan struct{}, tick <-chan time.Time, looked time.Time) error {
	ctx := st.c.Request.Context()
	if left := streamPace - time.Since(looked); left > 0 {
		pace := time.NewTimer(left)
		defer pace.Stop()
		select {
		case <-pace.C:
		case <-ctx.Done():
			return errStreamOver
		case <-st.s.Live.Over():
			return st.stop()
		}
	}
	select {
	case <-more:
	case <-tick:
	case <-ctx.Done():
		return errStreamOver
	case <-st.s.Live.Over():
		return st.stop()
	}
	return nil
}

// stop tells the browser to come back in a moment: to another console, or to this one started anew.
func (st *stream) stop() error {
	_ = st.send("", "beat", nil)
	return errStreamOver
}

// eventID names how far a stream has told, and when that was.
func eventID(n int64, now time.Time) string {
	return strconv.FormatInt(n, 10) + "." + strconv.FormatInt(now.UnixMilli(), 10)
}

// streamFrom is where a stream begins: behind what the browser has seen, or now. missing is how long it was away for if what was said since
// may not be kept any more.
func (s *Server) streamFrom(c *gin.Context) (p live.Position, missing time.Duration, err error) {
	raw := c.GetHeader("Last-Event-ID")
	if raw == "" {
		raw = c.Query("after")
	}
	number, ms, _ := strings.Cut(raw, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return s.Live.Now(), 0, nil
	}
	p, lost, err := s.Live.From(c.Request.Context(), n)
	if err != nil || lost.IsZero() {
		return p, 0, err
	}
	missing = time.Minute
	if seen, err := strconv.ParseInt(ms, 10, 64); err == nil {
		missing = max(missing, lost.Sub(time.UnixMilli(seen)))
	}
	return p, missing, nil
}

// paneState is what a stream remembers of a pane.
type paneState struct {
	drawing
	filter  *live.Filter
	tokens  float64 // lines that may be drawn now
	filled  time.Time
	matched int // in this second
	drawn   int
	left    int       // lines that were left out, since when
	since   time.Time // of left
	noted   string
	shown   []int64 // messages of the last lines that were drawn here

	fresh   []*live.Line // of this look
	changed []*live.Line
	skipped int
}

// take sorts a line in.
func (p *paneState) take(l *live.Line, most int, began time.Time) {
	switch {
	case !p.filter.Sees(l):
	case l.Kind == store.ArrivalSaid || p.filter.State != store.ArchiveSaid || p.filter.Has&store.HasCase != 0:
		if !p.filter.Match(l) {
			return
		}
		if p.fresh = append(p.fresh, l); len(p.fresh) >= 2*most { // only the last ones can be drawn
			p.skipped += len(p.fresh) - most
			p.fresh = slices.Delete(p.fresh, 0, len(p.fresh)-most)
		}
	case len(p.changed) < updatesEach && (l.Passing || l.Message.Added.Before(began) || slices.Contains(p.shown, l.Message.ID)):
		p.changed = append(p.changed, l)
	}
}

// choose returns the lines to be drawn of those that came, spread evenly, and forgets the others.
func (p *paneState) choose(now time.Time, catchUp bool) []*live.Line {
	p.tokens = min(drawnBurst, p.tokens+now.Sub(p.filled).Seconds()*drawnEach)
	p.filled = now
	most := int(p.tokens)
	if catchUp {
		most = drawnCatchUp
	}
	list := p.fresh
	if over := len(list) - most; over > 0 {
		kept := make([]*live.Line, 0, most)
		if catchUp {
			kept = append(kept, list[over:]...)
		} else {
			for i := range most {
				kept = append(kept, list[(i+1)*len(list)/most-1])
			}
		}
		p.skipped += over
		list = kept
	}
	p.matched += len(list) + p.skipped
	p.drawn += len(list)
	if p.skipped > 0 {
		if p.left == 0 {
			p.since = now
		}
		p.left += p.skipped
	}
	p.tokens = max(0, p.tokens-float64(len(list)))
	for _, l := range list {
		if l.Message.ID != 0 {
			p.shown = append(p.shown, l.Message.ID)
		}
	}
	if over := len(p.shown) - drawnCatchUp; over > 0 {
		p.shown = slices.Delete(p.shown, 0, over)
	}
	p.fresh, p.skipped = p.fresh[:0:0], 0
	return list
}

// note says how much of what is said is shown; "" if it is all.
func (p *paneState) note() string {
	defer func() { p.matched, p.drawn = 0, 0 }()
	switch {
	case p.matched > p.drawn && p.drawn > 0:
		return i18n.T(p.ctx, "watch.sample", "n", int(math.Round(float64(p.matched)/float64(p.drawn))), "all", p.matched, "left", p.left)
	case p.left > 0:
		return i18n.N(p.ctx, "watch.left", p.left, "at", i18n.Clock(p.ctx, p.since))
	}
	return ""
}

// liveStream tells what is said, for as long as the page is open. It never ends by itself.
func (s *Server) liveStream(c *gin.Context) error {
	q := s.readLive(c.Request.Context(), c.Request.URL)
	st, leave, err := s.openStream(c)
	if st == nil {
		return err
	}
	defer leave()
	if err := s.tell(st, q); err != nil && !errors.Is(err, errStreamOver) && c.Request.Context().Err() == nil {
		return errGone{err}
	}
	return nil
}

func (s *Server) tell(st *stream, q liveQuery) error {
	ctx := st.c.Request.Context()
	began := s.Now()
	panes := make([]*paneState, len(q.panes))
	for i := range panes {
		panes[i] = &paneState{drawing: s.drawing(ctx, q, i), filter: &q.panes[i].filter, tokens: drawnBurst, filled: began}
	}
	p, missing, err := s.streamFrom(st.c)
	if err != nil {
		return err
	}
	if missing > 0 {
		if err := st.send("", "gap", s.gaps(ctx, q, missing)); err != nil {
			return err
		}
	}
	if err := st.send(eventID(p.N, began), "beat", nil); err != nil {
		return err
	}
	tick := time.NewTicker(streamTick)
	defer tick.Stop()
	var rated, noted time.Time
	var rates string
	for catchUp := true; ; catchUp = false {
		looked := time.Now()
		next, more, behind, err := s.look(ctx, p, panes, catchUp, began)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil { // the database is away: what is open stays open
			s.Log.WarnContext(ctx, "read what is said", "reference", referenceOf(ctx), "error", err)
		}
		p = next
		now := s.Now()
		body := s.drawLook(ctx, panes, now, catchUp)
		if now.Sub(noted) >= streamTick {
			noted = now
			for i, pane := range panes {
				if note := pane.note(); note != pane.noted {
					pane.noted = note
					body = appendPut(body, fmt.Sprintf("note-pane-%d", i), templates.Text(note), ctx)
				}
			}
		}
		if now.Sub(rated) >= streamRates || behind > 0 && rated.IsZero() {
			rated = now
			r := s.rateView(ctx, q, behind)
			part := appendPut(nil, "watch-speed", templates.WatchSpeed(r), ctx)
			part = appendPut(part, "watch-rates", templates.WatchRates(r), ctx)
			if r.Behind != "" {
				part = appendPut(part, "watch-behind", templates.Text(r.Behind), ctx)
			}
			if string(part) != rates {
				rates = string(part)
				if err := st.send("", "rates", part); err != nil {
					return err
				}
			}
		}
		id := eventID(p.N, now)
		if len(body) > 0 {
			err = st.send(id, "lines", body)
		} else if time.Since(st.last) >= streamBeat {
			err = st.send(id, "beat", nil)
		} else {
			err = nil
		}
		if err == nil {
			err = st.check(id)
		}
		if err == nil {
			err = st.wait(more, tick.C, looked)
		}
		if err != nil {
			return err
		}
	}
}

// look reads what is new. behind is how long ago the newest of it arrived.
func (s *Server) look(ctx context.Context, p live.Position, panes []*paneState, catchUp bool, began time.Time) (next live.Position, more <-chan struct{}, behind time.Duration, err error) {
	for more == nil {
		var lines []*live.Line
		if lines, p, more, err = s.Live.Next(ctx, p); err != nil {
			return p, nil, behind, err
		}
		most := drawnBurst
		if catchUp {
			most = drawnCatchUp
		}
		for _, l := range lines {
			for _, pane := range panes {
				pane.take(l, most, began)
			}
		}
		if len(lines) > 0 {
			behind = max(s.Now().Sub(lines[len(lines)-1].At), time.Millisecond)
		}
	}
	return p, more, behind, nil
}

// drawLook draws what a look has found.
func (s *Server) drawLook(ctx context.Context, panes []*paneState, now time.Time, catchUp bool) (body []byte) {
	for i, pane := range panes {
		changed := pane.changed
		pane.changed = nil
		list := pane.choose(now, catchUp)
		if len(list)+len(changed) == 0 {
			continue
		}
		s.nameLines(ctx, messagesOf(list))
		body = append(body, `<div data-pane="`+strconv.Itoa(i)+`">`...)
		for _, l := range list {
			body = append(body, pane.html(l, false)...)
		}
		for _, l := range changed {
			body = append(body, pane.html(l, true)...)
		}
		body = append(body, "</div>"...)
	}
	return body
}

func messagesOf(lines []*live.Line) []store.Archived {
	list := make([]store.Archived, len(lines))
	for i, l := range lines {
		list[i] = l.Message
	}
	return list
}

// appendPut appends what an element of the page is to hold from now on.
func appendPut(body []byte, id string, what templates.Component, ctx context.Context) []byte {
	var b bytes.Buffer
	b.WriteString(`<div data-put="` + id + `">`)
	if what.Render(ctx, &b) != nil { // into memory: only a bug in a template fails
		return body
	}
	b.WriteString("</div>")
	return append(body, b.Bytes()...)
}

// gaps says in each pane that something is missing.
func (s *Server) gaps(ctx context.Context, q liveQuery, missing time.Duration) []byte {
	var b bytes.Buffer
	for i, p := range q.panes {
		fmt.Fprintf(&b, `<div data-pane="%d">`, i)
		text := i18n.N(ctx, "watch.missing", int(math.Ceil(missing.Minutes())))
		if err := templates.WatchGap(text, searchPath(p.typed)).Render(ctx, &b); err != nil {
			s.Log.WarnContext(ctx, "draw a gap", "error", err)
		}
		b.WriteString("</div>")
	}
	return b.Bytes()
}
