package auth

import "testing"

func TestRolesAreOrdered(t *testing.T) {
	roles := Roles()
	for i, r := range roles {
		if !r.Valid() {
			t.Errorf("%s is not valid", r)
		}
		for j, other := range roles {
			if got, want := r.AtLeast(other), i >= j; got != want {
				t.Errorf("%s at least %s: %v", r, other, got)
			}
		}
	}
	for _, none := range []Role{"", "Owner", "admin", "owner "} {
		if none.Valid() || none.AtLeast(Viewer) || none.AtLeast(none) || Owner.AtLeast(none) || none.Can(VerbView) {
			t.Errorf("%q counts as a role", none)
		}
		if !none.Can(VerbPublic) {
			t.Errorf("%q may not see what is public", none)
		}
	}
}

// TestWhoMayDoWhat repeats the ranks of actors in words of its own, so that the table is not changed by accident.
func TestWhoMayDoWhat(t *testing.T) {
	gains := map[Role][]Verb{
		Viewer:  {VerbSelf, VerbFactors, VerbView},
		Support: {VerbDirect, VerbUnmute, VerbNote, VerbKnow, VerbReport, VerbAnswer},
		Moderator: {
			VerbMute, VerbKick, VerbRecall, VerbCases, VerbDeleteBySender, VerbMuteAll, VerbNotice, VerbNameCard,
			VerbEditMessage, VerbReceipts, VerbAddMembers, VerbShareSearch, VerbWarn, VerbAdopt,
		},
		Lead: {
			VerbRules, VerbSanctionWords, VerbBulk, VerbCleanWave, VerbEvidence, VerbHold, VerbFind, VerbExport, VerbProtect, VerbApprove, VerbOverride, VerbTokens, VerbBan, VerbUnban, VerbGlobalMute, VerbGlobalUnmute, VerbDismiss, VerbAudit, VerbSetRole,
			VerbEditGroup, VerbSignOut, VerbSendDirect, VerbEditDirect, VerbDirectExtensions, VerbMarkReadDirect, VerbHideDirect, VerbSend,
			VerbExtensions, VerbSetUnread,
			VerbImportUsers, VerbEditUser, VerbAddFriends, VerbEditFriend, VerbRemoveFriends, VerbFillFriendList, VerbRemoveFriendList,
			VerbBlock, VerbUnblock, VerbRemoveContact,
			VerbFigures, VerbReplay, VerbReadFiles, VerbWords, VerbAddWords, VerbRemoveWords, VerbLiveMark, VerbLiveBroadcast, VerbBroadcast, VerbUserTags,
			VerbAllow, VerbMarkRoom, VerbDeleteMessages, VerbMarkRead, VerbSendUsers, VerbSendGroups, VerbNoteBlock, VerbMarkContact,
			VerbCreateGroup, VerbImportGroup, VerbTransfer, VerbMemberFields, VerbGroupFields, VerbAttributes, VerbCounters, VerbClearMessages,
			VerbCreateTopic, VerbEditTopic, VerbDeleteTopic,
		},
		Owner: {VerbPrivacy, VerbSettings, VerbOperators, VerbAPI, VerbDeleteUsers, VerbMakeToken},
	}
	count := 0
	for i, r := range Roles() {
		for _, v := range gains[r] {
			count++
			if got, ok := Least(v); !ok || got != r {
				t.Errorf("%s: least role %q, want %q", v, got, r)
			}
			for j, other := range Roles() {
				if got, want := other.Can(v), j >= i; got != want {
					t.Errorf("%s may %s: %v", other, v, got)
				}
			}
		}
	}
	if count != len(least) {
		t.Errorf("%d verbs are tested, the table has %d", count, len(least))
	}
	for _, unknown := range []Verb{"", "member.fly", "Member.mute", "undo.member.mute"} {
		if Owner.Can(unknown) {
			t.Errorf("an owner may %q, which nobody knows", unknown)
		}
	}
}
