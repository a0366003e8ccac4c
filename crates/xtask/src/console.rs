//! Lines for people: plain in a log, with a live last line on a terminal.

use std::io::{IsTerminal, Write, stdout};

/// How a word stands out. Without a terminal, or with `NO_COLOR`, it does not.
#[derive(Clone, Copy)]
pub enum Tone {
    /// It worked.
    Good,
    /// It did not.
    Bad,
    /// Less important than the rest.
    Faint,
}

/// Where progress is shown.
#[derive(Clone)]
pub struct Console {
    terminal: bool,
    colour: bool,
}

/// Widest a live line may be: longer ones wrap, and a wrapped line cannot be taken back.
const LIVE_COLUMNS: usize = 79;

impl Console {
    /// The process's own output.
    pub fn stdout() -> Console {
        let terminal = stdout().is_terminal();
        Console { terminal, colour: terminal && std::env::var_os("NO_COLOR").is_none() }
    }

    /// Whether somebody is watching.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Prints one line, in the place of the live one if there is one.
    pub fn line(&self, text: &str) {
        let wipe = if self.terminal { "\r\x1b[K" } else { "" };
        // A closed pipe (`… | head`) is no reason to stop a build.
        let _ = writeln!(stdout().lock(), "{wipe}{text}");
    }

    /// Prints what another program printed, its colours only where they can be seen.
    pub fn passage(&self, text: &str) {
        let text = text.trim_end();
        self.line(&if self.colour { text.to_owned() } else { plain(text) });
    }

    /// Replaces the live line. Only for terminals.
    pub fn live(&self, text: &str) {
        let text: String = text.chars().take(LIVE_COLUMNS).collect();
        let mut out = stdout().lock();
        let _ = write!(out, "\r\x1b[K{text}");
        let _ = out.flush();
    }

    /// The text in that tone, if this console shows tones.
    pub fn tone(&self, tone: Tone, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => 32,
            Tone::Bad => 31,
            Tone::Faint => 2,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// The text without the escape sequences that colour a terminal.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\x1b' {
            out.push(c);
            continue;
        }
        match chars.next() {
            // `ESC [ … letter`
            Some('[') => {
                let _ = chars.by_ref().find(char::is_ascii_alphabetic);
            }
            // `ESC ( B`
            Some('(') => {
                let _ = chars.next();
            }
            // Anything else is a sequence of two characters.
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn colours_are_taken_out_and_nothing_else() {
        assert_eq!(plain("\x1b[1m\x1b[32m  12 passed\x1b[39m (4.5s)"), "  12 passed (4.5s)");
        assert_eq!(plain("\x1b(B\x1b[m+ let x"), "+ let x");
        assert_eq!(plain("[wasm] › a.spec.ts:3:1"), "[wasm] › a.spec.ts:3:1");
    }
}
