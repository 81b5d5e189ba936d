package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"imdesk/actions"
	"imdesk/approvals"
	"imdesk/apps"
	"imdesk/archive"
	"imdesk/auth"
	"imdesk/callbacks"
	"imdesk/cases"
	"imdesk/config"
	"imdesk/directory"
	"imdesk/emulator"
	"imdesk/events"
	"imdesk/evidence"
	"imdesk/handlers"
	"imdesk/imclient"
	"imdesk/imclient/tencent"
	"imdesk/imclient/volcengine"
	"imdesk/live"
	"imdesk/secrets"
	"imdesk/store"
	"imdesk/waves"
	"imdesk/web/i18n"
)

// How long the console takes to answer what it has begun when it is told to stop.
const drain = 10 * time.Second

// What the embedded emulator's app is called.
const (
	embeddedName  = "demo"
	embeddedAppID = 1400000001
	embeddedAdmin = "administrator"

	embeddedVolcID   = 900001 // AppId of the app of Volcengine IM beside it
	embeddedVolcName = "study"
	embeddedVolcKey  = "AKLTembedded"
)

// embeddedFields are the fields of its own that the demo's app has in profiles.
var embeddedFields = []string{"VIP", "City"}

func serve(ctx context.Context, args []string, std streams) error {
	f := newFlags("serve", std)
	opts := configFlags(f)
	listen := f.String("listen", "", "address to listen on, such as 127.0.0.1:8080")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("serve takes no argument %q", rest[0])
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	if *listen != "" {
		if c.Listen = *listen; !validListen(c.Listen) {
			return usagef("--listen %q is no address to listen on; such as 127.0.0.1:8080", c.Listen)
		}
	}
	return serveConsole(ctx, c, std)
}

func validListen(s string) bool {
	_, port, err := net.SplitHostPort(s)
	return err == nil && port != ""
}

// configOptions are the flags that several commands share.
type configOptions struct{ file, data *string }

type flagSet interface {
	String(name, value, usage string) *string
}

func configFlags(f flagSet) configOptions {
	return configOptions{
		file: f.String("config", "", "configuration file; without one the console runs on the emulator"),
		data: f.String("data", "", "folder for the database (default ./imdesk-data)"),
	}
}

func (o configOptions) load() (config.Config, error) {
	c, err := config.Load(*o.file)
	if err != nil {
		return c, usageError{err.Error()}
	}
	if *o.data != "" {
		c.Data = *o.data
	}
	return c, nil
}

func newLog(c config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// serveConsole runs the console until ctx ends, then answers what it has begun.
func serveConsole(ctx context.Context, c config.Config, std streams) (err error) {
	started := time.Now()
	log := newLog(c.Log, std.err)
	if err := prepareData(c.Data); err != nil {
		return err
	}
	// The port is taken before anything is made, so that a second start says so and touches nothing.
	listener, err := listenOn(ctx, c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	ring, err := openSecrets(ctx, c, st)
	if err != nil {
		return err
	}
	signIn, err := newAuth(c, st, ring, consoleURL(c, listener), log)
	if err != nil {
		return err
	}
	first, err := makeFirst(ctx, signIn)
	if err != nil {
		return err
	}
	list, em, stopApps, err := openApps(ctx, c, st, ring, log)
	if err != nil {
		return err
	}
	defer stopApps()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	hub, err := events.New(ctx, st.Events, log)
	if err != nil {
		return err
	}
	member, leave, err := joinReplicas(ctx, c, st, listener.Addr().String(), changesOf(ctx, hub), log)
	if err != nil {
		return err
	}
	defer leave()
	shareRates(member, list)
	unfilled := make(chan error, 1)
	filled := fillBehind(ctx, em, func(err error) { unfilled <- err; stop() })
	ready := &readiness{filled: filled, member: member}
	changes := events.NewSoon(st.Events, log)
	act := &actions.Service{Audit: st.Audit, Log: log}
	defer act.Close()
	if err := finishLeftovers(ctx, st, member, started, log); err != nil {
		return err
	}
	watched, err := live.New(ctx, st.Arrivals, log, time.Now)
	if err != nil {
		return err
	}
	feed := callbacks.NewFeed(st.Directory, log, nil)
	meter := callbacks.NewMeter(st.Callbacks, log, nil)
	said := &archive.Keeper{
		Store: st.Archive, Policies: archivePolicies(list), Spool: filepath.Join(c.Data, "spool.jsonl"), Log: log, Services: servicesOf(list), Name: rand.Text(),
		Marks: st.Once,
	}
	act.Watch = archiveWatch{said, log}
	register := newSanctions(c.Jobs, st, act, list, changes, said.Name, log)
	act.After = func(app actions.App, r actions.Result) {
		register.Done(r)
		if r.Group != "" {
			changes.Publish(store.TopicGroup, handlers.GroupChanged(app.ID, r.Group))
		}
	}
	judge, err := newRules(ctx, st, act, list, log)
	if err != nil {
		return err
	}
	work := newJobs(c.Jobs, st, act, signIn, list, log)
	guard := &approvals.Service{
		Store: st, Actions: act, Log: log, Carriers: map[string]approvals.Carrier{actions.AttemptJob: approvals.JobCarrier{Jobs: work}},
	}
	act.Guard = guard
	queue := &cases.Service{Store: st.Cases, Archive: st.Archive, Audit: st.Audit, Policy: st.Policies, Actions: act, Log: log}
	judge.Flag = queue.Flag
	frozen, err := newEvidence(ctx, st, ring, log)
	if err != nil {
		return err
	}
	waved := newWaves(st, act, work, queue, list, log)
	guard.Carriers[waves.AttemptWave] = waveCarrier{approvals.JobCarrier{Jobs: work}, waved}
	handler, err := handlers.New(handlers.Options{
		Apps: list, Store: st, Auth: signIn, Actions: act, Approvals: guard, Cases: queue, Evidence: frozen, Jobs: work, Events: hub, Log: log, Zone: zone(c), Language: i18n.Lang(c.Language),
		PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies, Version: versionText(),
		MetricsToken: c.MetricsToken.Reveal(), Ready: ready.check, Replicas: member, Feed: feed, Meter: meter, Archive: said, Live: watched, Changes: changes, Rules: judge, Waves: waved, Sanctions: register,
	})
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(watched.Close) // pages that are open come back to another console, or to this one
	kept, err := keepHeads(ctx, c, st, log)
	if err != nil {
		return err
	}
	if err := callBack(ctx, em, list.All(), c, listener.Addr(), handler, log); err != nil {
		return err
	}
	fed := keepEvents(ctx, feed)
	announce(std.out, c, listener, list.All(), first)
	go purge(ctx, signIn, st, log)
	var behind sync.WaitGroup
	behind.Go(func() { hub.Run(ctx) })
	behind.Go(func() { changes.Run(ctx) })
	behind.Go(func() { meter.Run(ctx, calledBack(list)) })
	behind.Go(func() { list.Run(ctx, hub.Subscribe(ctx, store.TopicApps)) })
	behind.Go(func() { work.Run(ctx) })
	behind.Go(func() { guard.Run(ctx) })
	behind.Go(func() { queue.Run(ctx, rand.Text()) })
	behind.Go(func() { frozen.Run(ctx, rand.Text()) })
	if em != nil {
		behind.Go(func() { keepReporting(ctx, list.All(), st.Archive, queue, log) })
	}
	behind.Go(func() { judge.Run(ctx, hub.Subscribe(ctx, store.TopicRules)) })
	behind.Go(func() { waved.Run(ctx) })
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx)) // until the last callback is answered
	behind.Go(func() { said.Run(keeping) })
	behind.Go(func() { watched.Run(keeping) })
	behind.Go(func() { register.Run(ctx) })
	if c.Jobs.DirectoryShare > 0 {
		walker := &directory.Walker{Store: st.Directory, Apps: walked(list), Share: c.Jobs.DirectoryShare, Name: said.Name, Log: log, Now: time.Now, Wait: walkWait, Found: said.Found}
		behind.Go(func() { walker.Run(ctx) })
	}
	behind.Go(func() { keepFinishing(ctx, st, member, log) })
	behind.Go(func() { keepDropping(ctx, c.Retention, st, log) })
	err = serveUntil(ctx, server, listener, c, ready)
	stop()
	stopKeeping()
	behind.Wait()
	<-kept
	<-fed
	select {
	case why := <-unfilled:
		return errors.Join(why, err)
	default:
		return err
	}
}

// newEvidence is what freezes evidence, with the key that signs its archives.
func newEvidence(ctx context.Context, st *store.Store, ring *secrets.Keyring, log *slog.Logger) (*evidence.Service, error) {
	key, err := evidence.OpenKey(ctx, st.Secrets, ring, time.Now())
	if err != nil {
		return nil, err
	}
	return &evidence.Service{Store: st.Evidence, Cases: st.Cases, Archive: st.Archive, Audit: st.Audit, Key: key, Log: log}, nil
}

// walkWait leaves a console that has just started to those who open it.
const walkWait = 20 * time.Second

// walked are the apps that are looked through for names, as they are now.
func walked(list *apps.Registry) func() []directory.App {
	return func() (all []directory.App) {
		for _, a := range list.All() {
			all = append(all, directory.App{Name: a.Name, IM: a.IM})
		}
		return all
	}
}

// archivePolicies says what is kept of each app, as it is now. Of apps that are gone nothing new is kept, and what is there stays
// no longer than it would have.
func archivePolicies(list *apps.Registry) func() map[string]archive.Policy {
	var now atomic.Pointer[map[string]archive.Policy]
	list.Watch(apps.Watch{Change: func(all []*apps.App) {
		policies := map[string]archive.Policy{}
		for _, a := range list.Absents() {
			p := a.Archive
			p.Groups, p.Direct, p.Files = false, false, false
			policies[a.Name] = p
		}
		for _, a := range all {
			policies[a.Name] = a.Archive
		}
		now.Store(&policies)
	}})
	return func() map[string]archive.Policy { return *now.Load() }
}

func prepareData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return usagef("cannot make the data folder %s: %s", dir, plainCause(err))
	}
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return usagef("cannot write into the data folder %s: %s", dir, plainCause(err))
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// plainCause is an error of the system without path and operation.
func plainCause(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

func listenOn(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, usagef("%s is taken by another program; choose another address with --listen", addr)
	}
	if err != nil {
		return nil, usagef("cannot listen on %s: %s", addr, plainCause(err))
	}
	return l, nil
}

func openStore(ctx context.Context, c config.Config) (*store.Store, error) {
	st, err := store.Open(ctx, c.DatabaseSource())
	if err != nil {
		return nil, usagef("cannot open the database: %s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return st, nil
}

// newAuth makes what signs operators in; origin is where browsers reach the console, "" for commands beside it.
func newAuth(c config.Config, st *store.Store, ring *secrets.Keyring, origin string, log *slog.Logger) (*auth.Service, error) {
	roles, err := auth.ParseGroupRoles(c.OIDC.Roles)
	if err != nil {
		return nil, err
	}
	return auth.New(auth.Options{
		Store: st, Idle: time.Duration(c.Session.Idle), Absolute: time.Duration(c.Session.Absolute), Log: log,
		Shared: store.IsPostgres(c.DatabaseSource()),
		Lockout: auth.Lockout{
			NameTries: c.SignIn.Tries, AddressTries: c.SignIn.AddressTries,
			Window: time.Duration(c.SignIn.Window), Pause: time.Duration(c.SignIn.Lock),
		},
		Secrets: ring, Origin: origin,
		OIDC: auth.OIDC{
			Issuer: c.OIDC.Issuer, ClientID: c.OIDC.ClientID, ClientSecret: c.OIDC.ClientSecret.Reveal(), Title: c.OIDC.Title,
			Scopes: c.OIDC.Scopes, GroupsClaim: c.OIDC.GroupsClaim, Roles: roles,
			Create: c.OIDC.Create, Passwords: c.OIDC.PasswordSignIn, TrustFactor: c.OIDC.TrustFactor,
		},
	}), nil
}

// firstOwner is how the first owner gets in; the zero value after the first start.
type firstOwner struct{ password, setUp string }

// makeFirst adds an owner if there is nobody yet, with a random password and a link to choose name and password by.
func makeFirst(ctx context.Context, signIn *auth.Service) (firstOwner, error) {
	o, password, made, err := signIn.First(ctx, firstOperatorName)
	if err != nil || !made {
		return firstOwner{}, wrapFirst(err)
	}
	token, err := signIn.SetUpLink(ctx, o)
	return firstOwner{password, token}, wrapFirst(err)
}

func wrapFirst(err error) error {
	if err != nil {
		return fmt.Errorf("make the first operator: %w", err)
	}
	return nil
}

// firstOperatorName is who can sign in on the first start.
const firstOperatorName = "owner"

func zone(c config.Config) *time.Location {
	if c.TimeZone == "" {
		return time.Local
	}
	z, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.Local // checked when the configuration was read
	}
	return z
}

// openApps makes the clients of the apps that the configuration names and of those that were added in the console, and the
// emulator where it is wanted: without apps it always is.
func openApps(ctx context.Context, c config.Config, st *store.Store, ring *secrets.Keyring, log *slog.Logger) (*apps.Registry, *emulator.Server, func(), error) {
	return openAppsAt(ctx, c, st, ring, "", log)
}

// openAppsAt is openApps with an emulator that runs already, unless its address is "".
func openAppsAt(ctx context.Context, c config.Config, st *store.Store, ring *secrets.Keyring, running string, log *slog.Logger) (*apps.Registry, *emulator.Server, func(), error) {
	list := apps.New(apps.Options{Store: st, Keys: ring, Log: log})
	var em *emulator.Server
	stop := func() {
		list.Close()
		if em != nil {
			if err := em.Close(); err != nil {
				log.Error("stop the emulator", "error", err)
			}
		}
	}
	fail := func(err error) (*apps.Registry, *emulator.Server, func(), error) {
		stop()
		return nil, nil, nil, err
	}
	if err := configured(list, c); err != nil {
		return fail(err)
	}
	wanted, err := wantsEmulator(ctx, c, list)
	if err != nil {
		return fail(err)
	}
	if wanted {
		var own []*apps.App
		if running != "" {
			own, err = embeddedAt(c, running, log)
		} else {
			own, em, err = embedded(ctx, c, log)
		}
		if err != nil {
			return fail(err)
		}
		if err := list.Fix(own...); err != nil {
			return fail(err)
		}
	}
	if err := list.Load(ctx); err != nil {
		return fail(err)
	}
	return list, em, stop, nil
}

// configured takes up the apps that the configuration names.
func configured(list *apps.Registry, c config.Config) error {
	for _, a := range c.Apps {
		if err := list.Configure(a.Name, appSettings(a), apps.Keys{Key: a.Key.Reveal() + a.SecretKey.Reveal(), CallbackToken: a.CallbackToken.Reveal()}); err != nil {
			return usagef("app %s: %v", a.Name, err)
		}
	}
	return nil
}

// appSettings are those of an app of the configuration, which has one of the two ids and keys: its vendor's.
func appSettings(a config.App) apps.Settings {
	times, _ := a.GroupTimes() // looked at when the configuration was read
	return apps.Settings{
		Vendor: imclient.Vendor(a.Vendor), AppID: strconv.FormatInt(a.SDKAppID+a.AppID, 10), Title: a.Title, Colour: a.Colour,
		Administrator: a.Administrator, Administrators: a.Administrators, AccessKey: a.AccessKey, TextIDs: a.TextIDs,
		Region: a.Region, Endpoint: a.Endpoint, BackupEndpoint: a.BackupEndpoint, RateShare: a.RateShare,
		MediaHosts: a.MediaHosts, UserFields: a.UserFields, GroupFields: a.GroupFields, Archive: a.Archive, ArchiveFor: time.Duration(a.ArchiveFor),
		ArchiveFiles: a.ArchiveFiles, ArchiveGroups: times, RefuseUnjudged: a.RefuseUnjudged,
	}
}

// wantsEmulator tells whether the embedded service runs: where the configuration says so, and where nothing else is to be looked
// after.
func wantsEmulator(ctx context.Context, c config.Config, list *apps.Registry) (bool, error) {
	if len(c.Apps) > 0 || c.Emulator.Enabled {
		return c.Emulator.Enabled, nil
	}
	rows, err := list.Rows(ctx)
	return !slices.ContainsFunc(rows, func(a store.App) bool { return a.RemovedAt.IsZero() && !a.Disabled }), err
}

// fillBehind lets people sign in while the embedded service is being filled, which takes most of a first start; calls to it
// wait. What comes back tells whether it is done.
func fillBehind(ctx context.Context, em *emulator.Server, fail func(error)) func() error {
	var done atomic.Bool
	if em == nil {
		return nil
	}
	go func() {
		if err := em.Filled(ctx); err != nil && ctx.Err() == nil {
			fail(err)
			return
		}
		done.Store(true)
	}()
	return func() error {
		if !done.Load() {
			return errors.New("the embedded IM service is being filled")
		}
		return nil
	}
}

// demoGroupFields are the app's own fields that the demo's groups have.
var demoGroupFields = []string{"city", "schedule", "pinned_ticket", "config", "theme", "rules_url"}

// embedded starts the emulator on its own port and makes the client that looks after it, over HTTP as with any service.
func embedded(ctx context.Context, c config.Config, log *slog.Logger) ([]*apps.App, *emulator.Server, error) {
	key, err := emulatorKey(c.Data)
	if err != nil {
		return nil, nil, err
	}
	em, err := emulator.New(ctx, emulator.Config{
		Path: filepath.Join(c.Data, "emulator.db"), Seed: c.Emulator.Seed, Talk: c.Emulator.Talk, Soon: true, Log: log,
		Apps: []emulator.TencentApp{{SDKAppID: embeddedAppID, Admins: []string{embeddedAdmin}, Key: key}},
		Volc: []emulator.VolcengineApp{{AppID: embeddedVolcID, AccessKey: embeddedVolcKey, SecretKey: key}},
	})
	if err != nil {
		return nil, nil, err
	}
	if err := em.Start(c.Emulator.Listen); err != nil {
		return nil, nil, errors.Join(usagef("cannot start the emulator on %s: %s", c.Emulator.Listen, plainCause(err)), em.Close())
	}
	if err := os.WriteFile(filepath.Join(c.Data, emulatorAddress), []byte(em.URL()+"\n"), 0o600); err != nil {
		return nil, nil, errors.Join(err, em.Close())
	}
	own, err := embeddedApps(key, em.URL(), log)
	if err != nil {
		return nil, nil, errors.Join(err, em.Close())
	}
	return own, em, nil
}

// embeddedAt makes the clients of the emulator that a running console has at an address.
func embeddedAt(c config.Config, base string, log *slog.Logger) ([]*apps.App, error) {
	key, err := emulatorKey(c.Data)
	if err != nil {
		return nil, err
	}
	return embeddedApps(key, base, log)
}

// embeddedApps makes the clients of the emulator's two apps, one of each vendor. They share a secret.
func embeddedApps(key, base string, log *slog.Logger) ([]*apps.App, error) {
	im, err := tencent.New(tencent.Config{
		SDKAppID: strconv.Itoa(embeddedAppID), Administrator: embeddedAdmin, Key: key, Endpoint: base, UserFields: embeddedFields, Log: log,
		GroupFields: demoGroupFields,
	})
	if err != nil {
		return nil, err
	}
	volc, err := volcengine.New(volcengine.Config{
		AppID: strconv.Itoa(embeddedVolcID), AccessKey: embeddedVolcKey, SecretKey: key, Endpoint: base, Log: log,
	})
	if err != nil {
		im.Close()
		return nil, err
	}
	kept := archive.Policy{Groups: true, Direct: true, For: 30 * 24 * time.Hour}
	return []*apps.App{
		{
			Name: embeddedName, Archive: kept, Title: "Harbor Live 海港直播", IM: im, Embedded: true, MediaHosts: apps.EndpointHost(base),
			Callbacks: tencent.Callbacks{AppID: strconv.Itoa(embeddedAppID), Token: rand.Text()},
		},
		{
			Name: embeddedVolcName, Archive: kept, Title: "Tongxue Study 同学自习", IM: volc, Embedded: true, MediaHosts: apps.EndpointHost(base),
			Callbacks: volcengine.Callbacks{AppID: strconv.Itoa(embeddedVolcID), Secret: rand.Text()},
		},
	}, nil
}

// Files of the emulator in the data folder, so that other commands find the one that runs.
const (
	emulatorAddress = "emulator.url"
	emulatorKeyFile = "emulator.key"
)

// emulatorKey is the embedded app's secret key, made at the first start.
func emulatorKey(data string) (string, error) {
	path := filepath.Join(data, emulatorKeyFile)
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", usagef("cannot read %s: %s", path, plainCause(err))
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	key := hex.EncodeToString(raw)
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		return "", usagef("cannot write %s: %s", path, plainCause(err))
	}
	return key, nil
}

// announce tells where to go and how to sign in; the lines with console:, operator: and set-up: are for scripts, too.
func announce(w io.Writer, c config.Config, l net.Listener, list []*apps.App, first firstOwner) {
	fmt.Fprintf(w, "console: %s\n", consoleURL(c, l))
	if first.password != "" {
		fmt.Fprintf(w, "operator: %s %s\n", firstOperatorName, first.password)
		fmt.Fprintln(w, "  (shown this once; change it under Settings)")
		fmt.Fprintf(w, "set-up: %s%s/%s\n", strings.TrimSuffix(consoleURL(c, l), "/"), auth.SetUpPath, first.setUp)
		fmt.Fprintln(w, "  (to choose name and password yourself; good once, for a day, until anybody has signed in)")
	}
	if i := slices.IndexFunc(list, func(a *apps.App) bool { return a.Embedded }); i >= 0 {
		fmt.Fprintf(w, "  The app %q is the embedded IM service, with a community in it. Data: %s\n", list[i].Title, c.Data)
	}
	if !loopback(l) && c.TLS.Certificate == "" && c.PublicURL == "" {
		fmt.Fprintln(w, "  Browsers sign in over HTTPS or from this machine only: set tls or public_url.")
	}
}

func consoleURL(c config.Config, l net.Listener) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	scheme := "http"
	if c.TLS.Certificate != "" {
		scheme = "https"
	}
	host := l.Addr().String()
	if ap, err := netip.ParseAddrPort(host); err == nil && ap.Addr().IsUnspecified() {
		host = net.JoinHostPort("127.0.0.1", strconv.Itoa(int(ap.Port())))
	}
	return (&url.URL{Scheme: scheme, Host: host}).String()
}

func loopback(l net.Listener) bool {
	ap, err := netip.ParseAddrPort(l.Addr().String())
	return err == nil && ap.Addr().IsLoopback()
}

// purge clears what has expired, some at a time.
func purge(ctx context.Context, a *auth.Service, st *store.Store, log *slog.Logger) {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.Purge(ctx); err != nil {
				log.Warn("purge sessions and tries to sign in", "error", err)
			}
			forgetExports(ctx, st, log)
		}
	}
}

// serveUntil answers until ctx ends. Then it says that it is not ready, for as long as a balancer needs to see that, and
// answers what it has begun.
func serveUntil(ctx context.Context, server *http.Server, l net.Listener, c config.Config, ready *readiness) error {
	tls := c.TLS
	served := make(chan error, 1)
	go func() {
		if tls.Certificate != "" {
			served <- server.ServeTLS(l, tls.Certificate, tls.Key)
		} else {
			served <- server.Serve(l)
		}
	}()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	ready.draining.Store(true)
	server.SetKeepAlivesEnabled(false)
	if c.StopDelay > 0 {
		select {
		case err := <-served:
			return fmt.Errorf("serve: %w", err)
		case <-time.After(time.Duration(c.StopDelay)):
		}
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("stop: %w", err), server.Close())
	}
	return nil
}
