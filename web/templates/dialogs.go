package templates

import "github.com/a-h/templ"

// OpenDialog are the attributes of a button that opens the Dialog with this id.
func OpenDialog(id string) templ.Attributes {
	return templ.Attributes{"command": "show-modal", "commandfor": id, "aria-haspopup": "dialog"}
}

func placeAttrs(end bool) templ.Attributes {
	if !end {
		return nil
	}
	return templ.Attributes{"data-place": "end"}
}

func enctype(multi bool) templ.Attributes {
	if !multi {
		return nil
	}
	return templ.Attributes{"enctype": "multipart/form-data"}
}

// plainAttrs keep htmx off a form.
func plainAttrs(plain bool) templ.Attributes {
	if !plain {
		return nil
	}
	return templ.Attributes{"hx-ignore": true}
}

func autofocus(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"autofocus": true}
}

func effectIcon(tone string) string {
	switch tone {
	case "ok":
		return "check"
	case "warn":
		return "clock"
	case "bad":
		return "trash"
	}
	return "ban"
}
