package handlers

import (
	"slices"
	"strings"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// relationSheets change whom a user knows: friends, lists of friends, the block list, and the list of conversations.
var relationSheets = []userSheet{
	{
		path: "friends/add", name: "friends_add", right: auth.VerbAddFriends, needs: imclient.VerbFriends, many: true,
		action: func(a *userAsking) actions.Action {
			return actions.AddFriends{
				Common: a.f.common(), User: a.u.ID, Friends: a.f.ids, OneWay: a.get("way") == "one", Force: a.get("how") == "force",
				Remark: strings.TrimSpace(a.get("remark")), List: strings.TrimSpace(a.get("list")), Wording: strings.TrimSpace(a.get("wording")),
			}
		},
		fields: friendsAddFields,
	},
	{
		path: "friends/edit", name: "friends_edit", right: auth.VerbEditFriend, needs: imclient.VerbFriends,
		action: editFriendAction, fields: friendsEditFields, ready: func(a *userAsking) bool { return a.get("friend") != "" && a.f.values.Has("remark") },
	},
	{
		path: "friends/remove", name: "friends_remove", right: auth.VerbRemoveFriends, needs: imclient.VerbFriends, many: true, says: true, harm: true,
		action: func(a *userAsking) actions.Action {
			return actions.RemoveFriends{Common: a.f.common(), User: a.u.ID, Friends: a.f.ids, OneWay: a.get("way") == "one"}
		},
		fields: func(a *userAsking, v *templates.UserSheetView) { a.whom(v, "friends"); a.way(v) },
	},
	{
		path: "friend-lists/add", name: "friend_lists_add", right: auth.VerbFillFriendList, needs: imclient.VerbFriendLists,
		action: func(a *userAsking) actions.Action {
			return actions.FillFriendList{Common: a.f.common(), User: a.u.ID, List: strings.TrimSpace(a.get("list")), Friends: a.f.ids}
		},
		fields: func(a *userAsking, v *templates.UserSheetView) {
			a.listName(v, false)
			a.whom(v, "friends")
			v.Paste.Required, v.Paste.Optional, v.Typed = false, true, true
		},
		ready: func(a *userAsking) bool { return strings.TrimSpace(a.get("list")) != "" },
	},
	{
		path: "friend-lists/remove", name: "friend_lists_remove", right: auth.VerbRemoveFriendList, needs: imclient.VerbFriendLists, harm: true,
		action: func(a *userAsking) actions.Action {
			return actions.RemoveFriendList{Common: a.f.common(), User: a.u.ID, List: a.get("list")}
		},
		fields: func(a *userAsking, v *templates.UserSheetView) { a.listName(v, true) },
		ready:  func(a *userAsking) bool { return a.get("list") != "" },
	},
	{
		path: "blocks/add", name: "blocks_add", right: auth.VerbBlock, needs: imclient.VerbBlocks, many: true,
		action: func(a *userAsking) actions.Action {
			return actions.Block{Common: a.f.common(), User: a.u.ID, Others: a.f.ids}
		},
		fields: func(a *userAsking, v *templates.UserSheetView) { a.whom(v, "others") },
	},
	{
		path: "blocks/remove", name: "blocks_remove", right: auth.VerbUnblock, needs: imclient.VerbBlocks, many: true,
		action: func(a *userAsking) actions.Action {
			return actions.Unblock{Common: a.f.common(), User: a.u.ID, Others: a.f.ids}
		},
		fields: func(a *userAsking, v *templates.UserSheetView) { a.whom(v, "others") },
	},
	{
		path: "contacts/remove", name: "contacts_remove", right: auth.VerbRemoveContact, needs: imclient.VerbContactRemove, says: true, harm: true, final: true,
		action: func(a *userAsking) actions.Action {
			return actions.RemoveContact{Common: a.f.common(), User: a.u.ID, Group: a.get("group"), Peer: a.get("peer"), Clear: a.get("clear") != ""}
		},
		fields: contactsRemoveFields, ready: func(a *userAsking) bool { return a.get("group") != "" || a.get("peer") != "" },
	},
}

// get is a field of the form, or of the sheet's address.
func (a *userAsking) get(name string) string { return a.f.values.Get(name) }

// whom asks for the others: a field to paste ids into, or, if they are known, nothing.
func (a *userAsking) whom(v *templates.UserSheetView, field string) {
	ctx := a.ctx()
	problem := a.fault(field)
	if len(a.f.ids) > 0 && !a.f.values.Has("paste") {
		v.Users = a.f.ids[:min(len(a.f.ids), actions.MaxTargets+1)]
		if problem != "" && v.Sheet.Notice == nil {
			v.Sheet.Notice = &templates.Notice{Tone: "bad", Answer: true, Title: problem, Changed: i18n.T(ctx, "error.unchanged")}
		}
		if a.m.name != "friend_lists_add" {
			v.Paste = nil
			return
		}
	}
	v.Users = nil
	v.Asked = append(v.Asked, "paste", "1")
	v.Paste = &templates.FieldView{
		Name: "ids", Label: i18n.T(ctx, "members.ids"), Hint: i18n.T(ctx, "members.ids_hint", "limit", actions.MaxTargets), Value: strings.Join(a.f.values["ids"], "\n"),
		Rows: 4, Required: true, Error: problem, Attrs: map[string]any{"spellcheck": "false"},
	}
}

// way asks on whose list: both, or the user's alone, where the service knows the difference.
func (a *userAsking) way(v *templates.UserSheetView) {
	if !a.app.IM.Caps.Traits.OneWayFriends {
		return
	}
	ctx := a.ctx()
	//i18n:uses users.sheet.way_add.*
	//i18n:uses users.sheet.way_remove.*
	text := "users.sheet.way_remove."
	if a.m.name == "friends_add" {
		text = "users.sheet.way_add."
	}
	v.Fields = append(v.Fields, templates.SheetField{
		Kind: "radio", FieldView: templates.FieldView{Name: "way", Label: i18n.T(ctx, "users.sheet.way"), Value: orID(a.get("way"), "both")},
		Options: []templates.Option{{Value: "both", Text: i18n.T(ctx, text+"both")}, {Value: "one", Text: i18n.T(ctx, text+"one")}},
	})
}

func friendsAddFields(a *userAsking, v *templates.UserSheetView) {
	ctx := a.ctx()
	limits := a.app.IM.Caps.Limits
	a.whom(v, "friends")
	v.Fields = append(v.Fields, templates.SheetField{
		Kind: "radio", FieldView: templates.FieldView{Name: "how", Label: i18n.T(ctx, "users.sheet.how"), Value: orID(a.get("how"), "ask")},
		Options: []templates.Option{
			{Value: "ask", Text: i18n.T(ctx, "users.sheet.how_ask"), Hint: i18n.T(ctx, "users.sheet.how_ask_hint")},
			{Value: "force", Text: i18n.T(ctx, "users.sheet.how_force"), Hint: i18n.T(ctx, "users.sheet.how_force_hint")},
		},
	})
	a.way(v)
	for _, f := range []struct {
		name, label string
		limit       int
	}{
		{"wording", i18n.T(ctx, "users.friend_wording"), limits.FriendWording},
		{"remark", userFieldName(ctx, "remark"), limits.FriendRemark},
		{"list", i18n.T(ctx, "users.sheet.into_list"), limits.FriendList},
	} {
		v.Fields = append(v.Fields, a.text(f.name, f.label, a.get(f.name), f.limit, true))
	}
}

// text is a question for a text, with a count of its bytes.
func (a *userAsking) text(name, label, value string, limit int, optional bool) templates.SheetField {
	f := templates.FieldView{
		Name: name, ID: "sheet-" + name, Label: label, Value: value, Optional: optional, Required: !optional, Error: a.fault(name), Attrs: map[string]any{"dir": "auto"},
	}
	return templates.SheetField{FieldView: withBytes(a.ctx(), f, limit)}
}

func (a *userAsking) listName(v *templates.UserSheetView, fixed bool) {
	ctx := a.ctx()
	f := a.text("list", i18n.T(ctx, "users.sheet.list_name"), a.get("list"), a.app.IM.Caps.Limits.FriendList, false)
	if fixed && a.get("list") != "" {
		v.Asked = append(v.Asked, "list", a.get("list"))
		v.Sheet.Text = i18n.T(ctx, "users.sheet.friend_lists_remove.which", "list", a.get("list"))
		return
	}
	v.Fields = append(v.Fields, f)
}

// splitLists reads names of lists, one a line.
func splitLists(text string) []string {
	list := []string{}
	for l := range strings.SplitSeq(lines(text), "\n") {
		if l = strings.TrimSpace(l); l != "" && !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}

func editFriendAction(a *userAsking) actions.Action {
	remark, lists := strings.TrimSpace(a.get("remark")), splitLists(a.get("lists"))
	return actions.EditFriend{Common: a.f.common(), User: a.u.ID, Friend: a.get("friend"), Remark: &remark, Lists: &lists}
}

// friendsEditFields are what the user has noted of the friend. It costs a call.
func friendsEditFields(a *userAsking, v *templates.UserSheetView) {
	ctx := a.ctx()
	limits := a.app.IM.Caps.Limits
	friend := a.get("friend")
	remark, lists := a.get("remark"), lines(a.get("lists"))
	if !a.f.values.Has("remark") && friend != "" {
		list, err := a.app.IM.Friends.Get(ctx, a.u.ID, []string{friend})
		switch {
		case err != nil:
			a.blind = failedPart(ctx, err)
		case len(list) == 0:
			v.Sheet.Why = i18n.T(ctx, actions.SkipNotFriend, "who", friend)
		default:
			remark, lists = list[0].Remark, strings.Join(list[0].Lists, "\n")
		}
	}
	if friend == "" {
		v.Fields = append(v.Fields, a.text("friend", i18n.T(ctx, "users.friend"), "", 0, false))
	} else {
		v.Asked = append(v.Asked, "friend", friend)
		v.Sheet.Text = i18n.T(ctx, "users.sheet.friends_edit.which", "friend", friend)
	}
	v.Typed = true
	area := a.text("lists", userFieldName(ctx, "lists"), lists, 0, true)
	area.Rows, area.Hint = 3, i18n.T(ctx, "users.sheet.lists_hint", "limit", limits.FriendLists)
	v.Fields = append(v.Fields, a.text("remark", userFieldName(ctx, "remark"), remark, limits.FriendRemark, true), area)
}

func contactsRemoveFields(a *userAsking, v *templates.UserSheetView) {
	ctx := a.ctx()
	group, peer := a.get("group"), a.get("peer")
	switch {
	case group != "":
		v.Asked = append(v.Asked, "group", group)
	case peer != "":
		v.Asked = append(v.Asked, "peer", peer)
	default:
		v.Fields = append(v.Fields, a.text("peer", i18n.T(ctx, "users.contact_with"), "", 0, false))
	}
	if with := group + peer; with != "" {
		v.Sheet.Text = i18n.T(ctx, "users.sheet.contacts_remove.which", "with", with)
	}
	v.Fields = append(v.Fields, templates.SheetField{
		Kind: "check", FieldView: templates.FieldView{Name: "clear"}, On: a.get("clear") != "",
		Options: []templates.Option{{Text: i18n.T(ctx, "users.sheet.clear"), Hint: i18n.T(ctx, "users.sheet.clear_hint")}},
	})
}
