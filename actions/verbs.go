package actions

import "imdesk/imclient"

// Verb names an action: in the audit log, and where a role is asked what it may do.
type Verb string

// What can be done. Taking an action back is recorded as "undo." and its verb, and needs the right to the verb itself.
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
	VerbNotice         Verb = "group.notice"
	VerbGlobalMute     Verb = "user.global_mute"
	VerbGlobalUnmute   Verb = "user.global_unmute"
	VerbSignOut        Verb = "user.sign_out"
	VerbBan            Verb = "member.ban"
	VerbUnban          Verb = "member.unban"
	VerbAPICall        Verb = "api.call"

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

	VerbViewDirect       Verb = "direct.view" // reading it, for a while
	VerbSendDirect       Verb = "direct.send"
	VerbEditDirect       Verb = "direct.edit"
	VerbDirectExtensions Verb = "direct.extensions"
	VerbMarkReadDirect   Verb = "direct.mark_read"
	VerbHideDirect       Verb = "direct.hide"
	VerbSend             Verb = "message.send"
	VerbEditMessage      Verb = "message.edit"
	VerbExtensions       Verb = "message.extensions"
	VerbSetUnread        Verb = "member.unread"
	VerbCreateGroup      Verb = "group.create"
	VerbImportGroup      Verb = "group.import"
	VerbDismiss          Verb = "group.dismiss"
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
	VerbReadFiles        Verb = "history_files.read"
	VerbAddWords         Verb = "keywords.add"
	VerbRemoveWords      Verb = "keywords.remove"
	VerbLiveMark         Verb = "live.mark"
	VerbLiveBroadcast    Verb = "live.broadcast"
	VerbBroadcast        Verb = "app.broadcast"
	VerbUserTags         Verb = "user.tags"
	VerbAllow            Verb = "live.allow"
	VerbMarkRoom         Verb = "live.mark_room"
	VerbDeleteMessages   Verb = "message.delete"
	VerbMarkRead         Verb = "member.mark_read"
	VerbSendUsers        Verb = "app.send_users"
	VerbSendGroups       Verb = "app.send_groups"
	VerbNoteBlock        Verb = "block.note"
	VerbMarkContact      Verb = "contact.mark"
	VerbMakeToken        Verb = "user.token"
	VerbWarn             Verb = "user.warn"
	VerbAnswer           Verb = "user.answer"    // why writing does not work
	VerbAdopt            Verb = "sanction.adopt" // the service's word, into the register
)

// VerbBulk is no action: it is the right to do something to more than AtOnce people or messages at once. Taking such a
// thing back needs the right to the verb only.
const VerbBulk Verb = "bulk.run"

// VerbCleanWave is no action: it is the right to clean a wave up as a whole, and what the guard is asked about then.
const VerbCleanWave Verb = "wave.clean"

// Guarded are the verbs that a guard can be asked about: the actions, and what is made of several.
func Guarded() []Verb { return append(Verbs(), VerbCleanWave) }

// AtOnce is how many people or messages may be acted upon at once without VerbBulk.
const AtOnce = 10

const undoPrefix = "undo."

// Undoing is the verb under which taking v back is recorded.
func Undoing(v Verb) Verb { return undoPrefix + v }

// verbInfo is what is fixed for a verb.
type verbInfo struct {
	needs  imclient.Verb // the capability; "" where it depends on the fields
	reason bool          // a reason is required
	undo   bool          // there is an inverse
}

// Reasons are required for what is done to a person; not for what a moderator does by one key on what is in view
// (recall), nor for giving something back.
var verbs = map[Verb]verbInfo{
	VerbMute:           {imclient.VerbMute, true, true},
	VerbUnmute:         {imclient.VerbMute, false, true},
	VerbMuteAll:        {imclient.VerbMuteAll, false, true},
	VerbKick:           {imclient.VerbKick, true, true},
	VerbRecall:         {imclient.VerbRecall, false, false},
	VerbDeleteBySender: {imclient.VerbDeleteBySend, true, false},
	VerbSetRole:        {imclient.VerbSetAdmin, false, true},
	VerbNameCard:       {imclient.VerbNameCard, false, true},
	VerbEditGroup:      {"", false, true},
	VerbNotice:         {imclient.VerbNotice, false, false},
	VerbGlobalMute:     {imclient.VerbGlobalMute, true, true},
	VerbGlobalUnmute:   {imclient.VerbGlobalMute, false, true},
	VerbSignOut:        {imclient.VerbSignOut, true, false},
	VerbBan:            {imclient.VerbBan, true, true},
	VerbUnban:          {imclient.VerbBan, false, true},
	VerbAPICall:        {"", false, false},

	VerbImportUsers:      {imclient.VerbImportUsers, false, false},
	VerbEditUser:         {imclient.VerbEditUser, false, true},
	VerbDeleteUsers:      {imclient.VerbDeleteUsers, true, false},
	VerbAddFriends:       {imclient.VerbFriends, false, true},
	VerbEditFriend:       {imclient.VerbFriends, false, true},
	VerbRemoveFriends:    {imclient.VerbFriends, true, true},
	VerbFillFriendList:   {imclient.VerbFriendLists, false, true},
	VerbRemoveFriendList: {imclient.VerbFriendLists, false, true},
	VerbBlock:            {imclient.VerbBlocks, false, true},
	VerbUnblock:          {imclient.VerbBlocks, false, true},
	VerbRemoveContact:    {imclient.VerbContactRemove, true, false},

	VerbViewDirect:       {imclient.VerbDirectHistory, true, false},
	VerbSendDirect:       {imclient.VerbDirectSend, false, false},
	VerbEditDirect:       {imclient.VerbDirectEdit, true, false},
	VerbDirectExtensions: {imclient.VerbDirectExtensions, false, true},
	VerbMarkReadDirect:   {imclient.VerbDirectRead, false, false},
	VerbHideDirect:       {imclient.VerbDirectHide, true, false},
	VerbSend:             {imclient.VerbSend, false, false},
	VerbEditMessage:      {imclient.VerbEditMessage, true, false},
	VerbExtensions:       {imclient.VerbExtensions, false, true},
	VerbSetUnread:        {imclient.VerbUnread, false, true},
	VerbCreateGroup:      {imclient.VerbCreateGroup, false, false},
	VerbImportGroup:      {imclient.VerbImport, false, false},
	VerbDismiss:          {imclient.VerbDismiss, true, false},
	VerbTransfer:         {imclient.VerbTransfer, true, true},
	VerbAddMembers:       {imclient.VerbAddMember, false, true},
	VerbMemberFields:     {imclient.VerbMemberFields, false, true},
	VerbGroupFields:      {imclient.VerbEditGroup, false, true},
	VerbAttributes:       {imclient.VerbAttributes, false, true},
	VerbCounters:         {imclient.VerbCounters, false, true},
	VerbClearMessages:    {imclient.VerbClearHistory, true, false},
	VerbCreateTopic:      {imclient.VerbTopics, false, false},
	VerbEditTopic:        {imclient.VerbTopics, false, true},
	VerbDeleteTopic:      {imclient.VerbTopics, true, false},
	VerbReadFiles:        {imclient.VerbHistoryFiles, true, false},
	VerbAddWords:         {imclient.VerbKeywords, false, true},
	VerbRemoveWords:      {imclient.VerbKeywords, false, true},
	VerbLiveMark:         {imclient.VerbLiveMarks, false, true},
	VerbLiveBroadcast:    {imclient.VerbLiveBroadcast, true, false},
	VerbBroadcast:        {imclient.VerbBroadcast, true, false},
	VerbUserTags:         {imclient.VerbBroadcast, false, true},
	VerbAllow:            {imclient.VerbAllowList, false, true},
	VerbMarkRoom:         {imclient.VerbRoomMarks, false, true},
	VerbDeleteMessages:   {imclient.VerbDeleteMessage, true, false},
	VerbMarkRead:         {imclient.VerbMarkRead, false, false},
	VerbSendUsers:        {imclient.VerbSendUsers, true, false},
	VerbSendGroups:       {imclient.VerbSendGroups, true, false},
	VerbNoteBlock:        {imclient.VerbBlockNotes, false, true},
	VerbMarkContact:      {imclient.VerbContactMarks, false, true},
	VerbMakeToken:        {imclient.VerbToken, true, false},
	VerbWarn:             {imclient.VerbDirectSend, false, false},
	VerbAnswer:           {imclient.VerbDirectSend, false, false},
	VerbAdopt:            {"", false, false},
}

// Verbs lists all verbs, in the order of the constants.
func Verbs() []Verb {
	return []Verb{
		VerbMute, VerbUnmute, VerbMuteAll, VerbKick, VerbRecall, VerbDeleteBySender, VerbSetRole, VerbNameCard,
		VerbEditGroup, VerbNotice, VerbGlobalMute, VerbGlobalUnmute, VerbSignOut, VerbBan, VerbUnban,
		VerbAPICall,
		VerbImportUsers, VerbEditUser, VerbDeleteUsers, VerbAddFriends, VerbEditFriend, VerbRemoveFriends, VerbFillFriendList,
		VerbRemoveFriendList, VerbBlock, VerbUnblock, VerbRemoveContact,

		VerbViewDirect, VerbSendDirect, VerbEditDirect, VerbDirectExtensions, VerbMarkReadDirect, VerbHideDirect,
		VerbSend, VerbEditMessage, VerbExtensions, VerbSetUnread,
		VerbCreateGroup, VerbImportGroup, VerbDismiss, VerbTransfer, VerbAddMembers, VerbMemberFields, VerbGroupFields, VerbAttributes,
		VerbCounters, VerbClearMessages, VerbCreateTopic, VerbEditTopic, VerbDeleteTopic,
		VerbReadFiles, VerbAddWords, VerbRemoveWords, VerbLiveMark, VerbLiveBroadcast, VerbBroadcast, VerbUserTags,
		VerbAllow, VerbMarkRoom, VerbDeleteMessages, VerbMarkRead, VerbSendUsers, VerbSendGroups, VerbNoteBlock, VerbMarkContact, VerbMakeToken, VerbWarn,
		VerbAnswer, VerbAdopt,
	}
}

// ReasonRequired reports whether the verb is refused without a reason.
func ReasonRequired(v Verb) bool { return verbs[v].reason }
