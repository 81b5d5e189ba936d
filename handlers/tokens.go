package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
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

const (
	tokensURL = "/settings/tokens"
	accessURL = "/settings/access"
)

func (s *Server) tokenRoutes() []route {
	return []route{
		{get, tokensURL, auth.VerbTokens, s.tokensPage},
		{get, tokensURL + "/new", auth.VerbTokens, s.newTokenForm},
		{post, tokensURL + "/new", auth.VerbTokens, s.makeToken},
		{post, tokensURL + "/revoke", auth.VerbTokens, s.revokeToken},
		{get, accessURL, auth.VerbSettings, s.accessPage},
		{post, accessURL, auth.VerbSettings, s.setAccess},
	}
}

func (s *Server) tokenRows(ctx context.Context, list []store.Token) []templates.TokenRow {
	var rows []templates.TokenRow
	for _, t := range list {
		r := templates.TokenRow{
			ID: t.ID, Title: t.Title, Verbs: len(t.Verbs), Networks: strings.Join(t.Networks, ", "), Created: t.CreatedAt, Used: t.UsedAt, Address: t.UsedAddress,
			Expires: t.ExpiresAt,
		}
		var apps []string
		for _, a := range t.Apps {
			apps = append(apps, s.appTitle(ctx, a))
		}
		r.Apps = strings.Join(apps, ", ")
		switch {
		case !t.RevokedAt.IsZero():
			r.Ended = i18n.T(ctx, "tokens.ended.revoked")
		case !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(s.Now()):
			r.Ended = i18n.T(ctx, "tokens.ended.expired")
		}
		rows = append(rows, r)
	}
	return rows
}

func (s *Server) tokensPage(c *gin.Context) error {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	list, err := s.Auth.Tokens(ctx, me, me.ID)
	if err != nil {
		return err
	}
	v := templates.TokensView{
		Nav: s.settingsNav(c), Rows: s.tokenRows(ctx, list), NewURL: tokensURL + "/new", RevokeURL: tokensURL + "/revoke", DocURL: programPrefix + "openapi.json",
	}
	return render(c, http.StatusOK, templates.TokensPage(s.chrome(c), v), nil)
}

// tokenDays are how long a token may count; 0 is for ever.
var tokenDays = []int{7, 30, 90, 365, 0}

func (s *Server) newTokenForm(c *gin.Context) error {
	return s.renderTokenForm(c, http.StatusOK, url.Values{"verb": {string(auth.VerbView)}, "days": {"90"}, "all_apps": {"1"}}, templates.TokenForm{})
}

func (s *Server) renderTokenForm(c *gin.Context, status int, typed url.Values, v templates.TokenForm) error {
	ctx := c.Request.Context()
	me, _ := auth.OperatorFrom(ctx)
	v.Nav, v.Action, v.Days, v.AllApps = s.settingsNav(c), tokensURL+"/new", daysOptions(ctx, tokenDays), typed.Get("all_apps") != ""
	v.Title.Name, v.Title.Label, v.Title.Value, v.Title.Required, v.Title.MaxLength = "title", i18n.T(ctx, "tokens.name"), typed.Get("title"), true, store.MaxOperatorName
	v.Title.Hint = i18n.T(ctx, "tokens.name_hint")
	v.Lasts = templates.FieldView{Name: "days", Label: i18n.T(ctx, "operators.invite.lasts"), Value: typed.Get("days")}
	v.Networks.Name, v.Networks.Label, v.Networks.Value, v.Networks.Rows, v.Networks.Optional = "networks", i18n.T(ctx, "tokens.networks"), typed.Get("networks"), 2, true
	v.Networks.Hint = i18n.T(ctx, "access.hint")
	for _, a := range s.appsOf(me) {
		v.Apps = append(v.Apps, templates.AppTick{Name: a.Name, Title: a.Title, On: slices.Contains(typed["app"], a.Name)})
	}
	var may []auth.Verb
	for _, verb := range programVerbs() {
		if me.Can(verb) {
			may = append(may, verb)
		}
	}
	v.Areas = byArea(ctx, may, func(verb auth.Verb) templates.VerbLine {
		return templates.VerbLine{On: slices.Contains(typed["verb"], string(verb))}
	})
	return render(c, status, templates.NewTokenPage(s.chrome(c), v), nil)
}

// typedNetworks reads networks, one a line, each with a note behind a hash sign. bad is the first that is none.
func typedNetworks(text string) (list []store.Network, prefixes []netip.Prefix, bad string) {
	for line := range strings.Lines(text) {
		network, note, _ := strings.Cut(strings.TrimSpace(line), "#")
		if network = strings.TrimSpace(network); network == "" {
			continue
		}
		p, err := auth.ParseNetwork(network)
		if err != nil {
			return nil, nil, clip(network, 60)
		}
		list = append(list, store.Network{Network: p.String(), Note: strings.TrimSpace(note)})
		prefixes = append(prefixes, p)
	}
	return list, prefixes, ""
}

func (s *Server) makeToken(c *gin.Context) error {
	ctx := c.Request.Context()
	typed, err := form(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	n := auth.NewToken{Title: strings.TrimSpace(typed.Get("title"))}
	for _, v := range typed["verb"] {
		n.Verbs = append(n.Verbs, auth.Verb(v))
	}
	if typed.Get("all_apps") == "" {
		n.Apps = append([]string{}, typed["app"]...)
	}
	days, err := strconv.Atoi(typed.Get("days"))
	if err != nil || !slices.Contains(tokenDays, days) {
		days = 90
	}
	n.Lasts = time.Duration(days) * 24 * time.Hour
	var bad string
	refuse := func(v templates.TokenForm) error {
		return s.renderTokenForm(c, http.StatusUnprocessableEntity, typed, v)
	}
	if _, n.Networks, bad = typedNetworks(typed.Get("networks")); bad != "" {
		return refuse(templates.TokenForm{Networks: templates.FieldView{Error: i18n.T(ctx, "access.wrong.network", "network", bad)}})
	}
	_, secret, err := s.Auth.MakeToken(ctx, me, n)
	notice := roleNotice(ctx, err)
	switch {
	case err == nil:
		v := templates.SecretView{
			Nav: s.settingsNav(c), Title: i18n.T(ctx, "tokens.new"), Text: i18n.T(ctx, "tokens.made"), Label: i18n.T(ctx, "tokens.secret"), Secret: secret,
			Foot: i18n.T(ctx, "operators.link.once"), BackURL: tokensURL, BackText: i18n.T(ctx, "tokens.title"),
		}
		return render(c, http.StatusOK, templates.SecretPage(s.chrome(c), v), nil)
	case notice != nil:
		return refuse(templates.TokenForm{Notice: notice})
	case errors.Is(err, store.ErrInvalid):
		return refuse(templates.TokenForm{Title: templates.FieldView{Error: i18n.T(ctx, "tokens.wrong.title")}})
	case errors.Is(err, auth.ErrVerb):
		return refuse(templates.TokenForm{Notice: &templates.Notice{Tone: "bad", Answer: true, Title: i18n.T(ctx, "tokens.wrong.nothing"), Changed: i18n.T(ctx, "error.unchanged")}})
	}
	return err
}

func (s *Server) revokeToken(c *gin.Context) error {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return err
	}
	me, _ := auth.OperatorFrom(ctx)
	if err := s.Auth.RevokeToken(ctx, me, me.ID, v.Get("token")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err // one that has ended is as it was wanted
	}
	return s.done(c, templates.Toast{Text: i18n.T(ctx, "tokens.revoked")}, tokensURL)
}

func (s *Server) accessPage(c *gin.Context) error {
	return s.renderAccess(c, http.StatusOK, "", "", "")
}

// accessKinds are the lists of networks, in order.
var accessKinds = []string{store.AccessConsole, store.AccessTokens}

// renderAccess draws the lists; the one of a kind as it was typed, with what is wrong with it.
func (s *Server) renderAccess(c *gin.Context, status int, kind, typed, problem string) error {
	ctx := c.Request.Context()
	list, err := s.Auth.Networks(ctx)
	if err != nil {
		return err
	}
	v := templates.AccessView{Nav: s.settingsNav(c), Address: auth.AddressFrom(ctx)}
	for _, k := range accessKinds {
		var lines []string
		for _, n := range list {
			if n.Kind == k {
				line := n.Network
				if n.Note != "" {
					line += "  # " + n.Note
				}
				lines = append(lines, line)
			}
		}
		//i18n:uses access.kind.*
		//i18n:uses access.about.*
		l := templates.AccessList{
			Kind: k, Title: i18n.T(ctx, "access.kind."+k), Text: i18n.T(ctx, "access.about."+k), Action: accessURL,
			Field: templates.FieldView{
				Name: "networks", ID: "networks-" + k, Label: i18n.T(ctx, "access.networks"), Value: strings.Join(lines, "\n"), Rows: 4, Hint: i18n.T(ctx, "access.hint"),
			},
			State: templates.ChipView{Text: i18n.T(ctx, "access.anywhere"), Icon: "globe"},
		}
		if len(lines) > 0 {
			l.State = templates.ChipView{Text: i18n.N(ctx, "access.limited", len(lines)), Icon: "shield", Tone: "ok"}
		}
		if k == kind {
			l.Field.Value, l.Field.Error = typed, problem
		}
		v.Lists = append(v.Lists, l)
	}
	return render(c, status, templates.AccessPage(s.chrome(c), v), nil)
}

func (s *Server) setAccess(c *gin.Context) error {
	ctx := c.Request.Context()
	v, err := form(c)
	if err != nil {
		return err
	}
	kind, typed := v.Get("kind"), v.Get("networks")
	if !slices.Contains(accessKinds, kind) {
		return badInput{"error.form"}
	}
	list, _, bad := typedNetworks(typed)
	if bad != "" {
		return s.renderAccess(c, http.StatusUnprocessableEntity, kind, typed, i18n.T(ctx, "access.wrong.network", "network", bad))
	}
	me, _ := auth.OperatorFrom(ctx)
	err = s.Auth.SetNetworks(ctx, me, kind, list)
	switch {
	case err == nil:
		return s.done(c, templates.Toast{Text: i18n.T(ctx, "access.done")}, accessURL)
	case errors.Is(err, auth.ErrLockedOut):
		return s.renderAccess(c, http.StatusUnprocessableEntity, kind, typed, i18n.T(ctx, "access.wrong.locked_out", "address", auth.AddressFrom(ctx)))
	case errors.Is(err, store.ErrInvalid):
		return s.renderAccess(c, http.StatusUnprocessableEntity, kind, typed, i18n.T(ctx, "access.wrong.many", "n", store.MaxNetworks))
	}
	return err
}
