package tencent

import (
	"slices"

	"imdesk/imclient"
)

// limits are the vendor's figures, where pages disagree those of the command's own page.
var limits = imclient.Limits{
	GroupName: maxGroupName, Introduction: maxGroupIntro, Notice: maxGroupNotice, Avatar: maxGroupFace,
	NameCard: maxNameCard, RecallReason: maxReason, NoticeText: maxNoticeBytes,
	HistoryPage: maxHistory, MembersPage: maxMemberPage, GroupsPage: maxGroupList,
	MuteBatch: maxMuted, KickBatch: maxDeleteMembers, RecallBatch: maxRecall,
	UserID: maxUserID, GroupID: maxGroupID,
	MessageBytes: maxMsgBytes, DirectPage: maxRoam, Mentions: maxMentions, OnlyTo: maxOnlyTo,
	Extensions: maxExtOnOneMsg, ExtensionKey: maxExtKey, ExtensionValue: maxExtValue,
	Attributes: maxAttrs, AttributeKey: maxAttrKey, AttributeValue: maxAttrValue, Counters: maxCounters, CounterKey: maxCounterKey,
	Topics: maxTopics, TopicID: maxTopicID, TopicCustom: maxTopicCustom,
	Nick: maxProfileText, Signature: maxProfileText, Location: maxLocation,
	FriendRemark: maxRemark, FriendWording: maxFriendWords, FriendList: maxFriendList, FriendLists: maxFriendLists,
	ContactFolder: maxContactGroup, ContactCustom: maxCustomMark, BanReason: maxBanReason,
	BroadcastTag: maxPushTag, BroadcastTags: maxPushTags, BroadcastAttribute: maxAttrName, BroadcastKeepSeconds: maxMsgLife,
}

// Capabilities says what each group type can do. What the vendor's pages leave open is offered: the service's answer
// and the read-back show it.
//
// Source: Tencent Cloud Chat, "Group System" (doc 33529), and the pages of the commands.
func Capabilities() imclient.Capabilities {
	return imclient.Capabilities{
		Types: []imclient.TypeInfo{
			{Type: TypePublic}, {Type: TypePrivate}, {Type: TypeChatRoom}, {Type: TypeCommunity}, {Type: TypeAVChatRoom, Live: true},
		},
		Limits: limits, OwnViews: true,
		Traits: imclient.Traits{
			Administrator: true, NeedsAccounts: true, KeepsPlaces: true, OwnViews: true, AskedReceipts: true, SendsReceipts: true,
			LastMessages: true, ChosenIDs: true, OneWayFriends: true, ProfileTags: true, Fleeting: true, Quiet: true, BroadcastPush: true,
		},
		Marks: []string{imclient.MarkFavourite, imclient.MarkUnread, imclient.MarkFolded, imclient.MarkHidden},
		Why:   why,
		TopicOf: func(id string) string {
			group, topic := splitTopic(id)
			if topic == "" {
				return ""
			}
			return group
		},
	}
}

// capabilities are those of one app.
func capabilities(c Config) imclient.Capabilities {
	caps := Capabilities()
	caps.UserFields = slices.Clone(c.UserFields)
	caps.TellsField = func(key string) bool { return slices.Contains(c.GroupFields, key) }
	return caps
}

// The reasons, each the key of a text.
const whyKey = "cap.tencent."

var notLive = map[imclient.Verb]string{
	imclient.VerbHistory:      whyKey + "live.history",
	imclient.VerbRecall:       whyKey + "live.recall",
	imclient.VerbDeleteBySend: whyKey + "live.delete_by_sender", // the service says OK and does nothing
	imclient.VerbKick:         whyKey + "live.kick",
	imclient.VerbAddMember:    whyKey + "live.add",
	imclient.VerbTransfer:     whyKey + "live.transfer",
	imclient.VerbNameCard:     whyKey + "live.name_card",
	imclient.VerbImport:       whyKey + "live.import",
	imclient.VerbEditMessage:  whyKey + "live.edit_message",
	imclient.VerbClearHistory: whyKey + "live.clear_history",
	imclient.VerbReceipts:     whyKey + "live.receipts",
	imclient.VerbExtensions:   whyKey + "live.extensions",
	imclient.VerbUnread:       whyKey + "live.unread", // the service says OK and does nothing
	imclient.VerbMarkRead:     whyKey + "live.unread",
	imclient.VerbMemberFields: whyKey + "live.member_fields",
}

var onlyLive = map[imclient.Verb]string{
	imclient.VerbBan:           whyKey + "only_live.ban",
	imclient.VerbOnlineMembers: whyKey + "only_live.online",
	imclient.VerbLiveMarks:     whyKey + "only_live.marks",
}

var notPrivate = map[imclient.Verb]string{
	imclient.VerbMute:       whyKey + "private.mute",
	imclient.VerbSetAdmin:   whyKey + "private.set_admin",
	imclient.VerbJoinOption: whyKey + "private.join_option",
}

var notMeeting = map[imclient.Verb]string{
	imclient.VerbUnread:   whyKey + "meeting.unread", // the service says OK and does nothing
	imclient.VerbMarkRead: whyKey + "meeting.unread",
}

var notCommunity = map[imclient.Verb]string{
	imclient.VerbJoinOption: whyKey + "community.join_option",
	imclient.VerbReceipts:   whyKey + "community.receipts",
	imclient.VerbExtensions: whyKey + "community.extensions",
	imclient.VerbClearAttrs: whyKey + "community.clear_attributes",
	imclient.VerbCounters:   whyKey + "community.counters",
}

var onlyCommunity = map[imclient.Verb]string{
	imclient.VerbTopics: whyKey + "only_community.topics",
}

// nowhere are the verbs that no type has.
var nowhere = map[imclient.Verb]string{
	imclient.VerbAllowList:     whyKey + "allow_list",
	imclient.VerbRoomMarks:     whyKey + "room_marks",
	imclient.VerbDeleteMessage: whyKey + "delete_message",
	imclient.VerbReading:       whyKey + "reading",
	imclient.VerbBlockNotes:    whyKey + "block_notes",
	imclient.VerbSendGroups:    whyKey + "send_groups",
}

// everywhere are the verbs that no type lacks. Of a live room the members are those online.
var everywhere = map[imclient.Verb]bool{
	imclient.VerbListMembers: true, imclient.VerbMutedList: true, imclient.VerbMuteAll: true, imclient.VerbEditGroup: true,
	imclient.VerbNotice: true, imclient.VerbDismiss: true, imclient.VerbAvatar: true, imclient.VerbListGroups: true,
	imclient.VerbGlobalMute: true, imclient.VerbSignOut: true, imclient.VerbOnline: true, imclient.VerbUserGroups: true,
	imclient.VerbCreateGroup: true, imclient.VerbSend: true, imclient.VerbAttributes: true,
	imclient.VerbImportUsers: true, imclient.VerbDeleteUsers: true, imclient.VerbEditUser: true,
	imclient.VerbFriends: true, imclient.VerbFriendLists: true, imclient.VerbBlocks: true,
	imclient.VerbContacts: true, imclient.VerbContactMarks: true, imclient.VerbContactFolder: true, imclient.VerbContactRemove: true,
	imclient.VerbDirectHistory: true, imclient.VerbDirectSend: true, imclient.VerbDirectRecall: true, imclient.VerbDirectEdit: true,
	imclient.VerbDirectHide: true, imclient.VerbDirectRead: true, imclient.VerbDirectReceipts: true, imclient.VerbDirectExtensions: true,
	imclient.VerbLiveBroadcast: true, imclient.VerbBroadcast: true, imclient.VerbBroadcastAttr: true,
	imclient.VerbInside: true, imclient.VerbToken: true, imclient.VerbSendUsers: true,
	imclient.VerbOperations: true, imclient.VerbHistoryFiles: true, imclient.VerbKeywords: true,
}

// lacks are the tables of what single types lack, and of what single types alone have.
var (
	lacks = map[imclient.GroupType]map[imclient.Verb]string{
		TypeAVChatRoom: notLive, TypePrivate: notPrivate, TypeChatRoom: notMeeting, TypeCommunity: notCommunity,
	}
	alone = map[imclient.GroupType]map[imclient.Verb]string{TypeAVChatRoom: onlyLive, TypeCommunity: onlyCommunity}
)

// why answers for Capabilities. A type that is not known is an ordinary group; a verb that is not known is not offered.
func why(v imclient.Verb, t imclient.GroupType) string {
	if key := nowhere[v]; key != "" {
		return key
	}
	for owner, verbs := range alone {
		if key := verbs[v]; key != "" {
			if t == owner {
				return ""
			}
			return key
		}
	}
	if key := lacks[t][v]; key != "" {
		return key
	}
	if everywhere[v] {
		return ""
	}
	for _, verbs := range lacks {
		if verbs[v] != "" {
			return ""
		}
	}
	return whyKey + "none"
}
