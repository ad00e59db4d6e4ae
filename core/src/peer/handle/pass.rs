//! Upon a pass: keep it. Whether it opens the way to a grant is looked at as time passes (`duty/claim.rs`).

use crate::{
    crypto::pass::PassSecret,
    peer::{Peer, record::Record},
};

impl Peer {
    /// Takes the pass of the link that the user came by last; one that was kept already is not stored again.
    pub(in crate::peer) fn on_pass(&mut self, pass: PassSecret) {
        if self.pass.as_ref() != Some(&pass) {
            self.persist(Record::Pass(pass.clone()));
            self.pass = Some(pass);
        }
    }
}
