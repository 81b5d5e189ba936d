package callbacks

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestWindow knows what came before for as long as it says, and never holds more than it says.
func TestWindow(t *testing.T) {
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	w := Window{Keep: time.Minute, Most: 100}
	first := func(id string, want bool) {
		t.Helper()
		if got := w.First(id, at); got != want {
			t.Errorf("%q at %s: first %v, want %v", id, at.Format(time.TimeOnly), got, want)
		}
	}
	long := strings.Repeat("x", 1000)
	first("a", true)
	first("a", false)
	first("b", true)
	first("", true)
	first("", true)
	first(long, true)
	first(long+"y", false) // ids are compared as far as they are kept
	at = at.Add(59 * time.Second)
	first("a", false)
	at = at.Add(59 * time.Second)
	first("a", false)
	at = at.Add(2 * time.Minute)
	first("b", true)
	at = at.Add(-time.Hour) // a clock that was set back
	first("b", false)
	at = at.Add(10 * time.Hour)
	first("b", true)

	at = at.Add(time.Hour)
	for i := range 1000 {
		first(fmt.Sprint(i), true)
		if n := len(w.now) + len(w.old); n > w.Most {
			t.Fatalf("%d ids are held", n)
		}
	}
	first("999", false)
	first("960", false)
	first("5", true) // forgotten early
}
