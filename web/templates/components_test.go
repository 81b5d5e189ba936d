package templates_test

import (
	"strings"
	"testing"
	"time"

	. "imdesk/web/templates"

	"imdesk/web/golden"
	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// hostileName is what somebody may call themselves.
const hostileName = `<b onclick="x">"Eve" & 'Co'</b>`

func TestComponents(t *testing.T) {
	evil := AvatarView{ID: hostileName, Name: hostileName, Group: true, Size: "lg"}
	for name, c := range map[string]templ.Component{
		"comp_person":       Person(PersonView{ID: hostileName, Name: hostileName, URL: "javascript:alert(1)"}),
		"comp_person_no_id": Person(PersonView{ID: "u_1"}),
		"comp_mute": templ.Join(MuteChip(MuteView{}), MuteChip(MuteView{Muted: true}),
			MuteChip(MuteView{Muted: true, Until: golden.Now.Add(42*time.Minute + time.Second)}), MuteChip(MuteView{Muted: true, Until: golden.Now.Add(-time.Second)})),
		"comp_roles": templ.Join(RoleChip("owner"), RoleChip("admin"), RoleChip("member"), RoleChip("")),
		"comp_times": templ.Join(Ago(golden.Now.Add(-time.Hour)), Ago(time.Time{}), When(golden.Now), Clock(golden.Now), Date(golden.Now), Moment(golden.Now)),
		"comp_id":    ID(`@TGS#"1`),
		"comp_buttons": templ.Join(
			Button(ButtonView{Text: hostileName, Icon: "mute", Key: "Shift+K", Variant: "harm", Type: "submit", Name: "do", FormAction: "/x", FormMethod: "get", NoValidate: true}),
			Button(ButtonView{Text: "Go", URL: "/there?a=1&b=2", Key: "m", Small: true}),
			Button(ButtonView{Text: "Mute all", Why: "Not for this type.", URL: "/never", Key: "m"}),
			Button(ButtonView{Label: "More", Icon: "more", Attrs: SheetAttrs("/sheet")}),
			PostButton("/undo", ButtonView{Text: "Undo"}, "id", hostileName)),
		"comp_menu":        Menu(MenuView{ID: "m", Button: ButtonView{Label: "More", Icon: "more"}, Action: "/act", Hidden: []string{"id", "1"}, Items: []ButtonView{{Text: "Pin", Name: "verb", Value: "pin", Key: "p"}, {Text: "Off", Why: "No right."}}}),
		"comp_entity_head": EntityHead(EntityView{Avatar: evil, Name: hostileName, Chips: []ChipView{{Text: hostileName, Title: hostileName}}}),
		"comp_field":       Field(FieldView{Name: "note", Label: "Note", Value: hostileName, Hint: "Short.", Error: "Too long.", Required: true, MaxLength: 10, Placeholder: "…"}),
		"comp_field_rows":  Field(FieldView{Name: "note", ID: "note2", Label: "Note", Rows: 3, Value: "\n</textarea>" + hostileName, Optional: true}),
		"comp_choices":     Choices(FieldView{Name: "for", Label: "For how long", Value: "1d", Error: "Choose."}, []Option{{Value: "1d", Text: "1 day"}, {Value: "x", Text: "No end", Off: true}}),
		"comp_select":      SelectField(FieldView{Name: "why", Label: "Reason", Value: "b"}, []Option{{Value: "a", Text: "A"}, {Value: "b", Text: "B"}}),
		"comp_notice":      NoticeBox(Notice{Tone: "bad", Answer: true, Title: "Not recalled.", Text: hostileName, Next: "Wait.", Changed: "Nothing was changed", Code: "10010", Reference: "r-1", Details: hostileName, RetryAt: golden.Now.Add(30 * time.Second), RetryURL: "/again"}),
		"comp_toast":       ToastPart(Toast{Text: hostileName, Small: "This cannot be undone", UndoURL: "/undo", Hidden: []string{"id", "17"}}),
		"comp_empty":       EmptyState(EmptyView{Title: "Nothing", Text: hostileName, Action: &ButtonView{Text: "Clear", URL: "/x"}}),
		"comp_pager":       Pager(PagerView{Label: "Pages", Range: "1 to 50", First: "/a", Next: "/a?c=2", Target: "#a"}),
		"comp_pager_none":  Pager(PagerView{Label: "Pages"}),
		"comp_diff":        DiffTable("What changed", []DiffRow{{"name", hostileName, "new"}, {"notice", "", "hello"}, {"type", "Public", "Public"}}),
		"comp_filter":      with(FilterRow(FilterView{Label: "Filter", URL: "/list", Hidden: []string{"role", "admin"}, Target: "#list"}), SearchField(SearchView{Name: "q", Value: hostileName, Label: "Name"}), FilterLink("Flagged", "flag", "/list", true, "#list")),
		"comp_sheet":       muteSheet("Choose a length.", hostileName),
		"comp_list":        membersList([]member{members[0], hostile}),
		"comp_palette":     PaletteResults([]PaletteGroup{{Title: "Users", Items: []PaletteItem{{Text: hostileName, Name: true, URL: "/u", Avatar: &evil}}}}, "1 result", false),
		"comp_more":        More("Older", "/older?seq=1", true),
	} {
		t.Run(name, func(t *testing.T) {
			golden.HTML(t, name, c)
			golden.Render(t, i18n.Chinese, c)
		})
	}
}

func TestPages(t *testing.T) {
	c := chrome("/members?q=" + hostileName)
	c.Operator.Name, c.Pinned[0].Name, c.App.Name = hostileName, hostileName, hostileName
	c.Toasts, c.Notice = toasts(), &Notice{Title: "Saved."}
	for name, page := range map[string]templ.Component{
		"comp_layout":    with(Layout(c, PageView{Title: hostileName, Where: hostileName, Fixed: true}), words("content")),
		"comp_login":     LoginPage(loginView()),
		"comp_error":     ErrorPage(Chrome{}, Notice{Tone: "bad", Title: "Something broke."}),
		"comp_not_found": NotFound(chrome("/"), EmptyView{Title: "No such group"}),
		"comp_sheetpage": with(SheetPage(chrome("/"), "Mute", Link{Text: hostileName, URL: "/members", Name: true}), words("sheet")),
	} {
		t.Run(name, func(t *testing.T) {
			golden.HTML(t, name, page)
			golden.Render(t, i18n.Chinese, page)
		})
	}
}

func TestEmptyAttributes(t *testing.T) {
	for name, c := range map[string]templ.Component{
		"button": Button(ButtonView{Text: "x"}), "chip": Chip(ChipView{Text: "x"}), "field": Field(FieldView{Name: "a", Label: "A"}),
		"tick": Tick(TickView{Form: "f", Name: "n", Value: "v", Label: "l"}),
	} {
		if markup := golden.Render(t, i18n.English, c); strings.Contains(strings.ReplaceAll(markup, `value=""`, ""), `=""`) {
			t.Errorf("%s: %s", name, markup)
		}
	}
}

func TestSentenceEscapesWhatItIsGiven(t *testing.T) {
	got := golden.Render(t, i18n.English, Sentence("ui.code", "code", hostileName))
	if want := "code " + templ.EscapeString(hostileName); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := golden.Render(t, i18n.English, SentenceN("time.days", 1284)); got != "1,284 days" {
		t.Errorf("got %q", got)
	}
	if got := golden.Render(t, i18n.English, Sentence("ui.code", "code", Strong("7"))); got != `code <b class="strong">7</b>` {
		t.Errorf("got %q", got)
	}
}
