package handlers

import (
	"fmt"
	"net/http"

	"imdesk/auth"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

const replicasURL = "/settings/replicas"

func (s *Server) replicaRoutes() []route {
	return []route{{get, replicasURL, auth.VerbSettings, s.showReplicas}}
}

// showReplicas says which consoles share the database, and what part of each service's rates each of them uses.
func (s *Server) showReplicas(c *gin.Context) error {
	v := templates.ReplicasView{Here: s.Version}
	if s.Replicas != nil {
		list, err := s.Replicas.List(c.Request.Context())
		if err != nil {
			return fmt.Errorf("list replicas: %w", err)
		}
		for _, r := range list {
			v.Rows = append(v.Rows, s.replicaRow(c, r))
		}
	}
	return render(c, http.StatusOK, templates.ReplicasPage(s.chrome(c), s.settingsNav(c), v), nil)
}

func (s *Server) replicaRow(c *gin.Context, r store.Replica) templates.ReplicaRow {
	row := templates.ReplicaRow{
		Name: r.Name, Version: r.Version, Started: r.Started, Seen: r.Seen, Here: r.ID == s.Replicas.ID(), Other: r.Version != s.Version,
	}
	shown := map[string]bool{}
	for _, a := range s.Apps.All() {
		share, has := r.Shares[a.IM.Pool]
		if !has || a.Embedded || shown[a.IM.Pool] { // apps of one account share its rates
			continue
		}
		shown[a.IM.Pool] = true
		row.Shares = append(row.Shares, i18n.T(c.Request.Context(), "replicas.share_of", "app", a.Title, "percent", fmt.Sprintf("%.0f", 100*share.Part)))
	}
	return row
}
