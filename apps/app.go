package apps

import (
	"slices"
	"time"

	"imdesk/actions"
	"imdesk/archive"
	"imdesk/imclient"
)

// App is one app that the console looks after. It does not change once it is in a Registry.
type App struct {
	Name     string // in URLs
	Title    string // on screen
	Colour   string // a name of templates.Colours; "": by position
	IM       *imclient.Client
	Embedded bool // the emulator that comes with imdesk
	// MediaHosts are where pictures and files of its messages come from, beyond the vendor's own hosts: "cdn.example.com"
	// with its subdomains, or "10.0.0.7:8090", which may be on a private network.
	MediaHosts []string
	// Administrators are accounts that are never muted, kicked or signed out: the ones imdesk and the app's server act as.
	Administrators []string
	// Callbacks reads what the service tells of its own accord; nil: it is not listened to.
	Callbacks imclient.Callbacks
	// Archive is what of its messages is kept.
	Archive archive.Policy
	// RefuseUnjudged has messages refused, not let through, when judging them breaks.
	RefuseUnjudged bool

	version int64 // of the row it was made from; 0: it is none of the console's
}

// Added reports whether an app was added in the console.
func (a *App) Added() bool { return a.version > 0 }

// Detail names the vendor and the app's id there, "Tencent 1400187352".
func (a *App) Detail() string { return Detail(a.IM.Vendor, a.IM.AppID) }

// Detail names a vendor and an app's id there.
func Detail(vendor imclient.Vendor, id string) string {
	switch vendor {
	case imclient.Tencent:
		return "Tencent " + id
	case imclient.Volcengine:
		return "Volcengine " + id
	}
	return id
}

// Lists reports whether an app's vendor can list its groups. Where it cannot, the console's own directory stands in.
func (a *App) Lists() bool { return a.IM.Caps.Can(imclient.VerbListGroups, "") }

// Offers reports whether a vendor offers something in any type of group, or at all.
func (a *App) Offers(v imclient.Verb) bool {
	if a.IM.Caps.Can(v, "") {
		return true
	}
	return slices.ContainsFunc(a.IM.Caps.Types, func(t imclient.TypeInfo) bool { return a.IM.Caps.Can(v, t.Type) })
}

// Target is the app, for package actions.
func (a *App) Target() actions.App {
	return actions.App{ID: a.Name, IM: a.IM, Administrators: a.Administrators}
}

// Absent is an app that was added in the console and cannot be looked after now.
type Absent struct {
	Name, Title, Detail string
	Why                 Why
	Archive             archive.Policy // as it was
	At                  time.Time      // when it was removed or switched off
	By                  string         // who did that
}

// Why is why an app is absent.
type Why string

// Reasons for an app to be absent.
const (
	Removed  Why = "removed"
	Disabled Why = "disabled"
	Locked   Why = "locked"   // its keys cannot be opened: they were sealed with another key than this console has
	Broken   Why = "broken"   // no client can be made of its settings
	Shadowed Why = "shadowed" // the configuration has an app of this name
)
