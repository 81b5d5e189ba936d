package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"imdesk/auth"
	"imdesk/exports"
	"imdesk/jobs"
	"imdesk/sheet"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// kindExport is the kind of the jobs that read a long list.
const kindExport = exports.JobKind

// exportAsJob has a list read by a job, whose page has the file.
func (s *Server) exportAsJob(c *gin.Context, app *App, l exports.List) error {
	ctx := c.Request.Context()
	params, err := exports.Params(l, i18n.From(ctx).Zone)
	if err != nil {
		return err
	}
	//i18n:uses export.list.*
	reason := i18n.T(ctx, "export.list."+string(l.Kind))
	if what := orID(l.Group, l.User); what != "" {
		reason += " " + what
	}
	j, err := s.Jobs.Start(ctx, s.actor(c), app.Target(), jobs.Spec{Kind: kindExport, Params: params, Reason: reason}, "")
	if err != nil {
		return err
	}
	t := templates.Toast{Text: i18n.T(ctx, "export.as_job", "n", i18n.Int(ctx, exportNow))}
	return s.answer(c, http.StatusOK, t, jobURL(j.ID))
}

// exportNotice says that the file is there, or that it is gone.
func (s *Server) exportNotice(ctx context.Context, j store.Job) *templates.Notice {
	switch {
	case !j.State.Ended():
		return nil
	case s.exportGone(j):
		return &templates.Notice{Tone: "info", Title: i18n.T(ctx, "export.gone")}
	case j.State != store.JobDone:
		return &templates.Notice{Tone: "warn", Title: i18n.T(ctx, "export.part")}
	}
	return &templates.Notice{Tone: "ok", Title: i18n.T(ctx, "export.ready"), Next: i18n.T(ctx, "export.until", "when", i18n.When(ctx, j.Ended.Add(exports.Kept)))}
}

func (s *Server) exportGone(j store.Job) bool {
	return j.State.Ended() && !s.Now().Before(j.Ended.Add(exports.Kept))
}

// jobExport takes the results of a job out, or, of an export, the rows that it read: these only who asked for them.
func (s *Server) jobExport(c *gin.Context, j store.Job) *templates.ExportView {
	ctx := c.Request.Context()
	op, ok := auth.OperatorFrom(ctx)
	if !ok || !op.CanIn(j.App, auth.VerbExport) || j.Counts.Total == 0 || j.Kind == kindExport && (j.OperatorID != op.ID || s.exportGone(j)) {
		return nil
	}
	v := &templates.ExportView{ID: "export-job", Action: jobURL(j.ID, "export"), Hidden: []string{"state", c.Query("state")}}
	for _, f := range sheet.Formats() {
		v.Formats = append(v.Formats, templates.Option{Value: string(f), Text: i18n.T(ctx, "export.format."+string(f))})
	}
	return v
}

// exportJob sends the results of a job, or the rows of an export, row by row as they are read.
func (s *Server) exportJob(c *gin.Context) error {
	j, err := s.job(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	format := sheet.Format(v.Get("format"))
	if format != sheet.FormatCSV && format != sheet.FormatXLSX {
		return badInput{"export.wrong.format"}
	}
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	rows := jobRows{list: exports.Results, state: store.ItemState(v.Get("state")), cells: s.resultCells(ctx, j)}
	if j.Kind == kindExport {
		if j.OperatorID != op.ID {
			return errForbidden
		}
		if s.exportGone(j) {
			return store.ErrNotFound
		}
		l, err := exports.ListOf(j)
		if err != nil {
			return err
		}
		rows = jobRows{list: l.Kind, cells: exportedCells}
	}
	detail, err := json.Marshal(map[string]any{"options": map[string]any{"list": rows.list, "format": format, "job": strconv.FormatInt(j.ID, 10)}})
	if err != nil {
		return fmt.Errorf("export job %d: %w", j.ID, err)
	}
	c.Header("Content-Disposition", `attachment; filename="`+s.fileName(string(rows.list), "job-"+strconv.FormatInt(j.ID, 10), format)+`"`)
	c.Header("Content-Type", format.ContentType())
	err = s.recorded(c, store.AuditEntry{App: j.App, Action: actListExport, Detail: detail}, func() error { return s.writeRows(ctx, c, j.ID, format, rows) })
	if err != nil {
		s.Log.ErrorContext(ctx, "export a job", "reference", referenceOf(ctx), "job", j.ID, "error", err)
		panic(http.ErrAbortHandler) // a file that ends early must not look whole
	}
	return nil
}

// jobRows says what rows are written of a job's items.
type jobRows struct {
	list  exports.Kind
	state store.ItemState // "" of all
	cells func(store.JobItem) []string
}

func (s *Server) writeRows(ctx context.Context, c *gin.Context, id int64, format sheet.Format, rows jobRows) error {
	w, err := sheet.NewWriter(c.Writer, format, i18n.T(ctx, "export.list."+string(rows.list)))
	if err != nil {
		return err
	}
	var heads []string
	for _, name := range rows.list.Columns() {
		heads = append(heads, i18n.T(ctx, "export.column."+name))
	}
	if err := w.Write(heads); err != nil {
		return err
	}
	for after := int64(0); ; {
		items, err := s.Jobs.Items(ctx, id, rows.state, after, store.MaxJobPage)
		if err != nil {
			return err
		}
		for _, i := range items {
			if err := w.Write(rows.cells(i)); err != nil {
				return err
			}
			after = i.Position
		}
		if len(items) < store.MaxJobPage {
			return w.Close()
		}
	}
}

// exportedCells are the cells that an export keeps with an item.
func exportedCells(i store.JobItem) []string {
	var cells []string
	if json.Unmarshal([]byte(i.More), &cells) != nil {
		return []string{i.Target}
	}
	return cells
}

// resultCells are what became of a target.
func (s *Server) resultCells(ctx context.Context, j store.Job) func(store.JobItem) []string {
	app := s.Apps.Get(j.App)
	return func(i store.JobItem) []string {
		why, _ := jobReason(ctx, app, i.Reason, i.Code)
		entry := ""
		if i.Audit != 0 {
			entry = strconv.FormatInt(i.Audit, 10)
		}
		//i18n:uses job.item.*
		return []string{i.Target, i.Group, i18n.T(ctx, "job.item."+string(i.State)), why, i.Code, i.Before, i.After, entry}
	}
}
