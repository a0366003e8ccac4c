//! Figures and times as people read them.

#[cfg(feature = "ssr")]
pub use moments::Clock;

/// `1234567` as `1,234,567`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 person`, `1,000 people`.
pub fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A word of ours as it begins a line: `active` as `Active`.
pub fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A length of time in its two largest units: `45 s`, `2 min 5 s`, `9 h 15 min`, `1 d 3 h`.
pub fn duration(secs: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let largest = UNITS.iter().position(|&(size, _)| secs >= size).unwrap_or(UNITS.len() - 1);
    let (size, name) = UNITS[largest];
    let rest = UNITS.get(largest + 1).map(|&(next, name)| (secs % size / next, name));
    match rest {
        Some((rest, small)) if rest > 0 => format!("{} {name} {rest} {small}", secs / size),
        _ => format!("{} {name}", secs / size),
    }
}

/// `1.4 MB`, in powers of a thousand.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut tenths = value.saturating_mul(10);
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    match (unit, tenths) {
        (0, 10) => "1 byte".to_owned(),
        (0, _) => format!("{value} {}", UNITS[0]),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
    }
}

/// An amount in the smallest unit of its currency (three letters, ISO 4217) as people write it: `€19.00`, `−$5.10`,
/// `¥1,900`, `CHF 12.50`. Which currencies have no smaller unit, or one of thousandths, is as Stripe counts them.
pub fn money(amount: i64, currency: &str) -> String {
    const WHOLE: [&str; 16] = [
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv",
        "xaf", "xof", "xpf",
    ];
    const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];
    let places = match currency {
        one if WHOLE.contains(&one) => 0,
        one if THOUSANDTHS.contains(&one) => 3,
        _ => 2,
    };
    let unit = 10_u64.pow(places);
    let (whole, rest) = (amount.unsigned_abs() / unit, amount.unsigned_abs() % unit);
    let figure = match places {
        0 => count(whole),
        places => format!("{}.{rest:0width$}", count(whole), width = places as usize),
    };
    let sign = if amount < 0 { "−" } else { "" };
    match currency {
        "eur" => format!("{sign}€{figure}"),
        "usd" => format!("{sign}${figure}"),
        "gbp" => format!("{sign}£{figure}"),
        "jpy" => format!("{sign}¥{figure}"),
        other => format!("{sign}{} {figure}", other.to_uppercase()),
    }
}

/// `done` of `total` in whole percent; all of nothing is 0 %, and only all is 100 %.
pub fn percent(done: u64, total: u64) -> String {
    let share = if total == 0 { 0 } else { u128::from(done) * 100 / u128::from(total) };
    if share == 0 && done > 0 { "under 1 %".to_owned() } else { format!("{share} %") }
}

#[cfg(feature = "ssr")]
mod moments {
    use domain::Timestamp;
    use jiff::{Zoned, civil::Date, tz::TimeZone};

    /// The moment a page is made, in the zone of who reads it.
    #[derive(Clone, Debug)]
    pub struct Clock {
        now: Zoned,
    }

    impl Clock {
        /// `zone` is an IANA name; an unknown one is UTC.
        pub fn new(now: Timestamp, zone: &str) -> Self {
            let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
            Self { now: now.to_zoned(zone) }
        }

        fn local(&self, at: Timestamp) -> Zoned {
            at.to_zoned(self.now.time_zone().clone())
        }

        /// `Today, 14:05` · `Yesterday, 14:05` · `3 Nov, 14:05` · `3 Nov 2025, 14:05`.
        pub fn moment(&self, at: Timestamp) -> String {
            let at = self.local(at);
            format!("{}, {}", self.day_name(at.date()), at.strftime("%H:%M"))
        }

        /// The day alone.
        pub fn day(&self, at: Timestamp) -> String {
            self.day_name(self.local(at).date())
        }

        /// `14:05`, the time of day alone.
        pub fn time(&self, at: Timestamp) -> String {
            self.local(at).strftime("%H:%M").to_string()
        }

        /// The day `days` before today: `21 Nov`.
        pub fn days_ago(&self, days: i64) -> String {
            let date = self.now.date();
            date.saturating_sub(jiff::Span::new().days(days)).strftime("%-d %b").to_string()
        }

        /// How long ago: `now` · `5 min ago` · `3 h ago`; beyond a day the moment itself.
        pub fn ago(&self, at: Timestamp) -> String {
            let secs = self.now.timestamp().duration_since(at).as_secs();
            match secs {
                ..60 => "just now".to_owned(),
                60..86_400 => {
                    let (count, unit) =
                        if secs < 3_600 { (secs / 60, "min") } else { (secs / 3_600, "h") };
                    format!("{count} {unit} ago")
                }
                _ => self.moment(at),
            }
        }

        /// The whole truth: `Saturday, 21 November 2026, 14:05:09 CET`.
        pub fn full(&self, at: Timestamp) -> String {
            self.local(at).strftime("%A, %-d %B %Y, %H:%M:%S %Z").to_string()
        }

        /// `Friday, 27 November 2026, 09:00 (Europe/Berlin, UTC+01:00)`: by the clock of `zone`.
        pub fn by(&self, at: Timestamp, zone: &str) -> String {
            at_place(at, zone).strftime("%A, %-d %B %Y, %H:%M (%Q, UTC%:z)").to_string()
        }

        /// Day and time of day in `zone`, as forms have them: `2026-11-27`, `09:00`.
        pub fn fields(at: Timestamp, zone: &str) -> (String, String) {
            let at = at_place(at, zone);
            (at.strftime("%Y-%m-%d").to_string(), at.strftime("%H:%M").to_string())
        }

        /// The zone as people know it: `Europe/Berlin`.
        pub fn zone(&self) -> &str {
            self.now.time_zone().iana_name().unwrap_or("UTC")
        }

        fn day_name(&self, date: Date) -> String {
            let today = self.now.date();
            if date == today {
                "Today".to_owned()
            } else if today.yesterday().is_ok_and(|yesterday| yesterday == date) {
                "Yesterday".to_owned()
            } else if date.year() == today.year() {
                date.strftime("%-d %b").to_string()
            } else {
                date.strftime("%-d %b %Y").to_string()
            }
        }
    }

    /// An unknown zone is UTC.
    fn at_place(at: Timestamp, zone: &str) -> Zoned {
        at.to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
    }

    #[cfg(test)]
    mod tests {
        use super::Clock;

        #[test]
        fn a_moment_elsewhere_names_its_zone_and_offset() {
            let at = "2027-10-31T01:30:00Z".parse().expect("valid");
            let clock = Clock::new(at, "Asia/Tokyo");
            let cases = [
                (
                    "Europe/Berlin",
                    "Sunday, 31 October 2027, 02:30 (Europe/Berlin, UTC+01:00)",
                    "02:30",
                ),
                (
                    "Asia/Kathmandu",
                    "Sunday, 31 October 2027, 07:15 (Asia/Kathmandu, UTC+05:45)",
                    "07:15",
                ),
                ("UTC", "Sunday, 31 October 2027, 01:30 (UTC, UTC+00:00)", "01:30"),
                ("Mars/Olympus", "Sunday, 31 October 2027, 01:30 (UTC, UTC+00:00)", "01:30"),
            ];
            for (zone, want, time) in cases {
                assert_eq!(clock.by(at, zone), want);
                assert_eq!(Clock::fields(at, zone), ("2027-10-31".to_owned(), time.to_owned()));
            }
        }

        #[test]
        fn moments_are_as_short_as_they_can_be() {
            let clock = Clock::new("2026-11-21T00:30:00Z".parse().expect("valid"), "Europe/Berlin");
            let cases = [
                ("2026-11-21T00:10:00Z", "Today, 01:10", "20 min ago"),
                ("2026-11-20T23:30:00Z", "Today, 00:30", "1 h ago"),
                ("2026-11-20T22:30:00Z", "Yesterday, 23:30", "2 h ago"),
                ("2026-06-01T10:00:00Z", "1 Jun, 12:00", "1 Jun, 12:00"),
                ("2025-12-31T23:30:00Z", "1 Jan, 00:30", "1 Jan, 00:30"),
                ("2025-12-31T22:30:00Z", "31 Dec 2025, 23:30", "31 Dec 2025, 23:30"),
                ("2026-11-21T00:31:00Z", "Today, 01:31", "just now"),
            ];
            for (at, moment, ago) in cases {
                let at = at.parse().expect("valid");
                assert_eq!((clock.moment(at).as_str(), clock.ago(at).as_str()), (moment, ago));
            }
        }

        #[test]
        fn an_unknown_zone_is_utc() {
            let clock = Clock::new("2026-11-21T00:30:00Z".parse().expect("valid"), "Mars/Olympus");
            assert_eq!((clock.zone(), clock.days_ago(1).as_str()), ("UTC", "20 Nov"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{count, counted, duration, money, percent};

    #[test]
    fn figures_are_grouped() {
        for (value, want) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(value), want);
        }
        assert_eq!(
            (counted(1, "person", "people").as_str(), counted(0, "person", "people").as_str()),
            ("1 person", "0 people")
        );
    }

    #[test]
    fn durations_keep_two_units() {
        let cases = [
            (0, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (125, "2 min 5 s"),
            (33_334, "9 h 15 min"),
            (97_200, "1 d 3 h"),
        ];
        for (secs, want) in cases {
            assert_eq!(duration(secs), want);
        }
    }

    #[test]
    fn money_is_written_as_its_currency_is_counted() {
        let cases = [
            (1_900, "eur", "€19.00"),
            (-510, "usd", "−$5.10"),
            (5, "gbp", "£0.05"),
            (1_234_567, "jpy", "¥1,234,567"),
            (1_250, "chf", "CHF 12.50"),
            (1_005, "kwd", "KWD 1.005"),
            (0, "eur", "€0.00"),
            (i64::MIN, "jpy", "−¥9,223,372,036,854,775,808"),
        ];
        for (amount, currency, want) in cases {
            assert_eq!(money(amount, currency), want);
        }
    }

    #[test]
    fn a_little_is_not_nothing_and_nearly_all_is_not_all() {
        for (done, total, want) in
            [(0, 0, "0 %"), (1, 1000, "under 1 %"), (999, 1000, "99 %"), (5, 5, "100 %")]
        {
            assert_eq!(percent(done, total), want);
        }
    }
}
