package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"imdesk/store"
)

// PolicyQueue is the key of the document with macros and replies.
const PolicyQueue = "queue"

// Limits of macros.
const (
	MaxMacros  = 20
	MaxReplies = 40
	maxName    = 60
	maxReply   = 1000
	maxMute    = 365 * 24 * time.Hour
)

// Macro is a whole verdict under one key.
type Macro struct {
	ID     string        `json:"id"`
	Name   string        `json:"name,omitempty"` // "": the built-in text of the ID
	Key    string        `json:"key"`            // one character; a capital is with Shift
	Recall bool          `json:"recall,omitempty"`
	Mute   time.Duration `json:"mute,omitempty"` // 0: not; else what is meant where no digit is pressed
	Kick   bool          `json:"kick,omitempty"`
	Reply  string        `json:"reply,omitempty"` // id of what the author is told; "": nothing
	Strike int           `json:"strike,omitempty"`
	Note   string        `json:"note,omitempty"` // for colleagues
	Harm   bool          `json:"harm,omitempty"` // shown in red
}

// Acts reports whether a macro is more than "no action".
func (m Macro) Acts() bool { return m.Recall || m.Mute > 0 || m.Kick || m.Reply != "" || m.Strike > 0 }

// Reply is something that authors are told, in each language.
type Reply struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"` // "": the built-in text of the ID
	EN   string `json:"en,omitempty"`   // "": the built-in text
	ZH   string `json:"zh,omitempty"`
}

// Setup is what leads decided for the queue.
type Setup struct {
	Macros  []Macro   `json:"macros"`
	Replies []Reply   `json:"replies"`
	Views   []View    `json:"views,omitempty"` // for all
	Goal    int       `json:"goal"`            // minutes until a case is to be decided
	Version int64     `json:"-"`
	By      string    `json:"-"`
	At      time.Time `json:"-"`
}

// View is a named filter of the queue.
type View struct {
	Name  string `json:"name"`
	Query string `json:"query"` // as in the address
}

// MaxViews is how many views there may be.
const MaxViews = 12

// Lengths are what the digits from 1 on stand for.
func Lengths() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, day, 3 * day, 7 * day, 30 * day}
}

// Reserved are keys that the queue needs itself.
const Reserved = "atsjknzoiyfxgq?/[]."

// Defaults are the macros of a console that has none of its own.
func Defaults() Setup {
	return Setup{
		Macros: []Macro{
			{ID: "none", Key: "e"},
			{ID: "warn", Key: "w", Reply: "rules", Strike: 1},
			{ID: "kick", Key: "K", Recall: true, Kick: true, Strike: 2, Harm: true},
			{ID: "recall", Key: "r", Recall: true},
			{ID: "recall_mute", Key: "m", Recall: true, Mute: 24 * time.Hour, Reply: "muted", Strike: 1},
		},
		Replies: []Reply{{ID: "rules"}, {ID: "muted"}, {ID: "contact"}},
		Goal:    15,
	}
}

// Invalid says what is wrong with a setup.
type Invalid struct{ Macro, Why string } // Why: the last part of a text key

func (e *Invalid) Error() string { return fmt.Sprintf("macro %s: %s", e.Macro, e.Why) }

// Check tells the first thing that is wrong.
func (p Setup) Check() error {
	if len(p.Macros) == 0 || len(p.Macros) > MaxMacros || len(p.Replies) > MaxReplies || len(p.Views) > MaxViews || p.Goal < 1 || p.Goal > 24*60 {
		return &Invalid{Why: "many"}
	}
	ids, keys, none := map[string]bool{}, map[string]bool{}, false
	for _, m := range p.Macros {
		why := ""
		switch r, _ := utf8.DecodeRuneInString(m.Key); {
		case m.ID == "" || ids[m.ID]:
			why = "id"
		case utf8.RuneCountInString(m.Key) != 1 || !unicode.IsLetter(r) || r > unicode.MaxASCII:
			why = "key"
		case strings.Contains(Reserved, m.Key):
			why = "reserved"
		case keys[m.Key]:
			why = "taken"
		case len(m.Name) > maxName || len(m.Note) > maxReply:
			why = "long"
		case m.Mute < 0 || m.Mute > maxMute || m.Strike < 0 || m.Strike > 10:
			why = "range"
		case m.Kick && unicode.IsLower(r):
			why = "shift"
		case m.Reply != "" && p.reply(m.Reply) == nil:
			why = "reply"
		}
		if why != "" {
			return &Invalid{m.ID, why}
		}
		ids[m.ID], keys[m.Key] = true, true
		none = none || !m.Acts()
	}
	for _, r := range p.Replies {
		if r.ID == "" || len(r.Name) > maxName || len(r.EN) > maxReply || len(r.ZH) > maxReply {
			return &Invalid{r.ID, "long"}
		}
	}
	if !none {
		return &Invalid{Why: "none"}
	}
	return nil
}

func (p Setup) reply(id string) *Reply {
	if i := slices.IndexFunc(p.Replies, func(r Reply) bool { return r.ID == id }); i >= 0 {
		return &p.Replies[i]
	}
	return nil
}

// Macro finds one by its id.
func (p Setup) Macro(id string) (Macro, bool) {
	i := slices.IndexFunc(p.Macros, func(m Macro) bool { return m.ID == id })
	if i < 0 {
		return Macro{}, false
	}
	return p.Macros[i], true
}

// Setup is the present one.
func (s *Service) Setup(ctx context.Context) (Setup, error) {
	kept, err := s.Policy.Get(ctx, PolicyQueue)
	if err != nil {
		return Setup{}, fmt.Errorf("read the queue's setup: %w", err)
	}
	p := Defaults()
	if kept.Version > 0 {
		p = Setup{}
		if err := json.Unmarshal(kept.Body, &p); err != nil {
			return Setup{}, fmt.Errorf("read the queue's setup: %w", err)
		}
	}
	p.Version, p.By, p.At = kept.Version, kept.ChangedBy, kept.ChangedAt
	return p, nil
}

// SetSetup changes it from the version that was read. ErrStale: somebody changed it since.
func (s *Service) SetSetup(ctx context.Context, by string, p Setup) error {
	if err := p.Check(); err != nil {
		return err
	}
	body, err := json.Marshal(p)
	if err == nil {
		_, err = s.Policy.Set(ctx, store.Policy{Key: PolicyQueue, Version: p.Version, Body: body, ChangedAt: s.now(), ChangedBy: by})
	}
	if errors.Is(err, store.ErrConflict) {
		return ErrStale
	}
	if err != nil {
		return fmt.Errorf("change the queue's setup: %w", err)
	}
	return nil
}

// Language is the one that somebody writes in: zh if there is any Han in it.
func Language(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "zh"
	}
	return "en"
}

// told is what an author is told in a language; "" for nothing.
func (s *Service) told(p Setup, id, lang string) string {
	r := p.reply(id)
	if r == nil {
		return ""
	}
	own := r.EN
	if lang == "zh" {
		own = r.ZH
	}
	if own == "" && s.Warning != nil {
		own = s.Warning(lang, r.ID)
	}
	return own
}
