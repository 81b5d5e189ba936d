package imclient

// GroupType is the vendor's own word for a kind of group, such as "Public" or "AVChatRoom": the word that the app's
// engineers use. What a type can do is asked of Capabilities, never guessed from the word.
type GroupType string

// TypeInfo describes one group type of a vendor.
type TypeInfo struct {
	Type GroupType
	Live bool // no member list of record, no stored history
}

// Verb is something that can be done, or looked at, in a group or with a user.
type Verb string

// Verbs on a group and its members.
const (
	VerbListMembers   Verb = "members.list"
	VerbOnlineMembers Verb = "members.online"
	VerbHistory       Verb = "messages.list"
	VerbRecall        Verb = "message.recall"
	VerbDeleteBySend  Verb = "message.delete_by_sender"
	VerbMute          Verb = "member.mute"
	VerbMutedList     Verb = "muted.list"
	VerbMuteAll       Verb = "group.mute_all"
	VerbKick          Verb = "member.kick"
	VerbBan           Verb = "member.ban"
	VerbSetAdmin      Verb = "member.set_admin"
	VerbNameCard      Verb = "member.name_card"
	VerbEditGroup     Verb = "group.edit"
	VerbNotice        Verb = "group.notice"
	VerbAddMember     Verb = "member.add"
	VerbTransfer      Verb = "group.transfer"
	VerbDismiss       Verb = "group.dismiss"
	VerbJoinOption    Verb = "group.join_option"
	VerbAvatar        Verb = "group.avatar"
	VerbImport        Verb = "group.import"
)

// Verbs on the app as a whole and on users.
const (
	VerbListGroups Verb = "groups.list"
	VerbGlobalMute Verb = "user.global_mute"
	VerbSignOut    Verb = "user.sign_out"
	VerbOnline     Verb = "user.online"
	VerbUserGroups Verb = "user.groups"
)

// Limits are the service's figures that callers split and validate by. Sizes are bytes of UTF-8; 0 means no such limit.
type Limits struct {
	GroupName, Introduction, Notice, Avatar int
	NameCard                                int
	KickReason                              int
	RecallReason                            int
	NoticeText                              int
	HistoryPage                             int // messages a page at most
	MembersPage                             int // members a page at most
	GroupsPage                              int // groups a page at most
	MuteBatch, KickBatch, RecallBatch       int // targets a call at most; clients split above it
	UserID, GroupID                         int
}

// Capabilities says what an app's vendor and plan can do. The zero value can do nothing.
type Capabilities struct {
	Types  []TypeInfo
	Limits Limits
	// Why answers for a verb and a group type ("" for verbs that are not about a group): "" if it can be done, else the
	// key of the text that says why not, such as "cap.tencent.live.kick". A button asks here before it is offered.
	Why func(v Verb, t GroupType) string
}

// Can reports whether the verb can be done in groups of the type.
func (c Capabilities) Can(v Verb, t GroupType) bool { return c.Why != nil && c.Why(v, t) == "" }

// Info returns what is known of a type; a type that the vendor invented since is an ordinary group.
func (c Capabilities) Info(t GroupType) TypeInfo {
	for _, i := range c.Types {
		if i.Type == t {
			return i
		}
	}
	return TypeInfo{Type: t}
}
