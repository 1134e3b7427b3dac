//! Today against the snapshot: counts, what changed, who comes and goes, and the snapshot that today's data becomes.

use std::collections::{BTreeMap, BTreeSet};

use super::RunResult;
use super::context::Context;
use super::proof::Proof;
use super::receive::Received;
use super::settle::Previous;
use crate::compare::{
    DeletionReason, DepartmentPart, DepartmentPlan, Difference, Expect, Facts, IdTable, LostValues, ReusedId,
    RowDigest, Snapshot, Today, UserPart, UserPlan, Verdict, judge,
};
use crate::config::{Absent, ReusedIds};
use crate::convert::{DepartmentSet, LeftOut, UsersResult};
use crate::emc::DepartmentRow;
use crate::fault::{Code, Fault, Subject};
use crate::report::{Counts, FileCounts, Outcome, PlanLine};

/// Today against the snapshot.
pub(super) struct Compared {
    pub(super) counts: Counts,
    department_digest: String,
    /// The files that are sent although nothing changed in them, because EMC lacks something of the snapshot.
    missing: Files,
    /// Today's crew and both addresses of each reused ID, in the order of the plan.
    reused: Vec<(String, ReusedId)>,
    /// The snapshot's people who are not in today's data under any ID.
    gone: u64,
}

/// One thing of each of the two files.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Files {
    pub(super) departments: bool,
    pub(super) users: bool,
}

impl Compared {
    /// Compares by ID.
    pub(super) fn between<H>(ctx: &Context<'_, H>, received: &Received, previous: &Previous) -> (Self, Difference) {
        let before = &previous.snapshot;
        let users = &received.users;
        let today = Today { ids: &users.ids, crews: &users.crews, exclusions: &users.leaving };
        let difference = Difference::new(
            DepartmentPlan::between(&before.departments.ids, received.departments.ids()),
            UserPlan::between(&before.users, today, ctx.approved, ctx.tenant.config.ids_reused),
        );
        let department_digest = digest_of(&received.departments);
        let counts = counts(&difference, received, before, &department_digest);
        let reused = reused(ctx, &difference, received, before);
        let gone = gone(&before.users, today);
        (Self { counts, department_digest, missing: Files::default(), reused, gone }, difference)
    }

    /// Sends a file whole although nothing changed in it.
    pub(super) fn send_missing(&mut self, proof: &Proof) {
        self.missing = proof.missing;
    }

    /// The files that are sent.
    pub(super) fn sent(&self) -> Files {
        Files {
            departments: self.counts.departments.changed || self.missing.departments,
            users: self.counts.users.changed || self.missing.users,
        }
    }

    pub(super) fn nothing_to_send(&self) -> bool {
        !self.sent().departments && !self.sent().users
    }

    /// What is known before the guard: counts, faults, lines for the mail, who comes and goes.
    pub(super) fn found<H>(
        &self,
        ctx: &Context<'_, H>,
        difference: &Difference,
        received: &Received,
        previous: &Previous,
    ) -> RunResult {
        let mut errors = received.departments.faults.0.clone();
        errors.extend(received.users.faults.0.iter().cloned());
        let mut warnings = previous.warnings();
        warnings.extend(self.taken_over(ctx));
        warnings.extend(received.departments.warnings.0.iter().cloned());
        warnings.extend(received.users.warnings.0.iter().cloned());
        let mut details = vec!["SmartHRからデータを受信しました[部署 ][社員 ]".to_owned()];
        if errors.is_empty() {
            details.extend(change_lines(&self.counts));
        }
        let without_id = received.users.left_out.iter().filter(|person| person.why == DeletionReason::NoUserId).count();
        if without_id > 0 {
            details.push(format!("ユーザIDの値が無いため連携対象外とした社員: {without_id}件"));
        }
        RunResult {
            counts: Some(self.counts),
            errors,
            warnings,
            details,
            plan: self.plan_lines(ctx, difference, received, previous),
            left_out: left_out_lines(ctx, received),
            ..RunResult::ending(Outcome::Success)
        }
    }

    /// `ids.reused = "update"`: each ID that passes to another person is a warning.
    fn taken_over<H>(&self, ctx: &Context<'_, H>) -> Vec<Fault> {
        if ctx.tenant.config.ids_reused != ReusedIds::Update {
            return Vec::new();
        }
        let warning = |(crew, person): &(String, ReusedId)| {
            let detail = format!(
                "このユーザIDは別の従業員({})のものでしたが、設定(ids.reused)により引き継ぎます。",
                person.before
            );
            let fault = Fault::new(Code::IdReused, Subject::User, detail).id(&person.id).crew(crew).field("ユーザID");
            fault.address(&person.now)
        };
        self.reused.iter().map(warning).collect()
    }

    fn plan_lines<H>(
        &self,
        ctx: &Context<'_, H>,
        difference: &Difference,
        received: &Received,
        previous: &Previous,
    ) -> Vec<PlanLine> {
        let line = |record, id: &str, action, reason: &str, address: Option<String>| PlanLine {
            record,
            id: id.to_owned(),
            action,
            reason: reason.to_owned(),
            address,
            department: None,
        };
        // After a baseline nobody's crew is known.
        let person = |crew: Option<&str>| crew.filter(|crew| !crew.is_empty()).map(|crew| ctx.person_address(crew));
        let base_url = &ctx.tenant.config.smarthr.base_url;
        // The top department is none of SmartHR's.
        let department = |source: Option<&str>| {
            source.filter(|source| !source.is_empty()).map(|source| format!("{base_url}/departments/{source}"))
        };
        let earlier = |id: &str| department(previous.snapshot.departments.sources.get(id).map(String::as_str));
        let today =
            |id: &str| department(received.departments.origins.get(id).map(|origin| origin.smarthr_id.as_str()));
        let gone = "SmartHRの部署一覧に無い、または部署コードが変わりました";
        let departments = difference.departments();
        let users = difference.users();
        let mut lines: Vec<PlanLine> =
            departments.deleted().iter().map(|id| line("部署", id, "削除", gone, earlier(id))).collect();
        for (at, why) in users.deleted() {
            let id = previous.snapshot.users.ids.get(*at as usize).unwrap_or_default();
            let address = person(previous.snapshot.users.crews.get(*at as usize));
            lines.push(line("社員", id, "削除", why.reason_ja(), address));
        }
        for (reused, (_, reuse)) in users.reused().iter().zip(&self.reused) {
            let action = if reused.expect == Expect::Replace { "置換" } else { "引継" };
            let reason = format!("別の従業員のユーザIDになりました 前回: {} 今回: {}", reuse.before, reuse.now);
            lines.push(line("社員", &reuse.id, action, &reason, Some(reuse.now.clone())));
        }
        let new = "前回データに無いIDです";
        lines.extend(departments.created().iter().map(|id| line("部署", id, "新規", new, today(id))));
        for at in users.created() {
            let id = received.users.ids.get(*at as usize).unwrap_or_default();
            let address = person(received.users.crews.get(*at as usize));
            lines.push(line("社員", id, "新規", new, address));
        }
        lines
    }

    /// Asks the guard.
    pub(super) fn judge<H>(
        &self,
        ctx: &Context<'_, H>,
        difference: Difference,
        received: &Received,
        previous: &Previous,
    ) -> Verdict {
        let users = &received.users;
        let clearing = clearing(ctx);
        let unverified = unverified(users, &previous.snapshot);
        let orphans = orphans(users, &difference, &previous.snapshot);
        let facts = Facts {
            previous: (!previous.is_first()).then_some(&previous.snapshot),
            valid_users: self.counts.users.received_valid,
            values: LostValues {
                filled: &users.filled,
                filled_of_known: &users.filled_of_known,
                gone: self.gone,
                clearing: &clearing,
            },
            orphans: &orphans,
            unverified: &unverified,
            reused: &self.reused,
            starter: ctx.starter,
        };
        judge(difference, &facts, &ctx.tenant.config.guard, ctx.approved)
    }

    /// The snapshot that today's data becomes once EMC has committed it.
    pub(super) fn snapshot(&self, run: &str, taken_at: String, received: Received) -> Snapshot {
        let mut ids = IdTable::new();
        for id in received.departments.ids() {
            // The conversion has found repeated IDs; a second one could only be left out.
            let _ = ids.insert(id);
        }
        let sources = sources(&received.departments, &ids);
        Snapshot {
            run_id: run.to_owned(),
            taken_at,
            departments: DepartmentPart {
                received: received.departments.received,
                valid: ids.len() as u64,
                digest: self.department_digest.clone(),
                ids,
                sources,
            },
            users: UserPart {
                received: received.users.received,
                valid: received.users.ids.len() as u64,
                digest: received.users.digest,
                ids: received.users.ids,
                crews: received.users.crews,
                filled: received.users.filled,
            },
        }
    }
}

/// Who is in service and not linked, and why.
fn left_out_lines<H>(ctx: &Context<'_, H>, received: &Received) -> Vec<PlanLine> {
    let line = |person: &LeftOut| PlanLine {
        record: "社員",
        id: person.id.clone().unwrap_or_default(),
        action: "対象外",
        reason: person.why.reason_ja().to_owned(),
        address: Some(ctx.person_address(&person.crew)),
        department: None,
    };
    received.users.left_out.iter().map(line).collect()
}

fn sources(departments: &DepartmentSet, ids: &IdTable) -> BTreeMap<String, String> {
    let known = departments.origins.iter().filter(|(id, _)| ids.position(id).is_some());
    known
        .filter(|(_, origin)| !origin.smarthr_id.is_empty())
        .map(|(id, origin)| (id.clone(), origin.smarthr_id.clone()))
        .collect()
}

fn counts(difference: &Difference, received: &Received, before: &Snapshot, department_digest: &str) -> Counts {
    let (departments, users) = (difference.departments(), difference.users());
    // Before the first link an empty list is no change: there is nothing to say to EMC.
    let differs =
        |before: &str, now: &str, ids_before: usize, rows: u64| before != now && !(rows == 0 && ids_before == 0);
    let mut counts = Counts {
        departments: FileCounts {
            previous_total: before.departments.received,
            previous_valid: before.departments.valid,
            received_total: received.departments.received,
            received_valid: received.departments.rows.len() as u64,
            created: departments.created().len() as u64,
            updated: departments.updated_count(),
            deleted: departments.deleted().len() as u64,
            changed: false,
        },
        users: FileCounts {
            previous_total: before.users.received,
            previous_valid: before.users.valid,
            received_total: received.users.received,
            received_valid: received.users.ids.len() as u64,
            created: users.created_count(),
            updated: users.updated_count(),
            deleted: users.deleted_count(),
            changed: false,
        },
    };
    let (file, known) = (&mut counts.departments, &before.departments);
    file.changed = differs(&known.digest, department_digest, known.ids.len(), file.received_valid);
    let (file, known) = (&mut counts.users, &before.users);
    file.changed = differs(&known.digest, &received.users.digest, known.ids.len(), file.received_valid);
    counts
}

/// Both people of each reused ID, in the order of the plan.
fn reused<H>(
    ctx: &Context<'_, H>,
    difference: &Difference,
    received: &Received,
    before: &Snapshot,
) -> Vec<(String, ReusedId)> {
    let both = |reused: &crate::compare::Reused| {
        let (today, earlier) = (reused.today as usize, reused.before as usize);
        let crew = received.users.crews.get(today).unwrap_or_default();
        let person = ReusedId {
            id: received.users.ids.get(today).unwrap_or_default().to_owned(),
            before: ctx.person_address(before.users.crews.get(earlier).unwrap_or_default()),
            now: ctx.person_address(crew),
        };
        (crew.to_owned(), person)
    };
    difference.users().reused().iter().map(both).collect()
}

/// How many of the snapshot's people are not in today's data, whatever their ID is now.
fn gone(before: &UserPart, today: Today<'_>) -> u64 {
    let is_gone = |(at, id): (usize, &str)| match before.crews.get(at) {
        Some(crew) if !crew.is_empty() => today.crews.position(crew).is_none(),
        _ => today.ids.position(id).is_none(),
    };
    before.ids.iter().enumerate().filter(|known| is_gone(*known)).count() as u64
}

/// The snapshot's people of whom SmartHR could not be asked one by one, by user ID.
fn unverified(users: &UsersResult, before: &Snapshot) -> BTreeSet<String> {
    let positions = users.unverified.iter().flat_map(|unverified| &unverified.users);
    positions.filter_map(|at| before.users.ids.get(*at as usize)).map(str::to_owned).collect()
}

/// Departments that go although people belong to them: SmartHR lists them no more, or their code was emptied.
fn orphans(users: &UsersResult, difference: &Difference, before: &Snapshot) -> BTreeMap<String, u64> {
    let mut orphans = users.orphans.clone();
    for (id, source) in &before.departments.sources {
        if let Some(people) = users.without_code.get(source)
            && difference.departments().deleted().contains(id)
        {
            *orphans.entry(id.clone()).or_default() += people;
        }
    }
    orphans
}

/// The items that the sheet clears or replaces in EMC where the value is absent.
fn clearing<H>(ctx: &Context<'_, H>) -> BTreeSet<String> {
    let rules = ctx.tenant.mapping.rules.iter();
    let clears = rules.filter(|rule| matches!(rule.update_absent, Absent::Clear | Absent::Default(_)));
    clears.map(|rule| rule.item.label().to_owned()).collect()
}

fn change_lines(counts: &Counts) -> Vec<String> {
    let files = [("[部署 ]", counts.departments.changed), ("[社員 ]", counts.users.changed)];
    let which = |changed: bool| files.iter().filter(|(_, c)| *c == changed).map(|(name, _)| *name).collect::<String>();
    let (changed, same) = (which(true), which(false));
    let mut lines = Vec::new();
    if !changed.is_empty() {
        lines.push(format!("前回処理とデータに変化あり{changed},登録処理を行います{changed}"));
    }
    if !same.is_empty() {
        lines.push(format!("前回処理とデータに変化なし{same}"));
    }
    lines
}

fn digest_of(departments: &DepartmentSet) -> String {
    let mut digest = RowDigest::default();
    for DepartmentRow { id, name, kana, parent } in &departments.rows {
        // Length-prefixed, so that no two different rows are the same bytes.
        let mut row = Vec::new();
        for text in [Some(id), Some(name), Some(kana), parent.as_ref()] {
            let text = text.map_or("", String::as_str);
            row.extend_from_slice(&(text.len() as u64).to_le_bytes());
            row.extend_from_slice(text.as_bytes());
        }
        digest.add([row.as_slice()]);
    }
    digest.text()
}
