// Package rules has messages judged by the rules that the console keeps, and does what follows.
//
// Ask answers a service that waits, from memory: rules, what was said lately and who has which role. Said is told of a message that
// is on disk; what a rule wants done then is done behind the answer, through package actions, by the rule as an actor of its own.
// A change of the rules is an event that each replica loads them anew by, without a pause.
package rules
