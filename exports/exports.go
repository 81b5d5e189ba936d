// Package exports reads whole lists of an app page by page, as rows of a table: for a file at once, or for a job.
package exports

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
)

// Kind is a list that can be taken out.
type Kind string

// The lists.
const (
	Groups   Kind = "groups"   // of an app
	Members  Kind = "members"  // of a group
	Muted    Kind = "muted"    // of a group
	Bans     Kind = "bans"     // of a live room
	Messages Kind = "messages" // of a group, newest first
	Contacts Kind = "contacts" // conversations of a user

	// Results are of a job: package handlers writes them from the store.
	Results Kind = "results"
)

// List is one list, with its filters.
type List struct {
	Kind  Kind               `json:"kind"`
	Group string             `json:"group,omitempty"`
	Type  imclient.GroupType `json:"type,omitempty"` // of the group; of Groups the filter
	User  string             `json:"user,omitempty"`
	Role  imclient.Role      `json:"role,omitempty"`
	From  string             `json:"from,omitempty"` // of Messages: the position of the newest to be read; "" = the newest there is
}

// columns are the heads of each list, as the last part of keys of texts. The first one is what a row is known by.
var columns = map[Kind][]string{
	Groups:   {"group_id", "name", "type", "owner_id", "members", "created", "last_message", "mute_all", "intro"},
	Members:  {"user_id", "nick", "name_card", "role", "joined", "last_spoke", "muted_until"},
	Muted:    {"user_id", "nick", "muted_until"},
	Bans:     {"user_id", "nick", "banned_until"},
	Messages: {"message_id", "seq", "time", "user_id", "nick", "state", "text"},
	Contacts: {"id", "conversation", "nick", "last_message", "pinned", "unread"},
	Results:  {"target", "group_id", "result", "why", "code", "before", "after", "entry"},
}

// Kinds lists all kinds that a service has.
func Kinds() []Kind { return []Kind{Groups, Members, Muted, Bans, Messages, Contacts} }

// Columns are the heads of the list, in the order of a row's cells.
func (k Kind) Columns() []string { return columns[k] }

// ErrKind is a list that there is not.
var ErrKind = errors.New("no such list")

// pageSize is how many rows are asked for at once; the client asks for fewer where the service gives fewer.
const pageSize = 100

// Page reads the rows of one page, with the names of those who are in them, and the cursor of the page after it, "" at the end. It
// costs two calls for people and one for all else, which the client may split.
func (l List) Page(ctx context.Context, im *imclient.Client, zone *time.Location, cursor string) (rows [][]string, next string, err error) {
	w := writer{ctx: ctx, im: im, zone: zone}
	switch l.Kind {
	case Groups:
		rows, next, err = w.groups(l, cursor)
	case Members:
		rows, next, err = w.members(l, cursor)
	case Muted:
		rows, next, err = w.ends(im.Mutes.List(ctx, l.Group, cursor, pageSize))
	case Bans:
		rows, next, err = w.ends(im.Live.Banned(ctx, l.Group, cursor, pageSize))
	case Messages:
		rows, next, err = w.messages(l, cursor)
	case Contacts:
		rows, next, err = w.contacts(l, cursor)
	default:
		return nil, "", fmt.Errorf("export %q: %w", l.Kind, ErrKind)
	}
	if err != nil {
		return nil, "", fmt.Errorf("export %s: %w", l.Kind, err)
	}
	if next == cursor {
		next = "" // a service that answers with the same cursor twice would be asked for ever
	}
	return rows, next, nil
}

// writer writes what a page holds into rows.
type writer struct {
	ctx  context.Context
	im   *imclient.Client
	zone *time.Location
}

func (w writer) groups(l List, cursor string) ([][]string, string, error) {
	page, err := w.im.Groups.List(w.ctx, imclient.GroupListOptions{Type: l.Type, Cursor: cursor, Limit: min(pageSize, orMost(w.im.Caps.Limits.GroupsPage))})
	if err != nil {
		return nil, "", err
	}
	rows := make([][]string, 0, len(page.Items))
	for _, g := range page.Items {
		rows = append(rows, []string{
			g.ID, g.Name, string(g.Type), g.OwnerID, known(g.Members), w.time(g.Created), w.time(g.LastMessage), onOff(g.MuteAll), g.Intro,
		})
	}
	return rows, page.Next, nil
}

func (w writer) members(l List, cursor string) ([][]string, string, error) {
	page, err := w.im.Members.List(w.ctx, imclient.MemberListOptions{
		Group: l.Group, Type: l.Type, Role: l.Role, Cursor: cursor, Limit: min(pageSize, orMost(w.im.Caps.Limits.MembersPage)),
	})
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, 0, len(page.Items))
	for _, m := range page.Items {
		ids = append(ids, m.UserID)
	}
	nicks, err := w.nicks(ids)
	if err != nil {
		return nil, "", err
	}
	rows := make([][]string, 0, len(page.Items))
	for _, m := range page.Items {
		rows = append(rows, []string{
			m.UserID, nicks[m.UserID], m.NameCard, string(m.Role), w.time(m.Joined), w.time(m.LastSpoke), w.time(m.MutedUntil),
		})
	}
	return rows, page.Next, nil
}

func (w writer) ends(page imclient.Page[imclient.Mute], err error) ([][]string, string, error) {
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, 0, len(page.Items))
	for _, m := range page.Items {
		ids = append(ids, m.UserID)
	}
	nicks, err := w.nicks(ids)
	if err != nil {
		return nil, "", err
	}
	rows := make([][]string, 0, len(page.Items))
	for _, m := range page.Items {
		rows = append(rows, []string{m.UserID, nicks[m.UserID], w.time(m.Until)})
	}
	return rows, page.Next, nil
}

// newest is the cursor of the first page of messages, where the list begins at the newest.
const newest = ""

func (w writer) messages(l List, cursor string) ([][]string, string, error) {
	from := cursor
	if from == newest {
		from = l.From
	}
	page, err := w.im.Messages.History(w.ctx, imclient.HistoryOptions{
		Conversation: imclient.Conversation{Group: l.Group, Type: l.Type}, From: from, Direction: imclient.Older,
	})
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, 0, len(page.Messages))
	for _, m := range page.Messages {
		ids = append(ids, m.From)
	}
	nicks, err := w.nicks(ids)
	if err != nil {
		return nil, "", err
	}
	var rows [][]string
	for _, m := range page.Messages {
		state := "said"
		switch {
		case m.State == imclient.MessageHole:
			continue
		case m.State == imclient.MessageRecalled:
			state = "recalled"
		case m.Tip:
			state = "service"
		}
		rows = append(rows, []string{m.ID, m.Seq, w.time(m.At), m.From, nicks[m.From], state, Plain(m.Body)})
	}
	return rows, page.Older, nil
}

func (w writer) contacts(l List, cursor string) ([][]string, string, error) {
	page, err := w.im.Contacts.List(w.ctx, imclient.ContactListOptions{User: l.User, Cursor: cursor, Unread: true})
	if err != nil {
		return nil, "", err
	}
	var ids []string
	for _, c := range page.Items {
		if c.Conversation.Direct() {
			ids = append(ids, c.Conversation.Peer)
		}
	}
	nicks, err := w.nicks(ids)
	if err != nil {
		return nil, "", err
	}
	rows := make([][]string, 0, len(page.Items))
	for _, c := range page.Items {
		kind, pinned := "group", "no"
		if c.Conversation.Direct() {
			kind = "direct"
		}
		if c.Pinned {
			pinned = "yes"
		}
		rows = append(rows, []string{c.Conversation.Other(), kind, nicks[c.Conversation.Peer], w.time(c.Last), pinned, known(c.Unread)})
	}
	return rows, page.Next, nil
}

// nicks are the names of users, without those who have none.
func (w writer) nicks(ids []string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	var asked []string
	for _, id := range ids {
		if _, seen := names[id]; !seen && id != "" {
			names[id] = ""
			asked = append(asked, id)
		}
	}
	if len(asked) == 0 {
		return names, nil
	}
	users, _, err := w.im.Users.GetMany(w.ctx, asked)
	if err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	for _, u := range users {
		names[u.ID] = u.Nick
	}
	return names, nil
}

// time is a moment in the operator's zone; "" if there is none.
func (w writer) time(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case !t.Before(imclient.Forever):
		return "forever"
	}
	return t.In(w.zone).Format(time.RFC3339)
}

func orMost(limit int) int {
	if limit <= 0 {
		return pageSize
	}
	return limit
}

// known is a number that a service may not tell.
func known(n int) string {
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func onOff(s imclient.Tristate) string {
	switch s {
	case imclient.On:
		return "on"
	case imclient.Off:
		return "off"
	}
	return ""
}

// Plain is a message's body as text: what was written, and of all else its kind and where it is.
func Plain(body []imclient.Element) string {
	var parts []string
	for _, e := range body {
		switch e := e.(type) {
		case imclient.Text:
			parts = append(parts, e.Text)
		case imclient.Face:
			parts = append(parts, "[face "+strconv.FormatInt(e.Index, 10)+"]")
		case imclient.Location:
			parts = append(parts, fmt.Sprintf("[location %s %g,%g]", e.Desc, e.Lat, e.Lng))
		case imclient.Custom:
			parts = append(parts, "[custom] "+strings.Join(nonEmpty(e.Desc, e.Data, e.Ext), " "))
		case imclient.Image:
			address := ""
			if len(e.Sizes) > 0 {
				address = e.Sizes[0].URL
			}
			parts = append(parts, strings.TrimSpace("[image] "+address))
		case imclient.Sound:
			parts = append(parts, strings.TrimSpace("[sound] "+e.URL))
		case imclient.File:
			parts = append(parts, "[file] "+strings.Join(nonEmpty(e.Name, e.URL), " "))
		case imclient.Video:
			parts = append(parts, strings.TrimSpace("[video] "+e.URL))
		case imclient.Merged:
			parts = append(parts, "[merged] "+strings.Join(append(nonEmpty(e.Title), e.Abstract...), " / "))
		case imclient.Tip:
			parts = append(parts, "[service] "+e.Raw)
		case imclient.Other:
			parts = append(parts, "["+e.Type+"] "+e.Raw)
		}
	}
	return strings.Join(parts, "\n")
}

func nonEmpty(list ...string) (kept []string) {
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}
