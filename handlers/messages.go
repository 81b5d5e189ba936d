package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/exports"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) messageRoutes() []route {
	const group = "/apps/:app/groups/:group"
	return append(s.mediaRoutes(), []route{
		{get, group + "/messages", auth.VerbView, s.listMessages},
		{get, group + "/messages/sender", auth.VerbView, s.showSender},
		{get, group + "/messages/mute-senders", auth.VerbMute, s.muteSenders},
		{get, group + "/messages/kick-senders", auth.VerbKick, s.kickSenders},
		{get, group + "/recall", auth.VerbRecall, s.recallSheet},
		{post, group + "/recall", auth.VerbRecall, s.recall},
		{get, group + "/delete-by-sender", auth.VerbDeleteBySender, s.deleteBySenderSheet},
		{post, group + "/delete-by-sender", auth.VerbDeleteBySender, s.deleteBySender},
		{post, group + "/messages/flag", auth.VerbReport, s.flagMessages},
		{get, group + "/notice", auth.VerbNotice, s.noticeSheet},
		{post, group + "/notice", auth.VerbNotice, s.sendNotice},
		{get, group + "/mute-all", auth.VerbMuteAll, s.muteAllSheet},
		{post, group + "/mute-all", auth.VerbMuteAll, s.muteAll},
		{get, group + "/messages/edit", auth.VerbEditMessage, s.editSheet},
		{post, group + "/messages/edit", auth.VerbEditMessage, s.editMessage},
		{get, group + "/messages/extensions", auth.VerbExtensions, s.extensionsSheet},
		{post, group + "/messages/extensions", auth.VerbExtensions, s.setExtensions},
		{get, group + "/messages/readers", auth.VerbReceipts, s.readersSheet},
		{get, group + "/send", auth.VerbSend, s.sendSheet},
		{post, group + "/send", auth.VerbSend, s.sendMessage},
	}...)
}

// Bounds of one page of messages. With a filter the page looks further back for what matches, and says how far it did.
const (
	messagesWanted = 40  // rows
	historyCalls   = 3   // calls of a page
	filterCalls    = 10  // calls of a page with a filter
	maxFind        = 200 // bytes of what is looked for
)

// messageQuery is the part of a conversation that an address asks for. At most one of its positions is set.
type messageQuery struct {
	seq   string    // a message, with what was said around it
	at    time.Time // likewise, by time
	atRaw string
	from  string // older messages from here on, this one included
	after string // newer ones, this one not included

	day string // the day that the row next to the link has, of parts only

	user, peer   string    // of a direct chat: whose view, and the other one
	since, until time.Time // of a direct chat: nothing earlier, and nothing later than that minute

	find, sender, kind string // what is shown of it

	kept bool // from the archive, not from the service
}

// filtered reports whether not all messages are to be shown.
func (q messageQuery) filtered() bool { return q.find != "" || q.sender != "" || q.kind != "" }

// more reports whether the address continues a page that is open.
func (q messageQuery) more() bool { return q.from != "" || q.after != "" }

// atLayout is how browsers send a local time.
const atLayout = "2006-01-02T15:04"

// readMessageQuery reads the address. What makes no sense is named by a text key and left out.
func readMessageQuery(ctx context.Context, u *url.URL) (q messageQuery, wrong string) {
	v := u.Query()
	text := func(name string) string { return clip(strings.TrimSpace(v.Get(name)), maxFind) }
	q = messageQuery{
		seq: strings.TrimPrefix(text("seq"), "#"), from: text("from"), after: text("after"), day: text("day"),
		find: text("q"), sender: text("sender"), kind: text("type"),
	}
	q.kept = v.Get("archive") == "1"
	if q.kind != "" && !slices.Contains(messageKinds, q.kind) {
		q.kind, wrong = "", "messages.wrong.kind"
	}
	if raw := text("at"); raw != "" && q.seq == "" {
		at, err := readAt(ctx, raw)
		if err != nil {
			wrong = "messages.wrong.time"
		} else {
			q.at, q.atRaw = at, at.Format(atLayout)
		}
	}
	return q, wrong
}

// readAt reads a time as browsers send it, of the operator's clock.
func readAt(ctx context.Context, raw string) (time.Time, error) {
	return time.ParseInLocation(atLayout, raw[:min(len(raw), len(atLayout))], i18n.From(ctx).Zone)
}

// clip cuts a text to at most n bytes of valid UTF-8.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for len(s) > n {
		_, size := lastRune(s)
		s = s[:len(s)-size]
	}
	return s
}

// address is where a query leads, with positions and filters in an order that does not change.
func (q messageQuery) address(page string) string {
	var b strings.Builder
	b.WriteString(page)
	sep := byte('?')
	for _, p := range slices.Concat(q.chat(), q.positions(), q.filters()) {
		b.WriteByte(sep)
		b.WriteString(p.name + "=" + url.QueryEscape(p.value))
		sep = '&'
	}
	return b.String()
}

type parameter struct{ name, value string }

func set(list ...parameter) []parameter {
	return slices.DeleteFunc(list, func(p parameter) bool { return p.value == "" })
}

// chat are the parameters of a direct chat, which every address of it has.
func (q messageQuery) chat() []parameter {
	return set(parameter{"user", q.user}, parameter{"peer", q.peer}, parameter{"since", atText(q.since)}, parameter{"until", atText(q.until)})
}

// atText writes a time as browsers do; "" for none.
func atText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(atLayout)
}

func (q messageQuery) positions() []parameter {
	kept := ""
	if q.kept {
		kept = "1"
	}
	return set(parameter{"archive", kept}, parameter{"seq", q.seq}, parameter{"at", q.atRaw}, parameter{"from", q.from}, parameter{"after", q.after}, parameter{"day", q.day})
}

func (q messageQuery) filters() []parameter {
	return set(parameter{"q", q.find}, parameter{"sender", q.sender}, parameter{"type", q.kind})
}

// hidden are parameters as fields of a form.
func hidden(list []parameter, without ...string) []string {
	var pairs []string
	for _, p := range list {
		if !slices.Contains(without, p.name) {
			pairs = append(pairs, p.name, p.value)
		}
	}
	return pairs
}

// unplaced is the query without a position: its newest messages.
func (q messageQuery) unplaced() messageQuery {
	n := q.unfiltered()
	n.find, n.sender, n.kind = q.find, q.sender, q.kind
	return n
}

// unfiltered is the conversation and nothing else.
func (q messageQuery) unfiltered() messageQuery {
	return messageQuery{user: q.user, peer: q.peer, since: q.since, until: q.until}
}

// placed is the query without its filters.
func (q messageQuery) placed() messageQuery {
	n := q.unfiltered()
	n.seq, n.at, n.atRaw, n.kept = q.seq, q.at, q.atRaw, q.kept
	return n
}

// ranged reports whether the query is for a span of time.
func (q messageQuery) ranged() bool { return !q.since.IsZero() || !q.until.IsZero() }

// conversation is the group's.
func conversation(g imclient.Group) imclient.Conversation {
	return imclient.Conversation{Group: g.ID, Type: g.Type}
}

// stretch is a part of a conversation as it was read.
type stretch struct {
	messages []imclient.Message // what is to be shown, oldest first
	older    string             // where to read on; "" at the beginning
	newer    string             // the last position that was looked at; "" only if nothing was
	upToDate bool               // nothing newer was there
	first    string             // the oldest position that was looked at
	looked   int                // how many messages were looked at
	here     string             // the position that was asked for, if it is among them
	missing  bool               // a position was asked for that is not

	kept      bool                      // it is from the archive
	keptOlder string                    // where to read on in the archive, if the service tells nothing older
	archived  map[string]store.Archived // what the archive has of the messages, by ID
	gaps      map[string]store.Loss     // of the archive, by the first position
}

// listMessages shows a part of a group's conversation. It costs the calls of groupFrame, up to historyCalls calls for the
// messages (filterCalls with a filter; for a time the few more of Messages.At), and two at the same time for the people
// in it.
func (s *Server) listMessages(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	q, wrong := readMessageQuery(ctx, c.Request.URL)
	freshened(c)
	if wantsPart(c.Request) && q.more() {
		return s.moreMessages(c, app, q)
	}
	kept := c.Query("kept") // the archive's number of the message that is asked for
	elsewhere := func() error { return seeOther(c, saidURL(app, c.Param("group"), url.QueryEscape(kept))) }
	frame, g, err := s.groupFrame(c, app, tabMessages)
	if kept != "" && errors.Is(err, imclient.ErrNotFound) {
		return elsewhere()
	}
	if err != nil {
		return err
	}
	if key := app.IM.Caps.Why(imclient.VerbHistory, g.Type); key != "" && kept != "" {
		return elsewhere()
	} else if key != "" && !s.hasKept(ctx, app, g) {
		return render(c, http.StatusOK, templates.MessagesPage(s.chrome(c), s.noMessages(c, app, g, frame, key)), nil)
	}
	v := templates.MessagesView{
		Frame: frame, Follow: s.followURL(app, g.ID), Newest: q.unplaced().address(groupURL(app, g.ID, tabMessages)),
		Selection: s.messageActions(c, app, g), Coverage: s.coverageOf(ctx, app, g),
	}
	status := http.StatusOK
	part, err := s.readStretch(ctx, app, conversation(g), q)
	if kept != "" && (part.missing || errors.Is(err, imclient.ErrInvalid) || errors.Is(err, imclient.ErrNotFound)) {
		return elsewhere()
	}
	if q != q.unplaced() && errors.Is(err, imclient.ErrInvalid) {
		wrong = "messages.wrong.position"
		q = q.unplaced()
		part, err = s.readStretch(ctx, app, conversation(g), q)
	}
	if err != nil {
		// The group's head stands; the messages say what is wrong with them.
		s.logFailure(c, err, http.StatusOK)
		p := explain(ctx, err, false)
		status = p.status
		v.Transcript.Failed = &p.notice
		v.Filter = s.messageFilter(ctx, app, g, q, nil, nil)
		return render(c, status, templates.MessagesPage(s.chrome(c), v), nil)
	}
	people := s.peopleOf(ctx, app, g, part.messages)
	t := s.transcriptOf(c, app, g, q, part, people)
	v.Transcript = t.view(q, part)
	if wrong != "" {
		v.Transcript.Notice = &templates.Notice{Tone: "warn", Title: i18n.T(ctx, wrong), Next: i18n.T(ctx, "messages.wrong.next")}
	}
	v.Filter = s.messageFilter(ctx, app, g, q, part.messages, people)
	if (q.find != "" || q.sender != "") && app.IM.Caps.Can(imclient.VerbRecall, g.Type) {
		v.Filter.All = &templates.ButtonView{
			Text: i18n.T(ctx, "job.recall_found"), Icon: "recall", URL: newJobURL(app, "kind", jobs.Recall, "groups", g.ID, "find", q.find, "senders", q.sender),
			Why: mayNot(c, app, auth.VerbBulk),
		}
	}
	if s.Archive.Keeps(app.Name) {
		v.Filter.SearchURL, v.Filter.InGroup = allSearch, []string{"app", app.Name, "in", g.ID}
	}
	v.Filter.Export = exportMenu(c, app, exports.Messages, "group", g.ID, "from", orID(q.from, q.seq))
	if m, ok := t.find(part.here); ok && m.From != "" && !m.Tip {
		v.Rail = s.senderView(c, app, g, m.From, part.here)
	}
	return render(c, status, templates.MessagesPage(s.chrome(c), v), nil)
}

// moreMessages answers a link above or below a transcript with the rows that take its place.
func (s *Server) moreMessages(c *gin.Context, app *App, q messageQuery) error {
	ctx := c.Request.Context()
	g, err := readGroup(ctx, app, c.Param("group"))
	if err != nil {
		return fmt.Errorf("group of app %s: %w", app.Name, err)
	}
	part, err := s.readStretch(ctx, app, conversation(g), q)
	if err != nil {
		return err
	}
	t := s.transcriptOf(c, app, g, q, part, s.peopleOf(ctx, app, g, part.messages))
	v := t.view(q, part)
	if q.after != "" {
		rows := templates.NewerRows(v)
		return render(c, http.StatusOK, rows, rows)
	}
	rows := templates.OlderRows(v, t.dayBelow(q.day))
	return render(c, http.StatusOK, rows, rows)
}

// readStretch reads the part of a conversation that is asked for.
//
// Where the service has forgotten what is asked for, or keeps nothing, it is read from the archive.
func (s *Server) readStretch(ctx context.Context, app *App, conv imclient.Conversation, q messageQuery) (part stretch, err error) {
	keeps := s.Archive.KeepsPlace(archive.PlaceOf(app.Name, conv))
	switch {
	case keeps && (q.kept || !conv.Direct() && app.IM.Caps.Why(imclient.VerbHistory, conv.Type) != ""):
		part, err = s.keptReader(app, conv, q).stretch(ctx, q)
	default:
		part, err = s.readHistory(ctx, app, conv, q)
		forgotten := err == nil && part.missing || errors.Is(err, imclient.ErrNotFound)
		if keeps && q.seq != "" && !conv.Direct() && forgotten {
			if old, failed := s.keptReader(app, conv, q).stretch(ctx, q); failed == nil && !old.missing {
				part, err = old, nil
			}
		}
		if keeps && err == nil && !part.kept && part.older == "" && q.after == "" && !q.ranged() {
			part.keptOlder = s.keptBefore(ctx, app, conv, part)
		}
	}
	if err == nil {
		s.completeKept(ctx, app, conv, &part)
	}
	return part, err
}

// hasKept reports whether the archive has anything of a group.
func (s *Server) hasKept(ctx context.Context, app *App, g imclient.Group) bool {
	place := store.Conversation{App: app.Name, Group: g.ID}
	if !s.Archive.KeepsPlace(place) {
		return false
	}
	n, err := s.Store.Archive.Count(ctx, place)
	return err == nil && n > 0
}

// readHistory reads it from the service.
func (s *Server) readHistory(ctx context.Context, app *App, conv imclient.Conversation, q messageQuery) (stretch, error) {
	r := &historyReader{app: app, conv: conv, keep: keeper(q), calls: historyCalls, since: q.since, archive: s.Archive}
	if !q.until.IsZero() {
		r.before = q.until.Add(time.Minute)
	}
	if q.filtered() {
		r.calls = filterCalls
	}
	switch {
	case q.from != "":
		return r.older(ctx, q.from, messagesWanted)
	case q.after != "":
		return r.newer(ctx, q.after, messagesWanted)
	case !q.at.IsZero():
		seq, err := app.IM.Messages.At(ctx, conv, q.at)
		if err != nil {
			return stretch{}, fmt.Errorf("find messages by time: %w", err)
		}
		if seq == "" {
			return stretch{upToDate: true, missing: true}, nil
		}
		return r.around(ctx, seq)
	case q.seq != "":
		return r.around(ctx, q.seq)
	case !r.before.IsZero():
		return r.upTo(ctx)
	}
	part, err := r.older(ctx, "", messagesWanted)
	part.upToDate = true
	return part, err
}

// historyReader reads pages of history until it has enough of what is to be shown.
type historyReader struct {
	app   *App
	conv  imclient.Conversation
	keep  func(imclient.Message) bool
	calls int // at most, each way

	archive *archive.Keeper // gets what is read

	since, before time.Time // only what was said from then on, and only what was said earlier; zero for no bound
	over          bool      // reading towards now, before was reached
}

func (r *historyReader) page(ctx context.Context, from string, d imclient.Direction) (imclient.HistoryPage, error) {
	page, err := r.app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: r.conv, From: from, Direction: d})
	if err != nil {
		return page, fmt.Errorf("messages of the conversation: %w", err)
	}
	r.archive.Read(archive.PlaceOf(r.app.Name, r.conv), page.Messages)
	early, late := false, false
	page.Messages = slices.DeleteFunc(page.Messages, func(m imclient.Message) bool {
		tooEarly, tooLate := m.At.Before(r.since), !r.before.IsZero() && !m.At.Before(r.before)
		early, late = early || tooEarly, late || tooLate
		return tooEarly || tooLate
	})
	// Where a bound is reached there is nothing to show beyond it.
	switch {
	case early && d == imclient.Older:
		page.Older = ""
	case late && d == imclient.Newer:
		page.Newer, r.over = "", true
	}
	return page, nil
}

// upTo reads the last of what was said before r.before.
func (r *historyReader) upTo(ctx context.Context) (stretch, error) {
	from, err := r.app.IM.Messages.At(ctx, r.conv, r.before)
	if err != nil {
		return stretch{}, fmt.Errorf("find messages by time: %w", err)
	}
	if from == "" {
		return stretch{}, nil
	}
	part, err := r.older(ctx, from, messagesWanted)
	part.newer = ""
	return part, err
}

// older reads towards the past until there are want messages to show.
func (r *historyReader) older(ctx context.Context, from string, want int) (stretch, error) {
	var part stretch
	for range r.calls {
		page, err := r.page(ctx, from, imclient.Older)
		if err != nil {
			return stretch{}, err
		}
		part.add(page.Messages, r.keep)
		if part.newer == "" && len(page.Messages) > 0 {
			part.newer = page.Messages[0].Seq
		}
		part.older, from = page.Older, page.Older
		if from == "" || part.shown() >= want {
			break
		}
	}
	slices.Reverse(part.messages)
	return part, nil
}

// newer reads towards now, beginning with what follows the position after, until there are want messages to show.
func (r *historyReader) newer(ctx context.Context, after string, want int) (stretch, error) {
	part := stretch{newer: after}
	from := after
	for range r.calls {
		page, err := r.page(ctx, from, imclient.Newer)
		if err != nil {
			return stretch{}, err
		}
		fresh := slices.DeleteFunc(slices.Clone(page.Messages), func(m imclient.Message) bool { return m.Seq == after })
		slices.Reverse(fresh)
		part.add(fresh, r.keep)
		if len(fresh) > 0 {
			part.newer = fresh[len(fresh)-1].Seq
		}
		from = page.Newer
		part.upToDate = from == "" && !r.over
		if from == "" || part.shown() >= want {
			break
		}
	}
	if r.over {
		part.newer = ""
	}
	return part, nil
}

// around reads what was said before and after a position, at the same time.
func (r *historyReader) around(ctx context.Context, seq string) (stretch, error) {
	var before, after stretch
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		before, err = r.older(ctx, seq, messagesWanted/2)
		return err
	})
	g.Go(func() (err error) {
		after, err = r.newer(ctx, seq, messagesWanted/2)
		return err
	})
	if err := g.Wait(); err != nil {
		return stretch{}, err
	}
	part := stretch{
		messages: append(before.messages, after.messages...), older: before.older, newer: after.newer, upToDate: after.upToDate,
		first: before.first, looked: before.looked + after.looked,
	}
	if len(after.messages) == 0 && before.newer != "" && after.looked == 0 {
		part.newer = before.newer // the position asked for lies beyond the newest
	}
	part.missing = true
	for _, m := range part.messages {
		if m.Seq == seq {
			part.missing, part.here = m.State == imclient.MessageHole, seq
		}
	}
	if part.missing {
		part.here = ""
	}
	return part, nil
}

// add takes in a page, in whatever order it is.
func (p *stretch) add(list []imclient.Message, keep func(imclient.Message) bool) {
	for _, m := range list {
		p.looked++
		p.first = m.Seq
		if keep(m) {
			p.messages = append(p.messages, m)
		}
	}
}

// shown is how many of them are messages, not the places where some were.
func (p *stretch) shown() int {
	n := 0
	for _, m := range p.messages {
		if m.State != imclient.MessageHole {
			n++
		}
	}
	return n
}

// keeper picks what a query shows.
func keeper(q messageQuery) func(imclient.Message) bool {
	if !q.filtered() {
		return func(imclient.Message) bool { return true }
	}
	find := strings.ToLower(q.find)
	return func(m imclient.Message) bool {
		return m.State != imclient.MessageHole &&
			(q.sender == "" || m.From == q.sender && !m.Tip) &&
			(q.kind == "" || isKind(m, q.kind)) &&
			(find == "" || m.State == imclient.MessageSaid && strings.Contains(strings.ToLower(plainText(m.Body)), find))
	}
}

// messageKinds are what the filter by type knows, in the order of its menu.
var messageKinds = []string{"text", "image", "sound", "video", "file", "custom", "face", "location", "merged", "tip", "recalled", "other"}

// isKind reports whether a message has an element of a kind.
func isKind(m imclient.Message, kind string) bool {
	switch {
	case kind == "recalled":
		return m.State == imclient.MessageRecalled
	case m.State == imclient.MessageRecalled:
		return false // what it was is not for everybody to see
	case kind == "tip":
		return m.Tip
	case m.Tip:
		return false
	}
	return slices.ContainsFunc(m.Body, func(e imclient.Element) bool { return elementKind(e) == kind })
}

// noMessages is the page of a group whose messages the service does not keep: it says so and what can be done instead.
func (s *Server) noMessages(c *gin.Context, app *App, g imclient.Group, frame templates.GroupFrameView, key string) templates.MessagesView {
	ctx := c.Request.Context()
	v := templates.MessagesView{
		Frame: frame,
		None:  &templates.EmptyView{Icon: "history", Title: i18n.T(ctx, "messages.none_kept"), Text: i18n.T(ctx, key)},
		NoneLinks: []templates.ButtonView{
			{Text: i18n.T(ctx, "messages.to_members"), Icon: "groups", URL: groupURL(app, g.ID, tabMembers)},
			{Text: i18n.T(ctx, "messages.to_muted"), Icon: "mute", URL: groupURL(app, g.ID, tabMuted)},
		},
	}
	if s.Archive.Keeps(app.Name) {
		v.SearchURL, v.InGroup = allSearch, []string{"app", app.Name, "in", g.ID}
		v.NoneLinks = slices.Insert(v.NoneLinks, 0, templates.ButtonView{Text: i18n.T(ctx, "search.said"), Icon: "history", URL: groupURL(app, g.ID, "said")})
	}
	if app.IM.Caps.Can(imclient.VerbBan, g.Type) {
		v.NoneLinks = append(v.NoneLinks, templates.ButtonView{Text: i18n.T(ctx, "messages.to_bans"), Icon: "ban", URL: groupURL(app, g.ID, tabBans)})
	}
	return v
}

// maxSenders is how many senders the filter's menu lists.
const maxSenders = 12

// messageFilter is the row above the transcript.
func (s *Server) messageFilter(ctx context.Context, app *App, g imclient.Group, q messageQuery, shown []imclient.Message, p *people) templates.MessageFilterView {
	page := groupURL(app, g.ID, tabMessages)
	if q.user != "" {
		page = appURL(app, "direct")
	}
	with := func(change func(*messageQuery)) string {
		n := q
		n.from, n.after, n.day = "", "", ""
		change(&n)
		return n.address(page)
	}
	f := templates.MessageFilterView{
		URL:    page,
		Keep:   slices.Concat(hidden(q.chat()), hidden(q.placed().positions()), hidden(q.filters(), "q", "sender")),
		KeepAt: slices.Concat(hidden(q.chat()), hidden(q.filters())),
		Find:   q.find, Sender: q.sender, At: q.atRaw, Seq: q.seq,
		AnyURL: with(func(n *messageQuery) { n.sender = "" }),
	}
	if q.atRaw != "" || q.seq != "" {
		f.NoJump = q.unplaced().address(page)
	}
	if q.atRaw != "" {
		f.AtText = i18n.When(ctx, q.at)
	}
	if q.kind != "" {
		//i18n:uses messages.kind.*
		f.Kind = i18n.T(ctx, "messages.kind."+q.kind)
		f.Kinds = append(f.Kinds, templates.Tab{Text: i18n.T(ctx, "messages.any_kind"), URL: with(func(n *messageQuery) { n.kind = "" })})
	}
	for _, kind := range messageKinds {
		f.Kinds = append(f.Kinds, templates.Tab{
			Text: i18n.T(ctx, "messages.kind."+kind), URL: with(func(n *messageQuery) { n.kind = kind }), Current: kind == q.kind,
		})
	}
	counts := map[string]int{}
	var senders []string
	for _, m := range shown {
		if m.Tip || m.From == "" || m.State == imclient.MessageHole {
			continue
		}
		if counts[m.From]++; counts[m.From] == 1 {
			senders = append(senders, m.From)
		}
	}
	slices.SortStableFunc(senders, func(a, b string) int { return counts[b] - counts[a] })
	for _, id := range senders[:min(len(senders), maxSenders)] {
		f.Senders = append(f.Senders, templates.Tab{
			Text: orID(p.name(id), id), URL: with(func(n *messageQuery) { n.sender = id }),
			Count: i18n.Int(ctx, counts[id]), Current: id == q.sender,
		})
	}
	if p != nil {
		f.Name = p.name(q.sender)
	}
	return f
}

// seqText writes a position: those that are small numbers with their thousands apart.
func seqText(ctx context.Context, seq string) string {
	if n, err := strconv.ParseInt(seq, 10, 64); err == nil && n < 1e12 {
		return i18n.Int(ctx, n)
	}
	return seq
}
