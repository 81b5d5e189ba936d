package templates

import "time"

// SettingsView is an operator's own settings.
type SettingsView struct {
	Nav          SettingsNavView
	Name, Rank   string
	Password     PasswordForm
	PasswordURL  string
	Zone         ZoneForm
	ZoneURL      string
	ZoneNow      string // of the times shown now, "UTC+8"
	Sessions     []SessionRow
	EndURL       string
	EndOthersURL string
}

// PasswordForm is what is wrong with what was typed. Passwords themselves never come back.
type PasswordForm struct{ OldError, NewError, RepeatError string }

// ZoneForm is the time zone as it was typed.
type ZoneForm struct{ Value, Error string }

// SessionRow is one browser that is signed in.
type SessionRow struct {
	ID          string // of the session, not its token
	Device      string // "" if the browser does not say
	Agent       string
	Address     string
	Began, Used time.Time
	Current     bool
}
