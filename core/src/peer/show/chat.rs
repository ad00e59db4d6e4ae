//! Computes the chat page.

use std::collections::BTreeMap;

use crate::{
    crypto::keys::Address,
    params::MAX_VIEW_MEMBERS,
    peer::{
        Peer,
        view::{ChatView, MemberView, UnreadView},
    },
    sorting,
    time::Timestamp,
};

impl Peer {
    /// One channel of the chat with at most `limit` newest lines, and the people.
    pub fn chat_view(&self, now: Timestamp, channel: &str, limit: usize) -> ChatView {
        let page = self.network.as_ref().map(|network| {
            network
                .told()
                .chat()
                .page(channel, limit, |account| self.name_of(account))
        });
        let page = page.unwrap_or_default();
        ChatView {
            channels: self
                .network
                .as_ref()
                .map(|network| network.told().chat().channels())
                .unwrap_or_default(),
            channel: channel.to_owned(),
            messages: page.messages,
            has_earlier: page.has_earlier,
            first_unread: page.first_unread,
            members: self.members(now),
        }
    }

    /// What I did not read in all channels together.
    pub fn unread_view(&self) -> UnreadView {
        let network = self.network.as_ref();
        network
            .map(|network| network.told().chat().unread())
            .unwrap_or_default()
    }

    /// Me, then who is online, then everybody else with coins or keys here.
    fn members(&self, now: Timestamp) -> Vec<MemberView> {
        let me = self.identity.address();
        let mut known: BTreeMap<Address, Option<String>> = BTreeMap::new();
        if let Some(state) = self.network.as_ref().and_then(|network| network.head_state()) {
            let operators = state.ledger.operators().take(MAX_VIEW_MEMBERS);
            known.extend(operators.map(|operator| (operator.account, None)));
        }
        for member in self.roster.online(now, self.online_ms()).take(MAX_VIEW_MEMBERS) {
            let typing = member.typing.as_ref().map(|channel| channel.as_str().to_owned());
            known.insert(member.account, typing);
        }
        known.entry(me).or_default();
        let view = |(account, typing_in): (Address, Option<String>)| MemberView {
            name: self.name_of(&account),
            online: self.is_online(&account),
            typing_in,
            me: account == me,
            account,
        };
        let mut members: Vec<MemberView> = known.into_iter().map(view).collect();
        sorting::sort_by_key(&mut members, |member| {
            (
                !member.me,
                !member.online,
                member.name.to_lowercase(),
                member.account,
            )
        });
        members
    }
}
