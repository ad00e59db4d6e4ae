//! What happened to the link with a relay, and what a person can do about it.

use ting_frame::CloseReason;

use crate::bridge::LinkFault;

/// What happened, short enough for the pulse; without a full stop.
pub fn what_happened(fault: &LinkFault) -> String {
    match fault {
        LinkFault::Refused(reason) => format!("The browser refuses to connect: {reason}"),
        LinkFault::Unreachable => "Relay unreachable".into(),
        LinkFault::NoWelcome => "The relay does not answer".into(),
        LinkFault::Dead => "The relay went silent".into(),
        LinkFault::Lost => "Connection to the relay lost".into(),
        LinkFault::Closed(reason) => reason.sentence().trim_end_matches('.').into(),
    }
}

/// What to do about it. Every sentence holds while the link goes on trying by itself.
pub const fn what_to_do(fault: &LinkFault) -> &'static str {
    match fault {
        LinkFault::Refused(_) => "Check the relay's address in Settings.",
        LinkFault::Unreachable | LinkFault::NoWelcome | LinkFault::Dead | LinkFault::Lost => {
            "Check your connection. What you write is kept here and goes out when the relay is back; a second relay in Settings carries the room meanwhile."
        }
        LinkFault::Closed(reason) => what_to_do_when_closed(*reason),
    }
}

const fn what_to_do_when_closed(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::RoomFull => {
            "Wait until somebody leaves, or agree with the others on another relay and add it in Settings."
        }
        CloseReason::TooManyRooms | CloseReason::TooManyConnections => {
            "Wait a little, or add another relay in Settings."
        }
        CloseReason::TooManyFromAddress => {
            "Close tabs that you do not need. In a shared network, such as a school's, ask the relay's owner for a higher limit."
        }
        CloseReason::RateExceeded => {
            "Nothing to do: this tab waits and sends less. If it happens again, close other tabs of this room."
        }
        CloseReason::AddressRateExceeded => {
            "Nothing to do: this tab waits. In a shared network, such as a school's, ask the relay's owner for a higher limit."
        }
        CloseReason::SlowReader => {
            "The network here is slower than the room. This tab asks the others for what it missed."
        }
        CloseReason::FrameTooLarge | CloseReason::BadFrame => {
            "This page and the relay do not fit together. Reload the page; if that does not help, use another relay."
        }
        CloseReason::Draining => {
            "The relay is being restarted. This tab comes back by itself within a few seconds."
        }
        CloseReason::IdleTimeout => "This tab slept or the network stood still. It comes back by itself.",
        CloseReason::BadRoom => "The link is damaged: ask for the invite again.",
        CloseReason::BadOrigin => {
            "The relay serves other pages only. Open the room from the relay's own address, or use another relay."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_says_what_happened_and_what_to_do() {
        let faults = CloseReason::ALL.map(LinkFault::Closed).into_iter().chain([
            LinkFault::Refused("bad address".into()),
            LinkFault::Unreachable,
            LinkFault::NoWelcome,
            LinkFault::Dead,
            LinkFault::Lost,
        ]);
        for fault in faults {
            let happened = what_happened(&fault);
            assert!(
                !happened.is_empty() && !happened.ends_with('.'),
                "{fault:?}: {happened}"
            );
            assert!(what_to_do(&fault).ends_with('.'), "{fault:?}");
        }
    }
}
