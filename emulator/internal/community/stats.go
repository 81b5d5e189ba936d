package community

import (
	"errors"
	"fmt"
	"strings"
)

// Stat is something that is counted by day.
type Stat int

// What is counted. Numbers are stored: new ones go to the end.
const (
	AccountsNew Stat = iota + 1
	AccountsDeleted
	Logins
	GroupUp   // messages sent to groups
	GroupDown // messages delivered to members of groups
	C2CUp
	C2CDown
	GroupPushed // offline pushes
	C2CPushed
	FriendsAdded
	FriendsRemoved
	GroupsJoined
	GroupsLeft
	GroupsNew
	GroupsDismissed
	CallbacksSent
	CallbacksAnswered
	MaxOnline // not a sum: the most at one time
)

// What a user did on a day, as bits.
const (
	SaidInGroup = 1 << iota
	SaidC2C
	LoggedIn
)

// statDays is how many days are kept beside today.
const statDays = 31

// cst is China Standard Time, in which the vendor's days and hours are, in seconds east.
const cst = 8 * 3600

// Day is the day of a time in Unix seconds, in China Standard Time: days since 1970.
func Day(at int64) int64 { return (at + cst) / 86400 }

// Tally adds n to what happened on the day of at, Unix seconds. What is too old to be asked for is not counted.
func (t *Tx) Tally(app, at int64, what Stat, n int64) error {
	today := Day(t.store.now().Unix())
	if n == 0 || Day(at) < today-statDays {
		return nil
	}
	query := "INSERT INTO day_stat (app, day, what, n) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n RETURNING n"
	if what == MaxOnline {
		query = "INSERT INTO day_stat (app, day, what, n) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = max(n, excluded.n) RETURNING n"
	}
	var now int64
	if err := t.get(query, []any{app, Day(at), what, n}, &now); err != nil || now != n {
		return err
	}
	for _, table := range []string{"day_stat", "day_user", "day_group"} { // a new day: an old one goes
		if _, err := t.exec("DELETE FROM "+table+" WHERE app = ? AND day < ?", app, today-statDays); err != nil {
			return err
		}
	}
	return nil
}

// GroupsGrown is by how many groups the app has grown today.
func (c Conn) GroupsGrown(app int64) (n int64, err error) {
	err = c.get("SELECT coalesce(sum(CASE what WHEN ? THEN n ELSE -n END), 0) FROM day_stat WHERE app = ? AND day = ? AND what IN (?, ?)",
		[]any{GroupsNew, app, Day(c.store.now().Unix()), GroupsNew, GroupsDismissed}, &n)
	return n, err
}

// TallyUser notes that the user did something at a time in Unix seconds.
func (t *Tx) TallyUser(app int64, account string, at int64, what int) error {
	return t.tallyUser(app, account, Day(at), what, 1<<((at+cst)/3600%24))
}

func (t *Tx) tallyUser(app int64, account string, day int64, what int, hours int64) error {
	if day < Day(t.store.now().Unix())-statDays {
		return nil
	}
	_, err := t.exec(`INSERT INTO day_user (app, day, account, what, hours) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET what = what | excluded.what, hours = hours | excluded.hours WHERE what | excluded.what <> what OR hours | excluded.hours <> hours`,
		app, day, account, what, hours)
	return err
}

// TallyLogin notes that the user came online, as one of so many.
func (t *Tx) TallyLogin(app int64, account string, online int64) error {
	at := t.store.now().Unix()
	return errors.Join(t.Tally(app, at, Logins, 1), t.Tally(app, at, MaxOnline, online), t.TallyUser(app, account, at, LoggedIn))
}

// TallyC2C notes a direct message to so many receivers, pushed of whom were sent an offline push.
func (t *Tx) TallyC2C(app int64, sender string, at int64, receivers, pushed int64) error {
	return errors.Join(t.Tally(app, at, C2CUp, 1), t.Tally(app, at, C2CDown, receivers), t.Tally(app, at, C2CPushed, pushed), t.TallyUser(app, sender, at, SaidC2C))
}

// place returns the app, group and size of a group or topic.
func (c Conn) place(stream int64) (app, gid, members int64, err error) {
	query := "SELECT app, gid, member_num FROM grp WHERE gid = ?"
	if stream > maxGID {
		query = "SELECT g.app, g.gid, g.member_num FROM topic t JOIN grp g ON g.gid = t.gid WHERE t.tid = ?"
	}
	err = c.get(query, []any{stream}, &app, &gid, &members)
	return app, gid, members, err
}

// tallyIn is Tally for the app of a group.
func (t *Tx) tallyIn(gid, at int64, what Stat, n int64) error {
	if Day(at) < Day(t.store.now().Unix())-statDays {
		return nil
	}
	app, _, _, err := t.place(gid)
	if err != nil {
		return err
	}
	return t.Tally(app, at, what, n)
}

// TallySaid notes messages of a group or topic. What the service itself says does not count.
func (t *Tx) TallySaid(stream int64, msgs ...Message) error {
	return t.tallySaid(stream, SaidInGroup, msgs)
}

// tallySaid also notes what else those who said it did: who speaks from a device, as in a past that is loaded, has logged in.
func (t *Tx) tallySaid(stream int64, what int, msgs []Message) error {
	type user struct {
		name string
		day  int64
	}
	said, users := map[int64]int64{}, map[user]int64{}
	first := Day(t.store.now().Unix()) - statDays
	for _, m := range msgs {
		if at := m.SentMS / 1000; m.Flags&Tip == 0 && m.State != Hole && Day(at) >= first {
			said[Day(at)]++
			users[user{m.Sender, Day(at)}] |= 1 << ((at + cst) / 3600 % 24)
		}
	}
	if len(said) == 0 {
		return nil
	}
	app, gid, members, err := t.place(stream)
	if err != nil {
		return err
	}
	for day, n := range said {
		at := day*86400 - cst
		if err := errors.Join(t.Tally(app, at, GroupUp, n), t.Tally(app, at, GroupDown, n*max(members-1, 0))); err != nil {
			return err
		}
		if _, err := t.exec("INSERT INTO day_group (app, day, gid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", app, day, gid); err != nil {
			return err
		}
	}
	for u, hours := range users {
		if err := t.tallyUser(app, u.name, u.day, what, hours); err != nil {
			return err
		}
		if what&LoggedIn != 0 {
			if err := t.Tally(app, u.day*86400-cst, Logins, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// DayStats is what happened on one day.
type DayStats struct {
	Counts                                       map[Stat]int64
	Active, SaidInGroup, SaidC2C, Said, LoggedIn int64 // users
	ActiveGroups                                 int64
	Online                                       int64 // the most users at one time, as far as it is known
	Accounts, Groups                             int64 // at the end of the day
}

// Stats returns the latest days, today included, latest first.
func (c Conn) Stats(app int64, days int) ([]DayStats, error) {
	today := Day(c.store.now().Unix())
	stats := make([]DayStats, days)
	for i := range stats {
		stats[i].Counts = map[Stat]int64{}
	}
	from := []any{app, today - int64(days) + 1, today}
	err := c.each("SELECT day, what, n FROM day_stat WHERE app = ? AND day BETWEEN ? AND ?", from, func(scan func(...any) error) error {
		var day, n int64
		var what Stat
		if err := scan(&day, &what, &n); err != nil {
			return err
		}
		stats[today-day].Counts[what] = n
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := c.userStats(from, today, stats); err != nil {
		return nil, err
	}
	err = c.each("SELECT day, count(*) FROM day_group WHERE app = ? AND day BETWEEN ? AND ? GROUP BY day", from, func(scan func(...any) error) error {
		var day, n int64
		err := scan(&day, &n)
		stats[today-day].ActiveGroups = n
		return err
	})
	if err != nil {
		return nil, err
	}
	accounts, err := c.CountAccounts(app)
	if err != nil {
		return nil, err
	}
	groups, err := c.CountGroups(app, 0)
	if err != nil {
		return nil, err
	}
	for i := range stats { // from today's totals backwards
		s := &stats[i]
		s.Accounts, s.Groups = accounts, groups
		accounts -= s.Counts[AccountsNew] - s.Counts[AccountsDeleted]
		groups -= s.Counts[GroupsNew] - s.Counts[GroupsDismissed]
	}
	return stats, nil
}

// userStats counts users by what they did. Users who have logged in count as online together in an hour in which they did
// something.
func (c Conn) userStats(from []any, today int64, stats []DayStats) error {
	var hours strings.Builder
	for h := range 24 {
		fmt.Fprintf(&hours, ", sum((hours >> %d) & (what >> 2) & 1)", h)
	}
	query := "SELECT day, count(*), sum(what & 1), sum(what >> 1 & 1), sum(what & 3 > 0), sum(what >> 2 & 1)" + hours.String() +
		" FROM day_user WHERE app = ? AND day BETWEEN ? AND ? GROUP BY day"
	return c.each(query, from, func(scan func(...any) error) error {
		var day int64
		var s DayStats
		var by [24]int64
		dest := []any{&day, &s.Active, &s.SaidInGroup, &s.SaidC2C, &s.Said, &s.LoggedIn}
		for h := range by {
			dest = append(dest, &by[h])
		}
		if err := scan(dest...); err != nil {
			return err
		}
		s.Counts = stats[today-day].Counts
		s.Online = s.Counts[MaxOnline]
		for _, n := range by {
			s.Online = max(s.Online, n)
		}
		stats[today-day] = s
		return nil
	})
}
