package handlers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// The sections of a group, as in their addresses.
const (
	tabMessages = "messages"
	tabMembers  = "members"
	tabMuted    = "muted"
	tabBans     = "bans"
	tabDetails  = "details"
	tabActivity = "activity"
	tabData     = "data"
	tabTopics   = "topics"
)

// groupFrame reads the group that the address names and builds what stands around its pages; tab is the section that is
// open. It costs at most four calls, of which three go at the same time and may fail without harm: the group, the number
// of muted members, the owner's name and, for a live room, how many are online. An error means that there is no group to
// show.
func (s *Server) groupFrame(c *gin.Context, app *App, tab string) (templates.GroupFrameView, imclient.Group, error) {
	ctx := c.Request.Context()
	id := c.Param("group")
	if homeOf(app, id) != id {
		return s.topicFrame(c, app, id, tab)
	}
	g, err := app.IM.Groups.Get(ctx, id)
	if err != nil {
		return templates.GroupFrameView{}, imclient.Group{}, fmt.Errorf("group of app %s: %w", app.Name, err)
	}
	facts := s.groupFacts(ctx, app, g)
	op, _ := auth.OperatorFrom(ctx)
	v := templates.GroupFrameView{
		ID: g.ID, Name: g.Name,
		ListURL: appURL(app, "groups"),
		Chips:   groupChips(ctx, app, g),
		Members: g.Members, MaxMembers: g.MaxMembers, Online: facts.online,
		OwnerID: g.OwnerID, OwnerName: facts.owner,
		Created: g.Created,
		Tabs:    groupTabs(ctx, app, g, tab, facts),
		PinURL:  appURL(app, "pins"),
		Path:    c.Request.URL.RequestURI(),
		Actions: []templates.ButtonView{s.groupButton(c, app, g, auth.VerbNotice, imclient.VerbNotice, templates.ButtonView{
			Text: i18n.T(ctx, "groups.frame.notice"), Icon: "notice", URL: groupURL(app, g.ID, "notice"),
		})},
		More: s.groupMore(c, app, g),
	}
	//i18n:uses groups.tab.*
	v.Section = i18n.T(ctx, "groups.tab."+tab)
	if g.OwnerID != "" {
		v.OwnerURL = userURL(app, g.OwnerID)
	}
	v.Pinned = s.noteOpened(ctx, app, op, g)
	return v, g, nil
}

// groupFacts are what a group's head shows beyond the group itself.
type groupFacts struct {
	owner  string // name; "" shows the id
	muted  int    // -1: not known
	online int    // -1: not known
}

// groupFacts asks for all of them at once. What fails is left out: the group's page stands without it.
func (s *Server) groupFacts(ctx context.Context, app *App, g imclient.Group) groupFacts {
	f := groupFacts{muted: -1, online: g.Online}
	var wg sync.WaitGroup
	if g.OwnerID != "" {
		wg.Go(func() {
			if users, _, err := app.IM.Users.GetMany(ctx, []string{g.OwnerID}); err == nil && len(users) == 1 {
				f.owner = users[0].Nick
			}
		})
	}
	if app.IM.Caps.Can(imclient.VerbMutedList, g.Type) {
		wg.Go(func() {
			if page, err := app.IM.Mutes.List(ctx, g.ID, "", 1); err == nil {
				f.muted = page.Total
			}
		})
	}
	if app.IM.Caps.Info(g.Type).Live && g.Online < 0 {
		wg.Go(func() {
			if n, err := app.IM.Live.OnlineCount(ctx, g.ID); err == nil {
				f.online = n
			}
		})
	}
	wg.Wait()
	return f
}

// groupChips say what kind of group it is and what holds in it now.
func groupChips(ctx context.Context, app *App, g imclient.Group) []templates.ChipView {
	chips := []templates.ChipView{typeChip(ctx, app, g.Type)}
	if g.MuteAll == imclient.On {
		chips = append(chips, muteAllChip(ctx))
	}
	return chips
}

func muteAllChip(ctx context.Context) templates.ChipView {
	return templates.ChipView{
		Text: i18n.T(ctx, "groups.chip.mute_all"), Title: i18n.T(ctx, "groups.chip.mute_all_title"), Icon: "mute", Tone: "warn",
	}
}

func groupTabs(ctx context.Context, app *App, g imclient.Group, open string, f groupFacts) []templates.Tab {
	count := func(n int) string {
		if n < 0 {
			return ""
		}
		return i18n.Int(ctx, n)
	}
	names := []string{tabMessages, tabMembers, tabMuted}
	if app.IM.Caps.Can(imclient.VerbBan, g.Type) {
		names = append(names, tabBans)
	}
	if g.Topics {
		names = append(names, tabTopics)
	}
	names = append(names, tabDetails, tabData, tabActivity)
	if app.IM.Caps.Info(g.Type).Live {
		names = append([]string{tabLive}, names...)
	}
	counts := map[string]string{tabMembers: count(g.Members), tabMuted: count(f.muted)}
	var tabs []templates.Tab
	for _, name := range names {
		tabs = append(tabs, templates.Tab{
			Text: i18n.T(ctx, "groups.tab."+name), URL: groupURL(app, g.ID, name), Count: counts[name], Current: name == open,
		})
	}
	return tabs
}

// groupMore are the acts on the group behind the three dots.
func (s *Server) groupMore(c *gin.Context, app *App, g imclient.Group) []templates.ButtonView {
	ctx := c.Request.Context()
	muteAll := templates.ButtonView{Text: i18n.T(ctx, "groups.frame.mute_all"), Icon: "mute", URL: groupURL(app, g.ID, "mute-all") + "?on=1"}
	if g.MuteAll == imclient.On {
		muteAll.Text, muteAll.Icon, muteAll.URL = i18n.T(ctx, "groups.frame.unmute_all"), "check", groupURL(app, g.ID, "mute-all")+"?on=0"
	}
	deleteBySender := s.groupButton(c, app, g, auth.VerbDeleteBySender, imclient.VerbDeleteBySend, templates.ButtonView{
		Text: i18n.T(ctx, "groups.frame.delete_by_sender"), Icon: "trash", URL: groupURL(app, g.ID, "delete-by-sender"),
	})
	if homeOf(app, g.ID) != g.ID { // a topic
		return []templates.ButtonView{deleteBySender}
	}
	return []templates.ButtonView{
		{Text: i18n.T(ctx, "job.many"), Icon: "jobs", URL: newJobURL(app, "groups", g.ID), Why: mayNot(c, app, auth.VerbBulk)},
		s.groupButton(c, app, g, auth.VerbSend, imclient.VerbSend, templates.ButtonView{
			Text: i18n.T(ctx, "chat.send.title"), Icon: "send", URL: groupURL(app, g.ID, "send"),
		}),
		s.groupButton(c, app, g, auth.VerbMuteAll, imclient.VerbMuteAll, muteAll),
		s.groupButton(c, app, g, auth.VerbAddMembers, imclient.VerbAddMember, templates.ButtonView{
			Text: i18n.T(ctx, "members.add.by_id"), Icon: "plus", URL: groupURL(app, g.ID, addSheet.path),
		}),
		deleteBySender,
		s.groupButton(c, app, g, auth.VerbTransfer, imclient.VerbTransfer, templates.ButtonView{
			Text: i18n.T(ctx, "groups.frame.transfer"), Icon: "crown", URL: groupURL(app, g.ID, "transfer"),
		}),
		s.groupButton(c, app, g, auth.VerbClearMessages, imclient.VerbClearHistory, templates.ButtonView{
			Text: i18n.T(ctx, "groups.frame.clear"), Icon: "minus", Variant: "harm", URL: groupURL(app, g.ID, "clear-messages"),
		}),
		s.groupButton(c, app, g, auth.VerbDismiss, imclient.VerbDismiss, templates.ButtonView{
			Text: i18n.T(ctx, "groups.frame.dismiss"), Icon: "x", Variant: "harm", URL: groupURL(app, g.ID, "dismiss"),
		}),
	}
}

// groupButton is a button that asks for a sheet about the group g. It says why if it is not offered, because of the
// operator's role or of the group's type.
func (s *Server) groupButton(c *gin.Context, app *App, g imclient.Group, right auth.Verb, needs imclient.Verb, b templates.ButtonView) templates.ButtonView {
	b.Why = notOffered(c, app, right, needs, g.Type)
	if b.URL != "" {
		b.Attrs = templates.SheetAttrs(b.URL)
	}
	return b
}

// notOffered says why an act is not offered to the operator in groups of a type, in words; "" if it is.
func notOffered(c *gin.Context, app *App, right auth.Verb, needs imclient.Verb, t imclient.GroupType) string {
	if op, ok := auth.OperatorFrom(c.Request.Context()); !ok || !op.CanIn(app.Name, right) {
		return i18n.T(c.Request.Context(), "error.forbidden.title")
	}
	return why(c, app, needs, t)
}

// openedAgain is how long a group that was opened last stays noted before it is noted again.
const openedAgain = 5 * time.Minute

// noteOpened keeps the group among those that the operator opened lately, and reports whether it is pinned. What the
// database cannot do is logged only: it is no reason to show no group.
func (s *Server) noteOpened(ctx context.Context, app *App, op auth.Operator, g imclient.Group) (pinned bool) {
	recent, err := s.Store.Settings.Recent(ctx, op.ID, app.Name, store.KindGroup, 1)
	again := len(recent) == 1 && recent[0].ID == g.ID && recent[0].Title == g.Name && s.Now().Sub(recent[0].At) < openedAgain
	if err == nil && !again {
		err = s.Store.Settings.Opened(ctx, op.ID, store.Place{App: app.Name, Kind: store.KindGroup, ID: g.ID, Title: g.Name, At: s.Now()})
	}
	if err != nil {
		s.Log.WarnContext(ctx, "note an opened group", "reference", referenceOf(ctx), "error", err)
	}
	pins, err := s.Store.Settings.Pins(ctx, op.ID, app.Name)
	if err != nil {
		s.Log.WarnContext(ctx, "pins", "reference", referenceOf(ctx), "error", err)
	}
	for _, p := range pins {
		pinned = pinned || p.Kind == store.KindGroup && p.ID == g.ID
	}
	return pinned
}
