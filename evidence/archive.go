package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"
	"time"

	"imdesk/cases"
	"imdesk/store"
)

// Names of the files of an archive.
const (
	ManifestName  = "MANIFEST.sha256"
	SignatureName = "MANIFEST.sha256.sig"    // Ed25519, 64 bytes: for openssl
	SSHSigName    = "MANIFEST.sha256.sshsig" // for ssh-keygen
	KeyName       = "public-key.pem"
	SignersName   = "allowed_signers"
	ReadmeName    = "README.txt"
	JSONName      = "case.json"
	HTMLName      = "case.html"
	styleName     = "style.css"
)

// Bounds of an archive.
const (
	maxAudit    = 200 // entries
	maxVerdicts = 50
)

//go:embed README.txt
var readme string

//go:embed style.css
var style string

// Document is all of a case, as an archive has it.
type Document struct {
	Format  string          `json:"format"`
	Made    time.Time       `json:"made"`
	MadeBy  string          `json:"made_by"`
	Entry   int64           `json:"audit_entry"` // that records that the archive was made
	Case    Case            `json:"case"`
	Flags   []Flag          `json:"flags"`
	Context cases.Evidence  `json:"context"` // what was said around the message, and of whom
	Items   []Item          `json:"items"`
	History []Event         `json:"history"`
	Verdict []Verdict       `json:"verdicts"`
	Strikes []Strike        `json:"strikes"`
	Hold    *Hold           `json:"hold,omitempty"`
	Audit   []AuditEntry    `json:"audit"`
	Head    store.AuditHead `json:"audit_head"` // of the console's log when the archive was made
}

// Case is what a case is about.
type Case struct {
	ID        int64     `json:"id"`
	App       string    `json:"app"`
	Group     string    `json:"group,omitempty"`
	Peers     []string  `json:"peers,omitempty"` // of a direct chat
	Message   string    `json:"message,omitempty"`
	Sender    string    `json:"sender,omitempty"`
	SaidAt    time.Time `json:"said_at,omitzero"`
	Text      string    `json:"text"`
	Title     string    `json:"title"`
	Sources   []string  `json:"sources"`
	State     string    `json:"state"`
	Parent    int64     `json:"appeal_of,omitempty"`
	Opened    time.Time `json:"opened"`
	Decided   time.Time `json:"decided,omitzero"`
	DecidedBy string    `json:"decided_by,omitempty"`
}

// Flag is one reason for the case.
type Flag struct {
	At      time.Time      `json:"at"`
	Source  string         `json:"source"`
	By      string         `json:"by,omitempty"`
	Rule    string         `json:"rule,omitempty"`
	Version int            `json:"rule_version,omitempty"`
	Score   int            `json:"score"`
	Note    string         `json:"note,omitempty"`
	Reasons []cases.Reason `json:"reasons,omitempty"`
}

// Item is something that was frozen.
type Item struct {
	Kind   string          `json:"kind"`
	Name   string          `json:"name,omitempty"`
	Taken  time.Time       `json:"taken"`
	State  string          `json:"state"`
	Why    string          `json:"why,omitempty"`
	Type   string          `json:"type,omitempty"`
	Size   int64           `json:"size"`
	SHA256 string          `json:"sha256,omitempty"`
	Erased bool            `json:"erased,omitempty"` // parts about a user were erased since: the hash is that of the whole
	File   string          `json:"file,omitempty"`   // of the archive
	Doc    json.RawMessage `json:"document,omitempty"`
	Text   string          `json:"text,omitempty"` // where it is no JSON
}

// Event is a line of the case's history.
type Event struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	By   string    `json:"by"`
	Note string    `json:"note,omitempty"`
}

// Verdict is a decision with what became of it.
type Verdict struct {
	ID     int64        `json:"id"`
	Macro  cases.Macro  `json:"macro"`
	By     string       `json:"by"`
	Made   time.Time    `json:"made"`
	Ended  time.Time    `json:"ended,omitzero"`
	State  string       `json:"state"`
	Result string       `json:"result,omitempty"`
	Reason string       `json:"reason,omitempty"`
	Steps  []cases.Step `json:"steps"`
}

// Strike is a counted offence by the case's sender.
type Strike struct {
	At     time.Time `json:"at"`
	Case   int64     `json:"case"`
	Points int       `json:"points"`
	Why    string    `json:"why"`
	Lifted time.Time `json:"lifted,omitzero"`
}

// Hold says who holds the case and why.
type Hold struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// AuditEntry is an entry of the audit log about the case.
type AuditEntry struct {
	ID       int64           `json:"id"`
	At       time.Time       `json:"at"`
	By       string          `json:"by"`
	Action   string          `json:"action"`
	Group    string          `json:"group,omitempty"`
	Users    []string        `json:"users,omitempty"`
	Messages []string        `json:"messages,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Detail   json.RawMessage `json:"detail,omitempty"`
	State    string          `json:"state"`
	Vendor   string          `json:"vendor_request,omitempty"`
	Items    any             `json:"items,omitempty"`
}

// Read gathers all of a case. by and entry say who takes it out, and which audit entry records that.
func (s *Service) Read(ctx context.Context, id int64, by string, entry int64) (Document, error) {
	d := Document{Format: "imdesk evidence 1", Made: s.now().UTC(), MadeBy: by, Entry: entry}
	c, err := s.Cases.Get(ctx, id)
	if err != nil {
		return d, err
	}
	d.Case = Case{
		ID: c.ID, App: c.Place.App, Group: c.Place.Group, Message: c.Key, Sender: c.Sender, SaidAt: c.SaidAt, Text: c.Text, Title: c.Title, Sources: c.Sources,
		State: string(c.State), Parent: c.Parent, Opened: c.Opened, Decided: c.DecidedAt, DecidedBy: c.DecidedName,
	}
	if c.Place.Users[0] != "" {
		d.Case.Peers = c.Place.Users[:]
	}
	d.Context = cases.ReadEvidence(c)
	for _, read := range []func(context.Context, *Document, store.Case) error{s.flags, s.items, s.verdicts, s.history} {
		if err := read(ctx, &d, c); err != nil {
			return d, err
		}
	}
	d.Head, err = s.Audit.Head(ctx)
	return d, err
}

func (s *Service) flags(ctx context.Context, d *Document, c store.Case) error {
	list, err := s.Cases.Flags(ctx, c.ID, store.MaxCasePage)
	for _, f := range list {
		d.Flags = append(d.Flags, Flag{f.At, f.Source, f.By, f.Rule, f.Version, f.Score, f.Note, cases.Reasons(f)})
	}
	return err
}

func (s *Service) items(ctx context.Context, d *Document, c store.Case) error {
	list, err := s.Store.Items(ctx, c.ID)
	for _, i := range list {
		x := Item{Kind: i.Kind, Name: i.Name, Taken: i.Taken, State: i.State, Why: i.Why, Type: i.Type, Size: i.Size, SHA256: i.Hash, Erased: !i.Whole()}
		switch {
		case i.Kind == store.EvidenceMedia && i.State == store.EvidenceKept:
			x.File = "media/" + i.Hash + ending(i.Type)
		case json.Valid([]byte(i.Body)):
			x.Doc = json.RawMessage(i.Body)
		default:
			x.Text = i.Body
		}
		d.Items = append(d.Items, x)
	}
	return err
}

// ending is how the name of a file ends, by its type.
func ending(kind string) string {
	known := map[string]string{
		"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp", "audio/mpeg": ".mp3", "audio/mp4": ".m4a",
		"audio/ogg": ".ogg", "audio/wav": ".wav", "audio/amr": ".amr", "video/mp4": ".mp4", "video/webm": ".webm", "video/quicktime": ".mov",
	}
	t, _, _ := mime.ParseMediaType(kind)
	if end := known[t]; end != "" {
		return end
	}
	return ".bin" // nothing that opens by itself
}

func (s *Service) verdicts(ctx context.Context, d *Document, c store.Case) error {
	list, err := s.Cases.Verdicts(ctx, c.ID, maxVerdicts)
	if err != nil {
		return err
	}
	var ids []int64
	slices.Reverse(list)
	for _, v := range list {
		body := cases.ReadBody(v)
		d.Verdict = append(d.Verdict, Verdict{v.ID, body.Macro, v.OperatorName, v.Made, v.Ended, string(v.State), v.Result, body.Reason, body.Steps})
		for _, t := range body.Steps {
			ids = append(ids, t.Audit, t.Back)
		}
	}
	ids = append(ids, d.Entry)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if id == 0 || len(d.Audit) == maxAudit {
			continue
		}
		e, err := s.Audit.Get(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue // its time was over
		}
		if err != nil {
			return err
		}
		out := AuditEntry{
			ID: e.ID, At: e.At, By: e.OperatorName, Action: e.Action, Group: e.Group, Users: e.Users, Messages: e.Messages, Reason: e.Reason, Detail: e.Detail, State: string(e.State),
		}
		if o := e.Outcome; o != nil {
			out.Vendor, out.Items = o.VendorRequest, o.Items
		}
		d.Audit = append(d.Audit, out)
	}
	return nil
}

func (s *Service) history(ctx context.Context, d *Document, c store.Case) error {
	list, err := s.Cases.History(ctx, c.ID, store.MaxCasePage)
	if err != nil {
		return err
	}
	for _, e := range list {
		d.History = append(d.History, Event{e.At, e.Kind, e.ByName, e.Note})
	}
	if c.Sender != "" {
		strikes, err := s.Cases.Strikes(ctx, c.Place.App, c.Sender, store.MaxCasePage)
		if err != nil {
			return err
		}
		for _, x := range strikes {
			d.Strikes = append(d.Strikes, Strike{x.At, x.Case, x.Points, x.Why, x.Lifted})
		}
	}
	h, err := s.Store.Held(ctx, c.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	d.Hold = &Hold{h.At, h.ByName, h.Reason}
	return err
}

// Write writes a signed archive of a case: html is the case as a page. It returns the SHA-256 of the manifest.
func (s *Service) Write(ctx context.Context, w io.Writer, d Document, html []byte) (string, error) {
	const op = "write an archive of evidence"
	doc, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	z := zip.NewWriter(w)
	var manifest bytes.Buffer
	add := func(name string, b []byte) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: d.Made})
		if err == nil {
			_, err = f.Write(b)
		}
		return err
	}
	listed := func(name string, b []byte) error {
		fmt.Fprintf(&manifest, "%s  %s\n", store.HashOf(b), name)
		return add(name, b)
	}
	public := s.Public()
	files := []struct {
		name string
		body []byte
	}{{HTMLName, html}, {JSONName, append(doc, '\n')}, {ReadmeName, []byte(Readme(public))}, {styleName, []byte(style)}}
	for _, f := range files {
		if err := listed(f.name, f.body); err != nil {
			return "", fmt.Errorf("%s: %w", op, err)
		}
	}
	written := map[string]bool{}
	for _, i := range d.Items {
		if i.File == "" || written[i.File] {
			continue
		}
		written[i.File] = true
		b, err := s.Store.File(ctx, i.SHA256)
		if err == nil && store.HashOf(b) != i.SHA256 {
			err = errors.New("a file is not what was frozen")
		}
		if err == nil {
			err = listed(i.File, b)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", op, err)
		}
	}
	for _, f := range []struct{ name, body string }{
		{ManifestName, manifest.String()}, {SignatureName, string(ed25519.Sign(s.Key, manifest.Bytes()))}, {SSHSigName, sshSign(s.Key, manifest.Bytes())},
		{KeyName, PublicPEM(public)}, {SignersName, PublicSSH(public) + "\n"},
	} {
		if err := add(f.name, []byte(f.body)); err != nil {
			return "", fmt.Errorf("%s: %w", op, err)
		}
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	return store.HashOf(manifest.Bytes()), nil
}

// Public is the key that checks archives.
func (s *Service) Public() ed25519.PublicKey { return s.Key.Public().(ed25519.PublicKey) }

// Commands check an archive in the folder where it was unpacked: its files by the manifest, and the manifest by each of two tools.
func Commands() []string {
	return []string{
		"sha256sum -c " + ManifestName,
		"openssl pkeyutl -verify -pubin -inkey " + KeyName + " -rawin -in " + ManifestName + " -sigfile " + SignatureName,
		"ssh-keygen -Y verify -f " + SignersName + " -I " + Signer + " -n " + Namespace + " -s " + SSHSigName + " < " + ManifestName,
	}
}

// Readme is how to check an archive, in words.
func Readme(key ed25519.PublicKey) string {
	return strings.ReplaceAll(readme, "{fingerprint}", Fingerprint(key))
}

func sha256Of(b []byte) [sha256.Size]byte { return sha256.Sum256(b) }
