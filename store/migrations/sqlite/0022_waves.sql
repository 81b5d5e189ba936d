CREATE TABLE wave ( -- near-equal texts by many: from when a few say the same, until it is over
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  app          TEXT NOT NULL,
  state        TEXT NOT NULL, -- seen, open, quiet, cleaned
  case_id      BIGINT NOT NULL, -- 0: it is too small for one
  sender       TEXT NOT NULL, -- of the first message
  text         TEXT NOT NULL, -- of the first message
  sketches     TEXT NOT NULL, -- hexadecimal, with commas: what texts are compared by
  first_at     BIGINT NOT NULL,
  last_at      BIGINT NOT NULL,
  messages     BIGINT NOT NULL,
  senders      BIGINT NOT NULL,
  groups_n     BIGINT NOT NULL,
  live         BIGINT NOT NULL, -- messages in live rooms
  leads        BOOLEAN NOT NULL, -- a text leads elsewhere
  greets       BOOLEAN NOT NULL, -- it is a greeting for the larger part
  units        BIGINT NOT NULL, -- how much the text says
  score        BIGINT NOT NULL, -- when it became a case
  joined_until BIGINT NOT NULL -- what is said until then belongs to it
);
CREATE INDEX wave_app ON wave (app, joined_until);
CREATE INDEX wave_case ON wave (case_id) WHERE case_id <> 0;
CREATE INDEX wave_last ON wave (last_at);

CREATE TABLE wave_gate ( -- a row of an app is locked while a wave is begun or found
  app TEXT PRIMARY KEY,
  n   BIGINT NOT NULL
);

CREATE TABLE wave_message (
  wave   BIGINT NOT NULL REFERENCES wave (id) ON DELETE CASCADE,
  grp    TEXT NOT NULL,
  key    TEXT NOT NULL,
  seq    TEXT NOT NULL,
  kind   TEXT NOT NULL, -- of the group
  live   BOOLEAN NOT NULL,
  sender TEXT NOT NULL,
  at     BIGINT NOT NULL,
  text   TEXT NOT NULL,
  quotes BOOLEAN NOT NULL, -- it has much of its own beside the text
  run    BIGINT NOT NULL, -- that took it; 0: none
  PRIMARY KEY (wave, grp, key)
);
CREATE INDEX wave_message_sender ON wave_message (wave, sender);
CREATE INDEX wave_message_left ON wave_message (wave, at) WHERE run = 0;
CREATE INDEX wave_message_user ON wave_message (sender);

CREATE TABLE wave_sender ( -- what the service says of a sender
  wave      BIGINT NOT NULL REFERENCES wave (id) ON DELETE CASCADE,
  sender    TEXT NOT NULL,
  joined_at BIGINT NOT NULL, -- the first of the wave's groups; 0: not known
  role      TEXT NOT NULL, -- the highest
  spared    BOOLEAN NOT NULL, -- an operator left them out
  PRIMARY KEY (wave, sender)
);
CREATE INDEX wave_sender_user ON wave_sender (sender);

CREATE TABLE wave_run ( -- a wave that is cleaned up, and what became of it
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  wave          BIGINT NOT NULL REFERENCES wave (id) ON DELETE CASCADE,
  app           TEXT NOT NULL,
  operator_id   TEXT NOT NULL,
  operator_name TEXT NOT NULL,
  address       TEXT NOT NULL,
  key           TEXT NOT NULL, -- of the form
  version       BIGINT NOT NULL,
  body          TEXT NOT NULL, -- JSON: what was chosen, and the jobs
  made_at       BIGINT NOT NULL,
  due_at        BIGINT NOT NULL -- when a console looks at it next; 0: it is over
);
CREATE UNIQUE INDEX wave_run_key ON wave_run (operator_id, key);
CREATE INDEX wave_run_wave ON wave_run (wave, id);
CREATE INDEX wave_run_due ON wave_run (due_at) WHERE due_at <> 0;
