package handlers

import (
	"context"
	"strings"
	"testing"

	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/imclient/volcengine"
	"imdesk/web/i18n"
)

// in is a context for one language.
func in(t *testing.T, l i18n.Lang) context.Context {
	return i18n.With(t.Context(), i18n.Locale{Lang: l})
}

// TestEveryCodeHasTexts: what a vendor documents is explained in its own words, in both languages.
func TestEveryCodeHasTexts(t *testing.T) {
	t.Parallel()
	codes := map[imclient.Vendor]map[string]string{imclient.Tencent: {}, imclient.Volcengine: {}}
	for _, c := range tencent.Codes() {
		codes[imclient.Tencent][c.Code] = c.TextKey
	}
	for _, c := range volcengine.Codes() {
		codes[imclient.Volcengine][c.Code] = c.TextKey
	}
	for _, l := range i18n.Languages() {
		for vendor, list := range codes {
			if len(list) < 40 {
				t.Fatalf("only %d codes of %s", len(list), vendor)
			}
			for code, key := range list {
				what, next := vendorText(in(t, l), vendor, code)
				if what != i18n.T(in(t, l), key+".what") || next != i18n.T(in(t, l), key+".next") {
					t.Errorf("%s %s in %s is not explained by %s: %q, %q", vendor, code, l, key, what, next)
				}
				for _, text := range []string{what, next} {
					if text == "" || strings.Contains(text, i18n.MissingMark) {
						t.Errorf("%s %s has no text in %s: %q", vendor, code, l, text)
					}
				}
			}
		}
	}
}

func TestVendorTextFallsBack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		vendor imclient.Vendor
		code   string
		want   string // the code whose texts are shown
	}{
		{"a documented code", imclient.Tencent, "10010", "10010"},
		{"first of the group callback's", imclient.Tencent, "10100", "custom"},
		{"last of the group callback's", imclient.Tencent, "10200", "custom"},
		{"after the group callback's", imclient.Tencent, "10201", "group"},
		{"of the message callback", imclient.Tencent, "120001", "custom"},
		{"last of the message callback's", imclient.Tencent, "130000", "custom"},
		{"of the friend callback", imclient.Tencent, "38500", "custom"},
		{"undocumented, of topics", imclient.Tencent, "110099", "group"},
		{"undocumented, one-to-one", imclient.Tencent, "20099", "message"},
		{"undocumented, of messages", imclient.Tencent, "90999", "message"},
		{"undocumented, of friends", imclient.Tencent, "31999", "friend"},
		{"undocumented, of profiles", imclient.Tencent, "40999", "profile"},
		{"undocumented, of recent contacts", imclient.Tencent, "51999", "contact"},
		{"undocumented, of the gateway", imclient.Tencent, "60999", "gateway"},
		{"undocumented, of accounts", imclient.Tencent, "72999", "account"},
		{"undocumented, of checks", imclient.Tencent, "80999", "check"},
		{"undocumented, of nothing", imclient.Tencent, "999999", "unknown"},
		{"no number", imclient.Tencent, "Strange", "unknown"},
		{"a code that looks like a part of a key", imclient.Tencent, "10010.what", "unknown"},

		{"a documented name", imclient.Volcengine, "ConversationNotFound", "ConversationNotFound"},
		{"a documented name with a dot", imclient.Volcengine, "InvalidParameter.Unmarshal", "InvalidParameter.Unmarshal"},
		{"an undocumented one with a dot", imclient.Volcengine, "InternalError.Redis", "InternalError"},
		{"undocumented flow control", imclient.Volcengine, "ActionFlowLimitExceeded.Burst", "FlowLimitExceeded"},
		{"an undocumented name", imclient.Volcengine, "Strange", "unknown"},
		{"a number", imclient.Volcengine, "10010", "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := in(t, i18n.English)
			what, next := vendorText(ctx, tt.vendor, tt.code)
			key := string(tt.vendor) + ".code." + tt.want
			if !i18n.Has(ctx, key+".what") {
				t.Fatalf("%s has no text", key)
			}
			if what != i18n.T(ctx, key+".what") || next != i18n.T(ctx, key+".next") {
				t.Errorf("got %q, %q, want the texts of %s", what, next, key)
			}
		})
	}
	for _, vendor := range []imclient.Vendor{imclient.Tencent, "nobody"} {
		if what, next := vendorText(in(t, i18n.English), vendor, ""); what != "" || next != "" {
			t.Errorf("no code of %s is explained: %q, %q", vendor, what, next)
		}
	}
	if what, _ := vendorText(in(t, i18n.English), "nobody", "1"); what != "" {
		t.Errorf("a vendor without texts is explained: %q", what)
	}
}

// TestVendorTextLanguages: the Chinese texts are Chinese.
func TestVendorTextLanguages(t *testing.T) {
	t.Parallel()
	what, next := vendorText(in(t, i18n.Chinese), imclient.Tencent, "10010")
	if what != "该群已解散。" || next != "返回群列表。" {
		t.Errorf("got %q, %q", what, next)
	}
}
