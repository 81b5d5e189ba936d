package evidence

import (
	"strings"
	"sync"
	"time"

	"imdesk/cases"
	"imdesk/imclient"
)

// Bounds of what is remembered of callbacks, in each console.
const (
	CallbackTime  = 10 * time.Minute
	callbackBytes = 16 << 20 // of bodies; with more the oldest go
	maxCallback   = 64 << 10 // bytes of one
)

// Callbacks remembers callbacks about messages as they came, for a while: a rule flags within it, and so do most people who
// report what they have just read. The zero value is ready.
type Callbacks struct {
	mu    sync.Mutex
	byKey map[string]*callback
	list  []*callback // oldest first
	first int         // of list that counts
	bytes int
}

// callback is one as it came.
type callback struct {
	key     string
	command string
	at      time.Time
	body    []byte
}

// keyOf is what a message is remembered by: its place and key, or, before it is sent, its place, sender and time of asking.
func keyOf(app, group string, peers [2]string, key string) string {
	if peers[0] > peers[1] {
		peers[0], peers[1] = peers[1], peers[0]
	}
	if group != "" {
		peers = [2]string{}
	}
	return strings.Join([]string{app, group, peers[0], peers[1], key}, "\x00")
}

// asked is the key of a message that is not sent yet.
func asked(sender, text string) string { return "\x00" + sender + "\x00" + text }

// Note remembers a callback that tells what somebody says, or wants to say. The body is kept as it is: nobody may change it.
func (b *Callbacks) Note(app string, e imclient.Event, body []byte, now time.Time) {
	key := ""
	switch {
	case len(body) > maxCallback:
		return
	case e.Said != nil && e.Said.ID != "":
		key = e.Said.ID
	case e.Asks != nil:
		key = asked(e.Asks.From, plain(e.Asks.Body))
	default:
		return
	}
	c := &callback{keyOf(app, e.Group, e.Peers, key), e.Command, now, body}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byKey == nil {
		b.byKey = map[string]*callback{}
	}
	b.byKey[c.key] = c
	b.list = append(b.list, c)
	for b.bytes += len(body); b.first < len(b.list) && (b.bytes > callbackBytes || now.Sub(b.list[b.first].at) > CallbackTime); b.first++ {
		old := b.list[b.first]
		b.bytes -= len(old.body)
		if b.byKey[old.key] == old {
			delete(b.byKey, old.key)
		}
		b.list[b.first] = nil
	}
	if b.first > 1000 && b.first > len(b.list)/2 {
		b.list, b.first = append([]*callback(nil), b.list[b.first:]...), 0
	}
}

// find is the callback that told of a flagged message.
func (b *Callbacks) find(f cases.Flag) (callback, bool) {
	key := f.Key
	if key == "" {
		key = asked(f.Sender, f.Text)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c, has := b.byKey[keyOf(f.App, f.Group, f.Peers, key)]
	if !has {
		return callback{}, false
	}
	return *c, true
}

// plain is the text of a message as rules have it.
func plain(body []imclient.Element) string {
	var parts []string
	for _, e := range body {
		if t, is := e.(imclient.Text); is {
			parts = append(parts, t.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// Has reports whether the callback that told of a group's message is remembered.
func (b *Callbacks) Has(app, group, key string) bool {
	_, has := b.find(cases.Flag{App: app, Group: group, Key: key})
	return has
}
