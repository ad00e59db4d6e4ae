//! Who is in the room: one entry for each session of each account, as it last said by itself.
//!
//! Holds at most [`MAX_ROSTER`] sessions and [`MAX_ROSTER_PER_SOURCE`] of one connection. Beyond that the connection with most sessions loses the
//! one heard longest ago, so who invents sessions pushes out invented ones, until there is a connection for each place. A session stays bound to the connection from which it was first heard until
//! that falls silent, so repeating somebody's old words from elsewhere changes nothing.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, NetworkId},
    },
    gossip::{
        Source,
        clock::ClockSample,
        greeting::{
            ChainStatus, ChannelName, HelloContent, PeerName, PresenceContent, ProbeNumber, SessionId,
        },
    },
    ledger::name,
    params::{HELLO_ANSWERS, MAX_ROSTER, MAX_ROSTER_PER_SOURCE, ONLINE_PRESENCES, PRESENCE_MS},
    time::Timestamp,
};

/// One session of one account in the room, as it last said by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Account that signs its words.
    pub account: Address,
    /// Tells it from other devices and tabs of the same account.
    pub session: SessionId,
    /// Connection through which it speaks, and where it can be asked.
    pub source: Source,
    /// Time of its last greeting or sign of life.
    pub last_heard: Timestamp,
    /// Network that it is on, if it is on one.
    pub network: Option<NetworkId>,
    /// The name that it goes by, possibly empty.
    pub name: PeerName,
    /// How far it has come, by its own word.
    pub chain: Option<ChainStatus>,
    /// The channel that its user types in.
    pub typing: Option<ChannelName>,
    /// Newest comparison of its clock with mine.
    pub clock: Option<ClockSample>,
}

/// What a greeting or a sign of life changed in the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It came from a session that was not known.
    New,
    /// It brought news of a known session.
    Known,
    /// Own words, or words of a session that speaks from elsewhere.
    Ignored,
}

/// All sessions that were heard lately.
#[derive(Clone, Debug)]
pub struct Roster {
    own: SessionId,
    silent_ms: u64,
    members: BTreeMap<(Address, SessionId), Member>,
}

impl Roster {
    /// An empty room around the own session.
    pub fn new(own: SessionId) -> Self {
        Self {
            own,
            silent_ms: ONLINE_PRESENCES * PRESENCE_MS,
            members: BTreeMap::new(),
        }
    }

    /// After how much silence a session may speak from another connection, from now on, in milliseconds: longer than live sessions are silent.
    pub fn rebind_after(&mut self, silent_ms: u64) {
        self.silent_ms = silent_ms;
    }

    /// Takes note of a verified greeting, and of the clock sample that it gave.
    pub fn hear_hello(
        &mut self,
        source: Source,
        hello: &HelloContent,
        sample: Option<ClockSample>,
        now: Timestamp,
    ) -> Heard {
        self.update(source, hello.account, hello.session, now, |member| {
            member.network = hello.network;
            member.name = fit_to_show(&hello.name);
            member.chain = hello.chain;
            member.clock = sample.or(member.clock);
        })
    }

    /// Takes note of a sign of life that was verified for this network.
    pub fn hear_presence(
        &mut self,
        source: Source,
        presence: &PresenceContent,
        network: NetworkId,
        now: Timestamp,
    ) -> Heard {
        self.update(source, presence.account, presence.session, now, |member| {
            member.network = Some(network);
            member.name = fit_to_show(&presence.name);
            member.chain = Some(presence.chain);
            member.typing = presence.typing.clone();
        })
    }

    /// Forgets whoever spoke from a connection that is gone.
    pub fn remove_source(&mut self, source: Source) {
        self.members.retain(|_, member| member.source != source);
    }

    /// Forgets whoever spoke over a link that broke.
    pub fn remove_link(&mut self, link: u8) {
        self.members.retain(|_, member| member.source.link != link);
    }

    /// Everybody, by account and session.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Those heard within the last `within_ms` milliseconds.
    pub fn online(&self, now: Timestamp, within_ms: u64) -> impl Iterator<Item = &Member> {
        self.iter()
            .filter(move |member| now.ms_since(member.last_heard) <= within_ms)
    }

    /// What is known of one session of an account.
    pub fn get(&self, account: &Address, session: &SessionId) -> Option<&Member> {
        self.members.get(&(*account, *session))
    }

    /// Number of sessions, at most [`MAX_ROSTER`].
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether no session was heard lately.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The newest clock sample of each session.
    pub fn clock_samples(&self) -> impl Iterator<Item = (Address, ClockSample)> {
        self.iter()
            .filter_map(|member| Some((member.account, member.clock?)))
    }

    fn update(
        &mut self,
        source: Source,
        account: Address,
        session: SessionId,
        now: Timestamp,
        change: impl FnOnce(&mut Member),
    ) -> Heard {
        if session == self.own {
            return Heard::Ignored;
        }
        if let Some(member) = self.members.get_mut(&(account, session)) {
            let fell_silent = now.0.abs_diff(member.last_heard.0) >= self.silent_ms;
            if member.source != source && !fell_silent {
                return Heard::Ignored;
            }
            member.source = source;
            member.last_heard = now;
            change(member);
            return Heard::Known;
        }
        self.make_room(source);
        let mut member = Member {
            account,
            session,
            source,
            last_heard: now,
            network: None,
            name: PeerName::default(),
            chain: None,
            typing: None,
            clock: None,
        };
        change(&mut member);
        self.members.insert((account, session), member);
        Heard::New
    }

    /// Makes sure that one more session of this source fits.
    fn make_room(&mut self, source: Source) {
        if self.iter().filter(|member| member.source == source).count() >= MAX_ROSTER_PER_SOURCE {
            self.evict_first(|member| (member.source != source, member.last_heard));
        } else if self.members.len() >= MAX_ROSTER {
            let mut sessions: BTreeMap<Source, usize> = BTreeMap::new();
            for member in self.iter() {
                *sessions.entry(member.source).or_default() += 1;
            }
            self.evict_first(|member| (Reverse(sessions.get(&member.source)), member.last_heard));
        }
    }

    fn evict_first<T: Ord>(&mut self, turn: impl Fn(&Member) -> T) {
        let first = self.members.iter().min_by_key(|(_, member)| turn(member));
        first
            .map(|(key, _)| *key)
            .and_then(|key| self.members.remove(&key));
    }
}

/// Whether this peer answers a question that everybody was asked: of `answerers` peers [`HELLO_ANSWERS`] do on average, all of them if they are
/// few. Who they are depends on the question's number and on their sessions, so it cannot be arranged in advance, and is drawn anew for each
/// question.
pub fn should_answer(question: &ProbeNumber, own: &SessionId, answerers: usize) -> bool {
    let Hash([first, second, third, fourth, ..]) = Hash::of(Domain::Hello, &[b"answer", &question.0, &own.0]);
    let draw = u64::from(u32::from_le_bytes([first, second, third, fourth]));
    draw % u64::try_from(answerers).unwrap_or(u64::MAX).max(1) < HELLO_ANSWERS
}

/// An announced name, or none if it would not be taken on the chain either.
fn fit_to_show(name: &PeerName) -> PeerName {
    match name::check(name.as_str()) {
        Ok(()) => name.clone(),
        Err(_) => PeerName::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gossip::tests::{NETWORK, hello_content, presence_content, secret};

    const OWN: SessionId = SessionId([8; 16]);

    fn source(connection: u64) -> Source {
        Source { link: 0, connection }
    }

    fn session(number: u64) -> SessionId {
        let mut bytes = [1; 16];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        SessionId(bytes)
    }

    #[test]
    fn the_roster_tells_who_is_there_and_how_far() {
        let mut roster = Roster::new(OWN);
        assert_eq!(
            roster.hear_hello(source(1), &hello_content(1, 2), None, Timestamp(100)),
            Heard::New
        );
        let presence = presence_content(1, 2);
        assert_eq!(
            roster.hear_presence(source(1), &presence, NETWORK, Timestamp(200)),
            Heard::Known
        );
        let member = roster.get(&secret(1).address(), &presence.session).unwrap();
        assert_eq!(member.chain, Some(presence.chain));
        assert_eq!(
            (member.typing.as_ref(), member.network),
            (presence.typing.as_ref(), Some(NETWORK))
        );
        assert_eq!(member.last_heard, Timestamp(200));
        assert_eq!(roster.online(Timestamp(5_200), 5_000).count(), 1);
        assert_eq!(roster.online(Timestamp(5_201), 5_000).count(), 0);
        roster.remove_source(source(1));
        assert!(roster.is_empty());
    }

    #[test]
    fn own_words_are_not_heard() {
        let mut roster = Roster::new(OWN);
        assert_eq!(
            roster.hear_hello(source(1), &hello_content(1, 8), None, Timestamp(100)),
            Heard::Ignored
        );
        assert!(roster.is_empty());
    }

    #[test]
    fn words_repeated_from_elsewhere_change_nothing_until_the_speaker_falls_silent() {
        let mut roster = Roster::new(OWN);
        let hello = hello_content(1, 2);
        roster.hear_hello(source(1), &hello, None, Timestamp(1_000));
        assert_eq!(
            roster.hear_hello(source(2), &hello, None, Timestamp(1_001)),
            Heard::Ignored
        );
        let later = Timestamp(13_000);
        assert_eq!(roster.hear_hello(source(2), &hello, None, later), Heard::Known);
        assert_eq!(roster.iter().next().unwrap().source, source(2));
    }

    #[test]
    fn the_roster_is_bounded_and_the_longest_silent_leave_first() {
        let mut roster = Roster::new(OWN);
        for number in 0..=MAX_ROSTER as u64 {
            let hello = HelloContent {
                session: session(number),
                ..hello_content(1, 2)
            };
            roster.hear_hello(source(number / 8), &hello, None, Timestamp(number));
        }
        assert_eq!(roster.len(), MAX_ROSTER);
        assert!(roster.get(&secret(1).address(), &session(0)).is_none());
        assert!(roster.get(&secret(1).address(), &session(1)).is_some());
    }

    #[test]
    fn who_invents_sessions_pushes_out_only_its_own() {
        let mut roster = Roster::new(OWN);
        roster.hear_hello(source(1), &hello_content(1, 2), None, Timestamp(0));
        for number in 0..3 * MAX_ROSTER as u64 {
            let hello = HelloContent {
                session: session(number),
                ..hello_content(2, 2)
            };
            roster.hear_hello(source(2), &hello, None, Timestamp(number));
        }
        assert_eq!(roster.len(), 1 + MAX_ROSTER_PER_SOURCE);
        assert!(roster.get(&secret(1).address(), &SessionId([2; 16])).is_some());
    }

    #[test]
    fn many_invented_sessions_push_each_other_out_and_no_member() {
        let mut roster = Roster::new(OWN);
        for member in 0..100 {
            let hello = HelloContent {
                session: session(member),
                ..hello_content(1, 2)
            };
            roster.hear_hello(source(member), &hello, None, Timestamp(member));
        }
        for number in 0..20 * MAX_ROSTER_PER_SOURCE as u64 {
            let hello = HelloContent {
                session: session(1_000 + number),
                ..hello_content(2, 2)
            };
            roster.hear_hello(
                source(1_000 + number % 20),
                &hello,
                None,
                Timestamp(1_000 + number),
            );
        }
        let is_here = |member| roster.get(&secret(1).address(), &session(member)).is_some();
        assert_eq!(roster.len(), MAX_ROSTER);
        assert!((0..100).all(is_here));
    }

    #[test]
    fn a_name_that_the_chain_would_refuse_is_not_taken_from_a_greeting_either() {
        let mut roster = Roster::new(OWN);
        let mut named_as = |name: &str| {
            let hello = HelloContent {
                name: name.try_into().unwrap(),
                ..hello_content(1, 2)
            };
            roster.hear_hello(source(1), &hello, None, Timestamp(0));
            let member = roster.get(&hello.account, &hello.session).unwrap();
            member.name.as_str().to_owned()
        };
        assert_eq!(named_as("Ada"), "Ada");
        for name in ["A\u{200b}da", "Ada\u{202e}", "Ada  Lovelace", " Ada", ""] {
            assert_eq!(named_as(name), "", "{name:?}");
        }
    }

    #[test]
    fn in_a_small_room_all_answer_and_in_a_large_one_a_handful() {
        let answers = |others: usize| {
            (1..=others as u64)
                .filter(|number| should_answer(&ProbeNumber([7; 8]), &session(*number), others))
                .count()
        };
        for others in 1..=HELLO_ANSWERS as usize {
            assert_eq!(answers(others), others);
        }
        assert!((1..=15).contains(&answers(1_000)), "{}", answers(1_000));
    }
}
