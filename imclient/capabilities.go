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
	VerbCreateGroup   Verb = "group.create"
	VerbAttributes    Verb = "group.attributes"
	VerbClearAttrs    Verb = "group.attributes_clear"
	VerbCounters      Verb = "group.counters"
	VerbTopics        Verb = "group.topics"
	VerbSend          Verb = "message.send"
	VerbEditMessage   Verb = "message.edit"
	VerbClearHistory  Verb = "messages.clear"
	VerbReceipts      Verb = "message.receipts"
	VerbExtensions    Verb = "message.extensions"
	VerbUnread        Verb = "member.unread"
	VerbMarkRead      Verb = "messages.mark_read"
	VerbMemberFields  Verb = "member.fields"
	VerbLiveMarks     Verb = "live.marks"
	VerbAllowList     Verb = "live.allow"
	VerbRoomMarks     Verb = "live.room_marks"
	VerbDeleteMessage Verb = "message.delete"
	VerbReading       Verb = "members.reading"
	VerbInside        Verb = "members.inside"
)

// Verbs on the app as a whole and on users.
const (
	VerbListGroups Verb = "groups.list"
	VerbGlobalMute Verb = "user.global_mute"
	VerbSignOut    Verb = "user.sign_out"
	VerbOnline     Verb = "user.online"
	VerbUserGroups Verb = "user.groups"

	VerbImportUsers   Verb = "user.import"
	VerbDeleteUsers   Verb = "user.delete"
	VerbEditUser      Verb = "user.edit"
	VerbFriends       Verb = "user.friends"
	VerbFriendLists   Verb = "user.friend_lists"
	VerbBlocks        Verb = "user.blocks"
	VerbContacts      Verb = "user.contacts"
	VerbContactMarks  Verb = "user.contact_marks"
	VerbContactFolder Verb = "user.contact_folders"
	VerbContactRemove Verb = "user.contact_remove"

	VerbDirectHistory    Verb = "direct.list"
	VerbDirectSend       Verb = "direct.send"
	VerbDirectRecall     Verb = "direct.recall"
	VerbDirectEdit       Verb = "direct.edit"
	VerbDirectHide       Verb = "direct.hide"
	VerbDirectRead       Verb = "direct.mark_read"
	VerbDirectReceipts   Verb = "direct.receipts"
	VerbDirectExtensions Verb = "direct.extensions"

	VerbBlockNotes    Verb = "user.block_notes"
	VerbToken         Verb = "user.token"
	VerbSendUsers     Verb = "app.send_users"
	VerbSendGroups    Verb = "app.send_groups"
	VerbLiveBroadcast Verb = "live.broadcast"
	VerbBroadcast     Verb = "app.broadcast"
	VerbBroadcastAttr Verb = "app.broadcast_attributes"
	VerbOperations    Verb = "app.operations"
	VerbHistoryFiles  Verb = "app.history_files"
	VerbKeywords      Verb = "app.keywords"
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

	MessageBytes         int // of a message's body as the service counts it
	Elements             int // of a message's body
	DirectPage           int // direct messages a page at most
	Mentions, OnlyTo     int // of one message
	Extensions           int // of one message
	ExtensionKey         int
	ExtensionValue       int
	Attributes           int // of one group
	AttributeKey         int
	AttributeValue       int
	Counters             int // of one group
	CounterKey           int
	Topics               int // of one community
	TopicID, TopicCustom int
	Nick, Signature      int
	Location             int
	FriendRemark         int
	FriendWording        int
	FriendList           int // of a list's name
	FriendLists          int // of one user
	ContactFolder        int // of a folder's name
	ContactCustom        int
	BanReason            int
	BroadcastTag         int
	BroadcastTags        int // of one broadcast
	BroadcastAttribute   int // of an attribute's name
	BroadcastKeepSeconds int
}

// Traits are the ways of a service that callers must know, since the same call means something else without them.
type Traits struct {
	Administrator bool // the app itself can speak where no user is named; else a group's owner does, and in direct chats nobody
	NeedsAccounts bool // only users who have an account can be added, written to and befriended; else any id can
	KeepsPlaces   bool // a message that was taken back still has its place in the history
	OwnViews      bool // a direct chat's history is as one of the two sees it
	AskedReceipts bool // only messages that ask for read receipts have them; else all have
	SendsReceipts bool // a receipt can be sent for a user
	LastMessages  bool // a list of groups tells when something was said last; else a single one does
	ChosenIDs     bool // the app may choose the id of a new group
	ProfileTags   bool // a profile has more than a name, a picture and the app's own fields
	OneWayFriends bool // a friendship may be on one of the two lists alone
	Fleeting      bool // a message may be for those online alone
	Quiet         bool // a message may be kept from counting as unread, and from devices
	TextMarks     bool // marks in live rooms are texts, and last; else numbers, and gone with their bearer
	BroadcastPush bool // the words that devices show of a broadcast can be chosen, and repeats are told apart
}

// Capabilities says what an app's vendor and plan can do. The zero value can do nothing.
type Capabilities struct {
	Types  []TypeInfo
	Limits Limits
	Traits Traits
	Marks  []string // of a user's conversations
	// UserFields are the app's own fields of a profile that the client was told of.
	UserFields []string
	// OwnViews: the history of a direct chat is told as its user sees it. If not, both see the same there, whatever is hidden.
	OwnViews bool
	// Why answers for a verb and a group type ("" for verbs that are not about a group): "" if it can be done, else the
	// key of the text that says why not, such as "cap.tencent.live.kick". A button asks here before it is offered.
	Why func(v Verb, t GroupType) string
	// IsUserID tells whether a text can be the id of a user; nil: any can.
	IsUserID func(id string) bool
	// TellsField tells whether the service tells of an app-defined field of a group; nil: of all.
	TellsField func(key string) bool
	// TopicOf tells which community the id of a topic belongs to; "" if it is not the id of a topic. nil: there are no topics.
	TopicOf func(id string) (community string)
}

// Tells reports whether the service tells of an app-defined field of a group, so that one which is missing is not set.
func (c Capabilities) Tells(key string) bool { return c.TellsField == nil || c.TellsField(key) }

// Nameless reports whether somebody without a profile can be a user all the same: the service needs no accounts, and the id can
// be one.
func (c Capabilities) Nameless(id string) bool {
	return !c.Traits.NeedsAccounts && (c.IsUserID == nil || c.IsUserID(id))
}

// Community is the community that the id of a topic belongs to; "" if it is not the id of a topic.
func (c Capabilities) Community(id string) string {
	if c.TopicOf == nil {
		return ""
	}
	return c.TopicOf(id)
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
