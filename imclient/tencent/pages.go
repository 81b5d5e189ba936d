package tencent

import (
	"context"
	"iter"
)

// pages calls a command again and again, each time with what next made of the request before and its answer, until next
// reports the end. What an answer is followed by differs from command to command; a request that was sent before ends it
// in any case, since its answer would be the same for ever.
func pages[Q, R any](ctx context.Context, q Q, get func(*API, context.Context, *Q) (*R, error), a *API, next func(q *Q, r *R) bool) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		seen := map[string]bool{}
		for q := q; ; {
			key, err := encode(&q)
			if err != nil || seen[string(key)] {
				return
			}
			seen[string(key)] = true
			r, err := get(a, ctx, &q)
			if !yield(r, err) || err != nil || !next(&q, r) {
				return
			}
		}
	}
}

// AppidGroupListPages walks the app's groups: Next 0 is the end.
func (a *API) AppidGroupListPages(ctx context.Context, q GetAppidGroupListRequest) iter.Seq2[*GetAppidGroupListAnswer, error] {
	return pages(ctx, q, (*API).GetAppidGroupList, a, func(q *GetAppidGroupListRequest, r *GetAppidGroupListAnswer) bool {
		q.Next = r.Next
		return r.Next != ""
	})
}

// JoinedGroupListPages walks a user's groups by Offset, Limit of them at a time, up to TotalCount.
func (a *API) JoinedGroupListPages(ctx context.Context, q GetJoinedGroupListRequest) iter.Seq2[*GetJoinedGroupListAnswer, error] {
	if q.Limit == 0 {
		q.Limit = maxJoinedList
	}
	return pages(ctx, q, (*API).GetJoinedGroupList, a, func(q *GetJoinedGroupListRequest, r *GetJoinedGroupListAnswer) bool {
		q.Offset += len(r.GroupIdList)
		return len(r.GroupIdList) > 0 && q.Offset < int(r.TotalCount)
	})
}

// GroupMemberPages walks a group's members. A community is paged by Next, "" first and at the end: set Next for it. The
// others are paged by Offset until fewer than Limit come, or all have; somebody who leaves in between shifts the rest.
func (a *API) GroupMemberPages(ctx context.Context, q GetGroupMemberInfoRequest) iter.Seq2[*GetGroupMemberInfoAnswer, error] {
	if q.Limit == 0 {
		q.Limit = maxMemberPage
	}
	return pages(ctx, q, (*API).GetGroupMemberInfo, a, func(q *GetGroupMemberInfoRequest, r *GetGroupMemberInfoAnswer) bool {
		if q.Next != nil {
			q.Next = ptr(string(r.Next))
			return r.Next != "" && r.Next != "0"
		}
		q.Offset += len(r.MemberList)
		if len(r.MemberList) < q.Limit {
			return false
		}
		return len(q.MemberRoleFilter) > 0 || q.Offset < int(r.MemberNum) // MemberNum is that of the whole group
	})
}

// LiveMemberPages walks those in a live room: NextTimestamp 0 is the end.
func (a *API) LiveMemberPages(ctx context.Context, q GetMembersRequest) iter.Seq2[*GetMembersAnswer, error] {
	return pages(ctx, q, (*API).GetMembers, a, func(q *GetMembersRequest, r *GetMembersAnswer) bool {
		q.Timestamp = r.NextTimestamp
		return r.NextTimestamp != ""
	})
}

// GroupBanPages walks those banned from a live room: NextOffset 0 is the end.
func (a *API) GroupBanPages(ctx context.Context, q GetGroupBanMemberRequest) iter.Seq2[*GetGroupBanMemberAnswer, error] {
	return pages(ctx, q, (*API).GetGroupBanMember, a, func(q *GetGroupBanMemberRequest, r *GetGroupBanMemberAnswer) bool {
		q.Offset = int(r.NextOffset)
		return r.NextOffset != 0
	})
}

// GroupMsgPages walks a group's history backwards. IsFinished speaks of the window alone: the end is position 1, or 50
// windows in a row in which nothing is left, for deleted messages leave holes as well as expired ones do.
func (a *API) GroupMsgPages(ctx context.Context, q GroupMsgGetSimpleRequest) iter.Seq2[*GroupMsgGetSimpleAnswer, error] {
	if q.ReqMsgNumber == 0 {
		q.ReqMsgNumber = maxHistory
	}
	empty := 0
	return pages(ctx, q, (*API).GroupMsgGetSimple, a, func(q *GroupMsgGetSimpleRequest, r *GroupMsgGetSimpleAnswer) bool {
		low := int64(0)
		hole := true
		for _, m := range r.Messages() {
			if seq := int64(m.MsgSeq); seq > 0 && (low == 0 || seq < low) {
				low = seq
			}
			hole = hole && m.IsPlaceMsg == 1
		}
		if low == 0 && q.ReqMsgSeq > 0 { // a server that leaves holes out
			low = q.ReqMsgSeq - int64(min(q.ReqMsgNumber, maxHistory)) + 1
		}
		if empty++; !hole {
			empty = 0
		}
		q.ReqMsgSeq = low - 1
		return low > 1 && empty < maxHoles
	})
}

// RoamMsgPages walks what two accounts said to each other, backwards: each page is oldest first. Complete 1 is the end; a
// short page is not.
func (a *API) RoamMsgPages(ctx context.Context, q AdminGetRoamMsgRequest) iter.Seq2[*AdminGetRoamMsgAnswer, error] {
	return pages(ctx, q, (*API).AdminGetRoamMsg, a, func(q *AdminGetRoamMsgRequest, r *AdminGetRoamMsgAnswer) bool {
		q.MaxTime, q.LastMsgKey = int64(r.LastMsgTime), string(r.LastMsgKey)
		return r.Complete == 0 && r.LastMsgKey != ""
	})
}

// FriendPages walks a user's friends. Any CompleteFlag but 0 is the end. For all of it the sequences are to be left 0.
func (a *API) FriendPages(ctx context.Context, q FriendGetRequest) iter.Seq2[*FriendGetAnswer, error] {
	return pages(ctx, q, (*API).FriendGet, a, func(q *FriendGetRequest, r *FriendGetAnswer) bool {
		q.StartIndex = int64(r.NextStartIndex)
		return r.CompleteFlag == 0 && r.NextStartIndex != 0
	})
}

// BlackListPages walks a block list: StartIndex 0 is the end.
func (a *API) BlackListPages(ctx context.Context, q BlackListGetRequest) iter.Seq2[*BlackListGetAnswer, error] {
	if q.MaxLimited == 0 {
		q.MaxLimited = maxBlockPage
	}
	return pages(ctx, q, (*API).BlackListGet, a, func(q *BlackListGetRequest, r *BlackListGetAnswer) bool {
		q.StartIndex = int64(r.StartIndex)
		return r.StartIndex != 0
	})
}

// FollowPages walks followers and followed: NextCursor "" is the end.
func (a *API) FollowPages(ctx context.Context, q FollowGetRequest) iter.Seq2[*FollowGetAnswer, error] {
	return pages(ctx, q, (*API).FollowGet, a, func(q *FollowGetRequest, r *FollowGetAnswer) bool {
		q.StartCursor = string(r.NextCursor)
		return r.NextCursor != ""
	})
}

// ContactPages walks a user's conversations: CompleteFlag 1 is the end. All four cursors go back as they came.
func (a *API) ContactPages(ctx context.Context, q ContactGetListRequest) iter.Seq2[*ContactGetListAnswer, error] {
	return pages(ctx, q, (*API).ContactGetList, a, func(q *ContactGetListRequest, r *ContactGetListAnswer) bool {
		q.TimeStamp, q.StartIndex = int64(r.TimeStamp), int64(r.StartIndex)
		q.TopTimeStamp, q.TopStartIndex = int64(r.TopTimeStamp), int64(r.TopStartIndex)
		return r.CompleteFlag == 0
	})
}

// ContactGroupPages walks a user's marked and grouped conversations: CompleteFlag 1 is the end.
func (a *API) ContactGroupPages(ctx context.Context, q GetContactGroupRequest) iter.Seq2[*GetContactGroupAnswer, error] {
	return pages(ctx, q, (*API).GetContactGroup, a, func(q *GetContactGroupRequest, r *GetContactGroupAnswer) bool {
		q.StartIndex = int64(r.NextStartIndex)
		return r.CompleteFlag == 0 && r.NextStartIndex != 0
	})
}

// KeyValuePages walks the extension of a one-to-one message by version: CompleteFlag 1 is the end. Pairs of the version at
// which a page ended come again on the next.
func (a *API) KeyValuePages(ctx context.Context, q GetKeyValuesRequest) iter.Seq2[*GetKeyValuesAnswer, error] {
	return pages(ctx, q, (*API).GetKeyValues, a, func(q *GetKeyValuesRequest, r *GetKeyValuesAnswer) bool {
		q.StartSeq = r.resume(q.StartSeq)
		return r.CompleteFlag == 0
	})
}

// GroupKeyValuePages does the same for a group message.
func (a *API) GroupKeyValuePages(ctx context.Context, q GroupGetKeyValuesRequest) iter.Seq2[*GetKeyValuesAnswer, error] {
	return pages(ctx, q, (*API).GroupGetKeyValues, a, func(q *GroupGetKeyValuesRequest, r *GetKeyValuesAnswer) bool {
		q.StartSeq = r.resume(q.StartSeq)
		return r.CompleteFlag == 0
	})
}

// resume is where to go on: at the last version seen, since several pairs can share one, or, if the page had nothing but
// that version, behind it.
func (r *GetKeyValuesAnswer) resume(start int64) int64 {
	last := start
	for _, e := range r.ExtensionList {
		last = max(last, int64(e.Seq))
	}
	if last == start && len(r.ExtensionList) > 0 {
		return start + 1
	}
	return last
}

// ReceiptPages walks those who have, or have not, read a message. The flag is the end, not the cursor.
func (a *API) ReceiptPages(ctx context.Context, q GetGroupMsgReceiptDetailRequest) iter.Seq2[*GetGroupMsgReceiptDetailAnswer, error] {
	if q.Count == 0 {
		q.Count = maxReaders
	}
	return pages(ctx, q, (*API).GetGroupMsgReceiptDetail, a, func(q *GetGroupMsgReceiptDetailRequest, r *GetGroupMsgReceiptDetailAnswer) bool {
		q.Cursor = string(r.Cursor)
		return !r.Finished() && r.Cursor != ""
	})
}

// KeywordLibraryPages walks the libraries of the cloud moderation by Offset, up to TotalCount.
func (a *API) KeywordLibraryPages(ctx context.Context, q KeywordLibrariesRequest) iter.Seq2[*KeywordLibrariesAnswer, error] {
	if q.Limit == 0 {
		q.Limit = maxWordPage
	}
	return pages(ctx, q, (*API).GetCloudAuditKeywordsIDs, a, func(q *KeywordLibrariesRequest, r *KeywordLibrariesAnswer) bool {
		q.Offset += len(r.Infos)
		return len(r.Infos) > 0 && q.Offset < int(r.TotalCount)
	})
}

// CloudKeywordPages walks the keywords of a library by Offset, up to TotalCount.
func (a *API) CloudKeywordPages(ctx context.Context, q CloudKeywordsRequest) iter.Seq2[*CloudKeywordsAnswer, error] {
	if q.Limit == 0 {
		q.Limit = maxWordPage
	}
	return pages(ctx, q, (*API).GetCloudAuditKeywords, a, func(q *CloudKeywordsRequest, r *CloudKeywordsAnswer) bool {
		q.Offset += len(r.Infos)
		return len(r.Infos) > 0 && q.Offset < int(r.TotalCount)
	})
}

// LocalKeywordPages walks the keywords of the filter inside the app by Offset, until fewer than Limit come: the totals are
// kept apart for words and for regular expressions, and need not be those of the question.
func (a *API) LocalKeywordPages(ctx context.Context, q LocalKeywordsRequest) iter.Seq2[*LocalKeywordsAnswer, error] {
	if q.Limit == 0 {
		q.Limit = maxWordPage
	}
	return pages(ctx, q, (*API).GetLocalAuditKeywords, a, func(q *LocalKeywordsRequest, r *LocalKeywordsAnswer) bool {
		q.Offset += len(r.LocalAuditWords)
		return len(r.LocalAuditWords) >= q.Limit
	})
}
