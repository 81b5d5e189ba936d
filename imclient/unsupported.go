package imclient

import (
	"context"
	"io"
	"iter"
	"time"
)

// Complete fills in the areas that a vendor's client has left nil, with ones whose every method answers ErrUnsupported.
func (c *Client) Complete() {
	fill[Live](&c.Live, noLive{c.Vendor})
	fill[Import](&c.Import, noImport{c.Vendor})
	fill[Friends](&c.Friends, noFriends{c.Vendor})
	fill[Blocks](&c.Blocks, noBlocks{c.Vendor})
	fill[Contacts](&c.Contacts, noContacts{c.Vendor})
	fill[Extensions](&c.Extensions, noExtensions{c.Vendor})
	fill[Attributes](&c.Attributes, noAttributes{c.Vendor})
	fill[Counters](&c.Counters, noCounters{c.Vendor})
	fill[Topics](&c.Topics, noTopics{c.Vendor})
	fill[Operations](&c.Operations, noOperations{c.Vendor})
	fill[HistoryFiles](&c.HistoryFiles, noHistoryFiles{c.Vendor})
	fill[Keywords](&c.Keywords, noKeywords{c.Vendor})
	fill[Broadcasts](&c.Broadcasts, noBroadcasts{c.Vendor})
	fill[Rooms](&c.Rooms, noRooms{c.Vendor})
	fill[Attendance](&c.Attendance, noAttendance{c.Vendor})
	fill[Mass](&c.Mass, noMass{c.Vendor})
	fill[Tokens](&c.Tokens, noTokens{c.Vendor})
	fill[Walk](&c.Walk, noWalk{c.Vendor})
	fill[Chats](&c.Chats, noChats{c.Vendor})
}

// fill sets an area that is nil.
func fill[A comparable](area *A, with A) {
	if *area == *new(A) {
		*area = with
	}
}

type noChats struct{ v Vendor }

func (n noChats) Peers(context.Context, string) ([2]string, error) {
	return [2]string{}, Unsupported("chats.peers", n.v)
}

type noLive struct{ v Vendor }

func (n noLive) OnlineCount(context.Context, string) (int, error) {
	return 0, Unsupported("live.online_count", n.v)
}

func (n noLive) Banned(context.Context, string, string, int) (Page[Mute], error) {
	return Page[Mute]{}, Unsupported("live.banned", n.v)
}

func (n noLive) Ban(context.Context, string, []string, time.Duration, string) ([]Refused, error) {
	return nil, Unsupported("live.ban", n.v)
}

func (n noLive) Unban(context.Context, string, []string) ([]Refused, error) {
	return nil, Unsupported("live.unban", n.v)
}

func (n noLive) Mark(context.Context, string, []string, []string, bool) ([]Refused, error) {
	return nil, Unsupported("live.mark", n.v)
}

func (n noLive) Broadcast(context.Context, Draft) (Sent, error) {
	return Sent{}, Unsupported("live.broadcast", n.v)
}

type noImport struct{ v Vendor }

func (n noImport) Users(context.Context, []string) ([]Refused, error) {
	return nil, Unsupported("import.users", n.v)
}

func (n noImport) SetNick(context.Context, string, string) error {
	return Unsupported("import.set_nick", n.v)
}

func (n noImport) Group(context.Context, ImportGroup) (string, error) {
	return "", Unsupported("import.group", n.v)
}

func (n noImport) Members(context.Context, string, []ImportMember) ([]Refused, error) {
	return nil, Unsupported("import.members", n.v)
}

func (n noImport) Messages(context.Context, string, []ImportMessage) ([]Refused, error) {
	return nil, Unsupported("import.messages", n.v)
}

type noFriends struct{ v Vendor }

func (n noFriends) List(context.Context, string, string) (Page[Friend], error) {
	return Page[Friend]{}, Unsupported("friends.list", n.v)
}

func (n noFriends) Get(context.Context, string, []string) ([]Friend, error) {
	return nil, Unsupported("friends.get", n.v)
}

func (n noFriends) Check(context.Context, string, []string) ([]Relation, []Refused, error) {
	return nil, nil, Unsupported("friends.check", n.v)
}

func (n noFriends) Add(context.Context, string, []NewFriend, AddFriends) ([]string, []Refused, error) {
	return nil, nil, Unsupported("friends.add", n.v)
}

func (n noFriends) Change(context.Context, string, string, FriendChange) error {
	return Unsupported("friends.change", n.v)
}

func (n noFriends) Remove(context.Context, string, []string, bool) ([]Refused, error) {
	return nil, Unsupported("friends.remove", n.v)
}

func (n noFriends) RemoveAll(context.Context, string, bool) error {
	return Unsupported("friends.remove_all", n.v)
}

func (n noFriends) Lists(context.Context, string) ([]FriendList, error) {
	return nil, Unsupported("friends.lists", n.v)
}

func (n noFriends) AddList(context.Context, string, string, []string) ([]Refused, error) {
	return nil, Unsupported("friends.add_list", n.v)
}

func (n noFriends) RemoveList(context.Context, string, string) error {
	return Unsupported("friends.remove_list", n.v)
}

type noBlocks struct{ v Vendor }

func (n noBlocks) List(context.Context, string, string, int) (Page[Block], error) {
	return Page[Block]{}, Unsupported("blocks.list", n.v)
}

func (n noBlocks) Check(context.Context, string, []string) ([]Relation, []Refused, error) {
	return nil, nil, Unsupported("blocks.check", n.v)
}

func (n noBlocks) Add(context.Context, string, []string) ([]Refused, error) {
	return nil, Unsupported("blocks.add", n.v)
}

func (n noBlocks) Remove(context.Context, string, []string) ([]Refused, error) {
	return nil, Unsupported("blocks.remove", n.v)
}

func (n noBlocks) Note(context.Context, string, string, []Field) error {
	return Unsupported("blocks.note", n.v)
}

type noContacts struct{ v Vendor }

func (n noContacts) List(context.Context, ContactListOptions) (Page[Contact], error) {
	return Page[Contact]{}, Unsupported("contacts.list", n.v)
}

func (n noContacts) Unread(context.Context, string) (int, error) {
	return 0, Unsupported("contacts.unread", n.v)
}

func (n noContacts) UnreadFrom(context.Context, Conversation) (int, error) {
	return 0, Unsupported("contacts.unread_from", n.v)
}

func (n noContacts) Remove(context.Context, Conversation, bool) error {
	return Unsupported("contacts.remove", n.v)
}

func (n noContacts) Marks(context.Context, string, []Conversation) ([]ContactMarks, error) {
	return nil, Unsupported("contacts.marks", n.v)
}

func (n noContacts) Mark(context.Context, string, []ContactChange) ([]Refused, error) {
	return nil, Unsupported("contacts.mark", n.v)
}

func (n noContacts) Folders(context.Context, string) ([]ContactFolder, error) {
	return nil, Unsupported("contacts.folders", n.v)
}

func (n noContacts) AddFolder(context.Context, string, string, []Conversation) ([]Refused, error) {
	return nil, Unsupported("contacts.add_folder", n.v)
}

func (n noContacts) RenameFolder(context.Context, string, string, string) error {
	return Unsupported("contacts.rename_folder", n.v)
}

func (n noContacts) ChangeFolder(context.Context, string, string, []Conversation, []Conversation) ([]Refused, error) {
	return nil, Unsupported("contacts.change_folder", n.v)
}

func (n noContacts) RemoveFolder(context.Context, string, string) error {
	return Unsupported("contacts.remove_folder", n.v)
}

type noExtensions struct{ v Vendor }

func (n noExtensions) List(context.Context, Conversation, string) ([]Extension, error) {
	return nil, Unsupported("extensions.list", n.v)
}

func (n noExtensions) Set(context.Context, Conversation, string, []Extension) ([]ExtensionRefused, error) {
	return nil, Unsupported("extensions.set", n.v)
}

func (n noExtensions) Remove(context.Context, Conversation, string, []Extension) ([]ExtensionRefused, error) {
	return nil, Unsupported("extensions.remove", n.v)
}

func (n noExtensions) Clear(context.Context, Conversation, string) error {
	return Unsupported("extensions.clear", n.v)
}

type noAttributes struct{ v Vendor }

func (n noAttributes) List(context.Context, string) ([]Field, error) {
	return nil, Unsupported("attributes.list", n.v)
}

func (n noAttributes) Set(context.Context, string, []Field) error {
	return Unsupported("attributes.set", n.v)
}

func (n noAttributes) Replace(context.Context, string, []Field) error {
	return Unsupported("attributes.replace", n.v)
}

func (n noAttributes) Remove(context.Context, string, []string) error {
	return Unsupported("attributes.remove", n.v)
}

func (n noAttributes) Clear(context.Context, string) error {
	return Unsupported("attributes.clear", n.v)
}

type noCounters struct{ v Vendor }

func (n noCounters) List(context.Context, string, ...string) ([]Counter, error) {
	return nil, Unsupported("counters.list", n.v)
}

func (n noCounters) Set(context.Context, string, []Counter) ([]Counter, error) {
	return nil, Unsupported("counters.set", n.v)
}

func (n noCounters) Add(context.Context, string, []Counter) ([]Counter, error) {
	return nil, Unsupported("counters.add", n.v)
}

func (n noCounters) Remove(context.Context, string, ...string) error {
	return Unsupported("counters.remove", n.v)
}

type noTopics struct{ v Vendor }

func (n noTopics) List(context.Context, string) ([]Topic, error) {
	return nil, Unsupported("topics.list", n.v)
}

func (n noTopics) Get(context.Context, string) (Topic, error) {
	return Topic{}, Unsupported("topics.get", n.v)
}

func (n noTopics) Create(context.Context, NewTopic) (string, error) {
	return "", Unsupported("topics.create", n.v)
}

func (n noTopics) Change(context.Context, string, TopicChange) error {
	return Unsupported("topics.change", n.v)
}

func (n noTopics) Delete(context.Context, string, []string) ([]Refused, error) {
	return nil, Unsupported("topics.delete", n.v)
}

type noOperations struct{ v Vendor }

func (n noOperations) Days(context.Context, ...Metric) ([]Day, error) {
	return nil, Unsupported("operations.days", n.v)
}

type noHistoryFiles struct{ v Vendor }

func (n noHistoryFiles) List(context.Context, HistoryKind, time.Time) ([]HistoryFile, error) {
	return nil, Unsupported("history_files.list", n.v)
}

func (n noHistoryFiles) Download(context.Context, HistoryFile, io.Writer) error {
	return Unsupported("history_files.download", n.v)
}

func (n noHistoryFiles) Messages(context.Context, HistoryFile) iter.Seq2[FiledMessage, error] {
	return func(yield func(FiledMessage, error) bool) {
		yield(FiledMessage{}, Unsupported("history_files.messages", n.v))
	}
}

type noKeywords struct{ v Vendor }

func (n noKeywords) Libraries(context.Context, string, int) (Page[KeywordLibrary], error) {
	return Page[KeywordLibrary]{}, Unsupported("keywords.libraries", n.v)
}

func (n noKeywords) List(context.Context, string, string, string, int) (Page[Keyword], error) {
	return Page[Keyword]{}, Unsupported("keywords.list", n.v)
}

func (n noKeywords) Add(context.Context, string, []NewKeyword) ([]Refused, error) {
	return nil, Unsupported("keywords.add", n.v)
}

func (n noKeywords) Remove(context.Context, string, []string) ([]Refused, error) {
	return nil, Unsupported("keywords.remove", n.v)
}

type noBroadcasts struct{ v Vendor }

func (n noBroadcasts) Send(context.Context, Broadcast) (string, error) {
	return "", Unsupported("broadcasts.send", n.v)
}

func (n noBroadcasts) Tags(context.Context, []string) ([]UserTags, error) {
	return nil, Unsupported("broadcasts.tags", n.v)
}

func (n noBroadcasts) AddTags(context.Context, []string, []string) ([]Refused, error) {
	return nil, Unsupported("broadcasts.add_tags", n.v)
}

func (n noBroadcasts) RemoveTags(context.Context, []string, []string) ([]Refused, error) {
	return nil, Unsupported("broadcasts.remove_tags", n.v)
}

func (n noBroadcasts) ClearTags(context.Context, []string) ([]Refused, error) {
	return nil, Unsupported("broadcasts.clear_tags", n.v)
}

func (n noBroadcasts) AttributeNames(context.Context) ([]string, error) {
	return nil, Unsupported("broadcasts.attribute_names", n.v)
}

func (n noBroadcasts) SetAttributeNames(context.Context, []string) error {
	return Unsupported("broadcasts.set_attribute_names", n.v)
}

func (n noBroadcasts) Attributes(context.Context, []string) ([]UserAttributes, error) {
	return nil, Unsupported("broadcasts.attributes", n.v)
}

func (n noBroadcasts) SetAttributes(context.Context, []string, map[string]string) ([]Refused, error) {
	return nil, Unsupported("broadcasts.set_attributes", n.v)
}

func (n noBroadcasts) RemoveAttributes(context.Context, []string, []string) ([]Refused, error) {
	return nil, Unsupported("broadcasts.remove_attributes", n.v)
}

type noRooms struct{ v Vendor }

func (n noRooms) Allowed(context.Context, string, string, int) (Page[Allowed], error) {
	return Page[Allowed]{}, Unsupported("rooms.allowed", n.v)
}

func (n noRooms) Allow(context.Context, string, []string) ([]Refused, error) {
	return nil, Unsupported("rooms.allow", n.v)
}

func (n noRooms) Disallow(context.Context, string, []string) ([]Refused, error) {
	return nil, Unsupported("rooms.disallow", n.v)
}

func (n noRooms) Marks(context.Context, string) ([]string, error) {
	return nil, Unsupported("rooms.marks", n.v)
}

func (n noRooms) Mark(context.Context, string, []string, bool) error {
	return Unsupported("rooms.mark", n.v)
}

type noAttendance struct{ v Vendor }

func (n noAttendance) Inside(context.Context, string, []string) ([]Attendant, error) {
	return nil, Unsupported("attendance.inside", n.v)
}

func (n noAttendance) Count(context.Context, string) (int, error) {
	return 0, Unsupported("attendance.count", n.v)
}

func (n noAttendance) Reading(context.Context, string) ([]ReadPosition, error) {
	return nil, Unsupported("attendance.reading", n.v)
}

type noMass struct{ v Vendor }

func (n noMass) ToUsers(context.Context, []string, Draft) ([]Refused, error) {
	return nil, Unsupported("mass.to_users", n.v)
}

func (n noMass) ToGroups(context.Context, []string, Draft) ([]Refused, error) {
	return nil, Unsupported("mass.to_groups", n.v)
}

type noTokens struct{ v Vendor }

func (n noTokens) Make(context.Context, string, time.Time) (string, error) {
	return "", Unsupported("tokens.make", n.v)
}
