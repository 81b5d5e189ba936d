package tencent

import "slices"

// Codes that more than one place answers with.
const (
	codeGroupField  = 10004
	codeTooMany     = 10005
	codeTooOften    = 10006
	codeNotAllowed  = 10007
	codeDismissed   = 10010
	codeNoGroup     = 10015
	codeMuted       = 10017
	codeTooLarge    = 10018
	codeNoMember    = 10019
	codeTooLong     = 80002
	codeGroupRate   = 10023
	codeNoAdmin     = 60010
	codeExpired     = 70001
	codeNoApp       = 70020
	codeNoSuchUser  = 70107
	codeReceivers   = 90011
	codeBatchNumber = 70206
)

// maxGroupAnswer is the largest answer to a query about groups, in bytes; beyond it the call fails with 10018.
const maxGroupAnswer = 1 << 20

// command is one API of the vendor.
type command struct {
	service, name string
	rate          int  // calls a second and app
	rateCode      int  // when called more often; 0 = 60007
	limit         int  // bytes of the answer; 0 = any
	members       bool // callers need not be administrators: run sees to who they are
	run           func(*call) (any, error)
}

// service says which codes the commands of one service share.
type service struct {
	unknown   int  // no such command
	badBody   int  // the body is no JSON object
	badField  int  // a field is missing or wrong, where a command has no better code
	internal  int  // trouble of ours
	noAccount int  // an account was not imported
	bare      bool // answers have no ActionStatus
}

var services = map[string]service{
	"im_open_login_svc":              {60009, 60003, 70402, 70500, 70107, false},
	"openim":                         {60009, 90001, 90001, 91000, 20003, false},
	"profile":                        {60009, 60003, 40001, 40006, 40003, false},
	"group_open_http_svc":            {10003, 60003, 10004, 10002, 10019, false},
	"group_open_avchatroom_http_svc": {10003, 60003, 10004, 10002, 10019, false},
	"openim_msg_ext_http_svc":        {60009, 90001, 10004, 10002, 10019, false},
	"openconfigsvr":                  {60009, 130001, 130001, 130014, 130005, true},
	attrService:                      {10003, 60003, 10004, 10002, 10019, false},
	topicService:                     {10003, 60003, 10004, 10002, 10019, false},
	snsService:                       {60009, 60003, codeSns, 30006, codeSnsAccount, false},
	contactService:                   {60009, 60003, codeContact, 50004, codeContactUser, false},
	pushService:                      {60009, codePush, codePush, 91000, codeNoSender, false},
	historyService:                   {60009, 60003, codeExport, 1003, codeExport, false},
	"ConfigSvc":                      {60009, 60003, 60002, 60008, 60002, false},
	fileService:                      {60009, 60003, codeGroupField, 10002, codeNoMember, false},
	auditListService:                 {60009, 60003, codeAudit, 2001, codeAudit, false},
	auditService:                     {60009, 60003, codeAudit, 2001, codeAudit, false},
	dirtyService:                     {60009, 60003, codeGroupField, 10002, codeNoMember, false},
	robotService:                     {60009, 60003, codeGroupField, 10002, codeNoMember, false},
	followService:                    {60009, 60003, codeSns, 30006, codeSnsAccount, false},
}

// commands is every command there is, by area.
func commands() []command {
	return slices.Concat(
		accountCommands,
		profileCommands,
		groupCommands,
		memberCommands,
		groupMessageCommands,
		muteCommands,
		liveRoomCommands,
		directCommands,
		extensionCommands,
		snsCommands,
		followCommands,
		contactCommands,
		attrCommands,
		counterCommands,
		topicCommands,
		pushCommands,
		statsCommands,
		exportCommands,
		fileCommands,
		keywordCommands,
		robotCommands,
	)
}
