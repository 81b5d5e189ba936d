// Package cases is what moderators decide: messages and persons that rules, users of the app, operators or waves flagged.
//
// A flag of a message that has an open case joins it. What was said around the message is kept with the case at once, and
// the rest of it a while later, so that it outlives a recall and the service's own retention. A verdict is held for a few
// seconds in which it can be taken back, and then carried out step by step through package actions, once, whichever console
// lives by then.
package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"imdesk/actions"
	"imdesk/store"
)

// Source says where a flag comes from.
type Source string

// The sources.
const (
	FromRule     Source = store.CaseFromRule
	FromReport   Source = store.CaseFromReport
	FromOperator Source = store.CaseFromOperator
	FromWave     Source = store.CaseFromWave
	FromAppeal   Source = store.CaseFromAppeal
)

// Reason is one check that spoke against a message.
type Reason struct {
	Check  string `json:"check"`            // a text key's last part, or a name of the check
	Detail string `json:"detail,omitempty"` // what it found
	From   int    `json:"from,omitempty"`   // bytes of Text; From = To: the whole
	To     int    `json:"to,omitempty"`
}

// Flag is why somebody should look at a message, or at a person.
type Flag struct {
	App     string
	Group   string // "" for a direct chat
	Key     string // the message, by the ID of imclient.Message; "" for a person
	Sender  string
	Peers   [2]string // of a direct chat
	At      time.Time // when it was said
	Text    string
	Source  Source
	Rule    string // its name; of a report what it is reported for
	Version int
	Score   int // 0 to 100
	Reasons []Reason
	By      string // who reported it, or the operator's id
	Note    string
	Parent  int64 // of an appeal: the case that it is against
}

func (f Flag) place() store.Conversation {
	if f.Key == "" {
		return store.Conversation{App: f.App}
	}
	return store.Conversation{App: f.App, Group: f.Group, Users: f.Peers}
}

// Times.
const (
	DefaultHold = 8 * time.Second
	claimFor    = 90 * time.Second // without a sign of life
	lookFor     = 40 * time.Second
	evidenceIn  = 2 * time.Minute // until what was said after a message is kept
)

// Service is the queue. Its fields are set before its first use.
type Service struct {
	Store   store.Cases
	Archive store.Archive
	Audit   store.AuditLog
	Policy  store.Policies
	Actions *actions.Service
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: slog.Default
	// Hold is how long a verdict can be taken back; 0: DefaultHold.
	Hold time.Duration
	// App finds an app by its name.
	App func(name string) (actions.App, bool)
	// Actor is an operator with the present rights in an app. store.ErrNotFound: there is none, or is disabled.
	Actor func(ctx context.Context, operatorID, app string) (actions.Actor, error)
	// Changed is told of each case that changed, or that somebody looks at; nil: nobody.
	Changed func(ctx context.Context, id int64)
	// Flagged is told of each flag that counts, with the number of its case; nil: nobody.
	Flagged func(ctx context.Context, id int64, f Flag)
	// Warning says to an author, in a language, what macros have them told; nil: the text of the macro itself.
	Warning func(lang, key string) string

	wake  chan struct{} // a verdict was made
	early chan struct{} // evidence is to be looked for at once
}

// Errors of what people do with cases.
var (
	// ErrTaken means that a colleague has the case: nobody acts on it without taking it over.
	ErrTaken = errors.New("a colleague has the case")
	// ErrDecided means that the case is decided.
	ErrDecided = errors.New("the case is decided")
	// ErrStale means that the case changed since it was shown.
	ErrStale = errors.New("the case changed")
	// ErrTooLate means that a verdict cannot be taken back any more.
	ErrTooLate = errors.New("the verdict is being carried out")
	// ErrReason means that a reason is needed.
	ErrReason = errors.New("a reason is needed")
)

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Service) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

func (s *Service) changed(ctx context.Context, id int64) {
	if s.Changed != nil {
		s.Changed(context.WithoutCancel(ctx), id)
	}
}

// Flag stores a flag and returns the number of its case.
func (s *Service) Flag(ctx context.Context, f Flag) (int64, error) {
	now := s.now()
	reasons, err := json.Marshal(map[string]any{"reasons": f.Reasons})
	if err != nil {
		return 0, fmt.Errorf("flag: %w", err)
	}
	c := store.Case{
		Place: f.place(), Key: f.Key, Sender: f.Sender, SaidAt: f.At, Text: f.Text, Parent: f.Parent, EvidenceDue: now.Add(evidenceIn),
	}
	if open, err := s.Store.Open(ctx, c.Place, f.Key, f.Sender); f.Parent != 0 || err != nil || open.Parent != 0 {
		var known bool
		if c.Evidence, known = s.snapshot(ctx, c); !known { // of a case that is opened; one that is joined has it
			c.EvidenceDue = now // the service has to be asked
		}
	}
	kept, opened, added, err := s.Store.Flag(ctx, c, store.CaseFlag{
		At: now, Source: string(f.Source), By: f.By, Rule: f.Rule, Version: f.Version, Score: min(max(f.Score, 0), 100), Reasons: reasons, Note: f.Note,
	}, weigh)
	if err != nil {
		return 0, fmt.Errorf("flag: %w", err)
	}
	if added {
		s.changed(ctx, kept.ID)
		if s.Flagged != nil {
			s.Flagged(ctx, kept.ID, f)
		}
	}
	if opened && !c.EvidenceDue.After(now) {
		s.hurry()
	}
	return kept.ID, nil
}

// Term is one part of a case's priority.
type Term struct {
	Name   string `json:"name"` // last part of a text key
	N      int    `json:"n"`    // of what
	Points int    `json:"points"`
}

// Points of what speaks for urgency. A case that waits gets one more each minute (store.CasePoint).
const (
	perReporter = 12
	maxReports  = 60
	perStrike   = 10
	maxStrikes  = 40
	forWave     = 50
	forAppeal   = 15
	forOperator = 40
	maxGood     = 20
)

// weigh makes points of what is known of a case.
func weigh(_ store.Case, sums store.CaseSums) store.Weighing {
	var list []Term
	add := func(name string, n, points int) {
		if points != 0 {
			list = append(list, Term{name, n, points})
		}
	}
	add("score", sums.Score, sums.Score)
	add("reports", sums.Reporters, min(sums.Reporters*perReporter, maxReports))
	if told := sums.Upheld + sums.Rejected; told > 0 && sums.Reporters > 0 {
		share := 100 * sums.Upheld / told
		add("reporters", share, (share-50)*maxGood/50)
	}
	add("strikes", (sums.Strikes+50)/100, min(sums.Strikes*perStrike/100, maxStrikes))
	for _, source := range sums.Sources {
		switch source {
		case store.CaseFromWave:
			add("wave", 1, forWave)
		case store.CaseFromAppeal:
			add("appeal", 1, forAppeal)
		case store.CaseFromOperator:
			add("operator", 1, forOperator)
		}
	}
	w := store.Weighing{Title: sums.Title}
	for _, t := range list {
		w.Points += t.Points
	}
	w.Terms, _ = json.Marshal(map[string]any{"terms": list}) // strings and numbers
	return w
}

// Terms are what a case's points are made of, with what it got for waiting.
func Terms(c store.Case, now time.Time) (list []Term, total int) {
	var doc struct{ Terms []Term }
	if json.Unmarshal(c.Terms, &doc) != nil {
		return nil, c.Points
	}
	end := now
	if !c.DecidedAt.IsZero() {
		end = c.DecidedAt
	}
	waited := int(max(end.Sub(c.Opened), 0) / store.CasePoint)
	if waited > 0 {
		doc.Terms = append(doc.Terms, Term{"waiting", waited, waited})
	}
	return doc.Terms, c.Points + waited
}

// Reasons are why a flag was made.
func Reasons(f store.CaseFlag) []Reason {
	var doc struct{ Reasons []Reason }
	if json.Unmarshal(f.Reasons, &doc) != nil {
		return nil
	}
	return doc.Reasons
}
