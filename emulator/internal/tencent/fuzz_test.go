package tencent

import (
	"context"
	"encoding/json"
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
