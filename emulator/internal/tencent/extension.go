package tencent

import (
	"errors"
	"slices"
	"sync"
	"time"

	"imdesk/emulator/internal/community"
)

const extensionService = "openim_msg_ext_http_svc"

var extensionCommands = []command{
	{service: extensionService, name: "set_key_values", rate: 200, members: true, run: setDirectExtensions},
	{service: extensionService, name: "get_key_values", rate: 200, members: true, run: getDirectExtensions},
	{service: extensionService, name: "group_set_key_values", rate: 200, members: true, run: setGroupExtensions},
	{service: extensionService, name: "group_get_key_values", rate: 200, members: true, run: getGroupExtensions},
}

// Codes of pairs noted on messages. Source: "Configuring message extension", docs 51195 and 52170.
const (
	codeExtConflict = 23001
	codeExtNotTaken = 23002
	codeExtTooOften = 23003
	codeExtNoMsg    = 23004
)

const (
	maxExtCall   = 20  // pairs of one call
	maxExtMsg    = 300 // pairs of one message
	maxExtPage   = 200
	maxExtKey    = 100  // bytes
	maxExtValue  = 1000 // bytes
	maxExtWrites = 200  // a minute and message
)

// What OperateType says.
const (
	extSet = iota + 1
	extDelete
	extClear
)

// extWrite is a request to change pairs.
type extWrite struct {
	kind  int64
	pairs []community.Extension
}

func (c *call) readExtWrite() extWrite {
	w := extWrite{kind: c.num("OperateType", extSet, extClear)}
	if w.kind == extClear {
		return w
	}
	for _, o := range c.objs("ExtensionList", maxExtCall, c.code) {
		e := community.Extension{Key: o.str("Key"), Value: o.optStr("Value")}
		if e.Seq = o.optNum("Seq", 0, 0, maxU32); !c.isAdmin(c.admin) {
			o.need("Seq")
		}
		switch {
		case len(e.Key) > maxExtKey:
			o.fail("Key", "is over 100 bytes")
		case len(e.Value) > maxExtValue:
			o.fail("Value", "is over 1000 bytes")
		case w.kind == extSet && !o.has("Value"):
			o.fail("Value", "is missing")
		case slices.ContainsFunc(w.pairs, func(p community.Extension) bool { return p.Key == e.Key }):
			o.fail("Key", "is there twice")
		}
		w.pairs = append(w.pairs, e)
	}
	return w
}

// noted is a message that pairs are noted on.
type noted struct {
	community.Noted
	flags int
}

// directNoted returns the message that From_Account, To_Account and MsgKey name. Without From_Account the caller sent it.
func (c *call) directNoted() (n noted, err error) {
	from, to := c.optStr("From_Account"), c.str("To_Account")
	if from == "" {
		from = c.admin
	}
	key := c.msgKey("MsgKey", c.code)
	if err := c.failed(); err != nil {
		return n, err
	}
	if !c.isAdmin(c.admin) && c.admin != from && c.admin != to {
		return n, refuse(codeNoAdmin, "the identifier is neither an administrator of the app nor one of the two")
	}
	a, b, err := c.pair(from, to)
	if err != nil {
		return n, err
	}
	d, err := c.read().Direct(a.UID, b.UID, key)
	if errors.Is(err, community.ErrNoMessage) || err == nil && d.State != community.Shown {
		return n, refuse(codeExtNoMsg, "there is no such message")
	}
	return noted{community.NotedDirect(d.ID), d.Flags}, err
}

// groupNoted returns the message that GroupId and MsgSeq name.
func (c *call) groupNoted() (n noted, err error) {
	seq := c.num("MsgSeq", 1, maxU32)
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom, community.Community)
	if err != nil {
		return n, err
	}
	db := c.read()
	if !c.isAdmin(c.admin) {
		in, err := db.MembersNamed(c.app, g.GID, []string{c.admin})
		if err != nil {
			return n, err
		}
		if len(in) == 0 {
			return n, refuse(codeNoAdmin, "the identifier is neither an administrator of the app nor a member of the group")
		}
	}
	m, err := db.Message(g.GID, seq)
	if errors.Is(err, community.ErrNoMessage) || err == nil && (m.State != community.Shown || m.Flags&community.Tip != 0) {
		return n, refuse(codeExtNoMsg, "there is no such message")
	}
	return noted{community.NotedMessage(g.GID, seq), m.Flags}, err
}

// setDirectExtensions is set_key_values, doc 51195.
func setDirectExtensions(c *call) (any, error) {
	w := c.readExtWrite()
	on, err := c.directNoted()
	if err != nil {
		return nil, err
	}
	return c.writeExtensions(on, w)
}

// setGroupExtensions is group_set_key_values, doc 52170.
func setGroupExtensions(c *call) (any, error) {
	w := c.readExtWrite()
	on, err := c.groupNoted()
	if err != nil {
		return nil, err
	}
	return c.writeExtensions(on, w)
}

type extResult struct {
	ErrorCode int
	Extension community.Extension
}

// writeExtensions changes pairs. One change gives all that it writes the same Seq. Who is no administrator has to know the
// Seq of what he changes: a pair that somebody else has changed since stays as it is, and is answered with.
func (c *call) writeExtensions(on noted, w extWrite) (any, error) {
	switch {
	case on.flags&community.Extensible == 0:
		return nil, refuse(codeExtNotTaken, "the message takes no extension")
	case !c.s.extWrites.allow(c.s.now(), on.Noted):
		return nil, refuse(codeExtTooOften, "more than %d changes a minute", maxExtWrites)
	}
	results := []extResult{}
	err := c.update(func(tx *community.Tx) error {
		if w.kind == extClear {
			return tx.ClearExtensions(on.Noted)
		}
		seq := int64(0)
		for _, want := range w.pairs {
			have, err := tx.Extension(on.Noted, want.Key)
			if err != nil {
				return err
			}
			if !c.isAdmin(c.admin) && have.Seq != want.Seq {
				results = append(results, extResult{codeExtConflict, have})
				continue
			}
			if seq == 0 {
				if seq, err = tx.NextExtensionSeq(on.Noted); err != nil {
					return err
				}
			}
			want.Seq = seq
			if w.kind == extSet {
				err = tx.SetExtension(on.Noted, want)
			} else {
				want.Value = ""
				err = tx.DeleteExtension(on.Noted, want.Key)
			}
			if err != nil {
				return err
			}
			results = append(results, extResult{0, want})
		}
		n, err := tx.CountExtensions(on.Noted)
		if err == nil && n > maxExtMsg {
			return refuse(c.code, "a message takes at most %d pairs", maxExtMsg)
		}
		return err
	})
	return struct{ ExtensionList []extResult }{results}, err
}

// getDirectExtensions is get_key_values, doc 51194.
func getDirectExtensions(c *call) (any, error) {
	from := c.orDefault("StartSeq", 0, 0, maxU32)
	on, err := c.directNoted()
	if err != nil {
		return nil, err
	}
	return c.readExtensions(on, from)
}

// getGroupExtensions is group_get_key_values, doc 52169.
func getGroupExtensions(c *call) (any, error) {
	from := c.orDefault("StartSeq", 0, 0, maxU32)
	on, err := c.groupNoted()
	if err != nil {
		return nil, err
	}
	return c.readExtensions(on, from)
}

func (c *call) readExtensions(on noted, from int64) (any, error) {
	if on.flags&community.Extensible == 0 {
		return nil, refuse(codeExtNotTaken, "the message takes no extension")
	}
	db := c.read()
	page, err := db.Extensions(on.Noted, from, maxExtPage+1)
	if err != nil {
		return nil, err
	}
	latest, cleared, err := db.ExtensionSeqs(on.Noted)
	if err != nil {
		return nil, err
	}
	complete := 1
	if len(page) > maxExtPage {
		page, complete = page[:maxExtPage], 0
	}
	if page == nil {
		page = []community.Extension{}
	}
	return struct {
		CompleteFlag        int
		LatestSeq, ClearSeq int64
		ExtensionList       []community.Extension
	}{complete, latest, cleared, page}, nil
}

// extWrites counts the changes of the last minute, for each message.
type extWrites struct {
	mu      sync.Mutex
	windows map[community.Noted]*extWindow
}

type extWindow struct {
	began time.Time
	n     int
}

// maxExtWindows bounds how many messages are watched at once.
const maxExtWindows = 10_000

func (e *extWrites) allow(now time.Time, on community.Noted) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.windows[on]
	if w == nil || now.Sub(w.began) >= time.Minute {
		if e.windows == nil || len(e.windows) >= maxExtWindows {
			e.windows = map[community.Noted]*extWindow{}
		}
		w = &extWindow{began: now}
		e.windows[on] = w
	}
	w.n++
	return w.n <= maxExtWrites
}
