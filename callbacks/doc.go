// Package callbacks keeps what the services' callbacks tell, behind the answer: the answer waits for no database and no
// service. A Window tells repetitions from events that are new; a Feed brings the groups and users that events name into the
// directory of the apps whose vendor cannot list its groups.
package callbacks
