//! Lists that are read a page at a time, by key and never by number.

/// Most rows a page can have.
pub const MAX_ROWS: usize = 200;

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub rows: Vec<T>,
    /// Where the next page begins: goes into `?after=`. None on the last page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page with each row turned into something else.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(row).collect(), next: self.next }
    }
}
