package templates

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"
)

// MessagesView is the messages of a group.
type MessagesView struct {
	Frame      GroupFrameView
	Filter     MessageFilterView
	Transcript TranscriptView
	Selection  SelectionView
	Rail       SenderView
	Follow     string        // where the page is told what is said; "" where nothing is told
	Newest     string        // address of the newest messages
	Coverage   *CoverageView // nil: nothing of the group is kept
	None       *EmptyView    // instead of a transcript: the service keeps no messages of such groups
	NoneLinks  []ButtonView
	SearchURL  string   // what is kept of the group can be searched there; "": nothing is
	InGroup    []string // pairs of what the address of it says
}

// MessageFilterView is the row above a transcript.
type MessageFilterView struct {
	URL  string   // of the page without a query
	Keep []string // pairs of name and value of the position and the filters that are set, for the search form
	Find string   // text that is looked for in what the service has

	SearchURL string   // what is kept of the group can be searched there; "": nothing is
	InGroup   []string // pairs of what the address of it says

	Sender  string // id; "" for all
	Name    string // of the sender
	Senders []Tab  // who speaks in the messages shown, as links; their Text is a name
	AnyURL  string // without a sender
	Kind    string // in words; "" for all
	Kinds   []Tab
	At      string // "2026-04-18T15:00", of the operator's clock
	AtText  string // in words
	Seq     string
	NoJump  string       // without a position
	KeepAt  []string     // pairs of the filters that are set, for the forms that go somewhere
	Range   *DirectRange // of a direct chat, whose messages have no numbers; nil for a group
	All     *ButtonView  // what can be done to all messages that match; nil for nothing
	Export  *ExportView  // nil: not for this operator, or a direct chat
}

// TranscriptView is a stretch of a conversation, oldest first.
type TranscriptView struct {
	Notice   *Notice // what was asked for is not there, or how far was looked
	Older    MoreView
	Newer    MoreView
	Rows     []TranscriptRow
	First    time.Time // of the first row: its day stands above it
	Start    string    // said where nothing older is kept; "" if there is more
	Range    string    // "Seq 88,201 to 88,212"; "" if nothing is shown
	UpToDate bool      // the newest message is among them
	Newest   string    // where the newest messages are
	FromEnd  bool      // the pane starts at its end
	Kept     bool      // it is read from the archive, not from the service
	Empty    *EmptyView
	Failed   *Notice // who the senders are could not be asked; the messages stand
}

// MoreView leads to further messages.
type MoreView struct {
	URL  string // "" if there are none
	Text string
	Wait bool // only on request: nothing may be there yet
}

// TranscriptRow is one line of a transcript: exactly one of its fields is set.
type TranscriptRow struct {
	Day     time.Time
	Gap     *GapRow
	Tip     *TipRow
	Message *MessageRow
}

// GapRow stands for messages that are not there any more.
type GapRow struct {
	Text string
	URL  string // of the first of them
}

// TipRow is something that the service said of the group.
type TipRow struct {
	ID   string // of the element
	Text templ.Component
	At   time.Time
	URL  string
	Raw  string // JSON
	Here bool   // it was asked for
}

// MessageRow is one message.
type MessageRow struct {
	ID        string // of the element
	Seq       string
	Tick      TickView
	SenderID  string
	Sender    string // the name card, else the name; "" shows the id
	Nick      string // the name, if the name card is another
	SenderURL string
	RailURL   string
	Role      string // as RoleChip takes it, but for plain members
	Gone      bool   // is not in the group any more
	Mute      MuteView
	At        time.Time
	URL       string // permalink
	Link      string // of the permalink, for screen readers
	Cont      bool   // goes on from the same sender's message above
	Here      bool   // it was asked for
	Read      bool   // direct chats: the other one has sent a receipt
	Priority  string // in words; "" for an ordinary one
	Quote     *QuoteView
	Body      []MessageElement
	Data      *PayloadView // the app's data beside the body
	Recalled  *RecalledView
	Changed   *ChangedView // what it said before
}

// ChangedView tells that a message was edited.
type ChangedView struct {
	Text     string // how often
	By       string // operator; "" if it was not done here
	URL      string // of the audit entry; "" if there is none to be seen
	See      bool   // this operator may read what it said before
	Versions []VersionView
}

// VersionView is what a message said from a time on, until it was edited.
type VersionView struct {
	Since time.Time
	Text  string
}

// CoverageView says how much of a group the archive has.
type CoverageView struct {
	Tone    string // of the dot
	Share   string // of the positions; "" where they do not show what is missing
	Missing string // how many are looked for; "" if none are
	Lost    string // how many cannot be had any more; "" if none are
	Kept    string // how many messages
	Text    string // since when, or why nobody can tell
	URL     string // of the messages in the archive; "" if there are none
}

// QuoteView is what a message answers to.
type QuoteView struct {
	Sender string
	Text   string
}

// RecalledView is what is left of a recalled message.
type RecalledView struct {
	By     string // operator; "" if it was not done here
	Reason string
	URL    string // of the audit entry; "" if there is none to be seen
	Kept   bool   // the service, or the archive, still tells what was said
	See    bool   // this operator may read it
}

// MessageElement is one part of what was said: one of the views below.
type MessageElement interface{ draw() templ.Component }

// TextView is written text, cut into words and links.
type TextView struct {
	Parts []TextPart
	Rest  []TextPart // of a very long text, behind a fold
	More  int        // characters in Rest
}

// TextPart is a piece of text, or a link if URL is set.
type TextPart struct{ Text, URL string }

// FaceView is a sticker of the app.
type FaceView struct{ Text string }

// PlaceView is a place on the map.
type PlaceView struct {
	Name string
	At   string // coordinates
	URL  string // of a map
}

// PayloadView is data that the console shows as it is.
type PayloadView struct {
	Icon string
	Name string // what it calls itself; "" for nothing
	Kind string // what it is, and how large
	Rows []PayloadRow
	Text string // when it is no table
	Open bool
}

// PayloadRow is one value of it.
type PayloadRow struct {
	Name  string
	Parts []TextPart
}

// PictureView is an image.
type PictureView struct {
	Media
	FullURL       string // the largest size
	Width, Height int    // of what is shown, at most 272 by 192; 0 if not known
	Alt           string
}

// SoundView is a voice message.
type SoundView struct{ Media }

// FilmView is a video.
type FilmView struct {
	Media
	PosterURL     string
	Width, Height int
}

// FileView is an attachment.
type FileView struct{ Media }

// Media is what is fetched through this console.
type Media struct {
	URL    string // "" if no address came with it
	Name   string
	Detail string // size and the like; "" for nothing
	Held   string // why it is not shown until it is asked for; "" if it is
}

// MergedView is messages that were forwarded as one.
type MergedView struct {
	Title string
	Count string
	Lines []string // a summary
	Rows  []MergedRow
	Note  string // when they are not told
}

// MergedRow is one of them.
type MergedRow struct {
	Sender string
	At     time.Time
	Body   []MessageElement
}

func (v TextView) draw() templ.Component    { return textElement(v) }
func (v FaceView) draw() templ.Component    { return faceElement(v) }
func (v PlaceView) draw() templ.Component   { return placeElement(v) }
func (v PayloadView) draw() templ.Component { return Payload(v) }
func (v PictureView) draw() templ.Component { return pictureElement(v) }
func (v SoundView) draw() templ.Component   { return soundElement(v) }
func (v FilmView) draw() templ.Component    { return filmElement(v) }
func (v FileView) draw() templ.Component    { return fileElement(v) }
func (v MergedView) draw() templ.Component  { return mergedElement(v) }

// SenderView is who said the message one is at.
type SenderView struct {
	ID       string // "": nobody yet
	Name     string
	Nick     string // if the name card is another
	URL      string
	Role     string
	Gone     bool // is not in the group any more
	Mute     MuteView
	Joined   time.Time
	Spoke    time.Time
	Failed   *Notice
	RetryURL string
	Words    []SaidView // lately, newest first
	Of       string     // how far was looked for Words
	Acts     []ActView  // what operators did to them here
	Buttons  []ButtonView
}

// SaidView is a message in few words.
type SaidView struct {
	Text string
	At   time.Time
	URL  string
}

// ActView is what an operator did.
type ActView struct {
	Text string
	By   string
	At   time.Time
	URL  string // of the entry; "" if it may not be read
}

// size are the measures of a picture, so that the page does not jump when it comes.
func size(width, height int) templ.Attributes {
	if width <= 0 || height <= 0 {
		return nil
	}
	return templ.Attributes{"width": number(int64(width)), "height": number(int64(height))}
}

func hereAttrs(here bool) templ.Attributes {
	if !here {
		return nil
	}
	return templ.Attributes{"aria-current": "true", "data-here": true}
}

func contAttrs(cont bool) templ.Attributes {
	if !cont {
		return nil
	}
	return templ.Attributes{"data-cont": true}
}

func openAttrs(open bool) templ.Attributes {
	if !open {
		return nil
	}
	return templ.Attributes{"open": true}
}

func fromEnd(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"data-from-end": true}
}

// withSender are the hidden fields of the search form: all but the text itself.
func withSender(f MessageFilterView) []string {
	if f.Sender == "" {
		return f.Keep
	}
	return append(append([]string{}, f.Keep...), "sender", f.Sender)
}

// textParts writes text as it was typed, without a space more, with its links.
func textParts(parts []TextPart) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		for _, p := range parts {
			text := templ.EscapeString(p.Text)
			if p.URL != "" {
				text = `<a href="` + templ.EscapeString(string(templ.URL(p.URL))) + `" rel="noreferrer noopener nofollow" target="_blank">` + text + `</a>`
			}
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
		}
		return nil
	})
}
