//! EMC's master of search words (検索ワード): the names that a value may have, and the option's id that is sent for it.

use hashbrown::HashMap;
use serde::Deserialize;

use super::answer::{StringOrNumber, Unreadable, read_json};

/// The options of 検索ワード1…5.
#[derive(Clone, Debug, Default)]
pub struct SearchWords {
    words: [Option<Word>; 5],
}

#[derive(Clone, Debug, Default)]
struct Word {
    /// Name and id in the master's order, each name once.
    options: Vec<(String, String)>,
    /// Where a name stands in `options`.
    by_name: HashMap<String, usize>,
    /// Names that stand for several options: which one is meant, nobody can tell.
    repeated: Vec<String>,
}

impl SearchWords {
    /// Reads EMC's answer. Names are trimmed; an option without name or id is left out, of two with one name the first
    /// counts.
    pub fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Wire {
            search_words: Vec<Option<WireWord>>,
        }
        #[derive(Deserialize)]
        struct WireWord {
            #[serde(default)]
            number: StringOrNumber,
            #[serde(default)]
            options: Option<Vec<Option<WireOption>>>,
        }
        #[derive(Deserialize)]
        struct WireOption {
            #[serde(default)]
            id: StringOrNumber,
            #[serde(default)]
            name: StringOrNumber,
        }
        let wire: Wire = read_json(body)?;
        let mut words = Self::default();
        for word in wire.search_words.into_iter().flatten() {
            let place =
                word.number.into_u32().and_then(|number| words.words.get_mut((number as usize).wrapping_sub(1)));
            let Some(place) = place else { continue };
            let kept = place.get_or_insert_default();
            for option in word.options.into_iter().flatten().flatten() {
                if let (Some(name), Some(id)) = (option.name.into_text(), option.id.into_text()) {
                    kept.add(name.trim(), id);
                }
            }
        }
        Ok(words)
    }
    /// The masters that the config gives, where EMC cannot be asked: pairs of name and what is sent for it.
    pub fn from_config(masters: &[Option<Vec<(String, String)>>; 5]) -> Self {
        let mut words = Self::default();
        for (word, master) in words.words.iter_mut().zip(masters) {
            *word = master.as_ref().map(|options| {
                let mut kept = Word::default();
                for (name, id) in options {
                    kept.add(name, id.clone());
                }
                kept
            });
        }
        words
    }
    /// The id of the option called `name` (outer white space aside) of the search word `number` (from 1).
    pub fn option(&self, number: u8, name: &str) -> Option<&str> {
        let word = self.word(number)?;
        let at = *word.by_name.get(name.trim())?;
        word.options.get(at).map(|(_, id)| id.as_str())
    }
    /// Whether EMC has the search word `number` (from 1).
    pub fn has(&self, number: u8) -> bool {
        self.word(number).is_some()
    }
    /// The names of its options, in the master's order.
    pub fn options(&self, number: u8) -> impl Iterator<Item = &str> {
        self.word(number).into_iter().flat_map(|word| word.options.iter().map(|(name, _)| name.as_str()))
    }

    /// The names that several of its options share.
    pub fn repeated(&self, number: u8) -> impl Iterator<Item = &str> {
        self.word(number).into_iter().flat_map(|word| word.repeated.iter().map(String::as_str))
    }

    fn word(&self, number: u8) -> Option<&Word> {
        self.words.get(usize::from(number).wrapping_sub(1))?.as_ref()
    }
}

impl Word {
    fn add(&mut self, name: &str, id: String) {
        if name.is_empty() {
            return;
        }
        if let Some(first) = self.by_name.get(name) {
            let is_another = self.options.get(*first).is_some_and(|(_, first)| *first != id);
            if is_another && !self.repeated.iter().any(|known| known == name) {
                self.repeated.push(name.to_owned());
            }
            return;
        }
        self.by_name.insert(name.to_owned(), self.options.len());
        self.options.push((name.to_owned(), id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_with_outer_white_space_aside() {
        let body = r#"{"search_words":[{"number":3,"name":"役職","options":[
            {"id":"1","name":" 代表取締役　"},{"id":2,"name":"部長"},{"id":"9","name":"部長"},{"id":"3"},{"name":"x"},
            {"id":"4","name":""}]},
            {"number":"1","options":null},{"number":9,"options":[{"id":"1","name":"a"}]}],"more":1}"#;
        let words = SearchWords::parse(body.as_bytes()).unwrap();
        assert_eq!(words.option(3, "代表取締役"), Some("1"));
        assert_eq!(words.option(3, "　部長 "), Some("2"));
        assert_eq!(words.option(3, "課長"), None);
        assert_eq!(words.options(3).collect::<Vec<_>>(), ["代表取締役", "部長"]);
        assert_eq!(words.repeated(3).collect::<Vec<_>>(), ["部長"]);
        assert!(words.has(1) && words.has(3));
        for absent in [0, 2, 5, 6, 9, 255] {
            assert!(!words.has(absent));
            assert_eq!(words.option(absent, "a"), None);
        }
    }

    #[test]
    fn null_among_the_words_and_options_is_skipped() {
        let body = r#"{"search_words":[null,{"number":3,"options":[null,{"id":"1","name":"部長"}]}]}"#;
        let words = SearchWords::parse(body.as_bytes()).unwrap();
        assert_eq!(words.option(3, "部長"), Some("1"));
    }

    #[test]
    fn an_answer_without_search_words_is_no_answer() {
        for body in ["", "{}", "[]", "null", r#"{"search_words":null}"#, r#"{"search_words":[1]}"#] {
            assert!(SearchWords::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
