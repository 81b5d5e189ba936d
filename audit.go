package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"imdesk/auditlog"
	"imdesk/config"
	"imdesk/store"
)

// Files of the audit log in the data folder.
const (
	auditKeyFile   = "audit.key"
	auditHeadsFile = "audit-heads.jsonl"
)

func headsFile(c config.Config) string {
	if c.Audit.Heads != "" {
		return c.Audit.Heads
	}
	return filepath.Join(c.Data, auditHeadsFile)
}

// keepHeads writes signed heads until ctx ends; done is closed when the last one is written.
func keepHeads(ctx context.Context, c config.Config, st *store.Store, log *slog.Logger) (done chan struct{}, err error) {
	key, err := auditlog.LoadKey(filepath.Join(c.Data, auditKeyFile), true)
	if err != nil {
		return nil, usagef("%v", err)
	}
	done = make(chan struct{})
	go func() {
		defer close(done)
		auditlog.KeepHeads(ctx, st.Audit, headsFile(c), key, time.Now, log)
	}()
	return done, nil
}

func audit(ctx context.Context, args []string, std streams) error {
	if len(args) > 0 {
		switch args[0] {
		case "verify":
			return auditVerify(ctx, args[1:], std)
		case "export":
			return auditExport(ctx, args[1:], std)
		case "erase":
			return auditErase(ctx, args[1:], std)
		}
	}
	return usagef("audit: say what to do: verify, export or erase")
}

// auditVerify reads the whole log and says whether it is as it was written.
func auditVerify(ctx context.Context, args []string, std streams) error {
	f := newFlags("audit verify", std)
	opts := configFlags(f)
	heads := f.String("heads", "", "file with signed heads, best a copy that was kept elsewhere (default: the console's own)")
	public := f.String("public-key", "", "key to check the heads with, in hex (default: that of the console's own key)")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("audit verify takes no argument %q", rest[0])
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	signed, err := readHeads(c, *heads, *public)
	if err != nil {
		return err
	}
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	r, err := auditlog.Verify(ctx, st.Audit, signed)
	if err != nil {
		return err
	}
	return reportAudit(std, r)
}

// readHeads reads the file that was named, or the console's own if there is one.
func readHeads(c config.Config, file, public string) ([]auditlog.Head, error) {
	named := file != ""
	if !named {
		file = headsFile(c)
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, usagef("cannot read the heads: %v", err)
	}
	defer f.Close()
	key, err := publicKey(c, public)
	if err != nil {
		return nil, err
	}
	list, err := auditlog.ReadHeads(f, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return list, nil
}

func publicKey(c config.Config, text string) (ed25519.PublicKey, error) {
	if text != "" {
		key, err := auditlog.ParsePublicKey(text)
		if err != nil {
			return nil, usagef("--public-key: %v", err)
		}
		return key, nil
	}
	key, err := auditlog.LoadKey(filepath.Join(c.Data, auditKeyFile), false)
	if err != nil {
		return nil, usagef("%v; give --public-key", err)
	}
	return key.Public().(ed25519.PublicKey), nil
}

// faultTexts say what is wrong with a record.
var faultTexts = map[store.AuditFaultKind]string{
	store.AuditChanged:   "is not what was written, or not where it was written",
	store.AuditMissing:   "was taken out",
	store.AuditUnchained: "was not written by the console",
	store.AuditTargets:   "is hidden from those who look for its users",
	store.AuditCut:       "is not the end that the log was left with",
	store.AuditUnsalted:  "has lost its salt, and no erasure is recorded: nobody can tell what it said about people",
}

func reportAudit(std streams, r auditlog.Result) error {
	fmt.Fprintf(std.out, "audit log: %d entries, %d records, head %s\n", r.Head.Entries, r.Head.Records, r.Head.Hash)
	if r.Erased > 0 {
		fmt.Fprintf(std.out, "  of %d records what was about people is erased\n", r.Erased)
	}
	if r.Dropped > 0 {
		fmt.Fprintf(std.out, "  %d records were dropped when their time was over\n", r.Dropped)
	}
	for _, f := range r.Faults {
		entry := ""
		if f.Entry != 0 {
			entry = fmt.Sprintf(" of entry %d", f.Entry)
		}
		fmt.Fprintf(std.out, "  record %d%s %s\n", f.Record, entry, faultTexts[f.Kind])
	}
	if len(r.Faults) == store.MaxAuditFaults {
		fmt.Fprintln(std.out, "  and maybe more")
	}
	for _, h := range r.Broken {
		fmt.Fprintf(std.out, "  the log is not what it was at %s, when it had %d records\n", h.At.Format(time.RFC3339), h.Records)
	}
	fmt.Fprintf(std.out, "  %d signed heads\n", r.Heads)
	if !r.Good() {
		return errors.New("the audit log is not as it was written")
	}
	fmt.Fprintln(std.out, "as it was written")
	return nil
}

// auditExport writes entries to standard output.
func auditExport(ctx context.Context, args []string, std streams) error {
	f := newFlags("audit export", std)
	opts := configFlags(f)
	format := f.String("format", string(auditlog.CSV), "csv or jsonl")
	filter := store.AuditFilter{}
	f.StringVar(&filter.App, "app", "", "only of this app")
	f.StringVar(&filter.Group, "group", "", "only in this group; needs --app")
	f.StringVar(&filter.User, "user", "", "only what was done to this user; needs --app")
	f.StringVar(&filter.Action, "action", "", "only this action, such as member.mute")
	operatorName := f.String("operator", "", "only by the operator of this name")
	from := f.String("from", "", "from this day on, such as 2026-04-01")
	until := f.String("until", "", "up to this day, with it")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	switch {
	case len(rest) > 0:
		return usagef("audit export takes no argument %q; it writes to standard output", rest[0])
	case !slices.Contains(auditlog.Formats(), auditlog.Format(*format)):
		return usagef("--format %q is neither csv nor jsonl", *format)
	case (filter.Group != "" || filter.User != "") && filter.App == "":
		return usagef("--group and --user need --app: ids are unique within an app")
	}
	if filter.From, filter.Until, err = days(*from, *until, zone(c)); err != nil {
		return err
	}
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	if *operatorName != "" {
		o, err := st.Operators.ByName(ctx, *operatorName)
		if err != nil {
			return usagef("there is no operator %q", *operatorName)
		}
		filter.OperatorID = o.ID
	}
	n, err := auditlog.Write(ctx, std.out, st.Audit, filter, auditlog.Format(*format), 0)
	if err == nil {
		fmt.Fprintf(std.err, "%d entries\n", n)
	}
	return err
}

// auditErase says what is held about a user of an app, and with --yes erases it.
func auditErase(ctx context.Context, args []string, std streams) error {
	f := newFlags("audit erase", std)
	opts := configFlags(f)
	app := f.String("app", "", "name of the app")
	user := f.String("user", "", "id of the user")
	reason := f.String("reason", "", "why; it is kept, and must not name the user")
	yes := f.Bool("yes", false, "erase it; without this nothing is changed")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	c, err := opts.load()
	if err != nil {
		return err
	}
	switch {
	case len(rest) > 0:
		return usagef("audit erase takes no argument %q", rest[0])
	case *app == "" || *user == "":
		return usagef("audit erase needs --app and --user")
	case *yes && *reason == "":
		return usagef("audit erase needs --reason")
	}
	st, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	h, err := st.Privacy.Find(ctx, *app, *user, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "held about the user: %d audit entries, %d more that name the user, %d places of operators, %d requests, %d targets of jobs, %d rows of lists, %d messages, %d cases and parts of them; %d under way, %d cases under hold\n",
		h.Targets, h.Mentions, h.Places, h.Requests, h.JobItems, h.Lists, h.Messages, h.Cases, h.UnderWay, h.Held)
	if !*yes {
		fmt.Fprintln(std.out, "nothing was changed; --yes erases it")
		return nil
	}
	e, err := st.Privacy.Erase(ctx, store.AuditEntry{At: time.Now(), OperatorName: "command line", Reason: *reason}, *app, *user)
	if errors.Is(err, store.ErrInvalid) {
		return usagef("%v", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "erased: %d audit entries, %d places, %d requests, %d targets of jobs, %d rows of lists, %d messages, %d cases and parts of them; %d under way and %d cases under hold were left\n",
		e.Entries, e.Places, e.Requests, e.JobItems, e.Lists, e.Messages, e.Cases, e.Left, e.Held)
	return nil
}

// days reads the first and the last day, and returns the moment after the last one.
func days(first, last string, z *time.Location) (from, until time.Time, err error) {
	if first != "" {
		if from, err = time.ParseInLocation(time.DateOnly, first, z); err != nil {
			return from, until, usagef("--from %q is no day; such as 2026-04-01", first)
		}
	}
	if last != "" {
		if until, err = time.ParseInLocation(time.DateOnly, last, z); err != nil {
			return from, until, usagef("--until %q is no day; such as 2026-04-30", last)
		}
		until = until.AddDate(0, 0, 1)
	}
	return from, until, nil
}
