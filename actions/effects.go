package actions

// What will happen to an item: text keys, with the placeholders {from} and {to} for Item.Before and Item.Want.
const (
	EffectMuted         = "action.effect.muted"   // is muted until {to}
	EffectLonger        = "action.effect.longer"  // is muted or banned already, the end moves from {from} to {to}
	EffectShorter       = "action.effect.shorter" // likewise, to an earlier end
	EffectSame          = "action.effect.same"    // is muted or banned already, until {to}
	EffectUnmuted       = "action.effect.unmuted" // may speak again; was muted until {from}
	EffectGlobalMuted   = "action.effect.global_muted"
	EffectGlobalUnmuted = "action.effect.global_unmuted"
	EffectBanned        = "action.effect.banned"
	EffectUnbanned      = "action.effect.unbanned"
	EffectKicked        = "action.effect.kicked"
	EffectAdded         = "action.effect.added" // undo of a kick
	EffectAdmin         = "action.effect.admin"
	EffectMember        = "action.effect.member" // is an admin no more
	EffectNameCard      = "action.effect.name_card"
	EffectChanged       = "action.effect.changed" // a field, from {from} to {to}
	EffectMuteAll       = "action.effect.mute_all"
	EffectUnmuteAll     = "action.effect.unmute_all"
	EffectRecalled      = "action.effect.recalled"
	EffectDeleted       = "action.effect.deleted" // {from} recent messages, or more, are taken back
	EffectNotice        = "action.effect.notice"
	EffectSignedOut     = "action.effect.signed_out"
	EffectRestored      = "action.effect.restored" // undo: as it was before, {to}
	EffectCalled        = "action.effect.called"

	EffectImported       = "action.effect.imported"
	EffectAccountDeleted = "action.effect.account_deleted"
	EffectFriended       = "action.effect.friended"
	EffectFriendAsked    = "action.effect.friend_asked" // becomes a friend, or is asked first
	EffectUnfriended     = "action.effect.unfriended"
	EffectListed         = "action.effect.listed" // is put into a list of friends
	EffectUnlisted       = "action.effect.unlisted"
	EffectListMade       = "action.effect.list_made"
	EffectListRemoved    = "action.effect.list_removed"
	EffectBlocked        = "action.effect.blocked"
	EffectFriendBlocked  = "action.effect.friend_blocked" // is blocked, and a friend no longer
	EffectUnblocked      = "action.effect.unblocked"
	EffectContactRemoved = "action.effect.contact_removed"
	EffectContactCleared = "action.effect.contact_cleared" // its messages go, too
	EffectOpened         = "action.effect.opened"          // a direct chat may be read for a while
	EffectSaid           = "action.effect.said"
	EffectEdited         = "action.effect.edited"
	EffectHidden         = "action.effect.hidden"
	EffectRead           = "action.effect.read" // of {from} messages nothing stays unread
	EffectUnread         = "action.effect.unread"
	EffectExtensionSet   = "action.effect.extension_set"
	EffectExtensionNew   = "action.effect.extension_new"
	EffectExtensionGone  = "action.effect.extension_gone"
	EffectMade           = "action.effect.made"
	EffectDismissed      = "action.effect.dismissed"
	EffectOwner          = "action.effect.owner" // {who} owns the group then
	EffectJoins          = "action.effect.joins" // somebody new is added
	EffectSet            = "action.effect.set"   // a key that is not there yet becomes {to}
	EffectRemoved        = "action.effect.removed"
	EffectCounter        = "action.effect.counter"
	EffectCleared        = "action.effect.cleared"
	EffectTopicDeleted   = "action.effect.topic_deleted"

	EffectWordAdded      = "action.effect.word_added"
	EffectWordChanged    = "action.effect.word_changed" // is in the library, and does something else: from {from} to {to}
	EffectWordRemoved    = "action.effect.word_removed"
	EffectFileRead       = "action.effect.file_read"
	EffectFileDownloaded = "action.effect.file_downloaded"
	EffectMarked         = "action.effect.marked"
	EffectUnmarked       = "action.effect.unmarked"
	EffectLiveBroadcast  = "action.effect.live_broadcast"
	EffectBroadcast      = "action.effect.broadcast"
	EffectBroadcastSome  = "action.effect.broadcast_some"
	EffectTagged         = "action.effect.tagged"
	EffectUntagged       = "action.effect.untagged"
)
