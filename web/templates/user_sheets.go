package templates

// UserSheetView is a sheet that acts on one user in the whole app: a MemberSheetView with other questions.
type UserSheetView struct {
	MemberSheetView
	Spans []SpanView  // for how long, of each place
	Where []WhereView // which places

	Fields []SheetField // what else is asked
	Asked  []string     // pairs of name and value, which are hidden and which the preview needs
	Before []FactView   // what has to be known before
	Title  string       // of Before
}

// SheetField is one question of a sheet.
type SheetField struct {
	FieldView
	Kind    string // "" a text, "select", "radio" or "check"
	Options []Option
	On      bool // of a check
}

// SpanView asks for how long something holds.
type SpanView struct {
	Length  FieldView
	Lengths []Option
	Until   FieldView
}

// WhereView is a place that is ticked or not.
type WhereView struct {
	Name string
	Option
	On bool
}
