package auth

// Role is what an operator is to the console. Each role may do all that the ones below it may.
type Role string

// The roles, least first.
const (
	Viewer    Role = "viewer"    // reads groups, members, muted lists
	Support   Role = "support"   // also direct chats with a reason; lifts mutes; notes
	Moderator Role = "moderator" // mutes, kicks, recalls; works the cases
	Lead      Role = "lead"      // rules, bulk, bans, global mutes, dismissing, the audit log
	Owner     Role = "owner"     // apps, operators, settings
)

// Roles lists the roles, least first.
func Roles() []Role { return []Role{Viewer, Support, Moderator, Lead, Owner} }

// rank is 0 for what is no role.
func (r Role) rank() int {
	for i, known := range Roles() {
		if r == known {
			return i + 1
		}
	}
	return 0
}

// Valid tells whether r is one of Roles.
func (r Role) Valid() bool { return r.rank() > 0 }

// AtLeast tells whether r may do all that other may. What is no role is not at least anything.
func (r Role) AtLeast(other Role) bool { return r.Valid() && other.Valid() && r.rank() >= other.rank() }

// Verb is something that needs a role. For what is done to a vendor it is the name of the action in the audit log.
type Verb string

// Verbs of the console itself.
const (
	VerbPublic      Verb = "public"            // needs no operator at all
	VerbSelf        Verb = "console.self"      // one's own settings: whoever is signed in
	VerbFactors     Verb = "console.factors"   // one's own second factors and passkeys
	VerbView        Verb = "console.view"      // groups, members, muted lists, users
	VerbDirect      Verb = "direct.view"       // direct chats, with a reason
	VerbNote        Verb = "user.note"         // notes about a user
	VerbKnow        Verb = "groups.know"       // add to the directory of groups
	VerbFind        Verb = "groups.find"       // have users' conversations looked through for more
	VerbCases       Verb = "case.decide"       // the queue
	VerbEvidence    Verb = "case.evidence"     // take all of a case out as a signed archive
	VerbHold        Verb = "case.hold"         // keep a case whatever its age and whoever wants it erased
	VerbReport      Verb = "case.report"       // put messages into the queue
	VerbBulk        Verb = "bulk.run"          // one action on more than ten at once
	VerbCleanWave   Verb = "wave.clean"        // clean up what many said alike
	VerbExport      Verb = "list.export"       // take a list out as a file
	VerbProtect     Verb = "protected.edit"    // whom no job may harm
	VerbAudit       Verb = "audit.view"        // the whole audit log; what was done in a group is with the group
	VerbRules       Verb = "rules.edit"        // what is flagged or stopped by itself
	VerbOperators   Verb = "operators.edit"    // who may sign in, and as what
	VerbSettings    Verb = "settings.edit"     // of the console and its apps
	VerbTokens      Verb = "tokens.own"        // tokens for programs, within one's own rights
	VerbAPI         Verb = "api.call"          // any command of the vendor, by hand
	VerbFigures     Verb = "operations.view"   // figures of an app, day by day, and which files of messages there are
	VerbWords       Verb = "keywords.view"     // the vendor's own filter
	VerbApprove     Verb = "approval.decide"   // be the second person for what somebody else wants to do
	VerbShareSearch Verb = "search.share"      // keep searches for everybody who may search
	VerbOverride    Verb = "approval.override" // do without the second person, in an emergency
	VerbReplay      Verb = "callback.replay"   // read, replay and erase callbacks that failed
	VerbPrivacy     Verb = "data.erase"        // erase what is held about a user, and say how long what is kept
)

// Verbs of what is done to an app. They are the names of actions in the audit log.
const (
	VerbMute           Verb = "member.mute"
	VerbUnmute         Verb = "member.unmute"
	VerbMuteAll        Verb = "group.mute_all"
	VerbKick           Verb = "member.kick"
	VerbRecall         Verb = "message.recall"
	VerbDeleteBySender Verb = "message.delete_by_sender"
	VerbSetRole        Verb = "member.set_role"
	VerbNameCard       Verb = "member.name_card"
	VerbEditGroup      Verb = "group.edit"
	VerbDismiss        Verb = "group.dismiss"
	VerbNotice         Verb = "group.notice"
	VerbGlobalMute     Verb = "user.global_mute"
	VerbGlobalUnmute   Verb = "user.global_unmute"
	VerbSignOut        Verb = "user.sign_out"
	VerbBan            Verb = "member.ban"
	VerbUnban          Verb = "member.unban"

	VerbImportUsers      Verb = "user.import"
	VerbEditUser         Verb = "user.edit"
	VerbDeleteUsers      Verb = "user.delete"
	VerbAddFriends       Verb = "friend.add"
	VerbEditFriend       Verb = "friend.edit"
	VerbRemoveFriends    Verb = "friend.remove"
	VerbFillFriendList   Verb = "friend_list.add"
	VerbRemoveFriendList Verb = "friend_list.remove"
	VerbBlock            Verb = "block.add"
	VerbUnblock          Verb = "block.remove"
	VerbRemoveContact    Verb = "contact.remove"

	VerbReadFiles     Verb = "history_files.read"
	VerbAddWords      Verb = "keywords.add"
	VerbRemoveWords   Verb = "keywords.remove"
	VerbLiveMark      Verb = "live.mark"
	VerbLiveBroadcast Verb = "live.broadcast"
	VerbBroadcast     Verb = "app.broadcast"
	VerbUserTags      Verb = "user.tags"

	VerbAllow          Verb = "live.allow"
	VerbMarkRoom       Verb = "live.mark_room"
	VerbDeleteMessages Verb = "message.delete"
	VerbMarkRead       Verb = "member.mark_read"
	VerbSendUsers      Verb = "app.send_users"
	VerbSendGroups     Verb = "app.send_groups"
	VerbNoteBlock      Verb = "block.note"
	VerbMarkContact    Verb = "contact.mark"
	VerbMakeToken      Verb = "user.token"
	VerbWarn           Verb = "user.warn"
	VerbAnswer         Verb = "user.answer"    // tell a user why writing does not work
	VerbAdopt          Verb = "sanction.adopt" // take the service's word into the register
	VerbSanctionWords  Verb = "sanction.words" // what is said in public, and whether drift is put right by itself

	VerbSendDirect       Verb = "direct.send"
	VerbEditDirect       Verb = "direct.edit"
	VerbDirectExtensions Verb = "direct.extensions"
	VerbMarkReadDirect   Verb = "direct.mark_read"
	VerbHideDirect       Verb = "direct.hide"
	VerbSend             Verb = "message.send"
	VerbEditMessage      Verb = "message.edit"
	VerbExtensions       Verb = "message.extensions"
	VerbReceipts         Verb = "message.receipts" // who has read a message
	VerbSetUnread        Verb = "member.unread"
	VerbCreateGroup      Verb = "group.create"
	VerbImportGroup      Verb = "group.import"
	VerbTransfer         Verb = "group.transfer"
	VerbAddMembers       Verb = "member.add"
	VerbMemberFields     Verb = "member.fields"
	VerbGroupFields      Verb = "group.fields"
	VerbAttributes       Verb = "group.attributes"
	VerbCounters         Verb = "group.counters"
	VerbClearMessages    Verb = "messages.clear"
	VerbCreateTopic      Verb = "topic.create"
	VerbEditTopic        Verb = "topic.edit"
	VerbDeleteTopic      Verb = "topic.delete"
)

// least is the one table of who may do what: verb to least role. What is not in it nobody may do.
var least = map[Verb]Role{
	VerbSelf:    Viewer,
	VerbFactors: Viewer,
	VerbView:    Viewer,

	VerbDirect: Support,
	VerbNote:   Support,
	VerbKnow:   Support,
	VerbUnmute: Support,
	VerbReport: Support,

	VerbCases:          Moderator,
	VerbMute:           Moderator,
	VerbKick:           Moderator,
	VerbNameCard:       Moderator,
	VerbRecall:         Moderator,
	VerbDeleteBySender: Moderator,
	VerbMuteAll:        Moderator,
	VerbNotice:         Moderator,
	VerbEditMessage:    Moderator,
	VerbReceipts:       Moderator,
	VerbShareSearch:    Moderator,

	VerbBulk:         Lead,
	VerbCleanWave:    Lead,
	VerbFind:         Lead,
	VerbTokens:       Lead,
	VerbExport:       Lead,
	VerbProtect:      Lead,
	VerbAudit:        Lead,
	VerbApprove:      Lead,
	VerbOverride:     Lead,
	VerbRules:        Lead,
	VerbEvidence:     Lead,
	VerbHold:         Lead,
	VerbSetRole:      Lead,
	VerbBan:          Lead,
	VerbUnban:        Lead,
	VerbEditGroup:    Lead,
	VerbDismiss:      Lead,
	VerbGlobalMute:   Lead,
	VerbGlobalUnmute: Lead,
	VerbSignOut:      Lead,

	VerbImportUsers:      Lead,
	VerbEditUser:         Lead,
	VerbAddFriends:       Lead,
	VerbEditFriend:       Lead,
	VerbRemoveFriends:    Lead,
	VerbFillFriendList:   Lead,
	VerbRemoveFriendList: Lead,
	VerbBlock:            Lead,
	VerbUnblock:          Lead,
	VerbRemoveContact:    Lead,

	VerbFigures:       Lead,
	VerbReplay:        Lead,
	VerbReadFiles:     Lead,
	VerbWords:         Lead,
	VerbAddWords:      Lead,
	VerbRemoveWords:   Lead,
	VerbLiveMark:      Lead,
	VerbLiveBroadcast: Lead,
	VerbBroadcast:     Lead,
	VerbUserTags:      Lead,

	VerbAllow:          Lead,
	VerbMarkRoom:       Lead,
	VerbDeleteMessages: Lead,
	VerbMarkRead:       Lead,
	VerbSendUsers:      Lead,
	VerbSendGroups:     Lead,
	VerbNoteBlock:      Lead,
	VerbMarkContact:    Lead,
	VerbMakeToken:      Owner,
	VerbWarn:           Moderator,
	VerbAnswer:         Support,
	VerbAdopt:          Moderator,
	VerbSanctionWords:  Lead,

	VerbSendDirect:       Lead,
	VerbEditDirect:       Lead,
	VerbDirectExtensions: Lead,
	VerbMarkReadDirect:   Lead,
	VerbHideDirect:       Lead,
	VerbSend:             Lead,
	VerbExtensions:       Lead,
	VerbSetUnread:        Lead,
	VerbAddMembers:       Moderator,
	VerbCreateGroup:      Lead,
	VerbImportGroup:      Lead,
	VerbTransfer:         Lead,
	VerbMemberFields:     Lead,
	VerbGroupFields:      Lead,
	VerbAttributes:       Lead,
	VerbCounters:         Lead,
	VerbClearMessages:    Lead,
	VerbCreateTopic:      Lead,
	VerbEditTopic:        Lead,
	VerbDeleteTopic:      Lead,

	VerbDeleteUsers: Owner,
	VerbOperators:   Owner,
	VerbSettings:    Owner,
	VerbPrivacy:     Owner,
	VerbAPI:         Owner,
}

// Least is the least role that may do v; false if nobody may.
func Least(v Verb) (Role, bool) {
	r, ok := least[v]
	return r, ok
}

// Can tells whether the role may do v. VerbPublic everybody may.
func (r Role) Can(v Verb) bool {
	if v == VerbPublic {
		return true
	}
	needed, ok := least[v]
	return ok && r.AtLeast(needed)
}
