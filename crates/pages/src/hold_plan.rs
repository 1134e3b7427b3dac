//! What approving a held run would do, by kind: deletions, items that become empty, IDs that are taken over, IDs that pass
//! to another person, and the first link.

use std::collections::BTreeMap;

use link::compare::{Approval, HoldReason};
use link::report::Answer;
use serde::Deserialize;

use crate::app::App;
use crate::problem::Problem;
use crate::records::{self, PLAN, RunRecord};
use crate::site::Site;

/// What the page shows of an approval.
pub(crate) struct HoldPlan {
    /// Everyone and everything that would be deleted.
    pub(crate) deletions: Vec<Deletion>,
    pub(crate) users: u64,
    pub(crate) departments: u64,
    /// What the approval allows.
    pub(crate) approval: Approval,
    /// Both people of reused IDs, as far as the run named them: the address before and the one now.
    pub(crate) people: BTreeMap<String, (String, String)>,
}

/// A line of the plan.
pub(crate) struct Deletion {
    /// 社員 or 部署.
    pub(crate) record: String,
    pub(crate) id: String,
    pub(crate) reason: String,
    /// The address in SmartHR; empty where it is not known.
    pub(crate) address: String,
    /// The department that a person has in EMC; empty where it is not known.
    pub(crate) department: String,
}

/// How many deletions there are of a kind, reason and department.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DeletionGroup<'p> {
    pub(crate) record: &'p str,
    pub(crate) reason: &'p str,
    pub(crate) department: &'p str,
    pub(crate) count: u64,
}

#[derive(Deserialize)]
struct HoldFile {
    approval: Approval,
}

/// What is typed where nobody is deleted.
pub(crate) const WORD: &str = "承認";

impl HoldPlan {
    pub(crate) async fn of<S: Site>(app: &App<S>, run: &RunRecord, answer: &Answer) -> Result<Self, Problem> {
        let hold = records::file(app, &run.run.id, records::HOLD).await?;
        let approval = hold.and_then(|body| serde_json::from_slice::<HoldFile>(&body).ok());
        let mut plan = Self {
            deletions: Vec::new(),
            users: 0,
            departments: 0,
            approval: approval.map(|file| file.approval).unwrap_or_default(),
            people: people(answer),
        };
        if let Some(content) = records::file(app, &run.run.id, PLAN).await? {
            plan.read_deletions(&content);
        }
        Ok(plan)
    }

    fn read_deletions(&mut self, content: &[u8]) {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(content);
        for row in reader.records().filter_map(Result::ok) {
            let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
            if cell(2) != "削除" {
                continue;
            }
            if cell(0) == "社員" {
                self.users += 1;
            } else {
                self.departments += 1;
            }
            self.deletions.push(Deletion {
                record: cell(0),
                id: cell(1),
                reason: cell(3),
                address: cell(4),
                department: cell(5),
            });
        }
    }

    /// What has to be typed: the number of deletions, so that nobody approves without having read it.
    pub(crate) fn phrase(&self) -> String {
        let deletions = self.users + self.departments;
        if deletions == 0 { WORD.to_owned() } else { deletions.to_string() }
    }

    /// The deletions by kind, reason and department, the most frequent first.
    pub(crate) fn groups(&self) -> Vec<DeletionGroup<'_>> {
        let mut counts: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
        for deletion in &self.deletions {
            *counts.entry((&deletion.record, &deletion.reason, &deletion.department)).or_default() += 1;
        }
        let group = |((record, reason, department), count)| DeletionGroup { record, reason, department, count };
        let mut groups: Vec<_> = counts.into_iter().map(group).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    /// The deletions whose ID, reason or department holds these letters.
    pub(crate) fn search(&self, text: &str) -> Vec<&Deletion> {
        let found = |deletion: &&Deletion| {
            [&deletion.id, &deletion.reason, &deletion.department].iter().any(|cell| cell.contains(text))
        };
        self.deletions.iter().filter(found).collect()
    }
}

fn people(answer: &Answer) -> BTreeMap<String, (String, String)> {
    let reasons = answer.hold.iter().flat_map(|hold| &hold.reasons);
    reasons
        .filter_map(|reason| match reason {
            HoldReason::IdReused { people, .. } => Some(people),
            _ => None,
        })
        .flatten()
        .map(|person| (person.id.clone(), (person.before.clone(), person.now.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletions_are_counted_by_reason_and_found() {
        let mut plan = HoldPlan {
            deletions: Vec::new(),
            users: 0,
            departments: 0,
            approval: Approval::default(),
            people: BTreeMap::new(),
        };
        assert_eq!(plan.phrase(), "承認");
        plan.read_deletions(
            "\u{feff}対象,ID,処理,理由,SmartHR,所属部署\r\n社員,A1,削除,退職,https://a.jp/crews/1,営業部(A12)\r\n社員,A2,新規,\r\n社員,A3,削除,退職,,営業部(A12)\r\n部署,D1,削除,廃止\r\n".as_bytes(),
        );
        assert_eq!((plan.users, plan.departments, plan.phrase()), (2, 1, "3".to_owned()));
        let first = DeletionGroup { record: "社員", reason: "退職", department: "営業部(A12)", count: 2 };
        assert_eq!((plan.groups().len(), &plan.groups()[0]), (2, &first));
        assert_eq!((plan.deletions[0].address.as_str(), plan.search("営業部").len()), ("https://a.jp/crews/1", 2));
        let ids = |text: &str| plan.search(text).iter().map(|deletion| deletion.id.clone()).collect::<Vec<_>>();
        assert_eq!((ids("A3"), ids("廃止"), ids("").len()), (vec!["A3".to_owned()], vec!["D1".to_owned()], 3));
    }
}
