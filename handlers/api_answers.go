package handlers

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

// Bounds of what is kept of long answers, in memory and for whoever asked only.
const (
	answersFor   = 15 * time.Minute
	answersBytes = 32 << 20
)

// keptAnswer is an answer that was too long for its page.
type keptAnswer struct {
	id            string
	operator, app string
	name          string // of the command
	body          []byte
	at            time.Time
}

// keptAnswers are those that can be fetched, oldest first. The zero value is ready.
type keptAnswers struct {
	mu   sync.Mutex
	list []keptAnswer
}

// keep makes room, puts an answer in and names it; "" if it is too large for any room.
func (k *keptAnswers) keep(a keptAnswer) string {
	if len(a.body) > answersBytes {
		return ""
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(a.at)
	size := len(a.body)
	for _, old := range k.list {
		size += len(old.body)
	}
	for size > answersBytes {
		size -= len(k.list[0].body)
		k.list = slices.Delete(k.list, 0, 1)
	}
	a.id = rand.Text()
	k.list = append(k.list, a)
	return a.id
}

// forget drops what is too old. The lock is held.
func (k *keptAnswers) forget(now time.Time) {
	k.list = slices.DeleteFunc(k.list, func(a keptAnswer) bool { return now.Sub(a.at) > answersFor })
}

// get finds an answer for the operator who got it.
func (k *keptAnswers) get(id, operator, app string, now time.Time) (keptAnswer, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(now)
	for _, a := range k.list {
		if a.id == id && a.operator == operator && a.app == app {
			return a, true
		}
	}
	return keptAnswer{}, false
}
