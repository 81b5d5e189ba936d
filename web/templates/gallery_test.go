package templates_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	. "imdesk/web/templates"

	"imdesk/web/golden"
	"imdesk/web/i18n"
	"imdesk/web/static"

	"github.com/a-h/templ"
)

// with renders parent around children.
func with(parent templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return parent.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

func words(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

// markup is an element of a page that has no component of its own. Test data only.
func markup(open string, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		io.WriteString(w, "<"+open+">")
		if err := templ.Join(children...).Render(ctx, w); err != nil {
			return err
		}
		var name string
		fmt.Sscanf(open, "%s", &name)
		_, err := io.WriteString(w, "</"+name+">")
		return err
	})
}

func chrome(path string) Chrome {
	return Chrome{
		App: AppLink{Name: "Harbor Live 海港直播", Detail: "Tencent 1400187352", URL: "/gallery", Current: true},
		Apps: []AppLink{
			{Name: "Harbor Live 海港直播", Detail: "Tencent 1400187352", URL: "/gallery", Current: true},
			{Name: "Tongxue Study 同学自习", Detail: "Volcengine 7312468950", URL: "/gallery"},
		},
		Nav: []NavItem{
			{Text: "Groups", Icon: "groups", URL: "/members", Key: "g", Current: path == "/members"},
			{Text: "Users", Icon: "user", URL: "/gallery", Key: "u", Current: path == "/gallery"},
			{Text: "Jobs", Icon: "jobs", URL: "/gallery", Key: "j", Count: "1 running"},
			{Text: "Audit log", Icon: "audit", URL: "/error", Key: "a", Current: path == "/error"},
		},
		Pinned: []PinnedLink{
			{Name: "周末音乐夜 Weekend Music Night 🎧", URL: "/members", Tone: "ok"},
			{Name: "دعم المطورين · Developer support", URL: "/members", Tone: "off"},
		},
		Health:   &HealthLink{Tone: "ok", Text: "Service healthy", Detail: "98 ms", URL: "/gallery"},
		Operator: OperatorView{ID: "mei.lin", Name: "Mei Lin 林梅", Rank: "Moderator"},
		Display:  Display{Theme: "system", SingleKeys: true},
		Version:  "1.0.0",
		Path:     path,
		Emulator: true,
	}
}

type member struct {
	id, name, role string
	mute           MuteView
}

var members = []member{
	{"lin_wan", "林晚", "owner", MuteView{}},
	{"cs_bot", "客服小助手", "admin", MuteView{}},
	{"u_7731902", "福利小当家888", "member", MuteView{}},
	{"ahao_sg", "阿豪", "member", MuteView{Muted: true, Until: golden.Now.Add(42*time.Minute + 10*time.Second)}},
	{"7312468950", "tix_tony", "member", MuteView{Muted: true, Until: golden.Now.Add(9*time.Minute + 30*time.Second)}},
	{"alexandria.wilhelmina_hb", "Alexandria-Wilhelmina van der Hoogenband-Oyelaran 🎻🎶（首席小提琴）", "member", MuteView{}},
	{"yusuf_h", "يوسف الحسيني", "member", MuteView{}},
	{"chenjg_1972", "陈建国", "member", MuteView{Muted: true, Until: golden.Now.Add(148 * time.Hour)}},
	{"zeljka_dm", "Željka Đorđević-Müller", "member", MuteView{Muted: true}},
	{"7312468950123847683", "", "member", MuteView{}},
}

var hostile = member{"<b>", `<script>alert("1")</script>`, "member", MuteView{}}

func membersHead() templ.Component {
	return templ.Join(
		PageHead(HeadView{Crumbs: []Link{{Text: "Groups", URL: "/members"}, {Text: "周末音乐夜", URL: "/members", Name: true}, {Text: "Members"}}}),
		EntityHead(EntityView{
			Avatar: AvatarView{ID: "@TGS#2C5SZEAEF", Name: "周末音乐夜", Group: true},
			Name:   "周末音乐夜 Weekend Music Night 🎧 新加坡·上海·雅加达",
			Chips:  []ChipView{{Text: "Public"}},
			Meta: templ.Join(ID("@TGS#2C5SZEAEF"), markup("span", Strong("1,284"), words(" of 2,000 members")),
				markup("span", Dot("ok"), words("312 online")), markup("span", words("Owner "), NameLink("林晚", "/gallery")),
				markup("span", words("Created "), Date(golden.Now.AddDate(-2, 7, -16)))),
			Actions: templ.Join(
				Button(ButtonView{Text: "Send notice", Icon: "notice", URL: "/sheet?member=all", Attrs: SheetAttrs("/sheet?member=all")}),
				Menu(MenuView{ID: "more", Button: ButtonView{Label: "More group actions", Icon: "more"}, Items: []ButtonView{
					{Text: "Mute all", Icon: "mute", URL: "/sheet"}, {Text: "Dismiss", Icon: "trash", Why: "Only a lead may dismiss a group."},
				}})),
		}),
		Tabs("Group sections", []Tab{{Text: "Messages", URL: "/gallery"}, {Text: "Members", URL: "/members", Count: "1,284", Current: true}, {Text: "Muted", URL: "/members", Count: "7"}}),
		with(FilterRow(FilterView{Label: "Filter members", URL: "/members", Hidden: []string{"state", "muted"}}),
			SearchField(SearchView{Name: "q", Label: "Name, nickname or user ID"}),
			Segmented("State", []Tab{{Text: "All", URL: "/members", Count: "1,284", Current: true}, {Text: "Muted", URL: "/members?state=muted", Count: "7"}}, ""),
			FilterMenu(FilterMenuView{ID: "role", Icon: "shield", Text: "Role", Choices: []Tab{{Text: "Owner", URL: "/members?role=owner"}, {Text: "Admin", URL: "/members?role=admin"}}}),
			FilterMenu(FilterMenuView{ID: "since", Icon: "clock", Text: "From", Value: "today 15:00", Choices: []Tab{{Text: "today 15:00", URL: "/members", Current: true}}}),
			FilterLink("Flagged only", "flag", "/members?flagged=1", false, ""),
			with(FilterEnd(), words("Up to date")),
		),
	)
}

func membersList(list []member) templ.Component {
	selection := SelectionView{
		ID: "members-form", Label: "Actions for selected members",
		Actions: []ButtonView{
			{Text: "Mute", Icon: "mute", Key: "m", FormAction: "/sheet"},
			{Text: "Unmute", Icon: "mic", Key: "u", FormAction: "/unmute", FormMethod: "post", Attrs: templ.Attributes{"hx-post": "/unmute", "hx-include": `[form="members-form"]:checked`, "hx-swap": "none"}},
			{Text: "Kick", Icon: "kick", Key: "Shift+K", Variant: "harm", FormAction: "/sheet"},
		},
	}
	var rows []templ.Component
	for _, m := range list {
		rows = append(rows, memberRow(m))
	}
	table := with(Table(TableView{
		Caption: "Members of 周末音乐夜", Edge: true, Select: "Select all on this page",
		Columns: []Column{{Text: "Member"}, {Text: "Role"}, {Text: "State"}, {Text: "Joined", Class: "p2", Sorted: "descending", SortURL: "/members?sort=joined"}, {Text: "Actions", Class: "fit", Hidden: true}},
	}), rows...)
	return markup(`section id="members"`, with(Selection(selection), table, Pager(PagerView{Label: "Pages", Range: "1 to 10 of 1,284", First: "", Next: "/members?cursor=2", Target: "#members"})))
}

func memberRow(m member) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		io.WriteString(w, "<tr")
		if err := templ.RenderAttributes(ctx, w, RowAttrs(m.id, "/gallery?user="+m.id)); err != nil {
			return err
		}
		io.WriteString(w, ">")
		return templ.Join(
			TickCell(TickView{Form: "members-form", Name: "member", Value: m.id, Label: "Select " + m.id}),
			markup(`th scope="row"`, Person(PersonView{ID: m.id, Name: m.name, URL: "/gallery?user=1"})),
			markup("td", RoleChip(m.role)), markup("td", MuteChip(m.mute)),
			markup(`td class="p2 dim"`, Date(golden.Now.AddDate(0, -3, 0))),
			markup(`td class="fit"`, Button(ButtonView{Label: "Actions for " + m.id, Icon: "more", Variant: "ghost", Small: true, URL: "/sheet?member=1"})),
			words(""),
		).Render(ctx, w)
	})
}

func muteSheet(problem, note string) templ.Component {
	v := SheetView{
		ID: "mute", Title: "Mute 4 members", Text: "They can still read 周末音乐夜, but not write in it.", Action: "/mute",
		Hidden: []string{"member", "u_7731902"}, Submit: "Mute 3 members", Foot: "Can be undone", BackURL: "/members",
	}
	return with(Sheet(v),
		Choices(FieldView{Name: "for", Label: "For how long", Value: "1d", Error: problem}, []Option{
			{Value: "10m", Text: "10 min"},
			{Value: "1h", Text: "1 hour"},
			{Value: "1d", Text: "1 day"},
			{Value: "7d", Text: "7 days"},
			{Value: "30d", Text: "30 days"},
			{Value: "forever", Text: "No end", Off: true},
			{Value: "until", Text: "Until…"},
		}),
		SelectField(FieldView{Name: "reason", Label: "Reason", Value: "ads"}, []Option{{Value: "ads", Text: "Advertising 广告"}, {Value: "insult", Text: "Insults 辱骂"}}),
		Field(FieldView{Name: "note", Label: "Note for colleagues", Optional: true, Rows: 3, Value: note, MaxLength: 500, Error: problem}),
		Check("tell", Option{Text: "Tell each of them why", Hint: "A system notice in the group’s language."}, true),
		with(Effect("What will happen"),
			with(EffectItem("ok"), Strong("福利小当家888"), words(" is muted until "), When(golden.Now.Add(24*time.Hour))),
			with(EffectItem("warn"), Strong("阿豪"), words(" is already muted. The end moves.")),
			with(EffectItem("off"), Strong("林晚"), words(" is skipped. Nobody can mute a group’s owner"))),
	)
}

func toasts() []Toast {
	return []Toast{
		{Text: "Muted 福利小当家888 and 2 others for 1 day", UndoURL: "/undo", Hidden: []string{"id", "17"}},
		{Text: "Recalled 2 messages", Small: "This cannot be undone", Action: &ButtonView{Text: "View", URL: "/gallery"}},
		{Text: "1 of 4 was not muted: owner", Tone: "bad", Action: &ButtonView{Text: "Show", URL: "/gallery"}},
	}
}

func notices() []templ.Component {
	return []templ.Component{
		NoticeBox(Notice{
			Tone: "bad", Answer: true, Title: "The message was not recalled.", Text: "This group no longer exists.", Changed: "Nothing was changed", Code: "10010", Reference: "r-7F3K2Q",
			Details: "group not exist or already destroyed", Actions: []ButtonView{{Text: "Back to groups", URL: "/members"}},
		}),
		NoticeBox(Notice{Tone: "warn", Title: "No answer after 10 seconds.", Text: "The mute may or may not be in force.", Next: "Look at the member before you try again.", Code: "60008"}),
		NoticeBox(Notice{Tone: "warn", Icon: "pause", Title: "The service asks us to slow down.", Changed: "Nothing was changed", Code: "60007", RetryAt: golden.Now.Add(time.Hour), RetryURL: "/gallery"}),
		NoticeBox(Notice{Tone: "info", Title: "You may look at this, but not change it."}),
		NoticeBox(Notice{Tone: "ok", Title: "All 400 were added."}),
	}
}

func galleryBody() templ.Component {
	buttons := markup(`div class="btn-row"`,
		Button(ButtonView{Text: "Plain", Icon: "notice"}), Button(ButtonView{Text: "Mute", Icon: "mute", Key: "m"}),
		Button(ButtonView{Text: "Primary", Variant: "primary", Key: "Control+Enter"}), Button(ButtonView{Text: "Ghost", Variant: "ghost"}),
		Button(ButtonView{Text: "Kick", Icon: "kick", Variant: "harm", Key: "Shift+K"}), Button(ButtonView{Text: "Dismiss", Variant: "harm-solid"}),
		Button(ButtonView{Label: "More", Icon: "more"}), Button(ButtonView{Text: "Pinned", Icon: "star", Pressed: "true"}),
		Button(ButtonView{Text: "Mute all", Icon: "mute", Why: "An AVChatRoom cannot be muted as a whole."}),
		Button(ButtonView{Text: "Ask", Attrs: OpenDialog("ask")}),
		PostButton("/undo", ButtonView{Text: "Post", Small: true}, "id", "1"))
	chips := markup(`div class="btn-row"`,
		Chip(ChipView{Text: "Public"}), Chip(ChipView{Text: "Done", Icon: "check", Tone: "ok"}), Chip(ChipView{Text: "Running", Icon: "clock", Tone: "accent"}),
		Chip(ChipView{Text: "Some failed", Icon: "alert", Tone: "warn"}), Chip(ChipView{Text: "Refused", Icon: "x", Tone: "bad"}), Chip(ChipView{Text: "New", Tone: "plain"}),
		RoleChip("owner"), RoleChip("admin"), RoleChip("member"),
		MuteChip(MuteView{Muted: true, Until: golden.Now.Add(42 * time.Minute)}), MuteChip(MuteView{Muted: true}))
	fields := markup(`form class="stack" data-unsaved`,
		Field(FieldView{Name: "name", Label: "Name", Value: "周末音乐夜", Required: true, Hint: "At most 100 bytes."}),
		Field(FieldView{Name: "intro", Label: "Introduction", Rows: 3, Value: "too long", Error: "240 bytes at most; this has 251."}),
		RadioList(FieldView{Name: "join", Label: "Who may join", Value: "ask"}, []Option{{Value: "free", Text: "Anybody", Hint: "At once."}, {Value: "ask", Text: "Who is let in"}, {Value: "off", Text: "Nobody", Off: true, Hint: "Not for this type."}}))
	times := with(Facts(),
		with(FactRow("Ago"), Ago(golden.Now.Add(-3*time.Minute))), with(FactRow("When"), When(golden.Now.Add(24*time.Hour))),
		with(FactRow("Date"), Date(golden.Now.AddDate(-1, 0, 0))), with(FactRow("Moment"), Moment(golden.Now)),
		with(FactRow("Left"), Countdown(golden.Now.Add(90*time.Minute))), with(FactRow("Nothing"), NotSet()), with(FactRow("Keys"), KeyHint("g o"), KeyHint("Shift+K")))
	rail := markup(`aside class="rail" aria-label="About the sender"`,
		with(Section("s1", "Sender", nil), Person(PersonView{ID: "u_7731902", Name: "福利小当家888", URL: "/gallery"}), times),
		with(Section("s2", "Progress", words("82%")), ProgressBar("Import, 1,026 of 1,240 accounts", 1026, 1240), Meter("Call rate, 164 of 200", 164, 200)))
	column := markup(`div class="content"`,
		with(Section("g1", "Buttons", nil), buttons), with(Section("g2", "Chips", nil), chips),
		with(Section("g3", "Notices", nil), notices()...), with(Section("g4", "Fields", nil), fields),
		with(Panel("g5", "Empty", nil), EmptyState(EmptyView{Icon: "filter", Title: "No muted members named “小王”", Text: "7 members are muted in this group.", Action: &ButtonView{Text: "Clear the name", URL: "/members"}})),
		with(Panel("g6", "Loading", nil), Skeleton("Loading members", 3)),
		with(Panel("g7", "Failed", nil), PartFailed(Notice{Title: "Online state is not switched on for this app.", Code: "72001"}, "/gallery", "")),
		with(Section("g8", "Diff", nil), DiffTable("What changed in rule 4", []DiffRow{{"threshold", "0.70", "0.65"}, {"terms", "", "PM me"}, {"groups", "all", "all"}})),
		Dialog1())
	return templ.Join(PageHead(HeadView{Title: "Gallery"}), markup(`div class="split"`, column, rail))
}

// Dialog1 is a dialog that asks.
func Dialog1() templ.Component {
	return with(Dialog(DialogView{ID: "ask", Title: "Dismiss the group"}),
		with(Sheet(SheetView{ID: "dismiss", Title: "Dismiss 周末音乐夜", Text: "Its 1,284 members lose it and its history.", Action: "/dismiss", Submit: "Dismiss the group", Variant: "harm-solid", Foot: "Cannot be undone", Danger: true}),
			Field(FieldView{Name: "confirm", Label: "Type the group’s name", Required: true})))
}

func loginView() LoginView {
	return LoginView{
		Lede: "Harbor Live 海港直播 · moderation and support", Action: "/signin", Name: "mei.lin", Version: "1.0.0", LangURL: "/login?lang=",
		Notice: &Notice{Tone: "bad", Answer: true, Title: "That name and password do not match.", Text: "3 tries left before a 10 minute pause."},
		Error:  "Passwords are case sensitive.",
	}
}

// site serves the gallery under the policy of the product, with just enough behind it to try the scripts.
func site(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	page := func(path string, make func(c Chrome, r *http.Request) (int, templ.Component)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			c := chrome(r.URL.Path)
			if r.URL.Query().Get("theme") != "" {
				c.Display.Theme = r.URL.Query().Get("theme")
			}
			c.Display.SingleKeys = r.URL.Query().Get("keys") != "off"
			status, body := make(c, r)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
			lang := i18n.Choose(r.URL.Query().Get("lang"), "", "")
			w.WriteHeader(status)
			if err := body.Render(golden.Context(lang), w); err != nil {
				t.Error(err)
			}
		})
	}
	part := func(r *http.Request) bool { return r.Header.Get("HX-Request-Type") == "partial" }
	mux.Handle("/static/", static.Handler())
	page("GET /gallery", func(c Chrome, r *http.Request) (int, templ.Component) {
		if r.URL.Query().Get("toasts") != "" {
			c.Toasts = toasts()
		}
		return 200, with(Layout(c, PageView{Title: "Gallery"}), galleryBody())
	})
	page("GET /members", func(c Chrome, r *http.Request) (int, templ.Component) {
		if part(r) {
			return 200, membersList(members)
		}
		return 200, with(Layout(c, PageView{Title: "Members", Where: "周末音乐夜"}), membersHead(), membersList(members))
	})
	page("GET /log", func(c Chrome, r *http.Request) (int, templ.Component) {
		before, _ := strconv.Atoi(r.URL.Query().Get("before"))
		if before == 0 {
			before = 200
		}
		var rows []templ.Component
		if before > 100 {
			rows = append(rows, More("Older", "/log?before="+strconv.Itoa(before-50), true))
		}
		for i := before - 50; i < before; i++ {
			rows = append(rows, markup(`li class="msg" data-row="`+strconv.Itoa(i)+`"`, markup(`p class="text"`, words("message "+strconv.Itoa(i)))))
		}
		if part(r) {
			return 200, templ.Join(rows...)
		}
		pane := markup(`div class="pane" role="region" aria-label="Transcript" tabindex="0" data-from-end`, markup(`ol class="transcript" role="list"`, rows...))
		return 200, with(Layout(c, PageView{Title: "Log", Fixed: true}), PageHead(HeadView{Title: "Log"}), markup(`div class="split"`, markup(`div class="col"`, pane), markup(`aside class="rail" aria-label="Rail"`, words("rail"))))
	})
	page("GET /sheet", func(c Chrome, r *http.Request) (int, templ.Component) {
		if part(r) {
			return 200, muteSheet("", "")
		}
		return 200, with(SheetPage(c, "Mute 4 members", Link{Text: "Members", URL: "/members"}), muteSheet("", ""))
	})
	page("POST /mute", func(c Chrome, r *http.Request) (int, templ.Component) {
		switch note := r.FormValue("note"); note {
		case "wrong":
			return 422, muteSheet("Choose a length.", note)
		case "broken":
			return 503, NoticeBox(Notice{Tone: "bad", Answer: true, Title: "The service did not answer."})
		}
		return 200, templ.Join(with(Part("#members"), membersList(members[3:])), ToastPart(toasts()[0]))
	})
	page("POST /unmute", func(c Chrome, r *http.Request) (int, templ.Component) {
		r.ParseForm()
		return 200, ToastPart(Toast{Text: "Unmuted " + strconv.Itoa(len(r.Form["member"])) + ": " + fmt.Sprint(r.Form["member"])})
	})
	page("POST /undo", func(c Chrome, r *http.Request) (int, templ.Component) {
		return 200, ToastPart(Toast{Text: "Undone " + r.FormValue("id")})
	})
	page("POST /me/display", func(Chrome, *http.Request) (int, templ.Component) { return 204, templ.NopComponent })
	page("GET /palette", func(c Chrome, r *http.Request) (int, templ.Component) {
		return 200, PaletteResults([]PaletteGroup{
			{Title: "In this group", Items: []PaletteItem{
				{Text: "福利小当家888", Name: true, Sub: "u_7731902", URL: "/gallery?user=1", Avatar: &AvatarView{ID: "u_7731902", Name: "福利小当家888"}, Key: "Enter"},
				{Text: "Mute " + r.URL.Query().Get("q"), Sub: "then choose for how long", URL: "/sheet", Sheet: true, Icon: "mute", Key: "m"},
			}},
			{Title: "Go to", Items: []PaletteItem{{Text: "Audit log", URL: "/error", Icon: "audit", Key: "g a"}}},
		}, "3 results, at "+r.URL.Query().Get("at"), false)
	})
	page("GET /login", func(Chrome, *http.Request) (int, templ.Component) { return 200, LoginPage(loginView()) })
	page("GET /error", func(c Chrome, _ *http.Request) (int, templ.Component) {
		return 503, ErrorPage(c, Notice{Tone: "bad", Answer: true, Title: "Something broke in imdesk.", Text: "It is in the log.", Next: "Try again.", Reference: "r-7F3KC1"})
	})
	page("GET /alone", func(Chrome, *http.Request) (int, templ.Component) {
		return 403, ErrorPage(Chrome{}, Notice{Tone: "bad", Title: "You are not signed in."})
	})
	page("GET /missing", func(c Chrome, _ *http.Request) (int, templ.Component) {
		return 404, NotFound(c, EmptyView{Icon: "search", Title: "No group with this ID", Text: "It may have been dismissed."})
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}
