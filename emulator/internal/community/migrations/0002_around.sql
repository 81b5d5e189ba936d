-- Relations between users, conversations, attributes and counters of groups, pushes, keywords, statistics and exports.

-- Counters of one user's relations: n numbers friends and blocked users in order of adding, the rest rise with each change.
CREATE TABLE sns (
  uid          INTEGER PRIMARY KEY,
  next_n       INTEGER NOT NULL DEFAULT 1,
  standard_seq INTEGER NOT NULL DEFAULT 0,    -- friends and their standard fields
  custom_seq   INTEGER NOT NULL DEFAULT 0,    -- custom fields of friends
  list_seq     INTEGER NOT NULL DEFAULT 0,    -- friend lists
  block_seq    INTEGER NOT NULL DEFAULT 0
);

-- peer is on uid's list of friends. The other direction is another row, or none.
CREATE TABLE friend (
  uid      INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  peer     INTEGER NOT NULL,
  since_at INTEGER NOT NULL,
  remark   TEXT    NOT NULL DEFAULT '',
  source   TEXT    NOT NULL DEFAULT '',
  wording  TEXT    NOT NULL DEFAULT '',
  custom   TEXT    NOT NULL DEFAULT '',       -- JSON object: tag to JSON scalar, as text
  PRIMARY KEY (uid, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX friend_peer ON friend (uid, peer);
CREATE INDEX friend_of ON friend (peer, uid);

-- asker wants to be uid's friend and waits for an answer. list and remark are what asker wants to note of uid.
CREATE TABLE friend_request (
  uid     INTEGER NOT NULL,
  asker   INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  single  INTEGER NOT NULL DEFAULT 0,         -- 1: only asker's list is to change
  remark  TEXT    NOT NULL DEFAULT '',
  list    TEXT    NOT NULL DEFAULT '',
  source  TEXT    NOT NULL DEFAULT '',
  wording TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (uid, asker)
) WITHOUT ROWID;
CREATE INDEX friend_request_of ON friend_request (asker);

CREATE TABLE friend_list (
  uid  INTEGER NOT NULL,
  name TEXT    NOT NULL,
  n    INTEGER NOT NULL,                      -- order of creation
  PRIMARY KEY (uid, name)
) WITHOUT ROWID;
CREATE TABLE friend_list_member (
  uid  INTEGER NOT NULL,
  name TEXT    NOT NULL,
  peer INTEGER NOT NULL,
  PRIMARY KEY (uid, name, peer)
) WITHOUT ROWID;
CREATE INDEX friend_list_peer ON friend_list_member (uid, peer);

CREATE TABLE block (
  uid  INTEGER NOT NULL,
  n    INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  PRIMARY KEY (uid, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX block_peer ON block (uid, peer);
CREATE INDEX block_of ON block (peer);

CREATE TABLE follow (
  uid  INTEGER NOT NULL,
  n    INTEGER NOT NULL,                      -- rises with time, whoever follows
  peer INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  PRIMARY KEY (uid, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX follow_peer ON follow (uid, peer);
CREATE INDEX follow_fans ON follow (peer, n);

-- The latest message of a group that moves it up in lists of conversations: not every message does.
ALTER TABLE grp ADD COLUMN talk_at  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grp ADD COLUMN talk_seq INTEGER NOT NULL DEFAULT 0;

-- Direct conversations of uid: when the latest message passed that uid can see. Those in groups follow from member.
CREATE TABLE talk (
  uid  INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  PRIMARY KEY (uid, peer)
) WITHOUT ROWID;

-- Group conversations that uid removed from the list: they come back with a message after cut_seq.
CREATE TABLE talk_cut (
  uid     INTEGER NOT NULL,
  gid     INTEGER NOT NULL,
  cut_seq INTEGER NOT NULL,
  PRIMARY KEY (uid, gid)
) WITHOUT ROWID;

-- Pinned conversations: kind 1 with a uid, kind 2 with a gid.
CREATE TABLE talk_pin (
  uid  INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  PRIMARY KEY (uid, kind, peer)
) WITHOUT ROWID;

-- What uid notes of conversations: peer is the name of an account (kind 1) or the id of a group (kind 2). Independent of
-- the list of conversations.
CREATE TABLE mark (
  uid        INTEGER NOT NULL,
  n          INTEGER NOT NULL,                -- order of marking
  kind       INTEGER NOT NULL,
  peer       TEXT    NOT NULL,
  standard   INTEGER NOT NULL DEFAULT 0,      -- bit n-1 is mark n
  custom     TEXT    NOT NULL DEFAULT '',
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (uid, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX mark_peer ON mark (uid, kind, peer);
CREATE TABLE mark_group (
  uid  INTEGER NOT NULL,
  id   INTEGER NOT NULL,                      -- 1 and up, of this user
  name TEXT    NOT NULL,
  PRIMARY KEY (uid, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX mark_group_name ON mark_group (uid, name);
CREATE TABLE mark_group_member (
  uid INTEGER NOT NULL,
  id  INTEGER NOT NULL,
  n   INTEGER NOT NULL,                       -- of mark
  PRIMARY KEY (uid, id, n)
) WITHOUT ROWID;
CREATE INDEX mark_group_of ON mark_group_member (uid, n);

-- Attributes and counters of a group.
CREATE TABLE attr (
  gid   INTEGER NOT NULL,
  key   TEXT    NOT NULL,
  value TEXT    NOT NULL,
  PRIMARY KEY (gid, key)
) WITHOUT ROWID;
CREATE TABLE counter (
  gid   INTEGER NOT NULL,
  key   TEXT    NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (gid, key)
) WITHOUT ROWID;

-- How far a member has read in a topic; nobody has read less than its read_floor.
ALTER TABLE topic ADD COLUMN read_floor INTEGER NOT NULL DEFAULT 0;
CREATE TABLE topic_read (
  tid      INTEGER NOT NULL,
  uid      INTEGER NOT NULL,
  read_seq INTEGER NOT NULL,
  PRIMARY KEY (tid, uid)
) WITHOUT ROWID;

-- Pushes to all, and what selects their receivers. account is a name, for it need not have been imported.
CREATE TABLE push (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  app       INTEGER NOT NULL,
  task      TEXT    NOT NULL,
  at_ms     INTEGER NOT NULL,
  random    INTEGER NOT NULL,
  sender    TEXT    NOT NULL,
  body      TEXT    NOT NULL,
  life      INTEGER NOT NULL,                 -- seconds kept for who is offline
  condition TEXT    NOT NULL,                 -- JSON, '' = everybody
  matched   INTEGER NOT NULL,                 -- accounts the condition selects
  reached   INTEGER NOT NULL                  -- those of them who were online
);
CREATE INDEX push_random ON push (app, random, at_ms);
CREATE INDEX push_at ON push (app, at_ms);
CREATE TABLE push_attr_name (
  app  INTEGER NOT NULL,
  n    INTEGER NOT NULL,                      -- 0 to 9
  name TEXT    NOT NULL,
  PRIMARY KEY (app, n)
) WITHOUT ROWID;
CREATE TABLE push_attr (
  app     INTEGER NOT NULL,
  account TEXT    NOT NULL,
  n       INTEGER NOT NULL,
  value   TEXT    NOT NULL,
  PRIMARY KEY (app, account, n)
) WITHOUT ROWID;
CREATE INDEX push_attr_value ON push_attr (app, n, value, account);
CREATE TABLE push_tag (
  app     INTEGER NOT NULL,
  account TEXT    NOT NULL,
  tag     TEXT    NOT NULL,
  PRIMARY KEY (app, account, tag)
) WITHOUT ROWID;
CREATE INDEX push_tag_tag ON push_tag (app, tag, account);

-- Words that are looked for in what people write. lib: 'local', 'dirty', or the id of a cloud library.
CREATE TABLE word (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  app         INTEGER NOT NULL,
  lib         TEXT    NOT NULL,
  text        TEXT    NOT NULL,
  pattern     INTEGER NOT NULL DEFAULT 0,     -- 1: a regular expression
  action      INTEGER NOT NULL DEFAULT 0,     -- 1 replace, 2 block, 3 note for review
  replacement TEXT    NOT NULL DEFAULT '',
  label       TEXT    NOT NULL DEFAULT '',
  changed_at  INTEGER NOT NULL,
  from_at     INTEGER NOT NULL DEFAULT 0,     -- in effect from then on
  UNIQUE (app, lib, text, pattern)
);

-- What happened on a day, counted as it happens. day is days since 1970 in China Standard Time.
CREATE TABLE day_stat (
  app  INTEGER NOT NULL,
  day  INTEGER NOT NULL,
  what INTEGER NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (app, day, what)
) WITHOUT ROWID;
CREATE TABLE day_user (
  app     INTEGER NOT NULL,
  day     INTEGER NOT NULL,
  account TEXT    NOT NULL,
  what    INTEGER NOT NULL,                   -- bits of what the user did
  hours   INTEGER NOT NULL,                   -- bit h: was active in hour h
  PRIMARY KEY (app, day, account)
) WITHOUT ROWID;
CREATE TABLE day_group (
  app INTEGER NOT NULL,
  day INTEGER NOT NULL,
  gid INTEGER NOT NULL,
  PRIMARY KEY (app, day, gid)
) WITHOUT ROWID;

-- Files of an hour's messages, as they were made.
CREATE TABLE export (
  app      INTEGER NOT NULL,
  kind     TEXT    NOT NULL,
  hour     INTEGER NOT NULL,                  -- hours since 1970
  part     INTEGER NOT NULL,
  size     INTEGER NOT NULL,
  md5      TEXT    NOT NULL,
  gzip_md5 TEXT    NOT NULL,
  data     BLOB    NOT NULL,
  PRIMARY KEY (app, kind, hour, part)
);
CREATE INDEX message_sent ON message (sent_ms);

-- Media nobody may see, by address.
CREATE TABLE media_block (
  app INTEGER NOT NULL,
  url TEXT    NOT NULL,
  PRIMARY KEY (url, app)
) WITHOUT ROWID;
