CREATE TABLE secret ( -- values that are sealed: the key is not in the database
  name       TEXT PRIMARY KEY, -- what it is sealed for, such as "totp/OPERATOR"
  sealed     BLOB NOT NULL,
  changed_at BIGINT NOT NULL
);

CREATE TABLE console_setting ( -- of the whole console
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE totp ( -- who has an app that shows codes; its seed is in secret
  operator_id TEXT PRIMARY KEY REFERENCES operator (id),
  added_at    BIGINT NOT NULL,
  used_at     BIGINT NOT NULL, -- 0: never
  last_step   BIGINT NOT NULL  -- the newest half minute whose code was used: no code of it or before is taken again
);

CREATE TABLE passkey (
  id          TEXT PRIMARY KEY, -- the credential's, in base64url
  operator_id TEXT NOT NULL REFERENCES operator (id),
  name        TEXT NOT NULL,
  data        BLOB NOT NULL, -- JSON: the public key, flags and count
  added_at    BIGINT NOT NULL,
  used_at     BIGINT NOT NULL, -- 0: never
  warned      BOOLEAN NOT NULL -- its count went back once: there may be a copy of it
);
CREATE INDEX passkey_operator ON passkey (operator_id, added_at, id);

CREATE TABLE recovery_code (
  operator_id TEXT NOT NULL REFERENCES operator (id),
  hash        TEXT NOT NULL,
  used_at     BIGINT NOT NULL, -- 0: not yet
  PRIMARY KEY (operator_id, hash)
);

CREATE TABLE identity ( -- who an operator is at a provider
  issuer      TEXT NOT NULL,
  subject     TEXT NOT NULL,
  operator_id TEXT NOT NULL REFERENCES operator (id),
  name        TEXT NOT NULL, -- as the provider shows it
  added_at    BIGINT NOT NULL,
  used_at     BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identity_operator ON identity (operator_id, added_at);

CREATE TABLE once ( -- what happens once, for a short time
  id         TEXT PRIMARY KEY,
  data       BLOB NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX once_expiry ON once (expires_at);

ALTER TABLE session ADD COLUMN method TEXT NOT NULL DEFAULT '';          -- how the operator signed in
ALTER TABLE session ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;   -- when the operator last showed who it is
