//! Which department each person who would be deleted belongs to. SmartHR does not list them any more and the snapshot holds
//! no department, so EMC is asked; only for a held run, because there a person has to decide.

use std::collections::HashMap;

use crate::emc::{Emc, two_columns};
use crate::report::PlanLine;

/// Names the department of each deleted user. The hold stands without it: where EMC does not answer, none is named.
pub(super) async fn name_departments(emc: &Emc, names: &HashMap<String, String>, plan: &mut [PlanLine]) {
    let is_deleted = |line: &PlanLine| line.record == "社員" && line.action == "削除";
    if !plan.iter().any(is_deleted) {
        return;
    }
    let assigned = match emc.user_departments().await {
        Ok(Some(body)) => two_columns(&body, "ユーザID", "所属部署コード").unwrap_or_default(),
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(%error, "the departments of those who would be deleted are not known");
            return;
        }
    };
    for line in plan.iter_mut().filter(|line| is_deleted(line)) {
        line.department = assigned.get(&line.id).map(|id| match names.get(id) {
            Some(name) => format!("{name}({id})"),
            None => id.clone(),
        });
    }
}
