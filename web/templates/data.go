package templates

import "time"

// DataView is what the console keeps about people.
type DataView struct {
	Nav           SettingsNavView
	URL, EraseURL string
	App           string // the app that is open
	Apps          []Tab
	User          FieldView
	Held          *HeldView // nil until a user is looked for
}

// HeldView is what is held about one user.
type HeldView struct {
	User, UserURL string
	Kinds         []FactView // how many of each kind
	First, Last   time.Time  // of the entries about the user; zero for none
	Any           bool       // there is something to erase
	Protected     bool       // erasing takes the user's protection away
	UnderWay      string     // what cannot be erased yet; "" for nothing
	Reason        FieldView
}
