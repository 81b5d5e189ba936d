package actions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"imdesk/imclient"
)

// inverseOfUser is inverse for what is done to users; their options say whose relations they are.
func inverseOfUser(v Verb, d Detail, ids []string, before map[string]string) work {
	option := func(name string) string {
		text, _ := d.Options[name].(string)
		return text
	}
	user := option("user")
	was := map[string]friendBefore{}
	for _, i := range d.Items {
		was[i.ID] = i.friendBefore
	}
	switch v {
	case VerbEditUser:
		return &editUserWork{user: user, want: before, restore: true}
	case VerbAddFriends, VerbRemoveFriends:
		return &friendWork{user: user, others: ids, want: before, force: true, was: was}
	case VerbEditFriend:
		return &editFriendWork{user: user, friend: option("friend"), want: before, restore: true}
	case VerbFillFriendList:
		if option("into") == "" {
			return &friendListWork{user: user, list: ids[0], want: before[ids[0]]}
		}
		return &listedWork{user: user, list: option("list"), friends: ids, want: TextUnlisted}
	case VerbRemoveFriendList:
		return &friendListWork{user: user, list: ids[0], want: before[ids[0]], members: was[ids[0]].Lists}
	case VerbBlock:
		return &blockWork{user: user, others: ids, want: TextUnblocked, was: was}
	case VerbUnblock:
		return &blockWork{user: user, others: ids, want: TextBlocked}
	case VerbNoteBlock:
		return &keyedWork{user: user, other: option("other"), shelf: blockNotes{}, want: before, restore: true}
	case VerbMarkContact:
		return &contactMarkWork{where: Where{Group: option("group"), User: user, Peer: option("peer")}, want: before, restore: true}
	}
	return nil
}

// accounts tells which of some users have an account. Those whom the service refuses to tell about are missing.
func accounts(ctx context.Context, p *plan, ids []string) (map[string]Value, error) {
	missing, refused, err := p.app.IM.Users.Check(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("look for the accounts: %w", err)
	}
	now := make(map[string]Value, len(ids))
	for _, id := range ids {
		now[id] = known(TextThere)
	}
	for _, id := range missing {
		now[id] = known(TextMissing)
	}
	for _, r := range refused {
		delete(now, r.ID)
	}
	return now, nil
}

// importWork makes accounts.
type importWork struct {
	users []imclient.NewUser
	ids   []string
}

func (w *importWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbImportUsers); err != nil {
		return err
	}
	now, err := accounts(ctx, p, w.ids)
	if err != nil {
		return err
	}
	for _, id := range w.ids {
		item := Item{ID: id, Before: now[id], Want: known(TextThere), Effect: EffectImported}
		if item.Before == item.Want {
			item.skip(SkipAccount)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *importWork) send(ctx context.Context, p *plan) sent {
	var list []imclient.NewUser
	for _, u := range w.users {
		if p.item(u.ID).Skip == "" {
			list = append(list, u)
		}
	}
	refused, err := p.app.IM.Users.Import(ctx, list)
	s := sent{rest: reply{err, len(list) == 1}}
	s.refused(refused)
	return s
}

func (w *importWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	return accounts(ctx, p, w.ids)
}

func (w *importWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *importWork) targets(*plan) (users, messages []string) { return w.ids, nil }

func (w *importWork) options() map[string]any { return nil }

// deleteUsersWork removes accounts.
type deleteUsersWork struct{ users []string }

func (w *deleteUsersWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbDeleteUsers); err != nil {
		return err
	}
	now, err := accounts(ctx, p, w.users)
	if err != nil {
		return err
	}
	for _, u := range w.users {
		item := Item{ID: u, Before: now[u], Want: known(TextMissing), Effect: EffectAccountDeleted}
		switch {
		case p.isAdministrator(u):
			item.skip(SkipAdministrator)
		case item.Before == item.Want:
			item.skip(SkipNoUser)
		}
		p.items = append(p.items, item)
	}
	return nil
}

func (w *deleteUsersWork) send(ctx context.Context, p *plan) sent {
	users := p.acting()
	refused, err := p.app.IM.Users.Delete(ctx, users)
	s := sent{rest: reply{err, len(users) == 1}}
	s.refused(refused)
	return s
}

func (w *deleteUsersWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	return accounts(ctx, p, w.users)
}

func (w *deleteUsersWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *deleteUsersWork) targets(*plan) (users, messages []string) { return w.users, nil }

func (w *deleteUsersWork) options() map[string]any { return nil }

// editUserWork changes fields of a profile.
type editUserWork struct {
	user    string
	want    map[string]string // by field
	seen    map[string]string // what the form showed; nil: not checked
	restore bool
}

func (w *editUserWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbEditUser); err != nil {
		return err
	}
	u, err := p.app.IM.Users.Get(ctx, w.user)
	if err != nil {
		return fmt.Errorf("read the user: %w", err)
	}
	conflicts := fields{}
	for _, field := range w.fields() {
		item := Item{ID: field, Before: known(UserField(u, field)), Want: known(w.want[field]), Effect: EffectChanged}
		switch {
		case w.restore && field == UserAllow && item.Want.Text == "":
			item.skip(SkipUnset)
		case item.Before == item.Want && !w.restore:
			item.skip(SkipSame)
		}
		if seen, checked := w.seen[field]; checked && item.Skip == "" && item.Before.Text != seen {
			conflicts.add(field, "action.invalid.changed", "now", item.Before.Text)
		}
		p.items = append(p.items, item)
	}
	return conflicts.err()
}

// fields are those that are to be changed: those of every profile first, then the app's own by name.
func (w *editUserWork) fields() []string {
	all := slices.Sorted(maps.Keys(w.want))
	order := UserFields()
	slices.SortStableFunc(all, func(a, b string) int {
		return place(order, a) - place(order, b)
	})
	return all
}

func place(order []string, field string) int {
	if i := slices.Index(order, field); i >= 0 {
		return i
	}
	return len(order)
}

// UserField reads one field of a profile, as EditUser takes it.
func UserField(u imclient.User, field string) string {
	switch field {
	case UserNick:
		return u.Nick
	case UserAvatar:
		return u.AvatarURL
	case UserGender:
		return u.Gender
	case UserBirthday:
		return u.Birthday
	case UserLocation:
		return u.Location
	case UserSignature:
		return u.Signature
	case UserLanguage:
		return u.Language
	case UserLevel:
		return u.Level
	case UserRole:
		return u.Role
	case UserAllow:
		return u.AllowType
	case UserForbidden:
		return onOff(u.Forbidden)
	}
	for _, f := range u.Custom {
		if UserCustom+f.Key == field {
			return f.Value
		}
	}
	return ""
}

// change is what is asked of the service for some fields.
func (w *editUserWork) change(p *plan) imclient.UserChange {
	var c imclient.UserChange
	into := map[string]**string{
		UserNick: &c.Nick, UserAvatar: &c.AvatarURL, UserGender: &c.Gender, UserBirthday: &c.Birthday, UserLocation: &c.Location,
		UserSignature: &c.Signature, UserLanguage: &c.Language, UserLevel: &c.Level, UserRole: &c.Role, UserAllow: &c.AllowType,
	}
	for _, field := range p.acting() {
		text := p.item(field).Want.Text
		switch to, is := into[field]; {
		case is:
			*to = &text
		case field == UserForbidden:
			on := text == TextOn
			c.Forbidden = &on
		default:
			c.Custom = append(c.Custom, imclient.Field{Key: field[len(UserCustom):], Value: text})
		}
	}
	return c
}

func (w *editUserWork) send(ctx context.Context, p *plan) sent {
	return sent{rest: reply{p.app.IM.Users.Edit(ctx, w.user, w.change(p)), true}}
}

func (w *editUserWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	u, err := p.app.IM.Users.Get(ctx, w.user)
	if err != nil {
		return nil, err
	}
	now := make(map[string]Value, len(w.want))
	for field := range w.want {
		now[field] = known(UserField(u, field))
	}
	return now, nil
}

func (w *editUserWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *editUserWork) targets(*plan) (users, messages []string) { return []string{w.user}, nil }

func (w *editUserWork) options() map[string]any {
	return map[string]any{"user": w.user, "fields": w.fields()}
}

// contactWork takes a conversation off a user's list.
type contactWork struct {
	chat  imclient.Conversation
	clear bool
}

func (w *contactWork) load(ctx context.Context, p *plan) error {
	if err := p.offered(imclient.VerbContactRemove); err != nil {
		return err
	}
	p.groupID = w.chat.Group
	now, err := w.read(ctx, p)
	if err != nil {
		return fmt.Errorf("look for the conversation: %w", err)
	}
	id := w.chat.Other()
	item := Item{ID: id, Before: now[id], Want: known(TextUnlisted), Effect: EffectContactRemoved}
	if w.clear {
		item.Effect = EffectContactCleared
	}
	if item.Before == item.Want && !w.clear {
		item.skip(SkipNoContact)
	}
	p.items = []Item{item}
	return nil
}

func (w *contactWork) send(ctx context.Context, p *plan) sent {
	return sent{rest: reply{p.app.IM.Contacts.Remove(ctx, w.chat, w.clear), true}}
}

// read looks through the first pages of the list.
func (w *contactWork) read(ctx context.Context, p *plan) (map[string]Value, error) {
	id := w.chat.Other()
	pages := 0
	list := func(ctx context.Context, cursor string) (imclient.Page[imclient.Contact], error) {
		return p.app.IM.Contacts.List(ctx, imclient.ContactListOptions{User: w.chat.User, Cursor: cursor})
	}
	for page, err := range imclient.Pages(ctx, "", list) {
		if err != nil {
			return nil, err
		}
		for _, c := range page.Items {
			if c.Conversation.Group == w.chat.Group && c.Conversation.Peer == w.chat.Peer {
				return map[string]Value{id: known(TextListed)}, nil
			}
		}
		if pages++; pages == listPages && page.Next != "" {
			return nil, nil
		}
	}
	return map[string]Value{id: known(TextUnlisted)}, nil
}

func (w *contactWork) matches(want, got Value, _ time.Time) bool { return want == got }

func (w *contactWork) targets(*plan) (users, messages []string) {
	if w.chat.Direct() {
		return []string{w.chat.User, w.chat.Peer}, nil
	}
	return []string{w.chat.User}, nil
}

func (w *contactWork) options() map[string]any {
	o := map[string]any{"user": w.chat.User}
	if w.clear {
		o["clear"] = true
	}
	return o
}

// notThere reports whether an error says that a user is not there.
func notThere(err error) bool {
	e, is := errors.AsType[*imclient.Error](err)
	return is && e.Kind == imclient.ErrNotFound
}
