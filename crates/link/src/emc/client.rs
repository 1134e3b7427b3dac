//! EMC's import API as the run uses it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;

use super::answer::{Answered, ImportResult, Rejection, Unreadable, parse_import, parse_rejections};
use super::body::ImportBody;
use super::error::{EmcError, Operation};
use super::exchange::{Call, Exchange, Exchanged, Response};
use super::{ImportId, SearchWords};
use crate::fault::Code;
use crate::net::Deadline;

const MIB: usize = 1024 * 1024;
/// Room for every line to be rejected or to drift.
const IMPORT_LIMIT: usize = 32 * MIB;
const CSV_LIMIT: usize = 64 * MIB;
const WORDS_LIMIT: usize = 16 * MIB;
/// How often an import that EMC took and then does not know any more is put again.
const ROUNDS: usize = 5;

/// Whether an import is to be done or only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// One transaction, committed.
    Commit,
    /// Validated and rolled back (`?dry_run=true`).
    DryRun,
}

/// The answer to an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportAnswer {
    /// Committed, or previewed in a dry run.
    Done(ImportResult),
    /// Refused for its lines, at least one; nothing was changed.
    Rejected(Vec<Rejection>),
}

/// How an earlier import ended, for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It had been committed.
    Committed(ImportResult),
    /// It was not, and can never be any more.
    Cancelled,
}

/// The client of one EMC contract. Every call repeats what failed in passing, below the deadline.
pub struct Emc {
    exchange: Exchange,
}

impl Emc {
    /// A client for the import API below `base_url`; `deadline` bounds all its calls together.
    pub fn new(base_url: &str, token: SecretString, deadline: Deadline) -> Result<Self, EmcError> {
        Ok(Self { exchange: Exchange::new(base_url, token, deadline)? })
    }
    /// The requests sent so far, repetitions included.
    pub fn requests(&self) -> u64 {
        self.exchange.requests()
    }
    /// The master of search words.
    pub async fn search_words(&self) -> Result<SearchWords, EmcError> {
        self.get(Operation::SearchWords, "/v1/search-words", WORDS_LIMIT, |body| SearchWords::parse(body)).await
    }
    /// 部署データダウンロード: what EMC holds now, at least the column 部署ID. `None` where EMC does not offer it.
    pub async fn department_ids(&self) -> Result<Option<Bytes>, EmcError> {
        self.download(Operation::DepartmentsCsv, "/v1/departments.csv?columns=%E9%83%A8%E7%BD%B2ID").await
    }
    /// ユーザデータダウンロード: what EMC holds now, at least the column ユーザID. `None` where EMC does not offer it.
    pub async fn user_ids(&self) -> Result<Option<Bytes>, EmcError> {
        self.download(Operation::UsersCsv, "/v1/users.csv?columns=%E3%83%A6%E3%83%BC%E3%82%B6ID").await
    }

    /// The same with the columns ユーザID and 所属部署コード.
    pub async fn user_departments(&self) -> Result<Option<Bytes>, EmcError> {
        let path = "/v1/users.csv?columns=%E3%83%A6%E3%83%BC%E3%82%B6ID,%E6%89%80%E5%B1%9E%E9%83%A8%E7%BD%B2%E3%82%B3%E3%83%BC%E3%83%89";
        self.download(Operation::UsersCsv, path).await
    }

    async fn download(&self, operation: Operation, path: &str) -> Result<Option<Bytes>, EmcError> {
        let read = |body: &Bytes| Ok(body.clone());
        let call = Call { operation, method: Method::GET, path, body: None, limit: CSV_LIMIT, read };
        match self.exchange.ask(&call).await?.response {
            Response::Done(body) => Ok(Some(body)),
            Response::Refused(StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED, _) => Ok(None),
            Response::Processing => Err(unexpected(operation).status(StatusCode::ACCEPTED.as_u16())),
            Response::Refused(status, body) => Err(self.exchange.refusal(operation, status, &body)),
        }
    }

    /// Hands an import over and waits until EMC has done or refused it. After an error that
    /// [is uncertain](EmcError::is_uncertain), it may have been committed all the same.
    pub async fn import(&self, id: &ImportId, body: &ImportBody, mode: ImportMode) -> Result<ImportAnswer, EmcError> {
        self.put(id, body, mode).await.map_err(|error| match mode {
            ImportMode::Commit => error,
            ImportMode::DryRun => error.without_effect(),
        })
    }

    /// What EMC committed under this id; `None` where it knows of nothing committed: 404, previewed, refused or cancelled.
    /// Waits while EMC processes it.
    pub async fn look(&self, id: &ImportId) -> Result<Option<ImportResult>, EmcError> {
        match self.wait(id, Operation::Look).await? {
            Some(Answered::Committed(result)) => Ok(Some(result)),
            Some(Answered::Previewed(_) | Answered::Cancelled | Answered::Rejected(_)) | None => Ok(None),
        }
    }

    /// Settles an import for ever: whatever is still on its way can do nothing afterwards.
    pub async fn settle(&self, id: &ImportId) -> Result<Settled, EmcError> {
        let path = format!("/v1/imports/{id}");
        let call = import_call(Operation::Settle, Method::DELETE, &path, None);
        let mut polls = self.exchange.pace.polls();
        loop {
            match self.exchange.ask(&call).await?.response {
                Response::Done(Answered::Committed(result)) => return Ok(Settled::Committed(result)),
                Response::Done(Answered::Cancelled) => return Ok(Settled::Cancelled),
                Response::Done(Answered::Previewed(_) | Answered::Rejected(_)) => {
                    return Err(unexpected(Operation::Settle));
                }
                Response::Refused(status, body) => return Err(self.exchange.refusal(Operation::Settle, status, &body)),
                Response::Processing => self.pause(&mut polls, Operation::Settle).await?,
            }
        }
    }

    async fn put(&self, id: &ImportId, body: &ImportBody, mode: ImportMode) -> Result<ImportAnswer, EmcError> {
        let (operation, query) = match mode {
            ImportMode::Commit => (Operation::Import, ""),
            ImportMode::DryRun => (Operation::DryRun, "?dry_run=true"),
        };
        let path = format!("/v1/imports/{id}{query}");
        let call = import_call(operation, Method::PUT, &path, Some(body));
        let mut polls = self.exchange.pace.polls();
        let mut taken = false;
        for _ in 0..ROUNDS {
            let Exchanged { response, after_unanswered } =
                self.exchange.ask(&call).await.map_err(|error| error.uncertain_if(taken))?;
            match response {
                Response::Done(answered) => return finished(operation, mode, answered),
                Response::Refused(StatusCode::UNPROCESSABLE_ENTITY, body) => {
                    // Lines that were refused are a definite word on this content, whichever attempt it answers.
                    let doubt = taken || after_unanswered;
                    let rejections = self.rejections(operation, &body).map_err(|error| error.uncertain_if(doubt))?;
                    return Ok(ImportAnswer::Rejected(rejections));
                }
                Response::Refused(status, body) => {
                    let error = self.exchange.refusal(operation, status, &body);
                    return Err(error.uncertain_if(taken || after_unanswered));
                }
                Response::Processing => taken = true,
            }
            let uncertain = |error: EmcError| error.uncertain_if(true);
            self.pause(&mut polls, operation).await.map_err(uncertain)?;
            if let Some(answered) = self.wait(id, operation).await.map_err(uncertain)? {
                return finished(operation, mode, answered);
            }
            // Taken, and now unknown: rolled back, or previewed and not kept. The same again does no harm.
        }
        let lost = "受け付けた登録処理が見つからないと繰り返し返されました";
        Err(EmcError::new(operation, Code::EmcBody, lost).uncertain_if(true))
    }

    /// Asks for an import's result until there is one; `None` where EMC knows no such import.
    async fn wait(&self, id: &ImportId, operation: Operation) -> Result<Option<Answered>, EmcError> {
        let path = format!("/v1/imports/{id}");
        let call = import_call(operation, Method::GET, &path, None);
        let mut polls = self.exchange.pace.polls();
        loop {
            match self.exchange.ask(&call).await?.response {
                Response::Done(answered) => return Ok(Some(answered)),
                Response::Refused(StatusCode::NOT_FOUND, _) => return Ok(None),
                Response::Refused(StatusCode::UNPROCESSABLE_ENTITY, body) => {
                    return Ok(Some(Answered::Rejected(self.rejections(operation, &body)?)));
                }
                Response::Refused(status, body) => return Err(self.exchange.refusal(operation, status, &body)),
                Response::Processing => self.pause(&mut polls, operation).await?,
            }
        }
    }

    fn rejections(&self, operation: Operation, body: &[u8]) -> Result<Vec<Rejection>, EmcError> {
        // A 422 that names no line is a refusal of the whole.
        parse_rejections(body).map_err(|_| self.exchange.refusal(operation, StatusCode::UNPROCESSABLE_ENTITY, body))
    }

    async fn get<T>(
        &self,
        operation: Operation,
        path: &str,
        limit: usize,
        read: fn(&Bytes) -> Result<T, Unreadable>,
    ) -> Result<T, EmcError> {
        let call = Call { operation, method: Method::GET, path, body: None, limit, read };
        match self.exchange.ask(&call).await?.response {
            Response::Done(value) => Ok(value),
            Response::Processing => Err(unexpected(operation).status(StatusCode::ACCEPTED.as_u16())),
            Response::Refused(status, body) => Err(self.exchange.refusal(operation, status, &body)),
        }
    }

    /// Pauses before asking again for what EMC still processes. Near the deadline the pauses become shorter, so that the
    /// last one does not give up seconds in which the answer could have come.
    async fn pause(&self, polls: &mut impl Iterator<Item = Duration>, operation: Operation) -> Result<(), EmcError> {
        let pace = self.exchange.pace.poll;
        let half = self.exchange.deadline.left() / 2;
        if half < pace {
            let detail = "制限時間までに処理が終わりませんでした";
            return Err(EmcError::new(operation, Code::EmcUnsettled, detail));
        }
        tokio::time::sleep(polls.next().unwrap_or(pace).min(half)).await;
        Ok(())
    }
}

impl fmt::Debug for Emc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emc").field("requests", &self.requests()).finish_non_exhaustive()
    }
}

fn import_call<'a>(
    operation: Operation,
    method: Method,
    path: &'a str,
    body: Option<&'a ImportBody>,
) -> Call<'a, Answered> {
    Call { operation, method, path, body, limit: IMPORT_LIMIT, read: |body| parse_import(body) }
}

/// The end of an import, if it is the end that was asked for.
fn finished(operation: Operation, mode: ImportMode, answered: Answered) -> Result<ImportAnswer, EmcError> {
    match (mode, answered) {
        (ImportMode::Commit, Answered::Committed(result)) | (ImportMode::DryRun, Answered::Previewed(result)) => {
            Ok(ImportAnswer::Done(result))
        }
        (_, Answered::Rejected(rejections)) => Ok(ImportAnswer::Rejected(rejections)),
        (_, Answered::Cancelled) => {
            Err(EmcError::new(operation, Code::EmcConflict, "登録処理が取り消し済みとされました"))
        }
        (ImportMode::Commit, Answered::Previewed(_)) => Err(unexpected(operation).uncertain_if(true)),
        (ImportMode::DryRun, Answered::Committed(_)) => {
            let detail = "確認だけを求めたのに登録したと返されました";
            Err(EmcError::new(operation, Code::EmcBody, detail))
        }
    }
}

fn unexpected(operation: Operation) -> EmcError {
    EmcError::new(operation, Code::EmcBody, "想定していない応答が返されました")
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
