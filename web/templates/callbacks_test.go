package templates

import (
	"testing"
	"time"

	"imdesk/web/golden"

	"github.com/a-h/templ"
)

func TestCallbacks(t *testing.T) {
	const hostile = `<img src=x onerror="alert(1)">`
	v := CallbacksView{
		Address: "https://imdesk.example.com/callbacks/demo", Signed: true,
		Where: "Enter it in the vendor’s console.", NoDomain: true, Token: "The secret must be the same.", Answer: "Everything is let through.",
		Feed: &CallbackFeed{Groups: 12, Users: 1, Waiting: 3, Dropped: 40, Failed: 2, Last: golden.Now.Add(-time.Minute), KnownURL: "/apps/demo/groups"},
		Rows: []CallbackRow{
			{Command: "Group.CallbackBeforeSendMsg", Text: "Before a message is sent in a group", Asked: true, Count: 1284, Last: golden.Now.Add(-time.Minute)},
			{Command: hostile, Text: "Something that imdesk does not know", Count: 3, Unread: 2, Last: golden.Now.Add(-time.Hour)},
			{Command: "Push.OfflinePush", Text: "What became of a push to a device"},
		},
		Stopped: []Notice{{Tone: "warn", Title: "Push.OfflinePush does not come any more", Text: "The last one came at " + hostile}},
		Took:    []CallbackTook{{Name: "p50", Within: []string{"within 5 ms", ""}}},
		Failures: CallbackFailures{
			Kinds:     []CallbackFailureKind{{Why: "body", Text: "It could not be read", Replay: ButtonView{Text: "Replay all 2"}, Erase: ButtonView{Text: "Erase all 3", Variant: "danger"}}},
			ReplayURL: "/replay", EraseURL: "/erase", Unkept: 2,
			Rows: []CallbackFailureRow{{ID: 7, URL: "/f/7", Why: "It could not be read", Command: hostile, Error: hostile, At: golden.Now, Size: "2 KB", Whole: true}, {ID: 6, URL: "/f/6", Why: "Too large", At: golden.Now}},
		},
		Refused: []CallbackRefusal{{Text: "It is of another app", Count: 7, Last: golden.Now.Add(-time.Hour)}},
		Lines: []CallbackLine{
			{At: golden.Now, Text: "People left a group or were removed", Command: hostile, Group: &Link{Text: hostile, URL: "/g"}, Users: []Link{{Text: hostile, URL: "/u"}, {Text: "שלום", URL: "/v"}}, More: 12},
			{At: golden.Now, Text: "Something", Command: "x", Unread: true},
		},
	}
	none := CallbacksView{
		Address: "http://127.0.0.1:8080/callbacks/demo", Guessed: true, Embedded: true,
		Warning: &Notice{Tone: "warn", Title: "No callback has come", Text: "Nothing was told.", Next: "Enter the address."},
	}
	for name, c := range map[string]templ.Component{
		"callbacks": Callbacks(v), "callbacks_none": Callbacks(none),
		"callbacks_not_offered": Callbacks(CallbacksView{Empty: &EmptyView{Icon: "link", Title: "Not taken", Text: "Of others only."}}),
	} {
		t.Run(name, func(t *testing.T) { golden.HTML(t, name, c) })
	}
}

func TestCallbackFailurePage(t *testing.T) {
	v := CallbackFailureView{
		Back: Link{Text: "Callbacks", URL: "/callbacks"}, Row: CallbackFailureRow{ID: 7, Why: "It could not be read", Command: "x", Error: "no JSON", At: golden.Now, Size: "2 KB", Whole: true},
		Reason: FieldView{Name: "reason", Label: "Reason"}, BodyURL: "/f/7/body", ReplayURL: "/f/7/replay", EraseURL: "/f/7/erase",
		Open: ButtonView{Text: "Show"}, Replay: ButtonView{Text: "Replay"}, Erase: ButtonView{Text: "Erase"},
	}
	golden.HTML(t, "callback_failure", callbackFailure(v))
	v.Shown, v.Body = true, `{"Text": "<script>alert(1)</script>"}`
	golden.HTML(t, "callback_failure_body", callbackFailure(v))
}
