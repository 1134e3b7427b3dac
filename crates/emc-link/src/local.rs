//! A tenant whose state lies in a folder of this machine.

use std::path::PathBuf;
use std::time::Duration;

use link::net::Deadline;
use link::report::Answer;
use link::run::{Environment, invoke};
use link::state::TenantId;
use link_local::LocalPlatform;
use serde_json::Value;

use crate::exit::Failed;
use crate::progress::Progress;
use crate::runtime::runtime;

/// A tenant's folder.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) root: PathBuf,
    pub(crate) tenant: TenantId,
    pub(crate) mail_from: String,
}

/// A person waits and watches: no run is cut off before the largest company is through.
const LONGEST: Duration = Duration::from_hours(1);
/// SmartHR's own limit for one token.
const REQUESTS_PER_SECOND: f64 = 10.0;

impl Local {
    pub(crate) fn home(&self) -> LocalPlatform {
        LocalPlatform::open(&self.root, &self.tenant)
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
            smarthr_rate: Some(REQUESTS_PER_SECOND),
            progress: &|step| progress.show(&step),
        };
        let answer = runtime()?.block_on(Box::pin(invoke(&self.home(), &environment, event)));
        progress.finish();
        answer.map_err(|error| Failed::new(format!("処理の結果を記録またはメールできませんでした({error})。")))
    }
}
