CREATE TABLE mod_case ( -- something for a moderator to decide
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  app           TEXT NOT NULL,
  subject       TEXT NOT NULL, -- what it is about, as one text: a case is open once for each
  grp           TEXT NOT NULL, -- '' for a direct chat, and for a person
  user_a        TEXT NOT NULL, -- the two of a direct chat, in order
  user_b        TEXT NOT NULL,
  key           TEXT NOT NULL, -- of the message; '' for a person
  sender        TEXT NOT NULL,
  said_at       BIGINT NOT NULL,
  text          TEXT NOT NULL,
  parent        BIGINT NOT NULL, -- the case that is appealed against; 0: none
  state         TEXT NOT NULL,
  version       BIGINT NOT NULL, -- counts what people did with it; whoever changes it names the one that was read
  title         TEXT NOT NULL, -- what it is for: of the flag that weighs most
  sources       TEXT NOT NULL, -- of its flags, with commas
  score         BIGINT NOT NULL, -- of the highest flag, to 100
  reporters     BIGINT NOT NULL,
  points        BIGINT NOT NULL,
  rank          BIGINT NOT NULL, -- points in milliseconds of waiting, from the time it was opened: the lowest is first
  terms         TEXT NOT NULL, -- JSON: what the points are made of
  claimed_by    TEXT NOT NULL,
  claimed_name  TEXT NOT NULL,
  claimed_at    BIGINT NOT NULL,
  claim_until   BIGINT NOT NULL,
  assigned_to   TEXT NOT NULL,
  assigned_name TEXT NOT NULL,
  snoozed_until BIGINT NOT NULL,
  why           TEXT NOT NULL, -- it was assigned, escalated or snoozed
  evidence      TEXT NOT NULL, -- JSON: what was said around it, and of whom
  evidence_due  BIGINT NOT NULL, -- when the rest of it is to be looked for; 0: it is whole
  verdict       BIGINT NOT NULL, -- the last one; 0: none
  upheld        BOOLEAN NOT NULL, -- the verdict was more than no action
  opened_at     BIGINT NOT NULL,
  changed_at    BIGINT NOT NULL,
  decided_at    BIGINT NOT NULL,
  decided_by    TEXT NOT NULL,
  decided_name  TEXT NOT NULL
);
CREATE UNIQUE INDEX mod_case_open ON mod_case (app, subject) WHERE state <> 'decided';
CREATE INDEX mod_case_rank ON mod_case (rank, id) WHERE state <> 'decided';
CREATE INDEX mod_case_decided ON mod_case (decided_at, id) WHERE state = 'decided';
CREATE INDEX mod_case_sender ON mod_case (app, sender, id);
CREATE INDEX mod_case_evidence ON mod_case (evidence_due) WHERE evidence_due <> 0;

CREATE TABLE mod_flag ( -- why there is a case
  case_id BIGINT NOT NULL REFERENCES mod_case (id) ON DELETE CASCADE,
  n       BIGINT NOT NULL, -- 1, 2, 3
  app     TEXT NOT NULL,
  at      BIGINT NOT NULL,
  source  TEXT NOT NULL,
  by_id   TEXT NOT NULL, -- who reported it, or the operator
  rule    TEXT NOT NULL,
  version BIGINT NOT NULL, -- of the rule
  score   BIGINT NOT NULL,
  reasons TEXT NOT NULL, -- JSON
  note    TEXT NOT NULL,
  PRIMARY KEY (case_id, n)
);
CREATE UNIQUE INDEX mod_flag_once ON mod_flag (case_id, source, by_id, rule);
CREATE INDEX mod_flag_by ON mod_flag (app, by_id, at) WHERE source = 'report';

CREATE TABLE mod_event ( -- what people did with a case
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id BIGINT NOT NULL REFERENCES mod_case (id) ON DELETE CASCADE,
  at      BIGINT NOT NULL,
  kind    TEXT NOT NULL,
  by_id   TEXT NOT NULL,
  by_name TEXT NOT NULL,
  note    TEXT NOT NULL, -- what was written, or to whom
  detail  TEXT NOT NULL -- JSON
);
CREATE INDEX mod_event_case ON mod_event (case_id, id);
CREATE INDEX mod_event_by ON mod_event (by_id, at);

CREATE TABLE mod_verdict ( -- a decision that is to be carried out, or was
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id       BIGINT NOT NULL REFERENCES mod_case (id) ON DELETE CASCADE,
  app           TEXT NOT NULL,
  macro         TEXT NOT NULL,
  operator_id   TEXT NOT NULL,
  operator_name TEXT NOT NULL,
  address       TEXT NOT NULL,
  state         TEXT NOT NULL,
  result        TEXT NOT NULL, -- how it went, once it is done
  was           TEXT NOT NULL, -- state of the case before
  body          TEXT NOT NULL, -- JSON: its steps, and what became of them
  due           BIGINT NOT NULL, -- by the database's clock, as are the lease and the times below
  lease_owner   TEXT NOT NULL,
  lease_until   BIGINT NOT NULL,
  attempt       BIGINT NOT NULL,
  made_at       BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL
);
CREATE INDEX mod_verdict_due ON mod_verdict (due, id) WHERE state IN ('held', 'running', 'reversing');
CREATE INDEX mod_verdict_case ON mod_verdict (case_id, id);
CREATE INDEX mod_verdict_operator ON mod_verdict (operator_id, id);

CREATE TABLE mod_strike ( -- a counted offence
  verdict   BIGINT PRIMARY KEY REFERENCES mod_verdict (id) ON DELETE CASCADE,
  case_id   BIGINT NOT NULL,
  app       TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  at        BIGINT NOT NULL,
  points    BIGINT NOT NULL,
  why       TEXT NOT NULL,
  lifted_at BIGINT NOT NULL -- 0: it counts
);
CREATE INDEX mod_strike_user ON mod_strike (app, user_id, at);

CREATE TABLE mod_looker ( -- who has a case before them
  case_id     BIGINT NOT NULL REFERENCES mod_case (id) ON DELETE CASCADE,
  operator_id TEXT NOT NULL,
  name        TEXT NOT NULL,
  since       BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL,
  PRIMARY KEY (case_id, operator_id)
);
CREATE INDEX mod_looker_seen ON mod_looker (seen_at);
