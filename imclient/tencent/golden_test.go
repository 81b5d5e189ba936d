package tencent

import (
	"context"
	"encoding/json"
	commandline "flag" // flag is a function here
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden is one command as its page prints it: the body that goes out, byte for byte, and what is read out of an answer.
type golden struct {
	name   string
	path   string
	call   func(ctx context.Context, a *API) (any, error)
	body   string
	answer string // fields after the envelope; from { on the whole answer
	want   any    // the answer without its envelope
}

func send[Q, R any](method func(*API, context.Context, *Q) (*R, error), q Q) func(context.Context, *API) (any, error) {
	return func(ctx context.Context, a *API) (any, error) { return method(a, ctx, &q) }
}

var goldens = []golden{
	{
		"account_import", "im_open_login_svc/account_import",
		send((*API).AccountImport, AccountImportRequest{UserID: "test", Nick: "test", FaceUrl: "http://www.qq.com"}),
		`{"UserID":"test","Nick":"test","FaceUrl":"http://www.qq.com"}`, ``, &Done{},
	},
	{
		"account_import without a name", "im_open_login_svc/account_import",
		send((*API).AccountImport, AccountImportRequest{UserID: "test"}), `{"UserID":"test"}`, ``, &Done{},
	},
	{
		"multiaccount_import", "im_open_login_svc/multiaccount_import",
		send((*API).MultiaccountImport, MultiaccountImportRequest{Accounts: []string{"test1", "test2"}}),
		`{"Accounts":["test1","test2"]}`, `"FailAccounts":["test2"]`, &MultiaccountImportAnswer{FailAccounts: []Str{"test2"}},
	},
	{
		"account_delete", "im_open_login_svc/account_delete",
		send((*API).AccountDelete, AccountDeleteRequest{[]UserID{{"UserID_1"}, {"UserID_2"}}}),
		`{"DeleteItem":[{"UserID":"UserID_1"},{"UserID":"UserID_2"}]}`,
		`"ResultItem":[{"ResultCode":70107,"ResultInfo":"Err_TLS_PT_Open_Login_Account_Not_Exist","UserID":"UserID_1"},{"ResultCode":0,"ResultInfo":"","UserID":"UserID_2"}]`,
		&AccountDeleteAnswer{ResultItem: []AccountResult{
			{UserID: "UserID_1", ResultCode: 70107, ResultInfo: "Err_TLS_PT_Open_Login_Account_Not_Exist"}, {UserID: "UserID_2"},
		}},
	},
	{
		"account_check", "im_open_login_svc/account_check",
		send((*API).AccountCheck, AccountCheckRequest{[]UserID{{"UserID_1"}, {"UserID_2"}}}),
		`{"CheckItem":[{"UserID":"UserID_1"},{"UserID":"UserID_2"}]}`,
		`"ResultItem":[{"UserID":"UserID_1","ResultCode":0,"ResultInfo":"","AccountStatus":"Imported"},{"UserID":"UserID_2","ResultCode":0,"ResultInfo":"","AccountStatus":"NotImported"}]`,
		&AccountCheckAnswer{ResultItem: []AccountResult{{UserID: "UserID_1", AccountStatus: "Imported"}, {UserID: "UserID_2", AccountStatus: "NotImported"}}},
	},
	{
		"kick", "im_open_login_svc/kick", send((*API).Kick, KickRequest{"test"}), `{"UserID":"test"}`, ``, &Done{},
	},
	{
		"query_online_status", "openim/query_online_status",
		send((*API).QueryOnlineStatus, QueryOnlineStatusRequest{ToAccount: []string{"id1", "id2", "id3"}, IsNeedDetail: 1}),
		`{"To_Account":["id1","id2","id3"],"IsNeedDetail":1}`,
		`"QueryResult":[{"To_Account":"id1","Status":"Offline"},{"To_Account":"id2","State":"Online","Detail":[{"Platform":"IPhone","Status":"PushOnline"},{"Platform":"Web","Status":"Online"}]}],"ErrorList":[{"To_Account":"id3","ErrorCode":70107}]`,
		&QueryOnlineStatusAnswer{
			QueryResult: []OnlineStatus{
				{ToAccount: "id1", Status: "Offline"},
				{ToAccount: "id2", State: "Online", Detail: []DeviceStatus{{"IPhone", "PushOnline"}, {"Web", "Online"}}},
			},
			ErrorList: []AccountError{{"id3", 70107}},
		},
	},
	{
		"querystate", "openim/querystate", send((*API).QueryState, QueryOnlineStatusRequest{ToAccount: []string{"id1"}}),
		`{"To_Account":["id1"]}`, `"QueryResult":[{"To_Account":"id1","State":"PushOnline"}]`,
		&QueryOnlineStatusAnswer{QueryResult: []OnlineStatus{{ToAccount: "id1", State: "PushOnline"}}},
	},
	{
		"portrait_get", "profile/portrait_get",
		send((*API).PortraitGet, PortraitGetRequest{ToAccount: []string{"id1", "id2"}, TagList: []string{TagNick, TagBirthday}}),
		`{"To_Account":["id1","id2"],"TagList":["Tag_Profile_IM_Nick","Tag_Profile_IM_BirthDay"]}`,
		`"UserProfileItem":[{"To_Account":"id1","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"MyNick"},{"Tag":"Tag_Profile_IM_BirthDay","Value":20190419}],"ResultCode":0,"ResultInfo":"OK"},{"To_Account":"id2","ResultCode":40003,"ResultInfo":"no"}],"Fail_Account":["id2"],"ErrorDisplay":""`,
		&PortraitGetAnswer{
			UserProfileItem: []UserProfile{
				{ToAccount: "id1", ProfileItem: []TagValue{{TagNick, []byte(`"MyNick"`)}, {TagBirthday, []byte(`20190419`)}}, ResultInfo: "OK"},
				{ToAccount: "id2", ResultCode: 40003, ResultInfo: "no"},
			},
			FailAccount: []Str{"id2"},
		},
	},
	{
		"portrait_set", "profile/portrait_set",
		send((*API).PortraitSet, PortraitSetRequest{FromAccount: "id", ProfileItem: []TagSet{{TagNick, "<b>"}, {TagBirthday, 20190419}}}),
		`{"From_Account":"id","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"<b>"},{"Tag":"Tag_Profile_IM_BirthDay","Value":20190419}]}`, ``, &Done{},
	},
	{
		"get_appid_group_list, first page", "group_open_http_svc/get_appid_group_list",
		send((*API).GetAppidGroupList, GetAppidGroupListRequest{Limit: 1000, GroupType: "Public"}),
		`{"Limit":1000,"Next":0,"GroupType":"Public"}`,
		`"TotalCount":2,"GroupIdList":[{"GroupId":"@TGS#2J4SZEAEL"},{"GroupId":"@TGS#2C4SZEAEF"}],"Next":4454685361`,
		&GetAppidGroupListAnswer{TotalCount: 2, GroupIdList: []GroupID{{"@TGS#2J4SZEAEL"}, {"@TGS#2C4SZEAEF"}}, Next: "4454685361"},
	},
	{
		"get_appid_group_list, last page", "group_open_http_svc/get_appid_group_list",
		send((*API).GetAppidGroupList, GetAppidGroupListRequest{Limit: 1000, Next: "4454685361"}),
		`{"Limit":1000,"Next":4454685361}`, `"TotalCount":2,"GroupIdList":null`, &GetAppidGroupListAnswer{TotalCount: 2},
	},
	{
		"create_group", "group_open_http_svc/create_group",
		send((*API).CreateGroup, CreateGroupRequest{
			OwnerAccount: "leckie", Type: "Public", GroupId: "MyFirstGroup", Name: "TestGroup", Introduction: "i", Notification: "n",
			FaceUrl: "http://this.is.face.url", MaxMemberCount: 500, ApplyJoinOption: "FreeAccess",
			AppDefinedData: []KeyValue{{"GroupTestData1", "xxxxx"}},
			MemberList:     []NewMember{{MemberAccount: "bob", Role: "Admin", AppMemberDefinedData: []KeyValue{{"k", "v"}}}, {MemberAccount: "peter"}},
		}),
		`{"Owner_Account":"leckie","Type":"Public","GroupId":"MyFirstGroup","Name":"TestGroup","Introduction":"i","Notification":"n","FaceUrl":"http://this.is.face.url","MaxMemberCount":500,"ApplyJoinOption":"FreeAccess","AppDefinedData":[{"Key":"GroupTestData1","Value":"xxxxx"}],"MemberList":[{"Member_Account":"bob","Role":"Admin","AppMemberDefinedData":[{"Key":"k","Value":"v"}]},{"Member_Account":"peter"}]}`,
		`"GroupId":"MyFirstGroup"`, &CreateGroupAnswer{GroupId: "MyFirstGroup"},
	},
	{
		"create_group, the least", "group_open_http_svc/create_group",
		send((*API).CreateGroup, CreateGroupRequest{Type: "Community", Name: "TestCommunityGroup", SupportTopic: 1}),
		`{"Type":"Community","Name":"TestCommunityGroup","SupportTopic":1}`,
		`"GroupId":"@TGS#_@TGS#cQVLVHIM62CJ","Type":"Community","HugeGroupFlag":0`,
		&CreateGroupAnswer{GroupId: "@TGS#_@TGS#cQVLVHIM62CJ", Type: "Community"},
	},
	{
		"get_group_info", "group_open_http_svc/get_group_info",
		send((*API).GetGroupInfo, GetGroupInfoRequest{
			GroupIdList: []string{"@TGS#1", "@TGS#2"}, ResponseFilter: &GroupFilter{
				GroupBaseInfoFilter: []string{"Type", "Name"}, MemberInfoFilter: []string{"Account", "Role"},
				AppDefinedDataFilterGroup: []string{"A"}, AppDefinedDataFilterGroupMember: []string{"B"},
			},
		}),
		`{"GroupIdList":["@TGS#1","@TGS#2"],"ResponseFilter":{"GroupBaseInfoFilter":["Type","Name"],"MemberInfoFilter":["Account","Role"],"AppDefinedDataFilter_Group":["A"],"AppDefinedDataFilter_GroupMember":["B"]}}`,
		`"GroupInfo":[{"GroupId":"@TGS#1","ErrorCode":0,"ErrorInfo":"","Type":"Public","Name":"MyFirstGroup","Appid":1400001001,"MuteAllMember":"On","NextMsgSeq":2,"MemberNum":2,"AppDefinedData":[{"Key":"A","Value":"xxxx"}],"MemberList":[{"Member_Account":"leckie","Role":"Owner ","JoinTime":1425976500,"MsgSeq":1233,"MsgFlag":"AcceptAndNotify","LastSendMsgTime":1425976500,"ShutUpUntil":1431069882}]},{"GroupId":"@TGS#2","ErrorCode":10015,"ErrorInfo":"no"}]`,
		&GetGroupInfoAnswer{GroupInfo: []GroupInfo{
			{
				GroupId: "@TGS#1", Type: "Public", Name: "MyFirstGroup", Appid: 1400001001, MuteAllMember: "On", NextMsgSeq: ptr(Int(2)),
				MemberNum: ptr(Int(2)), AppDefinedData: []KeyValue{{"A", "xxxx"}},
				MemberList: []MemberInfo{{
					MemberAccount: "leckie", Role: "Owner ", JoinTime: 1425976500, MsgSeq: 1233, MsgFlag: "AcceptAndNotify",
					LastSendMsgTime: 1425976500, ShutUpUntil: 1431069882,
				}},
			},
			{GroupId: "@TGS#2", ErrorCode: 10015, ErrorInfo: "no"},
		}},
	},
	{
		"modify_group_base_info", "group_open_http_svc/modify_group_base_info",
		send((*API).ModifyGroupBaseInfo, ModifyGroupBaseInfoRequest{
			GroupId: "@TGS#1", Name: ptr("NewName"), Introduction: ptr(""), MaxMemberNum: 500, ApplyJoinOption: ptr("NeedPermission"), MuteAllMember: "Off",
			AppDefinedData: []KeyValue{{"ModifyTestData1", ""}},
		}),
		`{"GroupId":"@TGS#1","Name":"NewName","Introduction":"","MaxMemberNum":500,"ApplyJoinOption":"NeedPermission","MuteAllMember":"Off","AppDefinedData":[{"Key":"ModifyTestData1","Value":""}]}`,
		``, &Done{},
	},
	{
		"get_joined_group_list", "group_open_http_svc/get_joined_group_list",
		send((*API).GetJoinedGroupList, GetJoinedGroupListRequest{
			MemberAccount: "leckie", WithHugeGroups: 1, WithNoActiveGroups: 1, Limit: 10, Offset: 20, GroupType: "Community", SupportTopic: 1,
			ResponseFilter: &GroupFilter{GroupBaseInfoFilter: []string{"Type"}, SelfInfoFilter: []string{"Role"}},
		}),
		`{"Member_Account":"leckie","WithHugeGroups":1,"WithNoActiveGroups":1,"Limit":10,"Offset":20,"GroupType":"Community","SupportTopic":1,"ResponseFilter":{"GroupBaseInfoFilter":["Type"],"SelfInfoFilter":["Role"]}}`,
		`"TotalCount":1,"GroupIdList":[{"GroupId":"@TGS#_1","Type":"Community","SupportTopic":1,"GrossTopicNextMsgSeq":7,"SelfInfo":{"Role":"Member","JoinTime":5,"MsgFlag":"AcceptAndNotify","MsgSeq":3,"GrossTopicReadSeq":6}}]`,
		&GetJoinedGroupListAnswer{TotalCount: 1, GroupIdList: []JoinedGroup{{
			GroupInfo: GroupInfo{GroupId: "@TGS#_1", Type: "Community", SupportTopic: ptr(Int(1))}, GrossTopicNextMsgSeq: 7,
			SelfInfo: SelfInfo{Role: "Member", JoinTime: 5, MsgFlag: "AcceptAndNotify", MsgSeq: 3, GrossTopicReadSeq: 6},
		}}},
	},
	{
		"destroy_group", "group_open_http_svc/destroy_group", send((*API).DestroyGroup, DestroyGroupRequest{"@TGS#1"}), `{"GroupId":"@TGS#1"}`, ``, &Done{},
	},
	{
		"change_group_owner", "group_open_http_svc/change_group_owner",
		send((*API).ChangeGroupOwner, ChangeGroupOwnerRequest{"@TGS#1", "peter"}), `{"GroupId":"@TGS#1","NewOwner_Account":"peter"}`, ``, &Done{},
	},
	{
		"import_group", "group_open_http_svc/import_group",
		send((*API).ImportGroup, ImportGroupRequest{OwnerAccount: "leckie", Type: "Public", GroupId: "MyFirstGroup", Name: "TestGroup", CreateTime: 1448357837}),
		`{"Owner_Account":"leckie","Type":"Public","GroupId":"MyFirstGroup","Name":"TestGroup","CreateTime":1448357837}`,
		`"GroupId":"MyFirstGroup"`, &CreateGroupAnswer{GroupId: "MyFirstGroup"},
	},
	{
		"get_group_member_info by offset", "group_open_http_svc/get_group_member_info",
		send((*API).GetGroupMemberInfo, GetGroupMemberInfoRequest{
			GroupId: "@TGS#1", Limit: 100, Offset: 200, MemberInfoFilter: []string{"Role"}, MemberRoleFilter: []string{"Owner", "Member"},
			AppDefinedDataFilterGroupMember: []string{"M"},
		}),
		`{"GroupId":"@TGS#1","Limit":100,"Offset":200,"MemberInfoFilter":["Role"],"MemberRoleFilter":["Owner","Member"],"AppDefinedDataFilter_GroupMember":["M"]}`,
		`"MemberNum":2,"MemberList":[{"Member_Account":"bob","Role":"Member","JoinTime":1425976500,"MsgSeq":1233,"MsgFlag":"AcceptAndNotify","LastSendMsgTime":1425976500,"MuteUntil":1431069882,"NameCard":"card","AppMemberDefinedData":[{"Key":"M","Value":"m"}]}]`,
		&GetGroupMemberInfoAnswer{MemberNum: 2, MemberList: []MemberInfo{{
			MemberAccount: "bob", Role: "Member", JoinTime: 1425976500, MsgSeq: 1233, MsgFlag: "AcceptAndNotify", LastSendMsgTime: 1425976500,
			MuteUntil: 1431069882, NameCard: "card", AppMemberDefinedData: []KeyValue{{"M", "m"}},
		}}},
	},
	{
		"get_group_member_info by cursor", "group_open_http_svc/get_group_member_info",
		send((*API).GetGroupMemberInfo, GetGroupMemberInfoRequest{GroupId: "@TGS#_1", Limit: 100, Next: ptr("")}),
		`{"GroupId":"@TGS#_1","Limit":100,"Next":""}`, `"MemberNum":0,"MemberList":[],"Next":"144115265295492787"`,
		&GetGroupMemberInfoAnswer{MemberList: []MemberInfo{}, Next: "144115265295492787"},
	},
	{
		"get_specified_group_member_info", "group_open_http_svc/get_specified_group_member_info",
		send((*API).GetSpecifiedGroupMemberInfo, GetSpecifiedGroupMemberInfoRequest{GroupId: "@TGS#1", MemberListAccount: []string{"bob"}}),
		`{"GroupId":"@TGS#1","Member_List_Account":["bob"]}`, `"GroupId":"@TGS#1","MemberList":[{"Member_Account":"bob","Role":"Admin"}]`,
		&GetSpecifiedGroupMemberInfoAnswer{GroupId: "@TGS#1", MemberList: []MemberInfo{{MemberAccount: "bob", Role: "Admin"}}},
	},
	{
		"add_group_member", "group_open_http_svc/add_group_member",
		send((*API).AddGroupMember, AddGroupMemberRequest{GroupId: "@TGS#1", Silence: 1, MemberList: []MemberAccount{{"tommy"}, {"jared"}}}),
		`{"GroupId":"@TGS#1","Silence":1,"MemberList":[{"Member_Account":"tommy"},{"Member_Account":"jared"}]}`,
		`"MemberList":[{"Member_Account":"tommy","Result":1},{"Member_Account":"jared","Result":0}]`,
		&MemberResults{MemberList: []MemberResult{{"tommy", 1}, {"jared", 0}}},
	},
	{
		"delete_group_member", "group_open_http_svc/delete_group_member",
		send((*API).DeleteGroupMember, DeleteGroupMemberRequest{GroupId: "@TGS#1", Silence: 1, Reason: "kick reason", MemberToDelAccount: []string{"tommy"}}),
		`{"GroupId":"@TGS#1","Silence":1,"Reason":"kick reason","MemberToDel_Account":["tommy"]}`, ``, &Done{},
	},
	{
		"modify_group_member_info", "group_open_http_svc/modify_group_member_info",
		send((*API).ModifyGroupMemberInfo, ModifyGroupMemberInfoRequest{
			GroupId: "@TGS#1", MemberAccount: "bob", Role: "Admin", MsgFlag: "AcceptAndNotify", NameCard: ptr(""),
			AppMemberDefinedData: []KeyValue{{"M1", "v"}}, MuteTime: ptr(uint32(0)),
		}),
		`{"GroupId":"@TGS#1","Member_Account":"bob","Role":"Admin","MsgFlag":"AcceptAndNotify","NameCard":"","AppMemberDefinedData":[{"Key":"M1","Value":"v"}],"MuteTime":0}`,
		``, &Done{},
	},
	{
		"get_role_in_group", "group_open_http_svc/get_role_in_group",
		send((*API).GetRoleInGroup, GetRoleInGroupRequest{"@TGS#1", []string{"leckie", "wesley"}}),
		`{"GroupId":"@TGS#1","User_Account":["leckie","wesley"]}`,
		`"UserIdList":[{"Member_Account":"leckie","Role":"Owner"},{"Member_Account":"wesley","Role":"NotMember"}]`,
		&GetRoleInGroupAnswer{UserIdList: []MemberRole{{"leckie", "Owner"}, {"wesley", "NotMember"}}},
	},
	{
		"import_group_member", "group_open_http_svc/import_group_member",
		send((*API).ImportGroupMember, ImportGroupMemberRequest{"@TGS#1", []ImportedMember{{"tommy", "Admin", 1448357837, 5}, {MemberAccount: "jared"}}}),
		`{"GroupId":"@TGS#1","MemberList":[{"Member_Account":"tommy","Role":"Admin","JoinTime":1448357837,"UnreadMsgNum":5},{"Member_Account":"jared"}]}`,
		`"MemberList":[{"Member_Account":"tommy","Result":1},{"Member_Account":"jared","Result":2}]`,
		&MemberResults{MemberList: []MemberResult{{"tommy", 1}, {"jared", 2}}},
	},
	{
		"send_group_msg", "group_open_http_svc/send_group_msg",
		send((*API).SendGroupMsg, SendGroupMsgRequest{
			GroupId: "@TGS#1", FromAccount: "leckie", Random: 4294967295, MsgPriority: "Low",
			MsgBody: []MsgElement{{ElemText, TextContent{"a <b> & c"}}, {ElemFace, FaceContent{6, "abc\u0000"}}}, OnlineOnlyFlag: 1,
			SendMsgControl: []string{"NoUnread"}, ForbidCallbackControl: []string{"ForbidBeforeSendMsgCallback"},
			OfflinePushInfo: &OfflinePush{PushFlag: 1, Desc: "d", AndroidInfo: map[string]any{"Sound": "a.mp3"}}, CloudCustomData: "cloud",
			ToAccount: []string{"bob"}, GroupAtInfo: []GroupAt{{GroupAtAllFlag: 1}, {0, "gege"}}, SupportMessageExtension: 1, NeedReadReceipt: 1, TopicId: "t",
		}),
		`{"GroupId":"@TGS#1","From_Account":"leckie","Random":4294967295,"MsgPriority":"Low","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a <b> & c"}},{"MsgType":"TIMFaceElem","MsgContent":{"Index":6,"Data":"abc\u0000"}}],"OnlineOnlyFlag":1,"SendMsgControl":["NoUnread"],"ForbidCallbackControl":["ForbidBeforeSendMsgCallback"],"OfflinePushInfo":{"PushFlag":1,"Desc":"d","AndroidInfo":{"Sound":"a.mp3"}},"CloudCustomData":"cloud","To_Account":["bob"],"GroupAtInfo":[{"GroupAtAllFlag":1},{"GroupAtAllFlag":0,"GroupAt_Account":"gege"}],"SupportMessageExtension":1,"NeedReadReceipt":1,"TopicId":"t"}`,
		`"MsgTime":1497249503,"MsgSeq":1,"MsgDropReason":"MsgFreqCtrl"`, &SendGroupMsgAnswer{MsgTime: 1497249503, MsgSeq: 1, MsgDropReason: "MsgFreqCtrl"},
	},
	{
		"send_group_system_notification", "group_open_http_svc/send_group_system_notification",
		send((*API).SendGroupSystemNotification, SendGroupSystemNotificationRequest{GroupId: "@TGS#1", ToMembersAccount: []string{"peter"}, Content: "hello"}),
		`{"GroupId":"@TGS#1","ToMembers_Account":["peter"],"Content":"hello"}`, ``, &Done{},
	},
	{
		"send_group_system_notification to all", "group_open_http_svc/send_group_system_notification",
		send((*API).SendGroupSystemNotification, SendGroupSystemNotificationRequest{GroupId: "@TGS#1", Content: "hello"}),
		`{"GroupId":"@TGS#1","Content":"hello"}`, ``, &Done{},
	},
	{
		"import_group_msg", "group_open_http_svc/import_group_msg",
		send((*API).ImportGroupMsg, ImportGroupMsgRequest{GroupId: "@TGS#1", RecentContactFlag: 1, MsgList: []ImportedMsg{
			{"leckie", 1448357837, 8912345, []MsgElement{{ElemText, TextContent{"red packet"}}}},
		}}),
		`{"GroupId":"@TGS#1","RecentContactFlag":1,"MsgList":[{"From_Account":"leckie","SendTime":1448357837,"Random":8912345,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"red packet"}}]}]}`,
		`"ImportMsgResult":[{"MsgSeq":1,"MsgTime":1448357837,"Result":0},{"Result":10004}]`,
		&ImportGroupMsgAnswer{ImportMsgResult: []ImportMsgResult{{1, 1448357837, 0}, {0, 0, 10004}}},
	},
	{
		"group_msg_get_simple, newest", "group_open_http_svc/group_msg_get_simple",
		send((*API).GroupMsgGetSimple, GroupMsgGetSimpleRequest{GroupId: "@TGS#15ERQPAER", ReqMsgNumber: 20}),
		`{"GroupId":"@TGS#15ERQPAER","ReqMsgNumber":20}`, `{"ActionStatus":"OK","ErrorCode":0,"GroupId":"g","IsFinished":2,"MsgList":[{"MsgSeq":3,"IsPlaceMsg":1,"MsgBody":[]}]}`,
		&GroupMsgGetSimpleAnswer{GroupId: "g", IsFinished: 2, MsgList: []GroupMsg{{MsgSeq: 3, IsPlaceMsg: 1, MsgBody: []byte(`[]`)}}},
	},
	{
		"group_msg_get_simple, from a position", "group_open_http_svc/group_msg_get_simple",
		send((*API).GroupMsgGetSimple, GroupMsgGetSimpleRequest{GroupId: "g", ReqMsgSeq: 7803321, ReqMsgNumber: 2, WithRecalledMsg: 1, TopicId: "g@TOPIC#_1"}),
		`{"GroupId":"g","ReqMsgSeq":7803321,"ReqMsgNumber":2,"WithRecalledMsg":1,"TopicId":"g@TOPIC#_1"}`,
		`"GroupId":"g","IsFinished":1,"RspMsgList":[{"From_Account":"a","IsPlaceMsg":2,"IsSystemMsg":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}],"MsgPriority":1,"MsgRandom":51083293,"MsgSeq":7803321,"MsgTimeStamp":1458721802,"CloudCustomData":"c"}]`,
		&GroupMsgGetSimpleAnswer{GroupId: "g", IsFinished: 1, RspMsgList: []GroupMsg{{
			FromAccount: "a", IsPlaceMsg: 2, MsgBody: []byte(`[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]`), MsgPriority: 1, MsgRandom: 51083293,
			MsgSeq: 7803321, MsgTimeStamp: 1458721802, CloudCustomData: "c",
		}}},
	},
	{
		"group_msg_recall", "group_open_http_svc/group_msg_recall",
		send((*API).GroupMsgRecall, GroupMsgRecallRequest{GroupId: "@TGS#1", MsgSeqList: []MsgSeq{{100}, {101}}, TopicId: "t", Reason: "ads"}),
		`{"GroupId":"@TGS#1","MsgSeqList":[{"MsgSeq":100},{"MsgSeq":101}],"TopicId":"t","Reason":"ads"}`,
		`"RecallRetList":[{"MsgSeq":100,"RetCode":10030},{"MsgSeq":101,"RetCode":0}]`,
		&GroupMsgRecallAnswer{RecallRetList: []RecallResult{{100, 10030}, {101, 0}}},
	},
	{
		"delete_group_msg_by_sender", "group_open_http_svc/delete_group_msg_by_sender",
		send((*API).DeleteGroupMsgBySender, DeleteGroupMsgBySenderRequest{GroupId: "@TGS#1", SenderAccount: "leckie"}),
		`{"GroupId":"@TGS#1","Sender_Account":"leckie"}`, ``, &Done{},
	},
	{
		"modify_group_msg", "openim/modify_group_msg",
		send((*API).ModifyGroupMsg, ModifyGroupMsgRequest{GroupId: "@TGS#1", MsgSeq: 123, MsgBody: []MsgElement{{ElemText, TextContent{"***"}}}, CloudCustomData: ptr("")}),
		`{"GroupId":"@TGS#1","MsgSeq":123,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"***"}}],"CloudCustomData":""}`,
		`{"ActionStatus":"OK","ErrorInfo":"succeed","ErrorCode":0}`, &Done{},
	},
	{
		"forbid_send_msg", "group_open_http_svc/forbid_send_msg",
		send((*API).ForbidSendMsg, ForbidSendMsgRequest{GroupId: "@TGS#1", MembersAccount: []string{"peter", "leckie"}, MuteTime: 4294967295}),
		`{"GroupId":"@TGS#1","Members_Account":["peter","leckie"],"MuteTime":4294967295}`, ``, &Done{},
	},
	{
		"forbid_send_msg, lifting", "group_open_http_svc/forbid_send_msg",
		send((*API).ForbidSendMsg, ForbidSendMsgRequest{GroupId: "@TGS#1", MembersAccount: []string{"peter"}, TopicId: "t"}),
		`{"GroupId":"@TGS#1","Members_Account":["peter"],"MuteTime":0,"TopicId":"t"}`, ``, &Done{},
	},
	{
		"get_group_muted_account", "group_open_http_svc/get_group_muted_account",
		send((*API).GetGroupMutedAccount, GetGroupMutedAccountRequest{GroupId: "@TGS#1"}), `{"GroupId":"@TGS#1"}`,
		`"GroupId":"@TGS#1","MutedAccountList":[{"Member_Account":"tommy","MutedUntil":1458115189}]`,
		&GetGroupMutedAccountAnswer{GroupId: "@TGS#1", MutedAccountList: []MutedAccount{{MemberAccount: "tommy", MutedUntil: 1458115189}}},
	},
	{
		"setnospeaking", "openconfigsvr/setnospeaking",
		send((*API).SetNoSpeaking, SetNoSpeakingRequest{SetAccount: "lukebai", C2CmsgNospeakingTime: ptr(uint32(4294967295)), GroupmsgNospeakingTime: ptr(uint32(0))}),
		`{"Set_Account":"lukebai","C2CmsgNospeakingTime":4294967295,"GroupmsgNospeakingTime":0}`, `{"ErrorCode":0,"ErrorInfo":""}`, &Done{},
	},
	{
		"setnospeaking, one part", "openconfigsvr/setnospeaking",
		send((*API).SetNoSpeaking, SetNoSpeakingRequest{SetAccount: "lukebai", GroupmsgNospeakingTime: ptr(uint32(7200))}),
		`{"Set_Account":"lukebai","GroupmsgNospeakingTime":7200}`, `{"ErrorCode":0,"ErrorInfo":""}`, &Done{},
	},
	{
		"getnospeaking", "openconfigsvr/getnospeaking", send((*API).GetNoSpeaking, GetNoSpeakingRequest{"lukebai"}), `{"Get_Account":"lukebai"}`,
		`{"ErrorCode":0,"ErrorInfo":"","C2CmsgNospeakingTime":4294967295,"GroupmsgNospeakingTime":7196}`,
		&GetNoSpeakingAnswer{C2CmsgNospeakingTime: 4294967295, GroupmsgNospeakingTime: 7196},
	},
	{
		"get_online_member_num", "group_open_http_svc/get_online_member_num", send((*API).GetOnlineMemberNum, GroupRequest{"@TGS#a"}), `{"GroupId":"@TGS#a"}`,
		`"OnlineMemberNum":1000`, &GetOnlineMemberNumAnswer{OnlineMemberNum: 1000},
	},
	{
		"get_members", "group_open_avchatroom_http_svc/get_members", send((*API).GetMembers, GetMembersRequest{GroupId: "@TGS#a"}), `{"GroupId":"@TGS#a","Timestamp":0}`,
		`"MemberList":[{"Member_Account":"user1","JoinTime":1653274940,"NickName":"n","Avatar":"http://a"}],"NextTimestamp":1653274941`,
		&GetMembersAnswer{MemberList: []LiveMember{{MemberAccount: "user1", JoinTime: 1653274940, NickName: "n", Avatar: "http://a"}}, NextTimestamp: "1653274941"},
	},
	{
		"get_members, last page", "group_open_avchatroom_http_svc/get_members",
		send((*API).GetMembers, GetMembersRequest{GroupId: "@TGS#a", Timestamp: "1653274941", Mark: 1000}),
		`{"GroupId":"@TGS#a","Timestamp":1653274941,"Mark":1000}`, `"MemberList":[],"NextTimestamp":0`, &GetMembersAnswer{MemberList: []LiveMember{}},
	},
	{
		"modify_user_info", "group_open_avchatroom_http_svc/modify_user_info",
		send((*API).ModifyUserInfo, ModifyUserInfoRequest{"@TGS#a", CommandSet, []MarkedMember{{"user1", []int{1000, 1001}}}}),
		`{"GroupId":"@TGS#a","CommandType":1,"MemberList":[{"Member_Account":"user1","Marks":[1000,1001]}]}`,
		`"CommandType":1,"MemberList":[{"Member_Account":"user1","Marks":[1000,1001]}]`,
		&ModifyUserInfoAnswer{CommandType: 1, MemberList: []LiveMember{{MemberAccount: "user1", Marks: []Int{1000, 1001}}}},
	},
	{
		"modify_admin", "group_open_avchatroom_http_svc/modify_admin", send((*API).ModifyAdmin, ModifyAdminRequest{"@TGS#a", CommandRemove, []string{"user1"}}),
		`{"GroupId":"@TGS#a","CommandType":2,"Admin_Account":["user1"]}`, ``, &Done{},
	},
	{
		"get_admin_list", "group_open_avchatroom_http_svc/get_admin_list", send((*API).GetAdminList, GroupRequest{"@TGS#a"}), `{"GroupId":"@TGS#a"}`,
		`"Admin_List":[{"Admin_Account":"user1","NickName":"n","Avatar":"a"}]`, &GetAdminListAnswer{AdminList: []LiveAdmin{{"user1", "n", "a"}}},
	},
	{
		"check_members", "group_open_avchatroom_http_svc/check_members", send((*API).CheckMembers, CheckMembersRequest{"@TGS#a", []string{"user1", "user2"}}),
		`{"GroupId":"@TGS#a","Member_Account":["user1","user2"]}`, `"Member_Account":["user1"]`, &CheckMembersAnswer{MemberAccount: []Str{"user1"}},
	},
	{
		"ban_group_member", "group_open_http_svc/ban_group_member",
		send((*API).BanGroupMember, BanGroupMemberRequest{"@TGS#a", []string{"mask1"}, 60, "why"}),
		`{"GroupId":"@TGS#a","Members_Account":["mask1"],"Duration":60,"Description":"why"}`, ``, &Done{},
	},
	{
		"unban_group_member", "group_open_http_svc/unban_group_member", send((*API).UnbanGroupMember, UnbanGroupMemberRequest{"@TGS#a", []string{"mask1"}}),
		`{"GroupId":"@TGS#a","Members_Account":["mask1"]}`, ``, &Done{},
	},
	{
		"get_group_ban_member", "group_open_http_svc/get_group_ban_member", send((*API).GetGroupBanMember, GetGroupBanMemberRequest{GroupId: "@TGS#a", Limit: 100}),
		`{"GroupId":"@TGS#a","Limit":100,"Offset":0}`, `"BannedAccountList":[{"Member_Account":"mask1","BannedUntil":1458115189}],"NextOffset":100`,
		&GetGroupBanMemberAnswer{BannedAccountList: []BannedAccount{{"mask1", 1458115189}}, NextOffset: 100},
	},
}

func TestCommandsOnTheWire(t *testing.T) {
	covered := map[string]bool{}
	for _, g := range allGoldens() {
		covered["/v4/"+g.path] = true
		t.Run(g.name, func(t *testing.T) {
			w := newWire(t)
			name := g.path[strings.LastIndex(g.path, "/")+1:]
			w.on(name, g.answer)
			a := w.api()
			got, err := g.call(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			if len(w.calls) != 1 || w.calls[0].path != "/v4/"+g.path {
				t.Fatalf("calls %+v, want one of %s", w.calls, g.path)
			}
			if diff := cmp.Diff(g.body, w.calls[0].body); diff != "" {
				t.Errorf("the request: %s", diff)
			}
			withoutEnvelope := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Envelope" }, cmp.Ignore())
			if diff := cmp.Diff(g.want, got, withoutEnvelope); diff != "" {
				t.Errorf("the answer: %s", diff)
			}

			// Nothing but the envelope, nulls for everything, fields nobody knows: none of it does harm.
			for _, odd := range []string{``, `"New":{"a":[1,null]}` + nulls(t, g.want)} {
				w.on(name, odd)
				if _, err := g.call(t.Context(), w.api()); err != nil { // a new one, so that no rate is waited for
					t.Errorf("with the answer %q: %v", odd, err)
				}
			}
		})
	}
	for _, c := range Commands() {
		if !covered[c.Path()] && c != getGroupShuttedUin.Command { // the old name is tested beside the new one
			t.Errorf("no test shows %s on the wire", c.Path())
		}
	}
}

// nulls is a null for every field that an answer may have, but its envelope.
func nulls(t *testing.T, answer any) string {
	t.Helper()
	list := ""
	typ := reflect.TypeOf(answer).Elem()
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		list += `,"` + name + `":null`
	}
	return list
}

func TestCommandsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Commands() {
		if seen[c.Path()] || c.Service == "" || c.Name == "" || c.Rate <= 0 || c.Request == nil || c.Answer == nil {
			t.Errorf("command %+v", c)
		}
		seen[c.Path()] = true
	}
	for path, rate := range map[string]float64{
		"/v4/group_open_http_svc/get_appid_group_list": 1, "/v4/im_open_login_svc/multiaccount_import": 100,
		"/v4/im_open_login_svc/account_check": 100, "/v4/im_open_login_svc/account_delete": 100, "/v4/group_open_http_svc/get_group_info": 200,
		"/v4/open_msg_svc/get_history": 10, "/v4/group_open_http_svc/send_broadcast_msg": 1, "/v4/all_member_push/im_push": 1,
		"/v4/all_member_push/im_get_tag": 100, "/v4/openim_dirty_words/get": 100, "/v4/openim/sendmsg": 200,
	} {
		for _, c := range Commands() {
			if c.Path() == path && c.Rate != rate {
				t.Errorf("%s: %v calls a second, want %v", path, c.Rate, rate)
			}
		}
	}
}

var update = commandline.Bool("update", false, "write testdata/requests.txt anew")

// TestRequestsAreAsDocumented has, for each command, the least that its method sends and all that it can send: the names of
// the fields, which of them are left out when there is nothing in them, and that numbers are numbers.
func TestRequestsAreAsDocumented(t *testing.T) {
	const file = "testdata/requests.txt"
	var b strings.Builder
	for _, c := range Commands() {
		fmt.Fprintf(&b, "%s/%s\n", c.Service, c.Name)
		for _, q := range []struct {
			name    string
			request reflect.Value
		}{{"least", reflect.New(c.Request)}, {"whole", whole(c.Request, 0).Addr()}} {
			body, err := encode(q.request.Interface())
			if err != nil || !json.Valid(body) {
				t.Fatalf("%s: %s %v", c.Path(), body, err)
			}
			fmt.Fprintf(&b, "\t%s %s\n", q.name, body)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("%s (-file +now):\n%s", file, diff)
	}
}

// whole is a request with something in every field.
func whole(t reflect.Type, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`{"x":1}`))
		return v
	case t == reflect.TypeFor[Cursor]():
		v.SetString("7")
		return v
	case depth > 5:
		return v
	}
	switch t.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(1)
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.Pointer:
		v.Set(whole(t.Elem(), depth).Addr())
	case reflect.Slice:
		v.Set(reflect.Append(v, whole(t.Elem(), depth+1)))
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(whole(t.Key(), depth+1), whole(t.Elem(), depth+1))
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				v.Field(i).Set(whole(t.Field(i).Type, depth+1))
			}
		}
	}
	return v
}
