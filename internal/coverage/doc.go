// Package coverage shows, for every command and every callback that a vendor documents, where imdesk has it: the client's
// method, the emulator's handler, the pages of the console that lead to it. docs/coverage.md is made of it.
//
// What a vendor documents is written down once, by hand, in a table (tencent.go, volcengine.go). All the rest is read from the source of
// the packages concerned, so that it follows the code: tree.go parses and checks them, reach.go follows which function
// leads to which, from the console's table of routes down to the commands of a client. What the sources say is compared
// with a client's own list and with a running emulator by the tests.
//
// A further vendor is a further Vendor: a table, and the packages that are read for it. All lists those that are shown.
package coverage

// Vendor is one vendor: what it documents, and where imdesk's side of it is.
type Vendor struct {
	Name      string  // as people know it
	ID        string  // as imclient.Vendor has it
	Documents string  // address of a page, before its number
	Client    Listing // variables of the client's package that are a command each
	Emulator  Listing // lines of the emulator's table of commands
	Commands  []Section
	Callbacks []Row
	// Types names, by callback, the type that the client reads it into.
	Types map[string]string
	// Elsewhere names, by command, pages that do not lead to it although their code is shared with pages that do: those
	// whose address begins so.
	Elsewhere map[string]string
}

// Listing is where the source lists the commands that it knows: by calls of a function, or in literals of a type. Names are
// the texts, joined by "/", that a command's name is made of: places among the arguments, or fields.
type Listing struct {
	Package string // such as "imclient/tencent"
	By      string // the function, or the type
	Args    []int
	Fields  []string
}

// Section is a part of a vendor's list of commands.
type Section struct {
	Title string
	Rows  []Row
}

// Row is one command or callback of a vendor's documents.
type Row struct {
	Name string // as the wire has it: "service/command", or an action
	What string // what it does, in a few words
	Doc  string // number of its page; "" if it stands in no page of its own, only in lists and in vendors' own libraries
}

// All is every vendor, in the order shown.
func All() []Vendor { return []Vendor{Tencent(), Volcengine()} }

// Rows are the commands of all sections.
func (v Vendor) Rows() []Row {
	var all []Row
	for _, s := range v.Commands {
		all = append(all, s.Rows...)
	}
	return all
}

// Holes are the commands and callbacks that something is missing for. onAPI says which commands are on the API page.
func (v Vendor) Holes(f Found, onAPI map[string]bool) []string {
	var holes []string
	for _, r := range v.Rows() {
		if len(f.Methods[r.Name]) == 0 {
			holes = append(holes, "the client has no method for "+r.Name)
		}
		if f.Handlers[r.Name] == "" {
			holes = append(holes, "the emulator does not know "+r.Name)
		}
		if len(f.Pages[r.Name]) == 0 && !onAPI[r.Name] {
			holes = append(holes, "no page leads to "+r.Name)
		}
	}
	for _, r := range v.Callbacks {
		if len(f.Senders[r.Name]) == 0 {
			holes = append(holes, "nothing in the emulator sends "+r.Name)
		}
		if v.Types[r.Name] == "" {
			holes = append(holes, "the client has no type for "+r.Name)
		}
	}
	return holes
}
