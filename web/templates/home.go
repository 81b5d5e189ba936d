package templates

// OverviewView is the page one starts on.
type OverviewView struct {
	Embedded  bool // the app is the emulator: says what can be tried
	Health    []HealthRow
	Actions   []AuditRow // newest first
	AuditURL  string     // "" for those who may not read the log
	Groups    []PersonView
	Users     []PersonView
	GroupsURL string
	UsersURL  string
}

// HealthRow is one line of how the app's service does.
type HealthRow struct {
	Tone            string
	Name, Sub       string
	Value, ValueSub string
}
