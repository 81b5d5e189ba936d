package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"imdesk/store"
)

// What is wrong with a list of networks.
var (
	ErrNetwork   = errors.New("neither an address nor a network")
	ErrLockedOut = errors.New("the address that asks for it is in none of these networks")
)

// ParseNetwork reads an address, "198.51.100.7", or a network, "198.51.100.0/24".
func ParseNetwork(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return p, fmt.Errorf("%w: %q", ErrNetwork, s)
	}
	return p.Masked(), nil
}

// inNetworks tells whether an address lies in one of the networks. What is no address lies in none.
func inNetworks(list []string, address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(list, func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Contains(a)
	})
}

// networks remembers for a second where requests may come from, by kind.
type networks struct {
	mu   sync.Mutex
	at   time.Time
	list map[string][]string
}

func (n *networks) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = nil
}

// Admits tells whether requests of a kind, store.AccessConsole or store.AccessTokens, may come from an address.
func (s *Service) Admits(ctx context.Context, kind, address string) (bool, error) {
	n, now := &s.networks, s.now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if age := now.Sub(n.at); n.list == nil || age < 0 || age >= cacheTime {
		list, err := s.store.Access.List(ctx)
		if err != nil {
			return false, err
		}
		n.list, n.at = map[string][]string{}, now
		for _, v := range list {
			n.list[v.Kind] = append(n.list[v.Kind], v.Network)
		}
	}
	return len(n.list[kind]) == 0 || inNetworks(n.list[kind], address), nil
}

// Networks lists where requests may come from.
func (s *Service) Networks(ctx context.Context) ([]store.Network, error) {
	return s.store.Access.List(ctx)
}

// SetNetworks replaces the networks of a kind; none: from anywhere. Errors: ErrNetwork, ErrLockedOut (nobody shuts the door
// on oneself), store.ErrInvalid (too many).
func (s *Service) SetNetworks(ctx context.Context, by Operator, kind string, list []store.Network) error {
	var plain []string
	for n := range list {
		p, err := ParseNetwork(list[n].Network)
		if err != nil {
			return fmt.Errorf("%s: %w", actAccess, err)
		}
		list[n].Kind, list[n].Network = kind, p.String()
		plain = append(plain, p.String())
	}
	if kind == store.AccessConsole && by.ID != "" && len(plain) > 0 && !inNetworks(plain, AddressFrom(ctx)) {
		return fmt.Errorf("%s: %w", actAccess, ErrLockedOut)
	}
	all, err := s.store.Access.List(ctx)
	if err != nil {
		return err
	}
	var before []string
	for _, v := range all {
		if v.Kind == kind {
			before = append(before, v.Network)
		}
	}
	defer s.networks.forget()
	detail := map[string]string{"name": kind, "before": strings.Join(before, ", "), "after": strings.Join(plain, ", ")}
	return s.recorded(ctx, by, actAccess, detail, func() error { return s.store.Access.Set(ctx, kind, list) })
}
