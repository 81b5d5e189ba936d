package store

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// verdictUnderWay holds of a case whose verdict is still to be carried out, or taken back.
const verdictUnderWay = `EXISTS (SELECT 1 FROM mod_verdict v WHERE v.case_id = mod_case.id AND v.state IN ('held', 'running', 'reversing'))`

// aboutUser is a condition for cases about what a user said, about the user, and about direct chats of the user.
const aboutUser = `app = ? AND (sender = ? OR grp = '' AND (user_a = ? OR user_b = ?))`

// notAbout follows the id of a case.
const notAbout = ` NOT IN (SELECT id FROM mod_case WHERE ` + aboutUser + `)`

// caseTables are the cases about a user, which go as a whole, and what the user left in cases about others: reports and strikes.
func caseTables(app, user string) []table {
	about := []any{app, user, user, user}
	found, erased := func(h *Holdings) *int { return &h.Cases }, func(e *Erasure) *int { return &e.Cases }
	const others = `case_id` + notAbout + ` AND case_id` + notHeld
	return []table{
		{`mod_case`, aboutUser + ` AND NOT ` + verdictUnderWay + ` AND NOT ` + underHold, about, "", found, erased},
		{ // a report still counts for its case, as that of somebody
			`mod_flag`, `app = ? AND source = 'report' AND by_id = ? AND ` + others, append([]any{app, user}, about...),
			`by_id = '` + Erased + ` ' || case_id || '.' || n, note = '', reasons = '{}'`, found, erased,
		},
		{`mod_strike`, `app = ? AND user_id = ? AND ` + others, append([]any{app, user}, about...), "", found, erased},
	}
}

// openCases counts the cases about a user whose verdict is under way.
func openCases(ctx context.Context, c conn, app, user string) (int, error) {
	n, err := one(c.row(ctx, `SELECT COUNT(*) FROM mod_case WHERE `+aboutUser+` AND `+verdictUnderWay, app, user, user, user), scanInt)
	return int(n), err
}

// heldCases counts the cases about a user that are under hold.
func heldCases(ctx context.Context, c conn, app, user string) (int, error) {
	n, err := one(c.row(ctx, `SELECT COUNT(*) FROM mod_case WHERE `+aboutUser+` AND `+underHold, app, user, user, user), scanInt)
	return int(n), err
}

// caseColumn is a column in which a user may be named.
type caseColumn struct {
	name   string
	change func(eraser, any) any // of JSON; nil: it is text
}

// caseTexts are what cases about others may say of a user.
type caseTexts struct {
	table, key string // key orders the rows
	where      string // with places for the app, and for what notAbout asks for
	columns    []caseColumn
}

var (
	anyTexts     = func(e eraser, v any) any { return e.texts(v, false) }
	textsOfCases = []caseTexts{
		{`mod_case`, `id`, `app = ? AND id` + notAbout + ` AND id` + notHeld, []caseColumn{{"text", nil}, {"why", nil}, {"evidence", eraser.evidence}}},
		// A case has at most MaxCaseFlags flags.
		{`mod_flag`, `case_id * 10000 + n`, `NOT (source = 'report' AND by_id = ?) AND app = ? AND case_id` + notAbout + ` AND case_id` + notHeld, []caseColumn{{"note", nil}, {"reasons", anyTexts}}},
		{`mod_event`, `id`, `case_id IN (SELECT id FROM mod_case WHERE app = ?) AND case_id` + notAbout + ` AND case_id` + notHeld, []caseColumn{{"note", nil}, {"detail", anyTexts}}},
		{`mod_verdict`, `id`, `app = ? AND state IN ('done', 'undone', 'reversed') AND case_id` + notAbout + ` AND case_id` + notHeld, []caseColumn{{"body", anyTexts}}},
		{`evidence_item`, `id`, `app = ? AND case_id` + notAbout + ` AND case_id` + notHeld, []caseColumn{{"body", anyTexts}}},
	}
)

// named is a row that may name a user, with what is left of its columns.
type named struct {
	key      int64
	was, now [3]string
}

// naming reads up to eraseBatch rows after a key. It may read all rows of the app.
func (x caseTexts) naming(ctx context.Context, c conn, app, user string, after int64) ([]named, error) {
	e := eraser{user: user, words: utf8.RuneCountInString(user) >= minMention}
	columns := []string{`''`, `''`, `''`}
	args, either := []any{app, app, user, user, user, after}, []string{}
	if x.table == `mod_flag` {
		args = append([]any{user}, args...) // the user's own go with their reporter
	}
	for i, column := range x.columns {
		columns[i] = column.name
		switch {
		case column.change != nil:
			for _, s := range spellings(user) {
				either = append(either, like(c, column.name))
				if args = append(args, s); !e.words { // too short to be looked for within texts: as a whole one
					args[len(args)-1] = `"` + s + `"`
				}
			}
		case e.words:
			either = append(either, like(c, column.name))
			args = append(args, user)
		}
	}
	list, err := all(ctx, c, func(r scanner) (n named, err error) { return n, r.Scan(&n.key, &n.was[0], &n.was[1], &n.was[2]) },
		`SELECT `+x.key+`, `+strings.Join(columns, `, `)+` FROM `+x.table+` WHERE `+x.where+` AND `+x.key+` > ? AND (`+strings.Join(either, ` OR `)+`)
		ORDER BY 1 LIMIT ?`, append(args, eraseBatch)...)
	for i := range list {
		n := &list[i]
		n.now = n.was
		for k, column := range x.columns {
			if column.change == nil {
				n.now[k] = e.without(n.was[k])
			} else {
				n.now[k] = e.document(n.was[k], func(v any) any { return column.change(e, v) })
			}
		}
	}
	return list, err
}

// evidence is what is kept with a case: what the user said around it goes, and what others said stays without the user's id.
func (e eraser) evidence(v any) any {
	m, _ := v.(map[string]any)
	list, _ := m["messages"].([]any)
	for _, part := range list {
		said, is := part.(map[string]any)
		if !is || said["sender"] != e.user {
			continue
		}
		for name := range said {
			if !slices.Contains([]string{"key", "seq", "at"}, name) {
				delete(said, name)
			}
		}
		said["sender"], said["text"] = Erased, Erased
	}
	return e.texts(v, false)
}

// inCases goes through all that cases about others say of a user, and tells how many rows do; with erase it is taken out, in
// several transactions.
func (s privacy) inCases(ctx context.Context, app, user string, erase bool) (total int, err error) {
	for _, x := range textsOfCases {
		for after, more := int64(0), true; more; {
			step := func(c conn) error {
				list, err := x.naming(ctx, c, app, user, after)
				n := 0
				for _, row := range list {
					if after = row.key; row.now == row.was {
						continue
					}
					if n++; !erase {
						continue
					}
					var set []string
					var args []any
					for k, column := range x.columns {
						set = append(set, column.name+` = ?`)
						args = append(args, row.now[k])
					}
					if err := c.execOne(ctx, `UPDATE `+x.table+` SET `+strings.Join(set, `, `)+` WHERE `+x.key+` = ?`, append(args, row.key)...); err != nil {
						return err
					}
				}
				total, more = total+n, len(list) == eraseBatch
				return err
			}
			if erase {
				err = s.db.tx(ctx, step)
			} else {
				err = step(s.db.read())
			}
			if err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

func (s privacy) DropCases(ctx context.Context, t time.Time, limit int) (int, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM mod_case WHERE id IN (SELECT id FROM mod_case WHERE state = 'decided' AND decided_at < ? AND NOT `+verdictUnderWay+` AND NOT `+underHold+`
		ORDER BY decided_at, id LIMIT ?)`, millis(t), limit)
	return n, wrap("drop cases", err)
}
