package templates

import "github.com/a-h/templ"

// buttonLook are the attributes that style and name a button.
func buttonLook(b ButtonView) templ.Attributes {
	a := templ.Attributes{}
	if b.Variant != "" {
		a["data-variant"] = b.Variant
	}
	if b.Small {
		a["data-size"] = "sm"
	}
	if b.Label != "" {
		a["data-icon"] = true
		a["aria-label"] = b.Label
		if b.Why == "" {
			a["title"] = b.Label
		}
	}
	if b.Key != "" {
		a["aria-keyshortcuts"] = b.Key
	}
	if b.Pressed != "" {
		a["aria-pressed"] = b.Pressed
	}
	return a
}

// submitAttrs are the attributes of a button that sends a form.
func submitAttrs(b ButtonView) templ.Attributes {
	a := templ.Attributes{}
	for name, value := range map[string]string{
		"name": b.Name, "form": b.Form, "formaction": b.FormAction, "formmethod": b.FormMethod,
	} {
		if value != "" {
			a[name] = value
		}
	}
	if b.Name != "" {
		a["value"] = b.Value
	}
	if b.NoValidate {
		a["formnovalidate"] = true
	}
	return a
}

func keyAttrs(key string) templ.Attributes { return attr("aria-keyshortcuts", key) }

func asSubmit(b ButtonView) ButtonView {
	b.Type = "submit"
	return b
}

func withPopover(b ButtonView, id string) ButtonView {
	attrs := templ.Attributes{"popovertarget": id}
	for k, v := range b.Attrs {
		attrs[k] = v
	}
	b.Attrs = attrs
	return b
}
