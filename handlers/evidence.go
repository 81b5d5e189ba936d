package handlers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/cases"
	"imdesk/evidence"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const evidenceKeyURL = "/settings/evidence"

func (s *Server) evidenceRoutes() []route {
	if s.Cases == nil || s.Evidence == nil {
		return nil
	}
	const one = queueURL + "/cases/:case"
	return []route{
		{get, one + "/evidence", auth.VerbCases, s.evidence},
		{post, one + "/archive", auth.VerbEvidence, s.exportEvidence},
		{get, one + "/hold", auth.VerbHold, s.holdSheet},
		{post, one + "/hold", auth.VerbHold, s.holdCase},
		{get, one + "/unhold", auth.VerbHold, s.unholdSheet},
		{post, one + "/unhold", auth.VerbHold, s.unholdCase},
		{get, evidenceKeyURL, auth.VerbEvidence, s.evidenceKey},
	}
}

// withEvidence tells what freezes evidence of apps, and how files are fetched; and the queue and callbacks of it.
func (s *Server) withEvidence() {
	if s.Evidence == nil || s.Cases == nil {
		return
	}
	if s.Evidence.App == nil {
		s.Evidence.App = s.Cases.App
	}
	if s.Evidence.Fetch == nil {
		s.Evidence.Fetch = s.fetchEvidence
	}
	if s.Evidence.Callbacks == nil {
		s.Evidence.Callbacks = &evidence.Callbacks{}
	}
	s.Cases.Flagged = s.Evidence.Flagged
	s.Evidence.Init()
}

// evidenceKinds are the kinds of files as media has them.
var evidenceKinds = map[string]mediaKind{evidence.Picture: mediaPicture, evidence.Sound: mediaSound, evidence.Film: mediaFilm, evidence.File: mediaFile}

// fetchEvidence asks for a file that a message points at. Nobody looks while this is done, so only hosts that need no asking are
// asked: those of the vendor, and those that the configuration names.
func (s *Server) fetchEvidence(ctx context.Context, kind, address string) (*evidence.Fetched, error) {
	if !s.media.mayFetch(address) {
		return nil, evidence.ErrRefused
	}
	release, err := s.media.slot(ctx)
	if err != nil {
		return nil, err
	}
	res, err := s.media.fetch(ctx, evidenceKinds[kind], address, "")
	for _, e := range []struct{ is, to error }{{errMediaRefused, evidence.ErrRefused}, {errMediaLink, evidence.ErrRefused}, {errMediaGone, evidence.ErrGone}, {errMediaType, evidence.ErrKind}, {errMediaTooBig, evidence.ErrLarge}} {
		if errors.Is(err, e.is) {
			err = e.to
		}
	}
	if err != nil {
		release()
		return nil, err
	}
	f, err := s.media.evidence(evidenceKinds[kind], res)
	if errors.Is(err, errMediaType) {
		err = evidence.ErrKind
	}
	if err != nil {
		res.Body.Close()
		release()
		return nil, err
	}
	f.Body = releasing{f.Body, release}
	return f, nil
}

// evidenceLine is the evidence of a case on its card.
func (s *Server) evidenceLine(ctx context.Context, op auth.Operator, k store.Case) (*templates.EvidenceLine, error) {
	if s.Evidence == nil || !op.CanIn(k.Place.App, auth.VerbCases) {
		return nil, nil
	}
	items, err := s.Store.Evidence.Items(ctx, k.ID)
	if err != nil {
		return nil, err
	}
	v := &templates.EvidenceLine{Text: i18n.N(ctx, "evidence.frozen", len(items)+len(cases.ReadEvidence(k).Messages)), URL: caseURL(k.ID, "evidence"), Export: exportButton(ctx, op, k)}
	h, err := s.Store.Evidence.Held(ctx, k.ID)
	if err == nil {
		v.Held = i18n.T(ctx, "evidence.held_by", "who", h.ByName)
	}
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return v, err
}

// exportButton takes all of a case out as a signed archive.
func exportButton(ctx context.Context, op auth.Operator, k store.Case) templates.JobButton {
	b := templates.JobButton{Post: caseURL(k.ID, "archive"), View: templates.ButtonView{Text: i18n.T(ctx, "evidence.export"), Icon: "download", Key: "x"}}
	if !op.CanIn(k.Place.App, auth.VerbEvidence) {
		b.View.Why = i18n.T(ctx, "error.forbidden.title")
	}
	return b
}

// evidence lists what is frozen with a case, without its contents.
func (s *Server) evidence(c *gin.Context) error {
	k, err := s.caseToDecide(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	items, err := s.Store.Evidence.Items(ctx, k.ID)
	if err != nil {
		return err
	}
	e := cases.ReadEvidence(k)
	v := templates.EvidenceView{
		Case: templates.Link{Text: i18n.T(ctx, "queue.case", "id", k.ID), URL: caseURL(k.ID)}, Title: i18n.T(ctx, "evidence.title_of", "id", k.ID),
		Around: i18n.N(ctx, "evidence.around", len(e.Messages), "taken", i18n.Full(ctx, e.Taken)), Rules: i18n.T(ctx, "evidence.rules"), Export: exportButton(ctx, op, k),
	}
	if op.Can(auth.VerbEvidence) {
		v.Key = templates.Link{Text: i18n.T(ctx, "evidence.key.link"), URL: evidenceKeyURL}
	}
	if !k.EvidenceDue.IsZero() {
		v.Pending = i18n.T(ctx, "evidence.pending")
	}
	for _, i := range items {
		v.Rows = append(v.Rows, evidenceRow(ctx, i))
	}
	part := "hold"
	h, err := s.Store.Evidence.Held(ctx, k.ID)
	switch {
	case err == nil:
		part = "unhold"
		v.Held = &templates.Notice{Tone: "warn", Icon: "lock", Title: i18n.T(ctx, "evidence.held", "who", h.ByName, "when", i18n.Full(ctx, h.At)), Text: h.Reason}
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	//i18n:uses evidence.act.*
	v.Hold = templates.ButtonView{Text: i18n.T(ctx, "evidence.act."+part), Icon: "lock", URL: caseURL(k.ID, part), Attrs: templates.SheetAttrs(caseURL(k.ID, part))}
	if !op.CanIn(k.Place.App, auth.VerbHold) {
		v.Hold.Why = i18n.T(ctx, "error.forbidden.title")
	}
	return render(c, http.StatusOK, templates.EvidencePage(s.chrome(c), v), nil)
}

// evidenceTones are those of how much was frozen.
var evidenceTones = map[string]string{store.EvidenceKept: "ok", store.EvidenceHashed: "warn", store.EvidenceNamed: "warn", store.EvidenceMissing: "plain"}

func evidenceRow(ctx context.Context, i store.EvidenceItem) templates.EvidenceRow {
	//i18n:uses evidence.kind.*
	//i18n:uses evidence.state.*
	//i18n:uses evidence.why.*
	r := templates.EvidenceRow{
		What: i18n.T(ctx, "evidence.kind."+i.Kind), Name: i.Name, Taken: i.Taken, Hash: i.Hash,
		State: templates.ChipView{Text: i18n.T(ctx, "evidence.state."+i.State), Tone: evidenceTones[i.State], Icon: map[bool]string{true: "check", false: "alert"}[i.State == store.EvidenceKept]},
	}
	if i.Why != "" {
		r.Why = i18n.T(ctx, "evidence.why."+i.Why)
	}
	if !i.Whole() {
		r.Why = i18n.T(ctx, "evidence.erased")
	}
	if i.Size > 0 {
		r.Size = i18n.Bytes(ctx, i.Size)
	}
	return r
}

// exportTime bounds the making of an archive, whose files may be slow to read.
const exportTime = 20 * time.Second

// exportEvidence sends all of a case as a signed archive. That it is taken out is recorded first, in the audit log and with the case.
func (s *Server) exportEvidence(c *gin.Context) error {
	k, err := s.caseOf(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), exportTime)
	defer cancel()
	op, _ := auth.OperatorFrom(ctx)
	if !op.CanIn(k.Place.App, auth.VerbEvidence) {
		return errForbidden
	}
	file, err := os.CreateTemp("", "imdesk-evidence-*.zip")
	if err != nil {
		return fmt.Errorf("export evidence: %w", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := s.writeEvidence(c, ctx, k, file); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("export evidence: %w", err)
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="case-%d-%s.zip"`, k.ID, s.Now().UTC().Format("20060102-150405")))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", fmt.Sprint(info.Size()))
	if _, err := file.Seek(0, 0); err != nil {
		return fmt.Errorf("export evidence: %w", err)
	}
	c.Status(http.StatusOK)
	if _, err := file.WriteTo(c.Writer); err != nil {
		return errGone{err}
	}
	return nil
}

// actEvidence is recorded of whoever takes evidence out.
const actEvidence = "case.evidence"

// writeEvidence records that a case is taken out, and writes the archive.
func (s *Server) writeEvidence(c *gin.Context, ctx context.Context, k store.Case, file *os.File) error {
	by := s.actorIn(c, k.Place.App)
	detail, err := json.Marshal(map[string]any{"options": map[string]any{"case": k.ID}})
	if err != nil {
		return fmt.Errorf("export evidence: %w", err)
	}
	entry := store.AuditEntry{
		At: s.Now(), OperatorID: by.OperatorID, OperatorName: by.Name, Address: by.Address, Request: by.RequestRef, App: k.Place.App, Group: k.Place.Group, Action: actEvidence,
		Detail: detail,
	}
	if k.Sender != "" {
		entry.Users = []string{k.Sender}
	}
	id, err := s.Store.Audit.Begin(ctx, entry)
	if err != nil {
		return fmt.Errorf("record that evidence is taken out: %w", err)
	}
	sum, err := s.packEvidence(ctx, k, by.Name, id, file)
	out := store.AuditOutcome{At: s.Now(), State: store.AuditOK, Items: []store.AuditItem{{ID: evidence.ManifestName, Code: store.ItemOK, After: sum}}}
	if err != nil {
		out.State, out.ErrorKind, out.Items = store.AuditFailed, "internal", nil
	}
	ctx = context.WithoutCancel(ctx)
	err = errors.Join(err, s.Store.Audit.Finish(ctx, id, out))
	if err == nil {
		err = s.Store.Cases.Tell(ctx, store.CaseEvent{Case: k.ID, At: s.Now(), Kind: cases.DidExport, By: by.OperatorID, ByName: by.Name})
	}
	return err
}

func (s *Server) packEvidence(ctx context.Context, k store.Case, by string, entry int64, file *os.File) (string, error) {
	d, err := s.Evidence.Read(ctx, k.ID, by, entry)
	if err != nil {
		return "", fmt.Errorf("export evidence: %w", err)
	}
	var page bytes.Buffer
	if err := templates.Document(s.document(ctx, d)).Render(ctx, &page); err != nil {
		return "", fmt.Errorf("export evidence: %w", err)
	}
	return s.Evidence.Write(ctx, file, d, page.Bytes())
}

// textOfHold is a sheet about a hold.
func (s *Server) textOfHold(c *gin.Context, status int, k store.Case, kind, typed, wrong string) error {
	//i18n:uses queue.hold.*
	//i18n:uses queue.unhold.*
	return s.textSheet(c, status, k, kind, typed, wrong)
}

func (s *Server) holdSheet(c *gin.Context) error   { return s.showHold(c, "hold") }
func (s *Server) unholdSheet(c *gin.Context) error { return s.showHold(c, "unhold") }

// caseToHold is the case that the address names, for those who hold cases of its app.
func (s *Server) caseToHold(c *gin.Context) (store.Case, error) {
	k, err := s.caseOf(c)
	if op, _ := auth.OperatorFrom(c.Request.Context()); err == nil && !op.CanIn(k.Place.App, auth.VerbHold) {
		err = errForbidden
	}
	return k, err
}

func (s *Server) showHold(c *gin.Context, kind string) error {
	k, err := s.caseToHold(c)
	if err != nil {
		return err
	}
	return s.textOfHold(c, http.StatusOK, k, kind, "", "")
}

// Holds are recorded in the audit log, too.
const (
	actHold   = "case.hold"
	actUnhold = "case.unhold"
)

func (s *Server) holdCase(c *gin.Context) error {
	return s.changeHold(c, "hold", actHold, s.Store.Evidence.Hold)
}

func (s *Server) unholdCase(c *gin.Context) error {
	return s.changeHold(c, "unhold", actUnhold, s.Store.Evidence.Release)
}

// changeHold puts a case under hold, or ends that, for a reason. What somebody else did meanwhile is what was wanted.
func (s *Server) changeHold(c *gin.Context, kind, action string, do func(context.Context, store.CaseHold) error) error {
	k, err := s.caseToHold(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	reason := strings.TrimSpace(c.PostForm("text"))
	if reason == "" || len(reason) > store.MaxCaseNote {
		return s.textOfHold(c, http.StatusUnprocessableEntity, k, kind, clip(reason, store.MaxCaseNote), i18n.T(ctx, "queue.note.length"))
	}
	by := s.actorIn(c, k.Place.App)
	detail, err := json.Marshal(map[string]any{"options": map[string]any{"case": k.ID}})
	if err != nil {
		return fmt.Errorf("hold a case: %w", err)
	}
	err = s.recorded(c, store.AuditEntry{App: k.Place.App, Group: k.Place.Group, Action: action, Reason: reason, Detail: detail}, func() error {
		err := do(ctx, store.CaseHold{Case: k.ID, At: s.Now(), By: by.OperatorID, ByName: by.Name, Reason: reason})
		if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	//i18n:uses queue.said.*
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "queue.said."+kind, "id", k.ID)}, caseURL(k.ID, "evidence"))
}

// evidenceKey shows the key that signs archives, and how to check one.
func (s *Server) evidenceKey(c *gin.Context) error {
	key := s.Evidence.Public()
	v := templates.EvidenceKeyView{
		Nav: s.settingsNav(c), Fingerprint: evidence.Fingerprint(key), PEM: strings.TrimSpace(evidence.PublicPEM(key)), SSH: evidence.PublicSSH(key), Commands: evidence.Commands(),
	}
	return render(c, http.StatusOK, templates.EvidenceKeyPage(s.chrome(c), v), nil)
}

// releasing gives the slot back with the file.
type releasing struct {
	io.ReadCloser
	release func()
}

func (r releasing) Close() error {
	defer r.release()
	return r.ReadCloser.Close()
}

// mayFetch reports whether an address is fetched without being asked for.
func (m *media) mayFetch(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isWeb(u) && len(address) <= maxMediaURL && m.known(u)
}

// evidence is what was fetched, if it is what it was said to be.
func (m *media) evidence(kind mediaKind, res *http.Response) (*evidence.Fetched, error) {
	body := bufio.NewReaderSize(res.Body, mediaChunk)
	start, err := body.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	t, err := mediaType(kind, res, start)
	if err != nil {
		return nil, err
	}
	return &evidence.Fetched{Body: struct {
		io.Reader
		io.Closer
	}{body, res.Body}, Type: t, Size: res.ContentLength}, nil
}
