// Package demo fills an empty emulator with a believable community, so that a
// first start shows groups, people and months of talk, and keeps some of
// those people talking.
package demo
