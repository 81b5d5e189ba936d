package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of an audit entry. Longer work is recorded as several entries.
const (
	MaxAuditTargets = 1000     // users, and messages, of one entry
	MaxAuditItems   = 2000     // items of one outcome
	MaxAuditDetail  = 64 << 10 // bytes of Detail
	MaxAuditReason  = 4 << 10  // bytes of Reason
	MaxAuditPage    = 200      // entries of one page
)

// AuditState says how an action ended.
type AuditState string

// The states of an entry. AuditPending is the one without an outcome.
const (
	AuditPending AuditState = "pending" // sent, or about to be
	AuditOK      AuditState = "ok"      // all of it was done
	AuditPartial AuditState = "partial" // some items were refused: see AuditOutcome.Items
	AuditFailed  AuditState = "failed"  // nothing was done
	AuditUnknown AuditState = "unknown" // nobody can tell: no answer came, or the console stopped before it came
)

// AuditEntry is one thing an operator did, or tried to.
type AuditEntry struct {
	ID           int64 // made by Begin: 1, 2, 3, without gaps
	At           time.Time
	OperatorID   string
	OperatorName string // at the time
	Address      string // where the operator's request came from
	Request      string // reference of the request, as in the log
	App          string // "" for what concerns no app, such as signing in
	Action       string // verb, such as "member.mute"
	Group        string
	Users        []string // whom it was done to
	Messages     []string // ids or seqs
	Reason       string
	Detail       json.RawMessage // parameters, a JSON object; nil if there are none
	UndoOf       int64           // the entry that this one takes back; 0: none
	Key          string          // made by the operator's client, once for each form; "" for none. Not returned

	// What follows is known when reading only.

	State    AuditState
	Outcome  *AuditOutcome // nil while pending
	UndoneBy int64         // the newest entry that takes this one back and did not fail; 0: none
}

// AuditOutcome is how it ended. It is appended to the log; the entry stays as it was.
type AuditOutcome struct {
	At            time.Time
	State         AuditState // any but AuditPending
	Items         []AuditItem
	Done          int    // items with code ItemOK; set when reading
	NotDone       int    // all other items; set when reading
	VendorRequest string // request id of the vendor, which its support asks for
	ErrorKind     string // kind of the error, such as "rate_limited"; "" if there was none
}

// ItemOK is the code of an item that was done.
const ItemOK = "ok"

// AuditItem is the result for one user or message.
type AuditItem struct {
	ID         string `json:"id"`
	Code       string `json:"code"`                  // ItemOK, or what came instead, such as "not_member"
	TextKey    string `json:"text_key,omitempty"`    // key of the text for the operator
	VendorCode string `json:"vendor_code,omitempty"` // the vendor's own code
	After      string `json:"after,omitempty"`       // what the vendor said afterwards, in the action's own writing
}

// AuditFilter picks entries. A zero field picks all.
type AuditFilter struct {
	OperatorID string
	App        string
	Apps       []string // only of these apps; nil: of all, and of none
	Group      string   // id; ids are unique within an app: set App too
	User       string   // one of the targets; set App too
	Peer       string   // another target of the same entry; set User too
	Action     string
	Actions    []string // one of these, at most 20; nil: any
	NotActions []string // at most 20
	State      AuditState
	From       time.Time // at or after
	Until      time.Time // before
}

// AuditLog is the trail of what operators did. Entries and outcomes are appended and never changed or deleted.
// storetest.AuditLog is its contract.
type AuditLog interface {
	// Begin appends e before its action is carried out, and returns its id. ErrInvalid: over a limit above.
	// ErrConflict: the operator has an entry with this Key, or the entry that UndoOf names is being taken back or was,
	// by another that did not fail. Of several at once, one wins. If Begin fails, the action must not be carried out.
	Begin(ctx context.Context, e AuditEntry) (int64, error)
	// Finish appends the outcome. ErrNotFound: no such entry. ErrConflict: it has one.
	// Call it with a context that outlives the request, for what was done was done.
	Finish(ctx context.Context, id int64, o AuditOutcome) error
	// Get returns one entry whole, or ErrNotFound.
	Get(ctx context.Context, id int64) (AuditEntry, error)
	// ByKey returns the operator's entry with the key, whole, or ErrNotFound.
	ByKey(ctx context.Context, operatorID, key string) (AuditEntry, error)
	// List returns up to n entries (1 to MaxAuditPage) that match f, newest first, older than the entry with the id
	// before; 0: from the newest on. Items of outcomes are left out, their counts are not.
	List(ctx context.Context, f AuditFilter, before int64, n int) ([]AuditEntry, error)
	// Tally counts what an operator did from one time to another, by action. apps: only in these; nil: everywhere.
	Tally(ctx context.Context, operatorID string, apps []string, from, until time.Time) (map[string]int, error)
	// Count tells how many entries the log has.
	Count(ctx context.Context) (int64, error)
	// Unfinished returns up to MaxAuditPage entries without outcome from before t, oldest first. At start these are
	// what a crash left behind: finish them as AuditUnknown.
	Unfinished(ctx context.Context, t time.Time) ([]AuditEntry, error)
	// Head returns the end of the chain of hashes.
	Head(ctx context.Context) (AuditHead, error)
	// Verify reads the whole log up to now and holds it against its chain of hashes; writing may go on meanwhile. link, if it
	// is not nil, is called with the hash of each record; an error of it ends the check.
	Verify(ctx context.Context, link func(record int64, hash string) error) (AuditCheck, error)
}

type auditLog struct{ db *db }

func (s auditLog) Begin(ctx context.Context, e AuditEntry) (int64, error) {
	const op = "begin audit entry"
	row, err := entryValues(e)
	if err != nil {
		return 0, wrap(op, err)
	}
	var id int64
	err = s.db.tx(ctx, func(c conn) error {
		id, err = appendEntry(ctx, c, e, row)
		return err
	})
	if err != nil {
		return 0, wrap(op, err)
	}
	return id, nil
}

// appendEntry writes an entry, whose columns from at on are row, and returns its id.
func appendEntry(ctx context.Context, c conn, e AuditEntry, row []any) (id int64, err error) {
	// The head's row is also the lock that keeps ids and seqs in the order of the commits.
	var seq int64
	if err := c.row(ctx, `UPDATE audit_head SET entries = entries + 1, records = records + 1 WHERE id = 1
		RETURNING entries, records`).Scan(&id, &seq); err != nil {
		return 0, err
	}
	if err := claim(ctx, c, id, e); err != nil {
		return 0, err
	}
	columns := append([]any{id, seq}, row...)
	if _, err := c.exec(ctx, `INSERT INTO audit_entry (`+entryColumns+`) VALUES (`+marks(len(columns))+`)`, columns...); err != nil {
		return 0, err
	}
	if err := chain(ctx, c, newRecord("entry", entryPersonal, columns)); err != nil {
		return 0, err
	}
	if _, err := c.exec(ctx, `INSERT INTO audit_open (entry_id, entry_at) VALUES (?, ?)`, id, millis(e.At)); err != nil {
		return 0, err
	}
	for users := range slices.Chunk(e.Users, 200) {
		var values []any
		for _, u := range users {
			values = append(values, text(u), text(e.App), millis(e.At), id)
		}
		if _, err := c.exec(ctx, `INSERT INTO audit_target (user_id, app, entry_at, entry_id)
			VALUES (?,?,?,?)`+strings.Repeat(`,(?,?,?,?)`, len(users)-1)+` ON CONFLICT DO NOTHING`, values...); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// claim takes what only one entry can have: the key, and the right to take another entry back. The caller holds the
// lock on the head, so that of several at once all but one find it taken.
func claim(ctx context.Context, c conn, id int64, e AuditEntry) error {
	if e.Key != "" {
		n, err := c.exec(ctx, `INSERT INTO audit_key (operator_id, key, entry_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			text(e.OperatorID), text(e.Key), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrConflict
		}
	}
	if e.UndoOf == 0 {
		return nil
	}
	undone, err := one(c.row(ctx, `SELECT COUNT(*) FROM audit_entry u LEFT JOIN audit_outcome w ON w.entry_id = u.id
		WHERE u.undo_of <> 0 AND u.undo_of = ? AND COALESCE(w.state, '') <> 'failed'`, e.UndoOf), scanInt)
	if err == nil && undone > 0 {
		err = ErrConflict
	}
	return err
}

// entryValues checks e and returns its columns from at on.
func entryValues(e AuditEntry) ([]any, error) {
	switch {
	case e.Action == "" || e.At.IsZero():
		return nil, invalid("an audit entry needs an action and a time")
	case len(e.Users) > MaxAuditTargets || len(e.Messages) > MaxAuditTargets:
		return nil, invalid("%d users and %d messages, at most %d each fit in one audit entry", len(e.Users), len(e.Messages), MaxAuditTargets)
	case len(e.Reason) > MaxAuditReason:
		return nil, invalid("the reason has %d bytes, at most %d fit", len(e.Reason), MaxAuditReason)
	case len(e.Detail) > MaxAuditDetail:
		return nil, invalid("the detail has %d bytes, at most %d fit", len(e.Detail), MaxAuditDetail)
	}
	detail, err := objectJSON(e.Detail)
	if err != nil {
		return nil, err
	}
	users, err := listJSON(e.Users)
	if err != nil {
		return nil, err
	}
	messages, err := listJSON(e.Messages)
	if err != nil {
		return nil, err
	}
	return []any{
		millis(e.At), text(e.OperatorID), text(e.OperatorName), text(e.Address), text(e.Request), text(e.App),
		text(e.Action), text(e.Group), e.UndoOf, users, messages, text(e.Reason), detail,
	}, nil
}

// listJSON writes ids the one way they are written in the log.
func listJSON(list []string) (string, error) {
	clean := make([]string, 0, len(list))
	for _, s := range list {
		clean = append(clean, text(s))
	}
	b, err := json.Marshal(clean)
	return string(b), err
}

// objectJSON checks that raw is a JSON object, or nothing, and takes the space out of it.
func objectJSON(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "{}", nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil || b.Bytes()[0] != '{' {
		return "", invalid("the detail is not a JSON object")
	}
	return text(b.String()), nil
}

func (s auditLog) Finish(ctx context.Context, id int64, o AuditOutcome) error {
	items, done, err := outcomeItems(o)
	if err == nil {
		err = s.db.tx(ctx, func(c conn) error { return appendOutcome(ctx, c, id, o, items, done) })
	}
	return wrap("finish audit entry", err)
}

// outcomeItems checks o and returns its items as JSON, and how many were done.
func outcomeItems(o AuditOutcome) (items string, done int, err error) {
	switch o.State {
	case AuditOK, AuditPartial, AuditFailed, AuditUnknown:
	default:
		return "", 0, invalid("%q is no state of an outcome", o.State)
	}
	if o.At.IsZero() || len(o.Items) > MaxAuditItems {
		return "", 0, invalid("an outcome needs a time, and has at most %d items", MaxAuditItems)
	}
	list := make([]AuditItem, 0, len(o.Items))
	for _, i := range o.Items {
		if i.Code == ItemOK {
			done++
		}
		list = append(list, AuditItem{text(i.ID), text(i.Code), text(i.TextKey), text(i.VendorCode), text(i.After)})
	}
	b, err := json.Marshal(list)
	return string(b), done, err
}

func appendOutcome(ctx context.Context, c conn, id int64, o AuditOutcome, items string, done int) error {
	var seq, entryAt int64
	if err := c.row(ctx, `UPDATE audit_head SET records = records + 1 WHERE id = 1 RETURNING records`).Scan(&seq); err != nil {
		return err
	}
	entryAt, err := one(c.row(ctx, `SELECT at FROM audit_entry WHERE id = ?`, id), scanInt)
	if err != nil {
		return err
	}
	row := []any{
		id, seq, millis(o.At), string(o.State), text(o.VendorRequest), text(o.ErrorKind), int64(done), int64(len(o.Items) - done), entryAt, items,
	}
	n, err := c.exec(ctx, `INSERT INTO audit_outcome (`+outcomeColumns+`) VALUES (`+marks(len(row))+`) ON CONFLICT (entry_id) DO NOTHING`, row...)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrConflict
	}
	if err := chain(ctx, c, newRecord("outcome", outcomePerson, row)); err != nil {
		return err
	}
	_, err = c.exec(ctx, `DELETE FROM audit_open WHERE entry_id = ?`, id)
	return err
}

func scanInt(r scanner) (n int64, err error) { return n, r.Scan(&n) }

// auditColumns are those of an entry e with its outcome o; %s stands for the items.
const auditColumns = `e.id, e.at, e.operator_id, e.operator_name, e.address, e.request, e.app, e.action, e.group_id,
	e.users, e.messages, e.reason, e.detail, e.undo_of,
	COALESCE(o.state, ''), COALESCE(o.at, 0), COALESCE(o.done, 0), COALESCE(o.not_done, 0),
	COALESCE(o.vendor_request, ''), COALESCE(o.error_kind, ''), %s,
	COALESCE((SELECT MAX(u.id) FROM audit_entry u LEFT JOIN audit_outcome w ON w.entry_id = u.id
		WHERE u.undo_of <> 0 AND u.undo_of = e.id AND COALESCE(w.state, '') <> 'failed'), 0)`

func scanAudit(r scanner) (AuditEntry, error) {
	var (
		e                              AuditEntry
		o                              AuditOutcome
		at, finished                   int64
		users, messages, detail, items string
	)
	if err := r.Scan(&e.ID, &at, &e.OperatorID, &e.OperatorName, &e.Address, &e.Request, &e.App, &e.Action, &e.Group,
		&users, &messages, &e.Reason, &detail, &e.UndoOf,
		&o.State, &finished, &o.Done, &o.NotDone, &o.VendorRequest, &o.ErrorKind, &items, &e.UndoneBy); err != nil {
		return e, err
	}
	e.At, o.At, e.State = fromMillis(at), fromMillis(finished), AuditPending
	if o.State != "" {
		e.State, e.Outcome = o.State, &o
	}
	if detail != "{}" {
		e.Detail = json.RawMessage(detail)
	}
	for _, list := range []struct {
		text string
		to   any
	}{{users, &e.Users}, {messages, &e.Messages}, {items, &o.Items}} {
		if list.text == "[]" {
			continue // nil, as it came in
		}
		if err := json.Unmarshal([]byte(list.text), list.to); err != nil {
			return e, fmt.Errorf("entry %d: %w", e.ID, err)
		}
	}
	return e, nil
}

func (s auditLog) Get(ctx context.Context, id int64) (AuditEntry, error) {
	e, err := one(s.db.read().row(ctx, `SELECT `+fmt.Sprintf(auditColumns, `COALESCE(o.items, '[]')`)+`
		FROM audit_entry e LEFT JOIN audit_outcome o ON o.entry_id = e.id WHERE e.id = ?`, id), scanAudit)
	return e, wrap("get audit entry", err)
}

func (s auditLog) ByKey(ctx context.Context, operatorID, key string) (AuditEntry, error) {
	e, err := one(s.db.read().row(ctx, `SELECT `+fmt.Sprintf(auditColumns, `COALESCE(o.items, '[]')`)+`
		FROM audit_key k JOIN audit_entry e ON e.id = k.entry_id LEFT JOIN audit_outcome o ON o.entry_id = e.id
		WHERE k.operator_id = ? AND k.key = ?`, text(operatorID), text(key)), scanAudit)
	return e, wrap("get audit entry by key", err)
}

func (s auditLog) Count(ctx context.Context) (int64, error) {
	n, err := one(s.db.read().row(ctx, `SELECT entries FROM audit_head WHERE id = 1`), scanInt)
	return n, wrap("count audit entries", err)
}

func (s auditLog) Tally(ctx context.Context, operatorID string, apps []string, from, until time.Time) (map[string]int, error) {
	q := auditQuery(AuditFilter{OperatorID: operatorID, Apps: apps, From: from, Until: until}, s.db.postgres)
	type count struct {
		action string
		n      int
	}
	list, err := all(ctx, s.db.read(), func(r scanner) (x count, err error) { return x, r.Scan(&x.action, &x.n) },
		`SELECT e.action, COUNT(*) FROM `+q.from+` WHERE `+strings.Join(q.conditions, ` AND `)+` GROUP BY e.action`, q.args...)
	tally := make(map[string]int, len(list))
	for _, x := range list {
		tally[x.action] = x.n
	}
	return tally, wrap("tally audit entries", err)
}

func (s auditLog) Unfinished(ctx context.Context, t time.Time) ([]AuditEntry, error) {
	list, err := all(ctx, s.db.read(), scanAudit, `SELECT `+fmt.Sprintf(auditColumns, `'[]'`)+`
		FROM audit_open p CROSS JOIN audit_entry e LEFT JOIN audit_outcome o ON o.entry_id = e.id
		WHERE e.id = p.entry_id AND p.entry_at < ? ORDER BY p.entry_at, p.entry_id LIMIT ?`, millis(t), MaxAuditPage)
	return list, wrap("list unfinished audit entries", err)
}

func (s auditLog) List(ctx context.Context, f AuditFilter, before int64, n int) ([]AuditEntry, error) {
	const op = "list audit entries"
	if len(f.NotActions) > 20 {
		return nil, wrap(op, invalid("%d actions to leave out, at most 20", len(f.NotActions)))
	}
	if len(f.Actions) > 20 {
		return nil, wrap(op, invalid("%d actions, at most 20", len(f.Actions)))
	}
	c := s.db.read()
	q := auditQuery(f, s.db.postgres)
	if before != 0 {
		at, err := one(c.row(ctx, `SELECT at FROM audit_entry WHERE id = ?`, before), scanInt)
		if err != nil {
			return nil, wrap(op, err)
		}
		q.where(`(`+q.at+`, `+q.id+`) < (?, ?)`, at, before)
	}
	list, err := all(ctx, c, scanAudit, q.text(), append(q.args, min(max(n, 1), MaxAuditPage))...)
	return list, wrap(op, err)
}

// auditSelect is a query for entries, made by auditQuery.
type auditSelect struct {
	from       string
	at, id     string // columns with the time and the id of an entry in the table that is read first
	conditions []string
	args       []any
}

func (q *auditSelect) where(condition string, args ...any) {
	q.conditions = append(q.conditions, condition)
	q.args = append(q.args, args...)
}

// text is the query; a limit follows the args.
func (q *auditSelect) text() string {
	return `SELECT ` + fmt.Sprintf(auditColumns, `'[]'`) + ` FROM ` + q.from +
		` WHERE ` + strings.Join(q.conditions, ` AND `) + ` ORDER BY ` + q.at + ` DESC, ` + q.id + ` DESC LIMIT ?`
}

// auditQuery makes a query that reads first, and in the order wanted, what the filter leaves least of: a page is then
// found without sorting and almost without reading in vain. SQLite keeps no statistics by itself to know that from, so
// the order of the tables (CROSS JOIN) and the index are given; PostgreSQL takes the same text and decides alone.
func auditQuery(f AuditFilter, postgres bool) *auditSelect {
	const withOutcome = ` LEFT JOIN audit_outcome o ON o.entry_id = e.id`
	q := &auditSelect{}
	rare := f.State != "" && f.State != AuditOK
	switch {
	case f.User != "":
		q.from, q.at, q.id = `audit_target t CROSS JOIN audit_entry e`+withOutcome, `t.entry_at`, `t.entry_id`
		q.where(`e.id = t.entry_id AND t.user_id = ?`, text(f.User))
		if f.App != "" {
			q.where(`t.app = ?`, text(f.App))
		}
	case f.Group == "" && f.State == AuditPending:
		q.from, q.at, q.id = `audit_open p CROSS JOIN audit_entry e`+withOutcome, `p.entry_at`, `p.entry_id`
		q.where(`e.id = p.entry_id`)
	case f.Group == "" && rare:
		q.from, q.at, q.id = `audit_outcome o CROSS JOIN audit_entry e`, `o.entry_at`, `o.entry_id`
		q.where(`e.id = o.entry_id`)
	default:
		q.from, q.at, q.id = `audit_entry e`+indexedBy(f, postgres)+withOutcome, `e.at`, `e.id`
		q.where(`e.id > 0`) // so that there is a condition
	}
	for _, is := range []struct{ column, value string }{
		{`e.group_id`, f.Group}, {`e.operator_id`, f.OperatorID}, {`e.action`, f.Action}, {`e.app`, f.App},
	} {
		if is.value != "" {
			q.where(is.column+` = ?`, text(is.value))
		}
	}
	if f.Group != "" {
		q.where(`e.group_id <> ''`) // the index has only these
	}
	if f.Apps != nil {
		in := []any{""} // no app is called so; entries of none are left out
		for _, a := range f.Apps {
			if a != "" {
				in = append(in, text(a))
			}
		}
		q.where(`e.app <> '' AND e.app IN (`+marks(len(in))+`)`, in...)
	}
	for _, a := range f.NotActions {
		q.where(`e.action <> ?`, text(a))
	}
	if len(f.Actions) > 0 {
		in := make([]any, 0, len(f.Actions))
		for _, a := range f.Actions {
			in = append(in, text(a))
		}
		q.where(`e.action IN (`+marks(len(in))+`)`, in...)
	}
	if f.Peer != "" {
		q.where(`EXISTS (SELECT 1 FROM audit_target w WHERE w.user_id = ? AND w.app = e.app AND w.entry_at = e.at AND w.entry_id = e.id)`, text(f.Peer))
	}
	switch f.State {
	case "":
	case AuditPending:
		q.where(`o.entry_id IS NULL`)
	default:
		q.where(`o.state = ?`, string(f.State))
	}
	if !f.From.IsZero() {
		q.where(q.at+` >= ?`, millis(f.From))
	}
	if !f.Until.IsZero() {
		q.where(q.at+` < ?`, millis(f.Until))
	}
	return q
}

// indexedBy names the index of the filter that leaves least.
func indexedBy(f AuditFilter, postgres bool) string {
	switch {
	case postgres:
		return ""
	case f.Group != "":
		return ` INDEXED BY audit_entry_group`
	case f.OperatorID != "":
		return ` INDEXED BY audit_entry_operator`
	case f.Action != "":
		return ` INDEXED BY audit_entry_action`
	case f.App != "":
		return ` INDEXED BY audit_entry_app`
	default:
		return ` INDEXED BY audit_entry_at`
	}
}
