package calls

import (
	"context"
	"slices"
	"sync"

	"imdesk/imclient"
)

// maxSplits bounds how many calls may be spent on finding the one bad target in batches that were refused for it.
const maxSplits = 40

// InBatches writes to targets, at most n a call, each target once. What went wrong with some is returned beside what
// went right with others:
//
//   - call returns the targets that the service refused one by one;
//   - a batch refused for one target, as isTarget tells, is halved until that one is found;
//   - a batch that fails after others were done makes its targets refused, and if the failure would hit the next batch
//     too, those of all that follow: they were not sent.
//
// The error is for the call as a whole: nothing was done, or after ErrUnavailable with Sent it cannot be told.
func InBatches[T comparable](ctx context.Context, targets []T, n int, id func(T) string, isTarget func(*imclient.Error) bool, call func([]T) ([]imclient.Refused, error)) ([]imclient.Refused, error) {
	targets = Unique(targets)
	var refused []imclient.Refused
	answered := false // a call was, so that something may be done
	splits := 0
	queue := slices.Collect(slices.Chunk(targets, n))
	for len(queue) > 0 {
		batch := queue[0]
		queue = queue[1:]
		r, err := call(batch)
		if err == nil {
			answered = true
			refused = append(refused, r...)
			continue
		}
		e := AsError(ctx, err)
		switch {
		case isTarget(e) && len(batch) > 1 && splits < maxSplits:
			splits++
			half := len(batch) / 2
			queue = slices.Insert(queue, 0, batch[:half], batch[half:])
			continue
		case isTarget(e) && len(batch) == 1:
			answered = true
		case !answered:
			return nil, e
		}
		refused = append(refused, RefuseAll(batch, id, e)...)
		if !isTarget(e) && !Passing(e) {
			unsent := *e
			unsent.Sent = false
			for _, rest := range queue {
				refused = append(refused, RefuseAll(rest, id, &unsent)...)
			}
			break
		}
	}
	return refused, nil
}

// Passing tells failures that say nothing about the next batch.
func Passing(e *imclient.Error) bool {
	return e.Kind == imclient.ErrInvalid || e.Kind == imclient.ErrConflict
}

// RefuseAll names targets as refused, all for one reason.
func RefuseAll[T any](targets []T, id func(T) string, e *imclient.Error) []imclient.Refused {
	list := make([]imclient.Refused, len(targets))
	for i, t := range targets {
		list[i] = imclient.Refused{ID: id(t), Err: e}
	}
	return list
}

// Unique keeps the first of each.
func Unique[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	out := make([]T, 0, len(list))
	for _, v := range list {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// Same is the id of a target that is its own.
func Same(s string) string { return s }

// parallel is how many batches of one read run at once.
const parallel = 4

// ReadBatches reads in batches of n, some at once. The first failure ends it: a read that is not whole is not shown as
// one. read is given the batch and where it begins in list.
func ReadBatches[T any](ctx context.Context, list []T, n int, read func(ctx context.Context, batch []T, from int) error) error {
	if len(list) <= n {
		if len(list) == 0 {
			return nil
		}
		return read(ctx, list, 0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
	)
	tokens := make(chan struct{}, parallel)
	for from := 0; from < len(list); from += n {
		select {
		case tokens <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		batch := list[from:min(from+n, len(list))]
		wg.Go(func() {
			defer func() { <-tokens }()
			if err := read(ctx, batch, from); err != nil {
				once.Do(func() { first = err; cancel() })
			}
		})
	}
	wg.Wait()
	if first == nil && ctx.Err() != nil {
		first = AsError(ctx, CauseOf(ctx, ctx.Err()))
	}
	return first
}
