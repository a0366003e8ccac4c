//! What is in force, as `gannet config` prints it.

use std::fmt;

use super::Origin;

/// One setting as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The variable's name.
    pub name: &'static str,
    /// The value, or a placeholder when it is secret.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// All settings in force; displays as a table, secrets hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(Vec<InForce>);

impl Report {
    pub(super) fn new(lines: Vec<InForce>) -> Self {
        Self(lines)
    }

    /// One line per setting.
    pub fn lines(&self) -> &[InForce] {
        &self.0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |part: fn(&InForce) -> usize| self.0.iter().map(part).max().unwrap_or(0);
        let names = width(|line| line.name.len());
        let values = width(|line| line.value.chars().count());
        for InForce { name, value, origin } in &self.0 {
            writeln!(f, "{name:names$}  {value:values$}  {origin}")?;
        }
        Ok(())
    }
}
