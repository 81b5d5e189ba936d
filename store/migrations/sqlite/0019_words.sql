-- The words of messages and names that are there are written anew, once all steps are taken: each row says in which slice it lies,
-- and messages have their single characters.
DROP TABLE archive_words;
CREATE VIRTUAL TABLE archive_words USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');
INSERT INTO known_words (known_words) VALUES ('delete-all');

CREATE INDEX mod_case_message ON mod_case (app, grp, user_a, user_b, key) WHERE key <> '';
UPDATE archive_message SET has = has | 32 WHERE id IN (SELECT m.id FROM mod_case k JOIN archive_place p
  ON p.app = k.app AND p.grp = k.grp AND p.user_a = k.user_a AND p.user_b = k.user_b JOIN archive_message m ON m.place = p.id AND m.key = k.key WHERE k.key <> '');
