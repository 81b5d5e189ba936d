package tencent

import (
	"errors"
	"slices"
	"sync"
	"time"

	"imdesk/emulator/internal/community"
)

// attrService has but one command: the writing ones belong to the group service.
const attrService = "group_open_attr_http_svc"

var attrCommands = []command{
	{service: attrService, name: "get_group_attr", rate: 200, run: getAttrs},
	{service: groupService, name: "modify_group_attr", rate: 200, run: modifyAttrs},
	{service: groupService, name: "set_group_attr", rate: 200, run: setAttrs},
	{service: groupService, name: "clear_group_attr", rate: 200, run: clearAttrs},
	{service: groupService, name: "delete_group_attr", rate: 200, run: deleteAttrs},
}

// Codes of attributes.
const (
	codeAttrKey   = 10045
	codeAttrValue = 10046
	codeAttrCount = 10047
	codeAttrTotal = 10048
	codeAttrRate  = 10049
	codeNoAttr    = 10050
)

// Limits of attributes. Source: "Modifying custom group attributes", doc 44187.
const (
	maxAttrs     = 16
	maxAttrKey   = 32 // bytes
	maxAttrValue = 4000
	maxAttrTotal = 16_000 // of all values
	attrRate     = 5      // writes a second and group
)

// attr is written in lower case on the wire.
type attr struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// getAttrs is get_group_attr, doc 44190.
func getAttrs(c *call) (any, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	attrs, err := c.read().Attrs(g.GID)
	list := make([]attr, len(attrs))
	for i, a := range attrs {
		list[i] = attr(a)
	}
	return struct{ GroupAttrAry []attr }{list}, err
}

// attrs reads GroupAttr. Its keys must differ.
func (c *call) attrs(withValues bool) []community.Attr {
	var attrs []community.Attr
	for _, o := range c.objs("GroupAttr", 1000, codeGroupField) {
		a := community.Attr{Key: o.str("key")}
		if withValues {
			o.need("value")
			a.Value = o.optStr("value")
		}
		switch {
		case len(a.Key) > maxAttrKey:
			o.failWith(codeAttrKey, "key", "is over 32 bytes")
		case len(a.Value) > maxAttrValue:
			o.failWith(codeAttrValue, "value", "is over 4000 bytes")
		case slices.ContainsFunc(attrs, func(b community.Attr) bool { return a.Key == b.Key }):
			o.fail("key", "is there twice")
		}
		attrs = append(attrs, a)
	}
	return attrs
}

// writeAttrs runs write on the attributes of the group, unless they are written too often, checks what they then are, and
// tells the app what was done to which.
func (c *call) writeAttrs(what string, named []community.Attr, write func(tx *community.Tx, gid int64) error, without ...community.Kind) (any, error) {
	g, err := c.groupOf(codeNotAllowed, without...)
	if err != nil {
		return nil, err
	}
	if !c.s.attrWrites.allow(c.s.now(), g.GID) {
		return nil, refuse(codeAttrRate, "the attributes of a group are written at most %d times a second", attrRate)
	}
	return nil, c.update(func(tx *community.Tx) error {
		if err := write(tx, g.GID); err != nil {
			return err
		}
		attrs, err := tx.Attrs(g.GID)
		if err != nil {
			return err
		}
		total := 0
		for _, a := range attrs {
			total += len(a.Value)
		}
		switch {
		case len(attrs) > maxAttrs:
			return refuse(codeAttrCount, "more than %d attributes", maxAttrs)
		case total > maxAttrTotal:
			return refuse(codeAttrTotal, "attributes of more than %d bytes", maxAttrTotal)
		}
		list := make([]attr, len(named))
		for i, a := range named {
			list[i] = attr(a)
		}
		return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterGroupAttrChanged", struct {
			GroupId, Type   string
			OperatorAccount string `json:"Operator_Account"`
			OptionType      string
			GroupAttr       []attr
			EventTime       string
		}{g.ID, kindNames[g.Kind], c.admin, what, list, c.eventTime()})
	})
}

// modifyAttrs is modify_group_attr, doc 44187: attributes that are not named stay.
func modifyAttrs(c *call) (any, error) {
	attrs := c.attrs(true)
	return c.writeAttrs("modify", attrs, func(tx *community.Tx, gid int64) error { return tx.SetAttrs(gid, attrs) })
}

// setAttrs is set_group_attr, doc 44188: the attributes named are all there are.
func setAttrs(c *call) (any, error) {
	attrs := c.attrs(true)
	return c.writeAttrs("set", attrs, func(tx *community.Tx, gid int64) error {
		if err := tx.ClearAttrs(gid); err != nil {
			return err
		}
		return tx.SetAttrs(gid, attrs)
	})
}

// clearAttrs is clear_group_attr, doc 44189. Communities do not have it.
func clearAttrs(c *call) (any, error) {
	return c.writeAttrs("clear", nil, func(tx *community.Tx, gid int64) error { return tx.ClearAttrs(gid) }, community.Community)
}

// deleteAttrs is delete_group_attr, doc 59499. If one is not there none is deleted.
func deleteAttrs(c *call) (any, error) {
	attrs := c.attrs(false)
	return c.writeAttrs("delete", attrs, func(tx *community.Tx, gid int64) error {
		keys := make([]string, len(attrs))
		for i, a := range attrs {
			keys[i] = a.Key
		}
		err := tx.DeleteAttrs(gid, keys)
		if errors.Is(err, community.ErrNoAttr) {
			return refuse(codeNoAttr, "an attribute to delete is not there")
		}
		return err
	})
}

// attrWrites counts writes of the attributes of each group over the last second.
type attrWrites struct {
	mu     sync.Mutex
	groups map[int64]*window
}

func (w *attrWrites) allow(now time.Time, gid int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.groups[gid] == nil {
		if w.groups == nil || len(w.groups) >= maxFlood {
			w.groups = map[int64]*window{}
		}
		w.groups[gid] = &window{}
	}
	return w.groups[gid].allow(now, attrRate)
}
