package handlers

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// transcript turns messages into rows.
type transcript struct {
	s        *Server
	ctx      context.Context
	app      *App
	chat     messageQuery // the conversation and nothing else, for addresses
	page     string       // address of the conversation without a query
	messages []imclient.Message
	people   *people
	here     string // position that was asked for
	recalls  map[string]store.AuditEntry
	original bool // this operator may read what was recalled

	edits    map[string]store.AuditEntry
	archived map[string]store.Archived
	gaps     map[string]store.Loss
	kept     bool // it is from the archive
}

// transcriptOf is the transcript of a group or, with the zero group, of the direct chat that q names.
func (s *Server) transcriptOf(c *gin.Context, app *App, g imclient.Group, q messageQuery, part stretch, p *people) *transcript {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	t := &transcript{
		s: s, ctx: ctx, app: app, chat: messageQuery{user: q.user, peer: q.peer}, page: groupURL(app, g.ID, tabMessages),
		messages: part.messages, people: p, here: part.here, original: op.CanIn(app.Name, auth.VerbRecall),
		archived: part.archived, gaps: part.gaps, kept: part.kept,
	}
	t.chat.kept = part.kept
	recalls := store.AuditFilter{App: app.Name, Group: g.ID, Action: string(actions.VerbRecall)}
	if t.direct() {
		t.page, recalls.User = appURL(app, "direct"), q.user
	}
	t.recalls = s.recallsOf(ctx, recalls, part.messages)
	if edits := recalls; t.anyEdited() {
		edits.Action = string(actions.VerbEditMessage)
		if t.direct() {
			edits.Action = string(actions.VerbEditDirect)
		}
		t.edits = s.deedsOn(ctx, edits)
	}
	return t
}

// direct reports whether it is of a direct chat.
func (t *transcript) direct() bool { return t.chat.user != "" }

// recallsSeen is how many of the latest recalls in a conversation are looked through for who took a message back.
const recallsSeen = 100

// recallsOf tells who took back which of the messages here, as far as it was done in this console. It asks the database
// only if one of them was recalled.
func (s *Server) recallsOf(ctx context.Context, f store.AuditFilter, messages []imclient.Message) map[string]store.AuditEntry {
	if !slices.ContainsFunc(messages, func(m imclient.Message) bool { return m.State == imclient.MessageRecalled }) {
		return nil
	}
	return s.deedsOn(ctx, f)
}

// anyEdited reports whether the archive has any of the messages as edited.
func (t *transcript) anyEdited() bool {
	for _, a := range t.archived {
		if a.State == store.ArchiveEdited {
			return true
		}
	}
	return false
}

// deedsOn finds the latest actions of a kind by the messages that they were about.
func (s *Server) deedsOn(ctx context.Context, f store.AuditFilter) map[string]store.AuditEntry {
	list, err := s.Store.Audit.List(ctx, f, 0, recallsSeen)
	if err != nil {
		s.Log.WarnContext(ctx, "who recalled or edited", "reference", referenceOf(ctx), "error", err)
		return nil
	}
	by := map[string]store.AuditEntry{}
	for _, e := range slices.Backward(list) {
		if e.State != store.AuditOK && e.State != store.AuditPartial {
			continue
		}
		for _, id := range e.Messages {
			by[id] = e
		}
	}
	return by
}

// find is the message at a position.
func (t *transcript) find(seq string) (imclient.Message, bool) {
	for _, m := range t.messages {
		if m.Seq == seq && seq != "" {
			return m, true
		}
	}
	return imclient.Message{}, false
}

// view is the transcript of what a query found.
func (t *transcript) view(q messageQuery, part stretch) templates.TranscriptView {
	ctx := t.ctx
	rows, first := t.rows()
	v := templates.TranscriptView{
		Rows: rows, First: first, UpToDate: part.upToDate, FromEnd: part.upToDate && part.here == "" && !q.more(),
	}
	if !part.upToDate {
		newest := q.unplaced()
		newest.since, newest.until = time.Time{}, time.Time{}
		v.Newest = newest.address(t.page)
	}
	if n := len(part.messages); n > 0 && !q.filtered() && t.direct() {
		v.Range = i18n.T(ctx, "direct.shown", "from", i18n.When(ctx, part.messages[0].At), "to", i18n.When(ctx, part.messages[n-1].At))
	} else if n > 0 && !q.filtered() {
		v.Range = i18n.T(ctx, "messages.range", "from", seqText(ctx, part.messages[0].Seq), "to", seqText(ctx, part.messages[n-1].Seq))
	}
	next := q.unplaced()
	if part.older != "" {
		older := next
		older.kept = part.kept
		older.from, older.day = part.older, dayKey(ctx, first)
		v.Older = templates.MoreView{URL: older.address(t.page), Text: i18n.T(ctx, "messages.older"), Wait: q.filtered()}
		if q.filtered() {
			v.Older.Text = i18n.T(ctx, "messages.look_further")
		}
	}
	if part.older == "" && part.keptOlder != "" {
		older := next
		older.kept, older.from, older.day = true, part.keptOlder, dayKey(ctx, first)
		v.Older = templates.MoreView{URL: older.address(t.page), Text: i18n.T(ctx, "archive.older"), Wait: q.filtered()}
	}
	v.Kept = part.kept
	if part.older == "" && part.keptOlder == "" && !q.filtered() && q.after == "" && len(rows) > 0 {
		v.Start = i18n.T(ctx, "messages.start")
		if !q.since.IsZero() {
			v.Start = i18n.T(ctx, "direct.start", "time", i18n.When(ctx, q.since))
		}
	}
	if part.newer != "" {
		newer := next
		newer.kept = part.kept
		newer.after, newer.day = part.newer, dayKey(ctx, t.lastTime())
		v.Newer = templates.MoreView{URL: newer.address(t.page), Text: i18n.T(ctx, "messages.newer"), Wait: q.filtered() || part.upToDate}
		if part.upToDate {
			v.Newer.Text = i18n.T(ctx, "messages.look_newer")
		}
	}
	v.Notice = t.notice(q, part)
	if len(rows) == 0 && !q.more() {
		v.Empty = t.empty(q, part)
	}
	if t.people.failed != nil {
		p := explain(ctx, t.people.failed, false)
		v.Failed = &templates.Notice{Title: i18n.T(ctx, "messages.people_failed"), Next: p.notice.Title, Code: p.notice.Code}
	}
	return v
}

// notice says what is not as it was asked for, or what a filter covers.
func (t *transcript) notice(q messageQuery, part stretch) *templates.Notice {
	ctx := t.ctx
	switch {
	case part.missing && q.seq != "" && t.direct():
		return &templates.Notice{
			Tone: "info", Title: i18n.T(ctx, "direct.missing"), Text: i18n.T(ctx, "messages.missing.text"),
		}
	case part.missing && q.seq != "":
		return &templates.Notice{
			Tone: "info", Title: i18n.T(ctx, "messages.missing.title", "seq", q.seq), Text: i18n.T(ctx, "messages.missing.text"),
		}
	case q.filtered() && part.looked > 0 && t.direct():
		return &templates.Notice{
			Tone: "info", Icon: "filter", Title: i18n.N(ctx, "direct.filtered", len(part.messages), "of", part.looked),
			Text: i18n.T(ctx, "messages.filtered_text"),
		}
	case q.filtered() && part.looked > 0:
		from, to := part.first, part.newer
		if q.after != "" {
			from = q.after
		}
		return &templates.Notice{
			Tone: "info", Icon: "filter",
			Title: i18n.N(ctx, "messages.filtered", len(part.messages), "of", part.looked, "from", seqText(ctx, from), "to", seqText(ctx, to)),
			Text:  i18n.T(ctx, "messages.filtered_text"),
		}
	}
	return nil
}

func (t *transcript) empty(q messageQuery, part stretch) *templates.EmptyView {
	ctx := t.ctx
	if !q.filtered() && t.direct() {
		e := &templates.EmptyView{Icon: "history", Title: i18n.T(ctx, "direct.empty"), Text: i18n.T(ctx, "direct.empty_text")}
		if q.ranged() {
			e.Title = i18n.T(ctx, "direct.empty_range")
		}
		return e
	}
	if !q.filtered() {
		return &templates.EmptyView{Icon: "history", Title: i18n.T(ctx, "messages.empty.title"), Text: i18n.T(ctx, "messages.empty.text")}
	}
	return &templates.EmptyView{
		Icon: "filter", Title: i18n.T(ctx, "messages.no_match.title"), Text: i18n.T(ctx, "messages.no_match.text"),
		Action: &templates.ButtonView{Text: i18n.T(ctx, "messages.clear_filters"), URL: q.placed().address(t.page)},
	}
}

// lastTime is when the newest of the messages was said.
func (t *transcript) lastTime() time.Time {
	for _, m := range slices.Backward(t.messages) {
		if !m.At.IsZero() {
			return m.At
		}
	}
	return time.Time{}
}

// dayKey names a day of the operator's calendar in addresses; "" for no time.
func dayKey(ctx context.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(i18n.From(ctx).Zone).Format(time.DateOnly)
}

// dayBelow is the heading that the row below older messages needs, if it is of another day than the last of them.
func (t *transcript) dayBelow(day string) templates.TranscriptRow {
	at, err := time.ParseInLocation(time.DateOnly, day, i18n.From(t.ctx).Zone)
	if err != nil || dayKey(t.ctx, t.lastTime()) == day {
		return templates.TranscriptRow{}
	}
	return templates.TranscriptRow{Day: at}
}

// contFor is how long after a message the next one of the same sender goes on without a head of its own.
const contFor = 5 * time.Minute

// rows are the messages with a heading for each day but the first, whose time is returned, and one line for positions
// in a row that are empty.
func (t *transcript) rows() (rows []templates.TranscriptRow, first time.Time) {
	var before imclient.Message // the row above, if it is somebody's message
	var day string
	for i := 0; i < len(t.messages); i++ {
		m := t.messages[i]
		if m.State == imclient.MessageHole {
			end := i
			for _, known := t.gaps[m.Seq]; !known && end+1 < len(t.messages) && t.messages[end+1].State == imclient.MessageHole; {
				end++
			}
			rows = append(rows, templates.TranscriptRow{Gap: t.gap(t.messages[i : end+1])})
			i, before = end, imclient.Message{}
			continue
		}
		if key := dayKey(t.ctx, m.At); key != "" && key != day {
			if day != "" {
				rows = append(rows, templates.TranscriptRow{Day: m.At})
			} else {
				first = m.At
			}
			day, before = key, imclient.Message{}
		}
		if m.Tip {
			rows = append(rows, templates.TranscriptRow{Tip: t.tip(m)})
			before = imclient.Message{}
			continue
		}
		row := t.row(m)
		row.Cont = before.From == m.From && m.From != "" && m.At.Sub(before.At) < contFor && m.State == imclient.MessageSaid && !row.Here &&
			m.ReadByPeer == before.ReadByPeer
		rows = append(rows, templates.TranscriptRow{Message: &row})
		before = m
	}
	return rows, first
}

// gap is one line for messages that are not there any more.
func (t *transcript) gap(holes []imclient.Message) *templates.GapRow {
	first, last := holes[0].Seq, holes[len(holes)-1].Seq
	if l, known := t.gaps[first]; known {
		return &templates.GapRow{Text: gapText(t.ctx, l)}
	}
	if first == last {
		return &templates.GapRow{Text: i18n.T(t.ctx, "messages.gap_one", "seq", seqText(t.ctx, first))}
	}
	return &templates.GapRow{Text: i18n.N(t.ctx, "messages.gap", len(holes), "from", seqText(t.ctx, first), "to", seqText(t.ctx, last))}
}

// elementID is the id of a message's element.
func elementID(seq string) string { return "seq-" + url.PathEscape(seq) }

// permalink leads to a message and what was said around it.
func (t *transcript) permalink(seq string) string {
	q := t.chat
	q.seq = seq
	return q.address(t.page) + "#" + elementID(seq)
}

// row is one message.
func (t *transcript) row(m imclient.Message) templates.MessageRow {
	ctx := t.ctx
	name := t.people.name(m.From)
	row := templates.MessageRow{
		ID: elementID(m.Seq), Seq: m.Seq,
		SenderID: m.From, Sender: name, Nick: t.people.nick(m.From), SenderURL: userURL(t.app, m.From),
		Role: t.people.role(m.From), Gone: t.people.gone(m.From), Mute: t.people.mute(t.s, m.From),
		At: m.At, URL: t.permalink(m.Seq), Here: m.Seq == t.here,
		Link: i18n.T(ctx, "messages.link", "seq", m.Seq, "time", i18n.Clock(ctx, m.At)),
		Tick: templates.TickView{
			Form: selectionForm, Name: "m", Value: messageRef{m.Seq, m.ID, m.From}.String(),
			Label: i18n.T(ctx, "messages.select", "seq", m.Seq, "name", orID(name, m.From)),
		},
	}
	if t.direct() {
		row.Link = i18n.T(ctx, "direct.link", "name", orID(name, m.From), "time", i18n.Clock(ctx, m.At))
		row.Tick.Label = i18n.T(ctx, "direct.select", "name", orID(name, m.From), "time", i18n.When(ctx, m.At))
		row.Read = m.ReadByPeer == imclient.On
	} else {
		row.RailURL = t.page + "/sender?user=" + url.QueryEscape(m.From) + "&seq=" + url.QueryEscape(m.Seq)
	}
	switch m.Priority {
	case "High", "Low", "Lowest":
		//i18n:uses messages.priority.*
		row.Priority = i18n.T(ctx, "messages.priority."+strings.ToLower(m.Priority))
	}
	if m.State == imclient.MessageRecalled {
		row.Recalled = &templates.RecalledView{Kept: len(m.Body) > 0, See: t.original}
		if e, ok := t.recalls[m.ID]; ok {
			row.Recalled.By, row.Recalled.Reason, row.Recalled.URL = e.OperatorName, e.Reason, t.entry(e)
		}
		if !t.original {
			return row
		}
	}
	if t.kept && t.direct() { // the archive does not know by which position the service takes it
		row.Tick = templates.TickView{}
	}
	row.Changed = t.changedView(m)
	row.Quote, row.Data = t.customData(m.Custom)
	d := drawer{s: t.s, ctx: ctx, app: t.app, people: t.people}
	row.Body = d.body(m.Body, mergedDepth)
	return row
}

// tip is something that the service said.
func (t *transcript) tip(m imclient.Message) *templates.TipRow {
	tip := readTip(m.Body)
	return &templates.TipRow{
		ID: elementID(m.Seq), Text: tipSentence(t.ctx, t.people.name, tip), At: m.At, URL: t.permalink(m.Seq), Raw: tip.raw, Here: m.Seq == t.here,
	}
}

// messageRef is a message as forms send it: where it is, what takes it back, and who said it.
type messageRef struct{ seq, id, from string }

// String joins the parts by colons, each escaped; an id that is the position itself is left out.
func (r messageRef) String() string {
	id := r.id
	if id == r.seq {
		id = ""
	}
	return url.QueryEscape(r.seq) + ":" + url.QueryEscape(id) + ":" + url.QueryEscape(r.from)
}

// readMessageRef reads what String wrote.
func readMessageRef(s string) (messageRef, bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return messageRef{}, false
	}
	for i, p := range parts {
		var err error
		if parts[i], err = url.QueryUnescape(p); err != nil {
			return messageRef{}, false
		}
	}
	r := messageRef{parts[0], parts[1], parts[2]}
	if r.id == "" {
		r.id = r.seq
	}
	return r, r.seq != ""
}

// readMessageRefs reads the messages that are ticked, at most a full action's number of them.
func readMessageRefs(values []string) ([]messageRef, error) {
	if len(values) > actions.MaxTargets {
		return nil, badInput{"messages.wrong.too_many"}
	}
	var refs []messageRef
	for _, v := range values {
		r, ok := readMessageRef(v)
		if !ok {
			return nil, badInput{"messages.wrong.refs"}
		}
		if !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	return refs, nil
}

// sendersOf are the senders of messages, each once.
func sendersOf(refs []messageRef) []string {
	var users []string
	for _, r := range refs {
		if r.from != "" && !slices.Contains(users, r.from) {
			users = append(users, r.from)
		}
	}
	return users
}
