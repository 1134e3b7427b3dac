//! The table in DynamoDB: a row for each tenant, the deployers' lock, and the watch's own count of lines that it refused.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};

use crate::line::{Line, Outcome};
use crate::row::{Row, Seen};

/// Not tenants: `=` is in no tenant's id.
const LOCK: &str = "=lock";
const REFUSED: &str = "=refused";
/// So often is a row tried that somebody else writes at the same moment.
const ATTEMPTS: usize = 5;
/// A deployer that died holds the lock no longer than this.
const LEASE: SignedDuration = SignedDuration::from_mins(30);

type Item = HashMap<String, AttributeValue>;

/// The table could not be used.
#[derive(Debug, thiserror::Error)]
#[error("the table {table} could not be used: {detail}")]
pub struct TableError {
    /// Its name.
    pub table: String,
    /// What DynamoDB said.
    pub detail: String,
}

/// The lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else has it.
    #[error("{holder} changes the fleet since {since}")]
    Taken {
        /// Who.
        holder: String,
        /// Since when.
        since: String,
    },
    /// The table could not be used.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The table.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
}

/// The deployers' lock, held.
#[derive(Clone, Debug)]
pub struct Lease {
    holder: String,
    since: String,
}

impl Table {
    /// The table of this name.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Every tenant's row.
    pub async fn rows(&self) -> Result<Vec<Row>, TableError> {
        let mut rows = Vec::new();
        let mut pages = self.client.scan().table_name(&self.name).consistent_read(true).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.failed(&link_aws::told(&error)))?;
            rows.extend(page.items.unwrap_or_default().iter().map(row_of).filter(|row| !row.id.starts_with('=')));
        }
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(rows)
    }

    /// A tenant's row; an empty one where there is none.
    pub async fn row(&self, id: &str) -> Result<Row, TableError> {
        Ok(row_of(&self.item(id).await?.unwrap_or_else(|| item(id))))
    }

    /// Takes a run's line. The row after it, also where the line was known already.
    pub async fn take(&self, line: &Line) -> Result<Row, TableError> {
        let id = line.tenant.as_str();
        for _ in 0..ATTEMPTS {
            let before = self.row(id).await?;
            let Some(after) = before.after(line) else { return Ok(before) };
            if self.write(&before, &after).await? {
                return Ok(after);
            }
        }
        Err(self.failed("others write the same row all the time"))
    }

    /// Writes what the watch knows of a tenant; false where somebody else did meanwhile.
    async fn write(&self, before: &Row, after: &Row) -> Result<bool, TableError> {
        let Some(seen) = &after.seen else { return Ok(false) };
        let at = |time: Timestamp| number(time.as_millisecond());
        let or_none = |time: Option<Timestamp>| number(time.map_or(0, Timestamp::as_millisecond));
        let condition = if before.seen.is_some() { "seen_at = :before" } else { "attribute_not_exists(seen_at)" };
        let mut update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(&after.id))
            .update_expression(
                "SET seen_at = :at, run_id = :run, outcome = :outcome, code = :code, version = :version, \
                 errors = :errors, millis = :millis, finished_at = :finished, held_since = :held, failed_since = :failed",
            )
            .condition_expression(condition)
            .expression_attribute_values(":at", at(seen.at))
            .expression_attribute_values(":run", text(&seen.run_id))
            .expression_attribute_values(":outcome", text(outcome_word(seen.outcome)))
            .expression_attribute_values(":code", text(&seen.code))
            .expression_attribute_values(":version", text(&seen.version))
            .expression_attribute_values(":errors", AttributeValue::N(seen.errors.to_string()))
            .expression_attribute_values(":millis", AttributeValue::N(seen.millis.to_string()))
            .expression_attribute_values(":finished", or_none(after.finished))
            .expression_attribute_values(":held", or_none(after.held_since))
            .expression_attribute_values(":failed", or_none(after.failed_since));
        if let Some(seen) = &before.seen {
            update = update.expression_attribute_values(":before", at(seen.at));
        }
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_condition(error.code()) => Ok(false),
            Err(error) => Err(self.failed(&link_aws::told(&error))),
        }
    }

    /// Notes that the operators were told of a run.
    pub async fn told(&self, id: &str, run_id: &str) -> Result<(), TableError> {
        self.set(id, &[("told", run_id)]).await
    }

    /// Notes what the fleet's list says of a tenant, and the release that it has now.
    pub async fn describe(&self, id: &str, company: &str, wave: &str, deployed: &str) -> Result<(), TableError> {
        self.set(id, &[("company", company), ("wave", wave), ("deployed", deployed)]).await
    }

    async fn set(&self, id: &str, values: &[(&str, &str)]) -> Result<(), TableError> {
        let sets: Vec<String> = values.iter().map(|(name, _)| format!("{name} = :{name}")).collect();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id))
            .update_expression(format!("SET {}", sets.join(", ")));
        for (name, value) in values {
            update = update.expression_attribute_values(format!(":{name}"), text(value));
        }
        update.send().await.map(drop).map_err(|error| self.failed(&link_aws::told(&error)))
    }

    /// Whether there is a row of a tenant.
    pub async fn has(&self, id: &str) -> Result<bool, TableError> {
        Ok(self.item(id).await?.is_some())
    }

    /// Forgets a tenant.
    pub async fn forget(&self, id: &str) -> Result<(), TableError> {
        let gone = self.client.delete_item().table_name(&self.name).key("id", text(id)).send().await;
        gone.map(drop).map_err(|error| self.failed(&link_aws::told(&error)))
    }

    /// Counts lines that were refused.
    pub async fn refused(&self, lines: usize) -> Result<(), TableError> {
        let counted = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(REFUSED))
            .update_expression("ADD lines :lines")
            .expression_attribute_values(":lines", AttributeValue::N(lines.to_string()))
            .send()
            .await;
        counted.map(drop).map_err(|error| self.failed(&link_aws::told(&error)))
    }

    /// How many lines were refused since this was asked last; begins anew.
    pub async fn refused_since_last(&self) -> Result<u64, TableError> {
        let reset = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(REFUSED))
            .update_expression("SET lines = :none")
            .expression_attribute_values(":none", number(0))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::UpdatedOld)
            .send()
            .await
            .map_err(|error| self.failed(&link_aws::told(&error)))?;
        let before = reset.attributes.as_ref().and_then(|old| old.get("lines")?.as_n().ok()?.parse().ok());
        Ok(before.unwrap_or_default())
    }

    /// Takes the deployers' lock, or takes it anew: whoever holds it calls this again while at work.
    pub async fn lease(&self, holder: &str, held: Option<&Lease>, now: Timestamp) -> Result<Lease, LeaseError> {
        let since = held.map_or_else(|| now.to_string(), |lease| lease.since.clone());
        let mut entry = item(LOCK);
        entry.insert("holder".to_owned(), text(holder));
        entry.insert("since".to_owned(), text(&since));
        entry.insert("until".to_owned(), number((now + LEASE).as_second()));
        let taken = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(entry))
            .condition_expression("attribute_not_exists(id) OR #until < :now OR (holder = :holder AND since = :since)")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":holder", text(holder))
            .expression_attribute_values(":since", text(&since))
            .send()
            .await;
        match taken {
            Ok(_) => Ok(Lease { holder: holder.to_owned(), since }),
            Err(error) if is_condition(error.code()) => {
                let other = self.item(LOCK).await?.unwrap_or_default();
                Err(LeaseError::Taken { holder: word(&other, "holder"), since: word(&other, "since") })
            }
            Err(error) => Err(self.failed(&link_aws::told(&error)).into()),
        }
    }

    /// Gives the lock back, if it is still this one.
    pub async fn release(&self, lease: &Lease) -> Result<(), TableError> {
        let given = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("id", text(LOCK))
            .condition_expression("holder = :holder AND since = :since")
            .expression_attribute_values(":holder", text(&lease.holder))
            .expression_attribute_values(":since", text(&lease.since))
            .send()
            .await;
        match given {
            Ok(_) => Ok(()),
            Err(error) if is_condition(error.code()) => Ok(()),
            Err(error) => Err(self.failed(&link_aws::told(&error))),
        }
    }

    async fn item(&self, id: &str) -> Result<Option<Item>, TableError> {
        let found =
            self.client.get_item().table_name(&self.name).key("id", text(id)).consistent_read(true).send().await;
        found.map(|found| found.item).map_err(|error| self.failed(&link_aws::told(&error)))
    }

    fn failed(&self, detail: &str) -> TableError {
        TableError { table: self.name.clone(), detail: detail.to_owned() }
    }
}

fn is_condition(code: Option<&str>) -> bool {
    code == Some("ConditionalCheckFailedException")
}

fn item(id: &str) -> Item {
    HashMap::from([("id".to_owned(), text(id))])
}
fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
fn word(item: &Item, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}
fn figure<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
fn moment(item: &Item, name: &str) -> Option<Timestamp> {
    figure::<i64>(item, name).filter(|millis| *millis > 0).and_then(|millis| Timestamp::from_millisecond(millis).ok())
}

fn row_of(item: &Item) -> Row {
    let seen = moment(item, "seen_at").zip(outcome_of(&word(item, "outcome"))).map(|(at, outcome)| Seen {
        at,
        run_id: word(item, "run_id"),
        outcome,
        code: word(item, "code"),
        version: word(item, "version"),
        errors: figure(item, "errors").unwrap_or_default(),
        millis: figure(item, "millis").unwrap_or_default(),
    });
    Row {
        id: word(item, "id"),
        company: word(item, "company"),
        wave: word(item, "wave"),
        deployed: word(item, "deployed"),
        seen,
        finished: moment(item, "finished_at"),
        held_since: moment(item, "held_since"),
        failed_since: moment(item, "failed_since"),
        told: word(item, "told"),
    }
}

const OUTCOMES: [(Outcome, &str); 5] = [
    (Outcome::Success, "success"),
    (Outcome::NoChange, "no_change"),
    (Outcome::Failure, "failure"),
    (Outcome::Held, "held"),
    (Outcome::Lost, "lost"),
];

fn outcome_word(outcome: Outcome) -> &'static str {
    OUTCOMES.iter().find(|(known, _)| *known == outcome).map_or("lost", |(_, word)| word)
}
fn outcome_of(word: &str) -> Option<Outcome> {
    OUTCOMES.iter().find(|(_, known)| *known == word).map(|(outcome, _)| *outcome)
}
