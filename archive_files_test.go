package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"imdesk/archive"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/store"
)

// TestArchiveFiles: what no callback told of is read from the file of its hour, once, and fills the hole that it left.
func TestArchiveFiles(t *testing.T) {
	t.Parallel()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	im, err := emulator.New(t.Context(), emulator.Config{Apps: []emulator.TencentApp{{SDKAppID: crashApp, Admins: []string{crashAdmin}, Key: crashKey}}})
	ok(err)
	t.Cleanup(func() { ok(im.Close()) })
	ok(im.Start("127.0.0.1:0"))
	client, err := tencent.New(tencent.Config{SDKAppID: strconv.Itoa(crashApp), Administrator: crashAdmin, Key: crashKey, Endpoint: im.URL()})
	ok(err)
	t.Cleanup(client.Close)
	ctx := t.Context()
	_, err = client.Import.Users(ctx, []string{"ann"})
	ok(err)
	hour := time.Now().UTC().Truncate(time.Hour).Add(-3 * time.Hour)
	for _, id := range []string{"kept", "quiet"} {
		_, err = client.Import.Group(ctx, imclient.ImportGroup{ID: id, Type: "Public", Name: id, Created: hour.Add(-time.Hour)})
		ok(err)
		_, err = client.Import.Members(ctx, id, []imclient.ImportMember{{UserID: "ann"}})
		ok(err)
		var list []imclient.ImportMessage
		for i := range 7 {
			list = append(list, imclient.ImportMessage{
				From: "ann", At: hour.Add(time.Duration(i+1) * time.Minute), Random: uint32(i + 1), Body: []imclient.Element{imclient.Text{Text: "line " + strconv.Itoa(i+1)}},
			})
		}
		refused, err := client.Import.Messages(ctx, id, list)
		ok(err)
		if len(refused) > 0 {
			t.Fatal(refused[0])
		}
	}
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "imdesk.db"))
	ok(err)
	t.Cleanup(func() { ok(st.Close()) })
	policy := archive.Policy{Groups: true, Files: true, ForGroups: map[string]time.Duration{"quiet": -1}}
	keeper := &archive.Keeper{
		Store: st.Archive, Policies: func() map[string]archive.Policy { return map[string]archive.Policy{"a": policy} }, Log: slog.New(slog.DiscardHandler),
		Services: func(string) *imclient.Client { return client }, Name: "test", Marks: st.Once,
	}
	place := store.Conversation{App: "a", Group: "kept"}
	for _, seq := range []string{"2", "6"} { // the first and the last that callbacks told of
		_, err = st.Archive.Add(ctx, []store.Archived{archive.Message(place, imclient.Message{ID: seq, Seq: seq, From: "ann", At: hour.Add(time.Minute)}, archive.FromEvent)})
		ok(err)
	}
	_, err = st.Archive.LookBehind(ctx, "a", hour)
	ok(err)
	claimed, err := st.Archive.ClaimFill(ctx, "a", "another", time.Hour, 1) // history is another console's turn
	if ok(err); len(claimed) != 1 {
		t.Fatalf("to be filled: %+v", claimed)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { keeper.Run(running); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	count := func(group string) int64 {
		n, err := st.Archive.Count(ctx, store.Conversation{App: "a", Group: group})
		ok(err)
		return n
	}
	for begun := time.Now(); count("kept") < 7; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("%d messages are kept", count("kept"))
		}
	}
	c, err := st.Archive.Covered(ctx, place)
	ok(err)
	if c.First != 2 || c.Last != 6 || c.Missing != 0 || count("kept") != 7 || count("quiet") != 0 {
		t.Errorf("%+v; kept are %d and %d", c, count("kept"), count("quiet"))
	}
	n, err := keeper.ReadHour(ctx, "a", client, imclient.HistoryGroups, hour)
	if ok(err); n != 7 || count("kept") != 7 { // again
		t.Errorf("%d were read, %d are kept", n, count("kept"))
	}
}
