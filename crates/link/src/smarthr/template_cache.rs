//! Texts that come with every person: the templates of custom fields, half of all that SmartHR sends. A page is made
//! shorter before it is read: where a template's text stands that was seen before, its number takes its place.
//!
//! `"template":` can only be a key: within a string its quotes would be escaped, and no value is followed by a colon. A text
//! that begins as a known object begins is that object, because an object ends where its bracket closes.

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use super::wire::Crew;

const KEY: &[u8] = b"\"template\":";
/// A tenant has a few dozen templates. Beyond this a page is read as it is.
const MOST: usize = 256;
const LONGEST: usize = 64 * 1024;

/// Templates by their text, and the page that is being read.
#[derive(Debug, Default)]
pub(crate) struct TemplateCache {
    templates: Vec<Box<RawValue>>,
    /// What stands in a page for each of them.
    numbers: Vec<String>,
    page: Vec<u8>,
}

/// A page made shorter, and what to put back into each person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StrippedPage<'a> {
    pub(crate) text: &'a str,
    templates: &'a [Box<RawValue>],
    numbers: &'a [String],
}

impl TemplateCache {
    /// The page with numbers for known templates; `None` where it is to be read as it is.
    pub(crate) fn strip(&mut self, body: &[u8]) -> Option<StrippedPage<'_>> {
        let finder = Finder::new(KEY);
        self.page.clear();
        let (mut rest, mut next) = (body, 0);
        while let Some(at) = finder.find(rest) {
            let (before, after) = rest.split_at(at + KEY.len());
            self.page.extend_from_slice(before);
            rest = after;
            match after.iter().find(|byte| !byte.is_ascii_whitespace()) {
                // Only as it is always sent: a blank more, and it is read as it is.
                Some(b'{') if after.first() == Some(&b'{') => {}
                // It could look like a number of ours.
                Some(b'[') => return None,
                _ => continue,
            }
            let number = self.number(after, next)?;
            self.page.extend_from_slice(self.numbers.get(number)?.as_bytes());
            rest = after.get(self.templates.get(number)?.get().len()..)?;
            next = number + 1;
        }
        self.page.extend_from_slice(rest);
        let text = simdutf8::basic::from_utf8(&self.page).ok()?;
        Some(StrippedPage { text, templates: &self.templates, numbers: &self.numbers })
    }

    /// The number of the template that `text` begins with; people have them in the same order.
    fn number(&mut self, text: &[u8], expected: usize) -> Option<usize> {
        let is = |template: &RawValue| text.starts_with(template.get().as_bytes());
        if self.templates.get(expected).is_some_and(|template| is(template)) {
            return Some(expected);
        }
        if let Some(found) = self.templates.iter().position(|template| is(template)) {
            return Some(found);
        }
        let template = serde_json::Deserializer::from_slice(text).into_iter::<Box<RawValue>>().next()?.ok()?;
        if self.templates.len() >= MOST || template.get().len() > LONGEST {
            return None;
        }
        let number = self.templates.len();
        self.templates.push(template);
        // An array, which no template is and which no page that is made shorter holds in its place.
        self.numbers.push(format!("[\"\\u0000\",{number}]"));
        Some(number)
    }
}

impl<'a> StrippedPage<'a> {
    /// Puts the templates back.
    pub(crate) fn restore(self, crew: &mut Crew<'a>) {
        for field in crew.custom_fields.iter_mut().flatten().flatten() {
            let Some(text) = field.template.map(RawValue::get) else { continue };
            let number = text.strip_prefix("[\"\\u0000\",").and_then(|text| text.strip_suffix(']'));
            let number = number.and_then(|digits| digits.parse::<usize>().ok());
            if let Some(number) = number.filter(|number| self.numbers.get(*number).is_some_and(|own| own == text)) {
                field.template = self.templates.get(number).map(|template| &**template);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the page says about templates, read as it is and read shortened.
    fn both(known: &mut TemplateCache, body: &str) -> (Vec<Option<String>>, Vec<Option<String>>) {
        let told = |crews: &[Crew<'_>]| {
            let fields = crews.iter().flat_map(|crew| crew.custom_fields.iter().flatten().flatten());
            fields.map(|field| field.template.map(|text| text.get().to_owned())).collect()
        };
        let plain: Vec<Crew<'_>> = serde_json::from_str(body).unwrap();
        let plain = told(&plain);
        let shortened = known.strip(body.as_bytes()).unwrap();
        let mut crews: Vec<Crew<'_>> = serde_json::from_str(shortened.text).unwrap();
        for crew in &mut crews {
            shortened.restore(crew);
        }
        (plain, told(&crews))
    }

    #[test]
    fn a_template_is_replaced_and_put_back() {
        let one = r#"{"id":"1","name":"a}{\"template\":","elements":[{"id":"2"}]}"#;
        let two = r#"{"id":"2","name":"b"}"#;
        let body = format!(
            r#"[{{"id":"x","custom_fields":[{{"value":"\"template\":{{","template":{one}}},{{"template":{two}}},null,{{"template":null}}]}},
               {{"id":"y","custom_fields":[{{"template": {one}}},{{"template":{two}}}]}}]"#
        );
        let mut known = TemplateCache::default();
        for _ in 0..2 {
            let (plain, shortened) = both(&mut known, &body);
            assert_eq!(plain, shortened);
            assert_eq!(plain.len(), 5);
        }
        let shorter = known.strip(body.as_bytes()).unwrap().text.len();
        assert!(shorter < body.len(), "{shorter}");
    }

    #[test]
    fn a_known_template_that_goes_on_differently_is_another() {
        let mut known = TemplateCache::default();
        let page = |template: &str| format!(r#"[{{"id":"x","custom_fields":[{{"template":{template}}}]}}]"#);
        for template in [r#"{"id":"1"}"#, r#"{"id":"1","name":"a"}"#, r#"{"id":"12"}"#, r#"{"id":"1"}"#, "{}"] {
            let (plain, shortened) = both(&mut known, &page(template));
            assert_eq!(plain, shortened);
            assert_eq!(shortened, [Some(template.to_owned())]);
        }
    }

    #[test]
    fn what_is_broken_is_left_to_the_reader_of_whole_pages() {
        let mut known = TemplateCache::default();
        // The third looks like a number of ours.
        for body in [
            &b"[{\"template\":{"[..],
            b"[{\"template\":{\"a\":\"\xff\"}}]",
            b"{\"template\": [\"\\u0000\",0]}",
            b"\xff",
        ] {
            assert!(known.strip(body).is_none());
        }
        let many = (0..300).fold(String::new(), |text, n| text + &format!("{{\"template\":{{\"id\":\"{n}\"}}}},"));
        assert!(known.strip(many.as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn any_page_reads_the_same(
            names in prop::collection::vec("[a-z\"{}\\\\:あ]{0,8}", 1..5),
            picks in prop::collection::vec((0..5_usize, "[\"a-z:{}]{0,12}"), 0..20),
        ) {
            let fields: Vec<_> = picks
                .iter()
                .map(|(pick, value)| {
                    let name = &names[pick % names.len()];
                    serde_json::json!({"value": value, "template": {"id": pick.to_string(), "name": name}})
                })
                .collect();
            let body = serde_json::json!([{"id": "x", "custom_fields": fields}]).to_string();
            let mut known = TemplateCache::default();
            for _ in 0..2 {
                let (plain, shortened) = both(&mut known, &body);
                prop_assert_eq!(plain, shortened);
            }
        }
    }
}
