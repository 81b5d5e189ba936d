package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imdesk/emulator/internal/community"
)

// room is one group of the demo, and who is in it.
type room struct {
	id, name string
	kind     community.Kind
	intro    string
	notice   string
	owner    string   // account; "" = nobody
	admins   []string // accounts; of a live room: those who run it
	with     []string // more people who surely are in
	members  int
	days     int // since it was made; never longer than its owner has an account
	langs    string
	shelves  string // what people talk about, "" = nothing
	messages int
	seq      int64   // seqs used up before the oldest message that is kept
	talk     float64 // how much of Talk happens here
	limit    int64   // most members, 0 = the default of the kind
	join     string  // ApplyJoinOption
	muted    int     // people muted, beside the named ones
	data     community.Data
	topics   []topic
	special  string // words: muteall inactive dismissed noface office raid flood ads receipts history

	age      time.Duration
	seats    []*seat // in order of joining
	regulars []*seat // the part of seats who talk
}

// topic is a stream of messages in a community.
type topic struct {
	part, name, intro string
	langs, shelves    string
	messages          int
	muteAll           bool
}

// seat is a member.
type seat struct {
	*person
	role   community.Role
	joined time.Duration // ago
	card   string
	data   community.Data
	flag   community.Flag
	mute   time.Duration // from now; below 0 it is over
}

func (r *room) is(word string) bool { return slices.Contains(strings.Fields(r.special), word) }

// staff are those who answer for the app, wherever help is asked for.
var staff = []string{"meilin", "tomasz.w", "aisha.rahman", "cs_bot", "devrel", "deskteam_a", "deskteam_b"}

// newRooms returns the groups, empty.
func newRooms() []*room {
	const (
		priv, pub, meet, live, huge = community.Private, community.Public, community.ChatRoom, community.LiveRoom, community.Community
		free, ask, closed           = "FreeAccess", "NeedPermission", "DisableApply"
	)
	return []*room{
		{
			id: "@TGS#2C5SZEAEF", name: "周末音乐夜 Weekend 🎧", kind: pub, intro: "新加坡·上海·雅加达。每周六晚八点，线上线下同时开。Every Saturday at eight.",
			notice: "今晚歌单：潮汐表 / 慢船 / Low Tide / 灯塔 / 返场保密。Tickets only in the app. 购票认准小程序，客服不会私聊收款。",
			owner:  "lin_wan", admins: []string{"cs_bot", "meilin", "xiaoyu_2024"},
			with: []string{
				"raka.p", "nur.aisyah", "yusuf_h", "chenjg_1972", "alexandria.wilhelmina_hb", "ahao_sg", "seoyeon.k", "zeljka_dm", "7312468950123847683",
				"fuli_92", "lin.wan", "raka.p_", "linwan_official", "Iin_wan", "long_nick", "amy_", "amy__", "user with spaces",
			},
			members: 1284, days: 532, langs: "zh6 en5 id1 ms1 ko1 ja1 ar1 es1 mix2", shelves: "music7 live2 smalltalk2 jobs1 quarrel0.3", messages: 2700, seq: 85_300, talk: 10,
			limit: 2000, join: free, muted: 4, data: community.Data{"city": "sg,sha,jkt", "schedule": "Sat 20:00 +08:00", "pinned_ticket": "418", "config": `{"slowMode":3,"linkPolicy":"hold"}`}, special: "ads",
		},
		{
			id: "@TGS#2LF4YBAEP", name: "跨境电商卖家互助群", kind: pub, intro: "卖家互助，只聊干货。服务商每周五发一次，其余时间禁止广告。",
			notice: "新人先看公告，禁止刷广告，违者禁言。招聘走招聘楼，货代名片走周五广告楼。进群改名片：站点-类目-昵称。",
			owner:  "szchen_logistics", admins: []string{"fuli_92", "tomasz.w", "aisha.rahman"}, with: []string{"chenjg_1972", "ahao_sg", "u_5550123", "9223372036854775807"},
			members: 2412, days: 640, langs: "zh9 en2 mix1 id0.5 ar0.5", shelves: "crossborder8 deals1 smalltalk1 food0.5 quarrel0.2", messages: 2300, seq: 41_230, talk: 6,
			limit: 3000, join: ask, muted: 9, special: "ads office",
		},
		{
			id: "@TGS#3QK7ZWAE5", name: "同城二手 · 浦东", kind: meet, intro: "邻里二手，面交为主。", notice: "发布请写：物品、成色、价格、地点。票务只允许官方转让。",
			owner: "u_5550123", admins: []string{"meilin", "aisha.rahman"}, with: []string{"mr.bean", "chenjg_1972", "xiaoyu_2024", "ahao_sg"},
			members: 861, days: 610, langs: "zh8 en2 mix1", shelves: "market8 neighbours1 smalltalk1 pets0.5 quarrel0.4", messages: 1800, seq: 12_004, talk: 6,
			limit: 2000, join: free, muted: 6, special: "ads flood",
		},
		{
			id: "@TGS#2BTNX7AEK", name: "دعم المطورين Dev", kind: pub, intro: "Developer support · دعم المطورين · 开发者支持。Working days 10:00–19:00 (UTC+8).",
			notice: "Before you ask: SDK version, error code, UserID. Never post your key. لا ترسلوا المفتاح السري. 不要发密钥。",
			owner:  "devrel", admins: []string{"deskteam_b", "yusuf_h"}, with: []string{"__proto__", "null", "<b>bold</b>", "9007199254740993", "a/b?c=d&e=%2e%2e#f"},
			members: 438, days: 560, langs: "en6 zh4 ar3 es1 ja1 ko1", shelves: "dev9 support2 smalltalk0.5", messages: 1500, talk: 3, limit: 2000, join: free, muted: 2, special: "office ads",
		},
		{
			id: "@TGS#2PH0T0WLK", name: "摄影爱好者 Photo walk", kind: pub, intro: "拍照，走路，聊照片。One theme a week.", notice: "本周主题：影子。拍到人正脸请先问。Ask before you post a face.",
			owner: "laofashi", admins: []string{"hana.photo"}, with: []string{"7312468950123847683", "xiaoyu_2024"}, members: 612, days: 470,
			langs: "zh5 en4 ja2 ms1", shelves: "photo8 smalltalk1 food0.5 quarrel0.2", messages: 1050, talk: 3, limit: 2000, join: free, muted: 2, special: "ads",
			data: community.Data{"theme": "shadow", "rules_url": "https://harborlive.example/g/photo/rules"},
		},
		{
			id: "indie-demos", name: "Indie demos", kind: meet, intro: "Unfinished songs, finished opinions. Be kind, be specific.", notice: "Demo day is Thursday. One link per person.",
			owner: "dj_null", admins: []string{"kelapa.collective"}, with: []string{"ravi_s", "ahao_sg", "alexandria.wilhelmina_hb"}, members: 274, days: 365,
			langs: "en6 zh3 id1 es1", shelves: "indie8 music1 smalltalk1", messages: 950, talk: 3, limit: 500, join: free, muted: 1, special: "ads",
		},
		{
			id: "@TGS#_@TGS#cHL7FANS2XK", name: "海港粉丝团 Harbor Fans", kind: huge, intro: "海港直播的大家庭。Everybody is welcome.", notice: "群规见置顶。新人进群先说一声「晚上好」。",
			owner: "lin_wan", admins: []string{"cs_bot", "xiaoyu_2024", "meilin"}, with: []string{"raka.p", "nur.aisyah", "seoyeon.k", "Iin_wan", "kefu_2024"}, members: 1655, days: 420,
			langs: "zh6 en3 id1 ms1 ko1 ja1 es1 mix1", shelves: "live4 music3 smalltalk3 pets0.5 food0.5", messages: 1400, talk: 5, muted: 3, special: "ads",
		},
		{
			id: "@TGS#_harbor_city", name: "海港城 Harbor City", kind: huge, intro: "按话题聊天的社群。A community with topics.", owner: "meilin", admins: []string{"cs_bot", "deskteam_a"},
			with: []string{"raka.p", "xiaoyu_2024", "dj_null"}, members: 640, days: 260, langs: "zh5 en3 id1 mix1", muted: 1,
			topics: []topic{
				{"news", "公告 News", "只有管理员发言", "zh3 en2", "notices1", 40, true},
				{"shows", "演出讨论 Shows", "", "zh5 en4 id1", "music6 live2", 420, false},
				{"tickets", "门票 Tickets", "官方转让，不加微信", "zh4 en4 mix1", "support4 market1", 260, false},
				{"random", "闲聊 Random", "", "zh5 en4 mix1 es1", "smalltalk6 food2 pets2 remarks1", 420, false},
				{"help", "提问 Help", "", "en4 zh4 ar1", "support5 dev1", 200, false},
			},
		},
		{
			id: "@TGS#2DEALS88Q", name: "羊毛福利 Deals 🐑", kind: pub, intro: "好价分享，禁止私加好友。", notice: "禁止「0 元领」、二维码、兼职。看到请直接举报。", owner: "fuli_92", admins: []string{"aisha.rahman", "cs_bot"},
			members: 1980, days: 380, langs: "zh8 en2 id1 ms1", shelves: "deals8 smalltalk1 remarks1 quarrel0.3", messages: 1200, seq: 6_120, talk: 4, limit: 2000, join: free, muted: 12, special: "ads",
		},
		{
			id: "@TGS#0MODDESK1", name: "运营值班 Moderators", kind: priv, intro: "交接、疑难、误伤复盘。", notice: "永久禁言写清理由：哪条、第几次、什么词。", owner: "meilin", with: append([]string{"yusuf_h", "xiaoyu_2024", "lin_wan"}, staff...), members: 14, days: 500,
			langs: "zh5 en4 mix2", shelves: "staff9 smalltalk1", messages: 620, special: "office receipts history", limit: 200,
		},
		{
			id: "@TGS#0STAGE7QX", name: "Stage crew 舞台组", kind: priv, intro: "Load-in, line check, strike.", owner: "stage_kim", with: []string{"alexandria.wilhelmina_hb", "ahao_sg", "chenjg_1972"}, members: 23, days: 430,
			langs: "en5 zh4 ms1 id1", shelves: "stage9 food1", messages: 480, special: "receipts", limit: 200,
		},
		{id: "@TGS#0OLDQA999", name: "旧版测试群 old QA", kind: priv, intro: "没人管了", members: 9, days: 700, langs: "zh3 en2", shelves: "dev3 smalltalk1 remarks1", messages: 70, special: "office"},
		{id: "@TGS#0NEWHIRE2", name: "新员工入职 2", kind: priv, owner: "meilin", members: 5, days: 2, langs: "zh1", special: "inactive noface"},
		{
			id: "live_wanfeng", name: "晚风直播间 Live", kind: live, intro: "每晚八点", notice: "文明发言，理性消费。", owner: "lin_wan", admins: []string{"cs_bot", "meilin", "xiaoyu_2024"}, members: 342, days: 300,
			langs: "zh6 en3 id1 ms1 ko1 ja1 ar1 es1 mix2", shelves: "live9 remarks3", seq: 182_334, talk: 12, muted: 3, join: free,
		},
		{
			id: "@TGS#1SHOPLIVE", name: "好物开播 Shop live", kind: live, notice: "48 小时内发货，尺码看详情。", owner: "u_5550123", admins: []string{"fuli_92"}, members: 127, days: 200,
			langs: "zh7 en2 id1", shelves: "live6 deals2 remarks2", seq: 61_020, talk: 6, muted: 2, join: free,
		},
		{id: "dj-set-late", name: "Late night DJ set", kind: live, owner: "dj_null", members: 61, days: 90, langs: "en6 es2 id1", shelves: "live6 indie1 remarks2", seq: 9_311, talk: 4, join: free},
		{id: "@TGS#1HARBORFM", name: "海港电台 Harbor FM", kind: live, owner: "alexandria.wilhelmina_hb", members: 25, days: 150, langs: "zh3 en3", shelves: "live4 music2 remarks2", seq: 20_987, talk: 2, join: free},
		{id: "@TGS#1TESTLIVE", name: "测试直播间（勿进）", kind: live, owner: "devrel", members: 2, days: 30, langs: "zh1", seq: 44, join: free, special: "noface"},
		{
			id: "announcements", name: "公告频道 Announcements", kind: pub, intro: "只读。Read only.", owner: "cs_bot", admins: []string{"meilin", "lin_wan"}, members: 1104, days: 520,
			langs: "zh3 en2 id1", shelves: "notices1", messages: 110, special: "muteall office", limit: 6000, join: free,
		},
		{id: "@TGS#2NYE2023X", name: "2023 跨年群", kind: pub, owner: "lin_wan", members: 0, days: 700, langs: "zh1", special: "dismissed"},
		{
			id: "@TGS#3LANGSWAP", name: "语言交换 Language swap", kind: meet, intro: "Half an hour yours, half an hour mine.", owner: "seoyeon.k", admins: []string{"7312468950123847683"}, members: 388, days: 310,
			langs: "zh3 en3 ja3 ko3 es2 id1 ms1 ar1 mix3", shelves: "study8 smalltalk3", messages: 900, talk: 3, join: free, muted: 1,
		},
		{id: "belajar_bareng", name: "Belajar bareng 🇮🇩", kind: pub, owner: "raka.p", members: 146, days: 240, langs: "id1", shelves: "smalltalk4 study2 food2 music1 crossborder0.5 indie0.5", messages: 320, talk: 2, join: free, special: "ads", muted: 1},
		{id: "@TGS#2KOPIJAM1", name: "Kopi & Jamming KL", kind: pub, owner: "nur.aisyah", members: 98, days: 230, langs: "ms6 en1", shelves: "smalltalk5 food2 sport1 music1 market1", messages: 280, talk: 2, join: free, special: "ads"},
		{id: "@TGS#2KOREAN77", name: "한국어 방 🇰🇷", kind: pub, owner: "seoyeon.k", members: 84, days: 280, langs: "ko1", shelves: "smalltalk6 study2 pets1 food1 music1", messages: 240, talk: 1, join: ask},
		{id: "tokyo_chat", name: "日本語チャット 東京", kind: pub, owner: "7312468950123847683", members: 92, days: 180, langs: "ja1", shelves: "smalltalk6 study2 pets1 food1 photo1", messages: 240, talk: 1, join: ask},
		{id: "@TGS#2CHARLAES", name: "Charla en español 🇪🇸", kind: pub, owner: "", members: 61, days: 170, langs: "es1", shelves: "smalltalk6 study2 music1 indie1 quarrel0.3", messages: 200, talk: 1, join: free},
		{
			id: "@TGS#2QAHWA001", name: "\u200fقهوة وموسيقى ☕", kind: pub, intro: "للحديث عن الموسيقى والقهوة وكل ما بينهما", owner: "yusuf_h", members: 77, days: 200, langs: "ar1",
			shelves: "smalltalk6 study1 music1 crossborder1 quarrel0.2", messages: 240, talk: 1, join: free,
		},
		{id: "@TGS#3NIGHTRUN", name: "浦东夜跑团", kind: meet, owner: "u_1000001", members: 133, days: 350, langs: "zh6 en1", shelves: "sport8 smalltalk1", messages: 330, talk: 1, join: free},
		{id: "sg/bugis?floor=2", name: "吃货地图 Foodies SG", kind: pub, owner: "ahao_sg", members: 205, days: 320, langs: "zh5 en4 ms1", shelves: "food8 smalltalk1", messages: 520, talk: 2, join: free, special: "ads", muted: 1},
		{id: "@TGS#2BLDG3OWN", name: "海港小区 3 号楼业主", kind: pub, intro: "本楼业主，进群请改名片为门牌号。", owner: "wuye_3", members: 212, days: 410, langs: "zh1", shelves: "neighbours8 pets1 food0.5 quarrel0.4", messages: 620, talk: 2, join: ask, limit: 500, muted: 2},
		{id: "@TGS#2CATSONLY", name: "云吸猫 🐈 Cats only", kind: pub, owner: "xiaoyu_2024", members: 341, days: 390, langs: "zh5 en3 ja1 ko1", shelves: "pets9 remarks1", messages: 480, talk: 2, join: free, special: "ads"},
		{id: "guitar_101", name: "吉他初学者互助", kind: pub, owner: "ahao_sg", members: 267, days: 330, langs: "zh6 en2 id1", shelves: "guitar8 music1 quarrel0.2", messages: 430, talk: 1, join: free, special: "ads"},
		{id: "gear-swap", name: "二手乐器 Gear swap", kind: meet, owner: "dj_null", members: 158, days: 250, langs: "zh4 en4 mix1", shelves: "market5 indie2 guitar1", messages: 300, talk: 1, join: free, special: "ads"},
		{id: "@TGS#0KYOTOJUL", name: "七月京都拼团", kind: priv, owner: "hana.photo", members: 8, days: 60, langs: "zh5 ja1", shelves: "smalltalk3 food2 photo2", messages: 120},
		{
			id: "free_gigs", name: "免费演出信息 Free gigs", kind: pub, owner: "kelapa.collective", admins: []string{"cs_bot"}, members: 540, days: 270, langs: "zh4 en4 id1", shelves: "music5 jobs2 smalltalk1",
			messages: 420, talk: 1, join: free, special: "raid ads", muted: 3, limit: 2000,
		},
		{id: "volunteers", name: "志愿者 Volunteers", kind: meet, owner: "deskteam_a", members: 72, days: 120, langs: "zh4 en3", shelves: "jobs4 stage2 food1", messages: 200, talk: 1, join: ask},
		{id: "@TGS#2SZFREIGH", name: "深圳专线物流对接", kind: pub, owner: "szchen_logistics", members: 302, days: 480, langs: "zh8 en1 ar1", shelves: "crossborder9", messages: 360, talk: 1, join: ask, special: "ads office", muted: 3},
		{id: "amz_newbies", name: "亚马逊新手村", kind: pub, owner: "fuli_92", members: 455, days: 300, langs: "zh1", shelves: "crossborder8 smalltalk1", messages: 420, talk: 1, join: free, special: "ads office", muted: 4},
		{id: "@TGS#2TTSEA001", name: "TikTok Shop SEA 🛒", kind: pub, owner: "raka.p", members: 230, days: 150, langs: "en4 id3 ms2 zh2", shelves: "crossborder6 deals2", messages: 260, talk: 1, join: free, special: "ads"},
		{id: "vinyl", name: "黑胶收藏 Vinyl", kind: pub, owner: "laofashi", members: 119, days: 440, langs: "zh4 en3 ja1", shelves: "music3 market3 smalltalk1", messages: 220, talk: 1, join: ask},
		{id: "boardgames_fri", name: "桌游周五 Board games", kind: meet, owner: "mr.bean", members: 66, days: 210, langs: "zh4 en3", shelves: "smalltalk6 food2 remarks1", messages: 180, talk: 1, join: free},
		{id: "gig_jobs", name: "演出行业招聘 Gig jobs", kind: pub, owner: "deskteam_a", members: 388, days: 260, langs: "zh4 en3", shelves: "jobs8 stage1", messages: 240, talk: 1, join: free, special: "ads", muted: 3},
		{id: "lost+found", name: "失物招领 Lost & found", kind: meet, owner: "cs_bot", members: 301, days: 380, langs: "zh4 en3", shelves: "jobs4 support1 music1", messages: 180, talk: 1, join: free},
		{id: "@TGS#0VIPCARE1", name: "贵宾客服 · VIP care", kind: priv, owner: "deskteam_a", with: []string{"deskteam_b", "cs_bot"}, members: 31, days: 360, langs: "zh4 en4 ja1 ko1 es1", shelves: "support9", messages: 420, special: "office receipts history", limit: 200},
		{id: "@TGS#0REFUND01", name: "退票售后 Refund desk", kind: priv, owner: "deskteam_b", with: []string{"deskteam_a", "cs_bot"}, members: 44, days: 300, langs: "zh4 en4 ar1 id1 ms1 mix1", shelves: "support9", messages: 380, special: "office receipts history", limit: 200},
		{id: "@TGS#2RTLHARBO", name: "\u200fمجتمع هاربر", kind: pub, owner: "yusuf_h", members: 58, days: 140, langs: "ar5 en1", shelves: "smalltalk5 support1", messages: 120, join: free},
		{id: "@TGS#2EMOJIBND", name: "🎧🎸🥁🎹🎻🎺", kind: pub, owner: "kelapa.collective", members: 27, days: 100, langs: "en3 id2 zh2", shelves: "indie3 remarks3 music1", messages: 110, join: free},
		{id: "@TGS#2NEWSFIRS", name: "新人先看公告禁发广告", kind: pub, notice: "公告：" + strings.Repeat("请先看公告。", 15), owner: "aisha.rahman", members: 504, days: 190, langs: "zh1", shelves: "smalltalk5 deals2 remarks2 quarrel0.5", messages: 300, talk: 1, join: free, special: "ads", muted: 5},
		{id: "friday", name: "  周五见  ", kind: meet, owner: "zeljka_dm", members: 19, days: 80, langs: "zh3 en3", shelves: "smalltalk4 food2", messages: 90, join: free},
		{id: "rnb<3", name: "R&B <3 Club \"late\"", kind: pub, intro: "<b>R&B</b> & friends; 'slow' only", owner: "<b>bold</b>", members: 88, days: 130, langs: "en5 zh2", shelves: "music4 indie2 remarks1", messages: 160, join: free},
		{id: "@TGS#2FAKEOFFI", name: "ＨＡＲＢＯＲ　官方群", kind: pub, intro: "官方唯一群", owner: "kefu_2024", members: 36, days: 8, langs: "zh1", shelves: "remarks2", messages: 24, join: free, special: "ads noface"},
		{id: "@TGS#2LF4YBAEQ", name: "跨境电商卖家互助群", kind: pub, intro: "2 群，1 群已满", owner: "7312468950123847684", members: 12, days: 5, langs: "zh1", shelves: "remarks1", messages: 14, join: free, special: "ads noface"},
		{id: "strings_crew_alexandria_philharmonic_2024_season", name: "Alexandria Philharmonic Crew", kind: pub, owner: "alexandria.wilhelmina_hb", members: 33, days: 400, langs: "en1", shelves: "stage3 music3 smalltalk3", messages: 90, join: closed},
		{id: "test", name: "test", kind: pub, owner: "a", members: 3, days: 620, langs: "en1", shelves: "remarks1", messages: 12, join: free, special: "noface"},
		{id: "test2", name: "test2", kind: meet, owner: "a", members: 2, days: 619, langs: "en1", join: free, special: "noface"},
		{id: "-", name: "·", kind: pub, owner: "-1", members: 1, days: 600, langs: "zh1", join: closed, special: "noface"},
		{id: "desk-a", name: "客服对接 A 组", kind: priv, owner: "deskteam_a", with: staff, members: 11, days: 330, langs: "zh5 mix1", shelves: "staff5 support3", messages: 220, special: "office receipts", limit: 200},
		{id: "desk-b", name: "客服对接 B 组", kind: priv, owner: "deskteam_b", with: staff, members: 10, days: 330, langs: "en5 mix1", shelves: "staff5 support3", messages: 200, special: "office receipts", limit: 200},
		{id: "qa", name: "Harbor Live QA", kind: priv, owner: "devrel", with: []string{"__proto__", "null", "zalgo", "rtl.override", "emoji_only", "only_space", "two_lines"}, members: 17, days: 350, langs: "en4 zh3", shelves: "dev5 long2", messages: 240, special: "office", limit: 200},
		{id: "campus_final", name: "校园歌手大赛决赛", kind: meet, intro: "决赛夜观众互动群", owner: "xiaoyu_2024", members: 610, days: 21, langs: "zh1", shelves: "live5 music3 remarks2 quarrel0.4", messages: 520, talk: 2, join: free, special: "ads", muted: 4},
		{id: "family_day", name: "港岛亲子活动", kind: pub, owner: "aisha.rahman", members: 163, days: 110, langs: "zh5 en2", shelves: "neighbours3 smalltalk3 food1", messages: 190, talk: 1, join: ask},
		{id: "open mic jakarta", name: "Open mic 🎤 Jakarta", kind: pub, owner: "raka.p", members: 121, days: 160, langs: "id6 en2", shelves: "music3 indie2 smalltalk2 live1", messages: 220, talk: 1, join: free},
		{id: "futsal-kl", name: "Sunday Futsal KL ⚽", kind: meet, owner: "coach_zul", members: 24, days: 220, langs: "ms4 en3", shelves: "sport8 food1", messages: 180, talk: 1, join: free},
		{id: "@TGS#2NIGHTEAT", name: "深夜食堂（只发图）", kind: pub, owner: "u_5550123", members: 187, days: 140, langs: "zh5 en1", shelves: "food5 pets2 photo2", messages: 220, talk: 1, join: free},
	}
}

// world is everybody and every group. Nothing in it depends on the time.
type world struct {
	script *script
	cast   []*person
	byID   map[string]*person
	rooms  []*room
}

func newWorld() (*world, error) {
	script, err := loadScript()
	if err != nil {
		return nil, err
	}
	w := &world{script: script, rooms: newRooms()}
	w.cast, w.byID = newCast()
	for _, r := range w.rooms {
		w.fill(r)
	}
	return w, nil
}

// maxGroups is how many groups somebody is in at most.
const maxGroups = 40

// fill seats the room.
func (w *world) fill(r *room) {
	age := time.Duration(r.days) * day
	if owner := w.byID[r.owner]; owner != nil {
		age = min(age, owner.age)
	}
	if r.age = age; r.is("dismissed") {
		return
	}
	rng := rngOf("seats of " + r.id)
	seated := map[string]bool{}
	sit := func(p *person, role community.Role, joined time.Duration) {
		if p == nil || seated[p.id] {
			return
		}
		seated[p.id] = true
		p.joined++
		s := &seat{person: p, role: role, joined: min(joined, p.age, age)}
		if r.kind == community.LiveRoom {
			s.role, s.joined = community.Plain, time.Duration(rng.Int64N(int64(2*time.Hour)))+time.Second
		}
		w.furnish(rng, r, s)
		r.seats = append(r.seats, s)
	}
	sit(w.byID[r.owner], community.Owner, age)
	for i, id := range r.admins {
		sit(w.byID[id], community.Admin, age-time.Duration(i+1)*time.Hour)
	}
	for _, id := range r.with {
		sit(w.byID[id], community.Plain, time.Duration((0.4+0.6*rng.Float64())*float64(age)))
	}
	if r.is("ads") {
		w.seatSpammers(rng, r, sit)
	}
	if r.is("raid") {
		for _, p := range w.cast {
			if p.raider {
				sit(p, community.Plain, 53*time.Minute+time.Duration(rng.IntN(180))*time.Second)
			}
		}
	}
	w.seatCrowd(rng, r, sit)
	slices.SortStableFunc(r.seats, func(a, b *seat) int {
		return cmp.Or(cmp.Compare(b.joined, a.joined), cmp.Compare(a.id, b.id))
	})
	w.muteSome(rng, r)
	r.regulars = r.chooseRegulars()
}

// seatSpammers brings some of each campaign, a few hours ago.
func (w *world) seatSpammers(rng *rand.Rand, r *room, sit func(*person, community.Role, time.Duration)) {
	for _, s := range spammers {
		if rng.IntN(100) < 34 && languageFits(r, s.lang) || s.id == "u_7731902" && r.talk >= 4 {
			sit(w.byID[s.id], community.Plain, hours(rng, 3, 9))
		}
	}
}

func languageFits(r *room, lang string) bool {
	return strings.Contains(r.langs, lang) || strings.Contains(r.langs, "mix")
}

// seatCrowd fills the rest of the seats, mostly with people who speak the room's languages.
func (w *world) seatCrowd(rng *rand.Rand, r *room, sit func(*person, community.Role, time.Duration)) {
	type draw struct {
		p   *person
		key float64
	}
	langs := weights(r.langs)
	var crowd []draw
	for _, p := range w.cast[len(stars):] {
		if p.campaign != "" || p.raider || p.joined >= maxGroups {
			continue
		}
		weight := 0.02
		for _, l := range langs {
			if l.name == p.lang || l.name == "mix" && (p.lang == "zh" || p.lang == "en") {
				weight += l.weight
			}
		}
		crowd = append(crowd, draw{p, rng.ExpFloat64() / weight})
	}
	slices.SortFunc(crowd, func(a, b draw) int { return cmp.Compare(a.key, b.key) })
	for i := 0; len(r.seats) < r.members && i < len(crowd); i++ {
		u := rng.Float64()
		sit(crowd[i].p, community.Plain, time.Duration(u*u*float64(r.age))+time.Minute)
	}
}

// weighted is a name and how often it is chosen.
type weighted struct {
	name   string
	weight float64
}

// weights reads "music7 live2.5".
func weights(s string) (list []weighted) {
	for _, f := range strings.Fields(s) {
		i := strings.IndexAny(f, "0123456789")
		n, err := strconv.ParseFloat(f[i:], 64)
		if err != nil { // the lists are ours
			panic(err)
		}
		list = append(list, weighted{f[:i], n})
	}
	return list
}

// furnish gives a member a card, fields and a flag, or not.
func (w *world) furnish(rng *rand.Rand, r *room, s *seat) {
	if r.kind == community.LiveRoom {
		return
	}
	switch {
	case strings.Contains(r.notice, "名片") && rng.IntN(3) == 0:
		s.card = cutBytes(pick(rng, w.script.slots["country@zh"])+"-"+pick(rng, w.script.slots["goods@zh"])+"-"+s.nick, maxCard)
	case strings.Contains(r.intro, "门牌") && rng.IntN(2) == 0:
		s.card = strconv.Itoa(1+rng.IntN(28)) + "0" + strconv.Itoa(1+rng.IntN(4))
	case rng.IntN(14) == 0:
		s.card = cutBytes(strings.TrimSpace(s.nick)+" · "+pick(rng, cities), maxCard)
	}
	if rng.IntN(12) == 0 {
		s.data = community.Data{"level": strconv.Itoa(1 + rng.IntN(9))}
		if rng.IntN(2) == 0 {
			s.data["seat"] = string(rune('A'+rng.IntN(8))) + strconv.Itoa(1+rng.IntN(30))
		}
	}
	if rng.IntN(8) == 0 {
		s.flag = community.Flag(1 + rng.IntN(2))
	} else if r.kind == community.ChatRoom {
		s.flag = community.Quiet // the default of this kind
	}
}

const maxCard = 50 // bytes

// cutBytes shortens s to at most n bytes without cutting a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// muteSome mutes the named and the room's number of others, from nearly over to for ever. Some mutes are over.
func (w *world) muteSome(rng *rand.Rand, r *room) {
	named := map[string]time.Duration{}
	switch r.id {
	case "@TGS#2C5SZEAEF":
		named = map[string]time.Duration{"ahao_sg": 42 * time.Minute, "chenjg_1972": 6 * day, "zeljka_dm": forever}
	case "@TGS#3QK7ZWAE5":
		named = map[string]time.Duration{"u_7731902": 18 * time.Minute, "chenjg_1972": 6*day + 20*time.Hour}
	}
	lengths := []time.Duration{
		9*time.Minute + 40*time.Second, 55 * time.Minute, 23*time.Hour + 10*time.Minute, 6*day + 3*time.Hour, forever, -3 * time.Hour,
		5 * time.Hour, 29 * day, -26 * time.Hour, 90 * time.Second, 300 * day, forever,
	}
	if r.kind == community.Private {
		return
	}
	left := r.muted
	for _, i := range rng.Perm(len(r.seats)) {
		s := r.seats[i]
		if d, ok := named[s.id]; ok {
			s.mute = d
		} else if left > 0 && s.role == community.Plain && i > len(r.seats)/3 {
			left--
			s.mute = lengths[left%len(lengths)]
		}
	}
}

// chooseRegulars returns those who talk: early members, and the newer the less.
func (r *room) chooseRegulars() (regulars []*seat) {
	rng := rngOf("regulars of " + r.id)
	wanted := min(max(r.members/7, 14), 110)
	var others []*seat
	for _, s := range r.seats {
		switch {
		case s.campaign != "" || s.raider || strings.HasPrefix(s.id, "cs_b0t") || s.mute == forever:
		case s.role > community.Plain || slices.Contains(r.with, s.id) || r.kind == community.LiveRoom:
			regulars = append(regulars, s)
		default:
			others = append(others, s)
		}
	}
	for len(regulars) < wanted && len(others) > 0 {
		i := int(float64(len(others)) * rng.Float64() * rng.Float64())
		if languageFits(r, others[i].lang) || rng.IntN(6) == 0 {
			regulars = append(regulars, others[i])
		}
		others = slices.Delete(others, i, i+1)
	}
	slices.SortStableFunc(regulars, func(a, b *seat) int { return cmp.Compare(b.joined, a.joined) })
	return regulars
}
