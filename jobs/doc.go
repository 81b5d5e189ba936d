// Package jobs does one thing to many: to tens of thousands of people, messages or groups. A job is planned, started, watched,
// paused, resumed and cancelled; its failures are tried again and what it did is taken back by children of it.
//
// A job and its targets are rows of the store. A worker takes a job with a lease that it has to hold, takes a batch of targets,
// marks them as on their way, carries them out through package actions, and records what became of each. Whoever dies at any
// point leaves a batch that is marked: the next worker finds by the batch's key what the audit log has of it, asks the service
// how things are, and goes on. Only what was never in force, and does no harm when it comes twice, is sent again; of anything
// else a person is asked to look.
//
//	job, err := s.Start(ctx, actor, app, jobs.Spec{
//		Kind: jobs.Mute, Groups: []string{"g1"}, Users: users, Span: actions.Span{For: time.Hour}, Reason: "Advertising",
//	}, token)
package jobs
