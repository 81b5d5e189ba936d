package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"imdesk/apps"
	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// What is recorded of apps of the console.
const (
	actAppAdd    = "app.add"
	actAppChange = "app.change"
	actAppOff    = "app.off"
	actAppOn     = "app.on"
	actAppRemove = "app.remove"
)

// Fields of the form with names of their own: what begins with secret_ is in no page, and does not wait for a confirmation.
const (
	fieldKey   = "secret_key"
	fieldToken = "secret_token"
)

// Bounds of what is typed.
const (
	maxAppTitle = 60  // characters
	maxAppField = 200 // characters of any other field
	maxAppList  = 50  // entries of a list
	appCheck    = 15 * time.Second
)

// appName is what stands in addresses.
var appName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// appUserField is the name of a field of the app's own.
//
// Source: Tencent Cloud Chat REST API, "Profile management" (doc 33520).
var appUserField = regexp.MustCompile(`^[A-Za-z]{1,8}$`)

// maxGroupFields is how many app-defined fields a group has at most.
//
// Source: Tencent Cloud Chat, "Group System" (doc 33529).
const maxGroupFields = 10

// archiveDays are the bounds of how long messages are kept.
const (
	usualArchiveDays = 90
	maxArchiveDays   = 3650
)

// appForm is an app as it is typed.
type appForm struct {
	fresh    bool   // it is to be added
	name     string // what it is called, or is to be
	version  int64  // that is changed
	vendor   imclient.Vendor
	disabled bool

	typed    url.Values
	settings apps.Settings
	before   apps.Settings // of what is changed
	keys     apps.Keys     // that were typed, now or the time before
	held     string        // where the keys are kept for the next time
	hasToken bool          // the app has one
	noToken  bool          // it is to have none
	faults   map[string]string
	health   *templates.AppHealth
	mayForce bool // it can be saved nevertheless
}

// newApp is the form for another app; the vendor comes first.
func (s *Server) newApp(c *gin.Context) error {
	vendor := imclient.Vendor(c.Query("vendor"))
	if vendor != imclient.Tencent && vendor != imclient.Volcengine {
		return s.chooseVendor(c)
	}
	if ask, err := s.confirmFirst(c); ask || err != nil {
		return err
	}
	f := &appForm{fresh: true, vendor: vendor, typed: url.Values{}}
	f.put(apps.Settings{RateShare: 1, Archive: "groups", ArchiveFor: usualArchiveDays * 24 * time.Hour})
	return s.showApp(c, http.StatusOK, f)
}

// chooseVendor is the first step of adding an app.
func (s *Server) chooseVendor(c *gin.Context) error {
	ctx := c.Request.Context()
	v := templates.AppVendorView{Nav: s.settingsNav(c), BackURL: appsURL, Why: s.whyNoApps(ctx)}
	for _, vendor := range []imclient.Vendor{imclient.Tencent, imclient.Volcengine} {
		//i18n:uses apps.vendor.*
		v.Vendors = append(v.Vendors, templates.Option{
			Value: appsURL + "/new?vendor=" + string(vendor), Text: i18n.T(ctx, "apps.vendor."+string(vendor)), Hint: i18n.T(ctx, "apps.vendor."+string(vendor)+".hint"),
		})
	}
	return render(c, http.StatusOK, templates.AppVendorPage(s.chrome(c), v), nil)
}

// whyNoApps says what is missing for adding apps; "" if nothing is.
func (s *Server) whyNoApps(ctx context.Context) string {
	if s.Apps.Keeps() {
		return ""
	}
	return i18n.T(ctx, "apps.no_keys")
}

// confirmFirst has an operator show who it is before a key is typed: what waits for a confirmation must not hold one.
func (s *Server) confirmFirst(c *gin.Context) (asked bool, err error) {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	if s.Auth.Confirmed(op) {
		return false, nil
	}
	v := templates.AppConfirmView{Nav: s.settingsNav(c), URL: c.Request.URL.RequestURI(), BackURL: appsURL}
	return true, render(c, http.StatusOK, templates.AppConfirmPage(s.chrome(c), v), nil)
}

// addApp checks an app and saves it.
func (s *Server) addApp(c *gin.Context) error {
	typed, err := form(c)
	if err != nil {
		return err
	}
	f := &appForm{fresh: true, name: strings.TrimSpace(typed.Get("name")), vendor: imclient.Vendor(typed.Get("vendor")), typed: typed}
	if typed.Has("begin") {
		return seeOther(c, c.Request.URL.RequestURI())
	}
	if f.vendor != imclient.Tencent && f.vendor != imclient.Volcengine {
		return badInput{"apps.invalid.vendor"}
	}
	return s.sendApp(c, f)
}

// changeApp is the form for an app of the console.
func (s *Server) changeApp(c *gin.Context) error {
	f, err := s.keptApp(c)
	if err != nil {
		return err
	}
	if ask, err := s.confirmFirst(c); ask || err != nil {
		return err
	}
	f.put(f.before)
	return s.showApp(c, http.StatusOK, f)
}

// saveApp checks a changed app and saves it.
func (s *Server) saveApp(c *gin.Context) error {
	typed, err := form(c)
	if err != nil {
		return err
	}
	if typed.Has("begin") {
		return seeOther(c, c.Request.URL.RequestURI())
	}
	f, err := s.keptApp(c)
	if err != nil {
		return err
	}
	f.typed, f.noToken = typed, typed.Has("no_token")
	if v, err := strconv.ParseInt(typed.Get("version"), 10, 64); err == nil {
		f.version = v
	}
	return s.sendApp(c, f)
}

// addedApp is the row of the address.
func (s *Server) addedApp(c *gin.Context) (store.App, error) {
	rows, err := s.Apps.Rows(c.Request.Context())
	if err != nil {
		return store.App{}, err
	}
	i := slices.IndexFunc(rows, func(a store.App) bool { return a.Name == c.Param("name") && a.RemovedAt.IsZero() })
	if i < 0 {
		return store.App{}, fmt.Errorf("%w: %q", errNoApp, c.Param("name"))
	}
	return rows[i], nil
}

// keptApp is the form of an app as it is in the database.
func (s *Server) keptApp(c *gin.Context) (*appForm, error) {
	row, err := s.addedApp(c)
	if err != nil {
		return nil, err
	}
	f := &appForm{name: row.Name, version: row.Version, vendor: imclient.Vendor(row.Vendor), disabled: row.Disabled, typed: url.Values{}}
	if f.before, err = apps.SettingsOf(row); err != nil {
		return nil, err
	}
	if f.hasToken, err = s.Apps.HasToken(c.Request.Context(), row.Name); err != nil {
		f.hasToken = false // it cannot be opened; the page says so of the key
	}
	return f, nil
}

// put fills the form with settings.
func (f *appForm) put(v apps.Settings) {
	f.typed = url.Values{
		"title": {v.Title}, "app_id": {v.AppID}, "administrator": {v.Administrator}, "access_key": {v.AccessKey}, "region": {v.Region},
		"endpoint": {v.Endpoint}, "backup_endpoint": {v.BackupEndpoint}, "colour": {v.Colour}, "archive": {v.Archive},
		"administrators": {strings.Join(v.Administrators, "\n")}, "media_hosts": {strings.Join(v.MediaHosts, "\n")},
		"user_fields": {strings.Join(v.UserFields, "\n")}, "group_fields": {strings.Join(v.GroupFields, "\n")},
		"rate_share": {strconv.FormatFloat(math.Round(v.RateShare*1e4)/100, 'f', -1, 64)}, "archive_days": {strconv.Itoa(int(v.ArchiveFor / (24 * time.Hour)))},
	}
	if v.TextIDs {
		f.typed.Set("text_ids", "1")
	}
	if v.ArchiveFiles {
		f.typed.Set("archive_files", "1")
	}
	if v.RefuseUnjudged {
		f.typed.Set("refuse_unjudged", "1")
	}
}

// sendApp checks what was typed, asks the service, and saves the app if all is well.
func (s *Server) sendApp(c *gin.Context, f *appForm) error {
	ctx := c.Request.Context()
	if !s.Apps.Keeps() {
		return badInput{"apps.no_keys"}
	}
	if err := s.readApp(ctx, f); err != nil {
		return err
	}
	if len(f.faults) > 0 {
		return s.showApp(c, http.StatusUnprocessableEntity, f)
	}
	checking, cancel := context.WithTimeout(ctx, appCheck)
	h, err := s.Apps.Try(checking, f.name, f.settings, f.keys)
	cancel()
	if err != nil {
		f.fault("app_id", i18n.T(ctx, "apps.invalid.client"))
		s.Log.WarnContext(ctx, "no client of what was entered", "reference", referenceOf(ctx), "app", f.name, "error", err)
		return s.showApp(c, http.StatusUnprocessableEntity, f)
	}
	rows, failed := healthRows(c, h)
	f.health = &templates.AppHealth{Rows: rows, Failed: failed, Good: h.Err == nil}
	// A key that is wrong, or that may not call the service, stays so; a service that does not answer may be up tomorrow.
	f.mayForce = h.Err != nil && h.Key != imclient.HealthBad && h.Administrator != imclient.HealthBad
	switch {
	case f.typed.Has("check"):
		return s.showApp(c, http.StatusOK, f)
	case h.Err != nil && !(f.mayForce && f.typed.Has("force")):
		return s.showApp(c, http.StatusUnprocessableEntity, f)
	}
	return s.storeApp(c, f)
}

// storeApp saves an app, and leads on to what is to be entered in the vendor's console.
func (s *Server) storeApp(c *gin.Context, f *appForm) error {
	ctx := c.Request.Context()
	by, _ := auth.OperatorFrom(ctx)
	e := store.AuditEntry{App: f.name, Action: actAppChange, Detail: f.recorded()}
	if f.fresh {
		e.Action = actAppAdd
	}
	err := s.recorded(c, e, func() error {
		if f.fresh {
			return s.Apps.Add(ctx, f.name, f.settings, f.keys, by.Name)
		}
		return s.Apps.Change(ctx, f.name, f.version, f.settings, f.keys, f.noToken, f.disabled, by.Name)
	})
	switch {
	case errors.Is(err, store.ErrConflict) && f.fresh:
		f.fault("name", i18n.T(ctx, "apps.invalid.taken_before"))
	case errors.Is(err, store.ErrConflict):
		f.fault("version", i18n.T(ctx, "apps.invalid.changed"))
	case errors.Is(err, store.ErrInvalid):
		f.fault("name", i18n.T(ctx, "apps.invalid.full"))
	case err != nil:
		return fmt.Errorf("save app %s: %w", f.name, err)
	default:
		key, to := "apps.saved", appsURL
		if a := s.Apps.Get(f.name); a != nil && f.fresh {
			key, to = "apps.added", appURL(a, "callbacks")
		}
		//i18n:uses apps.saved
		//i18n:uses apps.added
		return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, key, "app", orID(f.settings.Title, f.name))}, to)
	}
	return s.showApp(c, http.StatusUnprocessableEntity, f)
}

// recorded is what the audit log keeps of a change: which settings, not what they are, for some are addresses within a network.
func (f *appForm) recorded() []byte {
	list := f.changedFields()
	if f.keys.Key != "" {
		list = append(list, "key")
	}
	if f.keys.CallbackToken != "" || f.noToken {
		list = append(list, "callback_token")
	}
	return recordedApp(f.settings, list...)
}

// recordedApp is the detail of an entry about an app.
func recordedApp(v apps.Settings, fields ...string) []byte {
	detail := map[string]string{"service": apps.Detail(v.Vendor, v.AppID)}
	if len(fields) > 0 {
		detail["fields"] = strings.Join(fields, ", ")
	}
	b, err := json.Marshal(detail)
	if err != nil {
		panic(err) // texts
	}
	return b
}

// changedFields are the settings that are others than before; of a new app those that are set.
func (f *appForm) changedFields() []string {
	before, after := reflect.ValueOf(f.before), reflect.ValueOf(f.settings)
	var list []string
	for i := range before.NumField() {
		if !reflect.DeepEqual(before.Field(i).Interface(), after.Field(i).Interface()) {
			name, _, _ := strings.Cut(before.Type().Field(i).Tag.Get("json"), ",")
			if name == "-" {
				name = strings.ToLower(before.Type().Field(i).Name)
			}
			list = append(list, name)
		}
	}
	return list
}

func (f *appForm) fault(field, text string) {
	if f.faults == nil {
		f.faults = map[string]string{}
	}
	if f.faults[field] == "" {
		f.faults[field] = text
	}
}

// readApp reads the form and finds what makes no sense. Keys that were typed the time before are fetched.
func (s *Server) readApp(ctx context.Context, f *appForm) error {
	by, _ := auth.OperatorFrom(ctx)
	held, err := s.Apps.Held(ctx, by.ID, f.typed.Get("held"))
	if err != nil {
		return err
	}
	f.keys = apps.Keys{Key: strings.TrimSpace(f.typed.Get(fieldKey)), CallbackToken: strings.TrimSpace(f.typed.Get(fieldToken))}
	if f.keys.Key == "" {
		f.keys.Key = held.Key
	}
	if f.keys.CallbackToken == "" {
		f.keys.CallbackToken = held.CallbackToken
	}
	if f.noToken {
		f.keys.CallbackToken = ""
	}
	wrong := func(field, key string, args ...any) {
		//i18n:uses apps.invalid.*
		f.fault(field, i18n.T(ctx, "apps.invalid."+key, args...))
	}
	text := func(name string) string {
		v := strings.TrimSpace(f.typed.Get(name))
		if utf8.RuneCountInString(v) > maxAppField || strings.ContainsFunc(v, unicode.IsControl) {
			wrong(name, "text", "n", maxAppField)
			return ""
		}
		return v
	}
	list := func(name string) []string {
		var all []string
		for v := range strings.Lines(lines(f.typed.Get(name))) {
			if v = strings.TrimSpace(v); v != "" && !slices.Contains(all, v) {
				all = append(all, v)
			}
		}
		if len(all) > maxAppList || len(f.typed.Get(name)) > maxAppList*maxAppField {
			wrong(name, "list", "n", maxAppList)
			return nil
		}
		return all
	}
	v := apps.Settings{
		Vendor: f.vendor, AppID: text("app_id"), Title: text("title"), Colour: text("colour"), Region: text("region"), Endpoint: text("endpoint"),
		Administrators: list("administrators"), MediaHosts: list("media_hosts"), Archive: text("archive"),
	}
	if !f.fresh {
		v.AppID = f.before.AppID                 // it is another app with another id
		v.ArchiveGroups = f.before.ArchiveGroups // the form has none of them
	}
	if f.vendor == imclient.Tencent {
		v.Administrator, v.BackupEndpoint = text("administrator"), text("backup_endpoint")
		v.UserFields, v.GroupFields = list("user_fields"), list("group_fields")
		v.ArchiveFiles, v.RefuseUnjudged = f.typed.Has("archive_files"), f.typed.Has("refuse_unjudged")
	} else {
		v.AccessKey, v.TextIDs = text("access_key"), f.typed.Has("text_ids")
	}
	s.checkIdentity(f, v, wrong)
	checkPlaces(v, wrong)
	if share, err := strconv.ParseFloat(f.typed.Get("rate_share"), 64); err != nil || !(share >= 0.1 && share <= 100) {
		wrong("rate_share", "share")
	} else {
		v.RateShare = share / 100
	}
	if days, err := strconv.Atoi(f.typed.Get("archive_days")); err != nil || days < 1 || days > maxArchiveDays {
		wrong("archive_days", "days", "n", maxArchiveDays)
	} else {
		v.ArchiveFor = time.Duration(days) * 24 * time.Hour
	}
	if !slices.Contains(archiveChoices, v.Archive) {
		wrong("archive", "choice")
	}
	checkFields(v, wrong)
	f.settings = v
	return nil
}

// archiveChoices are what may be kept of an app's messages.
var archiveChoices = []string{"groups", "all", "none"}

// checkIdentity looks at what an app is called, which one it is, and what opens it.
func (s *Server) checkIdentity(f *appForm, v apps.Settings, wrong func(field, key string, args ...any)) {
	if f.fresh {
		switch had := s.Apps.Get(f.name); {
		case !appName.MatchString(f.name):
			wrong("name", "name")
		case had != nil && !had.Added():
			wrong("name", "taken_file")
		case had != nil:
			wrong("name", "taken")
		}
		if n, err := strconv.ParseUint(v.AppID, 10, 32); err != nil || n == 0 {
			wrong("app_id", "id")
		}
		for _, a := range s.Apps.All() {
			if a.IM.Vendor == v.Vendor && a.IM.AppID == v.AppID && a.Name != f.name && !a.Embedded {
				wrong("app_id", "twice", "app", a.Title)
			}
		}
	}
	if utf8.RuneCountInString(v.Title) > maxAppTitle {
		wrong("title", "text", "n", maxAppTitle)
	}
	if v.Vendor == imclient.Tencent && v.Administrator == "" {
		wrong("administrator", "needed")
	}
	if v.Vendor == imclient.Volcengine && v.AccessKey == "" {
		wrong("access_key", "needed")
	}
	b := f.before
	moved := v.Endpoint != b.Endpoint || v.BackupEndpoint != b.BackupEndpoint || v.AccessKey != b.AccessKey
	switch {
	case f.keys.Key == "" && f.fresh:
		wrong(fieldKey, "needed")
	case f.keys.Key == "" && moved:
		// Whoever receives a signature that the key made can use it: a server is named by somebody who has the key.
		wrong(fieldKey, "moved")
	case len(f.keys.Key) > maxAppField || len(f.keys.CallbackToken) > maxAppField:
		wrong(fieldKey, "text", "n", maxAppField)
	}
}

// checkPlaces looks at where an app's service and media are.
func checkPlaces(v apps.Settings, wrong func(field, key string, args ...any)) {
	for field, address := range map[string]string{"endpoint": v.Endpoint, "backup_endpoint": v.BackupEndpoint} {
		u, err := url.Parse(address)
		if address != "" && (err != nil || !isWeb(u) || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "") {
			wrong(field, "address")
		}
	}
	if v.BackupEndpoint != "" && v.Endpoint == "" {
		wrong("backup_endpoint", "backup")
	}
	if !slices.Contains(apps.Regions(v.Vendor), v.Region) {
		wrong("region", "choice")
	}
	for _, entry := range v.MediaHosts {
		if _, _, err := mediaHost(entry); err != nil {
			wrong("media_hosts", "host", "host", entry)
		}
	}
}

// checkFields looks at the app's own fields and its colour.
func checkFields(v apps.Settings, wrong func(field, key string, args ...any)) {
	for _, name := range v.UserFields {
		if !appUserField.MatchString(name) {
			wrong("user_fields", "user_field", "field", name)
		}
	}
	if len(v.GroupFields) > maxGroupFields {
		wrong("group_fields", "list", "n", maxGroupFields)
	}
	if v.Colour != "" && !slices.ContainsFunc(templates.Colours(), func(c templates.Colour) bool { return c.Name == v.Colour }) {
		wrong("colour", "choice")
	}
}

// showApp shows the form. Keys that were typed are kept for the next time, and are not in the page.
func (s *Server) showApp(c *gin.Context, status int, f *appForm) error {
	ctx := c.Request.Context()
	by, _ := auth.OperatorFrom(ctx)
	if f.keys != (apps.Keys{}) {
		var err error
		if f.held, err = s.Apps.Hold(ctx, by.ID, f.keys); err != nil {
			return err
		}
	}
	return render(c, status, templates.AppFormPage(s.chrome(c), s.appFormView(c, f)), nil)
}

func (s *Server) appFormView(c *gin.Context, f *appForm) templates.AppFormView {
	ctx := c.Request.Context()
	v := templates.AppFormView{
		Nav: s.settingsNav(c), Action: appsURL + "/new", BackURL: appsURL, Fresh: f.fresh, Held: f.held, Vendor: string(f.vendor),
		Version: strconv.FormatInt(f.version, 10), Health: f.health, MayForce: f.mayForce, Force: f.typed.Has("force"), NoToken: f.noToken, HasToken: f.hasToken,
		Conflict: f.faults["version"], Why: s.whyNoApps(ctx),
	}
	//i18n:uses apps.vendor.*
	v.VendorText = i18n.T(ctx, "apps.vendor."+string(f.vendor))
	if !f.fresh {
		v.Action, v.Name = appsURL+"/"+url.PathEscape(f.name)+"/change", f.name
	}
	field := func(name string, more ...func(*templates.FieldView)) templates.AppSetting {
		//i18n:uses apps.field.*
		//i18n:uses apps.hint.*
		x := templates.FieldView{Name: name, Label: i18n.T(ctx, "apps.field."+name), Value: f.typed.Get(name), Error: f.faults[name], MaxLength: maxAppField, Attrs: map[string]any{"spellcheck": "false"}}
		for _, key := range []string{"apps.hint." + string(f.vendor) + "." + name, "apps.hint." + name} {
			if x.Hint == "" && i18n.Has(ctx, key) {
				x.Hint = i18n.T(ctx, key)
			}
		}
		if key := "apps.field." + string(f.vendor) + "." + name; i18n.Has(ctx, key) {
			x.Label = i18n.T(ctx, key)
		}
		for _, change := range more {
			change(&x)
		}
		return templates.AppSetting{FieldView: x}
	}
	needed := func(x *templates.FieldView) { x.Required = true }
	area := func(x *templates.FieldView) { x.Rows, x.MaxLength, x.Optional = 3, 0, true }
	optional := func(x *templates.FieldView) { x.Optional = true }
	secret := func(name string, has bool) templates.AppSetting {
		return field(name, func(x *templates.FieldView) {
			x.Type, x.Value, x.Autocomplete = "password", "", "new-password"
			switch {
			case f.held != "" && (name == fieldKey && f.keys.Key != "" || name == fieldToken && f.keys.CallbackToken != ""):
				x.Hint = i18n.T(ctx, "apps.hint.held")
			case has:
				x.Hint = i18n.T(ctx, "apps.hint.unchanged")
			case name == fieldKey:
				x.Required = f.held == ""
			}
		})
	}
	choice := func(name string, list []string, text func(string) string, empty string) templates.AppSetting {
		x := field(name)
		if empty != "" {
			x.Options = append(x.Options, templates.Option{Text: empty})
		}
		for _, value := range list {
			x.Options = append(x.Options, templates.Option{Value: value, Text: text(value)})
		}
		return x
	}
	tencentApp := f.vendor == imclient.Tencent
	if f.fresh {
		v.Main = append(v.Main, field("name", needed, func(x *templates.FieldView) { x.Value, x.MaxLength = f.name, 32 }))
		v.Main = append(v.Main, field("app_id", needed, func(x *templates.FieldView) { x.Attrs["inputmode"] = "numeric" }))
	} else {
		v.AppID = apps.Detail(f.vendor, f.before.AppID)
	}
	v.Main = append(v.Main, field("title", optional, func(x *templates.FieldView) { x.MaxLength = maxAppTitle; x.Attrs["dir"] = "auto" }))
	if tencentApp {
		v.Main = append(v.Main, field("administrator", needed))
	} else {
		v.Main = append(v.Main, field("access_key", needed))
	}
	v.Main = append(v.Main, secret(fieldKey, !f.fresh))
	v.Main = append(v.Main, choice("region", apps.Regions(f.vendor), func(s string) string { return s }, ""))
	v.Callbacks = append(v.Callbacks, secret(fieldToken, f.hasToken))
	v.Callbacks = append(v.Callbacks, choice("archive", archiveChoices, func(v string) string {
		//i18n:uses apps.archive.*
		return i18n.T(ctx, "apps.archive."+v)
	}, ""))
	v.Callbacks = append(v.Callbacks, field("archive_days", needed, numbers(1, maxArchiveDays, "1")))
	v.More = append(v.More, choice("colour", colourNames(), func(v string) string { return colourText(ctx, v) }, i18n.T(ctx, "apps.colour.position")))
	v.More = append(v.More, field("rate_share", needed, numbers(0.1, 100, "any")), field("administrators", area), field("media_hosts", area))
	if tencentApp {
		v.More = append(v.More, field("user_fields", area), field("group_fields", area))
	} else {
		v.TextIDs, v.HasTextIDs = f.typed.Has("text_ids"), true
	}
	v.More = append(v.More, field("endpoint", optional, func(x *templates.FieldView) { x.Type = "url" }))
	if tencentApp {
		v.More = append(v.More, field("backup_endpoint", optional, func(x *templates.FieldView) { x.Type = "url" }))
	}
	v.OfTencent, v.Files, v.RefuseUnjudged = tencentApp, f.typed.Has("archive_files"), f.typed.Has("refuse_unjudged")
	for _, x := range v.More {
		v.MoreOpen = v.MoreOpen || x.Error != ""
	}
	for name, text := range f.faults {
		if name != "version" {
			v.Faults = append(v.Faults, templates.AppFault{Label: i18n.T(ctx, "apps.field."+name), Text: text, ID: name})
		}
	}
	slices.SortFunc(v.Faults, func(a, b templates.AppFault) int { return strings.Compare(a.ID, b.ID) })
	return v
}

func numbers(least, most float64, step string) func(*templates.FieldView) {
	return func(x *templates.FieldView) {
		x.Type, x.MaxLength = "number", 0
		x.Attrs["min"], x.Attrs["max"], x.Attrs["step"] = strconv.FormatFloat(least, 'f', -1, 64), strconv.FormatFloat(most, 'f', -1, 64), step
	}
}

func colourNames() []string {
	var list []string
	for _, c := range templates.Colours() {
		list = append(list, c.Name)
	}
	return list
}

func colourText(ctx context.Context, name string) string {
	//i18n:uses apps.colour.*
	return i18n.T(ctx, "apps.colour."+name)
}

// switchApp takes an app out of use, or back into it.
func (s *Server) switchApp(c *gin.Context) error {
	typed, err := form(c)
	if err != nil {
		return err
	}
	f, err := s.keptApp(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	by, _ := auth.OperatorFrom(ctx)
	off := typed.Get("on") != "1"
	version, err := strconv.ParseInt(typed.Get("version"), 10, 64)
	if err != nil {
		return badInput{"apps.invalid.changed"}
	}
	e := store.AuditEntry{App: f.name, Action: actAppOn, Detail: recordedApp(f.before)}
	text := "apps.switched_on"
	if off {
		e.Action, text = actAppOff, "apps.switched_off"
	}
	err = s.recorded(c, e, func() error {
		return s.Apps.Change(ctx, f.name, version, f.before, apps.Keys{}, false, off, by.Name)
	})
	if errors.Is(err, store.ErrConflict) {
		return badInput{"apps.invalid.changed"}
	}
	if err != nil {
		return fmt.Errorf("switch app %s: %w", f.name, err)
	}
	//i18n:uses apps.switched_on
	//i18n:uses apps.switched_off
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, text, "app", orID(f.before.Title, f.name))}, appsURL)
}

// removePage asks for the name of the app that is to go, and says what becomes of it.
func (s *Server) removePage(c *gin.Context) error {
	row, err := s.addedApp(c)
	if err != nil {
		return err
	}
	return s.showRemove(c, http.StatusOK, row, "", "")
}

func (s *Server) showRemove(c *gin.Context, status int, row store.App, typed, fault string) error {
	ctx := c.Request.Context()
	jobs, err := s.openJobs(ctx, row.Name)
	if err != nil {
		return err
	}
	v := templates.AppRemoveView{
		Nav: s.settingsNav(c), Action: c.Request.URL.EscapedPath(), BackURL: appsURL, Name: row.Name, Title: orID(row.Title, row.Name),
		Version: strconv.FormatInt(row.Version, 10), Jobs: jobs,
		Confirm: templates.FieldView{Name: "confirm", Label: i18n.T(ctx, "apps.remove.confirm", "name", row.Name), Value: typed, Error: fault, Required: true, MaxLength: 32, Attrs: map[string]any{"spellcheck": "false"}},
	}
	return render(c, status, templates.AppRemovePage(s.chrome(c), v), nil)
}

// openJobs counts the jobs of an app that have not ended, up to a page of them.
func (s *Server) openJobs(ctx context.Context, app string) (int, error) {
	if s.Jobs == nil {
		return 0, nil
	}
	list, err := s.Jobs.List(ctx, store.JobFilter{App: app, States: []store.JobState{store.JobReady, store.JobRunning, store.JobPaused}}, 0, store.MaxJobPage)
	return len(list), err
}

// removeApp takes an app away.
func (s *Server) removeApp(c *gin.Context) error {
	typed, err := form(c)
	if err != nil {
		return err
	}
	row, err := s.addedApp(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	by, _ := auth.OperatorFrom(ctx)
	if name := strings.TrimSpace(typed.Get("confirm")); name != row.Name {
		return s.showRemove(c, http.StatusUnprocessableEntity, row, clip(name, maxAppField), i18n.T(ctx, "apps.remove.differs"))
	}
	if v, err := strconv.ParseInt(typed.Get("version"), 10, 64); err != nil || v != row.Version {
		return s.showRemove(c, http.StatusUnprocessableEntity, row, "", i18n.T(ctx, "apps.invalid.changed"))
	}
	settings, err := apps.SettingsOf(row)
	if err != nil {
		settings = apps.Settings{Vendor: imclient.Vendor(row.Vendor), AppID: row.AppID} // it goes all the same
	}
	e := store.AuditEntry{App: row.Name, Action: actAppRemove, Detail: recordedApp(settings)}
	err = s.recorded(c, e, func() error { return s.Apps.Remove(ctx, row.Name, row.Version, by.Name) })
	if errors.Is(err, store.ErrConflict) {
		return s.showRemove(c, http.StatusUnprocessableEntity, row, "", i18n.T(ctx, "apps.invalid.changed"))
	}
	if err != nil {
		return fmt.Errorf("remove app %s: %w", row.Name, err)
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "apps.removed", "app", orID(row.Title, row.Name))}, appsURL)
}
