package tencent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"imdesk/emulator/internal/community"
)

const pushService = "all_member_push"

var pushCommands = []command{
	{service: pushService, name: "im_push", rate: 100, run: pushToAll},
	{service: pushService, name: "im_set_attr_name", rate: 100, run: nameAttrs},
	{service: pushService, name: "im_get_attr_name", rate: 100, run: getAttrNames},
	{service: pushService, name: "im_set_attr", rate: 100, run: setUserAttrs},
	{service: pushService, name: "im_remove_attr", rate: 100, run: removeUserAttrs},
	{service: pushService, name: "im_get_attr", rate: 100, run: getUserAttrs},
	{service: pushService, name: "im_add_tag", rate: 100, run: addTags},
	{service: pushService, name: "im_remove_tag", rate: 100, run: removeTags},
	{service: pushService, name: "im_get_tag", rate: 100, run: getTags},
	{service: pushService, name: "im_remove_all_tags", rate: 100, run: removeAllTags},
}

// Codes of pushes.
const (
	codePush          = 90001
	codePushRandom    = 90005
	codePushAccounts  = 90018
	codePushTag       = 90020
	codeTagTwice      = 90022
	codePushSoon      = 90024
	codePushLife      = 90026
	codePushTags      = 90032
	codePushAttr      = 90033
	codeUserTag       = 90034
	codePushMixed     = 90039
	codeTagEmpty      = 90040
	codePushQuota     = 90047
	maxPushAccounts   = 100
	maxPushTags       = 10 // of a condition, or of a user in a call
	maxUserTags       = 100
	maxPushText       = 50 // bytes of a tag, or of the name or value of an attribute
	maxPushAttrs      = 10
	pushQuota         = 100 // pushes a day
	pushInterval      = time.Second
	maxPushLife       = 604_800 // seconds
	pushRandomsRepeat = 7 * 24 * time.Hour
)

// pushToAll is im_push, doc 37165. A push with the MsgRandom of one of the last seven days is that push: nothing is sent.
// Days are those of China Standard Time.
func pushToAll(c *call) (any, error) {
	from, body := c.optStr("From_Account"), c.msgBody(openimBody)
	random := c.as(codePushRandom).num("MsgRandom", 0, maxU32)
	life := c.as(codePushLife).optNum("MsgLifeTime", 0, 0, maxPushLife)
	c.optObj("OfflinePushInfo")
	condition := c.optObj("Condition")
	if err := c.failed(); err != nil {
		return nil, err
	}
	if len(body) > maxMsgBody {
		return nil, refuse(openimBody.tooLong, "MsgBody is over %d bytes", maxMsgBody)
	}
	db := c.read()
	if from == "" {
		from = c.admin
	}
	if _, err := db.Account(c.app, from); err != nil {
		return nil, err
	}
	audience, err := c.audience(db, condition)
	if err != nil {
		return nil, err
	}
	now := c.s.now()
	p := community.Push{AtMS: now.UnixMilli(), Random: random, Sender: from, Body: body, Life: life}
	if condition != nil {
		text, err := marshal(condition.raw)
		if err != nil {
			return nil, err
		}
		p.Audience = string(text)
	}
	err = c.update(func(tx *community.Tx) error {
		first, err := tx.PushLike(c.app, random, now.Add(-pushRandomsRepeat).UnixMilli())
		if !errors.Is(err, community.ErrNoPush) {
			p.Task = first.Task
			return err
		}
		today := (community.Day(now.Unix())*86400 - cst) * 1000
		n, latest, err := tx.CountPushes(c.app, today)
		switch {
		case err != nil:
			return err
		case now.UnixMilli()-latest <= pushInterval.Milliseconds():
			return refuse(codePushSoon, "pushes are more than a second apart")
		case n >= pushQuota:
			return refuse(codePushQuota, "at most %d pushes a day", pushQuota)
		}
		if p.Matched, p.Reached, err = tx.CountAudience(c.app, audience, c.s.online.names(c.app)); err != nil {
			return err
		}
		p.Task = fmt.Sprintf("%d_%d_%d_%d", c.app, p.AtMS, random, n+1)
		return errors.Join(tx.AddPush(c.app, p), c.pushedToAll(tx, p, audience))
	})
	return struct{ TaskId string }{p.Task}, err
}

// cst is China Standard Time, in seconds east.
const cst = 8 * 3600

// audience reads the Condition of a push: tags or attributes, but not both.
func (c *call) audience(db community.Conn, o *fields) (a community.Audience, err error) {
	if o == nil {
		return a, nil
	}
	tags, attrs := o.has("TagsOr") || o.has("TagsAnd"), o.has("AttrsOr") || o.has("AttrsAnd")
	if tags && attrs {
		return a, refuse(codePushMixed, "a condition has tags or attributes, but not both")
	}
	a.TagsOr, a.TagsAnd = o.conditionTags("TagsOr"), o.conditionTags("TagsAnd")
	known, err := db.PushAttrNames(c.app)
	if err != nil {
		return a, err
	}
	a.AttrsOr, a.AttrAnd = o.pushAttrs("AttrsOr", known), o.pushAttrs("AttrsAnd", known)
	return a, o.failed()
}

// conditionTags reads a list of tags of a condition.
func (f *fields) conditionTags(name string) []string {
	tags := f.optStrs(name, maxPushTags, codePushTags)
	for i, tag := range tags {
		switch {
		case tag == "":
			f.failWith(codeTagEmpty, name, "holds an empty tag")
		case len(tag) > maxPushText:
			f.failWith(codePushTag, name, "holds a tag of over 50 bytes")
		case slices.Contains(tags[:i], tag):
			f.failWith(codeTagTwice, name, "holds a tag twice")
		}
	}
	return tags
}

// pushAttrs reads an object of attributes by name. Their names must be known.
func (f *fields) pushAttrs(name string, known map[int]string) (attrs []community.PushAttr) {
	o := f.optObj(name)
	if o == nil {
		return nil
	}
	numbers := map[string]int{}
	for n, text := range known {
		numbers[text] = n
	}
	for _, key := range slices.Sorted(maps.Keys(o.raw)) {
		n, ok := numbers[key]
		value := o.as(codePushAttr).optStr(key)
		if !ok || len(value) > maxPushText {
			f.failWith(codePushAttr, name, "holds an attribute without a name, or a value of over 50 bytes")
		}
		attrs = append(attrs, community.PushAttr{N: n, Value: value})
	}
	return attrs
}

// nameAttrs is im_set_attr_name, doc 37167. An empty name removes it.
func nameAttrs(c *call) (any, error) {
	if _, ok := c.need("AttrNames"); !ok {
		return nil, c.failed()
	}
	o := c.optObj("AttrNames")
	if err := c.failed(); err != nil {
		return nil, err
	}
	names := map[int]string{}
	for key := range o.raw {
		n, err := strconv.Atoi(key)
		if err != nil || n < 0 || n >= maxPushAttrs || len(key) > 1 {
			c.failWith(codePushAttr, "AttrNames", "holds a key that is none of 0 to 9")
		}
		if names[n] = o.optStr(key); len(names[n]) > maxPushText {
			c.failWith(codePushAttr, "AttrNames", "holds a name of over 50 bytes")
		}
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		for n, name := range names {
			if err := tx.NamePushAttr(c.app, n, name); err != nil {
				return err
			}
		}
		known, err := tx.PushAttrNames(c.app)
		if err != nil {
			return err
		}
		if texts := slices.Sorted(maps.Values(known)); len(slices.Compact(slices.Clone(texts))) < len(texts) {
			return refuse(codePushAttr, "two attributes have the same name")
		}
		return nil
	})
}

// getAttrNames is im_get_attr_name, doc 37166.
func getAttrNames(c *call) (any, error) {
	known, err := c.read().PushAttrNames(c.app)
	names := map[string]string{}
	for n, name := range known {
		names[strconv.Itoa(n)] = name
	}
	return struct{ AttrNames map[string]string }{names}, err
}

// eachUser runs do for each of the objects in a list of users.
func (c *call) eachUser(list string, read func(o *fields) func(tx *community.Tx, account string) error) (any, error) {
	var names []string
	var write []func(*community.Tx, string) error
	for _, o := range c.objs(list, maxPushAccounts, codePushAccounts) {
		names = append(names, o.str("To_Account"))
		write = append(write, read(o))
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		for i, name := range names {
			if err := write[i](tx, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// setUserAttrs is im_set_attr, doc 37169.
func setUserAttrs(c *call) (any, error) {
	known, err := c.read().PushAttrNames(c.app)
	if err != nil {
		return nil, err
	}
	return c.eachUser("UserAttrs", func(o *fields) func(*community.Tx, string) error {
		o.need("Attrs")
		attrs := o.pushAttrs("Attrs", known)
		return func(tx *community.Tx, account string) error {
			for _, a := range attrs {
				if err := tx.SetPushAttr(c.app, account, a.N, &a.Value); err != nil {
					return err
				}
			}
			return nil
		}
	})
}

// removeUserAttrs is im_remove_attr, doc 37170. Attrs holds names only.
func removeUserAttrs(c *call) (any, error) {
	known, err := c.read().PushAttrNames(c.app)
	if err != nil {
		return nil, err
	}
	return c.eachUser("UserAttrs", func(o *fields) func(*community.Tx, string) error {
		var numbers []int
		for _, name := range o.strs("Attrs", maxPushAttrs, codePushAttr) {
			found := false
			for n, text := range known {
				if text == name {
					numbers, found = append(numbers, n), true
				}
			}
			if !found {
				o.failWith(codePushAttr, "Attrs", "holds an attribute without a name")
			}
		}
		return func(tx *community.Tx, account string) error {
			for _, n := range numbers {
				if err := tx.SetPushAttr(c.app, account, n, nil); err != nil {
					return err
				}
			}
			return nil
		}
	})
}

type userAttrs struct {
	ToAccount string `json:"To_Account"`
	Attrs     map[string]string
}

// pushAccounts reads the users a query is about.
func (c *call) pushAccounts() []string {
	return c.strs("To_Account", maxPushAccounts, codePushAccounts)
}

// getUserAttrs is im_get_attr, doc 37168.
func getUserAttrs(c *call) (any, error) {
	names := c.pushAccounts()
	if err := c.failed(); err != nil {
		return nil, err
	}
	db := c.read()
	known, err := db.PushAttrNames(c.app)
	if err != nil {
		return nil, err
	}
	found, err := db.PushAttrs(c.app, names)
	users := make([]userAttrs, len(names))
	for i, name := range names {
		users[i] = userAttrs{name, map[string]string{}}
		for _, a := range found[name] {
			if known[a.N] != "" {
				users[i].Attrs[known[a.N]] = a.Value
			}
		}
	}
	return struct{ UserAttrs []userAttrs }{users}, err
}

// addTags is im_add_tag, doc 37172.
func addTags(c *call) (any, error) {
	return c.eachUser("UserTags", func(o *fields) func(*community.Tx, string) error {
		tags := o.strs("Tags", maxPushTags, codePushTags)
		for _, tag := range tags {
			if tag == "" {
				o.failWith(codeTagEmpty, "Tags", "holds an empty tag")
			} else if len(tag) > maxPushText {
				o.failWith(codeUserTag, "Tags", "holds a tag of over 50 bytes")
			}
		}
		return func(tx *community.Tx, account string) error {
			n, err := tx.AddPushTags(c.app, account, tags)
			if err == nil && n > maxUserTags {
				return refuse(codePushTags, "%s has more than %d tags", account, maxUserTags)
			}
			return err
		}
	})
}

// removeTags is im_remove_tag, doc 37173.
func removeTags(c *call) (any, error) {
	return c.eachUser("UserTags", func(o *fields) func(*community.Tx, string) error {
		tags := o.strs("Tags", maxUserTags, codePushTags)
		return func(tx *community.Tx, account string) error { return tx.RemovePushTags(c.app, account, tags) }
	})
}

type userTags struct {
	ToAccount string `json:"To_Account"`
	Tags      []string
}

// getTags is im_get_tag, doc 37171.
func getTags(c *call) (any, error) {
	names := c.pushAccounts()
	if err := c.failed(); err != nil {
		return nil, err
	}
	found, err := c.read().PushTags(c.app, names)
	users := make([]userTags, len(names))
	for i, name := range names {
		users[i] = userTags{name, append([]string{}, found[name]...)}
	}
	return struct{ UserTags []userTags }{users}, err
}

// removeAllTags is im_remove_all_tags, doc 37174.
func removeAllTags(c *call) (any, error) {
	names := c.pushAccounts()
	if err := c.failed(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *community.Tx) error {
		for _, name := range names {
			if err := tx.RemovePushTags(c.app, name, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// Pushed is a push as it went out.
type Pushed struct {
	Task     string          `json:"task"`
	At       time.Time       `json:"at"`
	From     string          `json:"from"`
	Body     json.RawMessage `json:"body"`
	Audience json.RawMessage `json:"condition,omitempty"`
	Life     int64           `json:"life_seconds"`
	Matched  int64           `json:"matched"` // accounts the condition selects
	Reached  int64           `json:"reached"` // those of them who were online
}

// Pushes lists the latest pushes of app, latest first: the API has no command for it.
func (s *Service) Pushes(ctx context.Context, app int64, n int) ([]Pushed, error) {
	stored, err := s.store.Read(ctx).Pushes(app, n)
	list := make([]Pushed, len(stored))
	for i, p := range stored {
		list[i] = Pushed{p.Task, time.UnixMilli(p.AtMS), p.Sender, json.RawMessage(p.Body), json.RawMessage(p.Audience), p.Life, p.Matched, p.Reached}
	}
	return list, err
}
