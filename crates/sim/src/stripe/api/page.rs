//! Pages of lists: <https://docs.stripe.com/api/pagination>.

use serde_json::{Value, json};

use super::{
    super::{
        fields::Fields,
        refusal::{Answer, Refusal},
    },
    Call,
};

/// Rows of a page unless another number is asked for.
const ROWS: i64 = 10;

impl Call<'_> {
    /// A page of all objects of a kind that `which` finds, latest first.
    pub fn list(&self, kind: &str, which: impl Fn(&Value) -> bool) -> Answer {
        let created = self.params.get("created");
        let found: Vec<_> = self
            .state
            .all(kind)
            .rev()
            .filter(|object| self.is_of_mode(object) && within(created, object.int("created")))
            .filter(|object| which(object))
            .collect();
        let limit = self.params.number("limit").unwrap_or(ROWS);
        let limit = usize::try_from(limit).unwrap_or_default();
        let place = |param: &str| match self.params.opt(param) {
            None => Ok(None),
            Some(id) => {
                let at = found.iter().position(|object| object.text("id") == id);
                at.map(Some).ok_or_else(|| Refusal::no_such(kind, id, Some(param), None))
            }
        };
        let (after, before) = (place("starting_after")?, place("ending_before")?);
        let (rows, more) = match (after, before) {
            (Some(_), Some(_)) => {
                return Err(Refusal::exclusive(&["starting_after", "ending_before"]));
            }
            (_, Some(before)) => (&found[before.saturating_sub(limit)..before], before > limit),
            (after, None) => {
                let start = after.map_or(0, |at| at + 1);
                let end = (start + limit).min(found.len());
                (&found[start..end], end < found.len())
            }
        };
        let rows: Vec<_> = rows.iter().map(|row| self.state.shown(row.text("id"))).collect();
        Ok(json!({"object": "list", "data": rows, "has_more": more, "url": self.path}))
    }

    fn is_of_mode(&self, object: &Value) -> bool {
        super::super::state::livemode_of(object) == self.livemode
    }

    /// Whether a parameter is absent, or the field of the same name is equal to it.
    pub fn asks(&self, param: &str, object: &Value) -> bool {
        self.params.get(param).is_none_or(|wanted| object[param] == *wanted)
    }
}

/// Whether a time is at, or within the bounds of, what was asked for.
pub(super) fn within(range: Option<&Value>, at: i64) -> bool {
    match range {
        None => true,
        Some(Value::Object(bounds)) => {
            let bound = |name: &str| bounds.number(name);
            bound("gt").is_none_or(|low| at > low)
                && bound("gte").is_none_or(|low| at >= low)
                && bound("lt").is_none_or(|high| at < high)
                && bound("lte").is_none_or(|high| at <= high)
        }
        Some(exact) => exact.as_i64() == Some(at),
    }
}
