package emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	audit = "im_msg_audit_mgr/"
	dirty = "openim_dirty_words/"

	robots = "openim_robot_http_svc/"
)

func audited(fields string) string { return fmt.Sprintf(`{"SdkAppId":%d%s}`, testApp, fields) }

// says tells the code and the stored text of a message in g.
func (r *rig) says(text string) (int, string) {
	r.Helper()
	r.random++
	r.clock.Add(time.Second)
	a := r.call(group+"send_group_msg", fmt.Sprintf(`{"GroupId":"g","From_Account":"a","Random":%d,"MsgBody":%s}`, r.random, textBody(text)))
	if a.code() != 0 {
		return a.code(), ""
	}
	rows, _ := r.history("g", `,"ReqMsgNumber":1`)
	return 0, rows[0].text
}

func TestCloudKeywords(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	a := r.ok(audit+"get_cloud_audit_keywords_ids", audited(`,"Offset":0,"Limit":100`))
	r.expect(a, 2, "TotalCount")
	if got := strings.Join(column(a["Infos"], "Suggestion"), " "); got != "Block Review" {
		t.Errorf("libraries: %s", got)
	}
	blocking, reviewing := column(a["Infos"], "ID")[0], column(a["Infos"], "ID")[1]
	r.expect(r.ok(audit+"get_cloud_audit_keywords_ids", audited(`,"Offset":1,"Limit":1`)), reviewing, "Infos", 0, "ID")
	if len(fmt.Sprint(a["RequestId"])) != 36 {
		t.Errorf("RequestId %v", a["RequestId"])
	}
	add := func(lib, words string) string {
		return audited(fmt.Sprintf(`,"LibID":%q,"UserKeywords":[%s]`, lib, words))
	}
	r.ok(audit+"add_cloud_audit_keywords", add(blocking, `{"Content":"Casino","Label":"Ad"},{"Content":"赌博"}`))
	r.ok(audit+"add_cloud_audit_keywords", add(reviewing, `{"Content":"refund","Label":"Abuse"}`))
	for text, want := range map[string]int{"come to the CASINO now": 80001, "线上赌博": 80001, "a refund please": 0, "hello": 0} {
		if code, _ := r.says(text); code != want {
			t.Errorf("%q: %d", text, code)
		}
	}
	r.refuses([]refusal{
		{"in the name of a group", group + "create_group", `{"Type":"Public","Name":"Casino"}`, 80001},
		{"in a notification", group + "modify_group_base_info", `{"GroupId":"g","Notification":"casino"}`, 80001},
		{"in a name card", group + "modify_group_member_info", `{"GroupId":"g","Member_Account":"a","NameCard":"casino"}`, 80001},
		{"in a message to a user", "openim/sendmsg", `{"From_Account":"owner","To_Account":"a","MsgRandom":1,"MsgBody":` + textBody("casino") + `}`, 80001},
		{"in what is no text", group + "send_group_msg", `{"GroupId":"g","Random":99,"MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Data":"casino"}}]}`, 0},
	})
	now := r.clock.Now().Unix()
	r.gets(group+"import_group_msg", fmt.Sprintf(`{"GroupId":"g","MsgList":[{"From_Account":"a","SendTime":%d,"MsgBody":%s},{"From_Account":"a","SendTime":%d,"MsgBody":%s}]}`,
		now, textBody("fine"), now, textBody("casino")), 80001, "ImportMsgResult", 1, "Result")

	list := func(fields string) string {
		return audited(fmt.Sprintf(`,"LibID":%q,"Offset":0,"Limit":10%s`, blocking, fields))
	}
	a = r.ok(audit+"get_cloud_audit_keywords", list(""))
	r.expect(a, 2, "TotalCount")
	r.expect(a, "Casino", "Infos", 0, "Content")
	r.expect(a, "2023-11-15 06:13:20", "Infos", 0, "CreateTime")
	r.gets(audit+"get_cloud_audit_keywords", list(`,"Content":"cas"`), 1, "TotalCount")
	a = r.ok(audit+"delete_cloud_audit_keywords", audited(fmt.Sprintf(`,"LibID":%q,"Keywords":["Casino","never"]`, blocking)))
	r.expect(a, true, "Details", 0, "Deleted")
	r.expect(a, false, "Details", 1, "Deleted")
	if code, _ := r.says("casino"); code != 0 {
		t.Errorf("after deleting: %d", code)
	}
	var all []string
	for i := range 12 {
		all = append(all, fmt.Sprintf(`{"Content":"word %02d"}`, i))
	}
	r.ok(audit+"add_cloud_audit_keywords", add(reviewing, strings.Join(all, ",")))
	var got []string
	for offset := 0; ; offset += 5 {
		a := r.ok(audit+"get_cloud_audit_keywords", audited(fmt.Sprintf(`,"LibID":%q,"Offset":%d,"Limit":5,"Content":"word"`, reviewing, offset)))
		got = append(got, column(a["Infos"], "Content")...)
		if len(a["Infos"].([]any)) < 5 {
			break
		}
	}
	if len(got) != 12 || got[11] != "word 11" {
		t.Errorf("paged: %v", got)
	}
	r.refuses([]refusal{
		{"no app", audit + "get_cloud_audit_keywords_ids", `{"Offset":0,"Limit":1}`, 2003},
		{"another app", audit + "get_cloud_audit_keywords_ids", `{"SdkAppId":1,"Offset":0,"Limit":1}`, 2004},
		{"101 at once", audit + "get_cloud_audit_keywords", audited(`,"LibID":"` + blocking + `","Offset":0,"Limit":101`), 2003},
		{"no offset", audit + "get_cloud_audit_keywords", audited(`,"LibID":"` + blocking + `","Limit":10`), 2003},
		{"no library", audit + "get_cloud_audit_keywords", audited(`,"Offset":0,"Limit":10`), 2003},
		{"unknown library", audit + "add_cloud_audit_keywords", add("x", `{"Content":"x"}`), 2003},
		{"unknown label", audit + "add_cloud_audit_keywords", add(blocking, `{"Content":"x","Label":"Bad"}`), 2003},
		{"no word", audit + "add_cloud_audit_keywords", add(blocking, `{"Label":"Ad"}`), 2003},
		{"101 words", audit + "add_cloud_audit_keywords", add(blocking, strings.Repeat(`{"Content":"x"},`, 100)+`{"Content":"x"}`), 2016},
		{"11 to delete", audit + "delete_cloud_audit_keywords", audited(`,"LibID":"` + blocking + `","Keywords":` + js(names("w", 11))), 2016},
		{"none to delete", audit + "delete_cloud_audit_keywords", audited(`,"LibID":"` + blocking + `","Keywords":[]`), 2003},
		{"no JSON", audit + "get_cloud_audit_keywords_ids", `[]`, 60003},
		{"unknown command", audit + "get_keywords", `{}`, 60009},
	})
}

func TestLocalKeywords(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	word := func(text string, kind, filter int, with string) string {
		return fmt.Sprintf(`{"Keyword":%q,"WordType":%d,"FilterType":%d,"ReplacedContent":%q}`, text, kind, filter, with)
	}
	add := func(words ...string) string { return audited(`,"LocalAuditWords":[` + strings.Join(words, ",") + `]`) }
	r.ok(audit+"add_local_audit_keywords", add(word("darn", 1, 1, "****"), word(`\b1\d{10}\b`, 2, 1, "[number]"), word("heck", 1, 2, ""), word(`(?i)buy\s+now`, 2, 2, "")))
	for text, want := range map[string]string{
		"DARN it, call 13800001111": "0 **** it, call [number]", "what the heck": "80001 ", "Buy  NOW": "80001 ", "plain": "0 plain", "darndarn": "0 ********",
	} {
		code, stored := r.says(text)
		if got := fmt.Sprint(code, " ", stored); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	a := r.ok(audit+"get_local_audit_keywords", audited(`,"FilterType":1,"Offset":0,"Limit":1`))
	for field, want := range map[string]int{"TotalCount": 4, "TotalRegCount": 2, "CurCount": 2, "CurRegCount": 1} {
		r.expect(a, want, field)
	}
	r.expect(a, "[map[FilterType:1 Id:1 Keyword:darn ReplacedContent:**** UpdateTime:2023-11-15 06:13:20 WordType:1]]", "LocalAuditWords")
	r.gets(audit+"get_local_audit_keywords", audited(`,"Offset":0,"Limit":10,"Keyword":"HE"`), "heck", "LocalAuditWords", 0, "Keyword")
	r.ok(audit+"add_local_audit_keywords", add(word("darn", 1, 2, "")))
	if code, _ := r.says("darn"); code != 80001 {
		t.Errorf("changed to block: %d", code)
	}
	r.ok(audit+"delete_local_audit_keywords", audited(`,"LocalAuditWords":[{"Keyword":"darn","WordType":1},{"Keyword":"heck","WordType":2}]`))
	for text, want := range map[string]int{"darn": 0, "heck": 80001} {
		if code, _ := r.says(text); code != want {
			t.Errorf("after deleting, %q: %d", text, code)
		}
	}
	r.refuses([]refusal{
		{"11 words", audit + "add_local_audit_keywords", add(strings.Split(strings.Repeat(word("x", 1, 2, "")+"|", 10)+word("x", 1, 2, ""), "|")...), 2016},
		{"no regular expression", audit + "add_local_audit_keywords", add(word("(", 2, 2, "")), 2003},
		{"type 3", audit + "add_local_audit_keywords", add(word("x", 3, 2, "")), 2003},
		{"filter 0", audit + "add_local_audit_keywords", add(word("x", 1, 0, "")), 2003},
		{"long word", audit + "add_local_audit_keywords", add(word(strings.Repeat("x", 201), 1, 2, "")), 2003},
		{"another app", audit + "add_local_audit_keywords", `{"SdkAppId":1,"LocalAuditWords":[` + word("x", 1, 2, "") + `]}`, 2004},
		{"delete without type", audit + "delete_local_audit_keywords", audited(`,"LocalAuditWords":[{"Keyword":"x"}]`), 2003},
		{"filter 3", audit + "get_local_audit_keywords", audited(`,"FilterType":3,"Offset":0,"Limit":1`), 2003},
	})
}

func TestModerationOnDemand(t *testing.T) {
	r := newRig(t)
	lib := column(r.ok(audit+"get_cloud_audit_keywords_ids", audited(`,"Offset":0,"Limit":2`))["Infos"], "ID")
	r.ok(audit+"add_cloud_audit_keywords", audited(fmt.Sprintf(`,"LibID":%q,"UserKeywords":[{"Content":"casino","Label":"Ad"}]`, lib[0])))
	r.ok(audit+"add_cloud_audit_keywords", audited(fmt.Sprintf(`,"LibID":%q,"UserKeywords":[{"Content":"refund"}]`, lib[1])))
	one := func(kind, text string) string {
		return fmt.Sprintf(`{"AuditName":"C2C","ContentType":%q,"Content":%q}`, kind, text)
	}
	tests := []struct{ kind, text, want string }{
		{"Text", "a casino, a refund", "Block 100 Ad [casino refund]"},
		{"Text", "a refund", "Review 60 Illegal [refund]"},
		{"Text", "hello", "Pass 0 Normal []"},
		{"Image", "https://x/casino.jpg", "Pass 0 Normal []"},
	}
	const command = "im_msg_audit/content_moderation"
	for _, tt := range tests {
		a := r.ok(command, one(tt.kind, tt.text))
		if got := fmt.Sprint(a["Result"], " ", num(a["Score"]), " ", a["Label"], " ", a["Keywords"]); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.text, got, tt.want)
		}
	}
	a := r.ok("im_msg_audit/batch_content_moderation", `{"AuditName":"Group","Contents":[{"ContentId":7,"ContentType":"Text","Content":"casino"},{"ContentId":"x","ContentType":"Image","Content":"https://x/y"}]}`)
	r.expect(a, 7, "AuditResults", 0, "ContentId")
	r.expect(a, "Block", "AuditResults", 0, "Result")
	r.expect(a, "x", "AuditResults", 1, "ContentId")
	r.refuses([]refusal{
		{"no strategy", command, `{"ContentType":"Text","Content":"x"}`, 2003},
		{"no type", command, `{"AuditName":"C2C","Content":"x"}`, 2003},
		{"unknown type", command, one("Scent", "x"), 2003},
		{"9 KB", command, one("Text", strings.Repeat("x", 9<<10)), 2003},
		{"11 at once", "im_msg_audit/batch_content_moderation", `{"AuditName":"C2C","Contents":[` + strings.Repeat(`{},`, 10) + `{}]}`, 2016},
		{"a film in a batch", "im_msg_audit/batch_content_moderation", `{"AuditName":"C2C","Contents":[{"ContentId":1,"ContentType":"Video","Content":"x"}]}`, 2003},
	})
}

func TestDirtyWords(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.ok(dirty+"add", `{"DirtyWordsList":["bad","worse"]}`)
	if code, _ := r.says("bad"); code != 0 {
		t.Errorf("at once: %d", code)
	}
	r.clock.Add(5 * time.Minute)
	for text, want := range map[string]int{"so Bad": 80001, "good": 0} {
		if code, _ := r.says(text); code != want {
			t.Errorf("five minutes later, %q: %d", text, code)
		}
	}
	r.gets(dirty+"get", `{}`, "[bad worse]", "DirtyWordsList")
	r.ok(dirty+"delete", `{"DirtyWordsList":["bad","never"]}`)
	if code, _ := r.says("bad"); code != 0 {
		t.Errorf("after deleting: %d", code)
	}
	r.refuses([]refusal{
		{"50 more", dirty + "add", `{"DirtyWordsList":` + js(names("w", 50)) + `}`, 10004},
		{"49 more", dirty + "add", `{"DirtyWordsList":` + js(names("w", 49)) + `}`, 0},
		{"long word", dirty + "add", `{"DirtyWordsList":["` + strings.Repeat("x", 201) + `"]}`, 10004},
		{"no list", dirty + "delete", `{}`, 10004},
		{"an empty word", dirty + "add", `{"DirtyWordsList":[""]}`, 10004},
		{"unknown command", dirty + "set", `{}`, 60009},
	})
}

func TestRobots(t *testing.T) {
	r := newRig(t)

	for range 2 {
		r.ok(robots+"create_robot", `{"UserID":"@RBT#001","Nick":"Jarvis","FaceUrl":"https://x/y","SelfSignature":"hello"}`)
	}
	r.gets("profile/portrait_get", `{"To_Account":["@RBT#001"],"TagList":["Tag_Profile_IM_Nick","Tag_Profile_IM_SelfSignature"]}`,
		"[map[Tag:Tag_Profile_IM_Nick Value:Jarvis] map[Tag:Tag_Profile_IM_SelfSignature Value:hello]]", "UserProfileItem", 0, "ProfileItem")
	for i := range 19 {
		r.ok(robots+"create_robot", fmt.Sprintf(`{"UserID":"@RBT#x%02d"}`, i))
	}
	r.refuses([]refusal{
		{"robot 21", robots + "create_robot", `{"UserID":"@RBT#more"}`, 10008},
		{"no prefix", robots + "create_robot", `{"UserID":"jarvis"}`, 10004},
		{"only the prefix", robots + "create_robot", `{"UserID":"@RBT#"}`, 10004},
		{"33 bytes", robots + "create_robot", `{"UserID":"@RBT#` + strings.Repeat("x", 28) + `"}`, 10004},
		{"long signature", robots + "create_robot", `{"UserID":"@RBT#y","SelfSignature":"` + strings.Repeat("x", 501) + `"}`, 10004},
		{"delete one", robots + "delete_robot", `{"Robot_Account":"@RBT#x00"}`, 0},
		{"delete one twice", robots + "delete_robot", `{"Robot_Account":"@RBT#x00"}`, 10019},
		{"delete a person", robots + "delete_robot", `{"Robot_Account":"administrator"}`, 10004},
	})
	if got := r.ok(robots+"get_all_robots", `{}`)["Robot_Account"].([]any); len(got) != 19 || got[0] != "@RBT#001" {
		t.Errorf("robots: %v", got)
	}
}
