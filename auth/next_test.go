package auth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestSafeNext(t *testing.T) {
	for _, tt := range []struct{ name, next, want string }{
		{"start", "/", "/"},
		{"page", "/apps/demo/groups", "/apps/demo/groups"},
		{"filters", "/audit?action=member.mute&user=%2F%2Fx", "/audit?action=member.mute&user=%2F%2Fx"},
		{"group id", "/apps/demo/groups/@TGS%232C5/messages", "/apps/demo/groups/@TGS%232C5/messages"},
		{"id with a slash", "/apps/demo/groups/a%2Fb", "/apps/demo/groups/a%2Fb"},
		{"id with two slashes", "/apps/demo/groups/%2F%2Fb", "/apps/demo/groups/%2F%2Fb"},
		{"id with a percent sign", "/apps/demo/users/100%25", "/apps/demo/users/100%25"},
		{"id in Chinese", "/apps/demo/users/林", "/apps/demo/users/%E6%9E%97"},
		{"fragment", "/audit#7", "/audit"},

		{"nothing", "", "/"},
		{"relative", "audit", "/"},
		{"another host", "https://evil.example/", "/"},
		{"another host without scheme", "//evil.example/", "/"},
		{"three slashes", "///evil.example", "/"},
		{"backslash", `/\evil.example`, "/"},
		{"two backslashes", `\\evil.example`, "/"},
		{"backslash later", `/a\b`, "/"},
		{"encoded slash", "/%2Fevil.example", "/"},
		{"encoded slash, small", "/%2fevil.example", "/"},
		{"encoded backslash", "/%5Cevil.example", "/"},
		{"encoded twice", "/%252Fevil.example", "/"},
		{"encoded backslash twice", "/%255cevil.example", "/"},
		{"tab", "/\t/evil.example", "/"},
		{"encoded tab", "/%09/evil.example", "/"},
		{"line end", "/\n/evil.example", "/"},
		{"leading space", " //evil.example", "/"},
		{"up and out", "/..//evil.example", "/"},
		{"encoded dots", "/%2e%2e//evil.example", "/"},
		{"dot", "/.//evil.example", "/"},
		{"script", "javascript:alert(1)", "/"},
		{"data", "data:text/html,x", "/"},
		{"user", "/@evil.example", "/@evil.example"}, // a path like any other
		{"header", "/a\r\nSet-Cookie: x=y", "/"},
		{"not UTF-8", "/\xff", "/"},
		{"bad escape", "/%zz", "/"},
		{"in circles", "/login?next=/login", "/"},
		{"in circles, encoded", "/logi%6E", "/"},
		{"out again", "/logout", "/"},
		{"too long", "/" + strings.Repeat("a", maxNext), "/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := SafeNext(tt.next)
			if got != tt.want {
				t.Errorf("SafeNext(%q) = %q, want %q", tt.next, got, tt.want)
			}
			if again := SafeNext(got); again != got {
				t.Errorf("SafeNext(%q) = %q: not the same again", got, again)
			}
		})
	}
}

func FuzzSafeNext(f *testing.F) {
	for _, s := range []string{"/", "/a?b=c#d", "//x", `/\x`, "/%2f/x", "/%255cx", "/\t/x", "https://x", "/..//x", "/a%2Fb", "/林"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := SafeNext(next)
		// What a browser makes of it: it drops tabs and line ends, and takes a backslash for a slash.
		seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(got)
		if !strings.HasPrefix(seen, "/") || strings.HasPrefix(seen, "//") {
			t.Fatalf("SafeNext(%q) = %q leads elsewhere", next, got)
		}
		base, _ := url.Parse("https://console.example/login")
		u, err := base.Parse(got)
		if err != nil || u.Host != "console.example" || u.Scheme != "https" || u.User != nil {
			t.Fatalf("SafeNext(%q) = %q is %v, %v", next, got, u, err)
		}
		// What net/http sends to the browser.
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest(http.MethodPost, "/login", nil), got, http.StatusSeeOther)
		if to := w.Header().Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
			t.Fatalf("SafeNext(%q) = %q is sent as %q", next, got, to)
		}
		if again := SafeNext(got); again != got {
			t.Fatalf("SafeNext(%q) = %q, and again %q", next, got, again)
		}
	})
}
