package templates

// AppSheetView is a sheet about something of the app as a whole: fields, what will happen, and how sure one has to be.
type AppSheetView struct {
	Sheet       SheetView
	Facts       []string // quiet, above the fields: limits, what the service does
	Fields      []AppField
	EffectTitle string
	Effects     []EffectLine
	More        string
	Check       string // a button that shows what would happen first; "" for none
}

// AppField is one field of such a sheet: one to type into, or by its Kind another.
type AppField struct {
	FieldView
	Kind    string // "" a line or an area, "select", "choices", or "check"
	Options []Option
	On      bool // of a check
}
