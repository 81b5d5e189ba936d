package templates

// ExportView takes a list out as a file.
type ExportView struct {
	ID      string // of the menu, unique on the page
	Action  string // where the form goes, by POST
	Hidden  []string
	Formats []Option // values of the field "format"
}

func (v *ExportView) formID() string { return v.ID + "-form" }

func (v *ExportView) items() []ButtonView {
	list := make([]ButtonView, 0, len(v.Formats))
	for _, f := range v.Formats {
		list = append(list, ButtonView{Type: "submit", Form: v.formID(), Name: "format", Value: f.Value, Text: f.Text, Icon: "file"})
	}
	return list
}
