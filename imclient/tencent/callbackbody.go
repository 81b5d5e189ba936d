package tencent

import (
	"encoding/json"
	"time"

	"imdesk/imclient"
)

// The bodies of callbacks. Source of each: the page of its command in the list of "Webhook Commands" (doc 34355). Times are
// milliseconds where nothing else is said; some pages print them as text, some as a number, and both are read.

// CallbackUser is a user in a list.
type CallbackUser struct {
	MemberAccount Str `json:"Member_Account"`
}

func accounts(list []CallbackUser) []Str {
	out := make([]Str, len(list))
	for i, u := range list {
		out[i] = u.MemberAccount
	}
	return out
}

// StateChange tells that a user signed in or out, or was cut off.
type StateChange struct {
	CallbackCommand Str
	EventTime       Int
	Info            struct {
		Action    Str // Login, Logout, Disconnect
		ToAccount Str `json:"To_Account"`
		Reason    Str // Register, Unregister, LinkClose, TimeOut
	}
	KickedDevice []struct{ Platform Str } // of a login that ended others
}

func (b *StateChange) tells() told { return told{at: b.EventTime}.and(b.Info.ToAccount) }

// PortraitChanged tells that a profile was changed.
type PortraitChanged struct {
	CallbackCommand Str
	EventTime       Int
	OperatorAccount Str `json:"Operator_Account"`
	FromAccount     Str `json:"From_Account"`
	ProfileItem     []struct{ Tag, Value Str }
}

func (b *PortraitChanged) tells() told {
	return told{at: b.EventTime}.and(b.FromAccount, b.OperatorAccount)
}

// FriendAddAsked asks whether a user's device may add friends.
type FriendAddAsked struct {
	CallbackCommand  Str
	EventTime        Int
	RequesterAccount Str `json:"Requester_Account"`
	FromAccount      Str `json:"From_Account"`
	FriendItem       []struct {
		ToAccount                                Str `json:"To_Account"`
		Remark, GroupName, AddSource, AddWording Str
	}
	AddType       Str
	ForceAddFlags Int
}

func (b *FriendAddAsked) tells() told {
	t := told{at: b.EventTime}
	for _, f := range b.FriendItem {
		t = t.and(f.ToAccount)
	}
	return t.and(b.FromAccount, b.RequesterAccount)
}

// FriendResponseAsked asks whether a user may answer requests to be friends.
type FriendResponseAsked struct {
	CallbackCommand    Str
	EventTime          Int
	RequesterAccount   Str `json:"Requester_Account"`
	FromAccount        Str `json:"From_Account"`
	ResponseFriendItem []struct {
		ToAccount       Str `json:"To_Account"`
		Remark, TagName Str
		ResponseAction  Str // Response_Action_AgreeAndAdd, Response_Action_Agree, Response_Action_Reject
	}
}

func (b *FriendResponseAsked) tells() told {
	t := told{at: b.EventTime}
	for _, f := range b.ResponseFriendItem {
		t = t.and(f.ToAccount)
	}
	return t.and(b.FromAccount, b.RequesterAccount)
}

// AccountPair is two users, of whom the first did something to the second.
type AccountPair struct {
	FromAccount      Str `json:"From_Account"`
	ToAccount        Str `json:"To_Account"`
	InitiatorAccount Str `json:"Initiator_Account"` // only of friends that were added
}

func inPairs(pairs []AccountPair) (t told) {
	for _, p := range pairs {
		t = t.and(p.ToAccount, p.FromAccount)
	}
	return t
}

// FriendsAdded tells of new friends.
type FriendsAdded struct {
	CallbackCommand Str
	PairList        []AccountPair
	ClientCmd       Str // friend_add, FriendAdd, friend_response, FriendResponse
	AdminAccount    Str `json:"Admin_Account"`
	ForceFlag       Int
}

func (b *FriendsAdded) tells() told { return inPairs(b.PairList).and(b.AdminAccount) }

// PairsChanged tells of friends that were removed, of users who were blocked or unblocked, and of followers.
type PairsChanged struct {
	CallbackCommand Str
	PairList        []AccountPair
}

func (b *PairsChanged) tells() told { return inPairs(b.PairList) }

// DirectMessage is what callbacks about a message of a direct chat have.
type DirectMessage struct {
	CallbackCommand Str
	EventTime       Int
	FromAccount     Str `json:"From_Account"`
	ToAccount       Str `json:"To_Account"`
	MsgSeq          Int
	MsgRandom       Int
	MsgTime         Int // seconds
	MsgKey          Str
	MsgId           Str
	OnlineOnlyFlag  Int
	MsgBody         json.RawMessage // elements, as in messages
	CloudCustomData Str
}

func (b *DirectMessage) tells() told { return told{at: b.EventTime}.and(b.ToAccount, b.FromAccount) }

// place is where the message stands.
func (b *DirectMessage) place() (directPlace, bool) {
	if p, ok := placeOfKey(string(b.MsgKey)); ok {
		return p, true
	}
	p := directPlace{time: int64(b.MsgTime), seq: int64(b.MsgSeq), random: int64(b.MsgRandom)}
	return p, p.time > 0 && p.seq > 0
}

// says fills in the message and between whom it is. What is for those only who are online now is not kept by the service either.
func (b *DirectMessage) says(e *imclient.Event) {
	p, ok := b.place()
	if !ok || b.FromAccount == "" || b.ToAccount == "" || b.OnlineOnlyFlag != 0 {
		return
	}
	from := string(b.FromAccount)
	e.Peers = [2]string{from, string(b.ToAccount)}
	e.Said = &imclient.Message{
		ID: directID(p.key(), from), Seq: p.String(), From: from, At: time.Unix(p.time, 0).UTC(), Body: decodeBody(b.MsgBody), Custom: string(b.CloudCustomData),
	}
}

// DirectMessageAsked asks whether a user may write to another: nothing is said yet.
type DirectMessageAsked struct{ DirectMessage }

func (b *DirectMessageAsked) says(e *imclient.Event) {
	if b.FromAccount != "" && b.ToAccount != "" {
		e.Peers = [2]string{string(b.FromAccount), string(b.ToAccount)}
		e.Asks, e.Original = notYet(b.FromAccount, b.MsgBody, b.CloudCustomData, e), b.MsgBody
	}
}

// notYet is a message that is not said yet.
func notYet(from Str, body json.RawMessage, custom Str, e *imclient.Event) *imclient.Message {
	return &imclient.Message{From: string(from), At: e.At, Body: decodeBody(body), Custom: string(custom)}
}

// DirectMessageSent tells that a user wrote to another, or that it came to nothing.
type DirectMessageSent struct {
	DirectMessage
	SendMsgResult Int // 0: it was sent
	ErrorInfo     Str
	UnreadMsgNum  Int // of the receiver; -1 if it was not sent
}

func (b *DirectMessageSent) says(e *imclient.Event) {
	if b.SendMsgResult == 0 {
		b.DirectMessage.says(e)
	}
}

// DirectMessageEdited tells of a message that was edited; body and custom data are those after it.
type DirectMessageEdited struct {
	DirectMessage
	OperatorAccount Str `json:"Operator_Account"`
}

func (b *DirectMessageEdited) tells() told { return b.DirectMessage.tells().and(b.OperatorAccount) }

func (b *DirectMessageEdited) says(e *imclient.Event) {
	b.DirectMessage.says(e)
	e.Edited = e.Said != nil
}

// DirectMessagesRead tells that a user has read what another wrote.
type DirectMessagesRead struct {
	CallbackCommand Str
	EventTime       Int
	ReportAccount   Str `json:"Report_Account"`
	PeerAccount     Str `json:"Peer_Account"`
	LastReadTime    Int // seconds
	UnreadMsgNum    Int
}

func (b *DirectMessagesRead) tells() told {
	return told{at: b.EventTime}.and(b.PeerAccount, b.ReportAccount)
}

// DirectMessageRecalled tells of a message that was recalled.
type DirectMessageRecalled struct {
	CallbackCommand Str
	EventTime       Int
	FromAccount     Str `json:"From_Account"`
	ToAccount       Str `json:"To_Account"`
	MsgKey          Str
	UnreadMsgNum    Int // of the receiver
}

func (b *DirectMessageRecalled) tells() told {
	return told{at: b.EventTime}.and(b.ToAccount, b.FromAccount)
}

// says fills in what was taken back.
func (b *DirectMessageRecalled) says(e *imclient.Event) {
	if p, ok := placeOfKey(string(b.MsgKey)); ok && b.FromAccount != "" && b.ToAccount != "" {
		e.Peers = [2]string{string(b.FromAccount), string(b.ToAccount)}
		e.Recalls = []string{directID(p.key(), string(b.FromAccount))}
	}
}

// GroupEvent is what nearly all callbacks about a group have.
type GroupEvent struct {
	CallbackCommand Str
	EventTime       Int
	GroupId         Str
	Type            Str
	OperatorAccount Str `json:"Operator_Account"`
}

func (b *GroupEvent) tells() told {
	return told{at: b.EventTime, group: b.GroupId}.and(b.OperatorAccount)
}

// with has those whom it is about before who did it.
func (b *GroupEvent) with(users ...Str) told {
	return told{at: b.EventTime, group: b.GroupId}.and(users...).and(b.OperatorAccount)
}

// GroupCreateAsked asks whether a group may be made.
type GroupCreateAsked struct {
	GroupEvent
	OwnerAccount    Str `json:"Owner_Account"`
	Name            Str
	CreateGroupNum  Int // groups of the type that the user has made before
	CreatedGroupNum Int // the same, in newer pages
	InviteOption    Str
	MemberList      []CallbackUser
}

func (b *GroupCreateAsked) tells() told {
	return b.with(accounts(b.MemberList)...).and(b.OwnerAccount)
}

// CallbackField is a field of the app's own.
type CallbackField struct{ Key, Value Str }

// GroupCreated tells of a new group.
type GroupCreated struct {
	GroupEvent
	OwnerAccount        Str `json:"Owner_Account"`
	Name                Str
	MemberList          []CallbackUser
	UserDefinedDataList []CallbackField
}

func (b *GroupCreated) tells() told { return b.with(accounts(b.MemberList)...).and(b.OwnerAccount) }

// JoinAsked asks whether a user may ask to join.
type JoinAsked struct {
	GroupEvent
	RequestorAccount Str `json:"Requestor_Account"`
}

func (b *JoinAsked) tells() told { return b.with(b.RequestorAccount) }

// InviteAsked asks whether users may be added.
type InviteAsked struct {
	GroupEvent
	DestinationMembers []CallbackUser
}

func (b *InviteAsked) tells() told { return b.with(accounts(b.DestinationMembers)...) }

// MembersJoined tells of new members.
type MembersJoined struct {
	GroupEvent
	JoinType      Str // Apply, Invited
	NewMemberList []CallbackUser
}

func (b *MembersJoined) tells() told { return b.with(accounts(b.NewMemberList)...) }

// says fills in who added them.
func (b *MembersJoined) says(e *imclient.Event) { e.By = string(b.OperatorAccount) }

// MembersLeft tells of members who left or were removed.
type MembersLeft struct {
	GroupEvent
	ExitType       Str // Kicked, Quit
	ExitMemberList []CallbackUser
}

func (b *MembersLeft) tells() told { return b.with(accounts(b.ExitMemberList)...) }

// says fills in whether they were removed, and by whom.
func (b *MembersLeft) says(e *imclient.Event) {
	e.By, e.Removed = string(b.OperatorAccount), b.ExitType == "Kicked"
}

// GroupMessage asks whether a user may say something in a group. It has no place in the group yet.
type GroupMessage struct {
	GroupEvent
	FromAccount     Str `json:"From_Account"`
	Random          Int
	OnlineOnlyFlag  Int
	MsgBody         json.RawMessage // elements, as in messages
	CloudCustomData Str
	TopicId         Str
}

func (b *GroupMessage) tells() told { return b.with(b.FromAccount) }

// GroupMessageAsked asks whether a user may say something in a group: nothing is said yet.
type GroupMessageAsked struct{ GroupMessage }

func (b *GroupMessageAsked) says(e *imclient.Event) {
	if b.TopicId != "" {
		e.Group = string(b.TopicId)
	}
	if b.FromAccount != "" && e.Group != "" {
		e.Type = imclient.GroupType(b.Type)
		e.Asks, e.Original = notYet(b.FromAccount, b.MsgBody, b.CloudCustomData, e), b.MsgBody
	}
}

// GroupMessageSent tells of a message.
type GroupMessageSent struct {
	GroupMessage
	MsgSeq      Int
	MsgTime     Int // seconds
	GroupAtInfo []struct {
		GroupAtAllFlag Int
		GroupAtAccount Str `json:"GroupAt_Account"`
	}
}

// says fills in the message. A topic has messages and positions of its own. What is for those only who are online now has no place.
func (b *GroupMessageSent) says(e *imclient.Event) {
	if b.OnlineOnlyFlag != 0 || b.MsgSeq <= 0 {
		return
	}
	if b.TopicId != "" {
		e.Group = string(b.TopicId)
	}
	m := toMessage(GroupMsg{FromAccount: b.FromAccount, MsgSeq: b.MsgSeq, MsgTimeStamp: b.MsgTime, MsgBody: b.MsgBody, CloudCustomData: b.CloudCustomData})
	if m.At.IsZero() {
		m.At = e.At
	}
	e.Said, e.Type, e.Mentions = &m, imclient.GroupType(b.Type), len(b.GroupAtInfo)
}

// says fills in what was taken back.
func (b *GroupMessagesRecalled) says(e *imclient.Event) {
	if b.TopicId != "" {
		e.Group = string(b.TopicId)
	}
	for _, m := range b.MsgSeqList {
		e.Recalls = append(e.Recalls, itoa(m.MsgSeq))
	}
}

// GroupMessageFailed tells of a message that was not sent.
type GroupMessageFailed struct {
	GroupMessage
	ErrorCode Int
	ErrorInfo Str
}

// GroupMessagesRecalled tells of messages that were recalled.
type GroupMessagesRecalled struct {
	GroupEvent
	MsgSeqList []struct{ MsgSeq Int }
	TopicId    Str
}

// GroupFull tells that a group takes no more members.
type GroupFull struct{ GroupEvent }

// GroupDestroyed tells that a group was dismissed. Communities have no MemberList.
type GroupDestroyed struct {
	GroupEvent
	OwnerAccount Str `json:"Owner_Account"`
	Name         Str
	MemberList   []CallbackUser
}

func (b *GroupDestroyed) tells() told { return b.with(accounts(b.MemberList)...).and(b.OwnerAccount) }

// GroupChanged tells what of a group, or of a topic, is new. What is nil stayed.
type GroupChanged struct {
	GroupEvent
	TopicId      Str
	Name         *Str
	Introduction *Str
	Notification *Str
	FaceUrl      *Str
}

// MemberChanged tells of a member's role or name in the group. The pages have two names for who it is.
type MemberChanged struct {
	GroupEvent
	MemberAccount   Str `json:"Member_Account"`
	ModifiedAccount Str `json:"Modified_Account"`
	Role            Str
	NameCard        *Str
}

func (b *MemberChanged) tells() told { return b.with(b.MemberAccount, b.ModifiedAccount) }

// GroupAttributesChanged tells of a group's attributes.
type GroupAttributesChanged struct {
	GroupEvent
	OptionType Str // set, modify, clear, delete
	GroupAttr  []struct {
		Key   Str `json:"key"`
		Value Str `json:"value"`
	}
}

// GroupMessagesRead tells who has read messages that ask for it.
type GroupMessagesRead struct {
	GroupEvent
	GroupMsgReceiptList []struct {
		MsgSeq, ReadNum, UnreadNum Int
		ReadReceiptMembers         []CallbackUser
	}
}

func (b *GroupMessagesRead) tells() told {
	t := b.GroupEvent.tells()
	for _, r := range b.GroupMsgReceiptList {
		t = t.and(accounts(r.ReadReceiptMembers)...)
	}
	return t
}

// GroupOwnerChanged tells that a group has another owner.
type GroupOwnerChanged struct {
	GroupEvent
	OldOwnerAccount Str `json:"OldOwner_Account"`
	NewOwnerAccount Str `json:"NewOwner_Account"`
}

func (b *GroupOwnerChanged) tells() told { return b.with(b.NewOwnerAccount, b.OldOwnerAccount) }

// LiveMembersChanged tells who of a live room came or went.
type LiveMembersChanged struct {
	GroupEvent
	EventType  Str // Offline, Online
	EventCause Str // HeartbeatInterrupt, HeartbeatRecover, Join, Quit
	MemberList []CallbackUser
}

func (b *LiveMembersChanged) tells() told { return b.with(accounts(b.MemberList)...) }

// TopicCreateAsked asks whether a topic may be made.
type TopicCreateAsked struct {
	GroupEvent
	Name Str
}

// TopicCreated tells of a new topic.
type TopicCreated struct {
	GroupEvent
	TopicId             Str
	OwnerAccount        Str `json:"Owner_Account"`
	Name                Str
	UserDefinedDataList []CallbackField
}

func (b *TopicCreated) tells() told { return b.with(b.OwnerAccount) }

// TopicsDestroyed tells of topics that were deleted.
type TopicsDestroyed struct {
	GroupEvent
	TopicIdList []Str
}

// GroupQuotaAlarm tells that the day's new groups come near their limit.
type GroupQuotaAlarm struct {
	CallbackCommand Str
	EventTime       Int
	QuotaUsed       Int
	Quota           Int
}

func (b *GroupQuotaAlarm) tells() told { return told{at: b.EventTime} }

// RequestOverLimit tells that a command of the REST API is called too often.
type RequestOverLimit struct {
	CallbackCommand Str
	ServiceName     Str
	Command         Str
	Request         Int // a second, as observed
	Limit           Int
}

// PushResults tells what became of pushes. Source: docs 67551 and 67552.
type PushResults struct {
	CallbackCommand Str
	Events          []PushResult
}

// PushResult is one push to one user. Its times are seconds.
type PushResult struct {
	CallbackCommand Str
	EventType       Int
	EventTime       Int
	TaskId          Str
	TaskTime        Int
	FromAccount     Str `json:"From_Account"`
	ToAccount       Str `json:"To_Account"`
	GroupID         Str
	MsgKey          Str
	MsgSeq          Int
	MsgRandom       Int
	PushPlatform    Int
	PushStage       Int // 1 sent, 2 arrived, 3 clicked
	ErrCode         Int
	ErrInfo         Str
}

func (b *PushResults) tells() (t told) {
	for _, e := range b.Events {
		t.at, t.group = max(t.at, e.EventTime*1000), e.GroupID
		t = t.and(e.ToAccount, e.FromAccount)
	}
	return t
}

// ModerationResult tells what the service's moderation found. Its body has no CallbackCommand.
type ModerationResult struct {
	Scene       Str // C2C, C2CCustom, Group, GroupCustom, GroupInfo, GroupMemberInfo, RelationChain, UserInfo
	SdkAppId    Int
	FromAccount Str `json:"From_Account"`
	ContactItem struct {
		ContactType Int // 1: direct, 2: group
		ToAccount   Str `json:"To_Account"`
		ToGroupId   Str
	}
	ContentType       Str // Text, Image, Audio, Video
	TextContent       []Str
	FileURL           Str
	MsgID             Str // MsgKey or MsgSeq; "" in a group: it was blocked before it got one
	CtxcbResult       Int // 1: it was blocked
	CtxcbSuggestion   Str // Block, Review, Normal
	CtxcbLabel        Str
	CtxcbSubLabel     Str
	CtxcbSubLabelDesc Str
	CtxcbKeywords     []Str
	CtxcbLibName      Str
	CtxcbRequestId    Str
	CloudCustomData   Str
}

func (b *ModerationResult) tells() told {
	return told{group: b.ContactItem.ToGroupId}.and(b.ContactItem.ToAccount, b.FromAccount)
}
