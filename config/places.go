package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// places knows where each key was set, for values that are well-formed but cannot be used.
type places struct {
	file string
	keys map[string]place  // by path, such as "log.level" and "apps[1].region"; tables too
	list []string          // the paths in the order of the file
	vars map[string]string // environment variables by the path they set
}

type place struct {
	line, column int
	kind         unstable.Kind // of the value
}

// find reads the places of all keys. A file that is no TOML has them up to its mistake.
func find(file string, src []byte) *places {
	p := &places{file: file, keys: map[string]place{}, vars: map[string]string{}}
	parser := unstable.Parser{}
	parser.Reset(src)
	table := ""
	count := map[string]int{}
	for parser.NextExpression() {
		n := parser.Expression()
		switch n.Kind {
		case unstable.Table:
			table = p.add(&parser, "", n.Key(), unstable.Table)
		case unstable.ArrayTable:
			path := join("", n.Key())
			table = fmt.Sprintf("%s[%d]", path, count[path])
			count[path]++
			p.set(&parser, table, n.Key(), unstable.Table)
		case unstable.KeyValue:
			p.value(&parser, table, n)
		}
	}
	return p
}

// value adds a key and, if its value is a table or a list of tables, what is in them.
func (p *places) value(parser *unstable.Parser, table string, n *unstable.Node) {
	path := p.add(parser, table, n.Key(), n.Value().Kind)
	switch n.Value().Kind {
	case unstable.InlineTable:
		for it := n.Value().Children(); it.Next(); {
			p.value(parser, path, it.Node())
		}
	case unstable.Array:
		i := 0
		for it := n.Value().Children(); it.Next(); i++ {
			if it.Node().Kind != unstable.InlineTable {
				continue
			}
			for in := it.Node().Children(); in.Next(); {
				p.value(parser, fmt.Sprintf("%s[%d]", path, i), in.Node())
			}
		}
	}
}

func (p *places) add(parser *unstable.Parser, table string, key unstable.Iterator, kind unstable.Kind) string {
	path := join(table, key)
	p.set(parser, path, key, kind)
	return path
}

func (p *places) set(parser *unstable.Parser, path string, key unstable.Iterator, kind unstable.Kind) {
	if _, twice := p.keys[path]; twice || !key.Next() {
		return
	}
	at := parser.Shape(key.Node().Raw).Start
	p.keys[path] = place{at.Line, at.Column, kind}
	p.list = append(p.list, path)
}

func join(table string, key unstable.Iterator) string {
	for key.Next() {
		if table != "" {
			table += "."
		}
		table += string(key.Node().Data)
	}
	return table
}

// error is a problem with the value of a key. One that is missing is reported where its table begins.
func (p *places) error(path, problem string) *Error {
	if name := p.vars[path]; name != "" {
		return &Error{Key: name, Problem: problem}
	}
	e := &Error{File: p.file, Key: path, Problem: problem}
	for at := path; at != ""; {
		if is, ok := p.keys[at]; ok {
			e.Line, e.Column = is.line, is.column
			break
		}
		at = at[:max(strings.LastIndexAny(at, ".["), 0)]
	}
	return e
}

// kinds checks the kind of each value, for the decoder's own words are for those who read Go.
func (p *places) kinds() error {
	for _, path := range p.list {
		t, ok := typeOf(path)
		if ok && !fits(p.keys[path].kind, t) {
			return p.error(path, "takes "+kindOf(t))
		}
	}
	return nil
}

func fits(kind unstable.Kind, t reflect.Type) bool {
	switch {
	case isTable(t):
		return kind == unstable.Table || kind == unstable.InlineTable
	case t.Kind() == reflect.Bool:
		return kind == unstable.Bool
	case t == reflect.TypeFor[Duration]():
		return kind == unstable.String
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return kind == unstable.Integer
	case t.Kind() == reflect.Float64:
		return kind == unstable.Float || kind == unstable.Integer
	case t.Kind() == reflect.Slice:
		return kind == unstable.Array // [[apps]] is not a key: each of its tables is
	default: // texts, lengths of time, secrets
		return kind == unstable.String
	}
}
