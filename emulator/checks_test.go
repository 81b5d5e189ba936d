package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// checked is a command with a body that it accepts, and how that body is spoiled: for each way the documented code. What a
// row leaves out is tried by rule: every field it needs is left out, every field gets a value of another JSON type, every
// GroupId becomes that of a group that never was, and of one that was dismissed.
type checked struct {
	command string
	body    string
	needs   string   // fields without which it is refused: "Field", or "Field=CODE" where the service's own code is not meant
	typed   string   // "Field=CODE" for a value of another type, where it differs from the code for none at all
	limits  []spoilt // too many, too long, too large
	ids     []spoilt // users, messages and other things that are not there, beside groups
	kinds   string   // types of groups that it is refused for: "Type=CODE", or "any" if there are none
	not     string   // classes that do not apply: "limit", "ids"
}

// spoilt is fields put in place of the good body's, and the code that comes of it. Code 0 says that items are refused one
// by one, or passed over.
type spoilt struct {
	fields string // of a JSON object, without its braces
	code   int
}

// fieldCode is what commands of a service answer to a field that is missing or wrong. Source: "Error codes", doc 34348.
var fieldCode = map[string]int{
	"im_open_login_svc": 70402, "openim": 90001, "profile": 40001, "sns": 30001, "follow": 30001, "recentcontact": 50002,
	"group_open_http_svc": 10004, "group_open_avchatroom_http_svc": 10004, "group_open_attr_http_svc": 10004,
	"million_group_open_http_svc": 10004, "openim_msg_ext_http_svc": 10004, "openconfigsvr": 130001, "all_member_push": 90001,
	"open_msg_svc": 1002, "im_cos_msg": 10004, "im_msg_audit_mgr": 2003, "im_msg_audit": 2003, "openim_dirty_words": 10004,
	"openim_robot_http_svc": 10004, "ConfigSvc": 60002,
}

func many(n int) string { return js(names("many", n)) }

// objects is n objects with one field that differs.
func objects(field string, n int) string {
	items := make([]map[string]string, n)
	for i, name := range names("many", n) {
		items[i] = map[string]string{field: name}
	}
	return js(items)
}

const (
	openim   = "openim/"
	liveOnly = "Public=10007 Private=10007 ChatRoom=10007 Community=10007"
	noLive   = "AVChatRoom=10007"
	stranger = `"From_Account":"zz"`
)

// everyCommand has a row for each command. Accounts a, b and c are there, in every group; a and b are friends, a blocks c.
// PUBLIC and so on are groups; MSG is a message with everything switched on, DIRECT one from a to b.
var everyCommand = []checked{
	// Accounts
	{account + "account_import", `{"UserID":"new1","Nick":"n","FaceUrl":"u"}`, "UserID", "", []spoilt{
		{`"UserID":"` + strings.Repeat("x", 33) + `"`, 70402}, {`"Nick":"` + strings.Repeat("x", 501) + `"`, 40601}, {`"FaceUrl":"` + strings.Repeat("x", 501) + `"`, 40601},
	}, []spoilt{{`"UserID":"名"`, 70402}}, "", ""},
	{account + "multiaccount_import", `{"Accounts":["new2"]}`, "Accounts", "", []spoilt{{`"Accounts":` + many(101), 70206}}, []spoilt{{`"Accounts":["名"]`, 0}}, "", ""},
	{account + "account_delete", `{"DeleteItem":[{"UserID":"doomed"}]}`, "DeleteItem", "", []spoilt{{`"DeleteItem":` + objects("UserID", 101), 70206}}, []spoilt{{`"DeleteItem":[{"UserID":"zz"}]`, 0}}, "", ""},
	{account + "account_check", `{"CheckItem":[{"UserID":"a"}]}`, "CheckItem", "", []spoilt{{`"CheckItem":` + objects("UserID", 101), 70206}}, []spoilt{{`"CheckItem":[{"UserID":"zz"}]`, 0}}, "", ""},
	{account + "kick", `{"UserID":"a"}`, "UserID", "", nil, []spoilt{{`"UserID":"zz"`, 70107}}, "", "limit"},
	{openim + "query_online_status", `{"To_Account":["a"],"IsNeedDetail":1}`, "To_Account=90003", "IsNeedDetail=90001", []spoilt{{`"To_Account":` + many(501), 90011}, {`"To_Account":[]`, 90001}}, []spoilt{{`"To_Account":["zz"]`, 0}}, "", ""},
	{openim + "querystate", `{"To_Account":["a"]}`, "To_Account=90003", "", []spoilt{{`"To_Account":` + many(501), 90011}}, []spoilt{{`"To_Account":["zz"]`, 0}}, "", ""},

	// One-to-one messages
	{
		openim + "sendmsg", `{"From_Account":"a","To_Account":"b","MsgSeq":1,"MsgRandom":1,"MsgLifeTime":60,"SyncOtherMachine":1,"MsgBody":TEXT,"CloudCustomData":"x"}`,
		"To_Account=90003 MsgRandom=90005 MsgBody=90002",
		"From_Account=90008 MsgBody=90007 MsgSeq=90004 MsgLifeTime=90044 SyncOtherMachine=90031",
		[]spoilt{{`"MsgBody":LONG`, 93000}, {`"MsgRandom":4294967296`, 90005}, {`"SyncOtherMachine":3`, 90031}, {`"MsgBody":[{"MsgType":"TIMTextElem"}]`, 90010}},
		[]spoilt{{stranger, 20003}, {`"To_Account":"zz"`, 90012}},
		"", "",
	},
	{
		openim + "batchsendmsg", `{"From_Account":"a","To_Account":["b"],"MsgRandom":2,"MsgBody":TEXT}`,
		"To_Account=90003 MsgRandom=90005 MsgBody=90002", "From_Account=90008 MsgBody=90007",
		[]spoilt{{`"To_Account":` + many(501), 90011}, {`"MsgBody":LONG`, 93000}},
		[]spoilt{{stranger, 20003}, {`"To_Account":["zz"]`, 90012}},
		"", "",
	},
	{
		openim + "importmsg", `{"SyncFromOldSystem":2,"From_Account":"a","To_Account":"b","MsgSeq":3,"MsgRandom":3,"MsgTimeStamp":1600000000,"MsgBody":TEXT}`,
		"SyncFromOldSystem=90030 From_Account=90008 To_Account=90003 MsgRandom=90005 MsgTimeStamp=90006 MsgBody=90002", "MsgSeq=90004 MsgBody=90007",
		[]spoilt{{`"MsgBody":LONG`, 93000}, {`"SyncFromOldSystem":4`, 90030}},
		[]spoilt{{stranger, 20003}, {`"To_Account":"zz"`, 90012}},
		"", "",
	},
	{
		openim + "admin_getroammsg", `{"Operator_Account":"a","Peer_Account":"b","MaxCnt":10,"MinTime":0,"MaxTime":1800000000}`,
		"Operator_Account=90008 Peer_Account=90003 MaxCnt MinTime MaxTime", "",
		[]spoilt{{`"MaxCnt":0`, 90001}, {`"LastMsgKey":"x"`, 90001}},
		[]spoilt{{`"Operator_Account":"zz"`, 20003}, {`"Peer_Account":"zz"`, 90012}},
		"", "",
	},
	{
		openim + "admin_msgwithdraw", `{"From_Account":"a","To_Account":"b","MsgKey":"RECALLED"}`, "From_Account=90008 To_Account=90003 MsgKey", "",
		nil,
		[]spoilt{{stranger, 20003}, {`"To_Account":"zz"`, 90012}, {`"MsgKey":"1_2_3"`, 20022}, {`"MsgKey":"x"`, 90054}},
		"", "limit",
	},
	{openim + "admin_set_msg_read", `{"Report_Account":"b","Peer_Account":"a","MsgReadTime":1600000000}`, "Report_Account=90008 Peer_Account=90003", "MsgReadTime=90001", nil, []spoilt{{`"Report_Account":"zz"`, 20003}, {`"Peer_Account":"zz"`, 90012}}, "", "limit"},
	{openim + "get_c2c_unread_msg_num", `{"To_Account":"b","Peer_Account":["a"]}`, "To_Account=90003", "Peer_Account=90001", []spoilt{{`"Peer_Account":` + many(11), 90001}}, []spoilt{{`"To_Account":"zz"`, 90012}, {`"Peer_Account":["zz"]`, 0}}, "", ""},
	{
		openim + "modify_c2c_msg", `{"From_Account":"a","To_Account":"b","MsgKey":"DIRECT","MsgBody":TEXT,"CloudCustomData":"x"}`, "From_Account=90008 To_Account=90003 MsgKey", "MsgBody=90007",
		[]spoilt{{`"MsgBody":LONG`, 93000}, {`"MsgBody":null,"CloudCustomData":null`, 90002}},
		[]spoilt{{stranger, 20003}, {`"To_Account":"zz"`, 90012}, {`"MsgKey":"1_2_3"`, 20001}},
		"", "",
	},
	{openim + "delete_c2c_msg_ramble", `{"Operator_Account":"b","Peer_Account":"a","MsgKeyList":["1_2_3"]}`, "Operator_Account=90008 Peer_Account=90003 MsgKeyList", "", []spoilt{{`"MsgKeyList":` + many(31), 90001}}, []spoilt{{`"Operator_Account":"zz"`, 20003}, {`"Peer_Account":"zz"`, 90012}}, "", ""},
	{
		openim + "c2c_msg_read_receipt", `{"Operator_Account":"b","Peer_Account":"a","C2CMsgInfo":[{"From_Account":"a","To_Account":"b","MsgKey":"DIRECT"}]}`, "Operator_Account=90008 Peer_Account=90003 C2CMsgInfo", "",
		[]spoilt{{`"C2CMsgInfo":` + objects("MsgKey", 31), 90001}},
		[]spoilt{{`"Operator_Account":"zz","C2CMsgInfo":[{"From_Account":"a","To_Account":"zz","MsgKey":"DIRECT"}]`, 20003}, {`"Peer_Account":"zz","C2CMsgInfo":[{"From_Account":"zz","To_Account":"b","MsgKey":"DIRECT"}]`, 90012}, {`"C2CMsgInfo":[{"From_Account":"b","To_Account":"a","MsgKey":"DIRECT"}]`, 90001}},
		"", "",
	},

	// Message extensions
	{
		extension + "set_key_values", `{"From_Account":"a","To_Account":"b","MsgKey":"DIRECT","OperateType":1,"ExtensionList":[{"Key":"k","Value":"v","Seq":0}]}`, "To_Account MsgKey OperateType ExtensionList", "From_Account=10004",
		[]spoilt{{`"ExtensionList":` + objects("Key", 21), 10004}, {`"OperateType":4`, 10004}, {`"ExtensionList":[{"Key":"` + strings.Repeat("k", 101) + `","Value":"v"}]`, 10004}},
		[]spoilt{{stranger, 20003}, {`"To_Account":"zz"`, 90012}, {`"MsgKey":"1_2_3"`, 23004}, {`"MsgKey":"PLAIN"`, 23002}},
		"", "",
	},
	{extension + "get_key_values", `{"From_Account":"a","To_Account":"b","MsgKey":"DIRECT","StartSeq":0}`, "To_Account MsgKey", "From_Account=10004 StartSeq=10004", nil, []spoilt{{stranger, 20003}, {`"To_Account":"zz"`, 90012}, {`"MsgKey":"1_2_3"`, 23004}, {`"MsgKey":"PLAIN"`, 23002}}, "", "limit"},
	{
		extension + "group_set_key_values", `{"GroupId":"PUBLIC","MsgSeq":MSG,"OperateType":1,"ExtensionList":[{"Key":"k","Value":"v","Seq":0}]}`, "GroupId MsgSeq OperateType ExtensionList", "",
		[]spoilt{{`"ExtensionList":` + objects("Key", 21), 10004}, {`"OperateType":4`, 10004}},
		[]spoilt{{`"MsgSeq":99`, 23004}, {`"MsgSeq":1`, 23002}},
		"AVChatRoom=10007 Community=10007", "",
	},
	{extension + "group_get_key_values", `{"GroupId":"PUBLIC","MsgSeq":MSG,"StartSeq":0}`, "GroupId MsgSeq", "StartSeq=10004", nil, []spoilt{{`"MsgSeq":99`, 23004}, {`"MsgSeq":1`, 23002}}, "AVChatRoom=10007 Community=10007", "limit"},

	// Profiles
	{"profile/portrait_get", `{"To_Account":["a"],"TagList":["Tag_Profile_IM_Nick"]}`, "To_Account TagList", "", []spoilt{{`"To_Account":` + many(101), 40001}}, []spoilt{{`"To_Account":["zz"]`, 0}, {`"TagList":["Tag_Nonsense"]`, 40009}}, "", ""},
	{
		"profile/portrait_set", `{"From_Account":"a","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"n"}]}`, "From_Account ProfileItem", "",
		[]spoilt{{`"ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"` + strings.Repeat("x", 501) + `"}]`, 40601}, {`"ProfileItem":[{"Tag":"Tag_Profile_IM_Gender","Value":"x"}]`, 40605}, {`"ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":7}]`, 40610}},
		[]spoilt{{stranger, 40003}, {`"ProfileItem":[{"Tag":"Tag_Nonsense","Value":"x"}]`, 40009}},
		"", "",
	},

	// Friends and block lists
	{sns + "friend_add", `{"From_Account":"a","AddFriendItem":[{"To_Account":"d","AddSource":"AddSource_Type_X"}],"AddType":"Add_Type_Both","ForceAddFlags":1}`, "From_Account AddFriendItem", "", []spoilt{{`"AddFriendItem":` + objects("To_Account", 1001), 30001}, {`"AddType":"x"`, 30001}}, []spoilt{{stranger, 30003}, {`"AddFriendItem":[{"To_Account":"zz"}]`, 0}}, "", ""},
	{sns + "friend_import", `{"From_Account":"a","AddFriendItem":[{"To_Account":"e","AddSource":"AddSource_Type_X"}]}`, "From_Account AddFriendItem", "", []spoilt{{`"AddFriendItem":` + objects("To_Account", 1001), 30001}}, []spoilt{{stranger, 30003}, {`"AddFriendItem":[{"To_Account":"zz","AddSource":"AddSource_Type_X"}]`, 0}}, "", ""},
	{sns + "friend_update", `{"From_Account":"a","UpdateItem":[{"To_Account":"b","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"x"}]}]}`, "From_Account UpdateItem", "", []spoilt{{`"UpdateItem":` + objects("To_Account", 1001), 30001}}, []spoilt{{stranger, 30003}, {`"UpdateItem":[{"To_Account":"zz","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"x"}]}]`, 0}}, "", ""},
	{sns + "friend_check", `{"From_Account":"a","To_Account":["b"],"CheckType":"CheckResult_Type_Both"}`, "From_Account To_Account CheckType", "", []spoilt{{`"To_Account":` + many(1001), 30001}, {`"CheckType":"x"`, 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{sns + "friend_get", `{"From_Account":"a","StartIndex":0,"StandardSequence":0,"CustomSequence":0}`, "From_Account StartIndex", "", []spoilt{{`"StartIndex":-1`, 30001}}, []spoilt{{stranger, 30003}}, "", ""},
	{sns + "friend_get_list", `{"From_Account":"a","To_Account":["b"],"TagList":["Tag_SNS_IM_Remark"]}`, "From_Account To_Account TagList", "", []spoilt{{`"To_Account":` + many(1001), 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{sns + "friend_delete", `{"From_Account":"a","To_Account":["d"],"DeleteType":"Delete_Type_Single"}`, "From_Account To_Account", "", []spoilt{{`"To_Account":` + many(1001), 30001}, {`"DeleteType":"x"`, 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{sns + "friend_delete_all", `{"From_Account":"d","DeleteType":"Delete_Type_Single"}`, "From_Account", "", nil, []spoilt{{stranger, 30003}}, "", "limit"},
	{sns + "black_list_add", `{"From_Account":"a","To_Account":["e"]}`, "From_Account To_Account", "", []spoilt{{`"To_Account":` + many(1001), 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{sns + "black_list_delete", `{"From_Account":"a","To_Account":["e"]}`, "From_Account To_Account", "", []spoilt{{`"To_Account":` + many(1001), 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{sns + "black_list_get", `{"From_Account":"a","StartIndex":0,"MaxLimited":10,"LastSequence":0}`, "From_Account StartIndex MaxLimited LastSequence", "", []spoilt{{`"StartIndex":-1`, 30001}, {`"MaxLimited":-1`, 30001}}, []spoilt{{stranger, 30003}}, "", ""},
	{sns + "black_list_check", `{"From_Account":"a","To_Account":["c"],"CheckType":"BlackCheckResult_Type_Both"}`, "From_Account To_Account CheckType", "", []spoilt{{`"To_Account":` + many(1001), 30001}, {`"CheckType":"x"`, 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{sns + "group_add", `{"From_Account":"a","GroupName":["list"],"To_Account":["b"]}`, "From_Account GroupName", "", []spoilt{{`"GroupName":["` + strings.Repeat("x", 31) + `"]`, 30001}, {`"GroupName":` + js(names("l", 33)), 30011}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{sns + "group_get", `{"From_Account":"a","NeedFriend":"Need_Friend_Type_Yes","GroupName":["list"]}`, "From_Account", "", nil, []spoilt{{stranger, 30003}}, "", "limit"},
	{sns + "group_delete", `{"From_Account":"a","GroupName":["list"]}`, "From_Account GroupName", "", []spoilt{{`"GroupName":[]`, 30001}}, []spoilt{{stranger, 30003}}, "", ""},

	// Groups
	{group + "get_appid_group_list", `{"Limit":10,"Next":0,"GroupType":"Public"}`, "", "", []spoilt{{`"Limit":10001`, 10004}, {`"GroupType":"Secret"`, 10004}}, nil, "any", "ids"},
	{
		group + "create_group", `{"Type":"Public","Name":"x","GroupId":"made","Owner_Account":"owner","MaxMemberCount":9,"ApplyJoinOption":"FreeAccess","MemberList":[{"Member_Account":"a"}],"AppDefinedData":[{"Key":"k","Value":"v"}]}`, "Type Name", "",
		[]spoilt{
			{`"Name":"` + strings.Repeat("x", 31) + `"`, 10004},
			{`"Introduction":"` + strings.Repeat("x", 241) + `"`, 10004},
			{`"Notification":"` + strings.Repeat("x", 301) + `"`, 10004},
			{`"FaceUrl":"` + strings.Repeat("x", 101) + `"`, 10004},
			{`"GroupId":"` + strings.Repeat("x", 49) + `"`, 10004},
			{`"GroupId":"@TGS#own"`, 10004},
			{`"MemberList":` + accounts(names("many", 101)), 10005},
			{`"Type":"Secret"`, 10004},
			{`"AppDefinedData":[{"Key":"` + strings.Repeat("k", 17) + `","Value":"v"}]`, 10004},
		},
		[]spoilt{{`"Owner_Account":"zz"`, 10019}, {`"MemberList":[{"Member_Account":"zz"}]`, 10019}, {`"GroupId":"PUBLIC"`, 10025}, {`"GroupId":"PUBLIC","Owner_Account":"a"`, 10021}},
		"any", "",
	},
	{group + "get_group_info", `{"GroupIdList":["PUBLIC"],"ResponseFilter":{"GroupBaseInfoFilter":["Name"]}}`, "GroupIdList", "", []spoilt{{`"GroupIdList":` + many(51), 10004}}, []spoilt{{`"GroupIdList":["zz"]`, 0}}, "any", ""},
	{
		group + "modify_group_base_info", `{"GroupId":"PUBLIC","Name":"y","MaxMemberNum":100,"MuteAllMember":"Off","ApplyJoinOption":"FreeAccess"}`, "GroupId", "",
		[]spoilt{{`"Name":"` + strings.Repeat("x", 31) + `"`, 10004}, {`"Introduction":"` + strings.Repeat("x", 241) + `"`, 10004}, {`"Notification":"` + strings.Repeat("x", 301) + `"`, 10004}, {`"FaceUrl":"` + strings.Repeat("x", 101) + `"`, 10004}, {`"MuteAllMember":"Maybe"`, 10004}, {`"ApplyJoinOption":"Maybe"`, 10004}},
		nil, "any", "ids",
	},
	{group + "get_joined_group_list", `{"Member_Account":"a","Limit":10,"Offset":0,"GroupType":"Public","WithHugeGroups":1,"WithNoActiveGroups":1,"ResponseFilter":{"GroupBaseInfoFilter":["Name"]}}`, "Member_Account", "", []spoilt{{`"Limit":5001`, 10004}, {`"GroupType":"Secret"`, 10004}}, []spoilt{{`"Member_Account":"zz"`, 10019}}, "any", ""},
	{group + "change_group_owner", `{"GroupId":"PUBLIC","NewOwner_Account":"owner"}`, "GroupId NewOwner_Account", "", nil, []spoilt{{`"NewOwner_Account":"zz"`, 10019}, {`"NewOwner_Account":"outsider"`, 10004}}, noLive, "limit"},
	{group + "import_group", `{"Type":"Public","Name":"x","GroupId":"imported","Owner_Account":"owner","CreateTime":1600000000,"MaxMemberCount":9}`, "Type Name", "", []spoilt{{`"Name":"` + strings.Repeat("x", 31) + `"`, 10004}, {`"Type":"Secret"`, 10004}, {`"Type":"AVChatRoom"`, 10007}, {`"MaxMemberCount":6001`, 10004}}, []spoilt{{`"Owner_Account":"zz"`, 10019}, {`"GroupId":"PUBLIC","Owner_Account":"a"`, 10021}}, "any", ""},
	{group + "destroy_group", `{"GroupId":"doomed"}`, "GroupId", "", nil, nil, "any", "limit ids"},

	// Members
	{
		group + "get_group_member_info", `{"GroupId":"PUBLIC","Limit":10,"Offset":0,"MemberInfoFilter":["Role"],"MemberRoleFilter":["Member"],"AppDefinedDataFilter_GroupMember":["k"]}`, "GroupId", "",
		[]spoilt{{`"Limit":6001`, 10004}, {`"MemberRoleFilter":["King"]`, 10004}, {`"GroupId":"COMMUNITY","Next":"","Limit":101`, 10004}, {`"GroupId":"COMMUNITY","Next":"x"`, 10004}},
		nil, "AVChatRoom=10007 Community=10004", "ids",
	},
	{group + "get_specified_group_member_info", `{"GroupId":"PUBLIC","Member_List_Account":["a"],"MemberInfoFilter":["Role"]}`, "GroupId Member_List_Account", "", []spoilt{{`"Member_List_Account":` + many(51), 10004}}, []spoilt{{`"Member_List_Account":["zz"]`, 0}}, noLive, ""},
	{group + "add_group_member", `{"GroupId":"PUBLIC","Silence":1,"MemberList":[{"Member_Account":"d"}]}`, "GroupId MemberList", "", []spoilt{{`"MemberList":` + accounts(names("many", 301)), 10005}, {`"MemberList":[]`, 10004}}, []spoilt{{`"MemberList":[{"Member_Account":"zz"}]`, 10019}, {`"MemberList":[{"Member_Account":"zz"},{"Member_Account":"a"}]`, 0}}, noLive, ""},
	{group + "delete_group_member", `{"GroupId":"PUBLIC","Silence":1,"Reason":"r","MemberToDel_Account":["d"]}`, "GroupId MemberToDel_Account", "", []spoilt{{`"MemberToDel_Account":` + many(101), 10005}, {`"MemberToDel_Account":["owner"]`, 10004}}, []spoilt{{`"MemberToDel_Account":["zz"]`, 0}}, "AVChatRoom=10004", ""},
	{
		group + "modify_group_member_info", `{"GroupId":"PUBLIC","Member_Account":"a","Role":"Admin","MsgFlag":"Discard","NameCard":"card","MuteTime":0,"AppMemberDefinedData":[{"Key":"k","Value":"v"}]}`, "GroupId Member_Account", "",
		[]spoilt{{`"NameCard":"` + strings.Repeat("x", 51) + `"`, 10004}, {`"Role":"King"`, 10004}, {`"MsgFlag":"Never"`, 10004}, {`"MuteTime":4294967296`, 10004}, {`"AppMemberDefinedData":[{"Key":"k","Value":"` + strings.Repeat("v", 65) + `"}]`, 10004}},
		[]spoilt{{`"Member_Account":"zz"`, 10019}, {`"Member_Account":"outsider"`, 10004}},
		"AVChatRoom=10007 Private=10007", "",
	},
	{group + "get_role_in_group", `{"GroupId":"PUBLIC","User_Account":["a"]}`, "GroupId User_Account", "", []spoilt{{`"User_Account":` + many(501), 10004}}, []spoilt{{`"User_Account":["zz"]`, 0}}, noLive, ""},
	{group + "import_group_member", `{"GroupId":"PUBLIC","MemberList":[{"Member_Account":"d","Role":"Admin","UnreadMsgNum":1}]}`, "GroupId MemberList", "", []spoilt{{`"MemberList":` + accounts(names("many", 301)), 10005}, {`"MemberList":[{"Member_Account":"d","JoinTime":-1}]`, 10004}}, []spoilt{{`"MemberList":[{"Member_Account":"zz"}]`, 10019}}, noLive, ""},

	// Group messages
	{
		group + "send_group_msg", `{"GroupId":"PUBLIC","From_Account":"a","Random":1,"MsgPriority":"Low","MsgBody":TEXT,"CloudCustomData":"x","GroupAtInfo":[{"GroupAtAllFlag":0,"GroupAt_Account":"b"}]}`, "GroupId Random MsgBody", "",
		[]spoilt{{`"MsgBody":LONG`, 80002}, {`"MsgPriority":"Urgent"`, 10004}, {`"Random":4294967296`, 10004}, {`"GroupAtInfo":` + strings.ReplaceAll(objects("GroupAt_Account", 31), `{"`, `{"GroupAtAllFlag":0,"`), 10053}, {`"To_Account":` + many(51), 10004}},
		[]spoilt{{stranger, 10019}},
		"any", "",
	},
	{group + "send_group_system_notification", `{"GroupId":"PUBLIC","Content":"x","ToMembers_Account":["a"]}`, "GroupId Content", "", []spoilt{{`"ToMembers_Account":` + many(501), 10004}}, nil, "AVChatRoom=10004", "ids"},
	{group + "send_broadcast_msg", `{"From_Account":"a","Random":1,"MsgBody":TEXT,"CloudCustomData":"x"}`, "Random MsgBody", "", []spoilt{{`"MsgBody":LONG`, 80002}}, []spoilt{{stranger, 10019}}, "any", ""},
	{
		group + "import_group_msg", `{"GroupId":"PUBLIC","RecentContactFlag":0,"MsgList":[{"From_Account":"a","SendTime":1700000001,"Random":1,"MsgBody":TEXT}]}`, "GroupId MsgList", "",
		[]spoilt{{`"MsgList":` + objects("From_Account", 8), 10004}, {`"MsgList":[]`, 10004}, {`"MsgList":[{"From_Account":"a","SendTime":1,"MsgBody":TEXT}]`, 0}},
		[]spoilt{{`"MsgList":[{"From_Account":"zz","SendTime":1700000001,"MsgBody":TEXT}]`, 10019}},
		noLive, "",
	},
	{group + "group_msg_get_simple", `{"GroupId":"PUBLIC","ReqMsgNumber":5,"ReqMsgSeq":2,"WithRecalledMsg":1}`, "GroupId ReqMsgNumber", "", []spoilt{{`"ReqMsgNumber":0`, 10004}, {`"ReqMsgSeq":-1`, 10004}}, nil, noLive, "ids"},
	{group + "group_msg_recall", `{"GroupId":"PUBLIC","MsgSeqList":[{"MsgSeq":99}],"Reason":"r"}`, "GroupId MsgSeqList", "", []spoilt{{`"MsgSeqList":` + objects("MsgSeq", 11), 10004}, {`"Reason":"` + strings.Repeat("x", 101) + `"`, 10004}}, []spoilt{{`"MsgSeqList":[{"MsgSeq":999}]`, 0}}, "AVChatRoom=10033", ""},
	{group + "delete_group_msg_by_sender", `{"GroupId":"PUBLIC","Sender_Account":"e"}`, "GroupId Sender_Account", "", nil, []spoilt{{`"Sender_Account":"zz"`, 10019}}, "any", "limit"},
	{openim + "modify_group_msg", `{"GroupId":"PUBLIC","MsgSeq":MSG,"MsgBody":TEXT,"CloudCustomData":"x"}`, "GroupId MsgSeq=90004", "MsgBody=90007", []spoilt{{`"MsgBody":LONG`, 80002}, {`"MsgBody":null,"CloudCustomData":null`, 90002}}, []spoilt{{`"MsgSeq":99`, 20001}}, noLive, ""},
	{group + "clear_group_msg", `{"GroupId":"PRIVATE","MsgSeq":1}`, "GroupId", "", []spoilt{{`"MsgSeq":-1`, 10004}}, nil, noLive, "ids"},
	{group + "set_unread_msg_num", `{"GroupId":"PUBLIC","Member_Account":"a","UnreadMsgNum":1}`, "GroupId Member_Account UnreadMsgNum", "", []spoilt{{`"UnreadMsgNum":-1`, 10004}}, []spoilt{{`"Member_Account":"zz"`, 10019}, {`"Member_Account":"outsider"`, 10004}}, "any", ""},
	{group + "get_group_msg_receipt", `{"GroupId":"PUBLIC","MsgSeqList":[{"MsgSeq":MSG}]}`, "GroupId MsgSeqList", "", []spoilt{{`"MsgSeqList":[]`, 10004}}, []spoilt{{`"MsgSeqList":[{"MsgSeq":99}]`, 0}}, "AVChatRoom=10007 Community=10007", ""},
	{group + "get_group_msg_receipt_detail", `{"GroupId":"PUBLIC","MsgSeq":MSG,"Filter":0,"Cursor":"","Count":10}`, "GroupId MsgSeq Filter Cursor Count", "", []spoilt{{`"Count":201`, 10004}, {`"Filter":2`, 10004}}, []spoilt{{`"MsgSeq":1`, 10062}}, "AVChatRoom=10007 Community=10007", ""},
	{group + "group_msg_receipt", `{"GroupId":"PUBLIC","From_Account":"b","MsgSeqList":[{"MsgSeq":MSG}]}`, "GroupId From_Account MsgSeqList", "", []spoilt{{`"MsgSeqList":` + objects("MsgSeq", 51), 10004}}, []spoilt{{stranger, 10019}, {`"MsgSeqList":[{"MsgSeq":1}]`, 10062}}, "AVChatRoom=10007 Community=10007", ""},

	// Muting
	{group + "forbid_send_msg", `{"GroupId":"PUBLIC","Members_Account":["c"],"MuteTime":1}`, "GroupId Members_Account MuteTime", "", []spoilt{{`"Members_Account":` + many(501), 10004}, {`"MuteTime":4294967296`, 10004}}, []spoilt{{`"Members_Account":["zz"]`, 10019}}, "Private=10007", ""},
	{group + "get_group_muted_account", `{"GroupId":"PUBLIC"}`, "GroupId", "", nil, nil, "any", "limit ids"},
	{group + "get_group_shutted_uin", `{"GroupId":"PUBLIC"}`, "GroupId", "", nil, nil, "any", "limit ids"},
	{"openconfigsvr/setnospeaking", `{"Set_Account":"c","C2CmsgNospeakingTime":0,"GroupmsgNospeakingTime":0}`, "Set_Account=130004", "C2CmsgNospeakingTime=130001 GroupmsgNospeakingTime=130001", []spoilt{{`"C2CmsgNospeakingTime":4294967296`, 130001}, {`"C2CmsgNospeakingTime":null,"GroupmsgNospeakingTime":null`, 130008}}, []spoilt{{`"Set_Account":"zz"`, 130005}}, "", ""},
	{"openconfigsvr/getnospeaking", `{"Get_Account":"c"}`, "Get_Account=130002", "", nil, []spoilt{{`"Get_Account":"zz"`, 130003}}, "", "limit"},

	// Live rooms
	{group + "get_online_member_num", `{"GroupId":"LIVE"}`, "GroupId", "", nil, nil, liveOnly, "limit ids"},
	{live + "get_members", `{"GroupId":"LIVE","Timestamp":0,"Mark":1000}`, "GroupId Timestamp", "", []spoilt{{`"Timestamp":-1`, 10004}}, nil, "Public=10007 Private=10007 ChatRoom=10007", "ids"},
	{live + "modify_user_info", `{"GroupId":"LIVE","CommandType":1,"MemberList":[{"Member_Account":"a","Marks":[1000]}]}`, "GroupId CommandType MemberList", "", []spoilt{{`"CommandType":3`, 10004}, {`"MemberList":` + accounts(names("many", 501)), 10004}}, []spoilt{{`"MemberList":[{"Member_Account":"zz","Marks":[1000]}]`, 10019}}, liveOnly, ""},
	{live + "modify_admin", `{"GroupId":"LIVE","CommandType":1,"Admin_Account":["a"]}`, "GroupId CommandType Admin_Account", "", []spoilt{{`"CommandType":3`, 10004}, {`"Admin_Account":["a","b","c","d","e","owner"]`, 10004}}, []spoilt{{`"Admin_Account":["zz"]`, 10019}}, liveOnly, ""},
	{live + "get_admin_list", `{"GroupId":"LIVE"}`, "GroupId", "", nil, nil, liveOnly, "limit ids"},
	{live + "check_members", `{"GroupId":"LIVE","Member_Account":["a"]}`, "GroupId Member_Account", "", []spoilt{{`"Member_Account":` + many(501), 10004}}, []spoilt{{`"Member_Account":["zz"]`, 0}}, liveOnly, ""},
	{group + "ban_group_member", `{"GroupId":"LIVE","Members_Account":["c"],"Duration":60,"Description":"d"}`, "GroupId Members_Account Duration", "", []spoilt{{`"Members_Account":` + many(21), 10005}, {`"Description":"` + strings.Repeat("x", 1001) + `"`, 10004}, {`"Duration":4294967296`, 10004}}, []spoilt{{`"Members_Account":["zz"]`, 10019}}, "Public=10007 Private=10007 ChatRoom=10007", ""},
	{group + "get_group_ban_member", `{"GroupId":"LIVE","Limit":10,"Offset":0}`, "GroupId", "", []spoilt{{`"Limit":101`, 10004}}, nil, "Public=10007 Private=10007 ChatRoom=10007", "ids"},
	{group + "unban_group_member", `{"GroupId":"LIVE","Members_Account":["c"]}`, "GroupId Members_Account", "", []spoilt{{`"Members_Account":` + many(21), 10005}}, []spoilt{{`"Members_Account":["zz"]`, 10019}}, "Public=10007 Private=10007 ChatRoom=10007", ""},

	// Attributes and counters
	{"group_open_attr_http_svc/get_group_attr", `{"GroupId":"PUBLIC"}`, "GroupId", "", nil, nil, "any", "limit ids"},
	{group + "set_group_attr", `{"GroupId":"PUBLIC","GroupAttr":[{"key":"k","value":"v"}]}`, "GroupId GroupAttr", "", []spoilt{{`"GroupAttr":` + strings.ReplaceAll(objects("key", 17), `"}`, `","value":"v"}`), 10047}, {`"GroupAttr":[{"key":"` + strings.Repeat("k", 33) + `","value":"v"}]`, 10045}, {`"GroupAttr":[{"key":"k","value":"` + strings.Repeat("v", 4001) + `"}]`, 10046}}, nil, "any", "ids"},
	{group + "modify_group_attr", `{"GroupId":"PUBLIC","GroupAttr":[{"key":"k","value":"v"}]}`, "GroupId GroupAttr", "", []spoilt{{`"GroupAttr":[{"key":"` + strings.Repeat("k", 33) + `","value":"v"}]`, 10045}, {`"GroupAttr":[{"key":"k","value":"` + strings.Repeat("v", 4001) + `"}]`, 10046}}, nil, "any", "ids"},
	{group + "delete_group_attr", `{"GroupId":"PUBLIC","GroupAttr":[{"key":"k"}]}`, "GroupId GroupAttr", "", []spoilt{{`"GroupAttr":[]`, 10004}}, []spoilt{{`"GroupAttr":[{"key":"never"}]`, 10050}}, "any", ""},
	{group + "clear_group_attr", `{"GroupId":"CHATROOM"}`, "GroupId", "", nil, nil, "Community=10007", "limit ids"},
	{group + "update_group_counter", `{"GroupId":"PUBLIC","GroupCounter":[{"Key":"k","Value":1}],"Mode":"Set"}`, "GroupId GroupCounter", "", []spoilt{{`"GroupCounter":` + strings.ReplaceAll(objects("Key", 21), `"}`, `","Value":1}`), 10063}, {`"Mode":"Double"`, 10004}, {`"GroupCounter":[{"Key":"` + strings.Repeat("k", 129) + `","Value":1}]`, 10004}}, nil, "Community=10007", "ids"},
	{group + "get_group_counter", `{"GroupId":"PUBLIC","GroupCounterKeys":["k"]}`, "GroupId", "", []spoilt{{`"GroupCounterKeys":` + many(21), 10063}}, nil, "Community=10007", "ids"},
	{group + "delete_group_counter", `{"GroupId":"PUBLIC","GroupCounterKeys":["k"]}`, "GroupId", "", []spoilt{{`"GroupCounterKeys":` + many(21), 10063}}, nil, "Community=10007", "ids"},

	// Topics
	{
		topics + "create_topic", `{"GroupId":"COMMUNITY","TopicName":"t","TopicId":"COMMUNITY@TOPIC#_new","From_Account":"owner","CustomString":"x"}`, "GroupId TopicName", "",
		[]spoilt{{`"TopicName":"` + strings.Repeat("x", 31) + `"`, 10004}, {`"CustomString":"` + strings.Repeat("x", 3001) + `"`, 10004}, {`"TopicId":"elsewhere"`, 10004}},
		[]spoilt{{stranger, 10019}, {`"TopicId":"TOPIC"`, 10025}},
		"Public=10007 Private=10007 ChatRoom=10007 AVChatRoom=10007", "",
	},
	{topics + "get_topic", `{"GroupId":"COMMUNITY","From_Account":"a","TopicIdList":["TOPIC"]}`, "GroupId From_Account", "", []spoilt{{`"TopicIdList":"all"`, 10004}}, []spoilt{{stranger, 10019}, {`"TopicIdList":["COMMUNITY@TOPIC#_zz"]`, 0}}, "Public=10007 Private=10007 ChatRoom=10007 AVChatRoom=10007", ""},
	{topics + "modify_topic", `{"GroupId":"COMMUNITY","TopicId":"TOPIC","TopicName":"u","MuteAllMember":"Off"}`, "GroupId TopicId", "", []spoilt{{`"TopicName":"` + strings.Repeat("x", 31) + `"`, 10004}, {`"MuteAllMember":"Maybe"`, 10004}}, []spoilt{{`"TopicId":"COMMUNITY@TOPIC#_zz"`, 10015}}, "Public=10007 Private=10007 ChatRoom=10007 AVChatRoom=10007", ""},
	{topics + "destroy_topic", `{"GroupId":"COMMUNITY","TopicIdList":["COMMUNITY@TOPIC#_new"]}`, "GroupId TopicIdList", "", []spoilt{{`"TopicIdList":[]`, 10004}}, []spoilt{{`"TopicIdList":["COMMUNITY@TOPIC#_zz"]`, 0}}, "Public=10007 Private=10007 ChatRoom=10007 AVChatRoom=10007", ""},
	{group + "import_topic", `{"GroupId":"COMMUNITY","TopicName":"t","TopicId":"COMMUNITY@TOPIC#_old","CreateTime":1600000000}`, "GroupId TopicName", "", []spoilt{{`"TopicName":"` + strings.Repeat("x", 31) + `"`, 10004}}, []spoilt{{`"TopicId":"TOPIC"`, 10021}}, "Public=10007 Private=10007 ChatRoom=10007 AVChatRoom=10007", ""},

	// Recent contacts
	{contacts + "get_list", `{"From_Account":"a","TimeStamp":0,"StartIndex":0,"TopTimeStamp":0,"TopStartIndex":0,"AssistFlags":7}`, "From_Account TimeStamp StartIndex TopTimeStamp TopStartIndex AssistFlags", "", []spoilt{{`"StartIndex":-1`, 50002}, {`"AssistFlags":-1`, 50002}}, []spoilt{{stranger, 50001}}, "", ""},
	{contacts + "create_contact_group", `{"From_Account":"a","GroupContactItem":[{"GroupName":"F","ContactItem":[{"Type":1,"To_Account":"b"}]}]}`, "From_Account GroupContactItem", "", []spoilt{{`"GroupContactItem":[{"GroupName":"` + strings.Repeat("x", 33) + `"}]`, 51011}, {`"GroupContactItem":[{"GroupName":"x"},{"GroupName":"y"}]`, 50002}}, []spoilt{{stranger, 50001}}, "", ""},
	{contacts + "update_contact_group", `{"From_Account":"a","UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"F","NewGroupName":"G"}}`, "From_Account UpdateType UpdateGroup", "", []spoilt{{`"UpdateType":2`, 50002}, {`"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"F","NewGroupName":"` + strings.Repeat("x", 33) + `"}`, 51011}}, []spoilt{{stranger, 50001}, {`"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"never","NewGroupName":"H"}`, 51009}}, "", ""},
	{contacts + "mark_contact", `{"From_Account":"a","MarkItem":[{"OptType":1,"ContactItem":{"Type":1,"To_Account":"b"},"SetMark":[1]}]}`, "From_Account MarkItem", "", []spoilt{{`"MarkItem":` + objects("OptType", 101), 51006}}, []spoilt{{stranger, 50001}}, "", ""},
	{contacts + "search_contact_group", `{"From_Account":"a","ContactItem":[{"Type":1,"To_Account":"b"}]}`, "From_Account ContactItem", "", []spoilt{{`"ContactItem":` + objects("To_Account", 301), 50002}}, []spoilt{{stranger, 50001}}, "", ""},
	{contacts + "get_contact_group", `{"From_Account":"a","StartIndex":0}`, "From_Account StartIndex", "", []spoilt{{`"StartIndex":-1`, 50002}}, []spoilt{{stranger, 50001}}, "", ""},
	{contacts + "del_contact_group", `{"From_Account":"a","GroupName":["G"]}`, "From_Account GroupName", "", []spoilt{{`"GroupName":["G","H"]`, 50002}}, []spoilt{{stranger, 50001}, {`"GroupName":["never"]`, 51009}}, "", ""},
	{contacts + "delete", `{"From_Account":"a","Type":1,"To_Account":"b","ClearRamble":0}`, "From_Account Type To_Account", "", []spoilt{{`"Type":3`, 50002}, {`"ClearRamble":2`, 50002}}, []spoilt{{stranger, 50001}, {`"To_Account":"zz"`, 50001}}, "", ""},

	// Push to all users
	{push + "im_set_attr_name", `{"AttrNames":{"0":"city"}}`, "AttrNames", "", []spoilt{{`"AttrNames":{"10":"x"}`, 90033}, {`"AttrNames":{"0":"` + strings.Repeat("x", 51) + `"}`, 90033}}, nil, "", "ids"},
	{push + "im_get_attr_name", `{}`, "", "", nil, nil, "", "limit ids"},
	{push + "im_set_attr", `{"UserAttrs":[{"To_Account":"a","Attrs":{"city":"x"}}]}`, "UserAttrs", "", []spoilt{{`"UserAttrs":` + objects("To_Account", 101), 90018}}, []spoilt{{`"UserAttrs":[{"To_Account":"a","Attrs":{"never":"x"}}]`, 90033}}, "", ""},
	{push + "im_get_attr", `{"To_Account":["a"]}`, "To_Account", "", []spoilt{{`"To_Account":` + many(101), 90018}}, nil, "", "ids"},
	{push + "im_remove_attr", `{"UserAttrs":[{"To_Account":"a","Attrs":["city"]}]}`, "UserAttrs", "", []spoilt{{`"UserAttrs":` + objects("To_Account", 101), 90018}}, []spoilt{{`"UserAttrs":[{"To_Account":"a","Attrs":["never"]}]`, 90033}}, "", ""},
	{push + "im_add_tag", `{"UserTags":[{"To_Account":"a","Tags":["t"]}]}`, "UserTags", "", []spoilt{{`"UserTags":` + objects("To_Account", 101), 90018}, {`"UserTags":[{"To_Account":"a","Tags":["` + strings.Repeat("x", 51) + `"]}]`, 90034}, {`"UserTags":[{"To_Account":"a","Tags":` + js(names("t", 11)) + `}]`, 90032}}, nil, "", "ids"},
	{push + "im_get_tag", `{"To_Account":["a"]}`, "To_Account", "", []spoilt{{`"To_Account":` + many(101), 90018}}, nil, "", "ids"},
	{push + "im_remove_tag", `{"UserTags":[{"To_Account":"a","Tags":["t"]}]}`, "UserTags", "", []spoilt{{`"UserTags":` + objects("To_Account", 101), 90018}}, nil, "", "ids"},
	{push + "im_remove_all_tags", `{"To_Account":["a"]}`, "To_Account", "", []spoilt{{`"To_Account":` + many(101), 90018}}, nil, "", "ids"},
	{
		push + "im_push", `{"From_Account":"a","MsgRandom":1,"MsgBody":TEXT,"MsgLifeTime":60,"Condition":{"TagsOr":["t"]}}`, "MsgRandom=90005 MsgBody=90002", "MsgLifeTime=90026 MsgBody=90007",
		[]spoilt{
			{`"MsgLifeTime":604801`, 90026},
			{`"Condition":{"TagsOr":` + js(names("t", 11)) + `}`, 90032},
			{`"Condition":{"TagsOr":[""]}`, 90040},
			{`"Condition":{"TagsOr":["t","t"]}`, 90022},
			{`"Condition":{"TagsOr":["` + strings.Repeat("x", 51) + `"]}`, 90020},
			{`"Condition":{"TagsOr":["t"],"AttrsOr":{"city":"x"}}`, 90039},
			{`"MsgRandom":4294967296`, 90005},
		},
		[]spoilt{{stranger, 20003}, {`"Condition":{"AttrsOr":{"never":"x"}}`, 90033}},
		"", "",
	},

	// Operations
	{"openconfigsvr/getappinfo", `{"RequestField":["UpMsgNum"]}`, "", "", nil, []spoilt{{`"RequestField":["Nonsense"]`, 0}}, "", "limit"},
	{"open_msg_svc/get_history", `{"ChatType":"Group","MsgTime":"2023111506"}`, "ChatType MsgTime", "", []spoilt{{`"ChatType":"Secret"`, 1002}, {`"MsgTime":"2023111599"`, 1002}}, []spoilt{{`"MsgTime":"2033111505"`, 1004}, {`"MsgTime":"2013111505"`, 1005}}, "", ""},
	{"ConfigSvc/GetIPList", `{}`, "", "", nil, nil, "", "limit ids"},
	{"im_cos_msg/forbid_illegal_object", `{"RawURL":"https://example.com/a.jpg"}`, "RawURL", "", []spoilt{{`"RawURL":"https://example.com/` + strings.Repeat("x", 2048) + `"`, 10004}}, []spoilt{{`"RawURL":"/a.jpg"`, 10004}}, "", ""},
	{"im_cos_msg/allow_banned_object", `{"RawURL":"https://example.com/a.jpg"}`, "RawURL", "", []spoilt{{`"RawURL":"https://example.com/` + strings.Repeat("x", 2048) + `"`, 10004}}, []spoilt{{`"RawURL":"/a.jpg"`, 10004}}, "", ""},
	{"im_cos_msg/get_cos_sig", `{"RawURLs":[{"ResourceID":1,"RawURL":"https://example.com/a.jpg"}]}`, "RawURLs", "", []spoilt{{`"RawURLs":` + objects("RawURL", 21), 10004}}, []spoilt{{`"RawURLs":[{"ResourceID":1,"RawURL":"/a.jpg"}]`, 10004}}, "", ""},

	// Moderation and keywords
	{audit + "get_cloud_audit_keywords_ids", `{"SdkAppId":APP,"Offset":0,"Limit":10}`, "SdkAppId Offset", "", []spoilt{{`"Limit":101`, 2003}}, []spoilt{{`"SdkAppId":1`, 2004}}, "", ""},
	{audit + "get_cloud_audit_keywords", `{"SdkAppId":APP,"LibID":"LIBRARY","Offset":0,"Limit":10,"Content":"x"}`, "SdkAppId LibID Offset", "", []spoilt{{`"Limit":101`, 2003}}, []spoilt{{`"SdkAppId":1`, 2004}, {`"LibID":"zz"`, 2003}}, "", ""},
	{audit + "add_cloud_audit_keywords", `{"SdkAppId":APP,"LibID":"LIBRARY","UserKeywords":[{"Content":"qqq","Label":"Ad"}]}`, "SdkAppId LibID UserKeywords", "", []spoilt{{`"UserKeywords":` + objects("Content", 101), 2016}, {`"UserKeywords":[{"Content":"x","Label":"Bad"}]`, 2003}}, []spoilt{{`"SdkAppId":1`, 2004}, {`"LibID":"zz"`, 2003}}, "", ""},
	{audit + "delete_cloud_audit_keywords", `{"SdkAppId":APP,"LibID":"LIBRARY","Keywords":["qqq"]}`, "SdkAppId LibID Keywords", "", []spoilt{{`"Keywords":` + many(11), 2016}}, []spoilt{{`"SdkAppId":1`, 2004}, {`"LibID":"zz"`, 2003}, {`"Keywords":["never"]`, 0}}, "", ""},
	{audit + "add_local_audit_keywords", `{"SdkAppId":APP,"LocalAuditWords":[{"Keyword":"qqz","WordType":1,"FilterType":2}]}`, "SdkAppId LocalAuditWords", "", []spoilt{{`"LocalAuditWords":` + objects("Keyword", 11), 2016}, {`"LocalAuditWords":[{"Keyword":"x","WordType":3,"FilterType":2}]`, 2003}}, []spoilt{{`"SdkAppId":1`, 2004}}, "", ""},
	{audit + "get_local_audit_keywords", `{"SdkAppId":APP,"FilterType":2,"Offset":0,"Limit":10,"Keyword":"x"}`, "SdkAppId Offset", "", []spoilt{{`"Limit":101`, 2003}, {`"FilterType":3`, 2003}}, []spoilt{{`"SdkAppId":1`, 2004}}, "", ""},
	{audit + "delete_local_audit_keywords", `{"SdkAppId":APP,"LocalAuditWords":[{"Keyword":"qqz","WordType":1}]}`, "SdkAppId LocalAuditWords", "", []spoilt{{`"LocalAuditWords":` + objects("Keyword", 11), 2016}}, []spoilt{{`"SdkAppId":1`, 2004}, {`"LocalAuditWords":[{"Keyword":"never","WordType":1}]`, 0}}, "", ""},
	{"im_msg_audit/content_moderation", `{"AuditName":"C2C","ContentType":"Text","Content":"x"}`, "AuditName ContentType Content", "", []spoilt{{`"Content":"` + strings.Repeat("x", 8193) + `"`, 2003}, {`"ContentType":"Smell"`, 2003}}, nil, "", "ids"},
	{"im_msg_audit/batch_content_moderation", `{"AuditName":"C2C","Contents":[{"ContentId":1,"ContentType":"Text","Content":"x"}]}`, "AuditName Contents", "", []spoilt{{`"Contents":` + objects("Content", 11), 2016}, {`"Contents":[{"ContentId":1,"ContentType":"Video","Content":"x"}]`, 2003}}, nil, "", "ids"},
	{dirty + "get", `{}`, "", "", nil, nil, "", "limit ids"},
	{dirty + "add", `{"DirtyWordsList":["qqy"]}`, "DirtyWordsList", "", []spoilt{{`"DirtyWordsList":` + many(51), 10004}, {`"DirtyWordsList":["` + strings.Repeat("x", 201) + `"]`, 10004}}, nil, "", "ids"},
	{dirty + "delete", `{"DirtyWordsList":["qqy"]}`, "DirtyWordsList", "", []spoilt{{`"DirtyWordsList":` + many(51), 10004}}, []spoilt{{`"DirtyWordsList":["never"]`, 0}}, "", ""},

	// Followers and robots
	{"follow/follow_add", `{"From_Account":"a","FollowItem":[{"To_Account":"b"}]}`, "From_Account FollowItem", "", []spoilt{{`"FollowItem":` + objects("To_Account", 21), 30001}}, []spoilt{{stranger, 30003}, {`"FollowItem":[{"To_Account":"zz"}]`, 0}}, "", ""},
	{"follow/follow_check", `{"From_Account":"a","To_Account":["b"]}`, "From_Account To_Account", "", []spoilt{{`"To_Account":` + many(101), 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{"follow/follow_get", `{"From_Account":"a","FollowType":1,"StartCursor":"","WantNum":10}`, "From_Account FollowType", "", []spoilt{{`"WantNum":1001`, 30001}, {`"FollowType":4`, 30001}}, []spoilt{{stranger, 30003}, {`"StartCursor":"never"`, 30001}}, "", ""},
	{"follow/follow_get_info", `{"From_Account":"a","To_Account":["a"]}`, "From_Account To_Account", "", []spoilt{{`"To_Account":` + many(21), 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{"follow/follow_delete", `{"From_Account":"a","To_Account":["b"]}`, "From_Account To_Account", "", []spoilt{{`"To_Account":` + many(21), 30001}}, []spoilt{{stranger, 30003}, {`"To_Account":["zz"]`, 0}}, "", ""},
	{robots + "create_robot", `{"UserID":"@RBT#1","Nick":"n"}`, "UserID", "", []spoilt{{`"UserID":"@RBT#` + strings.Repeat("x", 28) + `"`, 10004}, {`"Nick":"` + strings.Repeat("x", 501) + `"`, 10004}}, []spoilt{{`"UserID":"a"`, 10004}}, "", ""},
	{robots + "get_all_robots", `{}`, "", "", nil, nil, "", "limit ids"},
	{robots + "delete_robot", `{"Robot_Account":"@RBT#1"}`, "Robot_Account", "", nil, []spoilt{{`"Robot_Account":"@RBT#never"`, 10019}, {`"Robot_Account":"a"`, 10004}}, "", "limit"},
}

// codes reads "Field=CODE Field" with the code that those without one get.
func codes(text string, other int) map[string]int {
	list := map[string]int{}
	for _, f := range strings.Fields(text) {
		name, code, own := strings.Cut(f, "=")
		list[name] = other
		if own {
			list[name], _ = strconv.Atoi(code)
		}
	}
	return list
}

// wrongType is a value of another JSON type than that given, and no integer in a text.
func wrongType(v json.RawMessage) json.RawMessage {
	switch v[0] {
	case '"':
		return json.RawMessage(`{"x":1}`)
	case '{':
		return json.RawMessage(`"x"`)
	case '[':
		return json.RawMessage(`7`)
	}
	return json.RawMessage(`"x1"`)
}

// with is a body with some fields put in place of its own.
func with(t *testing.T, body map[string]json.RawMessage, fields map[string]json.RawMessage) string {
	t.Helper()
	spoilt := maps.Clone(body)
	maps.Copy(spoilt, fields)
	return js(spoilt)
}

// TestEveryCommandChecksItsRequest spoils a good request of every command in every way that applies, and expects the
// documented code each time; the good request itself must then pass.
func TestEveryCommandChecksItsRequest(t *testing.T) {
	t.Parallel()
	r, fill := newFullRig(t)
	kinds := map[string]string{"Public": "PUBLIC", "Private": "PRIVATE", "ChatRoom": "CHATROOM", "AVChatRoom": "LIVE", "Community": "COMMUNITY"}
	rows := map[string]bool{}
	for _, row := range everyCommand {
		rows[row.command] = true
		service, _, _ := strings.Cut(row.command, "/")
		var body map[string]json.RawMessage
		if err := json.Unmarshal([]byte(fill(row.body)), &body); err != nil {
			t.Fatalf("%s: %v", row.command, err)
		}
		spoil := func(name string, fields map[string]json.RawMessage, code int) {
			t.Helper()
			r.clock.Add(time.Second) // within the rates
			r.refuses([]refusal{{name, row.command, with(t, body, fields), code}})
		}
		needs := codes(row.needs, fieldCode[service])
		for field, code := range needs {
			if body[field] == nil {
				t.Errorf("%s: the good body lacks %s", row.command, field)
			}
			spoil(field+" is null", map[string]json.RawMessage{field: json.RawMessage("null")}, code)
		}
		typed := codes(row.typed, 0)
		for field, value := range body {
			code, own := typed[field]
			if !own {
				if code, own = needs[field]; !own {
					code = fieldCode[service]
				}
			}
			spoil(field+" is of another type", map[string]json.RawMessage{field: wrongType(value)}, code)
		}
		for class, list := range map[string][]spoilt{"limit": row.limits, "ids": row.ids} {
			if (len(list) == 0) != slices.Contains(strings.Fields(row.not), class) {
				t.Errorf("%s: %d cases of %s, and %q is said not to apply", row.command, len(list), class, row.not)
			}
			for _, s := range list {
				var fields map[string]json.RawMessage
				if err := json.Unmarshal([]byte("{"+fill(s.fields)+"}"), &fields); err != nil {
					t.Fatalf("%s: %s: %v", row.command, s.fields, err)
				}
				spoil(class, fields, s.code)
			}
		}
		_, hasGroup := body["GroupId"]
		if hasGroup != (row.kinds != "") && row.kinds != "any" {
			t.Errorf("%s: which types of groups it is refused for is not said", row.command)
		}
		if hasGroup && slices.Contains(strings.Fields(row.needs), "GroupId") {
			spoil("no such group", map[string]json.RawMessage{"GroupId": json.RawMessage(`"never"`)}, 10015)
			spoil("dismissed", map[string]json.RawMessage{"GroupId": json.RawMessage(`"gone"`)}, 10010)
		}
		if row.kinds != "any" {
			for kind, code := range codes(row.kinds, 0) {
				spoil("a group of type "+kind, map[string]json.RawMessage{"GroupId": json.RawMessage(fill(`"` + kinds[kind] + `"`))}, code)
			}
		}
		r.clock.Add(time.Second)
		if a := r.call(row.command, js(body)); a.code() != 0 {
			t.Errorf("%s %s: %v, want no refusal", row.command, js(body), a)
		}
	}
	for _, command := range r.tencent.Commands() {
		if !rows[command] {
			t.Errorf("no row for %s", command)
		}
	}
}

// newFullRig is a rig with something of everything, and what fills in the names of things in a body.
func newFullRig(t *testing.T) (*rig, func(string) string) {
	t.Helper()
	r := newRig(t)
	r.people("a", "b", "c", "d", "e", "outsider", "doomed")
	ids := map[string]string{"Public": "g", "Private": "p", "ChatRoom": "r", "AVChatRoom": "live"}
	for kind, id := range ids {
		if kind == "AVChatRoom" {
			r.group(kind, id)
			continue
		}
		r.group(kind, id, "a", "b", "c")
		r.say(id, "a", "plain")
	}
	r.commune("a", "b", "c")
	r.ok(topics+"create_topic", `{"GroupId":"`+commune+`","TopicId":"`+someTopic+`","TopicName":"t"}`)
	if err := r.Enter(t.Context(), testApp, "live", "a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"doomed", "gone"} {
		r.group("Public", id)
	}
	r.ok(group+"destroy_group", `{"GroupId":"gone"}`)
	full := num(r.ok(group+"send_group_msg", `{"GroupId":"g","From_Account":"a","Random":99,"NeedReadReceipt":1,"SupportMessageExtension":1,"MsgBody":`+textBody("full")+`}`)["MsgSeq"])
	direct := func(random int, more string) string {
		return fmt.Sprint(r.ok(openim+"sendmsg", fmt.Sprintf(`{"From_Account":"a","To_Account":"b","MsgSeq":%d,"MsgRandom":%d,"MsgBody":%s%s}`, random, random, textBody("x"), more))["MsgKey"])
	}
	library := at(r.ok(audit+"get_cloud_audit_keywords_ids", fmt.Sprintf(`{"SdkAppId":%d,"Offset":0,"Limit":1}`, testApp)), "Infos", 0, "ID")
	fill := strings.NewReplacer(
		"PUBLIC", "g", "PRIVATE", "p", "CHATROOM", "r", "LIVE", "live", "COMMUNITY", commune, "TOPIC\"", someTopic+"\"",
		`:MSG`, fmt.Sprint(":", full), "DIRECT", direct(101, `,"SupportMessageExtension":1,"IsNeedReadReceipt":1`), "RECALLED", direct(102, ""), "PLAIN", direct(103, ""),
		"LIBRARY", fmt.Sprint(library), ":APP", fmt.Sprint(":", testApp), ":TEXT", ":"+textBody("x"), ":LONG", ":"+textBody(strings.Repeat("x", 12_001)),
	)
	r.ok(sns+"friend_add", `{"From_Account":"a","AddFriendItem":[{"To_Account":"b"}],"ForceAddFlags":1}`)
	r.ok(sns+"black_list_add", `{"From_Account":"a","To_Account":["c"]}`)
	r.clock.Add(2 * time.Hour) // the hour of what was said is over
	return r, fill.Replace
}
