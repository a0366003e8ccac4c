//! Diesel's picture of the tables, drawn from a database.

use std::fmt::Write;

use anyhow::{Result, bail};
use tokio_postgres::Client;

const HEAD: &str = "// Generated from the migrated database; a test compares it. Do not edit.\n";

/// Tables by name, columns in their order, and whether a column is part of the primary key, at which
/// place. Diesel's own table is none of ours.
const COLUMNS: &str = "select c.relname, a.attname, format_type(a.atttypid, null), a.attnotnull,
           array_position(k.conkey, a.attnum)
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> '__diesel_schema_migrations'
    order by c.relname collate \"C\", a.attnum";

struct Table {
    name: String,
    /// Names of the primary key's columns with their places in it.
    key: Vec<(i32, String)>,
    /// Each a line.
    columns: Vec<String>,
}

/// The text of `crates/store/src/schema.rs` for the database behind `client`.
///
/// # Errors
/// When the server does, or when a column has a type that is not known here.
pub async fn render(client: &Client) -> Result<String> {
    let mut tables: Vec<Table> = Vec::new();
    for row in client.query(COLUMNS, &[]).await? {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        if tables.last().is_none_or(|last| last.name != table) {
            tables.push(Table { name: table, key: Vec::new(), columns: Vec::new() });
        }
        let Some(table) = tables.last_mut() else { continue };
        let diesel_type = diesel_type(row.get(2), row.get(3))?;
        table.columns.push(format!("        {column} -> {diesel_type},\n"));
        if let Some(place) = row.get(4) {
            table.key.push((place, column));
        }
    }
    let mut text = HEAD.to_owned();
    for table in &mut tables {
        table.key.sort();
        let key: Vec<&str> = table.key.iter().map(|(_, column)| column.as_str()).collect();
        let (name, key, columns) = (&table.name, key.join(", "), table.columns.concat());
        write!(text, "\ndiesel::table! {{\n    {name} ({key}) {{\n{columns}    }}\n}}\n")?;
    }
    let names: String = tables.iter().map(|table| format!("    {},\n", table.name)).collect();
    write!(text, "\ndiesel::allow_tables_to_appear_in_same_query!(\n{names});\n")?;
    Ok(text)
}

/// What diesel calls a column's type. Elements of an array are never null with us.
fn diesel_type(name: &str, not_null: bool) -> Result<String> {
    let (element, is_array) =
        name.strip_suffix("[]").map_or((name, false), |element| (element, true));
    let plain = match element {
        "bigint" => "Int8",
        "boolean" => "Bool",
        "bytea" => "Bytea",
        "date" => "Date",
        "double precision" => "Float8",
        "integer" => "Int4",
        "json" => "Json",
        "jsonb" => "Jsonb",
        "smallint" => "Int2",
        "text" => "Text",
        "timestamp with time zone" => "Timestamptz",
        "uuid" => "Uuid",
        other => bail!("no diesel type is known for {other}: add it here"),
    };
    let whole = if is_array { format!("Array<{plain}>") } else { plain.to_owned() };
    Ok(if not_null { whole } else { format!("Nullable<{whole}>") })
}

#[cfg(test)]
mod tests {
    use super::diesel_type;

    #[test]
    fn types_are_named_as_diesel_names_them() {
        let cases = [
            ("uuid", true, "Uuid"),
            ("text", false, "Nullable<Text>"),
            ("bigint[]", true, "Array<Int8>"),
            ("text[]", false, "Nullable<Array<Text>>"),
        ];
        for (name, not_null, want) in cases {
            assert_eq!(diesel_type(name, not_null).expect("known"), want);
        }
        assert!(diesel_type("money", true).is_err());
    }
}
