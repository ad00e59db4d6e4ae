//! TLS, and a certificate that changes while the relay runs.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::{SinkExt, StreamExt};
use tempfile::TempDir;
use ting_frame::{ClientFrame, Destination, RelayFrame};
use tokio::{io::AsyncReadExt, net::TcpStream};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{
    http::{metric, until_metric},
    process::{Program, free_address},
    support::{Heard, ROOM, next_heard, soon},
};

type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// A folder with a certificate and its key.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> (Self, CertificateDer<'static>) {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let cert = files.renew();
        (files, cert)
    }

    /// Writes a new certificate and key over the old ones.
    fn renew(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(self.cert(), made.cert.pem()).unwrap();
        fs::write(self.key(), made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    }

    fn cert(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    async fn relay(&self, more: &[&str]) -> Program {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let (cert, key) = (text(&self.cert()), text(&self.key()));
        let flags = ["--tls-cert", &cert, "--tls-key", &key];
        Program::start(&[&flags, more].concat()).await
    }
}

/// A TLS connection that trusts these certificates, and the one that it was shown.
async fn connect(
    relay: SocketAddr,
    trusted: &[CertificateDer<'static>],
) -> std::io::Result<(TlsStream<TcpStream>, CertificateDer<'static>)> {
    let mut roots = RootCertStore::empty();
    for cert in trusted {
        roots.add(cert.clone()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(relay).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let stream = soon(TlsConnector::from(Arc::new(config)).connect(name, stream)).await?;
    let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
    Ok((stream, shown))
}

async fn join(relay: SocketAddr, trusted: &[CertificateDer<'static>]) -> Socket {
    let (stream, _) = connect(relay, trusted).await.unwrap();
    let url = format!("wss://localhost/room/{ROOM}");
    let (mut socket, _) = soon(client_async(url, stream)).await.unwrap();
    let welcome = soon(socket.next()).await.unwrap().unwrap().into_data();
    assert!(matches!(RelayFrame::decode(&welcome), Ok(RelayFrame::Control(_))));
    socket
}

async fn send(socket: &mut Socket, payload: &[u8]) {
    let destination = Destination::EverybodyElse;
    let frame = ClientFrame { destination, payload }.encode();
    soon(socket.send(Message::binary(frame))).await.unwrap();
}

async fn hear_payload(socket: &mut Socket) -> Vec<u8> {
    loop {
        match soon(next_heard(socket)).await {
            Heard::Peer(_, payload) => return payload,
            Heard::Control(_) => {}
            Heard::Closed(reason) => panic!("closed by {reason:?}"),
        }
    }
}

#[tokio::test]
async fn members_speak_over_tls_and_large_frames_pass_whole() {
    let (files, cert) = Files::new();
    let relay = files.relay(&[]).await;
    let trusted = [cert];
    let mut a = join(relay.address, &trusted).await;
    let mut b = join(relay.address, &trusted).await;
    let large: Vec<u8> = (0..256 * 1024).map(|byte| byte as u8).collect();
    send(&mut a, &large).await;
    assert!(hear_payload(&mut b).await == large);
    send(&mut b, b"back").await;
    assert_eq!(hear_payload(&mut a).await, b"back");
}

#[tokio::test]
async fn a_new_certificate_is_taken_on_sighup_and_old_connections_live_on() {
    let (files, old) = Files::new();
    let metrics = free_address();
    let relay = files.relay(&["--metrics-listen", &metrics.to_string()]).await;
    let mut a = join(relay.address, std::slice::from_ref(&old)).await;

    let new = files.renew();
    let trusted = [old.clone(), new.clone()];
    let (_, before) = connect(relay.address, &trusted).await.unwrap();
    assert_eq!(before, old, "nothing is read before it is asked for");
    relay.signal("HUP");
    until_metric(metrics, "ting_relay_tls_reloads_total{result=\"done\"}", 1).await;
    let (_, after) = connect(relay.address, &trusted).await.unwrap();
    assert_eq!(after, new);

    let mut b = join(relay.address, &[new]).await;
    send(&mut b, b"the old connection").await;
    assert_eq!(hear_payload(&mut a).await, b"the old connection");
    send(&mut a, b"lives on").await;
    assert_eq!(hear_payload(&mut b).await, b"lives on");
}

#[tokio::test]
async fn bad_new_files_change_nothing() {
    let (files, good) = Files::new();
    let metrics = free_address();
    let relay = files.relay(&["--metrics-listen", &metrics.to_string()]).await;
    let key_of_another = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let failed = "ting_relay_tls_reloads_total{result=\"failed\"}";
    for (failures, bad_key) in [
        (1, "no key".to_owned()),
        (2, key_of_another.signing_key.serialize_pem()),
    ] {
        fs::write(files.key(), bad_key).unwrap();
        relay.signal("HUP");
        until_metric(metrics, failed, failures).await;
        let (_, shown) = connect(relay.address, std::slice::from_ref(&good)).await.unwrap();
        assert_eq!(shown, good);
    }
}

#[tokio::test]
async fn a_tls_handshake_that_never_ends_is_cut() {
    let (files, _) = Files::new();
    let metrics = free_address();
    let flags = [
        "--handshake-timeout-ms",
        "200",
        "--metrics-listen",
        &metrics.to_string(),
    ];
    let relay = files.relay(&flags).await;
    // The socket that found the relay ready spoke no TLS either.
    let before = metric(metrics, "ting_relay_refused_sockets_total{reason=\"tls\"}").await;
    let mut silent = TcpStream::connect(relay.address).await.unwrap();
    assert_eq!(soon(silent.read(&mut [0])).await.unwrap_or(0), 0);
    let after = metric(metrics, "ting_relay_refused_sockets_total{reason=\"tls\"}").await;
    assert!(after > before);
}
