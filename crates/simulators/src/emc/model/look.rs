//! Ways to look at the data and to change it by hand, past the API: what EMC's own screens do.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Result, params};

use super::items::{self, DEPARTMENT_KANA, DEPARTMENT_NAME, FLAG, PARENT};
use super::ledger::{self, State};
use super::{Contract, Model};

/// A kind of record, by its table.
#[derive(Clone, Copy, Debug)]
pub(in crate::emc) enum Table {
    Departments,
    Users,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Departments => "departments",
            Self::Users => "users",
        }
    }
}

impl Model {
    /// Every ID, sorted.
    pub(in crate::emc) fn ids(&self, contract: Contract, table: Table) -> Result<Vec<String>> {
        let sql = format!("SELECT id FROM {} WHERE contract = ?1 ORDER BY id", table.name());
        let mut statement = self.db.prepare_cached(&sql)?;
        statement.query_map([contract.0], |row| row.get(0))?.collect()
    }

    pub(in crate::emc) fn count(&self, contract: Contract, table: Table) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM {} WHERE contract = ?1", table.name());
        let count: i64 = self.db.query_row(&sql, [contract.0], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// A user's items.
    pub(in crate::emc) fn user(&self, contract: Contract, id: &str) -> Result<Option<BTreeMap<String, String>>> {
        let sql = "SELECT items FROM users WHERE contract = ?1 AND id = ?2";
        let text = self.db.query_row(sql, params![contract.0, id], |row| row.get::<_, String>(0)).optional()?;
        Ok(text.map(|text| items::read(&text)))
    }

    /// Whom EMC keeps a user for.
    pub(in crate::emc) fn person(&self, contract: Contract, id: &str) -> Result<Option<String>> {
        let sql = "SELECT person FROM users WHERE contract = ?1 AND id = ?2";
        Ok(self.db.query_row(sql, params![contract.0, id], |row| row.get(0)).optional()?.flatten())
    }

    /// A department's items.
    pub(in crate::emc) fn department(&self, contract: Contract, id: &str) -> Result<Option<BTreeMap<String, String>>> {
        let sql = "SELECT flag, name, kana, parent FROM departments WHERE contract = ?1 AND id = ?2";
        let row = self.db.query_row(sql, params![contract.0, id], |row| {
            let values: [Option<String>; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            let names = [FLAG, DEPARTMENT_NAME, DEPARTMENT_KANA, PARENT];
            let pairs = names.into_iter().zip(values);
            Ok(pairs.filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect())
        });
        row.optional()
    }

    /// The import of this name changed the data.
    pub(in crate::emc) fn is_committed(&self, contract: Contract, import_id: &str) -> Result<bool> {
        Ok(ledger::find(&self.db, contract, import_id)?.is_some_and(|entry| entry.state == State::Committed))
    }

    /// A person whose deletion of this ID is kept, in whichever contract.
    pub(in crate::emc) fn deleted_person(&self, id: &str) -> Result<Option<String>> {
        let sql = "SELECT person FROM deleted_users WHERE id = ?1";
        self.db.query_row(sql, [id], |row| row.get(0)).optional()
    }

    /// Runs statements on the database itself.
    pub(in crate::emc) fn run(&self, statements: &str) -> Result<()> {
        self.db.execute_batch(statements)
    }

    /// Enters a user of no known person, or replaces one; nothing is checked.
    pub(in crate::emc) fn enter_user(&self, contract: Contract, id: &str, own: &[(&str, &str)]) -> Result<()> {
        let own = own.iter().map(|(item, value)| ((*item).to_owned(), (*value).to_owned())).collect();
        let sql = "INSERT OR REPLACE INTO users (contract, id, items) VALUES (?1, ?2, ?3)";
        self.db.execute(sql, params![contract.0, id, items::text(&own)]).map(|_| ())
    }

    /// What a user enters about themselves; of an unknown ID nothing.
    pub(in crate::emc) fn change_user(&self, contract: Contract, id: &str, values: &[(&str, &str)]) -> Result<()> {
        let Some(mut own) = self.user(contract, id)? else { return Ok(()) };
        own.extend(values.iter().map(|(item, value)| ((*item).to_owned(), (*value).to_owned())));
        let sql = "UPDATE users SET items = ?3 WHERE contract = ?1 AND id = ?2";
        self.db.execute(sql, params![contract.0, id, items::text(&own)]).map(|_| ())
    }

    /// Enters a department; nothing is checked.
    pub(in crate::emc) fn enter_department(
        &self,
        contract: Contract,
        id: &str,
        name: &str,
        parent: Option<&str>,
    ) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO departments (contract, id, flag, name, kana, parent)
                   VALUES (?1, ?2, '', ?3, 'ブショ', ?4)";
        self.db.execute(sql, params![contract.0, id, name, parent]).map(|_| ())
    }

    /// Removes a user for good.
    pub(in crate::emc) fn erase_user(&self, contract: Contract, id: &str) -> Result<()> {
        self.db.execute("DELETE FROM users WHERE contract = ?1 AND id = ?2", params![contract.0, id]).map(|_| ())
    }
}
