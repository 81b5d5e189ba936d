package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"
)

// BenchmarkGroupsPage serves 50 groups by the console, with session, router, client and a warm emulator behind it, against a
// bare net/http handler that renders the same component from memory: both over loopback HTTP, by the same client, in turns.
func BenchmarkGroupsPage(b *testing.B) {
	h := newHarness(b)
	h.newUsers("owner:林晚")
	for i := range 60 {
		h.newGroup("Public", fmt.Sprintf("group-%03d", i), fmt.Sprintf("Group %d 群", i), "owner")
	}
	against(b, h, "/apps/demo/groups", func(c *gin.Context) templ.Component {
		s, ctx := h.server, c.Request.Context()
		q := readGroupQuery(c.Request.URL, h.app.IM.Caps.Types)
		op, _ := auth.OperatorFrom(ctx)
		pins, err := s.Store.Settings.Pins(ctx, op.ID, h.app.Name)
		check(b, err)
		v := s.groupsView(c, h.app, q)
		page, _, err := s.groupPage(ctx, h.app, &q)
		check(b, err)
		v.Pager = groupPager(ctx, appURL(h.app, "groups"), q, page.Next)
		v.Total = i18n.N(ctx, "groups.total", page.Total)
		v.Rows = s.groupRows(ctx, h.app, page.Items, pins)
		return templates.GroupsPage(s.chrome(c), v)
	})
}

// BenchmarkHistoryPage does the same for a group's newest messages.
func BenchmarkHistoryPage(b *testing.B) {
	h := newHarness(b)
	h.newUsers("owner:林晚", "raka:Raka Pratama", "mei:Mei Lin")
	h.newGroup("Public", "talk", "Talk 聊", "owner", "raka", "mei")
	h.chat("talk", 120, "owner", "raka", "mei")
	against(b, h, "/apps/demo/groups/talk/messages", func(c *gin.Context) templ.Component {
		s, ctx := h.server, c.Request.Context()
		c.Params = append(c.Params, gin.Param{Key: "group", Value: "talk"})
		q, _ := readMessageQuery(ctx, c.Request.URL)
		frame, g, err := s.groupFrame(c, h.app, tabMessages)
		check(b, err)
		v := templates.MessagesView{Frame: frame, Selection: s.messageActions(c, h.app, g)}
		part, err := s.readStretch(ctx, h.app, imclient.Conversation{Group: g.ID, Type: g.Type}, q)
		check(b, err)
		people := s.peopleOf(ctx, h.app, g, part.messages)
		v.Transcript = s.transcriptOf(c, h.app, g, q, part, people).view(q, part)
		v.Filter = s.messageFilter(ctx, h.app, g, q, part.messages, people)
		return templates.MessagesPage(s.chrome(c), v)
	})
}

// round is how many requests go to one side before it is the other's turn.
const round = 200

func against(b *testing.B, h *harness, path string, component func(*gin.Context) templ.Component) {
	who := h.as(auth.Lead)
	op := operatorOf(b, h, who)
	ctx := i18n.With(auth.WithOperator(context.Background(), op), i18n.Locale{Lang: i18n.English, Zone: h.server.Zone, Now: h.now})
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "http://console.test"+path, nil).WithContext(ctx)
	c.Params = gin.Params{{Key: "app", Value: h.app.Name}}
	page := component(c)

	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var buf bytes.Buffer
		if err := page.Render(ctx, &buf); err != nil {
			b.Error(err)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(buf.Bytes())
	}))
	defer bare.Close()
	console := httptest.NewServer(h.handler)
	defer console.Close()

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	fetch := func(base string) string {
		r, err := http.NewRequest(http.MethodGet, base+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Cookie", who.cookie)
		resp, err := client.Do(r)
		if err != nil {
			b.Error(err)
			return ""
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Errorf("%s: %d %v", base, resp.StatusCode, err)
		}
		return string(body)
	}
	// Both sides say the same, or the comparison means nothing. Times tick, so only the number of rows is held.
	one, other := fetch(bare.URL), fetch(console.URL)
	if n, m := strings.Count(one, "data-row="), strings.Count(other, "data-row="); n == 0 || n != m {
		b.Fatalf("%d rows from the bare handler, %d from the console", n, m)
	}
	serve := func(base string) time.Duration {
		start := time.Now()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range round / 4 {
					fetch(base)
				}
			})
		}
		wg.Wait()
		return time.Since(start)
	}
	serve(bare.URL)
	serve(console.URL)
	var ours, theirs time.Duration
	requests := 0
	for b.Loop() {
		theirs += serve(bare.URL)
		ours += serve(console.URL)
		requests += round
	}
	b.ReportMetric(float64(requests)/ours.Seconds(), "console-req/s")
	b.ReportMetric(float64(requests)/theirs.Seconds(), "bare-req/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(allocations(h, who, path), "allocs/page")
	b.ReportMetric(float64(len(other)), "bytes/page")
	b.ReportMetric(0, "ns/op")
}

// allocations counts those of one page inside the console, client and emulator included.
func allocations(h *harness, who *browser, path string) float64 {
	const n = 50
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		r := httptest.NewRequest(http.MethodGet, "http://console.test"+path, nil)
		r.Header.Set("Cookie", who.cookie)
		h.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / n
}

func operatorOf(b *testing.B, h *harness, who *browser) auth.Operator {
	b.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://console.test/", nil)
	r.Header.Set("Cookie", who.cookie)
	r, err := h.auth.Load(r, "", "")
	if err != nil {
		b.Fatal(err)
	}
	op, ok := auth.OperatorFrom(r.Context())
	if !ok {
		b.Fatal("nobody is signed in")
	}
	return op
}
