package volcengine

import (
	"context"
	"fmt"
	"sync"
)

// fill is something that is to be done before an app is used for the first time.
type fill struct {
	mu   sync.Mutex
	done bool
	run  func(context.Context) error
}

// FillFirst has run called before the first use of the app that comes in. It is set before that.
func (s *Service) FillFirst(app int64, run func(context.Context) error) {
	s.fills[app] = &fill{run: run}
}

// filled waits for what is to be done first. It is not given up when the caller leaves, for the next one needs it as well.
func (s *Service) filled(ctx context.Context, app int64) error {
	return s.Fill(context.WithoutCancel(ctx), app)
}

// Fill does what is to be done before the app is used, unless it was done.
func (s *Service) Fill(ctx context.Context, app int64) error {
	f := s.fills[app]
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done {
		return nil
	}
	if err := f.run(ctx); err != nil {
		return fmt.Errorf("fill app %d: %w", app, err)
	}
	f.done = true
	return nil
}
