//! Upon a command of the user: sign, check as everybody else will, store, gossip; or refuse with a reason and change nothing.

use crate::{
    chat::body::ChatBody,
    codec::BoundedString,
    crypto::{hash::Hash, keys::Address, pass::PassSecret},
    ledger::transaction::{Action, TransactionId},
    mempool::VerifiedTransaction,
    params::DEFAULT_CHANNEL,
    peer::{
        Peer,
        act::{command_error, refused},
        command::{Command, CommandError, CommandId, CommandResult},
        event::Event,
        record::Record,
        view::SigningDevice,
    },
};

impl Peer {
    pub(in crate::peer) fn on_command(&mut self, id: CommandId, command: Command) {
        let result = self.obey(command).unwrap_or_else(CommandResult::Refused);
        self.to_host.event(Event::Command { id, result });
    }

    fn obey(&mut self, command: Command) -> Result<CommandResult, CommandError> {
        match command {
            Command::Post {
                channel,
                text,
                reply_to,
                mentions,
            } => {
                let action = post_action(&channel, &text, reply_to, mentions)?;
                self.send(action, None)
            }
            Command::Transfer {
                to,
                amount_micro,
                memo,
                fee_micro,
            } => {
                let action = Action::transfer(to, amount_micro, &memo).map_err(refused)?;
                self.send(action, fee_micro)
            }
            Command::Bond { amount_micro } => self.send(Action::Bond { amount_micro }, None),
            Command::Unbond { amount_micro } => self.send(Action::Unbond { amount_micro }, None),
            Command::SetName { name } => self.rename(&name),
            Command::OpenInvite { uses, slots } => self.open_invite(uses, slots),
            Command::SignHere => self.sign_here(),
            Command::SendAgain { id } => self.send_again(TransactionId(id)),
            Command::InviteShown => {
                self.pin_network();
                Ok(CommandResult::Done)
            }
            Command::MarkRead { channel } => self.mark_channel_read(&channel),
            Command::Typing { channel } => {
                self.typing_in = channel.and_then(|channel| BoundedString::try_from(channel).ok());
                self.announce();
                Ok(CommandResult::Done)
            }
        }
    }

    fn send(&mut self, action: Action, fee_micro: Option<u64>) -> Result<CommandResult, CommandError> {
        self.submit_action(action, fee_micro)
            .map(|id| CommandResult::Sent(id.0))
    }

    fn rename(&mut self, name: &str) -> Result<CommandResult, CommandError> {
        let action = Action::profile(name).map_err(refused)?;
        if self.goes_by(&action) {
            return Ok(CommandResult::Done);
        }
        if let Ok(name) = BoundedString::try_from(name.to_owned()) {
            self.identity.set_name(name.clone());
            self.persist(Record::Name(name));
        }
        // Without a network or coins yet, the name goes out with the claim.
        match self.submit_action(action, None) {
            Ok(id) => Ok(CommandResult::Sent(id.0)),
            Err(CommandError::NoNetwork | CommandError::InsufficientFunds { .. }) => Ok(CommandResult::Done),
            Err(error) => Err(error),
        }
    }

    /// The number is the nonce, which the account never uses again: so no pass that it ever made opens this invite.
    fn open_invite(&mut self, uses: u8, slots: u64) -> Result<CommandResult, CommandError> {
        let network = self.network.as_ref().ok_or(CommandError::NoNetwork)?;
        let me = self.identity.address();
        let nonce = network.next_nonce(&me, None, self.now);
        let number = nonce.ok_or(CommandError::TooManyPending)?;
        let pass = PassSecret::of_account(self.identity.account_key(), &network.id(), number);
        let action = Action::Invite {
            number,
            key: pass.public(),
            uses,
            until: network.slot(self.now).plus(slots),
        };
        let id = self.submit_with_nonce(action, None, Some(number))?;
        Ok(CommandResult::Sent(id.0))
    }

    fn sign_here(&mut self) -> Result<CommandResult, CommandError> {
        match self.signing_device() {
            SigningDevice::Here | SigningDevice::ComingHere => Ok(CommandResult::Done),
            SigningDevice::Nobody | SigningDevice::Elsewhere | SigningDevice::LeavingHere => {
                self.register_keys().map(|id| CommandResult::Sent(id.0))
            }
        }
    }

    /// An expired transaction is signed anew, with its old nonce if nothing else took it: so the chain admits only one of the two, also if it
    /// comes to include the old one after all. One whose nonce something else took gets another nonce, once that is final. One that could still
    /// get into a block goes out as it is.
    fn send_again(&mut self, old: TransactionId) -> Result<CommandResult, CommandError> {
        let now = self.now;
        let network = self.network.as_mut().ok_or(CommandError::NoNetwork)?;
        let slot = network.slot(now);
        let transaction = network
            .told()
            .own()
            .get(&old)
            .cloned()
            .ok_or(CommandError::NotResendable)?;
        let is_settled = network.settled_nonces().rules_out(transaction.nonce);
        if !is_settled && network.own_nonces().rules_out(transaction.nonce) {
            return Err(CommandError::NonceContested);
        }
        if !is_settled && !network.told().own().is_expired(&old, slot) {
            let verified = VerifiedTransaction::verify(transaction.clone()).map_err(refused)?;
            if let Err(error) = network.offer(verified, true, now) {
                let pending_micro = network.mempool().pending_spending_micro(&transaction.account);
                return Err(command_error(error, pending_micro));
            }
            self.broadcast_transactions(&[transaction]);
            return Ok(CommandResult::Sent(old.0));
        }
        let id = self.sign_anew(&transaction)?;
        Ok(CommandResult::Sent(id.0))
    }

    fn mark_channel_read(&mut self, channel: &str) -> Result<CommandResult, CommandError> {
        let network = self.network.as_mut().ok_or(CommandError::NoNetwork)?;
        let height = network.told_mut().mark_read(channel);
        if let Ok(channel) = BoundedString::try_from(channel.to_owned()) {
            self.persist(Record::ReadMark { channel, height });
        }
        Ok(CommandResult::Done)
    }
}

fn post_action(
    channel: &str,
    text: &str,
    reply_to: Option<Hash>,
    mentions: Vec<Address>,
) -> Result<Action, CommandError> {
    let channel = if channel.is_empty() {
        DEFAULT_CHANNEL
    } else {
        channel
    };
    let body = ChatBody::text(text, reply_to.map(TransactionId), mentions)
        .map_err(|error| CommandError::Refused(error.to_string()))?;
    Action::post(channel, body.encode()).map_err(refused)
}
