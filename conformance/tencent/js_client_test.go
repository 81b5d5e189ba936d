package conformance

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// TestJavaScript runs js/client.js, whose requests are signed by the vendor's package from npm.
func TestJavaScript(t *testing.T) {
	out, err := exec.Command("node", "js/client.js", base, fmt.Sprint(sdkAppID), admin, key).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "ok" {
		t.Fatalf("%v\n%s", err, out)
	}
}
