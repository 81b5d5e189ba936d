package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// fileRoutes are the files that the service makes of each hour's messages. A file is opened with a reason, which is recorded;
// then it can be read and downloaded for a while by who opened it.
func (s *Server) fileRoutes() []route {
	const files = "/apps/:app/operations/files"
	return append([]route{
		{get, files, auth.VerbFigures, s.files},
		{get, files + "/opened/:entry", auth.VerbReadFiles, s.openedFile},
		{get, files + "/opened/:entry/download", auth.VerbReadFiles, s.downloadFile},
	}, s.sheetRoutes(files+"/open", openFileSheet)...)
}

// Bounds of what is done with a file.
const (
	fileOpen     = 30 * time.Minute // how long an opened file can be read
	filePage     = 50               // messages
	maxFileRead  = 64 << 20         // bytes, packed, of a file that is read here: each page unpacks it from its beginning
	maxFileSent  = 1 << 30          // bytes, packed, of one that is downloaded
	fileTime     = 10 * time.Minute // for a download
	fileTimeRead = 20 * time.Second // for a page
	hourLayout   = "2006-01-02T15:04"
	maxFiledAt   = 100_000_000
)

var fileKinds = []imclient.HistoryKind{imclient.HistoryGroups, imclient.HistoryDirect}

func filesURL(app *App, kind imclient.HistoryKind, hour time.Time) string {
	q := url.Values{"kind": {string(kind)}, "at": {hour.UTC().Format(time.RFC3339)}}
	return appURL(app, "operations", "files") + "?" + q.Encode()
}

// fileQuery is the hour and the kind that an address names. Hours are those of UTC, and of every zone of whole hours; "hour"
// is typed in by the operator's clock, "at" is a moment.
type fileQuery struct {
	kind imclient.HistoryKind
	hour time.Time
	bad  bool // the hour that was typed is none
}

// filesLag is how long after its beginning an hour's file is there, as a rule: the hour itself, and one to make it.
const filesLag = 2 * time.Hour

func (s *Server) fileQuery(ctx context.Context, v url.Values) fileQuery {
	q := fileQuery{kind: imclient.HistoryKind(v.Get("kind")), hour: s.Now().Add(-filesLag)}
	if !slices.Contains(fileKinds, q.kind) {
		q.kind = fileKinds[0]
	}
	if typed := v.Get("hour"); typed != "" {
		t, err := time.ParseInLocation(hourLayout, typed, i18n.From(ctx).Zone)
		if q.bad = err != nil; !q.bad {
			q.hour = t
		}
	} else if t, err := time.Parse(time.RFC3339, v.Get("at")); err == nil {
		q.hour = t
	}
	if q.hour.Year() < 2000 || q.hour.After(s.Now()) {
		q.hour, q.bad = s.Now().Add(-filesLag), true
	}
	q.hour = q.hour.UTC().Truncate(time.Hour)
	return q
}

// files lists the files of an hour. It costs one call.
func (s *Server) files(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	q := s.fileQuery(ctx, c.Request.URL.Query())
	v := s.filesView(ctx, app, q)
	status := http.StatusOK
	if key := app.IM.Caps.Why(imclient.VerbHistoryFiles, ""); key != "" {
		v.Empty = &templates.EmptyView{Icon: "file", Title: i18n.T(ctx, "files.not_offered"), Text: i18n.T(ctx, key)}
		return render(c, status, templates.FilesPage(s.chrome(c), v), templates.Files(v))
	}
	list, err := app.IM.HistoryFiles.List(ctx, q.kind, q.hour)
	switch {
	case errors.Is(err, imclient.ErrNotFound) || err == nil && len(list) == 0:
		v.Empty = &templates.EmptyView{Icon: "file", Title: i18n.T(ctx, "files.none"), Text: i18n.T(ctx, "files.none_text")}
	case err != nil && wantsPart(c.Request):
		return fmt.Errorf("files of app %s: %w", app.Name, err)
	case err != nil:
		p := explain(ctx, err, false)
		s.logFailure(c, err, p.status)
		status, v.Failed, v.RetryURL = p.status, &p.notice, c.Request.URL.RequestURI()
	}
	for i, f := range list {
		v.Files = append(v.Files, s.fileRow(c, app, list, i, f))
	}
	v.Caption = i18n.N(ctx, "files.caption", len(list), "hour", i18n.When(ctx, q.hour))
	return render(c, status, templates.FilesPage(s.chrome(c), v), templates.Files(v))
}

func (s *Server) filesView(ctx context.Context, app *App, q fileQuery) templates.FilesView {
	v := templates.FilesView{
		Back: templates.Link{Text: i18n.T(ctx, "operations.title"), URL: appURL(app, "operations")}, URL: appURL(app, "operations", "files"), Kind: string(q.kind),
		Hour: q.hour.In(i18n.From(ctx).Zone).Format(hourLayout), Begins: q.hour, Ends: q.hour.Add(time.Hour), Earlier: filesURL(app, q.kind, q.hour.Add(-time.Hour)),
	}
	if next := q.hour.Add(time.Hour); !next.After(s.Now()) {
		v.Later = filesURL(app, q.kind, next)
	}
	for _, k := range fileKinds {
		//i18n:uses files.kind.*
		v.Kinds = append(v.Kinds, templates.Tab{Text: i18n.T(ctx, "files.kind."+string(k)), URL: filesURL(app, k, q.hour), Current: k == q.kind})
	}
	if q.bad {
		v.Notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "files.bad_hour"), Next: i18n.T(ctx, "files.bad_hour_next")}
	}
	return v
}

// fileRow is one file, with what can be done with it.
func (s *Server) fileRow(c *gin.Context, app *App, list []imclient.HistoryFile, i int, f imclient.HistoryFile) templates.FileRow {
	ctx := c.Request.Context()
	r := templates.FileRow{Name: i18n.T(ctx, "files.name", "n", i+1), MD5: f.PackedMD5, Expires: f.Expires}
	if f.PackedSize > 0 {
		r.Packed = i18n.Bytes(ctx, f.PackedSize)
	}
	if f.Size > 0 {
		r.Unpacked = i18n.Bytes(ctx, f.Size)
	}
	open := func(download bool) string {
		q := url.Values{"kind": {string(f.Kind)}, "at": {f.Hour.UTC().Format(time.RFC3339)}, "file": {actions.FileID(list, i)}}
		if download {
			q.Set("download", "1")
		}
		return appURL(app, "operations", "files", "open") + "?" + q.Encode()
	}
	why := notOffered(c, app, auth.VerbReadFiles, imclient.VerbHistoryFiles, "")
	r.Read = templates.ButtonView{Text: i18n.T(ctx, "files.read"), Icon: "eye", Small: true, URL: open(false), Attrs: templates.SheetAttrs(open(false)), Why: why}
	r.Download = templates.ButtonView{Text: i18n.T(ctx, "files.download"), Icon: "download", Small: true, URL: open(true), Attrs: templates.SheetAttrs(open(true)), Why: why}
	if r.Read.Why == "" && f.PackedSize > maxFileRead {
		r.Read.Why = i18n.T(ctx, "files.too_large_to_read", "limit", i18n.Bytes(ctx, maxFileRead))
	}
	if r.Download.Why == "" && f.PackedSize > maxFileSent {
		r.Download.Why = i18n.T(ctx, "files.too_large", "limit", i18n.Bytes(ctx, maxFileSent))
	}
	return r
}

// openFileSheet asks why a file is opened.
var openFileSheet = appSheet{
	name: "open-file", right: auth.VerbReadFiles, needs: imclient.VerbHistoryFiles, instant: true,
	back: func(a *appAsking) templates.Link {
		q := a.s.fileQuery(a.ctx(), a.v)
		return templates.Link{Text: i18n.T(a.ctx(), "files.title"), URL: filesURL(a.app, q.kind, q.hour)}
	},
	action: func(a *appAsking) actions.Action {
		q := a.s.fileQuery(a.ctx(), a.v)
		return actions.ReadHistoryFile{Common: a.common(), Kind: q.kind, Hour: q.hour, File: a.text("file"), Download: a.v.Get("download") != ""}
	},
	view: func(a *appAsking, v *templates.AppSheetView) {
		ctx := a.ctx()
		q := a.s.fileQuery(ctx, a.v)
		v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "files.open_title"), i18n.T(ctx, "files.open")
		if a.v.Get("download") != "" {
			v.Sheet.Title, v.Sheet.Submit = i18n.T(ctx, "files.download_title"), i18n.T(ctx, "files.to_download")
		}
		//i18n:uses files.open_text.*
		v.Sheet.Text = i18n.T(ctx, "files.open_text."+string(q.kind), "hour", i18n.When(ctx, q.hour))
		v.Sheet.Foot = i18n.T(ctx, "files.recorded")
		v.Sheet.Hidden = append(v.Sheet.Hidden, "kind", string(q.kind), "at", q.hour.Format(time.RFC3339), "file", a.text("file"), "download", a.v.Get("download"))
		v.Fields = append(v.Fields, a.reason())
	},
	done: func(a *appAsking, r actions.Result) error {
		return seeOther(a.c, openedURL(a.app, r.ID))
	},
}

func openedURL(app *App, entry int64, parts ...string) string {
	return appURL(app, append([]string{"operations", "files", "opened", strconv.FormatInt(entry, 10)}, parts...)...)
}

// openedEntry is a file that the operator opened a while ago at most, as the audit log has it. Others, and those of colleagues,
// lead to where files are opened.
type openedEntry struct {
	id       int64
	reason   string
	until    time.Time
	kind     imclient.HistoryKind
	hour     time.Time
	file     string
	download bool
}

// errOpenAgain is the answer to whoever did not open the file, or too long ago.
var errOpenAgain = errors.New("the file was not opened by this operator, or too long ago")

func (s *Server) openedEntry(c *gin.Context, app *App) (openedEntry, error) {
	id, err := strconv.ParseInt(c.Param("entry"), 10, 64)
	if err != nil || id < 1 {
		return openedEntry{}, store.ErrNotFound
	}
	e, err := s.Store.Audit.Get(c.Request.Context(), id)
	if err != nil {
		return openedEntry{}, err
	}
	if e.App != app.Name || e.Action != string(actions.VerbReadFiles) {
		return openedEntry{}, store.ErrNotFound
	}
	d, err := actions.ReadDetail(e)
	if err != nil {
		return openedEntry{}, err
	}
	text := func(name string) string { v, _ := d.Options[name].(string); return v }
	o := openedEntry{id: id, reason: e.Reason, until: e.At.Add(fileOpen), kind: imclient.HistoryKind(text("kind")), file: text("file")}
	o.download, _ = d.Options["download"].(bool)
	if o.hour, err = time.Parse(time.RFC3339, text("hour")); err != nil {
		return o, fmt.Errorf("audit entry %d: %w", id, err)
	}
	op, _ := auth.OperatorFrom(c.Request.Context())
	if e.OperatorID != op.ID || e.State != store.AuditOK || s.Now().After(o.until) {
		return o, errOpenAgain
	}
	return o, nil
}

// openAgain leads to where the file can be opened, and says why.
func (s *Server) openAgain(c *gin.Context, app *App, o openedEntry) error {
	ctx := c.Request.Context()
	s.flash(c, flash{Notice: &templates.Notice{Tone: "info", Title: i18n.T(ctx, "files.open_again"), Next: i18n.T(ctx, "files.open_again_next")}})
	return seeOther(c, filesURL(app, o.kind, o.hour))
}

// findFile asks for the file once more: its address changes. It costs one call.
func (o openedEntry) find(ctx context.Context, app *App) (list []imclient.HistoryFile, i int, err error) {
	list, err = app.IM.HistoryFiles.List(ctx, o.kind, o.hour)
	if err != nil {
		return nil, 0, fmt.Errorf("files of app %s: %w", app.Name, err)
	}
	for i := range list {
		if actions.FileID(list, i) == o.file {
			return list, i, nil
		}
	}
	return nil, 0, &imclient.Error{Op: "history_files.list", Vendor: app.IM.Vendor, Kind: imclient.ErrNotFound}
}

// openedFile shows a page of a file. It costs a call for the file's address, fetches the file, unpacks it as far as the page
// reaches, and asks for names in two batches. Nothing of it is kept but the page.
func (s *Server) openedFile(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	o, err := s.openedEntry(c, app)
	if errors.Is(err, errOpenAgain) {
		return s.openAgain(c, app, o)
	}
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	list, i, err := o.find(ctx, app)
	if err != nil {
		return err
	}
	f := list[i]
	//i18n:uses files.opened_title.*
	v := templates.OpenedFileView{
		Back: templates.Link{Text: i18n.T(ctx, "files.title"), URL: filesURL(app, o.kind, o.hour)}, By: o.reason, Until: o.until,
		Title: i18n.T(ctx, "files.opened_title."+string(o.kind), "hour", i18n.When(ctx, o.hour)),
		Entry: templates.Link{Text: i18n.T(ctx, "files.entry"), URL: entryURL(app, o.id)}, File: s.fileRow(c, app, list, i, f),
	}
	v.Download = templates.ButtonView{
		Text: i18n.T(ctx, "files.download"), Icon: "download", Small: true, URL: openedURL(app, o.id, "download"), Attrs: map[string]any{"download": true},
		Why: v.File.Download.Why,
	}
	status := http.StatusOK
	switch {
	case f.PackedSize > maxFileRead:
		v.Empty = &templates.EmptyView{Icon: "file", Title: v.File.Read.Why, Text: i18n.T(ctx, "files.download_instead")}
	case o.download && c.Query("at") == "":
		v.Empty = &templates.EmptyView{Icon: "download", Title: i18n.T(ctx, "files.ready"), Text: i18n.T(ctx, "files.ready_text"), Action: &templates.ButtonView{
			Text: i18n.T(ctx, "files.read_here"), Icon: "eye", URL: openedURL(app, o.id) + "?at=0",
		}}
	default:
		if err := s.readFile(c, app, f, &v); err != nil {
			if wantsPart(c.Request) && !isDamaged(err) {
				return err
			}
			p := fileProblem(ctx, err)
			s.logFailure(c, err, p.status)
			status, v.Failed = p.status, &p.notice
		}
	}
	return render(c, status, templates.OpenedFilePage(s.chrome(c), v), templates.OpenedFile(v))
}

// isDamaged reports whether a file came, and is not what was announced.
func isDamaged(err error) bool { return errors.Is(err, imclient.ErrProtocol) }

// fileProblem says what is wrong with a file.
func fileProblem(ctx context.Context, err error) problem {
	p := explain(ctx, err, false)
	if isDamaged(err) {
		p.status = http.StatusBadGateway
		p.notice.Tone, p.notice.Title, p.notice.Text, p.notice.Next = "bad", i18n.T(ctx, "files.damaged"), i18n.T(ctx, "files.damaged_text"), i18n.T(ctx, "files.damaged_next")
	}
	return p
}

// readFile reads a page of a file. One message more than is shown tells whether there is a next page.
func (s *Server) readFile(c *gin.Context, app *App, f imclient.HistoryFile, v *templates.OpenedFileView) error {
	at, err := strconv.Atoi(c.Query("at"))
	if err != nil || at < 0 || at > maxFiledAt {
		at = 0
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), fileTimeRead)
	defer cancel()
	var page []imclient.FiledMessage
	n := 0
	for m, err := range app.IM.HistoryFiles.Messages(ctx, f) {
		if err != nil {
			return fmt.Errorf("read a file of messages: %w", err)
		}
		if n++; n > at {
			page = append(page, m)
		}
		if len(page) > filePage {
			break
		}
	}
	more := len(page) > filePage
	page = page[:min(len(page), filePage)]
	s.filedRows(c, app, page, at, v)
	v.Pager = filePager(c, at, len(page), more)
	if len(page) == 0 {
		v.Empty = &templates.EmptyView{Icon: "file", Title: i18n.T(ctx, "files.empty")}
		if at > 0 {
			v.Empty.Action = &templates.ButtonView{Text: i18n.T(ctx, "members.first_page"), URL: withQuery(c.Request.URL, "at", "")}
		}
	}
	return nil
}

func filePager(c *gin.Context, at, n int, more bool) templates.PagerView {
	ctx, u := c.Request.Context(), c.Request.URL
	p := templates.PagerView{Label: i18n.T(ctx, "files.pages"), Target: "#opened-file"}
	if at > 0 {
		p.First, p.Prev = withQuery(u, "at", "0"), withQuery(u, "at", strconv.Itoa(max(at-filePage, 0)))
	}
	if more {
		p.Next = withQuery(u, "at", strconv.Itoa(at+n))
	}
	if n > 0 {
		p.Range = i18n.T(ctx, "members.range", "from", i18n.Int(ctx, at+1), "to", i18n.Int(ctx, at+n))
		if !more {
			p.Range = i18n.T(ctx, "members.range_of", "from", i18n.Int(ctx, at+1), "to", i18n.Int(ctx, at+n), "total", i18n.Int(ctx, at+n))
		}
	}
	return p
}

// filedRows draws messages of a file. Names come from one batch of users and one of groups.
func (s *Server) filedRows(c *gin.Context, app *App, list []imclient.FiledMessage, at int, v *templates.OpenedFileView) {
	ctx := c.Request.Context()
	var users, groups []string
	add := func(to *[]string, id string) {
		if id != "" && !slices.Contains(*to, id) {
			*to = append(*to, id)
		}
	}
	for _, m := range list {
		add(&users, m.Message.From)
		add(&users, m.Conversation.Peer)
		add(&groups, m.Conversation.Group)
	}
	p := &people{users: map[string]imclient.User{}, members: map[string]imclient.Member{}}
	groupNames := names{}
	if len(users) > 0 {
		found, _, err := app.IM.Users.GetMany(ctx, users)
		for _, u := range found {
			p.users[u.ID] = u
		}
		v.Nameless = err != nil
	}
	if len(groups) > 0 {
		found, _, err := app.IM.Groups.GetMany(ctx, groups)
		for _, g := range found {
			groupNames[g.ID] = g.Name
		}
		v.Nameless = v.Nameless || err != nil
	}
	d := drawer{s: s, ctx: ctx, app: app, people: p}
	day := ""
	for n, m := range list {
		row := templates.FiledRow{Direct: m.Conversation.Direct(), Message: templates.MessageRow{
			ID: "message-" + strconv.Itoa(at+n+1), Seq: m.Message.Seq, SenderID: m.Message.From, Sender: p.name(m.Message.From), SenderURL: userURL(app, m.Message.From),
			At: m.Message.At, Body: d.body(m.Message.Body, mergedDepth),
		}}
		if row.Direct {
			row.Place = templates.Link{Text: orID(p.name(m.Conversation.Peer), m.Conversation.Peer), URL: userURL(app, m.Conversation.Peer)}
		} else {
			row.Place = templates.Link{Text: groupNames.of(m.Conversation.Group), URL: groupURL(app, m.Conversation.Group, tabMessages) + "?seq=" + url.QueryEscape(m.Message.Seq)}
		}
		if key := dayKey(ctx, m.Message.At); key != "" && key != day {
			row.Day, day = m.Message.At, key
		}
		v.Rows = append(v.Rows, row)
	}
}

// downloadFile sends a file as it is, packed. It was fetched whole and checked before its first byte is sent, and is never in
// memory.
func (s *Server) downloadFile(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	o, err := s.openedEntry(c, app)
	if errors.Is(err, errOpenAgain) {
		return s.openAgain(c, app, o)
	}
	if err != nil {
		return err
	}
	list, i, err := o.find(c.Request.Context(), app)
	if err != nil {
		return err
	}
	f := list[i]
	if f.PackedSize > maxFileSent {
		return badInput{"files.too_large_plain"}
	}
	name := fmt.Sprintf("%s-%s-%s-%d.gz", app.Name, o.kind, o.hour.UTC().Format("20060102T15Z"), i+1)
	if c.Request.Method == http.MethodHead {
		fileHeader(c, name, f)
		c.Writer.WriteHeader(http.StatusOK)
		return nil
	}
	ctx, cancel := unhurried(c.Request.Context(), fileTime)
	defer cancel()
	// A server that cannot give more time sends what it can.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(fileTime + time.Minute))
	w := &fileWriter{c: c, begin: func() { fileHeader(c, name, f) }}
	if err := app.IM.HistoryFiles.Download(ctx, f, w); err != nil {
		if c.Writer.Written() {
			return errGone{err}
		}
		return s.fileFailed(c, app, o, err)
	}
	return nil
}

// fileFailed says that a file cannot be had, on the page that it was to be downloaded from.
func (s *Server) fileFailed(c *gin.Context, app *App, o openedEntry, err error) error {
	ctx := c.Request.Context()
	p := fileProblem(ctx, err)
	s.logFailure(c, err, p.status)
	v := templates.OpenedFileView{
		Back: templates.Link{Text: i18n.T(ctx, "files.title"), URL: filesURL(app, o.kind, o.hour)}, By: o.reason, Until: o.until, Failed: &p.notice,
		Title: i18n.T(ctx, "files.opened_title."+string(o.kind), "hour", i18n.When(ctx, o.hour)), Entry: templates.Link{Text: i18n.T(ctx, "files.entry"), URL: entryURL(app, o.id)},
	}
	v.Download = templates.ButtonView{Text: i18n.T(ctx, "files.download"), Icon: "download", Small: true, URL: openedURL(app, o.id, "download")}
	return render(c, p.status, templates.OpenedFilePage(s.chrome(c), v), templates.OpenedFile(v))
}

func fileHeader(c *gin.Context, name string, f imclient.HistoryFile) {
	h := c.Writer.Header()
	h.Set("Content-Type", "application/gzip")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if f.PackedSize > 0 {
		h.Set("Content-Length", strconv.FormatInt(f.PackedSize, 10))
	}
}

// unhurried is a context with more time than a request has, which ends when whoever asked is gone.
func unhurried(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	long, cancel := context.WithTimeout(context.WithoutCancel(ctx), d)
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	return long, func() { stop(); cancel() }
}

// fileWriter sends a file, its header before its first byte.
type fileWriter struct {
	c     *gin.Context
	begin func()
}

func (w *fileWriter) Write(b []byte) (int, error) {
	if w.begin != nil {
		w.begin()
		w.begin = nil
		w.c.Writer.WriteHeader(http.StatusOK)
	}
	return w.c.Writer.Write(b)
}
