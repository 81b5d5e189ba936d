package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// names gives people and groups their names by id. A missing one is shown by its id.
type names map[string]string

func (n names) of(id string) string { return orID(n[id], id) }

// itemKey is the key of what will happen to an item, or of why it is skipped.
func itemKey(v actions.Verb, i actions.Item) string {
	//i18n:uses action.effect.*
	//i18n:uses action.skip.*
	switch {
	case i.Skip != "":
		return i.Skip
	case baseVerb(v) != actions.VerbBan:
		return i.Effect
	}
	switch i.Effect {
	case actions.EffectLonger, actions.EffectShorter, actions.EffectSame:
		return i.Effect + "_ban"
	}
	return i.Effect
}

// itemText says in words what will happen to an item, or why it is skipped.
func itemText(ctx context.Context, v actions.Verb, i actions.Item, n names) string {
	return i18n.T(ctx, itemKey(v, i), "who", n.of(i.ID), "from", itemValue(ctx, v, i.ID, i.Before), "to", itemValue(ctx, v, i.ID, i.Want))
}

// itemValue is valueText of an item, which may be a field with words of its own.
func itemValue(ctx context.Context, v actions.Verb, id string, value actions.Value) string {
	if text, is := userFieldText(ctx, baseVerb(v), id, value); is {
		return orID(text, i18n.T(ctx, "action.value.none"))
	}
	return valueText(ctx, v, value)
}

// effects is the preview as a sheet shows it.
func effects(ctx context.Context, p actions.Preview, n names) []templates.EffectLine {
	list := make([]templates.EffectLine, 0, len(p.Items))
	for _, i := range p.Items {
		tone := "ok"
		switch {
		case i.Skip != "":
			tone = "off"
		case i.Effect == actions.EffectLonger || i.Effect == actions.EffectShorter || i.Effect == actions.EffectSame:
			tone = "warn"
		}
		list = append(list, templates.EffectLine{Tone: tone, Body: templates.Sentence(itemKey(p.Verb, i),
			"who", templates.StrongName(n.of(i.ID)), "from", itemValue(ctx, p.Verb, i.ID, i.Before), "to", itemValue(ctx, p.Verb, i.ID, i.Want))})
	}
	return list
}

// valueText writes a state in words: the end of a mute, a role, a switch, a text.
func valueText(ctx context.Context, v actions.Verb, value actions.Value) string {
	if !value.Known {
		return i18n.T(ctx, "action.value.unknown")
	}
	if text, is := appValueText(ctx, v, value); is {
		return text
	}
	switch baseVerb(v) {
	case actions.VerbMute, actions.VerbUnmute, actions.VerbBan, actions.VerbUnban:
		return endText(ctx, value.End())
	case actions.VerbGlobalMute, actions.VerbGlobalUnmute:
		return endsText(ctx, value)
	case actions.VerbSetRole:
		return roleText(ctx, imclient.Role(value.Text))
	case actions.VerbNameCard, actions.VerbEditGroup, actions.VerbNotice:
		if value.Text == "" {
			return i18n.T(ctx, "action.value.none")
		}
		return value.Text
	case actions.VerbDeleteBySender:
		return value.Text
	case actions.VerbExtensions, actions.VerbDirectExtensions:
		return short(value.Text, maxGist) // whatever an app keeps there, and no word of ours
	case actions.VerbAttributes:
		if text, there := actions.AttributeValue(value.Text); there {
			return orID(short(text, valueRunes), i18n.T(ctx, "ui.not_set"))
		}
		return i18n.T(ctx, "action.value.none")
	case actions.VerbMemberFields, actions.VerbGroupFields, actions.VerbEditTopic, actions.VerbCounters, actions.VerbNoteBlock:
		return orID(short(value.Text, valueRunes), i18n.T(ctx, "action.value.none"))
	}
	switch value.Text {
	case actions.TextIn, actions.TextOut, actions.TextOn, actions.TextOff, actions.TextSaid, actions.TextRecalled,
		actions.TextGone, actions.TextOffline, actions.TextOnline, actions.TextThere, actions.TextMissing, actions.TextFriends, actions.TextHas,
		actions.TextHad, actions.TextStrangers, actions.TextAsked, actions.TextBlocked, actions.TextUnblocked, actions.TextListed, actions.TextUnlisted, actions.TextHidden:
		//i18n:uses action.value.*
		return i18n.T(ctx, "action.value."+value.Text)
	case "":
		return i18n.T(ctx, "action.value.none")
	}
	return value.Text
}

// valueRunes is how much of a text an effect or an entry shows.
const valueRunes = 300

func endText(ctx context.Context, end time.Time) string {
	switch {
	case end.IsZero():
		return i18n.T(ctx, "action.value.not_muted")
	case !end.Before(imclient.Forever):
		return i18n.T(ctx, "action.value.forever")
	}
	return i18n.When(ctx, end)
}

func endsText(ctx context.Context, value actions.Value) string {
	direct, groups := value.Ends()
	d := i18n.T(ctx, "action.value.direct", "end", endText(ctx, direct))
	g := i18n.T(ctx, "action.value.groups", "end", endText(ctx, groups))
	switch {
	case direct.IsZero() && groups.IsZero():
		return i18n.T(ctx, "action.value.not_muted")
	case direct.IsZero():
		return g
	case groups.IsZero():
		return d
	}
	return i18n.T(ctx, "action.value.both", "direct", d, "groups", g)
}

func roleText(ctx context.Context, r imclient.Role) string {
	switch r {
	case imclient.RoleOwner, imclient.RoleAdmin, imclient.RoleMember:
		//i18n:uses ui.role.*
		return i18n.T(ctx, "ui.role."+string(r))
	}
	return i18n.T(ctx, "action.value.out")
}

// baseVerb is the verb that an undo takes back, or the verb itself.
func baseVerb(v actions.Verb) actions.Verb {
	return actions.Verb(strings.TrimPrefix(string(v), string(actions.Undoing(""))))
}

// resultToast says what came of an action: how many were done, what could not be, and the way back.
func (s *Server) resultToast(ctx context.Context, app *App, r actions.Result, n names) templates.Toast {
	done, unsure := r.Count(actions.StateApplied), r.Count(actions.StateUnknown)
	failed := r.Count(actions.StateNotApplied) + r.Count(actions.StateRefused)
	t := templates.Toast{Text: doneText(ctx, r, done, n)}
	entry := entryURL(app, r.ID)
	switch {
	case r.State == store.AuditPending:
		t.Text = i18n.T(ctx, "action.done.pending")
		t.Action = &templates.ButtonView{Text: i18n.T(ctx, "action.done.show"), URL: entry}
	case unsure > 0 && done == 0:
		t.Tone, t.Text = "bad", i18n.T(ctx, "action.done.check")
		t.Small = firstReason(ctx, app, r, n)
	case failed+unsure > 0:
		t.Tone = "bad"
		if done > 0 {
			t.Text = i18n.T(ctx, "action.done.partly", "done", done, "all", done+failed+unsure)
		} else {
			t.Text = i18n.T(ctx, "action.done.nothing")
		}
		t.Small = firstReason(ctx, app, r, n)
	case done == 0:
		t.Text, t.Small = i18n.T(ctx, "action.done.nothing"), firstReason(ctx, app, r, n)
	}
	switch {
	case done > 0 && !r.UndoUntil.IsZero() && r.UndoOf == 0:
		t.UndoURL = undoURL(app, r.ID)
	case done > 0 && r.UndoText != "" && r.UndoOf == 0 && t.Small == "":
		//i18n:uses action.undo.*
		t.Small = i18n.T(ctx, r.UndoText)
	}
	if t.UndoURL == "" && t.Action == nil && (failed > 0 || unsure > 0) {
		t.Action = &templates.ButtonView{Text: i18n.T(ctx, "action.done.show"), URL: entry}
	}
	return t
}

func doneText(ctx context.Context, r actions.Result, done int, n names) string {
	if r.UndoOf != 0 {
		return i18n.T(ctx, "action.done.undone")
	}
	who := ""
	for _, i := range r.Items {
		if i.State == actions.StateApplied {
			who = n.of(i.ID)
			break
		}
	}
	//i18n:uses action.done.*
	return i18n.N(ctx, "action.done."+string(r.Verb), done, "who", who)
}

// firstReason names the first target that was not done, and why. The others are in the audit log.
func firstReason(ctx context.Context, app *App, r actions.Result, n names) string {
	for _, i := range r.Items {
		switch i.State {
		case actions.StateNotApplied, actions.StateRefused, actions.StateUnknown:
			return i18n.T(ctx, "action.done.first", "who", n.of(i.ID), "why", refusalText(ctx, app, i))
		}
	}
	for _, i := range r.Items {
		if i.State == actions.StateSkipped {
			return itemText(ctx, r.Verb, i, n)
		}
	}
	return ""
}

// reasonText says why an item is not applied, or not known.
func reasonText(ctx context.Context, i actions.Item) string {
	if i.Reason == "" {
		return ""
	}
	//i18n:uses action.result.*
	//i18n:uses action.refused.*
	return i18n.T(ctx, i.Reason, "who", i.ID)
}

// refusalText is reasonText with what the service's own code means, if it refused.
func refusalText(ctx context.Context, app *App, i actions.Item) string {
	if i.State == actions.StateRefused {
		if what, _ := vendorText(ctx, app.IM.Vendor, i.VendorCode); what != "" {
			return what
		}
	}
	return reasonText(ctx, i)
}

// invalidText is what is wrong with one field of a form, in words; "" if nothing is.
func invalidText(ctx context.Context, err error, field string) string {
	bad, ok := errors.AsType[*actions.Invalid](err)
	if !ok {
		return ""
	}
	t, there := bad.Fields[field]
	if !there {
		return ""
	}
	//i18n:uses action.invalid.*
	return i18n.T(ctx, t.Key, t.Args...)
}

// entryURL leads to an entry of the audit log as those see it who may not read all of it: what was done in the app.
func entryURL(app *App, id int64) string { return appURL(app, "actions", strconv.FormatInt(id, 10)) }

func undoURL(app *App, id int64) string {
	return appURL(app, "actions", strconv.FormatInt(id, 10), "undo")
}

// undo takes an action back. Whoever may do a thing may take it back: package actions asks.
func (s *Server) undo(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	id, err := strconv.ParseInt(c.Param("entry"), 10, 64)
	if err != nil {
		return store.ErrNotFound
	}
	e, err := s.Store.Audit.Get(ctx, id)
	if err != nil {
		return err
	}
	if e.App != app.Name {
		return store.ErrNotFound
	}
	back := backFrom(c, entryURL(app, id))
	r, err := s.Actions.Undo(ctx, s.actor(c), app.Target(), id)
	if cannot, ok := errors.AsType[*actions.CannotUndo](err); ok {
		t := templates.Toast{
			Tone: "bad", Text: i18n.T(ctx, cannot.Reason, "by", cannot.By),
			Action: &templates.ButtonView{Text: i18n.T(ctx, "action.done.show"), URL: entryURL(app, id)},
		}
		return s.answer(c, http.StatusConflict, t, back)
	}
	if err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, s.resultToast(ctx, app, r, s.namesOf(ctx, app, r)), back)
}

// namesOf are the names of those whom the answer to an action names. It costs one call, or none where nobody is concerned.
func (s *Server) namesOf(ctx context.Context, app *App, r actions.Result) names {
	switch baseVerb(r.Verb) {
	case actions.VerbEditGroup, actions.VerbMuteAll, actions.VerbEditTopic:
		return fieldNames(ctx)
	case actions.VerbRecall, actions.VerbNotice, actions.VerbRemoveFriendList, actions.VerbRemoveContact,
		actions.VerbEditMessage, actions.VerbEditDirect, actions.VerbHideDirect, actions.VerbExtensions, actions.VerbDirectExtensions, actions.VerbSend:
		return names{}
	case actions.VerbEditUser, actions.VerbEditFriend:
		return userFieldNames(ctx, r.Items)
	}
	if notPeople(r.Verb) {
		return markNames(ctx, r.Verb, r.Items)
	}
	n := names{}
	users, _, err := app.IM.Users.GetMany(ctx, toldOf(r))
	if err != nil {
		s.Log.WarnContext(ctx, "names for an answer", "reference", referenceOf(ctx), "error", err)
	}
	for _, u := range users {
		n[u.ID] = u.Nick
	}
	return n
}

// backFrom is the page that a form was sent from, as the browser says, if it is one of ours; else other.
func backFrom(c *gin.Context, other string) string {
	if back := c.PostForm("return"); back != "" {
		return auth.SafeNext(back)
	}
	if at := currentPath(c.Request); at != "" {
		return auth.SafeNext(at)
	}
	return other
}

// currentPath is the path and query of the page that the browser shows, from what it sends along.
func currentPath(r *http.Request) string {
	for _, name := range []string{"HX-Current-URL", "Referer"} {
		if at := r.Header.Get(name); at != "" {
			if _, rest, ok := strings.Cut(at, "://"); ok {
				if host, path, _ := strings.Cut(rest, "/"); host == r.Host {
					return "/" + path
				}
			}
		}
	}
	return ""
}

// answer says with a toast what came of a change. The page that it was sent from is drawn anew, so that it shows what the
// service says now.
func (s *Server) answer(c *gin.Context, _ int, t templates.Toast, back string) error {
	if staysOpen(c, back) {
		part := templates.ToastPart(t)
		return render(c, http.StatusOK, part, part)
	}
	s.flash(c, flash{Toast: &t})
	return seeOther(c, back)
}

// staysOpen reports whether an act was asked for from a page that goes on by itself: it gets a toast, and is not loaded anew.
func staysOpen(c *gin.Context, back string) bool {
	return wantsPart(c.Request) && (back == livePath || strings.HasPrefix(back, livePath+"?"))
}

// notPeople reports whether the items of an action are groups, topics, keys, words, files or the app itself, not people.
func notPeople(v actions.Verb) bool {
	switch baseVerb(v) {
	case actions.VerbCreateGroup, actions.VerbImportGroup, actions.VerbDismiss, actions.VerbClearMessages, actions.VerbMemberFields,
		actions.VerbGroupFields, actions.VerbAttributes, actions.VerbCounters, actions.VerbCreateTopic, actions.VerbEditTopic, actions.VerbDeleteTopic,
		actions.VerbAddWords, actions.VerbRemoveWords, actions.VerbReadFiles, actions.VerbLiveBroadcast, actions.VerbBroadcast,
		actions.VerbMarkRoom, actions.VerbDeleteMessages, actions.VerbSendGroups, actions.VerbNoteBlock, actions.VerbMarkContact:
		return true
	}
	return false
}

// markNames are the words for a conversation's marks; of other actions none.
func markNames(ctx context.Context, v actions.Verb, items []actions.Item) names {
	n := names{}
	if baseVerb(v) == actions.VerbMarkContact {
		for _, i := range items {
			n[i.ID] = markText(ctx, i.ID)
		}
	}
	return n
}
