package imtest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"imdesk/imclient"
)

// raw sends a command as an engineer writes it: the first that only reads and is about a group.
func (s *suite) raw(t *testing.T) {
	commands := s.c.Raw.Commands()
	seen := map[string]bool{}
	var read imclient.Command
	for _, c := range commands {
		if c.Service == "" || c.Name == "" || c.Rate <= 0 || seen[c.Path()] {
			t.Errorf("command %+v", c)
		}
		seen[c.Path()] = true
		if c.DocURL != "" && !strings.HasPrefix(c.DocURL, "https://") {
			t.Errorf("%s: document %q", c.Path(), c.DocURL)
		}
		if read.Name == "" && !c.Write && !c.Direct && aboutGroup(c) {
			read = c
		}
	}
	if read.Name == "" {
		t.Fatalf("none of %d commands reads something of a group", len(commands))
	}
	r := s.room(t, s.typeWith(t, imclient.VerbListMembers), 1)
	send := func(group string) (imclient.RawAnswer, error) {
		return s.c.Raw.Call(ctx(t), read.Path(), groupBody(t, read, group))
	}
	t.Run("a read", func(t *testing.T) {
		a, err := send(r.id)
		ok(t, err)
		if !json.Valid(a.Body) || a.Status != 200 || a.Took <= 0 {
			t.Errorf("%s: answer %+v", read.Path(), a)
		}
		if !strings.Contains(a.Curl, read.Name) {
			t.Errorf("%s: a line for a shell without its name: %s", read.Path(), a.Curl)
		}
	})
	t.Run("one that is refused, whose answer is shown", func(t *testing.T) {
		a, err := send(s.h.MissingGroup)
		leftOut := !strings.Contains(string(a.Body), s.h.MissingGroup) // of a list of those asked for
		if err == nil && len(a.Refused) == 0 && !leftOut {
			t.Errorf("%s of a group that is not there: %s", read.Path(), a.Body)
		}
		if len(a.Body) == 0 {
			t.Error("the answer is not shown")
		}
	})
	unsent := func(t *testing.T, err error, kind error) {
		t.Helper()
		is(t, err, kind)
		if e, _ := errors.AsType[*imclient.Error](err); e != nil && e.Sent {
			t.Error("it was sent")
		}
	}
	t.Run("one that nobody knows", func(t *testing.T) {
		_, err := s.c.Raw.Call(ctx(t), read.Path()+"x", "{}")
		unsent(t, err, imclient.ErrNotFound)
	})
	for _, body := range []string{"", "[]", "null", `{"a":`, "7"} {
		_, err := s.c.Raw.Call(ctx(t), read.Path(), body)
		unsent(t, err, imclient.ErrInvalid)
	}
}

// aboutGroup reports whether a command asks for a group's id and nothing else.
func aboutGroup(c imclient.Command) bool {
	groups := 0
	for _, f := range c.Fields {
		switch {
		case !f.Required:
		case f.Holds == imclient.HoldsGroup:
			groups++
		default:
			return false
		}
	}
	return groups == 1
}

// groupBody fills in the group's id.
func groupBody(t *testing.T, c imclient.Command, group string) string {
	t.Helper()
	body := map[string]any{}
	for _, f := range c.Fields {
		if !f.Required {
			continue
		}
		var value any = group
		if f.Kind == imclient.KindNumber || f.Kind == imclient.KindList && f.Of == imclient.KindNumber {
			value = json.Number(group)
		}
		if f.Kind == imclient.KindList {
			value = []any{value}
		}
		body[f.Name] = value
	}
	b, err := json.Marshal(body)
	ok(t, err)
	return string(b)
}
