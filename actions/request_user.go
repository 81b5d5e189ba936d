package actions

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imdesk/imclient"
)

// ImportUsers makes accounts. Those that there are already stay as they are.
type ImportUsers struct {
	Common
	Users []imclient.NewUser `json:"users"`
}

// Verb is VerbImportUsers.
func (ImportUsers) Verb() Verb { return VerbImportUsers }

func (a ImportUsers) check(f *fields) {
	f.users(a.ids())
	for _, u := range a.Users {
		f.size("nick", u.Nick, f.limits.Nick)
		f.size("avatar", u.AvatarURL, maxProfileText)
		f.link("avatar", u.AvatarURL)
	}
	if len(distinct(a.ids())) < len(a.Users) {
		f.add("users", "action.invalid.twice")
	}
}

func (a ImportUsers) ids() []string {
	ids := make([]string, len(a.Users))
	for i, u := range a.Users {
		ids[i] = u.ID
	}
	return ids
}

func (a ImportUsers) work() work { return &importWork{users: a.Users, ids: a.ids()} }

// DeleteUsers removes accounts with their profiles and relations for good. It cannot be undone.
type DeleteUsers struct {
	Common
	Users []string `json:"users"`
}

// Verb is VerbDeleteUsers.
func (DeleteUsers) Verb() Verb { return VerbDeleteUsers }

func (a DeleteUsers) check(f *fields) { f.users(a.Users) }

func (a DeleteUsers) work() work { return &deleteUsersWork{users: distinct(a.Users)} }

// The fields of a profile that can be changed: names of form fields, and the ids of the items of EditUser. A field of the
// app's own is UserCustom and its name.
const (
	UserNick      = "nick"
	UserAvatar    = "avatar"
	UserGender    = "gender"   // "female", "male" or ""
	UserBirthday  = "birthday" // YYYYMMDD or ""
	UserLocation  = "location"
	UserSignature = "signature"
	UserLanguage  = "language"  // a number or ""
	UserLevel     = "level"     // a number or ""
	UserRole      = "role"      // a number or ""
	UserAllow     = "allow"     // the service's word
	UserForbidden = "forbidden" // TextOn: may not send friend requests
	UserCustom    = "custom."
)

// UserFields are the fields of every profile, in the order in which they are shown.
func UserFields() []string {
	return []string{
		UserNick, UserAvatar, UserGender, UserBirthday, UserLocation, UserSignature, UserLanguage, UserLevel, UserRole, UserAllow, UserForbidden,
	}
}

// EditUser changes a profile. Fields that are not in Set stay, and so do those that are as wanted already.
type EditUser struct {
	Common
	User string            `json:"user"`
	Set  map[string]string `json:"set"`
	// Seen is what the form showed before it was changed, by field. A field that is neither so nor as wanted any more was
	// changed by somebody else meanwhile, and the form comes back. nil: not checked.
	Seen map[string]string `json:"-"`
}

// Verb is VerbEditUser.
func (EditUser) Verb() Verb { return VerbEditUser }

// maxProfileText bounds the address of a picture and a value of the app's own, in bytes.
//
// Source: Tencent Cloud Chat REST API, "Profile management" (doc 33520).
const maxProfileText = 500

func (a EditUser) check(f *fields) {
	f.user(a.User)
	if len(a.Set) == 0 {
		f.add(UserNick, "action.invalid.no_change")
	}
	limits := map[string]int{
		UserNick: f.limits.Nick, UserAvatar: maxProfileText, UserLocation: f.limits.Location, UserSignature: f.limits.Signature, UserAllow: maxProfileText,
	}
	for field, text := range a.Set {
		name, custom := strings.CutPrefix(field, UserCustom)
		switch {
		case custom && name == "" || !custom && !slices.Contains(UserFields(), field):
			f.add(UserNick, "action.invalid.field", "field", field)
		case custom:
			f.size(field, text, maxProfileText)
		case field == UserGender && text != "" && text != "female" && text != "male":
			f.add(field, "action.invalid.choice")
		case field == UserForbidden && text != TextOn && text != TextOff:
			f.add(field, "action.invalid.choice")
		case field == UserAllow && text == "":
			f.add(field, "action.invalid.choice")
		case field == UserBirthday && text != "" && !isDay(text):
			f.add(field, "action.invalid.day")
		case field == UserLanguage || field == UserLevel || field == UserRole:
			f.number(field, text)
		default:
			f.size(field, text, limits[field])
		}
		if !utf8.ValidString(text) {
			f.add(field, "action.invalid.control")
		}
	}
	f.link(UserAvatar, a.Set[UserAvatar])
}

func isDay(s string) bool {
	_, err := time.Parse("20060102", s)
	return err == nil
}

func (a EditUser) work() work { return &editUserWork{user: a.User, want: a.Set, seen: a.Seen} }

// AddFriends makes others friends of a user. Those who want to be asked are asked, unless Force is set.
type AddFriends struct {
	Common
	User    string   `json:"user"`
	Friends []string `json:"friends"`
	OneWay  bool     `json:"one_way,omitempty"` // on the user's list alone
	Force   bool     `json:"force,omitempty"`
	Remark  string   `json:"remark,omitempty"`  // what the user calls them
	List    string   `json:"list,omitempty"`    // of the user's, to put them into; "" = none
	Wording string   `json:"wording,omitempty"` // what they are told
}

// Verb is VerbAddFriends.
func (AddFriends) Verb() Verb { return VerbAddFriends }

func (a AddFriends) check(f *fields) {
	f.user(a.User)
	f.list("friends", a.Friends, f.limits.UserID, true)
	f.size("remark", a.Remark, f.limits.FriendRemark)
	f.size("list", a.List, f.limits.FriendList)
	f.size("wording", a.Wording, f.limits.FriendWording)
}

func (a AddFriends) work() work {
	return &friendWork{
		user: a.User, others: distinct(a.Friends), oneWay: a.OneWay, force: a.Force,
		note: imclient.NewFriend{Remark: a.Remark, List: a.List, Wording: a.Wording},
	}
}

// RemoveFriends ends friendships of a user.
type RemoveFriends struct {
	Common
	User    string   `json:"user"`
	Friends []string `json:"friends"`
	OneWay  bool     `json:"one_way,omitempty"` // on the user's list alone
}

// Verb is VerbRemoveFriends.
func (RemoveFriends) Verb() Verb { return VerbRemoveFriends }

func (a RemoveFriends) check(f *fields) {
	f.user(a.User)
	f.list("friends", a.Friends, f.limits.UserID, true)
}

func (a RemoveFriends) work() work {
	return &friendWork{user: a.User, others: distinct(a.Friends), oneWay: a.OneWay, remove: true}
}

// What a user has noted of a friend: the ids of the items of EditFriend.
const (
	FriendRemark = "remark"
	FriendLists  = "lists" // names, one a line
)

// EditFriend changes what a user has noted of a friend; nil stays.
type EditFriend struct {
	Common
	User   string    `json:"user"`
	Friend string    `json:"friend"`
	Remark *string   `json:"remark,omitempty"`
	Lists  *[]string `json:"lists,omitempty"` // all lists that the friend is to be in
	// Seen is as EditUser's.
	Seen map[string]string `json:"-"`
}

// Verb is VerbEditFriend.
func (EditFriend) Verb() Verb { return VerbEditFriend }

func (a EditFriend) check(f *fields) {
	f.user(a.User)
	f.list("friend", []string{a.Friend}, f.limits.UserID, true)
	if a.Remark == nil && a.Lists == nil {
		f.add(FriendRemark, "action.invalid.no_change")
	}
	if a.Remark != nil {
		f.size(FriendRemark, *a.Remark, f.limits.FriendRemark)
	}
	if a.Lists != nil {
		f.lists(FriendLists, *a.Lists)
	}
}

func (a EditFriend) work() work {
	want := map[string]string{}
	if a.Remark != nil {
		want[FriendRemark] = *a.Remark
	}
	if a.Lists != nil {
		want[FriendLists] = listsText(*a.Lists)
	}
	return &editFriendWork{user: a.User, friend: a.Friend, want: want, seen: a.Seen}
}

// FillFriendList puts friends of a user into one of his lists, which is made if there is none. Nobody makes an empty list.
type FillFriendList struct {
	Common
	User    string   `json:"user"`
	List    string   `json:"list"`
	Friends []string `json:"friends,omitempty"`
}

// Verb is VerbFillFriendList.
func (FillFriendList) Verb() Verb { return VerbFillFriendList }

func (a FillFriendList) check(f *fields) {
	f.user(a.User)
	f.lists("list", []string{a.List})
	f.list("friends", a.Friends, f.limits.UserID, false)
}

func (a FillFriendList) work() work {
	if len(a.Friends) == 0 {
		return &friendListWork{user: a.User, list: a.List, want: TextThere}
	}
	return &listedWork{user: a.User, list: a.List, friends: distinct(a.Friends), want: TextListed}
}

// RemoveFriendList removes a list of a user. Those in it stay friends.
type RemoveFriendList struct {
	Common
	User string `json:"user"`
	List string `json:"list"`
}

// Verb is VerbRemoveFriendList.
func (RemoveFriendList) Verb() Verb { return VerbRemoveFriendList }

func (a RemoveFriendList) check(f *fields) {
	f.user(a.User)
	f.required("list", a.List)
}

func (a RemoveFriendList) work() work {
	return &friendListWork{user: a.User, list: a.List, want: TextMissing}
}

// Block puts others on a user's block list. Where the service ends friendships with that, an undo brings them back.
type Block struct {
	Common
	User   string   `json:"user"`
	Others []string `json:"others"`
}

// Verb is VerbBlock.
func (Block) Verb() Verb { return VerbBlock }

func (a Block) check(f *fields) {
	f.user(a.User)
	f.list("others", a.Others, f.limits.UserID, true)
}

func (a Block) work() work {
	return &blockWork{user: a.User, others: distinct(a.Others), want: TextBlocked}
}

// Unblock takes others off a user's block list.
type Unblock struct {
	Common
	User   string   `json:"user"`
	Others []string `json:"others"`
}

// Verb is VerbUnblock.
func (Unblock) Verb() Verb { return VerbUnblock }

func (a Unblock) check(f *fields) {
	f.user(a.User)
	f.list("others", a.Others, f.limits.UserID, true)
}

func (a Unblock) work() work {
	return &blockWork{user: a.User, others: distinct(a.Others), want: TextUnblocked}
}

// RemoveContact takes a conversation off a user's list of conversations. It cannot be undone: it comes back by itself with
// the next message.
type RemoveContact struct {
	Common
	User  string `json:"user"`
	Group string `json:"group,omitempty"` // of a direct chat: Peer
	Peer  string `json:"peer,omitempty"`
	Clear bool   `json:"clear,omitempty"` // its messages go, too, for this user alone
}

// Verb is VerbRemoveContact.
func (RemoveContact) Verb() Verb { return VerbRemoveContact }

func (a RemoveContact) check(f *fields) {
	f.user(a.User)
	switch {
	case (a.Group == "") == (a.Peer == ""):
		f.add("peer", "action.invalid.chat")
	case a.Group != "":
		f.group(a.Group)
	default:
		f.list("peer", []string{a.Peer}, f.limits.UserID, true)
	}
}

func (a RemoveContact) work() work {
	return &contactWork{chat: imclient.Conversation{User: a.User, Group: a.Group, Peer: a.Peer}, clear: a.Clear}
}

func (f *fields) user(id string) { f.list("user", []string{id}, f.limits.UserID, true) }

// link checks an address of a picture: none, or one of the web.
func (f *fields) link(name, address string) {
	if address != "" && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		f.add(name, "action.invalid.link")
	}
}

// number checks a number of 32 bits; nothing is none.
func (f *fields) number(name, text string) {
	if _, err := strconv.ParseUint(text, 10, 32); text != "" && err != nil {
		f.add(name, "action.invalid.number")
	}
}

// lists checks names of lists of friends.
func (f *fields) lists(name string, list []string) {
	if f.limits.FriendLists > 0 && len(list) > f.limits.FriendLists {
		f.add(name, "action.invalid.too_many", "n", len(list), "limit", f.limits.FriendLists)
	}
	for _, l := range list {
		f.required(name, l)
		f.size(name, l, f.limits.FriendList)
		if strings.ContainsAny(l, "\r\n") {
			f.add(name, "action.invalid.control")
		}
	}
}
