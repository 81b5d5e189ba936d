package templates

import "github.com/a-h/templ"

func loginNameAttrs(focus bool) templ.Attributes {
	a := templ.Attributes{"autocapitalize": "none", "spellcheck": "false"}
	if focus {
		a["autofocus"] = true
	}
	return a
}

func passwordField(problem string) FieldView {
	return FieldView{Name: "password", Error: problem, Required: true, MaxLength: 200, Autocomplete: "current-password"}
}
