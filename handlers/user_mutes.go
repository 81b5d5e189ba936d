package handlers

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"golang.org/x/text/language"
)

// Bounds of looking for a user's mutes.
const (
	userMuteCalls   = 8   // questions at the same time: the service tells mutes one group a call
	userMuteEntries = 100 // of the audit log, newest first
	userElsewhere   = 8   // groups beyond the page that the audit log names
	muteListPages   = 10  // of a muted list that is searched for one user
	muteSame        = 5 * time.Minute
)

// muteRecord is a mute that an operator set, as the audit log has it.
type muteRecord struct {
	entry          int64
	group          string    // "" for a global mute
	direct, groups time.Time // ends of a global mute
	until          time.Time
	reason         string
	by             string
	at             time.Time
}

// muteRecords are the mutes that operators set for a user and did not take back, newest first. It costs two queries.
func (s *Server) muteRecords(ctx context.Context, app *App, user string) ([]muteRecord, error) {
	var list []muteRecord
	for _, verb := range []actions.Verb{actions.VerbMute, actions.VerbGlobalMute} {
		entries, err := s.Store.Audit.List(ctx, store.AuditFilter{App: app.Name, User: user, Action: string(verb)}, 0, userMuteEntries)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.UndoneBy != 0 || e.State == store.AuditFailed {
				continue
			}
			want, known := wantedFor(e, user)
			if !known {
				continue
			}
			r := muteRecord{entry: e.ID, group: e.Group, reason: e.Reason, by: e.OperatorName, at: e.At}
			if r.until = want.End(); verb == actions.VerbGlobalMute {
				r.direct, r.groups = want.Ends()
			}
			list = append(list, r)
		}
	}
	return list, nil
}

// wantedFor is what an entry was to make of one user.
func wantedFor(e store.AuditEntry, user string) (actions.Value, bool) {
	d, err := actions.ReadDetail(e)
	if err != nil {
		return actions.Value{}, false
	}
	for _, i := range d.Items {
		if i.ID == user && i.Want != nil {
			return actions.Value{Text: *i.Want, Known: true}, true
		}
	}
	if d.Want == nil {
		return actions.Value{}, false
	}
	return actions.Value{Text: *d.Want, Known: true}, true
}

// sameMute reports whether an end that the service tells is one that was asked for: clocks differ, and some services count
// in seconds that remain.
func sameMute(a, b time.Time) bool { return !a.IsZero() && !b.IsZero() && a.Sub(b).Abs() <= muteSame }

// readMutes asks for the end of the user's mute in each group.
func (s *Server) readMutes(ctx context.Context, app *App, user string, groups []imclient.Group) map[string]time.Time {
	ends := make(map[string]time.Time, len(groups))
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, userMuteCalls)
	for _, g := range groups {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if end, known := mutedUntil(ctx, app, g, user); known {
				mu.Lock()
				defer mu.Unlock()
				ends[g.ID] = end
			}
		})
	}
	wg.Wait()
	return ends
}

// mutedUntil is the end of a user's mute in a group, zero if there is none. A member's own entry tells it; of those who
// left, and in live rooms, the muted list does: a mute outlives leaving.
func mutedUntil(ctx context.Context, app *App, g imclient.Group, user string) (end time.Time, known bool) {
	if !app.IM.Caps.Can(imclient.VerbMute, g.Type) {
		return time.Time{}, true
	}
	if !app.IM.Caps.Info(g.Type).Live {
		list, err := app.IM.Members.Get(ctx, g.ID, []string{user})
		if err != nil {
			return time.Time{}, false
		}
		if len(list) == 1 {
			return list[0].MutedUntil, true
		}
	}
	if !app.IM.Caps.Can(imclient.VerbMutedList, g.Type) {
		return time.Time{}, false
	}
	pages := 0
	for page, err := range imclient.Pages(ctx, "", func(ctx context.Context, cursor string) (imclient.Page[imclient.Mute], error) {
		return app.IM.Mutes.List(ctx, g.ID, cursor, 0)
	}) {
		if err != nil {
			return time.Time{}, false
		}
		for _, m := range page.Items {
			if m.UserID == user {
				return m.Until, true
			}
		}
		if pages++; pages == muteListPages && page.Next != "" {
			return time.Time{}, false // it is too long to be read whole
		}
	}
	return time.Time{}, true
}

// mutedElsewhere finds mutes in groups that are not on the page: live rooms keep no members, who was muted may have left,
// and there may be many groups. The audit log names the groups, the service says what holds.
func (s *Server) mutedElsewhere(ctx context.Context, app *App, user string, records []muteRecord, shown []imclient.JoinedGroup) ([]imclient.Group, map[string]time.Time) {
	var ids []string
	for _, r := range records {
		here := slices.ContainsFunc(shown, func(j imclient.JoinedGroup) bool { return j.Group.ID == r.group })
		if r.group != "" && !here && r.until.After(s.Now()) && !slices.Contains(ids, r.group) && len(ids) < userElsewhere {
			ids = append(ids, r.group)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	groups, _, err := app.IM.Groups.GetMany(ctx, ids)
	if err != nil {
		s.Log.WarnContext(ctx, "groups of mutes", "reference", referenceOf(ctx), "error", err)
		return nil, nil
	}
	ends := s.readMutes(ctx, app, user, groups)
	groups = slices.DeleteFunc(groups, func(g imclient.Group) bool { return !s.muteView(ends[g.ID]).Muted })
	return groups, ends
}

// muteInForce is a mute that holds now.
type muteInForce struct {
	group  imclient.Group // ID "" for a global mute
	direct bool           // of a global mute: in direct chats, in groups
	groups bool
	until  time.Time
}

// mutesInForce are all mutes that are known to hold: the global ones first.
func (s *Server) mutesInForce(f *userFacts) []muteInForce {
	var list []muteInForce
	direct, groups := s.muteView(f.global.DirectUntil).Muted, s.muteView(f.global.GroupUntil).Muted
	switch {
	case direct && groups && sameMute(f.global.DirectUntil, f.global.GroupUntil):
		list = append(list, muteInForce{direct: true, groups: true, until: f.global.GroupUntil})
	default:
		if direct {
			list = append(list, muteInForce{direct: true, until: f.global.DirectUntil})
		}
		if groups {
			list = append(list, muteInForce{groups: true, until: f.global.GroupUntil})
		}
	}
	for _, j := range f.groups.Items {
		if s.muteView(f.mutes[j.Group.ID]).Muted {
			list = append(list, muteInForce{group: j.Group, until: f.mutes[j.Group.ID]})
		}
	}
	for _, g := range f.elsewhere {
		list = append(list, muteInForce{group: g, until: f.mutes[g.ID]})
	}
	return list
}

// record is the newest entry of the audit log that made a mute; false if none did.
func (m muteInForce) record(list []muteRecord) (muteRecord, bool) {
	i := slices.IndexFunc(list, func(r muteRecord) bool {
		switch {
		case m.group.ID != r.group:
			return false
		case m.group.ID != "":
			return sameMute(r.until, m.until)
		}
		return (!m.direct || sameMute(r.direct, m.until)) && (!m.groups || sameMute(r.groups, m.until))
	})
	if i < 0 {
		return muteRecord{}, false
	}
	return list[i], true
}

// muteAnswers are what support tells a user who asks why writing does not work: one for each mute, in the user's language if
// the profile names it, and in the operator's; else in all that the console speaks.
func (s *Server) muteAnswers(ctx context.Context, app *App, f *userFacts) []templates.AnswerView {
	langs := answerLanguages(i18n.From(ctx).Lang, f.profile.Language)
	var list []templates.AnswerView
	for _, m := range s.mutesInForce(f) {
		r, ours := m.record(f.records)
		v := templates.AnswerView{Where: m.where(ctx), Mute: s.muteView(m.until)}
		if m.group.ID != "" {
			v.URL = groupURL(app, m.group.ID, tabMessages)
		}
		if ours {
			v.By, v.At, v.EntryURL = r.by, r.at, entryURL(app, r.entry)
		}
		for _, lang := range langs {
			l := i18n.From(ctx)
			l.Lang = lang
			v.Texts = append(v.Texts, templates.AnswerText{Lang: lang.Tag(), Name: lang.Name(), Text: m.sentence(i18n.With(ctx, l), r.reason)})
		}
		list = append(list, v)
	}
	return list
}

// answerLanguages are the languages of an answer, the one to send first.
func answerLanguages(operator i18n.Lang, profile string) []i18n.Lang {
	if user, known := profileLanguage(profile); known {
		return slices.Compact([]i18n.Lang{user, operator})
	}
	list := []i18n.Lang{operator}
	for _, l := range i18n.Languages() {
		if l != operator {
			list = append(list, l)
		}
	}
	return list
}

// profileLanguage reads the language of a profile, if it is one that the console speaks. Apps that keep a number of their
// own there tell nothing.
func profileLanguage(s string) (i18n.Lang, bool) {
	tag, err := language.Parse(strings.TrimSpace(s))
	if err != nil {
		return "", false
	}
	base, confidence := tag.Base()
	if confidence == language.No {
		return "", false
	}
	return i18n.Parse(base.String())
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
func (m muteInForce) sentence(ctx context.Context, reason string) string {
	place := "group"
	switch {
	case m.group.ID != "":
	case m.direct && m.groups:
		place = "everywhere"
	case m.direct:
		place = "direct"
	default:
		place = "groups"
	}
	group := orID(m.group.Name, m.group.ID)
	//i18n:uses users.answer.until_*
	//i18n:uses users.answer.forever_*
	text := i18n.T(ctx, "users.answer.until_"+place, "group", group, "until", i18n.Full(ctx, m.until))
	if !m.until.Before(imclient.Forever) {
		text = i18n.T(ctx, "users.answer.forever_"+place, "group", group)
	}
	if reason == "" {
		return text
	}
	return i18n.T(ctx, "users.answer.because", "text", text, "reason", strings.TrimRight(reasonIn(ctx, reason), ".。"))
}

// reasonIn says a recorded reason in the language of ctx, if it is one of the menu, whatever language it was chosen in.
// Words of one's own stay as they are.
func reasonIn(ctx context.Context, recorded string) string {
	here := i18n.From(ctx)
	for _, lang := range i18n.Languages() {
		l := here
		l.Lang = lang
		there := i18n.With(ctx, l)
		for _, r := range reasons {
			base := i18n.T(there, "members.reason."+r)
			if recorded == base {
				return i18n.T(ctx, "members.reason."+r)
			}
			before, after, _ := strings.Cut(i18n.T(there, "members.reason_and", "reason", base, "words", "\x00"), "\x00")
			if words, ok := strings.CutPrefix(recorded, before); ok && strings.HasSuffix(words, after) {
				words = strings.TrimSuffix(words, after)
				return i18n.T(ctx, "members.reason_and", "reason", i18n.T(ctx, "members.reason."+r), "words", words)
			}
		}
	}
	return recorded
}
