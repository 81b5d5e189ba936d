package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/terms"
)

// index is a full-text index: words of rows, under their numbers, of which the highest are read first. It is cut into slices: each
// row has words that say in which its number lies, so that a search can be held to a part of the index.
type index struct {
	name  string // what the names of all its tables begin with
	rows  string // the table of the rows
	slice int64  // numbers in a slice
}

// The indexes. A slice is a day of messages, or so many names one after another.
var (
	archiveIndex = index{"archive_words", "archive_message", (24 * time.Hour).Milliseconds() << idShift}
	nameIndex    = index{"known_words", "known_name", 1 << 16}
)

// Slices of an index.
const (
	wideSlice = 32  // slices that have a word in common, too
	maxSlices = 128 // words of one search that say in which slices it looks
)

// slices are the words that say where a row's number lies.
func (x index) slices(id int64) []string {
	return []string{sliceWord("y", id/x.slice), sliceWord("z", id/x.slice/wideSlice)}
}

func sliceWord(kind string, n int64) string { return marker(kind, strconv.FormatInt(n, 36)) }

// within lists the words of which each number from one up to another has at least one; none if that takes too many words.
func (x index) within(from, to int64) (list []string) {
	for n, last := from/x.slice, (to-1)/x.slice; n <= last; {
		if n%wideSlice == 0 && n+wideSlice-1 <= last {
			list, n = append(list, sliceWord("z", n/wideSlice)), n+wideSlice
		} else {
			list, n = append(list, sliceWord("y", n)), n+1
		}
		if len(list) > maxSlices {
			return nil
		}
	}
	return list
}

// write writes the words of a row.
func (x index) write(ctx context.Context, c conn, id int64, words []string) error {
	words = slices.Concat(x.slices(id), words)
	if !c.postgres {
		_, err := c.exec(ctx, `INSERT INTO `+x.name+` (rowid, words) VALUES (?, ?)`, id, strings.Join(words, " "))
		return err
	}
	_, err := c.exec(ctx, `INSERT INTO `+x.name+` (rowid, words) VALUES (?, CAST(? AS tsvector))`, id, vector(words))
	return err
}

// drop takes the words of a row out.
func (x index) drop(ctx context.Context, c conn, id int64) error {
	_, err := c.exec(ctx, `DELETE FROM `+x.name+` WHERE rowid = ?`, id)
	return err
}

// vector is words with their places, as PostgreSQL reads them.
func vector(list []string) string {
	var b strings.Builder
	for i, w := range list {
		b.WriteString("'" + w + "':" + strconv.Itoa(i+1) + " ")
	}
	return b.String()
}

// search is a query as a database takes it: an expression, and the numbers of rows between which it looks.
type search struct {
	match    string
	from, to int64
}

// How PostgreSQL looks from the newest row on.
const (
	newestLooked = 40  // rows for each that is wanted
	oftenLooked  = 400 // rows for each that is wanted, if a tenth was among the newest
	moreSlices   = 4   // times as many slices as before
)

// find returns up to n numbers of rows that match, highest first.
func (x index) find(ctx context.Context, c conn, s search, n int) ([]any, error) {
	var first, last int64
	if err := c.row(ctx, `SELECT COALESCE((SELECT MIN(id) FROM `+x.rows+`), 0), COALESCE((SELECT MAX(id) FROM `+x.rows+`), -1)`).Scan(&first, &last); err != nil {
		return nil, err
	}
	all := s.from <= first
	s.from, s.to = max(s.from, first), min(s.to, last+1)
	switch {
	case s.from >= s.to:
		return nil, nil
	case c.postgres:
		return x.findNewest(ctx, c, s, n)
	case !all:
		// FTS5 reads from the highest number on and stops at n, or where no slice is left; but not at the lowest number, if
		// between words that never meet it finds nothing on its way there.
		if within := x.within(s.from, s.to); len(within) > 0 {
			s.match = dialect(false).any(within) + " AND (" + s.match + ")"
		}
	}
	return rowNumbers(ctx, c, `SELECT rowid FROM `+x.name+` WHERE `+x.name+` MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`, s.match, s.from, s.to, n)
}

// findNewest is find of PostgreSQL. A GIN index has no order: of a word all rows that have it are read and sorted. So the newest
// rows are looked at first, where words are that many rows have, and then one stretch of slices after the other, each longer than the
// one before: the index reads what is common to a stretch and a word, and no more.
func (x index) findNewest(ctx context.Context, c conn, s search, n int) ([]any, error) {
	var list []any
	for _, looked := range []int{newestLooked, oftenLooked} {
		var err error
		list, err = rowNumbers(ctx, c, `SELECT rowid FROM (SELECT rowid, words FROM `+x.name+` WHERE rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?) newest
			WHERE words @@ CAST(? AS tsquery) ORDER BY rowid DESC LIMIT ?`, s.from, s.to, looked*n, s.match, n)
		if err != nil || len(list) == n {
			return list, err
		}
		if len(list)*oftenLooked < n*newestLooked {
			break
		}
	}
	list = nil
	for stretch := int64(1); s.from < s.to && len(list) < n; stretch *= moreSlices {
		from := s.from
		if at := (s.to-1)/x.slice - stretch + 1; stretch < 1<<20 && at > s.from/x.slice {
			from = at * x.slice
		}
		match := s.match
		if within := x.within(from, s.to); len(within) > 0 {
			match = dialect(true).any(within) + " & " + match
		}
		found, err := rowNumbers(ctx, c, `WITH found AS MATERIALIZED (SELECT rowid FROM `+x.name+` WHERE words @@ CAST(? AS tsquery))
			SELECT rowid FROM found WHERE rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`, match, from, s.to, n-len(list))
		if err != nil {
			return nil, err
		}
		list, s.to = append(list, found...), from
	}
	return list, nil
}

func rowNumbers(ctx context.Context, c conn, query string, args ...any) ([]any, error) {
	return all(ctx, c, func(r scanner) (any, error) { return scanInt(r) }, query, args...)
}

// reindexAll writes the words of all that is searched for, in a database that has none of them yet.
func reindexAll(ctx context.Context, c conn) error {
	if err := reindex(ctx, c); err != nil {
		return fmt.Errorf("the index of the archive: %w", err)
	}
	if err := reindexNames(ctx, c); err != nil {
		return fmt.Errorf("the index of names: %w", err)
	}
	return nil
}

// dialect writes the expressions of a full-text index: of PostgreSQL, or of SQLite's FTS5. Words hold letters and digits only.
type dialect bool

func (postgres dialect) word(w string) string {
	if postgres {
		return "'" + w + "'"
	}
	return `"` + w + `"`
}

// any is an expression of any of several words.
func (postgres dialect) any(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = postgres.word(w)
	}
	if postgres {
		return "(" + strings.Join(list, " | ") + ")"
	}
	return "(" + strings.Join(list, " OR ") + ")"
}

// all is an expression of all of several expressions, and none of others.
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
