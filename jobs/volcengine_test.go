package jobs

import (
	"strconv"
	"testing"
	"time"

	"imdesk/actions"
	"imdesk/emulator"
	"imdesk/imclient"
	"imdesk/imclient/volcengine"
	"imdesk/store"
)

// TestVolcengine: the same jobs at the other vendor, in its batches, and what it does not offer.
func TestVolcengine(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	im, err := emulator.New(ctx, emulator.Config{Volc: []emulator.VolcengineApp{{AppID: 900001, AccessKey: "AKTEST", SecretKey: "secret"}}})
	r.ok(err)
	t.Cleanup(func() { r.ok(im.Close()) })
	r.ok(im.Start("127.0.0.1:0"))
	client, err := volcengine.New(volcengine.Config{AppID: "900001", AccessKey: "AKTEST", SecretKey: "secret", Endpoint: im.URL()})
	r.ok(err)
	t.Cleanup(client.Close)
	r.app.IM = client
	r.app.Administrators = nil
	r.work()

	group, _, err := client.Groups.Create(ctx, imclient.NewGroup{Type: "Group", Name: "Maths 数学", OwnerID: "9000000000000000001"})
	r.ok(err)
	var people []string
	for i := range 120 {
		people = append(people, strconv.FormatInt(9_000_000_000_000_001_000+int64(i), 10))
	}
	j := r.run(Spec{Kind: AddMembers, Groups: []string{group}, Users: people})
	r.counts(j, store.JobCounts{Total: 120, Done: 120})
	j = r.run(Spec{Kind: Mute, Groups: []string{group}, Users: append([]string{"9000000000000000001", "5"}, people...), Span: actions.Span{For: time.Hour}})
	r.counts(j, store.JobCounts{Total: 122, Done: 120, Skipped: 2})
	if j.Batches < 3 {
		t.Errorf("%d batches", j.Batches)
	}
	plan, err := r.s.Plan(ctx, r.actor, r.app, Spec{Kind: Kick, Groups: []string{group}, Users: people, Reason: "x"})
	r.ok(err)
	if plan.Act != 120 || len(plan.Calls) == 0 || plan.Lasts == 0 {
		t.Errorf("the plan: %+v", plan)
	}
	back, err := r.s.Reverse(ctx, r.actor, r.app, j.ID, "")
	r.ok(err)
	r.counts(r.until(back.ID, ended), store.JobCounts{Total: 120, Done: 120})
	now, err := client.Members.Get(imclient.Fresh(ctx), group, people[:50])
	r.ok(err)
	for _, m := range now {
		if !m.MutedUntil.IsZero() {
			t.Errorf("%s is still muted", m.UserID)
		}
	}
	if _, err := r.s.Plan(ctx, r.actor, r.app, Spec{Kind: SignOut, Users: people, Reason: "x"}); err == nil {
		t.Error("a plan of what the vendor does not have")
	}
}
