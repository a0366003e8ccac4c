//! Which passwords are taken (`auth.password-policy`).

use unicode_normalization::UnicodeNormalization;

/// Fewest characters, counted after normalization (NFC).
pub const MIN_CHARS: usize = 10;

/// Most bytes bcrypt can hash without cutting: it reads 72 and one is its terminator.
pub const MAX_BYTES: usize = 71;

/// Words that people make passwords of by adding digits and symbols, as attackers do as well. In lower
/// case, without anything but letters.
#[rustfmt::skip]
const COMMON_WORDS: &[&str] = &[
    "password", "passwort", "passwords", "passwd", "passphrase", "pass", "secret", "topsecret",
    "mysecret", "private", "login", "signin", "logon", "letmein", "letmeinnow", "welcome",
    "welcomeback", "hello", "helloworld", "changeme", "changeit", "change", "default", "temp",
    "temporary", "admin", "administrator", "root", "superuser", "sysadmin", "user", "username",
    "guest", "test", "tester", "testing", "testtest", "demo", "example", "sample", "qwerty",
    "qwertyui", "qwertyuiop", "qwertz", "azerty", "asdf", "asdfgh", "asdfghjkl", "zxcvbn",
    "zxcvbnm", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "iloveyou", "loveyou",
    "love", "lovely", "lover", "sunshine", "princess", "princesa", "dragon", "monkey", "football",
    "soccer", "baseball", "basketball", "hockey", "tennis", "master", "superman", "batman",
    "spiderman", "starwars", "pokemon", "naruto", "matrix", "shadow", "michael", "michelle",
    "jessica", "ashley", "daniel", "jennifer", "jordan", "thomas", "robert", "charlie", "andrew",
    "anthony", "joshua", "matthew", "nicole", "hunter", "ranger", "buster", "killer", "trustno",
    "trustnoone", "whatever", "freedom", "flower", "cheese", "chocolate", "coffee", "cookie",
    "banana", "orange", "apple", "summer", "winter", "spring", "autumn", "january", "february",
    "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "money", "dollar", "bitcoin", "crypto", "computer", "internet", "server", "system", "network",
    "database", "oracle", "mysql", "postgres", "google", "facebook", "twitter", "telegram",
    "telegrambot", "telegrambots", "bot", "mybot", "botfather", "instagram", "youtube",
    "whatsapp", "microsoft", "windows", "linux", "ubuntu", "android", "samsung", "company",
    "business", "office", "london", "paris", "berlin", "madrid", "moscow", "germany", "england",
    "america", "canada", "france", "russia", "ukraine", "spain", "italy", "mustang", "ferrari",
    "porsche", "mercedes", "corvette", "yankees", "liverpool", "arsenal", "chelsea", "barcelona",
    "realmadrid", "juventus", "family", "friends", "forever", "angel", "angels", "blessed",
    "jesus", "christ", "heaven", "god", "happy", "lucky",
];

/// Paths over the keyboard that meet the classes below, in lower case.
const COMMON_PATHS: &[&str] = &[
    "1qaz@wsx3edc",
    "1qaz!qaz1qaz",
    "1qaz2wsx3edc!",
    "zaq12wsx!qaz",
    "!qaz2wsx#edc",
    "q1w2e3r4t5!",
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
    if is_common(&lower) {
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

/// Whether `lower` is a common word, once or more, with digits and symbols around it or in the place of
/// letters: what attackers' rules make of a list of words.
fn is_common(lower: &str) -> bool {
    if COMMON_PATHS.contains(&lower) {
        return true;
    }
    let is_letter = |c: char| c.is_alphabetic();
    let end = lower.trim_end_matches(|c| !is_letter(c));
    // What stands in front may be decoration, or a letter in disguise.
    [end, end.trim_start_matches(|c| !is_letter(c))].into_iter().any(|core| {
        let core: String = core.chars().map(undisguised).collect();
        COMMON_WORDS.iter().any(|word| !core.is_empty() && core.replace(word, "").is_empty())
    })
}

/// The letter that a digit or symbol is written for.
const fn undisguised(c: char) -> char {
    match c {
        '@' | '4' => 'a',
        '3' => 'e',
        '1' | '!' => 'i',
        '0' => 'o',
        '$' | '5' => 's',
        '7' => 't',
        c => c,
    }
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
    fn a_common_word_is_common_in_every_disguise() {
        for password in [
            "Password123!",
            "Password@123",
            "P@ssw0rd123!",
            "Pa$$w0rd2026",
            "Welcome@123",
            "Admin@1234",
            "@Dmin-12345",
            "Qwerty@123",
            "Summer2026!",
            "1234Letme1n!",
            "TestTest-12",
            "1Qaz@wsx3edc",
        ] {
            assert_eq!(check(password, ""), Err(Weakness::Common), "{password}");
        }
        for password in ["Summer-rain-26", "Passwords-r-4-me", "Correct-Horse-7", "Xq7!Zw9#Lm"] {
            assert_eq!(check(password, ""), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_common_words_are_words() {
        for word in COMMON_WORDS {
            assert!(word.chars().all(|c| c.is_ascii_lowercase()), "{word}");
        }
    }
}
