package handlers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"
)

// What can be done to groups, and to what the app keeps with them.
var groupForms = []groupForm{
	{
		path: "new-group", name: "create", right: auth.VerbCreateGroup, ofApp: true, final: true,
		parts: createParts, action: createAction, lines: typeLines, top: true, done: madeGroup, again: true,
	},
	{
		path: "import-group", name: "import", right: auth.VerbImportGroup, ofApp: true, final: true,
		parts: importParts, action: importAction, done: madeGroup,
	},
	{
		path: "dismiss", name: "dismiss", right: auth.VerbDismiss, needs: imclient.VerbDismiss, reason: true, harm: true, final: true, home: tabDetails,
		parts: typedName, lines: dismissLines,
		action: func(f *filling) actions.Action {
			f.confirmName(f.g.Name, f.g.ID)
			return actions.DismissGroup{Common: f.common(), Group: f.g.ID}
		},
		done: func(f *filling, r actions.Result) error { return f.done(r, appURL(f.app, "groups")) },
	},
	{
		path: "transfer", name: "transfer", right: auth.VerbTransfer, needs: imclient.VerbTransfer, reason: true, harm: true, looks: true, again: true, home: tabDetails,
		load: loadCandidate, parts: transferParts, lines: transferLines,
		action: func(f *filling) actions.Action {
			return actions.TransferGroup{Common: f.common(), Group: f.g.ID, Owner: f.candidate()}
		},
	},
	{
		path: "clear-messages", name: "clear", right: auth.VerbClearMessages, needs: imclient.VerbClearHistory, reason: true, harm: true, final: true, looks: true,
		home: tabMessages, parts: typedName,
		action: func(f *filling) actions.Action {
			f.confirmName(f.g.Name, f.g.ID)
			return actions.ClearMessages{Common: f.common(), Group: f.g.ID}
		},
	},
	{
		path: "members/fields", name: "member_fields", right: auth.VerbMemberFields, needs: imclient.VerbMemberFields, home: tabMembers,
		load: loadMemberFields, parts: memberFieldParts,
		action: func(f *filling) actions.Action {
			a := actions.MemberFields{Common: f.common(), Group: f.g.ID, User: f.user()}
			a.Fields, a.Seen = f.changedFields()
			return a
		},
	},
	{
		path: "data/fields", name: "group_fields", right: auth.VerbGroupFields, needs: imclient.VerbEditGroup, home: tabData,
		load: func(f *filling) error { f.fields = f.g.Custom; return nil }, parts: fieldParts,
		action: func(f *filling) actions.Action {
			a := actions.GroupFields{Common: f.common(), Group: f.g.ID}
			a.Fields, a.Seen = f.changedFields()
			return a
		},
	},
	{
		path: "data/attribute", name: "attribute", right: auth.VerbAttributes, needs: imclient.VerbAttributes, home: tabData,
		load: loadAttributes, parts: attributeParts, action: attributeAction,
	},
	{
		path: "data/remove-attributes", name: "remove_attributes", right: auth.VerbAttributes, needs: imclient.VerbAttributes, harm: true, looks: true, home: tabData,
		load: loadAttributes, parts: removedAttributes,
		action: func(f *filling) actions.Action {
			return actions.SetAttributes{Common: f.common(), Group: f.g.ID, Remove: f.v["key_of"], Seen: f.seenAttributes()}
		},
	},
	{
		path: "data/clear-attributes", name: "clear_attributes", right: auth.VerbAttributes, needs: imclient.VerbAttributes, harm: true, looks: true, home: tabData,
		load: loadAttributes, parts: allAttributes,
		action: func(f *filling) actions.Action {
			return actions.SetAttributes{Common: f.common(), Group: f.g.ID, All: true, Seen: f.seenAttributes()}
		},
	},
	{
		path: "data/counter", name: "counter", right: auth.VerbCounters, needs: imclient.VerbCounters, looks: true, again: true, home: tabData,
		load: loadCounter, parts: counterParts, action: counterAction,
	},
	{
		path: "data/remove-counters", name: "remove_counters", right: auth.VerbCounters, needs: imclient.VerbCounters, harm: true, looks: true, home: tabData,
		parts: func(f *filling) []templates.FormPart {
			return []templates.FormPart{f.hide(pairsOf("key_of", f.v["key_of"])...)}
		},
		action: func(f *filling) actions.Action {
			return actions.SetCounters{Common: f.common(), Group: f.g.ID, Remove: f.v["key_of"]}
		},
	},
	{
		path: "topics/new", name: "topic_create", right: auth.VerbCreateTopic, needs: imclient.VerbTopics, final: true, home: tabTopics,
		parts: newTopicParts, action: newTopicAction,
	},
	{
		path: "topics/edit", name: "topic_edit", right: auth.VerbEditTopic, needs: imclient.VerbTopics, home: tabTopics,
		load: loadTopic, parts: topicParts, action: topicAction,
	},
	{
		path: "topics/mute-all", name: "topic_mute", right: auth.VerbEditTopic, needs: imclient.VerbTopics, looks: true, again: true, home: tabTopics,
		load: loadTopic,
		parts: func(f *filling) []templates.FormPart {
			return []templates.FormPart{
				{Kind: "radio", Field: templates.FieldView{Name: "on", Label: i18n.T(f.ctx(), "audit.field.mute_all"), Value: f.or("on", "1")}, Options: []templates.Option{
					{Value: "1", Text: i18n.T(f.ctx(), "details.mute_all_on")}, {Value: "0", Text: i18n.T(f.ctx(), "details.mute_all_off")},
				}},
			}
		},
		action: func(f *filling) actions.Action {
			on := f.or("on", "1") != "0"
			return actions.EditTopic{Common: f.common(), Group: f.g.ID, Topic: f.topic.ID, MuteAll: &on}
		},
	},
	{
		path: "topics/delete", name: "topic_delete", right: auth.VerbDeleteTopic, needs: imclient.VerbTopics, reason: true, harm: true, final: true, home: tabTopics,
		load: loadTopic, parts: typedName, lines: topicLines,
		action: func(f *filling) actions.Action {
			f.confirmName(f.topic.Name, f.topic.ID)
			return actions.DeleteTopic{Common: f.common(), Group: f.g.ID, Topic: f.topic.ID}
		},
	},
}

// number reads a whole number; false if it is none.
func (f *filling) number(name string) (int64, bool) {
	n, err := strconv.ParseInt(strings.ReplaceAll(f.get(name), ",", ""), 10, 64)
	return n, err == nil
}

// kind is the group type that is chosen, or the vendor's first one that can be made.
func (f *filling) kind(needs imclient.Verb) imclient.GroupType {
	caps := f.app.IM.Caps
	for _, t := range caps.Types {
		if string(t.Type) == f.v.Get("type") {
			return t.Type
		}
	}
	if t := f.v.Get("type"); t != "" {
		return imclient.GroupType(t)
	}
	for _, t := range caps.Types {
		if caps.Can(needs, t.Type) {
			return t.Type
		}
	}
	return ""
}

// typeChoice is the choice of a group type; of those that it cannot be done with it says why.
func (f *filling) typeChoice(needs imclient.Verb) templates.FormPart {
	ctx := f.ctx()
	p := templates.FormPart{Kind: "radio", Field: templates.FieldView{
		Name: "type", Label: i18n.T(ctx, "groups.column.type"), Value: string(f.kind(needs)), Error: f.fault("type"),
	}}
	for _, t := range f.app.IM.Caps.Types {
		o := templates.Option{Value: string(t.Type), Text: typeName(ctx, f.app, t.Type)}
		if key := f.app.IM.Caps.Why(needs, t.Type); key != "" {
			o.Off, o.Hint = true, i18n.T(ctx, key)
		} else if about := "cap." + string(f.app.IM.Vendor) + ".about." + string(t.Type); i18n.Has(ctx, about) {
			o.Hint = i18n.T(ctx, about)
		}
		p.Options = append(p.Options, o)
	}
	return p
}

func createParts(f *filling) []templates.FormPart {
	ctx, limits := f.ctx(), f.app.IM.Caps.Limits
	field := func(v templates.FieldView) templates.FormPart { return templates.FormPart{Field: v} }
	joins := []templates.Option{{Value: "", Text: i18n.T(ctx, "groupdata.as_service")}}
	for _, o := range joinOptions {
		joins = append(joins, templates.Option{Value: o, Text: joinText(ctx, o)})
	}
	most := optional(hint(f.line("most", ""), i18n.T(ctx, "groupdata.hint.most")))
	most.Attrs["inputmode"] = "numeric"
	members := optional(hint(f.idField("members", ""), i18n.T(ctx, "groupdata.hint.members", "limit", actions.MaxTargets)))
	members.Rows = 3
	custom := optional(hint(f.line("custom", ""), i18n.T(ctx, "groupdata.hint.custom")))
	custom.Rows, custom.Attrs["spellcheck"] = 2, "false"
	avatar := optional(f.sized("avatar", "", limits.Avatar, 0))
	avatar.Attrs["dir"], avatar.Attrs["inputmode"] = "ltr", "url"
	return []templates.FormPart{
		f.typeChoice(imclient.VerbCreateGroup),
		field(required(f.sized("name", "", limits.GroupName, 0))),
		field(optional(hint(f.idField("id", ""), i18n.T(ctx, "groupdata.hint.id", "limit", limits.GroupID)))),
		field(optional(hint(f.idField("owner", ""), i18n.T(ctx, "groupdata.hint.owner")))),
		field(members),
		field(optional(f.sized("intro", "", limits.Introduction, 2))),
		field(optional(f.sized("notice", "", limits.Notice, 2))),
		field(avatar),
		{Kind: "select", Field: f.line("join", ""), Options: joins},
		field(most),
		field(custom),
		{Kind: "check", Field: hint(f.line("topics", ""), i18n.T(ctx, "groupdata.hint.topics")), On: f.v.Get("topics") != ""},
	}
}

func createAction(f *filling) actions.Action {
	a := actions.CreateGroup{
		Common: f.common(), Type: f.kind(imclient.VerbCreateGroup), ID: f.get("id"), Name: f.get("name"), Owner: f.get("owner"),
		Intro: f.area("intro"), Notice: f.area("notice"), Avatar: f.get("avatar"), Join: f.get("join"), Topics: f.v.Get("topics") != "",
	}
	if f.get("most") != "" {
		n, ok := f.number("most")
		if !ok || n < 1 {
			f.fail("most", i18n.T(f.ctx(), "groupdata.wrong.number"))
		}
		a.Most = int(n)
	}
	for line := range strings.Lines(f.area("custom")) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case strings.TrimSpace(line) == "":
		case !ok || strings.TrimSpace(key) == "" || strings.TrimSpace(value) == "":
			f.fail("custom", i18n.T(f.ctx(), "groupdata.wrong.pair", "line", short(strings.TrimSpace(line), 40)))
		default:
			a.Custom = append(a.Custom, imclient.Field{Key: strings.TrimSpace(key), Value: strings.TrimSpace(value)})
		}
	}
	members := f.firstMembers()
	if len(members) > 0 {
		if key := f.app.IM.Caps.Why(imclient.VerbAddMember, a.Type); key != "" {
			f.fail("members", i18n.T(f.ctx(), key))
		}
	}
	switch {
	case len(members) > actions.MaxTargets:
		f.fail("members", i18n.T(f.ctx(), "action.invalid.too_many", "n", len(members), "limit", actions.MaxTargets))
	case len(members) > actions.AtOnce && f.s.mayNotBulk(f.c) != "":
		f.fail("members", f.s.mayNotBulk(f.c))
	}
	return a
}

// firstMembers are whom a new group begins with.
func (f *filling) firstMembers() []string {
	ids, _ := distinctIDs(splitIDs(f.area("members")))
	return slices.DeleteFunc(ids, func(id string) bool { return id == f.get("owner") })
}

// typeLines say what groups of the chosen type can do, and what they cannot.
func typeLines(f *filling) []templates.EffectLine {
	ctx, t := f.ctx(), f.kind(imclient.VerbCreateGroup)
	var list []templates.EffectLine
	for _, verb := range []imclient.Verb{
		imclient.VerbAddMember, imclient.VerbJoinOption, imclient.VerbMute, imclient.VerbSetAdmin, imclient.VerbHistory, imclient.VerbTransfer,
		imclient.VerbCounters, imclient.VerbTopics,
	} {
		line := templates.EffectLine{Tone: "ok"}
		if key := f.app.IM.Caps.Why(verb, t); key != "" {
			line.Tone, line.Text = "off", i18n.T(ctx, key)
		} else {
			//i18n:uses groupdata.can.*
			line.Text = i18n.T(ctx, "groupdata.can."+string(verb))
		}
		list = append(list, line)
	}
	return list
}

func importParts(f *filling) []templates.FormPart {
	ctx, limits := f.ctx(), f.app.IM.Caps.Limits
	created := optional(f.line("created", ""))
	created.Type, created.Hint = "datetime-local", i18n.T(ctx, "members.until_hint", "now", i18n.Full(ctx, i18n.From(ctx).Now()))
	return []templates.FormPart{
		f.typeChoice(imclient.VerbImport),
		{Field: required(f.sized("name", "", limits.GroupName, 0))},
		{Field: optional(hint(f.idField("id", ""), i18n.T(ctx, "groupdata.hint.id", "limit", limits.GroupID)))},
		{Field: optional(hint(f.idField("owner", ""), i18n.T(ctx, "groupdata.hint.owner")))},
		{Field: created},
	}
}

func importAction(f *filling) actions.Action {
	a := actions.ImportGroup{Common: f.common(), Type: f.kind(imclient.VerbImport), ID: f.get("id"), Name: f.get("name"), Owner: f.get("owner")}
	if text := f.get("created"); text != "" {
		at, err := time.ParseInLocation(atLayout, text[:min(len(text), len(atLayout))], i18n.From(f.ctx()).Zone)
		if err != nil {
			f.fail("created", i18n.T(f.ctx(), "members.wrong.until"))
		}
		a.Created = at
	}
	return a
}

// madeGroup leads to the new group, and puts its first members into it: that is an action of its own, so that those who
// cannot be added are named.
func madeGroup(f *filling, r actions.Result) error {
	ctx := f.ctx()
	t := f.s.resultToast(ctx, f.app, r, nil)
	f.s.flash(f.c, flash{Toast: &t})
	members := f.firstMembers()
	if r.Verb != actions.VerbCreateGroup || len(members) == 0 || r.Group == "" || r.Repeated {
		return seeOther(f.c, f.madeURL(r.Group, tabDetails))
	}
	f.g = imclient.Group{ID: r.Group, Name: f.get("name"), Type: f.kind(imclient.VerbCreateGroup)}
	added, err := f.s.Actions.Do(ctx, f.s.actor(f.c), f.app.Target(), actions.AddMembers{Group: r.Group, Users: members, Silent: true})
	if err != nil {
		p := explain(ctx, err, true)
		f.s.logFailure(f.c, err, p.status)
		p.notice.Changed = i18n.T(ctx, "groupdata.made_without_members")
		f.s.flash(f.c, flash{Notice: &p.notice})
		return seeOther(f.c, f.madeURL(r.Group, tabMembers))
	}
	a := &asking{s: f.s, c: f.c, app: f.app, g: f.g, m: addSheet}
	people := f.s.people(ctx, f.app, f.g, toldOf(added))
	if n := a.undone(added, people); n != nil {
		f.s.flash(f.c, flash{Notice: n})
	} else {
		t := f.s.resultToast(ctx, f.app, added, people.names())
		f.s.flash(f.c, flash{Toast: &t})
	}
	return seeOther(f.c, f.madeURL(r.Group, tabMembers))
}

func (f *filling) madeURL(group, tab string) string {
	if group == "" { // the service did not say which
		return appURL(f.app, "groups")
	}
	return groupURL(f.app, group, tab)
}

// typedName asks for the name, or the id, of what will be gone.
func typedName(f *filling) []templates.FormPart {
	ctx := f.ctx()
	name := orID(f.g.Name, f.g.ID)
	if f.topic.ID != "" {
		name = orID(f.topic.Name, f.topic.ID)
	}
	v := required(f.line("confirm", ""))
	v.Label = i18n.T(ctx, "groupdata.field.confirm", "name", name)
	v.Attrs["spellcheck"] = "false"
	return []templates.FormPart{{Field: v}}
}

// confirmName checks that the name, or the id, was typed.
func (f *filling) confirmName(name, id string) {
	typed := strings.Join(strings.Fields(f.get("confirm")), " ")
	if typed == "" || typed != id && typed != strings.Join(strings.Fields(name), " ") {
		f.fail("confirm", i18n.T(f.ctx(), "groupdata.wrong.confirm", "name", orID(name, id)))
	}
}

func dismissLines(f *filling) []templates.EffectLine {
	ctx := f.ctx()
	var list []templates.EffectLine
	if f.g.Members >= 0 {
		list = append(list, templates.EffectLine{Tone: "bad", Text: i18n.N(ctx, "groupdata.dismiss.members", f.g.Members)})
	}
	if f.g.LastSeq != "" && !f.app.IM.Caps.Info(f.g.Type).Live {
		list = append(list, templates.EffectLine{Tone: "bad", Text: i18n.T(ctx, "groupdata.dismiss.messages", "seq", f.g.LastSeq)})
	}
	list = append(list, templates.EffectLine{Tone: "bad", Text: i18n.T(ctx, "groupdata.dismiss.data")})
	if f.g.Topics {
		list = append(list, templates.EffectLine{Tone: "bad", Text: i18n.T(ctx, "groupdata.dismiss.topics")})
	}
	return append(list, templates.EffectLine{Tone: "off", Text: i18n.T(ctx, "groupdata.dismiss.accounts")})
}

// candidate is who shall own the group.
func (f *filling) candidate() string {
	if f.v.Has("owner") {
		return f.get("owner")
	}
	return f.v.Get("users")
}

// loadCandidate reads the names of the owner and of the one to be.
func loadCandidate(f *filling) error {
	ids, _ := distinctIDs([]string{f.g.OwnerID, f.candidate()})
	f.owner = f.s.people(f.ctx(), f.app, f.g, ids)
	return nil
}

func transferParts(f *filling) []templates.FormPart {
	v := required(hint(f.idField("owner", f.candidate()), i18n.T(f.ctx(), "groupdata.hint.candidate")))
	v.Label = i18n.T(f.ctx(), "groupdata.field.new_owner")
	return []templates.FormPart{{Field: v}}
}

func transferLines(f *filling) []templates.EffectLine {
	if f.preview == nil || f.preview.Act == 0 || f.g.OwnerID == "" {
		return nil
	}
	return []templates.EffectLine{{Tone: "warn", Body: templates.Sentence("groupdata.transfer.before", "who", templates.StrongName(f.owner.names().of(f.g.OwnerID)))}}
}

// user is whom a form is about.
func (f *filling) user() string {
	if f.v.Has("user") {
		return f.v.Get("user")
	}
	return f.v.Get("users")
}

func loadMemberFields(f *filling) error {
	if f.user() == "" {
		return badInput{"groupdata.wrong.member"}
	}
	list, err := f.app.IM.Members.Get(f.ctx(), f.g.ID, []string{f.user()})
	if err != nil {
		return fmt.Errorf("member of a group: %w", err)
	}
	if len(list) == 0 {
		return badInput{"groupdata.wrong.member"}
	}
	f.fields = list[0].Custom
	return nil
}

func memberFieldParts(f *filling) []templates.FormPart {
	return append([]templates.FormPart{
		f.hide("user", f.user()),
		{Kind: "facts", Facts: []templates.FactView{{Name: i18n.T(f.ctx(), "members.column.member"), Value: f.user()}}},
	}, fieldParts(f)...)
}

// maxEdited is how many keys one form shows.
const maxEdited = 50

// fieldParts are the keys that there are, each with its value, and one more that may be added.
func fieldParts(f *filling) []templates.FormPart {
	ctx := f.ctx()
	var list []templates.FormPart
	for n, field := range f.fields[:min(len(f.fields), maxEdited)] {
		name := "value_" + strconv.Itoa(n)
		now := formValue(actions.FieldIntro, field.Value)
		v := templates.FieldView{
			Name: name, Label: field.Key, Value: f.or(name, now), Error: f.fault(name, field.Key), Rows: 2, Attrs: map[string]any{"dir": "auto"},
			Hint: i18n.T(ctx, "groupdata.hint.empty_removes"),
		}
		seen := f.v.Get("seen_" + strconv.Itoa(n))
		if seen == "" || v.Error != "" || f.opens() {
			seen = mark(now) // what somebody changed meanwhile has been told
		}
		list = append(list, f.hide("key_of", field.Key, "seen_"+strconv.Itoa(n), seen), templates.FormPart{Field: v})
	}
	key := optional(f.idField("new_key", ""))
	key.Error = f.fault("new_key")
	value := optional(f.line("new_value", ""))
	value.Rows = 2
	value.Error = f.fault("new_value", f.get("new_key"))
	return append(list, templates.FormPart{Field: key}, templates.FormPart{Field: value})
}

// changedFields are the keys whose values were changed by hand, with what they are now. One that somebody else changed
// meanwhile is named as wrong.
func (f *filling) changedFields() (list []imclient.Field, seen map[string]string) {
	ctx := f.ctx()
	seen = map[string]string{}
	now := map[string]string{}
	for _, field := range f.fields {
		now[field.Key] = field.Value
	}
	for n, key := range f.v["key_of"] {
		name, at := "value_"+strconv.Itoa(n), f.v.Get("seen_"+strconv.Itoa(n))
		value := formValue(actions.FieldIntro, f.v.Get(name))
		shown := formValue(actions.FieldIntro, now[key])
		if mark(value) == at || n >= maxEdited {
			continue
		}
		if mark(shown) != at && shown != value {
			f.fail(name, i18n.T(ctx, "details.theirs", "now", orID(shown, i18n.T(ctx, "ui.not_set"))))
		}
		list, seen[key] = append(list, imclient.Field{Key: key, Value: value}), now[key]
	}
	if key := f.get("new_key"); key != "" {
		value := formValue(actions.FieldIntro, f.v.Get("new_value"))
		_, there := now[key]
		switch {
		case there:
			f.fail("new_key", i18n.T(ctx, "groupdata.wrong.there"))
		case value == "":
			f.fail("new_value", i18n.T(ctx, "action.invalid.required"))
		}
		list = append(list, imclient.Field{Key: key, Value: value})
		if f.app.IM.Caps.Tells(key) {
			seen[key] = ""
		}
	} else if f.get("new_value") != "" {
		f.fail("new_key", i18n.T(ctx, "action.invalid.required"))
	}
	return list, seen
}

func loadAttributes(f *filling) error {
	list, err := f.app.IM.Attributes.List(f.ctx(), f.g.ID)
	if err != nil {
		return fmt.Errorf("attributes of a group: %w", err)
	}
	f.fields = list
	return nil
}

// attribute is one as it is now.
func (f *filling) attribute(key string) (value string, there bool) {
	i := slices.IndexFunc(f.fields, func(a imclient.Field) bool { return a.Key == key })
	if i < 0 {
		return "", false
	}
	return f.fields[i].Value, true
}

// attributeMark stands for what a form showed of an attribute.
func attributeMark(value string, there bool) string {
	if !there {
		return "none"
	}
	return mark(value)
}

func attributeParts(f *filling) []templates.FormPart {
	limits := f.app.IM.Caps.Limits
	key := required(f.sized("k", "", limits.AttributeKey, 0))
	key.Attrs["spellcheck"], key.Attrs["dir"], key.Error = "false", "ltr", f.fault("k", "key")
	now, there := f.attribute(f.get("k"))
	value := f.sized("value", formValue(actions.FieldIntro, now), limits.AttributeValue, 4)
	value.Error = f.fault("value", f.get("k"))
	seen := f.v.Get("seen")
	if seen == "" || f.opens() || value.Error != "" {
		seen = attributeMark(formValue(actions.FieldIntro, now), there)
	}
	if there && f.opens() || f.v.Get("fixed") != "" {
		key.Attrs["readonly"] = true
		return []templates.FormPart{f.hide("seen", seen, "fixed", "1"), {Field: key}, {Field: value}}
	}
	return []templates.FormPart{f.hide("seen", seen), {Field: key}, {Field: value}}
}

func attributeAction(f *filling) actions.Action {
	ctx, key := f.ctx(), f.get("k")
	value := formValue(actions.FieldIntro, f.v.Get("value"))
	now, there := f.attribute(key)
	a := actions.SetAttributes{Common: f.common(), Group: f.g.ID, Set: []imclient.Field{{Key: key, Value: value}}, Seen: map[string]string{key: ""}}
	if there {
		a.Seen[key] = actions.AttributeText(now)
	}
	seen := f.v.Get("seen")
	if f.v.Get("fixed") == "" {
		seen = "none" // it was to be a new one
	}
	shown := formValue(actions.FieldIntro, now)
	switch {
	case seen == attributeMark(shown, there):
	case there && shown == value:
	case there && seen == "none":
		f.fail("k", i18n.T(ctx, "groupdata.wrong.there"))
	default:
		f.fail("value", i18n.T(ctx, "details.theirs", "now", orID(shown, i18n.T(ctx, "ui.not_set"))))
	}
	return a
}

// pairsOf are values under one name.
func pairsOf(name string, values []string) []string {
	var pairs []string
	for _, v := range values {
		pairs = append(pairs, name, v)
	}
	return pairs
}

// seenAttributes are what the form showed of the attributes that it is about; of a form that opens, as they are. What is
// not as it was shown cannot be told from its mark, so it stands here as something that it is not.
func (f *filling) seenAttributes() map[string]string {
	seen := map[string]string{}
	if !f.sent() {
		return nil
	}
	marks := f.v["seen_of"]
	for n, key := range f.v["key_of"] {
		now, there := f.attribute(key)
		if n < len(marks) && attributeMark(now, there) == marks[n] && there {
			seen[key] = actions.AttributeText(now)
			continue
		}
		f.fail("key", i18n.T(f.ctx(), "action.invalid.changed"))
	}
	return seen
}

func removedAttributes(f *filling) []templates.FormPart { return f.shownAttributes(f.v["key_of"]) }

// allAttributes are all that there are.
func allAttributes(f *filling) []templates.FormPart {
	var keys []string
	for _, a := range f.fields {
		keys = append(keys, a.Key)
	}
	return f.shownAttributes(keys)
}

func (f *filling) shownAttributes(keys []string) []templates.FormPart {
	var pairs []string
	for _, key := range keys {
		now, there := f.attribute(key)
		pairs = append(pairs, "key_of", key, "seen_of", attributeMark(now, there))
	}
	if text := f.fault("key"); text != "" && f.notice == nil {
		f.notice = &templates.Notice{Tone: "bad", Answer: true, Title: text, Changed: i18n.T(f.ctx(), "error.unchanged")}
	}
	return []templates.FormPart{f.hide(pairs...)}
}

// The ways to change a counter.
const (
	counterSet  = "set"
	counterAdd  = "add"
	counterTake = "take"
)

// loadCounter reads what the counter is now, if there is one of the key.
func loadCounter(f *filling) error {
	if f.v.Get("fixed") == "" || f.get("k") == "" {
		return nil
	}
	list, err := f.app.IM.Counters.List(f.ctx(), f.g.ID, f.get("k"))
	if err != nil {
		return fmt.Errorf("counter of a group: %w", err)
	}
	for _, c := range list {
		f.now = i18n.Int(f.ctx(), c.Value)
	}
	return nil
}

func counterParts(f *filling) []templates.FormPart {
	ctx := f.ctx()
	key := required(f.sized("k", "", f.app.IM.Caps.Limits.CounterKey, 0))
	key.Attrs["spellcheck"], key.Attrs["dir"], key.Error = "false", "ltr", f.fault("k", "key")
	if f.v.Get("fixed") != "" {
		key.Attrs["readonly"] = true
	}
	value := required(hint(f.idField("value", ""), i18n.T(ctx, "groupdata.hint.counter")))
	value.Attrs["inputmode"] = "numeric"
	how := templates.FormPart{Kind: "radio", Field: templates.FieldView{Name: "how", Label: i18n.T(ctx, "groupdata.field.how"), Value: f.or("how", counterAdd)}}
	for _, o := range []string{counterAdd, counterTake, counterSet} {
		//i18n:uses groupdata.how.*
		how.Options = append(how.Options, templates.Option{Value: o, Text: i18n.T(ctx, "groupdata.how."+o)})
	}
	parts := []templates.FormPart{f.hide("fixed", f.v.Get("fixed")), {Field: key}}
	if f.now != "" {
		parts = append(parts, templates.FormPart{Kind: "facts", Facts: []templates.FactView{{Name: i18n.T(ctx, "groupdata.now"), Value: f.now}}})
	}
	return append(parts, how, templates.FormPart{Field: value})
}

func counterAction(f *filling) actions.Action {
	a := actions.SetCounters{Common: f.common(), Group: f.g.ID}
	c := imclient.Counter{Key: f.get("k")}
	n, ok := f.number("value")
	if !ok {
		f.fail("value", i18n.T(f.ctx(), "groupdata.wrong.number"))
	}
	how := f.or("how", counterAdd)
	if how != counterSet && n < 0 {
		f.fail("value", i18n.T(f.ctx(), "groupdata.wrong.negative"))
	}
	switch c.Value = n; how {
	case counterSet:
		a.Set = []imclient.Counter{c}
	case counterTake:
		c.Value = -n
		a.Add = &c
	default:
		a.Add = &c
	}
	return a
}

// loadTopic reads the topic that the form is about. One of another group is not found.
func loadTopic(f *filling) error {
	t, err := f.app.IM.Topics.Get(f.ctx(), f.v.Get("topic"))
	if err == nil && t.Group != f.g.ID {
		err = &imclient.Error{Op: "topics.get", Vendor: f.app.IM.Vendor, Kind: imclient.ErrNotFound}
	}
	if err != nil {
		return fmt.Errorf("topic of a group: %w", err)
	}
	f.topic = t
	return nil
}

func newTopicParts(f *filling) []templates.FormPart {
	limits := f.app.IM.Caps.Limits
	id := optional(hint(f.idField("id", ""), i18n.T(f.ctx(), "groupdata.hint.topic_id", "prefix", f.g.ID+"@TOPIC#_")))
	return append([]templates.FormPart{{Field: required(f.sized("name", "", limits.GroupName, 0))}, {Field: id}}, f.topicTexts(map[string]string{})...)
}

// topicTexts are what a topic says of itself beside its name.
func (f *filling) topicTexts(now map[string]string) []templates.FormPart {
	limits := f.app.IM.Caps.Limits
	avatar := optional(f.sized("avatar", now["avatar"], limits.Avatar, 0))
	avatar.Attrs["dir"], avatar.Attrs["inputmode"] = "ltr", "url"
	custom := optional(f.sized("custom", now["custom"], limits.TopicCustom, 2))
	custom.Label = i18n.T(f.ctx(), "audit.field.custom")
	return []templates.FormPart{
		{Field: optional(f.sized("intro", now["intro"], limits.Introduction, 2))},
		{Field: optional(f.sized("notice", now["notice"], limits.Notice, 2))},
		{Field: avatar},
		{Field: custom},
	}
}

func newTopicAction(f *filling) actions.Action {
	return actions.CreateTopic{
		Common: f.common(), Group: f.g.ID, ID: f.get("id"), Name: f.get("name"), Intro: f.area("intro"), Notice: f.area("notice"),
		Avatar: f.get("avatar"), Custom: f.area("custom"),
	}
}

// topicEdited are the fields of a topic's form.
var topicEdited = []string{
	actions.FieldName, actions.FieldIntro, actions.FieldNotice, actions.FieldAvatar, actions.FieldCustom, actions.FieldMuteAll,
}

// topicField is a field's form as topicValue compares it: those of several lines are areas.
func topicValue(field, text string) string {
	if field == actions.FieldCustom {
		field = actions.FieldIntro
	}
	return formValue(field, text)
}

func topicParts(f *filling) []templates.FormPart {
	ctx := f.ctx()
	now := map[string]string{}
	for field, text := range actions.TopicTexts(f.topic) {
		now[field] = topicValue(field, text)
	}
	list := append([]templates.FormPart{{Field: required(f.sized("name", now["name"], f.app.IM.Caps.Limits.GroupName, 0))}}, f.topicTexts(now)...)
	mute := templates.FormPart{
		Kind: "select",
		Field: templates.FieldView{
			Name: actions.FieldMuteAll, Label: i18n.T(ctx, "audit.field.mute_all"), Value: f.or(actions.FieldMuteAll, now[actions.FieldMuteAll]),
			Error: f.fault(actions.FieldMuteAll),
		},
		Options: []templates.Option{
			{Value: actions.TextOff, Text: i18n.T(ctx, "details.mute_all_off")}, {Value: actions.TextOn, Text: i18n.T(ctx, "details.mute_all_on")},
		},
	}
	list = append(list, mute)
	for _, field := range topicEdited {
		seen := f.v.Get("seen_" + field)
		if seen == "" || f.opens() || f.fault(field) != "" {
			seen = mark(now[field])
		}
		list = append(list, f.hide("seen_"+field, seen))
	}
	return list
}

func topicAction(f *filling) actions.Action {
	ctx := f.ctx()
	a := actions.EditTopic{Common: f.common(), Group: f.g.ID, Topic: f.topic.ID, Seen: map[string]string{}}
	now := actions.TopicTexts(f.topic)
	for _, field := range topicEdited {
		value, seen := topicValue(field, f.v.Get(field)), f.v.Get("seen_"+field)
		shown := topicValue(field, now[field])
		if !f.v.Has(field) || mark(value) == seen {
			continue
		}
		if seen != "" && mark(shown) != seen && shown != value {
			f.fail(field, i18n.T(ctx, "details.theirs", "now", orID(shown, i18n.T(ctx, "ui.not_set"))))
		}
		a.Seen[field] = now[field]
		switch field {
		case actions.FieldName:
			a.Name = &value
		case actions.FieldIntro:
			a.Intro = &value
		case actions.FieldNotice:
			a.Notice = &value
		case actions.FieldAvatar:
			a.Avatar = &value
		case actions.FieldCustom:
			a.Custom = &value
		case actions.FieldMuteAll:
			on := value == actions.TextOn
			a.MuteAll = &on
		}
	}
	return a
}

func topicLines(f *filling) []templates.EffectLine {
	ctx := f.ctx()
	list := []templates.EffectLine{{Tone: "bad", Text: i18n.T(ctx, "groupdata.delete_topic.messages", "seq", orID(f.topic.LastSeq, "0"))}}
	return append(list, templates.EffectLine{Tone: "off", Text: i18n.T(ctx, "groupdata.delete_topic.members")})
}
