//! Ids with Stripe's prefixes.

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `prefix` and 24 letters and digits by chance.
pub(crate) fn id(prefix: &str) -> String {
    format!("{prefix}_{}", letters(24))
}

/// So many letters and digits by chance.
pub(crate) fn letters(count: usize) -> String {
    let mut bytes = vec![0_u8; count];
    // Without chance of its own a machine gives zeros: ids then collide, and a test says so.
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the machine has no randomness for ids");
    }
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}
