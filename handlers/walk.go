package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/jobs"
	"imdesk/store"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// walkMosts are how many users a search may look through.
var walkMosts = []int{1_000, 10_000, jobs.MaxWalkUsers}

// walkForm is what was typed into the form of a search, and what is wrong with it.
type walkForm struct {
	starts, most           string
	members                bool
	wrongStarts, wrongMost string
	key                    string
}

// startWalk has the users' conversations looked through for more groups.
func (s *Server) startWalk(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	if app.Lists() || s.Jobs == nil {
		return seeOther(c, appURL(app, "groups"))
	}
	v, err := form(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	f := walkForm{starts: strings.TrimSpace(lines(v.Get("starts"))), most: v.Get("most"), members: v.Get("members") != "", key: formKey(v)}
	starts, _ := distinctIDs(splitIDs(f.starts))
	most, err := strconv.Atoi(f.most)
	last, left, readErr := s.lastWalk(ctx, app)
	switch {
	case readErr != nil:
		return readErr
	case err != nil || !slices.Contains(walkMosts, most):
		f.wrongMost = i18n.T(ctx, "directory.walk.most_wrong")
	case len(starts) > jobs.MaxWalkStarts:
		f.wrongStarts = i18n.T(ctx, "action.invalid.too_many", "n", len(starts), "limit", jobs.MaxWalkStarts)
	case slices.ContainsFunc(starts, func(id string) bool { return len(id) > maxFind }):
		f.wrongStarts = i18n.T(ctx, "action.invalid.id", "id", clip(slices.MaxFunc(starts, func(a, b string) int { return len(a) - len(b) }), maxFind))
	case len(starts) == 0 && left.Known == 0:
		f.wrongStarts = i18n.T(ctx, "directory.walk.nobody")
	case last != nil && !last.State.Ended():
		f.wrongStarts = i18n.T(ctx, "directory.walk.running")
	}
	if f.wrongStarts != "" || f.wrongMost != "" {
		return s.renderKnown(c, app, http.StatusUnprocessableEntity, knownForm{walk: f})
	}
	params, err := json.Marshal(jobs.Walk{Start: starts, Most: most, Members: f.members})
	if err != nil {
		return fmt.Errorf("write down a search for groups: %w", err)
	}
	if _, err := s.Jobs.Start(ctx, s.actor(c), app.Target(), jobs.Spec{Kind: jobs.FindGroups, Params: params}, f.key); err != nil {
		return err
	}
	return s.answer(c, http.StatusOK, templates.Toast{Text: i18n.T(ctx, "directory.walk.started")}, knownURL(app))
}

// lastWalk returns the last search in an app, nil if there was none, and what there is to be looked through since.
func (s *Server) lastWalk(ctx context.Context, app *App) (*store.Job, store.WalkLeft, error) {
	list, err := s.Jobs.List(ctx, store.JobFilter{App: app.Name, Kind: jobs.FindGroups}, 0, 1)
	if err != nil {
		return nil, store.WalkLeft{}, fmt.Errorf("searches for groups of app %s: %w", app.Name, err)
	}
	since := s.Now()
	var last *store.Job
	if len(list) > 0 {
		if last = &list[0]; !last.State.Ended() {
			since = last.Created
		}
	}
	left, err := s.Store.Directory.WalkLeft(ctx, app.Name, since)
	return last, left, err
}

// walkView is the search's part of the page of known groups; nil if nobody runs jobs. It costs five queries.
func (s *Server) walkView(c *gin.Context, app *App, f walkForm) (*templates.WalkView, error) {
	if s.Jobs == nil {
		return nil, nil
	}
	ctx := c.Request.Context()
	last, left, err := s.lastWalk(ctx, app)
	if err != nil {
		return nil, err
	}
	never, err := s.Store.Directory.WalkLeft(ctx, app.Name, time.UnixMilli(1))
	if err != nil {
		return nil, err
	}
	v := &templates.WalkView{
		Action: knownURL(app) + "/walk", Key: f.key, Members: f.members,
		Users: i18n.N(ctx, "directory.walk.users", left.Known, "left", i18n.Int(ctx, never.Users)),
		Starts: templates.FieldView{
			Name: "starts", Label: i18n.T(ctx, "directory.walk.starts"), Value: f.starts, Rows: 3, Error: f.wrongStarts, Optional: left.Known > 0,
			Hint: i18n.T(ctx, "directory.walk.starts_hint", "limit", jobs.MaxWalkStarts), Attrs: map[string]any{"spellcheck": "false"},
		},
		Most: templates.FieldView{
			Name: "most", Label: i18n.T(ctx, "directory.walk.most"), Value: f.most, Error: f.wrongMost, Hint: i18n.T(ctx, "directory.walk.most_hint"),
		},
		Submit: templates.ButtonView{
			Type: "submit", Text: i18n.T(ctx, "directory.walk.submit"), Icon: "search",
			Why: notOfApp(c, app, auth.VerbFind, imclient.VerbUserGroups),
		},
	}
	if v.Submit.Why == "" {
		v.Submit.Why = notOfApp(c, app, auth.VerbBulk, imclient.VerbUserGroups)
	}
	for _, n := range walkMosts {
		v.Mosts = append(v.Mosts, templates.Option{Value: strconv.Itoa(n), Text: i18n.N(ctx, "directory.walk.most_option", n)})
	}
	if last != nil {
		v.Now, err = s.walkNow(ctx, app, *last, left)
	}
	return v, err
}

// walkNow is how far a search is, or what came of it.
func (s *Server) walkNow(ctx context.Context, app *App, j store.Job, left store.WalkLeft) (*templates.WalkNow, error) {
	until := j.Ended
	if until.IsZero() {
		until = s.Now()
	}
	fresh, err := s.Store.Directory.CountNew(ctx, app.Name, j.Created, until)
	if err != nil {
		return nil, err
	}
	//i18n:uses directory.walk.state.*
	w := &templates.WalkNow{
		URL: "/jobs/" + strconv.FormatInt(j.ID, 10), Title: i18n.T(ctx, "directory.walk.job", "n", j.ID), Began: j.Created,
		State: templates.ChipView{Text: i18n.T(ctx, "directory.walk.state."+string(walkState(j))), Tone: walkTone(j)},
	}
	if j.State.Ended() {
		w.Lines = []string{i18n.T(ctx, "directory.walk.result", "found", i18n.Int(ctx, j.Counts.Done), "new", i18n.Int(ctx, fresh), "gone", i18n.Int(ctx, j.Counts.Refused))}
		return w, nil
	}
	w.Reload = knownURL(app)
	if st, is := jobs.WalkOf(j); is && !st.Checking {
		w.Lines = append(w.Lines, i18n.N(ctx, "directory.walk.looked", st.Users, "left", i18n.Int(ctx, left.Users)))
	}
	if j.Counts.Total > 0 {
		w.Lines = append(w.Lines, i18n.T(ctx, "directory.walk.checked", "n", i18n.Int(ctx, j.Counts.Total-j.Counts.Waiting()), "total", i18n.Int(ctx, j.Counts.Total)))
	}
	w.Lines = append(w.Lines, i18n.N(ctx, "directory.walk.new", fresh))
	return w, nil
}

// walkState is a job's state; one that is being made waits.
func walkState(j store.Job) store.JobState {
	if j.State == store.JobMaking {
		return store.JobReady
	}
	return j.State
}

func walkTone(j store.Job) string {
	switch j.State {
	case store.JobDone:
		return "ok"
	case store.JobStopped:
		return "bad"
	case store.JobPaused:
		return "warn"
	case store.JobRunning:
		return "accent"
	}
	return "plain"
}
