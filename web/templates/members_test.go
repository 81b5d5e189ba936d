package templates_test

import (
	"testing"
	"time"

	. "imdesk/web/templates"

	"imdesk/web/golden"
)

// people are rows of a list with everything that can stand in one, hostile names and ids included.
func people() []PersonRow {
	in := func(d time.Duration) MuteView { return MuteView{Muted: true, Until: golden.Now.Add(d)} }
	list := []PersonRow{
		{ID: "lin_wan", Name: "林晚", Role: "owner", Joined: golden.Now.AddDate(-2, 7, -16), Spoke: golden.Now.Add(-3 * time.Minute)},
		{ID: "ahao_sg", Name: "阿豪", Role: "member", Mute: in(42 * time.Minute), Until: in(42 * time.Minute), Joined: golden.Now.AddDate(0, -2, 0)},
		{ID: "raka.p", Name: "Raka (bass)", Nick: "Raka Pratama", Role: "admin"},
		{ID: "7312468950123847683", Role: "member", Mute: MuteView{Muted: true}, Until: MuteView{Muted: true}},
		{ID: "yusuf_h", Name: "يوسف الحسيني", Gone: true, Until: in(30 * time.Hour)},
		{ID: `<b onclick="x">`, Name: evil, Nick: evil, Role: "member"},
	}
	for i := range list {
		list[i].URL, list[i].FindURL = "/apps/demo/users/"+list[i].ID, "/apps/demo/groups/g1/members?q="+list[i].ID
	}
	return list
}

func peopleFrame() GroupFrameView {
	return GroupFrameView{
		ID: "g1", Name: evil, Section: "Members", ListURL: "/apps/demo/groups", Members: 1284, Online: -1, PinURL: "/apps/demo/pins", Path: "/apps/demo/groups/g1/members",
		Tabs: []Tab{{Text: "Members", URL: "/apps/demo/groups/g1/members", Count: "1,284", Current: true}},
	}
}

func peopleView(kind string) PeopleView {
	acts := []ButtonView{
		{Text: "Mute", Icon: "mute", Key: "m", FormAction: "/apps/demo/groups/g1/members/mute"},
		{Text: "Unmute", Icon: "mic", Key: "u", FormAction: "/apps/demo/groups/g1/members/unmute?once=K", FormMethod: "post"},
		{Text: "Kick", Icon: "kick", Key: "Shift+K", Why: "Nobody can be removed from a live room."},
	}
	return PeopleView{
		Frame: peopleFrame(), Kind: kind, URL: "/apps/demo/groups/g1/" + kind, Caption: "Members of g1, 6 shown", Rows: people(),
		Selection: SelectionView{
			ID: "picked", Label: "Actions for the selected members", Count: "members.selected", Hidden: []string{"back", "/apps/demo/groups/g1/members"}, Actions: acts,
			More: []ButtonView{{Text: "Make admin", Icon: "shield", FormAction: "/apps/demo/groups/g1/members/role", Name: "role", Value: "admin"}},
		},
		RowMenu: acts, Pager: PagerView{Label: "Pages", Range: "51 to 56 of 1,284", First: "/apps/demo/groups/g1/members", Next: "?cursor=56&at=56", Target: "#people"},
		Tools: []ButtonView{{Text: "Kick by ID", Icon: "kick", URL: "/apps/demo/groups/g1/members/kick"}},
	}
}

func TestPeople(t *testing.T) {
	members := peopleView("members")
	members.Roles = []Tab{{Text: "All", URL: "/apps/demo/groups/g1/members", Count: "1,284", Current: true}, {Text: "Owner", URL: "?role=owner"}}
	found := members
	found.Find, found.Rows = evil, people()[5:]
	found.Notice, found.Remark, found.Nameless = &Notice{Tone: "info", Title: evil}, "A live room has no member list of record.", true
	none := PeopleView{Frame: peopleFrame(), Kind: "muted", Empty: &EmptyView{Icon: "mic", Title: "Nobody is muted in this group"}}
	failed := PeopleView{Frame: peopleFrame(), Kind: "bans", Failed: &Notice{Title: "The IM service does not answer.", Code: "60008"}, RetryURL: "/apps/demo/groups/g1/bans"}
	for name, v := range map[string]PeopleView{
		"people_members": members, "people_found": found, "people_muted": peopleView("muted"), "people_bans": peopleView("bans"),
		"people_none": none, "people_failed": failed,
	} {
		t.Run(name, func(t *testing.T) { golden.HTML(t, name, People(v)) })
	}
	t.Run("after an act", func(t *testing.T) {
		notice := &Notice{Tone: "warn", Answer: true, Title: "Not done for 1 of 2.", List: []string{evil + ": The service refused"}}
		golden.Both(t, "people_now", PeopleNow(none, []Toast{{Text: "Muted " + evil, UndoURL: "/apps/demo/actions/7/undo"}}, notice))
	})
}

func memberSheetView() MemberSheetView {
	return MemberSheetView{
		Sheet: SheetView{
			ID: "member-mute", Title: "Mute 2 members", Text: evil, Action: "/apps/demo/groups/g1/members/mute", Hidden: []string{"back", `/"><b>`, "key", "K"},
			Submit: "Mute 2 members", Foot: "Can be undone", BackURL: "/apps/demo/groups/g1/members",
		},
		AskURL: "/apps/demo/groups/g1/members/mute?now=1", Users: []string{"ahao_sg", `<b onclick="x">`},
		Length: &FieldView{Name: "for", Label: "For how long", Value: "until"}, Lengths: []Option{{Value: "24h", Text: "24 hours"}, {Value: "until", Text: "Until…"}},
		Until:  FieldView{Name: "until", Label: "Until", Type: "datetime-local", Value: evil, Error: "Give day and time."},
		Admins: &Option{Text: "Admins of the group as well"}, AdminsOn: true,
		Reason: &FieldView{Name: "why", Label: "Reason", Value: "ads"}, Reasons: []Option{{Value: "ads", Text: "Advertising"}, {Value: "other", Text: "Other"}},
		Words: FieldView{Name: "words", Label: "In words", Optional: true, Value: evil}, Note: FieldView{Name: "note", Label: "Note for colleagues", Rows: 2, Value: "</textarea>" + evil},
		Preview: PreviewView{
			ID: "member-mute", Title: "What will happen", More: []string{"And 3 more"},
			Lines: []EffectLine{
				{Tone: "ok", Body: Sentence("action.effect.muted", "who", StrongName(evil), "to", "tomorrow 15:42")},
				{Tone: "off", Body: Sentence("action.skip.owner", "who", StrongName("林晚"))},
				{Tone: "warn", Text: "Choose for how long."},
			},
			Confirm: &FieldView{Name: "confirm", Label: "Type 130, the number of IDs, to go on", Required: true},
		},
	}
}

func TestMemberSheet(t *testing.T) {
	mute := memberSheetView()
	kick := memberSheetView()
	kick.Sheet.ID, kick.Sheet.Variant, kick.Sheet.Why, kick.Preview.ID = "member-kick", "harm-solid", "More than 10 at once needs a lead.", "member-kick"
	kick.Users, kick.Length, kick.Admins, kick.AskURL = nil, nil, nil, "/apps/demo/groups/g1/members/kick?now=1"
	kick.Paste = &FieldView{Name: "paste", Label: "User IDs", Rows: 5, Value: "a\nb", Error: "Choose at least one."}
	kick.Silent, kick.SilentOn = &Option{Text: "Silently", Hint: "Nobody in the group is told."}, true
	kick.Preview.Lines, kick.Preview.Failed = nil, &Notice{Title: "The IM service does not answer."}
	card := memberSheetView()
	card.Sheet.ID, card.Preview = "member-card", PreviewView{ID: "member-card"}
	card.Length, card.Admins, card.Reason = nil, nil, nil
	card.Card = &FieldView{Name: "card", Label: "Name card", Value: evil}
	role := card
	role.Sheet.ID, role.Card = "member-role", nil
	role.Role, role.Roles = &FieldView{Name: "role", Label: "Role", Value: "admin"}, []Option{{Value: "admin", Text: "Make admin"}, {Value: "member", Text: "Take the admin role"}}
	for name, v := range map[string]MemberSheetView{"member_sheet_mute": mute, "member_sheet_kick": kick, "member_sheet_card": card, "member_sheet_role": role} {
		t.Run(name, func(t *testing.T) { golden.HTML(t, name, MemberSheet(v)) })
	}
	t.Run("preview", func(t *testing.T) { golden.Both(t, "member_preview_now", MemberPreviewNow(kick)) })
}
