//! Letters about the second factor.

use super::{Block, Letter};

/// It is on from now on.
pub fn second_factor_on(base_url: &str) -> Letter {
    changed(
        base_url,
        "Two-step sign-in is on",
        "From now on we ask for a code of your authenticator app after your password. All other browsers \
         were signed out. Keep the backup codes where you find them without your phone.",
    )
}

/// Its owner has removed it.
pub fn second_factor_off(base_url: &str) -> Letter {
    changed(
        base_url,
        "Two-step sign-in is off",
        "From now on your password alone lets you in. The backup codes are void, and you can delete the \
         entry in your authenticator app.",
    )
}

/// The person who runs the server has removed it.
pub fn second_factor_reset(base_url: &str) -> Letter {
    changed(
        base_url,
        "Two-step sign-in was reset",
        "The person who runs this Gannet has removed the second factor of your account and signed you out \
         everywhere. Sign in with your password, and set it up anew. If you did not ask for that, talk to them.",
    )
}

/// A new set took the place of the old.
pub fn backup_codes_renewed(base_url: &str) -> Letter {
    changed(
        base_url,
        "You have new backup codes",
        "Eight new backup codes were made for your account. The old ones are void; throw them away.",
    )
}

/// One was used, and `left` are.
pub fn backup_code_used(base_url: &str, left: usize) -> Letter {
    const LEFT: [&str; 8] = [
        "It was the last one. Make new ones now, before you need another.",
        "One is left. Make new ones now.",
        "2 of 8 are left. It is time to make new ones.",
        "3 of 8 are left.",
        "4 of 8 are left.",
        "5 of 8 are left.",
        "6 of 8 are left.",
        "7 of 8 are left.",
    ];
    let mut letter = changed(
        base_url,
        "A backup code was used",
        "A backup code was used in the place of a code of your authenticator app. It does not work again.",
    );
    letter.blocks.insert(1, Block::Text(LEFT[left.min(LEFT.len() - 1)]));
    letter
}

fn changed(base_url: &str, what: &'static str, words: &'static str) -> Letter {
    Letter {
        subject: what,
        heading: what,
        blocks: vec![
            Block::Text(words),
            Block::Text(
                "If it was not you, change your password at once and look where you are signed in.",
            ),
            Block::Link {
                label: "Look at two-step sign-in",
                url: format!("{base_url}/account/two-factor"),
            },
        ],
        footer: format!(
            "This concerns your account at {base_url}. We never ask for a code by mail."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_used_a_backup_code_learns_how_many_are_left() {
        let says = |left, words: &str| {
            let text = backup_code_used("https://gannet.example", left).text();
            assert!(text.contains(words), "{text}");
        };
        says(7, "7 of 8 are left.");
        says(1, "One is left.");
        says(0, "It was the last one.");
    }
}
