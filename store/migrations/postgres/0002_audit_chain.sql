-- A chain of hashes through the rows of audit_entry and audit_outcome, in the order of seq. hash covers the row and the hash
-- before it, so that nothing can be changed, taken out or moved without the chain breaking there. What is about people (users,
-- messages, reason, detail, items) goes in as personal, a hash with a salt, so that it can be erased and the chain still holds.
CREATE TABLE audit_chain (
  seq      BIGINT PRIMARY KEY,
  personal TEXT NOT NULL, -- hex
  hash     TEXT NOT NULL  -- hex
);
CREATE TABLE audit_salt (
  seq  BIGINT PRIMARY KEY,
  salt TEXT NOT NULL -- hex
);
CREATE TRIGGER audit_chain_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
  FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();

ALTER TABLE audit_head ADD COLUMN chained BIGINT NOT NULL DEFAULT 0; -- the newest seq in the chain
ALTER TABLE audit_head ADD COLUMN hash TEXT NOT NULL DEFAULT ''; -- its hash
