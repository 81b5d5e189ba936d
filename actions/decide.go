package actions

import (
	"errors"
	"time"

	"imdesk/imclient"
	"imdesk/store"
)

// Why an item is not applied, or how far applied can be trusted: text keys.
const (
	ResultUnverified = "action.result.unverified" // applied: the service said so, and nobody could look
	ResultNoEffect   = "action.result.no_effect"  // the service said OK and shows what it showed before
	ResultDiffers    = "action.result.differs"    // the service said OK and shows something else
	ResultNoAnswer   = "action.result.no_answer"  // no answer came, and the service shows that it was not done
	ResultNotSent    = "action.result.not_sent"   // our request never left
	ResultUnknown    = "action.result.unknown"    // no answer came, and nobody could look
	ResultNoReply    = "action.result.no_reply"   // no answer came to a question
	ResultAsked      = "action.result.asked"      // applied: somebody was asked, and has yet to answer
	ResultDropped    = "action.result.dropped"    // the service took the message and threw it away
)

// refusals are the text keys of a refusal, by kind, and the kinds' names in the audit log.
var refusals = []struct {
	kind      error
	name, key string
}{
	{imclient.ErrNotFound, "not_found", "action.refused.not_found"},
	{imclient.ErrDenied, "denied", "action.refused.denied"},
	{imclient.ErrCredentials, "credentials", "action.refused.credentials"},
	{imclient.ErrInvalid, "invalid", "action.refused.invalid"},
	{imclient.ErrConflict, "conflict", "action.refused.conflict"},
	{imclient.ErrRateLimited, "rate_limited", "action.refused.rate_limited"},
	{imclient.ErrUnsupported, "unsupported", "action.refused.unsupported"},
	{imclient.ErrQuota, "quota", "action.refused.quota"},
	{imclient.ErrUnavailable, "unavailable", "action.refused.other"},
	{imclient.ErrProtocol, "protocol", "action.refused.other"},
}

func isKind(err, kind error) bool { return errors.Is(err, kind) }

// kindOf names the kind of an error for the audit log, and the text of a refusal.
func kindOf(err error) (name, key string) {
	for _, r := range refusals {
		if isKind(err, r.kind) {
			return r.name, r.key
		}
	}
	return "other", "action.refused.other"
}

// answer is what came back for one item.
type answer int

const (
	accepted answer = iota
	refused         // for certain: nothing was done
	perhaps         // refused as a whole, when some of it may have been done before
	lost            // no answer, or none that makes sense
	unsent          // our request never left
)

// answer reads what the reply says.
func (r reply) answer() answer {
	if r.err == nil {
		return accepted
	}
	if errors.Is(r.err, errNotSent) {
		return unsent
	}
	e, is := errors.AsType[*imclient.Error](r.err)
	switch {
	case !is:
		return lost
	case e.Kind == imclient.ErrUnavailable || e.Kind == imclient.ErrProtocol:
		if !e.Sent && r.sure {
			return unsent
		}
		return lost
	case r.sure:
		return refused
	}
	return perhaps
}

// decide says what became of an item, from the answer and from what the service shows now.
func (i *Item) decide(r reply, now Value, matches func(want, got Value, now time.Time) bool, at time.Time) {
	a := r.answer()
	i.After, i.Verified = now, false
	i.VendorCode = ""
	if e, is := errors.AsType[*imclient.Error](r.err); is {
		i.VendorCode = e.Code
	}
	// An end that hardly differs from what it was before matches within the tolerance even when nothing was done.
	untouched := same(i.Before, now) && !same(i.Before, i.Want.over(i.Before))
	inForce := now.Known && matches(i.Want, now, at) && !untouched
	_, why := kindOf(r.err)
	switch {
	case a == unsent:
		i.State, i.Reason = StateNotApplied, ResultNotSent
	case a == refused:
		i.State, i.Reason = StateRefused, why
	case inForce:
		i.State, i.Reason, i.Verified, i.VendorCode = StateApplied, "", true, ""
	case a == accepted && !now.Known:
		i.State, i.Reason = StateApplied, ResultUnverified
	case a == accepted && (untouched || same(i.Before, now)):
		i.State, i.Reason = StateNotApplied, ResultNoEffect
	case a == accepted:
		i.State, i.Reason = StateNotApplied, ResultDiffers
	case !now.Known:
		i.State, i.Reason = StateUnknown, ResultUnknown
	case a == perhaps:
		i.State, i.Reason = StateRefused, why
	default:
		i.State, i.Reason = StateNotApplied, ResultNoAnswer
	}
}

// total sums items up for the audit log.
func total(items []Item) store.AuditState {
	applied, unknown := 0, 0
	for _, i := range items {
		switch i.State {
		case StateApplied:
			applied++
		case StateUnknown:
			unknown++
		}
	}
	switch {
	case applied == len(items):
		return store.AuditOK
	case applied > 0:
		return store.AuditPartial
	case unknown > 0:
		return store.AuditUnknown
	}
	return store.AuditFailed
}
