package volcengine

import "imdesk/imclient"

// The group types. On the wire they are the ConversationType 2 and 100; 1 is a direct chat.
const (
	TypeGroup imclient.GroupType = "Group"
	TypeLive  imclient.GroupType = "LiveGroup"
)

// Capabilities says what Volcengine IM can do.
//
// Source: Volcengine RTC, the pages of the IM actions (docs 336991 to 337141, 788462 to 788533, 1051343 to 1051348).
func Capabilities() imclient.Capabilities {
	return imclient.Capabilities{
		Types: []imclient.TypeInfo{{Type: TypeGroup}, {Type: TypeLive, Live: true}},
		Limits: imclient.Limits{
			HistoryPage: maxHistory, DirectPage: maxHistory,
			MembersPage: maxMembersPage,
			GroupsPage:  maxGroupsPage,                     // the groups of one user: there is no list of all
			MuteBatch:   maxTargets, KickBatch: maxTargets, // no page says how many a call takes
			RecallBatch: 1,
			GroupID:     maxIDDigits, UserID: maxIDDigits,
			Elements:             1,
			Nick:                 maxNick,
			BroadcastKeepSeconds: int(longestKeep.Seconds()),
		},
		Marks:  marks,
		Traits: imclient.Traits{TextMarks: true},
		Why:    why,
	}
}

// Sizes of the documents.
const (
	maxIDDigits = 19 // of a 64-bit integer
	maxNick     = 100
)

// refusals holds what a group type cannot do, with the key of the text that says why and what to do instead. The type
// "" stands for all of them.
var refusals = map[imclient.Verb]map[imclient.GroupType]string{
	imclient.VerbListMembers:   nil, // of a live group those online
	imclient.VerbOnlineMembers: {TypeGroup: "cap.volcengine.online_members"},
	imclient.VerbHistory:       nil,
	imclient.VerbRecall:        nil,
	imclient.VerbDeleteBySend:  {"": "cap.volcengine.delete_by_sender"},
	imclient.VerbMute:          nil,
	imclient.VerbMutedList:     nil, // of a group by a walk through its members
	imclient.VerbMuteAll:       {"": "cap.volcengine.mute_all"},
	imclient.VerbKick:          {TypeLive: "cap.volcengine.live.kick"},
	imclient.VerbBan:           {TypeGroup: "cap.volcengine.ban"},
	imclient.VerbSetAdmin:      nil,
	imclient.VerbNameCard:      nil,
	imclient.VerbEditGroup:     nil,
	imclient.VerbNotice:        {"": "cap.volcengine.notice"},
	imclient.VerbAddMember:     {TypeLive: "cap.volcengine.live.add"},
	imclient.VerbTransfer:      nil,
	imclient.VerbDismiss:       nil,
	imclient.VerbJoinOption:    {"": "cap.volcengine.join_option"},
	imclient.VerbAvatar:        nil,
	imclient.VerbImport:        {"": "cap.volcengine.import"},
	imclient.VerbListGroups:    {"": "cap.volcengine.list_groups"},
	imclient.VerbGlobalMute:    {"": "cap.volcengine.global_mute"},
	imclient.VerbSignOut:       {"": "cap.volcengine.sign_out"},
	imclient.VerbOnline:        nil,
	imclient.VerbUserGroups:    nil,

	imclient.VerbCreateGroup:  nil,
	imclient.VerbAttributes:   {"": "cap.volcengine.attributes"},
	imclient.VerbClearAttrs:   {"": "cap.volcengine.attributes"},
	imclient.VerbCounters:     {"": "cap.volcengine.counters"},
	imclient.VerbTopics:       {"": "cap.volcengine.topics"},
	imclient.VerbSend:         nil,
	imclient.VerbEditMessage:  nil,
	imclient.VerbClearHistory: {"": "cap.volcengine.clear_history"},
	imclient.VerbReceipts:     {TypeLive: "cap.volcengine.live.receipts"},
	imclient.VerbExtensions:   {"": "cap.volcengine.extensions"},
	imclient.VerbUnread:       {"": "cap.volcengine.unread"}, // a read position can only be moved forward
	imclient.VerbMarkRead:     {TypeLive: "cap.volcengine.live.mark_read"},
	imclient.VerbMemberFields: nil,
	imclient.VerbLiveMarks:    {TypeGroup: "cap.volcengine.live_marks"},
	imclient.VerbAllowList:    {TypeGroup: "cap.volcengine.allow_list"},
	imclient.VerbRoomMarks:    {TypeGroup: "cap.volcengine.room_marks"},
	imclient.VerbReading:      {TypeLive: "cap.volcengine.live.reading"},
	imclient.VerbInside:       nil,

	imclient.VerbDeleteMessage: nil,

	imclient.VerbImportUsers:   nil, // registers them
	imclient.VerbDeleteUsers:   nil,
	imclient.VerbEditUser:      nil,
	imclient.VerbFriends:       nil,
	imclient.VerbFriendLists:   {"": "cap.volcengine.friend_lists"},
	imclient.VerbBlocks:        nil,
	imclient.VerbContacts:      nil,
	imclient.VerbContactMarks:  nil,
	imclient.VerbContactFolder: {"": "cap.volcengine.contact_folders"},
	imclient.VerbContactRemove: {"": "cap.volcengine.contact_remove"},

	imclient.VerbDirectHistory:    nil,
	imclient.VerbDirectSend:       nil,
	imclient.VerbDirectRecall:     nil,
	imclient.VerbDirectEdit:       nil,
	imclient.VerbDirectHide:       nil,
	imclient.VerbDirectRead:       nil,
	imclient.VerbDirectReceipts:   {"": "cap.volcengine.direct_receipts"},
	imclient.VerbDirectExtensions: {"": "cap.volcengine.extensions"},

	imclient.VerbBlockNotes: nil,
	imclient.VerbToken:      nil,
	imclient.VerbSendUsers:  nil,
	imclient.VerbSendGroups: nil,

	imclient.VerbLiveBroadcast: {"": "cap.volcengine.live_broadcast"},
	imclient.VerbBroadcast:     nil,
	imclient.VerbBroadcastAttr: {"": "cap.volcengine.broadcast_attributes"},
	imclient.VerbOperations:    {"": "cap.volcengine.operations"},
	imclient.VerbHistoryFiles:  {"": "cap.volcengine.history_files"},
	imclient.VerbKeywords:      {"": "cap.volcengine.keywords"},
}

func why(v imclient.Verb, t imclient.GroupType) string {
	types, known := refusals[v]
	if !known {
		return "cap.volcengine.none"
	}
	if key := types[""]; key != "" {
		return key
	}
	if t != TypeLive {
		t = TypeGroup // a type that the vendor invents is an ordinary group
	}
	return types[t]
}
