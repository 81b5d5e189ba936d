package community

// LoadMessages stores messages with the seqs they bring, as a stream that was there before, and sets what the stream's
// next seq and latest time then are.
func (t *Tx) LoadMessages(stream int64, msgs []Message, nextSeq, latestAt int64) error {
	for _, m := range msgs {
		if err := t.put(stream, m.Seq, m); err != nil {
			return err
		}
	}
	query := "UPDATE grp SET next_seq = ?1, msg_at = ?2, talk_seq = ?1 - 1, talk_at = ?2 WHERE gid = ?3"
	if stream > maxGID {
		query = "UPDATE topic SET next_seq = ?, msg_at = ? WHERE tid = ?"
	}
	if _, err := t.exec(query, nextSeq, latestAt, stream); err != nil {
		return err
	}
	return t.tallySaid(stream, SaidInGroup|LoggedIn, msgs)
}

// LoadMembers puts members who are not yet there into the group in one go.
func (t *Tx) LoadMembers(g *Group, members []Member) error {
	for _, m := range members {
		data, err := m.Data.text()
		if err != nil {
			return err
		}
		if _, err := t.exec(addMember, g.GID, m.UID, m.Account, m.Role, m.JoinedAt, m.Flag, m.SentAt, m.Card, m.ReadSeq, g.ReadGen, data); err != nil {
			return err
		}
	}
	g.MemberNum += int64(len(members))
	if _, err := t.exec("UPDATE grp SET member_num = ? WHERE gid = ?", g.MemberNum, g.GID); err != nil {
		return err
	}
	joined := map[int64]int64{}
	for _, m := range members {
		joined[Day(m.JoinedAt)]++
	}
	for day, n := range joined {
		if err := t.tallyIn(g.GID, day*86400-cst, GroupsJoined, n); err != nil {
			return err
		}
	}
	return nil
}
