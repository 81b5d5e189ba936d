package sanctions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"imdesk/actions"
	"imdesk/directory"
	"imdesk/imclient"
	"imdesk/store"
)

// How the comparing goes.
const (
	waitFirst   = 15 * time.Second // whoever just opened the console comes first
	least       = 200 * time.Millisecond
	idle        = 5 * time.Second
	lookLease   = 3 * time.Minute // a look takes less
	lookTime    = 2 * time.Minute
	eachHot     = 10 * time.Minute // where something is in force
	eachOther   = 24 * time.Hour
	afterFail   = 5 * time.Minute
	feedEach    = time.Minute
	feedBatch   = 500
	listPages   = 20               // of a list of one group that are read
	endsAlike   = 2 * time.Minute  // ends that are no further apart are one: services count in seconds, by clocks of their own
	nearlyOver  = 30 * time.Second // what ends by itself so soon is not worth a word
	farAway     = 5 * 365 * 24 * time.Hour
	failedOther = "other"
)

// compareAll looks through all apps until ctx ends.
func (s *Service) compareAll(ctx context.Context) {
	if !pause(ctx, waitFirst) {
		return
	}
	fed := map[string]time.Time{}
	for {
		wait := idle
		for _, app := range s.All() {
			if now := s.now(); now.Sub(fed[app.ID]) >= feedEach {
				fed[app.ID] = now
				if err := s.Feed(ctx, app); err != nil && ctx.Err() == nil {
					s.log().WarnContext(ctx, "find groups whose sanctions are compared", "app", app.ID, "error", err)
				}
			}
			for _, hot := range []bool{true, false} { // by turns: neither waits for all of the other
				start := time.Now()
				busy, err := s.Step(ctx, app, hot)
				switch {
				case ctx.Err() != nil:
					return
				case err != nil:
					s.log().InfoContext(ctx, "the comparing of sanctions pauses", "app", app.ID, "error", err)
				case busy:
					wait = least
				}
				if busy && !pause(ctx, directory.Rest(time.Since(start), s.Share)) {
					return
				}
			}
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// Feed adds more of the groups and users that the directory knows to what is looked at.
func (s *Service) Feed(ctx context.Context, app actions.App) error {
	if _, err := s.Store.Sanctions.Feed(ctx, app.ID, store.KindGroup, s.now(), feedBatch); err != nil {
		return err
	}
	if !app.IM.Caps.Can(imclient.VerbGlobalMute, "") {
		return nil
	}
	_, err := s.Store.Sanctions.Feed(ctx, app.ID, store.KindUser, s.now(), feedBatch)
	return err
}

// Step compares one group, or one user, of an app. busy: there was one to compare.
func (s *Service) Step(ctx context.Context, app actions.App, hot bool) (busy bool, err error) {
	l, err := s.Store.Sanctions.Claim(ctx, app.ID, s.Name, hot, lookLease, s.now())
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	began := s.now()
	reading, cancel := context.WithTimeout(imclient.Fresh(imclient.WithPriority(ctx, imclient.PriorityJob)), lookTime)
	defer cancel()
	r, err := s.read(reading, app, l)
	if err != nil {
		if ctx.Err() != nil {
			return true, nil // its lease runs out
		}
		return true, errors.Join(err, s.Store.Sanctions.Failed(ctx, l, failedOther, s.now(), afterFail))
	}
	found, err := s.settle(ctx, app, l, r, began)
	if errors.Is(err, store.ErrLeaseLost) {
		return true, nil
	}
	if err != nil {
		return true, err
	}
	if len(found) > 0 {
		s.changed(app.ID)
		s.repairAll(ctx, app, found)
	}
	return true, nil
}

// reading is what the service says of one group or user.
type reading struct {
	gone bool                            // it is not there any more
	ends map[string]map[string]time.Time // by kind and user; of a kind that is missing the service tells nothing
	cut  map[string]bool                 // kinds whose list is too long to be read whole: who is not in ends may be on it
}

func (s *Service) read(ctx context.Context, app actions.App, l store.SanctionLook) (reading, error) {
	r := reading{ends: map[string]map[string]time.Time{}, cut: map[string]bool{}}
	if l.Kind == store.KindUser {
		if !app.IM.Caps.Can(imclient.VerbGlobalMute, "") {
			return r, nil
		}
		m, err := app.IM.Mutes.Global(ctx, l.Target)
		if errors.Is(err, imclient.ErrNotFound) {
			r.gone = true
			return r, nil
		}
		if err != nil {
			return r, fmt.Errorf("read a global mute: %w", err)
		}
		r.ends[store.SanctionDirect] = endOf(l.Target, m.DirectUntil)
		r.ends[store.SanctionGroups] = endOf(l.Target, m.GroupUntil)
		return r, nil
	}
	g, err := app.IM.Groups.Get(ctx, l.Target)
	if errors.Is(err, imclient.ErrNotFound) {
		r.gone = true
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("read a group: %w", err)
	}
	if app.IM.Caps.Can(imclient.VerbMute, g.Type) && app.IM.Caps.Can(imclient.VerbMutedList, g.Type) {
		if err := r.list(ctx, store.SanctionMute, func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
			return app.IM.Mutes.List(ctx, l.Target, cursor, 0)
		}); err != nil {
			return r, fmt.Errorf("read a muted list: %w", err)
		}
	}
	if app.IM.Caps.Can(imclient.VerbBan, g.Type) {
		if err := r.list(ctx, store.SanctionBan, func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
			return app.IM.Live.Banned(ctx, l.Target, cursor, 0)
		}); err != nil {
			return r, fmt.Errorf("read a list of bans: %w", err)
		}
	}
	return r, s.readRest(ctx, app, l, r)
}

func endOf(user string, until time.Time) map[string]time.Time {
	if until.IsZero() {
		return map[string]time.Time{}
	}
	return map[string]time.Time{user: until}
}

// list reads a list of mutes or bans as far as it is read.
func (r reading) list(ctx context.Context, kind string, page func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error)) error {
	ends := map[string]time.Time{}
	pages := 0
	for p, err := range imclient.Pages(ctx, "", page) {
		if err != nil {
			return err
		}
		for _, m := range p.Items {
			ends[m.UserID] = m.Until
		}
		if pages++; pages == listPages && p.Next != "" {
			r.cut[kind] = true
			break
		}
	}
	r.ends[kind] = ends
	return nil
}

// readRest asks one by one for those whom the register has as muted and who were not found on a list that is too long.
func (s *Service) readRest(ctx context.Context, app actions.App, l store.SanctionLook, r reading) error {
	if !r.cut[store.SanctionMute] {
		return nil
	}
	open, err := s.Store.Sanctions.List(ctx, store.SanctionFilter{
		App: app.ID, Group: l.Target, Kind: store.SanctionMute, States: []string{store.SanctionInForce, store.SanctionDrifted},
	}, 0, store.MaxSanctionPage)
	if err != nil {
		return err
	}
	var users []string
	for _, x := range open {
		if _, is := r.ends[store.SanctionMute][x.User]; !is {
			users = append(users, x.User)
		}
	}
	if len(users) == 0 {
		return nil
	}
	members, err := app.IM.Members.Get(ctx, l.Target, users)
	if err != nil {
		return fmt.Errorf("read who is muted: %w", err)
	}
	for _, m := range members {
		r.ends[store.SanctionMute][m.UserID] = m.MutedUntil // zero: is not muted
	}
	return nil
}

// settle writes the difference into the register, and returns the rows that drifted by this look.
func (s *Service) settle(ctx context.Context, app actions.App, l store.SanctionLook, r reading, began time.Time) (found []store.Sanction, err error) {
	if err := s.CatchUp(ctx); err != nil {
		return nil, err
	}
	next := func(hot bool) time.Duration {
		if hot {
			return eachHot
		}
		return eachOther
	}
	err = s.Store.Sanctions.Settle(ctx, l, began, next, func(v store.SanctionView) ([]store.Sanction, error) {
		found = nil
		j := judge{look: l, now: s.now(), touch: v.Touch, app: app}
		rows, err := j.all(v.Open, r)
		for _, x := range rows {
			if x.State == store.SanctionDrifted && x.DriftAt.Equal(j.now) {
				found = append(found, x)
			}
		}
		return rows, err
	})
	return found, err
}

// judge holds a reading against the rows that are open.
type judge struct {
	look  store.SanctionLook
	now   time.Time
	app   actions.App
	touch func(user string) (store.SanctionTouch, error)
}

func (j judge) all(open []store.Sanction, r reading) (rows []store.Sanction, err error) {
	known := map[string]map[string]bool{}
	for _, x := range open {
		if known[x.Kind] == nil {
			known[x.Kind] = map[string]bool{}
		}
		known[x.Kind][x.User] = true
		until, listed := r.ends[x.Kind][x.User]
		if _, told := r.ends[x.Kind]; !told && !r.gone || !listed && r.cut[x.Kind] {
			continue
		}
		y, changed, err := j.one(x, until, r.gone)
		if err != nil {
			return nil, err
		}
		if changed {
			rows = append(rows, y)
		}
	}
	for kind, ends := range r.ends {
		for user, until := range ends {
			if known[kind][user] || !until.After(j.now.Add(nearlyOver)) || slices.Contains(j.app.Administrators, user) {
				continue
			}
			x, is, err := j.unknown(kind, user, until)
			if err != nil {
				return nil, err
			}
			if is {
				rows = append(rows, x)
			}
		}
	}
	return rows, nil
}

// one holds a row against the end that the service says, zero if it says none.
func (j judge) one(x store.Sanction, until time.Time, gone bool) (store.Sanction, bool, error) {
	there := until.After(j.now)
	if gone {
		return j.end(x, store.SanctionLifted, store.EndedGone), true, nil
	}
	if there && sameEnd(x.Until, until, j.now) {
		if x.State == store.SanctionInForce && !x.Doubt {
			return x, false, nil
		}
		if x.Drift == store.DriftUnknown {
			return x, false, nil
		}
		return j.agree(x), true, nil
	}
	if !there && !x.Until.IsZero() && !x.Until.After(j.now.Add(nearlyOver)) {
		return x, false, nil // it ends by itself
	}
	t, err := j.touch(x.User)
	if err != nil || t.Busy {
		return x, false, err
	}
	switch {
	case x.Drift == store.DriftUnknown && there:
		x.Until, x.Service, x.Seen = until, until, j.now
	case x.Drift == store.DriftUnknown:
		return j.end(x, store.SanctionLifted, store.EndedService), true, nil
	case there && x.Doubt:
		x = j.agree(x)
		x.Until = until
	case x.Doubt && x.EndedLog != 0: // it was lifted, and nobody knew
		x.State, x.Doubt = store.SanctionLifted, false
	case x.Doubt:
		return j.end(x, store.SanctionLifted, store.EndedUnproved), true, nil
	case t.Call != nil && there:
		x = j.by(j.agree(x), *t.Call)
		x.Until = until
	case t.Call != nil:
		x = j.end(x, store.SanctionLifted, "")
		x.EndedID, x.EndedBy, x.EndedLog = t.Call.OperatorID, t.Call.OperatorName, t.Call.ID
	default:
		drift := store.DriftLifted
		if there {
			drift = store.DriftEnd
		}
		if x.Drift == drift && x.Service.Equal(until) {
			return x, false, nil
		}
		if x.Drift != drift {
			x.DriftAt = j.now
		}
		x.State, x.Drift, x.Service, x.Seen = store.SanctionDrifted, drift, until, j.now
	}
	return x, true, nil
}

// agree is a row that the service confirms.
func (j judge) agree(x store.Sanction) store.Sanction {
	x.State, x.Doubt, x.Drift, x.DriftAt, x.Service, x.Seen = store.SanctionInForce, false, "", time.Time{}, time.Time{}, j.now
	x.EndedAt, x.EndedID, x.EndedBy, x.EndedLog, x.How = time.Time{}, "", "", 0, ""
	return x
}

func (j judge) end(x store.Sanction, state, how string) store.Sanction {
	x.State, x.How, x.Doubt, x.Drift, x.DriftAt, x.Service, x.Seen = state, how, false, "", time.Time{}, time.Time{}, j.now
	x.EndedAt, x.EndedID, x.EndedBy, x.EndedLog = j.now, "", "", 0
	return x
}

// by has a row be an operator's, who made a call by hand.
func (j judge) by(x store.Sanction, e store.AuditEntry) store.Sanction {
	x.Source, x.ByID, x.ByName, x.Reason, x.Audit, x.Since = store.SanctionByOperator, e.OperatorID, e.OperatorName, e.Reason, e.ID, e.At
	return x
}

// unknown makes a row of somebody whom the service lists and the register does not. What is there when a place is looked at for
// the first time is taken over; nobody can tell whether it is new.
func (j judge) unknown(kind, user string, until time.Time) (store.Sanction, bool, error) {
	t, err := j.touch(user)
	if err != nil || t.Busy {
		return store.Sanction{}, false, err
	}
	x := store.Sanction{
		App: j.look.App, User: user, Kind: kind, State: store.SanctionInForce, Since: j.now, Until: until, Source: store.SanctionByService, Seen: j.now,
	}
	if j.look.Kind == store.KindGroup {
		x.Group = j.look.Target
	}
	switch {
	case t.Call != nil:
		x = j.by(x, *t.Call)
	case !j.look.Looked.IsZero():
		x.State, x.Drift, x.DriftAt, x.Service = store.SanctionDrifted, store.DriftUnknown, j.now, until
	}
	return x, true, nil
}

// sameEnd reports whether two ends are one. Some services count "for ever" in seconds.
func sameEnd(a, b, now time.Time) bool {
	if a.IsZero() {
		return true // nobody knows when it was to end
	}
	return a.Sub(b).Abs() <= endsAlike || a.After(now.Add(farAway)) && b.After(now.Add(farAway))
}
