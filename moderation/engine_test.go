package moderation

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestConditions tries each check at its edge.
func TestConditions(t *testing.T) {
	with := func(change func(*Message)) *Message { m := say("hello there"); change(m); return m }
	tests := []struct {
		name, when string
		m          *Message
		want       bool
	}{
		{"pattern", `{ patterns = ["hel+o \\w+"] }`, say("say HELLLO you"), true},
		{"pattern, not there", `{ patterns = ["hel+o \\w+"] }`, say("halo you"), false},
		{"pattern without words", `{ patterns = ["^[0-9]{4}$"] }`, say("2026"), true},
		{"either of two words of a pattern", `{ patterns = ["(red|blue) pill"] }`, say("the blue pill"), true},
		{"link", `{ link = true }`, say("see example.com/x"), true},
		{"link with another dot", `{ link = true }`, say("see http://10.1.1.1/x"), true},
		{"link in full width", `{ link = true }`, say("ｗｗｗ．ｅｘａｍｐｌｅ．ｃｏｍ"), true},
		{"no link", `{ link = true }`, say("node.js and main.go, 10.1.1.1"), false},
		{"link to a host", `{ hosts = ["example.com"] }`, say("https://a.example.com/"), true},
		{"link to a host that ends alike", `{ hosts = ["example.com"] }`, say("https://notexample.com/"), false},
		{"link elsewhere", `{ not_hosts = ["example.com"] }`, say("example.com and evil.com"), true},
		{"link to ours only", `{ not_hosts = ["example.com"] }`, say("www.example.com"), false},
		{"mobile number", `{ contact = ["phone"] }`, say("打 138 0013 8000"), true},
		{"mobile number in circles", `{ contact = ["phone"] }`, say("①③⑧⓪⓪①③⑧⓪⓪⓪"), true},
		{"number that is longer", `{ contact = ["phone"] }`, say("1380013800012345"), false},
		{"international number", `{ contact = ["phone"] }`, say("ring +44 20 7946 0958 now"), true},
		{"WeChat", `{ contact = ["wechat"] }`, say("加V信 hx88291"), true},
		{"WeChat after a colon", `{ contact = ["wechat"] }`, say("vx：helloworld"), true},
		{"WeChat after a sign of equality", `{ contact = ["wechat"] }`, say("加我?v=hx88291"), true},
		{"video", `{ contact = ["wechat"] }`, say("see http://youtube.com/watch?v=uEo1WQ1Qm5I"), false},
		{"video, its parameter not the first", `{ contact = ["wechat"] }`, say("https://www.youtube.com/watch?t=4&v=uEo1WQ1Qm5I"), false},
		{"QQ", `{ contact = ["qq"] }`, say("扣扣：123456789"), true},
		{"Telegram", `{ contact = ["telegram"] }`, say("https://t.me/some_channel"), true},
		{"Telegram in words", `{ contact = ["telegram"] }`, say("telegram: @johnny5"), true},
		{"Telegram, talked about", `{ contact = ["telegram"] }`, say("i read it on telegram yesterday"), false},
		{"WhatsApp", `{ contact = ["whatsapp"] }`, say("WhatsApp +1 (415) 555 0100"), false},
		{"WhatsApp number", `{ contact = ["whatsapp"] }`, say("WhatsApp: +14155550100"), true},
		{"mail", `{ contact = ["email"] }`, say("write to a.b@example.org"), true},
		{"mentions", `{ mentions = 3 }`, with(func(m *Message) { m.Mentions = 3 }), true},
		{"too few mentions", `{ mentions = 3 }`, with(func(m *Message) { m.Mentions = 2 }), false},
		{"capitals", `{ capitals = 80 }`, say("THIS IS SHOUTINg"), true},
		{"capitals of a few letters", `{ capitals = 80 }`, say("OK BRB"), false},
		{"emoji", `{ emoji = 3 }`, say("👍🏽 👩‍👩‍👧 🇨🇳"), true},
		{"emoji with parts", `{ emoji = 2 }`, say("👩‍👩‍👧"), false},
		{"two alphabets", `{ mixed_scripts = true }`, say("pаypal"), true},
		{"two alphabets in two words", `{ mixed_scripts = true }`, say("hello привет"), false},
		{"script", `{ scripts = ["Arabic"] }`, say("hello مرحبا"), true},
		{"type", `{ types = ["image", "video"] }`, with(func(m *Message) { m.Types = []string{"text", "video"} }), true},
		{"name of a file", `{ files = ["*.apk"] }`, with(func(m *Message) { m.Files = []string{"Game.APK"} }), true},
		{"type of the group", `{ group_types = ["AVChatRoom"] }`, say("x"), false},
		{"strikes", `{ strikes = 2 }`, with(func(m *Message) { m.Strikes = func() int { return 2 } }), true},
		{"new member", `{ joined_within = "1h" }`, with(func(m *Message) { m.Joined = m.At.Add(-59 * time.Minute) }), true},
		{"old member", `{ joined_within = "1h" }`, with(func(m *Message) { m.Joined = m.At.Add(-time.Hour) }), false},
		{"nobody knows since when", `{ joined_within = "1h" }`, say("x"), false},
		{"long", `{ longer = 5 }`, say("五个字符吧"), true},
		{"short", `{ shorter = 5 }`, say("五个字符吧"), false},
		{"all of a table", `{ words = ["hello"], link = true }`, say("hello example.com"), true},
		{"not all of a table", `{ words = ["hello"], link = true }`, say("hello"), false},
		{"any", `{ any = [ { words = ["bye"] }, { words = ["hello"] } ] }`, say("hello"), true},
		{"none of any", `{ any = [ { words = ["bye"] }, { link = true } ] }`, say("hello"), false},
		{"all", `{ all = [ { any = [ { link = true }, { emoji = 1 } ] }, { words = ["hello"] } ] }`, say("hello 👍"), true},
		{"not", `{ words = ["hello"], not = { link = true } }`, say("hello"), true},
		{"not this one", `{ words = ["hello"], not = { link = true } }`, say("hello a.com"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := compile(t, ruleWith(test.when)).Judge(test.m, nil, false)
			if got := len(v.Checks) > 0; got != test.want {
				t.Errorf("%s of %q is %v, want %v", test.when, test.m.Text(), got, test.want)
			}
		})
	}
}

// TestScope tries where a rule counts, and whom it spares.
func TestScope(t *testing.T) {
	with := func(change func(*Message)) *Message { m := say("x1"); change(m); return m }
	direct := with(func(m *Message) { m.Group, m.Peer = "", "bob" })
	tests := []struct {
		name, rule string
		m          *Message
		want       bool
	}{
		{"app", `apps = ["demo"]`, say("x1"), true},
		{"another app", `apps = ["study"]`, say("x1"), false},
		{"group", `groups = ["h"]`, say("x1"), false},
		{"direct chat, not asked for", ``, direct, false},
		{"direct chat", `where = "direct"`, direct, true},
		{"group, not asked for", `where = "direct"`, say("x1"), false},
		{"everywhere", `where = "everywhere"`, direct, true},
		{"hours", `hours = "11:00-13:00"`, say("x1"), true},
		{"hours over midnight", `hours = "22:00-06:00"`, say("x1"), false},
		{"hours elsewhere", "hours = \"19:00-21:00\"\nzone = \"Asia/Shanghai\"", say("x1"), true},
		{"role", `except_roles = ["admin"]`, with(func(m *Message) { m.Roles = func() []string { return []string{"admin"} } }), false},
		{"user", `except_users = ["ann"]`, say("x1"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := compile(t, ruleWith(`{ words = ["x1"] }`)+test.rule).Judge(test.m, nil, false)
			if got := len(v.Checks) > 0; got != test.want {
				t.Errorf("holds: %v, want %v", got, test.want)
			}
		})
	}
}

// TestMemory tries what is counted over several messages.
func TestMemory(t *testing.T) {
	type line struct {
		after  time.Duration
		sender string
		text   string
		want   string // rules that hold
	}
	s := compile(t, `
[[rule]]
name = "rate"
state = "live"
outcome = "flag"
when = { messages = 4, within = "10s" }
[[rule]]
name = "repeats"
state = "live"
outcome = "flag"
when = { repeats = 3, within = "1m" }
[[rule]]
name = "senders"
state = "live"
outcome = "flag"
when = { senders = 3, within = "5s" }
`)
	for name, lines := range map[string][]line{
		"one who says much": {
			{0, "ann", "first words", ""}, {1 * time.Second, "ann", "other words", ""}, {2 * time.Second, "ann", "third words", ""}, {3 * time.Second, "ann", "last words", "rate"},
			{20 * time.Second, "ann", "calm again", ""},
		},
		"one who repeats": {
			{0, "ann", "buy tickets 1", ""}, {20 * time.Second, "ann", "BUY tickets!! 2", ""}, {40 * time.Second, "ann", "buy  tickets 3", "repeats"}, {2 * time.Minute, "ann", "buy tickets", ""},
		},
		"one text by many": {
			{0, "ann", "join my show", ""}, {1 * time.Second, "bob", "join my show", ""}, {1 * time.Second, "bob", "join my show", ""}, {2 * time.Second, "cid", "Join my show.", "senders"},
			{20 * time.Second, "dan", "join my show", ""},
		},
		"short texts are said by many": {
			{0, "ann", "ok", ""}, {0, "bob", "ok", ""}, {0, "cid", "ok", ""}, {0, "dan", "ok", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			mem := NewMemory()
			for i, l := range lines {
				m := say(l.text)
				m.Sender, m.At = l.sender, noon.Add(l.after)
				var got []string
				for _, c := range s.Judge(m, mem, false).Checks {
					got = append(got, c.Rule)
				}
				if strings.Join(got, " ") != l.want {
					t.Errorf("line %d: %v, want %q", i, got, l.want)
				}
			}
		})
	}
}

// TestOrder holds that the first rule that decides wins, that flags do not decide, and that rules in the shadow are told of and do nothing.
func TestOrder(t *testing.T) {
	s := compile(t, `
[[rule]]
name = "staff"
state = "live"
outcome = "allow"
when = { words = ["staff"] }
[[rule]]
name = "flagged"
state = "live"
outcome = "flag"
score = 30
when = { words = ["x1"] }
[[rule]]
name = "shadowed"
state = "shadow"
outcome = "drop"
score = 99
when = { words = ["x1"] }
[[rule]]
name = "refused"
state = "live"
outcome = "reject"
code = 10120
text = "no"
score = 70
when = { words = ["x2"] }
[[rule]]
name = "starred"
state = "live"
outcome = "stars"
when = { words = ["x2", "x3"] }
[[rule]]
name = "drafted"
state = "draft"
outcome = "reject"
when = { words = ["x1"] }
`)
	tests := []struct {
		text    string
		outcome Outcome
		by      string
		checks  string
		score   int
		masked  string
	}{
		{"nothing", "", "", "", 0, ""},
		{"x1", Flag, "", "flagged shadowed", 30, ""},
		{"x1 x2", Reject, "refused", "flagged shadowed refused", 70, ""},
		{"staff x1 x2", Allow, "staff", "staff shadowed", 0, ""},
		{"well, x3 it is", Stars, "starred", "starred", 50, "well, ** it is"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			v := s.Judge(say(test.text), nil, false)
			var names []string
			for _, c := range v.Checks {
				names = append(names, c.Rule)
			}
			by := ""
			if v.By != nil {
				by = v.By.Rule
			}
			if v.Outcome != test.outcome || by != test.by || strings.Join(names, " ") != test.checks || v.Score != test.score || strings.Join(v.Masked, "") != test.masked {
				t.Errorf("outcome %q by %q, checks %v, score %d, stars %q", v.Outcome, by, names, v.Score, v.Masked)
			}
		})
	}
	if v := s.Judge(say("x2"), nil, false); v.By.Code != 10120 || v.By.Text != "no" || v.By.Direct != minDirectCode {
		t.Errorf("code %d, %d, text %q", v.By.Code, v.By.Direct, v.By.Text)
	}
	if v := s.Judge(say("x1"), nil, true); len(v.Checks) != 3 || v.Checks[2].Rule != "drafted" || !v.Checks[2].Quiet {
		t.Errorf("with drafts: %+v", v.Checks)
	}
}

// TestCanary holds that a rule is in force in about its part of the groups, and always in the same.
func TestCanary(t *testing.T) {
	s := compile(t, strings.Replace(ruleWith(`{ words = ["x1"] }`), `"live"`, `"canary"`, 1)+"canary = 20\n")
	in := 0
	for i := range 2000 {
		m := say("x1")
		m.Group = fmt.Sprintf("@TGS#%d", i)
		first, again := s.Judge(m, nil, false), s.Judge(m, nil, false)
		if first.Outcome != again.Outcome {
			t.Fatal("a group is in and out")
		}
		if first.Outcome == Flag {
			in++
		}
	}
	if in < 300 || in > 500 {
		t.Errorf("%d of 2000 groups, want about 400", in)
	}
}

// TestBrakes holds that a rule that does too much, or is taken back too often, stops by itself once and says so, until it is changed.
func TestBrakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := Parse([]byte(ruleWith(`{ words = ["x1"] }`) + "max_actions = 3\nmax_reversals = 2\n"))
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var stops []Stop
		e := &Engine{OnStop: func(s Stop) { mu.Lock(); defer mu.Unlock(); stops = append(stops, s) }}
		use := func(version int) {
			f.Rules[0].Version = version
			s, err := Compile(f)
			if err != nil {
				t.Fatal(err)
			}
			e.Use(s)
		}
		at := func(d time.Duration) Verdict { m := say("x1"); m.At = noon.Add(d); return e.Judge(m) }
		use(1)
		for i := range 3 {
			if v := at(time.Duration(i) * time.Second); v.Outcome != Flag {
				t.Fatalf("message %d: %q", i, v.Outcome)
			}
		}
		if v := at(59 * time.Second); v.Outcome != "" || len(v.Checks) != 1 || !v.Checks[0].Quiet {
			t.Errorf("over the limit: %+v", v)
		}
		if v := at(time.Hour); v.Outcome != "" {
			t.Error("it went on by itself later")
		}
		synctest.Wait()
		use(2)
		if v := at(2 * time.Hour); v.Outcome != Flag {
			t.Error("changed, it is still stopped")
		}
		for range 3 {
			e.Reversed("r", noon.Add(2*time.Hour))
		}
		if v := at(3 * time.Hour); v.Outcome != "" {
			t.Error("reversed too often, it goes on")
		}
		synctest.Wait()
		if len(stops) != 2 || stops[0].Why != StopActions || stops[0].Limit != 3 || stops[0].Count != 4 || stops[1].Why != StopReversals || stops[1].Version != 2 {
			t.Errorf("stops: %+v", stops)
		}
	})
}

// TestSwap judges while rules are replaced: every verdict is of one set or the other, and none is late.
func TestSwap(t *testing.T) {
	f, _ := Parse([]byte(ruleWith(`{ words = ["x1"] }`) + "max_actions = 10000000\n"))
	big, err := Compile(f)
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{}
	e.Use(big)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s, err := Compile(f)
				if err != nil {
					t.Error(err)
					return
				}
				e.Use(s)
			}
		}
	})
	for range 20_000 {
		if v := e.Judge(say("x1 again")); v.Outcome != Flag {
			t.Fatalf("outcome %q while rules are replaced", v.Outcome)
		}
	}
	close(stop)
	wg.Wait()
}
