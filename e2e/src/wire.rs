//! What a recorded connection carried, read as its relay could read it: HTTP, then WebSocket frames (RFC 6455).

use anyhow::{Context, Result, ensure};

/// Direction in which bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a tab to the relay.
    ToRelay,
    /// From the relay to a tab.
    FromRelay,
}

/// One recorded connection: all bytes of both directions.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// All bytes that the tab sent.
    pub to_relay: Vec<u8>,
    /// All bytes that the relay sent.
    pub from_relay: Vec<u8>,
}

/// One WebSocket message, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketMessage {
    /// Direction in which it went.
    pub direction: Direction,
    /// A binary message; else text or control.
    pub binary: bool,
    /// Content of the message, unmasked.
    pub payload: Vec<u8>,
}

impl Recording {
    /// The messages of a connection that became a WebSocket; none if it stayed HTTP. A frame that was cut off by the end of
    /// the recording is left out.
    ///
    /// # Errors
    /// When a frame is compressed or fragmented, which the app and its relay do not do.
    pub fn messages(&self) -> Result<Vec<WebSocketMessage>> {
        let is_socket = find(&self.from_relay, b"HTTP/1.1 101").is_some_and(|at| at == 0);
        if !is_socket {
            return Ok(Vec::new());
        }
        let mut messages = frames(&self.to_relay, Direction::ToRelay)?;
        messages.extend(frames(&self.from_relay, Direction::FromRelay)?);
        Ok(messages)
    }
}

fn frames(bytes: &[u8], direction: Direction) -> Result<Vec<WebSocketMessage>> {
    let head = find(bytes, b"\r\n\r\n").context("the handshake has no end")? + 4;
    let mut rest = bytes.get(head..).unwrap_or_default();
    let mut messages = Vec::new();
    while let Some((message, after)) = frame(rest, direction)? {
        messages.push(message);
        rest = after;
    }
    Ok(messages)
}

/// The first frame and what follows it; `None` if it is not whole.
fn frame(bytes: &[u8], direction: Direction) -> Result<Option<(WebSocketMessage, &[u8])>> {
    let Some((&[flags, short], rest)) = bytes.split_first_chunk() else {
        return Ok(None);
    };
    ensure!(flags & 0x70 == 0, "a frame is compressed");
    ensure!(flags & 0x80 != 0, "a message is fragmented");
    let length = match short & 0x7F {
        126 => rest
            .split_first_chunk()
            .map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest)),
        127 => rest
            .split_first_chunk()
            .map(|(length, rest)| (u64::from_be_bytes(*length), rest)),
        length => Some((u64::from(length), rest)),
    };
    let Some((length, rest)) = length else {
        return Ok(None);
    };
    let masked = short & 0x80 != 0;
    let mask = if masked {
        rest.split_first_chunk()
    } else {
        Some((&[0; 4], rest))
    };
    let Some((mask, rest)) = mask else { return Ok(None) };
    let Some((payload, after)) = rest.split_at_checked(usize::try_from(length)?) else {
        return Ok(None);
    };
    let unmasked = payload
        .iter()
        .zip(mask.iter().cycle())
        .map(|(byte, mask)| byte ^ mask);
    let message = WebSocketMessage {
        direction,
        binary: flags & 0x0F == 2,
        payload: unmasked.collect(),
    };
    Ok(Some((message, after)))
}

/// Place at which some bytes occur first in others.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(to_relay: &[u8], from_relay: &[u8]) -> Recording {
        Recording {
            to_relay: [b"GET /room/x HTTP/1.1\r\n\r\n", to_relay].concat(),
            from_relay: [b"HTTP/1.1 101 Switching Protocols\r\n\r\n", from_relay].concat(),
        }
    }

    #[test]
    fn masked_and_plain_frames_are_read_and_a_cut_one_is_left_out() {
        // RFC 6455, section 5.7: "Hello" masked; then 256 bytes of binary, unmasked, and half a frame.
        let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let long = [&[0x82, 0x7E, 0x01, 0x00], &[7; 256][..], &[0x82, 0x05, 1]].concat();
        let messages = recording(&masked, &long).messages().unwrap();
        let expected = [
            WebSocketMessage {
                direction: Direction::ToRelay,
                binary: false,
                payload: b"Hello".to_vec(),
            },
            WebSocketMessage {
                direction: Direction::FromRelay,
                binary: true,
                payload: vec![7; 256],
            },
        ];
        assert_eq!(messages, expected);
    }

    #[test]
    fn a_compressed_frame_is_an_error_and_plain_http_has_no_messages() {
        assert!(recording(&[0xC1, 0x00], &[]).messages().is_err());
        let http = Recording {
            to_relay: b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            from_relay: b"HTTP/1.1 200 OK\r\n\r\nhello".to_vec(),
        };
        assert_eq!(http.messages().unwrap(), []);
    }
}
