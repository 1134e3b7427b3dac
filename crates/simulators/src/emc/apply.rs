//! Writes one record after the other into the transaction and checks each, as EMC would with no trust in the sender.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{OptionalExtension as _, Result, Transaction, params};

use super::SearchWord;
use super::items::{self, AUTOMATIC, DEPARTMENT_KANA, DEPARTMENT_NAME, FLAG, KANA, Kind, NAME, PARENT, PASSWORD};
use super::line::{Actual, Expect, Items, Record};
use super::rows::{Counts, Drift, Outcome, RowError};

#[derive(Debug)]
pub(super) struct Importer<'a> {
    db: &'a Transaction<'a>,
    /// The option IDs of each search word.
    options: HashMap<u8, HashSet<String>>,
    pub(super) tenant: String,
    outcome: Outcome,
    errors: Vec<RowError>,
    seen: HashSet<(Record, String)>,
    /// The departments that exist at this point of the import.
    departments: HashSet<String>,
    /// The departments that a user names; made when the first department is to be deleted, when all users are in place.
    used: Option<HashSet<String>>,
}

/// The put at hand, for errors.
#[derive(Clone, Copy)]
struct At<'a> {
    record: Record,
    line: Option<u64>,
    id: &'a str,
}

impl<'a> Importer<'a> {
    pub(super) fn new(db: &'a Transaction<'a>, words: &[SearchWord]) -> Result<Self> {
        let mut departments = HashSet::new();
        let mut statement = db.prepare("SELECT id FROM departments")?;
        for id in statement.query_map([], |row| row.get(0))? {
            departments.insert(id?);
        }
        let ids = |word: &SearchWord| word.options.iter().map(|option| option.id.clone()).collect();
        Ok(Self {
            db,
            options: words.iter().map(|word| (word.number, ids(word))).collect(),
            tenant: String::new(),
            outcome: Outcome::default(),
            errors: Vec::new(),
            seen: HashSet::new(),
            departments,
            used: None,
        })
    }

    pub(super) fn finish(self) -> Result<Outcome, Vec<RowError>> {
        if self.errors.is_empty() { Ok(self.outcome) } else { Err(self.errors) }
    }

    pub(super) fn put_user(
        &mut self,
        line: u64,
        id: &str,
        expect: Expect,
        set: Items,
        on_create: Items,
        on_update: Items,
    ) -> Result<()> {
        let at = At { record: Record::User, line: Some(line), id };
        if !self.id_is_good(at, "ユーザID", items::USER_ID_CHARS) {
            return Ok(());
        }
        let before: Option<String> = self
            .db
            .prepare_cached("SELECT items FROM users WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let exists = before.is_some();
        if !self.expectation_holds(at, expect, exists) {
            return Ok(());
        }
        // What EMC wrote is an object of strings.
        let mut own: BTreeMap<String, String> =
            before.and_then(|items| serde_json::from_str(&items).ok()).unwrap_or_default();
        for (item, value) in set.into_iter().chain(if exists { on_update } else { on_create }) {
            self.check_item(at, &item, value.as_deref());
            match value.filter(|value| !value.is_empty()) {
                Some(value) => own.insert(item, value),
                None => own.remove(&item),
            };
        }
        self.check_user(at, &own, exists);
        own.insert(FLAG.to_owned(), AUTOMATIC.to_owned());
        let items = serde_json::to_string(&own).unwrap_or_default();
        let sql = "INSERT INTO users (id, items, tenant) VALUES (?1, ?2, ?3)
                   ON CONFLICT (id) DO UPDATE SET items = excluded.items, tenant = excluded.tenant";
        self.db.prepare_cached(sql)?.execute(params![id, items, self.tenant])?;
        count(&mut self.outcome.users, exists);
        Ok(())
    }

    pub(super) fn put_department(
        &mut self,
        line: u64,
        id: &str,
        expect: Expect,
        set: Items,
        on_create: Items,
        on_update: Items,
    ) -> Result<()> {
        let at = At { record: Record::Department, line: Some(line), id };
        if !self.id_is_good(at, "部署ID", items::DEPARTMENT_ID_CHARS) {
            return Ok(());
        }
        let exists = self.departments.contains(id);
        if !self.expectation_holds(at, expect, exists) {
            return Ok(());
        }
        let mut own: [Option<String>; 3] = self
            .db
            .prepare_cached("SELECT name, kana, parent FROM departments WHERE id = ?1")?
            .query_row([id], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
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
        let sql = "INSERT INTO departments (id, flag, name, kana, parent, tenant) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (id) DO UPDATE SET flag = excluded.flag, name = excluded.name, kana = excluded.kana,
                                                  parent = excluded.parent, tenant = excluded.tenant";
        let (name, kana) = (name.unwrap_or_default(), kana.unwrap_or_default());
        self.db.prepare_cached(sql)?.execute(params![id, AUTOMATIC, name, kana, parent, self.tenant])?;
        self.departments.insert(id.to_owned());
        count(&mut self.outcome.departments, exists);
        Ok(())
    }

    pub(super) fn delete_user(&mut self, id: &str) -> Result<()> {
        let at = At { record: Record::User, line: None, id };
        if !self.is_first(at) {
            return Ok(());
        }
        let deleted = self.db.prepare_cached("DELETE FROM users WHERE id = ?1")?.execute([id])?;
        self.outcome.users.deleted += deleted as u64;
        if deleted == 0 {
            self.drift(at, Expect::Delete, Actual::None);
        }
        Ok(())
    }

    pub(super) fn delete_department(&mut self, id: &str) -> Result<()> {
        let at = At { record: Record::Department, line: None, id };
        if !self.is_first(at) {
            return Ok(());
        }
        if !self.departments.remove(id) {
            self.drift(at, Expect::Delete, Actual::None);
            return Ok(());
        }
        let child = "SELECT id FROM departments WHERE parent = ?1";
        if self.db.prepare_cached(child)?.exists([id])? {
            self.error(at, "部署ID", "the department has children and cannot be deleted");
        }
        if self.used()?.contains(id) {
            self.error(at, "部署ID", "the department has users and cannot be deleted");
        }
        self.db.prepare_cached("DELETE FROM departments WHERE id = ?1")?.execute([id])?;
        self.outcome.departments.deleted += 1;
        Ok(())
    }

    fn used(&mut self) -> Result<&HashSet<String>> {
        if self.used.is_none() {
            let sql = "SELECT DISTINCT item.value FROM users, json_each(users.items) AS item
                       WHERE item.key = '所属部署コード' OR item.key LIKE '兼務管理部署コード%'";
            let mut used = HashSet::new();
            for id in self.db.prepare(sql)?.query_map([], |row| row.get(0))? {
                used.insert(id?);
            }
            self.used = Some(used);
        }
        Ok(self.used.get_or_insert_default())
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
            let sql = "SELECT parent FROM departments WHERE id = ?1";
            above = self.db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?.flatten();
        }
        self.error(at, PARENT, "the department would be below itself");
        Ok(())
    }

    fn check_item(&mut self, at: At<'_>, item: &str, value: Option<&str>) {
        let value = value.filter(|value| !value.is_empty());
        match (items::kind(item), value) {
            (None, _) => self.error(at, item, "there is no such item of a user"),
            (Some(Kind::Department), Some(id)) if !self.departments.contains(id) => {
                self.error(at, item, "there is no such department");
            }
            (Some(Kind::SearchWord(number)), Some(id))
                if !self.options.get(&number).is_some_and(|ids| ids.contains(id)) =>
            {
                self.error(at, item, "there is no option of this ID in the master of the search word");
            }
            _ => {}
        }
    }

    fn check_user(&mut self, at: At<'_>, own: &BTreeMap<String, String>, exists: bool) {
        let required: &[&str] = if exists { &[NAME, KANA] } else { &[NAME, KANA, PASSWORD] };
        for item in required {
            if is_blank(own.get(*item).map(String::as_str)) {
                self.error(at, item, "the item is required");
            }
        }
        if !own.keys().any(|item| item.starts_with("緊急連絡")) {
            return;
        }
        for slot in 1..=10 {
            let (medium, address) = (items::medium(slot), items::address(slot));
            if own.contains_key(&medium) && !own.contains_key(&address) {
                self.error(at, &address, "a contact has a medium and no address");
            }
            if own.contains_key(&address) && !own.contains_key(&medium) {
                self.error(at, &medium, "a contact has an address and no medium");
            }
        }
    }

    fn id_is_good(&mut self, at: At<'_>, field: &str, most: usize) -> bool {
        let is_first = self.is_first(at);
        let length = at.id.chars().count();
        if at.id.trim().is_empty() {
            self.error(at, field, "the ID is empty");
        } else if length > most {
            self.error(at, field, &format!("the ID has {length} characters, of {most} at most"));
        }
        is_first && length <= most && !at.id.trim().is_empty()
    }

    fn is_first(&mut self, at: At<'_>) -> bool {
        let is_first = self.seen.insert((at.record, at.id.to_owned()));
        if !is_first {
            self.error(at, "ID", "the import has two lines for this ID");
        }
        is_first
    }

    /// Notes drift; an error where a new ID is not new.
    fn expectation_holds(&mut self, at: At<'_>, expect: Expect, exists: bool) -> bool {
        match (expect, exists) {
            (Expect::Create, true) => {
                self.error(at, "ID", "the ID exists already");
                if let Some(error) = self.errors.last_mut() {
                    error.code = Some("exists");
                }
                return false;
            }
            (Expect::Adopt, true) => self.drift(at, expect, Actual::Update),
            (Expect::Update | Expect::Adopt, false) => self.drift(at, expect, Actual::Create),
            _ => {}
        }
        true
    }

    fn drift(&mut self, at: At<'_>, expected: Expect, actual: Actual) {
        self.outcome.drift.push(Drift { record: at.record, id: at.id.to_owned(), expected, actual });
    }

    fn error(&mut self, at: At<'_>, field: &str, message: &str) {
        self.errors.push(RowError {
            record: at.record,
            line: at.line,
            id: at.id.to_owned(),
            field: field.to_owned(),
            message: message.to_owned(),
            code: None,
        });
    }
}

fn count(counts: &mut Counts, exists: bool) {
    if exists {
        counts.updated += 1;
    } else {
        counts.created += 1;
    }
}

fn is_blank(value: Option<&str>) -> bool {
    value.is_none_or(|value| value.trim().is_empty())
}
