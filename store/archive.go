package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/terms"
)

// Limits of the archive.
const (
	MaxArchiveBatch = 1000      // messages added in one call
	MaxArchiveText  = 64 << 10  // bytes of the text that are kept; the longest at any vendor is 12 KB
	MaxArchiveBody  = 256 << 10 // bytes of the body
	MaxArchivePage  = 200       // messages read in one call
	MaxSearchTerms  = 20        // phrases of a search
)

// Conversation is a group or a direct chat of an app.
type Conversation struct {
	App   string
	Group string    // "" for a direct chat
	Users [2]string // of a direct chat, in any order
}

// sorted puts the two of a direct chat in order.
func (p Conversation) sorted() Conversation {
	if p.Users[0] > p.Users[1] {
		p.Users[0], p.Users[1] = p.Users[1], p.Users[0]
	}
	return p
}

// ArchiveState is what became of a message.
type ArchiveState int

// The states of a message in the archive. What was said stays, for those who may see it.
const (
	ArchiveSaid ArchiveState = iota
	ArchiveEdited
	ArchiveRecalled
)

// What a message has, as bits.
const (
	HasLink = 1 << iota
	HasImage
	HasFile
	HasVideo
	HasSound
	HasCase // somebody or something had it looked at; set by the archive itself
)

// has names the bits in searches.
var has = map[int]string{HasLink: "link", HasImage: "image", HasFile: "file", HasVideo: "video", HasSound: "sound", HasCase: "case"}

// Archived is a message in the archive.
type Archived struct {
	ID      int64 // grows with the time at which it was said; set by the archive
	Place   Conversation
	Key     string // what the vendor calls it, unique in its place
	Seq     int64  // its position, above 0; 0 if the vendor has none
	Counted bool   // positions are numbers without gaps, so that one that is not there is missing; not kept
	Inside  bool   // the position counts only between such as are known: a message out of the past makes no hole; not kept
	Sender  string
	At      time.Time
	Types   []string // of its elements
	Has     int      // bits
	State   ArchiveState
	Text    string // what people read of it
	Body    string // JSON
	Source  string // how it came here
	Added   time.Time
	Changed time.Time // of the state; zero: never
}

// Span is positions of a place, both ends included.
type Span struct{ First, Last int64 }

// SearchQuery chooses messages. What is zero does not restrict.
type SearchQuery struct {
	Apps        []string // at least one
	All         []terms.Phrase
	None        []terms.Phrase
	Places      []Conversation // any of them
	Senders     []string       // any of them
	Types       []string       // any of them
	Has         int            // all of the bits
	State       ArchiveState
	Since       time.Time
	Until       time.Time // before it
	Cursor      string
	N           int  // 1 to MaxArchivePage
	GroupsOnly  bool // no direct chats
	DirectOnly  bool // nothing else
	NotRecalled bool // nothing that was taken back
}

// Archive is what was said. storetest.Archive is its contract.
type Archive interface {
	// Add keeps messages. One that is there already stays as it is, but that a text is put to one of which only the recall was
	// known. It returns how many are new. ErrInvalid beyond MaxArchiveBatch.
	Add(ctx context.Context, list []Archived) (int, error)
	// Recall notes that messages were taken back, also those that come later.
	Recall(ctx context.Context, p Conversation, keys []string, at time.Time) error
	// Edit replaces what a message says; what it said before is kept as a version of it. An edit from before the last one becomes
	// a version itself. ErrNotFound if the message is not there.
	Edit(ctx context.Context, a Archived) error
	// Versions returns what a message said before it was edited, oldest first.
	Versions(ctx context.Context, id int64) ([]Version, error)
	// Get returns messages by what the vendor calls them; those that are not there are left out.
	Get(ctx context.Context, p Conversation, keys []string) (map[string]Archived, error)
	// Around returns messages of a place in their order: before, and from a message on.
	Around(ctx context.Context, p Conversation, id int64, before, after int) ([]Archived, error)
	// Run returns up to n messages of a place that have positions, in their order: from seq on, or, older, those before it.
	Run(ctx context.Context, p Conversation, seq int64, older bool, n int) ([]Archived, error)
	// Search returns messages, newest first, and the cursor of the next page, "" at the end. ErrInvalid for a cursor that is none.
	Search(ctx context.Context, q SearchQuery) ([]Archived, string, error)
	// Known notes that what is at the positions is known, also that nothing is. Spans returns what is known between two positions.
	Known(ctx context.Context, p Conversation, s Span) error
	Spans(ctx context.Context, p Conversation, within Span) ([]Span, error)
	// Count returns how many messages of a place are kept.
	Count(ctx context.Context, p Conversation) (int64, error)
	// Drop removes up to n messages said before a time, oldest first, and returns how many. app "" is all apps. Groups in except
	// are left alone.
	Drop(ctx context.Context, app string, before time.Time, n int, except ...string) (int, error)
	// DropPlace is Drop of one place.
	DropPlace(ctx context.Context, p Conversation, before time.Time, n int) (int, error)
	// Erase removes up to n messages of a sender and of the sender's direct chats, and returns how many. What was said up to at
	// never comes back: of what is added it is left out, whoever adds it.
	Erase(ctx context.Context, app, sender string, at time.Time, n int) (int, error)
	Coverage
}

type archive struct{ db *db }

func users(m Archived) []string {
	p := m.Place.sorted()
	return p.Users[:]
}

// idShift leaves room for about a million messages of one millisecond.
const idShift = 20

// seqBits of these are the end of a message's position.
const seqBits = 10

// place finds the number of a place, and makes one.
func (a archive) place(ctx context.Context, c conn, p Conversation) (int64, error) {
	id, err := a.known(ctx, c, p)
	if !errors.Is(err, ErrNotFound) {
		return id, err
	}
	p = p.sorted()
	n, err := c.exec(ctx, `INSERT INTO archive_place (app, grp, user_a, user_b, messages) VALUES (?, ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
		text(p.App), text(p.Group), text(p.Users[0]), text(p.Users[1]))
	if err != nil {
		return 0, err
	}
	id, err = a.known(ctx, c, p)
	if err == nil && n > 0 && p.Group != "" {
		err = a.noteBefore(ctx, c, id)
	}
	return id, err
}

// known is the number of a place that has one.
func (a archive) known(ctx context.Context, c conn, p Conversation) (int64, error) {
	p = p.sorted()
	return one(c.row(ctx, `SELECT id FROM archive_place WHERE app = ? AND grp = ? AND user_a = ? AND user_b = ?`,
		text(p.App), text(p.Group), text(p.Users[0]), text(p.Users[1])), scanInt)
}

const archiveColumns = `m.id, p.app, p.grp, p.user_a, p.user_b, m.key, m.seq, m.sender, m.at, m.types, m.has, m.state, m.text, m.body, m.source, m.added_at, m.changed_at`

func scanArchived(r scanner) (a Archived, err error) {
	var at, added, changed int64
	var types string
	err = r.Scan(&a.ID, &a.Place.App, &a.Place.Group, &a.Place.Users[0], &a.Place.Users[1], &a.Key, &a.Seq, &a.Sender, &at, &types, &a.Has,
		&a.State, &a.Text, &a.Body, &a.Source, &added, &changed)
	a.At, a.Added, a.Changed = fromMillis(at), fromMillis(added), fromMillis(changed)
	if types != "" {
		a.Types = strings.Split(types, ",")
	}
	return a, err
}

// marker is a word that no text has: of a filter.
func marker(kind, value string) string { return "§" + kind + value }

// markerOf is a marker of any text, which may hold what a word cannot.
func markerOf(kind, value string) string {
	sum := sha256.Sum256([]byte(value))
	return marker(kind, hex.EncodeToString(sum[:8]))
}

// indexed lists the words of a message, with those of the filters in front. None of these stands beside a word of the text.
func (m Archived) indexed(place int64) []string {
	list := []string{markerOf("a", m.Place.App), marker("p", strconv.FormatInt(place, 36)), markerOf("u", m.Place.App+"\n"+m.Sender)}
	if m.Place.Group == "" {
		list = append(list, "§d")
	}
	for _, t := range m.Types {
		list = append(list, markerOf("t", t))
	}
	for bit, name := range has {
		if m.Has&bit != 0 {
			list = append(list, marker("h", name))
		}
	}
	if m.State != ArchiveSaid {
		list = append(list, marker("s", strconv.Itoa(int(m.State))))
	}
	return append(append(list, "§"), terms.Of(m.Text)...)
}

// index writes the words of a message.
func (a archive) index(ctx context.Context, c conn, m Archived, place int64) error {
	return archiveIndex.write(ctx, c, m.ID, m.indexed(place))
}

// reindex writes the words of all messages, in a database that has none of them yet.
func reindex(ctx context.Context, c conn) error {
	var a archive
	for from := int64(-1); ; {
		type row struct {
			Archived
			place int64
		}
		list, err := all(ctx, c, func(r scanner) (v row, err error) {
			var types string
			err = r.Scan(&v.ID, &v.place, &v.Place.App, &v.Place.Group, &v.Sender, &types, &v.Has, &v.State, &v.Text)
			if types != "" {
				v.Types = strings.Split(types, ",")
			}
			return v, err
		}, `SELECT m.id, m.place, p.app, p.grp, m.sender, m.types, m.has, m.state, m.text FROM archive_message m
			JOIN archive_place p ON p.id = m.place WHERE m.id > ? ORDER BY m.id LIMIT ?`, from, MaxArchiveBatch)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, m := range list {
			if err := a.index(ctx, c, m.Archived, m.place); err != nil {
				return err
			}
		}
		from = list[len(list)-1].ID
	}
}

func (a archive) Add(ctx context.Context, list []Archived) (added int, err error) {
	const op = "keep messages"
	if len(list) == 0 {
		return 0, nil
	}
	if len(list) > MaxArchiveBatch {
		return 0, wrap(op, invalid("at most %d messages at once", MaxArchiveBatch))
	}
	// In one order for everybody, so that two who add the same do not wait for each other for ever.
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y Archived) int {
		return cmp.Or(strings.Compare(x.Place.App, y.Place.App), strings.Compare(x.Place.Group, y.Place.Group),
			slices.Compare(users(x), users(y)), cmp.Compare(x.Seq, y.Seq), strings.Compare(x.Key, y.Key))
	})
	var news []arrived
	err = a.db.tx(ctx, func(c conn) error {
		added, news = 0, nil
		for from := 0; from < len(list); {
			to := from + 1
			for to < len(list) && list[to].Place.sorted() == list[from].Place.sorted() {
				to++
			}
			n, err := a.addTo(ctx, c, list[from:to], &news)
			if err != nil {
				return err
			}
			added, from = added+n, to
		}
		return a.arrive(ctx, c, news)
	})
	a.ring(err, news)
	return added, wrap(op, err)
}

// ring tells those who watch in this process.
func (a archive) ring(err error, news []arrived) {
	if err == nil && len(news) > 0 {
		a.db.arrivals.ring()
	}
}

// addTo keeps messages of one place.
func (a archive) addTo(ctx context.Context, c conn, list []Archived, news *[]arrived) (added int, err error) {
	place, err := a.place(ctx, c, list[0].Place)
	if err != nil {
		return 0, err
	}
	if c.postgres { // one at a time in a place: spans are read and written
		if _, err := c.exec(ctx, `SELECT id FROM archive_place WHERE id = ? FOR UPDATE`, place); err != nil {
			return 0, err
		}
	}
	erased, err := a.erased(ctx, c, list)
	if err != nil {
		return 0, err
	}
	inside, err := a.inside(ctx, c, place, list)
	if err != nil {
		return 0, err
	}
	var seqs []int64
	for _, m := range list {
		if m.Seq > 0 && m.Counted && (!m.Inside || inside.has(m.Seq)) {
			seqs = append(seqs, m.Seq)
		}
		if erased(m) {
			continue
		}
		isNew, err := a.addOne(ctx, c, place, m, news)
		if err != nil {
			return 0, err
		}
		if isNew {
			added++
		}
	}
	if added > 0 {
		if _, err := c.exec(ctx, `UPDATE archive_place SET messages = messages + ? WHERE id = ?`, added, place); err != nil {
			return 0, err
		}
	}
	slices.Sort(seqs)
	for from := 0; from < len(seqs); {
		to := from
		for to+1 < len(seqs) && seqs[to+1] <= seqs[to]+1 {
			to++
		}
		if err := a.cover(ctx, c, place, Span{seqs[from], seqs[to]}); err != nil {
			return 0, err
		}
		from = to + 1
	}
	return added, nil
}

// addOne keeps one message, if it is not kept already.
func (a archive) addOne(ctx context.Context, c conn, place int64, m Archived, news *[]arrived) (isNew bool, err error) {
	m.Key = text(m.Key)
	old, err := a.byKey(ctx, c, place, m.Key)
	switch {
	case err == nil && !old.At.IsZero():
		return false, nil
	case err == nil: // the recall came first
		if err := a.remove(ctx, c, old.ID); err != nil {
			return false, err
		}
		m.State, m.Changed = old.State, old.Changed
	case !errors.Is(err, ErrNotFound):
		return false, err
	}
	id, err := a.insert(ctx, c, place, m)
	if err != nil {
		return false, err
	}
	if m.tells(m.Added) {
		*news = append(*news, arrived{ArrivalSaid, id})
	}
	return old.ID == 0, nil
}

func (a archive) byKey(ctx context.Context, c conn, place int64, key string) (Archived, error) {
	return one(c.row(ctx, `SELECT `+archiveColumns+` FROM archive_message m JOIN archive_place p ON p.id = m.place WHERE m.place = ? AND m.key = ?`,
		place, text(key)), scanArchived)
}

// insert writes a message and its words. Its number is its time and, below it, the first that is free from one that its position and
// its name lead to.
func (a archive) insert(ctx context.Context, c conn, place int64, m Archived) (id int64, err error) {
	at := m.At
	if at.IsZero() {
		at = m.Changed
	}
	h := fnv.New64a()
	_ = binary.Write(h, binary.BigEndian, place)
	_, _ = h.Write([]byte(m.Key))
	const low = 1<<idShift - 1
	number := int64(h.Sum64() & low)
	if m.Seq > 0 { // of one second, which is as exact as some vendors are, the messages of a place stand in their order
		number = m.Seq&(1<<seqBits-1)<<(idShift-seqBits) | number>>seqBits
	}
	m.Text, m.Body = cut(m.Text, MaxArchiveText), cut(m.Body, MaxArchiveBody)
	if m.Has, err = m.withCase(ctx, c); err != nil {
		return 0, err
	}
	for range 64 {
		m.ID = max(at.UnixMilli(), 0)<<idShift | number
		n, err := c.exec(ctx, `INSERT INTO archive_message (id, place, key, seq, sender, at, types, has, state, text, body, source, added_at, changed_at)
			VALUES (`+marks(14)+`) ON CONFLICT (id) DO NOTHING`, m.ID, place, m.Key, m.Seq, text(m.Sender), millis(m.At), text(strings.Join(m.Types, ",")),
			m.Has, int(m.State), m.Text, m.Body, text(m.Source), millis(m.Added), millis(m.Changed))
		if err != nil {
			return 0, err
		}
		if n == 1 {
			return m.ID, a.index(ctx, c, m, place)
		}
		number = (number + 1) & low
	}
	return 0, errors.New("too many messages in one millisecond")
}

// withCase is what a message has, and whether there is or was a case about it.
func (m Archived) withCase(ctx context.Context, c conn) (int, error) {
	p := m.Place.sorted()
	n, err := one(c.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM mod_case WHERE app = ? AND grp = ? AND user_a = ? AND user_b = ? AND key = ? AND key <> '' LIMIT 1) AS one`,
		text(p.App), text(p.Group), text(p.Users[0]), text(p.Users[1]), text(m.Key)), scanInt)
	if n > 0 {
		return m.Has | HasCase, err
	}
	return m.Has &^ HasCase, err
}

// flagged notes that there is a case about a message, if it is kept. One that comes later finds the case.
func (a archive) flagged(ctx context.Context, c conn, p Conversation, key string, at time.Time) ([]arrived, error) {
	place, err := a.known(ctx, c, p)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, `UPDATE archive_place SET messages = messages WHERE id = ?`, place); err != nil { // no message comes meanwhile
		return nil, err
	}
	m, err := a.byKey(ctx, c, place, key)
	if errors.Is(err, ErrNotFound) || err == nil && m.Has&HasCase != 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m.Has |= HasCase
	if err := a.rewrite(ctx, c, place, m); err != nil || !m.tells(at) {
		return nil, err
	}
	return []arrived{{ArrivalFlagged, m.ID}}, nil
}

// remove takes a message out, and its words.
func (a archive) remove(ctx context.Context, c conn, id int64) error {
	if err := archiveIndex.drop(ctx, c, id); err != nil {
		return err
	}
	_, err := c.exec(ctx, `DELETE FROM archive_message WHERE id = ?`, id)
	return err
}

func (a archive) Recall(ctx context.Context, p Conversation, keys []string, at time.Time) error {
	var news []arrived
	err := a.db.tx(ctx, func(c conn) error {
		news = nil
		place, err := a.place(ctx, c, p)
		if err != nil {
			return err
		}
		for _, key := range keys {
			m, err := a.byKey(ctx, c, place, key)
			switch {
			case errors.Is(err, ErrNotFound):
				m = Archived{Place: p, Key: text(key), State: ArchiveRecalled, Added: at, Changed: at, Body: "[]"}
				if _, err := a.insert(ctx, c, place, m); err != nil {
					return err
				}
				if _, err := c.exec(ctx, `UPDATE archive_place SET messages = messages + 1 WHERE id = ?`, place); err != nil {
					return err
				}
			case err != nil:
				return err
			case m.State != ArchiveRecalled:
				m.State, m.Changed = ArchiveRecalled, at
				if err := a.rewrite(ctx, c, place, m); err != nil {
					return err
				}
				if p.Group != "" {
					news = append(news, arrived{ArrivalRecalled, m.ID})
				}
			}
		}
		return a.arrive(ctx, c, news)
	})
	a.ring(err, news)
	return wrap("note a recall", err)
}

// rewrite writes what may change of a message, and its words anew.
func (a archive) rewrite(ctx context.Context, c conn, place int64, m Archived) error {
	if err := archiveIndex.drop(ctx, c, m.ID); err != nil {
		return err
	}
	if err := c.execOne(ctx, `UPDATE archive_message SET types = ?, has = ?, state = ?, text = ?, body = ?, changed_at = ? WHERE id = ?`,
		text(strings.Join(m.Types, ",")), m.Has, int(m.State), cut(m.Text, MaxArchiveText), cut(m.Body, MaxArchiveBody), millis(m.Changed), m.ID); err != nil {
		return err
	}
	return a.index(ctx, c, m, place)
}

func (a archive) Edit(ctx context.Context, m Archived) error {
	var news []arrived
	err := a.db.tx(ctx, func(c conn) error {
		news = nil
		place, err := a.known(ctx, c, m.Place)
		if err != nil {
			return err
		}
		old, err := a.byKey(ctx, c, place, m.Key)
		if err != nil {
			return err
		}
		switch known, err := a.addVersion(ctx, c, old, m); {
		case err != nil:
			return err
		case known:
			return nil
		}
		old.Types, old.Has, old.Text, old.Body, old.Changed = m.Types, m.Has|old.Has&HasCase, m.Text, m.Body, m.Changed
		if old.State == ArchiveSaid {
			old.State = ArchiveEdited
		}
		if err := a.rewrite(ctx, c, place, old); err != nil {
			return err
		}
		if m.Place.Group != "" {
			news = append(news, arrived{ArrivalEdited, old.ID})
		}
		return a.arrive(ctx, c, news)
	})
	a.ring(err, news)
	return wrap("note an edit", err)
}

func (a archive) Get(ctx context.Context, p Conversation, keys []string) (map[string]Archived, error) {
	const op = "read messages"
	found := map[string]Archived{}
	if len(keys) == 0 {
		return found, nil
	}
	if len(keys) > MaxArchiveBatch {
		return nil, wrap(op, invalid("at most %d messages at once", MaxArchiveBatch))
	}
	place, err := a.known(ctx, a.db.read(), p)
	if errors.Is(err, ErrNotFound) {
		return found, nil
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	args := []any{place}
	for _, k := range keys {
		args = append(args, text(k))
	}
	list, err := all(ctx, a.db.read(), scanArchived, `SELECT `+archiveColumns+` FROM archive_message m JOIN archive_place p ON p.id = m.place
		WHERE m.place = ? AND m.key IN (`+marks(len(keys))+`)`, args...)
	for _, m := range list {
		found[m.Key] = m
	}
	return found, wrap(op, err)
}

func (a archive) Around(ctx context.Context, p Conversation, id int64, before, after int) ([]Archived, error) {
	const op = "read messages around one"
	place, err := a.known(ctx, a.db.read(), p)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	query := `SELECT ` + archiveColumns + ` FROM archive_message m JOIN archive_place p ON p.id = m.place WHERE m.place = ? AND m.id `
	list, err := all(ctx, a.db.read(), scanArchived, query+`< ? ORDER BY m.id DESC LIMIT ?`, place, id, min(max(before, 0), MaxArchivePage))
	if err != nil {
		return nil, wrap(op, err)
	}
	slices.Reverse(list)
	later, err := all(ctx, a.db.read(), scanArchived, query+`>= ? ORDER BY m.id LIMIT ?`, place, id, min(max(after, 0), MaxArchivePage))
	return append(list, later...), wrap(op, err)
}

func (a archive) Search(ctx context.Context, q SearchQuery) ([]Archived, string, error) {
	const op = "search messages"
	s, empty, err := a.query(ctx, q)
	if err != nil || empty {
		return nil, "", wrap(op, err)
	}
	n := min(max(q.N, 1), MaxArchivePage)
	ids, err := archiveIndex.find(ctx, a.db.read(), s, n+1)
	if err != nil || len(ids) == 0 {
		return nil, "", wrap(op, err)
	}
	list, err := all(ctx, a.db.read(), scanArchived, `SELECT `+archiveColumns+` FROM archive_message m JOIN archive_place p ON p.id = m.place
		WHERE m.id IN (`+marks(len(ids))+`) ORDER BY m.id DESC`, ids...)
	if err != nil || len(list) <= n {
		return list, "", wrap(op, err)
	}
	return list[:n], strconv.FormatInt(list[n-1].ID, 36), nil
}

// query writes a search. empty: nothing can be found.
func (a archive) query(ctx context.Context, q SearchQuery) (s search, empty bool, err error) {
	if len(q.Apps) == 0 {
		return s, true, nil
	}
	if len(q.All)+len(q.None) > MaxSearchTerms || len(q.Apps)+len(q.Places)+len(q.Senders)+len(q.Types) > MaxArchivePage {
		return s, false, invalid("more to look for than %d phrases or %d filters", MaxSearchTerms, MaxArchivePage)
	}
	s.to = 1<<63 - 1
	if !q.Since.IsZero() {
		s.from = max(q.Since.UnixMilli(), 0) << idShift
	}
	if !q.Until.IsZero() {
		s.to = max(q.Until.UnixMilli(), 0) << idShift
	}
	if q.Cursor != "" {
		at, err := strconv.ParseInt(q.Cursor, 36, 64)
		if err != nil || at < 0 {
			return s, false, invalid("not a cursor")
		}
		s.to = min(s.to, at)
	}
	w := dialect(a.db.postgres)
	var must, not []string
	var apps, places, senders, types []string
	for _, app := range q.Apps {
		apps = append(apps, markerOf("a", app))
		for _, id := range q.Senders {
			senders = append(senders, markerOf("u", app+"\n"+id))
		}
	}
	for _, p := range q.Places {
		id, err := a.known(ctx, a.db.read(), p)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return s, false, err
		}
		places = append(places, marker("p", strconv.FormatInt(id, 36)))
	}
	if len(q.Places) > 0 && len(places) == 0 {
		return s, true, nil
	}
	for _, t := range q.Types {
		types = append(types, markerOf("t", t))
	}
	for _, any := range [][]string{apps, places, senders, types} {
		if len(any) > 0 {
			must = append(must, w.any(any))
		}
	}
	for bit, name := range has {
		if q.Has&bit != 0 {
			must = append(must, w.word(marker("h", name)))
		}
	}
	if q.State != ArchiveSaid {
		must = append(must, w.word(marker("s", strconv.Itoa(int(q.State)))))
	}
	for _, p := range q.All {
		must = append(must, w.phrase(p))
	}
	for _, p := range q.None {
		not = append(not, w.phrase(p))
	}
	if q.DirectOnly {
		must = append(must, w.word("§d"))
	}
	if q.GroupsOnly {
		not = append(not, w.word("§d"))
	}
	if q.NotRecalled {
		not = append(not, w.word(marker("s", strconv.Itoa(int(ArchiveRecalled)))))
	}
	s.match = w.all(must, not)
	return s, false, nil
}

func (a archive) Known(ctx context.Context, p Conversation, s Span) error {
	const op = "note what is known"
	if s.First < 1 || s.Last < s.First {
		return wrap(op, invalid("positions %d to %d", s.First, s.Last))
	}
	return wrap(op, a.db.tx(ctx, func(c conn) error {
		place, err := a.place(ctx, c, p)
		if err != nil {
			return err
		}
		if c.postgres {
			if _, err := c.exec(ctx, `SELECT id FROM archive_place WHERE id = ? FOR UPDATE`, place); err != nil {
				return err
			}
		}
		return a.cover(ctx, c, place, s)
	}))
}

// cover joins a span with those that it touches.
func (a archive) cover(ctx context.Context, c conn, place int64, s Span) error {
	touched, err := all(ctx, c, scanSpan, `SELECT first_seq, last_seq FROM archive_span
		WHERE place = ? AND first_seq <= ? AND last_seq >= ? ORDER BY first_seq`, place, s.Last+1, s.First-1)
	if err != nil {
		return err
	}
	if len(touched) == 1 && touched[0].First <= s.First && touched[0].Last >= s.Last {
		return nil
	}
	for _, t := range touched {
		s.First, s.Last = min(s.First, t.First), max(s.Last, t.Last)
		if _, err := c.exec(ctx, `DELETE FROM archive_span WHERE place = ? AND first_seq = ?`, place, t.First); err != nil {
			return err
		}
	}
	if _, err := c.exec(ctx, `INSERT INTO archive_span (place, first_seq, last_seq) VALUES (?, ?, ?)`, place, s.First, s.Last); err != nil {
		return err
	}
	if len(touched) == 0 {
		return a.noteHole(ctx, c, place)
	}
	return nil
}

func scanSpan(r scanner) (s Span, err error) { return s, r.Scan(&s.First, &s.Last) }

func (a archive) Spans(ctx context.Context, p Conversation, within Span) ([]Span, error) {
	const op = "read what is known"
	place, err := a.known(ctx, a.db.read(), p)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	list, err := all(ctx, a.db.read(), scanSpan, `SELECT first_seq, last_seq FROM archive_span
		WHERE place = ? AND first_seq <= ? AND last_seq >= ? ORDER BY first_seq LIMIT 10000`, place, within.Last, within.First)
	for i := range list {
		list[i].First, list[i].Last = max(list[i].First, within.First), min(list[i].Last, within.Last)
	}
	return list, wrap(op, err)
}

func (a archive) Count(ctx context.Context, p Conversation) (int64, error) {
	p = p.sorted()
	n, err := one(a.db.read().row(ctx, `SELECT messages FROM archive_place WHERE app = ? AND grp = ? AND user_a = ? AND user_b = ?`,
		text(p.App), text(p.Group), text(p.Users[0]), text(p.Users[1])), scanInt)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, wrap("count messages", err)
}

func (a archive) Drop(ctx context.Context, app string, before time.Time, n int, except ...string) (int, error) {
	where, args := `m.id < ?`, []any{max(before.UnixMilli(), 0) << idShift}
	if app != "" {
		where, args = where+` AND p.app = ?`, append(args, text(app))
	}
	if len(except) > 0 {
		where += ` AND p.grp NOT IN (` + marks(len(except)) + `)`
		for _, g := range except {
			args = append(args, text(g))
		}
	}
	return a.dropWhere(ctx, "drop old messages", where, args, n)
}

func (a archive) DropPlace(ctx context.Context, p Conversation, before time.Time, n int) (int, error) {
	const op = "drop old messages of a place"
	place, err := a.known(ctx, a.db.read(), p)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, wrap(op, err)
	}
	return a.dropWhere(ctx, op, `m.place = ? AND m.id < ?`, []any{place, max(before.UnixMilli(), 0) << idShift}, n)
}

// dropWhere removes up to n messages, oldest first.
func (a archive) dropWhere(ctx context.Context, op, where string, args []any, n int) (dropped int, err error) {
	type found struct{ id, place int64 }
	err = a.db.tx(ctx, func(c conn) error {
		list, err := all(ctx, c, func(r scanner) (f found, err error) { return f, r.Scan(&f.id, &f.place) },
			`SELECT m.id, m.place FROM archive_message m JOIN archive_place p ON p.id = m.place WHERE `+where+` ORDER BY m.id LIMIT ?`,
			append(args, min(max(n, 1), 10*MaxArchiveBatch))...)
		if err != nil {
			return err
		}
		fewer := map[int64]int{}
		for _, f := range list {
			if err := a.remove(ctx, c, f.id); err != nil {
				return err
			}
			fewer[f.place]++
		}
		for _, place := range slices.Sorted(maps.Keys(fewer)) {
			if _, err := c.exec(ctx, `UPDATE archive_place SET messages = messages - ? WHERE id = ?`, fewer[place], place); err != nil {
				return err
			}
		}
		dropped = len(list)
		return nil
	})
	return dropped, wrap(op, err)
}
