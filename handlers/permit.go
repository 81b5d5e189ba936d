package handlers

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/store"
)

// permitTime is how long a reason lets an operator read a direct chat.
const permitTime = 15 * time.Minute

// permit is an operator's leave to read one direct chat for a while. It is the audit entry with the reason, and nothing
// besides: what is not recorded gives no leave, and every replica sees the same.
type permit struct {
	reason string
	until  time.Time
	entry  int64
}

// permitOf finds an operator's leave to read the direct chat of two users, in whichever order they are named; false if
// there is none, or its time is over.
func (s *Server) permitOf(ctx context.Context, app *App, user, peer string) (permit, bool, error) {
	op, ok := auth.OperatorFrom(ctx)
	if !ok {
		return permit{}, false, nil
	}
	now := s.Now()
	// An operator who opens chats of one user with more than a page of others within the time gives a reason again.
	list, err := s.Store.Audit.List(ctx, store.AuditFilter{
		OperatorID: op.ID, App: app.Name, User: user, Action: string(actions.VerbViewDirect), State: store.AuditOK, From: now.Add(-permitTime),
	}, 0, store.MaxAuditPage)
	if err != nil {
		return permit{}, false, fmt.Errorf("look for leave to read a direct chat: %w", err)
	}
	for _, e := range list {
		p := permit{reason: e.Reason, until: e.At.Add(permitTime), entry: e.ID}
		if len(e.Users) == 2 && slices.Contains(e.Users, user) && slices.Contains(e.Users, peer) && now.Before(p.until) {
			return p, true, nil
		}
	}
	return permit{}, false, nil
}

// errClosed is a direct chat that the operator has no leave to read, or no longer.
type errClosed struct{ url string }

func (e errClosed) Error() string { return "no leave to read the direct chat" }

// typedAgain is a form as it was sent, as pairs of name and value.
func typedAgain(v url.Values) []string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		for _, value := range v[name] {
			pairs = append(pairs, name, value)
		}
	}
	return pairs
}

// directURL is the address of a direct chat as user has it.
func directURL(app *App, user, peer string) string {
	return messageQuery{user: user, peer: peer}.address(appURL(app, "direct"))
}

// directSheetURL is the address of a sheet about a direct chat.
func directSheetURL(app *App, sheet, user, peer string) string {
	return appURL(app, "direct", sheet) + "?" + url.Values{"user": {user}, "peer": {peer}}.Encode()
}
