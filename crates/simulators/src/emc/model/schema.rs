//! The tables, and the steps by which an older database becomes today's.
//!
//! A step is never changed once it was released: SQLite's `user_version` says how many of them a database has had.

use rusqlite::{Connection, Result};

/// Every step in order, each in a transaction of its own.
const STEPS: [&str; 2] = [FIRST, CONTRACTS_AND_PERSONS];

/// Databases of before the first numbered version have these tables already.
const FIRST: &str = "
    CREATE TABLE IF NOT EXISTS departments (
        id TEXT PRIMARY KEY, flag TEXT NOT NULL, name TEXT NOT NULL, kana TEXT NOT NULL, parent TEXT, tenant TEXT
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS children ON departments (parent);
    CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, items TEXT NOT NULL, tenant TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS imports (
        id TEXT PRIMARY KEY, dry_run INTEGER NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL,
        status INTEGER NOT NULL, answer TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS search_words (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS search_word_options (
        number INTEGER NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (number, id)
    );
";

/// Every row belongs to a contract; a user may have a person; deleted users are kept by ID and person.
///
/// SQLite compares TEXT byte by byte unless told otherwise (`COLLATE BINARY`): in UTF-8 that is code point by code point,
/// as the contract asks for. A database whose default folds case, width or trailing blanks must be told so for these columns.
const CONTRACTS_AND_PERSONS: &str = "
    DROP INDEX children;
    ALTER TABLE departments RENAME TO old_departments;
    ALTER TABLE users RENAME TO old_users;
    ALTER TABLE imports RENAME TO old_imports;
    ALTER TABLE search_words RENAME TO old_search_words;
    ALTER TABLE search_word_options RENAME TO old_search_word_options;
    CREATE TABLE departments (
        contract INTEGER NOT NULL, id TEXT NOT NULL, flag TEXT NOT NULL, name TEXT NOT NULL, kana TEXT NOT NULL,
        parent TEXT, tenant TEXT, PRIMARY KEY (contract, id)
    ) WITHOUT ROWID;
    CREATE INDEX children ON departments (contract, parent);
    -- Items are a JSON object: most users have few of the forty, and one row for each user keeps imports fast.
    CREATE TABLE users (
        contract INTEGER NOT NULL, id TEXT NOT NULL, person TEXT, items TEXT NOT NULL, tenant TEXT,
        PRIMARY KEY (contract, id)
    ) WITHOUT ROWID;
    -- `deleted_at` in seconds since 1970.
    CREATE TABLE deleted_users (
        contract INTEGER NOT NULL, id TEXT NOT NULL, person TEXT NOT NULL, items TEXT NOT NULL,
        deleted_at INTEGER NOT NULL, PRIMARY KEY (contract, id, person)
    ) WITHOUT ROWID;
    CREATE TABLE imports (
        contract INTEGER NOT NULL, id TEXT NOT NULL, dry_run INTEGER NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL,
        status INTEGER NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (contract, id)
    ) WITHOUT ROWID;
    CREATE TABLE search_words (
        contract INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (contract, number)
    );
    CREATE TABLE search_word_options (
        contract INTEGER NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
        PRIMARY KEY (contract, number, id)
    );
    INSERT INTO departments SELECT 1, id, flag, name, kana, parent, tenant FROM old_departments;
    INSERT INTO users SELECT 1, id, NULL, items, tenant FROM old_users;
    INSERT INTO imports SELECT 1, id, dry_run, digest, state, status, answer FROM old_imports;
    INSERT INTO search_words SELECT 1, number, name FROM old_search_words;
    INSERT INTO search_word_options SELECT 1, number, place, id, name FROM old_search_word_options;
    DROP TABLE old_departments;
    DROP TABLE old_users;
    DROP TABLE old_imports;
    DROP TABLE old_search_words;
    DROP TABLE old_search_word_options;
";

/// Brings a database to today's tables; one of a newer version is refused.
pub(super) fn migrate(db: &mut Connection) -> Result<()> {
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    let version: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    if version > known {
        return Err(rusqlite::Error::InvalidParameterName(format!(
            "the database is of version {version}; this program knows {known} at most"
        )));
    }
    for (step, number) in STEPS.iter().zip(1_u32..).filter(|(_, number)| *number > version) {
        let transaction = db.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}
