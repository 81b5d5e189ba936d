package store

import (
	"strings"
	"testing"
)

// Steps that land out of order are taken by databases that have later ones already.
func TestKnownSteps(t *testing.T) {
	one, three, four := migration{1, "0001_a.sql", "", "a"}, migration{3, "0003_c.sql", "", "c"}, migration{4, "0004_d.sql", "", "d"}
	for _, tt := range []struct {
		name        string
		steps, done []migration
		missing     []int
		err         string
	}{
		{"new", []migration{one, three}, nil, []int{1, 3}, ""},
		{"up to date", []migration{one, three}, []migration{one, three}, nil, ""},
		{"a lower one came later", []migration{one, three, four}, []migration{one, four}, []int{3}, ""},
		{"newer", []migration{one, three}, []migration{one, three, four}, nil, "0004_d.sql"},
		{"newer in between", []migration{one, four}, []migration{one, three}, nil, "newer version"},
		{"another one", []migration{one}, []migration{{1, "0001_a.sql", "", "x"}}, nil, "another 0001_a.sql"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			taken, err := known(tt.steps, tt.done)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("got %v, want %q", err, tt.err)
			}
			if err != nil {
				return
			}
			missing := map[int]bool{}
			for _, v := range tt.missing {
				missing[v] = true
			}
			for _, s := range tt.steps {
				if taken[s.version] == missing[s.version] {
					t.Errorf("step %d: taken %t", s.version, taken[s.version])
				}
			}
		})
	}
}
