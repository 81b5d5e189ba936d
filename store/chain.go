package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// chainBatch is how many records are read at once where all are.
const chainBatch = 500

// record is a row of audit_entry or audit_outcome as the chain sees it.
type record struct {
	seq      int64
	entry    int64
	kind     string // "entry" or "outcome"
	fields   []any  // strings and whole numbers: all columns but those of personal
	personal []any  // what is about people, and may be erased
}

// Columns of the records, in the order of their hashes. The first is the entry's id, the second the seq.
const (
	entryColumns   = `id, seq, at, operator_id, operator_name, address, request, app, action, group_id, undo_of, users, messages, reason, detail`
	outcomeColumns = `entry_id, seq, at, state, vendor_request, error_kind, done, not_done, entry_at, items`
	entryPersonal  = 4 // of the last columns
	outcomePerson  = 1
)

func newRecord(kind string, personal int, columns []any) record {
	cut := len(columns) - personal
	return record{
		kind: kind, entry: columns[0].(int64), seq: columns[1].(int64),
		fields: columns[:cut], personal: columns[cut:],
	}
}

// digest hashes a list so that no two lists that differ give the same text: each part comes with its length.
func digest(parts ...any) string {
	h := sha256.New()
	for _, p := range parts {
		s := fmt.Sprint(p)
		h.Write([]byte(strconv.Itoa(len(s)) + ":"))
		h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sealPersonal hashes what is about people with a salt: without it nobody can tell by trying what was erased.
func (r record) sealPersonal(salt string) string {
	return digest(append([]any{salt}, r.personal...)...)
}

// seal is the record's link in the chain.
func (r record) seal(before, personal string) string {
	return digest(append([]any{before, r.kind, personal}, r.fields...)...)
}

// chain appends the record to the chain. The caller holds the lock on the head.
func chain(ctx context.Context, c conn, r record) error {
	var before string
	var chained int64
	if err := c.row(ctx, `SELECT chained, hash FROM audit_head WHERE id = 1`).Scan(&chained, &before); err != nil {
		return err
	}
	if chained != r.seq-1 {
		return fmt.Errorf("the chain of the audit log ends at record %d, before record %d", chained, r.seq)
	}
	salt, err := newSalt()
	if err != nil {
		return err
	}
	personal := r.sealPersonal(salt)
	hash := r.seal(before, personal)
	if _, err := c.exec(ctx, `INSERT INTO audit_salt (seq, salt) VALUES (?, ?)`, r.seq, salt); err != nil {
		return err
	}
	if _, err := c.exec(ctx, `INSERT INTO audit_chain (seq, personal, hash) VALUES (?, ?, ?)`, r.seq, personal, hash); err != nil {
		return err
	}
	_, err = c.exec(ctx, `UPDATE audit_head SET chained = ?, hash = ? WHERE id = 1`, r.seq, hash)
	return err
}

func newSalt() (string, error) {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	return hex.EncodeToString(raw), nil
}

// chainUp brings what was recorded before there was a chain into it.
func chainUp(ctx context.Context, d *db) error {
	for more := true; more; {
		err := d.tx(ctx, func(c conn) error {
			var chained, records int64
			// An update locks the head's row on both databases.
			if err := c.row(ctx, `UPDATE audit_head SET chained = chained WHERE id = 1 RETURNING chained, records`).Scan(&chained, &records); err != nil {
				return err
			}
			if more = chained < records; !more {
				return nil
			}
			list, err := recordsAfter(ctx, c, chained, records)
			if err != nil {
				return err
			}
			for _, r := range list {
				if err := chain(ctx, c, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return wrap("chain the audit log", err)
		}
	}
	return nil
}

// recordsAfter reads the records after a seq, up to chainBatch seqs and no further than last, in their order.
func recordsAfter(ctx context.Context, c conn, after, last int64) ([]record, error) {
	last = min(last, after+chainBatch)
	var list []record
	for _, of := range []struct {
		kind, query string
		columns     int
		texts       func(i int) bool
		personal    int
	}{
		{"entry", `SELECT ` + entryColumns + ` FROM audit_entry WHERE seq > ? AND seq <= ?`, 15, func(i int) bool { return i > 2 && i != 10 }, entryPersonal},
		{"outcome", `SELECT ` + outcomeColumns + ` FROM audit_outcome WHERE seq > ? AND seq <= ?`, 10, func(i int) bool { return i > 2 && i < 6 || i == 9 }, outcomePerson},
	} {
		some, err := all(ctx, c, func(r scanner) (record, error) {
			columns, to := make([]any, of.columns), make([]any, of.columns)
			texts, numbers := make([]string, of.columns), make([]int64, of.columns)
			for i := range to {
				if to[i] = &numbers[i]; of.texts(i) {
					to[i] = &texts[i]
				}
			}
			err := r.Scan(to...)
			for i := range columns {
				if columns[i] = numbers[i]; of.texts(i) {
					columns[i] = texts[i]
				}
			}
			return newRecord(of.kind, of.personal, columns), err
		}, of.query, after, last)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	slices.SortFunc(list, func(a, b record) int { return int(a.seq - b.seq) })
	return list, nil
}

// AuditHead is the end of the chain: who knows it can tell later that nothing up to it was changed or taken out.
type AuditHead struct {
	Entries int64  `json:"entries"`
	Records int64  `json:"records"` // entries and outcomes
	Hash    string `json:"hash"`    // hex; "" of an empty log
}

// AuditFault is a place where the log is not as it was written.
type AuditFault struct {
	Record int64 // seq of the record
	Entry  int64 // the entry that it belongs to; 0 if nothing tells
	Kind   AuditFaultKind
}

// AuditFaultKind says what is wrong with a record.
type AuditFaultKind string

// The kinds of faults.
const (
	AuditChanged   AuditFaultKind = "changed"   // not what was written, or not where it was written
	AuditMissing   AuditFaultKind = "missing"   // taken out
	AuditUnchained AuditFaultKind = "unchained" // written past the log: it has no link in the chain
	AuditTargets   AuditFaultKind = "targets"   // the index by user does not have what the entry says: it would not be found
	AuditCut       AuditFaultKind = "cut"       // the end of the log is not what its head says
	AuditUnsalted  AuditFaultKind = "unsalted"  // its salt was taken out: nobody can tell what was about people
)

// MaxAuditFaults is how many faults a check names.
const MaxAuditFaults = 100

// AuditCheck is the result of Verify.
type AuditCheck struct {
	Head    AuditHead
	Faults  []AuditFault // the first MaxAuditFaults
	Erased  int64        // records of which what was about people is erased
	Dropped int64        // records whose time was over
}

func (s auditLog) Head(ctx context.Context) (AuditHead, error) {
	var h AuditHead
	err := s.db.read().row(ctx, `SELECT entries, records, hash FROM audit_head WHERE id = 1`).Scan(&h.Entries, &h.Records, &h.Hash)
	return h, wrap("read the head of the audit log", err)
}

func (s auditLog) Verify(ctx context.Context, at func(seq int64, hash string) error) (AuditCheck, error) {
	var check AuditCheck
	err := s.db.snapshot(ctx, func(c conn) (err error) {
		check, err = verify(ctx, c, at)
		return err
	})
	return check, wrap("verify the audit log", err)
}

func verify(ctx context.Context, c conn, at func(seq int64, hash string) error) (AuditCheck, error) {
	var v AuditCheck
	var chained int64
	if err := c.row(ctx, `SELECT entries, records, chained, hash FROM audit_head WHERE id = 1`).Scan(&v.Head.Entries, &v.Head.Records, &chained, &v.Head.Hash); err != nil {
		return v, err
	}
	last, err := one(c.row(ctx, `SELECT COALESCE(MAX(seq), 0) FROM (SELECT MAX(seq) AS seq FROM audit_chain
		UNION ALL SELECT MAX(seq) FROM audit_entry UNION ALL SELECT MAX(seq) FROM audit_outcome) AS m`), scanInt)
	if err != nil {
		return v, err
	}
	fault := func(f AuditFault) {
		if len(v.Faults) < MaxAuditFaults {
			v.Faults = append(v.Faults, f)
		}
	}
	cut := last > v.Head.Records || chained != v.Head.Records
	told, err := readTold(ctx, c)
	if err != nil {
		return v, err
	}
	before, known := "", true // the hash before, and whether it is the one that was there
	for seq := int64(0); seq < v.Head.Records; seq += chainBatch {
		end := min(v.Head.Records, seq+chainBatch)
		list, err := recordsAfter(ctx, c, seq, end)
		if err != nil {
			return v, err
		}
		links, err := linksOf(ctx, c, seq, end)
		if err != nil {
			return v, err
		}
		hidden, err := notFindable(ctx, c, list)
		if err != nil {
			return v, err
		}
		i := 0
		for n := seq + 1; n <= end; n++ {
			var r *record
			var more int // a seq that stands twice
			for ; i < len(list) && list[i].seq == n; i++ {
				r, more = &list[i], more+1
			}
			l, linked := links[n]
			gone, dropped := told.dropped[n]
			switch {
			case !linked && r == nil:
				fault(AuditFault{Record: n, Kind: AuditMissing})
			case !linked:
				fault(AuditFault{Record: n, Entry: r.entry, Kind: AuditUnchained})
			case r == nil && !dropped:
				fault(AuditFault{Record: n, Kind: AuditMissing})
			case r == nil && gone != l.hash:
				fault(AuditFault{Record: n, Kind: AuditChanged})
			case r == nil:
				v.Dropped++
			case more > 1 || dropped || !told.sealed(*r, l) || known && r.seal(before, l.personal) != l.hash:
				kind := AuditChanged
				if l.salt == "" {
					kind = AuditUnsalted
				}
				fault(AuditFault{Record: n, Entry: r.entry, Kind: kind})
			case hidden[r.entry] && r.kind == "entry":
				fault(AuditFault{Record: n, Entry: r.entry, Kind: AuditTargets})
			}
			if known = linked; !linked {
				continue
			}
			if _, erased := told.erased[n]; erased && r != nil {
				v.Erased++
			}
			before = l.hash
			if at != nil {
				if err := at(n, l.hash); err != nil {
					return v, err
				}
			}
		}
	}
	if cut || known && before != v.Head.Hash {
		fault(AuditFault{Record: v.Head.Records, Kind: AuditCut})
	}
	return v, nil
}

// link is a row of the chain.
type link struct {
	seq                  int64
	personal, hash, salt string
}

func linksOf(ctx context.Context, c conn, after, last int64) (map[int64]link, error) {
	list, err := all(ctx, c, func(r scanner) (l link, err error) { return l, r.Scan(&l.seq, &l.personal, &l.hash, &l.salt) },
		`SELECT l.seq, l.personal, l.hash, COALESCE(s.salt, '') FROM audit_chain l LEFT JOIN audit_salt s ON s.seq = l.seq
		WHERE l.seq > ? AND l.seq <= ?`, after, last)
	links := make(map[int64]link, len(list))
	for _, l := range list {
		links[l.seq] = l
	}
	return links, err
}

// notFindable are the entries that cannot be found by all the users whom they name.
func notFindable(ctx context.Context, c conn, list []record) (map[int64]bool, error) {
	hidden := map[int64]bool{}
	var rows []targetRow
	for _, r := range list {
		if r.kind != "entry" || r.personal[0] == "[]" {
			continue
		}
		var users []string
		if json.Unmarshal([]byte(r.personal[0].(string)), &users) != nil {
			continue // it is not what was written, which its seal shows
		}
		slices.Sort(users)
		for _, u := range slices.Compact(users) {
			if u != Erased {
				rows = append(rows, targetRow{u, r.fields[7].(string), r.fields[2].(int64), r.entry})
			}
		}
	}
	in := "VALUES " // a list of rows; PostgreSQL finds them by its index if they are a list of values
	if c.postgres {
		in = ""
	}
	for some := range slices.Chunk(rows, 200) {
		var args []any
		for _, r := range some {
			args = append(args, r.user, r.app, r.at, r.entry)
		}
		found, err := all(ctx, c, func(r scanner) (t targetRow, err error) { return t, r.Scan(&t.user, &t.app, &t.at, &t.entry) },
			`SELECT user_id, app, entry_at, entry_id FROM audit_target WHERE (user_id, app, entry_at, entry_id) IN (`+in+`(?,?,?,?)`+
				strings.Repeat(`,(?,?,?,?)`, len(some)-1)+`)`, args...)
		if err != nil {
			return nil, err
		}
		if len(found) == len(some) {
			continue
		}
		there := make(map[targetRow]bool, len(found))
		for _, r := range found {
			there[r] = true
		}
		for _, r := range some {
			if !there[r] {
				hidden[r.entry] = true
			}
		}
	}
	return hidden, nil
}

// targetRow is a row of audit_target.
type targetRow struct {
	user, app string
	at, entry int64
}
