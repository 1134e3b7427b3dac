//! The model implementation of the import API: what EMC's side may read and imitate.
//!
//! | file | what it answers |
//! | --- | --- |
//! | `calls` | which call is this, and is the token good |
//! | `names` | was this import there before: repeats, settlement, dry runs |
//! | `import` | is the body whole, in order, and as `begin` says |
//! | `apply` | is each row right, and what becomes of it |
//! | `ledger`, `schema` | how results and data are kept |
//!
//! Three decisions carry the contract:
//!
//! 1. **One import is one transaction.** All rows are written and checked inside it; one error, and it is rolled back.
//! 2. **The result is written in the same transaction as the data.** After a crash either both are there or neither, so a
//!    name that has a committed result has its data too.
//! 3. **A name is looked up and taken under one lock.** Here that is the `&mut` of [`Model`]; a server of several processes
//!    takes a row lock on the contract. `DELETE` takes the same lock: it waits for an import that is being worked on, and
//!    what it has cancelled cannot begin any more.

mod apply;
mod calls;
mod download;
mod import;
mod items;
mod ledger;
mod line;
mod look;
mod masters;
mod names;
mod rows;
mod schema;

use std::path::Path;

use rusqlite::{Connection, Result};

pub(super) use calls::{Call, failure};
pub(super) use look::Table;
pub use rows::Counts;

use super::SearchWord;

/// A contract: whose data it is. Nothing of one is seen from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contract(u32);

impl Contract {
    /// The contract of the first token.
    pub(super) const FIRST: Self = Self(1);
}

/// The database, and whose tokens are good.
#[derive(Debug)]
pub(super) struct Model {
    db: Connection,
    /// The token of contract 1, 2, …
    tokens: Vec<String>,
}

impl Model {
    /// Opens the database, or one in memory. Masters that are given replace those of every contract.
    pub(super) fn open(path: Option<&Path>, tokens: Vec<String>, words: &[SearchWord]) -> Result<Self> {
        let mut db = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        db.set_prepared_statement_cache_capacity(64);
        schema::migrate(&mut db)?;
        let model = Self { db, tokens };
        if !words.is_empty() {
            model.set_search_words(words)?;
        }
        Ok(model)
    }

    /// The contract that a token belongs to.
    pub(super) fn contract(&self, token: Option<&str>) -> Option<Contract> {
        let number = (1_u32..).zip(&self.tokens).find(|(_, own)| Some(own.as_str()) == token)?.0;
        Some(Contract(number))
    }

    fn contracts(&self) -> impl Iterator<Item = Contract> {
        (1_u32..).zip(&self.tokens).map(|(number, _)| Contract(number))
    }
}
