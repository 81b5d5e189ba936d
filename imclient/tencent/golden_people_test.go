package tencent

// goldenPeople are friends, block lists, conversations, followers and robots.
var goldenPeople = []golden{
	{
		"multiaccount_import with names", "im_open_login_svc/multiaccount_import",
		send((*API).MultiaccountImport, MultiaccountImportRequest{AccountList: []AccountImportRequest{{"test1", "n", "http://f"}, {UserID: "test2"}}}),
		`{"AccountList":[{"UserID":"test1","Nick":"n","FaceUrl":"http://f"},{"UserID":"test2"}]}`, `"FailAccounts":[]`, &MultiaccountImportAnswer{FailAccounts: []Str{}},
	},
	{
		"friend_add", "sns/friend_add",
		send((*API).FriendAdd, FriendAddRequest{
			FromAccount: "id", AddFriendItem: []NewFriend{{"id1", "remark1", "classmates", "AddSource_Type_XX", "I'm Test1"}, {ToAccount: "id2"}},
			AddType: AddBoth, ForceAddFlags: 1,
		}),
		`{"From_Account":"id","AddFriendItem":[{"To_Account":"id1","Remark":"remark1","GroupName":"classmates","AddSource":"AddSource_Type_XX","AddWording":"I'm Test1"},{"To_Account":"id2"}],"AddType":"Add_Type_Both","ForceAddFlags":1}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""},{"To_Account":"id2","ResultCode":30539,"ResultInfo":"Err_SNS_FriendAdd_Need_Confirm"}],"Fail_Account":["id2"],"ErrorDisplay":""`,
		&SnsResults{ResultItem: []SnsResult{{"id1", 0, ""}, {"id2", 30539, "Err_SNS_FriendAdd_Need_Confirm"}}, FailAccount: []Str{"id2"}},
	},
	{
		"friend_import", "sns/friend_import",
		send((*API).FriendImport, FriendImportRequest{"id", []ImportedFriend{{
			"id1", "remark1", 1420000001, []string{"friend"}, "AddSource_Type_XX", "w", 1420000000, []TagSet{{"Tag_SNS_Custom_XX", "x"}},
		}, {ToAccount: "id2", AddSource: "AddSource_Type_XX"}}}),
		`{"From_Account":"id","AddFriendItem":[{"To_Account":"id1","Remark":"remark1","RemarkTime":1420000001,"GroupName":["friend"],"AddSource":"AddSource_Type_XX","AddWording":"w","AddTime":1420000000,"CustomItem":[{"Tag":"Tag_SNS_Custom_XX","Value":"x"}]},{"To_Account":"id2","AddSource":"AddSource_Type_XX"}]}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""}]`, &SnsResults{ResultItem: []SnsResult{{ToAccount: "id1"}}},
	},
	{
		"friend_update", "sns/friend_update",
		send((*API).FriendUpdate, FriendUpdateRequest{"id", []FriendUpdateItem{{"id1", []TagSet{{TagSnsRemark, "remark1"}, {TagSnsGroup, []string{"group1", "group2"}}, {"Tag_SNS_Custom_N", 5}}}}}),
		`{"From_Account":"id","UpdateItem":[{"To_Account":"id1","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"remark1"},{"Tag":"Tag_SNS_IM_Group","Value":["group1","group2"]},{"Tag":"Tag_SNS_Custom_N","Value":5}]}]}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""}],"ErrorDisplay":""`, &SnsResults{ResultItem: []SnsResult{{ToAccount: "id1"}}},
	},
	{
		"friend_delete", "sns/friend_delete", send((*API).FriendDelete, FriendDeleteRequest{"id", []string{"id1", "id2"}, DeleteSingle}),
		`{"From_Account":"id","To_Account":["id1","id2"],"DeleteType":"Delete_Type_Single"}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""},{"To_Account":"id2","ResultCode":31704,"ResultInfo":"Err_SNS_FriendDelete_Friend_Not_Exist"}],"Fail_Account":["id2"]`,
		&SnsResults{ResultItem: []SnsResult{{ToAccount: "id1"}, {"id2", 31704, "Err_SNS_FriendDelete_Friend_Not_Exist"}}, FailAccount: []Str{"id2"}},
	},
	{
		"friend_delete_all", "sns/friend_delete_all", send((*API).FriendDeleteAll, FriendDeleteAllRequest{"id", DeleteBoth}),
		`{"From_Account":"id","DeleteType":"Delete_Type_Both"}`, `"ErrorDisplay":""`, &Done{},
	},
	{
		"friend_check", "sns/friend_check", send((*API).FriendCheck, SnsCheckRequest{"id", []string{"id1", "id2"}, CheckBoth}),
		`{"From_Account":"id","To_Account":["id1","id2"],"CheckType":"CheckResult_Type_Both"}`,
		`"InfoItem":[{"To_Account":"id1","Relation":"CheckResult_Type_BothWay","ResultCode":0,"ResultInfo":""},{"To_Account":"id2","Relation":"CheckResult_Type_NoRelation","ResultCode":30003,"ResultInfo":"no"}],"Fail_Account":["id2"]`,
		&FriendCheckAnswer{
			InfoItem:    []SnsRelation{{"id1", RelationBothWays, 0, ""}, {"id2", RelationNone, 30003, "no"}},
			FailAccount: []Str{"id2"},
		},
	},
	{
		"friend_get", "sns/friend_get", send((*API).FriendGet, FriendGetRequest{FromAccount: "id"}), `{"From_Account":"id","StartIndex":0}`,
		`"UserDataItem":[{"To_Account":"id1","ValueItem":[{"Tag":"Tag_SNS_IM_AddSource","Value":"AddSource_Type_XX"},{"Tag":"Tag_SNS_IM_Group","Value":["a","b"]},{"Tag":"Tag_SNS_IM_AddTime","Value":1563867420}]}],"StandardSequence":88,"CustomSequence":46,"FriendNum":20,"CompleteFlag":0,"NextStartIndex":1,"ErrorDisplay":""`,
		&FriendGetAnswer{
			UserDataItem:     []FriendData{{"id1", []TagValue{{TagSnsAddSource, []byte(`"AddSource_Type_XX"`)}, {TagSnsGroup, []byte(`["a","b"]`)}, {TagSnsAddTime, []byte(`1563867420`)}}}},
			StandardSequence: 88, CustomSequence: 46, FriendNum: 20, NextStartIndex: 1,
		},
	},
	{
		"friend_get, what changed", "sns/friend_get", send((*API).FriendGet, FriendGetRequest{"id", 100, 88, 46}),
		`{"From_Account":"id","StartIndex":100,"StandardSequence":88,"CustomSequence":46}`, `"CompleteFlag":1,"NextStartIndex":0`, &FriendGetAnswer{CompleteFlag: 1},
	},
	{
		"friend_get_list", "sns/friend_get_list", send((*API).FriendGetList, FriendGetListRequest{"id", []string{"id1", "id2"}, []string{TagSnsRemark, TagNick}}),
		`{"From_Account":"id","To_Account":["id1","id2"],"TagList":["Tag_SNS_IM_Remark","Tag_Profile_IM_Nick"]}`,
		`"InfoItem":[{"To_Account":"id1","SnsProfileItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"r"}],"ResultCode":0,"ResultInfo":""},{"To_Account":"id2","ResultCode":30001,"ResultInfo":"Err_SNS_FriendGetList_Friend_Not_Exist"}],"Fail_Account":["id2"]`,
		&FriendGetListAnswer{
			InfoItem:    []FriendInfo{{ToAccount: "id1", SnsProfileItem: []TagValue{{TagSnsRemark, []byte(`"r"`)}}}, {ToAccount: "id2", ResultCode: 30001, ResultInfo: "Err_SNS_FriendGetList_Friend_Not_Exist"}},
			FailAccount: []Str{"id2"},
		},
	},
	{
		"black_list_add", "sns/black_list_add", send((*API).BlackListAdd, BlackListRequest{"id", []string{"id1"}}), `{"From_Account":"id","To_Account":["id1"]}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":30001,"ResultInfo":"Err_SNS_BlackListAdd_Already_Exist"}],"Fail_Account":["id1"]`,
		&SnsResults{ResultItem: []SnsResult{{"id1", 30001, "Err_SNS_BlackListAdd_Already_Exist"}}, FailAccount: []Str{"id1"}},
	},
	{
		"black_list_delete", "sns/black_list_delete", send((*API).BlackListDelete, BlackListRequest{"id", []string{"id1"}}), `{"From_Account":"id","To_Account":["id1"]}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""}]`, &SnsResults{ResultItem: []SnsResult{{ToAccount: "id1"}}},
	},
	{
		"black_list_get", "sns/black_list_get", send((*API).BlackListGet, BlackListGetRequest{FromAccount: "id", MaxLimited: 30}),
		`{"From_Account":"id","StartIndex":0,"MaxLimited":30,"LastSequence":0}`, `"BlackListItem":[{"To_Account":"id1","AddBlackTimeStamp":1430000001}],"StartIndex":30,"CurruentSequence":7,"ErrorDisplay":""`,
		&BlackListGetAnswer{BlackListItem: []BlackListItem{{"id1", 1430000001}}, StartIndex: 30, CurruentSequence: 7},
	},
	{
		"black_list_check", "sns/black_list_check", send((*API).BlackListCheck, SnsCheckRequest{"id", []string{"id1"}, BlackCheckBoth}),
		`{"From_Account":"id","To_Account":["id1"],"CheckType":"BlackCheckResult_Type_Both"}`,
		`"BlackListCheckItem":[{"To_Account":"id1","Relation":"BlackCheckResult_Type_BWithA","ResultCode":0,"ResultInfo":""}]`,
		&BlackListCheckAnswer{BlackListCheckItem: []SnsRelation{{ToAccount: "id1", Relation: BlackBWithA}}},
	},
	{
		"group_add of friends", "sns/group_add", send((*API).SnsGroupAdd, SnsGroupAddRequest{"id", []string{"group1", "group2"}, []string{"id1"}}),
		`{"From_Account":"id","GroupName":["group1","group2"],"To_Account":["id1"]}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":32216,"ResultInfo":"Err_SNS_GroupAdd_ToTinyId_Not_Friend"}],"Fail_Account":["id1"],"CurrentSequence":3`,
		&SnsGroupChangeAnswer{ResultItem: []SnsResult{{"id1", 32216, "Err_SNS_GroupAdd_ToTinyId_Not_Friend"}}, FailAccount: []Str{"id1"}, CurrentSequence: 3},
	},
	{
		"group_delete of friends", "sns/group_delete", send((*API).SnsGroupDelete, SnsGroupDeleteRequest{"id", []string{"group1"}}),
		`{"From_Account":"id","GroupName":["group1"]}`, `"CurrentSequence":4`, &SnsGroupChangeAnswer{CurrentSequence: 4},
	},
	{
		"group_get of friends", "sns/group_get", send((*API).SnsGroupGet, SnsGroupGetRequest{"id", NeedFriendYes, []string{"group1"}}),
		`{"From_Account":"id","NeedFriend":"Need_Friend_Type_Yes","GroupName":["group1"]}`,
		`"ResultItem":[{"GroupName":"group1","FriendNumber":1,"To_Account":["id1"]}],"CurrentSequence":3`,
		&SnsGroupGetAnswer{ResultItem: []SnsGroup{{"group1", 1, []Str{"id1"}}}, CurrentSequence: 3},
	},
	{
		"group_get of friends, names alone", "sns/group_get", send((*API).SnsGroupGet, SnsGroupGetRequest{FromAccount: "id"}), `{"From_Account":"id"}`,
		`"ResultItem":[{"GroupName":"group1","FriendNumber":1}]`, &SnsGroupGetAnswer{ResultItem: []SnsGroup{{GroupName: "group1", FriendNumber: 1}}},
	},

	{
		"recentcontact/get_list", "recentcontact/get_list", send((*API).ContactGetList, ContactGetListRequest{FromAccount: "id1", AssistFlags: AssistPinned | AssistEmpty | AssistPinnedPages}),
		`{"From_Account":"id1","TimeStamp":0,"StartIndex":0,"TopTimeStamp":0,"TopStartIndex":0,"AssistFlags":7}`,
		`"SessionItem":[{"Type":1,"To_Account":"id2","MsgTime":1607939454,"TopFlag":1},{"Type":2,"GroupId":"@TGS#1","MsgTime":1607939455},{"Type":2,"ToGroupId":"@TGS#2"}],"CompleteFlag":0,"TimeStamp":1,"StartIndex":2,"TopTimeStamp":3,"TopStartIndex":4,"ErrorDisplay":""`,
		&ContactGetListAnswer{
			SessionItem: []Session{{Type: 1, ToAccount: "id2", MsgTime: 1607939454, TopFlag: 1}, {Type: 2, GroupId: "@TGS#1", MsgTime: 1607939455}, {Type: 2, ToGroupId: "@TGS#2"}},
			TimeStamp:   1, StartIndex: 2, TopTimeStamp: 3, TopStartIndex: 4,
		},
	},
	{
		"recentcontact/delete of a chat", "recentcontact/delete", send((*API).ContactDelete, ContactDeleteRequest{FromAccount: "id1", Type: ContactC2C, ToAccount: "id2", ClearRamble: 1}),
		`{"From_Account":"id1","Type":1,"To_Account":"id2","ClearRamble":1}`, `"ErrorDisplay":""`, &Done{},
	},
	{
		"recentcontact/delete of a group", "recentcontact/delete", send((*API).ContactDelete, ContactDeleteRequest{FromAccount: "id1", Type: ContactGroup, ToGroupid: "@TGS#1"}),
		`{"From_Account":"id1","Type":2,"ToGroupid":"@TGS#1"}`, ``, &Done{},
	},
	{
		"create_contact_group", "recentcontact/create_contact_group",
		send((*API).CreateContactGroup, CreateContactGroupRequest{"id1", []NewContactGroup{{"group1", []ContactItem{{Type: 1, ToAccount: "id2"}, {Type: 2, ToGroupId: "@TGS#1"}}}}}),
		`{"From_Account":"id1","GroupContactItem":[{"GroupName":"group1","ContactItem":[{"Type":1,"To_Account":"id2"},{"Type":2,"ToGroupId":"@TGS#1"}]}]}`,
		`"GroupResultItem":[{"GroupItem":{"GroupName":"group1","GroupId":5},"ResultItem":[{"ContactItem":{"Type":1,"To_Account":"id2"},"ResultCode":0,"ResultInfo":""}]}]`,
		&CreateContactGroupAnswer{GroupResultItem: []ContactGroupResult{{ContactGroupRef{"group1", 5}, []ContactResult{{ContactItem: ContactRef{Type: 1, ToAccount: "id2"}}}}}},
	},
	{
		"del_contact_group", "recentcontact/del_contact_group", send((*API).DelContactGroup, DelContactGroupRequest{"id1", []string{"group1"}}),
		`{"From_Account":"id1","GroupName":["group1"]}`, `"GroupItem":[{"GroupName":"group1","GroupId":5}]`, &DelContactGroupAnswer{GroupItem: []ContactGroupRef{{"group1", 5}}},
	},
	{
		"update_contact_group, rename", "recentcontact/update_contact_group",
		send((*API).UpdateContactGroup, UpdateContactGroupRequest{"id1", 1, ContactGroupUpdate{UpdateGroupType: ContactGroupRename, OldGroupName: "a", NewGroupName: "b"}}),
		`{"From_Account":"id1","UpdateType":1,"UpdateGroup":{"UpdateGroupType":1,"OldGroupName":"a","NewGroupName":"b"}}`,
		`"UpdateType":1,"UpdateGroupResult":{"UpdateGroupType":1,"GroupName":"b","GroupId":5,"OldGroupName":"a"}`,
		&UpdateContactGroupAnswer{UpdateType: 1, UpdateGroupResult: ContactGroupUpdated{UpdateGroupType: 1, GroupName: "b", GroupId: 5, OldGroupName: "a"}},
	},
	{
		"update_contact_group, members", "recentcontact/update_contact_group",
		send((*API).UpdateContactGroup, UpdateContactGroupRequest{"id1", 1, ContactGroupUpdate{
			UpdateGroupType: ContactGroupMembers, OldGroupName: "a", ContactUpdateItem: []ContactUpdate{{ContactRemove, ContactItem{Type: 1, ToAccount: "id2"}}},
		}}),
		`{"From_Account":"id1","UpdateType":1,"UpdateGroup":{"UpdateGroupType":2,"OldGroupName":"a","ContactUpdateItem":[{"ContactOptType":2,"ContactItem":{"Type":1,"To_Account":"id2"}}]}}`,
		`"UpdateType":1,"UpdateGroupResult":{"UpdateGroupType":2,"GroupName":"a","GroupId":5,"ContactResultItem":[{"ContactOptType":2,"ContactItem":{"Type":1,"To_Account":"id2"},"ResultCode":51009,"ResultInfo":"no"}]}`,
		&UpdateContactGroupAnswer{UpdateType: 1, UpdateGroupResult: ContactGroupUpdated{
			UpdateGroupType: 2, GroupName: "a", GroupId: 5, ContactResultItem: []ContactResult{{ContactOptType: 2, ContactItem: ContactRef{Type: 1, ToAccount: "id2"}, ResultCode: 51009, ResultInfo: "no"}},
		}},
	},
	{
		"mark_contact", "recentcontact/mark_contact",
		send((*API).MarkContact, MarkContactRequest{"id1", []ContactMark{{OptType: MarkBoth, ContactItem: ContactItem{Type: 1, ToAccount: "id2"}, SetMark: []int{1, 33}, ClearMark: []int{2}, CustomMark: ptr("c")}}}),
		`{"From_Account":"id1","MarkItem":[{"OptType":3,"ContactItem":{"Type":1,"To_Account":"id2"},"SetMark":[1,33],"ClearMark":[2],"CustomMark":"c"}]}`,
		`"ResultItem":[{"OptType":3,"ContactItem":{"Type":1,"To_Account":"id2"},"ResultCode":0,"ResultInfo":""}]`,
		&MarkContactAnswer{ResultItem: []ContactResult{{OptType: 3, ContactItem: ContactRef{Type: 1, ToAccount: "id2"}}}},
	},
	{
		"search_contact_group", "recentcontact/search_contact_group", send((*API).SearchContactGroup, SearchContactGroupRequest{"id1", []ContactItem{{Type: 1, ToAccount: "id2"}}}),
		`{"From_Account":"id1","ContactItem":[{"Type":1,"To_Account":"id2"}]}`,
		`"ContactResultItem":[{"Type":1,"To_Account":"id2","StandardMark":"1010","CustomMark":"c","ContactGroupId":[5],"Timestamp":1673000000}],"GroupItem":[{"GroupName":"group1","GroupId":5}]`,
		&SearchContactGroupAnswer{
			ContactResultItem: []MarkedContact{{Type: 1, ToAccount: "id2", StandardMark: "1010", CustomMark: "c", ContactGroupId: []Int{5}, Timestamp: 1673000000}},
			GroupItem:         []ContactGroupRef{{"group1", 5}},
		},
	},
	{
		"get_contact_group", "recentcontact/get_contact_group", send((*API).GetContactGroup, GetContactGroupRequest{FromAccount: "id1"}), `{"From_Account":"id1","StartIndex":0}`,
		`"ContactItem":[{"Type":2,"ToGroupId":"@TGS#1","ContactGroupId":[5]}],"GroupItem":[{"GroupName":"group1","GroupId":5}],"CompleteFlag":0,"NextStartIndex":1`,
		&GetContactGroupAnswer{ContactItem: []MarkedContact{{Type: 2, ToGroupId: "@TGS#1", ContactGroupId: []Int{5}}}, GroupItem: []ContactGroupRef{{"group1", 5}}, NextStartIndex: 1},
	},

	{
		"follow_add", "follow/follow_add", send((*API).FollowAdd, FollowAddRequest{"id", []ToAccount{{"id1"}, {"id2"}}}),
		`{"From_Account":"id","FollowItem":[{"To_Account":"id1"},{"To_Account":"id2"}]}`, `"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""}]`,
		&SnsResults{ResultItem: []SnsResult{{ToAccount: "id1"}}},
	},
	{
		"follow_delete", "follow/follow_delete", send((*API).FollowDelete, FollowRequest{"id", []string{"id1"}}), `{"From_Account":"id","To_Account":["id1"]}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""}]`, &SnsResults{ResultItem: []SnsResult{{ToAccount: "id1"}}},
	},
	{
		"follow_check", "follow/follow_check", send((*API).FollowCheck, FollowRequest{"id", []string{"id1"}}), `{"From_Account":"id","To_Account":["id1"]}`,
		`"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":"","FollowType":3}]`, &FollowCheckAnswer{ResultItem: []FollowState{{ToAccount: "id1", FollowType: 3}}},
	},
	{
		"follow_get", "follow/follow_get", send((*API).FollowGet, FollowGetRequest{FromAccount: "id", FollowType: FollowFans, WantNum: 100}),
		`{"From_Account":"id","FollowType":1,"StartCursor":"","WantNum":100}`,
		`"FollowItem":[{"To_Account":"id1","FollowTime":1700000000,"ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"n"}]}],"NextCursor":"cursor"`,
		&FollowGetAnswer{FollowItem: []Follow{{"id1", 1700000000, []TagValue{{TagNick, []byte(`"n"`)}}}}, NextCursor: "cursor"},
	},
	{
		"follow_get_info", "follow/follow_get_info", send((*API).FollowGetInfo, FollowRequest{"id", []string{"id1"}}), `{"From_Account":"id","To_Account":["id1"]}`,
		`"FollowInfo":[{"To_Account":"id1","FollowerCount":3,"FollowingCount":2,"MutualFollowingCount":1}]`,
		&FollowGetInfoAnswer{FollowInfo: []FollowCounts{{ToAccount: "id1", FollowerCount: 3, FollowingCount: 2, MutualFollowingCount: 1}}},
	},
	{
		"create_robot", "openim_robot_http_svc/create_robot", send((*API).CreateRobot, CreateRobotRequest{"@RBT#001", "Jarvis", "www.example.com/head.jpg", "hello, world"}),
		`{"UserID":"@RBT#001","Nick":"Jarvis","FaceUrl":"www.example.com/head.jpg","SelfSignature":"hello, world"}`, ``, &Done{},
	},
	{
		"delete_robot", "openim_robot_http_svc/delete_robot", send((*API).DeleteRobot, DeleteRobotRequest{"@RBT#001"}), `{"Robot_Account":"@RBT#001"}`, ``, &Done{},
	},
	{
		"get_all_robots", "openim_robot_http_svc/get_all_robots", send((*API).GetAllRobots, Empty{}), `{}`,
		`"Robot_Account":["@RBT#001","@RBT#002"]`, &GetAllRobotsAnswer{RobotAccount: []Str{"@RBT#001", "@RBT#002"}},
	},
}
