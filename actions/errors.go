package actions

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imdesk/imclient"
)

// Text is a text of the catalogue: its key, and its placeholders as pairs of name and value.
type Text struct {
	Key  string
	Args []any
}

// Invalid says what is wrong with the input, by field. The form comes back with it and with what was typed.
type Invalid struct {
	Fields map[string]Text
}

func (e *Invalid) Error() string {
	var list []string
	for name, text := range e.Fields {
		list = append(list, name+" ("+text.Key+")")
	}
	slices.Sort(list)
	return "not valid: " + strings.Join(list, ", ")
}

// Forbidden says that the operator has no right to the verb.
type Forbidden struct{ Verb Verb }

func (e *Forbidden) Error() string { return fmt.Sprintf("no right to %s", e.Verb) }

// NotOffered says that the vendor, the plan or the group type cannot do it: Key is the text that says why.
type NotOffered struct{ Key string }

func (e *NotOffered) Error() string { return "not offered: " + e.Key }

// KeyReused says that a form's key came with another action than the first time.
type KeyReused struct{ ID int64 }

func (e *KeyReused) Error() string { return fmt.Sprintf("the key belongs to audit entry %d", e.ID) }

// CannotUndo says why an action is not taken back.
type CannotUndo struct {
	Reason string    // text key
	Items  []Item    // with Reason UndoChanged: what the service says now, in Before
	By     string    // with UndoAlready: the operator who was faster
	At     time.Time // with UndoAlready: when
}

func (e *CannotUndo) Error() string { return "cannot be undone: " + e.Reason }

// Why an action is not taken back: text keys.
const (
	UndoImpossible = "action.undo.impossible" // there is no inverse
	UndoTooLate    = "action.undo.too_late"
	UndoPending    = "action.undo.pending" // it is not known yet what it did
	UndoNothing    = "action.undo.nothing" // it changed nothing, or all of it is back already
	UndoAlready    = "action.undo.already"
	UndoChanged    = "action.undo.changed" // somebody changed it since
	UndoUnknown    = "action.undo.unknown" // it is not known how it was before
	UndoByRecall   = "action.undo.recall"  // a message is taken back by recalling it
)

// fields collects what is wrong with the input.
type fields struct {
	limits imclient.Limits
	traits imclient.Traits
	now    time.Time
	bad    map[string]Text
}

func (f *fields) add(name, key string, args ...any) {
	if f.bad == nil {
		f.bad = map[string]Text{}
	}
	if _, there := f.bad[name]; !there {
		f.bad[name] = Text{Key: key, Args: args}
	}
}

func (f *fields) err() error {
	if len(f.bad) == 0 {
		return nil
	}
	return &Invalid{Fields: f.bad}
}

// size checks a text against a limit in bytes; 0 is no limit.
func (f *fields) size(name, text string, limit int) {
	if limit > 0 && len(text) > limit {
		f.add(name, "action.invalid.too_long", "n", len(text), "limit", limit)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f }) {
		f.add(name, "action.invalid.control")
	}
}

func (f *fields) required(name, text string) {
	if strings.TrimSpace(text) == "" {
		f.add(name, "action.invalid.required")
	}
}

func (f *fields) group(id string) {
	f.required("group", id)
	f.size("group", id, f.limits.GroupID)
}

// conversation checks the id of a group, or of a topic, which stands for a group where messages are.
func (f *fields) conversation(id string) {
	f.required("group", id)
	if f.limits.GroupID > 0 {
		f.size("group", id, max(f.limits.GroupID, f.limits.TopicID))
	}
}

func (f *fields) users(list []string) { f.list("users", list, f.limits.UserID, true) }

// list checks targets: at least one, at most MaxTargets, none empty or longer than the service's ids.
func (f *fields) list(name string, list []string, limit int, needed bool) {
	switch {
	case needed && len(list) == 0:
		f.add(name, "action.invalid.nobody")
	case len(list) > MaxTargets:
		f.add(name, "action.invalid.too_many", "n", len(list), "limit", MaxTargets)
	}
	for _, id := range list {
		if strings.TrimSpace(id) == "" || limit > 0 && len(id) > limit || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' }) {
			f.add(name, "action.invalid.id", "id", id)
			return
		}
	}
}

// distinct removes repeats, keeping the order.
func distinct(list []string) []string {
	var out []string
	seen := make(map[string]bool, len(list))
	for _, id := range list {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
