package tencent

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"imdesk/imclient"
)

func TestGroupsAreMadeWithTheirPeople(t *testing.T) {
	w := newWire(t)
	w.on("create_group", `"GroupId":"@TGS#new"`)
	w.onFunc("add_group_member", func(q map[string]any) string {
		var items []string
		for _, m := range q["MemberList"].([]any) {
			id := m.(map[string]any)["Member_Account"]
			items = append(items, fmt.Sprintf(`{"Member_Account":%q,"Result":%d}`, id, flag(id != "u7")))
		}
		return `"MemberList":[` + strings.Join(items, ",") + `]`
	})
	c := w.client()
	ctx := t.Context()
	id, refused, err := c.Groups.Create(ctx, imclient.NewGroup{
		ID: "new", Type: "Public", Name: "n", Intro: "i", Notice: "o", AvatarURL: "http://f", OwnerID: "me", JoinOption: "FreeAccess", InviteOpt: "DisableInvite",
		MaxMembers: 10, Topics: true, Custom: []imclient.Field{{Key: "k", Value: "v"}}, Members: targets(310),
	})
	if err != nil || id != "@TGS#new" || len(refused) != 1 || refused[0].ID != "u7" {
		t.Errorf("%q, refused %+v, %v", id, refused, err)
	}
	wantSent(t, w, "create_group", `{"Owner_Account":"me","Type":"Public","GroupId":"new","Name":"n","Introduction":"i","Notification":"o","FaceUrl":"http://f","MaxMemberCount":10,"ApplyJoinOption":"FreeAccess","InviteJoinOption":"DisableInvite","SupportTopic":1,"AppDefinedData":[{"Key":"k","Value":"v"}]}`)
	if sent := w.sent("add_group_member"); len(sent) != 2 || !strings.Contains(sent[0], `"Silence":1`) {
		t.Errorf("people were added in %d calls", len(sent))
	}

	if _, _, err := c.Groups.Create(ctx, imclient.NewGroup{Type: "AVChatRoom", Name: "n", Members: []string{"u"}}); !errors.Is(err, imclient.ErrUnsupported) {
		t.Errorf("people of a live room: %v", err)
	}
	w.refuse("add_group_member", "10014")
	id, refused, err = c.Groups.Create(ctx, imclient.NewGroup{Type: "Public", Name: "n", Members: []string{"u", "v", "u"}})
	if err != nil || id != "@TGS#new" || len(refused) != 2 || !errors.Is(refused[1].Err, imclient.ErrQuota) {
		t.Errorf("a group that is made and whose people are refused: %q, %+v, %v", id, refused, err)
	}
	w.refuse("create_group", "10021")
	if _, _, err := c.Groups.Create(ctx, imclient.NewGroup{Type: "Public", Name: "n", ID: "taken"}); !errors.Is(err, imclient.ErrConflict) {
		t.Errorf("an id that is taken: %v", err)
	}
}

func TestGroupsAreDismissedAndGiven(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Public")
	for _, name := range []string{"destroy_group", "change_group_owner", "modify_group_base_info", "modify_group_member_info"} {
		w.on(name, "")
	}
	c := w.client()
	ctx := t.Context()
	most, option, none := 50, "DisableInvite", 0
	for name, err := range map[string]error{
		"dismiss":  c.Groups.Dismiss(ctx, "g"),
		"transfer": c.Groups.Transfer(ctx, "g", "u"),
		"change":   c.Groups.Change(ctx, "g", imclient.GroupChange{MaxMembers: &most, InviteOpt: &option, Custom: []imclient.Field{{Key: "k", Value: ""}}}),
		"fields":   c.Members.SetCustom(ctx, "g", "u", []imclient.Field{{Key: "k", Value: "v"}}),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantSent(t, w, "destroy_group", `{"GroupId":"g"}`)
	wantSent(t, w, "change_group_owner", `{"GroupId":"g","NewOwner_Account":"u"}`)
	wantSent(t, w, "modify_group_base_info", `{"GroupId":"g","MaxMemberNum":50,"InviteJoinOption":"DisableInvite","AppDefinedData":[{"Key":"k","Value":""}]}`)
	wantSent(t, w, "modify_group_member_info", `{"GroupId":"g","Member_Account":"u","AppMemberDefinedData":[{"Key":"k","Value":"v"}]}`)
	for name, err := range map[string]error{
		"room for nobody": c.Groups.Change(ctx, "g", imclient.GroupChange{MaxMembers: &none}),
		"no fields":       c.Members.SetCustom(ctx, "g", "u", nil),
	} {
		if !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func TestAttributesAndCounters(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Public")
	w.on("get_group_attr", `"GroupAttrAry":[{"key":"b","value":"2"},{"key":"a","value":"1"}]`)
	for _, name := range []string{"modify_group_attr", "set_group_attr", "clear_group_attr", "delete_group_attr", "delete_group_counter"} {
		w.on(name, "")
	}
	w.onFunc("update_group_counter", func(q map[string]any) string {
		var items []string
		for _, c := range q["GroupCounter"].([]any) {
			items = append(items, fmt.Sprintf(`{"Key":%q,"Value":5}`, c.(map[string]any)["Key"]))
		}
		return `"GroupCounter":[` + strings.Join(items, ",") + `]`
	})
	w.on("get_group_counter", `"GroupCounter":[{"Key":"z","Value":-9223372036854775808},{"Key":"a","Value":9223372036854775807}]`)
	c := w.client()
	ctx := t.Context()

	list, err := c.Attributes.List(ctx, "g")
	if diff := cmp.Diff([]imclient.Field{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}, list); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	for name, err := range map[string]error{
		"set":     c.Attributes.Set(ctx, "g", list),
		"replace": c.Attributes.Replace(ctx, "g", nil),
		"remove":  c.Attributes.Remove(ctx, "g", []string{"a", "b", "a"}),
		"clear":   c.Attributes.Clear(ctx, "g"),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantSent(t, w, "modify_group_attr", `{"GroupId":"g","GroupAttr":[{"key":"a","value":"1"},{"key":"b","value":"2"}]}`)
	wantSent(t, w, "set_group_attr", `{"GroupId":"g","GroupAttr":[]}`)
	wantSent(t, w, "delete_group_attr", `{"GroupId":"g","GroupAttr":[{"key":"a"},{"key":"b"}]}`)
	if err := c.Attributes.Remove(ctx, "g", nil); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("no keys: %v", err)
	}

	counters, err := c.Counters.List(ctx, "g")
	if diff := cmp.Diff([]imclient.Counter{{Key: "a", Value: math.MaxInt64}, {Key: "z", Value: math.MinInt64}}, counters); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	counters, err = c.Counters.Add(ctx, "g", []imclient.Counter{{Key: "b", Value: 2}, {Key: "a", Value: -3}, {Key: "c", Value: 0}})
	if diff := cmp.Diff([]imclient.Counter{{Key: "a", Value: 5}, {Key: "b", Value: 5}, {Key: "c", Value: 5}}, counters); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	if _, err := c.Counters.Set(ctx, "g", []imclient.Counter{{Key: "a", Value: -7}}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Counters.Remove(ctx, "g", "a"), c.Counters.Remove(ctx, "g")); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "update_group_counter",
		`{"GroupId":"g","GroupCounter":[{"Key":"b","Value":2},{"Key":"c","Value":0}],"Mode":"Increase"}`, `{"GroupId":"g","GroupCounter":[{"Key":"a","Value":3}],"Mode":"Decrease"}`,
		`{"GroupId":"g","GroupCounter":[{"Key":"a","Value":-7}],"Mode":"Set"}`)
	wantSent(t, w, "delete_group_counter", `{"GroupId":"g","GroupCounterKeys":["a"]}`, `{"GroupId":"g"}`)
	if _, err := c.Counters.Add(ctx, "g", []imclient.Counter{{Key: "a", Value: math.MinInt64}}); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("a number without an opposite: %v", err)
	}
}

func TestTopicsOfACommunity(t *testing.T) {
	w := newWire(t)
	withGroups(w, "Community")
	w.on("get_topic", `"TopicAndSelfInfo":[
		{"ErrorCode":0,"TopicInfo":{"TopicId":"@TGS#_1@TOPIC#_b","TopicName":"later","CreateTime":200}},
		{"ErrorCode":0,"TopicInfo":{"TopicId":"@TGS#_1@TOPIC#_a","GroupID":"@TGS#_1","TopicName":"n","FaceUrl":"f","Notification":"o","Introduction":"i","CreateTime":100,"LastMsgTime":150,"NextMsgSeq":4,"MuteAllMember":"On","CustomString":"c"}},
		{"ErrorCode":110003,"ErrorInfo":"gone","TopicInfo":{"TopicId":"@TGS#_1@TOPIC#_x"}},{}]`)
	w.on("create_topic", `"TopicId":"@TGS#_1@TOPIC#_n"`)
	w.on("modify_topic", "")
	w.on("destroy_topic", `"DestroyResultItem":[{"TopicId":"@TGS#_1@TOPIC#_a","ErrorCode":0},{"TopicId":"@TGS#_1@TOPIC#_x","ErrorCode":110003}]`)
	c := w.client()
	ctx := t.Context()
	list, err := c.Topics.List(ctx, "@TGS#_1")
	want := []imclient.Topic{
		{
			ID: "@TGS#_1@TOPIC#_a", Group: "@TGS#_1", Name: "n", Intro: "i", Notice: "o", AvatarURL: "f", Custom: "c", Created: time.Unix(100, 0).UTC(),
			LastMessage: time.Unix(150, 0).UTC(), LastSeq: "3", MuteAll: imclient.On,
		},
		{ID: "@TGS#_1@TOPIC#_b", Group: "@TGS#_1", Name: "later", Created: time.Unix(200, 0).UTC()},
	}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	wantSent(t, w, "get_topic", `{"GroupId":"@TGS#_1","From_Account":"administrator"}`)

	w.on("get_topic", `{"ActionStatus":"FAIL","ErrorCode":10015,"TopicAndSelfInfo":[{"ErrorCode":110003,"ErrorInfo":"gone"}]}`) // the code of the whole means nothing
	if _, err := c.Topics.Get(ctx, "@TGS#_1@TOPIC#_x"); !errors.Is(err, imclient.ErrNotFound) || !strings.Contains(err.Error(), "110003") {
		t.Errorf("a topic that is gone: %v", err)
	}
	w.on("get_topic", `"TopicAndSelfInfo":[]`)
	if _, err := c.Topics.Get(ctx, "@TGS#_1@TOPIC#_x"); !errors.Is(err, imclient.ErrNotFound) {
		t.Errorf("a topic that the answer leaves out: %v", err)
	}
	if _, err := c.Topics.Get(ctx, "@TGS#_1"); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("a group's id: %v", err)
	}

	id, err := c.Topics.Create(ctx, imclient.NewTopic{Group: "@TGS#_1", Name: "n", Custom: "c"})
	if err != nil || id != "@TGS#_1@TOPIC#_n" {
		t.Errorf("%q, %v", id, err)
	}
	name, on := "m", true
	if err := c.Topics.Change(ctx, "@TGS#_1@TOPIC#_n", imclient.TopicChange{Name: &name, MuteAll: &on}); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "modify_topic", `{"GroupId":"@TGS#_1","TopicId":"@TGS#_1@TOPIC#_n","TopicName":"m","MuteAllMember":"On"}`)
	refused, err := c.Topics.Delete(ctx, "@TGS#_1", []string{"@TGS#_1@TOPIC#_a", "@TGS#_1@TOPIC#_x"})
	if diff := cmp.Diff(map[string]string{"@TGS#_1@TOPIC#_x": "110003"}, refusedCodes(refused)); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
}

func TestLiveMarks(t *testing.T) {
	w := newWire(t)
	withGroups(w, "AVChatRoom")
	w.on("modify_user_info", `"CommandType":1,"MemberList":[{"Member_Account":"a","Marks":[1000]}]`)
	w.on("get_members", `"MemberList":[{"Member_Account":"a","Marks":[1000,1001]}],"NextTimestamp":0`)
	w.on("get_admin_list", ``)
	c := w.client()
	ctx := t.Context()
	refused, err := c.Live.Mark(ctx, "g", []string{"a", "away"}, []string{"1000", "1001"}, true)
	if err != nil || len(refused) != 1 || refused[0].ID != "away" || !errors.Is(refused[0].Err, imclient.ErrNotFound) {
		t.Errorf("refused %+v, %v", refused, err)
	}
	wantSent(t, w, "modify_user_info", `{"GroupId":"g","CommandType":1,"MemberList":[{"Member_Account":"a","Marks":[1000,1001]},{"Member_Account":"away","Marks":[1000,1001]}]}`)
	for name, marks := range map[string][]string{"none": nil, "a word": {"vip"}, "zero": {"0"}} {
		if _, err := c.Live.Mark(ctx, "g", []string{"a"}, marks, false); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if page, err := c.Members.List(ctx, imclient.MemberListOptions{Group: "g", Type: "AVChatRoom", Mark: "1002"}); err != nil || len(page.Items) != 1 || !slices.Equal(page.Items[0].Marks, []string{"1000", "1001", "1002"}) {
		t.Errorf("marked members %+v, %v", page.Items, err)
	}
	wantSent(t, w, "get_members", `{"GroupId":"g","Timestamp":0,"Mark":1002}`)
	if _, err := c.Members.List(ctx, imclient.MemberListOptions{Group: "g", Type: "AVChatRoom", Mark: "vip"}); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("a mark that is none: %v", err)
	}
	if _, err := c.Members.List(ctx, imclient.MemberListOptions{Group: "g", Type: "Public", Mark: "1000"}); !errors.Is(err, imclient.ErrUnsupported) {
		t.Errorf("marks outside of live rooms: %v", err)
	}
	page, err := c.Members.List(ctx, imclient.MemberListOptions{Group: "g", Type: "AVChatRoom"})
	if err != nil || len(page.Items) != 1 || !slices.Equal(page.Items[0].Marks, []string{"1000", "1001"}) {
		t.Errorf("members %+v, %v", page.Items, err)
	}
}

func TestOperationsByDay(t *testing.T) {
	w := newWire(t)
	w.on("getappinfo", `{"ErrorCode":0,"ErrorInfo":"OK","Result":[{"ActiveUserNum":"7","AppName":"x","Date":"20260102"},{"ActiveUserNum":"9223372036854775807","UpMsgNum":"3","Date":"20260101"},{"ActiveUserNum":"1","Date":"?"},{"ActiveUserNum":"-","Date":20260103}]}`)
	c := w.client()
	days, err := c.Operations.Days(t.Context(), imclient.MetricActiveUsers, imclient.MetricSent)
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	want := []imclient.Day{
		{Date: day(1), Values: map[imclient.Metric]int64{imclient.MetricActiveUsers: math.MaxInt64, imclient.MetricSent: 3}},
		{Date: day(2), Values: map[imclient.Metric]int64{imclient.MetricActiveUsers: 7}},
		{Date: day(3), Values: map[imclient.Metric]int64{}},
	}
	if diff := cmp.Diff(want, days); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	if _, err := c.Operations.Days(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "getappinfo", `{"RequestField":["ActiveUserNum","UpMsgNum"]}`, `{}`)
	if _, err := c.Operations.Days(t.Context(), "weather"); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("no such figure: %v", err)
	}
}

// TestMetricsHaveFields: every figure has one field of the service, and no field has two figures.
func TestMetricsHaveFields(t *testing.T) {
	seen := map[string]imclient.Metric{}
	for _, m := range imclient.Metrics() {
		field := metricFields[m]
		if other, twice := seen[field]; twice || field == "" {
			t.Errorf("%s has the field %q, as %s", m, field, other)
		}
		seen[field] = m
	}
	if len(metricFields) != len(seen) {
		t.Errorf("%d figures are listed, %d have fields", len(seen), len(metricFields))
	}
}

func TestKeywordLibraries(t *testing.T) {
	w := newWire(t)
	script(w, "get_cloud_audit_keywords_ids",
		`"TotalCount":2,"Infos":[{"ID":"1cd0","LibName":"ads","Describe":"d","CreateTime":"2023-01-01 08:00:00","Suggestion":"Block"}]`, `"TotalCount":2,"Infos":[{"ID":"2"}]`)
	w.on("get_cloud_audit_keywords", `"TotalCount":3,"Infos":[{"ID":"k","Content":"xyz1","CreateTime":"never"}]`)
	w.on("add_cloud_audit_keywords", `"RequestId":"r"`)
	w.on("delete_cloud_audit_keywords", `"RequestId":"r","Details":[{"Keyword":"a","Deleted":true},{"Keyword":"b","Deleted":false,"ErrorInfo":"not found"}]`)
	w.on("get_local_audit_keywords", `"LocalAuditWords":[{"Id":1,"Keyword":"a.*","WordType":2,"FilterType":1,"ReplacedContent":"*"},{"Keyword":"c","WordType":1}]`)
	w.on("add_local_audit_keywords", "")
	w.on("delete_local_audit_keywords", "")
	c := w.client()
	ctx := t.Context()

	page, err := c.Keywords.Libraries(ctx, "", 1)
	ads := imclient.KeywordLibrary{
		ID: "cloud:1cd0", Name: "ads", Description: "d", Kind: imclient.KeywordsCloud, Action: "Block", Created: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff([]imclient.KeywordLibrary{ads}, page.Items); diff != "" || err != nil || page.Next != "1" {
		t.Errorf("next %q, %v: %s", page.Next, err, diff)
	}
	page, err = c.Keywords.Libraries(ctx, page.Next, 1)
	rest := []imclient.KeywordLibrary{{ID: "cloud:2", Kind: imclient.KeywordsCloud}, {ID: "replace", Kind: imclient.KeywordsReplace}, {ID: "block", Kind: imclient.KeywordsBlock}}
	if diff := cmp.Diff(rest, page.Items); diff != "" || err != nil || page.Next != "" {
		t.Errorf("next %q, %v: %s", page.Next, err, diff)
	}

	words, err := c.Keywords.List(ctx, "cloud:1cd0", "xyz", "", 10)
	if diff := cmp.Diff(imclient.Page[imclient.Keyword]{Items: []imclient.Keyword{{ID: "xyz1", Text: "xyz1"}}, Next: "1", Total: 3}, words); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	wantSent(t, w, "get_cloud_audit_keywords", `{"SdkAppId":1400000000,"LibID":"1cd0","Offset":0,"Limit":10,"Content":"xyz"}`)
	var list []imclient.NewKeyword
	for _, id := range targets(12) {
		list = append(list, imclient.NewKeyword{Text: id, Label: "Ad"})
	}
	if _, err := c.Keywords.Add(ctx, "cloud:1cd0", list); err != nil || len(w.sent("add_cloud_audit_keywords")) != 2 {
		t.Errorf("added in %d calls, %v", len(w.sent("add_cloud_audit_keywords")), err)
	}
	refused, err := c.Keywords.Remove(ctx, "cloud:1cd0", []string{"a", "b"})
	if err != nil || len(refused) != 1 || refused[0].ID != "b" || refused[0].Err.Detail != "not found" || refused[0].Err.RequestID != "r" {
		t.Errorf("refused %+v, %v", refused, err)
	}

	words, err = c.Keywords.List(ctx, "replace", "", "", 2)
	local := []imclient.Keyword{{ID: "2:a.*", Text: "a.*", Pattern: true, Replacement: "*"}, {ID: "1:c", Text: "c"}}
	if diff := cmp.Diff(imclient.Page[imclient.Keyword]{Items: local, Next: "2", Total: -1}, words); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	if _, err := c.Keywords.Add(ctx, "replace", []imclient.NewKeyword{{Text: "a.*", Pattern: true, Replacement: "*"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Keywords.Add(ctx, "block", []imclient.NewKeyword{{Text: "c", Replacement: "ignored"}}); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "add_local_audit_keywords",
		`{"SdkAppId":1400000000,"LocalAuditWords":[{"Keyword":"a.*","WordType":2,"FilterType":1,"ReplacedContent":"*"}]}`,
		`{"SdkAppId":1400000000,"LocalAuditWords":[{"Keyword":"c","WordType":1,"FilterType":2}]}`)
	if _, err := c.Keywords.Remove(ctx, "block", []string{"2:a:b", "1:c"}); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "delete_local_audit_keywords", `{"SdkAppId":1400000000,"LocalAuditWords":[{"Keyword":"a:b","WordType":2},{"Keyword":"c","WordType":1}]}`)

	for name, err := range map[string]error{
		"an unknown library": second(c.Keywords.List(ctx, "x", "", "", 1)),
		"a nameless library": second(c.Keywords.Add(ctx, "cloud:", list)),
	} {
		if !errors.Is(err, imclient.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Keywords.Remove(ctx, "block", []string{"c"}); !errors.Is(err, imclient.ErrInvalid) {
		t.Errorf("a word without a type: %v", err)
	}
	if _, err := c.Keywords.Add(ctx, "cloud:1", []imclient.NewKeyword{{Text: "a", Pattern: true}}); !errors.Is(err, imclient.ErrUnsupported) {
		t.Errorf("a pattern in the cloud: %v", err)
	}
	w.refuse("get_cloud_audit_keywords_ids", "2015")
	if page, err := c.Keywords.Libraries(ctx, "", 10); err != nil || len(page.Items) != 2 {
		t.Errorf("without cloud moderation: %+v, %v", page, err)
	}
	w.refuse("get_cloud_audit_keywords_ids", "2004")
	if _, err := c.Keywords.Libraries(ctx, "", 10); !errors.Is(err, imclient.ErrDenied) {
		t.Errorf("without the right to: %v", err)
	}
}

func TestBroadcasts(t *testing.T) {
	w := newWire(t)
	w.on("im_push", `"TaskId":"task"`)
	w.onFunc("im_get_tag", func(q map[string]any) string {
		list := q["To_Account"].([]any)
		if len(list) > maxPushUsers {
			t.Errorf("%d users in one question", len(list))
		}
		slices.Reverse(list)
		return `"UserTags":[` + each(list, `{"To_Account":%q,"Tags":["a","b"]}`) + `]`
	})
	w.on("im_get_attr", `"UserAttrs":[{"To_Account":"u1","Attrs":{"city":"X","age":9}}]`)
	w.on("im_get_attr_name", `"AttrNames":{"0":"sex","3":"city","x":"?","12":"?"}`)
	for _, name := range []string{"im_add_tag", "im_remove_tag", "im_remove_all_tags", "im_set_attr", "im_remove_attr", "im_set_attr_name"} {
		w.on(name, "")
	}
	c := w.client().Broadcasts
	ctx := t.Context()
	body := []imclient.Element{imclient.Text{Text: "x"}}
	id, err := c.Send(ctx, imclient.Broadcast{From: "me", Body: body, Key: "k", Keep: 90*time.Second + 1, Title: "t", Text: "d", AnyTag: []string{"a"}, AllTag: []string{"b"}})
	if err != nil || id != "task" {
		t.Errorf("%q, %v", id, err)
	}
	_, random := repeatKey("k")
	wantSent(t, w, "im_push", fmt.Sprintf(`{"From_Account":"me","MsgRandom":%d,"MsgLifeTime":91,"Condition":{"TagsOr":["a"],"TagsAnd":["b"]},"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}],"OfflinePushInfo":{"Title":"t","Desc":"d"}}`, random))
	for name, b := range map[string]imclient.Broadcast{"air": {}, "for weeks": {Body: body, Keep: 8 * 24 * time.Hour}, "for less than no time": {Body: body, Keep: -1}} {
		if _, err := c.Send(ctx, b); !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}

	tags, err := c.Tags(ctx, targets(150))
	if err != nil || len(tags) != 150 || tags[149].UserID != "u149" || !slices.Equal(tags[149].Tags, []string{"a", "b"}) {
		t.Errorf("%d users with tags, %v", len(tags), err)
	}
	if _, err := c.AddTags(ctx, targets(101), many("t%d", 11)); err != nil {
		t.Fatal(err)
	}
	if n := len(w.sent("im_add_tag")); n != 4 {
		t.Errorf("11 tags for 101 users took %d calls, want 4", n)
	}
	_, err1 := c.RemoveTags(ctx, []string{"u"}, []string{"a"})
	_, err2 := c.ClearTags(ctx, []string{"u"})
	_, err3 := c.SetAttributes(ctx, []string{"u"}, map[string]string{"city": "X"})
	_, err4 := c.RemoveAttributes(ctx, []string{"u"}, []string{"city", "city"})
	if err := errors.Join(err1, err2, err3, err4, c.SetAttributeNames(ctx, []string{"sex", "", "city"})); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w, "im_remove_tag", `{"UserTags":[{"To_Account":"u","Tags":["a"]}]}`)
	wantSent(t, w, "im_remove_all_tags", `{"To_Account":["u"]}`)
	wantSent(t, w, "im_set_attr", `{"UserAttrs":[{"To_Account":"u","Attrs":{"city":"X"}}]}`)
	wantSent(t, w, "im_remove_attr", `{"UserAttrs":[{"To_Account":"u","Attrs":["city"]}]}`)
	wantSent(t, w, "im_set_attr_name", `{"AttrNames":{"0":"sex","2":"city"}}`)

	names, err := c.AttributeNames(ctx)
	if err != nil || !slices.Equal(names, []string{"sex", "", "", "city"}) {
		t.Errorf("names %q, %v", names, err)
	}
	attrs, err := c.Attributes(ctx, []string{"u0", "u1"})
	want := []imclient.UserAttributes{{UserID: "u0", Attributes: map[string]string{}}, {UserID: "u1", Attributes: map[string]string{"city": "X", "age": "9"}}}
	if diff := cmp.Diff(want, attrs); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	for name, err := range map[string]error{
		"no tags": second(c.AddTags(ctx, []string{"u"}, nil)), "no attributes": second(c.SetAttributes(ctx, []string{"u"}, nil)),
		"no attributes to remove": second(c.RemoveAttributes(ctx, []string{"u"}, nil)), "no names": c.SetAttributeNames(ctx, []string{""}),
		"too many names": c.SetAttributeNames(ctx, many("n%d", 11)),
	} {
		if !errors.Is(err, imclient.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAreasRefuseWhatTheTypeLacks: the service says OK to some of it and does nothing.
func TestAreasRefuseWhatTheTypeLacks(t *testing.T) {
	ctx := t.Context()
	one := []string{"u"}
	for _, tt := range []struct {
		name, typ string
		call      func(c *imclient.Client) error
	}{
		{"unread count of a meeting", "ChatRoom", func(c *imclient.Client) error { return c.Members.SetUnread(ctx, "g", "u", 1) }},
		{"unread count of a live room", "AVChatRoom", func(c *imclient.Client) error {
			return c.Messages.MarkRead(ctx, imclient.Conversation{Group: "g", User: "u"}, time.Time{})
		}},
		{"editing in a live room", "AVChatRoom", func(c *imclient.Client) error {
			return c.Messages.Edit(ctx, imclient.Conversation{Group: "g"}, "1", imclient.Edit{Body: []imclient.Element{imclient.Text{}}})
		}},
		{"clearing a live room", "AVChatRoom", func(c *imclient.Client) error { return c.Messages.Clear(ctx, "g", "") }},
		{"receipts of a community", "Community", func(c *imclient.Client) error {
			return third(c.Messages.Receipts(ctx, imclient.Conversation{Group: "g"}, []string{"1"}))
		}},
		{"readers in a live room", "AVChatRoom", func(c *imclient.Client) error {
			return second(c.Messages.Readers(ctx, imclient.Conversation{Group: "g"}, "1", true, "", 1))
		}},
		{"acknowledging in a community", "Community", func(c *imclient.Client) error {
			return second(c.Messages.Acknowledge(ctx, imclient.Conversation{Group: "g", User: "u"}, []string{"1"}))
		}},
		{"fields of those in a live room", "AVChatRoom", func(c *imclient.Client) error {
			return c.Members.SetCustom(ctx, "g", "u", []imclient.Field{{Key: "k"}})
		}},
		{"marks outside of live rooms", "Public", func(c *imclient.Client) error { return second(c.Live.Mark(ctx, "g", one, []string{"1000"}, true)) }},
		{"counters of a community", "Community", func(c *imclient.Client) error { return second(c.Counters.List(ctx, "g")) }},
		{"clearing attributes of a community", "Community", func(c *imclient.Client) error { return c.Attributes.Clear(ctx, "g") }},
		{"topics of a plain group", "Public", func(c *imclient.Client) error { return second(c.Topics.List(ctx, "g")) }},
		{"a topic in a plain group", "Public", func(c *imclient.Client) error { return second(c.Topics.Create(ctx, imclient.NewTopic{Group: "g"})) }},
		{"giving a live room away", "AVChatRoom", func(c *imclient.Client) error { return c.Groups.Transfer(ctx, "g", "u") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			withGroups(w, tt.typ)
			err := tt.call(w.client())
			if e, _ := errors.AsType[*imclient.Error](err); e == nil || e.Kind != imclient.ErrUnsupported || e.Sent {
				t.Errorf("got %v, want ErrUnsupported, nothing sent", err)
			}
		})
	}
}

// TestOpsOfTheNewAreas: errors name what the caller was doing, beside the command.
func TestOpsOfTheNewAreas(t *testing.T) {
	w := newWire(t)
	for _, name := range []string{"friend_get", "black_list_get", "get_list", "getappinfo", "get_history", "im_get_tag", "get_group_attr", "admin_getroammsg"} {
		w.refuse(name, "60010")
	}
	c := w.client()
	ctx := t.Context()
	for op, err := range map[string]error{
		"friends.list (friend_get)":           second(c.Friends.List(ctx, "u", "")),
		"blocks.list (black_list_get)":        second(c.Blocks.List(ctx, "u", "", 1)),
		"contacts.list (get_list)":            second(c.Contacts.List(ctx, imclient.ContactListOptions{User: "u"})),
		"operations.days (getappinfo)":        second(c.Operations.Days(ctx)),
		"history_files.list (get_history)":    second(c.HistoryFiles.List(ctx, imclient.HistoryDirect, now)),
		"broadcasts.tags (im_get_tag)":        second(c.Broadcasts.Tags(ctx, []string{"u"})),
		"attributes.list (get_group_attr)":    second(c.Attributes.List(ctx, "g")),
		"messages.history (admin_getroammsg)": second(c.Messages.History(ctx, imclient.HistoryOptions{Conversation: directChat})),
		"extensions.list":                     second(c.Extensions.List(ctx, directChat, "x")),
		"keywords.list":                       second(c.Keywords.List(ctx, "x", "", "", 1)),
		"history_files.download":              c.HistoryFiles.Download(ctx, imclient.HistoryFile{URL: "ftp://x"}, nil),
	} {
		e, _ := errors.AsType[*imclient.Error](err)
		if e == nil || e.Op != op {
			t.Errorf("got %v, want the operation %q", err, op)
		}
	}
}

func targets(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("u%d", i)
	}
	return list
}
