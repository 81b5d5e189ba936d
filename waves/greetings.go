package waves

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"imdesk/moderation"
)

//go:embed greetings.txt
var greetingsText string

// greetings are the shapes of what many say at the same time, the longest first.
var greetings = sync.OnceValue(func() []string {
	var lines []string
	for line := range strings.Lines(greetingsText) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return Shapes(lines)
})

// Shapes are texts as LookAt leaves them out, the longest first.
func Shapes(texts []string) []string {
	var list []string
	for _, t := range texts {
		if shape := string(moderation.Shape(t)); shape != "" {
			list = append(list, shape)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(list)
}
