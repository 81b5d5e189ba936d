package templates_test

import (
	"testing"
	"time"

	. "imdesk/web/templates"

	"imdesk/web/golden"
)

// hostilePeople are users whose names and ids would like to be more than text.
func hostilePeople() []PersonView {
	return []PersonView{
		{ID: "lin_wan", Name: "林晚", URL: "/apps/demo/users/lin_wan"},
		{ID: "7312468950123847683", URL: "/apps/demo/users/7312468950123847683"},
		{ID: `<b onclick="x">`, Name: evil, URL: "/apps/demo/users/%3Cb%20onclick=%22x%22%3E"},
	}
}

func rowButtons(what string) []ButtonView {
	return []ButtonView{
		{Icon: "edit", Variant: "ghost", Label: "Change " + what, URL: "/apps/demo/users/a/friends/edit?friend=b", Attrs: SheetAttrs("/apps/demo/users/a/friends/edit?friend=b")},
		{Icon: "x", Variant: "ghost", Label: "End " + what, Why: "Your role does not allow this."},
	}
}

func silent() *Notice {
	return &Notice{Title: "The IM service does not answer.", Next: "Try again.", Code: "60008"}
}

func TestUserParts(t *testing.T) {
	people := hostilePeople()
	part := func(tab string) UserPart {
		return UserPart{
			URL: "/apps/demo/users/a/" + tab, RetryURL: "/apps/demo/users/a/" + tab, Notes: []string{"The names could not be had."},
			Pager: PagerView{Label: tab, First: "/apps/demo/users/a/" + tab, Next: "?cursor=7", Target: "#user-" + tab}, Tools: rowButtons(evil)[:1],
		}
	}
	few := func(tab string) UserPart {
		p := part(tab)
		p.Few, p.More, p.RetryURL = true, 7, p.URL+"?few=1"
		return p
	}
	contacts := UserContactsView{UserPart: part("contacts"), Unread: 1284, Rows: []ContactRow{
		{
			With: people[0], Last: golden.Now.Add(-time.Minute), Unread: 3, Pinned: true, Marks: []ChipView{{Text: "Favourite"}, {Text: evil, Icon: "file", Tone: "plain"}},
			Open: &ButtonView{Icon: "eye", Label: "Open", URL: "/apps/demo/direct?user=a&peer=lin_wan"}, Remove: rowButtons("it")[0],
		},
		{With: PersonView{ID: "g1", Name: evil, Group: true, URL: "/apps/demo/groups/g1/messages"}, Unread: -1, Remove: rowButtons(evil)[1]},
		{With: people[2], Remove: rowButtons(evil)[1]},
	}}
	friends := UserFriendsView{UserPart: part("friends"), Total: 1284, ListTools: rowButtons("lists")[:1], Rows: []FriendRow{
		{Person: people[0], Relation: ChipView{Text: "Both", Icon: "check", Tone: "ok"}, Remark: "老板", Lists: "Work, 家人", Source: "QR", Wording: "hi", Added: golden.Now, Acts: rowButtons("林晚")},
		{Person: people[1], Relation: ChipView{Text: "not known"}},
		{Person: people[2], Relation: ChipView{Text: "This side only", Icon: "right", Tone: "warn", Title: evil}, Remark: evil, Lists: evil, Source: evil, Wording: evil, Acts: rowButtons(evil)},
	}, Lists: []FriendListRow{
		{Name: "Work", Count: 1284, Friends: []Link{{Text: "林晚", URL: "/apps/demo/users/lin_wan"}, {Text: evil, URL: "/x"}}, Acts: rowButtons("Work")},
		{Name: evil, Acts: rowButtons(evil)},
	}}
	blocks := UserBlocksView{
		UserPart: part("blocks"), Ask: FieldView{Name: "check", Label: "User IDs", Value: evil, Rows: 2, Error: evil},
		Rows:    []BlockRow{{Person: people[0], Since: golden.Now, Remove: rowButtons("it")[0]}, {Person: people[2], Remove: rowButtons(evil)[1]}},
		Checked: []BlockCheck{{Person: people[1], Text: "Each has blocked the other", Tone: "warn"}, {Person: people[2], Text: evil}},
	}
	failed := friends
	failed.Rows, failed.Failed, failed.Lists, failed.ListsFailed, failed.Total = nil, silent(), nil, silent(), -1
	failedFew := failed
	failedFew.UserPart = few("friends")
	failedFew.Failed = silent()
	lone := UserBlocksView{UserPart: few("blocks"), Ask: FieldView{Name: "check"}, CheckFailed: silent()}
	lone.More = 0
	without := UserContactsView{UserPart: UserPart{Why: "This service has no such list."}, Unread: -1}
	golden.HTML(t, "user_contacts", UserContacts(contacts))
	golden.HTML(t, "user_contacts_without", UserContacts(without))
	contacts.UserPart = few("contacts")
	golden.HTML(t, "user_contacts_few", UserContacts(contacts))
	golden.HTML(t, "user_friends", UserFriends(friends))
	golden.HTML(t, "user_friends_failed", UserFriends(failed))
	golden.HTML(t, "user_friends_failed_few", UserFriends(failedFew))
	golden.HTML(t, "user_blocks", UserBlocks(blocks))
	golden.HTML(t, "user_blocks_none", UserBlocks(lone))
	golden.HTML(t, "user_lazy", UserLazy("user-friends", "Friends", "/apps/demo/users/a/friends"))
}

func TestUsersCheckAndImport(t *testing.T) {
	people := hostilePeople()
	check := UsersView{
		URL: "/apps/demo/users", Check: FieldView{Name: "check", Label: "User IDs", Value: evil, Rows: 3}, CheckText: "1 there, 2 without an account",
		Checked:       []CheckedUser{{people[0], ChipView{Text: "There", Icon: "check", Tone: "ok"}}, {PersonView{ID: `<b onclick="x">`}, ChipView{Text: "No account", Icon: "x", Tone: "warn"}}},
		ImportMissing: &ButtonView{Text: "Import", URL: "/apps/demo/user-import?ids=x"},
	}
	golden.HTML(t, "users_check", UsersCheck(check))
	golden.HTML(t, "users_check_failed", UsersCheck(UsersView{URL: "/apps/demo/users", Check: FieldView{Name: "check"}, CheckFailed: silent(), RetryURL: "/apps/demo/users?check=x"}))
	golden.HTML(t, "users_check_without", UsersCheck(UsersView{CheckWhy: "This service has no accounts."}))
	form := UserImportView{
		Action: "/apps/demo/user-import", BackURL: "/apps/demo/users", Hidden: []string{"key", "K"}, Submit: "Import 2 users", Looked: true,
		Text: FieldView{Name: "text", Label: "One user a line", Value: evil + ",\"x\"", Rows: 8, Error: evil}, File: FieldView{Name: "file", Label: "Or a file", Type: "file"},
		Reason: FieldView{Name: "reason", Label: "Reason", Rows: 2}, Lines: []EffectLine{{Tone: "ok", Text: evil}, {Tone: "off", Text: "ann is skipped"}}, More: []string{"And 3 more"},
		Summary: "1 made, 0 skipped, 1 failed", AgainURL: "/apps/demo/user-import?ids=x", EntryURL: "/apps/demo/actions/7",
		Failed:  []AuditItemRow{{Who: Link{Text: evil, Name: true, URL: "/x"}, State: ChipView{Text: "Refused", Icon: "x", Tone: "bad"}, Reason: evil, Code: "70398"}},
		Results: []AuditItemRow{{Who: Link{Text: "ann", Name: true}, State: ChipView{Text: "Done", Icon: "check", Tone: "ok"}}},
	}
	golden.HTML(t, "user_import", UserImportForm(form))
	golden.HTML(t, "user_import_blind", UserImportForm(UserImportView{Text: FieldView{Name: "text"}, File: FieldView{Name: "file"}, Reason: FieldView{Name: "reason"}, Blind: silent(), Why: "Your role does not allow this.", Submit: "Import"}))
}

func TestUserSheetFields(t *testing.T) {
	v := UserSheetView{
		MemberSheetView: MemberSheetView{
			Sheet: SheetView{ID: "user-delete", Title: evil, Text: evil, Action: "/apps/demo/users/a/delete", Hidden: []string{"key", "K"}, Submit: "Delete the account", Variant: "harm-solid", Danger: true},
			Users: []string{evil}, Paste: &FieldView{Name: "ids", Label: "User IDs", Rows: 4, Error: evil}, Typed: true, AskURL: "/apps/demo/users/a/delete?now=1",
			Words: FieldView{Name: "words", Label: "Reason", Required: true}, Note: FieldView{Name: "note", Label: "Note", Rows: 2}, Preview: PreviewView{ID: "user-delete", Title: "What will happen", More: []string{"And 480 more"}},
		},
		Title: "What this destroys", Before: []FactView{{Name: "Friends", Value: "could not be read"}, {Name: "Groups without an owner", Value: evil}},
		Fields: []SheetField{
			{FieldView: FieldView{Name: "confirm", Label: evil, Required: true, Error: "Type a."}},
			{Kind: "select", FieldView: FieldView{Name: "gender", Label: "Gender", Value: "male"}, Options: []Option{{Value: "", Text: "not set"}, {Value: "male", Text: "male"}}},
			{Kind: "radio", FieldView: FieldView{Name: "way", Label: "On whose list", Value: "one"}, Options: []Option{{Value: "both", Text: "On both"}, {Value: "one", Text: evil}}},
			{Kind: "check", FieldView: FieldView{Name: "clear"}, On: true, Options: []Option{{Text: "Remove the messages, too", Hint: evil}}},
		},
	}
	golden.HTML(t, "user_sheet_fields", UserSheet(v))
}
