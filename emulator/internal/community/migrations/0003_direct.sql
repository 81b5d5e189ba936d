-- Messages between two users, what is noted on messages, and what is remembered of accounts.

-- One row is what both have of a message. lo and hi are the two users, lo the smaller uid; hidden has bit 1 set if lo does
-- not see it, bit 2 if hi does not. A message nobody sees is removed. Within a pair (at, seq, random) names a message, but
-- for two of opposite directions.
CREATE TABLE direct (
  id           INTEGER PRIMARY KEY,
  app          INTEGER NOT NULL,
  lo           INTEGER NOT NULL,
  hi           INTEGER NOT NULL,
  sender       INTEGER NOT NULL,
  receiver     INTEGER NOT NULL,
  at           INTEGER NOT NULL,              -- MsgTimeStamp
  seq          INTEGER NOT NULL,
  random       INTEGER NOT NULL,
  state        INTEGER NOT NULL DEFAULT 0,    -- 0 shown, 2 recalled
  flags        INTEGER NOT NULL DEFAULT 0,    -- 2 takes extensions, 4 wants a receipt, 8 got it
  hidden       INTEGER NOT NULL DEFAULT 0,
  unread_until INTEGER NOT NULL DEFAULT 0,    -- counts as unread until then; 0: was read, or never counted
  body         TEXT    NOT NULL,
  cloud        TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX direct_key ON direct (hi, lo, at, seq, random);
CREATE INDEX direct_lo ON direct (lo, hi, at, seq, random) WHERE hidden & 1 = 0;
CREATE INDEX direct_hi ON direct (hi, lo, at, seq, random) WHERE hidden & 2 = 0;
CREATE INDEX direct_unread ON direct (receiver, sender, at) WHERE unread_until > 0;
CREATE INDEX direct_at ON direct (app, at);

-- Pairs noted on a message: kind 1 with the id of message, kind 2 with that of direct. seq is the change that wrote it.
CREATE TABLE extension (
  kind  INTEGER NOT NULL,
  id    INTEGER NOT NULL,
  key   TEXT    NOT NULL,
  value TEXT    NOT NULL,
  seq   INTEGER NOT NULL,
  PRIMARY KEY (kind, id, key)
) WITHOUT ROWID;
CREATE INDEX extension_seq ON extension (kind, id, seq, key);
CREATE TABLE extension_state (
  kind   INTEGER NOT NULL,
  id     INTEGER NOT NULL,
  latest INTEGER NOT NULL,                    -- seq of the latest change
  clear  INTEGER NOT NULL DEFAULT 0,          -- latest when all was cleared
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- The highest uid of a deleted account: new ones are above it.
CREATE TABLE uid_top (top INTEGER NOT NULL);
INSERT INTO uid_top (top) VALUES (0);

-- UserSigs made before are void.
ALTER TABLE account ADD COLUMN kicked_at INTEGER NOT NULL DEFAULT 0;

-- How many groups of a kind a user owns.
CREATE INDEX grp_owner ON grp (app, owner, kind) WHERE dismissed = 0;
