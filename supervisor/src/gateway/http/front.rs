//! One request: who sends it, what is looked at before the SDK's transport has it, and what is said where it does not
//! get that far.

use super::body::{Answer, Checked, Finding, Refusal};
use super::door::{Door, Principal};
use super::sessions::Sessions;
use crate::gateway::host::Host;
use crate::gateway::session::Session;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};
use tokio::sync::watch;

/// Where MCP is.
pub(super) const PATH: &str = "/mcp";

const SESSION: &str = "mcp-session-id";

/// How somebody came.
#[derive(Clone)]
pub(super) enum Knock {
    /// Over a connection that says who it is.
    Known(Principal),
    /// Over one where every request has to say so.
    At(Arc<Door>, IpAddr),
}

impl Knock {
    fn principal(&self, headers: &HeaderMap) -> Option<Principal> {
        match self {
            Self::Known(principal) => Some(*principal),
            Self::At(door, from) => door.opens(headers, *from),
        }
    }
}

/// What stands in front of the SDK's transport.
pub(super) struct Front {
    transport: StreamableHttpService<Session, LocalSessionManager>,
    sessions: Arc<Sessions>,
    most_bytes: usize,
}

impl Front {
    pub(super) fn new(
        transport: StreamableHttpService<Session, LocalSessionManager>,
        sessions: Sessions,
        most_bytes: usize,
    ) -> Self {
        Self { transport, sessions: Arc::new(sessions), most_bytes }
    }

    /// The answer to a request.
    pub(super) async fn answer(&self, mut request: Request<Incoming>, knock: &Knock) -> Response<Answer> {
        if request.uri().path() != PATH {
            return told(StatusCode::NOT_FOUND, &format!("MCP is spoken at {PATH}."));
        }
        let Some(principal) = knock.principal(request.headers()) else { return unknown() };
        // Nobody behind this needs it.
        request.headers_mut().remove(AUTHORIZATION);
        let session = request.headers().get(SESSION).map(|id| id.to_str().unwrap_or_default().to_owned());
        let (host, there) = match &session {
            Some(id) => match self.sessions.of(id, principal) {
                Some((lane, there)) => (Host::new(lane, there), None),
                None => return told(StatusCode::NOT_FOUND, "There is no such session: begin another one."),
            },
            None => {
                let (there, stays) = watch::channel(());
                (Host::new(principal.lane(), stays), Some(there))
            }
        };
        request.extensions_mut().insert(host);
        let ends = session.filter(|_| request.method() == Method::DELETE);
        let answer = self.pass_on(request, principal, there).await;
        if let Some(id) = ends.filter(|_| answer.status().is_success()) {
            self.sessions.end(&id);
        }
        answer
    }

    async fn pass_on(
        &self,
        request: Request<Incoming>,
        principal: Principal,
        there: Option<watch::Sender<()>>,
    ) -> Response<Answer> {
        let finding = Finding::default();
        let body =
            |body| Checked::new(body, self.most_bytes, Arc::clone(&self.sessions), Arc::clone(&finding));
        let answer = self.transport.handle(request.map(body)).await;
        let found = std::mem::take(&mut *finding.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(refusal) = found.refusal {
            return refused(&refusal);
        }
        // Only a new session's answer names it.
        if let Some(id) = answer.headers().get(SESSION).and_then(|id| id.to_str().ok()) {
            self.sessions.began(id, principal).await;
        }
        drop(found.beginning);
        answer.map(|inside| Answer::new(inside, there))
    }
}

fn refused(refusal: &Refusal) -> Response<Answer> {
    match refusal {
        Refusal::Nothing => told(StatusCode::ACCEPTED, ""),
        Refusal::TooLong(most) => told(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("A request has at most {most} bytes. Send a shorter program."),
        ),
        Refusal::Broken => {
            told(StatusCode::REQUEST_TIMEOUT, "The request did not come whole, or not in time.")
        }
        Refusal::NoRoom => {
            let words = "There are as many sessions as there may be. Try again when one has ended.";
            let mut answer = told(StatusCode::SERVICE_UNAVAILABLE, words);
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
            answer
        }
        Refusal::NoMessage(rejected) => {
            let mut answer = whole(StatusCode::BAD_REQUEST, rejected.line());
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            answer
        }
    }
}

fn unknown() -> Response<Answer> {
    let words = "A bearer token is needed here: the operator of this gateway has it.";
    let mut answer = told(StatusCode::UNAUTHORIZED, words);
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

fn told(status: StatusCode, words: &str) -> Response<Answer> {
    let mut answer = whole(status, words.as_bytes().to_vec());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

fn whole(status: StatusCode, bytes: Vec<u8>) -> Response<Answer> {
    let mut answer = Response::new(Answer::new(Full::new(Bytes::from(bytes)).boxed(), None));
    *answer.status_mut() = status;
    answer
}
