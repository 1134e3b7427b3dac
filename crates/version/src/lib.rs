//! Which build this is. Only programs depend on this crate and hand the text on: a commit then rebuilds them and no library,
//! and the libraries' tests do not depend on the commit they run at.

/// The release, and the commit where it is known: `0.2.0+g1a2b3c4`, or `0.2.0` from a source archive without `.git`.
///
/// ```
/// assert!(version::BUILD.starts_with(env!("CARGO_PKG_VERSION")));
/// ```
pub const BUILD: &str = env!("EMC_LINK_BUILD");

#[cfg(test)]
mod tests {
    use super::BUILD;

    #[test]
    fn it_is_the_release_with_seven_digits_of_the_commit_or_none() {
        let (release, commit) =
            BUILD.split_once("+g").map_or((BUILD, None), |(release, commit)| (release, Some(commit)));
        assert_eq!(release, env!("CARGO_PKG_VERSION"));
        if let Some(commit) = commit {
            assert_eq!(commit.len(), 7, "{BUILD}");
            assert!(commit.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "{BUILD}");
        }
    }
}
