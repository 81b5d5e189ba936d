package tencent

import (
	"encoding/json"
	"slices"
	"strings"

	"imdesk/emulator/internal/community"
)

var profileCommands = []command{
	{service: "profile", name: "portrait_get", rate: 200, run: getPortraits},
	{service: "profile", name: "portrait_set", rate: 200, run: setPortrait},
}

const (
	tagNick      = "Tag_Profile_IM_Nick"
	tagImage     = "Tag_Profile_IM_Image"
	customPrefix = "Tag_Profile_Custom_"

	maxPortraits = 100
)

// tagKind is the type of a tag's value.
type tagKind struct {
	number  bool
	limit   int      // bytes of a string
	choices []string // nil = any
}

// tags are the standard ones. Source: "Profile hosting", doc 33520.
var tags = map[string]tagKind{
	tagNick:                          {limit: 500},
	"Tag_Profile_IM_Gender":          {choices: []string{"Gender_Type_Unknown", "Gender_Type_Female", "Gender_Type_Male"}},
	"Tag_Profile_IM_BirthDay":        {number: true},
	"Tag_Profile_IM_Location":        {limit: 16},
	"Tag_Profile_IM_SelfSignature":   {limit: 500},
	"Tag_Profile_IM_AllowType":       {choices: []string{"AllowType_Type_NeedConfirm", "AllowType_Type_AllowAny", "AllowType_Type_DenyAny"}},
	"Tag_Profile_IM_Language":        {number: true},
	tagImage:                         {limit: 500},
	"Tag_Profile_IM_MsgSettings":     {number: true},
	"Tag_Profile_IM_AdminForbidType": {choices: []string{"AdminForbid_Type_None", "AdminForbid_Type_SendOut"}},
	"Tag_Profile_IM_Level":           {number: true},
	"Tag_Profile_IM_Role":            {number: true},
}

func knownTag(tag string) bool {
	_, ok := tags[tag]
	return ok || customTag(tag)
}

// customTag reports whether tag is an app's own: up to eight letters after the prefix. The app is taken to have made it.
func customTag(tag string) bool {
	rest, ok := strings.CutPrefix(tag, customPrefix)
	if !ok || rest == "" || len(rest) > 8 {
		return false
	}
	for _, b := range []byte(rest) {
		if (b|0x20) < 'a' || (b|0x20) > 'z' {
			return false
		}
	}
	return true
}

type profileItem struct {
	Tag   string
	Value json.RawMessage
}

type userProfile struct {
	ToAccount   string        `json:"To_Account"`
	ProfileItem []profileItem `json:",omitempty"`
	ResultCode  int
	ResultInfo  string
}

// getPortraits is portrait_get, doc 34917. Tags never set are left out.
func getPortraits(c *call) (any, error) {
	names := c.strs("To_Account", maxPortraits, 40001)
	wanted := c.strs("TagList", 100, 40001)
	if err := c.failed(); err != nil {
		return nil, err
	}
	for _, tag := range wanted {
		if !knownTag(tag) {
			return nil, refuse(40009, "there is no profile field %s", tag)
		}
	}
	db := c.read()
	found, err := db.Accounts(c.app, names)
	if err != nil {
		return nil, err
	}
	uids := make([]int64, 0, len(found))
	for _, a := range found {
		uids = append(uids, a.UID)
	}
	stored, err := db.Profiles(uids)
	if err != nil {
		return nil, err
	}
	answer := struct {
		UserProfileItem []userProfile
		FailAccount     []string `json:"Fail_Account,omitempty"`
		ErrorDisplay    string
	}{UserProfileItem: make([]userProfile, len(names))}
	for i, name := range names {
		a, ok := found[name]
		if !ok {
			answer.UserProfileItem[i] = userProfile{ToAccount: name, ResultCode: 40003, ResultInfo: "Err_Profile_PortraitGet_Account_Not_Imported"}
			answer.FailAccount = append(answer.FailAccount, name)
			continue
		}
		item := userProfile{ToAccount: name}
		for _, tag := range wanted {
			if v := profileValue(a, stored[a.UID], tag); v != nil {
				item.ProfileItem = append(item.ProfileItem, profileItem{tag, v})
			}
		}
		answer.UserProfileItem[i] = item
	}
	return answer, nil
}

func profileValue(a community.Account, stored map[string]string, tag string) json.RawMessage {
	text := ""
	switch tag {
	case tagNick:
		text = a.Nick
	case tagImage:
		text = a.Face
	default:
		if v := stored[tag]; v != "" {
			return json.RawMessage(v)
		}
		return nil
	}
	if text == "" {
		return nil
	}
	b, err := json.Marshal(text)
	if err != nil { // a string always encodes
		panic(err)
	}
	return b
}

// setPortrait is portrait_set, doc 34916.
func setPortrait(c *call) (any, error) {
	from := c.str("From_Account")
	items := c.objs("ProfileItem", 100, 40001)
	values := make([]profileItem, len(items))
	for i, o := range items {
		values[i].Tag = o.str("Tag")
		if c.failed() == nil {
			if err := checkProfile(o, &values[i]); err != nil {
				return nil, err
			}
		}
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	err := c.update(func(tx *community.Tx) error {
		a, err := tx.Account(c.app, from)
		if err != nil {
			return err
		}
		for _, v := range values {
			if err := setProfileValue(tx, a.UID, v); err != nil {
				return err
			}
		}
		return c.tell(tx, userLane(from), "Profile.CallbackPortraitSet", struct {
			OperatorAccount string `json:"Operator_Account"`
			FromAccount     string `json:"From_Account"`
			EventTime       int64
			ProfileItem     []profileItem
		}{c.admin, from, c.eventMS(), values})
	})
	return struct{ ErrorDisplay string }{}, err
}

func setProfileValue(tx *community.Tx, uid int64, v profileItem) error {
	var text string
	switch v.Tag {
	case tagNick, tagImage:
		if err := json.Unmarshal(v.Value, &text); err != nil {
			return err
		}
		if v.Tag == tagNick {
			return tx.SetNickFace(uid, &text, nil)
		}
		return tx.SetNickFace(uid, nil, &text)
	}
	return tx.SetProfile(uid, v.Tag, string(v.Value))
}

// checkProfile reads the Value of o by the type of its tag.
func checkProfile(o *fields, item *profileItem) error {
	kind, standard := tags[item.Tag]
	if !standard && !customTag(item.Tag) {
		return refuse(40009, "there is no profile field %s", item.Tag)
	}
	if !o.has("Value") {
		return refuse(40001, "%s has no Value", item.Tag)
	}
	item.Value = o.raw["Value"]
	var text string
	isText := json.Unmarshal(item.Value, &text) == nil
	n, isNumber := integer(item.Value)
	switch {
	case !standard && !isText && !isNumber, standard && kind.number && !isNumber, standard && !kind.number && !isText:
		return refuse(40610, "%s has a Value of the wrong type", item.Tag)
	case standard && kind.number:
		if n < 0 || n > maxU32 {
			return refuse(40605, "%s has a Value out of range", item.Tag)
		}
		if isText {
			item.Value = json.RawMessage(strings.Trim(string(item.Value), `"`))
		}
	case len(text) > maxProfileString:
		return refuse(codeProfileLong, "%s is over 500 bytes", item.Tag)
	case kind.limit > 0 && len(text) > kind.limit:
		return refuse(40605, "%s is over %d bytes", item.Tag, kind.limit)
	case kind.choices != nil && !slices.Contains(kind.choices, text):
		return refuse(40605, "%s has an unknown Value", item.Tag)
	}
	return nil
}
