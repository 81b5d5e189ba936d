package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"imdesk/actions"
	"imdesk/apps"
	"imdesk/moderation"
	"imdesk/rules"
	"imdesk/store"
)

// rulesCommand looks after rules beside the console.
func rulesCommand(ctx context.Context, args []string, std streams) error {
	f := newFlags("rules", std)
	opts := configFlags(f)
	rest, err := parse(f, args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0 && rest[0] == "test":
		return testRules(rest[1:], std)
	case len(rest) == 1 && rest[0] == "export", len(rest) == 2 && rest[0] == "import":
		return withStore(ctx, opts, func(st *store.Store) error { return moveRules(ctx, st, rest[1:], std) })
	case len(rest) > 0 && len(rest) < 3 && rest[0] == "caught":
		return withStore(ctx, opts, func(st *store.Store) error { return caught(ctx, st, rest[1:], std.out) })
	}
	return usagef("rules takes: test FILE TEXT…, export, import FILE, caught [RULE]")
}

// withStore opens the console's database for something.
func withStore(ctx context.Context, opts configOptions, do func(*store.Store) error) error {
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
	return do(st)
}

// caught prints how much each rule caught while that is kept, or the newest of what one rule caught: in force, or only in the shadow.
func caught(ctx context.Context, st *store.Store, rule []string, w io.Writer) error {
	if len(rule) == 0 {
		counts, err := st.Rules.Counts(ctx, nil, time.Now().Add(-rules.HitsKept))
		for _, c := range counts {
			fmt.Fprintf(w, "%s: %d in force, %d in the shadow, the last %s\n", c.Rule, c.Acted, c.Quiet, c.Last.Format(time.RFC3339))
		}
		return err
	}
	hits, err := st.Rules.Hits(ctx, store.HitQuery{Rule: rule[0], N: store.MaxHitPage})
	for _, h := range hits {
		how := h.Outcome
		if h.Quiet {
			how += " (shadow)"
		}
		fmt.Fprintf(w, "%s %s %s %s: %s, %q; done: %s\n", h.At.Format(time.RFC3339), h.App, cmp.Or(h.Group, "direct"), h.Sender, how, h.Text, h.Done)
	}
	return err
}

// moveRules writes the rules and lists of the console as TOML, or takes up those of a file, also while the console runs.
func moveRules(ctx context.Context, st *store.Store, file []string, std streams) error {
	service := &rules.Service{Store: st}
	if err := service.Load(ctx); err != nil {
		return err
	}
	if len(file) == 0 {
		b, err := moderation.Format(service.File())
		if err != nil {
			return err
		}
		_, err = std.out.Write(b)
		return err
	}
	data, err := os.ReadFile(file[0])
	if err != nil {
		return usagef("cannot read %s: %s", file[0], plainCause(err))
	}
	from, err := moderation.ParsePart(data)
	if err != nil {
		return usagef("%s: %v", file[0], err)
	}
	n, err := service.Import(ctx, from, "imdesk rules import", "")
	if mistake, is := errors.AsType[*moderation.Mistake](moderation.Place(data, err)); is {
		return usagef("%s: %v", file[0], mistake)
	}
	if err != nil {
		return err
	}
	entry := store.AuditEntry{At: time.Now(), OperatorName: "imdesk rules import", Action: rules.ActImport, Reason: fmt.Sprint(n)}
	id, err := st.Audit.Begin(ctx, entry)
	if err == nil {
		err = st.Audit.Finish(ctx, id, store.AuditOutcome{At: time.Now(), State: store.AuditOK})
	}
	fmt.Fprintf(std.out, "%d rules and lists are new or changed\n", n)
	return err
}

// newRules makes what judges messages. A console on the embedded service begins with rules, in the shadow.
func newRules(ctx context.Context, st *store.Store, act *actions.Service, list *apps.Registry, log *slog.Logger) (*rules.Service, error) {
	service := &rules.Service{Store: st, Actions: act, Log: log, App: func(name string) (actions.App, bool) {
		if a := list.Get(name); a != nil {
			return a.Target(), true
		}
		return actions.App{}, false
	}}
	act.Undone = service.Reversed
	if err := service.Load(ctx); err != nil {
		log.Error("rules cannot be loaded; no message is judged until they are mended", "error", err)
		return service, nil
	}
	embedded := slices.ContainsFunc(list.All(), func(a *apps.App) bool { return a.Embedded })
	if embedded && len(service.Docs()) == 0 {
		if _, err := service.Import(ctx, moderation.Starter(), rules.SystemName, "starter"); err != nil {
			return nil, fmt.Errorf("rules to begin with: %w", err)
		}
	}
	return service, nil
}

// testRules says what the rules of a file make of texts: those given, or each line of standard input.
func testRules(args []string, std streams) error {
	if len(args) == 0 {
		return usagef("rules test takes a file of rules, and texts; without texts it reads lines")
	}
	file := moderation.Starter()
	if args[0] != "starter" {
		data, err := os.ReadFile(args[0])
		if err != nil {
			return usagef("cannot read %s: %s", args[0], plainCause(err))
		}
		if file, err = moderation.Parse(data); err != nil {
			return usagef("%s: %v", args[0], err)
		}
	}
	set, err := moderation.Compile(file)
	if err != nil {
		return usagef("%s: %v", args[0], err)
	}
	memory := moderation.NewMemory()
	judge := func(text string) {
		m := moderation.Message{App: "test", Group: "test", Sender: "test", At: time.Now(), Texts: []string{text}, Types: []string{"text"}}
		printVerdict(std.out, &m, set.Judge(&m, memory, true))
	}
	if len(args) > 1 {
		for _, text := range args[1:] {
			judge(text)
		}
		return nil
	}
	return eachLine(std.in, judge)
}

// eachLine hands out the lines of a stream, of which none may be longer than a message.
func eachLine(r io.Reader, each func(string)) error {
	data, err := io.ReadAll(io.LimitReader(r, moderation.MaxFile+1))
	switch {
	case err != nil:
		return fmt.Errorf("read texts: %w", err)
	case len(data) > moderation.MaxFile:
		return usageError{errors.New("more than 16 MB of texts").Error()}
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			each(line)
		}
	}
	return nil
}

// printVerdict prints a text with what was found in brackets, and below it the rules that hold, with what each found.
func printVerdict(w io.Writer, m *moderation.Message, v moderation.Verdict) {
	text := m.Text()
	var all []moderation.Reason
	for _, c := range v.Checks {
		all = append(all, c.Reasons...)
	}
	at := 0
	for _, s := range moderation.Merge(all) {
		fmt.Fprintf(w, "%s[%s]", text[at:s.From], text[s.From:s.To])
		at = s.To
	}
	fmt.Fprintln(w, text[at:])
	for _, c := range v.Checks {
		var why []string
		for _, r := range c.Reasons {
			why = append(why, strings.TrimSuffix(r.Check+": "+r.Detail, ": "))
		}
		fmt.Fprintf(w, "  %s (%s): %s, score %d; %s\n", c.Rule, c.State, c.Outcome, c.Score, strings.Join(why, "; "))
	}
	if len(v.Checks) == 0 {
		fmt.Fprintln(w, "  no rule holds")
	}
}
