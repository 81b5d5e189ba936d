package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const operatorsURL = "/settings/operators"

func (s *Server) operatorRoutes() []route {
	const one = operatorsURL + "/with/:operator"
	return []route{
		{get, operatorsURL, auth.VerbOperators, s.operatorsPage},
		{get, operatorsURL + "/invite", auth.VerbOperators, s.inviteForm},
		{post, operatorsURL + "/invite", auth.VerbOperators, s.makeInvite},
		{post, operatorsURL + "/invite/revoke", auth.VerbOperators, s.revokeInvite},
		{get, one, auth.VerbOperators, s.operatorPage},
		{post, one + "/roles", auth.VerbOperators, s.setOperatorRoles},
		{post, one + "/disable", auth.VerbOperators, s.disableOperator},
		{post, one + "/reset", auth.VerbOperators, s.resetOperator},
		{post, one + "/sessions/end", auth.VerbOperators, s.endSessionsOf},
		{post, one + "/tokens/revoke", auth.VerbOperators, s.revokeTokenOf},
		{get, auth.InvitePath + "/:token", auth.VerbPublic, s.acceptPage},
		{post, auth.InvitePath + "/:token", auth.VerbPublic, s.accept},
	}
}

func operatorURL(id string, parts ...string) string {
	return operatorsURL + "/with/" + url.PathEscape(id) + strings.Join(append([]string{""}, parts...), "/")
}

// roleTitles are the names of roles as people read them.
type roleTitles map[string]string

func (s *Server) roleTitles(ctx context.Context) (roleTitles, []auth.OwnRole, error) {
	t := roleTitles{}
	for _, r := range auth.Roles() {
		t[string(r)] = i18n.T(ctx, "role."+string(r))
	}
	own, err := s.Auth.OwnRoles(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("own roles: %w", err)
	}
	for _, r := range own {
		t[string(r.ID)] = r.Title
	}
	return t, own, nil
}

// roleLines are somebody's roles, in all apps first.
func (s *Server) roleLines(ctx context.Context, titles roleTitles, all string, apps map[string]string) []string {
	var lines []string
	if all != "" {
		lines = append(lines, i18n.T(ctx, "operators.role.all", "role", orID(titles[all], all)))
	}
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		lines = append(lines, i18n.T(ctx, "operators.role.app", "app", s.appTitle(ctx, app), "role", orID(titles[apps[app]], apps[app])))
	}
	return lines
}

// heldBy are the roles of operators, by id.
func heldBy(list []store.HeldRole) (all map[string]string, apps map[string]map[string]string) {
	all, apps = map[string]string{}, map[string]map[string]string{}
	for _, h := range list {
		if h.App == "" {
			all[h.OperatorID] = h.Role
			continue
		}
		if apps[h.OperatorID] == nil {
			apps[h.OperatorID] = map[string]string{}
		}
		apps[h.OperatorID][h.App] = h.Role
	}
	return all, apps
}

// operatorsPage lists the operators: as many as people at work, so they come at once.
func (s *Server) operatorsPage(c *gin.Context) error {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	list, err := s.Store.Operators.List(ctx)
	if err != nil {
		return err
	}
	seen, err := s.Store.Operators.Seen(ctx)
	if err != nil {
		return err
	}
	held, err := s.Store.Roles.Everybody(ctx)
	if err != nil {
		return err
	}
	titles, _, err := s.roleTitles(ctx)
	if err != nil {
		return err
	}
	all, apps := heldBy(held)
	v := templates.OperatorsView{
		Nav: s.settingsNav(c), Query: clip(strings.TrimSpace(c.Query("q")), paletteQuery), URL: operatorsURL, InviteURL: operatorsURL + "/invite",
		Of: len(list), RevokeURL: operatorsURL + "/invite/revoke",
	}
	for _, o := range list {
		lines := s.roleLines(ctx, titles, all[o.ID], apps[o.ID])
		if v.Query != "" && !matches(v.Query, append(lines, o.Name)...) {
			continue
		}
		factors, err := s.factorTexts(ctx, o.ID)
		if err != nil {
			return err
		}
		v.Rows = append(v.Rows, templates.OperatorRow{
			Person: templates.PersonView{ID: o.ID, Name: o.Name, URL: operatorURL(o.ID), Sub: " "}, Roles: lines, Factors: factors,
			Seen: seen[o.ID], Disabled: o.Disabled, You: o.ID == me.ID,
		})
	}
	if v.Invites, err = s.openInvites(ctx, titles); err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.OperatorsPage(s.chrome(c), v), templates.OperatorsTable(v))
}

// maxInvites is how many links are looked at for the list.
const maxInvites = 200

func (s *Server) openInvites(ctx context.Context, titles roleTitles) ([]templates.InviteRow, error) {
	list, err := s.Store.Invites.List(ctx, maxInvites)
	if err != nil {
		return nil, err
	}
	var rows []templates.InviteRow
	for _, i := range list {
		if i.UsedAt.IsZero() && i.RevokedAt.IsZero() && i.ExpiresAt.After(s.Now()) {
			rows = append(rows, templates.InviteRow{
				ID: i.ID, Note: i.Note, By: orID(i.ByName, "-"), Roles: s.roleLines(ctx, titles, i.Role, i.AppRoles), Reset: i.OperatorID != "", Expires: i.ExpiresAt,
			})
		}
	}
	return rows, nil
}

// factorTexts are what an operator has beside the password.
func (s *Server) factorTexts(ctx context.Context, id string) ([]string, error) {
	f, err := s.Auth.Factors(ctx, id)
	if err != nil {
		return nil, err
	}
	var list []string
	if f.TOTP {
		list = append(list, i18n.T(ctx, "operators.factor.totp"))
	}
	if f.Passkeys > 0 {
		list = append(list, i18n.N(ctx, "operators.factor.passkeys", f.Passkeys))
	}
	return list, nil
}

// rolesForm is the choice of roles. Those that the operator who looks may not give are not offered, but stay where they are.
func (s *Server) rolesForm(ctx context.Context, me auth.Operator, all string, apps map[string]string) (templates.RolesForm, error) {
	titles, own, err := s.roleTitles(ctx)
	if err != nil {
		return templates.RolesForm{}, err
	}
	var roles []templates.Option
	for _, r := range auth.Roles() {
		roles = append(roles, templates.Option{Value: string(r), Text: titles[string(r)]})
	}
	for _, r := range own {
		roles = append(roles, templates.Option{Value: string(r.ID), Text: r.Title})
	}
	f := templates.RolesForm{Roles: append([]templates.Option{{Value: "", Text: i18n.T(ctx, "operators.roles.none")}}, roles...)}
	f.All = templates.FieldView{Name: "role", Label: i18n.T(ctx, "operators.roles.all"), Value: all}
	names := slices.Collect(maps.Keys(apps))
	for _, a := range s.appsOf(me) {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		f.Apps = append(f.Apps, templates.FieldView{Name: "role_in." + name, ID: "role-in-" + strconv.Itoa(len(f.Apps)), Label: s.appTitle(ctx, name), Value: apps[name]})
	}
	return f, nil
}

// typedRoles reads the choice.
func typedRoles(v url.Values) (auth.Role, map[string]auth.Role) {
	apps := map[string]auth.Role{}
	for name, values := range v {
		if app, ok := strings.CutPrefix(name, "role_in."); ok && app != "" && values[0] != "" {
			apps[app] = auth.Role(values[0])
		}
	}
	return auth.Role(v.Get("role")), apps
}

func plain(apps map[string]auth.Role) map[string]string {
	m := map[string]string{}
	for app, r := range apps {
		m[app] = string(r)
	}
	return m
}

// roleNotice says why roles cannot be given; nil for another error.
func roleNotice(ctx context.Context, err error) *templates.Notice {
	n := &templates.Notice{Tone: "bad", Answer: true, Changed: i18n.T(ctx, "error.unchanged")}
	outranked, beyond := errors.AsType[*auth.Outranked](err)
	switch {
	case beyond:
		n.Title = i18n.T(ctx, "operators.wrong.outranked", "right", verbText(ctx, outranked.Verb))
	case errors.Is(err, store.ErrLastOwner):
		n.Title = i18n.T(ctx, "operators.wrong.last_owner")
	case errors.Is(err, auth.ErrRole):
		n.Title = i18n.T(ctx, "operators.wrong.role")
	default:
		return nil
	}
	return n
}

func (s *Server) inviteForm(c *gin.Context) error {
	return s.renderInvite(c, http.StatusOK, url.Values{"role": {string(auth.Viewer)}, "days": {"7"}}, nil)
}

// linkDays are how long a link may count.
var linkDays = []int{1, 3, 7, 30}

func daysOptions(ctx context.Context, days []int) []templates.Option {
	var list []templates.Option
	for _, d := range days {
		o := templates.Option{Value: strconv.Itoa(d), Text: i18n.N(ctx, "operators.days", d)}
		if d == 0 {
			o.Text = i18n.T(ctx, "tokens.never")
		}
		list = append(list, o)
	}
	return list
}

func (s *Server) renderInvite(c *gin.Context, status int, typed url.Values, notice *templates.Notice) error {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	all, apps := typedRoles(typed)
	roles, err := s.rolesForm(ctx, me, string(all), plain(apps))
	if err != nil {
		return err
	}
	v := templates.InviteView{
		Nav: s.settingsNav(c), Action: operatorsURL + "/invite", Roles: roles, Notice: notice, Days: daysOptions(ctx, linkDays),
		Note: templates.FieldView{
			Name: "note", Label: i18n.T(ctx, "operators.invite.note"), Value: typed.Get("note"), Hint: i18n.T(ctx, "operators.invite.note_hint"), MaxLength: 100,
		},
		Lasts: templates.FieldView{Name: "days", Label: i18n.T(ctx, "operators.invite.lasts"), Value: typed.Get("days")},
	}
	return render(c, status, templates.InvitePage(s.chrome(c), v), nil)
}

func (s *Server) makeInvite(c *gin.Context) error {
	ctx := c.Request.Context()
	typed, err := form(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	days, err := strconv.Atoi(typed.Get("days"))
	if err != nil || !slices.Contains(linkDays, days) {
		days = 7
	}
	all, apps := typedRoles(typed)
	_, token, err := s.Auth.Invite(ctx, me, clip(strings.TrimSpace(typed.Get("note")), 100), all, apps, time.Duration(days)*24*time.Hour)
	if n := roleNotice(ctx, err); n != nil {
		return s.renderInvite(c, http.StatusUnprocessableEntity, typed, n)
	}
	if err != nil {
		return err
	}
	return s.showLink(c, i18n.T(ctx, "operators.invite.title"), i18n.T(ctx, "operators.invite.made"), token)
}

// showLink shows a link, this once: the database has a hash of its token.
func (s *Server) showLink(c *gin.Context, title, text, token string) error {
	ctx := c.Request.Context()
	v := templates.SecretView{
		Nav: s.settingsNav(c), Title: title, Text: text, Label: i18n.T(ctx, "operators.link"), Secret: s.origin(c) + auth.InvitePath + "/" + token,
		Foot: i18n.T(ctx, "operators.link.once"), BackURL: operatorsURL, BackText: i18n.T(ctx, "operators.title"),
	}
	return render(c, http.StatusOK, templates.SecretPage(s.chrome(c), v), nil)
}

// origin is where browsers reach the console.
func (s *Server) origin(c *gin.Context) string {
	if s.PublicURL != "" {
		return strings.TrimSuffix(s.PublicURL, "/")
	}
	if c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https" {
		return "https://" + c.Request.Host
	}
	return "http://" + c.Request.Host
}

func (s *Server) revokeInvite(c *gin.Context) error {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	if err := s.Auth.RevokeInvite(ctx, me, v.Get("invite")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err // one that has ended is as it was wanted
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "operators.invite.revoked")}, operatorsURL)
}

func (s *Server) operatorPage(c *gin.Context) error {
	return s.renderOperator(c, http.StatusOK, nil, nil)
}

func (s *Server) renderOperator(c *gin.Context, status int, typed url.Values, notice *templates.Notice) error {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	o, err := s.Store.Operators.Get(ctx, c.Param("operator"))
	if err != nil {
		return err
	}
	who, err := s.Auth.Described(ctx, o)
	if err != nil {
		return err
	}
	held, err := s.Store.Roles.Of(ctx, o.ID)
	if err != nil {
		return err
	}
	all, apps := heldBy(held)
	f, err := s.rolesForm(ctx, me, all[o.ID], apps[o.ID])
	if typed != nil && err == nil {
		role, in := typedRoles(typed)
		f, err = s.rolesForm(ctx, me, string(role), plain(in))
	}
	if err != nil {
		return err
	}
	seen, err := s.Store.Operators.Seen(ctx)
	if err != nil {
		return err
	}
	v := templates.OperatorPageView{
		Nav: s.settingsNav(c), Person: templates.PersonView{ID: o.ID, Name: o.Name, Size: "lg"}, Roles: f, RolesURL: operatorURL(o.ID, "roles"), RolesNotice: notice,
		Created: o.CreatedAt, Seen: seen[o.ID], Disabled: o.Disabled, You: o.ID == me.ID,
		DisableURL: operatorURL(o.ID, "disable"), ResetURL: operatorURL(o.ID, "reset"), FactorsURL: operatorsURL + "/" + url.PathEscape(o.ID) + "/reset-factors",
		EndURL: operatorURL(o.ID, "sessions", "end"), RevokeURL: operatorURL(o.ID, "tokens", "revoke"),
		State: templates.ChipView{Text: i18n.T(ctx, "operators.enabled"), Icon: "check", Tone: "ok"},
	}
	if o.Disabled {
		v.State = templates.ChipView{Text: i18n.T(ctx, "operators.disabled"), Icon: "ban", Tone: "bad"}
	}
	if !me.Covers(who) {
		v.Why = i18n.T(ctx, "operators.why")
	}
	if v.Factors, err = s.factorTexts(ctx, o.ID); err != nil {
		return err
	}
	if me.Everywhere(auth.VerbAudit) {
		v.AuditURL = workURL(o.ID)
	}
	sessions, err := s.Store.Sessions.ListOf(ctx, o.ID, s.Now())
	if err != nil {
		return fmt.Errorf("sessions of the operator: %w", err)
	}
	v.Sessions = sessionRows(sessions, me)
	tokens, err := s.Store.Tokens.ListOf(ctx, o.ID)
	if err != nil {
		return err
	}
	v.Tokens = s.tokenRows(ctx, tokens)
	return render(c, status, templates.OperatorPage(s.chrome(c), v), nil)
}

func sessionRows(list []store.Session, me auth.Operator) []templates.SessionRow {
	var rows []templates.SessionRow
	for _, se := range list {
		rows = append(rows, templates.SessionRow{
			ID: se.ID, Device: device(se.UserAgent), Agent: se.UserAgent, Address: se.Address,
			Began: se.CreatedAt, Used: se.UsedAt, Current: se.ID == me.SessionID,
		})
	}
	return rows
}

func (s *Server) setOperatorRoles(c *gin.Context) error {
	ctx := c.Request.Context()
	typed, err := form(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	all, apps := typedRoles(typed)
	id := c.Param("operator")
	err = s.Auth.SetRoles(ctx, me, id, all, apps)
	if n := roleNotice(ctx, err); n != nil {
		return s.renderOperator(c, http.StatusUnprocessableEntity, typed, n)
	}
	if err != nil {
		return err
	}
	back := operatorURL(id)
	if id == me.ID { // who gave the right away may not see the page any more
		back = "/"
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "operators.roles.done")}, back)
}

func (s *Server) disableOperator(c *gin.Context) error {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	off := v.Get("on") == ""
	if off && c.Param("operator") == me.ID {
		return errForbidden
	}
	err = s.Auth.SetDisabled(ctx, me, c.Param("operator"), off)
	if n := roleNotice(ctx, err); n != nil {
		return s.renderOperator(c, http.StatusUnprocessableEntity, nil, n)
	}
	if err != nil {
		return err
	}
	text := i18n.T(ctx, "operators.enabled_done")
	if off {
		text = i18n.T(ctx, "operators.disabled_done")
	}
	return s.done(c, templates.Toast{Text: text}, operatorURL(c.Param("operator")))
}

func (s *Server) resetOperator(c *gin.Context) error {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	i, token, err := s.Auth.ResetLink(ctx, me, c.Param("operator"))
	if n := roleNotice(ctx, err); n != nil {
		return s.renderOperator(c, http.StatusUnprocessableEntity, nil, n)
	}
	if err != nil {
		return err
	}
	return s.showLink(c, i18n.T(ctx, "operators.reset"), i18n.T(ctx, "operators.reset.made", "name", i.Note), token)
}

func (s *Server) endSessionsOf(c *gin.Context) error {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	text := i18n.T(ctx, "settings.sessions.ended")
	if id := v.Get("session"); id != "" {
		err = s.Auth.EndSession(ctx, me, c.Param("operator"), id)
		if errors.Is(err, store.ErrNotFound) {
			_, err = s.Store.Operators.Get(ctx, c.Param("operator")) // a session that is gone is as it was wanted
		}
	} else {
		text = i18n.T(ctx, "operators.ended_all")
		err = s.Auth.EndSessions(ctx, me, c.Param("operator"))
	}
	if err != nil {
		return err
	}
	return s.done(c, templates.Toast{Text: text}, operatorURL(c.Param("operator")))
}

func (s *Server) revokeTokenOf(c *gin.Context) error {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	if _, err := s.Store.Operators.Get(ctx, c.Param("operator")); err != nil {
		return err
	}
	if err := s.Auth.RevokeToken(ctx, me, c.Param("operator"), v.Get("token")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "tokens.revoked")}, operatorURL(c.Param("operator")))
}

// acceptPage is where a link leads.
func (s *Server) acceptPage(c *gin.Context) error {
	i, err := s.Auth.FindInvite(c.Request.Context(), c.Param("token"))
	if err != nil {
		return s.linkGone(c, err)
	}
	return s.renderAccept(c, http.StatusOK, i, templates.AcceptView{})
}

// linkGone says why a link does not count.
func (s *Server) linkGone(c *gin.Context, err error) error {
	gone, ok := errors.AsType[*auth.InviteGone](err)
	if !ok {
		return err
	}
	ctx := c.Request.Context()
	//i18n:uses invite.gone.*
	v := templates.AcceptView{Title: i18n.T(ctx, "invite.gone"), Notice: &templates.Notice{
		Tone: "warn", Icon: "lock", Title: i18n.T(ctx, "invite.gone."+gone.Why), Next: i18n.T(ctx, "invite.gone_next"),
	}}
	return render(c, http.StatusGone, templates.AcceptPage(v), nil)
}

func (s *Server) renderAccept(c *gin.Context, status int, i store.Invite, v templates.AcceptView) error {
	ctx := c.Request.Context()
	v.Action = c.Request.URL.EscapedPath()
	if i.OperatorID != "" {
		v.Title, v.Lede, v.Submit, v.Name = i18n.T(ctx, "invite.reset"), i.Note, i18n.T(ctx, "invite.reset_submit"), templates.FieldView{}
		return render(c, status, templates.AcceptPage(v), nil)
	}
	titles, _, err := s.roleTitles(ctx)
	if err != nil {
		return err
	}
	v.Title, v.Submit = i18n.T(ctx, "invite.title"), i18n.T(ctx, "invite.submit")
	v.Lede = i18n.T(ctx, "invite.lede", "name", orID(i.ByName, "imdesk"), "roles", orID(strings.Join(s.roleLines(ctx, titles, i.Role, i.AppRoles), " · "), i18n.T(ctx, "role.none")))
	v.Name.Name, v.Name.Label, v.Name.Hint = "name", i18n.T(ctx, "login.name"), i18n.T(ctx, "invite.name_hint")
	v.Name.Required, v.Name.MaxLength, v.Name.Autocomplete = true, store.MaxOperatorName, "username"
	return render(c, status, templates.AcceptPage(v), nil)
}

// accept takes a name and a password, and signs in.
func (s *Server) accept(c *gin.Context) error {
	ctx := c.Request.Context()
	typed, err := form(c)
	if err != nil {
		return err
	}
	i, err := s.Auth.FindInvite(ctx, c.Param("token"))
	if err != nil {
		return s.linkGone(c, err)
	}
	v := templates.AcceptView{Name: templates.FieldView{Value: strings.ToValidUTF8(typed.Get("name"), "\uFFFD")}}
	password := typed.Get("new_password")
	if password != typed.Get("repeat_password") {
		v.RepeatError = i18n.T(ctx, "settings.password.differ")
		return s.renderAccept(c, http.StatusUnprocessableEntity, i, v)
	}
	name := v.Name.Value
	if i.OperatorID != "" {
		var o store.Operator
		o, err = s.Auth.UseResetLink(ctx, c.Param("token"), password)
		name = o.Name
	} else {
		_, err = s.Auth.AcceptInvite(ctx, c.Param("token"), name, password)
	}
	weak, isWeak := errors.AsType[*auth.WeakPassword](err)
	_, gone := errors.AsType[*auth.InviteGone](err)
	switch {
	case err == nil:
		return s.signInAs(c, name, password)
	case gone:
		return s.linkGone(c, err)
	case isWeak:
		//i18n:uses password.*
		v.PasswordError = i18n.T(ctx, weak.Key, "min", weak.Min, "max", weak.Max)
	case errors.Is(err, store.ErrConflict):
		v.Name.Error = i18n.T(ctx, "security.setup.taken")
	case errors.Is(err, store.ErrInvalid):
		v.Name.Error = i18n.T(ctx, "security.setup.name")
	default:
		return err
	}
	return s.renderAccept(c, http.StatusUnprocessableEntity, i, v)
}

// signInAs goes on to the console with the password that was just chosen.
func (s *Server) signInAs(c *gin.Context, name, password string) error {
	_, err := s.Auth.SignIn(c.Writer, c.Request, name, password)
	_, refused := errors.AsType[*auth.Refused](err)
	switch {
	case err == nil:
		return seeOther(c, "/")
	case errors.Is(err, auth.ErrSecondStep):
		return seeOther(c, secondURL("/"))
	case refused, errors.Is(err, auth.ErrUseProvider):
		return seeOther(c, auth.LoginPath)
	}
	return err
}
