package waves

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imdesk/store"
)

var begin = time.Date(2026, 4, 18, 20, 0, 0, 0, time.UTC)

// meter counts in memory what the store counts of all consoles.
type meter struct {
	d    *detector
	said map[*cluster][]message
	best map[*cluster]int
}

func newMeter() *meter {
	return &meter{d: newDetector(), said: map[*cluster][]message{}, best: map[*cluster]int{}}
}

// say puts a message in, and returns how much speaks for the wave that it belongs to.
func (m *meter) say(group, sender, text string, at time.Time, live bool) int {
	one := message{app: "a", look: LookAt(text, nil), WaveMessage: store.WaveMessage{
		Group: group, Sender: sender, Key: fmt.Sprint(len(m.said), at.UnixNano(), sender), At: at, Text: text, Live: live,
	}}
	c := m.d.take(one)
	if c == nil || !c.ready() {
		return 0
	}
	m.said[c] = append(m.said[c], c.waiting...)
	c.waiting = nil
	set := Default()
	w := store.Wave{Messages: len(m.said[c]), Leads: c.look.Leads, Greets: c.look.Greets, Units: c.look.Units}
	groups, lately := map[string]bool{}, map[string]bool{}
	for _, x := range m.said[c] {
		groups[x.Group] = true
		if x.Live {
			w.Live++
		}
		if at.Sub(x.At) <= set.Within {
			lately[x.Sender] = true
		}
	}
	w.Groups = len(groups)
	score, _ := Weigh(w, len(lately), set)
	m.best[c] = max(m.best[c], score)
	return score
}

// vary makes a variation as spammers do.
func vary(text string, i int) string {
	emoji := []string{"🔥", "💰", "✨", "👉", "🎁", "❗", "😍"}
	switch r := []rune(text); i % 8 {
	case 0:
		return text
	case 1:
		return emoji[i%7] + text + emoji[(i+3)%7] + emoji[(i+1)%7]
	case 2:
		return strings.Join(strings.Split(text, ""), " ")
	case 3:
		return fmt.Sprintf("%s %d%d", text, i*7919%1000, i)
	case 4:
		return strings.NewReplacer("o", "0", "i", "1", "e", "е", "a", "а", "微", "薇", "免", "兔").Replace(text)
	case 5:
		return text + " " + string([]rune{rune('a' + i%26), rune('k' + i%11), rune('c' + i%19), rune('h' + i%7)})
	case 6:
		return strings.ToUpper(text)
	default:
		at := i * 31 % len(r)
		return string(r[:at]) + "." + emoji[i%7] + string(r[at:])
	}
}

func TestWaves(t *testing.T) {
	t.Parallel()
	const ad, zh = "Earn 500 dollars a day from home, message me on telegram @fastcash99", "免费领取红包福利，加微信 hongbao888 名额有限"
	for _, tt := range []struct {
		name            string
		texts           []string
		people, groups  int
		live            bool
		over            time.Duration
		wave, variation bool
	}{
		{name: "a raid", texts: []string{ad}, people: 300, groups: 40, over: 5 * time.Second, wave: true, variation: true},
		{name: "a raid in Chinese", texts: []string{zh}, people: 300, groups: 40, over: 5 * time.Second, wave: true, variation: true},
		{name: "a raid without a link", texts: []string{"the owner of this group is a thief and stole the money of all of us"}, people: 60, groups: 12, over: 20 * time.Second, wave: true, variation: true},
		{name: "a raid in one group", texts: []string{ad}, people: 20, groups: 1, over: 10 * time.Second, wave: true, variation: true},
		{name: "a raid in live rooms", texts: []string{zh}, people: 100, groups: 5, live: true, over: 10 * time.Second, wave: true, variation: true},
		{name: "a raid in one live room", texts: []string{ad}, people: 100, groups: 1, live: true, over: 10 * time.Second, wave: true, variation: true},

		{name: "hello", texts: []string{"hello", "Hello everyone", "hello everyone!!", "hi there", "大家好", "你好", "晚上好"}, people: 300, groups: 40, over: 5 * time.Second},
		{name: "laughter", texts: []string{"哈哈", "哈哈哈哈哈哈", "hahahahahaha", "lol", "233333", "呵呵呵"}, people: 300, groups: 40, over: 5 * time.Second},
		{name: "plus one", texts: []string{"+1", "1", "+1 🙋", "同意", "同意+1", "666"}, people: 300, groups: 40, over: 5 * time.Second},
		{
			name: "wishes", people: 300, groups: 40, over: 20 * time.Second,
			texts: []string{"新年快乐！", "祝大家新年快乐，身体健康，万事如意！", "Happy New Year everyone!", "祝各位新年快乐 阖家幸福 财源广进 🎆", "恭喜发财，大吉大利", "Happy birthday!!!", "中秋节快乐，阖家团圆"},
		},
		{
			name: "a goal", live: true, people: 2000, groups: 1, over: 10 * time.Second,
			texts: []string{"GOAL!!!", "goooooal", "GOAL GOAL GOAL", "What a goal!", "进球了！！！", "球进了", "好球！", "Goal for Argentina!!", "牛逼", "漂亮！！", "梅西牛逼", "LET'S GO ARGENTINA"},
		},
		{name: "a list that people join", texts: []string{"#接龙 周六爬山活动报名 1. 张三 2. 李四 3. 王五"}, people: 12, groups: 1, over: time.Minute},
		{name: "thanks", texts: []string{"收到，谢谢", "收到", "thanks a lot!", "thank you"}, people: 300, groups: 40, over: 5 * time.Second},
		{name: "one person in many groups", texts: []string{ad}, people: 1, groups: 40, over: 5 * time.Second},
		{name: "few", texts: []string{ad}, people: 6, groups: 3, over: 5 * time.Second},
		{name: "slowly", texts: []string{"does anybody know when the server will be back online today"}, people: 12, groups: 4, over: 40 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, n := newMeter(), max(tt.people, tt.groups)
			best, noticed := 0, time.Duration(0)
			for i := range n {
				text := tt.texts[i%len(tt.texts)]
				if tt.variation {
					text = vary(text, i)
				}
				after := tt.over * time.Duration(i) / time.Duration(n)
				score := m.say(fmt.Sprint("g", i%tt.groups), fmt.Sprint("u", i%tt.people), text, begin.Add(after), tt.live)
				if best < Default().Score && score >= Default().Score {
					noticed = after
				}
				best = max(best, score)
			}
			if is := best >= Default().Score; is != tt.wave {
				t.Errorf("score %d, a case from %d on", best, Default().Score)
			}
			if tt.wave && tt.over == 5*time.Second && noticed > time.Second {
				t.Errorf("noticed after %v of what was said", noticed)
			}
			if tt.variation {
				most, all := 0, 0
				for _, list := range m.said {
					most, all = max(most, len(list)), all+len(list)
				}
				t.Logf("score %d; %d of %d messages are in one wave, %d in all", best, most, n, all)
				if most < n*9/10 {
					t.Errorf("%d of %d are in one wave", most, n)
				}
			}
		})
	}
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	const ad = "Earn 500 dollars a day from home, message me on telegram @fastcash99"
	of := LookAt(ad, nil).Sketch
	for text, want := range map[string]bool{
		ad + " qzxkw": false,
		vary(ad, 4):   false,
		"Watch out, these accounts are all fake, please do not click: \"" + ad + "\" and report them to the admins right away": true,
	} {
		own := LookAt(text, nil).Sketch
		if !Near(of, own) {
			t.Errorf("%q is not near", text)
		}
		if got := Quotes(own, of); got != want {
			t.Errorf("%q: quotes %v", text, got)
		}
	}
}

// whole looks at all real texts.
var whole = flag.Bool("waves.whole", false, "look for waves in all real texts")

func dataDir() string {
	if dir := os.Getenv("IMDESK_DATA"); dir != "" {
		return dir
	}
	return "../../shared/data"
}

// line is what somebody really wrote.
type line struct{ sender, text string }

// realLines are what people wrote: tweets, posts and lines of chat rooms. Of tweets and posts nobody knows who wrote them: each is by
// somebody else.
func realLines(t testing.TB) map[string][]line {
	t.Helper()
	out := map[string][]line{}
	for name, column := range map[string]int{"tweets-labeled.csv": 6, "coldataset-train.csv": 4} {
		f, err := os.Open(filepath.Join(dataDir(), "chat", name))
		if errors.Is(err, fs.ErrNotExist) {
			t.Logf("%s is not there; IMDESK_DATA says where real texts are", name)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(f)
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		rows, err := r.ReadAll()
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows[1:] {
			if len(row) > column {
				out[name] = append(out[name], line{fmt.Sprint("u", i), row[column]})
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dataDir(), "chat/irc/*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(b)) {
			if head, text, is := strings.Cut(l, "> "); is {
				_, sender, _ := strings.Cut(head, "<")
				out["irc"] = append(out["irc"], line{sender, strings.TrimSpace(text)})
			}
		}
	}
	return out
}

// TestRealText says what people really wrote as a busy app would have it: forty groups, twenty lines a second. Next to none of it is a
// wave, beside a raid that is said among it. The tweets have some: an advertisement that many accounts posted, and a saying that many
// repeat, each of whose copies is here by somebody else within minutes instead of weeks.
func TestRealText(t *testing.T) {
	t.Parallel()
	const (
		ad       = "Earn 500 dollars a day from home, message me on telegram @fastcash99"
		lineEach = 50 * time.Millisecond
	)
	most := map[string]int{"tweets-labeled.csv": 3}
	for name, lines := range realLines(t) {
		if !*whole {
			lines = lines[:min(len(lines), 3000)] // time is short in tests
		}
		m := newMeter()
		for i, l := range lines {
			m.say(fmt.Sprint("g", i%40), l.sender, l.text, begin.Add(time.Duration(i)*lineEach), false)
		}
		waves := 0
		for c, score := range m.best {
			if score >= Default().Score {
				waves++
				t.Logf("%s: %d messages, score %d: %q", name, len(m.said[c]), score, m.said[c][0].Text)
			}
		}
		t.Logf("%s: %d texts, %d said by three or more, %d waves", name, len(lines), len(m.said), waves)
		if waves > most[name] {
			t.Errorf("%s: %d waves, want at most %d", name, waves, most[name])
		}
		at, noticed := begin.Add(time.Duration(len(lines))*lineEach), 0
		for i := range 300 {
			other := lines[i*7919%len(lines)]
			m.say(fmt.Sprint("g", i%40), other.sender, other.text, at, false)
			if m.say(fmt.Sprint("g", i%40), fmt.Sprint("raider", i), vary(ad, i), at, false) >= Default().Score && noticed == 0 {
				noticed = i + 1
			}
		}
		if noticed == 0 || noticed > 20 {
			t.Errorf("%s: the raid is noticed at message %d", name, noticed)
		}
	}
}

func sketchOf(shape []rune) Sketch {
	k, _ := pieces(shape)
	return k
}

// TestMemory says more different texts than are remembered.
func TestMemory(t *testing.T) {
	t.Parallel()
	d := newDetector()
	for i := range 2*maxClusters + 5000 {
		shape := make([]rune, 12)
		for k := range shape {
			shape[k] = rune(0x4E00 + (i*7919+k*104729)%20000)
		}
		d.take(message{app: "a", look: Look{Sketch: sketchOf(shape), Units: 11}, WaveMessage: store.WaveMessage{Sender: "u", At: begin}})
	}
	for _, g := range []*generation{d.now, d.before} {
		if g.n > maxClusters {
			t.Errorf("%d clusters", g.n)
		}
	}
}

func FuzzLookAt(f *testing.F) {
	for _, text := range []string{"", "免费领取红包福利，加微信 hongbao888", "Earn 500 dollars a day", strings.Repeat("a", 5000), "\xff\x00é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l := LookAt(text, nil)
		if len(l.Sketch) > sketchSize {
			t.Fatalf("%d hashes", len(l.Sketch))
		}
		if len(l.Sketch) > 0 && !Near(l.Sketch, l.Sketch) {
			t.Error("a text is not near itself")
		}
		if back := decode(encode(l.Sketch)); len(l.Sketch) > 0 && len(back[0]) != len(l.Sketch) {
			t.Error("a sketch is kept as another one")
		}
	})
}

func BenchmarkLookAt(b *testing.B) {
	texts := []string{"免费领取红包福利，加微信 hongbao888 名额有限", "Does anybody know when the server will be back online today?", "ok", "哈哈哈"}
	d := newDetector()
	for i := 0; b.Loop(); i++ {
		d.take(message{app: "a", look: LookAt(texts[i%4], nil), WaveMessage: store.WaveMessage{Sender: "u", At: begin}})
	}
}
