//! Names of people who do not exist, in the scripts and shapes that real ones come in.
//!
//! First and last names are common words of their language put together by chance; usernames are
//! made of birds and adjectives. A person's profile is a pure function of the person's number, so
//! it need not be stored.

use serde::{Deserialize, Serialize};

/// What Telegram tells about a person.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Never empty for a living account.
    pub first_name: String,
    /// About every second person has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// About two of three have one; 5 to 32 Latin letters, digits and underscores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// IETF tag of the app's language; some clients do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
}

struct Locale {
    /// Out of the sum of all weights.
    weight: u32,
    code: &'static str,
    first: &'static [&'static str],
    last: &'static [&'static str],
}

const LOCALES: &[Locale] = &[
    Locale {
        weight: 22,
        code: "en",
        first: &[
            "Alice", "Ben", "Chloe", "Daniel", "Emma", "George", "Hannah", "Jack", "Lucy",
            "Oliver", "Ruth", "Sam",
        ],
        last: &[
            "Baker",
            "Carter",
            "Fisher",
            "Hill",
            "Marsh",
            "O'Neill",
            "Reed",
            "Smith-Wood",
            "Turner",
            "Young",
        ],
    },
    Locale {
        weight: 18,
        code: "ru",
        first: &[
            "Алексей",
            "Анна",
            "Борис",
            "Дарья",
            "Егор",
            "Ирина",
            "Максим",
            "Ольга",
            "Семён",
            "Юлия",
        ],
        last: &[
            "Белов",
            "Волкова",
            "Зайцев",
            "Кузнецова",
            "Лебедев",
            "Морозова",
            "Соколов",
            "Щукина",
        ],
    },
    Locale {
        weight: 7,
        code: "uk",
        first: &["Андрій", "Ганна", "Дмитро", "Катерина", "Наталія", "Олексій", "Тарас", "Юрій"],
        last: &["Бондар", "Гончар", "Ковальчук", "Мельник", "П'ятак", "Шевчук"],
    },
    Locale {
        weight: 8,
        code: "es",
        first: &["Álvaro", "Carmen", "Iñigo", "José María", "Lucía", "Mateo", "Noa", "Sofía"],
        last: &["García Núñez", "Ibáñez", "López", "Muñoz", "Peña", "Vázquez"],
    },
    Locale {
        weight: 8,
        code: "pt-br",
        first: &["Beatriz", "Caio", "Débora", "João", "Letícia", "Marcão", "Thaís", "Vinícius"],
        last: &["Araújo", "Conceição", "da Silva", "Gonçalves", "Lourenço", "Simões"],
    },
    Locale {
        weight: 6,
        code: "tr",
        first: &["Ayşe", "Çağla", "Emre", "Gökçe", "İbrahim", "Işıl", "Onur", "Şeyma"],
        last: &["Aydın", "Çelik", "Doğan", "Güneş", "Öztürk", "Yıldız"],
    },
    Locale {
        weight: 4,
        code: "de",
        first: &["Björn", "Greta", "Jürgen", "Käthe", "Lukas", "Marie"],
        last: &["Bäcker", "Groß", "Köhler", "von der Heide", "Weiß"],
    },
    Locale {
        weight: 7,
        code: "fa",
        first: &["آرش", "الهام", "پریسا", "رضا", "سارا", "شیرین", "کیان", "مریم"],
        last: &["احمدی", "باغبان", "رستمی", "زرگر", "کاشانی", "نوری"],
    },
    Locale {
        weight: 6,
        code: "ar",
        first: &["أحمد", "خالد", "سلمى", "عبد الله", "فاطمة", "ليلى", "نور", "يوسف"],
        last: &["الحداد", "الخطيب", "النجار", "حسن", "صالح", "عمر"],
    },
    Locale {
        weight: 5,
        code: "hi",
        first: &["अनिल", "काव्या", "दीपक", "प्रिया", "मीरा", "रोहन"],
        last: &["कुमार", "जोशी", "मेहता", "शर्मा"],
    },
    Locale {
        weight: 4,
        code: "id",
        first: &["Ayu", "Budi", "Dewi", "Putri", "Rizky", "Slamet"],
        last: &["Hartono", "Lestari", "Pratama", "Wijaya"],
    },
    Locale {
        weight: 2,
        code: "zh-hans",
        first: &["伟", "芳", "小明", "静怡", "志强"],
        last: &["陈", "李", "王", "欧阳", "张"],
    },
    Locale {
        weight: 2,
        code: "ja",
        first: &["さくら", "翔太", "美咲", "ゆうき", "健一"],
        last: &["佐藤", "鈴木", "高橋", "山田"],
    },
    Locale {
        weight: 1,
        code: "ko",
        first: &["민준", "서연", "지우", "하은"],
        last: &["김", "박", "이", "최"],
    },
];

const EMOJI: &[&str] = &["🌊", "🐦", "👩‍🚀", "🇧🇷", "❤️", "🦆", "✨", "👍🏽"];
const ADJECTIVES: &[&str] =
    &["brave", "calm", "early", "grey", "kind", "lucky", "quiet", "salty", "swift", "windy"];
const BIRDS: &[&str] =
    &["auk", "crane", "gannet", "heron", "lapwing", "petrel", "puffin", "skua", "tern", "wren"];

/// The profile of the person with this number: the same in every run.
pub fn profile_of(person: i64) -> Profile {
    let mut dice = Dice(person.cast_unsigned());
    let locale = locale(&mut dice);
    let mut first_name = dice.pick(locale.first).to_string();
    let mut last_name = dice.chance(55).then(|| dice.pick(locale.last).to_string());
    match dice.below(100) {
        0..4 => first_name.push_str(dice.pick(EMOJI)),
        4 => first_name = dice.pick(EMOJI).to_string(),
        5 => first_name.truncate(first_name.chars().next().map_or(0, char::len_utf8)),
        6 => last_name = Some(format!("{} ({})", dice.pick(locale.last), dice.pick(BIRDS))),
        _ => {}
    }
    let username = dice.chance(65).then(|| {
        let number = dice.below(100_000);
        match dice.below(3) {
            0 => format!("{}_{}_{number}", dice.pick(ADJECTIVES), dice.pick(BIRDS)),
            1 => format!("{}{number:05}", dice.pick(BIRDS)),
            _ => format!("The{}Of{number}", dice.pick(BIRDS)),
        }
    });
    let language_code = (!dice.chance(3)).then(|| locale.code.to_string());
    Profile { first_name, last_name, username, language_code }
}

fn locale(dice: &mut Dice) -> &'static Locale {
    let mut left = dice.below(LOCALES.iter().map(|locale| locale.weight).sum());
    for locale in LOCALES {
        if left < locale.weight {
            return locale;
        }
        left -= locale.weight;
    }
    &LOCALES[0]
}

/// Chance that is the same in every run (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u32) -> u32 {
        (((self.roll() >> 32) * u64::from(end)) >> 32) as u32
    }

    /// A number from 0 up to, not including, 1.
    pub fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u32) as usize]
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_vary_and_stay_the_same() {
        let people: Vec<_> = (1..=5_000).map(profile_of).collect();
        assert_eq!(people, (1..=5_000).map(profile_of).collect::<Vec<_>>());

        let names: HashSet<_> = people.iter().map(|p| (&p.first_name, &p.last_name)).collect();
        assert!(names.len() > 600, "{} different names", names.len());
        let languages: HashSet<_> = people.iter().map(|p| &p.language_code).collect();
        assert_eq!(languages.len(), LOCALES.len() + 1);
        assert!(people.iter().any(|p| p.first_name.starts_with('🐦')));
    }

    #[test]
    fn profiles_are_such_as_telegram_allows() {
        for person in (1..20_000).chain([i64::MAX, 7_000_000_000_001]) {
            let profile = profile_of(person);
            assert!(!profile.first_name.is_empty() && profile.first_name.chars().count() <= 64);
            if let Some(name) = &profile.username {
                assert!((5..=32).contains(&name.len()), "{name}");
                assert!(name.starts_with(|c: char| c.is_ascii_alphabetic()), "{name}");
                assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
            }
        }
    }
}
