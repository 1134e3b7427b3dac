//! Weeks of random days: people and departments come and go, the sheet and the prefix change, runs are held and approved,
//! started twice, killed and repeated. What must hold is looked at after every start.
//!
//! A failing week is printed shrunk, and its seed kept in `weeks.proptest-regressions`, which is replayed first.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use link::report::Outcome;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use serde_json::json;
use simulators::samples::FULL_SHEET;

use crate::gate::{FAULTS, Fault};
use crate::life::{self, CHANGES};
use crate::world::{End, World};

/// What people do in the morning, before the link starts.
#[derive(Clone, Debug)]
enum Change {
    Hire(usize),
    Retire(usize),
    Leave(usize),
    Promote(usize),
    Move,
    Rename,
    OpenDepartment,
    CloseDepartment,
    LoseSight,
    SeeAgain,
    OtherSheet(bool),
    OtherPrefix(bool),
    /// A dead run's lock lies there, and ends so many seconds from now.
    LeftLock(i64),
}

/// How the link is started.
#[derive(Clone, Debug)]
enum Start {
    Scheduled,
    OnDemand,
    ApproveLastHold,
    /// The start meets this fault at its n-th interaction; after it Lambda starts it again. Meanwhile this happens in SmartHR.
    Struck(usize, Fault, Option<life::Change>),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (1..4_usize).prop_map(Change::Hire),
        3 => (1..3_usize).prop_map(Change::Retire),
        1 => (6..12_usize).prop_map(Change::Retire),
        1 => (1..3_usize).prop_map(Change::Leave),
        2 => (1..5_usize).prop_map(Change::Promote),
        1 => Just(Change::Move),
        1 => Just(Change::Rename),
        1 => Just(Change::OpenDepartment),
        1 => Just(Change::CloseDepartment),
        1 => Just(Change::LoseSight),
        2 => Just(Change::SeeAgain),
        1 => any::<bool>().prop_map(Change::OtherSheet),
        1 => any::<bool>().prop_map(Change::OtherPrefix),
        1 => prop_oneof![Just(-5_i64), Just(20)].prop_map(Change::LeftLock),
    ]
}

fn start() -> impl Strategy<Value = Start> {
    prop_oneof![
        3 => Just(Start::Scheduled),
        1 => Just(Start::OnDemand),
        2 => Just(Start::ApproveLastHold),
        4 => (0..34_usize, proptest::sample::select(&FAULTS[..]), proptest::option::of(proptest::sample::select(&CHANGES[..])))
            .prop_map(|(at, fault, change)| Start::Struck(at, fault, change)),
    ]
}

type Day = (Vec<Change>, Vec<Start>);

fn week() -> impl Strategy<Value = Vec<Day>> {
    let day = (proptest::collection::vec(change(), 0..4), proptest::collection::vec(start(), 1..3));
    proptest::collection::vec(day, 7)
}

struct Week {
    world: World,
    prefix: &'static str,
    last_hold: Option<String>,
    /// Imports that took effect before the last change of what SmartHR or the configuration says.
    before_change: usize,
    /// Changes of SmartHR since, while a start was at work or before its repetition.
    changed: usize,
    starts: usize,
    struck: bool,
}

impl Week {
    fn change(&mut self, change: &Change) {
        let mut prefix = self.prefix;
        self.world.smarthr.change(|company| match change {
            Change::Hire(n) => drop(company.hire(*n)),
            Change::Retire(n) => drop(company.retire_some(*n)),
            Change::Leave(n) => company.go_on_leave(&company.active_ids(*n)),
            Change::Promote(n) => drop(company.change_positions(*n)),
            Change::Move => {
                let to = company.coded_departments().last().map(|department| department.id.clone());
                if let (Some(to), Some(person)) = (to, company.active_ids(1).pop()) {
                    company.move_department(&person, &to);
                }
            }
            Change::Rename => {
                let first = company.coded_departments().next().map(|department| department.id.clone());
                if let Some(id) = first {
                    company.rename_department(&id, &format!("改称{}", self.starts));
                }
            }
            Change::OpenDepartment => {
                let top = company.departments.first().map(|top| top.id.clone());
                top.and_then(|top| company.open_department(&top));
            }
            Change::CloseDepartment => {
                if company.departments.len() > 2 {
                    let last = company.departments[company.departments.len() - 1].id.clone();
                    company.close_department(&last);
                }
            }
            Change::LoseSight => drop(company.hide_people(0.34)),
            Change::SeeAgain => company.restore(),
            Change::OtherPrefix(other) => prefix = if *other { "B" } else { "A" },
            Change::OtherSheet(_) | Change::LeftLock(_) => {}
        });
        self.prefix = prefix;
        self.world.configure(prefix);
        if let Change::OtherSheet(other) = change {
            let rows = FULL_SHEET.lines().filter(|line| !other || !line.starts_with("緊急連絡3"));
            self.world.home.write("mapping.csv", rows.flat_map(|line| [line, "\n"]).collect::<String>());
        }
        if let Change::LeftLock(seconds) = change {
            let until = self.world.time.now() + SignedDuration::from_secs(*seconds);
            self.world.home.write("lock.json", json!({"holder": "dead", "expires_at": until}).to_string());
        }
        self.before_change = self.world.emc.committed().len();
        self.changed = 0;
    }

    async fn start(&mut self, event: serde_json::Value, invocation: &str) -> Result<Option<Outcome>, String> {
        self.starts += 1;
        let commits = self.world.emc.committed().len();
        let content = self.world.emc_content();
        let snapshot = self.world.object("snapshot.json");
        let before = snapshot.map_or(0, |snapshot| snapshot["users"]["valid"].as_u64().unwrap());
        let mails = self.world.home.kept().mails.len();
        let approved = event["approve"].as_str().map(|run_id| self.approval(run_id));
        let others = self.world.others.len();
        let waiting = self.world.between.len();
        let end = self.world.start(&event, invocation).await;
        let alone = self.world.others.len() == others;
        if let Err(wrong) = self.world.gate.conformance(|conformance| conformance.verdict()) {
            return Err(format!("{wrong}\n  event {event}\n  end {end:#?}"));
        }
        let told = |what: &str| format!("{what}\n  event {event}\n  end {end:#?}\n  others {:#?}", self.world.others);

        let listed = self.world.listed(self.prefix);
        let deleted = self.world.deleted_since(commits);
        if let Some(id) = deleted.intersection(&listed).next() {
            return Err(told(&format!("{id} was deleted and SmartHR lists it")));
        }
        let many = deleted.len() as u64 > 5 && deleted.len() as u64 * 10 > before;
        if many && !approved.as_ref().is_some_and(|approved| deleted.is_subset(approved)) {
            return Err(told("more were deleted than the guard lets pass"));
        }
        let effects = self.world.emc.committed().len() - self.before_change;
        let changed_meanwhile = waiting - self.world.between.len();
        self.changed += changed_meanwhile;
        if effects > 1 + self.changed {
            return Err(told(&format!("{effects} imports took effect for one state of SmartHR")));
        }
        let End::Answered(answer) = &end else { return Ok(None) };
        match answer.outcome {
            Outcome::Success | Outcome::NoChange => {
                self.world.agreement().and_then(|()| self.world.truth()).map_err(|what| told(&what))?;
                // A run that read SmartHR before a change hands over what it read.
                let now = self.world.emc.user_ids().into_iter().collect::<BTreeSet<_>>();
                if changed_meanwhile == 0 && now != listed {
                    return Err(told("EMC does not have those whom SmartHR lists"));
                }
            }
            Outcome::Busy if alone && self.world.home.kept().mails.len() != mails => {
                return Err(told("a busy start was mailed"));
            }
            Outcome::Held | Outcome::Failure | Outcome::Busy | Outcome::Skipped
                // An import whose end could not be recorded is still pending, and the next run records it.
                if alone && self.world.object("pending.json").is_none() && self.world.emc_content() != content =>
            {
                return Err(told("a run that wrote nothing has changed EMC"));
            }
            Outcome::Held => self.last_hold = Some(answer.run_id.clone()),
            _ => {}
        }
        Ok(Some(answer.outcome))
    }

    /// The users whose deletion approving this run allows.
    fn approval(&self, run_id: &str) -> BTreeSet<String> {
        let day = format!("{}-{}-{}", &run_id[..4], &run_id[4..6], &run_id[6..8]);
        let Some(hold) = self.world.object(&format!("runs/{day}/{run_id}/hold.json")) else { return BTreeSet::new() };
        let ids = hold["approval"]["delete_users"].as_array().cloned().unwrap_or_default();
        ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    async fn live(days: &[Day]) -> Result<(), String> {
        let mut week = Self {
            world: World::new(24),
            prefix: "A",
            last_hold: None,
            before_change: 0,
            changed: 0,
            starts: 0,
            struck: false,
        };
        week.start(json!({"mode": "sync"}), "first").await?;
        for (number, (changes, starts)) in days.iter().enumerate() {
            week.world.time.forward(SignedDuration::from_hours(23));
            for change in changes {
                week.change(change);
            }
            for start in starts {
                week.one(number, start).await?;
                week.world.time.forward(SignedDuration::from_mins(3));
            }
        }
        week.end().await
    }

    async fn one(&mut self, day: usize, start: &Start) -> Result<(), String> {
        let scheduled = json!({"mode": "sync", "scheduled_at": format!("2026-11-{}T04:30:00+09:00", 25 + day)});
        let invocation = format!("invocation {}", self.starts);
        match (start, self.last_hold.clone()) {
            (Start::OnDemand, _) | (Start::ApproveLastHold, None) => {
                self.start(json!({"mode": "sync"}), &invocation).await?;
            }
            (Start::ApproveLastHold, Some(run_id)) => {
                self.start(json!({"mode": "sync", "approve": run_id}), &invocation).await?;
            }
            (Start::Scheduled, _) => {
                self.start(scheduled, &invocation).await?;
            }
            (Start::Struck(at, fault, change), _) => {
                self.struck = true;
                self.world.between.extend(*change);
                self.world.gate.strike(*at, *fault);
                let ended = self.start(scheduled.clone(), &invocation).await?;
                self.world.gate.plan(&[]);
                if ended.is_none() {
                    self.world.time.forward(SignedDuration::from_secs(60));
                    self.changed += self.world.between.len();
                    self.world.live();
                    self.start(scheduled, &invocation).await?;
                }
                self.world.between.clear();
            }
        }
        Ok(())
    }

    /// A day without faults, approved where it is held; then everything agrees and everyone was told once.
    async fn end(mut self) -> Result<(), String> {
        self.world.time.forward(SignedDuration::from_hours(12));
        let mut event = json!({"mode": "sync"});
        for round in 0..4 {
            match self.start(event.clone(), &format!("last {round}")).await? {
                Some(Outcome::Success | Outcome::NoChange) => break,
                Some(Outcome::Held) if round < 3 => event = json!({"mode": "sync", "approve": self.last_hold}),
                other => return Err(format!("the last day ends with {other:?}: {:#?}", self.world.reports().last())),
            }
        }
        for (run, mails) in self.world.mails_by_run() {
            if mails == 0 || (mails > 1 && !self.struck) {
                return Err(format!("{mails} mails about run {run}"));
            }
        }
        Ok(())
    }
}

#[test]
fn weeks_of_random_days_end_in_agreement() {
    let weeks: u32 = std::env::var("EMC_LINK_FAULT_WEEKS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let kept = FileFailurePersistence::Direct("faults/weeks.proptest-regressions");
    let config =
        Config { cases: weeks, max_shrink_iters: 60, failure_persistence: Some(Box::new(kept)), ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    TestRunner::new(config)
        .run(&week(), |days| runtime.block_on(Week::live(&days)).map_err(TestCaseError::fail))
        .unwrap_or_else(|error| panic!("{error}"));
    eprintln!("{weeks} weeks, {} days", weeks * 7);
}
