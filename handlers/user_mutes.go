package handlers

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"

	"golang.org/x/text/language"
)

// Bounds of looking for a user's mutes.
const (
	userMuteCalls = 8  // questions at the same time: the service tells mutes one group a call
	userElsewhere = 8  // groups beyond the page that the register names
	muteListPages = 10 // of a muted list that is searched for one user
	muteSame      = 5 * time.Minute
)

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
// and there may be many groups. The register names the groups, the service says what holds.
func (s *Server) mutedElsewhere(ctx context.Context, app *App, user string, register []store.Sanction, shown []imclient.JoinedGroup) ([]imclient.Group, map[string]time.Time) {
	var ids []string
	for _, r := range register {
		here := slices.ContainsFunc(shown, func(j imclient.JoinedGroup) bool { return j.Group.ID == r.Group })
		if r.Kind == store.SanctionMute && !here && r.Open() && !slices.Contains(ids, r.Group) && len(ids) < userElsewhere {
			ids = append(ids, r.Group)
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

// reasonIn says a recorded reason in the language of ctx, if it is one of the menu, whatever language it was chosen in. Words of
// one's own are for colleagues; "" if there is nothing else.
func reasonIn(ctx context.Context, recorded string) string {
	here := i18n.From(ctx)
	for _, lang := range i18n.Languages() {
		l := here
		l.Lang = lang
		there := i18n.With(ctx, l)
		for _, r := range reasons {
			base := i18n.T(there, "members.reason."+r)
			if recorded == base && r != reasonOther {
				return i18n.T(ctx, "members.reason."+r)
			}
			before, _, _ := strings.Cut(i18n.T(there, "members.reason_and", "reason", base, "words", "\x00"), "\x00")
			if strings.HasPrefix(recorded, before) && r != reasonOther {
				return i18n.T(ctx, "members.reason."+r)
			}
		}
	}
	return ""
}
