// Package emulator is an IM service in a box: it speaks the server REST API v4 of Tencent Cloud Chat and the OpenAPI of
// Volcengine IM on one local port, over a community of its own, so that an integration can be built, tested and shown
// without a cloud account.
//
// It imports nothing else of this program. It was written from the vendor's documents alone and is meant to disagree with a
// client that reads them differently.
//
//	s, err := emulator.New(ctx, emulator.Config{Apps: []emulator.TencentApp{{SDKAppID: 1400000001, Admins: []string{"administrator"}, Key: key}}, Seed: "demo"})
//	err = s.Start("127.0.0.1:0")
//	defer s.Close()
//	... s.URL() ...
//
// Apps of Volcengine IM are Config.Volc; their calls go to /?Action=…&Version=2020-12-01. An app belongs to one vendor: what is said
// in it is not heard in another one. The demo has the same people, groups and talk in each, in the words of its vendor.
//
// # Where things are
//
//	emulator.go, fault.go, control.go   the server, faults made on purpose, /_emulator/ for people and scripts
//	clients.go, relations.go            what users do on their devices
//	volcengine.go                       the other vendor's apps, and what users do on devices there
//	callback.go, files.go               where an app is told of it; files that are blocked, pushes that went out
//	internal/community                  accounts, groups, members, messages, mutes: the world, in SQLite; no wire protocol
//	internal/tencent                    Tencent's protocol over it: gate.go (signature, rates), fields.go (requests),
//	                                    envelope.go (answers), command.go (the table of commands), callback.go (what an
//	                                    app is told and asked), report.go (of pushes, moderation, limits), client.go (devices), one file an area
//	internal/volcengine                 Volcengine's protocol over it: service.go says what is where
//	internal/demo                       the seeded community, and people who go on talking
//
// # What is stored
//
// One SQLite file, WAL, one connection that writes and a few that read. Nothing in memory grows with it: a million groups
// or ten million messages are served from about 60 MB. Tables (the files in migrations have every column):
//
//	account, profile    users of an app, and what their profiles hold beside nick and face
//	grp, grp_count      groups, numbered by gid in order of creation; living groups of each kind, counted by triggers
//	member              (gid, uid), listed in order of joining by the index (gid, joined_at, account)
//	mute, ban           (gid or tid, uid) until when: apart from member, for they outlive leaving
//	live_admin          administrators of live rooms, who need not be present
//	topic               streams of messages inside a community; their tids share a number space with gids
//	message             id = gid << 32 | seq: a window of history is one range of the table; a missing seq is a hole
//	receipt             who has sent a receipt for a message that wants them
//	purge               dismissed groups whose messages are still to be removed, in the background
//	direct              messages between two users: one row is what both have, hidden says who does not see it
//	extension           pairs noted on messages of either kind, and extension_state their numbers
//	friend, friend_request, friend_list, block, follow, sns
//	                    relations of a user, each direction a row; sns numbers and counts their changes
//	talk, talk_cut, talk_pin
//	                    direct conversations of a user, group ones he removed, pinned ones: those in groups follow from member
//	mark, mark_group    what a user notes of conversations
//	attr, counter, topic_read
//	                    attributes and counters of groups, and how far members have read in topics
//	push, push_attr, push_tag
//	                    pushes to all, and what selects their receivers
//	word, media_block   words that are looked for in texts, and files nobody may see
//	day_stat, day_user, day_group
//	                    what happened, by day in China Standard Time, counted as it happens and kept for a month
//	export              files of an hour's messages, as they were made when they were first asked for
//
// What Volcengine IM has is shaped otherwise: users are numbers and need no account, conversations and messages have 64-bit
// numbers of the service, mutes are a member's, positions are microseconds. It has tables of its own:
//
//	conversation        single chats, groups and live groups; cid rises with creation, triggers count members
//	participant         (cid, user); of a live group: who is present, and who runs it
//	conversation_message
//	                    by MessageId; a page of history is one range of the index (cid, idx)
//	conversation_setting, conversation_mark, participant_block, participant_white
//	                    what users set and how far they have read; marks, mutes, bans and white lists of live groups
//	im_user, im_tie, im_broadcast
//	                    registered users, friends and blacklists by inbox, messages to all
//
// Volatile and bounded, in memory: call rates, the 40 messages a second of a group, messages of the last five minutes (to
// know a repeated one), who is online, marks in live rooms, faults, callbacks that wait to be sent.
//
// # What an app is told
//
// Before-callbacks (c.ask) wait for the app's answer outside of any transaction. After-callbacks (c.tell) are queued when
// the transaction they belong to is committed, in the order of commits, and sent in the background, each group and each
// pair of users in its own lane. A callback without anybody to hear it costs a look into a map.
//
// # How to add a command
//
// In internal/tencent, in the file of its area (a new area is a new file):
//
//  1. Add a line to the area's list, such as
//     {service: groupService, name: "get_role_in_group", rate: 200, run: getRoles}.
//     A new list is named in commands() in command.go; a new service gets a line in services, which says what its
//     commands answer when a field is wrong, an account is missing, or something fails here.
//  2. Write run. Read every field from the call (str, num, strs, objs, ... record the first thing that is wrong), then
//     return c.failed() if it is not nil, or let c.group() do so. Fields of requests that have an older spelling: c.alias.
//     A single field with a code of its own: c.as(90003).str("To_Account").
//  3. Read with c.read(), write in c.update(...), which is a transaction. SQL stays in internal/community: add a method
//     with a plain name there, on Conn if it reads, on Tx if it writes. Errors such as community.ErrNoGroup become the
//     vendor's codes by themselves; any other refusal is refuse(code, "text"), anything else is logged and answered with the
//     service's code for internal trouble.
//  4. Return the answer's fields as a struct (the envelope is put around it), nil if there are none, or a reply for an
//     unusual envelope. Lists are [], never null.
//  5. If an app is told of it: c.ask before the transaction, c.tell(tx, lane, "Group.Callback...", struct) inside it. The
//     struct has the fields after CallbackCommand; EventTime is c.eventTime() in Group.*, c.eventMS() elsewhere.
//  6. Test it over HTTP with raw JSON, in the _test.go of the area; its callbacks are lines in TestCallbackBodies.
//
// New tables go into a new file in internal/community/migrations with the next number; released files do not change.
package emulator
