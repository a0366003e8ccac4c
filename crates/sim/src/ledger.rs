//! What was accepted, in order, for good: the record that tells whether anybody got a message twice
//! or not at all.

use std::{collections::HashMap, sync::Arc};

use serde::{Serialize, Serializer};

use crate::{clock::Moment, methods::Method};

/// Entries are kept in pieces of this many, so that growing never copies what is there.
const PIECE: usize = 8_192;

/// One thing that was accepted: a message, a change of one, its deletion, or an answer to a press.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// When it was accepted.
    pub at: Moment,
    /// Who got it.
    pub chat: i64,
    /// The number of the message; 0 for an answer to a press, which is none.
    pub message: i32,
    /// By which method.
    pub method: Method,
    /// FNV-1a (64 bits) of what is there from then on: the text after parsing, or the file's
    /// `file_unique_id`, a NUL and the caption; for a deletion of nothing. The same content has the
    /// same hash in every run. 16 hexadecimal digits in JSON.
    #[serde(serialize_with = "hex")]
    pub hash: u64,
}

/// An entry with the bot it belongs to, as a line of the ledger file.
#[derive(Serialize)]
pub(crate) struct Line {
    pub bot: i64,
    #[serde(flatten)]
    pub entry: Entry,
}

/// Entries of one bot, appended and never changed. A clone shares all but the latest piece, so it
/// is cheap to take under a lock and to look at without.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    full: Vec<Arc<Vec<Entry>>>,
    latest: Vec<Entry>,
}

impl Ledger {
    pub fn append(&mut self, entry: Entry) {
        self.latest.push(entry);
        if self.latest.len() == PIECE {
            let next = Vec::with_capacity(PIECE);
            self.full.push(Arc::new(std::mem::replace(&mut self.latest, next)));
        }
    }

    pub fn len(&self) -> usize {
        self.full.len() * PIECE + self.latest.len()
    }

    /// Entries from number `from` on, at most `limit`.
    pub fn read(&self, from: usize, limit: usize) -> Vec<Entry> {
        let first = from / PIECE;
        let later = self.full.iter().skip(first).flat_map(|piece| piece.iter());
        let skipped = first.min(self.full.len()) * PIECE;
        later.chain(&self.latest).skip(from - skipped).take(limit).copied().collect()
    }

    fn all(&self) -> impl Iterator<Item = &Entry> {
        self.full.iter().flat_map(|piece| piece.iter()).chain(&self.latest)
    }

    /// What somebody found as a new message.
    fn messages(&self) -> impl Iterator<Item = &Entry> {
        self.all().filter(|entry| entry.method.makes_a_message())
    }

    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        let mut same = HashMap::<(i64, u64), u32>::with_capacity(self.len());
        let mut chats = HashMap::<i64, u32>::new();
        for entry in self.all() {
            *stats.by_method.entry(entry.method.name()).or_default() += 1;
        }
        for entry in self.messages() {
            stats.accepted += 1;
            *same.entry((entry.chat, entry.hash)).or_default() += 1;
            *chats.entry(entry.chat).or_default() += 1;
            stats.first_at.get_or_insert(entry.at);
            stats.last_at = Some(entry.at);
        }
        stats.chats = chats.len();
        stats.most_in_one_chat = chats.values().copied().max().unwrap_or(0);
        stats.duplicates = same.values().map(|n| *n as usize - 1).sum();
        stats
    }

    /// How many messages each chat got.
    pub fn per_chat(&self) -> HashMap<i64, u32> {
        let mut chats = HashMap::new();
        for entry in self.messages() {
            *chats.entry(entry.chat).or_default() += 1;
        }
        chats
    }

    /// Which message was accepted more than once for the same chat, with the numbers the messages got.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        let mut same = HashMap::<(i64, u64), Vec<i32>>::new();
        for entry in self.messages() {
            same.entry((entry.chat, entry.hash)).or_default().push(entry.message);
        }
        let mut twice: Vec<_> = same
            .into_iter()
            .filter(|(_, messages)| messages.len() > 1)
            .map(|((chat, hash), messages)| Duplicate { chat, hash, messages })
            .collect();
        twice.sort_unstable_by_key(|duplicate| (duplicate.chat, duplicate.hash));
        twice
    }
}

/// The ledger of one bot in a few numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Messages accepted.
    pub accepted: usize,
    /// Chats that got at least one.
    pub chats: usize,
    /// The most that one chat got.
    pub most_in_one_chat: u32,
    /// Messages that repeated an earlier one in the same chat.
    pub duplicates: usize,
    /// Entries by their method: the only number that changes, deletions and answers are in.
    pub by_method: HashMap<&'static str, usize>,
    /// When the first message was accepted.
    pub first_at: Option<Moment>,
    /// When the last message was accepted.
    pub last_at: Option<Moment>,
}

/// The same content in the same chat, more than once.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Duplicate {
    /// Who got it.
    pub chat: i64,
    /// [`Entry::hash`].
    #[serde(serialize_with = "hex")]
    pub hash: u64,
    /// The numbers of the messages, oldest first.
    pub messages: Vec<i32>,
}

// Not every reader of JSON keeps 64 bits of a number.
fn hex<S: Serializer>(hash: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{hash:016x}"))
}

/// FNV-1a over the parts, as if they were one.
pub fn content_hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().copied().flatten() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(chat: i64, message: i32, text: &str) -> Entry {
        let hash = content_hash(&[text.as_bytes()]);
        Entry { at: Moment(message as u64), chat, message, method: Method::SendMessage, hash }
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(content_hash(&[b""]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(content_hash(&[b"foo", b"bar"]), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn duplicates_are_same_text_to_same_chat() {
        let mut ledger = Ledger::default();
        for (message, (chat, text)) in
            [(1, "a"), (1, "b"), (2, "a"), (1, "a"), (1, "a")].into_iter().enumerate()
        {
            ledger.append(entry(chat, message as i32, text));
        }
        let hash = content_hash(&[b"a"]);
        assert_eq!(ledger.duplicates(), [Duplicate { chat: 1, hash, messages: vec![0, 3, 4] }]);
        let stats = ledger.stats();
        assert_eq!(
            (stats.accepted, stats.chats, stats.duplicates, stats.most_in_one_chat),
            (5, 2, 2, 4)
        );
    }

    #[test]
    fn changes_deletions_and_answers_are_no_messages() {
        let mut ledger = Ledger::default();
        let sent = entry(1, 5, "a");
        ledger.append(sent);
        for method in [Method::EditMessageText, Method::DeleteMessage, Method::AnswerCallbackQuery]
        {
            ledger.append(Entry { method, ..sent });
        }
        let stats = ledger.stats();
        assert_eq!((stats.accepted, stats.duplicates, stats.most_in_one_chat), (1, 0, 1));
        assert_eq!((stats.by_method.len(), ledger.len()), (4, 4));
        assert_eq!(ledger.per_chat()[&1], 1);
        assert!(ledger.duplicates().is_empty());
    }

    #[test]
    fn reading_goes_on_across_pieces() {
        let mut ledger = Ledger::default();
        let many = PIECE * 2 + 10;
        (0..many).for_each(|n| ledger.append(entry(7, n as i32, "x")));
        assert_eq!(ledger.len(), many);
        for from in [0, PIECE - 1, PIECE, PIECE * 2 + 9] {
            let read = ledger.read(from, 3);
            assert_eq!(read[0].message, from as i32);
            assert_eq!(read.len(), 3.min(many - from));
        }
        assert!(ledger.read(many, 3).is_empty());
    }
}
