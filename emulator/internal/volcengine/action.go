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
		{name: "CreateConversation", rate: writeRate, run: createConversation},
		{name: "ModifyConversation", rate: writeRate, run: modifyConversation},
		{name: "DestroyConversation", rate: writeRate, run: destroyConversation},
		{name: "BatchGetConversations", rate: readRate, run: batchGetConversations},
		{name: "GetUserConversations", rate: readRate, run: getUserConversations},
		{name: "GetConversationSetting", rate: readRate, run: getConversationSetting},
		{name: "ModifyConversationSetting", rate: writeRate, run: modifyConversationSetting},

		{name: "BatchAddConversationParticipant", rate: writeRate, run: addParticipants},
		{name: "BatchDeleteConversationParticipant", rate: writeRate, run: deleteParticipants},
		{name: "BatchModifyConversationParticipant", rate: writeRate, run: modifyParticipants},
		{name: "BatchGetConversationParticipant", rate: readRate, run: getParticipants},
		{name: "ScanConversationParticipantList", rate: readRate, run: scanParticipants},
		{name: "GetConversationUserCount", rate: readRate, run: countParticipants},
		{name: "IsUserInConversation", rate: readRate, run: isParticipant},
		{name: "GetParticipantReadIndex", rate: readRate, run: getReadIndexes},
		{name: "ModifyParticipantReadIndex", rate: writeRate, run: modifyReadIndex},

		{name: "BatchAddBlockParticipants", rate: writeRate, run: addBlocks},
		{name: "BatchDeleteBlockParticipants", rate: writeRate, run: deleteBlocks},
		{name: "BatchGetBlockParticipants", rate: readRate, run: getBlocks},
		{name: "BatchAddWhitelistParticipant", rate: writeRate, run: addWhitelist},
		{name: "BatchRemoveWhitelistParticipant", rate: writeRate, run: removeWhitelist},
		{name: "BatchGetWhitelistParticipant", rate: readRate, run: getWhitelist},
		{name: "BatchAddManager", rate: writeRate, run: addManagers},
		{name: "BatchRemoveManager", rate: writeRate, run: removeManagers},
		{name: "MarkConversation", rate: writeRate, run: markConversation},
		{name: "GetConversationMarks", rate: readRate, run: getMarks},
		{name: "BatchUpdateLiveParticipants", rate: writeRate, run: updateLiveParticipants},
		{name: "QueryLiveParticipantStatus", rate: readRate, run: queryLiveStatus},

		{name: "SendMessage", rate: writeRate, run: sendMessage},
		{name: "BatchSendMessage", run: batchSendMessage},
		{name: "BatchSendGroupMessage", rate: 5, run: batchSendGroupMessage},
		{name: "GetMessages", rate: readRate, run: getMessages},
		{name: "GetConversationMessages", rate: readRate, run: getConversationMessages},
		{name: "RecallMessage", rate: writeRate, run: recallMessage},
		{name: "DeleteMessage", rate: writeRate, run: deleteMessage},
		{name: "DeleteConversationMessage", rate: writeRate, run: deleteConversationMessage},
		{name: "ModifyMessage", rate: writeRate, run: modifyMessage},
		{name: "GetMessagesReadReceipt", rate: readRate, run: getReadReceipts},

		{name: "RegisterUsers", rate: writeRate, run: registerUsers},
		{name: "UnRegisterUsers", rate: writeRate, run: unregisterUsers},
		{name: "BatchGetUser", rate: readRate, run: getUsers},
		{name: "BatchUpdateUser", rate: writeRate, run: updateUsers},
		{name: "BatchUpdateUserTags", rate: writeRate, run: updateTags},
		{name: "QueryOnlineStatus", rate: readRate, run: queryOnline},

		{name: "AddFriend", rate: writeRate, run: addFriends},
		{name: "DeleteFriend", rate: writeRate, run: deleteFriends},
		{name: "UpdateFriend", rate: writeRate, run: updateFriends},
		{name: "ListFriend", rate: readRate, run: listFriends},
		{name: "IsFriend", rate: readRate, run: isFriend},
		{name: "AddBlackList", rate: writeRate, run: addBlacklist},
		{name: "RemoveBlackList", rate: writeRate, run: removeBlacklist},
		{name: "UpdateBlackList", rate: writeRate, run: updateBlacklist},
		{name: "GetBlackList", rate: readRate, run: getBlacklist},
		{name: "IsInBlackList", rate: readRate, run: isInBlacklist},

		{name: "UserBroadcast", run: broadcast},
		{name: "GetAppToken", rate: writeRate, run: appToken},
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
