package volcengine

import (
	"encoding/json"
	"math"
	"slices"

	"imdesk/emulator/internal/community"
)

// failedParticipants is the result of changes of which some failed.
func failedParticipants(failed []int64) any {
	return struct {
		FailedParticipantUserIds    []int64
		FailedParticipantUserIdsStr []string
	}{listed(failed), texts(failed)}
}

// durations reads ParticipantBlockInfos: seconds by user.
func (c *call) durations() map[int64]int64 {
	const name = "ParticipantBlockInfos"
	out := map[int64]int64{}
	for _, twin := range []string{name, name + "Str"} {
		v := c.raw(twin)
		if v == nil {
			continue
		}
		var read map[string]json.RawMessage
		if err := json.Unmarshal(v, &read); err != nil {
			c.fail(twin, "is no object")
		}
		for key, seconds := range read {
			n, ok := integer(seconds)
			if !ok || n <= 0 {
				c.fail(twin, "has a duration that is not above 0")
			}
			out[c.userNumber(twin, key)] = n
		}
		if len(out) > 0 {
			break
		}
	}
	if len(out) == 0 || len(out) > maxItems {
		c.fail(name, "is empty or too long")
	}
	return out
}

// A mute or ban lasts the given seconds from now, whatever was set before. Source: BatchAddBlockParticipants, doc 788462. Open: a
// ban removes whoever is present, and the owner can be neither muted nor banned.
func addBlocks(c *call) (any, error) {
	id, durations, act := c.csi(), c.durations(), c.oneOf("BlockAction", community.ForbidSpeak, community.ForbidEnter)
	var failed []int64
	err := c.change(id, live, func(tx *community.Tx, v *community.Conversation) error {
		now := c.s.now().Unix()
		for user, seconds := range durations {
			if user == v.Owner {
				failed = append(failed, user)
				continue
			}
			until := now + min(seconds, math.MaxInt64-now)
			if err := tx.Forbid(v.CID, act, user, until); err != nil {
				return err
			}
			if act == community.ForbidEnter {
				if _, err := tx.DropParticipant(v.CID, user); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return failedParticipants(failed), err
}

// Source: BatchDeleteBlockParticipants, doc 788463. Open: lifting what is not set works.
func deleteBlocks(c *call) (any, error) {
	id, users, act := c.csi(), c.users("ParticipantUserIds", need, maxItems), c.oneOf("BlockAction", community.ForbidSpeak, community.ForbidEnter)
	err := c.change(id, live, func(tx *community.Tx, v *community.Conversation) error {
		for _, user := range users {
			if err := tx.Allow(v.CID, act, user); err != nil {
				return err
			}
		}
		return nil
	})
	return failedParticipants(nil), err
}

// profile is what lists of live groups say of a user.
type profile struct {
	NickName  string
	Ext       map[string]string
	AvatarUrl string
	Marks     []string
}

// profiles are those of the users: what the live group has of a member, else what he is registered with.
func (c *call) profiles(v *community.Conversation, users []int64) (map[int64]profile, error) {
	out := map[int64]profile{}
	members, err := c.read().ParticipantsAmong(v.CID, users)
	if err != nil {
		return nil, err
	}
	registered, err := c.read().Users(c.app.ID, users)
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		p := profile{Ext: map[string]string{}, Marks: []string{}}
		if u, ok := registered[user]; ok {
			p.NickName, p.AvatarUrl = u.Nick, u.Portrait
		}
		if m, ok := members[user]; ok {
			if m.Nick != "" {
				p.NickName = m.Nick
			}
			if m.Avatar != "" {
				p.AvatarUrl = m.Avatar
			}
			p.Ext, p.Marks = mapped(m.Ext), listed(slices.Clone(m.Marks))
		}
		out[user] = p
	}
	return out, nil
}

// blockInfo is a muted or banned user as it is sent. Source: data structures, doc 192711.
type blockInfo struct {
	ParticipantUserId    int64
	ParticipantUserIdStr string
	CreateTime           int64
	BlockTime            int64
	profile
}

// Source: BatchGetBlockParticipants, doc 788464. Open: the cursor is the next user.
func getBlocks(c *call) (any, error) {
	id, cursor, limit := c.csi(), c.cursor("Cursor", need), c.limit("Limit", need, 20)
	act := c.oneOf("BlockAction", community.ForbidSpeak, community.ForbidEnter)
	v, err := c.find(c.read(), id, live)
	if err != nil {
		return nil, err
	}
	list, err := c.read().ForbiddenIn(v.CID, act, cursor, c.s.now().Unix(), limit+1)
	if err != nil {
		return nil, err
	}
	list, more, next := byUser(list, limit, func(b community.Forbidden) int64 { return b.User })
	users := make([]int64, len(list))
	for i, b := range list {
		users[i] = b.User
	}
	profiles, err := c.profiles(v, users)
	out := make([]blockInfo, len(list))
	for i, b := range list {
		out[i] = blockInfo{b.User, text(b.User), b.SetAt, b.Until, profiles[b.User]}
	}
	return scanned[blockInfo]{out, more, next}, err
}

// byUser cuts what was read, one item more than asked for, to its length; the next page begins with the user of that one.
func byUser[T any](items []T, limit int, user func(T) int64) (cut []T, more bool, next int64) {
	if len(items) <= limit {
		return items, false, -1
	}
	return items[:limit], true, user(items[limit])
}
