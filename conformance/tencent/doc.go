// Package conformance has clients that are not ours use the emulator as they use the vendor: a Go module of 2022, which still
// speaks in the vendor's older words, and, from JavaScript, the vendor's own package that signs.
//
// It is a module of its own, so that nothing of it is ever part of the product. The emulator runs as its own process, as
// `imdesk emulator` does for anybody. `make conformance` runs it.
package conformance
