package handlers

import (
	"context"
	"slices"

	"imdesk/imclient"
)

func (h *harness) addWord(word string) {
	h.t.Helper()
	h.must("im_msg_audit_mgr/add_local_audit_keywords", map[string]any{"SdkAppId": testSDKAppID, "LocalAuditWords": []any{map[string]any{"Keyword": word, "WordType": 1, "FilterType": 2}}})
}

func (h *harness) hasWord(word string) bool {
	h.t.Helper()
	page, err := h.app.IM.Keywords.List(context.Background(), "block", word, "", 100)
	check(h.t, err)
	return slices.ContainsFunc(page.Items, func(k imclient.Keyword) bool { return k.Text == word })
}

func (h *harness) hasTag(user string) bool {
	h.t.Helper()
	list, err := h.app.IM.Broadcasts.Tags(context.Background(), []string{user})
	check(h.t, err)
	return len(list) == 1 && slices.Contains(list[0].Tags, "vip")
}
