package imclient

import (
	"context"
	"time"
)

// Attributes are keys and values that an app keeps with a group for everybody in it, such as the song that plays.
type Attributes interface {
	// List returns all of a group's, by key.
	List(ctx context.Context, group string) ([]Field, error)
	// Set sets the named ones; others stay.
	Set(ctx context.Context, group string, list []Field) error
	// Replace makes these all that there are.
	Replace(ctx context.Context, group string, list []Field) error
	// Remove removes the named ones.
	Remove(ctx context.Context, group string, keys []string) error
	// Clear removes all.
	Clear(ctx context.Context, group string) error
}

// Counter is a number that an app keeps with a group, such as its likes.
type Counter struct {
	Key   string
	Value int64
}

// Counters reads and changes a group's counters.
type Counters interface {
	// List returns the named ones, or all, by key.
	List(ctx context.Context, group string, keys ...string) ([]Counter, error)
	// Set sets counters and returns what they are now.
	Set(ctx context.Context, group string, list []Counter) ([]Counter, error)
	// Add adds to counters, or takes away below zero; one that is not there counts from 0. It returns what they are now.
	Add(ctx context.Context, group string, list []Counter) ([]Counter, error)
	// Remove removes the named ones, or all.
	Remove(ctx context.Context, group string, keys ...string) error
}

// Topic is one part of a community with a history of its own. Its id stands for it wherever a group's does in Messages
// and Mutes.
type Topic struct {
	ID          string
	Group       string
	Name        string
	Intro       string
	Notice      string
	AvatarURL   string
	Custom      string
	Created     time.Time
	LastMessage time.Time // zero if nothing was said
	LastSeq     string    // position of the newest message; "" if unknown or none
	MuteAll     Tristate
}

// NewTopic is a topic to be made.
type NewTopic struct {
	ID                                     string // "" = the service chooses
	Group                                  string
	Name, Intro, Notice, AvatarURL, Custom string
}

// TopicChange names what to change of a topic; nil stays as it is.
type TopicChange struct {
	Name, Intro, Notice, AvatarURL, Custom *string
	MuteAll                                *bool
}

// Topics reads and changes the topics of communities that have them.
type Topics interface {
	// List returns all topics of a community, the oldest first.
	List(ctx context.Context, group string) ([]Topic, error)
	// Get returns one. ErrNotFound if it never was or is gone.
	Get(ctx context.Context, id string) (Topic, error)
	// Create makes a topic and returns its id. ErrConflict if the id is taken.
	Create(ctx context.Context, t NewTopic) (string, error)
	// Change changes the named fields only.
	Change(ctx context.Context, id string, c TopicChange) error
	// Delete removes topics of a community with all that was said in them. It cannot be undone.
	Delete(ctx context.Context, group string, ids []string) ([]Refused, error)
}
