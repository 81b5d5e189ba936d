package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The log may have a million entries: no filter may make SQLite read all of them, or sort.
func TestAuditFiltersUseAnIndex(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "imdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now()
	for name, tt := range map[string]struct {
		f    AuditFilter
		want string
	}{
		"all":              {AuditFilter{}, "audit_entry_at"},
		"time":             {AuditFilter{From: now, Until: now}, "audit_entry_at (at>? AND at<?)"},
		"without sign-ins": {AuditFilter{NotActions: []string{"a"}}, "audit_entry_at"},
		"operator":         {AuditFilter{OperatorID: "a", From: now}, "audit_entry_operator (operator_id=? AND at>?)"},
		"app":              {AuditFilter{App: "a", Until: now}, "audit_entry_app (app=? AND at<?)"},
		"action":           {AuditFilter{Action: "a", From: now}, "audit_entry_action (action=? AND at>?)"},
		"group":            {AuditFilter{Group: "a", App: "b", From: now}, "audit_entry_group (group_id=? AND app=? AND at>?)"},
		"user":             {AuditFilter{User: "a", App: "b", From: now}, "t USING PRIMARY KEY (user_id=? AND app=? AND entry_at>?)"},
		"failed":           {AuditFilter{State: AuditFailed, From: now}, "audit_outcome_state (state=? AND entry_at>?)"},
		"done":             {AuditFilter{State: AuditOK}, "audit_entry_at"},
	} {
		t.Run(name, func(t *testing.T) {
			q := auditQuery(tt.f, false)
			lines, err := all(t.Context(), s.db.read(), func(r scanner) (line string, err error) {
				var id, parent, unused int
				return line, r.Scan(&id, &parent, &unused, &line)
			}, `EXPLAIN QUERY PLAN `+q.text(), append(q.args, 50)...)
			if err != nil {
				t.Fatal(err)
			}
			plan := strings.Join(lines, "\n")
			if !strings.Contains(plan, tt.want) || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("want %s without sorting, the plan is:\n%s", tt.want, plan)
			}
		})
	}
}
