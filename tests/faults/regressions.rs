//! Each bug that the exploration found, by name. All of them are among the fault points of `singles` too; here is said
//! what went wrong.

use std::time::Duration;

use jiff::SignedDuration;
use link::report::Outcome;

use crate::explore::{Plan, References, explore};
use crate::gate::{Fault, OTHER, Point};
use crate::home::Hole;
use crate::life::Change;
use crate::world::{End, World, scheduled, second_morning};

/// The second day with one fault.
async fn day(label: &str, occurrence: usize, fault: Fault) -> (World, Vec<Option<Outcome>>) {
    let mut world = second_morning().await;
    let point = Point { start: 0, label: label.to_owned(), occurrence };
    world.gate.plan(&[(point, fault)]);
    let ends = world.day(&scheduled(25), "day 2").await;
    assert_eq!(world.gate.struck().len(), 1, "{label} was not reached");
    let outcome = |end: &End| match end {
        End::Answered(answer) => Some(answer.outcome),
        End::Erred(_) | End::Died => None,
    };
    let outcomes = ends.iter().map(outcome).collect();
    (world, outcomes)
}

/// Frozen before it wrote pending.json, it went on after another run had handed over the same day, and was held for the
/// IDs that the other had just created; without creations it would have handed over twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_overtaken_before_its_pending_does_not_hand_over() {
    for (label, occurrence, fault) in
        [("state put pending.json", 0, Fault::Overtaken), ("state put lock.json", 1, Fault::OvertakenAfter)]
    {
        let (world, outcomes) = day(label, occurrence, fault).await;
        // Recorded as a failure; without the lock the mail is left to the retry.
        assert_eq!(outcomes, [None, Some(Outcome::Skipped)]);
        assert!(world.reports().iter().any(|report| report["errors"][0]["code"] == "LOCK_LOST"));
        assert!(world.mails_by_run().values().all(|mails| *mails == 1), "{:?}", world.mails_by_run());
        assert_eq!(world.others[0].answer().unwrap().outcome, Outcome::Success);
        assert_eq!(world.emc.committed().len(), 2);
        world.agreement().and_then(|()| world.tidy()).unwrap();
    }
}

/// The report was recorded, only the answer was lost: it was mailed as unrecorded, and mailed again by the retry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_whose_write_was_not_confirmed_is_mailed_once() {
    let (world, outcomes) = day("state put runs/*/report.json", 0, Fault::FailAfter).await;
    assert_eq!(outcomes, [Some(Outcome::Success)]);
    assert!(world.mails_by_run().values().all(|mails| *mails == 1), "{:?}", world.mails_by_run());
}

/// Its errors were in the mail's text only, and of many only fifty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_cannot_be_recorded_is_mailed_with_its_errors() {
    let (world, outcomes) = day("state put runs/*/report.json", 0, Fault::Fail).await;
    assert_eq!(outcomes[0], None, "a function error");
    let lists = world.attached("errors.csv");
    assert!(lists.iter().any(|list| list.contains("STATE_UNREADABLE")), "{lists:?}");
}

/// Frozen after it was recorded, it mailed what the start that overtook it had mailed already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_run_that_was_overtaken_is_mailed_once() {
    let (world, _) = day("state put runs/*/report.json", 0, Fault::OvertakenAfter).await;
    assert!(world.mails_by_run().values().all(|mails| *mails == 1), "{:?}", world.mails_by_run());
}

/// The note that a mail was sent could not be written once, and the retry sent the mail again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_whose_note_failed_once_is_not_sent_again() {
    let (world, outcomes) = day("state put runs/*/mail-sent.json", 0, Fault::Fail).await;
    assert_eq!(outcomes, [Some(Outcome::Success)]);
    assert!(world.mails_by_run().values().all(|mails| *mails == 1), "{:?}", world.mails_by_run());
}

/// One failed write of the secret lost the new refresh token for good, the old one being used up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_could_not_be_stored_at_once_is_not_lost() {
    for fault in [Fault::Fail, Fault::FailAfter, Fault::Repeat] {
        let (mut world, outcomes) = day("secret replace", 0, fault).await;
        assert_eq!(outcomes, [Some(Outcome::Success)], "{fault:?}");
        world.time.forward(SignedDuration::from_hours(24));
        let next = world.start(&scheduled(26), "day 3").await;
        assert!(matches!(&next, End::Answered(answer) if answer.outcome == Outcome::NoChange), "{next:?}");
    }
}

/// EMC had committed and the snapshot was kept; that pending.json could not be removed made the run a failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_that_cannot_be_removed_is_no_failure() {
    let (mut world, outcomes) = day("state delete pending.json", 0, Fault::Fail).await;
    assert_eq!(outcomes, [Some(Outcome::Success)]);
    assert!(world.object("pending.json").is_some());
    world.time.forward(SignedDuration::from_hours(24));
    let next = world.start(&scheduled(26), "day 3").await;
    assert!(matches!(&next, End::Answered(answer) if answer.outcome == Outcome::NoChange), "{next:?}");
    world.agreement().and_then(|()| world.tidy()).unwrap();
}

/// A fetch that waited for a turn which nobody could give ended with the invocation, untold. That fetch is mended; whatever
/// else may stand still is told in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_never_ends_is_told_in_time() {
    for (label, occurrence, codes) in [
        ("state get snapshot.json", 0, &["TIME_SHORT"][..]),
        ("state put pending.json", 0, &["TIME_SHORT"]),
        ("state put snapshot.json", 0, &["TIME_SHORT", "EMC_UNSETTLED"]),
    ] {
        let mut world = second_morning().await;
        world.patience = Duration::from_secs(4);
        world.gate.plan(&[(Point { start: 0, label: label.to_owned(), occurrence }, Fault::Hang)]);
        let end = world.start(&scheduled(25), "day 2").await;
        let End::Answered(answer) = &end else { panic!("{label}: {end:?}") };
        let told: Vec<&str> = answer.errors.iter().map(|fault| fault.code.entry().name).collect();
        assert_eq!((answer.outcome, told.as_slice()), (Outcome::Failure, codes), "{label}");
        assert!(world.mails_by_run().values().all(|mails| *mails == 1), "{:?}", world.mails_by_run());
        world.time.forward(SignedDuration::from_hours(24));
        world.patience = Duration::from_mins(15);
        let next = world.start(&scheduled(26), "day 3").await;
        assert!(
            matches!(&next, End::Answered(a) if matches!(a.outcome, Outcome::Success | Outcome::NoChange)),
            "{next:?}"
        );
        world.agreement().and_then(|()| world.tidy()).and_then(|()| world.truth()).unwrap();
    }
}

/// This plan ends well, and with the hole open again both the world and the model show it, at once.
async fn only_the_hole_lets_it_fail(plan: Plan, hole: Hole) {
    let references = References::default();
    let closed = explore(&plan, &references).await;
    assert_eq!(closed.world, Ok(plan.faults.len()), "closed");
    closed.model.unwrap();
    let started = std::time::Instant::now();
    let open = explore(&Plan { hole: Some(hole), ..plan }, &references).await;
    assert!(open.world.is_err(), "the world does not show that it is open");
    assert!(open.model.unwrap_err().contains("the model does not know"), "the model does not show that it is open");
    let took = started.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

fn point(start: usize, label: &str, occurrence: usize) -> Point {
    Point { start, label: label.to_owned(), occurrence }
}

/// Frozen before it removed its own pending.json, a run removed the one that another run had written since, whose import
/// nobody settled any more: that run had died after EMC took it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_overtaken_does_not_remove_anothers_pending() {
    let faults = vec![
        (point(0, "state get snapshot.json", 1), Fault::Fail),
        (point(0, "state delete pending.json", 0), Fault::Overtaken),
        (point(OTHER, "emc PUT /v1/imports/*", 0), Fault::DieAfter),
    ];
    let plan = Plan { faults, changes: vec![Change::Joins], hole: None };
    only_the_hole_lets_it_fail(plan, Hole::RemovesAnothersPending).await;
}

/// Frozen after it had settled a dead run's import, a run put that import's snapshot over the one of a run that had come
/// since and handed over more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_overtaken_does_not_put_an_old_snapshot_over_a_later_one() {
    let faults = vec![
        (point(0, "emc PUT /v1/imports/*", 0), Fault::DieAfter),
        (point(1, "emc DELETE /v1/imports/*", 0), Fault::OvertakenAfter),
    ];
    let plan = Plan { faults, changes: vec![Change::Joins], hole: None };
    only_the_hole_lets_it_fail(plan, Hole::KeepsOverAnother).await;
}
