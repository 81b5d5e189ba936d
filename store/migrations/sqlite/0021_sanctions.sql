-- Who is muted, banned or removed: made out of the audit log, out of callbacks, and out of the services' own lists.
CREATE TABLE sanction (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  app           TEXT NOT NULL,
  user_id       TEXT NOT NULL,
  kind          TEXT NOT NULL,
  grp           TEXT NOT NULL, -- '' for what holds everywhere
  state         TEXT NOT NULL,
  how           TEXT NOT NULL, -- it ended; '' while it has not
  doubt         BOOLEAN NOT NULL, -- no answer came: the service's list decides
  since         BIGINT NOT NULL,
  until         BIGINT NOT NULL, -- 0: without an end that anybody knows
  source        TEXT NOT NULL,
  by_id         TEXT NOT NULL,
  by_name       TEXT NOT NULL,
  reason        TEXT NOT NULL,
  case_id       BIGINT NOT NULL, -- 0: none
  job           TEXT NOT NULL,
  audit         BIGINT NOT NULL, -- the entry that set it; 0: none
  drift         TEXT NOT NULL, -- '': the service says the same
  drift_at      BIGINT NOT NULL,
  service_until BIGINT NOT NULL, -- what the service says instead
  seen_at       BIGINT NOT NULL, -- when the service's list was last looked at; 0: never
  ended_at      BIGINT NOT NULL,
  ended_id      TEXT NOT NULL,
  ended_name    TEXT NOT NULL,
  ended_audit   BIGINT NOT NULL
);
CREATE UNIQUE INDEX sanction_open ON sanction (app, user_id, kind, grp) WHERE state IN ('in_force', 'drifted');
CREATE INDEX sanction_app ON sanction (app, id);
CREATE INDEX sanction_user ON sanction (app, user_id, id);
CREATE INDEX sanction_group ON sanction (app, grp, id);
CREATE INDEX sanction_state ON sanction (app, state, id);
CREATE INDEX sanction_until ON sanction (until) WHERE state IN ('in_force', 'drifted') AND until <> 0;
CREATE INDEX sanction_ended ON sanction (ended_at) WHERE ended_at <> 0;
CREATE INDEX sanction_undo ON sanction (ended_audit) WHERE ended_audit <> 0;

CREATE TABLE sanction_log ( -- how much of the audit log the register has
  id  BIGINT PRIMARY KEY CHECK (id = 1),
  seq BIGINT NOT NULL
);
INSERT INTO sanction_log (id, seq) VALUES (1, 0);

CREATE TABLE sanction_look ( -- groups and users whose sanctions are compared with the service's lists
  app         TEXT NOT NULL,
  kind        TEXT NOT NULL, -- group, user
  target      TEXT NOT NULL,
  hot         BOOLEAN NOT NULL, -- something is in force there
  due_at      BIGINT NOT NULL,
  looked_at   BIGINT NOT NULL, -- 0: never
  failed      TEXT NOT NULL, -- why the last look saw nothing, as a word; '' if it saw it
  lease_owner TEXT NOT NULL,
  lease_until BIGINT NOT NULL,
  PRIMARY KEY (app, kind, target)
);
CREATE INDEX sanction_look_due ON sanction_look (app, hot, due_at);

CREATE TABLE sanction_feed ( -- how far the directory was gone through for groups and users to look at
  app    TEXT NOT NULL,
  kind   TEXT NOT NULL,
  cursor TEXT NOT NULL,
  PRIMARY KEY (app, kind)
);
