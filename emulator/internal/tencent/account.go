package tencent

import (
	"sync"

	"imdesk/emulator/internal/community"
)

var accountCommands = []command{
	{service: "im_open_login_svc", name: "account_import", rate: 200, run: importAccount},
	{service: "im_open_login_svc", name: "multiaccount_import", rate: 100, run: importAccounts},
	{service: "im_open_login_svc", name: "account_delete", rate: 100, run: deleteAccounts},
	{service: "im_open_login_svc", name: "account_check", rate: 100, run: checkAccounts},
	{service: "im_open_login_svc", name: "kick", rate: 200, run: kick},
	{service: "openim", name: "query_online_status", rate: 200, run: queryOnlineStatus},
	{service: "openim", name: "querystate", rate: 200, run: queryState},
}

const (
	codeLoginField   = 70402
	codeProfileLong  = 40601
	maxAccounts      = 100
	maxProfileString = 500 // bytes
)

// validUserID reports whether id may be a UserID: 1 to 32 bytes of printable ASCII.
func validUserID(id string) bool { return printable(id, 32) }

func printable(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for _, b := range []byte(s) {
		if b < 0x20 || b > 0x7e {
			return false
		}
	}
	return true
}

// importAccount is account_import, doc 34953.
func importAccount(c *call) (any, error) {
	c.alias("UserID", "Identifier")
	a := community.Account{Name: c.str("UserID"), Nick: c.optStr("Nick"), Face: c.optStr("FaceUrl")}
	switch {
	case c.failed() != nil:
		return nil, c.failed()
	case !validUserID(a.Name):
		return nil, refuse(codeLoginField, "UserID is not 1 to 32 printable ASCII characters")
	case len(a.Nick) > maxProfileString || len(a.Face) > maxProfileString:
		return nil, refuse(codeProfileLong, "a profile value is over 500 bytes")
	}
	return nil, c.update(func(tx *community.Tx) error {
		_, err := tx.ImportAccount(c.app, a)
		return err
	})
}

// importAccounts is multiaccount_import, doc 34954. Accounts holds names, the newer AccountList also nick and face.
func importAccounts(c *call) (any, error) {
	var accounts []community.Account
	if c.has("AccountList") {
		for _, o := range c.objs("AccountList", maxAccounts, codeBatchNumber) {
			accounts = append(accounts, community.Account{Name: o.optStr("UserID"), Nick: o.optStr("Nick"), Face: o.optStr("FaceUrl")})
		}
	} else {
		for _, name := range c.strs("Accounts", maxAccounts, codeBatchNumber) {
			accounts = append(accounts, community.Account{Name: name})
		}
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	failed := []string{}
	err := c.update(func(tx *community.Tx) error {
		for _, a := range accounts {
			if !validUserID(a.Name) || len(a.Nick) > maxProfileString || len(a.Face) > maxProfileString {
				failed = append(failed, a.Name)
				continue
			}
			if _, err := tx.ImportAccount(c.app, a); err != nil {
				return err
			}
		}
		return nil
	})
	return struct{ FailAccounts []string }{failed}, err
}

type accountResult struct {
	UserID        string
	ResultCode    int
	ResultInfo    string
	AccountStatus string `json:",omitempty"`
}

// deleteAccounts is account_delete, doc 34955. The app counts as a trial one, so deleting is allowed.
func deleteAccounts(c *call) (any, error) {
	names := c.userIDs("DeleteItem")
	if err := c.failed(); err != nil {
		return nil, err
	}
	results := make([]accountResult, len(names))
	err := c.update(func(tx *community.Tx) error {
		found, err := tx.Accounts(c.app, names)
		if err != nil {
			return err
		}
		for i, name := range names {
			a, ok := found[name]
			switch {
			case !ok:
				results[i] = accountResult{UserID: name, ResultCode: codeNoSuchUser, ResultInfo: "Err_TLS_PT_Open_Login_Account_Not_Exist"}
				continue
			case c.isAdmin(name):
				results[i] = accountResult{UserID: name, ResultCode: codeLoginField, ResultInfo: "Err_TLS_PT_Open_Login_Account_Is_Admin"}
				continue
			}
			if err := tx.DeleteAccount(c.app, a); err != nil {
				return err
			}
			delete(found, name)
			results[i] = accountResult{UserID: name}
		}
		return nil
	})
	if err == nil {
		for _, r := range results {
			if r.ResultCode == 0 {
				c.s.online.set(c.app, r.UserID, nil)
			}
		}
	}
	return struct{ ResultItem []accountResult }{results}, err
}

// checkAccounts is account_check, doc 34956.
func checkAccounts(c *call) (any, error) {
	names := c.userIDs("CheckItem")
	if err := c.failed(); err != nil {
		return nil, err
	}
	found, err := c.read().Accounts(c.app, names)
	if err != nil {
		return nil, err
	}
	results := make([]accountResult, len(names))
	for i, name := range names {
		results[i] = accountResult{UserID: name, AccountStatus: "NotImported"}
		if _, ok := found[name]; ok {
			results[i].AccountStatus = "Imported"
		}
	}
	return struct{ ResultItem []accountResult }{results}, nil
}

// userIDs reads a list of {UserID}.
func (c *call) userIDs(name string) []string {
	objs := c.objs(name, maxAccounts, codeBatchNumber)
	names := make([]string, len(objs))
	for i, o := range objs {
		names[i] = o.str("UserID")
	}
	return names
}

// kick ends a user's login, doc 34957: UserSigs made before are void, except those of administrators. It is no ban: with a
// new UserSig he is back.
func kick(c *call) (any, error) {
	c.alias("UserID", "Identifier")
	name := c.str("UserID")
	if err := c.failed(); err != nil {
		return nil, err
	}
	err := c.update(func(tx *community.Tx) error {
		a, err := tx.Account(c.app, name)
		if err != nil {
			return err
		}
		return tx.Kick(a.UID, c.s.now().Unix())
	})
	if err == nil {
		c.s.SignOut(c.app, name, "")
	}
	return nil, err
}

// Device is one device of a user and its state.
type Device struct {
	Platform string // iPhone, Android, Web, PC, iPad or Mac
	Status   string // Online or PushOnline
}

type onlineState struct {
	ToAccount string `json:"To_Account"`
	Status    string `json:",omitempty"`
	State     string
	Detail    []Device `json:",omitempty"`
}

type accountError struct {
	ToAccount string `json:"To_Account"`
	ErrorCode int
}

// queryOnlineStatus is query_online_status, doc 35477. The page's table says Status, its samples State: both are sent.
func queryOnlineStatus(c *call) (any, error) {
	states, unknown, err := c.onlineStates()
	return struct {
		QueryResult []onlineState
		ErrorList   []accountError `json:",omitempty"`
	}{states, unknown}, err
}

// queryState is the older querystate, which knows neither Status nor ErrorList.
func queryState(c *call) (any, error) {
	states, _, err := c.onlineStates()
	for i := range states {
		states[i].Status = ""
	}
	return struct{ QueryResult []onlineState }{states}, err
}

func (c *call) onlineStates() (states []onlineState, unknown []accountError, err error) {
	names := c.receivers("To_Account")
	detail := c.flag("IsNeedDetail")
	if err := c.failed(); err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return nil, nil, refuse(90001, "To_Account is empty")
	}
	found, err := c.read().Accounts(c.app, names)
	if err != nil {
		return nil, nil, err
	}
	states = []onlineState{}
	for _, name := range names {
		if _, ok := found[name]; !ok {
			unknown = append(unknown, accountError{name, codeNoSuchUser})
			continue
		}
		devices := c.s.online.get(c.app, name)
		st := onlineState{ToAccount: name, Status: best(devices)}
		if st.State = st.Status; detail {
			st.Detail = devices
		}
		states = append(states, st)
	}
	return states, unknown, nil
}

// receivers reads a list of up to 500 accounts of the openim service, which may be empty.
func (c *call) receivers(name string) []string {
	f := c.as(90003)
	if _, ok := f.need(name); !ok {
		return nil
	}
	return f.optStrs(name, 500, codeReceivers)
}

// best is the state of a user: online if any device is.
func best(devices []Device) string {
	state := "Offline"
	for _, d := range devices {
		if d.Status == "Online" {
			return d.Status
		}
		state = d.Status
	}
	return state
}

// maxOnline bounds how many users can be online at once.
const maxOnline = 200_000

// presence knows who is online, and on what. It forgets with the process.
type presence struct {
	mu    sync.RWMutex
	users map[presenceKey][]Device
	count map[int64]int // users by app
}

type presenceKey struct {
	app  int64
	name string
}

func (p *presence) get(app int64, name string) []Device {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.users[presenceKey{app, name}]
}

// set replaces the user's devices; none makes him offline.
func (p *presence) set(app int64, name string, devices []Device) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(presenceKey{app, name}, devices)
}

func (p *presence) put(key presenceKey, devices []Device) {
	if _, was := p.users[key]; was {
		delete(p.users, key)
		p.count[key.app]--
	}
	if len(devices) == 0 || len(p.users) >= maxOnline {
		return
	}
	if p.users == nil {
		p.users, p.count = map[presenceKey][]Device{}, map[int64]int{}
	}
	p.users[key] = devices
	p.count[key.app]++
}

// online returns how many users of app are online.
func (p *presence) online(app int64) int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.count[app]
}

// names lists the users of app who are online.
func (p *presence) names(app int64) (names []string) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for key := range p.users {
		if key.app == app {
			names = append(names, key.name)
		}
	}
	return names
}

// signIn adds a device, and returns those whose login it ends.
func (p *presence) signIn(app int64, name string, d Device) (kicked []Device) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := presenceKey{app, name}
	kept, kicked := split(p.users[key], d.Platform)
	p.put(key, append([]Device{d}, kept...))
	return kicked
}

// signOut removes the devices of a platform, "" being all, and returns them.
func (p *presence) signOut(app int64, name, platform string) (gone []Device) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := presenceKey{app, name}
	kept, gone := split(p.users[key], platform)
	p.put(key, kept)
	return gone
}

// split parts the devices of a platform, "" being all, from the others.
func split(devices []Device, platform string) (others, of []Device) {
	for _, d := range devices {
		if platform == "" || platform == d.Platform {
			of = append(of, d)
		} else {
			others = append(others, d)
		}
	}
	return others, of
}

// SetOnline says on which devices a user is online; none makes him offline.
func (s *Service) SetOnline(app int64, name string, devices ...Device) {
	was := best(s.online.get(app, name))
	s.online.set(app, name, devices)
	if was == "Offline" && best(devices) != was {
		s.loggedIn(app, name)
	}
}
