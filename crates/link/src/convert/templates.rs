//! The templates of custom fields as crews carry them along: the same text again for every person, so it is read once.

use serde_json::value::RawValue;

use crate::characters::{nfc, trimmed};
use crate::smarthr::{Crew, Template};

/// What is known of the template in each slot of `custom_fields`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Templates {
    slots: Vec<Slot>,
}

#[derive(Clone, Debug)]
struct Slot {
    text: String,
    id: Option<String>,
    name: Option<String>,
    kind: Option<String>,
}

/// A template that is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoTemplate;

impl Templates {
    /// Reads the templates of a crew, as far as they differ from those of the crew before.
    pub(crate) fn read(&mut self, crew: &Crew<'_>) -> Result<(), NoTemplate> {
        for (at, field) in crew.custom_fields.as_deref().unwrap_or_default().iter().enumerate() {
            let text = field.as_ref().and_then(|field| field.template).map_or("null", RawValue::get);
            if self.slots.get(at).is_some_and(|slot| slot.text == text) {
                continue;
            }
            let slot = Slot::parse(text)?;
            match self.slots.get_mut(at) {
                Some(old) => *old = slot,
                None => self.slots.push(slot),
            }
        }
        Ok(())
    }

    /// SmartHR's id of the template in a slot of the crew that was read last.
    pub(crate) fn id(&self, slot: usize) -> Option<&str> {
        self.slots.get(slot)?.id.as_deref()
    }

    /// The trimmed name of the template in a slot of the crew that was read last.
    pub(crate) fn name(&self, slot: usize) -> Option<&str> {
        self.slots.get(slot)?.name.as_deref()
    }

    /// Its type.
    pub(crate) fn kind(&self, slot: usize) -> Option<&str> {
        self.slots.get(slot)?.kind.as_deref()
    }
}

impl Slot {
    fn parse(text: &str) -> Result<Self, NoTemplate> {
        let template: Option<Template<'_>> = serde_json::from_str(text).map_err(|_| NoTemplate)?;
        let (id, name, kind) =
            template.map_or((None, None, None), |template| (template.id, template.name, template.kind));
        Ok(Self {
            text: text.to_owned(),
            id: id.map(|id| id.0.into_owned()),
            name: name.map(|name| nfc(trimmed(name.as_str()).into()).into_owned()),
            kind: kind.map(|kind| kind.0.into_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crew(fields: &str) -> String {
        format!(r#"{{"id":"c","custom_fields":{fields}}}"#)
    }

    #[test]
    fn slots_follow_the_crew_that_was_read_last() {
        let mut templates = Templates::default();
        for (fields, names) in [
            (r#"[{"template":{"name":" 拠点 ","type":"enum"}},null]"#, [Some("拠点"), None]),
            (r#"[{"template":null},{"template":{"name":"拠点"}}]"#, [None, Some("拠点")]),
            (r#"[{"value":1},{"value":2}]"#, [None, None]),
        ] {
            let text = crew(fields);
            templates.read(&serde_json::from_str(&text).unwrap()).unwrap();
            assert_eq!([templates.name(0), templates.name(1)], names, "{fields}");
        }
    }

    #[test]
    fn what_is_no_template_is_told() {
        for fields in [r#"[{"template":"拠点"}]"#, r#"[{"template":{"name":[]}}]"#] {
            let text = crew(fields);
            assert!(Templates::default().read(&serde_json::from_str(&text).unwrap()).is_err(), "{fields}");
        }
    }
}
