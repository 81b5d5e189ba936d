package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// maxImport bounds what is typed or uploaded, in bytes: MaxTargets lines with the longest of names fit.
const maxImport = 600 << 10

// importedShown is how many users a preview lists.
const importedShown = 50

// importPage asks who is to be imported, and shows what came of it: ?done names the entry of the audit log. It costs no
// call.
func (s *Server) importPage(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	i := &importing{s: s, c: c, app: app, text: clip(c.Query("ids"), maxFind*checkedIDs)}
	if c.Query("done") != "" {
		if i.result, err = s.imported(c, app); err != nil {
			return err
		}
	}
	return i.render(http.StatusOK)
}

// imported is the result of an import that was done before.
func (s *Server) imported(c *gin.Context, app *App) (*actions.Result, error) {
	id, err := strconv.ParseInt(c.Query("done"), 10, 64)
	if err != nil {
		return nil, store.ErrNotFound
	}
	e, err := s.Store.Audit.Get(c.Request.Context(), id)
	if err != nil {
		return nil, err
	}
	if e.App != app.Name || e.Action != string(actions.VerbImportUsers) {
		return nil, store.ErrNotFound
	}
	r, err := s.Actions.FromEntry(app.Target(), e)
	return &r, err
}

// importUsers shows what an import would do, or does it.
func (s *Server) importUsers(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, file, err := uploadForm(c)
	if err != nil {
		return err
	}
	i := &importing{s: s, c: c, app: app, text: lines(v.Get("text")), reason: strings.TrimSpace(lines(v.Get("reason"))), key: v.Get("key")}
	if len(file) > 0 {
		i.text = lines(string(bytes.TrimPrefix(file, []byte("\uFEFF"))))
	}
	if !i.read() {
		return i.render(http.StatusUnprocessableEntity)
	}
	if v.Has("preview") || len(file) > 0 {
		if err := i.look(); err != nil {
			return err
		}
		return i.render(http.StatusOK)
	}
	r, err := s.Actions.Do(c.Request.Context(), s.actor(c), app.Target(), i.action())
	_, reused := errors.AsType[*actions.KeyReused](err)
	switch {
	case err == nil:
		t := s.resultToast(c.Request.Context(), app, r, names{})
		s.flash(c, flash{Toast: &t})
		return seeOther(c, importURL(app)+"?done="+strconv.FormatInt(r.ID, 10))
	case isInvalid(err):
		i.invalid = err
		return i.render(http.StatusUnprocessableEntity)
	case reused:
		p := explain(c.Request.Context(), err, true)
		i.notice, i.key = &p.notice, ""
		return i.render(http.StatusUnprocessableEntity)
	}
	if _, service := errors.AsType[*imclient.Error](err); !service {
		return err
	}
	p := explain(c.Request.Context(), err, true) // nothing typed is lost
	s.logFailure(c, err, p.status)
	i.notice = &p.notice
	return i.render(p.status)
}

func importURL(app *App) string { return appURL(app, "user-import") }

// uploadForm reads a form with or without a file. A file over maxImport is refused.
func uploadForm(c *gin.Context) (url.Values, []byte, error) {
	if !strings.HasPrefix(c.ContentType(), "multipart/") {
		v, err := form(c)
		return v, nil, err
	}
	if err := c.Request.ParseMultipartForm(maxBody); err != nil {
		return nil, nil, formError(err)
	}
	v := c.Request.PostForm
	f, _, err := c.Request.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return v, nil, nil
	}
	if err != nil {
		return nil, nil, formError(err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxImport+1))
	return v, b, errors.Join(err, f.Close())
}

// importing is the form on its way.
type importing struct {
	s      *Server
	c      *gin.Context
	app    *App
	text   string
	reason string
	key    string

	users   []imclient.NewUser
	wrong   []string // what is wrong with the text, line by line
	invalid error
	notice  *templates.Notice
	preview *actions.Preview
	blind   *templates.Notice
	result  *actions.Result
}

func (i *importing) ctx() context.Context { return i.c.Request.Context() }

func (i *importing) action() actions.Action {
	return actions.ImportUsers{Common: actions.Common{Reason: i.reason, Key: i.key}, Users: i.users}
}

// maxWrong is how many wrong lines are named.
const maxWrong = 10

// read takes the text apart, and reports whether all of it makes sense.
func (i *importing) read() bool {
	ctx := i.ctx()
	users, wrong := readImport(i.text, i.app.IM.Caps.Limits)
	i.users = users
	for _, w := range wrong[:min(len(wrong), maxWrong)] {
		//i18n:uses users.import.wrong.*
		i.wrong = append(i.wrong, i18n.T(ctx, "users.import.wrong."+w.what, "line", w.line, "id", w.id))
	}
	if rest := len(wrong) - maxWrong; rest > 0 {
		i.wrong = append(i.wrong, i18n.N(ctx, "members.preview.more", rest))
	}
	switch {
	case len(i.wrong) > 0:
	case len(users) == 0:
		i.wrong = []string{i18n.T(ctx, "action.invalid.nobody")}
	case len(users) > actions.MaxTargets:
		i.wrong = []string{i18n.T(ctx, "action.invalid.too_many", "n", len(users), "limit", actions.MaxTargets)}
	}
	return len(i.wrong) == 0
}

// wrongLine is a line that cannot be imported. what names the text that says why.
type wrongLine struct {
	line int // from 1
	id   string
	what string
}

// readImport reads one user a line: id, nickname and address of a picture, with commas, semicolons or tabs between them, and
// quotes around what holds these. A first line of names of columns is left out.
func readImport(text string, limits imclient.Limits) (users []imclient.NewUser, wrong []wrongLine) {
	if len(text) > maxImport {
		return nil, []wrongLine{{what: "size"}}
	}
	if !utf8.ValidString(text) {
		return nil, []wrongLine{{what: "encoding"}}
	}
	seen := map[string]bool{}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = separator(text), -1, true, true
	for {
		row, err := r.Read()
		if err == io.EOF {
			return users, wrong
		}
		if err != nil {
			var bad *csv.ParseError
			errors.As(err, &bad)
			return users, append(wrong, wrongLine{line: bad.StartLine, what: "quotes"})
		}
		line, _ := r.FieldPos(0)
		u := imclient.NewUser{ID: strings.TrimSpace(row[0])}
		for n, to := range []*string{&u.Nick, &u.AvatarURL} {
			if n+1 < len(row) {
				*to = strings.TrimSpace(row[n+1])
			}
		}
		switch what := wrongUser(u, len(row), limits); {
		case len(users) == 0 && len(wrong) == 0 && isHeading(u.ID):
		case u.ID == "" && len(row) == 1:
		case what != "":
			wrong = append(wrong, wrongLine{line, u.ID, what})
		case seen[u.ID]:
			wrong = append(wrong, wrongLine{line, u.ID, "twice"})
		default:
			seen[u.ID] = true
			users = append(users, u)
		}
	}
}

// separator is what stands between the fields of the first line.
func separator(text string) rune {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	for _, r := range "\t;" {
		if strings.ContainsRune(first, r) && !strings.Contains(first, ",") {
			return r
		}
	}
	return ','
}

func isHeading(id string) bool {
	return slices.Contains([]string{"id", "userid", "user_id", "user id", "用户id", "用户 id"}, strings.ToLower(id))
}

// wrongUser names what is wrong with a line; "" if nothing is.
func wrongUser(u imclient.NewUser, fields int, limits imclient.Limits) string {
	control := func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) }
	switch {
	case fields > 3:
		return "fields"
	case u.ID == "" || control(u.ID):
		return "id"
	case limits.UserID > 0 && len(u.ID) > limits.UserID:
		return "long"
	case limits.Nick > 0 && len(u.Nick) > limits.Nick || control(u.Nick):
		return "nick"
	case u.AvatarURL != "" && !strings.HasPrefix(u.AvatarURL, "https://") && !strings.HasPrefix(u.AvatarURL, "http://") || len(u.AvatarURL) > 500:
		return "avatar"
	}
	return ""
}

// look finds out what would happen.
func (i *importing) look() error {
	p, err := i.s.Actions.Preview(i.ctx(), i.s.actor(i.c), i.app.Target(), i.action())
	if _, offered := errors.AsType[*actions.NotOffered](err); offered {
		return err
	}
	switch {
	case isInvalid(err):
		i.invalid = err
	case err != nil:
		i.s.logFailure(i.c, err, http.StatusOK)
		e := explain(i.ctx(), err, false)
		i.blind = &templates.Notice{Title: e.notice.Title, Next: i18n.T(i.ctx(), "users.sheet.blind"), Code: e.notice.Code}
	default:
		i.preview = &p
	}
	return nil
}

func (i *importing) render(status int) error {
	v := i.view()
	return render(i.c, status, templates.UserImportPage(i.s.chrome(i.c), v), nil)
}

func (i *importing) view() templates.UserImportView {
	ctx := i.ctx()
	key := i.key
	if key == "" {
		key = rand.Text()
	}
	v := templates.UserImportView{
		Action: importURL(i.app), BackURL: appURL(i.app, "users"), Hidden: []string{"key", key}, Notice: i.notice, Blind: i.blind,
		Why: notOffered(i.c, i.app, auth.VerbImportUsers, imclient.VerbImportUsers, ""), Submit: i18n.T(ctx, "users.import.submit"),
		Text: templates.FieldView{
			Name: "text", Label: i18n.T(ctx, "users.import.text"), Value: i.text, Rows: 8, Error: strings.Join(i.wrong, " "),
			Hint: i18n.T(ctx, "users.import.hint", "limit", actions.MaxTargets), Placeholder: "u_1000002, Ann, https://…",
			Attrs: map[string]any{"spellcheck": "false", "dir": "auto"},
		},
		File: templates.FieldView{
			Name: "file", Label: i18n.T(ctx, "users.import.file"), Type: "file", Optional: true,
			Hint: i18n.T(ctx, "users.import.file_hint", "size", i18n.Bytes(ctx, maxImport)), Attrs: map[string]any{"accept": ".csv,.txt,.tsv,text/csv,text/plain"},
		},
		Reason: reasonField(ctx, actions.VerbImportUsers, i.reason, i.invalid),
	}
	if n := badField(ctx, i.invalid, "reason"); n != nil && v.Notice == nil {
		v.Notice = n
	}
	if p := i.preview; p != nil {
		v.Lines = effects(ctx, actions.Preview{Verb: p.Verb, Items: p.Items[:min(len(p.Items), importedShown)]}, i.names())
		if rest := len(p.Items) - importedShown; rest > 0 {
			v.More = append(v.More, i18n.N(ctx, "members.preview.more", rest))
		}
		if p.Skipped > 0 {
			v.More = append(v.More, i18n.N(ctx, "members.preview.skipped", p.Skipped))
		}
		v.Submit = i18n.N(ctx, "users.import.submit_n", p.Act)
		if p.Act == 0 {
			v.Why = orID(v.Why, i18n.T(ctx, "users.import.nobody"))
		}
		v.Looked = true
	}
	if i.result != nil {
		i.results(&v)
	}
	return v
}

// names are those that the accounts are to have.
func (i *importing) names() names {
	n := names{}
	for _, u := range i.users {
		if u.Nick != "" {
			n[u.ID] = fmt.Sprintf("%s (%s)", u.Nick, u.ID)
		}
	}
	return n
}

// results are what came of each, those that failed first.
func (i *importing) results(v *templates.UserImportView) {
	ctx := i.ctx()
	r := *i.result
	v.EntryURL = entryURL(i.app, r.ID)
	done, skipped := r.Count(actions.StateApplied), r.Count(actions.StateSkipped)
	v.Summary = i18n.T(ctx, "users.import.summary", "done", done, "skipped", skipped, "failed", len(r.Items)-done-skipped)
	var again []string
	list := auditList{s: i.s, c: i.c, app: i.app}
	for _, item := range r.Items {
		row := list.itemRow(ctx, i.app, r, item, auditNames{users: map[string]names{}})
		switch item.State {
		case actions.StateApplied, actions.StateSkipped:
			v.Results = append(v.Results, row)
		default:
			v.Failed = append(v.Failed, row)
			again = append(again, item.ID)
		}
	}
	if len(again) > 0 && len(again) <= checkedIDs {
		v.AgainURL = importURL(i.app) + "?ids=" + url.QueryEscape(strings.Join(again, "\n"))
	}
}
