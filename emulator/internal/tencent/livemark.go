package tencent

import (
	"sync"
	"time"
)

// Marks of people in live rooms. Source: "Marking members of an audio-video group", doc 50296.
const (
	minMark     = 1000 // those below are the vendor's
	markStays   = 500  // counts as online for a while after going
	markHidden  = 600  // is not on the list of who is there
	maxMarks    = 10   // distinct marks of a room
	maxMarkUses = 1000 // people of a room with one mark
	staysFor    = 3 * 24 * time.Hour
)

// marks are the numbers put on people in live rooms. They vanish with the process, as they do with leaving.
type marks struct {
	mu    sync.Mutex
	rooms map[int64]map[string]map[int64]bool
	gone  map[int64]map[string]time.Time // who left with markStays, and until when he counts
}

// marked returns who in the room has the mark.
func (k *marks) marked(gid, mark int64) map[string]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	names := map[string]bool{}
	for name, set := range k.rooms[gid] {
		if set[mark] {
			names[name] = true
		}
	}
	return names
}

// change sets or removes marks of one user and reports false if the room would have too many.
func (k *marks) change(gid int64, name string, set bool, list []int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	room := k.rooms[gid]
	if set && !fits(room, name, list) {
		return false
	}
	if room == nil {
		if k.rooms == nil || len(k.rooms) > maxAudiences {
			k.rooms = map[int64]map[string]map[int64]bool{}
		}
		room = map[string]map[int64]bool{}
		k.rooms[gid] = room
	}
	if room[name] == nil {
		room[name] = map[int64]bool{}
	}
	for _, m := range list {
		if set {
			room[name][m] = true
		} else {
			delete(room[name], m)
		}
	}
	if len(room[name]) == 0 {
		delete(room, name)
	}
	return true
}

// fits reports whether the room may have these marks on one more, or again on one.
func fits(room map[string]map[int64]bool, name string, list []int64) bool {
	uses := map[int64]int{}
	for _, m := range list {
		uses[m] = 1
	}
	for who, have := range room {
		for m := range have {
			if who != name || uses[m] == 0 {
				uses[m]++
			}
		}
	}
	distinct := 0
	for m, n := range uses {
		if n > maxMarkUses {
			return false
		}
		if m >= minMark {
			distinct++
		}
	}
	return distinct <= maxMarks
}

// left takes the marks off who has left the room.
func (k *marks) left(now time.Time, gid int64, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rooms[gid][name][markStays] {
		if k.gone == nil || len(k.gone) > maxAudiences {
			k.gone = map[int64]map[string]time.Time{}
		}
		if k.gone[gid] == nil {
			k.gone[gid] = map[string]time.Time{}
		}
		k.gone[gid][name] = now.Add(staysFor)
	}
	delete(k.rooms[gid], name)
}

// drop forgets somebody who may not be in the room.
func (k *marks) drop(gid int64, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.rooms[gid], name)
	delete(k.gone[gid], name)
}

// entered ends what is remembered of who left the room before.
func (k *marks) entered(gid int64, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.gone[gid], name)
}

// staying counts who has left the room and still counts as online.
func (k *marks) staying(now time.Time, gid int64) (n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, until := range k.gone[gid] {
		if !now.Before(until) {
			delete(k.gone[gid], name)
			continue
		}
		n++
	}
	return n
}
