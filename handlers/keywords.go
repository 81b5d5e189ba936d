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

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// keywordRoutes are the pages of the service's own filter.
func (s *Server) keywordRoutes() []route {
	const keywords = "/apps/:app/keywords"
	return append([]route{
		{get, keywords, auth.VerbWords, s.libraries},
		{get, keywords + "/:library", auth.VerbWords, s.words},
	}, slices.Concat(
		s.sheetRoutes(keywords+"/:library/add", addWordsSheet),
		s.sheetRoutes(keywords+"/:library/remove", removeWordsSheet),
	)...)
}

// Sizes of the pages.
const (
	wordsPage    = 50
	librarySeek  = 5 // pages that are looked through for a library
	librariesAll = 100
	maxLibrary   = 200 // bytes of an id in an address
)

func libraryURL(app *App, id string, parts ...string) string {
	return appURL(app, append([]string{"keywords", id}, parts...)...)
}

// libraries lists the libraries. It costs one call.
func (s *Server) libraries(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	v := templates.LibrariesView{}
	status := http.StatusOK
	if key := app.IM.Caps.Why(imclient.VerbKeywords, ""); key != "" {
		v.Empty = &templates.EmptyView{Icon: "filter", Title: i18n.T(ctx, "keywords.not_offered"), Text: i18n.T(ctx, key)}
		return render(c, status, templates.LibrariesPage(s.chrome(c), v), templates.Libraries(v))
	}
	cursor := c.Query("cursor")
	page, err := app.IM.Keywords.Libraries(ctx, cursor, wordsPage)
	if cursor != "" && errors.Is(err, imclient.ErrInvalid) {
		v.Notice = expiredNotice(ctx)
		cursor = ""
		page, err = app.IM.Keywords.Libraries(ctx, "", wordsPage)
	}
	switch {
	case err != nil && wantsPart(c.Request):
		return fmt.Errorf("libraries of app %s: %w", app.Name, err)
	case err != nil:
		p := explain(ctx, err, false)
		s.logFailure(c, err, p.status)
		status, v.Failed, v.RetryURL = p.status, &p.notice, c.Request.URL.RequestURI()
	default:
		for _, l := range page.Items {
			v.Rows = append(v.Rows, libraryRow(ctx, app, l))
		}
		v.Pager = forwardPager(ctx, c.Request.URL, cursor, 0, len(page.Items), page.Next, page.Total, i18n.T(ctx, "keywords.libraries"), "#libraries")
		if len(page.Items) == 0 {
			v.Empty = &templates.EmptyView{Icon: "filter", Title: i18n.T(ctx, "keywords.no_libraries"), Text: i18n.T(ctx, "keywords.no_libraries_text")}
		}
	}
	return render(c, status, templates.LibrariesPage(s.chrome(c), v), templates.Libraries(v))
}

func expiredNotice(ctx context.Context) *templates.Notice {
	return &templates.Notice{Tone: "info", Title: i18n.T(ctx, "members.expired"), Next: i18n.T(ctx, "members.expired_next")}
}

// forwardPager leads to the first and to the next page of a list whose cursors lead forward only; at rows come before it.
func forwardPager(ctx context.Context, u *url.URL, cursor string, at, n int, next string, total int, label, target string) templates.PagerView {
	p := templates.PagerView{Label: label, Target: target}
	if cursor != "" {
		p.First = withQuery(u, "cursor", "", "at", "")
	}
	if next != "" {
		p.Next = withQuery(u, "cursor", next, "at", strconv.Itoa(at+n))
	}
	if n > 0 && (p.First != "" || p.Next != "") {
		from, to := i18n.Int(ctx, at+1), i18n.Int(ctx, at+n)
		p.Range = i18n.T(ctx, "members.range", "from", from, "to", to)
		if total >= at+n {
			p.Range = i18n.T(ctx, "members.range_of", "from", from, "to", to, "total", i18n.Int(ctx, total))
		}
	}
	return p
}

// rowsBefore is how many rows come before a page, as its address says.
func rowsBefore(c *gin.Context) int {
	at, err := strconv.Atoi(c.Query("at"))
	if err != nil || at < 0 || at > maxAt || c.Query("cursor") == "" {
		return 0
	}
	return at
}

// libraryRow says what a library is, and what a word of it does.
func libraryRow(ctx context.Context, app *App, l imclient.KeywordLibrary) templates.LibraryRow {
	r := templates.LibraryRow{ID: l.ID, URL: libraryURL(app, l.ID), Name: l.Name, Text: l.Description, Created: l.Created}
	//i18n:uses keywords.kind.*
	r.Kind = templates.ChipView{Text: i18n.T(ctx, "keywords.kind."+string(l.Kind)), Icon: "globe"}
	if l.Kind != imclient.KeywordsCloud {
		r.Kind.Icon = "phone"
	}
	if strings.TrimSpace(r.Name) == "" {
		//i18n:uses keywords.name.*
		if r.Name = l.ID; i18n.Has(ctx, "keywords.name."+string(l.Kind)) {
			r.Name = i18n.T(ctx, "keywords.name."+string(l.Kind))
		}
	}
	//i18n:uses keywords.hit_of.*
	switch key := "keywords.hit_of." + string(l.Kind) + "." + strings.ToLower(l.Action); {
	case i18n.Has(ctx, key):
		r.Hit = i18n.T(ctx, key)
	case l.Action != "":
		r.Hit = i18n.T(ctx, "keywords.hit_word", "word", l.Action)
	case i18n.Has(ctx, "keywords.hit_of."+string(l.Kind)):
		r.Hit = i18n.T(ctx, "keywords.hit_of."+string(l.Kind))
	default:
		r.Hit = i18n.T(ctx, "keywords.hit_unknown")
	}
	return r
}

// library finds one by its id; ErrNotFound if there is none. It costs a call for each hundred libraries, five at most.
func (s *Server) library(c *gin.Context, app *App) (imclient.KeywordLibrary, error) {
	id := c.Param("library")
	none := &imclient.Error{Op: "keywords.libraries", Vendor: app.IM.Vendor, Kind: imclient.ErrNotFound}
	if key := app.IM.Caps.Why(imclient.VerbKeywords, ""); key != "" {
		return imclient.KeywordLibrary{}, &actions.NotOffered{Key: key}
	}
	if len(id) > maxLibrary {
		return imclient.KeywordLibrary{}, none
	}
	pages := 0
	for page, err := range imclient.Pages(c.Request.Context(), "", func(ctx context.Context, cursor string) (imclient.Page[imclient.KeywordLibrary], error) {
		return app.IM.Keywords.Libraries(ctx, cursor, librariesAll)
	}) {
		if err != nil {
			return imclient.KeywordLibrary{}, fmt.Errorf("libraries of app %s: %w", app.Name, err)
		}
		for _, l := range page.Items {
			if l.ID == id {
				return l, nil
			}
		}
		if pages++; pages == librarySeek {
			break
		}
	}
	return imclient.KeywordLibrary{}, none
}

// words lists a library's words. It costs the calls of library, and one for the page.
func (s *Server) words(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	l, err := s.library(c, app)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	v := s.wordsView(c, app, l)
	status := http.StatusOK
	cursor, at := c.Query("cursor"), rowsBefore(c)
	page, err := app.IM.Keywords.List(ctx, l.ID, v.Find, cursor, wordsPage)
	if cursor != "" && errors.Is(err, imclient.ErrInvalid) {
		v.Notice = expiredNotice(ctx)
		cursor, at = "", 0
		page, err = app.IM.Keywords.List(ctx, l.ID, v.Find, "", wordsPage)
	}
	switch {
	case err != nil && wantsPart(c.Request):
		return fmt.Errorf("words of app %s: %w", app.Name, err)
	case err != nil:
		p := explain(ctx, err, false)
		s.logFailure(c, err, p.status)
		status, v.Failed, v.RetryURL = p.status, &p.notice, c.Request.URL.RequestURI()
	default:
		wordRows(ctx, &v, page.Items)
		v.Pager = forwardPager(ctx, c.Request.URL, cursor, at, len(page.Items), page.Next, page.Total, i18n.T(ctx, "keywords.words"), "#word-list")
		if len(page.Items) == 0 {
			v.Empty = noWords(ctx, c.Request.URL, v.Find, at)
		}
	}
	return render(c, status, templates.WordsPage(s.chrome(c), v), templates.Words(v))
}

func (s *Server) wordsView(c *gin.Context, app *App, l imclient.KeywordLibrary) templates.WordsView {
	ctx := c.Request.Context()
	here := "?back=" + url.QueryEscape(c.Request.URL.RequestURI())
	add := libraryURL(app, l.ID, "add") + here
	v := templates.WordsView{
		Back: templates.Link{Text: i18n.T(ctx, "keywords.title"), URL: appURL(app, "keywords")}, Library: libraryRow(ctx, app, l), URL: libraryURL(app, l.ID),
		Find: clip(strings.TrimSpace(c.Query("q")), maxFind), Swaps: l.Kind == imclient.KeywordsReplace,
		Facts: []string{i18n.T(ctx, "keywords.limits", "n", actions.MaxWords)},
		Add: templates.ButtonView{
			Text: i18n.T(ctx, "keywords.add"), Icon: "plus", Variant: "primary", Small: true, Key: "c", URL: add, Attrs: templates.SheetAttrs(add),
			Why: notOffered(c, app, auth.VerbAddWords, imclient.VerbKeywords, ""),
		},
		Selection: templates.SelectionView{
			ID: peopleForm, Label: i18n.T(ctx, "keywords.selection"), Count: "keywords.selected", Hidden: []string{"back", c.Request.URL.RequestURI()},
			Actions: []templates.ButtonView{{
				Text: i18n.T(ctx, "keywords.remove"), Icon: "trash", Key: "Shift+K", FormAction: libraryURL(app, l.ID, "remove"), Variant: "harm",
				Why: notOffered(c, app, auth.VerbRemoveWords, imclient.VerbKeywords, ""),
			}},
		},
	}
	//i18n:uses keywords.about.*
	if key := "keywords.about." + string(l.Kind); i18n.Has(ctx, key) {
		v.Facts = append([]string{i18n.T(ctx, key)}, v.Facts...)
	}
	return v
}

func wordRows(ctx context.Context, v *templates.WordsView, list []imclient.Keyword) {
	for _, k := range list {
		v.Rows = append(v.Rows, templates.WordRow{
			Text: k.Text, Pattern: k.Pattern, Label: labelText(ctx, k.Label), Becomes: k.Replacement, Created: k.Created,
			Tick: templates.TickView{Form: peopleForm, Name: "word", Value: k.Text, Label: i18n.T(ctx, "keywords.select", "word", k.Text)},
		})
	}
	v.Caption = i18n.N(ctx, "keywords.caption", len(list), "library", v.Library.Name)
}

func noWords(ctx context.Context, u *url.URL, find string, at int) *templates.EmptyView {
	e := &templates.EmptyView{Icon: "filter", Title: i18n.T(ctx, "keywords.empty"), Text: i18n.T(ctx, "keywords.empty_text")}
	switch {
	case at > 0:
		e.Title, e.Text = i18n.T(ctx, "keywords.empty_page"), ""
		e.Action = &templates.ButtonView{Text: i18n.T(ctx, "members.first_page"), URL: withQuery(u, "cursor", "", "at", "")}
	case find != "":
		e.Title, e.Text = i18n.T(ctx, "keywords.none_found", "find", find), ""
		e.Action = &templates.ButtonView{Text: i18n.T(ctx, "keywords.show_all"), URL: withQuery(u, "q", "", "cursor", "", "at", "")}
	}
	return e
}

// wordLabels are what words of the cloud may be about.
//
// Source: Tencent Cloud Chat REST API, add_cloud_audit_keywords (doc 77831), Label.
var wordLabels = []string{"Illegal", "Abuse", "Polity", "Ad", "Porn", "Sexy", "Terror", "Normal", "Composite"}

func labelText(ctx context.Context, label string) string {
	//i18n:uses keywords.label.*
	if key := "keywords.label." + label; label != "" && i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return label
}

func toLibrary(a *appAsking) templates.Link {
	return templates.Link{Text: i18n.T(a.ctx(), "keywords.title"), URL: libraryURL(a.app, a.c.Param("library"))}
}

// What can be done to the words of a library.
var (
	addWordsSheet = appSheet{
		name: "add-words", right: auth.VerbAddWords, needs: imclient.VerbKeywords, back: toLibrary,
		action: func(a *appAsking) actions.Action {
			return actions.AddKeywords{
				Common: a.common(), Library: a.c.Param("library"), Words: a.words("words"), Pattern: a.v.Get("pattern") != "", Label: a.text("label"), Replacement: a.text("replacement"),
			}
		},
		view: (*appAsking).addWordsView,
	}
	removeWordsSheet = appSheet{
		name: "remove-words", right: auth.VerbRemoveWords, needs: imclient.VerbKeywords, back: toLibrary, instant: true,
		action: func(a *appAsking) actions.Action {
			return actions.RemoveKeywords{Common: a.common(), Library: a.c.Param("library"), Words: a.picked()}
		},
		view: (*appAsking).removeWordsView,
	}
)

// picked are the words that are ticked, or typed in.
func (a *appAsking) picked() []string { return append(a.v["word"], a.words("words")...) }

func (a *appAsking) addWordsView(v *templates.AppSheetView) {
	ctx := a.ctx()
	// What a library is for is a courtesy here: package actions asks again.
	l, err := a.s.library(a.c, a.app)
	if err != nil {
		a.s.logFailure(a.c, err, http.StatusOK)
	}
	row := libraryRow(ctx, a.app, l)
	n := len(a.words("words"))
	v.Sheet.Title, v.Sheet.Text = i18n.T(ctx, "keywords.add_title"), i18n.T(ctx, "keywords.add_to", "library", orID(row.Name, a.c.Param("library")))
	if v.Sheet.Submit = i18n.T(ctx, "keywords.add"); n > 0 {
		v.Sheet.Submit = i18n.N(ctx, "keywords.add_submit", n)
	}
	v.Check = i18n.T(ctx, "keywords.check")
	if err == nil {
		v.Facts = append(v.Facts, row.Hit)
	}
	v.Facts = append(v.Facts, i18n.T(ctx, "keywords.limits", "n", actions.MaxWords))
	v.Fields = []templates.AppField{{FieldView: templates.FieldView{
		Name: "words", Label: i18n.T(ctx, "keywords.words"), Hint: i18n.T(ctx, "keywords.words_hint"), Rows: 6, Required: true, Value: lines(a.v.Get("words")),
		Error: a.fault("words"), Attrs: map[string]any{"dir": "auto", "spellcheck": "false", "autofocus": true},
	}}}
	if l.Kind == imclient.KeywordsReplace {
		v.Fields = append(v.Fields, templates.AppField{FieldView: templates.FieldView{
			Name: "replacement", Label: i18n.T(ctx, "keywords.becomes"), Hint: i18n.T(ctx, "keywords.becomes_hint"), Value: a.text("replacement"), Optional: true,
			Error: a.fault("replacement"), Attrs: map[string]any{"dir": "auto"},
		}})
	}
	if l.Kind == imclient.KeywordsReplace || l.Kind == imclient.KeywordsBlock {
		v.Fields = append(v.Fields, templates.AppField{Kind: "check", On: a.v.Get("pattern") != "", FieldView: templates.FieldView{
			Name: "pattern", Label: i18n.T(ctx, "keywords.as_pattern"), Hint: i18n.T(ctx, "keywords.as_pattern_hint"),
		}})
	}
	if l.Kind == imclient.KeywordsCloud {
		options := []templates.Option{{Value: "", Text: i18n.T(ctx, "keywords.no_label")}}
		for _, label := range wordLabels {
			options = append(options, templates.Option{Value: label, Text: labelText(ctx, label)})
		}
		v.Fields = append(v.Fields, templates.AppField{Kind: "select", Options: options, FieldView: templates.FieldView{
			Name: "label", Label: i18n.T(ctx, "keywords.label"), Value: a.text("label"), Error: a.fault("label"),
		}})
	}
	v.Fields = append(v.Fields, a.reason())
}

func (a *appAsking) removeWordsView(v *templates.AppSheetView) {
	ctx := a.ctx()
	n := len(a.v["word"])
	v.Sheet.Title, v.Sheet.Text = i18n.T(ctx, "keywords.remove_title"), i18n.T(ctx, "keywords.remove_text")
	v.Sheet.Submit, v.Sheet.Variant = i18n.T(ctx, "keywords.remove"), "harm-solid"
	if a.preview != nil {
		v.Sheet.Submit = i18n.N(ctx, "keywords.remove_submit", a.preview.Act)
	}
	if n == 0 {
		v.Check = i18n.T(ctx, "keywords.check")
		v.Fields = append(v.Fields, templates.AppField{FieldView: templates.FieldView{
			Name: "words", Label: i18n.T(ctx, "keywords.words"), Hint: i18n.T(ctx, "keywords.words_hint"), Rows: 6, Required: true, Value: lines(a.v.Get("words")),
			Error: a.fault("words"), Attrs: map[string]any{"dir": "auto", "spellcheck": "false"},
		}})
	} else {
		v.Sheet.Danger = true
		for _, w := range a.v["word"][:min(n, actions.MaxWords+1)] {
			v.Sheet.Hidden = append(v.Sheet.Hidden, "word", w)
		}
	}
	v.Fields = append(v.Fields, a.reason())
}
