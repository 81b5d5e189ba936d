package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"
)

// EvidenceLine stands on a case's card: how much is frozen, and the one key that takes it out.
type EvidenceLine struct {
	Text   string
	URL    string
	Held   string // who holds the case; "" for nobody
	Export JobButton
}

// EvidenceView is what is frozen with a case. It shows no contents: they are in the archive, and taking that out is recorded.
type EvidenceView struct {
	Case    Link
	Title   string
	Pending string // something is still to be frozen; "" for nothing
	Around  string // what was said around the message
	Rows    []EvidenceRow
	Export  JobButton
	Hold    ButtonView // puts the case under hold, or ends that
	Held    *Notice
	Rules   string // what becomes of it
	Key     Link
}

// EvidenceRow is one thing that is frozen.
type EvidenceRow struct {
	What  string
	Name  string // which one; "" for the only one
	Taken time.Time
	State ChipView
	Why   string
	Size  string
	Hash  string
}

// EvidenceKeyView is the key that signs archives, with how to check one.
type EvidenceKeyView struct {
	Nav         SettingsNavView
	Fingerprint string
	PEM         string
	SSH         string
	Commands    []string
}

// DocumentView is a case as a page by itself, which needs no console.
type DocumentView struct {
	Lang     string
	Title    string
	Lead     string
	Sections []DocumentSection
}

// DocumentSection is a titled table.
type DocumentSection struct {
	Title string
	Head  []string
	Rows  []DocumentRow
	Empty string // said where there are no rows
}

// DocumentRow is one line of it.
type DocumentRow struct {
	Cells []DocumentCell
	Here  bool // the message that was flagged
}

// DocumentCell is a text, or a document, or a picture of the archive.
type DocumentCell struct {
	Text    string
	Pre     bool
	Code    bool
	Picture string // its name in the archive
	Link    string // another file of the archive
}

func evidenceColumns(ctx context.Context) []Column {
	return []Column{
		{Text: i18n.T(ctx, "evidence.what")}, {Text: i18n.T(ctx, "evidence.taken")}, {Text: i18n.T(ctx, "evidence.state")}, {Text: i18n.T(ctx, "evidence.size"), Class: "num p2"},
		{Text: "SHA-256", Class: "p3"},
	}
}
