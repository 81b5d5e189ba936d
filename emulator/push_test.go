package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

const push = "all_member_push/"

// pushed fetches what the emulator tells of pushes.
func (r *rig) pushed() (list []map[string]any) {
	r.Helper()
	resp, err := r.http.Get(r.URL() + "/_emulator/pushes?app=" + fmt.Sprint(testApp))
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	if err := json.Unmarshal(b, &list); err != nil {
		r.Fatalf("%v in %s", err, b)
	}
	return list
}

func pushBody(random int, fields string) string {
	return fmt.Sprintf(`{"MsgRandom":%d,"MsgBody":%s%s}`, random, textBody("hello"), fields)
}

// TestPushSelects sets tags and attributes and pushes by each kind of condition.
func TestPushSelects(t *testing.T) {
	r := newRig(t)
	r.people("a", "b", "c", "d") // and two administrators
	r.SignIn(testApp, "a", "iPhone")
	r.SignIn(testApp, "c", "Web")
	r.ok(push+"im_set_attr_name", `{"AttrNames":{"0":"city","3":"level"}}`)
	r.ok(push+"im_set_attr_name", `{"AttrNames":{"1":"sex"}}`)
	r.gets(push+"im_get_attr_name", `{}`, "map[0:city 1:sex 3:level]", "AttrNames")
	r.ok(push+"im_set_attr", `{"UserAttrs":[{"To_Account":"a","Attrs":{"city":"北京","level":"1"}},{"To_Account":"b","Attrs":{"city":"北京","level":"2"}},{"To_Account":"c","Attrs":{"city":"深圳"}}]}`)
	r.ok(push+"im_add_tag", `{"UserTags":[{"To_Account":"a","Tags":["x","y"]},{"To_Account":"b","Tags":["y"]},{"To_Account":"c","Tags":["z"]},{"To_Account":"nobody","Tags":["z"]}]}`)
	tests := []struct {
		name, fields     string
		matched, reached int
	}{
		{"everybody", ``, 6, 2},
		{"an empty condition", `,"Condition":{}`, 6, 2},
		{"one tag or another", `,"Condition":{"TagsOr":["x","z"]}`, 2, 2},
		{"both tags", `,"Condition":{"TagsAnd":["x","y"]}`, 1, 1},
		{"both conditions", `,"Condition":{"TagsOr":["x","z"],"TagsAnd":["z"]}`, 1, 1},
		{"a tag nobody has", `,"Condition":{"TagsOr":["q"]}`, 0, 0},
		{"one attribute or another", `,"Condition":{"AttrsOr":{"city":"深圳","level":"2"}}`, 2, 1},
		{"both attributes", `,"Condition":{"AttrsAnd":{"city":"北京","level":"2"}}`, 1, 0},
		{"both kinds of both", `,"Condition":{"AttrsAnd":{"city":"北京"},"AttrsOr":{"level":"1","sex":"m"}}`, 1, 1},
	}
	for i, tt := range tests {
		r.clock.Add(1001 * time.Millisecond)
		task := fmt.Sprint(r.ok(push+"im_push", pushBody(i, `,"From_Account":"a"`+tt.fields))["TaskId"])
		if !strings.HasPrefix(task, fmt.Sprint(testApp, "_")) {
			t.Errorf("%s: TaskId %s", tt.name, task)
		}
		latest := r.pushed()[0]
		if got := fmt.Sprint(latest["task"], latest["from"], num(latest["matched"]), num(latest["reached"])); got != fmt.Sprint(task, "a", tt.matched, tt.reached) {
			t.Errorf("%s: %s, want %d, %d", tt.name, got, tt.matched, tt.reached)
		}
	}
	// The meaning of a number moves with its name; values stay with the number.
	r.ok(push+"im_set_attr_name", `{"AttrNames":{"0":"town","3":""}}`)
	r.gets(push+"im_get_attr", `{"To_Account":["a","never"]}`, "[map[Attrs:map[town:北京] To_Account:a] map[Attrs:map[] To_Account:never]]", "UserAttrs")
	r.ok(push+"im_remove_attr", `{"UserAttrs":[{"To_Account":"a","Attrs":["town"]}]}`)
	r.gets(push+"im_get_attr", `{"To_Account":["a"]}`, "map[]", "UserAttrs", 0, "Attrs")
	r.ok(push+"im_remove_tag", `{"UserTags":[{"To_Account":"a","Tags":["x","q"]}]}`)
	r.gets(push+"im_get_tag", `{"To_Account":["a","b","never"]}`, "[map[Tags:[y] To_Account:a] map[Tags:[y] To_Account:b] map[Tags:[] To_Account:never]]", "UserTags")
	r.ok(push+"im_remove_all_tags", `{"To_Account":["a","c"]}`)
	r.gets(push+"im_get_tag", `{"To_Account":["a","b"]}`, "[map[Tags:[] To_Account:a] map[Tags:[y] To_Account:b]]", "UserTags")
}

func TestPushRefusals(t *testing.T) {
	r := newRig(t)
	r.ok(push+"im_set_attr_name", `{"AttrNames":{"0":"city"}}`)
	condition := func(text string) string { return pushBody(7, `,"Condition":`+text) }
	tags := func(n int) string { return js(names("t", n)) }
	long := strings.Repeat("x", 51)
	for _, c := range []refusal{
		{"no body", push + "im_push", `{"MsgRandom":1}`, 90002},
		{"body is an object", push + "im_push", `{"MsgRandom":1,"MsgBody":{}}`, 90007},
		{"unknown element", push + "im_push", `{"MsgRandom":1,"MsgBody":[{"MsgType":"Text","MsgContent":{}}]}`, 90010},
		{"no random", push + "im_push", `{"MsgBody":` + textBody("x") + `}`, 90005},
		{"random is text", push + "im_push", `{"MsgRandom":"x","MsgBody":` + textBody("x") + `}`, 90005},
		{"random over 32 bits", push + "im_push", `{"MsgRandom":4294967296,"MsgBody":` + textBody("x") + `}`, 90005},
		{"kept for eight days", push + "im_push", pushBody(7, `,"MsgLifeTime":604801`), 90026},
		{"from a stranger", push + "im_push", pushBody(7, `,"From_Account":"zz"`), 20003},
		{"tags and attributes", push + "im_push", condition(`{"TagsOr":["a"],"AttrsAnd":{"city":"x"}}`), 90039},
		{"11 tags", push + "im_push", condition(`{"TagsOr":` + tags(11) + `}`), 90032},
		{"a long tag", push + "im_push", condition(`{"TagsAnd":["` + long + `"]}`), 90020},
		{"a tag twice", push + "im_push", condition(`{"TagsAnd":["a","a"]}`), 90022},
		{"an empty tag", push + "im_push", condition(`{"TagsOr":[""]}`), 90040},
		{"tags are text", push + "im_push", condition(`{"TagsOr":"a"}`), 90001},
		{"unknown attribute", push + "im_push", condition(`{"AttrsOr":{"town":"x"}}`), 90033},
		{"attribute is a number", push + "im_push", condition(`{"AttrsOr":{"city":5}}`), 90033},
		{"condition is text", push + "im_push", condition(`"all"`), 90001},
		{"10 tags, a week", push + "im_push", pushBody(8, `,"MsgLifeTime":604800,"Condition":{"TagsOr":`+tags(10)+`}`), 0},
		{"no JSON", push + "im_push", `{`, 90001},
		{"unknown command", push + "im_pull", `{}`, 60009},
		{"no names", push + "im_set_attr_name", `{}`, 90001},
		{"name 10", push + "im_set_attr_name", `{"AttrNames":{"10":"x"}}`, 90033},
		{"name a", push + "im_set_attr_name", `{"AttrNames":{"a":"x"}}`, 90033},
		{"long name", push + "im_set_attr_name", `{"AttrNames":{"1":"` + long + `"}}`, 90033},
		{"a name twice", push + "im_set_attr_name", `{"AttrNames":{"1":"city"}}`, 90033},
		{"unknown attribute of a user", push + "im_set_attr", `{"UserAttrs":[{"To_Account":"a","Attrs":{"town":"x"}}]}`, 90033},
		{"long value", push + "im_set_attr", `{"UserAttrs":[{"To_Account":"a","Attrs":{"city":"` + long + `"}}]}`, 90033},
		{"no attributes", push + "im_set_attr", `{"UserAttrs":[{"To_Account":"a"}]}`, 90001},
		{"remove an unknown attribute", push + "im_remove_attr", `{"UserAttrs":[{"To_Account":"a","Attrs":["town"]}]}`, 90033},
		{"remove by value", push + "im_remove_attr", `{"UserAttrs":[{"To_Account":"a","Attrs":{"city":"x"}}]}`, 90001},
		{"101 users", push + "im_get_attr", `{"To_Account":` + tags(101) + `}`, 90018},
		{"100 users", push + "im_get_attr", `{"To_Account":` + tags(100) + `}`, 0},
		{"101 users with tags", push + "im_add_tag", `{"UserTags":[` + strings.Repeat(`{"To_Account":"a","Tags":["x"]},`, 100) + `{"To_Account":"a","Tags":["x"]}]}`, 90018},
		{"nobody", push + "im_get_tag", `{"To_Account":[]}`, 90001},
		{"11 tags at once", push + "im_add_tag", `{"UserTags":[{"To_Account":"a","Tags":` + tags(11) + `}]}`, 90032},
		{"a long tag of a user", push + "im_add_tag", `{"UserTags":[{"To_Account":"a","Tags":["` + long + `"]}]}`, 90034},
		{"an empty tag of a user", push + "im_add_tag", `{"UserTags":[{"To_Account":"a","Tags":[""]}]}`, 90040},
		{"no tags", push + "im_remove_tag", `{"UserTags":[{"To_Account":"a"}]}`, 90001},
		{"101 users to clear", push + "im_remove_all_tags", `{"To_Account":` + tags(101) + `}`, 90018},
	} {
		r.clock.Add(2 * time.Second)
		r.refuses([]refusal{c})
	}
	for i := range 10 {
		r.ok(push+"im_add_tag", `{"UserTags":[{"To_Account":"a","Tags":`+js(names(fmt.Sprint("u", i), 10))+`}]}`)
	}
	r.refuses([]refusal{{"tag 101", push + "im_add_tag", `{"UserTags":[{"To_Account":"a","Tags":["more"]}]}`, 90032}})
	if n := len(at(r.ok(push+"im_get_tag", `{"To_Account":["a"]}`), "UserTags", 0, "Tags").([]any)); n != 100 {
		t.Errorf("%d tags", n)
	}
}

func TestPushLimits(t *testing.T) {
	r := newRig(t)
	first := r.ok(push+"im_push", pushBody(1, ""))["TaskId"]
	r.refuses([]refusal{{"at once", push + "im_push", pushBody(2, ""), 90024}})
	r.clock.Add(time.Second)
	r.refuses([]refusal{{"a second later", push + "im_push", pushBody(2, ""), 90024}})
	// The same random is the same push, for a week.
	r.gets(push+"im_push", pushBody(1, ""), first, "TaskId")
	for i := range 99 {
		r.clock.Add(1001 * time.Millisecond)
		r.ok(push+"im_push", pushBody(100+i, ""))
	}
	r.clock.Add(2 * time.Second)
	r.refuses([]refusal{{"push 101", push + "im_push", pushBody(2, ""), 90047}})
	if n := len(r.pushed()); n != 100 {
		t.Errorf("%d pushes", n)
	}
	// 2023-11-15 06:15 China Standard Time: the next day begins there, not at midnight UTC.
	r.clock.Add(17 * time.Hour)
	r.refuses([]refusal{{"late that day", push + "im_push", pushBody(2, ""), 90047}})
	r.clock.Add(time.Hour)
	r.refuses([]refusal{{"the next day", push + "im_push", pushBody(2, ""), 0}})
	r.clock.Add(7 * 24 * time.Hour)
	if again := r.ok(push+"im_push", pushBody(1, ""))["TaskId"]; again == first {
		t.Error("a push of a week ago is still the same")
	}
}
