package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"imdesk/apps"
	"imdesk/auth"
	"imdesk/config"
	"imdesk/emulator"
	"imdesk/evidence"
	"imdesk/imclient"
	"imdesk/importer"
	"imdesk/store"
)

// operator adds and changes those who may sign in. Passwords come from standard input, for arguments are seen by everybody
// on the machine.
func operator(ctx context.Context, args []string, std streams) error {
	f := newFlags("operator", std)
	opts := configFlags(f)
	role := f.String("role", "", "one of "+roleNames())
	stdin := f.Bool("password-stdin", false, "read the password from standard input; without it, one is made and shown")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 || rest[0] != "list" && len(rest) != 2 {
		return usagef("operator takes: add NAME --role ROLE, invite NAME --role ROLE, password NAME, role NAME --role ROLE, disable NAME, enable NAME, reset-factors NAME, list")
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	if err := prepareData(c.Data); err != nil {
		return err
	}
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	if rest[0] == "list" {
		return listOperators(ctx, st, std.out)
	}
	service, err := newAuth(c, st, nil, "", slog.New(slog.DiscardHandler)) // nothing is sealed or opened here
	if err != nil {
		return err
	}
	o := operatorCommand{st: st, auth: service, name: rest[1], role: *role, stdin: *stdin, std: std}
	switch rest[0] {
	case "add":
		return o.add(ctx)
	case "invite":
		return o.invite(ctx, commandOrigin(c))
	case "password":
		return o.password(ctx)
	case "role":
		return o.setRole(ctx)
	case "disable", "enable":
		return o.disable(ctx, rest[0] == "disable")
	case "reset-factors":
		return o.resetFactors(ctx)
	}
	return usagef("operator has no %q; there are add, invite, password, role, disable, enable, reset-factors, list", rest[0])
}

func roleNames() string {
	var names []string
	for _, r := range auth.Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

type operatorCommand struct {
	st         *store.Store
	auth       *auth.Service
	name, role string
	stdin      bool
	std        streams
}

// readPassword takes the password from standard input, or makes one that is then shown.
func (o operatorCommand) readPassword() (password string, made bool, err error) {
	if !o.stdin {
		return auth.RandomPassword(), true, nil
	}
	line, err := bufio.NewReader(io.LimitReader(o.std.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), false, nil
}

// asUsage makes mistakes of whoever typed the command errors of usage.
func asUsage(err error) error {
	if weak, ok := errors.AsType[*auth.WeakPassword](err); ok {
		return usagef("%v", weak)
	}
	for _, known := range []error{store.ErrLastOwner, auth.ErrRole, store.ErrInvalid} {
		if errors.Is(err, known) {
			return usagef("%v", err)
		}
	}
	return err
}

func (o operatorCommand) add(ctx context.Context) error {
	if !auth.Role(o.role).Valid() {
		return usagef("--role is one of %s", roleNames())
	}
	password, made, err := o.readPassword()
	if err != nil {
		return err
	}
	added, err := o.auth.Add(ctx, auth.CommandLine(), o.name, auth.Role(o.role), password)
	if errors.Is(err, store.ErrConflict) {
		return usagef("there is an operator %q already", o.name)
	}
	if err != nil {
		return asUsage(err)
	}
	fmt.Fprintf(o.std.out, "added %s as %s\n", added.Name, added.Role)
	if made {
		fmt.Fprintf(o.std.out, "operator: %s %s\n", added.Name, password)
	}
	return nil
}

// invite makes a link with which somebody becomes an operator with a name and a password of their own choice. The name that was
// typed is a note for whoever looks at the open links.
func (o operatorCommand) invite(ctx context.Context, origin string) error {
	if !auth.Role(o.role).Valid() {
		return usagef("--role is one of %s", roleNames())
	}
	invite, token, err := o.auth.Invite(ctx, auth.CommandLine(), o.name, auth.Role(o.role), nil, auth.InviteTime)
	if err != nil {
		return asUsage(err)
	}
	fmt.Fprintf(o.std.out, "for %s as %s, once, until %s; whoever has the link can use it\n", o.name, o.role, invite.ExpiresAt.UTC().Format(time.RFC3339))
	fmt.Fprintf(o.std.out, "invite: %s%s/%s\n", origin, auth.InvitePath, token)
	return nil
}

// commandOrigin is where browsers reach the console, as far as its configuration tells.
func commandOrigin(c config.Config) string {
	if c.PublicURL != "" {
		return strings.TrimSuffix(c.PublicURL, "/")
	}
	scheme := "http://"
	if c.TLS.Certificate != "" {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return scheme + c.Listen
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + net.JoinHostPort(host, port)
}

func (o operatorCommand) find(ctx context.Context) (store.Operator, error) {
	op, err := o.st.Operators.ByName(ctx, o.name)
	if errors.Is(err, store.ErrNotFound) {
		return op, usagef("there is no operator %q", o.name)
	}
	return op, err
}

// password sets a new one and ends all sessions that the old one opened.
func (o operatorCommand) password(ctx context.Context) error {
	op, err := o.find(ctx)
	if err != nil {
		return err
	}
	password, made, err := o.readPassword()
	if err != nil {
		return err
	}
	if err := o.auth.SetPassword(ctx, auth.CommandLine(), op.ID, password); err != nil {
		return asUsage(err)
	}
	fmt.Fprintf(o.std.out, "%s has a new password, and all sessions have ended\n", op.Name)
	if made {
		fmt.Fprintf(o.std.out, "operator: %s %s\n", op.Name, password)
	}
	return nil
}

func (o operatorCommand) setRole(ctx context.Context) error {
	op, err := o.find(ctx)
	if err != nil {
		return err
	}
	if err := o.auth.SetRole(ctx, auth.CommandLine(), op.ID, auth.Role(o.role)); err != nil {
		return asUsage(err)
	}
	fmt.Fprintf(o.std.out, "%s is %s now\n", op.Name, o.role)
	return nil
}

// resetFactors takes away second factors and passkeys that somebody has lost.
func (o operatorCommand) resetFactors(ctx context.Context) error {
	op, err := o.find(ctx)
	if err != nil {
		return err
	}
	if err := o.auth.ResetFactors(ctx, auth.CommandLine(), op.ID); err != nil {
		return err
	}
	fmt.Fprintf(o.std.out, "%s has no second factors, passkeys and recovery codes any more, and all sessions have ended\n", op.Name)
	return nil
}

func (o operatorCommand) disable(ctx context.Context, disabled bool) error {
	op, err := o.find(ctx)
	if err != nil {
		return err
	}
	if err := o.auth.SetDisabled(ctx, auth.CommandLine(), op.ID, disabled); err != nil {
		return asUsage(err)
	}
	if disabled {
		fmt.Fprintf(o.std.out, "%s may not sign in any more, and all sessions have ended\n", op.Name)
	} else {
		fmt.Fprintf(o.std.out, "%s may sign in again\n", op.Name)
	}
	return nil
}

// listOperators writes a line an operator: name, role in all apps, and roles in single ones, as "demo=lead".
func listOperators(ctx context.Context, st *store.Store, w io.Writer) error {
	list, err := st.Operators.List(ctx)
	if err != nil {
		return err
	}
	held, err := st.Roles.Everybody(ctx)
	if err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	title := func(h store.HeldRole) string {
		if h.Own {
			return strconv.Quote(h.Title)
		}
		return h.Role
	}
	roles := map[string][]string{}
	slices.SortFunc(held, func(a, b store.HeldRole) int { return strings.Compare(a.App, b.App) }) // that in all apps first
	for _, h := range held {
		if h.App == "" {
			roles[h.OperatorID] = append(roles[h.OperatorID], title(h))
		} else {
			roles[h.OperatorID] = append(roles[h.OperatorID], h.App+"="+title(h))
		}
	}
	for _, o := range list {
		state := ""
		if o.Disabled {
			state = " (disabled)"
		}
		has := roles[o.ID]
		if len(has) == 0 {
			has = []string{"no role"}
		}
		fmt.Fprintf(w, "%s\t%s%s\n", o.Name, strings.Join(has, " "), state)
	}
	return nil
}

// reach is all apps, with clients that keep to the rates together with running consoles. The embedded service is that of the
// emulator that runs on the data folder, or, if none runs, of one that is started for the time of the command.
func reach(ctx context.Context, c config.Config, log *slog.Logger) (list *apps.Registry, stop func(), err error) {
	var undo []func()
	stop = func() {
		for _, f := range slices.Backward(undo) {
			f()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	if err := prepareData(c.Data); err != nil {
		return nil, nil, err
	}
	st, err := openStore(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	undo = append(undo, func() {
		if err := st.Close(); err != nil {
			log.Error("close the database", "error", err)
		}
	})
	ring, err := openSecrets(ctx, c, st)
	if err != nil {
		return nil, nil, err
	}
	c.Emulator.Talk = 0
	list, em, stopApps, err := openAppsAt(ctx, c, st, ring, runningEmulator(ctx, c.Data), log)
	if err != nil {
		return nil, nil, err
	}
	undo = append(undo, stopApps)
	if em != nil {
		if err := em.Filled(ctx); err != nil {
			return nil, nil, err
		}
	}
	if slices.ContainsFunc(list.All(), func(a *apps.App) bool { return !a.Embedded }) {
		member, leave, err := joinReplicas(ctx, c, st, fmt.Sprintf("command %d", os.Getpid()), nil, log)
		if err != nil {
			return nil, nil, err
		}
		undo = append(undo, leave)
		shareRates(member, list)
	}
	return list, stop, nil
}

// runningEmulator is the address of the emulator that a running console has on this data folder; "" if none answers.
func runningEmulator(ctx context.Context, data string) string {
	b, err := os.ReadFile(filepath.Join(data, emulatorAddress))
	if err != nil {
		return ""
	}
	base := strings.TrimSpace(string(b))
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/_emulator/stats", nil)
	if err != nil {
		return ""
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return ""
	}
	return base
}

// check calls each app and says in words what is right and what is not.
func check(ctx context.Context, args []string, std streams) error {
	f := newFlags("check", std)
	opts := configFlags(f)
	if rest, err := parse(f, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usagef("check takes no argument %q", rest[0])
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	list, stop, err := reach(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer stop()
	bad, all := 0, len(list.All())
	for _, a := range list.All() {
		checking, cancel := context.WithTimeout(ctx, 20*time.Second)
		h := a.IM.Check(checking)
		cancel()
		if h.Err != nil {
			bad++
		}
		printHealth(std.out, a.Name, a.IM.Vendor, h)
	}
	rows, err := list.Rows(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		gone, is := list.Absent(row.Name)
		switch why := gone.Why; {
		case is && why == apps.Disabled:
			fmt.Fprintf(std.out, "%s: switched off in the console by %s\n", row.Name, gone.By)
		case is && why == apps.Locked:
			fmt.Fprintf(std.out, "%s: its keys were sealed with another key than this machine has; set secrets.key, or enter them anew under Settings, Apps\n", row.Name)
		case is && why == apps.Broken:
			fmt.Fprintf(std.out, "%s: no client can be made of its settings; change them under Settings, Apps\n", row.Name)
		}
		if is && (gone.Why == apps.Locked || gone.Why == apps.Broken) {
			bad, all = bad+1, all+1
		}
	}
	if err := printEvidenceKey(ctx, c, std.out); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d apps cannot be looked after as they are configured", bad, all)
	}
	return nil
}

// printEvidenceKey says with which key archives of evidence are checked, so that it can be kept elsewhere.
func printEvidenceKey(ctx context.Context, c config.Config, w io.Writer) error {
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	ring, err := openSecrets(ctx, c, st)
	if err != nil {
		return err
	}
	key, err := evidence.OpenKey(ctx, st.Secrets, ring, time.Now())
	if err != nil {
		return err
	}
	public := key.Public().(ed25519.PublicKey)
	_, err = fmt.Fprintf(w, "evidence: archives are signed with %s\n%s\n%s", evidence.Fingerprint(public), evidence.PublicSSH(public), evidence.PublicPEM(public))
	return err
}

func printHealth(w io.Writer, name string, vendor imclient.Vendor, h imclient.Health) {
	say := func(what string, s imclient.HealthState, good, bad string) {
		word := map[imclient.HealthState]string{imclient.HealthUnknown: "not known", imclient.HealthGood: good, imclient.HealthBad: bad}[s]
		fmt.Fprintf(w, "%s: %s: %s\n", name, what, word)
	}
	say("service", h.Reachable, fmt.Sprintf("answers in %d ms", h.Latency.Milliseconds()), "does not answer; check endpoint, region and network")
	if vendor == imclient.Volcengine {
		say("key", h.Key, "is the account's", "is wrong; take access key and secret from the vendor's console")
		say("app", h.Administrator, "may be used with it", "is not the account's, or the key lacks the right; check app_id")
	} else {
		say("key", h.Key, "is the app's", "is wrong; take the key of this SDKAppID from the vendor's console")
		say("administrator", h.Administrator, "may call the service", "is no administrator of the app; set one in the vendor's console")
	}
	say("clock", h.Clock, "is right", fmt.Sprintf("is %s away from the service's; set this machine's clock", h.ClockSkew.Abs()))
	if h.Err != nil {
		fmt.Fprintf(w, "%s: %v\n", name, h.Err)
	}
}

// importLogs makes a group of each file.
func importLogs(ctx context.Context, args []string, std streams) error {
	f := newFlags("import", std)
	opts := configFlags(f)
	app := f.String("app", embeddedName, "the app to import into")
	format := f.String("format", "irc", "of the files: irc")
	kind := f.String("type", "Public", "group type, in the vendor's word")
	dates := f.String("dates", "recent", "recent: move each log by whole days so that it ends within the last day; original: keep its days")
	files, err := parse(f, args)
	if err != nil {
		return err
	}
	switch {
	case *format != "irc":
		return usagef("import knows the format irc, not %q", *format)
	case *dates != "recent" && *dates != "original":
		return usagef("--dates is recent or original, not %q", *dates)
	case len(files) == 0:
		return usagef("import needs a file")
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	list, stop, err := reach(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer stop()
	found := list.Get(*app)
	if found == nil {
		var names []string
		for _, a := range list.All() {
			names = append(names, a.Name)
		}
		return usagef("there is no app %q; there are: %s", *app, strings.Join(names, ", "))
	}
	im := found.IM
	if !slices.ContainsFunc(im.Caps.Types, func(i imclient.TypeInfo) bool { return string(i.Type) == *kind }) {
		return usagef("%q is no group type of %s", *kind, im.Vendor)
	}
	ctx = imclient.WithPriority(ctx, imclient.PriorityJob)
	for i, file := range files {
		if err := importLog(ctx, im, imclient.GroupType(*kind), file, *dates == "recent", fmt.Sprintf("[%d/%d] ", i+1, len(files)), std); err != nil {
			return err
		}
	}
	return nil
}

func importLog(ctx context.Context, im *imclient.Client, kind imclient.GroupType, file string, shift bool, prefix string, std streams) error {
	r, err := os.Open(file)
	if err != nil {
		return usagef("cannot read %s: %s", file, plainCause(err))
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return err
	}
	talk, err := importer.ReadIRC(file, r, info.ModTime().UTC().Truncate(24*time.Hour))
	if err != nil {
		return usagef("%v", err)
	}
	if shift {
		talk.Shift(time.Now())
	}
	bar := progressBar{w: std.err, label: prefix + talk.ID, live: isTerminal(std.err)}
	out, err := importer.Run(ctx, im, kind, talk, bar.show)
	bar.end()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	fmt.Fprintf(std.out, "%s%s: %d people, %d messages imported, %d there already, %d refused\n",
		prefix, out.Group, out.People, out.Messages, out.Before, len(out.Refused))
	for i, r := range out.Refused {
		if i == 10 {
			fmt.Fprintf(std.out, "  and %d more\n", len(out.Refused)-i)
			break
		}
		fmt.Fprintf(std.out, "  refused %s: %v\n", r.ID, r.Err)
	}
	return nil
}

// progressBar draws how far a file is, on a terminal only.
type progressBar struct {
	w     io.Writer
	label string
	live  bool
}

func (b progressBar) show(done, all int) {
	if !b.live {
		return
	}
	const width = 30
	full := width * done / max(all, 1)
	fmt.Fprintf(b.w, "\r%s [%s%s] %d of %d", b.label, strings.Repeat("=", full), strings.Repeat(" ", width-full), done, all)
}

func (b progressBar) end() {
	if b.live {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// runEmulator runs the IM service alone, for whoever wants to test an integration without a cloud account.
func runEmulator(ctx context.Context, args []string, std streams) error {
	f := newFlags("emulator", std)
	listen := f.String("listen", "127.0.0.1:8090", "address to listen on")
	app := f.Int64("tencent-app", embeddedAppID, "SDKAppID")
	admin := f.String("tencent-admin", embeddedAdmin, "UserID of the app's administrator")
	key := f.String("tencent-key", "", "the app's secret key; made and shown if empty")
	seed := f.String("seed", "none", "none, or demo: a community")
	talk := f.Float64("talk", 0, "messages a second that seeded people say")
	path := f.String("file", "", "database to keep everything in; without one it is gone at the end")
	callbackURL := f.String("tencent-callback-url", "", "http or https address that is told, and asked, what happens in the app")
	callbackToken := f.String("tencent-callback-token", "", "secret that signs what is sent there; unsigned if empty")
	volcApp := f.Int64("volc-app", embeddedVolcID, "AppId of an app of Volcengine IM on the same port; 0 = none")
	volcAK := f.String("volc-ak", "", "its access key; made and shown if empty")
	volcSK := f.String("volc-sk", "", "its secret key; made and shown if empty")
	volcCallbackURL := f.String("volc-callback-url", "", "http or https address that is told what happens in it")
	volcCallbackSecret := f.String("volc-callback-secret", "", "secret that signs what is sent there")
	if rest, err := parse(f, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usagef("emulator takes no argument %q", rest[0])
	}
	if !validListen(*listen) {
		return usagef("--listen %q is no address to listen on; such as 127.0.0.1:8090", *listen)
	}
	if *key == "" {
		*key = strings.ToLower(auth.RandomPassword())
	}
	var volc []emulator.VolcengineApp
	if *volcApp != 0 {
		for _, made := range []*string{volcAK, volcSK} {
			if *made == "" {
				*made = strings.ToLower(auth.RandomPassword())
			}
		}
		volc = append(volc, emulator.VolcengineApp{
			AppID: *volcApp, AccessKey: *volcAK, SecretKey: *volcSK, Callback: emulator.Callback{URL: *volcCallbackURL, Token: *volcCallbackSecret},
		})
	}
	em, err := emulator.New(ctx, emulator.Config{
		Path: *path, Seed: *seed, Talk: *talk, Log: newLog(config.Log{Level: "info"}, std.err), Volc: volc,
		Apps: []emulator.TencentApp{{
			SDKAppID: *app, Admins: []string{*admin}, Key: *key, Callback: emulator.Callback{URL: *callbackURL, Token: *callbackToken},
		}},
	})
	if err != nil {
		return usagef("%v", err)
	}
	defer em.Close()
	if err := em.Start(*listen); err != nil {
		return usagef("cannot listen on %s: %s", *listen, plainCause(err))
	}
	fmt.Fprintf(std.out, "emulator: %s\n", em.URL())
	fmt.Fprintf(std.out, "tencent: sdkappid %d administrator %s key %s\n", *app, *admin, *key)
	for _, a := range volc {
		fmt.Fprintf(std.out, "volcengine: appid %d access key %s secret key %s\n", a.AppID, a.AccessKey, a.SecretKey)
	}
	<-ctx.Done()
	return em.Close()
}

// access takes the lists of networks away from which the console and its API may be used: the way back for whoever is locked out.
func access(ctx context.Context, args []string, std streams) error {
	f := newFlags("access", std)
	opts := configFlags(f)
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "clear" {
		return usagef("access takes: clear")
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	if err := prepareData(c.Data); err != nil {
		return err
	}
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	a := auth.New(auth.Options{Store: st, Log: slog.New(slog.DiscardHandler)})
	for _, kind := range []string{store.AccessConsole, store.AccessTokens} {
		if err := a.SetNetworks(ctx, auth.CommandLine(), kind, nil); err != nil {
			return err
		}
	}
	fmt.Fprintln(std.out, "the console and its API may be used from anywhere")
	return nil
}
