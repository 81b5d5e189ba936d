package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"imdesk/auth"
	"imdesk/imclient"
	"imdesk/web/i18n"
	"imdesk/web/templates"

	"github.com/gin-gonic/gin"
)

// groupDataRoutes are the pages of what an app keeps with a group, and the forms that change it or the group itself.
func (s *Server) groupDataRoutes() []route {
	const group = "/apps/:app/groups/:group"
	return append([]route{
		{get, group + "/data", auth.VerbView, s.groupData},
		{get, group + "/topics", auth.VerbView, s.listTopics},
	}, s.formRoutes(groupForms)...)
}

// homeOf is the group that a topic is part of; of a group it is the group.
func homeOf(app *App, id string) string { return orID(app.IM.Caps.Community(id), id) }

// readGroup reads a group. A topic is its community under the topic's own id and name: so its messages are read and acted
// on like those of a group, by the same people. It costs one call, of a topic two.
func readGroup(ctx context.Context, app *App, id string) (imclient.Group, error) {
	home := homeOf(app, id)
	g, err := app.IM.Groups.Get(ctx, home)
	if err != nil || home == id {
		return g, err
	}
	t, err := app.IM.Topics.Get(ctx, id)
	if err != nil {
		return imclient.Group{}, fmt.Errorf("topic: %w", err)
	}
	g.ID, g.Name, g.Intro, g.Notice, g.MuteAll, g.Created, g.LastMessage, g.LastSeq = t.ID, t.Name, t.Intro, t.Notice, t.MuteAll, t.Created, t.LastMessage, t.LastSeq
	return g, nil
}

// topicFrame is groupFrame for a topic, which has messages and nothing else: its members are the community's.
func (s *Server) topicFrame(c *gin.Context, app *App, id, tab string) (templates.GroupFrameView, imclient.Group, error) {
	ctx := c.Request.Context()
	if tab != tabMessages {
		return templates.GroupFrameView{}, imclient.Group{}, errNoPage
	}
	g, err := readGroup(ctx, app, id)
	if err != nil {
		return templates.GroupFrameView{}, imclient.Group{}, fmt.Errorf("topic of app %s: %w", app.Name, err)
	}
	home := homeOf(app, id)
	link := func(name string) templates.Tab {
		return templates.Tab{Text: i18n.T(ctx, "groups.tab."+name), URL: groupURL(app, home, name)}
	}
	messages := templates.Tab{Text: i18n.T(ctx, "groups.tab.messages"), URL: groupURL(app, g.ID, tabMessages), Current: true}
	v := templates.GroupFrameView{
		ID: g.ID, Name: g.Name, Section: i18n.T(ctx, "groups.tab.messages"), ListURL: appURL(app, "groups"),
		Parent: &templates.Link{Text: i18n.T(ctx, "groupdata.topics.title"), URL: groupURL(app, home, tabTopics)},
		Chips:  append([]templates.ChipView{{Text: i18n.T(ctx, "groupdata.topics.column.topic"), Title: i18n.T(ctx, "groupdata.topics.about")}}, muteAllChips(ctx, g)...),
		// A topic does not say who is in it.
		Members: -1, Online: -1, Created: g.Created, Topic: true, Path: c.Request.URL.RequestURI(),
		Tabs: []templates.Tab{messages, link(tabTopics), link(tabMembers), link(tabDetails)},
		Actions: []templates.ButtonView{s.groupButton(c, app, g, auth.VerbNotice, imclient.VerbNotice, templates.ButtonView{
			Text: i18n.T(ctx, "groups.frame.notice"), Icon: "notice", URL: groupURL(app, g.ID, "notice"),
		})},
		More: s.groupMore(c, app, g),
	}
	return v, g, nil
}

func muteAllChips(ctx context.Context, g imclient.Group) []templates.ChipView {
	if g.MuteAll != imclient.On {
		return nil
	}
	return []templates.ChipView{muteAllChip(ctx)}
}

// groupData shows what the app keeps with a group. It costs the calls of groupFrame, and two at the same time: attributes
// and counters, each of which may fail by itself. For one part alone it costs that part's call and the group's.
func (s *Server) groupData(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	c.Request = c.Request.WithContext(imclient.Fresh(c.Request.Context()))
	if wantsPart(c.Request) {
		g, err := app.IM.Groups.Get(c.Request.Context(), c.Param("group"))
		if err != nil {
			return fmt.Errorf("group of app %s: %w", app.Name, err)
		}
		for _, p := range s.dataParts(c, app, g, func(id string) bool { return targets(c.Request, id) }) {
			part := templates.DataPart(p)
			return render(c, http.StatusOK, part, part)
		}
	}
	frame, g, err := s.groupFrame(c, app, tabData)
	if err != nil {
		return err
	}
	v := templates.GroupDataView{Frame: frame, Parts: s.dataParts(c, app, g, func(string) bool { return true })}
	return render(c, http.StatusOK, templates.GroupDataPage(s.chrome(c), v), nil)
}

// The parts of the page.
const (
	partFields     = "fields"
	partAttributes = "attributes"
	partCounters   = "counters"
)

// dataParts are those that are wanted, read at the same time.
func (s *Server) dataParts(c *gin.Context, app *App, g imclient.Group, wanted func(id string) bool) []templates.DataPartView {
	builders := []struct {
		id    string
		build func(*gin.Context, *App, imclient.Group) templates.DataPartView
	}{{partFields, s.fieldsPart}, {partAttributes, s.attributesPart}, {partCounters, s.countersPart}}
	parts := make([]templates.DataPartView, len(builders))
	var wg sync.WaitGroup
	for n, b := range builders {
		if wanted(b.id) {
			wg.Go(func() { parts[n] = b.build(c, app, g) })
		}
	}
	wg.Wait()
	var list []templates.DataPartView
	for _, p := range parts {
		if p.ID != "" {
			list = append(list, p)
		}
	}
	return list
}

// dataPart is the frame of one part.
func (s *Server) dataPart(c *gin.Context, app *App, g imclient.Group, id string) templates.DataPartView {
	ctx := c.Request.Context()
	//i18n:uses groupdata.part.*
	text := "groupdata.part." + id
	return templates.DataPartView{
		ID: id, Title: i18n.T(ctx, text+".title"), About: i18n.T(ctx, text+".about"), Value: i18n.T(ctx, "groupdata.column.value"),
		RetryURL: groupURL(app, g.ID, tabData),
		Empty:    &templates.EmptyView{Icon: "info", Title: i18n.T(ctx, text+".empty"), Text: i18n.T(ctx, text+".empty_text")},
	}
}

// failedPart says what is wrong with a part while the rest of the page stands.
func (s *Server) failedPart(c *gin.Context, err error) *templates.Notice {
	s.logFailure(c, err, http.StatusOK)
	p := explain(c.Request.Context(), err, false)
	return &p.notice
}

// acts are the buttons of a row: change and remove.
func (s *Server) rowActs(c *gin.Context, app *App, g imclient.Group, right auth.Verb, needs imclient.Verb, key, change, remove string) []templates.ButtonView {
	ctx := c.Request.Context()
	var list []templates.ButtonView
	for _, b := range []templates.ButtonView{
		{Label: i18n.T(ctx, "groupdata.change", "key", key), Icon: "edit", URL: change}, {Label: i18n.T(ctx, "groupdata.remove", "key", key), Icon: "trash", URL: remove},
	} {
		if b.URL == "" {
			continue
		}
		b.Variant, b.Small = "ghost", true
		list = append(list, s.groupButton(c, app, g, right, needs, b))
	}
	return list
}

func (s *Server) fieldsPart(c *gin.Context, app *App, g imclient.Group) templates.DataPartView {
	ctx := c.Request.Context()
	p := s.dataPart(c, app, g, partFields)
	p.Tools = []templates.ButtonView{s.groupButton(c, app, g, auth.VerbGroupFields, imclient.VerbEditGroup, templates.ButtonView{
		Text: i18n.T(ctx, "groupdata.edit_fields"), Icon: "edit", Small: true, URL: groupURL(app, g.ID, tabData, partFields),
	})}
	p.Caption = i18n.N(ctx, "groupdata.part.fields.caption", len(g.Custom))
	for _, f := range g.Custom {
		shown := customFact(ctx, f)
		p.Rows = append(p.Rows, templates.DataRow{Key: f.Key, Value: shown.Value, None: f.Value == ""})
	}
	if len(p.Rows) > 0 {
		p.Empty = nil
	}
	return p
}

func (s *Server) attributesPart(c *gin.Context, app *App, g imclient.Group) templates.DataPartView {
	ctx := c.Request.Context()
	p := s.dataPart(c, app, g, partAttributes)
	if p.Why = why(c, app, imclient.VerbAttributes, g.Type); p.Why != "" {
		return p
	}
	list, err := app.IM.Attributes.List(ctx, g.ID)
	if err != nil {
		p.Failed = s.failedPart(c, fmt.Errorf("attributes of a group: %w", err))
		return p
	}
	set, remove := groupURL(app, g.ID, tabData, "attribute"), groupURL(app, g.ID, tabData, "remove-attributes")
	p.Tools = []templates.ButtonView{s.groupButton(c, app, g, auth.VerbAttributes, imclient.VerbAttributes, templates.ButtonView{
		Text: i18n.T(ctx, "groupdata.add_attribute"), Icon: "plus", Small: true, URL: set,
	})}
	p.Caption = i18n.N(ctx, "groupdata.part.attributes.caption", len(list))
	limits := app.IM.Caps.Limits
	p.Foot = i18n.T(ctx, "groupdata.part.attributes.foot", "n", limits.Attributes, "key", limits.AttributeKey, "value", limits.AttributeValue)
	for _, f := range list {
		shown := customFact(ctx, f)
		p.Rows = append(p.Rows, templates.DataRow{
			Key: f.Key, Value: shown.Value, None: f.Value == "",
			Acts: s.rowActs(c, app, g, auth.VerbAttributes, imclient.VerbAttributes, f.Key,
				set+"?"+url.Values{"k": {f.Key}}.Encode(), remove+"?"+url.Values{"key_of": {f.Key}}.Encode()),
		})
	}
	if len(list) > 0 {
		p.Empty = nil
		p.Tools = append(p.Tools, s.groupButton(c, app, g, auth.VerbAttributes, imclient.VerbAttributes, templates.ButtonView{
			Text: i18n.T(ctx, "groupdata.clear_attributes"), Icon: "trash", Small: true, Variant: "harm", URL: groupURL(app, g.ID, tabData, "clear-attributes"),
		}))
	}
	return p
}

func (s *Server) countersPart(c *gin.Context, app *App, g imclient.Group) templates.DataPartView {
	ctx := c.Request.Context()
	p := s.dataPart(c, app, g, partCounters)
	p.Number = true
	if p.Why = why(c, app, imclient.VerbCounters, g.Type); p.Why != "" {
		return p
	}
	list, err := app.IM.Counters.List(ctx, g.ID)
	if err != nil {
		p.Failed = s.failedPart(c, fmt.Errorf("counters of a group: %w", err))
		return p
	}
	change, remove := groupURL(app, g.ID, tabData, "counter"), groupURL(app, g.ID, tabData, "remove-counters")
	p.Tools = []templates.ButtonView{s.groupButton(c, app, g, auth.VerbCounters, imclient.VerbCounters, templates.ButtonView{
		Text: i18n.T(ctx, "groupdata.add_counter"), Icon: "plus", Small: true, URL: change + "?how=" + counterSet,
	})}
	p.Caption = i18n.N(ctx, "groupdata.part.counters.caption", len(list))
	p.Foot = i18n.T(ctx, "groupdata.part.counters.foot", "n", app.IM.Caps.Limits.Counters)
	for _, k := range list {
		p.Rows = append(p.Rows, templates.DataRow{
			Key: k.Key, Value: i18n.Int(ctx, k.Value),
			Acts: s.rowActs(c, app, g, auth.VerbCounters, imclient.VerbCounters, k.Key,
				change+"?"+url.Values{"k": {k.Key}, "fixed": {"1"}}.Encode(), remove+"?"+url.Values{"key_of": {k.Key}}.Encode()),
		})
	}
	if len(list) > 0 {
		p.Empty = nil
	}
	return p
}

// listTopics shows the topics of a community. It costs the calls of groupFrame and one.
func (s *Server) listTopics(c *gin.Context) error {
	app, err := s.app(c)
	if err != nil {
		return err
	}
	c.Request = c.Request.WithContext(imclient.Fresh(c.Request.Context()))
	frame, g, err := s.groupFrame(c, app, tabTopics)
	if err != nil {
		return err
	}
	v := s.topicsView(c, app, g, frame)
	return render(c, http.StatusOK, templates.TopicsPage(s.chrome(c), v), templates.Topics(v))
}

func (s *Server) topicsView(c *gin.Context, app *App, g imclient.Group, frame templates.GroupFrameView) templates.TopicsView {
	ctx := c.Request.Context()
	v := templates.TopicsView{Frame: frame, RetryURL: groupURL(app, g.ID, tabTopics)}
	if v.Why = why(c, app, imclient.VerbTopics, g.Type); v.Why != "" {
		return v
	}
	if !g.Topics {
		v.Why = i18n.T(ctx, "groupdata.topics.off")
		return v
	}
	list, err := app.IM.Topics.List(ctx, g.ID)
	if err != nil {
		v.Failed = s.failedPart(c, fmt.Errorf("topics of a group: %w", err))
		return v
	}
	v.Tools = []templates.ButtonView{s.groupButton(c, app, g, auth.VerbCreateTopic, imclient.VerbTopics, templates.ButtonView{
		Text: i18n.T(ctx, "groupdata.topics.new"), Icon: "plus", Small: true, URL: groupURL(app, g.ID, tabTopics, "new"),
	})}
	v.Caption = i18n.N(ctx, "groupdata.topics.caption", len(list))
	v.Foot = i18n.T(ctx, "groupdata.topics.foot", "n", app.IM.Caps.Limits.Topics)
	for _, t := range list {
		v.Rows = append(v.Rows, s.topicRow(c, app, g, t))
	}
	if len(list) == 0 {
		v.Empty = &templates.EmptyView{Icon: "groups", Title: i18n.T(ctx, "groupdata.topics.empty"), Text: i18n.T(ctx, "groupdata.topics.empty_text")}
	}
	return v
}

func (s *Server) topicRow(c *gin.Context, app *App, g imclient.Group, t imclient.Topic) templates.TopicRow {
	ctx := c.Request.Context()
	r := templates.TopicRow{
		ID: t.ID, Name: t.Name, Intro: t.Intro, URL: groupURL(app, t.ID, tabMessages), Created: t.Created, Last: t.LastMessage,
	}
	if n, err := strconv.Atoi(t.LastSeq); err == nil {
		r.Messages = i18n.Int(ctx, n)
	}
	about := "?" + url.Values{"topic": {t.ID}}.Encode()
	mute := templates.ButtonView{Label: i18n.T(ctx, "groupdata.topics.mute", "name", t.Name), Icon: "mute", URL: groupURL(app, g.ID, tabTopics, "mute-all") + about + "&on=1"}
	if t.MuteAll == imclient.On {
		chip := muteAllChip(ctx)
		r.MuteAll = &chip
		mute.Label, mute.Icon, mute.URL = i18n.T(ctx, "groupdata.topics.unmute", "name", t.Name), "mic", groupURL(app, g.ID, tabTopics, "mute-all")+about+"&on=0"
	}
	mute.Variant, mute.Small = "ghost", true
	r.Acts = append([]templates.ButtonView{s.groupButton(c, app, g, auth.VerbEditTopic, imclient.VerbTopics, mute)},
		s.rowActs(c, app, g, auth.VerbEditTopic, imclient.VerbTopics, t.Name, groupURL(app, g.ID, tabTopics, "edit")+about, groupURL(app, g.ID, tabTopics, "delete")+about)...)
	return r
}

// notOfApp says why an act on the app's groups is not offered: because of the operator's role, or because no type of group
// has it.
func notOfApp(c *gin.Context, app *App, right auth.Verb, needs imclient.Verb) string {
	text := ""
	for _, t := range app.IM.Caps.Types {
		if text = notOffered(c, app, right, needs, t.Type); text == "" {
			return ""
		}
	}
	return text
}
