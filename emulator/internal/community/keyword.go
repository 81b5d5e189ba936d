package community

import "strings"

// What is done about a text that holds a word.
const (
	Replace = 1 + iota // the word is replaced
	Refuse             // the text is refused
	Review             // the text passes, and is noted
)

// Libraries of words beside those of the cloud, which go by their ids.
const (
	LocalWords = "local"
	DirtyWords = "dirty"
)

// Word is something that is looked for in what people write.
type Word struct {
	ID          int64
	Lib         string
	Text        string
	Pattern     bool // Text is a regular expression
	Action      int
	Replacement string
	Label       string
	ChangedAt   int64 // Unix seconds
	FromAt      int64 // in effect from then on
}

const wordColumns = "id, lib, text, pattern, action, replacement, label, changed_at, from_at"

func (w *Word) fields() []any {
	return []any{&w.ID, &w.Lib, &w.Text, &w.Pattern, &w.Action, &w.Replacement, &w.Label, &w.ChangedAt, &w.FromAt}
}

// WordPage says which words of a library to list: in order of adding, those that hold Like, and have Action if it is not 0.
type WordPage struct {
	Lib       string
	Like      string
	Action    int
	Offset, N int
}

// Words lists a page, and counts what matches in all and how much of it are patterns.
func (c Conn) Words(app int64, p WordPage) (page []Word, total, patterns int, err error) {
	const where = " FROM word WHERE app = ?1 AND lib = ?2 AND (?3 = '' OR instr(lower(text), ?3) > 0) AND (?4 = 0 OR action = ?4)"
	args := []any{app, p.Lib, strings.ToLower(p.Like), p.Action}
	if err := c.get("SELECT count(*), coalesce(sum(pattern), 0)"+where, args, &total, &patterns); err != nil {
		return nil, 0, 0, err
	}
	page, err = c.words("SELECT "+wordColumns+where+" ORDER BY id LIMIT ?5 OFFSET ?6", append(args, p.N, p.Offset)...)
	return page, total, patterns, err
}

// AllWords lists every word of app.
func (c Conn) AllWords(app int64) ([]Word, error) {
	return c.words("SELECT "+wordColumns+" FROM word WHERE app = ? ORDER BY id", app)
}

func (c Conn) words(query string, args ...any) (words []Word, err error) {
	err = c.each(query, args, func(scan func(...any) error) error {
		var w Word
		err := scan(w.fields()...)
		words = append(words, w)
		return err
	})
	return words, err
}

// PutWord adds a word to its library, or changes the one that is there.
func (t *Tx) PutWord(app int64, w Word) error {
	_, err := t.exec(`INSERT INTO word (app, lib, text, pattern, action, replacement, label, changed_at, from_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET action = excluded.action, replacement = excluded.replacement, label = excluded.label, changed_at = excluded.changed_at`,
		app, w.Lib, w.Text, w.Pattern, w.Action, w.Replacement, w.Label, t.store.now().Unix(), w.FromAt)
	return err
}

// RemoveWord removes a word from a library and returns its id; 0 if it is not there.
func (t *Tx) RemoveWord(app int64, lib, text string, pattern bool) (id int64, err error) {
	err = t.each("DELETE FROM word WHERE app = ? AND lib = ? AND text = ? AND pattern = ? RETURNING id", []any{app, lib, text, pattern}, func(scan func(...any) error) error {
		return scan(&id)
	})
	return id, err
}

// CountWords returns how many words a library has.
func (c Conn) CountWords(app int64, lib string) (n int, err error) {
	err = c.get("SELECT count(*) FROM word WHERE app = ? AND lib = ?", []any{app, lib}, &n)
	return n, err
}
