package templates

// AppsView are the apps that the console looks after.
type AppsView struct {
	Nav  SettingsNavView
	Rows []AppRow
}

// AppRow is one app.
type AppRow struct {
	Name, Title  string
	Detail       string // vendor, and id there
	Colour       string
	URL          string
	From         string // where it is set
	CallbacksURL string // "" if it has none
	CheckURL     string
	Health       []HealthState // nil: it was not looked at
	Failed       *Notice       // what the service said first
}

// HealthState is one thing that was looked at.
type HealthState struct {
	Name  string
	State ChipView
}
