package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of cases.
const (
	MaxCaseText     = 8 << 10   // bytes of what was said
	MaxCaseEvidence = 512 << 10 // bytes of what is kept with a case
	MaxCaseNote     = 4000      // bytes of a note or a reason
	MaxCasePage     = 200       // cases, flags, entries and the like in one call
	MaxCaseFlags    = 1000      // of one case; what comes beyond is counted by nobody
	MaxVerdictBody  = 256 << 10
	maxCaseTitle    = 200
	maxCaseReasons  = 32 << 10
)

// CaseState says how far a case is.
type CaseState string

// The states of a case.
const (
	CaseNew       CaseState = "new"
	CaseClaimed   CaseState = "claimed" // an operator has it, until ClaimUntil
	CaseEscalated CaseState = "escalated"
	CaseSnoozed   CaseState = "snoozed" // until SnoozedUntil
	CaseDecided   CaseState = "decided"
)

// CaseSources are where cases come from.
const (
	CaseFromRule     = "rule"
	CaseFromReport   = "report"   // by a user of the app
	CaseFromOperator = "operator" // by hand
	CaseFromWave     = "wave"     // the same text by many
	CaseFromAppeal   = "appeal"   // against the verdict of another case
)

// Case is something for a moderator to decide: about a message, or a person.
type Case struct {
	ID     int64
	Place  Conversation // its App is the case's; without Group and Users it is about a person
	Key    string       // of the message; "" for a person
	Sender string
	SaidAt time.Time
	Text   string
	Parent int64 // the case that is appealed against; 0: none

	// What flags make of it.
	Title     string
	Sources   []string
	Score     int // of the highest flag, 0 to 100
	Reporters int
	Points    int
	Terms     json.RawMessage // a JSON object; what Points are made of

	// What people do with it. Put writes these.
	State        CaseState
	Version      int64
	ClaimedBy    string
	ClaimedName  string
	ClaimedAt    time.Time
	ClaimUntil   time.Time
	AssignedTo   string
	AssignedName string
	SnoozedUntil time.Time
	Why          string

	Evidence    json.RawMessage // a JSON object; not in lists
	EvidenceDue time.Time       // when the rest of it is to be looked for; zero: it is whole
	Verdict     int64           // the last one; 0: none
	Upheld      bool            // the verdict was more than no action
	Opened      time.Time
	Changed     time.Time
	DecidedAt   time.Time
	DecidedBy   string
	DecidedName string
}

// CaseFlag is one reason for a case.
type CaseFlag struct {
	N       int64
	At      time.Time
	Source  string
	By      string // the user who reported it, or the operator; "" for rules
	Rule    string
	Version int
	Score   int
	Reasons json.RawMessage // a JSON object
	Note    string
}

// CaseSums are what the flags of a case come to.
type CaseSums struct {
	Sources   []string
	Score     int
	Flags     int
	Reporters int
	Title     string
	Upheld    int // reports of these reporters that led to a verdict, earlier
	Rejected  int // and those that did not
	Strikes   int // of the sender that count, in hundredths, after decay
}

// Weighing is how a case is weighed.
type Weighing struct {
	Title  string
	Points int
	Terms  json.RawMessage
}

// CaseEvent is one line of a case's history.
type CaseEvent struct {
	ID     int64
	Case   int64
	At     time.Time
	Kind   string
	By     string
	ByName string
	Note   string
	Detail json.RawMessage // a JSON object
}

// CaseFilter picks cases. A zero field picks all.
type CaseFilter struct {
	Apps     []string // nil: all
	States   []CaseState
	Open     bool   // not decided
	Mine     string // claimed by, or assigned to, the operator
	NotFor   string // neither claimed by nor assigned to somebody else
	Source   string
	Title    string
	Group    string
	Sender   string
	MinScore int
	NotSelf  int64 // not this case
	Decider  string
	Since    time.Time // decided since
	Now      time.Time // snoozed cases whose time is over, and claims that lapsed, count as new
}

// VerdictState says how far a verdict is.
type VerdictState string

// The states of a verdict.
const (
	VerdictHeld      VerdictState = "held"    // can be taken back
	VerdictRunning   VerdictState = "running" // is being carried out, or was when its console died
	VerdictDone      VerdictState = "done"
	VerdictUndone    VerdictState = "undone" // taken back in time: nothing was sent
	VerdictReversing VerdictState = "reversing"
	VerdictReversed  VerdictState = "reversed"
)

// Verdict is a decision that is to be carried out.
type Verdict struct {
	ID           int64
	Case         int64
	App          string
	Macro        string
	OperatorID   string
	OperatorName string
	Address      string
	State        VerdictState
	Result       string
	Was          CaseState
	Body         json.RawMessage // a JSON object: steps and what became of them
	Due          time.Time       // by the database's clock
	Attempt      int
	Made         time.Time
	Ended        time.Time
	Left         time.Duration // until Due; read only
}

// VerdictLease is a console's right to carry a verdict out. A write with a lease that another one took over is ErrLeaseLost.
type VerdictLease struct {
	Verdict int64
	Owner   string
	Attempt int
	For     time.Duration
}

// Strike is a counted offence.
type Strike struct {
	Verdict int64
	Case    int64
	App     string
	User    string
	At      time.Time
	Points  int
	Why     string
	Lifted  time.Time
}

// Decision is what Decide writes beside the verdict.
type Decision struct {
	Verdict Verdict
	Hold    time.Duration // until it is carried out
	Upheld  bool
	Strike  *Strike // of Points, At, User and Why; nil: none
	Event   CaseEvent
}

// Looker is somebody who has a case before them.
type Looker struct {
	OperatorID, Name string
	Since, Seen      time.Time
}

// ReporterRecord is how many reports of a user led to a verdict, and how many did not.
type ReporterRecord struct{ Reports, Upheld, Rejected int }

// Cases are what moderators decide. storetest.Cases is the contract.
type Cases interface {
	// Flag adds a flag to the open case of c's subject, or opens one: of several at once, one opens it and the others join.
	// What the same person or rule flagged already is not counted again (added false). weigh is asked in the transaction.
	Flag(ctx context.Context, c Case, f CaseFlag, weigh func(Case, CaseSums) Weighing) (kept Case, opened, added bool, err error)
	// Get returns one, or ErrNotFound.
	Get(ctx context.Context, id int64) (Case, error)
	// Open returns the open case of a message, or ErrNotFound.
	Open(ctx context.Context, p Conversation, key, sender string) (Case, error)
	// List returns up to n open cases, the most urgent first, after the one given (0: from the first on); of a filter by
	// CaseDecided alone, those that were decided last. Evidence is left out.
	List(ctx context.Context, f CaseFilter, after int64, n int) ([]Case, error)
	// Count tells how many match, up to 10,000.
	Count(ctx context.Context, f CaseFilter) (int, error)
	// Oldest is when the open case that waits longest was opened; zero: there is none.
	Oldest(ctx context.Context, f CaseFilter) (time.Time, error)
	// Flags returns up to n flags of a case in their order.
	Flags(ctx context.Context, id int64, n int) ([]CaseFlag, error)
	// Reporters tells of users how good their reports were.
	Reporters(ctx context.Context, app string, users []string) (map[string]ReporterRecord, error)
	// Put writes what people did with a case, with a line of its history, if it is still at c.Version. ErrConflict: somebody
	// was faster.
	Put(ctx context.Context, c Case, e CaseEvent) (Case, error)
	// Tell adds a line to the history.
	Tell(ctx context.Context, e CaseEvent) error
	// History returns the last n lines of a case, in their order.
	History(ctx context.Context, id int64, n int) ([]CaseEvent, error)
	// Did returns up to n lines of what an operator did since a time, newest first.
	Did(ctx context.Context, operatorID string, since time.Time, n int) ([]CaseEvent, error)
	// Evidence writes what is kept with a case; due is when the rest is to be looked for, zero when it is whole.
	Evidence(ctx context.Context, id int64, doc json.RawMessage, due time.Time) error
	// Unwhole returns up to n cases whose evidence is due by now, with it.
	Unwhole(ctx context.Context, now time.Time, n int) ([]Case, error)

	// Decide closes a case that is still at the version, and keeps the verdict. ErrConflict: somebody was faster.
	Decide(ctx context.Context, id, version int64, d Decision) (Case, Verdict, error)
	// Undo takes a verdict back that is still held, and gives the case back to its operator until claim. ErrConflict: it is too late.
	Undo(ctx context.Context, verdict int64, e CaseEvent, claim time.Time) (Case, error)
	// Verdict returns one, or ErrNotFound; Verdicts the last n of a case, newest first.
	Verdict(ctx context.Context, id int64) (Verdict, error)
	Verdicts(ctx context.Context, caseID int64, n int) ([]Verdict, error)
	// LastVerdict is the newest of an operator, or ErrNotFound.
	LastVerdict(ctx context.Context, operatorID string) (Verdict, error)
	// Again makes a verdict due again that is done, with a new body: what failed is tried again, or all is reversed.
	// ErrConflict: it is in another state.
	Again(ctx context.Context, verdict int64, from, to VerdictState, body json.RawMessage, by Verdict) error
	// Due gives the next verdict that is due to a console: one whose hold is over, or whose console gave no sign of life for
	// the length of its lease. ErrNotFound: there is none, and next is how long until there is one; 0: none is held.
	Due(ctx context.Context, owner string, lease time.Duration) (v Verdict, l VerdictLease, next time.Duration, err error)
	// Save writes how far a verdict is, and holds the lease.
	Save(ctx context.Context, l VerdictLease, body json.RawMessage) error
	// End ends it. A reversed one takes its strike along.
	End(ctx context.Context, l VerdictLease, to VerdictState, result string, body json.RawMessage) error

	// Strikes returns the last n strikes of a user, newest first, with those that were lifted.
	Strikes(ctx context.Context, app, user string, n int) ([]Strike, error)

	// Look notes that an operator has a case before them, and reports whether that is new. Leave ends it.
	Look(ctx context.Context, id int64, l Looker, since time.Time) (isNew bool, err error)
	Leave(ctx context.Context, id int64, operatorID string) (was bool, err error)
	// Lookers are those who gave a sign of life since a time, by case.
	Lookers(ctx context.Context, ids []int64, since time.Time) (map[int64][]Looker, error)
}

type caseStore struct{ db *db }

const caseColumns = `id, app, grp, user_a, user_b, key, sender, said_at, text, parent, state, version, title, sources, score, reporters,
	points, terms, claimed_by, claimed_name, claimed_at, claim_until, assigned_to, assigned_name, snoozed_until, why, evidence_due,
	verdict, upheld, opened_at, changed_at, decided_at, decided_by, decided_name`

func scanCaseInto(r scanner, c *Case, more ...any) error {
	var said, claimed, until, snoozed, due, opened, changed, decided int64
	var sources, terms string
	err := r.Scan(append([]any{&c.ID, &c.Place.App, &c.Place.Group, &c.Place.Users[0], &c.Place.Users[1], &c.Key, &c.Sender, &said, &c.Text, &c.Parent,
		&c.State, &c.Version, &c.Title, &sources, &c.Score, &c.Reporters, &c.Points, &terms, &c.ClaimedBy, &c.ClaimedName, &claimed, &until,
		&c.AssignedTo, &c.AssignedName, &snoozed, &c.Why, &due, &c.Verdict, &c.Upheld, &opened, &changed, &decided, &c.DecidedBy, &c.DecidedName}, more...)...)
	c.SaidAt, c.ClaimedAt, c.ClaimUntil, c.SnoozedUntil = fromMillis(said), fromMillis(claimed), fromMillis(until), fromMillis(snoozed)
	c.EvidenceDue, c.Opened, c.Changed, c.DecidedAt = fromMillis(due), fromMillis(opened), fromMillis(changed), fromMillis(decided)
	c.Terms = json.RawMessage(terms)
	if sources != "" {
		c.Sources = strings.Split(sources, ",")
	}
	return err
}

func scanCase(r scanner) (c Case, err error) { return c, scanCaseInto(r, &c) }

func scanWholeCase(r scanner) (c Case, err error) {
	var evidence string
	err = scanCaseInto(r, &c, &evidence)
	c.Evidence = json.RawMessage(evidence)
	return c, err
}

// subject is what a case is about, as one text.
func (c Case) subject() string {
	p := c.Place.sorted()
	switch {
	case c.Parent != 0:
		return "appeal\n" + strconv.FormatInt(c.Parent, 10)
	case c.Key != "":
		return digest("message", p.Group, p.Users[0], p.Users[1], c.Key)
	case c.Sender != "":
		return digest("person", c.Sender)
	}
	sum := sha256.Sum256([]byte(c.Text))
	return "text\n" + hex.EncodeToString(sum[:])
}

func (s caseStore) Flag(ctx context.Context, c Case, f CaseFlag, weigh func(Case, CaseSums) Weighing) (kept Case, opened, added bool, err error) {
	const op = "flag"
	evidence, err := objectJSON(c.Evidence)
	if err != nil {
		return c, false, false, wrap(op, err)
	}
	reasons, err := objectJSON(f.Reasons)
	if err != nil {
		return c, false, false, wrap(op, err)
	}
	switch {
	case c.Place.App == "" || f.Source == "" || f.At.IsZero() || c.Key == "" && c.Sender == "" && c.Text == "" && c.Parent == 0:
		err = invalid("a flag needs an app, a source, a time, and what it is about")
	case len(evidence) > MaxCaseEvidence || len(reasons) > maxCaseReasons || f.Score < 0 || f.Score > 100:
		err = invalid("the flag is too large, or its score is not 0 to 100")
	}
	if err != nil {
		return c, false, false, wrap(op, err)
	}
	a := archive{s.db}
	var news []arrived
	for range 3 { // of two who open the same case, the slower one tries again and joins
		err = s.db.tx(ctx, func(t conn) error {
			if kept, opened, added, err = s.flag(ctx, t, c, f, evidence, reasons, weigh); err != nil || !opened || c.Key == "" {
				return err
			}
			if news, err = a.flagged(ctx, t, c.Place, c.Key, f.At); err != nil {
				return err
			}
			return a.arrive(ctx, t, news)
		})
		if err == nil || err != errRaced {
			break
		}
	}
	a.ring(err, news)
	return kept, opened, added, wrap(op, err)
}

// errRaced: another transaction opened the case meanwhile.
var errRaced = ErrConflict

func (s caseStore) flag(ctx context.Context, t conn, c Case, f CaseFlag, evidence, reasons string, weigh func(Case, CaseSums) Weighing) (kept Case, opened, added bool, err error) {
	p, subject := c.Place.sorted(), c.subject()
	find := func() (Case, error) {
		return one(t.row(ctx, `SELECT `+caseColumns+` FROM mod_case WHERE app = ? AND subject = ? AND state <> 'decided'`+t.forUpdate(), text(p.App), text(subject)), scanCase)
	}
	kept, err = find()
	if err != nil && !isNotFound(err) {
		return c, false, false, err
	}
	if err != nil {
		n, err := t.exec(ctx, `INSERT INTO mod_case (app, subject, grp, user_a, user_b, key, sender, said_at, text, parent, state, version, title, sources,
			score, reporters, points, rank, terms, claimed_by, claimed_name, claimed_at, claim_until, assigned_to, assigned_name, snoozed_until, why,
			evidence, evidence_due, verdict, upheld, opened_at, changed_at, decided_at, decided_by, decided_name)
			VALUES (?,?,?,?,?,?,?,?,?,?,'new',1,'','',0,0,0,0,'{}','','',0,0,'','',0,'',?,?,0,?,?,?,0,'','') ON CONFLICT DO NOTHING`,
			text(p.App), text(subject), text(p.Group), text(p.Users[0]), text(p.Users[1]), text(c.Key), text(c.Sender), millis(c.SaidAt),
			cut(c.Text, MaxCaseText), c.Parent, evidence, millis(c.EvidenceDue), false, millis(f.At), millis(f.At))
		if err != nil {
			return c, false, false, err
		}
		if n == 0 {
			return c, false, false, errRaced
		}
		if kept, err = find(); err != nil {
			return c, false, false, err
		}
		if err := countCase(ctx, t, p.App, millis(f.At), CountOpened, f.Source, 1); err != nil {
			return c, false, false, err
		}
		opened = true
	}
	n, err := t.exec(ctx, `INSERT INTO mod_flag (case_id, n, app, at, source, by_id, rule, version, score, reasons, note)
		SELECT ?, COALESCE(MAX(n), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM mod_flag WHERE case_id = ? HAVING COUNT(*) < ? ON CONFLICT DO NOTHING`,
		kept.ID, text(p.App), millis(f.At), text(f.Source), text(f.By), text(f.Rule), f.Version, f.Score, reasons, cut(f.Note, MaxCaseNote), kept.ID, MaxCaseFlags)
	if err != nil {
		return c, opened, false, err
	}
	if n == 0 {
		return kept, opened, false, nil
	}
	if err := freezeSoon(ctx, t, kept.ID); err != nil {
		return c, opened, true, err
	}
	sums, err := s.sums(ctx, t, kept, f.At)
	if err != nil {
		return c, opened, true, err
	}
	w := weigh(kept, sums)
	terms, err := objectJSON(w.Terms)
	if err != nil {
		return c, opened, true, err
	}
	kept, err = one(t.row(ctx, `UPDATE mod_case SET title = ?, sources = ?, score = ?, reporters = ?, points = ?, terms = ?, rank = opened_at - ?,
		changed_at = ? WHERE id = ? RETURNING `+caseColumns, cut(w.Title, maxCaseTitle), strings.Join(sums.Sources, ","), sums.Score, sums.Reporters,
		w.Points, terms, int64(w.Points)*CasePoint.Milliseconds(), millis(f.At), kept.ID), scanCase)
	return kept, opened, true, err
}

// CasePoint is how long a case waits for one point more.
const CasePoint = time.Minute

// sums reads what the flags of a case come to.
func (s caseStore) sums(ctx context.Context, t conn, c Case, now time.Time) (CaseSums, error) {
	flags, err := all(ctx, t, scanCaseFlag, `SELECT `+flagColumns+` FROM mod_flag WHERE case_id = ? ORDER BY score DESC, n LIMIT ?`, c.ID, MaxCaseFlags)
	if err != nil || len(flags) == 0 {
		return CaseSums{}, err
	}
	sums := CaseSums{Score: flags[0].Score, Flags: len(flags)}
	var reporters []string
	for _, f := range flags {
		if !slices.Contains(sums.Sources, f.Source) {
			sums.Sources = append(sums.Sources, f.Source)
		}
		if f.Source == CaseFromReport {
			reporters = append(reporters, f.By)
		}
		if sums.Title == "" {
			sums.Title = f.Rule
		}
	}
	slices.Sort(sums.Sources)
	sums.Reporters = len(reporters)
	records, err := reportersOf(ctx, t, c.Place.App, reporters[:min(len(reporters), 50)])
	for _, r := range records {
		sums.Upheld += r.Upheld
		sums.Rejected += r.Rejected
	}
	if err != nil || c.Sender == "" {
		return sums, err
	}
	strikes, err := strikesOf(ctx, t, c.Place.App, c.Sender, MaxCasePage)
	for _, x := range strikes {
		sums.Strikes += x.Weight(now)
	}
	return sums, err
}

// StrikeHalf is the time in which a strike loses half its weight.
const StrikeHalf = 30 * 24 * time.Hour

// Weight is what a strike counts at a time, in hundredths: half as much after each StrikeHalf, and nothing once it is lifted.
func (x Strike) Weight(now time.Time) int {
	if !x.Lifted.IsZero() {
		return 0
	}
	w := 100 * x.Points
	age := max(now.Sub(x.At), 0)
	for ; age >= StrikeHalf && w > 0; age -= StrikeHalf {
		w /= 2
	}
	// Between two halvings it goes down in a straight line.
	return w - int(int64(w/2)*int64(age/time.Minute)/int64(StrikeHalf/time.Minute))
}

func (s caseStore) Get(ctx context.Context, id int64) (Case, error) {
	c, err := one(s.db.read().row(ctx, `SELECT `+caseColumns+`, evidence FROM mod_case WHERE id = ?`, id), scanWholeCase)
	return c, wrap("get case", err)
}

func (s caseStore) Open(ctx context.Context, p Conversation, key, sender string) (Case, error) {
	subject := Case{Place: p, Key: key, Sender: sender}.subject()
	c, err := one(s.db.read().row(ctx, `SELECT `+caseColumns+` FROM mod_case WHERE app = ? AND subject = ? AND state <> 'decided'`, text(p.App), text(subject)), scanCase)
	return c, wrap("find the open case", err)
}

// where is the filter as a condition.
func (f CaseFilter) where() (string, []any) {
	list, args := []string{"1 = 1"}, []any{}
	and := func(cond string, values ...any) {
		list = append(list, cond)
		args = append(args, values...)
	}
	if f.Apps != nil {
		if len(f.Apps) == 0 {
			and(`1 = 0`)
		} else {
			and(`app IN (`+marks(len(f.Apps))+`)`, texts(f.Apps)...)
		}
	}
	if f.Open {
		and(`state <> 'decided'`)
	}
	if len(f.States) > 0 {
		var states []string
		for _, st := range f.States {
			switch {
			case st == CaseNew && !f.Now.IsZero():
				states = append(states, `state = 'new' OR state = 'claimed' AND claim_until < ? OR state = 'snoozed' AND snoozed_until <= ?`)
				args = append(args, millis(f.Now), millis(f.Now))
			case st == CaseSnoozed && !f.Now.IsZero():
				states = append(states, `state = 'snoozed' AND snoozed_until > ?`)
				args = append(args, millis(f.Now))
			case st == CaseClaimed && !f.Now.IsZero():
				states = append(states, `state = 'claimed' AND claim_until >= ?`)
				args = append(args, millis(f.Now))
			default:
				states = append(states, `state = ?`)
				args = append(args, string(st))
			}
		}
		list = append(list, `(`+strings.Join(states, ` OR `)+`)`)
	}
	if f.Mine != "" {
		and(`(assigned_to = ? OR claimed_by = ? AND state = 'claimed' AND claim_until >= ?)`, text(f.Mine), text(f.Mine), millis(f.Now))
	}
	if f.NotFor != "" {
		and(`assigned_to IN ('', ?) AND (claimed_by IN ('', ?) OR claim_until < ?)`, text(f.NotFor), text(f.NotFor), millis(f.Now))
	}
	if f.Source != "" {
		and(`',' || sources || ',' LIKE ?`, `%,`+text(f.Source)+`,%`)
	}
	for column, v := range map[string]string{"title": f.Title, "grp": f.Group, "sender": f.Sender, "decided_by": f.Decider} {
		if v != "" {
			and(column+` = ?`, text(v))
		}
	}
	if f.MinScore > 0 {
		and(`score >= ?`, f.MinScore)
	}
	if f.NotSelf != 0 {
		and(`id <> ?`, f.NotSelf)
	}
	if !f.Since.IsZero() {
		and(`decided_at >= ?`, millis(f.Since))
	}
	return strings.Join(list, ` AND `), args
}

// texts are strings as values of a statement.
func texts(list []string) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = text(v)
	}
	return out
}

func (s caseStore) List(ctx context.Context, f CaseFilter, after int64, n int) ([]Case, error) {
	const op = "list cases"
	if n < 1 || n > MaxCasePage {
		return nil, wrap(op, invalid("%d cases a page, at most %d", n, MaxCasePage))
	}
	where, args := f.where()
	order := `rank, id`
	if slices.Equal(f.States, []CaseState{CaseDecided}) {
		order = `decided_at DESC, id DESC`
	}
	if after != 0 {
		if order == `rank, id` {
			where += ` AND (rank, id) > (SELECT rank, id FROM mod_case WHERE id = ?)`
		} else {
			where += ` AND (decided_at, id) < (SELECT decided_at, id FROM mod_case WHERE id = ?)`
		}
		args = append(args, after)
	}
	list, err := all(ctx, s.db.read(), scanCase, `SELECT `+caseColumns+` FROM mod_case WHERE `+where+` ORDER BY `+order+` LIMIT ?`, append(args, n)...)
	return list, wrap(op, err)
}

func (s caseStore) Count(ctx context.Context, f CaseFilter) (int, error) {
	where, args := f.where()
	n, err := one(s.db.read().row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM mod_case WHERE `+where+` LIMIT 10000) AS counted`, args...), scanInt)
	return int(n), wrap("count cases", err)
}

func (s caseStore) Oldest(ctx context.Context, f CaseFilter) (time.Time, error) {
	where, args := f.where()
	n, err := one(s.db.read().row(ctx, `SELECT COALESCE(MIN(opened_at), 0) FROM mod_case WHERE `+where, args...), scanInt)
	return fromMillis(n), wrap("find the oldest case", err)
}

const flagColumns = `n, at, source, by_id, rule, version, score, reasons, note`

func scanCaseFlag(r scanner) (f CaseFlag, err error) {
	var at int64
	var reasons string
	err = r.Scan(&f.N, &at, &f.Source, &f.By, &f.Rule, &f.Version, &f.Score, &reasons, &f.Note)
	f.At, f.Reasons = fromMillis(at), json.RawMessage(reasons)
	return f, err
}

func (s caseStore) Flags(ctx context.Context, id int64, n int) ([]CaseFlag, error) {
	list, err := all(ctx, s.db.read(), scanCaseFlag, `SELECT `+flagColumns+` FROM mod_flag WHERE case_id = ? ORDER BY n LIMIT ?`, id, min(n, MaxCasePage))
	return list, wrap("read the flags of a case", err)
}

func (s caseStore) Reporters(ctx context.Context, app string, users []string) (map[string]ReporterRecord, error) {
	m, err := reportersOf(ctx, s.db.read(), app, users)
	return m, wrap("read the records of reporters", err)
}

func reportersOf(ctx context.Context, c conn, app string, users []string) (map[string]ReporterRecord, error) {
	m := map[string]ReporterRecord{}
	type row struct {
		user string
		ReporterRecord
	}
	for chunk := range slices.Chunk(users, 100) {
		list, err := all(ctx, c, func(r scanner) (x row, err error) { return x, r.Scan(&x.user, &x.Reports, &x.Upheld, &x.Rejected) },
			`SELECT f.by_id, COUNT(*), SUM(CASE WHEN k.state = 'decided' AND k.upheld THEN 1 ELSE 0 END),
				SUM(CASE WHEN k.state = 'decided' AND NOT k.upheld THEN 1 ELSE 0 END)
			FROM mod_flag f JOIN mod_case k ON k.id = f.case_id
			WHERE f.source = 'report' AND f.app = ? AND f.by_id IN (`+marks(len(chunk))+`) GROUP BY f.by_id`, appAnd(app, chunk)...)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			m[x.user] = x.ReporterRecord
		}
	}
	return m, nil
}

func (s caseStore) Put(ctx context.Context, c Case, e CaseEvent) (kept Case, err error) {
	err = s.db.tx(ctx, func(t conn) error {
		if c.State == CaseDecided {
			return invalid("a case is decided by a verdict")
		}
		kept, err = one(t.row(ctx, `UPDATE mod_case SET state = ?, version = version + 1, claimed_by = ?, claimed_name = ?, claimed_at = ?, claim_until = ?,
			assigned_to = ?, assigned_name = ?, snoozed_until = ?, why = ?, changed_at = ? WHERE id = ? AND version = ? AND state <> 'decided' RETURNING `+caseColumns,
			string(c.State), text(c.ClaimedBy), text(c.ClaimedName), millis(c.ClaimedAt), millis(c.ClaimUntil), text(c.AssignedTo), text(c.AssignedName),
			millis(c.SnoozedUntil), cut(c.Why, MaxCaseNote), millis(e.At), c.ID, c.Version), scanCase)
		if isNotFound(err) {
			return ErrConflict
		}
		if err != nil || e.Kind == "" {
			return err
		}
		e.Case = c.ID
		return s.tell(ctx, t, e)
	})
	return kept, wrap("change a case", err)
}

func (s caseStore) tell(ctx context.Context, t conn, e CaseEvent) error {
	detail, err := objectJSON(e.Detail)
	if err == nil && (e.Kind == "" || len(detail) > maxCaseReasons) {
		err = invalid("a line of the history needs a kind, and little detail")
	}
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO mod_event (case_id, at, kind, by_id, by_name, note, detail) VALUES (?,?,?,?,?,?,?)`,
		e.Case, millis(e.At), text(e.Kind), text(e.By), text(e.ByName), cut(e.Note, MaxCaseNote), detail)
	return err
}

func (s caseStore) Tell(ctx context.Context, e CaseEvent) error {
	return wrap("add to a case's history", s.tell(ctx, s.db.write(), e))
}

const eventColumns = `id, case_id, at, kind, by_id, by_name, note, detail`

func scanCaseEvent(r scanner) (e CaseEvent, err error) {
	var at int64
	var detail string
	err = r.Scan(&e.ID, &e.Case, &at, &e.Kind, &e.By, &e.ByName, &e.Note, &detail)
	e.At, e.Detail = fromMillis(at), json.RawMessage(detail)
	return e, err
}

func (s caseStore) History(ctx context.Context, id int64, n int) ([]CaseEvent, error) {
	list, err := all(ctx, s.db.read(), scanCaseEvent, `SELECT `+eventColumns+` FROM mod_event WHERE case_id = ? ORDER BY id DESC LIMIT ?`, id, min(n, MaxCasePage))
	slices.Reverse(list)
	return list, wrap("read a case's history", err)
}

func (s caseStore) Did(ctx context.Context, operatorID string, since time.Time, n int) ([]CaseEvent, error) {
	list, err := all(ctx, s.db.read(), scanCaseEvent, `SELECT `+eventColumns+` FROM mod_event WHERE by_id = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?`,
		text(operatorID), millis(since), min(n, MaxCasePage))
	return list, wrap("read what an operator did", err)
}

func (s caseStore) Evidence(ctx context.Context, id int64, doc json.RawMessage, due time.Time) error {
	const op = "keep evidence"
	body, err := objectJSON(doc)
	if err == nil && len(body) > MaxCaseEvidence {
		err = invalid("the evidence has %d bytes, at most %d fit", len(body), MaxCaseEvidence)
	}
	if err == nil {
		err = s.db.write().execOne(ctx, `UPDATE mod_case SET evidence = ?, evidence_due = ? WHERE id = ?`, body, millis(due), id)
	}
	return wrap(op, err)
}

func (s caseStore) Unwhole(ctx context.Context, now time.Time, n int) ([]Case, error) {
	list, err := all(ctx, s.db.read(), scanWholeCase, `SELECT `+caseColumns+`, evidence FROM mod_case WHERE evidence_due <> 0 AND evidence_due <= ? ORDER BY evidence_due LIMIT ?`,
		millis(now), min(n, MaxCasePage))
	return list, wrap("find evidence that is not whole", err)
}

func (s caseStore) Strikes(ctx context.Context, app, user string, n int) ([]Strike, error) {
	list, err := strikesOf(ctx, s.db.read(), app, user, min(n, MaxCasePage))
	return list, wrap("read strikes", err)
}

func strikesOf(ctx context.Context, c conn, app, user string, n int) ([]Strike, error) {
	return all(ctx, c, func(r scanner) (x Strike, err error) {
		var at, lifted int64
		err = r.Scan(&x.Verdict, &x.Case, &x.App, &x.User, &at, &x.Points, &x.Why, &lifted)
		x.At, x.Lifted = fromMillis(at), fromMillis(lifted)
		return x, err
	}, `SELECT verdict, case_id, app, user_id, at, points, why, lifted_at FROM mod_strike WHERE app = ? AND user_id = ? ORDER BY at DESC, verdict DESC LIMIT ?`,
		text(app), text(user), n)
}

func (s caseStore) Look(ctx context.Context, id int64, l Looker, since time.Time) (isNew bool, err error) {
	err = s.db.tx(ctx, func(t conn) error {
		n, err := t.exec(ctx, `UPDATE mod_looker SET seen_at = ? WHERE case_id = ? AND operator_id = ? AND seen_at >= ?`, millis(l.Seen), id, text(l.OperatorID), millis(since))
		if err != nil || n > 0 {
			return err
		}
		isNew = true
		if _, err := t.exec(ctx, `DELETE FROM mod_looker WHERE seen_at < ?`, millis(since)); err != nil {
			return err
		}
		if _, err := one(t.row(ctx, `SELECT id FROM mod_case WHERE id = ?`, id), scanInt); err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO mod_looker (case_id, operator_id, name, since, seen_at) VALUES (?,?,?,?,?)
			ON CONFLICT (case_id, operator_id) DO UPDATE SET seen_at = excluded.seen_at`, id, text(l.OperatorID), text(l.Name), millis(l.Seen), millis(l.Seen))
		return err
	})
	return isNew, wrap("note who looks at a case", err)
}

func (s caseStore) Leave(ctx context.Context, id int64, operatorID string) (bool, error) {
	n, err := s.db.write().exec(ctx, `DELETE FROM mod_looker WHERE case_id = ? AND operator_id = ?`, id, text(operatorID))
	return n > 0, wrap("note who left a case", err)
}

func (s caseStore) Lookers(ctx context.Context, ids []int64, since time.Time) (map[int64][]Looker, error) {
	m := map[int64][]Looker{}
	for chunk := range slices.Chunk(ids, 500) {
		args := []any{millis(since)}
		for _, id := range chunk {
			args = append(args, id)
		}
		type row struct {
			id int64
			Looker
		}
		list, err := all(ctx, s.db.read(), func(r scanner) (x row, err error) {
			var from, seen int64
			err = r.Scan(&x.id, &x.OperatorID, &x.Name, &from, &seen)
			x.Since, x.Seen = fromMillis(from), fromMillis(seen)
			return x, err
		}, `SELECT case_id, operator_id, name, since, seen_at FROM mod_looker WHERE seen_at >= ? AND case_id IN (`+marks(len(chunk))+`) ORDER BY since, operator_id`, args...)
		if err != nil {
			return nil, wrap("read who looks at cases", err)
		}
		for _, x := range list {
			m[x.id] = append(m[x.id], x.Looker)
		}
	}
	return m, nil
}
