package moderation

// Part is one thing that a condition asks for, as a condition of its own.
type Part struct {
	Kind string // as in Reason.Check
	Cond Cond
}

// Kinds are the kinds of parts, in the order in which people think of them.
func Kinds() []string {
	return []string{
		"words", "pattern", "link", "contact", "repeats", "senders", "rate", "joined", "strikes", "mentions", "capitals", "emoji", "mixed", "script", "longer",
		"shorter", "type", "file", "group_type",
	}
}

// Parts are what a condition asks for beside the conditions that are in it.
func (c Cond) Parts() (list []Part) {
	add := func(is bool, kind string, part Cond) {
		if is {
			list = append(list, Part{kind, part})
		}
	}
	add(len(c.Words)+len(c.Lists) > 0, "words", Cond{Words: c.Words, Lists: c.Lists})
	add(len(c.Patterns) > 0, "pattern", Cond{Patterns: c.Patterns})
	add(c.Link || len(c.Hosts)+len(c.NoHosts) > 0, "link", Cond{Link: c.Link, Hosts: c.Hosts, NoHosts: c.NoHosts})
	add(len(c.Contact) > 0, "contact", Cond{Contact: c.Contact})
	add(c.Repeats > 0, "repeats", Cond{Repeats: c.Repeats, Within: c.Within})
	add(c.Senders > 0, "senders", Cond{Senders: c.Senders, Within: c.Within})
	add(c.Messages > 0, "rate", Cond{Messages: c.Messages, Within: c.Within})
	add(c.Joined > 0, "joined", Cond{Joined: c.Joined})
	add(c.Strikes > 0, "strikes", Cond{Strikes: c.Strikes})
	add(c.Mentions > 0, "mentions", Cond{Mentions: c.Mentions})
	add(c.Capitals > 0, "capitals", Cond{Capitals: c.Capitals})
	add(c.Emoji > 0, "emoji", Cond{Emoji: c.Emoji})
	add(c.Mixed, "mixed", Cond{Mixed: true})
	add(len(c.Scripts) > 0, "script", Cond{Scripts: c.Scripts})
	add(c.Longer > 0, "longer", Cond{Longer: c.Longer})
	add(c.Shorter > 0, "shorter", Cond{Shorter: c.Shorter})
	add(len(c.Types) > 0, "type", Cond{Types: c.Types})
	add(len(c.Files) > 0, "file", Cond{Files: c.Files})
	add(len(c.GroupTypes) > 0, "group_type", Cond{GroupTypes: c.GroupTypes})
	return list
}

// With is the condition with a part more; false if it asks for the same thing already, so that both do not fit into one.
func (c Cond) With(p Part) (Cond, bool) {
	for _, own := range c.Parts() {
		counts := func(kind string) bool { return kind == "repeats" || kind == "senders" || kind == "rate" }
		if own.Kind == p.Kind || counts(own.Kind) && counts(p.Kind) { // they share the time
			return c, false
		}
	}
	d := p.Cond
	switch p.Kind {
	case "words":
		c.Words, c.Lists = d.Words, d.Lists
	case "pattern":
		c.Patterns = d.Patterns
	case "link":
		c.Link, c.Hosts, c.NoHosts = d.Link, d.Hosts, d.NoHosts
	case "contact":
		c.Contact = d.Contact
	case "repeats", "senders", "rate":
		c.Repeats, c.Senders, c.Messages, c.Within = d.Repeats, d.Senders, d.Messages, d.Within
	case "joined":
		c.Joined = d.Joined
	case "strikes":
		c.Strikes = d.Strikes
	case "mentions":
		c.Mentions = d.Mentions
	case "capitals":
		c.Capitals = d.Capitals
	case "emoji":
		c.Emoji = d.Emoji
	case "mixed":
		c.Mixed = d.Mixed
	case "script":
		c.Scripts = d.Scripts
	case "longer":
		c.Longer = d.Longer
	case "shorter":
		c.Shorter = d.Shorter
	case "type":
		c.Types = d.Types
	case "file":
		c.Files = d.Files
	case "group_type":
		c.GroupTypes = d.GroupTypes
	}
	return c, true
}

// Explained is one part of a rule's condition, and whether it holds.
type Explained struct {
	Part
	Holds  bool
	Reason Reason
}

// Explain says of each part of a condition, also of those in conditions in it, whether it holds for a message, whatever the others do.
// What was said before is not known. The error is a *Mistake.
func Explain(c Cond, lists []List, m *Message) ([]Explained, error) {
	var out []Explained
	var f File
	used := map[string]bool{}
	c.Each(func(one *Cond) {
		for _, p := range one.Parts() {
			out = append(out, Explained{Part: p})
			f.Rules = append(f.Rules, Rule{Name: partName(len(out)), State: Draft, Outcome: Flag, Where: "everywhere", When: p.Cond})
			for _, name := range p.Cond.Lists {
				used[name] = true
			}
		}
	})
	for _, l := range lists {
		if used[l.Name] {
			f.Lists = append(f.Lists, l)
		}
	}
	set, err := Compile(f)
	if err != nil {
		return nil, err
	}
	for _, check := range set.Judge(m, nil, true).Checks {
		for i := range out {
			if partName(i+1) == check.Rule {
				out[i].Holds, out[i].Reason = true, check.Reasons[0]
			}
		}
	}
	return out, nil
}

func partName(n int) string {
	return "part-" + string(rune('a'+n/26%26)) + string(rune('a'+n%26))
}
