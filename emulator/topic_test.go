package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	topics    = "million_group_open_http_svc/"
	commune   = "@TGS#_c"
	someTopic = commune + "@TOPIC#_one"
)

// commune makes a community with topics.
func (r *rig) commune(members ...string) {
	r.Helper()
	r.people(append([]string{"owner"}, members...)...)
	r.ok(group+"create_group", `{"Type":"Community","Name":"test","GroupId":"`+commune+`","Owner_Account":"owner","SupportTopic":1}`)
	if len(members) > 0 {
		r.ok(group+"add_group_member", fmt.Sprintf(`{"GroupId":%q,"MemberList":%s}`, commune, accounts(members)))
	}
}

func topic(fields string) string { return `{"GroupId":"` + commune + `"` + fields + `}` }

func TestTopics(t *testing.T) {
	r := newRig(t)
	r.commune("a", "b")
	r.ok(topics+"create_topic", topic(`,"TopicId":"`+someTopic+`","TopicName":"one","From_Account":"a","CustomString":"{}","FaceUrl":"f","Notification":"n","Introduction":"i"`))
	made := fmt.Sprint(r.ok(topics+"create_topic", topic(`,"TopicName":"two"`))["TopicId"])
	if !strings.HasPrefix(made, commune+"@TOPIC#_@TOPIC#") || len(made) > 96 {
		t.Errorf("assigned id %s", made)
	}
	a := r.ok(topics+"get_topic", topic(`,"From_Account":"a"`))
	r.expect(a, "ok", "ErrorInfo")
	want := `map[CreateTime:1.7e+09 CustomString:{} FaceUrl:f GroupID:@TGS#_c Introduction:i LastMsgTime:0 MuteAllMember:Off NextMsgSeq:1 Notification:n TopicId:` + someTopic + ` TopicName:one]`
	r.expect(a, want, "TopicAndSelfInfo", 0, "TopicInfo")
	r.expect(a, "map[MsgFlag:AcceptAndNotify MsgSeq:0 ShutUpTime:0]", "TopicAndSelfInfo", 0, "SelfInfo")
	r.expect(a, made, "TopicAndSelfInfo", 1, "TopicInfo", "TopicId")

	a = r.ok(topics+"modify_topic", topic(`,"TopicId":"`+someTopic+`","TopicName":"uno","MuteAllMember":"On","Notification":""`))
	r.expect(a, "ok", "ErrorInfo")
	a = r.ok(topics+"get_topic", topic(`,"From_Account":"b","TopicIdList":["`+someTopic+`"],"ResponseFilter":["TopicName","MuteAllMember","Notification","Introduction"]`))
	r.expect(a, "[map[ErrorCode:0 ErrorInfo:ok SelfInfo:map[MsgFlag:AcceptAndNotify MsgSeq:0 ShutUpTime:0] TopicInfo:map[GroupID:@TGS#_c Introduction:i MuteAllMember:On Notification: TopicId:"+
		someTopic+" TopicName:uno]]]", "TopicAndSelfInfo")

	a = r.ok(topics+"destroy_topic", topic(`,"TopicIdList":["`+someTopic+`","never"]`))
	r.expect(a, "[map[ErrorCode:0 ErrorInfo:ok TopicId:"+someTopic+"] map[ErrorCode:110002 ErrorInfo:this topic does not exist TopicId:never]]", "DestroyResultItem")
	r.expect(r.ok(topics+"destroy_topic", topic(`,"TopicIdList":["`+someTopic+`"]`)), 110003, "DestroyResultItem", 0, "ErrorCode")
	a = r.ok(topics+"get_topic", topic(`,"From_Account":"b","TopicIdList":["`+someTopic+`","`+made+`","never"]`))
	if got := strings.Join(column(a["TopicAndSelfInfo"], "ErrorCode"), " "); got != "0 110003 10015" {
		t.Errorf("codes: %s", got)
	}
	r.expect(a, someTopic, "TopicAndSelfInfo", 1, "TopicInfo", "TopicId")
	r.refuses([]refusal{
		{"modify a topic that is gone", topics + "modify_topic", topic(`,"TopicId":"` + someTopic + `","TopicName":"x"`), 10010},
		{"modify no topic", topics + "modify_topic", topic(`,"TopicId":"never","TopicName":"x"`), 10015},
		{"say something in a topic that is gone", group + "send_group_msg", topic(`,"Random":1,"TopicId":"` + someTopic + `","MsgBody":` + textBody("x")), 10010},
		{"say something in no topic", group + "send_group_msg", topic(`,"Random":1,"TopicId":"never","MsgBody":` + textBody("x")), 10015},
		{"its id is free again", topics + "create_topic", topic(`,"TopicId":"` + someTopic + `","TopicName":"one"`), 0},
		{"dismiss the community", group + "destroy_group", topic(``), 0},
		{"its topics go with it", topics + "get_topic", topic(`,"From_Account":"a"`), 10010},
	})
}

func TestTopicRefusals(t *testing.T) {
	r := newRig(t)
	r.commune("a")
	r.ok(group+"create_group", `{"Type":"Community","Name":"x","GroupId":"@TGS#_plain"}`)
	r.group("Public", "g")
	create := func(id, fields string) string { return topic(`,"TopicName":"x","TopicId":"` + id + `"` + fields) }
	own := commune + "@TOPIC#_"
	r.ok(topics+"create_topic", create(own+"mine", ""))
	r.refuses([]refusal{
		{"no name", topics + "create_topic", topic(``), 10004},
		{"name of 30 bytes", topics + "create_topic", topic(`,"TopicName":"` + oneToThirty + `"`), 0},
		{"name of 31 bytes", topics + "create_topic", topic(`,"TopicName":"` + oneToThirty + `1"`), 10004},
		{"long custom string", topics + "create_topic", topic(`,"TopicName":"x","CustomString":"` + strings.Repeat("x", 3001) + `"`), 10004},
		{"long notification", topics + "create_topic", topic(`,"TopicName":"x","Notification":"` + strings.Repeat("x", 301) + `"`), 10004},
		{"long introduction", topics + "create_topic", topic(`,"TopicName":"x","Introduction":"` + strings.Repeat("x", 241) + `"`), 10004},
		{"long face", topics + "create_topic", topic(`,"TopicName":"x","FaceUrl":"` + strings.Repeat("x", 101) + `"`), 10004},
		{"by a stranger", topics + "create_topic", topic(`,"TopicName":"x","From_Account":"zz"`), 10019},
		{"by a number that is nobody", topics + "create_topic", topic(`,"TopicName":"x","From_Account":1400187352`), 10019},
		{"by a list", topics + "create_topic", topic(`,"TopicName":"x","From_Account":["a"]`), 10004},
		{"id of another group", topics + "create_topic", create("@TGS#_other@TOPIC#_x", ""), 10004},
		{"id without its mark", topics + "create_topic", create(commune+"x", ""), 10004},
		{"id without a part of its own", topics + "create_topic", create(own, ""), 10004},
		{"id of the vendor's kind", topics + "create_topic", create(own+"@TOPIC#_x", ""), 10004},
		{"id with a group inside", topics + "create_topic", create(own+"@TGS#_x", ""), 10004},
		{"id of 96 bytes", topics + "create_topic", create(own+strings.Repeat("x", 96-len(own)), ""), 0},
		{"id of 97 bytes", topics + "create_topic", create(own+strings.Repeat("y", 97-len(own)), ""), 10004},
		{"id in use", topics + "create_topic", create(own+"mine", ""), 10021},
		{"id in use, by the owner", topics + "create_topic", create(own+"mine", `,"From_Account":"owner"`), 10025},
		{"import of an id in use", group + "import_topic", create(own+"mine", `,"From_Account":"owner"`), 10021},
		{"import from the future", group + "import_topic", create(own+"new", `,"CreateTime":1700000001`), 10004},
		{"import into another type", group + "import_topic", create(own+"new", `,"Type":"Public"`), 10004},
		{"import", group + "import_topic", create(own+"new", `,"Type":"Community","CreateTime":1600000000`), 0},
		{"in a community without topics", topics + "create_topic", `{"GroupId":"@TGS#_plain","TopicName":"x"}`, 11000},
		{"list in a community without topics", topics + "get_topic", `{"GroupId":"@TGS#_plain","From_Account":"a"}`, 11000},
		{"in another type of group", topics + "create_topic", `{"GroupId":"g","TopicName":"x"}`, 10007},
		{"in no group", topics + "create_topic", `{"GroupId":"zz","TopicName":"x"}`, 10015},
		{"list for nobody", topics + "get_topic", topic(``), 10004},
		{"list for a stranger", topics + "get_topic", topic(`,"From_Account":"zz"`), 10019},
		{"list by text", topics + "get_topic", topic(`,"From_Account":"a","TopicIdList":"x"`), 10004},
		{"filter is an object", topics + "get_topic", topic(`,"From_Account":"a","ResponseFilter":{}`), 10004},
		{"modify nothing", topics + "modify_topic", topic(``), 10004},
		{"modify to no name", topics + "modify_topic", topic(`,"TopicId":"` + own + `mine","TopicName":""`), 10004},
		{"mute by a number", topics + "modify_topic", topic(`,"TopicId":"` + own + `mine","MuteAllMember":1`), 10004},
		{"modify by a stranger", topics + "modify_topic", topic(`,"TopicId":"` + own + `mine","From_Account":"zz"`), 10019},
		{"destroy nothing", topics + "destroy_topic", topic(`,"TopicIdList":[]`), 10004},
		{"destroy by objects", topics + "destroy_topic", topic(`,"TopicIdList":[{}]`), 10004},
		{"unknown command", topics + "hide_topic", topic(``), 10003},
	})
	for i := range 196 {
		if i%100 == 0 {
			r.clock.Add(time.Second)
		}
		r.ok(topics+"create_topic", topic(`,"TopicName":"x"`))
	}
	r.clock.Add(time.Second)
	r.refuses([]refusal{{"topic 201", topics + "create_topic", topic(`,"TopicName":"x"`), 10037}, {"topic 201 by import", group + "import_topic", topic(`,"TopicName":"x"`), 10037}})
	if n := len(r.ok(topics+"get_topic", topic(`,"From_Account":"a"`))["TopicAndSelfInfo"].([]any)); n != 200 {
		t.Errorf("%d topics", n)
	}
}

// TestTopicMessages has topics with seqs of their own, and everything done to messages in them.
func TestTopicMessages(t *testing.T) {
	r := newRig(t)
	r.commune("a", "b")
	two := commune + "@TOPIC#_two"
	for _, id := range []string{someTopic, two} {
		r.ok(topics+"create_topic", topic(`,"TopicName":"x","TopicId":"`+id+`"`))
	}
	say := func(from, where, text string) any {
		r.random++
		return num(r.ok(group+"send_group_msg", topic(fmt.Sprintf(`,"From_Account":%q,"Random":%d,"MsgBody":%s%s`, from, r.random, textBody(text), where)))["MsgSeq"])
	}
	in := func(id string) string { return `,"TopicId":"` + id + `"` }
	before, _ := r.history(commune, `,"ReqMsgNumber":5`)
	for i := range 3 {
		r.clock.Add(time.Second)
		if got := say("a", in(someTopic), fmt.Sprint("one ", i)); got != int64(i+1) {
			t.Errorf("message %d has seq %v", i, got)
		}
	}
	if got := say("b", in(two), "other"); got != int64(1) {
		t.Errorf("the other topic begins at %v", got)
	}
	if after, _ := r.history(commune, `,"ReqMsgNumber":5`); len(after) != len(before) {
		t.Errorf("the community's own messages: %v", after)
	}
	texts := func(id string) (got []string) {
		rows, _ := r.history(commune, `,"ReqMsgNumber":20`+in(id))
		for _, row := range rows {
			got = append(got, row.text)
		}
		return got
	}
	if got := texts(someTopic); !slices.Equal(got, []string{"one 2", "one 1", "one 0"}) {
		t.Errorf("history: %q", got)
	}
	a := r.ok(topics+"get_topic", topic(`,"From_Account":"a"`))
	r.expect(a, 4, "TopicAndSelfInfo", 0, "TopicInfo", "NextMsgSeq")
	r.expect(a, 1700000003, "TopicAndSelfInfo", 0, "TopicInfo", "LastMsgTime")
	r.expect(a, 3, "TopicAndSelfInfo", 0, "SelfInfo", "MsgSeq")
	r.expect(a, 0, "TopicAndSelfInfo", 1, "SelfInfo", "MsgSeq")
	a = r.ok(group+"get_joined_group_list", `{"Member_Account":"b","GroupType":"Community","SupportTopic":1}`)
	r.expect(a, "[map[GrossTopicNextMsgSeq:5 GroupId:@TGS#_c SelfInfo:map[GrossTopicReadSeq:1]]]", "GroupIdList")
	a = r.ok(group+"get_joined_group_list", `{"Member_Account":"b","ResponseFilter":{"GroupBaseInfoFilter":["Type","GrossTopicNextMsgSeq"],"SelfInfoFilter":["Role"]}}`)
	r.expect(a, "[map[GrossTopicNextMsgSeq:5 GroupId:@TGS#_c SelfInfo:map[Role:Member] Type:Community]]", "GroupIdList")

	r.ok(group+"group_msg_recall", topic(in(someTopic)+`,"MsgSeqList":[{"MsgSeq":2}]`))
	r.ok("openim/modify_group_msg", topic(in(someTopic)+`,"MsgSeq":1,"MsgBody":`+textBody("edited")))
	if got := texts(someTopic); !slices.Equal(got, []string{"one 2", "", "edited"}) {
		t.Errorf("recalled and edited: %q", got)
	}
	r.ok(group+"delete_group_msg_by_sender", topic(in(someTopic)+`,"Sender_Account":"a"`))
	if got := texts(someTopic); !slices.Equal(got, []string{"", "", ""}) {
		t.Errorf("recalled by sender: %q", got)
	}
	if got := texts(two); !slices.Equal(got, []string{"other"}) {
		t.Errorf("the other topic: %q", got)
	}
	// A mute in a topic holds there only, one in the community everywhere.
	r.ok(group+"forbid_send_msg", topic(in(someTopic)+`,"Members_Account":["b"],"MuteTime":60`))
	r.expect(r.ok(topics+"get_topic", topic(`,"From_Account":"b"`)), 60, "TopicAndSelfInfo", 0, "SelfInfo", "ShutUpTime")
	r.refuses([]refusal{
		{"muted in the topic", group + "send_group_msg", topic(in(someTopic) + `,"From_Account":"b","Random":901,"MsgBody":` + textBody("x")), 10017},
		{"not in the other", group + "send_group_msg", topic(in(two) + `,"From_Account":"b","Random":902,"MsgBody":` + textBody("x")), 0},
		{"all are muted in the other", topics + "modify_topic", topic(in(two) + `,"MuteAllMember":"On"`), 0},
		{"now he is", group + "send_group_msg", topic(in(two) + `,"From_Account":"b","Random":903,"MsgBody":` + textBody("x")), 10017},
		{"the owner is not", group + "send_group_msg", topic(in(two) + `,"From_Account":"owner","Random":904,"MsgBody":` + textBody("x")), 0},
	})
	// Imported messages are read by everybody.
	third := commune + "@TOPIC#_three"
	r.ok(group+"import_topic", topic(`,"TopicName":"x","CreateTime":1600000000`+in(third)))
	r.ok(group+"import_group_msg", topic(in(third)+fmt.Sprintf(`,"MsgList":[{"From_Account":"a","SendTime":1700000000,"Random":1,"MsgBody":%s}]`, textBody("old"))))
	if got := texts(third); !slices.Equal(got, []string{"old"}) {
		t.Errorf("imported: %q", got)
	}
	r.gets(topics+"get_topic", topic(`,"From_Account":"b","TopicIdList":["`+third+`"]`), 1, "TopicAndSelfInfo", 0, "SelfInfo", "MsgSeq")
	r.ok(group+"clear_group_msg", topic(in(third)))
	if got := texts(third); !slices.Equal(got, []string{""}) {
		t.Errorf("cleared: %q", got)
	}
}
