package tencent

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"imdesk/emulator/internal/community"
)

var statsCommands = []command{
	{service: "openconfigsvr", name: "getappinfo", rate: 200, run: getAppInfo},
	{service: "ConfigSvc", name: "GetIPList", rate: 200, run: getIPs},
}

// statDays is how many days getappinfo answers for, today included.
const statDays = 30

// zone is China Standard Time, in which the service's days and hours are.
var zone = time.FixedZone("CST", cst)

// getAppInfo is getappinfo, doc 34886: one object a day, latest first, with every value as text.
func getAppInfo(c *call) (any, error) {
	wanted := c.filter("RequestField")
	if err := c.failed(); err != nil {
		return nil, err
	}
	if err := c.s.tallyCallbacks(c.Context); err != nil {
		return nil, err
	}
	stats, err := c.read().Stats(c.app, statDays)
	if err != nil {
		return nil, err
	}
	now := c.s.now().In(zone)
	days := make([]map[string]string, len(stats))
	for i, d := range stats {
		day := map[string]string{"Date": now.AddDate(0, 0, -i).Format("20060102")}
		for name, value := range c.dayFields(d) {
			if len(wanted) == 0 || wanted[name] {
				day[name] = value
			}
		}
		days[i] = day
	}
	return reply{info: "OK", body: struct{ Result []map[string]string }{days}}, nil
}

// dayFields are the figures of a day by name.
func (c *call) dayFields(d community.DayStats) map[string]string {
	n := d.Counts
	fields := map[string]string{"AppName": "emulator", "AppId": strconv.FormatInt(c.app, 10), "Company": "emulator"}
	for name, value := range map[string]int64{
		"ActiveUserNum": d.Active, "RegistUserNumOneDay": n[community.AccountsNew], "RegistUserNumTotal": d.Accounts,
		"LoginTimes": n[community.Logins], "LoginUserNum": d.LoggedIn, "MaxOnlineNum": d.Online,
		"UpMsgNum": n[community.GroupUp] + n[community.C2CUp], "DownMsgNum": n[community.GroupDown] + n[community.C2CDown], "SendMsgUserNum": d.Said,
		"APNSMsgNum":  n[community.GroupPushed] + n[community.C2CPushed],
		"C2CUpMsgNum": n[community.C2CUp], "C2CDownMsgNum": n[community.C2CDown], "C2CSendMsgUserNum": d.SaidC2C, "C2CAPNSMsgNum": n[community.C2CPushed],
		"ChainIncrease": n[community.FriendsAdded], "ChainDecrease": n[community.FriendsRemoved],
		"GroupUpMsgNum": n[community.GroupUp], "GroupDownMsgNum": n[community.GroupDown], "GroupSendMsgUserNum": d.SaidInGroup,
		"GroupAPNSMsgNum": n[community.GroupPushed], "GroupSendMsgGroupNum": d.ActiveGroups,
		"GroupJoinGroupTimes": n[community.GroupsJoined], "GroupQuitGroupTimes": n[community.GroupsLeft],
		"GroupNewGroupNum": n[community.GroupsNew], "GroupAllGroupNum": d.Groups, "GroupDestroyGroupNum": n[community.GroupsDismissed],
		"CallBackReq": n[community.CallbacksSent], "CallBackRsp": n[community.CallbacksAnswered],
	} {
		fields[name] = strconv.FormatInt(value, 10)
	}
	return fields
}

// loggedIn notes that a user came online.
func (s *Service) loggedIn(app int64, name string) {
	err := s.store.Update(context.Background(), func(tx *community.Tx) error {
		return tx.TallyLogin(app, name, int64(s.online.online(app)))
	})
	if err != nil {
		s.log.Error("emulator: count a login", "app", app, "err", err)
	}
}

// getIPs is GetIPList, doc 36742. The emulator, its API and its callbacks are on this machine, whatever net is asked for.
func getIPs(c *call) (any, error) {
	if n, err := strconv.Atoi(cmp.Or(c.query.Get("nettype"), "0")); err != nil || n < 0 || n > 6 {
		return nil, refuse(60002, "nettype is none of 0 to 6")
	}
	return struct{ IPList []string }{[]string{"127.0.0.0/8", "::1"}}, nil
}
