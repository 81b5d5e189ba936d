package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const contacts = "recentcontact/"

// cursors are the four fields of get_list that go round.
var cursors = []string{"TimeStamp", "StartIndex", "TopTimeStamp", "TopStartIndex"}

// talks walks the list of conversations of a user and prints each; a pinned one has a star.
func (r *rig) talks(user string, flags int) (got []string) {
	r.Helper()
	at := map[string]any{}
	for range 100 {
		body := fmt.Sprintf(`{"From_Account":%q,"AssistFlags":%d`, user, flags)
		for _, name := range cursors {
			if at[name] == nil {
				at[name] = 0
			}
			body += fmt.Sprintf(`,%q:%v`, name, at[name])
		}
		a := r.ok(contacts+"get_list", body+`}`)
		items := a["SessionItem"].([]any)
		for _, it := range items {
			m := it.(map[string]any)
			text := fmt.Sprint(m["GroupId"])
			if num(m["Type"]) == int64(1) {
				text = fmt.Sprint(m["To_Account"])
			}
			if num(m["TopFlag"]) == int64(1) {
				text += "*"
			}
			got = append(got, text)
		}
		if num(a["CompleteFlag"]) == int64(1) {
			return got
		}
		if len(items) == 0 || len(items) > 100 {
			r.Fatalf("a page of %d conversations", len(items))
		}
		for _, name := range cursors {
			at[name] = num(a[name])
		}
	}
	r.Fatal("the list does not end")
	return nil
}

func TestConversationsInGroups(t *testing.T) {
	r := newRig(t)
	r.group("AVChatRoom", "live")
	for _, id := range []string{"quiet", "old", "new", "asleep"} {
		kind := map[bool]string{true: "Private", false: "ChatRoom"}[id == "asleep"]
		r.group(kind, id, "a", "b")
	}
	if err := r.Enter(t.Context(), testApp, "live", "a"); err != nil {
		t.Fatal(err)
	}
	say := func(id, from, fields string) {
		r.clock.Add(time.Second)
		r.random++
		r.ok(group+"send_group_msg", fmt.Sprintf(`{"GroupId":%q,"From_Account":%q,"Random":%d,"MsgBody":%s%s}`, id, from, r.random, textBody("x"), fields))
	}
	say("old", "a", "")
	say("new", "b", "")
	say("live", "a", "")
	check := func(name, user string, flags int, want ...string) {
		t.Helper()
		if got := r.talks(user, flags); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	check("by the latest message", "a", 7, "new", "old", "quiet")
	check("without empty ones", "a", 5, "new", "old")
	r.gets(contacts+"get_list", `{"From_Account":"a","TimeStamp":0,"StartIndex":0,"TopTimeStamp":0,"TopStartIndex":0,"AssistFlags":7}`,
		"map[GroupId:new MsgTime:1.700000002e+09 TopFlag:0 Type:2]", "SessionItem", 0)
	say("asleep", "owner", "")
	check("one that woke", "a", 7, "asleep", "new", "old", "quiet")
	say("old", "a", `,"SendMsgControl":["NoLastMsg"]`)
	check("one that is not to come up", "a", 7, "asleep", "new", "old", "quiet")

	remove := func(user, fields string) { r.ok(contacts+"delete", fmt.Sprintf(`{"From_Account":%q%s}`, user, fields)) }
	remove("a", `,"Type":2,"ToGroupid":"new"`)
	remove("a", `,"Type":2,"ToGroupid":"quiet","ClearRamble":1`)
	check("two removed", "a", 7, "asleep", "old")
	check("of the other nothing is removed", "b", 7, "asleep", "new", "old", "quiet")
	say("new", "b", "")
	check("one is back", "a", 7, "new", "asleep", "old")
	if rows, _ := r.history("new", `,"ReqMsgNumber":5`); len(rows) != 2 {
		t.Errorf("history of a removed conversation: %v", rows)
	}
	r.clock.Add(time.Second)
	now := r.clock.Now().Unix()
	imported := func(id string, flag int) {
		r.ok(group+"import_group_msg", fmt.Sprintf(`{"GroupId":%q,"RecentContactFlag":%d,"MsgList":[{"From_Account":"a","SendTime":%d,"Random":1,"MsgBody":%s}]}`, id, flag, now, textBody("x")))
	}
	imported("old", 0)
	check("an imported message", "a", 7, "new", "asleep", "old")
	imported("old", 1)
	check("one that is to come up", "a", 7, "old", "new", "asleep")

	pin := func(peer string, on bool) {
		t.Helper()
		if err := r.Pin(t.Context(), testApp, "a", peer, true, on); err != nil {
			t.Error(err)
		}
	}
	pin("asleep", true)
	pin("new", true)
	check("pinned", "a", 7, "new*", "asleep*", "old")
	check("pinned, all at once", "a", 3, "new*", "asleep*", "old")
	check("without pinned", "a", 6, "old")
	remove("a", `,"Type":2,"ToGroupid":"new"`)
	pin("asleep", false)
	check("no longer", "a", 7, "old", "asleep")
	r.ok(group+"delete_group_member", `{"GroupId":"old","Silence":1,"MemberToDel_Account":["a"]}`)
	r.ok(group+"destroy_group", `{"GroupId":"asleep"}`)
	check("left and dismissed", "a", 7)
}

func TestDirectConversations(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b", "c")
	send := func(from, to, fields string) {
		t.Helper()
		r.clock.Add(time.Second)
		r.random++
		r.ok("openim/sendmsg", fmt.Sprintf(`{"From_Account":%q,"To_Account":%q,"MsgRandom":%d,"MsgBody":%s%s}`, from, to, r.random, textBody("x"), fields))
	}
	check := func(name, user string, want ...string) {
		t.Helper()
		if got := r.talks(user, 7); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	history := func(user, peer string) any {
		return num(r.ok("openim/admin_getroammsg", fmt.Sprintf(`{"Operator_Account":%q,"Peer_Account":%q,"MaxCnt":50,"MinTime":0,"MaxTime":1800000000}`, user, peer))["MsgCnt"])
	}
	send("a", "b", "")
	send("c", "a", "")
	check("who wrote last", "a", "c", "b", "g")
	check("the other side", "b", "a", "g")
	r.clock.Add(time.Second)
	r.say("g", "b", "x")
	check("a group between them", "a", "g", "c", "b")
	send("a", "b", `,"SendMsgControl":["NoLastMsg"]`)
	check("one that is not to come up", "a", "g", "c", "b")
	send("a", "b", `,"SyncOtherMachine":2`)
	check("one that the sender does not keep", "a", "g", "c", "b")
	check("but the receiver does", "b", "a", "g")
	r.ok(contacts+"delete", `{"From_Account":"a","Type":1,"To_Account":"b"}`)
	check("removed", "a", "g", "c")
	if n := history("a", "b"); n != int64(2) {
		t.Errorf("history of a removed conversation: %v", n)
	}
	send("b", "a", "")
	check("back with a new message", "a", "b", "g", "c")
	r.ok(contacts+"delete", `{"From_Account":"a","Type":1,"To_Account":"b","ClearRamble":1}`)
	check("removed and cleared", "a", "g", "c")
	if mine, theirs := history("a", "b"), history("b", "a"); mine != int64(0) || theirs != int64(4) {
		t.Errorf("history after clearing: %v, of the other side %v", mine, theirs)
	}
	if err := r.Pin(t.Context(), testApp, "a", "c", false, true); err != nil {
		t.Fatal(err)
	}
	check("pinned", "a", "c*", "g")
	r.ok(account+"account_delete", `{"DeleteItem":[{"UserID":"c"}]}`)
	check("with who is gone", "a", "g")
}

func TestConversationRefusals(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	for _, name := range append(slices.Clone(cursors), "AssistFlags", "From_Account") {
		body := map[string]any{"From_Account": "a", "TimeStamp": 0, "StartIndex": 0, "TopTimeStamp": 0, "TopStartIndex": 0, "AssistFlags": 7}
		delete(body, name)
		r.refuses([]refusal{{"list without " + name, contacts + "get_list", js(body), 50002}})
		body[name] = []string{"x"}
		r.refuses([]refusal{{"list with a wrong " + name, contacts + "get_list", js(body), 50002}})
	}
	r.refuses([]refusal{
		{"a stranger's list", contacts + "get_list", `{"From_Account":"zz","TimeStamp":0,"StartIndex":0,"TopTimeStamp":0,"TopStartIndex":0,"AssistFlags":7}`, 50001},
		{"body is a list", contacts + "get_list", `[]`, 60003},
		{"unknown command", contacts + "list", `{}`, 60009},
		{"delete nothing", contacts + "delete", `{"From_Account":"a"}`, 50002},
		{"delete type 3", contacts + "delete", `{"From_Account":"a","Type":3,"To_Account":"b"}`, 50002},
		{"delete with a stranger", contacts + "delete", `{"From_Account":"a","Type":1,"To_Account":"zz"}`, 50001},
		{"delete of a stranger", contacts + "delete", `{"From_Account":"zz","Type":1,"To_Account":"a"}`, 50001},
		{"delete by the other spelling", contacts + "delete", `{"From_Account":"a","Type":2,"ToGroupId":"g"}`, 50002},
		{"delete no group", contacts + "delete", `{"From_Account":"a","Type":2,"ToGroupid":"zz"}`, 50002},
		{"clear 2", contacts + "delete", `{"From_Account":"a","Type":2,"ToGroupid":"g","ClearRamble":2}`, 50002},
		{"one that never was", contacts + "delete", `{"From_Account":"a","Type":1,"To_Account":"owner"}`, 0},
	})
}

// TestConversationPages has more conversations than a page holds, many of them at the same time.
func TestConversationPages(t *testing.T) {
	r := newRig(t)
	r.people("a", "owner")
	ids := names("g", 230)
	for i, id := range ids {
		if i%15 == 0 {
			r.clock.Add(time.Second)
		}
		r.ok(group+"create_group", fmt.Sprintf(`{"Type":"Public","Name":"x","GroupId":%q,"Owner_Account":"owner","MemberList":[{"Member_Account":"a"}]}`, id))
		r.say(id, "a", "x")
	}
	want := slices.Clone(ids)
	slices.Reverse(want)
	if got := r.talks("a", 7); !slices.Equal(got, want) {
		t.Errorf("%d conversations", len(got))
	}
	for _, id := range want[100:150] {
		if err := r.Pin(t.Context(), testApp, "a", id, true, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Pin(t.Context(), testApp, "a", want[0], true, true); err == nil {
		t.Error("51 conversations are pinned")
	}
	var pinned []string
	for _, id := range want[100:150] {
		pinned = append(pinned, id+"*")
	}
	want = slices.Concat(pinned, want[:100], want[150:])
	for _, flags := range []int{3, 7} {
		if got := r.talks("a", flags); !slices.Equal(got, want) {
			t.Errorf("flags %d: %d conversations", flags, len(got))
		}
	}
}

func contactItem(kind int, peer string) string {
	field := map[int]string{1: "To_Account", 2: "ToGroupId"}[kind]
	return fmt.Sprintf(`{"Type":%d,%q:%q}`, kind, field, peer)
}

func TestContactGroups(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	create := func(name string, items ...string) string {
		return fmt.Sprintf(`{"From_Account":"a","GroupContactItem":[{"GroupName":%q,"ContactItem":[%s]}]}`, name, strings.Join(items, ","))
	}
	a := r.ok(contacts+"create_contact_group", create("work", contactItem(1, "b"), contactItem(2, "g"), contactItem(1, "zz"), contactItem(2, "never")))
	r.expect(a, "map[GroupId:1 GroupName:work]", "GroupResultItem", 0, "GroupItem")
	if got := strings.Join(column(at(a, "GroupResultItem", 0, "ResultItem"), "ResultCode"), " "); got != "0 0 50001 51007" {
		t.Errorf("created with: %s", got)
	}
	r.expect(a, "map[ToGroupId:g Type:2]", "GroupResultItem", 0, "ResultItem", 1, "ContactItem")
	r.expect(r.ok(contacts+"create_contact_group", create("sport", contactItem(1, "b"))), 2, "GroupResultItem", 0, "GroupItem", "GroupId")
	r.expect(r.ok(contacts+"create_contact_group", create("work", contactItem(1, "owner"))), 1, "GroupResultItem", 0, "GroupItem", "GroupId")

	update := func(fields string) answer {
		return r.ok(contacts+"update_contact_group", `{"From_Account":"a","UpdateType":1,"UpdateGroup":{`+fields+`}}`)
	}
	a = update(`"UpdateGroupType":2,"OldGroupName":"sport","ContactUpdateItem":[{"ContactOptType":1,"ContactItem":` + contactItem(2, "g") + `},{"ContactOptType":2,"ContactItem":` + contactItem(1, "b") +
		`},{"ContactOptType":1,"ContactItem":` + contactItem(1, "zz") + `}]`)
	r.expect(a, "map[ContactResultItem:[map[ContactItem:map[ToGroupId:g Type:2] ContactOptType:1 ResultCode:0 ResultInfo:] map[ContactItem:map[To_Account:b Type:1] ContactOptType:2 ResultCode:0 ResultInfo:]"+
		" map[ContactItem:map[To_Account:zz Type:1] ContactOptType:1 ResultCode:50001 ResultInfo:this account has not been imported]] GroupId:2 GroupName:sport OldGroupName:sport UpdateGroupType:2]", "UpdateGroupResult")
	r.expect(a, 1, "UpdateType")
	a = update(`"UpdateGroupType":1,"OldGroupName":"sport","NewGroupName":"games"`)
	r.expect(a, "map[ContactResultItem:[] GroupId:2 GroupName:games OldGroupName:sport UpdateGroupType:1]", "UpdateGroupResult")
	a = r.ok(contacts+"search_contact_group", `{"From_Account":"a","ContactItem":[`+contactItem(2, "g")+`,`+contactItem(1, "b")+`,`+contactItem(1, "administrator")+`]}`)
	r.expect(a, "[map[ContactGroupId:[1 2] Timestamp:1.7e+09 ToGroupId:g Type:2] map[ContactGroupId:[1] Timestamp:1.7e+09 To_Account:b Type:1]]", "ContactResultItem")
	r.expect(a, "[map[GroupId:1 GroupName:work] map[GroupId:2 GroupName:games]]", "GroupItem")
	r.gets(contacts+"del_contact_group", `{"From_Account":"a","GroupName":["games"]}`, "[map[GroupId:2 GroupName:games]]", "GroupItem")
	a = r.ok(contacts+"get_contact_group", `{"From_Account":"a","StartIndex":0}`)
	r.expect(a, "[map[ContactGroupId:[1] Timestamp:1.7e+09 To_Account:b Type:1] map[ContactGroupId:[1] Timestamp:1.7e+09 ToGroupId:g Type:2] map[ContactGroupId:[1] Timestamp:1.7e+09 To_Account:owner Type:1]]", "ContactItem")
	r.expect(a, "[map[GroupId:1 GroupName:work]]", "GroupItem")

	for i := range 19 {
		r.ok(contacts+"create_contact_group", create(fmt.Sprint("more ", i)))
	}
	rename := func(name, to string) string {
		return fmt.Sprintf(`{"From_Account":"a","UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":%q,"NewGroupName":%q}}`, name, to)
	}
	r.refuses([]refusal{
		{"group 21", contacts + "create_contact_group", create("one more"), 51010},
		{"name of 32 bytes", contacts + "update_contact_group", rename("more 0", strings.Repeat("x", 32)), 0},
		{"name of 33 bytes", contacts + "update_contact_group", rename("more 1", strings.Repeat("x", 33)), 51011},
		{"create with 33 bytes", contacts + "create_contact_group", create(strings.Repeat("x", 33)), 51011},
		{"create without name", contacts + "create_contact_group", create(""), 50002},
		{"two at once", contacts + "create_contact_group", `{"From_Account":"a","GroupContactItem":[{"GroupName":"x"},{"GroupName":"y"}]}`, 50002},
		{"none", contacts + "create_contact_group", `{"From_Account":"a"}`, 50002},
		{"a conversation of no type", contacts + "create_contact_group", create("work", `{"To_Account":"b"}`), 50002},
		{"a conversation by the other spelling", contacts + "create_contact_group", create("work", `{"Type":2,"GroupId":"g"}`), 50002},
		{"of a stranger", contacts + "create_contact_group", `{"From_Account":"zz","GroupContactItem":[{"GroupName":"x"}]}`, 50001},
		{"rename to one that is there", contacts + "update_contact_group", rename("work", "more 3"), 50002},
		{"rename to itself", contacts + "update_contact_group", rename("work", "work"), 0},
		{"rename none", contacts + "update_contact_group", rename("never", "x"), 51009},
		{"update of type 2", contacts + "update_contact_group", `{"From_Account":"a","UpdateType":2,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"work","NewGroupName":"x"}}`, 50002},
		{"update nothing", contacts + "update_contact_group", `{"From_Account":"a","UpdateType":1}`, 50002},
		{"update without conversations", contacts + "update_contact_group", `{"From_Account":"a","UpdateType":1,"UpdateGroup":{"UpdateGroupType":2,"OldGroupName":"work"}}`, 50002},
		{"delete one twice", contacts + "del_contact_group", `{"From_Account":"a","GroupName":["games"]}`, 51009},
		{"delete two", contacts + "del_contact_group", `{"From_Account":"a","GroupName":["work","more 3"]}`, 50002},
		{"delete by text", contacts + "del_contact_group", `{"From_Account":"a","GroupName":"work"}`, 50002},
		{"search nothing", contacts + "search_contact_group", `{"From_Account":"a","ContactItem":[]}`, 50002},
		{"search 301", contacts + "search_contact_group", `{"From_Account":"a","ContactItem":[` + strings.Repeat(contactItem(1, "b")+",", 300) + contactItem(1, "b") + `]}`, 50002},
		{"list without start", contacts + "get_contact_group", `{"From_Account":"a"}`, 50002},
		{"list of a stranger", contacts + "get_contact_group", `{"From_Account":"zz","StartIndex":0}`, 50001},
	})
}

func TestContactMarks(t *testing.T) {
	r := newRig(t)
	many := names("x", 1001)
	r.people(append([]string{"a"}, many...)...)
	mark := func(items ...string) string {
		return `{"From_Account":"a","MarkItem":[` + strings.Join(items, ",") + `]}`
	}
	item := func(who, fields string) string { return `{"ContactItem":` + contactItem(1, who) + fields + `}` }
	steps := []struct{ fields, want string }{
		{`,"OptType":3,"SetMark":[1,2,3],"CustomMark":"abcd"`, "map[CustomMark:abcd StandardMark:111 Timestamp:1.7e+09 To_Account:x00000 Type:1]"},
		{`,"OptType":1,"SetMark":[6],"ClearMark":[2],"CustomMark":"ignored"`, "map[CustomMark:abcd StandardMark:101001 Timestamp:1.7e+09 To_Account:x00000 Type:1]"},
		{`,"OptType":2,"SetMark":[9],"CustomMark":"new"`, "map[CustomMark:new StandardMark:101001 Timestamp:1.7e+09 To_Account:x00000 Type:1]"},
		{`,"OptType":1,"SetMark":[64]`, "map[CustomMark:new StandardMark:101001" + strings.Repeat("0", 57) + "1 Timestamp:1.7e+09 To_Account:x00000 Type:1]"},
		{`,"OptType":3,"ClearMark":[1,3,6,64],"CustomMark":""`, "<nil>"},
	}
	for _, s := range steps {
		r.gets(contacts+"mark_contact", mark(item("x00000", s.fields)), 0, "ResultItem", 0, "ResultCode")
		r.gets(contacts+"search_contact_group", `{"From_Account":"a","ContactItem":[`+contactItem(1, "x00000")+`]}`, s.want, "ContactResultItem", 0)
	}
	a := r.ok(contacts+"mark_contact", mark(item("x00000", `,"OptType":1,"SetMark":[1]`), item("zz", `,"OptType":1,"SetMark":[1]`)))
	r.expect(a, "[map[ContactItem:map[To_Account:x00000 Type:1] OptType:1 ResultCode:0 ResultInfo:] map[ContactItem:map[To_Account:zz Type:1] OptType:1 ResultCode:50001 ResultInfo:this account has not been imported]]", "ResultItem")
	r.refuses([]refusal{
		{"none", contacts + "mark_contact", mark(), 50002},
		{"no list", contacts + "mark_contact", `{"From_Account":"a"}`, 50002},
		{"101", contacts + "mark_contact", mark(slices.Repeat([]string{item("x00001", `,"OptType":1,"SetMark":[1]`)}, 101)...), 51006},
		{"mark 0", contacts + "mark_contact", mark(item("x00001", `,"OptType":1,"SetMark":[0]`)), 50002},
		{"mark 65", contacts + "mark_contact", mark(item("x00001", `,"OptType":1,"ClearMark":[65]`)), 50002},
		{"marks as text", contacts + "mark_contact", mark(item("x00001", `,"OptType":1,"SetMark":"1"`)), 50002},
		{"custom mark of 257 bytes", contacts + "mark_contact", mark(item("x00001", `,"OptType":2,"CustomMark":"`+strings.Repeat("x", 257)+`"`)), 50002},
		{"custom mark of 256 bytes", contacts + "mark_contact", mark(item("x00000", `,"OptType":2,"CustomMark":"`+strings.Repeat("x", 256)+`"`)), 0},
		{"type 4", contacts + "mark_contact", mark(item("x00001", `,"OptType":4`)), 50002},
		{"no conversation", contacts + "mark_contact", mark(`{"OptType":1,"SetMark":[1]}`), 50002},
		{"a stranger marks", contacts + "mark_contact", strings.Replace(mark(item("x00001", `,"OptType":1,"SetMark":[1]`)), `"a"`, `"zz"`, 1), 50001},
	})
	for chunk := range slices.Chunk(many[1:], 100) {
		var items []string
		for _, who := range chunk {
			items = append(items, item(who, `,"OptType":1,"SetMark":[1]`))
		}
		a = r.ok(contacts+"mark_contact", mark(items...))
	}
	r.expect(a, 51008, "ResultItem", 99, "ResultCode")
	r.expect(a, 0, "ResultItem", 98, "ResultCode")
	var got []string
	for next := any(0); ; next = num(a["NextStartIndex"]) {
		a = r.ok(contacts+"get_contact_group", fmt.Sprintf(`{"From_Account":"a","StartIndex":%v}`, next))
		got = append(got, column(a["ContactItem"], "To_Account")...)
		if num(a["CompleteFlag"]) == int64(1) {
			break
		}
	}
	if !slices.Equal(got, many[:1000]) {
		t.Errorf("%d marked", len(got))
	}
}
