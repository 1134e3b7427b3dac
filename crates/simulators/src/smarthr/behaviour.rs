//! Settings by name, for a command line and for another process.

use super::settings::{DiscontinuedDepartments, SmartHrSettings};

/// Bytes in a crew that make a page of 100 larger than 8 MiB and one of 50 smaller.
const LARGE: usize = 84_000;

impl SmartHrSettings {
    /// Changes one behaviour by its name:
    ///
    /// | name | meaning |
    /// | --- | --- |
    /// | `ignore=PARAMETER` | listings pass over this parameter: `emp_status`, `id`, `emp_code`, … |
    /// | `null=FIELD`, `absent=FIELD` | the account may not read this crew field; `custom_fields.NAME` for a カスタム項目 |
    /// | `refuse=RESOURCE`, `empty=RESOURCE` | this resource answers 403, or with an empty list |
    /// | `nulls=RESOURCE` | a null stands in this resource's lists |
    /// | `no-total-count` | no `x-total-count` |
    /// | `large-pages` | a page of 100 crews is larger than 8 MiB |
    /// | `discontinued=listed`, `=marked`, `=unlisted` | what becomes of discontinued departments |
    ///
    /// ```
    /// # use simulators::smarthr::SmartHrSettings;
    /// let mut settings = SmartHrSettings::default();
    /// settings.set_behaviour("ignore=emp_status")?;
    /// assert!(settings.ignored_parameters.contains("emp_status"));
    /// assert!(settings.set_behaviour("moody").is_err());
    /// # Ok::<(), String>(())
    /// ```
    pub fn set_behaviour(&mut self, behaviour: &str) -> Result<(), String> {
        let (name, of) = behaviour.split_once('=').unwrap_or((behaviour, ""));
        match (name, of) {
            ("no-total-count", "") => self.total_count = false,
            ("large-pages", "") => self.padding_per_crew = LARGE,
            ("discontinued", "listed") => self.discontinued_departments = DiscontinuedDepartments::Listed,
            ("discontinued", "marked") => self.discontinued_departments = DiscontinuedDepartments::Marked,
            ("discontinued", "unlisted") => self.discontinued_departments = DiscontinuedDepartments::Unlisted,
            (_, "") => return Err(unknown(behaviour)),
            ("ignore", of) => _ = self.ignored_parameters.insert(of.to_owned()),
            ("null", of) => _ = self.hidden_as_null.insert(of.to_owned()),
            ("absent", of) => _ = self.hidden_as_absent.insert(of.to_owned()),
            ("refuse", of) => _ = self.refused_resources.insert(of.to_owned()),
            ("empty", of) => _ = self.emptied_resources.insert(of.to_owned()),
            ("nulls", of) => _ = self.nulls_in.insert(of.to_owned()),
            _ => return Err(unknown(behaviour)),
        }
        Ok(())
    }
}

fn unknown(behaviour: &str) -> String {
    format!("SmartHR has no behaviour called {behaviour:?}")
}
