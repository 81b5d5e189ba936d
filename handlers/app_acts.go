package handlers

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// appValueText writes a state of what belongs to the app as a whole: a word of the filter, marks, tags. False for others.
func appValueText(ctx context.Context, v actions.Verb, value actions.Value) (string, bool) {
	switch baseVerb(v) {
	case actions.VerbAddWords, actions.VerbRemoveWords:
		pattern, becomes := value.Word()
		switch {
		case value.Text == actions.TextMissing:
			return i18n.T(ctx, "keywords.value.missing"), true
		case becomes != "" && pattern:
			return i18n.T(ctx, "keywords.value.pattern_becomes", "text", becomes), true
		case becomes != "":
			return i18n.T(ctx, "keywords.value.becomes", "text", becomes), true
		case pattern:
			return i18n.T(ctx, "keywords.value.pattern"), true
		}
		return i18n.T(ctx, "keywords.value.word"), true
	case actions.VerbLiveMark, actions.VerbUserTags:
		list := value.List()
		if len(list) == 0 {
			return i18n.T(ctx, "action.value.none"), true
		}
		return strings.Join(list, i18n.T(ctx, "audit.and")), true
	}
	return "", false
}

// appFacts are what the audit log has of an action on the app as a whole, besides its items.
func appFacts(ctx context.Context, d actions.Detail) []templates.FactView {
	var list []templates.FactView
	fact := func(key, value string) {
		if value != "" {
			//i18n:uses audit.detail.*
			list = append(list, templates.FactView{Name: i18n.T(ctx, "audit.detail."+key), Value: value})
		}
	}
	text := func(name string) string { s, _ := d.Options[name].(string); return s }
	for _, name := range []string{"library", "label", "from", "title", "push", "file"} {
		fact(name, text(name))
	}
	switch imclient.HistoryKind(text("kind")) {
	case imclient.HistoryDirect, imclient.HistoryGroups:
		//i18n:uses files.kind.*
		fact("kind", i18n.T(ctx, "files.kind."+text("kind")))
	}
	if at, err := time.Parse(time.RFC3339, text("hour")); err == nil {
		fact("hour", i18n.When(ctx, at))
	}
	if n, ok := d.Options["bytes"].(float64); ok && n > 0 {
		fact("bytes", i18n.Bytes(ctx, int64(n)))
	}
	if n, ok := d.Options["keep_seconds"].(float64); ok && n > 0 {
		fact("keep", i18n.Duration(ctx, time.Duration(n)*time.Second))
	}
	for _, name := range []string{"marks", "tags", "any_tag", "all_tag"} {
		fact(name, strings.Join(textsOf(d.Options[name]), i18n.T(ctx, "audit.and")))
	}
	for _, name := range []string{"any_attribute", "all_attribute"} {
		set, _ := d.Options[name].(map[string]any)
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(set)) {
			value, _ := set[key].(string)
			pairs = append(pairs, i18n.T(ctx, "ui.chart.value", "name", key, "value", value))
		}
		fact(name, strings.Join(pairs, i18n.T(ctx, "audit.and")))
	}
	return list
}

// textsOf are the texts of a list as JSON has it.
func textsOf(v any) []string {
	list, _ := v.([]any)
	var texts []string
	for _, e := range list {
		if s, is := e.(string); is {
			texts = append(texts, s)
		}
	}
	return texts
}
