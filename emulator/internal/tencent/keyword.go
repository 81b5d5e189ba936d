package tencent

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"imdesk/emulator/internal/community"
)

const (
	auditListService = "im_msg_audit_mgr"
	auditService     = "im_msg_audit"
	dirtyService     = "openim_dirty_words"
)

var keywordCommands = []command{
	{service: auditListService, name: "get_cloud_audit_keywords_ids", rate: 200, run: listLibraries},
	{service: auditListService, name: "get_cloud_audit_keywords", rate: 200, run: listCloudWords},
	{service: auditListService, name: "add_cloud_audit_keywords", rate: 200, run: addCloudWords},
	{service: auditListService, name: "delete_cloud_audit_keywords", rate: 200, run: deleteCloudWords},
	{service: auditListService, name: "get_local_audit_keywords", rate: 200, run: listLocalWords},
	{service: auditListService, name: "add_local_audit_keywords", rate: 200, run: addLocalWords},
	{service: auditListService, name: "delete_local_audit_keywords", rate: 200, run: deleteLocalWords},
	{service: auditService, name: "content_moderation", rate: 200, run: moderateOne},
	{service: auditService, name: "batch_content_moderation", rate: 200, run: moderateMany},
	{service: dirtyService, name: "get", rate: 100, run: listDirtyWords},
	{service: dirtyService, name: "add", rate: 100, run: addDirtyWords},
	{service: dirtyService, name: "delete", rate: 100, run: deleteDirtyWords},
}

// Codes and limits of words.
const (
	codeAudit        = 2003
	codeAuditApp     = 2004
	codeAuditTooMany = 2016
	codeBadWord      = 80001
	maxWordPage      = 100
	maxCloudAdd      = 100
	maxAuditWords    = 10  // of the other calls
	maxWord          = 200 // bytes
	maxModerated     = 8192
	maxDirtyWords    = 50
	dirtyDelay       = 5 * time.Minute // until a new one takes effect
	plainWord        = 1
	patternWord      = 2
)

var labels = []string{"Normal", "Illegal", "Abuse", "Polity", "Ad", "Porn", "Sexy", "Terror", "Composite"}

// library is a list of words of an app. The console makes them; here each app has two.
type library struct {
	ID, LibName, Describe, CreateTime, Suggestion string
	action                                        int
}

// libraries are those of app.
func libraries(app int64) []library {
	id := func(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, app) }
	const made = "2024-01-01 00:00:00 +0800 CST"
	return []library{
		{id(1), fmt.Sprintf("block_%d", app), "messages that hold one of these are refused", made, "Block", community.Refuse},
		{id(2), fmt.Sprintf("review_%d", app), "messages that hold one of these are for review", made, "Review", community.Review},
	}
}

// audited checks that the body's SdkAppId is the app's.
func (c *call) audited() error {
	id := c.num("SdkAppId", 1, 1<<62)
	if err := c.failed(); err != nil {
		return err
	}
	if id != c.app {
		return refuse(codeAuditApp, "SdkAppId is another app's")
	}
	return nil
}

// wordPage reads Offset and Limit.
func (c *call) wordPage() community.WordPage {
	c.need("Offset")
	return community.WordPage{Offset: int(c.orDefault("Offset", 0, 0, maxU32)), N: int(c.orDefault("Limit", maxWordPage, 1, maxWordPage))}
}

// requestID makes an id as the vendor's are.
func requestID() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	h := hex.EncodeToString(b)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

type audited struct{ RequestId string }

// listLibraries is get_cloud_audit_keywords_ids, doc 77829.
func listLibraries(c *call) (any, error) {
	p := c.wordPage()
	if err := c.audited(); err != nil {
		return nil, err
	}
	all := libraries(c.app)
	from := min(p.Offset, len(all))
	return struct {
		audited
		TotalCount int
		Infos      []library
	}{audited{requestID()}, len(all), all[from:min(from+p.N, len(all))]}, nil
}

// library returns the one that LibID names.
func (c *call) library() (library, error) {
	id := c.str("LibID")
	if err := c.audited(); err != nil {
		return library{}, err
	}
	for _, l := range libraries(c.app) {
		if l.ID == id {
			return l, nil
		}
	}
	return library{}, refuse(codeAudit, "there is no library %s", id)
}

type cloudWord struct{ ID, Content, CreateTime string }

// listCloudWords is get_cloud_audit_keywords, doc 77830.
func listCloudWords(c *call) (any, error) {
	p := c.wordPage()
	p.Like = c.optStr("Content")
	l, err := c.library()
	if err != nil {
		return nil, err
	}
	p.Lib = l.ID
	words, total, _, err := c.read().Words(c.app, p)
	list := make([]cloudWord, len(words))
	for i, w := range words {
		list[i] = cloudWord{strconv.FormatInt(w.ID, 10), w.Text, wordTime(w.ChangedAt)}
	}
	return struct {
		audited
		TotalCount int
		Infos      []cloudWord
	}{audited{requestID()}, total, list}, err
}

func wordTime(at int64) string { return time.Unix(at, 0).In(zone).Format(time.DateTime) }

// putWords adds words, and has them looked for from now on.
func (c *call) putWords(words []community.Word) error {
	defer c.s.words.forget(c.app)
	return c.update(func(tx *community.Tx) error {
		for _, w := range words {
			if err := tx.PutWord(c.app, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// addCloudWords is add_cloud_audit_keywords, doc 77831.
func addCloudWords(c *call) (any, error) {
	l, err := c.library()
	if err != nil {
		return nil, err
	}
	var words []community.Word
	for _, o := range c.objs("UserKeywords", maxCloudAdd, codeAuditTooMany) {
		w := community.Word{Lib: l.ID, Text: o.str("Content"), Action: l.action, Label: o.oneOf("Label", labels...)}
		if len(w.Text) > maxWord {
			o.fail("Content", "is over 200 bytes")
		}
		words = append(words, w)
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	return audited{requestID()}, c.putWords(words)
}

type deletedWord struct {
	KeywordID, Keyword string
	Deleted            bool
	ErrorInfo          string
}

// deleteCloudWords is delete_cloud_audit_keywords, doc 78240. Count says 0, as the page's sample does.
func deleteCloudWords(c *call) (any, error) {
	texts := c.strs("Keywords", maxAuditWords, codeAuditTooMany)
	l, err := c.library()
	if err != nil {
		return nil, err
	}
	details := make([]deletedWord, len(texts))
	defer c.s.words.forget(c.app)
	err = c.update(func(tx *community.Tx) error {
		for i, text := range texts {
			id, err := tx.RemoveWord(c.app, l.ID, text, false)
			if err != nil {
				return err
			}
			details[i] = deletedWord{Keyword: text, Deleted: id > 0, ErrorInfo: "the library does not have it"}
			if id > 0 {
				details[i].KeywordID, details[i].ErrorInfo = strconv.FormatInt(id, 10), ""
			}
		}
		return nil
	})
	return struct {
		audited
		Details []deletedWord
		Count   int
	}{audited{requestID()}, details, 0}, err
}

type localWord struct {
	Id                          int64
	Keyword                     string
	WordType, FilterType        int
	ReplacedContent, UpdateTime string
}

// listLocalWords is get_local_audit_keywords.
func listLocalWords(c *call) (any, error) {
	p := c.wordPage()
	p.Lib, p.Action, p.Like = community.LocalWords, int(c.orDefault("FilterType", 0, community.Replace, community.Refuse)), c.optStr("Keyword")
	if err := c.audited(); err != nil {
		return nil, err
	}
	db := c.read()
	words, current, patterns, err := db.Words(c.app, p)
	if err != nil {
		return nil, err
	}
	_, total, allPatterns, err := db.Words(c.app, community.WordPage{Lib: community.LocalWords})
	list := make([]localWord, len(words))
	for i, w := range words {
		list[i] = localWord{w.ID, w.Text, plainWord + bit(w.Pattern), w.Action, w.Replacement, wordTime(w.ChangedAt)}
	}
	return struct {
		audited
		LocalAuditWords                                  []localWord
		TotalCount, TotalRegCount, CurCount, CurRegCount int
	}{audited{requestID()}, list, total, allPatterns, current, patterns}, err
}

// localWords reads LocalAuditWords.
func (c *call) localWords(adding bool) []community.Word {
	var words []community.Word
	for _, o := range c.objs("LocalAuditWords", maxAuditWords, codeAuditTooMany) {
		w := community.Word{Lib: community.LocalWords, Text: o.str("Keyword"), Pattern: o.num("WordType", plainWord, patternWord) == patternWord}
		if adding {
			w.Action, w.Replacement = int(o.num("FilterType", community.Replace, community.Refuse)), o.optStr("ReplacedContent")
		}
		if len(w.Text) > maxWord || len(w.Replacement) > maxWord {
			o.fail("Keyword", "or ReplacedContent is over 200 bytes")
		}
		if _, err := regexp.Compile(w.Text); w.Pattern && err != nil {
			o.fail("Keyword", "is no regular expression")
		}
		words = append(words, w)
	}
	return words
}

// addLocalWords is add_local_audit_keywords.
func addLocalWords(c *call) (any, error) {
	words := c.localWords(true)
	if err := c.audited(); err != nil {
		return nil, err
	}
	return audited{requestID()}, c.putWords(words)
}

// deleteLocalWords is delete_local_audit_keywords. A word that is not there is passed over.
func deleteLocalWords(c *call) (any, error) {
	words := c.localWords(false)
	if err := c.audited(); err != nil {
		return nil, err
	}
	defer c.s.words.forget(c.app)
	return audited{requestID()}, c.update(func(tx *community.Tx) error {
		for _, w := range words {
			if _, err := tx.RemoveWord(c.app, w.Lib, w.Text, w.Pattern); err != nil {
				return err
			}
		}
		return nil
	})
}

// judgement is what the words of an app say of a text.
type judgement struct {
	Result   string
	Score    int
	Label    string
	Keywords []string
}

// judge looks for words in a text. Pictures and sounds cannot be read here: they pass.
func (c *call) judge(kind, text string) (judgement, error) {
	v := judgement{"Pass", 0, "Normal", []string{}}
	words, err := c.s.wordsOf(c)
	if err != nil || kind != "Text" {
		return v, err
	}
	for _, w := range words {
		if !w.in(text) {
			continue
		}
		if v.Keywords = append(v.Keywords, w.Text); w.Label != "" {
			v.Label = w.Label
		} else if v.Label == "Normal" {
			v.Label = "Illegal"
		}
		if w.Action == community.Refuse {
			v.Result, v.Score = "Block", 100
		} else if v.Score == 0 {
			v.Result, v.Score = "Review", 60
		}
	}
	return v, nil
}

// moderated reads what is to be judged.
func (f *fields) moderated(kinds ...string) (kind, content string) {
	f.str("ContentType")
	kind, content = f.oneOf("ContentType", kinds...), f.str("Content")
	if len(content) > maxModerated {
		f.fail("Content", "is over 8 KB")
	}
	return kind, content
}

// moderateOne is content_moderation.
func moderateOne(c *call) (any, error) {
	c.str("AuditName")
	kind, content := c.moderated("Text", "Image", "Audio", "Video")
	if err := c.failed(); err != nil {
		return nil, err
	}
	v, err := c.judge(kind, content)
	return struct {
		audited
		judgement
	}{audited{requestID()}, v}, err
}

type auditResult struct {
	ContentId json.RawMessage
	ErrorCode int
	ErrorInfo string
	judgement
	SubLabel string
	audited
}

// moderateMany is batch_content_moderation.
func moderateMany(c *call) (any, error) {
	c.str("AuditName")
	objs := c.objs("Contents", maxAuditWords, codeAuditTooMany)
	results := make([]auditResult, len(objs))
	for i, o := range objs {
		id, _ := o.need("ContentId")
		kind, content := o.moderated("Text", "Image")
		if err := c.failed(); err != nil {
			return nil, err
		}
		v, err := c.judge(kind, content)
		if err != nil {
			return nil, err
		}
		results[i] = auditResult{ContentId: id, judgement: v, audited: audited{requestID()}}
	}
	return struct{ AuditResults []auditResult }{results}, c.failed()
}

// listDirtyWords is get of the older word list, doc 2396.
func listDirtyWords(c *call) (any, error) {
	words, _, _, err := c.read().Words(c.app, community.WordPage{Lib: community.DirtyWords, N: maxDirtyWords})
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.Text
	}
	return struct{ DirtyWordsList []string }{texts}, err
}

// dirtyWords reads DirtyWordsList.
func (c *call) dirtyWords() []string {
	texts := c.strs("DirtyWordsList", maxDirtyWords, codeGroupField)
	if slices.ContainsFunc(texts, func(s string) bool { return s == "" || len(s) > maxWord }) {
		c.fail("DirtyWordsList", "holds a word that is not 1 to 200 bytes")
	}
	return texts
}

// addDirtyWords is add, doc 2397. A word takes effect after five minutes.
func addDirtyWords(c *call) (any, error) {
	texts := c.dirtyWords()
	if err := c.failed(); err != nil {
		return nil, err
	}
	defer c.s.words.forget(c.app)
	return nil, c.update(func(tx *community.Tx) error {
		for _, text := range texts {
			w := community.Word{Lib: community.DirtyWords, Text: text, Action: community.Refuse, FromAt: c.s.now().Add(dirtyDelay).Unix()}
			if err := tx.PutWord(c.app, w); err != nil {
				return err
			}
		}
		if n, err := tx.CountWords(c.app, community.DirtyWords); err != nil || n > maxDirtyWords {
			return firstOf(err, refuse(codeGroupField, "more than %d words", maxDirtyWords))
		}
		return nil
	})
}

// deleteDirtyWords is delete, doc 2398.
func deleteDirtyWords(c *call) (any, error) {
	texts := c.dirtyWords()
	if err := c.failed(); err != nil {
		return nil, err
	}
	defer c.s.words.forget(c.app)
	return nil, c.update(func(tx *community.Tx) error {
		for _, text := range texts {
			if _, err := tx.RemoveWord(c.app, community.DirtyWords, text, false); err != nil {
				return err
			}
		}
		return nil
	})
}

// word is a word ready to be looked for.
type word struct {
	community.Word
	lower   string
	pattern *regexp.Regexp
}

func (w *word) in(text string) bool {
	if w.pattern != nil {
		return w.pattern.MatchString(text)
	}
	return strings.Contains(strings.ToLower(text), w.lower)
}

// replace puts the replacement where the word is, in whatever case.
func (w *word) replace(text string) string {
	if w.pattern == nil {
		return regexp.MustCompile("(?i)"+regexp.QuoteMeta(w.Text)).ReplaceAllLiteralString(text, w.Replacement)
	}
	return w.pattern.ReplaceAllLiteralString(text, w.Replacement)
}

// words keeps the words of each app ready, until they change.
type words struct {
	mu   sync.Mutex
	apps map[int64][]*word
}

func (k *words) forget(app int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.apps, app)
}

// wordsOf returns the words of the call's app that are in effect.
func (s *Service) wordsOf(c *call) ([]*word, error) {
	s.words.mu.Lock()
	defer s.words.mu.Unlock()
	ready, ok := s.words.apps[c.app]
	if !ok {
		stored, err := c.read().AllWords(c.app)
		if err != nil {
			return nil, err
		}
		for _, w := range stored {
			r := &word{Word: w, lower: strings.ToLower(w.Text)}
			if w.Pattern {
				if r.pattern, err = regexp.Compile(w.Text); err != nil {
					return nil, err
				}
			}
			ready = append(ready, r)
		}
		if s.words.apps == nil {
			s.words.apps = map[int64][]*word{}
		}
		s.words.apps[c.app] = ready
	}
	now := s.now().Unix()
	return slices.DeleteFunc(slices.Clone(ready), func(w *word) bool { return w.FromAt > now }), nil
}

// clean refuses texts that hold a word which is not let through.
func (c *call) clean(texts ...string) error {
	words, err := c.s.wordsOf(c)
	if err != nil {
		return err
	}
	for _, w := range words {
		if w.Action == community.Refuse && slices.ContainsFunc(texts, w.in) {
			return refuse(codeBadWord, "the text holds a word that is not let through")
		}
	}
	return nil
}

// isRefused reports whether err is a refusal with the code.
func isRefused(err error, code int) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code == code
}

// moderate checks the texts of a MsgBody and returns it with words replaced.
func (c *call) moderate(body string) (string, error) {
	words, err := c.s.wordsOf(c)
	if err != nil || len(words) == 0 {
		return body, err
	}
	var elems []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &elems); err != nil {
		return "", fmt.Errorf("body to moderate: %w", err)
	}
	changed := false
	for _, e := range elems {
		var kind string
		content := map[string]json.RawMessage{}
		var text string
		if json.Unmarshal(e["MsgType"], &kind) != nil || kind != "TIMTextElem" || json.Unmarshal(e["MsgContent"], &content) != nil || json.Unmarshal(content["Text"], &text) != nil {
			continue
		}
		if err := c.clean(text); err != nil {
			return "", err
		}
		better := text
		for _, w := range words {
			if w.Action == community.Replace && w.in(better) {
				better = w.replace(better)
			}
		}
		if better == text {
			continue
		}
		changed = true
		if content["Text"], err = marshal(better); err != nil {
			return "", err
		}
		if e["MsgContent"], err = marshal(content); err != nil {
			return "", err
		}
	}
	if !changed {
		return body, nil
	}
	b, err := marshal(elems)
	return string(b), err
}
