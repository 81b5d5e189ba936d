package auth

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"imdesk/store"
)

// ofConsole are the verbs that belong to no app. They count in a role that somebody has in all apps, and nowhere else.
// All other verbs belong to apps; on a route without an app they are had by whoever has them in any app, and the handler
// shows what belongs to these apps only.
var ofConsole = map[Verb]bool{VerbSelf: true, VerbFactors: true, VerbOperators: true, VerbSettings: true, VerbPrivacy: true, VerbTokens: true}

// OfConsole tells whether a verb belongs to no app.
func OfConsole(v Verb) bool { return ofConsole[v] }

// verbSet is what a role may do.
type verbSet map[Verb]bool

// Verbs are what a preset may do, in the order of their names; none for what is no preset.
func (r Role) Verbs() []Verb {
	var list []Verb
	for v := range least {
		if r.Can(v) {
			list = append(list, v)
		}
	}
	slices.Sort(list)
	return list
}

func setOf(verbs []Verb) verbSet {
	s := verbSet{}
	for _, v := range verbs {
		s[v] = true
	}
	return s
}

// Verbs lists all that is not public, by name.
func Verbs() []Verb { return slices.Sorted(maps.Keys(least)) }

// rights are what somebody may do.
type rights struct {
	all  verbSet            // in all apps, and in the console itself
	apps map[string]verbSet // what comes to it in single apps
	held []store.HeldRole
}

// rightsOf reads the roles that somebody has.
func rightsOf(held []store.HeldRole) *rights {
	r := &rights{all: verbSet{}, apps: map[string]verbSet{}, held: held}
	for _, h := range held {
		verbs := Role(h.Role).Verbs()
		if h.Own {
			verbs = knownVerbs(h.Verbs)
		}
		if h.App == "" {
			r.all = setOf(verbs)
		} else {
			r.apps[h.App] = setOf(verbs)
		}
	}
	return r
}

// knownVerbs leaves out what no version of this program knows: a verb that is gone gives no right.
func knownVerbs(names []string) []Verb {
	var list []Verb
	for _, n := range names {
		if _, known := least[Verb(n)]; known {
			list = append(list, Verb(n))
		}
	}
	return list
}

// rank is the greatest preset that the rights amount to: that of the greatest verb.
func (r *rights) rank() Role {
	greatest := Viewer
	for _, set := range append(slices.Collect(maps.Values(r.apps)), r.all) {
		for v := range set {
			if needed := least[v]; needed.AtLeast(greatest) {
				greatest = needed
			}
		}
	}
	return greatest
}

// Can tells whether the operator may do v, which belongs to no app; of what is done in apps, whether in any of them.
func (o Operator) Can(v Verb) bool {
	switch {
	case v == VerbPublic:
		return true
	case o.rights == nil:
		return o.Role.Can(v)
	case v == VerbSelf, v == VerbFactors:
		return o.TokenID == ""
	case o.rights.all[v]:
		return true
	case ofConsole[v]:
		return false
	}
	for _, set := range o.rights.apps {
		if set[v] {
			return true
		}
	}
	return false
}

// CanIn tells whether the operator may do v in the app of a name, "demo".
func (o Operator) CanIn(app string, v Verb) bool {
	switch {
	case app == "":
		return false
	case v == VerbPublic:
		return true
	case o.rights == nil:
		return o.Role.Can(v)
	case v == VerbSelf, v == VerbFactors:
		return o.TokenID == ""
	}
	return o.rights.all[v] || !ofConsole[v] && o.rights.apps[app][v]
}

// Sees tells whether there is anything in the app of a name that the operator may do. Who sees nothing of an app is not told
// that it is there.
func (o Operator) Sees(app string) bool {
	return o.rights == nil && o.Role.Valid() || o.rights != nil && (len(o.rights.all) > 0 || len(o.rights.apps[app]) > 0)
}

// Everywhere tells whether the operator may do v in all apps, also in those that are yet to come.
func (o Operator) Everywhere(v Verb) bool {
	if o.rights == nil {
		return o.Role.Can(v)
	}
	return o.rights.all[v]
}

// Outranked says that nobody gives, takes or changes what they may not do themselves.
type Outranked struct {
	Verb Verb   // one that is missing
	App  string // where; "": in all apps
}

func (e *Outranked) Error() string {
	if e.App == "" {
		return fmt.Sprintf("the operator may not %s in all apps", e.Verb)
	}
	return fmt.Sprintf("the operator may not %s in %s", e.Verb, e.App)
}

// lacks is the first thing that r has and the operator has not; nil if there is none.
func (o Operator) lacks(r *rights) *Outranked {
	for _, v := range slices.Sorted(maps.Keys(r.all)) {
		if v != VerbSelf && v != VerbFactors && !o.Everywhere(v) {
			return &Outranked{Verb: v}
		}
	}
	for _, app := range slices.Sorted(maps.Keys(r.apps)) {
		for _, v := range slices.Sorted(maps.Keys(r.apps[app])) {
			if v != VerbSelf && !ofConsole[v] && !o.CanIn(app, v) {
				return &Outranked{Verb: v, App: app}
			}
		}
	}
	return nil
}

// RoleIn is the role that the operator has in an app, or else in all: a preset, or the title of another one. Both are "" for
// none.
func (o Operator) RoleIn(app string) (preset Role, title string) {
	if o.rights == nil {
		return o.Role, ""
	}
	for _, h := range o.rights.held {
		if h.App != "" && h.App != app {
			continue
		}
		if preset, title = Role(h.Role), ""; h.Own {
			preset, title = "", h.Title
		}
	}
	return preset, title
}

// Covers tells whether the operator has all that another one has, and so may look after that one. Everybody covers oneself.
func (o Operator) Covers(other Operator) bool {
	if o.ID == other.ID {
		return true
	}
	r := other.rights
	if r == nil {
		r = &rights{all: setOf(other.Role.Verbs())}
	}
	return o.lacks(r) == nil
}

// known is an operator with the rights that the database has now.
func (s *Service) known(ctx context.Context, o store.Operator) (Operator, error) {
	held, err := s.store.Roles.Of(ctx, o.ID)
	if err != nil {
		return Operator{}, err
	}
	return asOperator(o, held), nil
}

// Operator is one operator with the rights of now, for what goes on without a request of theirs, such as a job. One who is
// disabled or gone is store.ErrNotFound.
func (s *Service) Operator(ctx context.Context, id string) (Operator, error) {
	o, err := s.store.Operators.Get(ctx, id)
	if err == nil && o.Disabled {
		err = store.ErrNotFound
	}
	if err != nil {
		return Operator{}, fmt.Errorf("look who acts: %w", err)
	}
	return s.known(ctx, o)
}

// Described is an operator as others look at one, disabled or not. It acts for nobody.
func (s *Service) Described(ctx context.Context, o store.Operator) (Operator, error) {
	return s.known(ctx, o)
}

// fresh is by with the rights of this moment, not those of when the request began. Who is no operator of the database, such
// as the command line, is as given.
func (s *Service) fresh(ctx context.Context, by Operator) (Operator, error) {
	if by.ID == "" {
		return by, nil
	}
	o, err := s.Operator(ctx, by.ID)
	if err != nil {
		return Operator{}, err
	}
	o.SessionID, o.TokenID = by.SessionID, by.TokenID
	if by.TokenID != "" {
		o.rights = by.rights
	}
	return o, nil
}

// mayTouch checks that by has all that the operator with an id has. What is no operator of the database may.
func (s *Service) mayTouch(ctx context.Context, by Operator, id string) error {
	if by.ID == "" || by.ID == id {
		return nil
	}
	by, err := s.fresh(ctx, by)
	if err != nil {
		return err
	}
	held, err := s.store.Roles.Of(ctx, id)
	if err != nil {
		return err
	}
	if missing := by.lacks(rightsOf(held)); missing != nil {
		return missing
	}
	return nil
}

// held is how the store has the roles of somebody, after checking that there are such roles and that by may give them.
func (s *Service) held(ctx context.Context, by Operator, all Role, apps map[string]Role) ([]store.HeldRole, error) {
	own, err := s.store.Roles.List(ctx)
	if err != nil {
		return nil, err
	}
	find := func(app string, r Role) (store.HeldRole, error) {
		h := store.HeldRole{App: app, Role: string(r)}
		if n := slices.IndexFunc(own, func(o store.OwnRole) bool { return o.ID == string(r) }); n >= 0 {
			h.Own, h.Verbs = true, own[n].Verbs
		} else if !r.Valid() {
			return h, fmt.Errorf("%w: %q", ErrRole, r)
		}
		return h, nil
	}
	var list []store.HeldRole
	if all != "" {
		h, err := find("", all)
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		h, err := find(app, apps[app])
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	if by.ID == "" {
		return list, nil
	}
	if by, err = s.fresh(ctx, by); err != nil {
		return nil, err
	}
	if missing := by.lacks(rightsOf(list)); missing != nil {
		return nil, missing
	}
	return list, nil
}

// SetRoles gives an operator exactly these roles: one in all apps, "" for none, and what comes to it in single apps. It
// counts at once, also in running sessions. Errors: ErrRole, *Outranked, store.ErrNotFound, store.ErrLastOwner.
func (s *Service) SetRoles(ctx context.Context, by Operator, id string, all Role, apps map[string]Role) error {
	o, err := s.store.Operators.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := s.mayTouch(ctx, by, id); err != nil {
		return fmt.Errorf("%s: %w", actSetRole, err)
	}
	after, err := s.held(ctx, by, all, apps)
	if err != nil {
		return fmt.Errorf("%s: %w", actSetRole, err)
	}
	before, err := s.store.Roles.Of(ctx, id)
	if err != nil {
		return err
	}
	detail := about(o)
	detail["before"], detail["after"] = s.roleText(ctx, before), s.roleText(ctx, after)
	defer s.Sessions.cache.clear()
	return s.recorded(ctx, by, actSetRole, detail, func() error {
		return s.store.Roles.Set(ctx, id, string(all), plainRoles(apps))
	})
}

func plainRoles(apps map[string]Role) map[string]string {
	plain := map[string]string{}
	for app, r := range apps {
		plain[app] = string(r)
	}
	return plain
}

// roleText writes roles into the audit log, by the titles that they have now: "viewer, demo: Night shift".
func (s *Service) roleText(ctx context.Context, held []store.HeldRole) string {
	titles := map[string]string{}
	if own, err := s.store.Roles.List(ctx); err == nil { // without titles the ids say it
		for _, r := range own {
			titles[r.ID] = r.Title
		}
	}
	var parts []string
	for _, h := range held {
		title := h.Role
		if t := titles[h.Role]; t != "" {
			title = t
		}
		if h.App != "" {
			title = h.App + ": " + title
		}
		parts = append(parts, title)
	}
	return strings.Join(parts, ", ")
}
