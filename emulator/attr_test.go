package emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const attrs = "group_open_attr_http_svc/get_group_attr"

// pairs is a list of n objects {key, value} of the given lower- or upper-case names.
func pairs(key, value string, n int, v any) string {
	list := make([]map[string]any, n)
	for i, k := range names("k", n) {
		list[i] = map[string]any{key: k, value: v}
	}
	return js(list)
}

func TestAttributes(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g")
	r.group("AVChatRoom", "live")
	r.group("Community", "@TGS#_c")
	body := func(attr string) string { return `{"GroupId":"g","GroupAttr":` + attr + `}` }
	write := func(command, attr, want string) {
		t.Helper()
		r.clock.Add(time.Second)
		r.ok(group+command, body(attr))
		r.gets(attrs, `{"GroupId":"g"}`, want, "GroupAttrAry")
	}
	r.gets(attrs, `{"GroupId":"g"}`, "[]", "GroupAttrAry")
	write("modify_group_attr", `[{"key":"a","value":"1"},{"key":"b","value":""}]`, "[map[key:a value:1] map[key:b value:]]")
	write("modify_group_attr", `[{"key":"b","value":"2"},{"key":"c","value":"3"}]`, "[map[key:a value:1] map[key:b value:2] map[key:c value:3]]")
	write("set_group_attr", `[{"key":"d","value":"4"},{"key":"e","value":"5"}]`, "[map[key:d value:4] map[key:e value:5]]")
	write("delete_group_attr", `[{"key":"d"}]`, "[map[key:e value:5]]")
	r.clock.Add(time.Second)
	r.ok(group+"clear_group_attr", `{"GroupId":"g"}`)
	r.gets(attrs, `{"GroupId":"g"}`, "[]", "GroupAttrAry")

	long := strings.Repeat("x", 4000)
	for _, c := range []refusal{
		{"key of 32 bytes", group + "modify_group_attr", body(`[{"key":"` + strings.Repeat("k", 32) + `","value":"1"}]`), 0},
		{"key of 33 bytes", group + "modify_group_attr", body(`[{"key":"` + strings.Repeat("k", 33) + `","value":"1"}]`), 10045},
		{"value of 4001 bytes", group + "modify_group_attr", body(`[{"key":"a","value":"` + long + `x"}]`), 10046},
		{"16 attributes", group + "set_group_attr", body(pairs("key", "value", 16, "v")), 0},
		{"17 attributes", group + "set_group_attr", body(pairs("key", "value", 17, "v")), 10047},
		{"one more", group + "modify_group_attr", body(`[{"key":"more","value":"1"}]`), 10047},
		{"16000 bytes", group + "set_group_attr", body(pairs("key", "value", 4, long)), 0},
		{"a byte more", group + "modify_group_attr", body(`[{"key":"more","value":"1"}]`), 10048},
		{"one that is not there", group + "delete_group_attr", body(`[{"key":"k00000"},{"key":"never"}]`), 10050},
		{"a key twice", group + "set_group_attr", body(`[{"key":"a","value":"1"},{"key":"a","value":"2"}]`), 10004},
		{"Key in upper case", group + "set_group_attr", body(`[{"Key":"a","Value":"1"}]`), 10004},
		{"no value", group + "set_group_attr", body(`[{"key":"a"}]`), 10004},
		{"value is a number", group + "set_group_attr", body(`[{"key":"a","value":1}]`), 10004},
		{"no attributes", group + "modify_group_attr", `{"GroupId":"g"}`, 10004},
		{"attributes are an object", group + "set_group_attr", body(`{"a":"1"}`), 10004},
		{"clear a community", group + "clear_group_attr", `{"GroupId":"@TGS#_c"}`, 10007},
		{"modify a community", group + "modify_group_attr", `{"GroupId":"@TGS#_c","GroupAttr":[{"key":"a","value":"1"}]}`, 0},
		{"modify a live room", group + "modify_group_attr", `{"GroupId":"live","GroupAttr":[{"key":"a","value":"1"}]}`, 0},
		{"no group", attrs, `{}`, 10004},
		{"unknown group", attrs, `{"GroupId":"zz"}`, 10015},
		{"unknown group to write", group + "set_group_attr", `{"GroupId":"zz","GroupAttr":[{"key":"a","value":"1"}]}`, 10015},
		{"asked of the group service", group + "get_group_attr", `{"GroupId":"g"}`, 10003},
		{"written by the other service", "group_open_attr_http_svc/set_group_attr", body(`[]`), 10003},
	} {
		r.clock.Add(time.Second)
		r.refuses([]refusal{c})
	}
	// Refused writes changed nothing: of the four, none was deleted.
	if n := len(r.ok(attrs, `{"GroupId":"g"}`)["GroupAttrAry"].([]any)); n != 4 {
		t.Errorf("%d attributes", n)
	}
	r.clock.Add(time.Second)
	for i, want := range []int{0, 0, 0, 0, 0, 10049, 10049} {
		r.refuses([]refusal{{fmt.Sprint("write ", i), group + "modify_group_attr", `{"GroupId":"live","GroupAttr":[{"key":"a","value":"1"}]}`, want}})
	}
	r.refuses([]refusal{{"another group", group + "modify_group_attr", `{"GroupId":"@TGS#_c","GroupAttr":[{"key":"a","value":"1"}]}`, 0}})
	r.ok(group+"destroy_group", `{"GroupId":"g"}`)
	r.refuses([]refusal{{"dismissed", attrs, `{"GroupId":"g"}`, 10010}})
	r.group("Public", "g")
	r.gets(attrs, `{"GroupId":"g"}`, "[]", "GroupAttrAry")
}

func TestCounters(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g")
	r.group("AVChatRoom", "live")
	r.group("Community", "@TGS#_c")
	update := func(fields, counters string) string {
		return `{"GroupId":"g"` + fields + `,"GroupCounter":` + counters + `}`
	}
	steps := []struct{ mode, counters, want string }{
		{``, `[{"Key":"like","Value":5}]`, "[map[Key:like Value:5]]"},
		{`,"Mode":"Increase"`, `[{"Key":"like","Value":2},{"Key":"new","Value":3}]`, "[map[Key:like Value:7] map[Key:new Value:3]]"},
		{`,"Mode":"Decrease"`, `[{"Key":"new","Value":10},{"Key":"other","Value":1}]`, "[map[Key:new Value:-7] map[Key:other Value:-1]]"},
		{`,"Mode":"Set"`, `[{"Key":"like","Value":"0"}]`, "[map[Key:like Value:0]]"},
		{`,"Mode":"Increase"`, `[{"Key":"like","Value":-4},{"Key":"like","Value":1}]`, "[map[Key:like Value:-4] map[Key:like Value:-3]]"},
	}
	for _, s := range steps {
		r.gets(group+"update_group_counter", update(s.mode, s.counters), s.want, "GroupCounter")
	}
	r.gets(group+"get_group_counter", `{"GroupId":"g"}`, "[map[Key:like Value:-3] map[Key:new Value:-7] map[Key:other Value:-1]]", "GroupCounter")
	r.gets(group+"get_group_counter", `{"GroupId":"g","GroupCounterKeys":["new","never"]}`, "[map[Key:new Value:-7]]", "GroupCounter")
	r.ok(group+"delete_group_counter", `{"GroupId":"g","GroupCounterKeys":["new","never"]}`)
	r.gets(group+"get_group_counter", `{"GroupId":"g","GroupCounterKeys":[]}`, "[map[Key:like Value:-3] map[Key:other Value:-1]]", "GroupCounter")
	r.ok(group+"delete_group_counter", `{"GroupId":"g"}`)
	r.gets(group+"get_group_counter", `{"GroupId":"g"}`, "[]", "GroupCounter")
	if _, text, err := r.post("/v4/"+group+"update_group_counter", r.query(), update("", `[{"Key":"big","Value":9223372036854775807}]`)); err != nil || !strings.Contains(text, `"Value":9223372036854775807`) {
		t.Errorf("a large value: %s %v", text, err)
	}
	r.refuses([]refusal{
		{"beyond 64 bits", group + "update_group_counter", update(`,"Mode":"Increase"`, `[{"Key":"big","Value":1}]`), 10004},
		{"20 counters", group + "update_group_counter", update("", pairs("Key", "Value", 20, 1)), 10063},
		{"19 beside one", group + "update_group_counter", update("", pairs("Key", "Value", 19, 1)), 0},
		{"21 in a call", group + "update_group_counter", update("", pairs("Key", "Value", 21, 1)), 10063},
		{"key of 128 bytes", group + "update_group_counter", `{"GroupId":"live","GroupCounter":[{"Key":"` + strings.Repeat("k", 128) + `","Value":1}]}`, 0},
		{"key of 129 bytes", group + "update_group_counter", update("", `[{"Key":"`+strings.Repeat("k", 129)+`","Value":1}]`), 10004},
		{"a part of a number", group + "update_group_counter", update("", `[{"Key":"k00000","Value":1.5}]`), 10004},
		{"no value", group + "update_group_counter", update("", `[{"Key":"k00000"}]`), 10004},
		{"key in lower case", group + "update_group_counter", update("", `[{"key":"k00000","value":1}]`), 10004},
		{"unknown mode", group + "update_group_counter", update(`,"Mode":"increase"`, `[{"Key":"k00000","Value":1}]`), 10004},
		{"no counters", group + "update_group_counter", `{"GroupId":"g"}`, 10004},
		{"keys are text", group + "get_group_counter", `{"GroupId":"g","GroupCounterKeys":"k"}`, 10004},
		{"of a community", group + "get_group_counter", `{"GroupId":"@TGS#_c"}`, 10007},
		{"update a community", group + "update_group_counter", `{"GroupId":"@TGS#_c","GroupCounter":[{"Key":"a","Value":1}]}`, 10007},
		{"delete of a community", group + "delete_group_counter", `{"GroupId":"@TGS#_c"}`, 10007},
		{"unknown group", group + "delete_group_counter", `{"GroupId":"zz"}`, 10015},
		{"no group", group + "get_group_counter", `{}`, 10004},
	})
}
