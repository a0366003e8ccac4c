//! Rows. On a phone each row is a card of lines.
//!
//! The roles are said explicitly because browsers take them away from a table whose display
//! changes.

use leptos::prelude::*;

/// A column's name, and whether it holds figures.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading, and on a phone the name before the value.
    pub name: &'static str,
    /// Whether it is aligned to the end.
    pub numeric: bool,
}

impl Column {
    /// A column of words.
    pub const fn text(name: &'static str) -> Self {
        Self { name, numeric: false }
    }

    /// A column of figures.
    pub const fn number(name: &'static str) -> Self {
        Self { name, numeric: true }
    }
}

/// A table of [`Row`]s.
#[component]
pub fn Table(
    /// What the rows are, said aloud.
    #[prop(into)]
    caption: String,
    /// The columns, in order.
    columns: &'static [Column],
    /// The rows.
    children: Children,
) -> impl IntoView {
    let heads = columns
        .iter()
        .map(|column| {
            let numeric = column.numeric.then_some("");
            view! {
                <th role="columnheader" scope="col" data-numeric=numeric>
                    {column.name}
                </th>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap">
            <table class="table" role="table" aria-label=caption>
                <thead role="rowgroup">
                    <tr role="row">{heads}</tr>
                </thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </div>
    }
}

/// A row of [`Cell`]s.
#[component]
pub fn Row(
    /// The cells, as many as there are columns.
    children: Children,
) -> impl IntoView {
    view! { <tr role="row">{children()}</tr> }
}

/// One value.
#[component]
pub fn Cell(
    /// Its column.
    column: Column,
    /// What the row is about: on a phone its heading.
    #[prop(optional)]
    lead: bool,
    /// The value; one element at most.
    children: Children,
) -> impl IntoView {
    view! {
        <td
            role="cell"
            data-label=column.name
            data-numeric=column.numeric.then_some("")
            data-lead=lead.then_some("")
        >
            {children()}
        </td>
    }
}

/// A link in the first cell that makes the whole row a target.
#[component]
pub fn RowLink(
    /// Where the row leads.
    #[prop(into)]
    href: String,
    /// What the row is about.
    children: Children,
) -> impl IntoView {
    view! {
        <a class="row-link" href=href>
            {children()}
        </a>
    }
}
