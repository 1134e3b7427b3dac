//! A tenant whose state lies in a folder of this machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use link::config::DeliveryTarget;
use link::net::Deadline;
use link::report::Answer;
use link::run::{Environment, invoke};
use link::state::TenantId;
use link::state::delivery::{Deliveries, Delivery, DeliveryError, DeliveryErrorKind, Placed, Shipment, UploadSecret};
use link_aws::BucketDelivery;
use link_local::LocalPlatform;
use link_sftp::SftpDelivery;
use serde_json::Value;

use crate::cloud::{Cloud, Way};
use crate::exit::Failed;
use crate::progress::Progress;
use crate::runtime::runtime;

/// A tenant's folder.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) root: PathBuf,
    pub(crate) tenant: TenantId,
    pub(crate) mail_from: String,
    /// How AWS is reached where upload files are delivered to a bucket.
    pub(crate) way: Way,
}

/// A person waits and watches: no run is cut off before the largest company is through.
const LONGEST: Duration = Duration::from_hours(1);
/// SmartHR's own limit for one token.
const REQUESTS_PER_SECOND: f64 = 10.0;

impl Local {
    pub(crate) fn home(&self) -> LocalPlatform {
        let s3 = Arc::new(AccountBucket { way: self.way.clone() });
        let deliveries = Deliveries { sftp: Some(Arc::new(SftpDelivery)), s3: Some(s3) };
        LocalPlatform::open(&self.root, &self.tenant).delivering(deliveries)
    }

    /// Runs one event to its end, as the function would.
    pub(crate) fn invoke(&self, event: &Value) -> Result<Answer, Failed> {
        let folder = self.home().directory().directory().to_owned();
        if !folder.is_dir() {
            return Err(Failed::new(format!(
                "テナントのフォルダ {} がありません。config.tomlと連携設定シートを置いてください。",
                folder.display()
            )));
        }
        let progress = Progress::new();
        let environment = Environment {
            tenant: self.tenant.clone(),
            version: version::BUILD,
            mail_from: self.mail_from.clone(),
            ops_mail: None,
            // Each command is a start of its own: none is a retry of another.
            invocation: format!("{}-{}", std::process::id(), jiff::Timestamp::now()),
            deadline: Deadline::after(LONGEST),
            pages_entry: None,
            smarthr_rate: Some(REQUESTS_PER_SECOND),
            progress: &|step| progress.show(&step),
        };
        let answer = runtime()?.block_on(Box::pin(invoke(&self.home(), &environment, event)));
        progress.finish();
        answer.map_err(|error| Failed::new(format!("処理の結果を記録またはメールできませんでした({error})。")))
    }
}

/// A bucket, by the operator's own credentials. They are looked for only when something is delivered: a tenant in a folder
/// needs no AWS otherwise.
#[derive(Debug)]
struct AccountBucket {
    way: Way,
}

impl AccountBucket {
    async fn open(&self) -> Result<BucketDelivery, DeliveryError> {
        let cloud = Cloud::open(&self.way).await;
        let cloud = cloud.map_err(|failed| DeliveryError::before(DeliveryErrorKind::Denied, failed.message))?;
        Ok(BucketDelivery::new(cloud.clients().s3().clone()))
    }
}

impl Delivery for AccountBucket {
    fn deliver<'a>(&'a self, shipment: Shipment<'a>) -> BoxFuture<'a, Result<Vec<Placed>, DeliveryError>> {
        async move { self.open().await?.deliver(shipment).await }.boxed()
    }

    fn probe<'a>(
        &'a self,
        target: &'a DeliveryTarget,
        secret: &'a UploadSecret,
    ) -> BoxFuture<'a, Result<(), DeliveryError>> {
        async move { self.open().await?.probe(target, secret).await }.boxed()
    }
}
