-- What is asked of operators besides their rights, and how long things are kept: JSON documents, changed as a whole.
CREATE TABLE policy (
  key        TEXT PRIMARY KEY,
  version    BIGINT NOT NULL, -- counts the changes; whoever changes it names the one that was read
  body       TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL -- name of the operator
);

-- What an operator wants to do and needs a second person for.
CREATE TABLE approval (
  id             TEXT PRIMARY KEY,
  at             BIGINT NOT NULL,
  expires_at     BIGINT NOT NULL,
  operator_id    TEXT NOT NULL,
  operator_name  TEXT NOT NULL,
  role           TEXT NOT NULL,
  address        TEXT NOT NULL,
  app            TEXT NOT NULL,
  kind           TEXT NOT NULL,
  verb           TEXT NOT NULL,
  group_id       TEXT NOT NULL,
  size           BIGINT NOT NULL,
  users          TEXT NOT NULL, -- JSON list of strings: some of those concerned
  reason         TEXT NOT NULL,
  body           TEXT NOT NULL, -- JSON: what is to be done
  plan           TEXT NOT NULL, -- JSON: what it would have done then
  rule           TEXT NOT NULL, -- JSON: the rule that asks for a second person
  key            TEXT NOT NULL, -- of the form; "" for none
  form           TEXT NOT NULL,
  state          TEXT NOT NULL,
  decided_at     BIGINT NOT NULL, -- 0: not yet; so with the other times
  decided_by     TEXT NOT NULL,
  decided_name   TEXT NOT NULL,
  decided_reason TEXT NOT NULL,
  override       BOOLEAN NOT NULL, -- in an emergency: decided by the requester alone
  finished_at    BIGINT NOT NULL,
  entry_id       BIGINT NOT NULL, -- in the audit log, of what was done; 0: none
  job            TEXT NOT NULL, -- that was started; "" for none
  result         TEXT NOT NULL, -- state of the audit entry, or a text key of why it was not done
  seen_at        BIGINT NOT NULL, -- when the requester took note of what came of it
  reviewed_at    BIGINT NOT NULL,
  reviewed_by    TEXT NOT NULL,
  reviewed_name  TEXT NOT NULL,
  review         TEXT NOT NULL
);
CREATE INDEX approval_at ON approval (at, id);
CREATE INDEX approval_state ON approval (state, at, id);
CREATE INDEX approval_operator ON approval (operator_id, at, id);
CREATE UNIQUE INDEX approval_key ON approval (operator_id, key) WHERE key <> '';

-- How much of what an operator did lately, for quotas and cool-downs.
CREATE TABLE guard_use (
  operator_id TEXT NOT NULL,
  at          BIGINT NOT NULL,
  app         TEXT NOT NULL,
  verb        TEXT NOT NULL,
  size        BIGINT NOT NULL
);
CREATE INDEX guard_use_operator ON guard_use (operator_id, at);
CREATE INDEX guard_use_at ON guard_use (at);

CREATE INDEX audit_key_entry ON audit_key (entry_id);

-- The audit log stays append-only, but for two things that the store does in one transaction with an entry that tells of it:
-- what is about a person is erased, or records are dropped whose time is over. audit_gate has a row only within such a
-- transaction. Nothing but the columns about people can be changed even then, and the chain never.
CREATE TABLE audit_gate (work TEXT NOT NULL); -- "erase" or "drop"

DROP TRIGGER audit_entry_update;
DROP TRIGGER audit_entry_delete;
DROP TRIGGER audit_outcome_update;
DROP TRIGGER audit_outcome_delete;
CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry
  WHEN NOT EXISTS (SELECT 1 FROM audit_gate WHERE work = 'erase')
    OR (OLD.id, OLD.seq, OLD.at, OLD.operator_id, OLD.operator_name, OLD.address, OLD.request, OLD.app, OLD.action, OLD.group_id, OLD.undo_of)
    IS NOT (NEW.id, NEW.seq, NEW.at, NEW.operator_id, NEW.operator_name, NEW.address, NEW.request, NEW.app, NEW.action, NEW.group_id, NEW.undo_of)
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry
  WHEN NOT EXISTS (SELECT 1 FROM audit_gate WHERE work = 'drop')
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_outcome_update BEFORE UPDATE ON audit_outcome
  WHEN NOT EXISTS (SELECT 1 FROM audit_gate WHERE work = 'erase')
    OR (OLD.entry_id, OLD.seq, OLD.at, OLD.state, OLD.vendor_request, OLD.error_kind, OLD.done, OLD.not_done, OLD.entry_at)
    IS NOT (NEW.entry_id, NEW.seq, NEW.at, NEW.state, NEW.vendor_request, NEW.error_kind, NEW.done, NEW.not_done, NEW.entry_at)
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_outcome_delete BEFORE DELETE ON audit_outcome
  WHEN NOT EXISTS (SELECT 1 FROM audit_gate WHERE work = 'drop')
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_salt_update BEFORE UPDATE ON audit_salt
  WHEN NOT EXISTS (SELECT 1 FROM audit_gate WHERE work = 'erase') OR OLD.seq <> NEW.seq
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_salt_delete BEFORE DELETE ON audit_salt
  WHEN NOT EXISTS (SELECT 1 FROM audit_gate WHERE work = 'drop')
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
