package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// UserPart is what all parts of a user's page have: lists that are loaded by themselves, each on a page of its own, too.
type UserPart struct {
	URL      string // of the page of the part
	Few      bool   // it stands on the summary: the first rows, and no pages
	More     int    // rows that are not shown on the summary
	Failed   *Notice
	RetryURL string
	Target   string   // what is loaded anew when it failed; "" is the part itself
	Why      string   // the service has no such thing, and this is why
	Notes    []string // what has to be known of it: what could not be read, what the service does not tell
	Pager    PagerView
	Tools    []ButtonView
	Export   *ExportView // nil: it is not taken out
}

// UserContactsView are the conversations of a user, as on the user's own list.
type UserContactsView struct {
	UserPart
	Unread int // in all direct chats; -1 if that is not known
	Rows   []ContactRow
}

// ContactRow is one conversation.
type ContactRow struct {
	With   PersonView // the other user, or the group
	Last   time.Time
	Unread int // -1 if it is not known
	Pinned bool
	Marks  []ChipView
	Open   *ButtonView // leads to what was said; nil if the operator may not look
	Set    *ButtonView // changes the marks
	Remove ButtonView
}

// UserFriendsView are the friends of a user, and the lists that they are sorted into.
type UserFriendsView struct {
	UserPart
	Total int    // -1 if the service does not say
	Adds  string // how the user takes wishes to be friends; "" if that is not known
	Rows  []FriendRow

	Lists       []FriendListRow
	ListsFailed *Notice
	ListsWhy    string
	ListTools   []ButtonView
}

// FriendRow is one friend.
type FriendRow struct {
	Person   PersonView
	Relation ChipView // whose list the other is on
	Remark   string
	Lists    string
	Source   string
	Wording  string
	Added    time.Time
	Acts     []ButtonView
}

// FriendListRow is a list of friends.
type FriendListRow struct {
	Name    string
	Count   int
	Friends []Link // the first of them
	Acts    []ButtonView
}

// UserBlocksView is a user's block list, and a question about who has blocked whom.
type UserBlocksView struct {
	UserPart
	Rows []BlockRow

	Ask         FieldView
	Checked     []BlockCheck
	CheckFailed *Notice
}

// BlockRow is somebody on the list.
type BlockRow struct {
	Person PersonView
	Since  time.Time
	Notes  []FactView  // what the app has noted
	Note   *ButtonView // changes that; nil where nothing can be noted
	Remove ButtonView
}

// BlockCheck says who of two has blocked the other.
type BlockCheck struct {
	Person PersonView
	Text   string // who has blocked whom, in words
	Tone   string // of the chip
}

// quietAttrs load a part into the place of an element without moving the address bar.
func quietAttrs(url, target string) templ.Attributes {
	return templ.Attributes{"hx-get": url, "hx-target": target, "hx-swap": "outerHTML", "hx-push-url": "false"}
}

// lazyAttrs load a part once it comes into view. Without scripts a link leads to it.
func lazyAttrs(url string) templ.Attributes {
	a := quietAttrs(url, "this")
	a["hx-trigger"] = "intersect once"
	return a
}

// part is the frame with the place in which the whole is loaded again.
func (v UserFriendsView) part() UserPart { return v.UserPart.into("#user-friends") }
func (v UserBlocksView) part() UserPart  { return v.UserPart.into("#user-blocks") }

// into is the frame of a part that stands in another one, which is loaded as a whole.
func (p UserPart) into(target string) UserPart {
	p.Target = target
	p.Pager.Target = target
	return p
}

func unreadText(ctx context.Context, n int) string {
	if n <= 0 {
		return ""
	}
	return i18n.N(ctx, "users.unread_total", n)
}

func contactsEmpty(ctx context.Context, v UserContactsView) *EmptyView {
	if len(v.Rows) > 0 {
		return nil
	}
	return &EmptyView{Icon: "notice", Title: i18n.T(ctx, "users.no_contacts"), Text: i18n.T(ctx, "users.no_contacts_text")}
}

func friendsCount(ctx context.Context, v UserFriendsView) string {
	if v.Total < 0 || v.Failed != nil {
		return ""
	}
	return i18n.Int(ctx, v.Total)
}

func friendsEmpty(ctx context.Context, v UserFriendsView) *EmptyView {
	if len(v.Rows) > 0 {
		return nil
	}
	return &EmptyView{Icon: "user", Title: i18n.T(ctx, "users.no_friends")}
}

func blocksEmpty(ctx context.Context, v UserBlocksView) *EmptyView {
	if len(v.Rows) > 0 {
		return nil
	}
	return &EmptyView{Icon: "check", Title: i18n.T(ctx, "users.no_blocks")}
}

func friendColumns(ctx context.Context, few bool) []Column {
	list := []Column{
		{Text: i18n.T(ctx, "users.friend")},
		{Text: i18n.T(ctx, "users.friend_relation")},
		{Text: i18n.T(ctx, "users.field.remark"), Class: "p2"},
		{Text: i18n.T(ctx, "users.field.lists"), Class: "p3"},
	}
	if !few {
		list = append(list, Column{Text: i18n.T(ctx, "users.friend_wording"), Class: "p3"}, Column{Text: i18n.T(ctx, "users.friend_added"), Class: "p2"})
	}
	return append(list, Column{Text: i18n.T(ctx, "users.act"), Class: "fit", Hidden: true})
}
