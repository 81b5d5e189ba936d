package waves

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"imdesk/cases"
	"imdesk/store"
)

// Settings are an app's own.
type Settings struct {
	Off     bool          `json:"off,omitempty"`
	Senders int           `json:"senders"`          // so many have to say it
	Within  time.Duration `json:"within"`           // in so long
	Score   int           `json:"score"`            // 0 to 100: from which on there is a case
	Ignore  []string      `json:"ignore,omitempty"` // texts that are no wave
	Mute    time.Duration `json:"mute"`             // of senders, unless the operator says otherwise
	Tight   time.Duration `json:"tight"`            // how long groups are harder to get into
}

// Default is what holds where nobody set anything.
func Default() Settings {
	return Settings{Senders: 8, Within: 2 * time.Minute, Score: 45, Mute: 24 * time.Hour, Tight: 30 * time.Minute}
}

// Limits of settings.
const (
	MinSenders, MaxSenders = 4, 1000
	MinWithin, MaxWithin   = 10 * time.Second, 10 * time.Minute
	MinScore, MaxScore     = 10, 100
	MaxIgnore              = 200 // texts
	MaxIgnoreText          = 200 // bytes of one
	MinTight, MaxTight     = 5 * time.Minute, 24 * time.Hour
	MinMute, MaxMute       = time.Minute, 30 * 24 * time.Hour
	keptSettings           = 10 * time.Second
	policyKey              = "waves."
	maxWaveScore           = 100
)

// Valid reports whether settings are within the limits.
func (s Settings) Valid() bool {
	return s.Senders >= MinSenders && s.Senders <= MaxSenders && s.Within >= MinWithin && s.Within <= MaxWithin && s.Score >= MinScore && s.Score <= MaxScore &&
		len(s.Ignore) <= MaxIgnore && !slices.ContainsFunc(s.Ignore, func(t string) bool { return len(t) > MaxIgnoreText }) &&
		s.Tight >= MinTight && s.Tight <= MaxTight && s.Mute >= MinMute && s.Mute <= MaxMute
}

// Settings returns an app's settings with their version, 0 where nobody set them.
func (s *Service) Settings(ctx context.Context, app string) (Settings, int64, error) {
	p, err := s.Policies.Get(ctx, policyKey+app)
	if err != nil || p.Version == 0 {
		return Default(), 0, err
	}
	out := Default()
	if err := json.Unmarshal(p.Body, &out); err != nil {
		return Default(), p.Version, fmt.Errorf("read the settings of waves: %w", err)
	}
	if !out.Valid() {
		return Default(), p.Version, fmt.Errorf("read the settings of waves: %w", store.ErrInvalid)
	}
	return out, p.Version, nil
}

// Weigh says how much speaks for a wave, 0 to 100, and why. lately is how many said it within Settings.Within.
func Weigh(w store.Wave, lately int, set Settings) (score int, why []cases.Reason) {
	add := func(check string, points int, detail string) {
		if points != 0 {
			score += points
			why = append(why, cases.Reason{Check: "wave." + check, Detail: strings.TrimSpace(fmt.Sprintf("%s %+d", detail, points))})
		}
	}
	if lately < set.Senders {
		return 0, nil
	}
	add("senders", min(20+int(10*math.Log2(float64(lately)/float64(set.Senders))), 50), fmt.Sprint(lately))
	switch {
	case w.Groups >= 10:
		add("groups", 30, fmt.Sprint(w.Groups))
	case w.Groups >= 5:
		add("groups", 20, fmt.Sprint(w.Groups))
	case w.Groups >= 2:
		add("groups", 10, fmt.Sprint(w.Groups))
	}
	if w.Leads {
		add("leads", 25, "")
	}
	switch {
	case w.Units >= 40:
		add("long", 15, "")
	case w.Units >= 20:
		add("long", 10, "")
	}
	if w.Live == w.Messages {
		add("live", -30, "") // a room that cheers says the same
	}
	if w.Greets && !w.Leads {
		add("greets", -30, "")
	}
	return min(max(score, 0), maxWaveScore), why
}
