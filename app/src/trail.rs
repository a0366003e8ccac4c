//! The way back through a list that is only read forwards.
//!
//! The page's key travels as `after`, the keys of the pages before it as `trail`, the oldest first.
//! Whoever goes deeper than [`LONGEST`] pages gets back by First.

use crate::paths;

/// Most keys that are remembered; an address stays far below what servers take.
const LONGEST: usize = 20;

/// Links of a pager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    /// The list from its start; none on the first page.
    pub first: Option<String>,
    /// The page before; none on the first page.
    pub back: Option<String>,
    /// The page after; none on the last page.
    pub next: Option<String>,
}

/// The links of the page `after` of the list at `path` narrowed by `filter`, reached by `trail`.
pub(crate) fn links(
    path: &str,
    filter: &[(&str, &str)],
    after: &str,
    trail: &str,
    next: Option<&str>,
) -> Links {
    let known: Vec<&str> = trail.split(' ').filter(|key| !key.is_empty()).collect();
    let address = |after: &str, trail: &[&str]| {
        let cut = &trail[trail.len().saturating_sub(LONGEST)..];
        let trail = cut.join(" ");
        let pairs: Vec<_> =
            filter.iter().copied().chain([("after", after), ("trail", trail.as_str())]).collect();
        paths::query(path, &pairs)
    };
    let is_first = after.is_empty();
    let here: Vec<&str> = known.iter().copied().chain((!is_first).then_some(after)).collect();
    Links {
        first: (!is_first).then(|| address("", &[])),
        back: (!is_first).then(|| match known.split_last() {
            Some((last, before)) => address(last, before),
            None => address("", &[]),
        }),
        next: next.map(|next| address(next, &here)),
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, links};

    #[test]
    fn next_and_back_lead_through_the_same_pages() {
        let filter = [("q", "a b")];
        let first = links("/l", &filter, "", "", Some("k1"));
        assert_eq!((first.first, first.back), (None, None));
        assert_eq!(first.next.as_deref(), Some("/l?q=a%20b&after=k1"));

        let second = links("/l", &filter, "k1", "", Some("k2"));
        assert_eq!(second.back.as_deref(), Some("/l?q=a%20b"));
        assert_eq!(second.next.as_deref(), Some("/l?q=a%20b&after=k2&trail=k1"));

        let third = links("/l", &filter, "k2", "k1", None);
        assert_eq!(third.back.as_deref(), Some("/l?q=a%20b&after=k1"));
        assert_eq!((third.first.as_deref(), third.next), (Some("/l?q=a%20b"), None));
    }

    #[test]
    fn a_long_way_is_forgotten_from_its_start() {
        let trail = (0..LONGEST).map(|n| format!("k{n}")).collect::<Vec<_>>().join(" ");
        let next = links("/l", &[], "here", &trail, Some("n")).next.expect("there is a next page");
        assert!(!next.contains("k0%20") && next.ends_with("here"), "{next}");
    }
}
