//! What people do: mostly talk, sometimes pay, bond or rename themselves, now and then try to spend what they do not have.

use ting_core::{ledger::genesis::MICRO_PER_COIN, peer::command::Command};

use crate::{hub::PeerId, random::Random, view::View};

/// A random wish of a random person who is there.
pub fn random_wish(view: &View, random: &mut Random, number: u64) -> Option<(PeerId, Command)> {
    let here: Vec<PeerId> = view
        .running()
        .filter(|(_, peer)| peer.network().is_some())
        .map(|(id, _)| id)
        .collect();
    let who = *random.pick(&here)?;
    let command = match random.below(100) {
        0..60 => post(random, number),
        60..85 => transfer(view, random, who)?,
        85..90 => Command::Bond {
            amount_micro: random.within(1..=10 * MICRO_PER_COIN),
        },
        90..93 => Command::Unbond {
            amount_micro: random.within(1..=5 * MICRO_PER_COIN),
        },
        93..97 => overspend(view, random, who)?,
        _ => Command::SetName {
            name: format!("name {number}"),
        },
    };
    Some((who, command))
}

fn post(random: &mut Random, number: u64) -> Command {
    let length = usize::try_from(random.within(1..=120)).unwrap_or(1);
    let text = format!("{number} {}", "x".repeat(length));
    let channel = if random.chance(800) { "hall" } else { "side" };
    Command::Post {
        channel: channel.to_owned(),
        text,
        reply_to: None,
        mentions: Vec::new(),
    }
}

fn transfer(view: &View, random: &mut Random, who: PeerId) -> Option<Command> {
    pay(view, random, who, random_amount)
}

fn overspend(view: &View, random: &mut Random, who: PeerId) -> Option<Command> {
    pay(view, random, who, |_| u64::MAX / 4)
}

fn random_amount(random: &mut Random) -> u64 {
    random.within(1..=20 * MICRO_PER_COIN)
}

fn pay(
    view: &View,
    random: &mut Random,
    who: PeerId,
    amount: impl Fn(&mut Random) -> u64,
) -> Option<Command> {
    let mine = view.account(who);
    let others: Vec<_> = view
        .hosts()
        .filter_map(|(_, host)| host.account)
        .filter(|account| Some(*account) != mine)
        .collect();
    let to = *random.pick(&others)?;
    Some(Command::Transfer {
        to,
        amount_micro: amount(random),
        memo: String::new(),
        fee_micro: None,
    })
}
