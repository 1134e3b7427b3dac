#![allow(missing_docs, unused, clippy::all, clippy::pedantic)]
use super::*;
use crate::net::Deadline;
use crate::report::*;
use crate::state::ports::*;
#[derive(Debug)]
pub struct Secret {
    pub smarthr: SmartHrSecret,
    pub emc_token: secrecy::SecretString,
}
#[derive(Debug, Clone)]
pub struct SmartHrSecret;
pub fn parse_secret(text: &secrecy::SecretString) -> Result<Secret, Faults> {
    Err(Faults::new())
}
pub struct SmartHr<'a, K>(&'a K);
pub struct FieldSet;
impl FieldSet {
    pub fn new(i: impl Iterator<Item = &'static str>) -> Self {
        Self
    }
}
#[derive(Debug)]
pub struct SmartHrError;
impl SmartHrError {
    pub fn to_fault(&self) -> Fault {
        Fault::new(Code::SmarthrDown, Record::Smarthr, "")
    }
}
pub struct FirstPage;
pub struct Received {
    pub total: u64,
}
pub trait CrewSink {
    fn restart(&mut self);
    fn crew(&mut self, line: u32, crew: Crew<'_>);
    fn broken(&mut self, line: u32, id: Option<&str>, reason: &str);
}
#[derive(Debug, Clone, Default)]
pub struct OwnedDepartment {
    pub id: String,
    pub name: Option<String>,
    pub code: Option<String>,
    pub parent_id: Option<String>,
    pub line: u32,
}
impl<'a, K: SecretStore> SmartHr<'a, K> {
    pub fn new<C: Clock>(
        config: &crate::config::SmartHrConfig,
        secrets: &'a K,
        stored: StoredSecret,
        secret: SmartHrSecret,
        clock: &'a C,
        deadline: Deadline,
    ) -> Result<Self, SmartHrError> {
        Err(SmartHrError)
    }
    pub fn with_rate(self, r: Option<f64>) -> Self {
        self
    }
    pub fn on_page(self, f: impl Fn(&'static str, u64, u64) + Send + Sync + 'a) -> Self {
        self
    }
    pub fn requests(&self) -> u64 {
        0
    }
    pub async fn departments(&self) -> Result<Vec<OwnedDepartment>, SmartHrError> {
        Err(SmartHrError)
    }
    pub async fn establishments(&self) -> Result<std::collections::HashMap<String, String>, SmartHrError> {
        Err(SmartHrError)
    }
    pub async fn custom_field_templates(&self) -> Result<Vec<OwnedTemplate>, SmartHrError> {
        Err(SmartHrError)
    }
    pub async fn crews_first_page(&self, f: &FieldSet) -> Result<FirstPage, SmartHrError> {
        Err(SmartHrError)
    }
    pub async fn crews<S: CrewSink>(&self, first: FirstPage, sink: &mut S) -> Result<Received, SmartHrError> {
        Err(SmartHrError)
    }
}
