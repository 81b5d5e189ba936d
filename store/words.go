package store

import (
	"context"
	"strings"

	"imdesk/terms"
)

// search is a query as a database takes it: an expression, and the numbers of messages between which it looks.
type search struct {
	match    string
	from, to int64
}

// newestLooked is how many rows for each that is wanted PostgreSQL looks at from the newest on before it asks the index.
const newestLooked = 400

// inIndex returns up to n numbers of rows of an index that match, highest first.
//
// FTS5 reads an index from its end, and stops. A GIN index has no order: of a word that many rows have all are read and
// sorted. So PostgreSQL looks at the newest rows first, where such words are, and asks the index for those that are rare.
func (c conn) inIndex(ctx context.Context, table string, s search, n int) ([]any, error) {
	scan := func(r scanner) (any, error) { return scanInt(r) }
	if !c.postgres {
		return all(ctx, c, scan, `SELECT rowid FROM `+table+` WHERE `+table+` MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`, s.match, s.from, s.to, n)
	}
	list, err := all(ctx, c, scan, `SELECT rowid FROM (SELECT rowid, words FROM `+table+` WHERE rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?) newest
		WHERE words @@ CAST(? AS tsquery) ORDER BY rowid DESC LIMIT ?`, s.from, s.to, newestLooked*n, s.match, n)
	if err != nil || len(list) == n {
		return list, err
	}
	return all(ctx, c, scan, `WITH found AS MATERIALIZED (SELECT rowid FROM `+table+` WHERE words @@ CAST(? AS tsquery))
		SELECT rowid FROM found WHERE rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`, s.match, s.from, s.to, n)
}

// dialect writes the expressions of a full-text index: of PostgreSQL, or of SQLite's FTS5. Words hold letters and digits only.
type dialect bool

func (postgres dialect) word(w string) string {
	if postgres {
		return "'" + w + "'"
	}
	return `"` + w + `"`
}

func (postgres dialect) any(list []string) string {
	if postgres {
		return "(" + strings.Join(list, " | ") + ")"
	}
	return "(" + strings.Join(list, " OR ") + ")"
}

func (postgres dialect) all(must, not []string) string {
	if postgres {
		s := strings.Join(must, " & ")
		for _, n := range not {
			s += " & !" + n
		}
		return s
	}
	s := strings.Join(must, " AND ")
	if len(not) > 0 {
		s = "(" + s + ") NOT (" + strings.Join(not, " OR ") + ")"
	}
	return s
}

func (postgres dialect) phrase(p terms.Phrase) string {
	if !postgres {
		s := `"` + strings.Join(p.Words, " ") + `"`
		if p.Prefix {
			s += "*"
		}
		return s
	}
	list := make([]string, len(p.Words))
	for i, w := range p.Words {
		list[i] = "'" + w + "'"
	}
	s := strings.Join(list, " <-> ")
	if p.Prefix {
		s += ":*"
	}
	return "(" + s + ")"
}
