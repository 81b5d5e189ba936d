package volcengine

import "imdesk/emulator/internal/community"

// action is one of the API's.
type action struct {
	name string
	rate int // calls a second of an account; 0 = the action has a limit of its own
	run  func(*call) (any, error)
}

// What an account may call a second. Source: the pages of the actions.
const (
	writeRate = 50
	readRate  = 100
)

// actions are all of them. Open: the rates of GetParticipantReadIndex, ModifyParticipantReadIndex and UpdateFriend.
func actions() []action {
	return []action{
		{"CreateConversation", writeRate, createConversation},
		{"ModifyConversation", writeRate, modifyConversation},
		{"DestroyConversation", writeRate, destroyConversation},
		{"BatchGetConversations", readRate, batchGetConversations},
		{"GetUserConversations", readRate, getUserConversations},
		{"GetConversationSetting", readRate, getConversationSetting},
		{"ModifyConversationSetting", writeRate, modifyConversationSetting},

		{"BatchAddConversationParticipant", writeRate, addParticipants},
		{"BatchDeleteConversationParticipant", writeRate, deleteParticipants},
		{"BatchModifyConversationParticipant", writeRate, modifyParticipants},
		{"BatchGetConversationParticipant", readRate, getParticipants},
		{"ScanConversationParticipantList", readRate, scanParticipants},
		{"GetConversationUserCount", readRate, countParticipants},
		{"IsUserInConversation", readRate, isParticipant},
		{"GetParticipantReadIndex", readRate, getReadIndexes},
		{"ModifyParticipantReadIndex", writeRate, modifyReadIndex},

		{"BatchAddBlockParticipants", writeRate, addBlocks},
		{"BatchDeleteBlockParticipants", writeRate, deleteBlocks},
		{"BatchGetBlockParticipants", readRate, getBlocks},
		{"BatchAddWhitelistParticipant", writeRate, addWhitelist},
		{"BatchRemoveWhitelistParticipant", writeRate, removeWhitelist},
		{"BatchGetWhitelistParticipant", readRate, getWhitelist},
		{"BatchAddManager", writeRate, addManagers},
		{"BatchRemoveManager", writeRate, removeManagers},
		{"MarkConversation", writeRate, markConversation},
		{"GetConversationMarks", readRate, getMarks},
		{"BatchUpdateLiveParticipants", writeRate, updateLiveParticipants},
		{"QueryLiveParticipantStatus", readRate, queryLiveStatus},

		{"SendMessage", writeRate, sendMessage},
		{"BatchSendMessage", 0, batchSendMessage},
		{"BatchSendGroupMessage", 5, batchSendGroupMessage},
		{"GetMessages", readRate, getMessages},
		{"GetConversationMessages", readRate, getConversationMessages},
		{"RecallMessage", writeRate, recallMessage},
		{"DeleteMessage", writeRate, deleteMessage},
		{"DeleteConversationMessage", writeRate, deleteConversationMessage},
		{"ModifyMessage", writeRate, modifyMessage},
		{"GetMessagesReadReceipt", readRate, getReadReceipts},

		{"RegisterUsers", writeRate, registerUsers},
		{"UnRegisterUsers", writeRate, unregisterUsers},
		{"BatchGetUser", readRate, getUsers},
		{"BatchUpdateUser", writeRate, updateUsers},
		{"BatchUpdateUserTags", writeRate, updateTags},
		{"QueryOnlineStatus", readRate, queryOnline},

		{"AddFriend", writeRate, addFriends},
		{"DeleteFriend", writeRate, deleteFriends},
		{"UpdateFriend", writeRate, updateFriends},
		{"ListFriend", readRate, listFriends},
		{"IsFriend", readRate, isFriend},
		{"AddBlackList", writeRate, addBlacklist},
		{"RemoveBlackList", writeRate, removeBlacklist},
		{"UpdateBlackList", writeRate, updateBlacklist},
		{"GetBlackList", readRate, getBlacklist},
		{"IsInBlackList", readRate, isInBlacklist},

		{"UserBroadcast", 0, broadcast},
		{"GetAppToken", writeRate, appToken},
	}
}

// maxItems bounds lists for which no bound is documented. Open: the vendor's own.
const maxItems = 50

// kinds are the types of conversations that an action is for.
type kinds int

const (
	single kinds = 1 << iota
	group
	live
	anyKind = single | group | live
)

func kindOf(v *community.Conversation) kinds {
	switch v.Type {
	case community.SingleChat:
		return single
	case community.LiveGroupChat:
		return live
	}
	return group
}

// refuse is the error of using an action on a conversation that it is not for.
func (k kinds) refuse(v *community.Conversation) error {
	switch is := kindOf(v); {
	case k&is != 0:
		return nil
	case k == live:
		return errOnlyLive
	case is == single:
		return errNotSingle
	default:
		return errNotLive
	}
}

// find returns the conversation of the request, if everything in the request is right and the action is for it.
func (c *call) find(conn community.Conn, id int64, k kinds) (*community.Conversation, error) {
	if err := c.failed(); err != nil {
		return nil, err
	}
	v, err := conn.Conversation(c.app.ID, id)
	if err != nil {
		return nil, err
	}
	return v, k.refuse(v)
}

// change is find and then fn, in one transaction.
func (c *call) change(id int64, k kinds, fn func(*community.Tx, *community.Conversation) error) error {
	if err := c.failed(); err != nil {
		return err
	}
	return c.update(func(tx *community.Tx) error {
		v, err := c.find(tx.Conn, id, k)
		if err != nil {
			return err
		}
		return fn(tx, v)
	})
}
