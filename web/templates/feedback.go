package templates

import (
	"strings"

	"github.com/a-h/templ"
)

func noticeAttrs(n Notice) templ.Attributes {
	a := templ.Attributes{"role": "status"}
	if n.Answer {
		a["role"] = "alert"
	}
	if n.Tone != "" {
		a["data-tone"] = n.Tone
	}
	return a
}

func noticeIcon(tone string) string {
	switch tone {
	case "bad", "warn":
		return "alert"
	case "ok":
		return "check"
	}
	return "info"
}

func toastIcon(tone string) string {
	if tone == "bad" {
		return "alert"
	}
	return "check"
}

func small(b ButtonView) ButtonView {
	b.Small = true
	return b
}

// join puts sentences after one another, with a space unless the first ends in a full-width mark.
func join(sentences ...string) string {
	var b strings.Builder
	for _, s := range sentences {
		if s == "" {
			continue
		}
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "。") {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	return b.String()
}
