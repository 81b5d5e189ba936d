package templates

// BroadcastsView is where messages to many begin, and what users are chosen by.
type BroadcastsView struct {
	Intro      string // what can be sent from here
	TagText    string // how users are chosen
	Acts       []ButtonView
	Recent     []AuditRow // broadcasts that were sent from here, newest first
	Names      []string   // of the app's attributes
	NamesFail  *Notice
	NoNames    string // why the app has none; "" if it may
	TagURL     string
	TagQuery   string // ids whose tags are asked for
	Tags       []TagRow
	TagFail    *Notice
	TagActs    []ButtonView
	Path       string
	NotOffered *EmptyView
}

// TagRow is a user with tags.
type TagRow struct {
	Person     PersonView
	Tags       []string
	Attributes []FactView
}
