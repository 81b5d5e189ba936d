// Package sanctions is the register of who is muted, banned or removed, and compares it with what the services say.
//
// The register (store.Sanctions) is a projection of the audit log: Service.CatchUp takes up outcomes in the order of the log, each
// once, whichever console did it, so that jobs, rules, verdicts, tokens and what is taken back are all in it, also after a crash.
// Callbacks add what was done without this console, as far as services tell.
//
// Compare reads a group's muted and banned lists, or a user's global mutes, as a job, and settles the difference in a transaction
// in which the audit log is asked for each user who differs: an action is recorded before it is sent, so what any console of ours
// has under way, or ended just now, is never taken for somebody else's doing.
package sanctions
