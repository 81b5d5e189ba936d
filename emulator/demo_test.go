package emulator

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDemo looks at the demo as a client does.
func TestDemo(t *testing.T) {
	r := newRigWith(t, Config{Seed: "demo"})
	a := r.ok(group+"get_appid_group_list", `{}`)
	ids := column(a["GroupIdList"], "GroupId")
	if len(ids) < 50 || fmt.Sprint(len(ids)) != fmt.Sprint(num(a["TotalCount"])) {
		t.Fatalf("%d groups, TotalCount %v", len(ids), a["TotalCount"])
	}
	now := r.clock.Now().Unix()
	seen := map[string]int{}
	links := map[string]bool{}
	for _, id := range ids {
		r.clock.Add(200 * time.Millisecond)
		info := at(r.ok(group+"get_group_info", `{"GroupIdList":[`+js(id)+`],"ResponseFilter":{"GroupBaseInfoFilter":["Type","Name","FaceUrl","MemberNum","NextMsgSeq","LastMsgTime","CreateTime","Owner_Account"]}}`), "GroupInfo", 0)
		kind := at(info, "Type").(string)
		seen[kind]++
		if name := at(info, "Name").(string); name == "" || len(name) > 30 || len(at(info, "FaceUrl").(string)) > 100+len(r.URL()) {
			t.Errorf("%s: name or picture break the limits: %v", id, info)
		}
		if at(info, "CreateTime").(float64) > float64(now) || at(info, "LastMsgTime").(float64) > float64(now) {
			t.Errorf("%s is from the future: %v", id, info)
		}
		if at(info, "MemberNum").(float64) >= 1000 {
			seen["large"]++
		}
		muted := r.ok(group+"get_group_muted_account", `{"GroupId":`+js(id)+`}`)
		for _, until := range column(muted["MutedAccountList"], "MutedUntil") {
			seen[map[bool]string{true: "muted for ever", false: "muted"}[until == forever]]++
		}
		if kind == "AVChatRoom" {
			continue
		}
		for top, pages := int(at(info, "NextMsgSeq").(float64))-1, 0; top > 0 && pages < 12; top, pages = top-20, pages+1 {
			r.clock.Add(6 * time.Millisecond)
			page := r.ok(group+"group_msg_get_simple", fmt.Sprintf(`{"GroupId":%s,"ReqMsgNumber":20,"ReqMsgSeq":%d,"WithRecalledMsg":1}`, js(id), top))
			later := float64(now)
			for _, m := range page["RspMsgList"].([]any) {
				seen[fmt.Sprint("place ", at(m, "IsPlaceMsg"))]++
				if at(m, "IsSystemMsg") == 1.0 {
					seen["tip"]++
				}
				if at(m, "CloudCustomData") != nil {
					seen["cloud"]++
				}
				if at(m, "IsPlaceMsg") == 1.0 {
					continue
				}
				if sent := at(m, "MsgTimeStamp").(float64); sent > later {
					t.Errorf("%s: seq %v is later than the next", id, at(m, "MsgSeq"))
				} else {
					later = sent
				}
				for _, e := range at(m, "MsgBody").([]any) {
					if kind, ok := at(e, "MsgType").(string); ok {
						seen[kind]++
					}
				}
				for _, link := range regexp.MustCompile(`http://127\.0\.0\.1:\d+/_emulator/media/([a-z]+)/[^"]+`).FindAllStringSubmatch(js(m), -1) {
					if !links[link[1]] {
						links[link[1]] = true
						r.media(link[0])
					}
				}
			}
		}
	}
	for _, want := range strings.Fields("Private Public ChatRoom AVChatRoom Community large muted tip cloud " +
		"TIMTextElem TIMFaceElem TIMLocationElem TIMCustomElem TIMSoundElem TIMImageElem TIMFileElem TIMVideoFileElem TIMRelayElem") {
		if seen[want] == 0 {
			t.Errorf("nothing is %s", want)
		}
	}
	for _, want := range []string{"muted for ever", "place 0", "place 1", "place 2"} {
		if seen[want] == 0 {
			t.Errorf("nothing is %s", want)
		}
	}
	if len(links) < 4 {
		t.Errorf("only media of kinds %v", links)
	}
}

// media fetches a medium that a message points to.
func (r *rig) media(url string) {
	r.Helper()
	resp, err := r.http.Get(strings.ReplaceAll(url, `\u0026`, "&"))
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || len(b) < 100 {
		r.Errorf("%s: %d, %d bytes, %v", url, resp.StatusCode, len(b), err)
	}
}

func TestDemoIsMadeOnce(t *testing.T) {
	path := t.TempDir() + "/demo.db"
	var total any
	for range 2 {
		r := newRigWith(t, Config{Path: path, Seed: "demo"})
		a := r.ok(group+"get_appid_group_list", `{"Limit":1}`)
		if total != nil && a["TotalCount"] != total {
			t.Errorf("%v groups, then %v", total, a["TotalCount"])
		}
		total = a["TotalCount"]
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file of the community: %v %v", info.Mode(), err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// With Soon the service is there at once, and calls wait for the seed. One that is closed meanwhile has nothing of it, so that
// the next start makes all of it.
func TestDemoBehind(t *testing.T) {
	path := t.TempDir() + "/demo.db"
	first := newRigWith(t, Config{Path: path, Seed: "demo", Soon: true})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Filled(t.Context()); err == nil {
		t.Error("a service that was closed says that it is filled")
	}
	r := newRigWith(t, Config{Path: path, Seed: "demo", Soon: true})
	if a := r.ok(group+"get_appid_group_list", `{"Limit":1}`); a["TotalCount"] == float64(0) || a["TotalCount"] == int64(0) {
		t.Errorf("a call did not wait for the seed: %v", a)
	}
	if err := r.Filled(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestTalk waits for something new to be said.
func TestTalk(t *testing.T) {
	r := newRigWith(t, Config{Seed: "demo", Talk: 200, Now: time.Now})
	r.clock.t = time.Now()
	ids := js(column(r.ok(group+"get_appid_group_list", `{"Limit":50}`)["GroupIdList"], "GroupId"))
	seqs := func() (sum float64) {
		info := r.ok(group+"get_group_info", `{"GroupIdList":`+ids+`,"ResponseFilter":{"GroupBaseInfoFilter":["NextMsgSeq"]}}`)
		for _, g := range info["GroupInfo"].([]any) {
			sum += at(g, "NextMsgSeq").(float64)
		}
		return sum
	}
	before := seqs()
	for deadline := time.Now().Add(20 * time.Second); seqs() < before+20; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody talks")
		}
	}
}
