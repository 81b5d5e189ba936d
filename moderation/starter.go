package moderation

import _ "embed"

//go:embed starter.toml
var starter []byte

// Starter is rules and lists to begin with, all of them in the shadow.
func Starter() File {
	f, err := Parse(starter)
	if err != nil {
		panic(err) // a test reads it
	}
	return f
}
