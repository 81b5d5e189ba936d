package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Limits of jobs.
const (
	MaxJobItems    = 100_000  // targets of one job
	MaxJobSpec     = 64 << 10 // bytes of Job.Spec
	MaxJobPage     = 1000     // jobs, and items, read in one call
	MaxJobBatch    = 1000     // items handed out, or settled, in one call
	MaxProtected   = 10_000   // users on an app's protected list
	maxJobReason   = 4 << 10
	maxJobWhy      = 200
	jobInsertChunk = 2000 // items written in one transaction, so that others get their turn between
)

// ErrLeaseLost means that another worker has the job now: whatever is left of this one's work must not be recorded.
var ErrLeaseLost = errors.New("the lease on the job is lost")

// JobState says how far a job is.
type JobState string

// The states of a job.
const (
	JobMaking    JobState = "making"  // its items are being written
	JobReady     JobState = "ready"   // waits for a worker
	JobRunning   JobState = "running" // a worker has it, or had it when it died
	JobPaused    JobState = "paused"
	JobDone      JobState = "done"      // every item was dealt with
	JobCancelled JobState = "cancelled" // by somebody; what was not begun is skipped
	JobStopped   JobState = "stopped"   // by itself: see Why
)

// Ended reports whether nothing more will happen.
func (s JobState) Ended() bool { return s == JobDone || s == JobCancelled || s == JobStopped }

// What a child is to its parent.
const (
	JobRetry   = "retry"
	JobReverse = "reverse"
)

// What somebody asked of a running job.
const (
	WantPause  = "pause"
	WantCancel = "cancel"
)

// Job is long work: one thing done to many targets.
type Job struct {
	ID                       int64
	Kind, App                string
	OperatorID, OperatorName string // "" for what the console does by itself
	Address                  string
	Key                      string // of the form; an operator's second job with the same key is ErrConflict. "" for none. Not returned
	Reason                   string
	Spec                     json.RawMessage // parameters, without the targets
	Parent                   int64           // 0: none
	Relation                 string          // JobRetry or JobReverse; "" without parent

	State   JobState
	Want    string // WantPause, WantCancel or ""
	Why     string // text key of why it paused or stopped by itself; "" if it did not
	Doing   string // text key of what it does now, or did last
	Attempt int    // how often a worker took it up
	Batches int64
	Rate    float64 // items a second, lately
	// Cursor is how far targets were looked for; Complete: all of them are known.
	Cursor   string
	Complete bool
	Counts   JobCounts
	Created  time.Time
	RunAt    time.Time // not before
	Started  time.Time // zero: not yet
	Ended    time.Time // zero: not yet
}

// JobCounts are a job's items by state. Those that are being sent count as waiting.
type JobCounts struct{ Total, Done, Refused, Unknown, Skipped, Reversed int }

// Waiting is how many have no result yet.
func (c JobCounts) Waiting() int {
	return c.Total - c.Done - c.Refused - c.Unknown - c.Skipped - c.Reversed
}

// ItemState says what became of one target of a job.
type ItemState string

// The states of an item.
const (
	ItemWaiting  ItemState = "waiting"
	ItemSending  ItemState = "sending" // handed out: it may be on its way
	ItemDone     ItemState = "done"
	ItemRefused  ItemState = "refused" // by the service, or not in force
	ItemUnknown  ItemState = "unknown" // nobody can tell: to be looked at by a person
	ItemSkipped  ItemState = "skipped" // left alone
	ItemReversed ItemState = "reversed"
)

// ItemStates lists all states in the order of an item's life.
func ItemStates() []ItemState {
	return []ItemState{ItemWaiting, ItemSending, ItemDone, ItemRefused, ItemUnknown, ItemSkipped, ItemReversed}
}

// JobItem is one target.
type JobItem struct {
	Position int64  // 1, 2, 3: made when it is added
	Group    string // "" for what is about no group
	Target   string // a user, a message or a group
	More     string // what else belongs to the target, as its kind writes it
	Source   int64  // of a reverse: the audit entry that is taken back
	State    ItemState
	Reason   string // text key: why it is not done, or how far done can be trusted
	Code     string // the vendor's own, if it refused
	Before   string // what the service said before, in the action's own writing; "" if it did not
	After    string
	Audit    int64 // entry of the audit log; 0: nothing was sent for it
	Batch    int64 // the last batch that it was handed out with
	Tries    int
}

// JobFilter picks jobs. A zero field picks all.
type JobFilter struct {
	App, OperatorID, Kind string
	States                []JobState
	Parent                int64
}

// JobLease is a worker's right to a job. A write with a lease that another worker took over is ErrLeaseLost.
type JobLease struct {
	Job     int64
	Owner   string
	Attempt int
	For     time.Duration // how long each sign of life holds
}

// JobOutcome is what became of one item that was handed out.
type JobOutcome struct {
	Position int64
	State    ItemState // ItemWaiting puts it back
	Reason   string
	Code     string
	Before   string
	After    string
	Audit    int64
}

// Jobs is the table of jobs and their items. Time is the database's where a lease is concerned, so that several machines
// need not agree. storetest.Jobs is its contract.
type Jobs interface {
	// Add stores a job with its items, which get the positions from 1 on, and makes it ready. It goes in several
	// transactions: a job that was being made when the console died is never run. Items may be given a state, such as
	// ItemSkipped. ErrConflict: the operator has a job with this Key. ErrInvalid: over a limit above.
	Add(ctx context.Context, j Job, items []JobItem) (Job, error)
	// Get returns one job, or ErrNotFound.
	Get(ctx context.Context, id int64) (Job, error)
	// ByKey returns the operator's job with the key, or ErrNotFound.
	ByKey(ctx context.Context, operatorID, key string) (Job, error)
	// List returns up to n jobs (1 to MaxJobPage), newest first, older than the one with the id before; 0: from the newest on.
	List(ctx context.Context, f JobFilter, before int64, n int) ([]Job, error)
	// Items returns up to n items (1 to MaxJobPage) after a position, all or those in one state.
	Items(ctx context.Context, id int64, state ItemState, after int64, n int) ([]JobItem, error)
	// Counts tells how many jobs there are in each state that has not ended, and how many items of these are in each state.
	Counts(ctx context.Context) (map[JobState]int, map[ItemState]int, error)

	// Want asks a job to pause or to cancel. One that runs does so when what is on its way is done; of one that does not,
	// it is done at once. ErrConflict: it has ended, or is paused already.
	Want(ctx context.Context, id int64, want, why string) (Job, error)
	// Resume makes a paused job ready, and takes back the wish to pause one that has not done so yet. ErrConflict otherwise.
	Resume(ctx context.Context, id int64) (Job, error)

	// Claim gives the next job to a worker: one that is ready, or whose worker gave no sign of life for the length of its
	// lease. ErrNotFound: there is none.
	Claim(ctx context.Context, owner string, lease time.Duration) (Job, JobLease, error)
	// Beat holds the lease for another time, notes what the job does and how fast, and returns what somebody asked of it.
	Beat(ctx context.Context, l JobLease, doing string, rate float64) (want string, err error)
	// Append adds items that were found and notes how far the search is; complete ends it. ErrInvalid beyond MaxJobItems.
	Append(ctx context.Context, l JobLease, items []JobItem, cursor string, complete bool) error
	// Take hands out the next waiting items, in order: at most n (1 to MaxJobBatch), all of one group and one source. They
	// are sending from then on, under the number of a new batch. None: nothing waits. It returns what somebody asked for.
	Take(ctx context.Context, l JobLease, n int) (items []JobItem, want string, err error)
	// Sending returns what was handed out and has no outcome, by batch: what a worker that died left behind.
	Sending(ctx context.Context, l JobLease) ([]JobItem, error)
	// Settle records what became of items that were handed out. Items of other states are left alone.
	Settle(ctx context.Context, l JobLease, list []JobOutcome) error
	// Reversed notes of items of a parent, by audit entry and target, that they were taken back.
	Reversed(ctx context.Context, l JobLease, parent, audit int64, targets []string) error
	// End gives the job up in a state that is its last, or paused, or ready for another worker. Waiting items of a job
	// that ended are skipped, with skip as their reason.
	End(ctx context.Context, l JobLease, s JobState, why, skip string) error

	// Forget removes the items of the jobs of a kind that ended before t, and tells how many. The jobs stay, with their counts.
	Forget(ctx context.Context, kind string, t time.Time) (int, error)
	// Purge removes jobs that ended before t, and those that were never made whole; it tells how many.
	Purge(ctx context.Context, t time.Time) (int, error)

	// Protect puts users on an app's protected list; those that are on it get the note. ErrInvalid beyond MaxProtected.
	Protect(ctx context.Context, list []ProtectedUser) error
	// Unprotect takes users off it.
	Unprotect(ctx context.Context, app string, users []string) error
	// Protected returns up to n users of the list (1 to MaxJobPage), by id, after the one given.
	Protected(ctx context.Context, app, after string, n int) ([]ProtectedUser, error)
	// Protects names those of the users that are on the list.
	Protects(ctx context.Context, app string, users []string) (map[string]bool, error)
}

// ProtectedUser is a user whom no job may harm: staff, and those whom the app's makers name.
type ProtectedUser struct {
	App, User, Note string
	By              string // operator's name
	Added           time.Time
}
