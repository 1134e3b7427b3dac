-- A database as the simulator made it before its tables had a version.
CREATE TABLE departments (
    id TEXT PRIMARY KEY, flag TEXT NOT NULL, name TEXT NOT NULL, kana TEXT NOT NULL, parent TEXT, tenant TEXT
) WITHOUT ROWID;
CREATE INDEX children ON departments (parent);
CREATE TABLE users (id TEXT PRIMARY KEY, items TEXT NOT NULL, tenant TEXT) WITHOUT ROWID;
CREATE TABLE imports (
    id TEXT PRIMARY KEY, dry_run INTEGER NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL,
    status INTEGER NOT NULL, answer TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE search_words (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE search_word_options (
    number INTEGER NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (number, id)
);
INSERT INTO departments VALUES ('1', '自動', '営業部', 'ブショ', NULL, 'acme');
INSERT INTO users VALUES ('A1', '{"氏名":"佐藤 花子","氏名(ヨミ)":"サトウ ハナコ","所属部署コード":"1"}', 'acme');
INSERT INTO imports VALUES ('r1', 0, 'digest', 'committed', 200, '{"status":"committed"}');
INSERT INTO search_words VALUES (3, '役職');
INSERT INTO search_word_options VALUES (3, 1, '1', '部長');
