//! What is wrong with people, told by its cause: a right that was lost, an option that is missing, a department that is not
//! listed.

use super::grouped::{Cause, Hit};
use super::users::Users;
use crate::config::{SmartHrField, Source};
use crate::fault::{Code, Fault, Subject};

/// Whom a fault is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who<'w> {
    pub(super) line: u32,
    pub(super) crew: &'w str,
    pub(super) id: Option<&'w str>,
}

/// Whether the fault says that somebody has no value.
fn is_omission(code: Code) -> bool {
    matches!(
        code,
        Code::UserIdMissing | Code::NameMissing | Code::KanaMissing | Code::PasswordMissing | Code::ItemMissing
    )
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

impl Users<'_> {
    pub(super) fn tell_status_right(&mut self) {
        if self.unreadable_statuses == 0 {
            return;
        }
        let people = self.unreadable_statuses;
        let detail = format!("従業員{people}人の「在籍状況」を取得できません。");
        let fault = Fault::new(Code::SmarthrRightMissing, Subject::Smarthr, detail);
        self.found.faults.push(fault.field(SmartHrField::Status.label()));
    }

    pub(super) fn tell_causes(&mut self) {
        for (cause, hit) in std::mem::take(&mut self.grouped).into_hits() {
            let Hit { code, line, crew, id, detail, people } = hit;
            let others = if people > 1 { format!("(該当する社員: {people}人)") } else { String::new() };
            let detail = format!("{detail}{others}");
            self.found.faults.push(if code == Code::SmarthrRightMissing {
                Fault::new(code, Subject::Smarthr, detail).field(cause.field)
            } else {
                self.fault(code, line, &crew, id.as_deref(), cause.field, &detail)
            });
        }
    }

    /// An item that people had before and nobody has now is a right that was lost, not an omission of each of them.
    pub(super) fn tell_lost_rights(&mut self) {
        let before = &self.ctx.previous.users;
        let nobody_has = |label: &str, now: u64| now == 0 && before.filled.get(label).is_some_and(|count| *count > 1);
        let rules = self.ctx.rules.rules.iter().zip(&self.filled);
        let mut lost: Vec<(&str, &Source, u64)> = rules
            .filter(|(ready, now)| nobody_has(ready.rule.item.label(), **now) && self.found.with_user_id > 1)
            .map(|(ready, _)| {
                let label = ready.rule.item.label();
                (label, &ready.rule.source, before.filled.get(label).copied().unwrap_or_default())
            })
            .collect();
        if self.found.with_user_id == 0 && self.found.considered > 1 && before.valid > 1 {
            lost.push(("ユーザID", &self.ctx.rules.user_id.source, before.valid));
        }
        for (label, source, count) in lost {
            let told = self.found.faults.0.len();
            self.found.faults.0.retain(|fault| !(is_omission(fault.code) && fault.field.as_deref() == Some(label)));
            if self.found.faults.0.len() < told {
                let item = source.beside(label);
                let detail = format!("{item}の値を、1人も取得できません(前回は{count}人)。");
                self.found.faults.push(Fault::new(Code::SmarthrRightMissing, Subject::Smarthr, detail).field(label));
            }
        }
    }

    /// A person's department is not in the list.
    pub(super) fn unlisted(&mut self, who: Who<'_>, field: &'static str, item: &str, name: &str, department: String) {
        if self.ctx.departments.received_none() {
            self.cause(Code::SmarthrRightMissing, who, "部署", "", "「部署」の一覧が空です。");
        } else {
            let detail = format!("{item}の部署「{name}」がSmartHRの部署一覧にありません。");
            self.cause(Code::DepartmentUnknown, who, field, &department, &detail);
        }
        self.found.unlisted_departments.insert(department);
    }

    /// Notes a fault that others may share.
    pub(super) fn cause(&mut self, code: Code, who: Who<'_>, field: &'static str, value: &str, detail: &str) {
        let cause = Cause { field, code: code.entry().name, value: value.to_owned() };
        self.grouped.add(cause, || Hit {
            code,
            line: who.line,
            crew: who.crew.to_owned(),
            id: who.id.map(str::to_owned),
            detail: detail.to_owned(),
            people: 0,
        });
    }
}
