package tencent

import (
	"context"

	"imdesk/imclient"
	"imdesk/imclient/internal/calls"
)

// inBatches writes to targets, at most n a call, as calls.InBatches does.
func inBatches[T comparable](ctx context.Context, targets []T, n int, id func(T) string, call func([]T) ([]imclient.Refused, error)) ([]imclient.Refused, error) {
	return calls.InBatches(ctx, targets, n, id, isTarget, call)
}

// isTarget tells the codes that refuse a whole batch for one user that does not exist.
func isTarget(e *imclient.Error) bool {
	switch e.Code {
	case "10019", "70107", "90012", "40003":
		return true
	}
	return false
}

func passing(e *imclient.Error) bool { return calls.Passing(e) }

func refuseAll[T any](targets []T, id func(T) string, e *imclient.Error) []imclient.Refused {
	return calls.RefuseAll(targets, id, e)
}

func asError(ctx context.Context, err error) *imclient.Error { return calls.AsError(ctx, err) }

func unique[T comparable](list []T) []T { return calls.Unique(list) }

// same is the id of a target that is its own.
func same(s string) string { return s }

// readBatches reads in batches of n, some at once, as calls.ReadBatches does.
func readBatches[T any](ctx context.Context, list []T, n int, read func(ctx context.Context, batch []T, from int) error) error {
	return calls.ReadBatches(ctx, list, n, read)
}
