package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
)

// Raw is the pool that statements which the store does not have are read with.
func (s *Store) Raw() *sql.DB { return s.db.reader }

// Filling turns what takes long on the way to a very large database off, or on again and does it for all that was filled in at once.
// What the index then has is as if it had been written row by row; its parts are fewer, as they are once merging has caught up.
func (s *Store) Filling(ctx context.Context, on bool) error {
	statements := []string{`PRAGMA synchronous = FULL`, `INSERT INTO archive_words (archive_words, rank) VALUES ('hashsize', 1048576)`, `INSERT INTO known_words (known_words, rank) VALUES ('hashsize', 1048576)`,
		`PRAGMA cache_size = -2000`, `PRAGMA wal_checkpoint(TRUNCATE)`}
	switch {
	case s.db.postgres && on:
		statements = []string{`DROP INDEX archive_words_words`, `DROP INDEX known_words_words`}
	case s.db.postgres:
		statements = []string{`SET maintenance_work_mem = '1GB'`, `CREATE INDEX archive_words_words ON archive_words USING GIN (words)`,
			`CREATE INDEX known_words_words ON known_words USING GIN (words)`, `VACUUM (ANALYZE) archive_words, known_words, archive_message, known_name`}
	case on:
		statements = []string{`PRAGMA synchronous = OFF`, `INSERT INTO archive_words (archive_words, rank) VALUES ('hashsize', 33554432)`,
			`INSERT INTO known_words (known_words, rank) VALUES ('hashsize', 33554432)`, `PRAGMA cache_size = -300000`}
	}
	c, err := s.db.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, statement := range statements {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// filled are rows of a table as values of all its columns.
type filled struct {
	table, columns string
	n              int // columns
	rows           []any
}

// fill writes rows, on PostgreSQL as they are copied in.
func (s *Store) fill(ctx context.Context, tables ...filled) error {
	if !s.db.postgres {
		return s.db.tx(ctx, func(c conn) error {
			for _, t := range tables {
				for rows := range slices.Chunk(t.rows, 200*t.n) {
					row := `(` + marks(t.n) + `),`
					if _, err := c.exec(ctx, `INSERT INTO `+t.table+` (`+t.columns+`) VALUES `+strings.TrimSuffix(strings.Repeat(row, len(rows)/t.n), ","), rows...); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	pooled, err := s.db.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer pooled.Close()
	escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
	return pooled.Raw(func(driver any) error {
		c := driver.(*stdlib.Conn).Conn().PgConn()
		for _, t := range tables {
			var b strings.Builder
			for row := range slices.Chunk(t.rows, t.n) {
				for i, v := range row {
					if i > 0 {
						b.WriteByte('\t')
					}
					_, _ = escape.WriteString(&b, fmt.Sprint(v))
				}
				b.WriteByte('\n')
			}
			if _, err := c.CopyFrom(ctx, strings.NewReader(b.String()), `COPY `+t.table+` (`+t.columns+`) FROM STDIN`); err != nil {
				return err
			}
		}
		return nil
	})
}

// words is the row of an index.
func (s *Store) words(x index, id int64, list []string) []any {
	list = slices.Concat(x.slices(id), list)
	if s.db.postgres {
		return []any{id, vector(list)}
	}
	return []any{id, strings.Join(list, " ")}
}

// FillArchive writes messages of places that have their numbers already, with their words: as Add does, but nothing is looked for.
func (s *Store) FillArchive(ctx context.Context, list []Archived) error {
	places := map[Conversation]int64{}
	if err := s.db.tx(ctx, func(c conn) error {
		for _, m := range list {
			if _, is := places[m.Place]; !is {
				id, err := archive{s.db}.place(ctx, c, m.Place)
				if err != nil {
					return err
				}
				places[m.Place] = id
			}
		}
		return nil
	}); err != nil {
		return err
	}
	var rows, words []any
	for _, m := range list {
		place := places[m.Place]
		m.Text = text(m.Text)
		rows = append(rows, m.ID, place, m.Key, m.Seq, m.Sender, millis(m.At), strings.Join(m.Types, ","), m.Has, int(m.State), m.Text, "[]", "", 0, 0)
		words = append(words, s.words(archiveIndex, m.ID, m.indexed(place))...)
	}
	return s.fill(ctx, filled{"archive_message", "id, place, key, seq, sender, at, types, has, state, text, body, source, added_at, changed_at", 14, rows},
		filled{"archive_words", "rowid, words", 2, words})
}

// FillNames writes names, numbered from first on: as NoteNames does, but none may be there.
func (s *Store) FillNames(ctx context.Context, first int64, list []Name) error {
	var rows, words []any
	for _, v := range list {
		v.Name = text(v.Name)
		rows = append(rows, first, v.App, v.Kind, v.ID, v.Name, v.Type, v.Members, 0, 0)
		words = append(words, s.words(nameIndex, first, v.words())...)
		first++
	}
	return s.fill(ctx, filled{"known_name", "id, app, kind, target, name, type, members, seen_at, named_at", 9, rows}, filled{"known_words", "rowid, words", 2, words})
}
