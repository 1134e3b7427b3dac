//! What a run found, before it is told.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::compare::{Approval, HoldReason};
use crate::fault::{Code, Family, Fault, Faults};
use crate::report::{
    Answer, Counts, DRIFT_IN_ANSWER, DriftEntry, HoldNote, MasterNote, Mode, Outcome, PersonStory, PlanLine, Requests,
    RestoredEntry, TOLD_IN_ANSWER, UnassignedEntry, foremost, groups, kinds,
};
use crate::time::rfc3339;

/// Everything that answer, report and mail are made from.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// How the run ended.
    pub outcome: Outcome,
    /// The company's name, where the config could be read.
    pub company: Option<String>,
    /// The counts, as far as known.
    pub counts: Option<Counts>,
    /// All errors.
    pub errors: Vec<Fault>,
    /// All warnings.
    pub warnings: Vec<Fault>,
    /// Where EMC differed from the snapshot.
    pub drift: Vec<DriftEntry>,
    /// Users whose deletion was taken back.
    pub restored: Vec<RestoredEntry>,
    /// Users who lost an assignment because its department went.
    pub unassigned: Vec<UnassignedEntry>,
    /// The addresses in SmartHR of people whom the mail names, by user ID.
    pub addresses: BTreeMap<String, String>,
    /// Why the guard holds.
    pub reasons: Vec<HoldReason>,
    /// What would have to be approved.
    pub to_approve: Approval,
    /// Lines for the mail.
    pub details: Vec<String>,
    /// Who comes and goes.
    pub plan: Vec<PlanLine>,
    /// Who is in service and not linked.
    pub left_out: Vec<PlanLine>,
    /// Requests sent.
    pub requests: Requests,
    /// The held run that was approved.
    pub approved: Option<String>,
    /// The note of a hold, filled in when it is recorded.
    pub hold: Option<HoldNote>,
    /// The masters of the search words in use.
    pub masters: Vec<MasterNote>,
    /// Of an explanation: the person.
    pub person: Option<PersonStory>,
    /// Of a check: the kinds that would fail a run.
    pub failing: Vec<Code>,
}

impl RunResult {
    /// Nothing found yet, but the ending.
    pub fn ending(outcome: Outcome) -> Self {
        Self {
            outcome,
            company: None,
            counts: None,
            errors: Vec::new(),
            warnings: Vec::new(),
            drift: Vec::new(),
            restored: Vec::new(),
            unassigned: Vec::new(),
            addresses: BTreeMap::new(),
            reasons: Vec::new(),
            to_approve: Approval::default(),
            details: Vec::new(),
            plan: Vec::new(),
            left_out: Vec::new(),
            requests: Requests::default(),
            approved: None,
            hold: None,
            masters: Vec::new(),
            person: None,
            failing: Vec::new(),
        }
    }

    /// A failure with these faults.
    pub fn failure(faults: impl Into<Faults>) -> Self {
        Self { errors: faults.into().0, ..Self::ending(Outcome::Failure) }
    }

    /// Held for these reasons, keeping what was found before.
    pub(crate) fn held(self, reasons: Vec<HoldReason>, to_approve: Approval) -> Self {
        Self { outcome: Outcome::Held, reasons, to_approve, ..self }
    }

    /// The family of the errors.
    pub(crate) fn family(&self) -> Option<Family> {
        self.errors.iter().map(|fault| fault.code.entry().family).min()
    }

    /// Becomes a failure by these faults, keeping what was found before.
    pub(crate) fn fail(&mut self, faults: Faults) {
        self.outcome = Outcome::Failure;
        self.errors.extend(faults);
    }

    /// The answer. A preview that would fail on its data or be held stays a preview and says so.
    pub fn answer(
        &self,
        run_id: &str,
        tenant: &str,
        version: &str,
        mode: Mode,
        started: Timestamp,
        finished: Timestamp,
    ) -> Answer {
        let previewed = mode == Mode::Preview
            && (matches!(self.outcome, Outcome::Success | Outcome::NoChange | Outcome::Held)
                || (self.outcome == Outcome::Failure && self.family() == Some(Family::Data)));
        let (outcome, would) = if previewed { (Outcome::Preview, Some(self.outcome)) } else { (self.outcome, None) };
        let told = |faults: &[Fault]| foremost(faults, TOLD_IN_ANSWER);
        Answer {
            run_id: run_id.to_owned(),
            tenant: tenant.to_owned(),
            company: self.company.clone(),
            version: version.to_owned(),
            mode,
            outcome,
            code: crate::report::code_of(outcome, self.family(), &self.reasons).to_owned(),
            would,
            started_at: rfc3339(started),
            finished_at: rfc3339(finished),
            scheduled_at: None,
            trigger: None,
            approved: self.approved.clone(),
            counts: if outcome == Outcome::Failure { None } else { self.counts },
            errors: told(&self.errors),
            error_count: self.errors.len() as u64,
            warnings: told(&self.warnings),
            warning_count: self.warnings.len() as u64,
            warning_kinds: kinds(&self.warnings),
            error_groups: groups(&self.errors),
            warning_groups: groups(&self.warnings),
            failing: self.failing.clone(),
            drift: self.drift.iter().take(DRIFT_IN_ANSWER).cloned().collect(),
            drift_count: self.drift.len() as u64,
            restored: self.restored.iter().take(DRIFT_IN_ANSWER).cloned().collect(),
            restored_count: self.restored.len() as u64,
            unassigned: self.unassigned.iter().take(DRIFT_IN_ANSWER).cloned().collect(),
            unassigned_count: self.unassigned.len() as u64,
            addresses: self.addresses.clone(),
            hold: self.hold.clone(),
            details: self.details.clone(),
            requests: self.requests,
            masters: self.masters.clone(),
            person: self.person.clone(),
        }
    }
}
