package templates_test

import (
	"strings"
	"testing"
	"time"

	. "imdesk/web/templates"

	"imdesk/web/golden"

	"github.com/a-h/templ"
)

// spoilt is what an API could answer, or an engineer type, to spoil a page.
const spoilt = `</textarea></pre><script>alert(1)</script>"'&`

func apiRequest() APIRequestView {
	field := func(name, kind string, need bool, f FieldView) APIFieldView {
		f.Name, f.ID, f.Label = "f."+name, "f-"+name, name
		return APIFieldView{FieldView: f, Kind: kind, Need: need}
	}
	list := field("MsgBody", "list, object", true, FieldView{Rows: 2, Value: spoilt, Placeholder: `[{"MsgType": ""}]`, Error: "Line 1, column 1: “<” does not belong here."})
	list.Inside = []FactView{{Name: "MsgType", Value: "text, required"}, {Name: "MsgContent", Value: "any JSON, required"}}
	choice := field("Flag", "true or false", false, FieldView{Value: "true"})
	choice.Options = []Option{{Text: "not sent"}, {Value: "true", Text: "true"}, {Value: "false", Text: "false"}}
	return APIRequestView{
		Action: "/apps/demo/api/openim/sendmsg", Submit: "Send", Asks: true,
		Fields: []APIFieldView{
			field("To_Account", "text", true, FieldView{Value: spoilt, Hint: "User ID", Attrs: templ.Attributes{"dir": "auto", "aria-required": "true"}}),
			list,
		},
		More: []APIFieldView{choice}, MoreOpen: true,
		JSON:   APIJSONView{Action: "/apps/demo/api/openim/sendmsg", Body: "{\n  \"To_Account\": \"" + spoilt + "\"\n}", Edited: true, Error: "Line 2, column 3: “x” does not belong here."},
		Reason: FieldView{Name: "reason", ID: "api-reason", Label: "Reason", Value: spoilt, Optional: true, Attrs: templ.Attributes{"form": "api-form"}},
	}
}

func apiAnswer() APIAnswerView {
	return APIAnswerView{
		Summary: "Answered with code 10004", Code: "10004", Status: "HTTP 200 OK", Took: 12 * time.Millisecond, Request: "req-1" + spoilt,
		Words: spoilt, Entry: Link{Text: "#48207", URL: "/apps/demo/actions/48207"}, Body: "{\n  \"ErrorInfo\": \"" + spoilt + "\"\n}",
		Cut: "This is the beginning.", Download: "/apps/demo/api-answers/K7", Size: "81 B", Curl: "curl -d '" + spoilt + "' \"https://example.test\"",
		Notice: &Notice{Tone: "warn", Answer: true, Title: "The service refused.", Changed: "Nothing was changed", List: []string{spoilt}},
	}
}

func TestAPI(t *testing.T) {
	row := APIRow{Name: "sendmsg", URL: "/apps/demo/api/openim/sendmsg", Text: "Sends a message to one user", Kind: ChipView{Text: "Write", Icon: "edit", Tone: "warn"}, Rate: "200 calls a second"}
	other := APIRow{Name: "<b>", URL: "/apps/demo/api/x/%3Cb%3E", Kind: ChipView{Text: "Read", Icon: "eye"}, Rate: "1 call a second"}
	kinds := []Tab{{Text: "All", URL: "/apps/demo/api", Count: "2", Current: true}, {Text: "Reads", URL: "/apps/demo/api?kind=read", Count: "1"}}
	failed, fine := apiAnswer(), APIAnswerView{OK: true, Summary: "Accepted", Code: "0", Status: "HTTP 200 OK", Took: time.Microsecond, Entry: Link{Text: "#1", URL: "/apps/demo/actions/1"}, Focus: true}
	ask := APIAskView{
		Sheet: SheetView{
			ID: "ask", Title: "Send destroy_group", Text: "Dismisses a group", Action: "/apps/demo/api/group_open_http_svc/destroy_group",
			Hidden: []string{"confirmed", "1", "body", spoilt}, Submit: "Send to Demo", Variant: "harm-solid", Foot: "This cannot be undone", Danger: true, BackURL: "#api-request",
		},
		Effects: []EffectLine{{Tone: "warn", Text: "It is sent to " + spoilt}}, Body: spoilt,
		Name: &FieldView{Name: "name", ID: "ask-name", Label: "Type destroy_group to send it", Value: spoilt, Error: "This is not destroy_group.", Required: true},
	}
	plain := apiRequest()
	plain.Fields, plain.More, plain.Asks = nil, nil, false
	plain.JSON = APIJSONView{Action: "/x", Body: "{}", Shown: "44136fa355b3678a"}
	command := APICommandView{
		Back: Link{Text: "API", URL: "/apps/demo/api"}, Name: "destroy_group", Path: "group_open_http_svc/destroy_group", Text: "Dismisses a group",
		Chips: []ChipView{{Text: "Write", Icon: "alert", Tone: "bad", Title: "Nobody can put it back"}}, Rate: "200 calls a second",
		DocURL: "https://www.tencentcloud.com/document/product/1047/34896", Request: apiRequest(), Ask: &ask, Answer: &failed,
	}
	for name, c := range map[string]templ.Component{
		"api_list": APIList(APIListView{URL: "/apps/demo/api", Query: spoilt, Kinds: kinds, Total: "2 commands", Hidden: []string{"kind", "read"}, Services: []APIService{
			{Code: "openim", Title: "Direct chats", Rows: []APIRow{row}}, {Code: "x", Rows: []APIRow{other}},
		}}),
		"api_list_none": APIList(APIListView{URL: "/apps/demo/api", Kinds: kinds, Total: "0 commands", Empty: &EmptyView{Icon: "search", Title: "No command matches"}}),
		"api_request":   APIRequest(apiRequest()),
		"api_plain":     APIRequest(plain),
		"api_ask":       APIAskNow(ask),
		"api_none":      APIAnswer(nil),
		"api_fine":      APIAnswer(&fine),
		"api_answered":  APIAnswered(failed),
		"api_command":   APICommandPage(chrome("/apps/demo/api"), command),
	} {
		t.Run(name, func(t *testing.T) { golden.Both(t, name, c) })
	}
}

// A line for a shell that is long stands on the page once, without a button that holds it again.
func TestAPILongCurl(t *testing.T) {
	v := apiAnswer()
	v.Curl = strings.Repeat("x", 9<<10)
	if html := golden.Render(t, "en", APIAnswer(&v)); len(html) > 13<<10 {
		t.Errorf("%d bytes", len(html))
	}
}
