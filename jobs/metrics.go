package jobs

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"imdesk/store"
)

// meter counts what this process did.
type meter struct{ items *prometheus.CounterVec }

func newMeter() *meter {
	return &meter{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "imdesk_job_items_total", Help: "Targets of jobs that this process dealt with, by kind and by what became of them; waiting is one that was put back.",
	}, []string{"kind", "state"})}
}

func (m *meter) item(kind string, s store.ItemState) {
	m.items.WithLabelValues(kind, string(s)).Inc()
}

var (
	jobsNow = prometheus.NewDesc("imdesk_jobs", "Jobs that have not ended, by state, of all processes on the database.", []string{"state"}, nil)
	itemsOf = prometheus.NewDesc("imdesk_job_items", "Targets of jobs that have not ended, by state, of all processes on the database.", []string{"state"}, nil)
)

// Describe makes the service a prometheus.Collector.
func (s *Service) Describe(c chan<- *prometheus.Desc) {
	c <- jobsNow
	c <- itemsOf
	s.meter.items.Describe(c)
}

// Collect reads the figures. Without an answer of the database those of it are missing.
func (s *Service) Collect(c chan<- prometheus.Metric) {
	s.meter.items.Collect(c)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	states, items, err := s.Store.Counts(ctx)
	if err != nil {
		s.Log.WarnContext(ctx, "count jobs", "error", err)
		return
	}
	for _, state := range []store.JobState{store.JobReady, store.JobRunning, store.JobPaused} {
		c <- prometheus.MustNewConstMetric(jobsNow, prometheus.GaugeValue, float64(states[state]), string(state))
	}
	for _, state := range store.ItemStates() {
		if state != store.ItemSending { // counts as waiting
			c <- prometheus.MustNewConstMetric(itemsOf, prometheus.GaugeValue, float64(items[state]), string(state))
		}
	}
}
