package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// What is counted of cases.
const (
	CountOpened       = "opened"        // by source
	CountTime         = "time"          // verdicts by the seconds until they were made, at most; CaseTimeMore: beyond
	CountBy           = "by"            // verdicts by operator
	CountRule         = "rule"          // verdicts by rule
	CountReversedBy   = "reversed_by"   // verdicts that were reversed, by who had made them
	CountReversedRule = "reversed_rule" // and by rule
	CountSanction     = "sanction"      // what verdicts did that is in force: recall, mute, kick, warn
)

// CaseTimeMore is the name of what took longer than the last of CaseTimes.
const CaseTimeMore = "more"

// CaseTimes are the bounds by which times to a verdict are counted.
func CaseTimes() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}
}

// MaxNumbers is how far apart the ends of a range may be.
const MaxNumbers = 366 * 24 * time.Hour

// CaseCount is how often something happened with cases.
type CaseCount struct {
	What, Name string
	Day        time.Time // its beginning; of a sum zero
	N          int64
}

// Numbers are counts of what happened with cases, kept by the hour; they outlive the cases. storetest.Numbers is the contract.
type Numbers interface {
	// Sums are the counts of apps from one time to before another, by what and name. ErrInvalid beyond MaxNumbers.
	Sums(ctx context.Context, apps []string, from, to time.Time) ([]CaseCount, error)
	// Days are the counts of one thing by day and name; days begin at midnight as far east of UTC as offset says.
	Days(ctx context.Context, apps []string, what string, from, to time.Time, offset time.Duration) ([]CaseCount, error)
	// Ages counts the open cases of apps by how long they wait, one number for each of CaseTimes and one beyond; of at most 10,000.
	Ages(ctx context.Context, apps []string, now time.Time) ([]int64, error)
}

type numbers struct{ db *db }

// countCase adds to a count.
func countCase(ctx context.Context, t conn, app string, at int64, what, name string, n int) error {
	_, err := t.exec(ctx, `INSERT INTO case_count (app, hour, what, name, n) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (app, hour, what, name) DO UPDATE SET n = case_count.n + excluded.n`, text(app), at-at%time.Hour.Milliseconds(), what, cut(name, maxCaseTitle), n)
	return err
}

// timeName is what a time to a verdict is counted by.
func timeName(took time.Duration) string {
	for _, d := range CaseTimes() {
		if took <= d {
			return strconv.Itoa(int(d / time.Second))
		}
	}
	return CaseTimeMore
}

// countVerdict counts what a verdict came to, once it has ended: body is that of cases.
func countVerdict(ctx context.Context, t conn, verdict int64, to VerdictState, body string) error {
	c, err := one(t.row(ctx, `SELECT `+caseColumns+` FROM mod_case WHERE id = (SELECT case_id FROM mod_verdict WHERE id = ?)`, verdict), scanCase)
	if err != nil {
		return err
	}
	now, err := one(t.row(ctx, `SELECT `+t.clock()), scanInt)
	if err != nil {
		return err
	}
	app, rule := c.Place.App, ""
	if strings.Contains(","+strings.Join(c.Sources, ",")+",", ","+CaseFromRule+",") {
		rule = c.Title
	}
	type count struct {
		what, name string
		at         int64
	}
	var list []count
	decided := millis(c.DecidedAt)
	if to == VerdictReversed {
		list = append(list, count{CountReversedBy, c.DecidedBy, now}, count{CountReversedRule, rule, now})
	} else {
		var doc struct {
			Steps []struct {
				Do, State string
				Tries     int
			}
		}
		_ = json.Unmarshal([]byte(body), &doc) // another version's says less
		tries := 0
		for _, s := range doc.Steps {
			tries = max(tries, s.Tries)
		}
		if tries == 0 { // else it was counted when it was first carried out
			list = append(list, count{CountBy, c.DecidedBy, decided}, count{CountRule, rule, decided}, count{CountTime, timeName(c.DecidedAt.Sub(c.Opened)), decided})
		}
		for _, s := range doc.Steps {
			if s.State == "applied" && s.Tries == tries {
				list = append(list, count{CountSanction, s.Do, decided})
			}
		}
	}
	for _, n := range list {
		if n.name == "" {
			continue
		}
		if err := countCase(ctx, t, app, n.at, n.what, n.name, 1); err != nil {
			return err
		}
	}
	return nil
}

// counted is the condition for counts of apps within a time.
func counted(apps []string, from, to time.Time) (string, []any, error) {
	if to.Sub(from) > MaxNumbers {
		return "", nil, invalid("numbers of more than %d days", MaxNumbers/(24*time.Hour))
	}
	where := `hour >= ? AND hour < ?`
	args := []any{millis(from.Truncate(time.Hour)), millis(to)}
	if len(apps) == 0 {
		return where + ` AND 1 = 0`, args, nil
	}
	return where + ` AND app IN (` + marks(len(apps)) + `)`, append(args, texts(apps)...), nil
}

func (s numbers) Sums(ctx context.Context, apps []string, from, to time.Time) ([]CaseCount, error) {
	const op = "sum up cases"
	where, args, err := counted(apps, from, to)
	if err != nil {
		return nil, wrap(op, err)
	}
	list, err := all(ctx, s.db.read(), func(r scanner) (n CaseCount, err error) { return n, r.Scan(&n.What, &n.Name, &n.N) },
		`SELECT what, name, CAST(SUM(n) AS BIGINT) FROM case_count WHERE `+where+` GROUP BY what, name ORDER BY what, 3 DESC, name LIMIT 2000`, args...)
	return list, wrap(op, err)
}

func (s numbers) Days(ctx context.Context, apps []string, what string, from, to time.Time, offset time.Duration) ([]CaseCount, error) {
	const op = "count cases by day"
	where, args, err := counted(apps, from, to)
	if err != nil {
		return nil, wrap(op, err)
	}
	day := (24 * time.Hour).Milliseconds()
	shift := strconv.FormatInt(offset.Milliseconds(), 10) // a number: PostgreSQL groups by what is written, not by what is given
	list, err := all(ctx, s.db.read(), func(r scanner) (n CaseCount, err error) {
		var at int64
		err = r.Scan(&at, &n.Name, &n.N)
		n.What, n.Day = what, time.UnixMilli(at*day).Add(-offset).UTC()
		return n, err
	}, `SELECT day, name, CAST(SUM(n) AS BIGINT) FROM (SELECT (hour + `+shift+`) / `+strconv.FormatInt(day, 10)+` AS day, name, n FROM case_count WHERE `+where+` AND what = ?) AS d
		GROUP BY day, name ORDER BY day, name LIMIT 10000`, append(args, what)...)
	return list, wrap(op, err)
}

func (s numbers) Ages(ctx context.Context, apps []string, now time.Time) ([]int64, error) {
	const op = "count how long cases wait"
	list := make([]int64, len(CaseTimes())+1)
	if len(apps) == 0 {
		return list, nil
	}
	args, bucket, opened := []any{}, `CASE`, texts(apps)
	for i, d := range CaseTimes() {
		bucket += ` WHEN opened_at >= ? THEN ` + strconv.Itoa(i)
		args = append(args, millis(now.Add(-d)))
	}
	bucket += ` ELSE ` + strconv.Itoa(len(list)-1) + ` END`
	rows, err := all(ctx, s.db.read(), func(r scanner) (x [2]int64, err error) { return x, r.Scan(&x[0], &x[1]) },
		`SELECT age, COUNT(*) FROM (SELECT `+bucket+` AS age FROM mod_case WHERE state <> 'decided' AND app IN (`+marks(len(apps))+`) LIMIT 10000) AS waiting GROUP BY age`,
		append(args, opened...)...)
	for _, x := range rows {
		list[x[0]] = x[1]
	}
	return list, wrap(op, err)
}
