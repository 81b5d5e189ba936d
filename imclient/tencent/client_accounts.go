package tencent

import (
	"context"
	"strconv"

	"imdesk/imclient"
)

// Check names those that have no account.
func (u usersArea) Check(ctx context.Context, ids []string) (missing []string, refused []imclient.Refused, err error) {
	ctx = withOp(ctx, "users.check")
	ids = unique(ids)
	results := make([]AccountResult, len(ids))
	err = readBatches(ctx, ids, maxAccounts, func(ctx context.Context, batch []string, from int) error {
		q := &AccountCheckRequest{}
		for _, id := range batch {
			q.CheckItem = append(q.CheckItem, UserID{id})
		}
		r, err := u.api.AccountCheck(ctx, q)
		if err != nil {
			return err
		}
		place := placesOf(batch)
		for _, item := range r.ResultItem {
			if i, asked := place[string(item.UserID)]; asked {
				results[from+i] = item
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for i, id := range ids {
		switch r := results[i]; {
		case r.ResultCode != 0:
			refused = append(refused, imclient.Refused{ID: id, Err: itemError(opOf(ctx, accountCheck.Command), accountCheck.Command, r.ResultCode, r.ResultInfo)})
		case r.AccountStatus != accountImported:
			missing = append(missing, id)
		}
	}
	return missing, refused, nil
}

// accountImported is what account_check says of an account that there is.
const accountImported = "Imported"

// Import makes accounts. Those with a name or a picture take the newer form of the command, or a call each.
func (u usersArea) Import(ctx context.Context, users []imclient.NewUser) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "users.import")
	var bare []string
	var named []imclient.NewUser
	for _, n := range users {
		if n.Nick == "" && n.AvatarURL == "" {
			bare = append(bare, n.ID)
		} else {
			named = append(named, n)
		}
	}
	refused, err := importArea(u).users(ctx, bare)
	if err != nil {
		return nil, err
	}
	id := func(n imclient.NewUser) string { return n.ID }
	more, err := inBatches(ctx, named, maxAccounts, id, func(batch []imclient.NewUser) (refused []imclient.Refused, err error) {
		err = u.api.vocabulary.accounts.try(
			func(e *imclient.Error) bool { return e.Code == "70402" },
			func() (err error) { refused, err = u.importNamed(ctx, batch); return err },
			func() (err error) { refused, err = u.importOneByOne(ctx, batch); return err })
		return refused, err
	})
	if err != nil && len(bare) > 0 { // the others are made
		return append(refused, refuseAll(named, id, asError(ctx, err))...), nil
	}
	if err != nil {
		return nil, err
	}
	return append(refused, more...), nil
}

func (u usersArea) importNamed(ctx context.Context, users []imclient.NewUser) ([]imclient.Refused, error) {
	q := &MultiaccountImportRequest{}
	for _, n := range users {
		q.AccountList = append(q.AccountList, AccountImportRequest{n.ID, n.Nick, n.AvatarURL})
	}
	r, err := u.api.MultiaccountImport(ctx, q)
	if err != nil {
		return nil, err
	}
	return accountsRefused(ctx, r), nil
}

// accountsRefused names the accounts that were not made. The service does not say why.
func accountsRefused(ctx context.Context, r *MultiaccountImportAnswer) []imclient.Refused {
	var refused []imclient.Refused
	for _, id := range r.FailAccounts {
		refused = append(refused, imclient.Refused{ID: string(id), Err: ownError(ctx, multiaccountImport.Command, codeNotImported)})
	}
	return refused
}

func (u usersArea) importOneByOne(ctx context.Context, users []imclient.NewUser) ([]imclient.Refused, error) {
	byID := make(map[string]imclient.NewUser, len(users))
	ids := make([]string, len(users))
	for i, n := range users {
		ids[i], byID[n.ID] = n.ID, n
	}
	return oneByOne(ctx, ids, func(id string) error {
		n := byID[id]
		_, err := u.api.AccountImport(ctx, &AccountImportRequest{n.ID, n.Nick, n.AvatarURL})
		return err
	})
}

// Delete removes accounts for good.
func (u usersArea) Delete(ctx context.Context, ids []string) ([]imclient.Refused, error) {
	ctx = withOp(ctx, "users.delete")
	return inBatches(ctx, ids, maxAccounts, same, func(batch []string) ([]imclient.Refused, error) {
		q := &AccountDeleteRequest{}
		for _, id := range batch {
			q.DeleteItem = append(q.DeleteItem, UserID{id})
		}
		r, err := u.api.AccountDelete(ctx, q)
		if err != nil {
			return nil, err
		}
		var refused []imclient.Refused
		for _, item := range r.ResultItem {
			if item.ResultCode != 0 {
				refused = append(refused, imclient.Refused{
					ID: string(item.UserID), Err: itemError(opOf(ctx, accountDelete.Command), accountDelete.Command, item.ResultCode, item.ResultInfo),
				})
			}
		}
		return refused, nil
	})
}

// Edit changes a profile.
func (u usersArea) Edit(ctx context.Context, user string, c imclient.UserChange) error {
	ctx = withOp(ctx, "users.edit")
	q := &PortraitSetRequest{FromAccount: user}
	set := func(tag string, value any) { q.ProfileItem = append(q.ProfileItem, TagSet{tag, value}) }
	for _, f := range []struct {
		tag   string
		value *string
	}{{TagNick, c.Nick}, {TagImage, c.AvatarURL}, {TagLocation, c.Location}, {TagSignature, c.Signature}, {TagAllowType, c.AllowType}} {
		if f.value != nil {
			set(f.tag, *f.value)
		}
	}
	if c.Gender != nil {
		gender, ok := wireGenders[*c.Gender]
		if !ok {
			return refuse(ctx, imclient.ErrInvalid, "%.20q is not a gender", *c.Gender)
		}
		set(TagGender, gender)
	}
	for _, f := range []struct {
		tag   string
		value *string
	}{{TagBirthday, c.Birthday}, {TagLanguage, c.Language}, {TagLevel, c.Level}, {TagRole, c.Role}} {
		if f.value == nil {
			continue
		}
		n, err := wireNumber(*f.value)
		if err != nil {
			return refuse(ctx, imclient.ErrInvalid, "%s: %.20q is not a number of 32 bits", f.tag, *f.value)
		}
		set(f.tag, n)
	}
	if c.Forbidden != nil {
		set(TagForbid, map[bool]string{true: ForbidSendOut, false: ForbidNone}[*c.Forbidden])
	}
	for _, f := range c.Custom {
		set(TagCustom+f.Key, f.Value)
	}
	if len(q.ProfileItem) == 0 {
		return refuse(ctx, imclient.ErrInvalid, "nothing to change")
	}
	_, err := u.api.PortraitSet(ctx, q)
	return err
}

var wireGenders = map[string]string{"female": GenderFemale, "male": GenderMale, "": GenderUnknown}

// wireNumber reads a number of a profile; nothing is 0.
func wireNumber(s string) (uint32, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err
}
