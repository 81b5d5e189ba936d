package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Erased stands in the audit log, and wherever else, for what was about a person and is erased.
const Erased = "[erased]"

// Actions of the entries that tell what was taken out of the log. Such an entry is never taken out itself.
const (
	ActionErase = "audit.erase" // what was about a person
	ActionDrop  = "audit.drop"  // records whose time was over
)

// Holdings are what imdesk holds about a user of an app.
type Holdings struct {
	Targets   int // audit entries about the user
	Mentions  int // audit entries of the app that name the user elsewhere: as somebody concerned, or in a reason
	First     time.Time
	Last      time.Time // of the entries about the user
	Places    int       // pins and last visited places of operators
	Requests  int       // requests for a second person that name the user
	JobItems  int       // targets of jobs
	Messages  int       // what the user said, kept in the archive
	Lists     int       // rows of lists that imdesk keeps beside the service's: users it knows of, those who are protected, and what rules caught
	Cases     int       // cases about the user with all that is kept with them, reports by the user, strikes, and what else names the user in cases
	Held      int       // cases about the user under hold: they are erased once nobody holds them any more
	UnderWay  int       // entries, jobs and verdicts that have no end yet: they can be erased later only
	Protected bool      // the user is on the list of those whom no job may harm, which erasing takes away
}

// Any reports whether there is anything to erase.
func (h Holdings) Any() bool {
	return h.Targets+h.Mentions+h.Places+h.Requests+h.JobItems+h.Lists+h.Messages+h.Cases > 0
}

// Erasure is what was erased.
type Erasure struct {
	Entries  int // audit entries
	Records  int // of them: entries and outcomes
	Places   int
	Requests int
	JobItems int
	Lists    int
	Messages int
	Cases    int
	Held     int     // cases under hold, which stay as they are
	Left     int     // entries, jobs and verdicts under way
	Told     []int64 // the audit entries that tell of it
}

// Drop says which records of the audit log go.
type Drop struct {
	Actions    []string // these; empty: all
	NotActions []string // but not these
	Before     time.Time
	Most       int // entries at once, up to MaxDrop
}

// MaxDrop is how many entries one call drops.
const MaxDrop = 200

// Privacy takes out what must not be kept. The audit log's chain still holds afterwards: what was erased is sealed anew, what
// was dropped leaves its link, and an entry of the log tells of both. storetest.Privacy is the contract.
type Privacy interface {
	// Find tells what is held about a user. It reads the app's whole log.
	Find(ctx context.Context, app, user string, now time.Time) (Holdings, error)
	// Erase takes it out, in several transactions with an entry each. by is that entry without Action, Users, Detail and
	// Messages: it must not name the user. What is under way is left. ErrInvalid: the reason names the user.
	Erase(ctx context.Context, by AuditEntry, app, user string) (Erasure, error)
	// Drop takes up to d.Most finished entries with their outcomes out of the log, oldest first, and tells how many. by is as
	// with Erase; where nothing is dropped it is not recorded.
	Drop(ctx context.Context, by AuditEntry, d Drop) (int, error)
	// DropPlaces deletes up to limit places that operators visited last before t.
	DropPlaces(ctx context.Context, t time.Time, limit int) (int, error)
	// DropCases deletes up to limit cases that were decided before t, oldest first, with their evidence, reports and strikes.
	DropCases(ctx context.Context, t time.Time, limit int) (int, error)
}

type privacy struct{ db *db }

// eraseBatch is how many entries are erased in one transaction: the entry that tells of it has room for them.
const eraseBatch = 150

// underWay is how long an entry without outcome may still get one.
const underWay = time.Hour

// minMention is how many characters an id needs to be looked for within texts.
const minMention = 4

// UserHash is what remains of an erased user's id: whoever knows the id can tell that it was erased, and nobody can read it.
func UserHash(app, user string) string {
	sum := sha256.Sum256([]byte(digest("imdesk erased user", app, user)))
	return hex.EncodeToString(sum[:])
}

// told is what the log tells of what was taken out of it.
type told struct {
	erased  map[int64]string // by seq: the new seal of what was about people
	dropped map[int64]string // by seq: the hash of its link
}

// toldDetail is the detail of an entry that tells what was taken out.
type toldDetail struct {
	User    string      `json:"user_hash,omitempty"`
	Kind    string      `json:"kind,omitempty"`
	Before  string      `json:"before,omitempty"`
	Entries int         `json:"entries"`
	Records []toldRow   `json:"records"`
	Others  *toldOthers `json:"others,omitempty"`
}

// toldOthers counts what was erased beside the log.
type toldOthers struct {
	Places   int `json:"places"`
	Requests int `json:"requests"`
	JobItems int `json:"job_items"`
	Lists    int `json:"lists"`
	Messages int `json:"messages,omitempty"` // of the archive
	Cases    int `json:"cases,omitempty"`
}

// toldRow is a record that was taken out: written as [seq, "hash"].
type toldRow struct {
	seq  int64
	hash string
}

func (r toldRow) MarshalJSON() ([]byte, error) { return json.Marshal([]any{r.seq, r.hash}) }

func (r *toldRow) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &[]any{&r.seq, &r.hash}) }

// readTold reads what was taken out. An entry that was tampered with is named when the chain is held against it.
func readTold(ctx context.Context, c conn) (told, error) {
	t := told{map[int64]string{}, map[int64]string{}}
	list, err := all(ctx, c, func(r scanner) (e [2]string, err error) { return e, r.Scan(&e[0], &e[1]) },
		`SELECT action, detail FROM audit_entry WHERE action IN (?, ?) ORDER BY id`, ActionErase, ActionDrop)
	for _, e := range list {
		var d toldDetail
		if json.Unmarshal([]byte(e[1]), &d) != nil {
			continue
		}
		to := t.erased
		if e[0] == ActionDrop {
			to = t.dropped
		}
		for _, r := range d.Records {
			to[r.seq] = r.hash
		}
	}
	return t, err
}

// sealed reports whether what a record says about people is what was written, or what was left when it was erased.
func (t told) sealed(r record, l link) bool {
	want, erased := t.erased[r.seq]
	if !erased {
		want = l.personal
	}
	return l.salt != "" && r.sealPersonal(l.salt) == want
}

// gated opens the gate in the append-only log for one kind of work, within the transaction.
func gated(ctx context.Context, c conn, work string, do func() error) error {
	open, shut := `INSERT INTO audit_gate (work) VALUES ('`+work+`')`, `DELETE FROM audit_gate`
	if c.postgres {
		open, shut = `SET LOCAL imdesk.audit_gate = '`+work+`'`, `SET LOCAL imdesk.audit_gate = ''`
	}
	if _, err := c.exec(ctx, open); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	_, err := c.exec(ctx, shut)
	return err
}

// lockHead makes everybody who writes the log wait: what is read in the transaction stays as it is until its end.
func lockHead(ctx context.Context, c conn) error {
	return c.execOne(ctx, `UPDATE audit_head SET chained = chained WHERE id = 1`)
}

// tell writes the entry that tells what was taken out, with its outcome.
func tell(ctx context.Context, c conn, by AuditEntry, action string, d toldDetail) (int64, error) {
	detail, err := json.Marshal(d)
	if err != nil {
		return 0, err
	}
	by.Action, by.Detail, by.Users, by.Messages = action, detail, nil, nil
	row, err := entryValues(by)
	if err != nil {
		return 0, err
	}
	id, err := appendEntry(ctx, c, by, row)
	if err == nil {
		err = appendOutcome(ctx, c, id, AuditOutcome{At: by.At, State: AuditOK}, "[]", 0)
	}
	return id, err
}

// like finds a text within a column; the text may stand there as in JSON.
func like(c conn, column string) string {
	if c.postgres {
		return `strpos(` + column + `, ?) > 0`
	}
	return `instr(` + column + `, ?) > 0`
}

// spellings are how an id may be written within texts and JSON.
func spellings(user string) []string {
	var plain strings.Builder
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(user) // a string can be encoded
	escaped, _ := json.Marshal(user)
	list := []string{user, strings.Trim(strings.TrimSpace(plain.String()), `"`), strings.Trim(string(escaped), `"`)}
	slices.Sort(list)
	return slices.Compact(list)
}

// mentions is a condition for entries of the app that may name the user beside their targets.
func mentions(c conn, user string) (condition string, args []any) {
	var list []string
	for _, s := range spellings(user) {
		for _, column := range []string{`e.detail`, `e.reason`, `COALESCE(o.items, '')`} {
			list = append(list, like(c, column))
			args = append(args, s)
		}
	}
	return `(` + strings.Join(list, ` OR `) + `)`, args
}

// candidate is an entry with its outcome, as far as it is about people.
type candidate struct {
	id                               int64
	users, messages, reason, detail  string
	items                            string
	target                           bool
	newUsers, newMessages, newReason string
	newDetail, newItems              string
}

func scanCandidate(r scanner) (x candidate, err error) {
	return x, r.Scan(&x.id, &x.users, &x.messages, &x.reason, &x.detail, &x.items)
}

const candidateColumns = `SELECT e.id, e.users, e.messages, e.reason, e.detail, COALESCE(o.items, '') FROM `

// changed reports whether something is to be erased.
func (x candidate) changed() bool {
	return x.users != x.newUsers || x.messages != x.newMessages || x.reason != x.newReason || x.detail != x.newDetail || x.items != x.newItems
}

func (s privacy) Find(ctx context.Context, app, user string, now time.Time) (Holdings, error) {
	const op = "find what is held about a user"
	if app == "" || user == "" || user == Erased {
		return Holdings{}, wrap(op, invalid("whose data of which app?"))
	}
	c := s.db.read()
	var h Holdings
	var first, last int64
	app, user = text(app), text(user)
	err := c.row(ctx, `SELECT COUNT(*), COALESCE(MIN(entry_at), 0), COALESCE(MAX(entry_at), 0),
		COALESCE(SUM(CASE WHEN p.entry_id IS NOT NULL AND t.entry_at > ? THEN 1 ELSE 0 END), 0)
		FROM audit_target t LEFT JOIN (SELECT entry_id FROM audit_open) AS p ON p.entry_id = t.entry_id WHERE t.user_id = ? AND t.app = ?`,
		millis(now.Add(-underWay)), user, app).Scan(&h.Targets, &first, &last, &h.UnderWay)
	if err != nil {
		return h, wrap(op, err)
	}
	h.First, h.Last = fromMillis(first), fromMillis(last)
	for after := int64(0); utf8.RuneCountInString(user) >= minMention; {
		list, err := s.mentioning(ctx, c, app, user, after)
		if err != nil {
			return h, wrap(op, err)
		}
		for _, x := range list {
			if after = x.id; x.changed() {
				h.Mentions++
			}
		}
		if len(list) < eraseBatch {
			break
		}
	}
	for _, part := range s.beside(c, app, user) {
		n, err := one(c.row(ctx, `SELECT COUNT(*) FROM `+part.table+` WHERE `+part.where, part.args...), scanInt)
		if err != nil {
			return h, wrap(op, err)
		}
		*part.found(&h) += int(n)
		h.Protected = h.Protected || part.table == `protected_user` && n > 0
	}
	said, err := one(c.row(ctx, `SELECT (SELECT COUNT(*) FROM archive_message m JOIN archive_place p ON p.id = m.place WHERE m.sender = ? AND p.app = ? AND p.grp <> '')
		+ (SELECT COALESCE(SUM(messages), 0) FROM archive_place WHERE app = ? AND grp = '' AND (user_a = ? OR user_b = ?))`,
		user, app, app, user, user), scanInt)
	if err != nil {
		return h, wrap(op, err)
	}
	h.Messages = int(said)
	cases, err := s.inCases(ctx, app, user, false)
	if err != nil {
		return h, wrap(op, err)
	}
	h.Cases += cases
	if h.Held, err = heldCases(ctx, c, app, user); err != nil {
		return h, wrap(op, err)
	}
	for _, count := range []func(context.Context, conn, string, string) (int, error){openJobs, openCases} {
		n, err := count(ctx, c, app, user)
		if err != nil {
			return h, wrap(op, err)
		}
		h.UnderWay += n
	}
	return h, nil
}

// mentioning reads entries of the app that name the user, but not as a target, after an id.
func (s privacy) mentioning(ctx context.Context, c conn, app, user string, after int64) ([]candidate, error) {
	condition, args := mentions(c, user)
	args = append([]any{app, after, ActionErase, ActionDrop}, args...)
	list, err := all(ctx, c, scanCandidate, candidateColumns+`audit_entry e LEFT JOIN audit_outcome o ON o.entry_id = e.id
		WHERE e.app = ? AND e.id > ? AND e.action NOT IN (?, ?) AND `+condition+`
		AND NOT EXISTS (SELECT 1 FROM audit_target t WHERE t.user_id = ? AND t.app = e.app AND t.entry_at = e.at AND t.entry_id = e.id)
		ORDER BY e.id LIMIT ?`, append(args, user, eraseBatch)...)
	for i := range list {
		list[i].erase(user)
	}
	return list, err
}

// table is a place beside the log that holds something about users.
type table struct {
	table, where string
	args         []any
	erase        string // what is set; "": rows are deleted
	found        func(*Holdings) *int
	erased       func(*Erasure) *int
}

// beside are the places beside the log.
func (s privacy) beside(c conn, app, user string) []table {
	quoted, _ := json.Marshal(user)
	var named []string
	args := []any{app}
	for _, column := range []string{`users`, `body`, `plan`} {
		named = append(named, like(c, column))
		args = append(args, string(quoted))
	}
	places := func(h *Holdings) *int { return &h.Places }
	placesGone := func(e *Erasure) *int { return &e.Places }
	lists := func(h *Holdings) *int { return &h.Lists }
	listsGone := func(e *Erasure) *int { return &e.Lists }
	list := append(caseTables(app, user), waveTables(app, user)...)
	return append(list, []table{
		{`pin`, `app = ? AND kind = 'user' AND place_id = ?`, []any{app, user}, "", places, placesGone},
		{`recent`, `app = ? AND kind = 'user' AND place_id = ?`, []any{app, user}, "", places, placesGone},
		{
			`approval`, `app = ? AND state NOT IN ('waiting', 'running') AND (` + strings.Join(named, ` OR `) + `)`, args,
			`users = '[]', body = '{}', plan = '{}', form = '', reason = '` + Erased + `'`,
			func(h *Holdings) *int { return &h.Requests }, func(e *Erasure) *int { return &e.Requests },
		},
		{
			`job_item`, `target = ? AND job IN (SELECT id FROM job WHERE app = ? AND ended_at <> 0)`,
			[]any{user, app},
			`target = '` + Erased + `', more = '', was = '', now = ''`,
			func(h *Holdings) *int { return &h.JobItems }, func(e *Erasure) *int { return &e.JobItems },
		},
		{`known_user`, `app = ? AND user_id = ?`, []any{app, user}, "", lists, listsGone},
		{`known_name`, `app = ? AND kind = 'user' AND target = ?`, []any{app, user}, "", lists, listsGone},
		{`protected_user`, `app = ? AND user_id = ?`, []any{app, user}, "", lists, listsGone},
		{`rule_hit`, `app = ? AND sender = ?`, []any{app, user}, "", lists, listsGone},
		{`rule_held`, `app = ? AND (sender = ? OR peer = ?)`, []any{app, user, user}, "", lists, listsGone},
		{`rule_strike`, `app = ? AND user_id = ?`, []any{app, user}, "", lists, listsGone},
		{`sanction`, `app = ? AND user_id = ?`, []any{app, user}, "", lists, listsGone},
		{`sanction`, `app = ? AND source = '` + SanctionByUser + `' AND by_id = ?`, []any{app, user}, `by_id = '` + Erased + `', by_name = ''`, lists, listsGone},
		{`sanction_look`, `app = ? AND kind = 'user' AND target = ?`, []any{app, user}, "", lists, listsGone},
	}...)
}

// openJobs counts jobs and requests that name the user and have not ended.
func openJobs(ctx context.Context, c conn, app, user string) (int, error) {
	quoted, _ := json.Marshal(user)
	n, err := one(c.row(ctx, `SELECT (SELECT COUNT(*) FROM job WHERE app = ? AND ended_at = 0
		AND EXISTS (SELECT 1 FROM job_item i WHERE i.job = job.id AND i.target = ?))
		+ (SELECT COUNT(*) FROM approval WHERE app = ? AND state IN ('waiting', 'running') AND (`+like(c, `users`)+` OR `+like(c, `body`)+`))`,
		app, user, app, string(quoted), string(quoted)), scanInt)
	return int(n), err
}

func (s privacy) Erase(ctx context.Context, by AuditEntry, app, user string) (Erasure, error) {
	const op = "erase a user's data"
	app, user = text(app), text(user)
	switch {
	case app == "" || user == "" || user == Erased:
		return Erasure{}, wrap(op, invalid("whose data of which app?"))
	case strings.Contains(by.Reason, user):
		return Erasure{}, wrap(op, invalid("the reason is kept: it must not name the user"))
	}
	by.App = app
	if err := (callbackStore{s.db}).forget(ctx, app, user); err != nil {
		return Erasure{}, wrap(op, err)
	}
	var total Erasure
	for { // the archive may hold very many: in steps, which can be taken again
		n, err := archive{s.db}.Erase(ctx, app, user, by.At, MaxArchiveBatch)
		if err != nil {
			return total, wrap(op, err)
		}
		if total.Messages += n; n < MaxArchiveBatch {
			break
		}
	}
	n, err := s.inCases(ctx, app, user, true)
	if total.Cases = n; err != nil {
		return total, wrap(op, err)
	}
	after, targets := int64(0), true
	for first, more := true, true; more; first = false {
		err := s.db.tx(ctx, func(c conn) error {
			if err := lockHead(ctx, c); err != nil {
				return err
			}
			d := toldDetail{User: UserHash(app, user), Records: []toldRow{}}
			if first {
				var err error
				if d.Others, err = s.eraseBeside(ctx, c, app, user, &total); err != nil {
					return err
				}
			}
			list, err := s.next(ctx, c, app, user, targets, after, by.At)
			if err != nil {
				return err
			}
			switch {
			case len(list) == eraseBatch:
			case targets && utf8.RuneCountInString(user) >= minMention:
				targets = false
			default:
				more = false
			}
			err = gated(ctx, c, "erase", func() error {
				for _, x := range list {
					if !x.target {
						after = x.id
					}
					if !x.changed() {
						continue
					}
					rows, err := eraseEntry(ctx, c, x, app, user)
					if err != nil {
						return err
					}
					d.Entries++
					d.Records = append(d.Records, rows...)
				}
				return nil
			})
			if err != nil || !first && d.Entries == 0 {
				return err
			}
			id, err := tell(ctx, c, by, ActionErase, d)
			total.Entries, total.Records, total.Told = total.Entries+d.Entries, total.Records+len(d.Records), append(total.Told, id)
			return err
		})
		if err != nil {
			return total, wrap(op, err)
		}
	}
	h, err := s.Find(ctx, app, user, by.At)
	total.Left, total.Held = h.UnderWay, h.Held
	return total, wrap(op, err)
}

// eraseBeside erases what is not in the log.
func (s privacy) eraseBeside(ctx context.Context, c conn, app, user string, total *Erasure) (*toldOthers, error) {
	for _, part := range s.beside(c, app, user) {
		statement := `DELETE FROM ` + part.table
		if part.erase != "" {
			statement = `UPDATE ` + part.table + ` SET ` + part.erase
		}
		n, err := c.exec(ctx, statement+` WHERE `+part.where, part.args...)
		if err != nil {
			return nil, err
		}
		*part.erased(total) += n
	}
	return &toldOthers{total.Places, total.Requests, total.JobItems, total.Lists, total.Messages, total.Cases}, nil
}

// next reads entries about the user, or those that only name the user after an id.
func (s privacy) next(ctx context.Context, c conn, app, user string, targets bool, after int64, now time.Time) ([]candidate, error) {
	if !targets {
		return s.mentioning(ctx, c, app, user, after)
	}
	list, err := all(ctx, c, scanCandidate, candidateColumns+`audit_target t CROSS JOIN audit_entry e LEFT JOIN audit_outcome o ON o.entry_id = e.id
		WHERE e.id = t.entry_id AND t.user_id = ? AND t.app = ? AND (o.entry_id IS NOT NULL OR t.entry_at <= ?)
		ORDER BY t.entry_at, t.entry_id LIMIT ?`, user, app, millis(now.Add(-underWay)), eraseBatch)
	for i := range list {
		list[i].target = true
		list[i].erase(user)
	}
	return list, err
}

// eraseEntry writes what is left of an entry and of its outcome, seals both anew, and returns the seals.
func eraseEntry(ctx context.Context, c conn, x candidate, app, user string) ([]toldRow, error) {
	if _, err := c.exec(ctx, `UPDATE audit_entry SET users = ?, messages = ?, reason = ?, detail = ? WHERE id = ?`,
		x.newUsers, x.newMessages, x.newReason, x.newDetail, x.id); err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, `UPDATE audit_outcome SET items = ? WHERE entry_id = ? AND items <> ?`, x.newItems, x.id, x.newItems); err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, `DELETE FROM audit_target WHERE user_id = ? AND app = ? AND entry_id = ?
		AND entry_at = (SELECT at FROM audit_entry WHERE id = ?)`, user, app, x.id, x.id); err != nil {
		return nil, err
	}
	entry, err := one(c.row(ctx, `SELECT seq FROM audit_entry WHERE id = ?`, x.id), scanInt)
	if err != nil {
		return nil, err
	}
	parts := map[int64][]any{entry: {x.newUsers, x.newMessages, x.newReason, x.newDetail}}
	outcomes, err := all(ctx, c, scanInt, `SELECT seq FROM audit_outcome WHERE entry_id = ?`, x.id)
	if err != nil {
		return nil, err
	}
	seqs := append([]int64{entry}, outcomes...)
	for _, seq := range outcomes {
		parts[seq] = []any{x.newItems}
	}
	var rows []toldRow
	for _, seq := range seqs {
		salt, err := newSalt()
		if err != nil {
			return nil, err
		}
		if err := c.execOne(ctx, `UPDATE audit_salt SET salt = ? WHERE seq = ?`, salt, seq); err != nil {
			return nil, fmt.Errorf("salt of record %d: %w", seq, err)
		}
		rows = append(rows, toldRow{seq, record{personal: parts[seq]}.sealPersonal(salt)})
	}
	return rows, nil
}

// erase works out what is left of the entry without the user.
func (x *candidate) erase(user string) {
	x.newUsers, x.newMessages, x.newReason, x.newDetail, x.newItems = x.users, x.messages, x.reason, x.detail, x.items
	e := eraser{user: user, words: utf8.RuneCountInString(user) >= minMention, target: x.target}
	if x.target {
		var users []string
		if json.Unmarshal([]byte(x.users), &users) == nil {
			e.alone = !slices.ContainsFunc(users, func(u string) bool { return u != user && u != Erased })
		}
		x.newUsers = encodeJSON(e.ids(users))
		if e.alone {
			x.newMessages = "[]"
		}
	}
	x.newReason = e.written(x.reason)
	x.newDetail = e.document(x.detail, e.detail)
	x.newItems = e.document(x.items, e.items)
}

// encodeJSON writes JSON as it stands in the log. What goes in was read from JSON.
func encodeJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "{}"
	}
	return strings.TrimSpace(b.String())
}

// eraser takes one user out of an entry.
type eraser struct {
	user   string
	target bool // the entry is about the user
	alone  bool // and about nobody else
	words  bool // the id is long enough to be looked for within texts
}

// written is a text that a person wrote: of an entry about the user nothing is left, of another all but the id.
func (e eraser) written(s string) string {
	switch {
	case s == "":
		return ""
	case e.target:
		return Erased
	}
	return e.without(s)
}

// without is a text without the id, where it stands as a word.
func (e eraser) without(s string) string {
	if s == e.user {
		return Erased
	}
	if !e.words {
		return s
	}
	part := func(r rune) bool {
		return unicode.IsLetter(r) && r < unicode.MaxLatin1 || unicode.IsDigit(r) || r == '_' || r == '-'
	}
	var b strings.Builder
	for {
		i := strings.Index(s, e.user)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		end := i + len(e.user)
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		next, _ := utf8.DecodeRuneInString(s[end:])
		b.WriteString(s[:i])
		if i > 0 && part(before) || end < len(s) && part(next) {
			b.WriteString(s[i:end])
		} else {
			b.WriteString(Erased)
		}
		s = s[end:]
	}
}

func (e eraser) ids(list []string) []string {
	out := slices.Clone(list)
	for i, id := range out {
		if id == e.user {
			out[i] = Erased
		}
	}
	return out
}

// document changes a JSON text; one that cannot be read, or has nothing to be changed, stays byte for byte.
func (e eraser) document(s string, change func(any) any) string {
	if s == "" || s == "{}" || s == "[]" {
		return s
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return s
	}
	was := encodeJSON(v)
	if is := encodeJSON(change(v)); is != was {
		return is
	}
	return s
}

// detail is an entry's detail: see package actions, Detail.
func (e eraser) detail(v any) any {
	m, is := v.(map[string]any)
	if !is {
		return e.texts(v, e.alone)
	}
	for name, part := range m {
		switch name {
		case "type", "cleared", "cut":
		case "form": // a hash of all that was typed, without salt
			if e.target {
				delete(m, name)
			}
		case "note":
			if s, is := part.(string); is {
				m[name] = e.written(s)
			}
		case "items":
			m[name] = e.items(part)
		case "options":
			m[name] = e.texts(part, e.target)
		default:
			m[name] = e.texts(part, e.alone)
		}
	}
	return m
}

// items are what was done, target by target. Of the user's nothing is left but how it went.
func (e eraser) items(v any) any {
	list, is := v.([]any)
	if !is {
		return v
	}
	for _, part := range list {
		item, is := part.(map[string]any)
		if !is {
			continue
		}
		if id, _ := item["id"].(string); id != e.user && !e.alone {
			e.texts(item, false)
			continue
		}
		item["id"] = Erased
		for name := range item {
			if !slices.Contains([]string{"id", "code", "text_key", "vendor_code"}, name) {
				delete(item, name)
			}
		}
	}
	return list
}

// texts changes all texts within a value: to nothing, or to what they are without the id.
func (e eraser) texts(v any, all bool) any {
	switch v := v.(type) {
	case string:
		if all && v != "" {
			return Erased
		}
		return e.without(v)
	case []any:
		for i := range v {
			v[i] = e.texts(v[i], all)
		}
	case map[string]any:
		for name := range v {
			v[name] = e.texts(v[name], all)
		}
	}
	return v
}

func (s privacy) Drop(ctx context.Context, by AuditEntry, d Drop) (int, error) {
	dropped := 0
	err := s.db.tx(ctx, func(c conn) error {
		if err := lockHead(ctx, c); err != nil {
			return err
		}
		list, err := dropList(ctx, c, d)
		if err != nil || len(list) == 0 {
			return err
		}
		t := toldDetail{Before: d.Before.UTC().Format(time.RFC3339), Entries: len(list)}
		if err := gated(ctx, c, "drop", func() error {
			for _, id := range list {
				rows, err := dropEntry(ctx, c, id)
				if err != nil {
					return err
				}
				t.Records = append(t.Records, rows...)
			}
			return nil
		}); err != nil {
			return err
		}
		dropped = len(list)
		var kind struct {
			Kind string `json:"kind"`
		}
		if len(by.Detail) > 0 && json.Unmarshal(by.Detail, &kind) == nil {
			t.Kind = kind.Kind
		}
		_, err = tell(ctx, c, by, ActionDrop, t)
		return err
	})
	if err != nil {
		return 0, wrap("drop records of the audit log", err)
	}
	return dropped, nil
}

// dropList picks the entries that go.
func dropList(ctx context.Context, c conn, d Drop) ([]int64, error) {
	where, args := `e.at < ? AND e.action NOT IN (?, ?)`, []any{millis(d.Before), ActionErase, ActionDrop}
	for _, of := range []struct {
		list []string
		in   string
	}{{d.Actions, ` AND e.action IN (`}, {d.NotActions, ` AND e.action NOT IN (`}} {
		if len(of.list) == 0 {
			continue
		}
		where += of.in + marks(len(of.list)) + `)`
		for _, a := range of.list {
			args = append(args, text(a))
		}
	}
	return all(ctx, c, scanInt, `SELECT e.id FROM audit_entry e JOIN audit_outcome o ON o.entry_id = e.id WHERE `+where+` ORDER BY e.at, e.id LIMIT ?`,
		append(args, min(max(d.Most, 1), MaxDrop))...)
}

// dropEntry takes an entry and its outcome out, and returns the hashes of their links.
func dropEntry(ctx context.Context, c conn, id int64) ([]toldRow, error) {
	var at int64
	var app, users string
	if err := c.row(ctx, `SELECT at, app, users FROM audit_entry WHERE id = ?`, id).Scan(&at, &app, &users); err != nil {
		return nil, err
	}
	rows, err := all(ctx, c, func(r scanner) (t toldRow, err error) { return t, r.Scan(&t.seq, &t.hash) },
		`SELECT seq, hash FROM audit_chain WHERE seq IN (SELECT seq FROM audit_entry WHERE id = ? UNION ALL SELECT seq FROM audit_outcome WHERE entry_id = ?)
		ORDER BY seq`, id, id)
	if err != nil {
		return nil, err
	}
	var targets []string
	if err := json.Unmarshal([]byte(users), &targets); err != nil {
		return nil, fmt.Errorf("users of entry %d: %w", id, err)
	}
	for some := range slices.Chunk(targets, 200) {
		args := []any{app, at, id}
		for _, u := range some {
			args = append(args, u)
		}
		if _, err := c.exec(ctx, `DELETE FROM audit_target WHERE app = ? AND entry_at = ? AND entry_id = ? AND user_id IN (`+marks(len(some))+`)`, args...); err != nil {
			return nil, err
		}
	}
	for _, statement := range []string{
		`DELETE FROM audit_salt WHERE seq IN (SELECT seq FROM audit_entry WHERE id = ? UNION ALL SELECT seq FROM audit_outcome WHERE entry_id = ?)`,
		`DELETE FROM audit_outcome WHERE entry_id = ?`, `DELETE FROM audit_entry WHERE id = ?`, `DELETE FROM audit_key WHERE entry_id = ?`,
	} {
		args := []any{id, id}[:strings.Count(statement, "?")]
		if _, err := c.exec(ctx, statement, args...); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (s privacy) DropPlaces(ctx context.Context, t time.Time, limit int) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM recent WHERE (operator_id, app, kind, place_id) IN
		(SELECT operator_id, app, kind, place_id FROM recent WHERE at < ? LIMIT ?)`, millis(t), limit)
	return n, wrap("drop places", err)
}
