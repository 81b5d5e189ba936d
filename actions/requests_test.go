package actions

import (
	"slices"
	"strings"
	"testing"
	"time"

	"imdesk/imclient"
)

func TestInvalid(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 1)
	users, hour, why := g.members, Span{For: time.Hour}, because("x")
	long := strings.Repeat("长", 500)
	empty := ""
	for _, c := range []struct {
		name   string
		action Action
		fields []string
	}{
		{"no reason", Mute{Group: g.id, Users: users, Span: hour}, []string{"reason"}},
		{"blank reason", Kick{Common: because("  "), Group: g.id, Users: users}, []string{"reason"}},
		{"reason too long", Kick{Common: because(long), Group: g.id, Users: users}, []string{"reason"}},
		{"note too long", Unmute{Common: Common{Note: strings.Repeat(long, 4)}, Group: g.id, Users: users}, []string{"note"}},
		{"no group, nobody, no length", Mute{Common: why}, []string{"group", "length", "users"}},
		{"two lengths", Mute{Common: why, Group: g.id, Users: users, Span: Span{For: time.Hour, Forever: true}}, []string{"length"}},
		{"a length below zero", Mute{Common: why, Group: g.id, Users: users, Span: Span{For: -time.Hour}}, []string{"length"}},
		{"a length below a second", Mute{Common: why, Group: g.id, Users: users, Span: Span{For: time.Millisecond}}, []string{"length"}},
		{"a length of eleven years", Mute{Common: why, Group: g.id, Users: users, Span: Span{For: 11 * 365 * 24 * time.Hour}}, []string{"length"}},
		{"until the past", Mute{Common: why, Group: g.id, Users: users, Span: Span{Until: r.now().Add(-time.Minute)}}, []string{"until"}},
		{"until far away", Mute{Common: why, Group: g.id, Users: users, Span: Span{Until: r.now().AddDate(20, 0, 0)}}, []string{"until"}},
		{"an empty id", Unmute{Group: g.id, Users: []string{"a", " "}}, []string{"users"}},
		{"an id that is too long", Unmute{Group: g.id, Users: []string{strings.Repeat("x", 33)}}, []string{"users"}},
		{"an id of two lines", Unmute{Group: g.id, Users: []string{"a\nb"}}, []string{"users"}},
		{"role owner", SetRole{Group: g.id, Users: users, Role: imclient.RoleOwner}, []string{"role"}},
		{"name card too long", SetNameCard{Group: g.id, User: users[0], Card: long}, []string{"card"}},
		{"nothing to edit", EditGroup{Group: g.id}, []string{"name"}},
		{"an empty name", EditGroup{Group: g.id, Name: &empty}, []string{"name"}},
		{"all too long", EditGroup{Group: g.id, Name: &long, Intro: &long, Notice: &long, Avatar: &long}, []string{"avatar", "intro", "name", "notice"}},
		{"a join option that is none", EditGroup{Group: g.id, Join: &long}, []string{"join"}},
		{"no notice", Notice{Group: g.id, Text: "\n"}, []string{"text"}},
		{"a global mute of nothing", GlobalMute{Common: why, Users: users}, []string{"where"}},
		{"a global unmute of nothing", GlobalUnmute{Users: users}, []string{"where"}},
		{"no message", Recall{Group: g.id}, []string{"messages"}},
		{"group and direct chat", Recall{Group: g.id, User: "a", Peer: "b", Messages: []MessageRef{{ID: "1"}}}, []string{"group"}},
		{"half a direct chat", Recall{User: "a", Messages: []MessageRef{{ID: "1"}}}, []string{"peer"}},
		{"nobody to import", ImportUsers{}, []string{"users"}},
		{"one twice", ImportUsers{Users: []imclient.NewUser{{ID: "a"}, {ID: "a", Nick: "A"}}}, []string{"users"}},
		{"an import of what does not fit", ImportUsers{Users: []imclient.NewUser{{ID: "a", Nick: long, AvatarURL: "javascript:x"}}}, []string{"avatar", "nick"}},
		{"no reason to delete", DeleteUsers{Users: users}, []string{"reason"}},
		{"nothing to change of a user", EditUser{User: "a"}, []string{"nick"}},
		{"no such field", EditUser{User: "a", Set: map[string]string{"shoe": "44"}}, []string{"nick"}},
		{"a field of the app's own without a name", EditUser{User: "a", Set: map[string]string{UserCustom: "44"}}, []string{"nick"}},
		{"a profile that does not fit", EditUser{User: "", Set: map[string]string{
			UserNick: long, UserAvatar: "ftp://x", UserGender: "other", UserBirthday: "20250230", UserLocation: long, UserSignature: long, UserLanguage: "-1",
			UserLevel: "4294967296", UserRole: "x", UserAllow: "", UserForbidden: "yes", UserCustom + "Vip": long,
		}}, []string{"allow", "avatar", "birthday", "custom.Vip", "forbidden", "gender", "language", "level", "location", "nick", "role", "signature", "user"}},
		{"friends that do not fit", AddFriends{Remark: long, List: long, Wording: long}, []string{"friends", "list", "remark", "user", "wording"}},
		{"no friend to change", EditFriend{User: "a"}, []string{"friend", "remark"}},
		{"lists that cannot be", EditFriend{User: "a", Friend: "b", Lists: &[]string{"x\ny"}}, []string{"lists"}},
		{"too many lists", EditFriend{User: "a", Friend: "b", Lists: &[]string{33: "x"}}, []string{"lists"}},
		{"no friends to end", RemoveFriends{User: "a"}, []string{"friends", "reason"}},
		{"a list without a name", FillFriendList{User: "a"}, []string{"list"}},
		{"a list with too long a name", FillFriendList{User: "a", List: long}, []string{"list"}},
		{"no list to remove", RemoveFriendList{User: "a"}, []string{"list"}},
		{"nobody to block", Block{User: "a"}, []string{"others"}},
		{"nobody to unblock", Unblock{}, []string{"others", "user"}},
		{"no conversation", RemoveContact{Common: why, User: "a"}, []string{"peer"}},
		{"two conversations", RemoveContact{Common: why, User: "a", Group: g.id, Peer: "b"}, []string{"peer"}},
		{"a chat with oneself", ViewDirect{Common: why, User: "a", Peer: "a"}, []string{"peer"}},
		{"a chat of one, without a reason", ViewDirect{User: "a"}, []string{"peer", "reason"}},
		{"ids that are too long", ViewDirect{Common: why, User: strings.Repeat("x", 33), Peer: "\x00"}, []string{"peer", "user"}},
		{"nothing said to nobody", Send{}, []string{"text", "to"}},
		{"somebody else's name without a reason", Send{Group: g.id, From: "a", Text: "x"}, []string{"reason"}},
		{"group and receiver", Send{Group: g.id, To: "a", Text: "x"}, []string{"to"}},
		{"a message too long", Send{Group: g.id, Text: strings.Repeat(long, 9)}, []string{"text"}},
		{"an edit of nothing", EditMessage{}, []string{"message", "peer", "reason", "text", "user"}},
		{"an edit in group and direct chat", EditMessage{Common: why, Where: Where{Group: g.id, User: "a"}, Message: MessageRef{ID: "1"}, Text: "x"}, []string{"group"}},
		{"read by nobody", MarkRead{Peer: "a"}, []string{"user"}},
		{"nothing to hide", Hide{Common: why, User: "a", Peer: "b"}, []string{"messages"}},
		{"no extension", SetExtensions{Where: Where{Group: g.id}, Message: "1"}, []string{"key"}},
		{"an extension twice, and too long", SetExtensions{
			Where: Where{Group: g.id}, Message: "1",
			Set: []imclient.Extension{{Key: "k", Value: long}}, Remove: []imclient.Extension{{Key: "k"}},
		}, []string{"key", "value"}},
		{"clear and set", SetExtensions{Where: Where{Group: g.id}, Message: "1", Clear: true, Set: []imclient.Extension{{Key: "k", Value: "v"}}}, []string{"key"}},
		{"fewer than none unread", SetUnread{Group: g.id, User: "a", N: -1}, []string{"n"}},
		{"no words", AddKeywords{Library: "block"}, []string{"words"}},
		{"words that cannot be", AddKeywords{Words: []string{" ", "x"}, Replacement: long, Label: long}, []string{"label", "library", "replacement", "words"}},
		{"a word too long", RemoveKeywords{Library: "block", Words: []string{long}}, []string{"words"}},
		{"a hundred and one words", AddKeywords{Library: "block", Words: make([]string, 101)}, []string{"words"}},
		{"a file of no hour", ReadHistoryFile{Common: why, Kind: "all"}, []string{"file", "hour", "kind"}},
		{"a file of the future", ReadHistoryFile{Common: why, Kind: imclient.HistoryDirect, Hour: r.now().Add(time.Hour), File: "x"}, []string{"hour"}},
		{"marks that are none", MarkLive{Group: g.id, Users: users, Marks: []string{"star"}}, []string{"marks"}},
		{"eleven marks", MarkLive{Group: g.id, Users: users, Marks: strings.Split("12345678901", "")}, []string{"marks"}},
		{"nothing to say to all rooms", LiveBroadcast{From: long}, []string{"from", "reason", "text"}},
		{"too much to say to all rooms", LiveBroadcast{Common: why, Text: strings.Repeat(long, 8)}, []string{"text"}},
		{"a broadcast that does not fit", Broadcast{
			Title: long, Push: long, Keep: 8 * 24 * time.Hour, AnyTag: []string{"a", "a"}, AllTag: strings.Split("12345678901", ""),
			AnyAttribute: map[string]string{"": ""},
		}, []string{"all_tag", "any_tag", "attributes", "keep", "push", "reason", "text", "title", "to"}},
		{"tags that cannot be", TagUsers{Users: users, Tags: []string{long}}, []string{"tags"}},
		{"no tags", TagUsers{}, []string{"tags", "users"}},
		{"no marks for a room", MarkRoom{Group: g.id}, []string{"marks"}},
		{"a mark for a room that is too long", MarkRoom{Group: g.id, Marks: []string{long}}, []string{"marks"}},
		{"a deletion for nobody", DeleteMessages{Common: because("x"), Group: g.id}, []string{"for", "messages"}},
		{"a deletion for one whom nobody names", DeleteMessages{Common: because("x"), Group: g.id, Messages: []MessageRef{{ID: "1"}}, For: DeleteForUser}, []string{"user"}},
		{"a deletion for all and one", DeleteMessages{Common: because("x"), Group: g.id, Messages: []MessageRef{{ID: "1"}}, For: DeleteForAll, User: "a"}, []string{"user"}},
		{"nothing for groups", SendToGroups{Common: because("x")}, []string{"from", "groups", "text"}},
		{"nothing to note of a block", NoteBlock{User: "a", Other: "b"}, []string{"key"}},
		{"a key of the service's own", NoteBlock{User: "a", Other: "b", Fields: []imclient.Field{{Key: "s:x"}}}, []string{"key"}},
		{"a conversation with a group and a user", MarkContact{Where: Where{User: "a", Peer: "b", Group: g.id}, Marks: map[string]bool{"pinned": true}}, []string{"group"}},
		{"no marks of a conversation", MarkContact{Where: Where{User: "a", Peer: "b"}}, []string{"marks"}},
		{"a token without a reason or an end", MakeToken{User: "a"}, []string{"life", "reason"}},
		{"a token for a year", MakeToken{Common: because("x"), User: "a", Life: 365 * 24 * time.Hour}, []string{"life"}},
		{"key too long", Unmute{Common: Common{Key: long}, Group: g.id, Users: users}, []string{"key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.s.Do(r.Context(), r.actor, r.app, c.action)
			bad := wantError[*Invalid](t, err).Fields
			var got []string
			for name, text := range bad {
				got = append(got, name)
				if !strings.HasPrefix(text.Key, "action.invalid.") || len(text.Args)%2 != 0 {
					t.Errorf("%s: %v is no text", name, text)
				}
			}
			if slices.Sort(got); !slices.Equal(got, c.fields) {
				t.Errorf("got fields %v, want %v", got, c.fields)
			}
		})
	}
	if n, err := r.store.Audit.Count(r.Context()); n != 0 || err != nil {
		t.Errorf("%d audit entries of what was not valid, %v", n, err)
	}
}

func TestForbidden(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", 2)
	one, hour := g.members[:1], Span{For: time.Hour}
	name := "x"
	all := []Action{
		Mute{Common: because("x"), Group: g.id, Users: one, Span: hour},
		Unmute{Group: g.id, Users: one},
		MuteAll{Group: g.id},
		Kick{Common: because("x"), Group: g.id, Users: one},
		Recall{Group: g.id, Messages: []MessageRef{{ID: "1"}}},
		DeleteBySender{Common: because("x"), Group: g.id, Users: one},
		SetRole{Group: g.id, Users: one, Role: imclient.RoleAdmin},
		SetNameCard{Group: g.id, User: one[0]},
		EditGroup{Group: g.id, Name: &name},
		Notice{Group: g.id, Text: "x"},
		GlobalMute{Common: because("x"), Users: one, Direct: &hour},
		GlobalUnmute{Users: one, Direct: true},
		SignOut{Common: because("x"), Users: one},
		Ban{Common: because("x"), Group: g.id, Users: one, Span: hour},
		Unban{Group: g.id, Users: one},
		APICall{Command: "openim_dirty_words/get", Body: "{}"},
		ImportUsers{Users: []imclient.NewUser{{ID: "new"}}},
		EditUser{User: one[0], Set: map[string]string{UserNick: "x"}},
		DeleteUsers{Common: because("x"), Users: one},
		AddFriends{User: one[0], Friends: g.members[1:]},
		EditFriend{User: one[0], Friend: g.members[1], Remark: &name},
		RemoveFriends{Common: because("x"), User: one[0], Friends: g.members[1:]},
		FillFriendList{User: one[0], List: "x"},
		RemoveFriendList{User: one[0], List: "x"},
		Block{User: one[0], Others: g.members[1:]},
		Unblock{User: one[0], Others: g.members[1:]},
		RemoveContact{Common: because("x"), User: one[0], Peer: g.members[1]},
		ViewDirect{Common: because("x"), User: "a", Peer: "b"},
		Send{To: "a", Text: "x"},
		EditMessage{Common: because("x"), Where: Where{User: "a", Peer: "b"}, Message: MessageRef{ID: "1"}, Text: "x"},
		SetExtensions{Where: Where{User: "a", Peer: "b"}, Message: "1", Clear: true},
		MarkRead{User: "a", Peer: "b"},
		Hide{Common: because("x"), User: "a", Peer: "b", Messages: []MessageRef{{ID: "1"}}},
		Send{Group: g.id, Text: "x"},
		EditMessage{Common: because("x"), Where: Where{Group: g.id}, Message: MessageRef{ID: "1"}, Text: "x"},
		SetExtensions{Where: Where{Group: g.id}, Message: "1", Clear: true},
		SetUnread{Group: g.id, User: one[0], N: 1},
		CreateGroup{Type: "Public", Name: "x"},
		ImportGroup{Type: "Public", Name: "x"},
		DismissGroup{Common: because("x"), Group: g.id},
		TransferGroup{Common: because("x"), Group: g.id, Owner: one[0]},
		AddMembers{Group: g.id, Users: one},
		MemberFields{Group: g.id, User: one[0], Fields: []imclient.Field{{Key: "a"}}},
		GroupFields{Group: g.id, Fields: []imclient.Field{{Key: "a"}}},
		SetAttributes{Group: g.id, All: true},
		SetCounters{Group: g.id, Remove: []string{"a"}},
		ClearMessages{Common: because("x"), Group: g.id},
		CreateTopic{Group: g.id, Name: "x"},
		EditTopic{Group: g.id, Topic: "t", Name: &name},
		DeleteTopic{Common: because("x"), Group: g.id, Topic: "t"},
		ReadHistoryFile{Common: because("x"), Kind: imclient.HistoryDirect, Hour: r.now().Add(-2 * time.Hour), File: "x"},
		AddKeywords{Library: "block", Words: []string{"x"}},
		RemoveKeywords{Library: "block", Words: []string{"x"}},
		MarkLive{Group: g.id, Users: one, Marks: []string{"1000"}, On: true},
		LiveBroadcast{Common: because("x"), Text: "x"},
		Broadcast{Common: because("x"), Text: "x"},
		TagUsers{Users: one, Tags: []string{"x"}},
		AllowInRoom{Group: g.id, Users: one},
		MarkRoom{Group: g.id, Marks: []string{"hot"}},
		DeleteMessages{Common: because("x"), Group: g.id, Messages: []MessageRef{{ID: "1"}}, For: DeleteForAll},
		MarkMemberRead{Group: g.id, User: one[0]},
		SendToUsers{Common: because("x"), Users: one, Text: "x"},
		SendToGroups{Common: because("x"), Groups: []string{g.id}, From: one[0], Text: "x"},
		NoteBlock{User: one[0], Other: "b", Fields: []imclient.Field{{Key: "a"}}},
		MarkContact{Where: Where{User: one[0], Peer: "b"}, Marks: map[string]bool{"pinned": true}},
		MakeToken{Common: because("x"), User: one[0], Life: time.Hour},
		Warn{User: one[0], Text: "x"},
		Answer{Warn{User: one[0], Text: "x"}},
		Adopt{User: one[0], Kind: "mute", Group: g.id},
	}
	var covered []Verb
	for _, a := range all {
		covered = append(covered, a.Verb())
		for who, can := range map[string]func(Verb) bool{
			"with no rights": nil, "with all other rights": func(v Verb) bool { return v != a.Verb() },
		} {
			actor := r.actor
			actor.Can = can
			calls := r.im.Calls("")
			_, err := r.s.Do(r.Context(), actor, r.app, a)
			if wantError[*Forbidden](t, err).Verb != a.Verb() {
				t.Errorf("%s %s: %v", a.Verb(), who, err)
			}
			_, err = r.s.Preview(r.Context(), actor, r.app, a)
			wantError[*Forbidden](t, err)
			if r.im.Calls("") != calls {
				t.Errorf("%s %s: the service was called", a.Verb(), who)
			}
		}
	}
	if !slices.Equal(covered, Verbs()) {
		t.Errorf("the test covers %v, want %v", covered, Verbs())
	}
	muted := r.do(all[0])
	actor := r.actor
	actor.Can = func(v Verb) bool { return v != VerbMute }
	_, err := r.s.Undo(r.Context(), actor, r.app, muted.ID)
	wantError[*Forbidden](t, err)
}

func TestNotOffered(t *testing.T) {
	r := newRig(t)
	live, private, public := r.group("AVChatRoom", 1), r.group("Private", 1), r.group("Public", 1)
	hour, join := Span{For: time.Hour}, "FreeAccess"
	for _, a := range []Action{
		Kick{Common: because("x"), Group: live.id, Users: live.members},
		Recall{Group: live.id, Messages: []MessageRef{{ID: "1", Seq: "1"}}},
		DeleteBySender{Common: because("x"), Group: live.id, Users: live.members},
		SetNameCard{Group: live.id, User: live.members[0], Card: "x"},
		Mute{Common: because("x"), Group: private.id, Users: private.members, Span: hour},
		SetRole{Group: private.id, Users: private.members, Role: imclient.RoleAdmin},
		EditGroup{Group: private.id, Join: &join},
		Ban{Common: because("x"), Group: public.id, Users: public.members, Span: hour},
		EditMessage{Common: because("x"), Where: Where{Group: live.id}, Message: MessageRef{ID: "1", Seq: "1"}, Text: "x"},
		SetExtensions{Where: Where{Group: live.id}, Message: "1", Clear: true},
		SetUnread{Group: live.id, User: live.members[0], N: 1},
		AllowInRoom{Group: live.id, Users: live.members, On: true},
		MarkRoom{Group: live.id, Marks: []string{"hot"}, On: true},
		DeleteMessages{Common: because("x"), Group: public.id, Messages: []MessageRef{{ID: "1", Seq: "1"}}, For: DeleteForAll},
		MarkMemberRead{Group: public.id, User: public.members[0]},
		SendToGroups{Common: because("x"), Groups: []string{public.id}, From: public.owner, Text: "x"},
		NoteBlock{User: public.owner, Other: "b", Fields: []imclient.Field{{Key: "a", Value: "b"}}},
	} {
		_, err := r.s.Do(r.Context(), r.actor, r.app, a)
		if key := wantError[*NotOffered](t, err).Key; !strings.HasPrefix(key, "cap.") {
			t.Errorf("%s: %q is no text key", a.Verb(), key)
		}
	}
	if n, err := r.store.Audit.Count(r.Context()); n != 0 || err != nil {
		t.Errorf("%d audit entries of what is not offered, %v", n, err)
	}
	name := "x"
	_, err := r.s.Do(r.Context(), r.actor, r.app, EditGroup{Group: "@TGS#NOSUCH", Name: &name})
	if !isKind(err, imclient.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func TestBulk(t *testing.T) {
	r := newRig(t)
	g := r.group("Public", AtOnce+1)
	mute := Mute{Common: because("x"), Group: g.id, Users: g.members, Span: Span{For: time.Hour}}
	actor := r.actor
	actor.Can = func(v Verb) bool { return v != VerbBulk }
	if _, err := r.s.Preview(r.Context(), actor, r.app, mute); err != nil {
		t.Errorf("preview: %v", err)
	}
	_, err := r.s.Do(r.Context(), actor, r.app, mute)
	if wantError[*Forbidden](t, err).Verb != VerbBulk || r.im.Calls(cmdMute) != 0 {
		t.Errorf("got %v after %d mutes", err, r.im.Calls(cmdMute))
	}
	result := r.do(mute) // by somebody who may
	back, err := r.s.Undo(r.Context(), actor, r.app, result.ID)
	r.ok(err)
	if back.Count(StateApplied) != AtOnce+1 {
		t.Errorf("%d unmuted", back.Count(StateApplied))
	}
	mute.Users = mute.Users[:AtOnce]
	_, err = r.s.Do(r.Context(), actor, r.app, mute)
	r.ok(err)
	_, err = r.s.Do(r.Context(), actor, r.app, Notice{Group: g.id, Text: "x", To: g.members})
	r.ok(err)
}
