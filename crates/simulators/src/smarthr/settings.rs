//! How this SmartHR behaves where SmartHR's documents leave it open, and what the account may do.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::webhooks::WebhookDelivery;

/// How a crew's department tells its 上位部署.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParentForm {
    /// A nested object.
    #[default]
    Object,
    /// The bare id.
    Id,
    /// Always null.
    Null,
}

/// The limit per token within any one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondLimit {
    /// No limit.
    Off,
    /// So many requests.
    Requests(usize),
}

/// The limit per token and hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HourLimit {
    /// Counted for the headers, never enforced.
    Off,
    /// So many requests.
    Requests(u64),
}

/// What becomes of a discontinued department; SmartHR's documents do not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiscontinuedDepartments {
    /// Listed like any other.
    #[default]
    Listed,
    /// Listed with a `discontinued_date`.
    Marked,
    /// Not listed, although crews still name it.
    Unlisted,
}

/// How an attribute that the account may no longer read comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostAttribute {
    /// The key is there, its value null.
    Null,
    /// The key is absent.
    Absent,
}

/// How a resource that the account may no longer read answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostResource {
    /// 403, code 3.
    Refused,
    /// An empty list.
    Empty,
}

/// The settings of a SmartHR.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent property of the service, set by name")]
pub struct SmartHrSettings {
    /// The address; only this machine's own programs reach 127.0.0.1.
    pub host: Ipv4Addr,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// The access token that is valid from the start.
    pub token: String,
    /// Requests per second; SmartHR: 10.
    pub second_limit: SecondLimit,
    /// Requests per hour; SmartHR: 5,000.
    pub hour_limit: HourLimit,
    /// Crew fields that the account may not read and SmartHR sends as null; `custom_fields.NAME` for a カスタム項目.
    pub hidden_as_null: BTreeSet<String>,
    /// Crew fields that the account may not read and SmartHR leaves out; `custom_fields.NAME` for a カスタム項目.
    pub hidden_as_absent: BTreeSet<String>,
    /// Resources that answer 403, by their path: `biz_establishments`, `departments`, `webhooks`, …
    pub refused_resources: BTreeSet<String>,
    /// Resources whose list is empty although people refer to them.
    pub emptied_resources: BTreeSet<String>,
    /// Resources in whose pages, and in whose entries' own lists, a null stands.
    pub nulls_in: BTreeSet<String>,
    /// Query parameters that listings do not know and pass over, such as `emp_status`, `id`, `emp_code`.
    pub ignored_parameters: BTreeSet<String>,
    /// Sends `x-total-count`.
    pub total_count: bool,
    /// So many bytes more in every crew: with 84,000 of them a page of 100 is larger than 8 MiB.
    pub padding_per_crew: usize,
    /// What becomes of discontinued departments.
    pub discontinued_departments: DiscontinuedDepartments,
    /// How a crew's department names its parent.
    pub parent_form: ParentForm,
    /// Fills `departments` and `positions` up to 10 slots with null.
    pub padded_slots: bool,
    /// Takes `positions` away and sends `position` only, as before 2024-04-22.
    pub positions_as_text: bool,
    /// Sends `biz_establishment` as an object beside its id.
    pub embedded_establishment: bool,
    /// Takes `sort=id`; otherwise that is a bad request.
    pub sort_by_id: bool,
    /// Sends `x-page` and `x-per-page`.
    pub page_headers: bool,
    /// How webhooks are delivered.
    pub webhooks: WebhookDelivery,
    /// The OAuth application's id.
    pub client_id: String,
    /// The OAuth application's secret.
    pub client_secret: String,
    /// A refresh token that is valid from the start.
    pub refresh_token: String,
    /// How long an access token from OAuth lives.
    pub access_token_lifetime: Duration,
    /// How long a refresh token lives.
    pub refresh_token_lifetime: Duration,
    /// Every use of a refresh token gives a new one, and the old one is void.
    pub rotate_refresh_token: bool,
    /// The authorisation page asks for the consent; else it is taken as given.
    pub asks_for_consent: bool,
    /// Unasked, the administrator says no.
    pub refuse_authorization: bool,
}

impl Default for SmartHrSettings {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST,
            port: 0,
            token: "smarthr-token".to_owned(),
            second_limit: SecondLimit::Requests(10),
            hour_limit: HourLimit::Requests(5_000),
            hidden_as_null: BTreeSet::new(),
            hidden_as_absent: BTreeSet::new(),
            refused_resources: BTreeSet::new(),
            emptied_resources: BTreeSet::new(),
            nulls_in: BTreeSet::new(),
            ignored_parameters: BTreeSet::new(),
            total_count: true,
            padding_per_crew: 0,
            discontinued_departments: DiscontinuedDepartments::Listed,
            parent_form: ParentForm::Object,
            padded_slots: false,
            positions_as_text: false,
            embedded_establishment: false,
            sort_by_id: true,
            page_headers: true,
            webhooks: WebhookDelivery::default(),
            client_id: "emc-link".to_owned(),
            client_secret: "emc-link-secret".to_owned(),
            refresh_token: "refresh-0".to_owned(),
            access_token_lifetime: Duration::from_hours(2),
            refresh_token_lifetime: Duration::from_hours(30 * 24),
            rotate_refresh_token: true,
            asks_for_consent: false,
            refuse_authorization: false,
        }
    }
}

impl SmartHrSettings {
    /// The account may read everything.
    pub fn regain_all_rights(&mut self) {
        self.hidden_as_null.clear();
        self.hidden_as_absent.clear();
        self.refused_resources.clear();
        self.emptied_resources.clear();
    }

    /// These entries of a resource, with a null after the first where the settings want one.
    pub(super) fn with_nulls<T>(&self, resource: &str, entries: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
        let mut entries: Vec<Option<T>> = entries.into_iter().map(Some).collect();
        if self.nulls_in.contains(resource) {
            entries.insert(entries.len().min(1), None);
        }
        entries
    }

    /// The same without limits, where a test is not about them.
    #[must_use]
    pub fn without_limits(self) -> Self {
        Self { second_limit: SecondLimit::Off, hour_limit: HourLimit::Off, ..self }
    }
}
