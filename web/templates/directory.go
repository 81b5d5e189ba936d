package templates

// KnownView is the form that adds groups to the directory of an app whose vendor cannot list them.
type KnownView struct {
	Action  string
	BackURL string // the list of groups
	Notice  *Notice
	IDs     FieldView
	File    FieldView
}
