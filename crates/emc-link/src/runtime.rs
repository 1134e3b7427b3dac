//! The asynchronous runtime that a command blocks on. Commands are short and do one thing at a time: one thread is enough.

use crate::exit::Failed;

/// A new runtime of this thread.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::new(format!("処理を開始できません({error})。")))
}
