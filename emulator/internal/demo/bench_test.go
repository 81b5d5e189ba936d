package demo

import (
	"testing"
	"time"

	"imdesk/emulator/internal/community"
)

// BenchmarkSeed is what a first start waits for.
func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		store, err := community.Open(b.Context(), "", time.Now)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := Seed(b.Context(), store, 1400000001, "http://127.0.0.1:8090"); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkWorld(b *testing.B) {
	for b.Loop() {
		if _, err := newWorld(); err != nil {
			b.Fatal(err)
		}
	}
}
