package handlers

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"imdesk/imclient"
	"imdesk/live"
	"imdesk/store"

	"github.com/gin-gonic/gin"
)

// changeEach is how often a page is told at most that its group has changed: it then reads it anew.
const changeEach = time.Second

// GroupChanged names a group in events of what changed in it.
func GroupChanged(app, group string) string { return app + "\n" + group }

// noteChange tells who looks at a group that something of it changed, if an event says so.
func (s *Server) noteChange(app *App, e imclient.Event) {
	kind := string(e.Kind)
	of, what, _ := strings.Cut(kind, ".")
	if e.Group == "" || strings.HasPrefix(what, "ask_") || of != "member" && of != "group" && of != "topic" {
		return
	}
	s.Changes.Publish(store.TopicGroup, GroupChanged(app.Name, e.Group))
}

// followURL is where a group's page is told what happens in it; "" where nothing is told.
func (s *Server) followURL(app *App, group string) string {
	if s.Live == nil || s.Events == nil {
		return ""
	}
	return groupURL(app, group, "stream") + "?after=" + strconv.FormatInt(s.Live.Now().N, 10)
}

// groupStream tells a group's page how much was said, and that something has changed, for as long as it is open.
func (s *Server) groupStream(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	if s.Events == nil {
		return errNoPage
	}
	st, leave, err := s.openStream(c)
	if st == nil {
		return err
	}
	defer leave()
	place := store.Conversation{App: app.Name, Group: c.Param("group")}
	if err := s.follow(st, place); err != nil && !errors.Is(err, errStreamOver) && c.Request.Context().Err() == nil {
		return errGone{err}
	}
	return nil
}

func (s *Server) follow(st *stream, place store.Conversation) error {
	ctx, stop := context.WithCancel(st.c.Request.Context())
	defer stop()
	changes := s.Events.Subscribe(ctx, store.TopicGroup)
	p, missing, err := s.streamFrom(st.c)
	if err != nil {
		return err
	}
	var changed, changedAt = missing > 0, time.Time{}
	if err := st.send(eventID(p.N, s.Now()), "beat", nil); err != nil {
		return err
	}
	tick := time.NewTicker(streamTick)
	defer tick.Stop()
	name := GroupChanged(place.App, place.Group)
	for {
		looked := time.Now()
		next, said, more, err := s.saidSince(ctx, p, place)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			s.Log.WarnContext(ctx, "read what is said", "reference", referenceOf(ctx), "error", err)
		}
		p = next
		for waiting := true; waiting; {
			select {
			case e, open := <-changes:
				if !open {
					return st.stop()
				}
				changed = changed || e.ID == name || e.ID == ""
			default:
				waiting = false
			}
		}
		id := eventID(p.N, s.Now())
		err = nil
		if said > 0 {
			err = st.send(id, "said", []byte(strconv.Itoa(said)))
		}
		if err == nil && changed && time.Since(changedAt) >= changeEach {
			changed, changedAt = false, time.Now()
			err = st.send(id, "changed", nil)
		}
		if err == nil && time.Since(st.last) >= streamBeat {
			err = st.send(id, "beat", nil)
		}
		if err == nil {
			err = st.check(id)
		}
		if err == nil {
			err = st.wait(more, tick.C, looked)
		}
		if err != nil {
			return err
		}
	}
}

// saidSince counts what was said in a place.
func (s *Server) saidSince(ctx context.Context, p live.Position, place store.Conversation) (next live.Position, said int, more <-chan struct{}, err error) {
	for more == nil {
		var lines []*live.Line
		if lines, p, more, err = s.Live.Next(ctx, p); err != nil {
			return p, said, nil, err
		}
		for _, l := range lines {
			if l.Message.Place == place && l.Kind == store.ArrivalSaid {
				said++
			}
		}
	}
	return p, said, more, nil
}

// freshHeader is sent by app.js where a page is read anew because it was told of a change.
const freshHeader = "Imdesk-Fresh"

// freshened has the service asked anew, and not what is kept for seconds, where a page was told that something changed.
func freshened(c *gin.Context) {
	if wantsPart(c.Request) && c.GetHeader(freshHeader) != "" {
		c.Request = c.Request.WithContext(imclient.Fresh(c.Request.Context()))
	}
}
