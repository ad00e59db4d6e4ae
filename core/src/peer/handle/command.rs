//! Upon a command of the user: sign, check as everybody else will, store, gossip; or refuse with a reason and change nothing.

use crate::{
    chat::body::ChatBody,
    codec::BoundedString,
    consensus::branch::BranchState,
    crypto::{hash::Hash, keys::Address},
    ledger::{
        error::TransactionError,
        nonces::NonceWindow,
        transaction::{Action, Transaction, TransactionId},
    },
    mempool::{MempoolError, VerifiedTransaction},
    params::{DEFAULT_CHANNEL, MAX_OWN_TRANSACTIONS, OWN_VALIDITY_SLOTS},
    peer::{
        Peer,
        command::{Command, CommandError, CommandId, CommandResult},
        event::Event,
        network::Network,
        record::Record,
        view::SigningDevice,
    },
    time::Timestamp,
};

impl Peer {
    pub(in crate::peer) fn on_command(&mut self, id: CommandId, command: Command) {
        let result = self.obey(command).unwrap_or_else(CommandResult::Refused);
        self.outbox.event(Event::Command { id, result });
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
            Command::SignHere => self.sign_here(),
            Command::SendAgain { id } => self.send_again(TransactionId(id)),
            Command::InviteShown => {
                self.pin_network();
                Ok(CommandResult::Done)
            }
            Command::MarkRead { channel } => self.mark_read(&channel),
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

    /// Signs an action, offers it to the own mempool, stores it and gossips it.
    ///
    /// # Errors
    /// [`CommandError`] says why it was refused; nothing changed.
    pub(in crate::peer) fn submit_action(
        &mut self,
        action: Action,
        fee_micro: Option<u64>,
    ) -> Result<TransactionId, CommandError> {
        self.submit_with_nonce(action, fee_micro, None)
    }

    /// As [`Self::submit_action`], with this nonce if it is free.
    pub(in crate::peer) fn submit_with_nonce(
        &mut self,
        action: Action,
        fee_micro: Option<u64>,
        preferred: Option<u64>,
    ) -> Result<TransactionId, CommandError> {
        let transaction = self.sign_and_offer(action, fee_micro, preferred)?;
        self.persist(Record::Own(Box::new(transaction.clone())));
        let id = transaction.id();
        self.broadcast_transactions(&[transaction]);
        Ok(id)
    }

    /// Signs an action and offers it to the own mempool. It may leave once it is stored.
    fn sign_and_offer(
        &mut self,
        action: Action,
        fee_micro: Option<u64>,
        preferred: Option<u64>,
    ) -> Result<Transaction, CommandError> {
        let (now, me) = (self.now, self.identity.address());
        let network = self.network.as_mut().ok_or(CommandError::NoNetwork)?;
        let slot = network.slot(now);
        if !network.own.has_room(slot) {
            return Err(CommandError::TooManyPending);
        }
        let nonce = network
            .next_nonce(&me, preferred, now)
            .ok_or(CommandError::TooManyPending)?;
        let fee_micro = fee_micro.unwrap_or_else(|| network.genesis.rules.fees.minimum_micro(&action));
        let transaction = Transaction::sign(
            self.identity.account_key(),
            network.id,
            nonce,
            slot.plus(OWN_VALIDITY_SLOTS),
            fee_micro,
            action,
        );
        let verified = VerifiedTransaction::verify(transaction.clone()).map_err(refused)?;
        if let Err(error) = network.offer(verified, true, now) {
            return Err(command_error(error, network.mempool.pending_spending_micro(&me)));
        }
        network
            .own
            .insert(transaction.clone(), now, slot)
            .map_err(|_| CommandError::TooManyPending)?;
        network.chat.pending(&transaction, now);
        Ok(transaction)
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

    /// True if the own account has this name on the chain, or will once what waits is in a block: saved twice, a name costs one fee.
    pub(in crate::peer) fn goes_by(&self, wanted: &Action) -> bool {
        let me = self.identity.address();
        let Some(network) = &self.network else {
            return false;
        };
        let slot = network.slot(self.now);
        let is_to_come =
            |own: &&Transaction| own.valid_until >= slot && matches!(own.action, Action::Profile { .. });
        let to_come = network.own.iter().filter(is_to_come).max_by_key(|own| own.nonce);
        let on_chain = || {
            let name = network.head_state()?.ledger.account(&me)?.name?;
            Some(Action::Profile { name })
        };
        match to_come {
            Some(last) => last.action == *wanted,
            None => on_chain().as_ref() == Some(wanted),
        }
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
            .own
            .get(&old)
            .cloned()
            .ok_or(CommandError::NotResendable)?;
        let is_settled = network.settled_nonces().rules_out(transaction.nonce);
        if !is_settled && network.own_nonces().rules_out(transaction.nonce) {
            return Err(CommandError::NonceContested);
        }
        if !is_settled && !network.own.is_expired(&old, slot) {
            let verified = VerifiedTransaction::verify(transaction.clone()).map_err(refused)?;
            if let Err(error) = network.offer(verified, true, now) {
                let pending_micro = network.mempool.pending_spending_micro(&transaction.account);
                return Err(command_error(error, pending_micro));
            }
            network.show_waiting(&transaction, now);
            self.broadcast_transactions(&[transaction]);
            return Ok(CommandResult::Sent(old.0));
        }
        let id = self.sign_anew(&transaction)?;
        Ok(CommandResult::Sent(id.0))
    }

    fn sign_anew(&mut self, old: &Transaction) -> Result<TransactionId, CommandError> {
        let transaction = self.sign_and_offer(old.action.clone(), None, Some(old.nonce))?;
        let (old, id) = (old.id(), transaction.id());
        if let Some(network) = &mut self.network {
            network.own.remove(&old);
            network.chat.sent_again(&old);
            network.wallet.sent_again(&old);
        }
        self.persist(Record::SignedAnew {
            old,
            transaction: Box::new(transaction.clone()),
        });
        self.broadcast_transactions(&[transaction]);
        Ok(id)
    }

    /// Messages of mine that can be in no block any more, since they expired in blocks of a chain that was lost or another device of mine took
    /// their nonce, are said again as the mempool takes them.
    pub(in crate::peer) fn renew_lost_messages(&mut self) {
        let Some(network) = &mut self.network else { return };
        let settled = network.settled_nonces();
        network.own.settled(&settled);
        let slot = network.slot(self.now);
        let lost = network.own.to_renew(&network.own_nonces(), &settled, slot);
        for message in lost {
            // The old nonce, if it is free, is the one that is taken. What finds no room yet is tried again in the next slot.
            if self.sign_anew(&message).is_err() {
                return;
            }
        }
    }

    fn mark_read(&mut self, channel: &str) -> Result<CommandResult, CommandError> {
        let network = self.network.as_mut().ok_or(CommandError::NoNetwork)?;
        let count = network.chat.mark_read(channel);
        if let Ok(channel) = BoundedString::try_from(channel.to_owned()) {
            self.persist(Record::ReadMark { channel, count });
        }
        Ok(CommandResult::Done)
    }

    /// Says the own messages of a network that gave way again in the new one, once coins are there.
    pub(in crate::peer) fn say_again(&mut self, old: &Network) {
        let me = self.identity.address();
        let heights = 1..=old.tree.height();
        let blocks = heights.filter_map(|height| old.tree.get(&old.tree.at_height(height)?)?.block.clone());
        let included: Vec<Transaction> = blocks.flat_map(|block| block.transactions.to_vec()).collect();
        let mine = included
            .into_iter()
            .chain(old.own.iter().cloned())
            .filter(|transaction| transaction.account == me);
        let mut seen = std::collections::BTreeSet::new();
        let posts = mine.filter(|transaction| matches!(transaction.action, Action::Post { .. }));
        self.unsaid = posts
            .filter(|post| seen.insert(post.id()))
            .map(|post| post.action.clone())
            .collect();
        self.unsaid.truncate(MAX_OWN_TRANSACTIONS);
    }

    /// Says what is left to say, as soon as the new network lets me.
    pub(in crate::peer) fn say_unsaid(&mut self) {
        let mut left = std::mem::take(&mut self.unsaid).into_iter();
        for action in left.by_ref() {
            if self.submit_action(action.clone(), None).is_err() {
                self.unsaid.push(action);
                break;
            }
        }
        self.unsaid.extend(left);
    }
}

impl Network {
    /// This nonce if it is free, or the next that is.
    fn next_nonce(&self, account: &Address, preferred: Option<u64>, now: Timestamp) -> Option<u64> {
        let ledger = &self.head_state()?.ledger;
        let held = || self.own.held_nonces(self.slot(now));
        preferred
            .filter(|nonce| self.mempool.is_free_nonce(account, *nonce, ledger))
            .or_else(|| self.mempool.next_nonce(account, ledger, &held()))
    }

    /// The nonces that the own account has used on the chosen chain.
    pub(in crate::peer) fn own_nonces(&self) -> NonceWindow {
        self.nonces_in(self.head_state())
    }

    /// Those that it has used in final blocks, which nothing undoes.
    pub(in crate::peer) fn settled_nonces(&self) -> NonceWindow {
        self.nonces_in(self.tree.settled_state())
    }

    fn nonces_in(&self, state: Option<&BranchState>) -> NonceWindow {
        let account = state.and_then(|state| state.ledger.account(&self.me));
        account.unwrap_or_default().nonces
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

fn refused(error: TransactionError) -> CommandError {
    CommandError::Refused(error.to_string())
}

/// The mempool counts all that an account has waiting; a person is told of this wish alone, beside what is still free.
fn command_error(error: MempoolError, pending_micro: u64) -> CommandError {
    match error {
        MempoolError::Refused(TransactionError::InsufficientFunds {
            needed_micro,
            available_micro,
        }) => CommandError::InsufficientFunds {
            needed_micro: needed_micro.saturating_sub(pending_micro),
            available_micro: available_micro.saturating_sub(pending_micro),
        },
        MempoolError::TooManyOfAccount => CommandError::TooManyPending,
        other => CommandError::Refused(other.to_string()),
    }
}
