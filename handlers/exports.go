package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"imdesk/auth"
	"imdesk/exports"
	"imdesk/imclient"
	"imdesk/sheet"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

func (s *Server) exportRoutes() []route {
	return []route{{post, "/apps/:app/export", auth.VerbExport, s.exportList}}
}

// exportNow is how many rows a browser gets at once. A longer list becomes a job: a request would not live to see its end.
const exportNow = 2000

// actListExport is recorded for whoever takes a list out of the console.
const actListExport = "list.export"

// exportNeeds is what the service has to offer for a list.
var exportNeeds = map[exports.Kind]imclient.Verb{
	exports.Members: imclient.VerbListMembers, exports.Muted: imclient.VerbMutedList, exports.Bans: imclient.VerbBan,
	exports.Messages: imclient.VerbHistory, exports.Contacts: imclient.VerbContacts,
}

// readList reads which list a form asks for.
func readList(v url.Values) (exports.List, error) {
	l := exports.List{
		Kind: exports.Kind(v.Get("list")), Group: v.Get("group"), User: v.Get("user"), Role: imclient.Role(v.Get("role")),
		Type: imclient.GroupType(v.Get("type")), From: clip(v.Get("from"), maxCursor),
	}
	if !slices.Contains(exports.Kinds(), l.Kind) {
		return l, badInput{"export.wrong.list"}
	}
	return l, nil
}

// exportList sends a list as a file. One of more than exportNow rows becomes a job, whose page has the file.
func (s *Server) exportList(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	l, err := readList(v)
	if err != nil {
		return err
	}
	format := sheet.Format(v.Get("format"))
	if !slices.Contains(sheet.Formats(), format) {
		return badInput{"export.wrong.format"}
	}
	ctx := c.Request.Context()
	if l.Group != "" {
		g, err := app.IM.Groups.Get(ctx, homeOf(app, l.Group))
		if err != nil {
			return fmt.Errorf("group of app %s: %w", app.Name, err)
		}
		l.Type = g.Type
		if key := app.IM.Caps.Why(exportNeeds[l.Kind], g.Type); key != "" {
			return badInput{key}
		}
	}
	rows, whole, err := firstRows(ctx, app, l)
	if err != nil {
		return err
	}
	if !whole {
		return s.exportAsJob(c, app, l)
	}
	return s.sendRows(c, app, l, format, rows)
}

// firstRows reads up to exportNow rows; whole reports whether these are all.
func firstRows(ctx context.Context, app *App, l exports.List) (rows [][]string, whole bool, err error) {
	ctx = imclient.WithPriority(ctx, imclient.PriorityJob)
	zone := i18n.From(ctx).Zone
	for cursor := ""; ; {
		page, next, err := l.Page(ctx, app.IM, zone, cursor)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, page...)
		if len(rows) > exportNow {
			return nil, false, nil
		}
		if next == "" {
			return rows, true, nil
		}
		cursor = next
	}
}

// sendRows records that a list is taken out, and sends it.
func (s *Server) sendRows(c *gin.Context, app *App, l exports.List, format sheet.Format, rows [][]string) error {
	ctx := c.Request.Context()
	detail, err := json.Marshal(map[string]any{"options": map[string]any{"list": l.Kind, "format": format, "rows": len(rows), "user": l.User}})
	if err != nil {
		return fmt.Errorf("export a list: %w", err)
	}
	entry := store.AuditEntry{App: app.Name, Action: actListExport, Group: l.Group, Detail: detail}
	if l.User != "" {
		entry.Users = []string{l.User}
	}
	heads := make([]string, 0, len(l.Kind.Columns()))
	for _, name := range l.Kind.Columns() {
		//i18n:uses export.column.*
		heads = append(heads, i18n.T(ctx, "export.column."+name))
	}
	var body []byte
	err = s.recorded(c, entry, func() (err error) {
		//i18n:uses export.list.*
		body, err = tableFile(format, i18n.T(ctx, "export.list."+string(l.Kind)), heads, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("export a list: %w", err)
	}
	sendFile(c, format, s.fileName(string(l.Kind), orID(l.Group, orID(l.User, app.Name)), format), body)
	return nil
}

// tableFile writes a table that fits into memory.
func tableFile(format sheet.Format, title string, heads []string, rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w, err := sheet.NewWriter(&b, format, title)
	if err != nil {
		return nil, err
	}
	for _, row := range append([][]string{heads}, rows...) {
		if err := w.Write(row); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

var notInFileNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// fileName names a file by what it holds and when: "members-g1-20261121-180000.csv".
func (s *Server) fileName(list, what string, format sheet.Format) string {
	what = strings.Trim(notInFileNames.ReplaceAllString(clip(what, 60), "_"), "_.")
	return strings.Trim(list+"-"+what, "-") + "-" + s.Now().UTC().Format("20060102-150405") + "." + string(format)
}

// sendFile sends a whole file to be saved.
func sendFile(c *gin.Context, format sheet.Format, name string, body []byte) {
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, format.ContentType(), body)
}

// exportMenu takes a list out. pairs are the names and values by which readList finds it.
func exportMenu(c *gin.Context, app *App, kind exports.Kind, pairs ...string) *templates.ExportView {
	ctx := c.Request.Context()
	if op, ok := auth.OperatorFrom(ctx); !ok || !op.CanIn(app.Name, auth.VerbExport) {
		return nil
	}
	v := &templates.ExportView{
		ID: "export-" + string(kind), Action: appURL(app, "export"), Hidden: append([]string{"list", string(kind)}, pairs...),
	}
	for _, f := range sheet.Formats() {
		//i18n:uses export.format.*
		v.Formats = append(v.Formats, templates.Option{Value: string(f), Text: i18n.T(ctx, "export.format."+string(f))})
	}
	return v
}
