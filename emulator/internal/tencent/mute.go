package tencent

import (
	"math"

	"imdesk/emulator/internal/community"
)

var muteCommands = []command{
	{service: groupService, name: "forbid_send_msg", rate: 200, run: muteMembers},
	{service: groupService, name: "get_group_muted_account", rate: 200, run: listMuted},
	{service: groupService, name: "get_group_shutted_uin", rate: 200, run: listShutted},
	{service: "openconfigsvr", name: "setnospeaking", rate: 200, run: setNoSpeaking},
	{service: "openconfigsvr", name: "getnospeaking", rate: 200, run: getNoSpeaking},
}

const maxMuted = 500

// muteMembers is forbid_send_msg, doc 34951. It takes users who are not members, too: a mute outlives leaving.
func muteMembers(c *call) (any, error) {
	c.alias("MuteTime", "ShutUpTime")
	names, seconds := c.strs("Members_Account", maxMuted, codeGroupField), c.num("MuteTime", 0, maxU32)
	st, err := c.stream(codeNotAllowed, community.Private)
	if err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		accounts, err := tx.Accounts(c.app, names)
		if err != nil {
			return err
		}
		if len(accounts) == 0 {
			return community.ErrNoAccount
		}
		for _, a := range accounts {
			if err := tx.SetMute(st.id, a.UID, c.endOf(seconds)); err != nil {
				return err
			}
		}
		return nil
	})
}

type mutedAccount struct {
	MemberAccount string `json:"Member_Account"`
	MutedUntil    int64
}

// listMuted is get_group_muted_account, doc 34964.
func listMuted(c *call) (any, error) {
	st, muted, err := c.muted()
	if err != nil {
		return nil, err
	}
	list := make([]mutedAccount, len(muted))
	for i, m := range muted {
		list[i] = mutedAccount{m.Account, until(m.Until)}
	}
	return struct {
		GroupId          string
		MutedAccountList []mutedAccount
	}{st.ID, list}, nil
}

type shuttedUin struct {
	MemberAccount string `json:"Member_Account"`
	ShuttedUntil  int64
}

// listShutted is the older get_group_shutted_uin, in its own words.
func listShutted(c *call) (any, error) {
	st, muted, err := c.muted()
	if err != nil {
		return nil, err
	}
	list := make([]shuttedUin, len(muted))
	for i, m := range muted {
		list[i] = shuttedUin{m.Account, until(m.Until)}
	}
	return struct {
		GroupId        string
		ShuttedUinList []shuttedUin
	}{st.ID, list}, nil
}

func (c *call) muted() (*stream, []community.Mute, error) {
	st, err := c.stream(0)
	if err != nil {
		return nil, nil, err
	}
	muted, err := c.read().Muted(st.id, c.s.now().Unix())
	return st, muted, err
}

// setNoSpeaking is setnospeaking, doc 34923.
func setNoSpeaking(c *call) (any, error) {
	name := c.as(130004).str("Set_Account")
	c2c, group := c.numPtr("C2CmsgNospeakingTime", 0, maxU32), c.numPtr("GroupmsgNospeakingTime", 0, maxU32)
	if c2c == nil && group == nil {
		c.failWith(130008, "C2CmsgNospeakingTime", "and GroupmsgNospeakingTime are missing")
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	for _, seconds := range []*int64{c2c, group} {
		if seconds != nil {
			*seconds = c.endOf(*seconds)
		}
	}
	return nil, c.update(func(tx *community.Tx) error {
		a, err := tx.Account(c.app, name)
		if err != nil {
			return err
		}
		return tx.MuteEverywhere(a.UID, c2c, group)
	})
}

// getNoSpeaking is getnospeaking, doc 34924. It answers with what is left, in seconds.
func getNoSpeaking(c *call) (any, error) {
	name := c.as(130002).str("Get_Account")
	if err := c.failed(); err != nil {
		return nil, err
	}
	found, err := c.read().Accounts(c.app, []string{name})
	if err != nil {
		return nil, err
	}
	a, ok := found[name]
	if !ok {
		return nil, refuse(130003, "this account has not been imported")
	}
	return struct{ C2CmsgNospeakingTime, GroupmsgNospeakingTime int64 }{c.left(a.C2CMute), c.left(a.GroupMute)}, nil
}

// left is how many seconds remain until an end time.
func (c *call) left(until int64) int64 {
	if until == math.MaxInt64 {
		return maxMuteForever
	}
	return max(until-c.s.now().Unix(), 0)
}
