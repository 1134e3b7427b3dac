//! The masters of search words: what may be said in 検索ワードN.

use rusqlite::{Result, params};

use super::{Contract, Model};
use crate::emc::{SearchWord, SearchWordOption};

impl Model {
    pub(super) fn search_words(&self, contract: Contract) -> Result<Vec<SearchWord>> {
        let sql = "SELECT number, name FROM search_words WHERE contract = ?1 ORDER BY number";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([contract.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut words = Vec::new();
        for row in rows {
            let (number, name) = row?;
            words.push(SearchWord { number, name, options: self.options(contract, number)? });
        }
        Ok(words)
    }

    /// Replaces the masters of every contract.
    pub(in crate::emc) fn set_search_words(&self, words: &[SearchWord]) -> Result<()> {
        self.db.execute_batch("DELETE FROM search_words; DELETE FROM search_word_options;")?;
        for contract in self.contracts() {
            for word in words {
                let sql = "INSERT INTO search_words VALUES (?1, ?2, ?3)";
                self.db.execute(sql, params![contract.0, word.number, word.name])?;
                for (option, place) in word.options.iter().zip(1_u32..) {
                    let sql = "INSERT INTO search_word_options VALUES (?1, ?2, ?3, ?4, ?5)";
                    self.db.execute(sql, params![contract.0, word.number, place, option.id, option.name])?;
                }
            }
        }
        Ok(())
    }

    fn options(&self, contract: Contract, number: u8) -> Result<Vec<SearchWordOption>> {
        let sql = "SELECT id, name FROM search_word_options WHERE contract = ?1 AND number = ?2 ORDER BY place";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map(params![contract.0, number], |row| {
            Ok(SearchWordOption { id: row.get(0)?, name: row.get(1)? })
        })?;
        rows.collect()
    }
}
