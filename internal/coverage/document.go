package coverage

import (
	"fmt"
	"slices"
	"strings"
)

// apiPage is where an owner sends any command as he writes it.
const apiPage = "API page"

// Where the console takes callbacks, and where it shows them.
const (
	callbackRoute = "/callbacks/:app"
	callbackPage  = "/apps/:app/callbacks"
)

// shownPages is how many pages a row names.
const shownPages = 3

// Document writes docs/coverage.md.
func Document(vendors []Vendor, found []Found) string {
	var b strings.Builder
	b.WriteString(`# Coverage

Every command and every callback that a vendor documents, and where imdesk has it. Made by ` + "`make coverage-doc`" + ` out of the
source: the list of a vendor's documents is in ` + "`internal/coverage`" + `, methods, handlers and pages are what the code says.
A test fails when this file is not what the source says, when a command has no method or no handler, when a callback is not sent
by the emulator or has no type in the client, and when the code has a command that the list lacks.

- **Client**: the typed method that sends the command, or the type that a callback is read into.
- **Emulator**: the function that answers it, or sends the callback.
- **Console**: pages that lead to it, nearest first; further ones are counted. Taking back is not one; pages that share the code
  that does it are all named, such as adding and removing. Beside them every command
  is on the API page, ` + "`/apps/:app/api/:service/:command`" + `, with a form made of its fields; where that is all, it says so.
- **Page**: the number of its page in the vendor's documents. Commands without one stand in the vendor's lists or libraries only.
`)
	for i, v := range vendors {
		writeVendor(&b, v, found[i])
	}
	return b.String()
}

func writeVendor(b *strings.Builder, v Vendor, f Found) {
	rows := v.Rows()
	onAPI := 0
	for _, r := range rows {
		if len(f.Pages[r.Name]) == 0 {
			onAPI++
		}
	}
	fmt.Fprintf(b, "\n## %s\n\n%d commands, %d of them on pages of their own, %d on the API page only. %d callbacks.\n", v.Name, len(rows), len(rows)-onAPI, onAPI, len(v.Callbacks))
	for _, s := range v.Commands {
		fmt.Fprintf(b, "\n### %s\n\n| command | what it does | client | emulator | console | page |\n|---|---|---|---|---|---|\n", s.Title)
		for _, r := range s.Rows {
			fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", r.Name, r.What, code(f.Methods[r.Name]), code(list(f.Handlers[r.Name])), console(f.Pages[r.Name]), v.page(r))
		}
	}
	fmt.Fprintf(b, "\n### Callbacks\n\nThe console takes them at `%s`, lets everything through, and counts them on the page `%s`.\n", callbackRoute, callbackPage)
	b.WriteString("\n| callback | when | client | emulator | console | page |\n|---|---|---|---|---|---|\n")
	for _, r := range v.Callbacks {
		fmt.Fprintf(b, "| `%s` | %s | %s | sends it: %s | `%s` | %s |\n", r.Name, r.What, code(list(v.Types[r.Name])), code(f.Senders[r.Name]), callbackPage, v.page(r))
	}
}

// page is the link to a row's page.
func (v Vendor) page(r Row) string {
	if r.Doc == "" {
		return ""
	}
	return fmt.Sprintf("[%s](%s%s)", r.Doc, v.Documents, r.Doc)
}

func console(pages []string) string {
	if len(pages) == 0 {
		return apiPage
	}
	text := code(pages[:min(len(pages), shownPages)])
	if more := len(pages) - shownPages; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func code(names []string) string {
	quoted := slices.Clone(names)
	for i, n := range quoted {
		quoted[i] = "`" + n + "`"
	}
	return strings.Join(quoted, ", ")
}
