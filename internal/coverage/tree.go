package coverage

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// module is the path that our packages begin with.
const module = "imdesk"

// Tree is our source, parsed and checked as far as it concerns our own packages. Everything else stands for itself as a name:
// which function of ours leads to which is settled without it.
type Tree struct {
	root string
	fset *token.FileSet
	pkgs map[string]*pkg // by path below the module, such as "imclient/tencent"

	bodies map[*types.Func]*ast.FuncDecl // of all packages read
	values map[*types.Var]ast.Expr       // what variables of packages begin with
	info   types.Info
}

// pkg is one package of ours.
type pkg struct {
	types *types.Package
	files []*ast.File
}

// Read parses and checks packages of the module in root, and what they import of ours.
func Read(root string, packages ...string) (*Tree, error) {
	t := &Tree{
		root: root, fset: token.NewFileSet(), pkgs: map[string]*pkg{},
		bodies: map[*types.Func]*ast.FuncDecl{}, values: map[*types.Var]ast.Expr{},
		info: types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
	}
	for _, p := range packages {
		if _, err := t.Import(module + "/" + p); err != nil {
			return nil, err
		}
	}
	return t, nil
}

var errForeign = errors.New("not ours")

// Import makes Tree a types.Importer that knows our packages.
func (t *Tree) Import(path string) (*types.Package, error) {
	name, ours := strings.CutPrefix(path, module+"/")
	if !ours {
		return nil, errForeign
	}
	if p := t.pkgs[name]; p != nil {
		return p.types, nil
	}
	dir := filepath.Join(t.root, filepath.FromSlash(name))
	listed, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, fmt.Errorf("read package %s: %w", name, err)
	}
	p := &pkg{}
	for _, file := range listed.GoFiles {
		f, err := parser.ParseFile(t.fset, filepath.Join(dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("read package %s: %w", name, err)
		}
		p.files = append(p.files, f)
	}
	// What is not ours is missing, so there are errors; the compiler has seen to the real ones.
	config := types.Config{Importer: t, Error: func(error) {}}
	p.types, _ = config.Check(path, t.fset, p.files, &t.info)
	t.pkgs[name] = p
	for _, f := range p.files {
		t.index(f)
	}
	return p.types, nil
}

// index notes what functions and variables of a file are made of.
func (t *Tree) index(f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if fn, is := t.info.Defs[d.Name].(*types.Func); is {
				t.bodies[fn] = d
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				v, is := s.(*ast.ValueSpec)
				if !is || d.Tok != token.VAR {
					continue
				}
				for i, name := range v.Names {
					if i < len(v.Values) {
						if obj, is := t.info.Defs[name].(*types.Var); is {
							t.values[obj] = v.Values[i]
						}
					}
				}
			}
		}
	}
}

// text is the constant text of an expression.
func (t *Tree) text(e ast.Expr) (string, bool) {
	v := t.info.Types[e].Value
	if v == nil || v.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(v), true
}

// inPackage calls fn for every node of a package's files.
func (t *Tree) inPackage(name string, fn func(ast.Node) bool) {
	if p := t.pkgs[name]; p != nil {
		for _, f := range p.files {
			ast.Inspect(f, fn)
		}
	}
}

// named is a type of a package; nil if it has none of the name.
func (t *Tree) named(pkg, name string) *types.Named {
	p := t.pkgs[pkg]
	if p == nil {
		return nil
	}
	o := p.types.Scope().Lookup(name)
	if o == nil {
		return nil
	}
	n, _ := o.Type().(*types.Named)
	return n
}

// ours reports whether something is declared in a package of the module.
func ours(o types.Object) bool {
	return o != nil && o.Pkg() != nil && strings.HasPrefix(o.Pkg().Path(), module+"/")
}

// nameOf is how a function is called in the document: Type.Method or its name.
func nameOf(fn *types.Func) string {
	if n := receiver(fn); n != nil {
		return n.Obj().Name() + "." + fn.Name()
	}
	return fn.Name()
}

// receiver is the type that a method belongs to; nil for a function.
func receiver(fn *types.Func) *types.Named {
	r := fn.Signature().Recv()
	if r == nil {
		return nil
	}
	typ := r.Type()
	if p, is := typ.(*types.Pointer); is {
		typ = p.Elem()
	}
	n, _ := typ.(*types.Named)
	return n
}
