package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/store"
)

// The kinds that are actions, by their verb.
const (
	Mute           = string(actions.VerbMute)
	Unmute         = string(actions.VerbUnmute)
	Kick           = string(actions.VerbKick)
	Ban            = string(actions.VerbBan)
	Unban          = string(actions.VerbUnban)
	Recall         = string(actions.VerbRecall)
	DeleteBySender = string(actions.VerbDeleteBySender)
	SetRole        = string(actions.VerbSetRole)
	AddMembers     = string(actions.VerbAddMembers)
	Notice         = string(actions.VerbNotice)
	SignOut        = string(actions.VerbSignOut)
	GlobalMute     = string(actions.VerbGlobalMute)
	GlobalUnmute   = string(actions.VerbGlobalUnmute)
	ImportUsers    = string(actions.VerbImportUsers)

	// Those that only other parts of the console start.
	MuteAll   = string(actions.VerbMuteAll)
	EditGroup = string(actions.VerbEditGroup)
)

// What the targets of a kind are.
const (
	aboutMembers  = iota // users in groups
	aboutUsers           // users of the app
	aboutGroups          // groups
	aboutMessages        // messages of groups
)

// Batches of what takes a call for each target: as many as are well within the time of one action at a slow rate.
const (
	singly      = 20
	banBatch    = 20  // Tencent Cloud Chat REST API, ban_group_member
	importBatch = 100 // multiaccount_import
	recallBatch = 30  // messages that are found again with the calls that one look has (actions)
)

// actionKind is a kind that is an action.
type actionKind struct {
	verb  actions.Verb
	needs imclient.Verb
	about int
	harms bool   // people on the protected list are left alone
	once  bool   // it must not come twice, and nobody can look whether it came
	item  string // what the action calls its only item; "": as the job does
	inner bool   // it is not offered by itself
	batch func(l imclient.Limits) int
	make  func(s Spec, group string, items []store.JobItem, c actions.Common) actions.Action
}

func fixed(n int) func(imclient.Limits) int { return func(imclient.Limits) int { return n } }

// most is a service's cap, or what one action takes.
func most(limit int) int {
	if limit <= 0 || limit > actions.MaxTargets {
		return actions.MaxTargets
	}
	return limit
}

func users(items []store.JobItem) []string {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.Target
	}
	return ids
}

// actionKinds are all kinds that are actions.
func actionKinds() []*actionKind {
	return []*actionKind{
		{
			verb: actions.VerbMute, needs: imclient.VerbMute, harms: true, batch: func(l imclient.Limits) int { return most(l.MuteBatch) },
			make: func(s Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.Mute{Common: c, Group: g, Users: users(items), Span: s.Span, AlsoAdmins: s.AlsoAdmins}
			},
		},
		{
			verb: actions.VerbUnmute, needs: imclient.VerbMute, batch: func(l imclient.Limits) int { return most(l.MuteBatch) },
			make: func(_ Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.Unmute{Common: c, Group: g, Users: users(items)}
			},
		},
		{
			verb: actions.VerbKick, needs: imclient.VerbKick, harms: true, batch: func(l imclient.Limits) int { return most(l.KickBatch) },
			make: func(s Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.Kick{Common: c, Group: g, Users: users(items), Silent: s.Silent, AlsoAdmins: s.AlsoAdmins}
			},
		},
		{
			verb: actions.VerbBan, needs: imclient.VerbBan, harms: true, batch: fixed(banBatch),
			make: func(s Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.Ban{Common: c, Group: g, Users: users(items), Span: s.Span}
			},
		},
		{
			verb: actions.VerbUnban, needs: imclient.VerbBan, batch: fixed(banBatch),
			make: func(_ Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.Unban{Common: c, Group: g, Users: users(items)}
			},
		},
		{
			verb: actions.VerbRecall, needs: imclient.VerbRecall, about: aboutMessages, batch: fixed(recallBatch),
			make: func(_ Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				refs := make([]actions.MessageRef, len(items))
				for i, item := range items {
					refs[i] = actions.MessageRef{ID: item.Target, Seq: item.More}
				}
				return actions.Recall{Common: c, Group: g, Messages: refs}
			},
		},
		{
			verb: actions.VerbDeleteBySender, needs: imclient.VerbDeleteBySend, harms: true, batch: fixed(singly),
			make: func(_ Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.DeleteBySender{Common: c, Group: g, Users: users(items)}
			},
		},
		{
			verb: actions.VerbSetRole, needs: imclient.VerbSetAdmin, harms: true, batch: fixed(singly),
			make: func(s Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.SetRole{Common: c, Group: g, Users: users(items), Role: s.Role}
			},
		},
		{
			verb: actions.VerbAddMembers, needs: imclient.VerbAddMember, batch: func(l imclient.Limits) int { return most(l.KickBatch) },
			make: func(s Spec, g string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.AddMembers{Common: c, Group: g, Users: users(items), Silent: s.Silent}
			},
		},
		{
			verb: actions.VerbNotice, needs: imclient.VerbNotice, about: aboutGroups, once: true, batch: fixed(1),
			make: func(s Spec, g string, _ []store.JobItem, c actions.Common) actions.Action {
				return actions.Notice{Common: c, Group: g, Text: s.Text}
			},
		},
		{
			verb: actions.VerbSignOut, needs: imclient.VerbSignOut, about: aboutUsers, harms: true, batch: fixed(singly),
			make: func(_ Spec, _ string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.SignOut{Common: c, Users: users(items)}
			},
		},
		{
			verb: actions.VerbGlobalMute, needs: imclient.VerbGlobalMute, about: aboutUsers, harms: true, batch: fixed(singly),
			make: func(s Spec, _ string, items []store.JobItem, c actions.Common) actions.Action {
				a := actions.GlobalMute{Common: c, Users: users(items)}
				if s.Direct {
					a.Direct = &s.Span
				}
				if s.InGroups {
					a.Groups = &s.Span
				}
				return a
			},
		},
		{
			verb: actions.VerbGlobalUnmute, needs: imclient.VerbGlobalMute, about: aboutUsers, batch: fixed(singly),
			make: func(s Spec, _ string, items []store.JobItem, c actions.Common) actions.Action {
				return actions.GlobalUnmute{Common: c, Users: users(items), Direct: s.Direct, Groups: s.InGroups}
			},
		},
		{
			verb: actions.VerbImportUsers, needs: imclient.VerbImportUsers, about: aboutUsers, batch: fixed(importBatch),
			make: func(_ Spec, _ string, items []store.JobItem, c actions.Common) actions.Action {
				a := actions.ImportUsers{Common: c}
				for _, i := range items {
					a.Users = append(a.Users, account(i))
				}
				return a
			},
		},
		{
			verb: actions.VerbMuteAll, needs: imclient.VerbMuteAll, about: aboutGroups, item: actions.FieldMuteAll, inner: true, batch: fixed(1),
			make: func(_ Spec, g string, _ []store.JobItem, c actions.Common) actions.Action {
				return actions.MuteAll{Common: c, Group: g, On: true}
			},
		},
		{
			verb: actions.VerbEditGroup, needs: imclient.VerbJoinOption, about: aboutGroups, item: actions.FieldJoinOption, inner: true, batch: fixed(1),
			make: func(s Spec, g string, _ []store.JobItem, c actions.Common) actions.Action {
				return actions.EditGroup{Common: c, Group: g, Join: &s.Join}
			},
		},
	}
}

func (k *actionKind) Name() string       { return string(k.verb) }
func (k *actionKind) Verb() actions.Verb { return k.verb }

func (k *actionKind) Batch(app actions.App) int { return k.batch(app.IM.Caps.Limits) }

// Check tries the spec with a target that cannot be wrong, so that what an action refuses is known before the job begins.
func (k *actionKind) Check(app actions.App, s Spec) error {
	p := problems{}
	limits := app.IM.Caps.Limits
	p.ids("groups", s.Groups, max(limits.GroupID, limits.TopicID))
	p.ids("users", s.Users, limits.UserID)
	for _, pair := range s.Pairs {
		p.ids("pairs", []string{pair.Group}, max(limits.GroupID, limits.TopicID))
		p.ids("pairs", []string{pair.User}, limits.UserID)
	}
	if len(s.Groups) > maxGroups {
		p.add("groups", "action.invalid.too_many", "n", len(s.Groups), "limit", maxGroups)
	}
	if k.about == aboutMessages {
		checkMessages(p, s)
	}
	s.All.check(p, k, s)
	if err := p.err(); err != nil {
		return err
	}
	group, item := "g", store.JobItem{Group: "g", Target: "u"}
	for _, a := range s.Accounts {
		if err := actions.Check(app, k.make(s, group, []store.JobItem{accountItem(a)}, s.common(""))); err != nil {
			return err
		}
	}
	return actions.Check(app, k.make(s, group, []store.JobItem{item}, s.common("")))
}

func checkMessages(p problems, s Spec) {
	switch {
	case s.Search == nil && len(s.Said) == 0 && len(s.Groups) != 1:
		p.add("groups", "jobs.invalid.one_group")
	case s.Search != nil && len(s.Messages) > 0:
		p.add("messages", "jobs.invalid.search_or_messages")
	case s.Search != nil:
		s.Search.check(p, len(s.Groups))
	}
	for _, m := range s.Messages {
		p.ids("messages", []string{m.ID}, 0)
	}
	for _, m := range s.Said {
		p.ids("messages", []string{m.Group, m.ID}, 0)
	}
}

func (k *actionKind) Items(s Spec) []store.JobItem {
	switch k.about {
	case aboutGroups:
		items := targets(s.Groups)
		for i := range items {
			items[i].Group = items[i].Target
		}
		return items
	case aboutMessages:
		if s.Search != nil {
			return nil
		}
		return s.messages()
	case aboutUsers:
		if k.verb != actions.VerbImportUsers {
			return s.everywhere()
		}
		var items []store.JobItem
		seen := map[string]bool{}
		for _, a := range append(s.Accounts, plainAccounts(s.Users)...) {
			if !seen[a.ID] {
				seen[a.ID] = true
				items = append(items, accountItem(a))
			}
		}
		return items
	}
	return s.inGroups()
}

func plainAccounts(ids []string) []imclient.NewUser {
	list := make([]imclient.NewUser, len(ids))
	for i, id := range ids {
		list[i].ID = id
	}
	return list
}

// accountMore is what an item has of an account besides its id.
type accountMore struct {
	Nick   string `json:"nick,omitempty"`
	Avatar string `json:"avatar,omitempty"`
}

func accountItem(a imclient.NewUser) store.JobItem {
	item := store.JobItem{Target: a.ID}
	if a.Nick != "" || a.AvatarURL != "" {
		b, err := json.Marshal(accountMore{a.Nick, a.AvatarURL})
		if err != nil {
			panic(err) // two strings
		}
		item.More = string(b)
	}
	return item
}

func account(i store.JobItem) imclient.NewUser {
	var more accountMore
	_ = json.Unmarshal([]byte(i.More), &more) // written by accountItem; without it there is the id
	return imclient.NewUser{ID: i.Target, Nick: more.Nick, AvatarURL: more.Avatar}
}

// action is what is done to a batch. Of messages those are left alone whose senders are on the app's protected list.
func (k *actionKind) action(r Run, items []store.JobItem, c actions.Common) actions.Action {
	a := k.make(r.Spec, items[0].Group, items, c)
	if recall, is := a.(actions.Recall); is {
		recall.Spare = func(ctx context.Context, senders []string) (map[string]bool, error) {
			return r.jobs.Store.Protects(ctx, r.App.ID, senders)
		}
		return recall
	}
	return a
}

func (k *actionKind) Preview(ctx context.Context, r Run, items []store.JobItem) ([]Expected, error) {
	p, err := r.service.Preview(ctx, r.Actor, r.App, k.action(r, items, r.Spec.common("")))
	if err != nil {
		return nil, err
	}
	list := make([]Expected, 0, len(p.Items))
	for _, i := range p.Items {
		id := i.ID
		if k.item != "" {
			id = items[0].Target
		}
		list = append(list, Expected{Target: id, By: i.By, Skip: i.Skip, Before: i.Before.Text})
	}
	return list, nil
}

// Do carries one batch out. What an earlier worker began under its key is settled first.
func (k *actionKind) Do(ctx context.Context, r Run, items []store.JobItem, again bool) ([]store.JobOutcome, error) {
	common := r.Spec.common(r.Key)
	var err error
	if common.Was, err = r.was(ctx, items); err != nil {
		return nil, err
	}
	action := k.action(r, items, common)
	if again {
		result, found, err := r.service.SettleKey(ctx, r.Actor, r.App, action, r.Key)
		if err != nil {
			return nil, fmt.Errorf("settle what is left of batch %s: %w", r.Key, err)
		}
		if found {
			return k.outcomes(items, result), nil
		}
	}
	result, err := r.service.Do(ctx, r.Actor, r.App, action)
	if err != nil {
		return k.notDone(items, err)
	}
	if result.State == store.AuditPending { // another worker's, who lost its lease while it was under way
		if result, _, err = r.service.SettleKey(ctx, r.Actor, r.App, action, r.Key); err != nil {
			return nil, fmt.Errorf("settle batch %s: %w", r.Key, err)
		}
	}
	return k.outcomes(items, result), nil
}

// was is how items were before they were sent for the first time, of those that are sent again.
func (r Run) was(ctx context.Context, items []store.JobItem) (map[string]string, error) {
	was := map[string]string{}
	read := map[int64]bool{0: true}
	for _, i := range items {
		if read[i.Audit] {
			continue
		}
		read[i.Audit] = true
		e, err := r.jobs.Audit.Get(ctx, i.Audit)
		if err != nil {
			return nil, fmt.Errorf("read what was sent before: %w", err)
		}
		d, err := actions.ReadDetail(e)
		if err != nil {
			return nil, err
		}
		for _, item := range d.Items {
			if item.Before != nil {
				was[item.ID] = *item.Before
			}
		}
	}
	return was, nil
}

// notDone says what an error that means that nothing was sent is for the batch.
func (k *actionKind) notDone(items []store.JobItem, err error) ([]store.JobOutcome, error) {
	all := func(state store.ItemState, reason, code string) ([]store.JobOutcome, error) {
		list := make([]store.JobOutcome, len(items))
		for i, item := range items {
			list[i] = store.JobOutcome{Position: item.Position, State: state, Reason: reason, Code: code}
		}
		return list, nil
	}
	if invalid, is := errors.AsType[*actions.Invalid](err); is {
		for _, text := range invalid.Fields {
			return all(store.ItemRefused, text.Key, "")
		}
	}
	if not, is := errors.AsType[*actions.NotOffered](err); is {
		return all(store.ItemRefused, not.Key, "")
	}
	if _, is := errors.AsType[*actions.KeyReused](err); is {
		return all(store.ItemUnknown, ReasonCheck, "")
	}
	if _, is := errors.AsType[*actions.Forbidden](err); is {
		return nil, &Stop{Why: WhyRights}
	}
	e, is := errors.AsType[*imclient.Error](err)
	if !is {
		return nil, err
	}
	switch e.Kind {
	case imclient.ErrCredentials:
		return nil, &Stop{Why: WhyCredentials, Pause: true}
	case imclient.ErrUnavailable, imclient.ErrRateLimited, imclient.ErrProtocol:
		return nil, err
	}
	return all(store.ItemRefused, actions.RefusalText(e), e.Code)
}

// A batch comes again this often.
const (
	maxTries  = 3  // after it was sent, and nobody could tell what came of it
	maxUnsent = 20 // when it was never sent
)

// outcomes are the results of a batch's items. An item that the action does not know was left out of it, and is put back.
func (k *actionKind) outcomes(items []store.JobItem, r actions.Result) []store.JobOutcome {
	results := make(map[string]actions.Item, len(r.Items))
	for _, i := range r.Items {
		results[i.ID] = i
	}
	list := make([]store.JobOutcome, 0, len(items))
	for _, item := range items {
		if result, is := results[k.idOf(item)]; is {
			list = append(list, k.outcome(item, result, r.ID))
		}
	}
	return list
}

// idOf is what the action calls an item.
func (k *actionKind) idOf(item store.JobItem) string {
	if k.item != "" {
		return k.item
	}
	return item.Target
}

func (k *actionKind) outcome(item store.JobItem, r actions.Item, audit int64) store.JobOutcome {
	o := store.JobOutcome{Position: item.Position, Reason: r.Reason, Code: r.VendorCode, Audit: audit, After: r.After.Text}
	if item.Before == "" {
		o.Before = r.Before.Text
	}
	switch r.State {
	case actions.StateApplied:
		o.State = store.ItemDone
	case actions.StateSkipped:
		o.State, o.Reason = store.ItemSkipped, r.Skip
		if item.Audit != 0 && item.Before != "" && r.Before.Known && r.Before.Text != item.Before && !protects(r.Skip) {
			// It was sent before, nobody could tell what came of it, and now it is as wanted.
			o.State, o.Reason, o.After = store.ItemDone, ReasonSettled, r.Before.Text
		}
	case actions.StateUnknown:
		o.State, o.Reason = store.ItemUnknown, ReasonCheck
		if !k.once && item.Tries < maxTries {
			o.State = store.ItemWaiting
		}
	default:
		o.State = store.ItemRefused
		again := r.Reason == actions.ResultNotSent && item.Tries < maxUnsent ||
			(r.Reason == actions.RateLimitedText || r.Reason == actions.ResultNoAnswer) && item.Tries < maxTries
		if again {
			o.State = store.ItemWaiting
		}
	}
	return o
}

// text is what a message says, for a search.
func text(m imclient.Message) string {
	var b strings.Builder
	for _, e := range m.Body {
		if t, is := e.(imclient.Text); is {
			b.WriteString(t.Text)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
