//! A digest of a set of rows, whatever their order.
//!
//! Every row's XXH3 hash of 128 bits is added up modulo 2^128, so that the sum is the same in any order and costs no memory.
//! The sum is only compared with our own of yesterday, to see whether anything changed; nobody who could forge rows gains
//! anything from a collision.

use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The running digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowDigest {
    sum: u128,
    rows: u64,
}

impl RowDigest {
    /// Adds a row in any unambiguous encoding, given in parts.
    pub fn add<'p>(&mut self, parts: impl IntoIterator<Item = &'p [u8]>) {
        // Each part is hashed with the hash of those before it: no two rows are the same by where their parts end.
        #[expect(clippy::cast_possible_truncation, reason = "a seed is half a hash")]
        let hash = parts.into_iter().fold(0, |before: u128, part| xxh3_128_with_seed(part, before as u64));
        self.sum = self.sum.wrapping_add(hash);
        self.rows += 1;
    }

    /// The digest as text: the format's version, the number of rows, 32 hexadecimal digits.
    pub fn text(&self) -> String {
        format!("2-{}-{:032x}", self.rows, self.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(rows: &[Vec<u8>]) -> String {
        let mut digest = RowDigest::default();
        for row in rows {
            digest.add([row.as_slice()]);
        }
        digest.text()
    }

    proptest! {
        #[test]
        fn order_does_not_matter(mut rows in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..20)) {
            let forward = of(&rows);
            rows.reverse();
            prop_assert_eq!(forward, of(&rows));
        }

        #[test]
        fn one_changed_row_changes_it(rows in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..20)) {
            let mut changed = rows.clone();
            changed[0].push(1);
            prop_assert_ne!(of(&rows), of(&changed));
        }
    }
}
