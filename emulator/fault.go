package emulator

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Fault is something that goes wrong with calls. Of several kinds in one Fault the delay comes first, then the first of
// Drop, Status, ErrorCode (for which nothing is done), DropAfter, CutBody and BadJSON (for which the work is done).
type Fault struct {
	Command   string        // "service/command"; "" = every call
	Share     float64       // of the calls, above 0 to 1, evenly spread; 0 = 1
	Times     int           // calls until the fault is over; 0 = until it is cleared
	Delay     time.Duration // before anything else happens
	Drop      bool          // close the connection without an answer
	DropAfter bool          // do the work, then close the connection without an answer
	Status    int           // answer with this HTTP status and a page of HTML
	CutBody   bool          // do the work, then send half of the answer
	BadJSON   bool          // do the work, then spoil the answer
	ErrorCode int           // answer with this code of the vendor
}

func (f Fault) check() error {
	switch {
	case f.Share < 0 || f.Share > 1:
		return fmt.Errorf("share %g is not within 0 and 1", f.Share)
	case f.Times < 0:
		return fmt.Errorf("times %d is below 0", f.Times)
	case f.Delay < 0 || f.Delay > time.Hour:
		return fmt.Errorf("delay %s is not within 0 and an hour", f.Delay)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d is not within 200 and 599", f.Status)
	}
	return nil
}

// faults are those that are set, at most one a command.
type faults struct {
	mu  sync.Mutex
	set []*activeFault
}

type activeFault struct {
	Fault
	due  float64 // share of a call saved up; one whole is spent on a fault
	left int
}

// SetFault makes calls go wrong as f says from now on. It replaces a fault for the same Command. Values out of range count
// as their nearest sensible ones.
func (s *Server) SetFault(f Fault) {
	f.Share = min(max(f.Share, 0), 1)
	if f.Share == 0 {
		f.Share = 1
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.set = slices.DeleteFunc(s.faults.set, func(a *activeFault) bool { return a.Command == f.Command })
	s.faults.set = append(s.faults.set, &activeFault{Fault: f, left: f.Times})
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.set = nil
}

// list returns what is set.
func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]Fault, len(f.set))
	for i, a := range f.set {
		list[i] = a.Fault
		list[i].Times = a.left
	}
	return list
}

// next returns the fault that hits this call, nil if none. One set for the very command goes before one for every call.
func (f *faults) next(command string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range []string{command, ""} {
		i := slices.IndexFunc(f.set, func(a *activeFault) bool { return a.Command == name })
		if i < 0 {
			continue
		}
		a := f.set[i]
		if a.due += a.Share; a.due < 1-1e-9 {
			continue
		}
		a.due--
		if a.left > 0 {
			if a.left--; a.left == 0 {
				f.set = slices.Delete(f.set, i, i+1)
			}
		}
		hit := a.Fault
		return &hit
	}
	return nil
}

// wait sleeps for d and reports false if ctx or the server ended first.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.quit:
	}
	return false
}
