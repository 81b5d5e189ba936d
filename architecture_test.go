package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers says which packages of ours each package may import; its tests may import more. What is not listed may import
// nothing of ours, so that a new package states its place here.
var layers = map[string][]string{
	"config":                  nil,
	"secrets":                 nil,
	"imclient":                nil,
	"imclient/internal/calls": {"imclient"},
	"imclient/tencent":        {"imclient", "imclient/internal/calls"},
	"imclient/volcengine":     {"imclient", "imclient/internal/calls"},
	"imclient/imtest":         {"imclient"},
	"emulator":                nil,
	"terms":                   nil,
	"moderation":              nil,
	"rules":                   {"actions", "cases", "imclient", "moderation", "store"},
	"store":                   {"terms"},
	"store/storetest":         {"store", "terms"},
	"events":                  {"store"},
	"live":                    {"store", "terms"},
	"replicas":                {"imclient", "store"},
	"actions":                 {"imclient", "store"},
	"jobs":                    {"imclient", "store", "actions"},
	"importer":                {"imclient"},
	"callbacks":               {"imclient", "store"},
	"directory":               {"imclient", "store"},
	"archive":                 {"imclient", "store"},
	"sanctions":               {"actions", "directory", "imclient", "rules", "store"},
	"sheet":                   nil,
	"exports":                 {"actions", "imclient", "jobs", "store"},
	"auth":                    {"secrets", "store"},
	"auditlog":                {"store"},
	"web/i18n":                nil,
	"web/static":              nil,
	"web/golden":              {"web/i18n"},
	"web/templates":           {"web/i18n", "web/static"},
	"cases":                   {"actions", "imclient", "store", "terms"},
	"waves":                   {"actions", "cases", "imclient", "jobs", "moderation", "store"},
	"evidence":                {"actions", "archive", "cases", "imclient", "secrets", "store"},
	"approvals":               {"actions", "jobs", "store"},
	"apps":                    {"actions", "archive", "imclient", "imclient/tencent", "imclient/volcengine", "secrets", "store"},
	"handlers":                {"moderation", "rules", "waves", "sanctions", "evidence", "approvals", "apps", "cases", "imclient", "store", "events", "live", "replicas", "actions", "jobs", "auth", "auditlog", "callbacks", "archive", "terms", "exports", "sheet", "web/i18n", "web/static", "web/templates"},
	"internal/testtools":      nil,
	"internal/coverage":       {"imclient/tencent", "imclient/volcengine"}, // their types of callbacks
	"browsertest":             nil,
}

// TestLayers keeps imports pointing one way: main knows all, and the emulator nothing, so that it can disagree.
func TestLayers(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	checked := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "imdesk"), "/")
		if name == "" {
			continue
		}
		part, _, _ := strings.Cut(name, "/internal/")                                  // parts of a package belong to it alone; the compiler sees to that
		if strings.HasPrefix(name, "internal/") || name == "imclient/internal/calls" { // shared by several
			part = name
		}
		allowed, known := layers[part]
		if !known {
			t.Errorf("package %s has no place in the layers", name)
		}
		for _, imported := range p.Imports {
			rest, ours := strings.CutPrefix(imported, "imdesk/")
			if ours && !slices.Contains(allowed, rest) && !strings.HasPrefix(rest, part+"/internal/") {
				t.Errorf("package %s imports %s", name, rest)
			}
		}
		checked++
	}
	if checked < 8 {
		t.Errorf("only %d packages seen", checked)
	}
}
