//! Which passwords are taken (`auth.password-policy`).

use unicode_normalization::UnicodeNormalization;

/// Fewest characters, counted after normalization (NFC).
pub const MIN_CHARS: usize = 10;

/// Most bytes bcrypt can hash without cutting: it reads 72 and one is its terminator.
pub const MAX_BYTES: usize = 71;

/// Passwords that meet the classes below and are still on every attacker's list, in lower case.
const COMMON: &[&str] = &[
    "password1!",
    "password12!",
    "password123!",
    "password1234!",
    "passw0rd123!",
    "p@ssw0rd123",
    "p@ssword123",
    "p@ssw0rd1234",
    "qwerty123!",
    "qwerty1234!",
    "qwertyuiop1!",
    "welcome123!",
    "welcome1234!",
    "admin123!@#",
    "administrator1!",
    "letmein123!",
    "changeme123!",
    "iloveyou123!",
    "abc123!@#$",
    "abcd1234!@",
    "abcd1234!@#$",
    "test1234!@",
    "summer2025!",
    "summer2026!",
    "winter2025!",
    "winter2026!",
    "spring2026!",
    "autumn2026!",
    "1qaz@wsx3edc",
    "1qaz!qaz1qaz",
    "zaq12wsx!qaz",
    "monkey123!@",
    "football123!",
    "trustno1!trust",
    "dragon123!@",
    "telegram1!",
    "telegram123!",
    "telegrambot1!",
    "mypassword1!",
    "secret123!@",
    "superman123!",
    "starwars123!",
];

/// What is wrong with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than [`MIN_CHARS`].
    #[error("Use at least 10 characters.")]
    TooShort,
    /// More than [`MAX_BYTES`].
    #[error("Use at most 71 bytes (letters outside English and emoji count for several).")]
    TooLong,
    /// A character that no keyboard types and bcrypt would stop at.
    #[error("A password cannot contain the NUL character.")]
    Nul,
    /// One of the four classes is absent.
    #[error("Add an upper case letter, a lower case letter, a digit and a symbol.")]
    Classes,
    /// On the list of common ones.
    #[error("This password is on lists that attackers try first. Choose another.")]
    Common,
    /// The address or the product's name is most of it.
    #[error("Leave your address and the word Gannet out of the password.")]
    Guessable,
}

/// The form that is counted, checked and hashed: NFC, so that one text typed on two keyboards is one
/// password.
pub fn normalize(password: &str) -> String {
    password.nfc().collect()
}

/// Checks a password that has been through [`normalize`] for the owner of `address`.
///
/// # Errors
/// The first [`Weakness`] found.
pub fn check(password: &str, address: &str) -> Result<(), Weakness> {
    if password.contains('\0') {
        return Err(Weakness::Nul);
    }
    if password.len() > MAX_BYTES {
        return Err(Weakness::TooLong);
    }
    if password.chars().count() < MIN_CHARS {
        return Err(Weakness::TooShort);
    }
    let has = |class: fn(char) -> bool| password.chars().any(class);
    let symbol = |c: char| !c.is_alphabetic() && !c.is_numeric();
    if !(has(char::is_uppercase) && has(char::is_lowercase) && has(char::is_numeric) && has(symbol))
    {
        return Err(Weakness::Classes);
    }
    let lower = password.to_lowercase();
    if COMMON.contains(&lower.as_str()) {
        return Err(Weakness::Common);
    }
    let address = normalize(address).to_lowercase();
    let local = address.split('@').next().unwrap_or_default();
    // Two or three letters stand in many a password by chance; a whole address never does.
    let names_owner = local.chars().count() >= 4 && lower.contains(local)
        || !address.is_empty() && lower.contains(&address);
    if names_owner || lower.contains("gannet") {
        return Err(Weakness::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_refuses_alone() {
        let cases = [
            ("Aa1!aaaaa", Err(Weakness::TooShort)),
            ("Aa1!aaaaaa", Ok(())),
            ("Aa1 aaaaaa", Ok(())),
            ("aa1!aaaaaa", Err(Weakness::Classes)),
            ("AA1!AAAAAA", Err(Weakness::Classes)),
            ("Aab!aaaaaa", Err(Weakness::Classes)),
            ("Aab1aaaaaa", Err(Weakness::Classes)),
            ("Aa1!aa\0aaa", Err(Weakness::Nul)),
            ("Password123!", Err(Weakness::Common)),
            ("My-Gannet-99", Err(Weakness::Guessable)),
            ("Annabel.Lee7", Err(Weakness::Guessable)),
            ("Жж1!жжжжжж", Ok(())),
        ];
        for (password, want) in cases {
            assert_eq!(check(password, "annabel.lee@example.com"), want, "{password:?}");
        }
    }

    #[test]
    fn no_address_is_a_password_for_itself_however_short() {
        let cases = [
            ("Bo1@example.io", Err(Weakness::Guessable)),
            ("x-bO1@EXAMPLE.io", Err(Weakness::Guessable)),
            ("Bo1@example.org", Ok(())),
            ("Bo1-and-a-horse", Ok(())),
        ];
        for (password, want) in cases {
            assert_eq!(check(password, "Bo1@example.io"), want, "{password:?}");
        }
    }

    #[test]
    fn seventy_one_bytes_are_the_most() {
        let of = |bytes: usize| format!("Aa1!{}", "a".repeat(bytes - 4));
        assert_eq!(check(&of(71), ""), Ok(()));
        assert_eq!(check(&of(72), ""), Err(Weakness::TooLong));
        assert_eq!(check(&"😀".repeat(24), ""), Err(Weakness::TooLong));
    }

    #[test]
    fn two_spellings_of_one_letter_are_one_password() {
        assert_eq!(normalize("e\u{301}"), normalize("\u{e9}"));
    }

    #[test]
    fn the_common_list_could_all_be_typed() {
        for word in COMMON {
            assert!(word.chars().count() >= MIN_CHARS && word.to_lowercase() == *word, "{word}");
        }
    }
}
