package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Guard decides whether an operator who has the right to something may do it alone, and now. Package approvals has the one
// that ships.
type Guard interface {
	// Clear is asked once before anything is recorded as sent, and before anything is sent. nil: go on. *Held, *Overdrawn and
	// *CoolingDown: nothing is sent. Any other error: the guard cannot tell, and nothing is sent either.
	Clear(ctx context.Context, a Attempt) error
}

// Kinds of attempts. Each has a carrier of its own in package approvals, which does later what was held.
const (
	AttemptAction = "action" // Body is an action as EncodeAction writes it, Plan a Preview
	AttemptJob    = "job"    // Body and Plan are package jobs' own
)

// Attempt is what somebody wants to do: one action, or one job as a whole.
type Attempt struct {
	Actor  Actor
	App    string
	Kind   string // AttemptAction or AttemptJob
	Verb   Verb
	Size   int      // people, messages or groups that would be acted upon
	Group  string   // "" if it is in none, or in several
	Users  []string // some of those who are concerned, at most maxHeldUsers
	Reason string
	Key    string // of the form: the same attempt again is answered like the first one
	Form   string // fingerprint of the attempt, which tells a repeat from another one with the same key
	Body   json.RawMessage
	Plan   json.RawMessage
}

// maxHeldUsers is how many of those concerned an attempt names.
const maxHeldUsers = 200

// Held says that a second person is needed. The request is kept, with all that was typed.
type Held struct {
	RequestID string
	Repeated  bool // it was asked for before, with the same key
}

func (e *Held) Error() string { return "a second person is needed: request " + e.RequestID }

// Overdrawn says that the operator has done as much of it as is allowed for now.
type Overdrawn struct {
	Verb  Verb
	Size  int           // of this attempt
	Used  int           // within Per
	Max   int           // within Per
	Per   time.Duration //
	Again time.Time     // when it fits again; zero if it is larger than Max, and never does
}

func (e *Overdrawn) Error() string {
	return fmt.Sprintf("%s: %d and %d are over %d in %s", e.Verb, e.Used, e.Size, e.Max, e.Per)
}

// CoolingDown says that the operator did the like just before.
type CoolingDown struct {
	Verb  Verb
	Pause time.Duration
	Again time.Time
}

func (e *CoolingDown) Error() string {
	return fmt.Sprintf("%s: not before %s", e.Verb, e.Again.Format(time.RFC3339))
}

// Clearance says that the guard was asked already: for a request that a second person approved, or for the job that an
// action is a part of. It is kept with the job, and stands in the audit log.
type Clearance struct {
	Request  string `json:"request,omitempty"`  // that was approved or overridden; "" if none was needed
	Job      string `json:"job,omitempty"`      // that the action is a part of
	By       string `json:"by,omitempty"`       // id of the operator who approved
	ByName   string `json:"by_name,omitempty"`  // at the time
	Override bool   `json:"override,omitempty"` // in an emergency, by nobody but the requester
	Reason   string `json:"reason,omitempty"`   // for the override
}

// Clear asks the guard, if there is one and the actor was not cleared before. Package jobs asks it once for a whole job, and
// gives the actor of its items a Clearance.
func (s *Service) Clear(ctx context.Context, a Attempt) error {
	if s.Guard == nil || a.Actor.Clearance != nil || a.Size == 0 {
		return nil
	}
	return s.Guard.Clear(ctx, a)
}

// clear asks the guard about an action that is planned. Taking an action back is never asked about: a mistake is put right at
// once, by whoever has the right to the verb.
func (s *Service) clear(ctx context.Context, actor Actor, app App, a Action, p *plan, w work, form string) error {
	if s.Guard == nil || actor.Clearance != nil {
		return nil
	}
	body, err := EncodeAction(a)
	if err != nil {
		return err
	}
	plan, err := json.Marshal(p.preview(w))
	if err != nil {
		return fmt.Errorf("plan of %s: %w", a.Verb(), err)
	}
	users, _ := w.targets(p)
	c := a.common()
	return s.Clear(ctx, Attempt{
		Actor: actor, App: app.ID, Kind: AttemptAction, Verb: a.Verb(), Size: len(p.acting()), Group: p.groupID,
		Users: users[:min(len(users), maxHeldUsers)], Reason: c.Reason, Key: c.Key, Form: form, Body: body, Plan: plan,
	})
}

// storedAction is an action in writing.
type storedAction struct {
	Verb   Verb            `json:"verb"`
	Action json.RawMessage `json:"action"`
}

// EncodeAction writes an action so that DecodeAction reads it. Its key and what a form had shown of the present state are
// left out: a plan that is carried out later is held against the state at that time.
func EncodeAction(a Action) (json.RawMessage, error) {
	b, err := json.Marshal(a)
	if err == nil {
		b, err = json.Marshal(storedAction{a.Verb(), b})
	}
	if err != nil {
		return nil, fmt.Errorf("write down %s: %w", a.Verb(), err)
	}
	return b, nil
}

// DecodeAction reads what EncodeAction wrote; key becomes the action's key.
func DecodeAction(b json.RawMessage, key string) (Action, error) {
	var s storedAction
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("read an action: %w", err)
	}
	read, known := decoders[s.Verb]
	if !known {
		return nil, fmt.Errorf("read an action: %q is no verb", s.Verb)
	}
	a, err := read(s.Action, key)
	if err != nil {
		return nil, fmt.Errorf("read an action %s: %w", s.Verb, err)
	}
	return a, nil
}

// keyed is a request type, whose Common takes the key.
type keyed[T any] interface {
	*T
	setKey(key string)
}

func (c *Common) setKey(key string) { c.Key = key }

func decoder[T Action, P keyed[T]](b json.RawMessage, key string) (Action, error) {
	var a T
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, err
	}
	P(&a).setKey(key)
	return a, nil
}

// decoders are the request types by verb.
var decoders = map[Verb]func(b json.RawMessage, key string) (Action, error){
	VerbMute: decoder[Mute], VerbUnmute: decoder[Unmute], VerbMuteAll: decoder[MuteAll], VerbKick: decoder[Kick],
	VerbRecall: decoder[Recall], VerbDeleteBySender: decoder[DeleteBySender], VerbSetRole: decoder[SetRole],
	VerbNameCard: decoder[SetNameCard], VerbEditGroup: decoder[EditGroup], VerbNotice: decoder[Notice],
	VerbGlobalMute: decoder[GlobalMute], VerbGlobalUnmute: decoder[GlobalUnmute], VerbSignOut: decoder[SignOut],
	VerbBan: decoder[Ban], VerbUnban: decoder[Unban], VerbAPICall: decoder[APICall],

	VerbImportUsers: decoder[ImportUsers], VerbEditUser: decoder[EditUser], VerbDeleteUsers: decoder[DeleteUsers],
	VerbAddFriends: decoder[AddFriends], VerbEditFriend: decoder[EditFriend], VerbRemoveFriends: decoder[RemoveFriends],
	VerbFillFriendList: decoder[FillFriendList], VerbRemoveFriendList: decoder[RemoveFriendList],
	VerbBlock: decoder[Block], VerbUnblock: decoder[Unblock], VerbRemoveContact: decoder[RemoveContact],

	VerbViewDirect: decoder[ViewDirect], VerbSendDirect: decoder[Send], VerbEditDirect: decoder[EditMessage],
	VerbDirectExtensions: decoder[SetExtensions], VerbMarkReadDirect: decoder[MarkRead], VerbHideDirect: decoder[Hide],
	VerbSend: decoder[Send], VerbEditMessage: decoder[EditMessage], VerbExtensions: decoder[SetExtensions],
	VerbSetUnread: decoder[SetUnread], VerbCreateGroup: decoder[CreateGroup], VerbImportGroup: decoder[ImportGroup],
	VerbDismiss: decoder[DismissGroup], VerbTransfer: decoder[TransferGroup], VerbAddMembers: decoder[AddMembers],
	VerbMemberFields: decoder[MemberFields], VerbGroupFields: decoder[GroupFields], VerbAttributes: decoder[SetAttributes],
	VerbCounters: decoder[SetCounters], VerbClearMessages: decoder[ClearMessages], VerbCreateTopic: decoder[CreateTopic],
	VerbEditTopic: decoder[EditTopic], VerbDeleteTopic: decoder[DeleteTopic], VerbReadFiles: decoder[ReadHistoryFile],
	VerbAddWords: decoder[AddKeywords], VerbRemoveWords: decoder[RemoveKeywords], VerbLiveMark: decoder[MarkLive],
	VerbLiveBroadcast: decoder[LiveBroadcast], VerbBroadcast: decoder[Broadcast], VerbUserTags: decoder[TagUsers],
	VerbAllow: decoder[AllowInRoom], VerbMarkRoom: decoder[MarkRoom], VerbDeleteMessages: decoder[DeleteMessages],
	VerbMarkRead: decoder[MarkMemberRead], VerbSendUsers: decoder[SendToUsers], VerbSendGroups: decoder[SendToGroups],
	VerbNoteBlock: decoder[NoteBlock], VerbMarkContact: decoder[MarkContact], VerbMakeToken: decoder[MakeToken],
	VerbWarn: decoder[Warn], VerbAnswer: decoder[Answer], VerbAdopt: decoder[Adopt],
}
