package tencent

import (
	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

const perBan = 20

// costs is what package actions calls for what is done to many: how things are before, the write, how they are after.
var costs = map[imclient.Verb][]calls.Cost{
	imclient.VerbMute: {
		{Command: getGroupInfo.Path(), Per: maxMuted},
		{Command: getRoleInGroup.Path(), Per: maxRoles},
		{Command: forbidSendMsg.Path(), Per: maxMuted},
		{Command: getGroupMutedAccount.Path(), Per: maxMuted, Times: 2},
	},
	imclient.VerbKick: {
		{Command: getGroupInfo.Path(), Per: maxDeleteMembers},
		{Command: getSpecifiedGroupMemberInfo.Path(), Per: maxSpecified, Times: 2},
		{Command: deleteGroupMember.Path(), Per: maxDeleteMembers},
	},
	imclient.VerbAddMember: {
		{Command: getGroupInfo.Path(), Per: maxDeleteMembers},
		{Command: getSpecifiedGroupMemberInfo.Path(), Per: maxSpecified, Times: 2},
		{Command: addGroupMember.Path(), Per: maxDeleteMembers},
	},
	imclient.VerbBan: {
		{Command: getGroupInfo.Path(), Per: perBan},
		{Command: banGroupMember.Path(), Per: perBan},
		{Command: getGroupBanMember.Path(), Per: perBan, Times: 2},
	},
	imclient.VerbSetAdmin: {
		{Command: getSpecifiedGroupMemberInfo.Path(), Per: perBan, Times: 2},
		{Command: modifyGroupMemberInfo.Path(), Per: 1},
	},
	imclient.VerbRecall: {
		{Command: groupMsgRecall.Path(), Per: maxRecall},
		{Command: groupMsgGetSimple.Path(), Per: maxHistory, Times: 2},
	},
	imclient.VerbDeleteBySend: {
		{Command: deleteGroupMsgBySender.Path(), Per: 1},
		{Command: groupMsgGetSimple.Path(), Per: 1, Times: 2},
	},
	imclient.VerbNotice: {
		{Command: getGroupInfo.Path()},
		{Command: sendGroupSystemNotification.Path()},
	},
	imclient.VerbSignOut: {
		{Command: kick.Path(), Per: 1},
		{Command: queryOnlineStatus.Path(), Per: perBan, Times: 2},
	},
	imclient.VerbGlobalMute: {
		{Command: setNoSpeaking.Path(), Per: 1},
		{Command: getNoSpeaking.Path(), Per: 1, Times: 2},
	},
	imclient.VerbImportUsers: {{Command: multiaccountImport.Path(), Per: 100}},
}

// costs estimates the calls for something that is done to many.
func (a *API) costs(v imclient.Verb, targets, groups int) []imclient.Cost {
	return calls.Costs(costs[v], targets, groups, func(path string) float64 { return a.rates.commands.Get(path).PerSecond() })
}
