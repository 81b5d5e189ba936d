package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"imdesk/store"
)

// Lockout says how wrong passwords are slowed down and then stopped, for each name and for each address. What one sees
// of it does not depend on which names exist.
type Lockout struct {
	NameTries    int           // tries for one name, then a pause
	AddressTries int           // tries from one address, then a pause; people share addresses
	Window       time.Duration // tries are counted anew this long after the first
	Pause        time.Duration // how long a pause is
}

// DefaultLockout is six tries a name and thirty an address in a quarter of an hour, then a pause of ten minutes.
func DefaultLockout() Lockout {
	return Lockout{NameTries: 6, AddressTries: 30, Window: 15 * time.Minute, Pause: 10 * time.Minute}
}

// Refused says that signing in did not work, and how to go on.
type Refused struct {
	TriesLeft int           // before the pause; 0 with Wait
	Wait      time.Duration // the pause has begun: how long it still lasts
	Pause     time.Duration // how long a pause is
}

func (e *Refused) Error() string {
	if e.Wait > 0 {
		return fmt.Sprintf("too many tries to sign in: %v to wait", e.Wait.Round(time.Second))
	}
	return fmt.Sprintf("name and password do not match: %d tries left", e.TriesLeft)
}

// keys are what a try is counted by.
func (s *Service) keys(name, address string) []store.AttemptKey {
	return []store.AttemptKey{
		{Key: nameKey(name), Max: s.lockout.NameTries, Window: s.lockout.Window, Lock: s.lockout.Pause},
		{Key: addressKeyOf(address), Max: s.lockout.AddressTries, Window: s.lockout.Window, Lock: s.lockout.Pause},
	}
}

// take counts a try before the password is looked at. During a pause it is *Refused.
func (s *Service) take(ctx context.Context, name, address string) ([]store.Attempt, error) {
	now := s.now()
	list, err := s.store.Attempts.Take(ctx, now, s.keys(name, address)...)
	if err == nil && !list[0].Taken {
		err = s.refused(list, now)
	}
	return list, err
}

// refuse answers a wrong try: slower each time, and with how many are left.
func (s *Service) refuse(ctx context.Context, counted []store.Attempt) error {
	s.log.InfoContext(ctx, "sign-in refused", "address", AddressFrom(ctx),
		"tries_of_name", counted[0].Count, "tries_of_address", counted[1].Count)
	if err := s.wait(ctx, slowness(counted[0].Count)); err != nil {
		return err
	}
	return s.refused(counted, s.now())
}

// slowness is how long the answer to a wrong try waits: nothing at first, for anybody mistypes, then twice as long each
// time.
func slowness(tries int) time.Duration {
	if tries <= 2 {
		return 0
	}
	return min(time.Second<<min(tries-3, 10), 8*time.Second)
}

func (s *Service) refused(list []store.Attempt, now time.Time) *Refused {
	r := &Refused{
		TriesLeft: max(0, min(s.lockout.NameTries-list[0].Count, s.lockout.AddressTries-list[1].Count)),
		Pause:     s.lockout.Pause,
	}
	for _, a := range list {
		if left := a.LockedUntil.Sub(now); left > r.Wait {
			r.Wait, r.TriesLeft = left, 0
		}
	}
	return r
}

// forgive takes the tries back after the right password: all of the name, and the one of the address. An address that
// was forgiven all could go on guessing others' passwords between sign-ins of its own.
func (s *Service) forgive(ctx context.Context, name, address string) error {
	if err := s.store.Attempts.Clear(ctx, nameKey(name)); err != nil {
		return err
	}
	return s.store.Attempts.Forgive(ctx, addressKeyOf(address))
}

// nameKey is hashed: people type passwords into the wrong field, and these must not be kept.
func nameKey(name string) string {
	sum := sha256.Sum256([]byte("imdesk name " + store.NameKey(name)))
	return "name:" + hex.EncodeToString(sum[:16])
}

// addressKeyOf counts IPv6 by /64: whoever has one of its addresses has them all.
func addressKeyOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "address:unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, _ := a.Prefix(64)
		a = p.Addr()
	}
	return "address:" + a.String()
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
