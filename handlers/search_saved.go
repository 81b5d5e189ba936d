package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const savedURL = allSearch + "/saved"

// What the audit log calls changes of searches that everybody sees.
const (
	actSearchShare  = "search.share"
	actSearchChange = "search.change"
	actSearchRemove = "search.remove"
)

// mayChange reports whether an operator may change a saved search: their own, and what is shared if they set up the console.
func mayChange(op auth.Operator, v store.SavedSearch) bool {
	return v.OperatorID == op.ID || v.Shared && op.Can(auth.VerbSettings)
}

// savedSearches lists what the operator keeps, and what others share.
func (s *Server) savedSearches(c *gin.Context, v *templates.SearchPageView) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	list, err := s.Store.Searches.List(ctx, op.ID)
	if err != nil {
		return err
	}
	for _, f := range list {
		link := templates.SavedLink{Name: f.Name, Query: f.Query, URL: searchPath(f.Query), Shared: f.Shared, Current: f.Query == v.Query}
		if f.OperatorID != op.ID {
			link.By = f.Operator
		}
		if mayChange(op, f) {
			link.EditURL = savedURL + "/" + strconv.FormatInt(f.ID, 10)
		}
		v.Saved = append(v.Saved, link)
	}
	return nil
}

// saveForm offers to keep what was looked for.
func (s *Server) saveForm(c *gin.Context, v *templates.SearchPageView, typed string) {
	op, _ := auth.OperatorFrom(c.Request.Context())
	if v.Scope != nil { // it says by itself where it looks
		typed += " app:" + quoted(c.Query("app")) + " in:" + quoted(c.Query("in"))
	}
	if slices.ContainsFunc(v.Saved, func(l templates.SavedLink) bool { return l.By == "" && l.Query == typed }) {
		return
	}
	v.Save = &templates.SaveSearchForm{Action: savedURL, Query: typed, CanShare: op.Can(auth.VerbShareSearch)}
}

// typedSearch reads the form of a saved search, and says what is wrong with it.
func (s *Server) typedSearch(c *gin.Context, old store.SavedSearch) (f store.SavedSearch, bad string, err error) {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return f, "", err
	}
	op, _ := auth.OperatorFrom(ctx)
	f = old
	f.Name, f.Query, f.Changed = strings.TrimSpace(v.Get("name")), strings.TrimSpace(v.Get("q")), s.Now()
	f.Shared = v.Get("shared") == "1"
	if f.Shared && !old.Shared && !op.Can(auth.VerbShareSearch) {
		return f, i18n.T(ctx, "search.saved.not_shared"), nil
	}
	q, err := parseSearch(f.Query, i18n.From(ctx).Zone)
	if wrong, is := errors.AsType[badSearch](err); is {
		return f, i18n.T(ctx, wrong.key, "part", wrong.part), nil
	}
	if err == nil && (q.empty || f.Name == "") {
		return f, i18n.T(ctx, "search.saved.empty"), nil
	}
	return f, "", err
}

// keepSearch does what changes searches; those that others see have it in the audit log.
func (s *Server) keepSearch(c *gin.Context, action string, f store.SavedSearch, seen bool, do func() error) error {
	if !seen {
		return do()
	}
	detail, err := json.Marshal(map[string]string{"name": f.Name, "query": f.Query})
	if err != nil {
		return fmt.Errorf("write down a search: %w", err)
	}
	return s.recorded(c, store.AuditEntry{Action: action, Detail: detail}, do)
}

func (s *Server) saveSearch(c *gin.Context) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	f, bad, err := s.typedSearch(c, store.SavedSearch{OperatorID: op.ID})
	if err != nil {
		return err
	}
	if bad == "" {
		err = s.keepSearch(c, actSearchShare, f, f.Shared, func() (err error) {
			f, err = s.Store.Searches.Add(ctx, f)
			return err
		})
		bad = savedProblem(c, err)
	}
	switch {
	case bad != "":
		return s.renderSaved(c, http.StatusUnprocessableEntity, f, bad)
	case err != nil:
		return fmt.Errorf("save a search: %w", err)
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "search.saved.done", "name", f.Name)}, searchPath(f.Query))
}

// savedProblem says why a search is not kept as it is; "" if that is not because of what was typed.
func savedProblem(c *gin.Context, err error) string {
	ctx := c.Request.Context()
	switch {
	case errors.Is(err, store.ErrConflict):
		return i18n.T(ctx, "search.saved.taken")
	case errors.Is(err, store.ErrInvalid):
		return i18n.T(ctx, "search.saved.many", "own", store.MaxSearches, "shared", store.MaxSharedSearches, "name", store.MaxSearchName)
	}
	return ""
}

// savedOf is the search that the address names, if the operator may change it.
func (s *Server) savedOf(c *gin.Context) (store.SavedSearch, error) {
	op, _ := auth.OperatorFrom(c.Request.Context())
	id, err := strconv.ParseInt(c.Param("search"), 10, 64)
	if err != nil {
		return store.SavedSearch{}, store.ErrNotFound
	}
	f, err := s.Store.Searches.Get(c.Request.Context(), op.ID, id)
	if err == nil && !mayChange(op, f) {
		err = store.ErrNotFound
	}
	return f, err
}

func (s *Server) savedSearch(c *gin.Context) error {
	f, err := s.savedOf(c)
	if err != nil {
		return err
	}
	return s.renderSaved(c, http.StatusOK, f, "")
}

func (s *Server) renderSaved(c *gin.Context, status int, f store.SavedSearch, bad string) error {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	v := templates.SavedSearchView{
		Action: savedURL, BackURL: searchPath(f.Query), Shared: f.Shared, CanShare: f.Shared || op.Can(auth.VerbShareSearch), Bad: bad,
		Name:  templates.FieldView{Name: "name", Label: i18n.T(ctx, "search.saved.name"), Value: f.Name, Required: true, MaxLength: store.MaxSearchName},
		Query: templates.FieldView{Name: "q", Label: i18n.T(ctx, "search.saved.query"), Value: f.Query, Required: true, MaxLength: store.MaxSearchQuery, Attrs: map[string]any{"spellcheck": "false"}},
	}
	if f.ID != 0 {
		v.Action = savedURL + "/" + strconv.FormatInt(f.ID, 10)
		v.RemoveURL = v.Action + "/remove"
	}
	return render(c, status, templates.SavedSearchPage(s.chrome(c), v), nil)
}

func (s *Server) changeSearch(c *gin.Context) error {
	ctx := c.Request.Context()
	old, err := s.savedOf(c)
	if err != nil {
		return err
	}
	f, bad, err := s.typedSearch(c, old)
	if err != nil {
		return err
	}
	if bad == "" {
		err = s.keepSearch(c, actSearchChange, f, f.Shared || old.Shared, func() error { return s.Store.Searches.Change(ctx, f) })
		bad = savedProblem(c, err)
	}
	switch {
	case bad != "":
		return s.renderSaved(c, http.StatusUnprocessableEntity, f, bad)
	case err != nil:
		return fmt.Errorf("change a saved search: %w", err)
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "search.saved.done", "name", f.Name)}, searchPath(f.Query))
}

func (s *Server) removeSearch(c *gin.Context) error {
	ctx := c.Request.Context()
	f, err := s.savedOf(c)
	if err != nil {
		return err
	}
	if err := s.keepSearch(c, actSearchRemove, f, f.Shared, func() error { return s.Store.Searches.Remove(ctx, f.ID) }); err != nil {
		return fmt.Errorf("remove a saved search: %w", err)
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "search.saved.removed", "name", f.Name)}, allSearch)
}
