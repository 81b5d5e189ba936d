-- Rules and lists of words, each change a row: the highest version is the one that counts.
CREATE TABLE rule_doc (
  kind     TEXT NOT NULL,   -- rule, list
  name     TEXT NOT NULL,
  version  BIGINT NOT NULL, -- from 1
  position BIGINT NOT NULL, -- among those of its kind
  body     TEXT NOT NULL,   -- TOML
  at       BIGINT NOT NULL,
  by_name  TEXT NOT NULL,   -- the operator, or what stopped it
  note     TEXT NOT NULL,
  PRIMARY KEY (kind, name, version)
);

-- What rules caught, in force or only in the shadow. Short-lived.
CREATE TABLE rule_hit (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      BIGINT NOT NULL,
  app     TEXT NOT NULL,
  grp     TEXT NOT NULL, -- "" in a direct chat
  sender  TEXT NOT NULL,
  key     TEXT NOT NULL, -- of the message; "" if it was not sent
  rule    TEXT NOT NULL,
  version BIGINT NOT NULL,
  quiet   BOOLEAN NOT NULL, -- the rule was not in force there
  outcome TEXT NOT NULL,
  score   BIGINT NOT NULL,
  text    TEXT NOT NULL,
  reasons TEXT NOT NULL, -- JSON
  done    TEXT NOT NULL  -- what was done afterwards, and what of it failed; JSON
);
CREATE INDEX rule_hit_rule ON rule_hit (rule, at, id);
CREATE INDEX rule_hit_sender ON rule_hit (app, sender, at);
CREATE INDEX rule_hit_at ON rule_hit (at);

-- Offences that count on the ladder of a rule.
CREATE TABLE rule_strike (
  app     TEXT NOT NULL,
  user_id TEXT NOT NULL,
  rule    TEXT NOT NULL,
  at      BIGINT NOT NULL
);
CREATE INDEX rule_strike_user ON rule_strike (app, user_id, at);
CREATE INDEX rule_strike_at ON rule_strike (at);
