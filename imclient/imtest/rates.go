package imtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"imdesk/imclient"
)

// rates says what things cost, and shares them with other processes.
func (s *suite) rates(t *testing.T) {
	costs := s.c.Costs(imclient.VerbKick, 250, 2)
	if len(costs) == 0 {
		t.Error("removing 250 people from two groups costs nothing")
	}
	for _, c := range costs {
		if c.Command == "" || c.Calls < 1 || c.PerSecond < 0 {
			t.Errorf("a cost of %+v", c)
		}
	}
	s.c.ShareRates(func(context.Context, string, time.Duration, int) (time.Duration, error) { return 0, nil })
	short, cancel := context.WithTimeout(fresh(t), 300*time.Millisecond)
	defer cancel()
	if _, _, err := s.c.Groups.GetMany(short, []string{s.h.MissingGroup}); err == nil || errors.Is(err, imclient.ErrNotFound) {
		t.Errorf("asked without a part of the rates: %v", err)
	}
	s.c.SetShare(1, time.Time{})
	if _, _, err := s.c.Groups.GetMany(fresh(t), []string{s.h.MissingGroup}); err != nil && !errors.Is(err, imclient.ErrNotFound) {
		t.Errorf("asked with all of the rates: %v", err)
	}
}
