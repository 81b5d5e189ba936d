package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"imdesk/emulator/internal/community"
)

const (
	testApp   = 1400000001
	testMedia = "http://media.emulator.invalid/_emulator"
)

// testNow is four in the morning where most of the people live, when little is said.
var testNow = time.Date(2026, 4, 18, 20, 2, 3, 0, time.UTC)

func newStore(t testing.TB) *community.Store {
	t.Helper()
	store, err := community.Open(context.Background(), "", func() time.Time { return testNow })
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// seeded is a store with the demo that tests only read.
var seeded struct {
	once  sync.Once
	store *community.Store
	err   error
}

func TestMain(m *testing.M) {
	m.Run()
	if seeded.store != nil {
		if err := seeded.store.Close(); err != nil {
			panic(err)
		}
	}
}

func demoStore(t *testing.T) community.Conn {
	t.Helper()
	seeded.once.Do(func() {
		seeded.store = newStore(t)
		seeded.err = Seed(context.Background(), seeded.store, testApp, testMedia)
	})
	if seeded.err != nil {
		t.Fatal(seeded.err)
	}
	return seeded.store.Read(t.Context())
}

func allGroups(t *testing.T, db community.Conn) []*community.Group {
	t.Helper()
	return groupsOf(t, db, testApp)
}

// groupsOf are the living groups of an app.
func groupsOf(t *testing.T, db community.Conn, app int64) []*community.Group {
	t.Helper()
	ids, _, err := db.GroupIDs(app, 0, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	var groups []*community.Group
	for _, id := range ids {
		g, err := db.Group(app, id)
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g)
	}
	return groups
}

func allMembers(t *testing.T, db community.Conn, gid int64) []community.Member {
	t.Helper()
	members, err := db.Members(gid, community.MemberPage{N: -1})
	if err != nil {
		t.Fatal(err)
	}
	return members
}

// stream is a group's or topic's messages, oldest first.
type stream struct {
	id       string
	group    *community.Group
	next, at int64
	msgs     []community.Message
}

func allStreams(t *testing.T, db community.Conn) (streams []stream) {
	t.Helper()
	add := func(id string, g *community.Group, key, next, at int64) {
		msgs, err := db.Window(key, next+1000, 1)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(msgs)
		streams = append(streams, stream{id, g, next, at, msgs})
	}
	for _, g := range allGroups(t, db) {
		add(g.ID, g, g.GID, g.NextSeq, g.MsgAt)
		for _, r := range newRooms() {
			for _, p := range r.topics {
				if r.id != g.ID {
					continue
				}
				topic, err := db.Topic(g.GID, r.id+"@TOPIC#_"+p.part)
				if err != nil {
					t.Fatal(err)
				}
				add(topic.ID, g, topic.TID, topic.NextSeq, topic.MsgAt)
			}
		}
	}
	return streams
}

// portrait is everything of an app, without the numbers that depend on what else is in the database.
func portrait(t *testing.T, db community.Conn, app int64) map[string]any {
	t.Helper()
	all := map[string]any{}
	cast, _ := newCast()
	ids := make([]string, len(cast))
	for i, p := range cast {
		ids[i] = p.id
	}
	accounts, err := db.Accounts(app, ids)
	if err != nil {
		t.Fatal(err)
	}
	uids := make([]int64, 0, len(accounts))
	for _, a := range accounts {
		uids = append(uids, a.UID)
	}
	profiles, err := db.Profiles(uids)
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range accounts {
		profile := profiles[a.UID]
		a.UID = 0
		all["account "+name] = []any{a, profile}
	}
	for _, g := range groupsOf(t, db, app) {
		members := allMembers(t, db, g.GID)
		for i := range members {
			members[i].UID = 0
		}
		msgs, err := db.Window(g.GID, g.NextSeq, 1)
		if err != nil {
			t.Fatal(err)
		}
		g.GID = 0
		all["group "+g.ID], all["members "+g.ID], all["messages "+g.ID] = *g, members, msgs
	}
	return all
}

func TestSeed(t *testing.T) {
	demoStore(t)
	store := seeded.store
	db := store.Read(t.Context())
	if err := Seed(t.Context(), store, testApp, testMedia); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("seeding twice: %v", err)
	}
	const other = testApp + 1
	if err := Seed(t.Context(), store, other, strings.Repeat("x", 100)); err == nil {
		t.Error("a media address that leaves no room in FaceUrl was taken")
	}
	there := community.Account{Name: "lin_wan", Nick: "was here before"}
	err := store.Update(t.Context(), func(tx *community.Tx) error {
		_, err := tx.ImportAccount(other, there)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Seed(t.Context(), store, other, testMedia); err != nil {
		t.Fatal(err)
	}
	if n, err := db.CountAccounts(other); err != nil || n != castSize {
		t.Errorf("%d accounts, %v", n, err)
	}
	if a, err := db.Account(other, there.Name); err != nil || a.Nick != there.Nick {
		t.Errorf("the account that was there is now %+v, %v", a, err)
	}
	first, second := portrait(t, db, testApp), portrait(t, db, other)
	delete(first, "account lin_wan")
	delete(second, "account lin_wan")
	if len(first) != len(second) {
		t.Errorf("%d things the first time, %d the second", len(first), len(second))
	}
	for what := range first {
		if !reflect.DeepEqual(first[what], second[what]) {
			t.Errorf("%s differs from one time to the next", what)
		}
	}
}

func TestSeedEndsWithItsContext(t *testing.T) {
	demoStore(t)
	store := seeded.store
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	const empty = testApp + 2
	if err := Seed(ctx, store, empty, testMedia); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if n, err := store.Read(t.Context()).CountAccounts(empty); err != nil || n != 0 {
		t.Errorf("%d accounts are left, %v", n, err)
	}
}

// TestLimits checks every limit of the service in bytes. Sources: docs 33529 (groups), 33520 (profile), 33527 (messages).
func TestLimits(t *testing.T) {
	db := demoStore(t)
	atMost := func(what, s string, limit int) {
		t.Helper()
		if len(s) > limit {
			t.Errorf("%s has %d bytes of %d: %q", what, len(s), limit, s)
		}
		if !utf8.ValidString(s) {
			t.Errorf("%s is no UTF-8: %q", what, s)
		}
	}
	printable := func(what, id string, limit int) {
		t.Helper()
		if atMost(what, id, limit); id == "" || strings.ContainsFunc(id, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
			t.Errorf("%s is not printable ASCII: %q", what, id)
		}
	}
	cast, _ := newCast()
	for _, p := range cast {
		printable("UserID", p.id, 32)
		atMost("Nick of "+p.id, p.nick, 500)
		for tag, value := range p.profile {
			limit := 500
			if tag == "Tag_Profile_IM_Location" {
				limit = 16
			}
			var v any
			if err := json.Unmarshal([]byte(value), &v); err != nil {
				t.Errorf("%s of %s is no JSON: %v", tag, p.id, err)
			}
			if s, ok := v.(string); ok {
				atMost(tag+" of "+p.id, s, limit)
			}
			if name, own := strings.CutPrefix(tag, "Tag_Profile_Custom_"); own {
				atMost("the name of "+tag, name, 8)
			}
		}
	}
	for _, g := range allGroups(t, db) {
		printable("GroupId", g.ID, 48)
		if own := strings.HasPrefix(g.ID, "@TGS#_"); own != (g.Kind == community.Community) {
			t.Errorf("GroupId %s does not begin as its type does", g.ID)
		}
		if g.Name == "" {
			t.Errorf("%s has no name", g.ID)
		}
		atMost("Name of "+g.ID, g.Name, 30)
		atMost("Introduction of "+g.ID, g.Introduction, 240)
		atMost("Notification of "+g.ID, g.Notification, 300)
		atMost("FaceUrl of "+g.ID, g.Face, 100)
		if len(g.Data) > 10 {
			t.Errorf("%s has %d custom fields", g.ID, len(g.Data))
		}
		for k, v := range g.Data {
			atMost("a key of "+g.ID, k, 16)
			atMost("a value of "+g.ID, v, 512)
		}
		if (g.ApplyJoin == "") != (g.Kind == community.Community) {
			t.Errorf("%s has ApplyJoinOption %q", g.ID, g.ApplyJoin)
		}
		if g.Kind != community.LiveRoom && (g.MemberNum > g.MaxMembers || g.Kind != community.Community && g.MaxMembers > 6000) {
			t.Errorf("%s has %d of %d members", g.ID, g.MemberNum, g.MaxMembers)
		}
		for _, m := range allMembers(t, db, g.GID) {
			atMost("the card of "+m.Account+" in "+g.ID, m.Card, 50)
			if len(m.Data) > 5 {
				t.Errorf("%s has %d custom fields in %s", m.Account, len(m.Data), g.ID)
			}
			for _, v := range m.Data {
				atMost("a value of "+m.Account+" in "+g.ID, v, 64)
			}
		}
	}
	for _, r := range newRooms() {
		for _, p := range r.topics {
			atMost("TopicName", p.name, 30)
			atMost("the introduction of "+p.name, p.intro, 240)
			printable("TopicId", r.id+"@TOPIC#_"+p.part, 96)
		}
	}
	largest := 0
	for _, s := range allStreams(t, db) {
		for _, m := range s.msgs {
			largest = max(largest, len(m.Body))
			if !utf8.ValidString(m.Body) || !json.Valid([]byte(m.Body)) {
				t.Errorf("%s/%d is no JSON", s.id, m.Seq)
			}
		}
	}
	if largest > maxBody || largest < maxBody-500 {
		t.Errorf("the largest message has %d bytes, which is not close to %d", largest, maxBody)
	}
}

func TestGroupsAreConsistent(t *testing.T) {
	db := demoStore(t)
	kinds := map[community.Kind]int{}
	sizes := map[string]int64{}
	for _, g := range allGroups(t, db) {
		kinds[g.Kind]++
		sizes[g.ID] = g.MemberNum
		members := allMembers(t, db, g.GID)
		if int64(len(members)) != g.MemberNum {
			t.Errorf("%s has %d members and says %d", g.ID, len(members), g.MemberNum)
		}
		if g.CreatedAt > testNow.Unix() || g.InfoAt < g.CreatedAt || g.MsgAt < g.CreatedAt || g.MsgAt > testNow.Unix() {
			t.Errorf("%s: created %d, info %d, message %d, now %d", g.ID, g.CreatedAt, g.InfoAt, g.MsgAt, testNow.Unix())
		}
		owners := 0
		for _, m := range members {
			if m.Role == community.Owner {
				if owners++; m.Account != g.Owner {
					t.Errorf("%s is owned by %s and %s", g.ID, g.Owner, m.Account)
				}
			}
			if m.Role == community.Admin && g.Kind == community.Private {
				t.Errorf("%s has an administrator, which its type has not", g.ID)
			}
			if m.JoinedAt < g.CreatedAt || m.JoinedAt > testNow.Unix() || m.SentAt > testNow.Unix() || m.ReadSeq >= g.NextSeq {
				t.Errorf("%s in %s: joined %d, spoke %d, read %d", m.Account, g.ID, m.JoinedAt, m.SentAt, m.ReadSeq)
			}
		}
		if want := g.Owner != "" && g.Kind != community.LiveRoom; (owners == 1) != want {
			t.Errorf("%s has %d owners among its members, and owner %q", g.ID, owners, g.Owner)
		}
	}
	for kind, atLeast := range map[community.Kind]int{community.Private: 9, community.Public: 20, community.ChatRoom: 8, community.LiveRoom: 5, community.Community: 2} {
		if kinds[kind] < atLeast {
			t.Errorf("%d groups of kind %d", kinds[kind], kind)
		}
	}
	for id, want := range map[string]int64{"@TGS#2LF4YBAEP": 2412, "@TGS#_@TGS#cHL7FANS2XK": 1655, "@TGS#2C5SZEAEF": 1284} {
		if sizes[id] != want {
			t.Errorf("%s has %d members, not %d", id, sizes[id], want)
		}
	}
	if _, err := db.Group(testApp, "@TGS#2NYE2023X"); !errors.Is(err, community.ErrDismissed) {
		t.Errorf("the dismissed group: %v", err)
	}
	if g, err := db.Group(testApp, "@TGS#0OLDQA999"); err != nil || g.Owner != "" {
		t.Errorf("the group without owner: %v, %v", g, err)
	}
	if g, err := db.Group(testApp, "announcements"); err != nil || !g.MuteAll {
		t.Errorf("the muted group: %v, %v", g, err)
	}
	if g, err := db.Group(testApp, "@TGS#0NEWHIRE2"); err != nil || g.Active {
		t.Errorf("the inactive group: %v, %v", g, err)
	}
}

func TestHistoryIsConsistent(t *testing.T) {
	db := demoStore(t)
	total, newest := 0, int64(0)
	states := map[community.State]int{}
	for _, s := range allStreams(t, db) {
		if s.group.Kind == community.LiveRoom {
			if len(s.msgs) > 0 {
				t.Errorf("%s keeps messages", s.id)
			}
			continue
		}
		members := map[string]community.Member{}
		for _, m := range allMembers(t, db, s.group.GID) {
			members[m.Account] = m
		}
		var before int64
		spoke := map[string]int64{}
		for _, m := range s.msgs {
			total++
			states[m.State]++
			newest = max(newest, m.SentMS)
			at := m.SentMS / 1000
			if m.SentMS <= before || m.SentMS > testNow.UnixMilli() || at < s.group.CreatedAt {
				t.Errorf("%s/%d was sent at %d, after %d, in a group made %d, now %d", s.id, m.Seq, m.SentMS, before, s.group.CreatedAt*1000, testNow.UnixMilli())
			}
			if before = m.SentMS; m.Seq >= s.next {
				t.Errorf("%s/%d is not below the next seq %d", s.id, m.Seq, s.next)
			}
			if m.Flags&community.Tip != 0 {
				if m.Sender != community.System {
					t.Errorf("%s/%d is a notice of %s", s.id, m.Seq, m.Sender)
				}
				continue
			}
			if _, ok := members[m.Sender]; !ok {
				t.Errorf("%s/%d is from %s, who is no member", s.id, m.Seq, m.Sender)
			}
			spoke[m.Sender] = at
		}
		if len(s.msgs) > 0 && s.at != before/1000 {
			t.Errorf("%s: latest message at %d, not %d", s.id, s.at, before/1000)
		}
		if s.id != s.group.ID {
			continue // who spoke in a topic is not noted in the group
		}
		for name, m := range members {
			if m.SentAt != spoke[name] {
				t.Errorf("%s spoke in %s at %d, not %d", name, s.id, spoke[name], m.SentAt)
			}
		}
	}
	if total < 20_000 || total > 32_000 {
		t.Errorf("%d messages", total)
	}
	if age := testNow.UnixMilli() - newest; age > 3*60_000 {
		t.Errorf("the newest message is %d ms old", age)
	}
	if states[community.Hole] == 0 || states[community.Recalled] < 100 {
		t.Errorf("states: %v", states)
	}
}

// content is what a test needs of an element.
type content struct {
	MsgType    string
	MsgContent struct {
		Text, Data string
		MsgNum     int
		MsgList    []struct {
			FromAccount string `json:"From_Account"`
			MsgBody     []content
		}
		ImageInfoArray []imageInfo
		Url            string
		Size, FileSize int
		VideoUrl       string
		VideoSize      int
		ThumbUrl       string
		ThumbSize      int
	}
	OpType string
}

// leftOpen is a slot that nothing was put into.
var leftOpen = regexp.MustCompile(`\{[a-z]+[0-9]?(:[^}]*|[+-][0-9]+)?\}`)

func TestEverythingThereIsToDraw(t *testing.T) {
	db := demoStore(t)
	kinds, ops := map[string]int{}, map[string]int{}
	texts := map[string]int{}
	var nested, quoted, receipts, long, custom int
	var walk func(list []content, depth int)
	walk = func(list []content, depth int) {
		for _, e := range list {
			kinds[e.MsgType]++
			text := e.MsgContent.Text
			texts[text]++
			if strings.Count(text, "\n") >= 29 {
				long++
			}
			if leftOpen.MatchString(text) && !strings.Contains(text, "都不是变量") {
				t.Errorf("nothing was put into %q", text)
			}
			if json.Valid([]byte(e.MsgContent.Data)) && e.MsgContent.Data != "" {
				custom++
			}
			if e.MsgType == "TIMRelayElem" {
				if depth > 0 {
					nested++
				}
				if len(e.MsgContent.MsgList) != e.MsgContent.MsgNum || e.MsgContent.MsgNum == 0 {
					t.Errorf("a merged forward of %d holds %d", e.MsgContent.MsgNum, len(e.MsgContent.MsgList))
				}
			}
			for _, m := range e.MsgContent.MsgList {
				walk(m.MsgBody, depth+1)
			}
		}
	}
	for _, s := range allStreams(t, db) {
		for _, m := range s.msgs {
			var list []content
			if err := json.Unmarshal([]byte(m.Body), &list); err != nil {
				t.Fatalf("%s/%d: %v", s.id, m.Seq, err)
			}
			if len(list) == 0 {
				t.Errorf("%s/%d is empty", s.id, m.Seq)
			}
			if m.Flags&community.Tip != 0 {
				ops[list[0].OpType]++
				continue
			}
			if m.Cloud != "" {
				quoted++
				if !json.Valid([]byte(m.Cloud)) {
					t.Errorf("%s/%d: CloudCustomData %q", s.id, m.Seq, m.Cloud)
				}
			}
			if m.Flags&community.Receipts != 0 {
				receipts++
			}
			if n := strings.Count(m.Body, "TIMCustomElem"); n > 1 && !strings.Contains(m.Body, "TIMRelayElem") {
				t.Errorf("%s/%d has %d custom elements", s.id, m.Seq, n)
			}
			walk(list, 0)
		}
	}
	for _, kind := range strings.Fields("TIMTextElem TIMLocationElem TIMFaceElem TIMCustomElem TIMSoundElem TIMImageElem TIMFileElem TIMVideoFileElem TIMRelayElem") {
		if kinds[kind] < 8 {
			t.Errorf("%d of %s", kinds[kind], kind)
		}
	}
	for _, op := range strings.Fields("JoinGroup KickGroupMember SetAdmin ModifyGroupInfo") {
		if ops[op] == 0 {
			t.Errorf("no notice of %s: %v", op, ops)
		}
	}
	for what, n := range map[string]int{"nested forwards": nested, "quotes": quoted, "with receipts": receipts, "of 30 lines": long, "custom JSON": custom} {
		if n == 0 {
			t.Errorf("no messages %s", what)
		}
	}
	if len(texts) < 6000 {
		t.Errorf("only %d different texts", len(texts))
	}
	for text, n := range texts {
		if n > 250 && text != "" {
			t.Errorf("%q is said %d times", text, n)
		}
	}
}

func TestSanctions(t *testing.T) {
	db := demoStore(t)
	now := testNow.Unix()
	var over, soon, later, ever int
	for _, g := range allGroups(t, db) {
		for _, m := range allMembers(t, db, g.GID) {
			switch left := m.MutedUntil - now; {
			case m.MutedUntil == 0:
				continue
			case m.MutedUntil == community.Forever:
				ever++
			case left < 0:
				over++
			case left <= 600:
				soon++
			default:
				later++
			}
			if g.Kind == community.Private {
				t.Errorf("%s is muted in %s, whose type has no mutes", m.Account, g.ID)
			}
		}
	}
	if over == 0 || soon == 0 || later == 0 || ever == 0 {
		t.Errorf("mutes: %d over, %d end soon, %d later, %d never", over, soon, later, ever)
	}
	a, err := db.Account(testApp, "u_7731455")
	if err != nil || a.GroupMute != community.Forever || a.C2CMute != community.Forever {
		t.Errorf("muted everywhere: %+v, %v", a, err)
	}
	live, err := db.Group(testApp, "live_wanfeng")
	if err != nil {
		t.Fatal(err)
	}
	if banned, err := db.Banned(live.GID, now, 0, 100); err != nil || len(banned) < 3 {
		t.Errorf("banned: %v, %v", banned, err)
	}
	if admins, err := db.LiveAdmins(live.GID); err != nil || len(admins) != 3 {
		t.Errorf("administrators of the live room: %v, %v", admins, err)
	}
}

// TestSpamAndRaid looks for what a moderator would have to find.
func TestSpamAndRaid(t *testing.T) {
	db := demoStore(t)
	adverts, groups, raid := map[string]int{}, map[string]map[string]bool{}, map[string]int{}
	var first, last int64
	for _, s := range allStreams(t, db) {
		for _, m := range s.msgs {
			switch {
			case strings.HasPrefix(m.Sender, "u_99141"):
				raid[m.Sender]++
				if first == 0 {
					first = m.SentMS
				}
				last = m.SentMS
			case strings.Contains(m.Body, "hx") && strings.Contains(m.Body, "88291") || strings.Contains(m.Body, "front row"):
				adverts[m.Sender]++
				if groups[m.Sender] == nil {
					groups[m.Sender] = map[string]bool{}
				}
				groups[m.Sender][s.id] = true
				if age := testNow.UnixMilli() - m.SentMS; strings.HasPrefix(m.Sender, "u_7731902") && age > 10*3_600_000 {
					t.Errorf("an advert is %d ms old", age)
				}
			}
		}
	}
	if len(raid) != raiders || last-first > 4*60_000 {
		t.Errorf("%d raiders, in %d ms", len(raid), last-first)
	}
	if len(adverts) < 8 || len(groups["u_7731902"]) < 4 {
		t.Errorf("%d accounts advertise; the best known in %d groups", len(adverts), len(groups["u_7731902"]))
	}
	if len(spammers) < 25 {
		t.Errorf("%d spammers", len(spammers))
	}
}

func TestOnlineIsOfTheCast(t *testing.T) {
	_, byID := newCast()
	online := Online()
	if len(online) < 300 || len(online) > 900 {
		t.Errorf("%d are online", len(online))
	}
	platforms := strings.Fields("iPhone Android Web PC iPad Mac")
	for id, devices := range online {
		if byID[id] == nil {
			t.Errorf("%s is online and not there", id)
		}
		for _, d := range devices {
			if !slices.Contains(platforms, d.Platform) || d.Status != "Online" && d.Status != "PushOnline" {
				t.Errorf("%s is online with %+v", id, d)
			}
		}
	}
}

// TestScript counts what was written, so that it stays varied.
func TestScript(t *testing.T) {
	s, err := loadScript()
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]map[string]bool{}
	for _, byLang := range s.shelves {
		for lang, scenes := range byLang {
			if lines[lang] == nil {
				lines[lang] = map[string]bool{}
			}
			for _, sc := range scenes {
				for _, ln := range sc.lines {
					for _, c := range ln.choices {
						lines[lang][fmt.Sprint(c)] = true
					}
				}
			}
		}
	}
	for lang, want := range map[string]int{"zh": 400, "en": 400, "mix": 40, "id": 60, "ms": 40, "ko": 40, "ja": 40, "ar": 40, "es": 40} {
		if len(lines[lang]) < want {
			t.Errorf("%d different lines in %s, want %d", len(lines[lang]), lang, want)
		}
		t.Logf("%s: %d different lines", lang, len(lines[lang]))
	}
	for _, r := range newRooms() {
		stage := newStage(s, rngOf("test"), testMedia, r, r.langs, r.shelves)
		if r.shelves != "" && len(stage.plan) == 0 {
			t.Errorf("%s has nothing to talk about: no scenes of %s in %s", r.id, r.shelves, r.langs)
		}
		for _, shelf := range weights(r.shelves) {
			if s.shelves[shelf.name] == nil {
				t.Errorf("%s talks about %s, of which nothing is written", r.id, shelf.name)
			}
		}
	}
}

func TestScriptMistakesAreNamed(t *testing.T) {
	for name, text := range map[string]string{
		"no language":   "A hello",
		"no speaker":    "@ en\nhello",
		"unknown range": "@ en\nA {price:cheap} please",
		"empty range":   "@ en\nA {price:9-2} please",
	} {
		s := &script{shelves: map[string]map[string][]*scene{}, slots: map[string][]string{}}
		if err := s.readShelf("test", text+"\n"); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the app keeps with groups is there, where the type has it and within the service's limits.
func TestKeeps(t *testing.T) {
	db := demoStore(t)
	for id, k := range keeps {
		g, err := db.Group(testApp, id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		attrs, err := db.Attrs(g.GID)
		if err != nil || !slices.Equal(attrs, k.attrs) {
			t.Errorf("%s has attributes %v, %v", id, attrs, err)
		}
		counters, err := db.Counters(g.GID)
		if err != nil || !slices.Equal(counters, k.counters) {
			t.Errorf("%s has counters %v, %v", id, counters, err)
		}
		if g.Kind == community.Community && len(counters) > 0 || len(attrs) > 16 || len(counters) > 20 {
			t.Errorf("%s keeps what its type has not", id)
		}
		for _, a := range attrs {
			if len(a.Key) > 32 || len(a.Value) > 4000 {
				t.Errorf("%s: attribute %s is too long", id, a.Key)
			}
		}
	}
}
