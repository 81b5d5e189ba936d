package imclient

import (
	"context"
	"io"
	"iter"
	"time"
)

// Metric names one figure of an app's day.
type Metric string

// The figures. Messages sent are counted once; delivered, once for each who got them.
const (
	MetricActiveUsers     Metric = "users.active"
	MetricNewUsers        Metric = "users.new"
	MetricAllUsers        Metric = "users.all"
	MetricLogins          Metric = "logins"
	MetricLoginUsers      Metric = "logins.users"
	MetricPeakOnline      Metric = "online.peak"
	MetricSent            Metric = "messages.sent"
	MetricDelivered       Metric = "messages.delivered"
	MetricSenders         Metric = "messages.senders"
	MetricPushed          Metric = "messages.pushed"
	MetricDirectSent      Metric = "direct.sent"
	MetricDirectDelivered Metric = "direct.delivered"
	MetricDirectSenders   Metric = "direct.senders"
	MetricDirectPushed    Metric = "direct.pushed"
	MetricGroupSent       Metric = "group.sent"
	MetricGroupDelivered  Metric = "group.delivered"
	MetricGroupSenders    Metric = "group.senders"
	MetricGroupPushed     Metric = "group.pushed"
	MetricTalkingGroups   Metric = "groups.talking"
	MetricNewGroups       Metric = "groups.new"
	MetricAllGroups       Metric = "groups.all"
	MetricDismissedGroups Metric = "groups.dismissed"
	MetricJoins           Metric = "groups.joins"
	MetricLeaves          Metric = "groups.leaves"
	MetricNewFriends      Metric = "friends.new"
	MetricLostFriends     Metric = "friends.lost"
	MetricCallbacks       Metric = "callbacks.sent"
	MetricCallbackAnswers Metric = "callbacks.answered"
)

// Metrics lists all figures, in the order of the constants.
func Metrics() []Metric {
	return []Metric{
		MetricActiveUsers, MetricNewUsers, MetricAllUsers, MetricLogins, MetricLoginUsers, MetricPeakOnline,
		MetricSent, MetricDelivered, MetricSenders, MetricPushed,
		MetricDirectSent, MetricDirectDelivered, MetricDirectSenders, MetricDirectPushed,
		MetricGroupSent, MetricGroupDelivered, MetricGroupSenders, MetricGroupPushed,
		MetricTalkingGroups, MetricNewGroups, MetricAllGroups, MetricDismissedGroups, MetricJoins, MetricLeaves,
		MetricNewFriends, MetricLostFriends, MetricCallbacks, MetricCallbackAnswers,
	}
}

// Day is what happened in an app in one day. A figure that the service does not tell is missing.
type Day struct {
	Date   time.Time // the calendar day in the service's zone, as midnight UTC
	Values map[Metric]int64
}

// Operations reads an app's figures.
type Operations interface {
	// Days returns the last days, at most 30, the oldest first, with the named figures or all.
	Days(ctx context.Context, metrics ...Metric) ([]Day, error)
}

// HistoryKind is what messages a file has.
type HistoryKind string

// The kinds of files.
const (
	HistoryDirect HistoryKind = "direct"
	HistoryGroups HistoryKind = "groups"
)

// HistoryFile is a packed file with an hour's messages, as the service keeps it for a few days.
type HistoryFile struct {
	Kind       HistoryKind
	Hour       time.Time // its beginning
	URL        string    // a secret: whoever has it can read the file
	Expires    time.Time // of the address; zero if the service does not say
	Size       int64     // bytes, unpacked; 0 if the service does not say
	MD5        string    // hexadecimal; "" if the service does not say
	PackedSize int64     // bytes, as it is fetched
	PackedMD5  string
}

// FiledMessage is one message of a file. User is the sender of a direct one, Peer who got it.
type FiledMessage struct {
	Conversation Conversation
	Message      Message
}

// HistoryFiles reads the files that a service makes of each hour's messages.
type HistoryFiles interface {
	// List returns the files of the hour in which t lies. ErrNotFound if they are not made yet, hold nothing, or are gone.
	List(ctx context.Context, kind HistoryKind, t time.Time) ([]HistoryFile, error)
	// Download writes a file, packed, as it was checked against its size and sum. Nothing is written if it does not fit.
	Download(ctx context.Context, f HistoryFile, w io.Writer) error
	// Messages fetches and checks a file and walks the messages in it, in the order of the file. An error ends it.
	Messages(ctx context.Context, f HistoryFile) iter.Seq2[FiledMessage, error]
}
