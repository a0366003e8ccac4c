//! The test cards of <https://docs.stripe.com/testing>, and what happens to each.

/// What a bank does about a card.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bank {
    Pays,
    /// Refuses it, already when it is to be attached.
    Declines(&'static str),
    /// Asks the person once; what was set up so is charged later without them.
    AsksOnce,
    /// Asks the person each time, so that a renewal needs them.
    AsksAlways,
    /// Can be attached; every charge fails.
    FailsLater,
}

/// A card as it is known after its number was forgotten.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Card {
    pub brand: &'static str,
    pub last4: &'static str,
    pub country: &'static str,
    pub bank: Bank,
}

struct Listed {
    number: &'static str,
    brand: &'static str,
    country: &'static str,
    bank: Bank,
    says: &'static str,
}

const CARDS: &[Listed] = &[
    Listed {
        number: "4242424242424242",
        brand: "visa",
        country: "US",
        bank: Bank::Pays,
        says: "pays",
    },
    Listed {
        number: "5555555555554444",
        brand: "mastercard",
        country: "US",
        bank: Bank::Pays,
        says: "pays",
    },
    Listed {
        number: "4000000000000002",
        brand: "visa",
        country: "US",
        bank: Bank::Declines("generic_decline"),
        says: "is declined",
    },
    Listed {
        number: "4000000000009995",
        brand: "visa",
        country: "US",
        bank: Bank::Declines("insufficient_funds"),
        says: "is declined: not enough money",
    },
    Listed {
        number: "4000002500003155",
        brand: "visa",
        country: "US",
        bank: Bank::AsksOnce,
        says: "asks for authentication now, and pays later",
    },
    Listed {
        number: "4000002760003184",
        brand: "visa",
        country: "US",
        bank: Bank::AsksAlways,
        says: "asks for authentication each time",
    },
    Listed {
        number: "4000000000000341",
        brand: "visa",
        country: "US",
        bank: Bank::FailsLater,
        says: "can be saved, and fails when it is charged",
    },
];

/// Number and behaviour of every test card, for the pages.
pub(crate) fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    CARDS.iter().map(|card| (card.number, card.says))
}

/// The card with this number, blanks and dashes aside. The number goes no further than here.
pub(crate) fn known(number: &str) -> Option<Card> {
    let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let card = CARDS.iter().find(|card| card.number == digits)?;
    Some(Card {
        brand: card.brand,
        last4: &card.number[12..],
        country: card.country,
        bank: card.bank,
    })
}

/// What Stripe says to a person about a decline code.
pub(crate) fn message(decline_code: &str) -> &'static str {
    match decline_code {
        "insufficient_funds" => "Your card has insufficient funds.",
        "expired_card" => "Your card has expired.",
        "authentication_required" => {
            "Your card was declined. This transaction requires authentication."
        }
        "processing_error" => {
            "An error occurred while processing your card. Try again in a little bit."
        }
        _ => "Your card was declined.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_known_by_number_with_or_without_blanks() {
        let card = known("4242 4242-4242 4242").expect("a test card");
        assert_eq!((card.last4, card.bank), ("4242", Bank::Pays));
        assert_eq!(known("4242424242424243"), None);
        assert_eq!(known(""), None);
        for (number, _) in listed() {
            assert!(known(number).is_some_and(|card| number.ends_with(card.last4)), "{number}");
        }
    }
}
