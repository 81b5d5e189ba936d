-- Times are Unix milliseconds. Ids that we make are TEXT.

CREATE TABLE operator (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  name_key      TEXT NOT NULL UNIQUE, -- the name without case and Unicode form
  password_hash TEXT NOT NULL,
  role          TEXT NOT NULL,
  language      TEXT NOT NULL,
  theme         TEXT NOT NULL,
  density       TEXT NOT NULL,
  time_zone     TEXT NOT NULL,
  single_keys   BOOLEAN NOT NULL,
  disabled      BOOLEAN NOT NULL,
  created_at    BIGINT NOT NULL
);

CREATE TABLE session (
  id              TEXT PRIMARY KEY, -- SHA-256 of the token in hex
  operator_id     TEXT NOT NULL REFERENCES operator (id),
  created_at      BIGINT NOT NULL,
  used_at         BIGINT NOT NULL,
  idle_expires_at BIGINT NOT NULL, -- never after expires_at
  expires_at      BIGINT NOT NULL,
  address         TEXT NOT NULL,
  user_agent      TEXT NOT NULL,
  data            BLOB NOT NULL
);
CREATE INDEX session_operator ON session (operator_id, used_at);
CREATE INDEX session_expiry ON session (idle_expires_at);

CREATE TABLE attempt (
  key          TEXT PRIMARY KEY,
  count        BIGINT NOT NULL,
  since        BIGINT NOT NULL, -- the first try of this window
  locked_until BIGINT NOT NULL, -- 0: not locked
  stale_at     BIGINT NOT NULL  -- when the row means nothing any more
);
CREATE INDEX attempt_stale ON attempt (stale_at);

-- The audit log. audit_entry and audit_outcome are the log: rows are appended and never changed. seq numbers the rows of
-- both in the order they were written, so that a chain of hashes can run through them. What stands below is for
-- finding them and can be made anew from them.

CREATE TABLE audit_entry (
  id            INTEGER PRIMARY KEY,
  seq           BIGINT NOT NULL UNIQUE,
  at            BIGINT NOT NULL,
  operator_id   TEXT NOT NULL,
  operator_name TEXT NOT NULL,
  address       TEXT NOT NULL,
  request       TEXT NOT NULL,
  app           TEXT NOT NULL,
  action        TEXT NOT NULL,
  group_id      TEXT NOT NULL,
  users         TEXT NOT NULL, -- JSON list of strings
  messages      TEXT NOT NULL, -- JSON list of strings
  reason        TEXT NOT NULL,
  detail        TEXT NOT NULL, -- JSON object
  undo_of       BIGINT NOT NULL -- 0: none
);
CREATE INDEX audit_entry_at ON audit_entry (at, id);
CREATE INDEX audit_entry_operator ON audit_entry (operator_id, at, id);
CREATE INDEX audit_entry_app ON audit_entry (app, at, id);
CREATE INDEX audit_entry_action ON audit_entry (action, at, id);
CREATE INDEX audit_entry_group ON audit_entry (group_id, app, at, id) WHERE group_id <> '';
CREATE INDEX audit_entry_undo ON audit_entry (undo_of) WHERE undo_of <> 0;

CREATE TABLE audit_outcome (
  entry_id       BIGINT PRIMARY KEY REFERENCES audit_entry (id),
  seq            BIGINT NOT NULL UNIQUE,
  at             BIGINT NOT NULL,
  state          TEXT NOT NULL,
  items          TEXT NOT NULL, -- JSON list of objects
  vendor_request TEXT NOT NULL,
  error_kind     TEXT NOT NULL,
  done           BIGINT NOT NULL, -- counted from items
  not_done       BIGINT NOT NULL, -- counted from items
  entry_at       BIGINT NOT NULL  -- at of the entry, for the index
);
CREATE INDEX audit_outcome_state ON audit_outcome (state, entry_at, entry_id);

CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_outcome_update BEFORE UPDATE ON audit_outcome BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_outcome_delete BEFORE DELETE ON audit_outcome BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TABLE audit_head (
  id      BIGINT PRIMARY KEY CHECK (id = 1),
  entries BIGINT NOT NULL, -- the id of the newest entry
  records BIGINT NOT NULL  -- the newest seq
);
INSERT INTO audit_head (id, entries, records) VALUES (1, 0, 0);

CREATE TABLE audit_target (
  user_id  TEXT NOT NULL,
  app      TEXT NOT NULL,
  entry_at BIGINT NOT NULL,
  entry_id BIGINT NOT NULL,
  PRIMARY KEY (user_id, app, entry_at, entry_id)
) WITHOUT ROWID;

CREATE TABLE audit_key ( -- what an operator's client made so that nothing is done twice
  operator_id TEXT NOT NULL,
  key         TEXT NOT NULL,
  entry_id    BIGINT NOT NULL,
  PRIMARY KEY (operator_id, key)
) WITHOUT ROWID;

CREATE TABLE audit_open ( -- entries without outcome
  entry_id BIGINT PRIMARY KEY,
  entry_at BIGINT NOT NULL
);

CREATE TABLE setting (
  operator_id TEXT NOT NULL REFERENCES operator (id),
  key         TEXT NOT NULL,
  value       TEXT NOT NULL,
  PRIMARY KEY (operator_id, key)
);

CREATE TABLE pin (
  operator_id TEXT NOT NULL REFERENCES operator (id),
  app         TEXT NOT NULL,
  kind        TEXT NOT NULL,
  place_id    TEXT NOT NULL,
  title       TEXT NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (operator_id, app, kind, place_id)
);

CREATE TABLE recent (
  operator_id TEXT NOT NULL REFERENCES operator (id),
  app         TEXT NOT NULL,
  kind        TEXT NOT NULL,
  place_id    TEXT NOT NULL,
  title       TEXT NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (operator_id, app, kind, place_id)
);
