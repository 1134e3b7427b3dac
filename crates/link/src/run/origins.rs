//! Where each ID of today came from, for telling what EMC says of it in the customer's terms.

use std::collections::BTreeMap;

use super::context::Context;
use super::receive::Received;
use crate::compare::Snapshot;
use crate::config::EmcItem;
use crate::convert::Origin;
use crate::fault::{Fault, Subject};

/// Lines and addresses of today's departments and people.
pub(super) struct Origins {
    departments: BTreeMap<String, Origin>,
    lines: Vec<u32>,
    base_url: String,
    passwords: Vec<String>,
}

impl Origins {
    /// Takes them out of what was received.
    pub(super) fn take<H>(received: &mut Received, ctx: &Context<'_, H>) -> Self {
        Self {
            departments: received.departments.origins.clone(),
            lines: received.users.take_lines(),
            base_url: ctx.tenant.config.smarthr.base_url.clone(),
            passwords: ctx.tenant.mapping.passwords(),
        }
    }

    /// The fault without the initial password, which EMC's words may repeat: what they say of passwords is left out, and
    /// those that the sheet names are replaced anywhere.
    pub(super) fn concealed(&self, mut fault: Fault) -> Fault {
        let is_about_password = fault.field.as_deref() == Some(EmcItem::Password.label())
            || fault.message.contains(EmcItem::Password.label())
            || fault.message.to_ascii_lowercase().contains("password");
        if is_about_password {
            let entry = fault.code.entry();
            fault.message = format!("{}(パスワードに関する説明は表示しません)。{}", entry.title_ja, entry.remedy_ja);
        }
        for password in &self.passwords {
            fault.message = fault.message.replace(password, "*****");
        }
        fault
    }

    /// A person's address in SmartHR.
    pub(super) fn person_address(&self, crew: &str) -> String {
        format!("{}/crews/{crew}", self.base_url)
    }

    /// The fault with the person's or department's line and address, as far as its ID is one of today's.
    pub(super) fn locate(&self, fault: Fault, today: &Snapshot) -> Fault {
        let Some(id) = fault.id.clone() else { return fault };
        if fault.record == Subject::Department {
            return match self.departments.get(&id) {
                Some(origin) => {
                    let address = format!("{}/departments/{}", self.base_url, origin.smarthr_id);
                    fault.line(origin.line).address(&address)
                }
                None => fault,
            };
        }
        let Some(at) = today.users.ids.position(&id) else { return fault };
        let crew = today.users.crews.get(at).unwrap_or_default();
        let address = self.person_address(crew);
        let line = self.lines.get(at).copied().unwrap_or_default();
        fault.line(line).crew(crew).address(&address)
    }
}
