//! The connections: so many at the same time, none that dawdles.

use super::door::{Door, Principal};
use super::front::{Front, Knock};
use super::listener::{Listeners, Tcp, Unix};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// How long the head of a request may take, and how long a connection may wait for the next one.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long TLS may take to be agreed on.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of a request's head.
const MAX_HEAD: usize = 64 << 10;
/// What cannot be accepted at the moment (no descriptors left) is tried again after this.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections and serves them until the other end of `stopped` is dropped; returns when the last one has
/// had its answers.
pub(super) async fn connections(
    listeners: Listeners,
    front: Arc<Front>,
    most: usize,
    stopped: watch::Receiver<()>,
) {
    let places = Arc::new(Semaphore::new(most));
    let mut open = JoinSet::new();
    let mut stop = stopped.clone();
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, next(&listeners).await))
        };
        let (place, arrival) = tokio::select! {
            _ = stop.changed() => break,
            _ = open.join_next(), if !open.is_empty() => continue,
            Some(accepted) = accepted => accepted,
        };
        match arrival {
            Ok(arrival) => {
                open.spawn(arrival.serve(Arc::clone(&front), stopped.clone(), place));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
    // Nobody can connect any more.
    drop(listeners);
    while open.join_next().await.is_some() {}
}

/// A connection, and what decides who is behind it.
enum Arrival {
    Tcp { stream: TcpStream, from: IpAddr, door: Arc<Door>, tls: Option<TlsAcceptor> },
    Unix { stream: UnixStream, user: u32 },
}

async fn next(listeners: &Listeners) -> io::Result<Arrival> {
    tokio::select! {
        arrival = over_tcp(listeners.tcp.as_ref()) => arrival,
        arrival = over_unix(listeners.unix.as_ref()) => arrival,
    }
}

async fn over_tcp(tcp: Option<&Tcp>) -> io::Result<Arrival> {
    let Some(tcp) = tcp else { return std::future::pending().await };
    let (stream, from) = tcp.listener.accept().await?;
    // Answers are written whole.
    stream.set_nodelay(true)?;
    Ok(Arrival::Tcp { stream, from: from.ip(), door: Arc::clone(&tcp.door), tls: tcp.tls.clone() })
}

async fn over_unix(unix: Option<&Unix>) -> io::Result<Arrival> {
    let Some(unix) = unix else { return std::future::pending().await };
    let (stream, _) = unix.listener.accept().await?;
    let user = stream.peer_cred()?.uid();
    if user != 0 && user != nix::unistd::geteuid().as_raw() {
        return Err(io::Error::other(format!("user {user} is not the one that the socket is for")));
    }
    Ok(Arrival::Unix { stream, user })
}

impl Arrival {
    async fn serve(self, front: Arc<Front>, stopped: watch::Receiver<()>, _place: OwnedSemaphorePermit) {
        match self {
            Self::Unix { stream, user } => {
                converse(stream, front, Knock::Known(Principal::User(user)), stopped).await
            }
            Self::Tcp { stream, from, door, tls: None } => {
                converse(stream, front, Knock::At(door, from), stopped).await;
            }
            Self::Tcp { stream, from, door, tls: Some(tls) } => {
                match timeout(HANDSHAKE_PATIENCE, tls.accept(stream)).await {
                    Ok(Ok(stream)) => converse(stream, front, Knock::At(door, from), stopped).await,
                    Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
                    Err(_) => tracing::debug!("no TLS in time"),
                }
            }
        }
    }
}

async fn converse<S>(stream: S, front: Arc<Front>, knock: Knock, mut stopped: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request| {
        let (front, knock) = (Arc::clone(&front), knock.clone());
        async move { Ok::<_, Infallible>(front.answer(request, &knock).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(MAX_HEAD);
    let mut connection = std::pin::pin!(server.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}
