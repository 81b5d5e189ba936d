package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"imdesk/emulator"
	"imdesk/store/storetest"
)

var (
	callbacksFor  = flag.Duration("callbacks.for", 3*time.Second, "how long BenchmarkCallbacks posts at a time")
	callbacksRate = flag.Int("callbacks.rate", 200, "callbacks a second that come in BenchmarkCallbacks when it is not as many as go")
)

// bareEnv makes the test's own executable a server that does nothing but read what is posted to it.
const bareEnv = "IMDESK_TEST_IS_BARE"

// serveBare is an empty gin handler that reads the body, at an address.
func serveBare(address string) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.POST("/callbacks/:app", func(c *gin.Context) {
		_, err := io.Copy(io.Discard, c.Request.Body)
		if err != nil {
			c.Status(http.StatusBadRequest)
			return
		}
		c.Data(http.StatusOK, "application/json", []byte("{}"))
	})
	server := &http.Server{Addr: address, Handler: engine, ReadHeaderTimeout: time.Minute}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}

const (
	benchVolc   = 900001
	benchGroups = 100
	benchLines  = 64 // connections that post, each one callback after the other
)

// BenchmarkCallbacks posts callbacks of new messages, each signed, to the program as it ships, on each database and for each vendor:
// as many as go through, and so many a second as -callbacks.rate says, come what may. The same go to an empty gin handler, in a
// process of its own, in turns with the program.
func BenchmarkCallbacks(b *testing.B) {
	em, err := emulator.New(b.Context(), emulator.Config{
		Apps: []emulator.TencentApp{{SDKAppID: crashApp, Admins: []string{crashAdmin}, Key: crashKey}},
		Volc: []emulator.VolcengineApp{{AppID: benchVolc, AccessKey: "AKBENCH", SecretKey: crashKey}},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = em.Close() })
	if err := em.Start("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	bare := startBench(b, bareEnv+"=", "")
	for _, db := range []string{"SQLite", "PostgreSQL"} {
		b.Run(db, func(b *testing.B) {
			dsn := filepath.Join(b.TempDir(), "imdesk.db")
			if db == "PostgreSQL" {
				dsn = storetest.StartPostgres(b).Schema(b)
			}
			console := startBench(b, "", fmt.Sprintf(`data = %q
[[apps]]
name = "tencent"
vendor = "tencent"
sdkappid = %d
administrator = %q
key = "env:CRASH_KEY"
callback_token = "env:CRASH_TOKEN"
endpoint = %q
[[apps]]
name = "volcengine"
vendor = "volcengine"
app_id = %d
access_key = "AKBENCH"
secret_key = "env:CRASH_KEY"
callback_token = "env:CRASH_TOKEN"
endpoint = %q
`, b.TempDir(), crashApp, crashAdmin, em.URL(), benchVolc, em.URL()), "IMDESK_DATABASE="+dsn)
			for _, vendor := range []struct {
				name string
				make func(base string, n int64) *http.Request
			}{{"tencent", tencentPost}, {"volcengine", volcenginePost}} {
				b.Run(vendor.name, func(b *testing.B) {
					p := poster{B: b, make: vendor.make}
					p.flood(bare, time.Second) // connections, and all that is made at first
					p.flood(console, time.Second)
					var ours, theirs, even posted
					for b.Loop() {
						theirs.add(p.flood(bare, *callbacksFor))
						ours.add(p.flood(console, *callbacksFor))
						even.add(p.even(console, *callbacksFor, *callbacksRate))
					}
					b.ReportMetric(ours.rate(), "callbacks/s")
					b.ReportMetric(theirs.rate(), "bare/s")
					b.ReportMetric(ours.rate()/theirs.rate(), "ratio")
					b.ReportMetric(ours.within(0.5), "ms-p50-flooded")
					b.ReportMetric(ours.within(0.99), "ms-p99-flooded")
					b.ReportMetric(even.within(0.5), "ms-p50-even")
					b.ReportMetric(even.within(0.99), "ms-p99-even")
					b.ReportMetric(0, "ns/op")
				})
			}
		})
	}
}

// startBench starts the program, or what env makes of it, and returns where it listens.
func startBench(b *testing.B, bare, config string, env ...string) string {
	b.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "imdesk.toml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf("listen = %q\n", address)+config), 0o600); err != nil {
		b.Fatal(err)
	}
	p := exec.Command(os.Args[0], "serve", "--config", file)
	p.Env = append(os.Environ(), "CRASH_KEY="+crashKey, "CRASH_TOKEN="+crashKey)
	if p.Env = append(p.Env, env...); bare != "" {
		p.Env = append(p.Env, bare+address)
	} else {
		p.Env = append(p.Env, programEnv+"=1")
	}
	var said bytes.Buffer
	p.Stderr = &said
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
		if b.Failed() {
			b.Log(said.String())
		}
	})
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			resp.Body.Close()
			if bare != "" || resp.StatusCode == http.StatusOK {
				return "http://" + address
			}
		}
		if time.Since(begun) > time.Minute {
			b.Fatal("it never answers")
		}
	}
}

// posted is what came of posting.
type posted struct {
	took []time.Duration
	time time.Duration
}

func (p *posted) add(o posted) { p.took, p.time = append(p.took, o.took...), p.time+o.time }

func (p *posted) rate() float64 { return float64(len(p.took)) / p.time.Seconds() }

// within is the milliseconds within which a part of the answers came.
func (p *posted) within(part float64) float64 {
	slices.Sort(p.took)
	return float64(p.took[min(int(part*float64(len(p.took))), len(p.took)-1)].Microseconds()) / 1000
}

type poster struct {
	*testing.B
	make func(base string, n int64) *http.Request
}

var (
	benchSent   atomic.Int64
	benchClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4 * benchLines}, Timeout: 20 * time.Second}
)

// post posts the next callback.
func (p poster) post(base string) {
	resp, err := benchClient.Do(p.make(base, benchSent.Add(1)))
	if err != nil {
		p.Error(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
}

// flood posts as many as go through.
func (p poster) flood(base string, d time.Duration) posted {
	ctx, stop := context.WithTimeout(p.Context(), d)
	defer stop()
	begun := time.Now()
	took := make([][]time.Duration, benchLines)
	var lines sync.WaitGroup
	for i := range took {
		lines.Go(func() {
			for ctx.Err() == nil {
				at := time.Now()
				p.post(base)
				took[i] = append(took[i], time.Since(at))
			}
		})
	}
	lines.Wait()
	return posted{slices.Concat(took...), time.Since(begun)}
}

// even posts so many a second, whether or not answers come. What waits to be posted has waited.
func (p poster) even(base string, d time.Duration, rate int) posted {
	n := int(d.Seconds() * float64(rate))
	took := make([]time.Duration, n)
	begun := time.Now()
	var posts sync.WaitGroup
	for i := range took {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		posts.Go(func() {
			p.post(base)
			took[i] = time.Since(due)
		})
	}
	posts.Wait()
	return posted{took, time.Since(begun)}
}

// benchText is what is said.
func benchText(n int64) string {
	return fmt.Sprintf("message %d: 今晚的音乐会几点开始? see the plan at noon", n)
}

func benchRequest(address string, body []byte) *http.Request {
	r, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		panic(err) // an address of our own
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

// tencentPost is Group.CallbackAfterSendMsg of a new message.
//
// Source: Tencent Cloud Chat, "Callback after a group message is sent" (doc 2661).
func tencentPost(base string, n int64) *http.Request {
	now := time.Now()
	at := strconv.FormatInt(now.Unix(), 10)
	sum := sha256.Sum256([]byte(crashKey + at))
	group, seq := n%benchGroups, n/benchGroups+1
	body := fmt.Appendf(nil, `{"CallbackCommand":"Group.CallbackAfterSendMsg","GroupId":"g%d","Type":"Public","From_Account":"u%d","MsgSeq":%d,"MsgTime":%d,"Random":%d,`+
		`"OnlineOnlyFlag":0,"EventTime":"%d","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]}`, group, n%997, seq, now.Unix(), n, now.UnixMilli(), benchText(n))
	return benchRequest(fmt.Sprintf("%s/callbacks/tencent?SdkAppid=%d&CallbackCommand=Group.CallbackAfterSendMsg&contenttype=json&ClientIP=192.0.2.1&OptPlatform=iOS&RequestTime=%s&Sign=%s",
		base, crashApp, at, hex.EncodeToString(sum[:])), body)
}

// volcenginePost is AfterSendMessage of a new message.
//
// Source: Volcengine RTC, "Webhook format" (doc 293099).
func volcenginePost(base string, n int64) *http.Request {
	now := time.Now()
	data, err := json.Marshal(map[string]any{
		"ConversationShortId": strconv.FormatInt(7000+n%benchGroups, 10), "ConversationType": 2, "MessageId": strconv.FormatInt(1691070514797524328+n, 10), "Sender": n%997 + 1,
		"MsgType": 10001, "Content": fmt.Sprintf(`{"text":%q}`, benchText(n)), "IndexInConversation": strconv.FormatInt(now.UnixMicro(), 10), "CreateTime": now.UnixMilli(),
	})
	if err != nil {
		panic(err) // texts and numbers
	}
	fields := map[string]string{
		"EventType": "AfterSendMessage", "EventData": string(data), "EventTime": now.UTC().Format("2006-01-02T15:04:05.000000000Z"), "EventId": "e" + strconv.FormatInt(n, 10),
		"AppId": strconv.Itoa(benchVolc), "Version": "2022-01-01", "Nonce": "0042",
	}
	values := []string{crashKey}
	for _, v := range fields {
		values = append(values, v)
	}
	slices.Sort(values)
	sum := sha256.Sum256([]byte(strings.Join(values, "")))
	fields["Signature"] = hex.EncodeToString(sum[:])
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err) // texts
	}
	return benchRequest(base+"/callbacks/volcengine", body)
}
