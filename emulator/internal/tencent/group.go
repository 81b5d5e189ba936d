package tencent

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"imdesk/emulator/internal/community"
)

const groupService = "group_open_http_svc"

var groupCommands = []command{
	{service: groupService, name: "get_appid_group_list", rate: 1, rateCode: codeTooOften, limit: maxGroupAnswer, run: listGroups},
	{service: groupService, name: "create_group", rate: 200, run: createGroup},
	{service: groupService, name: "get_group_info", rate: 200, limit: maxGroupAnswer, run: getGroups},
	{service: groupService, name: "modify_group_base_info", rate: 200, run: modifyGroup},
	{service: groupService, name: "get_joined_group_list", rate: 200, limit: maxGroupAnswer, run: listJoined},
	{service: groupService, name: "destroy_group", rate: 200, run: destroyGroup},
	{service: groupService, name: "change_group_owner", rate: 200, run: changeOwner},
	{service: groupService, name: "import_group", rate: 200, run: importGroup},
}

// Limits of groups. Source: "Group system", doc 33529.
const (
	maxGroupID        = 48 // bytes
	maxName           = 30
	maxIntroduction   = 240
	maxNotification   = 300
	maxFace           = 100
	maxGroupKeys      = 10
	maxGroupValue     = 512
	maxCreateMembers  = 100
	maxGroupInfos     = 50
	maxMembersPlain   = 6000
	maxMembersDefault = 2000
	maxMembersHuge    = 100_000
)

// kindNames are the names on the wire; Work and Meeting are newer names of two of them, which are understood.
var kindNames = map[community.Kind]string{
	community.Private: "Private", community.Public: "Public", community.ChatRoom: "ChatRoom",
	community.LiveRoom: "AVChatRoom", community.Community: "Community",
}

func kindOf(name string) (community.Kind, bool) {
	switch name {
	case "Work":
		return community.Private, true
	case "Meeting":
		return community.ChatRoom, true
	}
	for k, n := range kindNames {
		if n == name {
			return k, true
		}
	}
	return 0, false
}

// kind reads a group type that may be absent.
func (c *call) kind(name string) community.Kind {
	text := c.optStr(name)
	if text == "" || text == "BChatRoom" { // a retired type: known as a filter, and of no group
		return 0
	}
	k, ok := kindOf(text)
	if !ok {
		c.fail(name, "is no group type")
	}
	return k
}

// group reads GroupId and returns the group. Any earlier failure of a field is returned first.
func (c *call) group() (*community.Group, error) {
	id := c.str("GroupId")
	if err := c.failed(); err != nil {
		return nil, err
	}
	return c.read().Group(c.app, id)
}

// groupOf is group for commands that some kinds do not have: those get code.
func (c *call) groupOf(code int, without ...community.Kind) (*community.Group, error) {
	g, err := c.group()
	if err == nil && slices.Contains(without, g.Kind) {
		return nil, refuse(code, "not supported for groups of type %s", kindNames[g.Kind])
	}
	return g, err
}

// nextBase makes the cursor of get_appid_group_list larger than 32 bits, as the vendor's is.
const nextBase = 1 << 32

// listGroups is get_appid_group_list, doc 34960.
func listGroups(c *call) (any, error) {
	limit := c.orDefault("Limit", 10_000, 1, 10_000)
	next := c.orDefault("Next", nextBase, nextBase, nextBase<<1)
	kind := c.kind("GroupType")
	if err := c.failed(); err != nil {
		return nil, err
	}
	answer := struct {
		TotalCount  int64
		GroupIdList []groupRef
		Next        int64
	}{GroupIdList: []groupRef{}}
	if c.optStr("GroupType") == "BChatRoom" {
		return answer, nil
	}
	db := c.read()
	ids, last, err := db.GroupIDs(c.app, kind, next-nextBase, int(limit))
	if err != nil {
		return nil, err
	}
	if answer.TotalCount, err = db.CountGroups(c.app, kind); err != nil {
		return nil, err
	}
	for _, id := range ids {
		answer.GroupIdList = append(answer.GroupIdList, groupRef{id})
	}
	if last > 0 {
		answer.Next = nextBase + last
	}
	return answer, nil
}

type groupRef struct{ GroupId string }

var (
	joinOptions   = []string{"FreeAccess", "NeedPermission", "DisableApply"}
	inviteOptions = []string{"FreeAccess", "NeedPermission", "DisableInvite"}
)

// newGroup reads what create_group and import_group have in common.
func (c *call) newGroup() (*community.Group, error) {
	now := c.s.now().Unix()
	kind, ok := kindOf(c.str("Type"))
	g := &community.Group{
		Kind: kind, ID: c.optStr("GroupId"), Owner: c.optStr("Owner_Account"),
		Name: c.str("Name"), Introduction: c.optStr("Introduction"), Notification: c.optStr("Notification"), Face: c.optStr("FaceUrl"),
		CreatedAt: c.optNum("CreateTime", now, 1, now), InfoAt: now, Active: kind != community.Private,
		ApplyJoin: c.oneOf("ApplyJoinOption", joinOptions...), InviteJoin: c.oneOf("InviteJoinOption", inviteOptions...),
		Topics: c.optNum("SupportTopic", 0, 0, 1) == 1, Permission: c.optNum("EnablePermission", 0, 0, 1) == 1, Permissions: c.optNum("DefaultPermission", 0, 0, 1<<62),
	}
	top := int64(maxMembersPlain)
	switch g.MaxMembers = maxMembersDefault; kind {
	case community.Community:
		g.MaxMembers, top = maxMembersHuge, maxMembersHuge
	case community.LiveRoom:
		g.MaxMembers = 0 // no limit
	}
	if n := c.orDefault("MaxMemberCount", g.MaxMembers, 1, top); kind != community.LiveRoom {
		g.MaxMembers = n
	}
	g.Data = c.customData("AppDefinedData", nil, maxGroupKeys, maxGroupValue)
	switch {
	case c.failed() != nil:
		return nil, c.failed()
	case !ok:
		return nil, refuse(codeGroupField, "Type is no group type")
	case g.Topics && kind != community.Community:
		return nil, refuse(codeGroupField, "SupportTopic is for communities")
	case g.ApplyJoin != "" && kind == community.Community:
		return nil, refuse(codeGroupField, "ApplyJoinOption is not for communities")
	case g.ApplyJoin == "" && kind != community.Community:
		g.ApplyJoin = "NeedPermission"
	}
	if g.ID == "" {
		g.ID = newGroupID(kind)
	} else if own := strings.HasPrefix(g.ID, "@TGS#"); !printable(g.ID, maxGroupID) || own != (kind == community.Community) || own && !strings.HasPrefix(g.ID, "@TGS#_") {
		return nil, refuse(codeGroupField, "GroupId is not 1 to %d printable ASCII characters with the prefix of its type", maxGroupID)
	}
	if err := checkTexts(g); err != nil {
		return nil, err
	}
	return g, c.clean(g.Name, g.Introduction, g.Notification)
}

func checkTexts(g *community.Group) error {
	for _, f := range []struct {
		name, text string
		limit      int
	}{
		{"Name", g.Name, maxName},
		{"Introduction", g.Introduction, maxIntroduction},
		{"Notification", g.Notification, maxNotification},
		{"FaceUrl", g.Face, maxFace},
	} {
		if len(f.text) > f.limit {
			return refuse(codeGroupField, "%s is over %d bytes", f.name, f.limit)
		}
	}
	return nil
}

// newGroupID makes an id as the vendor does.
func newGroupID(kind community.Kind) string {
	if kind == community.Community {
		return "@TGS#_@TGS#c" + rand.Text()[:11]
	}
	return "@TGS#" + string("0231"[kind-1]) + rand.Text()[:8]
}

var dataKey = regexp.MustCompile(`^[A-Za-z0-9_]{1,16}$`)

// customData reads {Key, Value} pairs over what is there already. An empty Value removes its key.
func (c *call) customData(name string, have community.Data, keys, valueSize int) community.Data {
	if !c.has(name) {
		return have
	}
	return c.fields.customData(name, have, keys, valueSize)
}

func (f *fields) customData(name string, have community.Data, keys, valueSize int) community.Data {
	data := community.Data{}
	for k, v := range have {
		data[k] = v
	}
	for _, pair := range f.optObjs(name, 100, codeGroupField) {
		k, v := pair.str("Key"), pair.optStr("Value")
		switch {
		case !dataKey.MatchString(k):
			f.fail(name, "has a key that is not 1 to 16 letters, digits or _")
		case len(v) > valueSize:
			f.fail(name, "has a value that is too long")
		case v == "":
			delete(data, k)
		default:
			data[k] = v
		}
	}
	if len(data) > keys {
		f.fail(name, "has too many keys")
	}
	return data
}

// takenCode tells whose group has the id already.
func (c *call) taken(tx *community.Tx, g *community.Group) error {
	other, err := tx.Group(c.app, g.ID)
	if err != nil {
		return err
	}
	asker := g.Owner
	if asker == "" {
		asker = c.admin
	}
	if other.Owner == asker {
		return refuse(10025, "the group id is in use by a group of the same owner")
	}
	return refuse(10021, "the group id is in use")
}

// storeGroup creates g with its owner and members, all of whom must exist.
func (c *call) storeGroup(g *community.Group, members []community.Member, also func(*community.Tx) error) error {
	return c.update(func(tx *community.Tx) error {
		if g.Owner != "" {
			owner, err := tx.Account(c.app, g.Owner)
			if err != nil {
				return err
			}
			if g.Kind != community.LiveRoom {
				members = slices.Insert(members, 0, community.Member{UID: owner.UID, Account: g.Owner, Role: community.Owner})
			}
		}
		if err := tx.CreateGroup(c.app, g); errors.Is(err, community.ErrGroupTaken) {
			return c.taken(tx, g)
		} else if err != nil {
			return err
		}
		for _, m := range members {
			if m.UID == 0 {
				a, err := tx.Account(c.app, m.Account)
				if err != nil {
					return err
				}
				m.UID = a.UID
			}
			m.JoinedAt, m.Flag = g.CreatedAt, defaultFlag(g.Kind)
			if _, err := tx.AddMember(g, m); err != nil {
				return err
			}
		}
		if g.MemberNum > g.MaxMembers && g.Kind != community.LiveRoom {
			return refuse(10038, "more members than the group may have")
		}
		return also(tx)
	})
}

// groupMaking is the body of the callbacks about a group that is made.
type groupMaking struct {
	GroupId             string `json:",omitempty"`
	OperatorAccount     string `json:"Operator_Account"`
	OwnerAccount        string `json:"Owner_Account"`
	Type, Name          string
	CreateGroupNum      *int64 `json:",omitempty"`
	MemberList          []memberRef
	UserDefinedDataList []keyValue `json:",omitempty"`
	EventTime           string
}

// memberRef is a member in a callback.
type memberRef struct {
	MemberAccount string `json:"Member_Account"`
}

func memberRefs(names []string) []memberRef {
	refs := make([]memberRef, len(names))
	for i, name := range names {
		refs[i] = memberRef{name}
	}
	return refs
}

// mayMake asks the app whether the group may be made.
func (c *call) mayMake(g *community.Group, e groupMaking) error {
	owned, err := c.read().CountOwned(c.app, cmp.Or(g.Owner, c.admin), g.Kind)
	if err != nil {
		return err
	}
	e.CreateGroupNum = &owned
	_, err = c.ask("Group.CallbackBeforeCreateGroup", e, groupDecision, nil)
	return err
}

func defaultFlag(k community.Kind) community.Flag {
	if k == community.ChatRoom || k == community.LiveRoom {
		return community.Quiet
	}
	return community.Notify
}

type newGroupAnswer struct {
	GroupId       string
	Type          string `json:",omitempty"`
	HugeGroupFlag *int   `json:",omitempty"`
}

func newGroupResult(g *community.Group) newGroupAnswer {
	a := newGroupAnswer{GroupId: g.ID}
	if g.Topics {
		a.Type, a.HugeGroupFlag = kindNames[g.Kind], new(int)
	}
	return a
}

// createGroup is create_group, doc 34895.
func createGroup(c *call) (any, error) {
	delete(c.raw, "CreateTime") // a field of import_group only
	g, err := c.newGroup()
	if err != nil {
		return nil, err
	}
	var members []community.Member
	for _, o := range c.optObjs("MemberList", maxCreateMembers, codeTooMany) {
		m := community.Member{Account: o.str("Member_Account"), Data: o.customData("AppMemberDefinedData", nil, maxMemberKeys, maxMemberValue)}
		if o.oneOf("Role", "Admin") != "" {
			m.Role = community.Admin
		}
		members = append(members, m)
	}
	switch {
	case c.failed() != nil:
		return nil, c.failed()
	case len(members) > 0 && g.Kind == community.LiveRoom:
		return nil, refuse(codeNotAllowed, "an AVChatRoom is created without members")
	case g.Kind == community.Private && slices.ContainsFunc(members, func(m community.Member) bool { return m.Role == community.Admin }):
		return nil, refuse(codeGroupField, "groups of type Private have no administrators")
	}
	made := groupMaking{OperatorAccount: c.admin, OwnerAccount: g.Owner, Type: kindNames[g.Kind], Name: g.Name, MemberList: []memberRef{}, EventTime: c.eventTime()}
	for _, m := range members {
		made.MemberList = append(made.MemberList, memberRef{m.Account})
	}
	if err := c.mayMake(g, made); err != nil {
		return nil, err
	}
	err = c.storeGroup(g, members, func(tx *community.Tx) error {
		if err := c.mayGrow(tx, g); err != nil {
			return err
		}
		made.GroupId, made.UserDefinedDataList, made.EventTime = g.ID, pairs(g.Data), c.eventTime()
		return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterCreateGroup", made)
	})
	if err != nil {
		return nil, err
	}
	return newGroupResult(g), nil
}

// importGroup is import_group, doc 34968.
func importGroup(c *call) (any, error) {
	g, err := c.newGroup()
	if err != nil {
		return nil, err
	}
	if g.Kind == community.LiveRoom {
		return nil, refuse(codeNotAllowed, "an AVChatRoom cannot be imported")
	}
	if err := c.storeGroup(g, nil, func(*community.Tx) error { return nil }); err != nil {
		return nil, err
	}
	return newGroupResult(g), nil
}

// object is a JSON object with its fields in the order they were added.
type object struct{ b bytes.Buffer }

func (o *object) add(name string, value any) error {
	v, err := marshal(value)
	if err != nil {
		return err
	}
	if o.b.Len() > 0 {
		o.b.WriteByte(',')
	}
	o.b.WriteByte('"')
	o.b.WriteString(name) // ours: needs no escaping
	o.b.WriteString(`":`)
	o.b.Write(v)
	return nil
}

// MarshalJSON writes the object.
func (o *object) MarshalJSON() ([]byte, error) {
	return slices.Concat([]byte{'{'}, o.b.Bytes(), []byte{'}'}), nil
}

// marshal is json.Marshal without the escaping of <, > and &.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}

// filter is the names a caller wants; nil = all.
type filter map[string]bool

func (f *fields) filter(name string) filter {
	want := filter{}
	for _, n := range f.optStrs(name, 100, codeGroupField) {
		want[n] = true
	}
	return want
}

// want reports whether any of the names is wanted.
func (f filter) want(names ...string) bool {
	return f == nil || slices.ContainsFunc(names, func(n string) bool { return f[n] })
}

func onOff(b bool) string {
	if b {
		return "On"
	}
	return "Off"
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

type keyValue struct{ Key, Value string }

func pairs(d community.Data) []keyValue {
	list := make([]keyValue, 0, len(d))
	for k, v := range d {
		list = append(list, keyValue{k, v})
	}
	slices.SortFunc(list, func(a, b keyValue) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// addBase adds the base fields of g that want asks for. ShutUpAllMember is the older name of MuteAllMember.
func (c *call) addBase(o *object, g *community.Group, want filter) error {
	var errs []error
	add := func(name string, value any) {
		if want.want(name) {
			errs = append(errs, o.add(name, value))
		}
	}
	add("Type", kindNames[g.Kind])
	add("Name", g.Name)
	add("Appid", c.app)
	add("Introduction", g.Introduction)
	add("Notification", g.Notification)
	add("FaceUrl", g.Face)
	add("Owner_Account", g.Owner)
	add("CreateTime", g.CreatedAt)
	add("InfoSeq", g.InfoSeq)
	add("LastInfoTime", g.InfoAt)
	add("LastMsgTime", g.MsgAt)
	add("NextMsgSeq", g.NextSeq)
	add("MemberNum", g.MemberNum)
	add("MaxMemberNum", g.MaxMembers)
	if g.Kind != community.Community {
		add("ApplyJoinOption", g.ApplyJoin)
	}
	if g.InviteJoin != "" {
		add("InviteJoinOption", g.InviteJoin)
	}
	add("MuteAllMember", onOff(g.MuteAll))
	add("ShutUpAllMember", onOff(g.MuteAll))
	if g.Kind == community.Community {
		add("SupportTopic", bit(g.Topics))
		add("EnablePermission", bit(g.Permission))
		add("DefaultPermission", g.Permissions)
	}
	if g.HistoryBeforeJoin != "" {
		add("HistoryMsgBeforeJoin", g.HistoryBeforeJoin)
	}
	return errors.Join(errs...)
}

// getGroups is get_group_info, doc 34961. A missing group is an element with an ErrorCode, the call itself succeeds.
func getGroups(c *call) (any, error) {
	ids := c.strs("GroupIdList", maxGroupInfos, codeGroupField)
	var parts struct{ base, members, data, memberData filter }
	if f := c.optObj("ResponseFilter"); f != nil {
		parts.base, parts.members = f.filter("GroupBaseInfoFilter"), f.filter("MemberInfoFilter")
		parts.data, parts.memberData = f.filter("AppDefinedDataFilter_Group"), f.filter("AppDefinedDataFilter_GroupMember")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	db := c.read()
	alive, gone, err := db.Groups(c.app, ids)
	if err != nil {
		return nil, err
	}
	infos := make([]*object, len(ids))
	room := maxGroupAnswer
	for i, id := range ids {
		o, g := &object{}, alive[id]
		infos[i] = o
		if g == nil {
			code, info := codeNoGroup, "this group does not exist"
			if gone[id] {
				code, info = codeDismissed, "this group has been dismissed"
			}
			if err := errors.Join(o.add("GroupId", id), o.add("ErrorCode", code), o.add("ErrorInfo", info)); err != nil {
				return nil, err
			}
			continue
		}
		if err := errors.Join(o.add("GroupId", id), o.add("ErrorCode", 0), o.add("ErrorInfo", ""), c.addBase(o, g, parts.base)); err != nil {
			return nil, err
		}
		if parts.data == nil || len(parts.data) > 0 {
			if err := o.add("AppDefinedData", pairs(pick(g.Data, parts.data))); err != nil {
				return nil, err
			}
		}
		if g.Kind != community.LiveRoom && (parts.members == nil || len(parts.members) > 0) {
			if err := addMembers(db, o, g, parts.members, parts.memberData, room); err != nil {
				return nil, err
			}
		}
		if room -= o.b.Len(); room < 0 {
			return nil, refuse(codeTooLarge, "the answer exceeds %d bytes", maxGroupAnswer)
		}
	}
	return struct{ GroupInfo []*object }{infos}, nil
}

// minMember is fewer bytes than any member takes in an answer.
const minMember = 20

// addMembers adds the member list, or fails if it cannot fit into room bytes.
func addMembers(db community.Conn, o *object, g *community.Group, want, data filter, room int) error {
	most := max(room, 0)/minMember + 1
	page, err := db.Members(g.GID, community.MemberPage{N: most})
	if err != nil {
		return err
	}
	if len(page) == most {
		return refuse(codeTooLarge, "the answer exceeds %d bytes", maxGroupAnswer)
	}
	list, err := memberObjects(page, want, data)
	if err != nil {
		return err
	}
	return o.add("MemberList", list)
}

// pick keeps the wanted keys.
func pick(d community.Data, want filter) community.Data {
	if want == nil {
		return d
	}
	kept := community.Data{}
	for k, v := range d {
		if want[k] {
			kept[k] = v
		}
	}
	return kept
}

// modifyGroup is modify_group_base_info, doc 34962.
func modifyGroup(c *call) (any, error) {
	c.alias("MuteAllMember", "ShutUpAllMember")
	name, intro, note, face := c.strPtr("Name"), c.strPtr("Introduction"), c.strPtr("Notification"), c.strPtr("FaceUrl")
	apply, invite, history := c.oneOf("ApplyJoinOption", joinOptions...), c.oneOf("InviteJoinOption", inviteOptions...), c.oneOf("HistoryMsgBeforeJoin", "On", "Off")
	muteAll := c.oneOf("MuteAllMember", "On", "Off")
	limit := c.numPtr("MaxMemberNum", 1, maxMembersHuge)
	permission, permissions := c.numPtr("EnablePermission", 0, 1), c.numPtr("DefaultPermission", 0, 1<<62)
	operator := c.optStr("From_Account")
	c.customData("AppDefinedData", nil, maxGroupKeys, maxGroupValue)
	id := c.str("GroupId")
	if err := c.failed(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		g, err := tx.Group(c.app, id)
		if err != nil {
			return err
		}
		switch huge := g.Kind == community.Community; {
		case apply != "" && huge:
			return refuse(codeGroupField, "ApplyJoinOption is not for communities")
		case limit != nil && !huge && g.Kind != community.LiveRoom && *limit > maxMembersPlain:
			return refuse(codeGroupField, "MaxMemberNum is over %d", maxMembersPlain)
		case name != nil && *name == "":
			return refuse(codeGroupField, "Name is empty")
		}
		changed := infoChange{}
		patch(&g.Name, name, "Name", changed)
		patch(&g.Introduction, intro, "Introduction", changed)
		patch(&g.Notification, note, "Notification", changed)
		patch(&g.Face, face, "FaceUrl", changed)
		if err := firstOf(checkTexts(g), c.clean(changed["Name"], changed["Introduction"], changed["Notification"])); err != nil {
			return err
		}
		if limit != nil && g.Kind != community.LiveRoom {
			g.MaxMembers = *limit
		}
		for _, o := range []struct {
			to   *string
			text string
		}{{&g.ApplyJoin, apply}, {&g.InviteJoin, invite}, {&g.HistoryBeforeJoin, history}} {
			if o.text != "" {
				*o.to = o.text
			}
		}
		if muteAll != "" {
			g.MuteAll = muteAll == "On"
		}
		if permission != nil {
			g.Permission = *permission == 1
		}
		if permissions != nil {
			g.Permissions = *permissions
		}
		g.Data = c.customData("AppDefinedData", g.Data, maxGroupKeys, maxGroupValue)
		if err := c.failed(); err != nil {
			return err
		}
		if err := tx.SaveGroup(g); err != nil {
			return err
		}
		if len(changed) == 0 {
			return nil
		}
		operator = cmp.Or(operator, c.admin)
		return errors.Join(c.tip(tx, g, "ModifyGroupInfo", operator, nil, changed), c.infoChanged(tx, g, "Group.CallbackAfterGroupInfoChanged", operator, changed))
	})
}

// infoChanged tells the app what of the profile of a group, or of a topic of it, has changed.
func (c *call) infoChanged(tx *community.Tx, g *community.Group, command, operator string, changed infoChange) error {
	e := struct {
		GroupId, Type   string
		OperatorAccount string  `json:"Operator_Account"`
		Name            *string `json:",omitempty"`
		Introduction    *string `json:",omitempty"`
		Notification    *string `json:",omitempty"`
		FaceUrl         *string `json:",omitempty"`
		EventTime       string
	}{GroupId: g.ID, Type: kindNames[g.Kind], OperatorAccount: operator, EventTime: c.eventTime()}
	for name, to := range map[string]**string{"Name": &e.Name, "Introduction": &e.Introduction, "Notification": &e.Notification, "FaceUrl": &e.FaceUrl} {
		if text, ok := changed[name]; ok {
			*to = &text
		}
	}
	return c.tell(tx, groupLane(g.ID), command, e)
}

// infoChange is the new values of what was changed of a group's profile.
type infoChange map[string]string

func patch(to, from *string, name string, changed infoChange) {
	if from != nil && *to != *from {
		*to = *from
		changed[name] = *from
	}
}

// listJoined is get_joined_group_list, doc 34925.
func listJoined(c *call) (any, error) {
	name := c.str("Member_Account")
	page := community.JoinedPage{
		Kind: c.kind("GroupType"), WithLive: c.flag("WithHugeGroups"), WithInactive: c.flag("WithNoActiveGroups"),
		N: int(c.orDefault("Limit", -1, 1, 5000)), Offset: int(c.orDefault("Offset", 0, 0, maxU32)),
	}
	if n := c.numPtr("SupportTopic", 0, 1); n != nil && page.Kind == community.Community {
		yes := *n == 1
		page.OnlyTopics = &yes
	}
	base, self := filter{}, filter{}
	if f := c.optObj("ResponseFilter"); f != nil {
		base, self = f.filter("GroupBaseInfoFilter"), f.filter("SelfInfoFilter")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	db := c.read()
	a, err := db.Account(c.app, name)
	if err != nil {
		return nil, err
	}
	if page.Kind == community.LiveRoom {
		page.WithLive = true
	}
	groups, total, err := db.Joined(a.UID, page)
	if err != nil {
		return nil, err
	}
	list := make([]*object, len(groups))
	for i := range groups {
		g, o := &groups[i], &object{}
		list[i] = o
		mine, err := memberFields(&g.Member, self)
		if err != nil {
			return nil, err
		}
		gross := page.OnlyTopics != nil && *page.OnlyTopics
		if err := errors.Join(o.add("GroupId", g.ID), c.addBase(o, &g.Group, base), addGross(db, g, o, mine, base, self, gross)); err != nil {
			return nil, err
		}
		if mine.b.Len() > 0 {
			if err := o.add("SelfInfo", mine); err != nil {
				return nil, err
			}
		}
	}
	return struct {
		TotalCount  int
		GroupIdList []*object
	}{total, list}, nil
}

// destroyGroup is destroy_group, doc 34896.
func destroyGroup(c *call) (any, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		e := struct {
			GroupId, Type string
			OwnerAccount  string `json:"Owner_Account"`
			Name          string
			MemberList    []memberRef `json:",omitempty"`
			EventTime     string
		}{g.ID, kindNames[g.Kind], g.Owner, g.Name, nil, c.eventTime()}
		if g.Kind != community.Community {
			members, err := tx.Members(g.GID, community.MemberPage{N: maxMembersPlain})
			if err != nil {
				return err
			}
			for _, m := range members {
				e.MemberList = append(e.MemberList, memberRef{m.Account})
			}
		}
		return errors.Join(tx.Dismiss(g.GID), c.tell(tx, groupLane(g.ID), "Group.CallbackAfterGroupDestroyed", e))
	})
}

// changeOwner is change_group_owner, doc 34966.
func changeOwner(c *call) (any, error) {
	name := c.str("NewOwner_Account")
	g, err := c.groupOf(codeNotAllowed, community.LiveRoom)
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		m, err := c.member(tx.Conn, g, name)
		if err != nil || m.Role == community.Owner {
			return err
		}
		was := g.Owner
		if err := tx.SetOwner(g, m); err != nil {
			return err
		}
		return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterChangeGroupOwner", struct {
			GroupId, Type   string
			OperatorAccount string `json:"Operator_Account"`
			OldOwner        string `json:"OldOwner_Account"`
			NewOwner        string `json:"NewOwner_Account"`
			EventTime       string
		}{g.ID, kindNames[g.Kind], c.admin, was, name, c.eventTime()})
	})
}

// member returns the named member of g; someone who is none is a wrong parameter.
func (c *call) member(db community.Conn, g *community.Group, name string) (community.Member, error) {
	a, err := db.Account(c.app, name)
	if err != nil {
		return community.Member{}, err
	}
	m, err := db.Member(g.GID, a.UID)
	if errors.Is(err, community.ErrNotMember) {
		return m, refuse(codeGroupField, "%s is not a member of the group", name)
	}
	return m, err
}
