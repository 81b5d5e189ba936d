-- What is asked of operators besides their rights, and how long things are kept: JSON documents, changed as a whole.
CREATE TABLE policy (
  key        TEXT COLLATE "C" PRIMARY KEY,
  version    BIGINT NOT NULL, -- counts the changes; whoever changes it names the one that was read
  body       TEXT COLLATE "C" NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT COLLATE "C" NOT NULL -- name of the operator
);

-- What an operator wants to do and needs a second person for.
CREATE TABLE approval (
  id             TEXT COLLATE "C" PRIMARY KEY,
  at             BIGINT NOT NULL,
  expires_at     BIGINT NOT NULL,
  operator_id    TEXT COLLATE "C" NOT NULL,
  operator_name  TEXT COLLATE "C" NOT NULL,
  role           TEXT COLLATE "C" NOT NULL,
  address        TEXT COLLATE "C" NOT NULL,
  app            TEXT COLLATE "C" NOT NULL,
  kind           TEXT COLLATE "C" NOT NULL,
  verb           TEXT COLLATE "C" NOT NULL,
  group_id       TEXT COLLATE "C" NOT NULL,
  size           BIGINT NOT NULL,
  users          TEXT COLLATE "C" NOT NULL, -- JSON list of strings: some of those concerned
  reason         TEXT COLLATE "C" NOT NULL,
  body           TEXT COLLATE "C" NOT NULL, -- JSON: what is to be done
  plan           TEXT COLLATE "C" NOT NULL, -- JSON: what it would have done then
  rule           TEXT COLLATE "C" NOT NULL, -- JSON: the rule that asks for a second person
  key            TEXT COLLATE "C" NOT NULL, -- of the form; "" for none
  form           TEXT COLLATE "C" NOT NULL,
  state          TEXT COLLATE "C" NOT NULL,
  decided_at     BIGINT NOT NULL, -- 0: not yet; so with the other times
  decided_by     TEXT COLLATE "C" NOT NULL,
  decided_name   TEXT COLLATE "C" NOT NULL,
  decided_reason TEXT COLLATE "C" NOT NULL,
  override       BOOLEAN NOT NULL, -- in an emergency: decided by the requester alone
  finished_at    BIGINT NOT NULL,
  entry_id       BIGINT NOT NULL, -- in the audit log, of what was done; 0: none
  job            TEXT COLLATE "C" NOT NULL, -- that was started; "" for none
  result         TEXT COLLATE "C" NOT NULL, -- state of the audit entry, or a text key of why it was not done
  seen_at        BIGINT NOT NULL, -- when the requester took note of what came of it
  reviewed_at    BIGINT NOT NULL,
  reviewed_by    TEXT COLLATE "C" NOT NULL,
  reviewed_name  TEXT COLLATE "C" NOT NULL,
  review         TEXT COLLATE "C" NOT NULL
);
CREATE INDEX approval_at ON approval (at, id);
CREATE INDEX approval_state ON approval (state, at, id);
CREATE INDEX approval_operator ON approval (operator_id, at, id);
CREATE UNIQUE INDEX approval_key ON approval (operator_id, key) WHERE key <> '';

-- How much of what an operator did lately, for quotas and cool-downs.
CREATE TABLE guard_use (
  operator_id TEXT COLLATE "C" NOT NULL,
  at          BIGINT NOT NULL,
  app         TEXT COLLATE "C" NOT NULL,
  verb        TEXT COLLATE "C" NOT NULL,
  size        BIGINT NOT NULL
);
CREATE INDEX guard_use_operator ON guard_use (operator_id, at);
CREATE INDEX guard_use_at ON guard_use (at);

CREATE INDEX audit_key_entry ON audit_key (entry_id);

-- The audit log stays append-only, but for two things that the store does in one transaction with an entry that tells of it:
-- what is about a person is erased, or records are dropped whose time is over. imdesk.audit_gate is set only within such a
-- transaction. Nothing but the columns about people can be changed even then, and the chain never.
CREATE FUNCTION audit_gated() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE personal TEXT[] := ARRAY['users', 'messages', 'reason', 'detail', 'items', 'salt'];
  BEGIN
    IF TG_OP = 'UPDATE' THEN
      IF current_setting('imdesk.audit_gate', true) = 'erase' AND to_jsonb(OLD) - personal = to_jsonb(NEW) - personal THEN
        RETURN NEW;
      END IF;
    ELSIF current_setting('imdesk.audit_gate', true) = 'drop' THEN
      RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
  END $$;
DROP TRIGGER audit_entry_fixed ON audit_entry;
DROP TRIGGER audit_outcome_fixed ON audit_outcome;
CREATE TRIGGER audit_entry_gated BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_gated();
CREATE TRIGGER audit_outcome_gated BEFORE UPDATE OR DELETE ON audit_outcome FOR EACH ROW EXECUTE FUNCTION audit_gated();
CREATE TRIGGER audit_salt_gated BEFORE UPDATE OR DELETE ON audit_salt FOR EACH ROW EXECUTE FUNCTION audit_gated();
CREATE TRIGGER audit_entry_kept BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_outcome_kept BEFORE TRUNCATE ON audit_outcome FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_salt_kept BEFORE TRUNCATE ON audit_salt FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
