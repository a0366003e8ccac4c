//! What our mails say.
//!
//! Each is a [`Letter`]: a few blocks that one layout turns into plain text and into HTML for light
//! and dark mailboxes. Nothing a stranger typed goes into a mail to an address nobody has proved yet:
//! a name field would otherwise carry their advertising to anybody.
//!
//! One piece: each letter is a few lines of words, and the layout and the list of samples need them all.

use std::fmt::Write;

use domain::billing::{notice::Kind, usage::Meter};

mod approval;
mod billing;
mod broadcast;
mod second_factor;
mod workspaces;

pub use approval::*;
pub use billing::*;
pub use broadcast::*;
pub use second_factor::*;
pub use workspaces::*;

/// One mail's words.
#[derive(Clone, Debug)]
pub struct Letter {
    /// One line; stored readable, so it holds nothing secret.
    pub subject: &'static str,
    heading: &'static str,
    blocks: Vec<Block>,
    footer: String,
}

#[derive(Clone, Debug)]
enum Block {
    Text(&'static str),
    Code(String),
    Link { label: &'static str, url: String },
    Facts([(&'static str, String); 3]),
}

/// When, with what and from where something was done, in words of ours.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `25 November 2026, 22:16 UTC`.
    pub at: String,
    /// `Firefox on Linux`.
    pub browser: String,
    /// An IP address.
    pub from: String,
}

impl Seen {
    fn block(&self) -> Block {
        Block::Facts([
            ("When", self.at.clone()),
            ("Browser", self.browser.clone()),
            ("Address", self.from.clone()),
        ])
    }
}

/// The code that proves an address. `base_url` has no slash at its end.
pub fn verify(base_url: &str, code: &str) -> Letter {
    Letter {
        subject: "Your Gannet code",
        heading: "Confirm your address",
        blocks: vec![
            Block::Text("Enter this code on the page where you signed up:"),
            Block::Code(code.to_owned()),
            Block::Text(
                "It lasts 15 minutes and works once. When you ask for another, this one ends.",
            ),
            Block::Link { label: "Open the page", url: format!("{base_url}/auth/verify") },
        ],
        footer: format!(
            "Somebody entered this address to sign up at {base_url}. If it was not you, ignore this mail: \
             without the code nothing happens. Do not give the code to anybody; we never ask for it."
        ),
    }
}

/// For somebody who signs up with an address that has an account.
pub fn already_registered(base_url: &str) -> Letter {
    Letter {
        subject: "You already have a Gannet account",
        heading: "You already have an account",
        blocks: vec![
            Block::Text(
                "Somebody tried to sign up with this address, which has an account already. Nothing has \
                 changed; sign in with the password you have.",
            ),
            Block::Link { label: "Sign in", url: format!("{base_url}/auth/login") },
        ],
        footer: format!(
            "This concerns your account at {base_url}. If you did not try to sign up, you need not do anything: \
             whoever did has learned nothing."
        ),
    }
}

/// For somebody who may sign up where strangers may not. The token lasts a week.
pub fn invitation(base_url: &str, token: &str, address: &str) -> Letter {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", address)
        .append_pair("invitation", token)
        .finish();
    Letter {
        subject: "You are invited to Gannet",
        heading: "You are invited",
        blocks: vec![
            Block::Text(
                "You may create an account, with this address and within a week. Gannet connects a Telegram bot, \
                 gathers its subscribers, and sends them your messages.",
            ),
            Block::Link {
                label: "Create your account",
                url: format!("{base_url}/auth/register?{query}"),
            },
        ],
        footer: format!(
            "Somebody who looks after {base_url} invited this address. If you do not want an account, ignore \
             this mail: nothing happens then."
        ),
    }
}

/// For somebody who may join a workspace. Whose it is and who invites is said on the page: names that
/// people choose go to nobody's mailbox unasked.
pub fn team_invitation(base_url: &str, url: &str) -> Letter {
    Letter {
        subject: "You are invited to a team on Gannet",
        heading: "You are invited to a team",
        blocks: vec![
            Block::Text(
                "Somebody wants you to work on their Telegram bots with them. The page says whose they are, and as \
                 what you would join.",
            ),
            Block::Link { label: "Look at the invitation", url: url.to_owned() },
            Block::Text("It lasts a week and works once, with an account of this address."),
        ],
        footer: format!(
            "Somebody entered this address at {base_url}. If you do not know why, ignore this mail: nothing \
             happens then."
        ),
    }
}

/// The link that sets a new password.
pub fn reset(base_url: &str, token: &str) -> Letter {
    Letter {
        subject: "Set a new Gannet password",
        heading: "Set a new password",
        blocks: vec![
            Block::Text("Open this link and choose a password:"),
            Block::Link {
                label: "Set a new password",
                url: format!("{base_url}/auth/reset-password?token={token}"),
            },
            Block::Text(
                "It lasts 60 minutes and works once. When you have used one, all others end.",
            ),
        ],
        footer: format!(
            "Somebody asked for this link at {base_url}. If it was not you, ignore this mail: your password \
             stays as it is. Do not give the link to anybody; we never ask for it."
        ),
    }
}

/// After a link has set a new password.
pub fn password_reset(base_url: &str, seen: &Seen) -> Letter {
    Letter {
        subject: "Your Gannet password was reset",
        heading: "Your password was reset",
        blocks: vec![
            Block::Text(
                "A link from your mailbox has set a new password for your account. Everybody who was signed \
                 in has been signed out.",
            ),
            seen.block(),
            Block::Link { label: "Sign in", url: format!("{base_url}/auth/login") },
            Block::Text(
                "If it was not you, somebody reads your mail: change the password of your mailbox first, then \
                 ask for a new link here.",
            ),
            Block::Link {
                label: "Ask for a link",
                url: format!("{base_url}/auth/forgot-password"),
            },
        ],
        footer: concerns(base_url),
    }
}

/// After a sign-in with a browser in which the person had never signed in.
pub fn new_device(base_url: &str, seen: &Seen) -> Letter {
    notice(
        base_url,
        "New sign-in to your Gannet account",
        "Somebody signed in with a new browser",
        "Your password was used in a browser in which you had not signed in before.",
        seen,
        "If it was you, there is nothing to do. If not, change your password now: everybody else is signed out \
         then.",
        ("Change the password", "/account/password"),
    )
}

/// After the password was changed by whoever knew it.
pub fn password_changed(base_url: &str, seen: &Seen) -> Letter {
    notice(
        base_url,
        "Your Gannet password was changed",
        "Your password was changed",
        "All other browsers have been signed out.",
        seen,
        "If it was not you, set a new one at once with a link to this mailbox.",
        ("Ask for a link", "/auth/forgot-password"),
    )
}

/// To the address in force, when another one was asked for.
pub fn address_asked(base_url: &str, seen: &Seen) -> Letter {
    notice(
        base_url,
        "A new address for your Gannet account",
        "Your account is to have another address",
        "Somebody who knows your password asked for it. It takes effect when a code proves the new address; until \
         then mail comes here.",
        seen,
        "If it was not you, change your password now, before the other address takes effect.",
        ("Change the password", "/account/password"),
    )
}

/// To the old address and to the new one.
pub fn address_changed(base_url: &str, seen: &Seen) -> Letter {
    notice(
        base_url,
        "The address of your Gannet account was changed",
        "Your account has another address",
        "From now on you sign in with the new address, and mail goes there alone. Links that were sent before are \
         void.",
        seen,
        "If it was not you, change your password if you still can, and write to whoever runs this server: they can \
         look at what happened.",
        ("Look at what happened", "/account/sessions"),
    )
}

/// When an account was closed.
pub fn closing(base_url: &str, seen: &Seen) -> Letter {
    notice(
        base_url,
        "Your Gannet account is closing",
        "Your account goes in 30 days",
        "You are signed out everywhere, and the bots of workspaces that nobody else owns are disconnected. In 30 days \
         the account goes for good, with those workspaces and everything in them.",
        seen,
        "If it was not you, or you change your mind: signing in before then keeps everything that is still there.",
        ("Sign in and keep it", "/auth/login"),
    )
}

/// When the person who runs the server has made a link that sets a new password.
pub fn reset_by_operator(base_url: &str) -> Letter {
    Letter {
        subject: "A link for a new Gannet password",
        heading: "A link for a new password was made for you",
        blocks: vec![
            Block::Text(
                "Whoever runs this server made a link that sets a new password for your account, and gives it to \
                 you themselves. It lasts 60 minutes and works once. You have been signed out everywhere.",
            ),
            Block::Text("If you did not ask them for it, ask them why."),
        ],
        footer: concerns(base_url),
    }
}

/// For whoever asked for an export.
pub fn export_ready(base_url: &str) -> Letter {
    Letter {
        subject: "Your Gannet export is ready",
        heading: "Your export is ready",
        blocks: vec![
            Block::Text(
                "The files that you asked for can be fetched for a week, by the owners of the workspace. They hold \
                 the names of your subscribers and members: keep them where you would keep a list of customers.",
            ),
            Block::Link { label: "Fetch the files", url: format!("{base_url}/w/export") },
        ],
        footer: concerns(base_url),
    }
}

/// For a member whom an admin of a workspace has signed out.
pub fn signed_out_by_admin(base_url: &str) -> Letter {
    Letter {
        subject: "You were signed out of Gannet",
        heading: "An admin signed you out everywhere",
        blocks: vec![
            Block::Text(
                "Somebody who looks after a workspace of yours ended all your sessions. You can sign in again with \
                 your password; what you may do is as it was.",
            ),
            Block::Text(
                "If one of your devices was lost, change your password as well, and ask them if you do not know why.",
            ),
            Block::Link { label: "Sign in", url: format!("{base_url}/auth/login") },
        ],
        footer: concerns(base_url),
    }
}

/// The code that proves the address which an account is to have.
pub fn address_code(base_url: &str, code: &str) -> Letter {
    Letter {
        subject: "Your Gannet code",
        heading: "Confirm your new address",
        blocks: vec![
            Block::Text("Enter this code on the page of your account:"),
            Block::Code(code.to_owned()),
            Block::Text(
                "It lasts 15 minutes and works once. When you ask for another, this one ends.",
            ),
            Block::Link { label: "Open the page", url: format!("{base_url}/account/address") },
        ],
        footer: format!(
            "Somebody with an account at {base_url} wants to use this address for it. If it was not you, ignore this \
             mail: without the code nothing happens. Do not give the code to anybody; we never ask for it."
        ),
    }
}

/// For somebody whose address another account was to have.
pub fn address_taken(base_url: &str) -> Letter {
    Letter {
        subject: "You already have a Gannet account",
        heading: "You already have an account",
        blocks: vec![
            Block::Text(
                "Somebody wanted to use this address for another account, but it has one already. Nothing has \
                 changed.",
            ),
            Block::Link { label: "Sign in", url: format!("{base_url}/auth/login") },
        ],
        footer: format!(
            "This concerns your account at {base_url}. If it was not you, you need not do anything: whoever did has \
             learned nothing."
        ),
    }
}

/// Every letter there is by a name, with samples in it.
pub fn samples(base_url: &str) -> Vec<(&'static str, Letter)> {
    let seen = Seen {
        at: "25 November 2026, 22:16 UTC".into(),
        browser: "Firefox on Linux".into(),
        from: "192.0.2.7".into(),
    };
    let matter = |who| Matter {
        url: format!("{base_url}/bots/acme_shop_bot/broadcasts/sample/confirm"),
        bot: "@acme_shop_bot".into(),
        audience: 12_345,
        who,
    };
    let asked = matter(("Asked by", "Ann Lee".into()));
    let (approved, refused) =
        (matter(("Approved by", "Bo".into())), matter(("Refused by", "Bo".into())));
    let stopped = Stopped {
        url: format!("{base_url}/bots/acme_shop_bot/broadcasts/sample"),
        bot: "@acme_shop_bot".into(),
        reached: 1_200,
        total: 12_345,
        why: "83 of the last 200 people have blocked the bot or deleted their account".into(),
    };
    vec![
        ("verify", verify(base_url, "012345")),
        ("already-registered", already_registered(base_url)),
        ("invitation", invitation(base_url, "sample", "ann@example.org")),
        ("team-invitation", team_invitation(base_url, &format!("{base_url}/join?token=sample"))),
        (
            "plan-full",
            plan_notice(
                Kind::Full,
                &format!("{base_url}/account/subscription"),
                "Acme",
                "Free",
                None,
                Some((Meter::Messages, 10_000, Some(10_000))),
            ),
        ),
        (
            "plan-past-due",
            plan_notice(
                Kind::PastDue,
                &format!("{base_url}/account/subscription"),
                "Acme",
                "Team",
                Some("9 December 2026 (UTC)".into()),
                None,
            ),
        ),
        ("reset", reset(base_url, "sample")),
        ("password-reset", password_reset(base_url, &seen)),
        ("reset-by-operator", reset_by_operator(base_url)),
        ("export-ready", export_ready(base_url)),
        ("signed-out-by-admin", signed_out_by_admin(base_url)),
        ("new-device", new_device(base_url, &seen)),
        ("password-changed", password_changed(base_url, &seen)),
        ("address-code", address_code(base_url, "012345")),
        ("address-taken", address_taken(base_url)),
        ("address-asked", address_asked(base_url, &seen)),
        ("address-changed", address_changed(base_url, &seen)),
        ("closing", closing(base_url, &seen)),
        ("approval-asked", approval_asked(base_url, &asked)),
        ("approval-given", approval_given(base_url, &approved)),
        ("approval-refused", approval_refused(base_url, &refused)),
        ("broadcast-stopped", broadcast_stopped(base_url, &stopped)),
        ("workspace-closing", workspace_closing(base_url, "Acme", "26 December 2026", "Ann Lee")),
        ("workspace-loses-owner", workspace_loses_owner(base_url, "Acme", "26 December 2026")),
        ("workspace-given", workspace_given(base_url, "Acme")),
        ("workspace-has-owner", workspace_has_owner(base_url, "Acme", "Bob Roe")),
        ("second-factor-on", second_factor_on(base_url)),
        ("second-factor-off", second_factor_off(base_url)),
        ("second-factor-reset", second_factor_reset(base_url)),
        ("backup-codes-renewed", backup_codes_renewed(base_url)),
        ("backup-code-used", backup_code_used(base_url, 3)),
    ]
}

/// Something was done to an account: what it means, when and from where, and what to do if it was
/// somebody else.
fn notice(
    base_url: &str,
    subject: &'static str,
    heading: &'static str,
    what: &'static str,
    seen: &Seen,
    otherwise: &'static str,
    (label, path): (&'static str, &str),
) -> Letter {
    Letter {
        subject,
        heading,
        blocks: vec![
            Block::Text(what),
            seen.block(),
            Block::Text(otherwise),
            Block::Link { label, url: format!("{base_url}{path}") },
        ],
        footer: concerns(base_url),
    }
}

fn concerns(base_url: &str) -> String {
    format!("This concerns your account at {base_url}.")
}

impl Letter {
    /// The mail as plain text.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", self.heading);
        for block in &self.blocks {
            let written = match block {
                Block::Text(text) => write!(out, "\n{text}\n"),
                Block::Code(code) => write!(out, "\n    {code}\n"),
                Block::Link { label, url } => write!(out, "\n{label}: {url}\n"),
                Block::Facts(facts) => {
                    let line = |(name, value): &(&str, String)| format!("\n    {name}: {value}");
                    writeln!(out, "{}", facts.iter().map(line).collect::<String>())
                }
            };
            written.expect("a String takes all text");
        }
        out + "\n-- \n" + &self.footer + "\n"
    }

    /// The mail as HTML: one column, no picture, nothing fetched from anywhere.
    pub fn html(&self) -> String {
        let mut body = String::new();
        for block in &self.blocks {
            let written = match block {
                Block::Text(text) => writeln!(body, "<p>{}</p>", escape(text)),
                Block::Code(code) => writeln!(body, "<p class=\"code\">{}</p>", escape(code)),
                Block::Link { label, url } => {
                    let (label, url) = (escape(label), escape(url));
                    writeln!(body, r#"<p><a class="button" href="{url}">{label}</a></p>"#)
                }
                Block::Facts(facts) => {
                    let line = |(name, value): &(&str, String)| {
                        format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value))
                    };
                    let lines: String = facts.iter().map(line).collect();
                    writeln!(body, "<dl>{lines}</dl>")
                }
            };
            written.expect("a String takes all text");
        }
        layout(self.subject, self.heading, &body, &self.footer)
    }
}

/// The frame all mails share. Mailboxes that know neither `color-scheme` nor media queries show the
/// light one.
fn layout(subject: &str, heading: &str, body: &str, footer: &str) -> String {
    let (subject, heading, footer) = (escape(subject), escape(heading), escape(footer));
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{subject}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; padding: 24px 12px; background: #f3f5f7; color: #1b2530;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }}
main {{ max-width: 480px; margin: 0 auto; padding: 24px; background: #ffffff; border-radius: 12px; }}
h1 {{ margin: 0 0 16px; font-size: 20px; line-height: 1.3; }}
p {{ margin: 0 0 16px; }}
.code {{ padding: 12px; background: #eaeef2; border-radius: 8px; text-align: center;
  font: 700 28px/1.2 ui-monospace, Menlo, Consolas, monospace; letter-spacing: 6px; }}
dl {{ margin: 0 0 16px; padding: 12px; background: #eaeef2; border-radius: 8px; }}
dt {{ color: #56636f; font-size: 13px; }}
dd {{ margin: 0 0 8px; overflow-wrap: anywhere; }}
.button {{ display: inline-block; padding: 12px 20px; background: #15608f; color: #ffffff;
  border-radius: 8px; font-weight: 600; text-decoration: none; }}
footer {{ max-width: 480px; margin: 16px auto 0; padding: 0 24px; color: #56636f; font-size: 13px; }}
footer p {{ overflow-wrap: anywhere; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #11171d; color: #e6ebf0; }}
  main {{ background: #1b232b; }}
  .code, dl {{ background: #2a343e; }}
  dt {{ color: #9fadba; }}
  .button {{ background: #7cc0ec; color: #0c1a25; }}
  footer {{ color: #9fadba; }}
}}
</style>
</head>
<body>
<main>
<h1>{heading}</h1>
{body}</main>
<footer><p>{footer}</p></footer>
</body>
</html>
"#
    )
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://gannet.example";

    #[test]
    fn the_code_stands_alone_on_a_line_and_never_in_the_subject() {
        let letter = verify(BASE, "012345");
        assert!(letter.text().lines().any(|line| line.trim() == "012345"));
        assert!(letter.html().contains(">012345<"));
        assert!(!letter.subject.contains("012345"));
    }

    #[test]
    fn text_and_html_say_the_same_and_lead_to_the_configured_host_alone() {
        for (_, letter) in samples(BASE) {
            let (text, html) = (letter.text(), letter.html());
            for block in &letter.blocks {
                let (Block::Text(words) | Block::Link { label: words, .. }) = block else {
                    continue;
                };
                assert!(text.contains(words) && html.contains(&escape(words)), "{words}");
            }
            for page in [&text, &html] {
                let urls = page.match_indices("http").count();
                assert_eq!(urls, page.matches(BASE).count(), "{page}");
            }
            assert!(!html.contains("src=") && !html.contains("url(") && !html.contains("<script"));
        }
    }

    #[test]
    fn mails_can_be_read_on_dark_ground() {
        let html = already_registered(BASE).html();
        assert!(
            html.contains("prefers-color-scheme: dark")
                && html.contains("color-scheme: light dark")
        );
    }

    #[test]
    fn markup_in_a_value_stays_text() {
        assert_eq!(escape("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
        assert!(!verify("https://a.example/\"><b>", "1").html().contains("<b>"));
    }
}
