//! A digest of a set of rows, whatever their order.
//!
//! Every row's SHA-256 is added up modulo 2^256, so that the sum is the same in any order and costs no memory. The sum
//! is only compared with our own of yesterday; nobody who could forge rows gains anything from a collision.

use sha2::{Digest, Sha256};

/// The running digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowDigest {
    sum: [u64; 4],
    rows: u64,
}

impl RowDigest {
    /// Adds a row in any unambiguous encoding, given in parts.
    pub fn add<'p>(&mut self, parts: impl IntoIterator<Item = &'p [u8]>) {
        let mut row = Sha256::new();
        for part in parts {
            row.update(part);
        }
        let hash = row.finalize();
        let mut carry = false;
        for (limb, bytes) in self.sum.iter_mut().zip(hash.chunks_exact(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            let (partial, first) = limb.overflowing_add(u64::from_le_bytes(word));
            let (total, second) = partial.overflowing_add(u64::from(carry));
            *limb = total;
            carry = first || second;
        }
        self.rows += 1;
    }

    /// The digest as text: the format's version, the number of rows, 64 hexadecimal digits.
    pub fn text(&self) -> String {
        use std::fmt::Write;
        let mut text = format!("1-{}-", self.rows);
        for limb in self.sum.iter().rev() {
            // Writing into a String cannot fail.
            let _ = write!(text, "{limb:016x}");
        }
        text
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
