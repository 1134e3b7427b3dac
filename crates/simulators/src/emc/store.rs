//! The database, and the ways to look at it.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::items::{DEPARTMENT_KANA, DEPARTMENT_NAME, FLAG, PARENT};
use super::{SearchWord, SearchWordOption};

/// Items are kept as a JSON object: most users have few of the forty, and one row per user keeps imports fast.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
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

#[derive(Debug)]
pub(super) struct Store {
    pub(super) db: Connection,
}

impl Store {
    pub(super) fn open(path: Option<&Path>, words: &[SearchWord]) -> Result<Self> {
        let db = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        db.set_prepared_statement_cache_capacity(64);
        db.execute_batch(SCHEMA)?;
        let store = Self { db };
        if !words.is_empty() {
            store.write_search_words(words)?;
        }
        Ok(store)
    }

    pub(super) fn ids(&self, table: &str) -> Vec<String> {
        self.texts(&format!("SELECT id FROM {table} ORDER BY id"))
    }

    pub(super) fn count(&self, table: &str) -> u64 {
        let count = self.db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
        count.ok().and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
    }

    pub(super) fn user(&self, id: &str) -> Option<BTreeMap<String, String>> {
        let sql = "SELECT items FROM users WHERE id = ?1";
        let items: Option<String> = self.db.query_row(sql, [id], |row| row.get(0)).optional().ok().flatten();
        items.and_then(|items| serde_json::from_str(&items).ok())
    }

    pub(super) fn users(&self) -> Vec<(String, BTreeMap<String, String>)> {
        let ids = self.ids("users");
        ids.into_iter().filter_map(|id| self.user(&id).map(|items| (id, items))).collect()
    }

    pub(super) fn department(&self, id: &str) -> Option<BTreeMap<String, String>> {
        let sql = "SELECT flag, name, kana, parent FROM departments WHERE id = ?1";
        let row = self.db.query_row(sql, [id], |row| {
            let values: [Option<String>; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            let names = [FLAG, DEPARTMENT_NAME, DEPARTMENT_KANA, PARENT];
            let pairs = names.into_iter().zip(values);
            Ok(pairs.filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect())
        });
        row.optional().ok().flatten()
    }

    pub(super) fn enter_user(&self, id: &str, items: &[(&str, &str)]) {
        let items: BTreeMap<&str, &str> = items.iter().copied().collect();
        let items = serde_json::json!(items).to_string();
        let sql = "INSERT OR REPLACE INTO users (id, items) VALUES (?1, ?2)";
        let _ = self.db.execute(sql, params![id, items]);
    }

    pub(super) fn enter_department(&self, id: &str, name: &str, parent: Option<&str>) {
        let sql = "INSERT OR REPLACE INTO departments (id, flag, name, kana, parent) VALUES (?1, '', ?2, 'ブショ', ?3)";
        let _ = self.db.execute(sql, params![id, name, parent]);
    }

    pub(super) fn erase_user(&self, id: &str) {
        let _ = self.db.execute("DELETE FROM users WHERE id = ?1", [id]);
    }

    pub(super) fn search_words(&self) -> Vec<SearchWord> {
        let numbers = self.texts("SELECT CAST(number AS TEXT) FROM search_words ORDER BY number");
        let numbers = numbers.iter().filter_map(|number| number.parse().ok());
        numbers.map(|number: u8| self.search_word(number)).collect()
    }

    pub(super) fn set_search_words(&self, words: &[SearchWord]) {
        let _ = self.write_search_words(words);
    }

    fn search_word(&self, number: u8) -> SearchWord {
        let name = self.db.query_row("SELECT name FROM search_words WHERE number = ?1", [number], |row| row.get(0));
        let options = self.options(number).unwrap_or_default();
        SearchWord { number, name: name.unwrap_or_default(), options }
    }

    fn options(&self, number: u8) -> Result<Vec<SearchWordOption>> {
        let sql = "SELECT id, name FROM search_word_options WHERE number = ?1 ORDER BY place";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([number], |row| Ok(SearchWordOption { id: row.get(0)?, name: row.get(1)? }))?;
        rows.collect()
    }

    fn write_search_words(&self, words: &[SearchWord]) -> Result<()> {
        self.db.execute_batch("DELETE FROM search_words; DELETE FROM search_word_options;")?;
        for word in words {
            self.db.execute("INSERT INTO search_words VALUES (?1, ?2)", params![word.number, word.name])?;
            for (option, place) in word.options.iter().zip(1_u32..) {
                let sql = "INSERT INTO search_word_options VALUES (?1, ?2, ?3, ?4)";
                self.db.execute(sql, params![word.number, place, option.id, option.name])?;
            }
        }
        Ok(())
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let read = || -> Result<Vec<String>> {
            let mut statement = self.db.prepare(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect()
        };
        read().unwrap_or_default()
    }
}
