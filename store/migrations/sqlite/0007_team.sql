-- Who may do what. operator.role is the role in all apps, '' for none; app_role is what comes to it in single apps.
CREATE TABLE own_role ( -- beside the presets, which are the program's
  id         TEXT PRIMARY KEY,
  title      TEXT NOT NULL,
  title_key  TEXT NOT NULL UNIQUE, -- the title without case and Unicode form
  base       TEXT NOT NULL, -- the preset that it began as
  verbs      TEXT NOT NULL, -- JSON list of strings
  version    BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);

CREATE TABLE app_role (
  operator_id TEXT NOT NULL REFERENCES operator (id),
  app         TEXT NOT NULL,
  role        TEXT NOT NULL,
  PRIMARY KEY (operator_id, app)
);

ALTER TABLE operator ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;

CREATE TABLE invite ( -- links that are used once: to become an operator, or to choose a new password
  id          TEXT PRIMARY KEY,
  token_hash  TEXT NOT NULL UNIQUE, -- SHA-256 of the token in hex
  operator_id TEXT NOT NULL, -- whose password it is for; '' for somebody new
  note        TEXT NOT NULL,
  role        TEXT NOT NULL,
  app_roles   TEXT NOT NULL, -- JSON object, app to role
  by_id       TEXT NOT NULL,
  by_name     TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  used_at     BIGINT NOT NULL, -- 0: not yet
  used_by     TEXT NOT NULL, -- the operator that it made
  revoked_at  BIGINT NOT NULL -- 0: not
);
CREATE INDEX invite_created ON invite (created_at);

CREATE TABLE api_token (
  id           TEXT PRIMARY KEY,
  token_hash   TEXT NOT NULL UNIQUE, -- SHA-256 of the token in hex
  operator_id  TEXT NOT NULL REFERENCES operator (id),
  title        TEXT NOT NULL,
  verbs        TEXT NOT NULL, -- JSON list of strings
  apps         TEXT NOT NULL, -- JSON list of strings; null for all that the operator has
  networks     TEXT NOT NULL, -- JSON list of strings; empty for any
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL, -- 0: never
  used_at      BIGINT NOT NULL,
  used_address TEXT NOT NULL,
  revoked_at   BIGINT NOT NULL -- 0: not
);
CREATE INDEX api_token_operator ON api_token (operator_id, created_at);

CREATE TABLE access_network ( -- where requests may come from; none of a kind: from anywhere
  kind    TEXT NOT NULL, -- "console" or "tokens"
  network TEXT NOT NULL,
  note    TEXT NOT NULL,
  PRIMARY KEY (kind, network)
);
