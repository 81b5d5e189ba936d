package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// What is done to an account.
var (
	editUserSheet = userSheet{
		path: "edit", name: "edit", right: auth.VerbEditUser, needs: imclient.VerbEditUser, whole: true,
		action: func(a *userAsking) actions.Action {
			edit := actions.EditUser{Common: a.f.common(), User: a.u.ID, Set: map[string]string{}, Seen: map[string]string{}}
			for _, field := range a.touched() {
				edit.Set[field] = profileValue(field, a.f.values.Get(field))
				edit.Seen[field] = actions.UserField(a.u, field)
			}
			return edit
		},
		fields: profileFields, ready: func(a *userAsking) bool { return len(a.touched()) > 0 }, wrong: profileConflicts,
	}
	deleteUserSheet = userSheet{
		path: "delete", name: "delete", right: auth.VerbDeleteUsers, needs: imclient.VerbDeleteUsers, says: true, harm: true, final: true,
		action: func(a *userAsking) actions.Action {
			return actions.DeleteUsers{Common: a.f.common(), Users: []string{a.u.ID}}
		},
		fields: deletionFields,
		wrong: func(a *userAsking, w map[string]string) {
			if strings.TrimSpace(a.f.values.Get("confirm")) != a.u.ID {
				w["confirm"] = i18n.T(a.ctx(), "users.sheet.delete.confirm_wrong", "id", a.u.ID)
			}
		},
		to: func(a *userAsking, r actions.Result) string {
			if r.Count(actions.StateApplied) == 0 {
				return ""
			}
			return appURL(a.app, "users")
		},
	}
)

// profileKeys are the fields of a user's profile: those of every profile, then the app's own that the console is told of, and
// those that the user has besides.
func profileKeys(app *App, u imclient.User) []string {
	list := actions.UserFields()
	if !app.IM.Caps.Traits.ProfileTags {
		list = []string{actions.UserNick, actions.UserAvatar}
	}
	for _, name := range app.IM.Caps.UserFields {
		list = append(list, actions.UserCustom+name)
	}
	for _, f := range u.Custom {
		if field := actions.UserCustom + f.Key; !slices.Contains(list, field) {
			list = append(list, field)
		}
	}
	return list
}

// profileShown is a field as a form can hold it, and profileValue what the service takes for it.
func profileShown(field, value string) string {
	switch field {
	case actions.UserBirthday:
		return birthdayText(value)
	case actions.UserSignature:
		return formValue(actions.FieldIntro, value)
	}
	return formValue(field, value)
}

func profileValue(field, typed string) string {
	if field == actions.UserBirthday {
		return strings.ReplaceAll(strings.TrimSpace(typed), "-", "")
	}
	return strings.TrimSpace(profileShown(field, typed))
}

// touched are the fields that were changed by hand.
func (a *userAsking) touched() (list []string) {
	for _, field := range profileKeys(a.app, a.u) {
		if v := a.f.values; v.Has(field) && mark(profileShown(field, lines(v.Get(field)))) != v.Get("seen_"+field) {
			list = append(list, field)
		}
	}
	return list
}

// profileConflicts finds the fields that somebody changed since the form was shown, to something else than is asked for now.
func profileConflicts(a *userAsking, w map[string]string) {
	a.theirs = map[string]string{}
	for _, field := range a.touched() {
		value := actions.UserField(a.u, field)
		now, seen := profileShown(field, value), a.f.values.Get("seen_"+field)
		if seen == "" || mark(now) == seen || value == profileValue(field, a.f.values.Get(field)) {
			continue
		}
		text, _ := userFieldText(a.ctx(), actions.VerbEditUser, field, actions.Value{Text: value, Known: true})
		a.theirs[field] = now
		w[field] = i18n.T(a.ctx(), "details.theirs", "now", orID(text, i18n.T(a.ctx(), "ui.not_set")))
	}
}

// profileFields are the fields of the form, each with the mark of what it showed.
func profileFields(a *userAsking, v *templates.UserSheetView) {
	ctx := a.ctx()
	limits := a.app.IM.Caps.Limits
	v.Typed = true
	sizes := map[string]int{
		actions.UserNick: limits.Nick, actions.UserLocation: limits.Location, actions.UserSignature: limits.Signature,
	}
	for _, field := range profileKeys(a.app, a.u) {
		shown := profileShown(field, actions.UserField(a.u, field))
		f := templates.SheetField{FieldView: templates.FieldView{
			Name: field, ID: "profile-" + field, Label: userFieldName(ctx, field), Value: shown, Error: a.fault(field),
			Attrs: map[string]any{"dir": "auto"},
		}}
		if a.f.values.Has(field) {
			f.Value = lines(a.f.values.Get(field))
		}
		f.FieldView = withBytes(ctx, f.FieldView, sizes[field])
		profileKind(ctx, a.app, field, &f)
		v.Fields = append(v.Fields, f)
		seen := a.f.values.Get("seen_" + field)
		if _, changed := a.theirs[field]; seen == "" || changed {
			seen = mark(shown)
		}
		v.Asked = append(v.Asked, "seen_"+field, seen)
	}
}

// withBytes counts the bytes of a text beside its field, as the service does; a limit of 0 is none.
func withBytes(ctx context.Context, f templates.FieldView, limit int) templates.FieldView {
	if limit > 0 {
		f.Attrs["data-bytes"], f.Attrs["data-bytes-text"] = strconv.Itoa(limit), i18n.Raw(ctx, "details.bytes")
		f.Hint = i18n.T(ctx, "details.bytes", "n", len(f.Value), "limit", limit)
	}
	return f
}

// profileKind settles how a field is asked.
func profileKind(ctx context.Context, app *App, field string, f *templates.SheetField) {
	switch field {
	case actions.UserSignature:
		f.Rows = 2
	case actions.UserAvatar:
		f.Attrs["dir"], f.Attrs["spellcheck"], f.Attrs["inputmode"] = "ltr", "false", "url"
	case actions.UserBirthday:
		f.Hint, f.Placeholder = i18n.T(ctx, "users.birthday_hint"), ""
	case actions.UserLanguage, actions.UserLevel, actions.UserRole:
		f.Attrs["inputmode"], f.Hint = "numeric", i18n.T(ctx, "users.number_hint")
	case actions.UserGender:
		f.Kind = "select"
		f.Options = []templates.Option{
			{Value: "", Text: i18n.T(ctx, "ui.not_set")}, {Value: "female", Text: genderText(ctx, "female")}, {Value: "male", Text: genderText(ctx, "male")},
		}
	case actions.UserForbidden:
		f.Kind = "select"
		for _, value := range []string{actions.TextOff, actions.TextOn} {
			f.Options = append(f.Options, templates.Option{Value: value, Text: forbiddenText(ctx, value)})
		}
	case actions.UserAllow:
		f.Kind = "select"
		f.Options = allowOptions(ctx, app, f.Value)
	}
}

// allowTypes are a service's words for how wishes to be friends are taken.
//
// Source: Tencent Cloud Chat REST API, "Profile management" (doc 33520), Tag_Profile_IM_AllowType.
var allowTypes = map[imclient.Vendor][]string{
	imclient.Tencent: {"AllowType_Type_NeedConfirm", "AllowType_Type_AllowAny", "AllowType_Type_DenyAny"},
}

// allowOptions are those of the app's service, and what is set if it is none of them.
func allowOptions(ctx context.Context, app *App, now string) []templates.Option {
	var list []templates.Option
	known := allowTypes[app.IM.Vendor]
	if !slices.Contains(known, now) {
		list = append(list, templates.Option{Value: now, Text: orID(now, i18n.T(ctx, "ui.not_set"))})
	}
	for _, t := range known {
		list = append(list, templates.Option{Value: t, Text: allowText(ctx, t)})
	}
	return list
}

// deletionFields say first what is destroyed with the account, then ask for its id. It costs up to four calls at the same
// time, and those of the preview.
func deletionFields(a *userAsking, v *templates.UserSheetView) {
	ctx := a.ctx()
	v.Title = i18n.T(ctx, "users.sheet.delete.destroys")
	v.Before = a.s.destroyed(a)
	v.Fields = append(v.Fields, templates.SheetField{FieldView: templates.FieldView{
		Name: "confirm", Label: i18n.T(ctx, "users.sheet.delete.confirm", "id", a.u.ID), Value: a.f.values.Get("confirm"), Required: true,
		Error: a.fault("confirm"), Attrs: map[string]any{"spellcheck": "false", "dir": "ltr"},
	}})
}

// ownedShown is how many groups of the user are named.
const ownedShown = 5

// destroyed is what is known of what goes with the account. What could not be read says so.
func (s *Server) destroyed(a *userAsking) []templates.FactView {
	ctx, im := a.ctx(), a.app.IM
	var groups imclient.Page[imclient.JoinedGroup]
	var friends imclient.Page[imclient.Friend]
	var contacts imclient.Page[imclient.Contact]
	var blocks imclient.Page[imclient.Block]
	var groupsErr, friendsErr, contactsErr, blocksErr error
	var wg sync.WaitGroup
	wg.Go(func() { groups, groupsErr = im.Users.Groups(ctx, a.u.ID, "", userGroupsPage) })
	wg.Go(func() { friends, friendsErr = im.Friends.List(ctx, a.u.ID, "") })
	wg.Go(func() {
		contacts, contactsErr = im.Contacts.List(ctx, imclient.ContactListOptions{User: a.u.ID})
	})
	wg.Go(func() { blocks, blocksErr = im.Blocks.List(ctx, a.u.ID, "", blocksPage) })
	wg.Wait()
	say := func(key string, n, total int, more bool, err error) templates.FactView {
		//i18n:uses users.sheet.delete.of.*
		f := templates.FactView{Name: i18n.T(ctx, "users.sheet.delete.of."+key)}
		switch {
		case errors.Is(err, imclient.ErrUnsupported):
			f.Value = i18n.T(ctx, "users.sheet.delete.none")
		case err != nil:
			s.logFailure(a.c, err, http.StatusOK)
			f.Value = i18n.T(ctx, "users.sheet.delete.unread")
		case total >= 0:
			f.Value = i18n.Int(ctx, total)
		case more:
			f.Value = i18n.T(ctx, "users.sheet.delete.at_least", "n", n)
		default:
			f.Value = i18n.Int(ctx, n)
		}
		return f
	}
	profile := templates.FactView{Name: i18n.T(ctx, "users.profile"), Value: orID(a.u.Nick, a.u.ID)}
	list := []templates.FactView{
		profile, say("groups", len(groups.Items), groups.Total, groups.Next != "", groupsErr),
	}
	if owned := ownedText(ctx, groups); owned != "" {
		list = append(list, templates.FactView{Name: i18n.T(ctx, "users.sheet.delete.of.owned"), Value: owned})
	}
	return append(list,
		say("friends", len(friends.Items), friends.Total, friends.Next != "", friendsErr),
		say("blocks", len(blocks.Items), blocks.Total, blocks.Next != "", blocksErr),
		say("contacts", len(contacts.Items), contacts.Total, contacts.Next != "", contactsErr))
}

// ownedText names the groups that lose their owner, of those on the first page.
func ownedText(ctx context.Context, groups imclient.Page[imclient.JoinedGroup]) string {
	var owned []string
	for _, g := range groups.Items {
		if g.Role == imclient.RoleOwner {
			owned = append(owned, orID(g.Group.Name, g.Group.ID))
		}
	}
	text := strings.Join(owned[:min(len(owned), ownedShown)], i18n.T(ctx, "audit.and"))
	if rest := len(owned) - ownedShown; rest > 0 {
		text += " " + i18n.N(ctx, "audit.more_users", rest)
	}
	return text
}
