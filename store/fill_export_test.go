package store

import "context"

// Fill records entries with an outcome each, a thousand in a transaction: as Begin and Finish do, but for the wait for the disk.
func (s *Store) Fill(ctx context.Context, entries []AuditEntry) error {
	for len(entries) > 0 {
		some := entries[:min(len(entries), 1000)]
		entries = entries[len(some):]
		err := s.db.tx(ctx, func(c conn) error {
			for _, e := range some {
				row, err := entryValues(e)
				if err != nil {
					return err
				}
				id, err := appendEntry(ctx, c, e, row)
				if err != nil {
					return err
				}
				if err := appendOutcome(ctx, c, id, AuditOutcome{At: e.At, State: AuditOK}, `[{"id":"u","code":"ok"}]`, 1); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
