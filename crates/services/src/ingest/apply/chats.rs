//! What a batch of updates changes of groups and channels. Pure, as [`super::effect`] is.

use std::collections::{BTreeSet, HashMap};

use domain::{
    Timestamp,
    chat::{self, Standing},
    ids::ChatId,
};
use store::chats::{Chat, upgraded};

use super::read::{Heard, Place};

/// What the updates so far amount to.
pub(super) struct Chats {
    known: HashMap<ChatId, Chat>,
    changed: BTreeSet<ChatId>,
    removed: BTreeSet<ChatId>,
}

/// The numbers under which what is heard may be known.
pub(super) fn numbers(place: &Place, heard: &Heard) -> [Option<ChatId>; 2] {
    let other = match heard {
        Heard::Became(other) | Heard::Was(other) => Some(*other),
        Heard::Something | Heard::Stands(..) => None,
    };
    [Some(place.chat), other]
}

impl Chats {
    /// Nothing yet, on those that are known already.
    pub fn on(known: Vec<Chat>) -> Self {
        Self {
            known: known.into_iter().map(|chat| (chat.chat, chat)).collect(),
            changed: BTreeSet::new(),
            removed: BTreeSet::new(),
        }
    }

    /// Adds what was heard from a chat at `at`.
    pub fn add(&mut self, at: Timestamp, place: Place, heard: Heard) {
        // What was still said under the number that a supergroup had as a group changes nothing of it.
        if self.known.values().any(|chat| chat.was == Some(place.chat)) {
            return;
        }
        match heard {
            Heard::Something => self.meet(at, place, None),
            Heard::Stands(standing, why) => self.meet(at, place, Some((standing, why))),
            Heard::Became(to) => {
                let from = place.chat;
                self.meet(at, place, None);
                self.upgrade(from, to);
            }
            Heard::Was(from) => {
                let to = place.chat;
                self.upgrade(from, to);
                self.meet(at, place, None);
                // Nothing was known of it as a group.
                self.upgrade(from, to);
            }
        }
    }

    fn meet(&mut self, at: Timestamp, place: Place, stands: Option<(Standing, Option<&str>)>) {
        let Place { chat, kind, title, username } = place;
        let known = self.known.get(&chat);
        // Whoever was never there and is put out is nobody's business.
        if known.is_none() && stands.is_some_and(|(standing, _)| standing == Standing::Gone) {
            return;
        }
        let before = known.cloned().unwrap_or_else(|| Chat {
            chat,
            was: None,
            kind,
            title: title.clone(),
            username: username.clone(),
            standing: Standing::Writable,
            reason: None,
            standing_at: at,
            since: at,
        });
        let (standing, why) = match stands {
            Some(stands) => stands,
            // Whoever hears something is there.
            None if before.standing == Standing::Gone => (Standing::Writable, None),
            None => (before.standing, before.reason.as_deref()),
        };
        let mut now = Chat { kind, title, username, ..before.clone() };
        // A refusal may have told of a later moment than this update does.
        if at >= before.standing_at
            && (standing, why) != (before.standing, before.reason.as_deref())
        {
            now.standing = standing;
            now.reason = why.map(str::to_owned);
            now.standing_at = at;
            if before.standing == Standing::Gone {
                now.since = at;
            }
        }
        if known != Some(&now) {
            self.changed.insert(chat);
            self.removed.remove(&chat);
            self.known.insert(chat, now);
        }
    }

    /// The group `from` is the supergroup `to` by now.
    fn upgrade(&mut self, from: ChatId, to: ChatId) {
        let is_known =
            |chat: &Chat| chat.was == Some(from) || (chat.chat == to && chat.was.is_some());
        if !chat::is_upgrade(from, to) || self.known.values().any(is_known) {
            return;
        }
        let (old, new) = (self.known.remove(&from), self.known.remove(&to));
        let had_old = old.is_some();
        if let Some(chat) = upgraded(from, to, old, new) {
            self.known.insert(to, chat);
            self.changed.insert(to);
        }
        if had_old {
            self.changed.remove(&from);
            self.removed.insert(from);
        }
    }

    /// Those that are to be written down, by their numbers.
    pub fn changed(&self) -> Vec<Chat> {
        self.changed.iter().filter_map(|chat| self.known.get(chat).cloned()).collect()
    }

    /// Numbers that no chat has any more.
    pub fn removed(&self) -> Vec<ChatId> {
        self.removed.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::chat::Kind;

    use super::*;

    const OLD: ChatId = -1_234;
    const NEW: ChatId = -1_001_234_567_890;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).expect("in range")
    }

    fn place(chat: ChatId) -> Place {
        let kind = if chat == OLD { Kind::Group } else { Kind::Supergroup };
        Place { chat, kind, title: "Team".into(), username: None }
    }

    fn after(known: Vec<Chat>, all: Vec<(ChatId, Heard)>) -> Chats {
        let mut chats = Chats::on(known);
        for (n, (chat, heard)) in all.into_iter().enumerate() {
            chats.add(at(n as i64), place(chat), heard);
        }
        chats
    }

    const THERE: Heard = Heard::Stands(Standing::Writable, None);
    const OUT: Heard = Heard::Stands(Standing::Gone, Some("the bot was put out"));
    const MUTED: Heard = Heard::Stands(Standing::Muted, Some("the bot is restricted"));

    #[test]
    fn whatever_is_heard_makes_a_chat_but_being_put_out() {
        assert!(after(vec![], vec![(NEW, OUT)]).changed().is_empty());
        for heard in [THERE, MUTED, Heard::Something, Heard::Was(OLD)] {
            let shown = format!("{heard:?}");
            assert_eq!(after(vec![], vec![(NEW, heard)]).changed().len(), 1, "{shown}");
        }
    }

    #[test]
    fn the_last_word_counts_and_a_message_lifts_no_mute() {
        let cases = [
            (vec![(NEW, THERE), (NEW, OUT)], Standing::Gone, 1, 0),
            (vec![(NEW, THERE), (NEW, OUT), (NEW, Heard::Something)], Standing::Writable, 2, 2),
            (vec![(NEW, THERE), (NEW, MUTED), (NEW, Heard::Something)], Standing::Muted, 1, 0),
            (vec![(NEW, MUTED), (NEW, THERE)], Standing::Writable, 1, 0),
            (vec![(NEW, THERE), (NEW, THERE)], Standing::Writable, 0, 0),
        ];
        for (all, standing, standing_at, since) in cases {
            let shown = format!("{all:?}");
            let chat = after(vec![], all).changed().remove(0);
            assert_eq!(
                (chat.standing, chat.standing_at, chat.since),
                (standing, at(standing_at), at(since)),
                "{shown}"
            );
            assert_eq!(chat.reason.is_some(), standing != Standing::Writable, "{shown}");
        }
    }

    #[test]
    fn what_a_refusal_told_later_is_not_undone_by_an_earlier_update() {
        let mut known = after(vec![], vec![(NEW, THERE)]).changed();
        known[0].standing = Standing::Gone;
        known[0].standing_at = at(100);
        let chats = after(known.clone(), vec![(NEW, Heard::Something)]);
        assert!(chats.changed().is_empty());
        let mut later = Chats::on(known);
        later.add(at(101), place(NEW), Heard::Something);
        assert_eq!(later.changed()[0].standing, Standing::Writable);
    }

    #[test]
    fn a_group_that_moves_keeps_one_row_however_it_is_told() {
        let tellings = [
            vec![(OLD, THERE), (OLD, Heard::Became(NEW)), (NEW, Heard::Was(OLD))],
            vec![(OLD, THERE), (NEW, Heard::Was(OLD)), (OLD, Heard::Became(NEW))],
            vec![(OLD, THERE), (NEW, THERE), (OLD, Heard::Became(NEW)), (OLD, Heard::Something)],
            vec![(OLD, THERE), (OLD, Heard::Became(NEW)), (NEW, Heard::Something), (OLD, OUT)],
            vec![(OLD, Heard::Became(NEW))],
            vec![(NEW, Heard::Was(OLD)), (NEW, Heard::Something), (OLD, Heard::Something)],
        ];
        for all in tellings {
            let shown = format!("{all:?}");
            let chats = after(vec![], all);
            let rows = chats.changed();
            assert_eq!(rows.len(), 1, "{shown}");
            assert_eq!((rows[0].chat, rows[0].was), (NEW, Some(OLD)), "{shown}");
            assert_eq!(
                (rows[0].kind, rows[0].standing),
                (Kind::Supergroup, Standing::Writable),
                "{shown}"
            );
            assert_eq!(rows[0].since, at(0), "{shown}");
        }
        let before = after(vec![], vec![(OLD, THERE)]).changed();
        assert_eq!(after(before, vec![(OLD, Heard::Became(NEW))]).removed(), [OLD]);
    }

    #[test]
    fn a_move_that_cannot_be_changes_nothing() {
        for to in [OLD, 7, 0, i64::MIN, i64::MAX, -1] {
            let rows = after(vec![], vec![(OLD, THERE), (OLD, Heard::Became(to))]).changed();
            assert_eq!((rows.len(), rows[0].chat, rows[0].was), (1, OLD, None), "{to}");
        }
        // Two groups cannot have become the same supergroup, and one not two.
        let other = -99;
        let mut chats = after(vec![], vec![(OLD, THERE), (OLD, Heard::Became(NEW))]);
        chats.add(at(9), Place { chat: other, ..place(OLD) }, Heard::Became(NEW));
        chats.add(at(9), place(OLD), Heard::Became(NEW - 1));
        let rows: Vec<_> = chats.changed().iter().map(|chat| (chat.chat, chat.was)).collect();
        assert_eq!(rows, [(NEW, Some(OLD)), (other, None)]);
    }

    #[test]
    fn what_changes_nothing_is_not_written() {
        let known = after(vec![], vec![(NEW, THERE)]).changed();
        let again = after(known, vec![(NEW, Heard::Something), (NEW, THERE)]);
        assert!(again.changed().is_empty() && again.removed().is_empty());
    }
}
