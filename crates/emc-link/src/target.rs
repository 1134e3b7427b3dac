//! What a command works on: a folder of this machine, or a stack on AWS. The commands know no more of it than this.

use bytes::Bytes;
use jiff::Timestamp;
use link::report::Answer;
use link::state::TenantId;
use link::state::keys::Key;
use link::state::ports::{Condition, Platform, StateError, StateStore};
use serde_json::Value;
use tenant_data::{Export, Holding, Period, Request, export};

use crate::arguments::EraseOptions;
use crate::exit::Failed;
use crate::local::Local;
use crate::runtime::runtime;
use crate::stack::Stack;

/// The tenant that a command works on.
#[derive(Debug)]
pub(crate) enum Target {
    /// A folder.
    Local(Local),
    /// A stack.
    Stack(Box<Stack>),
}

impl Target {
    /// Runs one event to its end.
    pub(crate) fn invoke(&self, event: &Value) -> Result<Answer, Failed> {
        match self {
            Self::Local(local) => local.invoke(event),
            Self::Stack(stack) => stack.invoke(event),
        }
    }

    /// The object at `key`.
    pub(crate) fn get(&self, key: &Key) -> Result<Option<Bytes>, Failed> {
        let found = match self {
            Self::Local(local) => runtime()?.block_on(local.home().state().get(key)),
            Self::Stack(stack) => {
                runtime()?.block_on(async { Ok::<_, Failed>(stack.platform().await?.state().get(key).await) })?
            }
        };
        found.map(|found| found.map(|stored| stored.body)).map_err(|error| failed(&error))
    }

    /// Writes the object at `key`.
    pub(crate) fn put(&self, key: &Key, content: Vec<u8>) -> Result<(), Failed> {
        let written = match self {
            Self::Local(local) => runtime()?.block_on(local.home().state().put(key, content.into(), Condition::Always)),
            Self::Stack(stack) => runtime()?.block_on(async {
                Ok::<_, Failed>(stack.platform().await?.state().put(key, content.into(), Condition::Always).await)
            })?,
        };
        written.map(drop).map_err(|error| failed(&error))
    }

    /// The keys that begin with `prefix`, in ascending order.
    pub(crate) fn list(&self, prefix: &Key) -> Result<Vec<Key>, Failed> {
        let listed = match self {
            Self::Local(local) => runtime()?.block_on(local.home().state().list(prefix)),
            Self::Stack(stack) => {
                runtime()?.block_on(async { Ok::<_, Failed>(stack.platform().await?.state().list(prefix).await) })?
            }
        };
        listed.map_err(|error| failed(&error))
    }

    /// The tenant's records of a period as one archive.
    pub(crate) fn export(&self, period: Period, now: Timestamp) -> Result<Export, Failed> {
        let request = |tenant| Request { tenant, period, version: version::BUILD, now };
        let made = match self {
            Self::Local(local) => runtime()?.block_on(export(local.home().state(), request(&local.tenant))),
            Self::Stack(stack) => runtime()?.block_on(async {
                Ok::<_, Failed>(export(stack.platform().await?.state(), request(&stack.tenant)).await)
            })?,
        };
        made.map_err(|error| crate::records::failed(&error))
    }

    /// Whose it is.
    pub(crate) fn tenant(&self) -> &TenantId {
        match self {
            Self::Local(local) => &local.tenant,
            Self::Stack(stack) => &stack.tenant,
        }
    }

    /// Refuses an erasure while daily runs are still started.
    pub(crate) fn refuse_while_scheduled(&self) -> Result<(), Failed> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Stack(stack) => stack.refuse_while_scheduled(),
        }
    }

    /// Erases everything, and counts before and after.
    pub(crate) fn erase(&self, options: &EraseOptions) -> Result<Vec<Holding>, Failed> {
        match self {
            Self::Local(local) => crate::erase::of_folder(local),
            Self::Stack(stack) => stack.erase(options.secret_now),
        }
    }

    /// The path or address at which a person finds the object at `key`.
    pub(crate) fn address(&self, key: &Key) -> String {
        match self {
            Self::Local(local) => local.home().directory().directory().join(key.as_str()).display().to_string(),
            Self::Stack(stack) => stack.address(key),
        }
    }
}

pub(crate) fn failed(error: &StateError) -> Failed {
    Failed::new(format!("保存先の{}を使えません({error})。保存先の指定と権限を確認してください。", error.key))
}
