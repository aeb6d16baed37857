//! Codes that open the pages signed in, once: good for some minutes, one use each. They are in memory only; a
//! code is no token and tells nothing about it.

use std::sync::{Arc, Mutex, PoisonError};

use butler_library::Token;
use jiff::{SignedDuration, Timestamp};

/// How long a code is good for.
pub(crate) const GOOD_FOR: SignedDuration = SignedDuration::from_mins(15);
/// Codes at a time; the oldest goes for a new one.
const MOST: usize = 16;

/// The codes that are good; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Codes {
    good: Arc<Mutex<Vec<Code>>>,
}

struct Code {
    hash: [u8; 32],
    until: Timestamp,
}

impl Codes {
    /// Takes a code for good until [`GOOD_FOR`] from now.
    pub(crate) fn allow(&self, code: &Token, now: Timestamp) {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        good.retain(|code| code.until > now);
        if good.len() >= MOST {
            good.remove(0);
        }
        good.push(Code { hash: code.hash(), until: now + GOOD_FOR });
    }

    /// Whether a code is good; from now on it is no more.
    pub(crate) fn redeem(&self, code: &Token, now: Timestamp) -> bool {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        good.retain(|code| code.until > now);
        let hash = code.hash();
        let before = good.len();
        good.retain(|code| code.hash != hash);
        good.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_code_is_good_once_and_for_some_minutes() {
        let codes = Codes::default();
        let [one, other] = [(); 2].map(|()| Token::random().unwrap());
        let now = at("2026-11-28T12:00:00Z");
        codes.allow(&one, now);
        codes.allow(&other, now);
        assert!(!codes.redeem(&Token::random().unwrap(), now));
        assert!(codes.redeem(&one, now));
        assert!(!codes.redeem(&one, now), "it was good twice");
        assert!(!codes.redeem(&other, at("2026-11-28T12:15:00Z")), "it was good for too long");
    }

    #[test]
    fn codes_that_nobody_uses_do_not_pile_up() {
        let codes = Codes::default();
        let now = at("2026-11-28T12:00:00Z");
        let all: Vec<Token> = (0..=MOST).map(|_| Token::random().unwrap()).collect();
        all.iter().for_each(|code| codes.allow(code, now));
        assert!(!codes.redeem(&all[0], now));
        assert!(codes.redeem(&all[1], now));
    }
}
