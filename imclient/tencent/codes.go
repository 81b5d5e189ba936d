package tencent

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"imdesk/imclient"
)

// CodeInfo is one error code of the service, or one of our names for an outcome that has none.
type CodeInfo struct {
	Code      string // "10007"; or a name such as "not_added"
	Kind      error  // one of imclient's kinds, unless a command gives the code another sense
	Retry     bool   // the vendor's pages advise to try again; a write only after a look at whether it was carried out
	Unchanged bool   // a refusal: a write that ends with it has changed nothing
	TextKey   string // of its texts: TextKey+".what" says what it means, TextKey+".next" what to do
}

// again marks the codes whose pages say "try again".
const again = true

// codes holds every error code of the vendor's pages that a server of the REST API answers with.
//
// Source: Tencent Cloud Chat, "Error Codes" (doc 34348), and the pages of the commands.
var codes = map[int]struct {
	kind  error
	retry bool
}{
	// The REST gateway.
	60002: {kind: imclient.ErrInvalid},
	60003: {kind: imclient.ErrInvalid},
	60004: {kind: imclient.ErrCredentials},
	60005: {kind: imclient.ErrCredentials},
	60006: {kind: imclient.ErrCredentials},
	60007: {kind: imclient.ErrRateLimited},
	60008: {imclient.ErrUnavailable, again},
	60009: {kind: imclient.ErrUnsupported},
	60010: {kind: imclient.ErrCredentials},
	60011: {kind: imclient.ErrRateLimited},
	60012: {kind: imclient.ErrCredentials},
	60013: {imclient.ErrUnavailable, again},
	60014: {imclient.ErrUnavailable, again},
	60015: {kind: imclient.ErrInvalid},
	60016: {kind: imclient.ErrCredentials},
	60017: {kind: imclient.ErrUnsupported},
	60018: {imclient.ErrRateLimited, again},
	60019: {imclient.ErrRateLimited, again},
	60020: {kind: imclient.ErrQuota},
	60021: {kind: imclient.ErrCredentials},

	// Signatures and accounts.
	70001: {kind: imclient.ErrCredentials},
	70002: {kind: imclient.ErrCredentials},
	70003: {kind: imclient.ErrCredentials},
	70005: {kind: imclient.ErrCredentials},
	70009: {kind: imclient.ErrCredentials},
	70013: {kind: imclient.ErrCredentials},
	70014: {kind: imclient.ErrCredentials},
	70016: {kind: imclient.ErrCredentials},
	70020: {kind: imclient.ErrCredentials},
	70050: {kind: imclient.ErrCredentials},
	70051: {kind: imclient.ErrDenied},
	70107: {kind: imclient.ErrNotFound},
	70114: {kind: imclient.ErrRateLimited},
	70169: {imclient.ErrUnavailable, again},
	70202: {imclient.ErrUnavailable, again},
	70206: {kind: imclient.ErrInvalid},
	70398: {kind: imclient.ErrQuota},
	70402: {kind: imclient.ErrInvalid},
	70403: {kind: imclient.ErrCredentials},
	70500: {imclient.ErrUnavailable, again},
	71000: {kind: imclient.ErrUnsupported},
	72000: {kind: imclient.ErrQuota},
	72001: {kind: imclient.ErrUnsupported},

	// Profiles.
	40001: {kind: imclient.ErrInvalid},
	40002: {kind: imclient.ErrInvalid},
	40003: {kind: imclient.ErrNotFound},
	40004: {kind: imclient.ErrCredentials},
	40006: {imclient.ErrUnavailable, again},
	40007: {kind: imclient.ErrDenied},
	40008: {kind: imclient.ErrDenied},
	40009: {kind: imclient.ErrInvalid},
	40601: {kind: imclient.ErrInvalid},
	40605: {kind: imclient.ErrInvalid},
	40610: {kind: imclient.ErrInvalid},

	// Friends and block lists.
	30001: {kind: imclient.ErrInvalid},
	30002: {kind: imclient.ErrInvalid},
	30003: {kind: imclient.ErrNotFound},
	30004: {kind: imclient.ErrCredentials},
	30006: {imclient.ErrUnavailable, again},
	30007: {imclient.ErrUnavailable, again},
	30008: {imclient.ErrConflict, again},
	30009: {kind: imclient.ErrDenied},
	30010: {kind: imclient.ErrQuota},
	30011: {kind: imclient.ErrQuota},
	30012: {kind: imclient.ErrQuota},
	30013: {kind: imclient.ErrQuota},
	30014: {kind: imclient.ErrQuota},
	30515: {kind: imclient.ErrDenied},
	30516: {kind: imclient.ErrDenied},
	30525: {kind: imclient.ErrDenied},
	30539: {kind: imclient.ErrConflict}, // waits for the other's approval; callers show it as a state
	30540: {kind: imclient.ErrRateLimited},
	30614: {kind: imclient.ErrConflict},
	31704: {kind: imclient.ErrNotFound},
	31707: {kind: imclient.ErrRateLimited},
	31804: {kind: imclient.ErrNotFound},
	32216: {kind: imclient.ErrNotFound},

	// Recent contacts.
	50001: {kind: imclient.ErrNotFound},
	50002: {kind: imclient.ErrInvalid},
	50003: {kind: imclient.ErrCredentials},
	50004: {imclient.ErrUnavailable, again},
	50005: {imclient.ErrUnavailable, again},
	51006: {kind: imclient.ErrInvalid},
	51007: {kind: imclient.ErrNotFound},
	51008: {kind: imclient.ErrQuota},
	51009: {kind: imclient.ErrNotFound},
	51010: {kind: imclient.ErrQuota},
	51011: {kind: imclient.ErrInvalid},
	51012: {kind: imclient.ErrQuota},
	51013: {kind: imclient.ErrUnsupported},

	// One-to-one messages.
	20001: {kind: imclient.ErrInvalid},
	20002: {kind: imclient.ErrCredentials},
	20003: {kind: imclient.ErrNotFound},
	20004: {imclient.ErrUnavailable, again},
	20005: {imclient.ErrUnavailable, again},
	20006: {kind: imclient.ErrDenied},
	20007: {kind: imclient.ErrDenied},
	20008: {kind: imclient.ErrInvalid},
	20009: {kind: imclient.ErrDenied},
	20010: {kind: imclient.ErrDenied},
	20011: {kind: imclient.ErrDenied},
	20012: {kind: imclient.ErrDenied},
	20016: {kind: imclient.ErrDenied},
	20018: {imclient.ErrUnavailable, again},
	20022: {kind: imclient.ErrNotFound},
	20023: {kind: imclient.ErrConflict},
	20028: {imclient.ErrConflict, again},
	23001: {kind: imclient.ErrConflict},
	23002: {kind: imclient.ErrUnsupported},
	23003: {kind: imclient.ErrRateLimited},
	23004: {kind: imclient.ErrNotFound},

	// Messages of any kind, and push.
	90001: {kind: imclient.ErrInvalid},
	90002: {kind: imclient.ErrInvalid},
	90003: {kind: imclient.ErrInvalid},
	90004: {kind: imclient.ErrInvalid},
	90005: {kind: imclient.ErrInvalid},
	90006: {kind: imclient.ErrInvalid},
	90007: {kind: imclient.ErrInvalid},
	90008: {kind: imclient.ErrInvalid},
	90009: {kind: imclient.ErrCredentials},
	90010: {kind: imclient.ErrInvalid},
	90011: {kind: imclient.ErrInvalid},
	90012: {kind: imclient.ErrNotFound},
	90018: {kind: imclient.ErrInvalid},
	90020: {kind: imclient.ErrInvalid},
	90022: {kind: imclient.ErrInvalid},
	90024: {kind: imclient.ErrRateLimited},
	90026: {kind: imclient.ErrInvalid},
	90030: {kind: imclient.ErrInvalid},
	90031: {kind: imclient.ErrInvalid},
	90032: {kind: imclient.ErrInvalid},
	90033: {kind: imclient.ErrInvalid},
	90034: {kind: imclient.ErrInvalid},
	90039: {kind: imclient.ErrInvalid},
	90040: {kind: imclient.ErrInvalid},
	90043: {kind: imclient.ErrInvalid},
	90044: {kind: imclient.ErrInvalid},
	90045: {kind: imclient.ErrUnsupported},
	90047: {kind: imclient.ErrQuota},
	90048: {kind: imclient.ErrNotFound},
	90054: {kind: imclient.ErrInvalid},
	90055: {kind: imclient.ErrInvalid},
	90992: {imclient.ErrUnavailable, again},
	90994: {imclient.ErrUnavailable, again},
	90995: {imclient.ErrUnavailable, again},
	91000: {imclient.ErrUnavailable, again},
	93000: {kind: imclient.ErrInvalid},

	// Checks of texts and pictures.
	80001: {kind: imclient.ErrDenied},
	80002: {kind: imclient.ErrInvalid},
	80003: {kind: imclient.ErrDenied},
	80004: {kind: imclient.ErrDenied},
	80005: {imclient.ErrUnavailable, again},

	// Groups.
	10001:  {kind: imclient.ErrCredentials},
	10002:  {imclient.ErrUnavailable, again},
	10003:  {kind: imclient.ErrUnsupported},
	10004:  {kind: imclient.ErrInvalid},
	10005:  {kind: imclient.ErrInvalid},
	10006:  {kind: imclient.ErrRateLimited},
	10007:  {kind: imclient.ErrDenied},
	10008:  {kind: imclient.ErrCredentials},
	10009:  {kind: imclient.ErrDenied},
	10010:  {kind: imclient.ErrNotFound},
	10011:  {kind: imclient.ErrInvalid},
	10012:  {kind: imclient.ErrInvalid},
	10013:  {kind: imclient.ErrConflict},
	10014:  {kind: imclient.ErrQuota},
	10015:  {kind: imclient.ErrNotFound},
	10016:  {kind: imclient.ErrDenied},
	10017:  {kind: imclient.ErrDenied},
	10018:  {kind: imclient.ErrInvalid},
	10019:  {kind: imclient.ErrNotFound},
	10020:  {kind: imclient.ErrInvalid},
	10021:  {kind: imclient.ErrConflict},
	10023:  {imclient.ErrRateLimited, again},
	10024:  {kind: imclient.ErrConflict},
	10025:  {kind: imclient.ErrConflict},
	10026:  {kind: imclient.ErrUnsupported},
	10030:  {kind: imclient.ErrNotFound},
	10031:  {kind: imclient.ErrDenied},
	10032:  {kind: imclient.ErrDenied},
	10033:  {kind: imclient.ErrUnsupported},
	10034:  {kind: imclient.ErrUnsupported},
	10035:  {kind: imclient.ErrUnsupported},
	10036:  {kind: imclient.ErrQuota},
	10037:  {kind: imclient.ErrQuota},
	10038:  {kind: imclient.ErrQuota},
	10041:  {kind: imclient.ErrUnsupported},
	10044:  {kind: imclient.ErrUnsupported},
	10045:  {kind: imclient.ErrInvalid},
	10046:  {kind: imclient.ErrInvalid},
	10047:  {kind: imclient.ErrQuota},
	10048:  {kind: imclient.ErrQuota},
	10049:  {kind: imclient.ErrRateLimited},
	10050:  {kind: imclient.ErrNotFound},
	10051:  {kind: imclient.ErrInvalid},
	10052:  {kind: imclient.ErrNotFound},
	10053:  {kind: imclient.ErrInvalid},
	10054:  {kind: imclient.ErrInvalid},
	10056:  {kind: imclient.ErrConflict},
	10058:  {kind: imclient.ErrQuota},
	10059:  {kind: imclient.ErrUnsupported},
	10060:  {kind: imclient.ErrUnsupported},
	10061:  {kind: imclient.ErrUnsupported},
	10062:  {kind: imclient.ErrUnsupported},
	10063:  {kind: imclient.ErrQuota},
	11000:  {kind: imclient.ErrUnsupported},
	110002: {kind: imclient.ErrUnavailable},
	110003: {kind: imclient.ErrNotFound},

	// Files of past messages.
	1001: {kind: imclient.ErrInvalid},
	1002: {kind: imclient.ErrInvalid},
	1003: {kind: imclient.ErrUnavailable},
	1004: {kind: imclient.ErrNotFound},
	1005: {kind: imclient.ErrNotFound},

	// Global mute and operations data.
	130001: {kind: imclient.ErrInvalid},
	130002: {kind: imclient.ErrInvalid},
	130003: {kind: imclient.ErrNotFound},
	130004: {kind: imclient.ErrInvalid},
	130005: {kind: imclient.ErrNotFound},
	130008: {kind: imclient.ErrInvalid},
	130009: {kind: imclient.ErrUnavailable},
	130010: {kind: imclient.ErrUnavailable},
	130011: {kind: imclient.ErrUnavailable},
	130012: {kind: imclient.ErrUnavailable},
	130014: {kind: imclient.ErrUnavailable},

	// Keyword libraries.
	2001: {kind: imclient.ErrUnavailable},
	2002: {kind: imclient.ErrUnsupported},
	2003: {kind: imclient.ErrInvalid},
	2004: {kind: imclient.ErrDenied},
	2015: {kind: imclient.ErrUnsupported},
	2016: {kind: imclient.ErrInvalid},
}

// Codes that are ours: outcomes for which the service has a field but no error code, and what is not in the table.
const (
	codeNotAdded    = "not_added"    // add_group_member, import_group_member: Result 0
	codeInvited     = "invited"      // add_group_member: Result 3, waits for approval
	codeNotImported = "not_imported" // multiaccount_import: in FailAccounts
	codeElement     = "element"      // import_group_msg takes no such element
	codeAway        = "away"         // modify_user_info: not in the live room
	codeMissing     = "missing"      // delete_c2c_msg_ramble and its like: there is nothing under the id
	codeCustom      = "custom"       // the ranges in which an app's own webhooks choose their codes
	codeUnknown     = "unknown"
)

var ownCodes = map[string]error{
	codeNotAdded: imclient.ErrDenied, codeInvited: imclient.ErrConflict, codeNotImported: imclient.ErrInvalid,
	codeElement: imclient.ErrUnsupported, codeAway: imclient.ErrNotFound, codeMissing: imclient.ErrNotFound, codeCustom: imclient.ErrDenied, codeUnknown: imclient.ErrUnavailable,
}

// Codes lists every documented code and our own names, by number, the names last.
func Codes() []CodeInfo {
	var list []CodeInfo
	for _, n := range slices.Sorted(maps.Keys(codes)) {
		list = append(list, codeInfo(strconv.Itoa(n), codes[n].kind, codes[n].retry))
	}
	for _, name := range slices.Sorted(maps.Keys(ownCodes)) {
		list = append(list, codeInfo(name, ownCodes[name], false))
	}
	return list
}

func codeInfo(code string, kind error, retry bool) CodeInfo {
	return CodeInfo{Code: code, Kind: kind, Retry: retry, Unchanged: !errors.Is(kind, imclient.ErrUnavailable), TextKey: "tencent.code." + code}
}

// custom reports a code that the app's own webhook chose: group, one-to-one message, friend request.
func custom(n int) bool {
	return n >= 10100 && n <= 10200 || n >= 120001 && n <= 130000 || n >= 38000 && n <= 39000
}

// family judges a code that is not documented by those around it. Where these are refusals it is taken for one; else
// nothing is claimed about what was done.
func family(n int) error {
	switch {
	case n >= 70000 && n < 70100: // signatures
		return imclient.ErrCredentials
	case n >= 71000 && n < 73000: // plan and switches
		return imclient.ErrUnsupported
	case n >= 40000 && n < 41000, n >= 50000 && n < 52000, n >= 90000 && n < 90100, n >= 93000 && n < 94000: // values
		return imclient.ErrInvalid
	case n >= 10000 && n < 12000, n >= 110000 && n < 111000, n >= 20000 && n < 24000, n >= 30000 && n < 33000,
		n >= 70100 && n < 71000, n >= 80000 && n < 81000: // groups, messages, friends, accounts, text checks
		return imclient.ErrDenied
	}
	return ownCodes[codeUnknown]
}

// kindOf gives the kind of a code that a command answered with. A few codes mean different things in different places.
func kindOf(c *Command, code int) error {
	switch {
	case code == 10006 && c != nil && (c.Name == "create_group" || c.Name == "import_group" || c.Name == "create_topic"):
		return imclient.ErrQuota // the day's growth is used up
	case code == 10007 && c != nil && c.Name == "group_msg_get_simple":
		return imclient.ErrUnsupported // the group type keeps no history
	case code == 10008 && c != nil && (c.Service == extSvc || c.Service == topicSvc):
		return imclient.ErrUnsupported // the plan lacks the feature
	case code == 10008 && c != nil && c.Service == robotSvc:
		return imclient.ErrQuota // an app has 20 robots
	}
	if info, ok := codes[code]; ok {
		return info.kind
	}
	if custom(code) {
		return ownCodes[codeCustom]
	}
	return family(code)
}

// notExecuted tells the codes with which the gateway turns a call away before anything is done, so that even a write
// may be sent once more: too many calls of this command, too many calls of the app.
func notExecuted(code int) bool { return code == 60007 || code == 60011 }

// gone tells the codes that say there is no such command, with which an old server answers a new name.
func gone(code string) bool { return code == "60009" || code == "10003" }

// itemError is the refusal of one target inside an answer that is a success as a whole.
func itemError(op string, c *Command, code Int, detail Str) *imclient.Error {
	return &imclient.Error{
		Op: op, Vendor: imclient.Tencent, Kind: kindOf(c, int(code)), Code: strconv.FormatInt(int64(code), 10),
		Status: 200, Detail: string(detail), Sent: true,
	}
}
