package templates

import "github.com/a-h/templ"

func (f FieldView) id() string { return orElse(f.ID, f.Name) }

// inputAttrs are what the kinds of inputs have in common.
func inputAttrs(f FieldView) templ.Attributes {
	a := templ.Attributes{"autocomplete": orElse(f.Autocomplete, "off")}
	if f.Placeholder != "" {
		a["placeholder"] = f.Placeholder
	}
	if f.Required {
		a["required"] = true
	}
	if f.MaxLength > 0 {
		a["maxlength"] = number(int64(f.MaxLength))
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	for k, v := range describedBy(f) {
		a[k] = v
	}
	return a
}

// describedBy ties hint and error to the input.
func describedBy(f FieldView) templ.Attributes {
	ids := ""
	if f.Hint != "" {
		ids = f.id() + "-hint"
	}
	if f.Error != "" {
		if ids != "" {
			ids += " "
		}
		ids += f.id() + "-error"
	}
	return attr("aria-describedby", ids)
}
