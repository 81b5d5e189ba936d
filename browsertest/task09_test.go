package browsertest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"imdesk/imclient"
)

// raid is a text with variations by many accounts in many groups.
type raid struct {
	groups []string
	people []string
	said   map[string][]string // seqs by group
	in     map[string][]string // people by group
}

// spam is what a raid says; i is the number of the variation.
func spam(i int) string {
	const text = "Earn 500 dollars a day from home, message me on telegram fastcash99"
	switch i % 5 {
	case 1:
		return "🔥 " + text + " 💰"
	case 2:
		return strings.Join(strings.Split(text, ""), " ")
	case 3:
		return fmt.Sprintf("%s %d", text, i*7919%1000)
	case 4:
		return strings.NewReplacer("o", "0", "e", "е").Replace(text)
	}
	return text
}

// prepareRaid makes the accounts and the groups.
func (c *console) prepareRaid(t *testing.T, people, groups int) *raid {
	t.Helper()
	r := &raid{said: map[string][]string{}, in: map[string][]string{}}
	for i := range people {
		r.people = append(r.people, fmt.Sprintf("bt_raid%03d", i))
	}
	for list := r.people; len(list) > 0; list = list[min(len(list), 100):] {
		c.must(t, "im_open_login_svc/multiaccount_import", map[string]any{"Accounts": list[:min(len(list), 100)]})
	}
	c.must(t, "im_open_login_svc/account_import", map[string]any{"UserID": "bt_olga", "Nick": "Olga"})
	for g := range groups {
		id := fmt.Sprintf("bt-raid-%02d", g)
		var members []map[string]any
		for i := g; i < people; i += groups {
			r.in[id] = append(r.in[id], r.people[i])
			members = append(members, map[string]any{"Member_Account": r.people[i]})
		}
		c.must(t, "group_open_http_svc/import_group", map[string]any{
			"Type": "Public", "Name": fmt.Sprintf("Raid %02d", g), "GroupId": id, "Owner_Account": "bt_olga", "CreateTime": time.Now().Add(-24 * time.Hour).Unix(), "ApplyJoinOption": "NeedPermission",
		})
		c.must(t, "group_open_http_svc/import_group_member", map[string]any{"GroupId": id, "MemberList": members})
		r.groups = append(r.groups, id)
	}
	return r
}

// strike has everybody say it.
func (r *raid) strike(t *testing.T, c *console) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	for w := range 8 {
		all.Go(func() {
			for i := w; i < len(r.people); i += 8 {
				g := r.groups[i%len(r.groups)]
				seq := c.say(t, g, r.people[i], spam(i))
				mu.Lock()
				r.said[g] = append(r.said[g], seq)
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

// Task 9: a raid of 300 accounts with one text in 40 groups is noticed in 5 seconds, cleaned up with two keys, and taken back by one.
func TestTaskRaid(t *testing.T) {
	c := demo(t)
	r := c.prepareRaid(t, 300, 40)
	p := c.as(t, "lead", how{}).visit("/queue?source=wave").see("Queue")
	begun := time.Now()
	struck := make(chan struct{})
	go func() { defer close(struck); r.strike(t, c) }()
	p.see("Wave: many say the same")
	t.Logf("noticed %s after the first message was sent", time.Since(begun).Round(time.Millisecond))
	<-struck
	p.visit("/queue?source=wave").see("Earn 500 dollars", "300", "Still growing")
	task := p.task("clean up a raid", 2)
	p.press("R").sheet().see("300 messages by 300 senders in 40 groups", "Recall 300 messages", "Mute 300 senders", "Tighten 40 groups")
	p.press(kb.Enter, ctrl).see("What was done about the wave")
	task.lap("begun")
	p.wait(`document.querySelectorAll("#wave-report .wave-lines li").length === 3 && document.querySelector("#wave-report").innerText.match(/300 of 300 done/g)?.length === 2`)
	p.see("40 of 40 done")
	task.done()

	for _, g := range []string{r.groups[0], r.groups[17], r.groups[39]} {
		for _, seq := range r.said[g] {
			if got := c.state(t, g, seq); got != imclient.MessageRecalled {
				t.Errorf("message %s of %s: %v", seq, g, got)
			}
		}
		for _, u := range r.in[g] {
			c.wantMuted(t, g, u, 24*time.Hour)
		}
		if got := c.joining(t, g); got != "DisableApply" {
			t.Errorf("%s is joined by %s", g, got)
		}
	}
	p.press("z").see("had it taken back", "taken back: 300 of 300", "taken back: 40 of 40")
	for _, g := range []string{r.groups[0], r.groups[17], r.groups[39]} {
		for _, u := range r.in[g] {
			c.wantMuted(t, g, u, 0)
		}
		if got := c.joining(t, g); got != "NeedPermission" {
			t.Errorf("%s is joined by %s", g, got)
		}
		if got := c.state(t, g, r.said[g][0]); got != imclient.MessageRecalled {
			t.Errorf("a recall was taken back: %v", got)
		}
	}
}

// joining is how a group is joined, as the service says.
func (c *console) joining(t *testing.T, group string) string {
	t.Helper()
	answer := c.must(t, "group_open_http_svc/get_group_info", map[string]any{"GroupIdList": []string{group}})
	list, _ := answer["GroupInfo"].([]any)
	if len(list) != 1 {
		t.Fatalf("%s: %v", group, answer)
	}
	one, _ := list[0].(map[string]any)
	option, _ := one["ApplyJoinOption"].(string)
	return option
}
