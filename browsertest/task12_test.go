package browsertest

import (
	"archive/zip"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"imdesk/store"

	cdp "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Task 12: the evidence of a case for legal takes one key, and what the browser has then checks without the console.
func TestTaskEvidence(t *testing.T) {
	c := demo(t)
	g := c.group(t, "Task 12", "bt_olga:Olga", "bt_legal:Lee")
	c.say(t, g, "bt_olga", "before it")
	seq := c.say(t, g, "bt_legal", "I know where you live")
	c.say(t, g, "bt_olga", "after it")
	p := c.as(t, "lead", how{})
	p.visit(groupPath(g, "messages")).click(row(seq) + " [data-tick]").press("q").toast("Put 1 message into the queue")
	list, err := c.db.Cases.List(context.Background(), store.CaseFilter{Apps: []string{"demo"}, Sender: "bt_legal", Open: true}, 0, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("the queue has %+v: %v", list, err)
	}
	dir := t.TempDir()
	command(p, cdp.SetDownloadBehavior, cdp.SetDownloadBehaviorParams{
		Behavior: cdp.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	})
	p.visit(fmt.Sprintf("/queue?case=%d", list[0].ID)).see("I know where you live", "Evidence archive")
	p.wait(`document.querySelector(".evidence-line").innerText.includes("frozen")`)

	task := p.task("the evidence of a case, signed", 1)
	p.press("x")
	var files []string
	for deadline := time.Now().Add(patience); len(files) == 0 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		files, _ = filepath.Glob(filepath.Join(dir, "case-*.zip"))
	}
	if len(files) != 1 {
		t.Fatalf("nothing came: %v", files)
	}
	task.done()
	z, err := zip.OpenReader(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, name := range []string{"case.html", "case.json", "MANIFEST.sha256", "MANIFEST.sha256.sig", "public-key.pem", "README.txt"} {
		if !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == name }) {
			t.Errorf("%s is not in it", name)
		}
	}
	check := exec.Command("sh", "-c", "unzip -q "+files[0]+" && sha256sum -c MANIFEST.sha256 && openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in MANIFEST.sha256 -sigfile MANIFEST.sha256.sig")
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("the archive does not check: %v\n%s", err, out)
	}
	// The page stands, and so do its keys.
	p.see("I know where you live").press("?").see("Keyboard shortcuts").press(kb.Escape)
}
