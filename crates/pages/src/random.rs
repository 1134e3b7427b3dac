//! Names that nobody can guess, and the digests by which they are kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// 256 random bits as 43 characters.
pub(crate) fn random_name() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The digest under which a secret name is kept, so that whoever reads the state cannot enter with it.
pub(crate) fn digest(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(name.as_bytes()))
}

/// Whether two texts are the same, in a time that depends on the length of the second one only: their digests are compared
/// to the last byte, so that neither a common beginning nor the length of the secret shows.
pub(crate) fn equal_in_constant_time(secret: &[u8], given: &[u8]) -> bool {
    let (own, other) = (Sha256::digest(secret), Sha256::digest(given));
    let difference = own.iter().zip(other.iter()).fold(0_u8, |difference, (a, b)| difference | (a ^ b));
    !secret.is_empty() && std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_differ() {
        assert_ne!(random_name().unwrap(), random_name().unwrap());
        assert_eq!(random_name().unwrap().len(), 43);
    }

    #[test]
    fn only_the_same_text_is_equal_and_nothing_equals_no_secret() {
        assert!(equal_in_constant_time(b"secret", b"secret"));
        for given in ["", "s", "secre", "secret ", "Secret", "secretsecret"] {
            assert!(!equal_in_constant_time(b"secret", given.as_bytes()), "{given}");
        }
        assert!(!equal_in_constant_time(b"", b""));
    }
}
