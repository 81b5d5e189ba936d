package community

import (
	"database/sql"
	"errors"
	"fmt"
)

// Account is a user of one app.
type Account struct {
	UID       int64
	Name      string // the UserID
	Nick      string
	Face      string // URL
	CreatedAt int64  // Unix seconds
	C2CMute   int64  // may not send direct messages until; 0 = may
	GroupMute int64  // may not speak in groups until; 0 = may
}

const accountColumns = "uid, name, nick, face, created_at, c2c_mute, group_mute"

func (a *Account) fields() []any {
	return []any{&a.UID, &a.Name, &a.Nick, &a.Face, &a.CreatedAt, &a.C2CMute, &a.GroupMute}
}

// Account returns the account called name, or ErrNoAccount.
func (c Conn) Account(app int64, name string) (a Account, err error) {
	err = c.get("SELECT "+accountColumns+" FROM account WHERE app = ? AND name = ?", []any{app, name}, a.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fmt.Errorf("%w: %s", ErrNoAccount, name)
	}
	return a, err
}

// Accounts returns those of the named accounts that exist, by name.
func (c Conn) Accounts(app int64, names []string) (map[string]Account, error) {
	arg, err := list(names)
	if err != nil {
		return nil, err
	}
	found := make(map[string]Account, len(names))
	err = c.each("SELECT "+accountColumns+" FROM account WHERE app = ? AND name IN "+in, []any{app, arg}, func(scan func(...any) error) error {
		var a Account
		if err := scan(a.fields()...); err != nil {
			return err
		}
		found[a.Name] = a
		return nil
	})
	return found, err
}

// nextUID is above all uids there are and were.
const nextUID = "(SELECT max((SELECT coalesce(max(uid), 0) FROM account), (SELECT top FROM uid_top)) + 1)"

// ImportAccount makes the account unless it exists, in which case nothing changes.
func (t *Tx) ImportAccount(app int64, a Account) (created bool, err error) {
	if a.CreatedAt == 0 {
		a.CreatedAt = t.store.now().Unix()
	}
	n, err := t.exec("INSERT INTO account (uid, app, name, nick, face, created_at, c2c_mute, group_mute) VALUES ("+nextUID+", ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		app, a.Name, a.Nick, a.Face, a.CreatedAt, a.C2CMute, a.GroupMute)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.Tally(app, a.CreatedAt, AccountsNew, 1)
}

// NewAccount makes an account that is not there yet and returns its uid.
func (t *Tx) NewAccount(app int64, a Account) (uid int64, err error) {
	if err := t.Tally(app, a.CreatedAt, AccountsNew, 1); err != nil {
		return 0, err
	}
	return t.insert("INSERT INTO account (uid, app, name, nick, face, created_at) VALUES ("+nextUID+", ?, ?, ?, ?, ?)", app, a.Name, a.Nick, a.Face, a.CreatedAt)
}

// AccountsLike lists the accounts whose names begin with prefix, by name.
func (c Conn) AccountsLike(app int64, prefix string) (accounts []Account, err error) {
	err = c.each("SELECT "+accountColumns+" FROM account WHERE app = ? AND name >= ? AND name < ? ORDER BY name", []any{app, prefix, prefix + "\x7f"}, func(scan func(...any) error) error {
		var a Account
		err := scan(a.fields()...)
		accounts = append(accounts, a)
		return err
	})
	return accounts, err
}

// CountAccounts returns how many accounts app has.
func (c Conn) CountAccounts(app int64) (n int64, err error) {
	err = c.get("SELECT count(*) FROM account WHERE app = ?", []any{app}, &n)
	return n, err
}

// Kick voids UserSigs that were made before the given time.
func (t *Tx) Kick(uid, at int64) error {
	_, err := t.exec("UPDATE account SET kicked_at = ? WHERE uid = ?", at, uid)
	return err
}

// KickedAt returns before which time UserSigs of the user are void; 0 if there is no such account.
func (c Conn) KickedAt(app int64, name string) (at int64, err error) {
	err = c.get("SELECT kicked_at FROM account WHERE app = ? AND name = ?", []any{app, name}, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return at, err
}

// DeleteAccount removes the account with its profile, relations, notes, memberships, mutes and bans. What it said stays. Its
// uid is never given to somebody else, who would inherit what is left.
func (t *Tx) DeleteAccount(app int64, a Account) error {
	for _, query := range []string{
		"UPDATE grp SET member_num = member_num - 1 WHERE gid IN (SELECT gid FROM member WHERE uid = ?)",
		"UPDATE grp SET owner = '' WHERE gid IN (SELECT gid FROM member WHERE uid = ? AND role = 2)",
		"DELETE FROM member WHERE uid = ?",
		"DELETE FROM profile WHERE uid = ?",
		"UPDATE uid_top SET top = max(top, ?)",
		"DELETE FROM account WHERE uid = ?",
	} {
		if _, err := t.exec(query, a.UID); err != nil {
			return err
		}
	}
	for _, drop := range []func(uid int64) error{t.DropRelations, t.dropNotes} {
		if err := drop(a.UID); err != nil {
			return err
		}
	}
	return t.Tally(app, t.store.now().Unix(), AccountsDeleted, 1)
}

// SetNickFace changes what is not nil.
func (t *Tx) SetNickFace(uid int64, nick, face *string) error {
	_, err := t.exec("UPDATE account SET nick = coalesce(?, nick), face = coalesce(?, face) WHERE uid = ?", nick, face, uid)
	return err
}

// SetProfile stores one profile value, a JSON scalar; "" removes it.
func (t *Tx) SetProfile(uid int64, tag, value string) error {
	if value == "" {
		_, err := t.exec("DELETE FROM profile WHERE uid = ? AND tag = ?", uid, tag)
		return err
	}
	_, err := t.exec("INSERT INTO profile (uid, tag, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", uid, tag, value)
	return err
}

// Profiles returns the stored values of the users, by uid and tag.
func (c Conn) Profiles(uids []int64) (map[int64]map[string]string, error) {
	arg, err := list(uids)
	if err != nil {
		return nil, err
	}
	found := map[int64]map[string]string{}
	err = c.each("SELECT uid, tag, value FROM profile WHERE uid IN "+in, []any{arg}, func(scan func(...any) error) error {
		var uid int64
		var tag, value string
		if err := scan(&uid, &tag, &value); err != nil {
			return err
		}
		if found[uid] == nil {
			found[uid] = map[string]string{}
		}
		found[uid][tag] = value
		return nil
	})
	return found, err
}

// MuteEverywhere sets until when the user may not send direct messages and may not speak in groups; nil leaves one as it is.
func (t *Tx) MuteEverywhere(uid int64, c2c, group *int64) error {
	_, err := t.exec("UPDATE account SET c2c_mute = coalesce(?, c2c_mute), group_mute = coalesce(?, group_mute) WHERE uid = ?", c2c, group, uid)
	return err
}

// AccountName returns the name of a user; "" if there is no such user.
func (c Conn) AccountName(uid int64) (name string, err error) {
	err = c.get("SELECT name FROM account WHERE uid = ?", []any{uid}, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}
