//! The function's environment variables, checked all at once. They come from the template; what is wrong is told to the
//! log and ends the start, so that the alarm on function errors acts.

use link::config::is_mail_address;
use link::state::TenantId;
use pages::{OtherLink, Schedule, Settings};

use crate::scheduler::Start;

/// A valid environment.
#[derive(Debug)]
pub(crate) struct Variables {
    pub(crate) settings: Settings,
    pub(crate) state_bucket: String,
    pub(crate) secret_id: String,
    /// Name or ARN of the tenant's sync function.
    pub(crate) sync_function: String,
    /// What a schedule after a change starts, where the stack offers it (`SYNC_FUNCTION_ARN`, `CHANGE_ROLE_ARN`).
    pub(crate) change_start: Option<Start>,
    /// What stands in `OTHER_LINKS` and is no link.
    pub(crate) refused_links: Vec<String>,
}

/// Variables that are missing or malformed, by name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused(Vec<&'static str>);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "environment variables missing or malformed: {}", self.0.join(", "))
    }
}

impl std::error::Error for Refused {}

impl Variables {
    /// Reads the environment through `variable`.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Refused> {
        let given = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let mut faults = Vec::new();
        let mut required = |name: &'static str| {
            let value = given(name);
            if value.is_none() {
                faults.push(name);
            }
            value.unwrap_or_default()
        };
        let tenant = required("TENANT_ID");
        let state_bucket = required("STATE_BUCKET");
        let secret_id = required("SECRET_ID");
        let mail_from = required("MAIL_FROM");
        let sync_function = required("SYNC_FUNCTION");
        let tenant = TenantId::parse(&tenant).map_err(|_| "TENANT_ID");
        if let Err(name) = &tenant
            && !faults.contains(name)
        {
            faults.push(name);
        }
        let ops_mail = given("OPS_MAIL");
        if !ops_mail.as_deref().is_none_or(is_mail_address) {
            faults.push("OPS_MAIL");
        }
        let (links, refused_links) = OtherLink::parse_list(&given("OTHER_LINKS").unwrap_or_default());
        let change_start = match (given("SYNC_FUNCTION_ARN"), given("CHANGE_ROLE_ARN")) {
            (Some(function_arn), Some(role_arn)) => Some(Start { function_arn, role_arn }),
            _ => None,
        };
        let at = given("DAILY_TIME").and_then(|time| time_of_day(&time));
        let schedule = at.map(|at| Schedule { at, is_on: given("SCHEDULE_STATE").as_deref() == Some("ENABLED") });
        match tenant {
            Ok(tenant) if faults.is_empty() => Ok(Self {
                settings: Settings { tenant, version: version::BUILD, links, mail_from, ops_mail, schedule },
                state_bucket,
                secret_id,
                sync_function,
                change_start,
                refused_links,
            }),
            _ => Err(Refused(faults)),
        }
    }
}

/// `4:30`, as the template makes it of two numbers.
fn time_of_day(text: &str) -> Option<jiff::civil::Time> {
    let (hour, minute) = text.split_once(':')?;
    jiff::civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<Variables, Refused> {
        let usual = [
            ("TENANT_ID", "acme"),
            ("STATE_BUCKET", "bucket"),
            ("SECRET_ID", "secret"),
            ("MAIL_FROM", "a@example.jp"),
            ("SYNC_FUNCTION", "emc-link-acme-sync"),
        ];
        let all: Vec<_> = changes.iter().chain(&usual).copied().collect();
        Variables::read(|name| all.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let wrong = read(&[("TENANT_ID", "A!"), ("STATE_BUCKET", " "), ("OPS_MAIL", "x"), ("SYNC_FUNCTION", "")]);
        assert_eq!(wrong.unwrap_err(), Refused(vec!["STATE_BUCKET", "SYNC_FUNCTION", "TENANT_ID", "OPS_MAIL"]));
        assert_eq!(read(&[("TENANT_ID", "")]).unwrap_err(), Refused(vec!["TENANT_ID"]));
    }

    #[test]
    fn runs_after_a_change_need_both_the_function_and_the_role() {
        let function = ("SYNC_FUNCTION_ARN", "arn:aws:lambda:ap-northeast-1:123456789012:function:sync");
        assert!(read(&[function]).unwrap().change_start.is_none());
        let both = [function, ("CHANGE_ROLE_ARN", "arn:aws:iam::123456789012:role/change")];
        assert!(read(&both).unwrap().change_start.is_some());
    }

    #[test]
    fn the_schedule_is_told_by_its_time_and_state() {
        assert_eq!(read(&[]).unwrap().settings.schedule, None);
        let told =
            |state| read(&[("DAILY_TIME", "4:5"), ("SCHEDULE_STATE", state)]).unwrap().settings.schedule.unwrap();
        assert!(told("ENABLED").is_on && !told("DISABLED").is_on);
        assert_eq!(told("ENABLED").at, jiff::civil::time(4, 5, 0, 0));
        assert_eq!(read(&[("DAILY_TIME", "25:0")]).unwrap().settings.schedule, None);
    }

    #[test]
    fn other_links_are_optional_and_what_is_none_is_told() {
        assert!(read(&[]).unwrap().settings.links.is_empty());
        let found = read(&[("OTHER_LINKS", "B社=https://b.example.jp|x")]).unwrap();
        assert_eq!((found.settings.links.len(), found.refused_links.len()), (1, 1));
    }
}
