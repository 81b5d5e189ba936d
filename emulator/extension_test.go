package emulator

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const extension = "openim_msg_ext_http_svc/"

// as calls a command with the UserSig of somebody who need not be an administrator.
func (r *rig) as(identifier, command, body string) answer {
	r.Helper()
	q := r.query()
	q.Set("identifier", identifier)
	q.Set("usersig", sign(testApp, identifier, testKey, r.clock.Now().Unix(), 86400))
	return r.with(q, command, body)
}

// with calls a command with the given parameters.
func (r *rig) with(q url.Values, command, body string) answer {
	r.Helper()
	_, text, err := r.post("/v4/"+command, q, body)
	if err != nil {
		r.Fatal(err)
	}
	return decode(text)
}

// extPairs is key=value/seq of each item of an answer.
func extPairs(a answer) string {
	var list []string
	items, _ := a["ExtensionList"].([]any)
	for _, it := range items {
		code := ""
		if e := at(it, "Extension"); e != nil {
			if n := num(at(it, "ErrorCode")); n != int64(0) {
				code = fmt.Sprint("!", n)
			}
			it = e
		}
		list = append(list, fmt.Sprintf("%v=%v/%v%s", at(it, "Key"), at(it, "Value"), num(at(it, "Seq")), code))
	}
	return strings.Join(list, " ")
}

func TestExtensionsOfMessages(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a", "b")
	key := r.tell("a", "b", 1, `,"SupportMessageExtension":1`)
	r.ok(group+"send_group_msg", `{"GroupId":"g","From_Account":"a","Random":1,"SupportMessageExtension":1,"MsgBody":`+textBody("x")+`}`)
	for _, on := range []struct{ set, get, name string }{
		{extension + "set_key_values", extension + "get_key_values", fmt.Sprintf(`"From_Account":"a","To_Account":"b","MsgKey":%q`, key)},
		{extension + "group_set_key_values", extension + "group_get_key_values", `"GroupId":"g","MsgSeq":1`},
	} {
		set := func(who, fields string) answer {
			t.Helper()
			return r.as(who, on.set, `{`+on.name+fields+`}`)
		}
		get := func(who, fields string) answer {
			t.Helper()
			return r.as(who, on.get, `{`+on.name+fields+`}`)
		}
		expect := func(what string, a answer, want string) {
			t.Helper()
			if got := extPairs(a); got != want || a.code() != 0 {
				t.Errorf("%s %s: %s, want %s, in %v", on.set, what, got, want, a)
			}
		}
		expect("nothing yet", get(testAdmin, ""), "")
		expect("two at once", set(testAdmin, `,"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"v1","Seq":0},{"Key":"k2","Value":"v2","Seq":0}]`), "k1=v1/1 k2=v2/1")
		expect("one more", set(testAdmin, `,"OperateType":1,"ExtensionList":[{"Key":"k3","Value":"v3"}]`), "k3=v3/2")
		a := get(testAdmin, "")
		expect("all", a, "k1=v1/1 k2=v2/1 k3=v3/2")
		r.expect(a, 1, "CompleteFlag")
		r.expect(a, 2, "LatestSeq")
		r.expect(a, 0, "ClearSeq")
		expect("from the second change on", get(testAdmin, `,"StartSeq":2`), "k3=v3/2")
		expect("a member with stale numbers", set("b", `,"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"mine","Seq":1},{"Key":"k3","Value":"mine","Seq":1},{"Key":"k4","Value":"mine","Seq":3}]`),
			"k1=mine/3 k3=v3/2!23001 k4=/0!23001")
		expect("a member deletes with a stale number", set("b", `,"OperateType":2,"ExtensionList":[{"Key":"k1","Value":"","Seq":1}]`), "k1=mine/3!23001")
		expect("an administrator's number is not looked at", set(testAdmin, `,"OperateType":2,"ExtensionList":[{"Key":"k1","Seq":99},{"Key":"k9","Value":""}]`), "k1=/4 k9=/4")
		expect("a member reads", get("a", ""), "k2=v2/1 k3=v3/2")
		expect("all cleared", set("a", `,"OperateType":3`), "")
		a = get(testAdmin, "")
		expect("after that", a, "")
		r.expect(a, 4, "LatestSeq")
		r.expect(a, 4, "ClearSeq")
		expect("a new beginning", set("b", `,"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"again","Seq":0}]`), "k1=again/5")
		for who, code := range map[string]int{"owner": map[bool]int{true: 0, false: 60010}[on.set == extension+"group_set_key_values"], "stranger": 60010} {
			if a := get(who, ""); a.code() != code {
				t.Errorf("%s reads: %v", who, a)
			}
		}
		if a := set("b", `,"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"x"}]`); a.code() != 10004 {
			t.Errorf("a member without Seq: %v", a)
		}
	}
}

func TestExtensionLimits(t *testing.T) {
	r := newRig(t)
	r.group("Public", "g", "a")
	r.group("AVChatRoom", "live")
	r.group("Community", "@TGS#_c", "a")
	r.say("g", "a", "takes none")
	r.ok(group+"send_group_msg", `{"GroupId":"g","From_Account":"a","Random":9,"SupportMessageExtension":1,"MsgBody":`+textBody("x")+`}`)
	r.say("@TGS#_c", "a", "x")
	plain := r.tell("a", "owner", 1, "")
	key := r.tell("a", "owner", 2, `,"SupportMessageExtension":1`)
	const set, get = extension + "group_set_key_values", extension + "group_get_key_values"
	write := func(items string) string {
		return `{"GroupId":"g","MsgSeq":2,"OperateType":1,"ExtensionList":` + items + `}`
	}
	item := func(key, value string) string { return `[{"Key":` + js(key) + `,"Value":` + js(value) + `}]` }
	many := func(prefix string, n int) string {
		list := make([]map[string]any, n)
		for i := range list {
			list[i] = map[string]any{"Key": fmt.Sprintf("%s%03d", prefix, i), "Value": "v"}
		}
		return js(list)
	}
	r.refuses([]refusal{
		{"no object", set, `[]`, 90001},
		{"no group", set, `{"MsgSeq":2,"OperateType":3}`, 10004},
		{"no such group", set, `{"GroupId":"x","MsgSeq":2,"OperateType":3}`, 10015},
		{"no such message", set, `{"GroupId":"g","MsgSeq":3,"OperateType":3}`, 23004},
		{"a message that takes none", set, `{"GroupId":"g","MsgSeq":1,"OperateType":3}`, 23002},
		{"read from it", get, `{"GroupId":"g","MsgSeq":1}`, 23002},
		{"a live room", set, `{"GroupId":"live","MsgSeq":1,"OperateType":3}`, 10007},
		{"a community", get, `{"GroupId":"@TGS#_c","MsgSeq":1}`, 10007},
		{"no type", set, `{"GroupId":"g","MsgSeq":2}`, 10004},
		{"an unknown type", set, `{"GroupId":"g","MsgSeq":2,"OperateType":4}`, 10004},
		{"no list", set, `{"GroupId":"g","MsgSeq":2,"OperateType":1}`, 10004},
		{"an empty list", set, write(`[]`), 10004},
		{"21", set, write(many("k", 21)), 10004},
		{"a key twice", set, write(`[{"Key":"k","Value":"1"},{"Key":"k","Value":"2"}]`), 10004},
		{"no key", set, write(`[{"Value":"1"}]`), 10004},
		{"no value", set, write(`[{"Key":"k"}]`), 10004},
		{"a key of 101 bytes", set, write(item(strings.Repeat("k", 101), "v")), 10004},
		{"a value of 1001 bytes", set, write(item("k", strings.Repeat("v", 1001))), 10004},
		{"the longest of both", set, write(item(strings.Repeat("k", 100), strings.Repeat("v", 1000))), 0},
		{"direct: bad key", extension + "set_key_values", `{"To_Account":"owner","MsgKey":"x","OperateType":3}`, 10004},
		{"direct: no such message", extension + "set_key_values", `{"From_Account":"a","To_Account":"owner","MsgKey":"1_2_3","OperateType":3}`, 23004},
		{"direct: no such user", extension + "get_key_values", `{"From_Account":"zz","To_Account":"owner","MsgKey":"1_2_3"}`, 20003},
		{"direct: takes none", extension + "get_key_values", fmt.Sprintf(`{"From_Account":"a","To_Account":"owner","MsgKey":%q}`, plain), 23002},
		{"direct: takes some", extension + "get_key_values", fmt.Sprintf(`{"From_Account":"a","To_Account":"owner","MsgKey":%q}`, key), 0},
		{"direct: as if the caller had sent it", extension + "get_key_values", fmt.Sprintf(`{"To_Account":"owner","MsgKey":%q}`, key), 23004},
	})
	var want []string
	for i := range 14 {
		r.ok(set, write(many(fmt.Sprintf("p%02d-", i), 20)))
		for k := range 20 {
			want = append(want, fmt.Sprintf("p%02d-%03d", i, k))
		}
	}
	r.ok(set, write(many("last", 19)))
	r.refuses([]refusal{{"the 301st", set, write(item("one", "more")), 10004}, {"one of the 300", set, write(item("last000", "new")), 0}})
	var got []string
	for start, done := int64(0), false; !done; {
		a := r.ok(get, fmt.Sprintf(`{"GroupId":"g","MsgSeq":2,"StartSeq":%d}`, start))
		list := a["ExtensionList"].([]any)
		if len(list) > 200 {
			t.Fatalf("a page of %d", len(list))
		}
		for _, it := range list {
			if name := at(it, "Key").(string); strings.HasPrefix(name, "p") && !slices.Contains(got, name) {
				got = append(got, name)
			}
			start = num(at(it, "Seq")).(int64)
		}
		done = num(a["CompleteFlag"]) == int64(1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("read %d of %d", len(got), len(want))
	}
	over := 0
	for range 200 {
		r.clock.Add(10 * time.Millisecond)
		if r.call(set, write(item("last000", "x"))).code() == 23003 {
			over++
		}
	}
	if over < 15 || over > 25 { // 17 writes came before
		t.Errorf("%d of 200 were too many for a minute", over)
	}
	r.clock.Add(time.Minute)
	r.ok(set, write(item("last000", "x")))
}
