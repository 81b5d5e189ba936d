package emulator

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"imdesk/emulator/internal/community"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
)

var (
	pagedGroups   = flag.Int("paged-groups", 200_000, "groups that BenchmarkPaging walks")
	pagedMembers  = flag.Int("paged-members", 100_000, "members of one group that BenchmarkPaging walks")
	pagedMessages = flag.Int("paged-messages", 1_000_000, "messages of one group that BenchmarkPaging walks")
)

// world is a large community behind the API, and clients of it.
type world struct {
	testing.TB
	*Server
	clock *clock
	http  *http.Client

	api    *tencent.API
	client *imclient.Client // on top of api
}

const (
	hall        = "@TGS#_hall" // the community with the members and messages
	movingEvery = 10           // pages between two changes
)

func newWorld(t testing.TB, groups, members, messages int) *world {
	t.Helper()
	w := &world{TB: t, clock: &clock{t: time.Unix(1_700_000_000, 0)}, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}}
	s, err := New(context.Background(), Config{
		Apps: []TencentApp{{SDKAppID: testApp, Admins: []string{testAdmin}, Key: testKey}}, Now: w.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Server = s
	t.Cleanup(func() {
		w.renew(false)
		w.http.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	w.fill(groups, members, messages)
	return w
}

// part is how much is stored in one transaction.
const part = 20_000

// fill puts everything straight into the store, as it would be had it been there for a while.
func (w *world) fill(groups, members, messages int) {
	w.Helper()
	now := w.clock.Now()
	big := &community.Group{ID: hall, Kind: community.Community, Name: "hall", MaxMembers: int64(members + 1000)}
	w.change(func(tx *community.Tx) error { return tx.CreateGroup(testApp, big) })
	each := func(n int, do func(tx *community.Tx, i int) error) {
		for from := 0; from < n; from += part {
			w.change(func(tx *community.Tx) error {
				for i := from; i < min(from+part, n); i++ {
					if err := do(tx, i); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	each(groups, func(tx *community.Tx, i int) error {
		return tx.CreateGroup(testApp, &community.Group{ID: fmt.Sprint("g", i), Kind: community.Public, Name: "group", MaxMembers: 200, ApplyJoin: "NeedPermission"})
	})
	var people []community.Member
	each(members, func(tx *community.Tx, i int) error {
		name := fmt.Sprint("m", i)
		if _, err := tx.ImportAccount(testApp, community.Account{Name: name}); err != nil {
			return err
		}
		a, err := tx.Account(testApp, name)
		people = append(people, community.Member{UID: a.UID, Account: name, JoinedAt: now.Unix() - int64((members-i)/3) - 10})
		return err
	})
	for some := range slices.Chunk(people, part) {
		w.change(func(tx *community.Tx) error { return tx.LoadMembers(big, some) })
	}
	for from := 0; from < messages; from += part {
		some := make([]community.Message, min(part, messages-from))
		for i := range some {
			n := from + i
			some[i] = community.Message{
				Seq: int64(n + 1), Sender: fmt.Sprint("m", n%max(1, members)), SentMS: now.UnixMilli() - int64(messages-n)*50,
				Body: textBody(fmt.Sprint("line ", n+1, " of ordinary length, as people write them")),
			}
		}
		w.change(func(tx *community.Tx) error {
			return tx.LoadMessages(big.GID, some, int64(from+len(some)+1), some[len(some)-1].SentMS/1000)
		})
	}
}

func (w *world) change(do func(tx *community.Tx) error) {
	w.Helper()
	if err := w.store.Update(context.Background(), do); err != nil {
		w.Fatal(err)
	}
}

// renew ends the client that walks, and makes another one if there is more to walk.
func (w *world) renew(again bool) {
	w.Helper()
	if w.client != nil {
		w.client.Close()
		w.client = nil
	}
	if !again {
		return
	}
	w.clock.Add(time.Second)
	api, err := tencent.NewAPI(tencent.Config{
		SDKAppID: strconv.Itoa(testApp), Administrator: testAdmin, Key: testKey, Endpoint: w.URL(), Now: w.clock.Now, HTTP: w.http,
	})
	if err != nil {
		w.Fatal(err)
	}
	w.api, w.client = api, tencent.NewClient(api)
}

// list is a list that is walked: how a page of it is read, and what changes about it meanwhile.
type list struct {
	name string
	page func(ctx context.Context, w *world, cursor string) (ids []string, next string, err error)
	// A client lets some calls through at once and then keeps to the vendor's rate; the wait is not the cost of a page. So
	// a walk goes on with a new client after so many, at another second of the service.
	pagesOfClient int
	move          func(w *world, n int) (gone string) // the nth change; gone is who is no longer there
	want          int                                 // ids that are there all the time, but for those gone
	mine          func(id string) bool                // whether an id was there from the start
}

// walked is what came of a walk.
type walked struct {
	times []time.Duration // of each page
	ids   int
}

// walk reads a list to its end while it changes, and checks that all that was there from the start to the end came, and
// nothing twice.
func (w *world) walk(l list) walked {
	w.Helper()
	var out walked
	seen, gone := make(map[string]struct{}, l.want), map[string]bool{}
	moves := 0
	for cursor := ""; ; {
		if len(out.times)%l.pagesOfClient == 0 {
			w.renew(true)
		}
		start := time.Now()
		ids, next, err := l.page(context.Background(), w, cursor)
		out.times = append(out.times, time.Since(start))
		if err != nil {
			w.Fatalf("%s, page %d: %v", l.name, len(out.times), err)
		}
		for _, id := range ids {
			if _, twice := seen[id]; twice {
				w.Fatalf("%s: %s comes twice, on page %d for the second time", l.name, id, len(out.times))
			}
			seen[id] = struct{}{}
		}
		if cursor = next; cursor == "" {
			break
		}
		if len(out.times)%movingEvery == 0 {
			if id := l.move(w, moves); id != "" {
				gone[id] = true
			}
			moves++
		}
	}
	missing := l.want
	for id := range seen {
		if l.mine(id) && !gone[id] {
			missing--
		}
	}
	if missing -= len(gone); missing != 0 {
		w.Fatalf("%s: %d that were there all the time did not come", l.name, missing)
	}
	if moves == 0 {
		w.Fatalf("%s: nothing moved in %d pages", l.name, len(out.times))
	}
	out.ids = len(seen)
	w.renew(false)
	return out
}

// numbered reports whether an id is prefix and a number below n.
func numbered(prefix string, n int) func(string) bool {
	return func(id string) bool {
		number, is := strings.CutPrefix(id, prefix)
		i, err := strconv.Atoi(number)
		return is && err == nil && i < n
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) lists(groups, members, messages int) []list {
	ctx := context.Background()
	everyone := func(n, size int) int { return (n*7919 + size/3) % size } // one after the other all over the list
	return []list{
		{
			name: "groups", want: groups, mine: numbered("g", groups),
			pagesOfClient: 1,
			page: func(ctx context.Context, w *world, cursor string) (ids []string, next string, err error) {
				p, err := w.api.GetAppidGroupList(ctx, &tencent.GetAppidGroupListRequest{Limit: 500, Next: tencent.Cursor(cursor), GroupType: "Public"})
				if err != nil {
					return nil, "", err
				}
				for _, g := range p.GroupIdList {
					ids = append(ids, string(g.GroupId))
				}
				return ids, string(p.Next), nil
			},
			move: func(w *world, n int) string {
				id := fmt.Sprint("g", everyone(n, groups))
				w.must(w.client.Groups.Dismiss(ctx, id))
				_, _, err := w.client.Groups.Create(ctx, imclient.NewGroup{Type: "Public", Name: "new", ID: fmt.Sprint("new", n)})
				w.must(err)
				return id
			},
		},
		{
			name: "members", want: members, mine: numbered("m", members),
			pagesOfClient: 8,
			page: func(ctx context.Context, w *world, cursor string) (ids []string, next string, err error) {
				p, err := w.client.Members.List(ctx, imclient.MemberListOptions{Group: hall, Type: "Community", Cursor: cursor, Limit: 100})
				for _, m := range p.Items {
					ids = append(ids, m.UserID)
				}
				return ids, p.Next, err
			},
			move: func(w *world, n int) string {
				id, comer := fmt.Sprint("m", everyone(n, members)), fmt.Sprint("comer", n)
				_, err := w.client.Members.Kick(ctx, hall, []string{id}, true, "")
				w.must(err)
				_, err = w.client.Users.Import(ctx, []imclient.NewUser{{ID: comer}})
				w.must(err)
				_, err = w.client.Members.Add(ctx, hall, []string{comer}, true)
				w.must(err)
				return id
			},
		},
		{
			name: "messages", want: messages, mine: numbered("", messages+1),
			pagesOfClient: 8,
			page: func(ctx context.Context, w *world, cursor string) (ids []string, next string, err error) {
				p, err := w.client.Messages.History(ctx, imclient.HistoryOptions{Conversation: imclient.Conversation{Group: hall, Type: "Community"}, From: cursor})
				for _, m := range p.Messages {
					ids = append(ids, m.ID)
				}
				return ids, p.Older, err
			},
			move: func(w *world, n int) string {
				_, err := w.Say(ctx, testApp, hall, "m0", fmt.Sprint("said meanwhile ", n))
				w.must(err)
				return ""
			},
		},
	}
}

// TestPagingWhileThingsMove walks lists through the client while groups are made and dismissed, people come and leave, and
// more is said: what is there all the time comes once. BenchmarkPaging does the same with very many.
func TestPagingWhileThingsMove(t *testing.T) {
	t.Parallel()
	const groups, members, messages = 10_200, 2_300, 900
	w := newWorld(t, groups, members, messages)
	for _, l := range w.lists(groups, members, messages) {
		w.walk(l)
	}
}

// BenchmarkPaging walks lists of very many to their ends and compares what a page costs at the beginning and at the end:
// the medians of the first and of the last hundred.
func BenchmarkPaging(b *testing.B) {
	w := newWorld(b, *pagedGroups, *pagedMembers, *pagedMessages)
	median := func(times []time.Duration) time.Duration {
		times = slices.Clone(times)
		slices.Sort(times)
		return times[len(times)/2]
	}
	for _, l := range w.lists(*pagedGroups, *pagedMembers, *pagedMessages) {
		var got walked
		b.Run(l.name, func(b *testing.B) {
			w.TB = b
			if got.ids == 0 { // one walk is enough, however often it is asked for
				got = w.walk(l)
			}
			n := min(100, len(got.times)/3)
			const warm = 5 // connections and statements are made
			first, last := median(got.times[warm:warm+n]), median(got.times[len(got.times)-n-1:len(got.times)-1])
			b.ReportMetric(float64(last)/float64(first), "last/first")
			b.ReportMetric(float64(first.Microseconds())/1000, "ms/first-page")
			b.ReportMetric(float64(len(got.times)), "pages")
			b.ReportMetric(float64(got.ids), "found")
			b.ReportMetric(0, "ns/op")
		})
	}
}
