package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"imdesk/store"
	"imdesk/terms"
)

// Archive is the contract of store.Archive.
func Archive(t *testing.T, open Open) {
	s := open(t)
	for name, test := range map[string]func(*testing.T, *store.Store, string){
		"kept once": archiveOnce, "recalled and edited": archiveChanges, "what is known": archiveSpans, "around one": archiveAround,
		"filters": archiveFilters, "search like a scan": archiveScan, "search in real talk": archiveTalk, "dropped and erased": archiveDrop, "hostile": archiveHostile,
		"versions": archiveVersions, "holes": archiveHoles, "filled by turns": archiveFill, "where groups end": archiveEnds, "never again": archiveNeverAgain,
	} {
		t.Run(name, func(t *testing.T) { test(t, s, strings.ReplaceAll(name, " ", "-")) })
	}
}

func said(app, group, from, what string, seq int) store.Archived {
	return store.Archived{
		Place: store.Conversation{App: app, Group: group}, Key: fmt.Sprint(seq), Seq: int64(seq), Counted: true, Sender: from, At: at(seq), Types: []string{"text"},
		Text: what, Body: `["` + what + `"]`, Source: "test", Added: at(seq + 1),
	}
}

func texts(list []store.Archived) (out []string) {
	for _, m := range list {
		out = append(out, m.Text)
	}
	return out
}

func archiveOnce(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	list := []store.Archived{said(app, "g", "ann", "one", 1), said(app, "g", "bob", "two", 2), said(app, "h", "ann", "elsewhere", 1)}
	if n := value[int](t)(s.Archive.Add(ctx, list)); n != 3 {
		t.Errorf("%d are new", n)
	}
	again := said(app, "g", "ann", "another text", 1)
	again.At = at(99)
	if n := value[int](t)(s.Archive.Add(ctx, []store.Archived{again, again, said(app, "g", "cat", "three", 3)})); n != 1 {
		t.Errorf("%d are new of one that is", n)
	}
	g := store.Conversation{App: app, Group: "g"}
	got := value[map[string]store.Archived](t)(s.Archive.Get(ctx, g, []string{"1", "2", "7"}))
	want := map[string]store.Archived{"1": list[0], "2": list[1]}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(store.Archived{}, "ID", "Counted")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got["1"].ID >= got["2"].ID {
		t.Error("the later one has the smaller number")
	}
	if n := value[int64](t)(s.Archive.Count(ctx, g)); n != 3 {
		t.Errorf("%d are counted", n)
	}
	ab, ba := said(app, "", "ann", "direct", 1), said(app, "", "bob", "back", 2)
	ab.Place.Users, ba.Place.Users = [2]string{"ann", "bob"}, [2]string{"bob", "ann"}
	value[int](t)(s.Archive.Add(ctx, []store.Archived{ab, ba}))
	if n := value[int64](t)(s.Archive.Count(ctx, ab.Place)); n != 2 {
		t.Errorf("%d in the direct chat", n)
	}
	var many []store.Archived // of one millisecond
	for i := range 300 {
		m := said(app, "busy", "ann", fmt.Sprint("at once ", i), i+1)
		m.At = at(5)
		many = append(many, m)
	}
	if n := value[int](t)(s.Archive.Add(ctx, many)); n != 300 {
		t.Errorf("%d of 300 said in one millisecond", n)
	}
	_, err := s.Archive.Add(ctx, make([]store.Archived, store.MaxArchiveBatch+1))
	wantErr(t, err, store.ErrInvalid)
}

func archiveChanges(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	g := store.Conversation{App: app, Group: "g"}
	value[int](t)(s.Archive.Add(ctx, []store.Archived{said(app, "g", "ann", "spam spam", 1), said(app, "g", "bob", "typo", 2)}))
	must(t, s.Archive.Recall(ctx, g, []string{"1", "3"}, at(10))) // 3 has not come yet
	must(t, s.Archive.Recall(ctx, g, []string{"1"}, at(11)))
	value[int](t)(s.Archive.Add(ctx, []store.Archived{said(app, "g", "cat", "late", 3)}))
	m := said(app, "g", "", "no typo any more", 2)
	m.Changed = at(12)
	must(t, s.Archive.Edit(ctx, m))
	m.Key = "77"
	wantErr(t, s.Archive.Edit(ctx, m), store.ErrNotFound)

	got := value[map[string]store.Archived](t)(s.Archive.Get(ctx, g, []string{"1", "2", "3"}))
	for key, want := range map[string]struct {
		state store.ArchiveState
		text  string
		at    time.Time
	}{
		"1": {store.ArchiveRecalled, "spam spam", at(10)}, "2": {store.ArchiveEdited, "no typo any more", at(12)}, "3": {store.ArchiveRecalled, "late", at(10)},
	} {
		if m := got[key]; m.State != want.state || m.Text != want.text || !m.Changed.Equal(want.at) || m.At.IsZero() {
			t.Errorf("%s: %+v", key, m)
		}
	}
	if n := value[int64](t)(s.Archive.Count(ctx, g)); n != 3 {
		t.Errorf("%d are counted", n)
	}
	find := func(q store.SearchQuery, want ...string) {
		t.Helper()
		q.Apps, q.N = []string{app}, 10
		list, _, err := s.Archive.Search(ctx, q)
		must(t, err)
		if diff := cmp.Diff(want, texts(list)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", q, diff)
		}
	}
	find(store.SearchQuery{State: store.ArchiveRecalled}, "late", "spam spam")
	find(store.SearchQuery{State: store.ArchiveEdited}, "no typo any more")
	find(store.SearchQuery{All: phrases("any more")}, "no typo any more")
	find(store.SearchQuery{All: phrases("spam")}, "spam spam")
	find(store.SearchQuery{NotRecalled: true}, "no typo any more")
}

func phrases(list ...string) (out []terms.Phrase) {
	for _, s := range list {
		if p, ok := terms.PhraseOf(s); ok {
			out = append(out, p)
		}
	}
	return out
}

func archiveSpans(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	g := store.Conversation{App: app, Group: "g"}
	want := func(list ...store.Span) {
		t.Helper()
		got := value[[]store.Span](t)(s.Archive.Spans(ctx, g, store.Span{First: 1, Last: 1000}))
		if diff := cmp.Diff(list, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	want()
	add := func(seqs ...int) {
		var list []store.Archived
		for _, n := range seqs {
			list = append(list, said(app, "g", "ann", "x", n))
		}
		value[int](t)(s.Archive.Add(ctx, list))
	}
	add(5, 6, 7)
	want(store.Span{First: 5, Last: 7})
	add(10, 9, 20)
	want(store.Span{First: 5, Last: 7}, store.Span{First: 9, Last: 10}, store.Span{First: 20, Last: 20})
	add(8)
	want(store.Span{First: 5, Last: 10}, store.Span{First: 20, Last: 20})
	must(t, s.Archive.Known(ctx, g, store.Span{First: 11, Last: 15})) // nothing is there
	want(store.Span{First: 5, Last: 15}, store.Span{First: 20, Last: 20})
	must(t, s.Archive.Known(ctx, g, store.Span{First: 1, Last: 30}))
	must(t, s.Archive.Known(ctx, g, store.Span{First: 3, Last: 4}))
	want(store.Span{First: 1, Last: 30})
	got := value[[]store.Span](t)(s.Archive.Spans(ctx, g, store.Span{First: 10, Last: 12}))
	if diff := cmp.Diff([]store.Span{{First: 10, Last: 12}}, got); diff != "" {
		t.Error(diff)
	}
	wantErr(t, s.Archive.Known(ctx, g, store.Span{First: 5, Last: 4}), store.ErrInvalid)
}

func archiveAround(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	g := store.Conversation{App: app, Group: "g"}
	var list []store.Archived
	for i := range 20 {
		list = append(list, said(app, "g", "ann", fmt.Sprint(i+1), i+1))
	}
	value[int](t)(s.Archive.Add(ctx, list))
	m := value[map[string]store.Archived](t)(s.Archive.Get(ctx, g, []string{"10"}))["10"]
	got := value[[]store.Archived](t)(s.Archive.Around(ctx, g, m.ID, 3, 3))
	if diff := cmp.Diff([]string{"7", "8", "9", "10", "11", "12"}, texts(got)); diff != "" {
		t.Error(diff)
	}
	if got := value[[]store.Archived](t)(s.Archive.Around(ctx, store.Conversation{App: app, Group: "none"}, m.ID, 3, 3)); got != nil {
		t.Error(got)
	}

	// Of one second, which is as exact as some vendors are, they stand in their order.
	var same []store.Archived
	var want []string
	for i := range 12 {
		m := said(app, "same", "ann", fmt.Sprint(i+1), i+1)
		m.At = at(7)
		same, want = append(same, m), append(want, m.Text)
	}
	value[int](t)(s.Archive.Add(ctx, same))
	got = value[[]store.Archived](t)(s.Archive.Around(ctx, store.Conversation{App: app, Group: "same"}, 0, 0, 20))
	if diff := cmp.Diff(want, texts(got)); diff != "" {
		t.Errorf("of one second (-want +got):\n%s", diff)
	}
}

func archiveFilters(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	var list []store.Archived
	for i, m := range []struct {
		group, from, text, kind string
		has                     int
	}{
		{"g", "ann", "buy at example.com", "text", store.HasLink},
		{"g", "bob", "buy nothing", "text", 0},
		{"h", "ann", "", "image", store.HasImage},
		{"h", "Ann O'Neil\n§p1", "buy 退款", "text", 0},
		{"", "ann", "buy, directly", "text", 0},
	} {
		a := said(app, m.group, m.from, m.text, i+1)
		a.Types, a.Has = []string{m.kind}, m.has
		if m.group == "" {
			a.Place.Users = [2]string{"zoe", "ann"}
		}
		list = append(list, a)
	}
	value[int](t)(s.Archive.Add(ctx, list))
	other := said(app+"2", "g", "ann", "buy in another app", 1)
	value[int](t)(s.Archive.Add(ctx, []store.Archived{other}))
	for name, tt := range map[string]struct {
		q    store.SearchQuery
		want []int
	}{
		"word":           {store.SearchQuery{All: phrases("BUY")}, []int{5, 4, 2, 1}},
		"two words":      {store.SearchQuery{All: phrases("nothing", "buy")}, []int{2}},
		"in":             {store.SearchQuery{All: phrases("buy"), Places: []store.Conversation{{App: app, Group: "g"}}}, []int{2, 1}},
		"in two":         {store.SearchQuery{Places: []store.Conversation{{App: app, Group: "g"}, {App: app, Group: "h"}}}, []int{4, 3, 2, 1}},
		"in a chat":      {store.SearchQuery{Places: []store.Conversation{{App: app, Users: [2]string{"ann", "zoe"}}}}, []int{5}},
		"in none":        {store.SearchQuery{Places: []store.Conversation{{App: app, Group: "nowhere"}}}, nil},
		"groups only":    {store.SearchQuery{All: phrases("buy"), GroupsOnly: true}, []int{4, 2, 1}},
		"from":           {store.SearchQuery{Senders: []string{"ann"}}, []int{5, 3, 1}},
		"from a strange": {store.SearchQuery{Senders: []string{"Ann O'Neil\n§p1"}}, []int{4}},
		"image":          {store.SearchQuery{Types: []string{"image"}}, []int{3}},
		"has a link":     {store.SearchQuery{Has: store.HasLink}, []int{1}},
		"without":        {store.SearchQuery{All: phrases("buy"), None: phrases("nothing", "退款")}, []int{5, 1}},
		"only without":   {store.SearchQuery{None: phrases("buy")}, []int{3}},
		"since":          {store.SearchQuery{All: phrases("buy"), Since: at(4)}, []int{5, 4}},
		"until":          {store.SearchQuery{All: phrases("buy"), Until: at(4)}, []int{2, 1}},
		"markers":        {store.SearchQuery{All: phrases("§d", "§")}, []int{}},
		"no app":         {store.SearchQuery{Apps: []string{"none"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			q := tt.q
			if q.Apps == nil {
				q.Apps = []string{app}
			}
			var got []int
			for { // pages of two
				q.N = 2
				page, next, err := s.Archive.Search(ctx, q)
				must(t, err)
				for _, m := range page {
					got = append(got, int(m.Seq))
				}
				if q.Cursor = next; next == "" {
					break
				}
			}
			if name == "markers" { // "§" has no words; "d" is one that nothing has
				tt.want = nil
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	_, _, err := s.Archive.Search(ctx, store.SearchQuery{Apps: []string{app}, Cursor: "-1"})
	wantErr(t, err, store.ErrInvalid)
}

// archiveScan holds searches against looking at every message.
func archiveScan(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"退", "款", "申", "请", "を", "カ", "ー", "a", "ab", "Ab", "é", "1", "9", " ", " ", ", ", "。", "😀", "สวัสดี", "مرحبا", "א", "ß", "ＦＵＬＬ", "ﬁ", "-", "'", `"`, "\u200b"}
	line := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		return b.String()
	}
	var list []store.Archived
	for i := range 400 {
		list = append(list, said(app, fmt.Sprint("g", i%3), "ann", line(1+random.IntN(20)), i+1))
	}
	value[int](t)(s.Archive.Add(ctx, list))
	found := 0
	for range 300 {
		what := line(1 + random.IntN(4))
		p, ok := terms.PhraseOf(what)
		if !ok {
			continue
		}
		var want []int64
		for _, m := range slices.Backward(list) {
			if scan(m.Text, p) {
				want = append(want, m.Seq)
			}
		}
		page, _, err := s.Archive.Search(ctx, store.SearchQuery{Apps: []string{app}, All: []terms.Phrase{p}, N: store.MaxArchivePage})
		if err != nil {
			t.Errorf("%q: %v", what, err)
			continue
		}
		var got []int64
		for _, m := range page {
			got = append(got, m.Seq)
		}
		if diff := cmp.Diff(want[:min(len(want), store.MaxArchivePage)], got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q %+v (-want +got):\n%s", what, p, diff)
		}
		found += len(got)
	}
	if found == 0 {
		t.Error("nothing was found at all")
	}
}

// scan looks for the words of a phrase, one after another.
func scan(text string, p terms.Phrase) bool {
	list := terms.Of(text)
	for from := range list {
		if from+len(p.Words) > len(list) {
			return false
		}
		same := true
		for i, w := range p.Words {
			if got := list[from+i]; got != w && !(p.Prefix && i == len(p.Words)-1 && strings.HasPrefix(got, w)) {
				same = false
				break
			}
		}
		if same {
			return true
		}
	}
	return false
}

func archiveDrop(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	var list []store.Archived
	for i := range 10 {
		list = append(list, said(app, "g", []string{"ann", "bob"}[i%2], fmt.Sprint("word ", i+1), i+1))
	}
	value[int](t)(s.Archive.Add(ctx, list))
	left := func(want ...string) {
		t.Helper()
		page, _, err := s.Archive.Search(ctx, store.SearchQuery{Apps: []string{app}, All: phrases("word"), N: 20})
		must(t, err)
		if diff := cmp.Diff(want, texts(page)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n := value[int64](t)(s.Archive.Count(ctx, store.Conversation{App: app, Group: "g"})); int(n) != len(want) {
			t.Errorf("%d are counted", n)
		}
	}
	if n := value[int](t)(s.Archive.Drop(ctx, app, at(5), 3)); n != 3 {
		t.Errorf("%d dropped", n)
	}
	if n := value[int](t)(s.Archive.Drop(ctx, app, at(5), 3)); n != 1 {
		t.Errorf("%d dropped", n)
	}
	left("word 10", "word 9", "word 8", "word 7", "word 6", "word 5")
	if n := value[int](t)(s.Archive.Erase(ctx, app, "ann", day, 100)); n != 3 {
		t.Errorf("%d erased", n)
	}
	left("word 10", "word 8", "word 6")
	if n := value[int](t)(s.Archive.Add(ctx, list[:1])); n != 1 { // it may come back
		t.Errorf("%d", n)
	}
}

func archiveHostile(t *testing.T, s *store.Store, app string) {
	ctx := t.Context()
	for i, what := range []string{
		"", "\x00", "\xff\xfe", `"'); DROP TABLE x; --`, `a:* & !b | (c <-> d)`, `NEAR("a" "b")`, "§a §p1 §", strings.Repeat("字", store.MaxArchiveText),
		strings.Repeat("a ", 20000), strings.Repeat("x", 100000), "\u202eevil\u202c", strings.Repeat("🏳️‍🌈", 1000),
	} {
		m := said(app, "g", what, what, i+1)
		m.Body = what
		if n := value[int](t)(s.Archive.Add(ctx, []store.Archived{m})); n != 1 {
			t.Errorf("%d was not kept", i)
		}
		for _, q := range []store.SearchQuery{{All: phrases(what)}, {None: phrases(what)}, {Senders: []string{what}}, {Types: []string{what}}} {
			q.Apps, q.N = []string{app}, 5
			if _, _, err := s.Archive.Search(ctx, q); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
	}
}

// Flagged is what the archive knows of cases, whichever comes first; it stays when the message is edited, and when it is decided.
func Flagged(t *testing.T, open Open) {
	s, ctx := open(t), t.Context()
	const app = "flagged"
	flag := func(key string) {
		t.Helper()
		c := store.Case{Place: store.Conversation{App: app, Group: "g"}, Key: key, Sender: "ann", SaidAt: day}
		_, _, _, err := s.Cases.Flag(ctx, c, store.CaseFlag{At: day, Source: store.CaseFromRule, Rule: "r", Score: 10}, byScore)
		must(t, err)
	}
	first, second, third := said(app, "g", "ann", "one 退", 1), said(app, "g", "ann", "two", 2), said(app, "g", "ann", "three", 3)
	flag(second.Key)
	value[int](t)(s.Archive.Add(ctx, []store.Archived{first, second, third}))
	before := value[int64](t)(s.Arrivals.Last(ctx))
	flag(first.Key)
	flag(first.Key)
	flag("not kept")
	found := func() string {
		t.Helper()
		list, _, err := s.Archive.Search(ctx, store.SearchQuery{Apps: []string{app}, Has: store.HasCase, N: 10})
		must(t, err)
		var texts []string
		for _, m := range list {
			texts = append(texts, m.Text)
		}
		return strings.Join(texts, ", ")
	}
	if got := found(); got != "two, one 退" {
		t.Errorf("flagged: %s", got)
	}
	first.Text, first.Changed = "one more", day.Add(time.Minute)
	must(t, s.Archive.Edit(ctx, first))
	if got := found(); got != "two, one more" {
		t.Errorf("flagged and edited: %s", got)
	}
	var kinds []store.ArrivalKind
	list, _, err := s.Arrivals.After(ctx, before, 10)
	must(t, err)
	for _, a := range list {
		if a.Message.Place.App == app {
			kinds = append(kinds, a.Kind)
		}
	}
	if want := []store.ArrivalKind{store.ArrivalFlagged, store.ArrivalEdited}; !slices.Equal(kinds, want) {
		t.Errorf("told %v, want %v", kinds, want)
	}
}
