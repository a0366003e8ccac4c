//! What a batch of updates changes. Pure: people and updates in, people and answers out.

use std::collections::{BTreeSet, HashMap};

use domain::{
    Timestamp,
    ids::{ChatId, UserId},
    markup,
    start::Payload,
    subscriber::{Event, Status},
    text::Message,
};
use store::{bots::Bot, subscribers::Subscriber, test_recipients};

use super::read::{Profile, What};

/// What the updates so far amount to.
pub(super) struct Effect {
    people: HashMap<ChatId, Subscriber>,
    changed: BTreeSet<ChatId>,
    codes: HashMap<String, UserId>,
    links: Vec<Link>,
    /// The last answer each person is to get: somebody who presses Start ten times is welcomed once.
    answers: Vec<(ChatId, Answer)>,
}

/// A member followed the link by which their Telegram is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The member.
    pub user: UserId,
    /// Their chat.
    pub chat: ChatId,
    /// Their name in Telegram.
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Welcome,
    Goodbye,
}

impl Effect {
    /// Nothing yet, on those of the people who are subscribers already.
    pub fn on(people: Vec<Subscriber>, codes: Vec<(String, UserId)>) -> Self {
        Self {
            people: people.into_iter().map(|person| (person.chat, person)).collect(),
            changed: BTreeSet::new(),
            codes: codes.into_iter().collect(),
            links: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Adds what somebody did at `at`.
    pub fn add(&mut self, at: Timestamp, profile: Profile, what: What) {
        let chat = profile.chat;
        match what {
            What::Started(payload) => {
                self.start(at, profile, payload);
                self.answer(chat, Answer::Welcome);
            }
            What::Stopped => {
                self.meet(at, profile, Some(Event::Stopped));
                self.answer(chat, Answer::Goodbye);
            }
            What::Active => self.meet(at, profile, None),
            What::Blocked => {
                self.meet(at, profile, Some(Event::Blocked));
                self.answers.retain(|&(to, _)| to != chat);
            }
            What::Unblocked => self.meet(at, profile, Some(Event::Unblocked)),
        }
    }

    /// A Start makes a subscriber, or brings one back.
    fn start(&mut self, at: Timestamp, profile: Profile, payload: Option<Payload>) {
        let source = payload
            .as_ref()
            .map(Payload::as_str)
            .filter(|payload| !test_recipients::is_code(payload));
        let person = self.people.entry(profile.chat).or_insert_with(|| Subscriber {
            chat: profile.chat,
            name: String::new(),
            username: None,
            language: None,
            source: None,
            status: Status::Active,
            status_at: at,
            since: at,
            last_active_at: at,
        });
        if person.source.is_none() {
            person.source = source.map(str::to_owned);
        }
        // Each code links once: the first who follows it is the member.
        if let Some(user) = payload.and_then(|payload| self.codes.remove(payload.as_str())) {
            self.links.push(Link { user, chat: profile.chat, name: profile.name.clone() });
        }
        self.meet(at, profile, Some(Event::Started));
    }

    /// Somebody who is a subscriber did something, after which `event` holds.
    fn meet(&mut self, at: Timestamp, profile: Profile, event: Option<Event>) {
        let Some(person) = self.people.get_mut(&profile.chat) else { return };
        let status = event.map_or(person.status, |event| person.status.after(event));
        if status != person.status {
            person.status = status;
            person.status_at = at;
        }
        // To block is no sign of interest.
        if event != Some(Event::Blocked) {
            person.last_active_at = person.last_active_at.max(at);
        }
        person.name = profile.name;
        person.username = profile.username;
        // Telegram does not always tell the language; it has not become unknown by that.
        person.language = profile.language.or(person.language.take());
        self.changed.insert(profile.chat);
    }

    fn answer(&mut self, chat: ChatId, answer: Answer) {
        self.answers.retain(|&(to, _)| to != chat);
        self.answers.push((chat, answer));
    }

    /// Everybody who is to be written down, by their numbers.
    pub fn changed(&self) -> Vec<Subscriber> {
        self.changed.iter().filter_map(|chat| self.people.get(chat).cloned()).collect()
    }

    /// Members who are to be linked.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// What the bot says to whom: nothing where its text is empty, once it is disconnected, or while it is
    /// read-only (an answer that comes days later is none).
    pub fn answers(&self, bot: &Bot) -> Vec<(ChatId, Message)> {
        let message = |source: &str| {
            let message = markup::parse(source);
            let may_speak = bot.disconnected_at.is_none() && !bot.read_only;
            (may_speak && message.check().is_ok()).then_some(message)
        };
        let (welcome, goodbye) = (message(&bot.welcome), message(&bot.goodbye));
        let of = |answer| match answer {
            Answer::Welcome => welcome.clone(),
            Answer::Goodbye => goodbye.clone(),
        };
        self.answers.iter().filter_map(|&(chat, answer)| Some((chat, of(answer)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + secs).expect("in range")
    }

    fn ann(name: &str) -> Profile {
        Profile { chat: 7, name: name.into(), username: None, language: Some("en".into()) }
    }

    fn start(payload: &str) -> What {
        What::Started(Payload::new(payload))
    }

    fn after(all: Vec<What>) -> Effect {
        let mut effect = Effect::on(Vec::new(), Vec::new());
        for (n, what) in all.into_iter().enumerate() {
            effect.add(at(n as i64), ann("Ann"), what);
        }
        effect
    }

    #[test]
    fn only_a_start_makes_a_subscriber() {
        for what in [What::Active, What::Stopped, What::Blocked, What::Unblocked] {
            assert!(after(vec![what]).changed().is_empty());
        }
        let people = after(vec![What::Active, start("spring"), What::Active]).changed();
        assert_eq!(people.len(), 1);
        assert_eq!(people[0].source.as_deref(), Some("spring"));
        assert_eq!((people[0].since, people[0].last_active_at), (at(1), at(2)));
    }

    #[test]
    fn the_first_payload_is_the_source() {
        let source = |all| after(all).changed()[0].source.clone();
        assert_eq!(source(vec![start("a"), start("b")]).as_deref(), Some("a"));
        assert_eq!(source(vec![start(""), start("b"), start("c")]).as_deref(), Some("b"));
        let used = format!("test-{}", "0".repeat(32));
        assert_eq!(source(vec![start(&used), start("b")]).as_deref(), Some("b"));
    }

    #[test]
    fn the_order_decides() {
        let cases = [
            (vec![start(""), What::Stopped], Status::Unsubscribed, 1),
            (vec![start(""), What::Stopped, start("")], Status::Active, 2),
            (vec![start(""), What::Blocked], Status::Blocked, 1),
            (vec![start(""), What::Blocked, What::Unblocked], Status::Active, 2),
            (vec![start(""), What::Stopped, What::Active], Status::Unsubscribed, 1),
            (vec![start(""), start(""), start("")], Status::Active, 0),
        ];
        for (all, status, since) in cases {
            let shown = format!("{all:?}");
            let person = after(all).changed().remove(0);
            assert_eq!((person.status, person.status_at), (status, at(since)), "{shown}");
        }
    }

    #[test]
    fn everybody_is_answered_once_with_the_last_word() {
        let answers = |all| after(all).answers;
        assert_eq!(answers(vec![start(""); 10]), [(7, Answer::Welcome)]);
        assert_eq!(answers(vec![start(""), What::Stopped]), [(7, Answer::Goodbye)]);
        assert_eq!(answers(vec![What::Stopped]), [(7, Answer::Goodbye)]);
        assert_eq!(answers(vec![start(""), What::Blocked]), []);
        assert_eq!(answers(vec![What::Active]), []);
    }

    #[test]
    fn a_code_links_the_first_who_follows_it() {
        let code = format!("test-{}", "a".repeat(32));
        let user = UserId::from(uuid::Uuid::from_u128(1));
        let mut effect = Effect::on(Vec::new(), vec![(code.clone(), user)]);
        effect.add(at(0), ann("Ann"), start(&code));
        effect.add(at(1), Profile { chat: 8, ..ann("Eve") }, start(&code));
        assert_eq!(effect.links(), [Link { user, chat: 7, name: "Ann".into() }]);
        assert_eq!(effect.changed().len(), 2);
    }

    #[test]
    fn names_follow_telegram_and_a_language_is_not_lost() {
        let mut effect = after(vec![start("")]);
        effect.add(at(9), Profile { language: None, ..ann("Anna") }, What::Active);
        let person = effect.changed().remove(0);
        assert_eq!((person.name.as_str(), person.language.as_deref()), ("Anna", Some("en")));
    }
}
