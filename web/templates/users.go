package templates

// UsersView is the page to find a user on.
type UsersView struct {
	URL    string
	Query  string       // a part of a name or an id
	Found  []PersonView // who has it
	ByID   Link         // to the user who has it as the whole id, if there is one
	Recent []PersonView // opened lately by this operator
	Import ButtonView

	Check         FieldView // ids, of which one wants to know whether they are there
	CheckWhy      string    // the service has no such thing, and this is why
	Checked       []CheckedUser
	CheckText     string // how many are there
	CheckFailed   *Notice
	ImportMissing *ButtonView
	RetryURL      string
}

// CheckedUser is an id with what the service says of it.
type CheckedUser struct {
	Person PersonView
	State  ChipView
}

// UserImportView is the page to import users on.
type UserImportView struct {
	Action, BackURL string
	Hidden          []string
	Notice          *Notice
	Why             string // it is not offered
	Text            FieldView
	File            FieldView
	Reason          FieldView
	Submit          string

	Looked bool // the preview is there
	Lines  []EffectLine
	More   []string
	Blind  *Notice // the preview could not be had

	Summary  string // of what was done; "" if nothing was
	Failed   []AuditItemRow
	Results  []AuditItemRow
	AgainURL string // takes those that failed into the form
	EntryURL string
}

// lookVariant makes the preview the first thing to do.
func lookVariant(v UserImportView) string {
	if v.Looked || v.Blind != nil {
		return ""
	}
	return "primary"
}
