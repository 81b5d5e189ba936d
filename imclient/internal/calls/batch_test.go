package calls

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"imdesk/imclient"
)

func targets(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("u%d", i)
	}
	return list
}

func isTarget(e *imclient.Error) bool { return e.Code == "10019" }

func failure(kind error, code string) *imclient.Error {
	return &imclient.Error{Op: "x", Vendor: imclient.Tencent, Kind: kind, Code: code, Sent: true}
}

// TestInBatches: what was done is said to be done, what was not is named, and nothing is sent twice that worked.
func TestInBatches(t *testing.T) {
	tests := []struct {
		name    string
		targets []string
		fail    func(call int, batch []string) error // the first call is 1
		refused string                               // ids, with * if the error says sent
		kind    error
		calls   int
	}{
		{"nobody", nil, nil, "", nil, 0},
		{"all in one call", targets(3), nil, "", nil, 1},
		{"split at the cap", targets(7), nil, "", nil, 3},
		{"each once", []string{"a", "b", "a", "b", "a"}, nil, "", nil, 1},
		{"the only batch fails", targets(2), func(int, []string) error { return failure(imclient.ErrDenied, "10007") }, "", imclient.ErrDenied, 1},
		{"the first of three fails", targets(7), func(int, []string) error { return failure(imclient.ErrUnavailable, "") }, "", imclient.ErrUnavailable, 1},
		{"the second of three does not answer", targets(7), func(call int, _ []string) error {
			if call == 2 {
				return failure(imclient.ErrUnavailable, "")
			}
			return nil
		}, "u3* u4* u5* u6", nil, 2},
		{"the second of three has a bad value", targets(7), func(call int, _ []string) error {
			if call == 2 {
				return failure(imclient.ErrInvalid, "10004")
			}
			return nil
		}, "u3* u4* u5*", nil, 3},
		{"one user does not exist", targets(7), func(_ int, batch []string) error {
			if slices.Contains(batch, "u4") {
				return failure(imclient.ErrNotFound, "10019")
			}
			return nil
		}, "u4*", nil, 7},
		{"nobody exists", targets(3), func(int, []string) error { return failure(imclient.ErrNotFound, "10019") }, "u0* u1* u2*", nil, 5},
		{"the group is gone after the first batch", targets(7), func(call int, _ []string) error {
			if call > 1 {
				return failure(imclient.ErrNotFound, "10010")
			}
			return nil
		}, "u3* u4* u5* u6", nil, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls, done := 0, map[string]int{}
			refused, err := InBatches(t.Context(), tt.targets, 3, Same, isTarget, func(batch []string) ([]imclient.Refused, error) {
				calls++
				if len(batch) > 3 || len(batch) == 0 {
					t.Errorf("a batch of %d", len(batch))
				}
				if tt.fail != nil {
					if err := tt.fail(calls, batch); err != nil {
						return nil, err
					}
				}
				for _, id := range batch {
					done[id]++
				}
				return nil, nil
			})
			if !errors.Is(err, tt.kind) {
				t.Errorf("got error %v, want %v", err, tt.kind)
			}
			var got []string
			for _, r := range refused {
				mark := r.ID
				if r.Err.Sent {
					mark += "*"
				}
				got = append(got, mark)
				if done[r.ID] > 0 {
					t.Errorf("%s is refused and done", r.ID)
				}
			}
			if strings.Join(got, " ") != tt.refused {
				t.Errorf("refused %q, want %q", got, tt.refused)
			}
			if calls != tt.calls {
				t.Errorf("%d calls, want %d", calls, tt.calls)
			}
			for id, n := range done {
				if n != 1 {
					t.Errorf("%s was done %d times", id, n)
				}
			}
			if err == nil && len(done)+len(refused) != len(Unique(tt.targets)) {
				t.Errorf("%d done and %d refused of %d", len(done), len(refused), len(Unique(tt.targets)))
			}
		})
	}
}

func TestInBatchesSpendsABoundedNumberOfCalls(t *testing.T) {
	calls := 0
	refused, err := InBatches(t.Context(), targets(500), 500, Same, isTarget, func([]string) ([]imclient.Refused, error) {
		calls++
		return nil, failure(imclient.ErrNotFound, "10019")
	})
	if err != nil || len(refused) != 500 {
		t.Errorf("%d refused, %v, want all 500", len(refused), err)
	}
	if calls > 2*maxSplits+2 {
		t.Errorf("%d calls to find out that nobody exists", calls)
	}
}

func TestReadBatches(t *testing.T) {
	list := make([]int, 95)
	for i := range list {
		list[i] = i
	}
	seen := make([]bool, len(list))
	err := ReadBatches(t.Context(), list, 10, func(_ context.Context, batch []int, from int) error {
		for i, v := range batch {
			if v != from+i {
				t.Errorf("%d comes at %d", v, from+i)
			}
			seen[v] = true // each batch has its own
		}
		return nil
	})
	if err != nil || slices.Contains(seen, false) {
		t.Errorf("%v, not everything was read", err)
	}

	var calls atomic.Int32
	err = ReadBatches(t.Context(), list, 1, func(ctx context.Context, batch []int, _ int) error {
		calls.Add(1)
		if batch[0] == 5 {
			return failure(imclient.ErrUnavailable, "")
		}
		if batch[0] > 5 { // however late the failure comes
			<-ctx.Done()
		}
		return nil
	})
	if !errors.Is(err, imclient.ErrUnavailable) || calls.Load() > 5+2*parallel {
		t.Errorf("after a failure: %v, %d calls", err, calls.Load())
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = ReadBatches(ctx, list, 10, func(context.Context, []int, int) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: %v", err)
	}
}
