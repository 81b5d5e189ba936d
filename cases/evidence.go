package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// How much is kept around a message.
const (
	Before = 20
	After  = 20
	// maxEvidenceText bounds a message's text in the evidence, in bytes, so that all of them fit.
	maxEvidenceText = 6 << 10
	maxNotice       = 2 << 10 // likewise, of a notice's body
)

// Evidence is what was known when a case was opened.
type Evidence struct {
	Taken    time.Time `json:"taken"`          // when it was first looked at
	Whole    time.Time `json:"whole,omitzero"` // when the rest was added
	Messages []Said    `json:"messages"`       // in their order
	Sender   *Person   `json:"sender,omitempty"`
	Group    string    `json:"group,omitempty"` // its name
}

// Said is a message as it was.
type Said struct {
	Key    string    `json:"key"`
	Seq    string    `json:"seq,omitempty"`
	Sender string    `json:"sender"`
	At     time.Time `json:"at"`
	Text   string    `json:"text"`
	Types  []string  `json:"types,omitempty"`
	State  string    `json:"state,omitempty"` // edited or recalled
	Marked bool      `json:"marked,omitempty"`
	Notice string    `json:"notice,omitempty"` // the body of what the service itself said, as the archive has it
}

// Person is a user's profile as it was.
type Person struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Avatar  string    `json:"avatar,omitempty"`
	Role    string    `json:"role,omitempty"` // in the group
	Joined  time.Time `json:"joined,omitzero"`
	Muted   time.Time `json:"muted,omitzero"`
	Looked  time.Time `json:"looked"`
	Missing bool      `json:"missing,omitempty"` // the service knows nobody of that id
}

// ReadEvidence is what is kept with a case.
func ReadEvidence(c store.Case) Evidence {
	var e Evidence
	_ = json.Unmarshal(c.Evidence, &e) // what was written by an older version reads as less
	return e
}

// states names what became of a message.
var states = map[store.ArchiveState]string{store.ArchiveEdited: "edited", store.ArchiveRecalled: "recalled"}

// FromArchive is a message as it is kept in evidence.
func FromArchive(m store.Archived) Said {
	said := Said{Key: m.Key, Sender: m.Sender, At: m.At, Text: m.Text, Types: m.Types, State: states[m.State]}
	if m.Seq > 0 {
		said.Seq = fmt.Sprint(m.Seq)
	}
	if slices.Equal(m.Types, noticeTypes) && len(m.Body) <= maxNotice {
		said.Notice = m.Body
	}
	return said
}

// noticeTypes are the types of what the service itself says of a group: who came, who left, what was changed.
var noticeTypes = []string{"tip"}

// around is what the archive has around a message; nil if it does not have the message.
func (s *Service) around(ctx context.Context, p store.Conversation, key string, before, after int) ([]Said, error) {
	if s.Archive == nil || key == "" {
		return nil, nil
	}
	found, err := s.Archive.Get(ctx, p, []string{key})
	m, has := found[key]
	if err != nil || !has {
		return nil, err
	}
	list, err := s.Archive.Around(ctx, p, m.ID, before, after+1)
	if err != nil {
		return nil, err
	}
	out := make([]Said, 0, len(list))
	for _, m := range list {
		said := FromArchive(m)
		said.Marked = m.Key == key
		out = append(out, said)
	}
	return out, nil
}

// snapshot is what is kept at the moment of flagging, and whether it has what was said around. It asks no service: a message is flagged while somebody waits.
func (s *Service) snapshot(ctx context.Context, c store.Case) (doc json.RawMessage, known bool) {
	e := Evidence{Taken: s.now()}
	list, err := s.around(ctx, c.Place, c.Key, Before, After)
	if err != nil {
		s.log().WarnContext(ctx, "read what was said around a flagged message", "app", c.Place.App, "error", err)
	}
	if e.Messages = list; len(list) == 0 && c.Key != "" {
		e.Messages = []Said{{Key: c.Key, Sender: c.Sender, At: c.SaidAt, Text: c.Text, Marked: true}}
	}
	return e.encode(), len(list) > 1 || c.Key == ""
}

func (e Evidence) encode() json.RawMessage {
	for i := range e.Messages {
		if len(e.Messages[i].Text) > maxEvidenceText {
			e.Messages[i].Text = strings.ToValidUTF8(e.Messages[i].Text[:maxEvidenceText], "")
		}
	}
	b, err := json.Marshal(e)
	if err != nil {
		return nil // strings and times can be written
	}
	return b
}

// complete adds to the evidence of a case what was said since, and who the sender is.
func (s *Service) complete(ctx context.Context, c store.Case) error {
	e := ReadEvidence(c)
	list, err := s.around(ctx, c.Place, c.Key, Before, After)
	if err != nil {
		return fmt.Errorf("complete the evidence of case %d: %w", c.ID, err)
	}
	if app, known := s.App(c.Place.App); known {
		if c.Key != "" && len(list) <= 1 {
			list = s.fromHistory(ctx, app, c)
		}
		if c.Sender != "" {
			e.Sender = s.person(ctx, app, c)
		}
		if c.Place.Group != "" {
			if g, err := app.IM.Groups.Get(ctx, c.Place.Group); err == nil {
				e.Group = g.Name
			}
		}
	}
	e.Messages = merge(e.Messages, list)
	e.Whole = s.now()
	return s.Store.Evidence(ctx, c.ID, e.encode(), time.Time{})
}

// merge puts what was seen later beside what was kept first. What a message said at first stays.
func merge(kept, now []Said) []Said {
	first := map[string]Said{}
	for _, m := range kept {
		first[m.Key] = m
	}
	var out []Said
	for _, m := range now {
		if was, is := first[m.Key]; is {
			if was.State = m.State; m.State != "edited" && was.Text == "" {
				was.Text = m.Text
			}
			was.Seq = m.Seq
			m = was
			delete(first, m.Key)
		}
		out = append(out, m)
	}
	for _, m := range kept {
		if _, left := first[m.Key]; left {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Said) int { return a.At.Compare(b.At) })
	return out
}

// fromHistory asks the service what was said around a message of a group: two calls.
func (s *Service) fromHistory(ctx context.Context, app actions.App, c store.Case) []Said {
	if c.Place.Group == "" {
		return nil
	}
	place := imclient.Conversation{Group: c.Place.Group}
	from, err := app.IM.Messages.At(ctx, place, c.SaidAt)
	if err != nil || from == "" {
		return nil
	}
	var list []Said
	for _, dir := range []imclient.Direction{imclient.Older, imclient.Newer} {
		page, err := app.IM.Messages.History(ctx, imclient.HistoryOptions{Conversation: place, From: from, Direction: dir})
		if err != nil {
			return nil
		}
		for _, m := range page.Messages {
			if m.State == imclient.MessageHole || slices.ContainsFunc(list, func(x Said) bool { return x.Key == m.ID }) {
				continue
			}
			said := Said{Key: m.ID, Seq: m.Seq, Sender: m.From, At: m.At, Text: plain(m.Body), Marked: m.ID == c.Key}
			if m.State == imclient.MessageRecalled {
				said.State = "recalled"
			}
			list = append(list, said)
		}
	}
	slices.SortStableFunc(list, func(a, b Said) int { return a.At.Compare(b.At) })
	return list
}

// plain is the text of a message.
func plain(body []imclient.Element) string {
	var parts []string
	for _, e := range body {
		if t, is := e.(imclient.Text); is {
			parts = append(parts, t.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// person is who the sender of a case is now; nil if nobody can tell. It costs two calls.
func (s *Service) person(ctx context.Context, app actions.App, c store.Case) *Person {
	u, err := app.IM.Users.Get(ctx, c.Sender)
	switch {
	case errors.Is(err, imclient.ErrNotFound):
		return &Person{ID: c.Sender, Missing: true, Looked: s.now()}
	case err != nil:
		return nil
	}
	p := &Person{ID: u.ID, Name: u.Nick, Avatar: u.AvatarURL, Looked: s.now()}
	if c.Place.Group == "" {
		return p
	}
	if list, err := app.IM.Members.Get(ctx, c.Place.Group, []string{c.Sender}); err == nil && len(list) == 1 {
		p.Role, p.Joined, p.Muted = string(list[0].Role), list[0].Joined, list[0].MutedUntil
	}
	return p
}

// Around is what was said around a case's message: what the archive has now, else what was kept with the case.
func (s *Service) Around(ctx context.Context, c store.Case, n int) ([]Said, error) {
	if c.Key == "" {
		return nil, nil
	}
	kept := ReadEvidence(c).Messages
	list, err := s.around(ctx, c.Place, c.Key, n, n)
	if err != nil {
		return kept, nil // the archive is away: what was kept stands
	}
	if len(list) <= 1 {
		return kept, nil
	}
	return merge(kept, list), nil
}
