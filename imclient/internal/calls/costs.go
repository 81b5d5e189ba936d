package calls

import "imdesk/imclient"

// Cost is what one command costs when something is done to many targets: a call for each Per of them in one group.
type Cost struct {
	Command string
	Per     int // targets a call; 0: one call a group
	Times   int // as often, such as before and after; 0 is once
}

// Costs are the calls for targets in groups, spread evenly.
func Costs(list []Cost, targets, groups int, perSecond func(command string) float64) []imclient.Cost {
	var out []imclient.Cost
	groups = max(groups, 1)
	for _, c := range list {
		n := groups
		if c.Per > 0 {
			each := (targets + groups - 1) / groups
			n = min(groups*((each+c.Per-1)/c.Per), max(targets, 0))
		}
		out = append(out, imclient.Cost{Command: c.Command, Calls: n * max(c.Times, 1), PerSecond: perSecond(c.Command)})
	}
	return out
}
