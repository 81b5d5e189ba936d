package waves

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"imdesk/actions"
	"imdesk/jobs"
	"imdesk/store"
)

// job is a plan as that of a job, which is how it is shown to who is asked to approve it.
func (p Plan) job() jobs.Plan {
	return jobs.Plan{
		Kind: AttemptWave, Verb: actions.VerbCleanWave, Total: p.Messages, People: p.Senders, Groups: p.Groups, Messages: p.Messages, Complete: true,
		UndoText: actions.NoUndo(actions.VerbRecall),
	}
}

// Approved tells what an attempt that a guard kept would do now, as a plan of package jobs.
func (s *Service) Approved(ctx context.Context, body json.RawMessage) (json.RawMessage, error) {
	var a attempt
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("read what is to be done about a wave: %w", err)
	}
	list, err := s.Store.Of(ctx, a.Wave, 0, store.MaxWaveMessages)
	if err != nil {
		return nil, err
	}
	_, p := without(list, a.Spare)
	return json.Marshal(p.job())
}

// StartApproved carries out what a guard kept. The actor has the Clearance.
func (s *Service) StartApproved(ctx context.Context, by actions.Actor, app actions.App, body json.RawMessage, key string) (store.WaveRun, error) {
	var a attempt
	if err := json.Unmarshal(body, &a); err != nil {
		return store.WaveRun{}, fmt.Errorf("read what is to be done about a wave: %w", err)
	}
	return s.Clean(ctx, by, app, a.Wave, a.Choice, a.Spare, key)
}

// FirstJob is the job of a run that a page can lead to, "" if none was begun.
func FirstJob(r store.WaveRun) string {
	b, err := ReadBody(r)
	if err != nil {
		return ""
	}
	for _, p := range b.Parts {
		if p.Job != 0 {
			return strconv.FormatInt(p.Job, 10)
		}
	}
	return ""
}
