package tencent

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"imdesk/emulator/internal/community"
)

// TestLongHourIsParted has more messages in an hour than a file holds: no message is lost or there twice.
func TestLongHourIsParted(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	store, err := community.Open(context.Background(), "", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := New(store, []App{{ID: 1400000000, Admins: []string{"administrator"}, Key: "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"}}, slog.New(slog.DiscardHandler))
	defer s.Close()
	s.partSize = 3
	if err := store.Update(context.Background(), func(tx *community.Tx) error {
		_, err := tx.ImportAccount(1400000000, community.Account{Name: "administrator"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	answer(s, "group_open_http_svc/create_group", `{"Type":"Public","Name":"x","GroupId":"g"}`)
	for i := range 7 {
		answer(s, "group_open_http_svc/send_group_msg", fmt.Sprintf(`{"GroupId":"g","Random":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]}`, i))
	}
	now = now.Add(time.Hour)
	var list struct{ File []exportFile }
	if err := json.Unmarshal(answer(s, "open_msg_svc/get_history", `{"ChatType":"Group","MsgTime":"2023111506"}`), &list); err != nil || len(list.File) != 3 {
		t.Fatalf("%d files, %v", len(list.File), err)
	}
	var seqs []int64
	for _, f := range list.File {
		w := httptest.NewRecorder()
		s.ServeExport(w, httptest.NewRequest("GET", f.URL, nil))
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatalf("%s: %v", f.URL, err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(z); err != nil {
			t.Fatal(err)
		}
		var doc struct{ MsgList []exportLine }
		if err := json.Unmarshal(text.Bytes(), &doc); err != nil || strings.Count(text.String(), "\n") != len(doc.MsgList)+2 {
			t.Errorf("%v in %s", err, text.String())
		}
		for _, line := range doc.MsgList {
			seqs = append(seqs, line.MsgSeq)
		}
	}
	if fmt.Sprint(seqs) != "[1 2 3 4 5 6 7]" {
		t.Errorf("seqs %v", seqs)
	}
}
