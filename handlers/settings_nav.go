package handlers

import (
	"strings"

	"imdesk/auth"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// settingsPlace is one page of the settings, shown to those who may open it.
type settingsPlace struct {
	key  string // of its text, settings.place.KEY
	url  string
	verb auth.Verb
	own  bool // the operator's own, not the console's
}

// settingsPlaces are the pages of the settings, in order. A page is plugged in by its line here.
var settingsPlaces = []settingsPlace{
	{"me", settingsURL, auth.VerbSelf, true},
	{"security", auth.EnrolPath, auth.VerbFactors, true},
	{"rules", rulesURL, auth.VerbRules, false},
	{"macros", macrosURL, auth.VerbRules, false},
	{"protected", protectedURL, auth.VerbProtect, false},
	{"apps", appsURL, auth.VerbSettings, false},
	{"evidence", evidenceKeyURL, auth.VerbEvidence, false},
	{"approvals", policyURL, auth.VerbSettings, false},
	{"replicas", replicasURL, auth.VerbSettings, false},
	{"tokens", tokensURL, auth.VerbTokens, true},
	{"operators", operatorsURL, auth.VerbOperators, false},
	{"roles", rolesURL, auth.VerbOperators, false},
	{"access", accessURL, auth.VerbSettings, false},
	{"data", dataURL, auth.VerbPrivacy, false},
}

// settingsNav is the way between them; the page that is open is the current one.
func (s *Server) settingsNav(c *gin.Context) templates.SettingsNavView {
	ctx := c.Request.Context()
	op, _ := auth.OperatorFrom(ctx)
	here := c.Request.URL.EscapedPath()
	var v templates.SettingsNavView
	for _, p := range settingsPlaces {
		if !op.Can(p.verb) {
			continue
		}
		//i18n:uses settings.place.*
		t := templates.Tab{Text: i18n.T(ctx, "settings.place."+p.key), URL: p.url, Current: here == p.url || strings.HasPrefix(here, p.url+"/")}
		if p.own {
			v.Yours = append(v.Yours, t)
		} else {
			v.Console = append(v.Console, t)
		}
	}
	return v
}
