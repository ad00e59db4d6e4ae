//! The client's half of RFC 6455, as little of it as measuring takes.
//!
//! Frames are masked with zeros, which a mask may be: a mask costs the client nothing then, and the server its usual work.

/// First byte of a whole text message.
pub const TEXT: u8 = 0x81;
/// First byte of a whole binary message.
pub const BINARY: u8 = 0x82;
/// First byte of a close frame.
pub const CLOSE: u8 = 0x88;
/// First byte of a ping.
pub const PING: u8 = 0x89;
/// First byte of a pong.
pub const PONG: u8 = 0x8a;

/// A frame as a client puts it on the wire, masked with zeros.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut wire = vec![first];
    match payload.len() {
        length @ ..126 => wire.push(0x80 | length as u8),
        length @ ..0x1_0000 => {
            wire.push(0x80 | 126);
            wire.extend((length as u16).to_be_bytes());
        }
        length => {
            wire.push(0x80 | 127);
            wire.extend((length as u64).to_be_bytes());
        }
    }
    wire.extend([0; 4]);
    wire.extend(payload);
    wire
}

/// First byte, payload and length on the wire of the next frame from a server, once it is whole.
pub fn next_frame(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u64::from_be_bytes(*length), rest)
        }
        short => (u64::from(*short), rest),
    };
    let length = usize::try_from(length).ok()?;
    let payload = rest.get(..length)?;
    Some((*first, payload, bytes.len() - rest.len() + length))
}

/// The request that upgrades a connection.
pub fn upgrade(path: &str, subprotocol: Option<&str>) -> String {
    let subprotocol = subprotocol.map_or(String::new(), |name| {
        format!("Sec-WebSocket-Protocol: {name}\r\n")
    });
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{subprotocol}\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_read_once_they_are_whole() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let payload = vec![7; length];
            // A server's frame is a client's without the bit and the bytes of the mask.
            let mut wire = frame(BINARY, &payload);
            wire[1] &= 0x7f;
            let mask_at = wire.len() - length - 4;
            wire.drain(mask_at..mask_at + 4);
            assert_eq!(next_frame(&wire), Some((BINARY, &payload[..], wire.len())));
            assert_eq!(next_frame(&wire[..wire.len() - 1]), None);
        }
    }
}
