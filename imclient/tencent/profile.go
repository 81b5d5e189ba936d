package tencent

import (
	"context"
	"encoding/json"
)

var (
	portraitGet = command[PortraitGetRequest, PortraitGetAnswer]("profile", "portrait_get", reads, rateDefault, "34917")
	portraitSet = command[PortraitSetRequest, Done]("profile", "portrait_set", writes, rateDefault, "34916")
)

// Caps of profiles.
const (
	maxProfiles    = 100 // portrait_get
	maxProfileText = 500 // bytes of nickname, signature and picture
	maxLocation    = 16  // bytes
)

// The tags of a profile. Texts take 500 bytes, the location 16.
//
// Source: Tencent Cloud Chat, "Profile Management" (doc 33520).
const (
	TagNick        = "Tag_Profile_IM_Nick"
	TagGender      = "Tag_Profile_IM_Gender"
	TagBirthday    = "Tag_Profile_IM_BirthDay" // number, YYYYMMDD
	TagLocation    = "Tag_Profile_IM_Location"
	TagSignature   = "Tag_Profile_IM_SelfSignature"
	TagAllowType   = "Tag_Profile_IM_AllowType"
	TagLanguage    = "Tag_Profile_IM_Language" // number
	TagImage       = "Tag_Profile_IM_Image"
	TagMsgSettings = "Tag_Profile_IM_MsgSettings" // number; older pages
	TagForbid      = "Tag_Profile_IM_AdminForbidType"
	TagLevel       = "Tag_Profile_IM_Level" // number
	TagRole        = "Tag_Profile_IM_Role"  // number
	TagCustom      = "Tag_Profile_Custom_"  // prefix of the app's own
)

// Values of TagGender and TagForbid.
const (
	GenderUnknown = "Gender_Type_Unknown"
	GenderFemale  = "Gender_Type_Female"
	GenderMale    = "Gender_Type_Male"
	ForbidNone    = "AdminForbid_Type_None"
	ForbidSendOut = "AdminForbid_Type_SendOut"
)

// TagValue is one field of a profile. The JSON type of Value follows the tag: text or number.
type TagValue struct {
	Tag   string
	Value json.RawMessage
}

// Text is the value as text, whatever its JSON type.
func (t TagValue) Text() string {
	var s Str
	_ = s.UnmarshalJSON(t.Value) // fails on nothing that the decoder let through
	return string(s)
}

// PortraitGetRequest asks for tags of at most 100 users.
type PortraitGetRequest struct {
	ToAccount []string `json:"To_Account"`
	TagList   []string
}

// PortraitGetAnswer has a result for each user; tags that are not set are missing.
type PortraitGetAnswer struct {
	Envelope
	UserProfileItem []UserProfile
	FailAccount     []Str `json:"Fail_Account"`
}

// UserProfile is one user's. ResultCode is 40003 if the account was not imported.
type UserProfile struct {
	ToAccount   Str `json:"To_Account"`
	ProfileItem []TagValue
	ResultCode  Int
	ResultInfo  Str
}

// PortraitGet reads profiles. Codes: 40001, 40002, 40003 (not imported), 40004, 40006, 40007, 40009.
//
// Source: Tencent Cloud Chat REST API, portrait_get (doc 34917).
func (a *API) PortraitGet(ctx context.Context, q *PortraitGetRequest) (*PortraitGetAnswer, error) {
	return call(ctx, a, portraitGet, q)
}

// PortraitSetRequest changes the named tags of one user.
type PortraitSetRequest struct {
	FromAccount string `json:"From_Account"`
	ProfileItem []TagSet
}

// TagSet is one field to set: a text, or a number where the tag has one.
type TagSet struct {
	Tag   string
	Value any
}

// PortraitSet changes a profile. Codes: 40001, 40003, 40004, 40006, 40008, 40009, 40601 (over 500 bytes), 40605 (value
// not allowed), 40610 (wrong type).
//
// Source: Tencent Cloud Chat REST API, portrait_set (doc 34916).
func (a *API) PortraitSet(ctx context.Context, q *PortraitSetRequest) (*Done, error) {
	return call(ctx, a, portraitSet, q)
}
