//! The calls of the import API: which is it, and is the caller known.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

use super::{Contract, Model};
use crate::http::{Query, Reply};

/// The contract in a form for machines; `docs/EMC_API.ja.md` reads along with it.
const OPENAPI: &str = include_str!("../../../../../docs/emc-import-api.yaml");

/// A request that arrived whole.
#[derive(Clone, Debug)]
pub(in crate::emc) struct Call {
    pub(in crate::emc) method: String,
    /// Below the base, decoded no further.
    pub(in crate::emc) path: String,
    pub(in crate::emc) query: Query,
    /// The bearer token.
    pub(in crate::emc) token: Option<String>,
    pub(in crate::emc) content_type: String,
    pub(in crate::emc) content_encoding: String,
    pub(in crate::emc) body: Bytes,
}

impl Call {
    /// The name of the import that is meant.
    pub(in crate::emc) fn import_id(&self) -> Option<&str> {
        self.path.strip_prefix("/v1/imports/").filter(|id| !id.is_empty())
    }
}

impl Model {
    /// Answers a call as of `now`.
    pub(in crate::emc) fn answer(&mut self, call: &Call, now: Timestamp) -> Reply {
        if (call.method.as_str(), call.path.as_str()) == ("GET", "/openapi.yaml") {
            return Reply::of(200, "application/yaml; charset=utf-8", OPENAPI);
        }
        let Some(contract) = self.contract(call.token.as_deref()) else {
            return failure(401, "the token is not valid").with("www-authenticate", &"Bearer");
        };
        self.answer_contract(contract, call, now).unwrap_or_else(|error| failure(500, &error.to_string()))
    }

    fn answer_contract(&mut self, contract: Contract, call: &Call, now: Timestamp) -> rusqlite::Result<Reply> {
        let columns = call.query.get("columns");
        match (call.method.as_str(), call.path.as_str(), call.import_id()) {
            ("GET", "/v1/search-words", _) => {
                let words = self.search_words(contract)?;
                Ok(Reply::json(200, json!({ "search_words": words }).to_string()))
            }
            ("GET", "/v1/departments.csv", _) => self.departments_csv(contract, columns),
            ("GET", "/v1/users.csv", _) => self.users_csv(contract, columns),
            (_, "/v1/search-words" | "/v1/departments.csv" | "/v1/users.csv", _) => {
                Ok(failure(405, "this address takes GET").with("allow", &"GET"))
            }
            (_, _, Some(id)) if !is_a_name(id) => Ok(failure(400, "an import's id is 1 to 128 of A-Z a-z 0-9 -")),
            ("PUT", _, Some(id)) => self.put(contract, id, call, now),
            ("GET", _, Some(id)) => self.look_up(contract, id),
            ("DELETE", _, Some(id)) => self.settle(contract, id),
            (_, _, Some(_)) => {
                Ok(failure(405, "an import takes PUT, GET and DELETE").with("allow", &"PUT, GET, DELETE"))
            }
            _ => Ok(failure(404, "there is no such address")),
        }
    }
}

fn is_a_name(id: &str) -> bool {
    id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(in crate::emc) fn failure(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({ "status": "error", "message": message }).to_string())
}
