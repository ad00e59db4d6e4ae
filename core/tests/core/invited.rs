//! Who opens a link that names a network: founds none, joins that one and no other, and a genesis belongs to its room (docs/protocol.md, section 9).

use ting_core::{
    codec::BoundedString,
    crypto::{keys::NetworkId, seal::RoomSecret, seed::Seed},
    gossip::{
        envelope::RoomCodec,
        greeting::{Hello, HelloContent, PeerName, SessionId},
        message::Message,
    },
    ledger::genesis::{Genesis, Rules},
    peer::{
        History, Peer, PeerConfig,
        identity::Identity,
        io::{ConnectionId, Effect, Input, LinkId},
        record::Record,
    },
    time::Timestamp,
};

const LINK: LinkId = LinkId(0);

fn secret(room: u8) -> RoomSecret {
    RoomSecret::new([room; 32])
}

/// Somebody in a room, who is alone as far as the relay tells.
struct Guest {
    now: Timestamp,
    peer: Peer,
    codec: RoomCodec,
}

impl Guest {
    fn new(room: u8, seed: u8, pinned: Option<NetworkId>, records: Vec<Record>) -> Self {
        Self::with_rules(Rules::default(), room, seed, pinned, records)
    }

    /// Who would found a network of these rules.
    fn with_rules(rules: Rules, room: u8, seed: u8, pinned: Option<NetworkId>, records: Vec<Record>) -> Self {
        let peer = Peer::new(PeerConfig {
            secret: secret(room),
            pinned,
            seed: Seed::new([seed; 32]),
            suggested_name: "Ada".to_owned(),
            rules,
            history: History::Whole,
        });
        let mut guest = Self {
            now: Timestamp(1_700_000_000_000),
            peer,
            codec: RoomCodec::new(&secret(room), &Seed::new([250; 32])),
        };
        for record in records {
            guest.input(Input::Loaded(Box::new(record)));
        }
        guest.input(Input::Start);
        guest.input(Input::LinkUp {
            link: LINK,
            own: ConnectionId(1),
            others: 0,
        });
        guest
    }

    fn input(&mut self, input: Input) {
        self.peer.handle(self.now, input);
        while let Some(effect) = self.peer.poll_effect() {
            assert!(matches!(
                effect,
                Effect::Send { .. } | Effect::Persist(_) | Effect::Farewell(_)
            ));
        }
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms / 100 {
            self.now = self.now.plus_ms(100);
            self.input(Input::Tick);
        }
    }

    fn hear(&mut self, message: &Message) {
        let bytes = self.codec.seal(message).unwrap();
        let from = ConnectionId(7);
        self.input(Input::Frame {
            link: LINK,
            from,
            bytes,
        });
    }

    fn network(&self) -> Option<NetworkId> {
        self.peer.network().map(|network| network.id())
    }
}

/// The genesis of whoever founds alone in a room.
fn founded(room: u8, seed: u8) -> Genesis {
    let founder = Guest::new(room, seed, None, Vec::new());
    (*founder.peer.network().unwrap().genesis()).clone()
}

/// A greeting of somebody on this network, who shows its genesis.
fn greeting(genesis: &Genesis) -> Message {
    let somebody = Identity::new([31; 32], [32; 32], BoundedString::default());
    let content = HelloContent {
        session: SessionId([9; 16]),
        network: Some(genesis.network_id()),
        genesis: Some(Box::new(genesis.clone())),
        pinned: true,
        account: somebody.address(),
        name: PeerName::default(),
        chain: None,
        sent_at: Timestamp(1_700_000_000_000),
        answers: None,
        asks: None,
    };
    Message::Hello(Box::new(Hello::sign(content, somebody.account_key())))
}

#[test]
fn who_opened_a_link_that_names_a_network_founds_none_and_joins_that_one_only() {
    let (named, other) = (founded(5, 1), founded(5, 2));
    let mut guest = Guest::new(5, 3, Some(named.network_id()), Vec::new());
    guest.run(60_000);
    assert_eq!(guest.network(), None);
    guest.hear(&greeting(&other));
    guest.run(20_000);
    assert_eq!(guest.network(), None);
    guest.hear(&greeting(&named));
    assert_eq!(guest.network(), Some(named.network_id()));
    guest.hear(&greeting(&other));
    guest.run(20_000);
    assert_eq!(guest.network(), Some(named.network_id()));
}

#[test]
fn the_pulse_tells_slots_as_long_as_those_of_the_network_that_was_joined() {
    let slow = Rules {
        slot_ms: 2_000,
        ..Rules::default()
    };
    let founder = Guest::with_rules(slow, 5, 1, None, Vec::new());
    let genesis = (*founder.peer.network().unwrap().genesis()).clone();
    let mut guest = Guest::new(5, 3, Some(genesis.network_id()), Vec::new());
    guest.hear(&greeting(&genesis));
    assert_eq!(guest.network(), Some(genesis.network_id()));
    assert_eq!(guest.peer.pulse_view(guest.now).slot_ms, 2_000);
}

#[test]
fn a_genesis_of_another_room_is_not_joined_whoever_names_it() {
    let elsewhere = founded(6, 1);
    let mut guest = Guest::new(5, 3, Some(elsewhere.network_id()), Vec::new());
    guest.hear(&greeting(&elsewhere));
    guest.run(20_000);
    assert_eq!(guest.network(), None);
}

#[test]
fn where_a_network_of_another_version_is_stored_none_is_founded_in_its_place() {
    let genesis = founded(5, 1);
    let stored = |genesis: Genesis| Record::Network {
        genesis: Box::new(genesis),
        founded: true,
        pinned: false,
    };
    let id = genesis.network_id();
    let later = Genesis {
        version: genesis.version + 1,
        ..genesis.clone()
    };
    assert_eq!(Guest::new(5, 1, None, vec![stored(genesis)]).network(), Some(id));
    let mut guest = Guest::new(5, 1, None, vec![stored(later)]);
    guest.run(60_000);
    assert_eq!(guest.network(), None);
}
