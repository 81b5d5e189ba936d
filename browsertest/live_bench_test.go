package browsertest

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/store"
)

// Sizes: go test ./browsertest -run '^$' -bench Live -benchtime 1x -args -live.views=2000 -live.messages=1000
var (
	liveViews    = flag.Int("live.views", 200, "live views that the benchmark of their memory opens")
	liveMessages = flag.Int("live.messages", 100, "messages that the benchmark of the live view says")
)

// viewsOf is how many live views an operator may have open.
const viewsOf = 16

// listener is a live view without a browser: it reads its stream and keeps nothing but counts.
type listener struct {
	conn  net.Conn
	lines atomic.Int64
}

// listen opens the stream of a group, and calls heard with each line of an event that has a text of ours in it.
func (c *console) listen(b testing.TB, cookie *http.Cookie, group string, heard func(line string)) *listener {
	b.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /live/stream?pane=in:%s HTTP/1.1\r\nHost: %s\r\nCookie: %s=%s\r\n\r\n", group, strings.TrimPrefix(c.url, "http://"), cookie.Name, cookie.Value)
	r := bufio.NewReader(conn)
	status, err := r.ReadString('\n')
	if err != nil || !strings.Contains(status, "200") {
		b.Fatalf("the stream answers %q: %v", status, err)
	}
	l := &listener{conn: conn}
	go func() {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if n := strings.Count(line, said); n > 0 {
				heard(line)
				l.lines.Add(int64(n))
			}
		}
	}()
	return l
}

// said begins each message of the benchmarks; when it was said follows, in nanoseconds.
const said = "said at "

// heardAt are the times in a text that come after said.
func heardAt(text string) (list []time.Time) {
	for {
		_, rest, is := strings.Cut(text, said)
		if !is {
			return list
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(rest)
		}
		if ns, err := strconv.ParseInt(rest[:end], 10, 64); err == nil {
			list = append(list, time.Unix(0, ns))
		}
		text = rest[end:]
	}
}

func percentile(list []time.Duration, p int) time.Duration {
	slices.Sort(list)
	return list[min(len(list)*p/100, len(list)-1)]
}

// sayNow says when it is.
func (c *console) sayNow(b testing.TB, group string) {
	b.Helper()
	c.say(b, group, "bt_ann", said+strconv.FormatInt(time.Now().UnixNano(), 10))
}

// BenchmarkLiveEventToScreen takes the time from when a message is sent to the service until the frame in which a browser shows it:
// the service, the callback, the archive, the stream and the page are in it. The baseline is when the same message has come to a
// client of the stream that draws nothing.
func BenchmarkLiveEventToScreen(b *testing.B) {
	c := alone(b)
	g := c.group(b, "Bench", "bt_olga:Olga", "bt_ann:Ann")
	p := c.as(b, "viewer", how{}).watchGroup(g)
	p.run(`(window.lags = [], new MutationObserver((list) => {
		const fresh = list.flatMap((m) => [...m.addedNodes]).map((n) => n.innerText?.match(/said at (\d+)/)?.[1]).filter(Boolean);
		const channel = new MessageChannel(); // after the frame
		requestAnimationFrame(() => channel.port2.postMessage(0));
		channel.port1.onmessage = () => fresh.forEach((ns) => window.lags.push(performance.timeOrigin + performance.now() - Number(ns) / 1e6));
	}).observe(document.querySelector("#pane-0"), {childList: true}))`)
	var mu sync.Mutex
	var heard, seen []time.Duration
	l := c.listen(b, c.session(b, "viewer", "viewer"), g, func(line string) {
		mu.Lock()
		defer mu.Unlock()
		for _, at := range heardAt(line) {
			heard = append(heard, time.Since(at))
		}
	})
	defer l.conn.Close()
	for b.Loop() {
		for range *liveMessages {
			c.sayNow(b, g)
			time.Sleep(60 * time.Millisecond) // below the 20 a second that are drawn one by one
		}
	}
	p.wait(fmt.Sprintf(`window.lags.length >= %d`, b.N**liveMessages))
	for _, ms := range eval[[]float64](p, `window.lags`) {
		seen = append(seen, time.Duration(ms*float64(time.Millisecond)))
	}
	for deadline := time.Now().Add(patience); l.lines.Load() < int64(b.N**liveMessages) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	mu.Lock()
	defer mu.Unlock()
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(ms(percentile(seen, 50)), "ms/p50")
	b.ReportMetric(ms(percentile(seen, 95)), "ms/p95")
	b.ReportMetric(ms(percentile(heard, 95)), "ms/p95-stream")
	b.ReportMetric(ms(percentile(seen, 95))/ms(percentile(heard, 95)), "p95-ratio")
	b.ReportMetric(0, "ns/op")
}

// resident is how much memory a process has, in bytes.
func resident(b testing.TB, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err) // it is read from /proc
	}
	for line := range strings.Lines(string(raw)) {
		if kb, is := strings.CutPrefix(line, "VmRSS:"); is {
			n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 64)
			if err != nil {
				b.Fatal(err)
			}
			return n * 1024
		}
	}
	b.Fatal("the process says nothing of its memory")
	return 0
}

// BenchmarkLiveViews opens many live views and says something: how much memory the console has with them and without, and how long it
// takes until all of them have it.
func BenchmarkLiveViews(b *testing.B) {
	ctx := context.Background()
	c := alone(b)
	g := c.group(b, "Bench", "bt_olga:Olga", "bt_ann:Ann")
	signIn := auth.New(auth.Options{Store: c.db})
	var cookies []*http.Cookie
	for i := range (*liveViews + viewsOf - 1) / viewsOf {
		kept, err := c.db.Operators.Add(ctx, store.Operator{Name: fmt.Sprintf("viewer-%d", i), Role: string(auth.Viewer), CreatedAt: time.Now()})
		if err != nil {
			b.Fatal(err)
		}
		op, err := signIn.Operator(ctx, kept.ID)
		if err != nil {
			b.Fatal(err)
		}
		w := httptest.NewRecorder()
		if _, err := signIn.Begin(w, httptest.NewRequest(http.MethodPost, c.url+auth.LoginPath, nil), op); err != nil {
			b.Fatal(err)
		}
		for _, ck := range w.Result().Cookies() {
			if ck.Name == auth.CookieName {
				cookies = append(cookies, ck)
			}
		}
	}
	c.sayNow(b, g)
	pid := c.process.Process.Pid
	for b.Loop() {
		without := resident(b, pid)
		var mu sync.Mutex
		var lags []time.Duration
		views := make([]*listener, *liveViews)
		for i := range views {
			views[i] = c.listen(b, cookies[i/viewsOf], g, func(line string) {
				mu.Lock()
				defer mu.Unlock()
				for _, at := range heardAt(line) {
					lags = append(lags, time.Since(at))
				}
			})
		}
		const messages = 20
		for range messages {
			c.sayNow(b, g)
			time.Sleep(250 * time.Millisecond)
		}
		for i, l := range views {
			for deadline := time.Now().Add(patience); l.lines.Load() < messages; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					b.Fatalf("view %d has %d of %d messages", i, l.lines.Load(), messages)
				}
			}
		}
		with := resident(b, pid)
		for _, l := range views {
			l.conn.Close()
		}
		b.ReportMetric(with/(1<<20), "MB")
		b.ReportMetric((with-without)/(1<<10)/float64(*liveViews), "KB/view")
		b.ReportMetric(with/without, "memory-ratio")
		mu.Lock()
		b.ReportMetric(float64(percentile(lags, 95))/float64(time.Millisecond), "ms/p95")
		mu.Unlock()
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkNextCard takes the time from the key that decides a case until the frame that shows the next card, as the browser sees it.
// The baseline is the browser's time for the list beside it alone, which draws nothing.
func BenchmarkNextCard(b *testing.B) {
	c := alone(b)
	g := c.group(b, "Bench", "bt_olga:Olga", "bt_ann:Ann", "bt_bob:Bob")
	p := c.as(b, "moderator", how{})
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	var took, bare []time.Duration
	for b.Loop() {
		var lines []string
		for i := range 40 {
			lines = append(lines, fmt.Sprintf("line %d", i+1))
		}
		list := c.flag(b, g, c.chat(b, g, []string{"bt_ann", "bt_bob"}, lines...)...)
		p.visit(queueAt(list[0])).showsCase(list[0])
		for range len(list) - 1 {
			p.clockCard()
			p.press("e")
			took = append(took, p.cardTime())
			bare = append(bare, time.Duration(float64(time.Millisecond)*eval[float64](p, `(async () => { const at = performance.now(); await (await fetch("/queue/list", {headers: {"HX-Request": "true", "HX-Request-Type": "partial"}})).text(); return performance.now() - at })()`)))
		}
	}
	b.ReportMetric(ms(percentile(took, 50)), "ms/p50")
	b.ReportMetric(ms(percentile(took, 95)), "ms/p95")
	b.ReportMetric(ms(percentile(bare, 95)), "ms/p95-list")
	b.ReportMetric(ms(percentile(took, 95))/ms(percentile(bare, 95)), "p95-ratio")
	b.ReportMetric(0, "ns/op")
}
