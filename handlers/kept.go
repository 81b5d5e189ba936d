package handlers

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// keptReader reads a conversation from the archive. In a group places are the service's positions; in a direct chat, whose
// positions are no numbers, they are the archive's own.
type keptReader struct {
	s     *Server
	place store.Conversation
	keep  func(imclient.Message) bool
	pages int // at most, each way
}

func (s *Server) keptReader(app *App, conv imclient.Conversation, q messageQuery) *keptReader {
	r := &keptReader{s: s, place: archive.PlaceOf(app.Name, conv), keep: keeper(q), pages: 1}
	if q.filtered() {
		r.pages = filterCalls
	}
	return r
}

// read returns up to n messages from a place on, or those before it, oldest first.
func (r *keptReader) read(ctx context.Context, at int64, older bool, n int) ([]store.Archived, error) {
	if r.place.Group != "" {
		return r.s.Store.Archive.Run(ctx, r.place, at, older, n)
	}
	if older {
		return r.s.Store.Archive.Around(ctx, r.place, at, n, 0)
	}
	return r.s.Store.Archive.Around(ctx, r.place, at, 0, n)
}

func (r *keptReader) at(m store.Archived) int64 {
	if r.place.Group != "" {
		return m.Seq
	}
	return m.ID
}

// stretch reads what a query asks for. ErrInvalid for a place that is none.
func (r *keptReader) stretch(ctx context.Context, q messageQuery) (stretch, error) {
	var part stretch
	var err error
	number := func(s string) int64 {
		n, wrong := strconv.ParseInt(s, 10, 64)
		if wrong != nil || n < 0 || n == math.MaxInt64 {
			err = fmt.Errorf("%w: %.40q is no position", imclient.ErrInvalid, s)
		}
		return n
	}
	switch {
	case q.from != "":
		from := number(q.from)
		if err == nil {
			part, err = r.older(ctx, from+1, messagesWanted)
		}
	case q.after != "":
		after := number(q.after)
		if err == nil {
			part, err = r.newer(ctx, after+1, messagesWanted)
		}
	case q.seq != "":
		seq := number(q.seq)
		if err == nil {
			part, err = r.around(ctx, seq)
		}
	case !q.at.IsZero():
		part, err = r.time(ctx, q)
	default:
		part, err = r.older(ctx, math.MaxInt64, messagesWanted)
		part.upToDate = true
	}
	part.kept = true
	return part, err
}

// time goes to the first message that was said from a time on.
func (r *keptReader) time(ctx context.Context, q messageQuery) (stretch, error) {
	list, err := r.s.Store.Archive.Around(ctx, r.place, store.ArchiveID(q.at), 0, 1)
	if err != nil || len(list) == 0 {
		return stretch{upToDate: true, missing: true}, err
	}
	return r.around(ctx, r.at(list[0]))
}

func (r *keptReader) older(ctx context.Context, before int64, want int) (part stretch, err error) {
	size := want
	if r.pages > 1 {
		size = store.MaxArchivePage
	}
	for range r.pages {
		list, err := r.read(ctx, before, true, size)
		if err != nil {
			return stretch{}, err
		}
		messages := r.messages(list)
		slices.Reverse(messages)
		part.add(messages, r.keep)
		if part.newer == "" && len(list) > 0 {
			part.newer = strconv.FormatInt(r.at(list[len(list)-1]), 10)
		}
		part.older = ""
		if len(list) == size {
			before = r.at(list[0])
			part.older = strconv.FormatInt(before-1, 10)
		}
		if part.older == "" || part.shown() >= want {
			break
		}
	}
	slices.Reverse(part.messages)
	return part, nil
}

func (r *keptReader) newer(ctx context.Context, from int64, want int) (part stretch, err error) {
	part.newer = strconv.FormatInt(from-1, 10)
	size := want
	if r.pages > 1 {
		size = store.MaxArchivePage
	}
	for range r.pages {
		list, err := r.read(ctx, from, false, size)
		if err != nil {
			return stretch{}, err
		}
		part.add(r.messages(list), r.keep)
		if len(list) > 0 {
			from = r.at(list[len(list)-1]) + 1
			part.newer = strconv.FormatInt(from-1, 10)
		}
		part.upToDate = len(list) < size
		if part.upToDate || part.shown() >= want {
			break
		}
	}
	return part, nil
}

func (r *keptReader) around(ctx context.Context, at int64) (stretch, error) {
	before, err := r.older(ctx, at, messagesWanted/2)
	if err != nil {
		return stretch{}, err
	}
	after, err := r.newer(ctx, at, messagesWanted/2)
	if err != nil {
		return stretch{}, err
	}
	part := stretch{
		messages: append(before.messages, after.messages...), older: before.older, newer: after.newer, upToDate: after.upToDate,
		first: before.first, looked: before.looked + after.looked, missing: true,
	}
	here := strconv.FormatInt(at, 10)
	for _, m := range after.messages {
		if m.Seq == here {
			part.here, part.missing = here, false
		}
	}
	return part, nil
}

func (r *keptReader) messages(list []store.Archived) []imclient.Message {
	out := make([]imclient.Message, len(list))
	for i, a := range list {
		out[i] = archive.MessageOf(a)
	}
	return out
}

// completeKept adds to a part of a group from the archive where something is missing, and to any part what became of its messages
// since they were said. What the archive does not tell is left out: the messages stand.
func (s *Server) completeKept(ctx context.Context, app *App, conv imclient.Conversation, part *stretch) {
	place := archive.PlaceOf(app.Name, conv)
	if !s.Archive.KeepsPlace(place) || len(part.messages) == 0 {
		return
	}
	var keys []string
	for _, m := range part.messages {
		if m.State != imclient.MessageHole {
			keys = append(keys, m.ID)
		}
	}
	kept, err := s.Store.Archive.Get(ctx, place, keys[:min(len(keys), store.MaxArchiveBatch)])
	if err != nil {
		s.Log.WarnContext(ctx, "what the archive has of messages", "reference", referenceOf(ctx), "error", err)
		return
	}
	part.archived = kept
	// What was taken back, and the service does not tell any more, the archive may have.
	for i, m := range part.messages {
		if a, is := kept[m.ID]; is && m.State == imclient.MessageRecalled && len(m.Body) == 0 && !a.At.IsZero() {
			part.messages[i].Body = archive.Elements(a.Body)
		}
	}
	if part.kept && place.Group != "" {
		s.gapsIn(ctx, place, part)
	}
}

// gapsIn puts a line where positions between the messages are not known, or are lost.
func (s *Server) gapsIn(ctx context.Context, place store.Conversation, part *stretch) {
	seq := func(m imclient.Message) int64 {
		n, _ := strconv.ParseInt(m.Seq, 10, 64) // 0: none, which no span holds
		return n
	}
	within := store.Span{First: seq(part.messages[0]), Last: seq(part.messages[len(part.messages)-1])}
	lost, err := s.Store.Archive.Lost(ctx, place, within)
	if err != nil {
		s.Log.WarnContext(ctx, "what the archive lost", "reference", referenceOf(ctx), "error", err)
		return
	}
	spans, err := s.Store.Archive.Spans(ctx, place, within)
	if err != nil {
		s.Log.WarnContext(ctx, "what the archive knows", "reference", referenceOf(ctx), "error", err)
		return
	}
	for i := 1; i < len(spans); i++ {
		lost = append(lost, store.Loss{Span: store.Span{First: spans[i-1].Last + 1, Last: spans[i].First - 1}})
	}
	slices.SortFunc(lost, func(a, b store.Loss) int { return int(a.First - b.First) })
	part.gaps = map[string]store.Loss{}
	var out []imclient.Message
	for _, m := range part.messages {
		for len(lost) > 0 && lost[0].Last < seq(m) {
			at := strconv.FormatInt(lost[0].First, 10)
			part.gaps[at] = lost[0]
			out = append(out, imclient.Message{Seq: at, State: imclient.MessageHole})
			lost = lost[1:]
		}
		out = append(out, m)
	}
	part.messages = out
}

// gapText says what of a group is missing in the archive, and why.
func gapText(ctx context.Context, l store.Loss) string {
	n := int(l.Last - l.First + 1)
	from, to := i18n.Int(ctx, l.First), i18n.Int(ctx, l.Last)
	if l.Why == "" {
		return i18n.N(ctx, "archive.gap.missing", n, "from", from, "to", to)
	}
	//i18n:uses archive.lost.*
	return i18n.N(ctx, "archive.gap.lost", n, "from", from, "to", to, "why", i18n.T(ctx, l.Why))
}

// keptBefore is where in the archive to read on, when the service tells nothing older than a message; "" if the archive has nothing
// older either.
func (s *Server) keptBefore(ctx context.Context, app *App, conv imclient.Conversation, part stretch) string {
	place := archive.PlaceOf(app.Name, conv)
	if !s.Archive.KeepsPlace(place) {
		return ""
	}
	r := &keptReader{s: s, place: place}
	before := int64(math.MaxInt64)
	i := slices.IndexFunc(part.messages, func(m imclient.Message) bool { return m.State != imclient.MessageHole })
	if i >= 0 {
		first := part.messages[i]
		if place.Group != "" {
			n, err := strconv.ParseInt(first.Seq, 10, 64)
			if err != nil {
				return ""
			}
			before = n
		} else {
			before = store.ArchiveID(first.At)
		}
	}
	list, err := r.read(ctx, before, true, 1)
	if err != nil {
		s.Log.WarnContext(ctx, "older messages of the archive", "reference", referenceOf(ctx), "error", err)
	}
	if err != nil || len(list) == 0 {
		return ""
	}
	return strconv.FormatInt(r.at(list[0]), 10)
}

// coverageOf says how much of a group the archive has; nil: nothing of it is kept. It costs three looks into the database.
func (s *Server) coverageOf(ctx context.Context, app *App, g imclient.Group) *templates.CoverageView {
	place := store.Conversation{App: app.Name, Group: g.ID}
	if !s.Archive.KeepsPlace(place) {
		return nil
	}
	c, err := s.Store.Archive.Covered(ctx, place)
	var kept int64
	if err == nil {
		kept, err = s.Store.Archive.Count(ctx, place)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "how much the archive has", "reference", referenceOf(ctx), "error", err)
		return nil
	}
	v := &templates.CoverageView{
		Kept: i18n.N(ctx, "archive.kept", int(kept)), URL: messageQuery{kept: true}.address(groupURL(app, g.ID, tabMessages)), Tone: "ok",
	}
	if kept == 0 {
		v.Kept, v.URL, v.Tone = i18n.T(ctx, "archive.kept_none"), "", "off"
	}
	room := app.IM.Caps.Why(imclient.VerbHistory, g.Type) != ""
	switch {
	case room:
		v.Text = i18n.T(ctx, "archive.room")
	case c.Last == 0 && kept > 0:
		v.Text = i18n.T(ctx, "archive.uncounted")
	case c.Last > 0:
		of := c.Last - c.First + 1
		v.Share = i18n.T(ctx, "archive.share", "n", strconv.FormatFloat(100*share(c.Known-c.Lost, of), 'f', 2, 64))
		v.Text = i18n.T(ctx, "archive.since", "seq", i18n.Int(ctx, c.First))
		if c.Before > 0 && c.First > 1 {
			v.Text = i18n.T(ctx, "archive.before", "seq", i18n.Int(ctx, c.First))
		}
		if c.Missing > 0 {
			v.Tone, v.Missing = "warn", i18n.N(ctx, "archive.missing", int(c.Missing))
		}
		if c.Lost > 0 {
			v.Lost = i18n.N(ctx, "archive.unavailable", int(c.Lost))
		}
	}
	return v
}

// share is a part of a whole, which is 1 only if nothing is missing.
func share(part, whole int64) float64 {
	if part >= whole {
		return 1
	}
	return min(float64(part)/float64(whole), 0.9999)
}

// changedView is what became of a message since it was said, for those who may see what was there.
func (t *transcript) changedView(m imclient.Message) *templates.ChangedView {
	a, is := t.archived[m.ID]
	if !is || a.State == store.ArchiveSaid {
		return nil
	}
	versions, err := t.s.Store.Archive.Versions(t.ctx, a.ID)
	if err != nil {
		t.s.Log.WarnContext(t.ctx, "what a message said before", "reference", referenceOf(t.ctx), "error", err)
	}
	if len(versions) == 0 {
		return nil
	}
	v := &templates.ChangedView{Text: i18n.N(t.ctx, "archive.edited", len(versions)), See: t.original}
	if e, ok := t.edits[m.ID]; ok {
		v.By = e.OperatorName
		v.URL = t.entry(e)
	}
	if t.original {
		for _, old := range versions {
			v.Versions = append(v.Versions, templates.VersionView{Since: old.Since, Text: old.Text})
		}
	}
	return v
}

// entry is the address of an audit entry, for those who may see the log.
func (t *transcript) entry(e store.AuditEntry) string {
	if op, ok := auth.OperatorFrom(t.ctx); ok && op.CanIn(t.app.Name, auth.VerbAudit) {
		return entryURL(t.app, e.ID)
	}
	return ""
}
