package templates

import "time"

// ApprovalsView is the list of requests for a second person.
type ApprovalsView struct {
	Tabs    []Tab
	Rows    []ApprovalRow
	Empty   EmptyView
	Older   string        // "" on the last page
	Reviews []ApprovalRow // overrides that wait to be reviewed
	Note    string        // why nothing is held now; "" if the policy holds
	Policy  string        // address of the policy; "" for those who may not change it
}

// ApprovalRow is one request.
type ApprovalRow struct {
	URL        string
	What       string
	OperatorID string
	Operator   string
	App        string
	At         time.Time
	Until      time.Time // when it expires; zero once it is over
	State      ChipView
	Reason     string
	Override   bool
}

// ApprovalView is one request, with its plan.
type ApprovalView struct {
	Title    string
	Notice   *Notice // what went wrong with a decision
	Loud     *Notice // it was an override
	State    ChipView
	Facts    []ApprovalFact
	Asked    []FactView // what was asked for, beside the targets
	PlanText string     // from when the plan is
	Effects  []EffectLine
	More     string
	Changes  []ApprovalChange // against the plan of the request
	Broken   *Notice          // why it cannot be done now
	Job      []FactView       // the plan of a job
	Steps    []ApprovalStep
	Result   *Link // where what was done stands

	Approve  *ApprovalForm
	Refuse   *ApprovalForm
	Override *ApprovalForm
	Review   *ApprovalForm
	Withdraw string // address; "" if it cannot be
	Seen     string // address; "" if there is nothing to take note of
	Why      string // why the operator cannot decide; "" if they can
	PollURL  string // while it is not decided
}

// ApprovalFact is a name with a value.
type ApprovalFact struct {
	Name  string
	Value string
	Link  string    // "" for none
	At    time.Time // instead of Value
}

// ApprovalChange is a line of the plan that is not what it was.
type ApprovalChange struct{ Who, Was, Now string }

// ApprovalStep is something that happened to a request.
type ApprovalStep struct {
	At     time.Time
	Who    string
	What   string
	Reason string
}

// ApprovalForm asks for a reason, and sends it.
type ApprovalForm struct {
	ID, URL string
	Title   string
	Text    string
	Field   FieldView
	Submit  string
	Variant string
	Hidden  []string
}

// GuardPolicyView is the page of what needs a second person, a quota or a cool-down.
type GuardPolicyView struct {
	Nav     SettingsNavView
	URL     string
	Version string
	Notice  *Notice
	State   string // whether it holds now, and where
	Mode    FieldView
	Modes   []Option
	Expires FieldView
	Rules   []GuardRule
	Preview []GuardChange // what would change; nil: it was not looked
	Checked bool          // the preview was made of what stands here
	Changed string        // by whom and when; "" if nobody changed it
	MoreURL string        // with one more row
}

// GuardRule is one line of the table.
type GuardRule struct {
	N      string // its place: a suffix of names
	Verb   FieldView
	Verbs  []Option
	App    FieldView
	Apps   []Option
	Role   FieldView
	Roles  []Option
	Size   FieldView
	Two    bool
	TwoBad string
	Quota  FieldView
	Per    FieldView
	Pers   []Option
	Pause  FieldView
}

// GuardChange is what would be different for somebody.
type GuardChange struct {
	Who  string // role and app
	What string // the action, and from how many on
	Was  string
	Now  string
}
