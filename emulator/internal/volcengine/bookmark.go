package volcengine

import (
	"sync"
	"time"

	"imdesk/emulator/internal/community"
)

// listKey is a list that is read with an offset, by those who read it: a conversation's members, a user's friends.
type listKey struct {
	list    string
	owner   int64 // conversation, or user
	app     int64
	inbox   int64
	mark    string
	reverse bool
	offset  int64
}

// maxBookmarks bounds the memory; bookmarkLife is how long somebody may take to turn a page.
const (
	maxBookmarks = 4096
	bookmarkLife = 2 * time.Minute
)

// bookmarks remember behind which item a page ended, so that the next one, asked for with an offset, need not skip what was
// read. Without a bookmark the offset is counted.
type bookmarks struct {
	mu    sync.Mutex
	at    map[listKey]bookmark
	order []listKey
}

type bookmark struct {
	place community.Place
	until time.Time
}

// find returns where the list goes on and how many items are still to be skipped behind it.
func (b *bookmarks) find(now time.Time, key listKey) (place community.Place, skip int) {
	if key.offset == 0 {
		return place, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if m, ok := b.at[key]; ok && now.Before(m.until) {
		return m.place, 0
	}
	return place, int(key.offset)
}

func (b *bookmarks) put(now time.Time, key listKey, place community.Place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at == nil {
		b.at = map[listKey]bookmark{}
	}
	if _, ok := b.at[key]; !ok {
		if len(b.order) == maxBookmarks {
			delete(b.at, b.order[0])
			b.order = b.order[1:]
		}
		b.order = append(b.order, key)
	}
	b.at[key] = bookmark{place, now.Add(bookmarkLife)}
}

// page cuts what was read, one item more than asked for, to its length, and says where the next page begins: -1 if there is none.
func page[T any](s *Service, key listKey, items []T, limit int, place func(T) community.Place) (cut []T, more bool, next int64) {
	if len(items) <= limit {
		return items, false, -1
	}
	items = items[:limit]
	key.offset += int64(limit)
	s.bookmarks.put(s.now(), key, place(items[limit-1]))
	return items, true, key.offset
}
