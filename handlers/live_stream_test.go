package handlers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/archive"
	"imdesk/auth"
	"imdesk/cases"
	"imdesk/events"
	"imdesk/live"
	"imdesk/store"
	"imdesk/store/storetest"
)

// watched is a console that listens: its router on a port.
type watched struct {
	t      *testing.T
	h      *harness // whose IM service and app it looks after
	store  *store.Store
	server *Server
	http   *httptest.Server
	stop   func() // as the program stops
	auth   *auth.Service
}

// watch starts a console on a database.
func (h *harness) watch(t *testing.T, dsn string) *watched {
	t.Helper()
	return h.watchKeeping(t, dsn, true)
}

// watchKeeping starts one that keeps what is said, or does not.
func (h *harness) watchKeeping(t *testing.T, dsn string, keeps bool) *watched {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	st, err := store.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	hub, err := live.New(ctx, st.Arrivals, log, h.now)
	if err != nil {
		t.Fatal(err)
	}
	told, err := events.New(ctx, st.Events, log)
	if err != nil {
		t.Fatal(err)
	}
	changes := events.NewSoon(st.Events, log)
	keeper := &archive.Keeper{
		Store: st.Archive, Log: log, Now: h.now,
		Policies: func() map[string]archive.Policy { return map[string]archive.Policy{testApp: {Groups: keeps}} },
	}
	w := &watched{t: t, h: h, store: st, auth: auth.New(auth.Options{Store: st, Now: h.now, Log: log, Shared: store.IsPostgres(dsn)})}
	w.server, err = newServer(Options{
		Apps: h.server.Apps, Store: st, Auth: w.auth, Actions: h.actions, Log: log, Now: h.now, Zone: time.FixedZone("UTC+8", 8*60*60), Language: "en",
		Archive: keeper, Live: hub, Events: told, Changes: changes,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.server.streamCheck = 50 * time.Millisecond
	handler, err := w.server.handler()
	if err != nil {
		t.Fatal(err)
	}
	w.http = httptest.NewUnstartedServer(handler)
	w.http.Config.RegisterOnShutdown(hub.Close)
	w.http.Start()
	run, end := context.WithCancel(ctx)
	done := make(chan struct{}, 4)
	for _, f := range []func(context.Context){hub.Run, told.Run, changes.Run, keeper.Run} {
		go func() { f(run); done <- struct{}{} }()
	}
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		stopping, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := w.http.Config.Shutdown(stopping); err != nil {
			t.Errorf("streams are open after the end: %v", err)
		}
		w.http.Close()
		end()
		for range 4 {
			<-done
		}
		if n := w.server.streams.open(); n != 0 {
			t.Errorf("%d streams are left", n)
		}
		check(t, st.Close())
	}
	t.Cleanup(w.stop)
	return w
}

// signIn adds an operator and returns the cookie of a session.
func (w *watched) signIn(name string, role auth.Role) (cookie, id string) {
	w.t.Helper()
	o, err := w.auth.Add(context.Background(), auth.Operator{}, name, role, testPassword)
	if err != nil {
		w.t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(w.http.URL+auth.LoginPath, url.Values{"name": {name}, "password": {testPassword}})
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == auth.CookieName {
			return c.Name + "=" + c.Value, o.ID
		}
	}
	w.t.Fatalf("sign in: status %d and no cookie", res.StatusCode)
	return "", ""
}

// told posts a callback of what was said.
func (w *watched) told(group, from, what string, seq int) {
	w.t.Helper()
	w.calledBack("Group.CallbackAfterSendMsg", fmt.Sprintf(`{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":%q,"Type":"Public","From_Account":%q,"MsgSeq":%d,
		"MsgTime":%d,"Random":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]}`, group, from, seq, w.h.now().Unix(), seq, what))
}

func (w *watched) calledBack(command, body string) {
	w.t.Helper()
	res, err := http.Post(w.http.URL+"/callbacks/demo?"+w.h.callbackQuery(command).Encode(), "application/json", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		w.t.Fatalf("told: %d %s", res.StatusCode, answer)
	}
}

// reader reads a stream as a browser does.
type reader struct {
	t      *testing.T
	res    *http.Response
	events chan event
	id     string // of the last event
}

type event struct{ id, name, data string }

// open opens a stream; last is the id of the last event that was seen, "" none.
func (w *watched) open(path, cookie, last string) *reader {
	w.t.Helper()
	r, err := http.NewRequest(get, w.http.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	s := &reader{t: w.t, res: res, events: make(chan event, 1000)}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		close(s.events)
		return s
	}
	if got := res.Header.Get("Content-Type"); cookie != "" && got != "text/event-stream; charset=utf-8" {
		w.t.Errorf("content type %q", got)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(s.events)
		var e event
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ":")
			value = strings.TrimPrefix(value, " ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data += value + "\n"
			case "":
				s.events <- e
				e = event{}
			}
		}
	}()
	w.t.Cleanup(func() { s.close(); <-done })
	return s
}

func (s *reader) close() { s.res.Body.Close() }

// next returns the next event of a name.
func (s *reader) next(name string) event {
	s.t.Helper()
	for late := time.After(20 * time.Second); ; {
		select {
		case e, ok := <-s.events:
			if !ok {
				s.t.Fatalf("the stream ended before %q", name)
			}
			if e.id != "" {
				s.id = e.id
			}
			if e.name == name {
				return e
			}
		case <-late:
			s.t.Fatalf("no %q", name)
		}
	}
}

var lineText = regexp.MustCompile(`(?s)<li class="tick"([^>]*)>.*?<span class="x" dir="auto">(.*?)</span> ?<span class="f">`)

// lines reads until n lines have come, and returns what they say; updates begin with a star.
// knows waits until a group and a user have names: a line waits for them only a moment.
func (w *watched) knows(group, user string) {
	w.t.Helper()
	line := []store.Archived{{Place: store.Conversation{App: testApp, Group: group}, Sender: user}}
	for end := time.Now().Add(10 * time.Second); ; {
		w.server.nameLines(w.t.Context(), line)
		if _, all := w.server.lineNames.of(w.server.Now(), lineName{testApp, group, true}, lineName{testApp, user, false}); all {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("%s and %s have no names", group, user)
		}
	}
}

func (s *reader) lines(n int) (list []string) {
	s.t.Helper()
	for len(list) < n {
		for _, m := range lineText.FindAllStringSubmatch(s.next("lines").data, -1) {
			text := (&answer{body: m[2]}).text()
			if strings.Contains(m[1], "data-update") {
				text = "*" + text
			}
			list = append(list, text)
		}
	}
	return list
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%q\nwant\n%q", what, got, want)
	}
}

func TestLiveStream(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.newUsers("ann:Ann O’Neil", "bob:Bob")
	h.newGroup("Public", "g1", "Music & more", "ann", "bob")
	w := h.watch(t, t.TempDir()+"/imdesk.db")
	mod, modID := w.signIn("mod", auth.Moderator)
	viewer, _ := w.signIn("viewer", auth.Viewer)
	path := liveStreamPath + "?pane=&pane=" + url.QueryEscape("退款 -done") + "&hide=demo/spammer"

	t.Run("what is said, edited and recalled", func(t *testing.T) {
		all, seen := w.open(path, mod, ""), w.open(liveStreamPath, viewer, "")
		all.next("beat")
		seen.next("beat")
		w.knows("g1", "ann")
		w.told("g1", "ann", "hello <b>you</b>", 1)
		e := all.next("lines")
		for _, want := range []string{`data-pane="0"`, "hello &lt;b&gt;you&lt;/b&gt;", "Ann O’Neil", "Music &amp; more", `data-href="/apps/demo/groups/g1/messages?seq=1"`} {
			if !strings.Contains(e.data, want) {
				t.Errorf("%q is not in\n%s", want, e.data)
			}
		}
		if strings.Contains(e.data, `data-pane="1"`) {
			t.Error("a line in a pane that does not choose it")
		}
		same(t, "for a viewer", seen.lines(1), "hello <b>you</b>")
		w.told("g1", "spammer", "left out", 2)
		w.told("g1", "bob", "我要退款", 3)
		same(t, "in both panes", all.lines(2), "我要退款", "我要 退款")
		same(t, "for a viewer", seen.lines(2), "left out", "我要退款")
		w.calledBack("Group.CallbackAfterRecallMsg", `{"CallbackCommand":"Group.CallbackAfterRecallMsg","GroupId":"g1","Type":"Public","MsgSeqList":[{"MsgSeq":1}]}`)
		same(t, "recalled", all.lines(1), "*hello <b>you</b>")
		same(t, "recalled, for a viewer", seen.lines(1), "*Recalled. Your role does not show what it said.")
	})

	t.Run("what is flagged", func(t *testing.T) {
		all, only, seen := w.open(liveStreamPath, mod, ""), w.open(liveStreamPath+"?pane=is:flagged", mod, ""), w.open(liveStreamPath, viewer, "")
		for _, s := range []*reader{all, only, seen} {
			defer s.close()
			s.next("beat")
		}
		w.told("g1", "ann", "not this one", 50)
		w.told("g1", "bob", "this one", 51)
		same(t, "said", all.lines(2), "not this one", "this one")
		seen.lines(2)
		flag := cases.Flag{App: testApp, Group: "g1", Key: "51", Sender: "bob", At: h.now(), Text: "this one", Source: cases.FromOperator, By: "mod"}
		if _, err := (&cases.Service{Store: w.store.Cases, Archive: w.store.Archive, Now: h.now}).Flag(t.Context(), flag); err != nil {
			t.Fatal(err)
		}
		if e := only.next("lines"); !strings.Contains(e.data, "this one") || strings.Contains(e.data, "not this one") || !strings.Contains(e.data, `data-flag="bad"`) {
			t.Errorf("with a case only: %s", e.data)
		}
		if e := all.next("lines"); !strings.Contains(e.data, `data-flag="bad"`) || !strings.Contains(e.data, "data-update") {
			t.Errorf("the line that is shown becomes %s", e.data)
		}
		if e := seen.next("lines"); strings.Contains(e.data, "data-flag") {
			t.Errorf("a viewer sees that there is a case: %s", e.data)
		}
	})

	t.Run("it outlives the times of requests", func(t *testing.T) {
		hasty := httptest.NewUnstartedServer(w.http.Config.Handler)
		hasty.Config.ReadTimeout, hasty.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
		hasty.Start()
		defer hasty.CloseClientConnections()
		s := (&watched{t: t, http: hasty}).open(liveStreamPath, mod, "")
		s.next("beat")
		time.Sleep(2 * hasty.Config.WriteTimeout)
		w.told("g1", "ann", "later", 10)
		same(t, "later", s.lines(1), "later")
	})

	t.Run("much at once is sampled, and said so", func(t *testing.T) {
		flood := func(round int) string {
			s := w.open(liveStreamPath+"?pane=in:flood", mod, "")
			defer s.close()
			s.next("beat")
			var list []store.Archived
			for i := range 900 {
				n := round*900 + i
				list = append(list, store.Archived{
					Place: store.Conversation{App: testApp, Group: "flood"}, Key: strconv.Itoa(n), Seq: int64(n + 1), Sender: "ann", At: h.now(), Added: h.now(), Text: fmt.Sprint("m", i), Body: "[]",
				})
			}
			_, err := w.store.Archive.Add(t.Context(), list)
			check(t, err)
			got := s.lines(drawnBurst)
			if len(got) != drawnBurst || got[len(got)-1] != "m899" {
				t.Errorf("%d lines are drawn, the last is %q", len(got), got[len(got)-1])
			}
			note := s.next("lines").data
			for !strings.Contains(note, "note-pane-0") {
				note = s.next("lines").data
			}
			return (&answer{body: note}).text()
		}
		// A second that ends in the middle of it says how many are left out, and not of how many.
		text := flood(0)
		for round := 1; round < 6 && strings.Contains(text, "840 messages have been left out since"); round++ {
			text = flood(round)
		}
		if !strings.Contains(text, "Showing 1 of 15: 900 came in the last second, 840 have been left out.") {
			t.Errorf("the page says %q", text)
		}
	})

	t.Run("who is slow holds up nobody", func(t *testing.T) {
		slow, err := http.NewRequest(get, w.http.URL+liveStreamPath, nil)
		check(t, err)
		slow.Header.Set("Cookie", mod)
		res, err := http.DefaultClient.Do(slow) // whose body nobody reads
		check(t, err)
		defer res.Body.Close()
		s := w.open(liveStreamPath+"?pane=in:last", mod, "")
		s.next("beat")
		long := strings.Repeat("x", 4000)
		for i := range 40 {
			var list []store.Archived
			for j := range 100 {
				key := strconv.Itoa(100*i + j + 1)
				list = append(list, store.Archived{Place: store.Conversation{App: testApp, Group: "much"}, Key: key, Sender: "ann", At: h.now(), Added: h.now(), Text: long, Body: "[]"})
			}
			_, err := w.store.Archive.Add(t.Context(), list)
			check(t, err)
		}
		began := time.Now()
		w.told("last", "ann", "through", 1)
		same(t, "the other one", s.lines(1), "through")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	})

	t.Run("limits", func(t *testing.T) {
		cookie, _ := w.signIn("many", auth.Viewer)
		for range maxStreamsOf {
			if s := w.open(liveStreamPath, cookie, ""); s.res.StatusCode != http.StatusOK {
				t.Fatalf("status %d", s.res.StatusCode)
			}
		}
		if s := w.open(liveStreamPath, cookie, ""); s.res.StatusCode != http.StatusTooManyRequests || s.res.Header.Get("Retry-After") == "" {
			t.Errorf("status %d of one too many", s.res.StatusCode)
		}
		if s := w.open(liveStreamPath, "", ""); s.res.Request == nil || s.res.Request.URL.Path != auth.LoginPath {
			t.Errorf("a visitor gets status %d of %s", s.res.StatusCode, s.res.Request.URL)
		}
	})

	t.Run("a group's page is told", func(t *testing.T) {
		s := w.open("/apps/demo/groups/g1/stream", mod, "")
		s.next("beat")
		w.told("g2", "ann", "elsewhere", 20)
		w.told("g1", "ann", "here", 20)
		if e := s.next("said"); e.data != "1\n" {
			t.Errorf("said %q", e.data)
		}
		w.server.Changes.Publish(store.TopicGroup, GroupChanged(testApp, "g1"))
		s.next("changed")
		w.calledBack("Group.CallbackAfterNewMemberJoin", `{"CallbackCommand":"Group.CallbackAfterNewMemberJoin","GroupId":"g1","Type":"Public","JoinType":"Apply","NewMemberList":[{"Member_Account":"cat"}]}`)
		s.next("changed")
	})

	t.Run("who may not any more is let go", func(t *testing.T) {
		s := w.open(liveStreamPath, mod, "")
		s.next("beat")
		check(t, w.auth.SetRole(t.Context(), auth.Operator{}, modID, auth.Viewer))
		s.next("bye")
		if _, open := <-s.events; open {
			t.Error("it goes on with another role")
		}
		s = w.open(liveStreamPath, mod, "")
		s.next("beat")
		check(t, w.auth.EndSessions(t.Context(), auth.Operator{}, modID))
		s.next("bye")
		if _, open := <-s.events; open {
			t.Error("it goes on without a session")
		}
	})
}

// What is not kept passes, and is gone.
func TestLiveStreamOfWhatIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	w := h.watchKeeping(t, t.TempDir()+"/imdesk.db", false)
	mod, _ := w.signIn("mod", auth.Moderator)
	s := w.open(liveStreamPath, mod, "")
	s.next("beat")
	w.told("g1", "ann", "passing", 1)
	same(t, "passing", s.lines(1), "passing")
	w.calledBack("Group.CallbackAfterRecallMsg", `{"CallbackCommand":"Group.CallbackAfterRecallMsg","GroupId":"g1","Type":"Public","MsgSeqList":[{"MsgSeq":1}]}`)
	same(t, "recalled", s.lines(1), "*passing")
	if n, err := w.store.Arrivals.Last(t.Context()); n != 0 || err != nil {
		t.Errorf("%d arrivals, %v", n, err)
	}
}

// Nothing is lost and nothing comes twice, however often a browser or a console goes away.
func TestLiveStreamResumes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	dsn := t.TempDir() + "/imdesk.db"
	w := h.watch(t, dsn)
	mod, _ := w.signIn("mod", auth.Moderator)
	var got, want []string
	seq, last := 0, ""
	say := func(n int) {
		for range n {
			seq++
			want = append(want, fmt.Sprint("m", seq))
			w.told("g1", "ann", want[len(want)-1], seq)
		}
	}
	s := w.open(liveStreamPath, mod, "")
	s.next("beat")
	last = s.id
	for round := range 6 {
		say(3)
		if round%2 == 0 {
			got = append(got, s.lines(3)...)
			last = s.id
		}
		s.close()
		say(4) // while nobody is there
		if round == 2 || round == 4 {
			w.stop()
			w = h.watch(t, dsn)
		}
		s = w.open(liveStreamPath, mod, last)
		got = append(got, s.lines(len(want)-len(got))...)
		last = s.id
	}
	same(t, "over all of it", got, want...)

	// Beyond what is kept the page says so.
	if _, err := w.store.Arrivals.Purge(t.Context(), time.Now().Add(time.Hour), 1, 1000); err != nil {
		t.Fatal(err)
	}
	number, _, _ := strings.Cut(last, ".")
	n, err := strconv.Atoi(number)
	check(t, err)
	s = w.open(liveStreamPath, mod, fmt.Sprintf("%d.%d", n-10, h.now().Add(-7*time.Minute).UnixMilli()))
	if e := s.next("gap"); !strings.Contains(e.data, "minutes are missing here") || !strings.Contains(e.data, "/search?q=") {
		t.Errorf("the gap says %s", e.data)
	}
}

// Consoles on one database tell the same, wherever it came in, in the same order.
func TestLiveStreamOfReplicas(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	dsn := storetest.StartPostgres(t).Schema(t)
	one, two := h.watch(t, dsn), h.watch(t, dsn)
	mod, _ := one.signIn("mod", auth.Moderator)
	at, there := one.open(liveStreamPath, mod, ""), two.open(liveStreamPath, mod, "")
	at.next("beat")
	there.next("beat")
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint("m", i+1))
		[]*watched{one, two}[i%2].told("g1", "ann", want[i], i+1)
	}
	first := at.lines(20)
	same(t, "here", first, want...)
	same(t, "there", there.lines(20), first...)
	// One of them stops; what the browser missed it has from the other.
	last := at.id
	one.stop()
	two.told("g1", "ann", "afterwards", 21)
	same(t, "from the other one", two.open(liveStreamPath, mod, last).lines(1), "afterwards")
}

func TestLivePage(t *testing.T) {
	t.Parallel()
	h := archived(t)
	hub, err := live.New(t.Context(), h.store.Arrivals, slog.New(slog.DiscardHandler), h.now)
	check(t, err)
	h.newUsers("ann:Ann O’Neil")
	h.newGroup("Public", "g1", "Music & more", "ann")
	h.told("g1", "ann", "我要退款 <b>now</b>", 1)
	h.told("g1", "ann", "hello", 2)
	mod := h.as(auth.Moderator)
	mod.get(livePath).is(http.StatusOK).has("Nothing can be told")
	h.server.Live = hub
	mod.get(livePath).is(http.StatusOK).has("Ann O’Neil", "Music & more", "hello", "我要退款 <b>now</b>", "Look again").marked(`hx-sse:connect="/live/stream?after=`)
	mod.get(livePath + "?pane=" + url.QueryEscape("退款")).is(http.StatusOK).marked("<mark>退款</mark>").lacks("hello")
	mod.get(livePath+"?pane=hello&pane=has:link").is(http.StatusOK).has("hello").marked(`aria-label="Pane 2"`, `id="pane-1"`, `name="pane" value="hello"`)
	mod.get(livePath + "?pane=has:cheese").is(http.StatusOK).has("can have link")
	mod.get(livePath + "?hide=demo/ann").is(http.StatusOK).has("Left out:").lacks("hello")
	mod.get(livePath + "?pane=" + strings.Repeat("x", maxSearch+1)).is(http.StatusOK).has("longer than")
	mod.get(livePath + "?pane=%ff%00&pane=&pane=&pane=&pane=fifth").is(http.StatusOK).lacks("fifth")

	line := "/live/line?app=demo&group=g1&key=1"
	peek := mod.do(get, line, nil, htmx(livePath+"?pane=hello")).is(http.StatusOK).has("Recall", "Mute", "Kick", "Show in group", "Hide sender")
	peek.marked(`name="m" value="1::ann"`, `href="/live?hide=demo%2Fann&amp;pane=hello"`, "back=%2Flive%3Fpane%3Dhello")
	h.as(auth.Viewer).part(line).is(http.StatusOK).marked(`aria-disabled="true"`).lacks(`formaction`)
	mod.part("/live/line?app=demo&group=g1&key=nonsense").is(http.StatusNotFound)
	mod.part("/live/line?app=other&group=g1&key=1").is(http.StatusNotFound)

	// An act from the live view answers with a toast, and leaves the page open.
	refs := url.Values{"m": {"2::ann"}, "back": {livePath + "?pane=hello"}}
	if a := mod.postPart("/apps/demo/groups/g1/recall", livePath, refs); a.header.Get("HX-Redirect") != "" || !strings.Contains(a.body, "#toasts") {
		t.Errorf("status %d, on to %q: %s", a.status, a.header.Get("HX-Redirect"), a.text())
	}
}
