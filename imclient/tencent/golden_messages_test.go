package tencent

// goldenMessages are one-to-one messages, extensions, and the rest of group messages.
var goldenMessages = []golden{
	{
		"sendmsg", "openim/sendmsg",
		send((*API).SendMsg, SendMsgRequest{
			SyncOtherMachine: SyncNoCopy, FromAccount: "lumotuwe1", ToAccount: "lumotuwe2", MsgLifeTime: ptr(60), MsgSeq: 93847636, MsgRandom: 1287657,
			ForbidCallbackControl: []string{"ForbidBeforeSendMsgCallback", "ForbidAfterSendMsgCallback"}, SendMsgControl: []string{"NoUnread"},
			MsgBody: []MsgElement{{ElemText, TextContent{"hi, beauty"}}}, CloudCustomData: "your cloud custom data", SupportMessageExtension: 1,
			OfflinePushInfo: &OfflinePush{Desc: "d", ApnsInfo: map[string]any{"BadgeMode": 1}}, IsNeedReadReceipt: 1,
		}),
		`{"SyncOtherMachine":2,"From_Account":"lumotuwe1","To_Account":"lumotuwe2","MsgLifeTime":60,"MsgSeq":93847636,"MsgRandom":1287657,"ForbidCallbackControl":["ForbidBeforeSendMsgCallback","ForbidAfterSendMsgCallback"],"SendMsgControl":["NoUnread"],"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi, beauty"}}],"CloudCustomData":"your cloud custom data","SupportMessageExtension":1,"OfflinePushInfo":{"Desc":"d","ApnsInfo":{"BadgeMode":1}},"IsNeedReadReceipt":1}`,
		`"MsgTime":1497238162,"MsgKey":"89541_2574206_1572870301","MsgId":"144115262295492787"`,
		&SendMsgAnswer{MsgTime: 1497238162, MsgKey: "89541_2574206_1572870301", MsgId: "144115262295492787"},
	},
	{
		"sendmsg by the administrator, to those online", "openim/sendmsg",
		send((*API).SendMsg, SendMsgRequest{ToAccount: "lumotuwe2", MsgLifeTime: ptr(0), MsgRandom: 1, MsgBody: []MsgElement{{ElemText, TextContent{"x"}}}}),
		`{"To_Account":"lumotuwe2","MsgLifeTime":0,"MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]}`,
		`"MsgTime":1,"MsgKey":"1_1_1"`, &SendMsgAnswer{MsgTime: 1, MsgKey: "1_1_1"},
	},
	{
		"batchsendmsg, refused in part", "openim/batchsendmsg",
		send((*API).BatchSendMsg, BatchSendMsgRequest{
			SyncOtherMachine: SyncCopy, ToAccount: []string{"bonnie", "rong"}, MsgRandom: 19901224, MsgBody: []MsgElement{{ElemText, TextContent{"hi"}}},
		}),
		`{"SyncOtherMachine":1,"To_Account":["bonnie","rong"],"MsgRandom":19901224,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}`,
		`{"ErrorInfo":"","ActionStatus":"SomeError","ErrorCode":0,"MsgKey":"4852_28135_1572870301","ErrorList":[{"To_Account":"rong","ErrorCode":70107}]}`,
		&BatchSendMsgAnswer{MsgKey: "4852_28135_1572870301", ErrorList: []AccountError{{"rong", 70107}}},
	},
	{
		"importmsg", "openim/importmsg",
		send((*API).ImportMsg, ImportMsgRequest{
			SyncFromOldSystem: ImportHistory, FromAccount: "a", ToAccount: "b", MsgSeq: 7, MsgRandom: 122333, MsgTimeStamp: 1557387418,
			MsgBody: []MsgElement{{ElemText, TextContent{"hi"}}}, CloudCustomData: "c",
		}),
		`{"SyncFromOldSystem":2,"From_Account":"a","To_Account":"b","MsgSeq":7,"MsgRandom":122333,"MsgTimeStamp":1557387418,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}],"CloudCustomData":"c"}`,
		``, &Done{},
	},
	{
		"admin_getroammsg, first page", "openim/admin_getroammsg",
		send((*API).AdminGetRoamMsg, AdminGetRoamMsgRequest{OperatorAccount: "user2", PeerAccount: "user1", MaxCnt: 100, MinTime: 1584669600, MaxTime: 1584673200}),
		`{"Operator_Account":"user2","Peer_Account":"user1","MaxCnt":100,"MinTime":1584669600,"MaxTime":1584673200}`,
		`"Complete":0,"MsgCnt":2,"LastMsgTime":1584669601,"LastMsgKey":"549396494_2578554_1584669601","MsgList":[{"From_Account":"user1","To_Account":"user2","MsgSeq":549396494,"MsgRandom":2578554,"MsgTimeStamp":1584669601,"MsgFlagBits":0,"IsPeerRead":1,"MsgKey":"549396494_2578554_1584669601","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"1"}}],"CloudCustomData":"c"},{"From_Account":"user2","MsgFlagBits":8}]`,
		&AdminGetRoamMsgAnswer{
			MsgCnt: 2, LastMsgTime: 1584669601, LastMsgKey: "549396494_2578554_1584669601", MsgList: []RoamMsg{
				{
					FromAccount: "user1", ToAccount: "user2", MsgSeq: 549396494, MsgRandom: 2578554, MsgTimeStamp: 1584669601, IsPeerRead: ptr(Int(1)),
					MsgKey: "549396494_2578554_1584669601", MsgBody: []byte(`[{"MsgType":"TIMTextElem","MsgContent":{"Text":"1"}}]`), CloudCustomData: "c",
				},
				{FromAccount: "user2", MsgFlagBits: 8},
			},
		},
	},
	{
		"admin_getroammsg, going on", "openim/admin_getroammsg",
		send((*API).AdminGetRoamMsg, AdminGetRoamMsgRequest{
			OperatorAccount: "user2", PeerAccount: "user1", MaxCnt: 100, MinTime: 1584669600, MaxTime: 1584669601, LastMsgKey: "549396494_2578554_1584669601",
		}),
		`{"Operator_Account":"user2","Peer_Account":"user1","MaxCnt":100,"MinTime":1584669600,"MaxTime":1584669601,"LastMsgKey":"549396494_2578554_1584669601"}`,
		`"Complete":1,"MsgCnt":0,"LastMsgTime":0,"LastMsgKey":"","MsgList":[]`, &AdminGetRoamMsgAnswer{Complete: 1, MsgList: []RoamMsg{}},
	},
	{
		"admin_msgwithdraw", "openim/admin_msgwithdraw",
		send((*API).AdminMsgWithdraw, AdminMsgWithdrawRequest{"vinson", "dramon", "31906_833502_1572869830"}),
		`{"From_Account":"vinson","To_Account":"dramon","MsgKey":"31906_833502_1572869830"}`, ``, &Done{},
	},
	{
		"admin_set_msg_read", "openim/admin_set_msg_read",
		send((*API).AdminSetMsgRead, AdminSetMsgReadRequest{"u1", "u2", 1654757462}),
		`{"Report_Account":"u1","Peer_Account":"u2","MsgReadTime":1654757462}`, ``, &Done{},
	},
	{
		"admin_set_msg_read, all", "openim/admin_set_msg_read",
		send((*API).AdminSetMsgRead, AdminSetMsgReadRequest{ReportAccount: "u1", PeerAccount: "u2"}), `{"Report_Account":"u1","Peer_Account":"u2"}`, ``, &Done{},
	},
	{
		"get_c2c_unread_msg_num in all", "openim/get_c2c_unread_msg_num",
		send((*API).GetC2CUnreadMsgNum, GetC2CUnreadMsgNumRequest{ToAccount: "dramon"}), `{"To_Account":"dramon"}`,
		`"AllC2CUnreadMsgNum":12`, &GetC2CUnreadMsgNumAnswer{AllC2CUnreadMsgNum: 12},
	},
	{
		"get_c2c_unread_msg_num one by one", "openim/get_c2c_unread_msg_num",
		send((*API).GetC2CUnreadMsgNum, GetC2CUnreadMsgNumRequest{"dramon", []string{"rong1", "rong2"}}),
		`{"To_Account":"dramon","Peer_Account":["rong1","rong2"]}`,
		`"C2CUnreadMsgNumList":[{"Peer_Account":"rong1","C2CUnreadMsgNum":12}],"ErrorList":[{"Peer_Account":"rong2","ErrorCode":70107}]`,
		&GetC2CUnreadMsgNumAnswer{C2CUnreadMsgNumList: []C2CUnread{{"rong1", 12}}, ErrorList: []PeerError{{"rong2", 70107}}},
	},
	{
		"modify_c2c_msg", "openim/modify_c2c_msg",
		send((*API).ModifyC2CMsg, ModifyC2CMsgRequest{
			FromAccount: "vinson", ToAccount: "dramon", MsgKey: "1_1_1", MsgBody: []MsgElement{{ElemText, TextContent{"this is test message"}}}, CloudCustomData: ptr(""),
		}),
		`{"From_Account":"vinson","To_Account":"dramon","MsgKey":"1_1_1","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"this is test message"}}],"CloudCustomData":""}`,
		`{"ActionStatus":"OK","ErrorInfo":"succeed","ErrorCode":0}`, &Done{},
	},
	{
		"modify_c2c_msg, custom data alone", "openim/modify_c2c_msg",
		send((*API).ModifyC2CMsg, ModifyC2CMsgRequest{FromAccount: "vinson", ToAccount: "dramon", MsgKey: "1_1_1", CloudCustomData: ptr("x")}),
		`{"From_Account":"vinson","To_Account":"dramon","MsgKey":"1_1_1","CloudCustomData":"x"}`, ``, &Done{},
	},
	{
		"delete_c2c_msg_ramble", "openim/delete_c2c_msg_ramble",
		send((*API).DeleteC2CMsgRamble, DeleteC2CMsgRambleRequest{"u1", "u2", []string{"1_1_1", "2_2_2"}}),
		`{"Operator_Account":"u1","Peer_Account":"u2","MsgKeyList":["1_1_1","2_2_2"]}`, `"InvalidMsgKeyList":["2_2_2"]`,
		&DeleteC2CMsgRambleAnswer{InvalidMsgKeyList: []Str{"2_2_2"}},
	},
	{
		"c2c_msg_read_receipt", "openim/c2c_msg_read_receipt",
		send((*API).C2CMsgReadReceipt, C2CMsgReadReceiptRequest{"u1", "u2", []C2CMsg{{"u2", "u1", "1_1_1"}}}),
		`{"Operator_Account":"u1","Peer_Account":"u2","C2CMsgInfo":[{"From_Account":"u2","To_Account":"u1","MsgKey":"1_1_1"}]}`, ``, &Done{},
	},

	{
		"set_key_values", "openim_msg_ext_http_svc/set_key_values",
		send((*API).SetKeyValues, SetKeyValuesRequest{
			FromAccount: "62768", ToAccount: "116400", MsgKey: "44739199_12_1665388280", OperateType: ExtensionSet,
			ExtensionList: []ExtensionPair{{"k1", "v1", 0}, {"k2", "", 1}},
		}),
		`{"From_Account":"62768","To_Account":"116400","MsgKey":"44739199_12_1665388280","OperateType":1,"ExtensionList":[{"Key":"k1","Value":"v1","Seq":0},{"Key":"k2","Value":"","Seq":1}]}`,
		`"ExtensionList":[{"ErrorCode":0,"Extension":{"Key":"k1","Value":"v1","Seq":1}},{"ErrorCode":23001,"Extension":{"Key":"k2","Value":"theirs","Seq":2}}]`,
		&SetKeyValuesAnswer{ExtensionList: []ExtensionResult{{0, ExtensionValue{"k1", "v1", 1}}, {23001, ExtensionValue{"k2", "theirs", 2}}}},
	},
	{
		"set_key_values, clearing", "openim_msg_ext_http_svc/set_key_values",
		send((*API).SetKeyValues, SetKeyValuesRequest{ToAccount: "116400", MsgKey: "1_1_1", OperateType: ExtensionClear}),
		`{"To_Account":"116400","MsgKey":"1_1_1","OperateType":3}`, ``, &SetKeyValuesAnswer{},
	},
	{
		"get_key_values", "openim_msg_ext_http_svc/get_key_values",
		send((*API).GetKeyValues, GetKeyValuesRequest{FromAccount: "62768", ToAccount: "116400", MsgKey: "1_1_1", StartSeq: 2}),
		`{"From_Account":"62768","To_Account":"116400","MsgKey":"1_1_1","StartSeq":2}`,
		`"CompleteFlag":1,"LatestSeq":2,"ClearSeq":1,"ExtensionList":[{"Key":"key3","Value":"2","Seq":2}]`,
		&GetKeyValuesAnswer{CompleteFlag: 1, LatestSeq: 2, ClearSeq: 1, ExtensionList: []ExtensionValue{{"key3", "2", 2}}},
	},
	{
		"group_set_key_values, deleting", "openim_msg_ext_http_svc/group_set_key_values",
		send((*API).GroupSetKeyValues, GroupSetKeyValuesRequest{GroupId: "@TGS#1YMVAB3IZ", MsgSeq: 158, OperateType: ExtensionDelete, ExtensionList: []ExtensionPair{{"key1", "", 1}}}),
		`{"GroupId":"@TGS#1YMVAB3IZ","MsgSeq":158,"OperateType":2,"ExtensionList":[{"Key":"key1","Value":"","Seq":1}]}`,
		`"ExtensionList":[{"ErrorCode":0,"Extension":{"Key":"key1","Seq":2}}]`,
		&SetKeyValuesAnswer{ExtensionList: []ExtensionResult{{0, ExtensionValue{"key1", "", 2}}}},
	},
	{
		"group_get_key_values", "openim_msg_ext_http_svc/group_get_key_values",
		send((*API).GroupGetKeyValues, GroupGetKeyValuesRequest{GroupId: "@TGS#1YMVAB3IZ", MsgSeq: 158}), `{"GroupId":"@TGS#1YMVAB3IZ","MsgSeq":158}`,
		`"CompleteFlag":0,"LatestSeq":2,"ClearSeq":0,"ExtensionList":[{"Key":"key1","Value":"1","Seq":1},{"Key":"key2","Value":"2","Seq":1}]`,
		&GetKeyValuesAnswer{LatestSeq: 2, ExtensionList: []ExtensionValue{{"key1", "1", 1}, {"key2", "2", 1}}},
	},

	{
		"send_broadcast_msg", "group_open_http_svc/send_broadcast_msg",
		send((*API).SendBroadcastMsg, SendBroadcastMsgRequest{FromAccount: "leckie", Random: 8912345, MsgBody: []MsgElement{{ElemText, TextContent{"red packet"}}}, CloudCustomData: "c"}),
		`{"From_Account":"leckie","Random":8912345,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"red packet"}}],"CloudCustomData":"c"}`,
		`"MsgSeq":1`, &SendBroadcastMsgAnswer{MsgSeq: 1},
	},
	{
		"clear_group_msg", "group_open_http_svc/clear_group_msg", send((*API).ClearGroupMsg, ClearGroupMsgRequest{"@TGS#1", 100}),
		`{"GroupId":"@TGS#1","MsgSeq":100}`, ``, &Done{},
	},
	{
		"clear_group_msg, all", "group_open_http_svc/clear_group_msg", send((*API).ClearGroupMsg, ClearGroupMsgRequest{GroupId: "@TGS#1"}), `{"GroupId":"@TGS#1"}`, ``, &Done{},
	},
	{
		"set_unread_msg_num", "group_open_http_svc/set_unread_msg_num", send((*API).SetUnreadMsgNum, SetUnreadMsgNumRequest{"@TGS#1", "test", 0}),
		`{"GroupId":"@TGS#1","Member_Account":"test","UnreadMsgNum":0}`, ``, &Done{},
	},
	{
		"get_group_msg_receipt", "group_open_http_svc/get_group_msg_receipt",
		send((*API).GetGroupMsgReceipt, GetGroupMsgReceiptRequest{"@TGS#2", []MsgSeq{{2}, {3}}}), `{"GroupId":"@TGS#2","MsgSeqList":[{"MsgSeq":2},{"MsgSeq":3}]}`,
		`"GroupMsgReceiptList":[{"MsgSeq":2,"Code":0,"ReadNum":3,"UnreadNum":4},{"MsgSeq":3,"Code":10062}]`,
		&GetGroupMsgReceiptAnswer{GroupMsgReceiptList: []GroupMsgReceipt{{2, 0, 3, 4}, {3, 10062, 0, 0}}},
	},
	{
		"get_group_msg_receipt_detail, those who have not read it", "group_open_http_svc/get_group_msg_receipt_detail",
		send((*API).GetGroupMsgReceiptDetail, GetGroupMsgReceiptDetailRequest{GroupId: "@TGS#2", MsgSeq: 1, Filter: ReceiptNonReaders, Count: 5}),
		`{"GroupId":"@TGS#2","MsgSeq":1,"Filter":1,"Cursor":"","Count":5}`, `"MsgSeq":1,"IsFinish":1,"Cursor":"0","UnreadList":[{"Unread_Account":"test2"}]`,
		&GetGroupMsgReceiptDetailAnswer{MsgSeq: 1, IsFinish: 1, Cursor: "0", UnreadList: []UnreadAccount{{"test2"}}},
	},
	{
		"get_group_msg_receipt_detail, going on", "group_open_http_svc/get_group_msg_receipt_detail",
		send((*API).GetGroupMsgReceiptDetail, GetGroupMsgReceiptDetailRequest{GroupId: "@TGS#2", MsgSeq: 1, Cursor: "144115212", Count: 5}),
		`{"GroupId":"@TGS#2","MsgSeq":1,"Filter":0,"Cursor":"144115212","Count":5}`, `"MsgSeq":1,"IsFinished":1,"ReadList":[{"Read_Account":"test1"}]`,
		&GetGroupMsgReceiptDetailAnswer{MsgSeq: 1, IsFinished: 1, ReadList: []ReadAccount{{"test1"}}},
	},
	{
		"group_msg_receipt", "group_open_http_svc/group_msg_receipt", send((*API).GroupMsgReceipt, GroupMsgReceiptRequest{"@TGS#2", "u1", []MsgSeq{{2}}}),
		`{"GroupId":"@TGS#2","From_Account":"u1","MsgSeqList":[{"MsgSeq":2}]}`, ``, &Done{},
	},
}
