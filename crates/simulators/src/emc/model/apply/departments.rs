//! Departments: their tree, and what becomes of the people of one that goes.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Result, params};

use super::super::items::{self, AUTOMATIC, DEPARTMENT_ID_CHARS, DEPARTMENT_KANA, DEPARTMENT_NAME, Kind, PARENT};
use super::super::line::{Actual, Expect, Put, Record};
use super::super::rows::Unassigned;
use super::{At, Importer, count, is_blank};

impl Importer<'_> {
    pub(in super::super) fn put_department(&mut self, line: u64, put: Put) -> Result<()> {
        let Put { id, expect, set, on_create, on_update, .. } = put;
        let at = At { record: Record::Department, line: Some(line), id: &id };
        if !self.id_is_good(at, "部署ID", DEPARTMENT_ID_CHARS) {
            return Ok(());
        }
        let exists = self.departments.contains(&id);
        match (expect, exists) {
            (Expect::Create, true) => {
                self.refuse(at, "exists", "the ID exists already");
                return Ok(());
            }
            (Expect::Adopt, true) => self.drift(at, expect, Actual::Update),
            (Expect::Update | Expect::Adopt, false) => self.drift(at, expect, Actual::Create),
            _ => {}
        }
        let sql = "SELECT name, kana, parent FROM departments WHERE contract = ?1 AND id = ?2";
        let mut own: [Option<String>; 3] = self
            .db
            .prepare_cached(sql)?
            .query_row(params![self.contract.0, id], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
            .optional()?
            .unwrap_or_default();
        for (item, value) in set.into_iter().chain(if exists { on_update } else { on_create }) {
            match [DEPARTMENT_NAME, DEPARTMENT_KANA, PARENT].iter().position(|name| *name == item) {
                Some(column) => own[column] = value.filter(|value| !value.is_empty()),
                None => self.error(at, &item, "there is no such item of a department"),
            }
        }
        let [name, kana, parent] = own;
        for (field, value) in [(DEPARTMENT_NAME, &name), (DEPARTMENT_KANA, &kana)] {
            if is_blank(value.as_deref()) {
                self.error(at, field, "the item is required");
            }
        }
        if let Some(parent) = &parent {
            self.check_parent(at, parent)?;
        }
        let sql = "INSERT OR REPLACE INTO departments (contract, id, flag, name, kana, parent, tenant)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (name, kana) = (name.unwrap_or_default(), kana.unwrap_or_default());
        self.db.prepare_cached(sql)?.execute(params![
            self.contract.0,
            id,
            AUTOMATIC,
            name,
            kana,
            parent,
            self.tenant
        ])?;
        self.departments.insert(id);
        count(&mut self.outcome.departments, exists);
        Ok(())
    }

    pub(in super::super) fn delete_department(&mut self, id: &str) -> Result<()> {
        let at = At { record: Record::Department, line: None, id };
        if !self.is_first(at) {
            return Ok(());
        }
        if !self.departments.remove(id) {
            self.drift(at, Expect::Delete, Actual::None);
            return Ok(());
        }
        let child = "SELECT id FROM departments WHERE contract = ?1 AND parent = ?2";
        if self.db.prepare_cached(child)?.exists(params![self.contract.0, id])? {
            self.error(at, "部署ID", "the department has children and cannot be deleted");
        }
        let sql = "DELETE FROM departments WHERE contract = ?1 AND id = ?2";
        self.db.prepare_cached(sql)?.execute(params![self.contract.0, id])?;
        self.outcome.departments.deleted += 1;
        self.gone.insert(id.to_owned());
        Ok(())
    }

    /// Takes the departments that went from whoever still has them. Only now is it known who was given another one.
    pub(super) fn unassign(&mut self) -> Result<()> {
        if self.gone.is_empty() {
            return Ok(());
        }
        let mut users: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut statement = self.db.prepare("SELECT id, items FROM users WHERE contract = ?1 ORDER BY id")?;
        let rows =
            statement.query_map([self.contract.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        for row in rows {
            let (id, text) = row?;
            let mut own = items::read(&text);
            let lost: Vec<(String, String)> = own
                .iter()
                .filter(|(item, value)| items::kind(item) == Some(Kind::Department) && self.gone.contains(*value))
                .map(|(item, value)| (item.clone(), value.clone()))
                .collect();
            if lost.is_empty() {
                continue;
            }
            for (field, department) in lost {
                own.remove(&field);
                let id = id.clone();
                self.outcome.unassigned.push(Unassigned { record: Record::User, id, field, department });
            }
            users.insert(id, own);
        }
        let sql = "UPDATE users SET items = ?3 WHERE contract = ?1 AND id = ?2";
        for (id, own) in users {
            self.db.prepare_cached(sql)?.execute(params![self.contract.0, id, items::text(&own)])?;
        }
        Ok(())
    }

    /// The parent exists, and the department is not above itself.
    fn check_parent(&mut self, at: At<'_>, parent: &str) -> Result<()> {
        if !self.departments.contains(parent) {
            self.error(at, PARENT, "there is no such department");
            return Ok(());
        }
        let mut above = Some(parent.to_owned());
        // Within an import with errors the tree may already be a ring elsewhere.
        for _ in 0..=self.departments.len() {
            let Some(id) = above else { return Ok(()) };
            if id == at.id {
                break;
            }
            let sql = "SELECT parent FROM departments WHERE contract = ?1 AND id = ?2";
            let mut statement = self.db.prepare_cached(sql)?;
            above = statement.query_row(params![self.contract.0, id], |row| row.get(0)).optional()?.flatten();
        }
        self.error(at, PARENT, "the department would be below itself");
        Ok(())
    }
}
