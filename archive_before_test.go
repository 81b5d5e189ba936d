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

// TestArchiveBefore: what was said before the first message that a callback told of is looked for, back to when groups began to be
// kept, and no further than the bound; also in groups of which no callback told.
func TestArchiveBefore(t *testing.T) {
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
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "imdesk.db"))
	ok(err)
	t.Cleanup(func() { ok(st.Close()) })
	since := time.Now().Truncate(time.Second).Add(-time.Hour) // groups are kept
	_, err = st.Archive.KeptSince(ctx, "a", since)
	ok(err)
	keeper := &archive.Keeper{
		Store: st.Archive, Log: slog.New(slog.DiscardHandler), Services: func(string) *imclient.Client { return client }, Name: "test",
		Policies: func() map[string]archive.Policy { return map[string]archive.Policy{"a": {Groups: true}} },
	}
	_, err = client.Import.Users(ctx, []string{"ann"})
	ok(err)
	place := func(group string) store.Conversation { return store.Conversation{App: "a", Group: group} }
	// In each group 28 messages were said, a quarter of a minute apart.
	talk := func(group string, created time.Time, first time.Time) {
		_, err := client.Import.Group(ctx, imclient.ImportGroup{ID: group, Type: "Public", Name: group, Created: created})
		ok(err)
		_, err = client.Import.Members(ctx, group, []imclient.ImportMember{{UserID: "ann"}})
		ok(err)
		for part := range 4 {
			var list []imclient.ImportMessage
			for i := part * 7; i < part*7+7; i++ {
				list = append(list, imclient.ImportMessage{
					From: "ann", At: first.Add(time.Duration(i) * 15 * time.Second), Random: uint32(i + 1), Body: []imclient.Element{imclient.Text{Text: "line " + strconv.Itoa(i+1)}},
				})
			}
			refused, err := client.Import.Messages(ctx, group, list)
			ok(err)
			if len(refused) > 0 {
				t.Fatal(refused[0])
			}
		}
	}
	told := func(group string, seq int, first time.Time) {
		id := strconv.Itoa(seq)
		_, err := st.Archive.Add(ctx, []store.Archived{archive.Message(place(group), imclient.Message{
			ID: id, Seq: id, From: "ann", At: first.Add(time.Duration(seq-1) * 15 * time.Second), Body: []imclient.Element{imclient.Text{Text: "line " + id}},
		}, archive.FromEvent)})
		ok(err)
	}
	old := since.Add(-time.Hour)
	across := since.Add(-150 * time.Second) // ten were said before groups were kept, four of them within the minute that is granted
	talk("across", old, across)
	told("across", 20, across)
	talk("silent", old, across) // no callback told of anything
	talk("bounded", old, since.Add(time.Minute))
	told("bounded", 20, since.Add(time.Minute))
	_, err = st.Archive.LookBehind(ctx, "a", old) // they have their turn now, not in three seconds
	ok(err)
	list, err := st.Archive.ClaimFill(ctx, "a", "t", time.Minute, 10)
	if ok(err); len(list) != 2 {
		t.Fatalf("to be filled: %+v", list)
	}
	ok(st.Archive.SettleFill(ctx, place("across"), "t", store.FillDone{Head: store.MaxBefore}))
	ok(st.Archive.SettleFill(ctx, place("bounded"), "t", store.FillDone{Head: 5}))
	talk("young", since.Add(time.Minute), since.Add(2*time.Minute))
	ok(client.Messages.Clear(ctx, "young", "2")) // the service does not tell when these were said
	told("young", 20, since.Add(2*time.Minute))
	talk("empty", old, since.Add(2*time.Minute))
	ok(client.Messages.Clear(ctx, "empty", "2"))
	told("empty", 20, since.Add(2*time.Minute))

	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { keeper.Run(running); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	for group, want := range map[string]store.Covered{
		"across": {First: 7, Last: 28, Known: 22},
		"silent": {First: 7, Last: 28, Known: 22},
		"bounded": {First: 4, // the newest page leads to 9, and five more may be read
			Last: 28, Known: 25},
		"young": {First: 1, Last: 28, Known: 28, Lost: 2},
		"empty": {First: 3, Last: 28, Known: 26},
	} {
		var got store.Covered
		for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			got, err = st.Archive.Covered(ctx, place(group))
			if ok(err); got.Next.IsZero() && got.Last == want.Last {
				break
			}
			if time.Since(begun) > 20*time.Second {
				t.Fatalf("%s: it is never done: %+v", group, got)
			}
		}
		n, err := st.Archive.Count(ctx, place(group))
		if ok(err); got != want || n != want.Known-want.Lost {
			t.Errorf("%s: %+v, and %d are kept; want %+v", group, got, n, want)
		}
	}
}
