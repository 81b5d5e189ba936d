package main

import (
	"maps"
	"slices"
	"testing"

	"imdesk/actions"
	"imdesk/auth"
	"imdesk/config"
	"imdesk/imclient/tencent"
	"imdesk/imclient/volcengine"
	"imdesk/web/templates"
)

// TestEveryVerbHasARole holds the table of actions against the table of roles: a verb without a role could be done by nobody.
func TestEveryVerbHasARole(t *testing.T) {
	for _, v := range actions.Verbs() {
		if _, ok := auth.Least(auth.Verb(v)); !ok {
			t.Errorf("no role may do %s", v)
		}
	}
}

// TestRegions holds what the configuration takes against what the client knows.
func TestRegions(t *testing.T) {
	var known []string
	for _, r := range tencent.Regions() {
		known = append(known, r.Name)
	}
	if taken := config.TencentRegions(); !slices.Equal(taken, known) {
		t.Errorf("the configuration takes %v, the client knows %v", taken, known)
	}
	known = slices.Sorted(maps.Keys(volcengine.Regions()))
	if taken := slices.Sorted(slices.Values(config.VolcengineRegions())); !slices.Equal(taken, known) {
		t.Errorf("the configuration takes %v of Volcengine, the client knows %v", taken, known)
	}
}

// TestColours holds the colours that the configuration takes against those that pages have.
func TestColours(t *testing.T) {
	var known []string
	for _, c := range templates.Colours() {
		known = append(known, c.Name)
	}
	if taken := config.Colours(); !slices.Equal(taken, known) {
		t.Errorf("the configuration takes %v, pages have %v", taken, known)
	}
}
