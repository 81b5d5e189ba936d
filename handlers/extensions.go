package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// pairForm is one key of a message as a form sends it.
type pairForm struct {
	key, value string
	was        string // the value that was shown
	version    string // of that value
	remove     bool
	theirs     bool // somebody else changed it meanwhile, and it is to stay so
	added      bool // the row for a new key
}

// readPairs reads the table of a sheet, row by row. A row that lacks a part makes no sense.
func readPairs(v url.Values) ([]pairForm, error) {
	keys, values, was, versions := v["ext"], v["value"], v["was"], v["version"]
	if len(keys) != len(values) || len(keys) != len(was) || len(keys) != len(versions) {
		return nil, badInput{"chat.wrong.table"}
	}
	list := make([]pairForm, 0, len(keys))
	for n, key := range keys {
		list = append(list, pairForm{
			key: key, value: lines(values[n]), was: lines(was[n]), version: versions[n],
			remove: slices.Contains(v["remove"], key), theirs: v.Get("take:"+key) == "theirs",
		})
	}
	if key, value := strings.TrimSpace(v.Get("new_key")), lines(v.Get("new_value")); key != "" || value != "" {
		list = append(list, pairForm{key: key, value: value, added: true})
	}
	return list, nil
}

// changes is what a form asks for: rows that were changed, rows to be removed, and the row to be added.
func changes(list []pairForm) (set, remove []imclient.Extension) {
	for _, p := range list {
		e := imclient.Extension{Key: p.key, Value: p.value, Version: p.version}
		switch {
		case p.theirs:
		case p.remove:
			remove = append(remove, e)
		case p.value != p.was || p.added:
			set = append(set, e)
		}
	}
	return set, remove
}

// extensionsSheet shows what an app keeps with a message. It costs two calls, and one or two for who said it.
func (s *Server) extensionsSheet(c *gin.Context) error {
	p, ok, err := s.chatSheet(c)
	if !ok {
		return err
	}
	ref, err := oneMessage(c.QueryArray("m"))
	if err != nil {
		return err
	}
	return s.drawExtensions(c, http.StatusOK, p, ref, extensionForm{})
}

// extensionForm is what comes back in a sheet that was sent before.
type extensionForm struct {
	typed     url.Values
	list      []pairForm
	conflicts []string // keys that somebody else has changed meanwhile
	refused   error
	result    *actions.Result
}

// row is what was typed in a row.
func (f extensionForm) row(key string) (pairForm, bool) {
	for _, p := range f.list {
		if p.key == key {
			return p, true
		}
	}
	return pairForm{}, false
}

func (s *Server) drawExtensions(c *gin.Context, status int, p chat, ref messageRef, f extensionForm) error {
	ctx := c.Request.Context()
	if key := p.app.IM.Caps.Why(p.needs(imclient.VerbExtensions, imclient.VerbDirectExtensions), p.group.Type); key != "" {
		return &actions.NotOffered{Key: key}
	}
	m, err := s.readMessage(ctx, p, ref)
	if err != nil {
		return err
	}
	people := s.people(ctx, p.app, p.group, []string{m.From})
	v := templates.ExtensionSheetView{GroupSheetView: templates.GroupSheetView{
		Sheet: templates.SheetView{
			ID: "ask-extensions", Title: i18n.T(ctx, "chat.extensions.title"), Text: i18n.T(ctx, "chat.extensions.text"),
			Submit: i18n.T(ctx, "chat.extensions.submit"), Foot: i18n.T(ctx, "messages.can_undo"), Hidden: []string{"m", ref.String(), "key", formKey(f.typed)},
			Notice: badField(ctx, f.refused, "key", "value", "reason"),
		},
		Message: s.drawn(c, p, m, people), MessageTitle: i18n.T(ctx, "chat.message"),
	}}
	now, err := p.app.IM.Extensions.List(imclient.Fresh(ctx), p.conversation(), ref.id)
	if errors.Is(err, imclient.ErrUnsupported) {
		v.Sheet.Submit = ""
		v.Sheet.Notice = &templates.Notice{Tone: "info", Title: i18n.T(ctx, "chat.extensions.none"), Next: i18n.T(ctx, "chat.extensions.none_next")}
		return s.extensionSheet(c, status, p, v)
	}
	if err != nil {
		return fmt.Errorf("extensions of a message: %w", err)
	}
	slices.SortStableFunc(now, func(a, b imclient.Extension) int { return strings.Compare(a.Key, b.Key) })
	s.extensionRows(ctx, &v, now, f)
	limits := p.app.IM.Caps.Limits
	v.NewKey = templates.FieldView{
		Name: "new_key", ID: "ext-new-key", Label: i18n.T(ctx, "chat.extensions.new_key"), Value: f.typed.Get("new_key"),
		Hint: i18n.T(ctx, "chat.bytes", "limit", i18n.Int(ctx, limits.ExtensionKey)), Error: invalidText(ctx, f.refused, "key"),
	}
	v.NewValue = templates.FieldView{
		Name: "new_value", ID: "ext-new-value", Label: i18n.T(ctx, "chat.extensions.new_value"), Value: f.typed.Get("new_value"),
		Hint: i18n.T(ctx, "chat.bytes", "limit", i18n.Int(ctx, limits.ExtensionValue)), Error: invalidText(ctx, f.refused, "value"), Attrs: map[string]any{"dir": "auto"},
	}
	v.Fields = []templates.FieldView{reasonField(ctx, actions.VerbExtensions, f.typed.Get("reason"), f.refused)}
	v.Fields[0].ID = "ext-reason"
	if len(now) > 0 {
		v.Clear = &templates.Option{Text: i18n.N(ctx, "chat.extensions.clear", len(now)), Hint: i18n.T(ctx, "chat.extensions.clear_hint")}
	}
	if f.result != nil && v.Sheet.Notice == nil {
		v.Sheet.Notice = conflictNotice(ctx, *f.result, len(f.conflicts))
	}
	return s.extensionSheet(c, status, p, v)
}

// extensionRows are the keys as they are now, with what was typed where it is still to be decided.
func (s *Server) extensionRows(ctx context.Context, v *templates.ExtensionSheetView, now []imclient.Extension, f extensionForm) {
	seen := map[string]bool{}
	for _, e := range now {
		seen[e.Key] = true
		row := templates.ExtensionRow{Key: e.Key, Value: e.Value, Was: e.Value, Version: e.Version}
		typed, was := f.row(e.Key)
		switch {
		case was && slices.Contains(f.conflicts, e.Key):
			row.Conflict, row.Theirs, row.Value, row.Remove = true, e.Value, typed.value, typed.remove
		case was && f.refused != nil && !typed.added:
			row.Value, row.Was, row.Version, row.Remove = typed.value, typed.was, typed.version, typed.remove
		}
		v.Rows = append(v.Rows, row)
	}
	for _, key := range f.conflicts {
		if typed, was := f.row(key); was && !seen[key] {
			v.Rows = append(v.Rows, templates.ExtensionRow{Key: key, Value: typed.value, Conflict: true, Gone: true})
		}
	}
}

// conflictNotice says what was done of a form of which something is left to be decided.
func conflictNotice(ctx context.Context, r actions.Result, conflicts int) *templates.Notice {
	n := &templates.Notice{
		Tone: "warn", Answer: true, Title: i18n.N(ctx, "chat.extensions.conflict", conflicts), Next: i18n.T(ctx, "chat.extensions.conflict_next"),
	}
	if done := r.Count(actions.StateApplied); done > 0 {
		n.Text = i18n.N(ctx, "chat.extensions.saved", done)
	} else {
		n.Changed = i18n.T(ctx, "error.unchanged")
	}
	return n
}

func (s *Server) extensionSheet(c *gin.Context, status int, p chat, v templates.ExtensionSheetView) error {
	back := s.finishSheet(c, p, &v.GroupSheetView)
	return render(c, status, templates.ExtensionSheetPage(s.chrome(c), v, back), templates.ExtensionSheet(v))
}

// conflicted are the keys that were left alone because somebody else had changed them.
func conflicted(r actions.Result) []string {
	var keys []string
	for _, i := range r.Items {
		if i.Skip == actions.SkipConflict || i.State == actions.StateRefused && i.Reason == "action.refused.conflict" {
			keys = append(keys, i.ID)
		}
	}
	return keys
}

// setExtensions changes what is kept with a message. Where somebody else was faster, the sheet comes back with both values.
func (s *Server) setExtensions(c *gin.Context) error {
	p, err := s.chatOf(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ref, err := oneMessage(v["m"])
	if err != nil {
		return err
	}
	f := extensionForm{typed: v}
	if f.list, err = readPairs(v); err != nil {
		return err
	}
	a := actions.SetExtensions{
		Common: actions.Common{Reason: strings.TrimSpace(v.Get("reason")), Key: v.Get("key")}, Where: p.where(), Message: ref.id,
	}
	if a.Clear = v.Has("clear"); !a.Clear {
		a.Set, a.Remove = changes(f.list)
	}
	ctx := c.Request.Context()
	r, err := s.Actions.Do(ctx, s.actor(c), p.app.Target(), a)
	if isInvalid(err) {
		f.refused = err
		return s.drawExtensions(c, http.StatusUnprocessableEntity, p, ref, f)
	}
	if err != nil {
		return err
	}
	if f.conflicts = conflicted(r); len(f.conflicts) > 0 {
		f.result = &r
		f.typed = url.Values{"reason": v["reason"]} // with a key of its own: what is sent next is another form
		return s.drawExtensions(c, http.StatusUnprocessableEntity, p, ref, f)
	}
	return s.chatDone(c, p, r)
}
