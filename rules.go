package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"imdesk/moderation"
)

// rulesCommand looks after rules beside the console.
func rulesCommand(ctx context.Context, args []string, std streams) error {
	f := newFlags("rules", std)
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 && rest[0] == "test" {
		return testRules(rest[1:], std)
	}
	return usagef("rules takes: test FILE TEXT…")
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
