package tencent

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"

	"imdesk/imclient"
)

// documented is every code of the vendor's pages, by the part of the service that answers with it.
var documented = map[string][]int{
	"gateway": {
		60002, 60003, 60004, 60005, 60006, 60007, 60008, 60009, 60010, 60011, 60012, 60013, 60014, 60015, 60016, 60017,
		60018, 60019, 60020, 60021,
	},
	"signatures and accounts": {
		70001, 70002, 70003, 70005, 70009, 70013, 70014, 70016, 70020, 70050, 70051, 70107, 70114, 70169, 70202, 70206,
		70398, 70402, 70403, 70500, 71000, 72000, 72001,
	},
	"profiles": {40001, 40002, 40003, 40004, 40006, 40007, 40008, 40009, 40601, 40605, 40610},
	"friends and block lists": {
		30001, 30002, 30003, 30004, 30006, 30007, 30008, 30009, 30010, 30011, 30012, 30013, 30014, 30515, 30516, 30525,
		30539, 30540, 30614, 31704, 31707, 31804, 32216,
	},
	"recent contacts": {50001, 50002, 50003, 50004, 50005, 51006, 51007, 51008, 51009, 51010, 51011, 51012, 51013},
	"one-to-one messages": {
		20001, 20002, 20003, 20004, 20005, 20006, 20007, 20008, 20009, 20010, 20011, 20012, 20016, 20018, 20022, 20023,
		20028,
	},
	"message extensions": {23001, 23002, 23003, 23004},
	"messages and push": {
		90001, 90002, 90003, 90004, 90005, 90006, 90007, 90008, 90009, 90010, 90011, 90012, 90018, 90020, 90022, 90024,
		90026, 90030, 90031, 90032, 90033, 90034, 90039, 90040, 90043, 90044, 90045, 90047, 90048, 90054, 90055, 90992,
		90994, 90995, 91000, 93000,
	},
	"checks of texts and pictures": {80001, 80002, 80003, 80004, 80005},
	"groups": {
		10001, 10002, 10003, 10004, 10005, 10006, 10007, 10008, 10009, 10010, 10011, 10012, 10013, 10014, 10015, 10016,
		10017, 10018, 10019, 10020, 10021, 10023, 10024, 10025, 10026, 10030, 10031, 10032, 10033, 10034, 10035, 10036,
		10037, 10038, 10041, 10044, 10045, 10046, 10047, 10048, 10049, 10050, 10051, 10052, 10053, 10054, 10056, 10058,
		10059, 10060, 10061, 10062, 10063,
	},
	"communities and topics":     {11000, 110002, 110003},
	"files of past messages":     {1001, 1002, 1003, 1004, 1005},
	"global mute and statistics": {130001, 130002, 130003, 130004, 130005, 130008, 130009, 130010, 130011, 130012, 130014},
	"keyword libraries":          {2001, 2002, 2003, 2004, 2015, 2016},
}

// adviseRetry is every code whose page says "try again".
var adviseRetry = []int{
	60008, 60013, 60014, 60018, 60019, 10002, 10023, 20004, 20005, 20018, 20028, 30006, 30007, 30008, 40006, 50004, 50005,
	70169, 70202, 70500, 80005, 90992, 90994, 90995, 91000,
}

func TestCodesAreTheDocumentedOnes(t *testing.T) {
	seen := map[int]string{}
	for part, list := range documented {
		for _, n := range list {
			if other, twice := seen[n]; twice {
				t.Errorf("%d stands under %q and %q", n, other, part)
			}
			seen[n] = part
			if _, ok := codes[n]; !ok {
				t.Errorf("%d (%s) is documented and not in the table", n, part)
			}
		}
	}
	for n := range codes {
		if _, ok := seen[n]; !ok {
			t.Errorf("%d is in the table and not documented", n)
		}
		if slices.Contains(adviseRetry, n) != codes[n].retry {
			t.Errorf("%d: retry is %t", n, codes[n].retry)
		}
	}
}

func TestCodesList(t *testing.T) {
	list := Codes()
	if len(list) != len(codes)+len(ownCodes) {
		t.Errorf("got %d codes, want the %d documented and our %d", len(list), len(codes), len(ownCodes))
	}
	kinds := []error{
		imclient.ErrNotFound, imclient.ErrDenied, imclient.ErrCredentials, imclient.ErrInvalid, imclient.ErrConflict,
		imclient.ErrRateLimited, imclient.ErrUnavailable, imclient.ErrUnsupported, imclient.ErrQuota,
	}
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.Code] {
			t.Errorf("%s comes twice", c.Code)
		}
		seen[c.Code] = true
		if !slices.Contains(kinds, c.Kind) {
			t.Errorf("%s has the kind %v", c.Code, c.Kind)
		}
		if c.TextKey != "tencent.code."+c.Code {
			t.Errorf("%s has its texts at %s", c.Code, c.TextKey)
		}
		if unsure := errors.Is(c.Kind, imclient.ErrUnavailable); c.Unchanged == unsure {
			t.Errorf("%s is %v and unchanged is %t", c.Code, c.Kind, c.Unchanged)
		}
		if retry := c.Retry; retry && !slices.Contains([]error{imclient.ErrUnavailable, imclient.ErrRateLimited, imclient.ErrConflict}, c.Kind) {
			t.Errorf("%s is %v, and another try is said to help", c.Code, c.Kind)
		}
	}
	for name := range ownCodes {
		if _, err := strconv.Atoi(name); err == nil || !seen[name] {
			t.Errorf("our own code %q is a number, or not listed", name)
		}
	}
}

func TestKindOf(t *testing.T) {
	tests := []struct {
		name    string
		command *Command
		code    int
		want    error
	}{
		{"a group that was dismissed", nil, 10010, imclient.ErrNotFound},
		{"a wrong secret key", nil, 70009, imclient.ErrCredentials},
		{"too many calls of a command", nil, 60007, imclient.ErrRateLimited},
		{"too many calls of the app", nil, 60011, imclient.ErrRateLimited},
		{"trouble inside the service", nil, 10002, imclient.ErrUnavailable},
		{"the free plan is full", nil, 10058, imclient.ErrQuota},

		{"asked too often for the groups", &Command{Name: "get_appid_group_list"}, 10006, imclient.ErrRateLimited},
		{"too many new groups today", &Command{Name: "create_group"}, 10006, imclient.ErrQuota},
		{"no right to the group", &Command{Name: "modify_group_base_info"}, 10007, imclient.ErrDenied},
		{"the type keeps no history", &Command{Name: "group_msg_get_simple"}, 10007, imclient.ErrUnsupported},
		{"a signature that groups refuse", &Command{Service: "group_open_http_svc"}, 10008, imclient.ErrCredentials},
		{"the plan lacks extensions", &Command{Service: "openim_msg_ext_http_svc"}, 10008, imclient.ErrUnsupported},
		{"no more robots", &Command{Service: "openim_robot_http_svc"}, 10008, imclient.ErrQuota},
		{"the plan lacks topics", &Command{Service: "million_group_open_http_svc"}, 10008, imclient.ErrUnsupported},

		{"the last documented code before the group webhook's", nil, 10063, imclient.ErrQuota},
		{"first of the group webhook", nil, 10100, imclient.ErrDenied},
		{"last of the group webhook", nil, 10200, imclient.ErrDenied},
		{"first of the friend webhook", nil, 38000, imclient.ErrDenied},
		{"last of the friend webhook", nil, 39000, imclient.ErrDenied},
		{"first of the message webhook", nil, 120001, imclient.ErrDenied},
		{"last of the message webhook", nil, 130000, imclient.ErrDenied},
		{"the first after the message webhook's", nil, 130001, imclient.ErrInvalid},

		{"unknown, of the gateway", nil, 60999, imclient.ErrUnavailable},
		{"unknown, of signatures", nil, 70099, imclient.ErrCredentials},
		{"unknown, of accounts", nil, 70199, imclient.ErrDenied},
		{"unknown, of the plan", nil, 72099, imclient.ErrUnsupported},
		{"unknown, of profiles", nil, 40699, imclient.ErrInvalid},
		{"unknown, of friends", nil, 30999, imclient.ErrDenied},
		{"unknown, of recent contacts", nil, 51099, imclient.ErrInvalid},
		{"unknown, of one-to-one messages", nil, 20099, imclient.ErrDenied},
		{"unknown, of the form of messages", nil, 90099, imclient.ErrInvalid},
		{"unknown, of trouble with messages", nil, 90999, imclient.ErrUnavailable},
		{"unknown, of text checks", nil, 80099, imclient.ErrDenied},
		{"unknown, of groups", nil, 10099, imclient.ErrDenied},
		{"unknown, of topics", nil, 110099, imclient.ErrDenied},
		{"unknown, of global mutes", nil, 130099, imclient.ErrUnavailable},
		{"unknown, of nothing", nil, 999999, imclient.ErrUnavailable},
		{"negative", nil, -1, imclient.ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kindOf(tt.command, tt.code); !errors.Is(got, tt.want) {
				t.Errorf("kindOf(%d) = %v, want %v", tt.code, got, tt.want)
			}
		})
	}
}

// TestCustomCodes: the ranges of the app's own webhooks hold no code of the service.
func TestCustomCodes(t *testing.T) {
	for _, n := range slices.Sorted(maps.Keys(codes)) {
		if custom(n) {
			t.Errorf("%d is a code of the service and of a webhook", n)
		}
	}
	for _, n := range []int{10099, 10201, 37999, 39001, 120000, 130001} {
		if custom(n) {
			t.Errorf("%d is taken for a webhook's", n)
		}
	}
}
