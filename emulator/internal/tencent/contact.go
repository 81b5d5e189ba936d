package tencent

import (
	"context"
	"errors"
	"fmt"

	"imdesk/emulator/internal/community"
)

const contactService = "recentcontact"

var contactCommands = []command{
	{service: contactService, name: "get_list", rate: 200, run: listTalks},
	{service: contactService, name: "delete", rate: 200, run: deleteTalk},
	{service: contactService, name: "create_contact_group", rate: 200, run: createContactGroup},
	{service: contactService, name: "del_contact_group", rate: 200, run: deleteContactGroup},
	{service: contactService, name: "update_contact_group", rate: 200, run: updateContactGroup},
	{service: contactService, name: "mark_contact", rate: 200, run: markContacts},
	{service: contactService, name: "search_contact_group", rate: 200, run: searchContacts},
	{service: contactService, name: "get_contact_group", rate: 200, run: listContactGroups},
}

// Codes of conversations.
const (
	codeContact      = 50002
	codeContactUser  = 50001
	codeMarkNumber   = 51006
	codeContactGroup = 51007 // the group of a conversation is not there
	codeContactsFull = 51008
	codeNoContacts   = 51009 // no such group of conversations
	codeGroupsFull   = 51010
	codeContactName  = 51011
	codePinsFull     = 51012
	talkPage         = 100
	maxTalks         = 500
	maxPins          = 50
	maxContactGroups = 20
	maxContacts      = 1000 // conversations that are marked or grouped
	maxContactName   = 32   // bytes
	maxMarkItems     = 100
	maxSearch        = 300
	maxStandardMark  = 64
	maxCustomMark    = 256 // bytes
	contactPage      = 100
	withPinned       = 1 << 0
	withEmpty        = 1 << 1
	pagedPins        = 1 << 2
	updateMembers    = 1 // UpdateType, the only one
	renameGroup      = 1 // UpdateGroupType
	changeMembers    = 2
	joinContacts     = 1 // ContactOptType
	leaveContacts    = 2
	standardMark     = 1 // bits of OptType
	customMark       = 2
)

type session struct {
	Type      int
	ToAccount string `json:"To_Account,omitempty"`
	GroupId   string `json:",omitempty"`
	MsgTime   int64
	TopFlag   int
}

// talkCursor is where in a list of conversations a page ends: the time of the last one, and its number.
type talkCursor struct{ at, order int64 }

// after returns what follows the cursor in a list that is sorted, latest first. The zero cursor is before all.
func (u talkCursor) after(talks []community.Talk) []community.Talk {
	if u == (talkCursor{}) {
		return talks
	}
	for i, k := range talks {
		if k.At < u.at || k.At == u.at && k.Order() < u.order {
			return talks[i:]
		}
	}
	return nil
}

// end is the cursor behind the page.
func (u talkCursor) end(page []community.Talk) talkCursor {
	if len(page) == 0 {
		return u
	}
	last := page[len(page)-1]
	return talkCursor{last.At, last.Order()}
}

// talkCursor reads two required fields.
func (c *call) talkCursor(at, order string) talkCursor {
	return talkCursor{c.num(at, 0, 1<<62), c.num(order, 0, 1<<62)}
}

// listTalks is get_list, doc 43087: pinned conversations first, each kind latest first, 100 a page.
func listTalks(c *call) (any, error) {
	cursor, top := c.talkCursor("TimeStamp", "StartIndex"), c.talkCursor("TopTimeStamp", "TopStartIndex")
	flags := c.num("AssistFlags", 0, maxU32)
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	talks, err := db.Talks(me.UID)
	if err != nil {
		return nil, err
	}
	var pinned, others []community.Talk
	for _, k := range talks {
		switch {
		case k.Empty && flags&withEmpty == 0, k.Pinned && flags&withPinned == 0:
		case k.Pinned:
			pinned = append(pinned, k)
		case len(pinned)+len(others) < maxTalks:
			others = append(others, k)
		}
	}
	pinned, others = top.after(pinned), cursor.after(others)
	room := talkPage
	done := 1
	if flags&pagedPins != 0 && len(pinned) > room {
		pinned, done = pinned[:room], 0
	}
	if room = max(room-len(pinned), 0); len(others) > room {
		others, done = others[:room], 0
	}
	sessions := []session{}
	for _, k := range append(pinned, others...) {
		s := session{Type: k.Kind, MsgTime: k.At, TopFlag: bit(k.Pinned)}
		if k.Kind == community.Direct {
			s.ToAccount = k.Name
		} else {
			s.GroupId = k.Name
		}
		sessions = append(sessions, s)
	}
	cursor, top = cursor.end(others), top.end(pinned)
	return struct {
		SessionItem                                        []session
		CompleteFlag                                       int
		TimeStamp, StartIndex, TopTimeStamp, TopStartIndex int64
		ErrorDisplay                                       string
	}{sessions, done, cursor.at, cursor.order, top.at, top.order, ""}, nil
}

// deleteTalk is delete, doc 43088. The group's id is spelled ToGroupid here. ClearRamble clears a direct conversation for
// this side; the history of a group belongs to all.
func deleteTalk(c *call) (any, error) {
	k := community.Talk{Kind: int(c.num("Type", community.Direct, community.InGroup))}
	field := map[bool]string{true: "To_Account", false: "ToGroupid"}[k.Kind == community.Direct]
	k.Name = c.str(field)
	clear := c.optNum("ClearRamble", 0, 0, 1) == 1
	return struct{ ErrorDisplay string }{}, c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		if k.ID, err = c.talkID(tx.Conn, k); err != nil {
			return err
		}
		if _, err = tx.DropTalk(me.UID, k); err != nil || !clear || k.Kind != community.Direct {
			return err
		}
		return tx.ClearDirects(me.UID, k.ID)
	})
}

// talkID returns the number of the other side.
func (c *call) talkID(db community.Conn, k community.Talk) (int64, error) {
	if k.Kind == community.Direct {
		a, err := db.Account(c.app, k.Name)
		return a.UID, err
	}
	alive, _, err := db.Groups(c.app, []string{k.Name})
	if err == nil && alive[k.Name] == nil {
		return 0, refuse(codeContact, "there is no group %s", k.Name)
	}
	if err != nil {
		return 0, err
	}
	return alive[k.Name].GID, nil
}

// Pin keeps a conversation at the top of a user's list, as the app on a device does. peer is an account or, if inGroup, a
// group.
func (s *Service) Pin(ctx context.Context, app int64, user, peer string, inGroup, on bool) error {
	c := &call{Context: ctx, s: s, app: app}
	k := community.Talk{Kind: 1 + bit(inGroup), Name: peer}
	return s.store.Update(ctx, func(tx *community.Tx) error {
		u, err := tx.Account(app, user)
		if err != nil {
			return err
		}
		if k.ID, err = c.talkID(tx.Conn, k); err != nil {
			return err
		}
		if err := tx.PinTalk(u.UID, k, on); err != nil {
			return err
		}
		if n, err := tx.CountPins(u.UID); err != nil || n > maxPins {
			return firstOf(err, fmt.Errorf("pin %s: %w", peer, refuse(codePinsFull, "more than %d conversations", maxPins)))
		}
		return nil
	})
}

// contact names a conversation on the wire.
type contact struct {
	Type      int
	ToAccount string `json:"To_Account,omitempty"`
	ToGroupId string `json:",omitempty"`
}

func newContact(k community.Contact) contact {
	if k.Kind == community.Direct {
		return contact{Type: k.Kind, ToAccount: k.Peer}
	}
	return contact{Type: k.Kind, ToGroupId: k.Peer}
}

// contact reads a conversation.
func (f *fields) contact() community.Contact {
	k := community.Contact{Kind: int(f.num("Type", community.Direct, community.InGroup))}
	if k.Kind == community.InGroup {
		k.Peer = f.str("ToGroupId")
	} else {
		k.Peer = f.str("To_Account")
	}
	return k
}

// contactResult says what became of one conversation of a request.
type contactResult struct {
	OptType        int64 `json:",omitempty"`
	ContactOptType int64 `json:",omitempty"`
	ContactItem    contact
	ResultCode     int
	ResultInfo     string
}

// refused is err as the result of one item; what is no refusal stays an error.
func (r *contactResult) refused(err error) error {
	if no, ok := errors.AsType[*refusal](err); ok {
		r.ResultCode, r.ResultInfo = no.code, no.info
		return nil
	}
	return err
}

// note changes what the user notes of a conversation, which must be one with somebody or something that exists.
func (c *call) note(tx *community.Tx, uid int64, k community.Contact, change func(*community.Mark)) error {
	m, err := tx.MarkOf(uid, k)
	if err != nil {
		return err
	}
	if m.N == 0 {
		if k.Kind == community.Direct {
			if found, err := tx.Accounts(c.app, []string{k.Peer}); err != nil || len(found) == 0 {
				return firstOf(err, refuse(codeContactUser, "this account has not been imported"))
			}
		} else if alive, _, err := tx.Groups(c.app, []string{k.Peer}); err != nil || len(alive) == 0 {
			return firstOf(err, refuse(codeContactGroup, "there is no such group"))
		}
		if n, err := tx.CountMarks(uid); err != nil || n >= maxContacts {
			return firstOf(err, refuse(codeContactsFull, "more than %d conversations", maxContacts))
		}
	}
	change(&m)
	return tx.SaveMark(uid, m)
}

// joinGroup puts the conversation into a group of conversations.
func joinGroup(id int64) func(*community.Mark) {
	return func(m *community.Mark) { leaveGroup(id)(m); m.Groups = append(m.Groups, id) }
}

func leaveGroup(id int64) func(*community.Mark) {
	return func(m *community.Mark) {
		kept := []int64{}
		for _, g := range m.Groups {
			if g != id {
				kept = append(kept, g)
			}
		}
		m.Groups = kept
	}
}

type contactGroup struct {
	GroupName string
	GroupId   int64
}

// contactGroupName reads the name of a group of conversations.
func (f *fields) contactGroupName(name string) string {
	text := f.str(name)
	if len(text) > maxContactName {
		f.failWith(codeContactName, name, "is over 32 bytes")
	}
	return text
}

type groupResult struct {
	GroupItem  contactGroup
	ResultItem []contactResult
}

// createContactGroup is create_contact_group, doc 53437: one group a call. One that is there gets what is named.
func createContactGroup(c *call) (any, error) {
	groups := c.objs("GroupContactItem", 1, codeContact)
	if err := c.failed(); err != nil {
		return nil, err
	}
	name := groups[0].contactGroupName("GroupName")
	var contacts []community.Contact
	for _, o := range groups[0].optObjs("ContactItem", maxContacts, codeContact) {
		contacts = append(contacts, o.contact())
	}
	result := groupResult{ResultItem: []contactResult{}}
	err := c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		g, err := newContactGroup(tx, me.UID, name)
		if err != nil {
			return err
		}
		result.GroupItem = contactGroup{g.Name, g.ID}
		for _, k := range contacts {
			r := contactResult{ContactItem: newContact(k)}
			if err := r.refused(c.note(tx, me.UID, k, joinGroup(g.ID))); err != nil {
				return err
			}
			result.ResultItem = append(result.ResultItem, r)
		}
		return nil
	})
	return struct {
		GroupResultItem []groupResult
		ErrorDisplay    string
	}{[]groupResult{result}, ""}, err
}

// newContactGroup returns the user's group of that name, which it makes if need be.
func newContactGroup(tx *community.Tx, uid int64, name string) (community.MarkGroup, error) {
	groups, err := tx.MarkGroups(uid)
	if err != nil {
		return community.MarkGroup{}, err
	}
	for _, g := range groups {
		if g.Name == name {
			return g, nil
		}
	}
	if len(groups) >= maxContactGroups {
		return community.MarkGroup{}, refuse(codeGroupsFull, "more than %d groups of conversations", maxContactGroups)
	}
	return tx.AddMarkGroup(uid, name)
}

// contactGroupOf returns a group of conversations by name.
func contactGroupOf(tx *community.Tx, uid int64, name string) (community.MarkGroup, error) {
	g, err := tx.MarkGroup(uid, name)
	if errors.Is(err, community.ErrNoMarkGroup) {
		return g, refuse(codeNoContacts, "there is no group of conversations %s", name)
	}
	return g, err
}

// deleteContactGroup is del_contact_group, doc 53438: one group a call.
func deleteContactGroup(c *call) (any, error) {
	names := c.strs("GroupName", 1, codeContact)
	groups := []contactGroup{}
	err := c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		g, err := contactGroupOf(tx, me.UID, names[0])
		if err != nil {
			return err
		}
		groups = append(groups, contactGroup{g.Name, g.ID})
		return tx.RemoveMarkGroup(me.UID, g.ID)
	})
	return struct {
		GroupItem    []contactGroup
		ErrorDisplay string
	}{groups, ""}, err
}

type updateResult struct {
	UpdateGroupType   int64
	GroupName         string
	GroupId           int64
	OldGroupName      string
	ContactResultItem []contactResult
}

// updateContactGroup is update_contact_group, doc 53441: another name, or other conversations.
func updateContactGroup(c *call) (any, error) {
	c.num("UpdateType", updateMembers, updateMembers)
	if _, ok := c.need("UpdateGroup"); !ok {
		return nil, c.failed()
	}
	o := c.optObj("UpdateGroup")
	if err := c.failed(); err != nil {
		return nil, err
	}
	result := updateResult{UpdateGroupType: o.num("UpdateGroupType", renameGroup, changeMembers), OldGroupName: o.str("OldGroupName"), ContactResultItem: []contactResult{}}
	result.GroupName = result.OldGroupName
	var contacts []community.Contact
	if result.UpdateGroupType == renameGroup {
		result.GroupName = o.contactGroupName("NewGroupName")
	} else {
		for _, it := range o.objs("ContactUpdateItem", maxContacts, codeContact) {
			r := contactResult{ContactOptType: it.num("ContactOptType", joinContacts, leaveContacts)}
			if item := it.optObj("ContactItem"); item == nil {
				it.fail("ContactItem", "is missing")
			} else {
				contacts = append(contacts, item.contact())
			}
			result.ContactResultItem = append(result.ContactResultItem, r)
		}
	}
	err := c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		g, err := contactGroupOf(tx, me.UID, result.OldGroupName)
		if err != nil {
			return err
		}
		result.GroupId = g.ID
		if result.UpdateGroupType == renameGroup {
			if other, err := tx.MarkGroup(me.UID, result.GroupName); err == nil && other.ID != g.ID {
				return refuse(codeContact, "there is a group of conversations %s", other.Name)
			} else if err != nil && !errors.Is(err, community.ErrNoMarkGroup) {
				return err
			}
			return tx.RenameMarkGroup(me.UID, g.ID, result.GroupName)
		}
		for i, k := range contacts {
			r := &result.ContactResultItem[i]
			r.ContactItem = newContact(k)
			change := joinGroup(g.ID)
			if r.ContactOptType == leaveContacts {
				change = leaveGroup(g.ID)
			}
			if err := r.refused(c.note(tx, me.UID, k, change)); err != nil {
				return err
			}
		}
		return nil
	})
	return struct {
		UpdateType        int
		UpdateGroupResult updateResult
		ErrorDisplay      string
	}{updateMembers, result, ""}, err
}

// marking is one item of mark_contact.
type marking struct {
	community.Contact
	kind       int64
	set, clear uint64
	custom     *string
}

// bits reads a list of numbers of standard marks.
func (f *fields) bits(name string) (mask uint64) {
	for _, raw := range f.elems(name, maxStandardMark, codeContact) {
		n, ok := integer(raw)
		if !ok || n < 1 || n > maxStandardMark {
			f.fail(name, "holds something that is no mark from 1 to 64")
			return 0
		}
		mask |= 1 << (n - 1)
	}
	return mask
}

// markContacts is mark_contact, doc 53439.
func markContacts(c *call) (any, error) {
	var marks []marking
	for _, o := range c.objs("MarkItem", maxMarkItems, codeMarkNumber) {
		m := marking{kind: o.num("OptType", standardMark, standardMark|customMark)}
		if item := o.optObj("ContactItem"); item == nil {
			o.fail("ContactItem", "is missing")
		} else {
			m.Contact = item.contact()
		}
		if m.kind&standardMark != 0 {
			m.set, m.clear = o.bits("SetMark"), o.bits("ClearMark")
		}
		if m.kind&customMark != 0 {
			if m.custom = o.strPtr("CustomMark"); m.custom != nil && len(*m.custom) > maxCustomMark {
				o.fail("CustomMark", "is over 256 bytes")
			}
		}
		marks = append(marks, m)
	}
	results := make([]contactResult, len(marks))
	err := c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		for i, m := range marks {
			results[i] = contactResult{OptType: m.kind, ContactItem: newContact(m.Contact)}
			if err := results[i].refused(c.note(tx, me.UID, m.Contact, func(has *community.Mark) {
				has.Standard = has.Standard&^m.clear | m.set
				if m.custom != nil {
					has.Custom = *m.custom
				}
			})); err != nil {
				return err
			}
		}
		return nil
	})
	return struct {
		ResultItem   []contactResult
		ErrorDisplay string
	}{results, ""}, err
}

type markedContact struct {
	contact
	StandardMark   string  `json:",omitempty"`
	CustomMark     string  `json:",omitempty"`
	ContactGroupId []int64 `json:",omitempty"`
	Timestamp      int64
}

func newMarked(m community.Mark) markedContact {
	digits := []byte{}
	for bits := m.Standard; bits != 0; bits >>= 1 {
		digits = append(digits, '0'+byte(bits&1))
	}
	return markedContact{newContact(m.Contact), string(digits), m.Custom, m.Groups, m.ChangedAt}
}

// contactGroups are all of the user's groups of conversations.
func contactGroups(db community.Conn, uid int64) ([]contactGroup, error) {
	groups, err := db.MarkGroups(uid)
	list := make([]contactGroup, len(groups))
	for i, g := range groups {
		list[i] = contactGroup{g.Name, g.ID}
	}
	return list, err
}

// searchContacts is search_contact_group, doc 53442. Conversations of which nothing is noted are left out.
func searchContacts(c *call) (any, error) {
	var wanted []community.Contact
	for _, o := range c.objs("ContactItem", maxSearch, codeContact) {
		wanted = append(wanted, o.contact())
	}
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	found := []markedContact{}
	for _, k := range wanted {
		m, err := db.MarkOf(me.UID, k)
		if err != nil {
			return nil, err
		}
		if m.N > 0 {
			found = append(found, newMarked(m))
		}
	}
	groups, err := contactGroups(db, me.UID)
	return struct {
		ContactResultItem []markedContact
		GroupItem         []contactGroup
		ErrorDisplay      string
	}{found, groups, ""}, err
}

// listContactGroups is get_contact_group, doc 53440.
func listContactGroups(c *call) (any, error) {
	c.need("StartIndex")
	after := c.orDefault("StartIndex", 0, 1, 1<<62)
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, err
	}
	marks, err := db.Marks(me.UID, after, contactPage+1)
	if err != nil {
		return nil, err
	}
	answer := struct {
		ContactItem    []markedContact
		GroupItem      []contactGroup
		CompleteFlag   int
		NextStartIndex int64
		ErrorDisplay   string
	}{ContactItem: []markedContact{}, CompleteFlag: 1}
	if len(marks) > contactPage {
		marks = marks[:contactPage]
		answer.CompleteFlag, answer.NextStartIndex = 0, marks[contactPage-1].N
	}
	for _, m := range marks {
		answer.ContactItem = append(answer.ContactItem, newMarked(m))
	}
	answer.GroupItem, err = contactGroups(db, me.UID)
	return answer, err
}
