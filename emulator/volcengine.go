package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync/atomic"

	"imdesk/emulator/internal/demo"
	"imdesk/emulator/internal/volcengine"
)

func checkVolc(apps []VolcengineApp) error {
	seen, secrets := map[int64]bool{}, map[string]string{}
	for _, a := range apps {
		secret, known := secrets[a.AccessKey]
		switch {
		case a.AppID <= 0 || a.AppID > math.MaxInt32:
			return fmt.Errorf("AppId %d is not above 0 and within 32 bits", a.AppID)
		case seen[a.AppID]:
			return fmt.Errorf("AppId %d is listed twice", a.AppID)
		case a.AccessKey == "" || a.SecretKey == "":
			return fmt.Errorf("app %d needs an access key and its secret", a.AppID)
		case known && secret != a.SecretKey:
			return fmt.Errorf("app %d: the access key has another secret in another app", a.AppID)
		case a.MaxMembers < 0 || a.MaxConversations < 0:
			return fmt.Errorf("app %d: a limit is below 0", a.AppID)
		}
		if err := a.Callback.webhook().Check(); err != nil {
			return fmt.Errorf("app %d: %w", a.AppID, err)
		}
		seen[a.AppID], secrets[a.AccessKey] = true, a.SecretKey
	}
	return nil
}

// serveVolcApps makes the service of the other vendor. The demo is made when an app is first used: the start stays quick.
func (s *Server) serveVolcApps(c Config) {
	apps := make([]volcengine.App, len(c.Volc))
	for i, a := range c.Volc {
		apps[i] = volcengine.App{
			ID: a.AppID, AccessKey: a.AccessKey, SecretKey: a.SecretKey, StatusOK: a.StatusOK, MaxMembers: a.MaxMembers, MaxConversations: a.MaxConversations,
		}
		s.volcs = append(s.volcs, a.AppID)
	}
	s.volc = volcengine.New(s.store, apps, c.Log)
	for _, a := range c.Volc {
		s.volc.SetWebhook(a.AppID, a.Callback.webhook())
		if c.Seed == "demo" {
			s.volc.FillFirst(a.AppID, func(ctx context.Context) error { return s.fillVolc(ctx, a.AppID) })
		}
	}
	for _, name := range s.volc.Actions() {
		s.calls[name] = new(atomic.Int64)
	}
}

// fillVolc fills an app with the demo, unless it has conversations, and brings its people online.
func (s *Server) fillVolc(ctx context.Context, app int64) error {
	if err := demo.SeedVolcengine(ctx, s.store, app, volcengine.MediaBase); err != nil && !errors.Is(err, demo.ErrNotEmpty) {
		return err
	}
	for user, platforms := range demo.VolcengineOnline() {
		for _, p := range platforms {
			s.volc.SignIn(app, user, p)
		}
	}
	return nil
}

// wakeVolc fills an app before it is used, and has its people talk until ctx ends.
func (s *Server) wakeVolc(ctx context.Context, app int64, rate float64) {
	err := s.volc.Fill(ctx, app)
	if err == nil && rate > 0 {
		err = demo.Talk(ctx, volcengine.MediaBase, rate, func(ctx context.Context, said demo.Saying) (int64, error) {
			return s.volc.Say(ctx, app, volcengine.Said{
				Conversation: demo.VolcengineGroup(said.GroupID), From: demo.VolcengineUser(said.From), Type: said.Type, Content: said.Content, Platform: "Android",
			})
		})
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("emulator: demo of Volcengine IM", "app", app, "err", err)
	}
}

// allApps are those of both vendors.
func (s *Server) allApps() []int64 { return slices.Concat(s.apps, s.volcs) }

// serveVolc answers one call of Volcengine's API.
func (s *Server) serveVolc(w http.ResponseWriter, r *http.Request) {
	reply := func(a volcengine.Answer) (int, []byte) { return a.Status, a.Body }
	s.serve(w, r, vendor{
		r.URL.Query().Get("Action"), volcengine.MaxBody,
		func(r *http.Request, body []byte) (int, []byte) { return reply(s.volc.Answer(r, body)) },
		func(r *http.Request, code int) (int, []byte) { return reply(s.volc.Refuse(r, code)) },
	})
}

// VolcSay has a member of a conversation say something, as the app on his device would: mutes and blacklists count, and webhooks
// are told. It returns the MessageId.
func (s *Server) VolcSay(ctx context.Context, appID, conversation, from int64, words string) (id int64, err error) {
	content, err := json.Marshal(map[string]string{"text": words})
	if err != nil {
		return 0, fmt.Errorf("emulator: %w", err)
	}
	err = s.during(func() error {
		id, err = s.volc.Say(ctx, appID, volcengine.Said{Conversation: conversation, From: from, Content: string(content), Platform: "Android"})
		return err
	})
	return id, err
}

// VolcEnter puts users into a live group, as the app on their devices would: the API has no action for it. A banned one is an error.
func (s *Server) VolcEnter(ctx context.Context, appID, conversation int64, users ...int64) error {
	return s.during(func() error { return s.volc.Enter(ctx, appID, conversation, users...) })
}

// VolcLeave takes users out of a live group.
func (s *Server) VolcLeave(ctx context.Context, appID, conversation int64, users ...int64) error {
	return s.during(func() error { return s.volc.Leave(ctx, appID, conversation, users...) })
}

// VolcSignIn brings a user online on a platform: Android, iOS or Web.
func (s *Server) VolcSignIn(appID, user int64, platform string) { s.volc.SignIn(appID, user, platform) }

// VolcSignOut takes a user offline on a platform; "" is all of them.
func (s *Server) VolcSignOut(appID, user int64, platform string) {
	s.volc.SignOut(appID, user, platform)
}

// VolcLogIn is VolcSignIn with a token of GetAppToken, which has to be good. It returns whose it is.
func (s *Server) VolcLogIn(appID int64, token, platform string) (user int64, err error) {
	return s.volc.LogIn(appID, token, platform)
}

// wireBroadcast is a message to all users, or to those with certain tags, as JSON.
type wireBroadcast struct {
	App     int64             `json:"app"`
	AtMS    int64             `json:"at_ms"`
	Sender  int64             `json:"sender,string"`
	Type    int64             `json:"type"`
	Content string            `json:"content"`
	Ext     map[string]string `json:"ext,omitempty"`
	Life    int64             `json:"life_seconds"`
	Tags    []string          `json:"tags,omitempty"`
	AllOf   bool              `json:"all_of,omitempty"`
	Matched int64             `json:"matched"` // users selected
}

// shownBroadcasts is how many of an app are listed.
const shownBroadcasts = 100

func (s *Server) getBroadcasts(w http.ResponseWriter, r *http.Request) error {
	list := []wireBroadcast{}
	for _, app := range s.volcs {
		of, err := s.store.Read(r.Context()).Broadcasts(app, shownBroadcasts)
		if err != nil {
			return err
		}
		for _, b := range of {
			list = append(list, wireBroadcast{app, b.AtMS, b.Sender, b.Type, b.Content, b.Ext, b.LifeSeconds, b.Tags, b.AllOf, b.Matched})
		}
	}
	sendJSON(w, list)
	return nil
}
