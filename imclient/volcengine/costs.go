package volcengine

import (
	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// costs is what package actions calls for what is done to many: how things are before, the write, how they are after.
var costs = map[imclient.Verb][]calls.Cost{
	imclient.VerbMute: {
		{Command: batchGetConversations.Name, Per: maxTargets},
		{Command: batchGetConversationParticipant.Name, Per: maxTargets, Times: 2},
		{Command: batchModifyConversationParticipant.Name, Per: maxTargets},
	},
	imclient.VerbKick: {
		{Command: batchGetConversations.Name, Per: maxTargets},
		{Command: batchGetConversationParticipant.Name, Per: maxTargets, Times: 2},
		{Command: batchDeleteConversationParticipant.Name, Per: maxTargets},
	},
	imclient.VerbAddMember: {
		{Command: batchGetConversations.Name, Per: maxTargets},
		{Command: batchGetConversationParticipant.Name, Per: maxTargets, Times: 2},
		{Command: batchAddConversationParticipant.Name, Per: maxTargets},
	},
	imclient.VerbBan: {
		{Command: batchAddBlockParticipants.Name, Per: 20},
		{Command: batchGetBlockParticipants.Name, Per: 20, Times: 2},
	},
	imclient.VerbSetAdmin: {
		{Command: batchGetConversationParticipant.Name, Per: 20, Times: 2},
		{Command: batchModifyConversationParticipant.Name, Per: 1},
	},
	imclient.VerbRecall: {
		{Command: recallMessage.Name, Per: 1},
		{Command: getConversationMessages.Name, Per: maxHistory, Times: 2},
	},
	imclient.VerbImportUsers: {{Command: registerUsers.Name, Per: 100}},
}

// costs estimates the calls for something that is done to many.
func (a *API) costs(v imclient.Verb, targets, groups int) []imclient.Cost {
	return calls.Costs(costs[v], targets, groups, func(name string) float64 { return a.account.gates.Get(name).PerSecond() })
}
