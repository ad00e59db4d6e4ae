//! The relay sees nothing: all that passes it is recorded and searched for what was said, who said it and what was paid.

use anyhow::{Context, Result, anyhow, ensure};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ting_e2e::{
    Cable, Delivery, Member, PATIENCE, Stage,
    crowd::{all_go, all_hear},
    eventually, scene,
    wire::{Direction, Recording, WebSocketMessage, find},
};

/// Bytes before the payload of a frame: who it is for, or from whom.
const HEADER_BYTES: usize = 8;
const MIN_SEALED_BYTES: usize = 256;
const MAX_SEALED_BYTES: usize = 256 * 1024;

const MESSAGE: &str = "the herring is pickled at midnight";
const ANSWER: &str = "bring the crispbread to the harbour";
const MEMO: &str = "for the herring and the barrel";
const NAME: &str = "Ingeborg of the Fjord";
/// An amount whose bytes do not occur by chance.
const AMOUNT: &str = "123.456789";
const AMOUNT_MICRO: u64 = 123_456_789;

#[tokio::test]
async fn the_relay_sees_no_text_no_name_no_address_and_no_amount_and_only_padded_sizes() -> Result<()> {
    scene("privacy", async |stage: &mut Stage| {
        let cable = Cable::lay_recording(stage.relay.address()).await?;
        let anna = Member::arrive(stage.browser.open_tab(&cable.page()).await?).await?;
        let bertil = Member::arrive(stage.browser.open_tab(&cable.page()).await?).await?;
        let everybody = [&anna, &bertil];
        anna.say(MESSAGE).await?;
        bertil.say(ANSWER).await?;
        for line in [MESSAGE, ANSWER] {
            all_hear(&everybody, line, Delivery::Final).await?;
        }
        let secrets = exchange(&anna, &bertil).await?;
        all_go(&everybody, "Chat").await?;
        anna.say("the last line").await?;
        all_hear(&everybody, "the last line", Delivery::Final).await?;

        let recordings = cable.recordings();
        let seen = all_bytes(&recordings)?;
        for (what, bytes) in &secrets {
            for encoding in encodings(bytes) {
                ensure!(find(&seen, &encoding).is_none(), "the relay sees {what}");
            }
        }
        println!(
            "{} secrets looked for in {} bytes, none found",
            secrets.len(),
            seen.len()
        );
        only_padded_sizes(&recordings)
    })
    .await
}

/// Names, payments and keys that both know, and the relay must not.
async fn exchange(anna: &Member, bertil: &Member) -> Result<Vec<(&'static str, Vec<u8>)>> {
    anna.take_name(NAME).await?;
    let (payer, receiver) = (anna.open_purse().await?, bertil.open_purse().await?);
    anna.pay(&receiver.account, AMOUNT, MEMO).await?;
    eventually("the payment to arrive", PATIENCE * 4, async || {
        let arrived = bertil.purse().await?.available_micro;
        Ok((arrived > receiver.available_micro + AMOUNT_MICRO / 2).then_some(()))
    })
    .await?;
    let link = anna.invite_link().await?;
    let (_, fragment) = link.split_once('#').context("the link has no fragment")?;
    let (secret, network) = fragment.split_once('.').context("the link names no network")?;
    let mut secrets = vec![
        ("a message", MESSAGE.as_bytes().to_vec()),
        ("an answer", ANSWER.as_bytes().to_vec()),
        ("a memo", MEMO.as_bytes().to_vec()),
        ("a name", NAME.as_bytes().to_vec()),
        ("an amount as text", AMOUNT.as_bytes().to_vec()),
        ("an amount", AMOUNT_MICRO.to_le_bytes().to_vec()),
        ("an amount, big endian", AMOUNT_MICRO.to_be_bytes().to_vec()),
        ("the room's secret as text", secret.as_bytes().to_vec()),
        ("the room's secret", Base64UrlUnpadded::decode_vec(secret)?),
        ("the network", network.as_bytes().to_vec()),
    ];
    for account in [payer.account, receiver.account] {
        let (_, key) = bech32::decode(&account).map_err(|error| anyhow!("{account}: {error}"))?;
        secrets.push(("an address", account.into_bytes()));
        secrets.push(("an account key", key));
    }
    Ok(secrets)
}

/// The bytes as they are, in hexadecimal, and inside of base64 at each of its three alignments.
fn encodings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut encodings = vec![bytes.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for shift in 0..3 {
        let shifted = [&[0; 2][..shift.min(2)], bytes].concat();
        for text in [
            Base64::encode_string(&shifted),
            Base64UrlUnpadded::encode_string(&shifted),
        ] {
            // The characters at the ends mix with their neighbours' bits.
            let inner = text.trim_end_matches('=').as_bytes();
            let from = if shift == 0 { 0 } else { shift + 1 };
            encodings.push(inner[from..inner.len() - 1].to_vec());
        }
    }
    encodings
}

/// The raw bytes of both directions, and what the frames carry.
fn all_bytes(recordings: &[Recording]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for recording in recordings {
        bytes.extend_from_slice(&recording.to_relay);
        bytes.extend_from_slice(&recording.from_relay);
        for message in recording.messages()? {
            bytes.extend_from_slice(&message.payload);
        }
    }
    Ok(bytes)
}

fn only_padded_sizes(recordings: &[Recording]) -> Result<()> {
    let (mut sealed, mut control) = (0, 0);
    for recording in recordings {
        for message in recording.messages()? {
            if !message.binary {
                continue;
            }
            if is_from_the_relay_itself(&message) {
                control += 1;
                continue;
            }
            let size = message.payload.len().saturating_sub(HEADER_BYTES);
            ensure!(
                size.is_power_of_two() && (MIN_SEALED_BYTES..=MAX_SEALED_BYTES).contains(&size),
                "a frame of {size} bytes is not padded"
            );
            sealed += 1;
        }
    }
    println!(
        "the relay saw {sealed} sealed frames, {control} frames of its own, and nothing of what they say"
    );
    ensure!(
        sealed > 20 && control > 0,
        "only {sealed} frames were recorded: the test saw nothing itself"
    );
    Ok(())
}

fn is_from_the_relay_itself(message: &WebSocketMessage) -> bool {
    message.direction == Direction::FromRelay && message.payload.starts_with(&[0; HEADER_BYTES])
}

#[test]
fn encodings_find_bytes_wherever_they_stand_in_base64() {
    for before in 0..6 {
        let text = Base64::encode_string(&[&vec![0xA5; before][..], MESSAGE.as_bytes(), b"after"].concat());
        let found = encodings(MESSAGE.as_bytes())
            .iter()
            .any(|needle| find(text.as_bytes(), needle).is_some());
        assert!(found, "not found after {before} bytes");
    }
}
