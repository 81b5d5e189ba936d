package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"imdesk/emulator/internal/community"
)

// tie is what lies between two people: a friendship, which the first one has noted something of, and what they have said to
// each other.
type tie struct {
	who, other string
	remark     string
	list       string // of who's, "" = none
	back       string // what the other calls who
	alone      bool   // other does not have who as a friend
	lang       string // of what they say
	scenes     int    // played between them, 0 = they do not write
	unread     int    // of the latest of other's messages
	pinned     bool   // on top of who's list
	mark       uint64 // of who's, as community.Mark has it
	folder     string // of who's, "" = none
}

// Marks of a conversation, as bits. Source: "Mark conversations", doc 71640.
const (
	markFavourite = 1 << 0
	markFolded    = 1 << 2
)

var ties = []tie{
	{who: "lin_wan", other: "ahao_sg", remark: "阿豪（贝斯）", list: "乐队", back: "晚姐", lang: "zh", scenes: 4, unread: 2, pinned: true, mark: markFavourite, folder: "演出"},
	{who: "lin_wan", other: "xiaoyu_2024", remark: "小雨-海报", list: "乐队", lang: "zh", scenes: 3, folder: "演出"},
	{who: "lin_wan", other: "stage_kim", remark: "Kim 舞台", list: "乐队", back: "Lin (Sat nights)", lang: "en", scenes: 3, unread: 1, folder: "演出"},
	{who: "lin_wan", other: "laofashi", remark: "老法师（拍照）", list: "朋友", back: "小林", lang: "zh", scenes: 2},
	{who: "lin_wan", other: "alexandria.wilhelmina_hb", remark: "首席", list: "朋友", lang: "en", scenes: 2, mark: markFolded},
	{who: "lin_wan", other: "fuli_92", list: "朋友", lang: "zh", scenes: 2},
	{who: "lin_wan", other: "7312468950123847683", remark: "凛さん", alone: true},
	{who: "lin_wan", other: "meilin", remark: "运营林梅", lang: "zh", scenes: 2},
	{who: "chenjg_1972", other: "szchen_logistics", remark: "深圳小陈", list: "生意", back: "陈总", lang: "zh", scenes: 4, unread: 3, pinned: true},
	{who: "chenjg_1972", other: "u_5550123", remark: "小卖部", list: "邻居", back: "老陈", lang: "zh", scenes: 3},
	{who: "chenjg_1972", other: "wuye_3", remark: "物业", list: "邻居", lang: "zh", scenes: 3, unread: 1},
	{who: "chenjg_1972", other: "fuli_92", list: "生意", lang: "zh", scenes: 1},
	{who: "chenjg_1972", other: "laofashi", alone: true},
	{who: "raka.p", other: "nur.aisyah", remark: "Aisyah", list: "Band", back: "abang Raka", lang: "en", scenes: 3, unread: 1},
	{who: "raka.p", other: "kelapa.collective", list: "Band", lang: "en", scenes: 2, pinned: true},
	{who: "raka.p", other: "mr.bean", lang: "en", scenes: 2},
	{who: "nur.aisyah", other: "aisha.rahman", remark: "Kak Aisha", back: "Nur", lang: "en", scenes: 3},
	{who: "nur.aisyah", other: "coach_zul", lang: "en", scenes: 1},
	{who: "aisha.rahman", other: "meilin", remark: "Mei (desk)", list: "Work", back: "Aisha", lang: "en", scenes: 4, unread: 2},
	{who: "aisha.rahman", other: "tomasz.w", list: "Work", lang: "en", scenes: 3},
	{who: "meilin", other: "tomasz.w", remark: "Tomasz 主管", list: "同事", lang: "en", scenes: 3},
	{who: "meilin", other: "deskteam_a", list: "同事", lang: "zh", scenes: 2},
	{who: "dj_null", other: "stage_kim", remark: "Kim", lang: "en", scenes: 4, unread: 4},
	{who: "dj_null", other: "alexandria.wilhelmina_hb", lang: "en", scenes: 2},
	{who: "hana.photo", other: "laofashi", remark: "先生", back: "Hana 小花", lang: "zh", scenes: 3},
	{who: "hana.photo", other: "seoyeon.k", lang: "en", scenes: 2},
	{who: "ahao_sg", other: "xiaoyu_2024", back: "豪哥", lang: "zh", scenes: 3},
	{who: "devrel", other: "tomasz.w", lang: "en", scenes: 2},
	{who: "o'neil+tickets@mail.example", other: "stage_kim", lang: "en", scenes: 2},
}

// strangers write to each other without being friends: people to the desk.
var strangers = []tie{
	{who: "lin_wan", other: "cs_bot", lang: "zh", scenes: 2},
	{who: "chenjg_1972", other: "cs_bot", lang: "zh", scenes: 2, unread: 1},
	{who: "raka.p", other: "deskteam_b", lang: "en", scenes: 2},
}

// blocked are those who do not want to hear from somebody.
var blocked = [][2]string{
	{"lin_wan", "Iin_wan"},
	{"lin_wan", "u_7731455"},
	{"lin_wan", "7312468950123847999"},
	{"chenjg_1972", "u_7731902"},
	{"chenjg_1972", "u_7740012"},
	{"xiaoyu_2024", "chenjg_1972"},
	{"raka.p", "raka.p_"},
	{"ahao_sg", "u_7731460"},
	{"aisha.rahman", "btc_anna"},
	{"u_7731902", "lin_wan"},
}

// wishes are requests that wait for an answer: who asks whom, and says what.
var wishes = []struct{ who, whom, wording string }{
	{"linwan_2", "lin_wan", "我是林晚的小号，加一下"},
	{"ravi_s", "lin_wan", "Hi, we met at the Saturday show"},
	{"lin_wan", "hana.photo", "想请你拍下一场"},
	{"u_7740013", "chenjg_1972", "换汇找我，诚信"},
	{"tomasz.w", "chenjg_1972", "About your report from last week"},
	{"kefu_2024", "aisha.rahman", "官方客服"},
}

// choosy are those who want to be asked.
var choosy = []string{"lin_wan", "chenjg_1972", "aisha.rahman", "hana.photo"}

// relations stores who knows whom, and what they write to each other.
func (s *seeder) relations() error {
	rng := rngOf("relations")
	for _, id := range choosy {
		if err := s.SetProfile(s.uids[id], "Tag_Profile_IM_AllowType", `"AllowType_Type_NeedConfirm"`); err != nil {
			return err
		}
	}
	for _, t := range slices.Concat(ties, strangers) {
		if err := s.tie(rng, t); err != nil {
			return fmt.Errorf("%s and %s: %w", t.who, t.other, err)
		}
	}
	for _, b := range blocked {
		if _, err := s.Block(s.app, s.uids[b[0]], s.uids[b[1]]); err != nil {
			return err
		}
	}
	for _, w := range wishes {
		r := community.FriendRequest{
			Asker: community.Account{UID: s.uids[w.who], Name: w.who}, At: s.ago(hours(rng, 1, 90)), Wording: w.wording, Source: "AddSource_Type_Search",
		}
		if err := s.AskFriend(s.uids[w.whom], r); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) tie(rng *rand.Rand, t tie) error {
	who, other := s.uids[t.who], s.uids[t.other]
	if !slices.ContainsFunc(strangers, func(x tie) bool { return x.who == t.who && x.other == t.other }) {
		if err := s.befriend(rng, t, who, other); err != nil {
			return err
		}
	}
	if t.scenes == 0 {
		return nil
	}
	if err := s.chat(rng, t, who, other); err != nil {
		return err
	}
	if t.pinned {
		if err := s.PinTalk(who, community.Talk{Kind: community.Direct, ID: other}, true); err != nil {
			return err
		}
	}
	return s.mark(t, who)
}

// befriend puts each on the other's list, unless he is on it already.
func (s *seeder) befriend(rng *rand.Rand, t tie, who, other int64) error {
	since := s.ago(time.Duration(5+rng.IntN(100)) * day)
	there, err := s.FriendsAmong(who, []int64{other})
	if err != nil || len(there) > 0 {
		return err
	}
	f := community.Friend{
		UID: other, SinceAt: since, Remark: t.remark, Source: "AddSource_Type_" + pick(rng, words("Search QRCode Group Contacts")),
		Wording: pick(rng, []string{"", "", "同一个群的", "周六见过", "From the group", "Hi, this is me"}),
	}
	if t.list != "" {
		f.Lists = []string{t.list}
	}
	if err := s.AddFriend(s.app, who, f); err != nil || t.alone {
		return err
	}
	if there, err = s.FriendsAmong(other, []int64{who}); err != nil || len(there) > 0 {
		return err
	}
	return s.AddFriend(s.app, other, community.Friend{UID: who, SinceAt: since, Remark: t.back, Source: f.Source})
}

// chat has scenes played between two people within the last six days, so that the service still has all of it.
func (s *seeder) chat(rng *rand.Rand, t tie, who, other int64) error {
	r := &room{id: "direct " + t.who + " " + t.other}
	for _, id := range []string{t.who, t.other} {
		r.regulars = append(r.regulars, &seat{person: s.byID[id]})
	}
	st := newStage(s.script, rng, s.media, r, t.lang+"1", "direct1")
	at := s.now.Add(-time.Duration(4+rng.IntN(2))*day - time.Duration(rng.IntN(20))*time.Hour)
	step := s.now.Sub(at) / time.Duration(t.scenes)
	var list []community.DirectMessage
	for n := range t.scenes {
		p := st.play(st.next(), 2)
		first := (n + rng.IntN(2)) % 2
		p.parts['A'], p.parts['B'] = r.regulars[first], r.regulars[1-first]
		if n == t.scenes-1 && t.unread > 0 { // the latest to write is the one who is not read
			p.end = len(p.scene.lines)
		}
		said := at
		for {
			m, err := p.line()
			if err != nil {
				return err
			}
			if m == nil {
				break
			}
			body, err := encode(m.body)
			if err != nil {
				return err
			}
			d := community.DirectMessage{Sender: who, Receiver: other, At: said.Unix(), Seq: int64(rng.Uint32()), Random: int64(m.random), Body: body}
			if m.from == r.regulars[1] {
				d.Sender, d.Receiver = other, who
			}
			list = append(list, d)
			said = said.Add(time.Duration(15+rng.IntN(150)) * time.Second)
		}
		at = at.Add(step - time.Duration(rng.IntN(90))*time.Minute)
	}
	s.unread(list, who, t.unread)
	if rng.IntN(5) == 0 && len(list) > 4 {
		list[len(list)-4].State = community.Recalled
	}
	for i := range list {
		if err := s.AddDirect(s.app, &list[i]); err != nil {
			return err
		}
	}
	last := list[len(list)-1].At
	if err := s.Talked(who, other, last); err != nil {
		return err
	}
	return s.Talked(other, who, last)
}

// unread marks the latest of what one of two was told as not read.
func (s *seeder) unread(list []community.DirectMessage, receiver int64, n int) {
	for i := range slices.Backward(list) {
		if n == 0 {
			return
		}
		if list[i].Receiver == receiver {
			list[i].UnreadUntil = list[i].At + int64(7*day/time.Second)
			n--
		}
	}
}

func (s *seeder) mark(t tie, who int64) error {
	if t.mark == 0 && t.folder == "" {
		return nil
	}
	m := community.Mark{Contact: community.Contact{Kind: community.Direct, Peer: t.other}, Standard: t.mark}
	if t.folder != "" {
		groups, err := s.MarkGroups(who)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(groups, func(g community.MarkGroup) bool { return g.Name == t.folder })
		if i < 0 {
			g, err := s.AddMarkGroup(who, t.folder)
			if err != nil {
				return err
			}
			groups, i = append(groups, g), len(groups)
		}
		m.Groups = []int64{groups[i].ID}
	}
	return s.SaveMark(who, m)
}
