package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/sanctions"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// whyRoutes answer a user who asks why writing does not work.
func (s *Server) whyRoutes() []route {
	return []route{{post, "/apps/:app/users/:user/answer", auth.VerbAnswer, s.sendAnswer}}
}

// What stands in a user's way beside mutes.
const (
	hindersBan     = "ban"
	hindersMuteAll = "mute_all"
)

// hindrance is one thing that keeps a user from writing.
type hindrance struct {
	muteInForce
	kind string          // "": a mute, hindersBan, hindersMuteAll
	row  *store.Sanction // of the register; nil: it does not know of it, or knows of another one
}

// register reads what the register has of a user: what is open, and the newest of what was.
func (s *Server) register(ctx context.Context, app *App, user string) (list []store.Sanction, err error) {
	if err := s.Sanctions.CatchUp(ctx); err != nil {
		return nil, err
	}
	return s.Store.Sanctions.List(ctx, store.SanctionFilter{App: app.Name, User: user}, 0, userSanctions)
}

// userSanctions is how many rows of the register a user's page reads.
const userSanctions = 100

// rowOf is the open row of a kind and a group that ends when the service says: a mute with another end is not the one that the
// register knows, so that who set it, and why, is not known.
func rowOf(list []store.Sanction, kind, group string, until time.Time) *store.Sanction {
	i := slices.IndexFunc(list, func(x store.Sanction) bool {
		return x.Kind == kind && x.Group == group && x.Open() && (x.Until.IsZero() || sameMute(x.Until, until))
	})
	if i < 0 {
		return nil
	}
	return &list[i]
}

// hindrances are all things that keep a user from writing, as far as anybody knows: what the service says, and of bans from live
// rooms, of which no service tells by user, what the register says.
func (s *Server) hindrances(ctx context.Context, app *App, f *userFacts) (list []hindrance) {
	for _, m := range s.mutesInForce(f) {
		h := hindrance{muteInForce: m, row: rowOf(f.register, store.SanctionMute, m.group.ID, m.until)}
		if m.group.ID == "" {
			kind := store.SanctionGroups
			if m.direct {
				kind = store.SanctionDirect
			}
			h.row = rowOf(f.register, kind, "", m.until)
		}
		list = append(list, h)
	}
	for _, x := range f.register {
		if x.Kind == store.SanctionBan && x.Open() && s.muteView(x.Until).Muted {
			g := imclient.Group{ID: x.Group}
			called := map[string]string{}
			s.directoryNames(ctx, app.Name, store.KindGroup, []string{x.Group}, called)
			g.Name = called[x.Group]
			list = append(list, hindrance{muteInForce: muteInForce{group: g, until: x.Until}, kind: hindersBan, row: &x})
		}
	}
	for _, j := range f.groups.Items {
		if f.muteAll[j.Group.ID] && j.Role != imclient.RoleOwner && j.Role != imclient.RoleAdmin {
			list = append(list, hindrance{muteInForce: muteInForce{group: j.Group, until: imclient.Forever}, kind: hindersMuteAll})
		}
	}
	return list
}

// readMuteAll asks which of the groups on the page let nobody write but owner and admins. It costs one call.
func (s *Server) readMuteAll(ctx context.Context, app *App, f *userFacts) map[string]bool {
	var ids []string
	for _, j := range f.groups.Items {
		if app.IM.Caps.Can(imclient.VerbMuteAll, j.Group.Type) {
			ids = append(ids, j.Group.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	groups, _, err := app.IM.Groups.GetMany(ctx, ids)
	s.courtesy(ctx, err)
	on := map[string]bool{}
	for _, g := range groups {
		on[g.ID] = g.MuteAll == imclient.On
	}
	return on
}

// answerView is what stands in the user's way, and what to tell the user: in the user's language if the profile names it, and in
// the operator's; else in all that the console speaks.
func (s *Server) answerView(c *gin.Context, app *App, id string, f *userFacts) (list []templates.AnswerView, reply []templates.AnswerText) {
	ctx := c.Request.Context()
	all := s.hindrances(ctx, app, f)
	for _, h := range all {
		//i18n:uses users.answer.kind.*
		v := templates.AnswerView{Where: h.where(ctx), Mute: s.muteView(h.until)}
		if h.kind != "" {
			v.Kind = i18n.T(ctx, "users.answer.kind."+h.kind)
		}
		if h.kind == hindersMuteAll {
			v.Mute, v.Settled = templates.MuteView{}, true
		}
		if h.group.ID != "" {
			v.URL = groupURL(app, h.group.ID, tabMessages)
		}
		if h.row != nil && h.row.Source != store.SanctionByService {
			v.By, v.At, v.Reason = s.sanctionBy(ctx, *h.row), h.row.Since, h.row.Reason
			if h.row.Audit != 0 {
				v.EntryURL = entryURL(app, h.row.Audit)
			}
			v.CaseURL = caseLink(c, *h.row)
		}
		list = append(list, v)
	}
	why := notOffered(c, app, auth.VerbAnswer, imclient.VerbDirectSend, "")
	if why == "" && app.IM.Vendor == imclient.Volcengine && len(app.Administrators) == 0 {
		why = i18n.T(ctx, "action.warn.nobody")
	}
	if len(all) == 0 && f.sure() != nil {
		return list, nil // nobody can say that nothing is in the way
	}
	for _, lang := range answerLanguages(i18n.From(ctx).Lang, f.profile.Language) {
		reply = append(reply, templates.AnswerText{
			Lang: lang.Tag(), Name: lang.Name(), Text: s.answerText(ctx, app, lang, f, all), Why: why,
			SendURL: userURL(app, id, "answer"), Hidden: []string{"lang", string(lang), "key", rand.Text(), "return", userURL(app, id)},
		})
	}
	return list, reply
}

// caseLink leads to the case of a sanction, for those who may see cases.
func caseLink(c *gin.Context, x store.Sanction) string {
	op, _ := auth.OperatorFrom(c.Request.Context())
	if x.Case == 0 || !op.CanIn(x.App, auth.VerbNote) {
		return ""
	}
	return caseURL(x.Case)
}

// answerText is what the user is told in a language: all that stands in the way, and how to appeal.
func (s *Server) answerText(ctx context.Context, app *App, lang i18n.Lang, f *userFacts, all []hindrance) string {
	l := i18n.From(ctx)
	l.Lang = lang
	ctx = i18n.With(ctx, l)
	policy, _, err := sanctions.ReadPolicy(ctx, s.Store.Policies, app.Name)
	s.courtesy(ctx, err)
	var lines []string
	for _, h := range all {
		lines = append(lines, h.sentence(ctx, s.publicReason(ctx, policy, h)))
	}
	if len(lines) == 0 && f.groups.Next != "" {
		return i18n.T(ctx, "users.answer.nothing_here")
	}
	if len(lines) == 0 {
		return i18n.T(ctx, "users.answer.nothing")
	}
	onlyGroups := !slices.ContainsFunc(all, func(h hindrance) bool { return h.kind != hindersMuteAll })
	if appeal := strings.TrimSpace(policy.Appeal[string(lang)]); appeal != "" && !onlyGroups {
		lines = append(lines, appeal)
	}
	return strings.Join(lines, "\n")
}

// publicReason is why, in words that are for the user: those that the app has for the macro, the rule or the reason; else the
// reason of the menu; never what a colleague wrote. "" if nobody knows.
func (s *Server) publicReason(ctx context.Context, p sanctions.Policy, h hindrance) string {
	if h.row == nil || h.row.Source == store.SanctionByService {
		return ""
	}
	lang := string(i18n.From(ctx).Lang)
	keys := []string{h.row.Reason, sanctions.ForRule + h.row.Reason}
	if h.row.Source == store.SanctionByRule {
		keys = append([]string{sanctions.ForRule + h.row.ByName}, keys...)
	}
	if h.row.Case != 0 {
		if k, err := s.Store.Cases.Get(ctx, h.row.Case); err == nil && k.Verdict != 0 {
			if v, err := s.Store.Cases.Verdict(ctx, k.Verdict); err == nil {
				keys = append([]string{sanctions.ForMacro + v.Macro}, keys...)
			}
		}
	}
	if said := p.Say(lang, keys...); said != "" {
		return said
	}
	return orID(reasonIn(ctx, h.row.Reason), i18n.T(ctx, "users.answer.rules"))
}

// where names the place in a few words.
func (m muteInForce) where(ctx context.Context) string {
	switch {
	case m.group.ID != "":
		return orID(m.group.Name, m.group.ID)
	case m.direct && m.groups:
		return i18n.T(ctx, "users.answer.everywhere")
	case m.direct:
		return i18n.T(ctx, "users.may_direct")
	}
	return i18n.T(ctx, "users.may_groups")
}

// sentence tells the user where, until when and why. It stands for itself: whoever reads it does so later, elsewhere, so
// that the moment is written with day and zone.
func (h hindrance) sentence(ctx context.Context, reason string) string {
	group := orID(h.group.Name, h.group.ID)
	place := "group"
	switch {
	case h.kind == hindersMuteAll:
		return i18n.T(ctx, "users.answer.mute_all", "group", group)
	case h.kind == hindersBan:
		place = "ban"
	case h.group.ID != "":
	case h.direct && h.groups:
		place = "everywhere"
	case h.direct:
		place = "direct"
	default:
		place = "groups"
	}
	//i18n:uses users.answer.until_*
	//i18n:uses users.answer.forever_*
	text := i18n.T(ctx, "users.answer.until_"+place, "group", group, "until", i18n.Full(ctx, h.until))
	if !h.until.Before(imclient.Forever) {
		text = i18n.T(ctx, "users.answer.forever_"+place, "group", group)
	}
	if reason == "" {
		return text
	}
	return i18n.T(ctx, "users.answer.because", "text", text, "reason", strings.TrimRight(reason, ".。"))
}

// sendAnswer sends the user what the page says, in the language that was chosen. What it says is made anew, so that nothing else can
// be sent this way. It costs the calls of the page, and one.
func (s *Server) sendAnswer(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	id := c.Param("user")
	lang, known := i18n.Parse(v.Get("lang"))
	if !known {
		lang = i18n.From(c.Request.Context()).Lang
	}
	c.Request = c.Request.WithContext(imclient.Fresh(c.Request.Context()))
	ctx := c.Request.Context()
	_, f, err := s.userNow(c, app, id, &url.URL{Path: userURL(app, id)})
	if err != nil {
		return err
	}
	if err := f.sure(); err != nil {
		return err
	}
	text := s.answerText(ctx, app, lang, f, s.hindrances(ctx, app, f))
	r, err := s.Actions.Do(ctx, s.actor(c), app.Target(), actions.Answer{Warn: actions.Warn{Common: actions.Common{Key: v.Get("key")}, User: id, Text: text}})
	if err != nil {
		return err
	}
	return s.answer(c, 0, s.resultToast(ctx, app, r, names{id: f.profile.Nick}), backFrom(c, userURL(app, id)))
}

// sure is the error of what an answer has to know and the service did not tell: without it nobody can say that nothing is in the way.
func (f *userFacts) sure() error {
	for _, j := range f.groups.Items {
		if _, read := f.mutes[j.Group.ID]; !read {
			return fmt.Errorf("what keeps the user from writing: %w", imclient.ErrUnavailable)
		}
	}
	for _, err := range []error{f.globalErr, f.groupsErr} {
		if err != nil && !errors.Is(err, imclient.ErrUnsupported) {
			return fmt.Errorf("what keeps the user from writing: %w", err)
		}
	}
	return nil
}

// sanctionBy names who set a sanction.
func (s *Server) sanctionBy(ctx context.Context, x store.Sanction) string {
	switch {
	case x.Source == store.SanctionByRule:
		return i18n.T(ctx, "sanctions.by_rule", "rule", x.ByName)
	case x.Source == store.SanctionByUser:
		return i18n.T(ctx, "sanctions.by_user", "user", x.ByID)
	case x.Source == store.SanctionByService:
		return i18n.T(ctx, "sanctions.by_service")
	case x.ByID == sanctions.RepairerID:
		return i18n.T(ctx, "sanctions.by_repair")
	}
	return x.ByName
}
