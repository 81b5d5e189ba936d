package handlers

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// planChanges says in words what a request would do otherwise than when it was asked for; as many lines as a sheet shows.
func (s *Server) planChanges(c *gin.Context, r store.Approval, f approvals.Fresh) []templates.ApprovalChange {
	ctx := c.Request.Context()
	changes := f.Changes[:min(len(f.Changes), sheetLines)]
	if len(changes) == 0 {
		return nil
	}
	w := changeWords{ctx: ctx}
	if old, err := s.Approvals.Old(r); err == nil { // it was read before: f holds what it differs in
		w.was = itemsOf(old)
	}
	w.now = itemsOf(f.Plan)
	if app := s.Apps.Get(r.App); app != nil && f.Plan.Preview != nil {
		w.verb = f.Plan.Preview.Verb
		var ids []string
		for _, d := range changes {
			if d.Option == "" {
				ids = append(ids, d.ID)
			}
		}
		w.people = s.planNames(c, app, w.verb, ids)
	}
	var list []templates.ApprovalChange
	for _, d := range changes {
		list = append(list, w.change(d, len(f.Plan.Job) > 0))
	}
	return list
}

// itemsOf are the targets of an action, by id.
func itemsOf(p approvals.Plan) map[string]actions.Item {
	items := map[string]actions.Item{}
	if p.Preview != nil {
		for _, i := range p.Preview.Items {
			items[i.ID] = i
		}
	}
	return items
}

// changeWords has what the words for differences are made of.
type changeWords struct {
	ctx      context.Context
	verb     actions.Verb
	was, now map[string]actions.Item
	people   names
}

func (w changeWords) change(d approvals.Difference, job bool) templates.ApprovalChange {
	switch {
	case job:
		return templates.ApprovalChange{Who: jobLineName(w.ctx, d.ID), Was: countText(w.ctx, d.Was), Now: countText(w.ctx, d.Now)}
	case d.Option != "":
		return w.option(d)
	}
	return templates.ApprovalChange{Who: w.people.of(d.ID), Was: w.item(w.was, d.ID), Now: w.item(w.now, d.ID)}
}

// item says what would happen to a target, or why nothing would.
func (w changeWords) item(items map[string]actions.Item, id string) string {
	i, there := items[id]
	if !there {
		return i18n.T(w.ctx, "approvals.not_there")
	}
	return itemText(w.ctx, w.verb, i, w.people)
}

// option names what else was asked for. Values are shown by the facts of the plan, which know who may read them.
func (w changeWords) option(d approvals.Difference) templates.ApprovalChange {
	name := i18n.T(w.ctx, "approvals.option")
	//i18n:uses audit.detail.*
	if key := "audit.detail." + d.Option; i18n.Has(w.ctx, key) {
		name = i18n.T(w.ctx, key)
	}
	says := func(raw, key string) string {
		var n float64
		switch {
		case raw == "":
			return i18n.T(w.ctx, "approvals.not_there")
		case json.Unmarshal([]byte(raw), &n) == nil:
			return i18n.Int(w.ctx, int(n))
		}
		return i18n.T(w.ctx, key)
	}
	return templates.ApprovalChange{Who: name, Was: says(d.Was, "approvals.option_was"), Now: says(d.Now, "approvals.option_now")}
}

// jobLineName is what a number of a job's plan counts: targets, or those left alone for a reason.
func jobLineName(ctx context.Context, id string) string {
	switch {
	case !strings.Contains(id, "."):
		//i18n:uses approvals.jobplan.*
		return i18n.T(ctx, "approvals.jobplan."+id)
	case i18n.Has(ctx, id):
		return i18n.T(ctx, "approvals.left_why", "why", i18n.T(ctx, id, "who", "…", "from", "…", "to", "…"))
	}
	return i18n.T(ctx, "approvals.jobplan.skipped")
}

func countText(ctx context.Context, says string) string {
	n, err := strconv.Atoi(says)
	if err != nil {
		n = 0 // it is not in that plan: nobody
	}
	return i18n.Int(ctx, n)
}
