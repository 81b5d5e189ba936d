package community

import "context"

// purgeStep is how many messages the janitor removes in one transaction: few enough not to hold up a request.
const purgeStep = 2000

// wakeJanitor has the janitor look at the purge table soon.
func (s *Store) wakeJanitor() {
	select {
	case s.purge <- struct{}{}:
	default:
	}
}

// janitor removes the messages of dismissed groups and dissolved conversations, which may be millions, in small steps between other writes.
func (s *Store) janitor(ctx context.Context) {
	defer close(s.done)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.purge:
		}
		for s.purgeSome(ctx) {
		}
	}
}

// purgeSome removes one step's worth and reports whether there is more to do.
func (s *Store) purgeSome(ctx context.Context) (more bool) {
	err := s.Update(ctx, func(tx *Tx) error {
		var gids []int64
		err := tx.each("SELECT gid FROM purge LIMIT 1", nil, func(scan func(...any) error) error {
			var gid int64
			err := scan(&gid)
			gids = append(gids, gid)
			return err
		})
		if err != nil || len(gids) == 0 {
			return err
		}
		more = true
		if gids[0] < 0 {
			return tx.purgeConversation(-gids[0])
		}
		first, last := MessageID(gids[0], 0), MessageID(gids[0]+1, 0)
		if _, err := tx.exec("DELETE FROM receipt WHERE id IN (SELECT id FROM message WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)", first, last, purgeStep); err != nil {
			return err
		}
		n, err := tx.exec("DELETE FROM message WHERE id IN (SELECT id FROM message WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)", first, last, purgeStep)
		if err != nil || n == purgeStep {
			return err
		}
		_, err = tx.exec("DELETE FROM purge WHERE gid = ?", gids[0])
		return err
	})
	return err == nil && more
}

// purgeConversation removes one step's worth of a dissolved conversation, which stands in the purge table below 0. What was recalled or
// deleted before stays: it is in no index, and little.
func (t *Tx) purgeConversation(cid int64) error {
	const some = "(SELECT id FROM conversation_message WHERE cid = ? AND state < 2 ORDER BY idx LIMIT ?)"
	if _, err := t.exec("DELETE FROM conversation_message_hidden WHERE id IN "+some, cid, purgeStep); err != nil {
		return err
	}
	n, err := t.exec("DELETE FROM conversation_message WHERE id IN "+some, cid, purgeStep)
	if err != nil || n == purgeStep {
		return err
	}
	_, err = t.exec("DELETE FROM purge WHERE gid = ?", -cid)
	return err
}
