package tencent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"imdesk/emulator/internal/community"
)

// Callbacks that say nothing of who caused them: their addresses have neither client nor platform.
const (
	memberStateCommand = "Group.CallbackOnMemberStateChange"
	offlinePushCommand = "Push.OfflinePush"
	allPushCommand     = "Push.AllMemberPush"
	contentCommand     = "ContentCallback.ResultNotify"
)

var anonymous = []string{memberStateCommand, offlinePushCommand, allPushCommand, contentCommand}

// What a pushEvent says.
const (
	pushDirect    = 1 // EventType of a push for who is offline
	pushGroup     = 2
	pushAsleep    = 1 // EventType of a push to all: by the telephone's maker
	pushAwake     = 2 // to the app itself
	pushedByMaker = 1 // PushPlatform
	pushSent      = 1 // PushStage; whether it arrived or was clicked, nobody here can tell

	asleep        = "PushOnline" // state of a user whose telephone is reached by its maker only
	maxPushEvents = 100          // in one callback
)

// How many groups a day an app may grow by, and from how many on it is warned.
const (
	dailyGroups = 10_000
	quotaAlarm  = 8_000
)

// pushEvent is one push, as the app is told. Source: "All Users / Tags / UserID Push Callback", doc 67551, and "Other Push
// Callbacks", doc 67552.
type pushEvent struct {
	CallbackCommand string
	EventType       int
	TaskId          string `json:",omitempty"`
	TaskTime        int64  `json:",omitempty"` // seconds, as EventTime
	EventTime       int64
	FromAccount     string `json:"From_Account,omitempty"`
	ToAccount       string `json:"To_Account"`
	GroupID         string `json:",omitempty"`
	MsgKey          string `json:",omitempty"`
	MsgSeq          *int64 `json:",omitempty"`
	MsgRandom       *int64 `json:",omitempty"`
	PushPlatform    int
	PushStage       int
	ErrCode         int
	ErrInfo         string
}

// tellPushes tells of pushes like e to some users.
func (c *call) tellPushes(tx *community.Tx, lane string, e pushEvent, users []string) error {
	e.EventTime, e.PushStage, e.ErrInfo = c.s.now().Unix(), pushSent, "OK"
	for part := range slices.Chunk(users, maxPushEvents) {
		events := make([]pushEvent, len(part))
		for i, user := range part {
			events[i] = e
			events[i].ToAccount = user
		}
		if err := c.tell(tx, lane, e.CallbackCommand, struct{ Events []pushEvent }{events}); err != nil {
			return err
		}
	}
	return nil
}

// pushedDirect tells of the push for a direct message, if its receiver's telephone sleeps.
func (c *call) pushedDirect(tx *community.Tx, m *directMsg) error {
	if m.onlineOnly || m.noPush || best(c.s.online.get(c.app, m.to)) != asleep {
		return nil
	}
	e := pushEvent{
		CallbackCommand: offlinePushCommand, EventType: pushDirect, FromAccount: m.from, MsgKey: msgKey(m.Key()),
		MsgSeq: &m.Seq, MsgRandom: &m.Random, PushPlatform: pushedByMaker,
	}
	return c.tellPushes(tx, pairLane(m.from, m.to), e, []string{m.to})
}

// pushedGroup tells of the pushes for a message of a group, to those of its members who want to be notified and whose
// telephones sleep.
func (c *call) pushedGroup(tx *community.Tx, st *stream, m *groupMsg, seq int64) error {
	if st.Kind == community.LiveRoom || !c.s.hooks.of(c.app).wants(offlinePushCommand) {
		return nil
	}
	sleeping := slices.DeleteFunc(c.s.online.names(c.app), func(user string) bool { return user == m.Sender || best(c.s.online.get(c.app, user)) != asleep })
	members, err := tx.MembersNamed(c.app, st.GID, sleeping)
	if err != nil {
		return err
	}
	sleeping = slices.DeleteFunc(sleeping, func(user string) bool { m, is := members[user]; return !is || m.Flag != community.Notify })
	slices.Sort(sleeping)
	e := pushEvent{
		CallbackCommand: offlinePushCommand, EventType: pushGroup, FromAccount: m.Sender, GroupID: st.ID, MsgSeq: &seq, PushPlatform: pushedByMaker,
	}
	return c.tellPushes(tx, groupLane(st.ID), e, sleeping)
}

// pushedToAll tells of a push to all: to those of its audience who are there, and, if it is kept for who is not, to sleeping
// telephones.
func (c *call) pushedToAll(tx *community.Tx, p community.Push, audience community.Audience) error {
	if !c.s.hooks.of(c.app).wants(allPushCommand) {
		return nil
	}
	users, err := tx.AudienceAmong(c.app, audience, c.s.online.names(c.app))
	if err != nil {
		return err
	}
	var awake, sleeping []string
	for _, user := range users {
		if best(c.s.online.get(c.app, user)) != asleep {
			awake = append(awake, user)
		} else if p.Life > 0 {
			sleeping = append(sleeping, user)
		}
	}
	e := pushEvent{CallbackCommand: allPushCommand, TaskId: p.Task, TaskTime: p.AtMS / 1000, EventType: pushAwake}
	err = c.tellPushes(tx, "pushes", e, awake)
	e.EventType, e.PushPlatform = pushAsleep, pushedByMaker
	return errors.Join(err, c.tellPushes(tx, "pushes", e, sleeping))
}

// mayGrow refuses a group beyond the day's, and warns the app when they come near.
func (c *call) mayGrow(tx *community.Tx, g *community.Group) error {
	n, err := tx.GroupsGrown(c.app)
	switch {
	case err != nil:
		return err
	case n > dailyGroups:
		return refuse(codeTooOften, "more than %d new groups a day", dailyGroups)
	case n != quotaAlarm:
		return nil
	}
	return c.tell(tx, groupLane(g.ID), "Group.CallbackOnDailyGroupQuotaAlarm", struct {
		QuotaUsed, Quota int64
		EventTime        string
	}{n, dailyGroups, c.eventTime()})
}

// finding is what the libraries of words of an app say of a message, in the fields of the callback of cloud moderation.
type finding struct {
	Scene             string
	SdkAppId          int64
	FromAccount       string `json:"From_Account"`
	ContactItem       contactRef
	ContentType       string
	TextContent       []string
	MsgID             string `json:",omitempty"` // a group's message that was blocked has none yet
	CtxcbResult       int    // 1: it was blocked
	CtxcbSuggestion   string
	CtxcbLabel        string
	CtxcbSubLabel     string
	CtxcbSubLabelDesc string
	CtxcbKeywords     []string
	CtxcbLibName      string
	CtxcbRequestId    string
	CloudCustomData   string `json:",omitempty"`
}

// contactRef is the chat that a finding is about.
type contactRef struct {
	ContactType int    // 1: direct, 2: group
	ToAccount   string `json:"To_Account,omitempty"`
	ToGroupId   string `json:",omitempty"`
}

// find looks for words of the app's libraries in the texts of a MsgBody. nil if there are none, or nobody wants to know.
func (c *call) find(body string) (*finding, error) {
	if !c.s.hooks.of(c.app).wants(contentCommand) {
		return nil, nil
	}
	words, err := c.s.wordsOf(c)
	if err != nil {
		return nil, err
	}
	var elems []struct {
		MsgType    string
		MsgContent struct{ Text string }
	}
	if err := json.Unmarshal([]byte(body), &elems); err != nil {
		return nil, fmt.Errorf("body to look through: %w", err)
	}
	f := &finding{SdkAppId: c.app, ContentType: "Text", CtxcbLabel: "Illegal", CtxcbRequestId: requestID()}
	for _, e := range elems {
		if e.MsgType == "TIMTextElem" {
			f.TextContent = append(f.TextContent, e.MsgContent.Text)
		}
	}
	for _, lib := range libraries(c.app) { // the one that blocks comes first
		for _, w := range words {
			if w.Lib != lib.ID || !slices.ContainsFunc(f.TextContent, w.in) {
				continue
			}
			if f.CtxcbSuggestion == "" {
				f.CtxcbSuggestion, f.CtxcbLibName = lib.Suggestion, lib.LibName
			}
			if w.Label != "" {
				f.CtxcbLabel = w.Label
			}
			f.CtxcbKeywords = append(f.CtxcbKeywords, w.Text)
		}
	}
	if len(f.CtxcbKeywords) == 0 {
		return nil, nil
	}
	return f, nil
}

// tellFinding tells the app what was found; blocked says that the message was kept back.
func (c *call) tellFinding(tx *community.Tx, lane string, f *finding, blocked bool) error {
	if f == nil {
		return nil
	}
	if blocked {
		f.CtxcbResult = 1
	}
	return c.tell(tx, lane, contentCommand, f)
}

// foundInGroup completes a finding of a message to a group; seq 0 is a message that has none.
func (c *call) foundInGroup(tx *community.Tx, f *finding, st *stream, m *groupMsg, seq int64, blocked bool) error {
	if f == nil {
		return nil
	}
	f.Scene, f.FromAccount, f.ContactItem, f.CloudCustomData = "Group", m.Sender, contactRef{ContactType: 2, ToGroupId: st.ID}, m.Cloud
	if seq > 0 {
		f.MsgID = strconv.FormatInt(seq, 10)
	}
	return c.tellFinding(tx, groupLane(st.ID), f, blocked)
}

// foundInDirect completes a finding of a direct message.
func (c *call) foundInDirect(tx *community.Tx, f *finding, m *directMsg, blocked bool) error {
	if f == nil {
		return nil
	}
	f.Scene, f.FromAccount, f.ContactItem, f.CloudCustomData = "C2C", m.from, contactRef{ContactType: 1, ToAccount: m.to}, m.Cloud
	f.MsgID = msgKey(m.Key())
	return c.tellFinding(tx, pairLane(m.from, m.to), f, blocked)
}
