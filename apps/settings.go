package apps

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"time"

	"imdesk/archive"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/imclient/volcengine"
	"imdesk/store"
)

// Settings are what an app is made of, but for its keys.
type Settings struct {
	Vendor imclient.Vendor `json:"-"` // these three have columns of their own
	AppID  string          `json:"-"` // SDKAppID or AppId: digits
	Title  string          `json:"-"`

	Colour         string        `json:"colour,omitempty"` // "": by position
	Administrator  string        `json:"administrator,omitempty"`
	Administrators []string      `json:"administrators,omitempty"` // more accounts that nothing is done to
	AccessKey      string        `json:"access_key,omitempty"`
	TextIDs        bool          `json:"text_ids,omitempty"`
	Region         string        `json:"region,omitempty"`
	Endpoint       string        `json:"endpoint,omitempty"`
	BackupEndpoint string        `json:"backup_endpoint,omitempty"`
	RateShare      float64       `json:"rate_share,omitempty"` // above 0 to 1
	MediaHosts     []string      `json:"media_hosts,omitempty"`
	UserFields     []string      `json:"user_fields,omitempty"`
	GroupFields    []string      `json:"group_fields,omitempty"`
	Archive        string        `json:"archive,omitempty"` // as in the configuration; "": nothing is kept
	ArchiveFor     time.Duration `json:"archive_for,omitempty"`
	ArchiveFiles   bool          `json:"archive_files,omitempty"`
	RefuseUnjudged bool          `json:"refuse_unjudged,omitempty"`
	// ArchiveGroups have a time of their own; 0: nothing of the group is kept.
	ArchiveGroups map[string]time.Duration `json:"archive_groups,omitempty"`
}

// Keys are an app's secrets. They print and marshal as nothing.
type Keys struct {
	Key           string // the app's secret key, or that of the account's access key
	CallbackToken string // "": callbacks are taken from this machine only
}

func (Keys) String() string               { return "(keys)" }
func (Keys) GoString() string             { return "(keys)" }
func (Keys) LogValue() slog.Value         { return slog.StringValue("(keys)") }
func (Keys) MarshalJSON() ([]byte, error) { return []byte(`"(keys)"`), nil }
func (k Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }
func readSettings(raw json.RawMessage, s *Settings) error {
	if err := json.Unmarshal(raw, s); err != nil {
		return fmt.Errorf("read the settings of an app: %w", err)
	}
	return nil
}

// lines are the rates of an app or an account, kept so that one client can take the place of another.
type lines struct {
	share   float64
	tencent *tencent.Rates
	volc    *volcengine.Account
}

// linesOf names what the vendor counts calls by.
func linesOf(s Settings) string {
	if s.Vendor == imclient.Volcengine {
		return "volcengine " + s.AccessKey + " " + s.Region + " " + s.Endpoint
	}
	return "tencent " + s.AppID
}

// linesFor are the lines in front of an app's rates. With another share than before they are made anew: what is under way in the
// old ones comes on top for seconds. But an account that other apps use, too, keeps the share of the first. The caller holds mu.
func (r *Registry) linesFor(name string, s Settings) (*lines, error) {
	id := linesOf(s)
	had := r.lines[id]
	if had != nil && (had.share == s.RateShare || s.Vendor == imclient.Volcengine && r.linesUsed(id, name)) {
		return had, nil
	}
	l := &lines{share: s.RateShare}
	var err error
	if s.Vendor == imclient.Volcengine {
		l.volc, err = volcengine.NewAccount(s.RateShare)
	} else {
		l.tencent, err = tencent.NewRates(s.RateShare)
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// linesUsed tells whether another app of the registry uses lines.
func (r *Registry) linesUsed(id, except string) bool {
	for name, used := range r.users {
		if used == id && name != except {
			return true
		}
	}
	return false
}

// build makes an app with its client. Nothing is called yet. The caller holds mu.
func (r *Registry) build(name string, s Settings, k Keys) (*App, error) {
	l, err := r.linesFor(name, s)
	if err != nil {
		return nil, err
	}
	a := &App{
		Name: name, Title: s.Title, Colour: s.Colour, MediaHosts: append(EndpointHost(s.Endpoint), s.MediaHosts...),
		Administrators: s.Administrators, Archive: policy(s), RefuseUnjudged: s.RefuseUnjudged,
	}
	if a.Title == "" {
		a.Title = name
	}
	switch s.Vendor {
	case imclient.Tencent:
		a.Administrators = append([]string{s.Administrator}, s.Administrators...)
		a.Callbacks = tencent.Callbacks{AppID: s.AppID, Token: k.CallbackToken}
		a.IM, err = tencent.New(tencent.Config{
			SDKAppID: s.AppID, Administrator: s.Administrator, Key: k.Key, Region: s.Region, Endpoint: s.Endpoint, BackupEndpoint: s.BackupEndpoint,
			RateShare: s.RateShare, Rates: l.tencent, UserFields: s.UserFields, GroupFields: s.GroupFields, Log: r.log, Now: r.clock,
		})
	case imclient.Volcengine:
		a.Callbacks = volcengine.Callbacks{AppID: s.AppID, Secret: k.CallbackToken}
		a.IM, err = volcengine.New(volcengine.Config{
			AppID: s.AppID, AccessKey: s.AccessKey, SecretKey: k.Key, Region: s.Region, Endpoint: s.Endpoint, Account: l.volc, TextIDs: s.TextIDs,
			Log: r.log, Now: r.clock,
		})
	default:
		err = fmt.Errorf("there is no client for vendor %q", s.Vendor)
	}
	if err != nil {
		return nil, err
	}
	r.lines[linesOf(s)] = l
	return a, nil
}

// Regions names where a vendor's apps may be, the usual place first.
func Regions(vendor imclient.Vendor) []string {
	var list []string
	if vendor == imclient.Volcengine {
		list = slices.Sorted(maps.Keys(volcengine.Regions()))
		slices.Reverse(list) // the mainland's first
		return list
	}
	for _, r := range tencent.Regions() {
		list = append(list, r.Name)
	}
	return list
}

// policy is what of an app's messages is kept.
func policy(s Settings) archive.Policy {
	p := archive.Policy{
		Groups: s.Archive == "groups" || s.Archive == "all", Direct: s.Archive == "all", For: s.ArchiveFor, Files: s.ArchiveFiles,
		ForGroups: map[string]time.Duration{},
	}
	for g, d := range s.ArchiveGroups {
		if p.ForGroups[g] = d; d == 0 {
			p.ForGroups[g] = -1
		}
	}
	return p
}

// EndpointHost is where an IM service that was given by its address, such as an emulator, keeps what users send.
func EndpointHost(endpoint string) []string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return []string{net.JoinHostPort(u.Hostname(), port)}
}

// row is what the database keeps of settings.
func (s Settings) row(name string) (store.App, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return store.App{}, fmt.Errorf("write down the settings of an app: %w", err)
	}
	return store.App{Name: name, Vendor: string(s.Vendor), AppID: s.AppID, Title: s.Title, Settings: raw}, nil
}
