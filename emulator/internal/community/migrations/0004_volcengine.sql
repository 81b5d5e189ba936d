-- What Volcengine IM knows and the tables before do not: conversations of their own numbers, positions in microseconds, mutes
-- as absolute times of a member, users who are numbers and need no account. app is an AppId; users, other ids and
-- indexes are the vendor's own 64-bit numbers. Times end in _at (Unix seconds), _ms or _us. JSON objects and arrays are '' if empty.

-- cid rises with creation. idem: 'u' and the caller's IdempotentId, 's' and the two users of a single chat, '' = none.
CREATE TABLE conversation (
  cid         INTEGER PRIMARY KEY AUTOINCREMENT,
  app         INTEGER NOT NULL,
  id          INTEGER NOT NULL,               -- ConversationShortId
  type        INTEGER NOT NULL,               -- 1 single chat, 2 group, 100 live group
  inbox       INTEGER NOT NULL DEFAULT 0,
  name        TEXT    NOT NULL DEFAULT '',
  avatar      TEXT    NOT NULL DEFAULT '',
  description TEXT    NOT NULL DEFAULT '',
  notice      TEXT    NOT NULL DEFAULT '',
  ext         TEXT    NOT NULL DEFAULT '',
  owner       INTEGER NOT NULL,
  creator     INTEGER NOT NULL,
  other       INTEGER NOT NULL DEFAULT 0,     -- the second user of a single chat
  created_at  INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  last_index  INTEGER NOT NULL DEFAULT 0,     -- of the latest message
  active_us   INTEGER NOT NULL,               -- when the latest message was sent, or it was created
  member_num  INTEGER NOT NULL DEFAULT 0,     -- by triggers
  online_num  INTEGER NOT NULL DEFAULT 0,     -- by triggers: members present in a live group
  gone        INTEGER NOT NULL DEFAULT 0,     -- 1: dissolved
  idem        TEXT    NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX conversation_id ON conversation (app, id);
CREATE UNIQUE INDEX conversation_idem ON conversation (app, inbox, idem) WHERE idem <> '';
CREATE INDEX conversation_live ON conversation (app, creator, cid) WHERE type = 100 AND gone = 0;

-- A member of a live group has a row while present; owner and managers always do.
CREATE TABLE participant (
  cid         INTEGER NOT NULL,
  user        INTEGER NOT NULL,
  role        INTEGER NOT NULL DEFAULT 0,     -- 0 member, 1 owner, 2 manager
  level       INTEGER NOT NULL DEFAULT 0,
  nick        TEXT    NOT NULL DEFAULT '',
  avatar      TEXT    NOT NULL DEFAULT '',
  ext         TEXT    NOT NULL DEFAULT '',
  marks       TEXT    NOT NULL DEFAULT '',
  operator    INTEGER NOT NULL DEFAULT 0,
  joined_at   INTEGER NOT NULL,
  block_until INTEGER NOT NULL DEFAULT 0,     -- may not speak until, seconds
  from_index  INTEGER NOT NULL DEFAULT 0,     -- sees no message before
  entered_us  INTEGER NOT NULL DEFAULT 0,     -- present in a live group since; 0 = not
  PRIMARY KEY (cid, user)
) WITHOUT ROWID;
CREATE INDEX participant_order ON participant (cid, joined_at, user);
CREATE INDEX participant_staff ON participant (cid, joined_at, user) WHERE role > 0;
CREATE INDEX participant_present ON participant (cid, entered_us, user) WHERE entered_us > 0;
CREATE INDEX participant_user ON participant (user, cid);
CREATE TRIGGER participant_in AFTER INSERT ON participant BEGIN
  UPDATE conversation SET member_num = member_num + 1, online_num = online_num + (NEW.entered_us > 0) WHERE cid = NEW.cid;
END;
CREATE TRIGGER participant_out AFTER DELETE ON participant BEGIN
  UPDATE conversation SET member_num = member_num - 1, online_num = online_num - (OLD.entered_us > 0) WHERE cid = OLD.cid;
END;
CREATE TRIGGER participant_enters AFTER UPDATE OF entered_us ON participant BEGIN
  UPDATE conversation SET online_num = online_num + (NEW.entered_us > 0) - (OLD.entered_us > 0) WHERE cid = NEW.cid;
END;

-- What a user set for a conversation, and how far he has read in it.
CREATE TABLE conversation_setting (
  cid         INTEGER NOT NULL,
  user        INTEGER NOT NULL,
  quiet       INTEGER NOT NULL DEFAULT 0,     -- IsMute
  stick_ms    INTEGER NOT NULL DEFAULT 0,
  favorite_ms INTEGER NOT NULL DEFAULT 0,
  ext         TEXT    NOT NULL DEFAULT '',
  read_index  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (cid, user)
) WITHOUT ROWID;

-- idx is IndexInConversation. Deleted and recalled messages stay, for others quote them.
CREATE TABLE conversation_message (
  id         INTEGER PRIMARY KEY,             -- MessageId
  cid        INTEGER NOT NULL,
  idx        INTEGER NOT NULL,
  sender     INTEGER NOT NULL,
  type       INTEGER NOT NULL,
  content    TEXT    NOT NULL,
  ext        TEXT    NOT NULL DEFAULT '',
  client_id  TEXT    NOT NULL DEFAULT '',     -- ClientMsgId that the caller gave
  created_ms INTEGER NOT NULL,
  ref_id     INTEGER NOT NULL DEFAULT 0,
  ref_hint   TEXT    NOT NULL DEFAULT '',
  mentioned  TEXT    NOT NULL DEFAULT '',
  visible    TEXT    NOT NULL DEFAULT '',     -- only these users see it
  invisible  TEXT    NOT NULL DEFAULT '',     -- these do not
  priority   INTEGER NOT NULL DEFAULT 1,
  state      INTEGER NOT NULL DEFAULT 0       -- 0 shown, 1 only the sender sees it, 2 recalled, 3 deleted
);
CREATE INDEX conversation_message_order ON conversation_message (cid, idx) WHERE state < 2;
CREATE UNIQUE INDEX conversation_message_client ON conversation_message (cid, sender, client_id) WHERE client_id <> '';
CREATE TABLE conversation_message_hidden (
  id   INTEGER NOT NULL,
  user INTEGER NOT NULL,
  PRIMARY KEY (id, user)
) WITHOUT ROWID;

-- Who may not speak in a live group (action 0) or not enter it (1).
CREATE TABLE participant_block (
  cid    INTEGER NOT NULL,
  action INTEGER NOT NULL,
  user   INTEGER NOT NULL,
  until  INTEGER NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (cid, action, user)
) WITHOUT ROWID;

-- Who may speak in a live group while all of it is muted.
CREATE TABLE participant_white (
  cid      INTEGER NOT NULL,
  user     INTEGER NOT NULL,
  added_at INTEGER NOT NULL,
  operator INTEGER NOT NULL,
  PRIMARY KEY (cid, user)
) WITHOUT ROWID;

CREATE TABLE conversation_mark (
  cid  INTEGER NOT NULL,
  n    INTEGER NOT NULL,                      -- order of marking
  mark TEXT    NOT NULL,
  PRIMARY KEY (cid, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX conversation_mark_once ON conversation_mark (cid, mark);

-- Registered users.
CREATE TABLE im_user (
  app         INTEGER NOT NULL,
  user        INTEGER NOT NULL,
  nick        TEXT    NOT NULL DEFAULT '',
  portrait    TEXT    NOT NULL DEFAULT '',
  tags        TEXT    NOT NULL DEFAULT '',
  ext         TEXT    NOT NULL DEFAULT '',
  robot       INTEGER NOT NULL DEFAULT 0,
  created_ms  INTEGER NOT NULL,
  modified_ms INTEGER NOT NULL,
  PRIMARY KEY (app, user)
) WITHOUT ROWID;
CREATE INDEX im_user_robot ON im_user (app) WHERE robot = 1;

-- Friends (kind 1) and blacklists (kind 2) of users, by inbox; n rises with adding.
CREATE TABLE im_tie (
  n           INTEGER PRIMARY KEY AUTOINCREMENT,
  app         INTEGER NOT NULL,
  inbox       INTEGER NOT NULL,
  kind        INTEGER NOT NULL,
  user        INTEGER NOT NULL,
  peer        INTEGER NOT NULL,
  alias       TEXT    NOT NULL DEFAULT '',
  ext         TEXT    NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  modified_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX im_tie_peer ON im_tie (app, inbox, kind, user, peer);
CREATE INDEX im_tie_order ON im_tie (app, inbox, kind, user, n);

-- Messages to all registered users, or to those with certain tags.
CREATE TABLE im_broadcast (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  app     INTEGER NOT NULL,
  account TEXT    NOT NULL,                   -- access key that the quota of a day is counted for
  day     INTEGER NOT NULL,
  at_ms   INTEGER NOT NULL,
  sender  INTEGER NOT NULL,
  type    INTEGER NOT NULL,
  content TEXT    NOT NULL,
  ext     TEXT    NOT NULL DEFAULT '',
  inbox   INTEGER NOT NULL,
  life    INTEGER NOT NULL,                   -- seconds
  tags    TEXT    NOT NULL DEFAULT '',
  all_of  INTEGER NOT NULL,                   -- 1: of users who have all tags
  matched INTEGER NOT NULL                    -- users selected
);
CREATE INDEX im_broadcast_day ON im_broadcast (account, day);

-- Apps that were filled with the demo.
CREATE TABLE im_seeded (app INTEGER PRIMARY KEY);
