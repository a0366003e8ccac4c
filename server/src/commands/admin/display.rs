//! Accounts as people read them on a terminal.

use std::fmt::Write;

use domain::{Timestamp, email::Email};
use services::admin::{Account, Belonging, Listed, Verified};

/// Between two columns.
const GAP: &str = "  ";

/// A table with a line for each account, and how to go on.
pub(super) fn list(page: &Listed) -> String {
    if page.users.is_empty() {
        return "No accounts to show.\n".to_owned();
    }
    let head = ["ADDRESS", "NAME", "VERIFIED", "LAST SIGN-IN", "CREATED (UTC)", "WORKSPACES"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(page.users.iter().map(row));
    let mut text = table(&rows);
    if let Some(next) = &page.next {
        let _ = writeln!(text, "\nThere are more: gannet admin user list --after {next}");
    }
    text
}

/// Everything about one account, a line for each fact.
pub(super) fn account(account: &Account) -> String {
    let verified = match account.verified_at {
        Some(at) => moment(at) + " UTC",
        None => "not yet, and no sign-in before".to_owned(),
    };
    let signed_in = account.signed_in_at.map_or("never".to_owned(), |at| moment(at) + " UTC");
    let facts = [
        ("Address", account.address.clone()),
        ("Name", account.name.clone()),
        ("Created", moment(account.created_at) + " UTC"),
        ("Verified", verified),
        ("Last sign-in", signed_in),
        ("Workspaces", workspaces(&account.workspaces)),
    ];
    let mut text = table(&facts.map(|(name, value)| [name.to_owned(), value]));
    if account.verified_at.is_none() {
        let _ = writeln!(
            text,
            "\nIf the mail with the code does not arrive: gannet admin user verify {}",
            account.address
        );
    }
    text
}

/// What has changed.
pub(super) fn verified(email: &Email, verified: &Verified) -> String {
    let address = email.as_str();
    match verified {
        Verified::Now { workspace } => format!(
            "{address} is verified and can sign in; the workspace “{workspace}” was made.\n"
        ),
        Verified::Before => format!("{address} was verified before; nothing was changed.\n"),
    }
}

/// What to do with the link.
pub(super) fn reset(email: &Email, link: &str) -> String {
    format!(
        "{link}\n\nIt sets a new password for {}, once, within 60 minutes. Give it to nobody else.\n",
        email.as_str()
    )
}

/// What has become of a second factor.
pub(super) fn second_factor_reset(email: &Email, changed: bool) -> String {
    let address = email.as_str();
    match changed {
        true => format!(
            "{address} has no second factor any more and is signed out everywhere; a mail tells them.\n"
        ),
        false => format!("{address} had no second factor; nothing was changed.\n"),
    }
}

fn row(account: &Account) -> [String; 6] {
    let verified = if account.verified_at.is_some() { "yes" } else { "no" };
    [
        account.address.clone(),
        account.name.clone(),
        verified.to_owned(),
        account.signed_in_at.map_or("never".to_owned(), moment),
        moment(account.created_at),
        workspaces(&account.workspaces),
    ]
}

fn workspaces(all: &[Belonging]) -> String {
    let one = |place: &Belonging| format!("{} ({})", place.name, place.role);
    match all {
        [] => "none".to_owned(),
        all => all.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Columns as wide as their widest cell; the last one as long as it is.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let is_last = column + 1 == N;
            let width = if is_last { 0 } else { widths[column] };
            let _ = write!(text, "{cell:width$}{}", if is_last { "\n" } else { GAP });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use domain::{ids::WorkspaceId, rights::Role};
    use uuid::Uuid;

    use super::*;

    fn person(address: &str, verified: bool) -> Account {
        let at = "2026-11-21T08:30:15Z".parse().expect("a moment");
        let place = Belonging {
            id: WorkspaceId::from(Uuid::nil()),
            name: "Acme".into(),
            role: Role::Owner,
        };
        Account {
            address: address.to_owned(),
            name: "Zoë".into(),
            verified_at: verified.then_some(at),
            signed_in_at: verified.then_some(at),
            created_at: at,
            workspaces: if verified { vec![place] } else { Vec::new() },
        }
    }

    #[test]
    fn a_list_is_a_table_that_says_how_to_go_on() {
        let users = vec![person("ann@example.org", true), person("b@example.org", false)];
        let text = list(&Listed { users, next: Some("b@example.org".into()) });
        assert_eq!(
            text,
            "ADDRESS          NAME  VERIFIED  LAST SIGN-IN      CREATED (UTC)     WORKSPACES\n\
             ann@example.org  Zoë   yes       2026-11-21 08:30  2026-11-21 08:30  Acme (owner)\n\
             b@example.org    Zoë   no        never             2026-11-21 08:30  none\n\
             \n\
             There are more: gannet admin user list --after b@example.org\n"
        );
        let last = list(&Listed { users: vec![person("ann@example.org", true)], next: None });
        assert!(!last.contains("more"), "{last}");
    }

    #[test]
    fn whoever_waits_for_a_mail_can_be_helped() {
        let waiting = account(&person("b@example.org", false));
        assert!(waiting.contains("Verified      not yet"), "{waiting}");
        assert!(waiting.ends_with("gannet admin user verify b@example.org\n"), "{waiting}");
        let known = account(&person("ann@example.org", true));
        assert!(known.contains("Verified      2026-11-21 08:30 UTC\n"), "{known}");
        assert!(known.ends_with("Workspaces    Acme (owner)\n"), "{known}");
    }
}
