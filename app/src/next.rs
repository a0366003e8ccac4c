//! Where a form or a sign-in may lead: to this site alone.

/// `next` when it is a path of this site, as a page would link to it.
///
/// Browsers read a backslash as a slash and pass over control characters, so `/\evil.test` and
/// `/<tab>/evil.test` lead to another host; both are refused with everything else that is odd.
pub fn same_site(next: &str) -> Option<&str> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    let path = next.strip_prefix('/')?;
    let leads_away = path.starts_with('/') || next.contains(odd);
    (!leads_away && next.is_ascii() && next.len() <= 2000).then_some(next)
}

/// `next` when somebody who is signed in may be sent there: a page, not another sign-in.
pub fn landing(next: &str) -> Option<&str> {
    same_site(next).filter(|path| !path.starts_with("/auth/") && !path.starts_with("/api/"))
}

#[cfg(test)]
mod tests {
    use super::{landing, same_site};

    #[test]
    fn next_never_leads_to_another_site() {
        for good in ["/", "/bots/demo?after=x&q=%2F", "/w/audit#top", "/a//b"] {
            assert_eq!(same_site(good), Some(good));
        }
        let bad = [
            "",
            "bots",
            "//evil.test",
            "/\\evil.test",
            "/\t/evil.test",
            "/\n/evil.test",
            "https://evil.test",
            "javascript:alert(1)",
            "/a b",
            "/\u{202e}",
        ];
        for bad in bad {
            assert_eq!(same_site(bad), None, "{bad:?}");
        }
        assert_eq!(same_site(&format!("/{}", "x".repeat(2000))), None);
        assert_eq!(landing("/bots/demo"), Some("/bots/demo"));
        assert_eq!(landing("/auth/login?next=/"), None);
        assert_eq!(landing("/api/auth/logout"), None);
    }
}
