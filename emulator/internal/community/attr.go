package community

import (
	"errors"
	"fmt"
)

// Attr is one attribute of a group.
type Attr struct{ Key, Value string }

// Attrs returns the group's attributes by key.
func (c Conn) Attrs(gid int64) (attrs []Attr, err error) {
	err = c.each("SELECT key, value FROM attr WHERE gid = ? ORDER BY key", []any{gid}, func(scan func(...any) error) error {
		var a Attr
		err := scan(&a.Key, &a.Value)
		attrs = append(attrs, a)
		return err
	})
	return attrs, err
}

// SetAttrs stores attributes; keys that are not named stay as they are.
func (t *Tx) SetAttrs(gid int64, attrs []Attr) error {
	for _, a := range attrs {
		if _, err := t.exec("INSERT INTO attr (gid, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", gid, a.Key, a.Value); err != nil {
			return err
		}
	}
	return nil
}

// ErrNoAttr is the error of removing an attribute that is not there.
var ErrNoAttr = errors.New("no such attribute")

// DeleteAttrs removes the named attributes, or fails with ErrNoAttr.
func (t *Tx) DeleteAttrs(gid int64, keys []string) error {
	for _, key := range keys {
		n, err := t.exec("DELETE FROM attr WHERE gid = ? AND key = ?", gid, key)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%w: %s", ErrNoAttr, key)
		}
	}
	return nil
}

// ClearAttrs removes all attributes.
func (t *Tx) ClearAttrs(gid int64) error {
	_, err := t.exec("DELETE FROM attr WHERE gid = ?", gid)
	return err
}

// Counter is one counter of a group.
type Counter struct {
	Key   string
	Value int64
}

// Counters returns the group's counters by key.
func (c Conn) Counters(gid int64) (counters []Counter, err error) {
	err = c.each("SELECT key, value FROM counter WHERE gid = ? ORDER BY key", []any{gid}, func(scan func(...any) error) error {
		var k Counter
		err := scan(&k.Key, &k.Value)
		counters = append(counters, k)
		return err
	})
	return counters, err
}

// SetCounter stores a counter.
func (t *Tx) SetCounter(gid int64, c Counter) error {
	_, err := t.exec("INSERT INTO counter (gid, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", gid, c.Key, c.Value)
	return err
}

// DeleteCounters removes the named counters, or all if keys is nil. One that is not there is passed over.
func (t *Tx) DeleteCounters(gid int64, keys []string) error {
	if keys == nil {
		_, err := t.exec("DELETE FROM counter WHERE gid = ?", gid)
		return err
	}
	arg, err := list(keys)
	if err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM counter WHERE gid = ? AND key IN "+in, gid, arg)
	return err
}
