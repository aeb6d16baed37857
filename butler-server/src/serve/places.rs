//! Who holds the places for connections, and who goes when another one comes and there is none left. Pure:
//! the instants are handed in, and the sockets are `room.rs`'s business.
//!
//! A stranger, whose client has not shown the token, competes with strangers only, as long as others leave
//! them a place. The one goes that longest neither sent a byte nor took one, of those that have asked for
//! something before any that has not yet: who floods the server has asked. None goes that has just come, or
//! has not been read from yet, or while a request of it is worked on, which begins when its body is there: a
//! burst of clients waits instead of pushing each other out, and half a form holds nothing. A client that has
//! shown the token keeps its place until its answer is sent, however slowly it takes it: what waits in the
//! sockets' buffers for it is not seen here. Who takes nothing at all is hung up on by its stream.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A connection's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PlaceId(u64);

/// The places of a server.
#[derive(Debug)]
pub(super) struct Places {
    connections: usize,
    strangers: usize,
    fresh_for: Duration,
    held: BTreeMap<PlaceId, Held>,
    next: u64,
}

#[derive(Debug)]
struct Held {
    is_known: bool,
    request: Asked,
    /// An answer is on its way to it.
    is_sent_to: bool,
    word: Word,
    moved_at: Instant,
}

/// How much of a request is there that is not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    /// Its head, and its body is awaited.
    Head,
    Whole,
}

/// How far a connection has come with its first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// Nothing was read yet of what it may have sent: that is the server's slowness, not its own.
    Unread,
    /// It was read from at this moment for the first time, and has not asked for anything since.
    Awaited(Instant),
    /// It has asked.
    Given,
}

/// A connection that came in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entered {
    pub(super) place: PlaceId,
    /// Who has lost its place by that.
    pub(super) goes: Option<PlaceId>,
}

impl Places {
    /// So many places, and so many of them for strangers; one at least of each. Who was first read from less
    /// than `fresh_for` ago and has not asked yet does not go.
    pub(super) fn new(connections: usize, strangers: usize, fresh_for: Duration) -> Self {
        let held = BTreeMap::new();
        Self { connections: connections.max(1), strangers: strangers.max(1), fresh_for, held, next: 0 }
    }

    /// Gives a new connection a place; none while nobody may go for it.
    pub(super) fn enter(&mut self, now: Instant) -> Option<Entered> {
        let strangers = self.held.values().filter(|held| !held.is_known).count();
        let goes = if strangers >= self.strangers {
            Some(self.longest_idle(now, |held| !held.is_known)?)
        } else if self.held.len() >= self.connections {
            Some(self.longest_idle(now, |_| true)?)
        } else {
            None
        };
        if let Some(goes) = goes {
            self.held.remove(&goes);
        }
        let place = PlaceId(self.next);
        self.next += 1;
        let held = Held {
            is_known: false,
            request: Asked::Nothing,
            is_sent_to: false,
            word: Word::Unread,
            moved_at: now,
        };
        self.held.insert(place, held);
        Some(Entered { place, goes })
    }

    fn longest_idle(&self, now: Instant, may_go: impl Fn(&Held) -> bool) -> Option<PlaceId> {
        let is_fresh = |held: &Held| match held.word {
            Word::Unread => true,
            Word::Awaited(since) => now.saturating_duration_since(since) < self.fresh_for,
            Word::Given => false,
        };
        let is_taking = |held: &Held| held.is_known && held.is_sent_to;
        let is_in_hand = |held: &Held| match held.request {
            Asked::Nothing => false,
            Asked::Head => held.is_known,
            Asked::Whole => true,
        };
        let is_idle = |held: &Held| !is_in_hand(held) && !is_taking(held) && !is_fresh(held);
        let candidates = self.held.iter().filter(|(_, held)| is_idle(held) && may_go(held));
        candidates.min_by_key(|(_, held)| (held.word != Word::Given, held.moved_at)).map(|(place, _)| *place)
    }

    /// The server reads from it for the first time.
    pub(super) fn read_from(&mut self, place: PlaceId, now: Instant) {
        self.change(place, |held| {
            if held.word == Word::Unread {
                held.word = Word::Awaited(now);
            }
        });
    }

    /// Its client has shown the token.
    pub(super) fn known(&mut self, place: PlaceId) {
        self.change(place, |held| held.is_known = true);
    }

    /// A request's head has arrived, and a body is to follow.
    pub(super) fn begun(&mut self, place: PlaceId) {
        self.change(place, |held| held.request = Asked::Head);
    }

    /// A request has arrived whole.
    pub(super) fn arrived(&mut self, place: PlaceId) {
        self.change(place, |held| (held.request, held.word) = (Asked::Whole, Word::Given));
    }

    /// The request's answer is on its way.
    pub(super) fn answered(&mut self, place: PlaceId) {
        self.change(place, |held| {
            (held.request, held.word, held.is_sent_to) = (Asked::Nothing, Word::Given, true);
        });
    }

    /// The answer has been handed over whole.
    pub(super) fn sent(&mut self, place: PlaceId, now: Instant) {
        self.change(place, |held| (held.is_sent_to, held.moved_at) = (false, now));
    }

    /// Some bytes came in or went out.
    pub(super) fn moved(&mut self, place: PlaceId, now: Instant) {
        self.change(place, |held| held.moved_at = now);
    }

    /// The connection has ended.
    pub(super) fn leave(&mut self, place: PlaceId) {
        self.held.remove(&place);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// A connection that has lost its place may still have something to report: it counts no more.
    fn change(&mut self, place: PlaceId, change: impl FnOnce(&mut Held)) {
        if let Some(held) = self.held.get_mut(&place) {
            change(held);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The instant so many seconds after the first.
    struct Seconds(Instant);

    impl Seconds {
        fn at(&self, second: u64) -> Instant {
            self.0 + Duration::from_secs(second)
        }
    }

    fn seconds() -> Seconds {
        Seconds(Instant::now())
    }

    fn places(connections: usize, strangers: usize) -> Places {
        Places::new(connections, strangers, Duration::from_millis(500))
    }

    fn stranger(places: &mut Places, now: Instant) -> PlaceId {
        let entered = places.enter(now).unwrap();
        assert_eq!(entered.goes, None);
        places.read_from(entered.place, now);
        entered.place
    }

    /// One more stranger, for whom this one goes.
    fn push_out(places: &mut Places, now: Instant, goes: PlaceId) -> PlaceId {
        let entered = places.enter(now).unwrap();
        assert_eq!(entered.goes, Some(goes));
        places.read_from(entered.place, now);
        entered.place
    }

    fn known(places: &mut Places, now: Instant) -> PlaceId {
        let place = stranger(places, now);
        places.known(place);
        place
    }

    #[test]
    fn of_strangers_the_longest_idle_goes_and_never_a_known_client() {
        let (mut places, time) = (places(10, 2), seconds());
        known(&mut places, time.at(0));
        let first = stranger(&mut places, time.at(1));
        let second = stranger(&mut places, time.at(2));
        places.moved(first, time.at(3));
        push_out(&mut places, time.at(4), second);
        push_out(&mut places, time.at(5), first);
    }

    #[test]
    fn who_has_asked_goes_before_who_was_not_heard_yet_however_busy_it_is() {
        let (mut places, time) = (places(10, 2), seconds());
        let flooding = stranger(&mut places, time.at(1));
        places.arrived(flooding);
        places.answered(flooding);
        let silent = stranger(&mut places, time.at(2));
        places.moved(flooding, time.at(8));
        push_out(&mut places, time.at(9), flooding);
        push_out(&mut places, time.at(19), silent);
    }

    #[test]
    fn who_was_not_read_from_yet_stays() {
        let (mut places, time) = (places(10, 1), seconds());
        let first = places.enter(time.at(1)).unwrap().place;
        assert_eq!(places.enter(time.at(100)), None);
        places.read_from(first, time.at(100));
        assert_eq!(places.enter(time.at(100)), None, "it has its moment from now on");
        places.read_from(first, time.at(101));
        push_out(&mut places, time.at(101), first);
    }

    #[test]
    fn a_stranger_whose_request_is_worked_on_stays_and_a_further_one_waits() {
        let (mut places, time) = (places(10, 2), seconds());
        let first = stranger(&mut places, time.at(1));
        let second = stranger(&mut places, time.at(2));
        places.arrived(first);
        let third = push_out(&mut places, time.at(3), second);
        places.arrived(third);
        assert_eq!(places.enter(time.at(4)), None);
        places.known(third);
        assert_eq!(places.enter(time.at(5)).unwrap().goes, None, "who has shown the token is no stranger");
    }

    #[test]
    fn a_stranger_whose_body_is_awaited_goes_as_one_that_is_silent_and_a_known_client_stays() {
        let (mut places, time) = (places(3, 2), seconds());
        let sender = known(&mut places, time.at(0));
        places.begun(sender);
        let first = stranger(&mut places, time.at(1));
        let second = stranger(&mut places, time.at(1));
        places.begun(first);
        places.begun(second);
        assert_eq!(places.enter(time.at(1)), None, "they have their moment");
        let third = push_out(&mut places, time.at(3), first);
        places.arrived(second);
        places.begun(third);
        push_out(&mut places, time.at(9), third);
    }

    #[test]
    fn who_has_just_come_has_its_moment_to_ask() {
        let (mut places, time) = (places(10, 1), seconds());
        let first = stranger(&mut places, time.at(1));
        assert_eq!(places.enter(time.at(1)), None);
        assert_eq!(places.enter(time.at(2)).unwrap().goes, Some(first));
        let (mut places, asked) = (Places::new(10, 1, Duration::MAX), time.at(1));
        let first = stranger(&mut places, asked);
        places.arrived(first);
        places.answered(first);
        assert_eq!(places.enter(asked).unwrap().goes, Some(first), "it has had it");
    }

    #[test]
    fn when_all_places_are_held_the_longest_idle_goes_and_none_with_a_request_in_hand() {
        let (mut places, time) = (places(2, 2), seconds());
        let busy = known(&mut places, time.at(1));
        places.arrived(busy);
        let idle = known(&mut places, time.at(2));
        let third = push_out(&mut places, time.at(3), idle);
        places.known(third);
        places.arrived(third);
        assert_eq!(places.enter(time.at(4)), None, "all are at work");
        places.answered(busy);
        assert_eq!(places.enter(time.at(5)), None, "its answer is not sent yet");
        places.sent(busy, time.at(5));
        assert_eq!(places.enter(time.at(6)).unwrap().goes, Some(busy));
    }

    #[test]
    fn a_stranger_keeps_no_place_by_taking_nothing_of_its_answer() {
        let (mut places, time) = (places(10, 1), seconds());
        let first = stranger(&mut places, time.at(1));
        places.arrived(first);
        places.answered(first);
        assert_eq!(places.enter(time.at(2)).unwrap().goes, Some(first));
    }

    #[test]
    fn who_shows_the_token_makes_room_among_the_strangers() {
        let (mut places, time) = (places(3, 1), seconds());
        known(&mut places, time.at(1));
        known(&mut places, time.at(2));
        let third = stranger(&mut places, time.at(3));
        assert_eq!(places.enter(time.at(4)).unwrap().goes, Some(third));
    }

    #[test]
    fn a_place_that_was_left_is_free_and_one_that_was_lost_counts_no_more() {
        let (mut places, time) = (places(1, 1), seconds());
        let first = stranger(&mut places, time.at(1));
        places.leave(first);
        let second = stranger(&mut places, time.at(2));
        let third = places.enter(time.at(3)).unwrap();
        assert_eq!(third.goes, Some(second));
        places.known(second);
        places.leave(second);
        assert!(!places.is_empty());
        places.leave(third.place);
        assert!(places.is_empty());
    }
}
