package handlers

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/cases"
	"imdesk/emulator"
	"imdesk/evidence"
	"imdesk/store"
)

// freeze has evidence frozen until so many things are frozen with a case.
func (h *harness) freeze(id int64, n int) map[string]store.EvidenceItem {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	done := make(chan struct{})
	go func() { defer close(done); h.evidence.Run(ctx, "test") }()
	defer func() { cancel(); <-done }()
	for ; ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		if items := h.frozen(id); len(items) >= n {
			return items
		}
	}
	h.t.Fatalf("not frozen: %+v", h.frozen(id))
	return nil
}

// stopFreezing stops a console that is about to fetch a file: whoever looks next need not wait for its lease.
func (h *harness) stopFreezing() {
	fetch, asked := h.evidence.Fetch, make(chan struct{})
	var once sync.Once
	h.evidence.Fetch = func(ctx context.Context, kind, address string) (*evidence.Fetched, error) {
		once.Do(func() { close(asked) })
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	done := make(chan struct{})
	go func() { defer close(done); h.evidence.Run(ctx, "stopped") }()
	select {
	case <-asked:
	case <-ctx.Done():
		h.t.Error("no file was asked for")
	}
	stop()
	<-done
	h.evidence.Fetch = fetch
}

// frozen is what is frozen with a case, by kind; of files by the end of their address.
func (h *harness) frozen(id int64) map[string]store.EvidenceItem {
	h.t.Helper()
	list, err := h.store.Evidence.Items(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	m := map[string]store.EvidenceItem{}
	for _, i := range list {
		name := i.Kind
		switch i.Kind {
		case store.EvidenceRule:
			name = i.Name
		case store.EvidenceMedia:
			name = i.Name[strings.LastIndex(i.Name, "/")+1:]
		}
		m[name] = i
	}
	return m
}

// flaggedPicture is a console with a case about a message with files, whose callback came.
func flaggedPicture(t *testing.T) (h *harness, id int64) {
	files := http.NewServeMux()
	files.HandleFunc("/cat.png", func(w http.ResponseWriter, r *http.Request) { w.Write(pngBytes) })
	files.HandleFunc("/big.zip", func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, store.MaxEvidenceFile+10)) })
	files.HandleFunc("/huge.zip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(evidence.MaxFetched+1))
		w.Write(make([]byte, 1<<10))
	})
	up := httptest.NewServer(files)
	t.Cleanup(up.Close)
	h = newHarness(t, func(o *Options) {
		o.Apps.All()[0].MediaHosts = append(o.Apps.All()[0].MediaHosts, strings.TrimPrefix(up.URL, "http://"))
	})
	console := httptest.NewServer(h.handler)
	t.Cleanup(console.Close)
	check(t, h.im.SetCallback(testSDKAppID, emulator.Callback{URL: console.URL + "/callbacks/demo", Token: testToken}))
	h.newUsers("ann:Ann", "cy:Cy", "bob")
	h.newGroup("Public", "g1", "A group", "ann", "cy", "bob")
	h.say("g1", "ann", text("hello"))
	file := func(address string) map[string]any {
		return map[string]any{"MsgType": "TIMFileElem", "MsgContent": map[string]any{"Url": address, "FileName": "x", "FileSize": 3, "UUID": "u", "Download_Flag": 2}}
	}
	body := append(text("buy this"), map[string]any{"MsgType": "TIMImageElem", "MsgContent": map[string]any{
		"UUID": "u1", "ImageFormat": 3, "ImageInfoArray": []any{map[string]any{"Type": 1, "Size": 9, "Width": 10, "Height": 10, "URL": up.URL + "/cat.png"}},
	}}, file(up.URL+"/big.zip"), file(up.URL+"/huge.zip"), file(up.URL+"/gone.zip"), file("http://10.0.0.1/inside.zip"))
	doc := store.RuleDoc{Kind: store.DocRule, Name: "contact", At: h.now(), Body: "name = 'contact'"}
	for range 3 {
		d, err := h.store.Rules.Put(t.Context(), doc)
		check(t, err)
		doc.Version = d.Version
	}
	seq := ""
	for tries := 0; tries < 5 && !h.evidence.Callbacks.Has(testApp, "g1", seq); tries++ { // the service waits two seconds for a console, and then tells no more
		seq = h.say("g1", "cy", body)
		for deadline := time.Now().Add(4 * time.Second); time.Now().Before(deadline) && !h.evidence.Callbacks.Has(testApp, "g1", seq); time.Sleep(5 * time.Millisecond) {
		}
	}
	return h, h.flag(seq, "cy", "buy this", 90)
}

// TestFrozen: what is frozen is what was there when it was flagged, however much is taken back, renamed and deleted since.
func TestFrozen(t *testing.T) {
	t.Parallel()
	h, id := flaggedPicture(t)
	// A console that took the case and died does not keep it.
	_, _, _, err := h.store.Evidence.Due(t.Context(), "dead", time.Millisecond)
	check(t, err)
	h.stopFreezing()
	items := h.freeze(id, 11)
	for name, want := range map[string]string{
		"message": "buy this", "sender": `"Nick": "Cy"`, "group": `"Name": "A group"`, "member": `"Role": "member"`, "callback": "Group.CallbackAfterSendMsg", "contact 3": "name = 'contact'",
	} {
		if i := items[name]; i.State != store.EvidenceKept || !strings.Contains(i.Body, want) || i.Taken.IsZero() || !i.Whole() {
			t.Errorf("%s: %+v", name, i)
		}
	}
	for name, want := range map[string][3]string{
		"cat.png":    {store.EvidenceKept, "", store.HashOf(pngBytes)},
		"big.zip":    {store.EvidenceHashed, evidence.WhyLarge, store.HashOf(make([]byte, store.MaxEvidenceFile+10))},
		"huge.zip":   {store.EvidenceNamed, evidence.WhyLarge, ""},
		"gone.zip":   {store.EvidenceNamed, evidence.WhyGone, ""},
		"inside.zip": {store.EvidenceNamed, evidence.WhyRefused, ""},
	} {
		if i := items[name]; [3]string{i.State, i.Why, i.Hash} != want {
			t.Errorf("%s: %+v", name, i)
		}
	}

	h.must("group_open_http_svc/group_msg_recall", map[string]any{"GroupId": "g1", "MsgSeqList": []any{map[string]any{"MsgSeq": json.Number(flagOf(h, id).Key)}}})
	h.newUsers("cy:Somebody else")
	h.must("group_open_http_svc/destroy_group", map[string]any{"GroupId": "g1"})
	_, err = h.cases.Flag(t.Context(), flagOf(h, id)) // once more: what is there already stays
	check(t, err)
	again := h.freeze(id, 12)
	for name, was := range items {
		if again[name].Hash != was.Hash || again[name].Body != was.Body || !again[name].Taken.Equal(was.Taken) {
			t.Errorf("%s was written over: %+v", name, again[name])
		}
	}
	b := h.as(auth.Moderator)
	b.get(caseURL(id, "evidence")).is(200).has("The author’s profile", "hash and address", "It was gone already.", "It lies on a host that is not asked.", "contact 3").lacks("Somebody else")
	b.get("/queue?case="+fmt.Sprint(id)).is(200).has("things frozen", "Evidence archive")
	h.as(auth.Support).get(caseURL(id, "evidence")).is(403)
}

// TestEvidenceArchive takes a case out, and has the tools that everybody has check it.
func TestEvidenceArchive(t *testing.T) {
	t.Parallel()
	h, id := flaggedPicture(t)
	h.freeze(id, 11)
	h.cases.Hold = time.Millisecond
	stop := h.carryOut()
	h.as(auth.Moderator).post(caseURL(id, "decide"), url.Values{"macro": {"recall_mute"}}).is(303)
	h.settled(id)
	stop()
	h.as(auth.Moderator).post(caseURL(id, "archive"), url.Values{}).is(403)
	b := h.as(auth.Lead)
	a := b.post(caseURL(id, "archive"), url.Values{}).is(200)
	if d := a.header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="case-`) {
		t.Errorf("sent as %s", d)
	}
	dir := t.TempDir()
	names := unzip(t, a.body, dir)
	media := "media/" + store.HashOf(pngBytes) + ".png"
	for _, want := range []string{"case.html", "case.json", "README.txt", "style.css", media, "MANIFEST.sha256", "MANIFEST.sha256.sig", "MANIFEST.sha256.sshsig", "public-key.pem", "allowed_signers"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not in it", want)
		}
	}
	run := func(want bool, command string) string {
		t.Helper()
		c := exec.Command("sh", "-c", command)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if (err == nil) != want {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	for _, command := range evidence.Commands() {
		run(true, command)
	}
	if out := run(true, "ssh-keygen -lf allowed_signers"); !strings.Contains(out, evidence.Fingerprint(h.evidence.Public())) {
		t.Errorf("the fingerprint is another one: %s", out)
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.txt"))
	check(t, err)
	for _, command := range append(evidence.Commands(), evidence.Fingerprint(h.evidence.Public())) {
		if strings.Count(string(readme), command) != 2 {
			t.Errorf("README.txt does not say %q in both languages", command)
		}
	}

	var d evidence.Document
	raw, err := os.ReadFile(filepath.Join(dir, "case.json"))
	check(t, err)
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	if d.Case.ID != id || len(d.Flags) != 1 || len(d.Verdict) != 1 || len(d.Verdict[0].Steps) != 3 || len(d.Audit) != 4 || d.Audit[3].ID != d.Entry || d.Head.Hash == "" || len(d.Items) < 10 || len(d.Strikes) != 1 {
		t.Errorf("the document: %+v", d)
	}
	html, err := os.ReadFile(filepath.Join(dir, "case.html"))
	check(t, err)
	for _, want := range []string{"buy this", "hello", media, "Recall the message", "in force", "Group.CallbackAfterSendMsg"} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if bytes.Contains(html, []byte("<script")) || bytes.Contains(html, []byte(`src="http`)) {
		t.Error("the page loads something")
	}
	// That it was taken out is recorded twice: in the audit log, and with the case.
	b.get("/audit?action=case.evidence").is(200).has("Took the evidence of a case out", "Cy")
	b.get("/queue?which=decided").is(200).has("Took the evidence out")

	// Whatever is changed afterwards shows.
	check(t, os.WriteFile(filepath.Join(dir, "case.json"), bytes.Replace(raw, []byte("buy this"), []byte("buy that"), 1), 0o600))
	run(false, evidence.Commands()[0])
	check(t, os.WriteFile(filepath.Join(dir, "MANIFEST.sha256"), []byte(store.HashOf([]byte("x"))+"  case.json\n"), 0o600))
	run(false, evidence.Commands()[1])
	run(false, evidence.Commands()[2])
}

// unzip unpacks an archive and returns the names of its files.
func unzip(t *testing.T, body, dir string) (names []string) {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		names = append(names, f.Name)
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		check(t, err)
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		check(t, os.MkdirAll(filepath.Dir(path), 0o700))
		check(t, os.WriteFile(path, b, 0o600))
	}
	return names
}

// TestHold: who may holds a case with a reason, and says so when it is released.
func TestHold(t *testing.T) {
	t.Parallel()
	h := queueRoom(t, time.Hour)
	id := h.flag("3", "cy", "加V信 hx88291", 90)
	h.as(auth.Moderator).get(caseURL(id, "hold")).is(403)
	h.as(auth.Moderator).post(caseURL(id, "hold"), url.Values{"text": {"why"}}).is(403)
	b := h.as(auth.Lead)
	b.get(caseURL(id, "hold")).is(200).has("Neither its age")
	b.post(caseURL(id, "hold"), url.Values{"text": {" "}}).is(422).has("Write something")
	b.post(caseURL(id, "hold"), url.Values{"text": {"court order 7"}}).is(303)
	b.post(caseURL(id, "hold"), url.Values{"text": {"once more"}}).is(303)
	b.get(caseURL(id, "evidence")).is(200).has("op_lead holds this case", "court order 7", "Release")
	b.get("/queue").is(200).has("Held by op_lead", "Put under hold · court order 7")
	b.get("/audit?action=case.hold").is(200).has("Put a case under hold")
	h.as(auth.Owner).get("/settings/data?app=demo&user=cy").is(200).has("1 case is under hold")
	b.post(caseURL(id, "unhold"), url.Values{"text": {"over"}}).is(303)
	b.get(caseURL(id, "evidence")).is(200).lacks("court order 7")
	b.get(evidenceKeyURL).is(200).has("SHA256:", "BEGIN PUBLIC KEY", "ssh-keygen -Y verify", "openssl pkeyutl")
	h.as(auth.Moderator).get(evidenceKeyURL).is(403)
}

// flagOf is a flag of a case's message by another rule.
func flagOf(h *harness, id int64) cases.Flag {
	k, err := h.store.Cases.Get(context.Background(), id)
	check(h.t, err)
	return cases.Flag{App: testApp, Group: k.Place.Group, Key: k.Key, Sender: k.Sender, Source: cases.FromRule, Rule: "other", Version: 1, Score: 10}
}
