package templates

import (
	"context"

	"imdesk/web/i18n"

	"github.com/a-h/templ"
)

// AppsView are the apps that the console looks after, and those that it did.
type AppsView struct {
	Nav    SettingsNavView
	Rows   []AppRow
	NewURL string
	Why    string // why none can be added; "" if one can
}

// AppRow is one app.
type AppRow struct {
	Name, Title  string
	Detail       string // vendor, and id there
	Colour       string
	URL          string
	Gone         bool     // it is not looked after
	State        ChipView // of one that is gone
	From         string   // where it is set; "" for one that was removed
	Changed      string   // who changed it last; "" if nobody did
	Shadows      string   // another one of the name that does not count, or why it is gone
	CallbacksURL string   // "" if it has none
	Stopped      string   // that callbacks do not come any more; "" if they do
	Kept         string   // what of its messages is kept, and how long
	KeptOwn      []string // groups with a time of their own
	CheckURL     string
	Health       []HealthState // nil: it was not looked at
	Failed       *Notice       // what the service said first

	// Of apps of the console; "" for others.
	ChangeURL, RemoveURL, SwitchURL string
	Version                         string
	Off                             bool
}

// HealthState is one thing that was looked at.
type HealthState struct {
	Name  string
	State ChipView
}

// AppHealth is what came of looking at an app before it is saved.
type AppHealth struct {
	Rows   []HealthState
	Failed *Notice
	Good   bool
}

// AppVendorView is the choice of a vendor for a new app.
type AppVendorView struct {
	Nav     SettingsNavView
	BackURL string
	Why     string   // why none can be added; "" if one can
	Vendors []Option // Value is where it leads
}

// AppConfirmView asks an operator to show who it is, before a key is typed.
type AppConfirmView struct {
	Nav          SettingsNavView
	URL, BackURL string
}

// AppSetting is a field of the form of an app; one with Options is a choice.
type AppSetting struct {
	FieldView
	Options []Option
}

// AppFault is a field that makes no sense.
type AppFault struct{ ID, Label, Text string }

// AppFormView is an app as it is added or changed.
type AppFormView struct {
	Nav                   SettingsNavView
	Action, BackURL       string
	Fresh                 bool
	Name                  string // of one that is changed
	AppID                 string // the same
	Vendor, VendorText    string
	Version               string
	Held                  string // where the keys are that were typed before; "" if none were
	Main, Callbacks, More []AppSetting
	MoreOpen              bool
	HasTextIDs, TextIDs   bool
	HasToken, NoToken     bool
	OfTencent             bool // what only this vendor has
	Files                 bool // files of the service are read into the archive
	RefuseUnjudged        bool // what cannot be judged is refused
	Faults                []AppFault
	Conflict              string // somebody else changed it meanwhile
	Why                   string // why it cannot be saved
	Health                *AppHealth
	MayForce, Force       bool
}

// AppRemoveView asks for the name of the app that is to go.
type AppRemoveView struct {
	Nav                                   SettingsNavView
	Action, BackURL, Name, Title, Version string
	Jobs                                  int // that have not ended
	Confirm                               FieldView
}

// appLabel tells buttons of one text apart for those who hear them.
func appLabel(ctx context.Context, key string, a AppRow) templ.Attributes {
	return templ.Attributes{"aria-label": i18n.T(ctx, "apps.of", "what", i18n.T(ctx, key), "app", a.Title)}
}

func appFormTitle(ctx context.Context, v AppFormView) string {
	if v.Fresh {
		return i18n.T(ctx, "apps.new.title")
	}
	return i18n.T(ctx, "apps.change.title", "app", v.Name)
}
