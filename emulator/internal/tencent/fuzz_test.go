package tencent

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"imdesk/emulator/internal/community"
)

const vector = "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkElNyM-Myi0uKEkvyi2BKilOyEwsKMlOACgxNDKAAKpdaUZBZlAqSMTU1NUKIl2TmgkXN0dQXZ6aD7PFyrqpIzHOz8AsJiUgsNcnVNsqwLC8zT4-0yqv0yy7ONajINfRzjQg1MjexVaoFANTGNgc_"

// FuzzUserSig decodes anything, and believes nothing that the key has not signed.
func FuzzUserSig(f *testing.F) {
	f.Add(vector)
	f.Add("")
	f.Add("eJyrVqpWKsgpVrJSqi3WUUrNLSgBAAAA--8*")
	f.Fuzz(func(t *testing.T, text string) {
		sig, err := decodeSig(text)
		if err != nil {
			return
		}
		if sig.signedWith("a key nobody signs with") {
			t.Errorf("%q is signed", text)
		}
	})
}

// FuzzRequest sends any body to any command: the answer is always one JSON object with an ErrorCode, and no fault of ours.
func FuzzRequest(f *testing.F) {
	store, err := community.Open(context.Background(), "", func() time.Time { return time.Unix(1_700_000_000, 0) })
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { store.Close() })
	var log strings.Builder
	s := New(store, []App{{ID: 1400000000, Admins: []string{"administrator"}, Key: "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"}},
		slog.New(slog.NewTextHandler(&log, nil)))
	seed := func(command, body string) {
		if err := store.Update(context.Background(), func(tx *community.Tx) error {
			_, err := tx.ImportAccount(1400000000, community.Account{Name: "administrator"})
			return err
		}); err != nil {
			f.Fatal(err)
		}
		answer(s, command, body)
	}
	for _, kind := range kindNames {
		id := "g" + kind
		if kind == "Community" {
			id = "@TGS#_c"
		}
		seed("group_open_http_svc/create_group", `{"Type":"`+kind+`","Name":"x","GroupId":"`+id+`","Owner_Account":"administrator"}`)
	}
	commands := s.Commands()
	for i, body := range []string{
		`{}`, `{"GroupId":"gPublic","Random":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]}`, `{"GroupIdList":["gPublic","x"],"ResponseFilter":{"MemberInfoFilter":[]}}`,
		`{"GroupId":"@TGS#_c","Next":"1","Limit":"5","Offset":null}`, `{"GroupId":"gAVChatRoom","Members_Account":["administrator"],"Duration":4294967295}`,
		`{"From_Account":"administrator","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"x"}]}`, `{"To_Account":["administrator"],"TagList":["Tag_Profile_IM_Nick"]}`,
		`{"GroupId":"gPublic","MsgSeqList":[{"MsgSeq":1}]}`, `{"GroupId":"gPublic","ReqMsgNumber":1e99}`, `[]`, `{"a":`, `{"GroupId":{"GroupId":[]}}`,
	} {
		for k := range 4 {
			f.Add(uint(i*4+k), body)
		}
	}
	f.Fuzz(func(t *testing.T, n uint, body string) {
		s.rates = rates{}
		log.Reset()
		command := commands[n%uint(len(commands))]
		text := answer(s, command, body)
		var env struct {
			ActionStatus *string
			ErrorCode    *int
			ErrorInfo    *string
		}
		if err := json.Unmarshal(text, &env); err != nil || env.ErrorCode == nil || env.ErrorInfo == nil {
			t.Errorf("%s %q: %v in %s", command, body, err, text)
		}
		if log.Len() > 0 {
			t.Errorf("%s %q: %s", command, body, log.String())
		}
	})
}

func answer(s *Service, command, body string) []byte {
	q := url.Values{"sdkappid": {"1400000000"}, "identifier": {"administrator"}, "usersig": {vector}}
	return s.Answer(httptest.NewRequest("POST", "http://127.0.0.1/v4/"+command+"?"+q.Encode(), nil), []byte(body))
}

// FuzzVerdict reads anything an app may answer: either it is no answer, or its code is one, and what it rewrites is a
// message that could have been sent.
func FuzzVerdict(f *testing.F) {
	for _, text := range []string{
		`{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`, `{"ActionStatus":"OK","ErrorCode":1}`, `{"ActionStatus":"FAIL","ErrorCode":0}`,
		`{"ActionStatus":"OK","ErrorCode":"120001","ErrorInfo":"no"}`, `{"ActionStatus":"OK","ErrorCode":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}],"CloudCustomData":"y"}`,
		`{"ActionStatus":"OK","ErrorCode":0,"MsgBody":[]}`, `{"ActionStatus":"OK","ErrorCode":0,"RefusedMembers_Account":["a"]}`, `{"ActionStatus":"OK","ErrorCode":-1}`, `[]`, ``, `null`, "{\"ActionStatus\":\"\xff\"}",
	} {
		f.Add(200, []byte(text))
	}
	f.Add(500, []byte(`{"ActionStatus":"OK","ErrorCode":0}`))
	f.Fuzz(func(t *testing.T, status int, text []byte) {
		v, err := readVerdict(status, text)
		if err != nil {
			if !errors.Is(err, errVerdict) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if status != 200 || v.code < 0 || v.code > maxU32 || !json.Valid(text) {
			t.Errorf("%d %q is taken as code %d", status, text, v.code)
		}
		body, cloud := "as it was", "as it was"
		if err := v.rewrite(&body, &cloud); err != nil {
			if body != "as it was" || cloud != "as it was" {
				t.Errorf("%q: half rewritten to %q, %q", text, body, cloud)
			}
			return
		}
		if body == "as it was" {
			return
		}
		again, err := readFields([]byte(`{"MsgBody":`+body+`}`), 0)
		if err != nil {
			t.Fatalf("%q: rewritten to %q: %v", text, body, err)
		}
		if again.msgBody(openimBody); again.failed() != nil || len(body) > maxMsgBody {
			t.Errorf("%q: rewritten to %q: %v", text, body, again.failed())
		}
	})
}
