package templates

import "github.com/a-h/templ"

// ExtensionSheetView is a sheet about what an app keeps with a message.
type ExtensionSheetView struct {
	GroupSheetView
	Rows             []ExtensionRow
	NewKey, NewValue FieldView
	Clear            *Option // removes all; nil if there is nothing
}

// ExtensionRow is one key with its value.
type ExtensionRow struct {
	Key, Value string
	Was        string // the value as it was shown
	Version    string // of that value
	Remove     bool
	// Conflict: somebody else has changed it meanwhile. Value is what was typed, Theirs what is there now; Gone: nothing is.
	Conflict bool
	Theirs   string
	Gone     bool
}

// lines is how many a value needs, so that it is seen whole as far as that makes sense.
func (r ExtensionRow) lines() string {
	if len(r.Value) > 60 {
		return "3"
	}
	return "1"
}

// ReadersView is who has read a message of a group, or has not.
type ReadersView struct {
	GroupSheetView
	Tabs   []Tab // those who have, and those who have not
	People []PersonView
	Empty  *EmptyView
	Next   string // further people; "" on the last page
	First  string // the first page; "" on it
	Failed *Notice
	Notice *Notice
}

func conflictAttrs(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"data-conflict": true}
}
