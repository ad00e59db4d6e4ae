//! What an invite link says, and what a room is called.
//!
//! An invite's fragment is `<secret>` (43 characters of base64url), `<secret>.<network>` (64 hexadecimal digits) or
//! `<secret>.<network>.<pass>` (43 characters again). The secret makes a member; the network says which history is meant, and whoever comes by such a
//! link never founds; the pass lets draw a grant where that takes a member's word, so it is for whom it was given to and is not passed on.

use std::str::FromStr;

use thiserror::Error;
use ting_core::{
    codec::text::{HexError, decode_hex, encode_hex},
    crypto::{
        hash::{Domain, Hash},
        keys::NetworkId,
        pass::{PassSecret, PassSecretError},
        seal::{RoomSecret, RoomSecretError},
        words::Words,
    },
    peer::record::Record,
};

/// Bytes of an invite that names its network: secret, dot, network.
const WHOLE_BYTES: usize = 43 + 1 + 64;
/// Bytes of one that carries a pass: a dot more, and the pass.
const PASS_BYTES: usize = WHOLE_BYTES + 1 + 43;

/// An invite to a room, as its link says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Secret of the room: whoever has it is a member.
    pub secret: RoomSecret,
    /// Network of the room that is meant; none if the link does not name one.
    pub network: Option<NetworkId>,
    /// Right to a grant in a room where that is asked for; only beside a network.
    pub pass: Option<PassSecret>,
}

/// Why the fragment of a link is not an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InviteError {
    /// The part before the dot is no room secret.
    #[error("the link is damaged or incomplete: {0}")]
    Secret(#[from] RoomSecretError),
    /// What stands behind the network is no pass.
    #[error("the link is damaged or incomplete: {0}")]
    Pass(#[from] PassSecretError),
    /// The part after the dot is no network id.
    #[error("the link is damaged or incomplete: the network it names has {0}")]
    Network(#[from] HexError),
}

impl FromStr for Invite {
    type Err = InviteError;

    fn from_str(fragment: &str) -> Result<Self, InviteError> {
        let mut parts = fragment.splitn(3, '.');
        let secret = parts.next().unwrap_or_default().parse()?;
        let network = parts.next().map(decode_hex).transpose()?;
        let pass = parts.next().map(str::parse).transpose()?;
        Ok(Self {
            secret,
            network: network.map(|id| NetworkId(Hash(id))),
            pass,
        })
    }
}

impl Invite {
    /// What a link's fragment means that came with what stood around it: a full stop, a bracket, a blank, a second `#`.
    ///
    /// # Errors
    /// [`InviteError`] for one that was cut, or that something was written into.
    pub fn from_link(fragment: &str) -> Result<Self, InviteError> {
        let begun = fragment.trim_start_matches('#').trim_start_matches("%23");
        let is_outside =
            |letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'));
        let run = begun.split(is_outside).next().unwrap_or_default();
        without_punctuation(run).parse()
    }

    /// The fragment of a link that says this, without `#`.
    pub fn fragment(&self) -> String {
        let secret = self.secret.to_text();
        match (&self.network, &self.pass) {
            (Some(network), Some(pass)) => format!("{secret}.{network}.{}", pass.to_text()),
            (Some(network), None) => format!("{secret}.{network}"),
            (None, _) => secret,
        }
    }

    /// The room's name in storage and locks: the beginning of its name at relays, which tells nothing about the secret.
    pub fn storage_name(&self) -> String {
        self.secret
            .room_name()
            .first_chunk::<8>()
            .map_or_else(String::new, |beginning| encode_hex(beginning))
    }

    /// Brings the invite in line with what is stored, and says which network the peer may not leave. The stored one goes before the one
    /// in the link: who founded a room has its network in the address bar too, and must still be able to give way to another founder.
    pub(crate) fn settle(&mut self, records: &[Record]) -> Option<NetworkId> {
        let stored = records.iter().rev().find_map(|record| match record {
            Record::Network { genesis, pinned, .. } => Some((genesis.network_id(), *pinned)),
            _ => None,
        });
        match stored {
            Some((network, pinned)) => {
                self.network = Some(network);
                pinned.then_some(network)
            }
            None => self.network,
        }
    }

    /// Two words by which people tell rooms apart.
    pub fn words(&self) -> String {
        let hash = Hash::of(Domain::Fingerprint, &[b"room", &self.secret.room_name()]);
        let words = Words::from_seed(hash.as_bytes());
        words.iter().take(2).collect::<Vec<_>>().join(" ")
    }
}

/// What of letters, digits, dots and dashes is an invite, without those that ended a sentence. One that was cut is left as it is, to be refused.
fn without_punctuation(run: &str) -> &str {
    let is_word = |letter: char| letter.is_ascii_alphanumeric();
    let behind_network = run.get(WHOLE_BYTES..).unwrap_or_default();
    let has_pass = behind_network.starts_with('.') && behind_network.contains(is_word);
    let bytes = if has_pass { PASS_BYTES } else { WHOLE_BYTES };
    match run.split_at_checked(bytes) {
        Some((whole, behind)) if !behind.starts_with(is_word) => whole,
        _ => run,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> RoomSecret {
        RoomSecret::new([7; 32])
    }

    #[test]
    fn fragments_with_and_without_a_network_round_trip() {
        for network in [None, Some(NetworkId(Hash([9; 32])))] {
            let invite = Invite {
                secret: secret(),
                network,
                pass: None,
            };
            assert_eq!(invite.fragment().parse(), Ok(invite));
        }
    }

    #[test]
    fn a_fragment_with_a_pass_round_trips_and_only_a_network_may_stand_before_it() {
        let invite = Invite {
            secret: secret(),
            network: Some(NetworkId(Hash([9; 32]))),
            pass: Some(PassSecret::new([3; 32])),
        };
        let text = invite.fragment();
        assert_eq!(text.len(), PASS_BYTES);
        assert_eq!(text.parse(), Ok(invite.clone()));
        assert_eq!(Invite::from_link(&text), Ok(invite));
        let (secret, pass) = (secret().to_text(), PassSecret::new([3; 32]).to_text());
        assert!(format!("{secret}.{pass}").parse::<Invite>().is_err());
    }

    #[test]
    fn a_damaged_link_is_refused_with_the_part_that_is_wrong() {
        let text = secret().to_text();
        assert!(matches!(text[1..].parse::<Invite>(), Err(InviteError::Secret(_))));
        assert!(matches!(
            format!("{text}.").parse::<Invite>(),
            Err(InviteError::Network(_))
        ));
        assert!(matches!(
            format!("{text}.{}", "g".repeat(64)).parse::<Invite>(),
            Err(InviteError::Network(_))
        ));
        assert!(matches!(
            format!("{text}.{}.", "a".repeat(64)).parse::<Invite>(),
            Err(InviteError::Pass(_))
        ));
        for pass in [
            "",
            "AA",
            &"A".repeat(42),
            &"A".repeat(44),
            &format!("{}.", "A".repeat(43)),
        ] {
            let text = format!("{text}.{}.{pass}", "a".repeat(64));
            assert!(
                matches!(text.parse::<Invite>(), Err(InviteError::Pass(_))),
                "{pass}"
            );
        }
    }

    #[test]
    fn an_invite_opens_its_room_whatever_stood_around_it() {
        let bare = Invite {
            secret: secret(),
            network: None,
            pass: None,
        };
        let whole = Invite {
            network: Some(NetworkId(Hash([9; 32]))),
            ..bare.clone()
        };
        let passes = (0..4).map(|number| Invite {
            pass: Some(PassSecret::new([number; 32])),
            ..whole.clone()
        });
        let passes: Vec<Invite> = passes.collect();
        for invite in [&whole, &bare].into_iter().chain(&passes) {
            let text = invite.fragment();
            for around in [
                ")",
                ">",
                "%3E",
                "%20",
                " and more",
                "%E2%80%9D",
                ",",
                "]",
                "*",
                "",
            ] {
                assert_eq!(
                    Invite::from_link(&format!("{text}{around}")).as_ref(),
                    Ok(invite),
                    "{around}"
                );
            }
            for before in ["#", "%23"] {
                assert_eq!(
                    Invite::from_link(&format!("{before}{text}")).as_ref(),
                    Ok(invite),
                    "{before}"
                );
            }
        }
        for behind in [".", "...", ".)", "_", "-"] {
            for invite in passes.iter().chain([&whole]) {
                assert_eq!(
                    Invite::from_link(&format!("{}{behind}", invite.fragment())).as_ref(),
                    Ok(invite)
                );
            }
        }
    }

    #[test]
    fn a_cut_invite_opens_nothing_wherever_it_was_cut() {
        let whole = Invite {
            secret: secret(),
            network: Some(NetworkId(Hash([9; 32]))),
            pass: Some(PassSecret::new([3; 32])),
        }
        .fragment();
        let secret_bytes = secret().to_text().len();
        // Cut right before a dot, or behind the last one, it is an invite that says less.
        let is_less = |bytes: &usize| [secret_bytes, WHOLE_BYTES, WHOLE_BYTES + 1].contains(bytes);
        for bytes in (0..whole.len()).filter(|bytes| !is_less(bytes)) {
            assert!(Invite::from_link(&whole[..bytes]).is_err(), "{bytes}");
        }
        assert!(Invite::from_link("#").is_err());
        for grown in [format!("{whole}a"), format!("{}a", secret().to_text())] {
            assert!(Invite::from_link(&grown).is_err(), "{grown}");
        }
    }

    #[test]
    fn a_room_has_two_words() {
        let invite = Invite {
            secret: secret(),
            network: None,
            pass: None,
        };
        assert_eq!(invite.words().split(' ').count(), 2);
        assert_eq!(invite.storage_name().len(), 16);
    }
}
