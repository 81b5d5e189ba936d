package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const rolesURL = "/settings/roles"

func (s *Server) roleRoutes() []route {
	return []route{
		{get, rolesURL, auth.VerbOperators, s.rolesPage},
		{get, rolesURL + "/new", auth.VerbOperators, s.roleForm},
		{post, rolesURL + "/new", auth.VerbOperators, s.saveRole},
		{get, rolesURL + "/own/:role", auth.VerbOperators, s.roleForm},
		{post, rolesURL + "/own/:role", auth.VerbOperators, s.saveRole},
		{post, rolesURL + "/own/:role/remove", auth.VerbOperators, s.removeRole},
	}
}

func roleURL(id auth.Role, parts ...string) string {
	return rolesURL + "/own/" + url.PathEscape(string(id)) + strings.Join(append([]string{""}, parts...), "/")
}

// areasOfVerbs are the parts of the console that rights are shown by, each with the words that its verbs begin with.
var areasOfVerbs = []struct {
	key      string
	prefixes []string
}{
	{"look", []string{"console", "operations", "keywords", "history_files", "callbacks"}},
	{"messages", []string{"message", "messages"}},
	{"members", []string{"member", "live"}},
	{"groups", []string{"group", "groups", "topic"}},
	{"users", []string{"user", "friend", "friend_list", "block", "contact"}},
	{"direct", []string{"direct"}},
	{"many", []string{"bulk", "app", "list", "protected", "approval"}},
	{"rules", []string{"rules", "case"}},
}

// verbText is a right in people's words; of one without words its name.
func verbText(ctx context.Context, v auth.Verb) string {
	//i18n:uses roles.verb.*
	if key := "roles.verb." + string(v); i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	if key := "audit.verb." + string(v); i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return string(v)
}

// byArea sorts rights into areas. What has no other place belongs to the console itself.
func byArea(ctx context.Context, verbs []auth.Verb, line func(auth.Verb) templates.VerbLine) []templates.VerbArea {
	found := map[string][]templates.VerbLine{}
	for _, v := range verbs {
		if v == auth.VerbSelf || v == auth.VerbFactors {
			continue // whoever is signed in has these
		}
		prefix, _, _ := strings.Cut(string(v), ".")
		key := "console"
		for _, a := range areasOfVerbs {
			if slices.Contains(a.prefixes, prefix) {
				key = a.key
			}
		}
		l := line(v)
		l.Verb, l.Text = string(v), verbText(ctx, v)
		found[key] = append(found[key], l)
	}
	var areas []templates.VerbArea
	//i18n:uses roles.area.*
	add := func(key string) {
		if len(found[key]) > 0 {
			areas = append(areas, templates.VerbArea{Title: i18n.T(ctx, "roles.area."+key), Verbs: found[key]})
		}
	}
	for _, a := range areasOfVerbs {
		add(a.key)
	}
	add("console")
	return areas
}

// heldCount is how many operators have each role.
func (s *Server) heldCount(ctx context.Context) (map[string]int, error) {
	list, err := s.Store.Roles.Everybody(ctx)
	if err != nil {
		return nil, err
	}
	who := map[string]map[string]bool{}
	for _, h := range list {
		if who[h.Role] == nil {
			who[h.Role] = map[string]bool{}
		}
		who[h.Role][h.OperatorID] = true
	}
	n := map[string]int{}
	for role, ids := range who {
		n[role] = len(ids)
	}
	return n, nil
}

func (s *Server) rolesPage(c *gin.Context) error {
	ctx := c.Request.Context()
	own, err := s.Auth.OwnRoles(ctx)
	if err != nil {
		return err
	}
	held, err := s.heldCount(ctx)
	if err != nil {
		return err
	}
	v := templates.RolesView{Nav: s.settingsNav(c)}
	for _, r := range auth.Roles() {
		title := i18n.T(ctx, "role."+string(r))
		v.Columns = append(v.Columns, templates.RoleColumn{Title: title, Held: held[string(r)]})
		v.Copies = append(v.Copies, templates.Link{Text: title, URL: rolesURL + "/new?base=" + string(r)})
	}
	for _, r := range own {
		v.Columns = append(v.Columns, templates.RoleColumn{Title: r.Title, URL: roleURL(r.ID), Base: i18n.T(ctx, "role."+string(r.Base)), Held: held[string(r.ID)]})
	}
	v.Areas = byArea(ctx, auth.Verbs(), func(verb auth.Verb) (l templates.VerbLine) {
		for _, r := range auth.Roles() {
			l.Cells = append(l.Cells, templates.VerbCell{On: r.Can(verb)})
		}
		for _, r := range own {
			on := slices.Contains(r.Verbs, verb)
			l.Cells = append(l.Cells, templates.VerbCell{On: on, Differ: on != r.Base.Can(verb)})
		}
		return l
	})
	return render(c, http.StatusOK, templates.RolesPage(s.chrome(c), v), nil)
}

// ownRole is the role that the address names; for a new one the preset that it begins as.
func (s *Server) ownRole(c *gin.Context) (r auth.OwnRole, fresh bool, err error) {
	if id := c.Param("role"); id != "" {
		r, err = s.Auth.OwnRole(c.Request.Context(), auth.Role(id))
		return r, false, err
	}
	base := auth.Role(c.Query("base"))
	if c.Request.Method == post {
		base = auth.Role(c.PostForm("base"))
	}
	if !base.Valid() {
		base = auth.Viewer
	}
	return auth.OwnRole{Base: base, Verbs: base.Verbs()}, true, nil
}

func (s *Server) roleForm(c *gin.Context) error {
	r, _, err := s.ownRole(c)
	if err != nil {
		return err
	}
	return s.renderRole(c, http.StatusOK, r, templates.RoleForm{})
}

// renderRole draws the form of a role as it is now or was typed.
func (s *Server) renderRole(c *gin.Context, status int, r auth.OwnRole, v templates.RoleForm) error {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	held, err := s.heldCount(ctx)
	if err != nil {
		return err
	}
	v.Nav, v.Action, v.BackURL, v.Base, v.Version = s.settingsNav(c), c.Request.URL.EscapedPath(), rolesURL, string(r.Base), strconv.FormatInt(r.Version, 10)
	v.BaseText = i18n.T(ctx, "roles.base", "preset", i18n.T(ctx, "role."+string(r.Base)))
	v.PageTitle, v.Held = i18n.T(ctx, "roles.new"), held[string(r.ID)]
	v.Title.Name, v.Title.Label, v.Title.Value, v.Title.Required, v.Title.MaxLength = "title", i18n.T(ctx, "roles.name"), r.Title, true, store.MaxRoleTitle
	if r.ID != "" {
		v.PageTitle, v.RemoveURL = r.Title, roleURL(r.ID, "remove")
		if v.Held > 0 {
			v.RemoveWhy = i18n.N(ctx, "roles.remove.held", v.Held)
		}
	}
	v.Areas = byArea(ctx, auth.Verbs(), func(verb auth.Verb) templates.VerbLine {
		l := templates.VerbLine{On: slices.Contains(r.Verbs, verb)}
		if verb == auth.VerbView {
			l.On, l.Off = true, i18n.T(ctx, "roles.always")
		} else if !me.Everywhere(verb) {
			l.Off = i18n.T(ctx, "roles.not_yours")
		}
		return l
	})
	return render(c, status, templates.RolePage(s.chrome(c), v), nil)
}

// saveRole shows what would change, and on the second press keeps it.
func (s *Server) saveRole(c *gin.Context) error {
	ctx := c.Request.Context()
	typed, err := form(c)
	if err != nil {
		return err
	}
	now, fresh, err := s.ownRole(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	want := now
	want.Title, want.Verbs = strings.TrimSpace(typed.Get("title")), nil
	want.Version, _ = strconv.ParseInt(typed.Get("version"), 10, 64)
	for _, name := range typed["verb"] {
		want.Verbs = append(want.Verbs, auth.Verb(name))
	}
	if confirmed := typed.Get("confirmed"); confirmed != "1" {
		for _, v := range now.Verbs { // a box that cannot be ticked sends nothing, and what is in the role stays
			if !me.Everywhere(v) || v == auth.VerbView || v == auth.VerbSelf || v == auth.VerbFactors {
				want.Verbs = append(want.Verbs, v)
			}
		}
		slices.Sort(want.Verbs)
		want.Verbs = slices.Compact(want.Verbs)
		if confirmed == "back" {
			return s.renderRole(c, http.StatusOK, want, templates.RoleForm{})
		}
		if n := badTitle(ctx, want.Title); n != "" {
			return s.renderRole(c, http.StatusUnprocessableEntity, want, templates.RoleForm{Title: templates.FieldView{Error: n}})
		}
		return s.renderRoleDiff(c, now, want)
	}
	if fresh {
		_, err = s.Auth.AddRole(ctx, me, want)
	} else {
		err = s.Auth.ChangeRole(ctx, me, want)
	}
	v := templates.RoleForm{Notice: roleNotice(ctx, err)}
	switch {
	case err == nil:
		return s.done(c, templates.Toast{Text: i18n.T(ctx, "roles.done")}, rolesURL)
	case v.Notice != nil:
	case errors.Is(err, store.ErrInvalid):
		v.Title.Error = i18n.T(ctx, "roles.wrong.title")
	case errors.Is(err, store.ErrConflict) && !fresh && want.Version != now.Version:
		v.Notice = &templates.Notice{Tone: "warn", Answer: true, Title: i18n.T(ctx, "roles.wrong.changed"), Changed: i18n.T(ctx, "error.unchanged")}
		want.Version = now.Version
	case errors.Is(err, store.ErrConflict):
		v.Title.Error = i18n.T(ctx, "roles.wrong.taken")
	case errors.Is(err, auth.ErrVerb):
		return badInput{"error.form"}
	default:
		return err
	}
	return s.renderRole(c, http.StatusUnprocessableEntity, want, v)
}

func badTitle(ctx context.Context, title string) string {
	if title == "" || len([]rune(title)) > store.MaxRoleTitle {
		return i18n.T(ctx, "roles.wrong.title")
	}
	return ""
}

// renderRoleDiff asks, with what would change: against the role as it is, or for a new one against its preset.
func (s *Server) renderRoleDiff(c *gin.Context, now, want auth.OwnRole) error {
	ctx := c.Request.Context()
	held, err := s.heldCount(ctx)
	if err != nil {
		return err
	}
	v := templates.RoleForm{
		Nav: s.settingsNav(c), PageTitle: want.Title, Action: c.Request.URL.EscapedPath(), Ask: true, Held: held[string(now.ID)],
		Base: string(want.Base), Version: strconv.FormatInt(want.Version, 10), Title: templates.FieldView{Value: want.Title},
	}
	if now.Title != "" && now.Title != want.Title {
		v.Renamed = now.Title
	}
	known := map[auth.Verb]bool{}
	for _, verb := range auth.Verbs() {
		known[verb] = true
	}
	for _, verb := range want.Verbs {
		if !known[verb] {
			return badInput{"error.form"}
		}
		v.Verbs = append(v.Verbs, string(verb))
		if !slices.Contains(now.Verbs, verb) {
			v.Added = append(v.Added, verbText(ctx, verb))
		}
	}
	for _, verb := range now.Verbs {
		if !slices.Contains(want.Verbs, verb) {
			v.Removed = append(v.Removed, verbText(ctx, verb))
		}
	}
	return render(c, http.StatusOK, templates.RolePage(s.chrome(c), v), nil)
}

func (s *Server) removeRole(c *gin.Context) error {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	r, _, err := s.ownRole(c)
	if err != nil {
		return err
	}
	err = s.Auth.RemoveRole(ctx, me, r.ID)
	if errors.Is(err, store.ErrConflict) {
		n := &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "roles.wrong.held"), Changed: i18n.T(ctx, "error.unchanged")}
		return s.renderRole(c, http.StatusConflict, r, templates.RoleForm{Notice: n})
	}
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "roles.removed")}, rolesURL)
}
