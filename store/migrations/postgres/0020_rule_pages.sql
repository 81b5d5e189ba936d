-- A rule or list that was deleted has a last version that says so.
ALTER TABLE rule_doc ADD COLUMN gone BOOLEAN NOT NULL DEFAULT FALSE;

-- What operators took back of what rules did. Short-lived.
CREATE TABLE rule_reversal (
  app  TEXT NOT NULL,
  rule TEXT NOT NULL,
  at   BIGINT NOT NULL
);
CREATE INDEX rule_reversal_at ON rule_reversal (at);

-- Messages that a rule holds until an operator lets them through. Short-lived.
CREATE TABLE rule_held (
  id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      BIGINT NOT NULL,
  app     TEXT NOT NULL,
  grp     TEXT NOT NULL, -- '' in a direct chat
  sender  TEXT NOT NULL,
  peer    TEXT NOT NULL, -- of a direct chat: who was to get it
  rule    TEXT NOT NULL,
  version BIGINT NOT NULL,
  text    TEXT NOT NULL, -- all of it
  case_id BIGINT NOT NULL, -- 0: none yet
  state   TEXT NOT NULL, -- waiting, sending, released, refused
  done_at BIGINT NOT NULL, -- when the state changed last
  by_name TEXT NOT NULL  -- who changed it
);
CREATE INDEX rule_held_case ON rule_held (case_id);
CREATE INDEX rule_held_sender ON rule_held (app, sender, done_at);
CREATE INDEX rule_held_at ON rule_held (at);
