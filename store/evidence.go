package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"time"
)

// Limits of evidence.
const (
	MaxEvidenceDoc   = 256 << 10 // bytes of a document
	MaxEvidenceFile  = 8 << 20   // bytes of a file that is kept
	MaxEvidenceItems = 60        // of a case
	maxEvidenceName  = 4 << 10
)

// What is frozen with a case.
const (
	EvidenceMessage  = "message"  // as the archive or the service had it, with what it said before
	EvidenceSender   = "sender"   // the profile
	EvidenceMember   = "member"   // what the sender is in the group
	EvidenceGroup    = "group"    // its state
	EvidenceCallback = "callback" // as it came
	EvidenceRule     = "rule"     // as it was written, in the version that flagged
	EvidenceMedia    = "media"    // a file that the message points at
)

// How much of something is frozen.
const (
	EvidenceKept    = "kept"
	EvidenceHashed  = "hashed"  // its hash and address
	EvidenceNamed   = "named"   // its address
	EvidenceMissing = "missing" // there was nothing any more
)

// EvidenceItem is one thing that is frozen with a case.
type EvidenceItem struct {
	ID    int64
	Case  int64
	Kind  string
	Name  string // a rule with its version, the address of a file; else ""
	Taken time.Time
	State string
	Why   string // it is less than kept: a word
	Type  string // of a file
	Size  int64
	Hash  string // SHA-256 in hex of what was taken; of a document the store writes it
	Body  string // a document
	File  []byte // kept under Hash; read with File
}

// Whole reports whether a document still is what was taken: parts about a user may have been erased since.
func (i EvidenceItem) Whole() bool {
	return i.Kind == EvidenceMedia || i.Hash == "" || i.Hash == HashOf([]byte(i.Body))
}

// HashOf is the SHA-256 of b in hex.
func HashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// EvidenceLease is a console's right to freeze what belongs to a case.
type EvidenceLease struct {
	Case  int64
	Owner string
	Round int64
	Tries int
}

// CaseHold says that a case must not go, whoever asks and however old it is.
type CaseHold struct {
	Case       int64
	At         time.Time
	By, ByName string
	Reason     string
}

// Evidence is what is frozen with cases. storetest.Evidence is the contract.
type Evidence interface {
	// Due gives a case of which something is to be frozen to a console, for the length of a lease; each flag makes its case due.
	// ErrNotFound: there is none, and next is how long until there is one; 0: none waits.
	Due(ctx context.Context, owner string, lease time.Duration) (c Case, l EvidenceLease, next time.Duration, err error)
	// Done ends it, unless something was flagged meanwhile. ErrLeaseLost.
	Done(ctx context.Context, l EvidenceLease) error
	// Later has it tried again after a while. ErrLeaseLost.
	Later(ctx context.Context, l EvidenceLease, after time.Duration) error
	// GiveBack leaves it to whoever looks next, as if it had not been taken: the console stops. ErrLeaseLost.
	GiveBack(ctx context.Context, l EvidenceLease) error
	// Freeze keeps things with a case. What is there already stays as it is.
	Freeze(ctx context.Context, id int64, list ...EvidenceItem) error
	// Items are what is frozen with a case, by kind and name.
	Items(ctx context.Context, id int64) ([]EvidenceItem, error)
	// File reads a file by its hash, or ErrNotFound.
	File(ctx context.Context, hash string) ([]byte, error)
	// Prune deletes up to n files that were added before a time and belong to no case any more.
	Prune(ctx context.Context, before time.Time, n int) (int, error)
	// Rule is a rule as it was written in a version, or ErrNotFound.
	Rule(ctx context.Context, name string, version int) (RuleDoc, error)
	// Hold puts a case under hold, with a line of its history; one that is held already is ErrConflict.
	Hold(ctx context.Context, h CaseHold) error
	// Release ends a hold. ErrNotFound: there is none.
	Release(ctx context.Context, h CaseHold) error
	// Held tells who holds a case and why, or ErrNotFound.
	Held(ctx context.Context, id int64) (CaseHold, error)
}

// Kinds of lines that a hold writes into the history of a case.
const (
	CaseDidHold    = "hold"
	CaseDidRelease = "unhold"
)

// underHold holds of a case that must not go.
const underHold = `EXISTS (SELECT 1 FROM evidence_hold x WHERE x.case_id = mod_case.id)`

// notHeld follows the id of a case: what is under hold stays as it is.
const notHeld = ` NOT IN (SELECT case_id FROM evidence_hold)`

type evidence struct{ db *db }

// freezeSoon makes a case due: it was flagged.
func freezeSoon(ctx context.Context, t conn, id int64) error {
	_, err := t.exec(ctx, `INSERT INTO evidence_work (case_id, due, round, tries, lease_owner, lease_until) VALUES (?, `+t.clock()+`, 1, 0, '', 0)
		ON CONFLICT (case_id) DO UPDATE SET due = `+t.clock()+`, round = evidence_work.round + 1, tries = 0`, id)
	return err
}

func (s evidence) Due(ctx context.Context, owner string, lease time.Duration) (c Case, l EvidenceLease, next time.Duration, err error) {
	const op = "find evidence to freeze"
	w, lock := s.db.write(), ""
	if w.postgres {
		lock = ` FOR UPDATE SKIP LOCKED`
	}
	l, err = one(w.row(ctx, `UPDATE evidence_work SET lease_owner = ?, lease_until = `+w.clock()+` + ? WHERE case_id = (
		SELECT case_id FROM evidence_work WHERE due <= `+w.clock()+` AND lease_until < `+w.clock()+` ORDER BY due, case_id LIMIT 1`+lock+`)
		RETURNING case_id, lease_owner, round, tries`, text(owner), lease.Milliseconds()), func(r scanner) (l EvidenceLease, err error) {
		return l, r.Scan(&l.Case, &l.Owner, &l.Round, &l.Tries)
	})
	if isNotFound(err) {
		var ms sql.NullInt64
		if nextErr := w.row(ctx, `SELECT MIN(CASE WHEN due > lease_until THEN due ELSE lease_until END) - `+w.clock()+` FROM evidence_work`).Scan(&ms); nextErr != nil {
			return c, l, 0, wrap(op, nextErr)
		}
		if ms.Valid { // not more than 0: it became due since
			next = time.Duration(max(ms.Int64, 1)) * time.Millisecond
		}
		return c, l, next, wrap(op, err)
	}
	if err == nil {
		c, err = caseStore(s).Get(ctx, l.Case)
	}
	return c, l, 0, wrap(op, err)
}

// freezing is the condition under which a console still has the work.
const freezing = ` WHERE case_id = ? AND lease_owner = ? AND lease_until > 0`

func (s evidence) Done(ctx context.Context, l EvidenceLease) error {
	err := s.db.tx(ctx, func(t conn) error {
		n, err := t.exec(ctx, `DELETE FROM evidence_work`+freezing+` AND round = ?`, l.Case, text(l.Owner), l.Round)
		if err != nil || n > 0 {
			return err
		}
		return t.execOne(ctx, `UPDATE evidence_work SET lease_owner = '', lease_until = 0`+freezing, l.Case, text(l.Owner))
	})
	return wrap("end freezing", lost(err))
}

func (s evidence) Later(ctx context.Context, l EvidenceLease, after time.Duration) error {
	c := s.db.write()
	err := c.execOne(ctx, `UPDATE evidence_work SET due = `+c.clock()+` + ?, tries = tries + 1, lease_owner = '', lease_until = 0`+freezing, after.Milliseconds(), l.Case, text(l.Owner))
	return wrap("freeze later", lost(err))
}

func (s evidence) GiveBack(ctx context.Context, l EvidenceLease) error {
	err := s.db.write().execOne(ctx, `UPDATE evidence_work SET lease_owner = '', lease_until = 0`+freezing, l.Case, text(l.Owner))
	return wrap("give freezing back", lost(err))
}

func lost(err error) error {
	if isNotFound(err) {
		return ErrLeaseLost
	}
	return err
}

func (s evidence) Freeze(ctx context.Context, id int64, list ...EvidenceItem) error {
	const op = "freeze evidence"
	for _, i := range list {
		if i.Kind == "" || i.State == "" || i.Taken.IsZero() || len(i.Body) > MaxEvidenceDoc || len(i.File) > MaxEvidenceFile || len(i.Name) > maxEvidenceName {
			return wrap(op, invalid("an item needs a kind, a state and a time, and at most %d bytes", MaxEvidenceDoc))
		}
	}
	return wrap(op, s.db.tx(ctx, func(t conn) error {
		app, err := one(t.row(ctx, `SELECT app FROM mod_case WHERE id = ?`, id), scanString)
		if err != nil {
			return err
		}
		for _, i := range list {
			body := text(i.Body)
			switch {
			case len(i.File) > 0:
				i.Hash, i.Size = HashOf(i.File), int64(len(i.File))
				if _, err := t.exec(ctx, `INSERT INTO evidence_file (hash, added_at, content) VALUES (?, ?, ?)
					ON CONFLICT (hash) DO UPDATE SET added_at = excluded.added_at`, i.Hash, millis(i.Taken), i.File); err != nil {
					return err
				}
			case body != "":
				i.Hash, i.Size = HashOf([]byte(body)), int64(len(body))
			}
			if _, err := t.exec(ctx, `INSERT INTO evidence_item (case_id, app, kind, name, taken_at, state, why, type, size, hash, body)
				SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE (SELECT COUNT(*) FROM evidence_item WHERE case_id = ?) < ?
				ON CONFLICT DO NOTHING`, id, app, text(i.Kind), text(i.Name), millis(i.Taken), text(i.State), text(i.Why), cut(i.Type, 200), i.Size, text(i.Hash), body,
				id, MaxEvidenceItems); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (s evidence) Items(ctx context.Context, id int64) ([]EvidenceItem, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (i EvidenceItem, err error) {
		var at int64
		err = r.Scan(&i.ID, &i.Case, &i.Kind, &i.Name, &at, &i.State, &i.Why, &i.Type, &i.Size, &i.Hash, &i.Body)
		i.Taken = fromMillis(at)
		return i, err
	}, `SELECT id, case_id, kind, name, taken_at, state, why, type, size, hash, body FROM evidence_item WHERE case_id = ? ORDER BY kind, name LIMIT ?`, id, MaxEvidenceItems)
	return list, wrap("list what is frozen with a case", err)
}

func (s evidence) File(ctx context.Context, hash string) ([]byte, error) {
	b, err := one(s.db.read().row(ctx, `SELECT content FROM evidence_file WHERE hash = ?`, text(hash)), scanBytes)
	return b, wrap("read a file of evidence", err)
}

func (s evidence) Prune(ctx context.Context, before time.Time, n int) (int, error) {
	gone, err := s.db.write().exec(ctx, `DELETE FROM evidence_file WHERE hash IN (SELECT f.hash FROM evidence_file f WHERE f.added_at < ?
		AND NOT EXISTS (SELECT 1 FROM evidence_item i WHERE i.kind = 'media' AND i.hash = f.hash) LIMIT ?)`, millis(before), n)
	return gone, wrap("delete files of evidence", err)
}

func (s evidence) Rule(ctx context.Context, name string, version int) (RuleDoc, error) {
	d, err := one(s.db.read().row(ctx, `SELECT `+docColumns+` FROM rule_doc d WHERE d.kind = ? AND d.name = ? AND d.version = ?`, DocRule, text(name), version), scanDoc)
	return d, wrap("read a version of a rule", err)
}

func (s evidence) Hold(ctx context.Context, h CaseHold) error {
	const op = "hold a case"
	if h.Reason == "" || h.At.IsZero() || h.By == "" {
		return wrap(op, invalid("a hold needs somebody, a time and a reason"))
	}
	return wrap(op, s.db.tx(ctx, func(t conn) error {
		if _, err := one(t.row(ctx, `SELECT id FROM mod_case WHERE id = ?`+t.forUpdate(), h.Case), scanInt); err != nil {
			return err
		}
		n, err := t.exec(ctx, `INSERT INTO evidence_hold (case_id, at, by_id, by_name, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			h.Case, millis(h.At), text(h.By), text(h.ByName), cut(h.Reason, MaxCaseNote))
		if err == nil && n == 0 {
			err = ErrConflict
		}
		if err != nil {
			return err
		}
		return caseStore(s).tell(ctx, t, CaseEvent{Case: h.Case, At: h.At, Kind: CaseDidHold, By: h.By, ByName: h.ByName, Note: h.Reason})
	}))
}

func (s evidence) Release(ctx context.Context, h CaseHold) error {
	return wrap("release a case", s.db.tx(ctx, func(t conn) error {
		if err := t.execOne(ctx, `DELETE FROM evidence_hold WHERE case_id = ?`, h.Case); err != nil {
			return err
		}
		return caseStore(s).tell(ctx, t, CaseEvent{Case: h.Case, At: h.At, Kind: CaseDidRelease, By: h.By, ByName: h.ByName, Note: h.Reason})
	}))
}

func (s evidence) Held(ctx context.Context, id int64) (CaseHold, error) {
	h, err := one(s.db.read().row(ctx, `SELECT case_id, at, by_id, by_name, reason FROM evidence_hold WHERE case_id = ?`, id), func(r scanner) (h CaseHold, err error) {
		var at int64
		err = r.Scan(&h.Case, &at, &h.By, &h.ByName, &h.Reason)
		h.At = fromMillis(at)
		return h, err
	})
	return h, wrap("look whether a case is held", err)
}
