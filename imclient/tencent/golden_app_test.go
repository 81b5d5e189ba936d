package tencent

// goldenApp are attributes, counters and topics of groups, pushes, operations data, files and keywords.
var goldenApp = []golden{
	{
		"get_group_attr", "group_open_attr_http_svc/get_group_attr", send((*API).GetGroupAttr, GroupRequest{"@TGS#1"}), `{"GroupId":"@TGS#1"}`,
		`"GroupAttrAry":[{"key":"attr_key","value":"attr_val"}]`, &GetGroupAttrAnswer{GroupAttrAry: []GroupAttr{{"attr_key", "attr_val"}}},
	},
	{
		"modify_group_attr", "group_open_http_svc/modify_group_attr", send((*API).ModifyGroupAttr, GroupAttrRequest{"@TGS#1", []GroupAttr{{"attr_key", "attr_val"}, {"k", ""}}}),
		`{"GroupId":"@TGS#1","GroupAttr":[{"key":"attr_key","value":"attr_val"},{"key":"k","value":""}]}`, ``, &Done{},
	},
	{
		"set_group_attr", "group_open_http_svc/set_group_attr", send((*API).SetGroupAttr, GroupAttrRequest{"@TGS#1", []GroupAttr{{"attr_key", "attr_val"}}}),
		`{"GroupId":"@TGS#1","GroupAttr":[{"key":"attr_key","value":"attr_val"}]}`, ``, &Done{},
	},
	{
		"clear_group_attr", "group_open_http_svc/clear_group_attr", send((*API).ClearGroupAttr, GroupRequest{"@TGS#1"}), `{"GroupId":"@TGS#1"}`, ``, &Done{},
	},
	{
		"delete_group_attr", "group_open_http_svc/delete_group_attr", send((*API).DeleteGroupAttr, DeleteGroupAttrRequest{"@TGS#1", []GroupAttrKey{{"attr_key"}}}),
		`{"GroupId":"@TGS#1","GroupAttr":[{"key":"attr_key"}]}`, ``, &Done{},
	},
	{
		"get_group_counter, all", "group_open_http_svc/get_group_counter", send((*API).GetGroupCounter, GroupCounterKeysRequest{GroupId: "@TGS#1"}), `{"GroupId":"@TGS#1"}`,
		`"GroupCounter":[{"Key":"k","Value":9223372036854775807},{"Key":"l","Value":-1}]`, &GroupCounterAnswer{GroupCounter: []GroupCounter{{"k", 9223372036854775807}, {"l", -1}}},
	},
	{
		"get_group_counter, some", "group_open_http_svc/get_group_counter", send((*API).GetGroupCounter, GroupCounterKeysRequest{"@TGS#1", []string{"k"}}),
		`{"GroupId":"@TGS#1","GroupCounterKeys":["k"]}`, `"GroupCounter":[]`, &GroupCounterAnswer{GroupCounter: []GroupCounter{}},
	},
	{
		"update_group_counter", "group_open_http_svc/update_group_counter", send((*API).UpdateGroupCounter, UpdateGroupCounterRequest{"@TGS#1", []GroupCounter{{"k", -9223372036854775808}, {"l", 0}}, CounterIncrease}),
		`{"GroupId":"@TGS#1","GroupCounter":[{"Key":"k","Value":-9223372036854775808},{"Key":"l","Value":0}],"Mode":"Increase"}`,
		`"GroupCounter":[{"Key":"k","Value":5}]`, &GroupCounterAnswer{GroupCounter: []GroupCounter{{"k", 5}}},
	},
	{
		"delete_group_counter", "group_open_http_svc/delete_group_counter", send((*API).DeleteGroupCounter, GroupCounterKeysRequest{"@TGS#1", []string{"k"}}),
		`{"GroupId":"@TGS#1","GroupCounterKeys":["k"]}`, ``, &Done{},
	},

	{
		"create_topic", "million_group_open_http_svc/create_topic",
		send((*API).CreateTopic, CreateTopicRequest{"@TGS#_1", "@TGS#_1@TOPIC#_a", "TestTopic", "1400187352", "custom", "http://f", "n", "i"}),
		`{"GroupId":"@TGS#_1","TopicId":"@TGS#_1@TOPIC#_a","TopicName":"TestTopic","From_Account":"1400187352","CustomString":"custom","FaceUrl":"http://f","Notification":"n","Introduction":"i"}`,
		`"TopicId":"@TGS#_1@TOPIC#_a"`, &CreateTopicAnswer{TopicId: "@TGS#_1@TOPIC#_a"},
	},
	{
		"get_topic", "million_group_open_http_svc/get_topic", send((*API).GetTopic, GetTopicRequest{"@TGS#_1", "u", []string{"@TGS#_1@TOPIC#_a"}, []string{"TopicName"}}),
		`{"GroupId":"@TGS#_1","From_Account":"u","TopicIdList":["@TGS#_1@TOPIC#_a"],"ResponseFilter":["TopicName"]}`,
		`"TopicAndSelfInfo":[{"ErrorCode":0,"ErrorInfo":"","SelfInfo":{"ShutUpTime":5,"MsgSeq":3,"MsgFlag":"AcceptAndNotify"},"TopicInfo":{"TopicName":"n","GroupID":"@TGS#_1","TopicId":"@TGS#_1@TOPIC#_a","FaceUrl":"f","Notification":"o","Introduction":"i","CreateTime":1,"LastMsgTime":2,"NextMsgSeq":4,"MuteAllMember":"Off","CustomString":"c"}},{"ErrorCode":110003,"ErrorInfo":"gone","TopicInfo":{"TopicId":"t","ShutUpAllFlag":1}}]`,
		&GetTopicAnswer{TopicAndSelfInfo: []TopicAndSelf{
			{
				SelfInfo: SelfInfo{ShutUpTime: 5, MsgSeq: 3, MsgFlag: "AcceptAndNotify"},
				TopicInfo: TopicInfo{
					TopicName: "n", GroupID: "@TGS#_1", TopicId: "@TGS#_1@TOPIC#_a", FaceUrl: "f", Notification: "o", Introduction: "i", CreateTime: 1, LastMsgTime: 2,
					NextMsgSeq: 4, MuteAllMember: "Off", CustomString: "c",
				},
			},
			{ErrorCode: 110003, ErrorInfo: "gone", TopicInfo: TopicInfo{TopicId: "t", ShutUpAllFlag: "1"}},
		}},
	},
	{
		"get_topic, all", "million_group_open_http_svc/get_topic", send((*API).GetTopic, GetTopicRequest{GroupId: "@TGS#_1", FromAccount: "u"}),
		`{"GroupId":"@TGS#_1","From_Account":"u"}`, `"TopicAndSelfInfo":null`, &GetTopicAnswer{},
	},
	{
		"modify_topic", "million_group_open_http_svc/modify_topic",
		send((*API).ModifyTopic, ModifyTopicRequest{GroupId: "@TGS#_1", TopicId: "t", TopicName: ptr("n"), Introduction: ptr(""), MuteAllMember: "On"}),
		`{"GroupId":"@TGS#_1","TopicId":"t","TopicName":"n","Introduction":"","MuteAllMember":"On"}`, `{"ActionStatus":"OK","ErrorInfo":"ok","ErrorCode":0}`, &Done{},
	},
	{
		"destroy_topic", "million_group_open_http_svc/destroy_topic", send((*API).DestroyTopic, DestroyTopicRequest{"@TGS#_1", []string{"t", "u"}}),
		`{"GroupId":"@TGS#_1","TopicIdList":["t","u"]}`, `"DestroyResultItem":[{"TopicId":"t","ErrorCode":0,"ErrorInfo":""},{"TopicId":"u","ErrorCode":110003,"ErrorInfo":"gone"}]`,
		&DestroyTopicAnswer{DestroyResultItem: []DestroyedTopic{{TopicId: "t"}, {"u", 110003, "gone"}}},
	},
	{
		"import_topic", "group_open_http_svc/import_topic", send((*API).ImportTopic, ImportTopicRequest{Type: "Community", GroupId: "@TGS#_1", TopicName: "test_topic3", CreateTime: 1448357837}),
		`{"Type":"Community","GroupId":"@TGS#_1","TopicName":"test_topic3","CreateTime":1448357837}`, `"TopicId":"t"`, &CreateTopicAnswer{TopicId: "t"},
	},

	{
		"im_push to all", "all_member_push/im_push", send((*API).ImPush, ImPushRequest{MsgRandom: 9312457, MsgLifeTime: 120, MsgBody: []MsgElement{{ElemText, TextContent{"hi"}}}}),
		`{"MsgRandom":9312457,"MsgLifeTime":120,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}`,
		`"TaskId":"1400123456_144115212910570789_4155518400_15723514"`, &ImPushAnswer{TaskId: "1400123456_144115212910570789_4155518400_15723514"},
	},
	{
		"im_push by tags", "all_member_push/im_push",
		send((*API).ImPush, ImPushRequest{FromAccount: "xiaoming", MsgRandom: 1, Condition: &PushCondition{TagsOr: []string{"stock A"}, TagsAnd: []string{"b"}}, MsgBody: []MsgElement{{ElemText, TextContent{"x"}}}, OfflinePushInfo: &OfflinePush{Desc: "d"}}),
		`{"From_Account":"xiaoming","MsgRandom":1,"Condition":{"TagsOr":["stock A"],"TagsAnd":["b"]},"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}],"OfflinePushInfo":{"Desc":"d"}}`,
		`"TaskId":"t"`, &ImPushAnswer{TaskId: "t"},
	},
	{
		"im_push by attributes", "all_member_push/im_push",
		send((*API).ImPush, ImPushRequest{MsgRandom: 1, Condition: &PushCondition{AttrsOr: map[string]string{"city": "X", "age": "9"}, AttrsAnd: map[string]string{"sex": "f"}}, MsgBody: []MsgElement{}}),
		`{"MsgRandom":1,"Condition":{"AttrsOr":{"age":"9","city":"X"},"AttrsAnd":{"sex":"f"}},"MsgBody":[]}`, `"TaskId":"t"`, &ImPushAnswer{TaskId: "t"},
	},
	{
		"im_set_attr_name", "all_member_push/im_set_attr_name", send((*API).ImSetAttrName, AttrNames{map[string]string{"0": "sex", "1": "city"}}),
		`{"AttrNames":{"0":"sex","1":"city"}}`, ``, &Done{},
	},
	{
		"im_get_attr_name", "all_member_push/im_get_attr_name", send((*API).ImGetAttrName, Empty{}), `{}`, `"AttrNames":{"0":"sex","1":"city"}`,
		&AttrNamesAnswer{AttrNames: map[string]Str{"0": "sex", "1": "city"}},
	},
	{
		"im_get_attr", "all_member_push/im_get_attr", send((*API).ImGetAttr, AccountsRequest{[]string{"xiaoming"}}), `{"To_Account":["xiaoming"]}`,
		`"UserAttrs":[{"To_Account":"xiaoming","Attrs":{"sex":"attr1","age":18}}]`, &UserAttrsAnswer{UserAttrs: []UserAttrs{{"xiaoming", map[string]Str{"sex": "attr1", "age": "18"}}}},
	},
	{
		"im_set_attr", "all_member_push/im_set_attr", send((*API).ImSetAttr, SetUserAttrsRequest{[]SetUserAttrs{{"xiaoming", map[string]string{"sex": "attr1"}}}}),
		`{"UserAttrs":[{"To_Account":"xiaoming","Attrs":{"sex":"attr1"}}]}`, ``, &Done{},
	},
	{
		"im_remove_attr", "all_member_push/im_remove_attr", send((*API).ImRemoveAttr, RemoveUserAttrsRequest{[]RemoveUserAttrs{{"xiaojun", []string{"sex", "city"}}}}),
		`{"UserAttrs":[{"To_Account":"xiaojun","Attrs":["sex","city"]}]}`, ``, &Done{},
	},
	{
		"im_get_tag", "all_member_push/im_get_tag", send((*API).ImGetTag, AccountsRequest{[]string{"xiaoming"}}), `{"To_Account":["xiaoming"]}`,
		`"UserTags":[{"To_Account":"xiaoming","Tags":["a","b"]}]`, &UserTagsAnswer{UserTags: []UserTagList{{"xiaoming", []Str{"a", "b"}}}},
	},
	{
		"im_add_tag", "all_member_push/im_add_tag", send((*API).ImAddTag, UserTagsRequest{[]UserTags{{"xiaoming", []string{"a", "b"}}}}),
		`{"UserTags":[{"To_Account":"xiaoming","Tags":["a","b"]}]}`, ``, &Done{},
	},
	{
		"im_remove_tag", "all_member_push/im_remove_tag", send((*API).ImRemoveTag, UserTagsRequest{[]UserTags{{"xiaoming", []string{"a"}}}}),
		`{"UserTags":[{"To_Account":"xiaoming","Tags":["a"]}]}`, ``, &Done{},
	},
	{
		"im_remove_all_tags", "all_member_push/im_remove_all_tags", send((*API).ImRemoveAllTags, AccountsRequest{[]string{"xiaoming"}}), `{"To_Account":["xiaoming"]}`, ``, &Done{},
	},

	{
		"getappinfo, all", "openconfigsvr/getappinfo", send((*API).GetAppInfo, GetAppInfoRequest{}), `{}`,
		`{"ErrorCode":0,"ErrorInfo":"OK","Result":[{"ActiveUserNum":"3018","Date":"20160607"},{"ActiveUserNum":0,"Date":"20160608"}]}`,
		&GetAppInfoAnswer{Result: []map[string]Str{{"ActiveUserNum": "3018", "Date": "20160607"}, {"ActiveUserNum": "0", "Date": "20160608"}}},
	},
	{
		"getappinfo, some", "openconfigsvr/getappinfo", send((*API).GetAppInfo, GetAppInfoRequest{[]string{"ChainDecrease", "LoginTimes"}}),
		`{"RequestField":["ChainDecrease","LoginTimes"]}`, `{"ErrorCode":0,"ErrorInfo":"OK","Result":null}`, &GetAppInfoAnswer{},
	},
	{
		"get_history", "open_msg_svc/get_history", send((*API).GetHistory, GetHistoryRequest{HistoryC2C, "2015120121"}), `{"ChatType":"C2C","MsgTime":"2015120121"}`,
		`"File":[{"URL":"https://download.tim.qq.com/msg_history/1.gz","ExpireTime":"2015-12-07 10:36:14","FileSize":16456,"FileMD5":"f5","GzipSize":1236,"GzipMD5":"80"}]`,
		&GetHistoryAnswer{File: []HistoryFile{{"https://download.tim.qq.com/msg_history/1.gz", "2015-12-07 10:36:14", 16456, "f5", 1236, "80"}}},
	},
	{
		"GetIPList", "ConfigSvc/GetIPList", send((*API).GetIPList, GetIPListRequest{5}), `{}`, `"IPList":["1.2.3.4","1.2.3.0/24"]`, &GetIPListAnswer{IPList: []Str{"1.2.3.4", "1.2.3.0/24"}},
	},
	{
		"forbid_illegal_object", "im_cos_msg/forbid_illegal_object", send((*API).ForbidIllegalObject, RawURL{"https://cos/a&b"}), `{"RawURL":"https://cos/a&b"}`, ``, &Done{},
	},
	{
		"allow_banned_object", "im_cos_msg/allow_banned_object", send((*API).AllowBannedObject, RawURL{"https://cos/a"}), `{"RawURL":"https://cos/a"}`, ``, &Done{},
	},
	{
		"get_cos_sig", "im_cos_msg/get_cos_sig", send((*API).GetCosSig, GetCosSigRequest{[]NumberedURL{{1, "https://cos/a"}}}), `{"RawURLs":[{"ResourceID":1,"RawURL":"https://cos/a"}]}`,
		`"PreSigURLs":[{"ResourceID":1,"Code":0,"Desc":"","PreSigURL":"https://cos/a?sign=x","Status":1}]`, &GetCosSigAnswer{PreSigURLs: []PreSigURL{{1, 0, "", "https://cos/a?sign=x", 1}}},
	},

	{
		"get_cloud_audit_keywords_ids", "im_msg_audit_mgr/get_cloud_audit_keywords_ids", send((*API).GetCloudAuditKeywordsIDs, KeywordLibrariesRequest{1400187352, 0, 100}),
		`{"SdkAppId":1400187352,"Offset":0,"Limit":100}`, `"RequestId":"r","TotalCount":1,"Infos":[{"ID":"1cd0","LibName":"l","Describe":"d","CreateTime":"2023-01-01 00:00:00","Suggestion":"Block"}]`,
		&KeywordLibrariesAnswer{TotalCount: 1, Infos: []KeywordLibrary{{"1cd0", "l", "d", "2023-01-01 00:00:00", "Block"}}},
	},
	{
		"get_cloud_audit_keywords", "im_msg_audit_mgr/get_cloud_audit_keywords", send((*API).GetCloudAuditKeywords, CloudKeywordsRequest{1400187352, "1cd0", 10, 100, "xyz"}),
		`{"SdkAppId":1400187352,"LibID":"1cd0","Offset":10,"Limit":100,"Content":"xyz"}`, `"RequestId":"r","TotalCount":11,"Infos":[{"ID":"k","Content":"xyz1","CreateTime":"2023-01-01 00:00:00"}]`,
		&CloudKeywordsAnswer{TotalCount: 11, Infos: []CloudKeyword{{"k", "xyz1", "2023-01-01 00:00:00"}}},
	},
	{
		"add_cloud_audit_keywords", "im_msg_audit_mgr/add_cloud_audit_keywords", send((*API).AddCloudAuditKeywords, AddCloudKeywordsRequest{1400187352, "1cd0", []LabelledKeyword{{"xyz1", "Ad"}, {Content: "xyz2"}}}),
		`{"SdkAppId":1400187352,"LibID":"1cd0","UserKeywords":[{"Content":"xyz1","Label":"Ad"},{"Content":"xyz2"}]}`, `"RequestId":"r"`, &Done{},
	},
	{
		"delete_cloud_audit_keywords", "im_msg_audit_mgr/delete_cloud_audit_keywords", send((*API).DeleteCloudAuditKeywords, DeleteCloudKeywordsRequest{1400187352, "1cd0", []string{"xyz1", "xyz2"}}),
		`{"SdkAppId":1400187352,"LibID":"1cd0","Keywords":["xyz1","xyz2"]}`, `"RequestId":"r","Count":0,"Details":[{"KeywordID":"k","Keyword":"xyz1","Deleted":true,"ErrorInfo":""},{"KeywordID":"","Keyword":"xyz2","Deleted":false,"ErrorInfo":"not found"}]`,
		&DeleteCloudKeywordsAnswer{Details: []DeletedKeyword{{"k", "xyz1", 1, ""}, {"", "xyz2", 0, "not found"}}},
	},
	{
		"add_local_audit_keywords", "im_msg_audit_mgr/add_local_audit_keywords", send((*API).AddLocalAuditKeywords, AddLocalKeywordsRequest{1400187352, []LocalKeyword{{"a.*b", WordPattern, WordReplace, "*"}, {"c", WordPlain, WordBlock, ""}}}),
		`{"SdkAppId":1400187352,"LocalAuditWords":[{"Keyword":"a.*b","WordType":2,"FilterType":1,"ReplacedContent":"*"},{"Keyword":"c","WordType":1,"FilterType":2}]}`, `"RequestId":"r"`, &Done{},
	},
	{
		"delete_local_audit_keywords", "im_msg_audit_mgr/delete_local_audit_keywords", send((*API).DeleteLocalAuditKeywords, DeleteLocalKeywordsRequest{1400187352, []LocalKeyword{{Keyword: "c", WordType: WordPlain}}}),
		`{"SdkAppId":1400187352,"LocalAuditWords":[{"Keyword":"c","WordType":1}]}`, `"RequestId":"r"`, &Done{},
	},
	{
		"get_local_audit_keywords", "im_msg_audit_mgr/get_local_audit_keywords", send((*API).GetLocalAuditKeywords, LocalKeywordsRequest{1400187352, WordBlock, 0, 100, "c"}),
		`{"SdkAppId":1400187352,"FilterType":2,"Offset":0,"Limit":100,"Keyword":"c"}`,
		`"RequestId":"r","LocalAuditWords":[{"Id":7,"Keyword":"c","WordType":1,"FilterType":2,"ReplacedContent":"","UpdateTime":"2023-01-01 00:00:00"}],"TotalCount":1,"TotalRegCount":2,"CurCount":3,"CurRegCount":4`,
		&LocalKeywordsAnswer{LocalAuditWords: []LocalKeywordInfo{{"7", "c", 1, 2, "", "2023-01-01 00:00:00"}}, TotalCount: 1, TotalRegCount: 2, CurCount: 3, CurRegCount: 4},
	},
	{
		"content_moderation", "im_msg_audit/content_moderation", send((*API).ContentModeration, ContentModerationRequest{"C2C", "Text", "buy"}),
		`{"AuditName":"C2C","ContentType":"Text","Content":"buy"}`, `"RequestId":"r","Result":"Block","Score":90,"Label":"Ad","Keywords":["buy"]`,
		&ContentModerationAnswer{Result: "Block", Score: 90, Label: "Ad", Keywords: []Str{"buy"}},
	},
	{
		"batch_content_moderation", "im_msg_audit/batch_content_moderation", send((*API).BatchContentModeration, BatchContentModerationRequest{"Group", []CheckedContent{{1, "Text", "buy"}}}),
		`{"AuditName":"Group","Contents":[{"ContentId":1,"ContentType":"Text","Content":"buy"}]}`,
		`"AuditResults":[{"ContentId":1,"ErrorCode":0,"ErrorInfo":"","Result":"Review","Score":50,"Label":"Ad","SubLabel":"s","Keywords":null,"RequestId":"q"}]`,
		&BatchContentModerationAnswer{AuditResults: []AuditResult{{ContentId: 1, Result: "Review", Score: 50, Label: "Ad", SubLabel: "s", RequestId: "q"}}},
	},
	{
		"openim_dirty_words/get", "openim_dirty_words/get", send((*API).DirtyWordsGet, Empty{}), `{}`, `"DirtyWordsList":["韩国代购","发票"]`, &DirtyWordsAnswer{DirtyWordsList: []Str{"韩国代购", "发票"}},
	},
	{
		"openim_dirty_words/add", "openim_dirty_words/add", send((*API).DirtyWordsAdd, DirtyWords{[]string{"发票"}}), `{"DirtyWordsList":["发票"]}`, ``, &Done{},
	},
	{
		"openim_dirty_words/delete", "openim_dirty_words/delete", send((*API).DirtyWordsDelete, DirtyWords{[]string{"发票"}}), `{"DirtyWordsList":["发票"]}`, ``, &Done{},
	},
}
