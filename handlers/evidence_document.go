package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"imdesk/cases"
	"imdesk/evidence"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// document is a case as a page of its archive, in the language of who takes it out. Names that are ours are written in words; what
// is kept is written as it is.
func (s *Server) document(ctx context.Context, d evidence.Document) templates.DocumentView {
	t := func(key string, args ...any) string { return i18n.T(ctx, "evidence.doc."+key, args...) }
	//i18n:uses evidence.doc.*
	v := templates.DocumentView{
		Lang: string(i18n.From(ctx).Lang), Title: i18n.T(ctx, "queue.case", "id", d.Case.ID),
		Lead: t("lead", "who", d.MadeBy, "when", i18n.ISO(ctx, d.Made), "entry", d.Entry),
	}
	add := func(key string, head []string, rows ...templates.DocumentRow) {
		for i, h := range head {
			head[i] = t(h)
		}
		v.Sections = append(v.Sections, templates.DocumentSection{Title: t(key), Head: head, Rows: rows, Empty: t("none")})
	}
	add("case", nil, docFacts(ctx, d)...)
	var rows []templates.DocumentRow
	for _, f := range d.Flags {
		why := f.Rule
		if f.Version > 0 {
			why += " " + fmt.Sprint(f.Version)
		}
		//i18n:uses queue.source.*
		rows = append(rows, docRow(i18n.ISO(ctx, f.At), i18n.T(ctx, "queue.source."+f.Source), f.By, why, strings.Join(matched(ctx, f.Reasons), ", "), f.Note))
	}
	add("flags", []string{"at", "source", "by", "reason", "found", "note"}, rows...)
	rows = nil
	for _, m := range d.Context.Messages {
		r := docRow(i18n.ISO(ctx, m.At), m.Sender, m.Text, stateOfLine(ctx, m))
		r.Here = m.Marked
		rows = append(rows, r)
	}
	add("context", []string{"at", "sender", "text", "state"}, rows...)
	rows = nil
	for _, i := range d.Items {
		rows = append(rows, docItem(ctx, i))
	}
	add("items", []string{"what", "at", "state", "sha256", "content"}, rows...)
	rows = nil
	for _, x := range d.Verdict {
		for _, step := range x.Steps {
			rows = append(rows, docRow(i18n.ISO(ctx, x.Made), x.By, s.macroName(ctx, x.Macro), i18n.T(ctx, "queue.do."+step.Do), stepState(ctx, step), fmt.Sprint(step.Audit)))
		}
		if len(x.Steps) == 0 {
			rows = append(rows, docRow(i18n.ISO(ctx, x.Made), x.By, s.macroName(ctx, x.Macro), "", x.State, ""))
		}
	}
	add("verdicts", []string{"at", "by", "verdict", "step", "state", "entry"}, rows...)
	rows = nil
	for _, e := range d.History {
		rows = append(rows, docRow(i18n.ISO(ctx, e.At), e.By, i18n.T(ctx, "queue.did."+e.Kind), e.Note))
	}
	add("history", []string{"at", "by", "did", "note"}, rows...)
	rows = nil
	for _, x := range d.Strikes {
		rows = append(rows, docRow(i18n.ISO(ctx, x.At), fmt.Sprint("#", x.Case), fmt.Sprint(x.Points), x.Why, isoOf(ctx, x.Lifted)))
	}
	add("strikes", []string{"at", "case", "points", "reason", "lifted"}, rows...)
	rows = nil
	for _, e := range d.Audit {
		//i18n:uses audit.verb.*
		rows = append(rows, docRow(fmt.Sprint(e.ID), i18n.ISO(ctx, e.At), e.By, i18n.T(ctx, "audit.verb."+e.Action), strings.Join(e.Users, ", "), e.Reason, e.State, e.Vendor))
	}
	add("audit", []string{"entry", "at", "by", "did", "user", "reason", "state", "vendor"}, rows...)
	add("head", nil, docRow(fmt.Sprint(d.Head.Records), d.Head.Hash))
	return v
}

func docRow(cells ...string) (r templates.DocumentRow) {
	for _, c := range cells {
		r.Cells = append(r.Cells, templates.DocumentCell{Text: c})
	}
	return r
}

func isoOf(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return i18n.ISO(ctx, t)
}

// docFacts are what a case is about.
func docFacts(ctx context.Context, d evidence.Document) (rows []templates.DocumentRow) {
	hold := ""
	if d.Hold != nil {
		hold = fmt.Sprintf("%s, %s: %s", d.Hold.By, i18n.ISO(ctx, d.Hold.At), d.Hold.Reason)
	}
	parent := ""
	if d.Case.Parent != 0 {
		parent = fmt.Sprint("#", d.Case.Parent)
	}
	for _, f := range [][2]string{
		{"app", d.Case.App}, {"group", d.Case.Group}, {"peers", strings.Join(d.Case.Peers, ", ")}, {"message", d.Case.Message}, {"sender", d.Case.Sender},
		{"said", isoOf(ctx, d.Case.SaidAt)}, {"text", d.Case.Text}, {"title", d.Case.Title}, {"opened", isoOf(ctx, d.Case.Opened)},
		{"decided", isoOf(ctx, d.Case.Decided)}, {"by", d.Case.DecidedBy}, {"parent", parent}, {"hold", hold}, {"taken", isoOf(ctx, d.Context.Taken)}, {"whole", isoOf(ctx, d.Context.Whole)},
	} {
		if f[1] != "" {
			rows = append(rows, docRow(i18n.T(ctx, "evidence.doc."+f[0]), f[1]))
		}
	}
	return rows
}

func stateOfLine(ctx context.Context, m cases.Said) string {
	if m.State == "" {
		return strings.Join(m.Types, ", ")
	}
	return i18n.T(ctx, "queue.line."+m.State)
}

func stepState(ctx context.Context, t cases.Step) string {
	if t.State == cases.StepWaiting {
		return ""
	}
	return i18n.T(ctx, "queue.step.state."+t.State)
}

// docItem is something that was frozen, with what it says.
func docItem(ctx context.Context, i evidence.Item) templates.DocumentRow {
	row := evidenceRow(ctx, store.EvidenceItem{Kind: i.Kind, Name: i.Name, Taken: i.Taken, State: i.State, Why: i.Why, Type: i.Type, Size: i.Size, Hash: i.SHA256})
	why := row.Why
	if i.Erased {
		why = i18n.T(ctx, "evidence.erased")
	}
	content := templates.DocumentCell{Text: i.Text + string(i.Doc), Pre: true}
	switch {
	case i.File != "" && strings.HasPrefix(i.Type, "image/"):
		content = templates.DocumentCell{Text: i.Name, Picture: i.File}
	case i.File != "":
		content = templates.DocumentCell{Text: i.File, Link: i.File}
	}
	return templates.DocumentRow{Cells: []templates.DocumentCell{
		{Text: join2(row.What, i.Name)}, {Text: i18n.ISO(ctx, i.Taken)}, {Text: join2(row.State.Text, why)}, {Text: i.SHA256, Code: true}, content,
	}}
}
