CREATE TABLE job ( -- long work with many targets
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  kind          TEXT NOT NULL,
  app           TEXT NOT NULL,
  operator_id   TEXT NOT NULL,
  operator_name TEXT NOT NULL,
  address       TEXT NOT NULL,
  key           TEXT NOT NULL, -- of the form that started it; '' for none
  reason        TEXT NOT NULL,
  spec          TEXT NOT NULL, -- JSON, without the targets
  parent        INTEGER NOT NULL, -- 0: none
  relation      TEXT NOT NULL, -- to the parent: retry or reverse
  state         TEXT NOT NULL,
  want          TEXT NOT NULL, -- what somebody asked of a running one: pause or cancel
  why           TEXT NOT NULL, -- text key: why it paused or stopped by itself
  doing         TEXT NOT NULL, -- text key: what it does now
  lease_owner   TEXT NOT NULL,
  lease_until   INTEGER NOT NULL,
  attempt       INTEGER NOT NULL,
  cursor        TEXT NOT NULL, -- how far targets were looked for
  complete      INTEGER NOT NULL, -- all targets are known
  batches       INTEGER NOT NULL, -- handed out so far
  rate          INTEGER NOT NULL, -- items in 1,000 seconds, lately
  total         INTEGER NOT NULL,
  done          INTEGER NOT NULL,
  refused       INTEGER NOT NULL,
  unknown       INTEGER NOT NULL,
  skipped       INTEGER NOT NULL,
  reversed      INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  run_at        INTEGER NOT NULL,
  started_at    INTEGER NOT NULL,
  ended_at      INTEGER NOT NULL
);

CREATE INDEX job_ready ON job (run_at, id) WHERE state IN ('ready', 'running', 'making');
CREATE INDEX job_app ON job (app, id);
CREATE INDEX job_operator ON job (operator_id, id);
CREATE INDEX job_parent ON job (parent) WHERE parent <> 0;
CREATE UNIQUE INDEX job_key ON job (operator_id, key) WHERE key <> '';

CREATE TABLE job_item (
  job         INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  position    INTEGER NOT NULL, -- 1, 2, 3
  group_id    TEXT NOT NULL, -- '' for what is about no group
  target      TEXT NOT NULL,
  more        TEXT NOT NULL, -- what else belongs to the target, such as a message's place
  source      INTEGER NOT NULL, -- of a reverse: the audit entry that is taken back
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL, -- text key
  code        TEXT NOT NULL, -- the vendor's own
  was         TEXT NOT NULL, -- what the service said before; '' if it did not
  now         TEXT NOT NULL,
  audit       INTEGER NOT NULL, -- the entry under which it was done; 0: none
  batch       INTEGER NOT NULL,
  tries       INTEGER NOT NULL,
  PRIMARY KEY (job, position)
) WITHOUT ROWID;

CREATE INDEX job_item_state ON job_item (job, state, position);

CREATE TABLE protected_user ( -- whom no job may harm
  app      TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  note     TEXT NOT NULL,
  by_name  TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (app, user_id)
);
