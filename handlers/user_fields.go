package handlers

import (
	"context"
	"strings"

	"imdesk/actions"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// userFieldName is what a field of a profile, or of a friend, is called. A field of the app's own has its own name.
func userFieldName(ctx context.Context, field string) string {
	if name, custom := strings.CutPrefix(field, actions.UserCustom); custom {
		return name
	}
	//i18n:uses users.field.*
	if key := "users.field." + field; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return field
}

// userFieldNames are what the fields of a result are called.
func userFieldNames(ctx context.Context, items []actions.Item) names {
	n := names{}
	for _, i := range items {
		n[i.ID] = userFieldName(ctx, i.ID)
	}
	return n
}

// userFieldText is a field of a profile or of a friend as a person reads it, "" if it is not set; false for what is no such
// field.
func userFieldText(ctx context.Context, v actions.Verb, field string, value actions.Value) (string, bool) {
	switch {
	case v != actions.VerbEditUser && v != actions.VerbEditFriend:
		return "", false
	case !value.Known:
		return i18n.T(ctx, "action.value.unknown"), true
	case v == actions.VerbEditFriend && field == actions.FriendLists:
		return strings.ReplaceAll(value.Text, "\n", i18n.T(ctx, "audit.and")), true
	case v == actions.VerbEditFriend:
		return value.Text, true
	}
	switch field {
	case actions.UserGender:
		return genderText(ctx, value.Text), true
	case actions.UserBirthday:
		return birthdayText(value.Text), true
	case actions.UserAllow:
		return allowText(ctx, value.Text), true
	case actions.UserForbidden:
		return forbiddenText(ctx, value.Text), true
	}
	return value.Text, true
}

func forbiddenText(ctx context.Context, value string) string {
	if value == actions.TextOn {
		return i18n.T(ctx, "users.requests_forbidden")
	}
	return i18n.T(ctx, "users.requests_allowed")
}

// userDiff is a field before and after.
func userDiff(ctx context.Context, v actions.Verb, i actions.Item) templates.DiffRow {
	before, _ := userFieldText(ctx, v, i.ID, i.Before)
	after, _ := userFieldText(ctx, v, i.ID, i.Want)
	return templates.DiffRow{Field: userFieldName(ctx, i.ID), Before: before, After: after}
}
