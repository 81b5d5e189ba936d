package demo

import (
	"testing"
	"time"

	"imdesk/emulator/internal/community"
)

// BenchmarkSeedVolcengine makes the demo of the second vendor, as the first call of an app does.
func BenchmarkSeedVolcengine(b *testing.B) {
	for b.Loop() {
		store, err := community.Open(b.Context(), "", time.Now)
		if err != nil {
			b.Fatal(err)
		}
		if err := SeedVolcengine(b.Context(), store, 900001, "http://media.emulator.invalid/_emulator"); err != nil {
			b.Fatal(err)
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
