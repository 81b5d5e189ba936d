CREATE TABLE evidence_item ( -- what is frozen with a case, beside what was said around it
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id  BIGINT NOT NULL REFERENCES mod_case (id) ON DELETE CASCADE,
  app      TEXT NOT NULL,
  kind     TEXT NOT NULL, -- message, sender, member, group, callback, rule, media
  name     TEXT NOT NULL, -- which of its kind: a rule with its version, the address of a file
  taken_at BIGINT NOT NULL,
  state    TEXT NOT NULL, -- kept, hashed, named, missing
  why      TEXT NOT NULL, -- it is less than kept
  type     TEXT NOT NULL, -- of a file, as MIME has it
  size     BIGINT NOT NULL, -- in bytes
  hash     TEXT NOT NULL, -- SHA-256 in hex, of what was taken; '': nothing was
  body     TEXT NOT NULL -- a document; '' for a file
);
CREATE UNIQUE INDEX evidence_item_once ON evidence_item (case_id, kind, name);
CREATE INDEX evidence_item_file ON evidence_item (hash) WHERE kind = 'media';

CREATE TABLE evidence_file ( -- files that messages pointed at, each once
  hash     TEXT PRIMARY KEY, -- SHA-256 in hex
  added_at BIGINT NOT NULL,
  content  BLOB NOT NULL
);
CREATE INDEX evidence_file_added ON evidence_file (added_at);

CREATE TABLE evidence_work ( -- cases of which something is still to be frozen
  case_id     BIGINT PRIMARY KEY REFERENCES mod_case (id) ON DELETE CASCADE,
  due         BIGINT NOT NULL, -- by the database's clock, as is the lease
  round       BIGINT NOT NULL, -- grows with each flag: what came meanwhile is not forgotten
  tries       BIGINT NOT NULL, -- that ended in an error of the service
  lease_owner TEXT NOT NULL,
  lease_until BIGINT NOT NULL
);
CREATE INDEX evidence_work_due ON evidence_work (due);

CREATE TABLE evidence_hold ( -- cases that neither age nor a user's wish removes; the database itself refuses it
  case_id BIGINT PRIMARY KEY REFERENCES mod_case (id),
  at      BIGINT NOT NULL,
  by_id   TEXT NOT NULL,
  by_name TEXT NOT NULL,
  reason  TEXT NOT NULL
);

-- Cases that were open before have their evidence frozen as it is now.
INSERT INTO evidence_work (case_id, due, round, tries, lease_owner, lease_until) SELECT id, 0, 1, 0, '', 0 FROM mod_case WHERE state <> 'decided';

CREATE TABLE case_count ( -- what happened with cases, by the hour; it outlives them
  app    TEXT NOT NULL,
  hour   BIGINT NOT NULL, -- its beginning
  what   TEXT NOT NULL, -- opened, time, by, rule, reversed_by, reversed_rule, sanction
  name   TEXT NOT NULL, -- a source, seconds, an operator, a rule, what was done
  n      BIGINT NOT NULL,
  PRIMARY KEY (app, hour, what, name)
);

INSERT INTO case_count (app, hour, what, name, n)
  SELECT k.app, k.opened_at - k.opened_at % 3600000, 'opened', f.source, COUNT(*)
  FROM mod_case k JOIN mod_flag f ON f.case_id = k.id AND f.n = 1 GROUP BY k.app, k.opened_at - k.opened_at % 3600000, f.source;
INSERT INTO case_count (app, hour, what, name, n)
  SELECT k.app, k.decided_at - k.decided_at % 3600000, 'by', k.decided_by, COUNT(*)
  FROM mod_case k JOIN mod_verdict v ON v.id = k.verdict AND v.state IN ('done', 'reversed') WHERE k.state = 'decided'
  GROUP BY k.app, k.decided_at - k.decided_at % 3600000, k.decided_by;
INSERT INTO case_count (app, hour, what, name, n)
  SELECT k.app, k.decided_at - k.decided_at % 3600000, 'rule', k.title, COUNT(*)
  FROM mod_case k JOIN mod_verdict v ON v.id = k.verdict AND v.state IN ('done', 'reversed')
  WHERE k.state = 'decided' AND k.title <> '' AND ',' || k.sources || ',' LIKE '%,rule,%'
  GROUP BY k.app, k.decided_at - k.decided_at % 3600000, k.title;
INSERT INTO case_count (app, hour, what, name, n)
  SELECT app, hour, 'time', name, COUNT(*) FROM (
    SELECT k.app AS app, k.decided_at - k.decided_at % 3600000 AS hour,
      CASE WHEN k.decided_at - k.opened_at <= 60000 THEN '60' WHEN k.decided_at - k.opened_at <= 300000 THEN '300'
        WHEN k.decided_at - k.opened_at <= 900000 THEN '900' WHEN k.decided_at - k.opened_at <= 3600000 THEN '3600'
        WHEN k.decided_at - k.opened_at <= 14400000 THEN '14400' WHEN k.decided_at - k.opened_at <= 86400000 THEN '86400' ELSE 'more' END AS name
    FROM mod_case k JOIN mod_verdict v ON v.id = k.verdict AND v.state IN ('done', 'reversed') WHERE k.state = 'decided') AS took
  GROUP BY app, hour, name;
