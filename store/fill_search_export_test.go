package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// Raw is the pool that statements which the store does not have are read with.
func (s *Store) Raw() *sql.DB { return s.db.reader }

// FillArchive writes messages of places that have their numbers already, with their words: as Add does, but nothing is looked for,
// and many rows go in one statement.
func (s *Store) FillArchive(ctx context.Context, list []Archived) error {
	places := map[Conversation]int64{}
	return s.db.tx(ctx, func(c conn) error {
		for _, m := range list {
			if _, is := places[m.Place]; !is {
				id, err := archive{s.db}.place(ctx, c, m.Place)
				if err != nil {
					return err
				}
				places[m.Place] = id
			}
		}
		for len(list) > 0 {
			some := list[:min(len(list), 200)]
			list = list[len(some):]
			var rows, words []any
			for _, m := range some {
				place := places[m.Place]
				rows = append(rows, m.ID, place, m.Key, m.Seq, m.Sender, millis(m.At), strings.Join(m.Types, ","), m.Has, int(m.State), m.Text, "[]", "", 0, 0)
				if c.postgres {
					words = append(words, m.ID, vector(slices.Concat(archiveIndex.slices(m.ID), m.indexed(place))))
				} else {
					words = append(words, m.ID, strings.Join(slices.Concat(archiveIndex.slices(m.ID), m.indexed(place)), " "))
				}
			}
			if _, err := c.exec(ctx, `INSERT INTO archive_message (id, place, key, seq, sender, at, types, has, state, text, body, source, added_at, changed_at) VALUES `+
				strings.TrimSuffix(strings.Repeat(`(`+marks(14)+`),`, len(some)), ","), rows...); err != nil {
				return err
			}
			if err := c.fillWords(ctx, archiveIndex.name, words); err != nil {
				return err
			}
		}
		return nil
	})
}

// fillWords writes pairs of a number and its words.
func (c conn) fillWords(ctx context.Context, table string, words []any) error {
	row := `(?, ?),`
	if c.postgres {
		row = `(?, CAST(? AS tsvector)),`
	}
	_, err := c.exec(ctx, `INSERT INTO `+table+` (rowid, words) VALUES `+strings.TrimSuffix(strings.Repeat(row, len(words)/2), ","), words...)
	return err
}

// FillNames writes names, numbered from first on: as NoteNames does, but none may be there.
func (s *Store) FillNames(ctx context.Context, first int64, list []Name) error {
	return s.db.tx(ctx, func(c conn) error {
		for len(list) > 0 {
			some := list[:min(len(list), 500)]
			list = list[len(some):]
			var rows, words []any
			for _, v := range some {
				rows = append(rows, first, v.App, v.Kind, v.ID, v.Name, v.Type, v.Members, 0, 0)
				if c.postgres {
					words = append(words, first, vector(slices.Concat(nameIndex.slices(first), v.words())))
				} else {
					words = append(words, first, strings.Join(slices.Concat(nameIndex.slices(first), v.words()), " "))
				}
				first++
			}
			if _, err := c.exec(ctx, `INSERT INTO known_name (id, app, kind, target, name, type, members, seen_at, named_at) VALUES `+
				strings.TrimSuffix(strings.Repeat(`(`+marks(9)+`),`, len(some)), ","), rows...); err != nil {
				return err
			}
			if err := c.fillWords(ctx, nameIndex.name, words); err != nil {
				return err
			}
		}
		return nil
	})
}
