package store

import "context"

// Kinds of requests whose addresses can be limited.
const (
	AccessConsole = "console"
	AccessTokens  = "tokens"
)

// MaxNetworks is how many networks of a kind there may be.
const MaxNetworks = 200

// Network is where requests of a kind may come from.
type Network struct {
	Kind    string // AccessConsole or AccessTokens
	Network string // a prefix, as netip writes it
	Note    string
}

// Access is the list of networks that requests may come from. storetest.Access is its contract.
type Access interface {
	// List returns all networks, by kind and network. None of a kind: they may come from anywhere.
	List(ctx context.Context) ([]Network, error)
	// Set replaces the networks of a kind. ErrInvalid: more than MaxNetworks.
	Set(ctx context.Context, kind string, list []Network) error
}

type access struct{ db *db }

func (s access) List(ctx context.Context) ([]Network, error) {
	list, err := all(ctx, s.db.read(), func(r scanner) (n Network, err error) { return n, r.Scan(&n.Kind, &n.Network, &n.Note) },
		`SELECT kind, network, note FROM access_network ORDER BY kind, network`)
	return list, wrap("list networks", err)
}

func (s access) Set(ctx context.Context, kind string, list []Network) error {
	const op = "set networks"
	if len(list) > MaxNetworks {
		return wrap(op, invalid("%d networks, at most %d fit", len(list), MaxNetworks))
	}
	return wrap(op, s.db.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `DELETE FROM access_network WHERE kind = ?`, text(kind)); err != nil {
			return err
		}
		for _, n := range list {
			if _, err := c.exec(ctx, `INSERT INTO access_network (kind, network, note) VALUES (?, ?, ?) ON CONFLICT (kind, network) DO NOTHING`,
				text(kind), text(n.Network), cut(n.Note, 200)); err != nil {
				return err
			}
		}
		return nil
	}))
}
