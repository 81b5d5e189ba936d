package tencent

import (
	"context"
	"slices"
	"strconv"
	"time"

	"imdesk/imclient"
)

type operationsArea struct{ *client }

// metricFields are the fields of getappinfo.
var metricFields = map[imclient.Metric]string{
	imclient.MetricActiveUsers:     "ActiveUserNum",
	imclient.MetricNewUsers:        "RegistUserNumOneDay",
	imclient.MetricAllUsers:        "RegistUserNumTotal",
	imclient.MetricLogins:          "LoginTimes",
	imclient.MetricLoginUsers:      "LoginUserNum",
	imclient.MetricPeakOnline:      "MaxOnlineNum",
	imclient.MetricSent:            "UpMsgNum",
	imclient.MetricDelivered:       "DownMsgNum",
	imclient.MetricSenders:         "SendMsgUserNum",
	imclient.MetricPushed:          "APNSMsgNum",
	imclient.MetricDirectSent:      "C2CUpMsgNum",
	imclient.MetricDirectDelivered: "C2CDownMsgNum",
	imclient.MetricDirectSenders:   "C2CSendMsgUserNum",
	imclient.MetricDirectPushed:    "C2CAPNSMsgNum",
	imclient.MetricGroupSent:       "GroupUpMsgNum",
	imclient.MetricGroupDelivered:  "GroupDownMsgNum",
	imclient.MetricGroupSenders:    "GroupSendMsgUserNum",
	imclient.MetricGroupPushed:     "GroupAPNSMsgNum",
	imclient.MetricTalkingGroups:   "GroupSendMsgGroupNum",
	imclient.MetricNewGroups:       "GroupNewGroupNum",
	imclient.MetricAllGroups:       "GroupAllGroupNum",
	imclient.MetricDismissedGroups: "GroupDestroyGroupNum",
	imclient.MetricJoins:           "GroupJoinGroupTimes",
	imclient.MetricLeaves:          "GroupQuitGroupTimes",
	imclient.MetricNewFriends:      "ChainIncrease",
	imclient.MetricLostFriends:     "ChainDecrease",
	imclient.MetricCallbacks:       "CallBackReq",
	imclient.MetricCallbackAnswers: "CallBackRsp",
}

// Days returns the last 30 days, the oldest first.
func (o operationsArea) Days(ctx context.Context, metrics ...imclient.Metric) ([]imclient.Day, error) {
	ctx = withOp(ctx, "operations.days")
	q := &GetAppInfoRequest{}
	for _, m := range metrics {
		field, ok := metricFields[m]
		if !ok {
			return nil, refuse(ctx, imclient.ErrInvalid, "%.40q is not a figure of the service", m)
		}
		q.RequestField = append(q.RequestField, field)
	}
	r, err := o.api.GetAppInfo(ctx, q)
	if err != nil {
		return nil, err
	}
	var days []imclient.Day
	for _, values := range r.Result {
		date, err := time.Parse("20060102", string(values["Date"]))
		if err != nil {
			continue
		}
		day := imclient.Day{Date: date, Values: map[imclient.Metric]int64{}}
		for metric, field := range metricFields {
			if n, err := strconv.ParseInt(string(values[field]), 10, 64); err == nil {
				day.Values[metric] = n
			}
		}
		days = append(days, day)
	}
	slices.SortFunc(days, func(a, b imclient.Day) int { return a.Date.Compare(b.Date) })
	return days, nil
}
