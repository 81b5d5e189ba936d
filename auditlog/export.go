// Package auditlog takes the audit log out of the console: as a list for others to read, and as signed heads which show later
// that it was not changed.
package auditlog

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"imdesk/store"
)

// Format is how a list is written.
type Format string

// The formats.
const (
	CSV   Format = "csv"   // one line an entry, for spreadsheets; results of items are counts
	JSONL Format = "jsonl" // one JSON object a line, with everything
)

// Formats are all of them.
func Formats() []Format { return []Format{CSV, JSONL} }

// columns of CSV.
var columns = []string{
	"entry", "at", "operator_id", "operator", "address", "request", "app", "action", "group", "users", "messages", "reason", "detail",
	"undo_of", "undone_by", "state", "finished_at", "done", "not_done", "vendor_request", "error",
}

// line is an entry in JSONL.
type line struct {
	Entry         int64             `json:"entry"`
	At            time.Time         `json:"at"`
	OperatorID    string            `json:"operator_id"`
	Operator      string            `json:"operator"`
	Address       string            `json:"address"`
	Request       string            `json:"request"`
	App           string            `json:"app"`
	Action        string            `json:"action"`
	Group         string            `json:"group"`
	Users         []string          `json:"users"`
	Messages      []string          `json:"messages"`
	Reason        string            `json:"reason"`
	Detail        json.RawMessage   `json:"detail,omitempty"`
	UndoOf        int64             `json:"undo_of,omitempty"`
	UndoneBy      int64             `json:"undone_by,omitempty"`
	State         store.AuditState  `json:"state"`
	FinishedAt    *time.Time        `json:"finished_at,omitempty"`
	Items         []store.AuditItem `json:"items,omitempty"`
	VendorRequest string            `json:"vendor_request,omitempty"`
	Error         string            `json:"error,omitempty"`
}

// Write writes the entries that match f, newest first, up to most of them; most 0 is all. It returns how many were written.
func Write(ctx context.Context, w io.Writer, log store.AuditLog, f store.AuditFilter, format Format, most int) (int, error) {
	put := jsonWriter(ctx, w, log)
	done := func() error { return nil }
	if format == CSV {
		c := csv.NewWriter(w)
		if err := c.Write(columns); err != nil {
			return 0, err
		}
		put = func(e store.AuditEntry) error { return c.Write(cells(e)) }
		done = func() error { c.Flush(); return c.Error() }
	}
	written, before := 0, int64(0)
	for {
		n := store.MaxAuditPage
		if most > 0 {
			n = min(n, most-written)
		}
		if n == 0 {
			return written, done()
		}
		list, err := log.List(ctx, f, before, n)
		if err != nil {
			return written, fmt.Errorf("export the audit log: %w", err)
		}
		for _, e := range list {
			if err := put(e); err != nil {
				return written, fmt.Errorf("export the audit log: %w", err)
			}
			written++
		}
		if len(list) < n {
			return written, done()
		}
		before = list[len(list)-1].ID
	}
}

func jsonWriter(ctx context.Context, w io.Writer, log store.AuditLog) func(store.AuditEntry) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e store.AuditEntry) error {
		e, err := log.Get(ctx, e.ID) // lists leave out the items
		if err != nil {
			return err
		}
		l := line{
			Entry: e.ID, At: e.At, OperatorID: e.OperatorID, Operator: e.OperatorName, Address: e.Address, Request: e.Request, App: e.App,
			Action: e.Action, Group: e.Group, Users: e.Users, Messages: e.Messages, Reason: e.Reason, Detail: e.Detail,
			UndoOf: e.UndoOf, UndoneBy: e.UndoneBy, State: e.State,
		}
		if o := e.Outcome; o != nil {
			l.FinishedAt, l.Items, l.VendorRequest, l.Error = &o.At, o.Items, o.VendorRequest, o.ErrorKind
		}
		return enc.Encode(l)
	}
}

func cells(e store.AuditEntry) []string {
	row := []string{
		number(e.ID), stamp(e.At), e.OperatorID, e.OperatorName, e.Address, e.Request, e.App, e.Action, e.Group,
		strings.Join(e.Users, " "), strings.Join(e.Messages, " "), e.Reason, string(e.Detail), number(e.UndoOf), number(e.UndoneBy), string(e.State),
		"", "", "", "", "",
	}
	if o := e.Outcome; o != nil {
		copy(row[16:], []string{stamp(o.At), strconv.Itoa(o.Done), strconv.Itoa(o.NotDone), o.VendorRequest, o.ErrorKind})
	}
	for i, cell := range row {
		row[i] = harmless(cell)
	}
	return row
}

// harmless keeps a spreadsheet from taking what somebody wrote for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// number leaves a cell empty that says nothing.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
