//! The guard: holds a run before it deletes, empties, replaces or takes over more than a normal day would.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use super::approval::Approval;
use super::difference::{Cleared, Difference, Held, Verdict};
use super::expect::Expect;
use super::snapshot::Snapshot;
use crate::config::{GuardConfig, Limit};

/// Why a run is held. Serialized with the catalogue's code; the order is that of the mail's subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code")]
pub enum HoldReason {
    /// More users would be deleted than the limit allows, or than were approved.
    #[serde(rename = "HELD_USER_DELETIONS")]
    UserDeletions {
        /// How many would be deleted.
        deletions: u64,
        /// Out of so many.
        previous: u64,
    },
    /// More departments would be deleted than the limit allows, or than were approved.
    #[serde(rename = "HELD_DEPARTMENT_DELETIONS")]
    DepartmentDeletions {
        /// How many would be deleted.
        deletions: u64,
        /// Out of so many.
        previous: u64,
    },
    /// SmartHR returned no valid user.
    #[serde(rename = "HELD_NO_USERS")]
    NoUsers {
        /// How many the snapshot has.
        previous: u64,
    },
    /// People would be deleted of whom SmartHR could not be asked one by one, because they are too many.
    #[serde(rename = "HELD_UNVERIFIED")]
    Unverified {
        /// How many.
        people: u64,
    },
    /// Departments would be deleted that people still belong to.
    #[serde(rename = "HELD_ORPHANS")]
    Orphans {
        /// The departments' IDs.
        departments: Vec<String>,
        /// How many people.
        people: u64,
    },
    /// An item would be emptied or replaced for many people.
    #[serde(rename = "HELD_BLANK")]
    Blank {
        /// The EMC item.
        item: String,
        /// How many had a value before.
        filled: u64,
        /// Out of so many.
        previous: u64,
        /// How many of the people who stay have none any more.
        #[serde(default)]
        lost: u64,
    },
    /// Known IDs belong to other SmartHR people than before.
    #[serde(rename = "ID_REUSED")]
    IdReused {
        /// The IDs.
        ids: Vec<String>,
        /// The first of them with both people.
        people: Vec<ReusedId>,
    },
    /// EMC has IDs that the snapshot does not know, or knows them as another person's.
    #[serde(rename = "ID_EXISTS")]
    Exists {
        /// How many users.
        users: u64,
        /// How many departments.
        departments: u64,
    },
    /// A run that no person started would make the first link.
    #[serde(rename = "FIRST_LINK")]
    FirstLink {
        /// How many users would be created.
        users: u64,
        /// How many departments would be created.
        departments: u64,
    },
}

/// An ID that passes from one person to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReusedId {
    /// The user ID, prefix included.
    pub id: String,
    /// The address in SmartHR of the person whom the ID belonged to.
    pub before: String,
    /// The address in SmartHR of the person whom it belongs to now.
    pub now: String,
}

/// Reads the reasons of a hold. Those recorded before 0.2.0 have `reason` in place of `code`; one of a later version is left
/// out, since the codes beside it name it.
pub(crate) fn read_reasons<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<HoldReason>, D::Error> {
    let values: Vec<serde_json::Value> = Vec::deserialize(deserializer)?;
    let named = values.into_iter().map(|mut value| {
        if let Some(fields) = value.as_object_mut()
            && let Some(reason) = fields.remove("reason")
        {
            let code = match reason.as_str().unwrap_or_default() {
                "exists" => "ID_EXISTS".to_owned(),
                other => format!("HELD_{}", other.to_ascii_uppercase()),
            };
            fields.insert("code".to_owned(), code.into());
        }
        serde_json::from_value(value)
    });
    Ok(named.filter_map(Result::ok).collect())
}

/// Whether a person asked for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// Somebody started or approved it.
    Person,
    /// The daily trigger, or a change in SmartHR.
    Schedule,
}

/// What today's people lack of what the snapshot's people had.
#[derive(Clone, Copy, Debug)]
pub struct LostValues<'a> {
    /// For each item of today's sheet, how many people have a value.
    pub filled: &'a BTreeMap<String, u64>,
    /// The same, counting only people whom the snapshot knows: joiners do not make up for a loss.
    pub filled_of_known: &'a BTreeMap<String, u64>,
    /// How many of the snapshot's people are not in today's data under any ID.
    pub gone: u64,
    /// The items that the sheet clears or replaces where the value is absent.
    pub clearing: &'a BTreeSet<String>,
}

/// What the guard looks at beside the difference.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The snapshot; `None` before the first link.
    pub previous: Option<&'a Snapshot>,
    /// 受信 有効件数 of the users.
    pub valid_users: u64,
    /// Today's items.
    pub values: LostValues<'a>,
    /// Departments to be deleted that people still belong to, with the number of people.
    pub orphans: &'a BTreeMap<String, u64>,
    /// People of the snapshot of whom SmartHR was not asked, because they are too many; by user ID.
    pub unverified: &'a BTreeSet<String>,
    /// Today's crew and both addresses of each reused ID, in the order of the plan.
    pub reused: &'a [(String, ReusedId)],
    /// Who started the run.
    pub starter: Starter,
}

/// The number of reused IDs that a reason shows with both people; `plan.csv` has all.
const REUSED_SHOWN: usize = 100;

/// Judges a difference.
pub fn judge(difference: Difference, facts: &Facts<'_>, limits: &GuardConfig, approved: &Approval) -> Verdict {
    let mut hold = Hold { reasons: Vec::new(), to_approve: approved.clone() };
    let empty = Snapshot::default();
    let previous = facts.previous.unwrap_or(&empty);
    hold.users(&difference, previous, facts, limits, approved);
    hold.departments(&difference, previous, facts, limits, approved);
    hold.blanks(previous, facts, limits, approved);
    hold.reused(&difference, facts, approved);
    if facts.previous.is_none() && facts.starter == Starter::Schedule && !approved.first_link {
        hold.reasons.push(HoldReason::FirstLink {
            users: difference.users().created_count(),
            departments: difference.departments().created().len() as u64,
        });
        hold.to_approve.first_link = true;
    }
    if hold.reasons.is_empty() {
        return Verdict::Cleared(Cleared::new(difference));
    }
    Verdict::Held(Held { difference, reasons: hold.reasons, to_approve: hold.to_approve })
}

struct Hold {
    reasons: Vec<HoldReason>,
    to_approve: Approval,
}

impl Hold {
    fn users(
        &mut self,
        difference: &Difference,
        previous: &Snapshot,
        facts: &Facts<'_>,
        limits: &GuardConfig,
        approved: &Approval,
    ) {
        let deleted = || difference.users().deleted_ids(&previous.users);
        let count = difference.users().deleted().len() as u64;
        let valid = previous.users.valid;
        let no_users = facts.valid_users == 0 && valid > 0;
        let unverified = deleted().filter(|id| facts.unverified.contains(*id)).count() as u64;
        let (too_many, unverified) = match &approved.delete_users {
            Some(set) => (deleted().any(|id| !set.contains(id)), 0),
            None => (no_users || exceeds(count, valid, limits.users, limits.floor), unverified),
        };
        if too_many {
            self.reasons.push(if no_users {
                HoldReason::NoUsers { previous: valid }
            } else {
                HoldReason::UserDeletions { deletions: count, previous: valid }
            });
        }
        if unverified > 0 {
            self.reasons.push(HoldReason::Unverified { people: unverified });
        }
        if too_many || unverified > 0 {
            self.to_approve.delete_users = Some(deleted().map(str::to_owned).collect());
        }
    }

    fn departments(
        &mut self,
        difference: &Difference,
        previous: &Snapshot,
        facts: &Facts<'_>,
        limits: &GuardConfig,
        approved: &Approval,
    ) {
        let deleted = difference.departments().deleted();
        let (count, valid) = (deleted.len() as u64, previous.departments.valid);
        let (too_many, orphaned) = match &approved.delete_departments {
            Some(set) => (deleted.iter().any(|id| !set.contains(id)), false),
            None => (exceeds(count, valid, limits.departments, limits.floor), !facts.orphans.is_empty()),
        };
        if too_many {
            self.reasons.push(HoldReason::DepartmentDeletions { deletions: count, previous: valid });
        }
        if orphaned {
            self.reasons.push(HoldReason::Orphans {
                departments: facts.orphans.keys().cloned().collect(),
                people: facts.orphans.values().sum(),
            });
        }
        if too_many || orphaned {
            self.to_approve.delete_departments = Some(deleted.iter().cloned().collect());
        }
    }

    /// An item that the sheet clears: how many of the people who stay have lost their value. Any other item is left alone in
    /// EMC: only that it is empty for everybody shows that a right may be missing.
    fn blanks(&mut self, previous: &Snapshot, facts: &Facts<'_>, limits: &GuardConfig, approved: &Approval) {
        if facts.valid_users == 0 {
            return;
        }
        for (item, &filled) in &previous.users.filled {
            let Some(&now) = facts.values.filled.get(item) else { continue };
            let known = facts.values.filled_of_known.get(item).copied().unwrap_or_default();
            let lost = filled.saturating_sub(known).saturating_sub(facts.values.gone);
            let steep = facts.values.clearing.contains(item) && exceeds(lost, filled, limits.blanks, limits.floor);
            let vanished = now == 0 && filled > 0 && filled.saturating_mul(2) >= previous.users.valid;
            let is_approved = approved.blank.get(item).is_some_and(|allowed| lost <= *allowed);
            if (steep || vanished) && !is_approved {
                let previous = previous.users.valid;
                self.reasons.push(HoldReason::Blank { item: item.clone(), filled, previous, lost });
                self.to_approve.blank.insert(item.clone(), lost);
            }
        }
    }

    fn reused(&mut self, difference: &Difference, facts: &Facts<'_>, approved: &Approval) {
        let replaced = difference.users().reused().iter().zip(facts.reused);
        let open: Vec<&(String, ReusedId)> = replaced
            .filter(|(reused, (crew, person))| {
                reused.expect == Expect::Replace && !approved.covers_reuse(&person.id, crew)
            })
            .map(|(_, known)| known)
            .collect();
        if open.is_empty() {
            return;
        }
        for (crew, person) in &open {
            self.to_approve.replace.insert(person.id.clone(), crew.clone());
            self.to_approve.same_person.remove(&person.id);
        }
        self.reasons.push(HoldReason::IdReused {
            ids: open.iter().map(|(_, person)| person.id.clone()).collect(),
            people: open.iter().take(REUSED_SHOWN).map(|(_, person)| person.clone()).collect(),
        });
    }
}

/// More than max(floor, limit), the floor being at most half of what there was.
fn exceeds(count: u64, previous: u64, limit: Limit, floor: u64) -> bool {
    count > floor.min(previous / 2) && limit.is_exceeded_by(count, previous)
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
