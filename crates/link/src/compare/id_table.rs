//! Many IDs in little memory: one text, one offset each, one hash table of positions.
//!
//! A snapshot of 100,000 people holds 200,000 IDs twice over (yesterday and today). As separate strings they would take
//! more than the whole memory that the function is allowed.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::{DefaultHashBuilder, HashTable};

/// A list of distinct IDs in the order of insertion, with a look-up by text.
#[derive(Clone, Debug, Default)]
pub struct IdTable {
    text: String,
    /// Where each ID ends in `text`.
    ends: Vec<u32>,
    positions: HashTable<u32>,
    hasher: DefaultHashBuilder,
    next: Expected,
}

/// The position behind the one that was found last. SmartHR lists people in the same order day by day, so the next one asked
/// for usually stands there: found without a jump through memory.
#[derive(Debug, Default)]
struct Expected(AtomicUsize);

impl Clone for Expected {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl IdTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty table with room for the IDs of another, and some more: nothing moves while it fills.
    pub fn with_room_for(other: &Self) -> Self {
        let room = |len: usize| len + len / 16;
        Self {
            text: String::with_capacity(room(other.text.len())),
            ends: Vec::with_capacity(room(other.ends.len())),
            positions: HashTable::with_capacity(room(other.positions.len())),
            ..Self::default()
        }
    }

    /// How many IDs there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The ID at a position.
    pub fn get(&self, position: usize) -> Option<&str> {
        let end = *self.ends.get(position)? as usize;
        let start = position.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.text.get(start..end)
    }

    /// The position of an ID.
    pub fn position(&self, id: &str) -> Option<usize> {
        // Only a guess that is looked at: its order among threads does not matter.
        let expected = self.next.0.load(Ordering::Relaxed);
        // What was not indexed is empty, and nobody asks for it.
        let found = if !id.is_empty() && self.get(expected) == Some(id) { Some(expected) } else { self.find(id) };
        if let Some(at) = found {
            self.next.0.store(at + 1, Ordering::Relaxed);
        }
        found
    }

    fn find(&self, id: &str) -> Option<usize> {
        let hash = self.hasher.hash_one(id);
        self.positions.find(hash, |&at| self.get(at as usize) == Some(id)).map(|&at| at as usize)
    }

    /// Adds an ID; `Err` holds the position of the same ID if it is there already.
    pub fn insert(&mut self, id: &str) -> Result<usize, usize> {
        if let Some(position) = self.find(id) {
            return Err(position);
        }
        let position = self.ends.len();
        self.push(id);
        let Self { text, ends, positions, hasher, .. } = self;
        let hash = hasher.hash_one(id);
        #[expect(clippy::cast_possible_truncation, reason = "4 GiB of IDs do not fit the function's memory")]
        positions.insert_unique(hash, position as u32, |&at| hasher.hash_one(slice(text, ends, at as usize)));
        Ok(position)
    }

    /// Adds an ID that is not to be found by text, so that the positions of two tables stay in step (an empty one for a
    /// person without a crew id).
    pub fn push_unindexed(&mut self, id: &str) {
        self.push(id);
    }

    /// All IDs in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|position| self.get(position))
    }

    fn push(&mut self, id: &str) {
        self.text.push_str(id);
        #[expect(clippy::cast_possible_truncation, reason = "4 GiB of IDs do not fit the function's memory")]
        self.ends.push(self.text.len() as u32);
    }
}

fn slice<'a>(text: &'a str, ends: &[u32], position: usize) -> &'a str {
    let end = ends.get(position).map_or(0, |end| *end as usize);
    let start = position.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize);
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_map(ids in prop::collection::vec("[a-c]{0,3}", 0..200)) {
            let mut table = IdTable::new();
            let mut model: Vec<String> = Vec::new();
            for id in &ids {
                let expected = model.iter().position(|known| known == id);
                match table.insert(id) {
                    Ok(position) => {
                        prop_assert_eq!(expected, None);
                        prop_assert_eq!(position, model.len());
                        model.push(id.clone());
                    }
                    Err(position) => prop_assert_eq!(expected, Some(position)),
                }
            }
            prop_assert_eq!(table.iter().map(str::to_owned).collect::<Vec<_>>(), model);
        }
    }
}
