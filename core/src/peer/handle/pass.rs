//! Upon a pass: keep it, and look at once whether it opens the way to a grant.

use crate::{
    crypto::pass::PassSecret,
    peer::{Peer, record::Record, timers::Claiming},
};

impl Peer {
    /// Takes the pass of the link that the user came by last; one that was kept already is not stored again.
    pub(in crate::peer) fn on_pass(&mut self, pass: PassSecret) {
        if self.pass.as_ref() == Some(&pass) {
            return;
        }
        self.persist(Record::Pass(pass.clone()));
        self.pass = Some(pass);
        if matches!(self.timers.claiming, Some(Claiming::Uninvited(_))) {
            self.timers.claiming = None;
        }
    }
}
