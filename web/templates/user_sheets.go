package templates

// UserSheetView is a sheet that acts on one user in the whole app: a MemberSheetView with other questions.
type UserSheetView struct {
	MemberSheetView
	Spans []SpanView  // for how long, of each place
	Where []WhereView // which places
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
