package browsertest

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire is the network between a browser and a console: it can be cut, or lose what is sent while both ends believe in it, as when
// a laptop sleeps. It also counts what was asked for.
type wire struct {
	l  net.Listener
	to string

	mu    sync.Mutex
	conns map[*link]bool
	down  bool                     // nobody gets through
	late  map[string]time.Duration // what requests with a part in their address wait before they get through
	asked bytes.Buffer
}

// link is one connection through the wire.
type link struct {
	browser, console net.Conn
	last             string // request
	dead             bool   // what the console says gets lost
}

// wire puts a network in front of the console.
func (c *console) wire(t testing.TB) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{l: l, to: strings.TrimPrefix(c.url, "http://"), conns: map[*link]bool{}}
	go w.serve()
	t.Cleanup(func() {
		l.Close()
		w.cut()
	})
	return w
}

// wired opens a browser at the other end of a wire, in which an operator is signed in.
func (c *console) wired(t testing.TB, w *wire, role string) *tab {
	t.Helper()
	p := c.visitor(t, how{})
	p.base = "http://" + w.l.Addr().String()
	p.cookie(c.session(t, role, role))
	return p
}

func (w *wire) serve() {
	for {
		b, err := w.l.Accept()
		if err != nil {
			return
		}
		c, err := net.Dial("tcp", w.to)
		if err != nil {
			b.Close()
			continue
		}
		k := &link{browser: b, console: c}
		w.mu.Lock()
		down := w.down
		w.conns[k] = true
		w.mu.Unlock()
		if down {
			w.end(k)
			continue
		}
		go w.pass(k, c, b, func(p []byte) bool { k.last, _, _ = strings.Cut(string(p), "\r\n"); w.asked.Write(p); return false })
		go w.pass(k, b, c, func([]byte) bool { return k.dead })
	}
}

// pass hands on what one end says; lose, which is called with the lock, tells what gets lost.
func (w *wire) pass(k *link, to io.Writer, from io.Reader, lose func([]byte) bool) {
	defer w.end(k)
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		lost := lose(buf[:n])
		var late time.Duration
		for part, wait := range w.late {
			if from == k.browser && strings.Contains(k.last, part) {
				late = max(late, wait)
			}
		}
		w.mu.Unlock()
		time.Sleep(late)
		if n > 0 && !lost {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) end(k *link) {
	k.browser.Close()
	k.console.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, k)
}

// sleep has all that the console says on the connections of requests with a part in their address get lost from now on; the
// others end, as a system that wakes ends those that nobody waits at.
func (w *wire) sleep(part string) {
	w.mu.Lock()
	var rest []*link
	for k := range w.conns {
		if k.dead = strings.Contains(k.last, part); !k.dead {
			rest = append(rest, k)
		}
	}
	w.mu.Unlock()
	for _, k := range rest {
		w.end(k)
	}
}

// delay has requests with a part in their address wait from now on; nil: none.
func (w *wire) delay(late map[string]time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = late
}

// cut ends all connections, and lets nobody through until mended.
func (w *wire) cut() {
	w.mu.Lock()
	w.down = true
	var all []*link
	for k := range w.conns {
		all = append(all, k)
	}
	w.mu.Unlock()
	for _, k := range all {
		w.end(k)
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

// requests counts the requests whose address contains a part.
func (w *wire) requests(part string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range strings.Lines(w.asked.String()) {
		if strings.HasSuffix(strings.TrimSpace(line), " HTTP/1.1") && strings.Contains(line, part) {
			n++
		}
	}
	return n
}
