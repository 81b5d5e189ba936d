package handlers

import (
	"strings"
	"testing"
	"time"

	"imdesk/store"
	"imdesk/terms"

	"github.com/google/go-cmp/cmp"
)

func TestSplitSearch(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][]searchWord{
		"":                      nil,
		"a b":                   {{value: "a"}, {value: "b"}},
		`"a b" c`:               {{value: "a b", quoted: true}, {value: "c"}},
		`“退款 申请”　x`:             {{value: "退款 申请", quoted: true}, {value: "x"}},
		`from:ann -spam`:        {{key: "from", value: "ann"}, {value: "spam", not: true}},
		`FROM:"Ann O'Neil: me"`: {{key: "from", value: "Ann O'Neil: me", quoted: true}},
		`in：@TGS#_x@TOPIC#_1`:   {{key: "in", value: "@TGS#_x@TOPIC#_1"}},
		`http://x.y a:b`:        {{value: "http://x.y"}, {value: "a:b"}},
		`-"a b"`:                {{value: "a b", not: true, quoted: true}},
		`"from:ann`:             {{value: "from:ann", quoted: true}},
		"from:":                 {{key: "from"}},
		"-":                     nil,
		"well-known":            {{value: "well-known"}},
	} {
		got := splitSearch(typed)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(searchWord{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", typed, diff)
		}
	}
}

func TestParseSearch(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 8*3600)
	s, err := parseSearch(`退款 -test from:ann in:g1 app:demo after:2026-11-01 before:2026-11-08 has:link has:IMAGE is:recalled type:text`, zone)
	if err != nil {
		t.Fatal(err)
	}
	want := store.SearchQuery{
		All: []terms.Phrase{{Words: []string{"退款"}}}, None: []terms.Phrase{{Words: []string{"test"}}}, Senders: []string{"ann"}, Types: []string{"text"},
		Has: store.HasLink | store.HasImage, State: store.ArchiveRecalled,
		Since: time.Date(2026, 11, 2, 0, 0, 0, 0, zone), Until: time.Date(2026, 11, 8, 0, 0, 0, 0, zone),
	}
	if diff := cmp.Diff(want, s.query); diff != "" || s.app != "demo" || len(s.groups) != 1 {
		t.Errorf("%q %q (-want +got):\n%s", s.app, s.groups, diff)
	}
	for typed, key := range map[string]string{
		"…": "search.bad.word", "before:today": "search.bad.day", "after:": "search.bad.day", "has:cheese": "search.bad.has", "is:x": "search.bad.is", "type:x": "search.bad.type",
		"-from:ann": "search.bad.not", strings.Repeat("a ", 21): "search.bad.many",
	} {
		_, err := parseSearch(typed, zone)
		if bad, is := err.(badSearch); !is || bad.key != key {
			t.Errorf("%q: %v, want %s", typed, err, key)
		}
	}
}

func TestHighlight(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, what, want string }{
		{"Refund now, refunds later", "refund", "[Refund] now, refunds later"},
		{"我要退款！退款", "退款", "我要[退款]！[退款]"},
		{"ＲＥＦＵＮＤ ﬁne", "refund", "[ＲＥＦＵＮＤ] ﬁne"},
		{"x ﬁne y", "fine", "x [ﬁne] y"},
		{"Café", "cafe", "[Café]"},
		{"a\xffb a", "a", "[a]\xffb [a]"},
		{"nothing", "else", "nothing"},
		{"", "x", ""},
	} {
		var b strings.Builder
		for _, m := range highlight(tt.text, terms.Parts(tt.what)) {
			if m.on {
				b.WriteString("[" + m.text + "]")
			} else {
				b.WriteString(m.text)
			}
		}
		if b.String() != tt.want {
			t.Errorf("%q in %q: %q", tt.what, tt.text, b.String())
		}
	}
}
