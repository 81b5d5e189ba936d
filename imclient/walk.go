package imclient

import "context"

// Walk leads from users to groups and back, at a call a page. A job finds groups by it where the service cannot list them.
type Walk interface {
	// GroupsOf returns a page of the groups on a user's list of conversations, and of those that the user made. A page may be
	// empty and not be the last one: other conversations stand among them.
	GroupsOf(ctx context.Context, user, cursor string) (Page[Group], error)
	// MembersOf returns a page of the ids of a group's members; of a live room those there now.
	MembersOf(ctx context.Context, group string, t GroupType, cursor string) (Page[string], error)
}

type noWalk struct{ v Vendor }

func (n noWalk) GroupsOf(context.Context, string, string) (Page[Group], error) {
	return Page[Group]{}, Unsupported("walk.groups_of", n.v)
}

func (n noWalk) MembersOf(context.Context, string, GroupType, string) (Page[string], error) {
	return Page[string]{}, Unsupported("walk.members_of", n.v)
}
