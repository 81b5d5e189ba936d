package tencent

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Region is a data centre. An app belongs to the one it was created in; another one does not know it.
type Region struct {
	Name         string
	Host, Backup string // the backup is for when the DNS of the main host fails or lies
}

// Regions lists the data centres, China first: it is the default.
//
// Source: Tencent Cloud Chat, "RESTful API Overview" (doc 34620).
func Regions() []Region {
	return []Region{
		{"china", "console.tim.qq.com", "adminapi.my-imcloud.com"},
		{"singapore", "adminapisgp.im.qcloud.com", "adminapisgp.my-imcloud.com"},
		{"seoul", "adminapikr.im.qcloud.com", "adminapikr.my-imcloud.com"},
		{"tokyo", "adminapijpn.im.qcloud.com", "adminapijpn.my-imcloud.com"},
		{"frankfurt", "adminapiger.im.qcloud.com", "adminapiger.my-imcloud.com"},
		{"mumbai", "adminapiind.im.qcloud.com", "adminapiind.my-imcloud.com"},
		{"siliconvalley", "adminapiusa.im.qcloud.com", "adminapiusa.my-imcloud.com"},
		{"jakarta", "adminapiidn.im.qcloud.com", "adminapiidn.my-imcloud.com"},
	}
}

// endpoints resolves what a configuration says to base URLs, the main one first.
func endpoints(region, main, backup string) ([]string, error) {
	if main == "" && backup != "" {
		return nil, fmt.Errorf("backup endpoint %q without an endpoint", backup)
	}
	if main == "" {
		if region == "" {
			region = "china"
		}
		all := Regions()
		i := slices.IndexFunc(all, func(r Region) bool { return r.Name == region })
		if i < 0 {
			var names []string
			for _, r := range all {
				names = append(names, r.Name)
			}
			return nil, fmt.Errorf("region %.40q is not one of %s", region, strings.Join(names, ", "))
		}
		main, backup = "https://"+all[i].Host, "https://"+all[i].Backup
	}
	var list []string
	for _, e := range []string{main, backup} {
		if e == "" {
			continue
		}
		u, err := url.Parse(e)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" ||
			strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return nil, fmt.Errorf("endpoint %.80q is not of the form https://HOST", redacted(u))
		}
		list = append(list, u.Scheme+"://"+u.Host)
	}
	return list, nil
}

// redacted is an address without the password that somebody may have put into it.
func redacted(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Redacted()
}

// rememberHost is how long the backup host is used first after the main one could not be reached.
const rememberHost = 5 * time.Minute

// hosts knows which host to try first.
type hosts struct {
	list []string

	mu    sync.Mutex
	first int
	until time.Time // from then on the main host is tried first again
}

// order returns the base URLs in the order to try them.
func (h *hosts) order(now time.Time) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first != 0 && !now.Before(h.until) {
		h.first = 0
	}
	if h.first == 0 {
		return h.list
	}
	return []string{h.list[h.first], h.list[0]}
}

// has reports whether base is one of the hosts.
func (h *hosts) has(base string) bool { return slices.Contains(h.list, base) }

// reached notes that a host was reached after those before it could not be. It reports whether that is news.
func (h *hosts) reached(base string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.Index(h.list, base)
	if i < 0 || i == h.first {
		return false
	}
	h.first, h.until = i, now.Add(rememberHost)
	return true
}
