package tencent

import (
	"imdesk/emulator/internal/community"
)

const snsService = "sns"

var snsCommands = []command{
	{service: snsService, name: "friend_add", rate: 200, run: addFriends},
	{service: snsService, name: "friend_import", rate: 200, run: importFriends},
	{service: snsService, name: "friend_update", rate: 200, run: updateFriends},
	{service: snsService, name: "friend_delete", rate: 200, run: deleteFriends},
	{service: snsService, name: "friend_delete_all", rate: 200, run: deleteAllFriends},
	{service: snsService, name: "friend_check", rate: 200, run: checkFriends},
	{service: snsService, name: "friend_get", rate: 200, run: listFriends},
	{service: snsService, name: "friend_get_list", rate: 200, run: getFriends},
	{service: snsService, name: "group_add", rate: 200, run: addFriendLists},
	{service: snsService, name: "group_delete", rate: 200, run: deleteFriendLists},
	{service: snsService, name: "group_get", rate: 200, run: listFriendLists},
	{service: snsService, name: "black_list_add", rate: 200, run: block},
	{service: snsService, name: "black_list_delete", rate: 200, run: unblock},
	{service: snsService, name: "black_list_get", rate: 200, run: listBlocked},
	{service: snsService, name: "black_list_check", rate: 200, run: checkBlocked},
}

// Codes of relations.
const (
	codeSns          = 30001
	codeSnsAccount   = 30003
	codeForbidden    = 30009
	codeFriendsFull  = 30010
	codeTooManyLists = 30011
	codeTooManyAsked = 30012
	codeBlocksFull   = 30013
	codePeerFull     = 30014
	codePeerBlocked  = 30515 // by the user himself
	codePeerDenies   = 30516
	codeBlockedByHim = 30525
	codePending      = 30539
	codeNoFriend     = 31704
	codeListStranger = 32216
)

// Limits of relations. Source: "Relationship chain", doc 33521.
const (
	maxSns        = 1000 // of a list in a request
	maxFriends    = 3000
	maxRequests   = 100
	maxLists      = 32
	maxListName   = 30 // bytes
	maxRemark     = 96
	maxWording    = 256
	maxSnsCustom  = 500
	friendPage    = 100
	sourcePrefix  = "AddSource_Type_"
	snsCustom     = "Tag_SNS_Custom_"
	tagList       = "Tag_SNS_IM_Group"
	tagRemark     = "Tag_SNS_IM_Remark"
	tagSource     = "Tag_SNS_IM_AddSource"
	tagWording    = "Tag_SNS_IM_AddWording"
	tagSince      = "Tag_SNS_IM_AddTime"
	tagAllow      = "Tag_Profile_IM_AllowType"
	tagForbid     = "Tag_Profile_IM_AdminForbidType"
	addBoth       = "Add_Type_Both"
	addSingle     = "Add_Type_Single"
	deleteSingle  = "Delete_Type_Single"
	deleteBoth    = "Delete_Type_Both"
	errSNS        = "Err_SNS_"
	notImported   = "Account_Not_Imported"
	himself       = "Self"
	friendMissing = "Friend_Not_Exist"
)

// shortWord reports whether s is 1 to 8 letters, as the keys of an app's own fields are.
func shortWord(s string) bool {
	for _, b := range []byte(s) {
		if (b|0x20) < 'a' || (b|0x20) > 'z' {
			return false
		}
	}
	return s != "" && len(s) <= 8
}

// snsResult says what became of one user of a request.
type snsResult struct {
	ToAccount  string `json:"To_Account"`
	ResultCode int
	ResultInfo string
}

type snsAnswer struct {
	ResultItem   []snsResult
	FailAccount  []string `json:"Fail_Account,omitempty"`
	ErrorDisplay string
}

// add notes what became of a user; what names the reason, behind the prefix of the command.
func (a *snsAnswer) add(command, name string, code int, what string) {
	r := snsResult{ToAccount: name, ResultCode: code}
	if code != 0 {
		r.ResultInfo = errSNS + command + "_" + what
		a.FailAccount = append(a.FailAccount, name)
	}
	a.ResultItem = append(a.ResultItem, r)
}

// me returns the account that From_Account names.
func (c *call) me(db community.Conn) (community.Account, error) {
	name := c.str("From_Account")
	if err := c.failed(); err != nil {
		return community.Account{}, err
	}
	return db.Account(c.app, name)
}

// uids are those of the accounts.
func uids(accounts map[string]community.Account) []int64 {
	ids := make([]int64, 0, len(accounts))
	for _, a := range accounts {
		ids = append(ids, a.UID)
	}
	return ids
}

// tellPairs tells the app what began or ended between users, if anything did.
func (c *call) tellPairs(tx *community.Tx, command string, pairs []friendPair) error {
	if len(pairs) == 0 {
		return nil
	}
	return c.tell(tx, userLane(pairs[0].FromAccount), command, struct{ PairList []friendPair }{pairs})
}

// eachNamed runs do for each account in To_Account that is imported, and tells the app by the callback of what came of it.
func (c *call) eachNamed(command, callback string, do func(tx *community.Tx, me, peer community.Account) (int, string, []friendPair, error)) (any, error) {
	names := c.strs("To_Account", maxSns, codeSns)
	if err := c.failed(); err != nil {
		return nil, err
	}
	answer := &snsAnswer{}
	err := c.update(func(tx *community.Tx) error {
		me, err := c.me(tx.Conn)
		if err != nil {
			return err
		}
		accounts, err := tx.Accounts(c.app, names)
		if err != nil {
			return err
		}
		var all []friendPair
		for _, name := range names {
			peer, known := accounts[name]
			code, what := codeSnsAccount, notImported
			if known {
				var pairs []friendPair
				if code, what, pairs, err = do(tx, me, peer); err != nil {
					return err
				}
				all = append(all, pairs...)
			}
			answer.add(command, name, code, what)
		}
		return c.tellPairs(tx, callback, all)
	})
	return answer, err
}

// snsRelation is what lies between From_Account, which is A, and another user, which is B.
type snsRelation struct {
	ToAccount  string `json:"To_Account"`
	Relation   string
	ResultCode int
	ResultInfo string
}

// userSet picks from the given users those who stand in a relation to one.
type userSet func(db community.Conn, uid int64, among []int64) (map[int64]bool, error)

// relationNames are the answers of a check, without their prefix.
var relationNames = map[[2]bool]string{{true, true}: "BothWay", {true, false}: "AWithB", {false, true}: "BWithA"}

// checkRelations finds out about each user whether A has him and, unless only one side is asked for, he has A.
func (c *call) checkRelations(prefix, none, command string, has, had userSet) ([]snsRelation, []string, error) {
	names := c.strs("To_Account", maxSns, codeSns)
	c.str("CheckType")
	single := c.oneOf("CheckType", prefix+"_Single", prefix+"_Both") == prefix+"_Single"
	db := c.read()
	me, err := c.me(db)
	if err != nil {
		return nil, nil, err
	}
	accounts, err := db.Accounts(c.app, names)
	if err != nil {
		return nil, nil, err
	}
	mine, err := has(db, me.UID, uids(accounts))
	if err != nil {
		return nil, nil, err
	}
	theirs := map[int64]bool{}
	if !single {
		if theirs, err = had(db, me.UID, uids(accounts)); err != nil {
			return nil, nil, err
		}
	}
	items, failed := make([]snsRelation, len(names)), []string(nil)
	for i, name := range names {
		a, known := accounts[name]
		items[i] = snsRelation{ToAccount: name, Relation: prefix + "_" + none}
		if !known {
			items[i].ResultCode, items[i].ResultInfo = codeSnsAccount, errSNS+command+"_"+notImported
			failed = append(failed, name)
		} else if name, ok := relationNames[[2]bool{mine[a.UID], theirs[a.UID]}]; ok {
			items[i].Relation = prefix + "_" + name
		}
	}
	return items, failed, nil
}
