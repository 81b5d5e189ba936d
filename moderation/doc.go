// Package moderation decides about messages by rules: a message in, a verdict with its reasons out. It calls nobody, keeps
// nothing on disk, and takes the time from the messages.
//
// Rules are written as TOML or made by the pages (File, Parse, Format). Compile makes a Set of them, which never changes and may be
// used by many at once; an Engine holds the one in force, and what it remembers of senders and texts, and changes from one set to
// the next without a pause.
package moderation
