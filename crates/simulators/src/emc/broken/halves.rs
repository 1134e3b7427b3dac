//! The deviation that does a large import in two transactions, some time apart.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::{Deviant, lines};
use crate::emc::model::{Call, Model};
use crate::emc::waiting::processing;
use crate::http::Reply;

/// Imports of fewer users are done at once.
const LARGE: usize = 1_000;
/// Long enough to be seen on a machine that is busy with other tests.
const APART: Duration = Duration::from_millis(500);

/// The second half of an import.
#[derive(Debug)]
pub(super) struct Half {
    since: Instant,
    call: Call,
}

impl Deviant {
    /// Does the first half of a large import, and the second when its result is asked for later.
    pub(super) fn half_of(&mut self, model: &mut Model, call: &Call, now: Timestamp) -> Option<Reply> {
        let id = call.import_id()?;
        if let Some(half) = self.half.take() {
            if half.call.import_id() != Some(id) {
                self.half = Some(half);
                return None;
            }
            if half.since.elapsed() < APART {
                self.half = Some(half);
                return Some(processing());
            }
            return Some(model.answer(&half.call, now));
        }
        let all = lines::read(call).filter(|all| call.method == "PUT" && all.len() > LARGE)?;
        let (first, second) = halves(all);
        let part = |lines: &[Value], path: String| {
            let mut part = Call { path, ..call.clone() };
            lines::write(&mut part, lines);
            part
        };
        model.answer(&part(&first, format!("{}-half", call.path)), now);
        self.half = Some(Half { since: Instant::now(), call: part(&second, call.path.clone()) });
        Some(processing())
    }
}

/// Two bodies out of one, each with its own begin and end.
fn halves(mut all: Vec<Value>) -> (Vec<Value>, Vec<Value>) {
    let mut second = all.split_off(all.len() / 2);
    second.splice(0..0, all.first().cloned());
    all.extend(second.last().cloned());
    lines::recount(&mut all);
    lines::recount(&mut second);
    (all, second)
}
