package handlers

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// find returns the elements that match, in the order of the page.
func find(n *html.Node, match func(*html.Node) bool) []*html.Node {
	var list []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && match(d) {
			list = append(list, d)
		}
	}
	return list
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// words is the text of an element, with single spaces.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (a *answer) document() *html.Node {
	a.t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatalf("%s: %v", a.what, err)
	}
	return doc
}

// filled is what a browser would send of the form with an id, nothing being touched: where, and the fields.
func (a *answer) filled(id string) (action string, fields url.Values) {
	a.t.Helper()
	forms := find(a.document(), func(n *html.Node) bool { got, _ := attribute(n, "id"); return n.Data == "form" && got == id })
	if len(forms) != 1 {
		a.t.Fatalf("%s: %d forms %s\n%s", a.what, len(forms), id, a.body)
	}
	action, _ = attribute(forms[0], "action")
	return action, sentBy(forms[0])
}

// sentBy are the fields of a form as a browser sends them, without its buttons. Line ends are sent as two characters.
func sentBy(form *html.Node) url.Values {
	v := url.Values{}
	add := func(name, value string) {
		v.Add(name, strings.ReplaceAll(strings.ReplaceAll(value, "\r\n", "\n"), "\n", "\r\n"))
	}
	for _, n := range find(form, func(n *html.Node) bool { return n.Data == "input" || n.Data == "textarea" || n.Data == "select" }) {
		name, named := attribute(n, "name")
		_, disabled := attribute(n, "disabled")
		if !named || disabled {
			continue
		}
		value, has := attribute(n, "value")
		kind, _ := attribute(n, "type")
		_, checked := attribute(n, "checked")
		switch {
		case n.Data == "textarea":
			text := ""
			if n.FirstChild != nil {
				text = n.FirstChild.Data
			}
			add(name, text)
		case n.Data == "select":
			options := find(n, func(n *html.Node) bool { return n.Data == "option" })
			for i, o := range options {
				if _, chosen := attribute(o, "selected"); chosen || i == len(options)-1 && !v.Has(name) {
					chosenValue, _ := attribute(o, "value")
					if !chosen {
						chosenValue, _ = attribute(options[0], "value")
					}
					add(name, chosenValue)
					break
				}
			}
		case kind == "radio" || kind == "checkbox":
			if checked && !has {
				value = "on"
			}
			if checked {
				add(name, value)
			}
		case kind == "text" || kind == "" || kind == "search":
			add(name, strings.NewReplacer("\r", "", "\n", "").Replace(value)) // one line
		default:
			add(name, value)
		}
	}
	return v
}

// with is v with some fields changed.
func with(v url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, values := range v {
		out[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func TestSentBy(t *testing.T) {
	t.Parallel()
	a := &answer{t: t, what: "a form", body: `<form id="f" action="/x"><input name="a" value="1"><input type="checkbox" name="b" value="2">
		<input type="checkbox" name="c" value="3" checked><input name="d" value="4" disabled><textarea name="e">
x
y</textarea><select name="g"><option value="5"><option value="6" selected></select><select name="h"><option value="7"><option value="8"></select>
		<input type="radio" name="i" value="9"><input type="radio" name="i" value="10" checked><button name="j" value="11"></form>`}
	action, got := a.filled("f")
	if want := "a=1&c=3&e=x%0D%0Ay&g=6&h=7&i=10"; action != "/x" || got.Encode() != want {
		t.Errorf("got %s %s, want %s", action, got.Encode(), want)
	}
}
