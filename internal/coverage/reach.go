package coverage

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// Found is what the source says of one vendor.
type Found struct {
	Methods   map[string][]string // by command: methods of the client that send it
	Handlers  map[string]string   // by command: the emulator's function
	Senders   map[string][]string // by callback: functions of the emulator that send it
	Pages     map[string][]string // by command: pages of the console that lead to it, nearest first; not the API page
	Interface map[string][]string // by method of imclient, as "Groups.List": the commands it leads to
}

// Routes and the table that lists them are in this package.
const consolePackage = "handlers"

// Look reads what the source says of a vendor. The tree holds the vendor's packages and handlers.
func (t *Tree) Look(v Vendor) (Found, error) {
	f := Found{
		Methods: map[string][]string{}, Handlers: map[string]string{}, Senders: map[string][]string{}, Pages: map[string][]string{},
		Interface: map[string][]string{},
	}
	g := t.graph(v)
	if len(g.commands) == 0 || len(g.areas) == 0 {
		return f, fmt.Errorf("%s: %d commands and %d areas found in its client", v.Name, len(g.commands), len(g.areas))
	}
	g.methods(f)
	g.interfaces(f)
	pages := t.pages()
	if len(pages) == 0 {
		return f, fmt.Errorf("no routes found in %s", consolePackage)
	}
	g.pages(f, pages)
	t.handlers(v, f)
	return f, nil
}

// graph is which part of the source leads to which, for one vendor.
type graph struct {
	t        *Tree
	v        Vendor
	commands map[*types.Var]string         // variables that are a command each
	areas    map[*types.Named]*types.Named // interfaces of imclient and the vendor's types behind them
	fields   map[*types.Var][]types.Object // other fields of imclient.Client, and what is in them
	tables   map[*types.Named]bool         // types of tables that routes are made of
	edges    map[types.Object][]types.Object
}

func (t *Tree) graph(v Vendor) *graph {
	g := &graph{
		t: t, v: v, commands: map[*types.Var]string{}, areas: map[*types.Named]*types.Named{}, fields: map[*types.Var][]types.Object{},
		tables: map[*types.Named]bool{}, edges: map[types.Object][]types.Object{},
	}
	for obj, value := range t.values {
		if obj.Pkg().Path() == module+"/"+v.Client.Package {
			if name, is := t.commandOf(v.Client, value); is {
				g.commands[obj] = name
			}
		}
	}
	t.inPackage(v.Client.Package, func(n ast.Node) bool {
		lit, is := n.(*ast.CompositeLit)
		if is && isNamed(t.info.Types[lit].Type, module+"/imclient", "Client") {
			g.assemble(lit)
		}
		return true
	})
	for _, p := range t.pages() {
		if p.table != nil {
			g.tables[p.table] = true
		}
	}
	return g
}

// commandOf reads a call such as command[Q, R](service, "name", ...).
func (t *Tree) commandOf(l Listing, e ast.Expr) (string, bool) {
	call, is := e.(*ast.CallExpr)
	if !is {
		return "", false
	}
	fun := call.Fun
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	if id, is := fun.(*ast.Ident); !is || id.Name != l.By {
		return "", false
	}
	var parts []string
	for _, n := range l.Args {
		if n >= len(call.Args) {
			return "", false
		}
		text, is := t.text(call.Args[n])
		if !is {
			return "", false
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "/"), true
}

// assemble reads which type of the vendor is behind each field of imclient.Client.
func (g *graph) assemble(lit *ast.CompositeLit) {
	for _, e := range lit.Elts {
		kv, is := e.(*ast.KeyValueExpr)
		if !is {
			continue
		}
		key, _ := kv.Key.(*ast.Ident)
		field, _ := g.t.info.Uses[key].(*types.Var)
		if field == nil {
			continue
		}
		area, isArea := field.Type().(*types.Named)
		if isArea && types.IsInterface(area) {
			typ := g.t.info.Types[kv.Value].Type
			if p, is := typ.(*types.Pointer); is {
				typ = p.Elem()
			}
			if behind, is := typ.(*types.Named); is {
				g.areas[area] = behind
			}
			continue
		}
		g.fields[field] = g.uses(kv.Value)
	}
}

func isNamed(t types.Type, pkg, name string) bool {
	if p, is := t.(*types.Pointer); is {
		t = p.Elem()
	}
	n, is := t.(*types.Named)
	return is && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == pkg
}

// uses are the functions, variables and promises that a piece of source refers to.
func (g *graph) uses(n ast.Node) []types.Object {
	var list []types.Object
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			typ, _ := g.t.info.Types[n].Type.(*types.Named)
			if g.tables[typ] {
				return false // a line of a table of routes: what it does, its own page does
			}
			list = append(list, g.promised(typ)...)
			return true
		case *ast.SelectorExpr:
			if x, is := n.X.(*ast.Ident); is {
				if v, is := g.t.info.Uses[x].(*types.Var); is && g.commands[v] != "" {
					return false // something is asked of a command, such as whether it is this one: that does not send it
				}
			}
		}
		id, is := n.(*ast.Ident)
		if !is {
			return true
		}
		switch o := g.t.info.Uses[id].(type) {
		case *types.Func:
			if o = o.Origin(); ours(o) {
				list = append(list, o)
			}
		case *types.Var:
			if o = o.Origin(); ours(o) && (o.Parent() == o.Pkg().Scope() || g.fields[o] != nil) {
				list = append(list, o)
			}
		}
		return true
	})
	return list
}

// promised are the methods by which a type does what an interface of its own package asks for: whoever makes a value of
// it hands it to code that calls them.
func (g *graph) promised(n *types.Named) []types.Object {
	if n == nil || !ours(n.Obj()) || types.IsInterface(n) {
		return nil
	}
	var list []types.Object
	pkg := n.Obj().Pkg()
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		i, is := scope.Lookup(name).(*types.TypeName)
		if !is || !types.IsInterface(i.Type()) {
			continue
		}
		asked, is := i.Type().Underlying().(*types.Interface)
		if !is || asked.NumMethods() == 0 || !types.Implements(types.NewPointer(n), asked) {
			continue
		}
		for m := range asked.Methods() {
			found, _, _ := types.LookupFieldOrMethod(types.NewPointer(n), false, pkg, m.Name())
			if fn, is := found.(*types.Func); is {
				list = append(list, fn)
			}
		}
	}
	return list
}

// next is what something leads to.
func (g *graph) next(o types.Object) []types.Object {
	if list, known := g.edges[o]; known {
		return list
	}
	var list []types.Object
	switch o := o.(type) {
	case *types.Func:
		if body := g.t.bodies[o]; body != nil && body.Body != nil {
			list = g.uses(body.Body)
		} else if area := receiver(o); area != nil && g.areas[area] != nil {
			found, _, _ := types.LookupFieldOrMethod(types.NewPointer(g.areas[area]), false, g.areas[area].Obj().Pkg(), o.Name())
			if fn, is := found.(*types.Func); is {
				list = []types.Object{fn}
			}
		}
	case *types.Var:
		switch {
		case g.commands[o] != "":
		case g.fields[o] != nil:
			list = g.fields[o]
		case g.t.values[o] != nil:
			list = g.uses(g.t.values[o])
		}
	}
	g.edges[o] = list
	return list
}

// reached is how many steps lead from somewhere to each command, by the shortest way. stop is not walked through.
func (g *graph) reached(from []types.Object, stop func(types.Object) bool) map[string]int {
	steps := map[types.Object]int{}
	found := map[string]int{}
	for _, o := range from {
		steps[o] = 0
	}
	for queue := slices.Clone(from); len(queue) > 0; queue = queue[1:] {
		o := queue[0]
		if v, is := o.(*types.Var); is && g.commands[v] != "" {
			if _, known := found[g.commands[v]]; !known {
				found[g.commands[v]] = steps[o]
			}
		}
		for _, n := range g.next(o) {
			if _, known := steps[n]; !known && !stop(n) {
				steps[n] = steps[o] + 1
				queue = append(queue, n)
			}
		}
	}
	return found
}

// methods finds which exported methods of the client's package name each command themselves.
func (g *graph) methods(f Found) {
	for fn := range g.t.bodies {
		if fn.Pkg().Path() != module+"/"+g.v.Client.Package || !fn.Exported() {
			continue
		}
		if r := receiver(fn); r == nil || !r.Obj().Exported() {
			continue
		}
		for _, o := range g.next(fn) {
			if v, is := o.(*types.Var); is && g.commands[v] != "" {
				name := g.commands[v]
				f.Methods[name] = append(f.Methods[name], nameOf(fn))
			}
		}
	}
	for name, list := range f.Methods {
		slices.Sort(list)
		f.Methods[name] = slices.Compact(list)
	}
}

// interfaces finds which commands each method of imclient's interfaces leads to.
func (g *graph) interfaces(f Found) {
	for area := range g.areas {
		for m := range area.Underlying().(*types.Interface).Methods() {
			for name := range g.reached([]types.Object{m}, func(types.Object) bool { return false }) {
				key := area.Obj().Name() + "." + m.Name()
				f.Interface[key] = append(f.Interface[key], name)
			}
		}
	}
	for _, list := range f.Interface {
		slices.Sort(list)
	}
}

// page is one address of the console and what stands behind it.
type page struct {
	path  string
	shown bool // it can be opened, not only posted to
	roots []ast.Node
	table *types.Named // the type of the table's line that it is made of, if it is
}

// pages reads the console's table of routes. A path that a field of a table's lines is part of is a page for each line.
func (t *Tree) pages() []page {
	route := t.named(consolePackage, "route")
	if route == nil {
		return nil
	}
	lines := map[*types.Named][]*ast.CompositeLit{}
	var routes []*ast.CompositeLit
	t.inPackage(consolePackage, func(n ast.Node) bool {
		lit, is := n.(*ast.CompositeLit)
		if !is {
			return true
		}
		switch typ := t.info.Types[lit].Type.(type) {
		case *types.Named:
			if typ == route {
				routes = append(routes, lit)
			} else {
				lines[typ] = append(lines[typ], lit)
			}
		}
		return true
	})
	var all []page
	for _, r := range routes {
		if len(r.Elts) < 4 {
			continue
		}
		method, _ := r.Elts[0].(*ast.Ident) // get or post
		path, field := t.pathOf(r.Elts[1])
		p := page{path: path, shown: method == nil || method.Name != "post", roots: []ast.Node{r.Elts[3]}}
		if field == nil {
			all = append(all, p)
			continue
		}
		for typ, list := range lines {
			if !hasField(typ, field) {
				continue
			}
			for _, line := range list {
				if part, is := t.fieldOf(line, field.Name()); is {
					p.path, p.roots, p.table = strings.Replace(path, hole, part, 1), []ast.Node{r.Elts[3], line}, typ
					all = append(all, p)
				}
			}
		}
	}
	return append(all, t.sheets()...)
}

// sheets are the pages whose routes a call of sheetRoutes makes of a path and a line that stands in a variable.
func (t *Tree) sheets() []page {
	var all []page
	t.inPackage(consolePackage, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is || len(call.Args) != 2 {
			return true
		}
		f, is := call.Fun.(*ast.SelectorExpr)
		if !is || f.Sel.Name != "sheetRoutes" {
			return true
		}
		path, _ := t.pathOf(call.Args[0])
		line, is := call.Args[1].(*ast.Ident)
		if !is || path == "" {
			return true
		}
		if v, is := t.info.Uses[line].(*types.Var); is && t.values[v] != nil {
			typ, _ := v.Type().(*types.Named)
			all = append(all, page{path: path, shown: true, roots: []ast.Node{t.values[v]}, table: typ})
		}
		return true
	})
	return all
}

// hole stands in a path for what a line of a table fills in.
const hole = "\x00"

// pathOf reads a path: constant texts, variables with one, and at most one field of a table's line.
func (t *Tree) pathOf(e ast.Expr) (string, *types.Var) {
	if s, is := t.text(e); is {
		return s, nil
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		a, fieldA := t.pathOf(e.X)
		b, fieldB := t.pathOf(e.Y)
		return a + b, cmp.Or(fieldA, fieldB)
	case *ast.SelectorExpr:
		if s := t.info.Selections[e]; s != nil {
			if v, is := s.Obj().(*types.Var); is {
				return hole, v
			}
		}
	case *ast.Ident:
		if v := t.assigned(e); v != nil {
			return t.pathOf(v)
		}
	}
	return "", nil
}

// assigned is what a local variable of a route's function is set to where it is declared.
func (t *Tree) assigned(id *ast.Ident) (value ast.Expr) {
	obj := t.info.Uses[id]
	if obj == nil {
		return nil
	}
	t.inPackage(consolePackage, func(n ast.Node) bool {
		set, is := n.(*ast.AssignStmt)
		if !is || len(set.Lhs) != len(set.Rhs) {
			return true
		}
		for i, l := range set.Lhs {
			if name, is := l.(*ast.Ident); is && t.info.Defs[name] == obj {
				value = set.Rhs[i]
			}
		}
		return true
	})
	return value
}

func hasField(n *types.Named, field *types.Var) bool {
	s, is := n.Underlying().(*types.Struct)
	if !is {
		return false
	}
	for f := range s.Fields() {
		if f == field {
			return true
		}
	}
	return false
}

// fieldOf is the constant text that a literal gives to a field.
func (t *Tree) fieldOf(lit *ast.CompositeLit, name string) (string, bool) {
	if e := t.field(lit, name); e != nil {
		return t.text(e)
	}
	return "", false
}

// field is what a literal of a struct gives to a field, by name or by place; nil if nothing.
func (t *Tree) field(lit *ast.CompositeLit, name string) ast.Expr {
	s, is := t.info.Types[lit].Type.Underlying().(*types.Struct)
	for i, e := range lit.Elts {
		if kv, named := e.(*ast.KeyValueExpr); named {
			if key, is := kv.Key.(*ast.Ident); is && key.Name == name {
				return kv.Value
			}
		} else if is && i < s.NumFields() && s.Field(i).Name() == name {
			return e
		}
	}
	return nil
}

// undoPath ends the address by which whatever was done is taken back: it leads to nearly every command, and is the page of none.
const undoPath = "/undo"

// pages finds which pages lead to each command other than by sending what an owner typed in.
func (g *graph) pages(f Found, pages []page) {
	raw := func(o types.Object) bool {
		fn, is := o.(*types.Func)
		if !is {
			return false
		}
		area := receiver(fn)
		return area != nil && area.Obj().Name() == "Raw" && area.Obj().Pkg().Path() == module+"/imclient"
	}
	steps := map[string]map[string]int{} // by command and page
	shown := map[string]bool{}
	for _, p := range pages {
		if strings.HasSuffix(p.path, undoPath) {
			continue
		}
		shown[p.path] = shown[p.path] || p.shown
		var from []types.Object
		for _, r := range p.roots {
			// The line of a table that a page is made of is its own.
			if lit, is := r.(*ast.CompositeLit); is {
				for _, e := range lit.Elts {
					from = append(from, g.uses(e)...)
				}
				continue
			}
			from = append(from, g.uses(r)...)
		}
		for name, n := range g.reached(from, raw) {
			if below := g.v.Elsewhere[name]; below != "" && strings.HasPrefix(p.path, below) || strings.HasPrefix(p.path, "/api/") {
				continue
			}
			if steps[name] == nil {
				steps[name] = map[string]int{}
			}
			if old, known := steps[name][p.path]; !known || n < old {
				steps[name][p.path] = n
			}
		}
	}
	for name, by := range steps {
		list := make([]string, 0, len(by))
		for path := range by {
			list = append(list, path)
		}
		slices.SortFunc(list, func(a, b string) int {
			if shown[a] != shown[b] {
				return map[bool]int{true: -1, false: 1}[shown[a]]
			}
			return cmp.Or(by[a]-by[b], len(a)-len(b), cmp.Compare(a, b))
		})
		f.Pages[name] = list
	}
}

// handlers finds the emulator's function for each command, and what sends each callback.
func (t *Tree) handlers(v Vendor, f Found) {
	line := t.named(v.Emulator.Package, v.Emulator.By)
	t.inPackage(v.Emulator.Package, func(n ast.Node) bool {
		lit, is := n.(*ast.CompositeLit)
		if !is || line == nil || t.info.Types[lit].Type != line {
			return true
		}
		var parts []string
		for _, name := range v.Emulator.Fields {
			text, is := t.fieldOf(lit, name)
			if !is {
				return true
			}
			parts = append(parts, text)
		}
		if run, is := t.field(lit, "run").(*ast.Ident); is {
			f.Handlers[strings.Join(parts, "/")] = run.Name
		}
		return true
	})
	wanted := map[string]bool{}
	for _, c := range v.Callbacks {
		wanted[c.Name] = true
	}
	for fn, body := range t.bodies {
		if fn.Pkg().Path() != module+"/"+v.Emulator.Package || body.Body == nil {
			continue
		}
		ast.Inspect(body.Body, func(n ast.Node) bool {
			if e, is := n.(ast.Expr); is {
				if s, is := t.text(e); is && wanted[s] {
					f.Senders[s] = append(f.Senders[s], nameOf(fn))
				}
			}
			return true
		})
	}
	for name, list := range f.Senders {
		slices.Sort(list)
		f.Senders[name] = slices.Compact(list)
	}
}
