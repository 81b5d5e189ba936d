package actions

import (
	"strings"
	"time"

	"imdesk/imclient"
)

// Limits of what is done to an app as a whole.
const (
	MaxWords      = 100 // of one action on a list of the service's own filter
	maxWord       = 200 // bytes; the vendor gives a figure for its older lists only
	maxMarks      = 10
	maxMark       = 20
	maxSays       = 8000 // bytes of a text for many, where the service states no limit
	bodyOverhead  = 200  // bytes around a text in a message's body
	maxPushWords  = 300  // bytes of what devices show
	maxAttributes = 10
)

// AddKeywords adds words to a library of the service's own filter.
type AddKeywords struct {
	Common
	Library     string   `json:"library"`
	Words       []string `json:"words"`
	Pattern     bool     `json:"pattern,omitempty"` // they are regular expressions
	Label       string   `json:"label,omitempty"`
	Replacement string   `json:"replacement,omitempty"`
}

// Verb is VerbAddWords.
func (AddKeywords) Verb() Verb { return VerbAddWords }

func (a AddKeywords) check(f *fields) {
	f.required("library", a.Library)
	f.words(a.Words)
	f.size("replacement", a.Replacement, maxWord)
	f.size("label", a.Label, maxMark)
}

func (a AddKeywords) work() work {
	w := &wordWork{library: a.Library, label: a.Label, want: map[string]string{}, words: distinct(a.Words)}
	for _, text := range w.words {
		w.want[text] = wordValue(imclient.Keyword{Pattern: a.Pattern, Replacement: a.Replacement})
	}
	return w
}

// RemoveKeywords removes words from a library of the service's own filter. Pattern tells apart two that read the same.
type RemoveKeywords struct {
	Common
	Library string   `json:"library"`
	Words   []string `json:"words"`
}

// Verb is VerbRemoveWords.
func (RemoveKeywords) Verb() Verb { return VerbRemoveWords }

func (a RemoveKeywords) check(f *fields) {
	f.required("library", a.Library)
	f.words(a.Words)
}

func (a RemoveKeywords) work() work {
	w := &wordWork{library: a.Library, want: map[string]string{}, words: distinct(a.Words)}
	for _, text := range w.words {
		w.want[text] = TextMissing
	}
	return w
}

// words checks words of a filter.
func (f *fields) words(list []string) {
	switch {
	case len(list) == 0:
		f.add("words", "action.invalid.nobody")
	case len(list) > MaxWords:
		f.add("words", "action.invalid.too_many", "n", len(list), "limit", MaxWords)
	}
	for _, w := range list {
		switch {
		case strings.TrimSpace(w) == "":
			f.add("words", "action.invalid.required")
		case len(w) > maxWord:
			f.add("words", "action.invalid.word", "word", cutText(w, 40)+"…", "limit", maxWord)
		default:
			f.size("words", w, 0)
		}
	}
}

// ReadHistoryFile records that an operator reads or downloads a file of an hour's messages. What is in it is not sent through
// here: whoever has the result may have the file.
type ReadHistoryFile struct {
	Common
	Kind     imclient.HistoryKind `json:"kind"`
	Hour     time.Time            `json:"hour"`
	File     string               `json:"file"` // FileID
	Download bool                 `json:"download,omitempty"`
}

// Verb is VerbReadFiles.
func (ReadHistoryFile) Verb() Verb { return VerbReadFiles }

func (a ReadHistoryFile) check(f *fields) {
	if a.Kind != imclient.HistoryDirect && a.Kind != imclient.HistoryGroups {
		f.add("kind", "action.invalid.required")
	}
	if a.Hour.IsZero() || a.Hour.After(f.now) {
		f.add("hour", "action.invalid.hour")
	}
	f.required("file", a.File)
	f.size("file", a.File, maxKey)
}

func (a ReadHistoryFile) work() work { return &fileWork{asked: a} }

// MarkLive gives marks to users in a live room, or takes them away.
type MarkLive struct {
	Common
	Group string   `json:"group"`
	Users []string `json:"users"`
	Marks []string `json:"marks"`
	On    bool     `json:"on"`
}

// Verb is VerbLiveMark.
func (MarkLive) Verb() Verb { return VerbLiveMark }

func (a MarkLive) check(f *fields) {
	f.group(a.Group)
	f.users(a.Users)
	switch {
	case len(a.Marks) == 0:
		f.add("marks", "action.invalid.nobody")
	case len(a.Marks) > maxMarks:
		f.add("marks", "action.invalid.too_many", "n", len(a.Marks), "limit", maxMarks)
	}
	for _, m := range a.Marks {
		if f.traits.TextMarks {
			f.textMark(m)
			continue
		}
		if m == "" || len(m) > maxMark || strings.ContainsFunc(m, func(r rune) bool { return r < '0' || r > '9' }) {
			f.add("marks", "action.invalid.mark", "mark", cutText(m, 40))
		}
	}
}

func (a MarkLive) work() work {
	return &markWork{group: a.Group, users: distinct(a.Users), marks: distinct(a.Marks), on: a.On}
}

// LiveBroadcast says something in every live room of the app. It cannot be taken back.
type LiveBroadcast struct {
	Common
	Text string `json:"text"`
	From string `json:"from,omitempty"` // "": the app's administrator
}

// Verb is VerbLiveBroadcast.
func (LiveBroadcast) Verb() Verb { return VerbLiveBroadcast }

func (a LiveBroadcast) check(f *fields) {
	f.says(a.Text)
	f.size("from", a.From, f.limits.UserID)
}

func (a LiveBroadcast) work() work { return &liveBroadcastWork{asked: a} }

// says checks a text for many.
func (f *fields) says(text string) {
	limit := maxSays
	if f.limits.MessageBytes > 2*bodyOverhead {
		limit = f.limits.MessageBytes - bodyOverhead
	}
	f.required("text", text)
	f.size("text", text, limit)
}

// Broadcast sends a message to all users of the app, or to those whom it names by tags or by attributes. It cannot be taken
// back.
type Broadcast struct {
	Common
	Text         string            `json:"text"`
	From         string            `json:"from,omitempty"` // "": the app's administrator
	Keep         time.Duration     `json:"keep,omitempty"` // for those who are away; 0: they do not get it
	Title        string            `json:"title,omitempty"`
	Push         string            `json:"push,omitempty"` // what devices show; "": as the service likes
	AnyTag       []string          `json:"any_tag,omitempty"`
	AllTag       []string          `json:"all_tag,omitempty"`
	AnyAttribute map[string]string `json:"any_attribute,omitempty"`
	AllAttribute map[string]string `json:"all_attribute,omitempty"`
}

// Verb is VerbBroadcast.
func (Broadcast) Verb() Verb { return VerbBroadcast }

func (a Broadcast) check(f *fields) {
	f.says(a.Text)
	f.size("from", a.From, f.limits.UserID)
	f.size("title", a.Title, maxPushWords)
	f.size("push", a.Push, maxPushWords)
	if most := time.Duration(f.limits.BroadcastKeepSeconds) * time.Second; a.Keep < 0 || most > 0 && a.Keep > most {
		f.add("keep", "action.invalid.too_far")
	}
	f.tags("any_tag", a.AnyTag)
	f.tags("all_tag", a.AllTag)
	tags, attributes := len(a.AnyTag)+len(a.AllTag), len(a.AnyAttribute)+len(a.AllAttribute)
	if tags > 0 && attributes > 0 {
		f.add("to", "action.invalid.tags_and_attributes")
	}
	if attributes > maxAttributes {
		f.add("attributes", "action.invalid.too_many", "n", attributes, "limit", maxAttributes)
	}
	for _, set := range []map[string]string{a.AnyAttribute, a.AllAttribute} {
		for name, value := range set {
			f.required("attributes", name)
			f.required("attributes", value)
			f.size("attributes", name, f.limits.BroadcastAttribute)
			f.size("attributes", value, f.limits.BroadcastAttribute)
		}
	}
}

func (a Broadcast) work() work { return &broadcastWork{asked: a} }

// tags checks tags of users.
func (f *fields) tags(name string, list []string) {
	if limit := f.limits.BroadcastTags; limit > 0 && len(list) > limit {
		f.add(name, "action.invalid.too_many", "n", len(list), "limit", limit)
	}
	seen := map[string]bool{}
	for _, tag := range list {
		f.required(name, tag)
		f.size(name, tag, f.limits.BroadcastTag)
		if seen[tag] {
			f.add(name, "action.invalid.word_twice", "word", tag)
		}
		seen[tag] = true
	}
}

// TagUsers gives tags to users, or takes them away. Broadcasts choose by them.
type TagUsers struct {
	Common
	Users []string `json:"users"`
	Tags  []string `json:"tags"`
	On    bool     `json:"on"`
}

// Verb is VerbUserTags.
func (TagUsers) Verb() Verb { return VerbUserTags }

func (a TagUsers) check(f *fields) {
	f.users(a.Users)
	if len(a.Tags) == 0 {
		f.add("tags", "action.invalid.nobody")
	}
	f.tags("tags", a.Tags)
}

func (a TagUsers) work() work {
	return &tagWork{users: distinct(a.Users), tags: distinct(a.Tags), on: a.On}
}
