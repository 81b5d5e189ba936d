package volcengine

import "imdesk/emulator/internal/community"

// settingInfo is what a user set for a conversation. Source: data structures, doc 192711.
type settingInfo struct {
	AppId                int64
	ConversationShortId  int64
	ConversationId       string
	ConversationType     int64
	InboxType            int64
	ParticipantUserId    int64
	ParticipantUserIdStr string
	IsStickTop           bool
	StickTopTime         int64
	IsSetFavorite        bool
	SetFavoriteTime      int64
	IsMute               bool
	Ext                  map[string]string
	ReadIndex            *int64 `json:",omitempty"`
}

// Source: GetConversationSetting, doc 337014.
func getConversationSetting(c *call) (any, error) {
	id, user, noIndex := c.csi(), c.user("ParticipantUserId", need), c.flag("NoReadIndex", false)
	v, err := c.find(c.read(), id, single|group)
	if err != nil {
		return nil, err
	}
	if _, err := c.read().Participant(v.CID, user); err != nil {
		return nil, err
	}
	set, err := c.read().Setting(v.CID, user)
	if err != nil {
		return nil, err
	}
	if set == nil {
		return nil, errSettingNotFound
	}
	out := settingInfo{
		AppId: c.app.ID, ConversationShortId: v.ID, ConversationId: text(v.ID), ConversationType: v.Type, InboxType: v.Inbox,
		ParticipantUserId: user, ParticipantUserIdStr: text(user), IsStickTop: set.StickMS > 0, StickTopTime: set.StickMS,
		IsSetFavorite: set.FavoriteMS > 0, SetFavoriteTime: set.FavoriteMS, IsMute: set.Quiet, Ext: mapped(set.Ext),
	}
	if !noIndex {
		out.ReadIndex = &set.ReadIndex
	}
	return struct{ ConversationSettingInfo settingInfo }{out}, nil
}

// IsStickTop and IsSetFavorite say whether their times are to be changed. Source: ModifyConversationSetting, doc 337015. Open:
// an absent IsMute changes nothing, and Ext is merged.
func modifyConversationSetting(c *call) (any, error) {
	in := c.obj("ConversationSettingInfo", need)
	id, user := in.csi(), in.user("ParticipantUserId", need)
	stick, stickMS := in.flag("IsStickTop", false), in.cursor("StickTopTime", may)
	favorite, favoriteMS := in.flag("IsSetFavorite", false), in.cursor("SetFavoriteTime", may)
	hasMute, quiet, ext := in.has("IsMute"), in.flag("IsMute", false), in.pairs("Ext")
	return nil, c.change(id, single|group, func(tx *community.Tx, v *community.Conversation) error {
		if _, err := tx.Participant(v.CID, user); err != nil {
			return err
		}
		set, err := tx.Setting(v.CID, user)
		if err != nil {
			return err
		}
		if set == nil {
			set = &community.Setting{}
		}
		if stick {
			set.StickMS = stickMS
		}
		if favorite {
			set.FavoriteMS = favoriteMS
		}
		if hasMute {
			set.Quiet = quiet
		}
		set.Ext = merged(set.Ext, ext)
		return tx.SaveSetting(v.CID, user, *set)
	})
}

// readIndexItem is how far a member has read.
type readIndexItem struct {
	ParticipantUserId    int64
	ParticipantUserIdStr string
	ReadIndex            int64
}

// Source: the types of the vendor's Go client; there is no page. A member who has read nothing is left out.
func getReadIndexes(c *call) (any, error) {
	v, err := c.find(c.read(), c.csi(), single|group)
	if err != nil {
		return nil, err
	}
	readers, err := c.read().Readers(v.CID)
	if err != nil {
		return nil, err
	}
	items := []readIndexItem{}
	for _, r := range readers {
		if r.Index > 0 {
			items = append(items, readIndexItem{r.User, text(r.User), r.Index})
		}
	}
	return struct{ ReadIndexes []readIndexItem }{items}, nil
}

// Source: the types of the vendor's Go client. Open: the error of an index that is not above the present one.
func modifyReadIndex(c *call) (any, error) {
	id, user, index := c.csi(), c.user("ParticipantUserId", need), c.i64("ReadIndex", need)
	return nil, c.change(id, single|group, func(tx *community.Tx, v *community.Conversation) error {
		if _, err := tx.Participant(v.CID, user); err != nil {
			return err
		}
		set, err := tx.Setting(v.CID, user)
		if err != nil {
			return err
		}
		if index <= 0 || set != nil && index <= set.ReadIndex {
			return errInvalidParam.say("ReadIndex is not above the present one")
		}
		return tx.SetReadIndex(v.CID, user, index)
	})
}
