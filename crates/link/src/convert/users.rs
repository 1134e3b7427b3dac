//! All people, as their pages arrive: filtered, converted, compared by ID and packed for the import, one by one. No crew
//! is kept longer than its page.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::USER_ID_MAX;
use super::causes::{Who, is_uuid};
use super::departments::{DepartmentSet, Place};
use super::grouped::Grouped;
use super::options::option_of;
use super::templates::Templates;
use super::trace::{TracedItem, trace};
use super::user::{Operation, UserRules};
use super::value::{Masters, Sources, ValueFault, department_in, plain, rank_of, value_of};
use crate::characters::{hidden_in, nfc, on_one_line};
use crate::compare::{Approval, DeletionReason, IdTable, RowDigest, Snapshot};
use crate::config::{BeforeJoining, Config, EmcItem, Rule, SmartHrField, Source, UserIdAbsent};
use crate::emc::{Expect, Packed, Packer, SearchWords, UserRow};
use crate::fault::{Code, Fault, Faults, Subject};
use crate::smarthr::{Crew, CrewSink};

/// What people are converted with.
#[derive(Clone, Copy, Debug)]
pub struct ConversionContext<'a> {
    /// The tenant's config.
    pub config: &'a Config,
    /// The sheet, made ready.
    pub rules: &'a UserRules<'a>,
    /// EMC's search words.
    pub words: &'a SearchWords,
    /// Today's departments.
    pub departments: &'a DepartmentSet,
    /// SmartHR's masters.
    pub masters: &'a Masters,
    /// The last data that EMC accepted.
    pub previous: &'a Snapshot,
    /// What a person approved.
    pub approved: &'a Approval,
    /// Today in Asia/Tokyo.
    pub today: Date,
}

/// The people so far.
#[derive(Debug)]
pub struct Users<'a> {
    pub(super) ctx: ConversionContext<'a>,
    pub(super) found: UsersResult,
    packer: Packer,
    digest: RowDigest,
    told_twice: BTreeSet<usize>,
    templates: Templates,
    /// How many people have a value, by rule.
    pub(super) filled: Vec<u64>,
    /// The same, counting only people whom the snapshot knows.
    filled_of_known: Vec<u64>,
    /// Who of the snapshot has come, by their position there.
    has_come: Vec<bool>,
    /// Whether the snapshot has people whose crew it does not know.
    has_unknown_crews: bool,
    pub(super) grouped: Grouped,
    pub(super) unreadable_statuses: u64,
    /// What the sheet makes of the people, item by item; kept only where somebody asks.
    traces: Option<Vec<Vec<TracedItem>>>,
}

/// How people were asked for of whom SmartHR gave no answer that could be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedBy {
    /// By SmartHR's id: the server ignores `id`, and they are too many to be asked for one by one.
    Crew,
    /// By 社員番号, as after a baseline: the server ignores `emp_code`, or they are too many.
    EmployeeNumber,
}

/// People of the snapshot who were not listed, and of whom nobody can say whether they are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// Their positions in the snapshot.
    pub users: Vec<u32>,
    /// How they would have been asked for.
    pub by: AskedBy,
}

/// Somebody in service who is not linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// SmartHR's id.
    pub crew: String,
    /// The user ID that the sheet would give, or the one of the snapshot; `None` where there is neither.
    pub id: Option<String>,
    /// Why.
    pub why: DeletionReason,
}

/// All people, converted.
#[derive(Debug, Default)]
pub struct UsersResult {
    /// 全件数: how many people in service were received.
    pub received: u64,
    /// The user IDs, in the order received: 有効件数 is their number.
    pub ids: IdTable,
    /// SmartHR's id of each, at the same position.
    pub crews: IdTable,
    lines: Vec<u32>,
    /// For each item of the sheet, how many people have a value.
    pub filled: BTreeMap<String, u64>,
    /// The same, counting only people whom the snapshot knows.
    pub filled_of_known: BTreeMap<String, u64>,
    /// Why people of the snapshot are not in the data, by their position there.
    pub leaving: Vec<DeletionReason>,
    /// How many are neither retired nor outside the scope.
    pub considered: u64,
    /// How many of them have a value for the user ID.
    pub with_user_id: u64,
    /// Values that EMC's master of a search word lacks, by the item: five digits that order them as SmartHR does, then the name.
    pub unknown_words: BTreeMap<String, BTreeSet<String>>,
    /// Who is in service and not linked: outside the scope, or without a user ID where the sheet says 連携しない.
    pub left_out: Vec<LeftOut>,
    /// Departments that the snapshot has, SmartHR does not list, and people still belong to.
    pub orphans: BTreeMap<String, u64>,
    /// How many people belong to departments that have no 部署コード now or are not listed, by SmartHR's id of them.
    pub without_code: BTreeMap<String, u64>,
    /// SmartHR's ids of departments that people belong to and the list lacks.
    pub unlisted_departments: BTreeSet<String>,
    /// Who can neither be found nor be said to be gone: the run is held for them.
    pub unverified: Vec<Unverified>,
    /// What stops the run.
    pub faults: Faults,
    /// What is worth knowing.
    pub warnings: Faults,
    /// The digest of all rows.
    pub digest: String,
    /// The rows, packed.
    pub packed: Packed,
}

impl UsersResult {
    /// The line in SmartHR's list of each user ID, by its position.
    pub(crate) fn take_lines(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.lines)
    }
}

impl<'a> Users<'a> {
    /// Nobody yet.
    pub fn new(ctx: ConversionContext<'a>) -> Self {
        let mut users = Self {
            ctx,
            found: UsersResult::default(),
            packer: Packer::new(),
            digest: RowDigest::default(),
            told_twice: BTreeSet::new(),
            templates: Templates::default(),
            filled: Vec::new(),
            filled_of_known: Vec::new(),
            has_come: Vec::new(),
            has_unknown_crews: ctx.previous.users.crews.iter().any(str::is_empty),
            grouped: Grouped::default(),
            unreadable_statuses: 0,
            traces: None,
        };
        users.restart();
        users
    }

    /// The same, for a few people of whom is kept what the sheet makes of them.
    pub(crate) fn traced(ctx: ConversionContext<'a>) -> Self {
        Self { traces: Some(Vec::new()), ..Self::new(ctx) }
    }

    /// What the sheet makes of the first person who has a user ID.
    pub(crate) fn first_trace(&self) -> Vec<TracedItem> {
        self.traces.iter().flatten().next().cloned().unwrap_or_default()
    }

    /// All people have been received.
    pub fn finish(mut self) -> UsersResult {
        self.tell_status_right();
        self.tell_causes();
        self.tell_lost_rights();
        let labels = || self.ctx.rules.rules.iter().map(|ready| ready.rule.item.label().to_owned());
        self.found.filled = labels().zip(self.filled).collect();
        self.found.filled_of_known = labels().zip(self.filled_of_known).collect();
        self.found.digest = self.digest.text();
        self.found.packed = self.packer.finish();
        self.found
    }

    /// SmartHR's ids of the people of the snapshot who have not come, and their positions there.
    pub(crate) fn not_come(&self) -> Vec<(u32, String)> {
        let crews = &self.ctx.previous.users.crews;
        let missing = (0_u32..).zip(crews.iter().zip(&self.has_come));
        missing.filter(|(_, (id, came))| !id.is_empty() && !**came).map(|(at, (id, _))| (at, id.to_owned())).collect()
    }

    /// The people whose crew the snapshot does not know and whose ID nobody has today: their IDs and positions.
    pub(crate) fn not_come_without_crew(&self) -> Vec<(u32, String)> {
        let users = &self.ctx.previous.users;
        let gone = (0_u32..).zip(users.ids.iter()).filter(|(at, id)| {
            let at = *at as usize;
            users.crews.get(at).is_some_and(str::is_empty)
                && self.found.leaving.get(at) == Some(&DeletionReason::NotListed)
                && self.found.ids.position(id).is_none()
        });
        gone.map(|(at, id)| (at, id.to_owned())).collect()
    }

    /// Nobody can say whether these are gone.
    pub(crate) fn cannot_verify(&mut self, unverified: Unverified) {
        self.found.unverified.push(unverified);
    }

    /// Whether somebody's 在籍状況 cannot be read: then nothing that follows would mean anything.
    pub(crate) fn has_unreadable_status(&self) -> bool {
        self.unreadable_statuses > 0
    }

    pub(super) fn fault(
        &self,
        code: Code,
        line: u32,
        crew: &str,
        id: Option<&str>,
        field: &str,
        detail: &str,
    ) -> Fault {
        let address = format!("{}/crews/{crew}", self.ctx.config.smarthr.base_url);
        let fault = Fault::new(code, Subject::User, detail).line(line).crew(crew).field(field).address(&address);
        match id {
            Some(id) => fault.id(id),
            None => fault,
        }
    }

    /// Whether the person is wanted; if not, why.
    fn exclusion(&mut self, crew: &Crew<'_>, line: u32) -> Option<DeletionReason> {
        let scope = &self.ctx.config.scope;
        if let Some(wanted) = &scope.employment_types {
            let name = crew.employment_type.as_ref().and_then(|entry| plain(entry.name.as_ref()));
            let is_wanted = |name: Cow<'_, str>| {
                let name = nfc(name);
                wanted.contains(&*name) || wanted.iter().any(|wanted| nfc(wanted.into()) == name)
            };
            if !name.is_some_and(is_wanted) {
                return Some(DeletionReason::OtherEmploymentType);
            }
        }
        if scope.departments.is_some() {
            let inside = (1..=10).filter_map(|slot| department_in(slot, crew)).any(|reference| {
                matches!(
                    self.ctx.departments.place(reference),
                    Place::Linked { in_scope: true, .. } | Place::NotLinked { in_scope: true }
                )
            });
            if !inside {
                // Nobody goes because of a department that the list does not have: it may be one that is wanted.
                let departments = self.ctx.departments;
                let all = (1..=10).filter_map(|slot| department_in(slot, crew));
                let unlisted: Vec<_> = all.filter(|reference| departments.place(reference) == Place::Unknown).collect();
                for reference in &unlisted {
                    let given = |text: &Option<crate::smarthr::Text<'_>>| plain(text.as_ref()).map(Cow::into_owned);
                    let name = given(&reference.name).or_else(|| given(&reference.code)).unwrap_or_default();
                    let id = given(&reference.id).unwrap_or_default();
                    let hit = Who { line, crew: crew.id.as_str(), id: None };
                    self.unlisted(hit, EmcItem::Department.label(), "所属部署", &name, id);
                }
                return unlisted.is_empty().then_some(DeletionReason::OtherDepartment);
            }
        }
        if scope.before_joining == BeforeJoining::Exclude {
            let joins: Option<Date> = plain(crew.entered_at.as_ref()).and_then(|date| date.parse().ok());
            if joins.is_some_and(|date| date > self.ctx.today) {
                return Some(DeletionReason::NotYetJoined);
            }
        }
        None
    }

    /// A value, or nothing and a fault.
    fn value<'c>(
        &mut self,
        source: &'c Source,
        crew: &'c Crew<'_>,
        id: Option<&str>,
        line: u32,
        field: &'static str,
    ) -> Option<Cow<'c, str>>
    where
        'a: 'c,
    {
        let from = Sources {
            departments: self.ctx.departments,
            masters: self.ctx.masters,
            name_separator: &self.ctx.config.name_separator,
        };
        let fault = match value_of(source, crew, &self.templates, from) {
            Ok(value) => return value,
            Err(fault) => fault,
        };
        let who = Who { line, crew: crew.id.as_str(), id };
        let item = source.beside(field);
        match fault {
            ValueFault::NotInMaster { .. } if *source == Source::Field(SmartHrField::Establishment) => {
                if self.ctx.masters.establishments.is_empty() {
                    let detail = "「事業所」の一覧が空です。";
                    self.cause(Code::SmarthrRightMissing, who, SmartHrField::Establishment.label(), "", detail);
                } else {
                    let detail = format!("{item}の値が、SmartHRの事業所の一覧にありません。");
                    self.cause(Code::ValueUnknown, who, field, "", &detail);
                }
            }
            ValueFault::NotInMaster { value } => {
                // An id says nothing to anybody.
                let shown = if is_uuid(&value) { String::new() } else { format!("「{value}」") };
                let detail = format!("{item}の値{shown}が、SmartHRの選択肢にありません。");
                self.cause(Code::ValueUnknown, who, field, &value, &detail);
            }
            ValueFault::DepartmentUnknown { name, code, id } => {
                let department = code.map(|code| nfc(format!("{}{code}", self.ctx.config.prefix).into()).into_owned());
                let linked = department.filter(|id| self.ctx.previous.departments.ids.position(id).is_some());
                if let Some(department) = linked.filter(|_| !self.ctx.departments.received_none()) {
                    // The guard says whether it may go although people belong to it.
                    *self.found.orphans.entry(department).or_default() += 1;
                    self.found.unlisted_departments.insert(id);
                } else {
                    self.unlisted(who, field, &item, &name, id);
                }
            }
        }
        None
    }

    /// Who of the snapshot this is: by crew, and where the snapshot does not know the crew, by ID.
    fn position(&self, crew: &Crew<'_>, known: Option<usize>) -> Option<usize> {
        if known.is_some() || !self.has_unknown_crews {
            return known;
        }
        let users = &self.ctx.previous.users;
        let at = users.ids.position(&self.unchecked_id(crew)?)?;
        users.crews.get(at).is_some_and(str::is_empty).then_some(at)
    }

    /// The user ID that the sheet gives, whatever is wrong with it.
    fn unchecked_id(&self, crew: &Crew<'_>) -> Option<String> {
        let from = Sources {
            departments: self.ctx.departments,
            masters: self.ctx.masters,
            name_separator: &self.ctx.config.name_separator,
        };
        let value = value_of(&self.ctx.rules.user_id.source, crew, &self.templates, from).ok()??;
        Some(nfc(format!("{}{value}", self.ctx.config.prefix).into()).into_owned())
    }

    /// Somebody in service is not linked.
    fn is_left_out(&mut self, crew: &Crew<'_>, id: Option<String>, known: Option<usize>, why: DeletionReason) {
        let id = id.or_else(|| Some(self.ctx.previous.users.ids.get(known?)?.to_owned()));
        self.found.left_out.push(LeftOut { crew: crew.id.as_str().to_owned(), id, why });
        self.leaves(known, why);
    }

    /// A value as the item takes it: departments by ID, in a search word by name.
    fn as_taken<'c>(&self, rule: &Rule, crew: &'c Crew<'_>, value: Cow<'c, str>) -> Cow<'c, str>
    where
        'a: 'c,
    {
        match (rule.item, &rule.source) {
            (item, Source::Fixed(_) | Source::Custom(_)) if item.is_department() => {
                self.ctx.departments.id_of(&value).map_or_else(|| nfc(value.clone()), Cow::Borrowed)
            }
            (EmcItem::Name | EmcItem::NameKana, _) => on_one_line(value),
            (EmcItem::SearchWord(number), Source::Field(SmartHrField::Department(slot))) => {
                let name = department_in(*slot, crew).and_then(|department| plain(department.name.as_ref()));
                let is_option = |name: &str| option_of(self.ctx.words, number, name).is_some();
                // A master that lists the IDs is served as well.
                name.filter(|name| is_option(name) || !is_option(&value)).unwrap_or(value)
            }
            _ => value,
        }
    }

    /// The user ID, checked; `None` when the person is left out or has a fault.
    fn user_id(&mut self, crew: &Crew<'_>, line: u32, known: Option<usize>) -> Option<String> {
        const FIELD: &str = "ユーザID";
        let rule = self.ctx.rules.user_id;
        let item = rule.source.beside(FIELD);
        let Some(value) = self.value(&rule.source, crew, None, line, FIELD) else {
            let absent = if known.is_some() { rule.update_absent } else { rule.create_absent };
            match absent {
                UserIdAbsent::LeaveOut => {
                    self.is_left_out(crew, None, known, DeletionReason::NoUserId);
                }
                UserIdAbsent::Error => {
                    let detail = format!("{item}の値がありません。");
                    let fault = self.fault(Code::UserIdMissing, line, crew.id.as_str(), None, FIELD, &detail);
                    self.found.faults.push(fault);
                }
            }
            return None;
        };
        self.found.with_user_id += 1;
        let id = nfc(format!("{}{value}", self.ctx.config.prefix).into()).into_owned();
        let length = id.chars().count();
        let unusable = if length > USER_ID_MAX {
            Some((Code::UserIdTooLong, format!("{item}が{length}文字です(会社コードを含めて{USER_ID_MAX}文字まで)。")))
        } else {
            let hidden = hidden_in(&id);
            hidden.map(|hidden| (Code::ValueInvalid, format!("{item}に、使えない文字 {hidden} が含まれています。")))
        };
        if let Some((code, detail)) = unusable {
            let fault = self.fault(code, line, crew.id.as_str(), Some(&id), FIELD, &detail);
            self.found.faults.push(fault);
            return None;
        }
        Some(id)
    }

    /// Enters the ID into today's table; a repeated one is a fault of both people.
    fn enter(&mut self, id: &str, crew: &Crew<'_>, line: u32) -> bool {
        const FIELD: &str = "ユーザID";
        match self.found.ids.insert(id) {
            Ok(_) => {
                // A crew id that came twice is noticed by the listing's own check.
                if self.found.crews.insert(crew.id.as_str()).is_err() {
                    self.found.crews.push_unindexed("");
                }
                self.found.lines.push(line);
                true
            }
            Err(first) => {
                let first_line = self.found.lines.get(first).copied().unwrap_or_default();
                if self.told_twice.insert(first) {
                    let first_crew = self.found.crews.get(first).unwrap_or_default().to_owned();
                    let detail = format!("ユーザIDが[line:{line}]の従業員と同じです。");
                    let fault = self.fault(Code::UserIdDuplicate, first_line, &first_crew, Some(id), FIELD, &detail);
                    self.found.faults.push(fault);
                }
                let detail = format!("ユーザIDが[line:{first_line}]の従業員と同じです。");
                let fault = self.fault(Code::UserIdDuplicate, line, crew.id.as_str(), Some(id), FIELD, &detail);
                self.found.faults.push(fault);
                false
            }
        }
    }

    /// After a baseline the snapshot has the ID and no person behind it.
    fn is_known_without_crew(&self, id: &str) -> bool {
        let users = &self.ctx.previous.users;
        users.ids.position(id).is_some_and(|at| users.crews.get(at).is_none_or(str::is_empty))
    }

    fn leaves(&mut self, known: Option<usize>, why: DeletionReason) {
        if let Some(reason) = known.and_then(|at| self.found.leaving.get_mut(at)) {
            *reason = why;
        }
    }

    fn comes(&mut self, known: Option<usize>) {
        if let Some(came) = known.and_then(|at| self.has_come.get_mut(at)) {
            *came = true;
        }
    }

    fn count_departments_without_code(&mut self, crew: &Crew<'_>) {
        let departments = self.ctx.departments;
        let mut counted: Vec<&str> = Vec::new();
        for reference in (1..=10).filter_map(|slot| department_in(slot, crew)) {
            if let Some(id) = departments.without_code(reference)
                && !counted.contains(&id)
            {
                counted.push(id);
                *self.found.without_code.entry(id.to_owned()).or_default() += 1;
            }
        }
    }

    /// In the address of a contact a character that nobody sees keeps a message from arriving.
    fn check_address(&mut self, rule: &Rule, value: &str, crew: &Crew<'_>, id: &str, line: u32) {
        if !matches!(rule.item, EmcItem::ContactAddress(_)) {
            return;
        }
        if let Some(hidden) = hidden_in(value) {
            let detail = format!("{}に、使えない文字 {hidden} が含まれています。", rule.in_words());
            let field = rule.item.label();
            let fault = self.fault(Code::ValueInvalid, line, crew.id.as_str(), Some(id), field, &detail);
            self.found.faults.push(fault);
        }
    }

    fn warn_of_changed_id(&mut self, id: &str, crew: &Crew<'_>, line: u32, known: Option<usize>) {
        let before = known.and_then(|at| self.ctx.previous.users.ids.get(at));
        if let Some(before) = before.filter(|before| *before != id) {
            let detail = format!("ユーザIDが「{before}」から「{id}」に変わりました(ID変更)。");
            let warning = self.fault(Code::IdChanged, line, crew.id.as_str(), Some(id), "ユーザID", &detail);
            self.found.warnings.push(warning);
            self.leaves(known, DeletionReason::IdChanged);
        }
    }
}

impl CrewSink for Users<'_> {
    fn restart(&mut self) {
        let before = &self.ctx.previous.users;
        let leaving = vec![DeletionReason::default(); before.ids.len()];
        self.has_come = vec![false; leaving.len()];
        self.grouped = Grouped::default();
        self.unreadable_statuses = 0;
        let (ids, crews) = (IdTable::with_room_for(&before.ids), IdTable::with_room_for(&before.crews));
        self.found = UsersResult { ids, crews, leaving, ..UsersResult::default() };
        self.filled = vec![0; self.ctx.rules.rules.len()];
        self.filled_of_known = vec![0; self.ctx.rules.rules.len()];
        self.packer = Packer::new();
        self.digest = RowDigest::default();
        self.told_twice.clear();
    }

    fn crew(&mut self, line: u32, crew: Crew<'_>) {
        let known = self.ctx.previous.users.crews.position(crew.id.as_str());
        self.comes(known);
        if self.templates.read(&crew).is_err() {
            return self.broken(line, Some(crew.id.as_str()));
        }
        let odd_status = match plain(crew.emp_status.as_ref()).as_deref() {
            Some("retired") => return self.leaves(self.position(&crew, known), DeletionReason::Retired),
            Some("employed" | "absent") => None,
            Some(other) => Some(format!("在籍状況「{other}」は未知の値です。")),
            None => {
                self.found.received += 1;
                self.unreadable_statuses += 1;
                return;
            }
        };
        self.found.received += 1;
        if let Some(why) = self.exclusion(&crew, line) {
            let (id, known) = (self.unchecked_id(&crew), self.position(&crew, known));
            return self.is_left_out(&crew, id, known, why);
        }
        self.count_departments_without_code(&crew);
        self.found.considered += 1;
        let id = self.user_id(&crew, line, known);
        if let Some(detail) = odd_status {
            let field = SmartHrField::Status.label();
            let warning = self.fault(Code::StatusUnknown, line, crew.id.as_str(), id.as_deref(), field, &detail);
            self.found.warnings.push(warning);
        }
        let Some(id) = id else { return };
        let entered = self.enter(&id, &crew, line);
        self.warn_of_changed_id(&id, &crew, line, known);

        let ConversionContext { previous, approved, config, .. } = self.ctx;
        let expect = Expect::of_user(&previous.users, approved, config.ids_reused, &id, crew.id.as_str());
        let operation = match expect {
            Expect::Create | Expect::Replace => Operation::Create,
            Expect::Update | Expect::Adopt => Operation::Update,
        };
        let is_known = known.is_some() || self.is_known_without_crew(&id);

        let rules = self.ctx.rules;
        let values: Vec<Option<Cow<'_, str>>> = rules
            .rules
            .iter()
            .map(|ready| {
                let value = self.value(&ready.rule.source, &crew, Some(&id), line, ready.rule.item.label())?;
                let value = self.as_taken(ready.rule, &crew, value);
                self.check_address(ready.rule, &value, &crew, &id, line);
                Some(value)
            })
            .collect();
        for (position, ready) in rules.rules.iter().enumerate() {
            let given = |at: usize| values.get(at).is_some_and(Option::is_some);
            if given(position)
                && ready.address.is_none_or(given)
                && let Some(count) = self.filled.get_mut(position)
            {
                *count += 1;
                if is_known && let Some(count) = self.filled_of_known.get_mut(position) {
                    *count += 1;
                }
            }
        }
        if let Some(traces) = &mut self.traces {
            traces.push(trace(rules, &values, operation, self.ctx.words));
        }
        let set = Vec::with_capacity(rules.rules.len());
        let mut row =
            UserRow { id: Cow::Borrowed(&id), person: Cow::Borrowed(crew.id.as_str()), set, ..UserRow::default() };
        let mut refused: Vec<(&Rule, Code, String)> = Vec::new();
        rules.row(&values, operation, self.ctx.words, &mut row, |rule, code, text| refused.push((rule, code, text)));
        for (rule, code, text) in refused {
            if code == Code::SearchWordUnknown
                && let Some(value) =
                    rules.rules.iter().position(|ready| ready.rule.item == rule.item).and_then(|at| values.get(at))
            {
                let names = self.found.unknown_words.entry(rule.item.label().to_owned()).or_default();
                names.extend(value.as_deref().map(|name| format!("{:05}{name}", rank_of(&rule.source, &crew))));
                let who = Who { line, crew: crew.id.as_str(), id: Some(&id) };
                self.cause(code, who, rule.item.label(), value.as_deref().unwrap_or_default(), &text);
                continue;
            }
            let fault = self.fault(code, line, crew.id.as_str(), Some(&id), rule.item.label(), &text);
            self.found.faults.push(fault);
        }
        // With a fault nothing will be written: rows are packed no further.
        if entered && self.found.faults.is_empty() && self.grouped.is_empty() {
            self.digest.add(self.packer.user(&row, expect));
        }
    }

    fn broken(&mut self, line: u32, id: Option<&str>) {
        self.found.received += 1;
        self.comes(id.and_then(|id| self.ctx.previous.users.crews.position(id)));
        let detail = "SmartHRから受信した従業員1人のデータが、想定した形式ではありません。";
        let fault =
            self.fault(Code::CrewInvalid, line, id.unwrap_or_default(), None, SmartHrField::Name.label(), detail);
        self.found.faults.push(Fault { crew: id.map(str::to_owned), field: None, ..fault });
    }
}

#[cfg(test)]
#[path = "users_tests.rs"]
mod tests;
