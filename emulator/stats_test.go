package emulator

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// day returns the figures of a day, 0 being today.
func (r *rig) day(ago int) map[string]any {
	r.Helper()
	days := r.ok("openconfigsvr/getappinfo", `{}`)["Result"].([]any)
	if len(days) != 30 {
		r.Fatalf("%d days", len(days))
	}
	return days[ago].(map[string]any)
}

func TestStatistics(t *testing.T) {
	r := newRig(t)
	r.clock.Add(18 * time.Hour) // 2023-11-16 00:13 China Standard Time; the administrators are of the day before
	days := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
	r.group("Public", "g", "a", "b")
	r.group("AVChatRoom", "live")
	r.clock.Add(days(1))
	r.people("c", "d")
	r.SignIn(testApp, "a", "iPhone")
	r.SignIn(testApp, "b", "Web")
	r.SignIn(testApp, "a", "Web")
	r.say("g", "a", "one")
	r.say("g", "a", "two")
	r.say("live", "b", "three")
	r.ok("openim/sendmsg", fmt.Sprintf(`{"From_Account":"c","To_Account":"a","MsgRandom":1,"MsgBody":%s}`, textBody("x")))
	r.befriend("a", "b")
	r.befriend("a", "c")
	r.ok(sns+"friend_delete", `{"From_Account":"a","To_Account":["b"]}`)
	r.ok(group+"delete_group_member", `{"GroupId":"g","Silence":1,"MemberToDel_Account":["b"]}`)
	r.clock.Add(time.Hour)
	r.say("g", "owner", "later")
	r.clock.Add(days(1) - time.Hour)
	r.ok(group+"destroy_group", `{"GroupId":"live"}`)
	r.ok(account+"account_delete", `{"DeleteItem":[{"UserID":"d"}]}`)

	check := func(ago int, want string) {
		t.Helper()
		got := r.day(ago)
		for _, field := range strings.Fields(want) {
			name, value, _ := strings.Cut(field, "=")
			if got[name] != value {
				t.Errorf("%d days ago: %s is %v, want %q", ago, name, got[name], value)
			}
		}
		for name, v := range got {
			if _, ok := v.(string); !ok {
				t.Errorf("%s is no text", name)
			}
		}
		if len(got) != 32 {
			t.Errorf("%d fields", len(got))
		}
	}
	check(2, "Date=20231116 RegistUserNumOneDay=3 RegistUserNumTotal=5 GroupNewGroupNum=2 GroupAllGroupNum=2 GroupJoinGroupTimes=3 UpMsgNum=0 ActiveUserNum=0 LoginTimes=0")
	check(1, "Date=20231117 RegistUserNumOneDay=2 RegistUserNumTotal=7 GroupNewGroupNum=0 GroupAllGroupNum=2 LoginTimes=3 LoginUserNum=2 MaxOnlineNum=2"+
		" UpMsgNum=5 GroupUpMsgNum=4 C2CUpMsgNum=1 DownMsgNum=6 GroupDownMsgNum=5 C2CDownMsgNum=1 SendMsgUserNum=4 GroupSendMsgUserNum=3 C2CSendMsgUserNum=1 GroupSendMsgGroupNum=2"+
		" ActiveUserNum=4 ChainIncrease=4 ChainDecrease=1 GroupQuitGroupTimes=1 C2CAPNSMsgNum=0 APNSMsgNum=0 AppId=1400000000")
	check(0, "Date=20231118 RegistUserNumOneDay=0 RegistUserNumTotal=6 GroupDestroyGroupNum=1 GroupAllGroupNum=1 UpMsgNum=0 LoginTimes=0 CallBackReq=0 CallBackRsp=0")
	check(3, "Date=20231115 RegistUserNumOneDay=2 RegistUserNumTotal=2 GroupAllGroupNum=0")

	a := r.ok("openconfigsvr/getappinfo", `{"RequestField":["UpMsgNum","ChainIncrease","Nonsense"]}`)
	r.expect(a, "map[ChainIncrease:4 Date:20231117 UpMsgNum:5]", "Result", 1)
	r.expect(a, "OK", "ErrorInfo")
	if _, ok := a["ActionStatus"]; ok {
		t.Error("the answer has an ActionStatus")
	}
	r.clock.Add(days(28))
	check(29, "Date=20231117 UpMsgNum=5")
	r.clock.Add(days(1))
	check(29, "Date=20231118 UpMsgNum=0 RegistUserNumTotal=6")
	r.refuses([]refusal{
		{"fields are text", "openconfigsvr/getappinfo", `{"RequestField":"UpMsgNum"}`, 130001},
		{"no JSON", "openconfigsvr/getappinfo", `[]`, 130001},
	})
}

func TestIPList(t *testing.T) {
	r := newRig(t)
	for nettype, want := range map[string]int{"": 0, "0": 0, "6": 0, "7": 60002, "x": 60002} {
		q := r.query()
		if nettype != "" {
			q.Set("nettype", nettype)
		}
		_, text, err := r.post("/v4/ConfigSvc/GetIPList", q, `{}`)
		if a := decode(text); err != nil || a.code() != want || want == 0 && len(a["IPList"].([]any)) == 0 {
			t.Errorf("nettype %q: %s %v", nettype, text, err)
		}
	}
}

// download fetches one of the emulator's own addresses.
func (r *rig) download(address string) (*http.Response, []byte) {
	r.Helper()
	resp, err := r.http.Get(address)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp, b
}

// sum is what a file is checked by.
func sum(b []byte) string {
	s := md5.Sum(b)
	return hex.EncodeToString(s[:])
}

func TestHourlyFiles(t *testing.T) {
	r := newRig(t) // 2023-11-15 06:13:20 China Standard Time
	r.commune("a")
	r.group("Public", "g", "a", "b")
	r.ok(topics+"create_topic", topic(`,"TopicName":"x","TopicId":"`+someTopic+`"`))
	r.say("g", "a", "one 二")
	r.say("g", "b", "two")
	r.ok(group+"send_group_msg", topic(`,"TopicId":"`+someTopic+`","From_Account":"a","Random":5,"MsgBody":`+textBody("in a topic")))
	r.ok("openim/sendmsg", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgSeq":9,"MsgRandom":7,"MsgBody":%s}`, textBody("direct")))
	media := `[{"MsgType":"TIMFileElem","MsgContent":{"Url":"` + r.URL() + `/_emulator/media/file/1.pdf","FileName":"1.pdf"}}]`
	r.ok("openim/sendmsg", fmt.Sprintf(`{"From_Account":"b","To_Account":"a","MsgSeq":10,"MsgRandom":8,"MsgBody":%s}`, media))
	r.ok(group+"group_msg_recall", `{"GroupId":"g","MsgSeqList":[{"MsgSeq":2}]}`)
	ask := func(kind, hour string) string { return fmt.Sprintf(`{"ChatType":%q,"MsgTime":%q}`, kind, hour) }
	const history = "open_msg_svc/get_history"
	r.refuses([]refusal{{"before the hour has ended", history, ask("Group", "2023111506"), 1004}})
	r.clock.Add(time.Hour)
	r.say("g", "a", "the next hour")

	a := r.ok(history, ask("Group", "2023111506"))
	if again := r.ok(history, ask("Group", "2023111506")); fmt.Sprint(again["File"]) != fmt.Sprint(a["File"]) {
		t.Errorf("asked again: %v, before %v", again, a)
	}
	file := at(a, "File", 0).(map[string]any)
	r.expect(a, "2023-11-16 07:13:20", "File", 0, "ExpireTime")
	resp, packed := r.download(file["URL"].(string))
	if resp.StatusCode != 200 || fmt.Sprint(num(file["GzipSize"])) != fmt.Sprint(len(packed)) || file["GzipMD5"] != sum(packed) {
		t.Fatalf("%s: %d bytes of %v", resp.Status, len(packed), file)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil || fmt.Sprint(num(file["FileSize"])) != fmt.Sprint(len(plain)) || file["FileMD5"] != sum(plain) {
		t.Fatalf("%d bytes of %v: %v", len(plain), file, err)
	}
	lines := strings.Split(string(plain), "\n")
	want := []string{
		`{"SdkAppId":1400000000,"ChatType":"Group","MsgTime":"2023111506","MsgList":[`,
		`{"From_Account":"a","GroupId":"g","MsgTimestamp":1700000000,"MsgSeq":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"one 二"}}]},`,
		`{"From_Account":"b","GroupId":"g","MsgTimestamp":1700000000,"MsgSeq":2,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"two"}}]},`,
		`{"From_Account":"a","GroupId":"@TGS#_c","TopicId":"` + someTopic + `","MsgTimestamp":1700000000,"MsgSeq":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"in a topic"}}]}`,
		`]}`, ``,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("the file:\n%s", plain)
	}
	if !json.Valid(plain) {
		t.Error("the file is no JSON")
	}
	// What is edited, or dismissed, later does not change the file.
	r.ok(group+"destroy_group", `{"GroupId":"g"}`)
	if again := r.ok(history, ask("Group", "2023111506")); fmt.Sprint(at(again, "File", 0, "GzipMD5")) != file["GzipMD5"] {
		t.Error("the file changed")
	}
	// Media of the emulator's own have its address, in a file as elsewhere.
	a = r.ok(history, ask("C2C", "2023111506"))
	_, packed = r.download(at(a, "File", 0, "URL").(string))
	if z, err = gzip.NewReader(bytes.NewReader(packed)); err != nil {
		t.Fatal(err)
	}
	plain, err = io.ReadAll(z)
	wantDirect := `{"SdkAppId":1400000000,"ChatType":"C2C","MsgTime":"2023111506","MsgList":[` + "\n" +
		`{"From_Account":"a","To_Account":"b","MsgTimestamp":1700000000,"MsgSeq":9,"MsgRandom":7,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"direct"}}]},` + "\n" +
		`{"From_Account":"b","To_Account":"a","MsgTimestamp":1700000000,"MsgSeq":10,"MsgRandom":8,"MsgBody":` + media + `}` + "\n]}\n"
	if string(plain) != wantDirect || err != nil {
		t.Errorf("direct messages: %s %v", plain, err)
	}

	// An address is signed, and works for a day.
	good, err := url.Parse(file["URL"].(string))
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(key, value, path string) string {
		u := *good
		q := u.Query()
		q.Set(key, value)
		u.RawQuery, u.Path = q.Encode(), strings.Replace(u.Path, "Group", path, 1)
		return u.String()
	}
	for name, address := range map[string]string{
		"sign": spoil("sign", "00", "Group"), "expires": spoil("expires", "9999999999", "Group"), "kind": spoil("x", "y", "C2C"), "name": good.Scheme + "://" + good.Host + "/_emulator/history/x.gz",
	} {
		if resp, _ := r.download(address); resp.StatusCode != http.StatusForbidden {
			t.Errorf("another %s: %s", name, resp.Status)
		}
	}
	r.clock.Add(25 * time.Hour)
	if resp, _ := r.download(good.String()); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a day later: %s", resp.Status)
	}
	r.clock.Add(5*24*time.Hour + 22*time.Hour) // 2023-11-22 06:13
	r.refuses([]refusal{{"at the end of its week", history, ask("Group", "2023111506"), 0}})
	r.clock.Add(time.Hour)
	r.refuses([]refusal{
		{"a week after", history, ask("Group", "2023111506"), 1005},
		{"an hour in which nobody spoke", history, ask("Group", "2023111600"), 1004},
		{"in the future", history, ask("C2C", "2033111600"), 1004},
		{"no type", history, `{"MsgTime":"2023111506"}`, 1002},
		{"another type", history, ask("All", "2023111506"), 1002},
		{"no time", history, `{"ChatType":"C2C"}`, 1002},
		{"time is a number", history, `{"ChatType":"C2C","MsgTime":2023111506}`, 1002},
		{"a day", history, ask("C2C", "20231115"), 1002},
		{"hour 24", history, ask("C2C", "2023111524"), 1002},
	})
	r.clock.Add(time.Second)
	r.refuses([]refusal{
		{"no JSON", history, `x`, 60003},
		{"unknown command", "open_msg_svc/get_future", `{}`, 60009},
	})
}

// TestBlockedMedia blocks a file of the demo and reads it by a signed address.
func TestBlockedMedia(t *testing.T) {
	r := newRig(t)
	const files = "im_cos_msg/"
	address := r.URL() + "/_emulator/media/face/7.svg"
	status := func(address string) int {
		resp, _ := r.download(address)
		return resp.StatusCode
	}
	sign := func(address string) (string, any) {
		a := r.ok(files+"get_cos_sig", fmt.Sprintf(`{"RawURLs":[{"ResourceID":3,"RawURL":%q}]}`, address))
		r.expect(a, 3, "PreSigURLs", 0, "ResourceID")
		r.expect(a, 0, "PreSigURLs", 0, "Code")
		return fmt.Sprint(at(a, "PreSigURLs", 0, "PreSigURL")), num(at(a, "PreSigURLs", 0, "Status"))
	}
	if got := status(address); got != 200 {
		t.Fatalf("status %d", got)
	}
	if _, state := sign(address); state != int64(0) {
		t.Errorf("open: %v", state)
	}
	r.ok(files+"forbid_illegal_object", fmt.Sprintf(`{"RawURL":%q}`, address+"?x=1"))
	signed, state := sign(address)
	if state != int64(1) || status(address) != 403 || status(signed) != 200 || status(r.URL()+"/_emulator/media/face/8.svg") != 200 {
		t.Errorf("blocked: state %v, plain %d, signed %d", state, status(address), status(signed))
	}
	if got := status(strings.Replace(signed, "sign=", "sign=0", 1)); got != 403 {
		t.Errorf("badly signed: %d", got)
	}
	r.clock.Add(15*time.Minute + time.Second)
	if got := status(signed); got != 403 {
		t.Errorf("signed a quarter of an hour ago: %d", got)
	}
	r.ok(files+"allow_banned_object", fmt.Sprintf(`{"RawURL":%q}`, address))
	if _, state := sign(address); state != int64(0) || status(address) != 200 {
		t.Errorf("let go: %v", state)
	}
	if link, state := sign(r.URL() + "/_emulator/media/nothing.here"); state != int64(2) || link != "" {
		t.Errorf("missing: %v %s", state, link)
	}
	if link, state := sign("https://cos.example/a.jpg"); state != int64(0) || !strings.HasPrefix(link, "https://cos.example/a.jpg?") {
		t.Errorf("elsewhere: %v %s", state, link)
	}
	r.refuses([]refusal{
		{"no address", files + "forbid_illegal_object", `{}`, 10004},
		{"a path", files + "allow_banned_object", `{"RawURL":"/a.jpg"}`, 10004},
		{"a script", files + "forbid_illegal_object", `{"RawURL":"javascript:x"}`, 10004},
		{"no list", files + "get_cos_sig", `{}`, 10004},
		{"no number", files + "get_cos_sig", `{"RawURLs":[{"RawURL":"https://x/y"}]}`, 10004},
		{"unknown command", files + "x", `{}`, 60009},
	})
}
