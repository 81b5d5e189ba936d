// Package apps are the apps that the console looks after, with their clients: those of the configuration, which are there for
// as long as it runs, and those that owners add, change and remove in the console meanwhile.
//
// All who need an app ask the Registry for it by name, each time anew, and keep it for the length of a request or of a batch of
// a job. A change puts a new App with a new client in the place of the old one; who has the old one finishes with it, and after
// a minute its client is closed.
package apps
