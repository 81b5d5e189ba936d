package templates

import "time"

// UserView is what the service and the console know of one user. Each part can fail by itself: then its notice says why
// and its content is empty.
type UserView struct {
	ID      string
	Name    string // "" if the user has none
	BackURL string // to the search for users
	Tabs    []Tab
	Section string // name of the open tab
	Actions []ButtonView
	State   string // online state in words; "" if it is not known
	Online  bool
	Devices int

	Profile       []FactView
	ProfileFailed *Notice

	May       []MayRow
	MayFailed *Notice

	DeviceRows    []DeviceRow
	DevicesFailed *Notice

	Groups       []UserGroupRow
	GroupsFailed *Notice
	GroupsMore   string // address of the next page of groups
	GroupsFirst  string // address of the first page, "" if this is it
	GroupCount   int    // -1 if not known
	MuteUnknown  bool   // the mutes in some groups could not be read

	Lift    *ButtonView // lifts what mutes the user here: one key
	LiftURL string
	LiftIDs []string // pairs of name and value

	Actions10 []AuditRow // what operators did to this user lately
	AuditURL  string
	RetryURL  string
}

// MayRow says where the user may speak.
type MayRow struct {
	Where string
	URL   string // of the group, "" for what is not one
	Mute  MuteView
}

// DeviceRow is one device.
type DeviceRow struct {
	Platform string
	Icon     string
	State    string
	Tone     string
}

// UserGroupRow is one group of the user.
type UserGroupRow struct {
	Person  PersonView
	Type    string
	Role    string
	Mute    MuteView
	Unknown bool // whether the user is muted there could not be read
	Joined  time.Time
	LiftURL string // lifts the mute; "" if there is none, or it is not allowed
}
