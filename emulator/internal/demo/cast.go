package demo

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// castSize is how many accounts the demo has.
const castSize = 3000

// person is one account of the cast.
type person struct {
	id, nick, lang string
	face           int           // number of the avatar, -1 = none
	age            time.Duration // of the account
	profile        map[string]string
	devices        []Device
	campaign       string        // of a spammer, else ""
	raider         bool          // one of the fresh accounts of the raid
	c2cMute        time.Duration // from now; forever; 0 = none
	groupMute      time.Duration
	joined         int // groups, see maxGroups
}

// forever stands for a mute without end.
const forever = time.Duration(1<<63 - 1)

const day = 24 * time.Hour

// rngOf makes the source of chance for one purpose, so that a change in one place leaves the others as they are.
func rngOf(purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(h.Sum64(), 20240229)) //nolint:gosec // a demo must be the same every time
}

func pick[T any](rng *rand.Rand, choices []T) T { return choices[rng.IntN(len(choices))] }

// star is a person that other parts of the demo name, or who is there for the shape of id or nick.
type star struct {
	id, nick, lang string
	ageDays        int
	signature      string
	platforms      string // online now on these
}

var stars = []star{
	{"lin_wan", "林晚", "zh", 532, "周末音乐夜，每周六八点", "iPhone PC"},
	{"cs_bot", "客服小助手", "zh", 800, "真客服有蓝标，从不索要验证码", "Web"},
	{"devrel", "Developer Relations (official)", "en", 790, "SDK questions, working days 10–19 UTC+8", "Web"},
	{"raka.p", "Raka Pratama", "id", 348, "", "Android"},
	{"nur.aisyah", "Nur Aisyah", "ms", 244, "nyanyi dulu baru cakap", "iPhone"},
	{"yusuf_h", "يوسف الحسيني", "ar", 210, "", "Android Web"},
	{"chenjg_1972", "陈建国", "zh", 500, "诚信为本", "Android"},
	{"alexandria.wilhelmina_hb", "Alexandria-Wilhelmina van der Hoogenband-Oyelaran 🎻🎶（首席小提琴）", "en", 440, "strings, mostly in tune", "iPad"},
	{"ahao_sg", "阿豪", "zh", 420, "贝斯代班中", "iPhone"},
	{"xiaoyu_2024", "小雨🌧️", "zh", 531, "设计 / 手写字", "Mac"},
	{"seoyeon.k", "김서연", "ko", 320, "", "iPhone"},
	{"zeljka_dm", "Željka Đorđević-Müller", "en", 700, "", ""},
	{"7312468950123847683", "佐々木 凛", "ja", 190, "深煎り派", "iPhone"},
	{"fuli_92", "Fu Li 傅丽", "zh", 380, "", "Android"},
	{"u_5550123", "小卖部老板娘", "zh", 610, "搬家清仓，喊一声就到", "Android"},
	{"dj_null", "dj_null", "en", 365, "mixing since 2009, finished since never", "Mac"},
	{"hana.photo", "Hana 🌸", "ja", 260, "35mm", "iPhone"},
	{"mr.bean", "mr.bean", "en", 230, "", "Android"},
	{"szchen_logistics", "深圳小陈-物流专线双清包税到门（中东/东南亚）", "zh", 640, "今天下午还能收货，明早截单", "PC Android"},
	{"ravi_s", "Ravi S.", "en", 3, "", "Android"},
	{"laofashi", "老法师", "zh", 720, "拍照的，不修图", "iPad"},
	{"tomasz.w", "Tomasz Wójcik", "en", 600, "", "Web"},
	{"aisha.rahman", "Aisha Rahman", "ms", 590, "", "Web iPhone"},
	{"meilin", "Mei Lin 林梅", "zh", 700, "", "Web"},
	{"kelapa.collective", "Kelapa Collective", "id", 400, "", "iPhone"},
	{"deskteam_a", "Harbor 客服 A 组", "zh", 650, "", "PC"},
	{"deskteam_b", "Harbor 客服 B 组", "en", 650, "", "PC"},
	{"wuye_3", "物业小张", "zh", 412, "报修请打前台", "Android"},
	{"coach_zul", "Coach Zul ⚽", "ms", 350, "", "Android"},
	{"stage_kim", "Kim (stage)", "en", 480, "long XLRs live in case 7", "Android"},
	{"u_1000001", "", "zh", 900, "", ""},
	{"00000000", "0", "zh", 880, "", ""},
	{"a", "a", "en", 890, "", ""},
	{"user with spaces", "user with spaces", "en", 300, "", ""},
	{"o'neil+tickets@mail.example", "Máire O'Neil", "en", 200, "", "Web"},
	{"a/b?c=d&e=%2e%2e#f", "路径测试员", "zh", 150, "", ""},
	{"<b>bold</b>", "<b>Bold</b> & \"quoted\"", "en", 140, "", ""},
	{"9223372036854775807", "最大的数", "zh", 130, "", ""},
	{"9007199254740993", "two to the 53 plus 1", "en", 129, "", ""},
	{"__proto__", "proto", "en", 128, "", ""},
	{"null", "null", "en", 127, "", ""},
	{"-1", "减一", "zh", 126, "", ""},
	{"5f4dcc3b5aa765d61d8327deb882cf99", "Amy", "en", 240, "", "iPhone"},
	{"oGZUI0egBJY1zhBYw2KhdUfwVJJE", "微信用户", "zh", 230, "", "Android"},
	{"oX7kQ5LmT2vB9nR4cY8wZ1pD6sF3gH0j", "微信用户", "zh", 229, "", "Android"},
	// Look-alikes: a Cyrillic a, a capital i for an l, spaces, a wider space, an invisible one.
	{"raka.p_", "R\u0430ka Pratama", "id", 5, "", "Android"},
	{"Iin_wan", "林晚", "zh", 6, "加我看内部歌单", "Android"},
	{"linwan_official", "林晚 ", "zh", 4, "", ""},
	{"lin.wan", " 林晚", "zh", 40, "", ""},
	{"linwan_2", "林\u200b晚", "zh", 9, "", ""},
	{"kefu_2024", "客服小助手官方", "zh", 8, "官方唯一", "Web"},
	{"cs_b0t", "客服小助手．", "zh", 7, "", ""},
	{"amy_", "  Amy  ", "en", 220, "", ""},
	{"amy__", "Ａｍｙ", "en", 219, "", ""},
	{"emoji_only", "👩‍👩‍👧‍👦🏳️‍🌈👨🏽‍🚀", "en", 218, "", ""},
	{"zalgo", "H̷a̴r̸b̸o̶r̷", "en", 217, "", ""},
	{"rtl.override", "\u202etxet desrever\u202c", "en", 216, "", ""},
	{"two_lines", "line one\nline two", "en", 215, "", ""},
	{"long_nick", longNick(), "zh", 214, strings.Repeat("签名也很长，长到一行放不下，", 11) + "完", ""},
	{"only_space", "   ", "zh", 213, "", ""},
	{"dash-dash--", "——", "zh", 212, "", ""},
	{"UPPER_CASE_ID_WITH_32_CHARACTERS", "全大写", "zh", 211, "", ""},
}

// longNick is near the limit of 500 bytes.
func longNick() string {
	s := "我的名字比较长因为注册的时候没有限制所以我就把想说的话都写在这里了"
	for i := 1; len(s) < 470; i++ {
		s += "，第" + strconv.Itoa(i) + "遍"
	}
	return s
}

// spammers by campaign, as ads.txt names them. The first ids are known from case notes.
var spammers = []struct{ campaign, id, nick, lang string }{
	{"hx", "u_7731902", "福利小当家888", "zh"},
	{"hx", "u_7731455", "小甜甜带货 🍬🍬🍬", "zh"},
	{"hx", "u_7731460", "票务王哥（看简介）", "zh"},
	{"hx", "7312468950123847999", "福利社-官方客服（假一赔十）🎁🎁", "zh"},
	{"hx", "u_7731977", "内部票小李", "zh"},
	{"hx", "u_7731981", "福利小当家889", "zh"},
	{"tony", "7312468950", "tix_tony", "en"},
	{"tony", "7312468951", "tix.tony", "en"},
	{"tony", "tixtony_sg", "Tony (tickets)", "en"},
	{"wholesale", "wholesale_kk", "wholesale_kk", "en"},
	{"wholesale", "wholesale_kk2", "Factory KK 🔥", "en"},
	{"wholesale", "kk_factory", "KK 工厂直销", "zh"},
	{"pay", "7312468950123847684", "跨境老炮", "zh"},
	{"pay", "u_7740012", "代付小马", "zh"},
	{"pay", "u_7740013", "诚信换汇", "zh"},
	{"click", "u_7752001", "兼职发布", "zh"},
	{"click", "u_7752002", "宝妈兼职", "zh"},
	{"click", "u_7752003", "招聘-小雅", "zh"},
	{"signal", "btc_anna", "Anna | Signals 📈", "en"},
	{"signal", "u_7760118", "带单老师", "zh"},
	{"slot", "gacor88", "GACOR88", "id"},
	{"slot", "gacor_77", "admin gacor 🎰", "id"},
	{"loan", "pinjaman_cepat", "Pinjaman Cepat", "ms"},
	{"loan", "u_7790001", "贷款-当天放", "zh"},
	{"clone", "cs_bot_", "客服小助手 ", "zh"},
	{"clone", "harb0r_support", "Harbor Live Support", "en"},
}

const raiders = 44

// newCast makes all people. The stars come first, then the spammers and the raiders.
func newCast() (cast []*person, byID map[string]*person) {
	rng := rngOf("cast")
	byID = map[string]*person{}
	add := func(p *person) bool {
		if byID[p.id] != nil {
			return false
		}
		byID[p.id] = p
		cast = append(cast, p)
		return true
	}
	for i, s := range stars {
		p := &person{id: s.id, nick: s.nick, lang: s.lang, age: time.Duration(s.ageDays) * day, face: i, profile: map[string]string{}}
		dress(rng, p, s.signature)
		for _, platform := range strings.Fields(s.platforms) {
			p.devices = append(p.devices, Device{platform, "Online"})
		}
		add(p)
	}
	for i, s := range spammers {
		p := &person{id: s.id, nick: s.nick, lang: s.lang, campaign: s.campaign, face: 100 + i, age: hours(rng, 9, 120), profile: map[string]string{}}
		dress(rng, p, "")
		p.devices = []Device{{"Android", "Online"}}
		add(p)
	}
	for i := range raiders {
		id := fmt.Sprintf("u_99141%02d", i)
		p := &person{id: id, nick: raiderNick(rng, i), lang: "zh", raider: true, face: -1, age: hours(rng, 2, 3), profile: map[string]string{}}
		add(p)
	}
	for len(cast) < castSize {
		p := extra(rng)
		if add(p) {
			dress(rng, p, "")
			connect(rng, p)
		}
	}
	sanction(byID, cast)
	return cast, byID
}

func hours(rng *rand.Rand, lo, hi int) time.Duration {
	return time.Duration(lo)*time.Hour + time.Duration(rng.Int64N(int64(time.Duration(hi-lo)*time.Hour)))
}

func raiderNick(rng *rand.Rand, i int) string {
	if i%3 == 0 {
		return "用户" + strconv.Itoa(9_914_100+i)
	}
	return pick(rng, zhSecond) + strconv.Itoa(rng.IntN(900)+100)
}

// extra makes one of the many.
func extra(rng *rand.Rand) *person {
	p := &person{lang: "zh", face: -1, profile: map[string]string{}}
	// Accounts come faster as the app grows.
	u := rng.Float64()
	p.age = time.Duration(u * u * float64(880*day))
	var slug string // a name that an id can be made from
	switch n := rng.IntN(100); {
	case n < 60:
		p.nick, slug = zhNick(rng), pick(rng, zhPinyin)+"_"+pick(rng, zhPinyin2)
	case n < 76:
		p.lang = "en"
		first, last := pick(rng, enFirst), pick(rng, enLast)
		if p.nick = first + " " + last; rng.IntN(6) == 0 {
			p.nick = pick(rng, enNick)
		}
		slug = ascii(first) + "." + ascii(last)
	case n < 83:
		p.lang = "id"
		first, last := pick(rng, idFirst), pick(rng, idLast)
		p.nick, slug = first+" "+last, ascii(first)+"."+ascii(last)
	case n < 88:
		p.lang = "ms"
		first, last := pick(rng, msFirst), pick(rng, msLast)
		p.nick, slug = first+" "+last, ascii(first)+"."+ascii(last)
	case n < 91:
		p.lang = "ko"
		if p.nick = pick(rng, koNames); rng.IntN(3) == 0 {
			p.nick = pick(rng, koNick)
		}
		slug = "kr_" + pick(rng, words("seoyeon doyun jiwoo minjun haeun siwoo sua yejun jiho"))
	case n < 94:
		p.lang = "ja"
		if p.nick = pick(rng, jaNames); rng.IntN(3) == 0 {
			p.nick = pick(rng, jaNick)
		}
		slug = "jp-" + pick(rng, words("rin hina ren aoi minato yui itsuki sakura yamato"))
	case n < 97:
		p.lang = "ar"
		p.nick = strings.ReplaceAll(pick(rng, arNames), "_", " ")
		slug = pick(rng, words("yusuf layla omar sara mohammed noor khaled mariam hasan huda")) + "_" + pick(rng, words("h k a n m s z"))
	default:
		p.lang = "es"
		first, last := pick(rng, esFirst), pick(rng, esLast)
		p.nick, slug = first+" "+last, ascii(first)+"_"+ascii(last)
	}
	p.id = anyID(rng, slug)
	switch rng.IntN(60) {
	case 0:
		p.nick = ""
	case 1:
		p.nick = " " + p.nick
	case 2:
		p.nick += "  "
	}
	if rng.IntN(3) == 0 {
		p.face = 200 + rng.IntN(400)
	}
	return p
}

func zhNick(rng *rand.Rand) string {
	switch n := rng.IntN(20); {
	case n < 6:
		return pick(rng, zhSurnames) + pick(rng, zhGiven)
	case n < 13:
		return pick(rng, zhFirst) + pick(rng, zhSecond)
	case n < 15:
		return pick(rng, zhPlain) + pick(rng, zhEmoji)
	case n < 17:
		return pick(rng, zhSecond) + strconv.Itoa(rng.IntN(2000))
	case n < 18:
		return "用户" + strconv.Itoa(1_000_000+rng.IntN(8_000_000))
	case n < 19:
		return pick(rng, zhSecond) + "不吃" + pick(rng, zhSecond)
	}
	return pick(rng, zhPlain)
}

// anyID makes an id of one of the shapes that apps use.
func anyID(rng *rand.Rand, slug string) string {
	switch n := rng.IntN(20); {
	case n < 8:
		return fmt.Sprintf("u_%07d", 1_000_000+rng.IntN(6_700_000))
	case n < 12:
		return slug + strconv.Itoa(rng.IntN(1000))
	case n < 15:
		return strconv.FormatUint(7_300_000_000_000_000_000+rng.Uint64N(20_000_000_000_000_000), 10)
	case n < 16:
		return strconv.Itoa(13_000_000 + rng.IntN(80_000_000))
	case n < 17:
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(rng.IntN(256))
		}
		return hex.EncodeToString(b)
	case n < 18:
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
		b := []byte("oGZUI0")
		for len(b) < 28 {
			b = append(b, letters[rng.IntN(len(letters))])
		}
		return string(b)
	case n < 19:
		return slug
	}
	return slug + "@mail.example"
}

// ascii makes a lower-case name without marks.
func ascii(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if i := strings.IndexRune("áéíóúñüóžđćŽöőıÁÉÍøåçł", r); i >= 0 {
			return rune("aeiounuozdczooiaeioacl"[len([]rune("áéíóúñüóžđćŽöőıÁÉÍøåçł"[:i]))])
		}
		if r > 0x7e || r == '\'' {
			return -1
		}
		return r
	}, s))
}

// languages are numbers for Tag_Profile_IM_Language, which leaves their meaning to the app.
var languages = map[string]int{"zh": 1, "en": 2, "id": 3, "ms": 4, "ko": 5, "ja": 6, "ar": 7, "es": 8}

// dress gives the person a profile.
func dress(rng *rand.Rand, p *person, signature string) {
	set := func(tag, value string) { p.profile["Tag_Profile_"+tag] = value }
	num := func(tag string, n int) { set(tag, strconv.Itoa(n)) }
	str := func(tag, value string) { set(tag, jsonText(value)) }
	if rng.IntN(10) < 6 {
		str("IM_Gender", pick(rng, words("Gender_Type_Female Gender_Type_Male Gender_Type_Female Gender_Type_Male Gender_Type_Unknown")))
	}
	if rng.IntN(10) < 3 {
		num("IM_BirthDay", (1965+rng.IntN(43))*10000+(1+rng.IntN(12))*100+1+rng.IntN(28))
	}
	if rng.IntN(10) < 5 {
		str("IM_Location", pick(rng, cities))
	}
	if signature == "" && rng.IntN(10) < 3 {
		signature = pick(rng, signatures)
	}
	if signature != "" {
		str("IM_SelfSignature", signature)
	}
	num("IM_Language", languages[p.lang])
	num("IM_Level", rng.IntN(40))
	if rng.IntN(10) < 4 {
		str("IM_AllowType", pick(rng, words("AllowType_Type_NeedConfirm AllowType_Type_AllowAny AllowType_Type_DenyAny")))
	}
	if rng.IntN(10) == 0 {
		num("Custom_VIP", 1+rng.IntN(8))
		str("Custom_City", pick(rng, cities))
	}
	if p.campaign != "" && rng.IntN(2) == 0 {
		str("IM_AdminForbidType", "AdminForbid_Type_SendOut")
	}
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // only our own strings, numbers and structs come here
		panic(err)
	}
	return string(b)
}

// connect puts about one in five online.
func connect(rng *rand.Rand, p *person) {
	if p.age < day || rng.IntN(5) > 0 {
		return
	}
	first := pick(rng, words("Android Android iPhone iPhone Web PC iPad Mac"))
	status := "Online"
	if (first == "Android" || first == "iPhone") && rng.IntN(4) == 0 {
		status = "PushOnline"
	}
	p.devices = []Device{{first, status}}
	if second := pick(rng, words("Web PC iPad Mac")); second != first && rng.IntN(5) == 0 {
		p.devices = append(p.devices, Device{second, "Online"})
	}
}

// sanction mutes some people everywhere.
func sanction(byID map[string]*person, cast []*person) {
	byID["u_7731455"].groupMute = forever
	byID["u_7731455"].c2cMute = forever
	byID["7312468950123847684"].groupMute = 29 * day
	byID["gacor88"].groupMute = 6*day + 3*time.Hour
	byID["gacor88"].c2cMute = forever
	byID["harb0r_support"].c2cMute = 3 * day
	byID["chenjg_1972"].c2cMute = 40 * time.Minute
	byID["btc_anna"].groupMute = -2 * time.Hour // over
	for i, p := range cast[len(cast)-6:] {
		p.groupMute = time.Duration(i*i+1) * 7 * time.Hour
	}
}

// Device is something a person is online with.
type Device struct {
	Platform string // iPhone, Android, Web, PC, iPad or Mac
	Status   string // Online or PushOnline
}

// Online returns the devices of those people of the demo who are online, by account.
func Online() map[string][]Device {
	online := map[string][]Device{}
	cast, _ := newCast()
	for _, p := range cast {
		if len(p.devices) > 0 {
			online[p.id] = p.devices
		}
	}
	return online
}
