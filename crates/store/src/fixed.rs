//! SQL whose text never changes, prepared once for each connection.
//!
//! [`diesel::sql_query`] has its text parsed, looked through and planned each time, and asks for that in a
//! round trip of its own: what is asked thousands of times a second spends most of its time there. A fixed
//! statement keeps what the server made of it.
//!
//! Not for statements that should be planned anew for each set of parameters: PostgreSQL goes over to one
//! plan for all once that looks no dearer.

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement that is the same text each time.
#[must_use = "nothing is asked before it is executed or loaded"]
pub(crate) struct Fixed<Q>(Q);

/// For statements, once they have their parameters.
pub(crate) trait FixedText: Sized {
    /// Says that the text is the same each time: each connection keeps what was prepared for it, for good.
    fn fixed(self) -> Fixed<Self> {
        Fixed(self)
    }
}

impl<Q: QueryFragment<Pg>> FixedText for Q {}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Fixed<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q: Query> Query for Fixed<Q> {
    type SqlType = Q::SqlType;
}

/// Found again by its text.
impl<Q> QueryId for Fixed<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}
