package actions

import (
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/emulator"
	"imdesk/imclient"
)

const (
	cmdImport        = "im_open_login_svc/multiaccount_import"
	cmdAccountDelete = "im_open_login_svc/account_delete"
	cmdProfileSet    = "profile/portrait_set"
	cmdFriendAdd     = "sns/friend_add"
	cmdFriendDelete  = "sns/friend_delete"
	cmdFriendUpdate  = "sns/friend_update"
	cmdBlockAdd      = "sns/black_list_add"
)

// user reads a profile as the service has it now.
func (r *rig) user(id string) imclient.User {
	r.Helper()
	u, err := r.app.IM.Users.Get(imclient.Fresh(r.Context()), id)
	r.ok(err)
	return u
}

// relation asserts how two users stand to each other.
func (r *rig) relation(user, other, want string) {
	r.Helper()
	list, refused, err := r.app.IM.Friends.Check(imclient.Fresh(r.Context()), user, []string{other})
	r.ok(err)
	if len(list) != 1 || len(refused) > 0 {
		r.Fatalf("%s and %s: %v %v", user, other, list, refused)
	}
	if got := relationText(list[0]); got != want {
		r.Errorf("%s and %s are %s, want %s", user, other, got, want)
	}
}

// friend reads what a user has noted of a friend.
func (r *rig) friend(user, friend string) imclient.Friend {
	r.Helper()
	list, err := r.app.IM.Friends.Get(imclient.Fresh(r.Context()), user, []string{friend})
	r.ok(err)
	if len(list) != 1 {
		r.Fatalf("%s is no friend of %s", friend, user)
	}
	return list[0]
}

func (r *rig) blocks(user, other string, want bool) {
	r.Helper()
	list, _, err := r.app.IM.Blocks.Check(imclient.Fresh(r.Context()), user, []string{other})
	r.ok(err)
	if len(list) != 1 || list[0].Has != want {
		r.Errorf("%s blocks %s: %v, want %v", user, other, list, want)
	}
}

// lets sets how a user takes wishes to be friends.
func (r *rig) lets(user, allow string) {
	r.Helper()
	r.do(EditUser{User: user, Set: map[string]string{UserAllow: "AllowType_Type_" + allow}})
}

func TestImportUsers(t *testing.T) {
	r := newRig(t)
	old := r.users(1)[0]
	result := r.do(ImportUsers{Users: []imclient.NewUser{{ID: "n1", Nick: "新人", AvatarURL: "https://x.example/1.png"}, {ID: old, Nick: "other"}, {ID: "n2"}}})
	r.states(result, StateApplied, StateSkipped, StateApplied)
	if result.Items[1].Skip != SkipAccount || result.UndoText != UndoImpossible {
		t.Errorf("got %+v", result)
	}
	if u := r.user("n1"); u.Nick != "新人" || u.AvatarURL != "https://x.example/1.png" {
		t.Errorf("made %+v", u)
	}
	if u := r.user(old); u.Nick != "" {
		t.Errorf("who was there is now called %q", u.Nick)
	}
	// The service fails those that it does not name a reason for.
	r.fault(emulator.Fault{Command: cmdImport, ErrorCode: 70398})
	result = r.do(ImportUsers{Users: []imclient.NewUser{{ID: "n3"}}})
	r.states(result, StateRefused)
	if result.Items[0].VendorCode != "70398" || result.Items[0].Reason != "action.refused.quota" {
		t.Errorf("got %+v", result.Items[0])
	}
}

func TestDeleteUsers(t *testing.T) {
	r := newRig(t)
	u := r.users(2)
	result := r.do(DeleteUsers{Common: because("asked for it"), Users: []string{u[0], "nobody", administrator}})
	r.states(result, StateApplied, StateSkipped, StateSkipped)
	if result.Items[1].Skip != SkipNoUser || result.Items[2].Skip != SkipAdministrator || result.UndoText != UndoImpossible || !result.Items[0].Verified {
		t.Errorf("got %+v", result.Items)
	}
	if _, err := r.app.IM.Users.Get(imclient.Fresh(r.Context()), u[0]); !isKind(err, imclient.ErrNotFound) {
		t.Errorf("after it was deleted: %v", err)
	}
	r.fault(emulator.Fault{Command: cmdAccountDelete, ErrorCode: 71000})
	r.states(r.do(DeleteUsers{Common: because("x"), Users: u[1:]}), StateRefused)
	r.user(u[1])
}

func TestEditUser(t *testing.T) {
	r := newRig(t)
	u := r.users(1)[0]
	set := map[string]string{
		UserNick: "小雨🌧️", UserAvatar: "https://x.example/a.png", UserGender: "female", UserBirthday: "20010203", UserLocation: "海港",
		UserSignature: "one\ntwo", UserLanguage: "2", UserLevel: "7", UserRole: "4294967295", UserAllow: "AllowType_Type_DenyAny", UserForbidden: TextOn,
	}
	result := r.do(EditUser{User: u, Set: set})
	if result.Count(StateApplied) != len(set) {
		t.Fatalf("got %+v", result.Items)
	}
	now := r.user(u)
	for field, want := range set {
		if got := UserField(now, field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	r.states(r.do(EditUser{User: u, Set: map[string]string{UserNick: "小雨🌧️", UserLevel: "8"}}), StateSkipped, StateApplied)

	// Taken back, all is as it was; but for what somebody changed since.
	back := r.undo(result.ID)
	if back.Count(StateApplied) != len(set)-2 || back.Count(StateSkipped) != 2 { // nobody unsets how wishes are taken
		t.Errorf("undo: %+v", back.Items)
	}
	now = r.user(u)
	if now.Nick != "" || now.Gender != "" || now.Birthday != "" || now.Forbidden || now.Level != "8" {
		t.Errorf("taken back it is %+v", now)
	}

	_, err := r.s.Do(r.Context(), r.actor, r.app, EditUser{User: u, Set: map[string]string{UserNick: "mine"}, Seen: map[string]string{UserNick: "as I saw it"}})
	if bad := wantError[*Invalid](t, err); bad.Fields[UserNick].Key != "action.invalid.changed" {
		t.Errorf("got %v", bad)
	}
	_, err = r.s.Do(r.Context(), r.actor, r.app, EditUser{User: "nobody", Set: set})
	if !isKind(err, imclient.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	r.fault(emulator.Fault{Command: cmdProfileSet, ErrorCode: 40601})
	r.states(r.do(EditUser{User: u, Set: map[string]string{UserNick: "x"}}), StateRefused)
}

func TestAddFriends(t *testing.T) {
	r := newRig(t)
	u := r.users(6)
	me, open, asks, refuses, blocks, half := u[0], u[1], u[2], u[3], u[4], u[5]
	r.lets(open, "AllowAny")
	r.lets(asks, "NeedConfirm")
	r.lets(refuses, "DenyAny")
	r.lets(half, "AllowAny")
	r.do(Block{User: blocks, Others: []string{me}})
	r.do(AddFriends{User: half, Friends: []string{me}, OneWay: true, Force: true})
	r.relation(me, half, TextHad)

	result := r.do(AddFriends{User: me, Friends: []string{open, asks, refuses, blocks, half, me, "nobody"}, Remark: "同事", List: "Work", Wording: "hi"})
	r.states(result, StateApplied, StateApplied, StateRefused, StateRefused, StateApplied, StateSkipped, StateSkipped)
	if i := result.Items[1]; i.Reason != ResultAsked || i.After.Text != TextAsked {
		t.Errorf("who is asked: %+v", i)
	}
	if result.Items[2].VendorCode != "30516" || result.Items[3].VendorCode != "30525" || result.Items[5].Skip != SkipSelf || result.Items[6].Skip != SkipNoUser {
		t.Errorf("got %+v", result.Items)
	}
	r.relation(me, open, TextFriends)
	r.relation(me, asks, TextStrangers)
	r.relation(me, half, TextFriends)
	if f := r.friend(me, open); f.Remark != "同事" || !slices.Equal(f.Lists, []string{"Work"}) || f.Wording != "hi" {
		t.Errorf("noted %+v", f)
	}
	// Taken back, each stands to him as before.
	back := r.undo(result.ID)
	if back.Count(StateApplied) != 2 {
		t.Errorf("undo: %+v", back.Items)
	}
	r.relation(me, open, TextStrangers)
	r.relation(me, half, TextHad)

	r.states(r.do(AddFriends{User: me, Friends: []string{asks, refuses}, Force: true}), StateApplied, StateApplied)
	r.relation(me, asks, TextFriends)
	r.relation(me, refuses, TextFriends)
	r.states(r.do(AddFriends{User: me, Friends: []string{asks, open}, OneWay: true}), StateSkipped, StateApplied)
	r.relation(me, open, TextHas)
}

func TestRemoveFriends(t *testing.T) {
	r := newRig(t)
	u := r.users(4)
	me := u[0]
	r.do(AddFriends{User: me, Friends: u[1:3], Force: true})
	r.do(AddFriends{User: me, Friends: u[3:], Force: true, OneWay: true})
	remark := "老板"
	r.do(FillFriendList{User: me, List: "A"})
	r.do(EditFriend{User: me, Friend: u[1], Remark: &remark, Lists: &[]string{"B", "A"}})

	one := r.do(RemoveFriends{Common: because("x"), User: me, Friends: []string{u[2], me}, OneWay: true})
	r.states(one, StateApplied, StateSkipped)
	r.relation(me, u[2], TextHad)
	r.states(r.undo(one.ID), StateApplied)
	r.relation(me, u[2], TextFriends)

	all := r.do(RemoveFriends{Common: because("x"), User: me, Friends: append(u[1:], "nobody")})
	r.states(all, StateApplied, StateApplied, StateApplied, StateSkipped)
	for _, id := range u[1:] {
		r.relation(me, id, TextStrangers)
	}
	r.states(r.do(RemoveFriends{Common: because("x"), User: me, Friends: u[1:2]}), StateSkipped)
	r.states(r.undo(all.ID), StateApplied, StateApplied, StateApplied)
	r.relation(me, u[1], TextFriends)
	r.relation(me, u[3], TextHas)
	if f := r.friend(me, u[1]); f.Remark != remark || listsText(f.Lists) != "A\nB" {
		t.Errorf("given back with %+v", f)
	}
	r.fault(emulator.Fault{Command: cmdFriendDelete, Status: 502})
	r.states(r.do(RemoveFriends{Common: because("x"), User: me, Friends: u[1:2]}), StateNotApplied)
}

func TestEditFriend(t *testing.T) {
	r := newRig(t)
	u := r.users(3)
	r.do(AddFriends{User: u[0], Friends: u[1:2], Force: true, Remark: "old"})
	remark, none := "new", ""
	result := r.do(EditFriend{User: u[0], Friend: u[1], Remark: &remark, Lists: &[]string{"Work", "家人"}, Seen: map[string]string{FriendRemark: "old", FriendLists: ""}})
	r.states(result, StateApplied, StateApplied)
	if f := r.friend(u[0], u[1]); f.Remark != "new" || listsText(f.Lists) != listsText([]string{"家人", "Work"}) {
		t.Errorf("noted %+v", f)
	}
	r.states(r.do(EditFriend{User: u[0], Friend: u[1], Remark: &remark}), StateSkipped)
	r.states(r.undo(result.ID), StateApplied, StateApplied)
	if f := r.friend(u[0], u[1]); f.Remark != "old" || len(f.Lists) > 0 {
		t.Errorf("taken back it is %+v", f)
	}
	r.states(r.do(EditFriend{User: u[0], Friend: u[1], Remark: &none}), StateApplied)
	if i := r.do(EditFriend{User: u[0], Friend: u[2], Remark: &remark}).Items[0]; i.Skip != SkipNotFriend {
		t.Errorf("of no friend: %+v", i)
	}
	_, err := r.s.Do(r.Context(), r.actor, r.app, EditFriend{User: u[0], Friend: u[1], Remark: &remark, Seen: map[string]string{FriendRemark: "old"}})
	wantError[*Invalid](t, err)
	r.fault(emulator.Fault{Command: cmdFriendUpdate, ErrorCode: 30008})
	if r.do(EditFriend{User: u[0], Friend: u[1], Remark: &remark}).Count(StateApplied) != 0 {
		t.Error("what the service refused counts as done")
	}
}

func TestFriendLists(t *testing.T) {
	r := newRig(t)
	u := r.users(4)
	me := u[0]
	r.do(AddFriends{User: me, Friends: u[1:3], Force: true})
	made := r.do(FillFriendList{User: me, List: "乐队"})
	r.states(made, StateApplied)
	r.states(r.do(FillFriendList{User: me, List: "乐队"}), StateSkipped)
	filled := r.do(FillFriendList{User: me, List: "乐队", Friends: u[1:]})
	r.states(filled, StateApplied, StateApplied, StateSkipped)
	members := func() []string {
		lists, err := r.app.IM.Friends.Lists(imclient.Fresh(r.Context()), me)
		r.ok(err)
		for _, l := range lists {
			if l.Name == "乐队" {
				slices.Sort(l.Friends)
				return append([]string{}, l.Friends...)
			}
		}
		return nil
	}
	if got := members(); !slices.Equal(got, u[1:3]) {
		t.Errorf("in the list: %v", got)
	}
	r.states(r.undo(filled.ID), StateApplied, StateApplied)
	if got := members(); got == nil || len(got) > 0 {
		t.Errorf("taken back: %v", got)
	}
	r.do(FillFriendList{User: me, List: "乐队", Friends: u[1:2]})
	gone := r.do(RemoveFriendList{User: me, List: "乐队"})
	r.states(gone, StateApplied)
	r.states(r.do(RemoveFriendList{User: me, List: "乐队"}), StateSkipped)
	r.relation(me, u[1], TextFriends)
	r.states(r.undo(gone.ID), StateApplied)
	if got := members(); !slices.Equal(got, u[1:2]) {
		t.Errorf("put back with %v", got)
	}
	empty := r.do(FillFriendList{User: me, List: "x"})
	r.states(r.undo(empty.ID), StateApplied)
}

func TestBlock(t *testing.T) {
	r := newRig(t)
	u := r.users(5)
	me := u[0]
	r.do(AddFriends{User: me, Friends: u[1:2], Force: true, Remark: "室友", List: "A"})
	r.do(AddFriends{User: u[2], Friends: []string{me}, Force: true, OneWay: true})
	block := Block{User: me, Others: []string{u[1], u[2], u[3], me, "nobody"}}
	preview, err := r.s.Preview(r.Context(), r.actor, r.app, block)
	r.ok(err)
	for i, want := range []string{EffectFriendBlocked, EffectFriendBlocked, EffectBlocked} {
		if got := preview.Items[i].Effect; got != want {
			t.Errorf("item %d: %s, want %s", i, got, want)
		}
	}
	result := r.do(block)
	r.states(result, StateApplied, StateApplied, StateApplied, StateSkipped, StateSkipped)
	r.blocks(me, u[1], true)
	r.relation(me, u[1], TextStrangers)
	if i := r.do(Block{User: me, Others: u[1:2]}).Items[0]; i.Skip != SkipSame {
		t.Errorf("blocked again: %+v", i)
	}
	// Taken back, friends are friends again, with what was noted.
	r.states(r.undo(result.ID), StateApplied, StateApplied, StateApplied)
	r.blocks(me, u[3], false)
	r.relation(me, u[1], TextFriends)
	r.relation(me, u[2], TextHad)
	if f := r.friend(me, u[1]); f.Remark != "室友" || !slices.Equal(f.Lists, []string{"A"}) {
		t.Errorf("given back with %+v", f)
	}

	r.do(Block{User: me, Others: u[4:]})
	lifted := r.do(Unblock{User: me, Others: u[3:]})
	r.states(lifted, StateSkipped, StateApplied)
	r.blocks(me, u[4], false)
	r.states(r.undo(lifted.ID), StateApplied)
	r.blocks(me, u[4], true)
	r.fault(emulator.Fault{Command: cmdBlockAdd, DropAfter: true}) // nobody hears that it was done
	r.states(r.do(Block{User: me, Others: u[3:4]}), StateApplied)
}

func TestRemoveContact(t *testing.T) {
	r := newRig(t)
	u := r.users(3)
	for _, peer := range u[1:] {
		_, err := r.app.IM.Messages.Send(r.Context(), imclient.Conversation{User: peer, Peer: u[0]}, imclient.Draft{From: peer, Body: []imclient.Element{imclient.Text{Text: "hi"}}})
		r.ok(err)
		r.ahead.Add(int64(time.Second))
	}
	listed := func() (peers []string) {
		page, err := r.app.IM.Contacts.List(imclient.Fresh(r.Context()), imclient.ContactListOptions{User: u[0]})
		r.ok(err)
		for _, c := range page.Items {
			peers = append(peers, c.Conversation.Peer)
		}
		return peers
	}
	result := r.do(RemoveContact{Common: because("x"), User: u[0], Peer: u[1]})
	r.states(result, StateApplied)
	if result.UndoText != UndoImpossible || !result.Items[0].Verified || !slices.Equal(listed(), u[2:]) {
		t.Errorf("left are %v: %+v", listed(), result)
	}
	if i := r.do(RemoveContact{Common: because("x"), User: u[0], Peer: u[1]}).Items[0]; i.Skip != SkipNoContact {
		t.Errorf("again: %+v", i)
	}
	r.states(r.do(RemoveContact{Common: because("x"), User: u[0], Peer: u[2], Clear: true}), StateApplied)
	page, err := r.app.IM.Messages.History(imclient.Fresh(r.Context()), imclient.HistoryOptions{Conversation: imclient.Conversation{User: u[0], Peer: u[2]}})
	r.ok(err)
	if len(page.Messages) > 0 {
		t.Errorf("cleared, it has %d messages", len(page.Messages))
	}
}

// What does not fit is cut: first what an undo would give back besides, so that the entry is taken.
func TestFriendsOfALargeEntry(t *testing.T) {
	d := &friendWork{user: "me", remove: true, was: map[string]friendBefore{}}
	p := &plan{}
	for n := range MaxTargets {
		id := strings.Repeat("x", 28) + string(rune('a'+n%26)) + string(rune('a'+n/26))
		d.others = append(d.others, id)
		d.was[id] = friendBefore{Remark: strings.Repeat("长", 32), Lists: []string{strings.Repeat("列", 10)}}
		p.items = append(p.items, Item{ID: id, Before: known(TextFriends), Want: known(TextStrangers)})
	}
	if b := detailJSON(p, d, order{}, nil); len(b) == 0 || !strings.Contains(string(b), `"cut":true`) && len(b) > 1<<20 {
		t.Errorf("%d bytes", len(b))
	}
}
