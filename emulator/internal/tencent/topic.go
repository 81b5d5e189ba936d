package tencent

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"imdesk/emulator/internal/community"
)

const topicService = "million_group_open_http_svc"

var topicCommands = []command{
	{service: topicService, name: "create_topic", rate: 200, run: createTopic},
	{service: topicService, name: "get_topic", rate: 200, limit: maxGroupAnswer, run: getTopics},
	{service: topicService, name: "modify_topic", rate: 200, run: modifyTopic},
	{service: topicService, name: "destroy_topic", rate: 200, run: destroyTopics},
	{service: groupService, name: "import_topic", rate: 200, run: importTopic},
}

// Limits and codes of topics. Source: "Community", docs 49468 to 49471 and 53448.
const (
	maxTopics        = 200 // of a community
	maxTopicID       = 96  // bytes
	maxCustomString  = 3000
	codeTopicsOff    = 11000
	codeTopicsFull   = 10037
	codeTopicUnknown = 110002
	codeTopicGone    = 110003
	topicMark        = "@TOPIC#_"
)

// notTopics are the kinds of groups that never have topics.
var notTopics = []community.Kind{community.Private, community.Public, community.ChatRoom, community.LiveRoom}

// topicGroup returns the community with topics that the call is about.
func (c *call) topicGroup() (*community.Group, error) {
	g, err := c.groupOf(codeNotAllowed, notTopics...)
	if err == nil && !g.Topics {
		return nil, refuse(codeTopicsOff, "the community has no topics")
	}
	return g, err
}

// accountField reads an account that may be absent. The pages' tables have a number where their samples have text.
func (f *fields) accountField(name string) string {
	if f.has(name) {
		if n, ok := integer(f.raw[name]); ok {
			return strconv.FormatInt(n, 10)
		}
	}
	return f.optStr(name)
}

// topicTexts reads the texts of a topic over what it has.
func (c *call) topicTexts(p *community.Topic) {
	for _, f := range []struct {
		to    *string
		name  string
		limit int
	}{
		{&p.Name, "TopicName", maxName},
		{&p.Introduction, "Introduction", maxIntroduction},
		{&p.Notification, "Notification", maxNotification},
		{&p.Face, "FaceUrl", maxFace},
		{&p.Data, "CustomString", maxCustomString},
	} {
		if text := c.strPtr(f.name); text != nil {
			*f.to = *text
		}
		if len(*f.to) > f.limit {
			c.fail(f.name, "is too long")
		}
	}
	if p.Name == "" {
		c.fail("TopicName", "is empty or missing")
	}
}

// newTopic makes the topic that the call describes. taken says which code a used id gets, told whether the app hears of it.
func (c *call) newTopic(createdAt int64, told bool, taken func(*community.Group, string) int) (any, error) {
	p := &community.Topic{ID: c.optStr("TopicId"), CreatedAt: createdAt}
	from := c.accountField("From_Account")
	c.topicTexts(p)
	g, err := c.topicGroup()
	if err == nil {
		err = c.clean(p.Name, p.Introduction, p.Notification)
	}
	if err != nil {
		return nil, err
	}
	if p.ID == "" {
		p.ID = g.ID + topicMark + "@TOPIC#c" + rand.Text()[:11]
	} else if err := checkTopicID(g, p.ID); err != nil {
		return nil, err
	}
	if told {
		if _, err := c.ask("Group.CallbackBeforeCreateTopic", struct {
			OperatorAccount string `json:"Operator_Account"`
			Type, Name      string
		}{c.admin, kindNames[g.Kind], p.Name}, groupDecision, nil); err != nil {
			return nil, err
		}
	}
	err = c.update(func(tx *community.Tx) error {
		if from != "" {
			if _, err := tx.Account(c.app, from); err != nil {
				return err
			}
		}
		if _, err := tx.Topic(g.GID, p.ID); !errors.Is(err, community.ErrNoTopic) {
			return firstOf(err, refuse(taken(g, from), "the topic id is in use"))
		}
		if n, err := tx.CountTopics(g.GID); err != nil || n >= maxTopics {
			return firstOf(err, refuse(codeTopicsFull, "a community has at most %d topics", maxTopics))
		}
		if err := tx.CreateTopic(g.GID, p); err != nil || !told {
			return err
		}
		return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterCreateTopic", struct {
			GroupId, TopicId    string
			OperatorAccount     string `json:"Operator_Account"`
			OwnerAccount        string `json:"Owner_Account"`
			Type, Name          string
			UserDefinedDataList []keyValue
		}{g.ID, p.ID, c.admin, cmp.Or(from, c.admin), kindNames[g.Kind], p.Name, []keyValue{}})
	})
	return struct{ TopicId string }{p.ID}, err
}

// firstOf is err, or if there is none, what else is wrong.
func firstOf(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// checkTopicID checks an id that the caller chose.
func checkTopicID(g *community.Group, id string) error {
	custom, ok := strings.CutPrefix(id, g.ID+topicMark)
	if !ok || !printable(id, maxTopicID) || custom == "" || strings.Contains(custom, "@TGS#_") || strings.Contains(id, topicMark+"@TOPIC#") {
		return refuse(codeGroupField, "TopicId is not the id of the group, %s and a part of your own, 96 bytes in all", topicMark)
	}
	return nil
}

// createTopic is create_topic, doc 49468.
func createTopic(c *call) (any, error) {
	return c.newTopic(c.s.now().Unix(), true, func(g *community.Group, from string) int {
		if from == "" {
			from = c.admin
		}
		if from == g.Owner {
			return 10025
		}
		return 10021
	})
}

// importTopic is import_topic, doc 53448, which belongs to the group service.
func importTopic(c *call) (any, error) {
	now := c.s.now().Unix()
	c.oneOf("Type", kindNames[community.Community])
	return c.newTopic(c.optNum("CreateTime", now, 1, now), false, func(*community.Group, string) int { return 10021 })
}

// topicRef names a topic. GroupID is spelled that way on the wire.
type topicRef struct{ GroupID, TopicId string }

// topicSelf is a user's place in a topic. ShutUpTime is what is left of a mute, in seconds; it keeps its older name.
type topicSelf struct {
	ShutUpTime int64
	MsgSeq     int64
	MsgFlag    string
}

type topicItem struct {
	ErrorCode int
	ErrorInfo string
	SelfInfo  *topicSelf `json:",omitempty"`
	TopicInfo any
}

// getTopics is get_topic, doc 49470. A topic that is not there is an element with an ErrorCode, the call itself succeeds.
func getTopics(c *call) (any, error) {
	c.need("From_Account")
	from := c.accountField("From_Account")
	ids := c.optStrs("TopicIdList", maxTopics, codeGroupField)
	want := filter(nil)
	if c.has("ResponseFilter") {
		if want = c.filter("ResponseFilter"); len(want) == 0 {
			want = nil
		}
	}
	g, err := c.topicGroup()
	if err != nil {
		return nil, err
	}
	db := c.read()
	user, err := db.Account(c.app, from)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		ids = nil
	}
	topics, err := db.Topics(g.GID, ids)
	if err != nil {
		return nil, err
	}
	self, err := c.topicSelves(db, g, user)
	if err != nil {
		return nil, err
	}
	items, missing := []topicItem{}, slices.Clone(ids)
	for _, p := range topics {
		info, err := topicInfo(g, p, want)
		if err != nil {
			return nil, err
		}
		me, err := self(p)
		if err != nil {
			return nil, err
		}
		items = append(items, topicItem{0, "ok", me, info})
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == p.ID })
	}
	for _, id := range missing {
		gone, err := db.TopicGone(g.GID, id)
		if err != nil {
			return nil, err
		}
		item := topicItem{codeNoGroup, "this topic does not exist", nil, topicRef{g.ID, id}}
		if gone {
			item.ErrorCode, item.ErrorInfo = codeTopicGone, "this topic has been deleted"
		}
		items = append(items, item)
	}
	return reply{info: "ok", body: struct{ TopicAndSelfInfo []topicItem }{items}}, nil
}

// topicSelves tells the user's place in topics of g. Whoever is no member has read nothing.
func (c *call) topicSelves(db community.Conn, g *community.Group, user community.Account) (func(community.Topic) (*topicSelf, error), error) {
	m, err := db.Member(g.GID, user.UID)
	if err != nil && !errors.Is(err, community.ErrNotMember) {
		return nil, err
	}
	read, err := db.TopicsRead(g.GID, user.UID)
	return func(p community.Topic) (*topicSelf, error) {
		until, err := db.MutedUntil(p.TID, user.UID)
		return &topicSelf{c.left(until), max(read[p.TID], p.ReadFloor), flagNames[m.Flag]}, err
	}, err
}

// topicInfo writes the wanted fields of a topic; its ids are always there.
func topicInfo(g *community.Group, p community.Topic, want filter) (json.Marshaler, error) {
	o := &object{}
	errs := []error{o.add("TopicId", p.ID), o.add("GroupID", g.ID)}
	for _, f := range []struct {
		name  string
		value any
	}{
		{"TopicName", p.Name},
		{"FaceUrl", p.Face},
		{"Notification", p.Notification},
		{"Introduction", p.Introduction},
		{"CreateTime", p.CreatedAt},
		{"LastMsgTime", p.MsgAt},
		{"NextMsgSeq", p.NextSeq},
		{"MuteAllMember", onOff(p.MuteAll)},
		{"CustomString", p.Data},
	} {
		if want.want(f.name) {
			errs = append(errs, o.add(f.name, f.value))
		}
	}
	return o, errors.Join(errs...)
}

// topicTrouble is what a call about one topic answers if it is not there.
func topicTrouble(db community.Conn, g *community.Group, id string) error {
	gone, err := db.TopicGone(g.GID, id)
	if err != nil {
		return err
	}
	if gone {
		return refuse(codeDismissed, "this topic has been deleted")
	}
	return refuse(codeNoGroup, "this topic does not exist")
}

// modifyTopic is modify_topic, doc 49471.
func modifyTopic(c *call) (any, error) {
	id, from, muteAll := c.str("TopicId"), c.accountField("From_Account"), c.oneOf("MuteAllMember", "On", "Off")
	g, err := c.topicGroup()
	if err != nil {
		return nil, err
	}
	return reply{info: "ok"}, c.update(func(tx *community.Tx) error {
		if from != "" {
			if _, err := tx.Account(c.app, from); err != nil {
				return err
			}
		}
		p, err := tx.Topic(g.GID, id)
		if errors.Is(err, community.ErrNoTopic) {
			return topicTrouble(tx.Conn, g, id)
		}
		if err != nil {
			return err
		}
		was := p
		if c.topicTexts(&p); muteAll != "" {
			p.MuteAll = muteAll == "On"
		}
		if err := firstOf(c.failed(), c.clean(p.Name, p.Introduction, p.Notification)); err != nil {
			return err
		}
		changed := infoChange{}
		patch(&was.Name, &p.Name, "Name", changed)
		patch(&was.Introduction, &p.Introduction, "Introduction", changed)
		patch(&was.Notification, &p.Notification, "Notification", changed)
		patch(&was.Face, &p.Face, "FaceUrl", changed)
		if err := tx.SaveTopic(p); err != nil || len(changed) == 0 {
			return err
		}
		return c.infoChanged(tx, g, "Group.CallbackAfterTopicInfoChanged", cmp.Or(from, c.admin), changed)
	})
}

type destroyResult struct {
	TopicId   string
	ErrorCode int
	ErrorInfo string
}

// destroyTopics is destroy_topic, doc 49469.
func destroyTopics(c *call) (any, error) {
	ids := c.strs("TopicIdList", maxTopics, codeGroupField)
	g, err := c.topicGroup()
	if err != nil {
		return nil, err
	}
	results := make([]destroyResult, len(ids))
	var removed []string
	err = c.update(func(tx *community.Tx) error {
		for i, id := range ids {
			results[i] = destroyResult{id, 0, "ok"}
			p, err := tx.Topic(g.GID, id)
			if err == nil {
				removed = append(removed, id)
				err = tx.RemoveTopic(p.TID)
			} else if errors.Is(err, community.ErrNoTopic) {
				results[i].ErrorCode, results[i].ErrorInfo = codeTopicUnknown, "this topic does not exist"
				var gone bool
				if gone, err = tx.TopicGone(g.GID, id); gone {
					results[i].ErrorCode, results[i].ErrorInfo = codeTopicGone, "this topic has been deleted"
				}
			}
			if err != nil {
				return err
			}
		}
		if len(removed) == 0 {
			return nil
		}
		return c.tell(tx, groupLane(g.ID), "Group.CallbackAfterTopicDestroyed", struct {
			GroupId, Type string
			TopicIdList   []string
		}{g.ID, kindNames[g.Kind], removed})
	})
	return struct{ DestroyResultItem []destroyResult }{results}, err
}

// addGross adds, for a community with topics, how many messages all its topics have had and how many of them the user
// has read.
func addGross(db community.Conn, g *community.JoinedGroup, o, self *object, base, selfWant filter, always bool) error {
	if !g.Topics || !always && !base["GrossTopicNextMsgSeq"] && !selfWant["GrossTopicReadSeq"] {
		return nil
	}
	said, read, err := db.TopicTotals(g.GID, g.UID)
	if err != nil {
		return err
	}
	if always || base["GrossTopicNextMsgSeq"] {
		err = o.add("GrossTopicNextMsgSeq", said+1)
	}
	if always || selfWant["GrossTopicReadSeq"] {
		err = errors.Join(err, self.add("GrossTopicReadSeq", read))
	}
	return err
}
