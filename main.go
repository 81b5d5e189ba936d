// Command imdesk is a web console for the people who look after an app's chat.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // operators choose time zones, and a bare machine has none
)

// version is set when a release is built.
var version = ""

// command is one of the things the program does.
type command struct {
	name, args, about string
	run               func(ctx context.Context, args []string, std streams) error
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func commands() []command {
	return []command{
		{"serve", "[--config FILE] [--listen ADDR] [--data DIR]", "run the console (the default)", serve},
		{"check", "[--config FILE] [--data DIR]", "call each app and say whether key, administrator and clock are right", check},
		{"operator", "add NAME --role ROLE --password-stdin", "add an operator; also: invite, password, role, disable, enable, reset-factors, list", operator},
		{"access", "clear", "let the console and its API be used from any address again", access},
		{"import", "--app APP --format irc FILE…", "make groups from chat logs, through the service's import commands", importLogs},
		{"emulator", "--listen ADDR …", "run the IM service for tests alone", runEmulator},
		{"backup", "FILE", "copy the console's database while it runs", backup},
		{"restore", "[--force] FILE", "put a backup in the place of the console's database", restore},
		{"copy", "--from DATABASE --to DATABASE", "move to another database, such as from SQLite to PostgreSQL", copyDatabase},
		{"audit", "verify [--heads FILE] [--public-key HEX]", "say whether the audit log is as it was written; also: export --format csv|jsonl", audit},
		{"rules", "export | import FILE | caught [RULE] | test FILE TEXT…", "write the rules as TOML, take up those of a file, list what they caught, or try a file’s on texts (FILE starter: those that come with it)", rulesCommand},
		{"secrets", "rotate", "seal all secrets in the database with a new key", secretsCommand},
		{"version", "", "print the version", printVersion},
	}
}

// usageError is a mistake of whoever typed the command: one line, exit code 2.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	std := streams{os.Stdin, os.Stdout, os.Stderr}
	os.Exit(exitCode(run(ctx, os.Args[1:], std), std.err))
}

// exitCode says what went wrong, in one line, and returns 2 for what the caller can mend: arguments, configuration, a
// taken port, a folder that cannot be written.
func exitCode(err error, w io.Writer) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(w, "imdesk: stopped")
		return 130
	case errors.As(err, &usage):
		fmt.Fprintln(w, "imdesk: "+err.Error())
		return 2
	}
	fmt.Fprintln(w, "imdesk: "+strings.ReplaceAll(err.Error(), "\n", " "))
	return 1
}

func run(ctx context.Context, args []string, std streams) error {
	name := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		name = "help"
	} else if len(args) > 0 && args[0] == "--version" {
		name = "version"
	}
	if name == "help" {
		printUsage(std.out)
		return nil
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, args, std)
		}
	}
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return usagef("%q is no command; there are: %s", name, strings.Join(names, ", "))
}

func printUsage(w io.Writer) {
	fmt.Fprintln(w, "imdesk looks after the chat of your apps.")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  imdesk %s %s\n        %s\n", c.name, c.args, c.about)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "Without a configuration file the console runs on an IM service of its own, with a community in it.")
}

// newFlags makes a command's flags. Mistakes come back as one line.
func newFlags(name string, std streams) *flag.FlagSet {
	f := flag.NewFlagSet("imdesk "+name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {
		fmt.Fprintf(std.out, "imdesk %s\n", name)
		f.SetOutput(std.out)
		f.PrintDefaults()
		f.SetOutput(io.Discard)
	}
	return f
}

// parse reads flags that may stand before, between and after the arguments, and returns the arguments.
func parse(f *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usagef("%s: %v", strings.TrimPrefix(f.Name(), "imdesk "), err)
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
}

func printVersion(_ context.Context, _ []string, std streams) error {
	fmt.Fprintln(std.out, "imdesk "+versionText())
	return nil
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
