//! Delivers a bot's updates to its webhook, as Telegram's server does.
//!
//! Updates of one chat go one after the other, those of different chats side by side, over at most
//! as many connections as the bot allows. A delivery that fails is tried again at once and then
//! after 2 s, 4 s, 8 s … at most a minute, or when `Retry-After` says so; the chat waits, the
//! others do not.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::task::JoinSet;

use super::{
    Settings,
    deliver::{Courier, Failure},
};
use crate::{bots::Bot, clock::Moment, world::World};

/// Longest wait between two attempts of our own choice.
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// Longest `Retry-After` that is honoured.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);
/// Updates that are taken from the queue at a time.
const BATCH: usize = 1_000;

/// The updates of one chat that have not arrived yet.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<u32>,
    failures: u32,
}

/// One delivery that is over.
type Landed = (i64, u32, Result<Bytes, Failure>);

struct Pump {
    world: Arc<World>,
    bot: Arc<Bot>,
    courier: Courier,
    most: usize,
    last: u32,
    lanes: HashMap<i64, Lane>,
    ready: VecDeque<i64>,
    delayed: BinaryHeap<Reverse<(Moment, i64)>>,
    flying: JoinSet<Landed>,
}

/// Runs until it is dropped.
pub(super) async fn run(world: Arc<World>, bot: Arc<Bot>, settings: Settings) {
    let most = settings.max_connections;
    let courier = match Courier::new(settings, world.rules.webhook_timeout) {
        Ok(courier) => courier,
        Err(why) => return bot.hook.failed(world.clock.now(), why),
    };
    let mut news = bot.updates.news();
    let mut pump = Pump {
        world,
        bot,
        courier,
        most,
        last: 0,
        lanes: HashMap::new(),
        ready: VecDeque::new(),
        delayed: BinaryHeap::new(),
        flying: JoinSet::new(),
    };
    loop {
        news.mark_unchanged();
        let more = pump.load();
        pump.wake();
        pump.launch();
        let next = pump.delayed.peek().map(|Reverse((when, _))| *when);
        let clock = pump.world.clock.clone();
        let delay = async {
            match next {
                Some(when) => clock.sleep_until(when).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(landed) = pump.flying.join_next() => {
                if let Ok(landed) = landed {
                    pump.land(landed);
                }
            }
            _ = news.changed(), if !more => {}
            () = delay => {}
            () = std::future::ready(()), if more && pump.flying.len() < pump.most => {}
        }
    }
}

impl Pump {
    /// Takes new updates in; answers whether there may be more.
    fn load(&mut self) -> bool {
        if self.ready.len() >= self.most * 2 {
            return true;
        }
        let new = self.bot.updates.behind(self.last, BATCH);
        for (id, chat) in &new {
            self.last = *id;
            let lane = self.lanes.entry(*chat).or_default();
            if lane.waiting.is_empty() {
                self.ready.push_back(*chat);
            }
            lane.waiting.push_back(*id);
        }
        new.len() == BATCH
    }

    fn wake(&mut self) {
        let now = self.world.clock.now();
        while let Some(Reverse((when, chat))) = self.delayed.peek().copied()
            && when <= now
        {
            self.delayed.pop();
            self.ready.push_back(chat);
        }
    }

    fn launch(&mut self) {
        while self.flying.len() < self.most
            && let Some(chat) = self.ready.pop_front()
        {
            let Some(id) = self.lanes.get(&chat).and_then(|lane| lane.waiting.front().copied())
            else {
                continue;
            };
            // It may have been dropped or have grown too old meanwhile.
            let Some(update) = self.bot.updates.get(id, self.world.clock.now()) else {
                self.next_in(chat);
                continue;
            };
            let courier = self.courier.clone();
            self.flying.spawn(async move { (chat, id, courier.deliver(update).await) });
        }
    }

    fn land(&mut self, (chat, id, outcome): Landed) {
        let now = self.world.clock.now();
        match outcome {
            Ok(answer) => {
                self.bot.updates.forget(id);
                self.answer(answer);
                self.next_in(chat);
            }
            Err(failure) => {
                self.bot.hook.failed(now, failure.why);
                let Some(lane) = self.lanes.get_mut(&chat) else { return };
                lane.failures += 1;
                match delay(lane.failures, failure.retry_after) {
                    Duration::ZERO => self.ready.push_back(chat),
                    wait => self.delayed.push(Reverse((now + wait, chat))),
                }
            }
        }
    }

    /// The first update of the chat is done with.
    fn next_in(&mut self, chat: i64) {
        let Some(lane) = self.lanes.get_mut(&chat) else { return };
        lane.waiting.pop_front();
        lane.failures = 0;
        if lane.waiting.is_empty() {
            self.lanes.remove(&chat);
        } else {
            self.ready.push_back(chat);
        }
    }

    /// A webhook may answer with a request of its own; nobody hears how that went.
    fn answer(&self, answer: Bytes) {
        if answer.is_empty() {
            return;
        }
        let (world, bot) = (self.world.clone(), self.bot.clone());
        self.world.tasks.spawn(async move { world.run_webhook_answer(&bot, answer).await });
    }
}

/// How long to wait after so many failures in a row.
fn delay(failures: u32, asked: Option<Duration>) -> Duration {
    match asked.filter(|asked| !asked.is_zero()) {
        Some(asked) => asked.min(LONGEST_ASKED),
        None if failures <= 1 => Duration::ZERO,
        None => Duration::from_secs(1 << (failures - 1).min(6)).min(LONGEST_DELAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_come_at_once_then_double_and_the_peer_may_ask_for_more() {
        let cases = [
            (1, None, 0),
            (2, None, 2),
            (3, None, 4),
            (6, None, 32),
            (7, None, 60),
            (99, None, 60),
        ];
        let asked = [(1, Some(5), 5), (9, Some(5), 5), (1, Some(9_999), 3_600), (1, Some(0), 0)];
        for (failures, asked, want) in cases.into_iter().chain(asked) {
            let got = delay(failures, asked.map(Duration::from_secs));
            assert_eq!(got, Duration::from_secs(want), "{failures} {asked:?}");
        }
    }
}
