package emulator

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"imdesk/emulator/internal/demo"
)

// probe is a ResponseWriter that only remembers whether all was well.
type probe struct {
	header http.Header
	failed bool
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.failed = status != http.StatusOK }

// hasMedia reports whether there is something at a path such as /media/face/1.svg.
func hasMedia(path string) bool {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodHead, path, nil)
	if err != nil {
		return false
	}
	p := &probe{header: http.Header{}}
	demo.Media().ServeHTTP(p, r)
	return !p.failed
}

// guard turns away who asks for a file that im_cos_msg has blocked.
func (s *Server) guard(media http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ok, err := s.tencent.MayServe(r.Context(), r.URL.Path, r.URL.Query())
		if err != nil || !ok {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "this file is blocked", http.StatusForbidden)
			return
		}
		media.ServeHTTP(w, r)
	})
}

// maxPushesShown bounds an answer of getPushes.
const maxPushesShown = 1000

// getPushes shows the latest pushes to all users of the app that the query's app names.
func (s *Server) getPushes(w http.ResponseWriter, r *http.Request) error {
	app, err := strconv.ParseInt(r.URL.Query().Get("app"), 10, 64)
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	pushes, err := s.tencent.Pushes(r.Context(), app, maxPushesShown)
	if err != nil {
		return err
	}
	sendJSON(w, pushes)
	return nil
}
