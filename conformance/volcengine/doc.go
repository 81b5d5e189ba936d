// Package conformance has the vendor's official Go SDK use the emulator as it uses the vendor: every action that the SDK has, with
// its types and its signer.
//
// It is a module of its own, so that nothing of it is ever part of the product. The emulator runs as its own process, as
// `imdesk emulator` does for anybody. The SDK is pinned, for its tag "latest" is an old one. `make conformance` runs it.
package conformance
