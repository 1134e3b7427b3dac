//! The fleet's watch: CloudWatch Logs brings each run's line, Scheduler asks for the morning's digest. Wiring around the crate
//! `watch`; it reads no tenant's data.

mod metrics;

use aws_sdk_sns::Client as Topic;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use watch::{Batch, Row, Table, Unreadable, daily_schedules, digest, judge, keep_alive_notice, lines_of, notice};

struct Watch {
    table: Table,
    schedules: aws_sdk_scheduler::Client,
    topic: Topic,
    topic_arn: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    link_aws::logs::start();
    let watch = Watch::new()?;
    lambda_runtime::run(service_fn(|event| watch.handle(event))).await
}

impl Watch {
    fn new() -> Result<Self, Error> {
        let given = |name: &str| std::env::var(name).map_err(|_| format!("the environment variable {name} is missing"));
        let config = link_aws::config_with_endpoint();
        Ok(Self {
            table: Table::new(aws_sdk_dynamodb::Client::new(&config), &given("FLEET_TABLE")?),
            schedules: aws_sdk_scheduler::Client::new(&config),
            topic: Topic::new(&config),
            topic_arn: given("FLEET_TOPIC")?,
        })
    }

    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        if let Some(data) = event.payload["awslogs"]["data"].as_str() {
            return Box::pin(self.lines(data)).await;
        }
        if event.payload.get("digest").is_some() {
            return Box::pin(self.digest()).await;
        }
        Err("neither lines of CloudWatch Logs nor the request for a digest".into())
    }

    /// What cannot be read is counted and not tried again: the next attempt would read the same.
    async fn lines(&self, data: &str) -> Result<Value, Error> {
        let batch = match lines_of(data) {
            Ok(batch) => batch,
            Err(refused) => Batch { refused: vec![refused], ..Batch::default() },
        };
        if !batch.refused.is_empty() {
            let why: Vec<String> = batch.refused.iter().map(Unreadable::to_string).collect();
            tracing::warn!(lines = batch.refused.len(), why = why.join(", "), "lines were refused");
            self.table.refused(batch.refused.len()).await?;
        }
        for line in &batch.lines {
            let row = self.table.take(line).await?;
            // A row that is newer than the line is told by its own line.
            if row.seen.as_ref().is_some_and(|seen| seen.run_id == line.run_id) && row.is_to_be_told() {
                self.tell(&row).await?;
            }
        }
        for line in &batch.keep_alives {
            let row = self.table.row(line.tenant.as_str()).await?;
            let (subject, text) = keep_alive_notice(&row, line);
            self.publish(&subject, &text).await?;
        }
        Ok(
            json!({"lines": batch.lines.len(), "keep_alives": batch.keep_alives.len(), "others": batch.others, "refused": batch.refused.len()}),
        )
    }

    /// Told first and noted then: what fails in between is told twice rather than never.
    async fn tell(&self, row: &Row) -> Result<(), Error> {
        let (subject, text) = notice(row, self.account());
        self.publish(&subject, &text).await?;
        let run_id = row.seen.as_ref().map_or("", |seen| seen.run_id.as_str());
        self.table.told(&row.id, run_id).await?;
        Ok(())
    }

    async fn digest(&self) -> Result<Value, Error> {
        let now = Timestamp::now();
        let (rows, schedules) = (self.table.rows().await?, daily_schedules(&self.schedules).await?);
        let tenants = judge(rows, &schedules, now);
        let refused = self.table.refused_since_last().await?;
        let told = digest(&tenants, self.account(), now, refused);
        self.publish(&told.subject, &told.text).await?;
        metrics::emit(told.missing, tenants.len(), refused, now);
        Ok(json!({"subject": told.subject, "tenants": tenants.len()}))
    }

    async fn publish(&self, subject: &str, text: &str) -> Result<(), Error> {
        let sent = self.topic.publish().topic_arn(&self.topic_arn).subject(subject).message(text).send().await;
        sent.map(drop).map_err(|error| format!("the operators could not be told: {}", link_aws::told(&error)).into())
    }

    /// The account's number, which every ARN of it carries.
    fn account(&self) -> &str {
        self.topic_arn.split(':').nth(4).unwrap_or_default()
    }
}
