//! The second day with some faults, and the third without: what is wrong afterwards.

use std::collections::{BTreeMap, HashMap};

use jiff::SignedDuration;
use link::report::Outcome;
use serde_json::json;
use tokio::sync::Mutex;

use crate::gate::{Fault, Point};
use crate::home::Hole;
use crate::life::Change;
use crate::world::{End, World, scheduled, second_morning};

pub(crate) type Content = BTreeMap<String, BTreeMap<String, String>>;

/// What is to happen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) faults: Vec<(Point, Fault)>,
    /// What people do in SmartHR meanwhile, one thing before Lambda starts a run again, or before one
    /// comes in the middle of another; the rest before the third day.
    pub(crate) changes: Vec<Change>,
    pub(crate) hole: Option<Hole>,
}

/// What a day without faults leaves in EMC, by the changes made in SmartHR.
#[derive(Debug, Default)]
pub(crate) struct References(Mutex<HashMap<Vec<Change>, Content>>);

impl References {
    pub(crate) async fn after(&self, changes: &[Change]) -> Content {
        let mut known = self.0.lock().await;
        if let Some(content) = known.get(changes) {
            return content.clone();
        }
        let mut world = second_morning().await;
        world.smarthr.change(|company| changes.iter().for_each(|change| change.happen(company)));
        let end = world.start(&scheduled(25), "day 2").await;
        assert!(end.is_good(), "{end:?}");
        let content = world.emc_content();
        known.insert(changes.to_vec(), content.clone());
        content
    }
}

/// What became of a plan.
pub(crate) struct Explored {
    /// How many faults struck; or what the world has wrong.
    pub(crate) world: Result<usize, String>,
    /// How many steps the model allowed; or the one that it did not.
    pub(crate) model: Result<usize, String>,
}

/// The second day with these faults, and the third without.
pub(crate) async fn explore(plan: &Plan, references: &References) -> Explored {
    let mut world = second_morning().await;
    world.between = plan.changes.iter().copied().collect();
    world.home.kept().hole = plan.hole;
    world.gate.plan(&plan.faults);
    let ends = world.day(&scheduled(25), "day 2").await;
    let struck = world.gate.struck();
    world.gate.plan(&[]);
    world.time.forward(SignedDuration::from_hours(24));
    while !world.between.is_empty() {
        world.live();
    }
    let mut last = world.start(&scheduled(26), "day 3").await;
    // A refresh token works once. What SmartHR issued and nobody could keep is lost: a person has to connect anew, is
    // told so, and until then nothing is written.
    let token_lost = struck.iter().any(|(point, fault)| {
        matches!(point.label.as_str(), "smarthr POST /oauth/token" | "secret replace") && *fault != Fault::Late
    });
    if token_lost && last.answer().is_some_and(|answer| answer.outcome == Outcome::Failure) {
        world.connect_anew();
        last = world.start(&json!({"mode": "sync"}), "by hand").await;
    }
    let verdict = if last.is_good() {
        wrong(&world, plan, &struck, &references.after(&plan.changes).await)
    } else {
        Err("the next undisturbed run does not succeed".to_owned())
    };
    let told = |what: String| {
        format!("{what}\n  plan {plan:?}\n  ends {ends:#?}\n  others {:#?}\n  last {last:#?}", world.others)
    };
    let model = world.gate.conformance(|conformance| conformance.verdict());
    Explored { world: verdict.map(|()| struck.len()).map_err(told), model: model.map_err(told) }
}

fn wrong(world: &World, plan: &Plan, struck: &[(Point, Fault)], reference: &Content) -> Result<(), String> {
    world.agreement().and_then(|()| world.tidy()).and_then(|()| world.truth())?;
    if world.emc_content() != *reference {
        return Err("EMC's content is not what a day without faults leaves".to_owned());
    }
    if let Some(id) = world.deleted_since(0).intersection(&world.listed("A")).next() {
        return Err(format!("{id} was deleted and SmartHR lists it"));
    }
    // The first day's, the second's, and one more for each time that the data changed.
    let effects = world.emc.committed().len();
    if !(2..=2 + plan.changes.len()).contains(&effects) {
        return Err(format!("{effects} imports took effect instead of 2 and {} more at the most", plan.changes.len()));
    }
    if world.reports().iter().any(|report| report["outcome"] == "held") {
        return Err("a run was held for what another start had done".to_owned());
    }
    let mails_by_run = world.mails_by_run();
    let may_repeat = struck.len() > 1 || struck.iter().any(|(point, fault)| may_repeat(point, *fault));
    if let Some((run, mails)) = mails_by_run.iter().find(|(_, mails)| **mails == 0 || (**mails > 1 && !may_repeat)) {
        return Err(format!("{mails} mails about run {run}"));
    }
    let busy = world.others.iter().filter_map(End::answer).filter(|answer| answer.outcome == Outcome::Busy);
    if busy.into_iter().any(|answer| mails_by_run.contains_key(&answer.run_id)) {
        return Err("a busy start was recorded or mailed".to_owned());
    }
    Ok(())
}

/// A mail that left although the service or the process says otherwise must be sent again: nobody can know.
fn may_repeat(point: &Point, fault: Fault) -> bool {
    let after_effect =
        matches!(fault, Fault::FailAfter | Fault::DieAfter | Fault::Repeat | Fault::OvertakenAfter | Fault::Overtaken);
    (point.label == "mail" && after_effect)
        // Frozen for a minute between the last look at the lock and the mail.
        || (point.label == "state put lock.json" && point.occurrence == 3 && fault == Fault::OvertakenAfter)
        || (point.label.ends_with("mail-sent.json") && matches!(fault, Fault::Die | Fault::Overtaken))
}
