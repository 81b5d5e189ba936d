// Package archive keeps what is said, as the services tell it, so that it can be found by its words and shown after the services
// have forgotten it. What is taken is on disk before Take returns: in the database, or, while that is away, in a spool of which
// the database is brought up to date later.
package archive
