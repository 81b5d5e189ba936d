package moderation

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kinds of contact handles that are recognised, beside "any".
const (
	ContactPhone    = "phone"
	ContactWeChat   = "wechat"
	ContactQQ       = "qq"
	ContactTelegram = "telegram"
	ContactWhatsApp = "whatsapp"
	ContactEmail    = "email"
)

// ContactKinds lists them.
func ContactKinds() []string {
	return []string{ContactPhone, ContactWeChat, ContactQQ, ContactTelegram, ContactWhatsApp, ContactEmail}
}

// found is a place in a folded text.
type found struct {
	kind     string
	from, to int // runes
}

// contactPatterns are looked for in folded text. What they found is group 1, if they have one.
var contactPatterns = []struct {
	kind string
	near []string // one of these stands in the text, or it is not looked through
	re   *regexp.Regexp
}{
	{ContactPhone, nil, regexp.MustCompile(`(?:^|[^0-9a-z.+-])((?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2})(?:$|[^0-9.-])`)},
	{ContactPhone, []string{"+"}, regexp.MustCompile(`(\+[1-9][0-9]{0,2}[ -]?\(?[0-9]{1,4}\)?(?:[ -]?[0-9]{2,4}){2,4})(?:$|[^0-9])`)},
	{ContactWeChat, []string{"微", "薇", "威", "v", "wx", "we", "卫"}, regexp.MustCompile( // a handle has a digit in it, or stands after a colon
		`(?:(?:微信|薇信|威信|卫星|加微|加薇|加v|v信|微我)(?:号|id|号码)? ?|(?:^|[^a-z0-9])(?:vx|wx|wechat|weixin|v)(?:id|号)?(?: ?[-=:]+ ?| ))(?:[:=]+ ?)?` +
			`([a-z][a-z_-]{0,14}[0-9][a-z0-9_-]{2,15}|1[3-9][0-9]{9})(?:$|[^a-z0-9_-])`)},
	{ContactWeChat, []string{"微", "薇", "威", "vx", "wx", "we"}, regexp.MustCompile(
		`(?:微信|薇信|威信|加微|加薇|加v|v信|(?:^|[^a-z0-9])(?:vx|wx|wechat|weixin))(?:号|id|号码)? ?[:=]+ ?([a-z][a-z0-9_-]{5,19})(?:$|[^a-z0-9_-])`)},
	{ContactQQ, []string{"qq", "扣", "企鹅"}, regexp.MustCompile(`(?:^|[^a-z])(?:qq|扣扣|加扣|加qq|企鹅)(?:群|号|群号)?(?: ?[::= -]+ ?| )?([1-9][0-9]{4,10})(?:$|[^0-9])`)},
	{ContactTelegram, []string{"t.me", "tele", "电报", "飞机", "tg"}, regexp.MustCompile(
		`((?:^|[^a-z0-9.])(?:t\.me|telegram\.me)/[a-z0-9_+]{3,40}|(?:telegram|电报|纸飞机|飞机号)(?:群|号|id)?(?: ?[::=] ?@?| ?@)[a-z][a-z0-9_]{3,31}|(?:^|[^a-z0-9])tg(?: ?[::=] ?@?| ?@)[a-z][a-z0-9_]{3,31})`)},
	{ContactWhatsApp, []string{"whatsapp", "wa.me"}, regexp.MustCompile(`((?:^|[^a-z0-9.])(?:api\.whatsapp\.com/send|wa\.me/)[^ ]{0,40}|whats ?app[^0-9a-z]{0,6}\+?[0-9][0-9 -]{6,17}[0-9])`)},
	{ContactEmail, []string{"@"}, regexp.MustCompile(`([a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,10})`)},
}

// contacts finds handles by which somebody can be reached elsewhere.
func (f *Folded) contacts() []found {
	digits, signs := 0, false
	for _, r := range f.Runes {
		if '0' <= r && r <= '9' {
			digits++
		}
		signs = signs || r == '@' || r == ':' || r == '/'
	}
	if digits < 3 && !signs && !strings.ContainsAny(f.Text, "vVｖＶ微薇威卫") {
		return nil
	}
	text := f.String()
	var at []int // rune of each byte, made when it is needed
	var out []found
	for _, p := range contactPatterns {
		if p.near == nil && digits < 11 || p.near != nil && !slices.ContainsFunc(p.near, func(s string) bool { return strings.Contains(text, s) }) {
			continue
		}
		for _, m := range p.re.FindAllStringSubmatchIndex(text, 8) {
			if p.kind == ContactWeChat && inQuery(text[:m[2]]) {
				continue
			}
			if at == nil {
				at = runeAt(f.Runes)
			}
			from, to := at[m[2]], at[m[3]]
			if from < len(f.Runes) && !wordy(f.Runes[from]) && f.Runes[from] != '+' && !unspaced(f.Runes[from]) {
				from++ // the sign before it
			}
			if from < to {
				out = append(out, found{p.kind, from, to})
			}
		}
	}
	return out
}

// inQuery reports whether a text ends within an address where the parameter v begins, as links to videos have it: watch?v=….
func inQuery(before string) bool {
	word := before[strings.LastIndexByte(before, ' ')+1:]
	return strings.Contains(word, "/") && (strings.HasSuffix(word, "?v=") || strings.HasSuffix(word, "&v="))
}

// runeAt tells for each byte of a text's UTF-8, and the one after it, which rune it belongs to.
func runeAt(runes []rune) []int {
	at := make([]int, 0, 2*len(runes)+1)
	for i, r := range runes {
		for range utf8.RuneLen(r) {
			at = append(at, i)
		}
	}
	return append(at, len(runes))
}

// domains are the top-level domains by which an address without "http" is known. Ends of file names that people talk about are not.
var domains = func() map[string]bool {
	m := map[string]bool{}
	for _, d := range strings.Fields(`com cn net org io top xyz vip cc me app shop club info ru de uk jp kr tw hk sg us eu fr it es br in
		co tv gg site online live link click win bet casino loan work store tech fun icu cyou cam sbs lol pro biz mobi asia ltd group wang ren`) {
		m[d] = true
	}
	return m
}()

// link is an address on the web.
type linkFound struct {
	found
	host string
}

// links finds addresses. "192.168.1.50", "1.5.com" without letters before it, versions and names of files are none.
func (f *Folded) links() []linkFound {
	var out []linkFound
	r := f.Runes
	host := func(c rune) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' }
	tail := func(c rune) bool { return c > ' ' && c < utf8.RuneSelf && !strings.ContainsRune("<>\"'`", c) }
	for i := 0; i < len(r); i++ {
		if r[i] != '.' && r[i] != ':' {
			continue
		}
		scheme := r[i] == ':' && i+2 < len(r) && r[i+1] == '/' && r[i+2] == '/'
		if r[i] == ':' && !scheme {
			continue
		}
		from, end := i, i
		if scheme {
			for from > 0 && 'a' <= r[from-1] && r[from-1] <= 'z' {
				from--
			}
			if name := string(r[from:i]); name != "http" && name != "https" && name != "hxxp" && name != "hxxps" {
				continue
			}
			end = i + 3
		} else {
			for from > 0 && host(r[from-1]) {
				from--
			}
			end = from
		}
		start := end
		for end < len(r) && host(r[end]) {
			end++
		}
		for end > start && (r[end-1] == '.' || r[end-1] == '-') {
			end--
		}
		name := strings.Trim(string(r[start:end]), ".-")
		last := strings.LastIndexByte(name, '.')
		switch {
		case name == "" || !scheme && (last <= 0 || !domains[name[last+1:]] || !strings.ContainsFunc(name[:last], unicode.IsLetter)):
			i = max(i, end-1)
			continue
		case !scheme && from > 0 && r[from-1] == '@': // mail
			i = max(i, end-1)
			continue
		}
		if end < len(r) && (r[end] == ':' || r[end] == '/' || r[end] == '?' || r[end] == '#') {
			for end < len(r) && tail(r[end]) {
				end++
			}
			for strings.ContainsRune(".,;:!?)", r[end-1]) {
				end--
			}
		}
		out = append(out, linkFound{found{"link", from, end}, name})
		i = max(i, end-1)
	}
	return out
}

// under reports whether a host is one of a list or below it.
func under(host string, list []string) bool {
	return slices.ContainsFunc(list, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
}

// emojiIn counts what is seen as an emoji.
func emojiIn(text string) (n int) {
	joined, flag := false, false
	for _, r := range text {
		switch {
		case r == 0x200D:
			joined = true
			continue
		case r >= 0x1F3FB && r <= 0x1F3FF, r == 0xFE0F:
			continue
		case r >= 0x1F1E6 && r <= 0x1F1FF:
			if flag = !flag; flag {
				n++
			}
		case r >= 0x1F000 && r <= 0x1FAFF, r >= 0x2600 && r <= 0x27BF, r >= 0x2B00 && r <= 0x2BFF, r == 0x231A, r == 0x231B, r == 0x23F0, r == 0x3030, r == 0x303D:
			if !joined {
				n++
			}
		}
		joined = false
	}
	return n
}

// capitals is the share of capital letters in percent; 0 of fewer than ten letters that can be capitals.
func capitals(text string) int {
	upper, lower := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	if upper+lower < 10 {
		return 0
	}
	return 100 * upper / (upper + lower)
}

// alphabets are the scripts that look alike.
var alphabets = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee, unicode.Coptic}

func alphabet(r rune) int {
	if r < utf8.RuneSelf {
		if 'a' <= r|0x20 && r|0x20 <= 'z' {
			return 0
		}
		return -1
	}
	return slices.IndexFunc(alphabets, func(t *unicode.RangeTable) bool { return unicode.Is(t, r) })
}

// mixed finds words of letters of two alphabets that look alike.
func mixed(text string) []Span {
	var out []Span
	from, first, two := -1, -1, false
	end := func(at int) {
		if two && len(out) < maxSpans {
			out = append(out, Span{from, at})
		}
		from, first, two = -1, -1, false
	}
	for i, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			end(i)
			continue
		}
		if a := alphabet(r); a >= 0 {
			if first < 0 {
				first = a
			}
			two = two || a != first
		} else if !unicode.IsMark(r) {
			end(i)
			continue
		}
		if from < 0 {
			from = i
		}
	}
	end(len(text))
	return out
}

// inScripts finds the first letter of one of the scripts.
func inScripts(text string, tables []*unicode.RangeTable) (Span, bool) {
	for i, r := range text {
		if unicode.In(r, tables...) {
			return Span{i, i + utf8.RuneLen(r)}, true
		}
	}
	return Span{}, false
}

// globs reports whether a name fits one of the patterns, in whatever case.
func globs(patterns []string, name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(strings.ToLower(p), strings.ReplaceAll(name, "/", "_"))
		return err == nil && ok
	})
}
