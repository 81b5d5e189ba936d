package coverage

import "imdesk/imclient/volcengine"

// Volcengine is what the pages of Volcengine IM list under "server OpenAPI" and "webhooks".
func Volcengine() Vendor {
	return Vendor{
		Name: "Volcengine IM", ID: "volcengine", Documents: "https://www.volcengine.com/docs/6348/",
		Client:   Listing{Package: "imclient/volcengine", By: "action", Args: []int{1}},
		Emulator: Listing{Package: "emulator/internal/volcengine", By: "action", Fields: []string{"name"}},
		Commands: []Section{
			{"Conversations", []Row{
				{"CreateConversation", "make a conversation", "337013"},
				{"ModifyConversation", "change a conversation", "337115"},
				{"DestroyConversation", "dissolve a conversation", "337036"},
				{"BatchGetConversations", "read conversations by id", "337118"},
				{"GetUserConversations", "list a user's conversations", "337049"},
				{"GetConversationSetting", "read a user's settings of a conversation", "337014"},
				{"ModifyConversationSetting", "change a user's settings of a conversation", "337015"},
			}},
			{"Participants", []Row{
				{"BatchAddConversationParticipant", "add members", "336991"},
				{"BatchDeleteConversationParticipant", "remove members", "336994"},
				{"BatchModifyConversationParticipant", "change members", "336995"},
				{"BatchGetConversationParticipant", "read members by id", "336992"},
				{"ScanConversationParticipantList", "list members", "336993"},
				{"GetConversationUserCount", "count members", "336997"},
				{"IsUserInConversation", "tell who is a member", "336996"},
				{"GetParticipantReadIndex", "how far members have read", ""},
				{"ModifyParticipantReadIndex", "set how far a member has read", ""},
			}},
			{"Mutes and bans", []Row{
				{"BatchAddBlockParticipants", "mute or ban in a live group", "788462"},
				{"BatchDeleteBlockParticipants", "lift mutes or bans", "788463"},
				{"BatchGetBlockParticipants", "list the muted or banned", "788464"},
			}},
			{"White list of a live group", []Row{
				{"BatchAddWhitelistParticipant", "let users speak although all are muted", "1051345"},
				{"BatchRemoveWhitelistParticipant", "take users off that list", "1051346"},
				{"BatchGetWhitelistParticipant", "read that list", "1051347"},
			}},
			{"Managers of a live group", []Row{
				{"BatchAddManager", "make managers of a live group", "1051343"},
				{"BatchRemoveManager", "unmake managers", "1051344"},
			}},
			{"Marks in live groups", []Row{
				{"MarkConversation", "make marks of a live group", "1187904"},
				{"GetConversationMarks", "read the marks of a live group", "1187905"},
				{"BatchUpdateLiveParticipants", "change or mark who is in a live group", "1162951"},
			}},
			{"Live status", []Row{
				{"QueryLiveParticipantStatus", "tell who is in a live group", "1051348"},
			}},
			{"Messages", []Row{
				{"SendMessage", "send a message", "337135"},
				{"BatchSendMessage", "send to many users", "1263587"},
				{"BatchSendGroupMessage", "send to many groups", "1756984"},
				{"GetMessages", "read messages by id", "337136"},
				{"GetConversationMessages", "read a conversation's history", "337138"},
				{"RecallMessage", "recall a message", "337141"},
				{"DeleteMessage", "delete a message from one user's view", "337139"},
				{"DeleteConversationMessage", "delete a message for all, or for all but the sender", "337140"},
				{"ModifyMessage", "edit a message", "337137"},
				{"GetMessagesReadReceipt", "who has read messages", "1223552"},
			}},
			{"Users", []Row{
				{"RegisterUsers", "import users", "1125993"},
				{"UnRegisterUsers", "delete users", "1125994"},
				{"BatchGetUser", "read users", "1125996"},
				{"BatchUpdateUser", "change users", "1187901"},
				{"BatchUpdateUserTags", "change tags of users", "1125995"},
				{"QueryOnlineStatus", "who is online, and on what", "788533"},
			}},
			{"Friends", []Row{
				{"AddFriend", "add friends", "1125662"},
				{"DeleteFriend", "remove friends", "1125751"},
				{"UpdateFriend", "change remarks and data of friends", "1125752"},
				{"ListFriend", "list friends", "1125753"},
				{"IsFriend", "tell who is a friend", "1125754"},
			}},
			{"Block lists", []Row{
				{"AddBlackList", "block users", "1152119"},
				{"RemoveBlackList", "unblock users", "1152120"},
				{"UpdateBlackList", "change data of blocked users", "1152121"},
				{"GetBlackList", "list blocked users", "1152122"},
				{"IsInBlackList", "tell who is blocked", "1152123"},
			}},
			{"Broadcast", []Row{
				{"UserBroadcast", "send to all users, or to some by tag", "1125997"},
			}},
			{"Token", []Row{
				{"GetAppToken", "make a token to sign in with", "1208779"},
			}},
		},
		Callbacks: []Row{
			{"BeforeSendMessage", "before a message of a client is delivered", ""},
			{"AfterSendMessage", "a message was sent", ""},
		},
		Types: volcengine.WebhookTypes(),
	}
}
