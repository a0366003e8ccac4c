//! Whether an answer, or the time it takes, tells who has an account.
//!
//! Each endpoint is asked one by one about addresses that have an account and about others, in an order
//! that is drawn for each pair. Early quantiles say more than means: noise only ever adds.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use reqwest::Client;

use crate::{
    Program,
    gannet::Gannet,
    people::{self, PASSWORD, WRONG, address},
    stats::Samples,
};

/// How much.
#[derive(Args)]
pub struct Options {
    /// Tries for each of the two classes of an endpoint
    #[arg(long, default_value_t = 400)]
    tries: u32,
}

/// Tries about one address: as many as the narrowest limit allows.
const PER_ADDRESS: u32 = 5;

#[derive(Clone, Copy)]
enum Door {
    Login,
    Register,
    Forgot,
    Verify,
}

impl Door {
    const ALL: [Self; 4] = [Self::Login, Self::Register, Self::Forgot, Self::Verify];

    const fn path(self) -> &'static str {
        match self {
            Self::Login => "/auth/login",
            Self::Register => "/auth/register",
            Self::Forgot => "/auth/forgot-password",
            Self::Verify => "/auth/verify",
        }
    }

    /// Whose addresses are known there: a code is asked of those who have not proved theirs.
    const fn known(self) -> &'static str {
        match self {
            Self::Login | Self::Register | Self::Forgot => "member",
            Self::Verify => "newcomer",
        }
    }

    fn form(self, email: &str) -> Vec<(&'static str, &str)> {
        let email = ("email", email);
        match self {
            Self::Login => vec![email, ("password", WRONG)],
            Self::Register => vec![("name", "Ann"), email, ("password", PASSWORD)],
            Self::Forgot => vec![email],
            Self::Verify => vec![email, ("code", "000000")],
        }
    }
}

/// Measures and prints.
///
/// # Errors
/// When the server does not answer.
pub async fn run(program: &Program, options: &Options) -> Result<()> {
    let gannet = Gannet::start(&program.0, &[]).await?;
    let outcome = measure(&gannet, options).await;
    let stopped = gannet.stop().await;
    outcome.and(stopped)
}

async fn measure(gannet: &Gannet, options: &Options) -> Result<()> {
    let url = gannet.url();
    let people = options.tries.div_ceil(PER_ADDRESS);
    let mut visits = 0;
    for number in 0..people {
        visits += 2;
        let (member, newcomer) = (email("member", number), email("newcomer", number));
        people::member(&url, &people::browser()?, &member, &address(visits)).await?;
        people::sign_up(&url, &people::browser()?, &newcomer, &address(visits + 1)).await?;
    }
    println!("{} tries a class; times in ms", options.tries);
    println!("endpoint                  q10 known  unknown  difference    KS D      p   answers");
    for door in Door::ALL {
        let (mut known, mut unknown) = (Class::default(), Class::default());
        for number in 0..options.tries {
            let person = number / PER_ADDRESS;
            let stranger = match door {
                // Whoever has signed up is a stranger no more.
                Door::Register => email("stranger", 1_000_000 + number),
                _ => email(door.path(), person),
            };
            let known_one = email(door.known(), person);
            let mut pair = [(&mut known, known_one), (&mut unknown, stranger)];
            if coin()? {
                pair.reverse();
            }
            for (class, email) in pair {
                visits += 1;
                class.ask(&url, door, &email, &address(visits)).await?;
            }
        }
        let answers = if known.answers == unknown.answers { "alike" } else { "DIFFER" };
        let (a, b) = (Samples::from_iter(known.times), Samples::from_iter(unknown.times));
        let (q_known, q_unknown) = (a.quantile_ms(0.1), b.quantile_ms(0.1));
        let (distance, chance) = a.kolmogorov_smirnov(&b);
        println!(
            "POST {:22} {q_known:7.3}  {q_unknown:7.3}  {:+10.3}  {distance:6.3}  {chance:5.3}   {answers} {:?}",
            door.path(),
            q_known - q_unknown,
            known.answers,
        );
        if known.answers != unknown.answers {
            println!("     unknown: {:?}", unknown.answers);
        }
    }
    Ok(())
}

/// What was seen of addresses of one kind.
#[derive(Default)]
struct Class {
    times: Vec<Duration>,
    /// Status and length of the answers, without what was typed.
    answers: BTreeSet<(u16, usize)>,
}

impl Class {
    async fn ask(&mut self, url: &str, door: Door, email: &str, from: &str) -> Result<()> {
        // A new connection each time, made beforehand: none is older or warmer than another.
        let client = people::browser()?;
        warm(&client, url).await?;
        let address = format!("{url}{}", door.path());
        let begun = Instant::now();
        let answer = people::post(&client, &address, from, &door.form(email)).await?;
        let (status, to) = (answer.status().as_u16(), answer.headers().get("location").cloned());
        let body = answer.text().await?;
        self.times.push(begun.elapsed());
        let to = to.as_ref().and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        self.answers.insert((status, without(&body, email) + without(&to, email)));
        Ok(())
    }
}

async fn warm(client: &Client, url: &str) -> Result<()> {
    client.get(format!("{url}/healthz")).send().await?.bytes().await?;
    Ok(())
}

/// The length of `text` but for `email`, however it is written there.
fn without(text: &str, email: &str) -> usize {
    let written = [email.to_owned(), email.replace('@', "%40")];
    written.iter().fold(text.to_owned(), |text, email| text.replace(email, "")).len()
}

/// Addresses of one length.
fn email(kind: &str, number: u32) -> String {
    let kind = kind.rsplit('/').next().unwrap_or(kind);
    format!("{kind:_<16}{number:07}@example.org")
}

fn coin() -> Result<bool> {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_err(|err| anyhow::anyhow!("randomness: {err}"))?;
    Ok(byte[0] & 1 == 1)
}
