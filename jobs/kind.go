package jobs

import (
	"context"
	"log/slog"

	"imdesk/actions"
	"imdesk/store"
)

// Kind is one sort of long work. Those that are actions come with this package; others are added with Service.Add.
type Kind interface {
	// Name is the kind in the store, in Spec.Kind and in the texts "jobs.kind." and the name.
	Name() string
	// Verb is the right that it needs, looked at again before each batch; "" for what the console does by itself.
	Verb() actions.Verb
	// Check tells what is wrong with a spec, but for its targets: an *actions.Invalid.
	Check(app actions.App, s Spec) error
	// Items are the targets that the spec names, in order, those of one group together.
	Items(s Spec) []store.JobItem
	// Batch is how many targets are done at once, at most store.MaxJobBatch.
	Batch(app actions.App) int
	// Do carries one batch out. An outcome that is missing puts its item back. An error says that nothing was done; with
	// *Stop it ends the job, else the batch is tried again after a while.
	//
	// Do may be called for a batch that was begun before, by a worker that died: then again is true, the batch has the same
	// key, and what was done already must not be done twice.
	Do(ctx context.Context, r Run, items []store.JobItem, again bool) ([]store.JobOutcome, error)
}

// Finder is a kind whose targets are looked for while the job runs.
type Finder interface {
	Kind
	// Finds tells whether the spec is to be looked for.
	Finds(s Spec) bool
	// Find returns some targets, at most store.MaxJobBatch, from a cursor on, "" at first, and the cursor to go on from, "" at
	// the end. looked is how many places were looked at.
	Find(ctx context.Context, r Run, cursor string) (items []store.JobItem, next string, looked int, err error)
}

// Previewer is a kind that can tell before what would become of targets.
type Previewer interface {
	Kind
	// Preview looks at a batch, of one group. Nothing is sent.
	Preview(ctx context.Context, r Run, items []store.JobItem) ([]Expected, error)
}

// Expected is what is to become of a target.
type Expected struct {
	Target string
	By     string // of a message: who sent it, where that is known
	Skip   string // text key: why it is left alone; "" if it is not
	Before string
}

// Run is what a kind works with.
type Run struct {
	App   actions.App
	Actor actions.Actor // with the operator's rights of now
	Spec  Spec
	Job   store.Job
	Key   string // of the batch; "" in a preview
	Log   *slog.Logger

	service *actions.Service
	jobs    *Service
	lease   store.JobLease
}

// Stop ends a job before all is done: Why is the text key that says why. Nothing was done for the batch at hand.
type Stop struct {
	Why   string
	Pause bool // it may go on later
}

func (e *Stop) Error() string { return "the job stops: " + e.Why }

// Why a job paused or stopped by itself: text keys.
const (
	WhyOperator    = "jobs.why.operator"    // the operator is disabled or gone
	WhyRights      = "jobs.why.rights"      // the operator has no right to it any more
	WhyApp         = "jobs.why.app"         // the app was removed, or is switched off
	WhyKind        = "jobs.why.kind"        // this imdesk does not know the kind
	WhySpec        = "jobs.why.spec"        // the stored parameters cannot be read
	WhyService     = "jobs.why.service"     // the service did not answer for long
	WhyCredentials = "jobs.why.credentials" // the service refuses our key
	WhyTooMany     = "jobs.why.too_many"    // more was found than a job takes
	WhyParent      = "jobs.why.parent"      // the job that is to be taken back is gone
)

// Why an item is left alone, or is as it is: text keys, besides those of package actions.
const (
	SkipProtected = "jobs.skip.protected" // on the app's protected list
	SkipCancelled = "jobs.skip.cancelled" // the job was cancelled before its turn
	SkipStopped   = "jobs.skip.stopped"   // the job stopped before its turn
	SkipUndone    = "jobs.skip.undone"    // somebody took it back before
	ReasonCheck   = "jobs.reason.check"   // nobody can tell whether it was done: please look
	ReasonSettled = "jobs.reason.settled" // no answer came, and the service shows that it was done
	ReasonTries   = "jobs.reason.tries"   // it was tried several times, and was never sent
)

// What a job does now: text keys.
const (
	DoingLooking  = "jobs.doing.looking" // for targets
	DoingSending  = "jobs.doing.sending"
	DoingWaiting  = "jobs.doing.waiting"  // for the service to answer again
	DoingSettling = "jobs.doing.settling" // what another worker left behind
	DoingDraining = "jobs.doing.draining" // what is on its way comes to its end
)
