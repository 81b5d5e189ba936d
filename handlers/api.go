package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// apiRoutes are the vendor's API by hand.
func (s *Server) apiRoutes() []route {
	const command = "/apps/:app/api/:service/:command"
	return []route{
		{get, "/apps/:app/api", auth.VerbAPI, s.apiList},
		{get, command, auth.VerbAPI, s.apiPage},
		{post, command, auth.VerbAPI, s.apiSend},
		{get, "/apps/:app/api-answers/:answer", auth.VerbAPI, s.apiDownload},
	}
}

// apiURL is the page of a command, or with none of all.
func apiURL(app *App, c imclient.Command) string { return appURL(app, "api", c.Service, c.Name) }

func apiCommands(app *App) []imclient.Command {
	if app.IM.Raw == nil {
		return nil
	}
	return app.IM.Raw.Commands()
}

// apiText says what a command does; "" if nobody wrote it down.
//
//i18n:uses api.tencent.*
func apiText(ctx context.Context, app *App, c imclient.Command) string {
	return textOrNone(ctx, fmt.Sprintf("api.%s.%s.%s", app.IM.Vendor, c.Service, c.Name))
}

//i18n:uses api.service.*
func apiServiceText(ctx context.Context, app *App, service string) string {
	return textOrNone(ctx, fmt.Sprintf("api.service.%s.%s", app.IM.Vendor, service))
}

// apiFieldText says what a field is: in this command, or wherever it stands.
//
//i18n:uses api.field.*
func apiFieldText(ctx context.Context, app *App, c imclient.Command, field string) string {
	return cmp.Or(
		textOrNone(ctx, fmt.Sprintf("api.field.%s.%s.%s", app.IM.Vendor, c.Name, field)),
		textOrNone(ctx, fmt.Sprintf("api.field.%s.%s", app.IM.Vendor, field)))
}

func textOrNone(ctx context.Context, key string) string {
	if !i18n.Has(ctx, key) {
		return ""
	}
	return i18n.T(ctx, key)
}

// apiList lists what the vendor's API can do. It calls nothing.
func (s *Server) apiList(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	v := apiListView(c.Request.Context(), app, c.Request.URL)
	return render(c, http.StatusOK, templates.APIListPage(s.chrome(c), v), templates.APIList(v))
}

// Kinds of commands, as the list is filtered by them.
const (
	apiReads  = "read"
	apiWrites = "write"
)

func apiListView(ctx context.Context, app *App, u *url.URL) templates.APIListView {
	q, kind := strings.TrimSpace(u.Query().Get("q")), u.Query().Get("kind")
	v := templates.APIListView{URL: appURL(app, "api"), Query: q}
	if kind != apiReads && kind != apiWrites {
		kind = ""
	} else {
		v.Hidden = []string{"kind", kind}
	}
	all := apiCommands(app)
	counts, shown := map[string]int{}, 0
	for _, cmd := range all {
		if !apiFound(ctx, app, cmd, q) {
			continue
		}
		counts[apiKind(cmd)]++
		if kind != "" && apiKind(cmd) != kind {
			continue
		}
		shown++
		if n := len(v.Services); n == 0 || v.Services[n-1].Code != cmd.Service {
			v.Services = append(v.Services, templates.APIService{Code: cmd.Service, Title: apiServiceText(ctx, app, cmd.Service)})
		}
		service := &v.Services[len(v.Services)-1]
		service.Rows = append(service.Rows, templates.APIRow{
			Name: cmd.Name, URL: apiURL(app, cmd), Text: apiText(ctx, app, cmd), Kind: apiChip(ctx, cmd), Rate: apiRate(ctx, cmd.Rate),
		})
	}
	for _, k := range []struct {
		value, text string
		count       int
	}{
		{"", i18n.T(ctx, "api.all"), counts[apiReads] + counts[apiWrites]},
		{apiReads, i18n.T(ctx, "api.reads"), counts[apiReads]},
		{apiWrites, i18n.T(ctx, "api.writes"), counts[apiWrites]},
	} {
		v.Kinds = append(v.Kinds, templates.Tab{Text: k.text, URL: withQuery(u, "kind", k.value), Count: i18n.Int(ctx, k.count), Current: k.value == kind})
	}
	v.Total = i18n.N(ctx, "api.total", shown)
	switch {
	case len(all) == 0:
		v.Empty = &templates.EmptyView{Icon: "code", Title: i18n.T(ctx, "api.unsupported"), Text: i18n.T(ctx, "api.unsupported_text")}
	case shown == 0:
		v.Empty = &templates.EmptyView{
			Icon: "search", Title: i18n.T(ctx, "api.not_found"), Text: i18n.T(ctx, "api.not_found_text"),
			Action: &templates.ButtonView{Text: i18n.T(ctx, "api.show_all"), URL: v.URL},
		}
	}
	return v
}

// apiFound reports whether every word of what is looked for stands in a command's name, what it does, or its fields.
func apiFound(ctx context.Context, app *App, cmd imclient.Command, q string) bool {
	if q == "" {
		return true
	}
	hay := []string{cmd.Path(), apiServiceText(ctx, app, cmd.Service), apiText(ctx, app, cmd)}
	for _, f := range cmd.Fields {
		hay = append(hay, f.Name)
	}
	text := strings.ToLower(strings.Join(hay, "\n"))
	for _, word := range strings.Fields(strings.ToLower(q)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func apiKind(cmd imclient.Command) string {
	if cmd.Write {
		return apiWrites
	}
	return apiReads
}

func apiChip(ctx context.Context, cmd imclient.Command) templates.ChipView {
	switch {
	case cmd.Grave:
		return templates.ChipView{Text: i18n.T(ctx, "api.write"), Icon: "alert", Tone: "bad", Title: i18n.T(ctx, "api.grave")}
	case cmd.Write:
		return templates.ChipView{Text: i18n.T(ctx, "api.write"), Icon: "edit", Tone: "warn"}
	}
	return templates.ChipView{Text: i18n.T(ctx, "api.read"), Icon: "eye"}
}

func apiRate(ctx context.Context, perSecond float64) string {
	if perSecond >= 1 {
		return i18n.N(ctx, "api.rate", int(perSecond))
	}
	return i18n.N(ctx, "api.rate_slow", int(1/perSecond))
}

// apiCall is one command on its way: the form, and what came of it.
type apiCall struct {
	s   *Server
	c   *gin.Context
	app *App
	cmd imclient.Command

	form    apiForm
	notice  *templates.Notice
	ask     *templates.APIAskView
	answer  *templates.APIAnswerView
	invalid error // of package actions
}

func (a *apiCall) ctx() context.Context { return a.c.Request.Context() }

// apiCallOf is the command that the address names.
func (s *Server) apiCallOf(c *gin.Context) (*apiCall, error) {
	app, err := s.app(c)
	if err != nil {
		return nil, err
	}
	list := apiCommands(app)
	i := slices.IndexFunc(list, func(cmd imclient.Command) bool {
		return cmd.Service == c.Param("service") && cmd.Name == c.Param("command")
	})
	if i < 0 {
		return nil, fmt.Errorf("command %s/%s: %w", c.Param("service"), c.Param("command"), errNoPage)
	}
	return &apiCall{s: s, c: c, app: app, cmd: list[i]}, nil
}

// apiPage is one command with an empty form. It calls nothing.
func (s *Server) apiPage(c *gin.Context) error {
	a, err := s.apiCallOf(c)
	if err != nil {
		return err
	}
	a.form = newAPIForm(a.ctx(), a.cmd)
	return a.page(http.StatusOK)
}

func (a *apiCall) page(status int) error {
	v := a.view()
	return render(a.c, status, templates.APICommandPage(a.s.chrome(a.c), v), nil)
}

// refused sends the form back with what is wrong beside the fields.
func (a *apiCall) refused() error {
	if wantsPart(a.c.Request) {
		part := templates.APIRequest(a.view().Request)
		return render(a.c, http.StatusUnprocessableEntity, part, part)
	}
	return a.page(http.StatusUnprocessableEntity)
}

// What the buttons of the form ask for, besides sending it.
const (
	apiDoJSON   = "json"   // make the JSON of the fields
	apiDoFields = "fields" // likewise, though the JSON was edited
)

// apiSend sends a command: a read at once, a write after the sheet was confirmed. It costs one call.
func (s *Server) apiSend(c *gin.Context) error {
	a, err := s.apiCallOf(c)
	if err != nil {
		return err
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	a.form = readAPIForm(a.ctx(), a.cmd, v)
	switch v.Get("do") {
	case apiDoJSON, apiDoFields:
		return a.remake(v.Get("do") == apiDoFields)
	}
	switch {
	case len(a.form.wrong) > 0:
		return a.refused()
	case a.cmd.Write && v.Get("confirmed") == "":
		return a.preview(v)
	case a.cmd.Grave && v.Get("name") != a.cmd.Name:
		return a.askFirst(http.StatusUnprocessableEntity, v, i18n.T(a.ctx(), "api.name_differs", "name", a.cmd.Name))
	}
	return a.carryOut(v)
}

// remake makes the JSON of the fields; with JSON that was edited only if that is wanted.
func (a *apiCall) remake(over bool) error {
	if over {
		a.form.fromFields(a.ctx(), a.cmd)
	}
	if wantsPart(a.c.Request) && !over {
		part := templates.APIJSON(a.jsonView())
		return render(a.c, http.StatusOK, part, part)
	}
	if wantsPart(a.c.Request) {
		part := templates.APIRequestNow(a.view().Request)
		return render(a.c, http.StatusOK, part, part)
	}
	return a.page(http.StatusOK)
}

// preview asks whether the command can be sent, and if so the operator whether it is to be.
func (a *apiCall) preview(v url.Values) error {
	_, err := a.s.Actions.Preview(a.ctx(), a.s.actor(a.c), a.app.Target(), a.action(""))
	switch {
	case isInvalid(err):
		a.invalid = err
		return a.refused()
	case err != nil:
		return err
	}
	return a.askFirst(http.StatusOK, v, "")
}

func (a *apiCall) action(key string) actions.APICall {
	return actions.APICall{Common: actions.Common{Reason: a.form.reason, Key: key}, Command: a.cmd.Path(), Body: a.form.body}
}

// askFirst shows what will be sent, and that it cannot be undone.
func (a *apiCall) askFirst(status int, v url.Values, wrongName string) error {
	ctx := a.ctx()
	ask := templates.APIAskView{
		Sheet: templates.SheetView{
			// The id differs from call to call, so that a name typed for another one does not come back.
			ID: "ask-" + mark(a.cmd.Path()+a.form.body), Title: i18n.T(ctx, "api.ask", "command", a.cmd.Name), Text: apiText(ctx, a.app, a.cmd),
			Action: a.c.Request.URL.EscapedPath(), BackURL: "#api-request", Variant: "harm-solid", Danger: true,
			Submit: i18n.T(ctx, "api.send_to", "app", a.app.Title), Foot: i18n.T(ctx, "action.undo.impossible"),
			Hidden: []string{"confirmed", "1", "key", formKey(v), "body", a.form.body, "reason", a.form.reason},
			Notice: badField(ctx, a.invalid),
		},
		Effects: []templates.EffectLine{
			{Tone: "warn", Text: i18n.T(ctx, "api.effect_app", "app", a.app.Title, "detail", a.app.Detail())},
			{Tone: "warn", Text: i18n.T(ctx, "api.effect_raw")},
		},
		Body: a.form.body,
	}
	if a.cmd.Grave {
		ask.Effects = append(ask.Effects, templates.EffectLine{Tone: "warn", Text: i18n.T(ctx, "api.grave")})
		ask.Name = &templates.FieldView{
			Name: "name", ID: "ask-name", Label: i18n.T(ctx, "api.type_name", "name", a.cmd.Name), Value: v.Get("name"), Error: wrongName, Required: true,
			Attrs: map[string]any{"spellcheck": "false", "autocapitalize": "none", "dir": "ltr"},
		}
	}
	a.ask = &ask
	switch {
	case !wantsPart(a.c.Request):
		a.form.adopt(ctx, a.cmd)
		return a.page(status)
	case status == http.StatusOK:
		part := templates.APIAskNow(ask)
		return render(a.c, status, part, part)
	}
	part := templates.APIAsk(ask)
	return render(a.c, status, part, part)
}

// carryOut sends the command and shows what came back, whatever it was: a refusal is an answer, too.
func (a *apiCall) carryOut(v url.Values) error {
	ctx := a.ctx()
	key := ""
	if a.cmd.Write {
		key = v.Get("key")
	}
	r, answer, err := a.s.Actions.CallAPI(ctx, a.s.actor(a.c), a.app.Target(), a.action(key))
	switch {
	case isInvalid(err) && v.Get("confirmed") != "":
		a.invalid = err
		return a.askFirst(http.StatusUnprocessableEntity, v, "")
	case isInvalid(err):
		a.invalid = err
		return a.refused()
	case err != nil && !wantsPart(a.c.Request):
		// Nothing was sent, and nothing typed is lost: the page comes back filled in.
		p := explain(ctx, err, a.cmd.Write)
		a.s.logFailure(a.c, err, p.status)
		a.notice = &p.notice
		return a.page(p.status)
	case err != nil:
		return err
	}
	view := a.answerView(r, answer)
	if wantsPart(a.c.Request) {
		part := templates.APIAnswered(view)
		return render(a.c, http.StatusOK, part, part)
	}
	view.Focus = true
	a.answer = &view
	a.form.adopt(ctx, a.cmd)
	return a.page(http.StatusOK)
}

func (a *apiCall) view() templates.APICommandView {
	ctx := a.ctx()
	v := templates.APICommandView{
		Back: templates.Link{Text: i18n.T(ctx, "api.title"), URL: appURL(a.app, "api")},
		Name: a.cmd.Name, Path: a.cmd.Path(), Text: apiText(ctx, a.app, a.cmd), Chips: []templates.ChipView{apiChip(ctx, a.cmd)},
		Rate: apiRate(ctx, a.cmd.Rate), DocURL: a.cmd.DocURL, Ask: a.ask, Answer: a.answer,
		Request: templates.APIRequestView{
			Action: a.c.Request.URL.EscapedPath(), Notice: a.notice, JSON: a.jsonView(), Asks: a.cmd.Write,
			Submit: i18n.T(ctx, "api.send"),
			Reason: templates.FieldView{
				Name: "reason", ID: "api-reason", Label: i18n.T(ctx, "messages.reason"), Value: a.form.reason, MaxLength: 1000,
				Required: a.cmd.Direct, Optional: !a.cmd.Direct, Error: invalidText(ctx, a.invalid, "reason"),
				Attrs: map[string]any{"form": "api-form", "dir": "auto"},
			},
		},
	}
	if a.cmd.Direct {
		v.Request.Reason.Hint = i18n.T(ctx, "api.direct")
	}
	if v.Request.Notice == nil {
		v.Request.Notice = badField(ctx, a.invalid, "reason", "body")
	}
	v.Request.Fields, v.Request.More, v.Request.MoreOpen = a.fieldViews()
	return v
}

func (a *apiCall) jsonView() templates.APIJSONView {
	v := templates.APIJSONView{
		Action: a.c.Request.URL.EscapedPath(), Body: a.form.body, Shown: mark(a.form.body), Edited: a.form.edited,
		Error: invalidText(a.ctx(), a.invalid, "body"),
	}
	if a.form.edited {
		v.Shown = "" // no JSON has this mark: it goes on being the request
	}
	return v
}

// apiFieldsAtOnce is how many optional fields stand among those that are required; more of them are folded away.
const apiFieldsAtOnce = 3

// fieldViews are the fields: those that are required first, the others folded away where they are many. The fold is open
// while anything stands in it.
func (a *apiCall) fieldViews() (first, more []templates.APIFieldView, open bool) {
	for _, f := range a.cmd.Fields {
		if f.Required {
			first = append(first, a.fieldView(f))
			continue
		}
		more = append(more, a.fieldView(f))
		open = open || a.form.values[f.Name] != "" || a.form.wrong[f.Name] != ""
	}
	if len(first) == 0 || len(more) <= apiFieldsAtOnce {
		return append(first, more...), nil, false
	}
	return first, more, open
}

func (a *apiCall) fieldView(f imclient.CommandField) templates.APIFieldView {
	ctx := a.ctx()
	v := templates.APIFieldView{
		FieldView: templates.FieldView{
			Name: apiFieldName(f), ID: "f-" + f.Name, Label: f.Name, Value: a.form.values[f.Name], Error: a.form.wrong[f.Name],
			Hint:  apiFieldText(ctx, a.app, a.cmd, f.Name),
			Attrs: map[string]any{"spellcheck": "false", "autocapitalize": "none"},
		},
		Kind: apiKindText(ctx, f), Need: f.Required,
	}
	if f.Required {
		v.Attrs["aria-required"] = "true" // not required: the JSON may be the request
	}
	switch f.Kind {
	case imclient.KindText:
		v.Attrs["dir"] = "auto"
		if f.Holds == imclient.HoldsWords {
			v.Rows = 2
		}
	case imclient.KindNumber:
		v.Attrs["inputmode"] = "decimal"
	case imclient.KindSwitch:
		v.Options = []templates.Option{{Text: i18n.T(ctx, "api.not_sent")}, {Value: "true", Text: "true"}, {Value: "false", Text: "false"}}
	default:
		v.Rows, v.Placeholder = 2, apiShape(f)
		v.Attrs["data-mono"], v.Attrs["dir"] = true, "ltr"
		v.Inside = apiInside(ctx, f.Fields, "")
	}
	return v
}

// apiKindText is the JSON type of a field in words.
//
//i18n:uses api.kind.*
func apiKindText(ctx context.Context, f imclient.CommandField) string {
	if f.Kind == imclient.KindList {
		return i18n.T(ctx, "api.kind.list_of", "kind", i18n.T(ctx, "api.kind."+string(f.Of)))
	}
	return i18n.T(ctx, "api.kind."+string(f.Kind))
}

// apiInside lists the fields of objects, those of objects in them behind a dot.
func apiInside(ctx context.Context, fields []imclient.CommandField, before string) []templates.FactView {
	var list []templates.FactView
	for _, f := range fields {
		kind := apiKindText(ctx, f)
		if f.Required {
			kind = i18n.T(ctx, "api.kind_required", "kind", kind)
		}
		list = append(list, templates.FactView{Name: before + f.Name, Value: kind})
		list = append(list, apiInside(ctx, f.Fields, before+f.Name+".")...)
	}
	return list
}
