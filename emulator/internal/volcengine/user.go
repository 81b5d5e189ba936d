package volcengine

import (
	"sync"

	"imdesk/emulator/internal/community"
)

// userInfo is a registered user as it is sent. Source: data structures, doc 192711.
type userInfo struct {
	AppId      int64
	UserId     int64
	NickName   string
	Portrait   string
	Tags       []string
	Ext        map[string]string
	CreateTime int64
	ModifyTime int64
	IsRobot    bool
}

// maxRobots is how many an app may have. Source: RegisterUsers, doc 1125993.
const maxRobots = 5000

// userChange is what a request says of a user; what is nil stays as it is.
type userChange struct {
	id             int64
	nick, portrait *string
	tags           []string
	ext            map[string]string
	robot          bool
}

func (c *call) userChanges(most int) []userChange {
	var list []userChange
	for _, o := range c.objs("Users", most) {
		u := userChange{o.user("UserId", need), o.strp("NickName"), o.strp("Portrait"), o.strs("Tags", may, maxItems), o.pairs("Ext"), o.flag("IsRobot", false)}
		if u.nick != nil {
			o.short("NickName", *u.nick, 100)
		}
		if u.portrait != nil {
			o.short("Portrait", *u.portrait, 500)
		}
		o.extOfUser("Ext", u.ext)
		list = append(list, u)
	}
	return list
}

func (ch userChange) over(u *community.User) {
	if ch.nick != nil {
		u.Nick = *ch.nick
	}
	if ch.portrait != nil {
		u.Portrait = *ch.portrait
	}
	if ch.tags != nil {
		u.Tags = ch.tags
	}
	if ch.ext != nil {
		u.Ext = ch.ext
	}
}

func failedInfos(failed []failedItem) any {
	return struct{ FailedInfos []failedItem }{listed(failed)}
}

// Source: RegisterUsers, doc 1125993. Open: who is registered is stored anew.
func registerUsers(c *call) (any, error) {
	list := c.userChanges(20)
	if err := c.failed(); err != nil {
		return nil, err
	}
	var failed []failedItem
	err := c.update(func(tx *community.Tx) error {
		robots, err := tx.CountRobots(c.app.ID)
		if err != nil {
			return err
		}
		now := c.s.now().UnixMilli()
		for _, ch := range list {
			if ch.robot {
				if robots++; robots > maxRobots {
					failed = append(failed, errInvalidParam.say("robots more than limit").item(ch.id))
					continue
				}
			}
			u := community.User{ID: ch.id, Robot: ch.robot, CreatedMS: now, ModifiedMS: now}
			ch.over(&u)
			if err := tx.PutUser(c.app.ID, u); err != nil {
				return err
			}
		}
		return nil
	})
	return failedInfos(failed), err
}

// Source: UnRegisterUsers, doc 1125994.
func unregisterUsers(c *call) (any, error) {
	users := c.users("UserIds", need, 10)
	if err := c.failed(); err != nil {
		return nil, err
	}
	var failed []failedItem
	err := c.update(func(tx *community.Tx) error {
		for _, user := range users {
			gone, err := tx.DropUser(c.app.ID, user)
			if err != nil {
				return err
			}
			if !gone {
				failed = append(failed, errUserNotFound.item(user))
			}
		}
		return nil
	})
	return failedInfos(failed), err
}

// Source: BatchGetUser, doc 1125996.
func getUsers(c *call) (any, error) {
	users := c.users("UserIds", need, 50)
	if err := c.failed(); err != nil {
		return nil, err
	}
	found, err := c.read().Users(c.app.ID, users)
	if err != nil {
		return nil, err
	}
	list, missing := []userInfo{}, []int64{}
	for _, id := range users {
		u, ok := found[id]
		if !ok {
			missing = append(missing, id)
			continue
		}
		list = append(list, userInfo{c.app.ID, u.ID, u.Nick, u.Portrait, listed(u.Tags), mapped(u.Ext), u.CreatedMS, u.ModifiedMS, u.Robot})
	}
	return struct {
		Users         []userInfo
		NotFoundUsers []int64
	}{list, missing}, nil
}

// changeUsers has fn change each of the users who is registered.
func (c *call) changeUsers(users []int64, fn func(i int, u *community.User)) (any, error) {
	if err := c.failed(); err != nil {
		return nil, err
	}
	var failed []failedItem
	err := c.update(func(tx *community.Tx) error {
		for i, id := range users {
			found, err := tx.Users(c.app.ID, []int64{id})
			if err != nil {
				return err
			}
			u, ok := found[id]
			if !ok {
				failed = append(failed, errUserNotFound.item(id))
				continue
			}
			fn(i, &u)
			u.ModifiedMS = c.s.now().UnixMilli()
			if err := tx.PutUser(c.app.ID, u); err != nil {
				return err
			}
		}
		return nil
	})
	return failedInfos(failed), err
}

// Source: BatchUpdateUser, doc 1187901. Open: absent fields stay; Ext is replaced.
func updateUsers(c *call) (any, error) {
	list := c.userChanges(10)
	users := make([]int64, len(list))
	for i, ch := range list {
		users[i] = ch.id
	}
	return c.changeUsers(users, func(i int, u *community.User) { list[i].over(u) })
}

// Source: BatchUpdateUserTags, doc 1125995.
func updateTags(c *call) (any, error) {
	users, tags, op := c.users("UserIds", need, maxItems), c.strs("Tags", need, maxItems), c.oneOf("Op", 0, 1)
	return c.changeUsers(users, func(_ int, u *community.User) { u.Tags = tagged(u.Tags, tags, op == 0) })
}

// Connection is one device that a user is online with. Source: data structures, doc 192711.
type Connection struct {
	ConnId        string
	UserId        int64
	DeviceId      int64
	ClientVersion int64
	Platform      string // Android, iOS or Web
}

// presence is who is online, in memory as on any such service.
type presence struct {
	mu     sync.Mutex
	of     map[presenceKey][]Connection
	latest int64
}

type presenceKey struct{ app, user int64 }

// clientVersion is what devices say they are.
const clientVersion = 1_250_300

// SignIn brings a user online on a platform, instead of a device he had on it before.
func (s *Service) SignIn(app, user int64, platform string) {
	s.SignOut(app, user, platform)
	p := &s.online
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[presenceKey][]Connection{}
	}
	p.latest++
	device := 7_000_000_000_000_000_000 + user%1_000_000_000_000*1000 + p.latest%1000
	key := presenceKey{app, user}
	p.of[key] = append(p.of[key], Connection{"conn-" + text(p.latest), user, device, clientVersion, platform})
}

// SignOut takes a user offline on a platform; "" is all of them.
func (s *Service) SignOut(app, user int64, platform string) {
	p := &s.online
	p.mu.Lock()
	defer p.mu.Unlock()
	key := presenceKey{app, user}
	var left []Connection
	for _, c := range p.of[key] {
		if platform != "" && c.Platform != platform {
			left = append(left, c)
		}
	}
	if delete(p.of, key); len(left) > 0 {
		p.of[key] = left
	}
}

func (p *presence) on(app, user int64) []Connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Connection(nil), p.of[presenceKey{app, user}]...)
}

// Only who is online is in the answer. Source: QueryOnlineStatus, doc 788533.
func queryOnline(c *call) (any, error) {
	users := c.users("UserIds", need, 100)
	if err := c.failed(); err != nil {
		return nil, err
	}
	found := map[string][]Connection{}
	for _, user := range users {
		if on := c.s.online.on(c.app.ID, user); len(on) > 0 {
			found[text(user)] = on
		}
	}
	return struct {
		AppId              int64
		QueryOnlineResults map[string][]Connection
	}{c.app.ID, found}, nil
}
