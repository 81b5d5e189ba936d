package templates

import (
	"context"
	"time"

	"imdesk/web/i18n"
)

// GroupFrameView is what stands around every page of one group: who it is, its sections, and what can be done to it.
type GroupFrameView struct {
	ID         string
	Name       string // "" shows the id
	Section    string // name of the section that is open, for the window's title
	ListURL    string // the list of groups
	Parent     *Link  // of a topic: the list that it stands in
	Topic      bool   // it is a topic of a community: nobody owns or pins it
	Chips      []ChipView
	Members    int // -1: not known
	MaxMembers int // 0: not known
	Online     int // -1: not known
	OwnerID    string
	OwnerName  string
	OwnerURL   string // "": the group has no owner
	Created    time.Time
	Tabs       []Tab
	Pinned     bool
	PinURL     string       // POST with id, on and return
	Path       string       // of this page, where pinning leads back to
	Actions    []ButtonView // at the end of the head
	More       []ButtonView // behind the three dots
}

// Page is what the layout has to know. fixed: panes that scroll by themselves fill the window.
func (v GroupFrameView) Page(fixed bool) PageView {
	return PageView{Title: orElse(v.Name, v.ID) + " · " + v.Section, Where: orElse(v.Name, v.ID), Fixed: fixed}
}

// pinButton pins or unpins the group.
func pinButton(ctx context.Context, v GroupFrameView) ButtonView {
	b := ButtonView{Icon: "star", Variant: "ghost", Small: true, Pressed: "false", Text: i18n.T(ctx, "groups.frame.pin")}
	if v.Pinned {
		b.Pressed, b.Text = "true", i18n.T(ctx, "groups.frame.pinned")
	}
	return b
}

// crumbs are the way to the group.
func (v GroupFrameView) crumbs(ctx context.Context) []Link {
	list := []Link{{Text: i18n.T(ctx, "groups.title"), URL: v.ListURL}}
	if v.Parent != nil {
		list = append(list, *v.Parent)
	}
	return append(list, Link{Text: orElse(v.Name, v.ID), Name: true})
}

func pinValue(pinned bool) string {
	if pinned {
		return "0"
	}
	return "1"
}
