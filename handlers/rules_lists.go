package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"imdesk/auth"
	"imdesk/moderation"
	"imdesk/rules"
	"imdesk/sheet"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// Sizes of lists on the pages.
const (
	maxListBody  = 12 << 20 // bytes of a form with a list: 100,000 terms of the longest usual kind fit
	editableList = 2000     // terms that are edited in one field; more are changed by adding, removing and files
	changesShown = 50       // terms that a preview names
)

// Kinds of terms in a file of a list.
const (
	termFind  = "find"
	termAllow = "allow"
)

// wordListForm is a list as it is edited.
type wordListForm struct {
	name, title, terms, allow string
	add, remove               string // of a long list
	wrong                     map[string]string
	note                      string
	notice                    *templates.Notice
	preview                   *templates.WordListPreview
	version                   int64
}

func (s *Server) listOf(c *gin.Context) (moderation.List, store.RuleDoc, error) {
	l, d, is := s.Rules.List(c.Param("list"))
	if !is {
		return l, d, fmt.Errorf("list %q: %w", clip(c.Param("list"), 60), store.ErrNotFound)
	}
	return l, d, nil
}

func (s *Server) newWordList(c *gin.Context) error {
	return s.showWordList(c, http.StatusOK, nil, wordListForm{})
}

// wordList shows a list, or, with ?version, an earlier one in the form.
func (s *Server) wordList(c *gin.Context) error {
	ctx := c.Request.Context()
	l, d, err := s.listOf(c)
	if err != nil {
		return err
	}
	f := formOfList(l)
	f.version = d.Version
	if raw := c.Query("version"); raw != "" && raw != strconv.FormatInt(d.Version, 10) {
		n, old, err := s.earlier(ctx, store.DocList, l.Name, raw)
		if err != nil {
			return err
		}
		was, err := moderation.ParsePart([]byte(old.Body))
		if err != nil || len(was.Lists) != 1 {
			return fmt.Errorf("version %d of list %s: %w", n, l.Name, errors.Join(err, store.ErrNotFound))
		}
		f.preview = listPreview(ctx, l, was.Lists[0], true)
		f.preview.Version = strconv.FormatInt(d.Version, 10)
		f.preview.Note = i18n.T(ctx, "rules.version.back", "n", n)
		f.notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "rules.version.shown", "n", n), Next: i18n.T(ctx, "rules.list.shown.next")}
	}
	return s.showWordList(c, http.StatusOK, &l, f)
}

func formOfList(l moderation.List) wordListForm {
	f := wordListForm{name: l.Name, title: l.Title, allow: strings.Join(l.Allow, "\n")}
	if len(l.Terms) <= editableList {
		f.terms = strings.Join(l.Terms, "\n")
	}
	return f
}

// showWordList answers with the page of a list; nil is a new one. It calls no service.
func (s *Server) showWordList(c *gin.Context, status int, l *moderation.List, f wordListForm) error {
	ctx := c.Request.Context()
	field := func(name, value string, rows int) templates.FieldView {
		//i18n:uses rules.list.*
		x := templates.FieldView{Name: name, ID: "f-" + name, Label: i18n.T(ctx, "rules.list."+name), Value: value, Rows: rows, Error: f.wrong[name]}
		if key := "rules.list." + name + ".hint"; i18n.Has(ctx, key) {
			x.Hint = i18n.T(ctx, key)
		}
		if rows > 0 {
			x.Attrs = map[string]any{"dir": "auto", "spellcheck": "false"}
		}
		return x
	}
	v := templates.WordListView{
		Nav: s.settingsNav(c), Title: i18n.T(ctx, "rules.new_list"), URL: rulesURL + "/new-list", Version: strconv.FormatInt(f.version, 10), Notice: f.notice, New: l == nil,
		Preview: f.preview,
	}
	title := field("title", f.title, 0)
	title.MaxLength = 200
	if l == nil {
		name := field("name", f.name, 0)
		name.Required, name.MaxLength = true, moderation.MaxName
		v.Fields = append(v.Fields, name, title, field("terms", f.terms, 10), field("allow", f.allow, 3))
		return render(c, status, templates.WordListPage(s.chrome(c), v), nil)
	}
	v.Title, v.URL = orID(l.Title, l.Name), wordListURL(l.Name)
	_, d, _ := s.Rules.List(l.Name)
	v.Changed = i18n.T(ctx, "rules.version.by", "n", d.Version, "by", d.By, "at", i18n.When(ctx, d.At))
	v.Size = i18n.N(ctx, "rules.list.size", len(l.Terms))
	if len(l.Terms) <= editableList {
		v.Fields = append(v.Fields, title, field("terms", f.terms, 10), field("allow", f.allow, 3))
	} else {
		v.Long = i18n.T(ctx, "rules.list.long", "n", i18n.Int(ctx, len(l.Terms)))
		v.Fields = append(v.Fields, title, field("add", f.add, 4), field("remove", f.remove, 4), field("allow", f.allow, 3))
	}
	v.Fields = append(v.Fields, templates.FieldView{Name: "note_version", ID: "f-note", Label: i18n.T(ctx, "rules.field.note_version"), Value: f.note, Optional: true})
	for _, r := range s.Rules.File().Rules {
		named := false
		r.When.Each(func(cond *moderation.Cond) { named = named || slices.Contains(cond.Lists, l.Name) })
		if named {
			v.Used = append(v.Used, templates.Link{Text: orID(r.Title, r.Name), URL: ruleURL(r.Name)})
		}
	}
	v.Export = templates.ButtonView{Text: i18n.T(ctx, "rules.list.export"), Icon: "download", Small: true, URL: wordListURL(l.Name, "export"), Attrs: map[string]any{"download": ""}}
	v.Delete = templates.ButtonView{Text: i18n.T(ctx, "rules.list.delete"), Icon: "trash", Variant: "harm", Small: true, URL: wordListURL(l.Name, "delete")}
	if len(v.Used) > 0 {
		v.Delete.Why = i18n.T(ctx, "rules.list.used", "name", v.Title)
	}
	v.ImportURL = wordListURL(l.Name, "import")
	versions, err := s.Store.Rules.Versions(ctx, store.DocList, l.Name, ruleVersions)
	if err != nil {
		return err
	}
	v.Versions = versionRows(ctx, versions, d.Version, wordListURL(l.Name))
	return render(c, status, templates.WordListPage(s.chrome(c), v), nil)
}

func readWordList(v url.Values) wordListForm {
	text := func(name string) string { return strings.ReplaceAll(v.Get(name), "\r\n", "\n") }
	f := wordListForm{
		name: strings.TrimSpace(text("name")), title: strings.TrimSpace(text("title")), terms: text("terms"), allow: text("allow"), add: text("add"), remove: text("remove"),
		note: clip(strings.TrimSpace(v.Get("note_version")), 200), wrong: map[string]string{},
	}
	f.version, _ = strconv.ParseInt(v.Get("version"), 10, 64)
	return f
}

func (s *Server) createWordList(c *gin.Context) error {
	v, err := form(c)
	if err != nil {
		return err
	}
	f := readWordList(v)
	return s.putList(c, nil, moderation.List{Name: f.name, Title: f.title, Terms: fieldWords(f.terms, false), Allow: fieldWords(f.allow, false)}, f)
}

func (s *Server) saveWordList(c *gin.Context) error {
	old, _, err := s.listOf(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	f := readWordList(v)
	next := moderation.List{Name: old.Name, Title: f.title, Terms: fieldWords(f.terms, false), Allow: fieldWords(f.allow, false)}
	if !v.Has("terms") { // a long list
		gone := map[string]bool{}
		for _, t := range fieldWords(f.remove, false) {
			gone[t] = true
		}
		next.Terms = slices.DeleteFunc(slices.Clone(old.Terms), func(t string) bool { return gone[t] })
		next.Terms = merged(next.Terms, fieldWords(f.add, false))
	}
	return s.putList(c, &old, next, f)
}

// merged is a list with others that are not in it yet.
func merged(list, more []string) []string {
	known := make(map[string]bool, len(list))
	for _, t := range list {
		known[t] = true
	}
	for _, t := range more {
		if !known[t] {
			known[t], list = true, append(list, t)
		}
	}
	return list
}

// putList stores a list as it was typed; old is nil for a new one.
func (s *Server) putList(c *gin.Context, old *moderation.List, next moderation.List, f wordListForm) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	if !op.Everywhere(auth.VerbRules) {
		return errForbidden
	}
	from := max(f.version, 0)
	if old == nil {
		from = 0
	}
	err := s.recorded(c, ruleEntry(rules.ActPut, next.Name, f.note, map[string]any{"list": true, "terms": len(next.Terms)}), func() error {
		_, err := s.Rules.PutList(ctx, next, from, op.Name, f.note)
		return err
	})
	mistake, wrong := errors.AsType[*moderation.Mistake](err)
	switch {
	case errors.Is(err, rules.ErrChanged) && old == nil:
		f.wrong["name"] = i18n.T(ctx, "rules.wrong.taken")
		return s.showWordList(c, http.StatusConflict, old, f)
	case errors.Is(err, rules.ErrChanged):
		_, d, _ := s.Rules.List(next.Name)
		f.version = d.Version
		f.notice = &templates.Notice{Tone: "warn", Answer: true, Title: i18n.T(ctx, "rules.list.changed_meanwhile", "by", d.By), Changed: i18n.T(ctx, "error.unchanged"), Next: i18n.T(ctx, "rules.changed_next")}
		return s.showWordList(c, http.StatusConflict, old, f)
	case wrong:
		f.notice = &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "rules.list.wrong"), Text: mistake.Text, Changed: i18n.T(ctx, "error.unchanged")}
		return s.showWordList(c, http.StatusUnprocessableEntity, old, f)
	case errors.Is(err, store.ErrInvalid):
		f.notice = &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "rules.list.wrong"), Text: i18n.T(ctx, "rules.list.too_large"), Changed: i18n.T(ctx, "error.unchanged")}
		return s.showWordList(c, http.StatusUnprocessableEntity, old, f)
	case err != nil:
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "rules.list.saved", "name", orID(next.Title, next.Name), "n", i18n.Int(ctx, len(next.Terms)))}, wordListURL(next.Name))
}

// exportWordList hands out a list as CSV: a term, and whether it is looked for or keeps others from counting.
func (s *Server) exportWordList(c *gin.Context) error {
	l, _, err := s.listOf(c)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+l.Name+`.csv"`)
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", "text/csv; charset=utf-8")
	w := sheet.NewCSV(c.Writer)
	err = w.Write([]string{"term", "kind"})
	for kind, terms := range map[string][]string{termFind: l.Terms, termAllow: l.Allow} {
		for _, t := range terms {
			if err == nil {
				err = w.Write([]string{t, kind})
			}
		}
	}
	return errors.Join(err, w.Close())
}

// importWordList shows what a file would change, or changes it.
func (s *Server) importWordList(c *gin.Context) error {
	ctx := c.Request.Context()
	l, d, err := s.listOf(c)
	if err != nil {
		return err
	}
	if op, _ := auth.OperatorFrom(ctx); !op.Everywhere(auth.VerbRules) {
		return errForbidden
	}
	if err := c.Request.ParseMultipartForm(maxListBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return formError(err)
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	f := formOfList(l)
	f.version, f.wrong = d.Version, map[string]string{}
	fail := func(text string) error {
		f.notice = &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "rules.list.no_file"), Text: text, Changed: i18n.T(ctx, "error.unchanged")}
		return s.showWordList(c, http.StatusUnprocessableEntity, &l, f)
	}
	next := moderation.List{Name: l.Name, Title: l.Title}
	replace := v.Get("how") != "add"
	if v.Has("do") { // what was shown is sent again
		next.Terms, next.Allow = fieldWords(v.Get("all_terms"), false), fieldWords(v.Get("all_allow"), false)
		next.Title = l.Title
		f.note = clip(v.Get("note_version"), 200)
		f.version, _ = strconv.ParseInt(v.Get("version"), 10, 64)
		return s.putList(c, &l, next, f)
	}
	file, header, err := c.Request.FormFile("file")
	if err != nil {
		return fail(i18n.T(ctx, "rules.list.choose"))
	}
	defer file.Close()
	got, err := readTerms(file, header.Size)
	if bad, is := errors.AsType[*sheet.Error](err); is {
		return fail(fileText(ctx, bad))
	}
	if err != nil {
		return err
	}
	if len(got.Terms)+len(got.Allow) == 0 {
		return fail(i18n.T(ctx, "rules.list.empty_file"))
	}
	next.Terms, next.Allow = got.Terms, got.Allow
	if !replace {
		next.Terms, next.Allow = merged(slices.Clone(l.Terms), got.Terms), merged(slices.Clone(l.Allow), got.Allow)
	}
	f.preview = listPreview(ctx, l, next, replace)
	f.preview.Version = strconv.FormatInt(d.Version, 10)
	f.preview.Note = clip(header.Filename, 100)
	return s.showWordList(c, http.StatusOK, &l, f)
}

// readTerms reads a file of terms: the first column has the term, the second, if there is one, says "allow" for words that keep terms
// from counting. A head line of "term" is left out.
func readTerms(file io.ReaderAt, size int64) (l moderation.List, err error) {
	limits := sheet.Usual
	limits.Rows = moderation.MaxTerms + 1000
	seen := map[string]bool{}
	for row, err := range sheet.Rows(file, size, limits) {
		if err != nil {
			return l, err
		}
		if len(row.Cells) == 0 {
			continue
		}
		term, kind := strings.TrimSpace(row.Cells[0]), ""
		if len(row.Cells) > 1 {
			kind = strings.ToLower(strings.TrimSpace(row.Cells[1]))
		}
		switch {
		case term == "" || seen[kind+"\n"+term] || row.Line == 1 && strings.EqualFold(term, "term"):
		case kind == termAllow:
			l.Allow = append(l.Allow, term)
		default:
			l.Terms = append(l.Terms, term)
		}
		seen[kind+"\n"+term] = true
	}
	return l, nil
}

// listPreview says what would change.
func listPreview(ctx context.Context, was, is moderation.List, replace bool) *templates.WordListPreview {
	added, removed := difference(is.Terms, was.Terms), difference(was.Terms, is.Terms)
	p := &templates.WordListPreview{
		Added: i18n.N(ctx, "rules.list.added", len(added)), Removed: i18n.N(ctx, "rules.list.removed", len(removed)),
		Stay:      i18n.N(ctx, "rules.list.stay", len(is.Terms)-len(added)),
		AddedList: added[:min(len(added), changesShown)], RemovedList: removed[:min(len(removed), changesShown)],
		Terms: strings.Join(is.Terms, "\n"), Allow: strings.Join(is.Allow, "\n"),
	}
	if n := len(difference(is.Allow, was.Allow)) + len(difference(was.Allow, is.Allow)); n > 0 {
		p.Allowed = i18n.N(ctx, "rules.list.allow_changes", n)
	}
	p.Nothing = len(added)+len(removed) == 0 && p.Allowed == ""
	_ = replace
	return p
}

// difference is what is in a list and not in another.
func difference(list, other []string) (out []string) {
	known := make(map[string]bool, len(other))
	for _, t := range other {
		known[t] = true
	}
	for _, t := range list {
		if !known[t] {
			out = append(out, t)
		}
	}
	return out
}

func (s *Server) deleteWordListPage(c *gin.Context) error {
	l, d, err := s.listOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	return render(c, http.StatusOK, templates.RuleDeletePage(s.chrome(c), templates.RuleDeleteView{
		Nav: s.settingsNav(c), Title: i18n.T(ctx, "rules.list.delete.title", "name", orID(l.Title, l.Name)), Text: i18n.T(ctx, "rules.list.delete.text"),
		URL: wordListURL(l.Name, "delete"), Version: strconv.FormatInt(d.Version, 10), Back: wordListURL(l.Name), Submit: i18n.T(ctx, "rules.list.delete"),
	}), nil)
}

func (s *Server) deleteWordList(c *gin.Context) error {
	l, _, err := s.listOf(c)
	if err != nil {
		return err
	}
	if op, _ := auth.OperatorFrom(c.Request.Context()); !op.Everywhere(auth.VerbRules) {
		return errForbidden
	}
	return s.deleteDoc(c, store.DocList, l.Name, orID(l.Title, l.Name), wordListURL(l.Name))
}

func (s *Server) importRulesPage(c *gin.Context) error {
	return s.showImport(c, http.StatusOK, templates.RuleImportView{})
}

func (s *Server) showImport(c *gin.Context, status int, v templates.RuleImportView) error {
	ctx := c.Request.Context()
	v.Nav, v.URL, v.Back = s.settingsNav(c), rulesURL+"/import", rulesURL
	v.Body.Name, v.Body.Label, v.Body.Hint, v.Body.Rows = "body", i18n.T(ctx, "rules.import.body"), i18n.T(ctx, "rules.import.hint"), 16
	v.Body.Attrs = map[string]any{"spellcheck": "false", "dir": "ltr", "data-mono": true}
	return render(c, status, templates.RuleImportPage(s.chrome(c), v), nil)
}

// importRules shows what rules of a file would change, or takes them up.
func (s *Server) importRules(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	if err := c.Request.ParseMultipartForm(maxListBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return formError(err)
	}
	typed, err := form(c)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(typed.Get("body"), "\r\n", "\n")
	if file, header, err := c.Request.FormFile("file"); err == nil && header.Size > 0 {
		defer file.Close()
		data, err := io.ReadAll(io.LimitReader(file, maxListBody))
		if err != nil {
			return fmt.Errorf("read an upload: %w", err)
		}
		text = strings.ToValidUTF8(string(data), "\uFFFD")
	}
	v := templates.RuleImportView{}
	v.Body.Value = text
	f, err := moderation.ParsePart([]byte(text))
	var changed []store.RuleDoc
	if err == nil {
		changed, err = s.Rules.Changes(f)
		err = moderation.Place([]byte(text), err)
	}
	if mistake, is := errors.AsType[*moderation.Mistake](err); is {
		v.Body.Error = mistake.Error()
		return s.showImport(c, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	if !op.Everywhere(auth.VerbRules) {
		return errForbidden
	}
	if !typed.Has("do") {
		v.Checked = true
		for _, d := range changed {
			//i18n:uses rules.import.new.*
			//i18n:uses rules.import.change.*
			key := "rules.import.change." + d.Kind
			if d.Version == 0 {
				key = "rules.import.new." + d.Kind
			}
			v.Changes = append(v.Changes, i18n.T(ctx, key, "name", d.Name))
		}
		return s.showImport(c, http.StatusOK, v)
	}
	n := 0
	err = s.recorded(c, store.AuditEntry{Action: rules.ActImport}, func() (err error) {
		n, err = s.Rules.Import(ctx, f, op.Name, "")
		return err
	})
	if errors.Is(err, store.ErrConflict) {
		v.Body.Error = i18n.T(ctx, "rules.import.meanwhile")
		return s.showImport(c, http.StatusConflict, v)
	}
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.N(ctx, "rules.import.done", n)}, rulesURL)
}
