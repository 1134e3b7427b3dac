//! What has to be asked of SmartHR for a sheet, and no more: with `fields`, only the personal data that is needed leaves
//! SmartHR.

use std::collections::BTreeSet;

use crate::config::{BeforeJoining, Config, Mapping, SmartHrField, Source};

/// What a run needs from SmartHR.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The top-level fields of a crew.
    pub fields: BTreeSet<&'static str>,
    /// Whether the list of 事業所 is needed.
    pub establishments: bool,
    /// The custom fields that the sheet names.
    pub custom_fields: BTreeSet<String>,
}

/// Works out the needs of a tenant.
pub fn needs(config: &Config, mapping: &Mapping) -> Needs {
    let mut needs = Needs { fields: BTreeSet::from(["id", "emp_status"]), ..Needs::default() };
    let sources = std::iter::once(&mapping.user_id.source).chain(mapping.rules.iter().map(|rule| &rule.source));
    for source in sources {
        match source {
            Source::Field(field) => {
                needs.fields.extend(crew_fields(*field));
                needs.establishments |= *field == SmartHrField::Establishment;
            }
            Source::Custom(name) => {
                needs.fields.insert("custom_fields");
                needs.custom_fields.insert(name.clone());
            }
            Source::Fixed(_) | Source::Nothing => {}
        }
    }
    if config.scope.employment_types.is_some() {
        needs.fields.insert("employment_type");
    }
    if config.scope.departments.is_some() {
        needs.fields.insert("departments");
    }
    if config.scope.before_joining == BeforeJoining::Exclude {
        needs.fields.insert("entered_at");
    }
    needs
}

/// The crew's fields that a standard item is made from.
pub(crate) fn crew_fields(field: SmartHrField) -> &'static [&'static str] {
    match field {
        SmartHrField::EmployeeNumber => &["emp_code"],
        SmartHrField::Email => &["email"],
        SmartHrField::Name => &["last_name", "first_name"],
        SmartHrField::NameKana => &["last_name_yomi", "first_name_yomi"],
        SmartHrField::BusinessName => &["business_last_name", "business_first_name", "last_name", "first_name"],
        SmartHrField::BusinessNameKana => {
            &["business_last_name_yomi", "business_first_name_yomi", "last_name_yomi", "first_name_yomi"]
        }
        SmartHrField::Department(_) => &["departments"],
        SmartHrField::Position(_) => &["positions", "position"],
        SmartHrField::Establishment => &["biz_establishment_id"],
        SmartHrField::EmploymentType => &["employment_type"],
        SmartHrField::Grade => &["grade"],
        SmartHrField::JobCategory => &["job_category"],
        SmartHrField::RecruitmentType => &["recruitment_type"],
        SmartHrField::Occupation => &["occupation"],
        SmartHrField::Status => &["emp_status"],
        SmartHrField::Gender => &["gender"],
        SmartHrField::Telephone => &["tel_number"],
        SmartHrField::EnteredAt => &["entered_at"],
        SmartHrField::Prefecture | SmartHrField::City => &["address"],
    }
}
