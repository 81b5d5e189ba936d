package tencent

import (
	"context"
	"errors"
	"sync/atomic"

	"imdesk/imclient"
)

var (
	forbidSendMsg        = command[ForbidSendMsgRequest, Done](groupSvc, "forbid_send_msg", writes, rateDefault, "34951")
	getGroupMutedAccount = command[GetGroupMutedAccountRequest, GetGroupMutedAccountAnswer](groupSvc, "get_group_muted_account", reads, rateDefault, "34964")
	getGroupShuttedUin   = command[GetGroupMutedAccountRequest, GetGroupMutedAccountAnswer](groupSvc, "get_group_shutted_uin", reads, rateDefault, "34964")
	setNoSpeaking        = command[SetNoSpeakingRequest, Done]("openconfigsvr", "setnospeaking", writes, rateDefault, "34923")
	getNoSpeaking        = command[GetNoSpeakingRequest, GetNoSpeakingAnswer]("openconfigsvr", "getnospeaking", reads, rateDefault, "34924")
)

// maxMuted is the cap of forbid_send_msg.
const maxMuted = 500

// vocabulary remembers which of two names a server knows: those of before and after the renaming of July 2022, and
// those that came later. A server is asked by the new name until it refuses that and takes the old one.
type vocabulary struct {
	mute      spelling // MuteTime or ShutUpTime
	mutedList spelling // get_group_muted_account or get_group_shutted_uin
	members   spelling // get_specified_group_member_info or get_role_in_group
	recalled  spelling // WithRecalledMsg 1 or nothing
	filter    spelling // all fields of a group or those of old
	roam      spelling // Operator_Account and Peer_Account or From_Account and To_Account
	accounts  spelling // multiaccount_import with AccountList or account_import for each
}

// spelling is one of those choices.
type spelling struct{ state atomic.Int32 }

const (
	spellUnknown = iota
	spellNew
	spellOld
)

// try runs newer; if that fails in a way that refused says an old server would fail, it runs older. What worked is
// used from then on. A failure of both is the first one's.
func (s *spelling) try(refused func(*imclient.Error) bool, newer, older func() error) error {
	if s.state.Load() == spellOld {
		return older()
	}
	err := newer()
	if err == nil {
		s.state.CompareAndSwap(spellUnknown, spellNew)
		return nil
	}
	e, ok := errors.AsType[*imclient.Error](err)
	if !ok || s.state.Load() == spellNew || !refused(e) {
		return err
	}
	if older() != nil {
		return err
	}
	s.state.Store(spellOld)
	return nil
}

// ForbidSendMsgRequest names at most 500 members. MuteTime is seconds from now: 0 lifts the mute, 4294967295 is for ever.
type ForbidSendMsgRequest struct {
	GroupId        string
	MembersAccount []string `json:"Members_Account"`
	MuteTime       uint32
	TopicId        string `json:",omitempty"`
}

// oldForbidSendMsgRequest is the same in the words of before 2022.
type oldForbidSendMsgRequest struct {
	GroupId        string
	MembersAccount []string `json:"Members_Account"`
	ShutUpTime     uint32
	TopicId        string `json:",omitempty"`
}

// ForbidSendMsg mutes members of a group; it survives leaving and joining again. Not for Private. Codes: 10002 to 10004, 10007,
// 10010, 10015, 10019. A server that refuses the new name of MuteTime is asked by the old one, ShutUpTime.
//
// Source: Tencent Cloud Chat REST API, forbid_send_msg (doc 34951).
func (a *API) ForbidSendMsg(ctx context.Context, q *ForbidSendMsgRequest) (*Done, error) {
	var answer *Done
	err := a.vocabulary.mute.try(
		func(e *imclient.Error) bool { return e.Code == "10004" },
		func() (err error) { answer, err = call(ctx, a, forbidSendMsg, q); return err },
		func() (err error) {
			old := endpoint[oldForbidSendMsgRequest, Done](forbidSendMsg)
			answer, err = call(ctx, a, old, &oldForbidSendMsgRequest{q.GroupId, q.MembersAccount, q.MuteTime, q.TopicId})
			return err
		})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// GetGroupMutedAccountRequest names the group.
type GetGroupMutedAccountRequest struct {
	GroupId string
	TopicId string `json:",omitempty"`
}

// GetGroupMutedAccountAnswer is the whole list, in new or old words.
type GetGroupMutedAccountAnswer struct {
	Envelope
	GroupId          Str
	MutedAccountList []MutedAccount
	ShuttedUinList   []MutedAccount
}

// MutedAccount is one muted member, with the end of the mute.
type MutedAccount struct {
	MemberAccount Str `json:"Member_Account"`
	MutedUntil    Int
	ShuttedUntil  Int
}

// Until is MutedUntil under whichever name it came.
func (m MutedAccount) Until() Int { return max(m.MutedUntil, m.ShuttedUntil) }

// Accounts is MutedAccountList under whichever name it came.
func (r *GetGroupMutedAccountAnswer) Accounts() []MutedAccount {
	if len(r.MutedAccountList) > 0 {
		return r.MutedAccountList
	}
	return r.ShuttedUinList
}

// GetGroupMutedAccount lists who is muted in a group, all at once. A server that has no such command is asked for
// get_group_shutted_uin. Codes: 10002 to 10004, 10007, 10010, 10015.
//
// Source: Tencent Cloud Chat REST API, get_group_muted_account (doc 34964).
func (a *API) GetGroupMutedAccount(ctx context.Context, q *GetGroupMutedAccountRequest) (*GetGroupMutedAccountAnswer, error) {
	var answer *GetGroupMutedAccountAnswer
	err := a.vocabulary.mutedList.try(
		func(e *imclient.Error) bool { return gone(e.Code) },
		func() (err error) { answer, err = call(ctx, a, getGroupMutedAccount, q); return err },
		func() (err error) { answer, err = call(ctx, a, getGroupShuttedUin, q); return err })
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// SetNoSpeakingRequest sets one or both parts of a user's global mute, in seconds: 0 lifts it, 4294967295 is for ever.
type SetNoSpeakingRequest struct {
	SetAccount             string  `json:"Set_Account"`
	C2CmsgNospeakingTime   *uint32 `json:",omitempty"`
	GroupmsgNospeakingTime *uint32 `json:",omitempty"`
}

// SetNoSpeaking mutes a user everywhere in the app. Codes: 130001, 130004, 130005, 130008 (neither part given), 130014.
//
// Source: Tencent Cloud Chat REST API, setnospeaking (doc 34923).
func (a *API) SetNoSpeaking(ctx context.Context, q *SetNoSpeakingRequest) (*Done, error) {
	return call(ctx, a, setNoSpeaking, q)
}

// GetNoSpeakingRequest names the user.
type GetNoSpeakingRequest struct {
	GetAccount string `json:"Get_Account"`
}

// GetNoSpeakingAnswer has the seconds that are left: 0 is not muted, 4294967295 for ever.
type GetNoSpeakingAnswer struct {
	Envelope
	C2CmsgNospeakingTime   Int
	GroupmsgNospeakingTime Int
}

// GetNoSpeaking reads a user's global mute. Codes: 130001 to 130003, 130014.
//
// Source: Tencent Cloud Chat REST API, getnospeaking (doc 34924).
func (a *API) GetNoSpeaking(ctx context.Context, q *GetNoSpeakingRequest) (*GetNoSpeakingAnswer, error) {
	return call(ctx, a, getNoSpeaking, q)
}
