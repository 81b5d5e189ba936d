package tencent

import "imdesk/imclient"

// limits are the vendor's figures, where pages disagree those of the command's own page.
var limits = imclient.Limits{
	GroupName: maxGroupName, Introduction: maxGroupIntro, Notice: maxGroupNotice, Avatar: maxGroupFace,
	NameCard: maxNameCard, RecallReason: maxReason, NoticeText: maxNoticeBytes,
	HistoryPage: maxHistory, MembersPage: maxMemberPage, GroupsPage: maxGroupList,
	MuteBatch: maxMuted, KickBatch: maxDeleteMembers, RecallBatch: maxRecall,
	UserID: maxUserID, GroupID: maxGroupID,
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
		Limits: limits,
		Why:    why,
	}
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
}

var onlyLive = map[imclient.Verb]string{
	imclient.VerbBan:           whyKey + "only_live.ban",
	imclient.VerbOnlineMembers: whyKey + "only_live.online",
}

var notPrivate = map[imclient.Verb]string{
	imclient.VerbMute:       whyKey + "private.mute",
	imclient.VerbSetAdmin:   whyKey + "private.set_admin",
	imclient.VerbJoinOption: whyKey + "private.join_option",
}

var notCommunity = map[imclient.Verb]string{
	imclient.VerbJoinOption: whyKey + "community.join_option",
}

// everywhere are the verbs that no type lacks. Of a live room the members are those online.
var everywhere = map[imclient.Verb]bool{
	imclient.VerbListMembers: true, imclient.VerbMutedList: true, imclient.VerbMuteAll: true, imclient.VerbEditGroup: true,
	imclient.VerbNotice: true, imclient.VerbDismiss: true, imclient.VerbAvatar: true, imclient.VerbListGroups: true,
	imclient.VerbGlobalMute: true, imclient.VerbSignOut: true, imclient.VerbOnline: true, imclient.VerbUserGroups: true,
}

// why answers for Capabilities. A type that is not known is an ordinary group; a verb that is not known is not offered.
func why(v imclient.Verb, t imclient.GroupType) string {
	if key := onlyLive[v]; key != "" {
		if t == TypeAVChatRoom {
			return ""
		}
		return key
	}
	if !everywhere[v] && notLive[v] == "" && notPrivate[v] == "" && notCommunity[v] == "" {
		return whyKey + "none"
	}
	switch t {
	case TypeAVChatRoom:
		return notLive[v]
	case TypePrivate:
		return notPrivate[v]
	case TypeCommunity:
		return notCommunity[v]
	}
	return ""
}
