package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Limits of waves.
const (
	MaxWaveText     = 2000   // bytes that are kept of a message
	MaxWaveMessages = 20_000 // of one wave; what comes beyond is counted by nobody
	MaxWavePage     = 500
	maxWaveSketches = 8 << 10
	maxWavesLooked  = 200 // waves of an app that a new one is held against
	maxRunBody      = 32 << 10
)

// WaveState says how far a wave is.
type WaveState string

// The states of a wave.
const (
	WaveSeen    WaveState = "seen"    // a few said the same
	WaveOpen    WaveState = "open"    // there is a case
	WaveQuiet   WaveState = "quiet"   // it was judged harmless: what belongs to it is no news
	WaveCleaned WaveState = "cleaned" // it was cleaned up
)

// Wave is near-equal texts by many.
type Wave struct {
	ID          int64
	App         string
	State       WaveState
	Case        int64 // 0: none
	Sender      string
	Text        string // of the first message
	Sketches    string // what texts are compared by, as package waves writes it
	First, Last time.Time
	Messages    int
	Senders     int
	Groups      int
	Live        int  // messages in live rooms
	Leads       bool // a text leads elsewhere
	Greets      bool // it is a greeting for the larger part
	Units       int  // how much the text says
	Score       int  // when it became a case
	JoinedUntil time.Time
}

// WaveMessage is a message of a wave.
type WaveMessage struct {
	Group, Key, Seq string
	Kind            string // of the group
	Live            bool
	Sender          string
	At              time.Time
	Text            string
	Quotes          bool  // it has much of its own beside the text
	Run             int64 // that took it; 0: none
}

// WaveSender is who said messages of a wave.
type WaveSender struct {
	ID       string
	Messages int
	Groups   int
	First    time.Time
	Joined   time.Time // the first of the wave's groups; zero: not known
	Role     string
	Known    bool // the service was asked
	Quotes   bool // all messages quote
	Spared   bool
	Left     int // messages that no run took
}

// WaveGroup is a group of a wave.
type WaveGroup struct {
	ID, Kind string
	Live     bool
	Messages int
	Senders  int
}

// WaveText is one variation of a wave's text.
type WaveText struct {
	Text     string
	Messages int
}

// WaveRun is a wave that is cleaned up.
type WaveRun struct {
	ID           int64
	Wave         int64
	App          string
	OperatorID   string
	OperatorName string
	Address      string
	Key          string
	Version      int64
	Body         json.RawMessage // a JSON object
	Made         time.Time
	Due          time.Time // when a console looks at it next; zero: it is over
}

// Waves are near-equal texts by many. storetest.Waves is the contract.
type Waves interface {
	// Join gives the wave of an app that pick chooses among those that still take messages, or w as a new one if pick returns 0. Of
	// several consoles that call it at once each sees what the one before it began.
	Join(ctx context.Context, w Wave, now time.Time, pick func([]Wave) int64) (Wave, error)
	// Add puts messages to a wave and counts anew; those that it has are left as they are. until is how long it takes more, unless it
	// was cleaned up or judged. ErrNotFound: it is gone.
	Add(ctx context.Context, wave int64, list []WaveMessage, until time.Time) (Wave, error)
	// Lately counts those who said messages of a wave since a time.
	Lately(ctx context.Context, wave int64, since time.Time) (senders int, err error)
	// Get returns one, or ErrNotFound; ByCase that of a case.
	Get(ctx context.Context, id int64) (Wave, error)
	ByCase(ctx context.Context, caseID int64) (Wave, error)
	// Set writes state, case, score, sketches and how long it takes messages, if the wave is in one of the states from. ErrConflict: it is
	// in another one.
	Set(ctx context.Context, w Wave, from ...WaveState) error
	// Texts are the variations, the most frequent first.
	Texts(ctx context.Context, wave int64, n int) ([]WaveText, error)
	// Senders are those who said it, from the one after an id on, those who have been there for long first; n up to MaxWavePage.
	Senders(ctx context.Context, wave int64, n, offset int) ([]WaveSender, error)
	// Groups are where it was said, the busiest first.
	Groups(ctx context.Context, wave int64, n int) ([]WaveGroup, error)
	// Unknown are up to n senders of one group of whom the service was not asked yet; "" if there are none.
	Unknown(ctx context.Context, wave int64, n int) (group string, users []string, err error)
	// Tell keeps what the service said of senders: the earliest time that anybody told, the highest role.
	Tell(ctx context.Context, wave int64, list []WaveSender) error
	// Spare marks senders whom an operator left out, and no others.
	Spare(ctx context.Context, wave int64, users []string) error
	// Take gives messages to a run that no run took and whose senders are not spared, and returns them in no order.
	Take(ctx context.Context, wave, run int64) ([]WaveMessage, error)
	// Left counts messages that no run took and whose senders are not spared.
	Left(ctx context.Context, wave int64) (messages, senders int, err error)
	// Of returns the messages of a run; with 0, those that Take would give.
	Of(ctx context.Context, wave, run int64, n int) ([]WaveMessage, error)

	// AddRun stores a run, once for each form: made is false if it is there.
	AddRun(ctx context.Context, r WaveRun) (kept WaveRun, made bool, err error)
	// Run returns one, or ErrNotFound; RunByKey that of an operator's form; Runs those of a wave, newest first.
	Run(ctx context.Context, id int64) (WaveRun, error)
	RunByKey(ctx context.Context, operatorID, key string) (WaveRun, error)
	Runs(ctx context.Context, wave int64) ([]WaveRun, error)
	// PutRun writes body and due time of a run that is still at r.Version. ErrConflict: another console was faster.
	PutRun(ctx context.Context, r WaveRun) (WaveRun, error)
	// DueRuns are up to n runs to look at.
	DueRuns(ctx context.Context, now time.Time, n int) ([]WaveRun, error)
	// Drop removes up to n waves that were never a case and ended before one time, and those that ended before another.
	Drop(ctx context.Context, seen, all time.Time, n int) (int, error)
}

type waves struct{ db *db }

const waveColumns = `id, app, state, case_id, sender, text, sketches, first_at, last_at, messages, senders, groups_n, live, leads, greets, units, score, joined_until`

func scanWave(r scanner) (w Wave, err error) {
	var first, last, until int64
	err = r.Scan(&w.ID, &w.App, &w.State, &w.Case, &w.Sender, &w.Text, &w.Sketches, &first, &last, &w.Messages, &w.Senders, &w.Groups, &w.Live, &w.Leads,
		&w.Greets, &w.Units, &w.Score, &until)
	w.First, w.Last, w.JoinedUntil = fromMillis(first), fromMillis(last), fromMillis(until)
	return w, err
}

func (s waves) Join(ctx context.Context, w Wave, now time.Time, pick func([]Wave) int64) (kept Wave, err error) {
	const op = "join a wave"
	if w.App == "" || len(w.Sketches) > maxWaveSketches {
		return w, wrap(op, invalid("a wave of no app, or with %d bytes to compare by", len(w.Sketches)))
	}
	err = s.db.tx(ctx, func(t conn) error {
		if _, err := t.exec(ctx, `INSERT INTO wave_gate (app, n) VALUES (?, 1) ON CONFLICT (app) DO UPDATE SET n = wave_gate.n + 1`, text(w.App)); err != nil {
			return err
		}
		list, err := all(ctx, t, scanWave, `SELECT `+waveColumns+` FROM wave WHERE app = ? AND joined_until >= ? ORDER BY id DESC LIMIT ?`, text(w.App), millis(now), maxWavesLooked)
		if err != nil {
			return err
		}
		if id := pick(list); id != 0 {
			kept = list[slices.IndexFunc(list, func(k Wave) bool { return k.ID == id })]
			return nil
		}
		kept, err = one(t.row(ctx, `INSERT INTO wave (app, state, case_id, sender, text, sketches, first_at, last_at, messages, senders, groups_n, live, leads, greets, units, score, joined_until)
			VALUES (?, 'seen', 0, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?, ?, ?, 0, ?) RETURNING `+waveColumns,
			text(w.App), text(w.Sender), cut(w.Text, MaxWaveText), text(w.Sketches), millis(w.First), millis(w.Last), w.Leads, w.Greets, w.Units, millis(w.JoinedUntil)), scanWave)
		return err
	})
	return kept, wrap(op, err)
}

func (s waves) Add(ctx context.Context, wave int64, list []WaveMessage, until time.Time) (kept Wave, err error) {
	err = s.db.tx(ctx, func(t conn) error {
		now, err := one(t.row(ctx, `SELECT `+waveColumns+` FROM wave WHERE id = ?`+t.forUpdate(), wave), scanWave)
		if err != nil {
			return err
		}
		room := max(MaxWaveMessages-now.Messages, 0)
		for chunk := range slices.Chunk(list[:min(len(list), room)], 50) {
			var args []any
			for _, m := range chunk {
				args = append(args, wave, text(m.Group), text(m.Key), text(m.Seq), text(m.Kind), m.Live, text(m.Sender), millis(m.At), cut(m.Text, MaxWaveText), m.Quotes)
			}
			rows := strings.TrimSuffix(strings.Repeat(`(`+marks(10)+`, 0),`, len(chunk)), ",")
			if _, err := t.exec(ctx, `INSERT INTO wave_message (wave, grp, key, seq, kind, live, sender, at, text, quotes, run) VALUES `+rows+` ON CONFLICT DO NOTHING`, args...); err != nil {
				return err
			}
		}
		first, last := now.First, now.Last
		for _, m := range list {
			if m.At.After(last) {
				last = m.At
			}
			if m.At.Before(first) {
				first = m.At
			}
		}
		if !until.After(now.JoinedUntil) || now.State == WaveQuiet || now.State == WaveCleaned {
			until = now.JoinedUntil
		}
		kept, err = one(t.row(ctx, `UPDATE wave SET first_at = ?, last_at = ?, joined_until = ?,
			messages = (SELECT COUNT(*) FROM wave_message m WHERE m.wave = wave.id),
			senders = (SELECT COUNT(DISTINCT sender) FROM wave_message m WHERE m.wave = wave.id),
			groups_n = (SELECT COUNT(DISTINCT grp) FROM wave_message m WHERE m.wave = wave.id),
			live = (SELECT COUNT(*) FROM wave_message m WHERE m.wave = wave.id AND m.live)
			WHERE id = ? RETURNING `+waveColumns, millis(first), millis(last), millis(until), wave), scanWave)
		return err
	})
	return kept, wrap("add to a wave", err)
}

func (s waves) Lately(ctx context.Context, wave int64, since time.Time) (int, error) {
	n, err := one(s.db.read().row(ctx, `SELECT COUNT(DISTINCT sender) FROM wave_message WHERE wave = ? AND at >= ?`, wave, millis(since)), scanInt)
	return int(n), wrap("count a wave", err)
}

func (s waves) Get(ctx context.Context, id int64) (Wave, error) {
	w, err := one(s.db.read().row(ctx, `SELECT `+waveColumns+` FROM wave WHERE id = ?`, id), scanWave)
	return w, wrap("get wave", err)
}

func (s waves) ByCase(ctx context.Context, caseID int64) (Wave, error) {
	if caseID == 0 {
		return Wave{}, wrap("get wave", ErrNotFound)
	}
	w, err := one(s.db.read().row(ctx, `SELECT `+waveColumns+` FROM wave WHERE case_id = ? ORDER BY id DESC LIMIT 1`, caseID), scanWave)
	return w, wrap("get wave", err)
}

func (s waves) Set(ctx context.Context, w Wave, from ...WaveState) error {
	const op = "change a wave"
	if len(from) == 0 || len(w.Sketches) > maxWaveSketches {
		return wrap(op, invalid("a wave from no state, or with %d bytes to compare by", len(w.Sketches)))
	}
	args := []any{string(w.State), w.Case, w.Score, text(w.Sketches), millis(w.JoinedUntil), w.ID}
	for _, f := range from {
		args = append(args, string(f))
	}
	n, err := s.db.write().exec(ctx, `UPDATE wave SET state = ?, case_id = ?, score = ?, sketches = ?, joined_until = ? WHERE id = ? AND state IN (`+marks(len(from))+`)`, args...)
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return wrap(op, err)
}

func (s waves) Texts(ctx context.Context, wave int64, n int) ([]WaveText, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (w WaveText, err error) { return w, r.Scan(&w.Text, &w.Messages) },
		`SELECT text, COUNT(*) AS n FROM wave_message WHERE wave = ? GROUP BY text ORDER BY n DESC, text LIMIT ?`, wave, min(n, MaxWavePage))
	return list, wrap("read the texts of a wave", err)
}

func (s waves) Senders(ctx context.Context, wave int64, n, offset int) ([]WaveSender, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (w WaveSender, err error) {
		var first, joined, quoted int64
		err = r.Scan(&w.ID, &w.Messages, &w.Groups, &first, &quoted, &w.Left, &joined, &w.Role, &w.Known, &w.Spared)
		w.First, w.Joined, w.Quotes = fromMillis(first), fromMillis(joined), quoted == int64(w.Messages)
		return w, err
	}, `SELECT m.sender, m.n, m.grps, m.first_at, m.quoted, m.left_n, COALESCE(k.joined_at, 0), COALESCE(k.role, ''), k.sender IS NOT NULL, COALESCE(k.spared, ?)
		FROM (SELECT sender, COUNT(*) AS n, COUNT(DISTINCT grp) AS grps, MIN(at) AS first_at, SUM(CASE WHEN quotes THEN 1 ELSE 0 END) AS quoted,
			SUM(CASE WHEN run = 0 THEN 1 ELSE 0 END) AS left_n FROM wave_message WHERE wave = ? GROUP BY sender) m
		LEFT JOIN wave_sender k ON k.wave = ? AND k.sender = m.sender
		ORDER BY CASE WHEN COALESCE(k.role, '') NOT IN ('', 'member') THEN 0 ELSE 1 END,
			CASE WHEN COALESCE(k.joined_at, 0) = 0 THEN 1 ELSE 0 END, COALESCE(k.joined_at, 0), m.sender LIMIT ? OFFSET ?`,
		false, wave, wave, min(n, MaxWavePage), offset)
	return list, wrap("read the senders of a wave", err)
}

func (s waves) Groups(ctx context.Context, wave int64, n int) ([]WaveGroup, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (g WaveGroup, err error) {
		var live int64
		err = r.Scan(&g.ID, &g.Kind, &live, &g.Messages, &g.Senders)
		g.Live = live > 0
		return g, err
	}, `SELECT grp, MAX(kind), SUM(CASE WHEN live THEN 1 ELSE 0 END), COUNT(*) AS n, COUNT(DISTINCT sender) FROM wave_message WHERE wave = ?
		GROUP BY grp ORDER BY n DESC, grp LIMIT ?`, wave, n)
	return list, wrap("read the groups of a wave", err)
}

func (s waves) Unknown(ctx context.Context, wave int64, n int) (group string, users []string, err error) {
	const open = `FROM wave_message m WHERE m.wave = ? AND NOT m.live AND NOT EXISTS (SELECT 1 FROM wave_sender k WHERE k.wave = m.wave AND k.sender = m.sender)`
	groups, err := all(ctx, s.db.read(), scanString, `SELECT grp `+open+` GROUP BY grp ORDER BY COUNT(*) DESC, grp LIMIT 1`, wave)
	if err != nil || len(groups) == 0 {
		return "", nil, wrap("find senders of a wave", err)
	}
	users, err = all(ctx, s.db.read(), scanString, `SELECT DISTINCT sender `+open+` AND m.grp = ? ORDER BY sender LIMIT ?`, wave, groups[0], min(n, MaxWavePage))
	return groups[0], users, wrap("find senders of a wave", err)
}

func (s waves) Tell(ctx context.Context, wave int64, list []WaveSender) error {
	err := s.db.tx(ctx, func(t conn) error {
		for _, u := range list {
			if _, err := t.exec(ctx, `INSERT INTO wave_sender (wave, sender, joined_at, role, spared) VALUES (?, ?, ?, ?, ?) ON CONFLICT (wave, sender) DO UPDATE SET
				joined_at = CASE WHEN excluded.joined_at <> 0 AND (wave_sender.joined_at = 0 OR excluded.joined_at < wave_sender.joined_at) THEN excluded.joined_at ELSE wave_sender.joined_at END,
				role = CASE WHEN wave_sender.role IN ('', 'member') THEN excluded.role ELSE wave_sender.role END`,
				wave, text(u.ID), millis(u.Joined), text(u.Role), false); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("keep who sends a wave", err)
}

func (s waves) Spare(ctx context.Context, wave int64, users []string) error {
	err := s.db.tx(ctx, func(t conn) error {
		if _, err := t.exec(ctx, `UPDATE wave_sender SET spared = ? WHERE wave = ?`, false, wave); err != nil {
			return err
		}
		for chunk := range slices.Chunk(users, 100) {
			var args []any
			for _, u := range chunk {
				args = append(args, wave, text(u), true)
			}
			rows := strings.TrimSuffix(strings.Repeat(`(?, ?, 0, '', ?),`, len(chunk)), ",")
			if _, err := t.exec(ctx, `INSERT INTO wave_sender (wave, sender, joined_at, role, spared) VALUES `+rows+` ON CONFLICT (wave, sender) DO UPDATE SET spared = excluded.spared`, args...); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("spare senders of a wave", err)
}

const (
	waveMessageColumns = `grp, key, seq, kind, live, sender, at, text, quotes, run`
	notSpared          = ` AND NOT EXISTS (SELECT 1 FROM wave_sender k WHERE k.wave = wave_message.wave AND k.sender = wave_message.sender AND k.spared)`
)

func scanWaveMessage(r scanner) (m WaveMessage, err error) {
	var at int64
	err = r.Scan(&m.Group, &m.Key, &m.Seq, &m.Kind, &m.Live, &m.Sender, &at, &m.Text, &m.Quotes, &m.Run)
	m.At = fromMillis(at)
	return m, err
}

func (s waves) Take(ctx context.Context, wave, run int64) (list []WaveMessage, err error) {
	err = s.db.tx(ctx, func(t conn) error {
		list, err = all(ctx, t, scanWaveMessage, `UPDATE wave_message SET run = ? WHERE wave = ? AND run = 0`+notSpared+`
			RETURNING `+waveMessageColumns, run, wave)
		return err
	})
	return list, wrap("take messages of a wave", err)
}

func (s waves) Left(ctx context.Context, wave int64) (messages, senders int, err error) {
	row := s.db.read().row(ctx, `SELECT COUNT(*), COUNT(DISTINCT sender) FROM wave_message WHERE wave = ? AND run = 0`+notSpared, wave)
	err = row.Scan(&messages, &senders)
	return messages, senders, wrap("count what is left of a wave", err)
}

func (s waves) Of(ctx context.Context, wave, run int64, n int) ([]WaveMessage, error) {
	spared := ""
	if run == 0 {
		spared = notSpared
	}
	list, err := all(ctx, s.db.read(), scanWaveMessage, `SELECT `+waveMessageColumns+` FROM wave_message WHERE wave = ? AND run = ?`+spared+` ORDER BY grp, key LIMIT ?`, wave, run, n)
	return list, wrap("read messages of a wave", err)
}

const runColumns = `id, wave, app, operator_id, operator_name, address, key, version, body, made_at, due_at`

func scanRun(r scanner) (w WaveRun, err error) {
	var body string
	var made, due int64
	err = r.Scan(&w.ID, &w.Wave, &w.App, &w.OperatorID, &w.OperatorName, &w.Address, &w.Key, &w.Version, &body, &made, &due)
	w.Body, w.Made, w.Due = json.RawMessage(body), fromMillis(made), fromMillis(due)
	return w, err
}

func (s waves) AddRun(ctx context.Context, r WaveRun) (kept WaveRun, made bool, err error) {
	const op = "clean up a wave"
	body, err := objectJSON(r.Body)
	if err == nil && (len(body) > maxRunBody || r.Key == "" || r.Wave == 0) {
		err = invalid("a run of no wave, without a key, or with %d bytes", len(body))
	}
	if err != nil {
		return r, false, wrap(op, err)
	}
	err = s.db.tx(ctx, func(t conn) error {
		kept, err = one(t.row(ctx, `INSERT INTO wave_run (wave, app, operator_id, operator_name, address, key, version, body, made_at, due_at)
			VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING `+runColumns,
			r.Wave, text(r.App), text(r.OperatorID), text(r.OperatorName), text(r.Address), text(r.Key), body, millis(r.Made), millis(r.Due)), scanRun)
		if made = err == nil; !isNotFound(err) {
			return err
		}
		kept, err = one(t.row(ctx, `SELECT `+runColumns+` FROM wave_run WHERE operator_id = ? AND key = ?`, text(r.OperatorID), text(r.Key)), scanRun)
		return err
	})
	return kept, made, wrap(op, err)
}

func (s waves) Run(ctx context.Context, id int64) (WaveRun, error) {
	r, err := one(s.db.read().row(ctx, `SELECT `+runColumns+` FROM wave_run WHERE id = ?`, id), scanRun)
	return r, wrap("get a wave's run", err)
}

func (s waves) RunByKey(ctx context.Context, operatorID, key string) (WaveRun, error) {
	r, err := one(s.db.read().row(ctx, `SELECT `+runColumns+` FROM wave_run WHERE operator_id = ? AND key = ?`, text(operatorID), text(key)), scanRun)
	return r, wrap("get a wave's run", err)
}

func (s waves) Runs(ctx context.Context, wave int64) ([]WaveRun, error) {
	list, err := all(ctx, s.db.read(), scanRun, `SELECT `+runColumns+` FROM wave_run WHERE wave = ? ORDER BY id DESC LIMIT 50`, wave)
	return list, wrap("list a wave's runs", err)
}

func (s waves) PutRun(ctx context.Context, r WaveRun) (WaveRun, error) {
	const op = "change a wave's run"
	body, err := objectJSON(r.Body)
	if err == nil && len(body) > maxRunBody {
		err = invalid("a run with %d bytes", len(body))
	}
	if err != nil {
		return r, wrap(op, err)
	}
	kept, err := one(s.db.write().row(ctx, `UPDATE wave_run SET body = ?, due_at = ?, version = version + 1 WHERE id = ? AND version = ? RETURNING `+runColumns,
		body, millis(r.Due), r.ID, r.Version), scanRun)
	if isNotFound(err) {
		err = ErrConflict
	}
	return kept, wrap(op, err)
}

func (s waves) DueRuns(ctx context.Context, now time.Time, n int) ([]WaveRun, error) {
	list, err := all(ctx, s.db.read(), scanRun, `SELECT `+runColumns+` FROM wave_run WHERE due_at <> 0 AND due_at <= ? ORDER BY due_at LIMIT ?`, millis(now), n)
	return list, wrap("find runs that are due", err)
}

func (s waves) Drop(ctx context.Context, seen, ended time.Time, n int) (int, error) {
	dropped, err := s.db.write().exec(ctx, `DELETE FROM wave WHERE id IN (SELECT id FROM wave WHERE (case_id = 0 AND last_at < ? OR last_at < ?)
		AND NOT EXISTS (SELECT 1 FROM wave_run r WHERE r.wave = wave.id AND r.due_at <> 0) ORDER BY last_at LIMIT ?)`, millis(seen), millis(ended), n)
	return int(dropped), wrap("drop waves", err)
}

// waveTables are what waves have of a user.
func waveTables(app, user string) []table {
	found, erased := func(h *Holdings) *int { return &h.Lists }, func(e *Erasure) *int { return &e.Lists }
	const of = `sender = ? AND wave IN (SELECT id FROM wave WHERE app = ?)`
	return []table{
		{`wave_message`, of, []any{user, app}, "", found, erased},
		{`wave_sender`, of, []any{user, app}, "", found, erased},
		{`wave`, `app = ? AND sender = ? AND text <> ''`, []any{app, user}, `text = '', sender = '` + Erased + `'`, found, erased},
	}
}
