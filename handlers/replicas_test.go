package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/replicas"
)

func TestReplicasPage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.as(auth.Owner).get(replicasURL).is(http.StatusOK).has("This console has its database for itself")

	log := slog.New(slog.DiscardHandler)
	here, there := replicas.New(h.store, "here 127.0.0.1:1", "test", log), replicas.New(h.store, "there 127.0.0.1:2", "v9", log)
	part := &imclient.Client{
		Pool: h.app.IM.Pool, Stats: func() imclient.Stats { return imclient.Stats{} },
		ShareRates: func(imclient.Turns) {}, SetShare: func(float64, time.Time) {},
	}
	here.Add(part)
	there.Add(part)
	for _, m := range []*replicas.Member{here, there, here, there} { // the first gives up half, then the second takes it
		check(t, m.Join(context.Background()))
	}
	h.server.Replicas, h.app.Embedded = here, false
	h.as(auth.Owner).get(replicasURL).is(http.StatusOK).has("here 127.0.0.1:1", "this one", "there 127.0.0.1:2", "another version", "Demo 演示: 50%")
	check(t, h.store.Replicas.Leave(context.Background(), there.ID()))
	h.as(auth.Owner).get(replicasURL).is(http.StatusOK).lacks("there")
}
