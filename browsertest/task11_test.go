package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// Task 11: "why am I muted?" is also answered by sending the answer: Ctrl-K, the id, Enter and one key.
func TestTaskWhyMutedSent(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Task 11, sent", "bt_olga:Olga", "bt_twelve:Twelve")
	c.must(t, "group_open_http_svc/forbid_send_msg", map[string]any{"GroupId": g, "Members_Account": []string{"bt_twelve"}, "MuteTime": 3600})
	p := c.as(t, "support", how{}).visit("/").see("Overview")
	task := p.task("why am I muted, sent", 4)
	p.press("k", ctrl).types("bt_twelve").press(kb.Enter)
	p.see("You cannot write in the group “Task 11, sent” until").press("s").toast("Told Twelve why writing does not work")
	task.done()
	said := c.must(t, "openim/admin_getroammsg", map[string]any{"Operator_Account": "administrator", "Peer_Account": "bt_twelve", "MaxCnt": 10, "MinTime": 0, "MaxTime": 4_000_000_000})
	if !strings.Contains(fmt.Sprint(said), "Task 11, sent") {
		t.Errorf("what the user got: %v", said)
	}
}
