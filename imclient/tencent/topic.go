package tencent

import "context"

var (
	createTopic  = command[CreateTopicRequest, CreateTopicAnswer](topicSvc, "create_topic", writes, rateDefault, "49468")
	getTopic     = command[GetTopicRequest, GetTopicAnswer](topicSvc, "get_topic", reads, rateDefault, "49469")
	modifyTopic  = command[ModifyTopicRequest, Done](topicSvc, "modify_topic", writes, rateDefault, "49470")
	destroyTopic = command[DestroyTopicRequest, DestroyTopicAnswer](topicSvc, "destroy_topic", writes, rateDefault, "49471")
	importTopic  = command[ImportTopicRequest, CreateTopicAnswer](groupSvc, "import_topic", writes, rateDefault, "53448")
)

// topicSvc is the service of the topics of a community.
const topicSvc = "million_group_open_http_svc"

// Caps of the topic commands.
const (
	maxTopics      = 200  // of a community
	maxTopicID     = 96   // bytes
	maxTopicCustom = 3000 // bytes
	maxTopicDelete = 50   // destroy_topic: its page has no figure; this is ours
)

// CreateTopicRequest is a topic to make. TopicId may be left to the service. The caps of the texts are those of a group.
type CreateTopicRequest struct {
	GroupId      string
	TopicId      string `json:",omitempty"` // GroupId@TOPIC#_PART
	TopicName    string // 30 bytes
	FromAccount  string `json:"From_Account,omitempty"`
	CustomString string `json:",omitempty"` // 3000 bytes
	FaceUrl      string `json:",omitempty"`
	Notification string `json:",omitempty"`
	Introduction string `json:",omitempty"`
}

// CreateTopicAnswer has the new topic's id.
type CreateTopicAnswer struct {
	Envelope
	TopicId Str
}

// CreateTopic makes a topic in a community with topics. Codes: 10002 to 10004, 10006, 10007, 10008, 10010, 10015, 10016
// (refused by the app's webhook), 10021 (id taken), 10025, 10036 to 10037, 11000 (feature off), 80001, 80005.
//
// Source: Tencent Cloud Chat REST API, create_topic (doc 49468).
func (a *API) CreateTopic(ctx context.Context, q *CreateTopicRequest) (*CreateTopicAnswer, error) {
	return call(ctx, a, createTopic, q)
}

// GetTopicRequest asks for topics of a community as From_Account sees them: the named ones, or all.
type GetTopicRequest struct {
	GroupId        string
	FromAccount    string   `json:"From_Account"`
	TopicIdList    []string `json:",omitempty"`
	ResponseFilter []string `json:",omitempty"`
}

// GetTopicAnswer has an element for each topic. Its own code says nothing; each element has one.
type GetTopicAnswer struct {
	Envelope
	TopicAndSelfInfo []TopicAndSelf
}

func (r *GetTopicAnswer) hasItems() bool { return len(r.TopicAndSelfInfo) > 0 }

// TopicAndSelf is a topic and From_Account's part in it.
type TopicAndSelf struct {
	ErrorCode Int
	ErrorInfo Str
	TopicInfo TopicInfo
	SelfInfo  SelfInfo
}

// TopicInfo is what the service knows of a topic.
type TopicInfo struct {
	TopicId       Str
	GroupID       Str // spelled so here
	TopicName     Str
	FaceUrl       Str
	Notification  Str
	Introduction  Str
	CustomString  Str
	CreateTime    Int
	LastMsgTime   Int
	NextMsgSeq    Int
	MuteAllMember Str // On, Off
	ShutUpAllFlag Str // its name in older answers
}

// Muted is MuteAllMember under whichever name it came.
func (t TopicInfo) Muted() Str {
	if t.MuteAllMember != "" {
		return t.MuteAllMember
	}
	switch t.ShutUpAllFlag {
	case "1":
		return "On"
	case "0":
		return "Off"
	}
	return t.ShutUpAllFlag
}

// GetTopic reads topics. Codes: 10002 to 10004, 10007, 10008, 10010, 10015, 11000, 110003 (already deleted).
//
// Source: Tencent Cloud Chat REST API, get_topic (doc 49469).
func (a *API) GetTopic(ctx context.Context, q *GetTopicRequest) (*GetTopicAnswer, error) {
	return call(ctx, a, getTopic, q)
}

// ModifyTopicRequest names what to change of a topic; what is nil stays.
type ModifyTopicRequest struct {
	GroupId       string
	TopicId       string
	TopicName     *string `json:",omitempty"`
	FromAccount   string  `json:"From_Account,omitempty"`
	CustomString  *string `json:",omitempty"`
	FaceUrl       *string `json:",omitempty"`
	Notification  *string `json:",omitempty"`
	Introduction  *string `json:",omitempty"`
	MuteAllMember string  `json:",omitempty"` // On, Off
}

// ModifyTopic changes a topic. Codes: 10002 to 10004, 10007, 10008, 10010, 10015, 11000, 80001, 80005, 110003.
//
// Source: Tencent Cloud Chat REST API, modify_topic (doc 49470).
func (a *API) ModifyTopic(ctx context.Context, q *ModifyTopicRequest) (*Done, error) {
	return call(ctx, a, modifyTopic, q)
}

// DestroyTopicRequest names topics of a community.
type DestroyTopicRequest struct {
	GroupId     string
	TopicIdList []string
}

// DestroyTopicAnswer says for each topic how it went.
type DestroyTopicAnswer struct {
	Envelope
	DestroyResultItem []DestroyedTopic
}

// DestroyedTopic is one topic's result: 110002 (failed), 110003 (already deleted).
type DestroyedTopic struct {
	TopicId   Str
	ErrorCode Int
	ErrorInfo Str
}

// DestroyTopic deletes topics. It cannot be undone. Codes: 10002 to 10004, 10007, 10008, 10010, 10015, 11000.
//
// Source: Tencent Cloud Chat REST API, destroy_topic (doc 49471).
func (a *API) DestroyTopic(ctx context.Context, q *DestroyTopicRequest) (*DestroyTopicAnswer, error) {
	return call(ctx, a, destroyTopic, q)
}

// ImportTopicRequest is a topic to make with its past.
type ImportTopicRequest struct {
	Type         string `json:",omitempty"` // Community
	GroupId      string
	TopicId      string `json:",omitempty"`
	TopicName    string
	FromAccount  string `json:"From_Account,omitempty"`
	CustomString string `json:",omitempty"`
	FaceUrl      string `json:",omitempty"`
	Notification string `json:",omitempty"`
	Introduction string `json:",omitempty"`
	CreateTime   int64  `json:",omitempty"` // 0 = now
}

// ImportTopic makes a topic that nobody is told of. Codes as CreateTopic.
//
// Source: Tencent Cloud Chat REST API, import_topic (doc 53448).
func (a *API) ImportTopic(ctx context.Context, q *ImportTopicRequest) (*CreateTopicAnswer, error) {
	return call(ctx, a, importTopic, q)
}
