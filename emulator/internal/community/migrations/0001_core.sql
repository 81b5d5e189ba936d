-- Times end in _ms (Unix milliseconds) or _at (Unix seconds). "until" values are Unix seconds, 0 = not set,
-- 9223372036854775807 = for ever. Ids of the outside world are TEXT; uid and gid are ours.

CREATE TABLE account (
  uid         INTEGER PRIMARY KEY,
  app         INTEGER NOT NULL,
  name        TEXT    NOT NULL,               -- the UserID
  nick        TEXT    NOT NULL DEFAULT '',
  face        TEXT    NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  c2c_mute    INTEGER NOT NULL DEFAULT 0,     -- may not send direct messages until
  group_mute  INTEGER NOT NULL DEFAULT 0,     -- may not speak in any group until
  UNIQUE (app, name)
);

-- What a profile holds beside nick and face. value is a JSON scalar.
CREATE TABLE profile (
  uid   INTEGER NOT NULL,
  tag   TEXT    NOT NULL,
  value TEXT    NOT NULL,
  PRIMARY KEY (uid, tag)
) WITHOUT ROWID;

-- gid rises with creation, so lists "in creation order" are ranges of gid. A dismissed group keeps its row, and nothing
-- else, so that the service can tell "dismissed" from "never was".
CREATE TABLE grp (
  gid           INTEGER PRIMARY KEY AUTOINCREMENT,
  app           INTEGER NOT NULL,
  id            TEXT    NOT NULL,
  kind          INTEGER NOT NULL,
  name          TEXT    NOT NULL,
  introduction  TEXT    NOT NULL DEFAULT '',
  notification  TEXT    NOT NULL DEFAULT '',
  face          TEXT    NOT NULL DEFAULT '',
  owner         TEXT    NOT NULL DEFAULT '',  -- '' = nobody
  created_at    INTEGER NOT NULL,
  info_at       INTEGER NOT NULL,
  info_seq      INTEGER NOT NULL DEFAULT 0,
  msg_at        INTEGER NOT NULL DEFAULT 0,
  next_seq      INTEGER NOT NULL DEFAULT 1,
  member_num    INTEGER NOT NULL DEFAULT 0,
  max_members   INTEGER NOT NULL,
  apply_join    TEXT    NOT NULL,
  invite_join   TEXT    NOT NULL DEFAULT '',
  mute_all      INTEGER NOT NULL DEFAULT 0,
  topics        INTEGER NOT NULL DEFAULT 0,   -- 1: a community with topics
  permission    INTEGER NOT NULL DEFAULT 0,   -- EnablePermission
  permissions   INTEGER NOT NULL DEFAULT 0,   -- DefaultPermission
  history_before_join TEXT NOT NULL DEFAULT '',
  active        INTEGER NOT NULL DEFAULT 1,   -- 0: a private group its owner has not spoken in
  read_gen      INTEGER NOT NULL DEFAULT 0,   -- see member.read_gen
  read_floor    INTEGER NOT NULL DEFAULT 0,
  dismissed     INTEGER NOT NULL DEFAULT 0,
  data          TEXT    NOT NULL DEFAULT ''   -- JSON object: the group's own custom fields
);
CREATE UNIQUE INDEX grp_live ON grp (app, id) WHERE dismissed = 0;
CREATE INDEX grp_gone ON grp (app, id) WHERE dismissed = 1;
CREATE INDEX grp_list ON grp (app, gid) WHERE dismissed = 0;
CREATE INDEX grp_kind ON grp (app, kind, gid) WHERE dismissed = 0;

-- Living groups of each kind, so that a total needs no scan.
CREATE TABLE grp_count (
  app  INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (app, kind)
) WITHOUT ROWID;
CREATE TRIGGER grp_born AFTER INSERT ON grp WHEN NEW.dismissed = 0 BEGIN
  INSERT INTO grp_count (app, kind, n) VALUES (NEW.app, NEW.kind, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER grp_dies AFTER UPDATE OF dismissed ON grp WHEN OLD.dismissed = 0 AND NEW.dismissed = 1 BEGIN
  UPDATE grp_count SET n = n - 1 WHERE app = NEW.app AND kind = NEW.kind;
END;

-- account repeats account.name: lists are ordered by (joined_at, account).
CREATE TABLE member (
  gid        INTEGER NOT NULL,
  uid        INTEGER NOT NULL,
  account    TEXT    NOT NULL,
  role       INTEGER NOT NULL DEFAULT 0,
  joined_at  INTEGER NOT NULL,
  flag       INTEGER NOT NULL DEFAULT 0,
  sent_at    INTEGER NOT NULL DEFAULT 0,
  card       TEXT    NOT NULL DEFAULT '',
  read_seq   INTEGER NOT NULL DEFAULT 0,      -- counts while read_gen is the group's, else grp.read_floor does
  read_gen   INTEGER NOT NULL DEFAULT 0,
  data       TEXT    NOT NULL DEFAULT '',     -- JSON object
  PRIMARY KEY (gid, uid)
) WITHOUT ROWID;
CREATE INDEX member_order ON member (gid, joined_at, account);
CREATE INDEX member_staff ON member (gid, joined_at, account) WHERE role > 0;
CREATE INDEX member_groups ON member (uid, gid);

-- Administrators of live rooms, who need not be present.
CREATE TABLE live_admin (
  gid INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  PRIMARY KEY (gid, uid)
) WITHOUT ROWID;

-- A topic is a stream of messages inside a community. Its tid and the gids share one number space (gids stay below
-- 2^30), so messages and mutes take either.
CREATE TABLE topic (
  tid          INTEGER PRIMARY KEY AUTOINCREMENT,
  gid          INTEGER NOT NULL,
  id           TEXT    NOT NULL,
  name         TEXT    NOT NULL,
  introduction TEXT    NOT NULL DEFAULT '',
  notification TEXT    NOT NULL DEFAULT '',
  face         TEXT    NOT NULL DEFAULT '',
  custom       TEXT    NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL,
  msg_at       INTEGER NOT NULL DEFAULT 0,
  next_seq     INTEGER NOT NULL DEFAULT 1,
  mute_all     INTEGER NOT NULL DEFAULT 0,
  gone         INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX topic_id ON topic (gid, id);
INSERT INTO sqlite_sequence (name, seq) VALUES ('topic', 1073741824);

-- Mutes and bans are kept apart from member: they outlive leaving, and live rooms have no members of record.
CREATE TABLE mute (
  gid   INTEGER NOT NULL,
  uid   INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (gid, uid)
) WITHOUT ROWID;

CREATE TABLE ban (
  gid    INTEGER NOT NULL,
  uid    INTEGER NOT NULL,
  until  INTEGER NOT NULL,
  reason TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (gid, uid)
) WITHOUT ROWID;

-- The messages of groups and topics. id is gid (or tid) << 32 | seq, so a window of history is one range of the table itself.
CREATE TABLE message (
  id       INTEGER PRIMARY KEY,
  sender   TEXT    NOT NULL,
  sent_ms  INTEGER NOT NULL,
  random   INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  state    INTEGER NOT NULL DEFAULT 0,        -- 0 shown, 1 hole, 2 recalled
  flags    INTEGER NOT NULL DEFAULT 0,        -- 1 tip of the service, 2 takes extensions, 4 wants receipts
  body     TEXT    NOT NULL,
  cloud    TEXT    NOT NULL DEFAULT ''
);

-- Who has sent a receipt for a message that wants them.
CREATE TABLE receipt (
  id  INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  PRIMARY KEY (id, uid)
) WITHOUT ROWID;

-- Dismissed groups whose messages are still to be removed, a piece at a time.
CREATE TABLE purge (gid INTEGER PRIMARY KEY);
